//! What a disclosed output has from sources that the model's manifest should have had.
//!
//! # Must not
//! Show what anybody could answer: what the manifest has anywhere is not unlisted.

use super::{Check, Wrong, PLACES_MAX, SEARCHED_BYTES_MAX, UNLISTED};
use crate::claims::{
	chain::Unlisted,
	facts::{Facts, Manifest, Source},
	files::{Files, Missing, Place},
	worth,
};
use plexus_payments::store::Placed;

/// Matches of an output that are looked at for unlisted sources.
const MATCHES_MAX: usize = 64;

impl Check<'_> {
	pub(super) fn unlisted(&mut self, output: &Result<Vec<u8>, Missing>) {
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
			let wrong = match self.unlisted_at(&output[start..start + length], range) {
				Ok(Some(wrong)) => wrong,
				Ok(None) => continue,
				Err(why) => {
					self.unchecked(
						None,
						UNLISTED,
						format!("{length} bytes of the output from {start} on: {why}"),
					);
					continue;
				}
			};
			if let Some(moved) = self.push_unlisted(wrong, range.1, amount) {
				taken.push(range);
				amount = amount.saturating_add(moved);
			}
		}
	}

	/// A source of these bytes that the manifest should have had, if it has them nowhere.
	///
	/// # Errors
	/// Not all places of these bytes are known: whoever shows that the manifest has one of the others gets the bond.
	fn unlisted_at(&self, bytes: &[u8], (start, length): (u64, u64)) -> Result<Option<Wrong>, Missing> {
		let manifest = self.facts.manifests.get(&self.placed.receipt.model);
		let manifest = manifest.ok_or("the chain does not tell what the model was trained on")?;
		let (places, whole) = self.files.places(bytes, PLACES_MAX);
		let known =
			|| places.iter().filter_map(|place| Some((place, self.facts.sources.get(&place.contribution)?)));
		if known().any(|(_, source)| self.facts.is_listed(manifest, source)) {
			return Ok(None);
		}
		if !whole {
			return Err("they stand in more places than are looked at".into());
		}
		let source = known().find(|(_, source)| self.is_unlisted(source, manifest));
		// What was not asked about may be the unlisted one. What is not accepted is not, but the manifest may list its content
		// under another id.
		let is_doubtful = |place: &&Place| {
			let id = &place.contribution;
			!self.facts.asked.contains(id) || (source.is_some() && !self.facts.sources.contains_key(id))
		};
		if let Some(place) = places.iter().find(is_doubtful) {
			return Err(self.unknown(place.contribution));
		}
		Ok(source.map(|(place, source)| Wrong::Unlisted {
			start,
			length,
			contribution: place.contribution,
			version: source.from,
			offset: place.offset,
		}))
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
}

/// Where a disclosed output repeats something long enough, in parts that can be shown, the longest first. Whether some were
/// left out.
pub(super) fn unlisted_ranges(
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
