//! The consensus application: what the engine asks, answered from the chain.
//!
//! ```text
//!  engine                             application
//!  ConsensusReady        [`start`]    → height tip+1 and its parameters
//!  StartedRound(h, r)    [`rounds`]   → proposals of (h, r) that are known already
//!  GetValue(h, r)        [`propose`]  → the same again, or build · persist · answer · publish the parts
//!  ReceivedProposalPart  [`receive`]  → assemble · park if early · execute · persist · verdict
//!  RestreamProposal      [`propose`]  → publish the stored parts again
//!  Decided               [`decide`]   → the one batch, synced
//!  Finalized             [`decide`]   → late precommits for the next block, report equivocations, next height
//!  ProcessSyncedValue    [`sync`]     → decode · execute · persist · verdict
//! ```
//! [`GetDecidedValues`](crate::serving) is answered without it.
//!
//! # Must not
//! Touch the network, read a clock or the disk except through [`Ledger`] and [`Clock`], spawn tasks, or wait. What it
//! wants done outside is returned as [`Effect`]s, so that a seeded simulator can drive several in one process.
//!
//! # Invariants
//! - A body is on disk before its verdict leaves: the engine's log holds only hashes.
//! - The same height and round are proposed again with the same block, also after a crash.
//! - The validators of a height are those that the state after its parent names. They are asked for once, when the
//!   height begins, and the engine is told in the same moment.
//! - Nothing that the network sent is an [`AppError`]: those are our own failures and end the node.
//!
//! [`start`]: App::start
//! [`rounds`]: App::started_round

mod decide;
mod propose;
mod receive;
mod sync;
#[cfg(test)]
mod tests;

use crate::assembly::{Admission, Assembly};
use crate::certificate::{self, Certificate};
use crate::evidence::Evidence;
use crate::ledger::{Clock, Ledger, LedgerError, LedgerTip, VerifyError};
use crate::malachite::core::{Round, Validity};
use crate::malachite::streaming::StreamMessage;
use crate::malachite::{HeightParams, ProposedValue};
use crate::offset::ClockOffset;
use crate::parking::Parking;
use crate::parts::{ProposalHead, ProposalPart};
use crate::signing::{ChainVerifier, SigningKey};
use crate::timing;
use crate::types::{AuthorityId, BlockRef, Height, Plexus, ValidatorSet};
use codec::{Decode, Encode};
use plexus_primitives::equivocation::Equivocation;
use plexus_storage::Block;
use sp_core::H256;
use std::collections::{BTreeMap, BTreeSet};
use tracing::{error, info, warn};

/// Undecided bodies kept for one height, the database's own bound.
pub const UNDECIDED_MAX: usize = plexus_storage::blocks::UNDECIDED_PER_HEIGHT_MAX;

/// From this many undecided bodies of its own on, a proposer offers its latest again instead of building another: a height
/// that fails for hours then fills neither disk nor the others' patience.
pub const REUSE_FROM: usize = 2;

/// Different blocks taken from one proposer at one height. An honest one builds [`REUSE_FROM`]; the others are for blocks
/// that others built and two thirds prevoted for. Each has room of its own, so that no proposer can take it from another.
pub const PROPOSALS_PER_PROPOSER_MAX: usize = 4;

/// Different blocks taken from the proposer of one round: two prove that it equivocates, more prove nothing.
pub const PROPOSALS_PER_ROUND_MAX: usize = 2;

/// How far a proposal's round may be ahead of ours; the engine hears votes as far ahead.
pub const ROUNDS_AHEAD_MAX: u32 = 10;

// Every proposer's share fits, and so does what comes with a certificate.
const _: () =
	assert!(UNDECIDED_MAX > PROPOSALS_PER_PROPOSER_MAX * plexus_runtime::limits::VALIDATORS_MAX as usize);

/// A failure of our own that ends consensus.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
	/// The chain failed.
	#[error("the chain failed: {0}")]
	Ledger(#[from] LedgerError),
	/// A decided block cannot be committed, because its body is not here or does not execute.
	#[error("block {height} ({hash:?}) was decided, but {cause}; the database may be damaged or this software differs from the other validators'")]
	Undecidable {
		/// Its height.
		height: u64,
		/// Its hash.
		hash: H256,
		/// What is wrong.
		cause: String,
	},
	/// The engine decided a height that does not follow the tip.
	#[error("the engine decided height {decided} while the chain is at {tip}")]
	OutOfOrder {
		/// What was decided.
		decided: u64,
		/// Our tip.
		tip: u32,
	},
	/// The chain's block numbers are exhausted.
	#[error("height {0} exceeds the chain's block numbers")]
	HeightTooLarge(u64),
}

/// What the application wants done outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
	/// Publish a part of a proposal.
	Publish(StreamMessage<ProposalPart>),
	/// Tell the operator that a validator signed two things that contradict each other. The chain is told already.
	Equivocated(Equivocation),
}

/// Where consensus stands, for metrics and health.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConsensusStatus {
	/// The height being decided.
	pub height: u64,
	/// The round of that height.
	pub round: u32,
	/// How many validators decide it.
	pub validators: usize,
	/// Whether this node is one of them.
	pub is_validator: bool,
	/// How many milliseconds this node's clock is ahead of the other validators', negative if behind; `None` until
	/// one of them has proposed. See [`crate::offset`].
	pub clock_offset_ms: Option<i64>,
}

impl ConsensusStatus {
	/// Whether the height can be decided only with others.
	pub fn needs_peers(&self) -> bool {
		self.validators > usize::from(self.is_validator)
	}
}

/// What made the tip final, for the block after it.
#[derive(Debug)]
struct Decision {
	/// The one with the most signatures that is known.
	certificate: Certificate,
	/// Who may have signed it.
	validators: ValidatorSet,
}

/// Where an undecided body came from. There are at most [`UNDECIDED_MAX`], so that the size of a head does not matter.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
enum Origin {
	/// Proposed in a round, by us or another validator.
	Proposed(ProposalHead),
	/// From a peer, with a commit certificate.
	Synced { round: u32, proposer: AuthorityId },
}

/// What is stored for an undecided body, behind the encodings' version byte.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Undecided {
	origin: Origin,
	block: Block,
}

/// The application's state: one height at a time.
pub struct App<L: Ledger, C: Clock> {
	ledger: L,
	clock: C,
	genesis: H256,
	key: Option<SigningKey>,
	me: AuthorityId,
	tip: LedgerTip,
	height: u64,
	round: u32,
	validators: ValidatorSet,
	block_time_ms: u64,
	/// How the tip was decided; `None` on the genesis.
	parent: Option<Decision>,
	evidence: Evidence,
	offset: ClockOffset,
	/// Bodies of this height that are on disk.
	known: BTreeMap<H256, Origin>,
	/// Those of them whose execution the ledger was given in this process.
	executed: BTreeSet<H256>,
	/// Blocks of this height that broke a rule; at most [`UNDECIDED_MAX`].
	invalid: BTreeSet<H256>,
	assembly: Assembly,
	parking: Parking,
	streams: u64,
	effects: Vec<Effect>,
}

impl<L: Ledger, C: Clock> App<L, C> {
	/// An application at the ledger's tip; with a key it proposes when it is a validator.
	///
	/// # Errors
	/// [`AppError::Ledger`] if the tip cannot be read.
	pub fn new(ledger: L, clock: C, key: Option<SigningKey>) -> Result<Self, AppError> {
		let tip = ledger.tip()?;
		let mut app = Self {
			genesis: ledger.genesis_hash(),
			me: key.as_ref().map_or(AuthorityId::NOBODY, |key| AuthorityId(key.verifying_key().to_bytes())),
			tip,
			height: u64::from(tip.number) + 1,
			round: 0,
			validators: ledger.validators()?,
			block_time_ms: ledger.block_time_ms()?,
			parent: decision(&ledger)?,
			evidence: evidence(&ledger)?,
			offset: ClockOffset::default(),
			known: BTreeMap::new(),
			executed: BTreeSet::new(),
			invalid: BTreeSet::new(),
			assembly: Assembly::default(),
			parking: Parking::default(),
			// Restarting must not reuse the ids of streams that peers may still be assembling.
			streams: clock.now_ms(),
			effects: Vec::new(),
			ledger,
			clock,
			key,
		};
		app.enter_height()?;
		Ok(app)
	}

	/// Enters the height after the tip as a validator: until now this node only followed.
	///
	/// # Errors
	/// [`AppError::Ledger`].
	pub fn adopt(&mut self, key: SigningKey) -> Result<(), AppError> {
		self.me = AuthorityId(key.verifying_key().to_bytes());
		self.key = Some(key);
		// Who follows does not always wait for the disk.
		self.ledger.sync()?;
		self.enter_height()
	}

	/// The last committed block.
	pub fn tip(&self) -> &LedgerTip {
		&self.tip
	}

	/// Hash of block 0.
	pub fn genesis(&self) -> H256 {
		self.genesis
	}

	/// What verifies votes and proposals of this chain.
	pub fn verifier(&self) -> ChainVerifier {
		ChainVerifier { genesis: self.genesis, memory: self.ledger.signatures() }
	}

	/// The first height to decide. What validators did before the node stopped is reported again.
	///
	/// # Errors
	/// [`AppError::Ledger`].
	pub fn start(&mut self) -> Result<(Height, HeightParams<Plexus>), AppError> {
		self.report_evidence();
		Ok((Height(self.height), self.params()))
	}

	/// A round began: judges the bodies that waited for this height and returns every known proposal of the round.
	///
	/// # Errors
	/// [`AppError`] for failures of our own.
	pub fn started_round(
		&mut self,
		height: Height,
		round: Round,
	) -> Result<Vec<ProposedValue<Plexus>>, AppError> {
		if height.0 != self.height {
			error!(
				engine = height.0,
				chain = self.height,
				"the engine started a height that is not the chain's next"
			);
			return Ok(Vec::new());
		}
		self.round = round.as_u32().unwrap_or(0);
		let mut values = Vec::new();
		for (proposal, arrived_ms) in self.parking.take(self.height) {
			// Anybody could send these: only that of whose turn it is, is looked into.
			if receive::admission(self.height, &self.validators, proposal.head()) != Admission::Due {
				continue;
			}
			if let Some((head, block)) = proposal.decode() {
				values.extend(self.judge(head, block, arrived_ms)?);
			}
		}
		for (hash, origin) in self.known.clone() {
			let known_in = match &origin {
				Origin::Proposed(head) => head.round,
				Origin::Synced { round, .. } => *round,
			};
			if known_in == self.round && values.iter().all(|value| value.value.0 != hash) {
				let valid = self.ensure_executed(&hash)?;
				values.push(self.verdict(&origin, hash, valid));
				self.publish_after_crash(&origin, &hash)?;
			}
		}
		Ok(values)
	}

	/// Where consensus stands.
	pub fn status(&self) -> ConsensusStatus {
		ConsensusStatus {
			height: self.height,
			round: self.round,
			validators: self.validators.as_slice().len(),
			is_validator: self.is_validator(),
			clock_offset_ms: self.offset.ahead_ms(),
		}
	}

	/// What is to be done outside since the last call, in order.
	pub fn take_effects(&mut self) -> Vec<Effect> {
		std::mem::take(&mut self.effects)
	}

	/// Whether this node is one of this height's validators.
	pub fn is_validator(&self) -> bool {
		self.key.is_some() && self.validators.get(&self.me).is_some()
	}

	/// The key's public half, or [`AuthorityId::NOBODY`].
	pub fn me(&self) -> AuthorityId {
		self.me
	}

	/// The validators of this height.
	pub fn validators(&self) -> &ValidatorSet {
		&self.validators
	}

	/// Loads what belongs to the height after the tip.
	fn enter_height(&mut self) -> Result<(), AppError> {
		self.tip = self.ledger.tip()?;
		self.height = u64::from(self.tip.number) + 1;
		self.round = 0;
		self.change_validators(self.ledger.validators()?)?;
		self.block_time_ms = self.ledger.block_time_ms()?;
		self.executed.clear();
		self.invalid.clear();
		let (current, validators) = (self.height, &self.validators);
		self.assembly.retain(|head| receive::admission(current, validators, head));
		self.known.clear();
		for (hash, bytes) in self.ledger.undecided(self.number()?)? {
			match crate::codec::decode_versioned::<Undecided>(&bytes) {
				Ok(undecided) if undecided.block.hash() == hash => {
					self.known.insert(hash, undecided.origin);
				}
				Ok(_) => warn!(?hash, "an undecided body is stored under another block's hash; ignored"),
				Err(error) => warn!(?hash, %error, "an undecided body cannot be read; ignored"),
			}
		}
		Ok(())
	}

	/// The validators of the height that begins. The engine votes and proposes while our key is one of them.
	fn change_validators(&mut self, validators: ValidatorSet) -> Result<(), LedgerError> {
		if validators == self.validators {
			return Ok(());
		}
		let was_validator = self.is_validator();
		self.validators = validators;
		let height = self.height;
		info!(height, validators = self.validators.as_slice().len(), "the validator set changes");
		match (was_validator, self.is_validator()) {
			(false, true) => {
				// Who follows does not always wait for the disk.
				self.ledger.sync()?;
				info!(height, "this node is a validator from this height on")
			}
			(true, false) => {
				warn!(height, "this node is no validator any more: it follows, and does not vote")
			}
			(true, true) | (false, false) => {}
		}
		let current = &self.validators;
		self.offset.retain(|id| current.get(id).is_some());
		Ok(())
	}

	fn params(&self) -> HeightParams<Plexus> {
		let timeouts = timing::timeouts(self.block_time_ms, self.validators.as_slice().len());
		let target = timing::target_time(self.block_time_ms, self.tip.timestamp_ms, self.clock.now_ms());
		HeightParams::new(self.validators.clone(), timeouts, Some(target))
	}

	/// This height as a block number.
	fn number(&self) -> Result<u32, AppError> {
		Height(self.height).number().ok_or(AppError::HeightTooLarge(self.height))
	}

	fn verdict(&self, origin: &Origin, hash: H256, valid: bool) -> ProposedValue<Plexus> {
		let (round, valid_round, proposer) = match origin {
			Origin::Proposed(head) => (Round::new(head.round), head.valid_round(), head.proposer),
			Origin::Synced { round, proposer } => (Round::new(*round), Round::Nil, *proposer),
		};
		ProposedValue {
			height: Height(self.height),
			round,
			valid_round,
			proposer,
			value: BlockRef(hash),
			validity: Validity::from_bool(valid),
		}
	}

	/// The stored proposal of a block, from disk.
	fn load(&self, hash: &H256) -> Result<Option<Undecided>, AppError> {
		let stored = self.ledger.undecided_body(self.number()?, hash)?;
		Ok(stored.and_then(|bytes| crate::codec::decode_versioned(&bytes).ok()))
	}

	/// Puts a proposal on disk; at a height at which we vote, and the engine keeps a log that names it, it is there when this
	/// returns. Says whether there was room.
	fn persist(&mut self, origin: Origin, block: &Block, hash: H256) -> Result<bool, AppError> {
		if self.known.contains_key(&hash) {
			return Ok(true);
		}
		if self.known.len() >= UNDECIDED_MAX {
			warn!(height = self.height, "{UNDECIDED_MAX} undecided bodies at one height; no more are kept");
			return Ok(false);
		}
		let undecided = Undecided { origin, block: block.clone() };
		let bytes = crate::codec::encode_versioned(&undecided);
		self.ledger.put_undecided(self.number()?, &hash, &bytes, self.is_validator())?;
		self.known.insert(hash, undecided.origin);
		Ok(true)
	}

	/// Makes sure that the ledger remembers the execution of a known block, which it does not after a restart.
	/// Returns whether the block is valid.
	fn ensure_executed(&mut self, hash: &H256) -> Result<bool, AppError> {
		if self.executed.contains(hash) {
			return Ok(true);
		}
		let Some(undecided) = self.load(hash)? else { return Ok(false) };
		match self.ledger.verify(undecided.block) {
			Ok(_) => {
				self.executed.insert(*hash);
				Ok(true)
			}
			Err(VerifyError::Ledger(error)) => Err(error.into()),
			Err(error @ (VerifyError::BodyMismatch | VerifyError::Invalid(_))) => {
				warn!(?hash, %error, "a stored proposal no longer executes");
				Ok(false)
			}
		}
	}

	fn note_invalid(&mut self, hash: H256) {
		if self.invalid.len() < UNDECIDED_MAX {
			self.invalid.insert(hash);
		}
	}
}

/// How the ledger's tip was decided, as it is stored.
fn decision<L: Ledger>(ledger: &L) -> Result<Option<Decision>, LedgerError> {
	let Some(stored) = ledger.certificate()? else { return Ok(None) };
	match certificate::decode(&stored) {
		Ok(certificate) => Ok(Some(Decision { certificate, validators: ledger.deciders()? })),
		Err(error) => {
			error!(%error, "the tip's certificate cannot be read; this node cannot propose the next block");
			Ok(None)
		}
	}
}

/// The proofs that were kept. Damaged ones are given up: they are of use, but nothing depends on them.
fn evidence<L: Ledger>(ledger: &L) -> Result<Evidence, LedgerError> {
	Ok(Evidence::decode(&ledger.evidence()?, &ledger.genesis_hash()).unwrap_or_else(|error| {
		error!(%error, "the kept evidence of equivocations cannot be read; it is given up");
		Evidence::default()
	}))
}
