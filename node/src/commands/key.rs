//! `plexus key generate|inspect|prove|insert`: the node's own keys. Prints public halves and proofs only.

use crate::{
	cli::{KeyCommand, PlaceArgs},
	commands::chain_spec,
	keystore::{self, KeyKind, PublicKey, SecretKey},
	password::PasswordSource,
	place::{spec_report, Place},
	report::{OrReport, Report},
	rotation,
};
use anyhow::Context;
use clap::ValueEnum;
use plexus_runtime::AccountId;
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
		KeyCommand::Generate { kind, next: true, json, place, .. } => {
			let (public, path) = next_key(kind, &place)?;
			show(Some(kind), public, Some(&path), json);
		}
		KeyCommand::Generate { kind, output, encrypt, next: false, json, place } => {
			let key = SecretKey::generate();
			let path = store(&place, kind, &key, output.as_deref(), encrypt)?;
			show(Some(kind), key.public(), Some(&path), json);
		}
		KeyCommand::Inspect { key, json, place } => inspect(&key, json, &place)?,
		KeyCommand::Prove { account, key, next, json, place } => {
			prove(&account, key.as_deref(), next, json, &place)?
		}
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

/// The key that is to follow the validator key, made unless it is there, and its file. Needs no running node, and disturbs none.
fn next_key(kind: KeyKind, place: &PlaceArgs) -> anyhow::Result<(PublicKey, PathBuf)> {
	match kind {
		KeyKind::Validator => {}
		KeyKind::Node => {
			let cause = "a node key is followed by none that is made beforehand";
			let remedy = "make the next validator key: `plexus key generate validator --next`; a node makes its node key itself";
			return Err(Report::new("key", cause, remedy).into());
		}
	}
	let place = Place::resolve(&place.flags())?;
	let keystore = place.keystore();
	let public = keystore.next_key(&place.password()).or_report()?;
	Ok((public, keystore.next_path()))
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

/// Shows that whoever has the validator key agrees to its use by an account of a chain. The proof is of no use to any other
/// account, on any other chain, or for anything else.
fn prove(account: &str, key: Option<&Path>, next: bool, json: bool, place: &PlaceArgs) -> anyhow::Result<()> {
	let account = chain_spec::account(account)?;
	let place = Place::resolve(&place.flags())?;
	let key = match key {
		None if next => place.keystore().load_next(&place.password()).or_report()?,
		None => place.keystore().load(KeyKind::Validator, &place.password()).or_report()?,
		Some(path) => match keystore::open_file(path, &place.password()).or_report()? {
			(KeyKind::Validator, key) => key,
			(found @ KeyKind::Node, _) => {
				let cause = format!("{} holds a {found} key", path.display());
				return Err(Report::new("key", cause, "give the file of a validator key").into());
			}
		},
	};
	let genesis = place.spec.genesis_hash().map_err(|error| spec_report(&error))?;
	let (public, proof) = (key.public().hex(), ownership_proof(&key, &genesis.0, &account));
	match json {
		true => println!("{:#}", json!({ "key": public, "account": account, "proof": proof })),
		false => println!("key      {public}\nproof    {proof}"),
	}
	Ok(())
}

/// The key's signature under its own purpose, as `0x` and 128 hexadecimal digits.
fn ownership_proof(key: &SecretKey, genesis: &[u8; 32], account: &AccountId) -> String {
	format!("0x{}", hex::encode(rotation::ownership_proof(key, genesis, account)))
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

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::consensus::{key_proof_preimage, ConsensusKey, ConsensusSignature};
	use std::{fs, os::unix::fs::PermissionsExt};

	fn at(base: &Path) -> PlaceArgs {
		PlaceArgs { base_path: Some(base.into()), ..PlaceArgs::default() }
	}

	#[test]
	fn a_next_key_is_made_without_a_node_once_and_leaves_the_present_one() {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let place = at(directory.path());
		let present = SecretKey::from_seed([7; 32]);
		let file = store(&place, KeyKind::Validator, &present, None, false).expect("stored");
		let before = fs::read(&file).expect("there");
		let (public, path) = next_key(KeyKind::Validator, &place).expect("made");
		assert_eq!(path, file.with_file_name("validator.next.key"));
		assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
		assert_ne!(public, present.public());
		let written = fs::read(&path).expect("there");
		assert_eq!(next_key(KeyKind::Validator, &place).expect("shown"), (public, path.clone()));
		assert_eq!((fs::read(&path).expect("there"), fs::read(&file).expect("there")), (written, before));
		let keystore = Place::resolve(&place.flags()).expect("a place").keystore();
		assert_eq!(keystore.load_next(&PasswordSource::default()).expect("opens").public(), public);
		assert!(next_key(KeyKind::Node, &place).is_err(), "a node key has none");
	}

	#[test]
	fn a_proof_is_for_one_account_of_one_chain() {
		let key = SecretKey::from_seed([7; 32]);
		let (account, genesis) = (AccountId::new([1; 32]), [2; 32]);
		let mut signature = [0; 64];
		let text = ownership_proof(&key, &genesis, &account);
		hex::decode_to_slice(&text[2..], &mut signature).expect("128 digits");
		let holds = |genesis: [u8; 32], account: [u8; 32]| {
			let preimage = key_proof_preimage(&genesis, &AccountId::new(account));
			ConsensusKey(key.public().0).verify(&preimage, &ConsensusSignature(signature))
		};
		assert!(holds([2; 32], [1; 32]));
		assert!(!holds([3; 32], [1; 32]) && !holds([2; 32], [3; 32]));
	}
}
