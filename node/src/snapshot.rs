//! Snapshots: a copy of the database with a manifest, and back.
//!
//! ```text
//! DIR/manifest.json     version, chain, block, and each file's length and BLAKE3 hash
//! DIR/db/…              the database's files, flat
//! ```
//!
//! A snapshot is made beside its place under a name that ends in `.partial`, and renamed when it is complete and on disk:
//! a directory without that ending is whole.
//!
//! The manifest guards against damage, not against a liar: whoever can change a file can change its hash. What a restored
//! node serves is as good as the snapshot's origin, and `plexus check` executes all of it again.
//!
//! # Must not
//! Contain keys, or what a validator has signed: those are beside the database, and copies of them sign twice. Overwrite
//! anything.
//!
//! # Invariants
//! - The block that a manifest names is the tip of the copied database.
//! - A restored database is hashed while it is copied, then opened, and only then gets its name.

mod keep;

#[cfg(test)]
mod tests;

pub use keep::{heights, keep, Keeping};

use crate::{place, report::Remedy};
use plexus_chain_spec::ChainSpec;
use plexus_storage::{Hash, Options, StorageError, Tip};
use serde::{Deserialize, Serialize};
use std::{
	ffi::OsString,
	fs::{self, File, OpenOptions},
	io::{self, Read, Write},
	path::{Path, PathBuf},
};

/// The form of a manifest that this version writes and reads.
pub const FORMAT_VERSION: u32 = 1;
/// The most files: RocksDB's are some ten megabytes each, so that these are terabytes.
pub const FILES_MAX: usize = 100_000;
/// The longest manifest: [`FILES_MAX`] files of a hundred bytes.
const MANIFEST_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes read at a time.
const BUFFER_BYTES: usize = 256 * 1024;
const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "db";

/// What a snapshot says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
	/// [`FORMAT_VERSION`].
	pub format_version: u32,
	/// Id of the chain.
	pub chain: String,
	/// Genesis hash of the chain.
	pub genesis_hash: Hash,
	/// Height of the last block.
	pub number: u32,
	/// Its hash.
	pub hash: Hash,
	/// Root of the state after it.
	pub state_root: Hash,
	/// The database's files, by name.
	pub files: Vec<FileEntry>,
}

/// A file of the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileEntry {
	/// Its name, without a directory.
	pub name: String,
	/// Its length.
	pub bytes: u64,
	/// BLAKE3 of its content, in hexadecimal.
	pub blake3: String,
}

impl Manifest {
	/// Bytes of all files.
	pub fn bytes(&self) -> u64 {
		self.files.iter().map(|file| file.bytes).fold(0, u64::saturating_add)
	}
}

/// Why a snapshot was not made, or not restored.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
	/// Something is at the place where something is to be made.
	#[error("{} exists already", .0.display())]
	Exists(PathBuf),
	/// The system refuses.
	#[error("cannot {what} {}", path.display())]
	Io {
		/// What was tried.
		what: &'static str,
		/// With which file or directory.
		path: PathBuf,
		/// The system's reason.
		#[source]
		source: io::Error,
	},
	/// The database cannot be copied.
	#[error("the database cannot be copied")]
	Copy(#[from] StorageError),
	/// Not a manifest.
	#[error("{} is no manifest of a snapshot: {cause}", path.display())]
	Manifest {
		/// The file.
		path: PathBuf,
		/// What is wrong with it.
		cause: String,
	},
	/// Another version's.
	#[error("the snapshot has format {found}, this program reads {FORMAT_VERSION}")]
	Version {
		/// Its format.
		found: u32,
	},
	/// Of another chain.
	#[error("the snapshot is of the chain {chain} with genesis {found:?}, the specification has genesis {expected:?}")]
	WrongChain {
		/// Id of its chain.
		chain: String,
		/// Its genesis hash.
		found: Hash,
		/// Genesis hash of the specification.
		expected: Hash,
	},
	/// A file that the manifest does not name, or that is no file.
	#[error("{} does not belong into a snapshot", .0.display())]
	Foreign(PathBuf),
	/// A file that is missing, or differs from the manifest.
	#[error("{} is not what the manifest says: {cause}", path.display())]
	Damaged {
		/// The file.
		path: PathBuf,
		/// What differs.
		cause: &'static str,
	},
	/// The database is another than the manifest says.
	#[error("the database in the snapshot ends with block {number}, {hash:?}, which is not what the manifest says")]
	OtherTip {
		/// Height of its tip.
		number: u32,
		/// Hash of its tip.
		hash: Hash,
	},
	/// The database does not open.
	#[error("the database in the snapshot does not open: {0}")]
	Unusable(String),
}

impl Remedy for SnapshotError {
	fn name(&self) -> &'static str {
		"snapshot"
	}

	fn remedy(&self) -> Option<String> {
		Some(match self {
			Self::Exists(_) => "choose another place, or remove it if it is not needed".into(),
			Self::Io { .. } | Self::Copy(_) => {
				"check the path, the permissions and the space on the disk".into()
			}
			Self::Manifest { .. } => "name a directory that `plexus snapshot create` made".into(),
			Self::Version { .. } => "use the release that made it, or make a new snapshot".into(),
			Self::WrongChain { .. } => "name the chain that it is of with --chain".into(),
			Self::Foreign(_) | Self::Damaged { .. } | Self::OtherTip { .. } | Self::Unusable(_) => {
				"copy the snapshot again, or use another one".into()
			}
		})
	}
}

pub(crate) fn failed<'a>(what: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> SnapshotError + 'a {
	move |source| SnapshotError::Io { what, path: path.to_owned(), source }
}

/// Where the database is in a snapshot.
pub fn database_of(directory: &Path) -> PathBuf {
	directory.join(DATABASE)
}

/// The name under which a snapshot is made.
fn partial(directory: &Path) -> PathBuf {
	let mut name = OsString::from(directory.as_os_str());
	name.push(".partial");
	name.into()
}

/// Makes a snapshot. `copy` copies the database into a directory that does not exist, and tells the tip that is in the copy.
///
/// # Errors
/// The directory exists, or the disk fails. Nothing is left behind then.
pub fn create(
	directory: &Path,
	spec: &ChainSpec,
	genesis_hash: Hash,
	copy: impl FnOnce(&Path) -> Result<std::sync::Arc<Tip>, StorageError>,
) -> Result<Manifest, SnapshotError> {
	let partial = partial(directory);
	for path in [directory, &partial] {
		if path.symlink_metadata().is_ok() {
			return Err(SnapshotError::Exists(path.to_owned()));
		}
	}
	fs::create_dir(&partial).map_err(failed("make", &partial))?;
	let made = fill(&partial, spec, genesis_hash, copy).and_then(|manifest| {
		fs::rename(&partial, directory).map_err(failed("make", directory)).map(|()| manifest)
	});
	if made.is_err() {
		// The error that stopped it is the one to show.
		let _ = fs::remove_dir_all(&partial);
	}
	let manifest = made?;
	sync_parent(directory)?;
	Ok(manifest)
}

fn fill(
	directory: &Path,
	spec: &ChainSpec,
	genesis_hash: Hash,
	copy: impl FnOnce(&Path) -> Result<std::sync::Arc<Tip>, StorageError>,
) -> Result<Manifest, SnapshotError> {
	let database = directory.join(DATABASE);
	let tip = copy(&database)?;
	let mut files = Vec::new();
	for name in names(&database)? {
		let path = database.join(&name);
		let (bytes, blake3) = copy_and_hash(&path, &mut io::sink(), u64::MAX)?;
		File::open(&path).and_then(|file| file.sync_all()).map_err(failed("write", &path))?;
		files.push(FileEntry { name, bytes, blake3 });
	}
	let manifest = Manifest {
		format_version: FORMAT_VERSION,
		chain: spec.id.clone(),
		genesis_hash,
		number: tip.number,
		hash: tip.hash,
		state_root: tip.header.state_root,
		files,
	};
	let path = directory.join(MANIFEST);
	let text =
		serde_json::to_vec_pretty(&manifest).expect("it has string keys only, so it always serialises");
	let mut file = new_file(&path)?;
	file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed("write", &path))?;
	for path in [database.as_path(), directory] {
		sync_directory(path)?;
	}
	Ok(manifest)
}

/// Reads a snapshot's manifest and checks its form; the files are not looked at.
///
/// # Errors
/// There is none, or it is of another form.
pub fn manifest(directory: &Path) -> Result<Manifest, SnapshotError> {
	#[derive(Deserialize)]
	#[serde(rename_all = "camelCase")]
	struct Version {
		format_version: u32,
	}
	let path = directory.join(MANIFEST);
	let invalid = |cause: String| SnapshotError::Manifest { path: path.clone(), cause };
	let mut text = Vec::new();
	let file = File::open(&path).map_err(failed("read", &path))?;
	file.take(MANIFEST_BYTES_MAX + 1).read_to_end(&mut text).map_err(failed("read", &path))?;
	if text.len() as u64 > MANIFEST_BYTES_MAX {
		return Err(invalid(format!("it has more than {MANIFEST_BYTES_MAX} bytes")));
	}
	let version: Version = serde_json::from_slice(&text).map_err(|error| invalid(error.to_string()))?;
	if version.format_version != FORMAT_VERSION {
		return Err(SnapshotError::Version { found: version.format_version });
	}
	let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| invalid(error.to_string()))?;
	if manifest.files.is_empty() || manifest.files.len() > FILES_MAX {
		return Err(invalid(format!("it names {} files, not 1 to {FILES_MAX}", manifest.files.len())));
	}
	// Ascending names are plain and distinct, so that none leads out of the directory and none comes twice.
	let ascending = manifest.files.windows(2).all(|pair| pair[0].name < pair[1].name);
	match manifest.files.iter().find(|file| !is_plain(&file.name)) {
		Some(file) => Err(invalid(format!("it names the file {:?}", file.name))),
		None if !ascending => Err(invalid("its files are not in order".into())),
		None => Ok(manifest),
	}
}

/// Makes a snapshot the database at `database`, which must not exist.
///
/// # Errors
/// [`SnapshotError`]. Nothing is left behind then.
pub fn restore(directory: &Path, spec: &ChainSpec, database: &Path) -> Result<Manifest, SnapshotError> {
	let manifest = manifest(directory)?;
	let expected = spec.genesis_hash().map_err(|error| SnapshotError::Unusable(error.to_string()))?;
	if manifest.genesis_hash != expected {
		let Manifest { chain, genesis_hash: found, .. } = manifest;
		return Err(SnapshotError::WrongChain { chain, found, expected });
	}
	let partial = partial(database);
	for path in [database, &partial] {
		if path.symlink_metadata().is_ok() {
			return Err(SnapshotError::Exists(path.to_owned()));
		}
	}
	fs::create_dir_all(&partial).map_err(failed("make", &partial))?;
	let restored = copy_in(&directory.join(DATABASE), &manifest, &partial)
		.and_then(|()| check_tip(&partial, spec, &manifest))
		.and_then(|()| fs::rename(&partial, database).map_err(failed("make", database)));
	if restored.is_err() {
		// The error that stopped it is the one to show.
		let _ = fs::remove_dir_all(&partial);
	}
	restored?;
	sync_parent(database)?;
	Ok(manifest)
}

/// Copies the files, each as the manifest says, and nothing else may be there.
fn copy_in(from: &Path, manifest: &Manifest, into: &Path) -> Result<(), SnapshotError> {
	// In order, as the manifest's form demands.
	let known = |name: &str| manifest.files.binary_search_by(|file| file.name.as_str().cmp(name)).is_ok();
	if let Some(name) = names(from)?.into_iter().find(|name| !known(name)) {
		return Err(SnapshotError::Foreign(from.join(name)));
	}
	for entry in &manifest.files {
		let path = from.join(&entry.name);
		let damaged = |cause| SnapshotError::Damaged { path: path.clone(), cause };
		if !path.symlink_metadata().is_ok_and(|found| found.is_file()) {
			return Err(damaged("it is missing"));
		}
		let copied = into.join(&entry.name);
		let mut file = new_file(&copied)?;
		let (bytes, blake3) = copy_and_hash(&path, &mut file, entry.bytes)?;
		if bytes != entry.bytes {
			return Err(damaged("its length differs"));
		}
		if blake3 != entry.blake3 {
			return Err(damaged("its BLAKE3 hash differs"));
		}
		file.sync_all().map_err(failed("write", &copied))?;
	}
	sync_directory(into)
}

/// Opens the copied database as a node would, and compares its tip.
fn check_tip(path: &Path, spec: &ChainSpec, manifest: &Manifest) -> Result<(), SnapshotError> {
	let database = place::open_database(spec, path, Options::default())
		.map_err(|report| SnapshotError::Unusable(report.cause))?;
	let tip = database.tip();
	let same = tip.number == manifest.number
		&& tip.hash == manifest.hash
		&& tip.header.state_root == manifest.state_root;
	match same {
		true => Ok(database.flush()?),
		false => Err(SnapshotError::OtherTip { number: tip.number, hash: tip.hash }),
	}
}

/// Copies a file, at most one byte more than `bytes_max`; its length and hash.
fn copy_and_hash(path: &Path, into: &mut impl Write, bytes_max: u64) -> Result<(u64, String), SnapshotError> {
	let mut file = File::open(path).map_err(failed("read", path))?.take(bytes_max.saturating_add(1));
	let (mut hasher, mut bytes, mut buffer) = (blake3::Hasher::new(), 0u64, vec![0; BUFFER_BYTES]);
	loop {
		let read = match file.read(&mut buffer) {
			Ok(0) => return Ok((bytes, hasher.finalize().to_hex().to_string())),
			Ok(read) => read,
			Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
			Err(error) => return Err(failed("read", path)(error)),
		};
		hasher.update(&buffer[..read]);
		into.write_all(&buffer[..read]).map_err(failed("copy", path))?;
		bytes += read as u64;
	}
}

/// The names of a directory's files in order. Directories, links and names that are not plain are refused.
fn names(directory: &Path) -> Result<Vec<String>, SnapshotError> {
	let mut names = Vec::new();
	for entry in fs::read_dir(directory).map_err(failed("read", directory))? {
		let entry = entry.map_err(failed("read", directory))?;
		let foreign = || SnapshotError::Foreign(entry.path());
		let name = entry.file_name().into_string().map_err(|_| foreign())?;
		let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
		if !is_file || !is_plain(&name) || names.len() >= FILES_MAX {
			return Err(foreign());
		}
		names.push(name);
	}
	names.sort_unstable();
	Ok(names)
}

/// Names as RocksDB gives them; none leads anywhere.
fn is_plain(name: &str) -> bool {
	let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
	!name.is_empty() && !name.starts_with('.') && name.len() <= 255 && name.chars().all(allowed)
}

fn new_file(path: &Path) -> Result<File, SnapshotError> {
	OpenOptions::new().write(true).create_new(true).open(path).map_err(failed("make", path))
}

fn sync_directory(path: &Path) -> Result<(), SnapshotError> {
	File::open(path).and_then(|directory| directory.sync_all()).map_err(failed("write", path))
}

/// Makes a rename last.
pub(crate) fn sync_parent(path: &Path) -> Result<(), SnapshotError> {
	match path.parent() {
		Some(parent) if !parent.as_os_str().is_empty() => sync_directory(parent),
		_ => sync_directory(Path::new(".")),
	}
}
