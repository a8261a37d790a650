//! A light client's core: from validators that are trusted to a header that is final, over every change of the set in
//! between.
//!
//! # How sets follow one another
//! The header of block `h` commits to the validators of `h + 1`: a consensus digest item with [`SET_ENGINE_ID`] holds
//! [`SET_COMMITMENT_VERSION`] and [`validator_set_hash`]. The precommits for block `h` are those of the validators of
//! `h`, hence of the set that block `h − 1` commits to. Block 1 has no such parent: the genesis state names its set.
//!
//! ```text
//! trusted       block t, and the set of t + 1                     at first: the genesis, t = 0
//! handover      block h > t, signed by the trusted set,           then: block h is trusted, and the set of h + 1,
//!               commits to another set than the trusted one       which the handover lists
//! …
//! target        block n > t, signed by the trusted set            is final
//! ```
//!
//! Blocks that change no set are skipped. So that nobody skips a change, each block comes with its parent's header,
//! and that header must commit to the very set that signed: whoever leaves a handover out is refused, even if the old
//! set and the new one have the same keys. What is left to trust is that no two thirds of a set sign for a height that
//! is not theirs; a chain of all headers rests on the same.
//!
//! # Must not
//! Do input or output, know a clock, or look at state: proofs of storage need a trie, which this crate spares the
//! runtime.
//!
//! # Invariants
//! - Nothing that was not verified is returned: [`Trusted`] and [`FinalBlock`] come from checks alone.
//! - Work is bounded by the bytes given: each signature is verified at most once.
//!
//! # Source
//! Tendermint's light client (Braithwaite et al., *Tendermint Blockchain Synchronization: Formal Specification and
//! Model Checking*, 2020), with sets that are handed over one by one instead of trusted by overlap.

use crate::consensus::{validator_set_hash, verify_commit, Commit, CommitError, Voter};
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode};
use sp_runtime::{Digest, DigestItem};

/// The engine id of the header's digest item that commits to the next validators.
pub const SET_ENGINE_ID: [u8; 4] = *b"plxv";

/// The first byte of that item. Behind it stand 32 bytes of [`validator_set_hash`].
pub const SET_COMMITMENT_VERSION: u8 = 1;

/// The longest header that is looked at. A header of this chain has some 200 bytes; runtime upgrades and later
/// digest items leave it far below this.
pub const HEADER_BYTES_MAX: usize = 64 * 1024;

/// The largest set that is looked at: ten times what Tendermint chains elect.
pub const VOTERS_MAX: usize = 1_024;

/// The hash of the next block's validators that a header's digest commits to. `None` if there is not exactly one such
/// item, or it has another version or length.
pub fn set_commitment(digest: &[DigestItem]) -> Option<[u8; 32]> {
	let mut items = digest.iter().filter_map(|item| match item {
		DigestItem::Consensus(id, payload) if *id == SET_ENGINE_ID => Some(payload),
		_ => None,
	});
	let (payload, another) = (items.next()?, items.next());
	match (payload.split_first()?, another) {
		((&SET_COMMITMENT_VERSION, hash), None) => hash.try_into().ok(),
		_ => None,
	}
}

/// A header, the header of its parent, and the precommits that made it final.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Certified {
	/// The header in SCALE.
	pub header: Vec<u8>,
	/// Its parent's header in SCALE.
	pub parent: Vec<u8>,
	/// The precommits, by the places of the validators in the order of consensus.
	pub commit: Commit,
}

/// A change of the set: a final block that commits to another set, and that set.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Handover {
	/// The block, signed by the validators who hand over.
	pub block: Certified,
	/// The validators from the next height on, in the order of consensus.
	pub set: Vec<Voter>,
}

/// Why a proof of finality proves nothing. Heights are those that the refused header claims.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LightError {
	/// A header has too many bytes.
	#[error("a header has {given} bytes; at most {HEADER_BYTES_MAX} are looked at")]
	HeaderBytes {
		/// Its length.
		given: usize,
	},
	/// Bytes are no header, or have something behind it.
	#[error("a header does not decode, or has bytes behind it")]
	Undecodable,
	/// A set has nobody, or too many.
	#[error("a set has {given} validators; it must have 1 to {VOTERS_MAX}")]
	SetLength {
		/// How many there are.
		given: usize,
	},
	/// The block is not above the one that is trusted.
	#[error("block {height} is not above the trusted block {trusted}")]
	NotAbove {
		/// Its height.
		height: u32,
		/// The trusted height.
		trusted: u32,
	},
	/// The header that comes as the parent is another.
	#[error("the header given as the parent of block {height} is not its parent")]
	Parent {
		/// The block's height.
		height: u32,
	},
	/// The block follows another block than the one that is trusted.
	#[error("block {height} follows another block {} than the trusted one", height.saturating_sub(1))]
	Fork {
		/// The block's height.
		height: u32,
	},
	/// A header commits to no set.
	#[error("block {height} does not commit to the validators of the next")]
	NoCommitment {
		/// The block's height.
		height: u32,
	},
	/// The set that would have to sign is not the block's.
	#[error("the validators of block {height} are others than the last ones proved: a change of the set is left out")]
	StaleSet {
		/// The block's height.
		height: u32,
	},
	/// The precommits do not make the block final.
	#[error("the certificate of block {height} proves nothing: {source}")]
	Commit {
		/// The block's height.
		height: u32,
		/// Why.
		source: CommitError,
	},
	/// The set that is handed over to is not the one that the block commits to.
	#[error("the set handed over at block {height} is not the one that the block commits to")]
	OtherSet {
		/// The block's height.
		height: u32,
	},
	/// A handover to the same set.
	#[error("the set does not change at block {height}: there is nothing to hand over")]
	NoChange {
		/// The block's height.
		height: u32,
	},
}

/// A block that is trusted, and the validators of the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trusted {
	genesis: [u8; 32],
	height: u32,
	hash: [u8; 32],
	set: Vec<Voter>,
	set_hash: [u8; 32],
}

/// A block that was proved to be final.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FinalBlock {
	/// Its height.
	pub height: u32,
	/// Its hash.
	pub hash: [u8; 32],
	/// Root of the state after it.
	pub state_root: [u8; 32],
	/// Hash of the validators of the next block; `None` if the header does not commit to them.
	pub next_set: Option<[u8; 32]>,
}

impl Trusted {
	/// The start of a chain: its genesis hash, and the validators of block 1 in the order of consensus. Both follow
	/// from the chain specification alone.
	///
	/// # Errors
	/// [`LightError::SetLength`].
	pub fn genesis(genesis: [u8; 32], set: Vec<Voter>) -> Result<Self, LightError> {
		Self::block(genesis, 0, genesis, set)
	}

	/// A block that somebody trusts for reasons of his own, and the validators of the next.
	///
	/// # Errors
	/// [`LightError::SetLength`].
	pub fn block(
		genesis: [u8; 32],
		height: u32,
		hash: [u8; 32],
		set: Vec<Voter>,
	) -> Result<Self, LightError> {
		if set.is_empty() || set.len() > VOTERS_MAX {
			return Err(LightError::SetLength { given: set.len() });
		}
		let set_hash = validator_set_hash(&genesis, &set);
		Ok(Self { genesis, height, hash, set, set_hash })
	}

	/// Height of the trusted block.
	pub fn height(&self) -> u32 {
		self.height
	}

	/// Hash of the trusted block.
	pub fn hash(&self) -> [u8; 32] {
		self.hash
	}

	/// The validators of the next block.
	pub fn set(&self) -> &[Voter] {
		&self.set
	}

	/// Verifies a change of the set; what is trusted after it.
	///
	/// # Errors
	/// [`LightError`].
	pub fn follow(&self, handover: &Handover) -> Result<Self, LightError> {
		let block = self.verify(&handover.block)?;
		let next = Self::block(self.genesis, block.height, block.hash, handover.set.clone())?;
		let committed = block.next_set.ok_or(LightError::NoCommitment { height: block.height })?;
		if committed == self.set_hash {
			return Err(LightError::NoChange { height: block.height });
		}
		if committed != next.set_hash {
			return Err(LightError::OtherSet { height: block.height });
		}
		Ok(next)
	}

	/// Verifies that a block is final: that the trusted set is its own, and signed it.
	///
	/// # Errors
	/// [`LightError`].
	pub fn verify(&self, block: &Certified) -> Result<FinalBlock, LightError> {
		let header = Header::read(&block.header)?;
		let height = header.number;
		if height <= self.height {
			return Err(LightError::NotAbove { height, trusted: self.height });
		}
		self.check_set_of(&header, &block.parent)?;
		let hash = sp_crypto_hashing::blake2_256(&block.header);
		let Commit { round, signatures } = &block.commit;
		verify_commit(&self.genesis, &self.set, height.into(), hash, *round, signatures)
			.map_err(|source| LightError::Commit { height, source })?;
		let next_set = set_commitment(&header.digest.logs);
		Ok(FinalBlock { height, hash, state_root: header.state_root, next_set })
	}

	/// Checks by the parent's header that the block's validators are those that are trusted.
	fn check_set_of(&self, header: &Header, parent: &[u8]) -> Result<(), LightError> {
		let height = header.number;
		let parent_header = Header::read(parent)?;
		let parent_hash = sp_crypto_hashing::blake2_256(parent);
		if parent_hash != header.parent_hash || parent_header.number.checked_add(1) != Some(height) {
			return Err(LightError::Parent { height });
		}
		if parent_header.number == self.height {
			// Its commitment, if it has one, is what was trusted; the genesis has none.
			return match parent_hash == self.hash {
				true => Ok(()),
				false => Err(LightError::Fork { height }),
			};
		}
		match set_commitment(&parent_header.digest.logs) {
			None => Err(LightError::NoCommitment { height: parent_header.number }),
			Some(committed) if committed != self.set_hash => Err(LightError::StaleSet { height }),
			Some(_) => Ok(()),
		}
	}
}

/// Substrate's header, as far as it is read here. Its hash is BLAKE2b-256 of its bytes.
#[derive(Decode)]
struct Header {
	parent_hash: [u8; 32],
	#[codec(compact)]
	number: u32,
	state_root: [u8; 32],
	_extrinsics_root: [u8; 32],
	digest: Digest,
}

impl Header {
	fn read(bytes: &[u8]) -> Result<Self, LightError> {
		if bytes.len() > HEADER_BYTES_MAX {
			return Err(LightError::HeaderBytes { given: bytes.len() });
		}
		Self::decode_all(&mut &bytes[..]).map_err(|_| LightError::Undecodable)
	}
}
