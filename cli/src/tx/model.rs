//! `plexus tx model …`: models, from the commitment to their deprecation.
//!
//! A registration is made in two steps, so that nobody can come first by copying it. `register` makes both: it commits,
//! waits until the commitment is old enough, and registers. `commit` makes the first alone; its salt is for `register`.
//!
//! # Must not
//! Send an artifact or a card anywhere: the chain gets their names only. Repeat the pallet's rules.
//!
//! # Invariants
//! - A salt is told before it is needed again, so that an interrupted registration goes on with `--salt`.
//! - A root that a model holds already costs no fee: it is looked up first, and the model is named.

use super::{
	by::{ByArgs, Party},
	commitment::{new_salt, parse_hash, parse_salt, prove_files, CommitmentMade, Committed},
	skipped::{self, skipped, Skipped},
	NoId, Sent, Session,
};
use crate::{
	address::{display, parse_account},
	calls::{self, ModelDraft},
	card::{self, Imported},
	client::ConnectionArgs,
	content::prove_file,
	failure::{Failure, FailureKind},
	models::{self, Asks, CommitmentInfo, Kind, ManifestEntry, Policy},
	output::{self, duration, hex, text, Answer},
	submit::SubmitArgs,
	validators::{self, Percent},
};
use codec::Encode;
use plexus_primitives::{commitment, prove::ProvenContent, purpose::Purpose};
use serde::Serialize;
use sp_core::crypto::AccountId32;
use std::{
	path::PathBuf,
	str::FromStr,
	time::{Duration, Instant},
};
use subxt::dynamic::Value;

/// How often the chain clock is looked at while a commitment grows old enough. Blocks are a fifth of a second to ten
/// seconds apart.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// No commitment has to grow older than that.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

#[derive(clap::Subcommand, Clone)]
pub(super) enum Action {
	/// Register models: commits, waits, registers. The answer's id is the first one's
	Register(RegisterArgs),
	/// Commit to files that are registered later, with the salt of the answer
	Commit(CommitArgs),
	/// Return the deposit of a commitment that is not to be used
	ClearCommitment(ClearArgs),
	/// Advise against a model of yours: no new channels
	Deprecate(ModelArgs),
	/// Offer a deprecated model again
	Reactivate(ModelArgs),
	/// Say where a model's bytes are
	Locators(LocatorsArgs),
}

#[derive(clap::Args, Clone)]
pub(super) struct RegisterArgs {
	/// The artifact. Several files become as many models, alike in all else.
	#[arg(required = true)]
	files: Vec<PathBuf>,

	/// How it came to be: base, fine-tune, adapter or merge.
	#[arg(long, value_enum, hide_possible_values = true, required_unless_present = "from_card")]
	kind: Option<Kind>,

	/// The model card, a file.
	#[arg(long, value_name = "FILE", required_unless_present = "from_card")]
	card: Option<PathBuf>,

	/// Instead of --kind and --card: a Hugging Face README.md.
	#[arg(long, value_name = "FILE", conflicts_with = "card")]
	from_card: Option<PathBuf>,

	/// Id of a model that it was made from. May be repeated.
	#[arg(long = "parent", value_name = "ID")]
	parents: Vec<u64>,

	/// Datanet, version and share in per cent that it was trained on: 0:1=100. May be repeated.
	#[arg(long = "trained-on", value_name = "D:V=SHARE")]
	manifest: Vec<Trained>,

	/// What it asks of descendants: per cent of their fees.
	#[arg(long, value_name = "PERCENT", default_value = "0")]
	royalty: Percent,

	/// Per cent of its royalties for its data. Without it, what its parents ask.
	#[arg(long, value_name = "PERCENT")]
	data_share: Option<Percent>,

	/// Its own revenue, in per cent: server, developer, data.
	#[arg(long, value_name = "S,D,DATA", default_value = "70,30,0")]
	policy: Division,

	/// Where others find the artifact (a URI). For one file only.
	#[arg(long, value_name = "URI", default_value = "", hide_default_value = true, hide = true)]
	locator: String,

	/// Where others find the card (a URI).
	#[arg(long, value_name = "URI", default_value = "", hide_default_value = true, hide = true)]
	card_locator: String,

	/// The salt of a commitment that was made before, instead of a new one.
	#[arg(long, value_name = "HEX", hide = true)]
	salt: Option<String>,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct CommitArgs {
	/// The artifacts, in the order in which they are registered.
	#[arg(required = true)]
	files: Vec<PathBuf>,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct ClearArgs {
	/// The commitment.
	#[arg(value_name = "HASH")]
	hash: String,

	/// Whose it is, if not the signer's. Anybody may clear what has expired.
	#[arg(long, value_name = "ADDRESS")]
	account: Option<String>,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct ModelArgs {
	/// Id of the model.
	model: u64,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct LocatorsArgs {
	/// Id of the model.
	model: u64,

	/// Where the artifact is (a URI), or "" for nowhere. As it is if not given.
	#[arg(long, value_name = "URI", required_unless_present = "card")]
	artifact: Option<String>,

	/// Where the card is (a URI), or "" for nowhere. As it is if not given.
	#[arg(long, value_name = "URI")]
	card: Option<String>,

	#[command(flatten)]
	by: ByArgs,
}

/// A version with its share, as it is typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Trained(ManifestEntry);

impl FromStr for Trained {
	type Err = String;

	fn from_str(given: &str) -> Result<Self, String> {
		let wrong = || "write datanet, version and share in per cent like 0:1=100".to_string();
		let (place, share) = given.split_once('=').ok_or_else(wrong)?;
		let (datanet, version) = place.split_once(':').ok_or_else(wrong)?;
		Ok(Self(ManifestEntry {
			datanet: datanet.parse().map_err(|_| wrong())?,
			version: version.parse().map_err(|_| wrong())?,
			share: share.parse().map_err(|error: validators::PercentError| error.to_string())?,
		}))
	}
}

/// Three shares, as they are typed. Whether they sum to one is the chain's to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Division(Policy);

impl FromStr for Division {
	type Err = String;

	fn from_str(given: &str) -> Result<Self, String> {
		let shares = given.split(',').map(Percent::from_str).collect::<Result<Vec<_>, _>>();
		match shares.map_err(|error| error.to_string())?[..] {
			[server, developer, data] => Ok(Self(Policy { server, developer, data })),
			_ => Err("write three shares in per cent that sum to 100, like 70,20,10".into()),
		}
	}
}

/// A registration that was sent.
#[derive(Serialize)]
struct Registered {
	/// In the order of the files; empty before finality.
	models: Vec<u64>,
	/// Files whose content another model has.
	skipped: Vec<Skipped>,
	/// To go on with, should this registration not be included.
	salt: String,
	/// What `--from-card` gave, and what the card says besides; `null` without it.
	card: Option<Imported>,
	#[serde(flatten)]
	sent: Sent<u64>,
}

impl Answer for Registered {
	fn human(&self) -> String {
		let mut text = self.sent.human();
		if let [first, .., last] = self.models[..] {
			text.push_str(&format!("\nmodels {first} to {last}"));
		}
		if !self.skipped.is_empty() {
			text.push_str(&format!("\n{}", skipped::lines(&self.skipped, "model")));
		}
		if let Some(card) = &self.card {
			text.push_str(&format!("\n{}", card.human()));
		}
		text
	}
}

/// Kind and card as they were given, or as the card itself says.
fn described(args: &RegisterArgs) -> Result<(Kind, PathBuf, Option<Imported>), Failure> {
	let missing = || {
		Failure::input(
			"NoCard",
			"there is neither a kind with a card, nor a card that tells the kind",
			"give --kind and --card, or --from-card",
		)
	};
	let Some(path) = &args.from_card else {
		let (kind, path) = args.kind.zip(args.card.clone()).ok_or_else(missing)?;
		return Ok((kind, path, None));
	};
	let card = card::model(path)?;
	let kind = args.kind.unwrap_or(card.kind);
	if kind != Kind::Base && args.parents.is_empty() {
		let bases = if card.bases.is_empty() { "nothing".into() } else { card.bases.join(", ") };
		return Err(Failure::input(
			"ParentsUnknown",
			format!("the card names {bases} as what it was made from, and no --parent is given"),
			"find their ids by their files with `plexus query model show --file`, and give each with --parent",
		));
	}
	Ok((kind, path.clone(), Some(card.imported)))
}

/// The part of `Models.ModelRegistered` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct ModelRegistered {
	model: u64,
}

/// Sends the call of an action and prints what became of it.
pub(super) async fn run(connection: &ConnectionArgs, json: bool, action: Action) -> Result<(), Failure> {
	match action {
		Action::Register(args) => register(connection, args).await.map(|answer| output::print(json, &answer)),
		Action::Commit(args) => commit(connection, args).await.map(|answer| output::print(json, &answer)),
		Action::ClearCommitment(args) => {
			clear(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::Deprecate(args) => {
			set_deprecated(connection, args, true).await.map(|answer| output::print(json, &answer))
		}
		Action::Reactivate(args) => {
			set_deprecated(connection, args, false).await.map(|answer| output::print(json, &answer))
		}
		Action::Locators(args) => locators(connection, args).await.map(|answer| output::print(json, &answer)),
	}
}

fn refuse_locator_of_several(args: &RegisterArgs) -> Result<(), Failure> {
	if args.files.len() <= 1 || args.locator.is_empty() {
		return Ok(());
	}
	Err(Failure::input(
		"LocatorOfSeveral",
		format!("there are {} files and one --locator", args.files.len()),
		"register without, and tell each model's with `plexus tx model locators`",
	))
}

async fn register(connection: &ConnectionArgs, args: RegisterArgs) -> Result<Registered, Failure> {
	refuse_locator_of_several(&args)?;
	let (kind, card, imported) = described(&args)?;
	let (mut session, developer) = args.by.open(connection).await?;
	let artifacts = prove_files(&args.files).await?;
	// A commitment that was made earlier may win.
	if args.salt.is_none() {
		refuse_if_held(&session, &artifacts).await?;
	}
	let card = prove_file(card).await?.content;
	let parents = ascending(args.parents);
	let data = match args.data_share {
		Some(share) => share,
		None => data_share_of(&session, &parents).await?,
	};
	let manifest = in_order(args.manifest);
	let draft = |artifact| ModelDraft {
		kind,
		artifact,
		card,
		parents: &parents,
		manifest: &manifest,
		policy: args.policy.0,
		asks: Asks { royalty: args.royalty, data },
		locators: [&args.locator, &args.card_locator],
	};
	let drafts: Vec<_> = artifacts.iter().map(draft).collect();

	let [first, second] = session.submit.in_two_steps();
	let salt = match &args.salt {
		Some(salt) => parse_salt(salt, "model")?,
		None => new_salt(),
	};
	let hash = commitment_hash(&session, &developer, &salt, &artifacts);
	if args.salt.is_none() {
		// To standard error, and before it is needed: whoever is interrupted now goes on with it.
		eprintln!("commits with --salt {}", hex(salt));
		send_commitment(&mut session, &developer, first, hash).await?;
		session.submit = second;
	}
	wait_until_usable(&mut session, &developer.account, hash, &salt).await?;
	let (mut models, mut held) = (Vec::new(), Vec::new());
	let sent = session
		.send(&developer.sends(calls::register_models(&salt, &drafts)), |receipt| {
			let registered = receipt.events.find_all::<ModelRegistered>("Models", "ModelRegistered");
			models = registered.into_iter().map(|event| event.model).collect();
			held = skipped(
				receipt,
				"Models",
				&args.files,
				artifacts.iter().map(|artifact| artifact.content.root),
			);
			models.first().copied()
		})
		.await?;
	Ok(Registered { models, skipped: held, salt: hex(salt), card: imported, sent })
}

async fn commit(connection: &ConnectionArgs, args: CommitArgs) -> Result<Committed, Failure> {
	let (mut session, developer) = args.by.open(connection).await?;
	let artifacts = prove_files(&args.files).await?;
	refuse_if_held(&session, &artifacts).await?;
	let salt = new_salt();
	let hash = commitment_hash(&session, &developer, &salt, &artifacts);
	let submit = session.submit.clone();
	eprintln!("commits with --salt {}", hex(salt));
	let (sent, made) = send_commitment(&mut session, &developer, submit, hash).await?;
	Ok(Committed::new(salt, hash, sent, made))
}

async fn send_commitment(
	session: &mut Session,
	developer: &Party,
	submit: SubmitArgs,
	hash: [u8; 32],
) -> Result<(Sent<NoId>, Option<CommitmentMade>), Failure> {
	session.submit = submit;
	let call = developer.sends(calls::models("commit", [("hash", Value::from_bytes(hash))]));
	let mut made = None;
	let sent = session
		.send(&call, |receipt| {
			made = receipt.events.find("Models", "CommitmentMade");
			None
		})
		.await?;
	Ok((sent, made))
}

/// Waits for the chain clock, and has the session look at the head from then on. Bounded by twice the time that is left
/// and a minute: the clock stands still while the chain does.
async fn wait_until_usable(
	session: &mut Session,
	account: &AccountId32,
	hash: [u8; 32],
	salt: &[u8; 32],
) -> Result<(), Failure> {
	let mut deadline = None;
	loop {
		session.at = session.client.at_head().await?;
		let made = models::commitment(&session.at, account, hash).await?;
		let CommitmentInfo { usable_from_ms, .. } = made.ok_or_else(|| not_committed(account, hash))?;
		let (_, clock_ms) = validators::era_and_clock(&session.at).await?;
		let left_ms = usable_from_ms.saturating_sub(clock_ms);
		if left_ms == 0 {
			return Ok(());
		}
		let deadline = *deadline.get_or_insert_with(|| {
			eprintln!("registers in {}, when the commitment is old enough", duration(left_ms));
			Instant::now() + Duration::from_millis(left_ms.min(DAY_MS)) * 2 + Duration::from_secs(60)
		});
		if Instant::now() > deadline {
			return Err(still_too_young(left_ms, salt));
		}
		tokio::time::sleep(LOOK_EVERY).await;
	}
}

fn not_committed(account: &AccountId32, hash: [u8; 32]) -> Failure {
	Failure::new(
		FailureKind::NotFound,
		"NotCommitted",
		format!("{} has no commitment {}", display(account), hex(hash)),
		"give the salt of `plexus tx model commit`, the same files in the same order and the same key; or no --salt",
	)
}

fn still_too_young(left_ms: u64, salt: &[u8; 32]) -> Failure {
	Failure::new(
		FailureKind::TimedOut,
		"CommitmentTooYoung",
		format!(
			"the commitment has to grow older by {} on the chain clock, which is slow",
			duration(left_ms)
		),
		format!(
			"check that the chain makes blocks with `plexus query chain`, then go on with --salt {}",
			hex(salt)
		),
	)
}

/// A commitment that is made now loses against every model that holds a root already.
async fn refuse_if_held(session: &Session, artifacts: &[ProvenContent]) -> Result<(), Failure> {
	for artifact in artifacts {
		if let Some(held) = models::model_by_root(&session.at, artifact.content.root).await? {
			return Err(already_held(&held));
		}
	}
	Ok(())
}

fn already_held(held: &models::Info) -> Failure {
	Failure::new(
		FailureKind::Refused,
		"AlreadyRegistered",
		format!(
			"model {} of {} has this artifact ({}) since block {}",
			held.id,
			display(&held.developer),
			hex(held.artifact.root),
			held.registered_at
		),
		format!(
			"leave it out; see `plexus query model show {}`; if you committed earlier, register with your --salt",
			held.id
		),
	)
}

/// The least that is allowed: the greatest share that a parent asks.
async fn data_share_of(session: &Session, parents: &[u64]) -> Result<Percent, Failure> {
	let mut share = Percent::default();
	for parent in parents {
		let asked = models::known_model(&session.at, *parent).await?.asks.data;
		share = Percent(share.0.max(asked.0));
	}
	Ok(share)
}

fn commitment_hash(
	session: &Session,
	developer: &Party,
	salt: &[u8; 32],
	artifacts: &[ProvenContent],
) -> [u8; 32] {
	let genesis = session.client.api.genesis_hash().0;
	let roots = artifacts.iter().map(|artifact| artifact.content.root);
	commitment(Purpose::ModelCommitment, &genesis, &developer.account.encode(), salt, roots)
}

/// The chain takes them sorted, and none twice.
fn ascending(mut parents: Vec<u64>) -> Vec<u64> {
	parents.sort_unstable();
	parents.dedup();
	parents
}

/// The chain takes them sorted. A version that is there twice is left for it to refuse.
fn in_order(manifest: Vec<Trained>) -> Vec<ManifestEntry> {
	let mut manifest: Vec<_> = manifest.into_iter().map(|Trained(entry)| entry).collect();
	manifest.sort_unstable_by_key(|entry| (entry.datanet, entry.version));
	manifest
}

async fn clear(connection: &ConnectionArgs, args: ClearArgs) -> Result<Sent<NoId>, Failure> {
	let (session, developer) = args.by.open(connection).await?;
	let hash = parse_hash(&args.hash, "model")?;
	let account = match &args.account {
		Some(account) => parse_account(account, &session.kind)?,
		None => developer.account.clone(),
	};
	let arguments = [("account", Value::from_bytes(account)), ("hash", Value::from_bytes(hash))];
	session.send(&developer.sends(calls::models("clear_commitment", arguments)), |_| None).await
}

async fn set_deprecated(
	connection: &ConnectionArgs,
	args: ModelArgs,
	deprecated: bool,
) -> Result<Sent<u64>, Failure> {
	let (session, developer) = args.by.open(connection).await?;
	let arguments = [("model", Value::u128(args.model.into())), ("deprecated", Value::bool(deprecated))];
	session.send(&developer.sends(calls::models("set_deprecated", arguments)), |_| Some(args.model)).await
}

/// The call replaces both locators, so that the other one is sent as it is.
async fn locators(connection: &ConnectionArgs, args: LocatorsArgs) -> Result<Sent<u64>, Failure> {
	let (session, developer) = args.by.open(connection).await?;
	let now = models::known_model(&session.at, args.model).await?;
	let artifact = args.artifact.unwrap_or_else(|| text(&now.artifact_locator));
	let card = args.card.unwrap_or_else(|| text(&now.card_locator));
	let call = developer.sends(calls::set_locators(args.model, [&artifact, &card]));
	session.send(&call, |_| Some(args.model)).await
}

#[cfg(test)]
mod tests {
	use super::*;

	fn percent(whole: u32) -> Percent {
		Percent(whole * 10_000_000)
	}

	#[test]
	fn versions_and_divisions_are_written_in_per_cent() {
		let entry = ManifestEntry { datanet: 3, version: 1, share: Percent(25_000_000) };
		assert_eq!("3:1=2.5".parse(), Ok(Trained(entry)));
		for given in ["", "3:1", "3=50", "3:1=", "3:1=101", "-1:1=5", "3:1:2=5", "4294967296:1=5"] {
			assert!(given.parse::<Trained>().is_err(), "{given}");
		}
		let policy = Policy { server: percent(70), developer: percent(20), data: percent(10) };
		assert_eq!("70,20,10".parse(), Ok(Division(policy)));
		for given in ["", "100", "50,50", "70,20,10,0", "70;20;10", "a,b,c"] {
			assert!(given.parse::<Division>().is_err(), "{given}");
		}
	}

	#[test]
	fn what_the_chain_takes_sorted_is_sorted() {
		assert_eq!(ascending(vec![7, 3, 7, 5]), [3, 5, 7]);
		let entry = |datanet, version| ManifestEntry { datanet, version, share: percent(50) };
		let sorted = in_order(vec![Trained(entry(2, 1)), Trained(entry(1, 9)), Trained(entry(1, 2))]);
		assert_eq!(sorted, [entry(1, 2), entry(1, 9), entry(2, 1)]);
	}

	#[test]
	fn a_registration_has_stable_json_keys() {
		let transaction = "0x01".into();
		let sent = Sent {
			status: "finalised",
			id: Some(7),
			transaction,
			block_hash: None,
			block_number: Some(3),
			fee: None,
		};
		let registered = Registered {
			models: vec![7, 8],
			skipped: vec![Skipped { file: "a".into(), holder: 3, reserved: false }],
			salt: "0x02".into(),
			card: None,
			sent,
		};
		assert_eq!(
			serde_json::to_value(&registered).unwrap(),
			serde_json::json!({
				"models": [7, 8], "skipped": [{"file": "a", "holder": 3, "reserved": false}], "salt": "0x02",
				"card": null, "status": "finalised", "id": 7, "transaction": "0x01",
				"block_hash": null, "block_number": 3, "fee": null,
			})
		);
		assert!(registered.human().contains("models 7 to 8"), "{}", registered.human());
		assert!(registered.human().contains("not registered: a,"), "{}", registered.human());
	}
}
