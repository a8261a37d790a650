//! Starts Malachite around the application, carries messages between them, and notices when it dies.
//!
//! # Must not
//! Decide anything: it waits, forwards and times.
//!
//! # Invariants
//! - One task owns the application. Its calls block, hence each runs on a blocking thread while the task waits. Blocks for
//!   peers are read beside it; see [`crate::serving`].
//! - When the engine or the application fails, [`EngineHandle::finished`] says so and the process must exit non-zero:
//!   Malachite's own answer to a failed write-ahead log is to hang, with its channel to us closed.
//! - Stopping lets a call that is under way, such as a commit, finish.

use crate::actors::{self, Engine, Outside, Settings};
use crate::app::{App, AppError, ConsensusStatus, Effect};
use crate::certificate;
use crate::chain_ledger::ChainLedger;
use crate::guard::{
	sync_directory, GuardError, GuardPlace, Known, Permit, SigningGuard, Step, StepKind, HEIGHTS_ADVISED,
};
use crate::ledger::{Clock, Ledger, LedgerError, LedgerTip, SystemClock};
use crate::malachite::config::{ConsensusConfig, ValuePayload, ValueSyncConfig};
use crate::malachite::core::Round;
use crate::malachite::{AppMsg, ConsensusContext, EngineEvent, NetworkMsg, NetworkRef, PeerId};
use crate::parking::MESSAGES_PER_HEIGHT_MAX;
use crate::progress::Progress;
use crate::serving::Server;
use crate::signing::{ChainSigner, ChainVerifier, SigningKey, WatchingVerifier};
use crate::silence::{self, Around, Silence, Told};
use crate::standing::LogCodec;
use crate::types::{AuthorityId, Height, Plexus};
use futures::future::BoxFuture;
use plexus_chain::Chain;
use plexus_primitives::equivocation::Equivocation;
use ractor::SpawnErr;
use sp_core::H256;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::TryRecvError};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};
use tracing::{error, info, warn};

/// Blocks asked for in one request: with bodies of the greatest length the answer is cut to what fits.
const SYNC_BATCH: usize = 5;

/// How long the engine's actors may take to stop before they are left behind.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// How often a node that listens looks whether it has listened for long enough.
const SILENCE_CHECKED: Duration = Duration::from_millis(250);

/// How long who has listened on the genesis lets others end their silence, too: a first proposal would be lost on them, and
/// with it some seconds.
const OTHERS_LISTEN: Duration = Duration::from_secs(1);

/// Bytes of the write-ahead log's header: version (4), height (8, big-endian), durable before the height's first signature.
/// A shorter file is the torn beginning of one and holds no vote.
const WAL_HEADER_BYTES: usize = 12;

/// Certificates read at the start in search of the latest precommit of our own: a validator that signs is in most of them.
const CERTIFICATES_SEARCHED: u32 = 64;

/// What the engine needs to know.
#[derive(Clone, Debug)]
pub struct EngineConfig {
	/// Name in the engine's metrics.
	pub name: String,
	/// The write-ahead log; its directory is made if missing.
	pub wal: PathBuf,
	/// Proofs that validators signed twice, until the chain has judged them; see [`crate::evidence`].
	pub evidence: PathBuf,
	/// The guard against signing twice, and its counterpart beside the validator's key; see [`crate::guard`].
	pub guard: GuardPlace,
	/// New blocks to hear before signing: `--doppelganger-heights`; if 0, none unless the guard is made anew.
	pub doppelganger_heights: u32,
	/// Sign from this height on although the guard objects or is made anew: `--unsafe-sign-from`.
	pub unsafe_sign_from: Option<u64>,
	/// How long to wait for a quorum of peers before the first height. A single validator never waits.
	pub wait_for_peers: Duration,
	/// How often peers are told how far we are.
	pub status_interval: Duration,
	/// How far the clock is to be wrong, in milliseconds: for tests, 0 otherwise.
	pub clock_offset_ms: i64,
}

impl EngineConfig {
	/// Files under `directory`, and the usual times: three seconds for peers, as much as a wasted first round costs;
	/// status every two seconds, so that who falls behind notices within a few blocks.
	pub fn new(directory: PathBuf) -> Self {
		Self {
			name: "plexus".into(),
			wal: directory.join("consensus.wal"),
			evidence: directory.join("evidence"),
			guard: GuardPlace { directory: directory.clone(), counterpart: directory },
			doppelganger_heights: 0,
			unsafe_sign_from: None,
			wait_for_peers: Duration::from_secs(3),
			status_interval: Duration::from_secs(2),
			clock_offset_ms: 0,
		}
	}
}

/// The network as the engine sees it; `plexus-network` makes one.
pub struct NetworkPort {
	/// The actor that speaks the engine's network messages.
	pub actor: NetworkRef<Plexus>,
	/// Parts to publish.
	pub parts: mpsc::Sender<NetworkMsg<Plexus>>,
	/// Number of peers that listen to consensus.
	pub peers: watch::Receiver<usize>,
	/// Where to tell which peers sent blocks that do not verify.
	pub liars: mpsc::Sender<PeerId>,
	/// Where the network sees how far consensus is.
	pub progress: Progress,
}

/// Why consensus did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
	/// Signing might contradict earlier votes.
	#[error(transparent)]
	Guard(#[from] GuardError),
	/// The chain's tip cannot be read.
	#[error(transparent)]
	App(#[from] AppError),
	/// The log's directory cannot be made or written.
	#[error("{path}: {cause}. Check that the disk has space and the directory is writable")]
	Io {
		/// The file or directory.
		path: PathBuf,
		/// The system's answer.
		cause: std::io::Error,
	},
	/// Malachite does not start; mostly because another process holds its log.
	#[error("the consensus engine does not start: {0}. Is another node running on the same directory?")]
	Engine(String),
}

/// Why consensus ended.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
	/// The application failed.
	#[error(transparent)]
	App(#[from] AppError),
	/// A call to the chain panicked.
	#[error("consensus panicked: {0}")]
	Panicked(String),
	/// The key must not sign on.
	#[error(transparent)]
	Guard(#[from] Arc<GuardError>),
	/// After following in silence, the validator's engine does not start.
	#[error(transparent)]
	Start(#[from] StartError),
	/// The engine derives something else than its log says, or cannot read it.
	#[error(
		"{0}: the write-ahead log does not lead to what this key signed; start with --doppelganger-heights \
		 {HEIGHTS_ADVISED}: the node follows, and signs again after that many new blocks; if no block is decided without this \
		 key, move the log away and do what the next start says"
	)]
	Replay(String),
	/// The engine stopped, or closed its channel because its log failed.
	#[error("the consensus engine stopped; its last messages in the log say why")]
	Stopped,
}

/// Running consensus.
pub struct EngineHandle {
	status: watch::Receiver<ConsensusStatus>,
	stop: watch::Sender<bool>,
	task: JoinHandle<Result<(), EngineError>>,
	silent: bool,
}

impl EngineHandle {
	/// Where consensus stands, as it changes.
	pub fn status(&self) -> watch::Receiver<ConsensusStatus> {
		self.status.clone()
	}

	/// Whether the node follows at first, and signs only later.
	pub fn starts_silent(&self) -> bool {
		self.silent
	}

	/// Waits until consensus ends; cancel-safe.
	///
	/// # Errors
	/// [`EngineError`] unless it was asked to stop; the process must then exit with an error.
	pub async fn finished(&mut self) -> Result<(), EngineError> {
		match (&mut self.task).await {
			Ok(result) => result,
			Err(error) => Err(EngineError::Panicked(error.to_string())),
		}
	}

	/// Asks consensus to stop and waits until what is under way is on disk.
	///
	/// # Errors
	/// [`EngineError`] if it had failed meanwhile.
	pub async fn stop(mut self) -> Result<(), EngineError> {
		self.stop.send_replace(true);
		self.finished().await
	}
}

/// The engine's settings.
fn settings(config: &EngineConfig) -> Settings {
	Settings {
		name: config.name.clone(),
		consensus: ConsensusConfig {
			value_payload: ValuePayload::ProposalAndParts,
			queue_per_height_capacity: MESSAGES_PER_HEIGHT_MAX,
			..Default::default()
		},
		sync: ValueSyncConfig {
			status_update_interval: config.status_interval,
			batch_size: SYNC_BATCH,
			..Default::default()
		},
	}
}

/// [`start`] on this node's chain and the system's clock. Boxed, so that the engine is compiled once, in this crate: the
/// body of an `async fn` is compiled again in each crate that awaits it, with all that is generic below.
///
/// # Errors
/// See [`StartError`].
pub fn start_on_chain(
	config: EngineConfig,
	chain: Chain,
	key: Option<SigningKey>,
	network: NetworkPort,
) -> BoxFuture<'static, Result<EngineHandle, StartError>> {
	let ledger = ChainLedger::new(chain, config.evidence.clone());
	let clock = SystemClock { offset_ms: config.clock_offset_ms };
	Box::pin(start(config, ledger, clock, key, network))
}

/// Starts consensus after the ledger's tip. With a key the node votes and proposes whenever it is a validator; without
/// one it follows.
///
/// # Errors
/// See [`StartError`].
pub async fn start<L: Ledger + Clone, C: Clock>(
	config: EngineConfig,
	ledger: L,
	clock: C,
	key: Option<SigningKey>,
	network: NetworkPort,
) -> Result<EngineHandle, StartError> {
	let tip = ledger.tip().map_err(AppError::from)?;
	let now_ms = clock.now_ms();
	prepare_directories(&config)?;
	let guarded = key.map(|key| Guarded::open(&config, key, &ledger, &tip)).transpose()?;
	let silence = guarded
		.as_ref()
		.and_then(|guarded| Silence::wanted(&guarded.guard, config.doppelganger_heights, &tip, now_ms));
	let signs = guarded.as_ref().filter(|_| silence.is_none());
	let server = Server::new(ledger.clone());
	let app = App::new(ledger, clock, signs.map(|guarded| guarded.key.clone()))?;
	let outside = Outside { network: network.actor, liars: network.liars };
	let (first, told) = match silence {
		None => (outside.clone(), None),
		Some(_) => {
			let failed = |error: SpawnErr| StartError::Engine(error.to_string());
			let network = silence::relay(outside.network.clone()).await.map_err(failed)?;
			let told = Told::listen(&outside.network).await.map_err(failed)?;
			(Outside { network, ..outside.clone() }, Some(told))
		}
	};
	let engine = launch(&config, app.genesis(), &first, guarded.as_ref(), silence.is_none()).await?;

	let (status, status_receiver) = watch::channel(app.status());
	let (stop, stop_receiver) = watch::channel(false);
	let driver = Driver {
		app: Some(app),
		server,
		guard: guarded.as_ref().map(|guarded| guarded.guard.clone()),
		silence,
		told,
		started: Instant::now(),
		parts: network.parts,
		peers: network.peers,
		progress: network.progress,
		wait_for_peers: config.wait_for_peers,
		status,
	};
	let silent = driver.silence.is_some();
	let consensus = Consensus { config, guarded, outside, driver };
	let task = tokio::spawn(consensus.run(engine, stop_receiver));
	Ok(EngineHandle { status: status_receiver, stop, task, silent })
}

/// A validator's key and what watches over it.
struct Guarded {
	key: SigningKey,
	me: AuthorityId,
	guard: Arc<SigningGuard>,
}

impl Guarded {
	fn open<L: Ledger>(
		config: &EngineConfig,
		key: SigningKey,
		ledger: &L,
		tip: &LedgerTip,
	) -> Result<Self, StartError> {
		let me = AuthorityId(key.verifying_key().to_bytes());
		let validators = ledger.validators().map_err(AppError::from)?;
		let others: u64 = validators.as_slice().iter().filter(|v| v.id != me).map(|v| v.power).sum();
		let known = Known {
			genesis: ledger.genesis_hash(),
			validator: me,
			tip: tip.number,
			log_height: log_height(&config.wal),
			own_precommit: own_precommit(ledger, tip.number, &me).map_err(AppError::from)?,
			alone: !certificate::is_quorum(others, validators.total_power()),
		};
		let permit = Permit { listen: config.doppelganger_heights > 0, sign_from: config.unsafe_sign_from };
		let guard = SigningGuard::open(&config.guard, &known, permit)?;
		Ok(Self { key, me, guard: Arc::new(guard) })
	}
}

/// The height whose votes the log holds, from its header.
fn log_height(wal: &Path) -> Option<u64> {
	let mut header = [0; WAL_HEADER_BYTES];
	std::fs::File::open(wal).ok()?.read_exact(&mut header).ok()?;
	header.last_chunk().map(|height| u64::from_be_bytes(*height))
}

/// The latest precommit of a key in the certificates that the database ends with.
fn own_precommit<L: Ledger>(ledger: &L, tip: u32, me: &AuthorityId) -> Result<Option<Step>, LedgerError> {
	let oldest = ledger.oldest_block().max(tip.saturating_sub(CERTIFICATES_SEARCHED - 1)).max(1);
	for number in (oldest..=tip).rev() {
		let Some((_, bytes)) = ledger.decided(number)? else { break };
		let Ok(found) = certificate::decode(&bytes) else { continue };
		if found.signatures.iter().any(|(id, _)| id == me) {
			return Ok(Some(Step { height: found.height, round: found.round, kind: StepKind::Precommit }));
		}
	}
	Ok(None)
}

/// Starts Malachite: as a validator's engine with the validator's log, or as one that follows, with a log of its own.
async fn launch(
	config: &EngineConfig,
	genesis: H256,
	outside: &Outside,
	guarded: Option<&Guarded>,
	signs: bool,
) -> Result<Engine, StartError> {
	let log = LogCodec::default();
	let key = match guarded {
		None => ConsensusContext::new_full_node(AuthorityId::NOBODY, Box::new(ChainVerifier { genesis })),
		Some(Guarded { key, me, guard }) => {
			let verifier = Box::new(WatchingVerifier::new(genesis, *me, guard.clone()));
			match signs {
				false => ConsensusContext::new_full_node(AuthorityId::NOBODY, verifier),
				true => {
					let signer = ChainSigner::new(key.clone(), genesis, guard.clone(), log.stand_ins.clone());
					ConsensusContext::new_validator(*me, verifier, Box::new(signer))
				}
			}
		}
	};
	let wal = match guarded.is_some() && !signs {
		true => config.wal.with_extension("following.wal"),
		false => config.wal.clone(),
	};
	remove_torn_log(&wal)?;
	let engine =
		actors::start(&settings(config), outside, (&wal, log), key).await.map_err(StartError::Engine)?;
	// The guard relies on the log's existence once it names a height.
	sync_directory(&wal).map_err(|cause| StartError::Io { path: wal, cause })?;
	Ok(engine)
}

fn prepare_directories(config: &EngineConfig) -> Result<(), StartError> {
	let [wal, evidence] = [&config.wal, &config.evidence].map(|path| path.parent().unwrap_or(Path::new(".")));
	for path in [wal, evidence, &config.guard.directory, &config.guard.counterpart] {
		std::fs::create_dir_all(path).map_err(|cause| StartError::Io { path: path.to_path_buf(), cause })?;
	}
	Ok(())
}

/// A crash while the log was created leaves less than its header, which Malachite refuses to open.
fn remove_torn_log(wal: &Path) -> Result<(), StartError> {
	match std::fs::metadata(wal) {
		Ok(file) if file.len() < WAL_HEADER_BYTES as u64 => {
			std::fs::remove_file(wal).map_err(|cause| StartError::Io { path: wal.to_path_buf(), cause })
		}
		Ok(_) | Err(_) => Ok(()),
	}
}

/// All that consensus is, over the engines that follow one another.
struct Consensus<L: Ledger, C: Clock> {
	config: EngineConfig,
	guarded: Option<Guarded>,
	outside: Outside,
	driver: Driver<L, C>,
}

impl<L: Ledger + Clone, C: Clock> Consensus<L, C> {
	/// Runs the engine to its end; one that followed in silence is succeeded by one that signs.
	async fn run(mut self, engine: Engine, mut stop: watch::Receiver<bool>) -> Result<(), EngineError> {
		let mut ended = run(&mut self.driver, engine, &mut stop).await;
		if let Ok(End::MaySign) = ended {
			ended = match self.succeed(&mut stop).await {
				Ok(engine) => run(&mut self.driver, engine, &mut stop).await,
				Err(error) => Err(error),
			};
		}
		if let Some(guard) = &self.driver.guard {
			guard.close();
		}
		if let Err(error) = &ended {
			error!(%error, "consensus failed");
		}
		info!("consensus stopped");
		ended.map(|_| ())
	}

	/// From silence to signing.
	async fn succeed(&mut self, stop: &mut watch::Receiver<bool>) -> Result<Engine, EngineError> {
		let (Some(guarded), Some(app)) = (&self.guarded, self.driver.app.as_mut()) else {
			return Err(EngineError::Stopped);
		};
		let next = u64::from(app.tip().number) + 1;
		guarded.guard.resume(next).map_err(Arc::new)?;
		info!(height = next, "silence is over; this node signs from here on");
		app.adopt(guarded.key.clone())?;
		if !app.is_validator() {
			warn!("this node's validator key is not in the validator set: it follows, and does not vote");
		}
		let genesis = app.genesis();
		let engine = launch(&self.config, genesis, &self.outside, Some(guarded), true).await?;
		if next == 1 {
			// The engine keeps what it hears until its first height begins.
			tokio::select! {
				_ = stop.wait_for(|stop| *stop) => {}
				() = tokio::time::sleep(OTHERS_LISTEN) => {}
			}
		}
		Ok(engine)
	}
}

/// Why an engine was stopped.
enum End {
	/// We were asked to stop.
	Asked,
	/// Silence is over.
	MaySign,
}

async fn run<L: Ledger + Clone, C: Clock>(
	driver: &mut Driver<L, C>,
	mut engine: Engine,
	stop: &mut watch::Receiver<bool>,
) -> Result<End, EngineError> {
	let mut engine_ended = false;
	// Read at the end only: its last words.
	let mut events = engine.events.subscribe();
	let mut alarm = driver.guard.as_ref().map(|guard| guard.alarm());
	let mut checks = tokio::time::interval(SILENCE_CHECKED);
	checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
	let result = loop {
		let message = tokio::select! {
			biased;
			// A dropped handle stops consensus, too.
			_ = stop.wait_for(|stop| *stop) => break Ok(End::Asked),
			error = alarmed(&mut alarm) => break Err(EngineError::Guard(error)),
			_ = &mut engine.ended => {
				engine_ended = true;
				break Err(EngineError::Stopped);
			},
			// While nothing is decided the engine may say nothing.
			_ = checks.tick(), if driver.silence.is_some() => match driver.may_sign() {
				true => break Ok(End::MaySign),
				false => continue,
			},
			message = engine.messages.recv() => message,
		};
		let Some(message) = message else { break Err(EngineError::Stopped) };
		if let Err(error) = driver.handle(message, stop).await {
			break Err(error);
		}
		if driver.may_sign() {
			break Ok(End::MaySign);
		}
	};
	engine.stop().await;
	if !engine_ended && tokio::time::timeout(STOP_TIMEOUT, engine.ended).await.is_err() {
		warn!("the consensus engine did not stop in time");
	}
	match result {
		Err(EngineError::Stopped) => Err(why_stopped(&mut events)),
		result => result,
	}
}

/// What the engine said last of its log, if it said anything.
fn why_stopped(events: &mut broadcast::Receiver<EngineEvent<Plexus>>) -> EngineError {
	loop {
		match events.try_recv() {
			Ok(EngineEvent::WalReplayError(error)) => return EngineError::Replay(error.to_string()),
			Ok(EngineEvent::WalCorrupted(error)) => return EngineError::Replay(error.to_string()),
			Ok(_) | Err(TryRecvError::Lagged(_)) => {}
			Err(TryRecvError::Empty | TryRecvError::Closed) => return EngineError::Stopped,
		}
	}
}

/// Waits until the guard raises the alarm; for ever without a guard.
async fn alarmed(alarm: &mut Option<watch::Receiver<Option<Arc<GuardError>>>>) -> Arc<GuardError> {
	if let Some(alarm) = alarm {
		if let Ok(raised) = alarm.wait_for(Option::is_some).await {
			if let Some(error) = raised.as_ref() {
				return error.clone();
			}
		}
	}
	std::future::pending().await
}

/// Owns the application between calls.
struct Driver<L: Ledger, C: Clock> {
	app: Option<App<L, C>>,
	server: Server<L>,
	guard: Option<Arc<SigningGuard>>,
	silence: Option<Silence>,
	/// What peers tell while the node is silent.
	told: Option<Told>,
	started: Instant,
	parts: mpsc::Sender<NetworkMsg<Plexus>>,
	peers: watch::Receiver<usize>,
	progress: Progress,
	wait_for_peers: Duration,
	status: watch::Sender<ConsensusStatus>,
}

impl<L: Ledger + Clone, C: Clock> Driver<L, C> {
	/// Runs one call of the application on a blocking thread.
	async fn call<T: Send + 'static>(
		&mut self,
		call: impl FnOnce(&mut App<L, C>) -> T + Send + 'static,
	) -> Result<T, EngineError> {
		let mut app = self.app.take().ok_or(EngineError::Stopped)?;
		let done = tokio::task::spawn_blocking(move || {
			let result = call(&mut app);
			(app, result)
		});
		let (app, result) = done.await.map_err(|error| EngineError::Panicked(error.to_string()))?;
		// Before the engine is answered: with the answer it tells the network the validators of this height.
		self.progress.enter(app.status().height);
		self.app = Some(app);
		Ok(result)
	}

	/// Whether the node followed in silence and need not any longer; said once.
	fn may_sign(&mut self) -> bool {
		let (Some(silence), Some(app)) = (&mut self.silence, &self.app) else { return false };
		// Only between heights: what the engine tells at the end of one is not to be missed.
		let around = Around {
			elapsed: self.started.elapsed(),
			peers: *self.peers.borrow(),
			told: self.told.as_ref().map_or(0, Told::highest),
		};
		let heard = silence.is_over(app.tip()) || silence.is_stalled(app.tip(), around);
		let over = heard && app.status().height > u64::from(app.tip().number);
		if over {
			self.silence = None;
			self.told = None;
		}
		over
	}

	/// Whether the guard will refuse a proposal, because later steps were signed before a crash.
	fn is_proposal_past(&self, height: Height, round: Round) -> bool {
		let (Some(guard), Some(round)) = (&self.guard, round.as_u32()) else { return false };
		guard.is_past(Step { height: height.0, round, kind: StepKind::Proposal })
	}

	/// Answers one message. An answer nobody waits for any more is dropped.
	async fn handle(
		&mut self,
		message: AppMsg<Plexus>,
		stop: &mut watch::Receiver<bool>,
	) -> Result<(), EngineError> {
		match message {
			AppMsg::ConsensusReady { reply } => {
				self.await_peers(stop).await?;
				let _ = reply.send(self.call(App::start).await??);
			}
			AppMsg::StartedRound { height, round, reply_value, .. } => {
				let _ = reply_value.send(self.call(move |app| app.started_round(height, round)).await??);
			}
			AppMsg::GetValue { height, round, reply, .. } => {
				// Without a value the reply is dropped, and the round passes without a proposal.
				if self.is_proposal_past(height, round) {
					warn!(
						height = height.0,
						?round,
						"not proposing: a later step of this round is signed already"
					);
					return self.after_call().await;
				}
				if let Some(value) = self.call(move |app| app.get_value(height, round)).await?? {
					let _ = reply.send(value);
				}
			}
			AppMsg::ReceivedProposalPart { from, published_by, part, reply } => {
				let publisher = published_by.unwrap_or(from);
				let verdict = self.call(move |app| app.received_part(publisher, part)).await?;
				self.progress.take_part();
				let _ = reply.send(verdict?);
			}
			AppMsg::RestreamProposal { height, round, valid_round, address, value_id } => {
				self.call(move |app| app.restream(height, round, valid_round, address, value_id)).await??;
			}
			AppMsg::Decided { certificate, reply, .. } => {
				self.call(move |app| app.decided(&certificate)).await??;
				let _ = reply.send(());
			}
			AppMsg::Finalized { certificate, evidence, reply, .. } => {
				let _ = reply.send(self.call(move |app| app.finalized(&certificate, &evidence)).await??);
			}
			AppMsg::ProcessSyncedValue { height, round, proposer, value_bytes, reply } => {
				let outcome =
					self.call(move |app| app.synced_value(height, round, proposer, &value_bytes)).await?;
				let _ = reply.send(outcome);
			}
			AppMsg::GetDecidedValues { range, reply } => {
				self.server.answer(range, reply);
				return Ok(());
			}
			AppMsg::GetHistoryMinHeight { reply } => {
				let _ = reply.send(self.call(|app| app.oldest_height()).await?);
			}
			// Vote extensions are not used.
			AppMsg::ExtendVote { reply, .. } => {
				let _ = reply.send(None);
			}
			AppMsg::VerifyVoteExtensions { extensions, reply, .. } => {
				let _ = reply.send(extensions.into_iter().map(|(address, ())| (address, Ok(()))).collect());
			}
		}
		self.after_call().await
	}

	/// Carries out what the application wants done outside, and tells where it stands.
	async fn after_call(&mut self) -> Result<(), EngineError> {
		let Some(app) = &mut self.app else { return Err(EngineError::Stopped) };
		let (own, effects) = (app.me(), app.take_effects());
		let status = app.status();
		self.progress.enter(status.height);
		self.status.send_if_modified(|old| std::mem::replace(old, status) != status);
		for effect in effects {
			match effect {
				Effect::Publish(part) => {
					let sent = self.parts.send(NetworkMsg::PublishProposalPart(part)).await;
					sent.map_err(|_| EngineError::Stopped)?;
				}
				Effect::Equivocated(proof) => {
					let what = match &proof {
						Equivocation::Votes { .. } => "votes",
						Equivocation::Proposals { .. } => "proposals",
					};
					let (offender, height) = (AuthorityId(proof.key().0), proof.height());
					match offender == own {
						true => error!(
							height,
							what,
							"this node's own key signed twice: stop it, and find out who else has the key"
						),
						false => warn!(%offender, height, what, "a validator signed twice"),
					}
				}
			}
		}
		Ok(())
	}

	/// Without peers the first height wastes a round. Waits for as many peers as a quorum takes at least, bounded. Which of
	/// them are validators is not known.
	async fn await_peers(&mut self, stop: &mut watch::Receiver<bool>) -> Result<(), EngineError> {
		let Some(app) = &self.app else { return Err(EngineError::Stopped) };
		// Who signs nothing wastes no round.
		if self.silence.is_some() {
			return Ok(());
		}
		let validators = app.validators().as_slice().len();
		let quorum = app.validators().others_needed(&app.me());
		if quorum == 0 {
			return Ok(());
		}
		info!(validators, quorum, "waiting for peers");
		let heard = tokio::select! {
			_ = stop.wait_for(|stop| *stop) => true,
			_ = self.peers.wait_for(|peers| *peers >= quorum) => true,
			() = tokio::time::sleep(self.wait_for_peers) => false,
		};
		if !heard {
			info!(peers = *self.peers.borrow(), "starting without a quorum of peers");
		}
		Ok(())
	}
}
