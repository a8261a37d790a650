//! Bytes by their names: what outputs, prompts and contexts were, so that claims about them can be proved.
//!
//! ```text
//! <root>               an output or a prompt, whose BLAKE3 hash is the name         64 hexadecimal digits in lower case
//! <root>.json          a context: its pieces, whose Merkle root is the name         [{"contribution":7,"offset":0,"length":512}, …]
//! <root>.batch.json    a batch: its receipts, whose Merkle root is the name         [{"channel":0,"sequence":3,"receipt":{…}}, …]
//! ```
//! A directory of files and nothing else, so that others can be handed some of them, or all. What is read is checked against
//! its name: who wrote it does not matter.
//!
//! # Must not
//! Return what its name does not say. Hold more than one file in memory, or follow names that others chose: a name is made
//! of a root and of nothing else.
//!
//! # Invariants
//! - What was put is on disk when the call returns, under its name and whole: it is written beside, synced, and renamed.
//! - Every file has a bound: [`CONTENT_BYTES_MAX`], [`PIECES_MAX`], a batch's receipts.

use crate::{json, VOUCHER_RECEIPTS_MAX};
pub use plexus_primitives::receipt::Placed;
use plexus_primitives::{merkle, ChannelId, Content, Context, ContextLeaf, Receipt};
use serde::{de::DeserializeOwned, Deserialize, Serialize};
use std::{
	fs::{self, File, OpenOptions},
	io::{self, Read, Write},
	os::unix::fs::OpenOptionsExt,
	path::{Path, PathBuf},
	sync::atomic::{AtomicU64, Ordering},
};

/// The longest content: as long an output as is attributed.
pub const CONTENT_BYTES_MAX: u64 = 16 << 20;

/// The most pieces of a context: far more than are put before a model.
pub const PIECES_MAX: usize = 1 << 16;

/// The longest list: each piece or receipt of it in no more than [`ITEM_BYTES_MAX`].
const ITEM_BYTES_MAX: u64 = 1 << 10;
const LIST_BYTES_MAX: u64 = PIECES_MAX as u64 * ITEM_BYTES_MAX;

/// What files have at their end that are not whole yet.
const UNFINISHED: &str = ".new";

/// Tells apart what is written at the same time.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// A directory of contents, contexts and batches.
#[derive(Clone, Debug)]
pub struct Store {
	directory: PathBuf,
}

/// As a batch's file has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlacedJson {
	channel: u64,
	sequence: u64,
	receipt: json::Receipt,
}

/// Why something cannot be stored or found. Each text tells the way out behind the semicolon.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
	/// Nobody put it there.
	#[error("the store has nothing under {0}; put the bytes there whose hash that is")]
	Missing(String),
	/// The bytes are not those of the name.
	#[error("what the store has under {0} is something else; restore the file, or remove it")]
	Changed(String),
	/// Too long.
	#[error("{name} has {actual} bytes, more than {max}; keep no longer content")]
	TooLong {
		/// Which file, or what was to be put.
		name: String,
		/// Its bytes.
		actual: u64,
		/// What is allowed.
		max: u64,
	},
	/// Nothing, which has no name.
	#[error("there are no bytes, pieces or receipts; store only what there is")]
	Empty,
	/// Too many pieces or receipts, or more bytes than can be counted.
	#[error("the list has {0} entries, or more bytes than can be counted; give fewer, with true lengths")]
	TooMany(usize),
	/// The system's.
	#[error(
		"{name} cannot be read or written: {source}; free space, or check that this user may write there"
	)]
	Io {
		/// Which file.
		name: String,
		/// What the system says.
		source: io::Error,
	},
}

impl StoreError {
	/// A name for programs; stays.
	pub fn name(&self) -> &'static str {
		match self {
			Self::Missing(_) => "ContentMissing",
			Self::Changed(_) => "ContentChanged",
			Self::TooLong { .. } => "ContentTooLong",
			Self::Empty => "ContentEmpty",
			Self::TooMany(_) => "TooManyPieces",
			Self::Io { .. } => "StoreUnusable",
		}
	}
}

/// The context that these pieces are, in the order in which they were put before the model.
///
/// # Errors
/// There are none or too many, or their bytes cannot be counted.
pub fn context_of(pieces: &[ContextLeaf]) -> Result<Context, StoreError> {
	let too_many = || StoreError::TooMany(pieces.len());
	if pieces.len() > PIECES_MAX {
		return Err(too_many());
	}
	let leaves: Vec<_> = pieces.iter().map(ContextLeaf::leaf).collect();
	let root = merkle::root(&leaves).ok_or(StoreError::Empty)?;
	let bytes = pieces.iter().try_fold(0u64, |sum, piece| sum.checked_add(piece.length));
	Ok(Context { root, bytes: bytes.ok_or_else(too_many)? })
}

/// The root of a batch of these receipts.
///
/// # Errors
/// There are none or too many.
pub fn batch_root(receipts: &[Placed]) -> Result<[u8; 32], StoreError> {
	if receipts.len() > VOUCHER_RECEIPTS_MAX {
		return Err(StoreError::TooMany(receipts.len()));
	}
	let leaves: Vec<_> = receipts.iter().map(Placed::leaf).collect();
	merkle::root(&leaves).ok_or(StoreError::Empty)
}

impl Store {
	/// A directory that is there, to be read.
	///
	/// # Errors
	/// It is not there, or no directory.
	pub fn open(directory: &Path) -> Result<Self, StoreError> {
		let failed = |source| StoreError::Io { name: directory.display().to_string(), source };
		match fs::metadata(directory).map_err(failed)?.is_dir() {
			true => Ok(Self { directory: directory.to_path_buf() }),
			false => Err(failed(io::ErrorKind::NotADirectory.into())),
		}
	}

	/// A directory to be written to by this process; made if it is not there, and readable by its owner only. Removes what
	/// a process that was killed did not finish.
	///
	/// # Errors
	/// It cannot be made or read.
	pub fn create(directory: &Path) -> Result<Self, StoreError> {
		let failed = |source| StoreError::Io { name: directory.display().to_string(), source };
		let mut builder = fs::DirBuilder::new();
		std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
		builder.recursive(true).create(directory).map_err(failed)?;
		let store = Self::open(directory)?;
		for entry in fs::read_dir(directory).map_err(failed)? {
			let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
			if is_unfinished(&name) {
				store.remove(&name)?;
			}
		}
		// Names that a killed process gave last may not be on disk yet; what is found here counts as kept.
		store.sync_names()?;
		Ok(store)
	}

	/// Where it is.
	pub fn directory(&self) -> &Path {
		&self.directory
	}

	/// Keeps bytes under their hash; on disk when this returns.
	///
	/// # Errors
	/// There are none or too many, or the disk fails.
	pub fn put(&self, bytes: &[u8]) -> Result<Content, StoreError> {
		let root = *blake3::hash(bytes).as_bytes();
		let (name, len) = (content_name(&root), bytes.len() as u64);
		if bytes.is_empty() {
			return Err(StoreError::Empty);
		}
		if len > CONTENT_BYTES_MAX {
			return Err(StoreError::TooLong { name, actual: len, max: CONTENT_BYTES_MAX });
		}
		// Reading costs less than writing anew; and what is damaged is mended.
		match self.get(&root) {
			Ok(_) => self.sync_names()?,
			Err(_) => self.write(&name, bytes)?,
		}
		Ok(Content { root, len })
	}

	/// Keeps a context's pieces under their root; on disk when this returns.
	///
	/// # Errors
	/// There are none or too many, or the disk fails.
	pub fn put_pieces(&self, pieces: &[ContextLeaf]) -> Result<Context, StoreError> {
		let context = context_of(pieces)?;
		match self.pieces(&context.root) {
			Ok(_) => self.sync_names()?,
			Err(_) => self.write(&context_name(&context.root), &to_json(&pieces))?,
		}
		Ok(context)
	}

	/// Keeps a batch's receipts under their root; on disk when this returns.
	///
	/// # Errors
	/// There are none or too many, or the disk fails.
	pub fn put_batch(&self, receipts: &[Placed]) -> Result<[u8; 32], StoreError> {
		let root = batch_root(receipts)?;
		match self.batch(&root) {
			Ok(_) => self.sync_names()?,
			Err(_) => {
				let list: Vec<_> = receipts.iter().map(PlacedJson::from).collect();
				self.write(&batch_name(&root), &to_json(&list))?;
			}
		}
		Ok(root)
	}

	/// The bytes with this hash.
	///
	/// # Errors
	/// They are not there, or changed.
	pub fn get(&self, root: &[u8; 32]) -> Result<Vec<u8>, StoreError> {
		let name = content_name(root);
		let bytes = self.read(&name, CONTENT_BYTES_MAX)?;
		match blake3::hash(&bytes).as_bytes() == root {
			true => Ok(bytes),
			false => Err(StoreError::Changed(name)),
		}
	}

	/// The pieces of the context with this root.
	///
	/// # Errors
	/// They are not there, or changed.
	pub fn pieces(&self, root: &[u8; 32]) -> Result<Vec<ContextLeaf>, StoreError> {
		let name = context_name(root);
		let pieces: Vec<ContextLeaf> = self.read_json(&name)?;
		match context_of(&pieces) {
			Ok(context) if context.root == *root => Ok(pieces),
			_ => Err(StoreError::Changed(name)),
		}
	}

	/// The receipts of the batch with this root.
	///
	/// # Errors
	/// They are not there, or changed.
	pub fn batch(&self, root: &[u8; 32]) -> Result<Vec<Placed>, StoreError> {
		let name = batch_name(root);
		let list: Vec<PlacedJson> = self.read_json(&name)?;
		let receipts: Vec<_> = list.iter().map(Placed::from).collect();
		match batch_root(&receipts) {
			Ok(found) if found == *root => Ok(receipts),
			_ => Err(StoreError::Changed(name)),
		}
	}

	/// The roots of the batches that are here, `max` of them at most.
	///
	/// # Errors
	/// The directory cannot be read.
	pub fn batches(&self, max: usize) -> Result<Vec<[u8; 32]>, StoreError> {
		let failed = |source| StoreError::Io { name: self.directory.display().to_string(), source };
		let mut roots = Vec::new();
		for entry in fs::read_dir(&self.directory).map_err(failed)? {
			if roots.len() >= max {
				break;
			}
			let name = entry.map_err(failed)?.file_name();
			let root = name.to_str().and_then(|name| name.strip_suffix(".batch.json")).and_then(root_of);
			roots.extend(root);
		}
		Ok(roots)
	}

	/// Lets go of bytes, if they are here.
	///
	/// # Errors
	/// The disk fails.
	pub fn remove_content(&self, root: &[u8; 32]) -> Result<(), StoreError> {
		self.remove(&content_name(root))
	}

	/// Lets go of a context, if it is here.
	///
	/// # Errors
	/// The disk fails.
	pub fn remove_pieces(&self, root: &[u8; 32]) -> Result<(), StoreError> {
		self.remove(&context_name(root))
	}

	/// Lets go of a batch's receipts, if they are here.
	///
	/// # Errors
	/// The disk fails.
	pub fn remove_batch(&self, root: &[u8; 32]) -> Result<(), StoreError> {
		self.remove(&batch_name(root))
	}

	fn remove(&self, name: &str) -> Result<(), StoreError> {
		match fs::remove_file(self.directory.join(name)) {
			Err(source) if source.kind() != io::ErrorKind::NotFound => {
				Err(StoreError::Io { name: name.into(), source })
			}
			_ => Ok(()),
		}
	}

	fn read(&self, name: &str, max: u64) -> Result<Vec<u8>, StoreError> {
		let failed = |source: io::Error| match source.kind() {
			io::ErrorKind::NotFound => StoreError::Missing(name.into()),
			_ => StoreError::Io { name: name.into(), source },
		};
		let file = File::open(self.directory.join(name)).map_err(failed)?;
		let mut bytes = Vec::new();
		file.take(max.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
		match bytes.len() as u64 {
			actual if actual > max => Err(StoreError::TooLong { name: name.into(), actual, max }),
			_ => Ok(bytes),
		}
	}

	fn read_json<Value: DeserializeOwned>(&self, name: &str) -> Result<Value, StoreError> {
		let bytes = self.read(name, LIST_BYTES_MAX)?;
		serde_json::from_slice(&bytes).map_err(|_| StoreError::Changed(name.into()))
	}

	/// What is there was synced before it got its name. Whoever gave it that, another thread just now or a process that was
	/// killed, may not have come as far as syncing the name.
	fn sync_names(&self) -> Result<(), StoreError> {
		let synced = File::open(&self.directory).and_then(|names| names.sync_all());
		synced.map_err(|source| StoreError::Io { name: self.directory.display().to_string(), source })
	}

	/// Beside, synced, renamed, and the name synced too: a crash leaves nothing or all of it.
	fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
		let number = WRITES.fetch_add(1, Ordering::Relaxed);
		let fresh = format!("{name}.{}-{number}{UNFINISHED}", std::process::id());
		let (fresh, path) = (self.directory.join(fresh), self.directory.join(name));
		let written = (|| {
			let mut options = OpenOptions::new();
			let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
			file.write_all(bytes)?;
			file.sync_all()?;
			fs::rename(&fresh, &path)?;
			File::open(&self.directory)?.sync_all()
		})();
		if written.is_err() {
			// What is left is removed when the store is opened the next time.
			let _ = fs::remove_file(&fresh);
		}
		written.map_err(|source| StoreError::Io { name: name.into(), source })
	}
}

impl From<&Placed> for PlacedJson {
	fn from(placed: &Placed) -> Self {
		let Placed { channel, sequence, receipt } = placed;
		Self { channel: channel.0, sequence: *sequence, receipt: json::Receipt::from(receipt) }
	}
}

impl From<&PlacedJson> for Placed {
	fn from(placed: &PlacedJson) -> Self {
		let PlacedJson { channel, sequence, receipt } = placed;
		Self { channel: ChannelId(*channel), sequence: *sequence, receipt: Receipt::from(receipt) }
	}
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
	serde_json::to_vec(value).expect("it has texts, numbers and lists only")
}

fn content_name(root: &[u8; 32]) -> String {
	hex::encode(root)
}

fn context_name(root: &[u8; 32]) -> String {
	format!("{}.json", hex::encode(root))
}

fn batch_name(root: &[u8; 32]) -> String {
	format!("{}.batch.json", hex::encode(root))
}

/// The root that a name is made of, in the one form that is written.
fn root_of(digits: &str) -> Option<[u8; 32]> {
	let mut root = [0; 32];
	hex::decode_to_slice(digits, &mut root).ok()?;
	(hex::encode(root) == digits).then_some(root)
}

/// Whether this module began a file with such a name and did not finish it.
fn is_unfinished(name: &str) -> bool {
	let digits = name.strip_suffix(UNFINISHED).and_then(|rest| rest.split('.').next());
	digits.and_then(root_of).is_some()
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::{ContributionId, ModelId};

	fn store() -> (tempfile::TempDir, Store) {
		let directory = tempfile::tempdir().expect("there is a place for it");
		let store = Store::create(&directory.path().join("deep/store")).expect("it can be made");
		(directory, store)
	}

	fn piece(contribution: u64, length: u64) -> ContextLeaf {
		ContextLeaf { contribution: ContributionId(contribution), offset: 3, length }
	}

	fn placed(sequence: u64) -> Placed {
		let content = Content { root: [sequence as u8; 32], len: 5 };
		let context = Some(Context { root: [7; 32], bytes: 8 });
		let (prompt, output) = (content, content);
		let fee = u128::MAX;
		let receipt = Receipt {
			model: ModelId(1),
			prompt,
			context,
			output,
			fee,
			disclose: true,
			execution: Some([9; 32]),
		};
		Placed { channel: ChannelId(2), sequence, receipt }
	}

	#[test]
	fn what_was_put_is_found_by_its_hash_and_has_the_name_that_b3sum_prints() {
		let (_directory, store) = store();
		let content = store.put(b"an output").unwrap();
		assert_eq!(content, Content { root: *blake3::hash(b"an output").as_bytes(), len: 9 });
		let path = store.directory().join(blake3::hash(b"an output").to_hex().as_str());
		assert_eq!(fs::read(&path).unwrap(), b"an output");
		assert_eq!(store.get(&content.root).unwrap(), b"an output");
		let written = fs::metadata(&path).unwrap().modified().unwrap();
		store.put(b"an output").unwrap();
		assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), written, "it is not written again");
		store.remove_content(&content.root).unwrap();
		store.remove_content(&content.root).unwrap();
		assert!(matches!(store.get(&content.root), Err(StoreError::Missing(_))));
	}

	#[test]
	fn what_was_changed_is_noticed_and_mended_by_putting_it_again() {
		let (_directory, store) = store();
		let content = store.put(b"an output").unwrap();
		let path = store.directory().join(hex::encode(content.root));
		for bad in [&b"another one"[..], b"an outpu", b""] {
			fs::write(&path, bad).unwrap();
			assert!(matches!(store.get(&content.root), Err(StoreError::Changed(_))));
			store.put(b"an output").unwrap();
			assert_eq!(store.get(&content.root).unwrap(), b"an output");
		}
	}

	#[test]
	fn contexts_and_batches_are_read_as_they_were_written_and_checked_by_their_roots() {
		let (_directory, store) = store();
		let pieces = [piece(7, 512), piece(8, 1)];
		let context = store.put_pieces(&pieces).unwrap();
		let leaves = [pieces[0].leaf(), pieces[1].leaf()];
		assert_eq!(context, Context { root: merkle::root(&leaves).unwrap(), bytes: 513 });
		assert_eq!(store.pieces(&context.root).unwrap(), pieces);
		let path = store.directory().join(format!("{}.json", hex::encode(context.root)));
		let text = fs::read_to_string(&path).unwrap();
		assert!(text.starts_with(r#"[{"contribution":7,"offset":3,"length":512},"#), "{text}");

		let receipts: Vec<_> = (1..=5).map(placed).collect();
		let root = store.put_batch(&receipts).unwrap();
		assert_eq!(store.batch(&root).unwrap(), receipts);
		assert_eq!(store.batches(9).unwrap(), [root]);
		assert_eq!(store.batches(0).unwrap(), [[0; 32]; 0]);

		for bad in ["[]", "", "{}", "[{\"contribution\":7,\"offset\":3,\"length\":512}]"] {
			fs::write(&path, bad).unwrap();
			assert!(matches!(store.pieces(&context.root), Err(StoreError::Changed(_))), "{bad}");
		}
		fs::rename(path, store.directory().join(format!("{}.batch.json", hex::encode(root)))).unwrap();
		assert!(matches!(store.batch(&root), Err(StoreError::Changed(_))));
		store.remove_batch(&root).unwrap();
		assert!(matches!(store.batch(&root), Err(StoreError::Missing(_))));
	}

	#[test]
	fn what_is_empty_or_too_much_is_refused() {
		let (_directory, store) = store();
		assert!(matches!(store.put(b""), Err(StoreError::Empty)));
		assert!(matches!(store.put_pieces(&[]), Err(StoreError::Empty)));
		assert!(matches!(store.put_batch(&[]), Err(StoreError::Empty)));
		let long = vec![0; CONTENT_BYTES_MAX as usize + 1];
		assert!(matches!(store.put(&long), Err(StoreError::TooLong { .. })));
		assert!(store.put(&long[1..]).is_ok());
		let many = vec![piece(1, 1); PIECES_MAX + 1];
		assert!(matches!(store.put_pieces(&many), Err(StoreError::TooMany(_))));
		assert_eq!(store.put_pieces(&many[1..]).unwrap().bytes, PIECES_MAX as u64);
		assert!(matches!(context_of(&[piece(1, u64::MAX), piece(2, 1)]), Err(StoreError::TooMany(2))));
		let receipts = vec![placed(1); VOUCHER_RECEIPTS_MAX + 1];
		assert!(matches!(store.put_batch(&receipts), Err(StoreError::TooMany(_))));
		// A file that somebody put there is not read without a bound.
		let root = [5; 32];
		fs::write(store.directory().join(hex::encode(root)), &long).unwrap();
		assert!(matches!(store.get(&root), Err(StoreError::TooLong { .. })));
	}

	#[test]
	fn the_longest_lists_fit_into_their_files() {
		let piece =
			ContextLeaf { contribution: ContributionId(u64::MAX), offset: u64::MAX, length: u64::MAX };
		let placed = Placed { channel: ChannelId(u64::MAX), ..placed(u64::MAX) };
		for item in [to_json(&piece), to_json(&PlacedJson::from(&placed))] {
			assert!((item.len() as u64) < ITEM_BYTES_MAX, "{}", item.len());
		}
	}

	#[test]
	fn what_a_killed_process_left_is_removed_and_nothing_else() {
		let (_directory, store) = store();
		let root = store.put(b"whole").unwrap().root;
		let unfinished = format!("{}.json.12-3.new", hex::encode([1; 32]));
		for name in [&unfinished[..], "notes.new", "other"] {
			fs::write(store.directory().join(name), b"x").unwrap();
		}
		let store = Store::create(store.directory()).unwrap();
		assert_eq!(store.get(&root).unwrap(), b"whole");
		let left = |name: &str| store.directory().join(name).exists();
		assert!(!left(&unfinished) && left("notes.new") && left("other"));
	}

	#[test]
	fn what_is_no_directory_is_no_store() {
		let (directory, _) = store();
		let file = directory.path().join("file");
		fs::write(&file, b"").unwrap();
		for path in [file, directory.path().join("missing")] {
			assert!(matches!(Store::open(&path), Err(StoreError::Io { .. })));
		}
	}
}
