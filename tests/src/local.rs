//! [`LocalChain`]: a chain of four validators with well-known keys, and nodes of it that a test starts and stops one by one.
//!
//! # Must not
//! Start nodes together: that is what [`crate::testnet`] is for.

use crate::{
	cli::plexus,
	node::{Node, NodeOptions},
	rpc::{from_hex, Rpc},
	wait::{until, SOON},
};
use anyhow::{anyhow, ensure, Context, Result};
use codec::Decode;
use plexus_primitives::{
	consensus::{ConsensusKey, Voter},
	light::{Certified, Handover, Trusted},
};
use serde_json::Value;
use sp_core::{ed25519, Pair};
use std::{
	path::{Path, PathBuf},
	time::Duration,
};
use tempfile::TempDir;

/// Whose ed25519 keys the validators have, which are their accounts' keys, too.
pub const SEEDS: [&str; 4] = ["//Alice", "//Bob", "//Charlie", "//Dave"];

/// Engine id of the digest item that names a block's author.
const AUTHOR_ITEM: &str = "0x06";

/// A chain of its own, with the preset's validators and short eras.
pub struct LocalChain {
	directory: TempDir,
	spec: PathBuf,
}

/// A validator of a chain, as `plexus query validators` tells of it.
#[derive(Clone, Debug)]
pub struct Seat {
	/// Its account.
	pub account: String,
	/// Its consensus key, `0x` and 64 digits.
	pub key: String,
	/// What it does, in words.
	pub state: String,
}

/// A seed's consensus key.
pub fn consensus_pair(seed: &str) -> ed25519::Pair {
	ed25519::Pair::from_string(seed, None).expect("tests name valid seeds")
}

/// The public half of a seed's consensus key, `0x` and 64 digits.
pub fn consensus_key(seed: &str) -> String {
	crate::rpc::to_hex(&consensus_pair(seed).public().0)
}

/// The path as text.
///
/// # Errors
/// When it is not UTF-8.
pub fn text(path: &Path) -> Result<String> {
	Ok(path.to_str().context("temporary paths are UTF-8")?.to_string())
}

/// The answer of a command that needs no node and must succeed.
///
/// # Errors
/// When it fails, with what it said.
pub async fn offline(arguments: &[&str]) -> Result<Value> {
	let ran = plexus(&[arguments, &["--json"]].concat()).await?;
	ensure!(ran.code == Some(0), "{arguments:?}: {}", ran.text());
	Ok(serde_json::from_str(&ran.stdout)?)
}

impl LocalChain {
	/// Writes the specification of a chain with blocks this often.
	///
	/// # Errors
	/// When it cannot be written.
	pub async fn new(block_time_ms: u64) -> Result<Self> {
		let directory = tempfile::Builder::new().prefix("plexus-local-").tempdir()?;
		let spec = directory.path().join("chain-spec.json");
		let (path, time) = (text(&spec)?, block_time_ms.to_string());
		let arguments =
			["chain-spec", "build", "--preset", "local", "--block-time-ms", &time, "--output", &path];
		let built = plexus(&arguments).await?;
		ensure!(built.code == Some(0), "{}", built.text());
		Ok(Self { directory, spec })
	}

	/// The specification's file.
	pub fn spec(&self) -> &Path {
		&self.spec
	}

	/// The base path of the node with this name.
	pub fn base(&self, name: &str) -> PathBuf {
		self.directory.path().join(name)
	}

	/// Options of a node that follows, and dials these addresses as bootnodes.
	///
	/// # Errors
	/// When a path is not UTF-8.
	pub fn options(&self, name: &str, bootnodes: &[String]) -> Result<NodeOptions> {
		let options = NodeOptions {
			base_path: Some(self.base(name)),
			chain: Some(text(&self.spec)?),
			..NodeOptions::default()
		};
		Ok(match bootnodes.is_empty() {
			true => options,
			false => options.arguments(["--bootnodes", &bootnodes.join(",")]),
		})
	}

	/// Starts a node that follows.
	///
	/// # Errors
	/// As [`Node::start`].
	pub async fn follower(&self, name: &str, bootnodes: &[String]) -> Result<Node> {
		Node::start(self.options(name, bootnodes)?).await
	}

	/// Starts a validator with the key of a seed. It keeps dialling `peers`.
	///
	/// # Errors
	/// As [`Node::start`].
	pub async fn validator(&self, name: &str, seed: &str, peers: &[String]) -> Result<Node> {
		Node::start(self.validator_options(name, seed, peers).await?).await
	}

	/// Puts a seed's key into a base path; the options of a validator on it.
	///
	/// # Errors
	/// When there is a key already.
	pub async fn validator_options(&self, name: &str, seed: &str, peers: &[String]) -> Result<NodeOptions> {
		let (spec, base) = (text(&self.spec)?, text(&self.base(name))?);
		let place = ["--chain", &spec, "--base-path", &base];
		offline(&[&["key", "insert", "validator", "--dev-seed", seed][..], &place].concat()).await?;
		let options = self.options(name, &[])?.arguments(["--validator"]);
		Ok(match peers.is_empty() {
			true => options,
			false => options.arguments(["--reserved-peers", &peers.join(",")]),
		})
	}

	/// Starts all four, each dialling those before it; their addresses.
	///
	/// # Errors
	/// As [`Node::start`].
	pub async fn validators(&self) -> Result<(Vec<Node>, Vec<String>)> {
		let (mut nodes, mut addresses) = (Vec::new(), Vec::new());
		for seed in SEEDS {
			let node = self.validator(&seed[2..], seed, &addresses).await?;
			addresses.push(p2p_address(&node).await?);
			nodes.push(node);
		}
		Ok((nodes, addresses))
	}
}

/// Where a node can be dialled.
///
/// # Errors
/// The node's.
pub async fn p2p_address(node: &Node) -> Result<String> {
	let id: String = node.rpc().await?.request("system_localPeerId", &[]).await?;
	Ok(format!("/ip4/127.0.0.1/tcp/{}/p2p/{id}", node.p2p_port()))
}

/// Validators and candidates, in the order of consensus.
///
/// # Errors
/// The node's.
pub async fn seats(cli: &crate::Cli) -> Result<Vec<Seat>> {
	let answer = cli.json(&["query", "validators"]).await?;
	let seat = |seat: &Value| {
		let text = |field: &str| seat[field].as_str().map(str::to_string).unwrap_or_default();
		Seat { account: text("account"), key: text("key"), state: text("state") }
	};
	Ok(answer["validators"].as_array().context("a list")?.iter().map(seat).collect())
}

/// Waits until the account's seat is as wanted.
///
/// # Errors
/// When it is not within the bound, with the seats as they are.
pub async fn seat_becomes(
	cli: &crate::Cli,
	account: &str,
	bound: Duration,
	what: &str,
	wanted: impl Fn(&Seat) -> bool,
) -> Result<Seat> {
	until(bound, what, || async {
		let all = seats(cli).await?;
		let found = all.iter().find(|seat| seat.account == account && wanted(seat));
		found.cloned().with_context(|| format!("{account} among {all:?}"))
	})
	.await
}

/// Who made a block: its author's consensus key, `0x` and 64 digits.
///
/// # Errors
/// The node's, or when the header names nobody.
pub async fn author(rpc: &Rpc, number: u32) -> Result<String> {
	let hash = rpc.block_hash(number).await?.with_context(|| format!("no block {number}"))?;
	let header: Value = rpc.request("chain_getHeader", &[hash.into()]).await?;
	let logs = header["digest"]["logs"].as_array().context("a header has a digest")?;
	// A pre-runtime item: its kind, four bytes of the engine's id, the length of what follows, the key.
	let item = logs.iter().filter_map(Value::as_str).find(|item| item.starts_with(AUTHOR_ITEM));
	let bytes = from_hex(item.with_context(|| format!("no author in {header}"))?)?;
	let key = bytes.get(6..38).with_context(|| format!("no author in {header}"))?;
	Ok(crate::rpc::to_hex(key))
}

/// Waits for a block after `from` that this key made; its number.
///
/// # Errors
/// When none comes within the bound.
pub async fn proposes(rpc: &Rpc, key: &str, from: u32, bound: Duration) -> Result<u32> {
	let mut next = from + 1;
	let deadline = tokio::time::Instant::now() + bound;
	loop {
		rpc.height(next, deadline.saturating_duration_since(tokio::time::Instant::now()))
			.await
			.with_context(|| format!("no block of {key} after block {from}"))?;
		if author(rpc, next).await? == key {
			return Ok(next);
		}
		next += 1;
	}
}

/// The validators of the next block, in the order of consensus, as a node tells.
///
/// # Errors
/// The node's.
pub async fn voters(rpc: &Rpc) -> Result<Vec<Voter>> {
	let status: Value = rpc.request("plexus_chainStatus", &[]).await?;
	let voter = |voter: &Value| {
		let key = from_hex(voter["publicKey"].as_str().context("a validator has a key")?)?;
		let key: [u8; 32] = key.try_into().map_err(|key| anyhow!("{key:?} is no key"))?;
		Ok((ConsensusKey(key), voter["power"].as_u64().context("a validator has a power")?))
	};
	status["validators"].as_array().context("a list")?.iter().map(voter).collect()
}

/// Follows the certificates of all nodes from the genesis, whose validators are given, to the lowest head: at each height
/// all have the same block, and each a quorum's signatures for it. That head.
///
/// # Errors
/// When two differ, or a certificate proves nothing.
pub async fn one_certificate_each(genesis_set: &[Voter], nodes: &[&Node]) -> Result<u32> {
	let mut rpcs = Vec::new();
	let mut last = u32::MAX;
	for node in nodes {
		let rpc = node.rpc().await?;
		last = last.min(rpc.finalised_head().await?.number);
		rpcs.push(rpc);
	}
	let mut first = None;
	for rpc in &rpcs {
		let decided = certified(rpc, genesis_set, last).await?;
		let others = first.get_or_insert_with(|| decided.clone());
		let conflict = decided.iter().zip(others.iter()).position(|(one, other)| one != other);
		ensure!(conflict.is_none(), "two blocks are certified at one height, first {conflict:?} above 1");
	}
	Ok(last)
}

/// The hashes of the blocks from 1 to `last` that a node's certificates prove.
async fn certified(rpc: &Rpc, genesis_set: &[Voter], last: u32) -> Result<Vec<[u8; 32]>> {
	let genesis: String = rpc.request("chain_getBlockHash", &[0.into()]).await?;
	let genesis: [u8; 32] = from_hex(&genesis)?.try_into().map_err(|hash| anyhow!("{hash:?} is no hash"))?;
	let mut trusted = Trusted::genesis(genesis, genesis_set.to_vec())?;
	let mut hashes = Vec::new();
	for number in 1..=last {
		let proof: Value =
			rpc.request("plexus_finalityProof", &[number.into(), trusted.height().into()]).await?;
		for handover in proof["handovers"].as_array().context("a list")? {
			let set = Decode::decode(&mut &field(handover, "set")?[..])?;
			trusted = trusted.follow(&Handover { block: block(handover)?, set })?;
		}
		let proved = trusted.verify(&block(&proof["target"])?)?;
		ensure!(proved.height == number, "asked for block {number}: {proved:?}");
		hashes.push(proved.hash);
	}
	Ok(hashes)
}

fn block(json: &Value) -> Result<Certified> {
	let commit = Decode::decode(&mut &field(json, "commit")?[..])?;
	Ok(Certified { header: field(json, "header")?, parent: field(json, "parent")?, commit })
}

fn field(json: &Value, name: &str) -> Result<Vec<u8>> {
	from_hex(json[name].as_str().with_context(|| format!("no {name} in {json}"))?)
}

/// Waits until a node has exactly so many peers.
///
/// # Errors
/// When it has not within [`SOON`].
pub async fn has_peers(rpc: &Rpc, count: u64) -> Result<()> {
	until(SOON, "peers", || async {
		let health: Value = rpc.request("system_health", &[]).await?;
		ensure!(health["peers"].as_u64() == Some(count), "{health}");
		Ok(())
	})
	.await
}
