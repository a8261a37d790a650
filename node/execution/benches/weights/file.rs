//! Writes what was measured as `weights/measured.rs` of a pallet.
//!
//! # Invariants
//! The same figures give the same file, and other figures change nothing but numbers: each benchmark is a function with
//! all its sizes, in the pallet's order. There is no date in it.

use crate::measure::{Case, Effort, Line};
use std::{
	fmt::Write as _,
	fs, io,
	path::{Path, PathBuf},
};

/// Columns of a comment.
const COLUMNS: usize = 118;

/// Where a pallet's figures belong; nothing if the pallet is not one of this repository.
pub fn place(pallet: &str) -> Option<PathBuf> {
	let folder = pallet.strip_prefix("pallet_")?.replace('_', "-");
	let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pallets").join(folder).join("src");
	source.join("weights.rs").exists().then(|| source.join("weights/measured.rs"))
}

/// Writes the file.
pub fn write(path: &Path, pallet: &str, cases: &[Case], effort: Effort) -> io::Result<()> {
	if let Some(folder) = path.parent() {
		fs::create_dir_all(folder)?;
	}
	fs::write(path, render(pallet, cases, effort))
}

fn render(pallet: &str, cases: &[Case], Effort { steps, repeats }: Effort) -> String {
	let mut file = format!(
		"//! What the cases of `benchmarking.rs` took. Written by `scripts/bench weights {pallet}`, never by hand.
//!
//! Machine: {}.
//!
//! Measured with the chain's runtime, optimised and executed natively on one thread. The state was flat and in memory:
//! look-ups are in the times, while misses, the trie and the disk are what keys are priced with.
//!
//! Each size went through its range in {steps} steps, while the others were at their greatest and while they were at their
//! least. Of {repeats} runs at each step the fastest counts. The line that least squares fit was lifted until no step was above
//! it. Keys are distinct ones, without those that every block touches.

use frame_support::weights::Weight;
use plexus_primitives::weights::{{cost, each, Prices}};
",
		machine()
	);
	for case in cases {
		file.push('\n');
		file.push_str(&function(case));
	}
	file
}

fn function(case: &Case) -> String {
	let mut code = String::new();
	let ranges = case.sizes.iter().map(|size| format!("`{}` from {} to {}", size.name, size.from, size.to));
	let ranges = ranges.collect::<Vec<_>>().join(", ");
	let (least, most) = case.span_ns;
	let times = match case.sizes.is_empty() {
		true => format!("{}.", microseconds(least)),
		false => format!("{ranges}: {} to {}.", microseconds(least), microseconds(most)),
	};
	let keys = case.keys.iter().map(|(name, (reads, writes))| format!("`{name}` {reads} {writes}"));
	let keys = keys.collect::<Vec<_>>().join(", ");
	let parameters = case.sizes.iter().enumerate().map(|(place, size)| {
		let is_used = [&case.time, &case.reads, &case.writes].iter().any(|line| slope(line, place) > 0);
		format!("{}{}: u32", if is_used { "" } else { "_" }, size.name)
	});
	let parameters = parameters.collect::<Vec<_>>().join(", ");
	// A `String` takes everything.
	code.push_str(&comment(&times));
	if !keys.is_empty() {
		let _ = writeln!(code, "///");
		code.push_str(&comment(&format!("Keys read and written at most: {keys}.")));
	}
	let _ = writeln!(code, "pub(super) fn {}<P: Prices>({parameters}) -> Weight {{", case.name);
	let base = (case.time.base.div_ceil(1_000) * 1_000, case.reads.base, case.writes.base);
	let _ = write!(code, "\tcost::<P>({}, {}, {})", grouped(base.0), base.1, base.2);
	for (place, size) in case.sizes.iter().enumerate() {
		let (time, reads, writes) =
			(slope(&case.time, place), slope(&case.reads, place), slope(&case.writes, place));
		if time + reads + writes > 0 {
			let time = grouped(time);
			let _ =
				write!(code, "\n\t\t.saturating_add(each::<P>({}, {time}, {reads}, {writes}))", size.name);
		}
	}
	code.push_str("\n}\n");
	code
}

/// Documentation in lines of at most [`COLUMNS`].
fn comment(text: &str) -> String {
	let mut lines = vec![String::from("///")];
	for word in text.split(' ') {
		if lines.last().is_some_and(|line| line.chars().count() + 1 + word.chars().count() > COLUMNS) {
			lines.push(String::from("///"));
		}
		if let Some(line) = lines.last_mut() {
			line.push(' ');
			line.push_str(word);
		}
	}
	lines.into_iter().map(|line| line + "\n").collect()
}

fn slope(line: &Line, place: usize) -> u128 {
	line.slopes.get(place).copied().unwrap_or_default()
}

fn microseconds(nanoseconds: u128) -> String {
	format!("{}.{} µs", nanoseconds / 1_000, nanoseconds % 1_000 / 100)
}

/// With underscores between thousands.
fn grouped(number: u128) -> String {
	let digits = number.to_string();
	let first = digits.len() % 3;
	let (head, tail) = digits.split_at(first);
	let groups = tail.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
	let head = (!head.is_empty()).then(|| head.to_string());
	head.into_iter().chain(groups).collect::<Vec<_>>().join("_")
}

/// Architecture, model and number of processors.
pub fn machine() -> String {
	let cores = std::thread::available_parallelism().map_or(1, usize::from);
	let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
	let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
	let model = model.map_or("an unknown processor", |(_, name)| name.trim());
	format!("{}, {model}, {cores} cores", std::env::consts::ARCH)
}
