//! `plexus index rebuild`: makes the index of events anew. The node must be stopped: the database has one user.
//!
//! Events are a part of the state. Where every state is kept, they are read; otherwise the blocks are executed again from
//! the genesis, in a second database that is removed afterwards, as `plexus check` does it.

use super::{check::stop_wanted, progress};
use crate::{
	cli::{IndexCommand, IndexRebuildArgs},
	place::{self, Place},
	report::Report,
	temporary::TemporaryDirectory,
};
use plexus_chain::{
	index::{rebuild_by_execution, rebuild_from_states, IndexError},
	replay::ReplayError,
};
use plexus_execution::{Executor, SIGNATURES_REMEMBERED};
use plexus_storage::{Database, IndexMark, Options, StatePruning};
use serde_json::json;
use std::{
	ops::ControlFlow,
	path::Path,
	sync::atomic::{AtomicBool, Ordering},
	time::{Duration, Instant},
};

/// Makes the index anew.
///
/// # Errors
/// There is no way to make it as complete as it was, a block does not execute to what its header says, or the disk fails.
pub fn run(command: IndexCommand) -> anyhow::Result<()> {
	let IndexCommand::Rebuild(args) = command;
	let place = Place::resolve(&args.place.flags())?;
	let database = place.open_existing_database()?;
	let way = way(&database, args.from_states)?;
	let started = Instant::now();
	let stop = stop_wanted()?;
	match way {
		Way::States => from_states(&database, &stop)?,
		Way::Execution => by_execution(&place, &database, args.scratch.as_deref(), &stop)?,
	}
	database.flush()?;
	print(&database, started.elapsed(), &args)?;
	Ok(())
}

/// Where the events come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
	States,
	Execution,
}

fn way(database: &Database, from_states: bool) -> Result<Way, Report> {
	match (database.oldest_block(), database.oldest_state()) {
		(block, state) if state <= block || from_states => Ok(Way::States),
		(0, _) => Ok(Way::Execution),
		(block, state) => Err(Report::new(
			"not all blocks",
			format!("the database begins with the state after block {block}: there is nothing to execute its blocks from"),
			format!("keep the index as it is, or begin it anew at block {state} with --from-states"),
		)),
	}
}

fn from_states(database: &Database, stop: &AtomicBool) -> Result<(), Report> {
	let oldest = database.oldest_state();
	let bar = progress::blocks(database.tip().number - oldest, "indexing");
	let outcome = rebuild_from_states(database, |number| {
		bar.set_position((number - oldest).into());
		go_on(stop)
	});
	bar.finish_and_clear();
	outcome.map_err(|error| report(&error))
}

fn by_execution(
	place: &Place,
	database: &Database,
	scratch: Option<&Path>,
	stop: &AtomicBool,
) -> Result<(), Report> {
	let scratch = TemporaryDirectory::new(scratch)?;
	// A crash loses a database that is thrown away anyway: no need to wait for the disk.
	let options = Options { state_pruning: StatePruning::Keep(2), sync: false, ..Options::default() };
	let into = place::open_database(&place.spec, &scratch.path().join("db"), options)?;
	let bar = progress::blocks(database.tip().number, "executing and indexing");
	let executor = Executor::new(SIGNATURES_REMEMBERED);
	let outcome = rebuild_by_execution(database, &into, &executor, |done| {
		bar.set_position(done.blocks.into());
		go_on(stop)
	});
	bar.finish_and_clear();
	outcome.map(drop).map_err(|error| report(&error))
}

fn go_on(stop: &AtomicBool) -> ControlFlow<()> {
	match stop.load(Ordering::Relaxed) {
		true => ControlFlow::Break(()),
		false => ControlFlow::Continue(()),
	}
}

fn report(error: &IndexError) -> Report {
	let remedy = match error {
		IndexError::Replay(ReplayError::Stopped { .. }) => {
			"start it again: it begins with the first block. Until then the index lacks what is older than the kept states"
		}
		IndexError::Replay(_) => "run `plexus check`, which tells what to do with such a database",
		IndexError::Missing { .. } => "restore a backup, or delete the database and sync again",
		IndexError::State(_) | IndexError::Storage(_) => "check the disk (`plexus doctor`) and its space",
	};
	Report::new("index", error.to_string(), remedy)
}

fn print(database: &Database, took: Duration, args: &IndexRebuildArgs) -> anyhow::Result<()> {
	let seconds = took.as_secs_f64();
	let (mark, bytes) = (database.index_mark()?, database.index_bytes()?);
	if args.json {
		let value = json!({
			"completeFrom": mark.map(|mark| mark.complete_from), "indexedTo": mark.map(|mark| mark.indexed_to),
			"bytes": bytes, "seconds": seconds,
		});
		println!("{value:#}");
		return Ok(());
	}
	if let Some(IndexMark { complete_from, indexed_to }) = mark {
		println!("blocks {complete_from} to {indexed_to} indexed in {seconds:.1} s, {bytes} bytes");
	}
	Ok(())
}
