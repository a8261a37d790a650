//! [`Retrieval`]: an agent that answers with the passages that fit a question best, and claims them as the ground of its
//! answer.
//!
//! A larger agent would put the passages before a language model; the receipt's context and its claims would be the same.
//!
//! # Must not
//! Retrieve what the user said: half of a claimed passage in the prompt is an echo, which the chain punishes.
//!
//! # Invariants
//! Each passage of the context stands whole in the text, with its source.

use super::{Asked, Claiming, Said, SayError, Speaker};
use plexus_attribution::{
	retrieval::{context, pieces, Passage, Retriever, PASSAGES_MAX},
	Index,
};
use plexus_primitives::Evidence;
use std::sync::Arc;

/// Serves passages.
pub struct Retrieval {
	index: Arc<Index>,
	/// Passages of one answer, at most.
	most: usize,
	claiming: Claiming,
}

impl Retrieval {
	/// Over an index; `most` passages for one answer.
	pub fn new(index: Arc<Index>, most: usize, claiming: Claiming) -> Self {
		Self { index, most: most.clamp(1, PASSAGES_MAX), claiming }
	}

	/// How a passage stands in the text.
	fn quote(&self, retriever: &Retriever<'_>, passage: &Passage) -> String {
		let path = &self.index.sources()[passage.source].path;
		let bytes = String::from_utf8_lossy(retriever.bytes(passage));
		format!("{path}, from byte {}:\n{}\n\n", passage.offset, bytes.trim_end())
	}
}

impl Speaker for Retrieval {
	fn skill(&self) -> (&'static str, &'static str) {
		("retrieve", "Answers with the passages of its sources that fit best")
	}

	fn say(&self, asked: &Asked<'_>) -> Result<Said, SayError> {
		let retriever = Retriever::new(&self.index);
		let (mut text, mut passages) = (String::new(), Vec::new());
		for passage in retriever.retrieve(asked.prompt, self.most).passages {
			if echoes(retriever.bytes(&passage), asked.prompt.as_bytes()) {
				continue;
			}
			let quoted = self.quote(&retriever, &passage);
			if text.len() + quoted.len() <= asked.max_bytes {
				text += &quoted;
				passages.push(passage);
			}
		}
		if passages.is_empty() {
			return Err(SayError::NothingFound);
		}
		let claim = |passage: &Passage| {
			let datanet = self.index.sources()[passage.source].datanet;
			let evidence = Evidence::Grounded { offset: passage.offset, length: passage.len };
			self.claiming.of(passage.contribution, datanet, evidence)
		};
		let claims = passages.iter().filter_map(claim).take(self.claiming.most).collect();
		Ok(Said { text, context: context(&passages), pieces: pieces(&passages), claims })
	}

	fn corpora(&self) -> Vec<(u32, u32)> {
		self.claiming.versions.iter().map(|(datanet, version)| (datanet.0, version.0)).collect()
	}
}

/// Whether half of the bytes stand in the prompt in one piece.
fn echoes(bytes: &[u8], prompt: &[u8]) -> bool {
	let half = bytes.len().div_ceil(2);
	half > 0
		&& half <= prompt.len()
		&& bytes.windows(half).any(|piece| prompt.windows(half).any(|part| part == piece))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::serving::testing::{claiming, index_of};
	use plexus_payments::store::context_of;

	const TEXTS: [&str; 3] = [
		"the dog lives in a house at the river, and barks at whatever passes by",
		"the cat sleeps on the roof",
		"a list of prices",
	];

	fn asked(prompt: &str, max_bytes: usize) -> Asked<'_> {
		Asked { prompt, seed: 0, max_bytes, disclose: false }
	}

	#[test]
	fn an_answer_is_made_of_passages_that_are_its_context_and_its_claims() {
		let agent = Retrieval::new(index_of(&TEXTS), 4, claiming());
		let said = agent.say(&asked("Where do dog and cat live?", 1_000)).unwrap();
		assert!(said.text.contains(TEXTS[0]) && said.text.contains(TEXTS[1]), "{}", said.text);
		assert!(!said.text.contains("prices"));
		assert_eq!(said.context, context_of(&said.pieces).ok());
		assert_eq!((said.pieces.len(), said.claims.len()), (2, 2));
		for (piece, claim) in said.pieces.iter().zip(&said.claims) {
			assert_eq!(claim.contribution, piece.contribution);
			assert_eq!(claim.evidence, Evidence::Grounded { offset: piece.offset, length: piece.length });
		}
		assert_eq!(agent.corpora(), [(0, 1)]);
	}

	#[test]
	fn an_answer_is_as_long_as_was_asked_for_and_leaves_whole_passages_out() {
		let agent = Retrieval::new(index_of(&TEXTS), 4, claiming());
		let said = agent.say(&asked("cat dog", 70)).unwrap();
		assert!(said.text.len() <= 70 && said.text.contains(TEXTS[1]), "{}", said.text);
		assert_eq!(agent.say(&asked("cat", 10)), Err(SayError::NothingFound));
		assert_eq!(agent.say(&asked("elephant", 1_000)), Err(SayError::NothingFound));
	}

	#[test]
	fn what_the_user_said_is_no_ground() {
		let agent = Retrieval::new(index_of(&TEXTS[1..2]), 4, claiming());
		let prompt = format!("a cat? {}", &TEXTS[1][..13]);
		assert!(agent.say(&asked(&prompt[..19], 1_000)).is_ok(), "less than half of it");
		assert_eq!(agent.say(&asked(&prompt, 1_000)).map(|said| said.claims), Err(SayError::NothingFound));
		assert!(echoes(b"abcd", b"xxbcxx"));
		assert!(!echoes(b"abcd", b"xxacxx"));
		assert!(!echoes(b"", b"x") && !echoes(b"abcd", b"a"));
	}
}
