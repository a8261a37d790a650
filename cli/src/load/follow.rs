//! Watches the finalised chain for the transfers.
//!
//! Heads and bodies come over two connections: a large body on its way must not delay the notification of the next
//! head, which is what latencies are measured by.
//!
//! # Must not
//! Believe the node about a transfer: only a finalised block's body counts.
//!
//! # Invariants
//! Every finalised block from the start of the run on is looked at exactly once, also those whose heads were not
//! announced.

use super::{
	sign::Transfers,
	submit::{connect, Answer, Submission},
};
use crate::{
	explain::unreachable,
	failure::{Failure, FailureKind},
};
use jsonrpsee::{
	core::client::{ClientT, Subscription, SubscriptionClientT},
	rpc_params,
	ws_client::WsClient,
};
use serde::Deserialize;
use sp_crypto_hashing::blake2_256;
use std::{
	sync::{Arc, Mutex},
	time::{Duration, Instant},
};
use tokio::{
	sync::{mpsc, watch},
	task::JoinHandle,
};

/// Heads that wait for their bodies to be fetched: minutes of blocks.
const HEADS_WAITING_MAX: usize = 4_096;

/// Where the transfers were seen.
pub(super) struct Sightings {
	/// One for each transfer, in their order.
	pub(super) seen: Vec<Seen>,
	/// How many transfers each block had, blocks without any left out.
	pub(super) transfers_per_block: Vec<usize>,
	/// When the head of the last block with a transfer was announced.
	pub(super) last: Option<Instant>,
}

/// What was seen of one transfer.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
	/// How often it is in the finalised chain.
	pub(super) times: u32,
	/// When the head of its first block was announced.
	pub(super) first: Option<Instant>,
}

/// Follows until it is stopped.
pub(super) struct Follower {
	sightings: Arc<Mutex<Sightings>>,
	/// Number of the last block that was looked at.
	looked_at: watch::Receiver<u64>,
	/// Number of the last head that was announced.
	heads: watch::Receiver<u64>,
	tasks: [JoinHandle<()>; 2],
}

#[derive(Deserialize)]
struct Header {
	number: String,
}

#[derive(Deserialize)]
struct SignedBlock {
	block: Body,
}

#[derive(Deserialize)]
struct Body {
	extrinsics: Vec<String>,
}

/// Subscribes to finalised heads.
///
/// # Errors
/// The node cannot be reached or does not give its first head.
pub(super) async fn start(url: &str, transfers: &Arc<Transfers>) -> Result<Follower, Failure> {
	let for_heads = connect(url).await?;
	let for_bodies = connect(url).await?;
	let mut subscription: Subscription<Header> = for_heads
		.subscribe("chain_subscribeFinalizedHeads", rpc_params![], "chain_unsubscribeFinalizedHeads")
		.await
		.map_err(|error| unreachable(url, &error))?;
	let Some(start) = next_number(&mut subscription).await else {
		return Err(Failure::new(
			FailureKind::Node,
			"NoHead",
			"the node announced no finalised head",
			"check that it serves chain_subscribeFinalizedHeads",
		));
	};
	let sightings = Arc::new(Mutex::new(Sightings {
		seen: vec![Seen::default(); transfers.list.len()],
		transfers_per_block: Vec::new(),
		last: None,
	}));
	let (announce, heads) = watch::channel(start);
	let (look, looked_at) = watch::channel(start);
	let (queue, waiting) = mpsc::channel(HEADS_WAITING_MAX);
	let listening = tokio::spawn(async move {
		// The connection lives as long as its subscription is listened to.
		let _connection = for_heads;
		while let Some(number) = next_number(&mut subscription).await {
			announce.send_replace(number);
			if queue.send((number, Instant::now())).await.is_err() {
				break;
			}
		}
	});
	let looking =
		tokio::spawn(look_at_bodies(for_bodies, start, waiting, transfers.clone(), sightings.clone(), look));
	Ok(Follower { sightings, looked_at, heads, tasks: [listening, looking] })
}

async fn next_number(subscription: &mut Subscription<Header>) -> Option<u64> {
	let header = subscription.next().await?.ok()?;
	u64::from_str_radix(header.number.strip_prefix("0x")?, 16).ok()
}

async fn look_at_bodies(
	client: WsClient,
	start: u64,
	mut waiting: mpsc::Receiver<(u64, Instant)>,
	transfers: Arc<Transfers>,
	sightings: Arc<Mutex<Sightings>>,
	look: watch::Sender<u64>,
) {
	let mut next = start + 1;
	while let Some((announced, at)) = waiting.recv().await {
		while next <= announced {
			let Some(block) = fetch(&client, next).await else { return };
			let found = block.iter().filter_map(|extrinsic| {
				let bytes = hex::decode(extrinsic.strip_prefix("0x")?).ok()?;
				transfers.by_hash.get(&blake2_256(&bytes)).map(|index| *index as usize)
			});
			note(&mut sightings.lock().expect("nobody panics with the lock"), found, at);
			look.send_replace(next);
			next += 1;
		}
	}
}

async fn fetch(client: &WsClient, number: u64) -> Option<Vec<String>> {
	let hash: Option<String> = client.request("chain_getBlockHash", rpc_params![number]).await.ok()?;
	let block: Option<SignedBlock> = client.request("chain_getBlock", rpc_params![hash?]).await.ok()?;
	Some(block?.block.extrinsics)
}

fn note(sightings: &mut Sightings, found: impl Iterator<Item = usize>, at: Instant) {
	let mut count = 0;
	for index in found {
		count += 1;
		sightings.seen[index].times += 1;
		sightings.seen[index].first.get_or_insert(at);
	}
	if count > 0 {
		sightings.transfers_per_block.push(count);
		sightings.last = Some(at);
	}
}

impl Follower {
	/// Tells of new heads.
	pub(super) fn heads(&self) -> watch::Receiver<u64> {
		self.heads.clone()
	}

	/// Returns when every accepted transfer was seen, or when no further one was seen for `patience`.
	pub(super) async fn wait_for_all(&mut self, submission: &Submission, patience: Duration) {
		let mut missing = usize::MAX;
		let mut deadline = tokio::time::Instant::now() + patience;
		loop {
			let now_missing = self.missing(submission);
			if now_missing == 0 {
				return;
			}
			if now_missing < missing {
				missing = now_missing;
				deadline = tokio::time::Instant::now() + patience;
			}
			match tokio::time::timeout_at(deadline, self.looked_at.changed()).await {
				Ok(Ok(())) => {}
				Ok(Err(_)) | Err(_) => return,
			}
		}
	}

	fn missing(&self, submission: &Submission) -> usize {
		let sightings = self.sightings.lock().expect("nobody panics with the lock");
		let accepted = |answer: &Answer| matches!(answer, Answer::Accepted { .. });
		submission
			.answers
			.iter()
			.zip(&sightings.seen)
			.filter(|(answer, seen)| accepted(answer) && seen.times == 0)
			.count()
	}

	/// Ends the subscription and gives what was seen.
	pub(super) fn stop(self) -> Sightings {
		for task in &self.tasks {
			task.abort();
		}
		let mut sightings = self.sightings.lock().expect("nobody panics with the lock");
		Sightings {
			seen: std::mem::take(&mut sightings.seen),
			transfers_per_block: std::mem::take(&mut sightings.transfers_per_block),
			last: sightings.last,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn sightings_count_every_place_and_keep_the_first_time() {
		let mut sightings =
			Sightings { seen: vec![Seen::default(); 3], transfers_per_block: Vec::new(), last: None };
		let first = Instant::now();
		let later = first + Duration::from_secs(1);
		note(&mut sightings, [0, 1].into_iter(), first);
		note(&mut sightings, [].into_iter(), later);
		note(&mut sightings, [1].into_iter(), later);
		let times: Vec<u32> = sightings.seen.iter().map(|seen| seen.times).collect();
		assert_eq!(times, [1, 2, 0]);
		assert_eq!(sightings.seen[1].first, Some(first));
		assert_eq!(sightings.transfers_per_block, [2, 1]);
		assert_eq!(sightings.last, Some(later));
	}
}
