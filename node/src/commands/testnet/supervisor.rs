//! [`Supervisor`]: carries a row of faults out on a network, one at a time, and remembers when.
//!
//! # Must not
//! Choose faults, or judge what they lead to.

use super::{disk::SlowDisk, fault::Fault, judge::Injected, network::Network, proxy::Gate, schedule::Step};
use crate::report::Report;
use std::{collections::VecDeque, time::Duration};

/// A row of faults, partly carried out.
pub(super) struct Supervisor {
	/// When the row began; its steps' times count from there.
	start: Duration,
	waiting: VecDeque<Step>,
	/// The fault in force: when it was complete, and when it is to be healed.
	active: Option<(Fault, Duration, Duration)>,
	/// The disks that are slow with it.
	disks: Vec<SlowDisk>,
	injected: Vec<Injected>,
}

impl Supervisor {
	/// A row that begins now.
	pub(super) fn new(steps: VecDeque<Step>, now: Duration) -> Self {
		Self { start: now, waiting: steps, active: None, disks: Vec::new(), injected: Vec::new() }
	}

	/// When there is something to do next.
	pub(super) fn due(&self) -> Option<Duration> {
		match &self.active {
			Some((_, _, until)) => Some(*until),
			None => self.waiting.front().map(|step| self.start + step.at),
		}
	}

	/// Does what is due, and says what was done. `now` reads the time.
	///
	/// # Errors
	/// A killed node cannot be started again, or a disk not slowed down.
	pub(super) async fn act(
		&mut self,
		network: &mut Network,
		now: impl Fn() -> Duration,
	) -> Result<Option<String>, Report> {
		if self.due().is_none_or(|due| due > now()) {
			return Ok(None);
		}
		if self.active.is_some() {
			return self.heal(network, now()).await.map(Some);
		}
		let Some(step) = self.waiting.pop_front() else { return Ok(None) };
		self.disks = inject(&step.fault, network).await?;
		let told = format!("{} for {:.1} s", step.fault, step.lasting.as_secs_f64());
		let complete = now();
		self.active = Some((step.fault, complete, complete + step.lasting));
		Ok(Some(told))
	}

	/// Ends the fault in force.
	async fn heal(&mut self, network: &mut Network, now: Duration) -> Result<String, Report> {
		let Some((fault, from, _)) = self.active.take() else { return Ok("nothing to heal".into()) };
		let told = format!("{fault} healed");
		match &fault {
			Fault::Kill(nodes) => {
				for node in nodes {
					network.nodes[*node].launch()?;
				}
			}
			Fault::Pause(nodes) => nodes.iter().for_each(|node| network.nodes[*node].go_on()),
			Fault::SlowDisk { .. } => {
				for disk in self.disks.drain(..) {
					disk.detach().await;
				}
			}
			Fault::Skew { nodes, .. } => {
				for node in nodes {
					network.nodes[*node].start_again(Vec::new()).await?;
				}
			}
			Fault::Disconnect(_) | Fault::Partition { .. } => {
				if let Some(links) = &network.links {
					links.heal();
				}
			}
		}
		self.injected.push(Injected { fault, from, until: now });
		Ok(told)
	}

	/// The faults that were injected. The one in force is healed first.
	///
	/// # Errors
	/// As [`Supervisor::act`].
	pub(super) async fn finish(
		mut self,
		network: &mut Network,
		now: Duration,
	) -> Result<Vec<Injected>, Report> {
		if self.active.is_some() {
			self.heal(network, now).await?;
		}
		Ok(self.injected)
	}
}

/// Does it; the disks that it slowed down.
async fn inject(fault: &Fault, network: &mut Network) -> Result<Vec<SlowDisk>, Report> {
	let mut disks = Vec::new();
	match fault {
		Fault::Kill(nodes) => {
			for node in nodes {
				network.nodes[*node].kill().await;
			}
		}
		Fault::Pause(nodes) => nodes.iter().for_each(|node| network.nodes[*node].pause()),
		Fault::Disconnect(nodes) => {
			// All others are one group; each of these is alone.
			let others = (0..network.nodes.len()).filter(|node| !nodes.contains(node)).collect();
			network.divide(vec![others], Gate::Closed);
		}
		Fault::Partition { groups, closed } => {
			network.divide(groups.clone(), if *closed { Gate::Closed } else { Gate::Silent });
		}
		Fault::SlowDisk { nodes, delay } => {
			for node in nodes {
				if let Some(pid) = network.nodes[*node].pid() {
					disks.push(SlowDisk::attach(pid, *delay).await?);
				}
			}
		}
		Fault::Skew { nodes, offset_ms } => {
			for node in nodes {
				let offset = format!("--clock-offset-ms={offset_ms}");
				network.nodes[*node].start_again(vec![offset]).await?;
			}
		}
	}
	Ok(disks)
}
