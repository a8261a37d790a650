//! A validator that signs two conflicting messages, from its signatures to the slash: once by a twin that runs the same key on
//! a directory of its own and is told to sign, once by evidence that anybody may submit. A copy that is told nothing refuses.

use anyhow::{ensure, Context, Result};
use jsonrpsee::core::ClientError;
use plexus_primitives::{
	consensus::{proposer, ConsensusKey, ConsensusSignature, Vote, VoteKind},
	equivocation::{Equivocation, VoteFor},
};
use plexus_tests::{
	local::{
		consensus_key, consensus_pair, has_peers, offline, one_certificate_each, p2p_address, proposes,
		seat_becomes, seats, text, voters, Seat, SEEDS,
	},
	raw::get,
	rpc::{from_hex, to_hex},
	wait::{until, SOON},
	Cli, LocalChain, Node, Rpc,
};
use serde_json::Value;
use sp_core::{ed25519, Pair};
use std::time::Duration;

const BLOCK_TIME_MS: u64 = 500;

/// Rounds without a proposer, and a report that waits for its block, on a busy machine.
const JUDGED: Duration = Duration::from_secs(90);

/// A twentieth of the ten thousand PLX that each validator of the preset has at stake.
const SLASHED: &str = "500000000000000";
const LEFT: &str = "9500000000000000";

/// Votes that a node took in by the topic on which validators repeat theirs.
async fn repeated_votes(node: &Node) -> Result<u64> {
	const COUNTER: &str = r#"plexus_network_gossip_messages_total{topic="liveness",verdict="accepted"} "#;
	let (_, body) = get(node.metrics_port(), "/metrics").await?;
	let body = String::from_utf8(body)?;
	Ok(body.lines().find_map(|line| line.strip_prefix(COUNTER)).map_or(Ok(0), str::parse)?)
}

/// Waits until a node has given up waiting for peers and begins its first height.
async fn begins_without_a_quorum(node: &Node) -> Result<()> {
	until(SOON, "the first height", || async {
		ensure!(node.logged("starting without a quorum of peers"), "{}", node.log_tail());
		Ok(())
	})
	.await
}

/// Waits until the only peer of a node, a validator, has repeated its vote to it twice.
async fn hears_the_vote_of_its_peer(node: &Node) -> Result<()> {
	let before = repeated_votes(node).await?;
	until(JUDGED, "votes of the only peer", || async {
		let heard = repeated_votes(node).await?;
		ensure!(heard >= before + 2, "{} votes\n{}", heard - before, node.log_tail());
		Ok(())
	})
	.await
}

fn is_tombstoned(seat: &Seat) -> bool {
	seat.state.contains("tombstoned: signed twice")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_and_its_twin_are_found_out_and_slashed_and_no_height_has_two_certificates() -> Result<()>
{
	let chain = LocalChain::new(BLOCK_TIME_MS).await?;
	let mut observer = chain.follower("observer", &[]).await?;
	let set = voters(&observer.rpc().await?).await?;
	observer.kill().await?;
	let (offender, _) = set[proposer(set.iter().map(|(_, power)| *power), 1, 0)];
	let offender = to_hex(&offender.0);
	let (own, others): (Vec<&str>, Vec<&str>) =
		SEEDS.into_iter().partition(|seed| consensus_key(seed) == offender);
	let seed = own.first().context("one of the four proposes first")?;

	// Each of the two is the first proposer, alone, and therefore votes for a block of its own. The guard of neither hears
	// the other, since they never run at the same time, and gossip repeats nothing for as long as the twin is alone. Only a
	// third who hears both can tell. Both must be told to sign: unasked a new guard would listen first.
	let at_once = ["--unsafe-sign-from", "1"];
	let options = chain.validator_options("original", seed, &[]).await?.arguments(at_once);
	let mut original = Node::start(options).await?;
	let witness = chain.validator("witness", others[0], &[p2p_address(&original).await?]).await?;
	let witness_rpc = witness.rpc().await?;
	has_peers(&witness_rpc, 1).await?;
	begins_without_a_quorum(&witness).await?;
	hears_the_vote_of_its_peer(&witness).await?;
	original.kill().await?;
	has_peers(&witness_rpc, 0).await?;
	let mut addresses = vec![p2p_address(&witness).await?];
	let options = chain.validator_options("twin", seed, &[]).await?.arguments(at_once);
	let options = options.arguments(["--rpc-methods", "unsafe"]);
	let twin = Node::start(options).await?;
	begins_without_a_quorum(&twin).await?;
	twin.rpc().await?.request::<Value>("system_addReservedPeer", &[addresses[0].clone().into()]).await?;
	has_peers(&witness_rpc, 1).await?;
	hears_the_vote_of_its_peer(&witness).await?;
	ensure!(witness_rpc.finalised_head().await?.number == 0, "two of four decided");

	addresses.push(p2p_address(&twin).await?);
	let third = chain.validator("third", others[1], &addresses).await?;
	addresses.push(p2p_address(&third).await?);
	let fourth = chain.validator("fourth", others[2], &addresses).await?;
	let cli = Cli::of(&third);
	let account =
		seats(&cli).await?.into_iter().find(|seat| seat.key == offender).context("it is elected")?.account;
	let judged = seat_becomes(&cli, &account, JUDGED, "a tombstone", is_tombstoned).await;
	judged.map_err(|reason| reason.context(witness.log_tail()))?;
	ensure!(witness.logged("a validator signed twice"), "{}", witness.log_tail());

	let stake = cli.json(&["query", "stake", &account]).await?;
	ensure!(stake["slash_pending"] == SLASHED, "{stake}");
	cli.json(&["tx", "validator", "settle", &account, "--from", "//Eve"]).await?;
	let stake = cli.json(&["query", "stake", &account]).await?;
	ensure!(stake["bonded"] == LEFT, "{stake}");

	// The key is barred for ever, whoever proves that it has it.
	let eve = plexus_tests::Key::sr25519("//Eve").account();
	let eve = to_hex(AsRef::<[u8]>::as_ref(&eve));
	let place = ["--chain", &text(chain.spec())?, "--base-path", &text(&chain.base("twin"))?];
	let proved = offline(&[&["key", "prove", "--account", &eve][..], &place].concat()).await?;
	cli.json(&["tx", "validator", "bond", "--amount", "2000", "--from", "//Eve"]).await?;
	let proof = proved["proof"].as_str().context("a proof")?;
	let set_keys = ["tx", "validator", "set-keys", "--consensus-key", &offender, "--proof", proof];
	let refused = cli.refused(&[&set_keys[..], &["--from", "//Eve"]].concat()).await?;
	ensure!(refused.text().contains("Validators.KeyBarred"), "{}", refused.text());

	let rpc = third.rpc().await?;
	rpc.new_blocks(4).await?;
	let left = voters(&rpc).await?;
	ensure!(left.len() == 3 && left.iter().all(|(voter, _)| to_hex(&voter.0) != offender), "{left:?}");
	let last = one_certificate_each(&set, &[&witness, &twin, &third, &fourth]).await?;
	println!("slashed and barred; one certificate for each of {last} heights on four nodes");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_key_on_a_fresh_directory_refuses_to_sign_and_leaves_no_evidence() -> Result<()> {
	let chain = LocalChain::new(BLOCK_TIME_MS).await?;
	let (mut nodes, addresses) = chain.validators().await?;
	let rpc = nodes[0].rpc().await?;
	let set = voters(&rpc).await?;
	let (seed, key) = (SEEDS[3], consensus_key(SEEDS[3]));
	let signs = proposes(&rpc, &key, 0, JUDGED).await;
	signs.map_err(|reason| reason.context(nodes[3].log_tail()))?;

	let mut copy = Node::spawn(chain.validator_options("copy", seed, &addresses).await?)?;
	let ended = copy.ended(JUDGED).await?;
	ensure!(ended.code().is_some_and(|code| code != 0), "a copy of the key signs on: {ended}");
	refuses(&copy, "carries a signature of this key, whose signing guard is new on this node").await?;
	// And again, without a peer that could tell it anything new.
	copy.relaunch()?;
	let ended = copy.ended(JUDGED).await?;
	ensure!(ended.code().is_some_and(|code| code != 0), "it signs at its second start: {ended}");
	refuses(&copy, "another process signed for block").await?;

	// More than any evidence takes to its block, in which all four take part.
	let head = rpc.finalised_head().await?.number;
	rpc.new_blocks(10).await?;
	proposes(&rpc, &key, head, JUDGED).await?;
	let all = seats(&Cli::of(&nodes[0])).await?;
	ensure!(all.iter().all(|seat| !is_tombstoned(seat)), "{all:?}");
	for node in &mut nodes {
		ensure!(node.is_running() && !node.logged("signed twice"), "{}", node.log_tail());
		ensure!(!node.logged("did not make"), "the copy signed something: {}", node.log_tail());
	}
	ensure!(voters(&rpc).await?.len() == set.len(), "a validator left");
	one_certificate_each(&set, &nodes.iter().collect::<Vec<_>>()).await?;
	Ok(())
}

/// Waits until the log of a node that has ended says why, and the one remedy.
async fn refuses(node: &Node, why: &str) -> Result<()> {
	until(SOON, "the remedy in the log", || async {
		ensure!(node.logged(why) && node.logged("--doppelganger-heights 10"), "{}", node.log_tail());
		Ok(())
	})
	.await
}

/// A vote as the holder of a key signs it.
fn vote(pair: &ed25519::Pair, genesis: &[u8; 32], height: u64, value: [u8; 32]) -> VoteFor {
	let voter = ConsensusKey(pair.public().0);
	let vote = Vote { kind: VoteKind::Precommit, height, round: 0, value: Some(value), voter };
	let signature = ConsensusSignature(pair.sign(&vote.preimage(genesis)).0);
	VoteFor { value: Some(value), signature }
}

/// Two precommits of one key for one height and round.
fn evidence(pair: &ed25519::Pair, genesis: &[u8; 32], height: u64) -> Equivocation {
	let [one, other] = [[1; 32], [2; 32]].map(|value| vote(pair, genesis, height, value));
	let key = ConsensusKey(pair.public().0);
	Equivocation::votes(key, height, 0, VoteKind::Precommit, one, other)
}

/// Evidence as anybody may submit it, without a signature of the submitter.
async fn submit(rpc: &Rpc, proof: &Equivocation) -> Result<String, ClientError> {
	rpc.submit(&plexus_runtime::native::report_equivocation(*proof)).await
}

fn refusal(answer: Result<String, ClientError>) -> Result<String> {
	match answer {
		Err(ClientError::Call(error)) => Ok(format!("{} {:?}", error.message(), error.data())),
		other => anyhow::bail!("evidence was not refused: {other:?}"),
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_that_anybody_submits_is_verified_and_its_validator_slashed_once() -> Result<()> {
	let chain = LocalChain::new(BLOCK_TIME_MS).await?;
	let (nodes, _) = chain.validators().await?;
	let rpc = nodes[0].rpc().await?;
	rpc.height(2, JUDGED).await.map_err(|reason| reason.context(nodes[0].log_tail()))?;
	let genesis: String = rpc.request("chain_getBlockHash", &[0.into()]).await?;
	let genesis: [u8; 32] = from_hex(&genesis)?.try_into().map_err(|_| anyhow::anyhow!("a hash"))?;
	let set = voters(&rpc).await?;
	ensure!(set.len() == SEEDS.len(), "{set:?}");

	let dave = consensus_pair("//Dave");
	let forged = match evidence(&dave, &genesis, 1) {
		Equivocation::Votes { key, height, round, kind, first, mut second } => {
			second.signature.0[7] ^= 1;
			Equivocation::Votes { key, height, round, kind, first, second }
		}
		proposals => proposals,
	};
	let stranger = evidence(&consensus_pair("//Mallory"), &genesis, 1);
	let elsewhere = evidence(&dave, &[9; 32], 1);
	for wrong in [forged, stranger, elsewhere] {
		let words = refusal(submit(&rpc, &wrong).await)?;
		ensure!(!words.contains("Undecodable"), "it was refused for its form: {words}");
		println!("refused: {words}");
	}
	ensure!(voters(&rpc).await?.len() == SEEDS.len(), "wrong evidence had a consequence");

	submit(&rpc, &evidence(&dave, &genesis, 1)).await?;
	let cli = Cli::of(&nodes[1]);
	let key = consensus_key("//Dave");
	let account =
		seats(&cli).await?.into_iter().find(|seat| seat.key == key).context("it is elected")?.account;
	let judged = seat_becomes(&cli, &account, JUDGED, "a tombstone", is_tombstoned).await;
	judged.map_err(|reason| reason.context(nodes[0].log_tail()))?;
	cli.json(&["tx", "validator", "settle", &account, "--from", "//Eve"]).await?;
	let stake = cli.json(&["query", "stake", &account]).await?;
	ensure!(stake["bonded"] == LEFT, "{stake}");

	// Another proof of the same pool's offence changes nothing.
	let again = refusal(submit(&rpc, &evidence(&dave, &genesis, 2)).await)?;
	println!("refused: {again}");
	until(SOON, "three validators", || async {
		let left = voters(&rpc).await?;
		ensure!(left.len() == 3 && left.iter().all(|(voter, _)| to_hex(&voter.0) != key), "{left:?}");
		Ok(())
	})
	.await?;
	rpc.new_blocks(4).await?;
	let last = one_certificate_each(&set, &nodes.iter().collect::<Vec<_>>()).await?;
	println!("one certificate for each of {last} heights on four nodes");
	Ok(())
}
