//! [`describe`]: an event in JSON, by the types of the runtime.
//!
//! # Must not
//! Guess by the look of a value: 32 bytes may be an account or a hash. The type says which.
//!
//! # Invariants
//! Accounts are addresses and other bytes hexadecimal. Amounts, which have 128 bits, are decimal strings, since JavaScript's
//! numbers end at 2^53; all other numbers are numbers. What only wraps a value is left out. Names are those of the metadata.

use crate::types::to_hex;
use plexus_runtime::{AccountId, RuntimeEvent};
use scale_info::{MetaType, PortableRegistry, Registry, TypeDef, TypeDefPrimitive};
use scale_value::{scale::decode_as_type, Composite, Primitive, Value, ValueDef, Variant};
use serde_json::{Map, Value as Json};
use sp_core::crypto::Ss58Codec;
use std::sync::OnceLock;

/// What the metadata calls the type of accounts.
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

/// The types that an event is made of.
struct Types {
	registry: PortableRegistry,
	event: u32,
}

/// Describes a SCALE-encoded event of this runtime; `None` if it is none.
pub fn describe(mut event: &[u8]) -> Option<Described> {
	static TYPES: OnceLock<Types> = OnceLock::new();
	let Types { registry, event: id } = TYPES.get_or_init(|| {
		let mut registry = Registry::new();
		let event = registry.register_type(&MetaType::new::<RuntimeEvent>()).id;
		Types { registry: registry.into(), event }
	});
	let decoded = decode_as_type(&mut event, *id, registry).ok()?;
	if !event.is_empty() {
		return None;
	}
	let (pallet, mut inner) = variant(decoded)?;
	let (name, values) = variant(match &mut inner {
		Composite::Unnamed(parts) => parts.pop()?,
		Composite::Named(_) => return None,
	})?;
	Some(Described { pallet, name, fields: fields(&values, registry) })
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
			return Json::String(account.to_ss58check());
		}
	}
	match items(types, id) {
		Some(TypeDef::Primitive(TypeDefPrimitive::U8)) => {
			octets(parts).map_or(Json::Null, |bytes| Json::String(to_hex(&bytes)))
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
		Primitive::U256(bytes) | Primitive::I256(bytes) => Json::String(to_hex(bytes)),
	}
}

fn account(parts: &[Value<u32>]) -> Option<AccountId> {
	let [Value { value: ValueDef::Composite(Composite::Unnamed(bytes)), .. }] = parts else { return None };
	Some(AccountId::new(octets(bytes)?.try_into().ok()?))
}

fn octets(values: &[Value<u32>]) -> Option<Vec<u8>> {
	values.iter().map(|value| u8::try_from(value.as_u128()?).ok()).collect()
}

fn definition(types: &PortableRegistry, id: u32) -> Option<&TypeDef<scale_info::form::PortableForm>> {
	types.resolve(id).map(|of| &of.type_def)
}

/// What a list is made of; `None` if the type is no list.
fn items(types: &PortableRegistry, id: u32) -> Option<&TypeDef<scale_info::form::PortableForm>> {
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
	use plexus_primitives::{Content, ContributionId, DatanetId, DatanetVersion};
	use plexus_runtime::Runtime;
	use serde_json::json;

	const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

	fn alice() -> AccountId {
		sp_keyring::Sr25519Keyring::Alice.to_account_id()
	}

	fn described(event: impl Into<RuntimeEvent>) -> Described {
		describe(&event.into().encode()).expect("it is an event of this runtime")
	}

	#[test]
	fn accounts_are_addresses_amounts_are_strings_and_what_wraps_is_left_out() {
		let found = described(pallet_balances::Event::<Runtime>::Transfer {
			from: alice(),
			to: alice(),
			amount: u128::MAX,
		});
		assert_eq!((&found.pallet[..], &found.name[..]), ("Balances", "Transfer"));
		assert_eq!(found.fields, json!({ "from": ALICE, "to": ALICE, "amount": u128::MAX.to_string() }));

		let found = described(pallet_datanets::Event::<Runtime>::OwnerProposed {
			datanet: DatanetId(7),
			proposed: Some(alice()),
		});
		assert_eq!((&found.pallet[..], &found.name[..]), ("Datanets", "OwnerProposed"));
		assert_eq!(found.fields, json!({ "datanet": 7, "proposed": ALICE }));
		let found = described(pallet_datanets::Event::<Runtime>::OwnerProposed {
			datanet: DatanetId(7),
			proposed: None,
		});
		assert_eq!(found.fields, json!({ "datanet": 7, "proposed": null }));
	}

	#[test]
	fn lists_stay_lists_bytes_are_hexadecimal_and_variants_are_named() {
		let found = described(pallet_datanets::Event::<Runtime>::CuratorsChanged {
			datanet: DatanetId(1),
			generation: 2,
			curators: vec![alice()].try_into().expect("few"),
		});
		assert_eq!(found.fields, json!({ "datanet": 1, "generation": 2, "curators": [ALICE] }));

		let found = described(pallet_datanets::Event::<Runtime>::Disputed {
			contribution: ContributionId(1),
			claimant: alice(),
			remedy: pallet_datanets::types::Remedy::Takedown,
			evidence: Some(Content { root: [7; 32], len: 9 }),
			curators: None,
			deadline_ms: 5,
			bond: 6,
		});
		let evidence = json!({ "root": to_hex(&[7; 32]), "len": 9 });
		assert_eq!((&found.fields["remedy"], &found.fields["evidence"]), (&json!("Takedown"), &evidence));
		assert_eq!((&found.fields["curators"], &found.fields["deadline_ms"]), (&Json::Null, &json!(5)));
		assert_eq!(found.fields["bond"], "6");

		let found = described(pallet_datanets::Event::<Runtime>::Reviewed {
			contribution: ContributionId(1),
			curator: alice(),
			verdict: pallet_datanets::types::Verdict::Accept { weight: 3 },
		});
		assert_eq!(found.fields["verdict"], json!({ "Accept": { "weight": 3 } }));

		let found = described(pallet_datanets::Event::<Runtime>::LocatorSet {
			contribution: ContributionId(1),
			locator: b"ab".to_vec().try_into().expect("short"),
			storage_deposit: 0,
		});
		assert_eq!(found.fields["locator"], "0x6162");
		let found = described(pallet_datanets::Event::<Runtime>::ContributionAccepted {
			contribution: ContributionId(1),
			datanet: DatanetId(2),
			weight: 3,
			from: DatanetVersion(4),
			deposit_until_ms: 5,
		});
		assert_eq!(
			found.fields,
			json!({ "contribution": 1, "datanet": 2, "weight": 3, "from": 4, "deposit_until_ms": 5 })
		);
	}

	#[test]
	fn bytes_that_are_no_event_are_not_described() {
		let transfer: RuntimeEvent =
			pallet_balances::Event::<Runtime>::Transfer { from: alice(), to: alice(), amount: 1 }.into();
		let bytes = transfer.encode();
		for cut in 0..bytes.len() {
			assert_eq!(describe(&bytes[..cut]), None, "cut to {cut}");
		}
		assert_eq!(describe(&[&bytes[..], &[0]].concat()), None);
		assert_eq!(describe(&[255, 255]), None);
	}
}
