//! The checks themselves. Each takes what it needs and returns its finding; none depends on another's.

use super::{Finding, Verdict};
use crate::{
	keystore::{check_private, KeyKind, Keystore},
	place::Place,
	report::Report,
};
use rustix::{
	fs::statvfs,
	process::{getrlimit, Resource},
};
use std::{
	fs::{self, OpenOptions},
	io::{self, Write},
	net::{IpAddr, SocketAddr, TcpListener},
	path::{Path, PathBuf},
	process::Command,
	thread,
	time::{Duration, Instant, SystemTime},
};

/// How long the two clocks are compared.
const CLOCK_SAMPLE: Duration = Duration::from_millis(100);
/// More difference than this over the sample means that something moves the clock.
const CLOCK_STEP_MAX: Duration = Duration::from_millis(10);
/// 2025-01-01: no clock before it is right.
const CLOCK_EARLIEST_S: u64 = 1_735_689_600;
/// Writes that the disk check times, of one page each.
const DISK_WRITES: usize = 32;
/// A block waits for the disk three times: its body, the consensus log, the commit.
const SYNCS_PER_BLOCK: u32 = 3;
/// A quarter of the block time may go to waiting for the disk.
const DISK_SHARE: u32 = 4;
const GIB: u64 = 1 << 30;
/// A month of full blocks does not fit into less.
const SPACE_WARN_BYTES: u64 = 20 * GIB;
/// Compaction alone may need this much for a moment.
const SPACE_FAIL_BYTES: u64 = GIB;
/// The database keeps up to 512 files open; the rest is for sockets, logs and libraries.
const FILES_BASE: u64 = 768;

/// Every check, in the order in which a start would meet the troubles.
pub(super) fn all(place: &Place) -> Vec<Finding> {
	let config = place.config();
	let directory = existing_ancestor(place.directory.root());
	let mut findings = vec![
		clock(),
		synchronisation(),
		disk_speed(&directory, Duration::from_millis(place.block_time_ms())),
		disk_space(&directory),
		files(u64::from(config.rpc.connections_max)),
	];
	let metrics = config.metrics_socket();
	findings.push(port("rpc port", config.rpc_socket(), "--rpc-port"));
	findings.extend(metrics.map(|address| port("metrics port", address, "--metrics-port")));
	let listens = config.p2p.listen.iter().filter_map(|address| tcp_address(address));
	findings.extend(listens.map(|address| port("p2p port", address, "--listen-addr")));
	findings.extend(keys(&place.directory.keys(), config.validator && !place.is_single_developer()));
	findings.push(database(place));
	findings
}

/// Wall clock and monotonic clock must run alike, and the date be possible.
fn clock() -> Finding {
	const CHECK: &str = "clock";
	let remedy = "set the clock and keep it right with an NTP service (systemd-timesyncd, chrony)";
	let (wall, steady) = (SystemTime::now(), Instant::now());
	thread::sleep(CLOCK_SAMPLE);
	let steady = steady.elapsed();
	let Ok(wall_passed) = wall.elapsed() else {
		return Finding::fail(CHECK, "the clock ran backwards while it was watched", remedy);
	};
	let seconds = wall.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
	if seconds < CLOCK_EARLIEST_S {
		return Finding::fail(CHECK, format!("{seconds} s after 1970 cannot be now"), remedy);
	}
	let step = wall_passed.abs_diff(steady);
	if step > CLOCK_STEP_MAX {
		let found = format!(
			"wall clock and steady clock differ by {} ms in {} ms",
			step.as_millis(),
			steady.as_millis()
		);
		return Finding::warn(CHECK, found, remedy);
	}
	Finding::ok(CHECK, "runs evenly")
}

/// What the system says about NTP. Offline: nobody is asked for the time.
fn synchronisation() -> Finding {
	const CHECK: &str = "time sync";
	let remedy = "switch it on: `timedatectl set-ntp true`, or install chrony; validators must agree on the time to about a second";
	let told = Command::new("timedatectl").args(["show", "--property=NTPSynchronized", "--value"]).output();
	match told.ok().filter(|told| told.status.success()).map(|told| told.stdout) {
		Some(answer) if answer.starts_with(b"yes") => Finding::ok(CHECK, "synchronised"),
		Some(_) => Finding::warn(CHECK, "the system says that the clock is not synchronised", remedy),
		None => {
			let found = "the system does not tell (no timedatectl); in a container the host's clock counts";
			Finding::warn(CHECK, found, "check on the host that the clock is synchronised")
		}
	}
}

/// How long a small synced write takes, where the database is or would be.
fn disk_speed(directory: &Path, block_time: Duration) -> Finding {
	const CHECK: &str = "disk speed";
	let times = match synced_writes(directory) {
		Ok(times) => times,
		Err(error) => {
			let found = format!("cannot write in {}: {error}", directory.display());
			return Finding::fail(CHECK, found, "give this user write access, or choose another --base-path");
		}
	};
	let (median, slow) = (times[times.len() / 2], times[times.len() * 9 / 10]);
	let found =
		format!("a synced write takes {} median, {} at the 90th percentile", millis(median), millis(slow));
	let remedy = "use a local SSD or NVMe disk; network and spinning disks are too slow for a validator";
	match slow * SYNCS_PER_BLOCK {
		wait if wait * DISK_SHARE <= block_time => Finding::ok(CHECK, found),
		wait if wait <= block_time => Finding::warn(CHECK, found, remedy),
		_ => Finding::fail(CHECK, found, remedy),
	}
}

fn millis(time: Duration) -> String {
	format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// Times of synced writes, ascending.
fn synced_writes(directory: &Path) -> io::Result<Vec<Duration>> {
	let path = directory.join(format!(".plexus-doctor-{}", std::process::id()));
	let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
	let times = (0..DISK_WRITES)
		.map(|_| {
			let started = Instant::now();
			file.write_all(&[0x5a; 4096])?;
			file.sync_data()?;
			Ok(started.elapsed())
		})
		.collect::<io::Result<Vec<_>>>();
	fs::remove_file(&path)?;
	let mut times = times?;
	times.sort_unstable();
	Ok(times)
}

fn disk_space(directory: &Path) -> Finding {
	match statvfs(directory) {
		Ok(volume) => judge_space(volume.f_bavail.saturating_mul(volume.f_frsize), directory),
		Err(error) => {
			Finding::warn("disk space", format!("the system does not tell: {error}"), "check it with `df`")
		}
	}
}

pub(super) fn judge_space(free: u64, directory: &Path) -> Finding {
	const CHECK: &str = "disk space";
	let found = format!("{:.1} GiB free at {}", free as f64 / GIB as f64, directory.display());
	let remedy = "free some space, or choose a --base-path on a larger volume";
	match free {
		0..SPACE_FAIL_BYTES => Finding::fail(CHECK, found, remedy),
		SPACE_FAIL_BYTES..SPACE_WARN_BYTES => Finding::warn(CHECK, found, remedy),
		_ => Finding::ok(CHECK, found),
	}
}

fn files(rpc_connections: u64) -> Finding {
	judge_files(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX), rpc_connections)
}

pub(super) fn judge_files(limit: u64, rpc_connections: u64) -> Finding {
	const CHECK: &str = "open files";
	let needed = FILES_BASE + rpc_connections;
	let found = match limit {
		u64::MAX => "no limit".to_string(),
		limit => format!("limit {limit}, up to {needed} needed"),
	};
	match limit < needed {
		true => Finding::warn(
			CHECK,
			found,
			format!("raise it: `ulimit -n {}` (systemd: LimitNOFILE)", needed.next_power_of_two()),
		),
		false => Finding::ok(CHECK, found),
	}
}

pub(super) fn port(check: &'static str, address: SocketAddr, flag: &str) -> Finding {
	match TcpListener::bind(address) {
		Ok(_) => Finding::ok(check, format!("{address} is free")),
		Err(error) => {
			let remedy = format!(
				"stop what uses it (`ss -ltnp`; a running plexus, perhaps), or choose another with {flag}"
			);
			Finding::fail(check, format!("cannot listen on {address}: {error}"), remedy)
		}
	}
}

/// The socket of a `/ip4/…/tcp/…` or `/ip6/…/tcp/…` address; names are left to the network.
pub(super) fn tcp_address(multiaddress: &str) -> Option<SocketAddr> {
	let mut parts = multiaddress.split('/').skip(1);
	let (family, ip, tcp, port) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
	let ip: IpAddr = ip.parse().ok().filter(|_| matches!(family, "ip4" | "ip6"))?;
	let port = port.parse().ok().filter(|_| tcp == "tcp")?;
	Some(SocketAddr::new(ip, port))
}

/// Key files that exist must be private and readable; a validator's must exist.
pub(super) fn keys(directory: &Path, validator_needed: bool) -> Vec<Finding> {
	let keystore = Keystore::at(directory);
	KeyKind::ALL
		.into_iter()
		.map(|kind| {
			let check = match kind {
				KeyKind::Validator => "validator key",
				KeyKind::Node => "node key",
			};
			if !keystore.contains(kind) {
				return match kind {
					KeyKind::Validator if validator_needed && !keystore.next_path().exists() => {
						let found =
							format!("none in {}, but this node is to be a validator", directory.display());
						Finding::fail(check, found, "make one with `plexus key generate validator`")
					}
					KeyKind::Validator if validator_needed => {
						Finding::ok(check, "none; the next start takes the next key")
					}
					KeyKind::Validator => Finding::ok(check, "none, and none is needed"),
					KeyKind::Node => Finding::ok(check, "none yet; made on first start"),
				};
			}
			match check_private(&keystore.path(kind)).and_then(|()| keystore.public(kind)) {
				Ok(public) => Finding::ok(check, public.hex()),
				Err(error) => Finding::of(check, Verdict::Fail, Report::of(&error)),
			}
		})
		.chain(next_key(&keystore))
		.collect()
}

/// The key that is to follow the validator key, where there is one.
fn next_key(keystore: &Keystore) -> Option<Finding> {
	const CHECK: &str = "next key";
	match keystore.next_public() {
		Ok(None) => None,
		Ok(Some(public)) => {
			let found = format!("{}; signs from the first start after the chain names it", public.hex());
			Some(Finding::ok(CHECK, found))
		}
		Err(error) => Some(Finding::of(CHECK, Verdict::Fail, Report::of(&error))),
	}
}

/// A database that exists must open, with this schema and this genesis.
fn database(place: &Place) -> Finding {
	const CHECK: &str = "database";
	if !place.directory.database().exists() {
		return Finding::ok(CHECK, "none yet; made on first start");
	}
	match place.open_database() {
		Ok(database) => {
			let tip = database.tip();
			Finding::ok(
				CHECK,
				format!("opens, schema {}, at block {}", plexus_storage::schema::SCHEMA_VERSION, tip.number),
			)
		}
		Err(report) if report.cause.contains("another plexus is running") => {
			Finding::of(CHECK, Verdict::Warn, report)
		}
		Err(report) => Finding::of(CHECK, Verdict::Fail, report),
	}
}

/// The nearest directory that exists already: doctor makes none.
fn existing_ancestor(path: &Path) -> PathBuf {
	path.ancestors().find(|ancestor| ancestor.is_dir()).map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}
