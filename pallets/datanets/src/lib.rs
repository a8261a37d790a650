//! # Datanets
//!
//! A registry of data for AI: who contributed which bytes, to which collection, when, and what they weigh in which
//! version of it.
//!
//! ## Terms
//!
//! - **Datanet**: a collection for one domain, with an owner, a name, tags, and a licence or terms.
//! - **Admission**: *open*, where everything is accepted with weight 1, or *curated*, where **curators** review and weigh.
//! - **Content**: bytes off chain, named by BLAKE3 root and length ([`plexus_primitives::Content`]).
//! - **Length proof**: the Bao slice of the content's last byte; it ties the length to the root.
//! - **Contribution**: content in a datanet, with media type, locator and contributor. The first of a root *holds* it.
//! - **Commitment**: a hash that hides the roots of contributions to come, and orders them among rivals.
//! - **Listing**: a further contribution of the same content by its holder, in another datanet.
//! - **Version**: what a datanet had accepted at a moment, frozen for ever. The first has number 1.
//! - **Position**: the right to what a contribution's versions earn. Its **holder** is the contributor, the
//!   **beneficiary** that a dispute put in its place, or an **escrow** while a dispute is open ([`Positions`]).
//! - **Sequence**: a contribution's place in its datanet; pages go by it.
//!
//! ## States
//!
//! ```text
//!   a datanet:
//!     create_datanet          set_paused               retire
//!   ──────────────────▶ Active ◀──────▶ Paused    Active, Paused ──────▶ Retired
//!                         remove_datanet: when it never had a version and lists nothing ──▶ gone, deposit back
//!
//!   a contribution:
//!                      commit, commitment_age_ms, register
//!   nothing ──────────────────────────────────────────────────┬─ open ──────────────────────────▶ Accepted
//!      │                                                      └─ curated ──▶ Pending
//!      └─ contribute ──▶ Pending, not before commitment_age_ms
//!
//!   Pending ── accept (open, anybody) or review (curated, a majority) ──▶ Accepted { weight, from: next version }
//!   Pending ── withdraw, expire, displaced ─────────────────────────────▶ gone, all deposits back, root free
//!   Pending ── review (rejected) ───────────────────────────────────────▶ gone, deposits back, root reserved
//!   Accepted, in no version yet ── withdraw, expire, displaced, unavailable ──▶ gone, all deposits back, root free
//!   Accepted, in no version yet ── taken down ──▶ gone, deposits back, root reserved; so is what leaves a retired datanet
//!   Accepted, in a version ── withdraw, unavailable, taken down ──▶ Departed { until: next version }, for ever
//! ```
//!
//! ## Rules
//!
//! ### Who was first
//!
//! A root is held by at most one account in the whole chain. A pending registration shows its roots to everybody, and a
//! copy of it with a higher tip would come first. Therefore [`commit`] comes before [`register`]: a hash of purpose,
//! genesis, account, salt and roots ([`plexus_primitives::commitment()`]). Commitments are numbered, and the smaller
//! number wins: who registers under it takes the root, the rival's contribution is removed with all deposits returned.
//! This ends with the first version that holds the content, for what a version holds never changes; and it ends when
//! no older commitment can be left, `commitment_lifetime_ms` after the holder's own. Commitments expire because one
//! that does not is a claim that hangs over everybody for ever, and state that nobody removes.
//!
//! [`contribute`] registers in one step. It counts as committed at that moment, so it loses to everybody who committed
//! before. It must not be a way around: who sees a registration could contribute its roots to a datanet of its own and
//! publish a version of that before the rightful registration is included. So what comes without a commitment is not
//! accepted before it is as old as a commitment would have to be; with curators too, since these may be the copyist's.
//! In an open datanet anybody then calls [`accept`].
//!
//! A pause or a retirement refuses only what is committed to after it: an owner who sees a registration come must not be
//! able to void it and take its roots.
//!
//! `register` skips a root that it cannot get, and tells the holder (`RootHeld`): one public file in a batch must
//! not void the others, whose roots are shown by then.
//!
//! A holder may list its content in other datanets once a version holds it, when nobody can take it any more. So never
//! more than one contribution depends on who is first. The holder needs neither commitment nor proof for it. Whoever lost
//! what the content earns in a dispute lists it no more, and neither does who got it. In each datanet content is listed once: what has departed there does not come back.
//!
//! Who can end another's contribution must not gain by it: an owner or curator could otherwise take its root in the same
//! transaction. So what was rejected, taken down, or withdrawn from a retired datanet leaves a **reservation**: for
//! `commitment_lifetime_ms` the root is its contributor's, who registers it anew, in any datanet, under the old number.
//! Only who committed earlier still comes first. It is paid for with a part of the deposit for storage, of the size of
//! `CommitmentDeposit`, which returns with the reservation's end ([`clear_reservation`]).
//!
//! Who lost what a contribution earns in a dispute must not get it back by ending the contribution and registering it anew.
//! So until a version holds it, whatever ends such a contribution but an earlier commitment leaves a reservation too: for
//! its beneficiary, paid for by its contributor.
//!
//! ### Admission
//!
//! - Pending contributions are reviewed by the curators at their submission, whoever these are later. Each reviews
//!   once; nobody reviews its own. A strict majority of *all* curators accepts, and as soon as that cannot be reached
//!   any more the contribution is rejected: ties reject. The weight is the lower median of those that accepted by then.
//! - Without acceptance for `acceptance_ms` anybody may remove it ([`expire`]), and a rival need not wait for that. What
//!   a retired datanet accepted for no version can be removed as long after the retirement: until then its contributor
//!   can take it elsewhere.
//! - Curators change `curators_ms` after the proposal. A change of the owner voids the proposal.
//! - Whether a datanet is open or curated never changes: its versions would carry uploads that nobody reviewed.
//!
//! ### Versions
//!
//! [`publish`] stores three numbers. Which contributions a version holds is said by the contributions: accepted after
//! version `n` is `from = n + 1`, departed after version `m` is `until = m + 1`, and version `v` holds what has
//! `from ≤ v < until`. So publishing costs the same for any number, membership is one read ([`Pallet::weight_at`]),
//! and nothing that happens later changes what a version holds: accepted after it, a contribution is never in it;
//! departed after it, it always is. A version must differ from the one before, hold something, and burns
//! `VersionPrice`, because its record is never removed. The owner publishes at will, everybody else
//! `publication_ms` after the last: an owner cannot withhold a version by pausing, only end it all by retiring.
//!
//! ### Deposits
//!
//! - Everybody who adds to the state has a deposit on hold for it. What is returned is exactly what was taken.
//! - A contribution's has two parts. That for **conduct** can be released `deposit_ms` after the acceptance. That for
//!   **storage** stays as long as the record, which is for ever once a version holds it.
//! - A datanet's stays as long as its record, which is for ever once it had a version. The new owner of a datanet takes
//!   it over: it is held from the new and released to the former.
//! - Bonds of challenges and disputes are no deposits: they can be lost.
//!
//! ### Availability
//!
//! [`challenge`] asks for one chunk of an accepted contribution that has a locator. Which, follows from the hash of the
//! block that has the challenge, which nobody knows when asking: a contributor who lost its file could otherwise occupy
//! the place with a question that it can answer. Anybody draws it in a later block ([`draw_chunk`]), which begins the
//! time to answer; if the hash is forgotten by then, the block of that call names the chunk instead. Anybody may show
//! the chunk ([`answer`]); the contributor then gets half of the bond, and half is burned, so that asking oneself is
//! not free. Unanswered for `challenge_ms`, the contribution is in no new version, and the challenger has its bond
//! again. The first chunk is asked for only if it is the only one: private content begins with a random chunk that
//! protects the rest. Content without a locator does not claim to be available, and showing its chunks would publish
//! it; who once gave a locator can change it but not remove it.
//!
//! ### Disputes
//!
//! [`dispute`] claims, with a bond, what a contribution earns, or that it be taken down. Its earnings go to an escrow
//! meanwhile. The curators at that time judge, parties excepted, by a strict majority of all; where they do not in
//! `dispute_ms`, the claim is dismissed. `JudgeOrigin` decides any open dispute, and alone in open datanets and where half
//! or more of the curators are parties. Where there is no judge either, nothing is disputed. Upheld,
//! position and escrow go to the claimant; dismissed, both go back, with half of the bond for the wait, and the other
//! half is burned, so that nobody protects itself cheaply by disputes with itself. No weight and no version changes:
//! that would change history. A takedown clears the locator and ends the membership in new versions of this datanet,
//! not in others: one datanet's curators have no power over the chain.
//!
//! ## What the rules do not achieve
//!
//! - That the contributor made the bytes, may license them, or even has more than the last chunk of them: a root
//!   and a length are stated, only their fit is proved.
//! - That public content is held by whom it belongs to: among those who know it, the first to commit wins. Who has
//!   known and committed for long can take a root from somebody who came later until a version holds it.
//! - Protection of [`contribute`] against copies: that is what commitments are for.
//! - That curators are honest, independent, or work: an owner names whom it likes, and with a majority they accept,
//!   reject and redirect as they like. Pending contributions then expire, and versions show who accepted what.
//! - That everything of a content can be had: a challenge asks for one chunk, and a proposer who is a party can try
//!   several block hashes.
//! - That a registration finds its datanet: one that is empty and never had a version can be removed. The commitment is
//!   good for another datanet then, and has its number still.
//! - That content earns once for each model: versions tell what they hold apart from each other, so what is listed in two
//!   datanets earns in both if both are paid. Curators see that a contribution is a listing ([`Pallet::listings`], and
//!   `listing` in `ContributionRegistered`) and may reject it; whoever pays versions chooses them.
//! - That a retired datanet publishes what it had accepted. What no version holds can be withdrawn and listed elsewhere.
//! - That the media type is true or the locator leads to the bytes; secrecy: a short private text can be guessed from
//!   its root.
//!
//! ## Example
//!
//! ```text
//! create_datanet("Alpine flora", ["botany"], Spdx("CC-BY-4.0"), Curated([c1, c2, c3]))
//!                                                     →  DatanetCreated { datanet: 0, … }
//! commit(H(salt, [b3sum of each FILE]))               →  CommitmentMade { number: 0, usable_from_ms, … }
//! register(0, salt, [{ content, "text/csv", "https://example.org/flora.csv", proof }])
//!                                                     →  ContributionRegistered { contribution: 0, … }
//! review(0, Accept { weight: 40 }) by c1 and by c2    →  ContributionAccepted { weight: 40, from: 1, … }
//! publish(0)                                          →  VersionPublished { version: 1, contributions: 1, … }
//! withdraw(0)                                         →  ContributionDeparted { until: 2, … }
//! weight_at(0, 1) = 40, weight_at(0, 2) = nothing
//! ```
//!
//! ## In a runtime
//!
//! `tests/example-runtime` is a runtime with this pallet and those of models and agents, and nothing else of Plexus. Beside
//! a currency with holds, the pallet needs a clock ([`ChainClock`]) and, where versions earn, whoever divides that:
//!
//! ```text
//! type Clock = Clock;                         // advances with blocks, and never by much: a halt closes no window
//! type Positions = Rewards;                   // or (), where nothing is earned
//! type JudgeOrigin = EnsureRoot<AccountId>;   // decides disputes besides curators
//! type JudgeExists = SudoExists;              // false: nothing is disputed that curators cannot decide
//! type WindowsOrigin = EnsureRoot<AccountId>;
//! type LengthProofBytesMax = ConstU32<{ LENGTH_PROOF_BYTES_MAX as u32 }>;
//!
//! pallet_models:   DatanetVersions::kind(datanet, version):  Datanets::version_kind(datanet, version)?.into()
//! pallet_rewards:  Contributions::holder(contribution):      Datanets::holder_of(contribution)
//! DatanetsApi:     Datanets::datanet(id), and so on
//! ```
//!
//! - The genesis sets how long things take ([`Windows`]); `WindowsOrigin` changes that for what begins later.
//! - `VersionPrice` pays for a record that is never removed, `StorageDepositBase` for the entries of a contribution,
//!   `ConductDeposit` only for conduct. `ChallengeBond` is at least four times the fee of the longest answer.
//! - `NameBytesMax`, `TagsMax` and the other bounds of what is stored may be raised, never lowered, because what is stored
//!   keeps within them.
//! - To a pallet that tells deposits from spending, [`HoldReason::Contribution`] and [`HoldReason::Commitment`] are deposits,
//!   which always return to whoever paid. Bonds can be lost, and what pays for a datanet or a contribution's record may stay
//!   for ever: count these as spending.
//! - A test's runtime begins with [`config_preludes`], and states what differs.
//!
//! ## Must not
//!
//! Dereference a locator, know which account is privileged, know what a version earns, or iterate over storage in a
//! call. There are no hooks that do anything.
//!
//! [`commit`]: Pallet::commit
//! [`clear_reservation`]: Pallet::clear_reservation
//! [`register`]: Pallet::register
//! [`contribute`]: Pallet::contribute
//! [`accept`]: Pallet::accept
//! [`expire`]: Pallet::expire
//! [`publish`]: Pallet::publish
//! [`challenge`]: Pallet::challenge
//! [`answer`]: Pallet::answer
//! [`draw_chunk`]: Pallet::draw_chunk
//! [`dispute`]: Pallet::dispute

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod admission;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod challenges;
pub mod config_preludes;
mod datanets;
mod deposits;
mod disputes;
mod errors;
mod events;
#[cfg(any(feature = "try-runtime", test))]
mod invariants;
mod membership;
#[cfg(test)]
mod mock;
mod queries;
mod registration;
#[cfg(test)]
mod tests;
mod texts;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use plexus_primitives::ChainClock;
pub use types::{Contribution, Datanet, Holder, Positions, Windows};
pub use weights::WeightInfo;

use alloc::vec::Vec;
use codec::Encode;
use frame_support::{
	pallet_macros::import_section,
	traits::{
		fungible::{Mutate, MutateHold},
		EnsureOrigin, Get,
	},
};
use plexus_primitives::{
	commitment::SALT_BYTES, text, CommitmentNumber, Content, ContributionId, DatanetId, DatanetVersion,
	Sequence,
};
use registration::Met;
use types::*;

#[import_section(events::events)]
#[import_section(errors::errors)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	/// The layout of the storage. 1 had contributions without status and datanets without versions.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(3);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config(with_default)]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// What deposits and bonds are held in, and prices burned.
		#[pallet::no_default]
		type Currency: Mutate<Self::AccountId> + MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;

		/// The runtime's reasons for holds, this pallet's among them.
		#[pallet::no_default_bounds]
		type RuntimeHoldReason: From<HoldReason>;

		/// The chain clock.
		#[pallet::no_default]
		type Clock: ChainClock;

		/// Whoever divides what versions earn. `()` if nobody does.
		#[pallet::no_default_bounds]
		type Positions: Positions<Self::AccountId>;

		/// Who decides disputes besides curators.
		#[pallet::no_default]
		type JudgeOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Whether anybody can have that origin at present. Without a judge nothing is disputed that curators cannot
		/// decide: the claimant could only lose the bond, to whom it accuses.
		type JudgeExists: Get<bool>;

		/// Who changes the windows.
		#[pallet::no_default]
		type WindowsOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Held from the owner while a datanet exists. Covers the longest profile and the largest sets of curators.
		#[pallet::constant]
		#[pallet::no_default_bounds]
		type DatanetDeposit: Get<BalanceOf<Self>>;

		/// Held from whoever commits while the commitment exists.
		#[pallet::constant]
		#[pallet::no_default_bounds]
		type CommitmentDeposit: Get<BalanceOf<Self>>;

		/// The part of a contribution's deposit that is returned `deposit_ms` after the acceptance.
		#[pallet::constant]
		#[pallet::no_default_bounds]
		type ConductDeposit: Get<BalanceOf<Self>>;

		/// The part that stays as long as the record, for its entries in three maps, or four if it is a listing.
		#[pallet::constant]
		#[pallet::no_default_bounds]
		type StorageDepositBase: Get<BalanceOf<Self>>;

		/// Added to that part for each byte of media type and locator.
		#[pallet::constant]
		#[pallet::no_default_bounds]
		type StorageDepositPerByte: Get<BalanceOf<Self>>;

		/// Burned by a publication. Pays for the version's record, which is never removed.
		#[pallet::constant]
		#[pallet::no_default_bounds]
		type VersionPrice: Get<BalanceOf<Self>>;

		/// Held from a challenger. At least four times the fee of the longest answer: the contributor gets half.
		#[pallet::constant]
		#[pallet::no_default_bounds]
		type ChallengeBond: Get<BalanceOf<Self>>;

		/// Held from a claimant. Must hurt whoever disputes to delay another's earnings.
		#[pallet::constant]
		#[pallet::no_default_bounds]
		type DisputeBond: Get<BalanceOf<Self>>;

		/// Contributions that one call registers.
		#[pallet::constant]
		type RegistrationsMax: Get<u32>;

		/// Curators that a datanet may have; at least one, at most 255.
		#[pallet::constant]
		type CuratorsMax: Get<u32>;

		/// Tags that a datanet may have.
		#[pallet::constant]
		type TagsMax: Get<u32>;

		/// Bytes that a tag may have.
		#[pallet::constant]
		type TagBytesMax: Get<u32>;

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
		/// or the longest contents could not be contributed. The proof of a chunk is no longer.
		#[pallet::constant]
		type LengthProofBytesMax: Get<u32>;

		/// What the calls cost.
		type WeightInfo: WeightInfo;
	}

	/// Why funds are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For datanets that the account owns. Returned when a datanet is removed or handed over; one that had a version
		/// is never removed.
		Datanet,
		/// For good conduct of contributions that the account made. Always returned.
		Contribution,
		/// For the records of contributions that the account made, and for reservations. Not returned once a version
		/// holds them.
		Storage,
		/// For commitments. Always returned.
		Commitment,
		/// For challenges. Lost if they are answered.
		Challenge,
		/// For disputes. Lost if they are dismissed.
		Dispute,
	}

	/// The id of the next datanet.
	#[pallet::storage]
	pub type NextDatanetId<T> = StorageValue<_, DatanetId, ValueQuery>;

	/// All datanets.
	#[pallet::storage]
	pub type Datanets<T: Config> = StorageMap<_, Twox64Concat, DatanetId, Datanet<T>>;

	/// What the datanets say about themselves.
	#[pallet::storage]
	pub type Profiles<T: Config> = StorageMap<_, Twox64Concat, DatanetId, Profile<T>>;

	/// Which datanets an account owns.
	#[pallet::storage]
	pub type DatanetsByOwner<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, DatanetId, ()>;

	/// Which datanets have a tag.
	#[pallet::storage]
	pub type DatanetsByTag<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, TagOf<T>, Twox64Concat, DatanetId, ()>;

	/// The curators of each datanet, by generation: the present ones, and former ones that still have duties.
	#[pallet::storage]
	pub type CuratorSets<T: Config> =
		StorageDoubleMap<_, Twox64Concat, DatanetId, Twox64Concat, u32, CuratorSet<T>>;

	/// Curators to come.
	#[pallet::storage]
	pub type CuratorsProposed<T: Config> = StorageMap<_, Twox64Concat, DatanetId, ProposedCurators<T>>;

	/// The number of the next commitment.
	#[pallet::storage]
	pub type NextCommitment<T> = StorageValue<_, CommitmentNumber, ValueQuery>;

	/// The commitments that are neither used nor cleared. Under account and hash, so that nobody is in another's way.
	#[pallet::storage]
	pub type Commitments<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, [u8; 32], Commitment<T>>;

	/// The id of the next contribution.
	#[pallet::storage]
	pub type NextContributionId<T> = StorageValue<_, ContributionId, ValueQuery>;

	/// All contributions.
	#[pallet::storage]
	pub type Contributions<T: Config> = StorageMap<_, Twox64Concat, ContributionId, Contribution<T>>;

	/// Which contribution holds a root. The root is a hash already and proved to be one, so it needs no hashing.
	#[pallet::storage]
	pub type ContributionByRoot<T> = StorageMap<_, Identity, [u8; 32], ContributionId>;

	/// The roots that nobody holds and that are kept for somebody.
	#[pallet::storage]
	pub type Reservations<T: Config> = StorageMap<_, Identity, [u8; 32], Reservation<T>>;

	/// Where else the holder of a root lists it.
	#[pallet::storage]
	pub type Listings<T> = StorageDoubleMap<_, Identity, [u8; 32], Twox64Concat, DatanetId, ContributionId>;

	/// The contributions of each datanet in the order of registration, with gaps where some were removed.
	#[pallet::storage]
	pub type ContributionIndex<T> =
		StorageDoubleMap<_, Twox64Concat, DatanetId, Twox64Concat, Sequence, ContributionId>;

	/// What curators said about pending contributions.
	#[pallet::storage]
	pub type Ballots<T: Config> = StorageMap<_, Twox64Concat, ContributionId, BallotOf<T>, ValueQuery>;

	/// All versions. Never removed, and paid for by `VersionPrice`.
	#[pallet::storage]
	pub type Versions<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		DatanetId,
		Twox64Concat,
		DatanetVersion,
		Version<BlockNumberFor<T>>,
	>;

	/// The open challenges.
	#[pallet::storage]
	pub type Challenges<T: Config> = StorageMap<_, Twox64Concat, ContributionId, Challenge<T>>;

	/// The open disputes.
	#[pallet::storage]
	pub type Disputes<T: Config> = StorageMap<_, Twox64Concat, ContributionId, Dispute<T>>;

	/// How long things take.
	#[pallet::storage]
	pub type CurrentWindows<T> = StorageValue<_, Windows, ValueQuery>;

	/// How long things take from the first block on.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The windows; those of [`Windows::LIVE`] if nothing is said.
		pub windows: Windows,
		#[serde(skip)]
		/// The configuration that the type belongs to.
		pub config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			assert!(self.windows.are_sound(), "datanets.windows: a rule of `Windows` is broken");
			CurrentWindows::<T>::put(self.windows);
		}
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
			assert!(
				(1..=u32::from(u8::MAX)).contains(&T::CuratorsMax::get()),
				"CuratorsMax is zero, or too large for ballots to name curators by a byte",
			);
			assert!(
				u64::from(T::TagsMax::get()) <= weights::OLD_TAGS,
				"TagsMax is above what the weights of describe count with",
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_invariants()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Creates a datanet owned by the signer, who gets `DatanetDeposit` put on hold.
		///
		/// Licence and kind of admission are for ever. Emits `DatanetCreated` with the new id.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::create_datanet(tags.len() as u32))]
		pub fn create_datanet(
			origin: OriginFor<T>,
			name: NameOf<T>,
			tags: TagsOf<T>,
			licence: Licence<T>,
			admission: Admission<T>,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::ensure_description(&name, &tags)?;
			Self::ensure_licence(&licence)?;
			if let Admission::Curated(curators) = &admission {
				Self::ensure_curators(curators)?;
			}
			Self::do_create_datanet(owner, Profile { name, tags, licence }, admission)
		}

		/// Contributes content to a datanet in one step, or lists it there if the signer holds it already. Puts
		/// `ConductDeposit` on hold, and `StorageDepositBase` plus `StorageDepositPerByte` for each byte of media type
		/// and locator.
		///
		/// Without a commitment everybody who committed earlier, or copies this transaction with a higher tip, comes
		/// first; and the contribution is not accepted before it is `commitment_age_ms` old. Use [`Self::commit`] and
		/// [`Self::register`] for what others must not take.
		///
		/// `length_proof` is the Bao slice of the content's last byte. `locator` may be empty.
		/// Emits `ContributionRegistered` with the new id.
		#[pallet::call_index(1)]
		#[pallet::weight(Pallet::<T>::contribute_weight(
			Met::rivals(1),
			media_type.len().saturating_add(locator.len()),
			length_proof.len(),
		))]
		pub fn contribute(
			origin: OriginFor<T>,
			datanet: DatanetId,
			content: Content,
			media_type: MediaTypeOf<T>,
			locator: LocatorOf<T>,
			length_proof: ProofOf<T>,
		) -> DispatchResultWithPostInfo {
			let contributor = ensure_signed(origin)?;
			let (text, proof) = (media_type.len().saturating_add(locator.len()), length_proof.len());
			let registration = Registration { content, media_type, locator, length_proof };
			let met = Self::do_contribute(contributor, datanet, registration)?;
			Ok(Some(Self::contribute_weight(met, text, proof)).into())
		}

		/// Withdraws the signer's contribution. If no version holds it, it is removed, its root is free (or reserved, if
		/// the datanet is retired) and its deposits are returned; otherwise it leaves new versions, and keeps what it earns from the others.
		///
		/// Emits `ContributionRemoved` or `ContributionDeparted`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::withdraw().saturating_add(T::Positions::weight().saturating_mul(2)))]
		pub fn withdraw(origin: OriginFor<T>, contribution: ContributionId) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			let record = Self::ensure_contribution(contribution)?;
			ensure!(record.contributor == signer, Error::<T>::NotContributor);
			Self::do_withdraw(contribution, record)
		}

		/// Removes the signer's datanet, which must list no contributions and never have had a version, and returns its
		/// deposit.
		///
		/// Emits `DatanetRemoved`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::remove_datanet())]
		pub fn remove_datanet(origin: OriginFor<T>, datanet: DatanetId) -> DispatchResult {
			let record = Self::ensure_owner(origin, datanet)?;
			ensure!(record.contributions == 0, Error::<T>::DatanetNotEmpty);
			ensure!(record.version == DatanetVersion::default(), Error::<T>::DatanetHasVersions);
			Self::do_remove_datanet(datanet, record)
		}

		/// Commits to register content that `hash` hides: [`plexus_primitives::commitment()`] with purpose
		/// `ContributionCommitment`, the genesis hash, the signer, 32 random bytes of salt and the roots in their order.
		/// Puts `CommitmentDeposit` on hold.
		///
		/// Emits `CommitmentMade`, which tells when it can be used.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::commit())]
		pub fn commit(origin: OriginFor<T>, hash: [u8; 32]) -> DispatchResult {
			let account = ensure_signed(origin)?;
			ensure!(!Commitments::<T>::contains_key(&account, hash), Error::<T>::CommitmentExists);
			Self::do_commit(account, hash)
		}

		/// Returns the deposit of a commitment that is not to be used. Its account may do so at any time, anybody else
		/// once it has expired.
		///
		/// Emits `CommitmentClosed`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::clear_commitment())]
		pub fn clear_commitment(
			origin: OriginFor<T>,
			account: T::AccountId,
			hash: [u8; 32],
		) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			let commitment = Commitments::<T>::get(&account, hash).ok_or(Error::<T>::UnknownCommitment)?;
			let expired = T::Clock::now_ms() >= commitment.expires_at_ms;
			ensure!(signer == account || expired, Error::<T>::CommitmentNotExpired);
			Self::do_close_commitment(&account, hash, &commitment, false)
		}

		/// Registers all content that the signer committed to with `salt`, in the order of the commitment, in one
		/// datanet. Deposits are those of [`Self::contribute`]; that of the commitment is returned.
		///
		/// What a version holds already, or somebody who committed earlier, is skipped and told by `RootHeld`; anything
		/// else that is wrong refuses all. Emits `ContributionRegistered` for each, with `ContributionAccepted` at once
		/// in an open datanet, and `CommitmentClosed`.
		#[pallet::call_index(6)]
		#[pallet::weight(Pallet::<T>::register_weight(
			registrations.len() as u32,
			Met::rivals(registrations.len() as u32),
			Pallet::<T>::bytes_of(registrations),
		))]
		pub fn register(
			origin: OriginFor<T>,
			datanet: DatanetId,
			salt: [u8; SALT_BYTES],
			registrations: RegistrationsOf<T>,
		) -> DispatchResultWithPostInfo {
			let contributor = ensure_signed(origin)?;
			ensure!(!registrations.is_empty(), Error::<T>::NothingToRegister);
			let (count, bytes) = (registrations.len() as u32, Self::bytes_of(&registrations));
			let met = Self::do_register(contributor, datanet, &salt, registrations)?;
			Ok(Some(Self::register_weight(count, met, bytes)).into())
		}

		/// Accepts a contribution of an open datanet that was registered in one step, once it is old enough. Anybody
		/// may.
		///
		/// Emits `ContributionAccepted`.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::accept().saturating_add(T::Positions::acceptance_weight()))]
		pub fn accept(origin: OriginFor<T>, contribution: ContributionId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_accept_open(contribution)
		}

		/// Reviews a pending contribution. The signer must be among those who were curators at its submission.
		///
		/// Emits `Reviewed`, and `ContributionAccepted` or `ContributionRemoved` if that decides it.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::review().saturating_add(T::Positions::acceptance_weight()))]
		pub fn review(
			origin: OriginFor<T>,
			contribution: ContributionId,
			verdict: Verdict,
		) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			if let Verdict::Accept { weight } = verdict {
				ensure!((1..=WEIGHT_MAX).contains(&weight), Error::<T>::InvalidWeight);
			}
			Self::do_review(signer, contribution, verdict)
		}

		/// Removes a contribution that nobody accepted in time, or that is in no version of a datanet which was retired
		/// `acceptance_ms` ago. Anybody may; the contributor gets its deposits.
		///
		/// Emits `ContributionRemoved`.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::withdraw().saturating_add(T::Positions::weight().saturating_mul(2)))]
		pub fn expire(origin: OriginFor<T>, contribution: ContributionId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_expire(contribution)
		}

		/// Says where the signer's contribution is now. Adjusts the deposit for storage by the difference in price. A
		/// locator can be replaced but not removed.
		///
		/// Emits `LocatorSet`.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::set_locator(locator.len() as u32))]
		pub fn set_locator(
			origin: OriginFor<T>,
			contribution: ContributionId,
			locator: LocatorOf<T>,
		) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			let record = Self::ensure_contribution(contribution)?;
			ensure!(record.contributor == signer, Error::<T>::NotContributor);
			ensure!(text::is_uri(&locator), Error::<T>::InvalidLocator);
			Self::do_set_locator(contribution, record, locator)
		}

		/// Releases the deposit for good conduct of a contribution whose time is over. Anybody may; the contributor
		/// gets it.
		///
		/// Emits `DepositReleased`.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::release_deposit())]
		pub fn release_deposit(origin: OriginFor<T>, contribution: ContributionId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_release_deposit(contribution)
		}

		/// Freezes what is accepted as the datanet's next version. Burns `VersionPrice` from the signer: the owner at
		/// any time, anybody else `publication_ms` after the last version.
		///
		/// Emits `VersionPublished`.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::publish().saturating_add(T::Positions::weight()))]
		pub fn publish(origin: OriginFor<T>, datanet: DatanetId) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			Self::do_publish(signer, datanet)
		}

		/// Replaces name and tags of the signer's datanet.
		///
		/// Emits `DatanetDescribed`.
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::describe(tags.len() as u32))]
		pub fn describe(
			origin: OriginFor<T>,
			datanet: DatanetId,
			name: NameOf<T>,
			tags: TagsOf<T>,
		) -> DispatchResult {
			Self::ensure_owner(origin, datanet)?;
			Self::ensure_description(&name, &tags)?;
			Self::do_describe(datanet, name, tags)
		}

		/// Stops or resumes new contributions to the signer's datanet. What was committed to before is still registered,
		/// and reviews and versions go on.
		///
		/// Emits `DatanetStatusSet`.
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::set_status())]
		pub fn set_paused(origin: OriginFor<T>, datanet: DatanetId, paused: bool) -> DispatchResult {
			let record = Self::ensure_owner(origin, datanet)?;
			let status = if paused { DatanetStatus::Paused } else { DatanetStatus::Active };
			Self::do_set_status(datanet, record, status)
		}

		/// Ends the signer's datanet: no new contributions, reviews or versions, for ever. Versions stay. What was
		/// committed to before is still registered, so that its contributor holds the root and can take it elsewhere.
		///
		/// Emits `DatanetStatusSet`.
		#[pallet::call_index(15)]
		#[pallet::weight(T::WeightInfo::set_status())]
		pub fn retire(origin: OriginFor<T>, datanet: DatanetId) -> DispatchResult {
			let record = Self::ensure_owner(origin, datanet)?;
			Self::do_set_status(datanet, record, DatanetStatus::Retired)
		}

		/// Offers the signer's datanet to another account, or takes the offer back.
		///
		/// Emits `OwnerProposed`.
		#[pallet::call_index(16)]
		#[pallet::weight(T::WeightInfo::propose_owner())]
		pub fn propose_owner(
			origin: OriginFor<T>,
			datanet: DatanetId,
			owner: Option<T::AccountId>,
		) -> DispatchResult {
			let record = Self::ensure_owner(origin, datanet)?;
			Self::do_propose_owner(datanet, record, owner);
			Ok(())
		}

		/// Accepts an offered datanet: its deposit is held from the signer and released to the former owner. Proposed
		/// curators are forgotten.
		///
		/// Emits `OwnerChanged`.
		#[pallet::call_index(17)]
		#[pallet::weight(T::WeightInfo::accept_ownership())]
		pub fn accept_ownership(origin: OriginFor<T>, datanet: DatanetId) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			let record = Self::ensure_datanet(datanet)?;
			ensure!(record.proposed_owner.as_ref() == Some(&signer), Error::<T>::NotProposed);
			Self::do_accept_ownership(signer, datanet, record)
		}

		/// Proposes other curators for the signer's curated datanet, or takes the proposal back. They can be enacted
		/// after `curators_ms`.
		///
		/// Emits `CuratorsProposed`.
		#[pallet::call_index(18)]
		#[pallet::weight(T::WeightInfo::propose_curators())]
		pub fn propose_curators(
			origin: OriginFor<T>,
			datanet: DatanetId,
			curators: Option<CuratorsOf<T>>,
		) -> DispatchResult {
			let record = Self::ensure_owner(origin, datanet)?;
			ensure!(record.curators.is_some(), Error::<T>::NotCurated);
			if let Some(curators) = &curators {
				Self::ensure_curators(curators)?;
			}
			Self::do_propose_curators(datanet, curators);
			Ok(())
		}

		/// Puts proposed curators in charge of what is contributed from now on, once their time has come. Anybody may.
		///
		/// Emits `CuratorsChanged`.
		#[pallet::call_index(19)]
		#[pallet::weight(T::WeightInfo::enact_curators())]
		pub fn enact_curators(origin: OriginFor<T>, datanet: DatanetId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_enact_curators(datanet)
		}

		/// Asks for a random chunk of an accepted contribution that has a locator. Puts `ChallengeBond` on hold. Call
		/// [`Self::draw_chunk`] in a later block to learn which.
		///
		/// Emits `Challenged`.
		#[pallet::call_index(20)]
		#[pallet::weight(T::WeightInfo::challenge())]
		pub fn challenge(origin: OriginFor<T>, contribution: ContributionId) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			Self::do_challenge(signer, contribution)
		}

		/// Shows the chunk that a challenge asked for, as a Bao slice of its bytes. Anybody may; half of the bond goes to
		/// the contributor.
		///
		/// Emits `ChallengeAnswered`.
		#[pallet::call_index(21)]
		#[pallet::weight(T::WeightInfo::answer(slice.len() as u32))]
		pub fn answer(
			origin: OriginFor<T>,
			contribution: ContributionId,
			slice: ProofOf<T>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_answer(contribution, &slice)
		}

		/// Ends a challenge that nobody answered in time. Anybody may; the contribution leaves new versions.
		///
		/// Emits `ChallengeUnanswered`, and `ContributionRemoved` or `ContributionDeparted`.
		#[pallet::call_index(22)]
		#[pallet::weight(
			T::WeightInfo::close_challenge().saturating_add(T::Positions::weight().saturating_mul(2))
		)]
		pub fn close_challenge(origin: OriginFor<T>, contribution: ContributionId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_close_challenge(contribution)
		}

		/// Claims what an accepted contribution earns, or that it be taken down. Puts `DisputeBond` on hold, which is
		/// lost if the claim is dismissed. `evidence` is told, not stored.
		///
		/// Emits `Disputed`.
		#[pallet::call_index(23)]
		#[pallet::weight(T::WeightInfo::dispute().saturating_add(T::Positions::weight()))]
		pub fn dispute(
			origin: OriginFor<T>,
			contribution: ContributionId,
			remedy: Remedy,
			evidence: Option<Content>,
		) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			Self::do_dispute(signer, contribution, remedy, evidence)
		}

		/// Votes in a dispute. The signer must be among those who were curators when it began, and no party.
		///
		/// Emits `Voted`, and `DisputeClosed` if that decides it.
		#[pallet::call_index(24)]
		#[pallet::weight(
			T::WeightInfo::vote().saturating_add(T::Positions::weight().saturating_mul(2))
		)]
		pub fn vote(origin: OriginFor<T>, contribution: ContributionId, uphold: bool) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			Self::do_vote(signer, contribution, uphold)
		}

		/// Decides an open dispute. For `JudgeOrigin`.
		///
		/// Emits `DisputeClosed`.
		#[pallet::call_index(25)]
		#[pallet::weight(
			T::WeightInfo::vote().saturating_add(T::Positions::weight().saturating_mul(2))
		)]
		pub fn judge(origin: OriginFor<T>, contribution: ContributionId, uphold: bool) -> DispatchResult {
			T::JudgeOrigin::ensure_origin(origin)?;
			Self::do_judge(contribution, uphold)
		}

		/// Dismisses a dispute that nobody decided in time. Anybody may.
		///
		/// Emits `DisputeClosed`.
		#[pallet::call_index(26)]
		#[pallet::weight(
			T::WeightInfo::vote().saturating_add(T::Positions::weight().saturating_mul(2))
		)]
		pub fn close_dispute(origin: OriginFor<T>, contribution: ContributionId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_close_dispute(contribution)
		}

		/// Changes how long things take. What began keeps its deadline. For `WindowsOrigin`.
		///
		/// Emits `WindowsSet`.
		#[pallet::call_index(27)]
		#[pallet::weight(T::WeightInfo::set_windows())]
		pub fn set_windows(origin: OriginFor<T>, windows: Windows) -> DispatchResult {
			T::WindowsOrigin::ensure_origin(origin)?;
			ensure!(windows.are_sound(), Error::<T>::InvalidWindows);
			CurrentWindows::<T>::put(windows);
			Self::deposit_event(Event::WindowsSet { windows });
			Ok(())
		}

		/// Draws the chunk that a challenge asks for, from the hash of the challenge's block; from then on it can be shown
		/// for `challenge_ms`. Anybody may, in a later block. If that hash is forgotten, the present block takes its place,
		/// and the chunk is to be drawn anew.
		///
		/// Emits `ChunkDrawn`, or `ChallengeRenewed`.
		#[pallet::call_index(29)]
		#[pallet::weight(T::WeightInfo::draw_chunk())]
		pub fn draw_chunk(origin: OriginFor<T>, contribution: ContributionId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_draw_chunk(contribution)
		}

		/// Ends the reservation of a root, and returns its deposit. Its account may do so at any time, anybody else once
		/// it is over. Whose contribution it was gets the deposit.
		///
		/// Emits `ReservationEnded`.
		#[pallet::call_index(28)]
		#[pallet::weight(T::WeightInfo::clear_reservation())]
		pub fn clear_reservation(origin: OriginFor<T>, root: [u8; 32]) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			let reservation = Reservations::<T>::get(root).ok_or(Error::<T>::NoReservation)?;
			let over = T::Clock::now_ms() >= reservation.until_ms;
			ensure!(over || signer == reservation.account, Error::<T>::ReservationNotOver);
			Self::end_reservation(root, reservation)
		}
	}
}
