//! [`Limits`]: who may be paid again when. Pure: time is told.
//!
//! # Must not
//! Forget somebody to make room for others: a full table refuses newcomers instead.
//!
//! # Invariants
//! An address is paid once in a period. An IP address (of IPv6 a /64, which one household has whole) starts a period with
//! its first payment and is paid at most so often in it. Both tables hold at most [`ENTRIES_MAX`] entries.

use std::{
	collections::HashMap,
	net::{IpAddr, Ipv6Addr},
	time::Duration,
};

/// Entries of each table: some megabytes.
const ENTRIES_MAX: usize = 100_000;

/// How long to wait when a table is full: entries leave one by one.
const FULL_WAIT: Duration = Duration::from_secs(600);

/// Why nothing is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
	/// The address was paid in this period.
	#[error("this address was paid already; it can be again in {} s", .wait.as_secs())]
	Address {
		/// Until it can be paid again.
		wait: Duration,
	},
	/// The IP address has asked often enough in this period.
	#[error("too many payments to your network; it can ask again in {} s", .wait.as_secs())]
	Ip {
		/// Until its period ends.
		wait: Duration,
	},
	/// A table is full.
	#[error("the faucet has paid as many as it can remember; try again in {} s", .wait.as_secs())]
	Full {
		/// When to try again.
		wait: Duration,
	},
}

impl Refused {
	/// When to try again.
	pub(super) fn wait(&self) -> Duration {
		match self {
			Self::Address { wait } | Self::Ip { wait } | Self::Full { wait } => *wait,
		}
	}
}

/// What was paid in the last period.
#[derive(Debug)]
pub(super) struct Limits {
	every: Duration,
	per_ip: u32,
	entries_max: usize,
	/// When each address was paid.
	addresses: HashMap<String, Duration>,
	/// When each network's period began, and its payments since.
	networks: HashMap<IpAddr, (Duration, u32)>,
}

impl Limits {
	/// Nobody was paid yet.
	pub(super) fn new(every: Duration, per_ip: u32) -> Self {
		Self { every, per_ip, entries_max: ENTRIES_MAX, addresses: HashMap::new(), networks: HashMap::new() }
	}

	/// Whether this address may be paid now on behalf of this client.
	///
	/// # Errors
	/// [`Refused`] says for how long not.
	pub(super) fn check(&mut self, now: Duration, address: &str, ip: IpAddr) -> Result<(), Refused> {
		if let Some(paid) = self.addresses.get(address) {
			let wait = (*paid + self.every).saturating_sub(now);
			if !wait.is_zero() {
				return Err(Refused::Address { wait });
			}
		}
		if let Some((start, count)) = self.networks.get(&network(ip)) {
			let wait = (*start + self.every).saturating_sub(now);
			if !wait.is_zero() && *count >= self.per_ip {
				return Err(Refused::Ip { wait });
			}
		}
		if self.addresses.len() >= self.entries_max || self.networks.len() >= self.entries_max {
			self.forget_old(now);
		}
		let is_full = self.addresses.len() >= self.entries_max
			|| (self.networks.len() >= self.entries_max && !self.networks.contains_key(&network(ip)));
		if is_full {
			return Err(Refused::Full { wait: FULL_WAIT });
		}
		Ok(())
	}

	/// It was paid.
	pub(super) fn note(&mut self, now: Duration, address: &str, ip: IpAddr) {
		self.addresses.insert(address.into(), now);
		let (start, count) = self.networks.entry(network(ip)).or_insert((now, 0));
		if *start + self.every <= now {
			(*start, *count) = (now, 0);
		}
		*count += 1;
	}

	fn forget_old(&mut self, now: Duration) {
		self.addresses.retain(|_, paid| *paid + self.every > now);
		self.networks.retain(|_, (start, _)| *start + self.every > now);
	}
}

/// What is counted as one client.
fn network(ip: IpAddr) -> IpAddr {
	match ip.to_canonical() {
		IpAddr::V4(ip) => ip.into(),
		IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const EVERY: Duration = Duration::from_secs(100);

	fn at(seconds: u64) -> Duration {
		Duration::from_secs(seconds)
	}

	fn ip(text: &str) -> IpAddr {
		text.parse().expect("an address")
	}

	#[test]
	fn an_address_is_paid_once_in_a_period_from_wherever_it_asks() {
		let mut limits = Limits::new(EVERY, 10);
		assert_eq!(limits.check(at(0), "a", ip("192.0.2.1")), Ok(()));
		limits.note(at(0), "a", ip("192.0.2.1"));
		assert_eq!(limits.check(at(99), "a", ip("192.0.2.2")), Err(Refused::Address { wait: at(1) }));
		assert_eq!(limits.check(at(99), "b", ip("192.0.2.2")), Ok(()));
		assert_eq!(limits.check(at(100), "a", ip("192.0.2.2")), Ok(()));
	}

	#[test]
	fn a_network_is_paid_so_often_in_a_period() {
		let mut limits = Limits::new(EVERY, 2);
		for address in ["a", "b"] {
			assert_eq!(limits.check(at(10), address, ip("2001:db8::1")), Ok(()));
			limits.note(at(10), address, ip("2001:db8::1"));
		}
		assert_eq!(
			limits.check(at(50), "c", ip("2001:db8::ffff")),
			Err(Refused::Ip { wait: at(60) }),
			"the same /64"
		);
		assert_eq!(limits.check(at(50), "c", ip("2001:db8:0:1::1")), Ok(()), "another /64");
		assert_eq!(limits.check(at(110), "c", ip("2001:db8::1")), Ok(()), "a new period");
		limits.note(at(110), "c", ip("2001:db8::1"));
		assert_eq!(limits.check(at(111), "d", ip("2001:db8::1")), Ok(()));
		assert_eq!(network(ip("::ffff:192.0.2.1")), ip("192.0.2.1"), "one host has one entry");
	}

	#[test]
	fn a_full_table_refuses_newcomers_until_somebody_is_due() {
		let mut limits = Limits { entries_max: 2, ..Limits::new(EVERY, 10) };
		limits.note(at(0), "a", ip("192.0.2.1"));
		limits.note(at(50), "b", ip("192.0.2.2"));
		assert_eq!(limits.check(at(60), "c", ip("192.0.2.3")), Err(Refused::Full { wait: FULL_WAIT }));
		assert_eq!(
			limits.check(at(60), "a", ip("192.0.2.1")),
			Err(Refused::Address { wait: at(40) }),
			"not forgotten"
		);
		assert_eq!(limits.check(at(100), "c", ip("192.0.2.3")), Ok(()));
		assert_eq!((limits.addresses.len(), limits.networks.len()), (1, 1));
	}
}
