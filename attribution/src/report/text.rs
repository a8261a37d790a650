//! A report for a terminal.
//!
//! # Must not
//! Let a byte of output or paths reach the terminal that it might obey.

use super::{grouped, visible, Part, Report};
use std::{fmt::Write, ops::Range};

/// Bytes of a part that are shown.
const EXCERPT_BYTES: usize = 60;

/// Contributions, and parts, that are listed; the others are counted.
const LINES_MAX: usize = 200;

pub(super) fn render(report: &Report, output: &[u8]) -> String {
	let mut text = summary(report);
	if !report.shares.is_empty() {
		text.push_str("\n     bytes    share  contribution\n");
	}
	for share in report.shares.iter().take(LINES_MAX) {
		let (bytes, part) = (grouped(share.bytes), report.per_cent(share.bytes));
		let path = visible(share.path.as_bytes());
		let _ = writeln!(text, "{bytes:>10} {part:>8}  {} {path}", share.contribution.0);
	}
	more(&mut text, report.shares.len());
	text.push('\n');
	let parts = report.parts();
	for (range, part) in parts.iter().take(LINES_MAX) {
		let _ = writeln!(text, "{}", line(range, *part, output));
	}
	more(&mut text, parts.len());
	text.truncate(text.trim_end().len());
	text
}

fn summary(report: &Report) -> String {
	let claims = report.claims.len();
	let own = report.output.len - report.attributed_bytes - report.echoed_bytes;
	let rows = [
		("output", report.output.len, format!("BLAKE3 {}", hex::encode(report.output.root))),
		(
			"attributed",
			report.attributed_bytes,
			format!("by {claims} claims of {} bytes or more", report.min_bytes),
		),
		("in the prompt", report.echoed_bytes, "claimed for nobody".into()),
		("neither", own, format!("not in any of {} contributions", grouped(report.index.sources))),
	];
	let mut text = String::new();
	for (label, bytes, about) in rows {
		let (bytes, part) = (grouped(bytes), report.per_cent(bytes));
		let _ = writeln!(text, "{label:<13} {bytes:>10} bytes {part:>8}  {about}");
	}
	text
}

fn line(range: &Range<usize>, part: Part, output: &[u8]) -> String {
	let about = match part {
		Part::Claimed(claim) => {
			let others = match claim.occurrences {
				0..=1 => String::new(),
				count => format!(", the first of {} places", grouped(count)),
			};
			format!("contribution {} at {}{others}", claim.contribution.0, claim.offset)
		}
		Part::Echo => "in the prompt".into(),
		Part::Own => "-".into(),
	};
	let bytes = output.get(range.clone()).unwrap_or_default();
	let shown = visible(&bytes[..bytes.len().min(EXCERPT_BYTES)]);
	let dots = if bytes.len() > EXCERPT_BYTES { "…" } else { "" };
	format!("{:>9}..{:<9} {about}\n{:>22}{shown}{dots}", range.start, range.end, "")
}

fn more(text: &mut String, count: usize) {
	if count > LINES_MAX {
		let _ = writeln!(text, "and {} more, which are in the JSON", grouped((count - LINES_MAX) as u64));
	}
}
