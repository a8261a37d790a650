//! The place a command works at: configuration, chain specification and data directory, resolved once.
//!
//! Every command that needs a chain starts with [`Place::resolve`], so that all of them mean the same chain and the same
//! directory by the same flags.

use crate::{
	config::{self, Config, Flags, Loaded, StatePruning},
	keystore::Keystore,
	password::PasswordSource,
	paths::DataDirectory,
	report::{OrReport, Report},
};
use plexus_chain_spec::{
	genesis_header, genesis_state_root, ChainSpec, ChainType, Genesis as SpecGenesis, SpecError,
	SPEC_BYTES_MAX,
};
use plexus_storage::{Database, Genesis, Options};
use std::{
	env, fs,
	path::{Path, PathBuf},
};

/// The block time assumed where a raw genesis does not say it plainly.
const BLOCK_TIME_MS_DEFAULT: u64 = 1_000;

/// A resolved place.
#[derive(Clone, Debug)]
pub struct Place {
	/// The configuration and its origins.
	pub loaded: Loaded,
	/// The chain.
	pub spec: ChainSpec,
	/// Where its data is.
	pub directory: DataDirectory,
}

impl Place {
	/// Loads configuration and chain specification, and checks both. Makes nothing.
	///
	/// # Errors
	/// What is wrong with either, with a remedy.
	pub fn resolve(flags: &Flags) -> Result<Self, Report> {
		let loaded = config::load(flags, text_variables()).or_report()?;
		Self::of(loaded)
	}

	/// The place of a loaded configuration.
	///
	/// # Errors
	/// As [`Place::resolve`].
	pub fn of(loaded: Loaded) -> Result<Self, Report> {
		let spec = chain_spec(&loaded.config)?;
		let directory = DataDirectory::new(&loaded.config.base_path, &spec.id).or_report()?;
		Ok(Self { loaded, spec, directory })
	}

	/// The configuration.
	pub fn config(&self) -> &Config {
		&self.loaded.config
	}

	/// Whether the chain is for development, where everybody knows the keys.
	pub fn is_development(&self) -> bool {
		matches!(self.spec.chain_type, ChainType::Development | ChainType::Local)
	}

	/// Whether the chain is the development one, where this node's key may be //Alice's without being asked for.
	pub fn is_single_developer(&self) -> bool {
		self.spec.chain_type == ChainType::Development
	}

	/// The chain's block time.
	pub fn block_time_ms(&self) -> u64 {
		block_time_ms(&self.spec).unwrap_or(BLOCK_TIME_MS_DEFAULT)
	}

	/// The key files.
	pub fn keystore(&self) -> Keystore {
		Keystore::at(self.directory.keys())
	}

	/// Where passwords come from.
	pub fn password(&self) -> PasswordSource {
		let file = &self.config().keys.password_file;
		PasswordSource { file: (!file.is_empty()).then(|| PathBuf::from(file)) }
	}

	/// Opens the database, or makes it with the chain's genesis.
	///
	/// # Errors
	/// Another process has it, another chain or schema is in it, or the disk fails; with a remedy.
	pub fn open_database(&self) -> Result<Database, Report> {
		open_database(&self.spec, &self.directory.database(), self.database_options())
	}

	/// Opens the database for writing many blocks at once: nothing waits for the disk. A crash loses the last blocks, never
	/// the order; the caller flushes at the end.
	///
	/// # Errors
	/// As [`Place::open_database`].
	pub fn open_database_for_bulk(&self) -> Result<Database, Report> {
		let options = Options { sync: false, ..self.database_options() };
		open_database(&self.spec, &self.directory.database(), options)
	}

	/// Opens the database, which must exist.
	///
	/// # Errors
	/// As [`Place::open_database`], or that there is none.
	pub fn open_existing_database(&self) -> Result<Database, Report> {
		let path = self.directory.database();
		match path.exists() {
			true => self.open_database(),
			false => Err(Report::new(
				"no database",
				format!("there is none at {}", path.display()),
				"name the node's --base-path and --chain; `plexus run` makes a database",
			)),
		}
	}

	/// How the configuration wants the database opened.
	pub fn database_options(&self) -> Options {
		let storage = &self.config().storage;
		// Of five parts two hold current values, two trie nodes, one the database's own blocks.
		let part = usize::try_from(storage.cache_bytes / 5).unwrap_or(usize::MAX);
		Options {
			state_pruning: match storage.state_pruning {
				StatePruning::Archive => plexus_storage::StatePruning::Archive,
				StatePruning::Keep(blocks) => plexus_storage::StatePruning::Keep(blocks),
			},
			value_cache_bytes: 2 * part,
			trie_cache_bytes: 2 * part,
			block_cache_bytes: part,
			..Options::default()
		}
	}
}

/// Opens, or makes, a database with a chain's genesis.
///
/// # Errors
/// As [`Place::open_database`].
pub fn open_database(spec: &ChainSpec, path: &Path, options: Options) -> Result<Database, Report> {
	let storage = spec.genesis_storage().map_err(|error| spec_report(&error))?;
	let header = genesis_header(genesis_state_root(&storage));
	Database::open(path, options, Genesis { header, storage })
		.map_err(|error| Report::from_text("database", &error.to_string()))
}

/// What is wrong with a specification, for people.
pub fn spec_report(error: &SpecError) -> Report {
	Report::from_text("chain specification", &error.to_string())
}

/// The specification that a configuration names, with the block time that it asks for.
fn chain_spec(config: &Config) -> Result<ChainSpec, Report> {
	let spec = named_spec(&config.chain)?;
	match config.block_time_ms {
		0 => Ok(spec),
		ms => with_block_time(spec, ms),
	}
}

/// The specification of a preset's name or a file's path.
///
/// # Errors
/// A file that cannot be read or is no specification.
pub fn named_spec(chain: &str) -> Result<ChainSpec, Report> {
	if let Some(spec) = ChainSpec::preset(chain) {
		return Ok(spec);
	}
	let unreadable = |cause: String| {
		Report::new(
			"chain specification",
			cause,
			"write dev, local, or the path of a file that `plexus chain-spec build` made",
		)
	};
	let bytes =
		fs::metadata(chain).map_err(|error| unreadable(format!("cannot read `{chain}`: {error}")))?.len();
	if bytes > SPEC_BYTES_MAX as u64 {
		return Err(unreadable(format!("`{chain}` has {bytes} bytes, at most {SPEC_BYTES_MAX} are read")));
	}
	let json = fs::read(chain).map_err(|error| unreadable(format!("cannot read `{chain}`: {error}")))?;
	ChainSpec::from_json(&json).map_err(|error| spec_report(&error))
}

/// The same chain with another block time: another genesis, hence another id and another directory.
///
/// # Errors
/// A block time out of bounds, or a raw genesis, whose block time is fixed.
pub fn with_block_time(mut spec: ChainSpec, block_time_ms: u64) -> Result<ChainSpec, Report> {
	match &mut spec.genesis {
		SpecGenesis::Runtime(genesis) if genesis.validators.block_time_ms == block_time_ms => {
			return Ok(spec)
		}
		SpecGenesis::Runtime(genesis) => genesis.validators.block_time_ms = block_time_ms,
		SpecGenesis::Raw(_) => {
			let cause = "the genesis is raw, so its block time is fixed";
			return Err(Report::new(
				"chain specification",
				cause,
				"change the specification that it was made from",
			));
		}
	}
	spec.id = format!("{}-{block_time_ms}ms", spec.id);
	spec.check().map_err(|error| spec_report(&error))?;
	Ok(spec)
}

/// The block time of a specification with a genesis in the runtime's terms.
pub fn block_time_ms(spec: &ChainSpec) -> Option<u64> {
	match &spec.genesis {
		SpecGenesis::Runtime(genesis) => Some(genesis.validators.block_time_ms),
		SpecGenesis::Raw(_) => None,
	}
}

fn text_variables() -> impl Iterator<Item = (String, String)> {
	env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn another_block_time_is_another_chain() {
		let dev = named_spec("dev").expect("a preset");
		let fast = with_block_time(dev.clone(), 200).expect("in bounds");
		assert_eq!(fast.id, "plexus-dev-200ms");
		assert_ne!(fast.genesis_hash().expect("valid"), dev.genesis_hash().expect("valid"));
		assert_eq!(with_block_time(dev.clone(), 1_000).expect("its own"), dev);
		assert!(with_block_time(dev.clone(), 100).is_err());
		assert!(with_block_time(dev.to_raw().expect("valid"), 200).is_err());
	}

	#[test]
	fn a_chain_that_does_not_exist_is_refused_with_a_remedy() {
		let report = named_spec("divergent").expect_err("no such chain");
		assert!(report.cause.contains("`divergent`") && report.remedy.is_some(), "{report}");
	}
}
