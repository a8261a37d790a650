//! Following without signing, until it is safe to sign: the engine runs as that of a node without a key, behind a relay,
//! and is then started anew as a validator's.
//!
//! ```text
//! engine without a key ──► relay ──► network      the relay ends with the engine
//!        │ silence is over                 ▲
//!        ▼                                 │
//! engine of a validator ───────────────────┘      the network's actor goes on
//! ```
//!
//! # Must not
//! Use the validator's write-ahead log: an engine without a key empties its log at every height. It has one of its own.
//!
//! # Invariants
//! - Silence ends at a height that may be signed. A guard that listens hears as many new blocks as were asked for; a block
//!   is new if its timestamp is not before the start: what is synced from the past says nothing about the present.

use crate::guard::SigningGuard;
use crate::ledger::LedgerTip;
use crate::malachite::{EngineNetworkMsg, NetworkRef};
use crate::types::Plexus;
use ractor::{Actor, ActorProcessingErr, ActorRef, SpawnErr};
use std::sync::Arc;
use tracing::info;

/// Why the node follows, and for how long.
#[derive(Debug)]
pub struct Silence {
	guard: Arc<SigningGuard>,
	heights: u32,
	started_ms: u64,
	seen: u64,
	new: u32,
}

impl Silence {
	/// The silence that a guard wants after block `tip`; `None` if it may sign the next one.
	pub fn wanted(guard: &Arc<SigningGuard>, heights: u32, tip: &LedgerTip, now_ms: u64) -> Option<Self> {
		let silent = guard.is_listening() || guard.sign_from() > u64::from(tip.number) + 1;
		silent.then(|| {
			info!(sign_from = guard.sign_from(), heights, "following; this node does not sign yet");
			Self {
				guard: guard.clone(),
				heights: if guard.is_listening() { heights } else { 0 },
				started_ms: now_ms,
				seen: tip.number.into(),
				new: 0,
			}
		})
	}

	/// Looks at the tip and says whether silence is over.
	pub fn is_over(&mut self, tip: &LedgerTip) -> bool {
		let number = u64::from(tip.number);
		if number > self.seen {
			self.seen = number;
			if tip.timestamp_ms.is_some_and(|made| made >= self.started_ms) {
				// The first one was voted on before anybody could know that it is new.
				self.guard.heard(number);
				self.new = self.new.saturating_add(1);
			}
		}
		let heard = self.heights == 0 || self.new > self.heights;
		heard && number + 1 >= self.guard.sign_from()
	}
}

struct Relay;

#[async_trait::async_trait]
impl Actor for Relay {
	type Msg = EngineNetworkMsg<Plexus>;
	type State = NetworkRef<Plexus>;
	type Arguments = NetworkRef<Plexus>;

	async fn pre_start(
		&self,
		_: ActorRef<Self::Msg>,
		network: NetworkRef<Plexus>,
	) -> Result<Self::State, ActorProcessingErr> {
		Ok(network)
	}

	async fn handle(
		&self,
		_: ActorRef<Self::Msg>,
		message: Self::Msg,
		network: &mut Self::State,
	) -> Result<(), ActorProcessingErr> {
		network.cast(message).map_err(|_| "the network has ended".into())
	}
}

/// Stands in for the network's actor, which the engine would take along when it stops.
pub(crate) async fn relay(network: NetworkRef<Plexus>) -> Result<NetworkRef<Plexus>, SpawnErr> {
	Actor::spawn(None, Relay, network).await.map(|(relay, _)| relay)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::guard::{GuardPlace, Known, Permit};
	use crate::types::AuthorityId;
	use sp_core::H256;

	fn tip(number: u32, timestamp_ms: u64) -> LedgerTip {
		LedgerTip { number, hash: H256::zero(), timestamp_ms: Some(timestamp_ms) }
	}

	fn guard(directory: &std::path::Path, tip: u32, permit: Permit) -> Arc<SigningGuard> {
		let place = GuardPlace { directory: directory.into(), counterpart: directory.into() };
		let known = Known {
			genesis: H256::repeat_byte(1),
			validator: AuthorityId([2; 32]),
			tip,
			log_height: None,
			own_precommit: None,
			alone: false,
		};
		Arc::new(SigningGuard::open(&place, &known, permit).unwrap())
	}

	#[test]
	fn a_guard_without_objection_is_not_silent() {
		let directory = tempfile::tempdir().unwrap();
		let guard = guard(directory.path(), 5, Permit::default());
		assert!(Silence::wanted(&guard, 10, &tip(5, 100), 100).is_none());
	}

	#[test]
	fn listening_counts_new_blocks_after_the_first_and_none_that_are_synced() {
		let directory = tempfile::tempdir().unwrap();
		let guard = guard(directory.path(), 5, Permit { listen: true, ..Permit::default() });
		let mut silence = Silence::wanted(&guard, 2, &tip(5, 100), 1_000).unwrap();
		assert!((6..500).all(|number| !silence.is_over(&tip(number, 999))), "the past was heard");
		assert!(!silence.is_over(&tip(500, 1_000)));
		assert!(!silence.is_over(&tip(500, 1_000)), "one block was counted twice");
		assert!(!silence.is_over(&tip(501, 2_000)));
		assert!(silence.is_over(&tip(502, 3_000)));
	}
}
