//! [`Arguments`]: the parameters of one call, by position or by name.
//!
//! # Must not
//! Build a JSON value of what a caller sent: each parameter is parsed straight into what the method expects, so
//! that neither nesting nor many small values cost more than their bytes.
//!
//! # Invariants
//! `null` and a missing parameter are the same. Every error names the parameter, what was wrong and what would
//! be right.

use crate::errors::RpcError;
use plexus_storage::Hash;
use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::{cell::Cell, fmt, marker::PhantomData};

/// No method has more parameters.
const ARGUMENTS_MAX: usize = 8;

/// The parameters of one call. Methods take them in order; each names its parameter, for callers that pass an
/// object and for errors.
pub struct Arguments<'a> {
	given: Given<'a>,
	next: Cell<usize>,
}

enum Given<'a> {
	Positional(Vec<&'a RawValue>),
	Named(Vec<(String, &'a RawValue)>),
}

impl<'a> Arguments<'a> {
	/// Parses the parameters of a request; `None` where it has none.
	pub fn parse(json: Option<&'a str>) -> Result<Self, RpcError> {
		let given = match json.map(str::trim) {
			None | Some("" | "null") => Given::Positional(Vec::new()),
			Some(json) => {
				let mut deserializer = serde_json::Deserializer::from_str(json);
				serde::Deserializer::deserialize_any(&mut deserializer, GivenVisitor).map_err(|error| {
					RpcError::InvalidParams(format!("expected an array or an object: {error}"))
				})?
			}
		};
		Ok(Self { given, next: Cell::new(0) })
	}

	/// The next parameter as it was sent.
	fn take(&self, name: &str) -> Option<&'a RawValue> {
		let position = self.next.get();
		self.next.set(position + 1);
		let raw = match &self.given {
			Given::Positional(values) => values.get(position).copied(),
			Given::Named(values) => values.iter().find(|(given, _)| given == name).map(|(_, raw)| *raw),
		};
		raw.filter(|raw| raw.get() != "null")
	}

	/// The next parameter, if it is there. `right` says what it should be.
	pub fn optional<T: DeserializeOwned>(&self, name: &str, right: &str) -> Result<Option<T>, RpcError> {
		self.take(name)
			.map(|raw| serde_json::from_str(raw.get()).map_err(|error| wrong(name, right, error)))
			.transpose()
	}

	/// The next parameter. `right` says what it should be.
	pub fn required<T: DeserializeOwned>(&self, name: &str, right: &str) -> Result<T, RpcError> {
		self.optional(name, right)?.ok_or_else(|| missing(name, right))
	}

	/// The next parameter: a string.
	pub fn text(&self, name: &str) -> Result<String, RpcError> {
		self.required(name, "a string")
	}

	/// The next parameter: bytes in hexadecimal.
	pub fn bytes(&self, name: &str) -> Result<Vec<u8>, RpcError> {
		self.optional_bytes(name)?.ok_or_else(|| missing(name, HEX))
	}

	/// The next parameter, if it is there: bytes in hexadecimal.
	pub fn optional_bytes(&self, name: &str) -> Result<Option<Vec<u8>>, RpcError> {
		Ok(self.optional::<HexBytes>(name, HEX)?.map(|bytes| bytes.0))
	}

	/// The next parameter: a list of byte strings in hexadecimal, at most `max`.
	pub fn list_of_bytes(&self, name: &str, max: usize) -> Result<Vec<Vec<u8>>, RpcError> {
		let list = self.list::<HexBytes>(name, "an array of keys in hexadecimal", max)?;
		Ok(list.into_iter().map(|HexBytes(bytes)| bytes).collect())
	}

	/// The next parameter: a list of at most `max` entries. `right` says what it should be.
	pub fn list<T: DeserializeOwned>(&self, name: &str, right: &str, max: usize) -> Result<Vec<T>, RpcError> {
		let raw = self.take(name).ok_or_else(|| missing(name, right))?;
		parse_list(raw, max).map_err(|error| wrong(name, right, error))
	}

	/// The next parameter, if it is there: one entry, or a list of at most `max`.
	pub fn one_or_many<T: DeserializeOwned>(
		&self,
		name: &str,
		right: &str,
		max: usize,
	) -> Result<Option<OneOrMany<T>>, RpcError> {
		let Some(raw) = self.take(name) else { return Ok(None) };
		let parsed = if raw.get().starts_with('[') {
			parse_list(raw, max).map(OneOrMany::Many)
		} else {
			serde_json::from_str(raw.get()).map(OneOrMany::One)
		};
		parsed.map(Some).map_err(|error| wrong(name, right, error))
	}

	/// The next parameter: a block's hash.
	pub fn hash(&self, name: &str) -> Result<Hash, RpcError> {
		self.optional_hash(name)?.ok_or_else(|| missing(name, HASH))
	}

	/// The next parameter, if it is there: a block's hash.
	pub fn optional_hash(&self, name: &str) -> Result<Option<Hash>, RpcError> {
		self.optional::<HexBytes>(name, HASH)?.map(|bytes| to_hash(&bytes.0, name)).transpose()
	}
}

/// A parameter that may be one or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OneOrMany<T> {
	/// One.
	One(T),
	/// Several.
	Many(Vec<T>),
}

fn parse_list<T: DeserializeOwned>(raw: &RawValue, max: usize) -> Result<Vec<T>, serde_json::Error> {
	let mut deserializer = serde_json::Deserializer::from_str(raw.get());
	serde::Deserializer::deserialize_seq(&mut deserializer, BoundedList { max, entry: PhantomData })
}

const HEX: &str = "hexadecimal, with or without `0x`";
const HASH: &str = "a hash: `0x` and 64 hexadecimal digits";

fn missing(name: &str, right: &str) -> RpcError {
	RpcError::InvalidParams(format!("`{name}` is missing; it must be {right}"))
}

fn wrong(name: &str, right: &str, error: impl fmt::Display) -> RpcError {
	RpcError::InvalidParams(format!("`{name}` must be {right}: {error}"))
}

/// 32 bytes as a hash.
pub fn to_hash(bytes: &[u8], name: &str) -> Result<Hash, RpcError> {
	match <[u8; 32]>::try_from(bytes) {
		Ok(hash) => Ok(hash.into()),
		Err(_) => Err(wrong(name, HASH, format_args!("it has {} bytes", bytes.len()))),
	}
}

/// Bytes that stand in JSON as hexadecimal; decoded from the text without a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HexBytes(pub Vec<u8>);

impl<'de> serde::Deserialize<'de> for HexBytes {
	fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		struct HexVisitor;
		impl Visitor<'_> for HexVisitor {
			type Value = HexBytes;

			fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
				formatter.write_str("a string of hexadecimal digits")
			}

			fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
				hex::decode(text.strip_prefix("0x").unwrap_or(text)).map(HexBytes).map_err(E::custom)
			}
		}
		deserializer.deserialize_str(HexVisitor)
	}
}

/// A hash that is part of a larger parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HashArgument(pub Hash);

impl<'de> serde::Deserialize<'de> for HashArgument {
	fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let HexBytes(bytes) = serde::Deserialize::deserialize(deserializer)?;
		let hash = <[u8; 32]>::try_from(&bytes[..]).map_err(|_| {
			serde::de::Error::custom(format_args!("a hash has 32 bytes, not {}", bytes.len()))
		})?;
		Ok(Self(hash.into()))
	}
}

/// A list that stops at its maximum instead of growing.
struct BoundedList<T> {
	max: usize,
	entry: PhantomData<T>,
}

impl<'de, T: DeserializeOwned> Visitor<'de> for BoundedList<T> {
	type Value = Vec<T>;

	fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
		write!(formatter, "an array of at most {} entries", self.max)
	}

	fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
		let mut list = Vec::new();
		while let Some(entry) = sequence.next_element()? {
			if list.len() == self.max {
				return Err(serde::de::Error::custom(format_args!("more than {} entries", self.max)));
			}
			list.push(entry);
		}
		Ok(list)
	}
}

struct GivenVisitor;

impl<'de> Visitor<'de> for GivenVisitor {
	type Value = Given<'de>;

	fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
		write!(formatter, "an array or an object of at most {ARGUMENTS_MAX} parameters")
	}

	fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
		let mut values = Vec::new();
		while let Some(raw) = sequence.next_element::<&RawValue>()? {
			if values.len() == ARGUMENTS_MAX {
				return Err(serde::de::Error::custom(format_args!("more than {ARGUMENTS_MAX} parameters")));
			}
			values.push(raw);
		}
		Ok(Given::Positional(values))
	}

	fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
		let mut values = Vec::new();
		while let Some((name, raw)) = map.next_entry::<String, &RawValue>()? {
			if values.len() == ARGUMENTS_MAX {
				return Err(serde::de::Error::custom(format_args!("more than {ARGUMENTS_MAX} parameters")));
			}
			values.push((name, raw));
		}
		Ok(Given::Named(values))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn refusal<T: fmt::Debug>(result: Result<T, RpcError>) -> String {
		let error = result.expect_err("must be refused");
		assert_eq!(error.code(), -32602);
		error.to_string()
	}

	#[test]
	fn null_missing_and_absent_parameters_are_the_same() {
		for json in [None, Some("null"), Some("[]"), Some("[null]"), Some("[null, null]"), Some("{}")] {
			let arguments = Arguments::parse(json).expect("parses");
			assert_eq!(arguments.optional_hash("at").expect("optional"), None, "{json:?}");
			assert!(refusal(Arguments::parse(json).expect("parses").hash("at")).contains("`at` is missing"));
		}
	}

	#[test]
	fn parameters_are_taken_by_position_or_by_name() {
		for json in [r#"["0x0102", 7]"#, r#"{"count": 7, "key": "0102"}"#] {
			let arguments = Arguments::parse(Some(json)).expect("parses");
			assert_eq!(arguments.bytes("key").expect("key"), [1, 2]);
			assert_eq!(arguments.required::<u32>("count", "a number").expect("count"), 7);
		}
	}

	#[test]
	fn a_wrong_parameter_is_named_with_what_would_be_right() {
		let wrong = refusal(Arguments::parse(Some(r#"["0x12"]"#)).expect("parses").hash("at"));
		assert!(wrong.contains("`at` must be a hash") && wrong.contains("1 bytes"), "{wrong}");
		let wrong = refusal(Arguments::parse(Some(r#"["0xzz"]"#)).expect("parses").bytes("key"));
		assert!(wrong.contains("`key` must be hexadecimal"), "{wrong}");
		let wrong = refusal(Arguments::parse(Some("[5]")).expect("parses").bytes("key"));
		assert!(wrong.contains("`key`"), "{wrong}");
	}

	#[test]
	fn nesting_and_length_are_refused_and_never_crash() {
		let nested = format!("[{}{}]", "[".repeat(200_000), "]".repeat(200_000));
		refusal(Arguments::parse(Some(&nested)).expect("one parameter").bytes("key"));
		refusal(
			Arguments::parse(Some(&nested))
				.expect("one parameter")
				.optional::<serde_json::Value>("items", "a list"),
		);
		let many = format!("[{}0]", "0,".repeat(100_000));
		assert!(Arguments::parse(Some(&many)).is_err());
		let keys = format!("[[{}\"0x\"]]", "\"0x\",".repeat(1_000));
		assert!(refusal(Arguments::parse(Some(&keys)).expect("parses").list_of_bytes("keys", 1_000))
			.contains("1000"));
		for json in ["5", "\"a\"", "[", "{\"a\"", "true"] {
			assert!(Arguments::parse(Some(json)).is_err(), "{json}");
		}
	}
}
