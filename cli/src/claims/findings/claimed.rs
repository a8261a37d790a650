//! What is wrong with one claim: mismatches, false lengths, prompt echoes, counterclaims.
//!
//! # Must not
//! Call a claim false that could not be looked at: it is named instead.

use super::{claimed_of, part, Check, Wrong, BYTES, CONTEXT, EARLIER, ECHO, PLACES_MAX, SEARCHED_BYTES_MAX};
use crate::claims::{
	chain::Claim,
	facts::Facts,
	files::{common_piece, Files, Missing},
};
use plexus_primitives::{ContextLeaf, Evidence};

impl<'a> Check<'a> {
	pub(super) fn claims(&mut self, claims: &[&Claim], output: &Result<Vec<u8>, Missing>) {
		if claims.is_empty() {
			return;
		}
		let prompt = self.files.prompt(&self.placed.receipt.prompt);
		let is_grounded = claims.iter().any(|claim| matches!(claim.evidence, Evidence::Grounded { .. }));
		let pieces = if is_grounded { self.pieces() } else { Ok(Vec::new()) };
		for claim in claims {
			match claim.evidence {
				Evidence::Span { .. } => self.span(claim, output, &prompt),
				Evidence::Grounded { .. } => self.grounded(claim, &pieces, &prompt),
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
	fn grounded(
		&mut self,
		claim: &Claim,
		pieces: &Result<Vec<ContextLeaf>, Missing>,
		prompt: &Result<Vec<u8>, Missing>,
	) {
		let Evidence::Grounded { offset, length } = claim.evidence else { return };
		let piece = ContextLeaf { contribution: claim.contribution, offset, length };
		self.context(claim, &piece, pieces);
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

	/// The pieces of the context. What a grounded claim is worth depends on how many bytes they have; that the receipt says
	/// something else cannot be proved to the chain, which sees no more of a context than one piece.
	fn pieces(&mut self) -> Result<Vec<ContextLeaf>, Missing> {
		let context = self.placed.receipt.context.ok_or("the receipt has no context")?;
		let pieces = self.files.pieces(&context.root)?;
		let bytes = pieces.iter().fold(0u64, |sum, piece| sum.saturating_add(piece.length));
		if bytes != context.bytes {
			let worth = if bytes > context.bytes { "more" } else { "less" };
			self.unproved(format!(
				"the context's pieces have {bytes} bytes, and the receipt says {}: its grounded claims move {worth} than they should",
				context.bytes
			));
		}
		Ok(pieces)
	}

	/// That a piece is not in a context cannot be proved to the chain: a demand asks for it.
	fn context(&mut self, claim: &Claim, piece: &ContextLeaf, pieces: &Result<Vec<ContextLeaf>, Missing>) {
		match pieces {
			Ok(pieces) if pieces.contains(piece) => {}
			Ok(_) => self.unchecked(
				Some(claim.claim),
				CONTEXT,
				"the context does not have it: demand it, the server cannot answer",
			),
			Err(why) => self.unchecked(Some(claim.claim), CONTEXT, why),
		}
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
		if let Some((_, wrong)) = earlier.min_by_key(|(commitment, _)| *commitment) {
			self.push(wrong, claim.amount, claim.submitter, 0);
			return;
		}
		// What was asked for and is not accepted is in no manifest.
		let not_asked = places.iter().find(|place| !facts.asked.contains(&place.contribution));
		match not_asked {
			_ if !whole => {
				self.unchecked(Some(place), EARLIER, "its bytes stand in more places than are looked at");
			}
			Some(other) => self.unchecked(Some(place), EARLIER, self.unknown(other.contribution)),
			None => {}
		}
	}
}
