//! The calls of `Attribution` about methods, open batches and parameters, without proofs.
//!
//! # Must not
//! Show what proves something: `challenge` and `redeemer` encode that themselves.

use super::{call, Call};
use crate::{claims::chain::Parameters, validators::Percent};
use sp_core::crypto::AccountId32;
use subxt::{
	dynamic::{transaction, Value},
	ext::scale_value::Composite,
};

/// Gives a method an id.
pub(crate) fn register_method(algorithm: &str, version: u32, parameters: &str) -> Call {
	let method = Value::named_composite([
		("algorithm", Value::from_bytes(algorithm)),
		("version", Value::u128(version.into())),
		("parameters", Value::from_bytes(parameters)),
	]);
	call("Attribution", "register_method", [("method", method)])
}

/// A call of `Attribution` about an open batch, with more arguments.
pub(crate) fn on_open_batch<const N: usize>(name: &str, batch: u64, arguments: [(&str, Value); N]) -> Call {
	let arguments = [("batch", Value::u128(batch.into()))].into_iter().chain(arguments);
	let arguments = arguments.map(|(name, value)| (name.to_string(), value)).collect();
	transaction("Attribution", name, Composite::Named(arguments))
}

/// Removes a commitment to a challenge.
pub(crate) fn clear_challenge_commitment(account: &AccountId32, hash: &[u8; 32]) -> Call {
	let arguments = [("account", Value::from_bytes(account)), ("hash", Value::from_bytes(hash))];
	call("Attribution", "clear_commitment", arguments)
}

/// Changes what batches are submitted under.
pub(crate) fn set_attribution_parameters(parameters: &Parameters) -> Call {
	let share = |share: Percent| Value::u128(share.0.into());
	let number = |number: u64| Value::u128(number.into());
	let parameters = Value::named_composite([
		("all", share(parameters.all)),
		("grounded", share(parameters.grounded)),
		("span", share(parameters.span)),
		("attested", share(parameters.attested)),
		("submitter", share(parameters.submitter)),
		("challenger", share(parameters.challenger)),
		("hold_multiple", Value::u128(parameters.hold_multiple.into())),
		("hold_floor", Value::u128(parameters.hold_floor)),
		("answer_fee_max", Value::u128(parameters.answer_fee_max)),
		("span_bytes_min", number(parameters.span_bytes_min)),
		("unlisted_bytes_min", number(parameters.unlisted_bytes_min)),
		("window_ms", number(parameters.window_ms)),
		("response_ms", number(parameters.response_ms)),
		("reveal_ms", number(parameters.reveal_ms)),
	]);
	call("Attribution", "set_parameters", [("parameters", parameters)])
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::calls::{
		sudo,
		testing::{metadata, read},
	};
	use codec::{DecodeAll, Encode};
	use plexus_runtime::RuntimeCall;

	#[test]
	fn the_calls_about_open_batches_are_those_of_the_runtime() {
		use pallet_attribution::{types, Call as Attribution, Method};
		use plexus_primitives::BatchId;
		let (metadata, account) = (metadata(), AccountId32::from([3; 32]));
		let (batch, hash) = (BatchId(5), [7; 32]);
		let number = |name, number| [(name, Value::u128(number))];
		let method = Method {
			algorithm: b"maximal-exact-match".to_vec().try_into().expect("short"),
			version: 1,
			parameters: b"min=32".to_vec().try_into().expect("short"),
		};
		let parameters = types::Parameters::DEVELOPMENT;
		let ours = Parameters::decode_all(&mut &parameters.encode()[..]).expect("the same encoding");
		let cases: [(Call, RuntimeCall); 8] = [
			(
				register_method("maximal-exact-match", 1, "min=32"),
				Attribution::register_method { method }.into(),
			),
			(on_open_batch("draw_samples", 5, []), Attribution::draw_samples { batch }.into()),
			(on_open_batch("close_samples", 5, []), Attribution::close_samples { batch }.into()),
			(on_open_batch("demand", 5, number("claim", 6)), Attribution::demand { batch, claim: 6 }.into()),
			(
				on_open_batch("close_demand", 5, number("claim", 6)),
				Attribution::close_demand { batch, claim: 6 }.into(),
			),
			(
				on_open_batch("finalise", 5, number("limit", 6)),
				Attribution::finalise { batch, limit: 6 }.into(),
			),
			(
				clear_challenge_commitment(&account, &hash),
				Attribution::clear_commitment { account: account.clone(), hash }.into(),
			),
			(set_attribution_parameters(&ours), Attribution::set_parameters { parameters }.into()),
		];
		for (call, expected) in cases {
			assert_eq!(read(&metadata, &call), expected);
		}
		read(&metadata, &sudo(set_attribution_parameters(&ours)));
	}
}
