//! Reading blocks, certificates and undecided bodies.

use crate::{
	error::StorageError,
	schema::*,
	snapshot::cf,
	types::{Block, BlockNumber, Hash, Header},
	Database,
};
use codec::{Decode, DecodeAll, Encode};
use rocksdb::{IteratorMode, WriteBatch, WriteOptions};

/// Undecided bodies of one height: more than this are not kept (one per round is normal).
pub const UNDECIDED_PER_HEIGHT_MAX: usize = 512;

fn decode<T: Decode>(what: &'static str, bytes: &[u8]) -> Result<T, StorageError> {
	T::decode_all(&mut &bytes[..]).map_err(|e| StorageError::Undecodable { what, detail: e.to_string() })
}

impl Database {
	fn at<T: Decode>(&self, column: &'static str, key: &[u8]) -> Result<Option<T>, StorageError> {
		self.raw().get_pinned_cf(cf(self.raw(), column), key)?.map(|bytes| decode(column, &bytes)).transpose()
	}

	/// Height of the block with this hash.
	pub fn number(&self, hash: &Hash) -> Result<Option<BlockNumber>, StorageError> {
		let found = self.raw().get_pinned_cf(cf(self.raw(), NUMBERS), hash.as_bytes())?;
		found
			.map(|b| <[u8; 4]>::try_from(&b[..]).map(u32::from_be_bytes))
			.transpose()
			.map_err(|_| StorageError::Undecodable { what: "height", detail: "not four bytes".into() })
	}

	/// Hash of the block at this height.
	pub fn hash(&self, number: BlockNumber) -> Result<Option<Hash>, StorageError> {
		let tip = self.tip();
		if number == tip.number {
			return Ok(Some(tip.hash));
		}
		// The next block names its parent, which saves hashing.
		if number < tip.number {
			if let Some(next) = self.header_at(number + 1)? {
				return Ok(Some(next.parent_hash));
			}
		}
		Ok(self.header_at(number)?.map(|h| h.hash()))
	}

	/// Header at this height.
	pub fn header_at(&self, number: BlockNumber) -> Result<Option<Header>, StorageError> {
		self.at(HEADERS, &height_key(number))
	}

	/// Header of the block with this hash.
	pub fn header(&self, hash: &Hash) -> Result<Option<Header>, StorageError> {
		let tip = self.tip();
		if *hash == tip.hash {
			return Ok(Some(tip.header.clone()));
		}
		self.number(hash)?.map_or(Ok(None), |n| self.header_at(n))
	}

	/// Extrinsics of the block with this hash.
	pub fn body(&self, hash: &Hash) -> Result<Option<Vec<Vec<u8>>>, StorageError> {
		self.number(hash)?.map_or(Ok(None), |n| self.at(BODIES, &height_key(n)))
	}

	/// The block at this height.
	pub fn block(&self, number: BlockNumber) -> Result<Option<Block>, StorageError> {
		let Some(header) = self.header_at(number)? else { return Ok(None) };
		Ok(self.at(BODIES, &height_key(number))?.map(|body| Block { header, body }))
	}

	/// Commit certificate of the block at this height, in the consensus's own encoding.
	pub fn certificate(&self, number: BlockNumber) -> Result<Option<Vec<u8>>, StorageError> {
		Ok(self.raw().get_cf(cf(self.raw(), CERTIFICATES), height_key(number))?)
	}

	/// Keeps a proposed body. If `durable` it is on disk, synced, when this returns; otherwise once anything later is.
	///
	/// Bounded: beyond [`UNDECIDED_PER_HEIGHT_MAX`] bodies of one height nothing is stored and an error is returned.
	pub fn put_undecided(
		&self,
		height: BlockNumber,
		hash: &Hash,
		bytes: &[u8],
		durable: bool,
	) -> Result<(), StorageError> {
		if self.undecided_hashes(height)?.len() >= UNDECIDED_PER_HEIGHT_MAX {
			return Err(StorageError::Io(format!(
				"more than {UNDECIDED_PER_HEIGHT_MAX} undecided bodies at height {height}"
			)));
		}
		let mut batch = WriteBatch::default();
		batch.put_cf(cf(self.raw(), UNDECIDED), undecided_key(height, hash), bytes);
		let mut options = WriteOptions::default();
		options.set_sync(durable);
		Ok(self.raw().write_opt(batch, &options)?)
	}

	/// Undecided bodies of a height.
	pub fn undecided(&self, height: BlockNumber) -> Result<Vec<(Hash, Vec<u8>)>, StorageError> {
		let mut found = Vec::new();
		let start = height_key(height);
		for pair in self
			.raw()
			.iterator_cf(cf(self.raw(), UNDECIDED), IteratorMode::From(&start, rocksdb::Direction::Forward))
		{
			let (key, value) = pair?;
			if key.len() != 36 || key[..4] != start {
				break;
			}
			found.push((Hash::from_slice(&key[4..]), value.into_vec()));
		}
		Ok(found)
	}

	/// One undecided body.
	pub fn undecided_body(&self, height: BlockNumber, hash: &Hash) -> Result<Option<Vec<u8>>, StorageError> {
		Ok(self.raw().get_cf(cf(self.raw(), UNDECIDED), undecided_key(height, hash))?)
	}

	fn undecided_hashes(&self, height: BlockNumber) -> Result<Vec<Hash>, StorageError> {
		let start = height_key(height);
		let mut iter = self.raw().raw_iterator_cf(cf(self.raw(), UNDECIDED));
		iter.seek(start);
		let mut hashes = Vec::new();
		while let Some(key) = iter.key().filter(|key| key.len() == 36 && key.starts_with(&start)) {
			hashes.push(Hash::from_slice(&key[4..]));
			iter.next();
		}
		iter.status()?;
		Ok(hashes)
	}

	pub(crate) fn put_block(
		&self,
		batch: &mut WriteBatch,
		hash: &Hash,
		header: &Header,
		body: &[Vec<u8>],
		certificate: &[u8],
	) -> Result<(), StorageError> {
		let db = self.raw();
		let height = height_key(header.number);
		batch.put_cf(cf(db, HEADERS), height, header.encode());
		batch.put_cf(cf(db, BODIES), height, body.encode());
		batch.put_cf(cf(db, CERTIFICATES), height, certificate);
		batch.put_cf(cf(db, NUMBERS), hash.as_bytes(), height);
		// Lower heights lost theirs when they were decided.
		for undecided in self.undecided_hashes(header.number)? {
			batch.delete_cf(cf(db, UNDECIDED), undecided_key(header.number, &undecided));
		}
		Ok(())
	}
}
