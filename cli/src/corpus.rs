//! `plexus corpus …`: local files of contributions, made searchable.
//!
//! ```text
//! corpus sources DIR   which contribution each file is, by its hash, from the chain        → a list, JSON lines
//! corpus build DIR     the files of a list, checked against their roots and sorted         → an index
//! corpus show FILE     what an index holds
//! ```
//!
//! # Must not
//! Send a file anywhere: the chain is asked for hashes. List what a version does not hold: only what is listed is ever
//! named as a source.

mod build;
mod show;
mod sources;

pub(crate) use sources::Search;

use crate::failure::{Failure, FailureKind};
use plexus_attribution::{BuildError, Index, OpenError, Size};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Makes indexes over contributions.
#[derive(clap::Args, Clone)]
pub struct CorpusCommand {
	#[command(flatten)]
	pub(crate) connection: crate::client::ConnectionArgs,

	#[command(subcommand)]
	action: Action,
}

#[derive(clap::Subcommand, Clone)]
enum Action {
	/// List which files of a directory are which contributions of a version
	Sources(sources::SourcesArgs),
	/// Build an index over the files of such lists; needs no node
	Build(build::BuildArgs),
	/// Show what an index holds; needs no node
	Show {
		/// The index.
		#[arg(value_name = "FILE")]
		index: PathBuf,
	},
}

impl CorpusCommand {
	pub(crate) async fn run(self) -> Result<(), Failure> {
		let json = self.connection.json;
		match self.action {
			Action::Sources(args) => sources::run(&self.connection, args).await,
			Action::Build(args) => blocking(move || build::run(json, args)).await,
			Action::Show { index } => blocking(move || show::run(json, &index)).await,
		}
	}
}

/// What an index holds, as JSON tells it.
#[derive(Serialize)]
pub(crate) struct IndexSize {
	pub(crate) index: PathBuf,
	#[serde(flatten)]
	pub(crate) size: Size,
}

impl crate::output::Answer for IndexSize {
	fn human(&self) -> String {
		let Size { sources, bytes, shards, memory } = self.size;
		crate::output::fields([
			("index", self.index.display().to_string()),
			("contributions", sources.to_string()),
			("bytes", bytes.to_string()),
			("shards", shards.to_string()),
			("bytes in memory", memory.to_string()),
		])
	}
}

/// Sorts and reads outside the async threads.
pub(crate) async fn blocking<Output: Send + 'static>(
	work: impl FnOnce() -> Result<Output, Failure> + Send + 'static,
) -> Result<Output, Failure> {
	tokio::task::spawn_blocking(work).await.unwrap_or_else(|stopped| {
		Err(Failure::new(
			FailureKind::Node,
			"WorkStopped",
			stopped.to_string(),
			"run the command again; if it repeats, please report it",
		))
	})
}

/// Reads an index.
///
/// # Errors
/// It cannot be read, or is none.
pub(crate) fn open(path: &Path) -> Result<Index, Failure> {
	Index::open(path).map_err(|error| {
		let remedy = match error {
			OpenError::Read(_) => "name an index that exists and that you may read",
			OpenError::NoIndex => "make one with `plexus corpus build`",
			OpenError::Format { .. } => "build it again with this version of the program",
			OpenError::Length { .. } | OpenError::Checksum | OpenError::Unsound(_) => {
				"build it again; if it was copied, copy it again"
			}
		};
		Failure::input("IndexUnusable", format!("{}: {error}", path.display()), remedy)
	})
}

/// A failure to build, with the way out.
pub(crate) fn explain_build(error: BuildError) -> Failure {
	let (name, remedy) = match error {
		BuildError::NoSources => ("NoSources", "give a list with at least one contribution"),
		BuildError::TooManySources { .. } => ("TooManySources", "build several indexes"),
		BuildError::Unusable { .. } => ("SourceUnusable", "correct its line in the list, or leave it out"),
		BuildError::FileTooLong { .. } => ("FileTooLong", "leave it out of the list"),
		BuildError::Read { .. } => {
			("FileUnreadable", "give the directory that the list was made for, or leave the file out")
		}
		BuildError::Differs { .. } => {
			("ContentDiffers", "fetch the file again from where it came, or leave it out of the list")
		}
	};
	Failure::input(name, error.to_string(), remedy)
}
