//! Hostile peers of a running node: bytes that are no protocol, connections that never begin, a node of another chain, peers
//! that speak the protocol and gossip rubbish. The node makes its blocks meanwhile, an honest peer hears of each, memory stays
//! bounded, and whoever can be named is banned, with a line in the log and an entry in `plexus_bannedPeers`.
//!
//! Lying about blocks needs more than a socket: `node/network/tests/lying_sync.rs`.

use anyhow::{ensure, Context, Result};
use futures::{future::join_all, StreamExt};
use libp2p::{
	gossipsub::{self, IdentTopic, MessageAuthenticity},
	identify,
	identity::Keypair,
	noise,
	swarm::{NetworkBehaviour, SwarmEvent},
	tcp, yamux, Multiaddr, PeerId, Swarm, SwarmBuilder,
};
use plexus_tests::{
	local::{has_peers, p2p_address},
	rpc::Heads,
	wait::{until, within, SOON},
	Node, NodeOptions, Rpc,
};
use serde_json::Value;
use std::time::Duration;
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::TcpStream,
};

const BLOCK_TIME_MS: u64 = 200;

/// The handshake may take ten seconds; then the node closes.
const CLOSED: Duration = Duration::from_secs(40);

/// What rubbish may make a node grow by: the allocator's rounding, windows of a hundred connections, caches.
const GROWTH_BYTES_MAX: u64 = 96 << 20;

/// `/multistream/1.0.0`, with its length and line's end as it travels.
const MULTISTREAM: &[u8] = b"\x13/multistream/1.0.0\n";

async fn node() -> Result<Node> {
	Node::start(NodeOptions::with_block_time_ms(BLOCK_TIME_MS)).await
}

/// A node of the same chain that follows, through the first one.
async fn follower(of: &Node) -> Result<Node> {
	let at = p2p_address(of).await?;
	// The same chain as the developer's, without its key.
	let options = NodeOptions { chain: Some("dev".into()), ..NodeOptions::with_block_time_ms(BLOCK_TIME_MS) };
	Node::start(options.arguments(["--bootnodes", &at])).await
}

/// New blocks reach an honest peer.
async fn goes_on(honest: &mut Heads) -> Result<()> {
	let first = within(SOON, "a block at the honest peer", honest.next()).await??;
	for wanted in first + 1..=first + 5 {
		let head = within(SOON, "a block at the honest peer", honest.next()).await??;
		ensure!(head >= wanted, "block {head} instead of {wanted}");
	}
	Ok(())
}

/// Sends bytes and waits until the node closes the connection; what it said until then.
async fn send_until_closed(port: u16, bytes: &[u8]) -> Result<Vec<u8>> {
	let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
	// A node that has heard enough closes while we still write.
	let _ = socket.write_all(bytes).await;
	let mut said = Vec::new();
	let ended = within(CLOSED, "the end of the connection", socket.read_to_end(&mut said)).await?;
	// Closed with a reset or without: either way it is over.
	drop(ended);
	Ok(said)
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_protocol_and_connections_that_never_begin_are_closed_and_harm_nothing(
) -> Result<()> {
	/// More than may be pending from one address.
	const HALF_OPEN: usize = 200;
	let node = node().await?;
	let friend = follower(&node).await?;
	has_peers(&node.rpc().await?, 1).await.map_err(|reason| reason.context(friend.log_tail()))?;
	// The subscription lives as long as its connection.
	let friend_rpc = friend.rpc().await?;
	let mut heads = friend_rpc.finalised_heads().await?;
	goes_on(&mut heads).await?;
	let (port, before) = (node.p2p_port(), node.memory_bytes("VmRSS")?);

	let half_open = join_all((0..HALF_OPEN).map(|_| TcpStream::connect(("127.0.0.1", port)))).await;
	let half_open: Vec<TcpStream> = half_open.into_iter().flatten().collect();
	ensure!(half_open.len() > HALF_OPEN / 2, "only {} connections were made", half_open.len());
	goes_on(&mut heads).await?;
	let closed = half_open.into_iter().map(|mut socket| async move {
		let mut said = Vec::new();
		within(CLOSED, "the end of a connection that never began", socket.read_to_end(&mut said))
			.await
			.map(drop)
	});
	join_all(closed).await.into_iter().collect::<Result<Vec<()>>>()?;

	let oversize_frame = [MULTISTREAM, &[0xff, 0xff, 0xff, 0x7f], &[b'x'; 1 << 20]].concat();
	let oversize_noise = [MULTISTREAM, b"\x07/noise\n", &[0xff; 1 << 20]].concat();
	for (what, bytes) in [
		("noise of a line", (0..=255u8).cycle().take(1 << 20).collect::<Vec<u8>>()),
		("HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
		("zeros", vec![0; 1 << 20]),
		("a frame that is too long", oversize_frame),
		("a handshake of rubbish", oversize_noise),
	] {
		let all = join_all((0..8).map(|_| send_until_closed(port, &bytes))).await;
		all.into_iter().collect::<Result<Vec<_>>>().with_context(|| what.to_string())?;
		goes_on(&mut heads).await.with_context(|| what.to_string())?;
	}
	let unknown = [MULTISTREAM, b"\x0d/no/such/1.0\n"].concat();
	let said = send_until_closed(port, &unknown).await?;
	ensure!(said.ends_with(b"\x03na\n"), "an unknown protocol was answered with {said:?}");

	goes_on(&mut heads).await?;
	let growth = node.memory_bytes("VmRSS")?.saturating_sub(before);
	println!("memory grew by {} MiB", growth >> 20);
	ensure!(growth <= GROWTH_BYTES_MAX, "memory grew by {growth} bytes");
	// Nobody said who it was, so that nobody is banned, and the address is free for newcomers.
	let banned: Vec<Value> = node.rpc().await?.request("plexus_bannedPeers", &[]).await?;
	ensure!(banned.is_empty(), "{banned:?}");
	let newcomer = follower(&node).await?;
	let head = node.rpc().await?.finalised_head().await?.number;
	newcomer.rpc().await?.height(head, SOON).await.map_err(|reason| reason.context(newcomer.log_tail()))
}

/// Waits until a peer is banned for this reason.
async fn bans(rpc: &Rpc, peer: &str, reason: &str) -> Result<()> {
	until(SOON, reason, || async {
		let banned: Vec<Value> = rpc.request("plexus_bannedPeers", &[]).await?;
		let entry = banned.iter().find(|entry| entry["peerId"] == peer).context("it is not banned")?;
		ensure!(entry["reason"] == reason && entry["secondsLeft"].as_u64() > Some(0), "{entry}");
		Ok(())
	})
	.await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_another_chain_is_refused_with_one_line_and_its_reason() -> Result<()> {
	let node = node().await?;
	let rpc = node.rpc().await?;
	let at = p2p_address(&node).await?;
	// Another block time is another genesis. It keeps dialling.
	let options = NodeOptions::with_block_time_ms(BLOCK_TIME_MS * 2);
	let foreign = Node::start(options.arguments(["--reserved-peers", &at])).await?;
	// Whoever learns first who the other is refuses it, and the other may never learn. Ours bans then; the foreign one has
	// reserved a place for ours, and leaves it alone.
	const REFUSING: &str = "refusing a node of another chain";
	let refusing = || [&node, &foreign].map(|node| node.log_tail().matches(REFUSING).count());
	until(SOON, "one refuses the other", || async {
		ensure!(refusing().iter().sum::<usize>() > 0, "{}\n{}", node.log_tail(), foreign.log_tail());
		Ok(())
	})
	.await?;
	rpc.new_blocks(15).await?;
	ensure!(refusing().iter().all(|lines| *lines <= 1), "{}\n{}", node.log_tail(), foreign.log_tail());
	if refusing()[0] > 0 {
		let id: String = foreign.rpc().await?.request("system_localPeerId", &[]).await?;
		bans(&rpc, &id, "other_chain").await?;
		ensure!(node.logged(&id), "{}", node.log_tail());
	}
	has_peers(&rpc, 0).await?;
	foreign.rpc().await?.new_blocks(3).await
}

/// A peer that speaks the protocol and sends what it likes.
#[derive(NetworkBehaviour)]
struct Raw {
	identify: identify::Behaviour,
	gossip: gossipsub::Behaviour,
}

/// The name of a topic, as `node/network/src/topics.rs` has it.
fn topic(genesis: &str, name: &str) -> IdentTopic {
	IdentTopic::new(format!("/plexus/{}/{name}/2", &genesis[2..18]))
}

fn hostile(seed: u8, genesis: &str, on: &IdentTopic, at: &Multiaddr) -> Result<Swarm<Raw>> {
	let key = Keypair::ed25519_from_bytes([seed; 32])?;
	let config = gossipsub::ConfigBuilder::default().max_transmit_size(4 << 20).build()?;
	let mut gossip = gossipsub::Behaviour::new(MessageAuthenticity::Signed(key.clone()), config)
		.map_err(anyhow::Error::msg)?;
	gossip.subscribe(on)?;
	let identity = identify::Config::new(format!("/plexus/{genesis}/2"), key.public());
	let identify = identify::Behaviour::new(identity);
	let mut swarm = SwarmBuilder::with_existing_identity(key)
		.with_tokio()
		.with_tcp(tcp::Config::new(), noise::Config::new, yamux::Config::default)?
		.with_behaviour(|_| Raw { identify, gossip })?
		.build();
	swarm.dial(at.clone())?;
	Ok(swarm)
}

/// Publishes messages without end once the node is known to listen, until it sends the peer away; how many.
async fn flood(mut swarm: Swarm<Raw>, on: IdentTopic, message: impl Fn(u32) -> Vec<u8>) -> Result<u32> {
	/// Between two turns of the swarm, so that it can send.
	const AT_ONCE: u32 = 20;
	let (mut listens, mut sent) = (false, 0);
	let driving = async {
		loop {
			if listens {
				for _ in 0..AT_ONCE {
					// A full queue refuses: the node is slower than the flood.
					let _ = swarm.behaviour_mut().gossip.publish(on.clone(), message(sent));
					sent += 1;
				}
			}
			let event = tokio::select! {
				event = swarm.select_next_some() => event,
				() = tokio::task::yield_now(), if listens => continue,
			};
			match event {
				SwarmEvent::Behaviour(RawEvent::Gossip(gossipsub::Event::Subscribed { topic, .. })) => {
					listens |= topic == on.hash();
				}
				SwarmEvent::ConnectionClosed { num_established: 0, .. } => return sent,
				_ => {}
			}
		}
	};
	within(SOON, "the end of the flooding peer's connection", driving).await
}

/// One transaction of bytes that are none, in a batch as `node/network/src/batch.rs` has it.
fn batch_of_rubbish(number: u32) -> Vec<u8> {
	let rubbish = [&[0xff; 60][..], &number.to_le_bytes()].concat();
	[&[1, 1, 0][..], &(rubbish.len() as u32).to_le_bytes(), &rubbish].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_that_flood_with_rubbish_are_banned_each_for_its_reason_and_others_go_on() -> Result<()> {
	let node = node().await?;
	let rpc = node.rpc().await?;
	let friend = follower(&node).await?;
	has_peers(&rpc, 1).await.map_err(|reason| reason.context(friend.log_tail()))?;
	// The subscription lives as long as its connection.
	let friend_rpc = friend.rpc().await?;
	let mut heads = friend_rpc.finalised_heads().await?;
	goes_on(&mut heads).await?;
	let genesis: String = rpc.request("chain_getBlockHash", &[0.into()]).await?;
	let at: Multiaddr = p2p_address(&node).await?.parse()?;
	let before = node.memory_bytes("VmRSS")?;

	type Message = fn(u32) -> Vec<u8>;
	let garbage: Message = |number| [&[0xee; 100][..], &number.to_le_bytes()].concat();
	let oversize: Message = |number| [&[0xee; 4 << 10][..], &number.to_le_bytes()].concat();
	// A fourth banned peer would close the door to this machine's address, and to the friend.
	for (seed, name, message, reason) in [
		(21, "transactions", batch_of_rubbish as Message, "invalid_transaction"),
		(22, "consensus", garbage, "undecodable_consensus"),
		(23, "status", oversize, "oversized"),
	] {
		let on = topic(&genesis, name);
		let peer: PeerId = Keypair::ed25519_from_bytes([seed; 32])?.public().to_peer_id();
		let sent = flood(hostile(seed, &genesis, &on, &at)?, on, message).await;
		let sent = sent.map_err(|error| error.context(node.log_tail()))?;
		bans(&rpc, &peer.to_string(), reason).await.map_err(|error| error.context(node.log_tail()))?;
		ensure!(
			node.logged(&peer.to_string()) && node.logged(reason),
			"no line about {peer}: {}",
			node.log_tail()
		);
		println!("banned for {reason} after {sent} messages");
		goes_on(&mut heads).await?;
	}
	let growth = node.memory_bytes("VmRSS")?.saturating_sub(before);
	println!("memory grew by {} MiB", growth >> 20);
	ensure!(growth <= GROWTH_BYTES_MAX, "memory grew by {growth} bytes");
	has_peers(&rpc, 1).await
}
