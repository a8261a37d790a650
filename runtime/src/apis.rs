//! The runtime APIs: everything that the node and clients can ask.
//!
//! # Must not
//! Hold logic. Each function hands its arguments to the pallet that knows.
//!
//! # Invariants
//! Which of these a client may call through `state_call` is listed in `native::check_query`; a function added
//! here stays closed until it is added there.

use crate::{
	genesis, AccountId, Agents, Attribution, Balance, Block, BlockNumber, Datanets, Executive,
	InherentDataExt, Models, Nonce, Receipts, Rewards, Runtime, RuntimeCall, RuntimeGenesisConfig, Scope,
	SessionKeys, System, TransactionPayment, Validators, VERSION,
};
use alloc::vec::Vec;
use frame_support::{
	genesis_builder_helper::{build_state, get_preset},
	view_functions::{ViewFunctionDispatchError, ViewFunctionId},
	weights::Weight,
};
use pallet_agents::{
	runtime_api::{AgentInfo, AgentPage, Allowance, DelegationInfo, DelegationPage},
	Refusal,
};
use pallet_attribution::{
	runtime_api::{
		ClaimFilter, ClaimInfo, CommitmentInfo as ChallengeCommitment, MethodInfo, OpenBatchInfo,
		OpenQuestions,
	},
	Method, Parameters,
};
use pallet_models::runtime_api::{CommitmentInfo, LineageInfo, ModelInfo, ModelPage};
use pallet_receipts::runtime_api::{BatchInfo, ChannelInfo, Page, RevenueInfo};
use pallet_rewards::{
	runtime_api::{
		DataRevenueInfo, DatanetEarnings, Page as RewardsPage, PoolInfo as DataPoolInfo, PositionInfo,
	},
	Earned, Holder, Place,
};
use pallet_transaction_payment::{FeeDetails, RuntimeDispatchInfo};
use pallet_validators::{
	runtime_api::{PoolInfo, Seat, StakeInfo},
	types::{Era, PoolId},
};
use plexus_primitives::{
	api::{
		ChallengeInfo, ContentCommitmentInfo, ContributionInfo, ContributionPage, DatanetInfo, DatanetPage,
		DisputeInfo, ListingPage, MemberPage, ReservationInfo, VersionInfo, VersionPage,
	},
	AgentId, BatchId, ChannelId, ContributionId, DatanetId, DatanetVersion, DelegationId, MethodId, ModelId,
	Sequence,
};
use sp_api::impl_runtime_apis;
use sp_core::{crypto::KeyTypeId, OpaqueMetadata};
use sp_inherents::{CheckInherentsResult, InherentData};
use sp_runtime::{
	traits::Block as BlockT,
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult, ExtrinsicInclusionMode, Perbill,
};
use sp_session::OpaqueGeneratedSessionKeys;
use sp_version::RuntimeVersion;

impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}
		fn execute_block(block: <Block as BlockT>::LazyBlock) {
			Executive::execute_block(block);
		}
		fn initialize_block(header: &<Block as BlockT>::Header) -> ExtrinsicInclusionMode {
			Executive::initialize_block(header)
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			OpaqueMetadata::new(Runtime::metadata().into())
		}
		fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
			Runtime::metadata_at_version(version)
		}
		fn metadata_versions() -> Vec<u32> {
			Runtime::metadata_versions()
		}
	}

	impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
		fn execute_view_function(
			id: ViewFunctionId,
			input: Vec<u8>,
		) -> Result<Vec<u8>, ViewFunctionDispatchError> {
			Runtime::execute_view_function(id, input)
		}
	}

	impl sp_block_builder::BlockBuilder<Block> for Runtime {
		fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
			Executive::apply_extrinsic(extrinsic)
		}
		fn finalize_block() -> <Block as BlockT>::Header {
			Executive::finalize_block()
		}
		fn inherent_extrinsics(data: InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
			data.create_extrinsics()
		}
		fn check_inherents(block: <Block as BlockT>::LazyBlock, data: InherentData) -> CheckInherentsResult {
			data.check_extrinsics(&block)
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			source: TransactionSource,
			tx: <Block as BlockT>::Extrinsic,
			block_hash: <Block as BlockT>::Hash,
		) -> TransactionValidity {
			Executive::validate_transaction(source, tx, block_hash)
		}
	}

	impl sp_session::SessionKeys<Block> for Runtime {
		fn generate_session_keys(owner: Vec<u8>, seed: Option<Vec<u8>>) -> OpaqueGeneratedSessionKeys {
			SessionKeys::generate(&owner, seed).into()
		}
		fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
			SessionKeys::decode_into_raw_public_keys(&encoded)
		}
	}

	impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
		fn account_nonce(account: AccountId) -> Nonce {
			System::account_nonce(account)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance> for Runtime {
		fn query_info(uxt: <Block as BlockT>::Extrinsic, len: u32) -> RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_info(uxt, len)
		}
		fn query_fee_details(uxt: <Block as BlockT>::Extrinsic, len: u32) -> FeeDetails<Balance> {
			TransactionPayment::query_fee_details(uxt, len)
		}
		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}
		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentCallApi<Block, Balance, RuntimeCall>
		for Runtime
	{
		fn query_call_info(call: RuntimeCall, len: u32) -> RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_call_info(call, len)
		}
		fn query_call_fee_details(call: RuntimeCall, len: u32) -> FeeDetails<Balance> {
			TransactionPayment::query_call_fee_details(call, len)
		}
		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}
		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
			build_state::<RuntimeGenesisConfig>(config)
		}
		fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
			get_preset::<RuntimeGenesisConfig>(id, |name| genesis::preset(name))
		}
		fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
			genesis::preset_names()
		}
	}

	impl plexus_primitives::api::DatanetsApi<Block, AccountId, Balance, BlockNumber> for Runtime {
		fn datanet(id: DatanetId) -> Option<DatanetInfo<AccountId, Balance, BlockNumber>> {
			Datanets::datanet(id)
		}
		fn datanets_of(
			owner: AccountId,
			cursor: Option<DatanetId>,
			limit: u32,
		) -> DatanetPage<AccountId, Balance, BlockNumber> {
			Datanets::datanets_of(&owner, cursor, limit)
		}
		fn datanets_by_tag(
			tag: Vec<u8>,
			cursor: Option<DatanetId>,
			limit: u32,
		) -> DatanetPage<AccountId, Balance, BlockNumber> {
			Datanets::datanets_by_tag(tag, cursor, limit)
		}
		fn contribution(id: ContributionId) -> Option<ContributionInfo<AccountId, Balance, BlockNumber>> {
			Datanets::contribution(id)
		}
		fn contribution_by_root(root: [u8; 32]) -> Option<ContributionInfo<AccountId, Balance, BlockNumber>> {
			Datanets::contribution_by_root(root)
		}
		fn listings(
			root: [u8; 32],
			cursor: Option<DatanetId>,
			limit: u32,
		) -> ListingPage<AccountId, Balance, BlockNumber> {
			Datanets::listings(root, cursor, limit)
		}
		fn contributions(
			datanet: DatanetId,
			cursor: Option<Sequence>,
			limit: u32,
		) -> ContributionPage<AccountId, Balance, BlockNumber> {
			Datanets::contributions(datanet, cursor, limit)
		}
		fn version(datanet: DatanetId, version: DatanetVersion) -> Option<VersionInfo<BlockNumber>> {
			Datanets::version(datanet, version)
		}
		fn versions(
			datanet: DatanetId,
			cursor: Option<DatanetVersion>,
			limit: u32,
		) -> VersionPage<BlockNumber> {
			Datanets::versions(datanet, cursor, limit)
		}
		fn weight_at(contribution: ContributionId, version: DatanetVersion) -> Option<u8> {
			Datanets::weight_at(contribution, version)
		}
		fn members(
			datanet: DatanetId,
			version: DatanetVersion,
			cursor: Option<Sequence>,
			limit: u32,
		) -> MemberPage {
			Datanets::members(datanet, version, cursor, limit)
		}
		fn challenge(contribution: ContributionId) -> Option<ChallengeInfo<AccountId, Balance>> {
			Datanets::challenge_of(contribution)
		}
		fn dispute(contribution: ContributionId) -> Option<DisputeInfo<AccountId, Balance>> {
			Datanets::dispute_of(contribution)
		}
		fn reservation(root: [u8; 32]) -> Option<ReservationInfo<AccountId, Balance>> {
			Datanets::reservation_of(root)
		}
		fn commitment(account: AccountId, hash: [u8; 32]) -> Option<ContentCommitmentInfo<Balance>> {
			Datanets::commitment_of(&account, hash)
		}
	}

	impl pallet_agents::runtime_api::AgentsApi<Block, AccountId, Balance, BlockNumber, Scope, RuntimeCall> for Runtime {
		fn agent(id: AgentId) -> Option<AgentInfo<AccountId, Balance, BlockNumber>> {
			Agents::agent(id)
		}
		fn agent_by_account(account: AccountId) -> Option<AgentInfo<AccountId, Balance, BlockNumber>> {
			Agents::agent_by_account(&account)
		}
		fn agents_of(
			controller: AccountId,
			cursor: Option<AgentId>,
			limit: u32,
		) -> AgentPage<AccountId, Balance, BlockNumber> {
			Agents::agents_of(&controller, cursor, limit)
		}
		fn agents_by_tag(
			tag: Vec<u8>,
			cursor: Option<AgentId>,
			limit: u32,
		) -> AgentPage<AccountId, Balance, BlockNumber> {
			Agents::agents_by_tag(tag, cursor, limit)
		}
		fn delegation(
			agent: AgentId,
			delegation: DelegationId,
		) -> Option<DelegationInfo<AccountId, Balance, Scope>> {
			Agents::delegation(agent, delegation)
		}
		fn delegations(
			agent: AgentId,
			cursor: Option<DelegationId>,
			limit: u32,
		) -> DelegationPage<AccountId, Balance, Scope> {
			Agents::delegations(agent, cursor, limit)
		}
		fn may_act(
			agent: AgentId,
			delegation: DelegationId,
			key: AccountId,
			call: RuntimeCall,
		) -> Result<Allowance<Balance>, Refusal> {
			Agents::may_act(agent, delegation, &key, &call)
		}
		fn allowance(agent: AgentId, delegation: DelegationId) -> Result<Allowance<Balance>, Refusal> {
			Agents::allowance(agent, delegation)
		}
		fn paying_agent(signer: AccountId, call: RuntimeCall, fee: Balance, tip: Balance) -> Option<AgentId> {
			Agents::paying_agent(&signer, &call, fee, tip)
		}
	}

	impl pallet_models::runtime_api::ModelsApi<Block, AccountId, Balance, BlockNumber> for Runtime {
		fn model(id: ModelId) -> Option<ModelInfo<AccountId, Balance, BlockNumber>> {
			Models::model(id)
		}
		fn model_by_root(root: [u8; 32]) -> Option<ModelInfo<AccountId, Balance, BlockNumber>> {
			Models::model_by_root(root)
		}
		fn models(cursor: Option<Sequence>, limit: u32) -> ModelPage<AccountId, Balance, BlockNumber> {
			Models::models(cursor, limit)
		}
		fn models_of(
			developer: AccountId,
			cursor: Option<Sequence>,
			limit: u32,
		) -> ModelPage<AccountId, Balance, BlockNumber> {
			Models::models_of(&developer, cursor, limit)
		}
		fn children(
			model: ModelId,
			cursor: Option<Sequence>,
			limit: u32,
		) -> ModelPage<AccountId, Balance, BlockNumber> {
			Models::children(model, cursor, limit)
		}
		fn lineage(model: ModelId) -> Option<LineageInfo> {
			Models::lineage(model)
		}
		fn commitment(account: AccountId, hash: [u8; 32]) -> Option<CommitmentInfo<Balance>> {
			Models::commitment(&account, hash)
		}
	}

	impl pallet_receipts::runtime_api::ReceiptsApi<Block, AccountId, BlockNumber> for Runtime {
		fn channel(id: ChannelId) -> Option<ChannelInfo<AccountId>> {
			Receipts::channel(id)
		}
		fn channels(cursor: Option<ChannelId>, limit: u32) -> Page<ChannelInfo<AccountId>, ChannelId> {
			Receipts::channels(cursor, limit)
		}
		fn channels_of(
			payer: AccountId,
			cursor: Option<ChannelId>,
			limit: u32,
		) -> Page<ChannelInfo<AccountId>, ChannelId> {
			Receipts::channels_of(&payer, cursor, limit)
		}
		fn channels_toward(
			server: AgentId,
			cursor: Option<ChannelId>,
			limit: u32,
		) -> Page<ChannelInfo<AccountId>, ChannelId> {
			Receipts::channels_toward(server, cursor, limit)
		}
		fn batch(id: BatchId) -> Option<BatchInfo<BlockNumber>> {
			Receipts::batch(id)
		}
		fn batches(cursor: Option<BatchId>, limit: u32) -> Page<BatchInfo<BlockNumber>, BatchId> {
			Receipts::batches(cursor, limit)
		}
		fn revenue(model: ModelId) -> Option<RevenueInfo<AccountId>> {
			Receipts::revenue(model)
		}
		fn royalty_due(model: ModelId, ancestor: ModelId) -> Balance {
			Receipts::royalty_due(model, ancestor)
		}
		fn earnings(account: AccountId) -> Balance {
			Receipts::earnings(&account)
		}
		fn protocol_share() -> Perbill {
			Receipts::protocol_share()
		}
	}

	impl pallet_attribution::runtime_api::AttributionApi<Block, AccountId, BlockNumber> for Runtime {
		fn parameters() -> Parameters {
			Attribution::parameters()
		}
		fn open_batch(id: BatchId) -> Option<OpenBatchInfo<AccountId, BlockNumber>> {
			Attribution::open_batch(id)
		}
		fn open_batches(
			cursor: Option<BatchId>,
			limit: u32,
		) -> Page<OpenBatchInfo<AccountId, BlockNumber>, BatchId> {
			Attribution::open_batches(cursor, limit)
		}
		fn claims(
			batch: BatchId,
			filter: ClaimFilter<AccountId>,
			cursor: Option<u32>,
			limit: u32,
		) -> Page<ClaimInfo<AccountId>, u32> {
			Attribution::claims(batch, filter, cursor, limit)
		}
		fn open_questions(batch: BatchId) -> OpenQuestions<AccountId> {
			Attribution::open_questions(batch)
		}
		fn commitment(account: AccountId, hash: [u8; 32]) -> Option<ChallengeCommitment<BlockNumber>> {
			Attribution::commitment(&account, hash)
		}
		fn method(id: MethodId) -> Option<Method> {
			Attribution::method(id)
		}
		fn method_id(method: Method) -> Option<MethodId> {
			Attribution::method_id(&method)
		}
		fn methods(cursor: Option<MethodId>, limit: u32) -> Page<MethodInfo, MethodId> {
			Attribution::methods(cursor, limit)
		}
	}

	impl pallet_rewards::runtime_api::RewardsApi<Block, AccountId> for Runtime {
		fn earnings(holder: Holder<AccountId>) -> Earned {
			Rewards::earnings(&holder)
		}
		fn datanet_earnings(
			holder: Holder<AccountId>,
			cursor: Option<DatanetId>,
			limit: u32,
		) -> RewardsPage<DatanetEarnings, DatanetId> {
			Rewards::datanet_earnings(&holder, cursor, limit)
		}
		fn positions(
			holder: Holder<AccountId>,
			cursor: Option<Place>,
			limit: u32,
		) -> RewardsPage<PositionInfo, Place> {
			Rewards::positions(&holder, cursor, limit)
		}
		fn position(holder: Holder<AccountId>, place: Place) -> Option<PositionInfo> {
			Rewards::position(&holder, place)
		}
		fn pool(datanet: DatanetId, version: DatanetVersion) -> Option<DataPoolInfo> {
			Rewards::pool(datanet, version)
		}
		fn pools(
			datanet: DatanetId,
			cursor: Option<DatanetVersion>,
			limit: u32,
		) -> RewardsPage<DataPoolInfo, DatanetVersion> {
			Rewards::pools(datanet, cursor, limit)
		}
		fn data_revenue(model: ModelId) -> Option<DataRevenueInfo> {
			Rewards::data_revenue(model)
		}
	}

	impl pallet_validators::runtime_api::ValidatorsApi<Block, AccountId> for Runtime {
		fn chain_block_time_ms() -> u64 {
			pallet_validators::BlockTimeMs::<Runtime>::get()
		}
		fn validators() -> Vec<([u8; 32], u64)> {
			Validators::validators()
		}
		fn next_validators() -> Vec<([u8; 32], u64)> {
			Validators::next_validators()
		}
		fn validators_at(height: u64) -> Vec<([u8; 32], u64)> {
			Validators::validators_at(height)
		}
		fn author() -> Option<[u8; 32]> {
			pallet_validators::Author::<Runtime>::get().map(|author| author.0)
		}
		fn era_and_clock() -> (Era, u64) {
			Validators::era_and_clock()
		}
		fn era_ends_at() -> u64 {
			Validators::era_ends_at()
		}
		fn seats() -> Vec<Seat<AccountId>> {
			Validators::seats()
		}
		fn candidates() -> Vec<PoolInfo<AccountId>> {
			Validators::candidate_infos()
		}
		fn pool(id: PoolId) -> Option<PoolInfo<AccountId>> {
			Validators::pool_info(id)
		}
		fn stake(who: AccountId) -> Option<StakeInfo> {
			Validators::stake_info(&who)
		}
	}
}
