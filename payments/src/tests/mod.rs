//! What holds over crashes, retries and random histories; and a chain that redeems by the primitives alone.
//!
//! # Must not
//! Use [`crate::Point`] or [`crate::Voucher`] in the chain below: it is what they are measured against.

mod bytes;
mod claims;
mod files;
mod history;
mod journal;
mod ledger;
mod purse;

use crate::{Batch, ChannelState, Ledger, Limits, Point, Purse, SignRequest, Signature, Terms, Voucher};
use plexus_primitives::{
	receipt::{first_accumulator, voucher},
	AgentId, ChannelId, Content, Context, DatanetId, DatanetVersion, ModelId, Receipt,
};
use sp_core::{crypto::AccountId32, sr25519, Pair};
use sp_runtime::traits::Verify;
use std::collections::BTreeMap;

pub(crate) const GENESIS: [u8; 32] = [9; 32];
pub(crate) const SERVER: AgentId = AgentId(3);
pub(crate) const MODEL: ModelId = ModelId(5);
pub(crate) const CHANNEL: ChannelId = ChannelId(7);
pub(crate) const PLENTY: u128 = 1_000_000;

pub(crate) fn key() -> sr25519::Pair {
	sr25519::Pair::from_seed(&[1; 32])
}

pub(crate) fn signer() -> AccountId32 {
	key().public().into()
}

/// A signature of the payer's; with sr25519 two over the same bytes differ.
pub(crate) fn sign(bytes: &[u8]) -> Signature {
	key().sign(bytes).into()
}

/// A receipt that differs from those of other numbers, and costs its number.
pub(crate) fn receipt(number: u64) -> Receipt {
	let content = |first: u8| {
		let mut root = [first; 32];
		root[..8].copy_from_slice(&number.to_le_bytes());
		Content { root, len: number + 1 }
	};
	Receipt {
		model: MODEL,
		prompt: content(1),
		context: None,
		output: content(2),
		fee: number.into(),
		disclose: number.is_multiple_of(2),
		execution: None,
	}
}

pub(crate) fn receipts(numbers: std::ops::RangeInclusive<u64>) -> Vec<Receipt> {
	numbers.map(receipt).collect()
}

pub(crate) fn context() -> Context {
	Context { root: [8; 32], bytes: 100 }
}

pub(crate) fn start() -> Point {
	Point::start(&GENESIS, CHANNEL)
}

pub(crate) fn state() -> ChannelState {
	state_of(CHANNEL)
}

pub(crate) fn state_of(id: ChannelId) -> ChannelState {
	ChannelState {
		id,
		payer: [2; 32].into(),
		server: SERVER,
		terms: Terms {
			signer: signer(),
			models: vec![MODEL, ModelId(6)],
			corpora: vec![(DatanetId(1), DatanetVersion(1))],
		},
		closing: false,
		ends_at_ms: 1_000_000,
		locked: PLENTY,
		redeemed: Point::start(&GENESIS, id),
	}
}

/// A voucher of the payer's over a channel's receipts from the first on.
pub(crate) fn voucher_over(channel: ChannelId, receipts: &[Receipt]) -> Signature {
	let at = Point::start(&GENESIS, channel).after_all(receipts).expect("small sums");
	sign(&Voucher::signed_bytes(&GENESIS, channel, &at))
}

pub(crate) fn request(first: u64, receipts: &[Receipt]) -> SignRequest<'_> {
	SignRequest { channel: CHANNEL, first, receipts, ceiling: PLENTY }
}

pub(crate) fn purse(disk: &crate::crash::CrashDisk) -> Purse {
	Purse::open(disk.boxed(), GENESIS, signer()).expect("a journal that opens")
}

pub(crate) fn limits() -> Limits {
	Limits { channels: 4, receipts: 1_000, unsigned_receipts: 3, unsigned_fees: 1_000, ..Limits::USUAL }
}

pub(crate) fn ledger(disk: &crate::crash::CrashDisk) -> Ledger {
	Ledger::open(disk.boxed(), GENESIS, SERVER, limits()).expect("a journal that opens")
}

/// A chain that knows channels as the pallet does: sequences, sums and accumulators are computed, not sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
	channels: BTreeMap<ChannelId, OnChain>,
}

#[derive(Clone, Debug)]
struct OnChain {
	locked: u128,
	redeemed: u128,
	sequence: u64,
	acc: [u8; 32],
	closing: bool,
	/// Every receipt that was paid, in order.
	paid: Vec<Receipt>,
}

impl Chain {
	pub(crate) fn open(&mut self, channel: ChannelId, locked: u128) {
		let acc = first_accumulator(&GENESIS, channel);
		let fresh = OnChain { locked, redeemed: 0, sequence: 0, acc, closing: false, paid: vec![] };
		assert!(self.channels.insert(channel, fresh).is_none(), "ids are never reused");
	}

	pub(crate) fn top_up(&mut self, channel: ChannelId, amount: u128) {
		self.channels.get_mut(&channel).expect("it is open").locked += amount;
	}

	pub(crate) fn close(&mut self, channel: ChannelId) {
		self.channels.get_mut(&channel).expect("it is open").closing = true;
	}

	pub(crate) fn paid(&self, channel: ChannelId) -> &[Receipt] {
		&self.channels[&channel].paid
	}

	pub(crate) fn state(&self, channel: ChannelId) -> Option<ChannelState> {
		let found = self.channels.get(&channel)?;
		let OnChain { locked, redeemed, sequence, acc, closing, .. } = *found;
		let redeemed = Point { sequence, cumulative: redeemed, acc };
		Some(ChannelState { locked, redeemed, closing, ..state_of(channel) })
	}

	/// Redeems all of a batch or nothing.
	pub(crate) fn submit(&mut self, batch: &Batch) -> Result<(), &'static str> {
		let mut after = self.clone();
		let ids: Vec<_> = batch.redemptions.iter().map(|one| one.channel).collect();
		if ids.is_empty() || !ids.windows(2).all(|pair| pair[0] < pair[1]) {
			return Err("channels are not ascending");
		}
		if batch.receipts() > 256 || batch.redemptions.len() > 16 {
			return Err("too many");
		}
		for redemption in &batch.redemptions {
			let channel = after.channels.get_mut(&redemption.channel).ok_or("unknown channel")?;
			if redemption.receipts.is_empty() {
				return Err("nothing to redeem");
			}
			for receipt in &redemption.receipts {
				channel.sequence += 1;
				channel.acc = receipt.accumulate(&channel.acc, channel.sequence);
				channel.redeemed += receipt.fee;
				channel.locked = channel.locked.checked_sub(receipt.fee).ok_or("exceeds locked")?;
				channel.paid.push(*receipt);
			}
			let OnChain { redeemed, sequence, acc, .. } = channel;
			let signed = voucher(&GENESIS, redemption.channel, *redeemed, *sequence, acc);
			if !redemption.signature.verify(&signed[..], &signer()) {
				return Err("invalid voucher");
			}
		}
		*self = after;
		Ok(())
	}
}
