//! The signature cache, and checking signatures many at a time before the runtime asks for them.
//!
//! Ed25519 signatures are checked as a batch: one equation over random multiples of all of them (Bernstein et al.,
//! "High-speed high-security signatures", section 5). The batch and the runtime's single check follow the same rule,
//! the cofactored one of ZIP 215, so they agree but for a chance of 2^-128. Thousands at once cost a fifth of as many
//! single checks.
//!
//! # Must not
//! Decide. Only positive verdicts are kept, keyed by a hash over signer, signature and message; for anything else the
//! runtime makes its own check. Losing an entry costs time, never truth.

use crate::{environment, executor::Executor};
use ed25519_zebra::{batch, Signature as Ed25519Signature, VerificationKeyBytes};
use plexus_runtime::{
	native::{self, SignatureClaim},
	SignatureCache, UncheckedExtrinsic,
};
use plexus_storage::State;
use quick_cache::sync::Cache;
use rand_core::OsRng;
use rayon::prelude::*;
use sp_runtime::MultiSignature;
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

/// Fewest extrinsics that a task of their own checks: below it, setting up an environment costs more than it saves.
const TASK_EXTRINSICS_MIN: usize = 64;

/// From how many signatures on a batch is cheaper than one check each.
const BATCH_MIN: usize = 4;

impl Executor {
	/// Checks the signatures of encoded `extrinsics` on all cores and remembers the good ones. Bad, undecodable and
	/// already known ones are passed over.
	pub fn check_signatures(&self, state: &State, extrinsics: &[Vec<u8>]) {
		let decoded = extrinsics
			.par_iter()
			.filter_map(|bytes| native::decode_extrinsic(bytes).ok())
			.collect::<Vec<_>>();
		self.check_decoded_signatures(state, decoded);
	}

	/// [`check_signatures`](Self::check_signatures) of what is decoded already.
	pub(crate) fn check_decoded_signatures(&self, state: &State, extrinsics: Vec<UncheckedExtrinsic>) {
		let per_task = extrinsics.len().div_ceil(rayon::current_num_threads()).max(TASK_EXTRINSICS_MIN);
		extrinsics.into_par_iter().chunks(per_task).for_each(|extrinsics| {
			for key in valid(self.unknown_claims(state, extrinsics)) {
				self.signature_cache().insert(key);
			}
		});
	}

	/// What the signatures claim, but for those that the cache vouches for.
	fn unknown_claims(&self, state: &State, extrinsics: Vec<UncheckedExtrinsic>) -> Vec<Claim> {
		let cache = self.signature_cache();
		let mut overlay = Default::default();
		let claims = environment::run(state, &mut overlay, cache, || {
			native::prepare_checks(state.block_hash());
			extrinsics.into_iter().filter_map(native::signature_claim).collect::<Vec<_>>()
		});
		match claims {
			Ok(claims) => claims
				.into_iter()
				.map(|claim| Claim { key: claim.key(), claim })
				.filter(|claim| !cache.contains(&claim.key))
				.collect(),
			Err(environment::RunError::Panicked(message)) => {
				tracing::debug!(%message, "the runtime panicked while signatures were checked ahead");
				Vec::new()
			}
			// Whoever executes the block meets it, too, and reports it.
			Err(environment::RunError::Storage(_)) => Vec::new(),
		}
	}
}

/// A claim and its key in the cache.
struct Claim {
	key: [u8; 32],
	claim: SignatureClaim,
}

/// The keys of the claims that hold.
fn valid(claims: Vec<Claim>) -> Vec<[u8; 32]> {
	let (ed25519, others): (Vec<_>, Vec<_>) =
		claims.into_iter().partition(|c| matches!(c.claim.signature, MultiSignature::Ed25519(_)));
	let all_hold = ed25519.len() >= BATCH_MIN && holds_as_batch(&ed25519);
	let one_by_one = |claims: Vec<Claim>| claims.into_iter().filter(|c| c.claim.verify());
	let ed25519 = if all_hold { ed25519 } else { one_by_one(ed25519).collect() };
	ed25519.into_iter().chain(one_by_one(others)).map(|claim| claim.key).collect()
}

/// Whether all of the claims hold; one that does not, or is no ed25519 signature, fails all.
fn holds_as_batch(claims: &[Claim]) -> bool {
	let mut batch = batch::Verifier::new();
	for Claim { claim, .. } in claims {
		let MultiSignature::Ed25519(signature) = &claim.signature else { return false };
		let signer = VerificationKeyBytes::from(*AsRef::<[u8; 32]>::as_ref(&claim.signer));
		batch.queue((signer, Ed25519Signature::from_bytes(&signature.0), &claim.message));
	}
	batch.verify(OsRng).is_ok()
}
