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

/// To whom something is credited: an account, or the escrow of a dispute.
pub(crate) type Holder = plexus_primitives::Holder<AccountId32>;

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

/// What a holder was credited.
pub(crate) async fn earned(at: &AtBlock, holder: &Holder) -> Result<EarnedInfo, Failure> {
	runtime_call(at, "RewardsApi_earnings", holder).await
}

/// A page of that from pools, by datanet.
pub(crate) async fn datanet_earnings(
	at: &AtBlock,
	holder: &Holder,
	cursor: Option<u32>,
	limit: u32,
) -> Result<PageInfo<DatanetEarningsInfo, u32>, Failure> {
	runtime_call(at, "RewardsApi_datanet_earnings", (holder, cursor, limit)).await
}

/// A page of a holder's positions.
pub(crate) async fn positions(
	at: &AtBlock,
	holder: &Holder,
	cursor: Option<Place>,
	limit: u32,
) -> Result<PageInfo<PositionInfo, Place>, Failure> {
	runtime_call(at, "RewardsApi_positions", (holder, cursor, limit)).await
}

/// One position of a holder, which must have it.
pub(crate) async fn known_position(
	at: &AtBlock,
	holder: &Holder,
	place: Place,
) -> Result<PositionInfo, Failure> {
	let found: Option<PositionInfo> = runtime_call(at, "RewardsApi_position", (holder, place)).await?;
	found.ok_or_else(|| {
		Failure::new(
			FailureKind::NotFound,
			"NoPosition",
			format!("nothing is held at {place}"),
			"list the positions that there are with `plexus query rewards positions`",
		)
	})
}

/// The pool of a version, which must be published.
pub(crate) async fn known_pool(at: &AtBlock, datanet: u32, version: u32) -> Result<PoolInfo, Failure> {
	let found: Option<PoolInfo> = runtime_call(at, "RewardsApi_pool", (datanet, version)).await?;
	found.ok_or_else(|| {
		Failure::new(
			FailureKind::NotFound,
			"NoSuchVersion",
			format!("datanet {datanet} has no version {version}"),
			"list those that it has with `plexus query versions`",
		)
	})
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
	/// `null` for the escrow of a dispute.
	account: Option<String>,
	/// The contribution that is disputed; `null` for an account.
	escrow: Option<u64>,
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
	pub(crate) fn new(holder: &Holder, info: EarnedInfo) -> Self {
		let EarnedInfo { due, pools, claims, submissions, challenges } = info;
		let total = [pools, claims, submissions, challenges].into_iter().fold(0, u128::saturating_add);
		Self {
			account: match holder {
				Holder::Account(account) => Some(display(account)),
				Holder::Escrow(_) => None,
			},
			escrow: match holder {
				Holder::Account(_) => None,
				Holder::Escrow(contribution) => Some(contribution.0),
			},
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
			match (&self.account, self.escrow) {
				(None, Some(contribution)) => {
					("escrow of the dispute of", format!("contribution {contribution}"))
				}
				(account, _) => ("account", account.clone().unwrap_or_default()),
			},
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

/// A position as it is printed.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(crate) struct Position {
	place: Place,
	/// Of all contributions there together.
	weight: u64,
	/// What `Rewards.claim` would credit now.
	claimable: Amount,
}

impl From<PositionInfo> for Position {
	fn from(PositionInfo { place, weight, claimable }: PositionInfo) -> Self {
		Self { place, weight, claimable: Amount(claimable) }
	}
}

impl Answer for Position {
	fn human(&self) -> String {
		output::fields([
			("position", self.place.to_string()),
			("weight", self.weight.to_string()),
			("claimable", self.claimable.to_string()),
		])
	}
}

impl From<PageInfo<PositionInfo, Place>> for Positions {
	fn from(page: PageInfo<PositionInfo, Place>) -> Self {
		Self { positions: page.items.into_iter().map(Position::from).collect(), next: page.next }
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

/// The pool of a version as it is printed.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(crate) struct Pool {
	version: u32,
	weight: u64,
	deposited: Amount,
}

impl From<PoolInfo> for Pool {
	fn from(PoolInfo { version, weight, deposited }: PoolInfo) -> Self {
		Self { version, weight, deposited: Amount(deposited) }
	}
}

impl Answer for Pool {
	fn human(&self) -> String {
		output::fields([
			("version", self.version.to_string()),
			("weight", self.weight.to_string()),
			("deposited", self.deposited.to_string()),
		])
	}
}

impl From<PageInfo<PoolInfo, u32>> for Pools {
	fn from(page: PageInfo<PoolInfo, u32>) -> Self {
		Self { pools: page.items.into_iter().map(Pool::from).collect(), next: page.next }
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
	use plexus_primitives::{ContributionId, DatanetId, DatanetVersion};
	use sp_runtime::Perbill;

	fn account() -> AccountId32 {
		[1; 32].into()
	}

	fn place(until: Option<u32>) -> types::Place {
		types::Place { datanet: DatanetId(1), from: DatanetVersion(2), until: until.map(DatanetVersion) }
	}

	#[test]
	fn places_encode_as_the_pallets() {
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
		let escrow = Earned::new(&Holder::Escrow(ContributionId(7)), info);
		let json = serde_json::to_value(&escrow).unwrap();
		assert_eq!((&json["account"], &json["escrow"]), (&serde_json::Value::Null, &7.into()));
		assert!(escrow.human().contains("contribution 7"), "{}", escrow.human());
		let earned = Earned::new(&Holder::Account(account()), info);
		assert_eq!(
			serde_json::to_value(&earned).unwrap(),
			serde_json::json!({
				"account": display(&account()), "escrow": null, "due": "5", "total": "10", "pools": "1", "claims": "2",
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
		let one = PositionInfo::decode_all(&mut &position.encode()[..]).expect("the same encoding");
		assert!(Position::from(one).human().contains("1:2"), "{one:?}");
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
