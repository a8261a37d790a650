//! Proofs over real open batches, and damage to them: bytes changed, cut, doubled, reordered, or taken from other proofs; and
//! the same to the lists within a proof, its slices and paths, whose lengths are right afterwards. Challenges are revealed
//! under commitments of another chain, account or batch, too.
//!
//! ```text
//! batch 0: what another datanet has as well, once shown to be unlisted
//! batch 1: a span and a piece of a context, both true       batch 2: the same, both false        every claim is demanded
//! batch 3: an output of a false length                      batch 4: what the prompt had         batch 5: of a later copy
//! batch 6: a piece of a context that the prompt had         batch 7: the claims of batch 1, both drawn as samples
//! ```
//!
//! Every challenge of the protocol and every answer is among them, true and false, but for one that is true of an unlawful
//! claim: submission refuses such claims. Each is shown where it belongs and in another batch; counterclaims, sources and
//! answers are also shown with the bytes of another datanet.
//!
//! # Must not
//! Count as accepted what is not damaged.

// Each binary uses a part.
#![allow(dead_code)]

use crate::{
	choices::Choices,
	common::evidence::{content, context, length_proof, path_of_piece, slice, text, Filed},
	world::*,
};
use codec::{Compact, Decode, DecodeAll, Encode};
use frame_support::dispatch::DispatchResult;
use pallet_attribution::Batches;
use plexus_primitives::{
	challenge::{commitment, Answer, Challenge, Listed, Path},
	slice::SLICE_BYTES_MAX,
	BatchId, Claim, Content, ContextLeaf, ContributionId, DatanetId, DatanetVersion, Receipt, ReceiptProof,
};
use plexus_runtime::{Runtime, RuntimeCall, RuntimeOrigin, System};
use sp_runtime::traits::Dispatchable;

/// What became of damaged bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
	/// They are not even a proof.
	Undecodable,
	/// They do not hold.
	Refused,
	/// They hold.
	Accepted,
}

/// What is shown, and where.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
	Answer {
		batch: BatchId,
		claim: u32,
	},
	Challenge {
		batch: BatchId,
	},
	/// Against an unlisted source that was shown of the first receipt.
	Listed {
		batch: BatchId,
	},
}

/// What the commitment to a challenge is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Committed {
	/// What is revealed.
	Here,
	/// The same on another chain.
	OnAnotherChain,
	/// The same by another account.
	ByAnother,
	/// The same of another batch.
	OfAnotherBatch,
}

/// Commitments that nothing can be revealed under.
const ELSEWHERE: [Committed; 3] =
	[Committed::OnAnotherChain, Committed::ByAnother, Committed::OfAnotherBatch];

/// A list in the bytes of a proof: a slice, which is of bytes, or a path, which is of hashes.
#[derive(Clone, Copy)]
struct List {
	/// Where it begins, with the number of its items.
	start: usize,
	end: usize,
	item_bytes: usize,
}

impl List {
	/// Its items.
	fn items(&self, bytes: &[u8]) -> Vec<u8> {
		let mut input = &bytes[self.start..self.end];
		Compact::<u32>::decode(&mut input).expect("it begins with the number of its items");
		input.to_vec()
	}

	/// Puts other items in its place.
	fn replace(&self, bytes: &mut Vec<u8>, items: &[u8]) {
		let number = Compact((items.len() / self.item_bytes) as u32).encode();
		drop(bytes.splice(self.start..self.end, [&number[..], items].concat()));
	}
}

/// A parent in a slice: two hashes.
const PARENT_BYTES: usize = 64;
const HASH_BYTES: usize = 32;

/// A proof whose damage is tried.
struct Original {
	shown: Shown,
	bytes: Vec<u8>,
	/// Those that are not empty.
	lists: Vec<List>,
	/// Whether it holds as it is.
	holds: bool,
}

impl Original {
	fn new(shown: Shown, proof: &impl Encode, paths: &[&Path], slices: &[&[u8]], holds: bool) -> Self {
		let bytes = proof.encode();
		let paths = paths.iter().filter(|path| !path.is_empty()).map(|path| (path.encode(), HASH_BYTES));
		let slices = slices.iter().map(|slice| (slice.encode(), 1));
		let place = |(list, item_bytes): (Vec<u8>, usize)| {
			let start = bytes.windows(list.len()).position(|window| window == list);
			let start = start.expect("a proof has its lists");
			List { start, end: start + list.len(), item_bytes }
		};
		let lists = paths.chain(slices).map(place).collect();
		Self { shown, bytes, lists, holds }
	}

	fn answer(batch: BatchId, claim: u32, answer: &Answer, holds: bool) -> Self {
		let (paths, slices) = match answer {
			Answer::Grounded { receipt, path, .. } => (vec![&receipt.path, path], vec![]),
			Answer::Span { receipt, length, output, source } => {
				(vec![&receipt.path], vec![&length[..], &output[..], &source[..]])
			}
		};
		Self::new(Shown::Answer { batch, claim }, answer, &paths, &slices, holds)
	}

	fn challenge(batch: BatchId, challenge: &Challenge, holds: bool) -> Self {
		let (receipt, slices): (&ReceiptProof, Vec<&[u8]>) = match challenge {
			Challenge::Mismatch { receipt, output, source, .. }
			| Challenge::Counterclaim { receipt, output, source, .. }
			| Challenge::UnlistedSource { receipt, output, source, .. } => (receipt, vec![&output[..], &source[..]]),
			Challenge::FalseLength { receipt, output, .. } => (receipt, vec![&output[..]]),
			Challenge::Unlawful { receipt, .. } => (receipt, vec![]),
			Challenge::PromptEcho { receipt, claimed, prompt, .. } => {
				(receipt, vec![&claimed[..], &prompt[..]])
			}
		};
		Self::new(Shown::Challenge { batch }, challenge, &[&receipt.path], &slices, holds)
	}

	fn listed(batch: BatchId, listed: &Listed, holds: bool) -> Self {
		let slices = [&listed.output[..], &listed.source[..]];
		Self::new(Shown::Listed { batch }, listed, &[&listed.receipt.path], &slices, holds)
	}
}

pub struct Proofs {
	world: World,
	originals: Vec<Original>,
}

fn piece() -> ContextLeaf {
	ContextLeaf { contribution: ContributionId(RETRIEVED), offset: 0, length: 3_000 }
}

fn pieces() -> [ContextLeaf; 3] {
	[piece(), ContextLeaf { offset: 3_000, length: 500, ..piece() }, ContextLeaf { length: 7, ..piece() }]
}

fn receipts() -> [Receipt; 2] {
	let quoting = receipt(&quoting());
	[quoting, Receipt { context: Some(context(&pieces())), disclose: false, ..quoting }]
}

fn grounded_answer(filed: &Filed) -> Answer {
	Answer::Grounded { receipt: filed.proof(1), leaf: 0, leaves: 3, path: path_of_piece(&pieces(), 0) }
}

/// One of each kind, none of which holds against what is true.
fn challenges_of(filed: &Filed) -> Vec<Challenge> {
	let (output, prompt) = (quoting(), b"what is a flower?".to_vec());
	let source = bytes_of(ORIGINAL);
	vec![
		Challenge::Mismatch {
			claim: 0,
			receipt: filed.proof(0),
			start: 10,
			length: 100,
			output: slice(&output, 510, 100),
			source: slice(&source, 1_510, 100),
		},
		Challenge::FalseLength { claim: 0, receipt: filed.proof(0), output: length_proof(&output) },
		Challenge::Unlawful { claim: 1, receipt: filed.proof(1) },
		Challenge::PromptEcho {
			claim: 0,
			receipt: filed.proof(0),
			start: 0,
			length: 10,
			prompt_offset: 2,
			claimed: slice(&output, 500, 10),
			prompt: slice(&prompt, 2, 10),
		},
		counterclaim(filed, &output, (500, 1_000), COPY, 1_500),
		Challenge::UnlistedSource {
			place: 0,
			receipt: filed.proof(0),
			start: 500,
			length: 1_000,
			contribution: ContributionId(ORIGINAL),
			version: DatanetVersion(1),
			offset: 1_500,
			output: slice(&output, 500, 1_000),
			source: slice(&source, 1_500, 1_000),
		},
	]
}

/// What a prompt had already.
fn echoed() -> Vec<u8> {
	[b"repeat: ".to_vec(), bytes_of(ORIGINAL)[1_500..2_500].to_vec()].concat()
}

/// Half of the grounded piece, which the user brought.
fn echoed_piece() -> Vec<u8> {
	[b"about ".to_vec(), bytes_of(RETRIEVED)[..1_500].to_vec()].concat()
}

/// A datanet that no manifest names, and its version with the twin.
const TWINS: DatanetId = DatanetId(1);
const TWINS_VERSION: DatanetVersion = DatanetVersion(2);

/// Where the quoted bytes are in the twin of the original.
const TWIN_OFFSET: u64 = 200;

fn twin() -> Vec<u8> {
	let quoted = bytes_of(ORIGINAL)[1_500..2_500].to_vec();
	[text(102, TWIN_OFFSET as usize), quoted, text(103, 100)].concat()
}

/// Batches with what is fraud, moved or unlisted, and a challenge of each that holds.
fn file_breaches(world: &mut World) -> Vec<(Filed, Challenge)> {
	let short = Content { len: 1_500, ..content(&quoting()) };
	let filed = world.file(&[Receipt { output: short, ..receipt(&quoting()) }], &[true_claim()]);
	let output = length_proof(&quoting());
	let shown = Challenge::FalseLength { claim: 0, receipt: filed.proof(0), output };
	let mut breaches = vec![(filed, shown)];
	let filed = world.file(&[Receipt { prompt: content(&echoed()), ..receipt(&quoting()) }], &[true_claim()]);
	let shown = Challenge::PromptEcho {
		claim: 0,
		receipt: filed.proof(0),
		start: 0,
		length: 1_000,
		prompt_offset: 8,
		claimed: slice(&quoting(), 500, 1_000),
		prompt: slice(&echoed(), 8, 1_000),
	};
	breaches.push((filed, shown));
	let filed = world.file(&[receipt(&quoting())], &[span(0, COPY, 500, 1_500, 1_000)]);
	let shown = counterclaim(&filed, &quoting(), (500, 1_000), ORIGINAL, 1_500);
	breaches.push((filed, shown));
	let (retrieved, prompt) = (bytes_of(RETRIEVED), echoed_piece());
	let [_, grounding] = receipts();
	let claim = grounded(0, RETRIEVED, 0, 3_000);
	let filed = world.file(&[Receipt { prompt: content(&prompt), ..grounding }], &[claim]);
	let shown = Challenge::PromptEcho {
		claim: 0,
		receipt: filed.proof(0),
		start: 0,
		length: 1_500,
		prompt_offset: 6,
		claimed: slice(&retrieved, 0, 1_500),
		prompt: slice(&prompt, 6, 1_500),
	};
	breaches.push((filed, shown));
	breaches
}

/// A counterclaim for what another datanet has, as the version of that datanet or as one of the manifest.
fn elsewhere(filed: &Filed, twin_id: ContributionId, version: DatanetVersion) -> Challenge {
	Challenge::Counterclaim {
		claim: 0,
		receipt: filed.proof(0),
		contribution: twin_id,
		version,
		offset: TWIN_OFFSET,
		output: slice(&quoting(), 500, 1_000),
		source: slice(&twin(), TWIN_OFFSET, 1_000),
	}
}

/// A model that is younger than what another datanet has, and a batch of it that repeats that twice.
fn file_unlisted(world: &mut World) -> (Filed, ContributionId) {
	let twin = world.contribute(&dave(), TWINS, &twin());
	world.accept(twin);
	world.succeeds(&carol(), DatanetsCall::publish { datanet: TWINS });
	world.pass(1);
	let later = world.register(&alice(), model(b"later", &[], percent(10), (50, 20)));
	let terms = world.terms(&peter(), &[later]);
	let channel = world.open_with(&peter(), terms, 10 * FEE);
	let one = Receipt { model: later, ..receipt(&quoting()) };
	(world.file_of(&peter(), channel, &[one, one], &[]), twin)
}

fn unlisted(filed: &Filed, place: u32, twin_id: ContributionId) -> Challenge {
	Challenge::UnlistedSource {
		place,
		receipt: filed.proof(place),
		start: 500,
		length: 1_000,
		contribution: twin_id,
		version: TWINS_VERSION,
		offset: TWIN_OFFSET,
		output: slice(&quoting(), 500, 1_000),
		source: slice(&twin(), TWIN_OFFSET, 1_000),
	}
}

/// That the manifest has those bytes, too.
fn listed_after_all(filed: &Filed) -> Listed {
	Listed {
		receipt: filed.proof(0),
		contribution: ContributionId(ORIGINAL),
		version: DatanetVersion(1),
		offset: 1_500,
		output: slice(&quoting(), 500, 1_000),
		source: slice(&bytes_of(ORIGINAL), 1_500, 1_000),
	}
}

/// What is shown of the batches where every claim is true, and where every claim is false; and of the one whose claims were
/// drawn.
fn answers(sound: &Filed, fraudulent: &Filed, drawn: &Filed) -> Vec<Original> {
	let source = bytes_of(ORIGINAL);
	let of = |filed: &Filed, claim: Claim| {
		[(0, answer_span(filed, &claim, &quoting(), &source)), (1, grounded_answer(filed))]
	};
	let mut originals = Vec::new();
	for (filed, claim, holds) in
		[(sound, true_claim(), true), (fraudulent, false_span(), false), (drawn, true_claim(), true)]
	{
		for (claim, answer) in of(filed, claim) {
			originals.push(Original::answer(filed.batch, claim, &answer, holds));
		}
	}
	for (claim, answer) in of(sound, true_claim()) {
		originals.push(Original::answer(fraudulent.batch, claim, &answer, false));
	}
	// The same bytes, of another datanet.
	let mut replayed = answer_span(sound, &true_claim(), &quoting(), &source);
	if let Answer::Span { source, .. } = &mut replayed {
		*source = slice(&twin(), TWIN_OFFSET, 1_000);
	}
	originals.push(Original::answer(sound.batch, 0, &replayed, false));
	originals
}

fn false_span() -> Claim {
	span(0, ORIGINAL, 500, 0, 1_000)
}

impl Proofs {
	pub fn new() -> Self {
		let mut world = World::new();
		let (repeating, twin_id) = file_unlisted(&mut world);
		assert_eq!(receipts()[0].output, content(&quoting()));
		let sound = world.file(&receipts(), &[true_claim(), grounded(1, RETRIEVED, 0, 3_000)]);
		let fraudulent = world.file(&receipts(), &[false_span(), grounded(1, RETRIEVED, 0, 2_999)]);
		let mut breaches = file_breaches(&mut world);
		let drawn = world.file(&receipts(), &[true_claim(), grounded(1, RETRIEVED, 0, 3_000)]);
		let mut samples = world.draw(drawn.batch);
		samples.sort_unstable();
		assert_eq!(samples, [0, 1], "both claims are drawn");
		let first = world.challenge(&charlie(), repeating.batch, unlisted(&repeating, 0, twin_id));
		assert_eq!(first, Ok(Ok(())), "it is unlisted");
		for batch in [sound.batch, fraudulent.batch] {
			for claim in 0..2 {
				world.succeeds(&charlie(), AttributionCall::demand { batch, claim });
			}
		}
		let mut originals = answers(&sound, &fraudulent, &drawn);
		for challenge in challenges_of(&sound) {
			originals.push(Original::challenge(sound.batch, &challenge, false));
		}
		for (filed, _) in &breaches {
			let lawful = Challenge::Unlawful { claim: 0, receipt: filed.proof(0) };
			originals.push(Original::challenge(filed.batch, &lawful, false));
			for version in [TWINS_VERSION, DatanetVersion(1)] {
				originals.push(Original::challenge(filed.batch, &elsewhere(filed, twin_id, version), false));
			}
		}
		let fraud = mismatch(&fraudulent, 0, &false_span(), &quoting(), &bytes_of(ORIGINAL));
		breaches.push((fraudulent, fraud));
		breaches.push((repeating.clone(), unlisted(&repeating, 1, twin_id)));
		// Each proof where it belongs, and in another batch.
		for (filed, shown) in &breaches {
			originals.push(Original::challenge(filed.batch, shown, true));
			originals.push(Original::challenge(sound.batch, shown, false));
		}
		let answer = listed_after_all(&repeating);
		originals.push(Original::listed(repeating.batch, &answer, true));
		originals.push(Original::listed(sound.batch, &answer, false));
		let source = slice(&twin(), TWIN_OFFSET, 1_000);
		let replayed =
			Listed { contribution: twin_id, version: TWINS_VERSION, offset: TWIN_OFFSET, source, ..answer };
		originals.push(Original::listed(repeating.batch, &replayed, false));
		Self { world, originals }
	}

	/// That each proof holds, or does not, as it is: otherwise its damage would show nothing. And that no challenge is
	/// revealed under a commitment to another.
	pub fn assert_undamaged(&mut self) {
		for place in 0..self.originals.len() {
			let Original { shown, bytes, holds, .. } = &self.originals[place];
			let (shown, bytes, holds) = (*shown, bytes.clone(), *holds);
			let expected = if holds { Outcome::Accepted } else { Outcome::Refused };
			assert_eq!(self.show(shown, &bytes, Committed::Here), expected, "proof {place}");
			for committed in ELSEWHERE {
				if let Shown::Challenge { .. } = shown {
					let outcome = self.show(shown, &bytes, committed);
					assert_eq!(outcome, Outcome::Refused, "proof {place}, committed {committed:?}");
				}
			}
		}
	}

	/// Damages one proof, and shows it. Panics if what was false holds then, or if anything breaks.
	pub fn attempt(&mut self, choices: &mut Choices) -> Outcome {
		let place = choices.below(self.originals.len() as u64) as usize;
		let Original { shown, bytes: whole, lists, holds } = &self.originals[place];
		let (shown, mut bytes, holds) = (*shown, whole.clone(), *holds);
		let list = if choices.one_in(2) { choices.pick(lists) } else { None };
		let mut oversized = false;
		match list {
			Some(list) => oversized = self.damage_list(choices, &mut bytes, list),
			None => (0..1 + choices.below(2)).for_each(|_| self.damage(choices, &mut bytes)),
		}
		let unchanged = self.originals[place].bytes == bytes;
		let committed = match shown {
			Shown::Challenge { .. } if choices.one_in(16) => choices.pick(&ELSEWHERE),
			_ => None,
		};
		let outcome = self.show(shown, &bytes, committed.unwrap_or(Committed::Here));
		let accepted = outcome == Outcome::Accepted;
		assert!(!oversized || outcome == Outcome::Undecodable, "proof {place} may have an endless list");
		assert!(committed.is_none() || !accepted, "proof {place} holds, committed {committed:?}");
		// Damage may turn a false proof into the true one that there is.
		let may_hold = self.originals.iter().any(|other| other.holds && other.shown == shown);
		assert!(may_hold || !accepted, "damage makes proof {place} hold: {bytes:02x?}");
		assert!(
			!unchanged || committed.is_some() || accepted == holds,
			"proof {place} is another one as it is"
		);
		outcome
	}

	/// Damages the items of a list: they are as many as it says, but for the one that is longer than any may be. Says whether
	/// it is that.
	fn damage_list(&self, choices: &mut Choices, bytes: &mut Vec<u8>, list: List) -> bool {
		let mut items = list.items(bytes);
		let at = choices.below((items.len() / list.item_bytes) as u64) as usize * list.item_bytes;
		let piece = if list.item_bytes == HASH_BYTES { HASH_BYTES } else { PARENT_BYTES };
		let end = items.len().min(at + piece);
		let kind = choices.below(8);
		match kind {
			0 => items.truncate(at),
			1 => drop(items.drain(..at)),
			2 => items.extend_from_within(at..),
			3 => drop(items.drain(at..end)),
			4 => items.rotate_left(at),
			5 => items[at..end].reverse(),
			6 => {
				// A list of another proof.
				let place = choices.below(self.originals.len() as u64) as usize;
				let Original { lists, bytes: others, .. } = &self.originals[place];
				let other = choices.pick(lists).filter(|other| other.item_bytes == list.item_bytes);
				items = other.map_or(items, |other| other.items(others));
			}
			// More bytes than a slice may have, and more hashes than a path.
			_ => items.resize((SLICE_BYTES_MAX + 1).next_multiple_of(list.item_bytes), 0),
		}
		list.replace(bytes, &items);
		kind == 7
	}

	fn damage(&self, choices: &mut Choices, bytes: &mut Vec<u8>) {
		let len = bytes.len() as u64;
		let at = choices.below(len) as usize;
		match choices.below(16) {
			0..11 => {
				if let Some(byte) = bytes.get_mut(at) {
					*byte ^= 1 << choices.below(8);
				}
			}
			11 => bytes.truncate(at),
			12 => bytes.insert(at, choices.below(256) as u8),
			13 => bytes.extend_from_within(at..),
			14 => {
				// Two pieces of the same length change places.
				let (length, other) = (1 + choices.below(64) as usize, choices.below(len) as usize);
				let end = at.max(other) + length;
				if at.abs_diff(other) >= length && end <= bytes.len() {
					(0..length).for_each(|index| bytes.swap(at + index, other + index));
				}
			}
			_ => {
				// From here on it is another proof.
				let other = choices.below(self.originals.len() as u64) as usize;
				let other = &self.originals[other].bytes;
				bytes.truncate(at);
				bytes.extend_from_slice(other.get(at..).unwrap_or_default());
			}
		}
	}

	/// Shows it on the state as it is, and undoes what came of it.
	fn show(&mut self, shown: Shown, bytes: &[u8], committed: Committed) -> Outcome {
		let genesis = self.world.chain.genesis_hash.0;
		let outcome = |result: DispatchResult| match result {
			Ok(()) => Outcome::Accepted,
			Err(_) => Outcome::Refused,
		};
		match shown {
			Shown::Answer { batch, claim } => {
				let Ok(answer) = Answer::decode_all(&mut &bytes[..]) else { return Outcome::Undecodable };
				let call = AttributionCall::answer { batch, claim, answer };
				self.world.chain.scratch(|| outcome(dispatch(call)))
			}
			Shown::Listed { batch } => {
				let Ok(listed) = Listed::decode_all(&mut &bytes[..]) else { return Outcome::Undecodable };
				let call = AttributionCall::answer_unlisted { batch, receipt: 0, start: 500, listed };
				self.world.chain.scratch(|| outcome(dispatch(call)))
			}
			Shown::Challenge { batch } => {
				let Ok(challenge) = Challenge::decode_all(&mut &bytes[..]) else {
					return Outcome::Undecodable;
				};
				let by = charlie().account();
				let (chain, account, of) = match committed {
					Committed::Here => (genesis, by, batch),
					Committed::OnAnotherChain => (genesis.map(|byte| !byte), by, batch),
					Committed::ByAnother => (genesis, accomplice().account(), batch),
					Committed::OfAnotherBatch => (genesis, by, BatchId(batch.0 + 1)),
				};
				let hash = commitment(&chain, &account.encode(), &[5; 32], of, &challenge);
				self.world.chain.scratch(|| {
					dispatch(AttributionCall::commit { batch, hash }).expect("anybody may commit");
					System::set_block_number(System::block_number() + 1);
					let done = dispatch(AttributionCall::reveal { batch, salt: [5; 32], challenge });
					assert!(Batches::<Runtime>::contains_key(batch), "no proof ends a batch at once");
					outcome(done)
				})
			}
		}
	}
}

/// As in a block: what fails leaves no trace.
fn dispatch(call: impl Into<RuntimeCall>) -> DispatchResult {
	let origin = RuntimeOrigin::signed(charlie().account());
	call.into().dispatch(origin).map(|_| ()).map_err(|failed| failed.error)
}
