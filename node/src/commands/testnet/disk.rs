//! [`SlowDisk`]: a process that waits longer whenever it waits for its disk.
//!
//! `strace` attaches to the process and holds back the return of every system call that waits for a disk. What is written is
//! written, and synced, as without it: only the answer comes late, as from a disk that is slow to confirm.
//!
//! # Must not
//! Outlive the fault: when the value is dropped, the process goes on as before.

use crate::report::Report;
use rustix::process::{kill_process, Pid, Signal};
use std::{process::Stdio, time::Duration};
use tokio::{
	io::{AsyncBufReadExt, BufReader},
	process::{Child, Command},
	time::timeout,
};

/// What waits for a disk: RocksDB and the logs sync with these.
const SYNCING: &str = "fsync,fdatasync,sync_file_range,msync";

/// How long the tracer may take to be in place.
const ATTACHING_MAX: Duration = Duration::from_secs(10);

/// A process with a slow disk, until it is dropped.
pub(super) struct SlowDisk {
	tracer: Child,
}

impl SlowDisk {
	/// Slows a process down, and comes back when that is in force.
	///
	/// # Errors
	/// There is no `strace`, or the system does not let it trace.
	pub(super) async fn attach(pid: u32, delay: Duration) -> Result<Self, Report> {
		let failed = |cause: String| {
			let remedy = "install strace (Debian: apt-get install strace), and allow tracing: as root, or with `sysctl kernel.yama.ptrace_scope=0`";
			Report::new("slow disk", cause, remedy)
		};
		let tracer = Command::new("strace")
			.args(["--follow-forks", "--output=/dev/null"])
			.arg(format!("--trace={SYNCING}"))
			.arg(format!("--inject={SYNCING}:delay_exit={}", delay.as_micros()))
			.arg(format!("--attach={pid}"))
			.stdin(Stdio::null())
			.stdout(Stdio::null())
			.stderr(Stdio::piped())
			.kill_on_drop(true)
			.spawn();
		let mut tracer = tracer.map_err(|error| failed(format!("strace does not start: {error}")))?;
		let said = tracer.stderr.take().expect("it is piped");
		// It says so when it has attached; after that it is silent but for new threads.
		let mut lines = BufReader::new(said).lines();
		let first = timeout(ATTACHING_MAX, lines.next_line()).await;
		match first {
			Ok(Ok(Some(line))) if line.contains("attached") => {}
			Ok(Ok(Some(line))) => return Err(failed(format!("strace says: {line}"))),
			_ => return Err(failed("strace does not attach".into())),
		}
		// A pipe that nobody reads would stop the tracer, and with it the process.
		tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
		Ok(Self { tracer })
	}

	/// Lets the process go on as before, and comes back when it does.
	pub(super) async fn detach(mut self) {
		let pid = self.tracer.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
		// If it is gone, so is what it did.
		let _ = pid.map(|pid| kill_process(pid, Signal::INT));
		if timeout(ATTACHING_MAX, self.tracer.wait()).await.is_err() {
			let _ = self.tracer.kill().await;
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::time::Instant;

	/// Bytes through a file, each synced before the next line is read.
	const SYNCS: &str = "read line; dd if=/dev/zero of=\"$0\" bs=1 count=1 conv=fsync 2>/dev/null; echo done";

	#[tokio::test]
	async fn a_sync_takes_the_delay_longer_until_it_is_detached() {
		use tokio::io::AsyncWriteExt;
		let directory = tempfile::tempdir().unwrap();
		let delay = Duration::from_millis(700);
		let mut shell = Command::new("sh")
			.args(["-c", SYNCS])
			.arg(directory.path().join("file"))
			.stdin(Stdio::piped())
			.stdout(Stdio::piped())
			.kill_on_drop(true)
			.spawn()
			.unwrap();
		let slow = match SlowDisk::attach(shell.id().unwrap(), delay).await {
			Ok(slow) => slow,
			Err(report) => {
				println!("SKIPPED: {report}");
				return;
			}
		};
		let started = Instant::now();
		shell.stdin.take().unwrap().write_all(b"go\n").await.unwrap();
		let output = timeout(ATTACHING_MAX * 3, shell.wait_with_output()).await.unwrap().unwrap();
		assert_eq!(String::from_utf8_lossy(&output.stdout), "done\n");
		assert!(started.elapsed() >= delay, "the sync took {:?}", started.elapsed());
		slow.detach().await;
	}
}
