//! What the node and clients ask the runtime about validators.
//!
//! # Must not
//! Change state.

use crate::types::{Chunk, Era, PoolId, Role, Standing};
use alloc::vec::Vec;
use codec::{Codec, Decode, Encode};
use plexus_primitives::constants::Balance;
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// A pool as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct PoolInfo<AccountId> {
	/// Its id.
	pub id: PoolId,
	/// Who opened it.
	pub validator: AccountId,
	/// The key that the validator will sign with from the next era on.
	pub key: Option<[u8; 32]>,
	/// The validator's part of rewards.
	pub commission: Perbill,
	/// What it will be: less from the next era on, more from the one after the era that follows its announcement.
	pub commission_next: Perbill,
	/// Whether it may validate.
	pub standing: Standing,
	/// Everything bonded in it.
	pub stake: Balance,
	/// The voting power that this stake gives.
	pub power: u64,
}

/// A validator of the current era, who would like to be one, or who is jailed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Seat<AccountId> {
	/// The key that it signs with and its power in the era; `None` if it was not elected.
	pub elected: Option<([u8; 32], u64)>,
	/// The first height at which it is no longer in the set, if it left before the era's end.
	pub left: Option<u64>,
	/// Its pool; `None` if nobody has anything in it any more.
	pub pool: Option<PoolInfo<AccountId>>,
}

/// An account's stake as clients see it. Slashes that were not taken yet are not deducted; `slash_pending` tells.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct StakeInfo {
	/// What stands behind the role.
	pub bonded: Balance,
	/// What it stands behind.
	pub role: Role,
	/// What could be claimed now.
	pub claimable: Balance,
	/// Stake on its way out, the oldest first.
	pub chunks: Vec<Chunk>,
	/// What will be burned when the stake is touched next.
	pub slash_pending: Balance,
}

sp_api::decl_runtime_apis! {
	/// The facts that a node runs consensus by, and queries of stake.
	pub trait ValidatorsApi<AccountId>
	where
		AccountId: Codec,
	{
		/// The chain's block time in milliseconds.
		fn chain_block_time_ms() -> u64;

		/// The validators of the block of this state, in the order of consensus: ed25519 public key and voting power.
		fn validators() -> Vec<([u8; 32], u64)>;

		/// The validators of the next block.
		fn next_validators() -> Vec<([u8; 32], u64)>;

		/// The validators of a height, if it lies in the eras that are kept or is the next; else none.
		fn validators_at(height: u64) -> Vec<([u8; 32], u64)>;

		/// Who made the block of this state, when it is known.
		fn author() -> Option<[u8; 32]>;

		/// The era of the block of this state, and what the chain clock shows in milliseconds.
		fn era_and_clock() -> (Era, u64);

		/// The last height of the era of the block of this state.
		fn era_ends_at() -> u64;

		/// Who was elected for the current era, in the order of consensus, then the other candidates, then who is jailed
		/// for absence: no longer in the set, and not back yet, for as long as evidence is accepted. Bounded by the lists
		/// of all three.
		fn seats() -> Vec<Seat<AccountId>>;

		/// The pools that want to validate, in no particular order. Bounded by the list of candidates.
		fn candidates() -> Vec<PoolInfo<AccountId>>;

		/// The pool with this id.
		fn pool(id: PoolId) -> Option<PoolInfo<AccountId>>;

		/// The account's stake.
		fn stake(who: AccountId) -> Option<StakeInfo>;
	}
}
