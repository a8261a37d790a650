//! Carries each message of the engine to the application, and what the application wants done to the outside.
//!
//! # Must not
//! Decide anything.
//!
//! # Invariants
//! One call of the application at a time, on a blocking thread; the network learns of a height before the engine is answered.

use super::EngineError;
use crate::app::{App, ConsensusStatus, Effect};
use crate::guard::{SigningGuard, Step, StepKind};
use crate::ledger::{Clock, Ledger};
use crate::malachite::core::Round;
use crate::malachite::{AppMsg, LocallyProposedValue, NetworkMsg};
use crate::progress::Progress;
use crate::serving::Server;
use crate::silence::{Around, Silence, Told};
use crate::types::{AuthorityId, Height, Plexus};
use plexus_primitives::equivocation::Equivocation;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tracing::{error, info, warn};

/// Owns the application between calls.
pub(super) struct Driver<L: Ledger, C: Clock> {
	pub(super) app: Option<App<L, C>>,
	pub(super) server: Server<L>,
	pub(super) guard: Option<Arc<SigningGuard>>,
	pub(super) silence: Option<Silence>,
	/// What peers tell while the node is silent.
	pub(super) told: Option<Told>,
	pub(super) started: Instant,
	pub(super) parts: mpsc::Sender<NetworkMsg<Plexus>>,
	pub(super) peers: watch::Receiver<usize>,
	pub(super) progress: Progress,
	pub(super) wait_for_peers: Duration,
	pub(super) status: watch::Sender<ConsensusStatus>,
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
	pub(super) fn may_sign(&mut self) -> bool {
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

	/// What is proposed, if anything is.
	async fn value(
		&mut self,
		height: Height,
		round: Round,
	) -> Result<Option<LocallyProposedValue<Plexus>>, EngineError> {
		if self.is_proposal_past(height, round) {
			warn!(height = height.0, ?round, "not proposing: a later step of this round is signed already");
			return Ok(None);
		}
		Ok(self.call(move |app| app.get_value(height, round)).await??)
	}

	/// Answers one message. An answer nobody waits for any more is dropped.
	pub(super) async fn handle(
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
				if let Some(value) = self.value(height, round).await? {
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
