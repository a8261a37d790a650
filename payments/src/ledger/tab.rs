//! What the ledger holds of one channel.
//!
//! # Must not
//! Judge a receipt or a voucher: that is the ledger's.
//!
//! # Invariants
//! Entries follow on the base without a gap; every voucher is over one of them, and all claims are about them.

use super::{Fault, Seen};
use crate::{point::sequences_behind, ChannelState, Claims, JournalError, Point, ReceiptClaim, Signature};
use plexus_primitives::{ContributionId, ModelId, Receipt};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What is held of a channel.
#[derive(Debug)]
pub(super) struct Tab {
	/// What was redeemed.
	pub(super) base: Point,
	/// What follows on it, each with the point behind it.
	pub(super) entries: VecDeque<(Receipt, Point)>,
	/// By the sequence they cover; all of entries.
	pub(super) vouchers: BTreeMap<u64, Signature>,
	/// Of those entries that have some.
	pub(super) claims: Claims,
	pub(super) state: Option<ChannelState>,
}

impl Tab {
	/// Adds a receipt at the end; its sequence.
	pub(super) fn push(&mut self, receipt: Receipt) -> Result<u64, JournalError> {
		let point = self.last().after(&receipt);
		let point = point.map_err(|_| JournalError::Inconsistent("receipts for too much"))?;
		self.entries.push_back((receipt, point));
		Ok(point.sequence)
	}

	/// What is claimed about a receipt.
	pub(super) fn claims_of(&self, sequence: u64) -> &[ReceiptClaim] {
		self.claims.get(&sequence).map_or(&[], Vec::as_slice)
	}

	/// How many claims the receipts behind the last voucher have, and for how many targets, with those of `fresh` ones.
	pub(super) fn unsigned_claims(&self, fresh: &[Receipt], given: &Claims) -> (usize, usize) {
		let behind = self.signed().sequence.saturating_add(1)..;
		let (mut count, mut targets) = (0, BTreeSet::<(ModelId, ContributionId)>::new());
		let mut add = |model, claims: &[ReceiptClaim]| {
			count += claims.len();
			targets.extend(claims.iter().map(|claim| (model, claim.contribution)));
		};
		for (sequence, claims) in self.claims.range(behind) {
			if let Some(receipt) = self.receipt(*sequence) {
				add(receipt.model, claims);
			}
		}
		for (sequence, receipt) in sequences_behind(self.last().sequence).zip(fresh) {
			add(receipt.model, given.get(&sequence).map_or(&[], Vec::as_slice));
		}
		(count, targets.len())
	}

	fn receipt(&self, sequence: u64) -> Option<&Receipt> {
		let place = sequence.checked_sub(self.base.sequence)?.checked_sub(1)?;
		self.entries.get(usize::try_from(place).ok()?).map(|(receipt, _)| receipt)
	}

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

	/// Those of the receipts that are not held yet, if the others are those that are, claims and all; what was handed in
	/// with claims may come again without them, as when a voucher follows.
	pub(super) fn beyond_held<'a>(
		&self,
		first: u64,
		receipts: &'a [Receipt],
		claims: &Claims,
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
			let claimed = claims.get(&point.sequence).filter(|claims| !claims.is_empty());
			if claimed.is_some_and(|claimed| claimed != self.claims_of(point.sequence)) {
				return Err(Fault::ClaimsConflict { sequence: point.sequence });
			}
			overlap += 1;
		}
		Ok(&receipts[overlap..])
	}
}
