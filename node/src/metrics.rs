//! Every metric of the node, in one place: names, units, help.
//!
//! Others count through the plain methods here and never see the metrics library. What only the system knows (memory,
//! processor time, database size) is read when somebody asks, not on a timer. Label values come from fixed lists, so
//! that no caller can make the set of series grow.
//! Format: OpenMetrics text 1.0.

use parking_lot::Mutex;
use prometheus_client::{
	collector::Collector,
	encoding::{text::encode, DescriptorEncoder, EncodeLabelSet, EncodeMetric},
	metrics::{
		counter::{ConstCounter, Counter},
		family::Family,
		gauge::{ConstGauge, Gauge},
		histogram::{exponential_buckets, Histogram},
		MetricType,
	},
	registry::Registry,
};
use std::{fmt, sync::Arc};

use crate::process;
use plexus_network::{NetworkStats, QueueFill};
use plexus_rpc::RpcObserver;

/// The stages of a block's work that are timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockStage {
	/// Building a proposal.
	Build,
	/// Verifying another's proposal.
	Execute,
	/// Writing a decided block.
	Commit,
}

/// What is read from others when somebody asks.
pub trait Sampled: Send + Sync + fmt::Debug + 'static {
	/// Transactions in the pool: ready, waiting for an earlier nonce, bytes of both.
	fn pool(&self) -> (u64, u64, u64);
	/// Bytes of the database on disk.
	fn database_bytes(&self) -> u64;
	/// Committed blocks that the index of events lacks; `None` where the node keeps none.
	fn index_behind(&self) -> Option<u64>;
	/// What the network counts.
	fn network(&self) -> NetworkStats;
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
	method: String,
	outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabels {
	version: String,
	chain: String,
}

/// The node's metrics. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
	registry: Arc<Mutex<Registry>>,
	height: Gauge,
	timestamp: Gauge,
	blocks: Counter,
	transactions: Counter,
	block_transactions: Histogram,
	build_seconds: Histogram,
	execute_seconds: Histogram,
	commit_seconds: Histogram,
	consensus_round: Gauge,
	validator: Gauge,
	clock_offset: Gauge,
	rpc_calls: Family<CallLabels, Counter>,
	rpc_seconds: Histogram,
	rpc_connections: Gauge,
	rpc_refused: Counter,
}

/// From 100 µs, doubling to about 3 s: from an empty block to one that misses its time.
fn seconds() -> Histogram {
	Histogram::new(exponential_buckets(0.0001, 2.0, 16))
}

impl Metrics {
	/// All metrics at zero.
	pub fn new(chain: &str) -> Self {
		let metrics = Self {
			registry: Arc::new(Mutex::new(Registry::with_prefix("plexus"))),
			height: Gauge::default(),
			timestamp: Gauge::default(),
			blocks: Counter::default(),
			transactions: Counter::default(),
			block_transactions: Histogram::new(exponential_buckets(1.0, 4.0, 9)),
			build_seconds: seconds(),
			execute_seconds: seconds(),
			commit_seconds: seconds(),
			consensus_round: Gauge::default(),
			validator: Gauge::default(),
			clock_offset: Gauge::default(),
			rpc_calls: Family::default(),
			rpc_seconds: seconds(),
			rpc_connections: Gauge::default(),
			rpc_refused: Counter::default(),
		};
		metrics.register(chain);
		metrics
	}

	/// The list of names. `_total` and units are added by the library where the format wants them.
	fn register(&self, chain: &str) {
		let mut registry = self.registry.lock();
		let build: Family<BuildLabels, Gauge> = Family::default();
		build
			.get_or_create(&BuildLabels { version: env!("CARGO_PKG_VERSION").into(), chain: chain.into() })
			.set(1);
		registry.register("build_info", "Version and chain, as labels", build);
		registry.register("block_height", "Number of the last finalized block", self.height.clone());
		registry.register(
			"block_timestamp_ms",
			"Timestamp of the last finalized block",
			self.timestamp.clone(),
		);
		registry.register("blocks", "Blocks committed since start", self.blocks.clone());
		registry.register(
			"transactions",
			"Transactions in blocks committed since start",
			self.transactions.clone(),
		);
		registry.register("block_transactions", "Transactions of a block", self.block_transactions.clone());
		registry.register("block_build_seconds", "Time to build a proposal", self.build_seconds.clone());
		registry.register("block_execute_seconds", "Time to verify a proposal", self.execute_seconds.clone());
		registry.register(
			"block_commit_seconds",
			"Time to write a decided block",
			self.commit_seconds.clone(),
		);
		registry.register(
			"consensus_round",
			"Round of the height being decided",
			self.consensus_round.clone(),
		);
		registry.register("validator", "1 if this node is in the validator set", self.validator.clone());
		registry.register(
			"clock_offset_ms",
			"How far this node's clock is ahead of the median of the other validators', negative if behind; 0 until one has proposed",
			self.clock_offset.clone(),
		);
		registry.register("rpc_calls", "JSON-RPC calls by method and outcome", self.rpc_calls.clone());
		registry.register("rpc_call_seconds", "Time to answer a JSON-RPC call", self.rpc_seconds.clone());
		registry.register("rpc_connections", "Open JSON-RPC connections", self.rpc_connections.clone());
		registry.register(
			"rpc_refused",
			"JSON-RPC connections refused for want of room",
			self.rpc_refused.clone(),
		);
		registry.register_collector(Box::new(ProcessCollector));
	}

	/// Reads pool, database and network from now on, whenever somebody asks.
	pub fn sample(&self, source: Arc<dyn Sampled>) {
		self.registry.lock().register_collector(Box::new(NodeCollector(source)));
	}

	/// A block was committed.
	pub fn block(&self, number: u32, timestamp_ms: u64, transactions: usize) {
		self.height.set(number.into());
		self.timestamp.set(i64::try_from(timestamp_ms).unwrap_or(i64::MAX));
		self.blocks.inc();
		self.transactions.inc_by(transactions as u64);
		self.block_transactions.observe(transactions as f64);
	}

	/// The height at start, before any block.
	pub fn start_height(&self, number: u32) {
		self.height.set(number.into());
	}

	/// A stage of a block's work took so long.
	pub fn block_stage(&self, stage: BlockStage, seconds: f64) {
		match stage {
			BlockStage::Build => self.build_seconds.observe(seconds),
			BlockStage::Execute => self.execute_seconds.observe(seconds),
			BlockStage::Commit => self.commit_seconds.observe(seconds),
		}
	}

	/// Where consensus is.
	pub fn consensus(&self, round: i64, validator: bool) {
		self.consensus_round.set(round);
		self.validator.set(validator.into());
	}

	/// How far this node's clock is ahead of the other validators', negative if behind.
	pub fn clock_offset(&self, milliseconds: i64) {
		self.clock_offset.set(milliseconds);
	}

	fn rpc_call(&self, method: &str, micros: u64, ok: bool) {
		let outcome = if ok { "ok" } else { "error" };
		self.rpc_calls.get_or_create(&CallLabels { method: method.into(), outcome }).inc();
		self.rpc_seconds.observe(micros as f64 / 1_000_000.0);
	}

	/// All metrics as text.
	///
	/// # Errors
	/// None in practice: strings accept everything.
	pub fn render(&self) -> Result<String, fmt::Error> {
		let mut text = String::new();
		encode(&mut text, &self.registry.lock())?;
		Ok(text)
	}
}

/// The RPC server names served methods only, all others "unknown": callers cannot make series.
impl RpcObserver for Metrics {
	fn call(&self, method: &str, micros: u64, ok: bool) {
		self.rpc_call(method, micros, ok);
	}

	fn connections(&self, open: usize) {
		self.rpc_connections.set(i64::try_from(open).unwrap_or(i64::MAX));
	}

	fn refused(&self) {
		self.rpc_refused.inc();
	}
}

/// Memory, processor time, descriptors and threads of this process.
#[derive(Debug)]
struct ProcessCollector;

impl Collector for ProcessCollector {
	fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
		let Some(usage) = process::usage() else { return Ok(()) };
		gauge(&mut encoder, "process_memory_bytes", "Resident memory", usage.resident_bytes)?;
		gauge(&mut encoder, "process_threads", "Threads", usage.threads)?;
		gauge(&mut encoder, "process_open_files", "Open file descriptors", usage.open_files)?;
		let cpu = ConstCounter::new(usage.cpu_seconds);
		cpu.encode(encoder.encode_descriptor(
			"process_cpu_seconds",
			"Processor time used",
			None,
			cpu.metric_type(),
		)?)
	}
}

/// Pool, database and network.
#[derive(Debug)]
struct NodeCollector(Arc<dyn Sampled>);

impl Collector for NodeCollector {
	fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
		let (ready, future, bytes) = self.0.pool();
		gauge(&mut encoder, "pool_ready_transactions", "Transactions that the next block may take", ready)?;
		gauge(
			&mut encoder,
			"pool_future_transactions",
			"Transactions that wait for an earlier nonce",
			future,
		)?;
		gauge(&mut encoder, "pool_bytes", "Bytes of all transactions in the pool", bytes)?;
		gauge(&mut encoder, "database_bytes", "Bytes of the database on disk", self.0.database_bytes())?;
		if let Some(behind) = self.0.index_behind() {
			gauge(&mut encoder, "index_behind_blocks", "Blocks that the index of events lacks", behind)?;
		}
		encode_network(&mut encoder, &self.0.network())
	}
}

fn encode_network(encoder: &mut DescriptorEncoder, network: &NetworkStats) -> Result<(), fmt::Error> {
	let peers = network.peers_inbound + network.peers_outbound;
	gauge(encoder, "peers", "Connected peers", peers)?;
	let directions = [("inbound", network.peers_inbound), ("outbound", network.peers_outbound)];
	gauges(encoder, "network_peers", "Connected peers by who connected", "direction", directions)?;
	gauge(encoder, "network_banned_peers", "Peers that are banned now", network.banned)?;
	counters(
		encoder,
		"network_bytes",
		"Payload bytes by protocol; of gossip, messages heard and published once each, without what is forwarded",
		network.bytes.iter().map(|(protocol, direction, bytes)| {
			(vec![("protocol", *protocol), ("direction", *direction)], *bytes)
		}),
	)?;
	counters(
		encoder,
		"network_gossip_messages",
		"Gossip messages heard, by topic and verdict",
		network
			.gossip
			.iter()
			.map(|(topic, verdict, count)| (vec![("topic", *topic), ("verdict", *verdict)], *count)),
	)?;
	let by = |label: &'static str, counts: &[(&'static str, u64)]| {
		counts.iter().map(|(value, count)| (vec![(label, *value)], *count)).collect::<Vec<_>>()
	};
	counters(
		encoder,
		"network_misbehaviours",
		"What peers did wrong, by kind",
		by("kind", &network.misbehaviours),
	)?;
	counters(encoder, "network_bans", "Peers banned, by reason", by("reason", &network.bans))?;
	counters(
		encoder,
		"network_refused_connections",
		"Connections refused or not made, by reason",
		by("reason", &network.refused),
	)?;
	counters(
		encoder,
		"network_dropped_messages",
		"Messages that found their queue full, by queue",
		by("queue", &network.dropped),
	)?;
	let fill =
		|value: fn(&QueueFill) -> u64| network.queues.iter().map(move |queue| (queue.name, value(queue)));
	let waiting = fill(|queue| queue.waiting);
	gauges(encoder, "network_queue_waiting", "What waits in a queue", "queue", waiting)?;
	let capacity = fill(|queue| queue.capacity);
	gauges(encoder, "network_queue_capacity", "What may wait in a queue", "queue", capacity)
}

fn counters(
	encoder: &mut DescriptorEncoder,
	name: &str,
	help: &str,
	series: impl IntoIterator<Item = (Vec<(&'static str, &'static str)>, u64)>,
) -> Result<(), fmt::Error> {
	let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
	for (labels, count) in series {
		ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
	}
	Ok(())
}

fn gauges(
	encoder: &mut DescriptorEncoder,
	name: &str,
	help: &str,
	label: &'static str,
	series: impl IntoIterator<Item = (&'static str, u64)>,
) -> Result<(), fmt::Error> {
	let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
	for (value, amount) in series {
		let amount = ConstGauge::new(i64::try_from(amount).unwrap_or(i64::MAX));
		amount.encode(family.encode_family(&[(label, value)])?)?;
	}
	Ok(())
}

fn gauge(encoder: &mut DescriptorEncoder, name: &str, help: &str, value: u64) -> Result<(), fmt::Error> {
	let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
	gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[derive(Debug)]
	struct Fixed;

	impl Sampled for Fixed {
		fn pool(&self) -> (u64, u64, u64) {
			(3, 2, 500)
		}
		fn database_bytes(&self) -> u64 {
			4096
		}
		fn index_behind(&self) -> Option<u64> {
			Some(2)
		}
		fn network(&self) -> NetworkStats {
			NetworkStats {
				peers_inbound: 1,
				bytes: vec![("sync", "in", 7)],
				gossip: vec![("parts", "accepted", 9)],
				bans: vec![("flood", 2)],
				queues: vec![QueueFill { name: "commands", waiting: 1, capacity: 8 }],
				..NetworkStats::default()
			}
		}
	}

	#[test]
	fn counts_show_in_the_text_with_their_names() {
		let metrics = Metrics::new("dev");
		metrics.sample(Arc::new(Fixed));
		metrics.block(7, 1_000, 12);
		metrics.clock_offset(-700);
		metrics.block_stage(BlockStage::Commit, 0.01);
		metrics.rpc_call("system_name", 50, true);
		let text = metrics.render().expect("text");
		for line in [
			"plexus_block_height 7",
			"plexus_clock_offset_ms -700",
			"plexus_transactions_total 12",
			"plexus_block_commit_seconds_count 1",
			"plexus_pool_ready_transactions 3",
			"plexus_database_bytes 4096",
			"plexus_index_behind_blocks 2",
			"plexus_rpc_calls_total{method=\"system_name\",outcome=\"ok\"} 1",
			"plexus_peers 1",
			"plexus_network_peers{direction=\"inbound\"} 1",
			"plexus_network_bytes_total{protocol=\"sync\",direction=\"in\"} 7",
			"plexus_network_gossip_messages_total{topic=\"parts\",verdict=\"accepted\"} 9",
			"plexus_network_bans_total{reason=\"flood\"} 2",
			"plexus_network_queue_capacity{queue=\"commands\"} 8",
			"plexus_build_info{version=\"0.1.0\",chain=\"dev\"} 1",
		] {
			assert!(text.contains(line), "{line} is missing in\n{text}");
		}
		assert!(text.contains("process_memory_bytes"), "{text}");
		assert!(text.ends_with("# EOF\n"));
	}

	/// The names of this node's metrics in an expression.
	fn names(expression: &str) -> Vec<String> {
		let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
		let words = expression.split(|c: char| !is_name(c));
		words.filter(|word| word.starts_with("plexus_")).map(str::to_string).collect()
	}

	/// Every text below a key, at any depth.
	fn texts<'a>(value: &'a serde_json::Value, key: &str, found: &mut Vec<&'a str>) {
		match value {
			serde_json::Value::Object(map) => {
				for (name, inner) in map {
					match inner.as_str() {
						Some(text) if name == key => found.push(text),
						_ => texts(inner, key, found),
					}
				}
			}
			serde_json::Value::Array(items) => items.iter().for_each(|item| texts(item, key, found)),
			_ => {}
		}
	}

	#[test]
	fn the_dashboard_asks_for_metrics_that_exist() {
		let metrics = Metrics::new("dev");
		metrics.sample(Arc::new(Fixed));
		metrics.rpc_call("system_name", 50, true);
		let text = metrics.render().expect("text");
		let exist = |name: &str| {
			text.lines().filter_map(|line| line.strip_prefix(name)).any(|rest| rest.starts_with([' ', '{']))
		};
		let dashboard = serde_json::from_str(include_str!("../../deploy/grafana.json")).expect("JSON");
		let mut expressions = Vec::new();
		texts(&dashboard, "expr", &mut expressions);
		texts(&dashboard, "query", &mut expressions);
		let named: Vec<String> = expressions.iter().flat_map(|expression| names(expression)).collect();
		assert!(named.len() >= 20, "{named:?}");
		for name in &named {
			assert!(exist(name), "{name} is on the dashboard, but not in\n{text}");
		}
		assert!(!exist("plexus_block_heigh") && !exist("plexus_misspelt"), "the search can fail");
	}
}
