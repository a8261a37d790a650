//! The account signature, `MultiSignature`, and the validators', each with a memory of what was verified before.
//!
//! A signature is checked when a transaction arrives, when a block is built from it and when the block is executed; a
//! precommit, when it or a certificate arrives, and in the next block. The node puts a [`SignatureCache`] into the
//! externalities, which [`Signature`] and [`ConsensusSignatures`] consult, so that only the first of those does the
//! elliptic-curve work.
//!
//! # Must not
//! Decide differently from `MultiSignature` and `ConsensusKey`, ever: two nodes would fork. The cache holds only what
//! their `verify` accepted, under a hash of everything that the verdict depends on, the rule included, and is only asked
//! whether it holds that hash. A signature that it does not hold is verified.
//!
//! # Invariants
//! - SCALE, JSON and `TypeInfo` are exactly `MultiSignature`'s, so clients cannot tell the difference.
//! - A refusal is never remembered: a cache that loses entries, or is absent, changes nothing but time.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use plexus_primitives::consensus::{ConsensusKey, ConsensusSignature, VerifyConsensusSignature};
use scale_info::{Type, TypeInfo};
use serde::{Deserialize, Serialize};
use sp_runtime::{
	traits::{Lazy, Verify},
	AccountId32, MultiSignature, MultiSigner,
};

/// An account's signature over a transaction.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Signature(pub MultiSignature);

impl<S: Into<MultiSignature>> From<S> for Signature {
	fn from(signature: S) -> Self {
		Self(signature.into())
	}
}

/// Stands for `MultiSignature` itself, so that the metadata does not know of the wrapper.
impl TypeInfo for Signature {
	type Identity = MultiSignature;

	fn type_info() -> Type {
		MultiSignature::type_info()
	}
}

impl Verify for Signature {
	type Signer = MultiSigner;

	#[cfg(feature = "std")]
	fn verify<L: Lazy<[u8]>>(&self, mut message: L, signer: &AccountId32) -> bool {
		let message = message.get();
		cache::verify_once(&self.0, message, signer)
	}

	#[cfg(not(feature = "std"))]
	fn verify<L: Lazy<[u8]>>(&self, message: L, signer: &AccountId32) -> bool {
		self.0.verify(message, signer)
	}
}

/// Verifies what validators sign.
pub struct ConsensusSignatures;

impl VerifyConsensusSignature for ConsensusSignatures {
	#[cfg(feature = "std")]
	fn verify(key: &ConsensusKey, preimage: &[u8], signature: &ConsensusSignature) -> bool {
		cache::verify_consensus_once(key, preimage, signature)
	}

	#[cfg(not(feature = "std"))]
	fn verify(key: &ConsensusKey, preimage: &[u8], signature: &ConsensusSignature) -> bool {
		key.verify(preimage, signature)
	}
}

#[cfg(feature = "std")]
pub use cache::{verification_key, verify_consensus, SignatureCache, SignatureCacheExt};

/// The cache as the externalities hold it.
#[cfg(feature = "std")]
mod cache {
	use super::*;
	use sp_externalities::ExternalitiesExt;
	use std::sync::Arc;

	/// A memory of verified signatures. It may forget at any time; it must never hold what was not inserted.
	pub trait SignatureCache: Send + Sync {
		/// Whether `key` was inserted and not forgotten.
		fn contains(&self, key: &[u8; 32]) -> bool;
		/// Remembers `key`.
		fn insert(&self, key: [u8; 32]);
	}

	sp_externalities::decl_extension! {
		/// Puts a [`SignatureCache`] into the externalities.
		pub struct SignatureCacheExt(Arc<dyn SignatureCache>);
	}

	/// The key of a verified signature: BLAKE3 of signer, signature and message.
	///
	/// No two triples give the same bytes: the signer has 32, the signature's first byte fixes its length, and the
	/// message is the rest.
	pub fn verification_key(signature: &MultiSignature, message: &[u8], signer: &AccountId32) -> [u8; 32] {
		let mut hasher = blake3::Hasher::new();
		hasher.update(AsRef::<[u8; 32]>::as_ref(signer));
		signature.using_encoded(|bytes| hasher.update(bytes));
		hasher.update(message);
		*hasher.finalize().as_bytes()
	}

	/// Names the rule in the keys of consensus signatures, so that what one rule accepted does not pass for what the other,
	/// stricter one did.
	const CONSENSUS_CONTEXT: &str = "plexus 2026-11 signatures of consensus, verified strictly";

	/// The key of a verified signature of consensus. Signer and signature have their fixed lengths.
	fn consensus_key(key: &ConsensusKey, preimage: &[u8], signature: &ConsensusSignature) -> [u8; 32] {
		let mut hasher = blake3::Hasher::new_derive_key(CONSENSUS_CONTEXT);
		hasher.update(&key.0).update(&signature.0).update(preimage);
		*hasher.finalize().as_bytes()
	}

	/// `key.verify`, skipped when `cache` knows its result to be positive.
	pub fn verify_consensus(
		cache: &dyn SignatureCache,
		key: &ConsensusKey,
		preimage: &[u8],
		signature: &ConsensusSignature,
	) -> bool {
		let verify = || key.verify(preimage, signature);
		once(cache, consensus_key(key, preimage, signature), verify)
	}

	/// As [`verify_consensus`], with the cache of the externalities.
	pub(super) fn verify_consensus_once(
		key: &ConsensusKey,
		preimage: &[u8],
		signature: &ConsensusSignature,
	) -> bool {
		match installed() {
			Some(cache) => verify_consensus(&*cache, key, preimage, signature),
			None => key.verify(preimage, signature),
		}
	}

	/// `signature.verify`, skipped when the cache of the externalities knows its result to be positive.
	pub(super) fn verify_once(signature: &MultiSignature, message: &[u8], signer: &AccountId32) -> bool {
		let verify = || signature.verify(message, signer);
		match installed() {
			Some(cache) => once(&*cache, verification_key(signature, message, signer), verify),
			None => verify(),
		}
	}

	/// Whether `verify` says yes, or did so before under this key.
	fn once(cache: &dyn SignatureCache, key: [u8; 32], verify: impl FnOnce() -> bool) -> bool {
		if cache.contains(&key) {
			return true;
		}
		let valid = verify();
		if valid {
			cache.insert(key);
		}
		valid
	}

	/// The cache of the externalities that this thread runs in, if there is one.
	fn installed() -> Option<Arc<dyn SignatureCache>> {
		sp_externalities::with_externalities(|mut ext| {
			ext.extension::<SignatureCacheExt>().map(|extension| extension.0.clone())
		})
		.flatten()
	}
}
