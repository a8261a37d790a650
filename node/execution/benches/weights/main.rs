//! Measures what calls cost, and writes it where their weights are computed; `scripts/bench weights` runs it.
//!
//! ```text
//! weights [--check] [--steps N] [--repeats N] [PALLET…]
//! ```
//!
//! Without a pallet, those of this repository are measured. Others, which the runtime lists too, are measured when they are
//! named, and only printed. `--check` runs every benchmark at its least and greatest sizes for its own verdict, and
//! measures nothing. It ends with `N passed, N failed`.
//!
//! # Must not
//! Judge a figure, or touch anything but `weights/measured.rs` of the pallets that it measures.

mod file;
mod measure;
mod state;

use frame_benchmarking::BenchmarkList;
use measure::{text, Case, Effort};
use plexus_runtime::benchmarking;
use sp_runtime::BuildStorage;
use state::FlatState;
use std::process::ExitCode;

struct Arguments {
	check: bool,
	effort: Effort,
	pallets: Vec<String>,
}

impl Arguments {
	fn parse(mut given: impl Iterator<Item = String>) -> Result<Self, String> {
		let effort = Effort { steps: 10, repeats: 20 };
		let mut arguments = Self { check: false, effort, pallets: Vec::new() };
		while let Some(argument) = given.next() {
			let mut number = |least: u32| {
				let value = given.next().and_then(|value| value.parse().ok());
				value.filter(|value| *value >= least).ok_or(format!("{argument} takes a number from {least}"))
			};
			match argument.as_str() {
				"--check" => arguments.check = true,
				"--steps" => arguments.effort.steps = number(2)?,
				"--repeats" => arguments.effort.repeats = number(1)?,
				// From `cargo bench`.
				"--bench" => {}
				unknown if unknown.starts_with('-') => return Err(format!("there is no option {unknown}")),
				_ => arguments.pallets.push(argument),
			}
		}
		Ok(arguments)
	}

	/// Everything is checked, and what has a place for its figures is measured, if nothing is named.
	fn names(&self, pallet: &str) -> bool {
		match self.pallets.is_empty() {
			true => self.check || file::place(pallet).is_some(),
			false => self.pallets.iter().any(|named| named == pallet),
		}
	}
}

fn main() -> ExitCode {
	match run() {
		Ok(code) => code,
		Err(cause) => {
			eprintln!("{cause}");
			ExitCode::FAILURE
		}
	}
}

fn run() -> Result<ExitCode, String> {
	let arguments = Arguments::parse(std::env::args().skip(1))?;
	let all = benchmarking::list();
	let known: Vec<_> = all.iter().map(|list| text(&list.pallet)).collect();
	if let Some(unknown) = arguments.pallets.iter().find(|named| !known.contains(named)) {
		return Err(format!("{unknown} has no benchmarks in the runtime; these have: {}", known.join(", ")));
	}
	let lists: Vec<_> = all.into_iter().filter(|list| arguments.names(&text(&list.pallet))).collect();
	let genesis = plexus_runtime::RuntimeGenesisConfig::default().build_storage()?;
	let state = FlatState::new(genesis);
	if arguments.check {
		return Ok(check(&state, &lists));
	}
	println!("{}", file::machine());
	lists.iter().try_for_each(|list| measure_pallet(&state, list, arguments.effort))?;
	Ok(ExitCode::SUCCESS)
}

fn check(state: &FlatState, lists: &[BenchmarkList]) -> ExitCode {
	let (mut passed, mut failed) = (0, 0);
	for (list, benchmark) in
		lists.iter().flat_map(|list| list.benchmarks.iter().map(move |each| (list, each)))
	{
		match measure::check(state, list, benchmark) {
			Ok(()) => passed += 1,
			Err(cause) => {
				println!("{cause}");
				failed += 1;
			}
		}
	}
	println!("{passed} passed, {failed} failed");
	if failed == 0 {
		ExitCode::SUCCESS
	} else {
		ExitCode::FAILURE
	}
}

fn measure_pallet(state: &FlatState, list: &BenchmarkList, effort: Effort) -> Result<(), String> {
	let pallet = text(&list.pallet);
	println!("\n{pallet}\n{:<28}{:>12}{:>12}{:>8}{:>8}", "", "least µs", "most µs", "reads", "writes");
	let mut cases: Vec<Case> = Vec::new();
	for benchmark in &list.benchmarks {
		let case = measure::measure(state, list, benchmark, effort)?;
		let (reads, writes) =
			case.keys.values().fold((0, 0), |(r, w), (reads, writes)| (r + reads, w + writes));
		let (least, most) = case.span_ns;
		let name = &case.name;
		println!("{name:<28}{:>12.1}{:>12.1}{reads:>8}{writes:>8}", least as f64 / 1e3, most as f64 / 1e3);
		cases.push(case);
	}
	if let Some(path) = file::place(&pallet) {
		file::write(&path, &pallet, &cases, effort)
			.map_err(|cause| format!("{}: {cause}", path.display()))?;
		println!("written: {}", path.display());
	}
	Ok(())
}
