//! The calls that commit to a challenge and reveal it.
//!
//! # Must not
//! Make of each byte of a proof a value of its own: challenges go into a call as they are encoded.

use crate::calls::{self, Call};
use codec::Encode;
use plexus_primitives::{challenge::Challenge, BatchId};
use subxt::{
	dynamic::{transaction, Value},
	ext::scale_encode::{EncodeAsFields, Error, FieldIter, TypeResolver},
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
	calls::on_open_batch("commit", batch.0, [("hash", Value::from_bytes(hash))])
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
	fn commitments_and_challenges_are_what_the_runtime_reads() {
		let batch = BatchId(7);
		let receipt = receipt_of(b"prompt", b"output");
		let receipt = ReceiptProof { channel: ChannelId(1), sequence: 2, receipt, path: Default::default() };
		let output = vec![9; 60_000].try_into().expect("it is short enough");
		let source = vec![8; 100].try_into().expect("it is short enough");
		let challenge = Challenge::Mismatch { claim: 3, receipt, start: 4, length: 5, output, source };
		let revealed = read(&reveal(batch, &[1; 32], &challenge));
		assert_eq!(revealed, Theirs::<Runtime>::reveal { batch, salt: [1; 32], challenge }.into());
		let committed = read(&commit(batch, &[2; 32]));
		assert_eq!(committed, Theirs::<Runtime>::commit { batch, hash: [2; 32] }.into());
	}
}
