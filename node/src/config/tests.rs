//! Precedence, origins, slips and rules of the configuration.

use super::*;
use crate::report::Report;
use serde::Serialize;
use std::{collections::BTreeSet, fs, path::PathBuf};

#[derive(Default, Serialize)]
struct Given {
	#[serde(rename = "rpc.port", skip_serializing_if = "Option::is_none")]
	rpc_port: Option<u16>,
	#[serde(skip_serializing_if = "Option::is_none")]
	base_path: Option<PathBuf>,
	#[serde(skip_serializing_if = "Option::is_none")]
	chain: Option<String>,
	#[serde(skip_serializing_if = "Option::is_none")]
	block_time_ms: Option<u64>,
}

fn setting(key: &str) -> &'static Setting {
	SETTINGS.iter().find(|setting| setting.key == key).expect("the tests name existing settings")
}

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
	pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

/// Loads a file's text in an empty directory, with flags and environment.
fn load_with(text: &str, given: Given, environment: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
	let directory = tempfile::tempdir().expect("a temporary directory");
	fs::write(directory.path().join("config.toml"), text).expect("the directory is writable");
	let given = Given { base_path: Some(directory.path().into()), ..given };
	load(&Flags::new(&given), env(environment))
}

fn refusal(text: &str, given: Given, environment: &[(&str, &str)]) -> String {
	Report::of(&load_with(text, given, environment).expect_err("this configuration is wrong")).to_string()
}

#[test]
fn the_list_of_settings_and_the_types_agree() {
	let value = serde_json::to_value(Config::default()).expect("the configuration is plain data");
	let mut keys = BTreeSet::new();
	for (name, value) in value.as_object().expect("an object") {
		match value.as_object() {
			Some(table) => keys.extend(table.keys().map(|inner| format!("{name}.{inner}"))),
			None => {
				keys.insert(name.clone());
			}
		}
	}
	let listed: BTreeSet<String> = SETTINGS.iter().map(|setting| setting.key.to_string()).collect();
	assert_eq!(keys, listed);
	assert_eq!(listed.len(), SETTINGS.len(), "a key is listed twice");
	let variables: BTreeSet<String> = SETTINGS.iter().map(|setting| env_name(setting.key)).collect();
	assert_eq!(variables.len(), SETTINGS.len(), "two settings share a variable");
}

#[test]
fn the_defaults_keep_every_rule() {
	let loaded = load(&Flags::default().with_dev(true, false), []).expect("defaults are valid");
	assert_eq!(loaded.config.rpc, Rpc::default());
	assert!(loaded.config.validator && loaded.config.p2p.listen.is_empty());
	assert_eq!(loaded.origin(setting("validator")), "--dev");
}

#[test]
fn flags_beat_environment_beats_file_beats_default() {
	let text = "name = \"from-file\"\n[rpc]\nport = 1000\nbatch_max = 7\n[storage]\nstate_pruning = 64\n";
	let given = Given { rpc_port: Some(3000), ..Given::default() };
	let variables = [
		("PLEXUS_RPC_PORT", "2000"),
		("PLEXUS_RPC_BATCH_MAX", "8"),
		("PLEXUS_STORAGE_STATE_PRUNING", "archive"),
	];
	let loaded = load_with(text, given, &variables).expect("valid");
	let config = &loaded.config;
	assert_eq!((config.rpc.port, config.rpc.batch_max), (3000, 8));
	assert_eq!(config.storage.state_pruning, StatePruning::Archive);
	assert_eq!(config.name, "from-file");
	assert_eq!(config.pool, Pool::default());

	assert_eq!(loaded.origin(setting("rpc.port")), "flag --rpc-port");
	assert_eq!(loaded.origin(setting("rpc.batch_max")), "environment PLEXUS_RPC_BATCH_MAX");
	assert!(loaded.origin(setting("name")).starts_with("file /"));
	assert!(loaded.origin(setting("name")).ends_with("config.toml"));
	assert_eq!(loaded.origin(setting("pool.count_max")), "default");
	assert!(loaded.is_default("pool.count_max") && !loaded.is_default("name"));
}

#[test]
fn a_file_that_is_named_must_exist() {
	let flags = Flags::default().with_file(Some("/nonexistent/plexus.toml".into()));
	let error = load(&flags, []).expect_err("there is no such file");
	assert!(matches!(error, ConfigError::Unreadable { .. }), "{error}");
}

#[test]
fn lists_come_from_the_environment_separated_by_commas() {
	let loaded =
		load_with("", Given::default(), &[("PLEXUS_RPC_CORS", "http://a, http://b")]).expect("valid");
	assert_eq!(loaded.config.rpc.cors, ["http://a", "http://b"]);
}

#[test]
fn variables_of_others_are_ignored() {
	let variables = [("PLEXUS_URL", "ws://x"), ("PATH", "/bin")];
	assert!(load_with("", Given::default(), &variables).is_ok());
}

#[test]
fn a_misspelt_key_is_refused_with_the_nearest_name() {
	for (text, wanted) in [
		("[rpc]\nprot = 1\n", "`rpc.port`"),
		("[pool]\ncount = 1\n", "`pool.count_max`"),
		("state_pruning = 100\n", "`storage.state_pruning`"),
		("bas_path = \"x\"\n", "`base_path`"),
		("[metrisc]\nport = 1\n", "`metrics.port`"),
	] {
		let report = refusal(text, Given::default(), &[]);
		assert!(report.contains(wanted), "{text:?}: {report}");
		assert!(report.contains("did you mean"), "{report}");
	}
	let report = refusal("zzzzzz = 1\n", Given::default(), &[]);
	assert!(!report.contains("did you mean"), "{report}");
}

#[test]
fn a_value_of_the_wrong_type_names_key_and_origin() {
	let report = refusal("[rpc]\nport = \"many\"\n", Given::default(), &[]);
	assert!(report.contains("`rpc.port` from file /"), "{report}");
	let report = refusal("", Given::default(), &[("PLEXUS_RPC_PORT", "many")]);
	assert!(report.contains("environment PLEXUS_RPC_PORT") && report.contains("`many`"), "{report}");
	let report = refusal("", Given::default(), &[("PLEXUS_RPC_PORT", "70000")]);
	assert!(report.contains("`rpc.port` from environment PLEXUS_RPC_PORT"), "{report}");
	let report = refusal("[storage]\nstate_pruning = \"some\"\n", Given::default(), &[]);
	assert!(report.contains("archive"), "{report}");
	let report = refusal("rpc = 3\n", Given::default(), &[]);
	assert!(report.contains("`rpc`"), "{report}");
	let report = refusal("[rpc\n", Given::default(), &[]);
	assert!(report.contains("not valid TOML"), "{report}");
}

#[test]
fn every_rule_is_held() {
	for (text, key) in [
		("[rpc]\nmethods = \"unsafe\"\naddr = \"0.0.0.0\"\n", "rpc.methods"),
		("[rpc]\nport = 9615\n", "metrics.port"),
		("[rpc]\nbatch_max = 0\n", "rpc.batch_max"),
		("[storage]\nstate_pruning = 3\n", "storage.state_pruning"),
		("[storage]\nsnapshot_every = 1\n", "storage.snapshot_every"),
		("[storage]\nsnapshots_kept = 0\n", "storage.snapshots_kept"),
		("[storage]\nsnapshots_kept = 101\n", "storage.snapshots_kept"),
		("[pool]\nbytes_max = 10\n", "pool.bytes_max"),
		("[p2p]\nlisten = [\"0.0.0.0:30333\"]\n", "p2p.listen"),
		("[p2p]\nbootnodes = [\"/ip4/1.2.3.4/tcp/30333\"]\n", "p2p.bootnodes"),
		("[p2p]\npublic = [\"/ip4/1.2.3.4/udp/30333\"]\n", "p2p.public"),
		("[p2p]\npeers_per_ip = 0\n", "p2p.peers_per_ip"),
		("[p2p]\nin_peers = 100000\n", "p2p.in_peers"),
		("[log]\nfilter = \"info,=,,=\"\n", "log.filter"),
		("name = \"\"\n", "name"),
		("block_time_ms = 100\n", "block_time_ms"),
		("chain = \"local\"\nblock_time_ms = 500\n", "block_time_ms"),
	] {
		match load_with(text, Given::default(), &[]) {
			Err(ConfigError::Rule { key: broken, .. }) => assert_eq!(broken, key, "{text:?}"),
			other => panic!("{text:?} gave {:?}", other.map(|loaded| loaded.config)),
		}
	}
}

#[test]
fn the_printed_configuration_is_a_valid_file() {
	let text = toml::to_string(&Config::default()).expect("the configuration is plain data");
	let loaded = load_with(&text, Given::default(), &[]).expect("what is printed can be read");
	let given = Config { base_path: loaded.config.base_path.clone(), ..Config::default() };
	assert_eq!(loaded.config, given);
}

#[test]
fn addresses_over_quic_and_with_names_are_taken() {
	let text =
		"[p2p]\nlisten = [\"/ip4/0.0.0.0/udp/30333/quic-v1\"]\npublic = [\"/dns4/example.org/tcp/30333\"]\n";
	assert!(load_with(text, Given::default(), &[]).is_ok());
}
