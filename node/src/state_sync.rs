//! State sync: a node without a database takes the state after a block from its peers, and goes on with blocks from there.
//!
//! ```text
//!   a height, and the block's hash from a source that is trusted
//!     │ finality     changes of the validators from the genesis on, the block's header and certificate      [`anchor`]
//!     │ body         hashed to the header's extrinsics root
//!     │ pieces       of the state, from several peers at once, each proved against the header's state root   [`plan`]
//!     ▼ import       into a directory beside the database's, whose root is computed anew                     [`download`]
//!   a database whose first block is that one
//! ```
//!
//! Every node serves the states that it keeps, and those of the snapshots that it makes ([`serve`]).
//!
//! # What is trusted
//! With a hash: that hash, beside the chain's specification. Without: that no two thirds of an earlier set of validators
//! sign another chain with keys that they no longer stake for, as in every light client that starts from the genesis.
//!
//! # Must not
//! Take anything from a peer that is not proved, or touch a database that exists.
//!
//! # Invariants
//! - A peer that sends what its proof does not prove is reported, which bans it, and not asked again.
//! - The database gets its name when it is complete and on disk. Until then it is another directory, which the next start
//!   goes on with if it is of the same block, and removes otherwise.
//! - Without any progress for [`PATIENCE`] the join ends with an error; the proof of the block waits for no peer longer than
//!   a minute at a time.

pub mod anchor;
pub mod download;
pub mod peers;
pub mod plan;
pub mod serve;
pub mod wire;

#[cfg(test)]
mod tests;

pub use download::{join, Joined};
pub use peers::PATIENCE;
pub use serve::{serve, Source};

use crate::{report::Remedy, snapshot::SnapshotError};
use plexus_chain_spec::{ChainSpec, SpecError};
use plexus_primitives::consensus::Voter;
use plexus_storage::{Hash, Header, ImportError};
use std::{io, path::PathBuf, str::FromStr};

/// The block to join at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
	/// Its height.
	pub height: u32,
	/// Its hash, if it is known from a source that is trusted.
	pub hash: Option<Hash>,
}

impl FromStr for Checkpoint {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let form = || format!("expected HEIGHT:HASH or HEIGHT, found `{text}`");
		let (height, hash) = match text.split_once(':') {
			Some((height, hash)) => (height, Some(hash)),
			None => (text, None),
		};
		let height = height.parse().ok().filter(|height| *height > 0).ok_or_else(form)?;
		let hash = hash
			.map(|hash| {
				let digits = hash.strip_prefix("0x").unwrap_or(hash);
				let bytes = hex::decode(digits).ok().filter(|bytes| bytes.len() == 32);
				bytes.map(|bytes| Hash::from_slice(&bytes)).ok_or_else(form)
			})
			.transpose()?;
		Ok(Self { height, hash })
	}
}

/// What the chain's specification says; with a trusted hash, all that is believed.
#[derive(Clone, Debug)]
pub struct Origin {
	/// Header of block 0.
	pub genesis: Header,
	/// The validators of block 1, in the order of consensus.
	pub set: Vec<Voter>,
}

impl Origin {
	/// The origin of a chain.
	///
	/// # Errors
	/// The specification is none.
	pub fn of(spec: &ChainSpec) -> Result<Self, SpecError> {
		Ok(Self { genesis: spec.header()?, set: spec.validators()? })
	}
}

/// Why a node did not join.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
	/// Nobody serves the state.
	#[error("no peer served the state after block {height} for {} s; {offered}", PATIENCE.as_secs())]
	NotServed {
		/// The height.
		height: u32,
		/// Which are.
		offered: String,
	},
	/// The network has another block.
	#[error("peers prove that block {height} is {found:?}, which is not the trusted {trusted:?}")]
	OtherBlock {
		/// The height.
		height: u32,
		/// The hash that is trusted.
		trusted: Hash,
		/// The hash that was proved.
		found: Hash,
	},
	/// The state has a part that this version does not transfer.
	#[error("the state has child tries, which this version does not transfer")]
	ChildTries,
	/// The import failed.
	#[error(transparent)]
	Import(#[from] ImportError),
	/// The import's thread panicked.
	#[error("importing the state panicked: {0}")]
	Panicked(#[from] tokio::task::JoinError),
	/// The database does not get its name.
	#[error(transparent)]
	Name(#[from] SnapshotError),
	/// What an earlier attempt left behind cannot be used or removed.
	#[error("cannot remove {}: {source}", path.display())]
	Leftover {
		/// The directory.
		path: PathBuf,
		/// The system's reason.
		source: io::Error,
	},
	/// The specification names no validators, or too many.
	#[error("the chain specification is of no use: {0}")]
	Origin(String),
}

impl Remedy for JoinError {
	fn name(&self) -> &'static str {
		"state sync"
	}

	fn remedy(&self) -> Option<String> {
		Some(match self {
			Self::NotServed { .. } => {
				"name a height that peers have with --sync-from, or peers that have it with --bootnodes; start again to go on"
					.into()
			}
			Self::OtherBlock { .. } => {
				"ask the source of the hash again; if it insists, your peers are on another chain than it is".into()
			}
			Self::ChildTries => "start without --sync-from, or with the release that the network runs".into(),
			Self::Origin(_) => "check it with `plexus chain-spec validate`".into(),
			Self::Import(_) | Self::Name(_) | Self::Leftover { .. } => {
				"check the path, the permissions and the space on the disk, and start again to go on".into()
			}
			Self::Panicked(_) => "report it with the log".into(),
		})
	}
}
