//! A runtime with System, the real Balances, Agents, Datanets and Models, this pallet, and pools for the money of data that
//! tests look at by hand: what is divided there is the affair of `pallet-rewards`, whose tests have the real datanets too.

use crate as pallet_receipts;
use crate::{types::CreditOf, Corpora, Pools, RevenueOf, RevenueTerms, Servers};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	derive_impl,
	pallet_prelude::{DispatchResult, ValueQuery},
	parameter_types, storage_alias,
	traits::{
		fungible::Balanced, ConstU128, ConstU32, ConstU64, Get, Imbalance, InstanceFilter, OnUnbalanced,
	},
	weights::Weight,
	PalletId, Twox64Concat,
};
use frame_system::EnsureRoot;
use pallet_agents::OnControllerChanged;
use pallet_datanets::types::{Admission, Licence, Verdict};
use pallet_models::{DatanetVersions, VersionKind};
pub use plexus_primitives::constants::Balance;
use plexus_primitives::{prove::prove_reader, AgentId, DatanetId, DatanetVersion, ModelId};
use scale_info::TypeInfo;
use sp_core::{ed25519, Pair};
use sp_runtime::{
	traits::{AccountIdConversion, IdentityLookup},
	AccountId32, BoundedVec, BuildStorage, MultiSignature, Perbill, Saturating,
};

pub type AccountId = AccountId32;

/// The accounts `account(1)` to this have [`ENDOWMENT`] each.
pub const ACCOUNTS: u8 = 9;
pub const ENDOWMENT: Balance = 1_000_000_000;
pub const EXISTENTIAL_DEPOSIT: Balance = 10;
pub const GRACE_MS: u64 = 100_000;
pub const RETENTION_MS: u64 = 300_000;
pub const INITIAL_CHANNEL_DEPOSIT: Balance = 500;
pub const INITIAL_BATCH_DEPOSIT: Balance = 70;
pub const PROTOCOL_SHARE: Perbill = Perbill::from_percent(3);
pub const PROTOCOL_SHARE_MIN: Perbill = Perbill::from_parts(1);
pub const PROTOCOL_SHARE_MAX: Perbill = Perbill::from_percent(40);
pub const RECEIPTS_MAX: u32 = 16;
pub const CHANNELS_MAX: u32 = 4;
pub const BATCH_MODELS_MAX: u32 = 2;
pub const COMMITMENT_AGE_MS: u64 = 60_000;
/// Owns all datanets and is their curator. Has [`ENDOWMENT`], as [`CONTRIBUTOR`] has.
const CURATOR: u8 = 91;
/// Contributes to them.
const CONTRIBUTOR: u8 = 92;

/// In open datanets everything is accepted at once.
const WINDOWS: pallet_datanets::Windows =
	pallet_datanets::Windows { commitment_age_ms: 0, ..pallet_datanets::Windows::LIVE };

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
	pub static ChannelDeposit: Balance = INITIAL_CHANNEL_DEPOSIT;
	pub static BatchDeposit: Balance = INITIAL_BATCH_DEPOSIT;
	pub static SubmitsDirectly: bool = true;
	pub const ProtocolShare: Perbill = PROTOCOL_SHARE;
	pub const ProtocolShareMin: Perbill = PROTOCOL_SHARE_MIN;
	pub const ProtocolShareMax: Perbill = PROTOCOL_SHARE_MAX;
	pub const ReceiptsId: PalletId = PalletId(*b"plx/rcpt");
	pub const DepositHolds: &'static [RuntimeHoldReason] = &[
		RuntimeHoldReason::Receipts(crate::HoldReason::ChannelDeposit),
		RuntimeHoldReason::Receipts(crate::HoldReason::Batch),
	];
}

impl crate::ChainClock for Now {
	fn now_ms() -> u64 {
		Self::get()
	}
}

#[derive_impl(pallet_datanets::config_preludes::TestDefaultConfig)]
impl pallet_datanets::Config for Test {
	type Currency = Balances;
	type Clock = Now;
	type JudgeOrigin = EnsureRoot<AccountId>;
	type WindowsOrigin = EnsureRoot<AccountId>;
}

/// The adapter that a runtime has to its datanets, and how tests have these publish.
pub struct Versions;

impl Versions {
	/// Brings a datanet to this version, as its owner, its curator and a contributor would. It is created if it is not there
	/// yet, with those before it, and is of this kind then.
	pub fn publish(datanet: u32, version: u32, kind: VersionKind) {
		let datanet = DatanetId(datanet);
		while pallet_datanets::NextDatanetId::<Test>::get() <= datanet {
			Self::create_datanet(kind);
		}
		for version in (1..=version).map(DatanetVersion) {
			if Datanets::version_kind(datanet, version).is_none() {
				Self::publish_next(datanet, version, kind);
			}
		}
		assert_eq!(Self::kind(datanet, DatanetVersion(version)), Some(kind));
	}

	fn create_datanet(kind: VersionKind) {
		let admission: Admission<Test> = match kind {
			VersionKind::Open => Admission::Open,
			VersionKind::Curated => Admission::Curated(listed([account(CURATOR)])),
		};
		let licence: Licence<Test> = Licence::Spdx(listed(*b"CC-BY-4.0"));
		let (name, tags) = (listed(*b"flora"), listed([]));
		Datanets::create_datanet(RuntimeOrigin::signed(account(CURATOR)), name, tags, licence, admission)
			.expect("the owner can pay");
	}

	fn publish_next(datanet: DatanetId, version: DatanetVersion, kind: VersionKind) {
		let text = format!("in {} since {}", datanet.0, version.0);
		let proven = prove_reader(text.as_bytes(), |_| ()).expect("a text is not empty");
		let contribution = pallet_datanets::NextContributionId::<Test>::get();
		Datanets::contribute(
			RuntimeOrigin::signed(account(CONTRIBUTOR)),
			datanet,
			proven.content,
			listed(*b"text/plain"),
			listed([]),
			listed(proven.length_proof),
		)
		.expect("nobody holds the text");
		if kind == VersionKind::Curated {
			let verdict = Verdict::Accept { weight: 1 };
			Datanets::review(RuntimeOrigin::signed(account(CURATOR)), contribution, verdict)
				.expect("the owner is the curator");
		}
		Datanets::publish(RuntimeOrigin::signed(account(CURATOR)), datanet).expect("something was accepted");
	}
}

/// A list, or the bytes of a text, as the pallets take it.
pub fn listed<Item, B: Get<u32>>(items: impl IntoIterator<Item = Item>) -> BoundedVec<Item, B> {
	items.into_iter().collect::<Vec<_>>().try_into().ok().expect("the test stays within the bound")
}

impl DatanetVersions for Versions {
	fn kind(datanet: DatanetId, version: DatanetVersion) -> Option<VersionKind> {
		Datanets::version_kind(datanet, version).map(VersionKind::from)
	}
}

impl Corpora for Versions {
	fn is_published(datanet: DatanetId, version: DatanetVersion) -> bool {
		Datanets::version_kind(datanet, version).is_some()
	}
}

#[derive_impl(pallet_models::config_preludes::TestDefaultConfig)]
impl pallet_models::Config for Test {
	type Currency = Balances;
	type Clock = Now;
	type Versions = Versions;
	type CommitmentAgeMsMin = ConstU64<COMMITMENT_AGE_MS>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Versions;
}

#[cfg(feature = "runtime-benchmarks")]
impl pallet_models::benchmarking::BenchmarkHelper for Versions {
	fn publish(datanet: DatanetId) -> DatanetVersion {
		Self::publish(datanet.0, 1, VersionKind::Curated);
		DatanetVersion(1)
	}
}

/// A key that may pay and be paid: every call of this pallet.
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
		matches!(call, RuntimeCall::Receipts(..))
	}
}

/// Former controllers may know the signers of an agent's channels.
pub struct CloseChannels;

impl OnControllerChanged<AccountId> for CloseChannels {
	fn on_controller_changed(_: AgentId, account: &AccountId) {
		Receipts::begin_closing_all(account.clone());
	}

	fn weight() -> Weight {
		<() as crate::WeightInfo>::close_all()
	}
}

#[derive_impl(pallet_agents::config_preludes::TestDefaultConfig)]
impl pallet_agents::Config for Test {
	type Currency = Balances;
	type DepositHolds = DepositHolds;
	type Scope = Serving;
	type OnControllerChanged = CloseChannels;
	type Clock = Now;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

/// The adapters that a runtime has between the pallets.
pub struct Adapter;

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

/// What the pools of each model got.
#[storage_alias]
type Deposited = StorageMap<DataPools, Twox64Concat, ModelId, Balance, ValueQuery>;

pub struct DataPools;

impl DataPools {
	pub fn account() -> AccountId {
		PalletId(*b"plx/pool").into_account_truncating()
	}

	pub fn of(model: u64) -> Balance {
		Deposited::get(ModelId(model))
	}
}

impl Pools<CreditOf<Test>> for DataPools {
	fn deposit(model: ModelId, money: CreditOf<Test>) {
		Deposited::mutate(model, |sum| sum.saturating_accrue(money.peek()));
		Balances::resolve(&Self::account(), money).expect("the genesis endows the pools");
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
	type Corpora = Versions;
	type Servers = Adapter;
	type Pools = DataPools;
	type ProtocolPot = ValidatorsPot;
	type PalletId = ReceiptsId;
	type ProtocolShare = ProtocolShare;
	type ProtocolShareMin = ProtocolShareMin;
	type ProtocolShareMax = ProtocolShareMax;
	type ProtocolShareOrigin = EnsureRoot<AccountId>;
	type CloseGraceMs = ConstU64<GRACE_MS>;
	type BatchRetentionMs = ConstU64<RETENTION_MS>;
	type ChannelDeposit = ChannelDeposit;
	type BatchDeposit = BatchDeposit;
	type SubmitsDirectly = SubmitsDirectly;
	type ChannelModelsMax = ConstU32<3>;
	type ChannelCorporaMax = ConstU32<2>;
	type BatchReceiptsMax = ConstU32<RECEIPTS_MAX>;
	type BatchChannelsMax = ConstU32<CHANNELS_MAX>;
	type BatchModelsMax = ConstU32<BATCH_MODELS_MAX>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

/// Block 1 of a chain where every account has its endowment, and the pots of others an existential deposit.
pub fn new_test_ext() -> sp_io::TestExternalities {
	// These are per thread, and a thread may have run another test before.
	Now::set(0);
	ChannelDeposit::set(INITIAL_CHANNEL_DEPOSIT);
	BatchDeposit::set(INITIAL_BATCH_DEPOSIT);
	SubmitsDirectly::set(true);
	let accounts = (1..=ACCOUNTS).chain([CURATOR, CONTRIBUTOR]).map(|index| (account(index), ENDOWMENT));
	let pots = [DataPools::account(), ValidatorsPot::account()].map(|pot| (pot, EXISTENTIAL_DEPOSIT));
	let balances = accounts.chain(pots).collect();
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig { balances, ..Default::default() },
		datanets: pallet_datanets::GenesisConfig { windows: WINDOWS, ..Default::default() },
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
		(Serving, crate::Call::close_all {}.into())
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::benchmarking::BenchmarkHelper<Test> for Helper {
	fn server() -> AgentId {
		let controller = account(1);
		let profile = crate::tests::profile();
		Agents::register(RuntimeOrigin::signed(controller), profile).expect("the controller can pay");
		AgentId(0)
	}

	fn model(seed: u32) -> ModelId {
		Versions::publish(1, 1, VersionKind::Curated);
		let parents: Vec<u64> = (0..u64::from(seed)).rev().take(1).collect();
		crate::tests::put_model(
			2,
			&format!("artifact {seed}"),
			&parents,
			1,
			20,
			crate::tests::policy(50, 20),
			true,
		)
	}

	fn version(index: u32) -> (DatanetId, DatanetVersion) {
		Versions::publish(index, 1, VersionKind::Curated);
		(DatanetId(index), DatanetVersion(1))
	}

	fn signer() -> AccountId {
		signer_account(1)
	}

	fn sign(message: &[u8]) -> MultiSignature {
		sign(1, message)
	}
}
