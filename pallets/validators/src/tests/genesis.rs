//! The rules of a genesis.

use crate::{mock::*, types::*, *};
use sp_core::H256;

fn config(validators: Vec<GenesisValidator<u64>>, block_time_ms: u64) -> GenesisConfig<Test> {
	GenesisConfig { validators, block_time_ms, periods: PERIODS }
}

#[test]
fn the_genesis_validators_are_those_of_the_first_block() {
	genesis(vec![genesis_validator(1, 2_000), genesis_validator(2, 5_000)]).execute_with(|| {
		let expected = vec![(key_of(2).0, 50), (key_of(1).0, 20)];
		assert_eq!(Validators::validators(), expected);
		assert_eq!(Validators::next_validators(), expected);
		assert_eq!((held(1), held(2)), (2_000, 5_000));
		assert_eq!(MinimumPeriod::<Test>::get(), 500);
		Validators::check_invariants().expect("a genesis holds all invariants");
	});
}

#[test]
fn each_broken_genesis_rule_is_named() {
	use InvalidGenesis::*;
	let check = |validators, block_time_ms| config(validators, block_time_ms).check();
	let good = |account| genesis_validator(account, GENESIS_STAKE);
	let key = H256(key_of(1).0);
	assert_eq!(check(vec![], 199), Err(BlockTime { given_ms: 199 }));
	assert_eq!(check(vec![], 10_001), Err(BlockTime { given_ms: 10_001 }));
	assert_eq!(check((1..=5).map(good).collect(), 1_000), Err(TooMany { given: 5, max: 4 }));
	assert_eq!(check(vec![genesis_validator(1, 999)], 1_000), Err(StakeTooSmall { key }));
	let unusable = GenesisValidator { key: H256::zero(), ..good(1) };
	assert_eq!(check(vec![unusable], 1_000), Err(UnusableKey { key: H256::zero() }));
	let same_key = GenesisValidator { account: 2, ..good(1) };
	assert_eq!(check(vec![good(1), same_key], 1_000), Err(DuplicateKey { key }));
	let same_account = GenesisValidator { account: 2, ..good(1) };
	assert_eq!(check(vec![good(2), same_account], 1_000), Err(DuplicateAccount { key }));
	for block_time_ms in [1_000, 10_000] {
		assert_eq!(check((1..=4).map(good).collect(), block_time_ms), Ok(()));
	}
}

#[test]
fn each_broken_period_is_named_and_the_history_fits_what_is_kept() {
	let broken = |change: fn(&mut ChainPeriods)| {
		let mut periods = PERIODS;
		change(&mut periods);
		match (GenesisConfig::<Test> { periods, ..config(vec![], 1_000) }).check() {
			Err(InvalidGenesis::Period { field, .. }) => field,
			other => panic!("not a broken period: {other:?}"),
		}
	};
	assert_eq!(broken(|periods| periods.era_blocks = 9), "eraBlocks");
	assert_eq!(broken(|periods| periods.absence_blocks = 0), "absenceBlocks");
	assert_eq!(broken(|periods| periods.absence_blocks = 10_001), "absenceBlocks");
	assert_eq!(broken(|periods| periods.absences_max = 3), "absencesMax");
	assert_eq!(broken(|periods| periods.absences_max = 8), "absencesMax");
	assert_eq!(broken(|periods| periods.missed_turns_max = 0), "missedTurnsMax");
	assert_eq!(broken(|periods| periods.unbonding_ms = 50_000), "unbondingMs");
	// 50 s of evidence are 10 eras of 10 blocks half a second apart; twelve are kept. Faster blocks need more.
	assert_eq!((PERIODS.history_eras(1_000), PERIODS.history_eras(900)), (12, 14));
	let longer = ChainPeriods { evidence_age_ms: 1_990_000, unbonding_ms: 2_000_000, ..PERIODS };
	let check =
		|block_time_ms| (GenesisConfig::<Test> { periods: longer, ..config(vec![], block_time_ms) }).check();
	assert_eq!(check(1_000), Ok(()));
	assert_eq!(check(998), Err(InvalidGenesis::History { needed: 401, max: 400 }));
	for periods in [ChainPeriods::LIVE, ChainPeriods::DEVELOPMENT] {
		for block_time_ms in [BLOCK_TIME_MS_MIN, BLOCK_TIME_MS_DEFAULT, BLOCK_TIME_MS_MAX] {
			assert_eq!(periods.check(block_time_ms, 2_048), Ok(()));
		}
	}
}

#[test]
#[should_panic(expected = "genesis of the validators")]
fn a_broken_genesis_is_never_built() {
	genesis(vec![genesis_validator(1, 1)]);
}

#[test]
#[should_panic(expected = "cannot bond")]
fn a_validator_needs_the_money_that_it_bonds() {
	genesis(vec![genesis_validator(1, ENDOWMENT + 1)]);
}

#[test]
fn the_genesis_reads_from_json_and_refuses_unknown_fields() {
	let id = hex_of(key_of(3));
	let json = format!(r#"{{"account":3,"key":"{id}","stake":10000,"commission":100000000}}"#);
	let parsed: GenesisValidator<u64> = serde_json::from_str(&json).expect("well-formed");
	assert_eq!(parsed, genesis_validator(3, 10_000));
	let extra = json.replace("\"stake\"", "\"power\":1,\"stake\"");
	assert!(serde_json::from_str::<GenesisValidator<u64>>(&extra).is_err());
}

fn hex_of(key: ConsensusKey) -> String {
	let digits: String = key.0.iter().map(|byte| format!("{byte:02x}")).collect();
	format!("0x{digits}")
}

#[test]
fn the_last_block_of_an_era_costs_more() {
	use frame_support::traits::OnInitialize;
	chain(1).execute_with(|| {
		let at = |height| <Validators as OnInitialize<u64>>::on_initialize(height).ref_time();
		assert_eq!(at(8), at(10));
		assert!(at(9) > at(8));
	});
}

#[test]
fn storage_is_bounded() {
	use codec::MaxEncodedLen;
	// What each entry can be at most, with the mock's bounds of 4 chunks, 4 validators and 6 candidates.
	assert!(StakeOf::<Test>::max_encoded_len() <= 512);
	assert!(PoolOf::<Test>::max_encoded_len() <= 160);
	assert!(EraSetOf::<Test>::max_encoded_len() <= 8 + 1 + 4 * (4 + 32 + 8 + 9));
}
