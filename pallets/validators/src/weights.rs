//! What the calls and hooks cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments and the
//! bounds of the `Config` alone.
//!
//! # Reasoning
//! Each call and hook costs what its worst case took when it was measured: `benchmarking.rs` makes the cases,
//! `measured.rs` has their figures and names the command that takes them anew. Here a call is matched with
//! its case, and its arguments with the sizes of that case. The unit, the prices of keys and the sum are
//! those of [`plexus_primitives::weights`].
//!
//! A change of a stake is charged for whatever such changes can do: settling a slashed bond and all slashed chunks, and
//! removing the stake. What enters the candidates pays for that besides.

mod measured;

use frame_support::weights::Weight;
use plexus_primitives::weights::{PricedBy, Prices};

/// The bounds of the lists when they were measured: a runtime's should not be above. Chunks of a stake.
pub const CHUNKS: u32 = 16;
/// Candidates.
pub const CANDIDATES: u32 = 200;
/// Validators of a set.
pub const VALIDATORS: u32 = 100;

/// The weight of each call and hook, with full lists of candidates and validators.
pub trait WeightInfo {
	/// A new bond.
	fn bond() -> Weight;
	/// Any change of a bond, a role or a claim, with `chunks` chunks.
	fn change_stake(chunks: u32) -> Weight;
	/// Entering the candidates, with `chunks` chunks.
	fn validate(chunks: u32) -> Weight;
	/// Leaving the candidates.
	fn chill() -> Weight;
	/// A key with its proof.
	fn set_keys() -> Weight;
	/// A report of equivocation.
	fn report_equivocation() -> Weight;
	/// The precommits of the parent, `signatures` of them present, all others jailed.
	fn note_commit(signatures: u32) -> Weight;
	/// Beginning and end of any block.
	fn every_block() -> Weight;
	/// The end of an era.
	fn end_era() -> Weight;
}

/// Weights with the storage prices of a runtime.
pub type SubstrateWeight<T> = PricedBy<<T as frame_system::Config>::DbWeight>;

impl<P: Prices> WeightInfo for P {
	fn bond() -> Weight {
		measured::bond::<P>()
	}
	fn change_stake(chunks: u32) -> Weight {
		measured::change_stake::<P>(chunks)
	}
	fn validate(chunks: u32) -> Weight {
		measured::change_stake::<P>(chunks).saturating_add(measured::validate::<P>())
	}
	fn chill() -> Weight {
		measured::chill::<P>()
	}
	fn set_keys() -> Weight {
		measured::set_keys::<P>()
	}
	fn report_equivocation() -> Weight {
		measured::report_equivocation::<P>()
	}
	fn note_commit(signatures: u32) -> Weight {
		measured::note_commit::<P>(signatures)
	}
	fn every_block() -> Weight {
		measured::every_block::<P>()
	}
	fn end_era() -> Weight {
		measured::end_era::<P>()
	}
}
