//! [`Node`]: one node process, its directory, its ports and its log.
//!
//! # Must not
//! Reuse another test's directory or ports: tests run at the same time.
//!
//! # Invariants
//! Ports and directory stay the same over [`Node::restart`]. The process is killed when the value is dropped.

use crate::{
	rpc::Rpc,
	wait::{until, within, SOON},
};
use anyhow::{anyhow, bail, Context, Result};
use rustix::process::{kill_process, Pid, Signal};
use std::{
	collections::VecDeque,
	net::TcpListener,
	ops::Range,
	path::{Path, PathBuf},
	process::{ExitStatus, Stdio},
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc, Mutex,
	},
	time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{
	io::{AsyncBufReadExt, AsyncRead, BufReader},
	process::{Child, Command},
};

/// Lines of log kept for a failure's message.
const LOG_LINES_MAX: usize = 400;

/// Longest wait for a graceful stop.
pub const STOP_BOUND: Duration = Duration::from_secs(15);

/// How a node is started.
#[derive(Clone, Debug, Default)]
pub struct NodeOptions {
	/// Where its data goes; a temporary directory of its own if absent.
	pub base_path: Option<PathBuf>,
	/// `--dev` if absent, else `--chain` with this.
	pub chain: Option<String>,
	/// `--block-time-ms`.
	pub block_time_ms: Option<u64>,
	/// More arguments of `plexus run`.
	pub arguments: Vec<String>,
}

impl NodeOptions {
	/// A development chain with blocks this often.
	pub fn with_block_time_ms(milliseconds: u64) -> Self {
		Self { block_time_ms: Some(milliseconds), ..Self::default() }
	}

	/// One more argument, or several.
	pub fn arguments<const N: usize>(mut self, arguments: [&str; N]) -> Self {
		self.arguments.extend(arguments.map(String::from));
		self
	}
}

/// A node process.
pub struct Node {
	options: NodeOptions,
	base_path: PathBuf,
	rpc_port: u16,
	metrics_port: u16,
	p2p_port: u16,
	child: Option<Child>,
	started: Instant,
	log: Arc<Mutex<VecDeque<String>>>,
	_directory: Option<TempDir>,
}

/// The `plexus` binary: `PLEXUS_BIN`, or the one built beside the tests.
pub fn binary() -> PathBuf {
	if let Some(path) = std::env::var_os("PLEXUS_BIN") {
		return path.into();
	}
	let tests = std::env::current_exe().expect("a running test has a path");
	// target/release/deps/TEST → target/release/plexus
	let profile =
		tests.ancestors().nth(2).expect("cargo puts tests two levels below the profile's directory");
	let path = profile.join("plexus");
	assert!(
		path.exists(),
		"{} is missing: cargo build --release -p plexus-node, or set PLEXUS_BIN",
		path.display()
	);
	path
}

/// Below the ports that the system gives to whoever does not ask for one, so that nobody is given a node's before it starts
/// or while it is down.
const PORTS: Range<u16> = 10_000..30_000;

/// A port of the loopback interface that nobody uses now and no other call of this process was given.
pub fn free_port() -> u16 {
	static GIVEN: AtomicUsize = AtomicUsize::new(0);
	// Processes begin at different places.
	let first = std::process::id() as usize * 31;
	let next = || (first + GIVEN.fetch_add(1, Ordering::Relaxed)) % PORTS.len();
	let mut ports = (0..PORTS.len()).filter_map(|_| PORTS.clone().nth(next()));
	ports
		.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
		.expect("the loopback interface has free ports")
}

impl Node {
	/// Starts a node and waits until its RPC answers.
	///
	/// # Errors
	/// When it does not within [`SOON`], with the end of its log.
	pub async fn start(options: NodeOptions) -> Result<Self> {
		let mut node = Self::spawn(options)?;
		node.ready().await?;
		Ok(node)
	}

	/// Starts a node and does not wait.
	///
	/// # Errors
	/// When the binary cannot be run.
	pub fn spawn(options: NodeOptions) -> Result<Self> {
		let directory = match options.base_path {
			Some(_) => None,
			None => Some(tempfile::Builder::new().prefix("plexus-test-").tempdir()?),
		};
		let base_path = match (&options.base_path, &directory) {
			(Some(path), _) => path.clone(),
			(None, Some(directory)) => directory.path().join("node"),
			(None, None) => bail!("a node needs a directory"),
		};
		let mut node = Self {
			options,
			base_path,
			rpc_port: free_port(),
			metrics_port: free_port(),
			p2p_port: free_port(),
			child: None,
			started: Instant::now(),
			log: Arc::default(),
			_directory: directory,
		};
		node.launch()?;
		Ok(node)
	}

	fn launch(&mut self) -> Result<()> {
		let mut command = Command::new(binary());
		command.arg("run");
		match &self.options.chain {
			Some(chain) => command.args(["--chain", chain]),
			None => command.arg("--dev"),
		};
		if let Some(milliseconds) = self.options.block_time_ms {
			command.args(["--block-time-ms", &milliseconds.to_string()]);
		}
		command
			.arg("--base-path")
			.arg(&self.base_path)
			.args(["--rpc-port", &self.rpc_port.to_string()])
			.args(["--metrics-port", &self.metrics_port.to_string()])
			.args(["--p2p-listen", &format!("/ip4/127.0.0.1/tcp/{}", self.p2p_port)])
			.args(&self.options.arguments)
			.env("NO_COLOR", "1")
			.stdin(Stdio::null())
			.stdout(Stdio::piped())
			.stderr(Stdio::piped())
			.kill_on_drop(true);
		self.started = Instant::now();
		let mut child = command.spawn().with_context(|| format!("cannot run {}", binary().display()))?;
		follow(child.stdout.take(), self.log.clone());
		follow(child.stderr.take(), self.log.clone());
		self.child = Some(child);
		Ok(())
	}

	/// Waits until the RPC answers; the time since the start of the process.
	///
	/// # Errors
	/// When it does not within [`SOON`], or the process ends.
	pub async fn ready(&mut self) -> Result<Duration> {
		let url = self.url();
		let answers = until(SOON, "the node's RPC", || async {
			let rpc = Rpc::connect(&url).await?;
			rpc.finalised_head().await.map(drop)
		});
		let child = self.child.as_mut().context("the node was stopped")?;
		let outcome = tokio::select! {
			answer = answers => answer,
			status = child.wait() => Err(anyhow!("the node ended with {}", status?)),
		};
		outcome.map_err(|reason| reason.context(self.log_tail()))?;
		Ok(self.started.elapsed())
	}

	/// When the process was started last.
	pub fn started(&self) -> Instant {
		self.started
	}

	/// The WebSocket address of its RPC.
	pub fn url(&self) -> String {
		format!("ws://127.0.0.1:{}", self.rpc_port)
	}

	/// Port of the RPC.
	pub fn rpc_port(&self) -> u16 {
		self.rpc_port
	}

	/// Port of metrics and health.
	pub fn metrics_port(&self) -> u16 {
		self.metrics_port
	}

	/// Port for peers.
	pub fn p2p_port(&self) -> u16 {
		self.p2p_port
	}

	/// Its base path.
	pub fn base_path(&self) -> &Path {
		&self.base_path
	}

	/// The directory of its chain, when it has exactly one.
	///
	/// # Errors
	/// When there is none or more than one.
	pub fn chain_directory(&self) -> Result<PathBuf> {
		let mut found = std::fs::read_dir(self.base_path.join("chains"))?.collect::<Result<Vec<_>, _>>()?;
		match (found.pop(), found.is_empty()) {
			(Some(only), true) => Ok(only.path()),
			_ => bail!("{} holds no chain, or several", self.base_path.display()),
		}
	}

	/// A new connection.
	///
	/// # Errors
	/// When the node does not answer.
	pub async fn rpc(&self) -> Result<Rpc> {
		Rpc::connect(&self.url()).await.map_err(|reason| reason.context(self.log_tail()))
	}

	/// The end of the log, for messages.
	pub fn log_tail(&self) -> String {
		let log = self.log.lock().expect("the log's readers do not panic");
		let lines: Vec<&str> = log.iter().map(String::as_str).collect();
		format!("--- end of the node's log ---\n{}", lines.join("\n"))
	}

	/// Whether a line of the kept log contains this, in any case.
	pub fn logged(&self, text: &str) -> bool {
		let text = text.to_lowercase();
		self.log
			.lock()
			.expect("the log's readers do not panic")
			.iter()
			.any(|line| line.to_lowercase().contains(&text))
	}

	/// Whether the process runs.
	pub fn is_running(&mut self) -> bool {
		self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
	}

	fn pid(&self) -> Result<Pid> {
		let id = self.child.as_ref().and_then(Child::id).context("the node does not run")?;
		Pid::from_raw(id as i32).context("a process id is positive")
	}

	/// Sends a signal.
	///
	/// # Errors
	/// When the process is gone.
	pub fn signal(&self, signal: Signal) -> Result<()> {
		Ok(kill_process(self.pid()?, signal)?)
	}

	/// Waits for the end of the process.
	///
	/// # Errors
	/// When it does not end within `bound`.
	pub async fn ended(&mut self, bound: Duration) -> Result<ExitStatus> {
		let child = self.child.as_mut().context("the node was stopped before")?;
		let status = within(bound, "the end of the process", child.wait()).await;
		let status = status.map_err(|reason| reason.context(self.log_tail()))??;
		self.child = None;
		Ok(status)
	}

	/// `kill -9`.
	///
	/// # Errors
	/// When there is nothing to kill.
	pub async fn kill(&mut self) -> Result<()> {
		self.signal(Signal::KILL)?;
		self.ended(STOP_BOUND).await.map(drop)
	}

	/// Asks it to stop, and waits.
	///
	/// # Errors
	/// When it does not stop within [`STOP_BOUND`].
	pub async fn stop(&mut self) -> Result<ExitStatus> {
		self.signal(Signal::TERM)?;
		self.ended(STOP_BOUND).await
	}

	/// Starts it again on the same directory and ports, and waits; the time until its RPC answered.
	///
	/// # Errors
	/// As [`Node::start`].
	pub async fn restart(&mut self) -> Result<Duration> {
		self.relaunch()?;
		self.ready().await
	}

	/// Starts it again on the same directory and ports, and does not wait.
	///
	/// # Errors
	/// When the binary cannot be run.
	pub fn relaunch(&mut self) -> Result<()> {
		self.log.lock().expect("the log's readers do not panic").clear();
		self.launch()
	}

	/// Other arguments for the next start.
	pub fn set_options(&mut self, change: impl FnOnce(&mut NodeOptions)) {
		change(&mut self.options);
	}

	/// A field of `/proc/PID/status` in bytes, such as `VmRSS` or `VmHWM`.
	///
	/// # Errors
	/// Where there is no such file or field.
	pub fn memory_bytes(&self, field: &str) -> Result<u64> {
		proc_status_bytes(self.pid()?.as_raw_nonzero().get() as u32, field)
	}
}

/// A field of `/proc/PID/status` in bytes.
///
/// # Errors
/// Where there is no such file or field.
pub fn proc_status_bytes(pid: u32, field: &str) -> Result<u64> {
	let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
	let line = status.lines().find_map(|line| line.strip_prefix(field)).context("no such field")?;
	let kibibytes: u64 = line.trim_start_matches(':').trim().trim_end_matches(" kB").parse()?;
	Ok(kibibytes * 1024)
}

/// Copies the lines of a stream into the log, the oldest falling out.
fn follow(stream: Option<impl AsyncRead + Unpin + Send + 'static>, log: Arc<Mutex<VecDeque<String>>>) {
	let Some(stream) = stream else { return };
	tokio::spawn(async move {
		let mut lines = BufReader::new(stream).lines();
		while let Ok(Some(line)) = lines.next_line().await {
			let mut log = log.lock().expect("the log's readers do not panic");
			if log.len() == LOG_LINES_MAX {
				log.pop_front();
			}
			log.push_back(line);
		}
	});
}
