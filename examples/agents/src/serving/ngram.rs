//! [`Ngram`]: an agent that goes on from a prompt, by the n-gram model over an index, and claims the spans that it repeats.
//!
//! # Must not
//! Claim a span of what the payer keeps to itself, or what the user said: the chain refuses the one and punishes the other.
//!
//! # Invariants
//! The same index, settings, prompt and seed give the same answer with the same claims.

use super::{Asked, Claiming, Said, SayError, Speaker};
use plexus_attribution::{
	ngram::{NgramModel, Settings},
	Attribution, Index,
};
use plexus_primitives::Evidence;
use std::sync::Arc;

/// Serves the n-gram model.
pub struct Ngram {
	index: Arc<Index>,
	settings: Settings,
	claiming: Claiming,
}

impl Ngram {
	/// Over an index, with settings whose length each request replaces.
	///
	/// # Errors
	/// The settings are out of bounds.
	pub fn new(index: Arc<Index>, settings: Settings, claiming: Claiming) -> Result<Self, SayError> {
		NgramModel::new(&index, settings.clone()).map_err(|error| SayError::Setup(error.to_string()))?;
		Ok(Self { index, settings, claiming })
	}

	fn write(&self, asked: &Asked<'_>) -> Result<Vec<u8>, SayError> {
		let settings = Settings { output_bytes: asked.max_bytes, ..self.settings.clone() };
		let model =
			NgramModel::new(&self.index, settings).map_err(|error| SayError::Setup(error.to_string()))?;
		let mut seed = [0; 32];
		seed[..8].copy_from_slice(&asked.seed.to_le_bytes());
		// Where nothing follows the prompt, it begins anew; and once more, should it have begun at the end of a source.
		let beginnings = [asked.prompt.as_bytes(), b"", b"", b""];
		for (attempt, prompt) in (0..).zip(beginnings) {
			seed[8] = attempt;
			let output = model.generate(prompt, &seed).output;
			if !output.is_empty() {
				return Ok(output);
			}
		}
		Err(SayError::Unseen)
	}
}

impl Speaker for Ngram {
	fn skill(&self) -> (&'static str, &'static str) {
		("continue", "Goes on from a text, in the words of its sources")
	}

	fn say(&self, asked: &Asked<'_>) -> Result<Said, SayError> {
		let output = self.write(asked)?;
		let mut claims = Vec::new();
		if asked.disclose {
			let attribution = Attribution { prompt: asked.prompt.as_bytes(), ..Attribution::default() };
			let report = attribution.report(&self.index, &output);
			let report = report.map_err(|error| SayError::Setup(error.to_string()))?;
			claims.extend(report.largest_claims(self.claiming.most).into_iter().filter_map(|claim| {
				let evidence =
					Evidence::Span { output: claim.start, offset: claim.offset, length: claim.len };
				self.claiming.of(claim.contribution, claim.datanet, evidence)
			}));
		}
		let text = String::from_utf8(output).map_err(|_| SayError::NoText)?;
		Ok(Said { text, context: None, pieces: Vec::new(), claims })
	}

	fn corpora(&self) -> Vec<(u32, u32)> {
		Vec::new()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::serving::testing::{claiming, index_of};

	const POEM: &str = "Tiger tiger, burning bright, in the forests of the night, what immortal hand or eye";

	/// Quotes as soon as it can.
	fn quoting(texts: &[&str]) -> Ngram {
		let settings = Settings { context_bytes: 64, occurrences_min: 1, ..Settings::default() };
		Ngram::new(index_of(texts), settings, claiming()).expect("the settings are within bounds")
	}

	fn asked(prompt: &str, disclose: bool) -> Asked<'_> {
		Asked { prompt, seed: 7, max_bytes: 200, disclose }
	}

	#[test]
	fn a_quotation_is_claimed_where_it_stands_and_only_if_it_may_be_shown() {
		let agent = quoting(&[POEM]);
		let said = agent.say(&asked("burning bright,", true)).unwrap();
		assert_eq!(said.text, POEM[28..]);
		assert_eq!(said.claims.len(), 1);
		let claim = said.claims[0];
		assert_eq!((claim.contribution.0, claim.version.0, claim.method.0), (0, 1, 3));
		let length = said.text.len() as u64;
		assert_eq!(claim.evidence, Evidence::Span { output: 0, offset: 28, length });
		let kept = agent.say(&asked("burning bright,", false)).unwrap();
		assert_eq!((kept.text, kept.claims), (said.text, vec![]));
	}

	#[test]
	fn what_the_user_said_is_not_claimed() {
		let prompt = format!("{POEM}. Again: burning bright,");
		assert_eq!(quoting(&[POEM]).say(&asked(&prompt, true)).unwrap().claims, []);
	}

	#[test]
	fn it_says_the_same_for_the_same_seed_and_something_for_any_prompt() {
		let agent = quoting(&[POEM, "another text that ends otherwise"]);
		// Nothing follows the end of a text, so that it begins anew.
		for prompt in ["", "hand or eye", "日本", "zzz"] {
			let said = agent.say(&asked(prompt, true)).unwrap();
			assert!(!said.text.is_empty() && said.text.len() <= 200, "{prompt}");
			assert_eq!(agent.say(&asked(prompt, true)).unwrap(), said);
		}
	}

	#[test]
	fn settings_out_of_bounds_are_refused_at_the_start() {
		let settings = Settings { context_bytes: 0, ..Settings::default() };
		assert!(matches!(Ngram::new(index_of(&[POEM]), settings, claiming()), Err(SayError::Setup(_))));
	}
}
