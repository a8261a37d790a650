//! A directory that is removed when its owner is done, also when that ends by an error.

use crate::report::Report;
use std::{
	env, fs,
	os::unix::fs::DirBuilderExt,
	path::{Path, PathBuf},
};

/// A directory of one's own.
#[derive(Debug)]
pub struct TemporaryDirectory {
	path: PathBuf,
}

impl TemporaryDirectory {
	/// Makes a directory, private to this user, in the given one or the system's.
	///
	/// # Errors
	/// The parent cannot be written.
	pub fn new(parent: Option<&Path>) -> Result<Self, Report> {
		let parent = parent.map_or_else(env::temp_dir, Path::to_path_buf);
		let path = parent.join(format!("plexus-{}-{:08x}", std::process::id(), rand::random::<u32>()));
		fs::DirBuilder::new().recursive(false).mode(0o700).create(&path).map_err(|error| {
			let cause = format!("cannot make {}: {error}", path.display());
			Report::new("temporary directory", cause, "set TMPDIR to a directory that this user may write")
		})?;
		Ok(Self { path })
	}

	/// Where it is.
	pub fn path(&self) -> &Path {
		&self.path
	}
}

impl Drop for TemporaryDirectory {
	fn drop(&mut self) {
		if let Err(error) = fs::remove_dir_all(&self.path) {
			tracing::warn!(path = %self.path.display(), %error, "cannot remove the temporary directory");
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::os::unix::fs::PermissionsExt;

	#[test]
	fn it_is_private_and_goes_away_with_its_content() {
		let directory = TemporaryDirectory::new(None).expect("the system's temporary directory is writable");
		let path = directory.path().to_path_buf();
		assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o700);
		fs::write(path.join("file"), "x").expect("writable");
		drop(directory);
		assert!(!path.exists());
		assert!(TemporaryDirectory::new(Some(&path)).is_err(), "the parent is gone");
	}
}
