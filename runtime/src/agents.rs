//! How agents are configured: which calls their keys and controllers may send, and what they pay.
//!
//! Every list of calls here names what is allowed. A call that a pallet gains later is in none of them until somebody has
//! judged it.
//!
//! # Must not
//! Put into a scope what carries other calls, changes who may act, or can bring money in and send money out at once: an
//! agent's keys are held to what leaves its account, measured around one call.

use crate::{
	configs::Clock, direct::DirectBalances, fees::deposit, receipts::CloseChannels, Balance, Runtime,
	RuntimeCall, RuntimeHoldReason,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	parameter_types,
	traits::{ConstU32, ConstU64, Contains, Get, InstanceFilter},
	PalletId,
};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// A named group of calls that a key may send for an agent.
///
/// Its encoding is part of every stored delegation: names are added at the end and never change their place.
#[derive(
	Copy,
	Clone,
	Eq,
	PartialEq,
	Ord,
	PartialOrd,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Scope {
	/// Paying PLX to any account, within the budget.
	Payments,
	/// Creating, describing, pausing and removing datanets, contributing to them, withdrawing, showing chunks
	/// that are asked for, reviewing, judging disputes, and publishing versions. Deposits that always come
	/// back are no spending: only the free balance bounds them. What pays for records that may stay for ever
	/// is spending, a datanet's too, and so is the price of a version.
	Datanets,
	/// Leaving remarks, whose bytes the fee budget pays for.
	Remarks,
	/// Committing to models, registering, deprecating and locating them. The deposits for models never come back and are
	/// spending; those for commitments and locators do.
	Models,
	/// Paying for inference: opening payment channels and locking more in them, which is spending, closing all of them, and
	/// ending those that are over. Whoever signs for a channel goes on when the key that opened it is revoked. Closing one
	/// channel is the controller's, because the same call ends a channel toward the agent with what it has not redeemed.
	Channels,
	/// Being paid: redeeming vouchers with claims about what was served, registering the methods of these, showing what
	/// samples and demands ask for, bringing batches to their end, and clearing old ones. The hold of a batch with claims is
	/// spending, because one that is false loses it; so is the price of a method. What is earned waits until anybody calls
	/// `withdraw`, which is in no scope. A key can sit on vouchers until they are void, and no more.
	Serving,
	/// Objecting to claims of others: committing to challenges and revealing them, demanding evidence, saying that it did
	/// not come. All that this puts on hold is spending: whoever does not reveal, or was wrong, loses it.
	Challenging,
}

impl InstanceFilter<RuntimeCall> for Scope {
	fn filter(&self, call: &RuntimeCall) -> bool {
		match self {
			Self::Payments => matches!(call, RuntimeCall::Balances(inner) if transfers(inner)),
			Self::Datanets => matches!(call, RuntimeCall::Datanets(inner) if works_on_datanets(inner)),
			Self::Remarks => matches!(call, RuntimeCall::System(inner) if remarks(inner)),
			Self::Models => matches!(call, RuntimeCall::Models(inner) if works_on_models(inner)),
			Self::Channels => matches!(call, RuntimeCall::Receipts(inner) if pays_for_inference(inner)),
			Self::Serving => match call {
				RuntimeCall::Receipts(inner) => redeems(inner),
				RuntimeCall::Attribution(inner) => stands_by_claims(inner),
				_ => false,
			},
			Self::Challenging => matches!(call, RuntimeCall::Attribution(inner) if objects_to_claims(inner)),
		}
	}

	fn is_superset(&self, other: &Self) -> bool {
		self == other
	}
}

fn transfers(call: &pallet_balances::Call<Runtime>) -> bool {
	use pallet_balances::Call;
	matches!(
		call,
		Call::transfer_keep_alive { .. } | Call::transfer_allow_death { .. } | Call::transfer_all { .. }
	)
}

fn works_on_datanets(call: &pallet_datanets::Call<Runtime>) -> bool {
	use pallet_datanets::Call;
	matches!(
		call,
		Call::create_datanet { .. }
			| Call::remove_datanet { .. }
			| Call::describe { .. }
			| Call::set_paused { .. }
			| Call::commit { .. }
			| Call::clear_commitment { .. }
			| Call::register { .. }
			| Call::contribute { .. }
			| Call::set_locator { .. }
			| Call::withdraw { .. }
			| Call::draw_chunk { .. }
			// It pays the contributor out of the challenger's hold, and nobody challenges an own contribution.
			| Call::answer { .. }
			| Call::release_deposit { .. }
			| Call::expire { .. }
			| Call::accept { .. }
			| Call::review { .. }
			| Call::vote { .. }
			| Call::clear_reservation { .. }
			| Call::publish { .. }
	)
}

fn remarks(call: &frame_system::Call<Runtime>) -> bool {
	use frame_system::Call;
	matches!(call, Call::remark { .. } | Call::remark_with_event { .. })
}

fn works_on_models(call: &pallet_models::Call<Runtime>) -> bool {
	use pallet_models::Call;
	matches!(
		call,
		Call::commit { .. }
			| Call::clear_commitment { .. }
			| Call::register { .. }
			| Call::set_deprecated { .. }
			| Call::set_locators { .. }
	)
}

fn pays_for_inference(call: &pallet_receipts::Call<Runtime>) -> bool {
	use pallet_receipts::Call;
	matches!(call, Call::open { .. } | Call::top_up { .. } | Call::close_all { .. } | Call::finish { .. })
}

fn redeems(call: &pallet_receipts::Call<Runtime>) -> bool {
	use pallet_receipts::Call;
	// `Receipts.submit` says where to submit instead.
	matches!(call, Call::submit { .. } | Call::clear_batch { .. })
}

fn stands_by_claims(call: &pallet_attribution::Call<Runtime>) -> bool {
	use pallet_attribution::Call;
	matches!(
		call,
		Call::submit { .. }
			| Call::register_method { .. }
			| Call::draw_samples { .. }
			| Call::close_samples { .. }
			| Call::answer { .. }
			| Call::close_demand { .. }
			| Call::answer_unlisted { .. }
			| Call::finalise { .. }
	)
}

fn objects_to_claims(call: &pallet_attribution::Call<Runtime>) -> bool {
	use pallet_attribution::Call;
	matches!(
		call,
		Call::commit { .. }
			| Call::reveal { .. }
			| Call::clear_commitment { .. }
			| Call::draw_samples { .. }
			| Call::close_samples { .. }
			| Call::demand { .. }
			| Call::close_demand { .. }
			| Call::answer_unlisted { .. }
			| Call::finalise { .. }
	)
}

/// The calls that are in some scope.
///
/// Staking is not among them: changing a bond settles what the account owes for offences, and the two would be netted.
pub struct LeafCalls;

impl Contains<RuntimeCall> for LeafCalls {
	fn contains(call: &RuntimeCall) -> bool {
		let scopes = [
			Scope::Payments,
			Scope::Datanets,
			Scope::Remarks,
			Scope::Models,
			Scope::Channels,
			Scope::Serving,
			Scope::Challenging,
		];
		scopes.iter().any(|scope| scope.filter(call))
	}
}

/// What a controller does with its agent's account: move what it has, stake it, claim what it earned, take over and retire
/// datanets, challenge and dispute, close a channel, and several of these at once. The channels that it opens are closed
/// when the controller changes, [`CloseChannels`].
///
/// Left out is all that would outlast a change of the controller: proxies and multisig operations, calls under another
/// origin, a consensus key with what needs one, since whoever has that key can have the stake slashed, and offers of the
/// agent's datanets and proposals of their curators, which others could accept or enact later.
pub struct ControlCalls;

impl Contains<RuntimeCall> for ControlCalls {
	fn contains(call: &RuntimeCall) -> bool {
		use pallet_balances::Call as Balances;
		use pallet_datanets::Call as Datanets;
		use pallet_receipts::Call as Receipts;
		use pallet_rewards::Call as Rewards;
		use pallet_utility::Call as Utility;
		use pallet_validators::Call as Validators;
		let is_own = matches!(
			call,
			RuntimeCall::Balances(Balances::burn { .. })
				| RuntimeCall::Validators(
					Validators::bond { .. }
						| Validators::bond_more { .. }
						| Validators::unbond { .. }
						| Validators::rebond { .. }
						| Validators::withdraw_unbonded { .. }
						| Validators::nominate { .. }
						| Validators::chill { .. }
						| Validators::claim_rewards { .. }
						| Validators::settle { .. }
				) | RuntimeCall::Datanets(
				Datanets::retire { .. }
					| Datanets::accept_ownership { .. }
					| Datanets::challenge { .. }
					| Datanets::dispute { .. }
			) | RuntimeCall::Receipts(
				Receipts::close { .. }
					| Receipts::pull_developer { .. }
					| Receipts::pull_royalty { .. }
					| Receipts::withdraw { .. }
			) | RuntimeCall::Rewards(
				Rewards::distribute { .. } | Rewards::claim { .. } | Rewards::withdraw { .. }
			) | RuntimeCall::Utility(
				Utility::batch { .. } | Utility::batch_all { .. } | Utility::force_batch { .. }
			)
		);
		is_own || LeafCalls::contains(call)
	}
}

/// The shortest delay of a recovery: an era, an hour on a live chain. A controller that wants more time to notice chooses a
/// longer one.
pub struct RecoveryDelayMsMin;

impl Get<u64> for RecoveryDelayMsMin {
	fn get() -> u64 {
		let era_blocks = pallet_validators::Periods::<Runtime>::get().era_blocks;
		u64::from(era_blocks).saturating_mul(pallet_validators::BlockTimeMs::<Runtime>::get())
	}
}

/// Services of a profile: A2A, MCP, a web page, and a few more.
const SERVICES_MAX: u32 = 8;
/// Bytes of a service's name: names of protocols are short.
const SERVICE_NAME_BYTES_MAX: u32 = 32;
/// Bytes of a locator or an endpoint.
const LOCATOR_BYTES_MAX: u32 = 256;
/// Skill tags of a profile. Each is an entry of the index that a change of the profile may write twice.
const TAGS_MAX: u32 = 16;
/// Bytes of a skill tag.
const TAG_BYTES_MAX: u32 = 32;
/// Bytes of the longest profile, lengths and the card's content included.
const PROFILE_BYTES_MAX: u32 = 64
	+ LOCATOR_BYTES_MAX
	+ SERVICES_MAX * (SERVICE_NAME_BYTES_MAX + LOCATOR_BYTES_MAX + 4)
	+ TAGS_MAX * (TAG_BYTES_MAX + 1);
/// Milliseconds of a day.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

parameter_types! {
	/// The constant `Agents.PalletId`, from which the accounts of agents are derived.
	pub const AgentsPalletId: PalletId = PalletId(*b"plx/agnt");
	/// Three entries that stay for ever: the record, its place among its controller's, and a reputation.
	pub const RegistrationPrice: Balance = deposit(3, 300);
	/// The longest profile, and an entry of the index for each tag.
	pub const AgentBond: Balance = deposit(1 + TAGS_MAX, PROFILE_BYTES_MAX + TAGS_MAX * (TAG_BYTES_MAX + 24));
	/// The delegation, and its key's account.
	pub const DelegationDeposit: Balance = deposit(2, 330);
	/// The entry of a payer: agent and account.
	pub const PayerBurnMin: Balance = deposit(1, 56);
	/// A half is left after 90 days: old work counts, and recent work counts more.
	pub const ReputationRetained: Perbill = Perbill::from_parts(992_327_946);
	/// These are released to whoever made them, all of them, in whatever way they end. Stake can be slashed, bonds of
	/// challenges and disputes can be lost, and what pays for records that may never be removed need not come back: a
	/// datanet with a version stays for ever. So these are spending; and so are commitments to challenges, which are burned
	/// if nothing is revealed, whereas those to contents and models come back.
	pub const DepositHolds: &'static [RuntimeHoldReason] = &[
		RuntimeHoldReason::Datanets(pallet_datanets::HoldReason::Contribution),
		RuntimeHoldReason::Datanets(pallet_datanets::HoldReason::Commitment),
		RuntimeHoldReason::Models(pallet_models::HoldReason::Commitment),
		RuntimeHoldReason::Models(pallet_models::HoldReason::Locators),
		RuntimeHoldReason::Receipts(pallet_receipts::HoldReason::ChannelDeposit),
		RuntimeHoldReason::Receipts(pallet_receipts::HoldReason::Batch),
		RuntimeHoldReason::Attribution(pallet_attribution::HoldReason::Deposit),
	];
}

impl pallet_agents::Config for Runtime {
	type Currency = DirectBalances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type DepositHolds = DepositHolds;
	type RuntimeCall = RuntimeCall;
	type Scope = Scope;
	type LeafCalls = LeafCalls;
	type ControlCalls = ControlCalls;
	// Of what `ControlCalls` lets in only the signers of channels have a power over the account's money. What a batch or a
	// challenge of the former controller put on hold can be lost still, and nothing beyond that.
	type OnControllerChanged = CloseChannels;
	type Clock = Clock;
	type PalletId = AgentsPalletId;
	type RegistrationPrice = RegistrationPrice;
	type Bond = AgentBond;
	type DelegationDeposit = DelegationDeposit;
	// Shorter periods would begin anew with nearly every block.
	type PeriodMsMin = ConstU64<60_000>;
	type RecoveryDelayMsMin = RecoveryDelayMsMin;
	type ReputationStepMs = ConstU64<DAY_MS>;
	type ReputationRetained = ReputationRetained;
	type PayerBurnMin = PayerBurnMin;
	// Each scope at most once; room for those to come.
	type ScopesMax = ConstU32<8>;
	type ServicesMax = ConstU32<SERVICES_MAX>;
	type ServiceNameBytesMax = ConstU32<SERVICE_NAME_BYTES_MAX>;
	type LocatorBytesMax = ConstU32<LOCATOR_BYTES_MAX>;
	type TagsMax = ConstU32<TAGS_MAX>;
	type TagBytesMax = ConstU32<TAG_BYTES_MAX>;
	type WeightInfo = pallet_agents::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarking::Helper;
}
