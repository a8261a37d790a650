//! Opening the database and committing blocks to it.
//!
//! [`Database::commit`] is the whole choreography of a commit: build one batch, write it synced, then advance the
//! cache, the snapshot and the tip. A crash before the write leaves the old tip, after it the new one; nothing in between exists.

use crate::{
	cache::ValueCache,
	error::{OpenError, StateError, StorageError},
	handle::Handle,
	nodes,
	schema::*,
	snapshot::{cf, Snapshot},
	state::{State, StateChanges},
	types::{Block, BlockNumber, Hash, Header, StateHasher},
};
use parking_lot::RwLock;
use rocksdb::{
	checkpoint::Checkpoint, BlockBasedIndexType, BlockBasedOptions, BlockBasedTablePinningTier, Cache,
	ColumnFamilyDescriptor, DBCompressionType, DBRecoveryMode, DataBlockIndexType, WaitForCompactOptions,
	WriteBatch, WriteOptions, DB,
};
use sp_state_machine::Backend;
use sp_storage::StateVersion;
use sp_trie::cache::{CacheSize, SharedTrieCache};
use std::{
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicU32, Ordering},
		Arc,
	},
};

/// How much past state is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatePruning {
	/// Every block's.
	Archive,
	/// The last this many blocks', the tip's included; at least [`STATE_HISTORY_MIN`].
	Keep(u32),
}

/// The tip's and its parent's: a block's journal is read back from the database, so it is pruned by the next
/// block at the earliest.
pub const STATE_HISTORY_MIN: u32 = 2;

/// 256 blocks: clients ask about blocks at most an era (64 blocks) old; four times that leaves room.
pub const STATE_HISTORY_DEFAULT: u32 = 256;

/// How to open the database.
#[derive(Clone, Debug)]
pub struct Options {
	/// State history.
	pub state_pruning: StatePruning,
	/// Memory for current values, bytes.
	pub value_cache_bytes: usize,
	/// Memory for decoded trie nodes, bytes.
	pub trie_cache_bytes: usize,
	/// Memory for RocksDB's blocks, bytes: half of it for the state, whose filters and index may take more.
	pub block_cache_bytes: usize,
	/// Whether a commit waits for the disk. Only a throw-away database may say no.
	pub sync: bool,
}

impl Default for Options {
	fn default() -> Self {
		Self {
			state_pruning: StatePruning::Keep(STATE_HISTORY_DEFAULT),
			value_cache_bytes: 64 << 20,
			trie_cache_bytes: 64 << 20,
			block_cache_bytes: 32 << 20,
			sync: true,
		}
	}
}

/// The first block, as the chain specification gives it.
pub struct Genesis {
	/// Header of block 0.
	pub header: Header,
	/// State after block 0.
	pub storage: sp_storage::Storage,
}

/// The last committed block.
pub struct Tip {
	/// Its height.
	pub number: BlockNumber,
	/// Its hash.
	pub hash: Hash,
	/// Its header.
	pub header: Header,
	/// The state after it.
	pub state: State,
}

/// One decided and executed block.
pub struct BlockCommit {
	/// The block.
	pub block: Block,
	/// Its hash.
	pub hash: Hash,
	/// Proof of the decision, in the consensus's encoding.
	pub certificate: Vec<u8>,
	/// What executing it changed.
	pub changes: StateChanges,
}

/// Figures for metrics.
#[derive(Clone, Copy, Debug, Default)]
pub struct DatabaseStats {
	/// Bytes of live table files.
	pub table_bytes: u64,
	/// Bytes in memory tables.
	pub memtable_bytes: u64,
	/// Bytes in the block caches.
	pub block_cache_bytes: u64,
}

/// Handle of the open database. Cheap to clone.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
	db: Arc<Handle>,
	path: PathBuf,
	options: Options,
	genesis_hash: Hash,
	values: Arc<ValueCache>,
	trie_cache: Arc<SharedTrieCache<StateHasher>>,
	tip: RwLock<Arc<Tip>>,
	oldest_state: AtomicU32,
	oldest_block: BlockNumber,
}

impl Database {
	/// Opens the database at `path`, or creates it with `genesis`.
	///
	/// # Errors
	/// [`OpenError`] says which of lock, schema, genesis or disk is in the way, and the way out.
	pub fn open(path: &Path, options: Options, genesis: Genesis) -> Result<Self, OpenError> {
		let storage_error = |source: StorageError| OpenError::Storage { path: path.to_owned(), source };
		let db = Arc::new(Handle::new(open_rocksdb(path, &options)?));
		let genesis_hash = genesis.header.hash();
		add_index(&db).map_err(storage_error)?;
		if !check_origin(&db, path, genesis_hash)? {
			write_genesis(&db, &options, &genesis, genesis_hash, path)?;
		}
		Self::at_tip(db, path, options, genesis_hash).map_err(storage_error)
	}

	/// Opens a copy of a database for reading; nothing in its directory is changed.
	///
	/// # Errors
	/// As [`Database::open`]. A copy of another schema or chain is refused.
	pub fn open_read_only(path: &Path, options: Options, genesis_hash: Hash) -> Result<Self, OpenError> {
		let storage_error = |source: StorageError| OpenError::Storage { path: path.to_owned(), source };
		let (db_options, columns) = rocksdb_options(&options);
		let db = DB::open_cf_descriptors_read_only(&db_options, path, columns, false)
			.map_err(|error| storage_error(error.into()))?;
		let db = Arc::new(Handle::new(db));
		check_origin(&db, path, genesis_hash)?;
		Self::at_tip(db, path, options, genesis_hash).map_err(storage_error)
	}

	fn at_tip(
		db: Arc<Handle>,
		path: &Path,
		options: Options,
		genesis_hash: Hash,
	) -> Result<Self, StorageError> {
		let meta = |key: &[u8]| -> Result<u32, StorageError> {
			let bytes = db.get_cf(cf(&db, META), key)?;
			read_u32("tip", &bytes.ok_or(StorageError::Corrupt("the tip is missing".into()))?)
		};
		let (number, oldest_state) = (meta(META_TIP)?, meta(META_OLDEST_STATE)?);
		let oldest_block = match db.get_cf(cf(&db, META), META_OLDEST_BLOCK)? {
			Some(bytes) => read_u32("oldest block", &bytes)?,
			None => 0,
		};
		let header = db
			.get_cf(cf(&db, HEADERS), height_key(number))?
			.ok_or(StorageError::Corrupt(format!("the tip's header {number} is missing")))?;
		let header: Header = codec::DecodeAll::decode_all(&mut &header[..])
			.map_err(|e| StorageError::Undecodable { what: "header", detail: e.to_string() })?;
		let values = Arc::new(ValueCache::new(options.value_cache_bytes, number));
		let trie_cache = Arc::new(SharedTrieCache::new(CacheSize::new(options.trie_cache_bytes), None));
		let tip = tip_of(&db, header, &values, &trie_cache);
		Ok(Self(Arc::new(Inner {
			path: path.to_owned(),
			options,
			genesis_hash,
			values,
			trie_cache,
			tip: RwLock::new(Arc::new(tip)),
			oldest_state: AtomicU32::new(oldest_state),
			oldest_block,
			db,
		})))
	}

	pub(crate) fn raw(&self) -> &DB {
		&self.0.db
	}

	pub(crate) fn raw_handle(&self) -> &Arc<Handle> {
		&self.0.db
	}

	/// Directory of the database.
	pub fn path(&self) -> &Path {
		&self.0.path
	}

	/// Hash of block 0.
	pub fn genesis_hash(&self) -> Hash {
		self.0.genesis_hash
	}

	/// The last committed block.
	pub fn tip(&self) -> Arc<Tip> {
		self.0.tip.read().clone()
	}

	/// Height of the oldest block whose state is kept.
	pub fn oldest_state(&self) -> BlockNumber {
		self.0.oldest_state.load(Ordering::Acquire)
	}

	/// Height of the oldest block kept with its body: all from there on are. Above 0 where the database began with the
	/// state of a later block ([`crate::import`]).
	pub fn oldest_block(&self) -> BlockNumber {
		self.0.oldest_block
	}

	/// About how many keys the state has.
	pub fn keys_estimate(&self) -> u64 {
		self.property(STATE, "rocksdb.estimate-num-keys")
	}

	/// The state after a block.
	///
	/// # Errors
	/// [`StateError::UnknownBlock`], [`StateError::Pruned`], or a failed read.
	pub fn state_at(&self, hash: &Hash) -> Result<State, StateError> {
		let tip = self.tip();
		if *hash == tip.hash {
			return Ok(tip.state.clone());
		}
		let number = self.number(hash)?.ok_or(StateError::UnknownBlock { hash: *hash })?;
		let header = self.header_at(number)?.ok_or(StateError::UnknownBlock { hash: *hash })?;
		// The snapshot is taken before the check, so that a commit in between cannot prune under it.
		let snapshot = Arc::new(Snapshot::new(self.0.db.clone()));
		if number < self.oldest_state() {
			return Err(StateError::Pruned { number, oldest: self.oldest_state() });
		}
		Ok(State::new(number, *hash, header.state_root, snapshot, None, self.0.trie_cache.clone()))
	}

	/// Writes one decided block and makes it the tip. It is on disk, synced, when this returns, unless the database was
	/// opened without that.
	///
	/// Must be called by one writer only, with blocks in order. On error nothing was written.
	pub fn commit(&self, commit: BlockCommit) -> Result<Arc<Tip>, StorageError> {
		self.write_block(commit, self.0.options.sync)
	}

	/// As [`Self::commit`], without waiting for the disk: a crash of the machine may lose the last blocks, in their order,
	/// up to the one before the next [`Self::commit`] or [`Self::sync`]. A crash of the process loses nothing.
	pub fn commit_unsynced(&self, commit: BlockCommit) -> Result<Arc<Tip>, StorageError> {
		self.write_block(commit, false)
	}

	/// Waits until all that was written is on disk.
	pub fn sync(&self) -> Result<(), StorageError> {
		Ok(self.0.db.flush_wal(true)?)
	}

	fn write_block(&self, commit: BlockCommit, sync: bool) -> Result<Arc<Tip>, StorageError> {
		let BlockCommit { block, hash, certificate, changes } = commit;
		let number = block.header.number;
		let tip = self.tip();
		if tip.number.checked_add(1) != Some(number) {
			return Err(StorageError::NotNext { number, tip: tip.number });
		}
		let db = &self.0.db;
		let archive = self.0.options.state_pruning == StatePruning::Archive;
		let mut batch = WriteBatch::default();
		put_state(db, &mut batch, &changes.main);
		// Before the new nodes: what is given up may be inserted again by this very block.
		let oldest_state = self.prune(&mut batch, number)?;
		nodes::write(db, &mut batch, number, changes.nodes, archive);
		self.put_block(&mut batch, &hash, &block.header, &block.body, &certificate)?;
		batch.put_cf(cf(db, META), META_TIP, number.to_le_bytes());
		let mut options = WriteOptions::default();
		options.set_sync(sync);
		db.write_opt(batch, &options)?;

		self.0.values.advance(number, changes.main.iter().map(|(k, v)| (k, v)));
		let tip = Arc::new(tip_of(db, block.header, &self.0.values, &self.0.trie_cache));
		self.0.oldest_state.store(oldest_state, Ordering::Release);
		*self.0.tip.write() = tip.clone();
		Ok(tip)
	}

	fn prune(&self, batch: &mut WriteBatch, number: BlockNumber) -> Result<BlockNumber, StorageError> {
		let oldest = self.oldest_state();
		let StatePruning::Keep(keep) = self.0.options.state_pruning else { return Ok(oldest) };
		let target = (number + 1).saturating_sub(keep.max(STATE_HISTORY_MIN));
		if target <= oldest {
			return Ok(oldest);
		}
		// Bounded work per block: after a change of the setting the backlog shrinks two blocks at a time.
		let target = target.min(oldest + 2);
		for gone in oldest + 1..=target {
			nodes::prune(&self.0.db, batch, gone)?;
		}
		batch.put_cf(cf(&self.0.db, META), META_OLDEST_STATE, target.to_le_bytes());
		Ok(target)
	}

	/// Figures for metrics.
	pub fn stats(&self) -> DatabaseStats {
		let memtables = COLUMNS.iter().map(|column| self.property(column, "rocksdb.cur-size-all-mem-tables"));
		DatabaseStats {
			table_bytes: self.column_bytes().iter().map(|(_, bytes)| bytes).sum(),
			memtable_bytes: memtables.sum(),
			// One column for each of the two caches.
			block_cache_bytes: [STATE, META]
				.map(|of| self.property(of, "rocksdb.block-cache-usage"))
				.iter()
				.sum(),
		}
	}

	/// Bytes of each column's table files, by its name in [`crate::schema`]. What is in memory tables alone is not in it, see
	/// [`Self::flush`].
	pub fn column_bytes(&self) -> [(&'static str, u64); COLUMNS.len()] {
		COLUMNS.map(|column| (column, self.property(column, "rocksdb.total-sst-files-size")))
	}

	/// A figure that RocksDB has for a column; 0 if it has none.
	fn property(&self, column: &'static str, name: &str) -> u64 {
		self.0.db.property_int_value_cf(cf(&self.0.db, column), name).ok().flatten().unwrap_or(0)
	}

	/// Copies the database as it is now into a new directory. Files that never change are linked, where the file system
	/// allows that, and cost no space until the original is compacted.
	///
	/// Nothing may be committed meanwhile, if the caller is to know which tip is in the copy.
	///
	/// # Errors
	/// The directory exists, its parent does not, or the disk fails.
	pub fn copy_to(&self, directory: &Path) -> Result<(), StorageError> {
		Ok(Checkpoint::new(self.raw())?.create_checkpoint(directory)?)
	}

	/// Writes memory tables out, so that the next start has no log to replay. Durability does not need it.
	pub fn flush(&self) -> Result<(), StorageError> {
		for column in COLUMNS {
			self.0.db.flush_cf(cf(&self.0.db, column))?;
		}
		Ok(())
	}

	/// As [`Self::flush`], and waits until tables are merged as far as they are going to be: what a quiet node has.
	pub fn settle(&self) -> Result<(), StorageError> {
		self.flush()?;
		Ok(self.0.db.wait_for_compact(&WaitForCompactOptions::default())?)
	}
}

fn tip_of(
	db: &Arc<Handle>,
	header: Header,
	values: &Arc<ValueCache>,
	trie_cache: &Arc<SharedTrieCache<StateHasher>>,
) -> Tip {
	let hash = header.hash();
	let snapshot = Arc::new(Snapshot::new(db.clone()));
	let state = State::new(
		header.number,
		hash,
		header.state_root,
		snapshot,
		Some(values.clone()),
		trie_cache.clone(),
	);
	Tip { number: header.number, hash, header, state }
}

fn put_state(db: &DB, batch: &mut WriteBatch, changes: &[(Vec<u8>, Option<Vec<u8>>)]) {
	let column = cf(db, STATE);
	for (key, value) in changes {
		match value {
			Some(value) => batch.put_cf(column, key, value),
			None => batch.delete_cf(column, key),
		}
	}
}

fn read_u32(what: &'static str, bytes: &[u8]) -> Result<u32, StorageError> {
	let bytes =
		bytes.try_into().map_err(|_| StorageError::Undecodable { what, detail: "not four bytes".into() })?;
	Ok(u32::from_le_bytes(bytes))
}

/// Makes a database of the version before the index one of this version: the column was made when it was opened.
fn add_index(db: &DB) -> Result<(), StorageError> {
	let meta = cf(db, META);
	match db.get_cf(meta, META_SCHEMA)? {
		Some(found) if found == SCHEMA_WITHOUT_INDEX.to_le_bytes() => {
			Ok(db.put_cf(meta, META_SCHEMA, SCHEMA_VERSION.to_le_bytes())?)
		}
		_ => Ok(()),
	}
}

/// Whether something is in the database; that it is of this schema and chain.
fn check_origin(db: &DB, path: &Path, genesis_hash: Hash) -> Result<bool, OpenError> {
	let storage_error = |source: StorageError| OpenError::Storage { path: path.to_owned(), source };
	let read = |key: &[u8]| db.get_cf(cf(db, META), key).map_err(|e| storage_error(e.into()));
	let Some(bytes) = read(META_SCHEMA)? else { return Ok(false) };
	let found = read_u32("schema version", &bytes).map_err(storage_error)?;
	if found != SCHEMA_VERSION {
		return Err(OpenError::Schema { path: path.to_owned(), found, expected: SCHEMA_VERSION });
	}
	let found =
		read(META_GENESIS)?.filter(|b| b.len() == 32).map(|b| Hash::from_slice(&b)).unwrap_or_default();
	if found != genesis_hash {
		return Err(OpenError::WrongGenesis { path: path.to_owned(), found, expected: genesis_hash });
	}
	Ok(true)
}

fn write_genesis(
	db: &DB,
	options: &Options,
	genesis: &Genesis,
	hash: Hash,
	path: &Path,
) -> Result<(), OpenError> {
	let empty = sp_state_machine::InMemoryBackend::<StateHasher>::default();
	let top = &genesis.storage.top;
	let (root, trie_nodes) =
		empty.storage_root(top.iter().map(|(k, v)| (&k[..], Some(&v[..]))), StateVersion::V1);
	if root != genesis.header.state_root {
		return Err(OpenError::GenesisRoot { header: genesis.header.state_root, computed: root });
	}
	let mut batch = WriteBatch::default();
	for (key, value) in top {
		batch.put_cf(cf(db, STATE), key, value);
	}
	nodes::write(db, &mut batch, 0, trie_nodes, options.state_pruning == StatePruning::Archive);
	let height = height_key(0);
	batch.put_cf(cf(db, HEADERS), height, codec::Encode::encode(&genesis.header));
	batch.put_cf(cf(db, BODIES), height, codec::Encode::encode(&Vec::<Vec<u8>>::new()));
	batch.put_cf(cf(db, NUMBERS), hash.as_bytes(), height);
	let meta = cf(db, META);
	batch.put_cf(meta, META_SCHEMA, SCHEMA_VERSION.to_le_bytes());
	batch.put_cf(meta, META_GENESIS, hash.as_bytes());
	batch.put_cf(meta, META_TIP, 0u32.to_le_bytes());
	batch.put_cf(meta, META_OLDEST_STATE, 0u32.to_le_bytes());
	let mut write = WriteOptions::default();
	write.set_sync(true);
	db.write_opt(batch, &write).map_err(|e| OpenError::Storage { path: path.to_owned(), source: e.into() })
}

fn rocksdb_options(options: &Options) -> (rocksdb::Options, Vec<ColumnFamilyDescriptor>) {
	let mut db_options = rocksdb::Options::default();
	db_options.create_if_missing(true);
	db_options.create_missing_column_families(true);
	// Two cores and one writer: one flush and one compaction at a time.
	db_options.set_max_background_jobs(2);
	db_options.set_max_open_files(512);
	db_options.set_keep_log_file_num(2);
	db_options.set_max_log_file_size(4 << 20);
	// An acknowledged block must never vanish silently: only a torn last record is forgiven.
	db_options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
	// Bounds both the log that a start replays and the disk it takes.
	db_options.set_max_total_wal_size(64 << 20);
	db_options.set_db_write_buffer_size(64 << 20);
	// The state's filters and index, which stay in its half however large they become, must not push out everybody else.
	let [of_state, of_others] = [(); 2].map(|()| Cache::new_lru_cache(options.block_cache_bytes / 2));
	let columns = COLUMNS.map(|name| {
		let cache = if name == STATE { &of_state } else { &of_others };
		ColumnFamilyDescriptor::new(name, column_options(name, cache))
	});
	(db_options, columns.into())
}

pub(crate) fn open_rocksdb(path: &Path, options: &Options) -> Result<DB, OpenError> {
	let (db_options, columns) = rocksdb_options(options);
	std::fs::create_dir_all(path)
		.map_err(|e| OpenError::Storage { path: path.to_owned(), source: StorageError::Io(e.to_string()) })?;
	DB::open_cf_descriptors(&db_options, path, columns).map_err(|e| {
		if e.to_string().contains("LOCK") {
			OpenError::Locked { path: path.to_owned() }
		} else {
			OpenError::Storage { path: path.to_owned(), source: e.into() }
		}
	})
}

fn column_options(name: &'static str, cache: &Cache) -> rocksdb::Options {
	let mut table = BlockBasedOptions::default();
	table.set_block_cache(cache);
	table.set_cache_index_and_filter_blocks(true);
	table.set_pin_l0_filter_and_index_blocks_in_cache(true);
	table.set_format_version(5);
	let point_reads = matches!(name, STATE | NODES | NUMBERS);
	if point_reads {
		table.set_bloom_filter(10.0, false);
	}
	// A table's whole index, or filter, is larger than a shard of the cache: it would be read and checked anew for each key.
	// In parts, only those that are looked at are kept; those of the state always, two bytes or so for each of its keys.
	table.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
	table.set_partition_filters(point_reads);
	table.set_metadata_block_size(4 << 10);
	table.set_pin_top_level_index_and_filter(true);
	if name == STATE {
		table.set_partition_pinning_tier(BlockBasedTablePinningTier::All);
		table.set_data_block_index_type(DataBlockIndexType::BinaryAndHash);
	}
	table.set_block_size(match name {
		STATE => 4 << 10,
		_ if point_reads => 8 << 10,
		_ => 32 << 10,
	});
	let mut options = rocksdb::Options::default();
	options.set_block_based_table_factory(&table);
	options.set_compression_type(if name == STATE {
		DBCompressionType::Lz4
	} else {
		DBCompressionType::Zstd
	});
	options.set_write_buffer_size(16 << 20);
	options.set_level_compaction_dynamic_level_bytes(true);
	options
}
