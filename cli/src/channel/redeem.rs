//! `plexus channel check` and `redeem`: receipts and vouchers in files, or in the journal of `serve-receipts`.
//!
//! # Must not
//! Submit what was not checked first: a batch that fails costs its fee. Count as redeemed what the chain does not show.

use super::{failures::of_journal, files, of_fault};
use crate::{
	amount::Amount,
	calls,
	channels::{self, batch_limits},
	client::{AtBlock, Client, ConnectionArgs},
	failure::{Failure, FailureKind},
	output::{self, duration, Answer},
	payments::no_such_channel,
	tx::{by::AgentKey, Session, SignedArgs},
	validators::era_and_clock,
};
use plexus_payments::{
	Batch, ChannelState, Delivery, Fault, FileDisk, Ledger, Limits, MemoryDisk, Standing,
	VOUCHER_RECEIPTS_MAX,
};
use plexus_primitives::AgentId;
use serde::Serialize;
use std::{collections::BTreeSet, path::PathBuf};

/// Files of one command.
const FILES_MAX: usize = 1_024;

/// Of files everything is taken that the chain would pay: nobody waits for an answer.
const LIMITS: Limits = Limits { unsigned_receipts: VOUCHER_RECEIPTS_MAX, margin_ms: 0, ..Limits::USUAL };

#[derive(clap::Args, Clone)]
pub(super) struct CheckArgs {
	/// Receipts with vouchers, as `plexus channel sign` prints them, those of a channel in order; - for standard input.
	#[arg(value_name = "FILE", required = true)]
	files: Vec<PathBuf>,
}

#[derive(clap::Args, Clone)]
pub(super) struct RedeemArgs {
	/// Receipts with vouchers, as `plexus channel sign` prints them, those of a channel in order.
	#[arg(value_name = "FILE", required_unless_present = "journal")]
	files: Vec<PathBuf>,

	/// The agent that is paid. Its controller signs, or a key of its with --delegation.
	#[arg(long, value_name = "ID")]
	agent: u64,

	/// The delegation of the signer's, with the scope Serving.
	#[arg(long, value_name = "ID")]
	delegation: Option<u32>,

	/// Also what `plexus serve-receipts`, which must be stopped, left in its journal.
	#[arg(long, value_name = "FILE")]
	journal: Option<PathBuf>,

	#[command(flatten)]
	signed: SignedArgs,
}

/// What files of a channel come to.
#[derive(Serialize)]
struct CheckedChannel {
	channel: u64,
	/// Receipts that were redeemed before.
	redeemed: u64,
	/// The last receipt that is signed for.
	signed: u64,
	/// The last receipt.
	last: u64,
	/// What a redemption would bring now.
	due: Amount,
	/// What is locked beyond that.
	left: Amount,
	closing: bool,
	ends_at_ms: u64,
	/// Until anybody may finish it, on the chain clock.
	ends_in_ms: u64,
}

/// What files come to.
#[derive(Serialize)]
pub(super) struct Checked {
	channels: Vec<CheckedChannel>,
}

impl Answer for Checked {
	fn human(&self) -> String {
		let rows = self.channels.iter().map(|one| {
			[
				one.channel.to_string(),
				one.redeemed.to_string(),
				one.signed.to_string(),
				one.last.to_string(),
				one.due.to_string(),
				one.left.to_string(),
				format!("{}{}", duration(one.ends_in_ms), if one.closing { " (closing)" } else { "" }),
			]
		});
		output::columns(["CHANNEL", "REDEEMED", "SIGNED", "LAST", "DUE", "LEFT", "ENDS IN"], rows)
	}
}

/// What was redeemed.
#[derive(Default, Serialize)]
pub(super) struct Redeemed {
	/// Ids of the batches.
	batches: Vec<u64>,
	receipts: u64,
	/// What they cost together.
	gross: Amount,
	/// What the transactions cost.
	fee: Amount,
	/// Claims of a journal that were left out: `serve-receipts` makes them, and answers for them.
	claims_dropped: u64,
}

impl Answer for Redeemed {
	fn human(&self) -> String {
		let batches = self.batches.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
		output::fields([
			("batches", if batches.is_empty() { "none: nothing is due".into() } else { batches }),
			("receipts", self.receipts.to_string()),
			("cost together", self.gross.to_string()),
			("fees paid", self.fee.to_string()),
			("claims left out", self.claims_dropped.to_string()),
		])
	}
}

/// The parts of `Receipts.BatchSubmitted` that are told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct BatchSubmitted {
	batch: u64,
	receipts: u32,
	gross: u128,
}

pub(super) async fn check(connection: &ConnectionArgs, args: CheckArgs) -> Result<Checked, Failure> {
	let deliveries = read_all(&args.files)?;
	let client = Client::connect(&connection.url).await?;
	let (genesis, at) = (client.api.genesis_hash().0, client.at_head().await?);
	let (_, clock_ms) = era_and_clock(&at).await?;
	let ids: BTreeSet<_> = deliveries.iter().map(|delivery| delivery.channel).collect();
	let mut checked = Checked { channels: Vec::with_capacity(ids.len()) };
	for id in ids {
		let state = channels::known_state(&at, id).await?;
		let mut ledger = in_memory(genesis, state.server)?;
		let own = deliveries.iter().filter(|delivery| delivery.channel == id);
		let standing = take(&mut ledger, &state, own)?;
		checked.channels.push(told(&standing, &state, clock_ms));
	}
	Ok(checked)
}

fn told(standing: &Standing, state: &ChannelState, clock_ms: u64) -> CheckedChannel {
	let Standing { signed, redeemed, last, .. } = standing;
	CheckedChannel {
		channel: state.id.0,
		redeemed: redeemed.sequence,
		signed: signed.sequence,
		last: last.sequence,
		due: Amount(signed.cumulative.saturating_sub(redeemed.cumulative)),
		left: Amount(state.capacity().saturating_sub(signed.cumulative)),
		closing: state.closing,
		ends_at_ms: state.ends_at_ms,
		ends_in_ms: state.ends_at_ms.saturating_sub(clock_ms),
	}
}

pub(super) async fn redeem(connection: &ConnectionArgs, args: RedeemArgs) -> Result<Redeemed, Failure> {
	let deliveries = read_all(&args.files)?;
	let mut session = Session::open(connection, &args.signed).await?;
	session.submit.refuse_what_is_for_one()?;
	let (genesis, agent) = (session.client.api.genesis_hash().0, AgentId(args.agent));
	let mut ledger = match &args.journal {
		Some(path) => FileDisk::open(path)
			.and_then(|disk| Ledger::open(Box::new(disk), genesis, agent, LIMITS))
			.map_err(|error| of_journal(path, &error))?,
		None => in_memory(genesis, agent)?,
	};
	let mut ids: BTreeSet<_> = ledger.channels().into_iter().collect();
	ids.extend(deliveries.iter().map(|delivery| delivery.channel));
	let next = channels::next_id(&session.at).await?;
	for (id, state) in channels::states(&session.at, ids).await? {
		let own = deliveries.iter().filter(|delivery| delivery.channel == id);
		match state {
			Some(state) => drop(take(&mut ledger, &state, own)?),
			None if own.count() > 0 => return Err(no_such_channel(id.0)),
			// Not over: the node lags behind, and has not heard of it.
			None if id >= next => {}
			None => drop(ledger.see(id, None).map_err(|fault| of_fault(&fault))?),
		}
	}
	let key = AgentKey { agent: args.agent, delegation: args.delegation };
	let mut redeemed = Redeemed::default();
	let limits = batch_limits(&session.at);
	while let Some(batch) = ledger.batch(&limits, &BTreeSet::new()) {
		// Nobody would answer for them when this command is done.
		let (batch, dropped) = batch.without_claims();
		redeemed.claims_dropped += dropped as u64;
		let sent = submit(&mut session, key, &batch, &mut redeemed).await;
		let seen = match sent {
			Ok(()) => see(&mut ledger, &session.at, &batch).await,
			Err(failure) => Err(failure),
		};
		seen.map_err(|failure| so_far(failure, &redeemed))?;
	}
	let path = args.journal.unwrap_or_default();
	ledger.commit().map_err(|error| of_journal(&path, &error))?;
	Ok(redeemed)
}

async fn submit(
	session: &mut Session,
	key: AgentKey,
	batch: &Batch,
	redeemed: &mut Redeemed,
) -> Result<(), Failure> {
	session.at = session.client.at_head().await?;
	let call = key.sends(calls::submit_batch(batch));
	let mut submitted = None;
	let sent = session
		.send(&call, |receipt| {
			submitted = receipt.events.find::<BatchSubmitted>("Receipts", "BatchSubmitted");
			submitted.as_ref().map(|event| event.batch)
		})
		.await?;
	session.at = session.client.at_head().await?;
	if let Some(BatchSubmitted { batch, receipts, gross }) = submitted {
		redeemed.batches.push(batch);
		redeemed.receipts += u64::from(receipts);
		redeemed.gross = Amount(redeemed.gross.0.saturating_add(gross));
	}
	let fee = sent.fee.unwrap_or_default();
	redeemed.fee = Amount(redeemed.fee.0.saturating_add(fee.0));
	Ok(())
}

/// Looks what became of a batch; an error if the chain does not show it, since it would be sent again for ever.
async fn see(ledger: &mut Ledger, at: &AtBlock, batch: &Batch) -> Result<(), Failure> {
	let ids = batch.redemptions.iter().map(|redemption| redemption.channel);
	let mut moved = 0;
	for (id, state) in channels::seen(at, ids).await? {
		moved += ledger.see(id, state).map_err(|fault| of_fault(&fault))?.redeemed;
	}
	if moved == 0 {
		return Err(Failure::new(
			FailureKind::Node,
			"NotRedeemed",
			"the batch succeeded, but the channels do not show it",
			"check that this client and the node have the same version (`plexus version`)",
		));
	}
	Ok(())
}

fn so_far(failure: Failure, redeemed: &Redeemed) -> Failure {
	match redeemed.batches.len() {
		0 => failure,
		count => failure.with_context(format!("after {count} batches that were redeemed")),
	}
}

fn read_all(files: &[PathBuf]) -> Result<Vec<Delivery>, Failure> {
	if files.len() > FILES_MAX {
		return Err(Failure::input(
			"TooManyFiles",
			format!("{} files are more than {FILES_MAX}", files.len()),
			"run the command several times",
		));
	}
	files.iter().map(|path| files::read(path)).collect()
}

fn in_memory(genesis: [u8; 32], agent: AgentId) -> Result<Ledger, Failure> {
	let disk = Box::new(MemoryDisk::default());
	Ledger::open(disk, genesis, agent, LIMITS).map_err(|error| of_journal("memory".as_ref(), &error))
}

/// Takes deliveries as the chain would: a channel that is closing is redeemed like any other.
fn take<'a>(
	ledger: &mut Ledger,
	state: &ChannelState,
	deliveries: impl Iterator<Item = &'a Delivery>,
) -> Result<Standing, Failure> {
	let id = state.id;
	let failed = |fault| of_fault(&fault).with_context(format!("channel {}", id.0));
	let open = ChannelState { closing: false, ends_at_ms: u64::MAX, ..state.clone() };
	ledger.see(id, Some(open)).map_err(failed)?;
	for delivery in deliveries.filter_map(|delivery| beyond(delivery, state.redeemed.sequence)) {
		ledger.receive(&delivery).map_err(failed)?;
	}
	ledger.standing(id).ok_or_else(|| failed(Fault::UnknownChannel(id)))
}

/// What of a delivery was not redeemed before; nothing if all was. Whether it follows on what was, its voucher tells.
fn beyond(delivery: &Delivery, redeemed: u64) -> Option<Delivery> {
	let next = redeemed.saturating_add(1);
	let known = usize::try_from(next.saturating_sub(delivery.first)).unwrap_or(usize::MAX);
	if known == 0 {
		return Some(delivery.clone());
	}
	let receipts = delivery.receipts.get(known..).filter(|rest| !rest.is_empty())?.to_vec();
	Some(Delivery { first: next, receipts, ..delivery.clone() })
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_payments::{Point, Signature, Terms, Voucher};
	use plexus_primitives::{ChannelId, Content, ModelId, Receipt};
	use sp_core::{sr25519, Pair};

	const GENESIS: [u8; 32] = [9; 32];
	const CHANNEL: ChannelId = ChannelId(7);

	fn receipts(count: u8) -> Vec<Receipt> {
		let content = |root| Content { root: [root; 32], len: 1 };
		let receipt = |number: u8| Receipt {
			model: ModelId(5),
			prompt: content(number),
			context: None,
			output: content(number),
			fee: number.into(),
			disclose: false,
			execution: None,
		};
		(1..=count).map(receipt).collect()
	}

	fn key() -> sr25519::Pair {
		sr25519::Pair::from_seed(&[1; 32])
	}

	/// Receipts from `first` to `last`, with a voucher.
	fn delivery(first: u8, last: u8) -> Delivery {
		let all = receipts(last);
		let at = Point::start(&GENESIS, CHANNEL).after_all(&all).unwrap();
		let signature: Signature = key().sign(&Voucher::signed_bytes(&GENESIS, CHANNEL, &at)).into();
		let receipts = all[usize::from(first) - 1..].to_vec();
		Delivery {
			channel: CHANNEL,
			first: first.into(),
			receipts,
			sources: vec![],
			voucher: Some(signature),
		}
	}

	/// A closing channel of which so many receipts were redeemed.
	fn state(redeemed: u8) -> ChannelState {
		let redeemed = Point::start(&GENESIS, CHANNEL).after_all(&receipts(redeemed)).unwrap();
		ChannelState {
			id: CHANNEL,
			payer: [2; 32].into(),
			server: AgentId(3),
			terms: Terms { signer: key().public().into(), models: vec![ModelId(5)], corpora: vec![] },
			closing: true,
			ends_at_ms: 1_000,
			locked: 100 - redeemed.cumulative,
			redeemed,
		}
	}

	#[test]
	fn files_that_were_redeemed_partly_or_wholly_are_taken_as_far_as_something_is_due() {
		let files = [delivery(1, 2), delivery(3, 5)];
		for (redeemed, due) in [(0, 15), (1, 14), (2, 12), (4, 5), (5, 0)] {
			let mut ledger = in_memory(GENESIS, AgentId(3)).unwrap();
			let standing = take(&mut ledger, &state(redeemed), files.iter()).unwrap();
			let told = told(&standing, &state(redeemed), 400);
			assert_eq!((told.signed, told.due, told.left), (5, Amount(due), Amount(85)), "{redeemed}");
			assert_eq!((told.closing, told.ends_in_ms), (true, 600));
			let batch = ledger.batch(&plexus_payments::BatchLimits::USUAL, &BTreeSet::new());
			assert_eq!(batch.map_or(0, |batch| batch.receipts()), 5 - usize::from(redeemed));
		}
	}

	#[test]
	fn a_missing_file_and_a_changed_receipt_are_told() {
		let mut ledger = in_memory(GENESIS, AgentId(3)).unwrap();
		let failure = take(&mut ledger, &state(0), [delivery(3, 5)].iter()).unwrap_err();
		assert!(failure.name == "Gap" && failure.cause.contains("channel 7"), "{failure}");
		let mut changed = delivery(1, 2);
		changed.receipts[0].fee += 1;
		assert_eq!(take(&mut ledger, &state(0), [changed].iter()).unwrap_err().name, "BadVoucher");
	}
}
