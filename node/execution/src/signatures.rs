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
use parking_lot::Mutex;
use plexus_runtime::{
	native::{self, SignatureClaim},
	SignatureCache, UncheckedExtrinsic,
};
use plexus_storage::State;
use rand_core::OsRng;
use rayon::prelude::*;
use sp_runtime::MultiSignature;
use std::{collections::HashSet, sync::Arc};

/// Handle that the runtime's environment carries.
pub type SharedSignatureCache = Arc<dyn SignatureCache>;

/// How many good signatures a node remembers: those of a full pool, or of two full blocks. About 5 MB.
pub const SIGNATURES_REMEMBERED: usize = 131_072;

/// 32-byte keys of signatures found good, bounded in number; the oldest are forgotten first.
///
/// A signature is asked for once or twice within seconds of its arrival and then never again. A cache that protects
/// what was used, as most do, would after a while hold only the past.
pub struct BoundedSignatureCache {
	generation_max: usize,
	generations: Mutex<Generations>,
}

/// The young are added to. When they are too many they become the old, and the old are forgotten.
#[derive(Default)]
struct Generations {
	young: HashSet<[u8; 32]>,
	old: HashSet<[u8; 32]>,
}

impl BoundedSignatureCache {
	/// A cache of at most `entries` verdicts, which always holds the last half as many.
	pub fn new(entries: usize) -> Self {
		Self { generation_max: (entries / 2).max(1), generations: Mutex::default() }
	}
}

impl SignatureCache for BoundedSignatureCache {
	fn contains(&self, key: &[u8; 32]) -> bool {
		let generations = self.generations.lock();
		generations.young.contains(key) || generations.old.contains(key)
	}

	fn insert(&self, key: [u8; 32]) {
		let mut generations = self.generations.lock();
		if generations.young.len() >= self.generation_max {
			generations.old = std::mem::take(&mut generations.young);
		}
		generations.young.insert(key);
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

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::{ed25519, sr25519, Pair};

	#[test]
	fn the_last_half_is_remembered_and_never_more_than_all() {
		const ENTRIES: usize = 10;
		let cache = BoundedSignatureCache::new(ENTRIES);
		let key = |n: u8| [n; 32];
		for n in 0..100 {
			cache.insert(key(n));
			let known = (0..=n).filter(|n| cache.contains(&key(*n))).collect::<Vec<_>>();
			assert!(known.len() <= ENTRIES, "{} are remembered", known.len());
			assert!((n.saturating_sub(4)..=n).all(|n| known.contains(&n)), "of the last five only {known:?}");
		}
	}

	fn claim(signature: MultiSignature, signer: [u8; 32], message: &[u8]) -> Claim {
		let claim = SignatureClaim { signature, message: message.to_vec(), signer: signer.into() };
		Claim { key: claim.key(), claim }
	}

	/// What the batch lets through is what single checks let through, whatever is wrong with one of them.
	#[test]
	fn a_batch_finds_good_exactly_what_single_checks_find_good() {
		let good = |n: u8| {
			let key = ed25519::Pair::from_seed(&[n; 32]);
			(MultiSignature::Ed25519(key.sign(&[n])), key.public().0, vec![n])
		};
		let other = sr25519::Pair::from_seed(&[7; 32]);
		let mut odd = vec![
			(MultiSignature::Sr25519(other.sign(b"m")), other.public().0, b"m".to_vec()),
			(MultiSignature::Sr25519(other.sign(b"m")), other.public().0, b"n".to_vec()),
			// The neutral element as key and as R, which ZIP 215 accepts for every message.
			(MultiSignature::Ed25519(small_order_signature()), neutral(), b"anything".to_vec()),
			// A key that is no point.
			(good(1).0, [2; 32], vec![1]),
		];
		for (byte, signature) in (0..64).map(|byte| (byte, good(1))) {
			let MultiSignature::Ed25519(mut flipped) = signature.0 else { unreachable!("made with ed25519") };
			flipped.0[byte] ^= 0x20;
			odd.push((MultiSignature::Ed25519(flipped), signature.1, signature.2));
		}
		let mut accepted = 0;
		for (signature, signer, message) in odd {
			let all = (10..20).map(good).chain([(signature, signer, message)]);
			let all = || all.clone().map(|(signature, signer, message)| claim(signature, signer, &message));
			let mut single: Vec<_> = all().filter(|c| c.claim.verify()).map(|c| c.key).collect();
			let mut together = valid(all().collect());
			single.sort();
			together.sort();
			assert_eq!(together, single);
			accepted += usize::from(single.len() == 11);
		}
		assert_eq!(accepted, 2, "the good sr25519 signature and the one of small order");
	}

	/// The encoding of the neutral element: y = 1.
	fn neutral() -> [u8; 32] {
		let mut bytes = [0; 32];
		bytes[0] = 1;
		bytes
	}

	/// R is the neutral element and s is 0.
	fn small_order_signature() -> ed25519::Signature {
		let mut bytes = [0; 64];
		bytes[..32].copy_from_slice(&neutral());
		ed25519::Signature::from_raw(bytes)
	}
}
