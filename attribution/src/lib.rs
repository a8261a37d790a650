//! Where the bytes of an output came from, over local files; and two small models whose outputs have true sources.
//!
//! ```text
//! source      contributions and the files that hold them                       the list comes from the chain, or by hand
//!   └ index   all their bytes, searchable: a suffix array, on disk and in memory
//!       ├ matches ─► resolve ─► claims   longest common parts, which do not overlap, with the earliest contribution
//!       │                 │        └ evidence   Bao slices of both sides, as the chain verifies them
//!       │                 └ report       which bytes came from where: JSON, text, and one page of HTML
//!       ├ ngram               a language model without limit of context: what follows the longest suffix that occurs
//!       └ retrieval           BM25 over passages, without a second index
//! ```
//!
//! The rules that claims follow are the chain's (`docs/attribution.md`); what is computed here is only what a server may
//! claim, a contributor expect and a challenger dispute. The chain checks evidence, and does not know this crate.
//!
//! ```
//! use plexus_attribution::{Attribution, BuildOptions, Index, Source};
//! use plexus_primitives::{CommitmentNumber, Content, ContributionId, DatanetId};
//!
//! let poem = b"Tiger tiger, burning bright, in the forests of the night".to_vec();
//! let source = Source {
//!     contribution: ContributionId(7),
//!     datanet: DatanetId(0),
//!     commitment: CommitmentNumber(3),
//!     path: "tiger.txt".into(),
//!     content: Content { root: *blake3::hash(&poem).as_bytes(), len: poem.len() as u64 },
//! };
//! let index = Index::build(vec![source], BuildOptions::default(), |_, text| Ok(text.extend_from_slice(&poem)))?;
//! let output = b"Somebody wrote: burning bright, in the forests of the night.";
//! let report = Attribution::default().report(&index, output)?;
//! assert_eq!(report.claims.len(), 1);
//! assert_eq!((report.claims[0].contribution.0, report.claims[0].offset), (7, 12));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What this does not show
//! Who wrote a text first (only who registered it first, by the list), whether a model learned it there, and where anything
//! comes from that is not in the index. That nothing repeats a source in other words.
//!
//! # Must not
//! Talk to a node or to anybody else, or decide who is paid. Hold a model's output back from its report: what was attributed
//! and what was not are both in it.
//!
//! # Invariants
//! Everything is deterministic: the same files, list and output give the same report, on however many cores.

mod claims;
mod evidence;
mod index;
mod matches;
pub mod ngram;
mod report;
mod resolve;
pub mod retrieval;
mod source;
#[cfg(test)]
mod testing;

pub use claims::{Attribution, AttributionError, SpanClaim, CLAIM_BYTES_MAX, MIN_BYTES, OUTPUT_BYTES_MAX};
pub use evidence::{EvidenceError, SpanEvidence};
pub use index::{read_from, BuildError, BuildOptions, Index, Occurrence, OpenError, Size, Symbol, FORMAT};
pub use matches::Match;
pub use report::{Report, Share};
pub use source::{read_sources, write_source, Source, SourcesError, PATH_BYTES_MAX, SOURCES_MAX};
