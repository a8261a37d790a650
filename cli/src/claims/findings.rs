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
//! could not be looked at: it is named, with the reason. So is what is wrong and cannot be proved to the chain.
//!
//! # Invariants
//! - A true claim gives no finding. Every finding can be proved from the same facts and files ([`super::proofs`]).
//! - Work is bounded by claims, matches and places that are looked at; where a bound cuts, that is named.

mod claimed;
#[cfg(test)]
mod tests;
mod unlisted;

use super::{
	facts::Facts,
	files::{Files, Missing},
	worth,
};
use plexus_payments::store::Placed;
use plexus_primitives::{ContributionId, DatanetVersion, Evidence};
use serde::Serialize;
use std::{cmp::Reverse, collections::BTreeSet};
use unlisted::unlisted_ranges;

/// Contributions that are looked at for a range.
const PLACES_MAX: usize = 16;

/// Contributions that the chain is asked about for one batch: all places of the 512 claims that one can have.
const CANDIDATES_MAX: usize = 512 * PLACES_MAX;

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

/// Something that is wrong, and that nobody can prove to the chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Unproved {
	/// The receipt's place in the batch.
	pub(crate) receipt: u32,
	/// What is wrong, in words.
	pub(crate) detail: String,
}

impl Unproved {
	/// In one line.
	pub(crate) fn line(&self) -> String {
		format!("receipt {}, not to be proved to the chain: {}", self.receipt, self.detail)
	}
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Found {
	/// Frauds first, then by what they bring, then by what they move.
	pub(crate) findings: Vec<Finding>,
	pub(crate) unproved: Vec<Unproved>,
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

/// The contributions that may be what claims or outputs should have named: the chain is to be asked about them. Those of
/// claims come before those of outputs, of which there may be more than are asked about.
pub(crate) fn candidates(facts: &Facts, files: &Files) -> BTreeSet<ContributionId> {
	let mut found = BTreeSet::new();
	let mut add = |bytes: &[u8]| {
		for place in files.places(bytes, PLACES_MAX).0 {
			if found.len() < CANDIDATES_MAX {
				found.insert(place.contribution);
			}
		}
	};
	for (place, placed) in (0u32..).zip(&facts.receipts) {
		let mut claims = facts.claims.iter().filter(|claim| claim.receipt == place).peekable();
		if claims.peek().is_none() {
			continue;
		}
		let Ok(output) = files.content("output", &placed.receipt.output.root) else { continue };
		claims.filter_map(|claim| claimed_of(&claim.evidence, &output)).for_each(&mut add);
	}
	for placed in facts.receipts.iter().filter(|placed| placed.receipt.disclose) {
		let Ok(output) = files.content("output", &placed.receipt.output.root) else { continue };
		for (start, length) in unlisted_ranges(facts, files, placed, &output).0 {
			add(&output[start..start + length]);
		}
	}
	found
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
	let rank =
		|finding: &Finding| (!finding.wrong.is_fraud(), Reverse(finding.brings), Reverse(finding.moves));
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

impl Check<'_> {
	fn unchecked(&mut self, claim: Option<u32>, what: &'static str, why: impl Into<Missing>) {
		let why = why.into();
		self.found.unchecked.push(Unchecked { receipt: self.place, claim, what, why });
	}

	fn unproved(&mut self, detail: String) {
		self.found.unproved.push(Unproved { receipt: self.place, detail });
	}

	/// Why it is not known what the chain has of one that has the same bytes.
	fn unknown(&self, id: ContributionId) -> Missing {
		match self.facts.asked.contains(&id) {
			true => {
				format!("contribution {} has the same bytes, and the chain has not accepted it", id.0)
			}
			false => format!(
				"contribution {} has the same bytes, and the chain is asked about {CANDIDATES_MAX} of a batch at most",
				id.0
			),
		}
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
