//! [`Network`]: all nodes of a testnet as local processes, and the links between them.
//!
//! # Must not
//! Decide which fault happens when.

use super::{
	layout::{unwritable, Layout, Member, NodeSettings, SPEC_FILE},
	newcomer::Newcomer,
	observer::Observed,
	process::NodeProcess,
	proxy::{Gate, Links},
};
use crate::report::Report;
use parking_lot::Mutex;
use serde_json::{json, Value};
use std::{
	fs, io,
	net::{Ipv4Addr, TcpListener},
	ops::Range,
	sync::Arc,
	time::Duration,
};

/// Memory for each node's database caches: many nodes share one machine.
const CACHE_BYTES: u64 = 32 << 20;

/// The host of everything.
const HOST: &str = "127.0.0.1";

/// How the nodes reach each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wiring {
	/// Directly.
	Direct,
	/// Over links that can be cut, and that take so long.
	Linked(Duration),
}

/// The name of the node that joins again and again.
const NEWCOMER: &str = "newcomer";

/// The nodes.
pub(super) struct Network {
	/// The validators, in order.
	pub(super) nodes: Vec<NodeProcess>,
	/// A further node, which begins from nothing again and again.
	pub(super) newcomer: Option<Newcomer>,
	/// The links, where there are any.
	pub(super) links: Option<Links>,
	ports: Vec<Ports>,
	layout: Layout,
}

#[derive(Clone, Copy, Debug)]
struct Ports {
	rpc: u16,
	metrics: u16,
	p2p: u16,
}

impl Network {
	/// Writes the configurations and starts the validators. `newcomer_every` is how often a further node is to begin from
	/// nothing, if one is.
	///
	/// # Errors
	/// No ports, nothing can be written, or the program cannot be run.
	pub(super) async fn start(
		layout: Layout,
		wiring: Wiring,
		newcomer_every: Option<Duration>,
	) -> Result<Self, Report> {
		let mut members = layout.members.clone();
		if newcomer_every.is_some() {
			members.push(layout.guest(NEWCOMER)?);
		}
		let no_ports = |error: io::Error| {
			let remedy = "check the limit on open files (ulimit -n) and what else uses ports";
			Report::new("testnet", format!("no free ports: {error}"), remedy)
		};
		let ports = free_ports(members.len()).map_err(no_ports)?;
		let links = match wiring {
			Wiring::Direct => None,
			Wiring::Linked(delay) => {
				let listening: Vec<u16> = ports.iter().map(|ports| ports.p2p).collect();
				Some(Links::open(&listening, delay).await.map_err(no_ports)?)
			}
		};
		let spec = fs::canonicalize(layout.root.join(SPEC_FILE));
		let spec = spec.map_err(|error| unwritable(&layout.root.join(SPEC_FILE), &error))?;
		for (node, member) in members.iter().enumerate() {
			let settings = NodeSettings {
				chain: spec.display().to_string(),
				rpc_port: ports[node].rpc,
				metrics_port: ports[node].metrics,
				validator: node < layout.members.len(),
				listen: vec![format!("/ip4/{HOST}/tcp/{}", ports[node].p2p)],
				reserved: others(node, &members, &ports, links.as_ref()),
				// With links in between, an address that a peer tells would lead around them.
				reserved_only: true,
				cache_bytes: Some(CACHE_BYTES),
				// Such a network is thrown away, and its disk measured.
				snapshots: None,
			};
			layout.configure(member, &settings)?;
		}
		let mut nodes = Vec::new();
		for member in &layout.members {
			nodes.push(NodeProcess::start(&member.name, member.base.clone())?);
		}
		let newcomer = newcomer_every.and_then(|every| {
			let (member, ports) = (members.pop()?, ports.last()?);
			Some(Newcomer::new(member, format!("ws://{HOST}:{}", ports.rpc), every))
		});
		Ok(Self { nodes, newcomer, links, ports, layout })
	}

	/// What the validators' powers are in proportion to.
	pub(super) fn powers(&self) -> Vec<u64> {
		self.layout.powers()
	}

	/// Has the newcomer begin from nothing if it is time; what was done.
	///
	/// # Errors
	/// Its files cannot be removed, or it cannot be started.
	pub(super) async fn renew(
		&mut self,
		now: Duration,
		observed: &Arc<Mutex<Observed>>,
	) -> Result<Option<String>, Report> {
		match &mut self.newcomer {
			Some(newcomer) => newcomer.act(&self.layout, now, observed).await,
			None => Ok(None),
		}
	}

	/// Lets only nodes of one group reach each other; who joins belongs to the largest.
	pub(super) fn divide(&self, mut groups: Vec<Vec<usize>>, gate: Gate) {
		let Some(links) = &self.links else { return };
		if self.newcomer.is_some() {
			if let Some(largest) = groups.iter_mut().max_by_key(|group| group.len()) {
				largest.push(self.nodes.len());
			}
		}
		links.divide(&groups, gate);
	}

	/// Each validator's RPC.
	pub(super) fn urls(&self) -> Vec<String> {
		self.ports[..self.nodes.len()].iter().map(|ports| format!("ws://{HOST}:{}", ports.rpc)).collect()
	}

	/// What programs need to find the nodes.
	pub(super) fn facts(&self) -> Value {
		let nodes: Vec<Value> = self
			.nodes
			.iter()
			.zip(&self.ports)
			.map(|(node, ports)| {
				json!({
					"name": node.name, "pid": node.pid(), "rpc": format!("ws://{HOST}:{}", ports.rpc),
					"metrics": format!("http://{HOST}:{}/metrics", ports.metrics), "log": node.log,
				})
			})
			.collect();
		json!({ "chain": self.layout.root.join(SPEC_FILE), "nodes": nodes })
	}

	/// The first node that ended without being told to.
	///
	/// # Errors
	/// There is one.
	pub(super) fn check(&mut self) -> Result<(), Report> {
		let newcomer = self.newcomer.as_mut().and_then(Newcomer::process);
		for node in self.nodes.iter_mut().chain(newcomer) {
			if let Some(status) = node.ended() {
				let cause = format!("{} ended by itself with {status}\n{}", node.name, node.log_end());
				return Err(Report::new(
					"testnet",
					cause,
					format!("the log says more: {}", node.log.display()),
				));
			}
		}
		Ok(())
	}

	/// Stops all, at the same time; the names of those that did not stop cleanly.
	pub(super) async fn stop(&mut self) -> Vec<String> {
		// A node that is cut off stops as any other, but need not wait for connections.
		self.links = None;
		let newcomer = self.newcomer.as_mut().and_then(Newcomer::process);
		let mut all: Vec<&mut NodeProcess> = self.nodes.iter_mut().chain(newcomer).collect();
		for node in &mut all {
			node.ask_to_stop();
		}
		let mut unclean = Vec::new();
		for node in all {
			if !node.stopped().await {
				unclean.push(node.name.clone());
			}
		}
		unclean
	}
}

/// Where a node finds all others: at their own ports, or at its links to them.
fn others(node: usize, members: &[Member], ports: &[Ports], links: Option<&Links>) -> Vec<String> {
	let other = |(index, member): (usize, &Member)| {
		let port = match links {
			None => ports[index].p2p,
			Some(links) => links.port(node, index)?,
		};
		(index != node).then(|| member.address(HOST, port))
	};
	members.iter().enumerate().filter_map(other).collect()
}

/// Ports that the nodes are given: below those that systems give to whoever does not ask for one, so that nobody takes the
/// port of a node that is down for a moment.
const PORTS: Range<u16> = 10_000..30_000;

/// Three ports for each node that nobody uses now, all different. Two networks begin to look at different places.
fn free_ports(nodes: usize) -> io::Result<Vec<Ports>> {
	let first = std::process::id() as usize * 31 % PORTS.len();
	let free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
	let ports: Vec<u16> = PORTS.cycle().skip(first).take(PORTS.len()).filter(free).take(3 * nodes).collect();
	if ports.len() < 3 * nodes {
		return Err(io::Error::new(io::ErrorKind::AddrInUse, format!("all of {PORTS:?} are used")));
	}
	Ok(ports.chunks_exact(3).map(|three| Ports { rpc: three[0], metrics: three[1], p2p: three[2] }).collect())
}

#[cfg(test)]
mod tests {
	use super::{super::layout::tests::example, *};
	use std::collections::BTreeSet;

	#[tokio::test]
	async fn linked_nodes_know_each_other_by_their_links_alone() {
		let (_directory, layout) = example(4);
		let ports = free_ports(4).unwrap();
		let distinct: BTreeSet<u16> =
			ports.iter().flat_map(|ports| [ports.rpc, ports.metrics, ports.p2p]).collect();
		assert_eq!(distinct.len(), 12);
		let listening: Vec<u16> = ports.iter().map(|ports| ports.p2p).collect();
		let links = Links::open(&listening, Duration::ZERO).await.unwrap();
		let mut all = BTreeSet::new();
		for node in 0..4 {
			let known = others(node, &layout.members, &ports, Some(&links));
			assert_eq!(known.len(), 3);
			assert!(known
				.iter()
				.all(|address| listening.iter().all(|port| !address.contains(&format!("/{port}/")))));
			all.extend(known);
			let direct = others(node, &layout.members, &ports, None);
			assert!(
				direct.iter().all(|address| !address.contains(&format!("/{}/", ports[node].p2p))),
				"{direct:?}"
			);
			assert_eq!(direct.len(), 3);
		}
		assert_eq!(all.len(), 12, "every ordered pair has a link of its own");
	}
}
