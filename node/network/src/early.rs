//! Votes and proposals of heights that have not begun here, on their way to the engine. It keeps them until their height
//! begins, whoever signed them, and drops what comes when its room for a height is full: without a share for each, a few
//! strangers could have it drop the next height's proposal.
//!
//! # Must not
//! Verify anything, or decide what is forwarded: only what is handed to the engine is counted here.
//!
//! # Invariants
//! - Of one height no more is handed over than the engine has room for, [`MESSAGES_PER_HEIGHT_MAX`].
//! - A validator's share is its own, and all strangers together have one besides. A copy takes nothing of it.

use plexus_consensus::parking::MESSAGES_PER_HEIGHT_MAX;
use plexus_consensus::AuthorityId;
use std::collections::{BTreeMap, HashSet};

/// Of all strangers and one height: one round of a hundred validators who were elected for it and whom we do not know yet.
const STRANGERS_MAX: usize = 300;

/// Of all validators and one height, in equal shares: for two sets of a hundred each, four rounds of three messages. Who is
/// further behind is helped by what the engines send again.
const VALIDATORS_MAX: usize = MESSAGES_PER_HEIGHT_MAX - STRANGERS_MAX;

/// Whether there is room for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
	/// There was, and the message has it now.
	Taken,
	/// It is a copy of one that has it.
	Copy,
	/// There is none.
	None,
}

/// The signatures of what was handed over of one height.
#[derive(Debug, Default)]
struct Shares {
	validators: BTreeMap<AuthorityId, HashSet<[u8; 64]>>,
	/// Of all validators.
	count: usize,
	strangers: HashSet<[u8; 64]>,
}

/// What was handed over, by height.
#[derive(Debug, Default)]
pub(crate) struct Early(BTreeMap<u64, Shares>);

impl Early {
	/// Takes room for a message that `signer` signed; `validators` says among how many it is one that we know, and is absent
	/// for a stranger.
	pub fn take(
		&mut self,
		height: u64,
		signer: AuthorityId,
		signature: [u8; 64],
		validators: Option<usize>,
	) -> Room {
		let shares = self.0.entry(height).or_default();
		let (share, has_room) = match validators {
			None => (&mut shares.strangers, true),
			Some(_) => (shares.validators.entry(signer).or_default(), shares.count < VALIDATORS_MAX),
		};
		let share_max = validators.map_or(STRANGERS_MAX, |validators| VALIDATORS_MAX / validators.max(1));
		if share.contains(&signature) {
			return Room::Copy;
		}
		if !has_room || share.len() >= share_max {
			return Room::None;
		}
		share.insert(signature);
		shares.count += usize::from(validators.is_some());
		Room::Taken
	}

	/// Forgets the heights that have begun.
	pub fn forget_up_to(&mut self, height: u64) {
		self.0 = self.0.split_off(&height.saturating_add(1));
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn id(n: u8) -> AuthorityId {
		AuthorityId([n; 32])
	}

	fn signature(n: u16) -> [u8; 64] {
		let mut signature = [0; 64];
		signature[..2].copy_from_slice(&n.to_le_bytes());
		signature
	}

	/// How many of so many messages have room, of one of so many validators, or of a stranger.
	fn taken(early: &mut Early, signer: u8, count: u16, validators: Option<usize>) -> usize {
		let base = u16::from(signer) * 256;
		let mut take = |n| early.take(5, id(signer), signature(base + n), validators);
		(0..count).filter(|n| take(*n) == Room::Taken).count()
	}

	#[test]
	fn neither_strangers_nor_a_talkative_validator_take_the_room_of_others() {
		let mut early = Early::default();
		let strangers: usize = (100..200).map(|n| taken(&mut early, n, 20, None)).sum();
		assert_eq!(strangers, STRANGERS_MAX);
		assert_eq!(taken(&mut early, 1, 200, Some(200)), 12, "four rounds");
		assert_eq!(taken(&mut early, 2, 3, Some(200)), 3);
		assert_eq!(taken(&mut early, 3, 200, Some(8)), 200, "few have large shares");
	}

	#[test]
	fn a_copy_is_told_and_takes_no_room() {
		let mut early = Early::default();
		let mut once_more = || early.take(5, id(1), signature(7), Some(200));
		assert_eq!(once_more(), Room::Taken);
		assert!((0..100).all(|_| once_more() == Room::Copy));
		assert_eq!(taken(&mut early, 1, 200, Some(200)), 11);
		assert_eq!(early.take(5, id(1), signature(7), Some(200)), Room::Copy, "also when nothing is left");
	}

	#[test]
	fn two_sets_of_the_most_validators_fit_and_no_more_than_the_engine_keeps() {
		let mut early = Early::default();
		let all: Vec<usize> = (0..=u8::MAX).map(|n| taken(&mut early, n, 12, Some(200))).collect();
		assert!(all[..200].iter().all(|count| *count == 12), "{all:?}");
		assert_eq!(all.iter().sum::<usize>() + STRANGERS_MAX, MESSAGES_PER_HEIGHT_MAX);
	}

	#[test]
	fn what_has_begun_is_forgotten() {
		let mut early = Early::default();
		for height in 4..8 {
			assert_eq!(early.take(height, id(1), signature(1), Some(4)), Room::Taken);
		}
		early.forget_up_to(6);
		assert_eq!(early.0.keys().copied().collect::<Vec<_>>(), [7]);
		early.forget_up_to(u64::MAX);
		assert!(early.0.is_empty());
	}
}
