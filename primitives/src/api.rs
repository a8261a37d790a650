//! Runtime APIs of our own, and the types they answer with.
//!
//! # Must not
//! Change state. Every function is a read, callable by any Substrate client through `state_call`.
//!
//! # Invariants
//! Pages are bounded by [`PAGE_MAX`] and never skip: following `next` until it is `None` visits every entry that was
//! there throughout, once.

use crate::{CommitmentNumber, Content, ContributionId, DatanetId, DatanetVersion, Sequence};
use alloc::vec::Vec;
use codec::{Codec, Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The most entries that a page holds, and the most index places that one page looks at. 256 contributions with
/// the longest locators stay far below a response limit of 10 MiB.
pub const PAGE_MAX: u32 = 256;

/// Under which terms a datanet's content is offered.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum LicenceInfo {
	/// An SPDX licence expression.
	Spdx(Vec<u8>),
	/// A text of its own, off chain.
	Terms(Content),
}

/// Who decides what a datanet accepts.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum AdmissionKind {
	/// Nobody: everything is accepted, with weight 1.
	Open,
	/// Curators, who weigh what they accept.
	Curated,
}

/// What a datanet still does.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum DatanetStatus {
	/// Everything.
	Active,
	/// It takes no new contributions. Those that it has are reviewed and published as ever.
	Paused,
	/// Nothing new, for ever. Its versions stay.
	Retired,
}

/// Why a contribution is in no new version any more.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum DepartureCause {
	/// Its contributor withdrew it.
	Withdrawn,
	/// It was taken down; its locator is gone.
	TakenDown,
	/// Nobody showed the chunk that a challenge asked for.
	Unavailable,
}

/// How far a contribution has come.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum ContributionStatus {
	/// Not accepted yet.
	Pending {
		/// It is not accepted before, on the chain clock.
		not_before_ms: u64,
		/// From then on it can be removed, on the chain clock.
		expires_at_ms: u64,
		/// The curators who review it; none in an open datanet.
		curators: Option<u32>,
	},
	/// In each version from `from` on.
	Accepted {
		/// Its weight in all of them.
		weight: u8,
		/// The first version that holds it, or will.
		from: DatanetVersion,
	},
	/// In the versions from `from` up to but not including `until`.
	Departed {
		/// Its weight in all of them.
		weight: u8,
		/// The first version that holds it.
		from: DatanetVersion,
		/// The first that does not.
		until: DatanetVersion,
		/// Why.
		cause: DepartureCause,
	},
}

/// A datanet as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct DatanetInfo<AccountId, Balance, BlockNumber> {
	/// Its id.
	pub id: DatanetId,
	/// Whose it is.
	pub owner: AccountId,
	/// Who may accept to become the owner.
	pub proposed_owner: Option<AccountId>,
	/// UTF-8 name; not unique.
	pub name: Vec<u8>,
	/// By which it is found.
	pub tags: Vec<Vec<u8>>,
	/// Licence or terms.
	pub licence: LicenceInfo,
	/// Who decides what it accepts.
	pub admission: AdmissionKind,
	/// The curators of what is contributed now; none in an open datanet.
	pub curators: Vec<AccountId>,
	/// Curators to come, and from when on they can be enacted, on the chain clock.
	pub proposed_curators: Option<(Vec<AccountId>, u64)>,
	/// What it still does.
	pub status: DatanetStatus,
	/// The block that created it.
	pub created_at: BlockNumber,
	/// What the owner has on hold for it.
	pub deposit: Balance,
	/// How many contributions it lists now, accepted or not.
	pub contributions: u64,
	/// How many of them the next version would hold.
	pub accepted: u64,
	/// Their weight together.
	pub weight: u64,
	/// The last version; 0 if there is none.
	pub version: DatanetVersion,
	/// From when on everybody may publish the next, on the chain clock.
	pub publishable_at_ms: u64,
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
	/// Who gets what it earns.
	pub beneficiary: AccountId,
	/// The bytes it names.
	pub content: Content,
	/// Media type, like `text/plain`.
	pub media_type: Vec<u8>,
	/// URI of the bytes; empty if they are not published.
	pub locator: Vec<u8>,
	/// The block that registered it.
	pub registered_at: BlockNumber,
	/// Who committed earlier can take the root from it until a version holds it.
	pub commitment: CommitmentNumber,
	/// What the contributor has on hold for it.
	pub deposit: Balance,
	/// The part of it that pays for the record, and stays as long as the record does.
	pub storage_deposit: Balance,
	/// From when on the other part can be released, on the chain clock; nothing before the acceptance.
	pub deposit_until_ms: Option<u64>,
	/// How far it has come.
	pub status: ContributionStatus,
	/// Whether a challenge is open.
	pub challenged: bool,
	/// Whether a dispute is open.
	pub disputed: bool,
}

/// A version of a datanet as clients see it.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct VersionInfo<BlockNumber> {
	/// Its number; the first has 1.
	pub version: DatanetVersion,
	/// How what it holds was accepted.
	pub admission: AdmissionKind,
	/// How many contributions it holds.
	pub contributions: u64,
	/// Their weight together.
	pub weight: u64,
	/// The block that published it.
	pub published_at: BlockNumber,
	/// When, on the chain clock.
	pub published_at_ms: u64,
}

/// What can be asked of a contribution's holder.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ChallengeInfo<AccountId, Balance> {
	/// The contribution.
	pub contribution: ContributionId,
	/// Who asks.
	pub challenger: AccountId,
	/// The chunk of 1 KiB that is asked for; nothing before it is drawn.
	pub chunk: Option<u64>,
	/// Until when it can be shown, on the chain clock; nothing before it is drawn.
	pub deadline_ms: Option<u64>,
	/// What the challenger has on hold.
	pub bond: Balance,
}

/// What is claimed of a contribution.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct DisputeInfo<AccountId, Balance> {
	/// The contribution.
	pub contribution: ContributionId,
	/// Who claims.
	pub claimant: AccountId,
	/// That it be taken down; otherwise what it earns.
	pub takedown: bool,
	/// Those who were curators when it began, of whom those who are no party judge; none in an open datanet.
	pub curators: Vec<AccountId>,
	/// What they said so far: who, and whether the claimant is right.
	pub votes: Vec<(AccountId, bool)>,
	/// Until when they may, on the chain clock.
	pub deadline_ms: u64,
	/// What the claimant has on hold.
	pub bond: Balance,
}

/// A root that nobody holds and that is kept for somebody.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ReservationInfo<AccountId, Balance> {
	/// For whom.
	pub account: AccountId,
	/// Whose contribution it was, who has the deposit on hold.
	pub depositor: AccountId,
	/// The contribution that held the root.
	pub contribution: ContributionId,
	/// The commitment that it counts under: who committed earlier still comes first.
	pub commitment: CommitmentNumber,
	/// Until when, on the chain clock.
	pub until_ms: u64,
	/// What is on hold for it.
	pub deposit: Balance,
}

/// A commitment to contents that was neither used nor cleared.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ContentCommitmentInfo<Balance> {
	/// Its place in the order of all.
	pub number: CommitmentNumber,
	/// From when on it can be used, on the chain clock.
	pub usable_from_ms: u64,
	/// When it is void, on the chain clock.
	pub expires_at_ms: u64,
	/// What is on hold for it.
	pub deposit: Balance,
}

/// One page of datanets, in the order of the index, which is not that of their ids.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct DatanetPage<AccountId, Balance, BlockNumber> {
	/// At most [`PAGE_MAX`].
	pub items: Vec<DatanetInfo<AccountId, Balance, BlockNumber>>,
	/// The cursor for the next page; `None` at the end.
	pub next: Option<DatanetId>,
}

/// One page of a datanet's contributions, in the order of registration.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ContributionPage<AccountId, Balance, BlockNumber> {
	/// At most [`PAGE_MAX`]. May be fewer than asked for, even none, while `next` is set: what was removed leaves gaps.
	pub items: Vec<ContributionInfo<AccountId, Balance, BlockNumber>>,
	/// The cursor for the next page; `None` at the end.
	pub next: Option<Sequence>,
}

/// One page of the contributions that list the same content, in the order of the index.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ListingPage<AccountId, Balance, BlockNumber> {
	/// At most [`PAGE_MAX`].
	pub items: Vec<ContributionInfo<AccountId, Balance, BlockNumber>>,
	/// The cursor for the next page; `None` at the end.
	pub next: Option<DatanetId>,
}

/// One page of a datanet's versions, in their order.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct VersionPage<BlockNumber> {
	/// At most [`PAGE_MAX`].
	pub items: Vec<VersionInfo<BlockNumber>>,
	/// The cursor for the next page; `None` at the end.
	pub next: Option<DatanetVersion>,
}

/// One page of a version's members with their weights, in the order of registration.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct MemberPage {
	/// At most [`PAGE_MAX`]. May be fewer than asked for, even none, while `next` is set.
	pub items: Vec<(ContributionId, u8)>,
	/// The cursor for the next page; `None` at the end.
	pub next: Option<Sequence>,
}

sp_api::decl_runtime_apis! {
	/// Queries of datanets and contributions. `limit` is cut to `1..=`[`PAGE_MAX`] everywhere.
	#[api_version(4)]
	pub trait DatanetsApi<AccountId, Balance, BlockNumber>
	where
		AccountId: Codec,
		Balance: Codec,
		BlockNumber: Codec,
	{
		/// The datanet with this id.
		fn datanet(id: DatanetId) -> Option<DatanetInfo<AccountId, Balance, BlockNumber>>;

		/// The datanets of an owner, after `cursor` (`None`: from the first).
		fn datanets_of(
			owner: AccountId,
			cursor: Option<DatanetId>,
			limit: u32,
		) -> DatanetPage<AccountId, Balance, BlockNumber>;

		/// The datanets with a tag, in the same way.
		fn datanets_by_tag(
			tag: Vec<u8>,
			cursor: Option<DatanetId>,
			limit: u32,
		) -> DatanetPage<AccountId, Balance, BlockNumber>;

		/// The contribution with this id.
		fn contribution(id: ContributionId) -> Option<ContributionInfo<AccountId, Balance, BlockNumber>>;

		/// The contribution that holds a root. A root is held at most once in the whole chain.
		fn contribution_by_root(root: [u8; 32]) -> Option<ContributionInfo<AccountId, Balance, BlockNumber>>;

		/// Where the holder of a root lists it besides, after `cursor` (`None`: from the first).
		fn listings(
			root: [u8; 32],
			cursor: Option<DatanetId>,
			limit: u32,
		) -> ListingPage<AccountId, Balance, BlockNumber>;

		/// The datanet's contributions from `cursor` on (`None`: from the first). An unknown datanet gives an empty
		/// page.
		fn contributions(
			datanet: DatanetId,
			cursor: Option<Sequence>,
			limit: u32,
		) -> ContributionPage<AccountId, Balance, BlockNumber>;

		/// A version of a datanet.
		fn version(datanet: DatanetId, version: DatanetVersion) -> Option<VersionInfo<BlockNumber>>;

		/// The datanet's versions from `cursor` on (`None`: from the first).
		fn versions(datanet: DatanetId, cursor: Option<DatanetVersion>, limit: u32) -> VersionPage<BlockNumber>;

		/// The weight of a contribution in a version of its datanet; nothing if the version does not hold it.
		fn weight_at(contribution: ContributionId, version: DatanetVersion) -> Option<u8>;

		/// The members of a version from `cursor` on (`None`: from the first). `limit` counts places of the datanet,
		/// of which those that the version does not hold are left out.
		fn members(
			datanet: DatanetId,
			version: DatanetVersion,
			cursor: Option<Sequence>,
			limit: u32,
		) -> MemberPage;

		/// The open challenge of a contribution.
		fn challenge(contribution: ContributionId) -> Option<ChallengeInfo<AccountId, Balance>>;

		/// The open dispute about a contribution.
		fn dispute(contribution: ContributionId) -> Option<DisputeInfo<AccountId, Balance>>;

		/// For whom a root is kept that nobody holds.
		fn reservation(root: [u8; 32]) -> Option<ReservationInfo<AccountId, Balance>>;

		/// A commitment of an account that is neither used nor cleared.
		fn commitment(account: AccountId, hash: [u8; 32]) -> Option<ContentCommitmentInfo<Balance>>;
	}
}
