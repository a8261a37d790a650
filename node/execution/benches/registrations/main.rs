//! How long registering takes over the node's own database, and whether it depends on how much is registered already.
//!
//! ```text
//! registrations [ENTRIES…]      1000 and 1000000 unless given; a million of each takes some minutes and a few GB of disk
//! ```
//!
//! One thread executes; a call is timed from its dispatch to its end, with its storage layer, without signature, fee and
//! root: once in a block of 1,000 like it by different accounts, once alone after other work. Proofs of length are verified
//! once more by themselves, and their time is taken off. The column `charged` is what the call's weight says, which
//! includes the keys' share of trie and disk.
//!
//! # Must not
//! Judge: it prints what it measures.

mod chain;
mod registries;

/// As the node has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

use chain::Chain;
use frame_support::traits::Get;
use plexus_primitives::ContributionId;
use plexus_runtime::{limits, Runtime};
use registries::{agents, datanets, models, Sample, Series};
use std::time::{Duration, Instant};

const ENTRIES: [u64; 2] = [1_000, 1_000_000];

/// Reads of single keys that are timed.
const READS: u64 = 10_000;

fn main() {
	let given: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
	let entries = if given.is_empty() { ENTRIES.to_vec() } else { given };
	println!(
		"{:<34}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}",
		"µs", "entries", "p50", "p99", "alone p50", "p99", "proof", "charged"
	);
	for (fill, measure) in registries() {
		for &entries in &entries {
			let directory = tempfile::tempdir().expect("a temporary directory");
			let mut chain = Chain::open(directory.path());
			let started = Instant::now();
			fill(&mut chain, entries);
			eprintln!("filled with {entries} in {:.1} s", started.elapsed().as_secs_f64());
			measure(&mut chain, entries).into_iter().for_each(|series| row(series, entries));
		}
	}
}

type Registry = (fn(&mut Chain, u64), fn(&mut Chain, u64) -> Vec<Series>);

fn registries() -> [Registry; 3] {
	let contributions: fn(&mut Chain, u64) -> Vec<Series> = |chain, entries| {
		reads(chain, entries);
		datanets::measure(chain, entries)
	};
	[(datanets::fill, contributions), (models::fill, models::measure), (agents::fill, agents::measure)]
}

fn row(Series { name, in_block, alone }: Series, entries: u64) {
	let column =
		|of: &[Sample], value: fn(&Sample) -> Duration, percent| at(&sorted(of.iter().map(value)), percent);
	let execution = |sample: &Sample| sample.execution;
	println!(
		"{name:<34}{entries:>10}{:>10.1}{:>10.1}{:>10.1}{:>10.1}{:>10.1}{:>10.1}",
		column(&in_block, execution, 50),
		column(&in_block, execution, 99),
		column(&alone, execution, 50),
		column(&alone, execution, 99),
		column(&alone, |sample| sample.proofs, 50),
		column(&alone, |sample| sample.charged, 50)
	);
}

/// Single reads of contributions from all over the state, most of which are in no cache when there are many; to compare
/// with the price of a read.
fn reads(chain: &Chain, entries: u64) {
	let state = chain.state();
	let took = (0..READS).map(|index| {
		let id = ContributionId(index.wrapping_mul(104_729) % entries);
		let key = pallet_datanets::Contributions::<Runtime>::hashed_key_for(id);
		let started = Instant::now();
		let value = state.get(&key).expect("the state can be read");
		let took = started.elapsed();
		assert!(value.is_some(), "the contribution {id:?} exists");
		took
	});
	let took = sorted(took);
	let charged = limits::DbWeight::get().read / limits::NATIVE_SPEEDUP / 1_000_000;
	let (p50, p99) = (at(&took, 50), at(&took, 99));
	println!(
		"{:<34}{entries:>10}{:>20}{p50:>10.1}{p99:>10.1}{:>10}{charged:>10}",
		"a read of one key", "", ""
	);
}

fn sorted(durations: impl Iterator<Item = Duration>) -> Vec<Duration> {
	let mut sorted: Vec<_> = durations.collect();
	sorted.sort();
	sorted
}

/// A percentile in microseconds.
fn at(sorted: &[Duration], percent: usize) -> f64 {
	let place = sorted.len().saturating_sub(1) * percent / 100;
	sorted.get(place).map_or(0.0, |duration| duration.as_secs_f64() * 1e6)
}
