//! What clients ask about what data earned, and the types they are answered with.
//!
//! # Must not
//! Change state. Every function is a read, callable by any Substrate client through `state_call`.
//!
//! # Invariants
//! Pages have at most [`PAGE_MAX`] items and neither skip nor repeat: pools are in the order of their numbers, which grow;
//! positions and datanets in the order of their keys in the state, which never changes, so that whatever is there from the
//! first page to the last is shown exactly once, and a cursor stays good when what it names is gone.

use crate::types::{Balance, Earned, Holder, Place};
use alloc::vec::Vec;
use codec::{Codec, Decode, Encode};
pub use plexus_primitives::api::PAGE_MAX;
use plexus_primitives::{DatanetId, DatanetVersion, ModelId};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// What somebody has in the same versions.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct PositionInfo {
	/// In which.
	pub place: Place,
	/// The weight of all contributions in them together.
	pub weight: u64,
	/// What a claim would credit now.
	pub claimable: Balance,
}

/// What somebody earned in a datanet, all versions together.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct DatanetEarnings {
	/// Which.
	pub datanet: DatanetId,
	/// What was credited from its pools, ever. What is claimable is not in it.
	pub credited: Balance,
}

/// The pool of a version.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct PoolInfo {
	/// Which version.
	pub version: DatanetVersion,
	/// The weight of everything in it.
	pub weight: u64,
	/// All that was ever deposited.
	pub deposited: Balance,
}

/// What the data of a model earned.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct DataRevenueInfo {
	/// All that it ever earned.
	pub revenue: Balance,
	/// The entries of its manifest, the first [`PAGE_MAX`] if there are more.
	pub entries: Vec<EntryInfo>,
}

/// An entry of a model's manifest.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct EntryInfo {
	/// The datanet that it names.
	pub datanet: DatanetId,
	/// Its version.
	pub version: DatanetVersion,
	/// Its share of the revenue.
	pub share: Perbill,
	/// What was pulled into the version's pool.
	pub pulled: Balance,
	/// What a call of `distribute` would pull now.
	pub due: Balance,
}

/// One page.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Page<Item, Cursor> {
	/// At most [`PAGE_MAX`].
	pub items: Vec<Item>,
	/// The cursor for the next page; `None` at the end.
	pub next: Option<Cursor>,
}

sp_api::decl_runtime_apis! {
	/// Queries of what data earned.
	pub trait RewardsApi<AccountId>
	where
		AccountId: Codec,
	{
		/// What was credited to an account, or to the escrow of a dispute, by where it came from; and what of it can be
		/// withdrawn. What is claimable is not in it.
		fn earnings(holder: Holder<AccountId>) -> Earned;

		/// What came from pools of that, by datanet, from `cursor` on (`None`: from the first); at most `limit`, cut to
		/// `1..=PAGE_MAX`.
		fn datanet_earnings(
			holder: Holder<AccountId>,
			cursor: Option<DatanetId>,
			limit: u32,
		) -> Page<DatanetEarnings, DatanetId>;

		/// The positions of an account or an escrow, and what is claimable of each, in the same way. The cursor is the last
		/// position of the page before.
		fn positions(
			holder: Holder<AccountId>,
			cursor: Option<Place>,
			limit: u32,
		) -> Page<PositionInfo, Place>;

		/// One position; nothing if there is none.
		fn position(holder: Holder<AccountId>, place: Place) -> Option<PositionInfo>;

		/// The pool of a version; nothing if it was not published.
		fn pool(datanet: DatanetId, version: DatanetVersion) -> Option<PoolInfo>;

		/// The pools of a datanet's versions from `cursor` on, in their order.
		fn pools(
			datanet: DatanetId,
			cursor: Option<DatanetVersion>,
			limit: u32,
		) -> Page<PoolInfo, DatanetVersion>;

		/// What the data of a model earned, and what each entry of its manifest has yet to pull; nothing if there is no such
		/// model, or it has no manifest.
		fn data_revenue(model: ModelId) -> Option<DataRevenueInfo>;
	}
}
