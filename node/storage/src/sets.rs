//! Validators by the height of the header that commits to them, for proofs of finality.
//!
//! One record for each change of the set, so that the column grows with changes and not with blocks. The bytes are
//! opaque here. Nothing else depends on the column: who loses it can fill it by importing the blocks again.

use crate::{error::StorageError, schema::*, snapshot::cf, types::BlockNumber, Database};
use rocksdb::{Direction, IteratorMode};

impl Database {
	/// Records the set that the header at `number` commits to. Not synced: the next commit is, and until then the tip's
	/// state tells the same.
	pub fn put_set(&self, number: BlockNumber, set: &[u8]) -> Result<(), StorageError> {
		Ok(self.raw().put_cf(cf(self.raw(), SETS), height_key(number), set)?)
	}

	/// The last record at or below a height: its own height, and the set. They are the validators of `number + 1`.
	pub fn last_set(&self, number: BlockNumber) -> Result<Option<(BlockNumber, Vec<u8>)>, StorageError> {
		let start = height_key(number);
		let mut records =
			self.raw().iterator_cf(cf(self.raw(), SETS), IteratorMode::From(&start, Direction::Reverse));
		records.next().map(|record| decode(record?)).transpose()
	}

	/// The records strictly between two heights in order, at most `limit`.
	pub fn sets_between(
		&self,
		after: BlockNumber,
		before: BlockNumber,
		limit: usize,
	) -> Result<Vec<(BlockNumber, Vec<u8>)>, StorageError> {
		let Some(first) = after.checked_add(1) else { return Ok(Vec::new()) };
		let start = height_key(first);
		self.raw()
			.iterator_cf(cf(self.raw(), SETS), IteratorMode::From(&start, Direction::Forward))
			.map(|record| decode(record?))
			.take_while(|record| record.as_ref().map_or(true, |(number, _)| *number < before))
			.take(limit)
			.collect()
	}
}

fn decode((key, set): (Box<[u8]>, Box<[u8]>)) -> Result<(BlockNumber, Vec<u8>), StorageError> {
	let key: [u8; 4] = key[..]
		.try_into()
		.map_err(|_| StorageError::Undecodable { what: "height", detail: "not four bytes".into() })?;
	Ok((u32::from_be_bytes(key), set.into_vec()))
}
