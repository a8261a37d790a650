//! `plexus corpus build`: an index over the files of lists.
//!
//! # Must not
//! Leave a part of an index behind: the file appears when it is whole.

use super::{explain_build, IndexSize};
use crate::{failure::Failure, output};
use plexus_attribution::{read_from, read_sources, BuildOptions, Index, Source};
use std::{
	fs::File,
	io::BufReader,
	num::NonZeroUsize,
	path::{Path, PathBuf},
};

#[derive(clap::Args, Clone)]
pub(super) struct BuildArgs {
	/// Directory of the files.
	#[arg(value_name = "DIR")]
	directory: PathBuf,

	/// List of contributions; several times for several versions.
	#[arg(long, value_name = "FILE", required = true)]
	sources: Vec<PathBuf>,

	/// File for the index, some five times as long as the files. One that exists is replaced.
	#[arg(long, value_name = "FILE")]
	out: PathBuf,

	/// Parts that are sorted and searched in parallel; without it, one for each core.
	#[arg(long, value_name = "N", hide = true)]
	shards: Option<NonZeroUsize>,
}

pub(super) fn run(json: bool, args: BuildArgs) -> Result<(), Failure> {
	let mut sources = Vec::new();
	for list in &args.sources {
		sources.extend(read_list(list)?);
	}
	let options = args.shards.map_or_else(BuildOptions::default, |shards| BuildOptions { shards });
	let index = Index::build(sources, options, read_from(&args.directory)).map_err(explain_build)?;
	index.write(&args.out).map_err(|error| {
		Failure::input(
			"IndexUnwritable",
			format!("{}: {error}", args.out.display()),
			"name a file in a directory that you may write to, with room for five times the length of the files",
		)
	})?;
	output::print(json, &IndexSize { index: args.out, size: index.size() });
	Ok(())
}

fn read_list(path: &Path) -> Result<Vec<Source>, Failure> {
	let unusable = |cause: String| {
		Failure::input(
			"SourcesUnusable",
			format!("{}: {cause}", path.display()),
			"make the list with `plexus corpus sources`, or correct its line",
		)
	};
	let file = File::open(path).map_err(|error| unusable(error.to_string()))?;
	read_sources(BufReader::new(file)).map_err(|error| unusable(error.to_string()))
}
