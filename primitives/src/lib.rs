//! Vocabulary shared by the pallets, the runtime, the node and clients: ids, [`Content`], Bao-slice
//! verification, signature purposes, chain constants and the runtime-API traits.
//!
//! # Must not
//! Know a node, a clock, a thread or a storage backend. Everything outside the `std` feature is
//! deterministic and `no_std`, because the runtime executes it.
//!
//! # Reading order
//! [`ids`] and [`content`] name things, [`mod@slice`] verifies bytes against a name, `prove`, `prove_slice` and
//! `prove_chunk` (with `std`) make what `slice` verifies, [`merkle`] commits to a list, [`purpose`] separates signatures,
//! [`mod@commitment`] hides what will be registered, [`receipt`] is what both sides of a payment channel agree on,
//! [`claim`] says what of an output came from where and [`challenge`] what is shown for or against that, [`consensus`] is
//! what validators sign and [`equivocation`] the proof that one signed too much, [`light`] follows validators to a header
//! that is final, [`constants`] fixes the token, [`clock`] is the time that pallets read, [`positions`] what the pallet
//! that has the datanets tells the one that pays, [`subject`] what events are about, [`text`] says which texts are
//! stored, [`weights`] what calls cost is added up with, [`api`] is what a client may ask the runtime.
//!
//! # Example
//! Evidence that bytes stand in a file, as a server shows it and the chain verifies it:
//! ```
//! use plexus_primitives::{prove_slice::prove_slice, verify_length_proof, verify_slice, Content};
//! use std::io::Cursor;
//!
//! let file: Vec<u8> = (0..5_000u32).map(|place| (place % 251) as u8).collect();
//! let content = Content { root: *blake3::hash(&file).as_bytes(), len: 5_000 };
//!
//! let range = prove_slice(Cursor::new(&file), 2_000, 300)?;
//! assert_eq!(range.content, content);
//! assert!(verify_slice(&content.root, &range.slice, 2_000, 300)?.equals(&file[2_000..2_300]));
//!
//! // The slice of the last byte ties the length to the root: a false length is not believed.
//! let last = prove_slice(Cursor::new(&file), 4_999, 1)?;
//! verify_length_proof(&content, &last.slice)?;
//! assert!(verify_length_proof(&Content { len: 4_998, ..content }, &last.slice).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What this does not show
//! That somebody made the bytes, may use them, or has more of them than what was proved. A root and a length are stated; a
//! slice proves that they fit what it shows.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod api;
pub mod challenge;
pub mod claim;
pub mod clock;
pub mod commitment;
pub mod consensus;
pub mod constants;
pub mod content;
pub mod equivocation;
#[cfg(feature = "std")]
pub mod hasher;
pub mod ids;
pub mod light;
pub mod merkle;
pub mod positions;
#[cfg(feature = "std")]
pub mod prove;
#[cfg(feature = "std")]
pub mod prove_chunk;
#[cfg(feature = "std")]
pub mod prove_slice;
pub mod purpose;
pub mod receipt;
pub mod slice;
pub mod subject;
pub mod text;
pub mod weights;

pub use challenge::{Answer, Challenge, ReceiptProof};
pub use claim::{Claim, ContextLeaf, Evidence};
pub use clock::ChainClock;
pub use commitment::commitment;
pub use content::Content;
#[cfg(feature = "std")]
pub use hasher::Blake3Hasher;
pub use ids::{
	AgentId, BatchId, ChannelId, CommitmentNumber, ContributionId, DatanetId, DatanetVersion, DelegationId,
	MethodId, ModelId, Sequence,
};
pub use positions::{Holder, Positions};
pub use receipt::{Context, Receipt};
pub use slice::{verify_length_proof, verify_slice, SliceError, VerifiedSlice};
pub use subject::Subject;
