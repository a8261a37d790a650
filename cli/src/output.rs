//! What commands print: a table for people, JSON for programs.
//!
//! # Must not
//! Let text from the chain reach a terminal unchecked: control characters could rewrite what stands there.
//!
//! # Invariants
//! JSON keys are snake_case and stay; what is absent is `null`, never left out. One command prints one JSON value.

use crate::failure::Failure;
use comfy_table::{presets, Cell, ContentArrangement, Table};
use serde::Serialize;
use std::fmt::Display;

/// Something that a command answers.
pub(crate) trait Answer: Serialize {
	/// As a person reads it.
	fn human(&self) -> String;
}

/// Prints an answer to standard output.
pub(crate) fn print(json: bool, answer: &impl Answer) {
	if json {
		let text = serde_json::to_string_pretty(answer)
			.expect("answers serialise because their map keys are strings");
		println!("{text}");
	} else {
		println!("{}", answer.human());
	}
}

/// Prints a failure as JSON to standard output.
pub(crate) fn print_failure(failure: &Failure) {
	println!("{}", serde_json::json!({ "error": failure }));
}

/// Two columns: label and value.
pub(crate) fn fields<Value: ToString>(rows: impl IntoIterator<Item = (&'static str, Value)>) -> String {
	let mut table = plain_table();
	for (label, value) in rows {
		table.add_row([Cell::new(label), Cell::new(clean(&value.to_string()))]);
	}
	trimmed(&table)
}

/// Columns with a heading.
pub(crate) fn columns<const N: usize>(
	heading: [&'static str; N],
	rows: impl IntoIterator<Item = [String; N]>,
) -> String {
	let mut table = plain_table();
	table.set_header(heading);
	for row in rows {
		table.add_row(row.map(|text| Cell::new(clean(&text))));
	}
	trimmed(&table)
}

/// A page of a list: a table, or that there is nothing, and where the next page begins. What is gone, over or others'
/// leaves pages empty before the end.
pub(crate) fn page<const N: usize>(
	nothing: &str,
	heading: [&'static str; N],
	rows: impl ExactSizeIterator<Item = [String; N]>,
	next: Option<impl Display>,
) -> String {
	let listed = match rows.len() {
		0 => nothing.into(),
		_ => columns(heading, rows),
	};
	with_cursor(listed, next)
}

/// What a page lists, and where the next one begins.
pub(crate) fn with_cursor(listed: String, next: Option<impl Display>) -> String {
	match next {
		Some(next) => format!("{listed}\nmore with --cursor {next}"),
		None => listed,
	}
}

/// What an answer from a node's index of events may lack, as a last line; nothing where it has all blocks.
pub(crate) fn index_reach(complete_from: Option<u32>, indexed_to: Option<u32>) -> String {
	match (complete_from, indexed_to) {
		(Some(0 | 1), Some(_)) => String::new(),
		(Some(from), Some(to)) => {
			format!("\nthe node has indexed blocks {from} to {to}; what is older may be missing")
		}
		_ => "\nthe node has indexed no block yet".into(),
	}
}

/// Text from outside, with everything escaped that a terminal might obey.
pub(crate) fn clean(text: &str) -> String {
	text.chars()
		.flat_map(|character| {
			let harmful = character.is_control()
				|| matches!(character, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
			let (escaped, kept) =
				if harmful { (Some(character.escape_unicode()), None) } else { (None, Some(character)) };
			escaped.into_iter().flatten().chain(kept)
		})
		.collect()
}

/// Bytes that should be text, for JSON and people alike.
pub(crate) fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}

/// Milliseconds as a person reads them, rounded up to seconds, of days and hours to minutes.
pub(crate) fn duration(ms: u64) -> String {
	let seconds = ms.div_ceil(1_000);
	match (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60) {
		(0, 0, 0) => format!("{seconds} s"),
		(0, 0, minutes) => format!("{minutes} min {} s", seconds % 60),
		(0, hours, minutes) => format!("{hours} h {minutes} min"),
		(days, hours, minutes) => format!("{days} d {hours} h {minutes} min"),
	}
}

/// `0x` and hexadecimal digits.
pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
	format!("0x{}", hex::encode(bytes))
}

fn plain_table() -> Table {
	let mut table = Table::new();
	// Never wrapped: addresses and hashes are there to be copied.
	table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
	table
}

fn trimmed(table: &Table) -> String {
	table.lines().map(|line| line.trim_end().to_string()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn control_characters_of_the_chain_do_not_reach_the_terminal() {
		let shown = fields([("name", "a\u{1b}[2Jb\r\nc\u{202e}d"), ("other", "ä ✓ 日本")]);
		assert!(shown.lines().count() == 2, "{shown:?}");
		assert!(shown.chars().all(|character| character == '\n' || !character.is_control()), "{shown:?}");
		assert!(!shown.contains('\u{202e}'));
		assert!(shown.contains("ä ✓ 日本"));
	}

	#[test]
	fn long_values_stay_on_one_line() {
		let hash = "0x".to_string() + &"ab".repeat(32);
		assert!(columns(["hash", "n"], [[hash.clone(), "1".into()]]).contains(&hash));
	}
}
