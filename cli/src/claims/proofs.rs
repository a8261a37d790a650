//! Challenges to the last byte: what the chain verifies, made of what was found.
//!
//! # Must not
//! Make what the chain would refuse: everything is proved from bytes whose root is that of the receipt or contribution.

use super::{
	facts::Facts,
	files::Files,
	findings::{Finding, Wrong},
};
use crate::failure::{Failure, FailureKind};
use plexus_payments::store::Placed;
use plexus_primitives::{
	challenge::{Challenge, ReceiptProof, Slice},
	merkle,
	prove_slice::prove_slice,
	Content, ContributionId, Evidence, Receipt,
};
use std::io::Cursor;

/// The challenge that shows a finding.
///
/// # Errors
/// What was found is not at hand any more.
pub(crate) fn challenge(facts: &Facts, files: &Files, finding: &Finding) -> Result<Challenge, Failure> {
	let made = make(facts, files, finding);
	made.map_err(|cause| {
		Failure::new(
			FailureKind::Unproved,
			"FindingUnproved",
			format!("what was found cannot be proved: {cause}"),
			"leave store and index as they are while the command runs, and run it again",
		)
	})
}

fn make(facts: &Facts, files: &Files, finding: &Finding) -> Result<Challenge, String> {
	let receipt = receipt_proof(&facts.receipts, finding.receipt).ok_or("there is no such receipt")?;
	let Receipt { output, prompt, .. } = receipt.receipt;
	let of_output =
		|start: u64, length| slice(&files.content("output", &output.root)?, &output.root, start, length);
	let of_prompt =
		|start: u64, length| slice(&files.content("prompt", &prompt.root)?, &prompt.root, start, length);
	let of_source = |id: ContributionId, start: u64, length| {
		let content = content_of(facts, id)?;
		slice(files.contribution(id, &content)?, &content.root, start, length)
	};
	let claimed = |claim: u32| facts.claims.get(claim as usize).ok_or("there is no such claim");
	Ok(match finding.wrong {
		Wrong::Mismatch { claim, start } => {
			let Evidence::Span { output, offset, .. } = claimed(claim)?.evidence else {
				return Err("it is no span".into());
			};
			let source = of_source(claimed(claim)?.contribution, offset.saturating_add(start), 1)?;
			let output = of_output(output.saturating_add(start), 1)?;
			Challenge::Mismatch { claim, receipt, start, length: 1, output, source }
		}
		Wrong::FalseLength { claim, proven } => {
			let last = proven.checked_sub(1).ok_or("the output is empty")?;
			let bytes = files.content("output", &output.root)?;
			let proven = prove_slice(Cursor::new(bytes), last, 1).map_err(|error| error.to_string())?;
			let output = proven.slice.try_into().map_err(|_| "the slice is too long")?;
			Challenge::FalseLength { claim, receipt, output }
		}
		Wrong::PromptEcho { claim, start, length, prompt_offset } => {
			let claimed = match claimed(claim)?.evidence {
				Evidence::Span { output, .. } => of_output(output.saturating_add(start), length)?,
				Evidence::Grounded { offset, .. } => {
					of_source(claimed(claim)?.contribution, offset.saturating_add(start), length)?
				}
				Evidence::Attested { .. } => return Err("it has no bytes".into()),
			};
			let prompt = of_prompt(prompt_offset, length)?;
			Challenge::PromptEcho { claim, receipt, start, length, prompt_offset, claimed, prompt }
		}
		Wrong::Counterclaim { claim, contribution, version, offset } => {
			let Evidence::Span { output, length, .. } = claimed(claim)?.evidence else {
				return Err("it is no span".into());
			};
			let (output, source) = (of_output(output, length)?, of_source(contribution, offset, length)?);
			Challenge::Counterclaim { claim, receipt, contribution, version, offset, output, source }
		}
		Wrong::Unlisted { start, length, contribution, version, offset } => Challenge::UnlistedSource {
			place: finding.receipt,
			receipt,
			start,
			length,
			contribution,
			version,
			offset,
			output: of_output(start, length)?,
			source: of_source(contribution, offset, length)?,
		},
	})
}

fn content_of(facts: &Facts, id: ContributionId) -> Result<Content, String> {
	let source = facts.sources.get(&id);
	source.map(|source| source.content).ok_or_else(|| format!("the chain has no contribution {}", id.0))
}

fn slice(bytes: &[u8], root: &[u8; 32], start: u64, length: u64) -> Result<Slice, String> {
	let proven = prove_slice(Cursor::new(bytes), start, length).map_err(|error| error.to_string())?;
	match proven.content.root == *root {
		true => proven.slice.try_into().map_err(|_| "the slice is too long".into()),
		false => Err("the bytes are not those of the root".into()),
	}
}

/// That a receipt is in its batch.
pub(crate) fn receipt_proof(receipts: &[Placed], place: u32) -> Option<ReceiptProof> {
	let leaves: Vec<_> = receipts.iter().map(Placed::leaf).collect();
	let placed = receipts.get(place as usize)?;
	let path = merkle::prove(&leaves, place as usize)?.try_into().ok()?;
	Some(ReceiptProof { channel: placed.channel, sequence: placed.sequence, receipt: placed.receipt, path })
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::claims::{
		findings::find,
		testing::{bytes, Contribution, World},
	};
	use plexus_primitives::{verify_length_proof, verify_slice, SliceError};

	/// Whether both slices prove their ranges, and hold the same bytes.
	fn equal(one: (&Content, u64, &[u8]), other: (&Content, u64, &[u8]), length: u64) -> bool {
		let one = verify_slice(&one.0.root, one.2, one.1, length).expect("the slice is one of the range");
		let other =
			verify_slice(&other.0.root, other.2, other.1, length).expect("the slice is one of the range");
		one.equals(&other.pieces().collect::<Vec<_>>().concat())
	}

	/// What `pallet_attribution` asks of each challenge, by the verification that it uses.
	fn holds(world: &World, challenge: &Challenge) -> bool {
		let Facts { batch, claims, sources, .. } = &world.facts;
		let (place, receipt) = match challenge {
			Challenge::Mismatch { claim, receipt, .. }
			| Challenge::FalseLength { claim, receipt, .. }
			| Challenge::PromptEcho { claim, receipt, .. }
			| Challenge::Counterclaim { claim, receipt, .. }
			| Challenge::Unlawful { claim, receipt } => (claims[*claim as usize].receipt, receipt),
			Challenge::UnlistedSource { place, receipt, .. } => (*place, receipt),
		};
		assert!(receipt.is_in(&batch.root, batch.receipts, place));
		let Receipt { output: out, prompt: asked, .. } = receipt.receipt;
		let evidence = |claim: &u32| claims[*claim as usize].evidence;
		let source_of = |claim: &u32| sources[&claims[*claim as usize].contribution].content;
		match challenge {
			Challenge::Mismatch { claim, start, length, output, source, .. } => {
				let Evidence::Span { output: place, offset, .. } = evidence(claim) else { return false };
				let one = (&out, place + start, &output[..]);
				!equal(one, (&source_of(claim), offset + start, &source[..]), *length)
			}
			Challenge::FalseLength { output, .. } => {
				matches!(verify_length_proof(&out, output), Err(SliceError::LengthDiffers { .. }))
			}
			Challenge::PromptEcho { claim, start, length, prompt_offset, claimed, prompt, .. } => {
				let (content, place, whole) = match evidence(claim) {
					Evidence::Span { output, length, .. } => (out, output, length),
					Evidence::Grounded { offset, length } => (source_of(claim), offset, length),
					Evidence::Attested { .. } => return false,
				};
				let one = (&content, place + start, &claimed[..]);
				*length >= whole.div_ceil(2) && equal(one, (&asked, *prompt_offset, &prompt[..]), *length)
			}
			Challenge::Counterclaim { claim, contribution, version, offset, output, source, .. } => {
				let Evidence::Span { output: place, length, .. } = evidence(claim) else { return false };
				let (earlier, later) =
					(sources[contribution], sources[&claims[*claim as usize].contribution]);
				let one = (&out, place, &output[..]);
				earlier.commitment < later.commitment
					&& earlier.is_in(*version)
					&& equal(one, (&earlier.content, *offset, &source[..]), length)
			}
			Challenge::UnlistedSource { start, length, contribution, offset, output, source, .. } => {
				let one = (&out, *start, &output[..]);
				equal(one, (&sources[contribution].content, *offset, &source[..]), *length)
			}
			Challenge::Unlawful { .. } => false,
		}
	}

	fn contribution(id: u64, commitment: u64, datanet: u32, bytes: Vec<u8>) -> Contribution {
		Contribution { id, commitment, datanet, bytes }
	}

	fn span(output: u64, offset: u64, length: u64) -> Evidence {
		Evidence::Span { output, offset, length }
	}

	/// One world for each row of the table, with long outputs so that slices have parents.
	fn worlds() -> Vec<(&'static str, World)> {
		let source = bytes(1, 9_000);
		let copy =
			|from: usize, to: usize| [bytes(90, 3_000), source[from..to].to_vec(), bytes(91, 3_000)].concat();
		let other = (bytes(98, 40), bytes(97, 77));
		let of = |contributions: &[Contribution], prompt: &[u8], output: Vec<u8>, claim: Option<Evidence>| {
			let claims: Vec<_> = claim.map(|evidence| (1, 1, evidence)).into_iter().collect();
			World::new(contributions, &[other.clone(), (prompt.to_vec(), output), other.clone()], &claims)
		};
		let own = || contribution(1, 5, 0, source.clone());
		let mut wrong = copy(1_000, 6_000);
		wrong[7_000] ^= 1;
		let true_span = Some(span(3_000, 1_000, 5_000));
		let echoed = [b"say ".to_vec(), source[2_000..6_000].to_vec()].concat();
		let grounded = Some(Evidence::Grounded { offset: 1_500, length: 3_000 });
		vec![
			("mismatch", of(&[own()], b"a prompt", wrong, true_span)),
			(
				"false-length",
				of(&[own()], b"a prompt", copy(1_000, 6_000), true_span)
					.with_receipts(|receipt| receipt.output.len += 1),
			),
			("prompt-echo", of(&[own()], &echoed, copy(1_000, 6_000), true_span)),
			("prompt-echo", of(&[own()], &echoed, bytes(50, 100), grounded)),
			(
				"counterclaim",
				of(
					&[own(), contribution(2, 4, 0, [bytes(60, 1_111), source[500..7_000].to_vec()].concat())],
					b"a prompt",
					copy(1_000, 6_000),
					true_span,
				),
			),
			(
				"unlisted-source",
				of(&[contribution(2, 4, 1, source.clone())], b"a prompt", copy(1_000, 6_000), None),
			),
		]
	}

	#[test]
	fn every_finding_is_proved_as_the_chain_verifies_it() {
		for (name, world) in worlds() {
			let found = find(&world.facts, &world.files).findings;
			// Another length is another one for each receipt; claims are about one.
			let finding = found.iter().find(|finding| finding.wrong.name() == name).expect(name);
			let challenge = challenge(&world.facts, &world.files, finding).expect(name);
			assert!(holds(&world, &challenge), "{name}");
		}
	}

	#[test]
	fn the_receipt_of_every_place_is_proved_at_that_place_alone() {
		let (_, world) = worlds().remove(0);
		for place in 0..3 {
			let proof = receipt_proof(&world.facts.receipts, place).expect("it is there");
			for other in 0..3 {
				assert_eq!(proof.is_in(&world.facts.batch.root, 3, other), other == place);
			}
		}
		assert!(receipt_proof(&world.facts.receipts, 3).is_none());
	}

	#[test]
	fn what_is_gone_meanwhile_is_no_challenge() {
		let (_, mut world) = worlds().remove(0);
		let found = find(&world.facts, &world.files).findings;
		world.files = Files::new(None, None);
		let failure = challenge(&world.facts, &world.files, &found[0]).unwrap_err();
		assert_eq!(failure.name, "FindingUnproved");
	}
}
