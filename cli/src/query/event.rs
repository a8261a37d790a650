//! An event as text: accounts as addresses, bytes in hexadecimal, all else as it is decoded.
//!
//! # Must not
//! Guess by the look of a value: 32 bytes may be an account, a hash or the root of a file. The chain's metadata says which.

use crate::{
	address,
	client::AtBlock,
	output::{clean, hex},
	submit,
};
use scale_info::{PortableRegistry, TypeDef, TypeDefPrimitive};
use serde::Serialize;
use sp_core::crypto::AccountId32;
use std::fmt::Write;
use subxt::ext::{
	scale_decode::Field,
	scale_value::{scale::decode_as_fields, stringify::to_writer_custom, Composite, Value, ValueDef},
};

/// What metadata calls the type of accounts.
const ACCOUNT: &str = "AccountId32";

/// An event, its fields as text.
#[derive(Serialize)]
pub(super) struct Event {
	pub(super) name: String,
	pub(super) fields: String,
}

/// Describes an event; fields that are not understood are shown as the bytes they are.
pub(super) fn describe(at: &AtBlock, event: &submit::Event<'_>) -> Event {
	let fields = decode(at, event).and_then(text);
	Event {
		name: format!("{}.{}", event.pallet_name(), event.event_name()),
		fields: fields.map_or_else(|| hex(event.field_bytes()), |text| clean(&text)),
	}
}

/// What the type of a value says about how to show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
	Account,
	Bytes,
	Other,
}

fn decode(at: &AtBlock, event: &submit::Event<'_>) -> Option<Composite<Kind>> {
	let metadata = at.metadata_ref();
	let pallet = metadata.pallet_by_event_index(event.pallet_index())?;
	let variant = pallet.event_variant_by_index(event.event_index())?;
	let fields = variant.fields.iter().map(|field| Field::new(field.ty.id, field.name.as_deref()));
	decode_fields(event.field_bytes(), fields, metadata.types())
}

fn decode_fields<'a>(
	mut bytes: &[u8],
	mut fields: impl ExactSizeIterator<Item = Field<'a, u32>>,
	types: &'a PortableRegistry,
) -> Option<Composite<Kind>> {
	let fields = decode_as_fields(&mut bytes, &mut fields, types).ok()?;
	Some(fields.map_context(|id| kind(types, id)))
}

fn kind(types: &PortableRegistry, id: u32) -> Kind {
	let Some(of) = types.resolve(id) else { return Kind::Other };
	if of.path.segments.last().is_some_and(|name| name == ACCOUNT) {
		return Kind::Account;
	}
	let items = match &of.type_def {
		TypeDef::Array(array) => array.type_param.id,
		TypeDef::Sequence(sequence) => sequence.type_param.id,
		_ => return Kind::Other,
	};
	match types.resolve(items).map(|item| &item.type_def) {
		Some(TypeDef::Primitive(TypeDefPrimitive::U8)) => Kind::Bytes,
		_ => Kind::Other,
	}
}

/// `None` if there is a value that cannot be written, which are numbers of 256 bits.
fn text(fields: Composite<Kind>) -> Option<String> {
	let value = Value { value: ValueDef::Composite(fields), context: Kind::Other };
	let mut text = String::new();
	to_writer_custom()
		.add_custom_formatter(|value: &Value<Kind>, writer: &mut &mut String| {
			readable(value).map(|text| writer.write_str(&text))
		})
		.write(&value, &mut text)
		.ok()?;
	Some(text)
}

/// An account or bytes, also if a type of their own is wrapped around them; `None` for all else.
fn readable(value: &Value<Kind>) -> Option<String> {
	match (value.context, parts(value)?) {
		(Kind::Account, [array]) => {
			let id = <[u8; 32]>::try_from(octets(parts(array)?)?).ok()?;
			Some(address::display(&AccountId32::from(id)))
		}
		(Kind::Bytes, bytes) => octets(bytes).map(hex),
		(Kind::Other, [wrapped]) => readable(wrapped),
		_ => None,
	}
}

fn parts(value: &Value<Kind>) -> Option<&[Value<Kind>]> {
	match &value.value {
		ValueDef::Composite(Composite::Unnamed(parts)) => Some(parts),
		_ => None,
	}
}

fn octets(values: &[Value<Kind>]) -> Option<Vec<u8>> {
	values.iter().map(|value| u8::try_from(value.as_u128()?).ok()).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;
	use plexus_primitives::DatanetId;
	use scale_info::{MetaType, Registry, TypeInfo};

	const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
	const ALICE_ID: &str = "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";

	fn id() -> [u8; 32] {
		address::parse_hex32(ALICE_ID).expect("64 digits")
	}

	/// How an event with this one field is shown.
	fn shown<T: Encode + TypeInfo + 'static>(value: T) -> String {
		let mut registry = Registry::new();
		let id = registry.register_type(&MetaType::new::<T>()).id;
		let types = PortableRegistry::from(registry);
		let fields = [Field::new(id, Some("field"))].into_iter();
		decode_fields(&value.encode(), fields, &types).and_then(text).expect("it decodes")
	}

	#[test]
	fn an_account_is_shown_as_its_address_and_other_bytes_in_hexadecimal() {
		assert_eq!(shown(AccountId32::from(id())), format!("{{ field: {ALICE} }}"));
		assert_eq!(shown(id()), format!("{{ field: 0x{ALICE_ID} }}"));
		assert_eq!(shown(b"text".to_vec()), "{ field: 0x74657874 }");
		assert_eq!(shown(Vec::<u8>::new()), "{ field: 0x }");
		assert_eq!(
			shown(Some((AccountId32::from(id()), [7u8; 2]))),
			format!("{{ field: Some (({ALICE}, 0x0707)) }}")
		);
	}

	#[test]
	fn small_numbers_are_not_taken_for_bytes() {
		assert_eq!(shown(DatanetId(5)), "{ field: (5) }");
		assert_eq!(shown((1u32, 2u8)), "{ field: (1, 2) }");
		assert_eq!(shown(vec![1u32, 2]), "{ field: (1, 2) }");
	}

	#[test]
	fn what_wraps_an_account_or_bytes_is_shown_as_what_it_wraps() {
		let value = |context, parts| Value { value: ValueDef::Composite(Composite::Unnamed(parts)), context };
		let array = |bytes: &[u8]| {
			let byte = |byte: &u8| Value { value: (*byte).into(), context: Kind::Other };
			value(Kind::Bytes, bytes.iter().map(byte).collect())
		};
		let account = value(Kind::Account, vec![array(&id())]);
		assert_eq!(readable(&account).as_deref(), Some(ALICE));
		assert_eq!(readable(&value(Kind::Other, vec![account])).as_deref(), Some(ALICE));
		assert_eq!(readable(&value(Kind::Other, vec![array(&[1, 2])])).as_deref(), Some("0x0102"));
		assert_eq!(readable(&value(Kind::Account, vec![array(&[1, 2])])), None, "an account has 32 bytes");
	}

	#[test]
	fn bytes_that_are_not_the_fields_give_no_text() {
		let types = PortableRegistry::from(Registry::new());
		assert_eq!(decode_fields(&[1], [Field::new(7, None)].into_iter(), &types), None);
	}
}
