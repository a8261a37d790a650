//! A runtime with the real System, Balances, TransactionPayment, Utility, Proxy and Multisig, this pallet, and one pallet
//! that puts funds on hold as its caller likes, and lets anybody take what can be forfeited.

use crate as pallet_agents;
use crate::{AgentPaysFees, ChainClock, OnControllerChanged};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, Contains, InstanceFilter},
	weights::{IdentityFee, Weight},
};
use pallet_transaction_payment::FungibleAdapter;
use plexus_primitives::AgentId;
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{BlakeTwo256, IdentityLookup},
	AccountId32, BuildStorage,
};

pub type AccountId = AccountId32;
pub type Balance = u128;

/// The accounts `account(1)` to this have [`ENDOWMENT`] each.
pub const ACCOUNTS: u8 = 6;
/// Some thousand transactions with [`IdentityFee`], where a fee is below 10^10.
pub const ENDOWMENT: Balance = 1_000_000_000_000_000;
pub const EXISTENTIAL_DEPOSIT: Balance = 1_000_000;
pub const INITIAL_BOND: Balance = 5_000_000_000;
pub const INITIAL_DEPOSIT: Balance = 3_000_000;
/// What a registration burns.
pub const PRICE: Balance = 700_000_000;
/// What a payer burns at least to be counted.
pub const PAYER_BURN: Balance = 40;
/// The shortest period.
pub const PERIOD_MS: u64 = 1_000;
/// The shortest recovery delay.
pub const DELAY_MS: u64 = 10_000;
/// A step of reputations' decay.
pub const STEP_MS: u64 = 100_000;

pub fn account(index: u8) -> AccountId {
	AccountId32::new([index; 32])
}

/// Puts funds of the caller on hold, pays them out of the hold, and lets others take them.
#[frame_support::pallet]
pub mod escrow {
	use super::Balance;
	use frame_support::{
		pallet_prelude::*,
		traits::{
			fungible::{Inspect, MutateHold},
			tokens::{Fortitude, Precision, Restriction},
		},
	};
	use frame_system::pallet_prelude::*;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {
		type Currency: Inspect<Self::AccountId, Balance = Balance>
			+ MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;
		type RuntimeHoldReason: From<HoldReason>;
	}

	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Locked towards somebody: counts as spending.
		Spending,
		/// A bond that is lost in a dispute: counts as spending too.
		Forfeitable,
		/// Comes back: does not.
		Deposit,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Returns half of its weight, so that a part of the fee is refunded.
		#[pallet::call_index(0)]
		#[pallet::weight(Weight::from_parts(2_000_000, 0))]
		pub fn lock(origin: OriginFor<T>, reason: HoldReason, amount: Balance) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			T::Currency::hold(&reason.into(), &who, amount)?;
			Ok(Some(Weight::from_parts(1_000_000, 0)).into())
		}

		#[pallet::call_index(1)]
		#[pallet::weight(Weight::from_parts(1_000_000, 0))]
		pub fn pay_held(origin: OriginFor<T>, to: T::AccountId, amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::pay_from(HoldReason::Spending, &who, &to, amount)
		}

		/// Takes from another's hold. Anybody signs: the dispute that decides it is left out.
		#[pallet::call_index(2)]
		#[pallet::weight(Weight::from_parts(1_000_000, 0))]
		pub fn forfeit(
			origin: OriginFor<T>,
			from: T::AccountId,
			to: T::AccountId,
			amount: Balance,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::pay_from(HoldReason::Forfeitable, &from, &to, amount)
		}
	}

	impl<T: Config> Pallet<T> {
		fn pay_from(
			reason: HoldReason,
			from: &T::AccountId,
			to: &T::AccountId,
			amount: Balance,
		) -> DispatchResult {
			let (exact, free) = (Precision::Exact, Restriction::Free);
			T::Currency::transfer_on_hold(&reason.into(), from, to, amount, exact, free, Fortitude::Polite)?;
			Ok(())
		}
	}
}

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeHoldReason,
		RuntimeFreezeReason,
		RuntimeTask
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type TransactionPayment = pallet_transaction_payment;
	#[runtime::pallet_index(3)]
	pub type Utility = pallet_utility;
	#[runtime::pallet_index(4)]
	pub type Proxy = pallet_proxy;
	#[runtime::pallet_index(5)]
	pub type Multisig = pallet_multisig;
	#[runtime::pallet_index(6)]
	pub type Escrow = escrow;
	#[runtime::pallet_index(7)]
	pub type Agents = pallet_agents;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type AccountStore = System;
}

#[derive_impl(pallet_transaction_payment::config_preludes::TestDefaultConfig)]
impl pallet_transaction_payment::Config for Test {
	type OnChargeTransaction = AgentPaysFees<FungibleAdapter<Balances, ()>>;
	type WeightToFee = IdentityFee<Balance>;
	type LengthToFee = IdentityFee<Balance>;
}

impl pallet_utility::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = OriginCaller;
	type WeightInfo = ();
}

#[derive(
	Copy,
	Clone,
	Eq,
	PartialEq,
	Ord,
	PartialOrd,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct AnyProxy;

impl InstanceFilter<RuntimeCall> for AnyProxy {
	fn filter(&self, _: &RuntimeCall) -> bool {
		true
	}
}

impl pallet_proxy::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type ProxyType = AnyProxy;
	type ProxyDepositBase = ConstU128<1>;
	type ProxyDepositFactor = ConstU128<1>;
	type MaxProxies = ConstU32<4>;
	type WeightInfo = ();
	type MaxPending = ConstU32<4>;
	type CallHasher = BlakeTwo256;
	type AnnouncementDepositBase = ConstU128<1>;
	type AnnouncementDepositFactor = ConstU128<1>;
	type BlockNumberProvider = System;
}

impl pallet_multisig::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type DepositBase = ConstU128<1>;
	type DepositFactor = ConstU128<1>;
	type MaxSignatories = ConstU32<4>;
	type WeightInfo = ();
	type BlockNumberProvider = System;
}

impl escrow::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
}

/// Named groups of calls.
#[derive(
	Copy,
	Clone,
	Eq,
	PartialEq,
	Ord,
	PartialOrd,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Scope {
	/// Every call, as a careless runtime might define it: [`LeafCalls`] holds all the same.
	Everything,
	Payments,
	Remarks,
	Escrow,
}

impl InstanceFilter<RuntimeCall> for Scope {
	fn filter(&self, call: &RuntimeCall) -> bool {
		match self {
			Self::Everything => true,
			Self::Payments => matches!(call, RuntimeCall::Balances(..)),
			Self::Remarks => matches!(call, RuntimeCall::System(..)),
			Self::Escrow => matches!(call, RuntimeCall::Escrow(..)),
		}
	}

	fn is_superset(&self, other: &Self) -> bool {
		*self == Self::Everything || self == other
	}
}

/// A list of what may be, so that a new pallet's calls are not by accident. This pallet's are in it to show that the
/// pallet refuses them itself.
pub struct LeafCalls;

impl Contains<RuntimeCall> for LeafCalls {
	fn contains(call: &RuntimeCall) -> bool {
		if CarelessLeafCalls::get() && matches!(call, RuntimeCall::Utility(..)) {
			return true;
		}
		matches!(
			call,
			RuntimeCall::Balances(..)
				| RuntimeCall::System(..)
				| RuntimeCall::Escrow(..)
				| RuntimeCall::Agents(..)
		)
	}
}

/// What controllers do. A batch is in it to show that the calls inside are filtered too, and this pallet's calls to show
/// that the pallet refuses them itself.
pub struct ControlCalls;

impl Contains<RuntimeCall> for ControlCalls {
	fn contains(call: &RuntimeCall) -> bool {
		matches!(
			call,
			RuntimeCall::Balances(..)
				| RuntimeCall::System(..)
				| RuntimeCall::Escrow(..)
				| RuntimeCall::Agents(..)
				| RuntimeCall::Utility(pallet_utility::Call::batch_all { .. })
		)
	}
}

/// What other pallets forget when a controller changes.
pub struct RemoveProxies;

impl OnControllerChanged<AccountId> for RemoveProxies {
	fn on_controller_changed(_: AgentId, account: &AccountId) {
		Proxy::remove_all_proxy_delegates(account);
	}

	fn weight() -> Weight {
		Weight::from_parts(3_000_000, 0)
	}
}

parameter_types! {
	/// Milliseconds on the chain clock.
	pub static Now: u64 = 0;
	pub static DelegationDeposit: Balance = INITIAL_DEPOSIT;
	pub static Bond: Balance = INITIAL_BOND;
	/// Whether the runtime took batches for leaf calls.
	pub static CarelessLeafCalls: bool = false;
	pub const DepositHolds: &'static [RuntimeHoldReason] =
		&[RuntimeHoldReason::Escrow(escrow::HoldReason::Deposit)];
}

impl ChainClock for Now {
	fn now_ms() -> u64 {
		Self::get()
	}
}

#[derive_impl(pallet_agents::config_preludes::TestDefaultConfig)]
impl pallet_agents::Config for Test {
	type Currency = Balances;
	type DepositHolds = DepositHolds;
	type Scope = Scope;
	type LeafCalls = LeafCalls;
	type ControlCalls = ControlCalls;
	type OnControllerChanged = RemoveProxies;
	type Clock = Now;
	type RegistrationPrice = ConstU128<PRICE>;
	type Bond = Bond;
	type DelegationDeposit = DelegationDeposit;
	type PeriodMsMin = ConstU64<PERIOD_MS>;
	type RecoveryDelayMsMin = ConstU64<DELAY_MS>;
	type ReputationStepMs = ConstU64<STEP_MS>;
	type PayerBurnMin = ConstU128<PAYER_BURN>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct Helper;

#[cfg(feature = "runtime-benchmarks")]
impl crate::benchmarking::BenchmarkHelper<Scope, RuntimeCall> for Helper {
	fn scope_and_call() -> (Scope, RuntimeCall) {
		let (dest, value) = (account(1), EXISTENTIAL_DEPOSIT);
		(Scope::Payments, pallet_balances::Call::transfer_allow_death { dest, value }.into())
	}
}

/// Block 1 of a chain where every account has its endowment.
pub fn new_test_ext() -> sp_io::TestExternalities {
	// These are per thread, and a thread may have run another test before.
	Now::set(0);
	CarelessLeafCalls::set(false);
	DelegationDeposit::set(INITIAL_DEPOSIT);
	Bond::set(INITIAL_BOND);
	let balances = (1..=ACCOUNTS).map(|index| (account(index), ENDOWMENT)).collect();
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig { balances, ..Default::default() },
		..Default::default()
	};
	let storage = genesis.build_storage().expect("the endowments are above the existential deposit");
	let mut ext = sp_io::TestExternalities::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}
