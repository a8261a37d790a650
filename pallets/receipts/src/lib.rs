//! # Receipts
//!
//! Payment for inference: payers lock funds toward serving agents, sign for what they were served, and what they pay is
//! divided among everybody who made it possible.
//!
//! ## Terms
//!
//! - **Channel**: funds that a **payer** (an account, also an agent's) locks toward a serving agent, the **server**; with a
//!   **signer**, the models that may be paid for, the datanets' versions that contexts may come from (**corpora**), and an
//!   expiry ([`Channel`]).
//! - **Receipt**: one request: model, prompt, context, output, fee ([`plexus_primitives::Receipt`]). Its **sequence** is
//!   its place in the channel, beginning with 1.
//! - **Accumulator**: a hash over all receipts of the channel so far.
//! - **Voucher**: the signer's signature over channel, sum of all fees, last sequence and accumulator
//!   ([`plexus_primitives::receipt`]).
//! - **Generation**: the channels that a payer opened since it last closed all of them; they can be closed at once.
//! - **Batch**: receipts of several channels of one server, redeemed at once. Its **root** is the Merkle root over them
//!   ([`plexus_primitives::merkle`]).
//! - **Book**: what a model earned ever, and how it is divided ([`Book`]). Ancestors, royalties, policy and manifest are
//!   those of the pallet that has the models.
//! - **Waterfall**: protocol → ancestors → server, data, developer ([`waterfall`]).
//! - **Pot**: the pallet's account. It has what is owed: **earnings**, credited to accounts, and what is yet to be pulled.
//!
//! ## States
//!
//! ```text
//!   a channel:
//!          open                      close, by the payer
//!   ───────────────▶ open ─────────────────────────────────────▶ closing
//!                    │  ▲ top_up     close_all, for all at once    │
//!                    └──┘                                          │
//!                    │                                             │
//!                    ├── finish, by anybody once expired           ├── finish, by anybody once the grace is over
//!                    └── close, by the server                      └── close, by the server
//!                    ▼                                             ▼
//!                   gone: what is locked and the deposit are the payer's again
//!
//!   submit redeems as long as the channel is there, in both states.
//!
//!   a batch:
//!          submit                 clear_batch, by anybody after the retention
//!   ───────────────▶ kept ─────────────────────────────────────▶ gone, deposit returned
//!
//!   money:
//!   payer ─ open ─▶ on hold ─ submit ─▶ pot ─┬─▶ burned, validators' pot
//!                      │                     ├─▶ pools of data
//!                      ▼                     ├─▶ earnings of the server ──────────────────────┐
//!                   refund                   ├─▶ due ─ pull_developer ─▶ earnings ────────────┼─ withdraw ─▶ account
//!                                            └─▶ due ─ pull_royalty ─▶ pools, earnings ───────┘
//! ```
//!
//! ## Rules
//!
//! - **Redemption is unconditional.** Nothing that happens to model, agent or datanet after a channel was opened voids a
//!   voucher, and no freeze of the payer's account does. The payer's closing waits `CloseGraceMs`, and an expiry is further
//!   away than that when the channel is opened. A channel that is over is redeemed from until somebody finishes it.
//! - One voucher covers every receipt so far **with its content**. Receipts of a redemption follow on those redeemed
//!   before; sequences, sums and accumulators are computed, not sent. So no receipt is redeemed twice, left out or put
//!   elsewhere, and a voucher of another channel or chain, or an older one, fits nothing.
//! - Submitting needs the server's own account: the batch speaks for it. Being paid needs nobody: [`withdraw`] and
//!   both pulls are anybody's to call, and pay whom they belong to.
//! - How a model's revenue is divided is copied when the first channel names the model, checked then, and never changes.
//!   Settlement reads no model, so that it cannot fail for one, and **costs the same however many ancestors, versions,
//!   contributions and contributors stand behind the models**: royalties are pulled later, each by itself; data gets one
//!   deposit for each model ([`Pools`]).
//! - A model without a manifest that pays has no data to pay: both of its data's shares are its developer's.
//! - Amounts are rounded down, over the sum of all revenue and not for each payment, so that neither order nor size of
//!   payments matters; see [`waterfall`] for where what floors leave is. Of an odd protocol share the burn takes the odd
//!   unit.
//! - Nothing is done in hooks.
//!
//! ### The protocol's share
//!
//! `ProtocolShare` as long as neither the genesis nor [`set_protocol_share`] named another one. It has bounds: with a
//! share of nothing paying oneself would be free, and who has served for a voucher must know what the worst change leaves
//! of it. A batch is divided by the share that holds when it is submitted, and keeps what it was divided into: nothing that
//! is pulled, claimed or held of it later asks for the share again. So a change is for batches to come, those of channels
//! that are open already too.
//!
//! ### Deposits
//!
//! `ChannelDeposit` is on hold in the payer's account while the channel exists, `BatchDeposit` in the server's while the
//! batch's record does. Both return exactly. A record can be cleared after `BatchRetentionMs`, fixed at submission; the
//! receipts stay in the body of the block. Books stay, one for each model that was ever to be paid; the model's
//! own deposit stands for it.
//!
//! ### The signer
//!
//! Any account whose signature [`Config::Signature`] verifies; it needs no funds and no entry. It spends what is locked in
//! the channel and nothing else. An agent that pays locks from its own account within its keys' budgets, because
//! [`HoldReason::Channel`] is a spending hold.
//!
//! ### What a server checks before it serves
//!
//! Signer, models, corpora and expiry of the channel; that it is not closing; that the voucher's sum is within what is
//! locked and was redeemed; and that the voucher covers all receipts before. It keeps the latest voucher, and one at
//! least for each `BatchReceiptsMax` receipts: a batch ends at a receipt after which the payer signed.
//!
//! ## What the rules do not achieve
//!
//! - That the named model ran, that a prompt was a user's, that an output is good. The payer signed that it accepts them.
//! - That payer and server are different parties. Whoever pays itself loses the burned and the validators' share, and
//!   gains nothing from the chain; a reputation gained so was paid for.
//! - That a server is honest about the last request: one of the two goes first. Keep requests small.
//! - That a payer who gives its signer's key away is safe: vouchers up to what is locked are good until the channel is
//!   gone, and [`close_all`] leaves the thief the grace, if the server plays along.
//! - That a voucher above what is locked is paid. It can be once the payer tops up.
//! - That a server which never submits before the channel is finished is paid.
//! - That money for data reaches anybody, or that a part of it goes to what an output was made from: pools and claims are
//!   other pallets'. Contexts and disclosure are agreed on here for the claims that a pallet above has.
//!
//! ## Example
//!
//! ```text
//! b2 = agent 2's account, models: 5 has ancestor 0 with 10 %, policy 50 % server, 20 % data, 30 % developer
//!
//! payer:   open(2, { signer, models: [5], corpora: [], expires_at_ms }, 10 PLX)    →  ChannelOpened { channel: 0, … }
//! off chain: request, answer, and sign(voucher(genesis, 0, 1 PLX, 1, acc(1)))
//! b2:      submit(2, [{ channel: 0, receipts: [{ model: 5, fee: 1 PLX, … }], signature }])
//!                                    →  ChannelRedeemed { … }, BatchSubmitted { batch: 0, root, … },
//!                                       ModelEarned { protocol: 0.03, revenue: 0.97, to_server: 0.4365, to_data: 0.1746 },
//!                                       ProtocolPaid { validators: 0.015, burned: 0.015 }
//! anybody: pull_royalty(5, 0)        →  RoyaltyCredited { to_developer: 0.0776, to_data: 0.0194 }   (it asks 20 % for data)
//! anybody: pull_developer(5)         →  DeveloperCredited { amount: 0.2619 }
//! anybody: withdraw(b2)              →  Withdrawn { amount: 0.4365 }
//! payer:   close(0)                  →  ChannelClosing { closes_at_ms }
//! anybody: finish(0)                 →  ChannelClosed { refund: 9 PLX, … }
//! ```
//!
//! ## In a runtime
//!
//! Beside Balances the pallet needs a clock ([`ChainClock`]), models ([`RevenueOf`]), versions ([`Corpora`]), agents
//! ([`Servers`]), a sink for data's money ([`Pools`]) and the validators' pot; it knows none of the pallets that have
//! them. The pot keeps one existential deposit of its own, which the genesis mints; a chain that adds the pallet later
//! transfers it there. `ProtocolShareOrigin` is governance, or root on networks for tests; bounds that are narrowed must
//! have the present share between them still. `BatchReceiptsMax`, `BatchChannelsMax`, `BatchModelsMax`, `ChannelModelsMax`
//! and `ChannelCorporaMax` may be raised; the latter two never lowered, because what is stored keeps within them.
//! To a pallet that tells deposits from spending, [`HoldReason::Channel`] is spending, and [`HoldReason::ChannelDeposit`]
//! and [`HoldReason::Batch`] are deposits. No call both brings money into its signer's account and takes some out, so that
//! each may be in a scope: what a submission earns waits until somebody calls [`withdraw`].
//! [`Pallet::begin_closing_all`] is for what a change of an agent's controller must
//! end. A pallet above that has claims calls [`Pallet::settle`], which leaves the money for data to it, instead of
//! having [`submit`] called: `SubmitsDirectly` is false then. It may keep back what a batch adds to a developer's part
//! ([`Pallet::hold_developer`]) until it hands that on ([`Pallet::charge_developer`]) or not
//! ([`Pallet::release_developer`]).
//!
//! ## Must not
//!
//! Iterate over storage in a call, confiscate an earned voucher, know contributors, or hold money for data.
//!
//! [`close_all`]: Pallet::close_all
//! [`set_protocol_share`]: Pallet::set_protocol_share
//! [`submit`]: Pallet::submit
//! [`withdraw`]: Pallet::withdraw

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod channels;
mod earnings;
mod errors;
mod events;
#[cfg(any(feature = "try-runtime", test))]
mod invariants;
#[cfg(test)]
mod mock;
mod queries;
mod redemption;
pub mod runtime_api;
#[cfg(test)]
mod tests;
pub mod types;
pub mod waterfall;
pub mod weights;

pub use pallet::*;
pub use plexus_primitives::ChainClock;
pub use redemption::{Settled, SettledModel};
pub use types::{
	Batch, Book, Channel, ChannelTerms, Corpora, Generation, Pools, Redemption, RevenueOf, RevenueTerms,
	Servers,
};
pub use weights::WeightInfo;

use frame_support::{
	pallet_macros::import_section,
	traits::{
		fungible::{Balanced, Mutate, MutateHold},
		EnsureOrigin, Get, OnUnbalanced,
	},
	PalletId,
};
use plexus_primitives::{AgentId, BatchId, ChannelId, ModelId};
use sp_runtime::{
	traits::{IdentifyAccount, Verify},
	Perbill,
};
use types::*;

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
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// What is paid, and what deposits are held in.
		type Currency: Inspect<Self::AccountId, Balance = Balance>
			+ Mutate<Self::AccountId>
			+ MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ Balanced<Self::AccountId>;

		/// The runtime's reasons for holds, this pallet's among them.
		type RuntimeHoldReason: From<HoldReason>;

		/// What vouchers are signed with. Its verification must be the one that decides over transactions, on every
		/// node the same.
		type Signature: Parameter
			+ MaxEncodedLen
			+ Verify<Signer: IdentifyAccount<AccountId = Self::AccountId>>;

		/// The chain clock.
		type Clock: ChainClock;

		/// The models, and how what they earn is divided.
		type Models: RevenueOf<Self::AccountId>;

		/// The versions of datanets.
		type Corpora: Corpora;

		/// The agents that serve.
		type Servers: Servers<Self::AccountId>;

		/// Where the money for data goes.
		type Pools: Pools<CreditOf<Self>>;

		/// Where the validators' half of the protocol's share goes.
		type ProtocolPot: OnUnbalanced<CreditOf<Self>>;

		/// What the pot's account is derived from.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// The protocol's share of each fee as long as no other one was set; [`CurrentProtocolShare`] is what holds.
		#[pallet::constant]
		type ProtocolShare: Get<Perbill>;

		/// The least that it can be set to. What is burned of it is what paying oneself costs.
		#[pallet::constant]
		type ProtocolShareMin: Get<Perbill>;

		/// The most that it can be set to, below one: no change takes more of what was signed before it.
		#[pallet::constant]
		type ProtocolShareMax: Get<Perbill>;

		/// Who changes the protocol's share.
		type ProtocolShareOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Milliseconds that the server has to redeem when the payer closes; longer than a server is ever down.
		#[pallet::constant]
		type CloseGraceMs: Get<u64>;

		/// Milliseconds for which the record of a batch is kept; longer than anybody may dispute it.
		#[pallet::constant]
		type BatchRetentionMs: Get<u64>;

		/// Held from the payer while a channel exists: for one entry with [`types::CHANNEL_ENTRY_BYTES`] and the longest
		/// lists.
		#[pallet::constant]
		type ChannelDeposit: Get<Balance>;

		/// Held from the server while a batch's record exists: for one entry with [`types::BATCH_ENTRY_BYTES`].
		#[pallet::constant]
		type BatchDeposit: Get<Balance>;

		/// Whether servers call [`Pallet::submit`]. Not where a pallet above settles, which may have to keep money back.
		#[pallet::constant]
		type SubmitsDirectly: Get<bool>;

		/// Models that a channel may name.
		#[pallet::constant]
		type ChannelModelsMax: Get<u32>;

		/// Versions that a channel may name.
		#[pallet::constant]
		type ChannelCorporaMax: Get<u32>;

		/// Receipts that a batch may have.
		#[pallet::constant]
		type BatchReceiptsMax: Get<u32>;

		/// Channels that a batch may redeem.
		#[pallet::constant]
		type BatchChannelsMax: Get<u32>;

		/// Models that a batch's receipts may be of.
		#[pallet::constant]
		type BatchModelsMax: Get<u32>;

		/// What the calls cost.
		type WeightInfo: WeightInfo;

		/// Gives the benchmarks models, servers and signatures.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: benchmarking::BenchmarkHelper<Self>;
	}

	/// Why funds are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Locked in channels. Paid out to servers, or released when a channel is finished.
		Channel,
		/// For channels. Released when they are finished.
		ChannelDeposit,
		/// For batches' records. Released when they are cleared.
		Batch,
	}

	/// The id of the next channel.
	#[pallet::storage]
	pub type NextChannelId<T> = StorageValue<_, ChannelId, ValueQuery>;

	/// The channels that are not over.
	#[pallet::storage]
	pub type Channels<T: Config> = StorageMap<_, Twox64Concat, ChannelId, Channel<T>>;

	/// The generation that a payer's next channel belongs to: the id of its first channel since it last closed all.
	#[pallet::storage]
	pub type CurrentGenerations<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, ChannelId>;

	/// The generations that have channels.
	#[pallet::storage]
	pub type Generations<T> = StorageMap<_, Twox64Concat, ChannelId, Generation>;

	/// The id of the next batch.
	#[pallet::storage]
	pub type NextBatchId<T> = StorageValue<_, BatchId, ValueQuery>;

	/// The batches whose records were not cleared.
	#[pallet::storage]
	pub type Batches<T: Config> = StorageMap<_, Twox64Concat, BatchId, Batch<T>>;

	/// What each model earned that a channel ever named.
	#[pallet::storage]
	pub type Books<T: Config> = StorageMap<_, Twox64Concat, ModelId, Book<T::AccountId>>;

	/// What each ancestor has pulled of a model's revenue: first the model, then the ancestor.
	#[pallet::storage]
	pub type RoyaltiesTaken<T> =
		StorageDoubleMap<_, Twox64Concat, ModelId, Twox64Concat, ModelId, Balance, ValueQuery>;

	/// What accounts may withdraw.
	#[pallet::storage]
	pub type Earnings<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Balance, ValueQuery>;

	/// The protocol's share of what batches are submitted with from now on.
	#[pallet::storage]
	pub type CurrentProtocolShare<T: Config> = StorageValue<_, Perbill, ValueQuery, T::ProtocolShare>;

	/// The protocol's share from the first block on, and the existential deposit that keeps the pot alive.
	#[pallet::genesis_config]
	#[derive(DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The protocol's share of each fee; `ProtocolShare` if nothing is said.
		pub protocol_share: Option<Perbill>,
		#[serde(skip)]
		/// The configuration that the type belongs to.
		pub config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			if let Some(share) = self.protocol_share {
				assert!(Pallet::<T>::may_be_taken(share), "receipts.protocolShare is out of its bounds");
				CurrentProtocolShare::<T>::put(share);
			}
			T::Currency::mint_into(&Pallet::<T>::pot(), T::Currency::minimum_balance())
				.expect("the existential deposit is enough for an account, and a genesis can issue it");
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::ChannelModelsMax::get() > 0, "ChannelModelsMax is zero: nothing could be paid for");
			assert!(T::BatchReceiptsMax::get() > 0, "BatchReceiptsMax is zero: nothing could be redeemed");
			assert!(T::BatchChannelsMax::get() > 0, "BatchChannelsMax is zero: nothing could be redeemed");
			assert!(T::BatchModelsMax::get() > 0, "BatchModelsMax is zero: nothing could be redeemed");
			assert!(
				u64::from(T::BatchModelsMax::get()) <= weights::BATCH_MODELS,
				"BatchModelsMax is above what the weight of submit counts with",
			);
			assert!(T::CloseGraceMs::get() > 0, "CloseGraceMs is zero: payers could outrun servers");
			assert!(
				T::ProtocolShareMax::get() < Perbill::one(),
				"ProtocolShareMax is one: nobody would be paid"
			);
			assert!(
				Self::may_be_taken(T::ProtocolShare::get()),
				"ProtocolShare is below ProtocolShareMin or above ProtocolShareMax",
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_invariants()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Locks `amount` of the signer's funds toward an agent on these terms. Puts it and `ChannelDeposit` on hold.
		///
		/// Emits `ChannelOpened`, after `BookOpened` for each model that no channel named before.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::open(terms.models.len() as u32, terms.corpora.len() as u32))]
		pub fn open(
			origin: OriginFor<T>,
			server: AgentId,
			terms: ChannelTerms<T>,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			let payer = ensure_signed(origin)?;
			Self::do_open(payer, server, terms, amount)
		}

		/// Locks more in the signer's channel.
		///
		/// Emits `ChannelToppedUp`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::top_up())]
		pub fn top_up(
			origin: OriginFor<T>,
			channel: ChannelId,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			let payer = ensure_signed(origin)?;
			Self::do_top_up(payer, channel, amount)
		}

		/// Closes a channel: signed by the payer's account, after `CloseGraceMs`; by the server's, at once, and what was
		/// not redeemed is lost to it.
		///
		/// Emits `ChannelClosing` or `ChannelClosed`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::close())]
		pub fn close(origin: OriginFor<T>, channel: ChannelId) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			Self::do_close(&signer, channel)
		}

		/// Closes all channels that the signer pays, after `CloseGraceMs`.
		///
		/// Emits `ChannelsClosing`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::close_all())]
		pub fn close_all(origin: OriginFor<T>) -> DispatchResult {
			let payer = ensure_signed(origin)?;
			ensure!(CurrentGenerations::<T>::contains_key(&payer), Error::<T>::NothingToClose);
			Self::begin_closing_all(payer);
			Ok(())
		}

		/// Ends a channel that expired or whose grace is over. Anybody may.
		///
		/// Emits `ChannelClosed`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::finish())]
		pub fn finish(origin: OriginFor<T>, channel: ChannelId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_finish(channel)
		}

		/// Redeems all these vouchers, or none of them. Signed by the server's own account, which has `BatchDeposit` put
		/// on hold.
		///
		/// Emits `ChannelRedeemed` for each channel, then `BatchSubmitted`, `ModelEarned` for each model, and
		/// `ProtocolPaid` if the protocol's share is a unit at least.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::submit(redemptions.len() as u32, Pallet::<T>::count_of(redemptions)))]
		pub fn submit(
			origin: OriginFor<T>,
			server: AgentId,
			redemptions: RedemptionsOf<T>,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			ensure!(T::SubmitsDirectly::get(), Error::<T>::SubmitsElsewhere);
			Self::do_submit(server, &account, redemptions)
		}

		/// Removes the record of a batch that need not be kept any more, and returns its deposit. Anybody may.
		///
		/// Emits `BatchCleared`.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::clear_batch())]
		pub fn clear_batch(origin: OriginFor<T>, batch: BatchId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_clear_batch(batch)
		}

		/// Credits a model's developer with its part of what the model earned since the last time. Anybody may.
		///
		/// Emits `DeveloperCredited`.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::pull_developer())]
		pub fn pull_developer(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_pull_developer(model)
		}

		/// Credits an ancestor's developer and data with the royalty on what the model earned since the last time.
		/// Anybody may.
		///
		/// Emits `RoyaltyCredited`.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::pull_royalty())]
		pub fn pull_royalty(origin: OriginFor<T>, model: ModelId, ancestor: ModelId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_pull_royalty(model, ancestor)
		}

		/// Pays an account all that it was credited. Anybody may.
		///
		/// Emits `Withdrawn`.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>, account: T::AccountId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_withdraw(account)
		}

		/// Changes the protocol's share of batches to come. For `ProtocolShareOrigin`.
		///
		/// Emits `ProtocolShareSet`.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::set_protocol_share())]
		pub fn set_protocol_share(origin: OriginFor<T>, share: Perbill) -> DispatchResult {
			T::ProtocolShareOrigin::ensure_origin(origin)?;
			ensure!(Self::may_be_taken(share), Error::<T>::InvalidProtocolShare);
			CurrentProtocolShare::<T>::put(share);
			Self::deposit_event(Event::ProtocolShareSet { share });
			Ok(())
		}
	}
}
