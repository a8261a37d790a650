//! `datanet_*`: datanets and contributions, in JSON, for programs without a SCALE decoder.
//!
//! # Must not
//! Know more than the runtime API `DatanetsApi` tells: whatever is here, any Substrate client finds by `state_call`.

use crate::{
	account::parse_account,
	arguments::{to_hash, Arguments, HexBytes},
	context::{json, Context},
	model::CommitmentJson,
	registry::{Answer, Registry},
	types::to_hex,
};
use codec::Encode;
use plexus_primitives::{
	api::{
		AdmissionKind, ChallengeInfo, ContentCommitmentInfo, ContributionInfo, ContributionPage,
		ContributionStatus, DatanetInfo, DatanetPage, DatanetStatus, DepartureCause, DisputeInfo,
		LicenceInfo, ListingPage, MemberPage, ReservationInfo, VersionInfo, VersionPage, PAGE_MAX,
	},
	constants::Balance,
	Content, ContributionId, DatanetId, DatanetVersion, Sequence,
};
use plexus_runtime::AccountId;
use serde::Serialize;
use sp_core::crypto::Ss58Codec;

type Datanet = DatanetInfo<AccountId, Balance, u32>;
type Datanets = DatanetPage<AccountId, Balance, u32>;
type Contribution = ContributionInfo<AccountId, Balance, u32>;
type Contributions = ContributionPage<AccountId, Balance, u32>;
type Listings = ListingPage<AccountId, Balance, u32>;

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.query("datanet_byId", by_id);
	registry.query("datanet_byOwner", by_owner);
	registry.query("datanet_byTag", by_tag);
	registry.query("datanet_challenge", challenge);
	registry.query("datanet_commitment", commitment);
	registry.query("datanet_contributionById", contribution_by_id);
	registry.query("datanet_contributionByRoot", contribution_by_root);
	registry.query("datanet_contributions", contributions);
	registry.query("datanet_dispute", dispute);
	registry.query("datanet_listings", listings);
	registry.query("datanet_members", members);
	registry.query("datanet_reservation", reservation);
	registry.query("datanet_version", version);
	registry.query("datanet_versions", versions);
	registry.query("datanet_weightAt", weight_at);
}

const A_DATANET: &str = "a datanet's id, a number";
const A_CONTRIBUTION: &str = "a contribution's id, a number";
const A_VERSION: &str = "a version's number, the first is 1";
const A_CURSOR: &str = "the `next` of the page before, a number";
const A_LIMIT: &str = "a number of entries";
const A_ROOT: &str = "a BLAKE3 hash as b3sum prints it: 64 hexadecimal digits";

fn limit(arguments: &Arguments) -> Result<u32, crate::errors::RpcError> {
	Ok(arguments.optional("limit", A_LIMIT)?.unwrap_or(PAGE_MAX))
}

fn by_id(context: &Context, arguments: &Arguments) -> Answer {
	let id = DatanetId(arguments.required("id", A_DATANET)?);
	let state = context.state_in(arguments)?;
	let found: Option<Datanet> = context.query_as(&state, "DatanetsApi_datanet", &id.encode())?;
	json(&found.map(DatanetJson::from))
}

/// One page; its `next` is the cursor of the following one, `null` at the end. So are all pages.
fn by_owner(context: &Context, arguments: &Arguments) -> Answer {
	let account: String = arguments.required("account", "an SS58 address")?;
	let owner = parse_account(&account)?;
	let cursor = arguments.optional("cursor", A_CURSOR)?.map(DatanetId);
	let limit = limit(arguments)?;
	let state = context.state_in(arguments)?;
	let page: Datanets =
		context.query_as(&state, "DatanetsApi_datanets_of", &(owner, cursor, limit).encode())?;
	json(&PageJson::from(page))
}

fn by_tag(context: &Context, arguments: &Arguments) -> Answer {
	let tag: String = arguments.required("tag", "a tag, like biology/plants")?;
	let cursor = arguments.optional("cursor", A_CURSOR)?.map(DatanetId);
	let limit = limit(arguments)?;
	let state = context.state_in(arguments)?;
	let query = (tag.into_bytes(), cursor, limit).encode();
	let page: Datanets = context.query_as(&state, "DatanetsApi_datanets_by_tag", &query)?;
	json(&PageJson::from(page))
}

fn contribution_by_id(context: &Context, arguments: &Arguments) -> Answer {
	let id = ContributionId(arguments.required("id", A_CONTRIBUTION)?);
	let state = context.state_in(arguments)?;
	let found: Option<Contribution> = context.query_as(&state, "DatanetsApi_contribution", &id.encode())?;
	json(&found.map(ContributionJson::from))
}

fn contribution_by_root(context: &Context, arguments: &Arguments) -> Answer {
	let HexBytes(root) = arguments.required("root", A_ROOT)?;
	let root = to_hash(&root, "root")?;
	let state = context.state_in(arguments)?;
	let found: Option<Contribution> =
		context.query_as(&state, "DatanetsApi_contribution_by_root", root.as_bytes())?;
	json(&found.map(ContributionJson::from))
}

fn contributions(context: &Context, arguments: &Arguments) -> Answer {
	let datanet = DatanetId(arguments.required("datanet", A_DATANET)?);
	let cursor = arguments.optional("cursor", A_CURSOR)?.map(Sequence);
	let limit = limit(arguments)?;
	let state = context.state_in(arguments)?;
	let page: Contributions =
		context.query_as(&state, "DatanetsApi_contributions", &(datanet, cursor, limit).encode())?;
	json(&PageJson {
		items: page.items.into_iter().map(ContributionJson::from).collect(),
		next: page.next.map(|sequence| sequence.0),
	})
}

fn listings(context: &Context, arguments: &Arguments) -> Answer {
	let HexBytes(root) = arguments.required("root", A_ROOT)?;
	let root = to_hash(&root, "root")?;
	let cursor = arguments.optional("cursor", A_CURSOR)?.map(DatanetId);
	let limit = limit(arguments)?;
	let state = context.state_in(arguments)?;
	let query = (root.0, cursor, limit).encode();
	let page: Listings = context.query_as(&state, "DatanetsApi_listings", &query)?;
	json(&PageJson {
		items: page.items.into_iter().map(ContributionJson::from).collect(),
		next: page.next.map(|datanet| datanet.0.into()),
	})
}

fn version(context: &Context, arguments: &Arguments) -> Answer {
	let datanet = DatanetId(arguments.required("datanet", A_DATANET)?);
	let version = DatanetVersion(arguments.required("version", A_VERSION)?);
	let state = context.state_in(arguments)?;
	let found: Option<VersionInfo<u32>> =
		context.query_as(&state, "DatanetsApi_version", &(datanet, version).encode())?;
	json(&found.map(VersionJson::from))
}

fn versions(context: &Context, arguments: &Arguments) -> Answer {
	let datanet = DatanetId(arguments.required("datanet", A_DATANET)?);
	let cursor = arguments.optional("cursor", A_CURSOR)?.map(DatanetVersion);
	let limit = limit(arguments)?;
	let state = context.state_in(arguments)?;
	let page: VersionPage<u32> =
		context.query_as(&state, "DatanetsApi_versions", &(datanet, cursor, limit).encode())?;
	json(&PageJson {
		items: page.items.into_iter().map(VersionJson::from).collect(),
		next: page.next.map(|version| version.0.into()),
	})
}

/// What a version holds. A page looks at `limit` places of the datanet, so it may be short and still have a `next`.
fn members(context: &Context, arguments: &Arguments) -> Answer {
	let datanet = DatanetId(arguments.required("datanet", A_DATANET)?);
	let version = DatanetVersion(arguments.required("version", A_VERSION)?);
	let cursor = arguments.optional("cursor", A_CURSOR)?.map(Sequence);
	let limit = limit(arguments)?;
	let state = context.state_in(arguments)?;
	let query = (datanet, version, cursor, limit).encode();
	let page: MemberPage = context.query_as(&state, "DatanetsApi_members", &query)?;
	let member =
		|(contribution, weight): (ContributionId, u8)| MemberJson { contribution: contribution.0, weight };
	json(&PageJson {
		items: page.items.into_iter().map(member).collect(),
		next: page.next.map(|sequence| sequence.0),
	})
}

/// The weight of a contribution in a version of its datanet; `null` if the version does not hold it.
fn weight_at(context: &Context, arguments: &Arguments) -> Answer {
	let contribution = ContributionId(arguments.required("contribution", A_CONTRIBUTION)?);
	let version = DatanetVersion(arguments.required("version", A_VERSION)?);
	let state = context.state_in(arguments)?;
	let weight: Option<u8> =
		context.query_as(&state, "DatanetsApi_weight_at", &(contribution, version).encode())?;
	json(&weight)
}

fn challenge(context: &Context, arguments: &Arguments) -> Answer {
	let id = ContributionId(arguments.required("contribution", A_CONTRIBUTION)?);
	let state = context.state_in(arguments)?;
	let found: Option<ChallengeInfo<AccountId, Balance>> =
		context.query_as(&state, "DatanetsApi_challenge", &id.encode())?;
	json(&found.map(|challenge| ChallengeJson {
		contribution: challenge.contribution.0,
		challenger: challenge.challenger.to_ss58check(),
		chunk: challenge.chunk,
		deadline_ms: challenge.deadline_ms,
		bond: challenge.bond.to_string(),
	}))
}

/// What is claimed of a contribution; `null` if nothing is.
fn dispute(context: &Context, arguments: &Arguments) -> Answer {
	let id = ContributionId(arguments.required("contribution", A_CONTRIBUTION)?);
	let state = context.state_in(arguments)?;
	let found: Option<DisputeInfo<AccountId, Balance>> =
		context.query_as(&state, "DatanetsApi_dispute", &id.encode())?;
	json(&found.map(DisputeJson::from))
}

/// For whom a root is kept that nobody holds; `null` if for nobody.
fn reservation(context: &Context, arguments: &Arguments) -> Answer {
	let HexBytes(root) = arguments.required("root", A_ROOT)?;
	let root = to_hash(&root, "root")?;
	let state = context.state_in(arguments)?;
	let found: Option<ReservationInfo<AccountId, Balance>> =
		context.query_as(&state, "DatanetsApi_reservation", root.as_bytes())?;
	json(&found.map(ReservationJson::from))
}

/// A commitment that is neither used nor cleared.
fn commitment(context: &Context, arguments: &Arguments) -> Answer {
	let account = parse_account(&arguments.text("account")?)?;
	let HexBytes(hash) = arguments.required("hash", "a commitment: 64 hexadecimal digits")?;
	let hash = to_hash(&hash, "hash")?;
	let state = context.state_in(arguments)?;
	let found: Option<ContentCommitmentInfo<Balance>> =
		context.query_as(&state, "DatanetsApi_commitment", &(account, hash).encode())?;
	json(&found.map(CommitmentJson::from))
}

/// Amounts are decimal strings, since JavaScript's numbers end at 2^53. Times are milliseconds of the chain clock.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DatanetJson {
	id: u32,
	owner: String,
	proposed_owner: Option<String>,
	name: String,
	tags: Vec<String>,
	/// An SPDX expression; `null` if it has terms of its own.
	licence: Option<String>,
	terms: Option<Content>,
	admission: &'static str,
	curators: Vec<String>,
	/// Curators to come; `null` if none are proposed.
	proposed_curators: Option<ProposedCuratorsJson>,
	status: &'static str,
	created_at: u32,
	deposit: String,
	contributions: u64,
	accepted: u64,
	weight: u64,
	version: u32,
	publishable_at_ms: u64,
	next_sequence: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProposedCuratorsJson {
	curators: Vec<String>,
	enactable_at_ms: u64,
}

impl From<Datanet> for DatanetJson {
	fn from(datanet: Datanet) -> Self {
		let (licence, terms) = match datanet.licence {
			LicenceInfo::Spdx(expression) => (Some(text(&expression)), None),
			LicenceInfo::Terms(content) => (None, Some(content)),
		};
		Self {
			id: datanet.id.0,
			owner: datanet.owner.to_ss58check(),
			proposed_owner: datanet.proposed_owner.map(|account| account.to_ss58check()),
			name: text(&datanet.name),
			tags: datanet.tags.iter().map(|tag| text(tag)).collect(),
			licence,
			terms,
			admission: admission(datanet.admission),
			curators: datanet.curators.iter().map(Ss58Codec::to_ss58check).collect(),
			proposed_curators: datanet.proposed_curators.map(|(curators, enactable_at_ms)| {
				ProposedCuratorsJson {
					curators: curators.iter().map(Ss58Codec::to_ss58check).collect(),
					enactable_at_ms,
				}
			}),
			status: match datanet.status {
				DatanetStatus::Active => "active",
				DatanetStatus::Paused => "paused",
				DatanetStatus::Retired => "retired",
			},
			created_at: datanet.created_at,
			deposit: datanet.deposit.to_string(),
			contributions: datanet.contributions,
			accepted: datanet.accepted,
			weight: datanet.weight,
			version: datanet.version.0,
			publishable_at_ms: datanet.publishable_at_ms,
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
	beneficiary: String,
	root: String,
	length: u64,
	media_type: String,
	locator: String,
	registered_at: u32,
	commitment: u64,
	deposit: String,
	storage_deposit: String,
	deposit_until_ms: Option<u64>,
	/// `pending`, `accepted`, `withdrawn`, `takenDown` or `unavailable`.
	status: &'static str,
	/// Of what is pending: when it can be accepted at the earliest, and when it expires.
	not_before_ms: Option<u64>,
	expires_at_ms: Option<u64>,
	/// Of what was accepted: its weight, the first version that holds it, and the first after that which does not.
	weight: Option<u8>,
	from: Option<u32>,
	until: Option<u32>,
	challenged: bool,
	disputed: bool,
}

impl From<Contribution> for ContributionJson {
	fn from(contribution: Contribution) -> Self {
		let (mut waits, mut span) = ((None, None), (None, None, None));
		let status = match contribution.status {
			ContributionStatus::Pending { not_before_ms, expires_at_ms, .. } => {
				waits = (Some(not_before_ms), Some(expires_at_ms));
				"pending"
			}
			ContributionStatus::Accepted { weight, from } => {
				span = (Some(weight), Some(from.0), None);
				"accepted"
			}
			ContributionStatus::Departed { weight, from, until, cause } => {
				span = (Some(weight), Some(from.0), Some(until.0));
				match cause {
					DepartureCause::Withdrawn => "withdrawn",
					DepartureCause::TakenDown => "takenDown",
					DepartureCause::Unavailable => "unavailable",
				}
			}
		};
		Self {
			id: contribution.id.0,
			datanet: contribution.datanet.0,
			sequence: contribution.sequence.0,
			contributor: contribution.contributor.to_ss58check(),
			beneficiary: contribution.beneficiary.to_ss58check(),
			root: to_hex(&contribution.content.root),
			length: contribution.content.len,
			media_type: text(&contribution.media_type),
			locator: text(&contribution.locator),
			registered_at: contribution.registered_at,
			commitment: contribution.commitment.0,
			deposit: contribution.deposit.to_string(),
			storage_deposit: contribution.storage_deposit.to_string(),
			deposit_until_ms: contribution.deposit_until_ms,
			status,
			not_before_ms: waits.0,
			expires_at_ms: waits.1,
			weight: span.0,
			from: span.1,
			until: span.2,
			challenged: contribution.challenged,
			disputed: contribution.disputed,
		}
	}
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VersionJson {
	version: u32,
	admission: &'static str,
	contributions: u64,
	weight: u64,
	published_at: u32,
	published_at_ms: u64,
}

impl From<VersionInfo<u32>> for VersionJson {
	fn from(version: VersionInfo<u32>) -> Self {
		Self {
			version: version.version.0,
			admission: admission(version.admission),
			contributions: version.contributions,
			weight: version.weight,
			published_at: version.published_at,
			published_at_ms: version.published_at_ms,
		}
	}
}

#[derive(Serialize)]
struct MemberJson {
	contribution: u64,
	weight: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChallengeJson {
	contribution: u64,
	challenger: String,
	/// `null` before it is drawn, like the deadline.
	chunk: Option<u64>,
	deadline_ms: Option<u64>,
	bond: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DisputeJson {
	contribution: u64,
	claimant: String,
	/// `redirect` or `takedown`.
	remedy: &'static str,
	/// Empty in an open datanet.
	curators: Vec<String>,
	votes: Vec<VoteJson>,
	deadline_ms: u64,
	bond: String,
}

#[derive(Serialize)]
struct VoteJson {
	curator: String,
	uphold: bool,
}

impl From<DisputeInfo<AccountId, Balance>> for DisputeJson {
	fn from(dispute: DisputeInfo<AccountId, Balance>) -> Self {
		let vote = |(curator, uphold): &(AccountId, bool)| VoteJson {
			curator: curator.to_ss58check(),
			uphold: *uphold,
		};
		Self {
			contribution: dispute.contribution.0,
			claimant: dispute.claimant.to_ss58check(),
			remedy: if dispute.takedown { "takedown" } else { "redirect" },
			curators: dispute.curators.iter().map(Ss58Codec::to_ss58check).collect(),
			votes: dispute.votes.iter().map(vote).collect(),
			deadline_ms: dispute.deadline_ms,
			bond: dispute.bond.to_string(),
		}
	}
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReservationJson {
	account: String,
	depositor: String,
	contribution: u64,
	commitment: u64,
	until_ms: u64,
	deposit: String,
}

impl From<ReservationInfo<AccountId, Balance>> for ReservationJson {
	fn from(kept: ReservationInfo<AccountId, Balance>) -> Self {
		Self {
			account: kept.account.to_ss58check(),
			depositor: kept.depositor.to_ss58check(),
			contribution: kept.contribution.0,
			commitment: kept.commitment.0,
			until_ms: kept.until_ms,
			deposit: kept.deposit.to_string(),
		}
	}
}

impl From<ContentCommitmentInfo<Balance>> for CommitmentJson {
	fn from(made: ContentCommitmentInfo<Balance>) -> Self {
		let ContentCommitmentInfo { number, usable_from_ms, expires_at_ms, deposit } = made;
		Self { number: number.0, usable_from_ms, expires_at_ms, deposit: deposit.to_string() }
	}
}

#[derive(Serialize)]
struct PageJson<Item> {
	items: Vec<Item>,
	next: Option<u64>,
}

impl From<Datanets> for PageJson<DatanetJson> {
	fn from(page: Datanets) -> Self {
		Self {
			items: page.items.into_iter().map(DatanetJson::from).collect(),
			next: page.next.map(|datanet| datanet.0.into()),
		}
	}
}

fn admission(kind: AdmissionKind) -> &'static str {
	match kind {
		AdmissionKind::Open => "open",
		AdmissionKind::Curated => "curated",
	}
}

/// Text that somebody put on the chain; what is no UTF-8 shows as replacement characters.
fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}
