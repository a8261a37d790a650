//! What data earned, as the runtime's `RewardsApi` tells of it.
//!
//! # Must not
//! Read the pallet's storage: the layout may change, the API is the promise.
//!
//! # Invariants
//! The types here have the encoding of the runtime's; a test decodes what the pallet's own types encode to.

use crate::{
	address::display,
	amount::Amount,
	client::{runtime_call, AtBlock},
	failure::{Failure, FailureKind},
	output::{self, Answer},
	validators::Percent,
};
use codec::{Decode, Encode};
use serde::Serialize;
use sp_core::crypto::AccountId32;
use std::{fmt, str::FromStr};

/// To whom something is credited. Escrows of disputes are asked for by nobody here.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
enum Holder {
	Account(AccountId32),
}

/// What was credited, ever, by where it came from, and what of it is to be withdrawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode)]
pub(crate) struct EarnedInfo {
	pub(crate) due: u128,
	pub(crate) pools: u128,
	pub(crate) claims: u128,
	pub(crate) submissions: u128,
	pub(crate) challenges: u128,
}

/// The versions of a datanet from one on, up to but not including another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize)]
pub(crate) struct Place {
	pub(crate) datanet: u32,
	pub(crate) from: u32,
	/// `null` while it is in all that come.
	pub(crate) until: Option<u32>,
}

/// Why a text is no place.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no place; write it as the page before did: DATANET:FROM or DATANET:FROM:UNTIL")]
pub(crate) struct PlaceError(String);

impl FromStr for Place {
	type Err = PlaceError;

	fn from_str(text: &str) -> Result<Self, PlaceError> {
		let numbers: Option<Vec<u32>> = text.split(':').map(|part| part.parse().ok()).collect();
		match numbers.as_deref() {
			Some(&[datanet, from]) => Ok(Self { datanet, from, until: None }),
			Some(&[datanet, from, until]) => Ok(Self { datanet, from, until: Some(until) }),
			_ => Err(PlaceError(text.into())),
		}
	}
}

impl fmt::Display for Place {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{}:{}", self.datanet, self.from)?;
		self.until.map_or(Ok(()), |until| write!(f, ":{until}"))
	}
}

/// What somebody has in the same versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode)]
pub(crate) struct PositionInfo {
	pub(crate) place: Place,
	pub(crate) weight: u64,
	pub(crate) claimable: u128,
}

/// What somebody earned in a datanet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode)]
pub(crate) struct DatanetEarningsInfo {
	pub(crate) datanet: u32,
	pub(crate) credited: u128,
}

/// The pool of a version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode)]
pub(crate) struct PoolInfo {
	pub(crate) version: u32,
	pub(crate) weight: u64,
	pub(crate) deposited: u128,
}

/// What the data of a model earned.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct DataRevenueInfo {
	pub(crate) revenue: u128,
	pub(crate) entries: Vec<EntryInfo>,
}

/// An entry of a model's manifest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode)]
pub(crate) struct EntryInfo {
	pub(crate) datanet: u32,
	pub(crate) version: u32,
	pub(crate) share: Percent,
	pub(crate) pulled: u128,
	pub(crate) due: u128,
}

/// A page of entries.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct PageInfo<Item, Cursor> {
	pub(crate) items: Vec<Item>,
	pub(crate) next: Option<Cursor>,
}

/// What an account was credited.
pub(crate) async fn earned(at: &AtBlock, account: &AccountId32) -> Result<EarnedInfo, Failure> {
	runtime_call(at, "RewardsApi_earnings", Holder::Account(account.clone())).await
}

/// A page of that from pools, by datanet.
pub(crate) async fn datanet_earnings(
	at: &AtBlock,
	account: &AccountId32,
	cursor: Option<u32>,
	limit: u32,
) -> Result<PageInfo<DatanetEarningsInfo, u32>, Failure> {
	let asked = (Holder::Account(account.clone()), cursor, limit);
	runtime_call(at, "RewardsApi_datanet_earnings", asked).await
}

/// A page of an account's positions.
pub(crate) async fn positions(
	at: &AtBlock,
	account: &AccountId32,
	cursor: Option<Place>,
	limit: u32,
) -> Result<PageInfo<PositionInfo, Place>, Failure> {
	runtime_call(at, "RewardsApi_positions", (Holder::Account(account.clone()), cursor, limit)).await
}

/// A page of the pools of a datanet's versions.
pub(crate) async fn pools(
	at: &AtBlock,
	datanet: u32,
	cursor: Option<u32>,
	limit: u32,
) -> Result<PageInfo<PoolInfo, u32>, Failure> {
	runtime_call(at, "RewardsApi_pools", (datanet, cursor, limit)).await
}

/// What the data of a model earned, which must have some.
pub(crate) async fn known_data_revenue(at: &AtBlock, model: u64) -> Result<DataRevenueInfo, Failure> {
	let found: Option<DataRevenueInfo> = runtime_call(at, "RewardsApi_data_revenue", model).await?;
	found.ok_or_else(|| {
		Failure::new(
			FailureKind::NotFound,
			"NoManifest",
			format!("there is no model {model}, or it was trained on no datanet"),
			"`plexus query model show` tells of the model and its manifest",
		)
	})
}

/// What an account was credited, as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Earned {
	account: String,
	/// What `Rewards.withdraw` pays it.
	due: Amount,
	/// All that it was ever credited.
	total: Amount,
	pools: Amount,
	claims: Amount,
	submissions: Amount,
	challenges: Amount,
}

impl Earned {
	pub(crate) fn new(account: &AccountId32, info: EarnedInfo) -> Self {
		let EarnedInfo { due, pools, claims, submissions, challenges } = info;
		let total = [pools, claims, submissions, challenges].into_iter().fold(0, u128::saturating_add);
		Self {
			account: display(account),
			due: Amount(due),
			total: Amount(total),
			pools: Amount(pools),
			claims: Amount(claims),
			submissions: Amount(submissions),
			challenges: Amount(challenges),
		}
	}
}

impl Answer for Earned {
	fn human(&self) -> String {
		output::fields([
			("account", self.account.clone()),
			("to withdraw", self.due.to_string()),
			("credited ever", self.total.to_string()),
			("  for being in versions", self.pools.to_string()),
			("  by claims on outputs", self.claims.to_string()),
			("  for submitting claims", self.submissions.to_string()),
			("  for challenges", self.challenges.to_string()),
		])
	}
}

/// What an account earned in each datanet, as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct DatanetsEarned {
	datanets: Vec<DatanetEarned>,
	/// Cursor of the next page; `null` at the end.
	next: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
struct DatanetEarned {
	datanet: u32,
	credited: Amount,
}

impl From<PageInfo<DatanetEarningsInfo, u32>> for DatanetsEarned {
	fn from(page: PageInfo<DatanetEarningsInfo, u32>) -> Self {
		let entry = |info: DatanetEarningsInfo| DatanetEarned {
			datanet: info.datanet,
			credited: Amount(info.credited),
		};
		Self { datanets: page.items.into_iter().map(entry).collect(), next: page.next }
	}
}

impl Answer for DatanetsEarned {
	fn human(&self) -> String {
		let rows = self.datanets.iter().map(|entry| [entry.datanet.to_string(), entry.credited.to_string()]);
		output::page("nothing was credited from pools", ["DATANET", "CREDITED"], rows, self.next)
	}
}

/// An account's positions as they are printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Positions {
	positions: Vec<Position>,
	/// Cursor of the next page; `null` at the end.
	next: Option<Place>,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
struct Position {
	place: Place,
	/// Of all contributions there together.
	weight: u64,
	/// What `Rewards.claim` would credit now.
	claimable: Amount,
}

impl From<PageInfo<PositionInfo, Place>> for Positions {
	fn from(page: PageInfo<PositionInfo, Place>) -> Self {
		let position = |PositionInfo { place, weight, claimable }| Position {
			place,
			weight,
			claimable: Amount(claimable),
		};
		Self { positions: page.items.into_iter().map(position).collect(), next: page.next }
	}
}

impl Answer for Positions {
	fn human(&self) -> String {
		let rows = self.positions.iter().map(|position| {
			let Place { datanet, from, until } = position.place;
			let until = until.map_or_else(|| "-".into(), |until| until.to_string());
			[
				datanet.to_string(),
				from.to_string(),
				until,
				position.weight.to_string(),
				position.claimable.to_string(),
			]
		});
		output::page("no positions", ["DATANET", "FROM", "UNTIL", "WEIGHT", "CLAIMABLE"], rows, self.next)
	}
}

/// The pools of a datanet's versions as they are printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Pools {
	pools: Vec<Pool>,
	/// Cursor of the next page; `null` at the end.
	next: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
struct Pool {
	version: u32,
	weight: u64,
	deposited: Amount,
}

impl From<PageInfo<PoolInfo, u32>> for Pools {
	fn from(page: PageInfo<PoolInfo, u32>) -> Self {
		let pool =
			|PoolInfo { version, weight, deposited }| Pool { version, weight, deposited: Amount(deposited) };
		Self { pools: page.items.into_iter().map(pool).collect(), next: page.next }
	}
}

impl Answer for Pools {
	fn human(&self) -> String {
		let rows = self
			.pools
			.iter()
			.map(|pool| [pool.version.to_string(), pool.weight.to_string(), pool.deposited.to_string()]);
		output::page("no versions", ["VERSION", "WEIGHT", "DEPOSITED"], rows, self.next)
	}
}

/// What the data of a model earned, as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct DataRevenue {
	model: u64,
	revenue: Amount,
	entries: Vec<Entry>,
}

/// An entry of the manifest. Its place in the list is what `Rewards.distribute` takes.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
struct Entry {
	datanet: u32,
	version: u32,
	/// In billionths.
	share: Percent,
	pulled: Amount,
	due: Amount,
}

impl DataRevenue {
	pub(crate) fn new(model: u64, info: DataRevenueInfo) -> Self {
		let entry = |EntryInfo { datanet, version, share, pulled, due }| Entry {
			datanet,
			version,
			share,
			pulled: Amount(pulled),
			due: Amount(due),
		};
		let entries = info.entries.into_iter().map(entry).collect();
		Self { model, revenue: Amount(info.revenue), entries }
	}
}

impl Answer for DataRevenue {
	fn human(&self) -> String {
		let sums = output::fields([
			("model", self.model.to_string()),
			("earned by its data", self.revenue.to_string()),
		]);
		let rows = (0u32..).zip(&self.entries).map(|(place, entry)| {
			[
				place.to_string(),
				entry.datanet.to_string(),
				entry.version.to_string(),
				entry.share.to_string(),
				entry.pulled.to_string(),
				entry.due.to_string(),
			]
		});
		let heading = ["ENTRY", "DATANET", "VERSION", "SHARE", "DISTRIBUTED", "TO DISTRIBUTE"];
		format!("{sums}\n{}", output::columns(heading, rows))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::DecodeAll;
	use pallet_rewards::{runtime_api, types};
	use plexus_primitives::{DatanetId, DatanetVersion};
	use sp_runtime::Perbill;

	fn account() -> AccountId32 {
		[1; 32].into()
	}

	fn place(until: Option<u32>) -> types::Place {
		types::Place { datanet: DatanetId(1), from: DatanetVersion(2), until: until.map(DatanetVersion) }
	}

	#[test]
	fn holders_and_places_encode_as_the_pallets() {
		let theirs = types::Holder::Account(account());
		assert_eq!(Holder::Account(account()).encode(), theirs.encode());
		for (text, until) in [("1:2", None), ("1:2:3", Some(3))] {
			let ours: Place = text.parse().expect("a place");
			assert_eq!(ours.encode(), place(until).encode());
			assert_eq!(ours.to_string(), text);
		}
		for text in ["", "1", "1:", "1:2:3:4", "1:-2", "a:b"] {
			assert!(text.parse::<Place>().is_err(), "{text}");
		}
	}

	#[test]
	fn earnings_decode_from_the_pallets_bytes_and_have_stable_json_keys() {
		let theirs = types::Earned { due: 5, pools: 1, claims: 2, submissions: 3, challenges: 4 };
		let info = EarnedInfo::decode_all(&mut &theirs.encode()[..]).expect("the same encoding");
		let earned = Earned::new(&account(), info);
		assert_eq!(
			serde_json::to_value(&earned).unwrap(),
			serde_json::json!({
				"account": display(&account()), "due": "5", "total": "10", "pools": "1", "claims": "2",
				"submissions": "3", "challenges": "4",
			})
		);
		assert!(earned.human().contains("to withdraw"), "{}", earned.human());

		let entry = runtime_api::DatanetEarnings { datanet: DatanetId(6), credited: 7 };
		let page = runtime_api::Page { items: vec![entry], next: Some(DatanetId(6)) };
		let page = PageInfo::decode_all(&mut &page.encode()[..]).expect("the same encoding");
		let page = DatanetsEarned::from(page);
		assert_eq!(
			serde_json::to_value(&page).unwrap(),
			serde_json::json!({ "datanets": [{ "datanet": 6, "credited": "7" }], "next": 6 })
		);
		assert!(page.human().contains("--cursor 6"), "{}", page.human());
	}

	#[test]
	fn positions_decode_from_the_pallets_bytes_and_have_stable_json_keys() {
		let position = runtime_api::PositionInfo { place: place(None), weight: 4, claimable: 5 };
		let page = runtime_api::Page { items: vec![position], next: Some(place(Some(3))) };
		let page = PageInfo::decode_all(&mut &page.encode()[..]).expect("the same encoding");
		let page = Positions::from(page);
		assert_eq!(
			serde_json::to_value(&page).unwrap(),
			serde_json::json!({
				"positions": [{
					"place": { "datanet": 1, "from": 2, "until": null }, "weight": 4, "claimable": "5",
				}],
				"next": { "datanet": 1, "from": 2, "until": 3 },
			})
		);
		assert!(page.human().contains("--cursor 1:2:3"), "{}", page.human());
		assert_eq!(Positions { positions: vec![], next: None }.human(), "no positions");
	}

	#[test]
	fn pools_and_revenue_decode_from_the_pallets_bytes_and_have_stable_json_keys() {
		let pool = runtime_api::PoolInfo { version: DatanetVersion(1), weight: 2, deposited: 3 };
		let page = runtime_api::Page { items: vec![pool], next: Some(DatanetVersion(2)) };
		let page = PageInfo::decode_all(&mut &page.encode()[..]).expect("the same encoding");
		assert_eq!(
			serde_json::to_value(Pools::from(page)).unwrap(),
			serde_json::json!({ "pools": [{ "version": 1, "weight": 2, "deposited": "3" }], "next": 2 })
		);
		let entry = runtime_api::EntryInfo {
			datanet: DatanetId(1),
			version: DatanetVersion(2),
			share: Perbill::from_percent(40),
			pulled: 3,
			due: 4,
		};
		let theirs = runtime_api::DataRevenueInfo { revenue: 20, entries: vec![entry] };
		let info = DataRevenueInfo::decode_all(&mut &theirs.encode()[..]).expect("the same encoding");
		let revenue = DataRevenue::new(5, info);
		assert_eq!(
			serde_json::to_value(&revenue).unwrap(),
			serde_json::json!({
				"model": 5, "revenue": "20",
				"entries": [{ "datanet": 1, "version": 2, "share": 400_000_000, "pulled": "3", "due": "4" }],
			})
		);
		assert!(revenue.human().contains("40 %"), "{}", revenue.human());
	}
}
