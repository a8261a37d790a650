//! What the pallet stores, and the rules that need no storage.
//!
//! # Must not
//! Read or write storage.

use crate::Config;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	pallet_prelude::TypeInfo, traits::fungible::Inspect, CloneNoBound, DebugNoBound, EqNoBound,
	PartialEqNoBound,
};
use frame_system::pallet_prelude::BlockNumberFor;
use plexus_primitives::{
	slice::CHUNK_BYTES, CommitmentNumber, Content, ContributionId, DatanetId, DatanetVersion, Sequence,
};
use sp_runtime::BoundedVec;

pub use plexus_primitives::api::{
	AdmissionKind, ChallengeInfo, ContentCommitmentInfo, ContributionInfo, ContributionPage,
	ContributionStatus, DatanetInfo, DatanetPage, DatanetStatus, DepartureCause, DisputeInfo, LicenceInfo,
	ListingPage, MemberPage, ReservationInfo, VersionInfo, VersionPage,
};
pub use plexus_primitives::{Holder, Positions};

/// The greatest weight that a curator can give.
pub const WEIGHT_MAX: u8 = 100;

/// The weight of everything in an open datanet.
pub const WEIGHT_OPEN: u8 = 1;

/// Amounts in the pallet's currency.
pub type BalanceOf<T> = <<T as Config>::Currency as Inspect<AccountIdOf<T>>>::Balance;
/// Accounts.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
/// A datanet's name: UTF-8.
pub type NameOf<T> = BoundedVec<u8, <T as Config>::NameBytesMax>;
/// A tag: lower-case ASCII.
pub type TagOf<T> = BoundedVec<u8, <T as Config>::TagBytesMax>;
/// The tags of a datanet.
pub type TagsOf<T> = BoundedVec<TagOf<T>, <T as Config>::TagsMax>;
/// The curators of a datanet.
pub type CuratorsOf<T> = BoundedVec<AccountIdOf<T>, <T as Config>::CuratorsMax>;
/// A media type.
pub type MediaTypeOf<T> = BoundedVec<u8, <T as Config>::MediaTypeBytesMax>;
/// A URI, or nothing.
pub type LocatorOf<T> = BoundedVec<u8, <T as Config>::LocatorBytesMax>;
/// The Bao slice of one chunk, or the last byte, of a content.
pub type ProofOf<T> = BoundedVec<u8, <T as Config>::LengthProofBytesMax>;
/// The contributions that one call registers.
pub type RegistrationsOf<T> = BoundedVec<Registration<T>, <T as Config>::RegistrationsMax>;
/// What the curators of a pending contribution said so far.
pub type BallotOf<T> = BoundedVec<Review, <T as Config>::CuratorsMax>;
/// What the curators who judge a dispute said so far.
pub type VotesOf<T> = BoundedVec<Vote, <T as Config>::CuratorsMax>;

/// A datanet for clients of this runtime.
pub type DatanetInfoOf<T> = DatanetInfo<AccountIdOf<T>, BalanceOf<T>, BlockNumberFor<T>>;
/// A page of datanets for clients of this runtime.
pub type DatanetPageOf<T> = DatanetPage<AccountIdOf<T>, BalanceOf<T>, BlockNumberFor<T>>;
/// A contribution for clients of this runtime.
pub type ContributionInfoOf<T> = ContributionInfo<AccountIdOf<T>, BalanceOf<T>, BlockNumberFor<T>>;
/// A page of contributions for clients of this runtime.
pub type ContributionPageOf<T> = ContributionPage<AccountIdOf<T>, BalanceOf<T>, BlockNumberFor<T>>;
/// A page of listings for clients of this runtime.
pub type ListingPageOf<T> = ListingPage<AccountIdOf<T>, BalanceOf<T>, BlockNumberFor<T>>;
/// An open challenge for clients of this runtime.
pub type ChallengeInfoOf<T> = ChallengeInfo<AccountIdOf<T>, BalanceOf<T>>;
/// An open dispute for clients of this runtime.
pub type DisputeInfoOf<T> = DisputeInfo<AccountIdOf<T>, BalanceOf<T>>;
/// A root that is kept, for clients of this runtime.
pub type ReservationInfoOf<T> = ReservationInfo<AccountIdOf<T>, BalanceOf<T>>;
/// A commitment for clients of this runtime.
pub type ContentCommitmentInfoOf<T> = ContentCommitmentInfo<BalanceOf<T>>;

/// How long things take, in milliseconds of the chain clock. What began keeps the deadline that it began with.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	serde::Serialize,
	serde::Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Windows {
	/// How old a commitment must be before it is used, and a contribution without one before it is accepted. Longer
	/// than a registration usually waits to be included, so that a copyist who commits on seeing it comes too late.
	pub commitment_age_ms: u64,
	/// When a commitment is void; above `commitment_age_ms`. So long a contribution can lose its root to somebody who
	/// committed earlier, if no version holds it.
	pub commitment_lifetime_ms: u64,
	/// How long a contribution waits for its acceptance until its root is free; above `commitment_lifetime_ms`, so that
	/// whoever committed before it comes while it still holds the root, and not after somebody who waited for its end.
	pub acceptance_ms: u64,
	/// How long the deposit stays after the acceptance.
	pub deposit_ms: u64,
	/// How long a change of curators is known before it comes.
	pub curators_ms: u64,
	/// After how long without a version everybody may publish one.
	pub publication_ms: u64,
	/// How long a challenge can be answered; at least one.
	pub challenge_ms: u64,
	/// How long curators may judge a dispute; at least one.
	pub dispute_ms: u64,
}

const SECOND_MS: u64 = 1_000;
const DAY_MS: u64 = 24 * 60 * 60 * SECOND_MS;

impl Windows {
	/// For a chain with something to lose: the protocol's, and where that names none, a week to use a commitment, as
	/// long as curators or an answer may take, and two to judge a dispute.
	pub const LIVE: Self = Self {
		commitment_age_ms: 60 * SECOND_MS,
		commitment_lifetime_ms: 7 * DAY_MS,
		acceptance_ms: 90 * DAY_MS,
		deposit_ms: 180 * DAY_MS,
		curators_ms: 7 * DAY_MS,
		publication_ms: DAY_MS,
		challenge_ms: 7 * DAY_MS,
		dispute_ms: 14 * DAY_MS,
	};

	/// For development and tests: everything within seconds or minutes.
	pub const DEVELOPMENT: Self = Self {
		commitment_age_ms: 2 * SECOND_MS,
		commitment_lifetime_ms: 600 * SECOND_MS,
		acceptance_ms: 900 * SECOND_MS,
		deposit_ms: 120 * SECOND_MS,
		curators_ms: 10 * SECOND_MS,
		publication_ms: 30 * SECOND_MS,
		challenge_ms: 60 * SECOND_MS,
		dispute_ms: 120 * SECOND_MS,
	};

	/// Whether every rule of the fields' documentation holds.
	pub fn are_sound(&self) -> bool {
		self.commitment_lifetime_ms > self.commitment_age_ms
			&& self.acceptance_ms > self.commitment_lifetime_ms
			&& self.challenge_ms > 0
			&& self.dispute_ms > 0
	}
}

impl Default for Windows {
	fn default() -> Self {
		Self::LIVE
	}
}

/// Under which terms a datanet's content is offered. For ever the same: it was contributed under these.
#[derive(
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub enum Licence<T: Config> {
	/// An SPDX licence expression.
	Spdx(BoundedVec<u8, T::LicenceBytesMax>),
	/// A text of its own, off chain. The length is stated, not proved.
	Terms(Content),
}

/// Who decides what a new datanet accepts. The kind is for ever the same: what everybody could upload would otherwise
/// be published as curated.
#[derive(
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub enum Admission<T: Config> {
	/// Nobody.
	Open,
	/// These, each of whom reviews once.
	Curated(CuratorsOf<T>),
}

/// What a datanet says about itself. Apart from [`Datanet`], which every registration reads and writes.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Profile<T: Config> {
	/// Its name.
	pub name: NameOf<T>,
	/// By which it is found; the index `DatanetsByTag` follows.
	pub tags: TagsOf<T>,
	/// Under which terms its content is offered.
	pub licence: Licence<T>,
}

/// A collection of contributions for one domain.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Datanet<T: Config> {
	/// Whose it is, and has the deposit on hold.
	pub owner: AccountIdOf<T>,
	/// Who may accept to become the owner.
	pub proposed_owner: Option<AccountIdOf<T>>,
	/// What it still does.
	pub status: DatanetStatus,
	/// The generation of its curators; none if it is open.
	pub curators: Option<u32>,
	/// The block that created it.
	pub created_at: BlockNumberFor<T>,
	/// What is on hold for it; returned exactly, whatever the deposit is by then.
	pub deposit: BalanceOf<T>,
	/// How many contributions it lists now.
	pub contributions: u64,
	/// How many of them the next version would hold.
	pub accepted: u64,
	/// Their weight together.
	pub weight: u64,
	/// The last version; 0 if there is none.
	pub version: DatanetVersion,
	/// In how many contributions the next version would differ from the last: accepted or departed since.
	pub changes: u64,
	/// From when on everybody may publish, on the chain clock.
	pub publishable_at_ms: u64,
	/// What the next contribution gets. Never falls, so that cursors stay valid.
	pub next_sequence: Sequence,
	/// The first commitment under which it takes nothing; nothing while it is active.
	pub closed_from: Option<CommitmentNumber>,
	/// From when on anybody may remove what no version holds, on the chain clock; nothing unless it is retired.
	pub expirable_from_ms: Option<u64>,
}

impl<T: Config> Datanet<T> {
	/// How it accepts.
	pub fn admission(&self) -> AdmissionKind {
		match self.curators {
			None => AdmissionKind::Open,
			Some(_) => AdmissionKind::Curated,
		}
	}
}

/// The curators of a datanet at a time.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct CuratorSet<T: Config> {
	/// Who they are, in the order in which they were named. Ballots name them by place.
	pub members: CuratorsOf<T>,
	/// How many pending contributions and open disputes they still have. A former set is removed with the last.
	pub duties: u64,
}

/// Curators who were proposed.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct ProposedCurators<T: Config> {
	/// Who they are.
	pub members: CuratorsOf<T>,
	/// From when on they can be enacted, on the chain clock.
	pub enactable_at_ms: u64,
}

/// A hash that somebody committed to.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Commitment<T: Config> {
	/// Its place in the order of all.
	pub number: CommitmentNumber,
	/// From when on it can be used, on the chain clock.
	pub usable_from_ms: u64,
	/// When it is void, on the chain clock.
	pub expires_at_ms: u64,
	/// What is on hold for it.
	pub deposit: BalanceOf<T>,
}

/// A contribution to be registered.
#[derive(
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Registration<T: Config> {
	/// The bytes it names.
	pub content: Content,
	/// What kind of bytes these are.
	pub media_type: MediaTypeOf<T>,
	/// Where the bytes are; empty if they are not published.
	pub locator: LocatorOf<T>,
	/// The Bao slice of the content's last byte.
	pub length_proof: ProofOf<T>,
}

/// What a contributor has on hold for a contribution. Both parts are returned exactly, whatever the prices are by then.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Deposit<Balance> {
	/// For good conduct: returned when the contribution is removed, or `Windows::deposit_ms` after its acceptance.
	pub conduct: Balance,
	/// For the record: returned when that is removed, and never once a version holds the contribution.
	pub storage: Balance,
}

/// Content that somebody contributed to a datanet.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Contribution<T: Config> {
	/// The datanet it is in.
	pub datanet: DatanetId,
	/// Its place there.
	pub sequence: Sequence,
	/// Who contributed it, and has the deposits on hold.
	pub contributor: AccountIdOf<T>,
	/// Who gets what it earns, if a dispute gave that to somebody else.
	pub beneficiary: Option<AccountIdOf<T>>,
	/// The bytes it names; the length is proved.
	pub content: Content,
	/// What kind of bytes these are.
	pub media_type: MediaTypeOf<T>,
	/// Where the bytes are; empty if they are not published.
	pub locator: LocatorOf<T>,
	/// The block that registered it.
	pub registered_at: BlockNumberFor<T>,
	/// The commitment it was registered under: an earlier one wins.
	pub commitment: CommitmentNumber,
	/// What is on hold for it.
	pub deposit: Deposit<BalanceOf<T>>,
	/// From when on the deposit for good conduct can be released; nothing before the acceptance.
	pub deposit_until_ms: Option<u64>,
	/// How far it has come.
	pub status: ContributionStatus,
}

impl<T: Config> Contribution<T> {
	/// Who gets what it earns.
	pub fn beneficiary(&self) -> &AccountIdOf<T> {
		self.beneficiary.as_ref().unwrap_or(&self.contributor)
	}

	/// Weight and versions that it is in: from the first, up to but not including the second.
	pub fn span(&self) -> Option<(u8, DatanetVersion, Option<DatanetVersion>)> {
		match self.status {
			ContributionStatus::Pending { .. } => None,
			ContributionStatus::Accepted { weight, from } => Some((weight, from, None)),
			ContributionStatus::Departed { weight, from, until, .. } => Some((weight, from, Some(until))),
		}
	}

	/// Its weight in a version that was published.
	pub fn weight_at(&self, version: DatanetVersion) -> Option<u8> {
		let (weight, from, until) = self.span()?;
		(from <= version && until.is_none_or(|until| version < until)).then_some(weight)
	}
}

/// A root that is kept for who had contributed it, since others ended that contribution; or for who had won it in a dispute.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Reservation<T: Config> {
	/// For whom.
	pub account: AccountIdOf<T>,
	/// Who has the deposit on hold: whose contribution it was.
	pub depositor: AccountIdOf<T>,
	/// The commitment that it counts under, as the contribution did.
	pub commitment: CommitmentNumber,
	/// The contribution that held the root.
	pub contribution: ContributionId,
	/// Until when, on the chain clock.
	pub until_ms: u64,
	/// What is still on hold of the contribution's deposit for storage.
	pub deposit: BalanceOf<T>,
}

/// What a curator thinks of a contribution.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Verdict {
	/// It should be accepted with this weight, from 1 to [`WEIGHT_MAX`].
	Accept {
		/// What it is worth beside the others.
		weight: u8,
	},
	/// It should not.
	Reject,
}

/// A curator's verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Review {
	/// The place of the curator in the set.
	pub curator: u8,
	/// What it thinks.
	pub verdict: Verdict,
}

/// A curator's vote in a dispute.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Vote {
	/// The place of the curator in the set.
	pub curator: u8,
	/// Whether the claimant is right.
	pub uphold: bool,
}

/// Why a contribution was removed, as if it had never been.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum RemovalReason {
	/// Its contributor withdrew it.
	Withdrawn,
	/// Its curators rejected it.
	Rejected,
	/// Nobody accepted it in time, or its datanet was retired long ago.
	Expired,
	/// Its root went to somebody who had committed earlier.
	Displaced,
	/// Nobody showed the chunk that a challenge asked for.
	Unavailable,
	/// It was taken down.
	TakenDown,
}

/// A version of a datanet. Its number is its key; what it holds follows from the contributions' own spans.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Version<BlockNumber> {
	/// How what it holds was accepted.
	pub admission: AdmissionKind,
	/// How many contributions it holds.
	pub contributions: u64,
	/// Their weight together; above zero.
	pub weight: u64,
	/// The block that published it.
	pub published_at: BlockNumber,
	/// When, on the chain clock.
	pub published_at_ms: u64,
}

/// What a challenge asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Question<BlockNumber> {
	/// A chunk that the hash of a block will name. Nobody knows it before the block is made.
	Asked {
		/// The block.
		at: BlockNumber,
	},
	/// This chunk.
	Drawn {
		/// Its number.
		chunk: u64,
		/// Until when it can be shown, on the chain clock.
		deadline_ms: u64,
	},
}

/// A question whether a contribution's bytes can be had.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Challenge<T: Config> {
	/// Who asks.
	pub challenger: AccountIdOf<T>,
	/// For what.
	pub question: Question<BlockNumberFor<T>>,
	/// What the challenger has on hold.
	pub bond: BalanceOf<T>,
}

/// What a claimant wants.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Remedy {
	/// What the contribution earns from now on.
	Redirect,
	/// That the contribution is in no new version, and its locator is gone.
	Takedown,
}

/// How a dispute ended.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Outcome {
	/// The claimant is right, and has its bond again.
	Upheld,
	/// The claimant is wrong, or nobody said in time that it is right. It lost its bond.
	Dismissed,
	/// The contribution was removed before. The claimant has its bond again.
	Moot,
}

/// A claim against a contribution.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Dispute<T: Config> {
	/// Who claims.
	pub claimant: AccountIdOf<T>,
	/// What it wants.
	pub remedy: Remedy,
	/// The generation of the curators who judge; none in an open datanet.
	pub curators: Option<u32>,
	/// What they said so far.
	pub votes: VotesOf<T>,
	/// Until when they may, on the chain clock.
	pub deadline_ms: u64,
	/// What the claimant has on hold.
	pub bond: BalanceOf<T>,
}

/// How many chunks a content has.
pub(crate) fn chunks(content: &Content) -> u64 {
	content.len.div_ceil(CHUNK_BYTES)
}

/// Where a chunk of a content begins, and its length.
pub(crate) fn chunk_range(content: &Content, chunk: u64) -> (u64, u64) {
	let start = chunk.saturating_mul(CHUNK_BYTES);
	(start, content.len.saturating_sub(start).min(CHUNK_BYTES))
}

/// The lower median of the weights among verdicts that accept; nothing if there is none. The lower, so that one curator
/// of two cannot raise what the other gave.
pub(crate) fn median(reviews: &[Review]) -> Option<u8> {
	let weight = |review: &Review| match review.verdict {
		Verdict::Accept { weight } => Some(weight),
		Verdict::Reject => None,
	};
	let mut weights: alloc::vec::Vec<u8> = reviews.iter().filter_map(weight).collect();
	weights.sort_unstable();
	let middle = weights.len().checked_sub(1)? / 2;
	weights.get(middle).copied()
}

/// What a vote among `members` says, of whom `eligible` may vote: decided for once a strict majority of all members is
/// for it, against once that cannot be any more. A tie is against.
pub(crate) fn majority(members: usize, eligible: usize, in_favour: usize, against: usize) -> Option<bool> {
	let left = eligible.saturating_sub(in_favour).saturating_sub(against);
	if 2 * in_favour > members {
		return Some(true);
	}
	(2 * in_favour.saturating_add(left) <= members).then_some(false)
}
