//! [`Stage`]: the processes of the demonstration, their directory and their logs.
//!
//! # Must not
//! Leave a process behind: all are asked to stop, and killed if they do not; those that are left when the program ends
//! early are killed with it.
//!
//! # Invariants
//! Every wait has a bound, and ends at once when a process that should run does not.

use anyhow::{bail, Context, Result};
use rustix::process::{kill_process, Pid, Signal};
use std::{
	fs::File,
	future::Future,
	io::{Read, Seek, SeekFrom},
	net::TcpListener,
	ops::Range,
	path::{Path, PathBuf},
	process::Stdio,
	sync::atomic::{AtomicUsize, Ordering},
	time::Duration,
};
use tempfile::TempDir;
use tokio::{
	process::{Child, Command},
	time::{sleep, timeout, Instant},
};

/// How often something is looked at that nothing announces.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long a process may take to stop.
const STOP_MAX: Duration = Duration::from_secs(20);

/// What of a log is shown with a failure.
const TAIL_BYTES: u64 = 4_096;

/// Below the ports that the system gives to whoever does not ask for one.
const PORTS: Range<u16> = 10_000..30_000;

/// Processes, and where their files are.
pub struct Stage {
	directory: TempDir,
	running: Vec<Running>,
}

struct Running {
	name: String,
	child: Child,
	log: PathBuf,
}

/// A port of this machine that nobody uses now and no other call of this process was given.
pub fn free_port() -> Result<u16> {
	static GIVEN: AtomicUsize = AtomicUsize::new(0);
	// Processes begin at different places.
	let first = std::process::id() as usize * 31;
	let next = || (first + GIVEN.fetch_add(1, Ordering::Relaxed)) % PORTS.len();
	let mut ports = (0..PORTS.len()).filter_map(|_| PORTS.clone().nth(next()));
	let free = ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
	free.context("this machine has no free port")
}

impl Stage {
	/// With a temporary directory, which is removed at the end.
	///
	/// # Errors
	/// There is no room for one.
	pub fn new() -> Result<Self> {
		let directory = tempfile::Builder::new().prefix("plexus-demo-").tempdir()?;
		Ok(Self { directory, running: Vec::new() })
	}

	/// A path in the directory.
	pub fn path(&self, name: &str) -> PathBuf {
		self.directory.path().join(name)
	}

	/// The same as text.
	///
	/// # Errors
	/// The system's temporary directory is not UTF-8.
	pub fn text(&self, name: &str) -> Result<String> {
		text(&self.path(name))
	}

	/// Starts a process that runs until the end; its output goes to a log.
	///
	/// # Errors
	/// It cannot be run.
	pub fn start(&mut self, name: &str, mut command: Command) -> Result<()> {
		let log = self.path(&format!("{name}.log"));
		let file = File::create(&log)?;
		command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).kill_on_drop(true);
		// Ctrl-C is for this program, which stops the others in their order.
		command.process_group(0);
		let child = command.env("NO_COLOR", "1").spawn().with_context(|| format!("{name} cannot be run"))?;
		self.running.push(Running { name: name.into(), child, log });
		Ok(())
	}

	/// Asks again and again until there is an answer.
	///
	/// # Errors
	/// The bound passes, with the last reason why there was none; or a process ended.
	pub async fn until<T, F>(&mut self, bound: Duration, what: &str, mut ask: impl FnMut() -> F) -> Result<T>
	where
		F: Future<Output = Result<T>>,
	{
		let end = Instant::now() + bound;
		loop {
			self.ensure_running()?;
			match ask().await {
				Ok(answer) => return Ok(answer),
				Err(reason) if Instant::now() >= end => {
					return Err(reason.context(format!("{what}: not within {} s", bound.as_secs())));
				}
				Err(_) => sleep(LOOK_EVERY).await,
			}
		}
	}

	/// An error if a process ended, with the end of its log.
	///
	/// # Errors
	/// It says which.
	pub fn ensure_running(&mut self) -> Result<()> {
		for one in &mut self.running {
			if let Some(status) = one.child.try_wait()? {
				bail!("{} ended with {status}:\n{}", one.name, tail(&one.log));
			}
		}
		Ok(())
	}

	/// The ends of all logs, for a failure.
	pub fn tails(&self) -> String {
		let of = |one: &Running| format!("--- end of the log of {} ---\n{}", one.name, tail(&one.log));
		self.running.iter().map(of).collect::<Vec<_>>().join("\n")
	}

	/// Asks processes to stop, the last one first, and waits; with a name only that one.
	///
	/// # Errors
	/// One had to be killed.
	pub async fn stop(&mut self, only: Option<&str>) -> Result<()> {
		let mut forced = Vec::new();
		for place in (0..self.running.len()).rev() {
			if only.is_some_and(|name| self.running[place].name != name) {
				continue;
			}
			let mut one = self.running.remove(place);
			if let Some(pid) = one.child.id().and_then(|id| Pid::from_raw(id as i32)) {
				// It may have ended meanwhile.
				let _ = kill_process(pid, Signal::TERM);
			}
			if timeout(STOP_MAX, one.child.wait()).await.is_err() {
				one.child.kill().await?;
				forced.push(one.name);
			}
		}
		if !forced.is_empty() {
			bail!("{} had to be killed", forced.join(", "));
		}
		Ok(())
	}
}

/// A path as text.
///
/// # Errors
/// It is not UTF-8.
pub fn text(path: &Path) -> Result<String> {
	Ok(path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?.to_string())
}

fn tail(path: &Path) -> String {
	let read = || -> std::io::Result<String> {
		let mut file = File::open(path)?;
		let length = file.metadata()?.len();
		file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
		let mut bytes = Vec::new();
		file.read_to_end(&mut bytes)?;
		Ok(String::from_utf8_lossy(&bytes).into_owned())
	};
	read().unwrap_or_else(|error| format!("(its log cannot be read: {error})"))
}

#[cfg(test)]
mod tests {
	use super::*;

	const SOON: Duration = Duration::from_secs(20);

	fn shell(script: &str) -> Command {
		let mut command = Command::new("sh");
		command.args(["-c", script]);
		command
	}

	#[tokio::test]
	async fn a_process_that_ends_early_ends_every_wait_with_its_last_words() {
		let mut stage = Stage::new().unwrap();
		stage.start("one", shell("echo last words; exit 3")).unwrap();
		let waited = stage.until(SOON, "never", || async { Err::<(), _>(anyhow::anyhow!("not yet")) }).await;
		let waited = format!("{:#}", waited.unwrap_err());
		assert!(waited.contains("one ended") && waited.contains("last words"), "{waited}");
	}

	#[tokio::test]
	async fn processes_are_asked_to_stop_and_one_that_has_stopped_is_no_failure() {
		let mut stage = Stage::new().unwrap();
		let mark = stage.path("stopped");
		let script = format!(
			"trap 'echo > {}; exit 0' TERM; echo ready; while :; do sleep 0.05; done",
			mark.display()
		);
		stage.start("patient", shell(&script)).unwrap();
		stage.start("other", shell("while :; do sleep 0.05; done")).unwrap();
		let log = stage.path("patient.log");
		let ready = || {
			let log = log.clone();
			async move {
				anyhow::ensure!(std::fs::read_to_string(&log)?.contains("ready"), "not yet");
				Ok(())
			}
		};
		stage.until(SOON, "the process", ready).await.unwrap();
		stage.stop(Some("patient")).await.unwrap();
		assert!(mark.exists(), "it was not asked");
		stage.ensure_running().unwrap();
		stage.stop(None).await.unwrap();
		assert!(stage.running.is_empty());
	}

	#[test]
	fn no_port_is_given_twice() {
		let ports: std::collections::BTreeSet<_> = (0..20).map(|_| free_port().unwrap()).collect();
		assert_eq!(ports.len(), 20);
	}
}
