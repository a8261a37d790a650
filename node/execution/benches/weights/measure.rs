//! Runs benchmarks at several sizes, and puts a line through what they took.
//!
//! # Invariants
//! - A line is nowhere below a measured point. Slopes come from least squares; the line is then made steeper and raised, in
//!   the proportion that leaves the least excess over the points, each in parts of its value.
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

/// A slope that adds less than this part of the greatest value, while its size goes through its range and the others are at
/// their least or at their greatest, is noise. Where the others are at their greatest there is much of it, and a size that
/// adds little then shows better where they are at their least.
const NOISE_DIVISOR_LEAST: u128 = 1_000;
const NOISE_DIVISOR_GREATEST: u128 = 20;

/// How much steeper than the fitted line another is tried, in hundredths, and in which steps.
const STEEPER_PERCENT_MAX: u128 = 300;
const STEEPER_PERCENT_STEP: usize = 2;

/// Excess over a point is counted in millionths of its value.
const EXCESS_UNIT: u128 = 1_000_000;

/// A size with its least and its greatest value.
type Range = (BenchmarkParameter, u32, u32);

/// One end of a range.
type End = fn(&Range) -> u32;
const LEAST: End = |(_, from, _)| *from;
const GREATEST: End = |(_, _, to)| *to;

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
	let sizes = &benchmark.components;
	let of = |selector, value: fn(&BenchmarkResult) -> u128| line(&results, sizes, selector, value);
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

/// Each size goes through its range, once while the others are at their greatest and once while they are at their least.
fn points(sizes: &[Range], steps: u32) -> Vec<Vec<(BenchmarkParameter, u32)>> {
	let last = steps.max(2) - 1;
	let ends = [LEAST, GREATEST];
	let mut values = BTreeSet::from(ends.map(|end| sizes.iter().map(end).collect::<Vec<u32>>()));
	for (place, (_, from, to)) in sizes.iter().enumerate() {
		let range = u64::from(to.saturating_sub(*from));
		for (step, end) in (0..=last).flat_map(|step| ends.map(|end| (step, end))) {
			let mut point: Vec<u32> = sizes.iter().map(end).collect();
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

/// The line with the slope of each size where it is steepest, lifted above all points: made steeper as a whole where that is
/// nearer to the points, else raised.
fn line(
	results: &[BenchmarkResult],
	sizes: &[Range],
	selector: BenchmarkSelector,
	value: fn(&BenchmarkResult) -> u128,
) -> Result<Line, String> {
	let slopes: Result<Vec<_>, _> = (0..sizes.len())
		.map(|place| {
			let along = |end, noise_divisor| {
				let (slope, adds, greatest) = slope(results, sizes, place, end, selector, value)?;
				Ok::<_, String>(if adds.saturating_mul(noise_divisor) < greatest { 0 } else { slope })
			};
			let at_least = along(LEAST, NOISE_DIVISOR_LEAST)?;
			Ok::<_, String>(at_least.max(along(GREATEST, NOISE_DIVISOR_GREATEST)?))
		})
		.collect();
	let (slopes, points) = (slopes?, results.iter().map(|result| Point::new(result, value(result))));
	let points: Vec<Point> = points.collect();
	let steeper = |percent: u128| {
		let slopes: Vec<u128> = slopes.iter().map(|slope| (slope * percent).div_ceil(100)).collect();
		let above = |point: &Point| point.value.saturating_sub(rise(&slopes, point));
		Line { base: points.iter().map(above).max().unwrap_or_default(), slopes }
	};
	let lines = (100..=STEEPER_PERCENT_MAX).step_by(STEEPER_PERCENT_STEP).map(steeper);
	lines.min_by_key(|line| excess(line, &points)).ok_or_else(|| "there is at least one line".into())
}

/// What least squares say that one more of a size adds, while the others are at one end; what its whole range adds, and the
/// greatest value there.
fn slope(
	results: &[BenchmarkResult],
	sizes: &[Range],
	place: usize,
	end: End,
	selector: BenchmarkSelector,
	value: fn(&BenchmarkResult) -> u128,
) -> Result<(u128, u128, u128), String> {
	let (_, from, to) = sizes[place];
	let is_on_it = |result: &&BenchmarkResult| {
		let others = result.components.iter().zip(sizes).enumerate().filter(|(other, _)| *other != place);
		others.into_iter().all(|(_, ((_, size), range))| *size == end(range))
	};
	let alone = |result: &BenchmarkResult| BenchmarkResult {
		components: vec![result.components[place]],
		..result.clone()
	};
	let points: Vec<_> = results.iter().filter(is_on_it).map(alone).collect();
	let greatest = points.iter().map(value).max().unwrap_or_default();
	if from == to {
		return Ok((0, 0, greatest));
	}
	let fitted = Analysis::min_squares_iqr(&points, selector).map_err(|cause| cause.to_string())?;
	let (slope, range) = (fitted.slopes.first().copied().unwrap_or_default(), u128::from(to - from));
	Ok((slope, slope.saturating_mul(range), greatest))
}

/// By how much a line is above the points, in parts of each point's value.
fn excess(line: &Line, points: &[Point]) -> u128 {
	let above = |point: &Point| (line.base + rise(&line.slopes, point)).saturating_sub(point.value);
	points.iter().map(|point| above(point) * EXCESS_UNIT / point.value.max(1)).sum()
}

fn rise(slopes: &[u128], point: &Point) -> u128 {
	point.sizes.iter().zip(slopes).fold(0, |sum, (size, slope)| sum.saturating_add(size * slope))
}

/// A measured value and the sizes that it was measured at.
struct Point {
	sizes: Vec<u128>,
	value: u128,
}

impl Point {
	fn new(result: &BenchmarkResult, value: u128) -> Self {
		Self { sizes: result.components.iter().map(|(_, size)| u128::from(*size)).collect(), value }
	}
}

fn keys(results: &[BenchmarkResult]) -> BTreeMap<String, (u32, u32)> {
	let items: BTreeMap<_, _> = benchmarking::storage()
		.into_iter()
		.map(|item| (item.prefix, format!("{}::{}", text(&item.pallet_name), text(&item.storage_name))))
		.collect();
	let mut most = BTreeMap::new();
	let touched =
		results.iter().flat_map(|result| &result.keys).filter(|(_, reads, writes, _)| reads + writes > 0);
	for (prefix, reads, writes, _) in touched {
		let name = items.get(prefix).cloned().unwrap_or_else(|| format!("0x{}", hex(prefix)));
		let (most_reads, most_writes) = most.entry(name).or_insert((0, 0));
		*most_reads = (*reads).max(*most_reads);
		*most_writes = (*writes).max(*most_writes);
	}
	most
}

fn size((name, from, to): &Range) -> Size {
	Size { name: name.to_string(), from: *from, to: *to }
}

/// Names of pallets, benchmarks and storage items are Rust's.
pub fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}

fn hex(bytes: &[u8]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
