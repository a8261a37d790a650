//! `plexus chain-spec build|show|validate`. The rules are in `plexus-chain-spec`; here only files and output.

use crate::{
	cli::ChainSpecCommand,
	place::{self, named_spec, spec_report},
	report::Report,
};
use plexus_chain_spec::{ChainSpec, Genesis};
use serde_json::{json, Value};
use std::{fs::OpenOptions, io::Write, path::Path};

/// Runs a chain-spec command.
///
/// # Errors
/// A specification that breaks a rule, or a file that cannot be read or written.
pub fn run(command: ChainSpecCommand) -> anyhow::Result<()> {
	match command {
		ChainSpecCommand::Build { preset, id, name, block_time_ms, raw, output } => {
			let spec = build(&preset, id, name, block_time_ms, raw)?;
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
	spec.id = id.unwrap_or(spec.id);
	spec.name = name.unwrap_or(spec.name);
	spec.check().map_err(|error| spec_report(&error))?;
	match raw {
		true => spec.to_raw().map_err(|error| spec_report(&error)),
		false => Ok(spec),
	}
}

fn write(path: &Path, spec: &ChainSpec) -> Result<(), Report> {
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
	let validators = match &spec.genesis {
		Genesis::Runtime(genesis) => json!(genesis.authorities.authorities),
		Genesis::Raw(_) => Value::Null,
	};
	Ok(json!({
		"name": spec.name,
		"id": spec.id,
		"type": spec.chain_type,
		"genesisHash": format!("{:?}", header.hash()),
		"stateRoot": format!("{:?}", header.state_root),
		"blockTimeMs": place::block_time_ms(spec),
		"validators": validators,
		"bootnodes": spec.bootnodes,
		"protocol": spec.protocol(),
		"properties": spec.properties,
	}))
}

fn lines(facts: &Value) -> String {
	let rows = [
		("name", "name"),
		("id", "id"),
		("type", "type"),
		("genesis hash", "genesisHash"),
		("state root", "stateRoot"),
		("block time", "blockTimeMs"),
		("protocol", "protocol"),
	];
	let mut text = String::new();
	for (label, key) in rows {
		let value = match &facts[key] {
			Value::String(value) => value.clone(),
			Value::Null => "fixed by the raw genesis".into(),
			value if key == "blockTimeMs" => format!("{value} ms"),
			value => value.to_string(),
		};
		text.push_str(&format!("{label:<13} {value}\n"));
	}
	for validator in facts["validators"].as_array().into_iter().flatten() {
		let id = validator["id"].as_str().unwrap_or_default();
		text.push_str(&format!("{:<13} {id} power {}\n", "validator", validator["power"]));
	}
	for bootnode in facts["bootnodes"].as_array().into_iter().flatten() {
		text.push_str(&format!("{:<13} {}\n", "bootnode", bootnode.as_str().unwrap_or_default()));
	}
	text
}

#[cfg(test)]
mod tests {
	use super::*;

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

	#[test]
	fn what_is_shown_has_hash_block_time_and_validators() {
		let text = lines(&facts(&build("local", None, None, None, false).expect("valid")).expect("valid"));
		assert_eq!(text.matches("power 1").count(), 4, "{text}");
		assert!(text.contains("1000 ms") && text.contains("genesis hash  0x"), "{text}");
	}
}
