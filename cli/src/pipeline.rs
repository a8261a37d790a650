//! Many transactions of one account on their way at once.
//!
//! ```text
//!   nonce n   ──► signed ──► submitted ──► in a final block ──► its events
//!   nonce n+1 ──► signed ──► submitted ──► …                       as many at once as the caller sends
//! ```
//!
//! # Must not
//! Send a transaction twice, read whole blocks to find one result, or wait for ever.
//!
//! # Invariants
//! - This process is the account's only sender while the pipeline lives: nonces are counted here, from the node's next one.
//! - A nonce is taken only for bytes that are signed, and nothing waits between the two.
//! - After a failure later nonces may hang. Whoever drives the pipeline stops then and asks the chain what came of them.

use crate::{
	address,
	client::{bounded, AtBlock, Client},
	explain::{explain_client, explain_dispatch_error, explain_rpc, unintelligible},
	failure::{Failure, FailureKind},
	keys::Keypair,
	output::hex,
	submit::{self, SubmitArgs},
	validators,
};
use serde_json::Value as Json;
use std::{
	cell::{Cell, RefCell},
	time::{Duration, Instant},
};
use subxt::{
	config::{substrate::H256, DefaultExtrinsicParamsBuilder},
	events::{Events, Phase},
	ext::scale_decode::DecodeAsFields,
	rpcs::client::rpc_params,
	tx::Payload,
	SubstrateConfig,
};

/// How long a block counts as the head. Blocks are a fifth of a second to ten seconds apart.
const HEAD_AGE: Duration = Duration::from_millis(300);

/// How long a block may stay the head until it is taken as it is: longer than blocks are apart.
const HEAD_STAYS: Duration = Duration::from_secs(15);

/// How long transactions of an earlier run may take to leave the pool, or to be void: as long as they are valid, on a chain
/// with blocks of one second.
pub(crate) const SETTLE: Duration = Duration::from_secs(75);

/// How often the account's nonce is looked at meanwhile.
const SETTLE_EVERY: Duration = Duration::from_millis(250);

/// An account that sends.
pub(crate) struct Pipeline {
	client: Client,
	key: Keypair,
	tip: u128,
	patience_seconds: u64,
	nonce: Cell<u64>,
	head: RefCell<(Instant, AtBlock)>,
}

/// A transaction that succeeded.
pub(crate) struct Done {
	pub(crate) block_number: u64,
	at: AtBlock,
	events: Events<SubstrateConfig>,
	index: u32,
}

impl Done {
	/// The transaction's own events that can be decoded.
	pub(crate) fn iter(&self) -> impl Iterator<Item = submit::Event<'_>> {
		let own = Phase::ApplyExtrinsic(self.index);
		self.events.iter().filter_map(Result::ok).filter(move |event| event.phase() == own)
	}

	/// Those with this name, as far as `Fields` wants them.
	pub(crate) fn find_all<Fields: DecodeAsFields>(&self, pallet: &str, name: &str) -> Vec<Fields> {
		let named = self.iter().filter(|event| (event.pallet_name(), event.event_name()) == (pallet, name));
		named.filter_map(|event| event.decode_fields_unchecked_as::<Fields>().ok()).collect()
	}

	/// The block's view, to decode what events hold.
	pub(crate) fn at(&self) -> &AtBlock {
		&self.at
	}

	/// What the sender paid, in the smallest unit.
	pub(crate) fn fee(&self) -> u128 {
		submit::fee_paid(self.iter()).map_or(0, |fee| fee.0)
	}
}

impl Pipeline {
	/// Waits until nothing of the account is in the pool any more, not even behind a gap, and counts nonces from there: what
	/// hangs there of a run that failed would go on its way as soon as this one fills the gap.
	///
	/// # Errors
	/// The node does not answer, or something of the account stays in the pool.
	pub(crate) async fn open(client: Client, key: Keypair, args: &SubmitArgs) -> Result<Self, Failure> {
		let account = key.account();
		let deadline = Instant::now() + SETTLE;
		loop {
			let at = client.at_head().await?;
			let included = bounded("the nonce", at.tx().account_nonce(&subxt_account(&account)))
				.await?
				.map_err(explain_client)?;
			let next: u64 =
				client.request("system_accountNextIndex", rpc_params![address::display(&account)]).await?;
			let last: Option<u64> =
				client.request("account_lastIndex", rpc_params![address::display(&account)]).await?;
			let pending = pending(included, next, last);
			if pending == 0 {
				let head = RefCell::new((Instant::now(), at));
				let (tip, patience_seconds) = (args.tip.0, args.timeout);
				return Ok(Self { client, key, tip, patience_seconds, nonce: Cell::new(included), head });
			}
			if Instant::now() > deadline {
				return Err(still_pending(&address::display(&account), pending));
			}
			tokio::time::sleep(SETTLE_EVERY).await;
		}
	}

	/// The connection, to ask what a block does not tell of itself.
	pub(crate) fn client(&self) -> &Client {
		&self.client
	}

	/// The chain at its head, or at a block that was it a moment ago.
	pub(crate) async fn head(&self) -> Result<AtBlock, Failure> {
		let (seen, at) = self.head.borrow().clone();
		if seen.elapsed() < HEAD_AGE {
			return Ok(at);
		}
		// Whoever comes while this one asks has the block before: not all of them ask.
		self.head.borrow_mut().0 = Instant::now();
		self.last_head().await
	}

	/// The chain at its head now: whatever this pipeline was told to be final is in it.
	pub(crate) async fn last_head(&self) -> Result<AtBlock, Failure> {
		let at = self.client.at_head().await?;
		*self.head.borrow_mut() = (Instant::now(), at.clone());
		Ok(at)
	}

	/// The chain at its head now, or at the next one if that is this block: what was sent at it cannot be in it. Bounded: a
	/// chain that stands still has no next one.
	///
	/// # Errors
	/// The node does not answer.
	pub(crate) async fn head_other_than(&self, block: u64) -> Result<AtBlock, Failure> {
		let deadline = Instant::now() + HEAD_STAYS;
		loop {
			let at = self.last_head().await?;
			if at.block_number() != block || Instant::now() > deadline {
				return Ok(at);
			}
			tokio::time::sleep(HEAD_AGE).await;
		}
	}

	/// Waits until the chain clock shows this time. Bounded by twice the time that is left and the patience: the clock
	/// stands still while the chain does.
	///
	/// # Errors
	/// The clock is too slow, or the node does not answer.
	pub(crate) async fn clock_shows(&self, ms: u64) -> Result<(), Failure> {
		let mut deadline = None;
		loop {
			let (_, clock_ms) = validators::era_and_clock(&self.head().await?).await?;
			let left = Duration::from_millis(ms.saturating_sub(clock_ms));
			if left.is_zero() {
				return Ok(());
			}
			let patience = Duration::from_secs(self.patience_seconds);
			let deadline = *deadline.get_or_insert_with(|| Instant::now() + left * 2 + patience);
			if Instant::now() > deadline {
				return Err(clock_is_slow(left));
			}
			tokio::time::sleep(HEAD_AGE).await;
		}
	}

	/// Signs a call with the next nonce, sends it, and waits until it is final.
	///
	/// # Errors
	/// It cannot be signed, is refused, fails in its block, or takes too long. All but the failure in a block leave the
	/// nonce unused.
	pub(crate) async fn send(&self, call: &impl Payload) -> Result<Done, Failure> {
		self.send_at(&self.head().await?, call).await
	}

	/// The same, signed at a block that was the head a moment ago: in none after [`submit::last_block`] is it valid.
	///
	/// # Errors
	/// As [`Self::send`].
	pub(crate) async fn send_at(&self, at: &AtBlock, call: &impl Payload) -> Result<Done, Failure> {
		let nonce = self.nonce.get();
		let params = DefaultExtrinsicParamsBuilder::<SubstrateConfig>::new()
			.nonce(nonce)
			.tip(self.tip)
			.mortal_from_unchecked(submit::MORTAL_BLOCKS, at.block_number(), at.block_hash())
			.build();
		let mut signable = at.tx().create_signable_offline(call, params).map_err(explain_client)?;
		let signed = signable.sign(&self.key).map_err(explain_client)?;
		self.nonce.set(nonce.saturating_add(1));
		let hash = signed.hash();
		let bytes = hex(signed.into_encoded());
		let limit = Duration::from_secs(self.patience_seconds);
		let (block, index) = tokio::time::timeout(limit, self.included(&bytes))
			.await
			.map_err(|_| submit::not_final_yet(&hash, self.patience_seconds))?
			.map_err(|failure| submit::still_underway(failure, &hash))?;
		self.result(hash, block, index).await
	}

	/// Submits, and follows the transaction to its final block and its place there.
	async fn included(&self, bytes: &str) -> Result<(H256, u32), Failure> {
		let submitted = self.client.rpc.subscribe::<Json>(
			"transactionWatch_v1_submitAndWatch",
			rpc_params![bytes],
			"transactionWatch_v1_unwatch",
		);
		let mut updates = submitted.await.map_err(|error| explain_rpc(&error))?;
		while let Some(event) = updates.next().await {
			let event = event.map_err(|error| explain_rpc(&error))?;
			if event["event"] == "finalized" {
				return place(&event["block"]);
			}
			if let Some(failure) = submit::left_the_pool(&event) {
				return Err(failure);
			}
		}
		Err(Failure::new(
			FailureKind::Unreachable,
			"ConnectionLost",
			"the node stopped reporting on the transaction",
			"check that the node is still running",
		))
	}

	async fn result(&self, hash: H256, block: H256, index: u32) -> Result<Done, Failure> {
		let at = self.client.at_hash(block).await?;
		let events = bounded("the events", at.events().fetch()).await?.map_err(explain_client)?;
		let done = Done { block_number: at.block_number(), at, events, index };
		match submit::dispatch_error(&done.at, done.iter())? {
			None => Ok(done),
			Some(error) => {
				let context = format!("transaction {hash:#x} is in block {}", done.block_number);
				let failure = explain_dispatch_error(&error).with_context(context);
				Err(Failure { fee: Some(done.fee()), ..failure })
			}
		}
	}
}

/// The account as subxt names it.
fn subxt_account(account: &sp_core::crypto::AccountId32) -> subxt::utils::AccountId32 {
	let bytes: &[u8; 32] = account.as_ref();
	subxt::utils::AccountId32(*bytes)
}

/// Hash and place as the node tells them; the place is a number or, as the specification has it, a text.
fn place(block: &Json) -> Result<(H256, u32), Failure> {
	let hash = serde_json::from_value(block["hash"].clone()).map_err(|error| unintelligible(&error))?;
	let index = match &block["index"] {
		Json::String(text) => text.parse().ok(),
		other => other.as_u64().and_then(|index| u32::try_from(index).ok()),
	};
	let index = index.ok_or_else(|| {
		Failure::new(
			FailureKind::Node,
			"NoPlace",
			"the node does not say where in its block the transaction is",
			"check that this client and the node have the same version (`plexus version`)",
		)
	})?;
	Ok((hash, index))
}

/// How many nonces are to come until nothing is in the pool. Without the account's own transaction a nonce in it may be a gap.
fn pending(included: u64, next: u64, last: Option<u64>) -> u64 {
	let behind_a_gap = last.map_or(0, |last| last.saturating_add(1).saturating_sub(included));
	next.saturating_sub(included).max(behind_a_gap)
}

fn still_pending(account: &str, count: u64) -> Failure {
	Failure::new(
		FailureKind::TimedOut,
		"StillPending",
		format!("up to {count} transactions of {account} are in the pool and stay there"),
		"stop whatever else sends from this account, wait until they are in a block or void, and run the command again",
	)
}

fn clock_is_slow(left: Duration) -> Failure {
	Failure::new(
		FailureKind::TimedOut,
		"ChainClockSlow",
		format!("the chain clock still lacks {} s", left.as_secs()),
		"check that the chain makes blocks with `plexus query chain`, then run the command again",
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	#[test]
	fn what_hangs_behind_a_gap_is_waited_for_too() {
		assert_eq!(pending(7, 7, None), 0);
		assert_eq!(pending(7, 9, Some(8)), 2);
		assert_eq!(pending(7, 7, Some(9)), 3, "7 was refused, 8 or 9 hang");
		assert_eq!(pending(7, 7, Some(6)), 0, "it is included by now");
	}

	#[test]
	fn a_place_is_read_as_a_number_or_as_a_text() {
		let hash = format!("0x{}", "ab".repeat(32));
		for index in [json!(7), json!("7")] {
			let found = place(&json!({"hash": hash, "index": index})).expect("it is a place");
			assert_eq!(found, (H256::repeat_byte(0xab), 7));
		}
		for block in [
			json!({"hash": hash}),
			json!({"hash": hash, "index": -1}),
			json!({"hash": "0x", "index": 1}),
			json!(null),
		] {
			assert!(place(&block).is_err(), "{block}");
		}
	}
}
