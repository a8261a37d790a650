//! Datanets and contributions as the runtime's `DatanetsApi` tells of them.
//!
//! # Must not
//! Read the pallet's storage where the runtime API has an answer: the layout may change, the API is the promise.

use crate::{
	address,
	amount::Amount,
	client::{bounded, runtime_call, AtBlock},
	explain::explain_client,
	failure::{Failure, FailureKind},
	output::{self, hex, text, Answer},
};
use plexus_primitives::api::{
	AdmissionKind, ChallengeInfo, ContentCommitmentInfo, ContributionInfo, ContributionPage,
	ContributionStatus, DatanetInfo, DatanetPage, DatanetStatus, DepartureCause, DisputeInfo, LicenceInfo,
	ListingPage, MemberPage, ReservationInfo, VersionInfo, VersionPage, PAGE_MAX,
};
use serde::Serialize;
use sp_core::crypto::AccountId32;
use subxt::dynamic;

/// Pages of the places where one content is listed: more datanets than anybody pays deposits for.
const LISTINGS_PAGES_MAX: usize = 16;

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

/// Whether the holder of a root lists it in a datanet besides.
pub(crate) async fn is_listed(at: &AtBlock, root: [u8; 32], datanet: u32) -> Result<bool, Failure> {
	Ok(listing(at, root, datanet).await?.is_some())
}

/// One page of where else the holder of a root lists it.
pub(crate) async fn listings(
	at: &AtBlock,
	root: [u8; 32],
	cursor: Option<u32>,
	limit: u32,
) -> Result<ListingPage<AccountId32, u128, u32>, Failure> {
	runtime_call(at, "DatanetsApi_listings", (root, cursor, limit)).await
}

/// The contribution by which the holder of a root lists it in a datanet besides.
pub(crate) async fn listing(at: &AtBlock, root: [u8; 32], datanet: u32) -> Result<Option<Info>, Failure> {
	let mut cursor: Option<u32> = None;
	// A root is listed once in each datanet at most, and pages advance.
	loop {
		let page = listings(at, root, cursor, PAGE_MAX).await?;
		if let Some(found) = page.items.into_iter().find(|listed| listed.datanet.0 == datanet) {
			return Ok(Some(found));
		}
		match page.next {
			Some(next) if Some(next.0) != cursor => cursor = Some(next.0),
			_ => return Ok(None),
		}
	}
}

/// The contributions by which the holder of a root lists it besides, as many as [`LISTINGS_PAGES_MAX`] pages have.
pub(crate) async fn all_listings(at: &AtBlock, root: [u8; 32]) -> Result<Vec<Info>, Failure> {
	let (mut found, mut cursor) = (Vec::new(), None::<u32>);
	for _ in 0..LISTINGS_PAGES_MAX {
		let page = listings(at, root, cursor, PAGE_MAX).await?;
		found.extend(page.items);
		match page.next {
			Some(next) if Some(next.0) != cursor => cursor = Some(next.0),
			_ => break,
		}
	}
	Ok(found)
}

/// Whether a version holds it, so that nobody can take the root any more, and its holder may list it elsewhere.
pub(crate) async fn is_published(at: &AtBlock, held: &Info) -> Result<bool, Failure> {
	Ok(match held.status {
		ContributionStatus::Pending { .. } => false,
		ContributionStatus::Accepted { from, .. } => {
			datanet(at, held.datanet.0).await?.is_some_and(|datanet| datanet.version >= from)
		}
		ContributionStatus::Departed { from, until, .. } => from < until,
	})
}

/// Whether an account may list what it holds in one more datanet.
pub(crate) async fn may_list(
	at: &AtBlock,
	held: &Info,
	account: &AccountId32,
	datanet: u32,
) -> Result<bool, Failure> {
	let own = held.contributor == *account && held.beneficiary == *account;
	Ok(own
		&& held.datanet.0 != datanet
		&& is_published(at, held).await?
		&& !is_listed(at, held.content.root, datanet).await?)
}

/// An account's commitment that was neither used nor cleared.
pub(crate) async fn commitment(
	at: &AtBlock,
	account: &AccountId32,
	hash: [u8; 32],
) -> Result<Option<ContentCommitmentInfo<u128>>, Failure> {
	runtime_call(at, "DatanetsApi_commitment", (account, hash)).await
}

/// A root that is kept for an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
	/// For whom.
	pub(crate) account: AccountId32,
	/// Until when, on the chain clock.
	pub(crate) until_ms: u64,
}

impl Kept {
	/// For whom it is, as people read it.
	pub(crate) fn holder(&self) -> String {
		address::display(&self.account)
	}

	/// Whether it bars an account that has committed to nothing yet, at this time on the chain clock.
	pub(crate) fn bars(&self, account: &AccountId32, clock_ms: u64) -> bool {
		self.account != *account && clock_ms < self.until_ms
	}
}

/// For whom a root is kept that nobody holds.
pub(crate) async fn reservation(at: &AtBlock, root: [u8; 32]) -> Result<Option<Kept>, Failure> {
	let found: Option<ReservationInfo<AccountId32, u128>> =
		runtime_call(at, "DatanetsApi_reservation", root).await?;
	Ok(found.map(|ReservationInfo { account, until_ms, .. }| Kept { account, until_ms }))
}

/// The open dispute about a contribution.
pub(crate) async fn dispute(
	at: &AtBlock,
	contribution: u64,
) -> Result<Option<DisputeInfo<AccountId32, u128>>, Failure> {
	runtime_call(at, "DatanetsApi_dispute", contribution).await
}

/// How long things take, in milliseconds of the chain clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct Windows {
	pub(crate) commitment_age_ms: u64,
	pub(crate) commitment_lifetime_ms: u64,
	pub(crate) acceptance_ms: u64,
	pub(crate) deposit_ms: u64,
	pub(crate) curators_ms: u64,
	pub(crate) publication_ms: u64,
	pub(crate) challenge_ms: u64,
	pub(crate) dispute_ms: u64,
}

/// How long things take now. The runtime API does not tell.
pub(crate) async fn windows(at: &AtBlock) -> Result<Windows, Failure> {
	let address = dynamic::storage::<(), Windows>("Datanets", "CurrentWindows");
	let storage = at.storage();
	let found = bounded("the windows", storage.fetch(address, ())).await?.map_err(explain_client)?;
	found.decode().map_err(explain_client)
}

/// What a datanet's record says besides what the runtime API tells.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct DatanetRecord {
	closed_from: Option<u64>,
}

/// The first commitment that a datanet takes nothing under; nothing while it is active. The runtime API does not tell.
pub(crate) async fn closed_from(at: &AtBlock, id: u32) -> Result<Option<u64>, Failure> {
	let address = dynamic::storage::<(u32,), DatanetRecord>("Datanets", "Datanets");
	let storage = at.storage();
	let found = bounded("a datanet", storage.try_fetch(address, (id,))).await?.map_err(explain_client)?;
	let record = found.map(|value| value.decode().map_err(explain_client)).transpose()?;
	Ok(record.and_then(|record| record.closed_from))
}

/// The weight of a contribution in a version of its datanet; nothing if that does not hold it.
pub(crate) async fn weight_at(at: &AtBlock, contribution: u64, version: u32) -> Result<Option<u8>, Failure> {
	runtime_call(at, "DatanetsApi_weight_at", (contribution, version)).await
}

/// A version of a datanet.
pub(crate) async fn version(
	at: &AtBlock,
	datanet: u32,
	version: u32,
) -> Result<Option<VersionInfo<u32>>, Failure> {
	runtime_call(at, "DatanetsApi_version", (datanet, version)).await
}

/// One page of a version's members.
pub(crate) async fn members(
	at: &AtBlock,
	datanet: u32,
	version: u32,
	cursor: Option<u64>,
	limit: u32,
) -> Result<MemberPage, Failure> {
	runtime_call(at, "DatanetsApi_members", (datanet, version, cursor, limit)).await
}

/// The open challenge of a contribution.
pub(crate) async fn challenge(
	at: &AtBlock,
	contribution: u64,
) -> Result<Option<ChallengeInfo<AccountId32, u128>>, Failure> {
	runtime_call(at, "DatanetsApi_challenge", contribution).await
}

/// The datanet with this id.
pub(crate) async fn datanet(
	at: &AtBlock,
	id: u32,
) -> Result<Option<DatanetInfo<AccountId32, u128, u32>>, Failure> {
	runtime_call(at, "DatanetsApi_datanet", id).await
}

/// A page of an owner's datanets.
pub(crate) async fn datanets_of(
	at: &AtBlock,
	owner: &AccountId32,
	cursor: Option<u32>,
	limit: u32,
) -> Result<DatanetPage<AccountId32, u128, u32>, Failure> {
	runtime_call(at, "DatanetsApi_datanets_of", (owner, cursor, limit)).await
}

/// A page of the datanets with a tag.
pub(crate) async fn datanets_by_tag(
	at: &AtBlock,
	tag: &str,
	cursor: Option<u32>,
	limit: u32,
) -> Result<DatanetPage<AccountId32, u128, u32>, Failure> {
	runtime_call(at, "DatanetsApi_datanets_by_tag", (tag.as_bytes(), cursor, limit)).await
}

/// The datanet with this id, which must exist.
pub(crate) async fn known_datanet(
	at: &AtBlock,
	id: u32,
) -> Result<DatanetInfo<AccountId32, u128, u32>, Failure> {
	datanet(at, id).await?.ok_or_else(|| {
		Failure::new(
			FailureKind::NotFound,
			"NoSuchDatanet",
			format!("there is no datanet {id}"),
			"list them with `plexus query datanets`",
		)
	})
}

/// Refuses what could never be accepted: more than half of those who curate at the submission must be for it, and nobody
/// reviews its own.
///
/// # Errors
/// Too few curators are left beside the contributor.
pub(crate) fn ensure_reviewable(
	datanet: &DatanetInfo<AccountId32, u128, u32>,
	contributor: &AccountId32,
) -> Result<(), Failure> {
	let curators = datanet.curators.len();
	let others = datanet.curators.iter().filter(|curator| *curator != contributor).count();
	if datanet.admission == AdmissionKind::Open || 2 * others > curators {
		return Ok(());
	}
	Err(Failure::input(
		"NobodyReviews",
		format!(
			"{} is one of {curators} curators of datanet {}: more than half of all must accept, and nobody reviews its own",
			address::display(contributor),
			datanet.id.0
		),
		"contribute from another account, or name more curators first with `plexus tx datanet propose-curators`",
	))
}

/// A version of a datanet that exists: the one that is named, or the last.
pub(crate) async fn known_version(at: &AtBlock, id: u32, named: Option<u32>) -> Result<u32, Failure> {
	let last = known_datanet(at, id).await?.version.0;
	match named.unwrap_or(last) {
		0 => Err(Failure::new(
			FailureKind::NotFound,
			"NoVersion",
			format!("datanet {id} has no version yet"),
			"publish one with `plexus tx datanet publish`",
		)),
		version if version <= last => Ok(version),
		version => Err(Failure::new(
			FailureKind::NotFound,
			"NoSuchVersion",
			format!("the last version of datanet {id} is {last}, not {version}"),
			"list them with `plexus query versions`",
		)),
	}
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

/// One page of a datanet's versions.
pub(crate) async fn versions(
	at: &AtBlock,
	datanet: u32,
	cursor: Option<u32>,
	limit: u32,
) -> Result<VersionPage<u32>, Failure> {
	runtime_call(at, "DatanetsApi_versions", (datanet, cursor, limit)).await
}

/// A datanet as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Datanet {
	pub(crate) id: u32,
	pub(crate) name: String,
	pub(crate) owner: String,
	/// An SPDX expression, or the root of terms of its own.
	pub(crate) licence: String,
	pub(crate) tags: Vec<String>,
	/// `open` or `curated`.
	pub(crate) admission: &'static str,
	pub(crate) curators: Vec<String>,
	/// Who may accept to become the owner.
	pub(crate) proposed_owner: Option<String>,
	/// Curators to come.
	pub(crate) proposed_curators: Option<ProposedCurators>,
	/// `active`, `paused` or `retired`.
	pub(crate) status: &'static str,
	pub(crate) contributions: u64,
	/// How many of them the next version would hold.
	pub(crate) accepted: u64,
	/// Their weight together.
	pub(crate) weight: u64,
	/// The last version; 0 if there is none.
	pub(crate) version: u32,
	/// From when on everybody may publish the next, on the chain clock.
	pub(crate) publishable_at_ms: u64,
	pub(crate) created_at: u32,
	pub(crate) deposit: Amount,
}

/// Curators to come as they are printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct ProposedCurators {
	curators: Vec<String>,
	/// From when on they can be enacted, on the chain clock.
	enactable_at_ms: u64,
}

impl From<DatanetInfo<AccountId32, u128, u32>> for Datanet {
	fn from(info: DatanetInfo<AccountId32, u128, u32>) -> Self {
		Self {
			id: info.id.0,
			name: text(&info.name),
			owner: address::display(&info.owner),
			licence: match &info.licence {
				LicenceInfo::Spdx(expression) => text(expression),
				LicenceInfo::Terms(content) => hex(content.root),
			},
			tags: info.tags.iter().map(|tag| text(tag)).collect(),
			admission: admission(info.admission),
			curators: info.curators.iter().map(address::display).collect(),
			proposed_owner: info.proposed_owner.as_ref().map(address::display),
			proposed_curators: info.proposed_curators.map(|(curators, enactable_at_ms)| ProposedCurators {
				curators: curators.iter().map(address::display).collect(),
				enactable_at_ms,
			}),
			status: match info.status {
				DatanetStatus::Active => "active",
				DatanetStatus::Paused => "paused",
				DatanetStatus::Retired => "retired",
			},
			contributions: info.contributions,
			accepted: info.accepted,
			weight: info.weight,
			version: info.version.0,
			publishable_at_ms: info.publishable_at_ms,
			created_at: info.created_at,
			deposit: Amount(info.deposit),
		}
	}
}

impl Answer for Datanet {
	fn human(&self) -> String {
		let offered = self.proposed_owner.clone().map(|owner| ("offered to", owner));
		let to_come = self.proposed_curators.as_ref().map(|proposed| {
			let (curators, from) = (proposed.curators.join(", "), proposed.enactable_at_ms);
			("curators to come", format!("{curators} from {from} ms on the chain clock"))
		});
		let rows = [
			("datanet", self.id.to_string()),
			("name", self.name.clone()),
			("owner", self.owner.clone()),
			("licence", self.licence.clone()),
			("tags", self.tags.join(", ")),
			("admission", self.admission.to_string()),
			("curators", self.curators.join(", ")),
			("status", self.status.to_string()),
			("contributions", self.contributions.to_string()),
			("accepted", format!("{} with weight {}", self.accepted, self.weight)),
			("last version", self.version.to_string()),
			("published by anybody", format!("from {} ms on the chain clock", self.publishable_at_ms)),
			("created at block", self.created_at.to_string()),
			("deposit", self.deposit.to_string()),
		];
		output::fields(rows.into_iter().chain(offered).chain(to_come))
	}
}

fn admission(kind: AdmissionKind) -> &'static str {
	match kind {
		AdmissionKind::Open => "open",
		AdmissionKind::Curated => "curated",
	}
}

/// A version as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Version {
	pub(crate) version: u32,
	/// `open` or `curated`.
	pub(crate) admission: &'static str,
	pub(crate) contributions: u64,
	pub(crate) weight: u64,
	pub(crate) published_at: u32,
}

impl From<VersionInfo<u32>> for Version {
	fn from(info: VersionInfo<u32>) -> Self {
		Self {
			version: info.version.0,
			admission: admission(info.admission),
			contributions: info.contributions,
			weight: info.weight,
			published_at: info.published_at,
		}
	}
}

/// A page of versions as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Versions {
	pub(crate) versions: Vec<Version>,
	/// Cursor of the next page; `null` at the end.
	pub(crate) next: Option<u32>,
}

impl Answer for Versions {
	fn human(&self) -> String {
		if self.versions.is_empty() {
			return "no versions; publish one with `plexus tx datanet publish`".into();
		}
		let rows = self.versions.iter().map(|version| {
			[
				version.version.to_string(),
				version.contributions.to_string(),
				version.weight.to_string(),
				version.admission.to_string(),
				version.published_at.to_string(),
			]
		});
		let heading = ["VERSION", "CONTRIBUTIONS", "WEIGHT", "ADMISSION", "BLOCK"];
		output::with_cursor(output::columns(heading, rows), self.next)
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
	/// All that is on hold for it.
	pub(crate) deposit: Amount,
	/// The part of it that stays as long as the record.
	pub(crate) storage_deposit: Amount,
	/// When the other part can be released, on the chain clock; `null` before the acceptance.
	pub(crate) deposit_until_ms: Option<u64>,
	/// Who gets what it earns.
	pub(crate) beneficiary: String,
	/// `pending`, `accepted`, `withdrawn`, `taken down` or `unavailable`.
	pub(crate) status: &'static str,
	/// When it can be accepted at the earliest, on the chain clock; `null` unless it is pending.
	pub(crate) not_before_ms: Option<u64>,
	/// From when on anybody may remove it, on the chain clock; `null` unless it is pending.
	pub(crate) expires_at_ms: Option<u64>,
	/// Its weight in versions; `null` before the acceptance.
	pub(crate) weight: Option<u8>,
	/// The first version that holds it, or will; `null` before the acceptance.
	pub(crate) from: Option<u32>,
	/// The first version after that which does not; `null` if there is none.
	pub(crate) until: Option<u32>,
	/// Whether somebody asks for a chunk of it.
	pub(crate) challenged: bool,
	/// Whether somebody claims what it earns, or that it be taken down.
	pub(crate) disputed: bool,
}

impl From<Info> for Contribution {
	fn from(info: Info) -> Self {
		let span = span(&info.status);
		let waits = waits(&info.status);
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
			storage_deposit: Amount(info.storage_deposit),
			deposit_until_ms: info.deposit_until_ms,
			beneficiary: address::display(&info.beneficiary),
			status: status(&info.status),
			not_before_ms: waits.map(|(from, _)| from),
			expires_at_ms: waits.map(|(_, until)| until),
			weight: span.map(|(weight, ..)| weight),
			from: span.map(|(_, from, _)| from),
			until: span.and_then(|(.., until)| until),
			challenged: info.challenged,
			disputed: info.disputed,
		}
	}
}

fn status(status: &ContributionStatus) -> &'static str {
	match status {
		ContributionStatus::Pending { .. } => "pending",
		ContributionStatus::Accepted { .. } => "accepted",
		ContributionStatus::Departed { cause: DepartureCause::Withdrawn, .. } => "withdrawn",
		ContributionStatus::Departed { cause: DepartureCause::TakenDown, .. } => "taken down",
		ContributionStatus::Departed { cause: DepartureCause::Unavailable, .. } => "unavailable",
	}
}

/// From when, and until when, what is pending can be accepted.
fn waits(status: &ContributionStatus) -> Option<(u64, u64)> {
	match status {
		ContributionStatus::Pending { not_before_ms, expires_at_ms, .. } => {
			Some((*not_before_ms, *expires_at_ms))
		}
		ContributionStatus::Accepted { .. } | ContributionStatus::Departed { .. } => None,
	}
}

/// Weight, first version, and first version after the last.
fn span(status: &ContributionStatus) -> Option<(u8, u32, Option<u32>)> {
	match status {
		ContributionStatus::Pending { .. } => None,
		ContributionStatus::Accepted { weight, from } => Some((*weight, from.0, None)),
		ContributionStatus::Departed { weight, from, until, .. } => Some((*weight, from.0, Some(until.0))),
	}
}

impl Answer for Contribution {
	fn human(&self) -> String {
		let waits = self.not_before_ms.zip(self.expires_at_ms);
		let waits = waits.map(|(from, until)| {
			("can be accepted", format!("from {from} to {until} ms on the chain clock"))
		});
		let conduct = Amount(self.deposit.0.saturating_sub(self.storage_deposit.0));
		let released = self.deposit_until_ms.filter(|_| conduct.0 > 0);
		let released =
			released.map(|from| ("released", format!("{conduct} of it, from {from} ms on the chain clock")));
		let rows = [
			("contribution", self.id.to_string()),
			("datanet", format!("{} (sequence {})", self.datanet, self.sequence)),
			("contributor", self.contributor.clone()),
			("root (b3sum)", self.root.clone()),
			("length", format!("{} bytes", self.length)),
			("media type", self.media_type.clone()),
			("locator", self.locator.clone().unwrap_or_else(|| "not published".into())),
			("registered at block", self.registered_at.to_string()),
			("beneficiary", self.beneficiary.clone()),
			("status", format!("{}{}", self.status, self.questions())),
			("in versions", self.versions()),
			("deposit", self.deposit.to_string()),
		];
		output::fields(rows.into_iter().chain(released).chain(waits))
	}
}

impl Contribution {
	/// What is open about it.
	fn questions(&self) -> &'static str {
		match (self.challenged, self.disputed) {
			(false, false) => "",
			(true, false) => ", challenged",
			(false, true) => ", disputed",
			(true, true) => ", challenged and disputed",
		}
	}

	fn versions(&self) -> String {
		match (self.from, self.until, self.weight) {
			(Some(from), Some(until), _) if from == until => "none".into(),
			(Some(from), Some(until), Some(weight)) => {
				format!("{from} to {} with weight {weight}", until.saturating_sub(1))
			}
			(Some(from), None, Some(weight)) => format!("from {from} on with weight {weight}"),
			_ => "none yet".into(),
		}
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
		output::with_cursor(output::columns(["ID", "CONTRIBUTOR", "BYTES", "TYPE", "ROOT"], rows), self.next)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::{CommitmentNumber, Content, ContributionId, DatanetId, DatanetVersion, Sequence};

	fn info(status: ContributionStatus, deposit_until_ms: Option<u64>) -> Info {
		Info {
			id: ContributionId(5),
			datanet: DatanetId(2),
			sequence: Sequence(4),
			contributor: [1; 32].into(),
			content: Content { root: [3; 32], len: 9 },
			media_type: b"text/plain".to_vec(),
			locator: Vec::new(),
			registered_at: 77,
			deposit: 1_000,
			beneficiary: [1; 32].into(),
			commitment: CommitmentNumber(0),
			storage_deposit: 400,
			deposit_until_ms,
			status,
			challenged: false,
			disputed: false,
		}
	}

	#[test]
	fn nobody_contributes_what_only_its_own_reviews_could_accept() {
		let account = |number: u8| AccountId32::from([number; 32]);
		let datanet = |admission, curators: &[u8]| DatanetInfo {
			id: DatanetId(3),
			owner: account(9),
			proposed_owner: None,
			name: Vec::new(),
			tags: Vec::new(),
			licence: LicenceInfo::Spdx(b"MIT".to_vec()),
			admission,
			curators: curators.iter().copied().map(account).collect(),
			proposed_curators: None,
			status: DatanetStatus::Active,
			created_at: 1,
			deposit: 1,
			contributions: 0,
			accepted: 0,
			weight: 0,
			version: DatanetVersion(0),
			publishable_at_ms: 0,
			next_sequence: Sequence(0),
		};
		let curated = AdmissionKind::Curated;
		// Two of two, or one of one, must accept.
		for curators in [&[1][..], &[1, 2]] {
			let refused = ensure_reviewable(&datanet(curated, curators), &account(1)).unwrap_err();
			assert!(refused.name == "NobodyReviews" && refused.cause.contains("datanet 3"), "{refused}");
			assert_eq!(ensure_reviewable(&datanet(curated, curators), &account(5)), Ok(()));
		}
		assert_eq!(ensure_reviewable(&datanet(curated, &[1, 2, 3]), &account(1)), Ok(()));
		assert_eq!(ensure_reviewable(&datanet(AdmissionKind::Open, &[]), &account(1)), Ok(()));
	}

	#[test]
	fn a_contribution_has_stable_json_keys() {
		let accepted = ContributionStatus::Accepted { weight: 40, from: DatanetVersion(3) };
		let json = serde_json::to_value(Contribution::from(info(accepted, Some(5)))).unwrap();
		assert_eq!(
			json,
			serde_json::json!({
				"id": 5, "datanet": 2, "sequence": 4, "contributor": "5C62Ck4UrFPiBtoCmeSrgF7x9yv9mn38446dhCpsi2mLHiFT",
				"root": format!("0x{}", "03".repeat(32)), "length": 9, "media_type": "text/plain", "locator": null,
				"registered_at": 77, "deposit": "1000", "storage_deposit": "400", "deposit_until_ms": 5,
				"beneficiary": "5C62Ck4UrFPiBtoCmeSrgF7x9yv9mn38446dhCpsi2mLHiFT", "status": "accepted",
				"not_before_ms": null, "expires_at_ms": null, "weight": 40,
				"from": 3, "until": null, "challenged": false, "disputed": false,
			})
		);
	}

	#[test]
	fn what_a_contribution_waits_for_and_when_a_deposit_is_free_is_told() {
		let pending = ContributionStatus::Pending { not_before_ms: 60, expires_at_ms: 900, curators: None };
		let pending = Contribution::from(info(pending, None));
		assert_eq!((pending.not_before_ms, pending.expires_at_ms), (Some(60), Some(900)));
		let human = pending.human();
		assert!(human.contains("from 60 to 900 ms") && !human.contains("released"), "{human}");
		let accepted = ContributionStatus::Accepted { weight: 40, from: DatanetVersion(3) };
		let human = Contribution::from(info(accepted, Some(777))).human();
		assert!(human.contains("from 777 ms") && !human.contains("can be accepted"), "{human}");
		// Released already: only the part for the record is left.
		let released = Contribution::from(Info { deposit: 400, ..info(accepted, Some(777)) });
		assert!(!released.human().contains("777"), "{}", released.human());
	}

	#[test]
	fn a_page_with_gaps_still_tells_how_to_go_on() {
		let page = Page { contributions: Vec::new(), next: Some(256) };
		assert!(page.human().contains("--cursor 256"));
		assert_eq!(Page { contributions: Vec::new(), next: None }.human(), "no contributions");
	}
}
