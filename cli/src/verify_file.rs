//! `plexus verify-file`: whether files are, to the byte, what a version of a datanet holds.
//!
//! A file is named by its hash, so that one changed byte makes it a file that the version does not hold. The node is
//! believed: whoever does not believe it proves the state with `plexus query proof`.
//!
//! # Must not
//! Send the files anywhere, or call a file verified that was not found or not looked at.

use crate::{
	client::{AtBlock, Client, ConnectionArgs},
	content::prove_file,
	contribute::{
		terms::Terms,
		walk::{Found, Refusal, Tree},
	},
	datanets,
	failure::{Failure, FailureKind},
	output::{self, hex, Answer},
};
use futures::StreamExt;
use serde::Serialize;
use std::{collections::HashSet, path::PathBuf};
use tokio::sync::mpsc;

/// Files that are looked up at once, and between two looks at the head.
const LOOKUPS: usize = 32;

/// Files that were hashed and wait to be looked up.
const HASHED_MAX: usize = 1_024;

/// Files that are named when they are not what they should be; the others are counted.
const TOLD_MAX: usize = 20;

/// Verifies files against a version.
#[derive(clap::Args, Clone)]
pub struct VerifyFileCommand {
	#[command(flatten)]
	pub(crate) connection: ConnectionArgs,

	/// Files, and directories whose files are all looked at.
	#[arg(value_name = "PATH", required = true)]
	paths: Vec<PathBuf>,

	/// Id of the datanet.
	#[arg(long, value_name = "ID")]
	datanet: u32,

	/// The version; without it, the last one.
	#[arg(long)]
	version: Option<u32>,

	/// Hidden files and directories too. Symbolic links are never followed; one in a directory is not verified.
	#[arg(long)]
	hidden: bool,
}

/// All files are what the version holds.
#[derive(Serialize)]
struct Verified {
	datanet: u32,
	version: u32,
	/// Files that were verified.
	files: u64,
	/// Different contents among them.
	contributions: u64,
	/// How many the version holds.
	held: u64,
	/// Empty files, which no version can hold.
	empty: u64,
	/// Hidden files and directories that were not looked at.
	hidden: u64,
}

impl Answer for Verified {
	fn human(&self) -> String {
		let verified = format!(
			"all {} files are in version {} of datanet {} ({} of its {} contributions)",
			self.files, self.version, self.datanet, self.contributions, self.held
		);
		match (self.empty, self.hidden) {
			(0, 0) => verified,
			(empty, hidden) => format!("{verified}; not looked at: {empty} empty files, {hidden} hidden"),
		}
	}
}

/// A file by its root; or why it has none.
type Named = Result<(String, [u8; 32]), Refusal>;

/// The sum so far.
#[derive(Default)]
struct Sum {
	files: u64,
	contributions: HashSet<u64>,
	failed: u64,
	told: Vec<String>,
	empty: u64,
	hidden: u64,
}

impl Sum {
	fn add(&mut self, found: Result<u64, Refusal>) {
		match found {
			Ok(contribution) => {
				self.files += 1;
				self.contributions.insert(contribution);
			}
			Err(Refusal { path, cause, .. }) => {
				self.failed += 1;
				if self.told.len() < TOLD_MAX {
					self.told.push(format!("{path}: {cause}"));
				}
			}
		}
	}

	/// That all of it is in the version, if something is.
	fn verified(self, datanet: u32, version: u32, held: u64) -> Result<Verified, Failure> {
		if self.failed > 0 {
			return Err(not_in_version(&self, datanet, version));
		}
		let Self { files, empty, hidden, .. } = self;
		if files == 0 {
			return Err(Failure::new(
				FailureKind::Unproved,
				"NothingVerified",
				format!("there is no file to look at, but {empty} empty and {hidden} hidden ones"),
				"name files or directories with content; --hidden looks at hidden ones too",
			));
		}
		let contributions = self.contributions.len() as u64;
		Ok(Verified { datanet, version, files, contributions, held, empty, hidden })
	}
}

impl VerifyFileCommand {
	pub(crate) async fn run(self) -> Result<(), Failure> {
		let json = self.connection.json;
		let verified = self.verify().await?;
		output::print(json, &verified);
		Ok(())
	}

	async fn verify(self) -> Result<Verified, Failure> {
		let client = Client::connect(&self.connection.url).await?;
		let at = client.at_head().await?;
		let version = datanets::known_version(&at, self.datanet, self.version).await?;
		let held =
			datanets::version(&at, self.datanet, version).await?.map_or(0, |version| version.contributions);
		let mut sum = Sum::default();
		for path in self.paths {
			if path.is_dir() {
				let tree = Tree::open(&path, self.hidden)?;
				let prefix = path.display().to_string();
				look_up_tree(&client, (self.datanet, version), tree, &prefix, &mut sum).await?;
			} else {
				let root = prove_file(path.clone()).await?.content.root;
				let named = (path.display().to_string(), root);
				sum.add(look_up(&client.at_head().await?, self.datanet, version, named).await?);
			}
		}
		sum.verified(self.datanet, version, held)
	}
}

/// Looks up every file of a directory while the next ones are hashed.
async fn look_up_tree(
	client: &Client,
	(datanet, version): (u32, u32),
	tree: Tree,
	prefix: &str,
	sum: &mut Sum,
) -> Result<(), Failure> {
	let (to, mut hashed) = mpsc::channel(HASHED_MAX);
	let hashing = tokio::task::spawn_blocking(move || tree.hash_all(Terms::none(), &HashSet::new(), &to));
	let mut page = Vec::new();
	// Membership in a version never changes, so that it does not matter at which block it is looked up; but old states go.
	while hashed.recv_many(&mut page, LOOKUPS).await > 0 {
		let at = client.at_head().await?;
		let named = page.drain(..).filter_map(|found| name(found, prefix, &mut sum.empty));
		let looked_up = futures::stream::iter(named.collect::<Vec<Named>>()).map(|named| {
			let at = &at;
			async move {
				match named {
					Ok(named) => look_up(at, datanet, version, named).await,
					Err(refusal) => Ok(Err(refusal)),
				}
			}
		});
		for found in looked_up.buffered(LOOKUPS).collect::<Vec<_>>().await {
			sum.add(found?);
		}
	}
	sum.hidden += hashing.await.map_err(|stopped| {
		Failure::new(
			FailureKind::Node,
			"HashingStopped",
			stopped.to_string(),
			"run the command again; if it repeats, please report it",
		)
	})?;
	Ok(())
}

/// What is to be looked up of a thing in a directory; nothing of an empty file, which is counted.
fn name(found: Found, prefix: &str, empty: &mut u64) -> Option<Named> {
	let refused = |path: &str, cause: String| Some(Err(Refusal::new(&format!("{prefix}/{path}"), cause, "")));
	match found {
		Found::Item(item) => Some(Ok((format!("{prefix}/{}", item.path), item.proven.content.root))),
		Found::Refused(Refusal { path, cause, .. }) => refused(&path, cause),
		Found::NotFile(path) => refused(&path, "it is a link or something else that is no file".into()),
		Found::Empty(_) => {
			*empty += 1;
			None
		}
	}
}

/// The contribution by which the version holds a file.
async fn look_up(
	at: &AtBlock,
	datanet: u32,
	version: u32,
	(path, root): (String, [u8; 32]),
) -> Result<Result<u64, Refusal>, Failure> {
	let refused = |cause: String| Ok(Err(Refusal::new(&path, cause, "")));
	let Some(held) = datanets::contribution_by_root(at, root).await? else {
		return refused(format!(
			"nobody holds these bytes ({}): they are not what was contributed",
			hex(root)
		));
	};
	let (id, elsewhere) = (held.id.0, held.datanet.0);
	let found = if elsewhere == datanet { Some(held) } else { datanets::listing(at, root, datanet).await? };
	let Some(found) = found else {
		return refused(format!("it is contribution {id} of datanet {elsewhere}, and not in this one"));
	};
	match datanets::weight_at(at, found.id.0, version).await? {
		Some(_) => Ok(Ok(found.id.0)),
		None => refused(format!("it is contribution {}, which is not in version {version}", found.id.0)),
	}
}

fn not_in_version(sum: &Sum, datanet: u32, version: u32) -> Failure {
	let untold = sum.failed.saturating_sub(sum.told.len() as u64);
	let more = if untold > 0 { format!(", and {untold} more") } else { String::new() };
	Failure::new(
		FailureKind::Unproved,
		"NotInVersion",
		format!(
			"{} of {} files are not in version {version} of datanet {datanet}: {}{more}",
			sum.failed,
			sum.files + sum.failed,
			output::clean(&sum.told.join(", "))
		),
		"fetch these files again from where they came; `plexus query members` lists what the version holds",
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn files_that_are_not_in_the_version_are_named_and_the_rest_counted() {
		let mut sum = Sum::default();
		sum.add(Ok(7));
		sum.add(Ok(7));
		for place in 0..TOLD_MAX + 3 {
			sum.add(Err(Refusal::new(&format!("file{place}"), "changed", "")));
		}
		let failure = not_in_version(&sum, 4, 1);
		assert_eq!((failure.kind, failure.name.as_str()), (FailureKind::Unproved, "NotInVersion"));
		for part in ["23 of 25 files", "file0: changed", "file19: changed", "and 3 more", "datanet 4"] {
			assert!(failure.cause.contains(part), "{failure}");
		}
		assert!(!failure.cause.contains("file20:"), "{failure}");
		assert_eq!(sum.contributions.len(), 1);
	}

	#[test]
	fn what_was_not_looked_at_is_told_or_not_verified() {
		let directory = tempfile::tempdir().unwrap();
		let at = |path: &str| directory.path().join(path);
		let look = |hidden| {
			let (to, mut from) = mpsc::channel(100);
			let tree = Tree::open(directory.path(), hidden).unwrap();
			let mut sum =
				Sum { hidden: tree.hash_all(Terms::none(), &HashSet::new(), &to), ..Sum::default() };
			drop(to);
			while let Some(found) = from.blocking_recv() {
				if let Some(named) = name(found, "dir", &mut sum.empty) {
					sum.add(named.map(|_| 1));
				}
			}
			sum.verified(0, 1, 9)
		};
		assert_eq!(look(false).err().unwrap().name, "NothingVerified", "an empty directory");
		std::fs::write(at("empty"), "").unwrap();
		std::fs::write(at(".hidden"), "text").unwrap();
		let nothing = look(false).err().unwrap();
		assert_eq!((nothing.name.as_str(), nothing.kind), ("NothingVerified", FailureKind::Unproved));
		let hidden = look(true).unwrap();
		assert_eq!((hidden.files, hidden.empty, hidden.hidden), (1, 1, 0));
		std::fs::write(at("file"), "text").unwrap();
		let verified = look(false).unwrap();
		assert_eq!((verified.files, verified.empty, verified.hidden), (1, 1, 1));
		assert!(verified.human().ends_with("1 empty files, 1 hidden"), "{}", verified.human());
		std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
		let failure = look(false).err().unwrap();
		assert!(failure.name == "NotInVersion" && failure.cause.contains("dir/link"), "{failure}");
	}
}
