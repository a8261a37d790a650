//! `plexus query datanet|datanets|contribution|contributions|versions|members|weight|challenge|dispute|file|listings`.
//!
//! # Must not
//! Ask for more than a page at once.

use super::{not_found, objections, told};
use crate::{
	address,
	client::{AtBlock, Client},
	content::{parse_root, prove_file},
	datanets::{self, Contribution, Datanet, Page, Version, Versions},
	failure::Failure,
	output::{self, hex, Answer},
};
use plexus_primitives::api::PAGE_MAX;
use serde::Serialize;
use std::path::PathBuf;

#[derive(clap::Subcommand, Clone)]
pub(super) enum Question {
	/// A datanet
	Datanet(DatanetArgs),
	/// All datanets, an owner's, or those with a tag, by page
	Datanets(DatanetsArgs),
	/// A contribution
	Contribution(ContributionArgs),
	/// The contributions of a datanet, by page
	Contributions(ContributionsArgs),
	/// The versions of a datanet, by page
	Versions(VersionsArgs),
	/// What a version of a datanet holds, by page
	Members(MembersArgs),
	/// The weight of a contribution in a version of its datanet
	#[command(hide = true)]
	Weight(WeightArgs),
	/// What is asked of a contribution's holder
	#[command(hide = true)]
	Challenge(ContributionArgs),
	/// Who claims what a contribution earns, or that it be taken down
	#[command(hide = true)]
	Dispute(ContributionArgs),
	/// The contribution that holds a file's content, looked up by its hash
	File(FileArgs),
	/// Where else the holder of a file's content lists it, by page
	#[command(hide = true)]
	Listings(ListingsArgs),
}

#[derive(clap::Args, Clone)]
pub(super) struct DatanetArgs {
	/// Id of the datanet.
	id: u32,
}

#[derive(clap::Args, Clone)]
pub(super) struct DatanetsArgs {
	/// Only those of this owner: an address, or //Alice and the like on development chains.
	#[arg(long, value_name = "ADDRESS", conflicts_with = "tag")]
	owner: Option<String>,

	/// Only those with this tag.
	#[arg(long)]
	tag: Option<String>,

	/// Where to go on: the end of the last page tells.
	#[arg(long, value_name = "ID")]
	cursor: Option<u32>,

	/// How many to list at most; removed datanets leave gaps in the list of all.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=PAGE_MAX as i64))]
	limit: u32,
}

#[derive(clap::Args, Clone)]
pub(super) struct ContributionArgs {
	/// Id of the contribution.
	id: u64,
}

#[derive(clap::Args, Clone)]
pub(super) struct ContributionsArgs {
	/// Id of the datanet.
	datanet: u32,

	/// Where to go on: the end of the last page tells.
	#[arg(long, value_name = "SEQUENCE")]
	cursor: Option<u64>,

	/// How many to list at most.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=PAGE_MAX as i64))]
	limit: u32,
}

#[derive(clap::Args, Clone)]
pub(super) struct VersionsArgs {
	/// Id of the datanet.
	datanet: u32,

	/// Where to go on: the end of the last page tells.
	#[arg(long, value_name = "VERSION")]
	cursor: Option<u32>,

	/// How many to list at most.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=PAGE_MAX as i64))]
	limit: u32,
}

#[derive(clap::Args, Clone)]
pub(super) struct MembersArgs {
	/// Id of the datanet.
	datanet: u32,

	/// The version; without it, the last one.
	#[arg(long)]
	version: Option<u32>,

	/// Where to go on: the end of the last page tells.
	#[arg(long, value_name = "SEQUENCE")]
	cursor: Option<u64>,

	/// How many places to look at; what the version does not hold leaves gaps.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=PAGE_MAX as i64))]
	limit: u32,
}

#[derive(clap::Args, Clone)]
pub(super) struct WeightArgs {
	/// Id of the contribution.
	contribution: u64,

	/// The version of its datanet.
	#[arg(long)]
	version: u32,
}

#[derive(clap::Args, Clone)]
pub(super) struct FileArgs {
	/// The file. It is hashed here; only the hash is sent.
	#[arg(required_unless_present = "root", conflicts_with = "root")]
	file: Option<PathBuf>,

	/// Instead of a file: its BLAKE3 hash, as b3sum prints it.
	#[arg(long, value_name = "HEX")]
	root: Option<String>,
}

#[derive(clap::Args, Clone)]
pub(super) struct ListingsArgs {
	#[command(flatten)]
	content: FileArgs,

	/// Where to go on: the end of the last page tells.
	#[arg(long, value_name = "DATANET")]
	cursor: Option<u32>,

	/// How many to list at most.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=PAGE_MAX as i64))]
	limit: u32,
}

pub(super) async fn run(client: &Client, json: bool, question: Question) -> Result<(), Failure> {
	match question {
		Question::Datanet(args) => told(json, datanet(client, args)).await,
		Question::Datanets(args) => told(json, datanets(client, args)).await,
		Question::Contribution(args) => told(json, contribution(client, args)).await,
		Question::Contributions(args) => told(json, contributions(client, args)).await,
		Question::Versions(args) => told(json, versions(client, args)).await,
		Question::Members(args) => told(json, members(client, args)).await,
		Question::Weight(args) => told(json, weight(client, args)).await,
		Question::Challenge(args) => told(json, objections::challenge(client, args.id)).await,
		Question::Dispute(args) => told(json, objections::dispute(client, args.id)).await,
		Question::File(args) => told(json, file(client, args)).await,
		Question::Listings(args) => told(json, listings(client, args)).await,
	}
}

async fn datanet(client: &Client, args: DatanetArgs) -> Result<Datanet, Failure> {
	find_datanet(&client.at_head().await?, args.id).await
}

async fn find_datanet(at: &AtBlock, id: u32) -> Result<Datanet, Failure> {
	datanets::known_datanet(at, id).await.map(Datanet::from)
}

/// A page of datanets.
#[derive(Serialize)]
struct DatanetPage {
	datanets: Vec<Datanet>,
	/// Cursor of the next page; `null` at the end.
	next: Option<u32>,
}

impl Answer for DatanetPage {
	fn human(&self) -> String {
		if self.datanets.is_empty() && self.next.is_none() {
			return "no such datanets; create one with `plexus tx datanet create`".into();
		}
		let rows = self.datanets.iter().map(|datanet| {
			[
				datanet.id.to_string(),
				datanet.name.clone(),
				datanet.licence.clone(),
				datanet.contributions.to_string(),
				datanet.owner.clone(),
			]
		});
		let heading = ["ID", "NAME", "LICENCE", "CONTRIBUTIONS", "OWNER"];
		output::with_cursor(output::columns(heading, rows), self.next)
	}
}

async fn datanets(client: &Client, args: DatanetsArgs) -> Result<DatanetPage, Failure> {
	let at = client.at_head().await?;
	let found = match (&args.owner, &args.tag) {
		(Some(owner), _) => {
			let owner = address::parse_account(owner, &client.chain_kind().await?)?;
			datanets::datanets_of(&at, &owner, args.cursor, args.limit).await?
		}
		(None, Some(tag)) => datanets::datanets_by_tag(&at, tag, args.cursor, args.limit).await?,
		(None, None) => return all_datanets(&at, args.cursor.unwrap_or_default(), args.limit).await,
	};
	let listed = found.items.into_iter().map(Datanet::from).collect();
	Ok(DatanetPage { datanets: listed, next: found.next.map(|id| id.0) })
}

/// The runtime API has no list of all: each id is asked for.
async fn all_datanets(at: &AtBlock, cursor: u32, limit: u32) -> Result<DatanetPage, Failure> {
	let end = datanets::next_datanet(at).await?;
	let page_end = cursor.saturating_add(limit).min(end);
	let mut page = Vec::new();
	for id in cursor..page_end {
		page.extend(datanets::datanet(at, id).await?.map(Datanet::from));
	}
	Ok(DatanetPage { datanets: page, next: (page_end < end).then_some(page_end) })
}

async fn contribution(client: &Client, args: ContributionArgs) -> Result<Contribution, Failure> {
	known_contribution(&client.at_head().await?, args.id).await.map(Contribution::from)
}

async fn known_contribution(at: &AtBlock, id: u64) -> Result<datanets::Info, Failure> {
	datanets::contribution(at, id).await?.ok_or_else(|| {
		not_found(
			"NoSuchContribution",
			format!("there is no contribution {id}, or it was withdrawn"),
			"look it up by its bytes with `plexus query file`, or list a datanet's with `plexus query contributions`",
		)
	})
}

async fn contributions(client: &Client, args: ContributionsArgs) -> Result<Page, Failure> {
	let at = client.at_head().await?;
	// An unknown datanet would look like an empty one.
	find_datanet(&at, args.datanet).await?;
	let page = datanets::contributions(&at, args.datanet, args.cursor, args.limit).await?;
	Ok(Page {
		contributions: page.items.into_iter().map(Contribution::from).collect(),
		next: page.next.map(|sequence| sequence.0),
	})
}

async fn versions(client: &Client, args: VersionsArgs) -> Result<Versions, Failure> {
	let at = client.at_head().await?;
	// An unknown datanet would look like one without versions.
	find_datanet(&at, args.datanet).await?;
	let page = datanets::versions(&at, args.datanet, args.cursor, args.limit).await?;
	Ok(Versions {
		versions: page.items.into_iter().map(Version::from).collect(),
		next: page.next.map(|version| version.0),
	})
}

/// A page of a version's members.
#[derive(Serialize)]
struct Members {
	datanet: u32,
	version: u32,
	members: Vec<Member>,
	/// Cursor of the next page; `null` at the end.
	next: Option<u64>,
}

/// A member of a version.
#[derive(Serialize)]
struct Member {
	contribution: u64,
	weight: u8,
}

impl Answer for Members {
	fn human(&self) -> String {
		let rows =
			self.members.iter().map(|member| [member.contribution.to_string(), member.weight.to_string()]);
		output::with_cursor(output::columns(["CONTRIBUTION", "WEIGHT"], rows), self.next)
	}
}

async fn members(client: &Client, args: MembersArgs) -> Result<Members, Failure> {
	let at = client.at_head().await?;
	let version = datanets::known_version(&at, args.datanet, args.version).await?;
	let page = datanets::members(&at, args.datanet, version, args.cursor, args.limit).await?;
	let member = |(contribution, weight): (plexus_primitives::ContributionId, u8)| Member {
		contribution: contribution.0,
		weight,
	};
	Ok(Members {
		datanet: args.datanet,
		version,
		members: page.items.into_iter().map(member).collect(),
		next: page.next.map(|sequence| sequence.0),
	})
}

/// What a contribution weighs in a version.
#[derive(Serialize)]
struct Weight {
	contribution: u64,
	datanet: u32,
	version: u32,
	/// `null` if the version does not hold it.
	weight: Option<u8>,
}

impl Answer for Weight {
	fn human(&self) -> String {
		match self.weight {
			Some(weight) => weight.to_string(),
			None => format!(
				"version {} of datanet {} does not hold contribution {}",
				self.version, self.datanet, self.contribution
			),
		}
	}
}

async fn weight(client: &Client, args: WeightArgs) -> Result<Weight, Failure> {
	let at = client.at_head().await?;
	let datanet = known_contribution(&at, args.contribution).await?.datanet.0;
	let version = datanets::known_version(&at, datanet, Some(args.version)).await?;
	let weight = datanets::weight_at(&at, args.contribution, version).await?;
	Ok(Weight { contribution: args.contribution, datanet, version, weight })
}

/// The root that is asked about.
async fn root_of(args: FileArgs) -> Result<[u8; 32], Failure> {
	match (args.file, args.root) {
		(Some(file), _) => Ok(prove_file(file).await?.content.root),
		(None, Some(root)) => parse_root(&root),
		(None, None) => Err(Failure::input(
			"NoContent",
			"neither a file nor a root was given",
			"name a FILE or give --root",
		)),
	}
}

async fn file(client: &Client, args: FileArgs) -> Result<Contribution, Failure> {
	let root = root_of(args).await?;
	let at = client.at_head().await?;
	if let Some(held) = datanets::contribution_by_root(&at, root).await? {
		return Ok(Contribution::from(held));
	}
	// What others have ended is kept for whom had made it: nobody else gets it by contributing.
	Err(match datanets::reservation(&at, root).await? {
		Some(kept) => not_found(
			"RootReserved",
			format!(
				"nobody holds the content with root {}; until {} ms on the chain clock it is reserved for {}",
				hex(root),
				kept.until_ms,
				kept.holder()
			),
			"that account contributes it anew in any datanet; others can after that time, should nobody hold it by then",
		),
		None => not_found(
			"NotContributed",
			format!("nobody holds the content with root {}", hex(root)),
			"register it with `plexus tx contribute FILE --datanet ID`",
		),
	})
}

/// A page of listings: further contributions of the same content.
#[derive(Serialize)]
struct Listings {
	listings: Vec<Contribution>,
	/// Cursor of the next page; `null` at the end.
	next: Option<u32>,
}

impl Answer for Listings {
	fn human(&self) -> String {
		if self.listings.is_empty() && self.next.is_none() {
			return "listed nowhere besides; `plexus query file` tells who holds it".into();
		}
		let rows = self.listings.iter().map(|listed| {
			[
				listed.datanet.to_string(),
				listed.id.to_string(),
				listed.status.to_string(),
				listed.contributor.clone(),
			]
		});
		output::with_cursor(
			output::columns(["DATANET", "CONTRIBUTION", "STATUS", "CONTRIBUTOR"], rows),
			self.next,
		)
	}
}

async fn listings(client: &Client, args: ListingsArgs) -> Result<Listings, Failure> {
	let root = root_of(args.content).await?;
	let page = datanets::listings(&client.at_head().await?, root, args.cursor, args.limit).await?;
	Ok(Listings {
		listings: page.items.into_iter().map(Contribution::from).collect(),
		next: page.next.map(|datanet| datanet.0),
	})
}
