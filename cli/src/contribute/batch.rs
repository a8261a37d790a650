//! The way of one batch: which of it is free, the commitment, the wait, the registration.
//!
//! ```text
//!   looked up ──► journal ──► commit ──► old enough ──► register ──► journal
//!       │                                    ▲
//!       └─ held: counted or refused          └─ a batch of an earlier run comes in here
//! ```
//!
//! # Must not
//! Commit before the journal is on disk. Forget a salt while its commitment may be on its way. Count as registered what the
//! chain's events do not tell.

use super::{
	journal::{Journal, JournalBatch},
	terms::Terms,
	walk::{Found, Item, Refusal, Tree},
};
use crate::{
	address,
	calls::{self, Call},
	client::AtBlock,
	datanets::{self, Kept},
	failure::{Failure, FailureKind},
	output::hex,
	pipeline::{Done, Pipeline, SETTLE},
	tx::by::Party,
};
use codec::Encode;
use futures::{StreamExt, TryStreamExt};
use plexus_primitives::{api::ContentCommitmentInfo, commitment, purpose::Purpose};
use rand_core::{OsRng, RngCore};
use std::{cell::RefCell, collections::HashSet, time::Instant};

/// Look-ups of one batch that are under way at once. The node answers as many of a connection.
const LOOKUPS: usize = 32;

/// A commitment that is void sooner than this is not waited for: the registration would come too late.
const MARGIN_MS: u64 = 30_000;

/// What became of some files.
#[derive(Default)]
pub(super) struct Tally {
	pub(super) registered: u64,
	pub(super) already: u64,
	pub(super) refused: Vec<Refusal>,
	pub(super) transactions: u64,
	/// In the smallest unit.
	pub(super) fees: u128,
	/// The smallest and the largest id that were given out.
	pub(super) ids: Option<(u64, u64)>,
}

impl Tally {
	/// How many files it is about.
	pub(super) fn files(&self) -> u64 {
		self.registered + self.already + self.refused.len() as u64
	}

	fn sent(&mut self, done: &Done) {
		self.transactions += 1;
		self.fees = self.fees.saturating_add(done.fee());
	}
}

/// A batch that an earlier run committed to.
pub(super) struct Committed {
	items: Vec<Item>,
	salt: [u8; 32],
	usable_from_ms: u64,
}

/// What an earlier run left.
#[derive(Default)]
pub(super) struct Left {
	pub(super) batches: Vec<Committed>,
	/// Their files, which the walk leaves out.
	pub(super) paths: HashSet<String>,
	/// Their roots.
	pub(super) roots: HashSet<[u8; 32]>,
	/// Commitments that were cleared, because they cannot be used any more.
	pub(super) cleared: u64,
}

/// What a file meets on the chain.
enum Standing {
	/// Nobody holds it, or this account does and may list it here besides.
	Free,
	/// This account has it in this datanet.
	Already,
	Refused(Refusal),
}

/// The part of `Datanets.CommitmentMade` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct CommitmentMade {
	usable_from_ms: u64,
}

/// The part of `Datanets.ContributionRegistered` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct ContributionRegistered {
	contribution: u64,
}

/// The part of `Datanets.RootHeld` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct RootHeld {
	root: [u8; 32],
	holder: u64,
}

/// Who contributes what to where.
pub(super) struct Registrar {
	pub(super) pipeline: Pipeline,
	pub(super) datanet: u32,
	pub(super) party: Party,
	pub(super) genesis: [u8; 32],
	pub(super) journal: RefCell<Journal>,
}

impl Registrar {
	/// Registers what of these files is free.
	///
	/// # Errors
	/// As [`Pipeline::send`], with the files named; or the journal cannot be written.
	pub(super) async fn contribute(&self, items: Vec<Item>) -> Result<Tally, Failure> {
		let (mut tally, items) = self.sort_out(items).await?;
		if items.is_empty() {
			return Ok(tally);
		}
		let mut salt = [0; 32];
		OsRng.fill_bytes(&mut salt);
		let named = items.iter().map(|item| (item.path.as_str(), item.proven.content.root));
		let hash = self.hash(&salt, items.iter().map(|item| item.proven.content.root));
		let at = self.pipeline.head().await?;
		self.journal.borrow_mut().begin(JournalBatch::new(&salt, &hash, at.block_number(), named))?;
		let sent = self.pipeline.send_at(&at, &self.party.sends(calls::commit(&hash))).await;
		let done = match sent {
			Ok(done) => done,
			Err(failure) => {
				// What failed in its block has nothing on hold. Whatever else went wrong, it may still be included.
				if failure.kind == FailureKind::Failed {
					self.journal.borrow_mut().end(&salt)?;
				}
				return Err(about(failure, &items));
			}
		};
		tally.sent(&done);
		self.journal.borrow_mut().include(&salt, done.block_number)?;
		let made = done.find_all::<CommitmentMade>("Datanets", "CommitmentMade");
		let usable_from_ms = made.first().map_or(0, |made| made.usable_from_ms);
		self.register(Committed { items, salt, usable_from_ms }, tally).await
	}

	/// Goes on with a batch of an earlier run.
	///
	/// # Errors
	/// As [`Self::contribute`].
	pub(super) async fn resume(&self, batch: Committed) -> Result<Tally, Failure> {
		self.register(batch, Tally::default()).await
	}

	async fn register(&self, batch: Committed, mut tally: Tally) -> Result<Tally, Failure> {
		let Committed { items, salt, usable_from_ms } = batch;
		let waited = self.pipeline.clock_shows(usable_from_ms).await;
		waited.map_err(|failure| about(failure, &items))?;
		let registrations = items.iter().map(|item| calls::Registration {
			content: item.proven.content.into(),
			media_type: item.media_type.as_bytes(),
			locator: item.locator.as_bytes(),
			length_proof: &item.proven.length_proof,
		});
		let at = self.pipeline.head().await?;
		let call =
			self.party.sends_long(&at, &calls::register(self.datanet, &salt, registrations.collect()))?;
		let sent = self.pipeline.send(&call).await;
		let done = match sent {
			Ok(done) => done,
			// Registered by a transaction of an earlier run that was still on its way.
			Err(failure) if failure.name == "Datanets.UnknownCommitment" => {
				let (now, left) = self.sort_out(items).await?;
				if !left.is_empty() {
					return Err(about(failure, &left));
				}
				self.journal.borrow_mut().end(&salt)?;
				tally.already += now.already;
				tally.refused.extend(now.refused);
				return Ok(tally);
			}
			Err(failure) if is_for_good(&failure) => {
				let hash = self.hash(&salt, items.iter().map(|item| item.proven.content.root));
				return Err(about(self.give_up(&salt, &hash, failure).await, &items));
			}
			Err(failure) => return Err(about(failure, &items)),
		};
		self.journal.borrow_mut().end(&salt)?;
		tally.sent(&done);
		for event in done.find_all::<ContributionRegistered>("Datanets", "ContributionRegistered") {
			tally.registered += 1;
			let (first, last) = tally.ids.unwrap_or((event.contribution, event.contribution));
			tally.ids = Some((first.min(event.contribution), last.max(event.contribution)));
		}
		for held in done.find_all::<RootHeld>("Datanets", "RootHeld") {
			let Some(of) = items.iter().find(|item| item.proven.content.root == held.root) else { continue };
			// The contribution that is named may be gone, and the root kept for whom had made it.
			let refusal = match datanets::contribution_by_root(done.at(), held.root).await? {
				Some(now) => held_by(&of.path, now.id.0, &address::display(&now.contributor)),
				None => match datanets::reservation(done.at(), held.root).await? {
					Some(kept) => kept_for(&of.path, &kept),
					None => held_by(&of.path, held.holder, "somebody who came first"),
				},
			};
			tally.refused.push(refusal);
		}
		Ok(tally)
	}

	/// Clears a commitment that cannot be used, so that its deposit is not left on hold.
	async fn give_up(&self, salt: &[u8; 32], hash: &[u8; 32], failure: Failure) -> Failure {
		let cleared = self.pipeline.send(&self.clears(hash)).await;
		let cleared = cleared.and_then(|_| self.journal.borrow_mut().end(salt));
		match cleared {
			Ok(()) => failure.with_context("the commitment is cleared, and its deposit back"),
			Err(_) => {
				let hash = hex(hash);
				failure.with_context(format!(
					"the commitment stands: `plexus tx datanet clear-commitment {hash}` returns its deposit"
				))
			}
		}
	}

	/// Parts what is to be registered from what is there already or belongs to others.
	async fn sort_out(&self, items: Vec<Item>) -> Result<(Tally, Vec<Item>), Failure> {
		let at = self.pipeline.head().await?;
		let standings = futures::stream::iter(items).map(|item| {
			let at = &at;
			async move { self.standing(at, &item).await.map(|standing| (item, standing)) }
		});
		let (mut tally, mut free) = (Tally::default(), Vec::new());
		for (item, standing) in standings.buffered(LOOKUPS).try_collect::<Vec<_>>().await? {
			match standing {
				Standing::Free => free.push(item),
				Standing::Already => tally.already += 1,
				Standing::Refused(refusal) => tally.refused.push(refusal),
			}
		}
		Ok((tally, free))
	}

	async fn standing(&self, at: &AtBlock, item: &Item) -> Result<Standing, Failure> {
		let root = item.proven.content.root;
		let Some(held) = datanets::contribution_by_root(at, root).await? else {
			return self.reserved(at, item).await;
		};
		if held.contributor != self.party.account {
			let holder = address::display(&held.contributor);
			return Ok(Standing::Refused(held_by(&item.path, held.id.0, &holder)));
		}
		if held.datanet.0 == self.datanet || datanets::is_listed(at, root, self.datanet).await? {
			return Ok(Standing::Already);
		}
		if held.beneficiary != self.party.account {
			return Ok(Standing::Refused(earned_by(
				&item.path,
				held.id.0,
				&address::display(&held.beneficiary),
			)));
		}
		if datanets::is_published(at, &held).await? {
			return Ok(Standing::Free);
		}
		Ok(Standing::Refused(Refusal::new(
			&item.path,
			format!("you have it as contribution {} in datanet {}", held.id.0, held.datanet.0),
			"wait until a version of that datanet holds it, or withdraw it there with `plexus tx withdraw`",
		)))
	}

	/// Of a root that nobody holds.
	async fn reserved(&self, at: &AtBlock, item: &Item) -> Result<Standing, Failure> {
		let Some(kept) = datanets::reservation(at, item.proven.content.root).await? else {
			return Ok(Standing::Free);
		};
		let (_, clock_ms) = crate::validators::era_and_clock(at).await?;
		match kept.bars(&self.party.account, clock_ms) {
			true => Ok(Standing::Refused(kept_for(&item.path, &kept))),
			false => Ok(Standing::Free),
		}
	}

	/// What an earlier run committed to and did not register: to be gone on with if the files are still the same and the
	/// datanet takes them, cleared otherwise. `closed_from` is the first commitment that it does not take.
	///
	/// # Errors
	/// The chain does not answer, or lags behind one of the commitments; one is on its way for too long, or cannot be cleared.
	pub(super) async fn left_over(
		&self,
		batches: Vec<JournalBatch>,
		closed_from: Option<u64>,
		tree: &Tree,
		terms: &Terms,
	) -> Result<Left, Failure> {
		let mut left = Left::default();
		let deadline = Instant::now() + SETTLE;
		for batch in batches {
			let Some((salt, roots)) = batch.committed() else { continue };
			let hash = self.hash(&salt, roots.iter().copied());
			let (at, made) = self.arrived(&batch, hash, deadline).await?;
			let Some(made) = made else {
				self.journal.borrow_mut().end(&salt)?;
				continue;
			};
			let (_, clock_ms) = crate::validators::era_and_clock(&at).await?;
			let in_time = made.expires_at_ms > clock_ms.max(made.usable_from_ms).saturating_add(MARGIN_MS);
			let taken = closed_from.is_none_or(|first| made.number.0 < first);
			let items = if in_time && taken { hash_again(&batch, &roots, tree, terms).await } else { None };
			match items {
				Some(items) => {
					left.paths.extend(items.iter().map(|item| item.path.clone()));
					left.roots.extend(roots);
					left.batches.push(Committed { items, salt, usable_from_ms: made.usable_from_ms });
				}
				None => {
					self.pipeline.send(&self.clears(&hash)).await?;
					self.journal.borrow_mut().end(&salt)?;
					left.cleared += 1;
				}
			}
		}
		Ok(left)
	}

	/// A batch's commitment, and the block that has it; or nothing, if it is in none and can be in none that is to come.
	async fn arrived(
		&self,
		batch: &JournalBatch,
		hash: [u8; 32],
		deadline: Instant,
	) -> Result<(AtBlock, Option<ContentCommitmentInfo<u128>>), Failure> {
		let mut at = self.pipeline.last_head().await?;
		loop {
			let made = datanets::commitment(&at, &self.party.account, hash).await?;
			let block = at.block_number();
			if made.is_some() || !may_come(batch, block)? {
				return Ok((at, made));
			}
			if Instant::now() > deadline {
				return Err(on_its_way(batch, block));
			}
			at = self.pipeline.head_other_than(block).await?;
		}
	}

	fn clears(&self, hash: &[u8; 32]) -> Call {
		self.party.sends(calls::clear_commitment(&self.party.account, hash))
	}

	fn hash(&self, salt: &[u8; 32], roots: impl Iterator<Item = [u8; 32]>) -> [u8; 32] {
		commitment(Purpose::ContributionCommitment, &self.genesis, &self.party.account.encode(), salt, roots)
	}
}

/// Whether a registration that failed so would fail again: the datanet or its rules are against it. Nothing is wrong with
/// one that came too early, or that the account cannot pay.
fn is_for_good(failure: &Failure) -> bool {
	failure.kind == FailureKind::Failed
		&& failure.name.starts_with("Datanets.")
		&& !["Datanets.CommitmentTooEarly", "Datanets.UnknownCommitment"].contains(&failure.name.as_str())
}

/// Whether a batch's commitment that a node at this block does not have may still come: in another node's pool nobody sees it.
/// The journal forgets the salt of what is not there, and what is there after all would keep its deposit on hold.
///
/// # Errors
/// It was seen in a later block, or left at one.
fn may_come(batch: &JournalBatch, block: u64) -> Result<bool, Failure> {
	let seen = batch.included.unwrap_or(batch.at);
	if block < seen {
		return Err(Failure::new(
			FailureKind::Refused,
			"NodeBehind",
			format!("an earlier run committed at block {seen}, and the node is at block {block}"),
			"wait until the node is there, or ask another one with --url; if the chain was begun anew, give another file with \
			 --journal",
		));
	}
	Ok(batch.included.is_none() && block < batch.until)
}

fn on_its_way(batch: &JournalBatch, block: u64) -> Failure {
	Failure::new(
		FailureKind::TimedOut,
		"CommitmentOnItsWay",
		format!(
			"what an earlier run committed to at block {} may be included until block {}, and the node is at block {block}",
			batch.at, batch.until
		),
		"wait until the chain is there: `plexus query chain` shows its head",
	)
}

/// The files of a batch, if all of them have the roots that were committed to.
async fn hash_again(
	batch: &JournalBatch,
	roots: &[[u8; 32]],
	tree: &Tree,
	terms: &Terms,
) -> Option<Vec<Item>> {
	let (tree, mut terms) = (tree.clone(), terms.clone());
	let paths: Vec<String> = batch.files.iter().map(|file| file.path.clone()).collect();
	let hashing = tokio::task::spawn_blocking(move || {
		let named = paths.into_iter().map(|path| match tree.name(path, &mut terms) {
			Found::Item(item) => Some(item),
			Found::Empty(_) | Found::Refused(_) | Found::NotFile(_) => None,
		});
		named.collect::<Option<Vec<_>>>()
	});
	let items = hashing.await.ok()??;
	items.iter().map(|item| item.proven.content.root).eq(roots.iter().copied()).then_some(items)
}

fn held_by(path: &str, contribution: u64, holder: &str) -> Refusal {
	Refusal::new(
		path,
		format!("{holder} holds its content as contribution {contribution}"),
		format!("content is held once in the whole chain: use that one (`plexus query contribution {contribution}`)"),
	)
}

/// The chain lists it nowhere else for who lost what it earns.
fn earned_by(path: &str, contribution: u64, beneficiary: &str) -> Refusal {
	Refusal::new(
		path,
		format!("you have it as contribution {contribution}, by which {beneficiary} earns after a dispute"),
		format!("it is listed nowhere besides: use that one (`plexus query contribution {contribution}`)"),
	)
}

fn kept_for(path: &str, kept: &Kept) -> Refusal {
	Refusal::new(
		path,
		format!(
			"its content is reserved for {} until {} ms on the chain clock",
			kept.holder(),
			kept.until_ms
		),
		"contribute it after that, should nobody hold it by then",
	)
}

/// A failure that names the files it is about.
fn about(failure: Failure, items: &[Item]) -> Failure {
	match items {
		[] => failure,
		[only] => failure.with_context(&only.path),
		[first, .., last] => {
			failure.with_context(format!("{} files, from {} to {}", items.len(), first.path, last.path))
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_root_that_is_kept_for_another_is_refused_with_its_name_and_the_end() {
		let kept = Kept { account: [3; 32].into(), until_ms: 5_000 };
		assert!(kept.bars(&[4; 32].into(), 4_999));
		assert!(!kept.bars(&[4; 32].into(), 5_000) && !kept.bars(&[3; 32].into(), 0));
		let refusal = kept_for("a.txt", &kept);
		assert!(refusal.cause.contains(&address::display(&[3; 32].into())), "{refusal:?}");
		assert!(refusal.cause.contains("5000 ms") && !refusal.remedy.contains("query contribution"));
	}

	#[test]
	fn a_salt_is_kept_while_the_node_is_not_where_its_commitment_was_seen() {
		let mut batch = batch_at(5);
		batch.included = Some(9);
		assert_eq!(may_come(&batch, 9), Ok(false), "it was used since, or cleared");
		let refused = may_come(&batch, 8).unwrap_err();
		assert!(refused.name == "NodeBehind" && refused.cause.contains("block 9"), "{refused}");
	}

	#[test]
	fn a_salt_is_kept_while_its_commitment_may_be_on_its_way() {
		let batch = batch_at(5);
		let refused = may_come(&batch, 4).unwrap_err();
		assert!(refused.name == "NodeBehind" && refused.cause.contains("block 5"), "{refused}");
		assert_eq!(may_come(&batch, 5), Ok(true), "it left at this block, and comes in a later one");
		assert_eq!(may_come(&batch, 67), Ok(true));
		assert_eq!(may_come(&batch, 68), Ok(false), "no block after this one takes it");
		let late = on_its_way(&batch, 67);
		assert!(late.cause.contains("until block 68") && late.cause.contains("at block 67"), "{late}");
	}

	#[test]
	fn a_node_is_believed_about_a_batch_that_does_not_say_when_it_was_written() {
		let mut batch = batch_at(5);
		(batch.at, batch.until) = (0, 0);
		assert_eq!(may_come(&batch, 0), Ok(false));
	}

	fn batch_at(at: u64) -> JournalBatch {
		JournalBatch::new(&[1; 32], &[2; 32], at, [("a.txt", [3; 32])].into_iter())
	}

	#[test]
	fn a_commitment_is_given_up_only_for_what_time_and_money_do_not_mend() {
		let is_final = |kind, name: &str| is_for_good(&Failure::new(kind, name, "cause", "remedy"));
		for name in ["DatanetPaused", "DatanetRetired", "InvalidMediaType", "CommitmentExpired"] {
			assert!(is_final(FailureKind::Failed, &format!("Datanets.{name}")), "{name}");
		}
		for name in ["Datanets.CommitmentTooEarly", "Datanets.UnknownCommitment", "Token.FundsUnavailable"] {
			assert!(!is_final(FailureKind::Failed, name), "{name}");
		}
		assert!(!is_final(FailureKind::TimedOut, "Datanets.DatanetPaused"), "it may still be included");
	}
}
