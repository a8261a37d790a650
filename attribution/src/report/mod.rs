//! [`Report`]: which bytes of an output came from where.
//!
//! ```text
//! mod.rs    what is in it; JSON
//! text.rs   for a terminal
//! html.rs   one page for a browser, which needs nothing else
//! ```
//!
//! # Must not
//! Hold the output itself: a report may be public where the output is not. Both renderings ask for the output, and show it.
//!
//! # Invariants
//! Claims and echoes are in order and do not overlap. What is in neither of them is the model's own, as far as the index
//! knows: text from elsewhere looks the same.

mod html;
mod text;

use crate::{claims::SpanClaim, index::Size, matches::Match};
use plexus_primitives::{Content, ContributionId};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt::Write, ops::Range};

/// The format of reports in JSON.
const FORMAT: u32 = 1;

/// How claims are found: matches of the report's least length, without those of the prompt, the longest first, each for the
/// earliest contribution.
pub const METHOD: &str = "plexus-spans/1";

/// Which bytes of an output came from where.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Report {
	/// Of the report itself.
	pub format: u32,
	/// How claims were found.
	pub method: String,
	/// The output's name.
	pub output: Content,
	/// The least length of a claim.
	pub min_bytes: usize,
	/// What was searched.
	pub index: Size,
	/// Bytes that are claimed for a contribution.
	pub attributed_bytes: u64,
	/// Bytes that stand in the prompt.
	pub echoed_bytes: u64,
	/// Who has how much, the most first.
	pub shares: Vec<Share>,
	/// In the order of the output.
	pub claims: Vec<SpanClaim>,
	/// Parts that stand in the prompt, in the order of the output.
	pub echoes: Vec<Match>,
}

/// What one contribution has of an output.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Share {
	/// The contribution.
	pub contribution: ContributionId,
	/// The local file.
	pub path: String,
	/// Bytes of the output that are claimed for it.
	pub bytes: u64,
	/// By so many claims.
	pub claims: u64,
}

/// A part of the output, as it is shown.
#[derive(Clone, Copy)]
enum Part<'a> {
	Claimed(&'a SpanClaim),
	Echo,
	Own,
}

impl Report {
	pub(crate) fn new(
		index: Size,
		output: &[u8],
		min_bytes: usize,
		echoes: Vec<Match>,
		claims: Vec<SpanClaim>,
	) -> Self {
		Self {
			format: FORMAT,
			method: METHOD.into(),
			output: Content { root: *blake3::hash(output).as_bytes(), len: output.len() as u64 },
			min_bytes,
			index,
			attributed_bytes: claims.iter().map(|claim| claim.len).sum(),
			echoed_bytes: echoes.iter().map(|echo| echo.len as u64).sum(),
			shares: shares(&claims),
			claims,
			echoes,
		}
	}

	/// The claims of the most bytes, at most so many, in the order of the output: a receipt has room for 16.
	pub fn largest_claims(&self, max: usize) -> Vec<&SpanClaim> {
		let mut claims: Vec<&SpanClaim> = self.claims.iter().collect();
		claims.sort_by_key(|claim| (std::cmp::Reverse(claim.len), claim.start));
		claims.truncate(max);
		claims.sort_by_key(|claim| claim.start);
		claims
	}

	/// For a terminal: a summary, who has how much, and the parts of the output with the beginning of each. What a terminal
	/// might obey is escaped.
	///
	/// `output` is the one that the report is about; of any other, nonsense comes out.
	pub fn text(&self, output: &[u8]) -> String {
		text::render(self, output)
	}

	/// One page of HTML with the whole output, its parts in colours, which loads nothing and runs nothing. All that comes
	/// from outside is escaped.
	///
	/// `output` is the one that the report is about; of any other, nonsense comes out.
	pub fn html(&self, output: &[u8]) -> String {
		html::render(self, output)
	}

	/// All of the output in its order.
	fn parts(&self) -> Vec<(Range<usize>, Part<'_>)> {
		let claims = self.claims.iter().map(|claim| (claim.range(), Part::Claimed(claim)));
		let mut known: Vec<_> =
			claims.chain(self.echoes.iter().map(|echo| (echo.range(), Part::Echo))).collect();
		known.sort_by_key(|(range, _)| range.start);
		let (mut parts, mut at) = (Vec::new(), 0);
		for (range, part) in known {
			if at < range.start {
				parts.push((at..range.start, Part::Own));
			}
			at = range.end;
			parts.push((range, part));
		}
		if at < self.output.len as usize {
			parts.push((at..self.output.len as usize, Part::Own));
		}
		parts
	}

	/// A part of the output in per cent, with one digit behind the point.
	fn per_cent(&self, bytes: u64) -> String {
		let thousandths = u128::from(bytes) * 1_000 / u128::from(self.output.len.max(1));
		format!("{}.{} %", thousandths / 10, thousandths % 10)
	}
}

fn shares(claims: &[SpanClaim]) -> Vec<Share> {
	let mut shares = BTreeMap::new();
	for claim in claims {
		let share = shares.entry(claim.contribution).or_insert_with(|| Share {
			contribution: claim.contribution,
			path: claim.path.clone(),
			bytes: 0,
			claims: 0,
		});
		share.bytes += claim.len;
		share.claims += 1;
	}
	let mut shares: Vec<Share> = shares.into_values().collect();
	shares.sort_by_key(|share| (std::cmp::Reverse(share.bytes), share.contribution));
	shares
}

/// Whether showing a character as it is could change what stands around it: controls, and what turns the direction of text.
fn is_harmful(character: char) -> bool {
	let turns = matches!(character, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
	character.is_control() || turns
}

/// Bytes as text, on one line, with everything escaped that is no plain text.
fn visible(bytes: &[u8]) -> String {
	let mut shown = String::new();
	for chunk in bytes.utf8_chunks() {
		for character in chunk.valid().chars() {
			match character {
				'\n' | '\r' | '\t' => shown.extend(character.escape_default()),
				_ if is_harmful(character) => shown.extend(character.escape_unicode()),
				_ => shown.push(character),
			}
		}
		for byte in chunk.invalid() {
			// Writing to a string cannot fail.
			let _ = write!(shown, "\\x{byte:02x}");
		}
	}
	shown
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
	let digits = number.to_string();
	let mut grouped = String::new();
	for (place, digit) in digits.chars().enumerate() {
		if place > 0 && (digits.len() - place).is_multiple_of(3) {
			grouped.push(',');
		}
		grouped.push(digit);
	}
	grouped
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{index::shard::Shard, testing::index_of, Attribution, Index, Source};

	fn report(output: &[u8], prompt: &[u8]) -> Report {
		let files = [b"first contribution's words".to_vec(), b"<b>second & \"last\" one's</b>".to_vec()];
		let attribution = Attribution { min_bytes: 16, prompt, ..Attribution::default() };
		attribution.report(&index_of(&files, 1), output).unwrap()
	}

	const OUTPUT: &[u8] =
		b"Own, first contribution's words, <b>second & \"last\" one's</b>, and the question again";

	#[test]
	fn every_byte_is_in_one_part() {
		let report = report(OUTPUT, b"the question");
		let parts = report.parts();
		let kinds: Vec<_> = parts
			.iter()
			.map(|(range, part)| match part {
				Part::Claimed(claim) => format!("{}:{}", claim.contribution.0, range.len()),
				Part::Echo => format!("echo:{}", range.len()),
				Part::Own => format!("own:{}", range.len()),
			})
			.collect();
		assert_eq!(kinds, ["own:5", "0:26", "own:2", "1:28", "own:6", "echo:12", "own:6"]);
		assert!(parts.windows(2).all(|pair| pair[0].0.end == pair[1].0.start));
		assert_eq!((report.attributed_bytes, report.echoed_bytes), (54, 12));
		let shares: Vec<_> = report.shares.iter().map(|share| (share.contribution.0, share.bytes)).collect();
		assert_eq!(shares, [(1, 28), (0, 26)], "the most first");
		assert_eq!(report.largest_claims(1)[0].contribution.0, 1);
		assert_eq!(
			report.largest_claims(9).iter().map(|claim| claim.contribution.0).collect::<Vec<_>>(),
			[0, 1]
		);
	}

	#[test]
	fn a_report_in_json_is_read_as_it_was_written_and_holds_no_output() {
		let report = report(OUTPUT, b"the question");
		let json = serde_json::to_string(&report).unwrap();
		assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
		assert!(!json.contains("Own"), "{json}");
	}

	#[test]
	fn the_text_names_every_part_and_escapes_what_a_terminal_obeys() {
		let report = report(OUTPUT, b"the question");
		let text = report.text(OUTPUT);
		for part in [
			"85 bytes",
			"63.5 %",
			"contribution 0",
			"contribution 1",
			"in the prompt",
			"first contribution's words",
		] {
			assert!(text.contains(part), "{part} is not in\n{text}");
		}
		let evil = b"\x1b[2J\xff\n\xe2\x80\xaeabc \x07 first contribution's words";
		let shown = super::tests::report(evil, b"").text(evil);
		assert!(shown.chars().all(|character| character == '\n' || !is_harmful(character)), "{shown:?}");
		assert!(shown.contains("\\u{1b}[2J\\xff\\n\\u{202e}abc"), "{shown}");
	}

	#[test]
	fn the_page_escapes_everything_from_outside_and_loads_nothing() {
		let page = report(OUTPUT, b"the question").html(OUTPUT);
		assert!(page.contains("&lt;b&gt;second &amp; &quot;last&quot; one&#39;s&lt;/b&gt;"), "{page}");
		assert!(!page.contains("<b>"));
		assert!(page.contains("default-src 'none'"));
		for loads in ["<script", "src=", "://", "@import", "url(", "<link", "<img", "<iframe"] {
			assert!(!page.contains(loads), "{loads} is in\n{page}");
		}
	}

	#[test]
	fn a_page_of_any_bytes_has_no_tags_but_its_own() {
		let all: Vec<u8> =
			(0..=255).chain(*b"</pre><script>alert(1)</script>\xf0\x9f \xe2\x80\xae").collect();
		let source = index_of(std::slice::from_ref(&all), 1).sources()[0].clone();
		let source = Source { path: "\"><script>&\u{202e}'".into(), ..source };
		let index = Index::new(vec![source], vec![Shard::sort([&all[..], &[0]].concat(), vec![0])]);
		let report = Attribution::default().report(&index, &all).unwrap();
		assert_eq!(report.attributed_bytes, all.len() as u64);
		let page = report.html(&all);
		assert!(!page.contains("<script") && !page.contains("</pre><"), "{page}");
		assert_eq!(page.matches("</pre>").count(), 1);
		assert!(page.chars().all(|character| matches!(character, '\n' | '\t') || !is_harmful(character)));
	}

	#[test]
	fn numbers_are_readable() {
		assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
		assert_eq!(visible(b"a\xe2\x82b\tc"), "a\\xe2\\x82b\\tc");
	}
}
