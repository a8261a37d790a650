//! Transactions in batches, as they travel.
//!
//! ```text
//! batch := version u8 | count u16 | count × (length u32 | bytes)        all little-endian, nothing behind
//! ```
//!
//! # Must not
//! Look into transactions.
//!
//! # Invariants
//! - A batch holds 1 to [`BATCH_COUNT_MAX`] transactions, none empty, none longer than [`TRANSACTION_BYTES_MAX`]; all
//!   together at most [`BATCH_BYTES_MAX`] bytes, unless it is a single one.
//! - Decoding allocates no more than the message itself.

use crate::handle::TRANSACTION_BYTES_MAX;
use bytes::Bytes;

/// Transactions in one batch: as many as a node validates in some 25 ms, since a batch is forwarded as a whole.
pub const BATCH_COUNT_MAX: usize = 256;

/// Bytes of transactions in one batch, unless it is a single one.
pub const BATCH_BYTES_MAX: usize = 256 << 10;

/// Version of the format.
const BATCH_VERSION: u8 = 1;

/// Bytes before the first transaction.
const HEAD_BYTES: usize = 3;

/// Why bytes are not a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
	/// Another version of the format.
	#[error("batch version {0}; this node speaks {BATCH_VERSION}")]
	Version(u8),
	/// No transaction, or too many.
	#[error("a batch of {0} transactions; 1 to {BATCH_COUNT_MAX} are allowed")]
	Count(usize),
	/// A transaction that is empty or too long.
	#[error("a transaction of {0} bytes; 1 to {TRANSACTION_BYTES_MAX} are allowed")]
	Length(usize),
	/// Too long for more than one transaction.
	#[error("{0} bytes of transactions; at most {BATCH_BYTES_MAX} travel together")]
	Bytes(usize),
	/// Ends within a transaction or its length.
	#[error("ends too early")]
	Truncated,
	/// Bytes after the last transaction.
	#[error("{0} bytes after the last transaction")]
	Trailing(usize),
}

/// Encodes transactions that [`Batcher`] put together.
fn encode(transactions: &[Vec<u8>]) -> Vec<u8> {
	let bytes: usize = transactions.iter().map(|transaction| 4 + transaction.len()).sum();
	let mut batch = Vec::with_capacity(HEAD_BYTES + bytes);
	batch.push(BATCH_VERSION);
	batch.extend((transactions.len() as u16).to_le_bytes());
	for transaction in transactions {
		batch.extend((transaction.len() as u32).to_le_bytes());
		batch.extend(transaction);
	}
	batch
}

/// Decodes a batch.
///
/// # Errors
/// [`BatchError`]: every one is its sender's fault.
pub fn decode(mut message: Bytes) -> Result<Vec<Bytes>, BatchError> {
	if message.len() < HEAD_BYTES {
		return Err(BatchError::Truncated);
	}
	let head = message.split_to(HEAD_BYTES);
	if head[0] != BATCH_VERSION {
		return Err(BatchError::Version(head[0]));
	}
	let count = usize::from(u16::from_le_bytes([head[1], head[2]]));
	if !(1..=BATCH_COUNT_MAX).contains(&count) {
		return Err(BatchError::Count(count));
	}
	let mut transactions = Vec::with_capacity(count);
	let mut bytes = 0;
	for _ in 0..count {
		let Some(length) = message.first_chunk::<4>() else { return Err(BatchError::Truncated) };
		let length = u32::from_le_bytes(*length) as usize;
		if !(1..=TRANSACTION_BYTES_MAX).contains(&length) {
			return Err(BatchError::Length(length));
		}
		if message.len() < 4 + length {
			return Err(BatchError::Truncated);
		}
		transactions.push(message.split_to(4 + length).slice(4..));
		bytes += length;
	}
	match message.len() {
		0 if count > 1 && bytes > BATCH_BYTES_MAX => Err(BatchError::Bytes(bytes)),
		0 => Ok(transactions),
		trailing => Err(BatchError::Trailing(trailing)),
	}
}

/// Collects transactions into batches.
#[derive(Debug, Default)]
pub struct Batcher {
	waiting: Vec<Vec<u8>>,
	bytes: usize,
}

impl Batcher {
	/// Adds a transaction; returns a batch that is full now, or was before this one. Empty and overlong transactions are
	/// dropped: nobody would take them.
	pub fn push(&mut self, transaction: Vec<u8>) -> Option<Vec<u8>> {
		if !(1..=TRANSACTION_BYTES_MAX).contains(&transaction.len()) {
			return None;
		}
		let before = match self.bytes + transaction.len() > BATCH_BYTES_MAX {
			true => self.take(),
			false => None,
		};
		self.bytes += transaction.len();
		self.waiting.push(transaction);
		match self.waiting.len() >= BATCH_COUNT_MAX {
			// A batch that was full before and one that is full now do not come together: the latter has one transaction.
			true => self.take(),
			false => before,
		}
	}

	/// Whether nothing waits.
	pub fn is_empty(&self) -> bool {
		self.waiting.is_empty()
	}

	/// The batch of what waits.
	pub fn take(&mut self) -> Option<Vec<u8>> {
		self.bytes = 0;
		let waiting = std::mem::take(&mut self.waiting);
		(!waiting.is_empty()).then(|| encode(&waiting))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// Everything that a batcher gives for these lengths, decoded.
	fn batches(lengths: impl IntoIterator<Item = usize>) -> Vec<Vec<usize>> {
		let mut batcher = Batcher::default();
		let mut given = Vec::new();
		for length in lengths {
			given.extend(batcher.push(vec![7; length]));
		}
		given.extend(batcher.take());
		assert!(batcher.is_empty());
		given
			.into_iter()
			.map(|batch| decode(batch.into()).unwrap().iter().map(Bytes::len).collect())
			.collect()
	}

	#[test]
	fn batches_are_bounded_in_count_and_bytes() {
		let many = batches([10; 2 * BATCH_COUNT_MAX + 1]);
		assert_eq!(many.iter().map(Vec::len).collect::<Vec<_>>(), [BATCH_COUNT_MAX, BATCH_COUNT_MAX, 1]);
		let large = batches([BATCH_BYTES_MAX / 2; 5]);
		assert_eq!(large.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
		let huge = batches([1, TRANSACTION_BYTES_MAX, 1, 1]);
		assert_eq!(huge, [vec![1], vec![TRANSACTION_BYTES_MAX], vec![1, 1]]);
	}

	#[test]
	fn what_nobody_would_take_is_not_sent() {
		assert_eq!(batches([0, TRANSACTION_BYTES_MAX + 1]), Vec::<Vec<usize>>::new());
	}

	#[test]
	fn contents_and_order_survive() {
		let mut batcher = Batcher::default();
		for i in 0..10u8 {
			assert_eq!(batcher.push(vec![i; usize::from(i) + 1]), None);
		}
		let decoded = decode(batcher.take().unwrap().into()).unwrap();
		assert!(decoded.iter().enumerate().all(|(i, bytes)| *bytes == vec![i as u8; i + 1]));
	}

	#[test]
	fn whatever_is_not_exactly_a_batch_is_refused() {
		let good = encode(&[vec![1, 2], vec![3]]);
		for end in 0..good.len() {
			assert_eq!(decode(good[..end].to_vec().into()), Err(BatchError::Truncated), "{end}");
		}
		assert_eq!(decode([&good[..], &[0]].concat().into()), Err(BatchError::Trailing(1)));
		let changed = |at: usize, byte: u8| {
			let mut bytes = good.clone();
			bytes[at] = byte;
			decode(bytes.into())
		};
		assert_eq!(changed(0, 9), Err(BatchError::Version(9)));
		assert_eq!(changed(1, 0), Err(BatchError::Count(0)));
		assert_eq!(changed(2, 255), Err(BatchError::Count(2 + (255 << 8))));
		assert_eq!(changed(3, 0), Err(BatchError::Length(0)));
		assert_eq!(changed(6, 255), Err(BatchError::Length(2 + (255 << 24))));
		let heavy = encode(&[vec![0; BATCH_BYTES_MAX], vec![0]]);
		assert_eq!(decode(heavy.into()), Err(BatchError::Bytes(BATCH_BYTES_MAX + 1)));
	}
}
