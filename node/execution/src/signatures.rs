//! The signature cache, and checking a block's signatures in parallel before it is executed.
//!
//! Only positive verdicts are kept, keyed by a hash over signer, signature and message, so a hit is exactly a
//! check that the runtime itself made before (in `plexus-runtime`'s `Verify`). Losing an entry costs time, never truth.

use crate::{environment, executor::Executor};
use plexus_runtime::{native, SignatureCache};
use plexus_storage::State;
use quick_cache::sync::Cache;
use rayon::prelude::*;
use std::sync::Arc;

/// Handle that the runtime's environment carries.
pub type SharedSignatureCache = Arc<dyn SignatureCache>;

/// 32-byte keys of signatures found good, bounded in number.
pub struct BoundedSignatureCache(Cache<[u8; 32], ()>);

impl BoundedSignatureCache {
	/// A cache of at most `entries` verdicts (about 60 bytes each).
	pub fn new(entries: usize) -> Self {
		Self(Cache::new(entries))
	}
}

impl SignatureCache for BoundedSignatureCache {
	fn contains(&self, key: &[u8; 32]) -> bool {
		self.0.get(key).is_some()
	}

	fn insert(&self, key: [u8; 32]) {
		self.0.insert(key, ());
	}
}

/// Extrinsics one task checks; large enough to pay for setting up an environment.
const CHUNK: usize = 64;

impl Executor {
	/// Checks the signatures of `extrinsics` on all cores and remembers the good ones. Bad or undecodable ones are
	/// left for the runtime to refuse.
	pub fn check_signatures(&self, state: &State, extrinsics: &[Vec<u8>]) {
		extrinsics.par_chunks(CHUNK).for_each(|chunk| {
			let mut overlay = Default::default();
			let checked = environment::run(state, &mut overlay, self.signature_cache(), || {
				native::prepare_checks(state.block_hash());
				for extrinsic in chunk.iter().filter_map(|bytes| native::decode_extrinsic(bytes).ok()) {
					// The verdict is the runtime's to give, later; a good signature is then known already.
					let _ = native::check_signature(&extrinsic);
				}
			});
			if let Err(environment::RunError::Panicked(message)) = checked {
				tracing::debug!(%message, "the runtime panicked while signatures were checked ahead");
			}
		});
	}
}
