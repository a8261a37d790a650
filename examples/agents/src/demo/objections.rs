//! A false claim that somebody finds, and a false challenge that somebody loses.
//!
//! ```text
//!   dishonest agent ── batch with a false claim ──▶ chain ◀── plexus challenge --submit ── finder        the hold is forfeited
//!   n-gram agent ──── batch with true claims ─────▶ chain ◀── commit, reveal ── denier's agent           refused: deposit lost
//! ```
//! `serve-receipts` takes no false claim, and `plexus challenge` sends no false challenge. So both are sent as bytes of a call
//! here, by whoever controls an agent.
//!
//! # Must not
//! Know what the chain will say: it is told what is expected, and its words are looked at.

use super::{
	chain::{id, string, units, Chain},
	scene::{account_of, Agent, Scene, ANYBODY, DENIER, FINDER, LIAR, PLX},
	stage::{text, Stage},
};
use crate::pay::{Lane, Paid, Signer};
use anyhow::{bail, ensure, Context, Result};
use codec::{DecodeAll, Encode};
use plexus_attribution::Index;
use plexus_cli::Told;
use plexus_payments::{Signature, Store};
use plexus_primitives::{
	challenge::{commitment, Challenge, Path, ReceiptProof, Slice},
	merkle,
	prove_slice::prove_slice,
	AgentId, BatchId, ChannelId, Claim, Content, ContributionId, DatanetVersion, Evidence, MethodId, ModelId,
	Receipt,
};
use rand_core::{OsRng, RngCore};
use serde_json::Value;
use sp_core::crypto::{AccountId32, Ss58Codec};
use std::{io::Cursor, time::Duration};

/// The place of the pallet `Attribution` among calls, and those of the calls that are sent as bytes. A chain that has
/// others refuses the bytes.
const ATTRIBUTION: u8 = 15;
const SUBMIT: u8 = 0;
const COMMIT: u8 = 3;
const REVEAL: u8 = 4;

/// How long something on the chain may take that happens with the next blocks.
pub const BLOCKS_MAX: Duration = Duration::from_secs(60);

/// What the dishonest agent says, which stands in no file.
const LIE: &str = "Nothing of this was ever written by anybody who contributed to the datanet: the agent made it up, \
and yet it says that a contributor wrote every byte of it, so that a part of the money goes to a friend who did nothing for it.";

/// What it is paid for that: a hundredth of a PLX.
pub const LIE_FEE: u128 = PLX / 100;

/// Bytes of a claim that a challenge shows.
const SHOWN: u64 = 32;

/// A call for an agent, as bytes.
fn call(index: u8, arguments: impl Encode) -> String {
	format!("0x{}", hex::encode((ATTRIBUTION, index, arguments).encode()))
}

fn named(bytes: &[u8]) -> Content {
	Content { root: *blake3::hash(bytes).as_bytes(), len: bytes.len() as u64 }
}

/// The payer accepts what the dishonest agent made up; that agent claims it for a contribution. The batch.
///
/// # Errors
/// The chain does not take it.
pub async fn lie(stage: &mut Stage, chain: &mut Chain, scene: &Scene, signer: &Signer) -> Result<u64> {
	let (liar, channel) = &scene.liar;
	let prompt = "Write something new.";
	let receipt = Receipt {
		model: ModelId(scene.models[1]),
		prompt: named(prompt.as_bytes()),
		context: None,
		output: named(LIE.as_bytes()),
		fee: LIE_FEE,
		disclose: true,
		execution: None,
	};
	let voucher = signer.sign(Lane { channel: *channel, ceiling: PLX }, 1, receipt)?;
	let signature = Signature::decode_all(&mut &voucher.signature.0[..])?;
	let index = Index::open(&scene.index)?;
	let source = index.sources().first().context("the index has sources")?;
	let length = (LIE.len() as u64).min(source.content.len);
	let claim = Claim {
		receipt: 0,
		contribution: source.contribution,
		version: DatanetVersion(1),
		method: MethodId(u32::try_from(scene.method)?),
		evidence: Evidence::Span { output: 0, offset: 0, length },
	};
	let redemptions = vec![(*channel, vec![receipt], signature)];
	let submit = call(SUBMIT, (AgentId(liar.id), redemptions, vec![claim]));
	control(scene, liar, &submit, LIAR).await?;
	// What the payer was given, it gives to whoever wants to check it.
	let store = Store::create(&stage.path("payer.store"))?;
	store.put(prompt.as_bytes())?;
	store.put(LIE.as_bytes())?;
	let server = liar.id;
	let opened = move |event: &Told| event.fields["server"] == server;
	let event = wait(stage, chain, "the false batch", "Attribution.BatchOpened", opened).await?;
	id(&event.fields, "batch")
}

/// The finder has the command look at the batch, and show what is wrong.
///
/// # Errors
/// Nothing is found, or the chain does not agree.
pub async fn find(stage: &mut Stage, chain: &mut Chain, scene: &Scene, batch: u64) -> Result<()> {
	let (number, store, index) = (batch.to_string(), stage.text("payer.store")?, text(&scene.index)?);
	let files = ["challenge", &number, "--store", &store, "--index", &index];
	let shown = scene.plexus.json(&[&files[..], &["--submit", "--from", FINDER]].concat()).await?;
	let found = move |event: &Told| event.fields["batch"] == batch;
	let what = format!("fraud to be found in batch {batch}; plexus challenge said {shown}");
	let event = wait(stage, chain, &what, "Attribution.FraudFound", found).await?;
	ensure!(string(&event.fields, "challenger")? == account_of(FINDER)?, "somebody else found it: {event:?}");
	Ok(())
}

/// A challenge that is lost, until it is.
#[derive(Clone, Debug)]
pub struct Denied {
	/// What was committed to.
	hash: String,
	/// When it expires, on the chain clock.
	expires_at_ms: u64,
	/// What is lost.
	deposit: u128,
}

/// The denier commits to a mismatch in an honest claim, and shows it: the chain sees that the bytes are equal.
///
/// # Errors
/// There is no such claim, or the chain takes the challenge.
pub async fn deny(stage: &mut Stage, chain: &mut Chain, scene: &Scene, paid: &[Paid]) -> Result<Denied> {
	let (batch, challenge) = mismatch(chain, scene, paid)?;
	let account = AccountId32::from_ss58check(&scene.denier.account).ok().context("an address")?;
	let mut salt = [0; 32];
	OsRng.fill_bytes(&mut salt);
	let hash = commitment(&chain.genesis(), &account.encode(), &salt, batch, &challenge);
	control(scene, &scene.denier, &call(COMMIT, (batch, hash)), DENIER).await?;
	let hash = format!("0x{}", hex::encode(hash));
	let committed = hash.clone();
	let made = move |event: &Told| event.fields["hash"] == committed;
	let event = wait(stage, chain, "the commitment", "Attribution.Committed", made).await?;
	let block = event.block;
	follow(stage, chain, BLOCKS_MAX, "a block after the commitment", |chain| {
		Ok((chain.height() > block).then_some(()))
	})
	.await?;
	let reveal = call(REVEAL, (batch, salt, challenge));
	let number = scene.denier.id.to_string();
	let refused =
		scene.plexus.refused(&["tx", "agent", "control", &number, "raw", &reveal, "--from", DENIER]).await?;
	ensure!(refused.contains("BytesEqual"), "the challenge was refused for another reason: {refused}");
	Ok(Denied {
		hash,
		expires_at_ms: id(&event.fields, "expires_at_ms")?,
		deposit: units(&event.fields, "deposit")?,
	})
}

/// Anybody removes the commitment once it has expired; its deposit is burned.
///
/// # Errors
/// It is not.
pub async fn clear(stage: &mut Stage, chain: &mut Chain, scene: &Scene, denied: &Denied) -> Result<()> {
	clock_reaches(stage, scene, denied.expires_at_ms).await?;
	let clear = ["attribution", "clear-commitment", &denied.hash, "--account", &scene.denier.account];
	scene.plexus.tx(&clear, ANYBODY).await?;
	let hash = denied.hash.clone();
	let cleared = move |event: &Told| event.fields["hash"] == hash;
	let event = wait(stage, chain, "the deposit", "Attribution.CommitmentCleared", cleared).await?;
	ensure!(event.fields["burned"] == true, "the deposit was returned: {event:?}");
	ensure!(units(&event.fields, "deposit")? == denied.deposit, "another deposit: {event:?}");
	Ok(())
}

/// A mismatch that is none, in the first claim of a span of the agent's last batch.
fn mismatch(chain: &Chain, scene: &Scene, paid: &[Paid]) -> Result<(BatchId, Challenge)> {
	let honest = scene.servers[0].agent.id;
	let opened = chain.named("Attribution.BatchOpened").filter(|event| event.fields["server"] == honest);
	let spans = opened.filter_map(|event| {
		let claims = event.fields["claims"].as_array()?;
		let (claim, record) =
			(0u32..).zip(claims).find(|(_, claim)| claim["evidence"]["Span"].is_object())?;
		Some((event, claim, record))
	});
	// The last batch is open for the longest time.
	let (event, claim, record) = spans.last().context("the n-gram agent claimed no span")?;
	let batch = id(&event.fields, "batch")?;
	let evidence = &record["evidence"]["Span"];
	let (output, offset) = (id(evidence, "output")?, id(evidence, "offset")?);
	let length = id(evidence, "length")?.min(SHOWN);
	let placed = placed(chain, batch, paid)?;
	let place = usize::try_from(id(record, "receipt")?)?;
	let of = placed.get(place).context("the claim's receipt is in the batch")?;
	let leaves: Vec<_> = placed.iter().map(|one| one.receipt.leaf(one.channel, one.sequence)).collect();
	ensure!(
		merkle::root(&leaves).map(|root| format!("0x{}", hex::encode(root))).as_deref()
			== event.fields["root"].as_str(),
		"batch {batch} has other receipts than the payer signed for"
	);
	let index = Index::open(&scene.index)?;
	let contribution = ContributionId(id(record, "contribution")?);
	let source = index.sources().iter().position(|source| source.contribution == contribution);
	let content = index.content(source.context("the claim's contribution is in the index")?);
	let receipt = ReceiptProof {
		channel: of.channel,
		sequence: of.sequence,
		receipt: of.receipt,
		path: path(&leaves, place)?,
	};
	let challenge = Challenge::Mismatch {
		claim,
		receipt,
		start: 0,
		length,
		output: slice(of.text.as_bytes(), output, length)?,
		source: slice(content, offset, length)?,
	};
	Ok((BatchId(batch), challenge))
}

/// The receipts of a batch in their order, as the payer has them.
fn placed<'a>(chain: &Chain, batch: u64, paid: &'a [Paid]) -> Result<Vec<&'a Paid>> {
	let mut placed = Vec::new();
	for event in chain.named("Receipts.ChannelRedeemed").filter(|event| event.fields["batch"] == batch) {
		let channel = ChannelId(id(&event.fields, "channel")?);
		let (count, last) = (id(&event.fields, "receipts")?, id(&event.fields, "sequence")?);
		for sequence in (last + 1).saturating_sub(count)..=last {
			let found = paid.iter().find(|one| (one.channel, one.sequence) == (channel, sequence));
			placed.push(found.with_context(|| format!("nobody paid {sequence} of channel {}", channel.0))?);
		}
	}
	Ok(placed)
}

fn path(leaves: &[[u8; 32]], place: usize) -> Result<Path> {
	let proof = merkle::prove(leaves, place).context("the receipt is in the batch")?;
	Path::try_from(proof).ok().context("a batch's tree is not deep")
}

fn slice(bytes: &[u8], start: u64, length: u64) -> Result<Slice> {
	let proven = prove_slice(Cursor::new(bytes), start, length)?;
	Slice::try_from(proven.slice).ok().context("so few bytes need a short slice")
}

/// Sends a call for an agent, by its controller.
async fn control(scene: &Scene, agent: &Agent, call: &str, from: &str) -> Result<Value> {
	scene.plexus.tx(&["agent", "control", &agent.id.to_string(), "raw", call], from).await
}

/// Follows the chain until something is there.
///
/// # Errors
/// The bound passes, or a process ends.
pub async fn follow<T>(
	stage: &mut Stage,
	chain: &mut Chain,
	bound: Duration,
	what: &str,
	mut look: impl FnMut(&Chain) -> Result<Option<T>>,
) -> Result<T> {
	let end = tokio::time::Instant::now() + bound;
	loop {
		stage.ensure_running()?;
		chain.read_on().await?;
		if let Some(found) = look(chain)? {
			return Ok(found);
		}
		if tokio::time::Instant::now() >= end {
			bail!("{what}: not within {} s", bound.as_secs());
		}
		tokio::time::sleep(LOOK_EVERY).await;
	}
}

/// How often the chain is looked at: it announces its blocks, but one look a block is enough.
const LOOK_EVERY: Duration = Duration::from_millis(200);

async fn wait(
	stage: &mut Stage,
	chain: &mut Chain,
	what: &str,
	name: &str,
	is_it: impl Fn(&Told) -> bool,
) -> Result<Told> {
	follow(stage, chain, BLOCKS_MAX, what, |chain| Ok(chain.named(name).find(|event| is_it(event)).cloned()))
		.await
}

/// Waits until the chain clock shows so much.
///
/// # Errors
/// The bound passes.
pub async fn clock_reaches(stage: &mut Stage, scene: &Scene, ms: u64) -> Result<()> {
	// Windows of development chains are a minute; the clock is slower than a machine that is too busy for its blocks.
	let bound = Duration::from_secs(180);
	let shows = || async {
		let shown = id(&scene.plexus.json(&["query", "validators"]).await?, "clock_ms")?;
		ensure!(shown >= ms, "the chain clock shows {shown} ms");
		Ok(())
	};
	stage.until(bound, &format!("the chain clock to show {ms} ms"), shows).await
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::verify_slice;

	#[test]
	fn a_call_begins_with_its_pallet_and_its_place() {
		assert_eq!(call(COMMIT, (BatchId(1), [7u8; 1])), "0x0f03010000000000000007");
	}

	#[test]
	fn what_a_challenge_shows_is_proved_at_its_place() {
		let bytes: Vec<u8> = (0..5_000u32).map(|at| at as u8).collect();
		let shown = slice(&bytes, 3_000, 32).unwrap();
		let verified = verify_slice(&named(&bytes).root, &shown, 3_000, 32).unwrap();
		assert!(verified.equals(&bytes[3_000..3_032]));
		assert!(slice(&bytes, 4_990, 32).is_err(), "it reaches beyond the end");
		let leaves: Vec<[u8; 32]> = (0..5).map(|leaf| [leaf; 32]).collect();
		let proof = path(&leaves, 3).unwrap();
		assert!(merkle::verify(&merkle::root(&leaves).unwrap(), 5, 3, &leaves[3], &proof));
		assert!(path(&leaves, 5).is_err());
	}
}
