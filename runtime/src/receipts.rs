//! How payments for inference are configured: what channels and batches cost, how long they last, and what they know of
//! models, versions and agents.
//!
//! # Must not
//! Hold a rule: each function here asks the pallet that has it.

use crate::{
	configs::Clock, fees::deposit, rewards::DataPools, AccountId, Agents, Balance, Balances, Models,
	Receipts, Runtime, RuntimeHoldReason, Signature,
};
use frame_support::{
	pallet_prelude::DispatchResult,
	parameter_types,
	traits::{ConstBool, ConstU32, Get},
	weights::Weight,
	PalletId,
};
use frame_system::EnsureRoot;
use pallet_agents::OnControllerChanged;
use pallet_receipts::{
	types::{BATCH_ENTRY_BYTES, CHANNEL_ENTRY_BYTES},
	Corpora, RevenueOf, RevenueTerms, Servers, WeightInfo,
};
use pallet_validators::PayIntoPot;
use plexus_primitives::{AgentId, DatanetId, DatanetVersion, ModelId};
use sp_runtime::Perbill;

/// Models that a channel may name: a handful that one agent serves.
const CHANNEL_MODELS_MAX: u32 = 8;
/// Versions that a channel may name.
const CHANNEL_CORPORA_MAX: u32 = 8;
/// The least grace: whatever the windows are, a server has time for a transaction.
const CLOSE_GRACE_MS_MIN: u64 = 10_000;
/// A batch's record outlasts so many graces: a month of days on a live chain.
const RETENTION_GRACES: u64 = 30;

/// How long a server has to redeem when the payer closes: a day on a live chain, half a minute in development. It is the
/// day after which anybody may publish a version, so that a chain's windows are set in one place.
pub struct CloseGraceMs;

impl Get<u64> for CloseGraceMs {
	fn get() -> u64 {
		pallet_datanets::CurrentWindows::<Runtime>::get().publication_ms.max(CLOSE_GRACE_MS_MIN)
	}
}

/// How long a batch's record stays: a month on a live chain, a quarter of an hour in development.
pub struct BatchRetentionMs;

impl Get<u64> for BatchRetentionMs {
	fn get() -> u64 {
		CloseGraceMs::get().saturating_mul(RETENTION_GRACES)
	}
}

/// What the registries know.
pub struct Registries;

impl RevenueOf<AccountId> for Registries {
	fn ensure_may_open_channel(model: ModelId) -> DispatchResult {
		Ok(Models::ensure_may_open_channel(model)?)
	}

	fn terms(model: ModelId) -> Option<RevenueTerms<AccountId>> {
		let pallet_models::Model { developer, spec, .. } = pallet_models::Models::<Runtime>::get(model)?;
		Some(RevenueTerms {
			developer,
			royalties: Models::royalties(model),
			server: spec.policy.server,
			data: spec.policy.data,
			data_of_royalties: spec.asks.data,
			pays_data: spec.manifest.iter().any(|entry| !entry.share.is_zero()),
		})
	}

	fn royalty(model: ModelId, ancestor: ModelId) -> Option<Perbill> {
		Models::royalty(model, ancestor)
	}
}

impl Corpora for Registries {
	fn is_published(datanet: DatanetId, version: DatanetVersion) -> bool {
		pallet_datanets::Versions::<Runtime>::contains_key(datanet, version)
	}
}

impl Servers<AccountId> for Registries {
	fn ensure_may_open_channel(server: AgentId) -> DispatchResult {
		Ok(Agents::ensure_active(server)?)
	}

	fn account(server: AgentId) -> AccountId {
		Agents::account_of(server)
	}

	fn credit_reputation(server: AgentId, payer: &AccountId, burned: Balance) {
		Agents::credit_reputation(server, payer, burned);
	}
}

/// Ends what signers that a former controller named could still spend, after the grace that servers rely on.
pub struct CloseChannels;

impl OnControllerChanged<AccountId> for CloseChannels {
	fn on_controller_changed(_: AgentId, account: &AccountId) {
		Receipts::begin_closing_all(account.clone());
	}

	fn weight() -> Weight {
		<Runtime as pallet_receipts::Config>::WeightInfo::close_all()
	}
}

parameter_types! {
	/// The constant `Receipts.PalletId`: whose account has what was earned and not yet withdrawn.
	pub const ReceiptsPalletId: PalletId = PalletId(*b"plx/rcpt");
	/// Three percent, of which a half is burned and a half is the validators': enough that paying oneself loses.
	pub const ProtocolShare: Perbill = Perbill::from_percent(3);
	/// One percent: whoever makes up usage by paying itself loses a part of what it shows, whatever root decides.
	pub const ProtocolShareMin: Perbill = Perbill::from_percent(1);
	/// Ten percent: whoever served for a voucher gets nine tenths of it down the waterfall, whatever root decides.
	pub const ProtocolShareMax: Perbill = Perbill::from_percent(10);
	/// A channel, its generation and the payer's present one, with the longest lists.
	pub const ChannelDeposit: Balance =
		deposit(3, CHANNEL_ENTRY_BYTES + 8 * CHANNEL_MODELS_MAX + 8 * CHANNEL_CORPORA_MAX);
	/// The record of a batch.
	pub const BatchDeposit: Balance = deposit(1, BATCH_ENTRY_BYTES);
}

impl pallet_receipts::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Signature = Signature;
	type Clock = Clock;
	type Models = Registries;
	type Corpora = Registries;
	type Servers = Registries;
	type Pools = DataPools;
	type ProtocolPot = PayIntoPot<Runtime>;
	type PalletId = ReceiptsPalletId;
	type ProtocolShare = ProtocolShare;
	type ProtocolShareMin = ProtocolShareMin;
	type ProtocolShareMax = ProtocolShareMax;
	// Until there is governance. Root acts only where there is a sudo key.
	type ProtocolShareOrigin = EnsureRoot<AccountId>;
	type CloseGraceMs = CloseGraceMs;
	type BatchRetentionMs = BatchRetentionMs;
	type ChannelDeposit = ChannelDeposit;
	type BatchDeposit = BatchDeposit;
	// `Attribution` settles, and lets claims take their part of data's money first.
	type SubmitsDirectly = ConstBool<false>;
	type ChannelModelsMax = ConstU32<CHANNEL_MODELS_MAX>;
	type ChannelCorporaMax = ConstU32<CHANNEL_CORPORA_MAX>;
	// A full batch is some 50 KiB, and 3 ms to settle: a hundredth of a block in bytes and in time.
	type BatchReceiptsMax = ConstU32<256>;
	type BatchChannelsMax = ConstU32<16>;
	type BatchModelsMax = ConstU32<8>;
	type WeightInfo = pallet_receipts::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarking::Helper;
}
