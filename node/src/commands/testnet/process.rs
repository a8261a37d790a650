//! [`NodeProcess`]: one node as a child process, with its log in a file.
//!
//! # Must not
//! Leave a process behind: a node is killed when the value is dropped, and by the system when this program ends in any
//! other way. For the latter, children are only started from the thread that lives as long as the program.
//!
//! # Invariants
//! A node is in a process group of its own, so that Ctrl-C reaches it through this program only.

use super::layout::unwritable;
use crate::{process, report::Report};
use rustix::process::{kill_process, Pid, Signal};
use std::{
	env,
	fs::{File, OpenOptions},
	io::{self, Read, Seek, SeekFrom},
	path::PathBuf,
	process::{ExitStatus, Stdio},
	time::Duration,
};
use tokio::{
	process::{Child, Command},
	time::timeout,
};

/// How long a node may take to stop when asked to.
const STOP_MAX: Duration = Duration::from_secs(15);

/// A node.
pub(super) struct NodeProcess {
	/// Its name.
	pub(super) name: String,
	/// Its base path.
	base: PathBuf,
	/// Where it logs.
	pub(super) log: PathBuf,
	/// What the next start is told besides.
	arguments: Vec<String>,
	/// The running process; `None` while it is killed.
	child: Option<Child>,
	paused: bool,
}

impl NodeProcess {
	/// Starts a node at its base path.
	///
	/// # Errors
	/// The log cannot be written, or the program not run.
	pub(super) fn start(name: &str, base: PathBuf) -> Result<Self, Report> {
		let log = base.join("log");
		let mut node =
			Self { name: name.into(), base, log, arguments: Vec::new(), child: None, paused: false };
		node.launch()?;
		Ok(node)
	}

	/// Starts it, again if it was killed.
	///
	/// # Errors
	/// As [`NodeProcess::start`].
	pub(super) fn launch(&mut self) -> Result<(), Report> {
		let log = OpenOptions::new().create(true).append(true).open(&self.log);
		let log = log.map_err(|error| unwritable(&self.log, &error))?;
		let not_run = |error: std::io::Error| {
			let cause = format!("{} does not start: {error}", self.name);
			Report::new("testnet", cause, "check the limits on processes (ulimit -u) and free memory")
		};
		let program = env::current_exe().map_err(not_run)?;
		let mut command = Command::new(program);
		command
			.arg("run")
			.arg("--base-path")
			.arg(&self.base)
			.args(["--exit-with-parent", &std::process::id().to_string()])
			.args(&self.arguments)
			.env("NO_COLOR", "1")
			.process_group(0)
			.stdin(Stdio::null())
			.stdout(Stdio::null())
			.stderr(log)
			.kill_on_drop(true);
		// The nodes' configurations are their own: no variable meant for a single node may change all of them.
		for (variable, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PLEXUS_"))
		{
			command.env_remove(variable);
		}
		self.child = Some(command.spawn().map_err(not_run)?);
		Ok(())
	}

	/// Starts it again, with other arguments than before.
	///
	/// # Errors
	/// As [`NodeProcess::start`].
	pub(super) async fn start_again(&mut self, arguments: Vec<String>) -> Result<(), Report> {
		self.kill().await;
		self.arguments = arguments;
		self.launch()
	}

	/// The process's id, while it runs.
	pub(super) fn pid(&self) -> Option<u32> {
		self.child.as_ref()?.id()
	}

	/// Resident memory, while it runs.
	pub(super) fn memory_bytes(&self) -> Option<u64> {
		process::resident_bytes(self.pid()?)
	}

	/// Open file descriptors, while it runs.
	pub(super) fn open_files(&self) -> Option<u64> {
		process::open_files(self.pid()?)
	}

	/// Whether it stands still.
	pub(super) fn is_paused(&self) -> bool {
		self.paused
	}

	/// How it ended, if it did without being told to.
	pub(super) fn ended(&mut self) -> Option<ExitStatus> {
		self.child.as_mut()?.try_wait().ok().flatten()
	}

	/// The end of its log: with a temporary directory, the log goes with the network.
	pub(super) fn log_end(&self) -> String {
		/// Some lines.
		const BYTES: u64 = 2_048;
		let read = || -> io::Result<Vec<u8>> {
			let mut file = File::open(&self.log)?;
			let bytes = file.metadata()?.len();
			file.seek(SeekFrom::Start(bytes.saturating_sub(BYTES)))?;
			let mut end = Vec::new();
			file.take(BYTES).read_to_end(&mut end)?;
			Ok(end)
		};
		// Without a log there is nothing to show.
		String::from_utf8_lossy(&read().unwrap_or_default()).trim_end().into()
	}

	/// `kill -9`.
	pub(super) async fn kill(&mut self) {
		if let Some(mut child) = self.child.take() {
			// It may have ended just now; either way it is gone.
			let _ = child.kill().await;
		}
		self.paused = false;
	}

	/// Lets it stand still.
	pub(super) fn pause(&mut self) {
		self.paused = self.signal(Signal::STOP);
	}

	/// Lets it go on.
	pub(super) fn go_on(&mut self) {
		if std::mem::take(&mut self.paused) {
			self.signal(Signal::CONT);
		}
	}

	/// Asks it to stop; [`NodeProcess::stopped`] waits for it.
	pub(super) fn ask_to_stop(&mut self) {
		self.go_on();
		self.signal(Signal::TERM);
	}

	/// Waits until it has stopped, and kills it if it takes too long; whether it stopped cleanly.
	pub(super) async fn stopped(&mut self) -> bool {
		let Some(child) = &mut self.child else { return true };
		let ended = timeout(STOP_MAX, child.wait()).await;
		let is_clean = match ended {
			Ok(status) => status.is_ok_and(|status| status.success()),
			Err(_) => {
				self.kill().await;
				false
			}
		};
		self.child = None;
		is_clean
	}

	/// Whether there was a process to send it to.
	fn signal(&self, signal: Signal) -> bool {
		let pid = self.pid().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
		pid.is_some_and(|pid| kill_process(pid, signal).is_ok())
	}
}
