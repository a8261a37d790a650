//! The validators that a chain starts with, and the rules that they obey.
//!
//! # Must not
//! Touch storage. The chain specification checks a genesis with what stands here before there is any state.

use crate::{periods::ChainPeriods, types::*, Config};
use alloc::{collections::BTreeSet, vec::Vec};
use plexus_primitives::consensus::ConsensusKey;
use serde::{Deserialize, Serialize};
use sp_core::{Get, H256};
use sp_runtime::Perbill;

/// A validator in the genesis: `{"account": "…", "key": "0x…", "stake": 1, "commission": 0}`.
///
/// It needs no proof that it has the key: who writes a genesis vouches for all of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisValidator<AccountId> {
	/// Whose stake it is. The account must own more than it, in the same genesis.
	pub account: AccountId,
	/// The ed25519 public key, 32 bytes in hex.
	pub key: H256,
	/// What is bonded, in the smallest unit; at least `ValidatorBondMin`.
	pub stake: Balance,
	/// The validator's part of rewards, in billionths.
	pub commission: Perbill,
}

/// A rule that a genesis breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InvalidGenesis {
	/// The block time is out of bounds.
	BlockTime {
		/// The block time in milliseconds.
		given_ms: u64,
	},
	/// A period breaks its rule.
	Period {
		/// Which, as it stands in a chain specification.
		field: &'static str,
		/// What would be right.
		rule: &'static str,
	},
	/// Evidence would be accepted for more eras than are kept.
	History {
		/// How many would have to be kept.
		needed: u64,
		/// How many there may be.
		max: u32,
	},
	/// More validators than a set may have.
	TooMany {
		/// How many there are.
		given: usize,
		/// How many there may be.
		max: u32,
	},
	/// A validator with less stake than one must have.
	StakeTooSmall {
		/// Its key.
		key: H256,
	},
	/// A key that is no point of the curve, or of small order.
	UnusableKey {
		/// The key.
		key: H256,
	},
	/// A key that two validators have.
	DuplicateKey {
		/// The key.
		key: H256,
	},
	/// An account that has two validators, by the key of the second.
	DuplicateAccount {
		/// Its second key.
		key: H256,
	},
}

/// Checks a genesis; one without validators passes.
pub(crate) fn check<T: Config>(
	validators: &[GenesisValidator<T::AccountId>],
	block_time_ms: u64,
	periods: &ChainPeriods,
) -> Result<(), InvalidGenesis> {
	check_time::<T>(block_time_ms, periods)?;
	check_validators::<T>(validators)
}

/// Checks the block time and the periods.
pub(crate) fn check_time<T: Config>(
	block_time_ms: u64,
	periods: &ChainPeriods,
) -> Result<(), InvalidGenesis> {
	if !(BLOCK_TIME_MS_MIN..=BLOCK_TIME_MS_MAX).contains(&block_time_ms) {
		return Err(InvalidGenesis::BlockTime { given_ms: block_time_ms });
	}
	periods.check(block_time_ms, T::HistoryErasMax::get())
}

fn check_validators<T: Config>(validators: &[GenesisValidator<T::AccountId>]) -> Result<(), InvalidGenesis> {
	let max = T::ValidatorsMax::get();
	if validators.len() > max as usize {
		return Err(InvalidGenesis::TooMany { given: validators.len(), max });
	}
	let mut keys = BTreeSet::new();
	let accounts: Vec<_> = validators.iter().map(|validator| &validator.account).collect();
	for (place, GenesisValidator { account, key, stake, .. }) in validators.iter().enumerate() {
		if *stake < T::ValidatorBondMin::get() {
			return Err(InvalidGenesis::StakeTooSmall { key: *key });
		}
		if !ConsensusKey(key.0).is_usable() {
			return Err(InvalidGenesis::UnusableKey { key: *key });
		}
		if !keys.insert(*key) {
			return Err(InvalidGenesis::DuplicateKey { key: *key });
		}
		if accounts[..place].contains(&account) {
			return Err(InvalidGenesis::DuplicateAccount { key: *key });
		}
	}
	Ok(())
}
