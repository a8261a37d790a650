//! Challenges on their way: committed to, revealed a block later, and what came of them.
//!
//! ```text
//!   finding ─▶ challenge, salt ─▶ journal, synced ─▶ commit ─▶ final ─▶ reveal ─┬▶ it holds: fraud, moved, shown
//!                                                      │                       └▶ refused: cleared when the batch is fraudulent
//!   after a kill: the journal and the chain ───────────┴▶ reveal, clear, lost, or never arrived       or gone, else lost
//! ```
//!
//! # Must not
//! Commit to what is not in the journal, or reveal again what was refused. Wait without a bound.

use super::{
	calls,
	journal::{Journal, Play},
};
use crate::{
	address,
	amount::Amount,
	channel::default_journal,
	claims::{
		chain::{self, Commitment, OpenBatch},
		facts::Facts,
		files::Files,
		findings::Finding,
		proofs,
	},
	client::{AtBlock, Client},
	failure::{Failure, FailureKind},
	keys::Keypair,
	pipeline::{Done, Pipeline},
	submit::SubmitArgs,
	tx::by::{ForArgs, Party},
	validators::era_and_clock,
};
use codec::Encode;
use plexus_primitives::{
	challenge::{commitment, Challenge},
	BatchId,
};
use rand_core::{OsRng, RngCore};
use serde::Serialize;
use sp_core::crypto::AccountId32;
use std::path::Path;
use subxt::{ext::scale_decode::DecodeAsType, tx::Payload};

/// What became of something that was committed to.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub(crate) enum Outcome {
	/// The batch is fraudulent. From that time on, on the chain clock, `finalise` pays the reward.
	FraudFound { decided_from_ms: u64 },
	/// The claim goes to the earlier contribution, with the submitter's part to the challenger.
	ClaimMoved { claim: u32, contribution: u64 },
	/// The developer pays unless it is answered until then, on the chain clock.
	UnlistedShown { amount: Amount, deadline_ms: u64 },
	/// It holds, and the event that tells what it did cannot be read.
	Revealed,
	/// The chain did not take it. What is on hold returns only if the batch is fraudulent or gone before it expires.
	Refused { failure: Failure, deposit: Amount },
	/// It is not needed any more; what was on hold returned.
	Cleared { deposit: Amount },
	/// It expired: what was on hold is burned.
	Lost { deposit: Amount },
	/// The commitment is not on the chain: it never arrived, or was revealed or cleared by an earlier run.
	NotThere,
}

impl Outcome {
	/// As a person reads it.
	pub(crate) fn human(&self) -> String {
		match self {
			Self::FraudFound { decided_from_ms } => format!(
				"fraud found; from {decided_from_ms} ms on the chain clock finalising the batch pays the reward"
			),
			Self::ClaimMoved { claim, contribution } => {
				format!("claim {claim} goes to contribution {contribution}")
			}
			Self::UnlistedShown { amount, deadline_ms } => {
				format!("shown: {amount} of the developer's, unless answered by {deadline_ms} ms on the chain clock")
			}
			Self::Revealed => "revealed, and it holds".into(),
			Self::Refused { failure, deposit } => format!(
				"refused: {}: {} ({}); {deposit} on hold is burned unless the batch is found fraudulent first",
				failure.name, failure.cause, failure.remedy
			),
			Self::Cleared { deposit } => format!("not needed any more; {deposit} returned"),
			Self::Lost { deposit } => format!("expired; {deposit} on hold is lost"),
			Self::NotThere => "nothing is on hold for it".into(),
		}
	}
}

/// What became of a finding.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Played {
	pub(crate) batch: u64,
	pub(crate) finding: String,
	pub(crate) commitment: String,
	#[serde(flatten)]
	pub(crate) outcome: Outcome,
}

/// The part of `Attribution.FraudFound` that is told.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct FraudFound {
	decided_from_ms: u64,
}

/// The part of `Attribution.ClaimMoved` that is told.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct ClaimMoved {
	claim: u32,
	contribution: u64,
}

/// The part of `Attribution.UnlistedShown` that is told.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct UnlistedShown {
	source: ShownSource,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct ShownSource {
	amount: u128,
	deadline_ms: u64,
}

/// What is to be done for a commitment that an earlier run left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Next {
	Reveal,
	/// It returns without being revealed.
	Clear,
	/// It can be revealed no more.
	Lost,
	/// It was refused, and what is on hold may still return; or the node lags behind, and has yet to see it.
	Wait,
	/// It never arrived, or was revealed or cleared.
	NotThere,
}

/// Somebody who challenges.
pub(crate) struct Player {
	pipeline: Pipeline,
	party: Party,
	genesis: [u8; 32],
	journal: Journal,
}

impl Player {
	/// Opens the journal of whoever challenges, and waits until nothing of the signer's is in the pool.
	///
	/// # Errors
	/// The journal cannot be used, or the node does not answer.
	pub(crate) async fn open(
		client: Client,
		key: Keypair,
		whom: &ForArgs,
		submit: &SubmitArgs,
		journal: Option<&Path>,
	) -> Result<Self, Failure> {
		submit.refuse_what_is_for_one()?;
		let party = whom.party(&client.at_head().await?, key.account()).await?;
		let genesis = client.api.genesis_hash().0;
		let path = match journal {
			Some(path) => path.to_path_buf(),
			None => default_journal("challenges", &genesis, party.account.as_ref())?,
		};
		let journal = Journal::open(&path, &genesis, address::display(&party.account))?;
		let pipeline = Pipeline::open(client, key, submit).await?;
		Ok(Self { pipeline, party, genesis, journal })
	}

	/// Whose the commitments are: the signer's, or the agent's that it signs for.
	pub(crate) fn account(&self) -> &AccountId32 {
		&self.party.account
	}

	/// Whether something was begun and did not end.
	pub(crate) fn has_open(&self) -> bool {
		!self.journal.plays().is_empty()
	}

	/// Whether something about this batch was begun and did not end.
	pub(crate) fn is_playing(&self, batch: BatchId) -> bool {
		self.journal.plays().iter().any(|play| play.batch == batch)
	}

	/// Sends a call of one's own.
	///
	/// # Errors
	/// It is refused, fails, or takes too long.
	pub(crate) async fn send(&self, call: &impl Payload) -> Result<Done, Failure> {
		// A fresh head, so that what is signed is valid however long nothing was sent.
		let at = self.pipeline.last_head().await?;
		self.pipeline.send(&self.party.sends_long(&at, call)?).await
	}

	/// Commits to all of these findings, at once if the signer may, and reveals them one after the other.
	///
	/// # Errors
	/// Nothing could be committed to, or the connection was lost: what was begun is in the journal.
	pub(crate) async fn play(
		&mut self,
		facts: &Facts,
		files: &Files,
		findings: &[Finding],
	) -> Result<Vec<Played>, Failure> {
		let (mut plays, at) = (Vec::new(), self.pipeline.last_head().await?.block_number());
		for finding in findings {
			let challenge = proofs::challenge(facts, files, finding)?;
			plays.push(self.play_of(facts.batch.id, at, finding, challenge));
		}
		for play in &plays {
			self.journal.begin(play.clone())?;
		}
		let at_once = if self.party.sends_one_by_one() { 1 } else { plays.len().max(1) };
		let mut committed = 0;
		for some in plays.chunks(at_once) {
			if let Err(failure) = self.commit(some).await {
				// What is in no block and never will be has nothing on hold.
				if matches!(failure.kind, FailureKind::Failed | FailureKind::Refused) {
					plays[committed..].iter().try_for_each(|play| self.journal.end(&play.hash))?;
				}
				return Err(match committed {
					0 => failure,
					_ => failure.with_context(format!(
						"{committed} commitments before it stand: --resume reveals them"
					)),
				});
			}
			committed += some.len();
		}
		let mut played = Vec::new();
		for play in &plays {
			played.push(self.reveal(play).await?);
		}
		Ok(played)
	}

	/// Does what is left of an earlier run.
	///
	/// # Errors
	/// The connection was lost: what is left is in the journal.
	pub(crate) async fn resume(&mut self) -> Result<Vec<Played>, Failure> {
		let mut played = Vec::new();
		for play in self.journal.plays().to_vec() {
			let at = self.pipeline.head_other_than(play.at).await?;
			let made = chain::commitment(&at, &self.party.account, &play.hash).await?;
			let batch = chain::open_batch(&at, play.batch).await?;
			let (_, now_ms) = era_and_clock(&at).await?;
			let deposit = made.as_ref().map_or(0, |made| made.deposit);
			let next = match &made {
				Some(made) => next(&play, made, batch.as_ref(), now_ms),
				None => next_without(&play, at.block_number()),
			};
			match next {
				Next::Reveal => played.push(self.reveal(&play).await?),
				Next::Clear => played.push(self.clear(&play, deposit).await?),
				Next::Lost => {
					self.journal.end(&play.hash)?;
					played.push(play.became(Outcome::Lost { deposit: Amount(deposit) }));
				}
				Next::Wait => {}
				Next::NotThere => {
					self.journal.end(&play.hash)?;
					played.push(play.became(Outcome::NotThere));
				}
			}
		}
		Ok(played)
	}

	fn play_of(&self, batch: BatchId, at: u64, finding: &Finding, challenge: Challenge) -> Play {
		let mut salt = [0; 32];
		OsRng.fill_bytes(&mut salt);
		let hash = commitment(&self.genesis, &self.party.account.encode(), &salt, batch, &challenge);
		Play { hash, salt, batch, finding: finding.wrong.name().into(), challenge, at, refused: false }
	}

	async fn commit(&self, plays: &[Play]) -> Result<(), Failure> {
		let mut commits: Vec<_> = plays.iter().map(|play| calls::commit(play.batch, &play.hash)).collect();
		match (commits.pop(), commits.is_empty()) {
			(None, _) => Ok(()),
			(Some(one), true) => self.send(&one).await.map(drop),
			(Some(last), false) => {
				self.send(&crate::calls::batch_all(commits.into_iter().chain([last]))).await.map(drop)
			}
		}
	}

	/// The commitment is final, so that whatever is signed now comes in a later block.
	async fn reveal(&mut self, play: &Play) -> Result<Played, Failure> {
		let call = calls::reveal(play.batch, &play.salt, &play.challenge);
		match self.send(&call).await {
			Ok(done) => {
				self.journal.end(&play.hash)?;
				Ok(play.became(told(&done)))
			}
			Err(failure) if failure.kind == FailureKind::Failed => self.refused(play, failure).await,
			Err(failure) => Err(failure),
		}
	}

	/// What does not hold may have been too late: then it costs nothing.
	async fn refused(&mut self, play: &Play, failure: Failure) -> Result<Played, Failure> {
		self.journal.refuse(&play.hash)?;
		let at = self.pipeline.last_head().await?;
		let Some(made) = chain::commitment(&at, &self.party.account, &play.hash).await? else {
			self.journal.end(&play.hash)?;
			return Ok(play.became(Outcome::Refused { failure, deposit: Amount(0) }));
		};
		if self.is_moot(&at, play.batch).await? {
			return self.clear(play, made.deposit).await;
		}
		Ok(play.became(Outcome::Refused { failure, deposit: Amount(made.deposit) }))
	}

	async fn is_moot(&self, at: &AtBlock, batch: BatchId) -> Result<bool, Failure> {
		Ok(chain::open_batch(at, batch).await?.is_none_or(|batch| batch.verdict.is_some()))
	}

	async fn clear(&mut self, play: &Play, deposit: u128) -> Result<Played, Failure> {
		self.send(&crate::calls::clear_challenge_commitment(&self.party.account, &play.hash)).await?;
		self.journal.end(&play.hash)?;
		Ok(play.became(Outcome::Cleared { deposit: Amount(deposit) }))
	}
}

impl Play {
	fn became(&self, outcome: Outcome) -> Played {
		Played {
			batch: self.batch.0,
			finding: self.finding.clone(),
			commitment: crate::output::hex(self.hash),
			outcome,
		}
	}
}

/// What the events of a reveal say.
fn told(done: &Done) -> Outcome {
	const PALLET: &str = "Attribution";
	if let Some(found) = done.find_all::<FraudFound>(PALLET, "FraudFound").pop() {
		return Outcome::FraudFound { decided_from_ms: found.decided_from_ms };
	}
	if let Some(moved) = done.find_all::<ClaimMoved>(PALLET, "ClaimMoved").pop() {
		return Outcome::ClaimMoved { claim: moved.claim, contribution: moved.contribution };
	}
	match done.find_all::<UnlistedShown>(PALLET, "UnlistedShown").pop() {
		Some(UnlistedShown { source: ShownSource { amount, deadline_ms } }) => {
			Outcome::UnlistedShown { amount: Amount(amount), deadline_ms }
		}
		None => Outcome::Revealed,
	}
}

/// What is to be done for a commitment that is on the chain. A verdict by a later number gives way to an earlier proof of
/// fraud; unlisted sources are shown whatever the verdict.
fn next(play: &Play, made: &Commitment, batch: Option<&OpenBatch>, now_ms: u64) -> Next {
	if now_ms >= made.expires_at_ms {
		return Next::Lost;
	}
	let Some(batch) = batch else { return Next::Clear };
	let verdict = batch.verdict.as_ref();
	let holds = match &play.challenge {
		Challenge::UnlistedSource { .. } => now_ms < batch.demands_end_at_ms,
		Challenge::Counterclaim { .. } => verdict.is_none() && batch.claims > 0,
		_ => verdict.is_none_or(|verdict| made.number < verdict.number) && batch.claims > 0,
	};
	match (holds && !play.refused, verdict) {
		(true, _) => Next::Reveal,
		(false, Some(_)) => Next::Clear,
		(false, None) => Next::Wait,
	}
}

/// What is to be done for a commitment that a node at this block does not have. It left at a head, and is in a later block at
/// the earliest. The journal forgets the salt of what is not there, and the deposit of what is there after all would burn.
fn next_without(play: &Play, block: u64) -> Next {
	match block <= play.at {
		true => Next::Wait,
		false => Next::NotThere,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::claims::{
		chain::Verdict,
		testing::{receipt_of, World},
	};
	use plexus_primitives::{challenge::ReceiptProof, ChannelId, ContributionId, DatanetVersion};

	fn play(challenge: Challenge) -> Play {
		let (hash, salt, batch) = ([1; 32], [2; 32], BatchId(7));
		Play { hash, salt, batch, finding: "some".into(), challenge, at: 7, refused: false }
	}

	fn receipt() -> ReceiptProof {
		let receipt = receipt_of(b"prompt", b"output");
		ReceiptProof { channel: ChannelId(1), sequence: 2, receipt, path: Default::default() }
	}

	fn fraud() -> Play {
		play(Challenge::Unlawful { claim: 0, receipt: receipt() })
	}

	fn counter() -> Play {
		play(Challenge::Counterclaim {
			claim: 0,
			receipt: receipt(),
			contribution: ContributionId(1),
			version: DatanetVersion(1),
			offset: 0,
			output: Default::default(),
			source: Default::default(),
		})
	}

	fn unlisted() -> Play {
		play(Challenge::UnlistedSource {
			place: 0,
			receipt: receipt(),
			start: 0,
			length: 1,
			contribution: ContributionId(1),
			version: DatanetVersion(1),
			offset: 0,
			output: Default::default(),
			source: Default::default(),
		})
	}

	const MADE: Commitment =
		Commitment { number: 5, batch: BatchId(7), made_at: 1, expires_at_ms: 100, deposit: 9 };

	fn batch(verdict: Option<u64>) -> OpenBatch {
		let world = World::new(&[], &[(b"a".to_vec(), b"b".to_vec())], &[]);
		let verdict =
			verdict.map(|number| Verdict { challenger: [8; 32].into(), number, decided_from_ms: 0 });
		OpenBatch { claims: 1, verdict, ..world.facts.batch }
	}

	#[test]
	fn what_an_earlier_run_left_is_revealed_in_time() {
		for left in [fraud(), counter(), unlisted()] {
			assert_eq!(next(&left, &MADE, Some(&batch(None)), 99), Next::Reveal);
			assert_eq!(next(&left, &MADE, Some(&batch(None)), 100), Next::Lost);
			assert_eq!(next(&left, &MADE, None, 99), Next::Clear, "the batch is gone");
		}
	}

	#[test]
	fn a_verdict_returns_deposits_but_for_what_is_earlier_or_about_developers() {
		assert_eq!(next(&fraud(), &MADE, Some(&batch(Some(6))), 1), Next::Reveal);
		assert_eq!(next(&fraud(), &MADE, Some(&batch(Some(4))), 1), Next::Clear);
		assert_eq!(next(&counter(), &MADE, Some(&batch(Some(6))), 1), Next::Clear);
		assert_eq!(next(&unlisted(), &MADE, Some(&batch(Some(4))), 1), Next::Reveal);
		let late = OpenBatch { demands_end_at_ms: 1, ..batch(None) };
		assert_eq!(next(&unlisted(), &MADE, Some(&late), 1), Next::Wait);
	}

	#[test]
	fn what_was_refused_is_not_revealed_again() {
		let refused = Play { refused: true, ..fraud() };
		assert_eq!(next(&refused, &MADE, Some(&batch(None)), 1), Next::Wait);
		assert_eq!(next(&refused, &MADE, Some(&batch(Some(9))), 1), Next::Clear);
		assert_eq!(next(&refused, &MADE, Some(&batch(None)), 100), Next::Lost);
	}

	#[test]
	fn a_salt_is_kept_while_the_node_is_not_where_it_was_committed() {
		assert_eq!(next_without(&fraud(), 6), Next::Wait);
		assert_eq!(next_without(&fraud(), 7), Next::Wait, "it left at this block, and came in a later one");
		assert_eq!(next_without(&fraud(), 8), Next::NotThere);
	}

	#[test]
	fn outcomes_have_stable_json_keys() {
		let moved = Outcome::ClaimMoved { claim: 1, contribution: 2 };
		let told = fraud().became(moved);
		assert_eq!(
			serde_json::to_value(&told).unwrap(),
			serde_json::json!({
				"batch": 7, "finding": "some", "commitment": format!("0x{}", "01".repeat(32)),
				"outcome": "claim-moved", "claim": 1, "contribution": 2,
			})
		);
	}
}
