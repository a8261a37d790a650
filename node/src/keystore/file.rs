//! A key file's form, and how it is read and written. JSON, version 1:
//!
//! ```text
//! { "version": 1, "kind": "validator", "public": "0x…", "secret": "0x…" }
//! { "version": 1, "kind": "validator", "public": "0x…", "encrypted": { "kdf": "argon2id", … } }
//! ```

use super::{
	check_private,
	encryption::{self, OpenError, Sealed},
	KeyKind, KeystoreError, PublicKey, SecretKey,
};
use crate::password::{Password, PasswordSource};
use serde::{Deserialize, Serialize};
use std::{
	fs::{self, File, OpenOptions},
	io::{self, Write},
	os::unix::fs::OpenOptionsExt,
	path::Path,
};
use zeroize::{Zeroize, Zeroizing};

const VERSION: u32 = 1;
/// The longest key file this version writes has about 600 bytes.
const FILE_BYTES_MAX: u64 = 16 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyFile {
	version: u32,
	kind: KeyKind,
	public: String,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	secret: Option<String>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	encrypted: Option<Sealed>,
	#[serde(skip)]
	parsed: [u8; 32],
}

impl Drop for KeyFile {
	fn drop(&mut self) {
		self.secret.zeroize();
	}
}

impl KeyFile {
	pub(super) fn kind(&self) -> KeyKind {
		self.kind
	}

	pub(super) fn public(&self) -> PublicKey {
		PublicKey(self.parsed)
	}

	pub(super) fn is_encrypted(&self) -> bool {
		self.encrypted.is_some()
	}

	/// The secret half, checked against the public one.
	pub(super) fn open(&self, path: &Path, password: &PasswordSource) -> Result<SecretKey, KeystoreError> {
		let file = path.display().to_string();
		let malformed = |cause: &str| KeystoreError::Malformed { file: file.clone(), cause: cause.into() };
		let key = match (&self.secret, &self.encrypted) {
			(Some(secret), None) => {
				let mut seed = Zeroizing::new([0u8; 32]);
				hex::decode_to_slice(secret.trim_start_matches("0x"), seed.as_mut())
					.map_err(|_| malformed("the secret is not 32 bytes of hex"))?;
				SecretKey::from_seed(*seed)
			}
			(None, Some(sealed)) => {
				let password = password.existing()?;
				let associated = associated(self.kind, &self.parsed);
				match encryption::open(sealed, &password, &associated) {
					Ok(seed) => SecretKey::from_seed(*seed),
					Err(OpenError::Refused) => return Err(KeystoreError::WrongPassword { file }),
					Err(OpenError::Malformed(cause)) => return Err(malformed(cause)),
				}
			}
			_ => return Err(malformed("it needs exactly one of `secret` and `encrypted`")),
		};
		match key.public() == self.public() {
			true => Ok(key),
			false => Err(malformed("the secret does not belong to the public key")),
		}
	}
}

/// What the cipher authenticates beside the seed.
fn associated(kind: KeyKind, public: &[u8; 32]) -> Vec<u8> {
	let mut bytes = format!("plexus key file {VERSION} {kind} ").into_bytes();
	bytes.extend_from_slice(public);
	bytes
}

/// Reads a key file; checks permissions, version and, where one is wanted, its kind.
pub(super) fn read(path: &Path, wanted: Option<KeyKind>) -> Result<KeyFile, KeystoreError> {
	let file = path.display().to_string();
	let bytes = match fs::metadata(path) {
		Ok(metadata) => metadata.len(),
		Err(error) if error.kind() == io::ErrorKind::NotFound => {
			return Err(match wanted {
				Some(kind) => KeystoreError::Missing { kind, file },
				None => KeystoreError::Io { file, source: error },
			})
		}
		Err(source) => return Err(KeystoreError::Io { file, source }),
	};
	check_private(path)?;
	let malformed = |cause: String| KeystoreError::Malformed { file: file.clone(), cause };
	if bytes > FILE_BYTES_MAX {
		return Err(malformed(format!("it has {bytes} bytes")));
	}
	let text = fs::read_to_string(path)
		.map(Zeroizing::new)
		.map_err(|source| KeystoreError::Io { file: file.clone(), source })?;
	// serde_json's messages can quote the text around a fault: only the place is kept.
	let mut parsed: KeyFile = serde_json::from_str(&text).map_err(|error| {
		malformed(format!("not the expected JSON at line {}, column {}", error.line(), error.column()))
	})?;
	if parsed.version != VERSION {
		return Err(malformed(format!("version {}; this node reads version {VERSION}", parsed.version)));
	}
	let mut public = [0u8; 32];
	hex::decode_to_slice(parsed.public.trim_start_matches("0x"), &mut public)
		.map_err(|_| malformed("the public key is not 32 bytes of hex".into()))?;
	parsed.parsed = public;
	match wanted {
		Some(wanted) if wanted != parsed.kind => {
			Err(KeystoreError::WrongKind { file: file.clone(), found: parsed.kind, wanted })
		}
		_ => Ok(parsed),
	}
}

/// Writes a key file that did not exist: temporary name, mode 0600, synced, linked to its name, directory synced.
pub(super) fn write(
	path: &Path,
	kind: KeyKind,
	key: &SecretKey,
	password: Option<&Password>,
) -> Result<(), KeystoreError> {
	let public = key.public();
	let file = KeyFile {
		version: VERSION,
		kind,
		public: public.hex(),
		secret: password.is_none().then(|| format!("0x{}", hex::encode(key.expose()))),
		encrypted: password
			.map(|password| encryption::seal(key.expose(), password, &associated(kind, &public.0))),
		parsed: public.0,
	};
	let text = Zeroizing::new(
		serde_json::to_string_pretty(&file)
			.expect("strings and numbers serialise, because their keys are strings"),
	);
	place(path, text.as_bytes()).map_err(|source| match source.kind() {
		io::ErrorKind::AlreadyExists => KeystoreError::Exists { file: path.display().to_string() },
		_ => KeystoreError::Io { file: path.display().to_string(), source },
	})
}

fn place(path: &Path, bytes: &[u8]) -> io::Result<()> {
	let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
	let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy().into_owned();
	let temporary = directory.join(format!(".{name}.{}.tmp", std::process::id()));
	let written = (|| {
		let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
		file.write_all(bytes)?;
		file.write_all(b"\n")?;
		file.sync_all()?;
		// A link, unlike a rename, refuses to replace a file that appeared meanwhile.
		fs::hard_link(&temporary, path)
	})();
	let removed = fs::remove_file(&temporary);
	written?;
	removed?;
	File::open(directory)?.sync_all()
}
