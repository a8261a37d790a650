//! The validators of a running network change by transactions alone: somebody joins as `docs/testnet.md` tells, somebody
//! leaves, somebody is away, is jailed and returns, somebody takes another key.

use anyhow::{ensure, Context, Result};
use codec::Decode;
use plexus_primitives::consensus::Commit;
use plexus_tests::{
	cli::{plexus, Ran},
	http::ask,
	local::{
		author, consensus_key, has_peers, offline, one_certificate_each, proposes, seat_becomes, seats, text,
		voters, Seat, SEEDS,
	},
	rpc::{from_hex, to_hex},
	wait::{until, SOON},
	Cli, Key, LocalChain, Node, NodeOptions, Rpc,
};
use serde_json::{json, Value};
use std::{os::unix::fs::PermissionsExt, path::Path, time::Duration};

/// An era has 50 blocks.
const BLOCK_TIME_MS: u64 = 200;

/// Slower where a validator is out from the border of two eras until it is restarted and its new key has listened for ten
/// blocks: it must not be jailed meanwhile.
const ROTATION_BLOCK_TIME_MS: u64 = 800;

/// Two eras: what is decided in one takes effect in the next. Turns of who is away cost more than a second each.
const ERAS: Duration = Duration::from_secs(180);

/// A round of turns, or a few.
const TURNS: Duration = Duration::from_secs(60);

/// The exit code for a file that proves nothing.
const UNPROVED: i32 = 8;

/// How long an absent validator stays out at least, on a chain with the preset's periods.
const JAIL_MS: u64 = 30_000;

/// What the chain's clock shows.
async fn clock_ms(rpc: &Rpc) -> Result<u64> {
	let status: Value = rpc.request("plexus_chainStatus", &[]).await?;
	status["timestampMs"].as_u64().with_context(|| format!("no time in {status}"))
}

/// The account of the validator with the key of a seed.
async fn account_of(cli: &Cli, seed: &str) -> Result<String> {
	let key = consensus_key(seed);
	let seat = seats(cli).await?.into_iter().find(|seat| seat.key == key);
	Ok(seat.with_context(|| format!("{seed} is no validator"))?.account)
}

fn is_elected(seat: &Seat) -> bool {
	seat.state == "elected"
}

/// A specification that names where the founders are, as it is handed to whoever joins.
fn with_bootnodes(spec: &Path, bootnodes: &[String], copy: &Path) -> Result<()> {
	let mut json: Value = serde_json::from_slice(&std::fs::read(spec)?)?;
	json["bootnodes"] = bootnodes.into();
	Ok(std::fs::write(copy, json.to_string())?)
}

/// The newcomer's keys and stake, by the commands of the guide; its account and consensus key.
async fn becomes_candidate(node: &Node, spec: &str, base: &str) -> Result<(String, String)> {
	let cli = Cli::of(node);
	let account = to_hex(AsRef::<[u8]>::as_ref(&Key::sr25519("//Eve").account()));
	let place = ["--chain", spec, "--base-path", base];
	offline(&[&["key", "generate", "validator"][..], &place].concat()).await?;
	let proved = offline(&[&["key", "prove", "--account", &account][..], &place].concat()).await?;
	let field = |name: &str| proved[name].as_str().map(str::to_string).context("a key and its proof");
	let (key, proof) = (field("key")?, field("proof")?);
	let signed = ["--from", "//Eve"];
	cli.json(&[&["tx", "validator", "bond", "--amount", "10000"][..], &signed].concat()).await?;
	let set_keys = ["tx", "validator", "set-keys", "--consensus-key", &key, "--proof", &proof];
	cli.json(&[&set_keys[..], &signed].concat()).await?;
	cli.json(&[&["tx", "validator", "validate", "--commission", "5"][..], &signed].concat()).await?;
	let stake = cli.json(&["query", "stake", "//Eve"]).await?;
	Ok((stake["account"].as_str().context("an account")?.into(), key))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_operator_joins_by_the_guide_proposes_blocks_and_a_founder_leaves() -> Result<()> {
	let chain = LocalChain::new(BLOCK_TIME_MS).await?;
	let (mut founders, addresses) = chain.validators().await?;
	let rpc = founders[1].rpc().await?;
	rpc.height(5, TURNS).await.map_err(|reason| reason.context(founders[1].log_tail()))?;
	let set = voters(&rpc).await?;

	// Another machine: nothing but the specification, which names the founders, and the binary.
	let machine = tempfile::tempdir()?;
	let (spec, base) = (machine.path().join("chain-spec.json"), machine.path().join("data"));
	with_bootnodes(chain.spec(), &addresses, &spec)?;
	let (spec, path) = (text(&spec)?, text(&base)?);
	let published: String = rpc.request("chain_getBlockHash", &[0.into()]).await?;
	let shown = plexus(&["chain-spec", "show", &spec]).await?;
	ensure!(shown.code == Some(0) && shown.stdout.contains(&published), "{}", shown.text());
	let options = NodeOptions { base_path: Some(base), chain: Some(spec.clone()), ..NodeOptions::default() };
	let mut newcomer = Node::start(options).await?;
	let own = newcomer.rpc().await?;
	has_peers(&own, SEEDS.len() as u64).await.map_err(|reason| reason.context(newcomer.log_tail()))?;
	is_at_the_head(&own, &rpc).await.map_err(|reason| reason.context(newcomer.log_tail()))?;

	let (account, key) = becomes_candidate(&newcomer, &spec, &path).await?;
	drop(own);
	ensure!(newcomer.stop().await?.success(), "{}", newcomer.log_tail());
	newcomer.set_options(|options| options.arguments.push("--validator".into()));
	newcomer.restart().await?;
	let cli = Cli::of(&founders[1]);
	seat_becomes(&cli, &account, ERAS, "a seat", is_elected).await?;
	let head = rpc.finalised_head().await?.number;
	let made =
		proposes(&rpc, &key, head, TURNS).await.map_err(|reason| reason.context(newcomer.log_tail()))?;
	println!("the newcomer proposed block {made}");

	// Alice leaves: chilled at once, a seat no longer from the next era on, and then her node may stop.
	let founder = account_of(&cli, SEEDS[0]).await?;
	cli.json(&["tx", "validator", "chill", "--from", SEEDS[0], "--scheme", "ed25519"]).await?;
	until(ERAS, "the end of the founder's seat", || async {
		let left = seats(&cli).await?;
		ensure!(left.iter().all(|seat| seat.account != founder), "{left:?}");
		Ok(())
	})
	.await?;
	ensure!(founders[0].stop().await?.success(), "{}", founders[0].log_tail());
	let head = rpc.finalised_head().await?.number;
	rpc.height(head + 12, TURNS).await?;
	let gone = consensus_key(SEEDS[0]);
	for number in head + 2..=head + 12 {
		ensure!(author(&rpc, number).await? != gone, "block {number} is from who left");
	}
	let now = voters(&rpc).await?;
	let is_in = |wanted: &str| now.iter().any(|(voter, _)| to_hex(&voter.0) == wanted);
	ensure!(now.len() == SEEDS.len() && is_in(&key) && !is_in(&gone), "{now:?}");
	let last = one_certificate_each(&set, &[&founders[1], &founders[2], &founders[3], &newcomer]).await?;
	println!("one certificate for each of {last} heights, over two changes of the set");
	is_proved_over_changes(&Cli::of(&newcomer), &spec, 2).await?;
	is_proved_from_what_was_trusted(&newcomer, &spec, 2).await
}

/// What a node proves now is accepted offline from the specification alone, over at least so many changes of the set, and
/// refused without them. The set is another one than the first.
async fn is_proved_over_changes(cli: &Cli, spec: &str, changes_min: u64) -> Result<()> {
	let directory = tempfile::tempdir()?;
	let path = directory.path().join("bob.json");
	let file = text(&path)?;
	cli.json(&["query", "proof", "--account", "//Bob", "--output", &file]).await?;
	let proved = offline(&["verify", &file, "--chain", spec]).await?;
	let changes = proved["set_changes"].as_u64().context("a number")?;
	ensure!(changes >= changes_min && proved["account"]["free"].is_string(), "{proved}");

	let mut proof: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
	let handovers = proof["finality"]["handovers"].as_array().map(Vec::len);
	ensure!(handovers == Some(usize::try_from(changes)?), "{handovers:?} in the file, {changes} verified");
	proof["finality"]["handovers"] = json!([]);
	std::fs::write(&path, proof.to_string())?;
	let ran = plexus(&["verify", &file, "--chain", spec, "--json"]).await?;
	ensure!(ran.code == Some(UNPROVED), "ended with {:?}: {}", ran.code, ran.text());
	let failure: Value = serde_json::from_str(&ran.stdout)?;
	ensure!(failure["error"]["name"] == "StaleSet", "{failure}");
	println!("proved over {changes} changes of the set");
	Ok(())
}

/// Fetches a proof with these arguments and verifies it with those; what was run, and what it said.
async fn fetched_and_verified(
	cli: &Cli,
	spec: &str,
	fetch: &[&str],
	verify: &[&str],
) -> Result<(Ran, Value)> {
	let directory = tempfile::tempdir()?;
	let file = text(&directory.path().join("proof.json"))?;
	cli.json(&[&["query", "proof", "--output", &file], fetch].concat()).await?;
	let ran = plexus(&[&["verify", &file, "--chain", spec, "--json"], verify].concat()).await?;
	let told: Value = serde_json::from_str(&ran.stdout).with_context(|| ran.text())?;
	Ok((ran, told))
}

/// What is trusted of an early block leads over at least so many changes of the set to a late one, and what is trusted of that
/// one needs none of them any more. A proof that begins behind the changes is refused before them, with where it must begin.
async fn is_proved_from_what_was_trusted(node: &Node, spec: &str, changes_min: u64) -> Result<()> {
	/// Before any change.
	const EARLY: &str = "3";
	let (cli, rpc) = (Cli::of(node), node.rpc().await?);
	let directory = tempfile::tempdir()?;
	let (early, late) =
		(text(&directory.path().join("early.json"))?, text(&directory.path().join("late.json"))?);
	let (ran, told) =
		fetched_and_verified(&cli, spec, &["--block", EARLY], &["--save-trusted", &early]).await?;
	ensure!(ran.code == Some(0) && told["set_changes"] == 0 && told["saved"]["block_number"] == 3, "{told}");

	let onwards = ["--trusted", &early, "--save-trusted", &late];
	let (ran, told) = fetched_and_verified(&cli, spec, &["--from", EARLY], &onwards).await?;
	ensure!(ran.code == Some(0) && told["set_changes"].as_u64() >= Some(changes_min), "{told}");
	let from = told["saved"]["block_number"].as_u64().context("a saved block")?.to_string();
	rpc.new_blocks(1).await?;
	let of_bob = ["--account", "//Bob", "--from", &from];
	let (ran, told) = fetched_and_verified(&cli, spec, &of_bob, &["--trusted", &late]).await?;
	ensure!(ran.code == Some(0) && told["account"]["free"].is_string(), "{told}");
	for before in [&["--trusted", &early][..], &[]] {
		let (ran, told) = fetched_and_verified(&cli, spec, &of_bob, before).await?;
		ensure!(ran.code == Some(UNPROVED) && told["error"]["name"] == "BeginsTooLate", "{told}");
	}
	println!("proved from block {from} on, which is trusted");
	Ok(())
}

/// Waits until a node has what another had.
async fn is_at_the_head(own: &Rpc, other: &Rpc) -> Result<()> {
	let head = other.finalised_head().await?.number;
	own.height(head, TURNS).await?;
	until(SOON, "the end of syncing", || async {
		let status: Value = own.request("plexus_chainStatus", &[]).await?;
		ensure!(status["isSyncing"] == false, "{status}");
		Ok(())
	})
	.await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_that_is_away_is_jailed_and_returns_when_its_time_is_over() -> Result<()> {
	let chain = LocalChain::new(BLOCK_TIME_MS).await?;
	let (mut nodes, _) = chain.validators().await?;
	let rpc = nodes[0].rpc().await?;
	rpc.height(3, TURNS).await.map_err(|reason| reason.context(nodes[0].log_tail()))?;
	let set = voters(&rpc).await?;
	let cli = Cli::of(&nodes[0]);
	let dave = account_of(&cli, SEEDS[3]).await?;
	nodes[3].kill().await?;
	seat_becomes(&cli, &dave, ERAS, "jail", |seat| seat.state.contains("jailed, may return in")).await?;
	ensure!(voters(&rpc).await?.len() == SEEDS.len() - 1, "who is jailed votes no longer");
	// Later than it was jailed, never earlier.
	let jailed_ms = clock_ms(&rpc).await?;

	let unjail = ["tx", "validator", "unjail", "--from", SEEDS[3], "--scheme", "ed25519"];
	let early = cli.refused(&unjail).await?;
	ensure!(early.text().contains("Validators.JailedStill"), "{}", early.text());
	nodes[3].restart().await?;
	// The chain without it goes on with nothing but its own blocks: no turn is lost to who is jailed.
	rpc.new_blocks(10).await?;
	// Once the era is over the list no longer has who is jailed: the clock of the chain tells.
	until(ERAS, "the end of jail", || async {
		let now = clock_ms(&rpc).await?;
		ensure!(now > jailed_ms + JAIL_MS, "{} ms of jail are over", now - jailed_ms);
		Ok(())
	})
	.await?;
	cli.json(&unjail).await?;
	seat_becomes(&cli, &dave, ERAS, "a seat again", is_elected).await?;
	let head = rpc.finalised_head().await?.number;
	let key = consensus_key(SEEDS[3]);
	let made =
		proposes(&rpc, &key, head, TURNS).await.map_err(|reason| reason.context(nodes[3].log_tail()))?;
	println!("back with block {made}");
	let last = one_certificate_each(&set, &nodes.iter().collect::<Vec<_>>()).await?;
	println!("one certificate for each of {last} heights, over two changes of the set");
	Ok(())
}

/// Whether a block's certificate has the precommit of this key. The set must not have changed since.
async fn is_signed_by(rpc: &Rpc, key: &str, number: u32) -> Result<bool> {
	let set = voters(rpc).await?;
	let place = set.iter().position(|(voter, _)| to_hex(&voter.0) == key);
	let proof: Value = rpc.request("plexus_finalityProof", &[number.into(), (number - 1).into()]).await?;
	let commit = from_hex(proof["target"]["commit"].as_str().context("a block has a certificate")?)?;
	let commit = Commit::decode(&mut &commit[..])?;
	Ok(place.and_then(|place| commit.signatures.get(place)).is_some_and(Option::is_some))
}

/// Dave's next key, as its node answers to clients, and the proof that Dave may use it, as the operator makes it.
async fn makes_a_next_key(dave: &Node, account: &str, place: &[&str]) -> Result<(String, String)> {
	let rpc = dave.rpc().await?;
	let key: String = rpc.request("author_rotateKeys", &[]).await?;
	let again: String = rpc.request("author_rotateKeys", &[]).await?;
	ensure!(key == again && key.len() == 66, "a key that was told is not replaced: {key}, then {again}");
	let shown = offline(&[&["key", "generate", "validator", "--next"][..], place].concat()).await?;
	ensure!(shown["public"] == key.as_str(), "nor beside the node: {key}, then {shown}");
	let told = [(key.clone(), true), (consensus_key(SEEDS[3]), true), (consensus_key(SEEDS[0]), false)];
	for (asked, expected) in told {
		let has: bool = rpc.request("author_hasKey", &[asked.clone().into(), "plxs".into()]).await?;
		let has_session: bool = rpc.request("author_hasSessionKeys", &[asked.clone().into()]).await?;
		ensure!(has == expected && has_session == expected, "{asked}: {has} and {has_session}");
	}
	let file = dave.chain_directory()?.join("keys/validator.next.key");
	let mode = std::fs::metadata(file)?.permissions().mode() & 0o777;
	ensure!(mode == 0o600, "others can read the key: {mode:o}");
	let proved = offline(&[&["key", "prove", "--next", "--account", account][..], place].concat()).await?;
	ensure!(proved["key"] == key.as_str(), "{proved} is not about {key}");
	let proof = proved["proof"].as_str().context("a proof")?.to_string();
	// The accounts of the preset have the keys of the seeds.
	let owned: Value = rpc.request("author_rotateKeysWithOwner", &[consensus_key(SEEDS[3]).into()]).await?;
	ensure!(owned["keys"] == key.as_str() && owned["proof"] == proof.as_str(), "{owned}, and {proved}");
	Ok((key, proof))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_validator_takes_another_key_and_signs_with_it_after_a_restart() -> Result<()> {
	let chain = LocalChain::new(ROTATION_BLOCK_TIME_MS).await?;
	let (mut nodes, _) = chain.validators().await?;
	ensure!(nodes[3].stop().await?.success(), "{}", nodes[3].log_tail());
	nodes[3].set_options(|options| options.arguments.extend(["--rpc-methods", "unsafe"].map(String::from)));
	nodes[3].restart().await?;
	let rpc = nodes[0].rpc().await?;
	rpc.height(3, TURNS).await.map_err(|reason| reason.context(nodes[0].log_tail()))?;
	let set = voters(&rpc).await?;
	let (cli, old) = (Cli::of(&nodes[0]), consensus_key(SEEDS[3]));
	let account = account_of(&cli, SEEDS[3]).await?;
	let (spec, base) = (text(chain.spec())?, text(nodes[3].base_path())?);
	let place = ["--chain", &spec, "--base-path", &base];
	let (key, proof) = makes_a_next_key(&nodes[3], &account, &place).await?;

	let set_keys = ["tx", "validator", "set-keys", "--consensus-key", &key, "--proof", &proof];
	cli.json(&[&set_keys[..], &["--from", SEEDS[3], "--scheme", "ed25519"]].concat()).await?;
	until(ERAS, "a set with the new key", || async {
		let keys: Vec<String> = voters(&rpc).await?.iter().map(|(voter, _)| to_hex(&voter.0)).collect();
		ensure!(keys.contains(&key) && !keys.contains(&old), "{keys:?}");
		Ok(())
	})
	.await?;
	// The node that runs on says that it waits.
	until(SOON, "a word about the restart", || async {
		let ready = ask(nodes[3].metrics_port(), "GET /health/ready", "").await?;
		ensure!(ready.status == 503 && ready.json.to_string().contains("next_key_waits"), "{ready:?}");
		Ok(())
	})
	.await
	.map_err(|reason| reason.context(nodes[3].log_tail()))?;
	ensure!(nodes[3].logged("the chain names the next validator key"), "{}", nodes[3].log_tail());

	ensure!(nodes[3].stop().await?.success(), "{}", nodes[3].log_tail());
	nodes[3].restart().await?;
	let head = rpc.finalised_head().await?.number;
	let made =
		proposes(&rpc, &key, head, TURNS).await.map_err(|reason| reason.context(nodes[3].log_tail()))?;
	let signed = until(TURNS, "a certificate with the new key", || async {
		let head = rpc.finalised_head().await?.number;
		ensure!(is_signed_by(&rpc, &key, head).await?, "block {head} is certified without it");
		Ok(head)
	})
	.await?;
	println!("the new key proposed block {made} and signed the certificate of block {signed}");

	let keys = nodes[3].chain_directory()?.join("keys");
	let former = text(&keys.join(format!("validator.former-{}.key", &old[2..18])))?;
	let kept = offline(&[&["key", "inspect", &former][..], &place].concat()).await?;
	let present = offline(&[&["key", "inspect", "validator"][..], &place].concat()).await?;
	ensure!(kept["public"] == old.as_str() && present["public"] == key.as_str(), "{kept}, then {present}");
	ensure!(!keys.join("validator.next.key").exists(), "the next key is the present one");
	let has: bool = nodes[3].rpc().await?.request("author_hasSessionKeys", &[key.into()]).await?;
	ensure!(has, "the key that signs is the node's");
	let last = one_certificate_each(&set, &nodes.iter().collect::<Vec<_>>()).await?;
	println!("one certificate for each of {last} heights, over a change of a key");
	Ok(())
}
