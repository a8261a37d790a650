//! Four validators on four hosts, as `plexus testnet new` writes them for hosts: each in a network namespace of its own, with
//! an address, ports and a network of its own, joined by a switch that delays every packet by 40 ms ± 10 and drops one in a
//! hundred ([`plexus_tests::hosts`] says how). Blocks come at the chosen time, every transfer to any node is final exactly
//! once on all, and all have the same state.
//!
//! Needs root and /dev/net/tun, and says so if they are missing: `scripts/test-slow hosts`. `PLEXUS_HOSTS_BLOCKS` sets the
//! number of blocks, 60 by default, `PLEXUS_SEED` which packets are lost, `PLEXUS_HOSTS_QUIC=1` has peers meet over QUIC.

#![cfg(target_os = "linux")]

use anyhow::{ensure, Context, Result};
use plexus_tests::{
	cli::plexus,
	hosts::{address, Hosts, Quality},
	node::{binary, STOP_BOUND},
	rpc::to_hex,
	wait::{until, within, SOON},
	wallet::stranger,
	Key, Rpc, Wallet, PLX,
};
use rustix::process::{kill_process, Pid, Signal};
use serde_json::Value;
use std::{
	fs::File,
	path::{Path, PathBuf},
	process::Stdio,
	time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::process::Child;

const HOSTS: usize = 4;
const BLOCK_TIME: Duration = Duration::from_millis(1_000);
/// What the mean time between two blocks may differ from the chosen one.
const BLOCK_TIME_TOLERANCE: f64 = 0.05;
/// Transfers to each node with each block.
const TRANSFERS_AT_ONCE: u32 = 3;
/// From the last transfer to its finality, lost packets included.
const FINAL_BOUND: Duration = Duration::from_secs(30);
const DELAY: Duration = Duration::from_millis(40);
const JITTER: Duration = Duration::from_millis(10);

/// How long hosts are split.
const DIVIDED: Duration = Duration::from_secs(60);
/// From the split to when nothing sent before it can still lead to a block.
const IN_FLIGHT: Duration = Duration::from_secs(3);
/// From healing to the first block.
const FIRST_BLOCK_BOUND: Duration = Duration::from_secs(10);

/// A node on a host.
struct HostNode {
	child: Child,
	log: PathBuf,
}

impl HostNode {
	fn start(hosts: &Hosts, host: usize, network: &Path, arguments: &[String]) -> Result<Self> {
		let base = network.join(format!("validator-{}", host + 1));
		let log = base.join("log");
		let child = hosts
			.command(host, binary())
			.arg("run")
			.arg("--base-path")
			.arg(&base)
			.arg("--chain")
			.arg(network.join("chain-spec.json"))
			.args(["--rpc-addr", &address(host).to_string()])
			.args(arguments)
			.env("NO_COLOR", "1")
			.stdin(Stdio::null())
			.stdout(Stdio::null())
			.stderr(File::create(&log)?)
			.spawn()?;
		Ok(Self { child, log })
	}

	fn log_tail(&self) -> String {
		const LINES: usize = 30;
		let text = std::fs::read_to_string(&self.log).unwrap_or_default();
		let lines: Vec<&str> = text.lines().collect();
		lines[lines.len().saturating_sub(LINES)..].join("\n")
	}

	async fn stop(&mut self) -> Result<()> {
		let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
		kill_process(pid.context("it ended by itself")?, Signal::TERM)?;
		let status = within(STOP_BOUND, "the end of a node", self.child.wait()).await??;
		ensure!(status.success(), "{status}\n{}", self.log_tail());
		Ok(())
	}
}

fn number(name: &str, default: u64) -> Result<u64> {
	std::env::var(name).map_or(Ok(default), |text| text.parse().with_context(|| format!("{name}={text}")))
}

/// Writes the network as an operator does; nodes know each other by the hosts' addresses.
async fn write(network: &Path, senders: &[Key]) -> Result<()> {
	let out = network.to_str().context("temporary paths are UTF-8")?;
	let block_time = BLOCK_TIME.as_millis().to_string();
	let mut arguments: Vec<String> =
		["testnet", "new", "--id", "hosts", "--out", out, "--block-time-ms", &block_time, "--validators"]
			.map(String::from)
			.to_vec();
	arguments.push(HOSTS.to_string());
	arguments.extend((0..HOSTS).flat_map(|host| ["--host".into(), address(host).to_string()]));
	for sender in senders {
		let bytes: [u8; 32] = sender.account().into();
		// Far less than is staked: free money must not be able to stop a live chain.
		arguments.extend(["--endow".into(), format!("{}=10000", to_hex(&bytes))]);
	}
	let made = plexus(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await?;
	ensure!(made.code == Some(0), "{}", made.text());
	Ok(())
}

/// What a node is told so that it listens for QUIC and looks for the others there.
fn quic(network: &Path, host: usize) -> Result<Vec<String>> {
	let config = std::fs::read_to_string(network.join(format!("validator-{}/config.toml", host + 1)))?;
	let peers: Vec<String> = config
		.split('"')
		.filter(|text| text.contains("/p2p/"))
		.map(|peer| peer.replace("/tcp/30333/", "/udp/30333/quic-v1/"))
		.collect();
	ensure!(peers.len() == HOSTS - 1, "{config}");
	let listen = "/ip4/0.0.0.0/udp/30333/quic-v1".to_string();
	Ok(vec!["--p2p-listen".into(), listen, "--reserved-peers".into(), peers.join(",")])
}

/// A connection from one host to another takes a round trip: the delay is there.
async fn demand_delay(hosts: &Hosts) -> Result<()> {
	let started = Instant::now();
	// Whether somebody listens there makes no difference: the answer, also a refusal, comes from the other host.
	let script = format!("exec 3<>/dev/tcp/{}/1", address(1));
	let mut command = hosts.command(0, "bash");
	let output = command.args(["-c", &script]).stderr(Stdio::piped()).output();
	within(SOON, "an answer from the other host", output).await??;
	let took = started.elapsed();
	ensure!(took >= 2 * (DELAY - JITTER), "a round trip took {took:?}");
	Ok(())
}

/// At the lowest last height of all nodes, all have the same block and the same state root.
async fn same_roots(nodes: &[Rpc]) -> Result<(u32, String)> {
	let mut height = u32::MAX;
	for rpc in nodes {
		height = height.min(rpc.finalised_head().await?.number);
	}
	let mut roots = Vec::new();
	for rpc in nodes {
		let hash = rpc.block_hash(height).await?.context("a final block is there")?;
		let header: Value = rpc.request("chain_getHeader", &[hash.clone().into()]).await?;
		roots.push((hash, header["stateRoot"].as_str().context("a header has a state root")?.to_string()));
	}
	ensure!(height > 0 && roots.iter().all(|root| *root == roots[0]), "height {height}: {roots:?}");
	Ok((height, roots.remove(0).1))
}

/// Sends transfers to all nodes with each block, for so many blocks; the transfers, and the times between blocks.
async fn load(nodes: &[Rpc], senders: &[Key], blocks: u64) -> Result<(Vec<Vec<u8>>, Vec<Duration>)> {
	let wallet = Wallet::of(&nodes[0]).await?;
	let mut heads = nodes[0].finalised_heads().await?;
	let mut transfers = Vec::new();
	let mut times = Vec::new();
	let (mut last, mut before) = (heads.next().await?, Instant::now());
	let mut nonce = 0;
	while (times.len() as u64) < blocks {
		let head = within(SOON, "a block", heads.next()).await??;
		let now = Instant::now();
		ensure!(head == last + 1, "block {head} came after {last}");
		times.push(now - before);
		(last, before) = (head, now);
		for (host, (rpc, sender)) in nodes.iter().zip(senders).enumerate() {
			for nonce in nonce..nonce + TRANSFERS_AT_ONCE {
				let to = stranger(u64::from(nonce) * HOSTS as u64 + host as u64);
				let transfer = wallet.transfer(sender, nonce, &to, PLX);
				rpc.submit(&transfer).await?;
				transfers.push(transfer);
			}
		}
		nonce += TRANSFERS_AT_ONCE;
	}
	Ok((transfers, times))
}

/// Four nodes on four hosts, and connections to them.
struct Running {
	hosts: Hosts,
	nodes: Vec<HostNode>,
	rpc: Vec<Rpc>,
	senders: Vec<Key>,
	_directory: TempDir,
}

impl Running {
	/// Starts them and waits for some blocks; `None`, with the reason printed, where that is not possible.
	async fn start() -> Result<Option<Self>> {
		if let Some(reason) = Hosts::missing() {
			println!("SKIPPED: {reason}");
			return Ok(None);
		}
		let quality =
			Quality { delay: DELAY, jitter: JITTER, lost_one_in: 100, seed: number("PLEXUS_SEED", 7)? };
		let over_quic = number("PLEXUS_HOSTS_QUIC", 0)? == 1;
		println!("{quality:?}, over {}", if over_quic { "QUIC" } else { "TCP" });
		let directory = tempfile::tempdir()?;
		let network = directory.path().join("net");
		let senders: Vec<Key> = (1..=HOSTS).map(|host| Key::sr25519(&format!("//host-{host}"))).collect();
		write(&network, &senders).await?;
		let hosts = Hosts::new(HOSTS, quality)?;
		demand_delay(&hosts).await?;
		let started = Instant::now();
		let mut nodes = Vec::new();
		for host in 0..HOSTS {
			let arguments = if over_quic { quic(&network, host)? } else { Vec::new() };
			nodes.push(HostNode::start(&hosts, host, &network, &arguments)?);
		}
		let mut running = Self { hosts, nodes, rpc: Vec::new(), senders, _directory: directory };
		running.connect().await.map_err(|reason| reason.context(running.logs()))?;
		println!("FIGURE block 3 on all hosts {:.1} s after the start", started.elapsed().as_secs_f64());
		Ok(Some(running))
	}

	async fn connect(&mut self) -> Result<()> {
		for host in 0..HOSTS {
			let url = format!("ws://{}:9944", address(host));
			self.rpc.push(until(SOON, &url, || Rpc::connect(&url)).await?);
		}
		for rpc in &self.rpc {
			rpc.height(3, FINAL_BOUND).await?;
		}
		Ok(())
	}

	fn logs(&self) -> String {
		self.nodes.iter().map(HostNode::log_tail).collect::<Vec<_>>().join("\n---\n")
	}

	async fn heights(&self) -> Result<Vec<u32>> {
		let mut heights = Vec::new();
		for rpc in &self.rpc {
			heights.push(rpc.finalised_head().await?.number);
		}
		Ok(heights)
	}

	async fn stop(&mut self) -> Result<()> {
		for node in &mut self.nodes {
			node.stop().await?;
		}
		Ok(())
	}
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes and the machine for itself; scripts/test-slow hosts runs it"]
async fn four_hosts_with_delay_and_loss_make_blocks_in_time_and_every_transfer_final_exactly_once(
) -> Result<()> {
	let Some(mut running) = Running::start().await? else { return Ok(()) };
	observe(&running).await.map_err(|reason| reason.context(running.logs()))?;
	running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes and the machine for itself; scripts/test-slow hosts runs it"]
async fn halves_of_hosts_that_lose_every_packet_stand_still_and_go_on_within_ten_seconds_of_healing(
) -> Result<()> {
	let Some(mut running) = Running::start().await? else { return Ok(()) };
	divide(&running).await.map_err(|reason| reason.context(running.logs()))?;
	running.stop().await
}

/// Splits the hosts 2|2 for a minute, so that every connection between the halves is dead, and heals them.
async fn divide(running: &Running) -> Result<()> {
	running.hosts.divide(&[&[0, 1], &[2, 3]]);
	// Here time itself is the fault. What was under way may still lead to a block.
	tokio::time::sleep(IN_FLIGHT).await;
	let before = running.heights().await?.into_iter().max().context("four nodes")?;
	tokio::time::sleep(DIVIDED - IN_FLIGHT).await;
	let after = running.heights().await?;
	ensure!(after.iter().all(|height| *height <= before), "a half made blocks: {before}, {after:?}");
	running.hosts.divide(&[]);
	let healed = Instant::now();
	running.rpc[0].height(before + 1, FIRST_BLOCK_BOUND).await?;
	println!("FIGURE hosts split 2|2 for {DIVIDED:?}: a block {:?} after healing", healed.elapsed());
	for rpc in &running.rpc {
		rpc.height(before + 1, FINAL_BOUND).await?;
	}
	println!("FIGURE on all hosts {:?} after healing", healed.elapsed());
	same_roots(&running.rpc).await.map(drop)
}

async fn observe(running: &Running) -> Result<()> {
	let Running { hosts, rpc: nodes, senders, .. } = running;
	let from = nodes[0].finalised_head().await?.number;
	let (transfers, mut times) = load(nodes, senders, number("PLEXUS_HOSTS_BLOCKS", 60)?).await?;
	for rpc in nodes {
		let seen = rpc.find_all(&transfers, from, FINAL_BOUND).await?;
		let other = seen.iter().filter(|count| **count != 1).count();
		ensure!(other == 0, "{other} of {} transfers are not there exactly once", seen.len());
	}
	let (height, root) = same_roots(nodes).await?;
	let mean = times.iter().sum::<Duration>().as_secs_f64() / times.len() as f64;
	times.sort_unstable();
	println!(
		"FIGURE {} blocks: {:.0} ms between two on average, {:.0} ms at the median, {:.0} ms at most",
		times.len(),
		mean * 1e3,
		times[times.len() / 2].as_secs_f64() * 1e3,
		times[times.len() - 1].as_secs_f64() * 1e3,
	);
	println!("FIGURE {} transfers, each final exactly once on each of {HOSTS} hosts", transfers.len());
	println!("FIGURE equal state roots at block {height}: {root}");
	let traffic = hosts.traffic();
	println!("FIGURE packets between hosts: {traffic:?}");
	let chosen = BLOCK_TIME.as_secs_f64();
	ensure!((mean - chosen).abs() <= chosen * BLOCK_TIME_TOLERANCE, "a block every {mean:.3} s");
	ensure!(traffic.dropped > 0 && traffic.carried > traffic.dropped, "{traffic:?}");
	Ok(())
}
