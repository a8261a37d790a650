//! Signatures of consensus: made for one purpose on one chain, and verified strictly.
//!
//! # Must not
//! Be used for transactions: accounts follow the runtime's rule, which accepts signatures that this one refuses.
//!
//! # Invariants
//! - Every preimage begins with [`Purpose::domain`], hence with the genesis hash. The one exception is the proof that
//!   a validator owns a peer id, whose preimage the engine fixes.
//! - A height is on disk in the [`SigningState`] before the first vote or proposal of that height is signed.

use crate::malachite::core::{SignedExtension, SignedMessage, ValidatorProof, VoteExtensionScope};
use crate::malachite::{Signer, SignerError, VerificationResult, Verifier};
use crate::signing_state::SigningState;
use crate::types::{AuthorityId, Plexus, Proposal, Signature, Vote};
use crate::wire;
use async_trait::async_trait;
use codec::Encode;
use ed25519_dalek::{Signer as _, VerifyingKey};
use plexus_primitives::purpose::Purpose;
use sp_core::H256;
use std::sync::Arc;

pub use ed25519_dalek::SigningKey;

/// What a voter signs.
pub fn vote_preimage(genesis: &H256, vote: &Vote) -> Vec<u8> {
	let mut bytes = Purpose::Vote.domain(&genesis.0).to_vec();
	wire::Vote::from(vote).encode_to(&mut bytes);
	bytes
}

/// What a proposer signs.
pub fn proposal_preimage(genesis: &H256, proposal: &Proposal) -> Vec<u8> {
	let mut bytes = Purpose::Proposal.domain(&genesis.0).to_vec();
	wire::Proposal::from(proposal).encode_to(&mut bytes);
	bytes
}

/// Signs bytes that begin with a domain.
pub fn sign(key: &SigningKey, preimage: &[u8]) -> Signature {
	Signature(key.sign(preimage).to_bytes())
}

/// Verifies strictly: no key or commitment of small order, no non-canonical scalar. All implementations agree on the
/// signatures that pass.
pub fn verify(id: &AuthorityId, preimage: &[u8], signature: &Signature) -> bool {
	let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
	VerifyingKey::from_bytes(&id.0).is_ok_and(|key| key.verify_strict(preimage, &signature).is_ok())
}

/// Verifies votes and proposals of one chain.
#[derive(Clone, Copy, Debug)]
pub struct ChainVerifier {
	/// The chain.
	pub genesis: H256,
}

#[async_trait]
impl Verifier<Plexus> for ChainVerifier {
	async fn verify_signed_vote(
		&self,
		vote: &Vote,
		signature: &Signature,
		key: &AuthorityId,
	) -> Result<VerificationResult, SignerError> {
		Ok(VerificationResult::from_bool(verify(key, &vote_preimage(&self.genesis, vote), signature)))
	}

	async fn verify_signed_proposal(
		&self,
		proposal: &Proposal,
		signature: &Signature,
		key: &AuthorityId,
	) -> Result<VerificationResult, SignerError> {
		let preimage = proposal_preimage(&self.genesis, proposal);
		Ok(VerificationResult::from_bool(verify(key, &preimage, signature)))
	}

	/// Extensions are not used; none is valid.
	async fn verify_signed_vote_extension(
		&self,
		_: &VoteExtensionScope<Plexus>,
		_: &(),
		_: &Signature,
		_: &AuthorityId,
	) -> Result<VerificationResult, SignerError> {
		Ok(VerificationResult::Invalid)
	}

	async fn verify_validator_proof(
		&self,
		proof: &ValidatorProof<Plexus>,
	) -> Result<VerificationResult, SignerError> {
		let valid =
			proof.decoded_public_key().is_ok_and(|key| verify(&key, &proof.preimage(), &proof.signature));
		Ok(VerificationResult::from_bool(valid))
	}
}

/// Signs for one validator on one chain.
#[derive(Clone)]
pub struct ChainSigner {
	key: SigningKey,
	genesis: H256,
	state: Arc<SigningState>,
}

impl ChainSigner {
	/// A signer that notes in `state` which heights it signs for.
	pub fn new(key: SigningKey, genesis: H256, state: Arc<SigningState>) -> Self {
		Self { key, genesis, state }
	}

	async fn note(&self, height: u64) -> Result<(), SignerError> {
		if self.state.is_noted(height) {
			return Ok(());
		}
		let state = self.state.clone();
		match tokio::task::spawn_blocking(move || state.note(height)).await {
			Ok(Ok(())) => Ok(()),
			Ok(Err(error)) => Err(SignerError::from_source(error)),
			Err(error) => Err(SignerError::from_source(error)),
		}
	}
}

#[async_trait]
impl Signer<Plexus> for ChainSigner {
	async fn sign_vote(&self, vote: Vote) -> Result<SignedMessage<Plexus, Vote>, SignerError> {
		self.note(vote.height.0).await?;
		let signature = sign(&self.key, &vote_preimage(&self.genesis, &vote));
		Ok(SignedMessage::new(vote, signature))
	}

	async fn sign_proposal(
		&self,
		proposal: Proposal,
	) -> Result<SignedMessage<Plexus, Proposal>, SignerError> {
		self.note(proposal.height.0).await?;
		let signature = sign(&self.key, &proposal_preimage(&self.genesis, &proposal));
		Ok(SignedMessage::new(proposal, signature))
	}

	async fn sign_vote_extension(
		&self,
		_: VoteExtensionScope<Plexus>,
		_: (),
	) -> Result<SignedExtension<Plexus>, SignerError> {
		Err(SignerError::new())
	}

	async fn sign_validator_proof(
		&self,
		public_key: Vec<u8>,
		peer_id: Vec<u8>,
	) -> Result<ValidatorProof<Plexus>, SignerError> {
		let preimage = ValidatorProof::<Plexus>::signing_bytes(&public_key, &peer_id);
		let signature = sign(&self.key, &preimage);
		Ok(ValidatorProof::new(public_key, peer_id, signature))
	}
}
