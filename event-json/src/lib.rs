//! [`describe`]: an event in JSON, by the types of a runtime. The node's index and its clients tell events alike.
//!
//! # Must not
//! Guess by the look of a value: 32 bytes may be an account or a hash. The type says which. Know a runtime: whoever asks
//! brings its types, compiled in or from metadata.
//!
//! # Invariants
//! Accounts are addresses and other bytes hexadecimal. Amounts, which have 128 bits, are decimal strings, since JavaScript's
//! numbers end at 2^53; all other numbers are numbers. What only wraps a value is left out. Names are those of the types.

use plexus_primitives::constants::SS58_PREFIX;
use scale_info::{form::PortableForm, PortableRegistry, TypeDef, TypeDefPrimitive};
use scale_value::{scale::decode_as_type, Composite, Primitive, Value, ValueDef, Variant};
use serde_json::{Map, Value as Json};
use sp_core::crypto::{AccountId32, Ss58AddressFormat, Ss58Codec};

/// What types call that of accounts.
const ACCOUNT: &str = "AccountId32";
/// And a value that may be missing.
const OPTION: &str = "Option";

/// An event that was decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
	/// The pallet's name.
	pub pallet: String,
	/// The event's.
	pub name: String,
	/// Its fields by name; `null` if it has none.
	pub fields: Json,
}

/// Describes a SCALE-encoded event of a runtime, whose event enum is the type `id` of `types`; `None` if it is none.
pub fn describe(mut event: &[u8], id: u32, types: &PortableRegistry) -> Option<Described> {
	let decoded = decode_as_type(&mut event, id, types).ok()?;
	if !event.is_empty() {
		return None;
	}
	let (pallet, mut inner) = variant(decoded)?;
	let (name, values) = variant(match &mut inner {
		Composite::Unnamed(parts) => parts.pop()?,
		Composite::Named(_) => return None,
	})?;
	Some(Described { pallet, name, fields: fields(&values, types) })
}

fn variant(value: Value<u32>) -> Option<(String, Composite<u32>)> {
	match value.value {
		ValueDef::Variant(Variant { name, values }) => Some((name, values)),
		_ => None,
	}
}

/// The fields of an event, or of a variant.
fn fields(values: &Composite<u32>, types: &PortableRegistry) -> Json {
	match values {
		Composite::Named(named) => {
			let field = |(name, value): &(String, Value<u32>)| (name.clone(), json(value, types));
			Json::Object(named.iter().map(field).collect::<Map<_, _>>())
		}
		Composite::Unnamed(parts) => match &parts[..] {
			[] => Json::Null,
			[one] => json(one, types),
			several => Json::Array(several.iter().map(|part| json(part, types)).collect()),
		},
	}
}

fn json(value: &Value<u32>, types: &PortableRegistry) -> Json {
	match &value.value {
		ValueDef::Composite(composite) => composite_json(composite, value.context, types),
		ValueDef::Variant(Variant { name, values }) if is_named(types, value.context, OPTION) => {
			match name.as_str() {
				"None" => Json::Null,
				_ => fields(values, types),
			}
		}
		ValueDef::Variant(Variant { name, values }) => match values.is_empty() {
			true => Json::String(name.clone()),
			false => Json::Object(Map::from_iter([(name.clone(), fields(values, types))])),
		},
		ValueDef::BitSequence(bits) => {
			Json::String(bits.iter().map(|bit| if bit { '1' } else { '0' }).collect())
		}
		ValueDef::Primitive(primitive) => primitive_json(primitive, value.context, types),
	}
}

fn composite_json(composite: &Composite<u32>, id: u32, types: &PortableRegistry) -> Json {
	let Composite::Unnamed(parts) = composite else { return fields(composite, types) };
	if is_named(types, id, ACCOUNT) {
		if let Some(account) = account(parts) {
			return Json::String(address(&account));
		}
	}
	match items(types, id) {
		Some(TypeDef::Primitive(TypeDefPrimitive::U8)) => {
			octets(parts).map_or(Json::Null, |bytes| Json::String(prefixed_hex(&bytes)))
		}
		// A list of one is a list.
		Some(_) => Json::Array(parts.iter().map(|part| json(part, types)).collect()),
		None => fields(composite, types),
	}
}

fn primitive_json(primitive: &Primitive, id: u32, types: &PortableRegistry) -> Json {
	let is_amount = || {
		matches!(
			definition(types, id),
			Some(TypeDef::Primitive(TypeDefPrimitive::U128 | TypeDefPrimitive::I128))
		)
	};
	match primitive {
		Primitive::Bool(bool) => Json::Bool(*bool),
		Primitive::Char(char) => Json::String(char.to_string()),
		Primitive::String(text) => Json::String(text.clone()),
		Primitive::U128(number) => match u64::try_from(*number) {
			Ok(number) if !is_amount() => Json::from(number),
			_ => Json::String(number.to_string()),
		},
		Primitive::I128(number) => match i64::try_from(*number) {
			Ok(number) if !is_amount() => Json::from(number),
			_ => Json::String(number.to_string()),
		},
		Primitive::U256(bytes) | Primitive::I256(bytes) => Json::String(prefixed_hex(bytes)),
	}
}

fn account(parts: &[Value<u32>]) -> Option<AccountId32> {
	let [Value { value: ValueDef::Composite(Composite::Unnamed(bytes)), .. }] = parts else { return None };
	Some(AccountId32::new(octets(bytes)?.try_into().ok()?))
}

/// The account as this chain's SS58 address.
fn address(account: &AccountId32) -> String {
	account.to_ss58check_with_version(Ss58AddressFormat::custom(SS58_PREFIX.into()))
}

fn prefixed_hex(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

fn octets(values: &[Value<u32>]) -> Option<Vec<u8>> {
	values.iter().map(|value| u8::try_from(value.as_u128()?).ok()).collect()
}

fn definition(types: &PortableRegistry, id: u32) -> Option<&TypeDef<PortableForm>> {
	types.resolve(id).map(|of| &of.type_def)
}

/// What a list is made of; `None` if the type is no list.
fn items(types: &PortableRegistry, id: u32) -> Option<&TypeDef<PortableForm>> {
	let items = match definition(types, id)? {
		TypeDef::Array(array) => array.type_param.id,
		TypeDef::Sequence(sequence) => sequence.type_param.id,
		_ => return None,
	};
	definition(types, items)
}

fn is_named(types: &PortableRegistry, id: u32, name: &str) -> bool {
	types.resolve(id).is_some_and(|of| of.path.segments.last().is_some_and(|last| last == name))
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;
	use plexus_primitives::{ContributionId, DatanetVersion, Evidence};
	use scale_info::{MetaType, Registry, TypeInfo};
	use serde_json::json;

	#[derive(Encode, TypeInfo)]
	enum Pallet {
		Empty,
		Named { number: u32, amount: u128 },
		Unnamed(u32, bool),
	}

	#[derive(Encode, TypeInfo)]
	enum Runtime {
		Pallet(Pallet),
	}

	fn types<T: TypeInfo + 'static>() -> (u32, PortableRegistry) {
		let mut registry = Registry::new();
		let id = registry.register_type(&MetaType::new::<T>()).id;
		(id, registry.into())
	}

	fn described(event: Pallet) -> Described {
		let (id, types) = types::<Runtime>();
		describe(&Runtime::Pallet(event).encode(), id, &types).expect("it is an event")
	}

	/// How a field is told.
	fn told<T: Encode + TypeInfo + 'static>(value: T) -> Json {
		let (id, types) = types::<T>();
		let decoded = decode_as_type(&mut &value.encode()[..], id, &types).expect("it decodes");
		json(&decoded, &types)
	}

	#[test]
	fn an_event_has_the_names_of_its_pallet_and_itself_and_its_fields_by_name() {
		let found = described(Pallet::Named { number: 7, amount: 8 });
		assert_eq!((&found.pallet[..], &found.name[..]), ("Pallet", "Named"));
		assert_eq!(found.fields, json!({ "number": 7, "amount": "8" }));
		assert_eq!(described(Pallet::Unnamed(7, true)).fields, json!([7, true]));
		assert_eq!(described(Pallet::Empty).fields, json!(null));
	}

	#[test]
	fn bytes_that_are_no_event_are_not_described() {
		let (id, types) = types::<Runtime>();
		let bytes = Runtime::Pallet(Pallet::Named { number: 7, amount: 8 }).encode();
		for cut in 0..bytes.len() {
			assert_eq!(describe(&bytes[..cut], id, &types), None, "cut to {cut}");
		}
		assert_eq!(describe(&[&bytes[..], &[0]].concat(), id, &types), None, "something behind it");
		assert_eq!(describe(&bytes, id + 1_000, &types), None, "no type");
	}

	#[test]
	fn amounts_are_strings_and_other_numbers_are_numbers() {
		assert_eq!(told(7u128), json!("7"));
		assert_eq!(told(u128::MAX), json!(u128::MAX.to_string()));
		assert_eq!(told(7u32), json!(7));
		assert_eq!(told(u64::MAX), json!(u64::MAX));
		assert_eq!(told(true), json!(true));
	}

	#[test]
	fn what_wraps_is_left_out_and_what_may_be_missing_is_null() {
		assert_eq!(told(ContributionId(5)), json!(5));
		assert_eq!(told(None::<DatanetVersion>), json!(null));
		assert_eq!(told(Some(DatanetVersion(3))), json!(3));
		assert_eq!(told((1u32, 2u64)), json!([1, 2]));
	}

	#[test]
	fn accounts_are_addresses_bytes_are_hexadecimal_and_lists_stay_lists() {
		let bytes = [0xd4u8; 32];
		let account = AccountId32::from(bytes);
		assert_eq!(told(account.clone()), json!(address(&account)));
		assert_eq!(told(bytes), json!(prefixed_hex(&bytes)));
		assert_eq!(told(b"ab".to_vec()), json!("0x6162"));
		assert_eq!(told(vec![5u32]), json!([5]));
		assert_eq!(told(vec![account.clone()]), json!([address(&account)]));
	}

	#[test]
	fn variants_are_named_with_their_fields() {
		let span = Evidence::Span { output: 1, offset: 2, length: 3 };
		assert_eq!(told(span), json!({ "Span": { "output": 1, "offset": 2, "length": 3 } }));
	}
}
