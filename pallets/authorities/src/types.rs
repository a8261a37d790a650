//! The authorities' types, and the rules that a genesis set obeys.
//!
//! # Must not
//! Touch storage. The chain specification checks a genesis with what stands here before there is any state.

use alloc::collections::BTreeSet;
use serde::{Deserialize, Serialize};
use sp_core::H256;
use sp_runtime::ConsensusEngineId;

/// An authority's ed25519 public key, as consensus messages are signed with.
pub type AuthorityId = sp_core::ed25519::Public;

/// The engine id of the header's pre-runtime digest item that names the block's author: its 32-byte ed25519 key.
pub const ENGINE_ID: ConsensusEngineId = *b"plxs";

/// The shortest block time. Below it the votes' round trips between continents take longer than the block.
pub const BLOCK_TIME_MS_MIN: u64 = 200;

/// The longest block time. Above it clients that wait for finality give up.
pub const BLOCK_TIME_MS_MAX: u64 = 60_000;

/// The block time where the chain specification names none.
pub const BLOCK_TIME_MS_DEFAULT: u64 = 1_000;

/// The most power that all authorities may have together. A third of the `u64` range, because the quorum rule
/// multiplies by three.
pub const POWER_TOTAL_MAX: u64 = u64::MAX / 3;

/// An authority in the genesis: `{"id": "0x…", "power": 1}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisAuthority {
	/// The ed25519 public key, 32 bytes in hex.
	pub id: H256,
	/// The voting power, at least 1.
	pub power: u64,
}

impl GenesisAuthority {
	/// The key as consensus knows it.
	pub fn authority_id(&self) -> AuthorityId {
		AuthorityId::from_raw(self.id.0)
	}
}

/// A rule that a genesis breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InvalidGenesis {
	/// The block time is out of bounds.
	BlockTime {
		/// The block time in milliseconds.
		given_ms: u64,
	},
	/// More authorities than the set may hold.
	TooMany {
		/// How many there are.
		given: usize,
		/// How many there may be.
		max: u32,
	},
	/// An authority without power.
	NoPower {
		/// Its key.
		id: H256,
	},
	/// An authority that stands in the set twice.
	Duplicate {
		/// Its key.
		id: H256,
	},
	/// All power together exceeds [`POWER_TOTAL_MAX`].
	TooMuchPower,
}

/// Checks a genesis set and block time; an empty set passes.
pub(crate) fn check_genesis(
	authorities: &[GenesisAuthority],
	block_time_ms: u64,
	authorities_max: u32,
) -> Result<(), InvalidGenesis> {
	if !(BLOCK_TIME_MS_MIN..=BLOCK_TIME_MS_MAX).contains(&block_time_ms) {
		return Err(InvalidGenesis::BlockTime { given_ms: block_time_ms });
	}
	if authorities.len() > authorities_max as usize {
		return Err(InvalidGenesis::TooMany { given: authorities.len(), max: authorities_max });
	}
	let mut seen = BTreeSet::new();
	let mut total = 0u64;
	for GenesisAuthority { id, power } in authorities {
		if *power == 0 {
			return Err(InvalidGenesis::NoPower { id: *id });
		}
		if !seen.insert(*id) {
			return Err(InvalidGenesis::Duplicate { id: *id });
		}
		total = total
			.checked_add(*power)
			.filter(|total| *total <= POWER_TOTAL_MAX)
			.ok_or(InvalidGenesis::TooMuchPower)?;
	}
	Ok(())
}
