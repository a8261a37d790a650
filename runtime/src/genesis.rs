//! The genesis presets: what a development and a local chain start with.
//!
//! # Must not
//! Be used for a live chain: the keys are known to everybody.
//!
//! # Invariants
//! A preset names only what differs from the default configuration, in the JSON form of `RuntimeGenesisConfig`.

use alloc::{string::ToString, vec::Vec};
use pallet_attribution::Parameters;
use pallet_datanets::Windows;
use pallet_validators::{types::BLOCK_TIME_MS_DEFAULT, ChainPeriods, GenesisValidator};
use plexus_primitives::constants::{Balance, EXISTENTIAL_DEPOSIT, UNITS};
use serde_json::{json, Value};
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::Perbill;

/// What each well-known account starts with: a million PLX.
pub const ENDOWMENT: Balance = 1_000_000 * UNITS;

/// What each validator of a preset bonds, besides its [`ENDOWMENT`]: ten thousand PLX.
pub const VALIDATOR_STAKE: Balance = 10_000 * UNITS;

/// What the accounts of pallets get at each genesis, beside the balances that it names: an existential deposit for the pot
/// of each of `Receipts`, `Rewards` and `Attribution`.
pub const POTS_ENDOWMENT: Balance = 3 * EXISTENTIAL_DEPOSIT;

/// How many validators the local preset has. Four is the fewest that survive the loss of one.
pub const LOCAL_VALIDATORS: usize = 4;

/// The names of the presets.
pub fn preset_names() -> Vec<PresetId> {
	[DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET].into_iter().map(Into::into).collect()
}

/// The preset of this name as JSON, `None` if there is none.
pub fn preset(name: &str) -> Option<Vec<u8>> {
	let validators = match name {
		DEV_RUNTIME_PRESET => 1,
		LOCAL_TESTNET_RUNTIME_PRESET => LOCAL_VALIDATORS,
		_ => return None,
	};
	Some(well_known(validators).to_string().into_bytes())
}

/// The first `count` of the well-known ed25519 keys as validators, each with its own account's stake; the sr25519 and
/// ed25519 accounts of Alice to Ferdie endowed; Alice's sr25519 account in charge of Sudo.
fn well_known(count: usize) -> Value {
	let validators: Vec<_> = Ed25519Keyring::invulnerable()
		.take(count)
		.map(|key| GenesisValidator {
			account: key.to_account_id(),
			key: key.to_h256_public(),
			stake: VALIDATOR_STAKE,
			commission: Perbill::from_percent(10),
		})
		.collect();
	let sr25519 = Sr25519Keyring::invulnerable().map(|key| (key.to_account_id(), ENDOWMENT));
	let ed25519 = Ed25519Keyring::invulnerable().enumerate().map(|(place, key)| {
		let stake = if place < count { VALIDATOR_STAKE } else { 0 };
		(key.to_account_id(), ENDOWMENT + stake)
	});
	let balances: Vec<_> = sr25519.chain(ed25519).collect();
	json!({
		"attribution": { "parameters": Parameters::DEVELOPMENT },
		"balances": { "balances": balances },
		"datanets": { "windows": Windows::DEVELOPMENT },
		"sudo": { "key": Sr25519Keyring::Alice.to_account_id() },
		"validators": {
			"validators": validators,
			"blockTimeMs": BLOCK_TIME_MS_DEFAULT,
			"periods": ChainPeriods::DEVELOPMENT,
		},
	})
}
