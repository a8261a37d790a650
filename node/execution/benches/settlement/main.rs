//! What settling costs over the node's own database: whether it depends on how many contributions stand behind it, how a claim
//! grows with versions, what each challenge takes, and how many receipts a core settles in a second.
//!
//! ```text
//! settlement [--file-bytes N] [CONTRIBUTIONS…]
//!             10, 10000 and 1000000 contributions unless given, and proofs of files of 1 GiB; a million takes some minutes, and
//!             a GB of disk
//! settlement once DIRECTORY CALL
//!             executes a call over a database that was filled, for valgrind to count its instructions
//! ```
//!
//! One thread executes; a call is timed from its dispatch to its end, with its storage layer, without signature, fee and root.
//! Each sample is on a fork of its own of the same state. Accesses are counted where the runtime makes them. Instructions are
//! counted by `valgrind --tool=callgrind`, if there is one, of a call whose keys were read before.
//!
//! # Must not
//! Judge: it prints what it measures. That counts are identical is a test, `runtime/tests/settlement.rs`.

// One counter and one market for the tests and for this.
#[path = "../registrations/chain.rs"]
#[allow(dead_code)]
mod chain;
mod challenges;
#[path = "../../../../runtime/tests/counting/mod.rs"]
mod counting;
mod files;
#[path = "../../../../runtime/tests/market/mod.rs"]
mod market;
mod receipts;

use chain::Chain;
use counting::{counted, Counts};
use frame_support::dispatch::DispatchResultWithPostInfo;
use plexus_primitives::BatchId;
use plexus_runtime::RuntimeCall;
use std::{
	path::{Path, PathBuf},
	process::{Command, ExitCode},
	time::{Duration, Instant},
};

const CONTRIBUTIONS: [u64; 3] = [10, 10_000, 1_000_000];
const VERSIONS: [u32; 4] = [1, 16, 256, 4_096];

/// Contributions that one block brings.
const PER_BLOCK: u64 = 2_000;

/// Samples of each call.
const SAMPLES: usize = 200;

/// Bytes of the files of which proofs are made.
const FILE_BYTES: usize = 1 << 30;

/// The batch that is settled.
const BATCH: BatchId = BatchId(0);

fn main() -> ExitCode {
	// From `cargo bench`.
	let given: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
	let given: Vec<&str> = given.iter().map(String::as_str).collect();
	match given.as_slice() {
		["once", directory, call] => once(Path::new(directory), call),
		["--file-bytes", bytes, contributions @ ..] => match bytes.parse() {
			Ok(bytes) if bytes >= files::BYTES_MIN => everything(bytes, contributions),
			_ => usage(),
		},
		contributions => everything(FILE_BYTES, contributions),
	}
}

fn usage() -> ExitCode {
	eprintln!(
		"settlement [--file-bytes N] [CONTRIBUTIONS…], each at least 10, files of at least {}",
		files::BYTES_MIN
	);
	ExitCode::FAILURE
}

fn everything(file_bytes: usize, contributions: &[&str]) -> ExitCode {
	let parsed = contributions.iter().map(|count| count.parse::<u64>().ok().filter(|count| *count >= 10));
	let Some(contributions) = parsed.collect::<Option<Vec<u64>>>() else { return usage() };
	let contributions = if contributions.is_empty() { CONTRIBUTIONS.to_vec() } else { contributions };
	costs(&contributions);
	claims();
	receipts::measure();
	challenges::measure(file_bytes);
	ExitCode::SUCCESS
}

/// Of the calls that settle a full batch, by contributions.
fn costs(contributions: &[u64]) {
	println!("a batch of 256 receipts with 512 claims");
	heading("contributions");
	for &count in contributions {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let started = Instant::now();
		let chain = fill(directory.path(), count, 1);
		eprintln!("filled with {count} in {:.1} s", started.elapsed().as_secs_f64());
		let figures = SETTLING.map(|call| (call, figures(&chain, call)));
		// One process at a time has a database open.
		drop(chain);
		for (call, figures) in figures {
			row(call, count, figures, instructions(directory.path(), call));
		}
	}
}

/// Of a claim, by versions.
fn claims() {
	println!("\na claim of one place");
	heading("versions");
	for versions in VERSIONS {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let chain = fill(directory.path(), 10, versions);
		let figures = figures(&chain, CLAIM);
		drop(chain);
		row(CLAIM, versions.into(), figures, instructions(directory.path(), CLAIM));
	}
}

fn heading(of: &str) {
	println!(
		"{:<12}{of:>14}{:>8}{:>8}{:>8}{:>8}{:>12}{:>12}{:>14}",
		"", "reads", "keys", "writes", "keys", "p50 µs", "p99 µs", "instructions"
	);
}

fn row(call: &str, of: u64, (counts, took): (Counts, Vec<Duration>), instructions: Option<u64>) {
	let Counts { reads, writes, keys_read, keys_written } = counts;
	let instructions = instructions.map_or_else(|| "-".into(), |count| count.to_string());
	println!(
		"{call:<12}{of:>14}{reads:>8}{keys_read:>8}{writes:>8}{keys_written:>8}{:>12.1}{:>12.1}{instructions:>14}",
		at(&took, 50),
		at(&took, 99),
	);
}

/// The calls that settle, in their order.
const SETTLING: [&str; 3] = ["finalise", "distribute", CLAIM];
const CLAIM: &str = "claim";

/// A database with so many contributions in so many versions, and a full batch that can be finalised.
fn fill(directory: &Path, contributions: u64, versions: u32) -> Chain {
	let mut chain = Chain::reopen(directory);
	let [sources @ .., output, _] = files::small();
	let output = output.content();
	chain.execute(|| market::found(sources.map(|file| file.proven)));
	// Three are there, and each further version brings one.
	let further = contributions.saturating_sub(3);
	for first in (0..further).step_by(PER_BLOCK as usize) {
		chain.execute(|| market::contribute(PER_BLOCK.min(further - first)));
		chain.commit();
	}
	chain.execute(|| {
		market::publish(market::DATANET);
		market::publish(market::OTHER);
	});
	for version in 1..versions {
		chain.execute(|| {
			market::contribute(1);
			market::publish(market::DATANET);
		});
		if version % 100 == 0 {
			chain.commit();
		}
	}
	chain.execute(|| {
		market::train();
		let channels = market::open(16);
		let receipt = market::receipt(output, output, None);
		let submit = market::submission(&channels, 16, receipt, market::spans(256, 2, 32));
		assert_eq!(market::next_batch(), BATCH);
		market::done(&market::server(), submit);
		market::settle(BATCH);
		market::rich("anybody", 0);
	});
	chain.commit();
	chain.settle();
	chain
}

/// The call, after those before it were executed.
fn prepared(name: &str) -> RuntimeCall {
	for (before, call) in market::settling(BATCH) {
		if before == name {
			return call;
		}
		market::done(&anybody(), call);
	}
	panic!("{name} is none of {SETTLING:?}");
}

fn anybody() -> plexus_runtime::AccountId {
	market::account("anybody", 0)
}

/// What a call reads and writes, and how long it takes.
fn figures(chain: &Chain, name: &str) -> (Counts, Vec<Duration>) {
	let counts = chain.fork(|ext| {
		let call = sp_externalities::set_and_run_with_externalities(ext, || prepared(name));
		let (result, counts) = counted(ext, || market::call(&anybody(), call));
		result.expect("the call is right");
		counts
	});
	let took = samples(SAMPLES, || chain.try_out(|| timed(prepared(name))));
	(counts, took)
}

fn timed(call: RuntimeCall) -> Duration {
	let who = anybody();
	let (took, result) = time(|| market::call(&who, call));
	result.expect("the call is right");
	took
}

/// How long something takes.
fn time<T>(action: impl FnOnce() -> T) -> (Duration, T) {
	let started = Instant::now();
	let result = action();
	(started.elapsed(), result)
}

/// So many samples in ascending order. One before warms up.
fn samples(count: usize, sample: impl Fn() -> Duration) -> Vec<Duration> {
	sample();
	let mut took: Vec<_> = (0..count).map(|_| sample()).collect();
	took.sort();
	took
}

/// A percentile in microseconds.
fn at(sorted: &[Duration], percent: usize) -> f64 {
	let place = sorted.len().saturating_sub(1) * percent / 100;
	sorted.get(place).map_or(0.0, |duration| duration.as_secs_f64() * 1e6)
}

/// Executes the call twice, on forks: the second time its keys are in the node's cache, and valgrind counts.
fn once(directory: &Path, name: &str) -> ExitCode {
	let chain = Chain::reopen(directory);
	chain.try_out(|| timed(prepared(name)));
	chain.try_out(|| {
		let (call, who) = (prepared(name), anybody());
		let mut call = Some(call);
		let mut result = None;
		measured_call(&mut || result = call.take().map(|call| market::call(&who, call)));
		let result: Option<DispatchResultWithPostInfo> = result;
		result.expect("it was called").expect("the call is right");
	});
	ExitCode::SUCCESS
}

/// Valgrind knows by this name what to count.
#[inline(never)]
fn measured_call(call: &mut dyn FnMut()) {
	call();
}

/// The instructions of a call, by valgrind; nothing if there is none.
fn instructions(directory: &Path, call: &str) -> Option<u64> {
	let program = std::env::current_exe().ok()?;
	let out: PathBuf = directory.join("callgrind.out");
	let output = Command::new("valgrind")
		.args(["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*measured_call*"])
		.arg(format!("--callgrind-out-file={}", out.display()))
		.arg(program)
		.arg("once")
		.args([directory.as_os_str(), call.as_ref()])
		.output()
		.ok()?;
	let told = String::from_utf8_lossy(&output.stderr);
	if !output.status.success() {
		eprintln!("valgrind: {told}");
		return None;
	}
	let collected = told.lines().find_map(|line| Some(line.split_once("Collected :")?.1.trim()));
	collected?.parse().ok()
}
