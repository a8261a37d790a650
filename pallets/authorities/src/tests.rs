//! Tests of the authorities pallet against a minimal runtime.

use crate::{self as pallet_authorities, *};
use codec::Encode;
use frame_support::{
	derive_impl,
	traits::{ConstU32, Hooks},
};
use sp_core::H256;
use sp_runtime::{BuildStorage, Digest, DigestItem};

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
		RuntimeTask
	)]
	pub struct Test;
	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Authority = pallet_authorities;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
}

impl Config for Test {
	type AuthoritiesMax = ConstU32<3>;
}

fn authority(seed: u8, power: u64) -> GenesisAuthority {
	GenesisAuthority { id: H256::repeat_byte(seed), power }
}

fn config(authorities: Vec<GenesisAuthority>, block_time_ms: u64) -> GenesisConfig<Test> {
	GenesisConfig { authorities, block_time_ms, ..Default::default() }
}

fn ext(config: &GenesisConfig<Test>) -> sp_io::TestExternalities {
	let mut storage =
		frame_system::GenesisConfig::<Test>::default().build_storage().expect("empty genesis builds");
	config.assimilate_storage(&mut storage).expect("a checked genesis builds");
	storage.into()
}

fn initialize(number: u64, item: Option<DigestItem>) {
	let digest = Digest { logs: item.into_iter().collect() };
	System::initialize(&number, &Default::default(), &digest);
	Authority::on_initialize(number);
	Authority::check_state().expect("invariants hold after every block");
}

#[test]
fn the_genesis_set_and_block_time_are_what_the_chain_runs_on() {
	ext(&config(vec![authority(1, 5), authority(2, 7)], 200)).execute_with(|| {
		let set: Vec<_> = Authorities::<Test>::get().into_iter().map(|(id, power)| (id.0, power)).collect();
		assert_eq!(set, vec![([1; 32], 5), ([2; 32], 7)]);
		assert_eq!(MinimumPeriod::<Test>::get(), 100);
	});
}

#[test]
fn each_broken_genesis_rule_is_named() {
	use InvalidGenesis::*;
	let check = |authorities, block_time_ms| config(authorities, block_time_ms).check();
	assert_eq!(check(vec![], 199), Err(BlockTime { given_ms: 199 }));
	assert_eq!(check(vec![], 60_001), Err(BlockTime { given_ms: 60_001 }));
	assert_eq!(check(vec![authority(1, 0)], 1_000), Err(NoPower { id: H256::repeat_byte(1) }));
	assert_eq!(
		check(vec![authority(1, 1), authority(1, 2)], 1_000),
		Err(Duplicate { id: H256::repeat_byte(1) })
	);
	assert_eq!(check((1..=4).map(|i| authority(i, 1)).collect(), 1_000), Err(TooMany { given: 4, max: 3 }));
	assert_eq!(check(vec![authority(1, POWER_TOTAL_MAX), authority(2, 1)], 1_000), Err(TooMuchPower));
	for block_time_ms in [200, 60_000] {
		assert_eq!(check(vec![authority(1, POWER_TOTAL_MAX)], block_time_ms), Ok(()));
	}
}

#[test]
#[should_panic(expected = "genesis of the authorities")]
fn a_broken_genesis_is_never_built() {
	ext(&config(vec![authority(1, 0)], 1_000));
}

#[test]
fn the_author_is_recorded_from_the_digest_only_if_it_is_an_authority() {
	ext(&config(vec![authority(1, 1)], 1_000)).execute_with(|| {
		let item = |seed: u8| Some(DigestItem::PreRuntime(ENGINE_ID, [seed; 32].encode()));
		initialize(1, item(1));
		assert_eq!(Author::<Test>::get().map(|author| author.0), Some([1; 32]));
		let mut number = 1;
		for other in [
			None,
			item(9),
			Some(DigestItem::PreRuntime(*b"else", [1u8; 32].encode())),
			Some(DigestItem::PreRuntime(ENGINE_ID, vec![1; 33])),
		] {
			initialize(number + 1, item(1));
			initialize(number + 2, other.clone());
			number += 2;
			assert_eq!(Author::<Test>::get(), None, "{other:?}");
		}
	});
}

#[test]
fn the_genesis_reads_from_json_and_refuses_unknown_fields() {
	let id = "01".repeat(32);
	let json = format!(r#"{{"id":"0x{id}","power":3}}"#);
	let parsed: GenesisAuthority = serde_json::from_str(&json).expect("well-formed");
	assert_eq!(parsed, authority(1, 3));
	let extra = format!(r#"{{"id":"0x{id}","power":3,"stake":1}}"#);
	assert!(serde_json::from_str::<GenesisAuthority>(&extra).is_err());
	config(vec![parsed], 1_000).check().expect("valid");
}
