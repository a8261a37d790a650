//! Receipts under load: full batches of several serving agents, signed beforehand, until they are final.
//!
//! ```text
//!   agents: fund controllers ─► register ─► open channels        all of this before the clock starts
//!   sign:   vouchers, batches, transactions
//!   ──────────────────────────────────────────────────── clock ──
//!   submit and follow, as transfers are
//!   count:  what the channels say was redeemed
//! ```
//!
//! # Must not
//! Believe that a batch which is in a block was settled: its transaction may have failed there. Only the channels count.
//!
//! # Invariants
//! Each batch brings the next receipts of its channels, and an agent's batches are sent by one account in their order.

use super::{
	accounts, follow, report,
	sign::{sign_call, stopped_signing, Transfer, Transfers},
	submit as submission, summarise, LoadArgs, LoadReport,
};
use crate::{
	agents::{self, Profile},
	calls::{self, Call},
	channels,
	client::{AtBlock, Client},
	failure::{Failure, FailureKind},
	keys::{from_uri, Keypair, Scheme},
	output::print_failure,
	submit::{submit, Outcome, Receipt as Included, SubmitArgs},
	tx::by::AgentKey,
	validators::era_and_clock,
};
use plexus_payments::{Batch, ChannelState, Point, Redemption, Signature, Terms};
use plexus_primitives::{constants::UNITS, receipt::voucher, AgentId, ChannelId, Content, ModelId, Receipt};
use serde::Serialize;
use sp_core::{ed25519, Pair};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Receipts of a full batch.
const BATCH_RECEIPTS: u32 = 256;

/// What each receipt costs.
const FEE: u128 = UNITS / 1_000;

/// What each controller and each agent gets, beside what its batches take: far more than a bond.
const FUNDS: u128 = 1_000 * UNITS;

/// Far more than the fee and the deposit of a batch.
const BATCH_COSTS: u128 = 10 * UNITS;

/// Channels are open for so long after the run began.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Seconds in which each transaction before the clock is final.
const PREPARING_SECONDS: u64 = 60;

/// Which receipts to settle.
#[derive(clap::Args, Clone, Debug)]
pub struct ReceiptsArgs {
	/// The node's address [env: PLEXUS_URL] [default: ws://127.0.0.1:9944].
	#[arg(long, env = "PLEXUS_URL", default_value = "ws://127.0.0.1:9944")]
	#[arg(value_name = "URL", hide_env = true, hide_default_value = true)]
	pub url: String,

	/// A model that is offered: all receipts are for it.
	#[arg(long)]
	pub model: u64,

	/// How many agents serve.
	#[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=64))]
	pub servers: u32,

	/// Channels of each batch, among which its 256 receipts are divided.
	#[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=16))]
	pub channels: u32,

	/// How many batches in all.
	#[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
	pub batches: u32,

	/// Connections; each agent keeps to one.
	#[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
	pub connections: u32,

	/// Seconds without progress after which the run ends.
	#[arg(long, hide = true, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
	pub patience: u64,

	/// Development key that pays for everything.
	#[arg(long, default_value = "//Alice")]
	pub from: String,

	/// Names the set of agents: another seed gives other controllers.
	#[arg(long, hide = true, default_value = "plexus")]
	pub seed: String,
}

/// What a run measured.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ReceiptsReport {
	/// Agents that served.
	pub servers: u32,
	/// Channels of each batch.
	pub channels: u32,
	/// Receipts of each batch.
	pub batch_receipts: u32,
	/// Receipts that the finalised chain has settled, by its channels.
	pub settled: u64,
	/// `settled` by the seconds from the first submission to the head of the last block with a batch.
	pub receipts_per_second: f64,
	/// The same run, each transfer being a batch.
	pub batches: LoadReport,
}

impl ReceiptsReport {
	/// Whether every accepted batch is in the finalised chain exactly once, and all its receipts were settled.
	pub fn is_sound(&self) -> bool {
		let expected = self.batches.finalised as u64 * u64::from(self.batch_receipts);
		self.batches.is_sound() && self.settled == expected
	}
}

/// Runs the load and prints the figures as JSON.
///
/// # Errors
/// As [`run`], and [`FailureKind::Failed`] if the run was not sound.
pub(crate) async fn run_and_print(args: ReceiptsArgs) -> Result<(), Failure> {
	let report = run(args).await.inspect_err(print_failure)?;
	println!(
		"{}",
		serde_json::to_string_pretty(&report).expect("figures serialise because all keys are strings")
	);
	if report.is_sound() {
		return Ok(());
	}
	let LoadReport { finalised, lost, duplicated, .. } = report.batches;
	Err(Failure::new(
		FailureKind::Failed,
		"ReceiptsLost",
		format!(
			"{} receipts are settled, {finalised} batches are final, {lost} were lost, {duplicated} came twice",
			report.settled
		),
		"look at the events of the blocks (`plexus query block`) for batches that failed",
	))
}

/// Opens channels, signs batches, sends them, and waits until every accepted one is final.
///
/// # Errors
/// The node cannot be reached, there is no such model, or something fails before the clock starts. What happens to the batches
/// is not an error, but in the report.
pub async fn run(args: ReceiptsArgs) -> Result<ReceiptsReport, Failure> {
	let client = Client::connect(&args.url).await?;
	let payer = from_uri(&args.from, Scheme::Sr25519, &client.chain_kind().await?)?;
	let servers = prepare(&client, &payer, &args).await?;
	let controllers: Vec<_> = servers.iter().map(|server| server.controller).collect();
	let nonces = accounts::nonces(&client, &controllers).await?;
	let channels: Vec<_> =
		servers.iter().flat_map(|server| &server.channels).map(|channel| channel.id).collect();
	let (at, genesis, count) = (client.at_head().await?, client.api.genesis_hash().0, args.batches as usize);
	let signing = tokio::task::spawn_blocking(move || sign_all(&at, &genesis, servers, &nonces, count));
	let batches = signing.await.unwrap_or_else(|stopped| Err(stopped_signing(&stopped)))?;
	let batches = Arc::new(Transfers::new(batches));

	let mut follower = follow::start(&args.url, &batches).await?;
	let cpu_before = report::cpu_seconds();
	let sent = submission::all(&load(&args), &batches, follower.heads()).await?;
	follower.wait_for_all(&sent, Duration::from_secs(args.patience)).await;
	let cpu = report::cpu_seconds().zip(cpu_before).map(|(after, before)| after - before);
	let batches = summarise(controllers.len(), &sent, &follower.stop(), cpu);
	let settled = settled(&client.at_head().await?, channels).await?;
	Ok(ReceiptsReport {
		servers: args.servers,
		channels: args.channels,
		batch_receipts: BATCH_RECEIPTS,
		settled,
		receipts_per_second: settled as f64 / batches.seconds.max(f64::EPSILON),
		batches,
	})
}

/// How batches are sent: some at a time, as fast as the node takes them. One is a hundred times a transfer.
fn load(args: &ReceiptsArgs) -> LoadArgs {
	LoadArgs {
		url: args.url.clone(),
		accounts: args.servers,
		transfers: args.batches,
		rate: 0,
		connections: args.connections,
		batch: 4,
		window: 4,
		patience: args.patience,
		from: args.from.clone(),
		seed: args.seed.clone(),
	}
}

/// An agent with new channels toward it.
struct Server {
	id: u64,
	controller: ed25519::Pair,
	channels: Vec<ChannelState>,
}

/// Registers the agents, and opens the channels of each.
async fn prepare(client: &Client, payer: &Keypair, args: &ReceiptsArgs) -> Result<Vec<Server>, Failure> {
	let controllers = accounts::derive(&args.seed, args.servers as usize);
	let each = args.batches.div_ceil(args.servers);
	let funds = FUNDS + BATCH_COSTS * u128::from(each);
	let fund =
		controllers.iter().map(|controller| calls::transfer(&controller.public().into(), funds, false));
	send(client, &calls::batch_all(fund), payer).await?;
	let mut ids = Vec::with_capacity(controllers.len());
	for controller in &controllers {
		let profile = Profile { card: None, services: Vec::new(), tags: Vec::new() };
		let key = Keypair::Ed25519(Box::new(*controller));
		let included = send(client, &calls::register_agent(&profile), &key).await?;
		let registered: Option<AgentRegistered> = included.events.find("Agents", "AgentRegistered");
		ids.push(registered.ok_or_else(|| not_told("Agents.AgentRegistered"))?.agent);
	}
	let mut servers = Vec::with_capacity(ids.len());
	for (id, controller) in ids.into_iter().zip(controllers) {
		let channels = open(client, payer, id, funds, each, args).await?;
		servers.push(Server { id, controller, channels });
	}
	Ok(servers)
}

/// Funds an agent, which has deposits on hold for its batches, and opens its channels.
async fn open(
	client: &Client,
	payer: &Keypair,
	agent: u64,
	funds: u128,
	batches: u32,
	args: &ReceiptsArgs,
) -> Result<Vec<ChannelState>, Failure> {
	let at = client.at_head().await?;
	let (_, clock_ms) = era_and_clock(&at).await?;
	let account = agents::known_agent(&at, agent).await?.account;
	let terms =
		Terms { signer: signer().public().into(), models: vec![ModelId(args.model)], corpora: Vec::new() };
	// All receipts of the batches, whatever their division.
	let amount = FEE * u128::from(BATCH_RECEIPTS) * u128::from(batches);
	let open = (0..args.channels)
		.map(|_| calls::open_channel(agent, &terms, clock_ms.saturating_add(DAY_MS), amount));
	let fund = [calls::transfer(&account, funds, false)];
	let included = send(client, &calls::batch_all(fund.into_iter().chain(open)), payer).await?;
	let opened: Vec<ChannelOpened> = included.events.find_all("Receipts", "ChannelOpened");
	let at = client.at_head().await?;
	let mut channels = Vec::with_capacity(opened.len());
	for ChannelOpened { channel } in opened {
		channels.push(channels::known_state(&at, ChannelId(channel)).await?);
	}
	match channels.len() == args.channels as usize {
		true => Ok(channels),
		false => Err(not_told("Receipts.ChannelOpened")),
	}
}

/// Sends a transaction and waits until it is final.
async fn send(client: &Client, call: &Call, key: &Keypair) -> Result<Box<Included>, Failure> {
	// The mortality of a transaction counts from the block that it was made at.
	let at = client.at_head().await?;
	match submit(client, &at, call, key, &SubmitArgs::wait(PREPARING_SECONDS)).await? {
		Outcome::Finalised(included) => Ok(included),
		Outcome::Accepted(hash) => Err(Failure::new(
			FailureKind::TimedOut,
			"NotPrepared",
			format!("{hash:#x} is not final"),
			"check that the chain makes blocks",
		)),
	}
}

fn not_told(event: &str) -> Failure {
	Failure::new(
		FailureKind::Node,
		"NotTold",
		format!("a transaction succeeded without {event}"),
		"check that this client and the node have the same version (`plexus version`)",
	)
}

/// The part of `Agents.AgentRegistered` that is needed.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AgentRegistered {
	agent: u64,
}

/// The part of `Receipts.ChannelOpened` that is needed.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct ChannelOpened {
	channel: u64,
}

/// Signs all vouchers, and owns nothing.
fn signer() -> ed25519::Pair {
	ed25519::Pair::from_seed(b"the signer of vouchers for loads")
}

/// Signs `count` batches, in turn of each server.
fn sign_all(
	at: &AtBlock,
	genesis: &[u8; 32],
	mut servers: Vec<Server>,
	nonces: &[u64],
	count: usize,
) -> Result<Vec<Transfer>, Failure> {
	let among = servers.len();
	(0..count)
		.map(|index| {
			let (account, server) = (index % among, &mut servers[index % among]);
			let by = AgentKey { agent: server.id, delegation: None };
			let call = by.sends(calls::submit_batch(&next_batch(genesis, server)));
			let nonce = nonces[account] + (index / among) as u64;
			let (bytes, hash) = sign_call(at, &call, &server.controller, nonce)?;
			Ok(Transfer::new(account, &bytes, hash))
		})
		.collect()
}

/// The next receipts of all channels of a server, [`BATCH_RECEIPTS`] together.
fn next_batch(genesis: &[u8; 32], server: &mut Server) -> Batch {
	let among = server.channels.len();
	let share = |place: usize| {
		(BATCH_RECEIPTS as usize * (place + 1)) / among - (BATCH_RECEIPTS as usize * place) / among
	};
	let redemptions = server.channels.iter_mut().enumerate();
	let redemptions =
		redemptions.map(|(place, channel)| redemption(genesis, channel, share(place))).collect();
	Batch { server: AgentId(server.id), redemptions, claims: Vec::new() }
}

/// The next receipts of a channel, which is then where these lead.
fn redemption(genesis: &[u8; 32], channel: &mut ChannelState, count: usize) -> Redemption {
	let model = channel.terms.models[0];
	let Point { mut sequence, mut cumulative, mut acc } = channel.redeemed;
	let mut receipts = Vec::with_capacity(count);
	for _ in 0..count {
		sequence += 1;
		let receipt = receipt(model, sequence);
		acc = receipt.accumulate(&acc, sequence);
		cumulative += receipt.fee;
		receipts.push(receipt);
	}
	channel.redeemed = Point { sequence, cumulative, acc };
	let signed = voucher(genesis, channel.id, cumulative, sequence, &acc);
	let signature = Signature::Ed25519(signer().sign(&signed));
	Redemption { channel: channel.id, receipts, signature, to: channel.redeemed }
}

/// Prompts and outputs differ, as they do.
fn receipt(model: ModelId, sequence: u64) -> Receipt {
	let content = |kind: u8| {
		let mut root = [kind; 32];
		root[..8].copy_from_slice(&sequence.to_le_bytes());
		Content { root, len: 1_000 }
	};
	let (prompt, output) = (content(1), content(2));
	Receipt { model, prompt, context: None, output, fee: FEE, disclose: false, execution: None }
}

/// How many receipts of these channels, which were new, the chain has settled.
async fn settled(at: &AtBlock, channels: Vec<ChannelId>) -> Result<u64, Failure> {
	let states: BTreeMap<_, _> = channels::states(at, channels).await?.into_iter().collect();
	Ok(states.into_values().flatten().map(|state| state.redeemed.sequence).sum())
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::receipt::first_accumulator;

	fn server(channels: u64) -> Server {
		let channel = |id| ChannelState {
			id: ChannelId(id),
			payer: signer().public().into(),
			server: AgentId(3),
			terms: Terms { signer: signer().public().into(), models: vec![ModelId(5)], corpora: Vec::new() },
			closing: false,
			ends_at_ms: DAY_MS,
			locked: UNITS,
			redeemed: Point { sequence: 0, cumulative: 0, acc: first_accumulator(&[9; 32], ChannelId(id)) },
		};
		Server { id: 3, controller: signer(), channels: (0..channels).map(channel).collect() }
	}

	#[test]
	fn batches_are_full_and_follow_on_each_other_however_many_channels_there_are() {
		for channels in [1, 3, 16] {
			let mut server = server(channels);
			let first = next_batch(&[9; 32], &mut server);
			assert_eq!(first.receipts(), BATCH_RECEIPTS as usize);
			let second = next_batch(&[9; 32], &mut server);
			assert_eq!(second.receipts(), BATCH_RECEIPTS as usize);
			for (first, second) in first.redemptions.iter().zip(&second.redemptions) {
				let mut acc = first.to.acc;
				for (receipt, sequence) in second.receipts.iter().zip(first.to.sequence + 1..) {
					acc = receipt.accumulate(&acc, sequence);
				}
				assert_eq!(second.to.acc, acc);
				assert_eq!(second.to.sequence, first.to.sequence + second.receipts.len() as u64);
				assert_eq!(second.to.cumulative, FEE * u128::from(second.to.sequence));
			}
		}
	}

	#[test]
	fn receipts_that_are_final_and_not_settled_make_a_run_unsound() {
		let batches = LoadReport { finalised: 2, ..LoadReport::default() };
		let report = |settled| ReceiptsReport {
			servers: 1,
			channels: 1,
			batch_receipts: BATCH_RECEIPTS,
			settled,
			receipts_per_second: 0.0,
			batches: batches.clone(),
		};
		assert!(report(512).is_sound());
		assert!(!report(256).is_sound());
	}
}
