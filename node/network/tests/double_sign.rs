//! No key signs two things for one step: a validator that listens before it signs, a second one with the same key, a copy of
//! the key on an empty directory, one whose log forgot what it signed, and one that is killed again and again, alone or among
//! four, while somebody keeps every message that any validator signed.
//!
//! `PLEXUS_KILLS` sets the number of kills, 50 by default; where in a block they fall is drawn from `PLEXUS_SEED`.

mod common;
#[path = "common/ear.rs"]
mod ear;
#[path = "common/validators.rs"]
mod validators;

use arc_malachitebft_app_channel::app::wal;
use common::{address, genesis, key_of, open, PATIENCE};
use plexus_chain::Chain;
use plexus_consensus::guard::{Known, Permit, StepKind};
use plexus_consensus::malachite::core::{NilOrVal, Round, SignedVote, VoteType};
use plexus_consensus::malachite::{NetworkEvent, SignedConsensusMsg, Signer};
use plexus_consensus::signing::{proposal_preimage, verify, vote_preimage, ChainSigner};
use plexus_consensus::standing::StandIns;
use plexus_consensus::types::{Proposal, Vote};
use plexus_consensus::{
	certificate, AuthorityId, EngineConfig, EngineError, EngineHandle, GuardError, Height, Plexus,
	SigningGuard, StartError,
};
use plexus_network::handle::NetworkTask;
use plexus_network::{Multiaddr, NetworkConfig};
use plexus_storage::Options;
use sp_core::H256;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::mpsc;
use validators::{started_again, FOUR};

const VICTIM_DIRECTORY: &str = "PLEXUS_TEST_GUARDED_VICTIM_DIRECTORY";
const VICTIM_PORT: &str = "PLEXUS_TEST_GUARDED_VICTIM_PORT";
const VICTIM_CHAIN: &str = "PLEXUS_TEST_GUARDED_VICTIM_CHAIN";
const VICTIM_SEED: &str = "PLEXUS_TEST_GUARDED_VICTIM_SEED";
const VICTIM_PEERS: &str = "PLEXUS_TEST_GUARDED_VICTIM_PEERS";

fn id_of(seed: &str) -> AuthorityId {
	AuthorityId(key_of(seed).verifying_key().to_bytes())
}

/// A validator of the preset `local`, in this process.
struct Validator {
	chain: Chain,
	consensus: EngineHandle,
	task: NetworkTask,
	address: Multiaddr,
	_directory: Arc<TempDir>,
}

impl Validator {
	/// Starts one that listens for so many new blocks first, connected to `peers`.
	async fn start(seed: &str, heights: u32, peers: &[Multiaddr]) -> Self {
		let directory = Arc::new(tempfile::tempdir().unwrap());
		Self::start_in(directory, seed, heights, peers).await.unwrap()
	}

	/// Starts one that was stopped.
	async fn restart_in(directory: &Arc<TempDir>, seed: &str) -> Self {
		started_again(|| Self::start_in(directory.clone(), seed, 0, &[])).await
	}

	async fn start_in(
		directory: Arc<TempDir>,
		seed: &str,
		heights: u32,
		peers: &[Multiaddr],
	) -> Result<Self, StartError> {
		let chain = open("local", directory.path(), Options::default());
		let identity = *blake3::hash(directory.path().as_os_str().as_encoded_bytes()).as_bytes();
		let mut config = NetworkConfig::new(chain.genesis_hash(), identity);
		config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()];
		config.reserved = peers.to_vec();
		let network = plexus_network::start(config).await.unwrap();
		let address = address(&network.handle).await;
		let mut config = EngineConfig::new(directory.path().join("consensus"));
		config.doppelganger_heights = heights;
		let consensus = plexus_consensus::start_on_chain(
			config,
			chain.clone(),
			Some(key_of(seed)),
			network.consensus_port,
		)
		.await?;
		Ok(Self { chain, consensus, task: network.task, address, _directory: directory })
	}

	/// Several that sign at once, each connected to those before it.
	async fn start_all(seeds: &[&str]) -> (Vec<Self>, Vec<Multiaddr>) {
		let (mut validators, mut addresses) = (Vec::new(), Vec::new());
		for seed in seeds {
			let validator = Self::start(seed, 0, &addresses).await;
			addresses.push(validator.address.clone());
			validators.push(validator);
		}
		(validators, addresses)
	}

	async fn reaches(&self, number: u32) {
		common::reaches(&self.chain, &self.consensus, number).await;
	}

	/// Whether a key's precommit is in the certificate of a block.
	fn is_signed_by(&self, number: u32, id: &AuthorityId) -> bool {
		let bytes = self.chain.database().certificate(number).unwrap().expect("stored with its block");
		certificate::decode(&bytes).unwrap().signatures.iter().any(|(signer, _)| signer == id)
	}

	/// Waits for a block, from this one on, that a key signed.
	async fn sees_a_signature_of(&self, id: &AuthorityId, from: u32) {
		let deadline = Instant::now() + PATIENCE;
		let mut number = from;
		loop {
			self.reaches(number).await;
			if self.is_signed_by(number, id) {
				return;
			}
			assert!(Instant::now() < deadline, "no signature up to block {number}");
			number += 1;
		}
	}

	async fn stop(self) {
		self.consensus.stop().await.unwrap();
		self.task.stop().await.unwrap();
	}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validator_that_listens_signs_nothing_at_first_and_then_as_any_other() {
	let (validators, addresses) = Validator::start_all(&["//Alice", "//Bob", "//Charlie"]).await;
	validators[0].reaches(2).await;
	let dave = Validator::start("//Dave", 2, &addresses).await;
	assert!(dave.consensus.starts_silent());
	assert!(!dave.consensus.status().borrow().is_validator);
	let mut status = dave.consensus.status();
	let signs = tokio::time::timeout(PATIENCE, status.wait_for(|status| status.is_validator)).await;
	let height = signs.expect("silence ends").unwrap().height;
	let height = u32::try_from(height).unwrap();
	assert!(height > 4, "it signs from block {height} on, before it heard two new ones");
	let id = id_of("//Dave");
	assert!((1..height).all(|number| !dave.is_signed_by(number, &id)), "signed while it listened");
	validators[0].sees_a_signature_of(&id, height).await;
	dave.stop().await;
	for validator in validators {
		validator.stop().await;
	}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_node_with_the_same_key_hears_the_first_and_never_signs() {
	let (validators, addresses) = Validator::start_all(&FOUR).await;
	// Which listened itself at first.
	validators[0].sees_a_signature_of(&id_of("//Dave"), 1).await;
	let mut twin = Validator::start("//Dave", 3, &addresses).await;
	let ended = tokio::time::timeout(PATIENCE, twin.consensus.finished()).await.expect("it hears itself");
	let Err(EngineError::Guard(error)) = ended else { panic!("{ended:?}") };
	assert!(matches!(&*error, GuardError::Twin { .. }), "{error}");
	let tip = validators[0].chain.tip().number;
	validators[0].reaches(tip + 2).await;
	twin.task.stop().await.unwrap();
	for validator in validators {
		validator.stop().await;
	}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_key_on_an_empty_directory_listens_unasked_and_never_signs() {
	let (validators, addresses) = Validator::start_all(&FOUR).await;
	validators[0].sees_a_signature_of(&id_of("//Dave"), 1).await;
	let mut copy = Validator::start("//Dave", 0, &addresses).await;
	assert!(copy.consensus.starts_silent());
	let ended = tokio::time::timeout(PATIENCE, copy.consensus.finished()).await.expect("it hears itself");
	let Err(EngineError::Guard(error)) = ended else { panic!("{ended:?}") };
	assert!(matches!(&*error, GuardError::Copied { .. }), "{error}");
	let tip = validators[0].chain.tip().number;
	validators[0].sees_a_signature_of(&id_of("//Dave"), tip + 1).await;
	copy.task.stop().await.unwrap();
	for validator in validators {
		validator.stop().await;
	}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validator_that_decides_alone_is_not_silent_and_others_are_until_they_have_a_peer() {
	let directory = tempfile::tempdir().unwrap();
	let chain = open("dev", directory.path(), Options::default());
	let network = plexus_network::start(NetworkConfig::new(chain.genesis_hash(), [3; 32])).await.unwrap();
	let config = EngineConfig::new(directory.path().join("consensus"));
	let key = Some(key_of("//Alice"));
	let alone = plexus_consensus::start_on_chain(config, chain, key, network.consensus_port).await.unwrap();
	assert!(!alone.starts_silent());
	alone.stop().await.unwrap();
	network.task.stop().await.unwrap();

	let alice = Validator::start("//Alice", 0, &[]).await;
	assert!(alice.consensus.starts_silent() && !alice.consensus.status().borrow().is_validator);
	let bob = Validator::start("//Bob", 0, std::slice::from_ref(&alice.address)).await;
	for validator in [&alice, &bob] {
		let mut status = validator.consensus.status();
		let signs = tokio::time::timeout(PATIENCE, status.wait_for(|status| status.is_validator)).await;
		assert!(signs.expect("silence ends without a block").is_ok());
	}
	bob.stop().await;
	alice.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the process that the tests below kill"]
async fn guarded_victim() {
	let told = |name: &str| std::env::var(name).expect("run by another test");
	let directory = std::path::PathBuf::from(told(VICTIM_DIRECTORY));
	let chain = open(&told(VICTIM_CHAIN), &directory, Options::default());
	let mut config = NetworkConfig::new(chain.genesis_hash(), [1; 32]);
	config.listen = vec![format!("/ip4/127.0.0.1/tcp/{}", told(VICTIM_PORT)).parse().unwrap()];
	config.reserved = told(VICTIM_PEERS).split_whitespace().map(|peer| peer.parse().unwrap()).collect();
	let network = plexus_network::start(config).await.unwrap();
	let consensus = EngineConfig::new(directory.join("consensus"));
	let key = Some(key_of(&told(VICTIM_SEED)));
	let mut consensus =
		plexus_consensus::start_on_chain(consensus, chain, key, network.consensus_port).await.unwrap();
	consensus.finished().await.unwrap();
}

/// What a validator signed.
fn signed(event: NetworkEvent<Plexus>) -> Option<SignedConsensusMsg<Plexus>> {
	match event {
		NetworkEvent::Vote(_, vote) => Some(SignedConsensusMsg::Vote(vote)),
		NetworkEvent::Proposal(_, proposal) => Some(SignedConsensusMsg::Proposal(proposal)),
		_ => None,
	}
}

/// A validator that signed a prevote, and crashed before anything was logged.
async fn crashed_after_signing(directory: &Path, seed: &str, genesis: H256) -> SignedVote<Plexus> {
	let config = EngineConfig::new(directory.join("consensus"));
	std::fs::create_dir_all(&config.guard.directory).unwrap();
	let known = Known {
		genesis,
		validator: id_of(seed),
		tip: 0,
		log_height: None,
		own_precommit: None,
		alone: false,
	};
	let permit = Permit { sign_from: Some(0), ..Permit::default() };
	let guard = Arc::new(SigningGuard::open(&config.guard, &known, permit).unwrap());
	let signer = ChainSigner::new(key_of(seed), genesis, guard.clone(), StandIns::default());
	let vote = Vote {
		kind: VoteType::Prevote,
		height: Height(1),
		round: Round::new(0),
		value: NilOrVal::Val(H256::repeat_byte(9)),
		address: id_of(seed),
	};
	let signed = signer.sign_vote(vote).await.unwrap();
	guard.close();
	wal::Log::open(&config.wal).unwrap().reset(1).unwrap();
	signed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vote_that_was_signed_and_not_logged_stands_in_at_each_restart_of_its_height() {
	let genesis = genesis("local").header.hash();
	let directory = Arc::new(tempfile::tempdir().unwrap());
	let signed = crashed_after_signing(directory.path(), "//Dave", genesis).await;
	// Without the others the height stays undecided, and the engine derives a prevote for nil. From the second start on
	// its log says that another one was sent.
	for start in 1..=3 {
		let dave = Validator::restart_in(&directory, "//Dave").await;
		let mut listener = Listener::start("local", vec![dave.address.clone()]).await;
		let heard = tokio::time::timeout(PATIENCE, async {
			loop {
				match listener.messages.recv().await.expect("the ear lives") {
					SignedConsensusMsg::Vote(vote) if vote.message.address == id_of("//Dave") => return vote,
					_ => {}
				}
			}
		});
		let heard = heard.await.unwrap_or_else(|_| panic!("start {start}: no vote"));
		assert_eq!((heard.message, heard.signature), (signed.message.clone(), signed.signature));
		listener.task.stop().await.unwrap();
		dave.stop().await;
	}
}

/// Everything that was signed, as far as it was heard.
#[derive(Default)]
struct Record {
	/// By key, height, round and step.
	signed: BTreeMap<(AuthorityId, u64, u32, StepKind), Vec<u8>>,
	repeated: usize,
}

impl Record {
	/// Keeps a message and demands that it contradicts nothing; its key and height, if the signature is that key's.
	fn keep(&mut self, genesis: &H256, message: &SignedConsensusMsg<Plexus>) -> Option<(AuthorityId, u64)> {
		let (signer, height, round, kind, bytes, signature) = match message {
			SignedConsensusMsg::Vote(vote) => {
				let kind = match vote.message.kind {
					VoteType::Prevote => StepKind::Prevote,
					VoteType::Precommit => StepKind::Precommit,
				};
				let bytes = vote_preimage(genesis, &vote.message);
				let Vote { height, round, address, .. } = &vote.message;
				(*address, height.0, *round, kind, bytes, &vote.signature)
			}
			SignedConsensusMsg::Proposal(proposal) => {
				let bytes = proposal_preimage(genesis, &proposal.message);
				let Proposal { height, round, address, .. } = &proposal.message;
				(*address, height.0, *round, StepKind::Proposal, bytes, &proposal.signature)
			}
		};
		if !verify(&signer, &bytes, signature) {
			return None;
		}
		let round = round.as_u32().expect("the codec refuses votes without a round");
		let step = (signer, height, round, kind);
		if let Some(before) = self.signed.insert(step, bytes.clone()) {
			assert_eq!(before, bytes, "{step:?} was signed twice");
			self.repeated += 1;
		}
		Some((signer, height))
	}

	/// How many steps a key signed.
	fn steps_of(&self, signer: &AuthorityId) -> usize {
		self.signed.keys().filter(|(key, ..)| key == signer).count()
	}
}

/// Kills the process when dropped.
struct Victim(Child);

impl Drop for Victim {
	fn drop(&mut self) {
		self.0.kill().expect("it is a child of this process");
		self.0.wait().expect("it was killed");
	}
}

/// The validator that is killed.
struct Hunted {
	directory: TempDir,
	chain: &'static str,
	seed: &'static str,
	port: u16,
	/// Nodes that it keeps connected with.
	peers: Vec<Multiaddr>,
}

impl Hunted {
	fn new(chain: &'static str, seed: &'static str) -> Self {
		let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
		Self { directory: tempfile::tempdir().unwrap(), chain, seed, port, peers: Vec::new() }
	}

	fn address(&self) -> Multiaddr {
		format!("/ip4/127.0.0.1/tcp/{}", self.port).parse().unwrap()
	}

	fn start(&self) -> Victim {
		let peers: Vec<String> = self.peers.iter().map(ToString::to_string).collect();
		let victim = Command::new(std::env::current_exe().unwrap())
			.args(["--exact", "guarded_victim", "--ignored", "--nocapture"])
			.env(VICTIM_DIRECTORY, self.directory.path())
			.env(VICTIM_CHAIN, self.chain)
			.env(VICTIM_SEED, self.seed)
			.env(VICTIM_PORT, self.port.to_string())
			.env(VICTIM_PEERS, peers.join(" "))
			.spawn()
			.unwrap();
		Victim(victim)
	}
}

/// A node without a key that hears what is signed.
struct Listener {
	genesis: H256,
	messages: mpsc::Receiver<SignedConsensusMsg<Plexus>>,
	task: NetworkTask,
	record: Record,
	/// The highest that each key signed.
	highest: BTreeMap<AuthorityId, u64>,
}

impl Listener {
	async fn start(chain: &str, peers: Vec<Multiaddr>) -> Self {
		let genesis = genesis(chain).header.hash();
		let mut config = NetworkConfig::new(genesis, [2; 32]);
		config.reserved = peers;
		let network = plexus_network::start(config).await.unwrap();
		let messages = ear::listen_in(&network.consensus_port.actor, signed).await;
		Self { genesis, messages, task: network.task, record: Record::default(), highest: BTreeMap::new() }
	}

	fn keep(&mut self, message: &SignedConsensusMsg<Plexus>) {
		if let Some((signer, height)) = self.record.keep(&self.genesis, message) {
			let highest = self.highest.entry(signer).or_default();
			*highest = height.max(*highest);
		}
	}

	/// The highest that a key signed.
	fn highest(&self, signer: &AuthorityId) -> u64 {
		self.highest.get(signer).copied().unwrap_or_default()
	}

	/// Listens until a key has signed for a height.
	async fn hears(&mut self, signer: &AuthorityId, height: u64, what: &str) {
		let deadline = Instant::now() + PATIENCE;
		while self.highest(signer) < height {
			let heard = tokio::time::timeout_at(deadline.into(), self.messages.recv()).await;
			let Ok(message) = heard else { panic!("{what}: nothing of it after {}", self.highest(signer)) };
			self.keep(&message.expect("the ear lives"));
		}
	}

	/// Listens until a moment.
	async fn listens_until(&mut self, end: Instant) {
		while let Ok(Some(message)) = tokio::time::timeout_at(end.into(), self.messages.recv()).await {
			self.keep(&message);
		}
	}

	/// Takes what was heard already.
	fn take_heard(&mut self) {
		while let Ok(message) = self.messages.try_recv() {
			self.keep(&message);
		}
	}
}

/// Kills the validator at random moments, each time after it has signed for two heights beyond all before.
async fn hunt(hunted: &Hunted, listener: &mut Listener) {
	let kills: u32 = std::env::var("PLEXUS_KILLS").map_or(50, |text| text.parse().unwrap());
	let mut seed: u64 =
		std::env::var("PLEXUS_SEED").map_or(u64::from(std::process::id()), |text| text.parse().unwrap());
	println!("PLEXUS_SEED={seed}");
	let key = id_of(hunted.seed);
	for kill in 1..=kills {
		// Of the others' heights, it signs for those that it takes part in.
		let known = listener.highest.values().copied().max().unwrap_or_default();
		let victim = hunted.start();
		listener.hears(&key, known + 2, &format!("kill {kill}")).await;
		// Into every phase of a block.
		seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
		listener.listens_until(Instant::now() + Duration::from_micros((seed >> 33) % 1_000_000)).await;
		drop(victim);
		listener.take_heard();
	}
	let record = &listener.record;
	let (steps, highest) = (record.steps_of(&key), listener.highest(&key));
	println!(
		"{kills} kills: {steps} steps signed by the killed key, {} by all, {} heard again, block {highest}",
		record.signed.len(),
		record.repeated
	);
	assert!(steps >= 2 * kills as usize, "only {steps} steps were heard");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; scripts/test-slow runs it"]
async fn no_kill_makes_a_validator_sign_two_things_for_one_step() {
	let hunted = Hunted::new("dev", "//Alice");
	let mut listener = Listener::start("dev", vec![hunted.address()]).await;
	hunt(&hunted, &mut listener).await;
	listener.task.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; scripts/test-slow runs it"]
async fn no_kill_of_one_of_four_makes_any_of_them_sign_two_things_for_one_step() {
	let (others, victim) = (&FOUR[..3], FOUR[3]);
	let (validators, addresses) = Validator::start_all(others).await;
	let mut hunted = Hunted::new("local", victim);
	hunted.peers.clone_from(&addresses);
	let peers = [addresses, vec![hunted.address()]].concat();
	let mut listener = Listener::start("local", peers).await;
	hunt(&hunted, &mut listener).await;
	for seed in others {
		assert!(listener.record.steps_of(&id_of(seed)) > 0, "nothing was heard of {seed}");
	}
	// What was decided is one chain.
	let common = validators.iter().map(|validator| validator.chain.tip().number).min().expect("three");
	for number in 1..=common {
		let hash = |validator: &Validator| validator.chain.database().hash(number).unwrap();
		let first = hash(&validators[0]);
		assert!(first.is_some() && validators.iter().all(|one| hash(one) == first), "block {number}");
	}
	listener.task.stop().await.unwrap();
	for validator in validators {
		validator.stop().await;
	}
}
