//! [`Redeemer`]: takes receipts and vouchers from serving processes, and has the chain pay them.
//!
//! ```text
//!   serving processes ── Desk ──▶ keeper.rs: one thread with ledger and journal
//!                          │           ▲ what the chain shows        │ batches
//!          claims: check.rs│           │                             ▼
//!                          └─ unknown ─▶ look-ups ◀── chain ◀── submit.rs: batches, several on their way at once
//!                             known.rs                  ▲            │ funds.rs: what they put on hold
//!                                                       │            ▼
//!          store, index ──── evidence.rs ───────────▶ open.rs: open batches are answered for, and finalised
//!                                                    records.rs: deposits of old batches come back
//! ```
//!
//! # Must not
//! Serve HTTP, or answer for what is not on disk. Conclude from a transaction what was redeemed: only the
//! channel's state on chain says so, before each batch and after it; and of what is open or asked it is asked
//! anew each time. So a batch whose fate is unknown, or an earlier run's, is never counted twice; sent twice
//! it fails in its block, at the price of a fee.
//!
//! # Invariants
//! - One thread owns the ledger. Requests that come together share one sync.
//! - Every queue is bounded; whoever finds one full is told to come back.
//! - What fails is tried again, later and later, and said in the log.
//! - A node that lags behind takes nothing away: neither what was redeemed, nor a channel that it has not heard of.

mod check;
mod evidence;
mod funds;
mod keeper;
mod known;
mod open;
mod records;
mod submit;

pub use check::ClaimFault;
pub use keeper::{Desk, DeskError, OpenProgress, Progress, Status};

use crate::{
	agents,
	amount::Amount,
	channel::{default_journal, of_journal},
	channels::{self, batch_limits},
	claims::files::Files,
	client::{AtBlock, Client},
	corpus::{self, blocking},
	failure::Failure,
	keys::KeyArgs,
	submit::SubmitArgs,
	tx::by::AgentKey,
	validators::era_and_clock,
};
use futures::future::LocalBoxFuture;
use keeper::Lookup;
use known::Memory;
use plexus_payments::{BatchLimits, FileDisk, Ledger, Limits, Store};
use plexus_primitives::{AgentId, ChannelId};
use std::{path::PathBuf, sync::Arc, time::Duration};
use submit::Submitter;
use tokio::sync::{mpsc, oneshot};
use tracing::info;

/// Channels that are to be looked up; beyond, clients are told to come back.
const LOOKUPS_MAX: usize = 256;

/// What a redeemer works with.
#[derive(clap::Args, Clone)]
pub struct RedeemerArgs {
	/// Id of the agent that is paid. Its controller signs, or a key of its with --delegation
	#[arg(long, value_name = "ID")]
	agent: u64,

	/// The delegation of the signer's, with the scope Serving
	#[arg(long, value_name = "ID")]
	delegation: Option<u32>,

	/// Where receipts and vouchers are kept [default: in the user's state directory]
	#[arg(long, value_name = "FILE")]
	journal: Option<PathBuf>,

	/// Keep the bytes of prompts, outputs and contexts here, to answer for claims. Needed until every batch is final
	#[arg(long, value_name = "DIR")]
	store: Option<PathBuf>,

	/// Take claims, which are checked and proved with this index of `plexus corpus build`
	#[arg(long, value_name = "FILE", requires = "store")]
	index: Option<PathBuf>,

	/// Keep bytes in the store that no open batch needs any more
	#[arg(long, requires = "store", hide = true)]
	keep: bool,

	/// Redeem at least so often, in seconds; a full batch is redeemed at once
	#[arg(long, value_name = "SECONDS", default_value_t = 60)]
	#[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
	every: u64,

	/// Receipts that a payer may owe vouchers for
	#[arg(long, value_name = "N", default_value_t = 16)]
	#[arg(value_parser = clap::value_parser!(u16).range(1..=256))]
	unsigned: u16,

	/// What these may cost together, in PLX [default: as much as is locked]
	#[arg(long, value_name = "PLX")]
	unsigned_fees: Option<Amount>,

	/// Seconds before a channel's end from which on nothing is served for it
	#[arg(long, value_name = "SECONDS", default_value_t = 60, hide = true)]
	#[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
	margin: u64,

	/// Batches on their way at once
	#[arg(long, value_name = "N", default_value_t = 8, hide = true)]
	#[arg(value_parser = clap::value_parser!(u8).range(1..=32))]
	in_flight: u8,

	/// Tip for each block's author and batch, in PLX
	#[arg(long, value_name = "AMOUNT", default_value = "0", hide = true)]
	tip: Amount,

	/// Seconds to wait for the finality of a batch
	#[arg(long, value_name = "SECONDS", default_value_t = 60, hide = true)]
	#[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
	timeout: u64,

	/// The node's address
	#[arg(
		long,
		value_name = "URL",
		env = "PLEXUS_URL",
		default_value = "ws://127.0.0.1:9944",
		hide_env = true
	)]
	url: String,

	#[command(flatten)]
	key: KeyArgs,
}

/// Redeems until it is dropped.
pub struct Redeemer {
	submitter: Submitter,
	lookups: mpsc::Receiver<Lookup>,
	keeper: oneshot::Receiver<Failure>,
}

impl Redeemer {
	/// Connects, reads the key, opens the journal, and asks the chain about all channels in it.
	///
	/// Boxed, so that the client is compiled in this crate and not in each that awaits it.
	///
	/// # Errors
	/// The node cannot be reached, or key, agent or journal cannot be used.
	pub fn open(args: &RedeemerArgs) -> LocalBoxFuture<'_, Result<Self, Failure>> {
		Box::pin(async move {
			let client = Client::connect(&args.url).await?;
			let key = args.key.load(&client.chain_kind().await?)?;
			let at = client.at_head().await?;
			let account = agents::known_agent(&at, args.agent).await?.account;
			let (genesis, limits) = (client.api.genesis_hash().0, batch_limits(&at));
			let path = match &args.journal {
				Some(path) => path.clone(),
				None => default_journal("receipts", &genesis, &args.agent.to_le_bytes())?,
			};
			let ledger = FileDisk::open(&path)
				.and_then(|disk| {
					Ledger::open(Box::new(disk), genesis, AgentId(args.agent), args.granted(&limits))
				})
				.map_err(|error| of_journal(&path, &error))?;
			let files = Arc::new(args.files().await?);
			info!(journal = %path.display(), agent = args.agent, channels = ledger.channels().len(), "journal opened");
			let (lookups_in, lookups) = mpsc::channel(LOOKUPS_MAX);
			let (desk, keeper) = keeper::start(ledger, path, limits.receipts, lookups_in, files);
			look(&at, &desk).await?;
			let submitter = Submitter {
				url: args.url.clone(),
				genesis,
				key,
				by: AgentKey { agent: args.agent, delegation: args.delegation },
				account,
				keep: args.keep,
				every: Duration::from_secs(args.every),
				in_flight: args.in_flight.into(),
				limits,
				submit: SubmitArgs::wait(args.timeout).with_tip(args.tip),
				desk,
			};
			Ok(Self { submitter, lookups, keeper })
		})
	}

	/// Where receipts and vouchers are handed in.
	pub fn desk(&self) -> Desk {
		self.submitter.desk.clone()
	}

	/// Looks channels up and redeems, for as long as the journal can be written; why it cannot any more.
	pub fn run(self) -> LocalBoxFuture<'static, Failure> {
		Box::pin(async move {
			let Self { submitter, lookups, keeper } = self;
			tokio::select! {
				failure = keeper => failure.unwrap_or_else(|_| DeskError::Stopping.into()),
				never = submitter.run() => match never {},
				() = look_up(&submitter, lookups) => DeskError::Stopping.into(),
			}
		})
	}
}

impl RedeemerArgs {
	/// Store and index; reading the latter takes a while.
	async fn files(&self) -> Result<Files, Failure> {
		let (store, index) = (self.store.clone(), self.index.clone());
		blocking(move || {
			let store = store.map(|path| Store::create(&path).map_err(|error| open::of_store(&error)));
			let index = index.map(|path| corpus::open(&path));
			Ok(Files::new(store.transpose()?, index.transpose()?))
		})
		.await
	}

	fn granted(&self, limits: &BatchLimits) -> Limits {
		Limits {
			unsigned_receipts: self.unsigned.into(),
			unsigned_fees: self.unsigned_fees.map_or(u128::MAX, |amount| amount.0),
			voucher_receipts: limits.receipts,
			voucher_claims: limits.claims,
			voucher_targets: limits.targets,
			margin_ms: self.margin.saturating_mul(1_000),
			..Limits::USUAL
		}
	}
}

/// Connects to a node of the same chain as before.
async fn connect(url: &str, genesis: &[u8; 32]) -> Result<Client, Failure> {
	let client = Client::connect(url).await?;
	if client.api.genesis_hash().0 != *genesis {
		return Err(Failure::input(
			"AnotherChain",
			format!("{url} is a node of another chain now"),
			"start again, with a node of the right chain",
		));
	}
	Ok(client)
}

/// Has the ledger see what the chain has of its channels.
async fn look(at: &AtBlock, desk: &Desk) -> Result<(), Failure> {
	let ids = desk.channels().await?;
	see(at, desk, ids).await
}

/// Has the ledger see what the chain has of these channels.
async fn see(at: &AtBlock, desk: &Desk, ids: Vec<ChannelId>) -> Result<(), Failure> {
	let (_, clock_ms) = era_and_clock(at).await?;
	let states = channels::seen(at, ids).await?;
	desk.see(clock_ms, states).await?;
	Ok(())
}

/// Looks up channels that somebody hands something in for and nobody asked about before, and what claims are about. On a
/// connection of its own: the other one waits for the finality of batches.
async fn look_up(submitter: &Submitter, mut lookups: mpsc::Receiver<Lookup>) {
	let (mut client, mut memory) = (None, Memory::default());
	while let Some(lookup) = lookups.recv().await {
		let at = head(submitter, &mut client).await;
		let failed = match lookup {
			Lookup::Channel(channel, reply) => {
				let looked = match at {
					Ok(at) => see(&at, &submitter.desk, vec![channel]).await,
					Err(failure) => Err(failure),
				};
				told(reply, looked)
			}
			Lookup::Claims(wanted, reply) => {
				let looked = match at {
					Ok(at) => memory.learn(&at, &wanted).await,
					Err(failure) => Err(failure),
				};
				told(reply, looked)
			}
		};
		if failed {
			client = None;
		}
	}
}

/// Answers; whether the connection is to be made anew.
fn told<Found>(reply: oneshot::Sender<Result<Found, Failure>>, looked: Result<Found, Failure>) -> bool {
	let failed = looked.is_err();
	// Whoever asked may be gone.
	let _ = reply.send(looked);
	failed
}

async fn head(submitter: &Submitter, client: &mut Option<Client>) -> Result<AtBlock, Failure> {
	let connected = match client.take() {
		Some(client) => client,
		None => connect(&submitter.url, &submitter.genesis).await?,
	};
	client.insert(connected).at_head().await
}

#[cfg(test)]
mod tests;
