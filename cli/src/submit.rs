//! The way of one transaction: nonce, signature, submission, finality, result.
//!
//! ```text
//!   sign ──► accepted ──► in a block (final) ──► ExtrinsicSuccess ─► Finalised
//!     │          │               └─────────────► ExtrinsicFailed  ─► Failure with the pallet's documentation
//!     │          └─ invalid, dropped, replaced, timeout ───────────► Failure that names the hash
//!     └─ refused by the pool ──────────────────────────────────────► Failure as the node explains it
//! ```
//!
//! # Must not
//! Send a transaction twice, or wait for ever.
//!
//! # Invariants
//! Once a transaction was accepted, every failure names its hash: it may still be included.

use crate::{
	address,
	amount::Amount,
	client::{bounded, AtBlock, Client},
	explain::{explain_client, explain_dispatch_error, explain_reason, explain_rpc, unintelligible},
	failure::{Failure, FailureKind},
	keys::Keypair,
	output::hex,
};
use serde_json::Value as Json;
use std::time::Duration;
use subxt::{
	config::{substrate::H256, DefaultExtrinsicParamsBuilder},
	error::DispatchError,
	ext::scale_decode::{DecodeAsFields, DecodeAsType},
	extrinsics::ExtrinsicEvents,
	metadata::ArcMetadata,
	rpcs::client::{rpc_params, RpcSubscription},
	tx::Payload,
	SubstrateConfig,
};

/// For how many blocks a transaction stays valid: about a minute with blocks of one second, and long enough with
/// blocks of 200 ms for whoever signs at once.
pub(crate) const MORTAL_BLOCKS: u64 = 64;

/// The last block that can have a transaction that is signed at this one, which counts as the first in which it is valid.
pub(crate) fn last_block(at: u64) -> u64 {
	at.saturating_add(MORTAL_BLOCKS - 1)
}

/// How a transaction is sent and waited for.
#[derive(clap::Args, Clone)]
pub(crate) struct SubmitArgs {
	/// Tip for the block's author, in PLX.
	#[arg(long, value_name = "AMOUNT", default_value = "0", hide = true)]
	pub(crate) tip: Amount,

	/// Nonce, instead of the account's next one.
	#[arg(long, hide = true)]
	nonce: Option<u64>,

	/// Seconds to wait for finality; 60 if not given.
	#[arg(long, value_name = "SECONDS", default_value_t = 60, hide_default_value = true, hide = true)]
	#[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
	pub(crate) timeout: u64,

	/// Return as soon as the node has accepted the transaction.
	#[arg(long, hide = true)]
	no_wait: bool,
}

impl SubmitArgs {
	/// An ordinary transaction, waited for.
	pub(crate) fn wait(seconds: u64) -> Self {
		Self { tip: Amount(0), nonce: None, timeout: seconds, no_wait: false }
	}

	/// The same for two transactions in a row: the first one is waited for, and has the nonce that was given.
	pub(crate) fn in_two_steps(&self) -> [Self; 2] {
		let second = Self { nonce: self.nonce.map(|nonce| nonce.saturating_add(1)), ..self.clone() };
		[Self { no_wait: false, ..self.clone() }, second]
	}

	/// The same with a tip.
	pub(crate) fn with_tip(self, tip: Amount) -> Self {
		Self { tip, ..self }
	}

	/// Refuses what only one transaction can have.
	///
	/// # Errors
	/// A nonce was given, or that nothing is waited for.
	pub(crate) fn refuse_what_is_for_one(&self) -> Result<(), Failure> {
		if self.nonce.is_none() && !self.no_wait {
			return Ok(());
		}
		Err(Failure::input(
			"ForOneTransaction",
			"--nonce and --no-wait are for a single transaction, and this command sends several",
			"leave them out",
		))
	}

	/// An ordinary transaction, done with once the node has accepted it.
	pub(crate) fn no_wait() -> Self {
		Self { no_wait: true, ..Self::wait(60) }
	}
}

/// How far a transaction got.
pub(crate) enum Outcome {
	/// In the pool.
	Accepted(H256),
	/// In a final block, and successful there.
	Finalised(Box<Receipt>),
}

/// A successful transaction.
pub(crate) struct Receipt {
	pub(crate) hash: H256,
	pub(crate) block_hash: H256,
	pub(crate) block_number: u64,
	/// What the sender paid, tip included; `None` if the runtime did not say.
	pub(crate) fee: Option<Amount>,
	pub(crate) events: Events,
}

/// Signs a call, submits it, and waits for its finality if that is wanted.
///
/// # Errors
/// The call cannot be encoded or signed, the pool refuses it, it fails in its block, or finality takes too long.
pub(crate) async fn submit(
	client: &Client,
	at: &AtBlock,
	call: &impl Payload,
	key: &Keypair,
	args: &SubmitArgs,
) -> Result<Outcome, Failure> {
	let bytes = sign(client, at, call, key, args).await?;
	if args.no_wait {
		let hash: H256 = client.request("author_submitExtrinsic", rpc_params![hex(&bytes.encoded)]).await?;
		return Ok(Outcome::Accepted(hash));
	}
	let submitted = client.rpc.subscribe::<Json>(
		"transactionWatch_v1_submitAndWatch",
		rpc_params![hex(&bytes.encoded)],
		"transactionWatch_v1_unwatch",
	);
	let mut updates = bounded("the submission", submitted).await?.map_err(|error| explain_rpc(&error))?;
	let limit = Duration::from_secs(args.timeout);
	let block_hash = match tokio::time::timeout(limit, finalised(&mut updates)).await {
		Ok(block_hash) => block_hash.map_err(|failure| still_underway(failure, &bytes.hash))?,
		Err(_) => return Err(not_final_yet(&bytes.hash, args.timeout)),
	};
	receipt(client, bytes.hash, block_hash).await.map(|receipt| Outcome::Finalised(Box::new(receipt)))
}

struct Signed {
	encoded: Vec<u8>,
	hash: H256,
}

async fn sign(
	client: &Client,
	at: &AtBlock,
	call: &impl Payload,
	key: &Keypair,
	args: &SubmitArgs,
) -> Result<Signed, Failure> {
	let nonce = match args.nonce {
		Some(nonce) => nonce,
		// The node counts the pool too, so that commands run one after the other with --no-wait do not collide.
		None => {
			client.request("system_accountNextIndex", rpc_params![address::display(&key.account())]).await?
		}
	};
	let params = DefaultExtrinsicParamsBuilder::<SubstrateConfig>::new()
		.nonce(nonce)
		.tip(args.tip.0)
		.mortal_from_unchecked(MORTAL_BLOCKS, at.block_number(), at.block_hash())
		.build();
	let mut signable = at.tx().create_signable_offline(call, params).map_err(explain_client)?;
	let signed = signable.sign(key).map_err(explain_client)?;
	Ok(Signed { hash: signed.hash(), encoded: signed.into_encoded() })
}

/// Follows the events until the transaction is final; gives the block's hash.
///
/// The events are those of `transactionWatch_v1_submitAndWatch`, because `author_submitAndWatchExtrinsic` has no place
/// for a reason.
async fn finalised(events: &mut RpcSubscription<Json>) -> Result<H256, Failure> {
	while let Some(event) = events.next().await {
		let event = event.map_err(|error| explain_rpc(&error))?;
		if event["event"] == "finalized" {
			return serde_json::from_value(event["block"]["hash"].clone())
				.map_err(|error| unintelligible(&error));
		}
		if let Some(failure) = left_the_pool(&event) {
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

/// The failure behind an event that says the transaction will not be included; `None` for all other events.
pub(crate) fn left_the_pool(event: &Json) -> Option<Failure> {
	let otherwise = match event["event"].as_str()? {
		"invalid" => "check the account's nonce and balance with `plexus query account`, and send it again",
		"dropped" => "send it again, with a --tip if the chain is busy",
		"error" => "check that the node is well (`plexus query chain`), and send it again",
		_ => return None,
	};
	Some(explain_reason(event["error"].as_str().unwrap_or_default(), otherwise))
}

pub(crate) fn still_underway(mut failure: Failure, hash: &H256) -> Failure {
	failure.cause = format!("{}; the transaction is {hash:#x}", failure.cause);
	if failure.kind != FailureKind::Refused {
		failure.remedy =
			format!("{}; `plexus query tx {hash:#x}` shows whether it was included", failure.remedy);
	}
	failure
}

pub(crate) fn not_final_yet(hash: &H256, seconds: u64) -> Failure {
	Failure::new(
		FailureKind::TimedOut,
		"NotFinalYet",
		format!("transaction {hash:#x} was accepted, but is not final after {seconds} s"),
		format!(
			"it may still be included: check with `plexus query tx {hash:#x}` before you send it again, and that the \
			 chain makes blocks with `plexus query chain`"
		),
	)
}

/// Finds the transaction in its block and reads what it did.
///
/// # Errors
/// The transaction failed, or the block cannot be read.
pub(crate) async fn receipt(client: &Client, hash: H256, block_hash: H256) -> Result<Receipt, Failure> {
	let at = client.at_hash(block_hash).await?;
	let extrinsics = bounded("the block", at.extrinsics().fetch()).await?.map_err(explain_client)?;
	let position = extrinsics.iter().filter_map(Result::ok).find(|extrinsic| extrinsic.hash() == hash);
	let Some(extrinsic) = position else {
		return Err(Failure::new(
			FailureKind::Node,
			"NotInItsBlock",
			format!("the node says that {hash:#x} is in block {block_hash:#x}, but it is not there"),
			"this is a defect of the node; please report it",
		));
	};
	let events = bounded("the events", extrinsic.events()).await?.map_err(explain_client)?;
	let events = Events { inner: events };
	let fee = fee_paid(events.iter());
	if let Some(error) = dispatch_error(&at, events.iter())? {
		let charged = fee.map_or_else(String::new, |fee| format!(", its fee of {fee} was charged"));
		let context = format!("transaction {hash:#x} is in block {}{charged}", at.block_number());
		return Err(explain_dispatch_error(&error).with_context(context));
	}
	Ok(Receipt { hash, block_hash, block_number: at.block_number(), fee, events })
}

/// A transaction's events.
pub(crate) struct Events {
	inner: ExtrinsicEvents<SubstrateConfig>,
}

/// One event.
pub(crate) type Event<'a> = subxt::events::Event<'a, SubstrateConfig>;

impl Events {
	/// Those that can be decoded.
	fn iter(&self) -> impl Iterator<Item = Event<'_>> {
		self.inner.iter().filter_map(Result::ok)
	}

	/// The first event with this name, as far as `Fields` wants it; `None` if there is none of that shape.
	pub(crate) fn find<Fields: DecodeAsFields>(&self, pallet: &str, name: &str) -> Option<Fields> {
		find_event(self.iter(), pallet, name)
	}

	/// All events with this name, in their order, of that shape.
	pub(crate) fn find_all<Fields: DecodeAsFields>(&self, pallet: &str, name: &str) -> Vec<Fields> {
		let named = self.iter().filter(|event| (event.pallet_name(), event.event_name()) == (pallet, name));
		named.filter_map(|event| event.decode_fields_unchecked_as::<Fields>().ok()).collect()
	}
}

/// Why the transaction with these events failed; `None` if it did not. A call that root was to make and that failed
/// counts, although its transaction succeeds: it did nothing.
///
/// # Errors
/// The events do not tell: without the one that says so, nothing counts as success.
pub(crate) fn dispatch_error<'a>(
	at: &AtBlock,
	mut events: impl Iterator<Item = Event<'a>>,
) -> Result<Option<DispatchError>, Failure> {
	let result = events.find_map(|event| {
		let name = (event.pallet_name(), event.event_name());
		result_told(name, event.field_bytes(), &at.metadata())
	});
	result.unwrap_or_else(|| {
		Err(Failure::new(
			FailureKind::Node,
			"NoResult",
			"the block's events do not say whether the transaction succeeded",
			"check that this client and the node have the same version (`plexus version`)",
		))
	})
}

/// What an event says about its transaction: that it succeeded, or why not; `None` if it leaves that open. The events of
/// calls come before the transaction's own.
fn result_told(
	name: (&str, &str),
	fields: &[u8],
	metadata: &ArcMetadata,
) -> Option<Result<Option<DispatchError>, Failure>> {
	let error = match (name, fields) {
		(("System", "ExtrinsicSuccess"), _) => return Some(Ok(None)),
		(("System", "ExtrinsicFailed"), error) => error,
		// A `Result` without a value: 0, or 1 and the error.
		(("Sudo", "Sudid" | "SudoAsDone"), [1, error @ ..]) => error,
		_ => return None,
	};
	let error = DispatchError::decode_from(error, metadata.clone());
	Some(error.map(Some).map_err(|error| unintelligible(&error)))
}

/// The fee that the events tell of.
pub(crate) fn fee_paid<'a>(events: impl Iterator<Item = Event<'a>>) -> Option<Amount> {
	find_event::<FeePaid>(events, "TransactionPayment", "TransactionFeePaid")
		.map(|paid| Amount(paid.actual_fee))
}

/// The fields of `TransactionPayment.TransactionFeePaid` that matter here.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct FeePaid {
	actual_fee: u128,
}

/// The first event with this name, as far as `Fields` wants it.
pub(crate) fn find_event<'a, Fields: DecodeAsFields>(
	mut events: impl Iterator<Item = Event<'a>>,
	pallet: &str,
	name: &str,
) -> Option<Fields> {
	let found = events.find(|event| (event.pallet_name(), event.event_name()) == (pallet, name))?;
	found.decode_fields_unchecked_as::<Fields>().ok()
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::{Decode, Encode};
	use serde_json::json;

	/// That of the runtime.
	fn metadata() -> ArcMetadata {
		// Some constants are read from the state.
		let opaque = sp_io::TestExternalities::default()
			.execute_with(|| plexus_runtime::Runtime::metadata_at_version(15))
			.expect("the runtime has this version");
		subxt::Metadata::decode(&mut &opaque[..]).expect("it is metadata").into()
	}

	#[test]
	fn what_is_signed_at_a_block_is_valid_until_the_last_one_and_no_longer() {
		for at in [0, 1, 63, 64, 1_000_003] {
			let (era, last) = (sp_runtime::generic::Era::mortal(MORTAL_BLOCKS, at), last_block(at));
			assert_eq!((era.birth(last), era.birth(last + 1)), (at, at + MORTAL_BLOCKS));
		}
	}

	#[test]
	fn a_call_of_root_that_failed_is_no_success_though_its_transaction_is_one() {
		let metadata = metadata();
		let refused: Result<(), sp_runtime::DispatchError> = Err(sp_runtime::DispatchError::CannotLookup);
		let done: Result<(), sp_runtime::DispatchError> = Ok(());
		let told = |inner: &Result<(), sp_runtime::DispatchError>| {
			let events = [
				(("Balances", "Withdraw"), vec![1, 2]),
				(("Sudo", "Sudid"), inner.encode()),
				(("System", "ExtrinsicSuccess"), Vec::new()),
			];
			let mut told = events.iter().filter_map(|(name, fields)| result_told(*name, fields, &metadata));
			told.next().expect("they say how it ended").expect("they can be read")
		};
		assert_eq!(told(&refused), Some(DispatchError::CannotLookup));
		assert_eq!(told(&done), None);
		assert!(matches!(result_told(("Sudo", "Sudid"), &[1, 250], &metadata), Some(Err(_))));
	}

	#[test]
	fn only_events_that_end_the_wait_are_failures() {
		for event in [
			json!({"event": "validated"}),
			json!({"event": "bestChainBlockIncluded", "block": null}),
			json!({"event": "finalized", "block": {"hash": "0x00", "index": 1}}),
			json!("ready"),
			json!(null),
		] {
			assert_eq!(left_the_pool(&event), None, "{event}");
		}
		for name in ["invalid", "dropped", "error"] {
			let failure = left_the_pool(&json!({"event": name})).expect("ends the wait");
			assert_eq!(failure.kind, FailureKind::Refused);
			assert!(!failure.cause.is_empty() && !failure.remedy.is_empty(), "{failure}");
		}
		let event =
			json!({"event": "invalid", "error": "Invalid Transaction: Stale: nonce 3 was used; use 4"});
		let failure = left_the_pool(&event).unwrap();
		assert_eq!(
			(failure.name.as_str(), failure.cause.as_str(), failure.remedy.as_str()),
			("Stale", "nonce 3 was used", "use 4")
		);
	}

	#[test]
	fn a_failure_after_acceptance_names_the_transaction() {
		let hash = H256::repeat_byte(0xab);
		let lost = Failure::new(FailureKind::Unreachable, "ConnectionLost", "gone", "look");
		let lost = still_underway(lost, &hash);
		assert!(
			lost.cause.contains(&format!("{hash:#x}")) && lost.remedy.contains("plexus query tx 0xabab"),
			"{lost}"
		);
		assert_eq!(not_final_yet(&hash, 5).kind, FailureKind::TimedOut);
	}
}
