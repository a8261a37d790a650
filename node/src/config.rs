//! The node's configuration: one value for each setting, where it came from, and the rules it must keep.
//!
//! Layers, the later wins: defaults < file (`--config FILE`, else `<base-path>/config.toml`) < environment (`PLEXUS_*`)
//! < flags. [`load`] reads the layers, checks the rules once and is the only way to a [`Config`]; nothing after it looks
//! at the environment or at a configuration file again. No secret is a setting: passwords come by [`crate::password`].
//!
//! Every setting is listed once in [`settings::SETTINGS`]; a test holds that list and the types below together.

mod layers;
mod settings;
mod types;
mod validate;

pub use layers::{load, Flags, Loaded};
pub use settings::{env_name, nearest, Kind, Setting, SETTINGS};
pub use types::{
	Config, Index, Keys, Log, LogFormat, Metrics, P2p, Pool, Rpc, RpcMethods, StatePruning, Storage,
};
pub use validate::{
	BLOCK_TIME_MS_MAX, BLOCK_TIME_MS_MIN, SNAPSHOTS_KEPT_MAX, SNAPSHOT_EVERY_MIN, STATE_PRUNING_MIN,
};

use crate::report::Remedy;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
	/// The file named by `--config` (or found in the base path) cannot be read.
	#[error("cannot read {file}")]
	Unreadable {
		/// The file.
		file: String,
		/// The system's reason.
		#[source]
		source: std::io::Error,
	},
	/// The file is not TOML.
	#[error("{file} is not valid TOML: {cause}")]
	NotToml {
		/// The file.
		file: String,
		/// What the parser says, with the line.
		cause: String,
	},
	/// A key that no setting has.
	#[error("{file} sets `{key}`, which does not exist")]
	UnknownKey {
		/// The file.
		file: String,
		/// The key as written, with its tables.
		key: String,
		/// The nearest existing key.
		nearest: Option<&'static str>,
	},
	/// A value of the wrong type or form.
	#[error("`{key}` from {origin}: {cause}")]
	Value {
		/// The setting.
		key: String,
		/// Where the value came from.
		origin: String,
		/// What is wrong with it.
		cause: String,
	},
	/// A value, or a combination of values, that breaks a rule.
	#[error("`{key}` {cause}")]
	Rule {
		/// The setting.
		key: &'static str,
		/// The rule it breaks, with the values.
		cause: String,
		/// What would be right.
		remedy: String,
	},
}

impl Remedy for ConfigError {
	fn name(&self) -> &'static str {
		"configuration"
	}

	fn remedy(&self) -> Option<String> {
		Some(match self {
			Self::Unreadable { file, .. } => {
				format!("check that {file} exists and that this user may read it")
			}
			Self::NotToml { file, .. } => format!("correct {file}; `plexus config show` prints a valid file"),
			Self::UnknownKey { nearest: Some(nearest), .. } => {
				format!("did you mean `{nearest}`? `plexus config show` lists every key")
			}
			Self::UnknownKey { nearest: None, .. } => "`plexus config show` lists every key".into(),
			Self::Value { key, .. } => match SETTINGS.iter().find(|setting| setting.key == key) {
				Some(setting) => format!("`{key}` is {}: {}", setting.kind.describe(), setting.about),
				None => "`plexus config show` lists every key with its default".into(),
			},
			Self::Rule { remedy, .. } => remedy.clone(),
		})
	}
}

#[cfg(test)]
mod tests;
