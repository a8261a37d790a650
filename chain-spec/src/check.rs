//! The rules of a specification: [`SpecError`] lists them.
//!
//! # Must not
//! Repair anything. A specification that breaks a rule is refused with what would be right.

use crate::{
	genesis::{code_prefix, GenesisValidator, RuntimeGenesis},
	spec::{ChainSpec, ChainType},
	well_known,
};
use pallet_validators::{
	types::{BLOCK_TIME_MS_MAX, BLOCK_TIME_MS_MIN},
	InvalidGenesis, Stakes,
};
use plexus_primitives::{
	consensus::{ConsensusKey, Voter},
	constants::{EXISTENTIAL_DEPOSIT, SS58_PREFIX, TOKEN_DECIMALS},
};
use plexus_runtime::{
	configs::ValidatorBondMin, genesis::POTS_ENDOWMENT, AccountId, Balance, ProtocolShareMax,
	ProtocolShareMin, Receipts, Runtime, System, Validators,
};
use sp_core::H256;
use sp_state_machine::BasicExternalities;
use sp_storage::{
	well_known_keys::{CHILD_STORAGE_KEY_PREFIX, CODE},
	Storage,
};
use std::collections::BTreeSet;

/// The longest name and symbol, in characters, and id, in bytes.
pub const NAME_MAX: usize = 64;

/// The most bootnodes.
pub const BOOTNODES_MAX: usize = 64;

/// A rule that a specification breaks.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
	/// The file is too long.
	#[error("the chain specification has {given} bytes, at most {max} are read")]
	TooLong {
		/// Its bytes.
		given: usize,
		/// The most.
		max: usize,
	},
	/// It is not JSON of the right form.
	#[error("the chain specification does not parse: {0}; compare it with the output of `plexus chain-spec build`")]
	Malformed(String),
	/// It is of another form.
	#[error("the chain specification has formatVersion {given}, this build reads {known}; build it again with this version")]
	FormatVersion {
		/// Its version.
		given: u32,
		/// The version that is read.
		known: u32,
	},
	/// A name, id or symbol is empty, too long or has characters that it may not have.
	#[error("{field} is {given:?}; it needs {rule}")]
	Name {
		/// The field.
		field: &'static str,
		/// What it holds.
		given: String,
		/// What would be right.
		rule: &'static str,
	},
	/// The properties are not the runtime's.
	#[error(
		"properties.{field} is {given}, but this runtime's is {right}; wallets would show wrong numbers"
	)]
	Property {
		/// The field.
		field: &'static str,
		/// What it holds.
		given: u16,
		/// The runtime's.
		right: u16,
	},
	/// A bootnode's address has the wrong form.
	#[error("bootnodes: {0:?} is no address; write it like /ip4/192.0.2.1/tcp/30333/p2p/12D3KooW…")]
	Bootnode(String),
	/// Too many bootnodes.
	#[error("there are {given} bootnodes, at most {max} are used; keep the most reliable ones")]
	Bootnodes {
		/// How many there are.
		given: usize,
		/// The most.
		max: usize,
	},
	/// Nobody makes blocks.
	#[error("there is no validator; add one to genesis.runtime.validators.validators: {{\"account\": \"<address>\", \"key\": \"0x<ed25519 public key>\", \"stake\": {}, \"commission\": 100000000}}", ValidatorBondMin::get())]
	NoValidator,
	/// The block time is out of bounds.
	#[error("the block time is {given_ms} ms; it must be {BLOCK_TIME_MS_MIN} to {BLOCK_TIME_MS_MAX} ms")]
	BlockTime {
		/// The block time.
		given_ms: u64,
	},
	/// Too many validators.
	#[error("there are {given} validators, at most {max} can be")]
	TooManyValidators {
		/// How many there are.
		given: usize,
		/// The most.
		max: u32,
	},
	/// A period breaks its rule.
	#[error("periods.{field} is wrong: {rule}")]
	Period {
		/// Which.
		field: &'static str,
		/// What would be right.
		rule: &'static str,
	},
	/// Evidence is accepted for more eras than a chain may keep.
	#[error("evidence is accepted for {needed} eras, at most {max} are kept; lower periods.evidenceAgeMs, or raise periods.eraBlocks or blockTimeMs")]
	History {
		/// How many eras.
		needed: u64,
		/// The most.
		max: u32,
	},
	/// A window of datanets breaks its rule.
	#[error("datanets.windows break a rule: commitmentLifetimeMs and acceptanceMs are above commitmentAgeMs, challengeMs and disputeMs above 0")]
	Windows,
	/// The parameters of claims break their rules.
	#[error("attribution.parameters break a rule: grounded and span are at most all, attested is 0, challenger is at most 20 % and leaves of holdMultiple more than 1, spanBytesMin and unlistedBytesMin are above 0, responseMs and revealMs above 0 and at most a third of windowMs")]
	Parameters,
	/// The protocol's share of payments is out of its bounds.
	#[error(
		"receipts.protocolShare is {given}; it must be {} to {} billionths",
		ProtocolShareMin::get().deconstruct(),
		ProtocolShareMax::get().deconstruct()
	)]
	ProtocolShare {
		/// The share, in billionths.
		given: u32,
	},
	/// A validator has too little stake.
	#[error(
		"validator {id:?} has less stake than a validator must have; give it at least {} (1,000 PLX)",
		ValidatorBondMin::get()
	)]
	StakeTooSmall {
		/// Its key.
		id: H256,
	},
	/// A validator's key stands in the list twice.
	#[error("validator {id:?} stands in the list twice; add its stakes up")]
	DuplicateValidator {
		/// Its key.
		id: H256,
	},
	/// Two validators have one account.
	#[error("the account of validator {id:?} has another validator already; each needs its own account")]
	DuplicateValidatorAccount {
		/// The key of the second.
		id: H256,
	},
	/// A validator's account does not hold its stake.
	#[error("account {account} bonds {stake} for a validator but holds {given}; give it its stake and at least {EXISTENTIAL_DEPOSIT} (0.001 PLX) more in genesis.runtime.balances")]
	Unfunded {
		/// The account.
		account: AccountId,
		/// What it bonds.
		stake: Balance,
		/// What it holds.
		given: Balance,
	},
	/// A validator's key is no ed25519 key.
	#[error("validator {id:?} is no ed25519 public key; `plexus key inspect` shows the right one")]
	NoKey {
		/// The bytes.
		id: H256,
	},
	/// A live chain uses a well-known validator key.
	#[error("validator {id:?} is the well-known development key {seed}, which everybody can sign with; make one with `plexus key generate`")]
	WellKnownValidator {
		/// The key.
		id: H256,
		/// Its seed.
		seed: String,
	},
	/// A live chain endows a well-known account.
	#[error("account {account} belongs to the well-known development key {seed}, so anybody could take its balance; leave it out of a live chain")]
	WellKnownAccount {
		/// The account.
		account: AccountId,
		/// Its seed.
		seed: String,
	},
	/// A live chain has a Sudo key.
	#[error("a live chain has no Sudo; leave genesis.runtime.sudo.key out")]
	SudoOnLive,
	/// A balance is below the existential deposit.
	#[error("account {account} gets {given}; the least is {EXISTENTIAL_DEPOSIT} (0.001 PLX)")]
	BelowMinimum {
		/// The account.
		account: AccountId,
		/// Its balance.
		given: Balance,
	},
	/// An account stands in the list twice.
	#[error("account {account} stands in the list twice; add its balances up")]
	DuplicateAccount {
		/// The account.
		account: AccountId,
	},
	/// All balances together are too much.
	#[error("the balances together exceed 2^128 - 1 of the smallest unit; lower them")]
	IssuanceOverflow,
	/// The genesis was made by another runtime.
	#[error(
		"the raw genesis is of the runtime {given:?}, this build is {right:?}; run the release that made it"
	)]
	OtherRuntime {
		/// What stands under `:code`.
		given: String,
		/// What would stand there.
		right: String,
	},
	/// The raw genesis has child tries.
	#[error("the raw genesis has the key {0:?} of a child trie; this chain has none")]
	ChildTrie(String),
	/// The raw genesis breaks an invariant of the validators.
	#[error("the raw genesis holds a broken set of validators: {0}")]
	BrokenState(String),
	/// The runtime refused to build the genesis.
	#[error("the runtime cannot build this genesis: {0}")]
	Build(String),
}

impl SpecError {
	pub(crate) fn malformed(error: serde_json::Error) -> Self {
		Self::Malformed(error.to_string())
	}
}

impl From<InvalidGenesis> for SpecError {
	fn from(error: InvalidGenesis) -> Self {
		match error {
			InvalidGenesis::BlockTime { given_ms } => Self::BlockTime { given_ms },
			InvalidGenesis::Period { field, rule } => Self::Period { field, rule },
			InvalidGenesis::History { needed, max } => Self::History { needed, max },
			InvalidGenesis::TooMany { given, max } => Self::TooManyValidators { given, max },
			InvalidGenesis::StakeTooSmall { key } => Self::StakeTooSmall { id: key },
			InvalidGenesis::UnusableKey { key } => Self::NoKey { id: key },
			InvalidGenesis::DuplicateKey { key } => Self::DuplicateValidator { id: key },
			InvalidGenesis::DuplicateAccount { key } => Self::DuplicateValidatorAccount { id: key },
		}
	}
}

/// Checks everything but the genesis.
pub(crate) fn check_identity(spec: &ChainSpec) -> Result<(), SpecError> {
	check_text("name", &spec.name)?;
	check_text("properties.tokenSymbol", &spec.properties.token_symbol)?;
	check_id("id", &spec.id)?;
	if let Some(protocol_id) = &spec.protocol_id {
		check_id("protocolId", protocol_id)?;
	}
	check_property("ss58Format", spec.properties.ss58_format, SS58_PREFIX.into())?;
	check_property("tokenDecimals", spec.properties.token_decimals.into(), TOKEN_DECIMALS.into())?;
	if spec.bootnodes.len() > BOOTNODES_MAX {
		return Err(SpecError::Bootnodes { given: spec.bootnodes.len(), max: BOOTNODES_MAX });
	}
	match spec.bootnodes.iter().find(|address| !address.starts_with('/') || !address.contains("/p2p/")) {
		Some(address) => Err(SpecError::Bootnode(address.clone())),
		None => Ok(()),
	}
}

fn check_text(field: &'static str, given: &str) -> Result<(), SpecError> {
	let length = given.chars().count();
	if length == 0 || length > NAME_MAX || given.chars().any(char::is_control) {
		let rule = "1 to 64 printable characters";
		return Err(SpecError::Name { field, given: given.into(), rule });
	}
	Ok(())
}

fn check_id(field: &'static str, given: &str) -> Result<(), SpecError> {
	let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'_';
	if given.is_empty() || given.len() > NAME_MAX || !given.bytes().all(allowed) {
		let rule = "1 to 64 of a-z, 0-9, - and _";
		return Err(SpecError::Name { field, given: given.into(), rule });
	}
	Ok(())
}

fn check_property(field: &'static str, given: u16, right: u16) -> Result<(), SpecError> {
	if given != right {
		return Err(SpecError::Property { field, given, right });
	}
	Ok(())
}

/// Checks a genesis in the runtime's terms, before the runtime builds it.
pub(crate) fn check_runtime_genesis(
	genesis: &RuntimeGenesis,
	chain_type: ChainType,
) -> Result<(), SpecError> {
	genesis.validators_config().check()?;
	if !genesis.datanets.windows.are_sound() {
		return Err(SpecError::Windows);
	}
	if !genesis.attribution.parameters.are_sound() {
		return Err(SpecError::Parameters);
	}
	if let Some(share) = genesis.receipts.protocol_share.filter(|share| !Receipts::may_be_taken(*share)) {
		return Err(SpecError::ProtocolShare { given: share.deconstruct() });
	}
	for GenesisValidator { key, .. } in &genesis.validators.validators {
		check_validator(*key, chain_type)?;
	}
	check_balances(genesis, chain_type)?;
	for GenesisValidator { account, stake, .. } in &genesis.validators.validators {
		let balances = &genesis.balances.balances;
		let given = balances.iter().find(|(other, _)| other == account).map_or(0, |(_, given)| *given);
		if given.saturating_sub(*stake) < EXISTENTIAL_DEPOSIT {
			return Err(SpecError::Unfunded { account: account.clone(), stake: *stake, given });
		}
	}
	Ok(())
}

fn check_balances(genesis: &RuntimeGenesis, chain_type: ChainType) -> Result<(), SpecError> {
	let mut seen = BTreeSet::new();
	let mut issuance = POTS_ENDOWMENT;
	for (account, balance) in &genesis.balances.balances {
		if *balance < EXISTENTIAL_DEPOSIT {
			return Err(SpecError::BelowMinimum { account: account.clone(), given: *balance });
		}
		if !seen.insert(account) {
			return Err(SpecError::DuplicateAccount { account: account.clone() });
		}
		issuance = issuance.checked_add(*balance).ok_or(SpecError::IssuanceOverflow)?;
		if let (ChainType::Live, Some(seed)) = (chain_type, well_known::account_seed(account)) {
			return Err(SpecError::WellKnownAccount { account: account.clone(), seed });
		}
	}
	Ok(())
}

/// Checks what was built, whatever it was built from.
pub(crate) fn check_storage(storage: &Storage, chain_type: ChainType) -> Result<(), SpecError> {
	if let Some(key) = storage.top.keys().find(|key| key.starts_with(CHILD_STORAGE_KEY_PREFIX)) {
		return Err(SpecError::ChildTrie(String::from_utf8_lossy(key).into()));
	}
	let code = storage.top.get(CODE).map(Vec::as_slice).unwrap_or_default();
	if !code.starts_with(code_prefix().as_bytes()) {
		let given = String::from_utf8_lossy(&code[..code.len().min(NAME_MAX)]).into_owned();
		return Err(SpecError::OtherRuntime { given, right: code_prefix() });
	}
	let (validators, sudo_key, exposed) = BasicExternalities::new(storage.clone()).execute_with(|| {
		Validators::check_invariants().map_err(|error| SpecError::BrokenState(format!("{error:?}")))?;
		let exposed = well_known::accounts().find(|(account, _)| has_something(account));
		Ok::<_, SpecError>((Validators::next_validators(), pallet_sudo::Key::<Runtime>::get(), exposed))
	})?;
	if validators.is_empty() {
		return Err(SpecError::NoValidator);
	}
	for (id, _) in validators {
		check_validator(H256(id), chain_type)?;
	}
	match (chain_type, sudo_key, exposed) {
		(ChainType::Live, Some(_), _) => Err(SpecError::SudoOnLive),
		(ChainType::Live, None, Some((account, seed))) => Err(SpecError::WellKnownAccount { account, seed }),
		_ => Ok(()),
	}
}

/// Whether an account is in a built state, or has a stake there: a raw genesis has no list of balances to look at.
fn has_something(account: &AccountId) -> bool {
	System::account_exists(account) || Stakes::<Runtime>::contains_key(account)
}

/// The validators that a genesis names, in the order of consensus.
pub(crate) fn validators(storage: &Storage) -> Vec<Voter> {
	let validators = BasicExternalities::new(storage.clone()).execute_with(Validators::next_validators);
	validators.into_iter().map(|(id, power)| (ConsensusKey(id), power)).collect()
}

fn check_validator(id: H256, chain_type: ChainType) -> Result<(), SpecError> {
	let key = ed25519_dalek::VerifyingKey::from_bytes(&id.0).ok().filter(|key| !key.is_weak());
	if key.is_none() {
		return Err(SpecError::NoKey { id });
	}
	match (chain_type, well_known::validator_seed(&id)) {
		(ChainType::Live, Some(seed)) => Err(SpecError::WellKnownValidator { id, seed }),
		_ => Ok(()),
	}
}
