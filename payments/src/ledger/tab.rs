//! What the ledger holds of one channel.
//!
//! # Must not
//! Judge a receipt or a voucher: that is the ledger's.
//!
//! # Invariants
//! Entries follow on the base without a gap, and every voucher is over one of them.

use super::{Fault, Seen};
use crate::{ChannelState, Point, Signature};
use plexus_primitives::Receipt;
use std::collections::{BTreeMap, VecDeque};

/// What is held of a channel.
#[derive(Debug)]
pub(super) struct Tab {
	/// What was redeemed.
	pub(super) base: Point,
	/// What follows on it, each with the point behind it.
	pub(super) entries: VecDeque<(Receipt, Point)>,
	/// By the sequence they cover; all of entries.
	pub(super) vouchers: BTreeMap<u64, Signature>,
	pub(super) state: Option<ChannelState>,
}

impl Tab {
	pub(super) fn last(&self) -> Point {
		self.entries.back().map_or(self.base, |(_, point)| *point)
	}

	/// The last point that is signed for, or was redeemed.
	pub(super) fn signed(&self) -> Point {
		let last = self.vouchers.last_key_value().and_then(|(sequence, _)| self.point(*sequence));
		last.unwrap_or(self.base)
	}

	/// The point behind a receipt that is held, or the base.
	pub(super) fn point(&self, sequence: u64) -> Option<Point> {
		let place = sequence.checked_sub(self.base.sequence)?;
		match usize::try_from(place).ok()?.checked_sub(1) {
			None => Some(self.base),
			Some(place) => self.entries.get(place).map(|(_, point)| *point),
		}
	}

	/// What is lost if the channel ends now.
	pub(super) fn lost(&self) -> Seen {
		let lost_signed = self.signed().cumulative - self.base.cumulative;
		Seen { redeemed: 0, lost: self.entries.len() as u64, lost_signed }
	}

	/// Those of the receipts that are not held yet, if the others are those that are.
	pub(super) fn beyond_held<'a>(
		&self,
		first: u64,
		receipts: &'a [Receipt],
	) -> Result<&'a [Receipt], Fault> {
		let last = self.last().sequence;
		let before = first.checked_sub(1).filter(|before| *before <= last);
		let before = before.ok_or(Fault::Gap { given: first, last })?;
		let redeemed = self.base.sequence;
		let skip = before.checked_sub(redeemed).ok_or(Fault::AlreadyRedeemed { redeemed })?;
		let held = self.entries.iter().skip(usize::try_from(skip).unwrap_or(usize::MAX));
		let mut overlap = 0;
		for ((held, point), given) in held.zip(receipts) {
			if held != given {
				return Err(Fault::Conflict { sequence: point.sequence });
			}
			overlap += 1;
		}
		Ok(&receipts[overlap..])
	}
}
