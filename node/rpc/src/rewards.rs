//! `rewards_*`: what data earned, who is in which versions, and what can be claimed, in JSON, for programs without a SCALE
//! decoder.
//!
//! # Must not
//! Know more than the runtime API `RewardsApi` tells: whatever is here, any Substrate client finds by `state_call`. What serving and models
//! earned by account is in no state: [`crate::income`] asks the index.

use crate::{
	arguments::Arguments,
	context::{json, Context},
	errors::RpcError,
	income::income,
	registry::{Answer, Registry},
};
use codec::Encode;
use pallet_rewards::{
	runtime_api::{DataRevenueInfo, DatanetEarnings, EntryInfo, Page, PoolInfo, PositionInfo, PAGE_MAX},
	Earned, Holder, Place,
};
use plexus_primitives::{ContributionId, DatanetId, DatanetVersion, ModelId};
use plexus_runtime::AccountId;
use serde::{Deserialize, Serialize};
use sp_core::crypto::Ss58Codec;

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.query("rewards_earnings", earnings);
	registry.query("rewards_income", income);
	registry.query("rewards_escrow", escrow);
	registry.query("rewards_datanetEarnings", datanet_earnings);
	registry.query("rewards_positions", positions);
	registry.query("rewards_pool", pool);
	registry.query("rewards_pools", pools);
	registry.query("rewards_dataRevenue", data_revenue);
}

/// What an account was credited, ever, and what of it `withdraw` would pay. What is claimable is not in it.
fn earnings(context: &Context, arguments: &Arguments) -> Answer {
	earned_by(context, arguments, account(arguments)?)
}

/// What waits for the end of the dispute about a contribution.
fn escrow(context: &Context, arguments: &Arguments) -> Answer {
	let contribution = arguments.required("contribution", "a contribution's id, a number")?;
	earned_by(context, arguments, Holder::Escrow(ContributionId(contribution)))
}

fn earned_by(context: &Context, arguments: &Arguments, holder: Holder<AccountId>) -> Answer {
	let state = context.state_in(arguments)?;
	let earned: Earned = context.query_as(&state, "RewardsApi_earnings", &holder.encode())?;
	json(&EarnedJson::from(earned))
}

/// One page; its `next` is the cursor of the following one, `null` at the end. So are all pages.
fn datanet_earnings(context: &Context, arguments: &Arguments) -> Answer {
	let holder = account(arguments)?;
	let cursor = arguments.optional("cursor", "the `next` of the page before, a number")?.map(DatanetId);
	let asked = (holder, cursor, limit(arguments)?).encode();
	let state = context.state_in(arguments)?;
	let page: Page<DatanetEarnings, DatanetId> =
		context.query_as(&state, "RewardsApi_datanet_earnings", &asked)?;
	let entry = |DatanetEarnings { datanet, credited }| DatanetEarningsJson {
		datanet: datanet.0,
		credited: credited.to_string(),
	};
	json(&PageJson {
		items: page.items.into_iter().map(entry).collect(),
		next: page.next.map(|datanet| datanet.0),
	})
}

/// As [`datanet_earnings`]; the cursor is an object.
fn positions(context: &Context, arguments: &Arguments) -> Answer {
	let holder = account(arguments)?;
	let cursor: Option<PlaceJson> =
		arguments.optional("cursor", "the `next` of the page before: {datanet, from, until}")?;
	let asked = (holder, cursor.map(Place::from), limit(arguments)?).encode();
	let state = context.state_in(arguments)?;
	let page: Page<PositionInfo, Place> = context.query_as(&state, "RewardsApi_positions", &asked)?;
	json(&PageJson {
		items: page.items.into_iter().map(PositionJson::from).collect(),
		next: page.next.map(PlaceJson::from),
	})
}

/// The pool of a version that was published.
fn pool(context: &Context, arguments: &Arguments) -> Answer {
	let datanet = datanet_id(arguments)?;
	let version = arguments.required("version", "a version, a number").map(DatanetVersion)?;
	let asked = (datanet, version).encode();
	let state = context.state_in(arguments)?;
	let found: Option<PoolInfo> = context.query_as(&state, "RewardsApi_pool", &asked)?;
	json(&found.map(PoolJson::from))
}

/// As [`datanet_earnings`].
fn pools(context: &Context, arguments: &Arguments) -> Answer {
	let datanet = datanet_id(arguments)?;
	let cursor = arguments.optional("cursor", "the `next` of the page before, a number")?.map(DatanetVersion);
	let asked = (datanet, cursor, limit(arguments)?).encode();
	let state = context.state_in(arguments)?;
	let page: Page<PoolInfo, DatanetVersion> = context.query_as(&state, "RewardsApi_pools", &asked)?;
	json(&PageJson {
		items: page.items.into_iter().map(PoolJson::from).collect(),
		next: page.next.map(|version| version.0),
	})
}

/// What the data of a model earned, and what each entry of its manifest has yet to pull.
fn data_revenue(context: &Context, arguments: &Arguments) -> Answer {
	let model = arguments.required("model", "a model's id, a number").map(ModelId)?;
	let state = context.state_in(arguments)?;
	let found: Option<DataRevenueInfo> =
		context.query_as(&state, "RewardsApi_data_revenue", &model.encode())?;
	json(&found.map(DataRevenueJson::from))
}

fn limit(arguments: &Arguments) -> Result<u32, RpcError> {
	Ok(arguments.optional("limit", "a number of entries")?.unwrap_or(PAGE_MAX))
}

fn datanet_id(arguments: &Arguments) -> Result<DatanetId, RpcError> {
	arguments.required("datanet", "a datanet's id, a number").map(DatanetId)
}

fn account(arguments: &Arguments) -> Result<Holder<AccountId>, RpcError> {
	AccountId::from_ss58check(&arguments.text("account")?)
		.map(Holder::Account)
		.map_err(|error| RpcError::InvalidParams(format!("`account` must be an SS58 address: {error}")))
}

/// Amounts are decimal strings, since JavaScript's numbers end at 2^53. Shares are numbers of billionths.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EarnedJson {
	due: String,
	total: String,
	pools: String,
	claims: String,
	submissions: String,
	challenges: String,
}

#[derive(Serialize)]
struct DatanetEarningsJson {
	datanet: u32,
	credited: String,
}

/// The versions of a datanet from one on, up to but not including another.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceJson {
	datanet: u32,
	from: u32,
	/// `null` while it is in all that come.
	#[serde(default)]
	until: Option<u32>,
}

#[derive(Serialize)]
struct PositionJson {
	place: PlaceJson,
	weight: u64,
	claimable: String,
}

#[derive(Serialize)]
struct PoolJson {
	version: u32,
	weight: u64,
	deposited: String,
}

#[derive(Serialize)]
struct DataRevenueJson {
	revenue: String,
	entries: Vec<EntryJson>,
}

/// Its place in the list is what `distribute` takes.
#[derive(Serialize)]
struct EntryJson {
	datanet: u32,
	version: u32,
	share: u32,
	pulled: String,
	due: String,
}

#[derive(Serialize)]
struct PageJson<Item, Cursor> {
	items: Vec<Item>,
	next: Option<Cursor>,
}

impl From<Earned> for EarnedJson {
	fn from(earned: Earned) -> Self {
		let total = earned.total().to_string();
		let Earned { due, pools, claims, submissions, challenges } = earned;
		let [due, pools, claims, submissions, challenges] =
			[due, pools, claims, submissions, challenges].map(|amount| amount.to_string());
		Self { due, total, pools, claims, submissions, challenges }
	}
}

impl From<PlaceJson> for Place {
	fn from(PlaceJson { datanet, from, until }: PlaceJson) -> Self {
		Self { datanet: DatanetId(datanet), from: DatanetVersion(from), until: until.map(DatanetVersion) }
	}
}

impl From<Place> for PlaceJson {
	fn from(Place { datanet, from, until }: Place) -> Self {
		Self { datanet: datanet.0, from: from.0, until: until.map(|version| version.0) }
	}
}

impl From<PositionInfo> for PositionJson {
	fn from(PositionInfo { place, weight, claimable }: PositionInfo) -> Self {
		Self { place: place.into(), weight, claimable: claimable.to_string() }
	}
}

impl From<PoolInfo> for PoolJson {
	fn from(PoolInfo { version, weight, deposited }: PoolInfo) -> Self {
		Self { version: version.0, weight, deposited: deposited.to_string() }
	}
}

impl From<DataRevenueInfo> for DataRevenueJson {
	fn from(DataRevenueInfo { revenue, entries }: DataRevenueInfo) -> Self {
		let entry = |EntryInfo { datanet, version, share, pulled, due }: EntryInfo| EntryJson {
			datanet: datanet.0,
			version: version.0,
			share: share.deconstruct(),
			pulled: pulled.to_string(),
			due: due.to_string(),
		};
		Self { revenue: revenue.to_string(), entries: entries.into_iter().map(entry).collect() }
	}
}
