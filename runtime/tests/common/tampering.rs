//! Proofs over real open batches, and damage to them: bytes changed, cut, doubled, reordered, or taken from other proofs.
//!
//! ```text
//! batch 0: what another datanet has as well, once shown to be unlisted
//! batch 1: a span and a piece of a context, both true       batch 2: the same, both false        every claim is demanded
//! batch 3: an output of a false length                      batch 4: what the prompt had         batch 5: of a later copy
//! ```
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
use codec::{DecodeAll, Encode};
use frame_support::dispatch::DispatchResult;
use pallet_attribution::Batches;
use plexus_primitives::{
	challenge::{commitment, Answer, Challenge, Listed},
	BatchId, Content, ContextLeaf, ContributionId, DatanetId, DatanetVersion, Receipt,
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
#[derive(Clone)]
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

/// A proof whose damage is tried.
struct Original {
	shown: Shown,
	bytes: Vec<u8>,
	/// Whether it holds as it is.
	holds: bool,
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
	breaches
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

impl Proofs {
	pub fn new() -> Self {
		let mut world = World::new();
		let (repeating, twin) = file_unlisted(&mut world);
		assert_eq!(receipts()[0].output, content(&quoting()));
		let sound = world.file(&receipts(), &[true_claim(), grounded(1, RETRIEVED, 0, 3_000)]);
		let false_span = span(0, ORIGINAL, 500, 0, 1_000);
		let fraudulent = world.file(&receipts(), &[false_span, grounded(1, RETRIEVED, 0, 2_999)]);
		let mut breaches = file_breaches(&mut world);
		let first = world.challenge(&charlie(), repeating.batch, unlisted(&repeating, 0, twin));
		assert_eq!(first, Ok(Ok(())), "it is unlisted");
		for batch in [sound.batch, fraudulent.batch] {
			for claim in 0..2 {
				world.succeeds(&charlie(), AttributionCall::demand { batch, claim });
			}
		}
		let mut originals = Vec::new();
		let source = bytes_of(ORIGINAL);
		for (filed, claim, holds) in [(&sound, true_claim(), true), (&fraudulent, false_span, false)] {
			for (claim, answer) in
				[(0, answer_span(filed, &claim, &quoting(), &source)), (1, grounded_answer(filed))]
			{
				let shown = Shown::Answer { batch: filed.batch, claim };
				originals.push(Original { shown, bytes: answer.encode(), holds });
			}
		}
		for challenge in challenges_of(&sound) {
			let shown = Shown::Challenge { batch: sound.batch };
			originals.push(Original { shown, bytes: challenge.encode(), holds: false });
		}
		let fraud = mismatch(&fraudulent, 0, &false_span, &quoting(), &source);
		// The same proof where it belongs, and in the other batch.
		for (batch, holds) in [(fraudulent.batch, true), (sound.batch, false)] {
			originals.push(Original { shown: Shown::Challenge { batch }, bytes: fraud.encode(), holds });
		}
		breaches.push((repeating.clone(), unlisted(&repeating, 1, twin)));
		for (filed, shown) in &breaches {
			for (batch, holds) in [(filed.batch, true), (sound.batch, false)] {
				originals.push(Original { shown: Shown::Challenge { batch }, bytes: shown.encode(), holds });
			}
		}
		let answer = listed_after_all(&repeating).encode();
		for (batch, holds) in [(repeating.batch, true), (sound.batch, false)] {
			originals.push(Original { shown: Shown::Listed { batch }, bytes: answer.clone(), holds });
		}
		Self { world, originals }
	}

	/// That each proof holds, or does not, as it is: otherwise its damage would show nothing.
	pub fn assert_undamaged(&mut self) {
		for place in 0..self.originals.len() {
			let original = &self.originals[place];
			let (shown, bytes, holds) = (original.shown.clone(), original.bytes.clone(), original.holds);
			let expected = if holds { Outcome::Accepted } else { Outcome::Refused };
			assert_eq!(self.show(&shown, &bytes), expected, "proof {place}");
		}
	}

	/// Damages one proof, and shows it. Panics if what was false holds then, or if anything breaks.
	pub fn attempt(&mut self, choices: &mut Choices) -> Outcome {
		let place = choices.below(self.originals.len() as u64) as usize;
		let mut bytes = self.originals[place].bytes.clone();
		for _ in 0..1 + choices.below(2) {
			self.damage(choices, &mut bytes);
		}
		let Original { shown, bytes: whole, holds } = &self.originals[place];
		let (shown, unchanged, holds) = (shown.clone(), *whole == bytes, *holds);
		let outcome = self.show(&shown, &bytes);
		assert!(holds || outcome != Outcome::Accepted, "damage makes proof {place} hold: {bytes:02x?}");
		assert!(!unchanged || !holds || outcome == Outcome::Accepted, "proof {place} does not hold any more");
		outcome
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
	fn show(&mut self, shown: &Shown, bytes: &[u8]) -> Outcome {
		let genesis = self.world.chain.genesis_hash.0;
		let outcome = |result: DispatchResult| match result {
			Ok(()) => Outcome::Accepted,
			Err(_) => Outcome::Refused,
		};
		match *shown {
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
				let hash = commitment(&genesis, &by.encode(), &[5; 32], batch, &challenge);
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
