//! What the calls cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone.
//!
//! # Reasoning
//! Each call costs what its worst case took when it was measured: `benchmarking.rs` makes the cases, `measured.rs` has their
//! figures and names the command that takes them anew. Here a call is matched with its case, and its arguments with the
//! sizes of that case. The unit, the prices of keys and the sum are those of [`plexus_primitives::weights`].

mod measured;

use frame_support::weights::Weight;
use plexus_primitives::weights::{levels, PricedBy, Prices};

/// The tags that a datanet had before when `describe` was measured: a runtime's `TagsMax` should not be above.
pub const OLD_TAGS: u64 = 8;

/// The weight of each call.
pub trait WeightInfo {
	/// With `tags` tags, the longest texts and all curators.
	fn create_datanet(tags: u32) -> Weight;
	/// With a media type and a locator of together `text` bytes, and a proof of `proof` bytes; `removed` rivals (one at
	/// most) give way.
	fn contribute(removed: u32, text: u32, proof: u32) -> Weight;
	/// Any contribution, accepted or not. Also of `expire`.
	fn withdraw() -> Weight;
	/// Any empty datanet.
	fn remove_datanet() -> Weight;
	/// Any hash.
	fn commit() -> Weight;
	/// Any commitment.
	fn clear_commitment() -> Weight;
	/// With `count` contributions, whose texts and proofs have so many bytes together; `removed` rivals give way.
	fn register(count: u32, removed: u32, text: u32, proof: u32) -> Weight;
	/// Any contribution.
	fn accept() -> Weight;
	/// The review that decides, either way.
	fn review() -> Weight;
	/// With a locator of `text` bytes.
	fn set_locator(text: u32) -> Weight;
	/// Any contribution.
	fn release_deposit() -> Weight;
	/// Any number of contributions.
	fn publish() -> Weight;
	/// With `tags` new tags, and [`OLD_TAGS`] former ones.
	fn describe(tags: u32) -> Weight;
	/// To any status.
	fn set_status() -> Weight;
	/// Any proposal.
	fn propose_owner() -> Weight;
	/// Any offer.
	fn accept_ownership() -> Weight;
	/// All curators.
	fn propose_curators() -> Weight;
	/// All curators, twice.
	fn enact_curators() -> Weight;
	/// Any contribution.
	fn challenge() -> Weight;
	/// With a slice of `proof` bytes.
	fn answer(proof: u32) -> Weight;
	/// Of a contribution that is removed.
	fn close_challenge() -> Weight;
	/// For the earnings.
	fn dispute() -> Weight;
	/// The vote that decides, either way. Also of `judge` and `close_dispute`.
	fn vote() -> Weight;
	/// Any windows.
	fn set_windows() -> Weight;
	/// Any reservation.
	fn clear_reservation() -> Weight;
	/// With the hash or without it.
	fn draw_chunk() -> Weight;
}

/// Weights with the storage prices of a runtime.
pub type SubstrateWeight<T> = PricedBy<<T as frame_system::Config>::DbWeight>;

impl<P: Prices> WeightInfo for P {
	fn create_datanet(tags: u32) -> Weight {
		measured::create_datanet::<P>(tags)
	}
	fn contribute(removed: u32, text: u32, proof: u32) -> Weight {
		measured::contribute::<P>(removed, text, levels(proof, 1))
	}
	fn withdraw() -> Weight {
		measured::withdraw::<P>()
	}
	fn remove_datanet() -> Weight {
		measured::remove_datanet::<P>()
	}
	fn commit() -> Weight {
		measured::commit::<P>()
	}
	fn clear_commitment() -> Weight {
		measured::clear_commitment::<P>()
	}
	fn register(count: u32, removed: u32, text: u32, proof: u32) -> Weight {
		let free = count.saturating_sub(removed);
		measured::register::<P>(free, removed, text, levels(proof, count))
	}
	fn accept() -> Weight {
		measured::accept::<P>()
	}
	fn review() -> Weight {
		measured::review::<P>()
	}
	fn set_locator(text: u32) -> Weight {
		measured::set_locator::<P>(text)
	}
	fn release_deposit() -> Weight {
		measured::release_deposit::<P>()
	}
	fn publish() -> Weight {
		measured::publish::<P>()
	}
	fn describe(tags: u32) -> Weight {
		measured::describe::<P>(tags)
	}
	fn set_status() -> Weight {
		measured::set_status::<P>()
	}
	fn propose_owner() -> Weight {
		measured::propose_owner::<P>()
	}
	fn accept_ownership() -> Weight {
		measured::accept_ownership::<P>()
	}
	fn propose_curators() -> Weight {
		measured::propose_curators::<P>()
	}
	fn enact_curators() -> Weight {
		measured::enact_curators::<P>()
	}
	fn challenge() -> Weight {
		measured::challenge::<P>()
	}
	fn answer(proof: u32) -> Weight {
		measured::answer::<P>(levels(proof, 1))
	}
	fn close_challenge() -> Weight {
		measured::close_challenge::<P>()
	}
	fn dispute() -> Weight {
		measured::dispute::<P>()
	}
	fn vote() -> Weight {
		// The end of a dispute may be a removal, whichever of the two was measured to take longer.
		measured::vote::<P>().max(measured::withdraw::<P>())
	}
	fn set_windows() -> Weight {
		measured::set_windows::<P>()
	}
	fn clear_reservation() -> Weight {
		measured::clear_reservation::<P>()
	}
	fn draw_chunk() -> Weight {
		measured::draw_chunk::<P>()
	}
}
