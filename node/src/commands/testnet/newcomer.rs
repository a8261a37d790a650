//! [`Newcomer`]: a node without a vote that is wiped and joins from nothing, again and again.
//!
//! # Must not
//! Keep anything but its key, or be taken for arrived before it has the highest block that any validator had when it was asked.
//!
//! # Invariants
//! What it has at the head counts for the verdict as what any node has: another block there is a conflict.

use super::{
	layout::{Layout, Member},
	observer::{ask, block_at, Observed, ASKING_EVERY, PATIENCE},
	process::NodeProcess,
	verdict::Joining,
};
use crate::report::Report;
use parking_lot::Mutex;
use plexus_cli::{Failure, Remote};
use std::{
	sync::Arc,
	time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// A node that joins from nothing.
pub(super) struct Newcomer {
	member: Member,
	url: String,
	every: Duration,
	/// When it begins next; unknown until it is asked for the first time.
	due: Option<Duration>,
	process: Option<NodeProcess>,
	joinings: Arc<Mutex<Vec<Joining>>>,
	watching: JoinSet<()>,
}

impl Newcomer {
	/// A node that is not started yet, with its RPC.
	pub(super) fn new(member: Member, url: String, every: Duration) -> Self {
		Self {
			member,
			url,
			every,
			due: None,
			process: None,
			joinings: Arc::default(),
			watching: JoinSet::new(),
		}
	}

	/// Its process, if it was ever started.
	pub(super) fn process(&mut self) -> Option<&mut NodeProcess> {
		self.process.as_mut()
	}

	/// How each joining went so far.
	pub(super) fn joinings(&self) -> Vec<Joining> {
		self.joinings.lock().clone()
	}

	/// Whether it is at the head, or was never to be.
	pub(super) fn has_arrived(&self) -> bool {
		self.joinings.lock().last().is_none_or(|joining| joining.took_ms.is_some())
	}

	/// Kills, wipes and starts it if it is time; what was done. The first time comes after one whole interval.
	///
	/// # Errors
	/// Its files cannot be removed, or it cannot be started.
	pub(super) async fn act(
		&mut self,
		layout: &Layout,
		now: Duration,
		observed: &Arc<Mutex<Observed>>,
	) -> Result<Option<String>, Report> {
		if *self.due.get_or_insert(now + self.every) > now {
			return Ok(None);
		}
		self.due = Some(now + self.every);
		self.watching.abort_all();
		if let Some(mut process) = self.process.take() {
			process.kill().await;
		}
		layout.wipe(&self.member)?;
		self.process = Some(NodeProcess::start(&self.member.name, self.member.base.clone())?);
		let number = {
			let mut joinings = self.joinings.lock();
			joinings.push(Joining { height: None, took_ms: None });
			joinings.len()
		};
		let (url, observed, joinings) = (self.url.clone(), observed.clone(), self.joinings.clone());
		let begun = Instant::now();
		self.watching.spawn(async move {
			let height = arrival(&url, &observed).await;
			let took_ms = u64::try_from(begun.elapsed().as_millis()).ok();
			joinings.lock()[number - 1] = Joining { height: Some(height), took_ms };
		});
		Ok(Some(format!("{} joins from nothing, for the {number}. time", self.member.name)))
	}
}

/// Asks until it is at the head; the height there.
async fn arrival(url: &str, observed: &Mutex<Observed>) -> u32 {
	loop {
		tokio::time::sleep(ASKING_EVERY).await;
		let Ok(remote) = Remote::connect(url.into(), PATIENCE).await else { continue };
		// A node that does not answer yet is asked again.
		while let Ok(height) = head(&remote, observed).await {
			if let Some(height) = height {
				return height;
			}
			tokio::time::sleep(ASKING_EVERY).await;
		}
	}
}

/// Its height, if nobody had more when it was asked.
async fn head(remote: &Remote, observed: &Mutex<Observed>) -> Result<Option<u32>, Failure> {
	let highest = observed.lock().highest();
	let height = ask(remote).await?.height;
	if height < highest {
		return Ok(None);
	}
	let block = block_at(remote, height).await?;
	observed.lock().decisions.entry(height).or_default().insert(block);
	Ok(Some(height))
}
