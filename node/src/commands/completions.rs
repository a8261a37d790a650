//! `plexus completions` and `plexus man`: made from the command line's own description, so that they are never stale.

use crate::cli;
use anyhow::Context;
use clap_complete::Shell;
use std::{
	fs,
	io::{self, Write},
	path::Path,
};

/// Prints a completion script.
///
/// # Errors
/// Standard output closed.
pub fn completions(shell: Shell) -> anyhow::Result<()> {
	let mut script = Vec::new();
	clap_complete::generate(shell, &mut cli::full_tree(), "plexus", &mut script);
	io::stdout().write_all(&script)?;
	Ok(())
}

/// Writes a man page for each command.
///
/// # Errors
/// A directory that cannot be written.
pub fn man(directory: &Path) -> anyhow::Result<()> {
	fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
	let mut tree = cli::full_tree();
	tree.build();
	clap_mangen::generate_to(tree, directory)
		.with_context(|| format!("cannot write man pages to {}", directory.display()))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn man_pages_cover_every_command_and_hidden_flags() {
		let directory = tempfile::tempdir().expect("a temporary directory");
		man(directory.path()).expect("written");
		let page = |name: &str| fs::read_to_string(directory.path().join(name)).expect("a page");
		assert!(page("plexus.1").contains("plexus"));
		assert!(page("plexus-run.1").contains("pool\\-count\\-max"));
		assert!(page("plexus-key-generate.1").contains("encrypt"));
	}
}
