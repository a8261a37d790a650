//! Votes, certificates and proposals of strangers and of validators, without an engine: the test says who is a validator.

use crate::nodes::{address, bans, config, counts, has_peers, id, start};
use crate::peers::{publish, raw_peer};
use bytes::Bytes;
use ed25519_dalek::SigningKey;
use plexus_consensus::codec::ScaleCodec;
use plexus_consensus::malachite::core::{NilOrVal, PolkaCertificate, Round, SignedVote, VoteType};
use plexus_consensus::malachite::streaming::StreamId;
use plexus_consensus::malachite::{Codec, EngineNetworkMsg, LivenessMsg, SignedConsensusMsg};
use plexus_consensus::parts::{stream, ProposalHead, CHUNK_BYTES};
use plexus_consensus::signing::{sign, vote_preimage};
use plexus_consensus::types::Vote;
use plexus_consensus::{AuthorityId, Height, Plexus, Validator, ValidatorSet};
use plexus_network::topics::{Names, Topic};
use plexus_network::{BanReason, Misbehaviour, Network, Rate};
use plexus_storage::Header;
use sp_core::H256;

pub const GENESIS: H256 = H256([1; 32]);

pub fn key(seed: u8) -> SigningKey {
	SigningKey::from_bytes(&[seed; 32])
}

pub fn authority(seed: u8) -> AuthorityId {
	AuthorityId(key(seed).verifying_key().to_bytes())
}

pub fn signed(seed: u8, height: u64, round: u32) -> SignedVote<Plexus> {
	let (kind, value) = (VoteType::Precommit, NilOrVal::Val(H256([9; 32])));
	let vote =
		Vote { kind, height: Height(height), round: Round::new(round), value, address: authority(seed) };
	let signature = sign(&key(seed), &vote_preimage(&GENESIS, &vote));
	SignedVote::new(vote, signature)
}

pub fn encoded(seed: u8, height: u64, round: u32) -> Vec<u8> {
	let message = SignedConsensusMsg::<Plexus>::Vote(signed(seed, height, round));
	ScaleCodec.encode(&message).unwrap().to_vec()
}

/// Tells a node who decides a height, as its engine would.
pub fn elect(network: &Network, height: u64, seeds: &[u8]) {
	network.consensus_port.progress.enter(height);
	let validators = seeds.iter().map(|seed| Validator { id: authority(*seed), power: 1 });
	let set = ValidatorSet::new(validators).unwrap();
	network.consensus_port.actor.cast(EngineNetworkMsg::UpdateValidatorSet(set)).unwrap();
}

/// Waits until so many messages of a topic had this outcome.
pub async fn judges(network: &Network, topic: Topic, outcome: &str, least: u64) {
	let of = |(known, judged, count): &(&'static str, &'static str, u64)| {
		(*known == topic.name()).then_some((*judged, *count))
	};
	let read = || network.handle.stats().gossip.iter().filter_map(of).collect();
	counts(read, outcome, least).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn votes_of_validators_that_a_syncing_node_does_not_know_are_nobodys_fault() {
	let node = start(1, &[]).await;
	elect(&node, 7, &[50]);
	let names = Names::new(&GENESIS);
	let raw = raw_peer(11, &names, &address(&node).await).await;
	// Five seconds of the votes of a hundred validators that were elected since.
	let votes = (0..1_000).map(|n| encoded(100 + (n % 100) as u8, 7, n / 100)).collect();
	let publishing = tokio::spawn(publish(raw, names.topic(Topic::Consensus), votes));
	judges(&node, Topic::Consensus, "ignored", 500).await;
	judges(&node, Topic::Consensus, "accepted", 1).await;
	assert!(node.handle.banned().is_empty());
	assert!(node.handle.stats().misbehaviours.iter().all(|(_, count)| *count == 0));
	publishing.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_knows_no_validators_relays_only_a_few_votes() {
	let mut config = config(1, &[]);
	config.rates.strangers = Rate { per_second: 1, burst: 40 };
	let node = plexus_network::start(config).await.unwrap();
	let names = Names::new(&GENESIS);
	let raw = raw_peer(11, &names, &address(&node).await).await;
	let votes = (0..200).map(|round| encoded(100, 7, round)).collect();
	let publishing = tokio::spawn(publish(raw, names.topic(Topic::Consensus), votes));
	judges(&node, Topic::Consensus, "ignored", 150).await;
	// It may be listed a little after its first votes.
	has_peers(&node, 1).await;
	assert!(node.handle.banned().is_empty() && node.handle.peers().iter().any(|peer| peer.id == id(11)));
	publishing.abort();
}

fn polka(height: u64, round: u32, signers: &[u8]) -> Vec<u8> {
	let votes = signers.iter().map(|seed| {
		let (kind, value) = (VoteType::Prevote, NilOrVal::Val(H256([9; 32])));
		let (height, round, address) = (Height(height), Round::new(round), authority(*seed));
		let vote = Vote { kind, height, round, value, address };
		let signature = sign(&key(*seed), &vote_preimage(&GENESIS, &vote));
		SignedVote::new(vote, signature)
	});
	let certificate =
		PolkaCertificate::new(Height(height), Round::new(round), H256([9; 32]), votes.collect());
	ScaleCodec.encode(&LivenessMsg::<Plexus>::PolkaCertificate(certificate)).unwrap().to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_certificates_that_prove_something_are_relayed_and_each_once() {
	let node = start(1, &[]).await;
	let (names, at) = (Names::new(&GENESIS), address(&node).await);
	let all: Vec<u8> = (50..70).collect();
	elect(&node, 10, &all);
	let useless = vec![
		polka(10, 0, &all[..13]),
		polka(10, 0, &(70..90).collect::<Vec<_>>()),
		// Longer than any of twenty validators.
		vec![0; 100_000],
		polka(3, 0, &all),
		polka(1_000, 0, &all),
	];
	let good = [polka(10, 0, &all), polka(10, 1, &all[..14])];
	let messages = useless.into_iter().chain(good.clone()).chain(good).collect();
	let raw = raw_peer(11, &names, &at).await;
	let publishing = tokio::spawn(publish(raw, names.topic(Topic::Liveness), messages));
	judges(&node, Topic::Liveness, "ignored", 7).await;
	judges(&node, Topic::Liveness, "accepted", 2).await;
	assert!(node.handle.stats().gossip.contains(&("liveness", "accepted", 2)));
	assert!(node.handle.stats().misbehaviours.iter().all(|(_, count)| *count == 0));
	publishing.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_long_certificates_is_banned() {
	let mut config = config(1, &[]);
	config.rates.certificate_bytes = Rate { per_second: 1, burst: 100_000 };
	let node = plexus_network::start(config).await.unwrap();
	let names = Names::new(&GENESIS);
	let raw = raw_peer(11, &names, &address(&node).await).await;
	let garbage = (0..120).map(|i| vec![i; 10_000]).collect();
	let publishing = tokio::spawn(publish(raw, names.topic(Topic::Liveness), garbage));
	assert_eq!(bans(&node, id(11)).await.reason, BanReason::Misbehaviour(Misbehaviour::Flood));
	assert!(publishing.await.unwrap(), "it is sent away after all of it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_votes_and_copies_are_not_relayed() {
	let node = start(1, &[]).await;
	let (names, at) = (Names::new(&GENESIS), address(&node).await);
	elect(&node, 10, &[50, 51]);
	let old = (0..40).map(|round| encoded(50, 8, round));
	let copies = (0..40).map(|_| encoded(51, 10, 0));
	let current = [9, 11, 14].map(|height| encoded(50, height, 0));
	let raw = raw_peer(11, &names, &at).await;
	let messages = old.chain(copies).chain(current).collect();
	let publishing = tokio::spawn(publish(raw, names.topic(Topic::Consensus), messages));
	judges(&node, Topic::Consensus, "ignored", 79).await;
	judges(&node, Topic::Consensus, "accepted", 4).await;
	assert!(node.handle.stats().gossip.contains(&("consensus", "ignored", 79)));
	assert!(node.handle.stats().misbehaviours.iter().all(|(_, count)| *count == 0));
	publishing.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_do_not_fill_the_engines_room_for_the_next_height() {
	let node = start(1, &[]).await;
	let (names, at) = (Names::new(&GENESIS), address(&node).await);
	elect(&node, 10, &[50, 51]);
	let strangers = (0..380).map(|round| encoded(60, 11, round));
	let validators = (0..20).flat_map(|round| [encoded(50, 11, round), encoded(51, 10, round)]);
	let raw = raw_peer(11, &names, &at).await;
	let messages = strangers.chain(validators).collect();
	let publishing = tokio::spawn(publish(raw, names.topic(Topic::Consensus), messages));
	let judged = || {
		let stats = node.handle.stats();
		let of_consensus = stats.gossip.iter().filter(|(topic, ..)| *topic == Topic::Consensus.name());
		vec![("all", of_consensus.map(|(_, _, count)| *count).sum::<u64>())]
	};
	counts(judged, "all", 420).await;
	// Three hundred of all strangers' go on to the engine, and whatever validators say.
	assert!(node.handle.stats().dropped.contains(&("early", 80)), "{:?}", node.handle.stats().dropped);
	assert!(node.handle.stats().misbehaviours.iter().all(|(_, count)| *count == 0));
	publishing.abort();
}

/// The messages of a proposal, by a proposer at a height, under a stream's name.
fn proposal(seed: u8, height: u32, name: &'static [u8], body: &[u8]) -> Vec<Vec<u8>> {
	let (parent_hash, state_root, extrinsics_root) = Default::default();
	let digest = Default::default();
	let header = Header { number: height, parent_hash, state_root, extrinsics_root, digest };
	let head = ProposalHead::new(&GENESIS, &key(seed), 0, None, header, body);
	let parts = stream(StreamId::new(Bytes::from_static(name)), &head, body);
	parts.iter().map(|part| ScaleCodec.encode(part).unwrap().to_vec()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_parts_that_a_validators_head_announces_are_relayed() {
	let node = start(1, &[]).await;
	let (names, at) = (Names::new(&GENESIS), address(&node).await);
	elect(&node, 10, &[50, 51]);
	let body = vec![7; 2 * CHUNK_BYTES];
	let mut good = proposal(50, 10, b"good", &body);
	// A chunk overtakes its head.
	good.swap(0, 1);
	let headless = proposal(50, 10, b"headless", &body).split_off(1);
	let foreign = proposal(60, 10, b"foreign", &body);
	let old = proposal(51, 8, b"old", &body);
	// Tiny chunks under a genuine head.
	let mut tiny = proposal(51, 10, b"tiny", &body);
	tiny[1] = proposal(51, 10, b"tiny", &[1]).swap_remove(1);
	// Who may have been elected for the next height proposes it, and no more.
	let next = proposal(60, 11, b"next", &[1]);
	let more = proposal(61, 11, b"more", &[1]);
	let messages = [good, headless, foreign, old, tiny, next, more].concat();
	let raw = raw_peer(11, &names, &at).await;
	let publishing = tokio::spawn(publish(raw, names.topic(Topic::Parts), messages));
	// Four of the first, head, second chunk and end under the genuine head, and all of the next height's.
	judges(&node, Topic::Parts, "ignored", 15).await;
	judges(&node, Topic::Parts, "accepted", 10).await;
	let stats = node.handle.stats();
	assert!(
		stats.gossip.contains(&("parts", "ignored", 15)) && stats.gossip.contains(&("parts", "accepted", 10))
	);
	assert!(stats.misbehaviours.iter().all(|(_, count)| *count == 0));
	publishing.abort();
}
