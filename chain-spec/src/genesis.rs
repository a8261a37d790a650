//! [`Genesis`]: the state that a chain starts with, and how it becomes storage.
//!
//! # Must not
//! Build storage from what breaks a rule: pallets panic on some broken genesis configurations.
//!
//! # Invariants
//! `:code` holds [`code`], which differs between runtime versions, although there is no Wasm: clients recognise a
//! changed runtime by it.

use crate::{
	check::{check_runtime_genesis, SpecError},
	spec::ChainType,
};
use impl_serde::serialize::{deserialize as bytes_from_hex, serialize as bytes_to_hex};
use pallet_attribution::Parameters;
use pallet_datanets::Windows;
use pallet_validators::{types::BLOCK_TIME_MS_DEFAULT, ChainPeriods};
use plexus_runtime::{
	AccountId, AttributionConfig, Balance, BalancesConfig, DatanetsConfig, ReceiptsConfig,
	RuntimeGenesisConfig, SudoConfig, ValidatorsConfig, VERSION,
};
use serde::{Deserialize, Serialize};
use sp_runtime::{BuildStorage, Perbill};
use sp_storage::{well_known_keys::CODE, Storage};
use std::collections::BTreeMap;

/// What stands under `:code` in a genesis of this runtime's version.
pub fn code() -> Vec<u8> {
	format!("{}{}", code_prefix(), VERSION.spec_version).into_bytes()
}

/// What `:code` begins with in a genesis of any version of this runtime.
pub(crate) fn code_prefix() -> String {
	format!("native-runtime:{}-", VERSION.spec_name)
}

/// The genesis state, in one of two forms. A process has one, so that the difference of their sizes does not matter.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Genesis {
	/// In the runtime's terms. The state depends on the runtime's version.
	Runtime(RuntimeGenesis),
	/// As keys and values.
	Raw(RawGenesis),
}

impl Genesis {
	/// Checks what can be checked beforehand and builds the storage.
	pub(crate) fn build(&self, chain_type: ChainType) -> Result<Storage, SpecError> {
		let mut storage = match self {
			Self::Runtime(genesis) => genesis.build(chain_type)?,
			Self::Raw(genesis) => Storage {
				top: genesis.0.clone().into_iter().map(|(k, v)| (k.0, v.0)).collect(),
				..Default::default()
			},
		};
		storage.top.entry(CODE.to_vec()).or_insert_with(code);
		Ok(storage)
	}
}

/// The parts of the runtime's genesis that a chain chooses. A part that is absent is empty, or the default.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RuntimeGenesis {
	/// What batches with claims are submitted under.
	pub attribution: GenesisAttribution,
	/// Who holds what.
	pub balances: GenesisBalances,
	/// How long things of datanets take.
	pub datanets: GenesisDatanets,
	/// What the protocol takes of payments.
	pub receipts: GenesisReceipts,
	/// Who is in charge of Sudo.
	pub sudo: GenesisSudo,
	/// Who makes blocks with which stake, and how often.
	pub validators: GenesisValidators,
}

/// The parameters of claims.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisAttribution {
	/// Shares, holds, lengths and windows; if absent, as on a live chain.
	#[serde(default)]
	pub parameters: Parameters,
}

/// The accounts of the genesis.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisBalances {
	/// Accounts with their amounts in the smallest unit.
	pub balances: Vec<(AccountId, Balance)>,
}

/// The windows of datanets.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisDatanets {
	/// How long commitments, reviews, deposits, challenges and disputes take; if absent, as on a live chain.
	#[serde(default)]
	pub windows: Windows,
}

/// The protocol's share of payments.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisReceipts {
	/// In billionths; if absent, that of the runtime.
	#[serde(default)]
	pub protocol_share: Option<Perbill>,
}

/// Sudo's key.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisSudo {
	/// The account in charge; nobody, if absent. Refused on live chains.
	#[serde(default)]
	pub key: Option<AccountId>,
}

/// A validator of the genesis, with this chain's accounts.
pub type GenesisValidator = pallet_validators::GenesisValidator<AccountId>;

/// The validators, the block time and the periods.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisValidators {
	/// The validators with their accounts and stakes. Each account holds its stake and more among the balances.
	pub validators: Vec<GenesisValidator>,
	/// Block time in milliseconds.
	#[serde(default = "default_block_time_ms")]
	pub block_time_ms: u64,
	/// How long eras, absence, jail, evidence and unbonding take; if absent, as on a live chain.
	#[serde(default)]
	pub periods: ChainPeriods,
}

fn default_block_time_ms() -> u64 {
	BLOCK_TIME_MS_DEFAULT
}

impl Default for GenesisValidators {
	fn default() -> Self {
		let periods = ChainPeriods::default();
		Self { validators: Vec::new(), block_time_ms: BLOCK_TIME_MS_DEFAULT, periods }
	}
}

impl RuntimeGenesis {
	/// The runtime's own preset of this name.
	pub(crate) fn preset(name: &str) -> Option<Self> {
		let json = plexus_runtime::genesis::preset(name)?;
		Some(
			serde_json::from_slice(&json)
				.expect("the runtime's presets have this form; a test reads each of them"),
		)
	}

	/// The runtime's configuration of the validators, which knows their rules.
	pub(crate) fn validators_config(&self) -> ValidatorsConfig {
		let GenesisValidators { validators, block_time_ms, periods } = self.validators.clone();
		ValidatorsConfig { validators, block_time_ms, periods }
	}

	fn build(&self, chain_type: ChainType) -> Result<Storage, SpecError> {
		check_runtime_genesis(self, chain_type)?;
		RuntimeGenesisConfig {
			attribution: AttributionConfig { parameters: self.attribution.parameters, ..Default::default() },
			balances: BalancesConfig { balances: self.balances.balances.clone(), dev_accounts: None },
			sudo: SudoConfig { key: self.sudo.key.clone() },
			validators: self.validators_config(),
			datanets: DatanetsConfig { windows: self.datanets.windows, ..Default::default() },
			receipts: ReceiptsConfig { protocol_share: self.receipts.protocol_share, ..Default::default() },
			..Default::default()
		}
		.build_storage()
		.map_err(SpecError::Build)
	}
}

/// Bytes that are `0x…` in JSON.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct HexBytes(pub Vec<u8>);

impl Serialize for HexBytes {
	fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		bytes_to_hex(&self.0, serializer)
	}
}

impl<'de> Deserialize<'de> for HexBytes {
	fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		bytes_from_hex(deserializer).map(Self)
	}
}

/// The state as keys and values.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct RawGenesis(pub BTreeMap<HexBytes, HexBytes>);

impl From<Storage> for RawGenesis {
	fn from(storage: Storage) -> Self {
		Self(storage.top.into_iter().map(|(k, v)| (HexBytes(k), HexBytes(v))).collect())
	}
}
