//! What the pallet stores, and what it knows of the pallets beside it.
//!
//! # Must not
//! Read or write storage.

use crate::Config;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	pallet_prelude::TypeInfo, traits::ConstU32, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound,
};
use frame_system::pallet_prelude::BlockNumberFor;
pub use pallet_receipts::types::{AccountIdOf, Balance, CreditOf, RedemptionsOf};
pub use plexus_primitives::challenge::{Answer, Challenge, Listed, ReceiptProof};
use plexus_primitives::{
	AgentId, BatchId, Claim, CommitmentNumber, Content, ContributionId, DatanetId, DatanetVersion, Evidence,
	MethodId, ModelId,
};
use sp_runtime::{traits::Saturating, BoundedVec, Perbill};

/// The claims of a submission, in ascending order of receipts.
pub type SubmittedOf<T> = BoundedVec<Claim, <T as Config>::ClaimsMax>;
/// The claims of a batch.
pub type ClaimsOf<T> = BoundedVec<ClaimRecord<AccountIdOf<T>>, <T as Config>::ClaimsMax>;
/// What the models of a batch earned.
pub type SharesOf<T> = BoundedVec<Share, <T as pallet_receipts::Config>::BatchModelsMax>;
/// The unlisted sources of a batch.
pub type UnlistedOf<T> = BoundedVec<UnlistedSource<AccountIdOf<T>>, <T as Config>::UnlistedMax>;

/// How many claims of a batch are drawn.
pub const SAMPLES: u32 = 2;

/// What is burned of an answered demand's price. With nothing burned a server could demand its own claims, which costs
/// it nothing, and so keep others out by number and price. What it has left still pays an answer more than once.
pub const DEMAND_BURNED: Perbill = Perbill::from_percent(20);

/// The bytes of an algorithm's name, at most.
pub const ALGORITHM_BYTES_MAX: u32 = 64;
/// The bytes of a method's parameters, at most: enough for a line of `name=value`.
pub const METHOD_PARAMETERS_BYTES_MAX: u32 = 256;

/// State bytes of an open batch without its claims, for the price of its deposit: 32 bytes of prefix and 16 of the id's
/// key, thrice, then the values, with accounts of 32 bytes, block numbers of 4 and eight models.
pub const BATCH_ENTRY_BYTES: u32 = {
	let keys = 3 * (32 + 16);
	let models = 1 + 8 * (8 + 5 * 16);
	let verdict = 1 + 32 + 8 + 8;
	keys + 8 + 32 + 32 + 4 + 4 + 8 + PARAMETERS_BYTES + models + 4 + 4 + 3 * 16 + 26 + 4 + 4 + verdict
};
const PARAMETERS_BYTES: u32 = 6 * 4 + 4 + 2 * 16 + 5 * 8;
/// State bytes of one claim, moved or not.
pub const CLAIM_ENTRY_BYTES: u32 = {
	let moved = 1 + 8 + 4 + 32 + 8;
	4 + 4 + 8 + 4 + 4 + 25 + 16 + 1 + moved
};
/// State bytes of a commitment, with its keys.
pub const COMMITMENT_ENTRY_BYTES: u32 = 32 + 48 + 48 + 8 + 8 + 4 + 8 + 16;
/// State bytes of a demand or of an unlisted source, with its keys.
pub const DEMAND_ENTRY_BYTES: u32 = 32 + 16 + 12 + 32 + 8 + 16 + 8;
/// See [`DEMAND_ENTRY_BYTES`].
pub const UNLISTED_ENTRY_BYTES: u32 = 4 + 4 + 8 + 8 + 8 + 4 + 32 + 16 + 16 + 8;
/// State bytes of a method, with its keys.
pub const METHOD_ENTRY_BYTES: u32 =
	2 * 32 + 8 + 4 + 32 + 4 + 32 + ALGORITHM_BYTES_MAX + METHOD_PARAMETERS_BYTES_MAX + 8;

/// What the pallet knows about contributions and the versions that hold them.
pub trait Sources<BlockNumber> {
	/// The contribution, if any version holds it or will. Reads at most two entries of the state.
	fn source(contribution: ContributionId) -> Option<Source>;

	/// The version, if it was published. Reads one entry of the state.
	fn version(datanet: DatanetId, version: DatanetVersion) -> Option<Published<BlockNumber>>;
}

/// A contribution that was accepted. Once a version holds it, nothing of this changes for that version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Source {
	/// Its bytes; the length is proved.
	pub content: Content,
	/// Where it is.
	pub datanet: DatanetId,
	/// The commitment it was registered under: the smaller one is the earlier.
	pub commitment: CommitmentNumber,
	/// The first version that holds it, or will.
	pub from: DatanetVersion,
	/// The first that does not, if it left.
	pub until: Option<DatanetVersion>,
}

impl Source {
	/// Whether a version of its datanet that was published holds it.
	pub fn is_in(&self, version: DatanetVersion) -> bool {
		self.from <= version && self.until.is_none_or(|until| version < until)
	}
}

/// A version of a datanet that was published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Published<BlockNumber> {
	/// Whether curators accepted and weighed what is in it.
	pub curated: bool,
	/// The block that published it.
	pub at: BlockNumber,
}

/// What the pallet knows about models.
pub trait Manifests<BlockNumber> {
	/// What the model was trained on, for ever the same; nothing if there is no such model.
	fn manifest(model: ModelId) -> Option<Manifest<BlockNumber>>;
}

/// What a model was trained on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Manifest<BlockNumber> {
	/// All versions, open ones too; as few as a manifest may have.
	pub versions: Vec<(DatanetId, DatanetVersion)>,
	/// The block that registered the model.
	pub registered_at: BlockNumber,
}

/// Where money goes in the end. No call can fail, and each costs the same however many contributions and contributors
/// stand behind it.
pub trait Payouts<AccountId, Credit> {
	/// What claims left of a model's money for data: its manifest's.
	fn to_model(model: ModelId, money: Credit);
	/// What a claim moved to a contribution.
	fn to_contribution(contribution: ContributionId, money: Credit);
	/// What somebody earned by submitting a claim that is paid, by moving one, or by showing an unlisted source.
	fn to_submitter(who: &AccountId, money: Credit);
	/// What somebody earned by showing fraud, or by an answer.
	fn to_challenger(who: &AccountId, money: Credit);
}

/// A way by which claims are found, by its algorithm, version and parameters. Named by an id, so that reports compare.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Method {
	/// Of printable ASCII, like `maximal-exact-match`.
	pub algorithm: BoundedVec<u8, ConstU32<ALGORITHM_BYTES_MAX>>,
	/// Its version.
	pub version: u32,
	/// Of printable ASCII, like `min=32`; empty if it has none.
	pub parameters: BoundedVec<u8, ConstU32<METHOD_PARAMETERS_BYTES_MAX>>,
}

impl Method {
	/// Whether it is readable.
	pub(crate) fn is_readable(&self) -> bool {
		let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
		!self.algorithm.is_empty() && self.algorithm.iter().chain(&self.parameters).all(printable)
	}
}

/// What may be changed. A batch keeps what it was submitted under.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	serde::Serialize,
	serde::Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameters {
	/// What all claims of a receipt may take of its data's money.
	pub all: Perbill,
	/// What a context that is claimed wholly takes.
	pub grounded: Perbill,
	/// What an output that is claimed wholly takes.
	pub span: Perbill,
	/// What attested claims take: zero, as long as there are no verifiers.
	pub attested: Perbill,
	/// What whoever submits a claim earns of what it moves.
	pub submitter: Perbill,
	/// What a challenger gets of a forfeited hold. The rest is burned.
	pub challenger: Perbill,
	/// How many times the value of its claims a batch has on hold.
	pub hold_multiple: u32,
	/// Added to that.
	pub hold_floor: Balance,
	/// What an answer costs in fees, at most. A demand pays twice that at least.
	pub answer_fee_max: Balance,
	/// The bytes of a span, at least.
	pub span_bytes_min: u64,
	/// The bytes of an unlisted source, at least.
	pub unlisted_bytes_min: u64,
	/// How long a batch is open.
	pub window_ms: u64,
	/// How long an answer may take; at most a third of the window.
	pub response_ms: u64,
	/// How long a commitment may be revealed; at most a third of the window.
	pub reveal_ms: u64,
}

const PLX: Balance = plexus_primitives::constants::UNITS;
const SECOND_MS: u64 = 1_000;
const HOUR_MS: u64 = 60 * 60 * SECOND_MS;

impl Parameters {
	/// For a chain with something to lose: the protocol's. A server that is down for half a night still answers, and
	/// a challenger has an hour to get its proof into a block, however full these are.
	pub const LIVE: Self = Self {
		all: Perbill::from_percent(60),
		grounded: Perbill::from_percent(60),
		span: Perbill::from_percent(30),
		attested: Perbill::zero(),
		submitter: Perbill::from_percent(10),
		challenger: Perbill::from_percent(20),
		hold_multiple: 3,
		hold_floor: PLX,
		answer_fee_max: PLX,
		span_bytes_min: 32,
		unlisted_bytes_min: 256,
		window_ms: 24 * HOUR_MS,
		response_ms: 6 * HOUR_MS,
		reveal_ms: HOUR_MS,
	};

	/// For development and tests: everything within two minutes.
	pub const DEVELOPMENT: Self = Self {
		hold_floor: PLX / 100,
		window_ms: 60 * SECOND_MS,
		response_ms: 20 * SECOND_MS,
		reveal_ms: 15 * SECOND_MS,
		..Self::LIVE
	};

	/// Whether every rule of the fields' documentation holds, and fraud costs more than it brings: what a hold loses
	/// when its own server challenges it is more than its claims would have moved.
	pub fn are_sound(&self) -> bool {
		let third = self.window_ms / 3;
		let kept = Perbill::one().saturating_sub(self.challenger);
		let lost = u64::from(kept.deconstruct()).saturating_mul(self.hold_multiple.into());
		self.grounded <= self.all
			&& self.span <= self.all
			&& self.attested.is_zero()
			&& self.challenger <= Perbill::from_percent(20)
			&& lost > u64::from(Perbill::one().deconstruct())
			&& self.span_bytes_min > 0
			&& self.unlisted_bytes_min > 0
			&& (1..=third).contains(&self.response_ms)
			&& (1..=third).contains(&self.reveal_ms)
	}
}

impl Default for Parameters {
	fn default() -> Self {
		Self::LIVE
	}
}

/// What a model earned in a batch.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Share {
	/// Which.
	pub model: ModelId,
	/// The fees of its receipts.
	pub fees: Balance,
	/// What its data earned.
	pub data: Balance,
	/// What claims move of that; nothing once they are void.
	pub claimed: Balance,
	/// What its developer earned.
	pub developer: Balance,
	/// What of that waits for the end of the window, because it is of disclosed outputs.
	pub held: Balance,
}

/// A claim of an open batch, with what it is worth.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ClaimRecord<AccountId> {
	/// The receipt's place in the batch.
	pub receipt: u32,
	/// The place of its model among the batch's.
	pub model: u32,
	/// The contribution that was claimed for.
	pub contribution: ContributionId,
	/// The version that holds it.
	pub version: DatanetVersion,
	/// How it was found.
	pub method: MethodId,
	/// Why.
	pub evidence: Evidence,
	/// What it moves, the submitter's part included.
	pub amount: Balance,
	/// Whether everything that it was computed from was shown.
	pub proven: bool,
	/// Where it moves that instead.
	pub moved: Option<Moved<AccountId>>,
}

impl<AccountId> ClaimRecord<AccountId> {
	/// To which contribution it moves money.
	pub fn recipient(&self) -> ContributionId {
		self.moved.as_ref().map_or(self.contribution, |moved| moved.contribution)
	}
}

/// Where a counterclaim moved a claim.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Moved<AccountId> {
	/// The earlier contribution.
	pub contribution: ContributionId,
	/// The version that holds it.
	pub version: DatanetVersion,
	/// Who showed it, and has the submitter's part.
	pub by: AccountId,
	/// Under which commitment.
	pub number: u64,
}

/// How far the drawing of samples has come.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Sampling<BlockNumber> {
	/// The hash of this block will say which.
	Due {
		/// The block.
		at: BlockNumber,
	},
	/// These are to be shown.
	Drawn {
		/// Those that were not yet.
		claims: BoundedVec<u32, ConstU32<SAMPLES>>,
		/// Their place among commitments.
		number: u64,
		/// Until when, on the chain clock.
		deadline_ms: u64,
	},
	/// There is nothing to be shown any more.
	Done,
}

/// That a batch was found to be fraudulent.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Verdict<AccountId> {
	/// Who found it.
	pub challenger: AccountId,
	/// Under which commitment: only an earlier one is before it.
	pub number: u64,
	/// From when no earlier one can be revealed any more, on the chain clock.
	pub decided_from_ms: u64,
}

/// A batch that is not final.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Batch<T: Config> {
	/// Whose.
	pub server: AgentId,
	/// Its account, which has hold and deposit on hold.
	pub account: AccountIdOf<T>,
	/// The Merkle root of its receipts.
	pub root: [u8; 32],
	/// How many receipts.
	pub receipts: u32,
	/// When it was submitted, on the chain clock.
	pub submitted_at_ms: u64,
	/// Under what.
	pub parameters: Parameters,
	/// What its models earned.
	pub models: SharesOf<T>,
	/// How many claims it has; none once they are void.
	pub claims: u32,
	/// How many of them were paid.
	pub paid: u32,
	/// What is lost if there is fraud.
	pub hold: Balance,
	/// What is on hold for its entries; returned exactly.
	pub deposit: Balance,
	/// Its samples.
	pub sampling: Sampling<BlockNumberFor<T>>,
	/// How many demands are open.
	pub demands: u32,
	/// Whether it is fraudulent.
	pub verdict: Option<Verdict<AccountIdOf<T>>>,
}

impl<T: Config> Batch<T> {
	/// When the window ends, on the chain clock.
	pub fn ends_at_ms(&self) -> u64 {
		self.submitted_at_ms.saturating_add(self.parameters.window_ms)
	}

	/// From when nobody commits any more: what is committed to before is revealed within the window.
	pub fn commitments_end_at_ms(&self) -> u64 {
		self.ends_at_ms().saturating_sub(self.parameters.reveal_ms)
	}

	/// From when nobody asks anything any more: the last third is for answers.
	pub fn demands_end_at_ms(&self) -> u64 {
		self.ends_at_ms().saturating_sub(self.parameters.window_ms / 3)
	}

	/// Whether developers' money waits.
	pub fn holds_developers(&self) -> bool {
		self.models.iter().any(|share| share.held > 0)
	}
}

/// That a challenger will show something.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Commitment<T: Config> {
	/// Its place among all.
	pub number: u64,
	/// Of which batch.
	pub batch: BatchId,
	/// In which block it was made.
	pub made_at: BlockNumberFor<T>,
	/// When, on the chain clock.
	pub made_at_ms: u64,
	/// Until when it can be shown, on the chain clock.
	pub expires_at_ms: u64,
	/// What is on hold for it.
	pub deposit: Balance,
}

/// That somebody wants to see a claim's evidence.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Demand<T: Config> {
	/// Who.
	pub by: AccountIdOf<T>,
	/// Its place among commitments.
	pub number: u64,
	/// What it has on hold for it: the server's if answered, less [`DEMAND_BURNED`].
	pub price: Balance,
	/// Since when, on the chain clock.
	pub made_at_ms: u64,
	/// Until when, on the chain clock.
	pub deadline_ms: u64,
}

/// A contribution that an output repeats and the model's manifest does not have.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct UnlistedSource<AccountId> {
	/// The receipt's place in the batch.
	pub receipt: u32,
	/// The place of its model among the batch's.
	pub model: u32,
	/// Where the bytes begin in the output.
	pub start: u64,
	/// How many.
	pub length: u64,
	/// The contribution.
	pub contribution: ContributionId,
	/// The version that holds it.
	pub version: DatanetVersion,
	/// Who showed it.
	pub by: AccountId,
	/// What it moves of the developer's part, the share of whoever showed it included.
	pub amount: Balance,
	/// What whoever showed it has on hold, and loses to whoever answers.
	pub bond: Balance,
	/// Until when it can be answered, on the chain clock.
	pub deadline_ms: u64,
}
