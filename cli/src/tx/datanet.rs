//! `plexus tx datanet …`: datanets, the collections that contributions are in.
//!
//! # Must not
//! Repeat the pallet's rules: the chain checks lengths and says which one was broken.

use super::{
	by::ByArgs,
	datanet_reviews as reviews,
	skipped::{self, skipped, Skipped},
	NoId, Sent, Session, SignedArgs,
};
use crate::{
	address::{parse_account, parse_hex32},
	calls::{self, Call, Licence},
	card::{self, Imported, Limits},
	client::{constant, ConnectionArgs},
	content::{media_type, prove_file},
	datanets::{self, Windows},
	failure::{Failure, FailureKind},
	licence,
	output::{self, hex, Answer},
};
use codec::Encode;
use plexus_primitives::{commitment, prove::ProvenContent, purpose::Purpose, Content};
use rand_core::{OsRng, RngCore};
use serde::Serialize;
use std::path::PathBuf;
use subxt::dynamic::Value;

#[derive(clap::Subcommand, Clone)]
pub(super) enum Action {
	/// Create a datanet; the answer's id is what contributions name
	Create(CreateArgs),
	/// Remove an empty datanet of yours that never had a version, and get its deposit back
	Remove(DatanetArgs),
	/// Freeze what is accepted as the next version
	Publish(DatanetArgs),
	/// Take no new contributions for now
	Pause(DatanetArgs),
	/// Take contributions again
	Resume(DatanetArgs),
	/// End a datanet of yours for ever; its versions stay
	Retire(DatanetArgs),
	/// Give a datanet of yours another name and other tags
	Describe(DescribeArgs),
	/// Review everything that waits, as a curator
	Review(reviews::ReviewArgs),
	/// Accept everything in an open datanet that is old enough
	Accept(reviews::AcceptArgs),
	/// Offer a datanet of yours to another account, or take the offer back
	OfferOwnership(OfferArgs),
	/// Accept a datanet that was offered
	AcceptOwnership(DatanetArgs),
	/// Propose other curators, or take the proposal back
	ProposeCurators(CuratorsArgs),
	/// Put proposed curators in charge, once their time has come
	EnactCurators(DatanetArgs),
	/// Commit to files that are registered later, with the salt of the answer
	Commit(CommitArgs),
	/// Register the files of a commitment; the answer's id is the first contribution's
	Register(RegisterArgs),
	/// Return the deposit of a commitment that is not to be used
	ClearCommitment(ClearArgs),
	/// Change how long things take, as root
	SetWindows(WindowArgs),
}

#[derive(clap::Args, Clone)]
pub(super) struct CreateArgs {
	#[command(flatten)]
	draft: DraftArgs,

	#[command(flatten)]
	by: ByArgs,
}

/// What a new datanet is.
#[derive(clap::Args, Clone)]
pub(super) struct DraftArgs {
	/// What it is called. Names need not be unique.
	#[arg(long, required_unless_present = "from_card")]
	name: Option<String>,

	/// Licence of the contributions, as an SPDX expression; without it the card's, or CC-BY-4.0 without a card.
	#[arg(long, value_name = "SPDX")]
	licence: Option<String>,

	/// Instead of a licence: a file with terms of your own. It is hashed here; only its hash is sent.
	#[arg(long, value_name = "FILE", conflicts_with = "licence")]
	terms: Option<PathBuf>,

	/// Name, licence and tags from a description: Croissant, or a Hugging Face README.md. What is said besides goes before.
	#[arg(long, value_name = "FILE")]
	from_card: Option<PathBuf>,

	/// By which it is found, like biology/plants. Can be given several times.
	#[arg(long = "tag", value_name = "TAG")]
	tags: Vec<String>,

	/// An account that reviews contributions. Can be given several times; without one, the datanet is open for ever.
	#[arg(long = "curator", value_name = "ACCOUNT")]
	curators: Vec<String>,
}

/// What is not given stays as it is. All are in milliseconds, on the chain clock.
#[derive(clap::Args, Clone)]
pub(super) struct WindowArgs {
	/// How old a commitment must be before it is used.
	#[arg(long, value_name = "MS")]
	commitment_age_ms: Option<u64>,

	/// When a commitment is void; more than its least age.
	#[arg(long, value_name = "MS")]
	commitment_lifetime_ms: Option<u64>,

	/// How long a contribution waits for its acceptance; more than a commitment lasts.
	#[arg(long, value_name = "MS")]
	acceptance_ms: Option<u64>,

	/// How long the deposit stays after the acceptance.
	#[arg(long, value_name = "MS")]
	deposit_ms: Option<u64>,

	/// How long a change of curators is known before it comes.
	#[arg(long, value_name = "MS")]
	curators_ms: Option<u64>,

	/// After how long without a version everybody may publish one; the grace of payment channels, too.
	#[arg(long, value_name = "MS")]
	publication_ms: Option<u64>,

	/// How long a challenge can be answered.
	#[arg(long, value_name = "MS")]
	challenge_ms: Option<u64>,

	/// How long curators may judge a dispute.
	#[arg(long, value_name = "MS")]
	dispute_ms: Option<u64>,

	#[command(flatten)]
	signed: SignedArgs,
}

impl WindowArgs {
	fn changed(&self, now: Windows) -> Windows {
		Windows {
			commitment_age_ms: self.commitment_age_ms.unwrap_or(now.commitment_age_ms),
			commitment_lifetime_ms: self.commitment_lifetime_ms.unwrap_or(now.commitment_lifetime_ms),
			acceptance_ms: self.acceptance_ms.unwrap_or(now.acceptance_ms),
			deposit_ms: self.deposit_ms.unwrap_or(now.deposit_ms),
			curators_ms: self.curators_ms.unwrap_or(now.curators_ms),
			publication_ms: self.publication_ms.unwrap_or(now.publication_ms),
			challenge_ms: self.challenge_ms.unwrap_or(now.challenge_ms),
			dispute_ms: self.dispute_ms.unwrap_or(now.dispute_ms),
		}
	}
}

#[derive(clap::Args, Clone)]
pub(super) struct DescribeArgs {
	/// Id of the datanet.
	datanet: u32,

	/// What it is called.
	#[arg(long)]
	name: String,

	/// By which it is found. Can be given several times; all others are removed.
	#[arg(long = "tag", value_name = "TAG")]
	tags: Vec<String>,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct OfferArgs {
	/// Id of the datanet.
	datanet: u32,

	/// Who may accept it.
	#[arg(long, value_name = "ACCOUNT", required_unless_present = "withdraw", conflicts_with = "withdraw")]
	to: Option<String>,

	/// Take the offer back.
	#[arg(long)]
	withdraw: bool,

	#[command(flatten)]
	signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct CuratorsArgs {
	/// Id of the datanet.
	datanet: u32,

	/// An account that will review. Can be given several times; all others are no curators any more.
	#[arg(long = "curator", value_name = "ACCOUNT")]
	#[arg(required_unless_present = "withdraw", conflicts_with = "withdraw")]
	curators: Vec<String>,

	/// Take the proposal back.
	#[arg(long)]
	withdraw: bool,

	#[command(flatten)]
	signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct CommitArgs {
	/// The files, in the order in which they are registered.
	#[arg(required = true)]
	files: Vec<PathBuf>,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct RegisterArgs {
	/// The files, in the order of the commitment.
	#[arg(required = true)]
	files: Vec<PathBuf>,

	/// Id of the datanet.
	#[arg(long, value_name = "ID")]
	datanet: u32,

	/// The salt that `plexus tx datanet commit` answered.
	#[arg(long, value_name = "HEX")]
	salt: String,

	/// Where others find the content (a URI). For one file only.
	#[arg(long, value_name = "URI", default_value = "", hide_default_value = true)]
	locator: String,

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
pub(super) struct DatanetArgs {
	/// Id of the datanet.
	datanet: u32,

	#[command(flatten)]
	by: ByArgs,
}

/// The part of `Datanets.DatanetCreated` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct DatanetCreated {
	datanet: u32,
}

/// A commitment that was sent.
#[derive(Serialize)]
struct Committed {
	salt: String,
	hash: String,
	/// On the chain clock; `null` before finality.
	usable_from_ms: Option<u64>,
	/// On the chain clock; `null` before finality.
	expires_at_ms: Option<u64>,
	#[serde(flatten)]
	sent: Sent<NoId>,
}

impl Answer for Committed {
	fn human(&self) -> String {
		let rows = [("salt", self.salt.clone()), ("commitment", self.hash.clone())];
		let times = match (self.usable_from_ms, self.expires_at_ms) {
			(Some(from), Some(until)) => Some(("usable", format!("{from} to {until} ms on the chain clock"))),
			_ => None,
		};
		format!("{}\n{}", self.sent.human(), output::fields(rows.into_iter().chain(times)))
	}
}

/// The part of `Datanets.CommitmentMade` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct CommitmentMade {
	usable_from_ms: u64,
	expires_at_ms: u64,
}

/// The part of `Datanets.ContributionRegistered` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct ContributionRegistered {
	contribution: u64,
}

/// Sends the call of an action and prints what became of it.
pub(super) async fn run(connection: &ConnectionArgs, json: bool, action: Action) -> Result<(), Failure> {
	match action {
		Action::Review(args) => {
			reviews::review(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::Accept(args) => {
			reviews::accept(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::Commit(args) => commit(connection, args).await.map(|answer| output::print(json, &answer)),
		Action::Register(args) => register(connection, args).await.map(|answer| output::print(json, &answer)),
		Action::ClearCommitment(args) => {
			clear(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::Create(args) => create(connection, args).await.map(|answer| output::print(json, &answer)),
		Action::SetWindows(args) => {
			set_windows(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::OfferOwnership(args) => {
			offer(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::ProposeCurators(args) => {
			propose_curators(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::Describe(args) => {
			let arguments = [("name", Value::from_bytes(&args.name)), ("tags", calls::texts(&args.tags))];
			let call = calls::on_datanet("describe", args.datanet, arguments);
			change(connection, call, args.datanet, args.by, json).await
		}
		Action::Pause(args) => {
			change(connection, calls::set_paused(args.datanet, true), args.datanet, args.by, json).await
		}
		Action::Resume(args) => {
			change(connection, calls::set_paused(args.datanet, false), args.datanet, args.by, json).await
		}
		Action::Remove(args) => about(connection, "remove_datanet", args, json).await,
		Action::Publish(args) => about(connection, "publish", args, json).await,
		Action::Retire(args) => about(connection, "retire", args, json).await,
		Action::AcceptOwnership(args) => about(connection, "accept_ownership", args, json).await,
		Action::EnactCurators(args) => about(connection, "enact_curators", args, json).await,
	}
}

async fn about(
	connection: &ConnectionArgs,
	name: &str,
	args: DatanetArgs,
	json: bool,
) -> Result<(), Failure> {
	let call = calls::about_datanet(name, args.datanet);
	change(connection, call, args.datanet, args.by, json).await
}

/// The answer's id is the datanet's.
async fn change(
	connection: &ConnectionArgs,
	call: Call,
	datanet: u32,
	by: ByArgs,
	json: bool,
) -> Result<(), Failure> {
	let (session, party) = by.open(connection).await?;
	session.send(&party.sends(call), |_| Some(datanet)).await.map(|answer| output::print(json, &answer))
}

async fn offer(connection: &ConnectionArgs, args: OfferArgs) -> Result<Sent<u32>, Failure> {
	let session = Session::open(connection, &args.signed).await?;
	let owner = args.to.as_deref().map(|to| parse_account(to, &session.kind)).transpose()?;
	let owner = calls::optional(owner.map(Value::from_bytes));
	let call = calls::on_datanet("propose_owner", args.datanet, [("owner", owner)]);
	session.send(&call, |_| Some(args.datanet)).await
}

async fn propose_curators(connection: &ConnectionArgs, args: CuratorsArgs) -> Result<Sent<u32>, Failure> {
	let session = Session::open(connection, &args.signed).await?;
	let curators = args.curators.iter().map(|curator| parse_account(curator, &session.kind));
	let curators = curators.collect::<Result<Vec<_>, _>>()?;
	let curators = calls::optional((!args.withdraw).then(|| calls::accounts(&curators)));
	let call = calls::on_datanet("propose_curators", args.datanet, [("curators", curators)]);
	session.send(&call, |_| Some(args.datanet)).await
}

async fn prove_files(files: &[PathBuf]) -> Result<Vec<ProvenContent>, Failure> {
	let mut proven = Vec::with_capacity(files.len());
	for file in files {
		proven.push(prove_file(file.clone()).await?);
	}
	Ok(proven)
}

async fn commit(connection: &ConnectionArgs, args: CommitArgs) -> Result<Committed, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let proven = prove_files(&args.files).await?;
	let mut salt = [0; 32];
	OsRng.fill_bytes(&mut salt);
	let genesis = session.client.api.genesis_hash().0;
	let roots = proven.iter().map(|proven| proven.content.root);
	let account = party.account.encode();
	let hash = commitment(Purpose::ContributionCommitment, &genesis, &account, &salt, roots);
	// To standard error, and before it is needed: whoever is interrupted now goes on with it.
	eprintln!("commits with --salt {}", hex(salt));
	let mut made = None;
	let sent = session
		.send(&party.sends(calls::commit(&hash)), |receipt| {
			made = receipt.events.find::<CommitmentMade>("Datanets", "CommitmentMade");
			None
		})
		.await?;
	Ok(Committed {
		salt: hex(salt),
		hash: hex(hash),
		usable_from_ms: made.as_ref().map(|made| made.usable_from_ms),
		expires_at_ms: made.as_ref().map(|made| made.expires_at_ms),
		sent,
	})
}

/// A registration of several files. The id is the first contribution's.
#[derive(Serialize)]
struct Registered {
	/// Ids in the order of the files that were registered; empty before finality.
	contributions: Vec<u64>,
	/// Files whose content somebody holds.
	skipped: Vec<Skipped>,
	#[serde(flatten)]
	sent: Sent<u64>,
}

impl Answer for Registered {
	fn human(&self) -> String {
		let mut text = self.sent.human();
		if let [first, .., last] = self.contributions[..] {
			text.push_str(&format!("\ncontributions {first} to {last}"));
		}
		if !self.skipped.is_empty() {
			text.push_str(&format!("\n{}", skipped::lines(&self.skipped, "contribution")));
		}
		text
	}
}

impl Registered {
	/// Refuses to call a registration done that registered nothing.
	fn checked(self) -> Result<Self, Failure> {
		if self.skipped.is_empty() || !self.contributions.is_empty() {
			return Ok(self);
		}
		let cause = skipped::lines(&self.skipped, "contribution").replace('\n', "; ");
		Err(Failure::new(
			FailureKind::Failed,
			"NothingRegistered",
			format!("{cause} (transaction {})", self.sent.transaction),
			"content is held once in the whole chain: use those contributions (`plexus query contribution ID`), and wait for \
			 reservations to end",
		))
	}
}

async fn register(connection: &ConnectionArgs, args: RegisterArgs) -> Result<Registered, Failure> {
	if args.files.len() > 1 && !args.locator.is_empty() {
		return Err(Failure::input(
			"LocatorOfSeveral",
			format!("there are {} files and one --locator", args.files.len()),
			"register without, and tell each one's with `plexus tx contribution locator`",
		));
	}
	let salt = parse_hex32(args.salt.trim()).ok_or_else(|| {
		Failure::input(
			"InvalidSalt",
			"the salt is not 64 hexadecimal digits",
			"give the salt that `plexus tx datanet commit` answered",
		)
	})?;
	let (session, party) = args.by.open(connection).await?;
	let proven = prove_files(&args.files).await?;
	let registrations = args.files.iter().zip(&proven).map(|(file, proven)| calls::Registration {
		content: proven.content.into(),
		media_type: media_type(file).as_bytes(),
		locator: args.locator.as_bytes(),
		length_proof: &proven.length_proof,
	});
	let call = calls::register(args.datanet, &salt, registrations.collect());
	let call = party.sends_long(&session.at, &call)?;
	let (mut contributions, mut held) = (Vec::new(), Vec::new());
	let sent = session
		.send(&call, |receipt| {
			let events = receipt.events.find_all("Datanets", "ContributionRegistered");
			contributions =
				events.into_iter().map(|event: ContributionRegistered| event.contribution).collect();
			let roots = proven.iter().map(|proven| proven.content.root);
			held = skipped(receipt, "Datanets", &args.files, roots);
			contributions.first().copied()
		})
		.await?;
	if !held.is_empty() {
		let at = session.client.at_head().await?;
		for one in &mut held {
			one.reserved = datanets::contribution(&at, one.holder).await.is_ok_and(|found| found.is_none());
		}
	}
	Registered { contributions, skipped: held, sent }.checked()
}

async fn clear(connection: &ConnectionArgs, args: ClearArgs) -> Result<Sent<NoId>, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let hash = parse_hex32(args.hash.trim()).ok_or_else(|| {
		Failure::input(
			"InvalidCommitment",
			"the commitment is not 64 hexadecimal digits",
			"give the commitment that `plexus tx datanet commit` answered",
		)
	})?;
	let account = match &args.account {
		Some(account) => parse_account(account, &session.kind)?,
		None => party.account.clone(),
	};
	session.send(&party.sends(calls::clear_commitment(&account, &hash)), |_| None).await
}

/// What contributions are under if nobody says otherwise.
const LICENCE: &str = "CC-BY-4.0";

/// A datanet that was created.
#[derive(Serialize)]
struct Created {
	#[serde(flatten)]
	sent: Sent<u32>,
	/// What its description gave, and what that says besides; `null` without one.
	card: Option<Imported>,
}

impl Answer for Created {
	fn human(&self) -> String {
		match &self.card {
			Some(card) => format!("{}\n{}", self.sent.human(), card.human()),
			None => self.sent.human(),
		}
	}
}

/// What a datanet says about itself: as it was typed, or else as the card says.
struct Draft {
	name: String,
	licence: Licence,
	tags: Vec<String>,
	card: Option<Imported>,
}

impl Draft {
	fn new(args: &DraftArgs, terms: Option<Content>, limits: Limits) -> Result<Self, Failure> {
		// What is typed stands, so that a licence in the card that is not understood does not matter then.
		let read = |path| card::data_set(path, limits, args.licence.is_none() && terms.is_none());
		let mut set = args.from_card.as_deref().map(read).transpose()?;
		let card = set.as_mut().map(|set| std::mem::take(&mut set.imported));
		let set = set.unwrap_or_default();
		let name = args.name.clone().or(set.name).ok_or_else(|| {
			Failure::input("NoName", "the card gives no name", "say what the datanet is called with --name")
		})?;
		let licence = match (terms, args.licence.clone().or(set.licence)) {
			(Some(terms), _) => Licence::Terms(terms),
			(None, Some(licence)) => Licence::Spdx(licence),
			// Whoever described the data set elsewhere may have offered it there under another one.
			(None, None) if card.is_some() => return Err(no_licence()),
			(None, None) => Licence::Spdx(LICENCE.into()),
		};
		if let Licence::Spdx(expression) = &licence {
			// The chain checks the form only, and a licence is for ever.
			licence::parse(expression)?;
		}
		let tags = if args.tags.is_empty() { set.tags } else { args.tags.clone() };
		Ok(Self { name, licence, tags, card })
	}
}

fn no_licence() -> Failure {
	Failure::input(
		"NoLicence",
		"the card gives no licence",
		"find out under which one the data set is offered, and say it with --licence or --terms: it is for ever",
	)
}

impl DraftArgs {
	/// The call that creates it, and what its description gave.
	pub(super) async fn call(&self, session: &Session) -> Result<(Call, Option<Imported>), Failure> {
		let limit =
			|name: &str, otherwise| constant(&session.at, "Datanets", name).unwrap_or(otherwise) as usize;
		let limits = Limits { tags: limit("TagsMax", 8), tag_bytes: limit("TagBytesMax", 32) };
		let terms = match &self.terms {
			Some(file) => Some(prove_file(file.clone()).await?.content),
			None => None,
		};
		let draft = Draft::new(self, terms, limits)?;
		let curators = self.curators.iter().map(|curator| parse_account(curator, &session.kind));
		let curators = curators.collect::<Result<Vec<_>, _>>()?;
		let call = calls::create_datanet(&draft.name, &draft.tags, &draft.licence, &curators);
		Ok((call, draft.card))
	}
}

async fn set_windows(connection: &ConnectionArgs, args: WindowArgs) -> Result<Sent<NoId>, Failure> {
	let session = Session::open(connection, &args.signed).await?;
	let changed = args.changed(datanets::windows(&session.at).await?);
	session.send(&calls::sudo(calls::set_windows(&changed)), |_| None).await
}

async fn create(connection: &ConnectionArgs, args: CreateArgs) -> Result<Created, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let (call, card) = args.draft.call(&session).await?;
	let sent = session
		.send(&party.sends(call), |receipt| {
			receipt.events.find::<DatanetCreated>("Datanets", "DatanetCreated").map(|created| created.datanet)
		})
		.await?;
	Ok(Created { sent, card })
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;

	#[derive(Parser)]
	struct Line {
		#[command(flatten)]
		draft: DraftArgs,
	}

	#[derive(Parser)]
	struct Windowed {
		#[command(flatten)]
		windows: WindowArgs,
	}

	#[test]
	fn windows_that_are_not_given_stay_as_they_are() {
		let now = Windows {
			commitment_age_ms: 1,
			commitment_lifetime_ms: 2,
			acceptance_ms: 3,
			deposit_ms: 4,
			curators_ms: 5,
			publication_ms: 6,
			challenge_ms: 7,
			dispute_ms: 8,
		};
		let changed = |line: &str| {
			let line = Windowed::try_parse_from(line.split_whitespace()).expect("it is a command");
			line.windows.changed(now)
		};
		assert_eq!(changed("set-windows"), now);
		let some = changed("set-windows --acceptance-ms 30 --dispute-ms 80");
		assert_eq!(some, Windows { acceptance_ms: 30, dispute_ms: 80, ..now });
		let first = "--commitment-age-ms 10 --commitment-lifetime-ms 20 --deposit-ms 40";
		let rest =
			changed(&format!("set-windows {first} --curators-ms 50 --publication-ms 60 --challenge-ms 70"));
		let all = Windows {
			commitment_age_ms: 10,
			commitment_lifetime_ms: 20,
			acceptance_ms: 3,
			deposit_ms: 40,
			curators_ms: 50,
			publication_ms: 60,
			challenge_ms: 70,
			dispute_ms: 8,
		};
		assert_eq!(rest, all);
	}

	#[test]
	fn files_that_were_skipped_are_told_and_a_registration_of_nothing_fails() {
		let registered = |contributions: &[u64], files: &[&str]| Registered {
			contributions: contributions.to_vec(),
			skipped: files
				.iter()
				.map(|file| Skipped { file: file.to_string(), holder: 5, reserved: false })
				.collect(),
			sent: Sent {
				status: "finalised",
				id: contributions.first().copied(),
				transaction: "0x01".into(),
				block_hash: None,
				block_number: Some(3),
				fee: None,
			},
		};
		let some = registered(&[7, 8], &["a.txt"]).checked().expect("something was registered");
		assert!(some.human().contains("not registered: a.txt"), "{}", some.human());
		let json = serde_json::to_value(&some).unwrap();
		assert_eq!((&json["id"], &json["skipped"][0]["holder"]), (&7.into(), &5.into()));
		assert!(registered(&[], &[]).checked().is_ok(), "nobody knows before finality");
		let failure = registered(&[], &["a.txt", "b.txt"]).checked().err().expect("nothing was registered");
		assert_eq!((failure.name.as_str(), failure.exit_code()), ("NothingRegistered", 5));
		assert!(failure.cause.contains("a.txt") && failure.cause.contains("b.txt"), "{failure}");
	}

	#[test]
	fn a_card_without_a_licence_does_not_become_one_that_is_free() {
		let directory = tempfile::tempdir().unwrap();
		let card = directory.path().join("README.md");
		std::fs::write(&card, "---\npretty_name: Not free at all\n---\n").unwrap();
		let card = card.to_str().unwrap();
		let drafted = |given: &[&str], terms| {
			let line = Line::try_parse_from([&["create"], given].concat()).expect("it is a command");
			Draft::new(&line.draft, terms, Limits { tags: 8, tag_bytes: 32 })
		};
		let draft = |given: &[&str]| drafted(given, None);
		let refused = draft(&["--from-card", card]).err().expect("nobody knows the licence");
		assert_eq!(refused.name, "NoLicence");
		assert!(refused.remedy.contains("--licence"), "{refused}");
		let spdx = |expression: &str| Licence::Spdx(expression.into());
		assert_eq!(draft(&["--from-card", card, "--licence", "MIT"]).unwrap().licence, spdx("MIT"));
		assert_eq!(draft(&["--name", "flora"]).unwrap().licence, spdx(LICENCE));
		// Terms of its own are a licence, too.
		let terms = Content { root: [7; 32], len: 9 };
		let own = drafted(&["--from-card", card], Some(terms)).unwrap();
		assert_eq!(own.licence, Licence::Terms(terms));
	}
}
