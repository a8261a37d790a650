//! `plexus key generate|inspect|insert`: the node's own keys. Prints public halves only.

use crate::{
	cli::{KeyCommand, PlaceArgs},
	keystore::{self, KeyKind, PublicKey, SecretKey},
	password::PasswordSource,
	place::Place,
	report::{OrReport, Report},
};
use anyhow::Context;
use clap::ValueEnum;
use serde_json::json;
use std::{
	fs::File,
	io::{self, IsTerminal, Read},
	path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// A secret written down is shorter than this; so is a key file.
const SECRET_BYTES_MAX: u64 = 16 * 1024;

/// Runs a key command.
///
/// # Errors
/// A key that exists already, cannot be read, or must not be used; with a remedy.
pub fn run(command: KeyCommand) -> anyhow::Result<()> {
	match command {
		KeyCommand::Generate { kind, output, encrypt, json, place } => {
			let key = SecretKey::generate();
			let path = store(&place, kind, &key, output.as_deref(), encrypt)?;
			show(Some(kind), key.public(), Some(&path), json);
		}
		KeyCommand::Inspect { key, json, place } => inspect(&key, json, &place)?,
		KeyCommand::Signing(command) => super::key_signing::run(command)?,
		KeyCommand::Insert { kind, from, dev_seed, encrypt, json, place } => {
			let secret = match dev_seed {
				Some(seed) => development_key(&seed, &place)?,
				None => read_secret(from.as_deref(), kind, &place)?,
			};
			let path = store(&place, kind, &secret, None, encrypt)?;
			show(Some(kind), secret.public(), Some(&path), json);
		}
	}
	Ok(())
}

fn store(
	place: &PlaceArgs,
	kind: KeyKind,
	key: &SecretKey,
	output: Option<&Path>,
	encrypt: bool,
) -> anyhow::Result<PathBuf> {
	if let Some(path) = output {
		let password = PasswordSource { file: place.password_file.clone() };
		keystore::write_key(path, kind, key, encrypt.then_some(&password)).or_report()?;
		return Ok(path.to_path_buf());
	}
	let place = Place::resolve(&place.flags())?;
	let password = place.password();
	Ok(place.keystore().store(kind, key, encrypt.then_some(&password)).or_report()?)
}

fn inspect(key: &str, json: bool, place: &PlaceArgs) -> anyhow::Result<()> {
	if keystore::is_development_seed(key) && !Path::new(key).exists() {
		show(None, SecretKey::from_secret(key).or_report()?.public(), None, json);
		return Ok(());
	}
	let path = match KeyKind::from_str(key, true) {
		Ok(kind) => Place::resolve(&place.flags())?.keystore().path(kind),
		Err(_) => PathBuf::from(key),
	};
	let (kind, public, _) = keystore::inspect_file(&path).or_report()?;
	show(Some(kind), public, Some(&path), json);
	Ok(())
}

/// The key of a development seed, where the chain allows one.
fn development_key(seed: &str, place: &PlaceArgs) -> anyhow::Result<SecretKey> {
	refuse_development_seed(seed, place)?;
	Ok(SecretKey::from_secret(seed).or_report()?)
}

fn refuse_development_seed(seed: &str, place: &PlaceArgs) -> Result<(), Report> {
	let place = Place::resolve(&place.flags())?;
	match keystore::is_development_seed(seed) && !place.is_development() {
		true => Err(Report::new(
			"development seed",
			format!("everybody knows the key of a development seed, and `{}` is a live chain", place.spec.id),
			"make a key of your own: `plexus key generate validator`",
		)),
		false => Ok(()),
	}
}

/// A secret from a key file, from a file with the secret's text, or from standard input.
fn read_secret(from: Option<&Path>, kind: KeyKind, place: &PlaceArgs) -> anyhow::Result<SecretKey> {
	let mut text = Zeroizing::new(String::new());
	match from {
		Some(path) => {
			keystore::check_private(path).or_report()?;
			let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
			file.take(SECRET_BYTES_MAX).read_to_string(&mut text)?;
			if text.trim_start().starts_with('{') {
				let password = PasswordSource { file: place.password_file.clone() };
				let (found, key) = keystore::open_file(path, &password).or_report()?;
				if found != kind {
					let cause = format!("{} holds a {found} key", path.display());
					return Err(Report::new("key", cause, format!("insert it as `{found}`")).into());
				}
				return Ok(key);
			}
		}
		None if io::stdin().is_terminal() => {
			text = Zeroizing::new(rpassword::prompt_password("Secret (hex or mnemonic): ")?);
		}
		None => {
			io::stdin().take(SECRET_BYTES_MAX).read_to_string(&mut text)?;
		}
	}
	refuse_development_seed(&text, place)?;
	Ok(SecretKey::from_secret(&text).or_report()?)
}

fn show(kind: Option<KeyKind>, public: PublicKey, path: Option<&Path>, json: bool) {
	let path = path.map(|path| path.display().to_string());
	if json {
		let value = json!({
			"kind": kind, "public": public.hex(), "ss58": public.ss58(), "peerId": public.peer_id(), "file": path,
		});
		println!("{value:#}");
		return;
	}
	if let Some(kind) = kind {
		println!("kind     {kind}");
	}
	println!("public   {}\naddress  {}\npeer id  {}", public.hex(), public.ss58(), public.peer_id());
	if let Some(path) = path {
		println!("file     {path}");
	}
}
