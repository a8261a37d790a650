//! An owned RocksDB snapshot: the view that a [`crate::State`] reads through.

use crate::{error::StorageError, handle::Handle, types::Pair};
use rocksdb::{Direction, IteratorMode, ReadOptions, SnapshotWithThreadMode, DB};
use std::sync::Arc;

type Borrowed<'a> = SnapshotWithThreadMode<'a, DB>;

self_cell::self_cell!(
	struct Cell {
		owner: Arc<Handle>,
		#[covariant]
		dependent: Borrowed,
	}
);

/// A frozen view of the whole database.
pub struct Snapshot(Cell);

impl Snapshot {
	pub fn new(db: Arc<Handle>) -> Self {
		Self(Cell::new(db, |db| db.snapshot()))
	}

	pub fn get(&self, column: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
		let value = self.0.borrow_dependent().get_pinned_cf(cf(self.0.borrow_owner(), column), key)?;
		Ok(value.map(|value| value.to_vec()))
	}

	/// First key at or after `from`, strictly after when `exclusive`.
	pub fn next_key(
		&self,
		column: &'static str,
		from: &[u8],
		exclusive: bool,
	) -> Result<Option<Vec<u8>>, StorageError> {
		let mut iter = self.0.borrow_dependent().raw_iterator_cf(cf(self.0.borrow_owner(), column));
		iter.seek(from);
		if exclusive && iter.key() == Some(from) {
			iter.next();
		}
		iter.status()?;
		Ok(iter.key().map(<[u8]>::to_vec))
	}

	/// Keys of `column` that start with `prefix`, from `from` on in the given direction, strictly behind it when
	/// `exclusive`; at most `limit`.
	pub fn keys_from(
		&self,
		column: &'static str,
		prefix: &[u8],
		from: &[u8],
		direction: Direction,
		exclusive: bool,
		limit: usize,
	) -> Result<Vec<Vec<u8>>, StorageError> {
		let mut iter = self.0.borrow_dependent().raw_iterator_cf(cf(self.0.borrow_owner(), column));
		match direction {
			Direction::Forward => iter.seek(from),
			Direction::Reverse => iter.seek_for_prev(from),
		}
		let mut keys = Vec::new();
		while let Some(key) = iter.key().filter(|key| key.starts_with(prefix)) {
			if keys.len() >= limit {
				break;
			}
			if !(exclusive && key == from) {
				keys.push(key.to_vec());
			}
			match direction {
				Direction::Forward => iter.next(),
				Direction::Reverse => iter.prev(),
			}
		}
		iter.status()?;
		Ok(keys)
	}

	/// Pairs of `column` whose key starts with `prefix`, after `start_after`, in order, at most `limit`.
	pub fn pairs(
		&self,
		column: &'static str,
		prefix: &[u8],
		start_after: Option<&[u8]>,
		limit: usize,
	) -> Result<Vec<Pair>, StorageError> {
		let start = start_after.filter(|s| *s >= prefix).unwrap_or(prefix);
		let mut options = ReadOptions::default();
		options.set_readahead_size(0);
		let iter = self.0.borrow_dependent().iterator_cf_opt(
			cf(self.0.borrow_owner(), column),
			options,
			IteratorMode::From(start, rocksdb::Direction::Forward),
		);
		let mut found = Vec::new();
		for pair in iter {
			let (key, value) = pair?;
			if !key.starts_with(prefix) || found.len() >= limit {
				break;
			}
			if start_after.is_some_and(|s| s == &key[..]) {
				continue;
			}
			found.push((key.into_vec(), value.into_vec()));
		}
		Ok(found)
	}
}

/// The handle of a column that [`crate::schema::COLUMNS`] names.
pub fn cf<'a>(db: &'a DB, column: &'static str) -> &'a rocksdb::ColumnFamily {
	db.cf_handle(column).expect("every column of the schema is created when the database is opened")
}
