//! A runtime with System, the real Balances and Datanets, and this pallet.

use crate as pallet_models;
use crate::{ChainClock, DatanetVersions, VersionKind};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, Get},
};
use frame_system::EnsureRoot;
use pallet_datanets::types::{Admission, Licence, Verdict};
use plexus_primitives::{prove::prove_reader, DatanetId, DatanetVersion};
use sp_runtime::{BoundedVec, BuildStorage};

pub type Balance = u128;

/// The accounts 1 to this have [`ENDOWMENT`] each.
pub const ACCOUNTS: u64 = 6;
pub const ENDOWMENT: Balance = 1_000_000_000;
/// Owns all datanets and is their curator. Has [`ENDOWMENT`], as [`CONTRIBUTOR`] has.
const CURATOR: u64 = 91;
/// Contributes to them.
const CONTRIBUTOR: u64 = 92;
/// The youngest commitment that can be used.
pub const AGE_MS: u64 = 60_000;
/// The age at which a commitment is void.
pub const LIFETIME_MS: u64 = 600_000;
pub const INITIAL_COMMITMENT_DEPOSIT: Balance = 50;
pub const INITIAL_MODEL_DEPOSIT: Balance = 1_000;
pub const INITIAL_PER_BYTE: Balance = 2;
pub const PARENTS_MAX: u32 = 8;
pub const ANCESTORS_MAX: u32 = 32;

/// In open datanets everything is accepted at once.
const WINDOWS: pallet_datanets::Windows =
	pallet_datanets::Windows { commitment_age_ms: 0, ..pallet_datanets::Windows::LIVE };

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
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
}

parameter_types! {
	/// Milliseconds on the chain clock.
	pub static Now: u64 = 0;
	pub static CommitmentLifetimeMs: u64 = LIFETIME_MS;
	pub static CommitmentDeposit: Balance = INITIAL_COMMITMENT_DEPOSIT;
	pub static ModelDeposit: Balance = INITIAL_MODEL_DEPOSIT;
	pub static DepositPerByte: Balance = INITIAL_PER_BYTE;
}

impl ChainClock for Now {
	fn now_ms() -> u64 {
		Self::get()
	}
}

#[derive_impl(pallet_datanets::config_preludes::TestDefaultConfig)]
impl pallet_datanets::Config for Test {
	type Currency = Balances;
	type Clock = Now;
	type JudgeOrigin = EnsureRoot<u64>;
	type WindowsOrigin = EnsureRoot<u64>;
}

/// The adapter that a runtime has to its datanets, and how tests have these publish.
pub struct Versions;

impl Versions {
	/// Brings a datanet to this version, as its owner, its curator and a contributor would. It is created if it is not there
	/// yet, with those before it, and is of this kind then.
	pub fn publish(datanet: u32, version: u32, kind: VersionKind) {
		let datanet = DatanetId(datanet);
		while pallet_datanets::NextDatanetId::<Test>::get() <= datanet {
			Self::create_datanet(kind);
		}
		for version in (1..=version).map(DatanetVersion) {
			if Datanets::version_kind(datanet, version).is_none() {
				Self::publish_next(datanet, version, kind);
			}
		}
		assert_eq!(Self::kind(datanet, DatanetVersion(version)), Some(kind));
	}

	fn create_datanet(kind: VersionKind) {
		let admission: Admission<Test> = match kind {
			VersionKind::Open => Admission::Open,
			VersionKind::Curated => Admission::Curated(listed([CURATOR])),
		};
		let licence: Licence<Test> = Licence::Spdx(listed(*b"CC-BY-4.0"));
		let (name, tags) = (listed(*b"flora"), listed([]));
		Datanets::create_datanet(RuntimeOrigin::signed(CURATOR), name, tags, licence, admission)
			.expect("the owner can pay");
	}

	fn publish_next(datanet: DatanetId, version: DatanetVersion, kind: VersionKind) {
		let text = format!("in {} since {}", datanet.0, version.0);
		let proven = prove_reader(text.as_bytes(), |_| ()).expect("a text is not empty");
		let contribution = pallet_datanets::NextContributionId::<Test>::get();
		Datanets::contribute(
			RuntimeOrigin::signed(CONTRIBUTOR),
			datanet,
			proven.content,
			listed(*b"text/plain"),
			listed([]),
			listed(proven.length_proof),
		)
		.expect("nobody holds the text");
		if kind == VersionKind::Curated {
			let verdict = Verdict::Accept { weight: 1 };
			Datanets::review(RuntimeOrigin::signed(CURATOR), contribution, verdict)
				.expect("the owner is the curator");
		}
		Datanets::publish(RuntimeOrigin::signed(CURATOR), datanet).expect("something was accepted");
	}
}

/// A list, or the bytes of a text, as the pallets take it.
pub fn listed<Item, B: Get<u32>>(items: impl IntoIterator<Item = Item>) -> BoundedVec<Item, B> {
	items.into_iter().collect::<Vec<_>>().try_into().ok().expect("the test stays within the bound")
}

impl DatanetVersions for Versions {
	fn kind(datanet: DatanetId, version: DatanetVersion) -> Option<VersionKind> {
		Datanets::version_kind(datanet, version).map(VersionKind::from)
	}
}

#[derive_impl(pallet_models::config_preludes::TestDefaultConfig)]
impl pallet_models::Config for Test {
	type Currency = Balances;
	type Clock = Now;
	type Versions = Versions;
	type CommitmentAgeMsMin = ConstU64<AGE_MS>;
	type CommitmentLifetimeMs = CommitmentLifetimeMs;
	type CommitmentDeposit = CommitmentDeposit;
	type ModelDeposit = ModelDeposit;
	type DepositPerByte = DepositPerByte;
	type ParentsMax = ConstU32<PARENTS_MAX>;
	type AncestorsMax = ConstU32<ANCESTORS_MAX>;
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
	let accounts = (1..=ACCOUNTS).chain([CURATOR, CONTRIBUTOR]);
	let balances = accounts.map(|account| (account, ENDOWMENT)).collect();
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
