//! The key that is to follow the validator key, and how it does.
//!
//! ```text
//! validator.key                     signs
//! validator.next.key                made while the node runs, by it or beside it; signs once the chain names it
//! validator.former-<16 digits>.key  what validator.key was before; the digits begin its public half
//! ```
//!
//! # Must not
//! Ask at a terminal where a running node makes the key, decide when the next key follows, or remove a key.
//!
//! # Invariants
//! - A next key is never replaced: it may be on chain from the moment that its public half was told.
//! - At each moment of a change both keys are in some file.

use super::{file, make_private_directory, KeyKind, Keystore, KeystoreError, PublicKey, SecretKey};
use crate::password::{Password, PasswordError, PasswordSource};
use std::{
	fs::{self, File},
	io,
	path::{Path, PathBuf},
};

/// The next validator key's file.
const NEXT_FILE: &str = "validator.next.key";

/// Digits of the public half in the name of a former key's file: enough to tell keys apart.
const FORMER_DIGITS: usize = 16;

impl Keystore {
	/// Where the next validator key is, or would be.
	pub fn next_path(&self) -> PathBuf {
		self.directory.join(NEXT_FILE)
	}

	/// The next validator key's public half, if there is one; needs no password.
	///
	/// # Errors
	/// See [`KeystoreError`].
	pub fn next_public(&self) -> Result<Option<PublicKey>, KeystoreError> {
		match file::read(&self.next_path(), Some(KeyKind::Validator)) {
			Ok(file) => Ok(Some(file.public())),
			Err(KeystoreError::Missing { .. }) => Ok(None),
			Err(error) => Err(error),
		}
	}

	/// The next validator key's public half: that of the key which is there, or else of a new one. A new one is encrypted
	/// where the validator key is. Asks for a password where there is a terminal. Of two calls at a time one may fail with
	/// [`KeystoreError::Exists`]; both tell no other key than the one that stays.
	///
	/// # Errors
	/// See [`KeystoreError`].
	pub fn next_key(&self, password: &PasswordSource) -> Result<PublicKey, KeystoreError> {
		self.next_or_new(|| password.new_password())
	}

	/// As [`Self::next_key`], where nobody can be asked for a password.
	///
	/// # Errors
	/// See [`KeystoreError`].
	pub fn next_key_unattended(&self, password: &PasswordSource) -> Result<PublicKey, KeystoreError> {
		self.next_or_new(|| password.without_terminal())
	}

	fn next_or_new(
		&self,
		password: impl FnOnce() -> Result<Password, PasswordError>,
	) -> Result<PublicKey, KeystoreError> {
		if let Some(public) = self.next_public()? {
			return Ok(public);
		}
		let is_encrypted = match file::read(&self.path(KeyKind::Validator), Some(KeyKind::Validator)) {
			Ok(present) => present.is_encrypted(),
			Err(KeystoreError::Missing { .. }) => false,
			Err(error) => return Err(error),
		};
		let password = is_encrypted.then(password).transpose()?;
		let key = SecretKey::generate();
		make_private_directory(&self.directory)?;
		file::write(&self.next_path(), KeyKind::Validator, &key, password.as_ref())?;
		Ok(key.public())
	}

	/// The next validator key; asks for a password only where the file is encrypted.
	///
	/// # Errors
	/// See [`KeystoreError`].
	pub fn load_next(&self, password: &PasswordSource) -> Result<SecretKey, KeystoreError> {
		let path = self.next_path();
		let file = file::read(&path, Some(KeyKind::Validator)).map_err(|error| match error {
			KeystoreError::Missing { file, .. } => KeystoreError::NextMissing { file },
			other => other,
		})?;
		file.open(&path, password)
	}

	/// As [`Self::load_next`], where nobody can be asked for a password.
	///
	/// # Errors
	/// See [`KeystoreError`].
	pub fn load_next_unattended(&self, password: &PasswordSource) -> Result<SecretKey, KeystoreError> {
		if file::read(&self.next_path(), Some(KeyKind::Validator))?.is_encrypted() {
			password.without_terminal()?;
		}
		self.load_next(password)
	}

	/// Makes the next validator key the validator key. Where the former one is kept, if there was one. A crash in between
	/// changes nothing that counts: the same call does the rest.
	///
	/// # Errors
	/// [`KeystoreError::NextMissing`]; [`KeystoreError::Exists`] if the name of the former key's file is taken by another key.
	pub fn promote_next(&self) -> Result<Option<PathBuf>, KeystoreError> {
		let (present, next) = (self.path(KeyKind::Validator), self.next_path());
		if self.next_public()?.is_none() {
			return Err(KeystoreError::NextMissing { file: next.display().to_string() });
		}
		let former = match present.exists() {
			true => Some(self.keep_former(&present)?),
			false => None,
		};
		let failed = |source| KeystoreError::Io { file: present.display().to_string(), source };
		// The former key has its other name on disk before it loses this one.
		self.sync().map_err(failed)?;
		fs::rename(&next, &present).map_err(failed)?;
		self.sync().map_err(failed)?;
		Ok(former)
	}

	/// Gives the validator key a second name, which stays.
	fn keep_former(&self, present: &Path) -> Result<PathBuf, KeystoreError> {
		let public = self.public(KeyKind::Validator)?;
		let digits = hex::encode(public.0);
		let former = self.directory.join(format!("validator.former-{}.key", &digits[..FORMER_DIGITS]));
		match fs::hard_link(present, &former) {
			Ok(()) => Ok(former),
			// Of a crash after this step, or of a key that signs for the second time.
			Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
				match file::read(&former, Some(KeyKind::Validator))?.public() == public {
					true => Ok(former),
					false => Err(KeystoreError::Exists { file: former.display().to_string() }),
				}
			}
			Err(source) => Err(KeystoreError::Io { file: former.display().to_string(), source }),
		}
	}

	fn sync(&self) -> io::Result<()> {
		File::open(&self.directory)?.sync_all()
	}
}
