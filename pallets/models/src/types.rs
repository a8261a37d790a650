//! What the pallet stores, and the rules that need no storage.
//!
//! # Must not
//! Read or write storage.

use crate::{Config, Error};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	ensure,
	pallet_prelude::TypeInfo,
	traits::{fungible::Inspect, Get},
	CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound,
};
use frame_system::pallet_prelude::BlockNumberFor;
use plexus_primitives::{
	api::AdmissionKind, text, CommitmentNumber, Content, DatanetId, DatanetVersion, ModelId,
};
use sp_runtime::{traits::Saturating, BoundedVec, PerThing, Perbill};

/// Amounts in the pallet's currency.
pub type BalanceOf<T> = <<T as Config>::Currency as Inspect<AccountIdOf<T>>>::Balance;
/// Accounts.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
/// A URI, or nothing.
pub type LocatorOf<T> = BoundedVec<u8, <T as Config>::LocatorBytesMax>;
/// The Bao slice of a content's last byte.
pub type LengthProofOf<T> = BoundedVec<u8, <T as Config>::LengthProofBytesMax>;
/// What a model was made from, in ascending order.
pub type ParentsOf<T> = BoundedVec<ModelId, <T as Config>::ParentsMax>;
/// What a model was trained on, in ascending order of datanet and version.
pub type ManifestOf<T> = BoundedVec<ManifestEntry, <T as Config>::ManifestEntriesMax>;
/// All distinct ancestors of a model, in ascending order.
pub type LineageOf<T> = BoundedVec<Ancestor, <T as Config>::AncestorsMax>;
/// The models that one call registers.
pub type RegistrationsOf<T> = BoundedVec<Registration<T>, <T as Config>::RegistrationsMax>;

/// State bytes of one child in the index of its parent: the keys of the two maps' prefix, of parent and sequence with
/// their hashes, and the child's id.
pub const CHILD_ENTRY_BYTES: u32 = PREFIX_BYTES + 16 + 16 + 8;

/// Entries of the state that a model has for ever at most, those at its parents apart: [`crate::Models`],
/// [`crate::Locations`], [`crate::Lineages`], [`crate::ModelByRoot`], [`crate::ModelsByDeveloper`], and the counters
/// [`crate::NextOfDeveloper`] and [`crate::NextChild`].
pub const MODEL_ENTRIES: u32 = 7;

/// State bytes of these: their keys and all values but specification, lineage and locators. With accounts of 32 bytes,
/// balances of 16 and block numbers of 4.
pub const MODEL_ENTRY_BYTES: u32 = {
	// Developer, status, registered_at, commitment, contestable_until_ms, deposit.
	let model = KEY_OF_ID_BYTES + 32 + 9 + 4 + 8 + 8 + 16;
	// The lengths of two texts below 16 KiB, deposit.
	let location = KEY_OF_ID_BYTES + 2 + 2 + 16;
	let lineage = KEY_OF_ID_BYTES;
	let by_root = PREFIX_BYTES + 32 + 8;
	let by_developer = PREFIX_BYTES + KEY_OF_ACCOUNT_BYTES + 16 + 8;
	let counters = PREFIX_BYTES + KEY_OF_ACCOUNT_BYTES + 8 + KEY_OF_ID_BYTES + 8;
	model + location + lineage + by_root + by_developer + counters
};

/// State bytes of a commitment, with accounts of 32 bytes and balances of 16.
pub const COMMITMENT_ENTRY_BYTES: u32 = PREFIX_BYTES + KEY_OF_ACCOUNT_BYTES + 16 + 32 + 8 + 8 + 8 + 16;

/// Each key begins with the hashes of the pallet's name and of the map's.
const PREFIX_BYTES: u32 = 32;

/// A key made from an id or a sequence, which stands after its hash.
const KEY_OF_ID_BYTES: u32 = PREFIX_BYTES + 16;

/// The part of a key made from an account, which stands after its hash.
const KEY_OF_ACCOUNT_BYTES: u32 = 16 + 32;

/// What the pallet knows about versions of datanets.
pub trait DatanetVersions {
	/// The version's kind, for ever the same; nothing if it was not published. Reads at most two entries of the state.
	fn kind(datanet: DatanetId, version: DatanetVersion) -> Option<VersionKind>;
}

/// Whether a version of a datanet may be paid by manifests.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum VersionKind {
	/// Everybody could contribute: it never carries manifest money, which uploads under many names would dilute.
	Open,
	/// Curators accepted and weighed what is in it.
	Curated,
}

/// As Plexus' datanets say it, for a runtime that has them.
impl From<AdmissionKind> for VersionKind {
	fn from(admission: AdmissionKind) -> Self {
		match admission {
			AdmissionKind::Open => Self::Open,
			AdmissionKind::Curated => Self::Curated,
		}
	}
}

/// How a model came to be.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum ModelKind {
	/// Trained from nothing: no parents.
	Base,
	/// Trained on from others: at least one parent.
	FineTune,
	/// Weights that change those of one other model, like LoRA: exactly one parent, which is no adapter.
	Adapter,
	/// Combined from others: at least two parents.
	Merge,
}

/// Whether a model is offered.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum ModelStatus {
	/// It is.
	Active,
	/// Its developer advises against it: no new channels.
	Deprecated,
	/// Somebody who had committed earlier registered the same artifact: no new channels, no new children.
	Superseded {
		/// The model that took the artifact's root.
		by: ModelId,
	},
}

/// What a model asks of its descendants, for ever.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Asks {
	/// The share of each descendant's fees, net of the protocol's.
	pub royalty: Perbill,
	/// The share of that royalty which goes to this model's own manifest. At least that of each parent.
	pub data: Perbill,
}

/// How what is left of a fee, net of the protocol's share and all royalties, is divided. Sums to one.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct RevenuePolicy {
	/// To the agent that served.
	pub server: Perbill,
	/// To the model's developer.
	pub developer: Perbill,
	/// To the contributions that claims and manifest name.
	pub data: Perbill,
}

/// One version of a datanet that a model was trained on.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ManifestEntry {
	/// The datanet.
	pub datanet: DatanetId,
	/// Its version.
	pub version: DatanetVersion,
	/// The share of the model's data money. Zero if and only if the version is open.
	pub share: Perbill,
}

/// What an ancestor gets from a model's fees: its asks, whichever paths lead to it.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Ancestor {
	/// Which model.
	pub model: ModelId,
	/// Its share of each fee, net of the protocol's.
	pub royalty: Perbill,
	/// The share of that royalty which goes to its manifest.
	pub data: Perbill,
}

/// What a model is. Immutable: a new training run is a new model.
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
pub struct Spec<T: Config> {
	/// How it came to be.
	pub kind: ModelKind,
	/// Its bytes; the length is proved.
	pub artifact: Content,
	/// Its model card. The length is stated, not proved.
	pub card: Content,
	/// What it was made from; strictly ascending.
	pub parents: ParentsOf<T>,
	/// What it was trained on; strictly ascending by datanet and version. Empty if that is not told.
	pub manifest: ManifestOf<T>,
	/// How its own revenue is divided.
	pub policy: RevenuePolicy,
	/// What it asks of its descendants.
	pub asks: Asks,
}

/// Where a model's bytes are.
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
pub struct Locators<T: Config> {
	/// The artifact's; empty if it is not published.
	pub artifact: LocatorOf<T>,
	/// The card's; empty if it is not published.
	pub card: LocatorOf<T>,
}

/// A model to be registered.
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
	/// What it is.
	pub spec: Spec<T>,
	/// Where it is.
	pub locators: Locators<T>,
	/// The Bao slice of the artifact's last byte.
	pub length_proof: LengthProofOf<T>,
}

/// A registered model.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Model<T: Config> {
	/// Who registered it, has the deposits on hold, and gets what it earns. For ever.
	pub developer: AccountIdOf<T>,
	/// Whether it is offered.
	pub status: ModelStatus,
	/// What it is.
	pub spec: Spec<T>,
	/// The block that registered it.
	pub registered_at: BlockNumberFor<T>,
	/// Under which commitment.
	pub commitment: CommitmentNumber,
	/// When that would have expired, on the chain clock: from then on the root is the model's for good.
	pub contestable_until_ms: u64,
	/// What is on hold for the entries that are never removed.
	pub deposit: BalanceOf<T>,
}

/// A model's locators, and what is on hold for them.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Location<T: Config> {
	/// Where the bytes are.
	pub locators: Locators<T>,
	/// What is on hold; returned exactly when the locators are replaced, whatever the price is by then.
	pub deposit: BalanceOf<T>,
}

/// A hash under which models may be registered later.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Commitment<T: Config> {
	/// Its place in the order of all commitments.
	pub number: CommitmentNumber,
	/// The first time on the chain clock at which it can be used, whatever the minimum age is by then.
	pub usable_from_ms: u64,
	/// The time on the chain clock from which it cannot be used any more, whatever the lifetime is by then.
	pub expires_at_ms: u64,
	/// What is on hold for it; returned exactly, whatever the deposit is by then.
	pub deposit: BalanceOf<T>,
}

impl ModelKind {
	/// Whether a model of this kind may have so many parents. Which kinds they are is checked with the parents.
	fn check_parents<T>(self, parents: usize) -> Result<(), Error<T>> {
		match self {
			Self::Base => ensure!(parents == 0, Error::BaseHasParents),
			Self::FineTune => ensure!(parents >= 1, Error::FineTuneWithoutParent),
			Self::Adapter => ensure!(parents == 1, Error::AdapterNeedsOneParent),
			Self::Merge => ensure!(parents >= 2, Error::MergeNeedsTwoParents),
		}
		Ok(())
	}
}

impl<T: Config> Spec<T> {
	/// Everything that can be checked without storage.
	pub(crate) fn check_form(&self) -> Result<(), Error<T>> {
		ensure!(self.card.len > 0, Error::EmptyCard);
		self.kind.check_parents::<T>(self.parents.len())?;
		ensure!(is_ascending(self.parents.iter()), Error::ParentsNotAscending);
		let RevenuePolicy { server, developer, data } = self.policy;
		ensure!(is_one([server, developer, data]), Error::PolicyNotOne);
		ensure!(self.asks.royalty <= T::RoyaltiesMax::get(), Error::AskTooHigh);
		let places = self.manifest.iter().map(|entry| (entry.datanet, entry.version));
		ensure!(is_ascending(places), Error::ManifestNotAscending);
		// A manifest of open versions alone pays nobody.
		let shares = self.manifest.iter().map(|entry| entry.share);
		let pays = shares.clone().any(|share| !share.is_zero());
		ensure!(!pays || is_one(shares), Error::ManifestNotOne);
		Ok(())
	}

	/// Bytes of state for ever: itself, the flattened lineage, and its entries at its parents.
	pub(crate) fn permanent_bytes(&self, lineage: &LineageOf<T>) -> u32 {
		let children = CHILD_ENTRY_BYTES.saturating_mul(self.parents.len() as u32);
		let own = self.encoded_size().saturating_add(lineage.encoded_size());
		children.saturating_add(own as u32)
	}
}

impl<T: Config> Locators<T> {
	/// Whether each is a URI or empty.
	pub(crate) fn check(&self) -> Result<(), Error<T>> {
		let good = |locator: &LocatorOf<T>| locator.is_empty() || text::is_uri(locator);
		ensure!(good(&self.artifact) && good(&self.card), Error::InvalidLocator);
		Ok(())
	}

	/// Bytes of both.
	pub fn bytes(&self) -> u32 {
		(self.artifact.len() as u32).saturating_add(self.card.len() as u32)
	}

	/// What is held for them at the present price.
	pub(crate) fn deposit(&self) -> BalanceOf<T> {
		T::DepositPerByte::get().saturating_mul(self.bytes().into())
	}
}

impl<T: Config> Model<T> {
	/// Whether the artifact's root did not go to somebody who had committed earlier.
	pub fn holds_root(&self) -> bool {
		match self.status {
			ModelStatus::Active | ModelStatus::Deprecated => true,
			ModelStatus::Superseded { .. } => false,
		}
	}
}

/// Whether each item is greater than the one before: sorted, and none twice.
fn is_ascending<Item: PartialOrd>(items: impl Iterator<Item = Item> + Clone) -> bool {
	items.clone().zip(items.skip(1)).all(|(one, next)| one < next)
}

/// Whether the shares are one in sum, exactly.
fn is_one(shares: impl IntoIterator<Item = Perbill>) -> bool {
	sum(shares) == u64::from(Perbill::ACCURACY)
}

/// The sum of shares in parts of a billion. Does not overflow: lists have less than 2^32 items.
pub(crate) fn sum(shares: impl IntoIterator<Item = Perbill>) -> u64 {
	shares.into_iter().fold(0, |sum, share| sum.saturating_add(share.deconstruct().into()))
}
