//! [`Observer`]: asks every node again and again what it has decided, and keeps the answers.
//!
//! # Must not
//! Change a node, or trust one about another: each is asked for itself.
//!
//! # Invariants
//! A node that does not answer is a node about which nothing is noted. Memory grows with blocks and transactions only.

use super::judge::{Hash, Span};
use parking_lot::Mutex;
use plexus_cli::{Failure, FailureKind, Remote};
use serde_json::Value;
use sp_runtime::traits::{BlakeTwo256, Hash as _};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
	time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::MissedTickBehavior};

/// How often a node is asked: several times in the shortest block.
pub(super) const ASKING_EVERY: Duration = Duration::from_millis(100);

/// How long an answer may take; a paused node gives none.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Blocks fetched before the height is asked for again, so that a long way behind does not blind the observer.
const BLOCKS_AT_ONCE: usize = 16;

/// What a node last said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
	/// Its last block.
	pub(super) height: u32,
	/// The state after it, `0x…`.
	pub(super) state_root: String,
	/// Its peers.
	pub(super) peers: u64,
}

/// Everything noted.
#[derive(Debug, Default)]
pub(super) struct Observed {
	/// See [`super::judge::Evidence`].
	pub(super) heights: Vec<Vec<Span>>,
	/// See [`super::judge::Evidence`].
	pub(super) decisions: BTreeMap<u32, BTreeSet<Hash>>,
	/// See [`super::judge::Evidence`].
	pub(super) included: BTreeMap<Hash, u32>,
	/// For each node, what it said last; `None` while it is silent.
	pub(super) told: Vec<Option<Told>>,
	/// Blocks whose bodies were counted.
	counted: BTreeSet<Hash>,
}

impl Observed {
	fn new(nodes: usize) -> Self {
		Self { heights: vec![Vec::new(); nodes], told: vec![None; nodes], ..Self::default() }
	}

	/// The highest block that any node told of.
	pub(super) fn highest(&self) -> u32 {
		self.heights.iter().filter_map(|spans| spans.last()).map(|span| span.height).max().unwrap_or_default()
	}

	/// The lowest last block of all nodes; 0 while one has told nothing.
	pub(super) fn lowest(&self) -> u32 {
		self.heights.iter().map(|spans| spans.last().map_or(0, |span| span.height)).min().unwrap_or_default()
	}

	fn note(&mut self, node: usize, asked: Duration, answered: Duration, told: Told) {
		match self.heights[node].last_mut() {
			Some(span) if span.height == told.height => span.asked_last = asked,
			_ => self.heights[node].push(Span { height: told.height, asked, answered, asked_last: asked }),
		}
		self.told[node] = Some(told);
	}

	fn count(&mut self, block: Hash, transactions: &[Hash]) {
		if self.counted.insert(block) {
			for transaction in transactions {
				*self.included.entry(*transaction).or_default() += 1;
			}
		}
	}
}

/// Follows all nodes until it is dropped.
pub(super) struct Observer {
	clock: Instant,
	urls: Vec<String>,
	observed: Arc<Mutex<Observed>>,
	_following: JoinSet<()>,
}

impl Observer {
	/// Starts to follow nodes, which need not answer yet.
	pub(super) fn start(urls: &[String]) -> Self {
		let clock = Instant::now();
		let observed = Arc::new(Mutex::new(Observed::new(urls.len())));
		let mut following = JoinSet::new();
		for (node, url) in urls.iter().enumerate() {
			following.spawn(follow(node, url.clone(), clock, observed.clone()));
		}
		Self { clock, urls: urls.to_vec(), observed, _following: following }
	}

	/// The time that everything is noted by.
	pub(super) fn now(&self) -> Duration {
		self.clock.elapsed()
	}

	/// What was noted so far.
	pub(super) fn observed(&self) -> &Arc<Mutex<Observed>> {
		&self.observed
	}

	/// Asks every node again for every block up to a height: what it said while it ran must be what it says now.
	/// Gives the state roots at that height.
	pub(super) async fn ask_again(&self, height: u32) -> Vec<Option<String>> {
		let mut roots = Vec::new();
		for url in &self.urls {
			roots.push(self.ask_node_again(url, height).await.ok());
		}
		roots
	}

	async fn ask_node_again(&self, url: &str, last: u32) -> Result<String, Failure> {
		let remote = Remote::connect(url.into(), PATIENCE).await?;
		let mut text = Value::Null;
		for height in 1..=last {
			text = remote.request("chain_getBlockHash", vec![height.into()]).await?;
			let hash = hash(&text).ok_or_else(|| unintelligible("chain_getBlockHash", &text))?;
			self.observed.lock().decisions.entry(height).or_default().insert(hash);
		}
		let header = remote.request("chain_getHeader", vec![text]).await?;
		let root = header["stateRoot"].as_str().map(str::to_string);
		root.ok_or_else(|| unintelligible("chain_getHeader", &header))
	}
}

/// Asks one node until it is aborted.
async fn follow(node: usize, url: String, clock: Instant, observed: Arc<Mutex<Observed>>) {
	let mut ticks = tokio::time::interval(ASKING_EVERY);
	ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
	let mut remote = None;
	let mut fetched = 0;
	loop {
		ticks.tick().await;
		if remote.is_none() {
			remote = Remote::connect(url.clone(), PATIENCE).await.ok();
		}
		let Some(connected) = &remote else { continue };
		if look(node, connected, clock, &observed, &mut fetched).await.is_err() {
			remote = None;
			observed.lock().told[node] = None;
		}
	}
}

/// Asks once for the height, and for some of the blocks that were not fetched yet.
async fn look(
	node: usize,
	remote: &Remote,
	clock: Instant,
	observed: &Mutex<Observed>,
	fetched: &mut u32,
) -> Result<(), Failure> {
	let asked = clock.elapsed();
	let told = ask(remote).await?;
	let answered = clock.elapsed();
	let height = told.height;
	observed.lock().note(node, asked, answered, told);
	for number in (*fetched + 1..=height).take(BLOCKS_AT_ONCE) {
		let text = remote.request("chain_getBlockHash", vec![number.into()]).await?;
		let block = hash(&text).ok_or_else(|| unintelligible("chain_getBlockHash", &text))?;
		let is_known = {
			let mut observed = observed.lock();
			observed.decisions.entry(number).or_default().insert(block);
			observed.counted.contains(&block)
		};
		if !is_known {
			let body = remote.request("chain_getBlock", vec![text]).await?;
			let transactions = transactions(&body).ok_or_else(|| unintelligible("chain_getBlock", &body))?;
			observed.lock().count(block, &transactions);
		}
		*fetched = number;
	}
	Ok(())
}

/// What a node says of itself now.
pub(super) async fn ask(remote: &Remote) -> Result<Told, Failure> {
	let status = remote.request("plexus_chainStatus", Vec::new()).await?;
	told(&status).ok_or_else(|| unintelligible("plexus_chainStatus", &status))
}

/// The block that a node has at a height.
pub(super) async fn block_at(remote: &Remote, height: u32) -> Result<Hash, Failure> {
	let text = remote.request("chain_getBlockHash", vec![height.into()]).await?;
	hash(&text).ok_or_else(|| unintelligible("chain_getBlockHash", &text))
}

fn told(status: &Value) -> Option<Told> {
	Some(Told {
		height: u32::try_from(status["finalizedNumber"].as_u64()?).ok()?,
		state_root: status["stateRoot"].as_str()?.into(),
		peers: status["peers"].as_u64()?,
	})
}

fn hash(value: &Value) -> Option<Hash> {
	let mut bytes = [0; 32];
	hex::decode_to_slice(value.as_str()?.strip_prefix("0x")?, &mut bytes).ok()?;
	Some(bytes)
}

/// The hashes of a block's transactions.
fn transactions(block: &Value) -> Option<Vec<Hash>> {
	let extrinsics = block["block"]["extrinsics"].as_array()?;
	let hash = |hex: &Value| {
		let bytes = hex::decode(hex.as_str()?.strip_prefix("0x")?).ok()?;
		Some(BlakeTwo256::hash(&bytes).0)
	};
	extrinsics.iter().map(hash).collect()
}

fn unintelligible(method: &str, answer: &Value) -> Failure {
	/// Enough to recognise an answer by.
	const CHARS_MAX: usize = 200;
	let shown: String = answer.to_string().chars().take(CHARS_MAX).collect();
	Failure::new(
		FailureKind::Node,
		"Unintelligible",
		format!("{method} answered {shown}"),
		"run nodes of this program's version",
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	fn told_at(height: u32) -> Told {
		Told { height, state_root: "0x00".into(), peers: 3 }
	}

	#[test]
	fn answers_with_one_height_are_one_span() {
		let mut observed = Observed::new(2);
		let second = Duration::from_secs;
		for (at, height) in [(1, 5), (2, 5), (3, 6)] {
			observed.note(0, second(at), second(at) + ASKING_EVERY, told_at(height));
		}
		let span = |height, asked, last| Span {
			height,
			asked: second(asked),
			answered: second(asked) + ASKING_EVERY,
			asked_last: second(last),
		};
		assert_eq!(observed.heights[0], [span(5, 1, 2), span(6, 3, 3)]);
		assert_eq!((observed.highest(), observed.lowest()), (6, 0), "node 1 has told nothing");
	}

	#[test]
	fn a_block_that_several_nodes_have_counts_once_and_two_blocks_count_twice() {
		let mut observed = Observed::new(1);
		observed.count([1; 32], &[[9; 32]]);
		observed.count([1; 32], &[[9; 32]]);
		assert_eq!(observed.included, [([9; 32], 1)].into());
		observed.count([2; 32], &[[9; 32], [9; 32]]);
		assert_eq!(observed.included, [([9; 32], 3)].into());
	}

	#[test]
	fn answers_are_read_or_refused() {
		let block = json!({ "block": { "extrinsics": ["0x", "0x00"] } });
		let hashes = transactions(&block).expect("hex");
		assert_eq!(hashes, [BlakeTwo256::hash(&[]).0, BlakeTwo256::hash(&[0]).0]);
		for wrong in [json!(null), json!({ "block": { "extrinsics": ["00"] } }), json!({ "block": {} })] {
			assert_eq!(transactions(&wrong), None, "{wrong}");
		}
		assert_eq!(hash(&json!("0x00")), None);
		let status = json!({ "finalizedNumber": 3, "stateRoot": "0x00", "peers": 3, "more": true });
		assert_eq!(told(&status), Some(told_at(3)));
		assert_eq!(told(&json!({ "finalizedNumber": -1, "stateRoot": "0x00", "peers": 3 })), None);
	}
}
