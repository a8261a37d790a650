//! A runtime that is not Plexus' and has its registries: System, Balances, and the pallets of datanets, models and agents.
//!
//! It shows what each pallet asks of a runtime: a currency with holds, a clock, that models know the versions of datanets, and
//! with the feature `runtime-benchmarks` what their benchmarks have to know. Staking, fees and everything else of Plexus is absent. `tests/registries.rs` uses it; `tests/no-std` compiles it
//! without the standard library.
//!
//! # Must not
//! Use `plexus-runtime` or any other pallet of ours. Be a chain: prices are round numbers, and nothing is charged for.

#![cfg_attr(not(feature = "std"), no_std)]
// FRAME's macros put public items without documentation next to ours.
#![allow(missing_docs)]

extern crate alloc;

// Without `std` the macros below need it in scope.
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstBool, ConstU128, ConstU32, ConstU64, Contains, InstanceFilter},
	PalletId,
};
use frame_system::EnsureRoot;
use pallet_models::VersionKind;
use plexus_primitives::{slice::LENGTH_PROOF_BYTES_MAX, ChainClock, DatanetId, DatanetVersion};
use scale_info::TypeInfo;
use sp_runtime::{
	generic,
	traits::{AccountIdLookup, BlakeTwo256},
	AccountId32, MultiAddress, MultiSignature, Perbill,
};

/// An account.
pub type AccountId = AccountId32;
/// An amount.
pub type Balance = u128;
/// A block.
pub type Block = generic::Block<
	generic::Header<u32, BlakeTwo256>,
	generic::UncheckedExtrinsic<MultiAddress<AccountId, ()>, RuntimeCall, MultiSignature, ()>,
>;

/// A block adds so much to the clock, in milliseconds.
pub const BLOCK_MS: u64 = 6_000;
/// The least that an account holds.
pub const EXISTENTIAL_DEPOSIT: Balance = 1_000;

/// The pallets.
#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type Datanets = pallet_datanets;
	#[runtime::pallet_index(3)]
	pub type Models = pallet_models;
	#[runtime::pallet_index(4)]
	pub type Agents = pallet_agents;
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = AccountIdLookup<AccountId, ()>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Runtime {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type AccountStore = System;
}

/// A clock that follows the blocks.
pub struct Clock;

impl ChainClock for Clock {
	fn now_ms() -> u64 {
		BLOCK_MS.saturating_mul(System::block_number().into())
	}
}

impl pallet_datanets::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Clock = Clock;
	type Positions = ();
	type JudgeOrigin = EnsureRoot<AccountId>;
	// Nobody is root.
	type JudgeExists = ConstBool<false>;
	type WindowsOrigin = EnsureRoot<AccountId>;
	type DatanetDeposit = ConstU128<1_000>;
	type CommitmentDeposit = ConstU128<100>;
	type ConductDeposit = ConstU128<200>;
	type StorageDepositBase = ConstU128<300>;
	type StorageDepositPerByte = ConstU128<1>;
	type VersionPrice = ConstU128<500>;
	type ChallengeBond = ConstU128<1_000>;
	type DisputeBond = ConstU128<10_000>;
	type RegistrationsMax = ConstU32<16>;
	type CuratorsMax = ConstU32<4>;
	type TagsMax = ConstU32<4>;
	type TagBytesMax = ConstU32<16>;
	type NameBytesMax = ConstU32<64>;
	type LicenceBytesMax = ConstU32<64>;
	type MediaTypeBytesMax = ConstU32<64>;
	type LocatorBytesMax = ConstU32<128>;
	type LengthProofBytesMax = ConstU32<{ LENGTH_PROOF_BYTES_MAX as u32 }>;
	type WeightInfo = pallet_datanets::weights::SubstrateWeight<Runtime>;
}

/// What models know of datanets.
pub struct Versions;

impl pallet_models::DatanetVersions for Versions {
	fn kind(datanet: DatanetId, version: DatanetVersion) -> Option<VersionKind> {
		Datanets::version_kind(datanet, version).map(VersionKind::from)
	}
}

parameter_types! {
	/// What the royalties of all ancestors may sum to.
	pub const RoyaltiesMax: Perbill = Perbill::from_percent(40);
	/// From which the accounts of agents are derived.
	pub const AgentsPalletId: PalletId = PalletId(*b"exa/agnt");
	/// What a reputation keeps each day.
	pub const ReputationRetained: Perbill = Perbill::from_percent(99);
	/// The holds that come back to the agent, in whatever way they end. That for a datanet is none of them, as on Plexus: with
	/// a version it stays for ever, and so does what is on hold for it.
	pub const DepositHolds: &'static [RuntimeHoldReason] = &[
		RuntimeHoldReason::Datanets(pallet_datanets::HoldReason::Contribution),
		RuntimeHoldReason::Datanets(pallet_datanets::HoldReason::Commitment),
		RuntimeHoldReason::Models(pallet_models::HoldReason::Commitment),
		RuntimeHoldReason::Models(pallet_models::HoldReason::Locators),
	];
}

impl pallet_models::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Clock = Clock;
	type Versions = Versions;
	type CommitmentAgeMsMin = ConstU64<{ 2 * BLOCK_MS }>;
	type CommitmentLifetimeMs = ConstU64<{ 100 * BLOCK_MS }>;
	type CommitmentDeposit = ConstU128<100>;
	type ModelDeposit = ConstU128<700>;
	type DepositPerByte = ConstU128<1>;
	type RegistrationsMax = ConstU32<16>;
	type ParentsMax = ConstU32<4>;
	type AncestorsMax = ConstU32<16>;
	type RoyaltiesMax = RoyaltiesMax;
	type ManifestEntriesMax = ConstU32<4>;
	type LocatorBytesMax = ConstU32<128>;
	type LengthProofBytesMax = ConstU32<{ LENGTH_PROOF_BYTES_MAX as u32 }>;
	type WeightInfo = pallet_models::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

/// What the keys of agents may do here.
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
	/// Contributing.
	Contributing,
	/// Registering models.
	Models,
}

impl InstanceFilter<RuntimeCall> for Scope {
	fn filter(&self, call: &RuntimeCall) -> bool {
		use pallet_datanets::Call as Datanets;
		use pallet_models::Call as Models;
		match self {
			Self::Contributing => matches!(
				call,
				RuntimeCall::Datanets(
					Datanets::commit { .. } | Datanets::register { .. } | Datanets::contribute { .. }
				)
			),
			Self::Models => {
				matches!(call, RuntimeCall::Models(Models::commit { .. } | Models::register { .. }))
			}
		}
	}

	fn is_superset(&self, other: &Self) -> bool {
		self == other
	}
}

/// The calls that are in some scope, which are also those of a controller.
pub struct LeafCalls;

impl Contains<RuntimeCall> for LeafCalls {
	fn contains(call: &RuntimeCall) -> bool {
		[Scope::Contributing, Scope::Models].iter().any(|scope| scope.filter(call))
	}
}

impl pallet_agents::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type DepositHolds = DepositHolds;
	type RuntimeCall = RuntimeCall;
	type Scope = Scope;
	type LeafCalls = LeafCalls;
	type ControlCalls = LeafCalls;
	type OnControllerChanged = ();
	type Clock = Clock;
	type PalletId = AgentsPalletId;
	type RegistrationPrice = ConstU128<100>;
	type Bond = ConstU128<1_000>;
	type DelegationDeposit = ConstU128<100>;
	type PeriodMsMin = ConstU64<BLOCK_MS>;
	type RecoveryDelayMsMin = ConstU64<{ 10 * BLOCK_MS }>;
	type ReputationStepMs = ConstU64<{ 24 * 60 * 60 * 1_000 }>;
	type ReputationRetained = ReputationRetained;
	type PayerBurnMin = ConstU128<100>;
	type ScopesMax = ConstU32<2>;
	type ServicesMax = ConstU32<4>;
	type ServiceNameBytesMax = ConstU32<16>;
	type LocatorBytesMax = ConstU32<128>;
	type TagsMax = ConstU32<4>;
	type TagBytesMax = ConstU32<16>;
	type WeightInfo = pallet_agents::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

/// What benchmarks have to know of this runtime.
#[cfg(feature = "runtime-benchmarks")]
pub struct Helper;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_agents::benchmarking::BenchmarkHelper<Scope, RuntimeCall> for Helper {
	fn scope_and_call() -> (Scope, RuntimeCall) {
		// Its deposit comes back and charges no budget: this runtime compiles with the benchmarks, and is not measured.
		(Scope::Models, pallet_models::Call::<Runtime>::commit { hash: [1; 32] }.into())
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl pallet_models::benchmarking::BenchmarkHelper for Helper {
	fn publish(datanet: DatanetId) -> DatanetVersion {
		let version = DatanetVersion(1);
		let published = pallet_datanets::types::Version {
			admission: plexus_primitives::api::AdmissionKind::Curated,
			contributions: 1,
			weight: 1,
			published_at: System::block_number(),
			published_at_ms: 0,
		};
		pallet_datanets::Versions::<Runtime>::insert(datanet, version, published);
		version
	}
}
