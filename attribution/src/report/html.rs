//! A report as one page of HTML.
//!
//! # Must not
//! Load, run or link to anything outside, or take a byte from outside as markup: all of it goes through [`Escaped`].
//!
//! # Invariants
//! The page is UTF-8 whatever the output is; bytes that are none are shown as `\x..`.

use super::{grouped, is_harmful, Part, Report};
use std::fmt::{self, Display, Formatter, Write};

/// Degrees between the colours of two contributions: the golden angle, so that neighbours differ and few are alike.
const HUE_STEP: usize = 137;

const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#222;background:#fff}\
pre{font:15px/1.6 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid #ccc;\
border-radius:6px;padding:1rem}\
mark{color:inherit;background:hsl(var(--h) 75% 86%);border-bottom:2px solid hsl(var(--h) 60% 45%)}\
.echo{color:#777;border-bottom:2px dotted #999}.odd{color:#a33;font-size:.85em}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .75rem .25rem 0;vertical-align:top;\
overflow-wrap:anywhere}td.n{text-align:right;white-space:nowrap}\
.key{display:inline-block;width:1em;height:1em;border-radius:3px;background:hsl(var(--h) 75% 80%)}\
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}pre{border-color:#444}\
mark{background:hsl(var(--h) 45% 24%)}.echo{color:#999}.odd{color:#e88}}";

pub(super) fn render(report: &Report, output: &[u8]) -> String {
	let mut page = String::with_capacity(2 * output.len() + 4_096);
	let own = report.output.len - report.attributed_bytes - report.echoed_bytes;
	let _ = write!(
		page,
		"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
		 <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
		 <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
		 <title>Which bytes came from where</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
		 <h1>Which bytes came from where</h1>\n\
		 <p>{} bytes, BLAKE3 <code>{}</code>. Claims of at least {} bytes, searched in {} bytes of {} contributions.</p>\n\
		 <table>\n<tr><th></th><th>contribution</th><th>file</th><th>claims</th><th>bytes</th><th>share</th></tr>\n",
		grouped(report.output.len),
		hex::encode(report.output.root),
		report.min_bytes,
		grouped(report.index.bytes),
		grouped(report.index.sources),
	);
	for (place, share) in report.shares.iter().enumerate() {
		let key = format!("<span class=\"key\" style=\"--h:{}\"></span>", hue(place));
		let (id, path) = (share.contribution.0.to_string(), share.path.as_bytes());
		row(&mut page, report, [&key, &id, &Escaped(path).to_string(), &grouped(share.claims)], share.bytes);
	}
	row(&mut page, report, ["", "", "stands in the prompt, claimed for nobody", ""], report.echoed_bytes);
	row(&mut page, report, ["", "", "in none of the contributions", ""], own);
	// A line break right behind the tag is not shown, so that the output's own is.
	page.push_str("</table>\n<pre>\n");
	parts(&mut page, report, output);
	page.push_str("</pre>\n</body>\n</html>\n");
	page
}

/// A row of the table; the cells are markup.
fn row(page: &mut String, report: &Report, [key, id, path, claims]: [&str; 4], bytes: u64) {
	let (count, part) = (grouped(bytes), report.per_cent(bytes));
	let _ = writeln!(
		page,
		"<tr><td>{key}</td><td>{id}</td><td>{path}</td><td class=\"n\">{claims}</td><td class=\"n\">{count}</td>\
		 <td class=\"n\">{part}</td></tr>"
	);
}

fn parts(page: &mut String, report: &Report, output: &[u8]) {
	let hues: std::collections::BTreeMap<_, _> =
		report.shares.iter().enumerate().map(|(place, share)| (share.contribution, hue(place))).collect();
	for (range, part) in report.parts() {
		let bytes = Escaped(output.get(range).unwrap_or_default());
		let _ = match part {
			Part::Claimed(claim) => write!(
				page,
				"<mark style=\"--h:{}\" title=\"contribution {} · {} · bytes {} to {} · {} {}\">{bytes}</mark>",
				hues.get(&claim.contribution).copied().unwrap_or_default(),
				claim.contribution.0,
				Escaped(claim.path.as_bytes()).plain(),
				claim.offset,
				claim.offset + claim.len,
				grouped(claim.occurrences),
				if claim.occurrences == 1 { "place" } else { "places" },
			),
			Part::Echo => write!(page, "<span class=\"echo\" title=\"stands in the prompt\">{bytes}</span>"),
			Part::Own => write!(page, "{bytes}"),
		};
	}
}

fn hue(place: usize) -> usize {
	place * HUE_STEP % 360
}

/// Bytes from outside as markup that shows them, and does nothing else.
#[derive(Clone, Copy)]
struct Escaped<'a>(&'a [u8]);

impl Escaped<'_> {
	/// Without tags, for attributes.
	fn plain(self) -> String {
		self.to_string().replace("<span class=\"odd\">", "").replace("</span>", "")
	}
}

impl Display for Escaped<'_> {
	fn fmt(&self, to: &mut Formatter) -> fmt::Result {
		for chunk in self.0.utf8_chunks() {
			for character in chunk.valid().chars() {
				match character {
					'&' => to.write_str("&amp;")?,
					'<' => to.write_str("&lt;")?,
					'>' => to.write_str("&gt;")?,
					'"' => to.write_str("&quot;")?,
					'\'' => to.write_str("&#39;")?,
					'\n' | '\t' => to.write_char(character)?,
					_ if is_harmful(character) => {
						write!(to, "<span class=\"odd\">{}</span>", character.escape_unicode())?;
					}
					_ => to.write_char(character)?,
				}
			}
			for byte in chunk.invalid() {
				write!(to, "<span class=\"odd\">\\x{byte:02x}</span>")?;
			}
		}
		Ok(())
	}
}
