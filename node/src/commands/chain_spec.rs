//! `plexus chain-spec build|show|validate`. The rules are in `plexus-chain-spec`; here only files and output.

use crate::{
	cli::ChainSpecCommand,
	place::{self, named_spec, spec_report},
	report::Report,
};
use plexus_chain_spec::{
	genesis::{GenesisBalances, GenesisSudo, GenesisValidators},
	ChainSpec, ChainType, Genesis, GenesisValidator, RuntimeGenesis,
};
use plexus_primitives::constants::{SS58_PREFIX, UNITS};
use plexus_runtime::{AccountId, Balance};
use serde_json::{json, Value};
use sp_core::{
	crypto::{Ss58AddressFormat, Ss58Codec},
	H256,
};
use sp_runtime::Perbill;
use std::{fs::OpenOptions, io::Write, path::Path};

/// What a validator bonds if nothing is said: ten times the least.
const STAKE_DEFAULT: Balance = 10_000 * UNITS;

/// What a validator's account gets besides its stake if nothing else endows it, so that it can pay fees: some hundred
/// transactions.
const FEES_ENDOWMENT: Balance = UNITS;

/// Runs a chain-spec command.
///
/// # Errors
/// A specification that breaks a rule, or a file that cannot be read or written.
pub fn run(command: ChainSpecCommand) -> anyhow::Result<()> {
	match command {
		ChainSpecCommand::Build {
			preset,
			id,
			name,
			block_time_ms,
			validators,
			endowed,
			sudo,
			raw,
			output,
		} => {
			let spec = match &id {
				Some(id) if !validators.is_empty() => {
					for key in validators.iter().filter(|text| !text.contains(':')) {
						eprintln!(
							"note: the stake of {key} belongs to the account that the key itself signs for, and the key lies on the node; KEY:ADDRESS keeps it in a wallet"
						);
					}
					let spec = own(id, &validators, &endowed, sudo.as_deref(), block_time_ms)?;
					finished(spec, None, name, raw)?
				}
				_ => {
					if let Some(id) = &id {
						eprintln!(
							"note: `{id}` is the preset `{preset}` under another id, and everybody knows its keys; --validator makes a chain of your own"
						);
					}
					build(&preset, id, name, block_time_ms, raw)?
				}
			};
			match output {
				Some(path) => write(&path, &spec)?,
				None => print!("{}", spec.to_json()),
			}
		}
		ChainSpecCommand::Show { chain, json } => {
			let facts = facts(&named_spec(&chain)?)?;
			match json {
				true => println!("{facts:#}"),
				false => print!("{}", lines(&facts)),
			}
		}
		ChainSpecCommand::Validate { chain } => {
			let spec = named_spec(&chain)?;
			let genesis = spec.genesis_hash().map_err(|error| spec_report(&error))?;
			println!("`{}` is valid, genesis {genesis:?}", spec.id);
		}
	}
	Ok(())
}

fn build(
	preset: &str,
	id: Option<String>,
	name: Option<String>,
	block_time_ms: Option<u64>,
	raw: bool,
) -> Result<ChainSpec, Report> {
	let mut spec = ChainSpec::preset(preset).ok_or_else(|| {
		let cause = format!("there is no preset `{preset}`");
		Report::new("chain specification", cause, format!("choose one of: {}", ChainSpec::PRESETS.join(", ")))
	})?;
	if let Some(ms) = block_time_ms {
		spec = place::with_block_time(spec, ms)?;
	}
	finished(spec, id, name, raw)
}

/// A chain of these validators and these balances, with nothing of a preset. It is live, unless Sudo has a key, which a
/// live chain refuses.
pub(super) fn own(
	id: &str,
	validators: &[String],
	endowed: &[String],
	sudo: Option<&str>,
	block_time_ms: Option<u64>,
) -> Result<ChainSpec, Report> {
	let validators = validators.iter().map(|text| validator(text)).collect::<Result<Vec<_>, Report>>()?;
	let mut balances = endowed.iter().map(|text| endowment(text)).collect::<Result<Vec<_>, Report>>()?;
	for GenesisValidator { account, stake, .. } in &validators {
		match balances.iter_mut().find(|(other, _)| other == account) {
			// An overflow shows as an issuance that does not fit.
			Some((_, balance)) => *balance = balance.saturating_add(*stake),
			None => balances.push((account.clone(), stake.saturating_add(FEES_ENDOWMENT))),
		}
	}
	let mut genesis = RuntimeGenesis {
		balances: GenesisBalances { balances },
		sudo: GenesisSudo { key: sudo.map(account).transpose()? },
		validators: GenesisValidators { validators, ..GenesisValidators::default() },
		..RuntimeGenesis::default()
	};
	if let Some(ms) = block_time_ms {
		genesis.validators.block_time_ms = ms;
	}
	let chain_type = match sudo {
		Some(_) => ChainType::Local,
		None => ChainType::Live,
	};
	Ok(ChainSpec::new(id, chain_type, genesis))
}

/// A validator as `KEY`, `KEY:ACCOUNT` or `KEY:ACCOUNT:STAKE`, with the stake in whole PLX. Without an account the key's own
/// is meant: the one whose transactions the key itself signs.
fn validator(text: &str) -> Result<GenesisValidator, Report> {
	let mut parts = text.splitn(3, ':');
	let key = parts.next().and_then(hex32).ok_or_else(|| {
		Report::new(
			"chain specification",
			format!("`{text}` begins with no validator's key"),
			"write 0x and 64 hexadecimal digits, which `plexus key inspect` shows as `public`, and perhaps :ADDRESS and :STAKE in whole PLX behind them",
		)
	})?;
	let account = parts.next().map_or(Ok(AccountId::new(key)), account)?;
	let stake = match parts.next() {
		None => STAKE_DEFAULT,
		Some(amount) => whole_plx(amount).ok_or_else(|| {
			Report::new(
				"chain specification",
				format!("`{text}` names no stake"),
				"write KEY:ADDRESS:STAKE with a whole number of PLX, like 0x…:5G…:10000",
			)
		})?,
	};
	Ok(GenesisValidator { account, key: H256(key), stake, commission: Perbill::zero() })
}

fn whole_plx(amount: &str) -> Option<Balance> {
	amount.parse::<Balance>().ok().and_then(|amount| amount.checked_mul(UNITS))
}

/// A balance as `ADDRESS=PLX`. Whole PLX only: whoever needs parts of one writes them into the file.
fn endowment(text: &str) -> Result<(AccountId, Balance), Report> {
	let (address, amount) = text.split_once('=').unwrap_or((text, ""));
	let account = account(address)?;
	match whole_plx(amount) {
		Some(amount) => Ok((account, amount)),
		None => Err(Report::new(
			"chain specification",
			format!("`{text}` names no amount"),
			"write ADDRESS=PLX with a whole number, like 5G…=1000",
		)),
	}
}

/// An account as an SS58 address of this chain, or as `0x…`. Development keys have no short form here.
pub(super) fn account(text: &str) -> Result<AccountId, Report> {
	let of_this_chain = Ss58AddressFormat::custom(SS58_PREFIX.into());
	let from_address = || match AccountId::from_ss58check_with_version(text) {
		Ok((account, format)) if format == of_this_chain => Some(account),
		_ => None,
	};
	hex32(text).map(AccountId::new).or_else(from_address).ok_or_else(|| {
		Report::new(
			"address",
			format!("`{text}` is no address of this chain"),
			format!("copy the whole address from your wallet, with network prefix {SS58_PREFIX}, or write 0x and 64 hexadecimal digits"),
		)
	})
}

fn hex32(text: &str) -> Option<[u8; 32]> {
	let mut bytes = [0; 32];
	hex::decode_to_slice(text.strip_prefix("0x")?, &mut bytes).ok()?;
	Some(bytes)
}

/// The specification as it is handed out: named, checked, raw if that was asked for.
pub(super) fn finished(
	mut spec: ChainSpec,
	id: Option<String>,
	name: Option<String>,
	raw: bool,
) -> Result<ChainSpec, Report> {
	spec.id = id.unwrap_or(spec.id);
	spec.name = name.unwrap_or(spec.name);
	spec.check().map_err(|error| spec_report(&error))?;
	match raw {
		true => spec.to_raw().map_err(|error| spec_report(&error)),
		false => Ok(spec),
	}
}

pub(super) fn write(path: &Path, spec: &ChainSpec) -> Result<(), Report> {
	let failed = |error: std::io::Error| {
		let cause = format!("cannot write {}: {error}", path.display());
		Report::new(
			"file",
			cause,
			"choose a path that does not exist yet, in a directory that this user may write",
		)
	};
	let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
	file.write_all(spec.to_json().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

/// What people want to know of a chain before they join it.
fn facts(spec: &ChainSpec) -> Result<Value, Report> {
	let header = spec.header().map_err(|error| spec_report(&error))?;
	let (validators, periods) = match &spec.genesis {
		Genesis::Runtime(genesis) => {
			let GenesisValidators { validators, periods, .. } = &genesis.validators;
			(validators.iter().map(validator_facts).collect(), json!(periods))
		}
		Genesis::Raw(_) => (Value::Null, Value::Null),
	};
	Ok(json!({
		"name": spec.name,
		"id": spec.id,
		"type": spec.chain_type,
		"genesisHash": format!("{:?}", header.hash()),
		"stateRoot": format!("{:?}", header.state_root),
		"blockTimeMs": place::block_time_ms(spec),
		"periods": periods,
		"validators": validators,
		"bootnodes": spec.bootnodes,
		"protocol": spec.protocol(),
		"properties": spec.properties,
	}))
}

/// The stake in the smallest unit as a string: JSON's whole numbers end before.
fn validator_facts(validator: &GenesisValidator) -> Value {
	let GenesisValidator { account, key, stake, commission } = validator;
	json!({ "account": account, "key": key, "stake": stake.to_string(), "commission": commission })
}

fn lines(facts: &Value) -> String {
	let rows = [
		("name", "name"),
		("id", "id"),
		("type", "type"),
		("genesis hash", "genesisHash"),
		("state root", "stateRoot"),
		("block time", "blockTimeMs"),
		("periods", "periods"),
		("protocol", "protocol"),
	];
	let mut text = String::new();
	for (label, key) in rows {
		let value = match &facts[key] {
			Value::String(value) => value.clone(),
			Value::Null => "fixed by the raw genesis".into(),
			value if key == "blockTimeMs" => format!("{value} ms"),
			value if key == "periods" => period_list(value),
			value => value.to_string(),
		};
		text.push_str(&format!("{label:<13} {value}\n"));
	}
	for validator in facts["validators"].as_array().into_iter().flatten() {
		let [key, account] = ["key", "account"].map(|field| validator[field].as_str().unwrap_or_default());
		let stake = validator["stake"].as_str().and_then(|stake| stake.parse::<Balance>().ok());
		let stake = stake.map_or_else(String::new, |stake| format!("{} PLX", stake / UNITS));
		text.push_str(&format!("{:<13} {key} account {account} stake {stake}\n", "validator"));
	}
	for bootnode in facts["bootnodes"].as_array().into_iter().flatten() {
		text.push_str(&format!("{:<13} {}\n", "bootnode", bootnode.as_str().unwrap_or_default()));
	}
	text
}

/// The periods under the names of the specification, with durations in the largest unit that they are a multiple of.
fn period_list(periods: &Value) -> String {
	const UNITS_MS: [(u64, &str); 5] =
		[(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")];
	let text = |(name, value): (&String, &Value)| {
		let number = value.as_u64().unwrap_or_default();
		let (name, units) = match name.strip_suffix("Ms") {
			Some(name) => (name, UNITS_MS.iter().find(|(ms, _)| number.is_multiple_of(*ms))),
			None => (name.as_str(), None),
		};
		match units {
			Some((ms, unit)) => format!("{name} {} {unit}", number / ms),
			None => format!("{name} {number}"),
		}
	};
	periods.as_object().into_iter().flatten().map(text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::keystore::SecretKey;

	#[test]
	fn a_built_specification_is_read_back_as_the_same_chain() {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let path = directory.path().join("spec.json");
		let spec = build("local", Some("mine".into()), None, Some(500), false).expect("valid");
		write(&path, &spec).expect("written");
		let read = named_spec(&path.display().to_string()).expect("valid");
		assert_eq!(read, spec);
		assert_eq!((read.id.as_str(), place::block_time_ms(&read)), ("mine", Some(500)));
		assert!(write(&path, &spec).is_err(), "a specification is never overwritten");
	}

	#[test]
	fn a_raw_specification_has_the_same_genesis() {
		let plain = build("dev", None, None, None, false).expect("valid");
		let raw = build("dev", None, None, None, true).expect("valid");
		assert_eq!(plain.genesis_hash().expect("valid"), raw.genesis_hash().expect("valid"));
	}

	#[test]
	fn wrong_requests_name_what_would_be_right() {
		let remedy = |preset, id: Option<&str>, ms| {
			build(preset, id.map(Into::into), None, ms, false).expect_err("wrong").to_string()
		};
		assert!(remedy("test", None, None).contains("dev, local"));
		assert!(remedy("dev", Some("Has Spaces"), None).contains("a-z"));
		assert!(remedy("dev", None, Some(10)).contains("200"));
	}

	const ACCOUNT: &str = "0x0909090909090909090909090909090909090909090909090909090909090909";

	#[test]
	fn a_chain_of_ones_own_is_live_and_holds_nothing_that_everybody_knows() {
		let key = SecretKey::from_seed([9; 32]).public();
		let validators = [format!("{}:{ACCOUNT}:3000", key.hex())];
		let endowed = [format!("{}=5", key.ss58()), format!("{ACCOUNT}=7")];
		let spec = own("mine", &validators, &endowed, None, Some(500)).expect("well-formed");
		let spec = finished(spec, None, None, false).expect("valid");
		assert_eq!((spec.name.as_str(), spec.chain_type), ("mine", ChainType::Live));
		let Genesis::Runtime(genesis) = &spec.genesis else { panic!("not raw") };
		let account = AccountId::new([9; 32]);
		let (key_account, commission) = (AccountId::new(key.0), Perbill::zero());
		let expected =
			GenesisValidator { account: account.clone(), key: H256(key.0), stake: 3_000 * UNITS, commission };
		assert_eq!(genesis.validators.validators, [expected]);
		assert_eq!(genesis.validators.block_time_ms, 500);
		// What is bonded comes on top of what was asked for.
		let balances = [(key_account.clone(), 5 * UNITS), (account, 3_007 * UNITS)];
		assert_eq!(genesis.balances.balances, balances);
		assert_eq!(genesis.sudo.key, None);
		let dev = ChainSpec::preset("dev").expect("a preset");
		assert_ne!(spec.genesis_hash().expect("valid"), dev.genesis_hash().expect("valid"));

		let tested = own("mine", &[key.hex()], &[], Some(ACCOUNT), None).expect("well-formed");
		assert_eq!(tested.chain_type, ChainType::Local, "a live chain has no Sudo");
		let Genesis::Runtime(genesis) = &tested.genesis else { panic!("not raw") };
		assert_eq!(genesis.balances.balances, [(key_account, 10_001 * UNITS)], "the key's own account");
		finished(tested, None, None, false).expect("valid");
	}

	#[test]
	fn keys_addresses_and_amounts_of_another_form_are_refused_with_the_remedy() {
		let key = SecretKey::from_seed([9; 32]).public();
		for text in ["//Alice", "0x00", &key.ss58(), &key.hex()[2..], &format!("{}=3", key.hex())] {
			let report = validator(text).expect_err(text);
			assert!(report.to_string().contains("plexus key inspect"), "{report}");
		}
		for rest in [":", ":x", ":x:1", "::1"] {
			let report = validator(&format!("{}{rest}", key.hex())).expect_err(rest);
			assert!(report.to_string().contains("copy the whole address"), "{report}");
		}
		for stake in ["", "1.5", "-1", "1:1", &Balance::MAX.to_string()] {
			let report = validator(&format!("{}:{ACCOUNT}:{stake}", key.hex())).expect_err(stake);
			assert!(report.to_string().contains("whole number of PLX"), "{report}");
		}
		for text in ["//Alice=1", "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5=1", ""] {
			let report = endowment(text).expect_err(text);
			assert!(report.to_string().contains("copy the whole address"), "{report}");
		}
		for amount in ["", "=", "=-1", "=1.5", &format!("={}", Balance::MAX)] {
			let report = endowment(&format!("{ACCOUNT}{amount}")).expect_err(amount);
			assert!(report.to_string().contains("ADDRESS=PLX"), "{report}");
		}
		let alice = [SecretKey::from_secret("//Alice").expect("a seed").public().hex()];
		let spec = own("mine", &alice, &[], None, None).expect("well-formed");
		let report = finished(spec, None, None, false).expect_err("well known");
		assert!(report.to_string().contains("plexus key generate"), "{report}");
	}

	#[test]
	fn what_is_shown_has_hash_block_time_and_validators() {
		let text = lines(&facts(&build("local", None, None, None, false).expect("valid")).expect("valid"));
		assert_eq!(text.matches("stake 10000 PLX").count(), 4, "{text}");
		assert!(text.contains("1000 ms") && text.contains("genesis hash  0x"), "{text}");
		for period in
			["eraBlocks 50", "absencesMax 20", "jail 30 s", "evidenceAge 17 min", "unbonding 20 min"]
		{
			assert!(text.contains(period), "{text}");
		}
		let raw = lines(&facts(&build("local", None, None, None, true).expect("valid")).expect("valid"));
		assert!(raw.contains("periods       fixed by the raw genesis"), "{raw}");
		let rich = [format!("{}:{ACCOUNT}:1000000000", SecretKey::from_seed([9; 32]).public().hex())];
		let rich = own("rich", &rich, &[], None, None).expect("well-formed");
		assert!(
			lines(&facts(&rich).expect("valid")).contains("stake 1000000000 PLX"),
			"more than JSON counts to"
		);
	}
}
