//! A runtime with System, the real Balances, this pallet, and versions of datanets that tests publish by hand.

use crate as pallet_models;
use crate::{ChainClock, DatanetVersions, VersionKind};
use frame_support::{derive_impl, parameter_types, storage_alias, traits::ConstU32, Twox64Concat};
use plexus_primitives::{slice::LENGTH_PROOF_BYTES_MAX, DatanetId, DatanetVersion};
use sp_runtime::{BuildStorage, Perbill};

pub type Balance = u128;

/// The accounts 1 to this have [`ENDOWMENT`] each.
pub const ACCOUNTS: u64 = 6;
pub const ENDOWMENT: Balance = 1_000_000_000;
/// The youngest commitment that can be used.
pub const AGE_MS: u64 = 60_000;
/// The age at which a commitment is void.
pub const LIFETIME_MS: u64 = 600_000;
pub const INITIAL_COMMITMENT_DEPOSIT: Balance = 50;
pub const INITIAL_MODEL_DEPOSIT: Balance = 1_000;
pub const INITIAL_PER_BYTE: Balance = 2;
pub const PARENTS_MAX: u32 = 8;
pub const ANCESTORS_MAX: u32 = 32;

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
	pub type Models = pallet_models;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = frame_support::traits::ConstU128<1>;
	type AccountStore = System;
}

parameter_types! {
	/// Milliseconds on the chain clock.
	pub static Now: u64 = 0;
	pub static CommitmentLifetimeMs: u64 = LIFETIME_MS;
	pub static CommitmentDeposit: Balance = INITIAL_COMMITMENT_DEPOSIT;
	pub static ModelDeposit: Balance = INITIAL_MODEL_DEPOSIT;
	pub static DepositPerByte: Balance = INITIAL_PER_BYTE;
	pub const RoyaltiesMax: Perbill = Perbill::from_percent(50);
}

impl ChainClock for Now {
	fn now_ms() -> u64 {
		Self::get()
	}
}

/// Which versions there are.
#[storage_alias]
type Published = StorageMap<Versions, Twox64Concat, (DatanetId, DatanetVersion), VersionKind>;

pub struct Versions;

impl Versions {
	pub fn publish(datanet: u32, version: u32, kind: VersionKind) {
		Published::insert((DatanetId(datanet), DatanetVersion(version)), kind);
	}
}

impl DatanetVersions for Versions {
	fn kind(datanet: DatanetId, version: DatanetVersion) -> Option<VersionKind> {
		Published::get((datanet, version))
	}
}

impl pallet_models::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Clock = Now;
	type Versions = Versions;
	type CommitmentAgeMsMin = frame_support::traits::ConstU64<AGE_MS>;
	type CommitmentLifetimeMs = CommitmentLifetimeMs;
	type CommitmentDeposit = CommitmentDeposit;
	type ModelDeposit = ModelDeposit;
	type DepositPerByte = DepositPerByte;
	type RegistrationsMax = ConstU32<64>;
	type ParentsMax = ConstU32<PARENTS_MAX>;
	type AncestorsMax = ConstU32<ANCESTORS_MAX>;
	type RoyaltiesMax = RoyaltiesMax;
	type ManifestEntriesMax = ConstU32<16>;
	type LocatorBytesMax = ConstU32<128>;
	type LengthProofBytesMax = ConstU32<{ LENGTH_PROOF_BYTES_MAX as u32 }>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Versions;
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::benchmarking::BenchmarkHelper for Versions {
	fn publish(datanet: DatanetId) -> DatanetVersion {
		Self::publish(datanet.0, 1, VersionKind::Curated);
		DatanetVersion(1)
	}
}

/// Block 1 of a chain where every account has its endowment.
pub fn new_test_ext() -> sp_io::TestExternalities {
	// These are per thread, and a thread may have run another test before.
	Now::set(0);
	CommitmentLifetimeMs::set(LIFETIME_MS);
	CommitmentDeposit::set(INITIAL_COMMITMENT_DEPOSIT);
	ModelDeposit::set(INITIAL_MODEL_DEPOSIT);
	DepositPerByte::set(INITIAL_PER_BYTE);
	let balances = (1..=ACCOUNTS).map(|account| (account, ENDOWMENT)).collect();
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig { balances, ..Default::default() },
		..Default::default()
	};
	let storage = genesis.build_storage().expect("the endowments are above the existential deposit");
	let mut ext = sp_io::TestExternalities::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}
