//! Reads the layers, merges them, remembers where each value came from.
//!
//! Must not apply a rule beyond type and existence of a key; that is [`super::validate`]'s part. The environment is
//! passed in, so that tests need not touch the process's own.

use super::{env_name, nearest, validate, Config, ConfigError, Kind, Setting, SETTINGS};
use figment::{
	util::nest,
	value::{Dict, Map, Value},
	Error, Figment, Metadata, Profile, Provider,
};
use serde::Serialize;
use std::{
	fs,
	path::{Path, PathBuf},
};

/// A configuration file longer than this is refused: it is something else.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// The file looked for in the base path.
const FILE_NAME: &str = "config.toml";

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct Flags {
	/// Settings given as flags: pairs of key and value.
	values: Vec<(String, Value)>,
	/// `--config`.
	file: Option<PathBuf>,
	/// `--dev`.
	dev: bool,
	/// Whether, without an explicit base path, nothing is to be read from the default one.
	temporary: bool,
}

impl Flags {
	/// Flags from a structure whose fields are named by setting key; absent fields are flags not given.
	pub fn new(given: &impl Serialize) -> Self {
		let values = Value::serialize(given)
			.ok()
			.and_then(|value| value.into_dict())
			.map(|dict| dict.into_iter().collect())
			.unwrap_or_default();
		Self { values, ..Self::default() }
	}

	/// With `--config FILE`.
	pub fn with_file(mut self, file: Option<PathBuf>) -> Self {
		self.file = file;
		self
	}

	/// With `--dev` and `--tmp`.
	pub fn with_dev(mut self, dev: bool, tmp: bool) -> Self {
		self.dev = dev;
		self.temporary = dev || tmp;
		self
	}

	fn text(&self, key: &str) -> Option<&str> {
		self.values.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.as_str())
	}
}

/// A configuration and the origin of each of its values.
#[derive(Clone, Debug)]
pub struct Loaded {
	/// The checked configuration.
	pub config: Config,
	figment: Figment,
}

impl Loaded {
	/// Where a setting's value came from: `default`, `file F`, `environment V`, `flag --f` or `--dev`.
	pub fn origin(&self, setting: &Setting) -> String {
		origin(&self.figment, setting.key)
	}

	/// Whether a setting was left at its default.
	pub fn is_default(&self, key: &str) -> bool {
		origin(&self.figment, key) == DEFAULT
	}
}

const DEFAULT: &str = "default";
const ENVIRONMENT: &str = "environment";
const FLAG: &str = "flag";
const DEV: &str = "--dev";

/// One layer: a name for its origin, and its values.
struct Layer {
	name: String,
	values: Dict,
}

impl Layer {
	fn new(name: impl Into<String>, values: impl IntoIterator<Item = (String, Value)>) -> Self {
		let mut layer = Self { name: name.into(), values: Dict::new() };
		for (key, value) in values {
			if let Some(nested) = nest(&key, value).into_dict() {
				merge(&mut layer.values, nested);
			}
		}
		layer
	}
}

/// Adds nested values; the depth is that of the settings' keys (two).
fn merge(into: &mut Dict, from: Dict) {
	for (key, value) in from {
		match (into.get_mut(&key), value) {
			(Some(Value::Dict(_, known)), Value::Dict(_, more)) => merge(known, more),
			(_, value) => {
				into.insert(key, value);
			}
		}
	}
}

impl Provider for Layer {
	fn metadata(&self) -> Metadata {
		Metadata::named(self.name.clone()).interpolater(|_, keys| keys.join("."))
	}

	fn data(&self) -> Result<Map<Profile, Dict>, Error> {
		Ok(Profile::Default.collect(self.values.clone()))
	}
}

/// Reads all layers and checks every rule.
///
/// `environment` holds the process's variables; those that are no setting's are ignored.
///
/// # Errors
/// An unreadable file, an unknown key, a value of the wrong form, or a broken rule: see [`ConfigError`].
pub fn load(
	flags: &Flags,
	environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Loaded, ConfigError> {
	let environment = environment_layer(environment)?;
	let defaults = Value::serialize(Config::default()).ok().and_then(|value| value.into_dict());
	let mut figment =
		Figment::new().merge(Layer { name: DEFAULT.into(), values: defaults.unwrap_or_default() });
	if let Some(file) = config_file(flags, &environment, &figment) {
		figment = figment.merge(file_layer(&file)?);
	}
	figment = figment.merge(environment);
	if flags.dev {
		let alone = [
			("chain".to_string(), Value::from("dev")),
			("validator".to_string(), Value::from(true)),
			("p2p.listen".to_string(), Value::from(Vec::<String>::new())),
		];
		figment = figment.merge(Layer::new(DEV, alone));
	}
	figment = figment.merge(Layer::new(FLAG, flags.values.clone()));
	let config: Config = figment.extract().map_err(|error| value_error(&figment, error))?;
	validate::check(&config)?;
	Ok(Loaded { config, figment })
}

/// The file to read: the one named, or the one in the base path that flags, environment and default lead to.
fn config_file(flags: &Flags, environment: &Layer, defaults: &Figment) -> Option<PathBuf> {
	if let Some(file) = &flags.file {
		return Some(file.clone());
	}
	let explicit = flags
		.text("base_path")
		.or_else(|| environment.values.get("base_path").and_then(Value::as_str))
		.map(PathBuf::from);
	let base_path = match explicit {
		Some(path) => path,
		None if flags.temporary => return None,
		None => defaults.extract_inner("base_path").ok()?,
	};
	Some(base_path.join(FILE_NAME)).filter(|file| file.is_file())
}

fn file_layer(path: &Path) -> Result<Layer, ConfigError> {
	let file = path.display().to_string();
	let unreadable = |source| ConfigError::Unreadable { file: file.clone(), source };
	let bytes = fs::metadata(path).map_err(unreadable)?.len();
	if bytes > FILE_BYTES_MAX {
		let cause = format!("{bytes} bytes, more than the {FILE_BYTES_MAX} that any configuration needs");
		return Err(ConfigError::NotToml { file, cause });
	}
	let text = fs::read_to_string(path).map_err(unreadable)?;
	let table: toml::Table = toml::from_str(&text).map_err(|error| ConfigError::NotToml {
		file: file.clone(),
		cause: error.to_string().trim().replace('\n', "\n          "),
	})?;
	check_keys(&file, &table, "")?;
	let values = Value::serialize(&table).ok().and_then(|value| value.into_dict()).unwrap_or_default();
	Ok(Layer { name: format!("file {file}"), values })
}

/// Every key of a file must be a setting's, or a table of settings.
fn check_keys(file: &str, table: &toml::Table, prefix: &str) -> Result<(), ConfigError> {
	for (name, value) in table {
		let key = format!("{prefix}{name}");
		let inner = format!("{key}.");
		let is_table = SETTINGS.iter().any(|setting| setting.key.starts_with(&inner));
		match value {
			toml::Value::Table(table) if is_table => check_keys(file, table, &inner)?,
			_ if SETTINGS.iter().any(|setting| setting.key == key) => {}
			_ => {
				let nearest = nearest(&key);
				return Err(ConfigError::UnknownKey { file: file.into(), key, nearest });
			}
		}
	}
	Ok(())
}

fn environment_layer(variables: impl IntoIterator<Item = (String, String)>) -> Result<Layer, ConfigError> {
	let mut values = Vec::new();
	for (name, text) in variables {
		let Some(setting) = SETTINGS.iter().find(|setting| env_name(setting.key) == name) else { continue };
		let value = parse(setting.kind, &text).ok_or_else(|| ConfigError::Value {
			key: setting.key.into(),
			origin: format!("{ENVIRONMENT} {name}"),
			cause: format!("expected {}, found `{text}`", setting.kind.describe()),
		})?;
		values.push((setting.key.to_string(), value));
	}
	Ok(Layer::new(ENVIRONMENT, values))
}

fn parse(kind: Kind, text: &str) -> Option<Value> {
	let text = text.trim();
	Some(match kind {
		Kind::Text => Value::from(text),
		Kind::Bool => Value::from(text.parse::<bool>().ok()?),
		Kind::Integer => Value::from(text.parse::<u64>().ok()?),
		Kind::List => {
			let items: Vec<&str> = text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
			Value::from(items)
		}
	})
}

fn value_error(figment: &Figment, error: Error) -> ConfigError {
	let key = error.path.join(".");
	let origin = origin(figment, &key);
	ConfigError::Value { key, origin, cause: error.kind.to_string() }
}

fn origin(figment: &Figment, key: &str) -> String {
	let name = figment.find_metadata(key).map_or(DEFAULT, |metadata| metadata.name.as_ref());
	match SETTINGS.iter().find(|setting| setting.key == key) {
		Some(_) if name == ENVIRONMENT => format!("{ENVIRONMENT} {}", env_name(key)),
		Some(setting) if name == FLAG => format!("{FLAG} {}", setting.flag),
		_ => name.to_string(),
	}
}
