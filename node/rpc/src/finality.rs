//! `plexus_finalityProof(height, fromHeight?)`: what [`plexus_primitives::light`] verifies.
//!
//! ```text
//! {
//!   "genesisHash": "0x…",
//!   "handovers": [{ "header": "0x…", "parent": "0x…", "commit": "0x…", "set": "0x…" }, …],
//!   "target": { "header": "0x…", "parent": "0x…", "commit": "0x…" } or null,
//!   "next": null or a height
//! }
//! ```
//!
//! All hexadecimal is SCALE: `header` and `parent` headers, `commit` a `Commit` (round, and a precommit or none for each
//! validator in the order of consensus), `set` the validators from the next height on (key and power each).
//!
//! `fromHeight` is the block that the caller trusts together with the validators of the next; the genesis, if it names
//! none. The handovers are the changes of the set strictly between the two heights. What does not fit into one answer is
//! asked for with `fromHeight` = `next`; until then `target` is `null`.
//!
//! # Must not
//! Prove by its word: a caller verifies everything, and this node may be lying.
//!
//! # Invariants
//! An answer has at most [`HANDOVERS_MAX`] handovers, and stays within half of a response's bytes before hexadecimal;
//! it has at least one handover if any is left.

use crate::{
	arguments::Arguments,
	context::{json, Context},
	errors::RpcError,
	registry::Answer,
	types::Hex,
};
use codec::{DecodeAll, Encode};
use plexus_primitives::{
	consensus::{Commit, Voter},
	light::{Certified, Handover},
};
use serde::Serialize;
use serde_json::json as value;
use std::time::Instant;

/// The most changes of the set in one answer. With a hundred validators each takes some 12 kB.
pub const HANDOVERS_MAX: usize = 64;

#[derive(Serialize)]
struct CertifiedJson {
	header: Hex,
	parent: Hex,
	commit: Hex,
}

#[derive(Serialize)]
struct HandoverJson {
	#[serde(flatten)]
	block: CertifiedJson,
	set: Hex,
}

impl From<Certified> for CertifiedJson {
	fn from(block: Certified) -> Self {
		Self { header: Hex(block.header), parent: Hex(block.parent), commit: Hex(block.commit.encode()) }
	}
}

impl From<Handover> for HandoverJson {
	fn from(handover: Handover) -> Self {
		Self { block: handover.block.into(), set: Hex(handover.set.encode()) }
	}
}

/// Answers the call.
pub fn finality_proof(context: &Context, arguments: &Arguments) -> Answer {
	let height: u32 = arguments.required("height", "a block's height, a number")?;
	let from =
		arguments.optional("fromHeight", "the height of a block that is trusted, a number")?.unwrap_or(0);
	let tip = context.tip().number;
	if height > tip {
		return Err(RpcError::TooMuch(format!(
			"block {height} is not final yet; the last final block is {tip}"
		)));
	}
	if from >= height {
		return Err(RpcError::InvalidParams(format!(
			"a proof goes upwards, and from {from} to {height} it does not; the genesis, 0, needs no proof"
		)));
	}
	let proof =
		Prover { context, deadline: Instant::now() + context.limits.call_time }.prove(from, height)?;
	let handovers: Vec<HandoverJson> = proof.handovers.into_iter().map(Into::into).collect();
	json(&value!({
		"genesisHash": context.chain.genesis_hash(),
		"handovers": handovers,
		"target": proof.target.map(CertifiedJson::from),
		"next": proof.next,
	}))
}

/// One answer.
struct Page {
	handovers: Vec<Handover>,
	target: Option<Certified>,
	/// Height of the last handover, if more are left.
	next: Option<u32>,
}

struct Prover<'a> {
	context: &'a Context,
	deadline: Instant,
}

impl Prover<'_> {
	fn prove(&self, from: u32, to: u32) -> Result<Page, RpcError> {
		let database = self.context.database();
		let (_, set) = database.last_set(from)?.ok_or_else(|| not_kept(from))?;
		let mut set = decode_set(&set)?;
		let mut handovers = Vec::new();
		let (mut last, mut bytes_left) = (from, self.context.limits.response_bytes as usize / 2);
		// One more than fits, to know whether any is left.
		for (number, next_set) in database.sets_between(from, to, HANDOVERS_MAX + 1)? {
			let next_set = decode_set(&next_set)?;
			let handover = Handover { block: self.certified(number, &set)?, set: next_set.clone() };
			let left = bytes_left.checked_sub(2 * handover.encoded_size());
			if handovers.len() == HANDOVERS_MAX || (left.is_none() && !handovers.is_empty()) {
				return Ok(Page { handovers, target: None, next: Some(last) });
			}
			bytes_left = left.unwrap_or(0);
			(last, set) = (number, next_set);
			handovers.push(handover);
		}
		let target = Some(self.certified(to, &set)?);
		Ok(Page { handovers, target, next: None })
	}

	/// A block as the validators of its height made it final.
	fn certified(&self, number: u32, set: &[Voter]) -> Result<Certified, RpcError> {
		if Instant::now() >= self.deadline {
			return Err(RpcError::TimedOut(self.context.limits.call_time));
		}
		let database = self.context.database();
		let header = |number| database.header_at(number)?.ok_or_else(|| not_kept(number));
		let certificate = database.certificate(number)?.ok_or_else(|| not_kept(number))?;
		let precommits = self.context.node.precommits(&certificate).map_err(|error| {
			RpcError::Internal(format!("the certificate of block {number} is unreadable: {error}"))
		})?;
		Ok(Certified {
			header: header(number)?.encode(),
			// The genesis has no certificate and is never asked for, so that every block here has a parent.
			parent: header(number.saturating_sub(1))?.encode(),
			commit: Commit::new(precommits.round, set, &precommits.signatures),
		})
	}
}

fn decode_set(bytes: &[u8]) -> Result<Vec<Voter>, RpcError> {
	Vec::<Voter>::decode_all(&mut &bytes[..])
		.map_err(|error| RpcError::Internal(format!("a stored set of validators does not decode: {error}")))
}

fn not_kept(number: u32) -> RpcError {
	RpcError::NotKept { number }
}
