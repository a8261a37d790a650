//! A database that is being filled with a state from elsewhere, piece by piece, until it is one like any other.
//!
//! ```text
//!   open ──► add, add, … ──► finish ──► a database whose first block with a body and a state is the one given
//!     ▲         │ each one batch: pairs, trie nodes, root so far, what is left
//!     └─────────┘ after a crash
//! ```
//!
//! # Must not
//! Know where the pairs come from, or believe them: [`StateImport::finish`] refuses unless the trie made of all of them has
//! the root that the block's header names.
//!
//! # Invariants
//! - Until it is finished there is no tip, so that [`Database::open`](crate::Database::open) refuses the directory. The last
//!   write makes block and tip and removes the mark of the import; it is one synced batch.
//! - Pairs and the caller's record of progress are written together: what is recorded as done is there.

use crate::{
	db::{open_rocksdb, Options},
	error::StorageError,
	handle::Handle,
	nodes::NodeStore,
	schema::*,
	snapshot::{cf, Snapshot},
	types::{Block, BlockNumber, Hash, Header, Pair, StateHasher},
};
use codec::{Decode, DecodeAll, Encode};
use rocksdb::{WriteBatch, WriteOptions};
use sp_state_machine::{Backend, TrieBackendBuilder};
use sp_storage::StateVersion;
use sp_trie::{empty_trie_root, LayoutV1};
use std::{path::Path, sync::Arc};

/// Where an import stands, as it is written with every piece.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Mark {
	/// Hash of block 0.
	genesis: Hash,
	/// Height of the block whose state it is.
	number: BlockNumber,
	/// Root of what is there.
	root: Hash,
	/// The caller's own record.
	progress: Vec<u8>,
}

/// A header that stands alone, with its parent's, for proofs of finality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
	/// The header.
	pub header: Header,
	/// Its parent's.
	pub parent: Header,
	/// Its certificate, in the consensus's encoding.
	pub certificate: Vec<u8>,
	/// The validators that it commits to, in the encoding of the `sets` column.
	pub set: Vec<u8>,
}

/// What the database begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
	/// Header of block 0.
	pub genesis: Header,
	/// The validators of block 1, in the encoding of the `sets` column.
	pub genesis_set: Vec<u8>,
	/// Where the validators changed between, in order.
	pub milestones: Vec<Milestone>,
	/// Header of the block's parent.
	pub parent: Header,
	/// The block whose state it is.
	pub block: Block,
	/// Its certificate, in the consensus's encoding.
	pub certificate: Vec<u8>,
}

/// Why an import does not go on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
	/// What is in the directory is something else.
	#[error("the directory holds another import, or a database that is complete")]
	Other,
	/// The pairs are not the block's state.
	#[error("the state has root {computed:?}, the block's header names {named:?}")]
	Root {
		/// In the header.
		named: Hash,
		/// Of what was imported.
		computed: Hash,
	},
	/// Reading or writing failed.
	#[error(transparent)]
	Storage(#[from] StorageError),
}

/// A database that is being filled.
pub struct StateImport {
	db: Arc<Handle>,
	mark: Mark,
}

impl StateImport {
	/// Begins an import of the state after block `number`, or goes on with it.
	///
	/// # Errors
	/// [`ImportError::Other`] if the directory holds something else; it can be removed.
	pub fn open(
		path: &Path,
		options: &Options,
		genesis: Hash,
		number: BlockNumber,
	) -> Result<Self, ImportError> {
		let db = Arc::new(Handle::new(
			open_rocksdb(path, options).map_err(|error| StorageError::Io(error.to_string()))?,
		));
		let read = |key: &[u8]| db.get_cf(cf(&db, META), key).map_err(StorageError::from);
		let mark = match (read(META_IMPORT)?, read(META_SCHEMA)?) {
			(Some(bytes), Some(version)) if version == SCHEMA_VERSION.to_le_bytes() => {
				Mark::decode_all(&mut &bytes[..]).map_err(|_| ImportError::Other)?
			}
			(None, None) => {
				let root = empty_trie_root::<LayoutV1<StateHasher>>();
				let mark = Mark { genesis, number, root, progress: Vec::new() };
				let mut batch = WriteBatch::default();
				batch.put_cf(cf(&db, META), META_SCHEMA, SCHEMA_VERSION.to_le_bytes());
				batch.put_cf(cf(&db, META), META_IMPORT, mark.encode());
				write_synced(&db, batch)?;
				mark
			}
			_ => return Err(ImportError::Other),
		};
		match (mark.genesis, mark.number) == (genesis, number) {
			true => Ok(Self { db, mark }),
			false => Err(ImportError::Other),
		}
	}

	/// The record that was written with the last piece; empty at first.
	pub fn progress(&self) -> &[u8] {
		&self.mark.progress
	}

	/// Adds pairs that are not there yet, and the caller's record of what is done with them. A crash of the machine may
	/// lose the last pieces together with their records.
	///
	/// # Errors
	/// A failed read or write; nothing was added then.
	pub fn add(&mut self, pairs: &[Pair], progress: Vec<u8>) -> Result<(), StorageError> {
		let nodes = NodeStore::new(Arc::new(Snapshot::new(self.db.clone())));
		let trie = TrieBackendBuilder::<_, StateHasher>::new(nodes.clone(), self.mark.root).build();
		let delta = pairs.iter().map(|(key, value)| (&key[..], Some(&value[..])));
		let (root, mut changed) = trie.storage_root(delta, StateVersion::V1);
		if let Some(failure) = nodes.take_failure() {
			return Err(failure);
		}
		let mark = Mark { root, progress, ..self.mark };
		let db = &self.db;
		let mut batch = WriteBatch::default();
		for (key, value) in pairs {
			batch.put_cf(cf(db, STATE), key, value);
		}
		for (key, (mut node, count)) in changed.drain() {
			match count.signum() {
				1 => {
					node.extend_from_slice(&self.mark.number.to_le_bytes());
					batch.put_cf(cf(db, NODES), &key, &node);
				}
				// There is no earlier state that could need it.
				-1 => batch.delete_cf(cf(db, NODES), &key),
				_ => {}
			}
		}
		batch.put_cf(cf(db, META), META_IMPORT, mark.encode());
		db.write(batch).map_err(StorageError::from)?;
		self.mark = mark;
		Ok(())
	}

	/// Makes the block the tip, if all that was added is its state. The database is closed then; it opens like any other.
	///
	/// # Errors
	/// [`ImportError::Root`], or a failed write. It is no database then.
	pub fn finish(self, beginning: &Beginning) -> Result<(), ImportError> {
		let Beginning { genesis, genesis_set, milestones, parent, block, certificate } = beginning;
		let (named, computed) = (block.header.state_root, self.mark.root);
		if named != computed {
			return Err(ImportError::Root { named, computed });
		}
		if (genesis.hash(), block.header.number) != (self.mark.genesis, self.mark.number) {
			return Err(ImportError::Other);
		}
		let db = &self.db;
		let mut batch = WriteBatch::default();
		let mut put_header = |header: &Header| {
			let height = height_key(header.number);
			batch.put_cf(cf(db, HEADERS), height, header.encode());
			batch.put_cf(cf(db, NUMBERS), header.hash().as_bytes(), height);
		};
		put_header(genesis);
		for milestone in milestones {
			put_header(&milestone.parent);
			put_header(&milestone.header);
		}
		put_header(parent);
		put_header(&block.header);
		batch.put_cf(cf(db, BODIES), height_key(0), Vec::<Vec<u8>>::new().encode());
		batch.put_cf(cf(db, SETS), height_key(0), genesis_set);
		for Milestone { header, certificate, set, .. } in milestones {
			batch.put_cf(cf(db, CERTIFICATES), height_key(header.number), certificate);
			batch.put_cf(cf(db, SETS), height_key(header.number), set);
		}
		let number = block.header.number;
		batch.put_cf(cf(db, BODIES), height_key(number), block.body.encode());
		batch.put_cf(cf(db, CERTIFICATES), height_key(number), certificate);
		let meta = cf(db, META);
		batch.put_cf(meta, META_GENESIS, self.mark.genesis.as_bytes());
		for key in [META_TIP, META_OLDEST_STATE, META_OLDEST_BLOCK] {
			batch.put_cf(meta, key, number.to_le_bytes());
		}
		batch.delete_cf(meta, META_IMPORT);
		write_synced(db, batch)?;
		for column in COLUMNS {
			db.flush_cf(cf(db, column)).map_err(StorageError::from)?;
		}
		Ok(())
	}
}

fn write_synced(db: &Handle, batch: WriteBatch) -> Result<(), StorageError> {
	let mut options = WriteOptions::default();
	options.set_sync(true);
	Ok(db.write_opt(batch, &options)?)
}
