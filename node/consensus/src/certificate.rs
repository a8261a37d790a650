//! Commit certificates: stored with their block, they are the chain's proofs of finality.
//!
//! # Must not
//! Need the engine, the network or the state: a light client that knows the validators verifies with this module
//! alone.
//!
//! # Invariants
//! A certificate is valid if distinct validators of the height, holding more than two thirds of the power, signed the
//! precommit for its block, and nobody else's signature is in it.

use crate::codec::{decode_versioned, encode_versioned, CodecError};
use crate::malachite::core as engine;
use crate::signing;
use crate::types::{AuthorityId, Plexus, ValidatorSet};
use crate::wire;
use codec::Encode;
use plexus_primitives::consensus::{verify_commit_with, Commit, CommitError};
use plexus_primitives::purpose::Purpose;
use plexus_runtime::{verify_consensus, SignatureCache};
use sp_core::H256;
use std::collections::BTreeSet;

pub use crate::wire::Certificate;

/// Why a certificate proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
	/// The bytes are no certificate.
	#[error("undecodable certificate: {0}")]
	Undecodable(#[from] CodecError),
	/// Somebody who is not a validator of this height signed.
	#[error("{0} is not a validator at this height")]
	UnknownValidator(AuthorityId),
	/// A validator's signature is in it twice.
	#[error("{0} signed twice")]
	Duplicate(AuthorityId),
	/// A signature does not verify: for another block, chain or round, or forged.
	#[error("the signature of {0} does not verify")]
	BadSignature(AuthorityId),
	/// Not more than two thirds of the power.
	#[error("signed by {signed} of {total} voting power; more than two thirds are needed")]
	NotEnoughPower {
		/// Power of those who signed.
		signed: u64,
		/// Power of all.
		total: u64,
	},
}

/// Whether `signed` is more than two thirds of `total`.
pub fn is_quorum(signed: u64, total: u64) -> bool {
	u128::from(signed) * 3 > u128::from(total) * 2
}

/// The form in which a certificate is stored with its block.
pub fn encode(certificate: &engine::CommitCertificate<Plexus>) -> Vec<u8> {
	encode_versioned(&Certificate::from(certificate))
}

/// Reads a stored certificate without verifying it.
///
/// # Errors
/// [`CodecError`] if the bytes are no certificate of this version.
pub fn decode(bytes: &[u8]) -> Result<Certificate, CodecError> {
	decode_versioned(bytes)
}

/// The precommits of a certificate by the places of the validators of its height, as the next block holds them; `memory`
/// is asked for those that were verified before.
///
/// # Errors
/// [`CommitError`] if the next block's verifiers would not take them.
pub fn commit(
	memory: &dyn SignatureCache,
	genesis: &H256,
	validators: &ValidatorSet,
	certificate: &Certificate,
) -> Result<Commit, CommitError> {
	let voters = validators.voters();
	let Certificate { height, round, value, signatures } = certificate;
	let signatures: Vec<_> =
		signatures.iter().map(|(signer, signature)| ((*signer).into(), (*signature).into())).collect();
	let commit = Commit::new(*round, &voters, &signatures);
	let verify = |key: &_, preimage: &[u8], signature: &_| verify_consensus(memory, key, preimage, signature);
	verify_commit_with(verify, &genesis.0, &voters, *height, (value.0, *round), &commit.signatures)?;
	Ok(commit)
}

/// Verifies a stored certificate against the validators of its height and returns it. The caller compares its height
/// and block with what it wants proved.
///
/// # Errors
/// See [`CertificateError`].
pub fn verify_certificate(
	genesis: &H256,
	validators: &ValidatorSet,
	certificate: &[u8],
) -> Result<Certificate, CertificateError> {
	let certificate = decode(certificate)?;
	let mut signers = BTreeSet::new();
	let mut signed = 0u64;
	for (id, signature) in &certificate.signatures {
		let validator = validators.get(id).ok_or(CertificateError::UnknownValidator(*id))?;
		if !signers.insert(*id) {
			return Err(CertificateError::Duplicate(*id));
		}
		let vote = wire::Vote::precommit(certificate.height, certificate.round, certificate.value, *id);
		let mut preimage = Purpose::Vote.domain(&genesis.0).to_vec();
		vote.encode_to(&mut preimage);
		if !signing::verify(id, &preimage, signature) {
			return Err(CertificateError::BadSignature(*id));
		}
		// Cannot overflow: distinct validators of a set whose total fits.
		signed += validator.power;
	}
	let total = validators.total_power();
	if !is_quorum(signed, total) {
		return Err(CertificateError::NotEnoughPower { signed, total });
	}
	Ok(certificate)
}
