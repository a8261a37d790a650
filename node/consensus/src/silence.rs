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
//! # For how long
//! | guard | the chain goes on | no block comes, and peers are connected |
//! |---|---|---|
//! | `--doppelganger-heights N` | N new blocks after the first | for ever: what it signed for the next one is unknown |
//! | made anew | `HEIGHTS_ADVISED` (10) new blocks after the first | [`STALLED`]; on the genesis [`GENESIS_HEARD`]; [`BEHIND_MAX`] if a peer tells of more |
//! | made anew, and block 1 came meanwhile | [`GENESIS_HEARD`] in all: what any key ever signed was to be heard, or is in the blocks | as on the genesis |
//!
//! The last column is for networks of which nobody signs yet: one that begins, and one whose validators all lost their guards.
//! The last row is for who starts a moment after the others of a network that begins: they may need it soon.
//! Who has no peer stays silent: nobody would decide anything with it.
//!
//! # Must not
//! Use the validator's write-ahead log: an engine without a key empties its log at every height. It has one of its own.
//!
//! # Invariants
//! - Silence ends at a height that may be signed. A guard that listens hears as many new blocks as it has to; a block
//!   is new if its timestamp is not before the start: what is synced from the past says nothing about the present.

use crate::guard::{SigningGuard, HEIGHTS_ADVISED};
use crate::ledger::LedgerTip;
use crate::malachite::{EngineNetworkMsg, NetworkEvent, NetworkRef};
use crate::types::Plexus;
use ractor::{Actor, ActorProcessingErr, ActorRef, SpawnErr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;
use tracing::info;

/// On the genesis, with a peer and without a block, or with the first ones. Peers that have one say so every two seconds,
/// those without say nothing.
pub const GENESIS_HEARD: Duration = Duration::from_secs(3);

/// After block 1, with a peer and without a new block: several rounds, in each of which validators repeat their votes.
pub const STALLED: Duration = Duration::from_secs(15);

/// The same while a peer tells of blocks that it does not hand out: it may lie, and must not keep us silent for ever.
pub const BEHIND_MAX: Duration = Duration::from_secs(300);

/// Why the node follows, and for how long.
#[derive(Debug)]
pub struct Silence {
	guard: Arc<SigningGuard>,
	heights: u32,
	started_ms: u64,
	seen: u64,
	new: u32,
	/// Whether block 1 was made after the node started, which has had peers since it has that block.
	began: bool,
	/// For how long the node had run when it had a peer, and this block, for the first time. If the chain began meanwhile,
	/// when it had a peer.
	quiet_since: Option<(u64, Duration)>,
}

/// What is around a node that listens.
#[derive(Clone, Copy, Debug)]
pub struct Around {
	/// How long it has run, by a clock that only goes forward.
	pub elapsed: Duration,
	/// Peers that listen to consensus.
	pub peers: usize,
	/// The highest block that a peer told of.
	pub told: u64,
}

impl Silence {
	/// The silence that a guard wants after block `tip`; `None` if it may sign the next one.
	pub fn wanted(guard: &Arc<SigningGuard>, heights: u32, tip: &LedgerTip, now_ms: u64) -> Option<Self> {
		let silent = guard.is_listening() || guard.sign_from() > u64::from(tip.number) + 1;
		silent.then(|| {
			let heights = match (guard.is_listening(), guard.is_new()) {
				(true, true) => HEIGHTS_ADVISED,
				(true, false) => heights,
				(false, _) => 0,
			};
			if guard.is_new() {
				info!("the signing guard of this key is new: the node listens first whether the key signs elsewhere");
			}
			info!(sign_from = guard.sign_from(), heights, "following; this node does not sign yet");
			Self {
				guard: guard.clone(),
				heights,
				started_ms: now_ms,
				seen: tip.number.into(),
				new: 0,
				began: false,
				quiet_since: None,
			}
		})
	}

	/// Looks at the tip and says whether silence is over.
	pub fn is_over(&mut self, tip: &LedgerTip) -> bool {
		let number = u64::from(tip.number);
		if number > self.seen {
			let is_new = tip.timestamp_ms.is_some_and(|made| made >= self.started_ms);
			self.began |= is_new && number == 1;
			self.seen = number;
			if is_new {
				// The first one was voted on before anybody could know that it is new.
				self.guard.heard(number);
				self.new = self.new.saturating_add(1);
			}
		}
		let heard = self.heights == 0 || self.new > self.heights;
		heard && number + 1 >= self.guard.sign_from()
	}

	/// Whether a guard that was made anew has listened for long enough to a network in which no block comes, or which began
	/// meanwhile.
	pub fn is_stalled(&mut self, tip: &LedgerTip, around: Around) -> bool {
		let number = u64::from(tip.number);
		if around.peers == 0 || !self.guard.is_new() {
			self.began = false;
			self.quiet_since = None;
			return false;
		}
		let since = match self.quiet_since {
			Some((block, since)) if block == number || self.began => since,
			_ => around.elapsed,
		};
		self.quiet_since = Some((number, since));
		let bound = match (around.told > number, number == 0 || self.began) {
			(true, _) => BEHIND_MAX,
			(false, true) => GENESIS_HEARD,
			(false, false) => STALLED,
		};
		around.elapsed.saturating_sub(since) >= bound && number + 1 >= self.guard.sign_from()
	}
}

/// The highest block that any peer told of. Ends with the silence.
#[derive(Debug)]
pub(crate) struct Told {
	highest: Arc<AtomicU64>,
	ear: ActorRef<Status>,
}

impl Told {
	/// Listens to what the network's actor hears.
	pub async fn listen(network: &NetworkRef<Plexus>) -> Result<Self, SpawnErr> {
		let highest = Arc::new(AtomicU64::new(0));
		let (ear, _) = Actor::spawn(None, Ear, highest.clone()).await?;
		network
			.cast(EngineNetworkMsg::Subscribe(Box::new(ear.clone())))
			.map_err(|_| SpawnErr::StartupFailed("the network has ended".into()))?;
		Ok(Self { highest, ear })
	}

	/// As of now; zero if nobody told anything.
	pub fn highest(&self) -> u64 {
		self.highest.load(Ordering::Relaxed)
	}
}

impl Drop for Told {
	fn drop(&mut self) {
		self.ear.stop(None);
	}
}

/// The tip that a peer told, or that its message implies; `None` for every other event.
#[derive(Debug)]
pub(crate) struct Status(Option<u64>);

impl From<NetworkEvent<Plexus>> for Status {
	fn from(event: NetworkEvent<Plexus>) -> Self {
		match event {
			NetworkEvent::Status(_, status) => Self(Some(status.tip_height.0)),
			// Who votes for a block has the one before.
			NetworkEvent::Vote(_, vote) => Self(Some(vote.message.height.0.saturating_sub(1))),
			NetworkEvent::Proposal(_, proposal) => Self(Some(proposal.message.height.0.saturating_sub(1))),
			_ => Self(None),
		}
	}
}

struct Ear;

#[async_trait::async_trait]
impl Actor for Ear {
	type Msg = Status;
	type State = Arc<AtomicU64>;
	type Arguments = Arc<AtomicU64>;

	async fn pre_start(
		&self,
		_: ActorRef<Self::Msg>,
		highest: Arc<AtomicU64>,
	) -> Result<Self::State, ActorProcessingErr> {
		Ok(highest)
	}

	async fn handle(
		&self,
		_: ActorRef<Self::Msg>,
		Status(told): Status,
		highest: &mut Self::State,
	) -> Result<(), ActorProcessingErr> {
		highest.fetch_max(told.unwrap_or(0), Ordering::Relaxed);
		Ok(())
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
		let guard = guard(directory.path(), 5, Permit { sign_from: Some(0), ..Permit::default() });
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
		let silent_network = Around { elapsed: BEHIND_MAX * 9, peers: 9, told: 0 };
		assert!(!silence.is_stalled(&tip(502, 3_000), Around { elapsed: Duration::ZERO, ..silent_network }));
		assert!(
			!silence.is_stalled(&tip(502, 3_000), silent_network),
			"who asked for blocks waits for blocks"
		);
	}

	fn around(seconds: u64, peers: usize, told: u64) -> Around {
		Around { elapsed: Duration::from_secs(seconds), peers, told }
	}

	fn new_guard(tip_number: u32) -> (tempfile::TempDir, Silence) {
		let directory = tempfile::tempdir().unwrap();
		let guard = guard(directory.path(), tip_number, Permit::default());
		assert!(guard.is_new());
		let silence = Silence::wanted(&guard, 0, &tip(tip_number, 100), 1_000).expect("it listens first");
		(directory, silence)
	}

	#[test]
	fn a_guard_that_is_made_anew_hears_some_new_blocks_unasked() {
		let (_directory, mut silence) = new_guard(0);
		assert!((1..500).all(|number| !silence.is_over(&tip(number, 999))), "the past was heard");
		let last = 500 + HEIGHTS_ADVISED;
		assert!((500..last).all(|number| !silence.is_over(&tip(number, 1_000))), "too few blocks");
		assert!(silence.is_over(&tip(last, 1_000)));
	}

	#[test]
	fn on_a_genesis_it_waits_for_a_peer_and_then_a_few_seconds_for_one_that_has_blocks() {
		let (_directory, mut silence) = new_guard(0);
		assert!(!silence.is_over(&tip(0, 100)));
		assert!(!silence.is_stalled(&tip(0, 100), around(1_000, 0, 0)), "nobody was listened to");
		assert!(!silence.is_stalled(&tip(0, 100), around(1_000, 1, 0)), "since when there is a peer");
		assert!(!silence.is_stalled(&tip(0, 100), around(1_002, 1, 0)));
		assert!(silence.is_stalled(&tip(0, 100), around(1_003, 1, 0)));
		assert!(!silence.is_stalled(&tip(0, 100), around(1_004, 1, 1)), "a peer has a block");
		assert!(!silence.is_stalled(&tip(0, 100), around(1_299, 1, 1)));
		assert!(silence.is_stalled(&tip(0, 100), around(1_300, 1, 1)), "a peer that lies silences for ever");
	}

	#[test]
	fn on_a_chain_that_begins_meanwhile_it_listens_as_long_as_on_the_genesis() {
		let (_directory, mut silence) = new_guard(0);
		assert!(!silence.is_stalled(&tip(0, 100), around(10, 3, 0)));
		assert!(!silence.is_over(&tip(1, 1_000)), "one block is not ten");
		assert!(!silence.is_stalled(&tip(1, 1_000), around(11, 3, 1)));
		assert!(!silence.is_over(&tip(2, 2_000)));
		assert!(!silence.is_stalled(&tip(2, 2_000), around(13, 3, 3)), "not at the head");
		assert!(!silence.is_over(&tip(3, 3_000)));
		assert!(silence.is_stalled(&tip(3, 3_000), around(13, 3, 3)), "it was there from the first block on");

		for (block_1_ms, peers) in [(999, 3), (1_000, 0)] {
			let (_directory, mut silence) = new_guard(0);
			assert!(!silence.is_stalled(&tip(0, 100), around(10, 3, 0)));
			assert!(!silence.is_over(&tip(1, block_1_ms)));
			assert!(!silence.is_stalled(&tip(1, block_1_ms), around(11, peers, 1)));
			assert!(!silence.is_over(&tip(2, 2_000)));
			assert!(!silence.is_stalled(&tip(2, 2_000), around(12, 3, 2)));
			assert!(
				!silence.is_stalled(&tip(2, 2_000), around(16, 3, 2)),
				"block 1 at {block_1_ms}, {peers} peers"
			);
		}
	}

	#[test]
	fn a_network_whose_validators_all_listen_begins_again_by_itself() {
		let (_directory, mut silence) = new_guard(7);
		assert!(!silence.is_stalled(&tip(7, 100), around(0, 3, 7)));
		assert!(!silence.is_stalled(&tip(7, 100), around(14, 3, 7)));
		assert!(!silence.is_stalled(&tip(8, 200), around(15, 3, 8)), "a block came");
		assert!(!silence.is_stalled(&tip(8, 200), around(29, 3, 8)));
		assert!(!silence.is_stalled(&tip(8, 200), around(30, 0, 8)), "cut off");
		assert!(!silence.is_stalled(&tip(8, 200), around(31, 3, 8)), "cut off, it heard nothing");
		assert!(silence.is_stalled(&tip(8, 200), around(46, 3, 8)));
	}
}
