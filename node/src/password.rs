//! Where the password of an encrypted key comes from: a file, the environment or a prompt, in this order.
//!
//! Never from a flag (visible to all users of the machine in the process list) and never from the configuration.
//! Passwords are wiped from memory when dropped and never printed.

use crate::report::Remedy;
use std::{
	env, fs, io,
	io::IsTerminal,
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// The variable that holds a password.
pub const PASSWORD_VARIABLE: &str = "PLEXUS_PASSWORD";
/// A longer password is a file passed by mistake.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// A password; wiped when dropped.
pub type Password = Zeroizing<String>;

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
	/// The file cannot be read.
	#[error("cannot read the password file {file}")]
	Unreadable {
		/// The file.
		file: String,
		/// The system's reason.
		#[source]
		source: io::Error,
	},
	/// Others can read the file.
	#[error("the password file {file} can be read by others (mode {mode:o})")]
	Exposed {
		/// The file.
		file: String,
		/// Its permission bits.
		mode: u32,
	},
	/// Nothing there, or a file that is no password.
	#[error("the password is empty or longer than {PASSWORD_BYTES_MAX} bytes")]
	Length,
	/// The two entries of a new password differ.
	#[error("the two passwords differ")]
	Mismatch,
	/// No file, no variable, no terminal.
	#[error("a password is needed, and there is no file, variable or terminal to take it from")]
	NoSource,
	/// Nobody can be asked.
	#[error("a password is needed, and a running node cannot ask for one")]
	Unattended,
	/// The terminal failed.
	#[error("cannot read the password from the terminal")]
	Terminal(#[source] io::Error),
}

impl Remedy for PasswordError {
	fn name(&self) -> &'static str {
		"password"
	}

	fn remedy(&self) -> Option<String> {
		Some(match self {
			Self::Exposed { file, .. } => format!("chmod 600 {file}"),
			Self::Length => format!("give a password of 1 to {PASSWORD_BYTES_MAX} bytes on the first line"),
			Self::Mismatch => "try again".into(),
			Self::Unattended => {
				format!("start the node with --password-file FILE, or with {PASSWORD_VARIABLE} set")
			}
			Self::Unreadable { .. } | Self::NoSource | Self::Terminal(_) => {
				format!("give --password-file FILE, set {PASSWORD_VARIABLE}, or run this in a terminal")
			}
		})
	}
}

/// The sources that may be asked.
#[derive(Clone, Debug, Default)]
pub struct PasswordSource {
	/// `--password-file`.
	pub file: Option<PathBuf>,
}

impl PasswordSource {
	/// The password of an existing key.
	///
	/// # Errors
	/// See [`PasswordError`].
	pub fn existing(&self) -> Result<Password, PasswordError> {
		match self.unattended()? {
			Some(password) => Ok(password),
			None => checked(prompt("Password: ")?),
		}
	}

	/// The password of a new key, entered twice where it is typed.
	///
	/// # Errors
	/// See [`PasswordError`].
	pub fn new_password(&self) -> Result<Password, PasswordError> {
		if let Some(password) = self.unattended()? {
			return Ok(password);
		}
		let password = checked(prompt("New password: ")?)?;
		match *password == *prompt("Once more: ")? {
			true => Ok(password),
			false => Err(PasswordError::Mismatch),
		}
	}

	/// The password where nobody can be asked: from the file or the variable, never from the terminal.
	///
	/// # Errors
	/// See [`PasswordError`].
	pub fn without_terminal(&self) -> Result<Password, PasswordError> {
		self.unattended()?.ok_or(PasswordError::Unattended)
	}

	fn unattended(&self) -> Result<Option<Password>, PasswordError> {
		if let Some(file) = &self.file {
			return from_file(file).map(Some);
		}
		match env::var(PASSWORD_VARIABLE) {
			Ok(text) => checked(Zeroizing::new(text)).map(Some),
			Err(_) => Ok(None),
		}
	}
}

fn from_file(path: &Path) -> Result<Password, PasswordError> {
	let file = path.display().to_string();
	let unreadable = |source| PasswordError::Unreadable { file: file.clone(), source };
	let metadata = fs::metadata(path).map_err(unreadable)?;
	let mode = metadata.permissions().mode() & 0o777;
	if mode & 0o077 != 0 {
		return Err(PasswordError::Exposed { file, mode });
	}
	if metadata.len() > 2 * PASSWORD_BYTES_MAX as u64 {
		return Err(PasswordError::Length);
	}
	let text = Zeroizing::new(fs::read_to_string(path).map_err(unreadable)?);
	checked(Zeroizing::new(text.lines().next().unwrap_or_default().to_string()))
}

fn prompt(label: &str) -> Result<Password, PasswordError> {
	if !io::stdin().is_terminal() {
		return Err(PasswordError::NoSource);
	}
	rpassword::prompt_password(label).map(Zeroizing::new).map_err(PasswordError::Terminal)
}

fn checked(password: Password) -> Result<Password, PasswordError> {
	match password.is_empty() || password.len() > PASSWORD_BYTES_MAX {
		true => Err(PasswordError::Length),
		false => Ok(password),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn source(text: &str, mode: u32) -> (tempfile::TempDir, PasswordSource) {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let file = directory.path().join("password");
		fs::write(&file, text).expect("writable");
		fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("own file");
		(directory, PasswordSource { file: Some(file) })
	}

	#[test]
	fn the_first_line_of_a_private_file_is_the_password() {
		let (_directory, source) = source("correct horse\nsecond line\n", 0o600);
		assert_eq!(source.existing().expect("a password").as_str(), "correct horse");
	}

	#[test]
	fn a_password_file_that_others_can_read_is_refused() {
		let (_directory, source) = source("x\n", 0o644);
		let error = source.existing().expect_err("exposed");
		assert!(matches!(error, PasswordError::Exposed { mode: 0o644, .. }), "{error}");
		assert!(error.remedy().expect("a remedy").starts_with("chmod 600 /"));
	}

	#[test]
	fn an_empty_or_endless_password_is_refused() {
		for text in ["", "\n", &"x".repeat(PASSWORD_BYTES_MAX + 1), &"x".repeat(3 * PASSWORD_BYTES_MAX)] {
			let (_directory, source) = source(text, 0o600);
			assert!(matches!(source.existing(), Err(PasswordError::Length)), "{} bytes", text.len());
		}
	}
}
