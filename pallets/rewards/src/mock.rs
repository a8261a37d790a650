//! A runtime with System, the real Balances, Datanets and Models, and this pallet.

use crate as pallet_rewards;
use crate::{Contributions, Entry, Holder, Manifests};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, ConstU64},
	PalletId,
};
use frame_system::EnsureRoot;
use pallet_datanets::Windows;
use pallet_models::{DatanetVersions, VersionKind};
pub use plexus_primitives::constants::Balance;
use plexus_primitives::{ContributionId, DatanetId, DatanetVersion, ModelId};
use sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage};

pub type AccountId = AccountId32;

/// The accounts `account(1)` to this have [`ENDOWMENT`] each.
pub const ACCOUNTS: u8 = 9;
pub const ENDOWMENT: Balance = 1_000_000_000_000;
pub const EXISTENTIAL_DEPOSIT: Balance = 10;
pub const CLAIM_PLACES_MAX: u32 = 8;
pub const COMMITMENT_AGE_MS: u64 = 60;

/// Short, but for what contributions and disputes wait at most: histories are long.
pub const WINDOWS: Windows = Windows {
	commitment_age_ms: COMMITMENT_AGE_MS,
	commitment_lifetime_ms: 700,
	acceptance_ms: 1_000_000_000,
	deposit_ms: 1_800,
	curators_ms: 70,
	publication_ms: 240,
	challenge_ms: 75,
	dispute_ms: 1_000_000_000,
};

pub fn account(index: u8) -> AccountId {
	AccountId32::new([index; 32])
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
	pub type Datanets = pallet_datanets;

	#[runtime::pallet_index(3)]
	pub type Models = pallet_models;

	#[runtime::pallet_index(4)]
	pub type Rewards = pallet_rewards;
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

parameter_types! {
	/// Milliseconds on the chain clock.
	pub static Now: u64 = 0;
	pub const RewardsId: PalletId = PalletId(*b"plx/rwrd");
}

impl plexus_primitives::ChainClock for Now {
	fn now_ms() -> u64 {
		Self::get()
	}
}

#[derive_impl(pallet_datanets::config_preludes::TestDefaultConfig)]
impl pallet_datanets::Config for Test {
	type Currency = Balances;
	type Clock = Now;
	type Positions = Rewards;
	type JudgeOrigin = EnsureRoot<AccountId>;
	type WindowsOrigin = EnsureRoot<AccountId>;
}

#[derive_impl(pallet_models::config_preludes::TestDefaultConfig)]
impl pallet_models::Config for Test {
	type Currency = Balances;
	type Clock = Now;
	type Versions = Adapter;
	type CommitmentAgeMsMin = ConstU64<COMMITMENT_AGE_MS>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Adapter;
}

/// The adapters that a runtime has between the pallets.
pub struct Adapter;

impl DatanetVersions for Adapter {
	fn kind(datanet: DatanetId, version: DatanetVersion) -> Option<VersionKind> {
		Datanets::version_kind(datanet, version).map(VersionKind::from)
	}
}

impl Manifests for Adapter {
	fn entry(model: ModelId, index: u32) -> Option<Entry> {
		let model = pallet_models::Models::<Test>::get(model)?;
		let entry = model.spec.manifest.get(index as usize)?;
		Some(Entry { datanet: entry.datanet, version: entry.version, share: entry.share })
	}
}

impl Contributions<AccountId> for Adapter {
	fn holder(contribution: ContributionId) -> Option<Holder<AccountId>> {
		Datanets::holder_of(contribution)
	}
}

impl pallet_rewards::Config for Test {
	type Currency = Balances;
	type Manifests = Adapter;
	type Contributions = Adapter;
	type PalletId = RewardsId;
	type ClaimPlacesMax = ConstU32<CLAIM_PLACES_MAX>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Adapter;
}

/// Block 1 of a chain where every account has its endowment.
pub fn new_test_ext() -> sp_io::TestExternalities {
	// It is per thread, and a thread may have run another test before.
	Now::set(0);
	let balances = (1..=ACCOUNTS).map(|index| (account(index), ENDOWMENT)).collect();
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig { balances, ..Default::default() },
		datanets: pallet_datanets::GenesisConfig { windows: WINDOWS, ..Default::default() },
		..Default::default()
	};
	let storage = genesis.build_storage().expect("the endowments are above the existential deposit");
	let mut ext = sp_io::TestExternalities::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// A curated version of a datanet that nobody created: benchmarks ask for numbers that nobody publishes.
#[cfg(feature = "runtime-benchmarks")]
fn pretend_published(datanet: DatanetId, number: DatanetVersion) {
	let admission = plexus_primitives::api::AdmissionKind::Curated;
	let (published_at, published_at_ms) = (System::block_number(), 0);
	let version = pallet_datanets::types::Version {
		admission,
		contributions: 1,
		weight: 1,
		published_at,
		published_at_ms,
	};
	pallet_datanets::Versions::<Test>::insert(datanet, number, version);
}

#[cfg(feature = "runtime-benchmarks")]
impl pallet_models::benchmarking::BenchmarkHelper for Adapter {
	fn publish(datanet: DatanetId) -> DatanetVersion {
		pretend_published(datanet, DatanetVersion(1));
		DatanetVersion(1)
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::benchmarking::BenchmarkHelper<Test> for Adapter {
	fn model(datanet: DatanetId, version: DatanetVersion) -> ModelId {
		pretend_published(datanet, version);
		crate::tests::put_model("model", &[(datanet.0, version.0, 1_000_000_000)])
	}

	fn contribution() -> ContributionId {
		crate::tests::create_datanet();
		crate::tests::put(1, 0, "contribution", 1);
		ContributionId(0)
	}
}
