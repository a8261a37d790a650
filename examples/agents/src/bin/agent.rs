//! `plexus-agent`: a serving agent over an index of a datanet, and a payer to ask it.
//!
//! # Must not
//! Hold more than the command line: what it does is in the library.

use anyhow::{ensure, Context, Result};
use clap::{Args, Parser, Subcommand};
use plexus_agents::{
	handing::Handing,
	http::serve,
	pay::{Lane, Payer, Question, Signer},
	serving::{router, Card, Claiming, Counter, Ngram, Retrieval, Speaker},
	wire::{Offer, Price, TEXT_BYTES_DEFAULT, TEXT_BYTES_MAX},
};
use plexus_attribution::{ngram::Settings, Index};
use plexus_cli::Remote;
use plexus_payments::{json::Digits, FileDisk, Purse, RECEIPT_CLAIMS_MAX};
use plexus_primitives::{ChannelId, DatanetId, DatanetVersion, MethodId};
use serde_json::{json, Value};
use sp_core::{sr25519, Pair};
use std::{
	collections::BTreeMap,
	net::SocketAddr,
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
	process::ExitCode,
	str::FromStr,
	sync::Arc,
	time::Duration,
};
use tokio::{
	net::TcpListener,
	signal::unix::{signal, SignalKind},
};
use tracing::info;
use zeroize::Zeroizing;

/// How long the node may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Serves answers that are paid through a channel, or pays for them
#[derive(Parser)]
#[command(version)]
struct Cli {
	#[command(subcommand)]
	command: Command,
}

#[derive(Subcommand)]
enum Command {
	/// Serve an n-gram model, which goes on from a prompt and claims the spans that it repeats
	Ngram {
		#[command(flatten)]
		serving: Serving,
		/// Bytes of context: the fewer, the more it recombines, the more, the more it quotes
		#[arg(long, value_name = "N", default_value_t = 24)]
		context_bytes: usize,
		/// How often a context must occur to be gone on from
		#[arg(long, value_name = "N", default_value_t = 2)]
		occurrences_min: u64,
	},
	/// Serve passages that fit a question (BM25), claimed as the ground of the answer
	Retrieval {
		#[command(flatten)]
		serving: Serving,
		/// Passages of an answer, at most
		#[arg(long, value_name = "N", default_value_t = 4)]
		passages: usize,
	},
	/// Ask an agent and pay it, as many answers at once as there are channels; prints JSON
	Pay(PayArgs),
}

#[derive(Args)]
struct Serving {
	/// The index over what the model was made from, or what is retrieved (`plexus corpus build`)
	#[arg(long, value_name = "FILE")]
	index: PathBuf,
	/// Datanet and version that the index was built over, like 0:1. May be repeated
	#[arg(long = "version-of", value_name = "D:V", required = true)]
	versions: Vec<Version>,
	/// Id of the agent that is paid
	#[arg(long, value_name = "ID")]
	agent: u64,
	/// Id of the model that answers
	#[arg(long, value_name = "ID")]
	model: u64,
	/// Id of the method by which claims are found
	#[arg(long, value_name = "ID")]
	method: u32,
	/// Where `plexus serve-receipts` is
	#[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8010")]
	receipts: String,
	/// Where to listen
	#[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8020")]
	listen: SocketAddr,
	/// Where others reach it [default: where it listens]
	#[arg(long, value_name = "URL")]
	url: Option<String>,
	/// Its name
	#[arg(long, default_value = "A Plexus agent")]
	name: String,
	/// What an answer costs, in 10^-12 PLX
	#[arg(long, value_name = "UNITS", default_value_t = 1_000_000)]
	per_request: u128,
	/// What each of its bytes costs, in 10^-12 PLX
	#[arg(long, value_name = "UNITS", default_value_t = 100_000)]
	per_byte: u128,
	/// The longest answer
	#[arg(long, value_name = "BYTES", default_value_t = TEXT_BYTES_MAX)]
	#[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(TEXT_BYTES_MAX)))]
	max_bytes: u32,
	/// Claims of one answer, at most
	#[arg(long, value_name = "N", default_value_t = RECEIPT_CLAIMS_MAX as u64)]
	#[arg(value_parser = clap::value_parser!(u64).range(0..=RECEIPT_CLAIMS_MAX as u64))]
	claims: u64,
}

#[derive(Args)]
struct PayArgs {
	/// Where the agent is
	#[arg(long, value_name = "URL")]
	url: String,
	/// A channel toward it. May be repeated
	#[arg(long = "channel", value_name = "ID", required = true)]
	channels: Vec<u64>,
	/// File of mode 0600 with the secret of the channels' signer: a mnemonic, a seed, or //Bob on development chains
	#[arg(long, value_name = "FILE")]
	key_file: PathBuf,
	/// The signer's journal, which `plexus channel open` began
	#[arg(long, value_name = "FILE")]
	journal: PathBuf,
	/// The node that knows the channels
	#[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
	node: String,
	/// What is asked
	#[arg(long)]
	prompt: String,
	/// How many answers, each with another seed
	#[arg(long, default_value_t = 1)]
	count: u64,
	/// The longest answer
	#[arg(long, value_name = "BYTES", default_value_t = TEXT_BYTES_DEFAULT)]
	max_bytes: u32,
	/// What an answer may cost, in 10^-12 PLX
	#[arg(long, value_name = "UNITS")]
	at_most: u128,
	/// Parts of the answers may be shown to everybody
	#[arg(long)]
	disclose: bool,
}

#[derive(Clone, Copy)]
struct Version(DatanetId, DatanetVersion);

impl FromStr for Version {
	type Err = String;

	fn from_str(given: &str) -> Result<Self, String> {
		let parts = given.split_once(':').and_then(|(datanet, version)| {
			Some(Self(DatanetId(datanet.parse().ok()?), DatanetVersion(version.parse().ok()?)))
		});
		parts.ok_or_else(|| "write datanet and version like 0:1".into())
	}
}

#[tokio::main]
async fn main() -> ExitCode {
	match start().await {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			// In one line, with its causes: a backtrace tells a user nothing.
			eprintln!("{error:#}");
			ExitCode::FAILURE
		}
	}
}

async fn start() -> Result<()> {
	tracing_subscriber::fmt().with_writer(std::io::stderr).init();
	match Cli::parse().command {
		Command::Ngram { serving, context_bytes, occurrences_min } => {
			let settings = Settings { context_bytes, occurrences_min, ..Settings::default() };
			let speaker = Ngram::new(open(&serving.index)?, settings, serving.claiming())?;
			serving.run(speaker).await
		}
		Command::Retrieval { serving, passages } => {
			let speaker = Retrieval::new(open(&serving.index)?, passages, serving.claiming());
			serving.run(speaker).await
		}
		Command::Pay(args) => args.run().await,
	}
}

fn open(path: &Path) -> Result<Arc<Index>> {
	let index = Index::open(path).with_context(|| {
		format!("{} is no index that can be used; build it with `plexus corpus build`", path.display())
	})?;
	info!(sources = index.size().sources, bytes = index.size().bytes, "index opened");
	Ok(Arc::new(index))
}

impl Serving {
	fn claiming(&self) -> Claiming {
		let versions: BTreeMap<_, _> =
			self.versions.iter().map(|Version(datanet, version)| (*datanet, *version)).collect();
		Claiming { method: MethodId(self.method), versions, most: self.claims as usize }
	}

	async fn run(self, speaker: impl Speaker + 'static) -> Result<()> {
		let listener = TcpListener::bind(self.listen)
			.await
			.with_context(|| format!("cannot listen on {}; choose another with --listen", self.listen))?;
		let listening = listener.local_addr()?;
		let url = self.url.unwrap_or_else(|| format!("http://{listening}"));
		let price = Price { per_request: Digits(self.per_request), per_byte: Digits(self.per_byte) };
		let offer = Offer {
			agent: self.agent,
			model: self.model,
			price,
			max_bytes: self.max_bytes,
			corpora: speaker.corpora(),
			complete: format!("{url}/v1/complete"),
		};
		let card = Card { name: self.name, url: url.clone(), skill: speaker.skill(), offer: offer.clone() };
		let counter = Counter::new(Arc::new(speaker), offer, Handing::to(&self.receipts));
		let (mut interrupt, mut terminate) =
			(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
		let stop = async move {
			tokio::select! {
				_ = interrupt.recv() => {}
				_ = terminate.recv() => {}
			}
			info!("stopping");
		};
		info!(%listening, %url, "serving");
		serve(listener, router(Arc::new(counter), &card), stop).await;
		Ok(())
	}
}

impl PayArgs {
	async fn run(self) -> Result<()> {
		let key = key(&self.key_file)?;
		let remote = Remote::connect(self.node.clone(), PATIENCE).await?;
		let genesis = remote.request("chain_getBlockHash", vec![json!(0)]).await?;
		let genesis = hex32(&genesis).context("the node has no genesis")?;
		let mut lanes = Vec::new();
		for id in &self.channels {
			let channel = remote.request("receipt_channel", vec![json!(id)]).await?;
			ensure!(
				!channel.is_null(),
				"there is no channel {id}; list yours with `plexus channel list --payer`"
			);
			let amount = |field: &str| channel[field].as_str().and_then(|digits| digits.parse::<u128>().ok());
			let ceiling =
				amount("locked").zip(amount("redeemed")).context("the node's answer has no amounts")?;
			lanes.push(Lane { channel: ChannelId(*id), ceiling: ceiling.0.saturating_add(ceiling.1) });
		}
		let purse = Purse::open(Box::new(FileDisk::open(&self.journal)?), genesis, key.public().into())?;
		let payer = Payer::meet(&self.url, Signer::new(purse, key), self.max_bytes, self.at_most).await?;
		let Self { prompt, disclose, count, .. } = self;
		let max_bytes = self.max_bytes.min(payer.offer().max_bytes);
		let question = move |number: u64, wording: u32| Question {
			prompt: prompt.clone(),
			seed: number.saturating_add(count.saturating_mul(wording.into())),
			max_bytes,
			disclose,
		};
		let paid = payer.pay(&lanes, count, question).await?;
		let sum: u128 = paid.iter().map(|paid| paid.receipt.fee).sum();
		let claims: usize = paid.iter().map(|paid| paid.claims).sum();
		println!("{}", json!({ "answers": paid.len(), "paid": sum.to_string(), "claims": claims }));
		Ok(())
	}
}

/// The signer's key. Refused if others may read its file.
fn key(path: &Path) -> Result<sr25519::Pair> {
	let mode = std::fs::metadata(path).with_context(|| format!("{}", path.display()))?.permissions().mode();
	ensure!(mode & 0o077 == 0, "{} can be read by others; chmod 600 it", path.display());
	let secret = Zeroizing::new(std::fs::read_to_string(path)?);
	// Neither the secret nor what is wrong with it is told.
	let pair = sr25519::Pair::from_string(secret.trim(), None);
	pair.ok().with_context(|| format!("{} has no secret of an sr25519 key", path.display()))
}

fn hex32(value: &Value) -> Option<[u8; 32]> {
	hex::decode(value.as_str()?.strip_prefix("0x")?).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;

	#[test]
	fn the_arguments_are_consistent_and_the_documented_lines_parse() {
		Cli::command().debug_assert();
		for line in [
			"ngram --index i --version-of 0:1 --agent 0 --model 1 --method 0",
			"ngram --index i --version-of 0:1 --version-of 2:3 --agent 0 --model 1 --method 0 --context-bytes 48 --occurrences-min 1 --per-byte 5 --claims 4",
			"retrieval --index i --version-of 0:1 --agent 0 --model 1 --method 1 --passages 3 --listen 127.0.0.1:0 --receipts http://127.0.0.1:8011",
			"pay --url http://127.0.0.1:8020 --channel 0 --channel 1 --key-file k --journal j --prompt Once --count 20 --at-most 100000000 --disclose",
		] {
			Cli::try_parse_from(["plexus-agent"].into_iter().chain(line.split_whitespace())).expect(line);
		}
		for line in [
			"ngram --index i --version-of 0 --agent 0 --model 1 --method 0",
			"ngram --index i --version-of 0:1 --agent 0 --model 1 --method 0 --claims 17",
			"pay --url u --key-file k --journal j --prompt p --at-most 1",
		] {
			let parsed = Cli::try_parse_from(["plexus-agent"].into_iter().chain(line.split_whitespace()));
			assert!(parsed.is_err(), "{line}");
		}
	}

	#[test]
	fn a_key_that_others_may_read_is_refused() {
		let file = tempfile::NamedTempFile::new().unwrap();
		std::fs::write(file.path(), "//Bob\n").unwrap();
		let with = |mode| {
			std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
			key(file.path())
		};
		assert!(with(0o644).is_err());
		let bob = sr25519::Pair::from_string("//Bob", None).unwrap();
		assert_eq!(with(0o600).unwrap().public(), bob.public());
	}
}
