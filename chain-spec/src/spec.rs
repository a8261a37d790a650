//! [`ChainSpec`]: the JSON file.
//!
//! # Must not
//! Accept a field that it does not know: a misspelt one would silently make another chain.

use crate::{
	check::{self, SpecError},
	genesis::{Genesis, RuntimeGenesis},
	header::{genesis_header, genesis_state_root},
};
use plexus_primitives::{
	consensus::Voter,
	constants::{SS58_PREFIX, TOKEN_DECIMALS, TOKEN_SYMBOL},
};
use plexus_runtime::{Hash, Header};
use serde::{Deserialize, Serialize};
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_storage::Storage;

/// The version of the file's form that this build writes and reads.
pub const FORMAT_VERSION: u32 = 1;

/// The longest file: a raw genesis of some hundred thousand accounts.
pub const SPEC_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What a chain is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ChainType {
	/// One developer's machine. Well-known keys hold everything.
	Development,
	/// A test network. Well-known keys may hold everything.
	Local,
	/// A chain with something to lose. Well-known keys and Sudo are refused.
	Live,
}

/// What wallets show amounts and addresses by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Properties {
	/// The address prefix; the runtime's own.
	pub ss58_format: u16,
	/// Decimals of the token; the runtime's own.
	pub token_decimals: u8,
	/// Symbol of the token.
	pub token_symbol: String,
}

impl Default for Properties {
	fn default() -> Self {
		Self {
			ss58_format: SS58_PREFIX.into(),
			token_decimals: TOKEN_DECIMALS,
			token_symbol: TOKEN_SYMBOL.into(),
		}
	}
}

/// A chain specification.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChainSpec {
	/// The version of the file's form: [`FORMAT_VERSION`].
	pub format_version: u32,
	/// The chain's name for people.
	pub name: String,
	/// The chain's name for directories and network protocols: lower-case letters, digits, `-` and `_`.
	pub id: String,
	/// What the chain is for.
	pub chain_type: ChainType,
	/// Nodes to connect to first: multiaddresses that end in `/p2p/<peer id>`.
	#[serde(default)]
	pub bootnodes: Vec<String>,
	/// Keeps the network's protocols apart from other chains'. The id, if absent.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub protocol_id: Option<String>,
	/// What wallets need to know.
	#[serde(default)]
	pub properties: Properties,
	/// The genesis state.
	pub genesis: Genesis,
}

impl ChainSpec {
	/// The names that [`Self::preset`] knows.
	pub const PRESETS: [&'static str; 2] = ["dev", "local"];

	/// A built-in specification: `dev` with one validator, or `local` with four, all with well-known keys. `None`:
	/// there is none of this name.
	pub fn preset(name: &str) -> Option<Self> {
		let (name, id, chain_type, runtime_preset) = match name {
			"dev" => ("Plexus Development", "plexus-dev", ChainType::Development, DEV_RUNTIME_PRESET),
			"local" => ("Plexus Local", "plexus-local", ChainType::Local, LOCAL_TESTNET_RUNTIME_PRESET),
			_ => return None,
		};
		let genesis = RuntimeGenesis::preset(runtime_preset)?;
		Some(Self { name: name.into(), ..Self::new(id, chain_type, genesis) })
	}

	/// A specification that is named after its id. No rule is checked yet: [`Self::check`] does.
	pub fn new(id: &str, chain_type: ChainType, genesis: RuntimeGenesis) -> Self {
		Self {
			format_version: FORMAT_VERSION,
			name: id.into(),
			id: id.into(),
			chain_type,
			bootnodes: Vec::new(),
			protocol_id: None,
			properties: Properties::default(),
			genesis: Genesis::Runtime(genesis),
		}
	}

	/// Reads and checks a file.
	///
	/// # Errors
	/// When it is too long, is not JSON of this form, or breaks a rule.
	pub fn from_json(bytes: &[u8]) -> Result<Self, SpecError> {
		if bytes.len() > SPEC_BYTES_MAX {
			return Err(SpecError::TooLong { given: bytes.len(), max: SPEC_BYTES_MAX });
		}
		let version = format_version(bytes)?;
		if version != FORMAT_VERSION {
			return Err(SpecError::FormatVersion { given: version, known: FORMAT_VERSION });
		}
		let spec: Self = serde_json::from_slice(bytes).map_err(SpecError::malformed)?;
		spec.check()?;
		Ok(spec)
	}

	/// The file's text, indented, with a newline at its end.
	pub fn to_json(&self) -> String {
		let mut text =
			serde_json::to_string_pretty(self).expect("it has string keys only, so it always serialises");
		text.push('\n');
		text
	}

	/// Checks every rule.
	///
	/// # Errors
	/// The first rule that is broken, with what would be right.
	pub fn check(&self) -> Result<(), SpecError> {
		self.genesis_storage().map(drop)
	}

	/// The genesis state, with a marker for the runtime under `:code`.
	///
	/// # Errors
	/// The first rule that is broken.
	pub fn genesis_storage(&self) -> Result<Storage, SpecError> {
		check::check_identity(self)?;
		let storage = self.genesis.build(self.chain_type)?;
		check::check_storage(&storage, self.chain_type)?;
		Ok(storage)
	}

	/// The header of block 0. Its hash is the genesis hash.
	///
	/// # Errors
	/// As [`Self::genesis_storage`].
	pub fn header(&self) -> Result<Header, SpecError> {
		Ok(genesis_header(genesis_state_root(&self.genesis_storage()?)))
	}

	/// The genesis hash, which names the chain.
	///
	/// # Errors
	/// As [`Self::genesis_storage`].
	pub fn genesis_hash(&self) -> Result<Hash, SpecError> {
		self.header().map(|header| header.hash())
	}

	/// The validators of block 1, in the order of consensus: with the genesis hash all that a light client starts from.
	///
	/// # Errors
	/// As [`Self::genesis_storage`].
	pub fn validators(&self) -> Result<Vec<Voter>, SpecError> {
		Ok(check::validators(&self.genesis_storage()?))
	}

	/// The same chain with its genesis as plain keys and values.
	///
	/// In the runtime's terms a genesis changes with the runtime's version. A chain that is to outlive the version it
	/// started with is handed out in this form.
	///
	/// # Errors
	/// As [`Self::genesis_storage`].
	pub fn to_raw(&self) -> Result<Self, SpecError> {
		let storage = self.genesis_storage()?;
		Ok(Self { genesis: Genesis::Raw(storage.into()), ..self.clone() })
	}

	/// What the network's protocols are named by.
	pub fn protocol(&self) -> &str {
		self.protocol_id.as_deref().unwrap_or(&self.id)
	}
}

/// Reads only the version, so that a file of another form is told as such and not by its first unknown field.
fn format_version(bytes: &[u8]) -> Result<u32, SpecError> {
	#[derive(Deserialize)]
	#[serde(rename_all = "camelCase")]
	struct Version {
		format_version: u32,
	}
	let version: Version = serde_json::from_slice(bytes).map_err(SpecError::malformed)?;
	Ok(version.format_version)
}
