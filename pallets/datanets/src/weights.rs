//! What the calls cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone.
//!
//! # Reasoning
//! Each call costs what its worst case took when it was measured: `benchmarking.rs` makes the cases, `measured.rs` has their
//! figures and names the command that takes them anew. Here a call is matched with its case, and its arguments with the
//! sizes of that case. Keys are priced by the runtime's `DbWeight`. Proof size is zero, because blocks of a standalone
//! chain carry no storage proofs.
//!
//! # Unit
//! The tables of the upstream pallets count picoseconds of FRAME's reference machine running Wasm, so what was measured
//! natively is multiplied by [`REFERENCE_PER_NATIVE`] to stand beside them.

mod measured;

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};
use plexus_primitives::slice::{CHUNK_BYTES, HEADER_BYTES, PARENT_BYTES};

/// Picoseconds of the reference machine for each one that native execution takes.
pub const REFERENCE_PER_NATIVE: u64 = 4;

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
pub struct SubstrateWeight<T>(PhantomData<T>);

/// Weights with Substrate's storage prices, for tests.
pub struct RocksDb;

impl Get<RuntimeDbWeight> for RocksDb {
	fn get() -> RuntimeDbWeight {
		RocksDbWeight::get()
	}
}

impl<T: frame_system::Config> Prices for SubstrateWeight<T> {
	type Db = T::DbWeight;
}

impl Prices for () {
	type Db = RocksDb;
}

/// Where the storage prices come from.
pub trait Prices {
	/// The prices.
	type Db: Get<RuntimeDbWeight>;
}

/// What was measured: native picoseconds, and keys read and written.
fn cost<P: Prices>(picoseconds: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(picoseconds.saturating_mul(REFERENCE_PER_NATIVE), 0)
		.saturating_add(P::Db::get().reads_writes(reads, writes))
}

/// What each of `count` adds.
fn each<P: Prices>(count: u32, picoseconds: u64, reads: u64, writes: u64) -> Weight {
	cost::<P>(picoseconds, reads, writes).saturating_mul(count.into())
}

/// Levels of trees that are in `bytes` of proofs of `count` contents, each of which has a header and a chunk besides. What
/// shorter chunks save goes to the longer proofs: the work is the same for each byte.
fn levels(bytes: u32, count: u32) -> u32 {
	let least = count.saturating_mul(HEADER_BYTES as u32 + CHUNK_BYTES as u32);
	bytes.saturating_sub(least).div_ceil(PARENT_BYTES as u32)
}

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
