//! `plexus query model …`: models, what they descend from, and what descends from them.
//!
//! # Must not
//! Follow a locator. Ask for more than a page at once.

use super::not_found;
use crate::{
	address::parse_account,
	client::Client,
	content::{parse_root, prove_file},
	failure::Failure,
	models::{self, Lineage, Model, Page},
	output::{hex, print},
};
use plexus_primitives::api::PAGE_MAX;
use std::path::PathBuf;

#[derive(clap::Subcommand, Clone)]
pub(super) enum Question {
	/// A model, by id or by its artifact
	Show(ShowArgs),
	/// Models in the order of registration, by page
	List(ListArgs),
	/// The models made directly from one, by page
	Children(ChildrenArgs),
	/// All that a model descends from, and what each gets of its fees
	Lineage(LineageArgs),
}

#[derive(clap::Args, Clone)]
pub(super) struct ShowArgs {
	/// Id of the model.
	#[arg(required_unless_present_any = ["file", "root"], conflicts_with_all = ["file", "root"])]
	model: Option<u64>,

	/// Instead of an id: the artifact. It is hashed here; only the hash is sent.
	#[arg(long, conflicts_with = "root")]
	file: Option<PathBuf>,

	/// Instead of an id: the artifact's BLAKE3 hash, as b3sum prints it.
	#[arg(long, value_name = "HEX")]
	root: Option<String>,
}

#[derive(clap::Args, Clone)]
pub(super) struct ListArgs {
	/// Only those of this account: an address, or //Alice and the like on development chains.
	#[arg(long, value_name = "ADDRESS")]
	developer: Option<String>,

	#[command(flatten)]
	page: PageArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct ChildrenArgs {
	/// Id of the model.
	model: u64,

	#[command(flatten)]
	page: PageArgs,
}

#[derive(clap::Args, Clone)]
struct PageArgs {
	/// Where to go on: the end of the last page tells.
	#[arg(long, value_name = "PLACE")]
	cursor: Option<u64>,

	/// How many to list at most.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=PAGE_MAX as i64))]
	limit: u32,
}

#[derive(clap::Args, Clone)]
pub(super) struct LineageArgs {
	/// Id of the model.
	model: u64,
}

pub(super) async fn run(client: &Client, json: bool, question: Question) -> Result<(), Failure> {
	match question {
		Question::Show(args) => show(client, args).await.map(|answer| print(json, &answer)),
		Question::List(args) => list(client, args).await.map(|answer| print(json, &answer)),
		Question::Children(args) => children(client, args).await.map(|answer| print(json, &answer)),
		Question::Lineage(args) => lineage(client, args).await.map(|answer| print(json, &answer)),
	}
}

async fn show(client: &Client, args: ShowArgs) -> Result<Model, Failure> {
	let root = match (args.model, args.file, args.root) {
		(Some(id), ..) => return models::known_model(&client.at_head().await?, id).await.map(Model::from),
		(None, Some(file), _) => prove_file(file).await?.content.root,
		(None, None, root) => parse_root(&root.unwrap_or_default())?,
	};
	let found = models::model_by_root(&client.at_head().await?, root).await?;
	found.map(Model::from).ok_or_else(|| {
		not_found(
			"NoSuchModel",
			format!("no model holds {}", hex(root)),
			"register it with `plexus tx model register`; if it was registered, the file has changed since",
		)
	})
}

async fn list(client: &Client, args: ListArgs) -> Result<Page, Failure> {
	let at = client.at_head().await?;
	let PageArgs { cursor, limit } = args.page;
	let page = match &args.developer {
		Some(developer) => {
			let developer = parse_account(developer, &client.chain_kind().await?)?;
			models::models_of(&at, &developer, cursor, limit).await?
		}
		None => models::models(&at, cursor, limit).await?,
	};
	Ok(Page::from(page))
}

async fn children(client: &Client, args: ChildrenArgs) -> Result<Page, Failure> {
	let at = client.at_head().await?;
	// An unknown model would look like one without children.
	models::known_model(&at, args.model).await?;
	models::children(&at, args.model, args.page.cursor, args.page.limit).await.map(Page::from)
}

async fn lineage(client: &Client, args: LineageArgs) -> Result<Lineage, Failure> {
	let at = client.at_head().await?;
	models::known_lineage(&at, args.model).await.map(|info| Lineage::new(args.model, info))
}
