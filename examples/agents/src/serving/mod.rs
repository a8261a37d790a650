//! A serving agent: what it says, what that costs, and how it is paid.
//!
//! ```text
//!   request ─▶ counter.rs ── voucher for what was answered before ──▶ serve-receipts
//!                │           who is served, and next in which place ◀─────┘
//!                ├─ Speaker: ngram.rs or retrieval.rs      text, context, claims
//!                ├─ price, receipt ──────────────────────────▶ serve-receipts: on disk
//!                └─ answer                     api.rs, card.rs
//! ```
//! To build one for another model, write another [`Speaker`].
//!
//! # Must not
//! Answer for nothing: the receipt is on disk at `serve-receipts` before the answer goes out. Keep any state: what a channel
//! has come to, that tells. So it can be killed and started again at any time.

pub mod api;
pub mod card;
pub mod counter;
pub mod ngram;
pub mod retrieval;

pub use api::router;
pub use card::Card;
pub use counter::{Counter, ServeError};
pub use ngram::Ngram;
pub use retrieval::Retrieval;

use plexus_payments::ReceiptClaim;
use plexus_primitives::{Context, ContextLeaf, ContributionId, DatanetId, DatanetVersion, MethodId};
use std::collections::BTreeMap;

/// What a speaker is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
	/// The user's text.
	pub prompt: &'a str,
	/// The same seed gives the same answer.
	pub seed: u64,
	/// The longest text that is wanted.
	pub max_bytes: usize,
	/// Whether parts of the answer may be shown.
	pub disclose: bool,
}

/// What a speaker says.
#[derive(Clone, PartialEq, Debug)]
pub struct Said {
	/// The output.
	pub text: String,
	/// What was put before the model, besides the prompt.
	pub context: Option<Context>,
	/// That in pieces.
	pub pieces: Vec<ContextLeaf>,
	/// Which contributions the output comes from, as far as can be shown.
	pub claims: Vec<ReceiptClaim>,
}

/// Why nothing is said.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SayError {
	/// The sources have nothing that goes on from here.
	#[error("nothing in the sources goes on from this prompt; try another prompt or seed")]
	Unseen,
	/// No passage fits.
	#[error("no passage of the sources has a word of the question; ask with other words")]
	NothingFound,
	/// The sources are no text here.
	#[error("the output is no text; try another prompt or seed")]
	NoText,
	/// The agent's own fault.
	#[error("the model cannot be used as it is set up: {0}; tell whoever runs it")]
	Setup(String),
}

/// A model that an agent serves. It is called from several threads at once.
pub trait Speaker: Send + Sync {
	/// What it is good at, for its card: id and name of a skill.
	fn skill(&self) -> (&'static str, &'static str);

	/// Answers. Takes milliseconds to seconds, on a thread that may be blocked.
	///
	/// # Errors
	/// See [`SayError`].
	fn say(&self, asked: &Asked<'_>) -> Result<Said, SayError>;

	/// The versions that contexts come from; none if it retrieves nothing.
	fn corpora(&self) -> Vec<(u32, u32)>;
}

/// How claims are made: by which method, and which version makes a claim for a datanet's contribution lawful.
#[derive(Clone, Debug)]
pub struct Claiming {
	/// The method's id on the chain.
	pub method: MethodId,
	/// The version that the index was built over, for each datanet.
	pub versions: BTreeMap<DatanetId, DatanetVersion>,
	/// Claims of one receipt, at most: each costs a deposit while its batch is open.
	pub most: usize,
}

impl Claiming {
	/// A claim for a contribution of a datanet; nothing if no version is known that makes it lawful.
	fn of(
		&self,
		contribution: ContributionId,
		datanet: DatanetId,
		evidence: plexus_primitives::Evidence,
	) -> Option<ReceiptClaim> {
		let version = *self.versions.get(&datanet)?;
		Some(ReceiptClaim { contribution, version, method: self.method, evidence })
	}
}

#[cfg(test)]
pub(crate) mod testing {
	use super::*;
	use plexus_attribution::{BuildOptions, Index, Source};
	use plexus_primitives::{CommitmentNumber, Content};
	use std::sync::Arc;

	/// An index over these texts, which are contributions 0, 1, … of datanet 0.
	pub(crate) fn index_of(texts: &[&str]) -> Arc<Index> {
		let source = |(place, text): (usize, &&str)| Source {
			contribution: ContributionId(place as u64),
			datanet: DatanetId(0),
			commitment: CommitmentNumber(place as u64),
			path: format!("{place}.txt"),
			content: Content { root: *blake3::hash(text.as_bytes()).as_bytes(), len: text.len() as u64 },
		};
		let sources = texts.iter().enumerate().map(source).collect();
		let by_number = |source: &Source, to: &mut Vec<u8>| {
			to.extend_from_slice(texts[source.contribution.0 as usize].as_bytes());
			Ok(())
		};
		Arc::new(
			Index::build(sources, BuildOptions::default(), by_number).expect("the texts are what is named"),
		)
	}

	pub(crate) fn claiming() -> Claiming {
		let versions = BTreeMap::from([(DatanetId(0), DatanetVersion(1))]);
		Claiming { method: MethodId(3), versions, most: 16 }
	}
}
