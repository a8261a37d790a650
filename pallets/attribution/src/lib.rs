//! # Attribution
//!
//! Which contributions an output came from, what that is worth, and how anybody shows that it is not so.
//!
//! ## Terms
//!
//! - **Batch**: receipts of one server, redeemed at once ([`pallet_receipts`]). Here it is **open** from its submission
//!   until it is **final**, if it has claims or an output that may be shown.
//! - **Claim**: ties a part of an output to a contribution ([`plexus_primitives::claim`]). It is **grounded** if bytes of
//!   the contribution were put before the model, a **span** if the output repeats them, **attested** if a method scored
//!   it before verifiers, of whom there are none yet.
//! - **Data money**: what the data of a receipt's model earned with it. Claims move a part of it to contributions
//!   ([`shares`]); the rest is the **manifest's**.
//! - **Method**: how claims are found: algorithm, version, parameters ([`Method`]).
//! - **Hold**: what a server loses if a claim of the batch is fraudulent.
//! - **Window**: the time in which anybody may object, on the chain clock ([`Parameters`]).
//! - **Challenge**: a proof against a batch ([`Challenge`]), committed to before it is **revealed**.
//! - **Sample**, **demand**: a claim that the server has to show, drawn or paid for.
//! - **Unlisted source**: a contribution that an output repeats and the model's manifest does not have.
//! - **Number**: the place of commitments, demands and drawings in one order. Of two the smaller counts.
//!
//! ## States
//!
//! ```text
//!   a batch:
//!            submit
//!   ────────────────────┬─ no claims, nothing disclosed ──▶ final at once
//!                       ▼
//!                      open ◀──── commit, reveal: a claim moved, an unlisted source shown; demand, answer
//!                       │  │
//!        window over,   │  │ reveal of fraud, close_samples, close_demand
//!        samples shown, │  ▼
//!        no demand open │ fraudulent ── finalise, when no earlier commitment is left ──▶ claims void, hold forfeited
//!                       │                                                                │  a disclosed output keeps
//!                       └── finalise: claims paid, rest to manifests, hold returned ──┐  │  it open until the window
//!                                                                                     ▼  ▼  is over
//!                                                                                     final
//!   samples:  due ── draw_samples, from the third block on ──▶ drawn ── answer ──▶ done
//!              └──── the hash is forgotten: due again            └── too late, close_samples ──▶ fraudulent
//!
//!   money:
//!   data of a batch's models ── submit ──▶ pot ── finalise ─┬─▶ contributions
//!                                                           ├─▶ whoever submitted or moved a claim
//!                                                           └─▶ models' manifests
//!   developers' parts of disclosed outputs ── held in their books ─┬─▶ developers
//!                                                                  └─▶ unlisted sources
//! ```
//!
//! ## Rules
//!
//! ### What a claim is worth
//!
//! Computed from the evidence, never chosen: [`shares`] has the formulas. A claim names receipt, contribution, version,
//! method and ranges, and nothing else. It is refused at submission unless the chain itself finds it lawful: the version
//! is one of the channel's corpora (grounded) or of the model's manifest (span), it holds the contribution, all ranges are
//! within what they are ranges of and overlap no other of the receipt, a span's payer agreed to disclose, and all claims
//! of the receipt together stay within their ceiling. Whoever submits a claim has a part of what it moves.
//!
//! ### Objecting
//!
//! A batch with claims has a hold: a multiple of what they move, and a floor. One proven fraud forfeits all of it and
//! voids all claims; the challenger gets a part, the rest is burned. Who cheats with a part of its claims and challenges
//! itself loses more than that part brings, because [`Parameters::are_sound`] demands it. Deposits are no holds: they
//! return in any case.
//!
//! | challenge | who loses when it holds |
//! |---|---|
//! | [`Mismatch`](Challenge::Mismatch), [`FalseLength`](Challenge::FalseLength) | the server: fraud |
//! | [`Unlawful`](Challenge::Unlawful) | the server: fraud. Submission refuses all that this finds, unless it has a mistake |
//! | [`PromptEcho`](Challenge::PromptEcho) | the server: fraud |
//! | sample, demand without answer | the server: fraud |
//! | [`Counterclaim`](Challenge::Counterclaim) | the later contribution: the claim moves, with the submitter's part |
//! | [`UnlistedSource`](Challenge::UnlistedSource) | the developer: a span's share of its part, unless the manifest has the bytes |
//!
//! - **No replayed sequence.** [`Unlawful`](Challenge::Unlawful) does not look for a receipt whose sequence
//!   was redeemed before, because none can be in a batch: sequences are not sent but counted on by
//!   `pallet-receipts` from the channel's own, which only rises, ids of channels are never reused, and the
//!   root that a receipt is proved against is over leaves that hold channel and sequence. So each sequence of
//!   a channel is in one batch at one place, whoever submits what.
//! - **Committed first.** [`commit`] fixes batch, account and the challenge to the last byte; [`reveal`] shows it in a
//!   later block. So nobody copies a proof that waits to be included, and nobody commits before having one. Of several
//!   that hold the earliest commitment counts: fraud is decided when no earlier one can be left, which is soon, because
//!   commitments expire. The deposit of a commitment after which nothing is revealed is burned, and it is such a part of the
//!   hold that a server which keeps a commitment to its own fraud open for the whole window, to have the reward itself,
//!   loses the hold again. A demand is an early number, too, and can cost less: see below.
//! - **The window has an end.** Commitments end `reveal_ms` before it, demands and unlisted sources a third of it before,
//!   so that whatever begins is answered within. Only samples that somebody draws late postpone the end, and whoever
//!   waits for money can draw them.
//! - **Demands** pay the server what an answer costs twice over, and burn a part, so that it costs servers something to keep
//!   others out with demands to themselves. What was proven is asked for no more.
//! - **Lengths.** A share is a part of a whole: a span's answer shows the whole output's length too, and a false one is
//!   fraud. A context's is the receipt's word.
//! - **Echoes.** Half of the claimed bytes in one piece of the prompt are an echo. If it took all of them, a claim for one
//!   byte more than the user brought would be none.
//! - **Counterclaims** compare whole ranges in the order of the contributions' commitments. Each goes to something
//!   earlier than what was claimed, and a claim is moved once, or again by whoever had committed earlier: nothing cycles.
//! - **Unlisted sources** are of curated versions only, published before the model was registered: what everybody can
//!   upload, or could after the output, shows nothing. They are measured on the greater of data money and developer's
//!   part, and paid of the latter, so that a model whose data earns nothing has something to lose too.
//!
//! ### Being final
//!
//! [`finalise`] is anybody's to call, and pays as many claims as its argument says. It costs the same however many
//! contributors stand behind them. Nothing is done in hooks: a backlog of batches costs nobody anything.
//!
//! ### Parameters
//!
//! [`Parameters`] change by `ParametersOrigin`, for batches to come: an open one keeps a copy of those that it was
//! submitted under.
//!
//! ## What the rules do not achieve
//!
//! - Causation, authorship, or that a model ran. A repeated span may be common speech.
//! - That everything is reported: claims are the server's to make, and of outputs that nobody may show the chain sees
//!   nothing at all. An unlisted source shows a part of what a developer does not tell.
//! - That a grounded claim's falsity can be shown by others: that a piece is *not* in a context follows from its pieces
//!   only, and these are the server's. So samples and demands ask for it.
//! - That a context has as many bytes as its receipt says. A grounded claim's worth is a part of them, and its answer shows
//!   one piece: a server that states 512 bytes for fifty pieces of 512 moves 60 % with one where 1.2 % were due, up to the
//!   ceiling of the receipt, and nothing shows it to the chain. The payer signs for the number and can compare it with the
//!   pieces that it was given; whoever has these sees it (`plexus verify-claim`).
//! - That payer and server do not invent a request. They move their own money; of that the protocol's share is gone, and
//!   context and output may be what they like: of what they pay they can give a part to contributions that they choose,
//!   within the corpora of the channel, the manifest, and what is unlisted.
//! - That whoever finds a fraud has the reward. A server that cheats with one claim can have an accomplice demand a true one,
//!   which is an earlier number than that of a commitment made later. If somebody reveals the fraud and the demand's deadline
//!   falls before that is decided, nobody may answer any more, and [`close_demand`] gives the accomplice its price and the
//!   challenger's part. Otherwise the server answers, and a fifth of the price is burned: 0.4 PLX of a claim that moves up to
//!   2 PLX, twice as much with each that is open beside. Each demand covers the commitments of `reveal_ms` before its
//!   deadline. The server loses the hold less that part all the same: it ends with less, and the honest finder with nothing.
//! - That nobody is ever drawn with luck: a proposer who serves can try several block hashes.
//! - That an output whose payer keeps it can be challenged: disclosing is agreeing, not publishing. A demand makes the
//!   server publish the range.
//! - That a part of an unlisted passage which somebody else showed first, from another contribution, goes to the right one:
//!   ranges do not overlap, and the first counts. What is left beside it can be shown still.
//! - That a counterclaim goes to the earliest of all: it goes to what the earliest challenger showed.
//! - That private content stays private: an answer shows the chunks of a claimed range. Claims do not reach into the
//!   first chunk of content that begins with a random one; no rule enforces that.
//!
//! ## Example
//!
//! ```text
//! a server's batch of one receipt: fee 1 PLX, data money 0.20, output of 1,000 bytes, disclosed
//!
//! server:     submit(2, [redemption], [{ receipt: 0, contribution: 7, version: 1, method: 0,
//!                                        Span { output: 100, offset: 4_000, length: 500 } }])
//!                    →  BatchOpened { claims: [{ amount: 0.03, … }], hold: 1.09, … }     30 % of 0.20, half of it
//! anybody:    draw_samples(0)                     →  SamplesDrawn { claims: [0], deadline_ms, … }
//! server:     answer(0, 0, Span { … })            →  ClaimProven { claim: 0, … }
//! challenger: commit(0, hash), then, a block later,
//!             reveal(0, salt, Counterclaim { claim: 0, contribution: 3, … })
//!                    →  Revealed { … }, ClaimMoved { contribution: 3, … }                3 was there before 7
//! anybody:    finalise(0, 512), once the window is over
//!                    →  ContributionPaid { 3, 0.027 }, SubmitterPaid { challenger, 0.003 }, DataPaid { 0.17 },
//!                       BatchFinal { hold: 1.09, … }
//! ```
//!
//! ## In a runtime
//!
//! - It stands on `pallet_receipts`, with its currency, clock and models' books. Set `SubmitsDirectly` to false there,
//!   and let servers call [`submit`] here: it settles, and without claims and disclosed outputs that is all it does.
//!   `Pools` of receipts gets royalties' data shares only, and should lead where [`Payouts::to_model`] leads.
//! - [`Sources`]: `source` from a contribution's record: `content`, `datanet`, `commitment` and the versions of its
//!   `span()`, nothing while it is pending; `version` from the record of the version: `admission` is `Curated`, and
//!   `published_at`.
//! - [`Manifests`]: `spec.manifest` of a model without the shares, and `registered_at`.
//! - [`Payouts`]: whoever divides money among contributions and models' versions, and credits accounts.
//! - `PotId`: the account that has open batches' money. It keeps one existential deposit of its own, which the genesis
//!   mints; a chain that adds the pallet later transfers it there.
//! - `ParametersOrigin`: governance, or root on networks for tests. [`Parameters`] are the genesis's `attribution`:
//!   [`Parameters::LIVE`] or [`Parameters::DEVELOPMENT`]; `answer_fee_max` at least what the fee of the longest
//!   [`answer`] is, `ClaimBytesMax` decides that.
//! - `OpenDeposit`: for three entries with [`types::BATCH_ENTRY_BYTES`], `ClaimDeposit`: for [`types::CLAIM_ENTRY_BYTES`],
//!   `CommitmentDeposit`: for one entry with [`types::COMMITMENT_ENTRY_BYTES`], `MethodPrice`: for two entries with
//!   [`types::METHOD_ENTRY_BYTES`]. `UnlistedBond` pays whoever answers: above the fee of an answer.
//! - To a pallet that tells deposits from spending, [`HoldReason::Deposit`] is a deposit. All others can be lost, and are
//!   spending: [`HoldReason::Commitment`] too, which is burned if nothing is revealed.
//! - Bounds as the protocol has them: `ClaimsMax` 512, `ReceiptClaimsMax` 16, `TargetsMax` 128; for the others 16 KiB of
//!   `ClaimBytesMax`, 16 `DemandsMax` and 32 `UnlistedMax` are meant. None may be lowered while batches are open.
//! - [`runtime_api::AttributionApi`] is answered by the functions of the same names.
//! - The index of claims by contribution or account over all time is made of [`Event::BatchOpened`] and
//!   [`Event::ClaimMoved`] by whoever wants it; the state has only what is open.
//! - The hashes of the last blocks must be known for longer than anybody takes to draw (`BlockHashCount`).
//!
//! ## Must not
//!
//! Iterate over storage in a call, know who stands behind a contribution, or read bytes that are off chain other than
//! in a proof.
//!
//! [`submit`]: Pallet::submit
//! [`commit`]: Pallet::commit
//! [`reveal`]: Pallet::reveal
//! [`answer`]: Pallet::answer
//! [`close_demand`]: Pallet::close_demand
//! [`finalise`]: Pallet::finalise

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod challenges;
mod demands;
mod errors;
mod events;
mod finality;
#[cfg(any(feature = "try-runtime", test))]
mod invariants;
mod methods;
#[cfg(test)]
mod mock;
mod proofs;
mod queries;
pub mod runtime_api;
mod samples;
pub mod shares;
mod submission;
#[cfg(test)]
mod tests;
pub mod types;
mod unlisted;
pub mod weights;

pub use pallet::*;
pub use types::{
	Batch, ClaimRecord, Manifest, Manifests, Method, Parameters, Payouts, Published, Source, Sources,
};
pub use weights::WeightInfo;

use alloc::vec::Vec;
use frame_support::{
	pallet_macros::import_section,
	traits::{
		fungible::{BalancedHold, Mutate},
		EnsureOrigin, Get,
	},
	PalletId,
};
use plexus_primitives::{AgentId, BatchId, ChainClock, ContributionId, DatanetVersion, MethodId, ModelId};
use sp_runtime::traits::AccountIdConversion;
use types::*;

/// The currency, which is that of the receipts.
pub(crate) type CurrencyOf<T> = <T as pallet_receipts::Config>::Currency;

#[import_section(events::events)]
#[import_section(errors::errors)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, traits::fungible::Inspect, DefaultNoBound};
	use frame_system::pallet_prelude::*;

	/// The layout of the storage.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>>
		+ pallet_receipts::Config<Currency: BalancedHold<Self::AccountId>, RuntimeHoldReason: From<HoldReason>>
	{
		/// The contributions, and the versions that hold them.
		type Sources: Sources<BlockNumberFor<Self>>;

		/// What models were trained on.
		type Manifests: Manifests<BlockNumberFor<Self>>;

		/// Where the money goes in the end.
		type Payouts: Payouts<Self::AccountId, CreditOf<Self>>;

		/// Who changes the parameters.
		type ParametersOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// What the pot's account is derived from.
		#[pallet::constant]
		type PotId: Get<PalletId>;

		/// Held from the server while a batch is open.
		#[pallet::constant]
		type OpenDeposit: Get<Balance>;

		/// Held from the server for each claim while the batch is open.
		#[pallet::constant]
		type ClaimDeposit: Get<Balance>;

		/// Held from whoever commits until that is revealed, at least: for a batch with a hold it is the part of that
		/// which `reveal_ms` is of the window.
		#[pallet::constant]
		type CommitmentDeposit: Get<Balance>;

		/// Held from whoever shows an unlisted source, and whoever answers gets it.
		#[pallet::constant]
		type UnlistedBond: Get<Balance>;

		/// Burned for a method, which is never removed.
		#[pallet::constant]
		type MethodPrice: Get<Balance>;

		/// Claims that a batch may have.
		#[pallet::constant]
		type ClaimsMax: Get<u32>;

		/// Claims that a receipt may have.
		#[pallet::constant]
		type ReceiptClaimsMax: Get<u32>;

		/// Pairs of model and contribution that a batch's claims may be for.
		#[pallet::constant]
		type TargetsMax: Get<u32>;

		/// The bytes of a claim, at most: a slice of so many must be verifiable.
		#[pallet::constant]
		type ClaimBytesMax: Get<u64>;

		/// Demands of a batch that may be open at a time.
		#[pallet::constant]
		type DemandsMax: Get<u32>;

		/// Unlisted sources that may be shown of a batch.
		#[pallet::constant]
		type UnlistedMax: Get<u32>;

		/// What the calls cost.
		type WeightInfo: WeightInfo;

		/// Gives the benchmarks receipts and contributions.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: benchmarking::BenchmarkHelper<Self>;
	}

	/// Why funds are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For the truth of a batch's claims. Forfeited if one is fraudulent.
		Batch,
		/// For the entries of an open batch. Always returned.
		Deposit,
		/// For commitments. Burned if nothing is revealed.
		Commitment,
		/// For demands. The server's if it answers.
		Demand,
		/// For unlisted sources. Whose answers that the manifest has it gets it.
		Unlisted,
	}

	/// What batches are submitted under.
	#[pallet::storage]
	pub type CurrentParameters<T> = StorageValue<_, Parameters, ValueQuery>;

	/// The id of the next method.
	#[pallet::storage]
	pub type NextMethodId<T> = StorageValue<_, MethodId, ValueQuery>;

	/// All methods.
	#[pallet::storage]
	pub type Methods<T> = StorageMap<_, Twox64Concat, MethodId, Method>;

	/// Which method has a description. The key is a hash already.
	#[pallet::storage]
	pub type MethodByHash<T> = StorageMap<_, Identity, [u8; 32], MethodId>;

	/// The batches that are not final.
	#[pallet::storage]
	pub type Batches<T: Config> = StorageMap<_, Twox64Concat, BatchId, Batch<T>>;

	/// The claims of those that have some.
	#[pallet::storage]
	pub type Claims<T: Config> = StorageMap<_, Twox64Concat, BatchId, ClaimsOf<T>>;

	/// The number of the next commitment, demand or drawing.
	#[pallet::storage]
	pub type NextNumber<T> = StorageValue<_, u64, ValueQuery>;

	/// The commitments that are neither revealed nor cleared. Under account and hash, so that nobody is in another's way.
	#[pallet::storage]
	pub type Commitments<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, [u8; 32], Commitment<T>>;

	/// The open demands, by batch and claim. Those of a batch whose claims are void wait to be closed.
	#[pallet::storage]
	pub type Demands<T: Config> = StorageDoubleMap<_, Twox64Concat, BatchId, Twox64Concat, u32, Demand<T>>;

	/// The unlisted sources that were shown and not answered.
	#[pallet::storage]
	pub type Unlisted<T: Config> = StorageMap<_, Twox64Concat, BatchId, UnlistedOf<T>, ValueQuery>;

	/// The parameters from the first block on, and the existential deposit that keeps the pot alive.
	#[pallet::genesis_config]
	#[derive(DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The parameters; those of [`Parameters::LIVE`] if nothing is said.
		pub parameters: Parameters,
		#[serde(skip)]
		/// The configuration that the type belongs to.
		pub config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			assert!(self.parameters.are_sound(), "attribution.parameters: a rule of `Parameters` is broken");
			CurrentParameters::<T>::put(self.parameters);
			<CurrencyOf<T>>::mint_into(&Pallet::<T>::pot(), <CurrencyOf<T>>::minimum_balance())
				.expect("the existential deposit is enough for an account, and a genesis can issue it");
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			use plexus_primitives::slice::{
				CHUNK_BYTES, HEADER_BYTES, PARENT_BYTES, SLICE_BYTES_MAX, TREE_DEPTH_MAX,
			};
			// A range may begin and end within chunks. Parents are fewer than the chunks, and those on both edges.
			let chunks = T::ClaimBytesMax::get().div_ceil(CHUNK_BYTES).saturating_add(1);
			let parents = chunks.saturating_add(2 * TREE_DEPTH_MAX as u64);
			let slice = chunks
				.saturating_mul(CHUNK_BYTES)
				.saturating_add(parents.saturating_mul(PARENT_BYTES as u64));
			assert!(
				slice.saturating_add(HEADER_BYTES as u64) <= SLICE_BYTES_MAX as u64,
				"ClaimBytesMax is more than a slice can show",
			);
			assert!(T::ClaimBytesMax::get() > 0, "ClaimBytesMax is zero: nothing could be claimed");
			assert!(T::ClaimsMax::get() <= weights::CLAIMS, "ClaimsMax is above what the weights count with");
			assert!(
				T::TargetsMax::get() <= weights::TARGETS,
				"TargetsMax is above what the weights count with"
			);
			assert!(
				T::ReceiptClaimsMax::get() <= weights::RECEIPT_CLAIMS,
				"ReceiptClaimsMax is above what the weights count with"
			);
			assert!(
				T::UnlistedMax::get() <= weights::UNLISTED,
				"UnlistedMax is above what the weights count with"
			);
			assert!(T::DemandsMax::get() < 64, "DemandsMax lets a demand's price outgrow any balance");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_invariants()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Redeems all these vouchers and makes all these claims, or none of either. Signed by the server's own account,
		/// which has a hold and deposits put on hold, if the batch has claims or discloses an output.
		///
		/// Emits the events of [`pallet_receipts::Pallet::submit`], then `DataPaid` if there are no claims, and
		/// `BatchOpened` if the batch is not final at once.
		#[pallet::call_index(0)]
		#[pallet::weight(<T as Config>::WeightInfo::submit(
			redemptions.len() as u32,
			pallet_receipts::Pallet::<T>::count_of(redemptions),
			claims.len() as u32,
		))]
		pub fn submit(
			origin: OriginFor<T>,
			server: AgentId,
			redemptions: RedemptionsOf<T>,
			claims: SubmittedOf<T>,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_submit(account, server, redemptions, claims)
		}

		/// Gives a method an id, for `MethodPrice`, which is burned.
		///
		/// Emits `MethodRegistered`.
		#[pallet::call_index(1)]
		#[pallet::weight(<T as Config>::WeightInfo::register_method())]
		pub fn register_method(origin: OriginFor<T>, method: Method) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_register_method(account, method)
		}

		/// Changes the parameters of batches to come. For `ParametersOrigin`.
		///
		/// Emits `ParametersSet`.
		#[pallet::call_index(2)]
		#[pallet::weight(<T as Config>::WeightInfo::set_parameters())]
		pub fn set_parameters(origin: OriginFor<T>, parameters: Parameters) -> DispatchResult {
			T::ParametersOrigin::ensure_origin(origin)?;
			ensure!(parameters.are_sound(), Error::<T>::UnsoundParameters);
			CurrentParameters::<T>::put(parameters);
			Self::deposit_event(Event::ParametersSet { parameters });
			Ok(())
		}

		/// Says that the signer will show something about an open batch: the hash is
		/// [`plexus_primitives::challenge::commitment`]. Puts `CommitmentDeposit` on hold, or more if the batch has a hold.
		///
		/// Emits `Committed`.
		#[pallet::call_index(3)]
		#[pallet::weight(<T as Config>::WeightInfo::commit())]
		pub fn commit(origin: OriginFor<T>, batch: BatchId, hash: [u8; 32]) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_commit(account, batch, hash)
		}

		/// Shows what the signer committed to in an earlier block. A proof that does not hold fails and changes nothing.
		///
		/// Emits `Revealed`, then `FraudFound`, `ClaimMoved` or `UnlistedShown`.
		#[pallet::call_index(4)]
		#[pallet::weight(<T as Config>::WeightInfo::reveal())]
		pub fn reveal(
			origin: OriginFor<T>,
			batch: BatchId,
			salt: [u8; 32],
			challenge: Challenge,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_reveal(account, batch, salt, challenge)
		}

		/// Removes a commitment: signed by who made it, once its batch is fraudulent or gone, with its deposit returned; by
		/// anybody, once it has expired, with its deposit burned.
		///
		/// Emits `CommitmentCleared`.
		#[pallet::call_index(5)]
		#[pallet::weight(<T as Config>::WeightInfo::clear_commitment())]
		pub fn clear_commitment(
			origin: OriginFor<T>,
			account: T::AccountId,
			hash: [u8; 32],
		) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			Self::do_clear_commitment(signer, account, hash)
		}

		/// Draws the samples of a batch, from the third block after its submission on. Anybody may.
		///
		/// Emits `SamplesDrawn`, or `SamplesPostponed` if the hash that draws is forgotten.
		#[pallet::call_index(6)]
		#[pallet::weight(<T as Config>::WeightInfo::draw_samples())]
		pub fn draw_samples(origin: OriginFor<T>, batch: BatchId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_draw_samples(batch)
		}

		/// Calls a batch fraudulent whose samples were not shown in time. Anybody may, and is the challenger.
		///
		/// Emits `FraudFound`.
		#[pallet::call_index(7)]
		#[pallet::weight(<T as Config>::WeightInfo::close_samples())]
		pub fn close_samples(origin: OriginFor<T>, batch: BatchId) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_close_samples(account, batch)
		}

		/// Pays to see a claim's evidence: the greater of its value and twice `answer_fee_max`, doubled for each demand
		/// that is open in the batch. Not in the window's last third.
		///
		/// Emits `Demanded`.
		#[pallet::call_index(8)]
		#[pallet::weight(<T as Config>::WeightInfo::demand())]
		pub fn demand(origin: OriginFor<T>, batch: BatchId, claim: u32) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_demand(account, batch, claim)
		}

		/// Shows a claim's evidence that a sample or a demand asks for. Anybody may; what a demand pays is the server's.
		///
		/// Emits `ClaimProven`.
		#[pallet::call_index(9)]
		#[pallet::weight(<T as Config>::WeightInfo::answer())]
		pub fn answer(origin: OriginFor<T>, batch: BatchId, claim: u32, answer: Answer) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_answer(batch, claim, &answer)
		}

		/// Ends a demand that was not answered in time, or need not be answered any more. Anybody may.
		///
		/// Emits `DemandClosed`, then `FraudFound` for whoever demanded, if an answer was due.
		#[pallet::call_index(10)]
		#[pallet::weight(<T as Config>::WeightInfo::close_demand())]
		pub fn close_demand(origin: OriginFor<T>, batch: BatchId, claim: u32) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_close_demand(batch, claim)
		}

		/// Shows that the model's manifest has what was shown as an unlisted source, in time, and earns the bond. Anybody
		/// may. `receipt` and `start` are those of the event `UnlistedShown`.
		///
		/// Emits `UnlistedAnswered`.
		#[pallet::call_index(11)]
		#[pallet::weight(<T as Config>::WeightInfo::answer_unlisted())]
		pub fn answer_unlisted(
			origin: OriginFor<T>,
			batch: BatchId,
			receipt: u32,
			start: u64,
			listed: Listed,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_answer_unlisted(account, batch, receipt, start, listed)
		}

		/// Pays the next `limit` claims of a batch whose window is over, and with the last one all that is left; or voids
		/// the claims of a fraudulent one. Anybody may.
		///
		/// Emits `ContributionPaid` and `SubmitterPaid` for each recipient and `ClaimsPaid`, with the last claim `DataPaid`
		/// for each model; or `ClaimsVoided`, and `DataPaid` for each model. Then, if nothing is left, `SubmitterPaid`,
		/// `ContributionPaid` and `UnlistedPaid` for each unlisted source, and `BatchFinal`.
		#[pallet::call_index(12)]
		#[pallet::weight(<T as Config>::WeightInfo::finalise((*limit).min(T::ClaimsMax::get())))]
		pub fn finalise(origin: OriginFor<T>, batch: BatchId, limit: u32) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_finalise(batch, limit)
		}
	}

	impl<T: Config> Pallet<T> {
		/// The account that has the money of open batches.
		pub fn pot() -> T::AccountId {
			T::PotId::get().into_account_truncating()
		}

		pub(crate) fn now_ms() -> u64 {
			T::Clock::now_ms()
		}
	}
}
