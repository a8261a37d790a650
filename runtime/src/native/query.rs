//! What outsiders may call through `state_call`, and with which arguments.
//!
//! # Must not
//! List a method that builds or executes blocks, generates keys or changes state: their cost is not bounded.
//!
//! # Invariants
//! The arguments of each listed method are decoded here, completely and with bounded nesting, before the runtime
//! decodes them again without bounds.

use super::extrinsic::{decode_whole, split_extrinsic, DecodeError, EXTRINSIC_BYTES_MAX, NESTING_MAX};
use crate::{AccountId, Balance, Hash, ProxyType, Runtime, RuntimeCall};
use codec::{Decode, DecodeLimit};
use frame_support::{
	view_functions::{ViewFunction, ViewFunctionId},
	weights::Weight,
};
use pallet_attribution::{runtime_api::ClaimFilter, Method};
use pallet_rewards::{Holder, Place};
use pallet_validators::types::PoolId;
use plexus_primitives::{
	AgentId, BatchId, ChannelId, ContributionId, DatanetId, DatanetVersion, DelegationId, MethodId, ModelId,
	Sequence,
};
use sp_runtime::transaction_validity::TransactionSource;

/// The longest arguments of a query: an extrinsic of the greatest length and something beside it. They are decoded
/// several times, and a batch of calls of three bytes each takes a hundred times its length in memory.
pub const QUERY_BYTES_MAX: usize = EXTRINSIC_BYTES_MAX + 1024;

/// Why a query is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum QueryError {
	/// No such method, or one that only the node itself may call.
	#[error("the method {0} is not open to callers; `rpc_methods` and the metadata's runtime APIs list what there is")]
	NotOpen(String),
	/// More bytes than the arguments of a query may have.
	#[error("the arguments of {method} have {given} bytes, {QUERY_BYTES_MAX} are allowed: what an extrinsic may have")]
	TooLong {
		/// The method.
		method: String,
		/// How many bytes there are.
		given: usize,
	},
	/// The arguments are not those of the method.
	#[error("the arguments of {method} do not decode: {cause}; encode them as the metadata says and let nothing follow")]
	Arguments {
		/// The method.
		method: String,
		/// What was wrong.
		cause: String,
	},
	/// An extrinsic among the arguments is malformed.
	#[error("an argument of {method} is wrong: {cause}")]
	Extrinsic {
		/// The method.
		method: String,
		/// What was wrong.
		cause: DecodeError,
	},
}

/// The form of a method's arguments.
#[derive(Clone, Copy)]
enum Arguments {
	/// None, or plain values: a decoder that runs over all of them.
	Plain(fn(&[u8]) -> Result<(), codec::Error>),
	/// Values of a fixed size, an extrinsic, then plain values.
	Extrinsic { before: usize, after: fn(&[u8]) -> Result<(), codec::Error> },
	/// The id of a view function and its input.
	ViewFunction,
}

fn decodes<T: Decode>(data: &[u8]) -> Result<(), codec::Error> {
	T::decode_all_with_depth_limit(NESTING_MAX, &mut &data[..]).map(drop)
}

fn arguments(method: &str) -> Option<Arguments> {
	use Arguments::*;
	Some(match method {
		"Core_version"
		| "Metadata_metadata"
		| "Metadata_metadata_versions"
		| "GenesisBuilder_preset_names"
		| "AttributionApi_parameters"
		| "ValidatorsApi_chain_block_time_ms"
		| "ValidatorsApi_validators"
		| "ValidatorsApi_next_validators"
		| "ValidatorsApi_author"
		| "ValidatorsApi_era_and_clock"
		| "ValidatorsApi_era_ends_at"
		| "ValidatorsApi_seats"
		| "ValidatorsApi_candidates" => Plain(decodes::<()>),
		"ValidatorsApi_validators_at" => Plain(decodes::<u64>),
		"ValidatorsApi_pool" => Plain(decodes::<PoolId>),
		"ValidatorsApi_stake" => Plain(decodes::<AccountId>),
		"Metadata_metadata_at_version" => Plain(decodes::<u32>),
		"RuntimeViewFunction_execute_view_function" => ViewFunction,
		"TaggedTransactionQueue_validate_transaction" => {
			Extrinsic { before: core::mem::size_of::<TransactionSource>(), after: decodes::<Hash> }
		}
		"SessionKeys_decode_session_keys" => Plain(decodes::<Vec<u8>>),
		"AccountNonceApi_account_nonce" => Plain(decodes::<AccountId>),
		"TransactionPaymentApi_query_info" | "TransactionPaymentApi_query_fee_details" => {
			Extrinsic { before: 0, after: decodes::<u32> }
		}
		"TransactionPaymentCallApi_query_call_info" | "TransactionPaymentCallApi_query_call_fee_details" => {
			Plain(decodes::<(RuntimeCall, u32)>)
		}
		"TransactionPaymentApi_query_weight_to_fee" | "TransactionPaymentCallApi_query_weight_to_fee" => {
			Plain(decodes::<Weight>)
		}
		"TransactionPaymentApi_query_length_to_fee" | "TransactionPaymentCallApi_query_length_to_fee" => {
			Plain(decodes::<u32>)
		}
		"DatanetsApi_datanet" => Plain(decodes::<DatanetId>),
		"DatanetsApi_contribution" => Plain(decodes::<ContributionId>),
		"DatanetsApi_contribution_by_root" => Plain(decodes::<[u8; 32]>),
		"DatanetsApi_contributions" => Plain(decodes::<(DatanetId, Option<Sequence>, u32)>),
		"DatanetsApi_datanets_of" => Plain(decodes::<(AccountId, Option<DatanetId>, u32)>),
		"DatanetsApi_datanets_by_tag" => Plain(decodes::<(Vec<u8>, Option<DatanetId>, u32)>),
		"DatanetsApi_listings" => Plain(decodes::<([u8; 32], Option<DatanetId>, u32)>),
		"DatanetsApi_version" => Plain(decodes::<(DatanetId, DatanetVersion)>),
		"DatanetsApi_versions" => Plain(decodes::<(DatanetId, Option<DatanetVersion>, u32)>),
		"DatanetsApi_weight_at" => Plain(decodes::<(ContributionId, DatanetVersion)>),
		"DatanetsApi_members" => Plain(decodes::<(DatanetId, DatanetVersion, Option<Sequence>, u32)>),
		"DatanetsApi_challenge" => Plain(decodes::<ContributionId>),
		"AgentsApi_agent" => Plain(decodes::<AgentId>),
		"AgentsApi_agent_by_account" => Plain(decodes::<AccountId>),
		"AgentsApi_agents_of" => Plain(decodes::<(AccountId, Option<AgentId>, u32)>),
		"AgentsApi_agents_by_tag" => Plain(decodes::<(Vec<u8>, Option<AgentId>, u32)>),
		"AgentsApi_delegation" | "AgentsApi_allowance" => Plain(decodes::<(AgentId, DelegationId)>),
		"AgentsApi_delegations" => Plain(decodes::<(AgentId, Option<DelegationId>, u32)>),
		"AgentsApi_may_act" => Plain(decodes::<(AgentId, DelegationId, AccountId, RuntimeCall)>),
		"AgentsApi_paying_agent" => Plain(decodes::<(AccountId, RuntimeCall, Balance, Balance)>),
		"ModelsApi_model" | "ModelsApi_lineage" => Plain(decodes::<ModelId>),
		"ModelsApi_model_by_root" => Plain(decodes::<[u8; 32]>),
		"ModelsApi_models" => Plain(decodes::<(Option<Sequence>, u32)>),
		"ModelsApi_models_of" => Plain(decodes::<(AccountId, Option<Sequence>, u32)>),
		"ModelsApi_children" => Plain(decodes::<(ModelId, Option<Sequence>, u32)>),
		"ModelsApi_commitment" => Plain(decodes::<(AccountId, [u8; 32])>),
		"ReceiptsApi_channel" => Plain(decodes::<ChannelId>),
		"ReceiptsApi_channels" => Plain(decodes::<(Option<ChannelId>, u32)>),
		"ReceiptsApi_channels_of" => Plain(decodes::<(AccountId, Option<ChannelId>, u32)>),
		"ReceiptsApi_channels_toward" => Plain(decodes::<(AgentId, Option<ChannelId>, u32)>),
		"ReceiptsApi_batch" => Plain(decodes::<BatchId>),
		"ReceiptsApi_batches" => Plain(decodes::<(Option<BatchId>, u32)>),
		"ReceiptsApi_revenue" => Plain(decodes::<ModelId>),
		"ReceiptsApi_royalty_due" => Plain(decodes::<(ModelId, ModelId)>),
		"ReceiptsApi_earnings" => Plain(decodes::<AccountId>),
		"RewardsApi_earnings" => Plain(decodes::<Holder<AccountId>>),
		"RewardsApi_datanet_earnings" => Plain(decodes::<(Holder<AccountId>, Option<DatanetId>, u32)>),
		"RewardsApi_positions" => Plain(decodes::<(Holder<AccountId>, Option<Place>, u32)>),
		"RewardsApi_position" => Plain(decodes::<(Holder<AccountId>, Place)>),
		"RewardsApi_pool" => Plain(decodes::<(DatanetId, DatanetVersion)>),
		"RewardsApi_pools" => Plain(decodes::<(DatanetId, Option<DatanetVersion>, u32)>),
		"RewardsApi_data_revenue" => Plain(decodes::<ModelId>),
		"AttributionApi_open_batch" | "AttributionApi_open_questions" => Plain(decodes::<BatchId>),
		"AttributionApi_open_batches" => Plain(decodes::<(Option<BatchId>, u32)>),
		"AttributionApi_claims" => Plain(decodes::<(BatchId, ClaimFilter<AccountId>, Option<u32>, u32)>),
		"AttributionApi_commitment" => Plain(decodes::<(AccountId, [u8; 32])>),
		"AttributionApi_method" => Plain(decodes::<MethodId>),
		"AttributionApi_method_id" => Plain(decodes::<Method>),
		"AttributionApi_methods" => Plain(decodes::<(Option<MethodId>, u32)>),
		"GenesisBuilder_get_preset" => Plain(decodes::<Option<String>>),
		_ => return None,
	})
}

/// Whether outsiders may call a method: it only reads, and its cost is bounded.
pub fn is_query(method: &str) -> bool {
	arguments(method).is_some()
}

/// Checks that outsiders may call a method with these arguments. To be called before [`super::dispatch`].
///
/// # Errors
/// [`QueryError::NotOpen`] for every method that is not listed, otherwise what is wrong with the arguments.
pub fn check_query(method: &str, data: &[u8]) -> Result<(), QueryError> {
	let form = arguments(method).ok_or_else(|| QueryError::NotOpen(method.into()))?;
	if data.len() > QUERY_BYTES_MAX {
		return Err(QueryError::TooLong { method: method.into(), given: data.len() });
	}
	let wrong =
		|cause: codec::Error| QueryError::Arguments { method: method.into(), cause: cause.to_string() };
	match form {
		Arguments::Plain(check) => check(data).map_err(wrong),
		Arguments::Extrinsic { before, after } => {
			let (_, data) =
				data.split_at_checked(before).ok_or_else(|| wrong("they end too early".into()))?;
			let (extrinsic, rest) = split_extrinsic(data)
				.and_then(|(extrinsic, rest)| decode_whole(extrinsic).map(|_| (extrinsic, rest)))
				.map_err(|cause| QueryError::Extrinsic { method: method.into(), cause })?;
			debug_assert!(!extrinsic.is_empty());
			after(rest).map_err(wrong)
		}
		Arguments::ViewFunction => check_view_function(data).map_err(wrong),
	}
}

/// View functions decode their input themselves, again without bounds. Those that take a call are known here; any
/// other must be short, so that it cannot nest deep whatever it holds.
fn check_view_function(data: &[u8]) -> Result<(), codec::Error> {
	/// Input of a view function that is not listed below: enough for a few accounts and numbers.
	const INPUT_BYTES_MAX: usize = 256;

	let (id, input) = <(ViewFunctionId, Vec<u8>)>::decode_all_with_depth_limit(NESTING_MAX, &mut &data[..])?;
	let takes_call = <pallet_proxy::CheckPermissionsViewFunction<Runtime> as ViewFunction>::id();
	if (id.prefix, id.suffix) == (takes_call.prefix, takes_call.suffix) {
		return decodes::<(RuntimeCall, ProxyType)>(&input);
	}
	if input.len() > INPUT_BYTES_MAX {
		return Err("the view function's input is too long".into());
	}
	Ok(())
}
