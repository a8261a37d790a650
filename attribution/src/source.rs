//! [`Source`]: a contribution and the local file that holds its bytes; and lists of them.
//!
//! A list is JSON lines, one contribution each, in any order. `plexus corpus sources` writes it from the chain, and whoever
//! has the facts from elsewhere writes it by hand:
//!
//! ```text
//! {"contribution":7,"datanet":0,"commitment":3,"path":"poems/a.txt","content":{"root":"0x…","len":1234}}
//! ```
//!
//! # Must not
//! Decide what is lawful: whoever writes the list does. Only what stands in it is ever named as a source, so it holds what
//! the versions in a model's manifest hold, and nothing else.
//!
//! # Invariants
//! Sources are ordered by who was registered first, [`Source::precedence`]; no two of an index have the same content.

use codec::{Decode, Encode};
use plexus_primitives::{CommitmentNumber, Content, ContributionId, DatanetId};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read, Write};

/// The most contributions of one index: as many as one run of `plexus contribute` takes.
pub const SOURCES_MAX: usize = 10_000_000;

/// The longest path, in bytes: what Linux takes.
pub const PATH_BYTES_MAX: usize = 4_096;

/// The longest line of a list: a path whose every byte is escaped, and the numbers.
const LINE_BYTES_MAX: u64 = 6 * PATH_BYTES_MAX as u64 + 512;

/// A contribution whose bytes are at hand.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
	/// The contribution.
	pub contribution: ContributionId,
	/// The datanet it is in.
	pub datanet: DatanetId,
	/// The commitment it was registered under: the smaller, the earlier.
	pub commitment: CommitmentNumber,
	/// Where its bytes are, from the directory of the index on, with slashes.
	pub path: String,
	/// The bytes' name. Checked against the file when an index is built.
	pub content: Content,
}

impl Source {
	/// What decides between two that hold the same bytes: the smaller was registered earlier.
	pub fn precedence(&self) -> (CommitmentNumber, ContributionId) {
		(self.commitment, self.contribution)
	}

	/// Whether the path stays below the directory, is not too long, and the content has bytes.
	pub(crate) fn check(&self) -> Result<(), &'static str> {
		if self.content.len == 0 {
			return Err("its content is empty");
		}
		if self.path.len() > PATH_BYTES_MAX {
			return Err("its path is longer than 4,096 bytes");
		}
		let leaves = |part: &str| part.is_empty() || part == "." || part == "..";
		match self.path.split('/').any(leaves) || self.path.contains('\0') {
			true => Err("its path is no path below the directory"),
			false => Ok(()),
		}
	}
}

/// Why a list of sources cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourcesError {
	/// The reader failed.
	#[error("reading failed: {0}")]
	Read(#[from] io::Error),
	/// A line is longer than any source needs.
	#[error("line {line} is longer than {LINE_BYTES_MAX} bytes")]
	LineTooLong {
		/// Its number, from 1.
		line: usize,
	},
	/// A line is no source.
	#[error("line {line}: {source}")]
	NoSource {
		/// Its number, from 1.
		line: usize,
		/// What is wrong with it.
		source: serde_json::Error,
	},
	/// A source that cannot be used.
	#[error("line {line}: contribution {contribution}: {cause}")]
	Unusable {
		/// Its number, from 1.
		line: usize,
		/// Which one.
		contribution: u64,
		/// Why not.
		cause: &'static str,
	},
	/// There are more than [`SOURCES_MAX`].
	#[error("there are more than {SOURCES_MAX} sources")]
	TooMany,
}

/// Reads a list. Empty lines are skipped.
///
/// # Errors
/// See [`SourcesError`].
pub fn read_sources(mut reader: impl BufRead) -> Result<Vec<Source>, SourcesError> {
	let mut sources = Vec::new();
	let mut bytes = Vec::new();
	for line in 1.. {
		bytes.clear();
		if reader.by_ref().take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut bytes)? == 0 {
			break;
		}
		if bytes.len() as u64 > LINE_BYTES_MAX {
			return Err(SourcesError::LineTooLong { line });
		}
		if bytes.trim_ascii().is_empty() {
			continue;
		}
		let source: Source =
			serde_json::from_slice(&bytes).map_err(|source| SourcesError::NoSource { line, source })?;
		source.check().map_err(|cause| SourcesError::Unusable {
			line,
			contribution: source.contribution.0,
			cause,
		})?;
		if sources.len() == SOURCES_MAX {
			return Err(SourcesError::TooMany);
		}
		sources.push(source);
	}
	Ok(sources)
}

/// Writes one line of a list.
///
/// # Errors
/// The writer's.
pub fn write_source(writer: &mut impl Write, source: &Source) -> io::Result<()> {
	serde_json::to_writer(&mut *writer, source)?;
	writer.write_all(b"\n")
}

#[cfg(test)]
mod tests {
	use super::*;

	fn source(path: &str) -> Source {
		Source {
			contribution: ContributionId(7),
			datanet: DatanetId(1),
			commitment: CommitmentNumber(3),
			path: path.into(),
			content: Content { root: [0xab; 32], len: 5 },
		}
	}

	#[test]
	fn a_list_is_read_as_it_was_written() {
		let all = [source("a.txt"), source("b/\"c\" \n\u{1}.txt")];
		let mut list = Vec::new();
		for one in &all {
			write_source(&mut list, one).unwrap();
			list.push(b'\n');
		}
		assert_eq!(read_sources(list.as_slice()).unwrap(), all);
		let text = String::from_utf8(list).unwrap();
		let root = "ab".repeat(32);
		assert!(text.starts_with(&format!(
			r#"{{"contribution":7,"datanet":1,"commitment":3,"path":"a.txt","content":{{"root":"0x{root}","len":5}}}}"#
		)));
	}

	#[test]
	fn what_is_no_source_is_refused_with_its_line() {
		let line = |source: &Source| serde_json::to_string(source).unwrap();
		for path in ["", "/etc/passwd", "../a", "a/../../b", "a//b", "./a", "a/", "a\0b"] {
			let error = read_sources(line(&source(path)).as_bytes()).unwrap_err();
			assert!(
				matches!(error, SourcesError::Unusable { line: 1, contribution: 7, .. }),
				"{path:?}: {error}"
			);
		}
		let empty = Source { content: Content { root: [0; 32], len: 0 }, ..source("a") };
		assert!(read_sources(line(&empty).as_bytes()).is_err());
		let unknown = line(&source("a")).replace("datanet", "data_net");
		assert!(matches!(
			read_sources(format!("\n{unknown}").as_bytes()),
			Err(SourcesError::NoSource { line: 2, .. })
		));
		let long = vec![b' '; LINE_BYTES_MAX as usize + 1];
		assert!(matches!(read_sources(long.as_slice()), Err(SourcesError::LineTooLong { line: 1 })));
		let path = "\u{1}".repeat(PATH_BYTES_MAX);
		assert!(read_sources(line(&source(&path)).as_bytes()).is_ok(), "the longest line is read");
	}

	#[test]
	fn the_earlier_commitment_comes_first_and_then_the_earlier_contribution() {
		let with = |commitment, contribution| Source {
			commitment: CommitmentNumber(commitment),
			contribution: ContributionId(contribution),
			..source("a")
		};
		assert!(with(1, 9).precedence() < with(2, 1).precedence());
		assert!(with(1, 1).precedence() < with(1, 2).precedence());
	}
}
