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

/// Fewest extrinsics that a task of their own decodes or checks: below it, handing them over or setting up an environment
/// costs more than it saves.
pub(crate) const TASK_EXTRINSICS_MIN: usize = 64;

/// From how many signatures on a batch is cheaper than one check each.
const BATCH_MIN: usize = 4;

/// How often a batch that fails is halved before its signatures are checked one by one. A single bad one then costs
/// less than three batches and a sixteenth of the single checks; if all are bad, five batches for nothing, which take as
/// long as the single checks.
const HALVINGS: u32 = 4;

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
		if extrinsics.iter().all(|extrinsic| !native::is_signed(extrinsic)) {
			return;
		}
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
	let mut keys = Vec::with_capacity(ed25519.len() + others.len());
	hold_in_parts(&ed25519, HALVINGS, &mut keys);
	hold_one_by_one(&others, &mut keys);
	keys
}

/// Adds the keys of the ed25519 claims that hold. A batch that fails is halved, up to `halvings` times.
fn hold_in_parts(claims: &[Claim], halvings: u32, keys: &mut Vec<[u8; 32]>) {
	if claims.len() >= BATCH_MIN && holds_as_batch(claims) {
		keys.extend(claims.iter().map(|claim| claim.key));
	} else if claims.len() >= BATCH_MIN && halvings > 0 {
		let (one, other) = claims.split_at(claims.len() / 2);
		hold_in_parts(one, halvings - 1, keys);
		hold_in_parts(other, halvings - 1, keys);
	} else {
		hold_one_by_one(claims, keys);
	}
}

fn hold_one_by_one(claims: &[Claim], keys: &mut Vec<[u8; 32]>) {
	keys.extend(claims.iter().filter(|c| c.claim.verify()).map(|claim| claim.key));
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
#[path = "../../../runtime/tests/odd_signatures/mod.rs"]
// Documented where it lies, and no part of this crate.
#[allow(missing_docs)]
mod odd_signatures;

#[cfg(test)]
mod tests {
	use super::{odd_signatures::odd_signatures, *};
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
		let mut odd = [
			("sr25519", (MultiSignature::Sr25519(other.sign(b"m")), other.public().0, b"m".to_vec())),
			("wrong sr25519", (MultiSignature::Sr25519(other.sign(b"m")), other.public().0, b"n".to_vec())),
			("a key that is no point", (good(1).0, [2; 32], vec![1])),
		]
		.map(|(name, case)| (name.to_string(), case))
		.to_vec();
		let mut valid_odd = 1;
		for case in odd_signatures() {
			odd.push((case.name, (case.signature, case.signer.into(), case.message)));
			valid_odd += usize::from(case.valid);
		}
		for (byte, signature) in (0..64).map(|byte| (byte, good(1))) {
			let MultiSignature::Ed25519(mut flipped) = signature.0 else { unreachable!("made with ed25519") };
			flipped.0[byte] ^= 0x20;
			odd.push((
				format!("byte {byte} flipped"),
				(MultiSignature::Ed25519(flipped), signature.1, signature.2),
			));
		}
		let mut accepted = 0;
		for (name, (signature, signer, message)) in odd {
			let all = (10..20).map(good).chain([(signature, signer, message)]);
			let all = || all.clone().map(|(signature, signer, message)| claim(signature, signer, &message));
			let mut single: Vec<_> = all().filter(|c| c.claim.verify()).map(|c| c.key).collect();
			let mut together = valid(all().collect());
			single.sort();
			together.sort();
			assert_eq!(together, single, "{name}");
			accepted += usize::from(single.len() == 11);
		}
		assert_eq!(accepted, valid_odd, "the good sr25519 signature, and what `MultiSignature` accepts");
	}

	#[test]
	fn wherever_the_bad_ones_stand_the_good_ones_are_found() {
		const CLAIMS: u8 = 67;
		let key = ed25519::Pair::from_seed(&[1; 32]);
		let made = |n: u8, bad: bool| {
			claim(
				MultiSignature::Ed25519(key.sign(&[n])),
				key.public().0,
				&[n, u8::from(bad)][..1 + usize::from(bad)],
			)
		};
		for bad in [vec![], vec![0], vec![66], vec![33, 34], vec![1, 20, 40, 60], (0..67).collect()] {
			let claims: Vec<_> = (0..CLAIMS).map(|n| made(n, bad.contains(&n))).collect();
			let expected: Vec<_> = claims
				.iter()
				.enumerate()
				.filter(|(n, _)| !bad.contains(&(*n as u8)))
				.map(|(_, c)| c.key)
				.collect();
			assert_eq!(valid(claims), expected, "bad are {bad:?}");
		}
	}
}
