//! [`Testnet`]: a network that `plexus testnet run` started.
//!
//! # Must not
//! Start or stop a node itself: that is what is tested.

use crate::{
	cli::{plexus_within, Ran},
	node::{binary, STOP_BOUND},
	rpc::Rpc,
	wait::{until, within, SOON},
};
use anyhow::{bail, Context, Result};
use rustix::process::{kill_process, Pid, Signal};
use serde_json::Value;
use std::{
	path::{Path, PathBuf},
	process::{ExitStatus, Stdio},
	time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// All nodes together may take as long to stop as one, and the program a little more.
pub const ALL_STOP_BOUND: Duration = Duration::from_secs(STOP_BOUND.as_secs() * 2);

/// Beyond the time that a run is told to last: to its first block, to settle, to ask all blocks again, to stop.
const JUDGING_BOUND: Duration = Duration::from_secs(240);

/// The longest from healing until some node has a new block, whatever the fault was. The verdict leaves it to the tests, since
/// blocks of a slow chain are as far apart by themselves.
pub const FIRST_BLOCK_MS_MAX: u64 = 10_000;

/// Runs `plexus testnet run` with these arguments to its end, some `lasting` after its first block; what it printed, and
/// its verdict.
///
/// # Errors
/// When it does not end, or without a verdict.
pub async fn judged(lasting: Duration, arguments: &[&str]) -> Result<(Ran, Value)> {
	let arguments = [&["testnet", "run", "--json"], arguments].concat();
	let ran = plexus_within(lasting + JUDGING_BOUND, &arguments).await?;
	let verdict = serde_json::from_str(&ran.stdout).with_context(|| format!("no verdict: {}", ran.text()))?;
	Ok((ran, verdict))
}

/// A running network; it is killed when the value is dropped.
pub struct Testnet {
	child: Child,
	started: Instant,
	directory: PathBuf,
	/// Its nodes.
	pub nodes: Vec<TestnetNode>,
	_temporary: TempDir,
}

/// One node of a network.
#[derive(Clone, Debug)]
pub struct TestnetNode {
	/// Its name.
	pub name: String,
	/// Its RPC.
	pub url: String,
	/// Its process.
	pub pid: u32,
	/// Its log.
	pub log: PathBuf,
}

impl TestnetNode {
	/// Whether its process runs. One that has ended may stay in the system's table until somebody asks how.
	pub fn is_running(&self) -> bool {
		let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid));
		status
			.is_ok_and(|status| !status.lines().any(|line| line.starts_with("State:") && line.contains('Z')))
	}

	/// The end of its log, for messages.
	pub fn log_tail(&self) -> String {
		/// Enough for the last blocks and what went wrong.
		const LINES: usize = 40;
		let text = std::fs::read_to_string(&self.log).unwrap_or_default();
		let lines: Vec<&str> = text.lines().collect();
		format!("--- {} ---\n{}", self.name, lines[lines.len().saturating_sub(LINES)..].join("\n"))
	}
}

fn pid(number: u32) -> Option<Pid> {
	Pid::from_raw(i32::try_from(number).ok()?)
}

impl Testnet {
	/// Runs `plexus testnet run` with these arguments, and waits until it tells where its nodes are.
	///
	/// # Errors
	/// When it does not within [`SOON`].
	pub async fn start(arguments: &[&str]) -> Result<Self> {
		let temporary = tempfile::Builder::new().prefix("plexus-testnet-").tempdir()?;
		let directory = temporary.path().join("net");
		let started = Instant::now();
		let child = Command::new(binary())
			.args(["testnet", "run", "--base-path"])
			.arg(&directory)
			.args(arguments)
			.env("NO_COLOR", "1")
			.stdin(Stdio::null())
			.stdout(Stdio::null())
			.stderr(Stdio::null())
			.kill_on_drop(true)
			.spawn()?;
		let facts = directory.join("testnet.json");
		let text = until(SOON, "testnet.json", || async { Ok(std::fs::read_to_string(&facts)?) }).await?;
		let nodes = nodes(&text)?;
		Ok(Self { child, started, directory, nodes, _temporary: temporary })
	}

	/// When the program was started.
	pub fn started(&self) -> Instant {
		self.started
	}

	/// Its directory.
	pub fn directory(&self) -> &Path {
		&self.directory
	}

	/// A connection to each node, once it answers.
	///
	/// # Errors
	/// When one does not within [`SOON`].
	pub async fn connect(&self) -> Result<Vec<Rpc>> {
		let mut connections = Vec::new();
		for node in &self.nodes {
			let connected = until(SOON, &node.name, || Rpc::connect(&node.url)).await;
			connections.push(connected.map_err(|reason| reason.context(self.logs()))?);
		}
		Ok(connections)
	}

	/// The ends of all logs, for messages.
	pub fn logs(&self) -> String {
		self.nodes.iter().map(TestnetNode::log_tail).collect::<Vec<_>>().join("\n")
	}

	/// Sends a signal to the program, not to its nodes.
	///
	/// # Errors
	/// When it is gone.
	pub fn signal(&self, signal: Signal) -> Result<()> {
		let pid = self.child.id().and_then(pid).context("the program has ended")?;
		Ok(kill_process(pid, signal)?)
	}

	/// Waits for its end.
	///
	/// # Errors
	/// When it does not come within [`ALL_STOP_BOUND`].
	pub async fn ended(&mut self) -> Result<ExitStatus> {
		Ok(within(ALL_STOP_BOUND, "the end of the program", self.child.wait()).await??)
	}

	/// Waits until no node's process is left.
	///
	/// # Errors
	/// When one is after [`ALL_STOP_BOUND`].
	pub async fn no_node_is_left(&self) -> Result<()> {
		until(ALL_STOP_BOUND, "the end of all nodes", || async {
			match self.nodes.iter().find(|node| node.is_running()) {
				Some(node) => bail!("{} still runs", node.name),
				None => Ok(()),
			}
		})
		.await
	}
}

fn nodes(facts: &str) -> Result<Vec<TestnetNode>> {
	let facts: Value = serde_json::from_str(facts)?;
	let node = |node: &Value| {
		let text =
			|key: &str| node[key].as_str().map(str::to_string).with_context(|| format!("no {key} in {node}"));
		let pid = node["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
		Ok(TestnetNode {
			name: text("name")?,
			url: text("rpc")?,
			pid: pid.with_context(|| format!("no pid in {node}"))?,
			log: text("log")?.into(),
		})
	};
	facts["nodes"].as_array().context("no nodes")?.iter().map(node).collect()
}
