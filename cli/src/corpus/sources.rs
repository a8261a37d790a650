//! `plexus corpus sources`: which files of a directory are which contributions of a version.
//!
//! # Must not
//! List a file that the version does not hold, or hold more than a page of files in memory besides the list.

use crate::{
	client::{AtBlock, Client, ConnectionArgs},
	contribute::{
		terms::Terms,
		walk::{Found, Item, Refusal, Tree},
	},
	datanets,
	failure::{Failure, FailureKind},
	output::{self, Answer},
};
use futures::StreamExt;
use plexus_attribution::{write_source, Source};
use serde::Serialize;
use std::{
	collections::HashSet,
	fs::File,
	io::{BufWriter, Write},
	path::{Path, PathBuf},
};
use tokio::sync::mpsc;

/// Files that are looked up at once, and between two looks at the head.
const LOOKUPS: usize = 32;

/// Files that were hashed and wait to be looked up.
const HASHED_MAX: usize = 1_024;

/// Files that are named when they are left out; the others are counted.
const TOLD_MAX: usize = 20;

#[derive(clap::Args, Clone)]
pub(super) struct SourcesArgs {
	/// Directory of the files.
	#[arg(value_name = "DIR")]
	directory: PathBuf,

	/// Id of the datanet.
	#[arg(long, value_name = "ID")]
	datanet: u32,

	/// The version; without it, the last one.
	#[arg(long)]
	version: Option<u32>,

	/// File for the list. One that exists is replaced.
	#[arg(long, value_name = "FILE")]
	out: PathBuf,

	/// Hidden files and directories too. Symbolic links are never followed.
	#[arg(long)]
	hidden: bool,
}

/// What was listed.
#[derive(Serialize)]
pub(crate) struct Listed {
	datanet: u32,
	version: u32,
	sources: PathBuf,
	/// Contributions in the list.
	listed: u64,
	/// Files that the version does not hold.
	left_out: u64,
	/// Some of them, with the reason.
	left_out_files: Vec<Refusal>,
	/// Contributions that the version holds, listed or not.
	held: u64,
}

impl Answer for Listed {
	fn human(&self) -> String {
		let Self { datanet, version, listed, left_out, held, .. } = self;
		let mut text = format!(
			"{listed} of the {held} contributions of version {version} of datanet {datanet} are in {}; {left_out} files are \
			 not in the version",
			self.sources.display()
		);
		for Refusal { path, cause, .. } in &self.left_out_files {
			text += &format!("\n  {}: {}", output::clean(path), output::clean(cause));
		}
		text
	}
}

pub(super) async fn run(connection: &ConnectionArgs, args: SourcesArgs) -> Result<(), Failure> {
	let client = Client::connect(&connection.url).await?;
	let search = Search::open(&client, &args.directory, args.hidden, (args.datanet, args.version)).await?;
	let unwritable = |error: std::io::Error| {
		Failure::input(
			"ListUnwritable",
			format!("{}: {error}", args.out.display()),
			"name a file in a directory that you may write to",
		)
	};
	let mut list = BufWriter::new(File::create(&args.out).map_err(unwritable)?);
	let listed =
		search.run(args.out.clone(), |source| write_source(&mut list, &source).map_err(unwritable)).await?;
	list.flush().map_err(unwritable)?;
	output::print(connection.json, &listed);
	Ok(())
}

/// A directory that is compared with a version.
pub(crate) struct Search<'a> {
	client: &'a Client,
	tree: Tree,
	datanet: u32,
	version: u32,
	held: u64,
}

impl<'a> Search<'a> {
	/// Looks up the version: the one that is named, or the last.
	///
	/// # Errors
	/// There is no such version, or the directory cannot be read.
	pub(crate) async fn open(
		client: &'a Client,
		directory: &Path,
		hidden: bool,
		(datanet, named): (u32, Option<u32>),
	) -> Result<Self, Failure> {
		let at = client.at_head().await?;
		let version = datanets::known_version(&at, datanet, named).await?;
		let held = datanets::version(&at, datanet, version).await?.map_or(0, |version| version.contributions);
		Ok(Self { client, tree: Tree::open(directory, hidden)?, datanet, version, held })
	}

	/// Hands over each contribution of the version that is in the directory, once. `sources` is where they go, to be told.
	///
	/// # Errors
	/// The node does not answer, or a contribution cannot be taken.
	pub(crate) async fn run(
		self,
		sources: PathBuf,
		mut take: impl FnMut(Source) -> Result<(), Failure>,
	) -> Result<Listed, Failure> {
		let Self { client, tree, datanet, version, held } = self;
		let mut listed =
			Listed { datanet, version, sources, listed: 0, left_out: 0, left_out_files: Vec::new(), held };
		let (to, mut hashed) = mpsc::channel(HASHED_MAX);
		let hashing = tokio::task::spawn_blocking(move || tree.hash_all(Terms::none(), &HashSet::new(), &to));
		let (mut page, mut seen) = (Vec::new(), HashSet::new());
		// What a version holds never changes, so that it does not matter at which block it is looked up; but old states go.
		while hashed.recv_many(&mut page, LOOKUPS).await > 0 {
			let at = client.at_head().await?;
			let looked_up =
				futures::stream::iter(page.drain(..)).map(|found| look_up(&at, datanet, version, found));
			for found in looked_up.buffered(LOOKUPS).collect::<Vec<_>>().await {
				match found? {
					Ok(source) if seen.insert(source.contribution) => {
						take(source)?;
						listed.listed += 1;
					}
					// The same bytes at another path.
					Ok(_) => {}
					Err(refusal) => {
						listed.left_out += 1;
						if listed.left_out_files.len() < TOLD_MAX {
							listed.left_out_files.push(refusal);
						}
					}
				}
			}
		}
		hashing.await.map_err(|stopped| {
			let remedy = "run the command again; if it repeats, please report it";
			Failure::new(FailureKind::Node, "HashingStopped", stopped.to_string(), remedy)
		})?;
		Ok(listed)
	}
}

/// The contribution by which the version holds a file.
async fn look_up(
	at: &AtBlock,
	datanet: u32,
	version: u32,
	found: Found,
) -> Result<Result<Source, Refusal>, Failure> {
	let Item { path, proven, .. } = match found {
		Found::Item(item) => item,
		Found::Refused(refusal) | Found::Empty(refusal) => return Ok(Err(refusal)),
		Found::NotFile(path) => {
			let cause = "it is a link or something else that is no file";
			return Ok(Err(Refusal::new(&path, cause, "")));
		}
	};
	let root = proven.content.root;
	let held = match datanets::contribution_by_root(at, root).await? {
		Some(held) if held.datanet.0 == datanet => Some(held),
		Some(_) => datanets::listing(at, root, datanet).await?,
		None => None,
	};
	let in_version = match &held {
		Some(held) => datanets::weight_at(at, held.id.0, version).await?.is_some(),
		None => false,
	};
	Ok(match held.filter(|_| in_version) {
		Some(held) => Ok(Source {
			contribution: held.id,
			datanet: held.datanet,
			commitment: held.commitment,
			path,
			content: proven.content,
		}),
		None => Err(Refusal::new(&path, "the version does not hold these bytes", "")),
	})
}
