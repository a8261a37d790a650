//! # Agents
//!
//! Identities that own funds and act: each has a controller, an account of its own, a card, and keys to which the
//! controller delegates a part of its power.
//!
//! ## Terms
//!
//! - **Agent**: an identity with a [`AgentId`] that is never reused.
//! - **Account**: the agent's own, derived from the pallet's id and the agent's. Nobody has its key, so it cannot be
//!   lost; it outlives controllers and deregistration.
//! - **Controller**: the account that decides for the agent. It may do with the agent's account whatever ends when it
//!   ceases to be the controller ([`control`]).
//! - **Profile**: card (`Content` and locator), services (name and endpoint), skill tags.
//! - **Price**: what a registration burns, for what is never removed: the record and its place in the index.
//! - **Bond**: what stands on hold in the agent's account while the agent is registered, for what is removed then.
//! - **Delegation**: what a **key**, any account, may do for the agent: scopes, a budget and a fee budget per period, an
//!   expiry. Its id counts within the agent. A key may pass on less than it has, to a depth of [`DEPTH_MAX`].
//! - **Scope**: a named group of calls, an enum of the runtime.
//! - **Path**: a delegation, the one it was passed on from, and so on, up to the one that the controller granted.
//! - **Deposit hold**: a hold that nobody can take from the account and nobody can burn. The runtime names them.
//! - **Spending hold**: every other hold, such as funds locked towards somebody or a bond that can be forfeited.
//! - **Outflow**: how much a call takes from the agent's account: the fall of free plus held balance, plus the rise of
//!   what is in spending holds.
//!
//! ## States
//!
//! ```text
//!            register                set_paused
//!   ────────────────────▶ Active ◀────────────────▶ Paused
//!                           │                         │
//!                           └────────┬────────────────┘
//!                                    │ deregister: bond back to the controller, profile gone
//!                                    ▼
//!                                 Retired        control, and changes of controller, for ever
//!
//!   the controller:
//!     propose_controller ──▶ proposed ── accept_controller (by the proposed) ──▶ changed
//!     set_recovery ──▶ named ── begin_recovery ──▶ pending ── delay, complete_recovery (by the new) ──▶ changed
//!                        ▲      (by the named)        │
//!                        └─────── cancel_recovery ────┘
//!
//!   a delegation:
//!     delegate ──▶ live ── revoke: it, and all below it ────────────────▶ gone, deposit back in the agent's account
//!                   │
//!                   └── expired, cut off above, revoke_all, Retired ──▶ dead ── clear_delegation (anybody) ──▶ gone
//! ```
//!
//! ## Rules
//!
//! - All that is on hold is in the agent's own account, never in the controller's: whoever becomes the controller, in
//!   two steps or by recovery, finds everything there. A change of controller ends the recovery that the former one set.
//! - Who was the controller keeps nothing. [`control`] refuses calls that would leave somebody a power over the account,
//!   also inside other calls; a change of the controller ends proposals and recovery, and tells the runtime
//!   ([`OnControllerChanged`]), which ends what other pallets know. Delegations end with it too, unless the new
//!   controller keeps them; it says how many it has seen, so that none is granted behind its back.
//! - No agent controls, recovers or acts for an agent. So no two can lock each other up, and no key of one agent reaches
//!   into another.
//! - Deregistration returns the bond exactly, ends all delegations, and leaves the controller and the account: what
//!   arrives later is reached by [`control`]. That is why records are never removed, and why registration has a price.
//! - [`act`] dispatches **one** call as the agent's account, if the call is a leaf call (checked first), the delegation
//!   is live, the signer is its key, and a scope has the call. This pallet's own calls are in no scope. Batches and
//!   other calls that carry calls must not be leaf calls: money that comes in and goes out within one call is netted.
//! - The outflow is charged to every delegation of the path. One budget exceeded, and the call never happened.
//! - Whoever passes on must be live itself, and gives no scope, amount, rate or time that it has not. The deposit for
//!   a delegation is held in the agent's account; a key that passes on is charged for it as for any outflow.
//! - A delegation lives while each one above it exists: [`revoke`] removes one record and thereby cuts the subtree in
//!   the same block. A validity check reads at most [`DEPTH_MAX`] records.
//! - Periods are windows of the chain clock that begin when the delegation was granted.
//!
//! ### Fees
//!
//! [`fees::AgentPaysFees`] lets the agent's account pay for `act` if, both when the fee is checked and when it is taken,
//! the call is one that `act` would dispatch, every fee budget of the path has the fee, the tip is zero, and the account
//! can pay. Otherwise the signer pays, unless the delegation does not exist: then the transaction is invalid and nobody
//! does. What the agent paid is charged to the fee budgets, also when the call fails; what is refunded is returned to
//! them. So nobody but a key within its fee budget can cost the agent a fee.
//!
//! `delegate`, `revoke` and all other calls are paid by their signer.
//!
//! ### Keys without funds
//!
//! `CheckNonce` refuses an account that nothing keeps alive. A delegation therefore gives its key's account a sufficient
//! reference, one for each delegation, and takes it back when the delegation is removed. If nothing else keeps the
//! account alive it is then reaped and **its nonce starts at zero again**. That is why [`act`] names the delegation: ids
//! are never reused, so an old transaction, replayed after the key was granted anew, meets a delegation that is gone, and
//! is refused before it costs its signer a fee. Transactions of other calls are replayed as those of any account that was
//! reaped: let them be mortal.
//!
//! ### Reputation
//!
//! [`Pallet::credit_reputation`] adds the protocol fees that settled work burned. The sum decays by
//! `ReputationRetained` with each step of `ReputationStepMs`. Beside it stands how many distinct payers there were that
//! burned at least `PayerBurnMin` at once, which pays for remembering them. Both are evidence of spending and of nothing
//! else; they survive changes of the controller and deregistration.
//!
//! ## What the rules do not achieve
//!
//! - That a card, a service or a skill is true, or that an endpoint answers. The length in a card is stated, not proved.
//! - That a budget holds over any period: two windows meet, so that up to twice the budget may leave within one.
//! - That funds are idle: a deposit hold is no outflow. A key with a scope for it can bind the agent's free balance in
//!   deposits, though nobody can take them.
//! - Rescue from theft. A thief of the controller's key can hand the agent to itself at once. Recovery is for keys that
//!   are lost; as long as the controller's key is there, it can cancel.
//! - That what the controller gave away before is undone: an ownership passed on, a payment, an order in another pallet.
//! - That a key is honest within its scope and budgets, or that distinct payers are distinct people.
//!
//! ## Example
//!
//! ```text
//! register(profile)                               →  AgentRegistered { agent: 0, account, … }
//! Balances.transfer_keep_alive(account, 100 PLX)
//! delegate(0, None, key, { scopes: [Payments], budget: 5 PLX, fee_budget: 1 PLX,
//!                          period_ms: 86400000, expires_at_ms })  →  Delegated { delegation: 0, … }
//! signed by key, who has nothing:
//! act(0, 0, Balances.transfer_keep_alive(shop, 2 PLX))            →  Acted { outflow: 2 PLX, … }, FeePaid { … }
//! revoke(0, 0)                                    →  DelegationRemoved { delegation: 0, reason: Revoked, … }
//! deregister(0)                                   →  AgentDeregistered { bond, … }
//! control(0, Balances.transfer_all(me))
//! ```
//!
//! ## In a runtime
//!
//! `tests/example-runtime` is a runtime with this pallet and those of datanets and models, and nothing else of Plexus. What
//! has to be thought about are three lists of calls and one of holds:
//!
//! ```text
//! type Scope = Scope;                  // an enum; InstanceFilter says which calls each name has. Add at the end only
//! type LeafCalls = LeafCalls;          // what may be in a scope at all
//! type ControlCalls = ControlCalls;    // what a controller may do with the agent's account
//! type DepositHolds = DepositHolds;    // what comes back in full, in whatever way it ends
//! type OnControllerChanged = …;        // ends what ControlCalls let in and would outlast the controller; or ()
//!
//! pallet_transaction_payment:  type OnChargeTransaction = AgentPaysFees<FungibleAdapter<Balances, …>>;
//! whoever settles work:        Agents::ensure_active(agent), Agents::credit_reputation(agent, payer, burned)
//! AgentsApi:                   Agents::agent(id), and so on
//! ```
//!
//! - A leaf call carries no other call, changes no one's authority, and does not both bring money in and send money out.
//!   [`Config::LeafCalls`] and [`Config::ControlCalls`] say what to leave out, and why.
//! - A hold that anybody may forfeit, slash or burn, if only in part, is no deposit: left out of `DepositHolds`, it counts
//!   against the budget of whoever puts it there.
//! - `RegistrationPrice` pays for what is never removed, `Bond` for the longest profile, and is at least the existential
//!   deposit; `DelegationDeposit` pays for the delegation and its key's account.
//! - The bounds of profiles and scopes may be raised, never lowered, because what is stored keeps within them.
//! - A test's runtime begins with [`config_preludes`], and states what differs.
//!
//! ## Must not
//!
//! Know which calls a scope has, dereference a locator, call reputation trust, or iterate over storage in a call.
//!
//! [`act`]: Pallet::act
//! [`control`]: Pallet::control
//! [`revoke`]: Pallet::revoke

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod authority;
#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod changes;
pub mod config_preludes;
mod errors;
mod events;
pub mod fees;
#[cfg(any(feature = "try-runtime", test))]
mod invariants;
#[cfg(test)]
mod mock;
mod queries;
mod reputation;
pub mod runtime_api;
mod spending;
#[cfg(test)]
mod tests;
pub mod types;
pub mod weights;

pub use authority::Refusal;
pub use fees::AgentPaysFees;
pub use pallet::*;
pub use plexus_primitives::ChainClock;
pub use types::{Agent, AgentStatus, Delegation, OnControllerChanged, Profile, Terms, DEPTH_MAX};
pub use weights::WeightInfo;

use alloc::{boxed::Box, vec::Vec};
use frame_support::{
	dispatch::GetDispatchInfo,
	pallet_macros::import_section,
	traits::{
		fungible::{Inspect, Mutate, MutateHold},
		Contains, Get, InstanceFilter, IsSubType,
	},
	PalletId,
};
use plexus_primitives::{AgentId, DelegationId};
use sp_runtime::{
	traits::{Dispatchable, Member},
	Perbill,
};
use types::*;

#[import_section(events::events)]
#[import_section(errors::errors)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{
		dispatch::{DispatchInfo, PostDispatchInfo},
		pallet_prelude::*,
	};
	use frame_system::pallet_prelude::*;

	/// The layout of the storage.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config(with_default)]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// What agents own, and what bonds and deposits are held in.
		#[pallet::no_default]
		type Currency: Inspect<Self::AccountId>
			+ Mutate<Self::AccountId>
			+ MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;

		/// The runtime's reasons for holds, this pallet's among them.
		#[pallet::no_default_bounds]
		type RuntimeHoldReason: From<HoldReason> + 'static;

		/// The holds that are deposits: in whatever way they end, all of the amount is free in the same account. The
		/// rise of every other hold is spending. Leave out what anybody may forfeit, slash, burn or be paid, if only in
		/// part or after a dispute: a delegate would spend it without its budget. At most a handful: each is read twice
		/// in each `act`.
		#[pallet::no_default]
		type DepositHolds: Get<&'static [Self::RuntimeHoldReason]>;

		/// The runtime's calls.
		#[pallet::no_default_bounds]
		type RuntimeCall: Parameter
			+ Dispatchable<
				RuntimeOrigin = Self::RuntimeOrigin,
				Info = DispatchInfo,
				PostInfo = PostDispatchInfo,
			> + GetDispatchInfo
			+ IsSubType<Call<Self>>
			+ IsType<<Self as frame_system::Config>::RuntimeCall>;

		/// Named groups of calls. `filter` says which calls a scope has, `is_superset` which scopes it includes
		/// besides itself.
		#[pallet::no_default]
		type Scope: Parameter
			+ Member
			+ Copy
			+ Ord
			+ MaxEncodedLen
			+ InstanceFilter<<Self as Config>::RuntimeCall>;

		/// The calls that may be in a scope at all. Leave out everything that carries or schedules other calls (batch,
		/// proxy, multisig, sudo), that changes who may act (delegation, controller, recovery, session keys), that
		/// can bring money in and send money out at once or end one hold and begin another (claims, settlements), and
		/// that freezes, locks or approves without a hold. This pallet's calls are none, whatever is said here.
		#[pallet::no_default_bounds]
		type LeafCalls: Contains<<Self as Config>::RuntimeCall>;

		/// The calls that a controller may dispatch as the agent's account. Leave out everything by which somebody
		/// could still act as the account, or take from it, after the controller has changed: proxies and pure proxies,
		/// multisig operations, approvals, recovery, session keys, scheduled calls, and what carries other calls to
		/// another origin. Calls inside a call that passes the origin on, like those of a batch, are held to the same
		/// filter. Claims and whatever else moves what the account has belong here: funds are reached in no other way.
		/// This pallet's calls are none, whatever is said here.
		#[pallet::no_default_bounds]
		type ControlCalls: Contains<<Self as Config>::RuntimeCall>;

		/// Told of each change of a controller, to end what `ControlCalls` let in and would outlast it, such as a key
		/// named for a payment channel. `()` if there is nothing.
		#[pallet::no_default_bounds]
		type OnControllerChanged: OnControllerChanged<Self::AccountId>;

		/// The chain clock.
		#[pallet::no_default]
		type Clock: ChainClock;

		/// What the accounts of agents are derived from.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// Burned by a registration. Pays for what is never removed: the longest record, its place in the index of
		/// controllers, and a reputation.
		#[pallet::constant]
		#[pallet::no_default_bounds]
		type RegistrationPrice: Get<BalanceOf<Self>>;

		/// Held in the agent's account while it is registered. Covers the longest profile. At least the existential
		/// deposit, so that it can be returned to an account that has nothing.
		#[pallet::constant]
		#[pallet::no_default_bounds]
		type Bond: Get<BalanceOf<Self>>;

		/// Held in the agent's account while a delegation exists, for it and for its key's account.
		#[pallet::constant]
		#[pallet::no_default_bounds]
		type DelegationDeposit: Get<BalanceOf<Self>>;

		/// The shortest period of a budget, in milliseconds; at least one.
		#[pallet::constant]
		type PeriodMsMin: Get<u64>;

		/// The shortest delay of a recovery, in milliseconds: the time that the controller has to notice and cancel.
		#[pallet::constant]
		type RecoveryDelayMsMin: Get<u64>;

		/// Milliseconds of one step of a reputation's decay; at least one.
		#[pallet::constant]
		type ReputationStepMs: Get<u64>;

		/// What a reputation keeps in each step.
		#[pallet::constant]
		type ReputationRetained: Get<Perbill>;

		/// What a payer must burn at once to be counted among an agent's payers. Pays for its entry, which is never
		/// removed.
		#[pallet::constant]
		#[pallet::no_default_bounds]
		type PayerBurnMin: Get<BalanceOf<Self>>;

		/// Scopes that a delegation may have.
		#[pallet::constant]
		type ScopesMax: Get<u32>;

		/// Services that a profile may have.
		#[pallet::constant]
		type ServicesMax: Get<u32>;

		/// Bytes that a service's name may have.
		#[pallet::constant]
		type ServiceNameBytesMax: Get<u32>;

		/// Bytes that a locator or an endpoint may have.
		#[pallet::constant]
		type LocatorBytesMax: Get<u32>;

		/// Skill tags that a profile may have.
		#[pallet::constant]
		type TagsMax: Get<u32>;

		/// Bytes that a skill tag may have.
		#[pallet::constant]
		type TagBytesMax: Get<u32>;

		/// What the calls cost.
		type WeightInfo: WeightInfo;

		/// Gives the benchmarks a call in a scope.
		#[cfg(feature = "runtime-benchmarks")]
		#[pallet::no_default]
		type BenchmarkHelper: benchmarking::BenchmarkHelper<Self::Scope, <Self as Config>::RuntimeCall>;
	}

	/// Why funds of an agent's account are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The bond. Released by `deregister`.
		Bond,
		/// For delegations. Released when they are removed.
		Delegation,
	}

	/// The id of the next agent.
	#[pallet::storage]
	pub type NextAgentId<T> = StorageValue<_, AgentId, ValueQuery>;

	/// All agents, retired ones too. Never removed, and paid for by `RegistrationPrice`.
	#[pallet::storage]
	pub type Agents<T: Config> = StorageMap<_, Twox64Concat, AgentId, Agent<T>>;

	/// The profiles of the agents that are not retired. Apart from [`Agents`], because every `act` reads those.
	#[pallet::storage]
	pub type Profiles<T: Config> = StorageMap<_, Twox64Concat, AgentId, Profile<T>>;

	/// Which agents an account controls.
	#[pallet::storage]
	pub type AgentsByController<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, AgentId, ()>;

	/// Which agents have a skill tag.
	#[pallet::storage]
	pub type AgentsByTag<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, TagOf<T>, Twox64Concat, AgentId, ()>;

	/// All delegations, dead ones too until somebody clears them.
	#[pallet::storage]
	pub type Delegations<T: Config> =
		StorageDoubleMap<_, Twox64Concat, AgentId, Twox64Concat, DelegationId, Delegation<T>>;

	/// The reputations of agents that have one.
	#[pallet::storage]
	pub type Reputations<T: Config> = StorageMap<_, Twox64Concat, AgentId, Reputation<T>, ValueQuery>;

	/// Who paid an agent already, so that payers are counted once. Never removed, and paid for by `PayerBurnMin`.
	#[pallet::storage]
	pub type Payers<T: Config> =
		StorageDoubleMap<_, Twox64Concat, AgentId, Blake2_128Concat, T::AccountId, ()>;

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::PeriodMsMin::get() > 0, "PeriodMsMin is zero: windows could not be counted");
			assert!(T::ReputationStepMs::get() > 0, "ReputationStepMs is zero: steps could not be counted");
			assert!(
				T::Bond::get() >= T::Currency::minimum_balance(),
				"Bond is below the existential deposit: it could not be returned to an empty account",
			);
			assert!(
				u64::from(T::TagsMax::get()) <= weights::OLD_TAGS,
				"TagsMax is above what the weights of set_profile count with",
			);
			assert!(
				Self::try_account_of(AgentId(u64::MAX)).is_some(),
				"AccountId is too short: agents would share accounts",
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_invariants()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Registers an agent controlled by the signer. Burns `RegistrationPrice`, and moves `Bond` and an existential
		/// deposit to the agent's new account, where the bond is put on hold; the existential deposit is the agent's to
		/// spend when it retires.
		///
		/// Emits `AgentRegistered` with id and account.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register(profile.tags.len() as u32, profile.encoded_size() as u32))]
		pub fn register(origin: OriginFor<T>, profile: Profile<T>) -> DispatchResult {
			let controller = ensure_signed(origin)?;
			Self::ensure_no_agents_account(&controller)?;
			profile.check()?;
			Self::do_register(controller, profile)
		}

		/// Replaces the profile: card, services and tags.
		///
		/// Emits `ProfileSet`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_profile(profile.tags.len() as u32, profile.encoded_size() as u32))]
		pub fn set_profile(origin: OriginFor<T>, agent: AgentId, profile: Profile<T>) -> DispatchResult {
			let record = Self::ensure_controller(origin, agent)?;
			record.ensure_registered()?;
			profile.check()?;
			Self::do_set_profile(agent, profile);
			Ok(())
		}

		/// Stops or resumes all delegations of the agent at once.
		///
		/// Emits `AgentPaused` or `AgentResumed`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_paused())]
		pub fn set_paused(origin: OriginFor<T>, agent: AgentId, paused: bool) -> DispatchResult {
			let mut record = Self::ensure_controller(origin, agent)?;
			record.ensure_registered()?;
			let status = if paused { AgentStatus::Paused } else { AgentStatus::Active };
			ensure!(record.status != status, Error::<T>::StatusUnchanged);
			record.status = status;
			Agents::<T>::insert(agent, record);
			Self::deposit_event(match paused {
				true => Event::AgentPaused { agent },
				false => Event::AgentResumed { agent },
			});
			Ok(())
		}

		/// Retires the agent for ever and pays the bond to its controller, who keeps the power over the agent's
		/// account. Deposits of delegations return to that account as they are cleared or revoked.
		///
		/// Emits `AgentDeregistered`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::deregister(T::TagsMax::get()))]
		pub fn deregister(origin: OriginFor<T>, agent: AgentId) -> DispatchResult {
			let record = Self::ensure_controller(origin, agent)?;
			record.ensure_registered()?;
			Self::do_deregister(agent, record)
		}

		/// Proposes a new controller, or takes the proposal back with `None`.
		///
		/// Emits `ControllerProposed`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::propose_controller())]
		pub fn propose_controller(
			origin: OriginFor<T>,
			agent: AgentId,
			proposed: Option<T::AccountId>,
		) -> DispatchResult {
			let mut record = Self::ensure_controller(origin, agent)?;
			if let Some(proposed) = &proposed {
				Self::ensure_no_agents_account(proposed)?;
			}
			record.proposed_controller = proposed.clone();
			Agents::<T>::insert(agent, record);
			Self::deposit_event(Event::ControllerProposed { agent, proposed });
			Ok(())
		}

		/// Becomes the agent's controller, as proposed. The former controller's recovery account is removed: set one
		/// of your own. All delegations are revoked in the same step, unless `keep_below` is the agent's next delegation id:
		/// then all are kept. If the former controller granted another meanwhile, the call fails.
		///
		/// Emits `ControllerChanged`, and `AllRevoked` if they were.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::accept_controller().saturating_add(T::OnControllerChanged::weight()))]
		pub fn accept_controller(
			origin: OriginFor<T>,
			agent: AgentId,
			keep_below: Option<DelegationId>,
		) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			let record = Agents::<T>::get(agent).ok_or(Error::<T>::UnknownAgent)?;
			ensure!(record.proposed_controller.as_ref() == Some(&signer), Error::<T>::NotProposed);
			Self::do_change_controller(agent, record, signer, keep_below, false)
		}

		/// Names the account that may recover the agent when the controller's key is lost, and the delay during which
		/// the controller may cancel; `None` for no recovery. Cancels a pending recovery.
		///
		/// Emits `RecoverySet`.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::set_recovery())]
		pub fn set_recovery(
			origin: OriginFor<T>,
			agent: AgentId,
			recovery: Option<RecoveryTerms<T::AccountId>>,
		) -> DispatchResult {
			let mut record = Self::ensure_controller(origin, agent)?;
			if let Some(terms) = &recovery {
				ensure!(terms.delay_ms >= T::RecoveryDelayMsMin::get(), Error::<T>::DelayTooShort);
				Self::ensure_no_agents_account(&terms.account)?;
			}
			record.recovery = recovery.clone().map(|terms| Recovery { terms, pending: None });
			Agents::<T>::insert(agent, record);
			Self::deposit_event(Event::RecoverySet { agent, recovery });
			Ok(())
		}

		/// Begins the recovery of an agent for a new controller. The recovery account signs.
		///
		/// Emits `RecoveryBegun` with the time from which it can be completed.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::begin_recovery())]
		pub fn begin_recovery(
			origin: OriginFor<T>,
			agent: AgentId,
			controller: T::AccountId,
		) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			Self::ensure_no_agents_account(&controller)?;
			Self::do_begin_recovery(signer, agent, controller)
		}

		/// Cancels a pending recovery. The controller or the recovery account signs.
		///
		/// Emits `RecoveryCancelled`.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::cancel_recovery())]
		pub fn cancel_recovery(origin: OriginFor<T>, agent: AgentId) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			Self::do_cancel_recovery(signer, agent)
		}

		/// Completes a recovery after its delay. The new controller signs, which shows that its key is there.
		/// `keep_below` as in `accept_controller`.
		///
		/// Emits `ControllerChanged`, and `AllRevoked` if they were.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::complete_recovery().saturating_add(T::OnControllerChanged::weight()))]
		pub fn complete_recovery(
			origin: OriginFor<T>,
			agent: AgentId,
			keep_below: Option<DelegationId>,
		) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			let record = Agents::<T>::get(agent).ok_or(Error::<T>::UnknownAgent)?;
			let pending = record.recovery.as_ref().and_then(|recovery| recovery.pending.as_ref());
			let pending = pending.ok_or(Error::<T>::NoRecoveryPending)?;
			ensure!(pending.controller == signer, Error::<T>::NotRecovering);
			ensure!(T::Clock::now_ms() >= pending.completes_at_ms, Error::<T>::RecoveryTooEarly);
			Self::do_change_controller(agent, record, signer, keep_below, true)
		}

		/// Grants a delegation to `key`, which needs neither funds nor an existing account.
		///
		/// Without `parent` the controller signs, otherwise the parent's key, which passes on less than it has.
		/// `DelegationDeposit` is put on hold in the agent's account; a key that passes on is charged for it.
		/// Emits `Delegated` with the new id.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::delegate())]
		pub fn delegate(
			origin: OriginFor<T>,
			agent: AgentId,
			parent: Option<DelegationId>,
			key: T::AccountId,
			terms: Terms<T>,
		) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			let record = Agents::<T>::get(agent).ok_or(Error::<T>::UnknownAgent)?;
			record.ensure_registered()?;
			Self::ensure_no_agents_account(&key)?;
			Self::ensure_terms(&terms)?;
			let above = match parent {
				None => Self::controller_grants(&signer, &record)?,
				Some(parent) => Self::key_grants(&signer, agent, parent, &terms)?,
			};
			Self::do_delegate(agent, record, above, key, terms)
		}

		/// Removes a delegation, and thereby cuts off all that were passed on from it. The controller, its own key, or
		/// a key above it signs.
		///
		/// Emits `DelegationRemoved`.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::revoke())]
		pub fn revoke(origin: OriginFor<T>, agent: AgentId, delegation: DelegationId) -> DispatchResult {
			let signer = ensure_signed(origin)?;
			let record = Agents::<T>::get(agent).ok_or(Error::<T>::UnknownAgent)?;
			let revoked = Delegations::<T>::get(agent, delegation).ok_or(Error::<T>::UnknownDelegation)?;
			let may_revoke = record.controller == signer || Self::is_key_on_path(agent, &revoked, &signer);
			ensure!(may_revoke, Error::<T>::MayNotRevoke);
			Self::do_remove_delegation(agent, delegation, revoked, RemovalReason::Revoked)
		}

		/// Cuts off every delegation that the agent has now, however many. The controller signs.
		///
		/// Emits `AllRevoked`.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::revoke_all())]
		pub fn revoke_all(origin: OriginFor<T>, agent: AgentId) -> DispatchResult {
			let mut record = Self::ensure_controller(origin, agent)?;
			Self::cut_all(agent, &mut record);
			Agents::<T>::insert(agent, record);
			Ok(())
		}

		/// Removes a dead delegation: expired, cut off, or of a retired agent. Anybody may sign; the deposit is released
		/// in the agent's account.
		///
		/// Emits `DelegationRemoved`.
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::clear_delegation())]
		pub fn clear_delegation(
			origin: OriginFor<T>,
			agent: AgentId,
			delegation: DelegationId,
		) -> DispatchResult {
			ensure_signed(origin)?;
			let record = Agents::<T>::get(agent).ok_or(Error::<T>::UnknownAgent)?;
			let dead = Delegations::<T>::get(agent, delegation).ok_or(Error::<T>::UnknownDelegation)?;
			let reason = Self::cause_of_death(agent, &record, delegation, &dead);
			Self::do_remove_delegation(agent, delegation, dead, reason.ok_or(Error::<T>::DelegationAlive)?)
		}

		/// Dispatches one leaf call as the agent's account. The delegation's key signs; the agent pays the fee within
		/// the fee budgets. Whatever the call takes from the agent's account is charged to the budgets of the path; if
		/// one does not suffice, the call has no effect.
		///
		/// Always of the normal class and never free, whatever the inner call is.
		/// Emits `Acted`.
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::act().saturating_add(call.get_dispatch_info().call_weight))]
		pub fn act(
			origin: OriginFor<T>,
			agent: AgentId,
			delegation: DelegationId,
			call: Box<<T as Config>::RuntimeCall>,
		) -> DispatchResultWithPostInfo {
			let key = ensure_signed(origin.clone())?;
			let path = Self::authorise(agent, delegation, &key, &call).map_err(Error::<T>::from)?;
			Self::do_act(origin, agent, delegation, key, &path, *call)
		}

		/// Dispatches a call as the agent's account, if `ControlCalls` has it and every call inside it. The controller
		/// signs and pays. Works for retired agents too, so that nothing in their accounts is ever out of reach.
		///
		/// Emits `Controlled`.
		#[pallet::call_index(15)]
		#[pallet::weight(T::WeightInfo::control().saturating_add(call.get_dispatch_info().call_weight))]
		pub fn control(
			origin: OriginFor<T>,
			agent: AgentId,
			call: Box<<T as Config>::RuntimeCall>,
		) -> DispatchResultWithPostInfo {
			Self::ensure_controller(origin.clone(), agent)?;
			ensure!(Self::is_control_call(&call), Error::<T>::NotControlCall);
			Self::do_control(origin, agent, *call)
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The agent's own account.
	pub fn account_of(agent: AgentId) -> AccountIdOf<T> {
		use sp_runtime::traits::AccountIdConversion;
		T::PalletId::get().into_sub_account_truncating(agent)
	}

	/// The agent, registered or not, whose own account this is.
	pub(crate) fn agent_of(account: &AccountIdOf<T>) -> Option<AgentId> {
		use sp_runtime::traits::AccountIdConversion;
		let (pallet, agent) = PalletId::try_from_sub_account::<AgentId>(account)?;
		(pallet == T::PalletId::get()).then_some(agent)
	}

	/// The same as [`Self::account_of`], unless accounts are too short to be distinct.
	fn try_account_of(agent: AgentId) -> Option<AccountIdOf<T>> {
		use sp_runtime::traits::AccountIdConversion;
		T::PalletId::get().try_into_sub_account(agent)
	}
}
