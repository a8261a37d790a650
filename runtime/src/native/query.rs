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

/// Plain values alone.
const fn plain<T: Decode>() -> Arguments {
	Arguments::Plain(decodes::<T>)
}

/// An extrinsic behind so many bytes, with plain values behind it.
const fn extrinsic<T: Decode>(before: usize) -> Arguments {
	Arguments::Extrinsic { before, after: decodes::<T> }
}

/// What outsiders may call, by API: each method with the form of its arguments.
const QUERIES: &[(&str, Arguments)] = &[
	("AccountNonceApi_account_nonce", plain::<AccountId>()),
	("AgentsApi_agent", plain::<AgentId>()),
	("AgentsApi_agent_by_account", plain::<AccountId>()),
	("AgentsApi_agents_of", plain::<(AccountId, Option<AgentId>, u32)>()),
	("AgentsApi_agents_by_tag", plain::<(Vec<u8>, Option<AgentId>, u32)>()),
	("AgentsApi_delegation", plain::<(AgentId, DelegationId)>()),
	("AgentsApi_allowance", plain::<(AgentId, DelegationId)>()),
	("AgentsApi_delegations", plain::<(AgentId, Option<DelegationId>, u32)>()),
	("AgentsApi_may_act", plain::<(AgentId, DelegationId, AccountId, RuntimeCall)>()),
	("AgentsApi_paying_agent", plain::<(AccountId, RuntimeCall, Balance, Balance)>()),
	("AttributionApi_parameters", plain::<()>()),
	("AttributionApi_open_batch", plain::<BatchId>()),
	("AttributionApi_open_questions", plain::<BatchId>()),
	("AttributionApi_open_batches", plain::<(Option<BatchId>, u32)>()),
	("AttributionApi_claims", plain::<(BatchId, ClaimFilter<AccountId>, Option<u32>, u32)>()),
	("AttributionApi_commitment", plain::<(AccountId, [u8; 32])>()),
	("AttributionApi_method", plain::<MethodId>()),
	("AttributionApi_method_id", plain::<Method>()),
	("AttributionApi_methods", plain::<(Option<MethodId>, u32)>()),
	("Core_version", plain::<()>()),
	("DatanetsApi_datanet", plain::<DatanetId>()),
	("DatanetsApi_contribution", plain::<ContributionId>()),
	("DatanetsApi_contribution_by_root", plain::<[u8; 32]>()),
	("DatanetsApi_contributions", plain::<(DatanetId, Option<Sequence>, u32)>()),
	("DatanetsApi_datanets_of", plain::<(AccountId, Option<DatanetId>, u32)>()),
	("DatanetsApi_datanets_by_tag", plain::<(Vec<u8>, Option<DatanetId>, u32)>()),
	("DatanetsApi_listings", plain::<([u8; 32], Option<DatanetId>, u32)>()),
	("DatanetsApi_version", plain::<(DatanetId, DatanetVersion)>()),
	("DatanetsApi_versions", plain::<(DatanetId, Option<DatanetVersion>, u32)>()),
	("DatanetsApi_weight_at", plain::<(ContributionId, DatanetVersion)>()),
	("DatanetsApi_members", plain::<(DatanetId, DatanetVersion, Option<Sequence>, u32)>()),
	("DatanetsApi_challenge", plain::<ContributionId>()),
	("DatanetsApi_dispute", plain::<ContributionId>()),
	("DatanetsApi_reservation", plain::<[u8; 32]>()),
	("DatanetsApi_commitment", plain::<(AccountId, [u8; 32])>()),
	("GenesisBuilder_preset_names", plain::<()>()),
	("GenesisBuilder_get_preset", plain::<Option<String>>()),
	("Metadata_metadata", plain::<()>()),
	("Metadata_metadata_versions", plain::<()>()),
	("Metadata_metadata_at_version", plain::<u32>()),
	("ModelsApi_model", plain::<ModelId>()),
	("ModelsApi_lineage", plain::<ModelId>()),
	("ModelsApi_model_by_root", plain::<[u8; 32]>()),
	("ModelsApi_models", plain::<(Option<Sequence>, u32)>()),
	("ModelsApi_models_of", plain::<(AccountId, Option<Sequence>, u32)>()),
	("ModelsApi_children", plain::<(ModelId, Option<Sequence>, u32)>()),
	("ModelsApi_commitment", plain::<(AccountId, [u8; 32])>()),
	("ReceiptsApi_channel", plain::<ChannelId>()),
	("ReceiptsApi_channels", plain::<(Option<ChannelId>, u32)>()),
	("ReceiptsApi_channels_of", plain::<(AccountId, Option<ChannelId>, u32)>()),
	("ReceiptsApi_channels_toward", plain::<(AgentId, Option<ChannelId>, u32)>()),
	("ReceiptsApi_batch", plain::<BatchId>()),
	("ReceiptsApi_batches", plain::<(Option<BatchId>, u32)>()),
	("ReceiptsApi_revenue", plain::<ModelId>()),
	("ReceiptsApi_royalty_due", plain::<(ModelId, ModelId)>()),
	("ReceiptsApi_earnings", plain::<AccountId>()),
	("ReceiptsApi_protocol_share", plain::<()>()),
	("RewardsApi_earnings", plain::<Holder<AccountId>>()),
	("RewardsApi_datanet_earnings", plain::<(Holder<AccountId>, Option<DatanetId>, u32)>()),
	("RewardsApi_positions", plain::<(Holder<AccountId>, Option<Place>, u32)>()),
	("RewardsApi_position", plain::<(Holder<AccountId>, Place)>()),
	("RewardsApi_pool", plain::<(DatanetId, DatanetVersion)>()),
	("RewardsApi_pools", plain::<(DatanetId, Option<DatanetVersion>, u32)>()),
	("RewardsApi_data_revenue", plain::<ModelId>()),
	("RuntimeViewFunction_execute_view_function", Arguments::ViewFunction),
	("SessionKeys_decode_session_keys", plain::<Vec<u8>>()),
	(
		"TaggedTransactionQueue_validate_transaction",
		extrinsic::<Hash>(core::mem::size_of::<TransactionSource>()),
	),
	("TransactionPaymentApi_query_info", extrinsic::<u32>(0)),
	("TransactionPaymentApi_query_fee_details", extrinsic::<u32>(0)),
	("TransactionPaymentApi_query_weight_to_fee", plain::<Weight>()),
	("TransactionPaymentApi_query_length_to_fee", plain::<u32>()),
	("TransactionPaymentCallApi_query_call_info", plain::<(RuntimeCall, u32)>()),
	("TransactionPaymentCallApi_query_call_fee_details", plain::<(RuntimeCall, u32)>()),
	("TransactionPaymentCallApi_query_weight_to_fee", plain::<Weight>()),
	("TransactionPaymentCallApi_query_length_to_fee", plain::<u32>()),
	("ValidatorsApi_chain_block_time_ms", plain::<()>()),
	("ValidatorsApi_validators", plain::<()>()),
	("ValidatorsApi_next_validators", plain::<()>()),
	("ValidatorsApi_author", plain::<()>()),
	("ValidatorsApi_era_and_clock", plain::<()>()),
	("ValidatorsApi_era_ends_at", plain::<()>()),
	("ValidatorsApi_seats", plain::<()>()),
	("ValidatorsApi_candidates", plain::<()>()),
	("ValidatorsApi_validators_at", plain::<u64>()),
	("ValidatorsApi_pool", plain::<PoolId>()),
	("ValidatorsApi_stake", plain::<AccountId>()),
];

fn arguments(method: &str) -> Option<Arguments> {
	QUERIES.iter().find(|(name, _)| *name == method).map(|(_, arguments)| *arguments)
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

#[cfg(test)]
mod tests {
	use super::QUERIES;
	use std::collections::BTreeSet;

	#[test]
	fn each_method_is_listed_once() {
		let names: BTreeSet<_> = QUERIES.iter().map(|(name, _)| name).collect();
		assert_eq!(names.len(), QUERIES.len());
	}
}
