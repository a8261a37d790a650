//! The files of a directory: which there are, what each is called, and their names by content.
//!
//! Taken are regular files, depth first, in the order of the names' bytes within each directory. Symbolic links are never
//! followed, and hidden files and directories (a name that begins with a dot) are left out unless they are asked for. Empty
//! files, unreadable ones and paths that are no UTF-8 are refused by name.
//!
//! # Must not
//! Hold a file in memory, or more names than a channel full and the rest of the directories that it is in, each of which
//! has at most [`ENTRIES_MAX`].
//!
//! # Invariants
//! The same tree gives the same order on every machine.

use super::terms::Terms;
use crate::{content::media_type, failure::Failure};
use plexus_primitives::prove::{prove_reader, ProveError, ProvenContent};
use std::{
	collections::HashSet,
	ffi::OsString,
	fs::{File, FileType},
	io,
	path::{Path, PathBuf},
	vec,
};
use tokio::sync::mpsc;

/// The most files of one run: what is remembered of each, to find the same bytes twice, is 32 bytes and little more.
pub(super) const FILES_MAX: u64 = 10_000_000;

/// The most entries of one directory. They are sorted, and so all in memory: with names of usual length some 100 MiB.
const ENTRIES_MAX: usize = 1 << 20;

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
	/// A file without a byte, which nobody can register.
	Empty(Refusal),
	Refused(Refusal),
	/// The path of a symbolic link or of another thing that is no regular file.
	NotFile(String),
}

/// What lies in the directory, before anything is opened.
enum Met {
	/// A file or directory that is left out.
	Hidden,
	File(PathBuf),
	NotFile(PathBuf),
	/// A directory whose files are not known.
	Unlisted {
		path: PathBuf,
		cause: String,
		remedy: String,
	},
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
		for met in self.walk() {
			match met {
				Met::Hidden => survey.hidden += 1,
				Met::File(path) => {
					survey.files += 1;
					survey.bytes += path.symlink_metadata().map_or(0, |metadata| metadata.len());
				}
				Met::NotFile(_) => survey.not_files += 1,
				// Refused by name when it is its turn.
				Met::Unlisted { .. } => {}
			}
			if survey.files > FILES_MAX {
				return Err(Failure::input(
					"TooManyFiles",
					format!("there are more than {FILES_MAX} files in {}", self.root.display()),
					"contribute its directories one by one",
				));
			}
		}
		Ok(survey)
	}

	/// Hashes every file that is not in `skip` and hands it over. Ends early if nobody takes them any more. Gives back how
	/// many hidden files and directories were left out.
	pub(crate) fn hash_all(&self, mut terms: Terms, skip: &HashSet<String>, to: &mpsc::Sender<Found>) -> u64 {
		let mut hidden = 0;
		let lossy = |path: &Path| {
			self.relative(path).unwrap_or_else(|| {
				path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned()
			})
		};
		for met in self.walk() {
			let found = match met {
				Met::Hidden => {
					hidden += 1;
					continue;
				}
				Met::NotFile(path) => Found::NotFile(lossy(&path)),
				Met::Unlisted { path, cause, remedy } => {
					Found::Refused(Refusal::new(&lossy(&path), cause, remedy))
				}
				Met::File(path) if self.except.as_deref() == Some(&*path) => continue,
				Met::File(path) => match self.relative(&path) {
					Some(path) if skip.contains(&path) => continue,
					Some(path) => self.name(path, &mut terms),
					None => Found::Refused(Refusal::new(&lossy(&path), "its path is no UTF-8", "rename it")),
				},
			};
			if to.blocking_send(found).is_err() {
				break;
			}
		}
		hidden
	}

	/// Hashes one file under the terms of this run.
	pub(super) fn name(&self, path: String, terms: &mut Terms) -> Found {
		if let Err(refusal) = terms.check_licence(&self.root, &path) {
			return Found::Refused(refusal);
		}
		let refused = |cause: String| {
			let remedy = "give yourself the right to read it, or leave it out";
			Found::Refused(Refusal::new(&path, cause, remedy))
		};
		let proven = match File::open(self.place(&path)).map(|file| prove_reader(file, |_| ())) {
			Ok(Ok(proven)) => proven,
			Ok(Err(ProveError::EmptyContent)) => {
				return Found::Empty(Refusal::new(
					&path,
					"it is empty",
					"only content of at least one byte can be registered; leave it out",
				))
			}
			Ok(Err(error @ ProveError::Read { .. })) => return refused(error.to_string()),
			Err(error) => return refused(error.to_string()),
		};
		let locator = match terms.locator(&path, &proven.content) {
			Ok(locator) => locator,
			Err(refusal) => return Found::Refused(refusal),
		};
		let media_type = terms.media_type().unwrap_or_else(|| media_type(Path::new(&path))).to_string();
		Found::Item(Item { path, proven, media_type, locator })
	}

	fn walk(&self) -> Walk {
		Walk::new(self.root.clone(), self.hidden, ENTRIES_MAX)
	}

	fn relative(&self, path: &Path) -> Option<String> {
		let parts = path.strip_prefix(&self.root).ok()?.iter().map(|part| part.to_str());
		Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
	}
}

/// What is in a directory and those in it, depth first, sorted by the names' bytes. The crates made for this hold every
/// directory whole, however large it is.
struct Walk {
	/// What is still to come of the directories that lead to the next entry: no more than a path has parts.
	open: Vec<(PathBuf, vec::IntoIter<(OsString, FileType)>)>,
	/// Told next.
	unlisted: Option<Met>,
	hidden: bool,
	entries_max: usize,
}

impl Walk {
	fn new(root: PathBuf, hidden: bool, entries_max: usize) -> Self {
		let mut walk = Self { open: Vec::new(), unlisted: None, hidden, entries_max };
		walk.enter(root);
		walk
	}

	fn enter(&mut self, path: PathBuf) {
		let unlisted = match list(&path, self.entries_max) {
			Ok(Some(entries)) => return self.open.push((path, entries.into_iter())),
			Ok(None) => Met::Unlisted {
				path,
				cause: format!("it has more than {} entries", self.entries_max),
				remedy: "move its files into several directories".into(),
			},
			Err(error) => Met::Unlisted {
				path,
				cause: error.to_string(),
				remedy: "give yourself the right to read it".into(),
			},
		};
		self.unlisted = Some(unlisted);
	}
}

impl Iterator for Walk {
	type Item = Met;

	fn next(&mut self) -> Option<Met> {
		loop {
			if let Some(unlisted) = self.unlisted.take() {
				return Some(unlisted);
			}
			let (directory, entries) = self.open.last_mut()?;
			let Some((name, kind)) = entries.next() else {
				self.open.pop();
				continue;
			};
			if !self.hidden && name.as_encoded_bytes().starts_with(b".") {
				return Some(Met::Hidden);
			}
			let path = directory.join(name);
			if kind.is_file() {
				return Some(Met::File(path));
			}
			if !kind.is_dir() {
				return Some(Met::NotFile(path));
			}
			self.enter(path);
		}
	}
}

/// The sorted entries of a directory; nothing if there are more than that.
fn list(directory: &Path, entries_max: usize) -> io::Result<Option<Vec<(OsString, FileType)>>> {
	let mut entries = Vec::new();
	for entry in directory.read_dir()? {
		if entries.len() == entries_max {
			return Ok(None);
		}
		let entry = entry?;
		entries.push((entry.file_name(), entry.file_type()?));
	}
	entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
	Ok(Some(entries))
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
				Found::Empty(refusal) | Found::Refused(refusal) => refused.push(refusal),
				Found::NotFile(_) => {}
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
	fn a_directory_with_too_many_entries_is_refused_by_name_and_the_others_are_walked() {
		let directory = tempfile::tempdir().unwrap();
		let at = |path: &str| directory.path().join(path);
		for path in ["large/1", "large/2", "large/3", "small/1", "small/2", "z"] {
			std::fs::create_dir_all(at(path).parent().unwrap()).unwrap();
			std::fs::write(at(path), path).unwrap();
		}
		let met = |entries_max| {
			let walk = Walk::new(directory.path().to_path_buf(), false, entries_max);
			let told = walk.map(|met| match met {
				Met::File(path) => path.strip_prefix(directory.path()).unwrap().display().to_string(),
				Met::Unlisted { path, cause, .. } => {
					assert!(cause.contains(&format!("more than {entries_max} entries")), "{cause}");
					format!("not {}", path.file_name().unwrap().display())
				}
				Met::Hidden | Met::NotFile(_) => panic!("there is none"),
			});
			told.collect::<Vec<_>>()
		};
		assert_eq!(met(3), ["large/1", "large/2", "large/3", "small/1", "small/2", "z"]);
		std::fs::write(at("large/4"), "4").unwrap();
		assert_eq!(met(3), ["not large", "small/1", "small/2", "z"]);
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
