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
