//! A runtime with System, the real Balances, and this pallet.

use crate as pallet_datanets;
use frame_support::{derive_impl, parameter_types, traits::ConstU32};
use plexus_primitives::slice::LENGTH_PROOF_BYTES_MAX;
use sp_runtime::BuildStorage;

pub type Balance = u64;

/// The accounts 1 to this have [`ENDOWMENT`] each.
pub const ACCOUNTS: u64 = 3;
pub const ENDOWMENT: Balance = 1_000;

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
	pub static DatanetDeposit: Balance = 100;
	pub static ContributionDepositBase: Balance = 20;
	pub static ContributionDepositPerByte: Balance = 1;
}

impl pallet_datanets::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type DatanetDeposit = DatanetDeposit;
	type ContributionDepositBase = ContributionDepositBase;
	type ContributionDepositPerByte = ContributionDepositPerByte;
	type NameBytesMax = ConstU32<32>;
	type LicenceBytesMax = ConstU32<64>;
	type MediaTypeBytesMax = ConstU32<64>;
	type LocatorBytesMax = ConstU32<128>;
	type LengthProofBytesMax = ConstU32<{ LENGTH_PROOF_BYTES_MAX as u32 }>;
	type WeightInfo = ();
}

/// Block 1 of a chain where every account has its endowment.
pub fn new_test_ext() -> sp_io::TestExternalities {
	// The prices are per thread, and a thread may have run another test before.
	DatanetDeposit::set(100);
	ContributionDepositBase::set(20);
	ContributionDepositPerByte::set(1);
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
