//! Starts Malachite around the application, carries messages between them, and notices when it dies.
//!
//! # Must not
//! Decide anything: it waits, forwards and times.
//!
//! # Invariants
//! - One task owns the application. Its calls block, hence each runs on a blocking thread while the task waits.
//! - When the engine or the application fails, [`EngineHandle::finished`] says so and the process must exit non-zero:
//!   Malachite's own answer to a failed write-ahead log is to hang, with its channel to us closed.
//! - Stopping lets a call that is under way, such as a commit, finish.

use crate::app::{App, AppError, ConsensusStatus, Effect};
use crate::chain_ledger::ChainLedger;
use crate::codec::ScaleCodec;
use crate::ledger::{Clock, Ledger, SystemClock};
use crate::malachite::config::{ConsensusConfig, NodeConfig, ValuePayload, ValueSyncConfig};
use crate::malachite::{
	self, AppMsg, Channels, ConsensusContext, EngineBuilder, NetworkMsg, NetworkRef, RequestContext,
	SyncContext, WalContext,
};
use crate::signing::{ChainSigner, ChainVerifier, SigningKey};
use crate::signing_state::{sync_directory, SigningState, SigningStateError};
use crate::types::{AuthorityId, Plexus};
use futures::future::BoxFuture;
use plexus_chain::Chain;
use plexus_primitives::equivocation::Equivocation;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

/// Blocks asked for in one request: with bodies of the greatest length the answer is cut to what fits.
const SYNC_BATCH: usize = 5;

/// Requests to the engine that may wait; only state dumps use them.
const REQUESTS_MAX: usize = 16;

/// How long the engine's actors may take to stop before they are left behind.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of the write-ahead log's header; a shorter file is the torn beginning of one and holds no vote.
const WAL_HEADER_BYTES: u64 = 12;

/// What the engine needs to know.
#[derive(Clone, Debug)]
pub struct EngineConfig {
	/// Name in the engine's metrics.
	pub name: String,
	/// The write-ahead log; its directory is made if missing.
	pub wal: PathBuf,
	/// The guard beside the validator's key; see [`crate::signing_state`].
	pub signing_state: PathBuf,
	/// Proofs that validators signed twice, until the chain has judged them; see [`crate::evidence`].
	pub evidence: PathBuf,
	/// Forget the guard: `--unsafe-reset-signing-state`.
	pub allow_signing_reset: bool,
	/// How long to wait for a quorum of peers before the first height. A single validator never waits.
	pub wait_for_peers: Duration,
	/// How often peers are told how far we are.
	pub status_interval: Duration,
}

impl EngineConfig {
	/// Files under `directory`, and the usual times: three seconds for peers, as much as a wasted first round costs;
	/// status every two seconds, so that who falls behind notices within a few blocks.
	pub fn new(directory: PathBuf) -> Self {
		Self {
			name: "plexus".into(),
			wal: directory.join("consensus.wal"),
			signing_state: directory.join("signing-state"),
			evidence: directory.join("evidence"),
			allow_signing_reset: false,
			wait_for_peers: Duration::from_secs(3),
			status_interval: Duration::from_secs(2),
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
}

/// Why consensus did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
	/// Signing might contradict earlier votes.
	#[error(transparent)]
	SigningState(#[from] SigningStateError),
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
	/// The engine stopped, or closed its channel because its log failed.
	#[error("the consensus engine stopped; its last messages in the log say why")]
	Stopped,
}

/// Running consensus.
pub struct EngineHandle {
	status: watch::Receiver<ConsensusStatus>,
	stop: watch::Sender<bool>,
	task: JoinHandle<Result<(), EngineError>>,
}

impl EngineHandle {
	/// Where consensus stands, as it changes.
	pub fn status(&self) -> watch::Receiver<ConsensusStatus> {
		self.status.clone()
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

#[derive(Clone)]
struct Configuration {
	name: String,
	consensus: ConsensusConfig,
	sync: ValueSyncConfig,
}

impl Configuration {
	fn new(config: &EngineConfig) -> Self {
		Self {
			name: config.name.clone(),
			consensus: ConsensusConfig {
				value_payload: ValuePayload::ProposalAndParts,
				..Default::default()
			},
			sync: ValueSyncConfig {
				status_update_interval: config.status_interval,
				batch_size: SYNC_BATCH,
				..Default::default()
			},
		}
	}
}

impl NodeConfig for Configuration {
	fn moniker(&self) -> &str {
		&self.name
	}

	fn consensus(&self) -> &ConsensusConfig {
		&self.consensus
	}

	fn consensus_mut(&mut self) -> &mut ConsensusConfig {
		&mut self.consensus
	}

	fn value_sync(&self) -> &ValueSyncConfig {
		&self.sync
	}

	fn value_sync_mut(&mut self) -> &mut ValueSyncConfig {
		&mut self.sync
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
	Box::pin(start(config, ledger, SystemClock, key, network))
}

/// Starts consensus after the ledger's tip. With a key the node votes and proposes whenever it is a validator; without
/// one it follows.
///
/// # Errors
/// See [`StartError`].
pub async fn start<L: Ledger, C: Clock>(
	config: EngineConfig,
	ledger: L,
	clock: C,
	key: Option<SigningKey>,
	network: NetworkPort,
) -> Result<EngineHandle, StartError> {
	let genesis = ledger.genesis_hash();
	let tip = ledger.tip().map_err(AppError::from)?.number;
	let app = App::new(ledger, clock, key.clone())?;
	prepare_directories(&config)?;
	let verifier = Box::new(ChainVerifier { genesis });
	let consensus = match key {
		Some(key) => {
			let path = config.signing_state.clone();
			let state =
				SigningState::open(path, genesis, app.me(), tip, &config.wal, config.allow_signing_reset)?;
			let signer = ChainSigner::new(key, genesis, Arc::new(state));
			ConsensusContext::new_validator(app.me(), verifier, Box::new(signer))
		}
		None => ConsensusContext::new_full_node(app.me(), verifier),
	};
	remove_torn_log(&config)?;
	let (channels, engine) = EngineBuilder::new(Plexus, Configuration::new(&config))
		.with_default_wal(WalContext::new(config.wal.clone(), ScaleCodec))
		.with_custom_network(network.actor, network.parts)
		.with_default_sync(SyncContext::new(ScaleCodec))
		.with_default_consensus(consensus)
		.with_default_request(RequestContext::new(REQUESTS_MAX))
		.build()
		.await
		.map_err(|error| StartError::Engine(format!("{error:#}")))?;
	// The guard relies on the log's existence once it names a height.
	sync_directory(&config.wal).map_err(|cause| StartError::Io { path: config.wal.clone(), cause })?;

	let (status, status_receiver) = watch::channel(app.status());
	let (stop, stop_receiver) = watch::channel(false);
	let driver = Driver {
		app: Some(app),
		network: channels.network.clone(),
		peers: network.peers,
		wait_for_peers: config.wait_for_peers,
		status,
	};
	let task = tokio::spawn(run(driver, channels, engine, stop_receiver));
	Ok(EngineHandle { status: status_receiver, stop, task })
}

fn prepare_directories(config: &EngineConfig) -> Result<(), StartError> {
	for path in [&config.wal, &config.signing_state, &config.evidence] {
		if let Some(parent) = path.parent() {
			std::fs::create_dir_all(parent)
				.map_err(|cause| StartError::Io { path: parent.to_path_buf(), cause })?;
		}
	}
	Ok(())
}

/// A crash while the log was created leaves less than its header, which Malachite refuses to open.
fn remove_torn_log(config: &EngineConfig) -> Result<(), StartError> {
	match std::fs::metadata(&config.wal) {
		Ok(file) if file.len() < WAL_HEADER_BYTES => std::fs::remove_file(&config.wal)
			.map_err(|cause| StartError::Io { path: config.wal.clone(), cause }),
		Ok(_) | Err(_) => Ok(()),
	}
}

async fn run<L: Ledger, C: Clock>(
	mut driver: Driver<L, C>,
	mut channels: Channels<Plexus>,
	mut engine: malachite::EngineHandle,
	mut stop: watch::Receiver<bool>,
) -> Result<(), EngineError> {
	let mut engine_ended = false;
	let result = loop {
		let message = tokio::select! {
			biased;
			// A dropped handle stops consensus, too.
			_ = stop.wait_for(|stop| *stop) => break Ok(()),
			_ = &mut engine.handle => {
				engine_ended = true;
				break Err(EngineError::Stopped);
			},
			message = channels.consensus.recv() => message,
		};
		let Some(message) = message else { break Err(EngineError::Stopped) };
		if let Err(error) = driver.handle(message, &mut stop).await {
			break Err(error);
		}
	};
	if let Err(error) = &result {
		error!(%error, "consensus failed");
	}
	engine.actor.stop(None);
	if !engine_ended && tokio::time::timeout(STOP_TIMEOUT, engine.handle).await.is_err() {
		warn!("the consensus engine did not stop in time");
	}
	info!("consensus stopped");
	result
}

/// Owns the application between calls.
struct Driver<L: Ledger, C: Clock> {
	app: Option<App<L, C>>,
	network: mpsc::Sender<NetworkMsg<Plexus>>,
	peers: watch::Receiver<usize>,
	wait_for_peers: Duration,
	status: watch::Sender<ConsensusStatus>,
}

impl<L: Ledger, C: Clock> Driver<L, C> {
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
		self.app = Some(app);
		Ok(result)
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
				if let Some(value) = self.call(move |app| app.get_value(height, round)).await?? {
					let _ = reply.send(value);
				}
			}
			AppMsg::ReceivedProposalPart { from, published_by, part, reply } => {
				let publisher = published_by.unwrap_or(from);
				let _ = reply.send(self.call(move |app| app.received_part(publisher, part)).await??);
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
				let _ = reply.send(self.call(move |app| app.decided_values(range)).await??);
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
		self.status.send_if_modified(|old| std::mem::replace(old, status) != status);
		for effect in effects {
			match effect {
				Effect::Publish(part) => {
					let sent = self.network.send(NetworkMsg::PublishProposalPart(part)).await;
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
