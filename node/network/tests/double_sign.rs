//! No key signs two things for one step: a validator that listens before it signs, a second one with the same key, one whose
//! log forgot what it signed, and one that is killed again and again while somebody keeps every message that it ever signed.
//!
//! `PLEXUS_KILLS` sets the number of kills, 50 by default; where in a block they fall is drawn from `PLEXUS_SEED`.

use arc_malachitebft_app_channel::app::engine::network::NetworkEvent;
use arc_malachitebft_app_channel::app::wal;
use ed25519_dalek::SigningKey;
use plexus_chain::Chain;
use plexus_chain_spec::ChainSpec;
use plexus_consensus::guard::{Known, Permit, StepKind};
use plexus_consensus::malachite::core::{NilOrVal, Round, SignedVote, VoteType};
use plexus_consensus::malachite::{EngineNetworkMsg, SignedConsensusMsg, Signer};
use plexus_consensus::signing::{proposal_preimage, verify, vote_preimage, ChainSigner};
use plexus_consensus::standing::StandIns;
use plexus_consensus::types::Vote;
use plexus_consensus::{
	certificate, AuthorityId, EngineConfig, EngineError, EngineHandle, GuardError, Height, Plexus,
	SigningGuard, StartError,
};
use plexus_execution::Executor;
use plexus_network::handle::{Network, NetworkTask};
use plexus_network::{Multiaddr, NetworkConfig};
use plexus_pool::{Pool, PoolLimits};
use plexus_storage::{Database, Genesis, Options};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use sp_core::{Pair, H256};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::mpsc;

/// Far above what a restart takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Messages that may wait for the watcher.
const HEARD_MAX: usize = 1_024;

const VICTIM_DIRECTORY: &str = "PLEXUS_TEST_GUARDED_VICTIM_DIRECTORY";
const VICTIM_PORT: &str = "PLEXUS_TEST_GUARDED_VICTIM_PORT";

fn key_of(seed: &str) -> SigningKey {
	SigningKey::from_bytes(&sp_core::ed25519::Pair::from_string(seed, None).unwrap().seed())
}

fn id_of(seed: &str) -> AuthorityId {
	AuthorityId(key_of(seed).verifying_key().to_bytes())
}

fn key() -> SigningKey {
	key_of("//Alice")
}

fn open(preset: &str, directory: &Path) -> Chain {
	let spec = ChainSpec::preset(preset).expect("a built-in preset");
	let genesis = Genesis { header: spec.header().unwrap(), storage: spec.genesis_storage().unwrap() };
	let database = Database::open(&directory.join("db"), Options::default(), genesis).unwrap();
	let executor = Executor::new(1_024);
	let pool = Pool::new(executor.clone(), PoolLimits::default(), database.tip());
	Chain::new(database, executor, pool)
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

	/// Starts one that was stopped. The log's lock is released by a thread that nobody can wait for.
	async fn restart_in(directory: &Arc<TempDir>, seed: &str) -> Self {
		let deadline = Instant::now() + PATIENCE;
		loop {
			match Self::start_in(directory.clone(), seed, 0, &[]).await {
				Err(StartError::Engine(cause)) if Instant::now() < deadline => {
					assert!(cause.contains("lock"), "{cause}");
					tokio::task::yield_now().await;
				}
				other => return other.unwrap_or_else(|error| panic!("{error}")),
			}
		}
	}

	async fn start_in(
		directory: Arc<TempDir>,
		seed: &str,
		heights: u32,
		peers: &[Multiaddr],
	) -> Result<Self, StartError> {
		let chain = open("local", directory.path());
		let identity = *blake3::hash(directory.path().as_os_str().as_encoded_bytes()).as_bytes();
		let mut config = NetworkConfig::new(chain.genesis_hash(), identity);
		config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()];
		config.reserved = peers.to_vec();
		let network = plexus_network::start(config).await.unwrap();
		let mut addresses = network.handle.watch_listen_addresses();
		let known = tokio::time::timeout(PATIENCE, addresses.wait_for(|known| !known.is_empty())).await;
		let address = known.expect("listening").unwrap()[0].clone();
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
		let mut tips = self.chain.subscribe();
		let reached = tokio::time::timeout(PATIENCE, tips.wait_for(|tip| tip.number >= number)).await;
		assert!(reached.is_ok_and(|tip| tip.is_ok()), "stuck at {}", self.chain.tip().number);
	}

	/// Whether a key's precommit is in the certificate of a block.
	fn is_signed_by(&self, number: u32, id: &AuthorityId) -> bool {
		let bytes = self.chain.database().certificate(number).unwrap().expect("stored with its block");
		certificate::decode(&bytes).unwrap().signatures.iter().any(|(signer, _)| signer == id)
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

	let deadline = Instant::now() + PATIENCE;
	let mut number = height;
	loop {
		validators[0].reaches(number).await;
		if validators[0].is_signed_by(number, &id) {
			break;
		}
		assert!(Instant::now() < deadline, "no signature up to block {number}");
		number += 1;
	}
	dave.stop().await;
	for validator in validators {
		validator.stop().await;
	}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_node_with_the_same_key_hears_the_first_and_never_signs() {
	let (validators, addresses) = Validator::start_all(&["//Alice", "//Bob", "//Charlie", "//Dave"]).await;
	validators[0].reaches(2).await;
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
#[ignore = "the process that `no_kill_makes_a_validator_sign_two_things_for_one_step` kills"]
async fn guarded_victim() {
	let directory =
		std::path::PathBuf::from(std::env::var_os(VICTIM_DIRECTORY).expect("run by the other test"));
	let port = std::env::var(VICTIM_PORT).expect("run by the other test");
	let chain = open("dev", &directory);
	let mut config = NetworkConfig::new(chain.genesis_hash(), [1; 32]);
	config.listen = vec![format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap()];
	let network = plexus_network::start(config).await.unwrap();
	let consensus = EngineConfig::new(directory.join("consensus"));
	let mut consensus =
		plexus_consensus::start_on_chain(consensus, chain, Some(key()), network.consensus_port)
			.await
			.unwrap();
	consensus.finished().await.unwrap();
}

/// What the network tells the watcher.
struct Heard(NetworkEvent<Plexus>);

impl From<NetworkEvent<Plexus>> for Heard {
	fn from(event: NetworkEvent<Plexus>) -> Self {
		Self(event)
	}
}

struct Watcher;

#[async_trait::async_trait]
impl Actor for Watcher {
	type Msg = Heard;
	type State = mpsc::Sender<SignedConsensusMsg<Plexus>>;
	type Arguments = Self::State;

	async fn pre_start(
		&self,
		_: ActorRef<Heard>,
		messages: Self::State,
	) -> Result<Self::State, ActorProcessingErr> {
		Ok(messages)
	}

	async fn handle(
		&self,
		_: ActorRef<Heard>,
		Heard(event): Heard,
		messages: &mut Self::State,
	) -> Result<(), ActorProcessingErr> {
		let message = match event {
			NetworkEvent::Vote(_, vote) => SignedConsensusMsg::Vote(vote),
			NetworkEvent::Proposal(_, proposal) => SignedConsensusMsg::Proposal(proposal),
			_ => return Ok(()),
		};
		Ok(messages.send(message).await?)
	}
}

/// A network without an engine, connected to one validator, and what it hears of it.
async fn listen(genesis: H256, address: Multiaddr) -> (Network, mpsc::Receiver<SignedConsensusMsg<Plexus>>) {
	let mut config = NetworkConfig::new(genesis, [2; 32]);
	config.reserved = vec![address];
	let network = plexus_network::start(config).await.unwrap();
	let (sender, messages) = mpsc::channel(HEARD_MAX);
	let (watcher, _) = Actor::spawn(None, Watcher, sender).await.unwrap();
	network.consensus_port.actor.cast(EngineNetworkMsg::Subscribe(Box::new(watcher))).unwrap();
	(network, messages)
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
	let guard = Arc::new(SigningGuard::open(&config.guard, &known, Permit::default()).unwrap());
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
	let genesis = ChainSpec::preset("local").unwrap().genesis_hash().unwrap();
	let directory = Arc::new(tempfile::tempdir().unwrap());
	let signed = crashed_after_signing(directory.path(), "//Dave", genesis).await;
	// Without the others the height stays undecided, and the engine derives a prevote for nil. From the second start on
	// its log says that another one was sent.
	for start in 1..=3 {
		let dave = Validator::restart_in(&directory, "//Dave").await;
		let (network, mut messages) = listen(genesis, dave.address.clone()).await;
		let heard = tokio::time::timeout(PATIENCE, async {
			loop {
				match messages.recv().await.expect("the watcher lives") {
					SignedConsensusMsg::Vote(vote) if vote.message.address == id_of("//Dave") => return vote,
					_ => {}
				}
			}
		});
		let heard = heard.await.unwrap_or_else(|_| panic!("start {start}: no vote"));
		assert_eq!((heard.message, heard.signature), (signed.message.clone(), signed.signature));
		network.task.stop().await.unwrap();
		dave.stop().await;
	}
}

/// Everything that the key signed, as far as it was heard.
#[derive(Default)]
struct Record {
	signed: BTreeMap<(u64, u32, StepKind), Vec<u8>>,
	repeated: usize,
}

impl Record {
	/// Keeps a message of the victim's and demands that it contradicts nothing; the height, if it was its own.
	fn keep(&mut self, genesis: &H256, message: &SignedConsensusMsg<Plexus>) -> Option<u64> {
		let (height, round, kind, bytes, signature) = match message {
			SignedConsensusMsg::Vote(vote) => {
				let kind = match vote.message.kind {
					VoteType::Prevote => StepKind::Prevote,
					VoteType::Precommit => StepKind::Precommit,
				};
				let bytes = vote_preimage(genesis, &vote.message);
				(vote.message.height.0, vote.message.round, kind, bytes, &vote.signature)
			}
			SignedConsensusMsg::Proposal(proposal) => {
				let bytes = proposal_preimage(genesis, &proposal.message);
				let height = proposal.message.height.0;
				(height, proposal.message.round, StepKind::Proposal, bytes, &proposal.signature)
			}
		};
		let me = id_of("//Alice");
		if !verify(&me, &bytes, signature) {
			return None;
		}
		let step = (height, round.as_u32().expect("the codec refuses votes without a round"), kind);
		if let Some(before) = self.signed.insert(step, bytes.clone()) {
			assert_eq!(before, bytes, "{step:?} was signed twice");
			self.repeated += 1;
		}
		Some(height)
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; scripts/test-slow runs it"]
async fn no_kill_makes_a_validator_sign_two_things_for_one_step() {
	let kills: u32 = std::env::var("PLEXUS_KILLS").map_or(50, |text| text.parse().unwrap());
	let mut seed: u64 =
		std::env::var("PLEXUS_SEED").map_or(u64::from(std::process::id()), |text| text.parse().unwrap());
	println!("PLEXUS_SEED={seed}");
	let directory = tempfile::tempdir().unwrap();
	let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();

	let genesis = ChainSpec::preset("dev").unwrap().genesis_hash().unwrap();
	let (network, mut messages) =
		listen(genesis, format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap()).await;
	let mut record = Record::default();
	let mut highest = 0;
	for kill in 1..=kills {
		let victim = Command::new(std::env::current_exe().unwrap())
			.args(["--exact", "guarded_victim", "--ignored", "--nocapture"])
			.env(VICTIM_DIRECTORY, directory.path())
			.env(VICTIM_PORT, port.to_string())
			.spawn()
			.unwrap();
		let victim = Victim(victim);
		// Until it signs for a height after all that were heard: then it is back, and decides.
		let before = highest;
		while highest < before + 2 {
			let heard = tokio::time::timeout(PATIENCE, messages.recv()).await;
			let message = heard.unwrap_or_else(|_| panic!("kill {kill}: nothing after block {highest}"));
			highest = highest.max(record.keep(&genesis, &message.expect("the watcher lives")).unwrap_or(0));
		}
		// Into every phase of a block.
		seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
		let end = Instant::now() + Duration::from_micros((seed >> 33) % 1_000_000);
		while let Ok(Some(message)) = tokio::time::timeout_at(end.into(), messages.recv()).await {
			highest = highest.max(record.keep(&genesis, &message).unwrap_or(0));
		}
		drop(victim);
		while let Ok(message) = messages.try_recv() {
			highest = highest.max(record.keep(&genesis, &message).unwrap_or(0));
		}
	}
	println!("{} steps signed, {} heard again, block {highest}", record.signed.len(), record.repeated);
	assert!(record.signed.len() >= 2 * kills as usize, "only {} steps were heard", record.signed.len());
	network.task.stop().await.unwrap();
}
