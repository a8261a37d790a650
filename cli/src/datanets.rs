//! Datanets and contributions as the runtime's `DatanetsApi` tells of them.
//!
//! # Must not
//! Read the pallet's storage where the runtime API has an answer: the layout may change, the API is the promise.

use crate::{
	address,
	amount::Amount,
	client::{bounded, runtime_call, AtBlock},
	explain::explain_client,
	failure::Failure,
	output::{self, hex, text, Answer},
};
use plexus_primitives::api::{ContributionInfo, ContributionPage, DatanetInfo};
use serde::Serialize;
use sp_core::crypto::AccountId32;
use subxt::dynamic;

/// A contribution with this chain's types.
pub(crate) type Info = ContributionInfo<AccountId32, u128, u32>;

/// The contribution that holds a root.
pub(crate) async fn contribution_by_root(at: &AtBlock, root: [u8; 32]) -> Result<Option<Info>, Failure> {
	runtime_call(at, "DatanetsApi_contribution_by_root", root).await
}

/// The contribution with this id.
pub(crate) async fn contribution(at: &AtBlock, id: u64) -> Result<Option<Info>, Failure> {
	runtime_call(at, "DatanetsApi_contribution", id).await
}

/// The datanet with this id.
pub(crate) async fn datanet(
	at: &AtBlock,
	id: u32,
) -> Result<Option<DatanetInfo<AccountId32, u128, u32>>, Failure> {
	runtime_call(at, "DatanetsApi_datanet", id).await
}

/// The id that the next datanet gets: all there are have smaller ones. The runtime API has no list of datanets.
pub(crate) async fn next_datanet(at: &AtBlock) -> Result<u32, Failure> {
	let address = dynamic::storage::<(), u32>("Datanets", "NextDatanetId");
	let storage = at.storage();
	match bounded("the number of datanets", storage.try_fetch(address, ())).await?.map_err(explain_client)? {
		Some(next) => next.decode().map_err(explain_client),
		None => Ok(0),
	}
}

/// One page of a datanet's contributions.
pub(crate) async fn contributions(
	at: &AtBlock,
	datanet: u32,
	cursor: Option<u64>,
	limit: u32,
) -> Result<ContributionPage<AccountId32, u128, u32>, Failure> {
	runtime_call(at, "DatanetsApi_contributions", (datanet, cursor, limit)).await
}

/// A datanet as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Datanet {
	pub(crate) id: u32,
	pub(crate) name: String,
	pub(crate) owner: String,
	pub(crate) licence: String,
	pub(crate) contributions: u64,
	pub(crate) created_at: u32,
	pub(crate) deposit: Amount,
}

impl From<DatanetInfo<AccountId32, u128, u32>> for Datanet {
	fn from(info: DatanetInfo<AccountId32, u128, u32>) -> Self {
		Self {
			id: info.id.0,
			name: text(&info.name),
			owner: address::display(&info.owner),
			licence: text(&info.licence),
			contributions: info.contributions,
			created_at: info.created_at,
			deposit: Amount(info.deposit),
		}
	}
}

impl Answer for Datanet {
	fn human(&self) -> String {
		output::fields([
			("datanet", self.id.to_string()),
			("name", self.name.clone()),
			("owner", self.owner.clone()),
			("licence", self.licence.clone()),
			("contributions", self.contributions.to_string()),
			("created at block", self.created_at.to_string()),
			("deposit", self.deposit.to_string()),
		])
	}
}

/// A contribution as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Contribution {
	pub(crate) id: u64,
	pub(crate) datanet: u32,
	pub(crate) sequence: u64,
	pub(crate) contributor: String,
	pub(crate) root: String,
	pub(crate) length: u64,
	pub(crate) media_type: String,
	/// `null` if the content is not published.
	pub(crate) locator: Option<String>,
	pub(crate) registered_at: u32,
	pub(crate) deposit: Amount,
}

impl From<Info> for Contribution {
	fn from(info: Info) -> Self {
		Self {
			id: info.id.0,
			datanet: info.datanet.0,
			sequence: info.sequence.0,
			contributor: address::display(&info.contributor),
			root: hex(info.content.root),
			length: info.content.len,
			media_type: text(&info.media_type),
			locator: (!info.locator.is_empty()).then(|| text(&info.locator)),
			registered_at: info.registered_at,
			deposit: Amount(info.deposit),
		}
	}
}

impl Answer for Contribution {
	fn human(&self) -> String {
		output::fields([
			("contribution", self.id.to_string()),
			("datanet", format!("{} (sequence {})", self.datanet, self.sequence)),
			("contributor", self.contributor.clone()),
			("root (b3sum)", self.root.clone()),
			("length", format!("{} bytes", self.length)),
			("media type", self.media_type.clone()),
			("locator", self.locator.clone().unwrap_or_else(|| "not published".into())),
			("registered at block", self.registered_at.to_string()),
			("deposit", self.deposit.to_string()),
		])
	}
}

/// A page of contributions as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Page {
	pub(crate) contributions: Vec<Contribution>,
	/// Cursor of the next page; `null` at the end.
	pub(crate) next: Option<u64>,
}

impl Answer for Page {
	fn human(&self) -> String {
		if self.contributions.is_empty() && self.next.is_none() {
			return "no contributions".into();
		}
		let rows = self.contributions.iter().map(|contribution| {
			[
				contribution.id.to_string(),
				contribution.contributor.clone(),
				contribution.length.to_string(),
				contribution.media_type.clone(),
				contribution.root.clone(),
			]
		});
		let table = output::columns(["ID", "CONTRIBUTOR", "BYTES", "TYPE", "ROOT"], rows);
		match self.next {
			Some(next) => format!("{table}\nmore with --cursor {next}"),
			None => table,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::{Content, ContributionId, DatanetId, Sequence};

	#[test]
	fn a_contribution_has_stable_json_keys() {
		let info = Info {
			id: ContributionId(5),
			datanet: DatanetId(2),
			sequence: Sequence(4),
			contributor: [1; 32].into(),
			content: Content { root: [3; 32], len: 9 },
			media_type: b"text/plain".to_vec(),
			locator: Vec::new(),
			registered_at: 77,
			deposit: 1_000,
		};
		let json = serde_json::to_value(Contribution::from(info)).unwrap();
		assert_eq!(
			json,
			serde_json::json!({
				"id": 5, "datanet": 2, "sequence": 4, "contributor": "5C62Ck4UrFPiBtoCmeSrgF7x9yv9mn38446dhCpsi2mLHiFT",
				"root": format!("0x{}", "03".repeat(32)), "length": 9, "media_type": "text/plain", "locator": null,
				"registered_at": 77, "deposit": "1000",
			})
		);
	}

	#[test]
	fn a_page_with_gaps_still_tells_how_to_go_on() {
		let page = Page { contributions: Vec::new(), next: Some(256) };
		assert!(page.human().contains("--cursor 256"));
		assert_eq!(Page { contributions: Vec::new(), next: None }.human(), "no contributions");
	}
}
