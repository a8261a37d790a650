//! `plexus account …`: keys of accounts, made and shown without a node.
//!
//! # Must not
//! Print, log or put into an error any part of a secret: the words of a new key go into its file and nowhere else.
//! Replace a file: it may be the only copy of a key.

use crate::{
	address,
	failure::Failure,
	keys::{ChainKind, KeyArgs, Keypair, Scheme},
	output::{self, Answer},
};
use serde::Serialize;
use sp_core::{ed25519, sr25519, Pair};
use std::{
	io::Write,
	path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Makes and shows keys of accounts.
#[derive(clap::Args, Clone)]
pub struct AccountCommand {
	/// Print JSON
	#[arg(long, global = true)]
	pub(crate) json: bool,

	#[command(subcommand)]
	action: Action,
}

#[derive(clap::Subcommand, Clone)]
enum Action {
	/// Make a key: its words go into a file with mode 0600
	New(NewArgs),
	/// Show the address of a key
	Show(KeyArgs),
}

#[derive(clap::Args, Clone)]
struct NewArgs {
	/// File for the twelve words of the key. It must not exist yet.
	#[arg(long, value_name = "FILE")]
	output: PathBuf,

	/// Scheme of the key: sr25519 (the default) or ed25519.
	#[arg(long, value_enum, default_value_t, hide_default_value = true, hide_possible_values = true)]
	scheme: Scheme,
}

/// What may be known of a key.
#[derive(Serialize)]
struct Account {
	address: String,
	public_key: String,
	scheme: &'static str,
	file: Option<PathBuf>,
}

impl Answer for Account {
	fn human(&self) -> String {
		let rows = [
			("address", Some(self.address.clone())),
			("public key", Some(self.public_key.clone())),
			("scheme", Some(self.scheme.to_string())),
			("file", self.file.as_ref().map(|path| path.display().to_string())),
		];
		output::fields(rows.into_iter().filter_map(|(label, value)| Some((label, value?))))
	}
}

impl Account {
	fn of(key: &Keypair, file: Option<PathBuf>) -> Self {
		let account = key.account();
		Self {
			address: address::display(&account),
			public_key: output::hex(&account),
			scheme: key.scheme(),
			file,
		}
	}
}

impl AccountCommand {
	pub(crate) fn run(self) -> Result<(), Failure> {
		let account = match self.action {
			Action::New(args) => {
				let account = create(&args)?;
				eprintln!(
					"Keep a copy of {} in a safe place: whoever has its words has the account, and without them \
					 it is lost.",
					args.output.display()
				);
				account
			}
			// Nothing is signed here, so a development key does no harm.
			Action::Show(args) => Account::of(&args.load(&ChainKind::Development)?, args.file()),
		};
		output::print(self.json, &account);
		Ok(())
	}
}

fn create(args: &NewArgs) -> Result<Account, Failure> {
	let (key, words) = match args.scheme {
		Scheme::Sr25519 => {
			let (pair, words, _) = sr25519::Pair::generate_with_phrase(None);
			(Keypair::Sr25519(Box::new(pair)), Zeroizing::new(words))
		}
		Scheme::Ed25519 => {
			let (pair, words, _) = ed25519::Pair::generate_with_phrase(None);
			(Keypair::Ed25519(Box::new(pair)), Zeroizing::new(words))
		}
	};
	write_new(&args.output, &words).map_err(|error| {
		Failure::input(
			"KeyFileNotWritten",
			format!("{}: {error}", args.output.display()),
			"name a new file in a directory that this user may write: a key's file is never replaced",
		)
	})?;
	Ok(Account::of(&key, Some(args.output.clone())))
}

/// Writes the words to the disk; a file that is there stays as it is.
fn write_new(path: &Path, words: &str) -> std::io::Result<()> {
	let mut options = std::fs::OpenOptions::new();
	options.write(true).create_new(true);
	#[cfg(unix)]
	std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
	let mut file = options.open(path)?;
	file.write_all(words.as_bytes())?;
	file.write_all(b"\n")?;
	file.sync_all()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::keys::from_uri;

	#[test]
	fn a_new_key_is_in_a_private_file_that_signs_for_the_shown_address() {
		let directory = tempfile::tempdir().unwrap();
		for scheme in [Scheme::Sr25519, Scheme::Ed25519] {
			let output = directory.path().join(format!("{scheme:?}"));
			let account =
				create(&NewArgs { output: output.clone(), scheme }).map_err(|e| e.to_string()).unwrap();
			let words = std::fs::read_to_string(&output).unwrap();
			assert_eq!(words.split_whitespace().count(), 12);
			let key = from_uri(words.trim(), scheme, &ChainKind::Live("Live".into()));
			let key = key.map_err(|e| e.to_string()).unwrap();
			assert_eq!(address::display(&key.account()), account.address);
			#[cfg(unix)]
			{
				use std::os::unix::fs::PermissionsExt;
				assert_eq!(std::fs::metadata(&output).unwrap().permissions().mode() & 0o777, 0o600);
			}
			let shown = account.human() + &serde_json::to_string(&account).unwrap();
			assert!(
				words.split_whitespace().filter(|word| shown.contains(&format!(" {word} "))).count() == 0
			);
		}
	}

	#[test]
	fn a_file_that_is_there_is_not_replaced() {
		let directory = tempfile::tempdir().unwrap();
		let output = directory.path().join("key");
		std::fs::write(&output, "the only copy").unwrap();
		let refused = create(&NewArgs { output: output.clone(), scheme: Scheme::Sr25519 });
		assert_eq!(refused.err().map(|failure| failure.name).as_deref(), Some("KeyFileNotWritten"));
		assert_eq!(std::fs::read_to_string(&output).unwrap(), "the only copy");
	}
}
