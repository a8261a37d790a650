//! The files of a directory: which there are, what each is called, and their names by content.
//!
//! Taken are regular files, depth first, in the order of the names' bytes within each directory. Symbolic links are never
//! followed, and hidden files and directories (a name that begins with a dot) are left out unless they are asked for. Empty
//! files, unreadable ones and paths that are no UTF-8 are refused by name.
//!
//! # Must not
//! Hold a file in memory, or more than a channel full of names.
//!
//! # Invariants
//! The same tree gives the same order on every machine.

use super::terms::Terms;
use crate::{content::media_type, failure::Failure};
use plexus_primitives::prove::{prove_reader, ProveError, ProvenContent};
use std::{
	collections::HashSet,
	fs::File,
	path::{Path, PathBuf},
};
use tokio::sync::mpsc;
use walkdir::{DirEntry, WalkDir};

/// The most files of one run: what is remembered of each, to find the same bytes twice, is 32 bytes and little more.
pub(super) const FILES_MAX: u64 = 10_000_000;

/// A file that can be registered.
pub(crate) struct Item {
	/// From the directory on, with slashes.
	pub(crate) path: String,
	pub(crate) proven: ProvenContent,
	pub(super) media_type: String,
	pub(super) locator: String,
}

/// A file that cannot, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub(crate) struct Refusal {
	pub(crate) path: String,
	pub(crate) cause: String,
	pub(crate) remedy: String,
}

impl Refusal {
	pub(crate) fn new(path: &str, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
		Self { path: path.to_string(), cause: cause.into(), remedy: remedy.into() }
	}
}

/// What the walk meets.
pub(crate) enum Found {
	Item(Item),
	Refused(Refusal),
}

/// How much there is, before anything is read.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Survey {
	pub(super) files: u64,
	pub(super) bytes: u64,
	/// Symbolic links and other things that are no regular files.
	pub(super) not_files: u64,
	/// Hidden files and directories that are left out.
	pub(super) hidden: u64,
}

/// A directory and what of it is taken.
#[derive(Clone)]
pub(crate) struct Tree {
	root: PathBuf,
	hidden: bool,
	/// Never contributed: the journal, should it lie in the directory.
	except: Option<PathBuf>,
}

impl Tree {
	/// The directory that was named.
	///
	/// # Errors
	/// It is no directory that can be read.
	pub(crate) fn open(directory: &Path, hidden: bool) -> Result<Self, Failure> {
		let unusable = |cause: String| {
			Failure::input(
				"DirectoryUnusable",
				format!("{}: {cause}", directory.display()),
				"name a directory that exists and that you may read; a single file is for `plexus tx contribute FILE`",
			)
		};
		let root = directory.canonicalize().map_err(|error| unusable(error.to_string()))?;
		if !root.is_dir() {
			return Err(unusable("it is no directory".into()));
		}
		Ok(Self { root, hidden, except: None })
	}

	/// Leaves out a file that was made by this run.
	pub(super) fn leave_out(&mut self, path: &Path) {
		self.except = path.canonicalize().ok();
	}

	/// The directory itself, without links.
	pub(super) fn root(&self) -> &Path {
		&self.root
	}

	/// Where a file is.
	pub(super) fn place(&self, path: &str) -> PathBuf {
		self.root.join(path)
	}

	/// Counts, without opening a file.
	///
	/// # Errors
	/// There are more than [`FILES_MAX`].
	pub(super) fn survey(&self) -> Result<Survey, Failure> {
		let mut survey = Survey::default();
		let mut hidden = 0;
		let entries = self.walk().filter_entry(|entry| {
			let kept = self.hidden || !is_hidden(entry);
			hidden += u64::from(!kept);
			kept
		});
		for entry in entries.filter_map(Result::ok) {
			match entry.file_type() {
				kind if kind.is_dir() => {}
				kind if kind.is_file() => {
					survey.files += 1;
					survey.bytes += entry.metadata().map_or(0, |metadata| metadata.len());
				}
				_ => survey.not_files += 1,
			}
			if survey.files > FILES_MAX {
				return Err(Failure::input(
					"TooManyFiles",
					format!("there are more than {FILES_MAX} files in {}", self.root.display()),
					"contribute its directories one by one",
				));
			}
		}
		Ok(Survey { hidden, ..survey })
	}

	/// Hashes every file that is not in `skip` and hands it over. Ends early if nobody takes them any more.
	pub(crate) fn hash_all(&self, mut terms: Terms, skip: &HashSet<String>, to: &mpsc::Sender<Found>) {
		for entry in self.walk().filter_entry(|entry| self.hidden || !is_hidden(entry)) {
			let found = match entry {
				Ok(entry) if !entry.file_type().is_file() => continue,
				Ok(entry) if self.except.as_deref() == Some(entry.path()) => continue,
				Ok(entry) => match self.relative(entry.path()) {
					Some(path) if skip.contains(&path) => continue,
					Some(path) => self.name(path, &mut terms),
					None => Err(Refusal::new(
						&entry.path().to_string_lossy(),
						"its path is no UTF-8",
						"rename it",
					)),
				},
				Err(error) => {
					let path =
						error.path().map_or_else(String::new, |path| path.to_string_lossy().into_owned());
					Err(Refusal::new(&path, error.to_string(), "give yourself the right to read it"))
				}
			};
			let found = found.map_or_else(Found::Refused, Found::Item);
			if to.blocking_send(found).is_err() {
				return;
			}
		}
	}

	/// Hashes one file under the terms of this run.
	pub(super) fn name(&self, path: String, terms: &mut Terms) -> Result<Item, Refusal> {
		terms.check_licence(&self.root, &path)?;
		let refused =
			|cause: String| Refusal::new(&path, cause, "give yourself the right to read it, or leave it out");
		let file = File::open(self.place(&path)).map_err(|error| refused(error.to_string()))?;
		let proven = prove_reader(file, |_| ()).map_err(|error| match error {
			ProveError::EmptyContent => Refusal::new(
				&path,
				"it is empty",
				"only content of at least one byte can be registered; leave it out",
			),
			ProveError::Read { .. } => refused(error.to_string()),
		})?;
		let locator = terms.locator(&path, &proven.content)?;
		let media_type = terms.media_type().unwrap_or_else(|| media_type(Path::new(&path))).to_string();
		Ok(Item { path, proven, media_type, locator })
	}

	fn walk(&self) -> walkdir::IntoIter {
		WalkDir::new(&self.root).follow_links(false).min_depth(1).sort_by_file_name().into_iter()
	}

	fn relative(&self, path: &Path) -> Option<String> {
		let parts = path.strip_prefix(&self.root).ok()?.iter().map(|part| part.to_str());
		Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
	}
}

fn is_hidden(entry: &DirEntry) -> bool {
	entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".")
}

#[cfg(test)]
mod tests {
	use super::*;

	fn tree(directory: &Path, hidden: bool) -> Tree {
		let mut tree = Tree::open(directory, hidden).unwrap();
		tree.leave_out(&directory.join(".journal"));
		tree
	}

	fn walked(tree: &Tree, skip: &[&str]) -> (Vec<String>, Vec<Refusal>) {
		let (to, mut from) = mpsc::channel(1_000);
		tree.hash_all(Terms::none(), &skip.iter().map(|path| path.to_string()).collect(), &to);
		drop(to);
		let (mut items, mut refused) = (Vec::new(), Vec::new());
		while let Some(found) = from.blocking_recv() {
			match found {
				Found::Item(item) => items.push(item.path),
				Found::Refused(refusal) => refused.push(refusal),
			}
		}
		(items, refused)
	}

	#[test]
	fn files_come_sorted_and_what_is_left_out_is_counted_or_named() {
		let directory = tempfile::tempdir().unwrap();
		let at = |path: &str| directory.path().join(path);
		for path in ["b", "a/z", ".hidden/in", "a/.dot"] {
			std::fs::create_dir_all(at(path).parent().unwrap()).unwrap();
			std::fs::write(at(path), path).unwrap();
		}
		std::fs::write(at("a.txt"), "text").unwrap();
		std::fs::write(at("empty"), "").unwrap();
		std::fs::write(at(".journal"), "salts").unwrap();
		std::os::unix::fs::symlink(at("b"), at("link")).unwrap();

		let tree_without = tree(directory.path(), false);
		let (items, refused) = walked(&tree_without, &[]);
		assert_eq!(items, ["a/z", "a.txt", "b"]);
		assert_eq!(refused.iter().map(|refusal| refusal.path.as_str()).collect::<Vec<_>>(), ["empty"]);
		assert!(refused[0].cause.contains("empty") && !refused[0].remedy.is_empty());
		assert_eq!(tree_without.survey().unwrap(), Survey { files: 4, bytes: 8, not_files: 1, hidden: 3 });
		assert_eq!(walked(&tree_without, &["a.txt"]).0, ["a/z", "b"]);

		let (items, _) = walked(&tree(directory.path(), true), &[]);
		assert_eq!(items, [".hidden/in", "a/.dot", "a/z", "a.txt", "b"], "all but the journal");
	}

	#[test]
	fn what_is_no_directory_is_refused_with_the_way_out() {
		let directory = tempfile::tempdir().unwrap();
		let file = directory.path().join("file");
		std::fs::write(&file, "text").unwrap();
		for path in [file, directory.path().join("missing")] {
			let failure = Tree::open(&path, false).err().expect("it is no directory");
			assert_eq!(failure.name, "DirectoryUnusable");
		}
	}
}
