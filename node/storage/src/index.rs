//! The index: events by what they are about.
//!
//! ```text
//! record   0 ‖ height (u32 BE) ‖ position (u32 BE)             →  IndexedEvent       once for each event
//! entry    subject ‖ height (u32 BE) ‖ position (u32 BE)       →  nothing            once for each of its subjects
//! sum      255 ‖ key                                           →  u128               all that events added under the key
//! ```
//!
//! A subject's bytes are opaque here (`plexus_primitives::subject` makes them), except that none begins with 0 or 255 and none
//! with another. An entry's place, height and position, never changes and new ones are behind it: that makes it a cursor.
//!
//! # Must not
//! Be asked by consensus or execution: what stands here is a copy of what blocks say, and a node without it is as good a node.
//!
//! # Invariants
//! - A block's entries and the mark of how far the index reaches are one batch. Not synced: the next commit is, and what a
//!   crash takes away is indexed again.
//! - From [`IndexMark::complete_from`] to [`IndexMark::indexed_to`] no block is missing. Below it there may be entries of
//!   an earlier run; each is true, some may be missing.
//! - A sum is of the blocks that its own mark ([`Sums::mark`]) names and of no other: behind a gap all sums begin anew.

use crate::{
	error::StorageError,
	schema::*,
	snapshot::{cf, Snapshot},
	types::{BlockNumber, Hash},
	Database,
};
use codec::{Decode, DecodeAll, Encode};
use rocksdb::{Direction, WriteBatch, WriteOptions};
use std::collections::BTreeMap;

/// What a record's key begins with, and no subject.
const RECORD: u8 = 0;
/// What a sum's key begins with, and no subject.
const SUM: u8 = 0xff;
/// Height and position.
const PLACE_BYTES: usize = 8;
/// Behind every key.
const END: [u8; 64] = [0xff; 64];

/// The most events of one answer.
pub const PAGE_MAX: usize = 256;

/// Where an event is in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
	/// Height of its block.
	pub number: BlockNumber,
	/// Its place among the block's events.
	pub position: u32,
}

/// An event as the index keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IndexedEvent {
	/// Place and hash of the extrinsic that it belongs to.
	pub extrinsic: Option<(u32, Hash)>,
	/// The runtime version that encoded the event.
	pub spec_version: u32,
	/// The SCALE-encoded event.
	pub event: Vec<u8>,
}

/// What a block adds to the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
	/// Place of the event in its block.
	pub position: u32,
	/// The event.
	pub event: IndexedEvent,
	/// Keys of its subjects.
	pub subjects: Vec<Vec<u8>>,
	/// What it adds to sums, each under its key.
	pub adds: Vec<(Vec<u8>, u128)>,
}

/// How far the index reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IndexMark {
	/// The first block from which on nothing is missing.
	pub complete_from: BlockNumber,
	/// The last block in it.
	pub indexed_to: BlockNumber,
}

/// What events added up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
	/// For each key that was asked for.
	pub amounts: Vec<u128>,
	/// The blocks whose events they are of; none before the first. It may begin later than the index: where this was made
	/// by a release that knew no sums, or has a gap.
	pub mark: Option<IndexMark>,
}

/// In which order events are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
	/// The latest first.
	NewestFirst,
	/// The earliest first.
	OldestFirst,
}

/// One page of a subject's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
	/// At most [`PAGE_MAX`]. The place of the last is the cursor of the next page.
	pub events: Vec<(Place, IndexedEvent)>,
	/// Whether there are none behind them.
	pub is_last: bool,
	/// How far the index reached when this was read; none before its first block.
	pub mark: Option<IndexMark>,
}

impl Place {
	fn key(self) -> [u8; PLACE_BYTES] {
		let mut key = [0; PLACE_BYTES];
		key[..4].copy_from_slice(&self.number.to_be_bytes());
		key[4..].copy_from_slice(&self.position.to_be_bytes());
		key
	}

	fn of(key: &[u8]) -> Option<Self> {
		let (number, position) = key.split_at_checked(4)?;
		Some(Self {
			number: u32::from_be_bytes(number.try_into().ok()?),
			position: u32::from_be_bytes(position.try_into().ok()?),
		})
	}
}

impl Database {
	/// How far the index reaches; `None` before its first block.
	pub fn index_mark(&self) -> Result<Option<IndexMark>, StorageError> {
		mark(self.raw().get_cf(cf(self.raw(), META), META_INDEX)?)
	}

	/// Adds a block's events. A block that does not follow the last one begins a new stretch: the index is complete from it
	/// on. One that is in the index already changes nothing.
	///
	/// Must be called by one writer only. On error nothing was written.
	pub fn put_index(&self, number: BlockNumber, entries: &[NewEntry]) -> Result<(), StorageError> {
		let complete_from = match self.index_mark()? {
			Some(mark) if number <= mark.indexed_to => return Ok(()),
			Some(mark) if number - 1 == mark.indexed_to => mark.complete_from,
			_ => number,
		};
		let db = self.raw();
		let column = cf(db, INDEX);
		let (mut batch, mut added) = (WriteBatch::default(), BTreeMap::<&[u8], u128>::new());
		for NewEntry { position, event, subjects, adds } in entries {
			let place = Place { number, position: *position }.key();
			batch.put_cf(column, record_key(&place), event.encode());
			for subject in subjects {
				debug_assert!(
					subject.first().is_some_and(|kind| ![RECORD, SUM].contains(kind)),
					"{subject:?}"
				);
				batch.put_cf(column, [subject, &place[..]].concat(), []);
			}
			for (key, amount) in adds {
				let sum = added.entry(key).or_default();
				*sum = sum.saturating_add(*amount);
			}
		}
		self.put_sums(&mut batch, number, added)?;
		let mark = IndexMark { complete_from, indexed_to: number };
		batch.put_cf(cf(db, META), META_INDEX, mark.encode());
		let mut options = WriteOptions::default();
		// Where the disk falls behind, it is this that waits.
		options.set_low_pri(true);
		Ok(db.write_opt(batch, &options)?)
	}

	/// Adds to sums. They are of one stretch of blocks: one that does not follow on it begins them anew.
	fn put_sums(
		&self,
		batch: &mut WriteBatch,
		number: BlockNumber,
		added: BTreeMap<&[u8], u128>,
	) -> Result<(), StorageError> {
		let db = self.raw();
		let (column, meta) = (cf(db, INDEX), cf(db, META));
		let follows = |stretch: &IndexMark| stretch.indexed_to.checked_add(1) == Some(number);
		let stretch = mark(db.get_cf(meta, META_SUMS)?)?.filter(follows);
		if stretch.is_none() {
			batch.delete_range_cf(column, [SUM].as_slice(), END.as_slice());
		}
		for (key, amount) in added {
			let key = sum_key(key);
			let before = match stretch {
				Some(_) => sum(db.get_cf(column, &key)?)?,
				None => 0,
			};
			batch.put_cf(column, key, before.saturating_add(amount).encode());
		}
		let complete_from = stretch.map_or(number, |stretch| stretch.complete_from);
		batch.put_cf(meta, META_SUMS, IndexMark { complete_from, indexed_to: number }.encode());
		Ok(())
	}

	/// What events added under each of these keys; 0 where none did.
	pub fn sums(&self, keys: &[Vec<u8>]) -> Result<Sums, StorageError> {
		let snapshot = Snapshot::new(self.raw_handle().clone());
		let amount = |key: &Vec<u8>| sum(snapshot.get(INDEX, &sum_key(key))?);
		Ok(Sums {
			amounts: keys.iter().map(amount).collect::<Result<_, _>>()?,
			mark: mark(snapshot.get(META, META_SUMS)?)?,
		})
	}

	/// Goes over a block whose events are not to be had: the index is complete from the one after it on.
	pub fn skip_index(&self, number: BlockNumber) -> Result<(), StorageError> {
		let mark = IndexMark { complete_from: number.saturating_add(1), indexed_to: number };
		Ok(self.raw().put_cf(cf(self.raw(), META), META_INDEX, mark.encode())?)
	}

	/// Empties the index.
	pub fn clear_index(&self) -> Result<(), StorageError> {
		let db = self.raw();
		let mut batch = WriteBatch::default();
		batch.delete_range_cf(cf(db, INDEX), [].as_slice(), END.as_slice());
		batch.delete_cf(cf(db, META), META_INDEX);
		batch.delete_cf(cf(db, META), META_SUMS);
		let mut options = WriteOptions::default();
		options.set_sync(true);
		Ok(db.write_opt(batch, &options)?)
	}

	/// About how many bytes the index takes on disk.
	pub fn index_bytes(&self) -> Result<u64, StorageError> {
		let bytes =
			self.raw().property_int_value_cf(cf(self.raw(), INDEX), "rocksdb.total-sst-files-size")?;
		Ok(bytes.unwrap_or(0))
	}

	/// A page of a subject's events behind `after`, in the order asked for; at most [`PAGE_MAX`].
	///
	/// Following the last place of each page visits every event once that was there at the first, and none twice, whatever
	/// is indexed meanwhile.
	pub fn history(
		&self,
		subject: &[u8],
		order: Order,
		after: Option<Place>,
		limit: usize,
	) -> Result<HistoryPage, StorageError> {
		self.history_of_any(&[subject], order, after, limit)
	}

	/// The same of the events that are about any of these subjects, each once.
	pub fn history_of_any(
		&self,
		subjects: &[&[u8]],
		order: Order,
		after: Option<Place>,
		limit: usize,
	) -> Result<HistoryPage, StorageError> {
		let limit = limit.clamp(1, PAGE_MAX);
		let snapshot = Snapshot::new(self.raw_handle().clone());
		let mut places = any_places(&snapshot, subjects, order, after, limit + 1)?;
		let is_last = places.len() <= limit;
		places.truncate(limit);
		let event = |place: Place| -> Result<(Place, IndexedEvent), StorageError> {
			let record = snapshot.get(INDEX, &record_key(&place.key()))?;
			let record = record.ok_or_else(|| {
				StorageError::Corrupt(format!(
					"the index names event {} of block {} and has none; `plexus index rebuild` makes it anew",
					place.position, place.number
				))
			})?;
			Ok((place, decode("indexed event", &record)?))
		};
		Ok(HistoryPage {
			events: places.into_iter().map(event).collect::<Result<_, _>>()?,
			is_last,
			mark: mark(snapshot.get(META, META_INDEX)?)?,
		})
	}
}

/// The first places of any of the subjects: they are among the first so many of each.
fn any_places(
	snapshot: &Snapshot,
	subjects: &[&[u8]],
	order: Order,
	after: Option<Place>,
	limit: usize,
) -> Result<Vec<Place>, StorageError> {
	let mut found = Vec::new();
	for subject in subjects {
		found.extend(places(snapshot, subject, order, after, limit)?);
	}
	found.sort_unstable();
	found.dedup();
	if order == Order::NewestFirst {
		found.reverse();
	}
	Ok(found)
}

fn places(
	snapshot: &Snapshot,
	subject: &[u8],
	order: Order,
	after: Option<Place>,
	limit: usize,
) -> Result<Vec<Place>, StorageError> {
	let (direction, first) = match order {
		Order::NewestFirst => (Direction::Reverse, [0xff; PLACE_BYTES]),
		Order::OldestFirst => (Direction::Forward, [0; PLACE_BYTES]),
	};
	let from = [subject, &after.map_or(first, Place::key)[..]].concat();
	let keys = snapshot.keys_from(INDEX, subject, &from, direction, after.is_some(), limit)?;
	let place = |key: Vec<u8>| {
		Place::of(&key[subject.len()..]).ok_or_else(|| StorageError::Undecodable {
			what: "index entry",
			detail: format!("its key has {} bytes", key.len()),
		})
	};
	keys.into_iter().map(place).collect()
}

fn record_key(place: &[u8; PLACE_BYTES]) -> [u8; 1 + PLACE_BYTES] {
	let mut key = [RECORD; 1 + PLACE_BYTES];
	key[1..].copy_from_slice(place);
	key
}

fn sum_key(key: &[u8]) -> Vec<u8> {
	[&[SUM][..], key].concat()
}

fn sum(bytes: Option<Vec<u8>>) -> Result<u128, StorageError> {
	bytes.map_or(Ok(0), |bytes| decode("sum of the index", &bytes))
}

fn mark(bytes: Option<Vec<u8>>) -> Result<Option<IndexMark>, StorageError> {
	bytes.map(|bytes| decode("mark of the index", &bytes)).transpose()
}

fn decode<T: Decode>(what: &'static str, bytes: &[u8]) -> Result<T, StorageError> {
	T::decode_all(&mut &bytes[..]).map_err(|e| StorageError::Undecodable { what, detail: e.to_string() })
}

#[cfg(test)]
mod tests;
