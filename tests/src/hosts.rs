//! [`Hosts`]: network namespaces that stand for hosts, joined by a switch that delays and drops IP packets.
//!
//! ```text
//!   namespace 1: 198.18.0.1 ─ TUN ─┐                       ┌─ TUN ─ 198.18.0.3 : namespace 3
//!   namespace 2: 198.18.0.2 ─ TUN ─┼─ a line for each pair ┼─ TUN ─ 198.18.0.4 : namespace 4
//!                                  │                       │
//!                   198.18.0.254 ─ TUN ─ this program: its packets are neither delayed nor dropped
//! ```
//!
//! Each host has a TUN device. What a host sends to another is read here as the IP packet that it is, and either dropped, by
//! chance, or written to the other's device after a delay drawn for it. Nothing knows of connections: a lost packet is lost,
//! and the hosts' kernels find out and send it again (TCP) or the program does (QUIC), as on a real network. Packets of one
//! line keep their order, as on one wire; jitter never makes one overtake another. A line holds [`QUEUE_PACKETS_MAX`]
//! packets, as netem's queue does by default; what comes beyond is dropped and counted. Bandwidth is not limited.
//!
//! # Must not
//! Touch the machine's own network beyond one device with an address from the range kept for tests of networks (RFC 2544).
//!
//! # Invariants
//! Devices and namespaces are gone when the value is dropped.

use anyhow::{bail, ensure, Context, Result};
use std::{
	ffi::OsStr,
	net::Ipv4Addr,
	path::Path,
	process::{Command as SystemCommand, Stdio},
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
	time::Duration,
};
use tokio::{
	process::Command,
	sync::{mpsc, watch},
	task::JoinSet,
	time::Instant,
};
use tokio_tun::Tun;

/// Packets under way on a line.
const QUEUE_PACKETS_MAX: usize = 1_000;

/// The longest packet: that of a device with the usual 1,500 bytes, and room to notice another.
const PACKET_BYTES_MAX: usize = 2_048;

/// The host number of this program.
const OBSERVER: u8 = 254;

/// The most hosts of one network.
pub const HOSTS_MAX: usize = 64;

/// How packets between hosts fare.
#[derive(Clone, Copy, Debug)]
pub struct Quality {
	/// How long each is under way.
	pub delay: Duration,
	/// How much longer or shorter that may be.
	pub jitter: Duration,
	/// Of so many packets one is dropped; 0 for none.
	pub lost_one_in: u64,
	/// Where chance begins.
	pub seed: u64,
}

/// Packets between hosts so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
	/// Delivered.
	pub carried: u64,
	/// Dropped by chance, or because the hosts were divided.
	pub dropped: u64,
	/// Dropped because a line was full.
	pub overflowed: u64,
}

#[derive(Default)]
struct Counters {
	carried: AtomicU64,
	dropped: AtomicU64,
	overflowed: AtomicU64,
}

/// A namespace, until it is dropped.
struct Namespace(String);

impl Namespace {
	fn new(name: String) -> Result<Self> {
		ip(&["netns", "add", &name])?;
		Ok(Self(name))
	}
}

impl Drop for Namespace {
	fn drop(&mut self) {
		if let Err(error) = ip(&["netns", "del", &self.0]) {
			eprintln!("a network namespace is left behind: {error:#}");
		}
	}
}

/// Some hosts and what joins them.
pub struct Hosts {
	// The switch goes first: a device is closed before its namespace is.
	_switch: JoinSet<()>,
	namespaces: Vec<Namespace>,
	counters: Arc<Counters>,
	groups: watch::Sender<Vec<Vec<usize>>>,
}

impl Hosts {
	/// What this machine lacks for it.
	pub fn missing() -> Option<String> {
		if !rustix::process::geteuid().is_root() {
			return Some("network namespaces need root".into());
		}
		if !Path::new("/dev/net/tun").exists() {
			return Some("there is no /dev/net/tun".into());
		}
		ip(&["netns", "list"]).err().map(|error| format!("network namespaces need iproute2: {error:#}"))
	}

	/// So many hosts.
	///
	/// # Errors
	/// When the system refuses a device or a namespace.
	pub fn new(count: usize, quality: Quality) -> Result<Self> {
		ensure!((1..=HOSTS_MAX).contains(&count), "{count} hosts");
		ensure!(quality.jitter <= quality.delay, "a packet cannot arrive before it was sent");
		let process = std::process::id();
		let mut namespaces = Vec::new();
		let mut devices = Vec::new();
		for host in 0..count {
			// Device names have at most 15 characters.
			let device = format!("plx{}h{host}", process % 1_000_000);
			let namespace = Namespace::new(format!("plexus-{process}-{host}"))?;
			devices.push(open(&device)?);
			ip(&["link", "set", &device, "netns", &namespace.0])?;
			let address = format!("{}/24", address(host));
			ip(&["-n", &namespace.0, "addr", "add", &address, "dev", &device])?;
			ip(&["-n", &namespace.0, "link", "set", "lo", "up"])?;
			ip(&["-n", &namespace.0, "link", "set", &device, "up"])?;
			namespaces.push(namespace);
		}
		let device = format!("plx{}o", process % 1_000_000);
		devices.push(open(&device)?);
		ip(&["addr", "add", &format!("{}/24", of_number(OBSERVER)), "dev", &device])?;
		ip(&["link", "set", &device, "up"])?;
		let counters = Arc::new(Counters::default());
		let (groups, divided) = watch::channel(Vec::new());
		Ok(Self { _switch: switch(devices, quality, &counters, &divided), namespaces, counters, groups })
	}

	/// From now on, packets between hosts of different groups are lost. Without groups, none are but by chance.
	pub fn divide(&self, groups: &[&[usize]]) {
		self.groups.send_replace(groups.iter().map(|group| group.to_vec()).collect());
	}

	/// A program that will run on a host.
	pub fn command(&self, host: usize, program: impl AsRef<OsStr>) -> Command {
		let mut command = Command::new("ip");
		// `ip` becomes the program: the process that is started here is the one that is meant.
		command.args(["netns", "exec", &self.namespaces[host].0]).arg(program);
		command.kill_on_drop(true);
		command
	}

	/// What went between hosts so far.
	pub fn traffic(&self) -> Traffic {
		let Counters { carried, dropped, overflowed } = &*self.counters;
		let [carried, dropped, overflowed] =
			[carried, dropped, overflowed].map(|counter| counter.load(Ordering::Relaxed));
		Traffic { carried, dropped, overflowed }
	}
}

/// Where a host, counted from 0, is reached.
pub fn address(host: usize) -> Ipv4Addr {
	of_number(u8::try_from(host + 1).expect("there are at most HOSTS_MAX"))
}

fn of_number(number: u8) -> Ipv4Addr {
	Ipv4Addr::new(198, 18, 0, number)
}

fn ip(arguments: &[&str]) -> Result<()> {
	let output = SystemCommand::new("ip").args(arguments).stdin(Stdio::null()).output();
	let output = output.with_context(|| format!("ip {}", arguments.join(" ")))?;
	if !output.status.success() {
		bail!("ip {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
	}
	Ok(())
}

fn open(name: &str) -> Result<Tun> {
	let mut devices = Tun::builder().name(name).build().with_context(|| format!("TUN device {name}"))?;
	devices.pop().with_context(|| format!("TUN device {name}"))
}

/// A packet and when it arrives.
type Due = (Instant, Vec<u8>);

/// Starts a line for each ordered pair of devices, and a reader for each device. The last device is this program's.
fn switch(
	devices: Vec<Tun>,
	quality: Quality,
	counters: &Arc<Counters>,
	divided: &watch::Receiver<Vec<Vec<usize>>>,
) -> JoinSet<()> {
	let mut tasks = JoinSet::new();
	let devices: Vec<Arc<Tun>> = devices.into_iter().map(Arc::new).collect();
	let observer = devices.len() - 1;
	for (from, device) in devices.iter().enumerate() {
		let mut lines = Vec::new();
		for (to, other) in devices.iter().enumerate() {
			let (line, due) = mpsc::channel(QUEUE_PACKETS_MAX);
			let counted = (from != observer && to != observer).then(|| counters.clone());
			tasks.spawn(deliver(due, other.clone(), counted));
			lines.push(line);
		}
		let port = Port {
			device: device.clone(),
			from,
			lines,
			quality,
			chance: Chance(quality.seed.wrapping_add(from as u64)),
			counters: counters.clone(),
			divided: divided.clone(),
		};
		tasks.spawn(port.run());
	}
	tasks
}

/// Reads what one host sends, and puts it on its lines.
struct Port {
	device: Arc<Tun>,
	from: usize,
	/// One to each device; the last is this program's.
	lines: Vec<mpsc::Sender<Due>>,
	quality: Quality,
	chance: Chance,
	counters: Arc<Counters>,
	divided: watch::Receiver<Vec<Vec<usize>>>,
}

impl Port {
	async fn run(mut self) {
		let mut buffer = vec![0; PACKET_BYTES_MAX];
		// A device that cannot be read is gone with its namespace.
		while let Ok(bytes) = self.device.recv(&mut buffer).await {
			self.send(&buffer[..bytes]);
		}
	}

	fn send(&mut self, packet: &[u8]) {
		let observer = self.lines.len() - 1;
		let Some(to) = destination(packet, observer).filter(|to| *to != self.from) else { return };
		let mut at = Instant::now();
		if self.from != observer && to != observer {
			let Quality { delay, jitter, lost_one_in, .. } = self.quality;
			let lost = lost_one_in > 0 && self.chance.below(lost_one_in) == 0;
			if lost || are_divided(&self.divided.borrow(), self.from, to) {
				self.counters.dropped.fetch_add(1, Ordering::Relaxed);
				return;
			}
			at +=
				delay - jitter + Duration::from_micros(self.chance.below(2 * jitter.as_micros() as u64 + 1));
		}
		if self.lines[to].try_send((at, packet.to_vec())).is_err() {
			self.counters.overflowed.fetch_add(1, Ordering::Relaxed);
		}
	}
}

fn are_divided(groups: &[Vec<usize>], one: usize, other: usize) -> bool {
	let group = |host: usize| groups.iter().position(|group| group.contains(&host));
	!groups.is_empty() && group(one) != group(other)
}

/// Writes packets when they are due, in order.
async fn deliver(mut due: mpsc::Receiver<Due>, device: Arc<Tun>, counted: Option<Arc<Counters>>) {
	while let Some((at, packet)) = due.recv().await {
		tokio::time::sleep_until(at).await;
		// As with any cable, nobody learns that nobody was there.
		if device.send(&packet).await.is_ok() {
			if let Some(counters) = &counted {
				counters.carried.fetch_add(1, Ordering::Relaxed);
			}
		}
	}
}

/// The device that an IPv4 packet is for (RFC 791, §3.1); `None` for anything else, such as a search for IPv6 routers.
fn destination(packet: &[u8], observer: usize) -> Option<usize> {
	let is_ipv4 = packet.first()? >> 4 == 4;
	let [198, 18, 0, number] = *packet.get(16..20)? else { return None };
	match number {
		_ if !is_ipv4 => None,
		OBSERVER => Some(observer),
		number => usize::from(number).checked_sub(1).filter(|host| *host < observer),
	}
}

/// A small generator (splitmix64): which packets are dropped depends on the seed, and on the order in which they come.
struct Chance(u64);

impl Chance {
	/// Below a bound that is not zero.
	fn below(&mut self, bound: u64) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut mixed = self.0;
		mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		(mixed ^ (mixed >> 31)) % bound
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn packet(to: [u8; 4]) -> Vec<u8> {
		let mut packet = vec![0; 20];
		packet[0] = 0x45;
		packet[16..].copy_from_slice(&to);
		packet
	}

	#[test]
	fn packets_go_where_their_header_says_and_others_nowhere() {
		assert_eq!(destination(&packet([198, 18, 0, 1]), 4), Some(0));
		assert_eq!(destination(&packet([198, 18, 0, 4]), 4), Some(3));
		assert_eq!(destination(&packet([198, 18, 0, OBSERVER]), 4), Some(4));
		for to in [[198, 18, 0, 0], [198, 18, 0, 5], [198, 18, 0, 255], [198, 18, 1, 1], [224, 0, 0, 1]] {
			assert_eq!(destination(&packet(to), 4), None, "{to:?}");
		}
		let mut ipv6 = packet([198, 18, 0, 1]);
		ipv6[0] = 0x60;
		assert_eq!(destination(&ipv6, 4), None);
		assert_eq!(destination(&[0x45; 19], 4), None);
		assert_eq!(destination(&[], 4), None);
	}

	#[test]
	fn only_hosts_of_different_groups_are_divided() {
		let halves = [vec![0, 1], vec![2, 3]];
		assert!(are_divided(&halves, 0, 2) && !are_divided(&halves, 0, 1) && !are_divided(&[], 0, 2));
	}

	#[test]
	fn one_in_a_hundred_is_about_one_in_a_hundred() {
		let mut chance = Chance(7);
		let lost = (0..100_000).filter(|_| chance.below(100) == 0).count();
		assert!((800..1_200).contains(&lost), "{lost}");
	}
}
