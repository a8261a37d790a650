//! [`Chronicle`]: all events of a block, decoded by the chain's metadata, for programs that add up what happened.
//!
//! # Must not
//! Leave an event out: one that cannot be decoded is a failure, since a sum without it would be wrong.
//!
//! # Invariants
//! Fields are as the node's `index_history` has them: accounts are addresses, other bytes hexadecimal, amounts, which have
//! 128 bits, strings of digits, all other numbers numbers. What only wraps a value is left out.

use crate::{
	address,
	client::{bounded, AtBlock, Client},
	explain::explain_client,
	failure::{Failure, FailureKind},
	output::hex,
	submit,
};
use futures::future::LocalBoxFuture;
use scale_info::{form::PortableForm, PortableRegistry, TypeDef, TypeDefPrimitive};
use serde_json::{Map, Value as Json};
use sp_core::crypto::AccountId32;
use subxt::{
	events::Phase,
	ext::{
		scale_decode::Field,
		scale_value::{scale::decode_as_fields, Composite, Primitive, Value, ValueDef, Variant},
	},
};

/// What metadata calls the type of accounts, and a value that may be missing.
const ACCOUNT: &str = "AccountId32";
const OPTION: &str = "Option";

/// What blocks did.
pub struct Chronicle {
	client: Client,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
	/// Its block.
	pub block: u64,
	/// The extrinsic that it belongs to; nothing for what the block does by itself.
	pub extrinsic: Option<u32>,
	/// Pallet and event, like `Balances.Transfer`.
	pub name: String,
	/// Its fields by name.
	pub fields: Json,
}

impl Chronicle {
	/// Connects to a node.
	///
	/// Boxed, as all here, so that the client is compiled in this crate.
	///
	/// # Errors
	/// It cannot be reached.
	pub fn connect(url: &str) -> LocalBoxFuture<'_, Result<Self, Failure>> {
		Box::pin(async move { Ok(Self { client: Client::connect(url).await? }) })
	}

	/// The number of the last block.
	///
	/// # Errors
	/// The node's.
	pub fn last(&self) -> LocalBoxFuture<'_, Result<u64, Failure>> {
		Box::pin(async move { Ok(self.client.at_head().await?.block_number()) })
	}

	/// All events of a block, in their order.
	///
	/// # Errors
	/// There is no such block, its state is not kept any more, or an event cannot be decoded.
	pub fn block(&self, number: u64) -> LocalBoxFuture<'_, Result<Vec<Told>, Failure>> {
		Box::pin(async move {
			let hash = self.client.block_hash(number).await?.ok_or_else(|| unknown(number))?;
			let at = self.client.at_hash(hash).await?;
			let events = bounded("the events", at.events().fetch()).await?.map_err(explain_client)?;
			let tell = |event: Result<submit::Event<'_>, _>| {
				let event = event.map_err(|error| undecoded(number, &error))?;
				tell(&at, number, &event).ok_or_else(|| undecoded(number, &event.event_name()))
			};
			events.iter().map(tell).collect()
		})
	}
}

fn unknown(number: u64) -> Failure {
	Failure::new(
		FailureKind::NotFound,
		"NoSuchBlock",
		format!("there is no block {number} yet"),
		"the last block is shown by `plexus query chain`",
	)
}

fn undecoded(number: u64, what: &impl std::fmt::Display) -> Failure {
	Failure::new(
		FailureKind::Node,
		"Undecoded",
		format!("an event of block {number} cannot be decoded: {what}"),
		"check that this client and the node have the same version (`plexus version`)",
	)
}

fn tell(at: &AtBlock, block: u64, event: &submit::Event<'_>) -> Option<Told> {
	let metadata = at.metadata_ref();
	let pallet = metadata.pallet_by_event_index(event.pallet_index())?;
	let variant = pallet.event_variant_by_index(event.event_index())?;
	let of = variant.fields.iter().map(|field| Field::new(field.ty.id, field.name.as_deref()));
	let fields = decode(event.field_bytes(), of, metadata.types())?;
	let extrinsic = match event.phase() {
		Phase::ApplyExtrinsic(place) => Some(place),
		Phase::Initialization | Phase::Finalization => None,
	};
	Some(Told { block, extrinsic, name: format!("{}.{}", event.pallet_name(), event.event_name()), fields })
}

fn decode<'a>(
	mut bytes: &[u8],
	mut of: impl ExactSizeIterator<Item = Field<'a, u32>>,
	types: &'a PortableRegistry,
) -> Option<Json> {
	let decoded = decode_as_fields(&mut bytes, &mut of, types).ok()?;
	bytes.is_empty().then(|| fields(&decoded, types))
}

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
			return Json::String(address::display(&account));
		}
	}
	match items(types, id) {
		Some(TypeDef::Primitive(TypeDefPrimitive::U8)) => {
			octets(parts).map_or(Json::Null, |bytes| Json::String(hex(bytes)))
		}
		// A list of one is a list.
		Some(_) => Json::Array(parts.iter().map(|part| json(part, types)).collect()),
		None => fields(composite, types),
	}
}

fn primitive_json(primitive: &Primitive, id: u32, types: &PortableRegistry) -> Json {
	let is_amount = || {
		let wide = TypeDefPrimitive::U128;
		let signed = TypeDefPrimitive::I128;
		matches!(definition(types, id), Some(TypeDef::Primitive(of)) if *of == wide || *of == signed)
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
		Primitive::U256(bytes) | Primitive::I256(bytes) => Json::String(hex(bytes)),
	}
}

fn account(parts: &[Value<u32>]) -> Option<AccountId32> {
	let [Value { value: ValueDef::Composite(Composite::Unnamed(bytes)), .. }] = parts else { return None };
	Some(AccountId32::from(<[u8; 32]>::try_from(octets(bytes)?).ok()?))
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

	/// How an event with this one field is told.
	fn told<T: Encode + TypeInfo + 'static>(value: T) -> Json {
		let mut registry = Registry::new();
		let id = registry.register_type(&MetaType::new::<T>()).id;
		let types = PortableRegistry::from(registry);
		let of = || [Field::new(id, Some("field"))].into_iter();
		let bytes = value.encode();
		assert_eq!(decode(&[&bytes[..], &[0]].concat(), of(), &types), None, "something behind it");
		let mut all = decode(&bytes, of(), &types).expect("it decodes");
		all["field"].take()
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
		assert_eq!(told(account.clone()), json!(address::display(&account)));
		assert_eq!(told(bytes), json!(hex(bytes)));
		assert_eq!(told(b"ab".to_vec()), json!("0x6162"));
		assert_eq!(told(vec![5u32]), json!([5]));
		assert_eq!(told(vec![account.clone()]), json!([address::display(&account)]));
	}

	#[test]
	fn variants_are_named_with_their_fields() {
		let span = Evidence::Span { output: 1, offset: 2, length: 3 };
		assert_eq!(told(span), json!({ "Span": { "output": 1, "offset": 2, "length": 3 } }));
	}
}
