//! The calls of a challenger.
//!
//! # Must not
//! Make of each byte of a proof a value of its own: challenges go into a call as they are encoded.

use crate::calls::Call;
use codec::Encode;
use plexus_primitives::{challenge::Challenge, BatchId};
use sp_core::crypto::AccountId32;
use subxt::{
	dynamic::{transaction, Value},
	ext::{
		scale_encode::{EncodeAsFields, Error, FieldIter, TypeResolver},
		scale_value::Composite,
	},
	tx::DynamicPayload,
};

/// Arguments that are encoded already. Their types are those of `plexus_primitives`, which the runtime uses too.
pub(crate) struct Encoded(Vec<u8>);

impl EncodeAsFields for Encoded {
	fn encode_as_fields_to<R: TypeResolver>(
		&self,
		_: &mut dyn FieldIter<'_, R::TypeId>,
		_: &R,
		out: &mut Vec<u8>,
	) -> Result<(), Error> {
		out.extend_from_slice(&self.0);
		Ok(())
	}
}

/// Shows what was committed to.
pub(crate) fn reveal(batch: BatchId, salt: &[u8; 32], challenge: &Challenge) -> DynamicPayload<Encoded> {
	transaction("Attribution", "reveal", Encoded((batch, salt, challenge).encode()))
}

/// Commits to a challenge.
pub(crate) fn commit(batch: BatchId, hash: &[u8; 32]) -> Call {
	call("commit", [("batch", id(batch)), ("hash", Value::from_bytes(hash))])
}

/// Removes a commitment.
pub(crate) fn clear(account: &AccountId32, hash: &[u8; 32]) -> Call {
	call("clear_commitment", [("account", Value::from_bytes(account)), ("hash", Value::from_bytes(hash))])
}

/// A call about a batch alone: `draw_samples`, `close_samples`.
pub(crate) fn about(name: &str, batch: BatchId) -> Call {
	call(name, [("batch", id(batch))])
}

/// A call about a claim: `demand`, `close_demand`.
pub(crate) fn about_claim(name: &str, batch: BatchId, claim: u32) -> Call {
	call(name, [("batch", id(batch)), ("claim", Value::u128(claim.into()))])
}

/// Pays claims of a batch, or voids them.
pub(crate) fn finalise(batch: BatchId, limit: u32) -> Call {
	call("finalise", [("batch", id(batch)), ("limit", Value::u128(limit.into()))])
}

fn id(batch: BatchId) -> Value {
	Value::u128(batch.0.into())
}

fn call<const N: usize>(name: &str, arguments: [(&str, Value); N]) -> Call {
	let arguments = arguments.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
	transaction("Attribution", name, Composite::Named(arguments))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::claims::testing::receipt_of;
	use codec::{Decode, DecodeAll};
	use pallet_attribution::Call as Theirs;
	use plexus_primitives::{challenge::ReceiptProof, ChannelId};
	use plexus_runtime::{Runtime, RuntimeCall};
	use subxt::{ext::scale_encode::Field, tx::Payload, Metadata};

	fn read(call: &impl Payload) -> RuntimeCall {
		// Some constants are read from the state.
		let opaque = sp_io::TestExternalities::default().execute_with(|| Runtime::metadata_at_version(15));
		let opaque = opaque.expect("the runtime has this version");
		let metadata = Metadata::decode(&mut &opaque[..]).expect("it is metadata");
		let pallet = metadata.pallet_by_name(call.pallet_name()).expect("the runtime has this pallet");
		let variant = pallet.call_variant_by_name(call.call_name()).expect("the pallet has this call");
		let mut fields = variant.fields.iter().map(|field| Field::new(field.ty.id, field.name.as_deref()));
		let mut bytes = vec![pallet.call_index(), variant.index];
		let encoded = call.call_data().encode_as_fields_to(&mut fields, metadata.types(), &mut bytes);
		encoded.expect("the call has these arguments");
		RuntimeCall::decode_all(&mut &bytes[..]).expect("it is a call and nothing more")
	}

	#[test]
	fn every_call_of_a_challenger_is_one_of_the_runtime() {
		let batch = BatchId(7);
		let receipt = receipt_of(b"prompt", b"output");
		let receipt = ReceiptProof { channel: ChannelId(1), sequence: 2, receipt, path: Default::default() };
		let slice = vec![9; 60_000].try_into().expect("it is short enough");
		let source = vec![8; 100].try_into().expect("it is short enough");
		let challenge = Challenge::Mismatch { claim: 3, receipt, start: 4, length: 5, output: slice, source };
		let account = AccountId32::from([3; 32]);
		let expected: [(RuntimeCall, RuntimeCall); 7] = [
			(
				read(&reveal(batch, &[1; 32], &challenge)),
				Theirs::<Runtime>::reveal { batch, salt: [1; 32], challenge }.into(),
			),
			(read(&commit(batch, &[2; 32])), Theirs::<Runtime>::commit { batch, hash: [2; 32] }.into()),
			(
				read(&clear(&account, &[2; 32])),
				Theirs::<Runtime>::clear_commitment { account: account.clone(), hash: [2; 32] }.into(),
			),
			(read(&about("draw_samples", batch)), Theirs::<Runtime>::draw_samples { batch }.into()),
			(read(&about("close_samples", batch)), Theirs::<Runtime>::close_samples { batch }.into()),
			(
				read(&about_claim("close_demand", batch, 4)),
				Theirs::<Runtime>::close_demand { batch, claim: 4 }.into(),
			),
			(read(&finalise(batch, 512)), Theirs::<Runtime>::finalise { batch, limit: 512 }.into()),
		];
		for (ours, theirs) in expected {
			assert_eq!(ours.encode(), theirs.encode());
		}
		let demand: RuntimeCall = Theirs::<Runtime>::demand { batch, claim: 4 }.into();
		assert_eq!(read(&about_claim("demand", batch, 4)).encode(), demand.encode());
	}
}
