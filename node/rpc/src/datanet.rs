//! `datanet_*`: datanets and contributions, in JSON, for programs without a SCALE decoder.
//!
//! # Must not
//! Know more than the runtime API `DatanetsApi` tells: whatever is here, any Substrate client finds by `state_call`.

use crate::{
	arguments::{to_hash, Arguments, HexBytes},
	context::{json, Context},
	registry::{Answer, Registry},
	types::to_hex,
};
use codec::Encode;
use plexus_primitives::{
	api::{ContributionInfo, ContributionPage, DatanetInfo, PAGE_MAX},
	constants::Balance,
	ContributionId, DatanetId, Sequence,
};
use plexus_runtime::AccountId;
use serde::Serialize;
use sp_core::crypto::Ss58Codec;

type Datanet = DatanetInfo<AccountId, Balance, u32>;
type Contribution = ContributionInfo<AccountId, Balance, u32>;
type Contributions = ContributionPage<AccountId, Balance, u32>;

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.query("datanet_byId", by_id);
	registry.query("datanet_contributionById", contribution_by_id);
	registry.query("datanet_contributionByRoot", contribution_by_root);
	registry.query("datanet_contributions", contributions);
}

fn by_id(context: &Context, arguments: &Arguments) -> Answer {
	let id = DatanetId(arguments.required("id", "a datanet's id, a number")?);
	let state = context.state_in(arguments)?;
	let found: Option<Datanet> = context.query_as(&state, "DatanetsApi_datanet", &id.encode())?;
	json(&found.map(DatanetJson::from))
}

fn contribution_by_id(context: &Context, arguments: &Arguments) -> Answer {
	let id = ContributionId(arguments.required("id", "a contribution's id, a number")?);
	let state = context.state_in(arguments)?;
	let found: Option<Contribution> = context.query_as(&state, "DatanetsApi_contribution", &id.encode())?;
	json(&found.map(ContributionJson::from))
}

fn contribution_by_root(context: &Context, arguments: &Arguments) -> Answer {
	let right = "a BLAKE3 hash as b3sum prints it: 64 hexadecimal digits";
	let HexBytes(root) = arguments.required("root", right)?;
	let root = to_hash(&root, "root")?;
	let state = context.state_in(arguments)?;
	let found: Option<Contribution> =
		context.query_as(&state, "DatanetsApi_contribution_by_root", root.as_bytes())?;
	json(&found.map(ContributionJson::from))
}

/// One page; its `next` is the cursor of the following one, `null` at the end.
fn contributions(context: &Context, arguments: &Arguments) -> Answer {
	let datanet = DatanetId(arguments.required("datanet", "a datanet's id, a number")?);
	let cursor = arguments.optional("cursor", "the `next` of the page before, a number")?.map(Sequence);
	let limit = arguments.optional("limit", "a number of contributions")?.unwrap_or(PAGE_MAX);
	let state = context.state_in(arguments)?;
	let page: Contributions =
		context.query_as(&state, "DatanetsApi_contributions", &(datanet, cursor, limit).encode())?;
	json(&PageJson {
		items: page.items.into_iter().map(ContributionJson::from).collect(),
		next: page.next.map(|sequence| sequence.0),
	})
}

/// Amounts are decimal strings, since JavaScript's numbers end at 2^53.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DatanetJson {
	id: u32,
	owner: String,
	name: String,
	licence: String,
	created_at: u32,
	deposit: String,
	contributions: u64,
	next_sequence: u64,
}

impl From<Datanet> for DatanetJson {
	fn from(datanet: Datanet) -> Self {
		Self {
			id: datanet.id.0,
			owner: datanet.owner.to_ss58check(),
			name: text(&datanet.name),
			licence: text(&datanet.licence),
			created_at: datanet.created_at,
			deposit: datanet.deposit.to_string(),
			contributions: datanet.contributions,
			next_sequence: datanet.next_sequence.0,
		}
	}
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContributionJson {
	id: u64,
	datanet: u32,
	sequence: u64,
	contributor: String,
	root: String,
	length: u64,
	media_type: String,
	locator: String,
	registered_at: u32,
	deposit: String,
}

impl From<Contribution> for ContributionJson {
	fn from(contribution: Contribution) -> Self {
		Self {
			id: contribution.id.0,
			datanet: contribution.datanet.0,
			sequence: contribution.sequence.0,
			contributor: contribution.contributor.to_ss58check(),
			root: to_hex(&contribution.content.root),
			length: contribution.content.len,
			media_type: text(&contribution.media_type),
			locator: text(&contribution.locator),
			registered_at: contribution.registered_at,
			deposit: contribution.deposit.to_string(),
		}
	}
}

#[derive(Serialize)]
struct PageJson {
	items: Vec<ContributionJson>,
	next: Option<u64>,
}

/// Text that somebody put on the chain; what is no UTF-8 shows as replacement characters.
fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}
