//! Key files: the node's two ed25519 keys, each in a file of its own that only its owner may read.
//!
//! - `validator.key` signs proposals and votes; `node.key` proves the peer id. Account keys are never kept here.
//! - `validator.next.key` is to follow `validator.key`, and `validator.former-….key` went before it ([`next`]).
//! - A file is JSON with a version, the public key and the secret, in plain or encrypted ([`encryption`]); written
//!   under a temporary name with mode 0600, synced, then renamed: a crash leaves the old file or the new one.
//! - A file that group or world can read is refused, not repaired: the secret may already be known.
//! - Secrets are wiped when dropped, never printed, and leave this module only as a [`SecretKey`].
//!
//! Signing twice at one height is guarded by consensus, not here.

mod encryption;
mod file;
mod keys;
mod next;

pub use keys::{is_development_seed, KeyKind, PublicKey, SecretKey};

use crate::{
	password::{PasswordError, PasswordSource},
	report::Remedy,
};
use std::{
	fs, io,
	os::unix::fs::{DirBuilderExt, PermissionsExt},
	path::{Path, PathBuf},
};

/// Why a key cannot be used or stored.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
	/// There is no such key.
	#[error("there is no {kind} key at {file}")]
	Missing {
		/// Which key.
		kind: KeyKind,
		/// Where it was looked for.
		file: String,
	},
	/// There is no key that is to follow the validator key.
	#[error("there is no next validator key at {file}")]
	NextMissing {
		/// Where it was looked for.
		file: String,
	},
	/// There is one already.
	#[error("{file} exists already")]
	Exists {
		/// The file.
		file: String,
	},
	/// Others can read the file.
	#[error("{file} can be read by others (mode {mode:o})")]
	Exposed {
		/// The file.
		file: String,
		/// Its permission bits.
		mode: u32,
	},
	/// The system refuses to read or write.
	#[error("cannot use {file}")]
	Io {
		/// The file.
		file: String,
		/// The system's reason.
		#[source]
		source: io::Error,
	},
	/// The file is not a key file of a known version.
	#[error("{file} is not a key file: {cause}")]
	Malformed {
		/// The file.
		file: String,
		/// What is wrong with it.
		cause: String,
	},
	/// The file holds the other kind of key.
	#[error("{file} holds a {found} key, not a {wanted} key")]
	WrongKind {
		/// The file.
		file: String,
		/// The kind in the file.
		found: KeyKind,
		/// The kind that is needed.
		wanted: KeyKind,
	},
	/// Decryption failed.
	#[error("the password of {file} is wrong, or the file was changed")]
	WrongPassword {
		/// The file.
		file: String,
	},
	/// A secret in no known form.
	#[error("not a secret: {cause}")]
	NotASecret {
		/// What was expected.
		cause: &'static str,
	},
	/// No password to be had.
	#[error(transparent)]
	Password(#[from] PasswordError),
}

impl Remedy for KeystoreError {
	fn name(&self) -> &'static str {
		match self {
			Self::Password(error) => error.name(),
			_ => "key",
		}
	}

	fn remedy(&self) -> Option<String> {
		Some(match self {
			Self::Missing { kind, .. } => {
				format!("make one with `plexus key generate {kind}`, or bring yours with `plexus key insert {kind}`")
			}
			Self::NextMissing { .. } => {
				"make one with `plexus key generate validator --next`, or let the running node: author_rotateKeys".into()
			}
			Self::Exists { file } => {
				format!("move {file} away first; a validator key in use must never be overwritten")
			}
			Self::Exposed { file, .. } => {
				format!("chmod 600 {file}; if others may have read it, make a new key")
			}
			Self::Io { file, .. } => {
				format!("check that this user owns {file} and its directory, and that there is space")
			}
			Self::Malformed { file, .. } => {
				format!("restore {file} from a backup, or move it away and make a new key")
			}
			Self::WrongKind { wanted, .. } => format!("give the file of the {wanted} key"),
			Self::WrongPassword { .. } => "check the password, its file and PLEXUS_PASSWORD".into(),
			Self::NotASecret { .. } => {
				"give 32 bytes as hex (0x…), a mnemonic, or on a development chain //Alice".into()
			}
			Self::Password(error) => return error.remedy(),
		})
	}
}

/// A directory of key files.
#[derive(Clone, Debug)]
pub struct Keystore {
	directory: PathBuf,
}

impl Keystore {
	/// The key files of a directory; nothing is read or made.
	pub fn at(directory: impl Into<PathBuf>) -> Self {
		Self { directory: directory.into() }
	}

	/// Where a key is, or would be.
	pub fn path(&self, kind: KeyKind) -> PathBuf {
		self.directory.join(kind.file_name())
	}

	/// Whether there is a file for a key.
	pub fn contains(&self, kind: KeyKind) -> bool {
		self.path(kind).exists()
	}

	/// A key's public half; needs no password.
	///
	/// # Errors
	/// See [`KeystoreError`].
	pub fn public(&self, kind: KeyKind) -> Result<PublicKey, KeystoreError> {
		Ok(file::read(&self.path(kind), Some(kind))?.public())
	}

	/// A key; asks for a password only where the file is encrypted.
	///
	/// # Errors
	/// See [`KeystoreError`].
	pub fn load(&self, kind: KeyKind, password: &PasswordSource) -> Result<SecretKey, KeystoreError> {
		let path = self.path(kind);
		file::read(&path, Some(kind))?.open(&path, password)
	}

	/// The node key, made on first use: it holds no stake, so that a node needs no preparation to start.
	///
	/// # Errors
	/// See [`KeystoreError`].
	pub fn node_key(&self, password: &PasswordSource) -> Result<SecretKey, KeystoreError> {
		match self.contains(KeyKind::Node) {
			true => self.load(KeyKind::Node, password),
			false => {
				let key = SecretKey::generate();
				self.store(KeyKind::Node, &key, None)?;
				Ok(key)
			}
		}
	}

	/// Stores a key, encrypted where a password source is given. Never overwrites.
	///
	/// # Errors
	/// See [`KeystoreError`].
	pub fn store(
		&self,
		kind: KeyKind,
		key: &SecretKey,
		encrypt: Option<&PasswordSource>,
	) -> Result<PathBuf, KeystoreError> {
		let path = self.path(kind);
		make_private_directory(&self.directory)?;
		write_key(&path, kind, key, encrypt)?;
		Ok(path)
	}
}

/// Stores a key in a file of the caller's choice. Never overwrites.
///
/// # Errors
/// See [`KeystoreError`].
pub fn write_key(
	path: &Path,
	kind: KeyKind,
	key: &SecretKey,
	encrypt: Option<&PasswordSource>,
) -> Result<(), KeystoreError> {
	if path.exists() {
		return Err(KeystoreError::Exists { file: path.display().to_string() });
	}
	let password = encrypt.map(PasswordSource::new_password).transpose()?;
	file::write(path, kind, key, password.as_ref())
}

/// Reads a key file of the caller's choice: its kind and public half.
///
/// # Errors
/// See [`KeystoreError`].
pub fn inspect_file(path: &Path) -> Result<(KeyKind, PublicKey, bool), KeystoreError> {
	let file = file::read(path, None)?;
	Ok((file.kind(), file.public(), file.is_encrypted()))
}

/// Opens a key file of the caller's choice.
///
/// # Errors
/// See [`KeystoreError`].
pub fn open_file(path: &Path, password: &PasswordSource) -> Result<(KeyKind, SecretKey), KeystoreError> {
	let file = file::read(path, None)?;
	Ok((file.kind(), file.open(path, password)?))
}

/// Refuses a file that others can read.
///
/// # Errors
/// [`KeystoreError::Exposed`], or [`KeystoreError::Io`].
pub fn check_private(path: &Path) -> Result<(), KeystoreError> {
	let file = path.display().to_string();
	let metadata = fs::metadata(path).map_err(|source| KeystoreError::Io { file: file.clone(), source })?;
	match metadata.permissions().mode() & 0o777 {
		mode if mode & 0o077 != 0 => Err(KeystoreError::Exposed { file, mode }),
		_ => Ok(()),
	}
}

fn make_private_directory(directory: &Path) -> Result<(), KeystoreError> {
	fs::DirBuilder::new()
		.recursive(true)
		.mode(0o700)
		.create(directory)
		.map_err(|source| KeystoreError::Io { file: directory.display().to_string(), source })
}

#[cfg(test)]
mod tests;
