//! What the calls cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone.
//!
//! # Reasoning
//! Each call costs what its worst case took when it was measured: `benchmarking.rs` makes the cases, `measured.rs` has their
//! figures and names the command that takes them anew. Here a call is matched with its case, and its arguments with the
//! sizes of that case. The unit, the prices of keys and the sum are those of [`plexus_primitives::weights`].
//!
//! `act` pays for the fee's share too: whether the agent pays is decided twice and charged and refunded once, which is
//! work of [`crate::AgentPaysFees`], whose extension has a fixed weight.

mod measured;

use frame_support::weights::Weight;
use plexus_primitives::weights::{PricedBy, Prices};

/// The tags that a profile had before when `set_profile` was measured: a runtime's `TagsMax` should not be above.
pub const OLD_TAGS: u64 = 16;

/// The weight of each call.
pub trait WeightInfo {
	/// With `tags` tags in a profile of `bytes` bytes.
	fn register(tags: u32, bytes: u32) -> Weight;
	/// With `tags` new tags in a profile of `bytes` bytes.
	fn set_profile(tags: u32, bytes: u32) -> Weight;
	/// Either way.
	fn set_paused() -> Weight;
	/// With `tags` tags.
	fn deregister(tags: u32) -> Weight;
	/// Any proposal.
	fn propose_controller() -> Weight;
	/// Without keeping delegations.
	fn accept_controller() -> Weight;
	/// Any terms.
	fn set_recovery() -> Weight;
	/// Any recovery.
	fn begin_recovery() -> Weight;
	/// Any pending recovery.
	fn cancel_recovery() -> Weight;
	/// Without keeping delegations.
	fn complete_recovery() -> Weight;
	/// From the deepest key that may pass on.
	fn delegate() -> Weight;
	/// By the key farthest above.
	fn revoke() -> Weight;
	/// Any number of delegations.
	fn revoke_all() -> Weight;
	/// Of the greatest depth.
	fn clear_delegation() -> Weight;
	/// From the greatest depth, without the inner call, with the charge of the fee.
	fn act() -> Weight;
	/// Without the inner call.
	fn control() -> Weight;
}

/// Weights with the storage prices of a runtime.
pub type SubstrateWeight<T> = PricedBy<<T as frame_system::Config>::DbWeight>;

impl<P: Prices> WeightInfo for P {
	fn register(tags: u32, bytes: u32) -> Weight {
		measured::register::<P>(tags, bytes)
	}
	fn set_profile(tags: u32, bytes: u32) -> Weight {
		measured::set_profile::<P>(tags, bytes)
	}
	fn set_paused() -> Weight {
		measured::set_paused::<P>()
	}
	fn deregister(tags: u32) -> Weight {
		measured::deregister::<P>(tags)
	}
	fn propose_controller() -> Weight {
		measured::propose_controller::<P>()
	}
	fn accept_controller() -> Weight {
		measured::accept_controller::<P>()
	}
	fn set_recovery() -> Weight {
		measured::set_recovery::<P>()
	}
	fn begin_recovery() -> Weight {
		measured::begin_recovery::<P>()
	}
	fn cancel_recovery() -> Weight {
		measured::cancel_recovery::<P>()
	}
	fn complete_recovery() -> Weight {
		measured::complete_recovery::<P>()
	}
	fn delegate() -> Weight {
		measured::delegate::<P>()
	}
	fn revoke() -> Weight {
		measured::revoke::<P>()
	}
	fn revoke_all() -> Weight {
		measured::revoke_all::<P>()
	}
	fn clear_delegation() -> Weight {
		measured::clear_delegation::<P>()
	}
	fn act() -> Weight {
		measured::act::<P>()
	}
	fn control() -> Weight {
		measured::control::<P>()
	}
}
