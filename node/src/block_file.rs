//! Files of blocks: what `plexus export` writes and `plexus import` reads.
//!
//! ```text
//! "PLXBLOCK"  magic
//! u32 LE      format version
//! 32 bytes    genesis hash
//! u32 LE      number of the first block
//! u32 LE      how many blocks follow
//! then for each block, ascending without gaps:
//!   u32 LE    length
//!   bytes     SCALE of (block, certificate), of that length
//! ```
//!
//! A file proves nothing by itself: the reader checks form and bounds here; import verifies certificates and executes.
//! Nothing here knows the database.

use codec::{DecodeAll, Encode};
use plexus_storage::{Block, Hash};
use std::io::{self, Read, Write};

use crate::report::Remedy;

/// Version of the format.
pub const VERSION: u32 = 1;
const MAGIC: &[u8; 8] = b"PLXBLOCK";
/// A block body has at most 4 MiB; header, certificate and encoding fit into as much again.
pub const RECORD_BYTES_MAX: u32 = 8 * 1024 * 1024;

/// What a file begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
	/// Genesis hash of the chain.
	pub genesis: Hash,
	/// Number of the first block.
	pub first: u32,
	/// How many blocks there are.
	pub count: u32,
}

/// A block and the proof that it was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
	/// The block.
	pub block: Block,
	/// Its commit certificate, in the consensus's encoding.
	pub certificate: Vec<u8>,
}

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BlockFileError {
	/// The system refuses.
	#[error("reading or writing failed")]
	Io(#[from] io::Error),
	/// Another kind of file.
	#[error("this is not a file of blocks")]
	NotBlocks,
	/// A format of another release.
	#[error("the file has format {found}, this program reads format {VERSION}")]
	Version {
		/// The file's format.
		found: u32,
	},
	/// A length that no block has.
	#[error("block {number} claims {bytes} bytes, at most {RECORD_BYTES_MAX} are possible")]
	TooLong {
		/// The block.
		number: u32,
		/// The length claimed.
		bytes: u32,
	},
	/// The file ends early.
	#[error("the file ends within block {number}")]
	Truncated {
		/// The block.
		number: u32,
	},
	/// Bytes that are no block.
	#[error("block {number} does not decode")]
	Undecodable {
		/// The block.
		number: u32,
		/// The decoder's words.
		#[source]
		source: codec::Error,
	},
	/// Another block than the file's order says.
	#[error("the file has block {found} where block {expected} belongs")]
	OutOfOrder {
		/// The block found.
		found: u32,
		/// The block that belongs there.
		expected: u32,
	},
	/// Bytes after the last block.
	#[error("the file goes on after its last block")]
	Trailing,
}

impl Remedy for BlockFileError {
	fn name(&self) -> &'static str {
		"block file"
	}

	fn remedy(&self) -> Option<String> {
		Some(match self {
			Self::Io(_) => "check the path, the permissions and the space on the disk".into(),
			Self::NotBlocks => "give a file that `plexus export` wrote".into(),
			Self::Version { .. } => "export again with a release of this format".into(),
			Self::Truncated { .. } => {
				"copy or export the file again; blocks before the break can be imported already".into()
			}
			Self::TooLong { .. } | Self::Undecodable { .. } | Self::OutOfOrder { .. } | Self::Trailing => {
				"the file is damaged; copy or export it again".into()
			}
		})
	}
}

/// Writes a file.
#[derive(Debug)]
pub struct Writer<W> {
	to: W,
}

impl<W: Write> Writer<W> {
	/// Starts a file.
	///
	/// # Errors
	/// The system's.
	pub fn new(mut to: W, head: Head) -> Result<Self, BlockFileError> {
		to.write_all(MAGIC)?;
		to.write_all(&VERSION.to_le_bytes())?;
		to.write_all(head.genesis.as_bytes())?;
		to.write_all(&head.first.to_le_bytes())?;
		to.write_all(&head.count.to_le_bytes())?;
		Ok(Self { to })
	}

	/// Adds a block. The caller keeps the order and the count that the head promises.
	///
	/// # Errors
	/// The system's, or [`BlockFileError::TooLong`].
	pub fn write(&mut self, record: &Record) -> Result<(), BlockFileError> {
		let bytes = (&record.block, &record.certificate).encode();
		let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
		if length > RECORD_BYTES_MAX {
			return Err(BlockFileError::TooLong { number: record.block.header.number, bytes: length });
		}
		self.to.write_all(&length.to_le_bytes())?;
		self.to.write_all(&bytes)?;
		Ok(())
	}

	/// Ends the file and gives back what it was written to.
	///
	/// # Errors
	/// The system's.
	pub fn finish(mut self) -> Result<W, BlockFileError> {
		self.to.flush()?;
		Ok(self.to)
	}
}

/// Reads a file, block by block. Stops after the first error.
#[derive(Debug)]
pub struct Reader<R> {
	from: R,
	head: Head,
	read: u32,
	ended: bool,
}

impl<R: Read> Reader<R> {
	/// Reads the head.
	///
	/// # Errors
	/// Another kind of file, or another format.
	pub fn new(mut from: R) -> Result<Self, BlockFileError> {
		let not_blocks = |error: io::Error| match error.kind() {
			io::ErrorKind::UnexpectedEof => BlockFileError::NotBlocks,
			_ => BlockFileError::Io(error),
		};
		let magic: [u8; 8] = array(&mut from).map_err(not_blocks)?;
		if &magic != MAGIC {
			return Err(BlockFileError::NotBlocks);
		}
		let found = u32::from_le_bytes(array(&mut from).map_err(not_blocks)?);
		if found != VERSION {
			return Err(BlockFileError::Version { found });
		}
		let genesis = Hash::from(array::<32>(&mut from).map_err(not_blocks)?);
		let first = u32::from_le_bytes(array(&mut from).map_err(not_blocks)?);
		let count = u32::from_le_bytes(array(&mut from).map_err(not_blocks)?);
		Ok(Self { from, head: Head { genesis, first, count }, read: 0, ended: false })
	}

	/// What the file begins with.
	pub fn head(&self) -> Head {
		self.head
	}

	fn next_record(&mut self) -> Result<Option<Record>, BlockFileError> {
		if self.read == self.head.count {
			return match self.from.read(&mut [0u8; 1])? {
				0 => Ok(None),
				_ => Err(BlockFileError::Trailing),
			};
		}
		let number = self.head.first.saturating_add(self.read);
		let truncated = |error: io::Error| match error.kind() {
			io::ErrorKind::UnexpectedEof => BlockFileError::Truncated { number },
			_ => BlockFileError::Io(error),
		};
		let length = u32::from_le_bytes(array(&mut self.from).map_err(truncated)?);
		if length > RECORD_BYTES_MAX {
			return Err(BlockFileError::TooLong { number, bytes: length });
		}
		let mut bytes = vec![0u8; length as usize];
		self.from.read_exact(&mut bytes).map_err(truncated)?;
		let (block, certificate) = <(Block, Vec<u8>)>::decode_all(&mut &bytes[..])
			.map_err(|source| BlockFileError::Undecodable { number, source })?;
		if block.header.number != number {
			return Err(BlockFileError::OutOfOrder { found: block.header.number, expected: number });
		}
		self.read += 1;
		Ok(Some(Record { block, certificate }))
	}
}

impl<R: Read> Iterator for Reader<R> {
	type Item = Result<Record, BlockFileError>;

	fn next(&mut self) -> Option<Self::Item> {
		if self.ended {
			return None;
		}
		let next = self.next_record().transpose();
		self.ended = !matches!(next, Some(Ok(_)));
		next
	}
}

fn array<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
	let mut bytes = [0u8; N];
	from.read_exact(&mut bytes)?;
	Ok(bytes)
}

#[cfg(test)]
mod tests;
