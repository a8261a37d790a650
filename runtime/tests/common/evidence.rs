//! Bytes that are off chain, and what is shown of them.
//!
//! # Must not
//! Know the chain: everything here follows from bytes and receipts alone.

use frame_support::traits::Get;
use plexus_primitives::{
	challenge::Path,
	merkle,
	prove::{prove_reader, ProvenContent},
	prove_slice::prove_slice,
	BatchId, ChannelId, Content, Context, ContextLeaf, Receipt, ReceiptProof,
};
use sp_runtime::traits::{BlakeTwo256, Hash};
use sp_runtime::BoundedVec;
use std::io::Cursor;

/// A bounded list.
pub fn listed<Item, B: Get<u32>>(items: impl IntoIterator<Item = Item>) -> BoundedVec<Item, B> {
	items.into_iter().collect::<Vec<_>>().try_into().ok().expect("the test stays within the bound")
}

/// Bytes of which no two pieces of 32 are alike; different for each seed.
pub fn text(seed: u64, len: usize) -> Vec<u8> {
	let blocks = (0u64..).map(|block| BlakeTwo256::hash_of(&(seed, block)).0);
	blocks.flatten().take(len).collect()
}

pub fn prove(bytes: &[u8]) -> ProvenContent {
	prove_reader(bytes, |_| {}).expect("bytes in memory can be read, and there are some")
}

pub fn content(bytes: &[u8]) -> Content {
	prove(bytes).content
}

/// The slice of the last byte.
pub fn length_proof<B: Get<u32>>(bytes: &[u8]) -> BoundedVec<u8, B> {
	listed(prove(bytes).length_proof)
}

/// The Bao slice of a range.
pub fn slice<B: Get<u32>>(bytes: &[u8], start: u64, length: u64) -> BoundedVec<u8, B> {
	listed(prove_slice(Cursor::new(bytes), start, length).expect("the range is within the bytes").slice)
}

/// A context of these pieces.
pub fn context(pieces: &[ContextLeaf]) -> Context {
	let leaves: Vec<_> = pieces.iter().map(ContextLeaf::leaf).collect();
	let bytes = pieces.iter().map(|piece| piece.length).sum();
	Context { root: merkle::root(&leaves).expect("there are pieces"), bytes }
}

/// The way of a piece to its context's root.
pub fn path_of_piece(pieces: &[ContextLeaf], place: usize) -> Path {
	let leaves: Vec<_> = pieces.iter().map(ContextLeaf::leaf).collect();
	listed(merkle::prove(&leaves, place).expect("the piece is there"))
}

/// A batch of one channel that was submitted, with what its server keeps of it.
#[derive(Clone, Debug)]
pub struct Filed {
	pub batch: BatchId,
	pub channel: ChannelId,
	pub first_sequence: u64,
	pub receipts: Vec<Receipt>,
}

impl Filed {
	fn leaves(&self) -> Vec<[u8; 32]> {
		let leaf = |(receipt, sequence): (&Receipt, u64)| receipt.leaf(self.channel, sequence);
		self.receipts.iter().zip(self.first_sequence..).map(leaf).collect()
	}

	/// The Merkle root of its receipts.
	pub fn root(&self) -> [u8; 32] {
		merkle::root(&self.leaves()).expect("there are receipts")
	}

	/// That a receipt is in the batch.
	pub fn proof(&self, place: u32) -> ReceiptProof {
		let path = merkle::prove(&self.leaves(), place as usize).expect("it is there");
		ReceiptProof {
			channel: self.channel,
			sequence: self.first_sequence + u64::from(place),
			receipt: self.receipts[place as usize],
			path: listed(path),
		}
	}
}
