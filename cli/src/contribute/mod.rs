//! `plexus contribute DIR`: registers every file of a directory in a datanet.
//!
//! ```text
//!   walk ──► hash ──► batches of up to 256 ──► commit ──► wait ──► register        many batches on their way at once
//!   a thread of its own, a bounded channel      batch.rs, on one pipeline of nonces
//! ```
//!
//! A run that is killed is run again with the same command. What was registered is found on the chain, whoever counted it;
//! what was only committed to is found in the journal (`journal.rs`), with its salts.
//!
//! # Must not
//! Send the content anywhere: the chain gets names only. Hold a file in memory, or more files' names than are on their way
//! (of all others only the roots are remembered).
//!
//! # Invariants
//! - Nothing is registered twice: not the same bytes at two paths, not what the chain has.
//! - A file that cannot be contributed is named with the way out, and does not stop the others. A transaction that fails
//!   stops the run.

mod batch;
mod journal;
pub(crate) mod terms;
pub(crate) mod walk;

use crate::{
	address,
	amount::Amount,
	client::{constant, Client, ConnectionArgs},
	datanets,
	failure::{Failure, FailureKind},
	keys::KeyArgs,
	output::{self, hex, Answer},
	pipeline::Pipeline,
	state::state_directory,
	submit::SubmitArgs,
	tx::by::ForArgs,
};
use batch::{Registrar, Tally};
use futures::{
	future::LocalBoxFuture,
	stream::{FuturesUnordered, StreamExt},
};
use indicatif::{ProgressBar, ProgressStyle};
use journal::{Head, Journal};
use plexus_primitives::api::DatanetStatus;
use serde::Serialize;
use std::{
	cell::RefCell,
	collections::HashSet,
	path::{Path, PathBuf},
	time::{Duration, Instant},
};
use terms::{Given, Limits, Terms};
use tokio::sync::mpsc;
use walk::{Found, Item, Refusal, Survey, Tree};

/// Files that were hashed and wait for a batch: a few batches, so that neither hashing nor sending waits for the other.
const HASHED_MAX: usize = 1_024;

/// Bytes of names, texts and proofs in a batch. The chain reads transactions of up to 512 KiB; the rest is for what is
/// around them.
const BATCH_BYTES_MAX: usize = 448 << 10;

/// Bytes of a registration beside texts and proof: root, length, and the lengths of three vectors.
const REGISTRATION_BYTES: usize = 32 + 8 + 3 * 4;

/// Files in a batch if the chain does not say how many it takes.
const BATCH_FILES: u128 = 64;

/// Refused files that are told one by one; the others are counted.
const REFUSED_TOLD_MAX: usize = 1_000;

/// Batches on their way at once, unless another number is given: 8,192 contributions in the time that a commitment takes to
/// grow old enough, and at most some 40 MiB.
const IN_FLIGHT: u16 = 32;

/// Contributes a directory.
#[derive(clap::Args, Clone)]
pub struct ContributeCommand {
	#[command(flatten)]
	pub(crate) connection: ConnectionArgs,

	#[command(flatten)]
	options: Options,

	#[command(flatten)]
	whom: ForArgs,

	#[command(flatten)]
	key: KeyArgs,

	/// Tip for each block's author and transaction, in PLX.
	#[arg(long, value_name = "AMOUNT", default_value = "0", hide = true)]
	tip: Amount,

	/// Seconds to wait for each transaction; 60 if not given.
	#[arg(long, value_name = "SECONDS", default_value_t = 60, hide_default_value = true, hide = true)]
	#[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
	timeout: u64,
}

/// What is contributed, and how.
#[derive(clap::Args, Clone)]
struct Options {
	/// Directory whose files are registered. The files themselves stay where they are.
	#[arg(value_name = "DIR")]
	directory: PathBuf,

	/// Id of the datanet.
	#[arg(long, value_name = "ID")]
	datanet: u32,

	/// Hidden files and directories too. Symbolic links are never followed.
	#[arg(long)]
	hidden: bool,

	/// The files' licence, an SPDX expression: refused unless it allows what the datanet offers.
	#[arg(long, value_name = "SPDX", conflicts_with = "manifests")]
	licence: Option<String>,

	/// Each file's licence is that of the Cargo.toml or package.json above it; what does not allow the datanet's is left out.
	#[arg(long)]
	manifests: bool,

	/// Where others find each file, a URI with {path}, {name} or {root} in it.
	#[arg(long, value_name = "TEMPLATE", default_value = "", hide_default_value = true)]
	locator: String,

	/// Media type of all files; without it, what each name suggests.
	#[arg(long, value_name = "TYPE")]
	media_type: Option<String>,

	/// Where to remember unfinished batches; without it, in the user's state directory.
	#[arg(long, value_name = "FILE")]
	journal: Option<PathBuf>,

	/// Batches on their way at once.
	#[arg(long, value_name = "N", default_value_t = IN_FLIGHT, hide = true)]
	#[arg(value_parser = clap::value_parser!(u16).range(1..=256))]
	in_flight: u16,
}

/// What became of the directory.
#[derive(Serialize)]
struct Contributed {
	datanet: u32,
	/// Files that were looked at.
	files: u64,
	/// Their length together.
	bytes: u64,
	registered: u64,
	/// Registered before, by this account in this datanet.
	already: u64,
	/// The same bytes as another file of the directory.
	duplicates: u64,
	/// Files that cannot be contributed.
	refused: u64,
	/// The first of them.
	refusals: Vec<Refusal>,
	/// Hidden files and directories that were left out.
	hidden: u64,
	/// Symbolic links and other things that are no files.
	not_files: u64,
	/// Batches of an earlier run that were gone on with.
	resumed: u64,
	/// Commitments of an earlier run that could not be used any more; their deposits are back.
	cleared: u64,
	/// Id of the first contribution; `null` if there is none.
	first: Option<u64>,
	/// Id of the last.
	last: Option<u64>,
	transactions: u64,
	fee: Amount,
	seconds: f64,
	/// Registered contributions a second, from the first file to the last block.
	per_second: f64,
}

impl Answer for Contributed {
	fn human(&self) -> String {
		let rows = [
			("datanet", self.datanet.to_string()),
			("files", format!("{} of {} bytes", self.files, self.bytes)),
			("registered", self.registered.to_string()),
			("already registered", self.already.to_string()),
			("same bytes twice", self.duplicates.to_string()),
			("refused", self.refused.to_string()),
			("left out", format!("{} hidden, {} no files", self.hidden, self.not_files)),
			("transactions", format!("{} for {}", self.transactions, self.fee)),
			("time", format!("{:.1} s, {:.1} contributions/s", self.seconds, self.per_second)),
		];
		let ids =
			self.first.zip(self.last).map(|(first, last)| ("contributions", format!("{first} to {last}")));
		let mut text = output::fields(rows.into_iter().chain(ids));
		for Refusal { path, cause, remedy } in &self.refusals {
			let line = output::clean(&format!("{path}: {cause}; {remedy}"));
			text.push_str(&format!("\nrefused {line}"));
		}
		let untold = self.refused.saturating_sub(self.refusals.len() as u64);
		if untold > 0 {
			text.push_str(&format!("\nand {untold} more"));
		}
		text
	}
}

/// The sum so far.
#[derive(Default)]
struct Total {
	tally: Tally,
	duplicates: u64,
	refused: u64,
}

impl Total {
	fn add(&mut self, tally: Tally) {
		self.tally.registered += tally.registered;
		self.tally.already += tally.already;
		self.tally.transactions += tally.transactions;
		self.tally.fees = self.tally.fees.saturating_add(tally.fees);
		if let Some((first, last)) = tally.ids {
			let (smallest, largest) = self.tally.ids.unwrap_or((first, last));
			self.tally.ids = Some((smallest.min(first), largest.max(last)));
		}
		for refusal in tally.refused {
			self.refuse(refusal);
		}
	}

	fn refuse(&mut self, refusal: Refusal) {
		self.refused += 1;
		if self.tally.refused.len() < REFUSED_TOLD_MAX {
			self.tally.refused.push(refusal);
		}
	}
}

/// Files that become one batch.
#[derive(Default)]
struct Gathered {
	items: Vec<Item>,
	bytes: usize,
}

impl Gathered {
	/// Takes a file, and gives the batch before it if this one does not fit in.
	fn add(&mut self, item: Item, files_max: usize) -> Option<Vec<Item>> {
		let texts = item.media_type.len() + item.locator.len() + item.proven.length_proof.len();
		let bytes = REGISTRATION_BYTES + texts;
		let full = self.items.len() >= files_max || self.bytes + bytes > BATCH_BYTES_MAX;
		let before = (full && !self.items.is_empty()).then(|| self.take());
		self.items.push(item);
		self.bytes += bytes;
		before
	}

	fn take(&mut self) -> Vec<Item> {
		self.bytes = 0;
		std::mem::take(&mut self.items)
	}
}

impl ContributeCommand {
	pub(crate) async fn run(self) -> Result<(), Failure> {
		let json = self.connection.json;
		let options = self.options.clone();
		let answer = self.contribute().await.map_err(|failure| resumable(failure, &options))?;
		output::print(json, &answer);
		Ok(())
	}

	async fn contribute(self) -> Result<Contributed, Failure> {
		let options = &self.options;
		let mut tree = Tree::open(&options.directory, options.hidden)?;
		let client = Client::connect(&self.connection.url).await?;
		let key = self.key.load(&client.chain_kind().await?)?;
		let at = client.at_head().await?;
		let datanet = datanets::known_datanet(&at, options.datanet).await?;
		let limit =
			|name: &str, otherwise: u128| constant(&at, "Datanets", name).unwrap_or(otherwise) as usize;
		let files_max = limit("RegistrationsMax", BATCH_FILES).max(1);
		let given = Given {
			licence: options.licence.as_deref(),
			manifests: options.manifests,
			locator: &options.locator,
			media_type: options.media_type.as_deref(),
		};
		let limits = Limits {
			locator_bytes: limit("LocatorBytesMax", 256),
			media_type_bytes: limit("MediaTypeBytesMax", 255),
		};
		let terms = Terms::new(&given, &datanet.licence, limits)?;
		let genesis = client.api.genesis_hash().0;
		let party = self.whom.party(&at, key.account()).await?;
		let head = Head::new(&genesis, address::display(&party.account), options.datanet, tree.root());
		let path = match &options.journal {
			Some(path) => path.clone(),
			None => default_journal(&head, tree.root())?,
		};
		let (journal, unfinished) = Journal::open(&path, &head)?;
		let closed = closed(options.datanet, datanet.status)
			.or_else(|| datanets::ensure_reviewable(&datanet, &party.account).err());
		let closed_from = match &closed {
			Some(closed) if unfinished.is_empty() => {
				journal.remove()?;
				return Err(closed.clone());
			}
			Some(_) => datanets::closed_from(&at, options.datanet).await?,
			None => None,
		};
		tree.leave_out(&path);

		let survey = tree.survey()?;
		let started = Instant::now();
		let submit = SubmitArgs::wait(self.timeout).with_tip(self.tip);
		let pipeline = Pipeline::open(client, key, &submit).await?;
		let journal = RefCell::new(journal);
		let registrar = Registrar { pipeline, datanet: options.datanet, party, genesis, journal };
		let left = registrar.left_over(unfinished, closed_from, &tree, &terms).await?;
		let (resumed, cleared) = (left.batches.len() as u64, left.cleared);
		let bar = progress_bar(survey.files, self.connection.json);
		let files = closed.is_none().then_some((tree, terms));
		let total = run(&registrar, files, left, files_max, options.in_flight.into(), &bar).await?;
		bar.finish_and_clear();
		registrar.journal.into_inner().remove()?;
		if let Some(closed) = closed {
			let registered = total.tally.registered;
			return Err(closed.with_context(format!(
				"of what an earlier run had committed to, {registered} files are registered; {cleared} commitments were \
				 cleared"
			)));
		}
		let seconds = started.elapsed().as_secs_f64();
		Ok(summary(options.datanet, &survey, total, (resumed, cleared), seconds))
	}
}

/// Why a datanet takes nothing that is not committed to yet; nothing if it does.
fn closed(id: u32, status: DatanetStatus) -> Option<Failure> {
	match status {
		DatanetStatus::Active => None,
		DatanetStatus::Paused => Some(Failure::new(
			FailureKind::Refused,
			"DatanetPaused",
			format!("datanet {id} takes no contributions for now"),
			"wait until its owner resumes it",
		)),
		DatanetStatus::Retired => Some(Failure::input(
			"DatanetRetired",
			format!("datanet {id} takes no contributions any more"),
			"choose another one; `plexus query datanets` lists them",
		)),
	}
}

/// Drives everything: hashed files become batches, batches become registrations. Without files, only what is left is
/// registered.
async fn run(
	registrar: &Registrar,
	files: Option<(Tree, Terms)>,
	left: batch::Left,
	files_max: usize,
	in_flight_max: usize,
	bar: &ProgressBar,
) -> Result<Total, Failure> {
	let mut total = Total::default();
	let mut seen: HashSet<[u8; 32]> = left.roots;
	let mut batches: FuturesUnordered<LocalBoxFuture<'_, Result<Tally, Failure>>> = FuturesUnordered::new();
	for batch in left.batches {
		batches.push(Box::pin(registrar.resume(batch)));
	}
	let (to, mut hashed) = mpsc::channel(HASHED_MAX);
	let hashing = tokio::task::spawn_blocking(move || {
		if let Some((tree, terms)) = files {
			tree.hash_all(terms, &left.paths, &to);
		}
	});
	let mut gathered = Gathered::default();
	let mut ended = false;
	loop {
		tokio::select! {
			biased;
			Some(done) = batches.next(), if !batches.is_empty() => {
				let tally = done?;
				bar.inc(tally.files());
				total.add(tally);
			}
			found = hashed.recv(), if !ended && batches.len() < in_flight_max => match found {
				Some(Found::Item(item)) if !seen.insert(item.proven.content.root) => {
					total.duplicates += 1;
					bar.inc(1);
				}
				Some(Found::Item(item)) => {
					if let Some(batch) = gathered.add(item, files_max) {
						batches.push(Box::pin(registrar.contribute(batch)));
					}
				}
				Some(Found::Empty(refusal) | Found::Refused(refusal)) => {
					total.refuse(refusal);
					bar.inc(1);
				}
				// The survey counted it.
				Some(Found::NotFile(_)) => {}
				None => {
					ended = true;
					if !gathered.items.is_empty() {
						batches.push(Box::pin(registrar.contribute(gathered.take())));
					}
				}
			},
			else => break,
		}
	}
	hashing.await.map_err(|stopped| {
		Failure::new(
			FailureKind::Node,
			"HashingStopped",
			stopped.to_string(),
			"run the command again; if it repeats, please report it",
		)
	})?;
	Ok(total)
}

fn summary(
	datanet: u32,
	survey: &Survey,
	total: Total,
	(resumed, cleared): (u64, u64),
	seconds: f64,
) -> Contributed {
	let Total { tally, duplicates, refused } = total;
	let per_second = if seconds > 0.0 { tally.registered as f64 / seconds } else { 0.0 };
	Contributed {
		datanet,
		files: survey.files,
		bytes: survey.bytes,
		registered: tally.registered,
		already: tally.already,
		duplicates,
		refused,
		refusals: tally.refused,
		hidden: survey.hidden,
		not_files: survey.not_files,
		resumed,
		cleared,
		first: tally.ids.map(|(first, _)| first),
		last: tally.ids.map(|(_, last)| last),
		transactions: tally.transactions,
		fee: Amount(tally.fees),
		seconds,
		per_second,
	}
}

/// What failed on the way can be gone on with; what the user gave wrongly cannot.
fn resumable(failure: Failure, options: &Options) -> Failure {
	match failure.kind {
		FailureKind::Input | FailureKind::NotFound => failure,
		_ => Failure {
			remedy: format!(
				"{}; then run the same command again: it goes on where it stopped in {}",
				failure.remedy,
				options.directory.display()
			),
			..failure
		},
	}
}

/// One for each chain, account, datanet and directory.
fn default_journal(head: &Head, root: &Path) -> Result<PathBuf, Failure> {
	let mut named =
		serde_json::to_vec(head).expect("a head serialises because it holds texts and numbers only");
	named.extend(root.as_os_str().as_encoded_bytes());
	let name = hex(&sp_crypto_hashing::blake2_256(&named)[..8]);
	Ok(state_directory()?.join("contribute").join(format!("{}.journal", name.trim_start_matches("0x"))))
}

fn progress_bar(files: u64, json: bool) -> ProgressBar {
	// Hidden by itself where standard error is no terminal.
	let bar = if json { ProgressBar::hidden() } else { ProgressBar::new(files) };
	let style = ProgressStyle::with_template("contributing {bar:32} {pos}/{len} files {per_sec} {eta}");
	let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
	bar.enable_steady_tick(Duration::from_millis(500));
	bar
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::prove::prove_reader;

	fn item(path: &str, locator: usize) -> Item {
		let proven = prove_reader(path.as_bytes(), |_| ()).expect("a path is not empty");
		Item { path: path.into(), proven, media_type: "text/plain".into(), locator: "x".repeat(locator) }
	}

	#[test]
	fn a_batch_is_full_by_its_files_or_by_its_bytes_and_loses_none() {
		let mut gathered = Gathered::default();
		assert!(gathered.add(item("a", 0), 2).is_none());
		assert!(gathered.add(item("b", 0), 2).is_none());
		let first = gathered.add(item("c", 0), 2).expect("two are a batch");
		assert_eq!(first.iter().map(|item| item.path.as_str()).collect::<Vec<_>>(), ["a", "b"]);
		let second = gathered.add(item("d", BATCH_BYTES_MAX), 2).expect("it does not fit beside another");
		assert_eq!(second.len(), 1);
		let third = gathered.add(item("e", 0), 2).expect("nothing fits beside it");
		assert_eq!(third[0].path, "d");
		assert_eq!(gathered.take().len(), 1);
		assert!(gathered.items.is_empty() && gathered.bytes == 0);
	}

	#[test]
	fn nothing_new_is_committed_to_in_a_datanet_that_is_closed() {
		assert_eq!(closed(3, DatanetStatus::Active), None);
		for (status, name) in
			[(DatanetStatus::Paused, "DatanetPaused"), (DatanetStatus::Retired, "DatanetRetired")]
		{
			let failure = closed(3, status).expect("it takes nothing");
			assert!(failure.name == name && failure.cause.contains("datanet 3"), "{failure}");
		}
	}

	#[test]
	fn refusals_are_counted_beyond_what_is_told() {
		let mut total = Total::default();
		for place in 0..REFUSED_TOLD_MAX + 5 {
			total.refuse(Refusal::new(&place.to_string(), "cause", "remedy"));
		}
		let answer = summary(0, &Survey::default(), total, (0, 0), 2.0);
		assert_eq!((answer.refused, answer.refusals.len()), (REFUSED_TOLD_MAX as u64 + 5, REFUSED_TOLD_MAX));
		assert!(answer.human().ends_with("and 5 more"), "{}", answer.human());
	}

	#[test]
	fn the_answer_has_stable_json_keys() {
		let tally = Tally { registered: 8, ids: Some((3, 10)), transactions: 2, fees: 5, ..Tally::default() };
		let mut total = Total::default();
		total.add(tally);
		let survey = Survey { files: 9, bytes: 100, not_files: 1, hidden: 2 };
		assert_eq!(
			serde_json::to_value(summary(7, &survey, total, (1, 0), 4.0)).unwrap(),
			serde_json::json!({
				"datanet": 7, "files": 9, "bytes": 100, "registered": 8, "already": 0, "duplicates": 0, "refused": 0,
				"refusals": [], "hidden": 2, "not_files": 1, "resumed": 1, "cleared": 0, "first": 3, "last": 10,
				"transactions": 2, "fee": "5", "seconds": 4.0, "per_second": 2.0,
			})
		);
	}
}
