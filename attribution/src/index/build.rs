//! Builds an index: reads the files, checks each against its root, and sorts.
//!
//! The text is cut between files into as many shards as there are cores to sort them. Each is read and sorted on a core of
//! its own.
//!
//! # Must not
//! Index bytes that are not what the source names: a claim on them would be a fraud.

use super::{
	shard::{Shard, SEPARATOR, TEXT_BYTES_MAX},
	Index,
};
use crate::source::{Source, SOURCES_MAX};
use rayon::prelude::*;
use std::{
	collections::HashSet,
	fs::File,
	io::{self, Read},
	num::NonZeroUsize,
	path::Path,
};

/// A shard is not made for less: searching two takes twice as long as one that is as long as both.
const SHARD_BYTES_MIN: u64 = 1 << 20;

/// How an index is built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BuildOptions {
	/// Into how many shards the text is cut at most, as far as one can hold its part: how many cores sort at once. Changes
	/// no answer.
	pub shards: NonZeroUsize,
}

impl Default for BuildOptions {
	/// One shard for each core.
	fn default() -> Self {
		Self { shards: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN) }
	}
}

/// Why no index can be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
	/// There is nothing to index.
	#[error("there are no sources")]
	NoSources,
	/// There are more than [`SOURCES_MAX`].
	#[error("there are {actual} sources, more than {SOURCES_MAX}")]
	TooManySources {
		/// How many.
		actual: usize,
	},
	/// A source that cannot be used.
	#[error("contribution {contribution}: {cause}")]
	Unusable {
		/// Which one.
		contribution: u64,
		/// Why not.
		cause: &'static str,
	},
	/// A file is longer than a shard's text may be.
	#[error("{path} has {len} bytes; files of more than {max} bytes cannot be indexed", max = TEXT_BYTES_MAX - 1)]
	FileTooLong {
		/// Its path.
		path: String,
		/// Its length.
		len: u64,
	},
	/// A file cannot be read.
	#[error("{path}: {source}")]
	Read {
		/// Its path.
		path: String,
		/// What the system says.
		source: io::Error,
	},
	/// A file does not hold what was contributed.
	#[error("{path} is not the content of contribution {contribution}: {cause}")]
	Differs {
		/// Its path.
		path: String,
		/// Which contribution.
		contribution: u64,
		/// Length or hash.
		cause: &'static str,
	},
}

/// Reads files below a directory, as [`Index::build`] wants it. Never reads more than a byte beyond the length that is
/// expected.
pub fn read_from(directory: &Path) -> impl Fn(&Source, &mut Vec<u8>) -> io::Result<()> + Sync + '_ {
	|source, text| {
		let file = File::open(directory.join(&source.path))?;
		file.take(source.content.len.saturating_add(1)).read_to_end(text).map(drop)
	}
}

impl Index {
	/// Builds an index over the sources, of which `read` appends the bytes to a text. Of several sources with the same
	/// content only the earliest is kept: no other can ever be named.
	///
	/// # Errors
	/// See [`BuildError`].
	pub fn build(
		sources: Vec<Source>,
		options: BuildOptions,
		read: impl Fn(&Source, &mut Vec<u8>) -> io::Result<()> + Sync,
	) -> Result<Self, BuildError> {
		let sources = in_order(sources)?;
		let total: u64 = sources.iter().map(|source| source.content.len.saturating_add(1)).sum();
		let target = total.div_ceil(options.shards.get() as u64).max(SHARD_BYTES_MIN);
		let shards: Result<Vec<Shard>, BuildError> =
			groups(&sources, target).into_par_iter().map(|group| build_shard(group, &read)).collect();
		let shards = shards?;
		Ok(Self::new(sources, shards))
	}
}

/// Checked, the earliest first, each content once.
fn in_order(mut sources: Vec<Source>) -> Result<Vec<Source>, BuildError> {
	if sources.is_empty() {
		return Err(BuildError::NoSources);
	}
	if sources.len() > SOURCES_MAX {
		return Err(BuildError::TooManySources { actual: sources.len() });
	}
	for source in &sources {
		let contribution = source.contribution.0;
		source.check().map_err(|cause| BuildError::Unusable { contribution, cause })?;
		if source.content.len >= TEXT_BYTES_MAX as u64 {
			return Err(BuildError::FileTooLong { path: source.path.clone(), len: source.content.len });
		}
	}
	sources.sort_by_key(Source::precedence);
	let mut seen = HashSet::with_capacity(sources.len());
	sources.retain(|source| seen.insert(source.content.root));
	let mut seen = HashSet::with_capacity(sources.len());
	match sources.iter().find(|source| !seen.insert(source.contribution)) {
		Some(Source { contribution, .. }) => Err(BuildError::Unusable {
			contribution: contribution.0,
			cause: "it is listed with two contents",
		}),
		None => Ok(sources),
	}
}

/// Runs of sources of about `target` bytes, and of as many as a shard can hold at most.
fn groups(sources: &[Source], target: u64) -> Vec<&[Source]> {
	let (mut groups, mut from, mut bytes) = (Vec::new(), 0, 0);
	for (place, source) in sources.iter().enumerate() {
		let more = source.content.len + 1;
		if bytes > 0 && (bytes >= target || bytes + more > TEXT_BYTES_MAX as u64) {
			groups.push(&sources[from..place]);
			(from, bytes) = (place, 0);
		}
		bytes += more;
	}
	groups.push(&sources[from..]);
	groups
}

fn build_shard(
	sources: &[Source],
	read: &(impl Fn(&Source, &mut Vec<u8>) -> io::Result<()> + Sync),
) -> Result<Shard, BuildError> {
	let bytes: u64 = sources.iter().map(|source| source.content.len + 1).sum();
	let (mut text, mut starts) = (Vec::with_capacity(bytes as usize), Vec::with_capacity(sources.len()));
	for source in sources {
		let start = text.len();
		starts.push(start as u32);
		read(source, &mut text)
			.map_err(|error| BuildError::Read { path: source.path.clone(), source: error })?;
		let differs = |cause| BuildError::Differs {
			path: source.path.clone(),
			contribution: source.contribution.0,
			cause,
		};
		let content = text.get(start..).unwrap_or_default();
		if content.len() as u64 != source.content.len {
			return Err(differs("its length is another"));
		}
		if *blake3::hash(content).as_bytes() != source.content.root {
			return Err(differs("its BLAKE3 hash is another"));
		}
		text.push(SEPARATOR);
	}
	Ok(Shard::sort(text, starts))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::testing::{index_of, sources_of};

	fn shards(count: usize) -> BuildOptions {
		BuildOptions { shards: NonZeroUsize::new(count).unwrap() }
	}

	#[test]
	fn of_the_same_content_only_the_earliest_contribution_is_kept() {
		let mut sources = sources_of(&[b"same".to_vec(), b"other".to_vec()]);
		let mut earlier = sources[0].clone();
		earlier.commitment.0 = 0;
		earlier.contribution.0 = 9;
		sources[0].commitment.0 = 1;
		sources[1].commitment.0 = 2;
		sources.push(earlier);
		let content = |source: &Source| if source.content.len == 4 { &b"same"[..] } else { b"other" };
		let index = Index::build(sources, shards(1), |source, text| {
			text.extend_from_slice(content(source));
			Ok(())
		})
		.unwrap();
		let kept: Vec<u64> = index.sources().iter().map(|source| source.contribution.0).collect();
		assert_eq!(kept, [9, 1]);
		assert_eq!(index.find(b"ame").unwrap().count, 1);
	}

	#[test]
	fn files_that_are_not_what_was_contributed_are_refused() {
		let directory = tempfile::tempdir().unwrap();
		let sources = sources_of(&[b"first file".to_vec(), b"second".to_vec()]);
		let build = || Index::build(sources.clone(), shards(2), read_from(directory.path()));
		assert!(matches!(build(), Err(BuildError::Read { .. })), "there are no files");
		std::fs::write(directory.path().join("0"), b"first file").unwrap();
		for (other, good) in
			[(&b"Second"[..], false), (b"secon", false), (b"second ", false), (b"second", true)]
		{
			std::fs::write(directory.path().join("1"), other).unwrap();
			match build() {
				Ok(index) => assert!(good && index.content(1) == b"second"),
				Err(error) => {
					assert!(!good && matches!(error, BuildError::Differs { contribution: 1, .. }), "{error}");
				}
			}
		}
	}

	#[test]
	fn what_cannot_be_indexed_is_refused_before_anything_is_read() {
		let build = |sources| {
			Index::build(sources, shards(1), |_, _| panic!("nothing is read because a source is unusable"))
				.err()
		};
		assert!(matches!(build(Vec::new()), Some(BuildError::NoSources)));
		let one = sources_of(&[b"x".to_vec()]).remove(0);
		let with = |change: fn(&mut Source)| {
			let mut changed = one.clone();
			change(&mut changed);
			build(vec![changed])
		};
		let mut other = sources_of(&[b"y".to_vec()]).remove(0);
		other.commitment.0 = 5;
		assert!(matches!(
			build(vec![one.clone(), other]),
			Some(BuildError::Unusable { contribution: 0, .. })
		));
		assert!(matches!(with(|one| one.path = "../x".into()), Some(BuildError::Unusable { .. })));
		assert!(matches!(with(|one| one.content.len = 0), Some(BuildError::Unusable { .. })));
		assert!(matches!(with(|one| one.content.len = u64::MAX), Some(BuildError::FileTooLong { .. })));
		assert!(matches!(
			with(|one| one.content.len = TEXT_BYTES_MAX as u64),
			Some(BuildError::FileTooLong { .. })
		));
	}

	#[test]
	fn shards_are_cut_between_files_in_the_order_of_registration() {
		let mut sources = sources_of(&vec![vec![1]; 5]);
		for (source, len) in sources.iter_mut().zip([9, 9, 19, 1, 1]) {
			source.content.len = len;
		}
		let cut = |target| groups(&sources, target).iter().map(|group| group.len()).collect::<Vec<_>>();
		assert_eq!(cut(20), [2, 1, 2]);
		assert_eq!(cut(1), [1, 1, 1, 1, 1]);
		assert_eq!(cut(1_000), [5]);
		sources[2].content.len = TEXT_BYTES_MAX as u64 - 1;
		assert_eq!(groups(&sources, u64::MAX).iter().map(|group| group.len()).collect::<Vec<_>>(), [2, 1, 2]);
	}

	#[test]
	fn the_earliest_contribution_is_found_whatever_the_number_of_shards() {
		let files: Vec<Vec<u8>> =
			(0..6).map(|file| format!("{file} shared text {file}").into_bytes()).collect();
		let index = index_of(&files, 3);
		assert_eq!(index.size().shards, 3);
		let found = index.find(b" shared text ").unwrap();
		assert_eq!((found.source, found.offset, found.count), (0, 1, 6));
		assert_eq!(index.find(b" shared text 4").unwrap().source, 4);
		assert_eq!(
			index.find(b"text 40").map(|found| found.source),
			None,
			"no match reaches into the next file"
		);
		assert_eq!((index.find(b""), index.content(5)), (None, files[5].as_slice()));
	}
}
