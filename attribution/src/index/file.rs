//! An index on disk.
//!
//! ```text
//! "PLXINDEX" │ format: u32 │ length of head: u32 │ head │ text │ suffixes: u32 each │ text │ suffixes │ … │ checksum
//!                                                     └──── a shard ────┘
//! ```
//!
//! The head is SCALE: all sources, and how many of them each shard has; everything else follows from their lengths. Numbers
//! are little-endian. The checksum is BLAKE3 over all before it.
//!
//! # Must not
//! Be taken for proof: the checksum finds damage. Whoever doubts the maker of an index builds it from the files, whose roots
//! are checked then.
//!
//! # Invariants
//! - A file appears under its name only when it is whole and on disk.
//! - Memory is asked for only as far as the file is long. No bytes in a file make a panic, now or in a later search.

use super::{
	shard::{Shard, SEPARATOR, TEXT_BYTES_MAX},
	Index,
};
use crate::source::{Source, SOURCES_MAX};
use blake3::Hasher;
use codec::{Decode, DecodeAll, Encode};
use std::{
	fs::File,
	io::{self, Read, Write},
	path::Path,
};

/// The format that is written, and the only one that is read.
pub const FORMAT: u32 = 1;

const MAGIC: &[u8; 8] = b"PLXINDEX";

/// The longest head: sources up to their limit with paths of usual length.
const HEAD_BYTES_MAX: u32 = 2 << 30;

/// Bytes before the head.
const PREFIX_BYTES: u64 = 16;

const CHECKSUM_BYTES: u64 = 32;

/// Bytes that are read or written, and hashed on all cores, at a time.
const BUFFER_BYTES: usize = 4 << 20;

/// Why an index cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
	/// The file cannot be read.
	#[error("{0}")]
	Read(#[from] io::Error),
	/// It is no index.
	#[error("it is no index")]
	NoIndex,
	/// It was written by another version.
	#[error("it is of format {actual}, and this program reads format {FORMAT}")]
	Format {
		/// What stands in the file.
		actual: u32,
	},
	/// It was cut, or something was added.
	#[error("it has {actual} bytes where its head asks for {expected}")]
	Length {
		/// Bytes that belong there.
		expected: u64,
		/// Bytes that are there.
		actual: u64,
	},
	/// It was damaged.
	#[error("its checksum is another than that of its bytes: it was damaged")]
	Checksum,
	/// The checksum is right, and yet what it holds is no index: it was made by another program.
	#[error("it is no sound index: {0}")]
	Unsound(&'static str),
}

#[derive(Encode, Decode)]
struct Head {
	sources: Vec<Source>,
	/// How many sources each shard has.
	shards: Vec<u32>,
}

impl Index {
	/// Writes the index to a file, whole or not at all.
	///
	/// # Errors
	/// The file cannot be written.
	pub fn write(&self, path: &Path) -> io::Result<()> {
		let directory =
			path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
		let mut file = tempfile::NamedTempFile::new_in(directory)?;
		let mut writer = Hashing { inner: file.as_file_mut(), hasher: Hasher::new() };
		let shards = self.shards.iter().map(|part| part.shard.files() as u32).collect();
		let head = Head { sources: self.sources.clone(), shards }.encode();
		let head_len = u32::try_from(head.len()).ok().filter(|len| *len <= HEAD_BYTES_MAX);
		let head_len =
			head_len.ok_or_else(|| io::Error::other("the paths of all sources are too long together"))?;
		writer.write_all(&[&MAGIC[..], &FORMAT.to_le_bytes(), &head_len.to_le_bytes()].concat())?;
		writer.write_all(&head)?;
		let mut buffer = Vec::with_capacity(BUFFER_BYTES);
		for part in &self.shards {
			writer.write_all(&part.shard.text)?;
			for suffixes in part.shard.suffixes.chunks(BUFFER_BYTES / 4) {
				buffer.clear();
				buffer.extend(suffixes.iter().flat_map(|suffix| suffix.to_le_bytes()));
				writer.write_all(&buffer)?;
			}
		}
		let checksum = writer.hasher.finalize();
		file.write_all(checksum.as_bytes())?;
		file.as_file().sync_all()?;
		file.persist(path).map_err(|error| error.error)?;
		// The new name is on disk only with its directory.
		File::open(directory)?.sync_all()
	}

	/// Reads an index, and checks it.
	///
	/// # Errors
	/// See [`OpenError`].
	pub fn open(path: &Path) -> Result<Self, OpenError> {
		let file = File::open(path)?;
		let actual = file.metadata()?.len();
		let mut reader = Hashing { inner: file, hasher: Hasher::new() };
		let head = read_head(&mut reader, actual)?;
		let groups = groups(&head)?;
		let bytes: u64 = groups.iter().map(|group| 5 * text_bytes(group)).sum();
		let expected = reader.hasher.count() + bytes + CHECKSUM_BYTES;
		if expected != actual {
			return Err(OpenError::Length { expected, actual });
		}
		let mut shards = Vec::with_capacity(groups.len());
		for group in groups {
			shards.push(read_shard(&mut reader, group)?);
		}
		let mut checksum = [0; CHECKSUM_BYTES as usize];
		reader.inner.read_exact(&mut checksum)?;
		if *reader.hasher.finalize().as_bytes() != checksum {
			return Err(OpenError::Checksum);
		}
		let sound: Option<Vec<Shard>> = shards.into_iter().collect();
		let shards = sound.ok_or(OpenError::Unsound("its suffixes are none of its text"))?;
		Ok(Self::new(head.sources, shards))
	}
}

/// What stands before the text. `actual` is the length of the file.
fn read_head(reader: &mut Hashing<File>, actual: u64) -> Result<Head, OpenError> {
	let mut prefix = [0; PREFIX_BYTES as usize];
	reader.inner.read_exact(&mut prefix).map_err(|error| match error.kind() {
		io::ErrorKind::UnexpectedEof => OpenError::NoIndex,
		_ => OpenError::Read(error),
	})?;
	reader.hasher.update(&prefix);
	let (magic, numbers) = prefix.split_at(MAGIC.len());
	if magic != MAGIC {
		return Err(OpenError::NoIndex);
	}
	let (format, head_len) = numbers.split_at(4);
	let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
	let (format, head_len) = (number(format), number(head_len));
	if format != FORMAT {
		return Err(OpenError::Format { actual: format });
	}
	let expected = PREFIX_BYTES + u64::from(head_len) + CHECKSUM_BYTES;
	if head_len > HEAD_BYTES_MAX || expected > actual {
		return Err(OpenError::Length { expected, actual });
	}
	let mut bytes = Vec::new();
	reader.fill(&mut bytes, head_len as usize)?;
	Head::decode_all(&mut bytes.as_slice()).map_err(|_| OpenError::Unsound("its head cannot be decoded"))
}

/// The sources of each shard.
fn groups(head: &Head) -> Result<Vec<&[Source]>, OpenError> {
	let unsound = |cause| Err(OpenError::Unsound(cause));
	if head.sources.is_empty() || head.sources.len() > SOURCES_MAX {
		return unsound("it has no sources, or too many");
	}
	if head.sources.iter().any(|source| source.check().is_err()) {
		return unsound("it has a source that cannot be used");
	}
	if !head.sources.is_sorted_by_key(Source::precedence) {
		return unsound("its sources are not in the order of their registration");
	}
	let (mut rest, mut groups) = (head.sources.as_slice(), Vec::new());
	for count in &head.shards {
		let Some((group, after)) =
			rest.split_at_checked(*count as usize).filter(|(group, _)| !group.is_empty())
		else {
			return unsound("its shards do not fit its sources");
		};
		let bytes =
			group.iter().fold(0u64, |sum, source| sum.saturating_add(source.content.len).saturating_add(1));
		if bytes > TEXT_BYTES_MAX as u64 {
			return unsound("a shard is too long");
		}
		groups.push(group);
		rest = after;
	}
	if rest.is_empty() {
		Ok(groups)
	} else {
		unsound("its shards do not hold all sources")
	}
}

/// Bytes of a shard's text.
fn text_bytes(sources: &[Source]) -> u64 {
	sources.iter().map(|source| source.content.len + 1).sum()
}

/// A shard; nothing if it is none. It is read in any case, so that the checksum can tell damage from bad making.
fn read_shard(reader: &mut Hashing<File>, sources: &[Source]) -> io::Result<Option<Shard>> {
	let len = text_bytes(sources) as usize;
	let mut text = Vec::new();
	reader.fill(&mut text, len)?;
	let (mut starts, mut end) = (Vec::with_capacity(sources.len()), 0);
	let mut separated = true;
	for source in sources {
		starts.push(end as u32);
		end += source.content.len as usize + 1;
		separated &= text.get(end - 1) == Some(&SEPARATOR);
	}
	let (mut suffixes, mut buffer) = (Vec::with_capacity(len), Vec::new());
	while suffixes.len() < len {
		buffer.clear();
		reader.fill(&mut buffer, 4 * (len - suffixes.len()).min(BUFFER_BYTES / 4))?;
		let (numbers, _) = buffer.as_chunks::<4>();
		suffixes.extend(numbers.iter().map(|number| u32::from_le_bytes(*number)));
	}
	let sound = separated && suffixes.iter().all(|suffix| (*suffix as usize) < len);
	Ok(sound.then(|| Shard::new(text, starts, suffixes)))
}

/// Hashes what goes through.
struct Hashing<Inner> {
	inner: Inner,
	hasher: Hasher,
}

impl<Inner: Read> Hashing<Inner> {
	/// Appends exactly `len` bytes.
	fn fill(&mut self, bytes: &mut Vec<u8>, len: usize) -> io::Result<()> {
		let start = bytes.len();
		bytes.reserve_exact(len);
		while bytes.len() < start + len {
			let from = bytes.len();
			let part = (start + len - from).min(BUFFER_BYTES);
			bytes.resize(from + part, 0);
			self.inner.read_exact(&mut bytes[from..])?;
			self.hasher.update_rayon(&bytes[from..]);
		}
		Ok(())
	}
}

impl<Inner: Write> Hashing<Inner> {
	fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
		for part in bytes.chunks(BUFFER_BYTES) {
			self.hasher.update_rayon(part);
			self.inner.write_all(part)?;
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::testing::index_of;
	use std::path::PathBuf;

	fn written() -> (tempfile::TempDir, PathBuf, Vec<u8>) {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("index");
		let files = [b"first text of the index".to_vec(), b"second\0text".to_vec(), vec![0, 0, 0]];
		index_of(&files, 2).write(&path).unwrap();
		let bytes = std::fs::read(&path).unwrap();
		(directory, path, bytes)
	}

	#[test]
	fn an_index_answers_after_it_was_read_as_before() {
		let (directory, path, _) = written();
		let index = Index::open(&path).unwrap();
		assert_eq!((index.size().sources, index.size().shards, index.size().bytes), (3, 2, 37));
		assert_eq!(index.content(1), b"second\0text");
		let found = index.find(b"text").unwrap();
		assert_eq!((found.source, found.offset, found.count), (0, 6, 2));
		assert_eq!(index.find(b"\0").map(|found| (found.source, found.offset, found.count)), Some((1, 6, 4)));
		assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is left behind");
	}

	#[test]
	fn every_changed_byte_and_every_cut_is_refused() {
		let (_directory, path, bytes) = written();
		for place in 0..bytes.len() {
			for change in [1, 0x80] {
				let mut changed = bytes.clone();
				changed[place] ^= change;
				std::fs::write(&path, &changed).unwrap();
				assert!(Index::open(&path).is_err(), "byte {place} was changed");
			}
			std::fs::write(&path, &bytes[..place]).unwrap();
			assert!(Index::open(&path).is_err(), "cut at {place}");
		}
		std::fs::write(&path, [&bytes[..], &[0]].concat()).unwrap();
		assert!(matches!(Index::open(&path), Err(OpenError::Length { .. })));
		std::fs::write(&path, &bytes).unwrap();
		assert!(Index::open(&path).is_ok());
	}

	#[test]
	fn what_is_wrong_is_named() {
		let (_directory, path, bytes) = written();
		let refused = |bytes: &[u8]| {
			std::fs::write(&path, bytes).unwrap();
			Index::open(&path).err().expect("it is no sound index")
		};
		assert!(matches!(refused(b""), OpenError::NoIndex));
		assert!(matches!(refused(b"something else altogether"), OpenError::NoIndex));
		let mut other = bytes.clone();
		other[8] = 2;
		assert!(matches!(refused(&other), OpenError::Format { actual: 2 }));
		let mut damaged = bytes.clone();
		let last = damaged.len() - 33;
		damaged[last] ^= 1;
		assert!(matches!(refused(&damaged), OpenError::Checksum));
	}

	#[test]
	fn a_bad_index_with_a_good_checksum_is_refused_or_answers_without_a_panic() {
		let (_directory, path, bytes) = written();
		let body = bytes.len() - CHECKSUM_BYTES as usize;
		let mut opened = 0;
		for place in PREFIX_BYTES as usize..body {
			for change in [1, 0x7f, 0xff] {
				let mut changed = bytes[..body].to_vec();
				changed[place] ^= change;
				let checksum = blake3::hash(&changed);
				changed.extend_from_slice(checksum.as_bytes());
				std::fs::write(&path, &changed).unwrap();
				let Ok(index) = Index::open(&path) else { continue };
				opened += 1;
				for pattern in [&b"text"[..], b"\0", b"zz"] {
					index.find(pattern);
					index.followers(pattern);
				}
			}
		}
		assert!(opened > 0, "some changes are those of names and texts");
	}
}
