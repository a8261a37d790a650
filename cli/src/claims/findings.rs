//! What is wrong with a batch, by what the chain has and local files show.
//!
//! | finding | by what | what it does |
//! |---|---|---|
//! | mismatch | output and contribution differ in a byte of what a span says is equal | fraud |
//! | false length | the output of a span's receipt has another length than that says | fraud |
//! | prompt echo | half of the claimed bytes, in one piece, stand in the prompt | fraud |
//! | counterclaim | an earlier contribution of the manifest has the whole range too | the claim moves |
//! | unlisted source | a curated version, older than the model and outside its manifest, has a part of the output | the developer pays |
//!
//! # Must not
//! Talk to anybody, or find what the chain would refuse: a commitment that is not revealed loses its deposit. Pass over what
//! could not be looked at: it is named, with the reason.
//!
//! # Invariants
//! - A true claim gives no finding. Every finding can be proved from the same facts and files ([`super::proofs`]).
//! - Work is bounded by claims, matches and places that are looked at; where a bound cuts, that is named.

use super::{
	chain::{Claim, Unlisted},
	facts::{Facts, Manifest, Source},
	files::{common_piece, Files, Missing},
	worth,
};
use plexus_payments::store::Placed;
use plexus_primitives::{ContributionId, DatanetVersion, Evidence};
use std::collections::BTreeSet;

/// Contributions that are looked at for a range.
const PLACES_MAX: usize = 16;

/// Matches of an output that are looked at for unlisted sources.
const MATCHES_MAX: usize = 64;

/// Contributions that the chain is asked about for one batch.
const CANDIDATES_MAX: usize = 1_024;

/// The longest output or prompt that is searched: what a report of it takes too.
const SEARCHED_BYTES_MAX: usize = plexus_attribution::OUTPUT_BYTES_MAX;

/// Something that is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wrong {
	/// The byte at this place of what is claimed differs.
	Mismatch { claim: u32, start: u64 },
	/// The output has so many bytes.
	FalseLength { claim: u32, proven: u64 },
	/// From this place of what is claimed on, so many bytes stand in the prompt, from there on.
	PromptEcho { claim: u32, start: u64, length: u64, prompt_offset: u64 },
	/// An earlier contribution has the whole range.
	Counterclaim { claim: u32, contribution: ContributionId, version: DatanetVersion, offset: u64 },
	/// A part of a receipt's output stands in what the manifest does not have.
	Unlisted { start: u64, length: u64, contribution: ContributionId, version: DatanetVersion, offset: u64 },
}

impl Wrong {
	/// Whether it forfeits the hold.
	pub(crate) fn is_fraud(&self) -> bool {
		match self {
			Self::Mismatch { .. } | Self::FalseLength { .. } | Self::PromptEcho { .. } => true,
			Self::Counterclaim { .. } | Self::Unlisted { .. } => false,
		}
	}

	/// The claim that it is about.
	pub(crate) fn claim(&self) -> Option<u32> {
		match self {
			Self::Mismatch { claim, .. }
			| Self::FalseLength { claim, .. }
			| Self::PromptEcho { claim, .. }
			| Self::Counterclaim { claim, .. } => Some(*claim),
			Self::Unlisted { .. } => None,
		}
	}

	/// Its name in reports; stays.
	pub(crate) fn name(&self) -> &'static str {
		match self {
			Self::Mismatch { .. } => "mismatch",
			Self::FalseLength { .. } => "false-length",
			Self::PromptEcho { .. } => "prompt-echo",
			Self::Counterclaim { .. } => "counterclaim",
			Self::Unlisted { .. } => "unlisted-source",
		}
	}
}

/// Something that is wrong, with what showing it moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Finding {
	pub(crate) wrong: Wrong,
	/// The receipt's place in the batch.
	pub(crate) receipt: u32,
	/// What it takes from whoever is wrong.
	pub(crate) moves: u128,
	/// What of that is the challenger's.
	pub(crate) brings: u128,
	/// What is on hold until it is revealed, and returns then.
	pub(crate) deposit: u128,
	/// What is on hold until the end, and lost if somebody answers.
	pub(crate) bond: u128,
}

/// Something that could not be looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Unchecked {
	/// The receipt's place in the batch.
	pub(crate) receipt: u32,
	/// The claim, if it is about one.
	pub(crate) claim: Option<u32>,
	/// What was not looked for.
	pub(crate) what: &'static str,
	pub(crate) why: Missing,
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Found {
	/// Frauds first, then by what they bring.
	pub(crate) findings: Vec<Finding>,
	pub(crate) unchecked: Vec<Unchecked>,
}

impl Found {
	/// Claims whose bytes were not seen.
	pub(crate) fn unseen(&self) -> BTreeSet<u32> {
		let unseen = self.unchecked.iter().filter(|one| one.what == BYTES || one.what == CONTEXT);
		unseen.filter_map(|one| one.claim).collect()
	}
}

const BYTES: &str = "the claimed bytes";
const CONTEXT: &str = "the claimed piece of the context";
const ECHO: &str = "a prompt echo";
const EARLIER: &str = "an earlier contribution";
const UNLISTED: &str = "an unlisted source";

/// The contributions that may be what claims or outputs should have named: the chain is to be asked about them.
pub(crate) fn candidates(facts: &Facts, files: &Files) -> BTreeSet<ContributionId> {
	let mut found = BTreeSet::new();
	for (place, placed) in (0u32..).zip(&facts.receipts) {
		let Ok(output) = files.content("output", &placed.receipt.output.root) else { continue };
		for claim in facts.claims.iter().filter(|claim| claim.receipt == place) {
			if let Some(range) = claimed_of(&claim.evidence, &output) {
				found.extend(files.places(range, PLACES_MAX).0.iter().map(|place| place.contribution));
			}
		}
		for (start, length) in unlisted_ranges(facts, files, placed, &output).0 {
			let part = &output[start..start + length];
			found.extend(files.places(part, PLACES_MAX).0.iter().map(|place| place.contribution));
		}
		if found.len() >= CANDIDATES_MAX {
			break;
		}
	}
	found.into_iter().take(CANDIDATES_MAX).collect()
}

/// The bytes of a span in the output, if it has them.
fn claimed_of<'a>(evidence: &Evidence, output: &'a [u8]) -> Option<&'a [u8]> {
	match evidence {
		Evidence::Span { output: start, length, .. } => part(output, *start, *length),
		Evidence::Grounded { .. } | Evidence::Attested { .. } => None,
	}
}

fn part(bytes: &[u8], start: u64, length: u64) -> Option<&[u8]> {
	let start = usize::try_from(start).ok()?;
	bytes.get(start..start.checked_add(usize::try_from(length).ok()?)?)
}

/// Everything that is wrong with a batch, as far as can be seen. The candidates are known to the facts.
pub(crate) fn find(facts: &Facts, files: &Files) -> Found {
	let mut found = Found::default();
	for (place, placed) in (0u32..).zip(&facts.receipts) {
		let claims: Vec<_> = facts.claims.iter().filter(|claim| claim.receipt == place).collect();
		if claims.is_empty() && !placed.receipt.disclose {
			continue;
		}
		let output = files.content("output", &placed.receipt.output.root);
		let mut check = Check { facts, files, place, placed, found: &mut found };
		check.claims(&claims, &output);
		if placed.receipt.disclose {
			check.unlisted(&output);
		}
	}
	let rank = |finding: &Finding| (!finding.wrong.is_fraud(), std::cmp::Reverse(finding.brings));
	found.findings.sort_by_key(rank);
	found
}

/// One receipt that is looked at.
struct Check<'a> {
	facts: &'a Facts,
	files: &'a Files,
	/// In the batch.
	place: u32,
	placed: &'a Placed,
	found: &'a mut Found,
}

impl<'a> Check<'a> {
	fn unchecked(&mut self, claim: Option<u32>, what: &'static str, why: impl Into<Missing>) {
		let why = why.into();
		self.found.unchecked.push(Unchecked { receipt: self.place, claim, what, why });
	}

	fn claims(&mut self, claims: &[&Claim], output: &Result<Vec<u8>, Missing>) {
		if claims.is_empty() {
			return;
		}
		let prompt = self.files.prompt(&self.placed.receipt.prompt);
		for claim in claims {
			match claim.evidence {
				Evidence::Span { .. } => self.span(claim, output, &prompt),
				Evidence::Grounded { .. } => self.grounded(claim, &prompt),
				Evidence::Attested { .. } => {}
			}
		}
	}

	/// A span: its length, its bytes, whether the user brought them, and whether somebody else was earlier.
	fn span(&mut self, claim: &Claim, output: &Result<Vec<u8>, Missing>, prompt: &Result<Vec<u8>, Missing>) {
		let output = match output {
			Ok(output) => output,
			Err(why) => {
				self.unchecked(Some(claim.claim), BYTES, why);
				return;
			}
		};
		let proven = output.len() as u64;
		if proven != self.placed.receipt.output.len {
			self.fraud(Wrong::FalseLength { claim: claim.claim, proven });
			return;
		}
		let Some(claimed) = claimed_of(&claim.evidence, output) else {
			self.unchecked(Some(claim.claim), BYTES, "the claimed range is not within the output");
			return;
		};
		if self.mismatch(claim, claimed) || self.echo(claim, claimed, prompt) {
			return;
		}
		self.counterclaim(claim, claimed);
	}

	/// A piece that was put before the model: whether it is in the context, and whether the user brought it.
	fn grounded(&mut self, claim: &Claim, prompt: &Result<Vec<u8>, Missing>) {
		let Evidence::Grounded { offset, length } = claim.evidence else { return };
		self.context(claim, offset, length);
		match self.bytes_of(claim) {
			Ok(bytes) => match part(bytes, offset, length) {
				Some(claimed) => {
					self.echo(claim, claimed, prompt);
				}
				None => self.unchecked(
					Some(claim.claim),
					ECHO,
					"the claimed range is not within the contribution",
				),
			},
			Err(why) => self.unchecked(Some(claim.claim), ECHO, why),
		}
	}

	/// That a piece is not in a context cannot be proved to the chain: a demand asks for it.
	fn context(&mut self, claim: &Claim, offset: u64, length: u64) {
		let Some(context) = self.placed.receipt.context else {
			self.unchecked(Some(claim.claim), CONTEXT, "the receipt has no context");
			return;
		};
		let why = match self.files.pieces(&context.root) {
			Ok(pieces) => {
				let is_there = pieces.iter().any(|piece| {
					(piece.contribution, piece.offset, piece.length) == (claim.contribution, offset, length)
				});
				match is_there {
					true => return,
					false => "the context does not have it: demand it, the server cannot answer".into(),
				}
			}
			Err(why) => why,
		};
		self.unchecked(Some(claim.claim), CONTEXT, why);
	}

	/// The bytes of a claim's contribution.
	fn bytes_of(&self, claim: &Claim) -> Result<&'a [u8], Missing> {
		let (facts, files): (&'a Facts, &'a Files) = (self.facts, self.files);
		let source = facts.sources.get(&claim.contribution);
		let source =
			source.ok_or_else(|| format!("the chain has no contribution {}", claim.contribution.0))?;
		files.contribution(claim.contribution, &source.content)
	}

	fn mismatch(&mut self, claim: &Claim, claimed: &[u8]) -> bool {
		let Evidence::Span { offset, length, .. } = claim.evidence else { return false };
		let differing = match self.bytes_of(claim).map(|bytes| part(bytes, offset, length)) {
			Ok(Some(theirs)) => claimed.iter().zip(theirs).position(|(one, other)| one != other),
			Ok(None) => {
				self.unchecked(Some(claim.claim), BYTES, "the claimed range is not within the contribution");
				None
			}
			Err(why) => {
				self.unchecked(Some(claim.claim), BYTES, why);
				None
			}
		};
		if let Some(start) = differing {
			self.fraud(Wrong::Mismatch { claim: claim.claim, start: start as u64 });
		}
		differing.is_some()
	}

	fn echo(&mut self, claim: &Claim, claimed: &[u8], prompt: &Result<Vec<u8>, Missing>) -> bool {
		let prompt = match prompt {
			Ok(prompt) if prompt.len() <= SEARCHED_BYTES_MAX => prompt,
			Ok(_) => {
				self.unchecked(Some(claim.claim), ECHO, "the prompt is too long to be searched");
				return false;
			}
			Err(why) => {
				self.unchecked(Some(claim.claim), ECHO, why);
				return false;
			}
		};
		let needed = claimed.len().div_ceil(2);
		let Some((start, prompt_offset)) = common_piece(claimed, prompt, needed) else { return false };
		let (start, length) = (start as u64, needed as u64);
		self.fraud(Wrong::PromptEcho { claim: claim.claim, start, length, prompt_offset });
		true
	}

	/// What was moved by somebody goes on only to whoever committed before that.
	fn counterclaim(&mut self, claim: &Claim, claimed: &[u8]) {
		let (facts, place) = (self.facts, claim.claim);
		if claim.moved.is_some() || facts.batch.verdict.is_some() {
			return;
		}
		if self.files.index().is_none() {
			self.unchecked(Some(place), EARLIER, "there is no --index");
			return;
		}
		let Some(later) = facts.sources.get(&claim.contribution) else { return };
		let Some(manifest) = facts.manifests.get(&claim.model) else { return };
		let (places, whole) = self.files.places(claimed, PLACES_MAX);
		let earlier = places.iter().filter_map(|place| {
			let source = facts.sources.get(&place.contribution)?;
			let version = manifest.version_of(source).filter(|_| source.commitment < later.commitment)?;
			let wrong = Wrong::Counterclaim {
				claim: claim.claim,
				contribution: place.contribution,
				version,
				offset: place.offset,
			};
			Some((source.commitment, wrong))
		});
		match earlier.min_by_key(|(commitment, _)| *commitment) {
			Some((_, wrong)) => self.push(wrong, claim.amount, claim.submitter, 0),
			None if !whole => {
				self.unchecked(Some(place), EARLIER, "its bytes stand in more places than are looked at");
			}
			None => {}
		}
	}

	fn unlisted(&mut self, output: &Result<Vec<u8>, Missing>) {
		if self.files.index().is_none() {
			self.unchecked(None, UNLISTED, "there is no --index");
			return;
		}
		let output = match output {
			Ok(output) if output.len() as u64 == self.placed.receipt.output.len => output,
			// The range of a true length is asked for; of a false one without claims nobody can make anything.
			Ok(_) => return,
			Err(why) => {
				self.unchecked(None, UNLISTED, why);
				return;
			}
		};
		let (ranges, cut) = unlisted_ranges(self.facts, self.files, self.placed, output);
		if cut {
			self.unchecked(None, UNLISTED, "the output is too long, or has more matches than are looked at");
		}
		let shown = |one: &&Unlisted| one.receipt == self.place;
		let mut taken: Vec<(u64, u64)> =
			self.facts.questions.unlisted.iter().filter(shown).map(|one| (one.start, one.length)).collect();
		let mut amount =
			self.facts.questions.unlisted.iter().filter(shown).map(|one| one.amount).sum::<u128>();
		for (start, length) in ranges {
			let range = (start as u64, length as u64);
			if taken.iter().any(|other| overlap(*other, range)) {
				continue;
			}
			let Some(wrong) = self.unlisted_at(&output[start..start + length], range) else { continue };
			if let Some(moved) = self.push_unlisted(wrong, range.1, amount) {
				taken.push(range);
				amount = amount.saturating_add(moved);
			}
		}
	}

	/// A source of these bytes that the manifest should have had, if it has them nowhere.
	fn unlisted_at(&self, bytes: &[u8], (start, length): (u64, u64)) -> Option<Wrong> {
		let manifest = self.facts.manifests.get(&self.placed.receipt.model)?;
		let (places, whole) = self.files.places(bytes, PLACES_MAX);
		let known =
			|| places.iter().filter_map(|place| Some((place, self.facts.sources.get(&place.contribution)?)));
		// Whoever shows that the manifest has the same bytes gets the bond.
		let unsure = !whole || known().count() < places.len();
		if unsure || known().any(|(_, source)| manifest.version_of(source).is_some()) {
			return None;
		}
		let source = known().find(|(_, source)| self.is_unlisted(source, manifest));
		source.map(|(place, source)| Wrong::Unlisted {
			start,
			length,
			contribution: place.contribution,
			version: source.from,
			offset: place.offset,
		})
	}

	/// Whether the first version that holds it is curated, and was there before the model.
	fn is_unlisted(&self, source: &Source, manifest: &Manifest) -> bool {
		let first = self.facts.versions.get(&(source.datanet, source.from));
		first.is_some_and(|version| {
			version.curated && version.at < manifest.registered_at && source.is_in(source.from)
		})
	}

	fn push_unlisted(&mut self, wrong: Wrong, length: u64, taken: u128) -> Option<u128> {
		let (facts, receipt) = (self.facts, &self.placed.receipt);
		let share = facts.share(receipt.model)?;
		let moves = worth::unlisted(&facts.batch.parameters, share, receipt, length, taken);
		if moves == 0 {
			return None;
		}
		let brings = worth::of(facts.batch.parameters.submitter, moves);
		self.push(wrong, moves, brings, facts.limits.unlisted_bond);
		Some(moves)
	}

	fn fraud(&mut self, wrong: Wrong) {
		let batch = &self.facts.batch;
		self.push(wrong, batch.hold, worth::reward(batch), 0);
	}

	fn push(&mut self, wrong: Wrong, moves: u128, brings: u128, bond: u128) {
		let deposit = worth::commitment_deposit(&self.facts.batch, &self.facts.limits);
		self.found.findings.push(Finding { wrong, receipt: self.place, moves, brings, deposit, bond });
	}
}

/// Where a disclosed output repeats something long enough, in parts that can be shown, the longest first. Whether some were
/// left out.
fn unlisted_ranges(
	facts: &Facts,
	files: &Files,
	placed: &Placed,
	output: &[u8],
) -> (Vec<(usize, usize)>, bool) {
	let Some(index) = files.index().filter(|_| placed.receipt.disclose) else { return (Vec::new(), false) };
	if output.len() > SEARCHED_BYTES_MAX {
		return (Vec::new(), true);
	}
	let small = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
	let (least, most) =
		(small(facts.batch.parameters.unlisted_bytes_min).max(1), small(facts.limits.claim_bytes_max).max(1));
	let mut ranges = Vec::new();
	for found in index.maximal_matches(output, least) {
		let parts = found.len.div_ceil(most).max(1);
		let cut = |part: usize| found.start + found.len * part / parts;
		let within = (0..parts).map(|part| (cut(part), cut(part + 1) - cut(part)));
		ranges.extend(within.filter(|(_, length)| *length >= least));
	}
	ranges.sort_by_key(|(start, length)| (std::cmp::Reverse(*length), *start));
	let cut = ranges.len() > MATCHES_MAX;
	ranges.truncate(MATCHES_MAX);
	(ranges, cut)
}

fn overlap(one: (u64, u64), other: (u64, u64)) -> bool {
	one.0 < other.0.saturating_add(other.1) && other.0 < one.0.saturating_add(one.1)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::claims::testing::{bytes, Contribution, World};

	/// Its bytes are longer than what outputs repeat of it.
	fn contribution(id: u64, commitment: u64, datanet: u32, bytes: Vec<u8>) -> Contribution {
		Contribution { id, commitment, datanet, bytes }
	}

	fn span(output: u64, offset: u64, length: u64) -> Evidence {
		Evidence::Span { output, offset, length }
	}

	/// 600 bytes of the contribution from its 100th on, between others.
	fn quoting(source: &[u8]) -> Vec<u8> {
		[bytes(90, 50), source[100..700].to_vec(), bytes(91, 50)].concat()
	}

	fn prompt() -> Vec<u8> {
		bytes(99, 40)
	}

	fn wrongs(world: &World) -> Vec<Wrong> {
		find(&world.facts, &world.files).findings.iter().map(|finding| finding.wrong).collect()
	}

	#[test]
	fn a_true_claim_yields_nothing_and_everything_was_looked_at() {
		let source = bytes(1, 1_000);
		let world = World::new(
			&[contribution(1, 1, 0, source.clone())],
			&[(prompt(), quoting(&source))],
			&[(0, 1, span(50, 100, 600))],
		);
		assert_eq!(find(&world.facts, &world.files), Found::default());
		assert_eq!(candidates(&world.facts, &world.files), BTreeSet::from([ContributionId(1)]));
	}

	#[test]
	fn bytes_that_differ_are_a_mismatch_at_the_first_of_them() {
		let source = bytes(1, 1_000);
		let mut output = quoting(&source);
		output[50 + 7] ^= 1;
		output[50 + 9] ^= 1;
		let world = World::new(
			&[contribution(1, 1, 0, source)],
			&[(prompt(), output)],
			&[(0, 1, span(50, 100, 600))],
		);
		let found = find(&world.facts, &world.files);
		assert_eq!(found.findings.len(), 1);
		let finding = &found.findings[0];
		assert_eq!(finding.wrong, Wrong::Mismatch { claim: 0, start: 7 });
		// A fifth of the hold of 24,000; an hour of a day of it is the deposit.
		assert_eq!((finding.moves, finding.brings, finding.deposit, finding.bond), (24_000, 4_800, 1_000, 0));
	}

	#[test]
	fn an_output_that_is_longer_or_shorter_than_said_is_a_false_length() {
		let source = bytes(1, 1_000);
		for said in [699, 701] {
			let world = World::new(
				&[contribution(1, 1, 0, source.clone())],
				&[(prompt(), quoting(&source))],
				&[(0, 1, span(50, 100, 600))],
			)
			.with_receipts(|receipt| receipt.output.len = said);
			assert_eq!(wrongs(&world), [Wrong::FalseLength { claim: 0, proven: 700 }]);
		}
	}

	#[test]
	fn half_of_the_claimed_bytes_in_the_prompt_are_an_echo_and_less_are_none() {
		let source = bytes(1, 1_000);
		let prompt = |length: usize| [b"say: ".to_vec(), source[250..250 + length].to_vec()].concat();
		let world = |length| {
			World::new(
				&[contribution(1, 1, 0, source.clone())],
				&[(prompt(length), quoting(&source))],
				&[(0, 1, span(50, 100, 600))],
			)
		};
		let echo = Wrong::PromptEcho { claim: 0, start: 150, length: 300, prompt_offset: 5 };
		assert_eq!(wrongs(&world(300)), [echo]);
		assert_eq!(wrongs(&world(299)), []);
	}

	#[test]
	fn the_user_may_have_brought_what_was_retrieved_too() {
		let source = bytes(1, 1_000);
		let prompt = source[100..200].to_vec();
		let world = World::new(
			&[contribution(1, 1, 0, source)],
			&[(prompt, bytes(5, 100))],
			&[(0, 1, Evidence::Grounded { offset: 50, length: 200 })],
		);
		let echo = Wrong::PromptEcho { claim: 0, start: 50, length: 100, prompt_offset: 0 };
		let found = find(&world.facts, &world.files);
		assert_eq!(found.findings.iter().map(|finding| finding.wrong).collect::<Vec<_>>(), [echo]);
		assert_eq!(found.unseen(), BTreeSet::from([0]), "no context was seen");
	}

	#[test]
	fn an_earlier_contribution_of_the_manifest_with_the_whole_range_takes_the_claim() {
		let source = bytes(1, 1_000);
		let earlier = [bytes(7, 33), source[100..700].to_vec()].concat();
		let part = source[100..699].to_vec();
		let contributions = |commitment, datanet| {
			[
				contribution(1, 5, 0, source.clone()),
				contribution(2, commitment, datanet, earlier.clone()),
				contribution(3, 1, 0, part.clone()),
			]
		};
		let world = |commitment, datanet| {
			World::new(
				&contributions(commitment, datanet),
				&[(prompt(), quoting(&source))],
				&[(0, 1, span(50, 100, 600))],
			)
		};
		let (contribution, version) = (ContributionId(2), DatanetVersion(1));
		let counter = Wrong::Counterclaim { claim: 0, contribution, version, offset: 33 };
		let found = find(&world(4, 0).facts, &world(4, 0).files);
		assert_eq!(found.findings.len(), 1);
		assert_eq!(found.findings[0].wrong, counter);
		let claim = &world(4, 0).facts.claims[0];
		assert_eq!((found.findings[0].moves, found.findings[0].brings), (claim.amount, claim.amount / 10));
		assert_eq!(wrongs(&world(6, 0)), [], "it is later");
		assert_eq!(wrongs(&world(5, 0)), [], "it is as early");
		assert_eq!(wrongs(&world(4, 2)), [], "it is in no version of the manifest");
		let mut left = world(4, 0);
		left.facts.sources.get_mut(&contribution).expect("it is there").until = Some(DatanetVersion(1));
		assert_eq!(wrongs(&left), [], "it left before the version");
		let mut moved = world(4, 0);
		let by = [9; 32].into();
		moved.facts.claims[0].moved =
			Some(super::super::chain::Moved { contribution, version, by, number: 0 });
		assert_eq!(wrongs(&moved), [], "somebody else was first");
	}

	#[test]
	fn what_the_index_says_of_order_is_not_believed() {
		let source = bytes(1, 1_000);
		let earlier = source[100..700].to_vec();
		let mut world = World::new(
			&[contribution(1, 5, 0, source.clone()), contribution(2, 4, 0, earlier)],
			&[(prompt(), quoting(&source))],
			&[(0, 1, span(50, 100, 600))],
		);
		let known = world.facts.sources.get_mut(&ContributionId(2)).expect("it is there");
		known.commitment = plexus_primitives::CommitmentNumber(9);
		assert_eq!(wrongs(&world), []);
	}

	#[test]
	fn a_curated_source_older_than_the_model_and_outside_its_manifest_is_unlisted() {
		let source = bytes(1, 1_000);
		let world = |datanet| {
			World::new(&[contribution(1, 1, datanet, source.clone())], &[(prompt(), quoting(&source))], &[])
		};
		let found = find(&world(1).facts, &world(1).files);
		assert_eq!(found.findings.len(), 1, "{found:?}");
		let (contribution, version) = (ContributionId(1), DatanetVersion(1));
		let expected = Wrong::Unlisted { start: 50, length: 600, contribution, version, offset: 100 };
		assert_eq!(found.findings[0].wrong, expected);
		// ⌊30 % of 500⌋ × 600 ÷ 700, of which a tenth is for showing it.
		let finding = &found.findings[0];
		assert_eq!((finding.moves, finding.brings, finding.bond), (128, 12, 900));
		assert_eq!(wrongs(&world(2)), [], "an open datanet");
		assert_eq!(wrongs(&world(0)), [], "the manifest's own");
		let mut younger = world(1);
		for version in younger.facts.versions.values_mut() {
			version.at = 10;
		}
		assert_eq!(wrongs(&younger), [], "no older than the model");
		let undisclosed = world(1).with_receipts(|receipt| receipt.disclose = false);
		assert_eq!(wrongs(&undisclosed), []);
	}

	#[test]
	fn what_the_manifest_has_too_and_what_is_shown_already_is_not_shown() {
		let source = bytes(1, 1_000);
		let copy = source[100..700].to_vec();
		let both = World::new(
			&[contribution(1, 1, 1, source.clone()), contribution(2, 2, 0, copy)],
			&[(prompt(), quoting(&source))],
			&[],
		);
		assert_eq!(wrongs(&both), [], "anybody could answer");
		let mut shown =
			World::new(&[contribution(1, 1, 1, source.clone())], &[(prompt(), quoting(&source))], &[]);
		shown.facts.questions.unlisted.push(Unlisted {
			receipt: 0,
			model: 0,
			start: 649,
			length: 20,
			contribution: ContributionId(1),
			version: DatanetVersion(1),
			by: [1; 32].into(),
			amount: 1,
			bond: 900,
			deadline_ms: 5,
		});
		assert_eq!(wrongs(&shown), []);
		let short = [bytes(90, 50), source[100..355].to_vec()].concat();
		let short = World::new(&[contribution(1, 1, 1, source)], &[(prompt(), short)], &[]);
		assert_eq!(wrongs(&short), [], "255 bytes are too few");
	}

	#[test]
	fn long_matches_are_shown_in_parts_within_the_developers_part() {
		let source = bytes(1, 40_000);
		let world = World::new(&[contribution(1, 1, 1, source.clone())], &[(prompt(), source.clone())], &[]);
		let found = find(&world.facts, &world.files);
		let shown: u64 = found
			.findings
			.iter()
			.map(|finding| match finding.wrong {
				Wrong::Unlisted { length, .. } => length,
				_ => 0,
			})
			.sum();
		assert_eq!((found.findings.len(), shown), (3, 40_000));
		assert!(found.findings.iter().map(|finding| finding.moves).sum::<u128>() <= 250);
	}

	#[test]
	fn what_is_not_at_hand_is_named_and_no_finding() {
		let source = bytes(1, 1_000);
		let mut world = World::new(
			&[contribution(1, 1, 0, source.clone())],
			&[(prompt(), quoting(&source))],
			&[(0, 1, span(50, 100, 600)), (0, 1, Evidence::Grounded { offset: 0, length: 10 })],
		);
		world.files = Files::new(None, None);
		let found = find(&world.facts, &world.files);
		assert_eq!(found.findings, []);
		assert_eq!(found.unseen(), BTreeSet::from([0, 1]));
		assert!(found.unchecked.iter().any(|one| one.why.contains("--store")), "{found:?}");
		assert!(found.unchecked.iter().any(|one| one.why.contains("--index")), "{found:?}");
		assert_eq!(candidates(&world.facts, &world.files), BTreeSet::new());
	}

	#[test]
	fn frauds_come_first_and_then_what_brings_most() {
		let (one, other) = (bytes(1, 1_000), bytes(2, 1_000));
		let mut output = quoting(&one);
		output[60] ^= 1;
		let world = World::new(
			&[contribution(1, 1, 0, one), contribution(2, 2, 1, other.clone())],
			&[(prompt(), quoting(&other)), (prompt(), output)],
			&[(1, 1, span(50, 100, 600))],
		);
		let names: Vec<_> = wrongs(&world).iter().map(Wrong::name).collect();
		assert_eq!(names, ["mismatch", "unlisted-source"]);
	}
}
