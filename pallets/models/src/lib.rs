//! # Models
//!
//! A registry of models: who made which weights, from which other models, trained on which data, and how what they earn
//! is divided.
//!
//! ## Terms
//!
//! - **Model**: an artifact (bytes off chain, [`plexus_primitives::Content`]) with a developer, a card and a [`Spec`].
//! - **Kind**: base, fine-tune, adapter or merge ([`ModelKind`]).
//! - **Parents**: the models that it was made from. **Children**: the other way round.
//! - **Ancestors**: the parents, theirs, and so on. **Lineage**: all of them, each once ([`lineage`]).
//! - **Asks**: what a model wants of its descendants: a royalty, and the share of it that goes to its data.
//! - **Manifest**: the versions of datanets that it was trained on, with their shares of its data money.
//! - **Policy**: how a model's own revenue is divided among server, developer and data.
//! - **Commitment**: a hash that hides the artifacts' roots until they are registered.
//!
//! ## States
//!
//! ```text
//!   a commitment:
//!            commit               register: after CommitmentAgeMsMin, before CommitmentLifetimeMs
//!   ────────────────▶ committed ───────────────────────────────────────────────────────▶ gone, deposit returned
//!                         │                                                                  ▲
//!                         └── clear_commitment: by its account, or by anybody once expired ──┘
//!
//!   a model:
//!            register              set_deprecated
//!   ────────────────▶ Active ◀────────────────────▶ Deprecated       no new channels
//!                       │                               │
//!                       └───────────────┬───────────────┘
//!                                       │ register of the same artifact, under an earlier commitment
//!                                       ▼
//!                                  Superseded                        no new channels, no new children, for ever
//! ```
//!
//! ## Rules
//!
//! - Ids grow by one and are never reused. Models are never removed: what descends from them would lose its ground.
//! - Everything in a [`Spec`] is immutable, and so is the developer. Who wants to change keys later registers from an
//!   account that outlives them, like an agent's or a multisig's.
//! - Status and locators change. Deprecation forbids new channels and nothing else: children may still be registered,
//!   receipts are still settled, royalties still flow.
//! - A base has no parents, a fine-tune at least one, an adapter exactly one that is no adapter itself, a merge at least
//!   two. Who stacks adapters merges first.
//!
//! ### Commitments
//!
//! A pending registration shows its artifacts to everybody, and a copy with a higher tip would come before it. Therefore
//! [`commit`] comes first: a hash of purpose, genesis, account, salt and the artifacts' roots
//! ([`plexus_primitives::commitment()`]). A copyist who sees the roots has to commit first and to wait, and is too late.
//! Should the copyist keep the original out of the blocks for so long, the earlier commitment still wins: whoever reveals
//! it **supersedes** the copy. Commitments count in the order in which they were made, also within a block. Since they
//! expire, a model is contestable only until its own commitment would have expired; the query `model` tells when. Wait
//! for that before building on a stranger's model. When a commitment can be used and when it expires is fixed when it is
//! made, whatever the parameters are later.
//!
//! One commitment covers all models of one call. It is bound to its account, so that the copy of a hash is worthless, and
//! stands under account and hash, so that it is in nobody's way. It hides the roots and nothing else: kind, parents and
//! asks are chosen at registration, and a registration that was refused can be mended under the same commitment. A model
//! whose artifact is held is skipped (`RootHeld`), since a call shows the roots of all: one must not void the others.
//!
//! ### Lineage
//!
//! Each distinct ancestor gets its royalty of every fee net of the protocol's share, before the policy divides the rest.
//! Royalties bear no royalty. Lineages are flattened at registration and bounded then: at most `AncestorsMax` ancestors
//! (those that ask nothing too), whose royalties sum to at most `RoyaltiesMax`. A model's data share is at least that of
//! each parent, so that no descendant passes on less to data than what it was made from. Details in [`lineage`].
//!
//! What registering a model costs depends on its own parents, manifest and texts, and not on how many models or
//! siblings there are: a further adapter of a base writes its own entries and its place among the base's children. The
//! base's record is read, not rewritten. Up the lineage goes one query; down goes one query for each page of children.
//! Whoever wants all descendants of a popular model at once keeps an index of the events.
//!
//! ### Manifests
//!
//! A manifest names each version once. Curated versions have shares above zero that sum to exactly one. Open ones have
//! share zero: they are listed so that claims on spans of their contributions are lawful, but carry no manifest money. A
//! model without a manifest, or with open versions only, has no manifest to pay: whatever its data share is, all of its
//! royalty is the developer's, and so is what claims leave of the policy's part for data.
//!
//! ### Deposits
//!
//! All are the signer's own and stay on hold in its account.
//!
//! - `CommitmentDeposit` returns when the commitment is used or cleared.
//! - `ModelDeposit`, and `DepositPerByte` for specification, lineage and index entries, pay for state that is never
//!   removed, and are **never returned**. They stay on hold instead of being burned: issuance does not change, and
//!   whoever looks at an account sees what its models occupy.
//! - `DepositPerByte` for the locators returns exactly when they are replaced; the new ones are held for anew. Empty
//!   locators hold nothing.
//!
//! What was held is written down with what it was held for, so that a changed price is for what comes.
//!
//! ## What the rules do not achieve
//!
//! - That the developer made the artifact, may license it or has more than its last chunk; that it is a model at all.
//! - That parents and manifest are complete. Leaving an ancestor out costs nothing here; showing unlisted sources is
//!   the work of challenges. A share of one billionth lists a version and pays it next to nothing.
//! - That parents are true: anybody may name any model, and stand among its children for the price of an entry. A child
//!   pays its parents; it takes nothing from them, and its asks do not reach upwards.
//! - That a parent is the one that was meant, when its id was guessed: ids are given in the order of registration. Name a
//!   parent after `ModelRegistered` told its id, not before.
//! - That an artifact is registered once: one byte changed, and it is another root.
//! - That what was built on a superseded model is undone: such children keep its lineage, and pay it its royalty.
//! - That a public artifact is registered by whom it belongs to: among those who know it, the first to commit wins.
//! - That a card is true, or can be had: its length is stated, not proved, and no locator is dereferenced.
//! - That a model has descendants: an ask may be so high that none fits below `RoyaltiesMax`. A high data share binds
//!   all descendants to one at least as high, also where it stands beside a royalty of zero.
//!
//! ## Example
//!
//! ```text
//! b3sum base.safetensors                       root; the length is the file's size
//! commit(H(salt, [root]))                   →  CommitmentMade { number: 0, usable_from_ms, expires_at_ms, … }
//!                                              a minute later
//! register(salt, [{ kind: Base, artifact: { root, len }, asks: { royalty: 5 %, data: 20 % }, … }])
//!                                           →  CommitmentClosed { … }, ModelRegistered { model: 0, … }
//! register(salt', [{ kind: Adapter, parents: [0], asks: { royalty: 0, data: 20 % }, … }, …])
//!                                           →  ModelRegistered { model: 1, … }, …
//! children(0)                               →  1, …
//! lineage(1)                                →  0: 5 % royalty, 20 % of it to its data
//! ```
//!
//! ## In a runtime
//!
//! Beside Balances, the pallet needs a clock ([`ChainClock`]) and the versions of datanets ([`DatanetVersions`]), both of
//! which the runtime connects; it does not know the pallets that have them:
//!
//! ```text
//! impl pallet_models::DatanetVersions for Versions {
//!     fn kind(datanet: DatanetId, version: DatanetVersion) -> Option<VersionKind> {
//!         // The admission of the version's contributions, fixed when it was published.
//!         // `None`: there is no such datanet, or it has not come to this version yet. Versions begin at 1.
//!     }
//! }
//! ```
//!
//! The answer must never change once it is `Some`, also when a datanet is paused, retired or handed on: manifests are not
//! checked again. `ModelDeposit` is for [`types::MODEL_ENTRIES`] entries with [`types::MODEL_ENTRY_BYTES`] bytes,
//! `CommitmentDeposit` for one with [`types::COMMITMENT_ENTRY_BYTES`].
//! `ParentsMax`, `AncestorsMax`, `RoyaltiesMax`, `ManifestEntriesMax` and `LocatorBytesMax` may be raised, never lowered,
//! because what is stored keeps within them.
//! To a pallet that tells deposits from spending, [`HoldReason::Commitment`] and [`HoldReason::Locators`] are
//! deposits, which return to whoever paid, and [`HoldReason::Model`] is spending, because it never does.
//! Pallets above ask [`Pallet::ensure_may_open_channel`], [`Pallet::royalties`] and [`Pallet::royalty`], and read
//! [`Models`]. A test's runtime begins with [`config_preludes`], and states what differs.
//!
//! ## Must not
//!
//! Dereference a locator, know how datanets make versions, move any fee, or iterate over storage in a call.
//!
//! [`commit`]: Pallet::commit

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod changes;
pub mod config_preludes;
mod errors;
mod events;
#[cfg(any(feature = "try-runtime", test))]
mod invariants;
pub mod lineage;
#[cfg(test)]
mod mock;
mod queries;
pub mod runtime_api;
#[cfg(test)]
mod tests;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use plexus_primitives::ChainClock;
pub use types::{
	Ancestor, Asks, DatanetVersions, Locators, ManifestEntry, Model, ModelKind, ModelStatus, Registration,
	RevenuePolicy, Spec, VersionKind,
};
pub use weights::WeightInfo;

use alloc::vec::Vec;
use frame_support::{
	pallet_macros::import_section,
	traits::{fungible::MutateHold, Get},
};
use plexus_primitives::{commitment::SALT_BYTES, verify_length_proof, CommitmentNumber, ModelId, Sequence};
use sp_runtime::Perbill;
use types::*;

#[import_section(events::events)]
#[import_section(errors::errors)]
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

	#[pallet::config(with_default)]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// What deposits are held in.
		#[pallet::no_default]
		type Currency: MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;

		/// The runtime's reasons for holds, this pallet's among them.
		#[pallet::no_default_bounds]
		type RuntimeHoldReason: From<HoldReason>;

		/// The chain clock.
		#[pallet::no_default]
		type Clock: ChainClock;

		/// The versions of datanets.
		#[pallet::no_default]
		type Versions: DatanetVersions;

		/// Milliseconds that a commitment must be old to be used: longer than a registration usually waits to be
		/// included, so that a copyist who commits on seeing it comes too late.
		#[pallet::constant]
		#[pallet::no_default]
		type CommitmentAgeMsMin: Get<u64>;

		/// Milliseconds after which a commitment is void; above `CommitmentAgeMsMin`. This is how long a registration
		/// can be kept out of the blocks without being lost, and how long a model is contestable. A change is for
		/// commitments to come.
		#[pallet::constant]
		type CommitmentLifetimeMs: Get<u64>;

		/// Held from whoever commits while the commitment exists.
		#[pallet::constant]
		#[pallet::no_default_bounds]
		type CommitmentDeposit: Get<BalanceOf<Self>>;

		/// Held from the developer for each model, for ever: for the keys and the fixed fields of its entries.
		#[pallet::constant]
		#[pallet::no_default_bounds]
		type ModelDeposit: Get<BalanceOf<Self>>;

		/// Held in addition for each byte: for ever for those of [`Spec`], lineage and
		/// [`types::CHILD_ENTRY_BYTES`] for each parent, and as long as they are there for those of the locators.
		#[pallet::constant]
		#[pallet::no_default_bounds]
		type DepositPerByte: Get<BalanceOf<Self>>;

		/// Models that one call may register.
		#[pallet::constant]
		type RegistrationsMax: Get<u32>;

		/// Parents that a model may have. Each is read with its lineage at registration.
		#[pallet::constant]
		type ParentsMax: Get<u32>;

		/// Ancestors that a model may have; at least `ParentsMax`.
		#[pallet::constant]
		type AncestorsMax: Get<u32>;

		/// What the royalties of all ancestors may sum to, and each model may ask: what is left pays for the model
		/// itself.
		#[pallet::constant]
		type RoyaltiesMax: Get<Perbill>;

		/// Entries that a manifest may have.
		#[pallet::constant]
		type ManifestEntriesMax: Get<u32>;

		/// Bytes that a locator may have.
		#[pallet::constant]
		type LocatorBytesMax: Get<u32>;

		/// Bytes that a length proof may have; at least [`plexus_primitives::slice::LENGTH_PROOF_BYTES_MAX`], or the
		/// longest artifacts could not be registered.
		#[pallet::constant]
		type LengthProofBytesMax: Get<u32>;

		/// What the calls cost.
		type WeightInfo: WeightInfo;

		/// Gives the benchmarks versions to be trained on.
		#[cfg(feature = "runtime-benchmarks")]
		#[pallet::no_default]
		type BenchmarkHelper: benchmarking::BenchmarkHelper;
	}

	/// Why funds are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For commitments. Released when they are used or cleared.
		Commitment,
		/// For models. Never released, because models are never removed.
		Model,
		/// For locators. Released when they are replaced.
		Locators,
	}

	/// The number of the next commitment.
	#[pallet::storage]
	pub type NextCommitmentNumber<T> = StorageValue<_, CommitmentNumber, ValueQuery>;

	/// The commitments that are neither used nor cleared. Under account and hash, so that nobody is in another's way.
	#[pallet::storage]
	pub type Commitments<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, [u8; 32], Commitment<T>>;

	/// The id of the next model.
	#[pallet::storage]
	pub type NextModelId<T> = StorageValue<_, ModelId, ValueQuery>;

	/// All models, those of other statuses too.
	#[pallet::storage]
	pub type Models<T: Config> = StorageMap<_, Twox64Concat, ModelId, Model<T>>;

	/// Their locators. Apart from [`Models`], because nothing on chain reads them.
	#[pallet::storage]
	pub type Locations<T: Config> = StorageMap<_, Twox64Concat, ModelId, Location<T>>;

	/// The lineages of models that have parents.
	#[pallet::storage]
	pub type Lineages<T: Config> = StorageMap<_, Twox64Concat, ModelId, LineageOf<T>, ValueQuery>;

	/// Who holds an artifact's root. The root is a hash already and proved to be one, so it needs no hashing.
	#[pallet::storage]
	pub type ModelByRoot<T> = StorageMap<_, Identity, [u8; 32], ModelId>;

	/// The models of each developer in the order of registration.
	#[pallet::storage]
	pub type ModelsByDeveloper<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, Sequence, ModelId>;

	/// What a developer's next model gets in [`ModelsByDeveloper`].
	#[pallet::storage]
	pub type NextOfDeveloper<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Sequence, ValueQuery>;

	/// The children of each model in the order of registration.
	#[pallet::storage]
	pub type Children<T> = StorageDoubleMap<_, Twox64Concat, ModelId, Twox64Concat, Sequence, ModelId>;

	/// What a model's next child gets in [`Children`]. Apart from [`Models`], so that a parent's record is not rewritten
	/// for each of thousands of adapters.
	#[pallet::storage]
	pub type NextChild<T> = StorageMap<_, Twox64Concat, ModelId, Sequence, ValueQuery>;

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			let proof_bytes_max = T::LengthProofBytesMax::get() as usize;
			assert!(
				proof_bytes_max >= plexus_primitives::slice::LENGTH_PROOF_BYTES_MAX,
				"LengthProofBytesMax is too small for the length proof of the longest artifact",
			);
			assert!(
				proof_bytes_max <= plexus_primitives::slice::SLICE_BYTES_MAX,
				"LengthProofBytesMax allows more than is ever verified",
			);
			assert!(
				T::CommitmentLifetimeMs::get() > T::CommitmentAgeMsMin::get(),
				"CommitmentLifetimeMs is not above CommitmentAgeMsMin: no commitment could be used",
			);
			assert!(T::ParentsMax::get() >= 2, "ParentsMax is below 2: nothing could be merged");
			assert!(
				T::AncestorsMax::get() >= T::ParentsMax::get(),
				"AncestorsMax is below ParentsMax: parents are ancestors",
			);
			assert!(
				u64::from(T::AncestorsMax::get()) <= weights::ANCESTORS,
				"AncestorsMax is above what the weight of register counts with",
			);
			assert!(T::RegistrationsMax::get() > 0, "RegistrationsMax is zero: nothing could be registered");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_invariants()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Commits to register models whose artifacts `hash` hides: [`plexus_primitives::commitment()`] with purpose
		/// `ModelCommitment`, the signer, a random salt, and the artifacts' roots in the order of the registration. Puts
		/// `CommitmentDeposit` on hold.
		///
		/// Emits `CommitmentMade`, which says from when and until when it can be used.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::commit())]
		pub fn commit(origin: OriginFor<T>, hash: [u8; 32]) -> DispatchResult {
			let account = ensure_signed(origin)?;
			ensure!(!Commitments::<T>::contains_key(&account, hash), Error::<T>::CommitmentExists);
			Self::do_commit(account, hash)
		}

		/// Returns the deposit of a commitment that is not to be used. Its account may do so at any time, anybody else
		/// once it is expired.
		///
		/// Emits `CommitmentClosed`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::clear_commitment())]
		pub fn clear_commitment(
			origin: OriginFor<T>,
			account: T::AccountId,
			hash: [u8; 32],
		) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			let commitment = Commitments::<T>::take(&account, hash).ok_or(Error::<T>::UnknownCommitment)?;
			let expired = T::Clock::now_ms() >= commitment.expires_at_ms;
			ensure!(expired || signer == account, Error::<T>::CommitmentAlive);
			Self::do_close_commitment(account, hash, &commitment, false)
		}

		/// Registers all models that the signer committed to with `salt`. Puts the deposits for models and locators on
		/// hold, and returns that of the commitment.
		///
		/// A model whose artifact another one holds, and keeps, is skipped and told by `RootHeld`, unless all are;
		/// anything else that is wrong refuses all. Emits `CommitmentClosed`, and for each model `ModelRegistered`, after
		/// `ModelSuperseded` if another one had its artifact.
		#[pallet::call_index(2)]
		#[pallet::weight(Pallet::<T>::weight_of_register(models))]
		pub fn register(
			origin: OriginFor<T>,
			salt: [u8; SALT_BYTES],
			models: RegistrationsOf<T>,
		) -> DispatchResult {
			let developer = ensure_signed(origin)?;
			ensure!(!models.is_empty(), Error::<T>::NothingToRegister);
			let roots = models.iter().map(|registration| registration.spec.artifact.root);
			let hash = Self::commitment_hash(&developer, &salt, roots);
			let commitment = Self::take_usable_commitment(&developer, hash)?;
			Self::do_close_commitment(developer.clone(), hash, &commitment, true)?;
			let mut any = false;
			for registration in models {
				any |= Self::do_register(&developer, &commitment, registration)?;
			}
			ensure!(any, Error::<T>::RootAlreadyHeld);
			Ok(())
		}

		/// Deprecates the signer's model, or offers it again. Deprecation forbids new channels and nothing else.
		///
		/// Emits `ModelDeprecated` or `ModelReactivated`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_deprecated())]
		pub fn set_deprecated(origin: OriginFor<T>, model: ModelId, deprecated: bool) -> DispatchResult {
			let mut record = Self::ensure_developer(origin, model)?;
			ensure!(record.holds_root(), Error::<T>::ModelSuperseded);
			let (status, event) = match deprecated {
				true => (ModelStatus::Deprecated, Event::ModelDeprecated { model }),
				false => (ModelStatus::Active, Event::ModelReactivated { model }),
			};
			ensure!(record.status != status, Error::<T>::StatusUnchanged);
			record.status = status;
			Models::<T>::insert(model, record);
			Self::deposit_event(event);
			Ok(())
		}

		/// Replaces the locators of the signer's model. Returns what is on hold for the old ones and puts
		/// `DepositPerByte` for each byte of the new ones on hold.
		///
		/// Emits `LocatorsSet`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::set_locators(locators.bytes()))]
		pub fn set_locators(origin: OriginFor<T>, model: ModelId, locators: Locators<T>) -> DispatchResult {
			let record = Self::ensure_developer(origin, model)?;
			locators.check()?;
			Self::do_set_locators(record.developer, model, locators)
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Linear in the sums over all models, whatever their order.
	fn weight_of_register(models: &RegistrationsOf<T>) -> frame_support::weights::Weight {
		// Each is bounded far below u32, and the number of models too.
		let total = |size: fn(&Registration<T>) -> usize| {
			models.iter().fold(0u32, |sum, registration| sum.saturating_add(size(registration) as u32))
		};
		T::WeightInfo::register(
			models.len() as u32,
			total(|registration| registration.spec.parents.len()),
			total(|registration| registration.spec.manifest.len()),
			total(|registration| registration.locators.bytes() as usize),
			total(|registration| registration.length_proof.len()),
		)
	}
}
