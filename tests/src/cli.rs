//! [`Cli`]: the client commands of the binary, run as a user runs them.

use crate::node::{binary, proc_status_bytes, Node};
use anyhow::{bail, Context, Result};
use serde_json::Value;
use std::{
	process::{Output, Stdio},
	time::Duration,
};
use tokio::process::Command;

/// Longest run of one command.
const COMMAND_BOUND: Duration = Duration::from_secs(300);

/// How often the memory of a running command is looked at.
const MEMORY_EVERY: Duration = Duration::from_millis(20);

/// Runs client commands against one node.
#[derive(Clone, Debug)]
pub struct Cli {
	url: String,
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
	/// Its exit code; `None` if a signal ended it.
	pub code: Option<i32>,
	/// Standard output.
	pub stdout: String,
	/// Standard error.
	pub stderr: String,
	/// The most memory it held, as far as it was seen.
	pub memory_bytes_max: u64,
}

impl Ran {
	/// Both streams, for messages.
	pub fn text(&self) -> String {
		format!("{}\n{}", self.stdout, self.stderr)
	}
}

impl Cli {
	/// Commands for this node.
	pub fn of(node: &Node) -> Self {
		Self { url: node.url() }
	}

	/// Runs a command.
	///
	/// # Errors
	/// When it cannot be run or does not end.
	pub async fn run(&self, arguments: &[&str]) -> Result<Ran> {
		let mut command = Command::new(binary());
		command.args(arguments).env("PLEXUS_URL", &self.url).env("NO_COLOR", "1");
		run(command).await
	}

	/// Runs a command with `--json` that must succeed; its answer.
	///
	/// # Errors
	/// When it fails, with what it said.
	pub async fn json(&self, arguments: &[&str]) -> Result<Value> {
		let ran = self.run(&[arguments, &["--json"]].concat()).await?;
		if ran.code != Some(0) {
			bail!("{arguments:?} ended with {:?}: {}", ran.code, ran.text());
		}
		serde_json::from_str(&ran.stdout)
			.with_context(|| format!("{arguments:?} printed no JSON: {}", ran.stdout))
	}

	/// Runs a command that must fail; what it did.
	///
	/// # Errors
	/// When it succeeds.
	pub async fn refused(&self, arguments: &[&str]) -> Result<Ran> {
		let ran = self.run(arguments).await?;
		match ran.code {
			Some(0) | None => bail!("{arguments:?} was not refused: {:?}, {}", ran.code, ran.text()),
			Some(_) => Ok(ran),
		}
	}
}

/// Runs a command of the binary that needs no node.
///
/// # Errors
/// When it cannot be run or does not end.
pub async fn plexus(arguments: &[&str]) -> Result<Ran> {
	plexus_within(COMMAND_BOUND, arguments).await
}

/// Runs a command of the binary that may take longer than others.
///
/// # Errors
/// When it cannot be run or does not end.
pub async fn plexus_within(bound: Duration, arguments: &[&str]) -> Result<Ran> {
	let mut command = Command::new(binary());
	command.args(arguments).env("NO_COLOR", "1");
	run_within(bound, command).await
}

async fn run(command: Command) -> Result<Ran> {
	run_within(COMMAND_BOUND, command).await
}

async fn run_within(bound: Duration, mut command: Command) -> Result<Ran> {
	command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
	let child = command.spawn()?;
	let pid = child.id();
	let mut memory_bytes_max = 0;
	let mut ticks = tokio::time::interval(MEMORY_EVERY);
	let output = tokio::time::timeout(bound, async {
		let ended = child.wait_with_output();
		tokio::pin!(ended);
		loop {
			tokio::select! {
				output = &mut ended => return output,
				_ = ticks.tick() => {
					// VmHWM is the peak so far, so that looking now and then misses only what comes after the last look.
					let peak = pid.and_then(|pid| proc_status_bytes(pid, "VmHWM").ok()).unwrap_or(0);
					memory_bytes_max = memory_bytes_max.max(peak);
				}
			}
		}
	})
	.await
	.context("the command did not end")?;
	let Output { status, stdout, stderr } = output?;
	Ok(Ran {
		code: status.code(),
		stdout: String::from_utf8_lossy(&stdout).into_owned(),
		stderr: String::from_utf8_lossy(&stderr).into_owned(),
		memory_bytes_max,
	})
}
