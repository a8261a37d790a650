//! How each pallet is configured. The bounds of all lists stand here.
//!
//! # Must not
//! Hold prices or block budgets: those are in [`crate::fees`] and [`crate::limits`], with their reasons.

use crate::{
	direct::DirectBalances,
	fees::{self, deposit},
	limits,
	signature::ConsensusSignatures,
	AccountId, Balance, Balances, Block, BlockNumber, Hash, Hashing, Nonce, OriginCaller, PalletInfo,
	Rewards, Runtime, RuntimeCall, RuntimeEvent, RuntimeFreezeReason, RuntimeHoldReason, RuntimeOrigin,
	RuntimeTask, System, Timestamp, Validators, VERSION,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstBool, ConstU32, ConstU8, Get, InstanceFilter, VariantCountOf},
	PalletId,
};
use frame_system::EnsureRoot;
use plexus_primitives::{
	constants::{EXISTENTIAL_DEPOSIT, MILLI_UNITS, SS58_PREFIX, UNITS},
	slice::LENGTH_PROOF_BYTES_MAX,
	ChainClock,
};
use scale_info::TypeInfo;
use sp_runtime::{traits::AccountIdLookup, Perbill};
use sp_version::RuntimeVersion;

parameter_types! {
	/// The constant `System.Version`, which clients read.
	pub const Version: RuntimeVersion = VERSION;
	/// The constant `System.SS58Prefix`.
	pub const Ss58Prefix: u8 = SS58_PREFIX;
	/// How many block hashes the state keeps, and so the longest mortality of a transaction. Clients that count
	/// five minutes of 200 ms blocks ask for 2048.
	pub const BlockHashCount: BlockNumber = 4_096;
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = Block;
	type BlockWeights = limits::Weights;
	type BlockLength = limits::Length;
	type DbWeight = limits::DbWeight;
	type AccountId = AccountId;
	type Lookup = AccountIdLookup<AccountId, ()>;
	type Nonce = Nonce;
	type Hash = Hash;
	type Hashing = Hashing;
	type BlockHashCount = BlockHashCount;
	type Version = Version;
	type AccountData = pallet_balances::AccountData<Balance>;
	type SS58Prefix = Ss58Prefix;
	// Pallets that may keep an account alive at once; each of ours takes one.
	type MaxConsumers = ConstU32<16>;
	type SystemWeightInfo = frame_system::weights::SubstrateWeight<Runtime>;
	type ExtensionsWeightInfo = frame_system::SubstrateExtensionsWeight<Runtime>;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = ();
	type MinimumPeriod = pallet_validators::MinimumPeriod<Runtime>;
	type WeightInfo = pallet_timestamp::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
	/// The constant `Balances.ExistentialDeposit`.
	pub const ExistentialDeposit: Balance = EXISTENTIAL_DEPOSIT;
}

impl pallet_balances::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
	type Balance = Balance;
	// What is left of an account that dies is burned.
	type DustRemoval = ();
	type ExistentialDeposit = ExistentialDeposit;
	type AccountStore = System;
	type ReserveIdentifier = [u8; 8];
	type FreezeIdentifier = RuntimeFreezeReason;
	// No pallet here sets a lock; reserves are Multisig's and Proxy's.
	type MaxLocks = ConstU32<8>;
	type MaxReserves = ConstU32<8>;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type DoneSlashHandler = ();
}

impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type OnChargeTransaction = fees::ChargeFees;
	type WeightToFee = fees::WeightFee;
	type LengthToFee = fees::LengthFee;
	type FeeMultiplierUpdate = pallet_transaction_payment::ConstFeeMultiplier<fees::FeeMultiplier>;
	// Operational calls go before normal ones whatever these tip, up to five times their fee.
	type OperationalFeeMultiplier = ConstU8<5>;
	type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}

impl pallet_utility::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = OriginCaller;
	type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
	/// One entry: call hash, timepoint, deposit and depositor.
	pub const MultisigDepositBase: Balance = deposit(1, 88);
	/// An account among the approvals.
	pub const MultisigDepositFactor: Balance = deposit(0, 32);
	/// One entry: deposit and length.
	pub const ProxyDepositBase: Balance = deposit(1, 24);
	/// Account, type and delay of a proxy.
	pub const ProxyDepositFactor: Balance = deposit(0, 37);
	/// One entry: deposit and length.
	pub const AnnouncementDepositBase: Balance = deposit(1, 24);
	/// Account, call hash and height of an announcement.
	pub const AnnouncementDepositFactor: Balance = deposit(0, 68);
}

impl pallet_multisig::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type DepositBase = MultisigDepositBase;
	type DepositFactor = MultisigDepositFactor;
	type MaxSignatories = ConstU32<100>;
	type WeightInfo = pallet_multisig::weights::SubstrateWeight<Runtime>;
	type BlockNumberProvider = System;
}

/// What a proxy may do for the account that appointed it.
#[derive(
	Copy,
	Clone,
	Eq,
	PartialEq,
	Ord,
	PartialOrd,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum ProxyType {
	/// Everything.
	#[default]
	Any,
	/// Everything but what pays the account's money to others, gives away what it owns, or changes its proxies. So no
	/// challenges, disputes, offers of datanets, other curators and withdrawals either: the bond of a challenge or dispute
	/// that is lost goes to others, and so does a root that is given up.
	/// Staking the money is among it, and so is what burns some or holds it for ever, for versions and models. Payment
	/// channels can be closed and what was earned called in, but nothing is locked in them: whoever names the signer of a
	/// channel spends it. Batches with claims can be brought to their end, but nothing is claimed, demanded or challenged.
	NonTransfer,
	/// Only datanets: owning, contributing, curating, challenging, disputing.
	Datanets,
}

impl InstanceFilter<RuntimeCall> for ProxyType {
	/// Batches and derivatives pass where their parts are filtered again: Utility dispatches each with the same
	/// origin filter.
	fn filter(&self, call: &RuntimeCall) -> bool {
		use pallet_attribution::Call as Attribution;
		use pallet_rewards::Call as Rewards;
		match self {
			Self::Any => true,
			Self::NonTransfer => {
				matches!(
					call,
					RuntimeCall::System(..)
						| RuntimeCall::Timestamp(..)
						| RuntimeCall::Utility(..)
						| RuntimeCall::Multisig(..)
						| RuntimeCall::Validators(..)
						| RuntimeCall::Models(..)
				) || matches!(call, RuntimeCall::Datanets(inner) if !gives_away(inner))
					|| matches!(call, RuntimeCall::Receipts(inner) if only_returns(inner))
					|| matches!(
						call,
						RuntimeCall::Rewards(
							Rewards::distribute { .. } | Rewards::claim { .. } | Rewards::withdraw { .. }
						) | RuntimeCall::Attribution(
							Attribution::draw_samples { .. }
								| Attribution::close_samples { .. }
								| Attribution::close_demand { .. }
								| Attribution::clear_commitment { .. }
								| Attribution::finalise { .. }
						)
					)
			}
			Self::Datanets => matches!(call, RuntimeCall::Datanets(..) | RuntimeCall::Utility(..)),
		}
	}

	fn is_superset(&self, other: &Self) -> bool {
		match (self, other) {
			(own, other) if own == other => true,
			(Self::Any, _) => true,
			_ => false,
		}
	}
}

/// The calls about datanets by which an account's money, or what it owns, can become another's: curators decide who gets what
/// a datanet's contributions earn, and whoever gives up a root leaves it to the next one who registers it.
fn gives_away(call: &pallet_datanets::Call<Runtime>) -> bool {
	use pallet_datanets::Call;
	matches!(
		call,
		Call::challenge { .. }
			| Call::dispute { .. }
			| Call::propose_owner { .. }
			| Call::propose_curators { .. }
			| Call::withdraw { .. }
			| Call::clear_reservation { .. }
	)
}

/// The calls about payments that bring money back to the account, or to whom it is owed by others than the account. For
/// an account that is no agent's `close` is the payer's, which takes nothing from anybody.
fn only_returns(call: &pallet_receipts::Call<Runtime>) -> bool {
	use pallet_receipts::Call;
	matches!(
		call,
		Call::close { .. }
			| Call::close_all { .. }
			| Call::finish { .. }
			| Call::clear_batch { .. }
			| Call::pull_developer { .. }
			| Call::pull_royalty { .. }
			| Call::withdraw { .. }
	)
}

impl pallet_proxy::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type ProxyType = ProxyType;
	type ProxyDepositBase = ProxyDepositBase;
	type ProxyDepositFactor = ProxyDepositFactor;
	type MaxProxies = ConstU32<32>;
	type WeightInfo = pallet_proxy::weights::SubstrateWeight<Runtime>;
	type MaxPending = ConstU32<32>;
	type CallHasher = Hashing;
	type AnnouncementDepositBase = AnnouncementDepositBase;
	type AnnouncementDepositFactor = AnnouncementDepositFactor;
	type BlockNumberProvider = System;
}

/// Without a key in its storage nobody can use it. Only the development and local presets set one, and the chain
/// specification refuses one on a live chain.
impl pallet_sudo::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type WeightInfo = pallet_sudo::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
	/// The constant `Validators.PotId`: where fees go.
	pub const ValidatorsPot: PalletId = fees::VALIDATORS_POT;
	/// The constant `Validators.BondMin`: 1 PLX. Ten times the deposit for the three entries that a stake, its hold and its
	/// account take, because a bond earns where a deposit does not.
	pub const BondMin: Balance = UNITS;
	/// The constant `Validators.ValidatorBondMin`: 1,000 PLX. A validator costs each other one a signature in each block; and a
	/// twentieth of it, which one equivocation costs, must hurt.
	pub const ValidatorBondMin: Balance = 1_000 * UNITS;
	/// The constant `Validators.PowerUnit`: 0.001 PLX, so that the least validator's power has six digits and rounding the
	/// stake to power favours nobody.
	pub const PowerUnit: Balance = MILLI_UNITS;
	/// The constant `Validators.SlashFraction`: 5 %, as on other chains of this kind. One who signs twice by mistake, with a
	/// copied key, survives it; one who does it on purpose loses the seat besides.
	pub const SlashFraction: Perbill = Perbill::from_percent(5);
}

impl pallet_validators::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Time = Timestamp;
	type PotId = ValidatorsPot;
	// A week of evidence in eras of an hour, at the fastest blocks: 1,682. With 100 validators that is 10 MiB of state.
	type HistoryErasMax = ConstU32<2_048>;
	// Each validator signs each block's certificate: 100 signatures are 10 KiB, and 8 ms to verify.
	type ValidatorsMax = ConstU32<{ limits::VALIDATORS_MAX }>;
	// As many again wait for a seat. An election reads all of them.
	type CandidatesMax = ConstU32<200>;
	// Chunks of one pool and era are one: somebody who unbonds each day for two weeks has 14.
	type ChunksMax = ConstU32<16>;
	type BondMin = BondMin;
	type ValidatorBondMin = ValidatorBondMin;
	type PowerUnit = PowerUnit;
	type SlashFraction = SlashFraction;
	type CommitRequired = ConstBool<true>;
	type ConsensusSignatures = ConsensusSignatures;
	type WeightInfo = pallet_validators::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
	/// Entries of the longest record and profile, of the owner's index and each tag's, and three sets of curators: the
	/// present ones, those proposed, and former ones that still have something to decide.
	pub const DatanetDeposit: Balance = deposit(
		6 + DATANET_TAGS_MAX,
		200 + DATANET_NAME_BYTES_MAX + LICENCE_BYTES_MAX + 2 * DATANET_TAGS_MAX * TAG_BYTES_MAX + 3 * 32 * CURATORS_MAX,
	);
	/// One entry: number, times and deposit.
	pub const CommitmentDeposit: Balance = deposit(1, 120);
	/// 0.1 PLX: what somebody has to spare for half a year who fills a datanet with a thousand contributions is 100.
	pub const ConductDeposit: Balance = 100 * MILLI_UNITS;
	/// Entries in three maps: the contribution, its root and its place in the datanet; and what curators say about it
	/// meanwhile.
	pub const StorageDepositBase: Balance = deposit(4, 320);
	/// A byte of media type or locator.
	pub const StorageDepositPerByte: Balance = deposit(0, 1);
	/// The record of a version, which nobody can remove: ten times a deposit that comes back.
	pub const VersionPrice: Balance = 10 * deposit(1, 80);
	/// 1 PLX: a contributor gets half of it for an answer, whose fee is a hundredth of that at most.
	pub const ChallengeBond: Balance = UNITS;
	/// 10 PLX: more than a contribution usually earns in the two weeks for which a dispute may keep it.
	pub const DisputeBond: Balance = 10 * UNITS;
}

/// The chain clock, which the validators' pallet keeps.
pub struct Clock;

impl ChainClock for Clock {
	fn now_ms() -> u64 {
		Validators::clock_ms()
	}
}

/// Root acts only where there is a sudo key.
pub struct SudoExists;

impl Get<bool> for SudoExists {
	fn get() -> bool {
		pallet_sudo::Key::<Runtime>::exists()
	}
}

/// Curators of a datanet: enough for a committee, few enough that a vote is one small value.
const CURATORS_MAX: u32 = 16;

/// Tags of a datanet, each of which is an entry in an index.
const DATANET_TAGS_MAX: u32 = 8;

/// Bytes of a tag: a path of words.
const TAG_BYTES_MAX: u32 = 32;

/// Bytes of a datanet's name: a title, not a description.
const DATANET_NAME_BYTES_MAX: u32 = 128;

/// Bytes of an SPDX licence expression: some ten licences joined.
const LICENCE_BYTES_MAX: u32 = 128;

impl pallet_datanets::Config for Runtime {
	type Currency = DirectBalances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Clock = Clock;
	type Positions = Rewards;
	// Until there is governance.
	type JudgeOrigin = EnsureRoot<AccountId>;
	type JudgeExists = SudoExists;
	type WindowsOrigin = EnsureRoot<AccountId>;
	type DatanetDeposit = DatanetDeposit;
	type CommitmentDeposit = CommitmentDeposit;
	type ConductDeposit = ConductDeposit;
	type StorageDepositBase = StorageDepositBase;
	type StorageDepositPerByte = StorageDepositPerByte;
	type VersionPrice = VersionPrice;
	type ChallengeBond = ChallengeBond;
	type DisputeBond = DisputeBond;
	// With typical proofs of 1 to 3 KiB a full batch is half a mebibyte.
	type RegistrationsMax = ConstU32<256>;
	type CuratorsMax = ConstU32<CURATORS_MAX>;
	type TagsMax = ConstU32<DATANET_TAGS_MAX>;
	type TagBytesMax = ConstU32<TAG_BYTES_MAX>;
	type NameBytesMax = ConstU32<DATANET_NAME_BYTES_MAX>;
	type LicenceBytesMax = ConstU32<LICENCE_BYTES_MAX>;
	// RFC 6838 allows 127 characters for each of the two names.
	type MediaTypeBytesMax = ConstU32<255>;
	// What URIs are commonly cut to is 2 KiB; a content address or a mirror's address is far shorter.
	type LocatorBytesMax = ConstU32<512>;
	type LengthProofBytesMax = ConstU32<{ LENGTH_PROOF_BYTES_MAX as u32 }>;
	type WeightInfo = pallet_datanets::weights::SubstrateWeight<Runtime>;
}
