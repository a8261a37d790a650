//! What the ledger writes down, and what each record changes: when it is made, and when it is read again.
//!
//! # Must not
//! Check what is new: a record that is made was checked before. One that is read contradicts nothing, or is an error.

use super::{Ledger, Tab};
use crate::{
	journal, point::sequences_behind, Claims, JournalError, Point, ReceiptClaim, Signature,
	VOUCHER_RECEIPTS_MAX,
};
use codec::{Decode, Encode};
use plexus_primitives::{ChannelId, Receipt};
use std::collections::{BTreeMap, VecDeque};

/// What is written down.
#[derive(Encode, Decode)]
pub(super) enum Record {
	/// A channel is known from this point on, whatever was held of it before.
	#[codec(index = 0)]
	Began { channel: ChannelId, at: Point },
	/// Receipts that follow on those held.
	#[codec(index = 1)]
	Received { channel: ChannelId, receipts: Vec<Receipt> },
	/// A voucher over those up to a sequence.
	#[codec(index = 2)]
	Vouched { channel: ChannelId, sequence: u64, signature: Signature },
	/// Everything up to a sequence was redeemed.
	#[codec(index = 3)]
	Redeemed { channel: ChannelId, sequence: u64 },
	/// What comes after a sequence is given up.
	#[codec(index = 4)]
	Waived { channel: ChannelId, after: u64 },
	/// The channel is over, or not needed.
	#[codec(index = 5)]
	Gone { channel: ChannelId },
	/// Receipts that follow on those held, each with its claims. Since format 2.
	#[codec(index = 6)]
	Claimed { channel: ChannelId, receipts: Vec<(Receipt, Vec<ReceiptClaim>)> },
}

impl Record {
	/// Receipts that follow on `before`: with their claims, if any of them has some.
	pub(super) fn received(channel: ChannelId, before: u64, receipts: &[Receipt], claims: &Claims) -> Self {
		let of = |sequence: u64| claims.get(&sequence).cloned().unwrap_or_default();
		let with_claims: Vec<_> = sequences_behind(before)
			.zip(receipts)
			.map(|(sequence, receipt)| (*receipt, of(sequence)))
			.collect();
		match with_claims.iter().any(|(_, claims)| !claims.is_empty()) {
			true => Self::Claimed { channel, receipts: with_claims },
			false => Self::Received { channel, receipts: receipts.to_vec() },
		}
	}

	fn channel(&self) -> ChannelId {
		match self {
			Self::Began { channel, .. }
			| Self::Received { channel, .. }
			| Self::Vouched { channel, .. }
			| Self::Redeemed { channel, .. }
			| Self::Waived { channel, .. }
			| Self::Gone { channel }
			| Self::Claimed { channel, .. } => *channel,
		}
	}
}

impl Ledger {
	/// Everything in force, in as few records as possible.
	pub(super) fn snapshot(&self) -> Vec<Vec<u8>> {
		let of_tab = |(channel, tab): (&ChannelId, &Tab)| {
			let channel = *channel;
			let receipts: Vec<Receipt> = tab.entries.iter().map(|(receipt, _)| *receipt).collect();
			let mut before = tab.base.sequence;
			let received = receipts.chunks(VOUCHER_RECEIPTS_MAX).map(|receipts| {
				let record = Record::received(channel, before, receipts, &tab.claims);
				before = before.saturating_add(receipts.len() as u64);
				record
			});
			let received = received.collect::<Vec<_>>();
			let vouched = tab.vouchers.iter().map(|(sequence, signature)| Record::Vouched {
				channel,
				sequence: *sequence,
				signature: signature.clone(),
			});
			let began = Record::Began { channel, at: tab.base };
			[began].into_iter().chain(received).chain(vouched.collect::<Vec<_>>())
		};
		journal::payloads(self.tabs.iter().flat_map(of_tab).map(|record| record.encode()))
	}

	/// What a record changes, when it is made and when it is read again.
	pub(super) fn replay(&mut self, record: Record) -> Result<(), JournalError> {
		let unknown = || JournalError::Inconsistent("a record of a channel that did not begin");
		let held = |tab: &Tab| tab.entries.len();
		let channel = record.channel();
		let before = self.tabs.get(&channel).map_or(0, held);
		match record {
			Record::Began { channel, at } => {
				let state = self.tabs.remove(&channel).and_then(|tab| tab.state);
				let (entries, vouchers, claims) = (VecDeque::new(), BTreeMap::new(), Claims::new());
				self.tabs.insert(channel, Tab { base: at, entries, vouchers, claims, state });
			}
			Record::Received { channel, receipts } => {
				let tab = self.tabs.get_mut(&channel).ok_or_else(unknown)?;
				for receipt in receipts {
					tab.push(receipt)?;
				}
			}
			Record::Claimed { channel, receipts } => {
				let tab = self.tabs.get_mut(&channel).ok_or_else(unknown)?;
				for (receipt, claims) in receipts {
					let sequence = tab.push(receipt)?;
					if !claims.is_empty() {
						tab.claims.insert(sequence, claims);
					}
				}
			}
			Record::Vouched { channel, sequence, signature } => {
				let tab = self.tabs.get_mut(&channel).ok_or_else(unknown)?;
				if sequence <= tab.base.sequence || sequence > tab.last().sequence {
					return Err(JournalError::Inconsistent("a voucher over receipts that are not there"));
				}
				tab.vouchers.insert(sequence, signature);
			}
			Record::Redeemed { channel, sequence } => {
				let tab = self.tabs.get_mut(&channel).ok_or_else(unknown)?;
				tab.base = tab
					.point(sequence)
					.ok_or(JournalError::Inconsistent("receipts were redeemed that are not there"))?;
				tab.entries.retain(|(_, point)| point.sequence > sequence);
				tab.vouchers = tab.vouchers.split_off(&sequence.saturating_add(1));
				tab.claims = tab.claims.split_off(&sequence.saturating_add(1));
			}
			Record::Waived { channel, after } => {
				let tab = self.tabs.get_mut(&channel).ok_or_else(unknown)?;
				if after < tab.signed().sequence {
					return Err(JournalError::Inconsistent("receipts are waived that were signed for"));
				}
				tab.entries.retain(|(_, point)| point.sequence <= after);
				tab.claims.retain(|sequence, _| *sequence <= after);
			}
			Record::Gone { channel } => {
				self.tabs.remove(&channel).ok_or_else(unknown)?;
			}
		}
		self.receipts = self.receipts - before + self.tabs.get(&channel).map_or(0, held);
		Ok(())
	}
}
