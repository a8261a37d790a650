//! Records of batches: what is on hold for those that need not be kept any more comes back.
//!
//! ```text
//!   pause ─▶ records on chain, from the first that was kept ─▶ the agent's whose time is over ─▶ cleared ─▶ final ─▶ pause …
//! ```
//!
//! # Must not
//! Remember what was cleared: the chain says which records there are, so that a restart neither forgets nor repeats, and what
//! earlier runs left is cleared too. Clear another server's.
//!
//! # Invariants
//! - Transactions of one look are final before the next look.
//! - What fails is tried again, later and later, and said in the log.

use super::submit::Submitter;
use crate::{
	client::AtBlock,
	failure::{Failure, FailureKind},
	payments::{self, BatchInfo},
	pipeline::Pipeline,
	validators::era_and_clock,
};
use codec::Encode;
use futures::future::join_all;
use plexus_primitives::api::PAGE_MAX;
use std::{convert::Infallible, time::Duration};
use tracing::{debug, info, warn};

/// How often records are looked at, the first time after the start too: they are kept for minutes at least, and what
/// is redeemed and answered comes first.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The longest pause; after each failure it is twice as long.
const PAUSE_MAX: Duration = Duration::from_secs(3_600);

/// Pages of one look; the next one goes on where it ended.
const PAGES_MAX: usize = 16;

/// Records that are cleared at once.
const CLEARED_MAX: usize = 32;

/// What is remembered from one look to the next.
#[derive(Default)]
pub(super) struct Records {
	/// No record before this one is to be cleared.
	from: u64,
	/// Looks in a row that failed.
	failures: u32,
}

impl Records {
	fn pause(&self) -> Duration {
		LOOK_EVERY.saturating_mul(1 << self.failures.min(16)).min(PAUSE_MAX)
	}

	/// The agent's records whose time is over, at most [`CLEARED_MAX`] of them.
	async fn look(&mut self, at: &AtBlock, agent: u64) -> Result<Vec<BatchInfo>, Failure> {
		let (_, now_ms) = era_and_clock(at).await?;
		let (mut due, mut kept, mut start) = (Vec::new(), None, self.from);
		for _ in 0..PAGES_MAX {
			let page = payments::batches(at, Some(start), PAGE_MAX).await?;
			kept = sift(page.items, agent, now_ms, &mut due);
			match page.next {
				// Pages advance.
				Some(next) if next > start && kept.is_none() && due.len() < CLEARED_MAX => start = next,
				_ => break,
			}
		}
		self.from = due.first().map(|record| record.id).or(kept).unwrap_or(start);
		due.truncate(CLEARED_MAX);
		Ok(due)
	}
}

/// Adds those of these records that are the agent's and can be cleared; the first that is to be kept still. Those behind it
/// were made later, and are kept for longer.
fn sift(records: Vec<BatchInfo>, agent: u64, now_ms: u64, due: &mut Vec<BatchInfo>) -> Option<u64> {
	for record in records {
		if now_ms < record.clearable_from_ms {
			return Some(record.id);
		}
		if record.server == agent {
			due.push(record);
		}
	}
	None
}

impl Submitter {
	/// Clears the agent's records on one connection, until something fails.
	pub(super) async fn clear(
		&self,
		pipeline: &Pipeline,
		records: &mut Records,
	) -> Result<Infallible, Failure> {
		loop {
			tokio::time::sleep(records.pause()).await;
			// Counted also if the connection fails meanwhile: this must not keep anything from being redeemed.
			records.failures = records.failures.saturating_add(1);
			if self.clear_due(pipeline, records).await? {
				records.failures = 0;
			}
		}
	}

	/// Clears what there is; whether none of it failed.
	async fn clear_due(&self, pipeline: &Pipeline, records: &mut Records) -> Result<bool, Failure> {
		loop {
			let due = records.look(&pipeline.last_head().await?, self.by.agent).await?;
			if due.is_empty() {
				return Ok(true);
			}
			let well = self.clear_all(pipeline, &due).await?;
			if !well || due.len() < CLEARED_MAX {
				return Ok(well);
			}
		}
	}

	/// Clears these records, all at once; whether none of them failed.
	async fn clear_all(&self, pipeline: &Pipeline, due: &[BatchInfo]) -> Result<bool, Failure> {
		// A fresh head, so that signing waits for nothing.
		let at = pipeline.last_head().await?;
		let call = |record: &BatchInfo| {
			self.by.sends_encoded(at.metadata_ref(), ("Receipts", "clear_batch"), &record.id.encode())
		};
		let calls = due.iter().map(call).collect::<Result<Vec<_>, Failure>>()?;
		let sent = join_all(calls.iter().map(|call| pipeline.send(call))).await;
		let (mut well, mut other) = (true, None);
		for (record, sent) in due.iter().zip(sent) {
			self.note_fee(&sent);
			match sent {
				Ok(done) => self.cleared(record, done.fee()),
				Err(failure) if failure.name == "Receipts.UnknownBatch" => {
					debug!(batch = record.id, "somebody else cleared the record");
				}
				Err(failure) if failure.kind == FailureKind::Failed => {
					well = false;
					self.not_cleared(record, &failure);
				}
				Err(failure) => other = other.or(Some(failure)),
			}
		}
		other.map_or(Ok(well), Err)
	}

	fn cleared(&self, record: &BatchInfo, fee: u128) {
		info!(batch = record.id, deposit = record.deposit, fee, "record cleared: its deposit is back");
		self.desk.note(|progress| progress.records_cleared += 1);
	}

	fn not_cleared(&self, record: &BatchInfo, failure: &Failure) {
		warn!(batch = record.id, %failure, "record not cleared; trying again later");
		self.desk.note(|progress| {
			progress.failures += 1;
			progress.last_failure = Some(failure.to_string());
		});
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const AGENT: u64 = 3;

	fn record(id: u64, server: u64, clearable_from_ms: u64) -> BatchInfo {
		BatchInfo {
			id,
			server,
			root: [1; 32],
			receipts: 1,
			gross: 2,
			submitted_at: 4,
			submitted_at_ms: 5,
			clearable_from_ms,
			deposit: 6,
		}
	}

	/// The ids that are due, and the first that is kept.
	fn sifted(records: &[BatchInfo], now_ms: u64) -> (Vec<u64>, Option<u64>) {
		let mut due = Vec::new();
		let kept = sift(records.to_vec(), AGENT, now_ms, &mut due);
		(due.iter().map(|record| record.id).collect(), kept)
	}

	#[test]
	fn only_the_agents_own_records_are_cleared_and_none_before_its_time() {
		let records =
			[record(1, AGENT, 100), record(2, 9, 100), record(4, AGENT, 200), record(5, AGENT, 300)];
		assert_eq!(sifted(&records, 99), (vec![], Some(1)));
		assert_eq!(sifted(&records, 100), (vec![1], Some(4)));
		assert_eq!(sifted(&records, 299), (vec![1, 4], Some(5)));
		assert_eq!(sifted(&records, 300), (vec![1, 4, 5], None));
		assert_eq!(sifted(&[], 300), (vec![], None));
	}

	#[test]
	fn each_failure_makes_the_pause_longer_up_to_an_hour() {
		let pauses =
			[0, 1, 2, 6, 7, u32::MAX].map(|failures| Records { from: 0, failures }.pause().as_secs());
		assert_eq!(pauses, [30, 60, 120, 1_920, 3_600, 3_600]);
	}

	#[test]
	fn the_call_is_what_the_runtime_reads_from_a_key_and_from_the_controller() {
		use crate::tx::by::AgentKey;
		use codec::DecodeAll;
		use pallet_receipts::Call as Receipts;
		use plexus_primitives::{AgentId, BatchId, DelegationId};
		use plexus_runtime::{Runtime, RuntimeCall};
		use subxt::{
			ext::scale_encode::{EncodeAsFields, Field},
			Metadata,
		};
		let opaque = sp_io::TestExternalities::default().execute_with(|| Runtime::metadata_at_version(15));
		let opaque = opaque.expect("the runtime has this version");
		let metadata = <Metadata as codec::Decode>::decode(&mut &opaque[..]).expect("it is metadata");
		let inner = RuntimeCall::from(Receipts::clear_batch { batch: BatchId(5) });
		for delegation in [None, Some(7)] {
			let key = AgentKey { agent: AGENT, delegation };
			let call = key
				.sends_encoded(&metadata, ("Receipts", "clear_batch"), &record(5, AGENT, 0).id.encode())
				.expect("the chain has the call");
			let pallet = metadata.pallet_by_name(call.pallet_name()).expect("it has the pallet");
			let variant = pallet.call_variant_by_name(call.call_name()).expect("it has the outer call");
			let mut fields =
				variant.fields.iter().map(|field| Field::new(field.ty.id, field.name.as_deref()));
			let mut bytes = vec![pallet.call_index(), variant.index];
			let encoded = call.call_data().encode_as_fields_to(&mut fields, metadata.types(), &mut bytes);
			encoded.expect("the call has these arguments");
			let (agent, call) = (AgentId(AGENT), Box::new(inner.clone()));
			let expected = match delegation {
				Some(id) => pallet_agents::Call::act { agent, delegation: DelegationId(id), call },
				None => pallet_agents::Call::control { agent, call },
			};
			assert_eq!(RuntimeCall::decode_all(&mut &bytes[..]), Ok(expected.into()));
		}
	}
}
