//! Calls as the runtime reads them, for the tests.
//!
//! # Must not
//! Take anything for granted that the metadata does not tell a client.

use codec::{Decode, DecodeAll, Encode};
use plexus_runtime::{Runtime, RuntimeCall};
use subxt::{
	ext::scale_encode::{EncodeAsFields, Field},
	tx::Payload,
	Metadata,
};

/// Version 15 is what clients ask for first.
pub(crate) fn metadata() -> Metadata {
	// Some constants are read from the state.
	let opaque = sp_io::TestExternalities::default().execute_with(|| Runtime::metadata_at_version(15));
	let opaque = opaque.expect("the runtime has this version");
	Metadata::decode(&mut &opaque[..]).expect("it is metadata")
}

/// The call as the runtime reads it.
pub(crate) fn read(metadata: &Metadata, call: &impl Payload) -> RuntimeCall {
	let pallet = metadata.pallet_by_name(call.pallet_name()).expect("the runtime has this pallet");
	let variant = pallet.call_variant_by_name(call.call_name()).expect("the pallet has this call");
	let mut fields = variant.fields.iter().map(|field| Field::new(field.ty.id, field.name.as_deref()));
	let mut bytes = vec![pallet.call_index(), variant.index];
	let encoded = call.call_data().encode_as_fields_to(&mut fields, metadata.types(), &mut bytes);
	encoded.expect("the call has these arguments");
	let read = RuntimeCall::decode_all(&mut &bytes[..]).expect("it is a call and nothing more");
	assert_eq!(read.encode(), bytes);
	read
}
