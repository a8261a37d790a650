//! The calls that this client makes, each shaped in one place.
//!
//! ```text
//! datanets      collections, commitments and contributions
//! models        commitments, registrations, locators
//! agents        identities, keys, what they do
//! channels      paying for inference
//! batches       being paid: receipts with claims
//! attribution   what becomes of claims
//! earnings      what models and data earned
//! stake         validators and nominators
//! ```
//!
//! # Must not
//! Repeat the runtime's rules, or its indices: names are looked up in the chain's metadata when a call is encoded.

mod agents;
mod attribution;
mod batches;
mod channels;
mod datanets;
mod earnings;
mod models;
mod stake;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use agents::{agents, delegate, register_agent, set_profile, set_recovery, Terms};
pub(crate) use attribution::{
	clear_challenge_commitment, on_open_batch, register_method, set_attribution_parameters,
};
pub(crate) use batches::submit_batch;
pub(crate) use channels::{close_all_channels, on_channel, open_channel};
pub(crate) use datanets::{
	about_contribution, about_datanet, clear_commitment, clear_reservation, commit, contribute,
	create_datanet, on_contribution, on_datanet, register, review, set_paused, set_windows, Licence,
	Registration,
};
pub(crate) use earnings::{claim, clear_batch, distribute, pull, set_protocol_share, withdraw};
pub(crate) use models::{models, register_models, set_locators, ModelDraft};
pub(crate) use stake::{nominate, set_keys, settle, stake, validate, validators};

use crate::{client::AtBlock, failure::Failure, output::clean};
use sp_core::crypto::AccountId32;
use subxt::{
	dynamic::{transaction, Value},
	ext::{
		scale_encode::{EncodeAsFields, FieldIter, TypeResolver},
		scale_value::{scale, Composite},
	},
	tx::DynamicPayload,
};

/// The longest call that is decoded; the chain takes no longer transactions.
const CALL_BYTES_MAX: usize = 512 << 10;

/// A call with named arguments.
pub(crate) type Call = DynamicPayload<Composite<()>>;

/// Pays `amount` (in the smallest unit) and keeps the payer's account alive, unless it may die.
pub(crate) fn transfer(to: &AccountId32, amount: u128, allow_death: bool) -> Call {
	let name = if allow_death { "transfer_allow_death" } else { "transfer_keep_alive" };
	let to = Value::unnamed_variant("Id", [Value::from_bytes(to)]);
	call("Balances", name, [("dest", to), ("value", Value::u128(amount))])
}

/// Leaves bytes in a block.
pub(crate) fn remark(remark: &[u8]) -> Call {
	call("System", "remark", [("remark", Value::from_bytes(remark))])
}

/// All of these calls, or none.
pub(crate) fn batch_all(calls: impl IntoIterator<Item = Call>) -> Call {
	let calls = Value::unnamed_composite(calls.into_iter().map(Call::into_value));
	call("Utility", "batch_all", [("calls", calls)])
}

/// Each of these calls, whatever becomes of the others.
pub(crate) fn force_batch(calls: impl IntoIterator<Item = Call>) -> Call {
	let calls = Value::unnamed_composite(calls.into_iter().map(Call::into_value));
	call("Utility", "force_batch", [("calls", calls)])
}

/// A call as root.
pub(crate) fn sudo(inner: Call) -> Call {
	call("Sudo", "sudo", [("call", inner.into_value())])
}

/// Arguments that are in SCALE already: what proves something is long, and each byte would be a [`Value`].
pub(crate) struct Encoded(pub(crate) Vec<u8>);

impl EncodeAsFields for Encoded {
	fn encode_as_fields_to<R: TypeResolver>(
		&self,
		_: &mut dyn FieldIter<'_, R::TypeId>,
		_: &R,
		out: &mut Vec<u8>,
	) -> Result<(), subxt::ext::scale_encode::Error> {
		out.extend_from_slice(&self.0);
		Ok(())
	}
}

/// Several accounts, or none.
pub(crate) fn accounts(accounts: &[AccountId32]) -> Value {
	list(accounts.iter().map(Value::from_bytes))
}

/// Several texts.
pub(crate) fn texts(texts: &[String]) -> Value {
	list(texts.iter().map(Value::from_bytes))
}

/// `Some` or `None` with the value.
pub(crate) fn optional(value: Option<Value>) -> Value {
	match value {
		Some(value) => Value::unnamed_variant("Some", [value]),
		None => Value::unnamed_variant("None", []),
	}
}

/// A content, as a value.
pub(crate) fn content_value(root: &[u8; 32], len: u64) -> Value {
	Value::named_composite([("root", Value::from_bytes(root)), ("len", Value::u128(len.into()))])
}

/// Decodes a call with the chain's own metadata, completely: its bytes, and the call as an argument of another.
///
/// # Errors
/// It is no call of this chain, or something follows it.
pub(crate) fn decode(at: &AtBlock, text: &str) -> Result<(Vec<u8>, Value), Failure> {
	let wrong = |cause: String| {
		Failure::input(
			"InvalidCall",
			format!("`{}`: {cause}", clean(text.get(..64).unwrap_or(text))),
			"give the call's SCALE bytes for this chain, as a wallet shows them before signing",
		)
	};
	let bytes =
		hex::decode(text.trim().trim_start_matches("0x")).map_err(|error| wrong(error.to_string()))?;
	if bytes.len() > CALL_BYTES_MAX {
		return Err(wrong(format!("it has {} bytes, at most {CALL_BYTES_MAX} are taken", bytes.len())));
	}
	let metadata = at.metadata_ref();
	let mut rest = &bytes[..];
	let call = scale::decode_as_type(&mut rest, metadata.outer_enums().call_enum_ty(), metadata.types())
		.map_err(|error| wrong(error.to_string()))?;
	if !rest.is_empty() {
		return Err(wrong(format!("{} bytes follow the call", rest.len())));
	}
	Ok((bytes, call.remove_context()))
}

fn call<const N: usize>(pallet: &str, name: &str, arguments: [(&str, Value); N]) -> Call {
	let arguments = arguments.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
	transaction(pallet, name, Composite::Named(arguments))
}

fn list(items: impl Iterator<Item = Value>) -> Value {
	Value::unnamed_composite(items)
}
