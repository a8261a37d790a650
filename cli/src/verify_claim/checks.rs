//! What is checked of a claim, each by itself, from the chain's facts and local files alone.
//!
//! # Must not
//! Pass what could not be looked at: it is told as unknown, with the reason.

use super::{fate, fate::Fate, Case, ClaimView};
use crate::{
	amount::Amount,
	claims::{
		facts::{Manifest, Source},
		files::{common_piece, Files, Missing},
		history::History,
		worth,
	},
};
use plexus_payments::store::{batch_root, Placed};
use plexus_primitives::{ContextLeaf, ContributionId, DatanetId, DatanetVersion, Evidence, Receipt};
use serde::Serialize;
use std::collections::BTreeMap;

/// How a check ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ending {
	Holds,
	Fails,
	/// It could not be looked at.
	Unknown,
	/// Nothing that the rules ask for, but worth knowing.
	Note,
}

/// A check.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Check {
	/// Stays.
	pub(crate) name: &'static str,
	pub(crate) ending: Ending,
	pub(crate) detail: String,
}

/// Versions that contexts may come from.
pub(crate) type Corpora = Vec<(DatanetId, DatanetVersion)>;

/// What claims are checked against.
pub(crate) struct Known {
	pub(crate) receipts: Vec<Placed>,
	pub(crate) sources: BTreeMap<ContributionId, Source>,
	pub(crate) manifest: Option<Manifest>,
	/// The channel's, of a grounded claim; nothing if the channel is gone and the index does not tell of its opening.
	pub(crate) corpora: Option<Corpora>,
	pub(crate) history: Option<History>,
	/// The longest claim.
	pub(crate) claim_bytes_max: u64,
}

/// Everything about one claim.
pub(crate) fn all(case: &Case, claim: u32, known: &Known, files: &Files) -> Vec<Check> {
	let mut checks = Checks(Vec::new());
	let Some(record) = case.claims.get(claim as usize) else { return checks.0 };
	checks.judge("receipts", batch_root(&known.receipts).is_ok_and(|root| root == case.root), || {
		format!("{} receipts have the root that was submitted", known.receipts.len())
	});
	let Some(placed) = known.receipts.get(record.receipt as usize) else {
		checks.push("receipt", Ending::Fails, "the batch has no such receipt");
		return checks.0;
	};
	let receipt = &placed.receipt;
	worths(&mut checks, case, claim, record, known);
	lawful(&mut checks, case, record, receipt, known);
	evidence(&mut checks, record, receipt, known, files);
	if let Some(history) = &known.history {
		history_of(&mut checks, case, claim, history);
	} else {
		checks.push("outcome", Ending::Unknown, "the node has no index of events");
	}
	checks.0
}

struct Checks(Vec<Check>);

impl Checks {
	fn push(&mut self, name: &'static str, ending: Ending, detail: impl Into<String>) {
		self.0.push(Check { name, ending, detail: detail.into() });
	}

	fn judge(&mut self, name: &'static str, holds: bool, detail: impl FnOnce() -> String) {
		let (ending, detail) = match holds {
			true => (Ending::Holds, detail()),
			false => (Ending::Fails, format!("not so: {}", detail())),
		};
		self.push(name, ending, detail);
	}

	fn unknown(&mut self, name: &'static str, why: Missing) {
		self.push(name, Ending::Unknown, why);
	}
}

/// What it moves, by the formulas, and the ceiling of its receipt.
fn worths(checks: &mut Checks, case: &Case, claim: u32, record: &ClaimView, known: &Known) {
	let receipt = &known.receipts[record.receipt as usize].receipt;
	let Some(share) = case.models.iter().find(|share| share.model == receipt.model) else {
		checks.push("amount", Ending::Fails, format!("the batch tells nothing of model {}", receipt.model.0));
		return;
	};
	let of_model = known.receipts.iter().filter(|placed| placed.receipt.model == receipt.model);
	let fees = of_model.fold(0u128, |sum, placed| sum.saturating_add(placed.receipt.fee));
	checks.judge("fees", fees == share.fees, || {
		format!("the receipts of model {} cost {}", receipt.model.0, Amount(share.fees))
	});
	let amount = worth::claim(&case.parameters, share, &record.evidence, receipt);
	checks.judge("amount", amount == record.amount, || {
		format!("the formulas give {} and the chain says {}", Amount(amount), Amount(record.amount))
	});
	let beside = || case.claims.iter().zip(0u32..).filter(|(other, _)| other.receipt == record.receipt);
	let taken = beside().fold(0u128, |sum, (other, _)| sum.saturating_add(other.amount));
	let most = worth::of(case.parameters.all, worth::fraction(share.data, receipt.fee, share.fees));
	checks.judge("ceiling", taken <= most, || {
		format!("all claims of the receipt move {} of at most {}", Amount(taken), Amount(most))
	});
	let overlapping =
		beside().find(|(other, place)| *place != claim && overlap(&known.sources, record, other));
	checks.judge("disjoint", overlapping.is_none(), || match overlapping {
		Some((_, place)) => format!("claim {place} has bytes in common with it"),
		None => "no other claim of the receipt has a byte of it".into(),
	});
}

/// Whether two claims of one receipt are about the same bytes, as the chain judges it: content is the same wherever it is
/// listed.
fn overlap(sources: &BTreeMap<ContributionId, Source>, one: &ClaimView, other: &ClaimView) -> bool {
	use Evidence::{Attested, Grounded, Span};
	let root = |claim: &ClaimView| sources.get(&claim.contribution).map(|source| source.content.root);
	let same = one.contribution == other.contribution || root(one).is_some() && root(one) == root(other);
	let common = |(a, m): (u64, u64), (b, n): (u64, u64)| a < b.saturating_add(n) && b < a.saturating_add(m);
	match (one.evidence, other.evidence) {
		(Span { output: a, length: m, .. }, Span { output: b, length: n, .. }) => common((a, m), (b, n)),
		(Grounded { offset: a, length: m }, Grounded { offset: b, length: n })
		| (Grounded { offset: a, length: m }, Span { offset: b, length: n, .. })
		| (Span { offset: a, length: m, .. }, Grounded { offset: b, length: n }) => same && common((a, m), (b, n)),
		(Attested { .. }, _) | (_, Attested { .. }) => same,
	}
}

/// What submission asks for: that the version may be claimed, holds the contribution, and the ranges are within bounds.
fn lawful(checks: &mut Checks, case: &Case, record: &ClaimView, receipt: &Receipt, known: &Known) {
	let Some(source) = known.sources.get(&record.contribution) else {
		let detail =
			format!("the chain has no contribution {}, or it is not accepted", record.contribution.0);
		checks.push("member", Ending::Fails, detail);
		return;
	};
	let place = (source.datanet, record.version);
	let (what, versions) = match record.evidence {
		Evidence::Grounded { .. } => ("the channel's corpora", known.corpora.as_ref()),
		Evidence::Span { .. } | Evidence::Attested { .. } => {
			("the model's manifest", known.manifest.as_ref().map(|manifest| &manifest.versions))
		}
	};
	match versions {
		Some(versions) => checks.judge("version", versions.contains(&place), || {
			format!("version {} of datanet {} is in {what}", record.version.0, source.datanet.0)
		}),
		None => checks.unknown(
			"version",
			format!(
				"{what} are not known: the channel is gone, and the node's index does not have its opening"
			),
		),
	}
	checks.judge("member", source.is_in(record.version), || {
		format!("contribution {} is in version {}", record.contribution.0, record.version.0)
	});
	let within =
		|start: u64, length: u64, whole: u64| start.checked_add(length).is_some_and(|end| end <= whole);
	let (fits, offset, length) = match record.evidence {
		Evidence::Span { output, offset, length } => {
			let fits = receipt.disclose
				&& length >= case.parameters.span_bytes_min
				&& within(output, length, receipt.output.len);
			(fits, offset, length)
		}
		Evidence::Grounded { offset, length } => {
			let whole = receipt.context.map_or(0, |context| context.bytes);
			((1..=whole).contains(&length), offset, length)
		}
		Evidence::Attested { .. } => (false, 0, 0),
	};
	let holds = fits && within(offset, length, source.content.len) && length <= known.claim_bytes_max;
	checks.judge("range", holds, || match record.evidence {
		Evidence::Span { output, .. } => format!(
			"bytes {output} to {} of a disclosed output of {}, from byte {offset} of {} of the contribution",
			output.saturating_add(length),
			receipt.output.len,
			source.content.len
		),
		_ => format!(
			"bytes {offset} to {} of a contribution of {}, in a context of {}",
			offset.saturating_add(length),
			source.content.len,
			receipt.context.map_or(0, |context| context.bytes)
		),
	});
}

/// The bytes of both sides, and what the user brought.
fn evidence(checks: &mut Checks, record: &ClaimView, receipt: &Receipt, known: &Known, files: &Files) {
	let of_source = known
		.sources
		.get(&record.contribution)
		.map(|source| files.contribution(record.contribution, &source.content));
	let of_source = of_source.unwrap_or_else(|| Err("the chain does not have the contribution".into()));
	let claimed = match record.evidence {
		Evidence::Span { output, offset, length } => {
			span(checks, receipt, of_source, files, (output, offset, length))
		}
		Evidence::Grounded { offset, length } => {
			let piece = ContextLeaf { contribution: record.contribution, offset, length };
			context(checks, receipt, &piece, files);
			of_source.map(|bytes| part(bytes, offset, length).map(<[u8]>::to_vec))
		}
		Evidence::Attested { .. } => return,
	};
	match claimed {
		Ok(Some(claimed)) => echo(checks, receipt, &claimed, files),
		// The check of the range told that already.
		Ok(None) => {}
		Err(why) => checks.unknown("prompt", why),
	}
	if let Evidence::Span { output, length, .. } = record.evidence {
		if let Ok(bytes) = files.content("output", &receipt.output.root) {
			if let Some(claimed) = part(&bytes, output, length) {
				earlier(checks, record, claimed, known, files);
			}
		}
	}
}

fn part(bytes: &[u8], start: u64, length: u64) -> Option<&[u8]> {
	let start = usize::try_from(start).ok()?;
	bytes.get(start..start.checked_add(usize::try_from(length).ok()?)?)
}

fn span(
	checks: &mut Checks,
	receipt: &Receipt,
	source: Result<&[u8], Missing>,
	files: &Files,
	(start, offset, length): (u64, u64, u64),
) -> Result<Option<Vec<u8>>, Missing> {
	let output = files.content("output", &receipt.output.root);
	let output = match output {
		Ok(output) => output,
		Err(why) => {
			checks.unknown("length", why.clone());
			checks.unknown("bytes", why.clone());
			return Err(why);
		}
	};
	checks.judge("length", output.len() as u64 == receipt.output.len, || {
		format!("the output has the {} bytes that the receipt says", receipt.output.len)
	});
	let claimed = part(&output, start, length).map(<[u8]>::to_vec);
	match (source, &claimed) {
		(Ok(source), Some(claimed)) => {
			let theirs = part(source, offset, length);
			checks.judge("bytes", theirs == Some(&claimed[..]), || {
				format!("{length} bytes of output and contribution are equal")
			});
		}
		(Ok(_), None) => checks.push("bytes", Ending::Fails, "the claimed range is not within the output"),
		(Err(why), _) => checks.unknown("bytes", why),
	}
	Ok(claimed)
}

fn context(checks: &mut Checks, receipt: &Receipt, piece: &ContextLeaf, files: &Files) {
	let Some(context) = receipt.context else {
		checks.push("context", Ending::Fails, "the receipt has no context");
		return;
	};
	match files.pieces(&context.root) {
		Ok(pieces) => {
			checks.judge("context", pieces.contains(piece), || {
				format!("the piece is one of {} under the context's root", pieces.len())
			});
			let bytes = pieces.iter().fold(0u64, |sum, piece| sum.saturating_add(piece.length));
			checks.judge("context-bytes", bytes == context.bytes, || {
				format!("the pieces have the {} bytes that the receipt says", context.bytes)
			});
		}
		Err(why) => {
			checks.unknown("context", why.clone());
			checks.unknown("context-bytes", why);
		}
	}
}

fn echo(checks: &mut Checks, receipt: &Receipt, claimed: &[u8], files: &Files) {
	match files.prompt(&receipt.prompt) {
		Ok(prompt) => {
			let echo = common_piece(claimed, &prompt, claimed.len().div_ceil(2));
			checks.judge("prompt", echo.is_none(), || match echo {
				Some((start, at)) => {
					format!("half of it, from its {start}th byte on, stands in the prompt at {at}")
				}
				None => "the prompt has no half of it in one piece".into(),
			});
		}
		Err(why) => checks.unknown("prompt", why),
	}
}

/// Somebody could have moved it; nobody did, or it went to somebody else.
fn earlier(checks: &mut Checks, record: &ClaimView, claimed: &[u8], known: &Known, files: &Files) {
	let (Some(manifest), Some(own)) = (&known.manifest, known.sources.get(&record.contribution)) else {
		return;
	};
	let (places, _) = files.places(claimed, 16);
	let earlier = places.iter().find_map(|place| {
		let source = known.sources.get(&place.contribution)?;
		manifest.version_of(source).filter(|_| source.commitment < own.commitment)?;
		Some(place.contribution)
	});
	if let Some(earlier) = earlier {
		let detail = format!("contribution {} has the range too, and was there before", earlier.0);
		checks.push("earlier", Ending::Note, detail);
	}
}

/// What became of it.
fn history_of(checks: &mut Checks, case: &Case, claim: u32, history: &History) {
	if let Some(moved) = fate::moved(history, claim) {
		let detail = format!(
			"a counterclaim of {} moved it to contribution {} in version {}",
			crate::address::display(&moved.by),
			moved.contribution.0,
			moved.version.0
		);
		checks.push("moved", Ending::Note, detail);
	}
	match fate::of(case, history, claim) {
		Fate::Open => checks.push("outcome", Ending::Note, "the batch is open: nothing is paid yet"),
		Fate::Paid { block, contribution, amount, submitter } => checks.push(
			"outcome",
			Ending::Holds,
			format!(
				"paid in block {block}: {} to contribution {}, {} to whoever submitted or moved it",
				Amount(amount),
				contribution.0,
				Amount(submitter)
			),
		),
		Fate::PaidWrong { block, cause } => {
			checks.push("outcome", Ending::Fails, format!("paid in block {block}, but {cause}"));
		}
		Fate::Void { block, challenger } => checks.push(
			"outcome",
			Ending::Note,
			format!(
				"void since block {block}: {} found fraud in the batch; it was paid nothing",
				crate::address::display(&challenger)
			),
		),
		Fate::Unknown { cause } => {
			let reach = match history.is_whole() {
				true => String::new(),
				false => "; the node's index lacks events, ask one with an index from the genesis on".into(),
			};
			checks.unknown("outcome", format!("{cause}{reach}"));
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		claims::testing::{bytes, Contribution, World},
		verify_claim::ClaimView,
	};
	use plexus_primitives::{CommitmentNumber, Content, Context};

	fn known(world: &World) -> Known {
		let facts = &world.facts;
		Known {
			receipts: facts.receipts.clone(),
			sources: facts.sources.clone(),
			manifest: facts.manifests.values().next().cloned(),
			corpora: Some(vec![(DatanetId(0), DatanetVersion(1))]),
			history: None,
			claim_bytes_max: facts.limits.claim_bytes_max,
		}
	}

	fn case(world: &World) -> Case {
		Case::of_open(&world.facts.batch, &world.facts.claims)
	}

	fn endings(world: &World, ending: Ending) -> Vec<&'static str> {
		let (case, known) = (case(world), known(world));
		let checks = all(&case, 0, &known, &world.files);
		checks.into_iter().filter(|check| check.ending == ending).map(|check| check.name).collect()
	}

	fn quoting(source: &[u8]) -> Vec<u8> {
		[bytes(90, 50), source[100..700].to_vec(), bytes(91, 50)].concat()
	}

	fn world(output: impl Fn(&[u8]) -> Vec<u8>, prompt: &[u8], evidence: Evidence) -> World {
		let source = bytes(1, 1_000);
		let contribution = Contribution { id: 1, commitment: 5, datanet: 0, bytes: source.clone() };
		World::new(&[contribution], &[(prompt.to_vec(), output(&source))], &[(0, 1, evidence)])
	}

	const SPAN: Evidence = Evidence::Span { output: 50, offset: 100, length: 600 };

	#[test]
	fn a_true_span_holds_in_every_check_but_what_is_not_over() {
		let world = world(quoting, b"say something", SPAN);
		assert_eq!(endings(&world, Ending::Fails), [""; 0]);
		assert_eq!(endings(&world, Ending::Unknown), ["outcome"]);
		let holding = endings(&world, Ending::Holds);
		for name in [
			"receipts", "fees", "amount", "ceiling", "disjoint", "version", "member", "range", "length",
			"bytes", "prompt",
		] {
			assert!(holding.contains(&name), "{name}: {holding:?}");
		}
	}

	#[test]
	fn each_thing_that_is_wrong_fails_in_the_check_of_its_name() {
		let differing = |source: &[u8]| {
			let mut output = quoting(source);
			output[60] ^= 1;
			output
		};
		assert_eq!(endings(&world(differing, b"say", SPAN), Ending::Fails), ["bytes"]);
		let source = bytes(1, 1_000);
		assert_eq!(endings(&world(quoting, &source[100..400], SPAN), Ending::Fails), ["prompt"]);
		let longer = world(quoting, b"say", SPAN).with_receipts(|receipt| receipt.output.len = 701);
		assert_eq!(endings(&longer, Ending::Fails), ["length"]);
		let mut dearer = world(quoting, b"say", SPAN);
		dearer.facts.claims[0].amount += 1;
		assert_eq!(endings(&dearer, Ending::Fails), ["amount"]);
		let mut much = world(quoting, b"say", SPAN);
		much.facts.claims[0].amount = 301;
		assert_eq!(endings(&much, Ending::Fails), ["amount", "ceiling"]);
		let mut left = world(quoting, b"say", SPAN);
		left.facts.sources.get_mut(&ContributionId(1)).expect("it is there").from = DatanetVersion(2);
		assert_eq!(endings(&left, Ending::Fails), ["member"]);
		let mut other = world(quoting, b"say", SPAN);
		other.facts.batch.root = [9; 32];
		assert_eq!(endings(&other, Ending::Fails), ["receipts"]);
		let hidden = world(quoting, b"say", SPAN).with_receipts(|receipt| receipt.disclose = false);
		assert_eq!(endings(&hidden, Ending::Fails), ["range"]);
		let mut foreign = world(quoting, b"say", SPAN);
		foreign.facts.manifests.values_mut().for_each(|manifest| manifest.versions.clear());
		assert_eq!(endings(&foreign, Ending::Fails), ["version"]);
		let mut twice = world(quoting, b"say", SPAN);
		let again = twice.facts.claims[0].clone();
		twice.facts.claims.push(again);
		assert_eq!(endings(&twice, Ending::Fails), ["disjoint"]);
		let mut dear = world(quoting, b"say", SPAN);
		dear.facts.batch.models[0].fees += 1;
		assert!(endings(&dear, Ending::Fails).contains(&"fees"));
	}

	#[test]
	fn a_piece_of_the_context_is_looked_for_under_its_root() {
		let evidence = Evidence::Grounded { offset: 100, length: 600 };
		let piece = ContextLeaf { contribution: ContributionId(1), offset: 100, length: 600 };
		let other = ContextLeaf { offset: 101, ..piece };
		for (pieces, failing) in [(vec![other, piece], vec![]), (vec![other], vec!["context"])] {
			let world = world(|_| bytes(5, 90), b"say", evidence);
			let store = world.files.store().expect("the world has one").clone();
			let context = store.put_pieces(&pieces).expect("it can be written");
			let world = world.with_receipts(|receipt| receipt.context = Some(context));
			let mut case = case(&world);
			let share = world.facts.batch.models[0];
			case.claims[0].amount =
				worth::claim(&case.parameters, &share, &evidence, &world.facts.receipts[0].receipt);
			let checks = all(&case, 0, &known(&world), &world.files);
			let failed: Vec<_> =
				checks.iter().filter(|check| check.ending == Ending::Fails).map(|check| check.name).collect();
			assert_eq!(failed, failing);
			let more = Context { bytes: context.bytes + 1, ..context };
			let world = world.with_receipts(|receipt| receipt.context = Some(more));
			let checks = all(&case, 0, &known(&world), &world.files);
			assert!(checks
				.iter()
				.any(|check| check.name == "context-bytes" && check.ending == Ending::Fails));
		}
	}

	#[test]
	fn what_is_not_at_hand_is_unknown_and_not_right() {
		let mut world = world(quoting, b"say", SPAN);
		world.files = Files::new(None, None);
		let unknown = endings(&world, Ending::Unknown);
		for name in ["length", "bytes", "prompt", "outcome"] {
			assert!(unknown.contains(&name), "{name}: {unknown:?}");
		}
		assert_eq!(endings(&world, Ending::Fails), [""; 0]);
	}

	#[test]
	fn ranges_overlap_as_the_chain_judges_it() {
		let view = |contribution: u64, evidence| ClaimView {
			receipt: 0,
			contribution: ContributionId(contribution),
			version: DatanetVersion(1),
			evidence,
			amount: 1,
		};
		let span = |output, offset| Evidence::Span { output, offset, length: 10 };
		let grounded = |offset| Evidence::Grounded { offset, length: 10 };
		// The third is a listing of the first.
		let listed = BTreeMap::from([(1, 1), (2, 2), (3, 1)].map(|(id, root)| {
			let content = Content { root: [root; 32], len: 100 };
			let (from, commitment) = (DatanetVersion(1), CommitmentNumber(id));
			(ContributionId(id), Source { content, datanet: DatanetId(0), commitment, from, until: None })
		}));
		let overlap = |one: &ClaimView, other: &ClaimView| overlap(&listed, one, other);
		assert!(overlap(&view(1, span(0, 0)), &view(2, span(9, 50))), "the same bytes of the output");
		assert!(!overlap(&view(1, span(0, 0)), &view(1, span(10, 0))), "an output may repeat itself");
		assert!(overlap(&view(1, grounded(0)), &view(1, span(90, 9))));
		assert!(!overlap(&view(1, grounded(0)), &view(2, span(90, 9))));
		assert!(!overlap(&view(1, grounded(0)), &view(1, grounded(10))));
		assert!(overlap(&view(1, grounded(0)), &view(3, span(90, 9))));
	}
}
