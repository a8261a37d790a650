//! The key that signs, and the ways it can be given.
//!
//! # Must not
//! Print, log or put into an error any part of a secret. Use a development key on a chain that is not for
//! development: everybody knows those keys.
//!
//! # Invariants
//! Secrets are wiped from memory when they are no longer needed. [`Keypair`] has no `Debug`.

use crate::failure::Failure;
use sp_core::{
	crypto::{AccountId32, SecretStringError, DEV_PHRASE},
	ed25519, sr25519, Pair,
};
use std::{
	io::IsTerminal,
	path::{Path, PathBuf},
};
use subxt::{config::SubstrateConfig, tx::Signer, utils::MultiSignature};
use zeroize::Zeroizing;

/// Environment variable that may hold the secret.
const KEY_VARIABLE: &str = "PLEXUS_KEY";

/// The longest key file that is read. A mnemonic with path and password is far below.
const KEY_FILE_BYTES_MAX: u64 = 4_096;

/// Signature schemes of accounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub(crate) enum Scheme {
	// Plain comments: documentation here would spread `--help` over two screens.
	// Schnorr on Ristretto, what wallets use by default.
	#[default]
	Sr25519,
	// EdDSA.
	Ed25519,
}

/// What a chain says it is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum ChainKind {
	/// For development on one machine.
	Development,
	/// For a local test with several nodes.
	Local,
	/// Anything else, with the name it gives itself.
	Live(String),
}

impl ChainKind {
	/// Reads the answer of `system_chainType`: a name, or an object like `{"Custom": "…"}`.
	pub(crate) fn from_json(value: &serde_json::Value) -> Self {
		match value.as_str() {
			Some("Development") => Self::Development,
			Some("Local") => Self::Local,
			Some(name) => Self::Live(name.into()),
			None => Self::Live(value.to_string()),
		}
	}
}

/// Which key signs.
#[derive(clap::Args, Clone)]
pub(crate) struct KeyArgs {
	/// Key that signs: //Alice and the like, on development chains.
	#[arg(long, value_name = "KEY", conflicts_with = "key_file")]
	from: Option<String>,

	/// File with the mnemonic or seed that signs, mode 0600. Without it: PLEXUS_KEY, or a prompt.
	#[arg(long, value_name = "FILE")]
	key_file: Option<PathBuf>,

	/// Scheme of the key: sr25519 (the default) or ed25519.
	#[arg(long, value_enum, default_value_t, hide_default_value = true, hide_possible_values = true)]
	scheme: Scheme,
}

impl KeyArgs {
	/// The key, from the first of: `--from`, `--key-file`, the environment, a prompt on the terminal.
	///
	/// # Errors
	/// Says how to give a key if there is none or it is unusable.
	pub(crate) fn load(&self, chain: &ChainKind) -> Result<Keypair, Failure> {
		let secret = match (&self.from, &self.key_file) {
			(Some(uri), _) => {
				warn_of_secret_on_the_command_line(uri);
				Zeroizing::new(uri.clone())
			}
			(None, Some(path)) => read_key_file(path)?,
			(None, None) => match std::env::var(KEY_VARIABLE) {
				Ok(secret) => Zeroizing::new(secret),
				Err(_) => prompt()?,
			},
		};
		from_uri(secret.trim(), self.scheme, chain)
	}

	/// The file that the key is read from, if one is named.
	pub(crate) fn file(&self) -> Option<PathBuf> {
		self.key_file.clone()
	}
}

/// A key that can sign.
#[derive(Clone)]
pub(crate) enum Keypair {
	/// See [`Scheme::Sr25519`].
	Sr25519(Box<sr25519::Pair>),
	/// See [`Scheme::Ed25519`].
	Ed25519(Box<ed25519::Pair>),
}

impl Keypair {
	/// The account that the key controls.
	pub(crate) fn account(&self) -> AccountId32 {
		match self {
			Self::Sr25519(pair) => pair.public().into(),
			Self::Ed25519(pair) => pair.public().into(),
		}
	}

	/// Signs as the chain's own signatures are made.
	pub(crate) fn sign_bytes(&self, bytes: &[u8]) -> plexus_payments::Signature {
		match self {
			Self::Sr25519(pair) => pair.sign(bytes).into(),
			Self::Ed25519(pair) => pair.sign(bytes).into(),
		}
	}

	/// Its scheme, as `--scheme` takes it.
	pub(crate) fn scheme(&self) -> &'static str {
		match self {
			Self::Sr25519(_) => "sr25519",
			Self::Ed25519(_) => "ed25519",
		}
	}
}

impl Signer<SubstrateConfig> for Keypair {
	fn account_id(&self) -> subxt::utils::AccountId32 {
		subxt::utils::AccountId32(self.account().into())
	}

	fn sign(&self, payload: &[u8]) -> MultiSignature {
		match self {
			Self::Sr25519(pair) => MultiSignature::Sr25519(pair.sign(payload).0),
			Self::Ed25519(pair) => MultiSignature::Ed25519(pair.sign(payload).0),
		}
	}
}

/// The key behind a secret URI: mnemonic or `0x` seed, then derivation path and password. A path alone stands for
/// the development mnemonic.
///
/// # Errors
/// The secret cannot be read, or is a development key where none may be used. Says nothing of the secret.
pub(crate) fn from_uri(uri: &str, scheme: Scheme, chain: &ChainKind) -> Result<Keypair, Failure> {
	// Substrate's key grammar takes nothing at all for the development mnemonic.
	if uri.is_empty() {
		return Err(invalid_key("it is empty"));
	}
	if let (true, ChainKind::Live(name)) = (is_development_key(uri), chain) {
		return Err(Failure::input(
			"DevelopmentKey",
			format!(
				"everybody knows the development keys, and this chain is \"{name}\", not one for development"
			),
			"sign with a key of your own: --key-file FILE",
		));
	}
	match scheme {
		Scheme::Sr25519 => sr25519::Pair::from_string(uri, None).map(|pair| Keypair::Sr25519(Box::new(pair))),
		Scheme::Ed25519 => ed25519::Pair::from_string(uri, None).map(|pair| Keypair::Ed25519(Box::new(pair))),
	}
	.map_err(|error| {
		let cause = match error {
			SecretStringError::InvalidPassword => "its password is not possible",
			SecretStringError::InvalidPhrase => {
				"its words are no mnemonic (a word is misspelt, missing or out of order)"
			}
			SecretStringError::InvalidSeed => "its seed is not 0x and 64 hexadecimal digits",
			SecretStringError::InvalidSeedLength => "its seed does not have 32 bytes",
			SecretStringError::InvalidPath => {
				"its derivation path is not possible with this scheme (ed25519 has only //hard ones)"
			}
			SecretStringError::InvalidFormat(_) => "it is neither a mnemonic, nor a 0x seed, nor a //Path",
		};
		invalid_key(cause)
	})
}

fn invalid_key(cause: &str) -> Failure {
	Failure::input(
		"InvalidKey",
		format!("the secret cannot be read: {cause}"),
		"give a mnemonic of 12 or 24 words, a 0x seed, or on development chains //Alice",
	)
}

fn is_development_key(uri: &str) -> bool {
	uri.starts_with('/') || uri.split_whitespace().eq(DEV_PHRASE.split_whitespace()) || {
		let words = uri.split(['/']).next().unwrap_or_default();
		words.split_whitespace().eq(DEV_PHRASE.split_whitespace())
	}
}

fn warn_of_secret_on_the_command_line(uri: &str) {
	if !is_development_key(uri) {
		eprintln!(
			"warning: a secret on the command line can be read by every user of this machine and stays in the shell's \
			 history; use --key-file FILE, {KEY_VARIABLE} or the prompt instead"
		);
	}
}

/// Reads a secret from a file of mode 0600.
///
/// # Errors
/// The file cannot be read, or others can read it.
pub(crate) fn read_key_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
	let unreadable = |cause: String| {
		Failure::input(
			"KeyFileUnreadable",
			format!("{}: {cause}", path.display()),
			"name a file that holds the mnemonic, seed or secret URI as text",
		)
	};
	let metadata = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
	if !metadata.is_file() || metadata.len() > KEY_FILE_BYTES_MAX {
		return Err(unreadable(format!("not a file of at most {KEY_FILE_BYTES_MAX} bytes")));
	}
	#[cfg(unix)]
	{
		use std::os::unix::fs::PermissionsExt;
		let mode = metadata.permissions().mode() & 0o777;
		if mode & 0o077 != 0 {
			return Err(Failure::input(
				"KeyFileOpenToOthers",
				format!("{} has mode {mode:04o}: other users can read it", path.display()),
				format!("chmod 600 {}", path.display()),
			));
		}
	}
	std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| unreadable(error.to_string()))
}

fn prompt() -> Result<Zeroizing<String>, Failure> {
	let missing = |cause: &str| {
		Failure::input(
			"NoKey",
			cause,
			format!("give the key that signs: --from //Alice on a development chain, --key-file FILE, or {KEY_VARIABLE}"),
		)
	};
	if !std::io::stdin().is_terminal() {
		return Err(missing("no key was given, and there is no terminal to ask for one"));
	}
	rpassword::prompt_password("Secret (mnemonic or seed, not shown): ")
		.map(Zeroizing::new)
		.map_err(|error| missing(&format!("the prompt failed: {error}")))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::address::display;

	fn live() -> ChainKind {
		ChainKind::Live("Live".into())
	}

	fn name_of<T>(result: Result<T, Failure>) -> String {
		result.err().expect("a failure").name
	}

	#[test]
	fn development_keys_are_the_well_known_ones_in_both_schemes() {
		let account = |uri, scheme| display(&from_uri(uri, scheme, &ChainKind::Local).unwrap().account());
		assert_eq!(account("//Alice", Scheme::Sr25519), "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
		assert_eq!(account("//Alice", Scheme::Ed25519), "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu");
	}

	#[test]
	fn development_keys_are_refused_on_live_chains_however_they_are_written() {
		for uri in
			["//Alice", "/soft", &format!("{DEV_PHRASE}//Alice"), DEV_PHRASE, &DEV_PHRASE.replace(' ', "  ")]
		{
			assert_eq!(name_of(from_uri(uri, Scheme::Sr25519, &live())), "DevelopmentKey", "{uri:?}");
		}
		let own = "legal winner thank year wave sausage worth useful legal winner thank yellow//me";
		assert!(from_uri(own, Scheme::Ed25519, &live()).is_ok());
	}

	#[test]
	fn unreadable_secrets_are_refused_without_being_repeated() {
		for uri in ["", "hunter2 hunter2", "0x1234", "legal winner thank", "not_a_key"] {
			let failure = from_uri(uri, Scheme::Sr25519, &live()).err().expect("a failure");
			assert_eq!(failure.name, "InvalidKey");
			assert!(uri.is_empty() || !failure.to_string().contains(uri), "{failure}");
		}
		assert_eq!(name_of(from_uri("//Alice/soft", Scheme::Ed25519, &ChainKind::Local)), "InvalidKey");
	}

	#[test]
	fn chain_kinds_are_read_and_the_unknown_counts_as_live() {
		assert_eq!(ChainKind::from_json(&"Development".into()), ChainKind::Development);
		assert_eq!(ChainKind::from_json(&"Local".into()), ChainKind::Local);
		assert_eq!(ChainKind::from_json(&"Live".into()), live());
		assert!(matches!(
			ChainKind::from_json(&serde_json::json!({"Custom": "Development"})),
			ChainKind::Live(_)
		));
		assert!(matches!(ChainKind::from_json(&serde_json::Value::Null), ChainKind::Live(_)));
	}

	#[cfg(unix)]
	#[test]
	fn a_key_file_must_be_private() {
		use std::os::unix::fs::PermissionsExt;
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("key");
		std::fs::write(&path, "//Alice\n").unwrap();
		let args = KeyArgs { from: None, key_file: Some(path.clone()), scheme: Scheme::Sr25519 };
		std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
		assert_eq!(name_of(args.load(&ChainKind::Local)), "KeyFileOpenToOthers");
		std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
		assert!(args.load(&ChainKind::Local).is_ok());
		assert_eq!(name_of(args.load(&live())), "DevelopmentKey");
		std::fs::remove_file(&path).unwrap();
		assert_eq!(name_of(args.load(&ChainKind::Local)), "KeyFileUnreadable");
	}
}
