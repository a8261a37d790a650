//! `payment_*`: what a transaction would cost.
//!
//! # Must not
//! Check that the transaction is valid: fees are asked before it is signed for good.

use crate::{
	arguments::Arguments,
	context::{json, Context},
	errors::RpcError,
	registry::{Answer, Registry},
};
use codec::Encode;
use pallet_transaction_payment::{FeeDetails, RuntimeDispatchInfo};
use plexus_primitives::constants::Balance;
use serde_json::json as value;

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.query("payment_queryInfo", query_info);
	registry.query("payment_queryFeeDetails", query_fee_details);
}

fn ask<T: codec::DecodeAll>(context: &Context, arguments: &Arguments, method: &str) -> Result<T, RpcError> {
	let mut data = arguments.bytes("encodedXt")?;
	let state = context.state_in(arguments)?;
	let length = u32::try_from(data.len())
		.map_err(|_| RpcError::InvalidParams("`encodedXt` is longer than any extrinsic may be".into()))?;
	length.encode_to(&mut data);
	context.query_as(&state, method, &data)
}

fn query_info(context: &Context, arguments: &Arguments) -> Answer {
	let info: RuntimeDispatchInfo<Balance> = ask(context, arguments, "TransactionPaymentApi_query_info")?;
	json(&value!({
		"weight": { "ref_time": info.weight.ref_time(), "proof_size": info.weight.proof_size() },
		"class": info.class,
		"partialFee": info.partial_fee.to_string(),
	}))
}

fn query_fee_details(context: &Context, arguments: &Arguments) -> Answer {
	let details: FeeDetails<Balance> = ask(context, arguments, "TransactionPaymentApi_query_fee_details")?;
	let hex = |amount: Balance| format!("{amount:#x}");
	let inclusion = details.inclusion_fee.map(|fee| {
		value!({
			"baseFee": hex(fee.base_fee),
			"lenFee": hex(fee.len_fee),
			"adjustedWeightFee": hex(fee.adjusted_weight_fee),
		})
	});
	json(&value!({ "inclusionFee": inclusion }))
}
