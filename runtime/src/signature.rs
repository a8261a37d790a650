//! The account signature: `MultiSignature`, with a memory of what was verified before.
//!
//! A signature is checked when a transaction arrives, when a block is built from it and when the block is executed.
//! The node puts a [`SignatureCache`] into the externalities, and [`Signature`] consults it, so that only the first
//! of those does the elliptic-curve work.
//!
//! # Must not
//! Decide differently from `MultiSignature`, ever: two nodes would fork. The cache holds only what
//! `MultiSignature::verify` accepted, under a hash of everything that the verdict depends on, and is only asked
//! whether it holds that hash. A signature that it does not hold is verified.
//!
//! # Invariants
//! - SCALE, JSON and `TypeInfo` are exactly `MultiSignature`'s, so clients cannot tell the difference.
//! - A refusal is never remembered: a cache that loses entries, or is absent, changes nothing but time.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
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

#[cfg(feature = "std")]
pub use cache::{verification_key, SignatureCache, SignatureCacheExt};

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

	/// `signature.verify`, skipped when the cache knows its result to be positive.
	pub(super) fn verify_once(signature: &MultiSignature, message: &[u8], signer: &AccountId32) -> bool {
		let Some(cache) = installed() else { return signature.verify(message, signer) };
		let key = verification_key(signature, message, signer);
		if cache.contains(&key) {
			return true;
		}
		let valid = signature.verify(message, signer);
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
