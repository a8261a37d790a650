//! [`Status`]: one line for each node, drawn over the last ones on a terminal, below them elsewhere.
//!
//! # Must not
//! Write to standard output, which belongs to results.

use super::{network::Network, observer::Observed};
use std::{
	io::{self, IsTerminal, Write},
	time::{Duration, Instant},
};

/// How often the lines are drawn on a terminal, and in a log.
const DRAWING_EVERY: Duration = Duration::from_secs(1);
const LOGGING_EVERY: Duration = Duration::from_secs(10);

/// Digits of a state root that are shown.
const ROOT_CHARS: usize = 10;

/// The lines.
pub(super) struct Status {
	is_terminal: bool,
	drawn: Option<Instant>,
	/// Lines above the cursor that are drawn over.
	lines: usize,
}

impl Status {
	/// Nothing drawn yet.
	pub(super) fn new() -> Self {
		Self { is_terminal: io::stderr().is_terminal(), drawn: None, lines: 0 }
	}

	/// Draws the lines, if it is time.
	pub(super) fn draw(&mut self, network: &Network, observed: &Observed) {
		let every = if self.is_terminal { DRAWING_EVERY } else { LOGGING_EVERY };
		if self.drawn.is_some_and(|drawn| drawn.elapsed() < every) {
			return;
		}
		self.drawn = Some(Instant::now());
		let lines: Vec<String> = (0..network.nodes.len()).map(|node| line(network, observed, node)).collect();
		// Up over the last lines; each new one clears what it replaces.
		let up =
			if self.is_terminal && self.lines > 0 { format!("\x1b[{}A", self.lines) } else { String::new() };
		let clear = if self.is_terminal { "\x1b[2K" } else { "" };
		let text: String = lines.iter().map(|line| format!("{clear}{line}\n")).collect();
		self.lines = lines.len();
		write(&format!("{up}{text}"));
	}

	/// Says something that stays.
	pub(super) fn say(&mut self, text: &str) {
		self.lines = 0;
		self.drawn = None;
		write(&format!("{text}\n"));
	}
}

/// A closed terminal is no reason to stop a network.
fn write(text: &str) {
	let _ = io::stderr().write_all(text.as_bytes());
}

fn line(network: &Network, observed: &Observed, node: usize) -> String {
	let process = &network.nodes[node];
	let memory = process.memory_bytes().map_or("-".into(), |bytes| format!("{} MiB", bytes >> 20));
	let told = match (&observed.told[node], process.pid()) {
		(_, None) => "killed".to_string(),
		_ if process.is_paused() => "paused".to_string(),
		(None, Some(_)) => "no answer".to_string(),
		(Some(told), Some(_)) => {
			let root: String = told.state_root.chars().take(ROOT_CHARS).collect();
			format!("height {:<7} peers {:<3} state {root}…", told.height, told.peers)
		}
	};
	format!("{:<14} {told:<48} {memory:>8}", process.name)
}
