//! Signatures of consensus: made for one purpose on one chain, and verified strictly.
//!
//! # Must not
//! Be used for transactions: accounts follow the runtime's rule, which accepts signatures that this one refuses.
//!
//! # Invariants
//! - Every preimage begins with [`Purpose::domain`], hence with the genesis hash. The one exception is the proof that
//!   a validator owns a peer id, whose preimage the engine fixes.
//! - Each vote and proposal is on disk in the [`SigningGuard`] before its signature is returned, and of each step only one
//!   is ever signed.
//! - A signature of ours that the engine verifies and the guard did not make raises the alarm.
//!
//! # When the engine wants something else signed than before
//! After a crash the engine may have forgotten what it signed last, and derive another message for the same step. The
//! earlier one stands and is returned in its place. The engine itself would not do that: it ends when its log holds another
//! vote than it derives. Hence the log marks such a vote, see [`crate::standing`]. Whether one may stand in:
//!
//! - a prevote binds nobody: what it was derived from lies in earlier rounds, which the log holds;
//! - a precommit for nil binds nobody either, and a lock taken meanwhile is only stricter;
//! - a precommit for a block binds its voter to that block. The engine, which derived nil, would not know: it is refused,
//!   and the node ends. Its next start may see again the prevotes that led there, since their voters repeat them; if the
//!   log ends with the timeout that led elsewhere it does not, and the node has to follow until others decided that height;
//! - a proposal is repeated if it names the same earlier round.
//!
//! Malachite knows no abstention: a refused signature ends its consensus actor. The alarm says why, and the process exits
//! with an error.

use crate::guard::{GuardError, Refusal, Signed, SigningGuard, Step, StepKind};
use crate::malachite::core::{
	NilOrVal, SignedExtension, SignedMessage, ValidatorProof, VoteExtensionScope, VoteType,
};
use crate::malachite::{Signer, SignerError, VerificationResult, Verifier};
use crate::standing::StandIns;
use crate::types::{AuthorityId, Plexus, Proposal, Signature, Vote};
use crate::wire;
use async_trait::async_trait;
use codec::{DecodeAll, Encode};
use ed25519_dalek::{Signer as _, VerifyingKey};
use plexus_execution::SharedSignatureCache;
use plexus_primitives::purpose::{Purpose, DOMAIN_BYTES};
use plexus_runtime::verify_consensus;
use sp_core::H256;
use std::sync::Arc;
use tracing::warn;

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

/// Verifies votes and proposals of one chain. It remembers the precommits for blocks: the next block brings them again.
#[derive(Clone)]
pub struct ChainVerifier {
	/// The chain.
	pub genesis: H256,
	/// What it remembers.
	pub memory: SharedSignatureCache,
}

impl ChainVerifier {
	fn verify_vote(&self, vote: &Vote, preimage: &[u8], signature: &Signature, key: &AuthorityId) -> bool {
		match (vote.kind, &vote.value) {
			(VoteType::Precommit, NilOrVal::Val(_)) => {
				verify_consensus(&*self.memory, &(*key).into(), preimage, &(*signature).into())
			}
			_ => verify(key, preimage, signature),
		}
	}
}

#[async_trait]
impl Verifier<Plexus> for ChainVerifier {
	async fn verify_signed_vote(
		&self,
		vote: &Vote,
		signature: &Signature,
		key: &AuthorityId,
	) -> Result<VerificationResult, SignerError> {
		let preimage = vote_preimage(&self.genesis, vote);
		Ok(VerificationResult::from_bool(self.verify_vote(vote, &preimage, signature, key)))
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

/// Verifies like [`ChainVerifier`], and shows the guard every signature of this node's own key: commit certificates, polka
/// certificates and votes alike, from wherever they come.
pub struct WatchingVerifier {
	verifier: ChainVerifier,
	validator: AuthorityId,
	guard: Arc<SigningGuard>,
}

impl WatchingVerifier {
	/// A verifier of a node that signs with the guarded key.
	pub fn new(verifier: ChainVerifier, validator: AuthorityId, guard: Arc<SigningGuard>) -> Self {
		Self { verifier, validator, guard }
	}

	fn watch(&self, result: &VerificationResult, key: &AuthorityId, step: Option<Step>, preimage: &[u8]) {
		if let (true, true, Some(step)) = (result.is_valid(), *key == self.validator, step) {
			self.guard.witness(step, preimage);
		}
	}
}

#[async_trait]
impl Verifier<Plexus> for WatchingVerifier {
	async fn verify_signed_vote(
		&self,
		vote: &Vote,
		signature: &Signature,
		key: &AuthorityId,
	) -> Result<VerificationResult, SignerError> {
		let preimage = vote_preimage(&self.verifier.genesis, vote);
		let result =
			VerificationResult::from_bool(self.verifier.verify_vote(vote, &preimage, signature, key));
		self.watch(&result, key, vote_step(vote), &preimage);
		Ok(result)
	}

	async fn verify_signed_proposal(
		&self,
		proposal: &Proposal,
		signature: &Signature,
		key: &AuthorityId,
	) -> Result<VerificationResult, SignerError> {
		let preimage = proposal_preimage(&self.verifier.genesis, proposal);
		let result = VerificationResult::from_bool(verify(key, &preimage, signature));
		self.watch(&result, key, proposal_step(proposal), &preimage);
		Ok(result)
	}

	async fn verify_signed_vote_extension(
		&self,
		scope: &VoteExtensionScope<Plexus>,
		extension: &(),
		signature: &Signature,
		key: &AuthorityId,
	) -> Result<VerificationResult, SignerError> {
		self.verifier.verify_signed_vote_extension(scope, extension, signature, key).await
	}

	async fn verify_validator_proof(
		&self,
		proof: &ValidatorProof<Plexus>,
	) -> Result<VerificationResult, SignerError> {
		self.verifier.verify_validator_proof(proof).await
	}
}

/// The step of a vote; the engine's votes have a round.
pub(crate) fn vote_step(vote: &Vote) -> Option<Step> {
	let kind = match vote.kind {
		VoteType::Prevote => StepKind::Prevote,
		VoteType::Precommit => StepKind::Precommit,
	};
	Some(Step { height: vote.height.0, round: vote.round.as_u32()?, kind })
}

/// The step of a proposal; the engine's proposals have a round.
fn proposal_step(proposal: &Proposal) -> Option<Step> {
	Some(Step { height: proposal.height.0, round: proposal.round.as_u32()?, kind: StepKind::Proposal })
}

/// Signs for one validator on one chain.
#[derive(Clone)]
pub struct ChainSigner {
	key: SigningKey,
	genesis: H256,
	guard: Arc<SigningGuard>,
	stand_ins: StandIns,
}

impl ChainSigner {
	/// A signer that signs what `guard` lets it, for an engine whose log marks `stand_ins`.
	pub fn new(key: SigningKey, genesis: H256, guard: Arc<SigningGuard>, stand_ins: StandIns) -> Self {
		Self { key, genesis, guard, stand_ins }
	}

	/// Signs on a blocking thread, because the guard waits for the disk.
	async fn guarded(&self, step: Option<Step>, preimage: Vec<u8>) -> Result<Signature, Withheld> {
		let step = step.ok_or_else(|| Withheld::Failed(SignerError::new()))?;
		let (guard, key) = (self.guard.clone(), self.key.clone());
		let signed =
			tokio::task::spawn_blocking(move || guard.sign(step, &preimage, |bytes| sign(&key, bytes)));
		match signed.await {
			Ok(Ok(signature)) => Ok(signature),
			Ok(Err(GuardError::Refused(Refusal::Conflict { step, recorded }))) => {
				Err(Withheld::Conflict { step, recorded })
			}
			Ok(Err(error)) => Err(Withheld::Failed(self.refuse(error))),
			Err(error) => Err(Withheld::Failed(SignerError::from_source(error))),
		}
	}

	fn refuse(&self, error: GuardError) -> SignerError {
		SignerError::from_source(self.guard.raise(error))
	}
}

/// Why there is no signature of what was asked for.
enum Withheld {
	/// Something else was signed at that step.
	Conflict { step: Step, recorded: Box<Signed> },
	/// The alarm was raised, or the thread failed.
	Failed(SignerError),
}

/// What the guard recorded, decoded: it was encoded by [`vote_preimage`] or [`proposal_preimage`].
fn recorded<W: DecodeAll>(signed: &Signed) -> Option<W> {
	W::decode_all(&mut signed.bytes.get(DOMAIN_BYTES..)?).ok()
}

/// The vote that stands in for another one of its step, if it may.
fn standing_vote(signed: &Signed) -> Option<SignedMessage<Plexus, Vote>> {
	let vote = Vote::from(recorded::<wire::Vote>(signed)?);
	let binds_nobody = match (vote.kind, &vote.value) {
		(VoteType::Prevote, _) | (VoteType::Precommit, NilOrVal::Nil) => true,
		(VoteType::Precommit, NilOrVal::Val(_)) => false,
	};
	binds_nobody.then(|| SignedMessage::new(vote, signed.signature))
}

/// The proposal that stands in for another one of its step, if it may.
fn standing_proposal(signed: &Signed, wanted: &Proposal) -> Option<SignedMessage<Plexus, Proposal>> {
	let proposal = Proposal::from(recorded::<wire::Proposal>(signed)?);
	(proposal.pol_round == wanted.pol_round).then(|| SignedMessage::new(proposal, signed.signature))
}

#[async_trait]
impl Signer<Plexus> for ChainSigner {
	async fn sign_vote(&self, vote: Vote) -> Result<SignedMessage<Plexus, Vote>, SignerError> {
		// The log says so, as it says which votes the engine made itself.
		if let Some(earlier) = vote_step(&vote).and_then(|step| self.stand_ins.at(step)) {
			return Ok(earlier);
		}
		match self.guarded(vote_step(&vote), vote_preimage(&self.genesis, &vote)).await {
			Ok(signature) => Ok(SignedMessage::new(vote, signature)),
			Err(Withheld::Failed(error)) => Err(error),
			Err(Withheld::Conflict { step, recorded }) => match standing_vote(&recorded) {
				Some(earlier) => {
					warn!(%step, "another vote was signed before a crash; it stands and is sent again");
					self.stand_ins.note(&earlier);
					Ok(earlier)
				}
				None => Err(self.refuse(Refusal::Conflict { step, recorded }.into())),
			},
		}
	}

	async fn sign_proposal(
		&self,
		proposal: Proposal,
	) -> Result<SignedMessage<Plexus, Proposal>, SignerError> {
		match self.guarded(proposal_step(&proposal), proposal_preimage(&self.genesis, &proposal)).await {
			Ok(signature) => Ok(SignedMessage::new(proposal, signature)),
			Err(Withheld::Failed(error)) => Err(error),
			Err(Withheld::Conflict { step, recorded }) => match standing_proposal(&recorded, &proposal) {
				Some(earlier) => {
					warn!(%step, "another proposal was signed before a crash; it stands and is sent again");
					Ok(earlier)
				}
				None => Err(self.refuse(Refusal::Conflict { step, recorded }.into())),
			},
		}
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
