//! The genesis presets: what a development and a local chain start with.
//!
//! # Must not
//! Be used for a live chain: the keys are known to everybody.
//!
//! # Invariants
//! A preset names only what differs from the default configuration, in the JSON form of `RuntimeGenesisConfig`.

use alloc::{string::ToString, vec::Vec};
use plexus_primitives::constants::{Balance, UNITS};
use serde_json::{json, Value};
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// What each well-known account starts with: a million PLX.
pub const ENDOWMENT: Balance = 1_000_000 * UNITS;

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

/// The first `validators` of the well-known ed25519 keys as validators; the sr25519 and ed25519 accounts of Alice to
/// Ferdie endowed; Alice's sr25519 account in charge of Sudo.
fn well_known(validators: usize) -> Value {
	let authorities: Vec<_> = Ed25519Keyring::invulnerable()
		.take(validators)
		.map(|key| json!({ "id": key.to_h256_public(), "power": 1 }))
		.collect();
	let sr25519 = Sr25519Keyring::invulnerable().map(Sr25519Keyring::to_account_id);
	let ed25519 = Ed25519Keyring::invulnerable().map(Ed25519Keyring::to_account_id);
	let balances: Vec<_> = sr25519.chain(ed25519).map(|account| (account, ENDOWMENT)).collect();
	json!({
		"balances": { "balances": balances },
		"sudo": { "key": Sr25519Keyring::Alice.to_account_id() },
		"authorities": {
			"authorities": authorities,
			"blockTimeMs": pallet_authorities::BLOCK_TIME_MS_DEFAULT,
		},
	})
}
