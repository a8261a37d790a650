//! `plexus key signing export|import`: what the validator key signed, moved to another machine. JSON, version 1:
//!
//! ```text
//! { "format": "plexus-signing-history", "version": 1, "genesis": "0x…", "validator": "0x…", "signFrom": 7,
//!   "messages": [{ "height": 9, "round": 0, "step": "prevote", "bytes": "0x…", "signature": "0x…" }] }
//! ```
//!
//! # Must not
//! Hold or print a secret, or lower what a guard remembers.
//!
//! # Invariants
//! An export hands the key over: its guard says so, synced, before the file exists. If writing the file then fails, the
//! same export can be made again.

use crate::{
	cli::{PlaceArgs, SigningCommand},
	keystore::{KeyKind, SecretKey},
	place::{spec_report, Place},
	report::{OrReport, Report},
};
use plexus_consensus::{
	guard::{Signed, Step, StepKind},
	types::Signature,
	AuthorityId, GuardError, SigningGuard, SigningHistory,
};
use serde::{Deserialize, Serialize};
use sp_core::H256;
use std::{
	fs::{self, File, OpenOptions},
	io::{Read, Write},
	os::unix::fs::OpenOptionsExt,
	path::Path,
};

const FORMAT: &str = "plexus-signing-history";
const VERSION: u32 = 1;
/// A history has at most 63 messages of at most 700 bytes in hex.
const FILE_BYTES_MAX: u64 = 128 * 1024;

/// Runs the command.
///
/// # Errors
/// A node that runs, a history of another chain or key or an older one, a file that cannot be read or written; with a
/// remedy.
pub fn run(command: SigningCommand) -> anyhow::Result<()> {
	match command {
		SigningCommand::Export { output, place } => export(&output, &place),
		SigningCommand::Import { file, place } => import(&file, &place),
	}
}

fn export(output: &Path, place: &PlaceArgs) -> anyhow::Result<()> {
	let place = Place::resolve(&place.flags())?;
	let (genesis, validator) = identity(&place)?;
	if output.exists() {
		let cause = format!("{} exists already", output.display());
		return Err(Report::new("signing history", cause, "name a file that does not exist").into());
	}
	let history = SigningGuard::export(&place.directory.guard(), genesis, validator).map_err(report)?;
	let text = serde_json::to_string_pretty(&HistoryFile::from(&history))?;
	write(output, &text).map_err(|error| {
		Report::new(
			"signing history",
			format!("cannot write {}: {error}", output.display()),
			"the key is handed over already; export again to another file",
		)
	})?;
	match history.mark() {
		Some(mark) => println!("signed last  {mark}"),
		None => println!("signed last  nothing"),
	}
	println!("written to   {}", output.display());
	println!(
		"This node does not sign with the key again. There: plexus key signing import {}",
		output.display()
	);
	Ok(())
}

fn import(file: &Path, place: &PlaceArgs) -> anyhow::Result<()> {
	let place = Place::resolve(&place.flags())?;
	let (genesis, validator) = identity(&place)?;
	let history = read(file)?;
	let guard = place.directory.guard();
	for directory in [&guard.directory, &guard.counterpart] {
		fs::create_dir_all(directory)?;
	}
	// A machine that the key never signed on may not have one yet.
	let tip = match place.directory.database().exists() {
		true => place.open_database()?.tip().number,
		false => 0,
	};
	let sign_from = SigningGuard::import(&guard, genesis, validator, &history, tip).map_err(report)?;
	match history.mark() {
		Some(mark) => println!("signed last  {mark}"),
		None => println!("signed last  nothing"),
	}
	println!("signs from   block {}; the node follows until then", sign_from.max(1));
	Ok(())
}

/// The chain, and the validator key's public half; needs no password.
fn identity(place: &Place) -> Result<(H256, AuthorityId), Report> {
	let genesis = place.spec.genesis_hash().map_err(|error| spec_report(&error))?;
	let keystore = place.keystore();
	let public = match place.is_single_developer() && !keystore.contains(KeyKind::Validator) {
		true => SecretKey::from_secret("//Alice").or_report()?.public(),
		false => keystore.public(KeyKind::Validator).or_report()?,
	};
	Ok((genesis, AuthorityId(public.0)))
}

fn report(error: GuardError) -> Report {
	Report::from_text("signing history", &error.to_string())
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
	let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
	file.write_all(text.as_bytes())?;
	file.write_all(b"\n")?;
	file.sync_all()
}

fn read(path: &Path) -> Result<SigningHistory, Report> {
	let refused = |cause: String| {
		Report::new(
			"signing history",
			format!("{}: {cause}", path.display()),
			"give a file that an export wrote",
		)
	};
	let mut text = String::new();
	let file = File::open(path).map_err(|error| refused(error.to_string()))?;
	file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|error| refused(error.to_string()))?;
	let parsed: HistoryFile = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
	parsed.history().map_err(refused)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct HistoryFile {
	format: String,
	version: u32,
	genesis: String,
	validator: String,
	sign_from: u64,
	messages: Vec<MessageFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageFile {
	height: u64,
	round: u32,
	step: StepName,
	bytes: String,
	signature: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StepName {
	Proposal,
	Prevote,
	Precommit,
}

impl From<&SigningHistory> for HistoryFile {
	fn from(history: &SigningHistory) -> Self {
		Self {
			format: FORMAT.into(),
			version: VERSION,
			genesis: to_hex(&history.genesis.0),
			validator: to_hex(&history.validator.0),
			sign_from: history.sign_from,
			messages: history.messages.iter().map(MessageFile::from).collect(),
		}
	}
}

impl From<&Signed> for MessageFile {
	fn from(message: &Signed) -> Self {
		Self {
			height: message.step.height,
			round: message.step.round,
			step: match message.step.kind {
				StepKind::Proposal => StepName::Proposal,
				StepKind::Prevote => StepName::Prevote,
				StepKind::Precommit => StepName::Precommit,
			},
			bytes: to_hex(&message.bytes),
			signature: to_hex(&message.signature.0),
		}
	}
}

impl HistoryFile {
	fn history(self) -> Result<SigningHistory, String> {
		if self.format != FORMAT {
			return Err(format!("it is no {FORMAT} file"));
		}
		if self.version != VERSION {
			return Err(format!("it has version {}, this node reads version {VERSION}", self.version));
		}
		let messages = self.messages.into_iter().map(MessageFile::message).collect::<Result<_, _>>()?;
		Ok(SigningHistory {
			genesis: H256(array("genesis", &self.genesis)?),
			validator: AuthorityId(array("validator", &self.validator)?),
			sign_from: self.sign_from,
			messages,
		})
	}
}

impl MessageFile {
	fn message(self) -> Result<Signed, String> {
		let kind = match self.step {
			StepName::Proposal => StepKind::Proposal,
			StepName::Prevote => StepKind::Prevote,
			StepName::Precommit => StepKind::Precommit,
		};
		Ok(Signed {
			step: Step { height: self.height, round: self.round, kind },
			bytes: from_hex("bytes", &self.bytes)?,
			signature: Signature(array("signature", &self.signature)?),
		})
	}
}

fn to_hex(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

fn from_hex(field: &str, text: &str) -> Result<Vec<u8>, String> {
	let digits = text.strip_prefix("0x").ok_or_else(|| format!("`{field}` does not begin with 0x"))?;
	hex::decode(digits).map_err(|error| format!("`{field}` is not hex: {error}"))
}

fn array<const N: usize>(field: &str, text: &str) -> Result<[u8; N], String> {
	from_hex(field, text)?.try_into().map_err(|_| format!("`{field}` does not have {N} bytes"))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn history() -> SigningHistory {
		let step = |kind| Step { height: 9, round: 1, kind };
		let message = |kind, byte: u8| Signed {
			step: step(kind),
			bytes: vec![byte; 3],
			signature: Signature([byte; 64]),
		};
		SigningHistory {
			genesis: H256::repeat_byte(1),
			validator: AuthorityId([2; 32]),
			sign_from: 4,
			messages: vec![
				message(StepKind::Proposal, 1),
				message(StepKind::Prevote, 2),
				message(StepKind::Precommit, 3),
			],
		}
	}

	#[test]
	fn a_history_survives_its_file_and_the_file_is_private() {
		use std::os::unix::fs::PermissionsExt;
		let directory = tempfile::tempdir().expect("a temporary directory");
		let path = directory.path().join("history.json");
		let text = serde_json::to_string_pretty(&HistoryFile::from(&history())).expect("JSON");
		write(&path, &text).expect("writable");
		assert_eq!(read(&path).expect("readable"), history());
		assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
		assert!(write(&path, &text).is_err(), "an export never overwrites");
	}

	#[test]
	fn other_files_versions_and_fields_are_refused_with_the_remedy() {
		let good = serde_json::to_string(&HistoryFile::from(&history())).expect("JSON");
		let directory = tempfile::tempdir().expect("a temporary directory");
		let path = directory.path().join("history.json");
		let bad = [
			good.replace("\"version\":1", "\"version\":2"),
			good.replace(FORMAT, "another-format"),
			good.replace("\"signFrom\"", "\"unknown\":1,\"signFrom\""),
			good.replace("0x0101", "0x01zz"),
			good.replace("prevote", "commit"),
			good[..good.len() / 2].to_string(),
		];
		for text in bad {
			assert_ne!(text, good);
			fs::write(&path, &text).expect("writable");
			let report = read(&path).expect_err("refused");
			assert!(report.cause.contains("history.json") && report.remedy.is_some(), "{report}");
		}
	}
}
