//! `plexus run`: resolves the place, starts logging and the service, and maps signals to a stop.

use super::block_on;
use crate::{
	cli::RunArgs,
	config, logging,
	place::Place,
	process,
	report::{OrReport, Report},
	service::{self, Options},
	temporary::TemporaryDirectory,
};
use anyhow::Context;
use std::{env, future::Future};
use tokio::{
	signal::unix::{signal, SignalKind},
	sync::oneshot,
};
use tracing::{info, warn};

/// The exit code of a process that a signal forced to end.
const FORCED: i32 = 130;

/// Runs a node until a signal asks it to stop or a component fails.
///
/// # Errors
/// What kept the node from starting, or made it end.
pub fn run(args: RunArgs) -> anyhow::Result<()> {
	if let Some(parent) = args.exit_with_parent {
		process::end_with_parent(parent).context("cannot be bound to its parent process")?;
	}
	let variables = env::vars_os()
		.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
	let mut loaded = config::load(&args.flags(), variables).or_report()?;
	// Bound for its drop: it lives as long as the node.
	let temporary = match args.tmp || (args.dev && loaded.is_default("base_path")) {
		true => Some(TemporaryDirectory::new(None)?),
		false => None,
	};
	if let Some(temporary) = &temporary {
		loaded.config.base_path = temporary.path().to_path_buf();
	}
	let log = logging::start(&loaded.config.log)
		.map_err(|error| Report::new("log filter", error.to_string(), "write a level, or target=level,…"))?;
	let place = Place::of(loaded)?;
	info!(version = env!("CARGO_PKG_VERSION"), chain = %place.spec.name, "Plexus");
	match &temporary {
		Some(_) => {
			info!(path = %place.directory.root().display(), "data in a temporary directory, removed at the end")
		}
		None => info!(path = %place.directory.root().display(), "data"),
	}
	let options = options(&args, &place)?;
	block_on(async {
		let stop = stop_signal()?;
		Ok(service::run(place, options, log, stop).await.map_err(|error| error.report())?)
	})?;
	drop(temporary);
	Ok(())
}

fn options(args: &RunArgs, place: &Place) -> Result<Options, Report> {
	let RunArgs { doppelganger_heights, unsafe_sign_from, clock_offset_ms, sync_from, .. } = *args;
	if clock_offset_ms != 0 {
		if !place.is_development() {
			let cause = format!("--clock-offset-ms {clock_offset_ms} on the live chain `{}`", place.spec.id);
			let remedy = "leave it out: only chains for development have wrong clocks on purpose";
			return Err(Report::new("clock", cause, remedy));
		}
		warn!(clock_offset_ms, "this node's clock is wrong on purpose");
	}
	Ok(Options { doppelganger_heights, unsafe_sign_from, clock_offset_ms, sync_from })
}

/// Ends with the first SIGINT or SIGTERM; a second one ends the process at once.
pub(super) fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send> {
	let mut interrupt = signal(SignalKind::interrupt())?;
	let mut terminate = signal(SignalKind::terminate())?;
	let mut next = async move || {
		tokio::select! {
			_ = interrupt.recv() => "SIGINT",
			_ = terminate.recv() => "SIGTERM",
		}
	};
	let (first, stop) = oneshot::channel();
	tokio::spawn(async move {
		let signal = next().await;
		info!(signal, "stopping; once more to stop at once");
		// Nobody waits any more if the node is ending by itself.
		let _ = first.send(());
		let signal = next().await;
		warn!(signal, "stopping at once");
		std::process::exit(FORCED);
	});
	Ok(async move {
		let _ = stop.await;
	})
}
