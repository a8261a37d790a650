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

mod driver;
mod launch;

use crate::actors::{Engine, Outside, Settings};
use crate::app::{App, AppError, ConsensusStatus};
use crate::chain_ledger::ChainLedger;
use crate::guard::{GuardError, GuardPlace, HEIGHTS_ADVISED};
use crate::ledger::{Clock, Ledger, SystemClock};
use crate::malachite::config::{ConsensusConfig, ValuePayload, ValueSyncConfig};
use crate::malachite::{EngineEvent, NetworkMsg, NetworkRef, PeerId};
use crate::parking::MESSAGES_PER_HEIGHT_MAX;
use crate::progress::Progress;
use crate::serving::Server;
use crate::signing::SigningKey;
use crate::silence::{self, Silence, Told};
use crate::types::Plexus;
use driver::Driver;
use futures::future::BoxFuture;
use launch::{launch, prepare_directories, Guarded};
use plexus_chain::Chain;
use ractor::SpawnErr;
use std::path::PathBuf;
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
	let engine = launch(&config, app.verifier(), &first, guarded.as_ref(), silence.is_none()).await?;

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
		let verifier = app.verifier();
		let engine = launch(&self.config, verifier, &self.outside, Some(guarded), true).await?;
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
