//! What the pallet stores, and how it is shown to clients.
//!
//! # Must not
//! Hold rules: those stand with the calls.

use crate::Config;
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{
	pallet_prelude::TypeInfo, traits::fungible::Inspect, CloneNoBound, DebugNoBound, EqNoBound,
	PartialEqNoBound,
};
use frame_system::pallet_prelude::BlockNumberFor;
use plexus_primitives::{
	api::{ContributionInfo, ContributionPage, DatanetInfo},
	Content, ContributionId, DatanetId, Sequence,
};
use sp_runtime::BoundedVec;

/// Amounts in the pallet's currency.
pub type BalanceOf<T> = <<T as Config>::Currency as Inspect<AccountIdOf<T>>>::Balance;
/// Accounts.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
/// A datanet's name: UTF-8.
pub type NameOf<T> = BoundedVec<u8, <T as Config>::NameBytesMax>;
/// An SPDX licence expression.
pub type LicenceOf<T> = BoundedVec<u8, <T as Config>::LicenceBytesMax>;
/// A media type.
pub type MediaTypeOf<T> = BoundedVec<u8, <T as Config>::MediaTypeBytesMax>;
/// A URI, or nothing.
pub type LocatorOf<T> = BoundedVec<u8, <T as Config>::LocatorBytesMax>;
/// The Bao slice of a content's last byte.
pub type LengthProofOf<T> = BoundedVec<u8, <T as Config>::LengthProofBytesMax>;

/// A datanet for clients of this runtime.
pub type DatanetInfoOf<T> = DatanetInfo<AccountIdOf<T>, BalanceOf<T>, BlockNumberFor<T>>;
/// A contribution for clients of this runtime.
pub type ContributionInfoOf<T> = ContributionInfo<AccountIdOf<T>, BalanceOf<T>, BlockNumberFor<T>>;
/// A page of contributions for clients of this runtime.
pub type ContributionPageOf<T> = ContributionPage<AccountIdOf<T>, BalanceOf<T>, BlockNumberFor<T>>;

/// A collection of contributions for one domain.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Datanet<T: Config> {
	/// Who created it, and has the deposit on hold.
	pub owner: AccountIdOf<T>,
	/// Its name.
	pub name: NameOf<T>,
	/// The licence under which its content is offered.
	pub licence: LicenceOf<T>,
	/// The block that created it.
	pub created_at: BlockNumberFor<T>,
	/// What is on hold for it; returned exactly, whatever the deposit is by then.
	pub deposit: BalanceOf<T>,
	/// How many contributions it holds now.
	pub contributions: u64,
	/// What the next contribution gets. Never falls, so that cursors stay valid.
	pub next_sequence: Sequence,
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
	/// Who contributed it, and has the deposit on hold.
	pub contributor: AccountIdOf<T>,
	/// The bytes it names; the length is proved.
	pub content: Content,
	/// What kind of bytes these are.
	pub media_type: MediaTypeOf<T>,
	/// Where the bytes are; empty if they are not published.
	pub locator: LocatorOf<T>,
	/// The block that registered it.
	pub registered_at: BlockNumberFor<T>,
	/// What is on hold for it; returned exactly, whatever the deposit is by then.
	pub deposit: BalanceOf<T>,
}

impl<T: Config> Datanet<T> {
	pub(crate) fn into_info(self, id: DatanetId) -> DatanetInfoOf<T> {
		DatanetInfo {
			id,
			owner: self.owner,
			name: Vec::from(self.name),
			licence: Vec::from(self.licence),
			created_at: self.created_at,
			deposit: self.deposit,
			contributions: self.contributions,
			next_sequence: self.next_sequence,
		}
	}
}

impl<T: Config> Contribution<T> {
	pub(crate) fn into_info(self, id: ContributionId) -> ContributionInfoOf<T> {
		ContributionInfo {
			id,
			datanet: self.datanet,
			sequence: self.sequence,
			contributor: self.contributor,
			content: self.content,
			media_type: Vec::from(self.media_type),
			locator: Vec::from(self.locator),
			registered_at: self.registered_at,
			deposit: self.deposit,
		}
	}
}
