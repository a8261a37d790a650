//! What payer and server of a payment channel agree on, request by request, and what the payer signs for it.
//!
//! ```text
//! acc(0)   = BLAKE3(domain(Receipts) ‖ channel)
//! acc(s)   = BLAKE3(acc(s - 1) ‖ s ‖ model ‖ prompt ‖ context ‖ output ‖ fee ‖ disclose)        s = 1, 2, …
//! voucher  = domain(Voucher) ‖ channel ‖ cumulative ‖ s ‖ acc(s)                                signed by the signer
//! ```
//!
//! Everything but hashes and domains is SCALE, and self-delimiting, so that no bytes can be read in two ways. One
//! signature covers every request of the channel so far and its content. Since the accumulator begins with chain and
//! channel, it differs between chains and channels even where the receipts are the same.
//!
//! # Must not
//! Know a balance or a channel's terms, or put into the accumulator what the payer does not see: the execution commitment
//! is the server's statement alone.

use crate::{constants::Balance, purpose::Purpose, ChannelId, Content, ModelId};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The texts that an agent retrieved and put before the model.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize))]
pub struct Context {
	/// The [`crate::merkle`] root over leaves of (contribution, offset, length) in SCALE.
	pub root: [u8; 32],
	/// The bytes of all of them together; at least one.
	pub bytes: u64,
}

/// One paid request. Its sequence is its place in the channel, the first is 1: it is not written down, so that no receipt
/// can be replayed or left out.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize))]
pub struct Receipt {
	/// The model that was asked.
	pub model: ModelId,
	/// What the user put in.
	pub prompt: Content,
	/// What was retrieved for it.
	pub context: Option<Context>,
	/// What came out.
	pub output: Content,
	/// What the payer owes for it.
	pub fee: Balance,
	/// Whether the payer agrees that the output may be shown to prove where it came from.
	pub disclose: bool,
	/// What the server says about how it was computed. Opaque, and not covered by the payer's signature.
	pub execution: Option<[u8; 32]>,
}

impl Receipt {
	/// The accumulator after this receipt, which is the `sequence`-th of its channel.
	pub fn accumulate(&self, acc: &[u8; 32], sequence: u64) -> [u8; 32] {
		let Self { model, prompt, context, output, fee, disclose, execution: _ } = self;
		let agreed = (sequence, model, prompt, context, output, fee, disclose).encode();
		*blake3::Hasher::new().update(acc).update(&agreed).finalize().as_bytes()
	}

	/// Its leaf in the tree of a batch: all of it, with channel and sequence.
	pub fn leaf(&self, channel: ChannelId, sequence: u64) -> [u8; 32] {
		crate::merkle::leaf(&(channel, sequence, self).encode())
	}
}

/// A receipt and its place among all of its channel's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
	/// Its channel.
	pub channel: ChannelId,
	/// Its sequence there.
	pub sequence: u64,
	/// What it says.
	pub receipt: Receipt,
}

impl Placed {
	/// Its leaf in the tree of a batch.
	pub fn leaf(&self) -> [u8; 32] {
		self.receipt.leaf(self.channel, self.sequence)
	}
}

/// The receipts of a batch in their order, from what was submitted, channel by channel, and each channel's last sequence, which
/// the event `ChannelRedeemed` tells. Nothing if a channel is none of these, or has more receipts than sequences.
pub fn place(last: &[(ChannelId, u64)], submitted: &[(ChannelId, Vec<Receipt>)]) -> Option<Vec<Placed>> {
	let mut placed = Vec::new();
	for (channel, receipts) in submitted {
		let (_, last) = last.iter().find(|(other, _)| other == channel)?;
		let before = last.checked_sub(receipts.len() as u64)?;
		for (number, receipt) in (1u64..).zip(receipts) {
			let sequence = before.checked_add(number)?;
			placed.push(Placed { channel: *channel, sequence, receipt: *receipt });
		}
	}
	Some(placed)
}

/// The accumulator of a channel without receipts.
pub fn first_accumulator(genesis_hash: &[u8; 32], channel: ChannelId) -> [u8; 32] {
	let domain = Purpose::Receipts.domain(genesis_hash);
	*blake3::Hasher::new().update(&domain).update(&channel.encode()).finalize().as_bytes()
}

/// What a voucher's signature signs: that the channel owes `cumulative` for its receipts up to `sequence`, which `acc`
/// accumulates.
pub fn voucher(
	genesis_hash: &[u8; 32],
	channel: ChannelId,
	cumulative: Balance,
	sequence: u64,
	acc: &[u8; 32],
) -> Vec<u8> {
	let mut signed = Purpose::Voucher.domain(genesis_hash).to_vec();
	(channel, cumulative, sequence, acc).encode_to(&mut signed);
	signed
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::collections::BTreeSet;

	fn receipt() -> Receipt {
		let (prompt, output) = (Content { root: [1; 32], len: 2 }, Content { root: [3; 32], len: 4 });
		let context = Some(Context { root: [5; 32], bytes: 6 });
		Receipt { model: ModelId(7), prompt, context, output, fee: 8, disclose: false, execution: None }
	}

	#[test]
	fn everything_that_both_agree_on_changes_the_accumulator() {
		let good = receipt();
		let other = Content { root: [9; 32], len: 4 };
		let changed = [
			good,
			Receipt { model: ModelId(9), ..good },
			Receipt { prompt: other, ..good },
			Receipt { context: None, ..good },
			Receipt { context: Some(Context { root: [5; 32], bytes: 9 }), ..good },
			Receipt { output: other, ..good },
			Receipt { fee: 9, ..good },
			Receipt { disclose: true, ..good },
		];
		let mut accs: BTreeSet<_> = changed.iter().map(|one| one.accumulate(&[0; 32], 1)).collect();
		accs.insert(good.accumulate(&[0; 32], 2));
		accs.insert(good.accumulate(&[1; 32], 1));
		assert_eq!(accs.len(), changed.len() + 2);
	}

	#[test]
	fn what_the_server_says_alone_is_in_the_leaf_and_not_in_the_accumulator() {
		let said = Receipt { execution: Some([9; 32]), ..receipt() };
		assert_eq!(said.accumulate(&[0; 32], 1), receipt().accumulate(&[0; 32], 1));
		assert_ne!(said.leaf(ChannelId(0), 1), receipt().leaf(ChannelId(0), 1));
		assert_ne!(said.leaf(ChannelId(0), 1), said.leaf(ChannelId(1), 1));
		assert_ne!(said.leaf(ChannelId(0), 1), said.leaf(ChannelId(0), 2));
	}

	#[test]
	fn sequences_end_with_the_last_one_that_was_redeemed() {
		let (first, second) = (receipt(), Receipt { fee: 9, ..receipt() });
		let submitted = [(ChannelId(1), [first, second].to_vec()), (ChannelId(2), [first].to_vec())];
		let placed = place(&[(ChannelId(2), 1), (ChannelId(1), 9)], &submitted).expect("both were redeemed");
		let told: Vec<_> = placed.iter().map(|one| (one.channel.0, one.sequence, one.receipt)).collect();
		assert_eq!(told, [(1, 8, first), (1, 9, second), (2, 1, first)]);
		assert_eq!(placed[1].leaf(), second.leaf(ChannelId(1), 9));
		assert_eq!(place(&[(ChannelId(1), 9)], &submitted), None, "a channel is missing");
		assert_eq!(place(&[(ChannelId(1), 1), (ChannelId(2), 1)], &submitted), None, "too few were redeemed");
		let last = place(&[(ChannelId(2), u64::MAX)], &submitted[1..]).expect("it is the last there can be");
		assert_eq!(last[0].sequence, u64::MAX);
	}

	#[test]
	fn vouchers_and_accumulators_are_of_one_chain_and_one_channel() {
		let of = |genesis: u8, channel: u64| {
			let (genesis, channel) = ([genesis; 32], ChannelId(channel));
			(first_accumulator(&genesis, channel), voucher(&genesis, channel, 1, 1, &[0; 32]))
		};
		let all = [of(0, 0), of(0, 1), of(1, 0)];
		assert_eq!(all.iter().map(|(acc, _)| acc).collect::<BTreeSet<_>>().len(), 3);
		assert_eq!(all.iter().map(|(_, signed)| signed).collect::<BTreeSet<_>>().len(), 3);
	}

	#[test]
	fn the_layouts_are_the_documented_ones() {
		let (genesis, channel) = ([1; 32], ChannelId(2));
		let first = [&b"plexus/receipts\0"[..], &[1; 32], &2u64.to_le_bytes()].concat();
		assert_eq!(first_accumulator(&genesis, channel), *blake3::hash(&first).as_bytes());
		let signed = [
			&b"plexus/voucher\0\0"[..],
			&[1; 32],
			&2u64.to_le_bytes(),
			&3u128.to_le_bytes(),
			&4u64.to_le_bytes(),
			&[5; 32],
		]
		.concat();
		assert_eq!(voucher(&genesis, channel, 3, 4, &[5; 32]), signed);
		let agreed = [
			&[6; 32][..],         // acc
			&1u64.to_le_bytes(),  // sequence
			&7u64.to_le_bytes(),  // model
			&[1; 32],             // prompt
			&2u64.to_le_bytes(),  // its length
			&[1],                 // there is a context
			&[5; 32],             // its root
			&6u64.to_le_bytes(),  // its bytes
			&[3; 32],             // output
			&4u64.to_le_bytes(),  // its length
			&8u128.to_le_bytes(), // fee
			&[0],                 // not disclosed
		]
		.concat();
		assert_eq!(receipt().accumulate(&[6; 32], 1), *blake3::hash(&agreed).as_bytes());
	}
}
