//! What the system says about this process: memory, processor time, descriptors. Linux's `/proc`; elsewhere nothing.

use std::{fs, io};

/// Resources that the process uses now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
	/// Resident memory.
	pub resident_bytes: u64,
	/// Processor time since start, user and system.
	pub cpu_seconds: f64,
	/// Threads.
	pub threads: u64,
	/// Open file descriptors.
	pub open_files: u64,
}

/// The unit of processor times in `/proc`: fixed at 100 per second on every Linux architecture in use
/// (`sysconf(_SC_CLK_TCK)`).
const TICKS_PER_SECOND: f64 = 100.0;

/// Reads the process's usage, where the system tells it.
pub fn usage() -> Option<Usage> {
	let status = fs::read_to_string("/proc/self/status").ok()?;
	let stat = fs::read_to_string("/proc/self/stat").ok()?;
	Some(Usage {
		resident_bytes: status_number(&status, "VmRSS:")? * 1024,
		cpu_seconds: cpu_ticks(&stat)? as f64 / TICKS_PER_SECOND,
		threads: status_number(&status, "Threads:")?,
		open_files: fs::read_dir("/proc/self/fd").ok()?.count() as u64,
	})
}

/// Resident memory of another process of this user.
pub fn resident_bytes(pid: u32) -> Option<u64> {
	let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
	Some(status_number(&status, "VmRSS:")? * 1024)
}

/// Open file descriptors of another process of this user.
pub fn open_files(pid: u32) -> Option<u64> {
	Some(fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count() as u64)
}

/// Has the system kill this process as soon as its parent is gone, however that ends and even if this one is paused.
///
/// # Errors
/// The system refuses, or the parent is gone already.
#[cfg(target_os = "linux")]
pub fn end_with_parent(parent: u32) -> io::Result<()> {
	use rustix::process::{getppid, set_parent_process_death_signal, Signal};
	set_parent_process_death_signal(Some(Signal::KILL))?;
	// It may have ended before the system was asked.
	match getppid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs()) {
		Some(now) if now == parent => Ok(()),
		_ => Err(io::Error::new(io::ErrorKind::NotFound, "the parent process has ended")),
	}
}

/// Elsewhere the system has no such service.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn end_with_parent(_parent: u32) -> io::Result<()> {
	Err(io::Error::new(io::ErrorKind::Unsupported, "only Linux ends a process with its parent"))
}

fn status_number(status: &str, name: &str) -> Option<u64> {
	let line = status.lines().find_map(|line| line.strip_prefix(name))?;
	line.split_whitespace().next()?.parse().ok()
}

/// Fields 14 and 15 (user and system time), counted after the command name, which may itself hold spaces.
fn cpu_ticks(stat: &str) -> Option<u64> {
	let after_name = &stat[stat.rfind(')')? + 1..];
	let mut fields = after_name.split_whitespace().skip(11);
	let user: u64 = fields.next()?.parse().ok()?;
	let system: u64 = fields.next()?.parse().ok()?;
	Some(user + system)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn processor_time_is_found_behind_an_odd_name() {
		let stat = "42 (a b) c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 1 0";
		assert_eq!(cpu_ticks(stat), Some(200));
		assert_eq!(cpu_ticks("no bracket"), None);
		assert_eq!(status_number("Name:\tx\nVmRSS:\t  12 kB\n", "VmRSS:"), Some(12));
	}

	#[cfg(target_os = "linux")]
	#[test]
	fn this_process_uses_something() {
		let usage = usage().expect("Linux tells");
		assert!(usage.resident_bytes > 100_000 && usage.threads >= 1 && usage.open_files >= 3, "{usage:?}");
	}
}
