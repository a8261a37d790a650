//! `plexus challenge`: what is wrong with an open batch, and showing it to the chain.
//!
//! ```text
//! report      what was found and what could not be looked at, as it is printed
//! plays       committed to, revealed a block later, and what came of it
//! journal     what was committed to, with salts: a lost one burns its deposit
//! calls       the calls of a challenger
//! ```
//!
//! # Must not
//! Send anything unless it is told to. Commit to what cannot be proved from local files.

pub(crate) mod calls;
pub(crate) mod journal;
pub(crate) mod plays;
pub(crate) mod report;

use crate::{
	claims::{
		facts::Facts,
		files::{Files, FilesArgs},
		findings::{candidates, find, Finding, Found, Wrong},
	},
	client::{Client, ConnectionArgs},
	failure::Failure,
	output,
	tx::{by::ForArgs, SignedArgs},
};
use plays::{Played, Player};
use plexus_primitives::BatchId;
use report::{Report, Resumed};
use std::path::PathBuf;

/// Findings of one batch that are shown: each has a deposit on hold at the same time.
pub(crate) const PLAYS_MAX: usize = 16;

/// Finds what is wrong with a batch.
#[derive(clap::Args, Clone)]
pub struct ChallengeCommand {
	#[command(flatten)]
	pub(crate) connection: ConnectionArgs,

	/// Id of the open batch; `plexus watch` follows all of them.
	#[arg(required_unless_present = "resume")]
	batch: Option<u64>,

	#[command(flatten)]
	files: FilesArgs,

	/// Commit to what was found, reveal it a block later, and tell what came of it.
	#[arg(long)]
	submit: bool,

	/// Go on with what an earlier run began: reveal it, or have its deposit back.
	#[arg(long)]
	resume: bool,

	/// Where commitments and their salts are kept. In the user's state directory if not given.
	#[arg(long, value_name = "FILE")]
	journal: Option<PathBuf>,

	#[command(flatten)]
	whom: ForArgs,

	#[command(flatten)]
	signed: SignedArgs,
}

impl ChallengeCommand {
	pub(crate) async fn run(self) -> Result<(), Failure> {
		let json = self.connection.json;
		let mut player = match self.submit || self.resume {
			true => Some(self.player().await?),
			false => None,
		};
		let resumed = match &mut player {
			Some(player) => player.resume().await?,
			None => Vec::new(),
		};
		let Some(batch) = self.batch.map(BatchId) else {
			output::print(json, &Resumed { resumed });
			return Ok(());
		};
		let files = self.files.open().await?;
		let client = Client::connect(&self.connection.url).await?;
		let (facts, found) = look(&client, batch, &files).await?;
		let played = match player.filter(|_| self.submit) {
			Some(mut player) => submit(&mut player, &facts, &files, &found).await?,
			None => Vec::new(),
		};
		output::print(json, &Report::new(&facts, &found, resumed, played));
		Ok(())
	}

	async fn player(&self) -> Result<Player, Failure> {
		let client = Client::connect(&self.connection.url).await?;
		let key = self.signed.key.load(&client.chain_kind().await?)?;
		Player::open(client, key, &self.whom, &self.signed.submit, self.journal.as_deref()).await
	}
}

/// Everything that is wrong with a batch, as far as can be seen.
///
/// # Errors
/// The batch is not open, its receipts cannot be found, or the node does not answer.
pub(crate) async fn look(client: &Client, batch: BatchId, files: &Files) -> Result<(Facts, Found), Failure> {
	let mut facts = Facts::load(client, batch, files).await?;
	let asked = tokio::task::block_in_place(|| candidates(&facts, files));
	facts.learn(&client.at_head().await?, &asked).await?;
	let found = tokio::task::block_in_place(|| find(&facts, files));
	Ok((facts, found))
}

/// Shows what was found, as far as there is time and it brings something.
///
/// # Errors
/// Nothing could be committed to, or the connection was lost.
pub(crate) async fn submit(
	player: &mut Player,
	facts: &Facts,
	files: &Files,
	found: &Found,
) -> Result<Vec<Played>, Failure> {
	let chosen = choose(facts, &found.findings);
	match chosen.is_empty() || player.is_playing(facts.batch.id) {
		true => Ok(Vec::new()),
		false => player.play(facts, files, &chosen).await,
	}
}

/// What is worth showing: one fraud, since all forfeit the same hold and void all claims; if there is none, what moves
/// claims; and unlisted sources, which come in the order of what they move, as many as there is place for. Nothing that there
/// is no time for: what is not revealed loses its deposit.
pub(crate) fn choose(facts: &Facts, findings: &[Finding]) -> Vec<Finding> {
	let batch = &facts.batch;
	let fraud = findings.iter().find(|finding| finding.wrong.is_fraud());
	if facts.now_ms >= batch.commitments_end_at_ms || (batch.verdict.is_some() && batch.claims > 0) {
		return Vec::new();
	}
	let others = findings.iter().filter(|finding| match finding.wrong {
		Wrong::Counterclaim { .. } => fraud.is_none() && batch.claims > 0,
		Wrong::Unlisted { .. } => facts.now_ms < batch.demands_end_at_ms,
		Wrong::Mismatch { .. } | Wrong::FalseLength { .. } | Wrong::PromptEcho { .. } => false,
	});
	let places = unlisted_places(facts, findings);
	let mut unlisted = 0;
	let bounded = others.filter(|finding| {
		unlisted += usize::from(is_unlisted(finding));
		!is_unlisted(finding) || unlisted <= places
	});
	fraud.into_iter().filter(|_| batch.claims > 0).chain(bounded).take(PLAYS_MAX).copied().collect()
}

/// For how many of these unlisted sources there is place on the chain: what is free, and what those hold that move less. Where
/// nothing is free, whatever moves more takes the place of the least.
fn unlisted_places(facts: &Facts, findings: &[Finding]) -> usize {
	let mut shown: Vec<_> = facts.questions.unlisted.iter().map(|one| one.amount).collect();
	let mut ours: Vec<_> = findings.iter().filter(|one| is_unlisted(one)).map(|one| one.moves).collect();
	shown.sort_unstable();
	ours.sort_unstable_by(|one, other| other.cmp(one));
	let free = facts.limits.unlisted_max.saturating_sub(shown.len());
	let displaces = ours.iter().skip(free).zip(&shown).take_while(|(ours, least)| least < ours);
	free + displaces.count()
}

fn is_unlisted(finding: &Finding) -> bool {
	matches!(finding.wrong, Wrong::Unlisted { .. })
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::claims::{
		chain::Unlisted,
		testing::{bytes, World},
	};
	use plexus_primitives::{ContributionId, DatanetVersion};

	fn facts() -> Facts {
		let mut facts = World::new(&[], &[(bytes(1, 9), bytes(2, 9))], &[]).facts;
		facts.batch.claims = 3;
		facts
	}

	fn finding(wrong: Wrong) -> Finding {
		Finding { wrong, receipt: 0, moves: 10, brings: 1, deposit: 1, bond: 0 }
	}

	fn mismatch(claim: u32) -> Finding {
		finding(Wrong::Mismatch { claim, start: 0 })
	}

	fn counter(claim: u32) -> Finding {
		let (contribution, version) = (ContributionId(1), DatanetVersion(1));
		finding(Wrong::Counterclaim { claim, contribution, version, offset: 0 })
	}

	fn unlisted(start: u64) -> Finding {
		let (contribution, version) = (ContributionId(1), DatanetVersion(1));
		finding(Wrong::Unlisted { start, length: 300, contribution, version, offset: 0 })
	}

	/// That many sources were shown already, which move this much.
	fn with_shown(amounts: impl IntoIterator<Item = u128>) -> Facts {
		let mut facts = facts();
		facts.questions.unlisted = (0..)
			.zip(amounts)
			.map(|(receipt, amount)| Unlisted {
				receipt,
				model: 0,
				start: 0,
				length: 300,
				contribution: ContributionId(1),
				version: DatanetVersion(1),
				by: [1; 32].into(),
				amount,
				bond: 900,
				deadline_ms: 5,
			})
			.collect();
		facts
	}

	#[test]
	fn of_several_frauds_one_is_shown_and_no_claim_is_moved_that_it_voids() {
		let all = [mismatch(0), mismatch(1), counter(2), unlisted(0)];
		assert_eq!(choose(&facts(), &all), [mismatch(0), unlisted(0)]);
		assert_eq!(choose(&facts(), &all[2..]), [counter(2), unlisted(0)]);
		assert_eq!(choose(&facts(), &[]), []);
	}

	#[test]
	fn nothing_is_committed_to_that_there_is_no_time_for() {
		let all = [mismatch(0), unlisted(0)];
		let mut late = facts();
		late.now_ms = late.batch.demands_end_at_ms;
		assert_eq!(choose(&late, &all), [mismatch(0)]);
		late.now_ms = late.batch.commitments_end_at_ms;
		assert_eq!(choose(&late, &all), []);
	}

	#[test]
	fn what_there_is_no_place_for_is_not_shown() {
		let many: Vec<_> = (0..100).map(|place| unlisted(place * 300)).collect();
		assert_eq!(choose(&facts(), &many).len(), PLAYS_MAX);
		let mut few = facts();
		few.limits.unlisted_max = 2;
		assert_eq!(choose(&few, &many).len(), 2);
		let counters: Vec<_> = (0..3).map(counter).collect();
		assert_eq!(choose(&few, &[&counters[..], &many].concat()).len(), 5);
		assert_eq!(choose(&with_shown([10; 32]), &many), [], "they move as much: the chain would refuse it");
		assert_eq!(choose(&with_shown([10; 30]), &many).len(), 2);
	}

	#[test]
	fn what_moves_more_than_what_was_shown_takes_its_place() {
		let larger = |moves: u128| Finding { moves, ..unlisted(0) };
		let ours: Vec<_> = [50, 40, 30, 20].map(larger).to_vec();
		assert_eq!(choose(&with_shown([1; 32]), &ours), ours, "small ones keep nothing out");
		let mixed = || [60; 30].into_iter().chain([39, 25]);
		assert_eq!(choose(&with_shown(mixed()), &ours), ours[..2], "50 instead of 25, 40 instead of 39");
		assert_eq!(choose(&with_shown(mixed().skip(1)), &ours), ours[..2], "50 is added, 40 instead of 25");
		assert_eq!(choose(&with_shown([50; 32]), &ours), []);
	}

	#[test]
	fn a_batch_that_is_fraudulent_is_left_alone() {
		use crate::claims::chain::Verdict;
		let mut judged = facts();
		judged.batch.verdict = Some(Verdict { challenger: [1; 32].into(), number: 0, decided_from_ms: 0 });
		assert_eq!(choose(&judged, &[mismatch(0), unlisted(0)]), []);
		judged.batch.claims = 0;
		assert_eq!(
			choose(&judged, &[unlisted(0)]),
			[unlisted(0)],
			"its claims are void, its outputs are not"
		);
	}
}
