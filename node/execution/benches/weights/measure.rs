//! Runs benchmarks at several sizes, and puts a line through what they took.
//!
//! # Invariants
//! - A line is nowhere below a measured point: after the fit by least squares its base is raised until none is above it.
//! - Of the repeats of a point the fastest counts, since other programs can only make one slower, and the most keys do.

use crate::state::FlatState;
use frame_benchmarking::{
	Analysis, BenchmarkConfig, BenchmarkList, BenchmarkMetadata, BenchmarkParameter, BenchmarkResult,
	BenchmarkSelector,
};
use plexus_runtime::benchmarking;
use sp_externalities::set_and_run_with_externalities;
use sp_state_machine::{Ext, OverlayedChanges};
use std::collections::{BTreeMap, BTreeSet};

/// A slope that adds less than this part of the greatest value over the whole range of its size is noise.
const NOISE_DIVISOR: u128 = 100;

/// How thoroughly to measure.
#[derive(Clone, Copy)]
pub struct Effort {
	/// Points on the range of each size, at least two.
	pub steps: u32,
	/// Runs at each point, at least one.
	pub repeats: u32,
}

/// A size that a benchmark has, with its range.
pub struct Size {
	/// Its letter.
	pub name: String,
	/// The least.
	pub from: u32,
	/// The greatest.
	pub to: u32,
}

/// `base + Σ slopes[i] · size i`.
pub struct Line {
	/// The value where all sizes are 0.
	pub base: u128,
	/// What one more of each size adds.
	pub slopes: Vec<u128>,
}

/// A benchmark that was measured.
pub struct Case {
	/// Its name.
	pub name: String,
	/// Its sizes.
	pub sizes: Vec<Size>,
	/// Picoseconds.
	pub time: Line,
	/// Distinct keys read.
	pub reads: Line,
	/// Distinct keys written.
	pub writes: Line,
	/// The fastest and the slowest point, in nanoseconds.
	pub span_ns: (u128, u128),
	/// By storage item, how many of its keys were read and written at most.
	pub keys: BTreeMap<String, (u32, u32)>,
}

/// Runs one benchmark of a pallet at all of its points.
pub fn measure(
	state: &FlatState,
	pallet: &BenchmarkList,
	benchmark: &BenchmarkMetadata,
	effort: Effort,
) -> Result<Case, String> {
	let mut results = Vec::new();
	for point in points(&benchmark.components, effort.steps) {
		// Once with the benchmark's own verdict on what it did, which is the warm-up too.
		run(state, pallet, benchmark, &point, true, 1)?;
		results.push(best(run(state, pallet, benchmark, &point, false, effort.repeats)?)?);
	}
	let of = |selector, value: fn(&BenchmarkResult) -> u128| line(&results, selector, value);
	let times = || results.iter().map(|result| result.extrinsic_time);
	Ok(Case {
		name: text(&benchmark.name),
		sizes: benchmark.components.iter().map(size).collect(),
		time: of(BenchmarkSelector::ExtrinsicTime, |result| result.extrinsic_time.saturating_mul(1_000))?,
		reads: of(BenchmarkSelector::Reads, |result| result.reads.into())?,
		writes: of(BenchmarkSelector::Writes, |result| result.writes.into())?,
		span_ns: (times().min().unwrap_or_default(), times().max().unwrap_or_default()),
		keys: keys(&results),
	})
}

/// Runs one benchmark at its least and at its greatest sizes, for its verdict alone.
pub fn check(state: &FlatState, pallet: &BenchmarkList, benchmark: &BenchmarkMetadata) -> Result<(), String> {
	let least = benchmark.components.iter().map(|(name, from, _)| (*name, *from)).collect::<Vec<_>>();
	let greatest = benchmark.components.iter().map(|(name, _, to)| (*name, *to)).collect::<Vec<_>>();
	for point in [least, greatest] {
		run(state, pallet, benchmark, &point, true, 1)?;
	}
	Ok(())
}

fn run(
	state: &FlatState,
	pallet: &BenchmarkList,
	benchmark: &BenchmarkMetadata,
	point: &[(BenchmarkParameter, u32)],
	verify: bool,
	repeats: u32,
) -> Result<Vec<BenchmarkResult>, String> {
	let config = BenchmarkConfig {
		pallet: pallet.pallet.clone(),
		instance: pallet.instance.clone(),
		benchmark: benchmark.name.clone(),
		selected_components: point.to_vec(),
		verify,
		internal_repeats: repeats,
	};
	let mut overlay = OverlayedChanges::default();
	overlay.enter_runtime().map_err(|_| "a new overlay is outside of the runtime")?;
	let mut ext = Ext::new(&mut overlay, state, None);
	let batches =
		set_and_run_with_externalities(&mut ext, || benchmarking::run(&config)).map_err(|cause| {
			format!("{}::{} at {point:?}: {cause}", text(&pallet.pallet), text(&benchmark.name))
		})?;
	Ok(batches.into_iter().flat_map(|batch| batch.results).collect())
}

/// Each size goes through its range while the others are at their greatest; and all are at their least once.
fn points(sizes: &[(BenchmarkParameter, u32, u32)], steps: u32) -> Vec<Vec<(BenchmarkParameter, u32)>> {
	let last = steps.max(2) - 1;
	let mut values = BTreeSet::from([sizes.iter().map(|(_, from, _)| *from).collect::<Vec<_>>()]);
	for (place, (_, from, to)) in sizes.iter().enumerate() {
		let range = u64::from(to.saturating_sub(*from));
		for step in 0..=last {
			let mut point: Vec<u32> = sizes.iter().map(|(_, _, to)| *to).collect();
			point[place] = from + (range * u64::from(step) / u64::from(last)) as u32;
			values.insert(point);
		}
	}
	let named = |point: Vec<u32>| sizes.iter().map(|(name, ..)| *name).zip(point).collect();
	values.into_iter().map(named).collect()
}

/// The fastest run, with the most keys of all.
fn best(runs: Vec<BenchmarkResult>) -> Result<BenchmarkResult, String> {
	let most = |count: fn(&BenchmarkResult) -> u32| runs.iter().map(count).max().unwrap_or_default();
	let (reads, writes) = (most(|run| run.reads), most(|run| run.writes));
	let fastest = runs.into_iter().min_by_key(|run| run.extrinsic_time).ok_or("the benchmark was skipped")?;
	Ok(BenchmarkResult { reads, writes, ..fastest })
}

/// Fits a line, drops slopes that are noise, and raises it above all points.
fn line(
	results: &Vec<BenchmarkResult>,
	selector: BenchmarkSelector,
	value: fn(&BenchmarkResult) -> u128,
) -> Result<Line, String> {
	let fitted = Analysis::min_squares_iqr(results, selector).map_err(|cause| cause.to_string())?;
	let greatest = results.iter().map(value).max().unwrap_or_default();
	let range = |place: usize| {
		let sizes =
			|| results.iter().filter_map(|result| result.components.get(place)).map(|(_, size)| *size);
		u128::from(sizes().max().unwrap_or_default() - sizes().min().unwrap_or_default())
	};
	let is_noise = |(place, slope): (usize, u128)| {
		let adds = slope.saturating_mul(range(place));
		if adds.saturating_mul(NOISE_DIVISOR) < greatest {
			0
		} else {
			slope
		}
	};
	let slopes: Vec<u128> = fitted.slopes.iter().copied().enumerate().map(is_noise).collect();
	let above = |result: &BenchmarkResult| {
		let sizes = result.components.iter().map(|(_, size)| u128::from(*size));
		let rising = sizes.zip(&slopes).fold(0u128, |sum, (size, slope)| sum.saturating_add(size * slope));
		value(result).saturating_sub(rising)
	};
	// The base of the fit does not matter any more: the line goes through the point that is highest above the slopes.
	let base = results.iter().map(above).max().unwrap_or_default();
	Ok(Line { base, slopes })
}

fn keys(results: &[BenchmarkResult]) -> BTreeMap<String, (u32, u32)> {
	let items: BTreeMap<_, _> = benchmarking::storage()
		.into_iter()
		.map(|item| (item.prefix, format!("{}::{}", text(&item.pallet_name), text(&item.storage_name))))
		.collect();
	let mut most = BTreeMap::new();
	for (prefix, reads, writes, _) in results.iter().flat_map(|result| &result.keys) {
		let name = items.get(prefix).cloned().unwrap_or_else(|| format!("0x{}", hex(prefix)));
		let (most_reads, most_writes) = most.entry(name).or_insert((0, 0));
		*most_reads = (*reads).max(*most_reads);
		*most_writes = (*writes).max(*most_writes);
	}
	most
}

fn size((name, from, to): &(BenchmarkParameter, u32, u32)) -> Size {
	Size { name: name.to_string(), from: *from, to: *to }
}

/// Names of pallets, benchmarks and storage items are Rust's.
pub fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}

fn hex(bytes: &[u8]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
