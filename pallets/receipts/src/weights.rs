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
use plexus_primitives::weights::{PricedBy, Prices};

/// The models of a batch, at most: a runtime's `BatchModelsMax` should not be above.
pub const BATCH_MODELS: u64 = 8;

/// The weight of each call.
pub trait WeightInfo {
	/// With so many models and corpora.
	fn open(models: u32, corpora: u32) -> Weight;
	/// Any amount.
	fn top_up() -> Weight;
	/// By either party.
	fn close() -> Weight;
	/// Any number of channels.
	fn close_all() -> Weight;
	/// Any channel.
	fn finish() -> Weight;
	/// Of so many channels with so many receipts together.
	fn submit(channels: u32, receipts: u32) -> Weight;
	/// Any batch.
	fn clear_batch() -> Weight;
	/// Any model.
	fn pull_developer() -> Weight;
	/// Any two models.
	fn pull_royalty() -> Weight;
	/// Any account.
	fn withdraw() -> Weight;
	/// Any share.
	fn set_protocol_share() -> Weight;
}

/// Weights with the storage prices of a runtime.
pub type SubstrateWeight<T> = PricedBy<<T as frame_system::Config>::DbWeight>;

impl<P: Prices> WeightInfo for P {
	fn open(models: u32, corpora: u32) -> Weight {
		measured::open::<P>(models, corpora)
	}
	fn top_up() -> Weight {
		measured::top_up::<P>()
	}
	fn close() -> Weight {
		measured::close::<P>()
	}
	fn close_all() -> Weight {
		measured::close_all::<P>()
	}
	fn finish() -> Weight {
		measured::finish::<P>()
	}
	fn submit(channels: u32, receipts: u32) -> Weight {
		measured::submit::<P>(channels, receipts)
	}
	fn clear_batch() -> Weight {
		measured::clear_batch::<P>()
	}
	fn pull_developer() -> Weight {
		measured::pull_developer::<P>()
	}
	fn pull_royalty() -> Weight {
		measured::pull_royalty::<P>()
	}
	fn withdraw() -> Weight {
		measured::withdraw::<P>()
	}
	fn set_protocol_share() -> Weight {
		measured::set_protocol_share::<P>()
	}
}
