//! `plexus check`: executes every block again, from genesis, in a second database, and compares.
//!
//! Proves that the stored state is what the blocks say: every state root against its header, and at the end the two
//! current states key by key, and the validators kept for proofs. Then every pallet is asked whether its invariants hold
//! in the stored state. The second database is on disk, in a directory of its own that is removed afterwards, so that
//! memory stays bounded however long the chain. The node must be stopped: the database has one user.

use super::progress;
use crate::{
	cli::CheckArgs,
	place::{self, Place},
	report::Report,
	temporary::TemporaryDirectory,
};
use plexus_chain::replay::{replay, ReplayError, Replayed};
use plexus_execution::{Executor, InvariantError, SIGNATURES_REMEMBERED};
use plexus_storage::{Options, StatePruning};
use serde_json::{json, Map};
use std::{
	cmp::Reverse,
	ops::ControlFlow,
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc,
	},
	time::{Duration, Instant},
};
use tokio::signal::unix::{signal, SignalKind};

/// What to do when reading or writing fails.
const DISK_REMEDY: &str = "check the disk (`plexus doctor`) and its space";

/// Checks the database.
///
/// # Errors
/// The first block or state key that differs, an invariant that does not hold, or a failing disk.
pub fn run(args: CheckArgs) -> anyhow::Result<()> {
	let place = Place::resolve(&args.place.flags())?;
	let from = place.open_existing_database()?;
	if from.oldest_block() > 0 {
		return Err(Report::new(
			"not all blocks",
			format!("the database begins with the state after block {}: there is nothing to execute it from", from.oldest_block()),
			"check a node that has all blocks; this state was hashed to the root of its block's header when it was fetched",
		)
		.into());
	}
	let scratch = TemporaryDirectory::new(args.scratch.as_deref())?;
	// A crash loses a database that is thrown away anyway: no need to wait for the disk.
	let options = Options { state_pruning: StatePruning::Keep(2), sync: false, ..Options::default() };
	let into = place::open_database(&place.spec, &scratch.path().join("db"), options)?;
	let bar = progress::blocks(from.tip().number, "checking");
	let started = Instant::now();
	let executor = Executor::new(SIGNATURES_REMEMBERED);
	let stop = stop_wanted()?;
	let outcome = replay(&from, &into, &executor, |done| {
		bar.set_position(done.blocks.into());
		match stop.load(Ordering::Relaxed) {
			true => ControlFlow::Break(()),
			false => ControlFlow::Continue(()),
		}
	});
	let took = started.elapsed();
	bar.finish_and_clear();
	let replayed = outcome.map_err(|error| report(&error))?;
	executor.check_invariants(&from.tip().state).map_err(|error| report_invariant(&error))?;
	print(&replayed, &from.column_bytes(), took, args.json);
	Ok(())
}

fn report(error: &ReplayError) -> Report {
	let remedy = match error {
		ReplayError::Missing { .. } => "restore a backup, or delete the database and sync again",
		ReplayError::Differs { .. } | ReplayError::State { .. } => {
			"do not go on with this database: keep a copy for the developers, delete it, and sync or import again"
		}
		ReplayError::Stopped { .. } => "start it again: it begins with the first block",
		ReplayError::Sets { .. } => {
			"proofs from this database are refused: export the blocks, and import them into a new one"
		}
		ReplayError::Record(_) => "report it with the chain and the height; proofs over that height are refused",
		ReplayError::Storage(_) => DISK_REMEDY,
	};
	Report::new("check", error.to_string(), remedy)
}

/// Becomes true when the process is asked to end. Without it, the second database would stay behind.
pub(super) fn stop_wanted() -> std::io::Result<Arc<AtomicBool>> {
	let wanted = Arc::new(AtomicBool::new(false));
	let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
	let guard = runtime.enter();
	let mut interrupt = signal(SignalKind::interrupt())?;
	let mut terminate = signal(SignalKind::terminate())?;
	drop(guard);
	let set = wanted.clone();
	// Ends with the process.
	std::thread::spawn(move || {
		runtime.block_on(async {
			tokio::select! {
				_ = interrupt.recv() => {}
				_ = terminate.recv() => {}
			}
		});
		set.store(true, Ordering::Relaxed);
	});
	Ok(wanted)
}

fn report_invariant(error: &InvariantError) -> Report {
	let remedy = match error {
		// The blocks led here, so the disk is not to blame.
		InvariantError::Broken(_) | InvariantError::Panicked { .. } => {
			"this is a defect of the runtime, and every node of the chain has it: report it with the chain and its height"
		}
		InvariantError::Storage(_) => DISK_REMEDY,
	};
	Report::new("check", error.to_string(), remedy)
}

/// Tells what was found, and what each column of the checked database takes on disk.
fn print(replayed: &Replayed, columns: &[(&str, u64)], took: Duration, json: bool) {
	let seconds = took.as_secs_f64().max(1e-3);
	let rate = replayed.extrinsics as f64 / seconds;
	if json {
		let columns: Map<_, _> =
			columns.iter().map(|(name, bytes)| (name.to_string(), json!(bytes))).collect();
		let value = json!({
			"blocks": replayed.blocks, "extrinsics": replayed.extrinsics, "seconds": seconds,
			"extrinsicsPerSecond": rate, "stateRoot": format!("{:?}", replayed.state_root),
			"columnBytes": columns,
		});
		println!("{value:#}");
		return;
	}
	println!(
		"{} blocks with {} extrinsics executed again in {seconds:.1} s ({rate:.0} extrinsics/s)\n\
		 all state roots are right, all invariants hold\n\
		 state root {:?}\n\
		 the database by column: {}",
		replayed.blocks,
		replayed.extrinsics,
		replayed.state_root,
		sizes(columns)
	);
}

/// The columns that have something, the largest first.
fn sizes(columns: &[(&str, u64)]) -> String {
	let mut columns: Vec<_> = columns.iter().filter(|(_, bytes)| *bytes > 0).collect();
	columns.sort_by_key(|(_, bytes)| Reverse(*bytes));
	let size = |(name, bytes): &&(&str, u64)| format!("{name} {} KiB", bytes.div_ceil(1024));
	columns.iter().map(size).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn columns_are_told_by_size_without_empty_ones() {
		assert_eq!(sizes(&[("meta", 1), ("sets", 0), ("bodies", 2_049)]), "bodies 3 KiB, meta 1 KiB");
	}
}
