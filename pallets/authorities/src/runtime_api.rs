//! What the node asks the runtime about consensus.
//!
//! # Must not
//! Change state.

use alloc::vec::Vec;

sp_api::decl_runtime_apis! {
	/// The facts that a node runs consensus by.
	pub trait PlexusApi {
		/// The chain's block time in milliseconds.
		fn chain_block_time_ms() -> u64;

		/// The validators of the next block: ed25519 public key and voting power.
		fn validators() -> Vec<([u8; 32], u64)>;

		/// Who made the block of this state, when it is known.
		fn author() -> Option<[u8; 32]>;
	}
}
