//! JSON values as YAML for people: block style, keys in order, every text in quotes.
//!
//! # Must not
//! Need a parser: a text in double quotes with JSON's escapes means the same in YAML 1.2 (§7.3.1), and nothing else is
//! written but numbers, booleans and empty collections.

use serde_json::Value;
use std::fmt::Write;

/// The value as a YAML document.
pub(super) fn to_yaml(value: &Value) -> String {
	let mut text = String::new();
	block(&mut text, value, 0);
	text
}

fn block(text: &mut String, value: &Value, depth: usize) {
	let indent = "  ".repeat(depth);
	match value {
		Value::Object(map) => {
			for (key, value) in map {
				entry(text, &format!("{indent}{}:", name(key)), value, depth);
			}
		}
		Value::Array(items) => {
			for item in items {
				entry(text, &format!("{indent}-"), item, depth);
			}
		}
		scalar => writeln!(text, "{indent}{scalar}").expect("strings accept everything"),
	}
}

/// A key or dash and what belongs to it: on the same line if it is short, else below it and deeper.
fn entry(text: &mut String, start: &str, value: &Value, depth: usize) {
	let is_nested = match value {
		Value::Object(map) => !map.is_empty(),
		Value::Array(items) => !items.is_empty(),
		_ => false,
	};
	if is_nested {
		writeln!(text, "{start}").expect("strings accept everything");
		block(text, value, depth + 1);
	} else {
		writeln!(text, "{start} {value}").expect("strings accept everything");
	}
}

/// A key, in quotes unless it is plain.
fn name(key: &str) -> String {
	let plain = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '-';
	match !key.is_empty()
		&& key.starts_with(|c: char| c.is_ascii_alphabetic())
		&& key.chars().all(|c| plain(c) || c.is_ascii_digit())
	{
		true if !matches!(key, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n") => {
			key.into()
		}
		_ => Value::from(key).to_string(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	#[test]
	fn nesting_is_by_indentation_and_texts_are_quoted() {
		let value = json!({ "a": { "b": [1, "x: y", { "c": true }], "on": {} }, "e\"f": [] });
		assert_eq!(
			to_yaml(&value),
			"a:\n  b:\n    - 1\n    - \"x: y\"\n    -\n      c: true\n  \"on\": {}\n\"e\\\"f\": []\n"
		);
	}
}
