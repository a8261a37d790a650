//! A runtime with System, the real Balances, and this pallet; and what pays positions, as a ledger to compare with.

use crate as pallet_datanets;
use crate::{types::Windows, ChainClock, Holder, Positions};
use frame_support::{derive_impl, parameter_types, storage_alias, weights::Weight, Twox64Concat};
use frame_system::EnsureRoot;
use plexus_primitives::{DatanetId, DatanetVersion};
use sp_runtime::BuildStorage;

pub type Balance = u64;

/// The accounts 1 to this have [`ENDOWMENT`] each.
pub const ACCOUNTS: u64 = 6;
pub const ENDOWMENT: Balance = 20_000;

/// Short, and all different.
pub const WINDOWS: Windows = Windows {
	commitment_age_ms: 60,
	commitment_lifetime_ms: 700,
	acceptance_ms: 900,
	deposit_ms: 1_800,
	curators_ms: 70,
	publication_ms: 240,
	challenge_ms: 75,
	dispute_ms: 140,
};

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
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type AccountStore = System;
}

parameter_types! {
	/// Milliseconds on the chain clock.
	pub static Now: u64 = 0;
	pub static DatanetDeposit: Balance = 100;
	pub static CommitmentDeposit: Balance = 7;
	pub static ConductDeposit: Balance = 15;
	pub static StorageDepositBase: Balance = 20;
	pub static StorageDepositPerByte: Balance = 1;
	pub static ChallengeBond: Balance = 31;
	pub static DisputeBond: Balance = 41;
	pub static JudgeExists: bool = true;
}

impl ChainClock for Now {
	fn now_ms() -> u64 {
		Self::get()
	}
}

/// A position: who, in which datanet, from and until which version.
pub type Position = (Holder<u64>, DatanetId, DatanetVersion, Option<DatanetVersion>);

#[storage_alias]
pub type PositionWeights = StorageMap<Ledger, Twox64Concat, Position, u64>;
#[storage_alias]
pub type VersionWeights = StorageMap<Ledger, Twox64Concat, (DatanetId, DatanetVersion), u64>;

/// Keeps what it is told, and refuses by panic what cannot be true.
pub struct Ledger;

impl frame_support::traits::StorageInstance for Ledger {
	fn pallet_prefix() -> &'static str {
		"Ledger"
	}
	const STORAGE_PREFIX: &'static str = "Ledger";
}

impl Ledger {
	fn add(position: Position, weight: u8) {
		PositionWeights::mutate(position, |sum| *sum = Some(sum.unwrap_or_default() + u64::from(weight)));
	}

	fn take(position: Position, weight: u8) {
		PositionWeights::mutate_exists(position.clone(), |sum| {
			let had = sum.unwrap_or_default();
			let left = had.checked_sub(weight.into());
			let left = left.unwrap_or_else(|| panic!("{position:?} has {had}, not {weight}"));
			*sum = (left > 0).then_some(left);
		});
	}
}

impl Positions<u64> for Ledger {
	fn published(datanet: DatanetId, version: DatanetVersion, weight: u64) {
		VersionWeights::insert((datanet, version), weight);
	}
	fn accepted(holder: &Holder<u64>, datanet: DatanetId, from: DatanetVersion, weight: u8) {
		Self::add((holder.clone(), datanet, from, None), weight);
	}
	fn departed(
		holder: &Holder<u64>,
		datanet: DatanetId,
		from: DatanetVersion,
		until: DatanetVersion,
		weight: u8,
	) {
		Self::take((holder.clone(), datanet, from, None), weight);
		if from < until {
			Self::add((holder.clone(), datanet, from, Some(until)), weight);
		}
	}
	fn moved(
		from_holder: &Holder<u64>,
		to: &Holder<u64>,
		datanet: DatanetId,
		from: DatanetVersion,
		until: Option<DatanetVersion>,
		weight: u8,
	) {
		Self::take((from_holder.clone(), datanet, from, until), weight);
		Self::add((to.clone(), datanet, from, until), weight);
	}
	fn weight() -> Weight {
		Weight::from_parts(1_000, 0)
	}
}

#[derive_impl(pallet_datanets::config_preludes::TestDefaultConfig)]
impl pallet_datanets::Config for Test {
	type Currency = Balances;
	type Clock = Now;
	type Positions = Ledger;
	type JudgeOrigin = EnsureRoot<u64>;
	type JudgeExists = JudgeExists;
	type WindowsOrigin = EnsureRoot<u64>;
	type DatanetDeposit = DatanetDeposit;
	type CommitmentDeposit = CommitmentDeposit;
	type ConductDeposit = ConductDeposit;
	type StorageDepositBase = StorageDepositBase;
	type StorageDepositPerByte = StorageDepositPerByte;
	type ChallengeBond = ChallengeBond;
	type DisputeBond = DisputeBond;
}

/// Block 1 of a chain where every account has its endowment.
pub fn new_test_ext() -> sp_io::TestExternalities {
	// These are per thread, and a thread may have run another test before.
	Now::set(0);
	DatanetDeposit::set(100);
	CommitmentDeposit::set(7);
	ConductDeposit::set(15);
	StorageDepositBase::set(20);
	StorageDepositPerByte::set(1);
	ChallengeBond::set(31);
	DisputeBond::set(41);
	JudgeExists::set(true);
	let balances = (1..=ACCOUNTS).map(|account| (account, ENDOWMENT)).collect();
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
