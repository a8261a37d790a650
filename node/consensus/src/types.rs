//! The types that the engine is generic over: heights, validators, values, votes and proposals.
//!
//! # Must not
//! Know the chain, the network or the disk. Nothing here decides anything but [`Plexus::select_proposer`], which
//! every node computes alike.
//!
//! # Invariants
//! - A value is a block hash: bodies travel as parts and never enter votes, certificates or the write-ahead log.
//! - A [`ValidatorSet`] is never empty, sorted, without duplicates, and three times its power fits in 64 bits.
//!
//! # Source
//! Buchman, Kwon, Milosevic: *The latest gossip on BFT consensus* (2018); the trait names are Malachite's.

use crate::malachite::core::{
	self as engine, LinearTimeouts, NilOrVal, Round, SignedExtension, SigningScheme, VoteType,
};
use crate::parts::ProposalPart;
use codec::{Decode, Encode};
use core::fmt;
use plexus_primitives::consensus::{self, is_quorum, ConsensusKey, ConsensusSignature, Voter};
use sp_core::H256;
use std::sync::Arc;

/// Height of a block in consensus. The chain's block numbers are 32 bits wide; see [`Height::number`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Height(pub u64);

impl Height {
	/// The block number at this height, if the chain can ever have it.
	pub fn number(self) -> Option<u32> {
		u32::try_from(self.0).ok()
	}
}

impl fmt::Display for Height {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		self.0.fmt(f)
	}
}

impl engine::Height for Height {
	const ZERO: Self = Height(0);
	const INITIAL: Self = Height(1);

	fn increment_by(&self, n: u64) -> Self {
		Height(self.0.saturating_add(n))
	}

	fn decrement_by(&self, n: u64) -> Option<Self> {
		self.0.checked_sub(n).map(Height)
	}

	fn as_u64(&self) -> u64 {
		self.0
	}
}

/// A validator's ed25519 public key; it is also the validator's address in consensus.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct AuthorityId(pub [u8; 32]);

impl AuthorityId {
	/// Stands for "no validator": the address of a node without a key. It is a point of small order, for which
	/// strict verification accepts no signature, so no validator can have it.
	pub const NOBODY: Self = Self([0; 32]);
}

impl fmt::Display for AuthorityId {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{:?}", H256(self.0))
	}
}

impl fmt::Debug for AuthorityId {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		fmt::Display::fmt(self, f)
	}
}

impl engine::Address for AuthorityId {}

impl From<AuthorityId> for ConsensusKey {
	fn from(id: AuthorityId) -> Self {
		Self(id.0)
	}
}

/// An ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "Signature({:02x}{:02x}…)", self.0[0], self.0[1])
	}
}

impl From<Signature> for ConsensusSignature {
	fn from(signature: Signature) -> Self {
		Self(signature.0)
	}
}

/// Why bytes are not a key or a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
	/// Neither 32 nor 64 bytes long, as asked for.
	#[error("wrong length: {0} bytes")]
	Length(usize),
	/// The bytes are no point of the curve.
	#[error("not a point of the curve")]
	NotAPoint,
}

/// Ed25519, strictly verified (see [`crate::signing`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ed25519;

impl SigningScheme for Ed25519 {
	type DecodingError = KeyError;
	type Signature = Signature;
	type PublicKey = AuthorityId;
	type PrivateKey = ed25519_dalek::SigningKey;

	fn decode_signature(bytes: &[u8]) -> Result<Signature, KeyError> {
		bytes.try_into().map(Signature).map_err(|_| KeyError::Length(bytes.len()))
	}

	fn encode_signature(signature: &Signature) -> Vec<u8> {
		signature.0.to_vec()
	}

	fn decode_public_key(bytes: &[u8]) -> Result<AuthorityId, KeyError> {
		let key: [u8; 32] = bytes.try_into().map_err(|_| KeyError::Length(bytes.len()))?;
		ed25519_dalek::VerifyingKey::from_bytes(&key).map_err(|_| KeyError::NotAPoint)?;
		Ok(AuthorityId(key))
	}

	fn encode_public_key(key: &AuthorityId) -> Vec<u8> {
		key.0.to_vec()
	}
}

/// A validator and its voting power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Validator {
	/// Its key and address.
	pub id: AuthorityId,
	/// Its voting power; never zero in a [`ValidatorSet`].
	pub power: u64,
}

impl engine::Validator<Plexus> for Validator {
	fn address(&self) -> &AuthorityId {
		&self.id
	}

	fn public_key(&self) -> &AuthorityId {
		&self.id
	}

	fn voting_power(&self) -> u64 {
		self.power
	}
}

/// The most power a set may have in total: the engine multiplies powers by three.
pub const TOTAL_POWER_MAX: u64 = u64::MAX / 8;

/// Why a list of validators is not a set that can decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidatorSetError {
	/// Nobody has any power.
	#[error("no validator has voting power")]
	Empty,
	/// The same key twice.
	#[error("validator {0} is listed twice")]
	Duplicate(AuthorityId),
	/// More than [`TOTAL_POWER_MAX`].
	#[error("the total voting power exceeds {TOTAL_POWER_MAX}")]
	PowerTooLarge,
}

/// The validators of one height: power descending, then key ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatorSet {
	validators: Arc<[Validator]>,
	total_power: u64,
}

impl ValidatorSet {
	/// Orders the validators; those without power are left out.
	///
	/// # Errors
	/// See [`ValidatorSetError`].
	pub fn new(validators: impl IntoIterator<Item = Validator>) -> Result<Self, ValidatorSetError> {
		let mut validators: Vec<_> = validators.into_iter().filter(|v| v.power > 0).collect();
		validators.sort_by_key(|validator| validator.id);
		if let Some(pair) = validators.windows(2).find(|pair| pair[0].id == pair[1].id) {
			return Err(ValidatorSetError::Duplicate(pair[0].id));
		}
		validators.sort_by(|a, b| b.power.cmp(&a.power).then(a.id.cmp(&b.id)));
		let total_power = validators
			.iter()
			.try_fold(0u64, |sum, v| sum.checked_add(v.power))
			.filter(|sum| *sum <= TOTAL_POWER_MAX)
			.ok_or(ValidatorSetError::PowerTooLarge)?;
		if validators.is_empty() {
			return Err(ValidatorSetError::Empty);
		}
		Ok(Self { validators: validators.into(), total_power })
	}

	/// The validators in order; never empty.
	pub fn as_slice(&self) -> &[Validator] {
		&self.validators
	}

	/// The validator with this key.
	pub fn get(&self, id: &AuthorityId) -> Option<&Validator> {
		self.validators.iter().find(|v| v.id == *id)
	}

	/// The power of all.
	pub fn total_power(&self) -> u64 {
		self.total_power
	}

	/// Who proposes: everybody as often as its power says; see [`consensus::proposer`].
	pub fn proposer(&self, height: u64, round: u32) -> AuthorityId {
		let powers = self.validators.iter().map(|validator| validator.power);
		let place = consensus::proposer(powers, height, round);
		// The place is below the number of validators, since the total is the sum of their powers.
		self.validators[place].id
	}

	/// The validators as the runtime knows them, in the same order.
	pub fn voters(&self) -> Vec<Voter> {
		self.validators.iter().map(|validator| (validator.id.into(), validator.power)).collect()
	}

	/// The fewest others whose power makes a quorum together with that of `id`: none if it decides alone.
	pub fn others_needed(&self, id: &AuthorityId) -> usize {
		let mut signed = self.get(id).map_or(0, |own| own.power);
		let others = self.validators.iter().filter(|validator| validator.id != *id);
		others
			.take_while(|other| {
				let needed = !is_quorum(signed, self.total_power);
				signed = signed.saturating_add(other.power);
				needed
			})
			.count()
	}
}

impl engine::ValidatorSet<Plexus> for ValidatorSet {
	fn count(&self) -> usize {
		self.validators.len()
	}

	fn total_voting_power(&self) -> u64 {
		self.total_power
	}

	fn get_by_address(&self, address: &AuthorityId) -> Option<&Validator> {
		self.get(address)
	}

	fn get_by_index(&self, index: usize) -> Option<&Validator> {
		self.validators.get(index)
	}
}

/// What is decided: a block, by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct BlockRef(pub H256);

impl engine::Value for BlockRef {
	type Id = H256;

	fn id(&self) -> H256 {
		self.0
	}
}

/// A proposer's message: this value in this round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
	/// Height.
	pub height: Height,
	/// Round; always defined.
	pub round: Round,
	/// The proposed block.
	pub value: BlockRef,
	/// The earlier round in which two thirds prevoted for it, if any.
	pub pol_round: Round,
	/// The proposer.
	pub address: AuthorityId,
}

impl engine::Proposal<Plexus> for Proposal {
	fn height(&self) -> Height {
		self.height
	}

	fn round(&self) -> Round {
		self.round
	}

	fn value(&self) -> &BlockRef {
		&self.value
	}

	fn take_value(self) -> BlockRef {
		self.value
	}

	fn pol_round(&self) -> Round {
		self.pol_round
	}

	fn validator_address(&self) -> &AuthorityId {
		&self.address
	}
}

/// A prevote or precommit, for a block or for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
	/// Prevote or precommit.
	pub kind: VoteType,
	/// Height.
	pub height: Height,
	/// Round; always defined.
	pub round: Round,
	/// The block, or nil.
	pub value: NilOrVal<H256>,
	/// The voter.
	pub address: AuthorityId,
}

impl engine::Vote<Plexus> for Vote {
	fn height(&self) -> Height {
		self.height
	}

	fn round(&self) -> Round {
		self.round
	}

	fn value(&self) -> &NilOrVal<H256> {
		&self.value
	}

	fn take_value(self) -> NilOrVal<H256> {
		self.value
	}

	fn vote_type(&self) -> VoteType {
		self.kind
	}

	fn validator_address(&self) -> &AuthorityId {
		&self.address
	}

	fn extension(&self) -> Option<&SignedExtension<Plexus>> {
		None
	}

	fn take_extension(&mut self) -> Option<SignedExtension<Plexus>> {
		None
	}

	fn extend(self, _: SignedExtension<Plexus>) -> Self {
		self
	}
}

/// The engine's type parameter. Vote extensions are not used.
#[derive(Clone, Copy, Debug)]
pub struct Plexus;

impl engine::Context for Plexus {
	type Address = AuthorityId;
	type Height = Height;
	type ProposalPart = ProposalPart;
	type Proposal = Proposal;
	type Validator = Validator;
	type ValidatorSet = ValidatorSet;
	type Timeouts = LinearTimeouts;
	type Value = BlockRef;
	type Vote = Vote;
	type Extension = ();
	type SigningScheme = Ed25519;

	fn select_proposer<'a>(&self, set: &'a ValidatorSet, height: Height, round: Round) -> &'a Validator {
		let proposer = set.proposer(height.0, round.as_u32().unwrap_or(0));
		set.get(&proposer).expect("the set was asked for one of its own validators")
	}

	fn new_proposal(
		&self,
		height: Height,
		round: Round,
		value: BlockRef,
		pol_round: Round,
		address: AuthorityId,
	) -> Proposal {
		Proposal { height, round, value, pol_round, address }
	}

	fn new_prevote(&self, height: Height, round: Round, value: NilOrVal<H256>, address: AuthorityId) -> Vote {
		Vote { kind: VoteType::Prevote, height, round, value, address }
	}

	fn new_precommit(
		&self,
		height: Height,
		round: Round,
		value: NilOrVal<H256>,
		address: AuthorityId,
	) -> Vote {
		Vote { kind: VoteType::Precommit, height, round, value, address }
	}
}
