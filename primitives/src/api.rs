//! Runtime APIs of our own, and the types they answer with.
//!
//! # Must not
//! Change state. Every function is a read, callable by any Substrate client through `state_call`.
//!
//! # Invariants
//! Pages are bounded by [`PAGE_MAX`] and never skip: following `next` until it is `None` visits every
//! contribution that was there throughout.

use crate::{Content, ContributionId, DatanetId, Sequence};
use alloc::vec::Vec;
use codec::{Codec, Decode, Encode};
use scale_info::TypeInfo;

/// The most entries that a page holds, and the most index places that one page looks at. 256 contributions with
/// the longest locators stay far below a response limit of 10 MiB.
pub const PAGE_MAX: u32 = 256;

/// A datanet as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct DatanetInfo<AccountId, Balance, BlockNumber> {
	/// Its id.
	pub id: DatanetId,
	/// Who created it.
	pub owner: AccountId,
	/// UTF-8 name; not unique.
	pub name: Vec<u8>,
	/// SPDX licence expression.
	pub licence: Vec<u8>,
	/// The block that created it.
	pub created_at: BlockNumber,
	/// What the owner has on hold for it.
	pub deposit: Balance,
	/// How many contributions it holds now.
	pub contributions: u64,
	/// The sequence that the next contribution gets.
	pub next_sequence: Sequence,
}

/// A contribution as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ContributionInfo<AccountId, Balance, BlockNumber> {
	/// Its id.
	pub id: ContributionId,
	/// The datanet it is in.
	pub datanet: DatanetId,
	/// Its place there.
	pub sequence: Sequence,
	/// Who contributed it.
	pub contributor: AccountId,
	/// The bytes it names.
	pub content: Content,
	/// Media type, like `text/plain`.
	pub media_type: Vec<u8>,
	/// URI of the bytes; empty if they are not published.
	pub locator: Vec<u8>,
	/// The block that registered it.
	pub registered_at: BlockNumber,
	/// What the contributor has on hold for it.
	pub deposit: Balance,
}

/// One page of a datanet's contributions, in the order of registration.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ContributionPage<AccountId, Balance, BlockNumber> {
	/// At most [`PAGE_MAX`]. May be fewer than asked for, even none, while `next` is set: withdrawn
	/// contributions leave gaps.
	pub items: Vec<ContributionInfo<AccountId, Balance, BlockNumber>>,
	/// The cursor for the next page; `None` at the end.
	pub next: Option<Sequence>,
}

sp_api::decl_runtime_apis! {
	/// Queries of datanets and contributions.
	pub trait DatanetsApi<AccountId, Balance, BlockNumber>
	where
		AccountId: Codec,
		Balance: Codec,
		BlockNumber: Codec,
	{
		/// The datanet with this id.
		fn datanet(id: DatanetId) -> Option<DatanetInfo<AccountId, Balance, BlockNumber>>;

		/// The contribution with this id.
		fn contribution(id: ContributionId) -> Option<ContributionInfo<AccountId, Balance, BlockNumber>>;

		/// The contribution that holds a root. A root is held at most once in the whole chain.
		fn contribution_by_root(root: [u8; 32]) -> Option<ContributionInfo<AccountId, Balance, BlockNumber>>;

		/// The datanet's contributions from `cursor` on (`None`: from the first); `limit` is cut to
		/// `1..=`[`PAGE_MAX`]. An unknown datanet gives an empty page.
		fn contributions(
			datanet: DatanetId,
			cursor: Option<Sequence>,
			limit: u32,
		) -> ContributionPage<AccountId, Balance, BlockNumber>;
	}
}
