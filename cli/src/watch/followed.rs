//! Which open batches are followed, and from which ids on they are read: pure decisions.
//!
//! ```text
//!   0 ─────────── the first ───────────── again ───────────── next ─────────────▶ the newest
//!     final, or over │ followed: read again, round and round │ read on, each id once
//! ```
//!
//! # Must not
//! Let go of what was never looked at, or skip an id: whoever opens many batches would hide one among them.
//!
//! # Invariants
//! No more than a bound are followed. Where there is no place for another page, it is read once something was looked at.

use crate::claims::chain::OpenBatch;
use plexus_primitives::BatchId;
use sp_core::crypto::AccountId32;
use std::collections::{BTreeMap, BTreeSet};

/// What was read from an id on.
pub(super) struct Read {
	pub(super) start: BatchId,
	/// The first id that was not read.
	pub(super) end: BatchId,
	/// Whether there is nothing behind it.
	pub(super) is_last: bool,
	/// The open batches of it that something may be left to do about.
	pub(super) open: Vec<OpenBatch>,
}

/// Why a batch is followed.
struct Stake {
	/// Something of whoever watches may be in it: a demand or a reward.
	in_play: bool,
	/// What may be moved: the hold, and what is held of developers' parts.
	moves: u128,
}

impl Stake {
	fn of(batch: &OpenBatch, own: Option<&AccountId32>) -> Self {
		let is_own =
			|own: &AccountId32| batch.verdict.as_ref().is_some_and(|verdict| verdict.challenger == *own);
		let held = batch.models.iter().fold(0u128, |sum, share| sum.saturating_add(share.held));
		Self {
			in_play: own.is_some_and(|own| batch.demands > 0 || is_own(own)),
			moves: batch.hold.saturating_add(held),
		}
	}
}

/// Batches that are not followed any more, though they are not over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct LetGo {
	pub(super) batches: usize,
	/// Of which something was not seen.
	pub(super) unseen: usize,
}

/// Batches that are followed.
pub(super) struct Followed {
	batches: BTreeMap<BatchId, Stake>,
	/// The first id that was not read on this connection.
	next: BatchId,
	/// Where reading again goes on.
	again: BatchId,
	/// How many are followed at most.
	most: usize,
}

impl Followed {
	pub(super) fn new(most: usize) -> Self {
		Self { batches: BTreeMap::new(), next: BatchId(0), again: BatchId(0), most }
	}

	/// On another connection the node may lag behind: all that is followed is read as if it were new, lest what the node
	/// does not know yet be forgotten.
	pub(super) fn connected(&mut self) {
		let first = self.batches.keys().next().copied();
		self.next = first.map_or(self.next, |first| first.min(self.next));
		self.again = BatchId(0);
	}

	/// Those that are followed.
	pub(super) fn ids(&self) -> BTreeSet<BatchId> {
		self.batches.keys().copied().collect()
	}

	/// What may be moved in a batch.
	pub(super) fn moves(&self, id: BatchId) -> u128 {
		self.batches.get(&id).map_or(0, |stake| stake.moves)
	}

	/// From where on what is followed is read again; nothing behind the last one, and then it begins anew.
	pub(super) fn again(&mut self) -> Option<BatchId> {
		let from = self.batches.range(self.again..).next().map(|(id, _)| *id).filter(|id| *id < self.next);
		if from.is_none() {
			self.again = BatchId(0);
		}
		from
	}

	/// Takes in what was read again; those of it that are followed.
	pub(super) fn was_read_again(&mut self, mut read: Read, own: Option<&AccountId32>) -> Vec<OpenBatch> {
		// What is behind that is read on.
		read.end = if read.is_last { self.next } else { read.end.min(self.next) };
		read.is_last = false;
		read.open.retain(|batch| batch.id < self.next && self.batches.contains_key(&batch.id));
		self.again = read.end;
		self.take(read, own)
	}

	/// From where on ids were not read yet.
	pub(super) fn next(&self) -> BatchId {
		self.next
	}

	/// Takes in what was read on.
	pub(super) fn was_read_on(&mut self, read: Read, own: Option<&AccountId32>) -> Vec<OpenBatch> {
		self.next = self.next.max(read.end);
		self.take(read, own)
	}

	fn take(&mut self, read: Read, own: Option<&AccountId32>) -> Vec<OpenBatch> {
		let Read { start, end, is_last, open } = read;
		self.batches.retain(|id, _| *id < start || (*id >= end && !is_last));
		self.batches.extend(open.iter().map(|batch| (batch.id, Stake::of(batch, own))));
		open
	}

	/// Makes place for a page of so many ids. `seen` tells of a batch that was looked at whether it was seen whole: such go
	/// first, then what moves least, and what is in play last. Nothing if too few were looked at.
	pub(super) fn make_place(&mut self, page: u32, seen: impl Fn(BatchId) -> Option<bool>) -> Option<LetGo> {
		let end = BatchId(self.next.0.saturating_add(page.into()));
		let known = self.batches.range(self.next..end).count();
		let needed = self.batches.len() - known + page as usize;
		let lacking = needed.saturating_sub(self.most);
		let mut let_go = LetGo::default();
		if lacking == 0 {
			return Some(let_go);
		}
		let others = self.batches.iter().filter(|(id, _)| !(self.next..end).contains(*id));
		let looked_at = others.filter_map(|(id, stake)| Some((stake.in_play, !seen(*id)?, stake.moves, *id)));
		let mut looked_at: Vec<_> = looked_at.collect();
		if looked_at.len() < lacking {
			return None;
		}
		looked_at.sort_unstable();
		for (_, is_unseen, _, id) in looked_at.into_iter().take(lacking) {
			self.batches.remove(&id);
			let_go.batches += 1;
			let_go.unseen += usize::from(is_unseen);
		}
		Some(let_go)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::claims::{
		chain::Verdict,
		testing::{bytes, World},
	};

	fn batch(id: u64, hold: u128) -> OpenBatch {
		let world = World::new(&[], &[(bytes(1, 9), bytes(2, 9))], &[]);
		let mut batch = OpenBatch { id: BatchId(id), hold, ..world.facts.batch };
		batch.models.clear();
		batch
	}

	/// The ids of a chain that has `newest` of them, all open, as a page of three tells of them.
	fn page(start: BatchId, newest: u64) -> Read {
		let end = start.0.saturating_add(3).min(newest).max(start.0);
		let open = (start.0..end).map(|id| batch(id, 10)).collect();
		Read { start, end: BatchId(end), is_last: end >= newest, open }
	}

	fn read_on(followed: &mut Followed, newest: u64) -> Vec<u64> {
		let read = followed.was_read_on(page(followed.next(), newest), None);
		read.iter().map(|batch| batch.id.0).collect()
	}

	fn ids(followed: &Followed) -> Vec<u64> {
		followed.ids().into_iter().map(|id| id.0).collect()
	}

	#[test]
	fn every_id_is_read_once_however_many_there_are_and_what_is_followed_again_and_again() {
		let mut followed = Followed::new(100);
		assert_eq!(followed.again(), None);
		assert_eq!(read_on(&mut followed, 7), [0, 1, 2]);
		// There is no time for more, and there are more each time: it goes on where it was.
		assert_eq!(read_on(&mut followed, 9), [3, 4, 5]);
		assert_eq!(read_on(&mut followed, 7), [6]);
		assert_eq!(read_on(&mut followed, 7), [0u64; 0]);
		assert_eq!(read_on(&mut followed, 8), [7]);
		let mut rounds = Vec::new();
		for _ in 0..2 {
			while let Some(start) = followed.again() {
				let read = followed.was_read_again(page(start, 20), None);
				rounds.extend(read.iter().map(|batch| batch.id.0));
			}
		}
		assert_eq!(rounds, [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7], "what is behind is read on");
		assert_eq!(read_on(&mut followed, 20), [8, 9, 10]);
	}

	#[test]
	fn what_is_final_is_forgotten_and_pages_of_it_are_not_read_again() {
		let mut followed = Followed::new(100);
		for _ in 0..3 {
			read_on(&mut followed, 9);
		}
		let start = followed.again().expect("some are followed");
		let none = Read { open: vec![], ..page(start, 20) };
		assert!(followed.was_read_again(none, None).is_empty());
		assert_eq!(ids(&followed), [3, 4, 5, 6, 7, 8]);
		assert_eq!(followed.again(), Some(BatchId(3)));
		let last = Read { is_last: true, end: BatchId(5), open: vec![batch(4, 1)], ..page(BatchId(3), 20) };
		assert_eq!(followed.was_read_again(last, None).len(), 1);
		assert_eq!(ids(&followed), [4], "there is nothing behind the last page");
		assert_eq!(followed.again(), None);
		assert_eq!(followed.again(), Some(BatchId(4)), "it begins anew");
	}

	#[test]
	fn what_a_node_that_lags_behind_does_not_know_is_found_again() {
		let mut followed = Followed::new(100);
		for _ in 0..3 {
			read_on(&mut followed, 9);
		}
		followed.connected();
		assert_eq!((followed.again(), followed.next()), (None, BatchId(0)));
		assert_eq!(read_on(&mut followed, 2), [0, 1]);
		assert_eq!(ids(&followed), [0, 1]);
		assert_eq!(read_on(&mut followed, 9), [2, 3, 4]);
		assert_eq!(read_on(&mut followed, 9), [5, 6, 7]);
	}

	#[test]
	fn what_was_seen_whole_goes_first_then_what_moves_least_and_never_what_was_not_looked_at() {
		let mut followed = Followed::new(6);
		let whole = |id: BatchId| Some(id.0 == 4);
		read_on(&mut followed, 9);
		read_on(&mut followed, 9);
		followed.batches.insert(BatchId(0), Stake { in_play: false, moves: 50 });
		assert_eq!(followed.make_place(3, |_| None), None, "nothing was looked at");
		assert_eq!(followed.make_place(3, |id| (id.0 < 2).then_some(true)), None, "too little was");
		assert_eq!(ids(&followed), [0, 1, 2, 3, 4, 5]);
		let looked_at = |id: BatchId| whole(id).filter(|_| id.0 != 1);
		assert_eq!(followed.make_place(3, looked_at), Some(LetGo { batches: 3, unseen: 2 }));
		assert_eq!(ids(&followed), [0, 1, 5]);
		assert_eq!(read_on(&mut followed, 9), [6, 7, 8]);
		followed.connected();
		assert_eq!(followed.make_place(1, |_| None), Some(LetGo::default()), "it is followed already");
	}

	#[test]
	fn what_is_in_play_goes_last_and_all_that_may_be_moved_counts() {
		let own: AccountId32 = [1; 32].into();
		let judged = |who: u8| {
			let verdict = Verdict { challenger: [who; 32].into(), number: 0, decided_from_ms: 0 };
			OpenBatch { verdict: Some(verdict), ..batch(0, 1) }
		};
		assert!(Stake::of(&judged(1), Some(&own)).in_play && !Stake::of(&judged(2), Some(&own)).in_play);
		let asked = OpenBatch { demands: 1, ..batch(0, 1) };
		assert!(Stake::of(&asked, Some(&own)).in_play && !Stake::of(&asked, None).in_play);
		let world = World::new(&[], &[(bytes(1, 9), bytes(2, 9))], &[]);
		assert_eq!(Stake::of(&world.facts.batch, None).moves, 24_000 + 250);
		let mut followed = Followed::new(2);
		let open = vec![judged(1), batch(1, 99)];
		let read = Read { start: BatchId(0), end: BatchId(2), is_last: true, open };
		followed.was_read_on(read, Some(&own));
		assert_eq!(followed.make_place(1, |_| Some(false)), Some(LetGo { batches: 1, unseen: 1 }));
		assert_eq!(ids(&followed), [0]);
	}
}
