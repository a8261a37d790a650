//! # Datanets
//!
//! A registry of data for AI: who contributed which bytes, to which collection, and when.
//!
//! ## Terms
//!
//! - **Datanet**: a collection for one domain, with an owner, a name and a licence.
//! - **Content**: bytes off chain, named by BLAKE3 root and length ([`plexus_primitives::Content`]).
//! - **Contribution**: content in a datanet, with media type, locator and contributor. It *holds* its root.
//! - **Length proof**: the Bao slice of the content's last byte; it ties the length to the root.
//! - **Sequence**: a contribution's place in its datanet; pages go by it.
//!
//! ## States
//!
//! ```text
//!            create_datanet              remove_datanet (owner, when empty)
//!   ─────────────────────────▶ datanet ─────────────────────────────────────▶ gone, deposit returned
//!                                 ▲
//!                                 │ in
//!            contribute           │      withdraw (contributor)
//!   ─────────────────────▶ contribution ────────────────────────▶ gone, deposit returned, root free
//! ```
//!
//! ## Rules
//!
//! - Ids grow by one and are never reused: of two contributions the one with the smaller id is older.
//! - A root is held by at most one contribution in the whole chain. The second one who brings it is refused and
//!   finds the first with the runtime API `contribution_by_root`.
//! - Content is not empty and its length is proved, so that every later proof about it can trust the length.
//! - Whoever adds to the state has a deposit on hold for it, and gets back exactly that when it is removed, even
//!   if deposits were changed meanwhile.
//!
//! ## What the rules do not achieve
//!
//! - That the contributor made the bytes, may license them, or even has more than the last chunk of them: a root
//!   and a length are stated, only their fit is proved.
//! - That the first registrant had the bytes first: a pending root can be copied with a higher tip.
//! - That the bytes can be had, that the locator leads to them, or that the media type is true.
//! - That contributions are wanted: every datanet is open, its owner has no say yet.
//! - Secrecy: a short private text can be guessed from its root.
//!
//! ## Example
//!
//! ```text
//! b3sum FILE                                          root; the length is the file's size
//! create_datanet("Alpine flora", "CC-BY-4.0")      →  DatanetCreated { datanet: 0, … }
//! contribute(0, { root, len }, "text/csv",
//!            "https://example.org/flora.csv", proof)  →  ContributionRegistered { contribution: 0, … }
//! contribution_by_root(root)                       →  contribution 0
//! withdraw(0)                                      →  ContributionWithdrawn { contribution: 0, … }
//! ```
//!
//! ## Must not
//!
//! Dereference a locator, use randomness, know which account is privileged, or iterate over storage in a call.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod changes;
#[cfg(any(feature = "try-runtime", test))]
mod invariants;
#[cfg(test)]
mod mock;
mod queries;
#[cfg(test)]
mod tests;
mod texts;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use types::{Contribution, Datanet};
pub use weights::WeightInfo;

use frame_support::traits::{fungible::MutateHold, tokens::Precision, Get};
use plexus_primitives::{verify_length_proof, Content, ContributionId, DatanetId, Sequence, SliceError};
use types::*;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	/// The layout of the storage.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// What deposits are held in.
		type Currency: MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;

		/// The runtime's reasons for holds, this pallet's among them.
		type RuntimeHoldReason: From<HoldReason>;

		/// Held from the owner while a datanet exists. Covers the longest name and licence.
		#[pallet::constant]
		type DatanetDeposit: Get<BalanceOf<Self>>;

		/// Held from the contributor while a contribution exists, for its entries in three maps.
		#[pallet::constant]
		type ContributionDepositBase: Get<BalanceOf<Self>>;

		/// Held in addition for each byte of media type and locator.
		#[pallet::constant]
		type ContributionDepositPerByte: Get<BalanceOf<Self>>;

		/// Bytes that a datanet's name may have.
		#[pallet::constant]
		type NameBytesMax: Get<u32>;

		/// Bytes that a licence expression may have.
		#[pallet::constant]
		type LicenceBytesMax: Get<u32>;

		/// Bytes that a media type may have.
		#[pallet::constant]
		type MediaTypeBytesMax: Get<u32>;

		/// Bytes that a locator may have.
		#[pallet::constant]
		type LocatorBytesMax: Get<u32>;

		/// Bytes that a length proof may have; at least [`plexus_primitives::slice::LENGTH_PROOF_BYTES_MAX`],
		/// or the longest contents could not be contributed.
		#[pallet::constant]
		type LengthProofBytesMax: Get<u32>;

		/// What the calls cost.
		type WeightInfo: WeightInfo;
	}

	/// Why funds are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For datanets that the account owns. Released by `remove_datanet`.
		Datanet,
		/// For contributions that the account made. Released by `withdraw`.
		Contribution,
	}

	/// The id of the next datanet.
	#[pallet::storage]
	pub type NextDatanetId<T> = StorageValue<_, DatanetId, ValueQuery>;

	/// All datanets.
	#[pallet::storage]
	pub type Datanets<T: Config> = StorageMap<_, Twox64Concat, DatanetId, Datanet<T>>;

	/// The id of the next contribution.
	#[pallet::storage]
	pub type NextContributionId<T> = StorageValue<_, ContributionId, ValueQuery>;

	/// All contributions.
	#[pallet::storage]
	pub type Contributions<T: Config> = StorageMap<_, Twox64Concat, ContributionId, Contribution<T>>;

	/// Who holds a root. The root is a hash already and proved to be one, so it needs no hashing.
	#[pallet::storage]
	pub type ContributionByRoot<T> = StorageMap<_, Identity, [u8; 32], ContributionId>;

	/// The contributions of each datanet in the order of registration, with gaps where some were withdrawn.
	#[pallet::storage]
	pub type ContributionIndex<T> =
		StorageDoubleMap<_, Twox64Concat, DatanetId, Twox64Concat, Sequence, ContributionId>;

	/// The events tell everything that the state holds: an indexer needs no storage queries.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A datanet was created.
		DatanetCreated {
			/// Its id.
			datanet: DatanetId,
			/// Who created it.
			owner: T::AccountId,
			/// Its name.
			name: NameOf<T>,
			/// Its licence.
			licence: LicenceOf<T>,
			/// What was put on hold.
			deposit: BalanceOf<T>,
		},
		/// An empty datanet was removed.
		DatanetRemoved {
			/// Its id, never to be used again.
			datanet: DatanetId,
			/// Who had created it.
			owner: T::AccountId,
			/// What was returned.
			deposit: BalanceOf<T>,
		},
		/// Content was contributed.
		ContributionRegistered {
			/// Its id.
			contribution: ContributionId,
			/// The datanet it is in.
			datanet: DatanetId,
			/// Its place there.
			sequence: Sequence,
			/// Who contributed it.
			contributor: T::AccountId,
			/// The bytes it names.
			content: Content,
			/// Their media type.
			media_type: MediaTypeOf<T>,
			/// Where they are.
			locator: LocatorOf<T>,
			/// What was put on hold.
			deposit: BalanceOf<T>,
		},
		/// A contribution was withdrawn; its root is free.
		ContributionWithdrawn {
			/// Its id, never to be used again.
			contribution: ContributionId,
			/// The datanet it was in.
			datanet: DatanetId,
			/// The place there that is empty now.
			sequence: Sequence,
			/// Who had contributed it.
			contributor: T::AccountId,
			/// The bytes it named.
			content: Content,
			/// What was returned.
			deposit: BalanceOf<T>,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The name is empty, not UTF-8, or has control characters. Give it at least one visible character and no
		/// line breaks.
		InvalidName,
		/// The licence is not an SPDX expression: letters, digits, and `-.+:()` with spaces between, like `CC-BY-4.0`
		/// or `MIT OR Apache-2.0`. For terms of your own write `LicenseRef-` and a name.
		InvalidLicence,
		/// The media type is not of the form `type/subtype`. Use `application/octet-stream` if you do not know it.
		InvalidMediaType,
		/// The locator is not a URI. Write a scheme, a colon and visible ASCII, like `https://example.org/file`, or
		/// leave it empty.
		InvalidLocator,
		/// There is no datanet with this id, or it was removed. Look the id up in the event `DatanetCreated`.
		UnknownDatanet,
		/// The datanet still holds contributions. It can be removed once their contributors have withdrawn them all.
		DatanetNotEmpty,
		/// Only the owner of a datanet may do this. Sign with the account that created it.
		NotOwner,
		/// Empty content cannot be contributed. Contribute at least one byte.
		EmptyContent,
		/// This content is already contributed, here or in another datanet. Query `contribution_by_root` with the
		/// root to find the contribution and who made it. It becomes free when its contributor withdraws it.
		RootAlreadyHeld,
		/// The length proof does not belong to this root. Make both from the same file, which must not have changed
		/// meanwhile: the proof is the Bao slice of the last byte (start = length - 1, one byte), with nothing after.
		InvalidLengthProof,
		/// The proof is valid, but it proves another length than the one stated. State the file's size in bytes.
		LengthDiffers,
		/// There is no contribution with this id, or it was withdrawn. Query `contribution_by_root` to find its id.
		UnknownContribution,
		/// Only the contributor may withdraw a contribution. Sign with the account that made it.
		NotContributor,
		/// All ids are used up. This cannot be avoided, and will not happen.
		IdsExhausted,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			let proof_bytes_max = T::LengthProofBytesMax::get() as usize;
			assert!(
				proof_bytes_max >= plexus_primitives::slice::LENGTH_PROOF_BYTES_MAX,
				"LengthProofBytesMax is too small for the length proof of the longest content",
			);
			assert!(
				proof_bytes_max <= plexus_primitives::slice::SLICE_BYTES_MAX,
				"LengthProofBytesMax allows more than is ever verified",
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_invariants()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Creates a datanet that everybody may contribute to, owned by the signer, who gets `DatanetDeposit` put
		/// on hold.
		///
		/// Emits `DatanetCreated` with the new id.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::create_datanet(name.len().saturating_add(licence.len()) as u32))]
		pub fn create_datanet(
			origin: OriginFor<T>,
			name: NameOf<T>,
			licence: LicenceOf<T>,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			ensure!(plexus_primitives::text::is_name(&name), Error::<T>::InvalidName);
			ensure!(texts::is_licence(&licence), Error::<T>::InvalidLicence);
			Self::do_create_datanet(owner, name, licence)
		}

		/// Contributes content to a datanet. Puts `ContributionDepositBase` plus `ContributionDepositPerByte` for
		/// each byte of media type and locator on hold.
		///
		/// `length_proof` is the Bao slice of the content's last byte. `locator` may be empty.
		/// Emits `ContributionRegistered` with the new id.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::contribute(
			media_type.len().saturating_add(locator.len()) as u32,
			length_proof.len() as u32,
		))]
		pub fn contribute(
			origin: OriginFor<T>,
			datanet: DatanetId,
			content: Content,
			media_type: MediaTypeOf<T>,
			locator: LocatorOf<T>,
			length_proof: LengthProofOf<T>,
		) -> DispatchResult {
			let contributor = ensure_signed(origin)?;
			// The cheap checks come first, the proof last.
			ensure!(texts::is_media_type(&media_type), Error::<T>::InvalidMediaType);
			ensure!(texts::is_locator(&locator), Error::<T>::InvalidLocator);
			ensure!(Datanets::<T>::contains_key(datanet), Error::<T>::UnknownDatanet);
			ensure!(!ContributionByRoot::<T>::contains_key(content.root), Error::<T>::RootAlreadyHeld);
			verify_length_proof(&content, &length_proof).map_err(Error::<T>::from)?;
			Self::do_contribute(contributor, datanet, content, media_type, locator)
		}

		/// Withdraws the signer's contribution, returns its deposit and frees its root.
		///
		/// Emits `ContributionWithdrawn`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>, contribution: ContributionId) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			let withdrawn = Contributions::<T>::get(contribution).ok_or(Error::<T>::UnknownContribution)?;
			ensure!(withdrawn.contributor == signer, Error::<T>::NotContributor);
			Self::do_withdraw(contribution, withdrawn)
		}

		/// Removes the signer's datanet, which must hold no contributions, and returns its deposit.
		///
		/// Emits `DatanetRemoved`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::remove_datanet())]
		pub fn remove_datanet(origin: OriginFor<T>, datanet: DatanetId) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			let removed = Datanets::<T>::get(datanet).ok_or(Error::<T>::UnknownDatanet)?;
			ensure!(removed.owner == signer, Error::<T>::NotOwner);
			ensure!(removed.contributions == 0, Error::<T>::DatanetNotEmpty);
			Self::do_remove_datanet(datanet, removed)
		}
	}
}

impl<T> From<SliceError> for Error<T> {
	fn from(error: SliceError) -> Self {
		match error {
			SliceError::EmptyContent => Self::EmptyContent,
			SliceError::LengthDiffers { .. } => Self::LengthDiffers,
			SliceError::EmptyRange { .. }
			| SliceError::RangeOutside { .. }
			| SliceError::TooLong { .. }
			| SliceError::Truncated { .. }
			| SliceError::ParentMismatch { .. }
			| SliceError::ChunkMismatch { .. }
			| SliceError::TrailingBytes { .. } => Self::InvalidLengthProof,
		}
	}
}
