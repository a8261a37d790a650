//! A runtime with System, the real Balances, Agents, Datanets, Models and Receipts, this pallet, and a ledger of payouts.
//! The adapters between the pallets are those that a runtime has.

use crate as pallet_attribution;
use crate::{types::CreditOf, Manifest, Manifests, Parameters, Payouts, Published, Source, Sources};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	derive_impl,
	pallet_prelude::{DispatchResult, ValueQuery},
	parameter_types, storage_alias,
	traits::{fungible::Balanced, ConstU128, ConstU32, ConstU64, Imbalance, InstanceFilter, OnUnbalanced},
	Blake2_128Concat, PalletId, Twox64Concat,
};
use frame_system::{pallet_prelude::BlockNumberFor, EnsureRoot};
use pallet_models::{DatanetVersions, VersionKind};
use pallet_receipts::{Corpora, Pools, RevenueOf, RevenueTerms, Servers};
pub use plexus_primitives::constants::Balance;
use plexus_primitives::{
	api::AdmissionKind, AgentId, ChainClock, ContributionId, DatanetId, DatanetVersion, ModelId,
};
use scale_info::TypeInfo;
use sp_core::{ed25519, Pair};
use sp_runtime::{
	traits::{AccountIdConversion, IdentityLookup},
	AccountId32, BuildStorage, MultiSignature, Perbill, Saturating,
};

pub type AccountId = AccountId32;

/// The accounts `account(1)` to this have [`ENDOWMENT`] each.
pub const ACCOUNTS: u8 = 12;
pub const ENDOWMENT: Balance = 1_000_000_000;
pub const EXISTENTIAL_DEPOSIT: Balance = 10;
pub const COMMITMENT_AGE_MS: u64 = 60_000;
pub const PROTOCOL_SHARE: Perbill = Perbill::from_percent(3);
pub const PROTOCOL_SHARE_MIN: Perbill = Perbill::from_percent(1);
pub const PROTOCOL_SHARE_MAX: Perbill = Perbill::from_percent(10);
pub const OPEN_DEPOSIT: Balance = 300;
pub const CLAIM_DEPOSIT: Balance = 20;
pub const COMMITMENT_DEPOSIT: Balance = 70;
pub const UNLISTED_BOND: Balance = 900;
pub const METHOD_PRICE: Balance = 40;
pub const RECEIPT_DEPOSIT: Balance = 70;
pub const RECEIPTS_MAX: u32 = 16;
pub const CLAIMS_MAX: u32 = 24;
pub const RECEIPT_CLAIMS_MAX: u32 = 4;
pub const TARGETS_MAX: u32 = 5;
pub const DEMANDS_MAX: u32 = 3;
pub const UNLISTED_MAX: u32 = 3;
pub const CLAIM_BYTES_MAX: u64 = 16 * 1024;

/// What tests begin with.
pub const PARAMETERS: Parameters = Parameters {
	hold_floor: 500,
	answer_fee_max: 50,
	window_ms: 90_000,
	response_ms: 20_000,
	reveal_ms: 10_000,
	..Parameters::LIVE
};

/// How long things take in the datanets.
pub const WINDOWS: pallet_datanets::Windows = pallet_datanets::Windows {
	commitment_age_ms: COMMITMENT_AGE_MS,
	commitment_lifetime_ms: 10_000_000,
	acceptance_ms: 20_000_000,
	..pallet_datanets::Windows::LIVE
};

pub fn account(index: u8) -> AccountId {
	AccountId32::new([index; 32])
}

/// A key that signs vouchers; its account has nothing.
pub fn signer(index: u8) -> ed25519::Pair {
	ed25519::Pair::from_seed(&[index; 32])
}

pub fn signer_account(index: u8) -> AccountId {
	signer(index).public().into()
}

pub fn sign(index: u8, message: &[u8]) -> MultiSignature {
	signer(index).sign(message).into()
}

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeHoldReason,
		RuntimeFreezeReason,
		RuntimeTask
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;

	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;

	#[runtime::pallet_index(2)]
	pub type Agents = pallet_agents;

	#[runtime::pallet_index(3)]
	pub type Datanets = pallet_datanets;

	#[runtime::pallet_index(4)]
	pub type Models = pallet_models;

	#[runtime::pallet_index(5)]
	pub type Receipts = pallet_receipts;

	#[runtime::pallet_index(6)]
	pub type Attribution = pallet_attribution;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type AccountStore = System;
}

parameter_types! {
	/// Milliseconds on the chain clock.
	pub static Now: u64 = 0;
	pub const ProtocolShare: Perbill = PROTOCOL_SHARE;
	pub const ProtocolShareMin: Perbill = PROTOCOL_SHARE_MIN;
	pub const ProtocolShareMax: Perbill = PROTOCOL_SHARE_MAX;
	pub const ReceiptsId: PalletId = PalletId(*b"plx/rcpt");
	pub const AttributionId: PalletId = PalletId(*b"plx/attr");
	pub const SubmitsDirectly: bool = false;
	pub const DepositHolds: &'static [RuntimeHoldReason] = &[
		RuntimeHoldReason::Receipts(pallet_receipts::HoldReason::ChannelDeposit),
		RuntimeHoldReason::Receipts(pallet_receipts::HoldReason::Batch),
		RuntimeHoldReason::Attribution(crate::HoldReason::Deposit),
	];
}

impl ChainClock for Now {
	fn now_ms() -> u64 {
		Self::get()
	}
}

/// The adapters that a runtime has between the pallets.
pub struct Adapter;

impl DatanetVersions for Adapter {
	fn kind(datanet: DatanetId, version: DatanetVersion) -> Option<VersionKind> {
		Datanets::version_kind(datanet, version).map(VersionKind::from)
	}
}

impl Corpora for Adapter {
	fn is_published(datanet: DatanetId, version: DatanetVersion) -> bool {
		Datanets::version_kind(datanet, version).is_some()
	}
}

impl Sources<BlockNumberFor<Test>> for Adapter {
	fn source(contribution: ContributionId) -> Option<Source> {
		let record = pallet_datanets::Contributions::<Test>::get(contribution)?;
		let (_, from, until) = record.span()?;
		let pallet_datanets::Contribution { content, datanet, commitment, .. } = record;
		Some(Source { content, datanet, commitment, from, until })
	}

	fn version(datanet: DatanetId, version: DatanetVersion) -> Option<Published<BlockNumberFor<Test>>> {
		let record = pallet_datanets::Versions::<Test>::get(datanet, version)?;
		let curated = record.admission == AdmissionKind::Curated;
		Some(Published { curated, at: record.published_at })
	}
}

impl Manifests<BlockNumberFor<Test>> for Adapter {
	fn manifest(model: ModelId) -> Option<Manifest<BlockNumberFor<Test>>> {
		let record = pallet_models::Models::<Test>::get(model)?;
		let entries = record.spec.manifest.iter();
		let versions = entries.map(|entry| (entry.datanet, entry.version)).collect();
		Some(Manifest { versions, registered_at: record.registered_at })
	}
}

#[derive_impl(pallet_datanets::config_preludes::TestDefaultConfig)]
impl pallet_datanets::Config for Test {
	type Currency = Balances;
	type Clock = Now;
	type JudgeOrigin = EnsureRoot<AccountId>;
	type WindowsOrigin = EnsureRoot<AccountId>;
}

#[derive_impl(pallet_models::config_preludes::TestDefaultConfig)]
impl pallet_models::Config for Test {
	type Currency = Balances;
	type Clock = Now;
	type Versions = Adapter;
	type CommitmentAgeMsMin = ConstU64<COMMITMENT_AGE_MS>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

/// A key that may pay and be paid.
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
pub struct Serving;

impl InstanceFilter<RuntimeCall> for Serving {
	fn filter(&self, call: &RuntimeCall) -> bool {
		matches!(call, RuntimeCall::Receipts(..) | RuntimeCall::Attribution(..))
	}
}

#[derive_impl(pallet_agents::config_preludes::TestDefaultConfig)]
impl pallet_agents::Config for Test {
	type Currency = Balances;
	type DepositHolds = DepositHolds;
	type Scope = Serving;
	type Clock = Now;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

impl RevenueOf<AccountId> for Adapter {
	fn ensure_may_open_channel(model: ModelId) -> DispatchResult {
		Ok(Models::ensure_may_open_channel(model)?)
	}

	fn terms(model: ModelId) -> Option<RevenueTerms<AccountId>> {
		let pallet_models::Model { developer, spec, .. } = pallet_models::Models::<Test>::get(model)?;
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

impl Servers<AccountId> for Adapter {
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

/// What each model's manifest got.
#[storage_alias]
type ToModels = StorageMap<Ledger, Twox64Concat, ModelId, Balance, ValueQuery>;
/// What each contribution got.
#[storage_alias]
type ToContributions = StorageMap<Ledger, Twox64Concat, ContributionId, Balance, ValueQuery>;
/// What accounts were credited.
#[storage_alias]
type ToAccounts = StorageMap<Ledger, Blake2_128Concat, AccountId, Balance, ValueQuery>;

/// Keeps what is paid out, and who it is for.
pub struct Ledger;

impl Ledger {
	pub fn account() -> AccountId {
		PalletId(*b"plx/pool").into_account_truncating()
	}

	pub fn of_model(model: u64) -> Balance {
		ToModels::get(ModelId(model))
	}

	pub fn of_contribution(contribution: u64) -> Balance {
		ToContributions::get(ContributionId(contribution))
	}

	pub fn of_account(account: &AccountId) -> Balance {
		ToAccounts::get(account)
	}

	fn keep(money: CreditOf<Test>) {
		Balances::resolve(&Self::account(), money).expect("the genesis endows the ledger");
	}
}

impl Pools<CreditOf<Test>> for Ledger {
	fn deposit(model: ModelId, money: CreditOf<Test>) {
		Self::to_model(model, money);
	}
}

impl Payouts<AccountId, CreditOf<Test>> for Ledger {
	fn to_model(model: ModelId, money: CreditOf<Test>) {
		ToModels::mutate(model, |sum| sum.saturating_accrue(money.peek()));
		Self::keep(money);
	}

	fn to_contribution(contribution: ContributionId, money: CreditOf<Test>) {
		ToContributions::mutate(contribution, |sum| sum.saturating_accrue(money.peek()));
		Self::keep(money);
	}

	fn to_submitter(who: &AccountId, money: CreditOf<Test>) {
		ToAccounts::mutate(who, |sum| sum.saturating_accrue(money.peek()));
		Self::keep(money);
	}

	fn to_challenger(who: &AccountId, money: CreditOf<Test>) {
		Self::to_submitter(who, money);
	}
}

pub struct ValidatorsPot;

impl ValidatorsPot {
	pub fn account() -> AccountId {
		PalletId(*b"plx/vpot").into_account_truncating()
	}
}

impl OnUnbalanced<CreditOf<Test>> for ValidatorsPot {
	fn on_nonzero_unbalanced(money: CreditOf<Test>) {
		Balances::resolve(&Self::account(), money).expect("the genesis endows the pot");
	}
}

impl pallet_receipts::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Signature = MultiSignature;
	type Clock = Now;
	type Models = Adapter;
	type Corpora = Adapter;
	type Servers = Adapter;
	type Pools = Ledger;
	type ProtocolPot = ValidatorsPot;
	type PalletId = ReceiptsId;
	type ProtocolShare = ProtocolShare;
	type ProtocolShareMin = ProtocolShareMin;
	type ProtocolShareMax = ProtocolShareMax;
	type ProtocolShareOrigin = EnsureRoot<AccountId>;
	type CloseGraceMs = ConstU64<100_000>;
	type BatchRetentionMs = ConstU64<300_000>;
	type ChannelDeposit = ConstU128<500>;
	type BatchDeposit = ConstU128<RECEIPT_DEPOSIT>;
	type SubmitsDirectly = SubmitsDirectly;
	type ChannelModelsMax = ConstU32<3>;
	type ChannelCorporaMax = ConstU32<2>;
	type BatchReceiptsMax = ConstU32<RECEIPTS_MAX>;
	type BatchChannelsMax = ConstU32<4>;
	type BatchModelsMax = ConstU32<2>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

impl pallet_attribution::Config for Test {
	type Sources = Adapter;
	type Manifests = Adapter;
	type Payouts = Ledger;
	type ParametersOrigin = EnsureRoot<AccountId>;
	type PotId = AttributionId;
	type OpenDeposit = ConstU128<OPEN_DEPOSIT>;
	type ClaimDeposit = ConstU128<CLAIM_DEPOSIT>;
	type CommitmentDeposit = ConstU128<COMMITMENT_DEPOSIT>;
	type UnlistedBond = ConstU128<UNLISTED_BOND>;
	type MethodPrice = ConstU128<METHOD_PRICE>;
	type ClaimsMax = ConstU32<CLAIMS_MAX>;
	type ReceiptClaimsMax = ConstU32<RECEIPT_CLAIMS_MAX>;
	type TargetsMax = ConstU32<TARGETS_MAX>;
	type ClaimBytesMax = ConstU64<CLAIM_BYTES_MAX>;
	type DemandsMax = ConstU32<DEMANDS_MAX>;
	type UnlistedMax = ConstU32<UNLISTED_MAX>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

/// Block 1 of a chain where every account has its endowment, and the pots of others an existential deposit.
pub fn new_test_ext() -> sp_io::TestExternalities {
	// It is per thread, and a thread may have run another test before.
	Now::set(0);
	let accounts = (1..=ACCOUNTS).map(|index| (account(index), ENDOWMENT));
	let pots = [Ledger::account(), ValidatorsPot::account()].map(|pot| (pot, EXISTENTIAL_DEPOSIT));
	let balances = accounts.chain(pots).collect();
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig { balances, ..Default::default() },
		datanets: pallet_datanets::GenesisConfig { windows: WINDOWS, ..Default::default() },
		attribution: pallet_attribution::GenesisConfig { parameters: PARAMETERS, ..Default::default() },
		..Default::default()
	};
	let storage = genesis.build_storage().expect("the endowments are above the existential deposit");
	let mut ext = sp_io::TestExternalities::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}

#[cfg(feature = "runtime-benchmarks")]
pub struct Helper;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_agents::benchmarking::BenchmarkHelper<Serving, RuntimeCall> for Helper {
	fn scope_and_call() -> (Serving, RuntimeCall) {
		(Serving, pallet_receipts::Call::close_all {}.into())
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl pallet_models::benchmarking::BenchmarkHelper for Helper {
	fn publish(_: DatanetId) -> DatanetVersion {
		DatanetVersion(1)
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl pallet_receipts::benchmarking::BenchmarkHelper<Test> for Helper {
	fn server() -> AgentId {
		Agents::register(RuntimeOrigin::signed(account(1)), crate::tests::profile())
			.expect("the controller can pay");
		AgentId(0)
	}

	fn model(seed: u32) -> ModelId {
		crate::tests::put_bench_model(seed, DatanetId(0))
	}

	fn version(index: u32) -> (DatanetId, DatanetVersion) {
		(DatanetId(index), DatanetVersion(1))
	}

	fn signer() -> AccountId {
		signer_account(1)
	}

	fn sign(message: &[u8]) -> MultiSignature {
		sign(1, message)
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::benchmarking::BenchmarkHelper<Test> for Helper {
	fn contribute(contents: [(plexus_primitives::Content, Vec<u8>); 3]) -> [(ContributionId, DatanetId); 3] {
		crate::tests::contribute_for_benchmarks(contents)
	}

	fn model(seed: u32, datanet: DatanetId) -> ModelId {
		crate::tests::put_bench_model(seed, datanet)
	}

	fn copies(of: ContributionId, count: u32) -> Vec<ContributionId> {
		let record = pallet_datanets::Contributions::<Test>::get(of).expect("it was contributed");
		let first = pallet_datanets::NextContributionId::<Test>::get().0;
		let copies: Vec<_> = (first..).take(count as usize).map(ContributionId).collect();
		for id in &copies {
			pallet_datanets::Contributions::<Test>::insert(id, record.clone());
		}
		pallet_datanets::NextContributionId::<Test>::put(ContributionId(first + u64::from(count)));
		copies
	}
}
