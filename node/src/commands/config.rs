//! `plexus config show`: the configuration in use. What it prints is a valid configuration file.

use crate::{
	cli::ConfigCommand,
	config::{self, Config, Loaded, SETTINGS},
	report::OrReport,
};
use serde_json::{json, Value};
use std::env;

/// Prints the configuration.
///
/// # Errors
/// A configuration that cannot be used.
pub fn run(command: ConfigCommand) -> anyhow::Result<()> {
	let ConfigCommand::Show { origins, json, settings } = command;
	let variables = env::vars_os()
		.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
	let loaded = config::load(&settings.flags(), variables).or_report()?;
	match json {
		true => println!("{}", serde_json::to_string_pretty(&as_json(&loaded, origins)?)?),
		false => print!("{}", as_toml(&loaded, origins)?),
	}
	Ok(())
}

/// Values by key; with origins, each an object of value and origin.
fn as_json(loaded: &Loaded, origins: bool) -> serde_json::Result<Value> {
	let config = serde_json::to_value(&loaded.config)?;
	if !origins {
		return Ok(config);
	}
	Ok(SETTINGS
		.iter()
		.map(|setting| {
			(
				setting.key.to_string(),
				json!({ "value": at(&config, setting.key), "origin": loaded.origin(setting) }),
			)
		})
		.collect::<serde_json::Map<_, _>>()
		.into())
}

fn at<'a>(config: &'a Value, key: &str) -> &'a Value {
	key.split('.').fold(config, |value, part| &value[part])
}

/// TOML; with origins, each in a comment behind its value.
fn as_toml(loaded: &Loaded, origins: bool) -> Result<String, toml::ser::Error> {
	let text = toml::to_string(&loaded.config as &Config)?;
	if !origins {
		return Ok(text);
	}
	let mut table = String::new();
	let mut lines = Vec::new();
	for line in text.lines() {
		if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
			table = format!("{name}.");
		}
		let key = line.split(" = ").next().map(|name| format!("{table}{name}"));
		let setting = SETTINGS.iter().find(|setting| Some(setting.key) == key.as_deref());
		lines.push(match setting {
			Some(setting) => format!("{line:<56} # {}", loaded.origin(setting)),
			None => line.to_string(),
		});
	}
	Ok(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::config::Flags;

	fn loaded() -> Loaded {
		let variables = [("PLEXUS_RPC_PORT".to_string(), "1234".to_string())];
		config::load(&Flags::default().with_dev(false, true), variables).expect("valid")
	}

	#[test]
	fn every_setting_is_shown_with_its_origin_and_the_text_stays_toml() {
		let text = as_toml(&loaded(), true).expect("plain data");
		assert_eq!(text.matches(" # ").count(), SETTINGS.len(), "{text}");
		assert!(text
			.lines()
			.any(|line| line.starts_with("port = 1234 ") && line.ends_with("# environment PLEXUS_RPC_PORT")));
		let parsed: Config = toml::from_str(&text).expect("still a configuration file");
		assert_eq!(parsed, loaded().config);
	}

	#[test]
	fn json_has_value_and_origin() {
		let value = as_json(&loaded(), true).expect("plain data");
		assert_eq!(value["rpc.port"], json!({ "value": 1234, "origin": "environment PLEXUS_RPC_PORT" }));
		assert_eq!(value["rpc.addr"]["origin"], "default");
		assert_eq!(value.as_object().expect("an object").len(), SETTINGS.len());
	}
}
