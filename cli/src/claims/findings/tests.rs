//! Each finding, and what is close to one and is none.

use super::*;
use crate::claims::{
	chain::{Moved, Unlisted},
	testing::{bytes, Contribution, World},
};
use plexus_primitives::{Context, ContextLeaf};

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
	let world =
		World::new(&[contribution(1, 1, 0, source)], &[(prompt(), output)], &[(0, 1, span(50, 100, 600))]);
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
	moved.facts.claims[0].moved = Some(Moved { contribution, version, by, number: 0 });
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
	let mut listed =
		World::new(&[contribution(1, 1, 1, source.clone())], &[(prompt(), quoting(&source))], &[]);
	let found = listed.facts.sources[&ContributionId(1)];
	let besides = crate::claims::facts::Source { datanet: plexus_primitives::DatanetId(0), ..found };
	listed.facts.places.insert(found.content.root, vec![found, besides]);
	assert_eq!(wrongs(&listed), [], "the manifest lists the same content under another contribution");
	let copy = contribution(2, 2, 2, source[100..700].to_vec());
	let curated = contribution(1, 1, 1, source.clone());
	let mut open = World::new(&[curated, copy], &[(prompt(), quoting(&source))], &[]);
	assert_eq!(wrongs(&open).len(), 1);
	let found = open.facts.sources[&ContributionId(2)];
	assert!(open.facts.unplaced().contains(&found.content.root), "it may be in the manifest, too");
	let besides = crate::claims::facts::Source { datanet: plexus_primitives::DatanetId(0), ..found };
	open.facts.places.insert(found.content.root, vec![found, besides]);
	assert_eq!(wrongs(&open), [], "the manifest lists what an open datanet has with the same bytes");
	open.facts.versions.values_mut().for_each(|first| first.curated = false);
	assert_eq!(open.facts.unplaced(), BTreeSet::new(), "nothing can be unlisted");
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
fn a_context_of_other_bytes_than_the_receipt_says_is_wrong_and_cannot_be_proved() {
	let source = bytes(1, 1_000);
	let piece = ContextLeaf { contribution: ContributionId(1), offset: 50, length: 200 };
	let claim = (0, 1, Evidence::Grounded { offset: 50, length: 200 });
	let found = |bytes_said: u64| {
		let world = World::new(
			&[contribution(1, 1, 0, source.clone())],
			&[(prompt(), bytes(5, 100))],
			&[claim, claim],
		);
		let store = world.files.store().expect("the world has one").clone();
		let pieces = [piece, ContextLeaf { offset: 300, ..piece }];
		let context = store.put_pieces(&pieces).expect("it can be written");
		let context = Context { bytes: bytes_said, ..context };
		let world = world.with_receipts(|receipt| receipt.context = Some(context));
		find(&world.facts, &world.files)
	};
	assert_eq!(found(400), Found::default());
	for (said, does) in [(399, "move more"), (401, "move less")] {
		let found = found(said);
		assert_eq!(found.unproved.len(), 1, "once for all claims of the receipt");
		let detail = &found.unproved[0].detail;
		assert!(detail.contains("have 400 bytes") && detail.contains(does), "{detail}");
		assert_eq!((found.findings.len(), found.unseen()), (0, BTreeSet::new()), "no demand would show it");
	}
}

/// So many contributions that have a passage at their 21st byte, each committed to before the one before it; and the passage.
fn with_passage(count: u64, datanet: u32) -> (Vec<Contribution>, Vec<u8>) {
	let passage = bytes(1, 600);
	let text = |id: u64| [bytes(100 + id, 20), vec![255], passage.clone()].concat();
	((1..=count).map(|id| contribution(id, 100 - id, datanet, text(id))).collect(), passage)
}

/// An answer that repeats a passage from its 50th byte on.
fn repeating(passage: &[u8]) -> (Vec<u8>, Vec<u8>) {
	(prompt(), [&[0; 50][..], passage, &[1; 50]].concat())
}

fn unchecked(world: &World) -> Vec<(&'static str, Missing)> {
	let found = find(&world.facts, &world.files);
	assert_eq!(found.findings, []);
	found.unchecked.into_iter().map(|one| (one.what, one.why)).collect()
}

#[test]
fn what_may_be_unlisted_and_could_not_be_looked_at_is_named() {
	let world = |count, datanet| {
		let (contributions, passage) = with_passage(count, datanet);
		World::new(&contributions, &[repeating(&passage)], &[])
	};
	let most = world(PLACES_MAX as u64, 1);
	let found = find(&most.facts, &most.files);
	assert_eq!((found.findings.len(), found.unchecked), (1, vec![]));
	let named = unchecked(&world(PLACES_MAX as u64 + 1, 1));
	assert!(named.len() == 1 && named[0].0 == UNLISTED && named[0].1.contains("more places"), "{named:?}");

	let last = ContributionId(2);
	let mut pending = world(2, 1);
	pending.facts.sources.remove(&last);
	let named = unchecked(&pending);
	assert!(named.len() == 1 && named[0].1.contains("has not accepted"), "it may be listed: {named:?}");
	let mut open = world(2, 2);
	open.facts.sources.remove(&last);
	assert!(unchecked(&open).is_empty(), "nothing of it can be unlisted");
	open.facts.asked.remove(&last);
	let named = unchecked(&open);
	assert!(named.len() == 1 && named[0].1.contains("is asked about"), "{named:?}");
}

#[test]
fn what_may_be_earlier_and_was_not_asked_about_is_named() {
	let (contributions, passage) = with_passage(2, 0);
	let mut world = World::new(&contributions, &[repeating(&passage)], &[(0, 1, span(50, 21, 600))]);
	assert_eq!(wrongs(&world).iter().map(Wrong::name).collect::<Vec<_>>(), ["counterclaim"]);
	let earlier = ContributionId(2);
	world.facts.sources.remove(&earlier);
	assert!(unchecked(&world).is_empty(), "what is not accepted is in no manifest");
	world.facts.asked.remove(&earlier);
	let named = unchecked(&world);
	assert!(named.len() == 1 && named[0].0 == EARLIER && named[0].1.contains("is asked about"), "{named:?}");
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
