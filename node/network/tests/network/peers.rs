//! Who finds whom, who gets in, who is sent away.

use crate::nodes::{address, bans, blames, config, has_peers, id, next, nowhere, refuses, start, PATIENCE};
use arc_malachitebft_app_channel::app::engine::network::Status;
use futures::StreamExt;
use libp2p::gossipsub::{self, MessageAuthenticity};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{identify, identity::Keypair, noise, tcp, yamux, Swarm, SwarmBuilder};
use plexus_consensus::malachite::EngineNetworkMsg;
use plexus_consensus::Height;
use plexus_network::peers::{supported_height, MUTUAL_DIAL_MAX};
use plexus_network::topics::{Names, Topic, PROTOCOL_VERSION};
use plexus_network::{
	BanReason, Misbehaviour, Multiaddr, Network, NetworkConfig, NetworkError, PeerInfo, Rate, ReservedError,
	Verdict,
};
use sp_core::H256;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_of_another_chain_is_refused_and_stays_refused() {
	let ours = start(1, &[]).await;
	let at = [address(&ours).await];
	let mut config = config(2, &at);
	config.genesis_hash = H256([2; 32]);
	let foreign = plexus_network::start(config).await.unwrap();
	// Whoever learns first who the other is refuses it; the other may never learn.
	let ban = tokio::select! {
		ban = bans(&ours, id(2)) => ban,
		ban = bans(&foreign, id(1)) => ban,
	};
	assert_eq!(ban.reason, BanReason::OtherChain);
	let friend = start(3, &at).await;
	has_peers(&friend, 1).await;
	has_peers(&ours, 1).await;
	assert_eq!(ours.handle.peers()[0].id, friend.handle.local_peer_id());
	assert!(foreign.handle.peers().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_peer_leaves_the_table_and_is_dialled_again() {
	let a = start(1, &[]).await;
	let at = [address(&a).await];
	let b = start(2, &at).await;
	has_peers(&a, 1).await;
	let Network { handle, task, .. } = a;
	task.stop().await.unwrap();
	drop(handle);
	has_peers(&b, 0).await;
	// The same place and identity again.
	let mut config = NetworkConfig::new(H256([1; 32]), [1; 32]);
	config.listen = at.to_vec();
	let again = plexus_network::start(config).await.unwrap();
	has_peers(&b, 1).await;
	has_peers(&again, 1).await;
}

/// How often a tip is told: a status is lost on whoever does not listen yet.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// Tells its peers that it has reached a height, until it is dropped.
async fn tells(network: &Network, tip: u64) {
	let mut ticks = tokio::time::interval(TELL_EVERY);
	loop {
		ticks.tick().await;
		let status = Status::new(Height(tip), Height(1));
		network.consensus_port.actor.cast(EngineNetworkMsg::BroadcastStatus(status)).unwrap();
	}
}

/// Waits until so many peers have told their tips.
async fn are_told(network: &Network, count: usize) -> Arc<[PeerInfo]> {
	let mut peers = network.handle.watch_peers();
	let told =
		|peers: &Arc<[PeerInfo]>| peers.iter().filter(|peer| peer.best_number.is_some()).count() == count;
	let known = timeout(PATIENCE, peers.wait_for(told)).await.expect("tips in time").unwrap();
	known.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_boasts_alone_does_not_move_the_height_that_peers_support() {
	let node = start(1, &[]).await;
	let at = [address(&node).await];
	let (boaster, a, b) = (start(2, &at).await, start(3, &at).await, start(4, &at).await);
	has_peers(&node, 3).await;
	let telling = async { tokio::join!(tells(&boaster, 1_000_000), tells(&a, 7), tells(&b, 8)) };
	let peers = tokio::select! {
		_ = telling => unreachable!("they tell for ever"),
		peers = are_told(&node, 3) => peers,
	};
	let boast = peers.iter().find(|peer| peer.id == id(2)).and_then(|peer| peer.best_number);
	assert_eq!(boast, Some(1_000_000), "it was heard");
	assert_eq!(supported_height(&peers), Some(8));
}

/// Forwards a connection to a node, and holds everything back while it is silent, as when packets are dropped.
async fn silenceable(target: &Multiaddr, seed: u8) -> (Multiaddr, watch::Sender<bool>) {
	let port = target.iter().find_map(|part| match part {
		Protocol::Tcp(port) => Some(port),
		_ => None,
	});
	let port = port.expect("nodes listen on TCP here");
	let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
	let at = format!("/ip4/127.0.0.1/tcp/{}/p2p/{}", listener.local_addr().unwrap().port(), id(seed));
	let (silence, silent) = watch::channel(false);
	tokio::spawn(async move {
		while let Ok((near, _)) = listener.accept().await {
			let silent = silent.clone();
			tokio::spawn(async move {
				let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
				let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
				tokio::join!(forward(near_in, far_out, silent.clone()), forward(far_in, near_out, silent));
			});
		}
	});
	(at.parse().unwrap(), silence)
}

async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut silent: watch::Receiver<bool>) {
	let mut buffer = [0; 4_096];
	while let Ok(bytes @ 1..) = from.read(&mut buffer).await {
		if silent.wait_for(|silent| !silent).await.is_err() || to.write_all(&buffer[..bytes]).await.is_err() {
			return;
		}
	}
	// Its end, too.
	let _ = silent.wait_for(|silent| !silent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_lost_its_connection_unnoticed_hears_everything_again() {
	let a = start(1, &[]).await;
	let (at, silence) = silenceable(&address(&a).await, 1).await;
	let b = start(2, &[at]).await;
	has_peers(&b, 1).await;
	has_peers(&a, 1).await;
	silence.send_replace(true);
	b.task.stop().await.unwrap();
	// Earlier, it could be the other half of a mutual dial.
	tokio::time::sleep(MUTUAL_DIAL_MAX).await;
	let mut b = start(2, &[address(&a).await]).await;
	has_peers(&b, 1).await;
	has_peers(&a, 1).await;
	a.handle.publish_transaction(b"heard again".to_vec());
	assert_eq!(next(&mut b.transactions).await.transactions, [b"heard again"]);
}

/// More than gossip's window toward one peer, so that what follows waits.
const STUCK: usize = 3 * 132_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_whose_queue_overflowed_hears_everything_again() {
	// Neither dials the other past the proxy.
	let alone = |seed| {
		let mut config = config(seed, &[]);
		config.connections.outbound = 0;
		config
	};
	let mut b = plexus_network::start(alone(2)).await.unwrap();
	let (at, silence) = silenceable(&address(&b).await, 2).await;
	let a = NetworkConfig { reserved: vec![at], ..alone(1) };
	let a = plexus_network::start(a).await.unwrap();
	has_peers(&a, 1).await;
	has_peers(&b, 1).await;
	silence.send_replace(true);
	for i in 0..3u8 {
		assert!(a.handle.publish_transaction(vec![i; STUCK / 3]));
	}
	// Each a message of its own; all that the queue takes leave it because they are late.
	let mut ticks = tokio::time::interval(Duration::from_millis(12));
	for i in 0..1_000u32 {
		ticks.tick().await;
		assert!(a.handle.publish_transaction(i.to_le_bytes().to_vec()));
	}
	silence.send_replace(false);
	// What is published before the new connection stands is nobody's.
	let mut ticks = tokio::time::interval(Duration::from_millis(100));
	let mut said = 0u32;
	let heard = async {
		loop {
			tokio::select! {
				_ = ticks.tick() => {
					said += 1;
					a.handle.publish_transaction([b"again", &said.to_le_bytes()[..]].concat());
				}
				heard = b.transactions.recv() => {
					let heard = heard.expect("the network lives").transactions;
					if heard.iter().any(|transaction| transaction.starts_with(b"again")) {
						return;
					}
				}
			}
		}
	};
	timeout(PATIENCE, heard).await.expect("heard in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_falls_silent_is_closed_and_made_again() {
	let a = start(1, &[]).await;
	let (at, silence) = silenceable(&address(&a).await, 1).await;
	let mut config = config(2, &[]);
	config.reserved = vec![at];
	let b = plexus_network::start(config).await.unwrap();
	has_peers(&b, 1).await;
	silence.send_replace(true);
	has_peers(&b, 0).await;
	has_peers(&a, 0).await;
	silence.send_replace(false);
	has_peers(&b, 1).await;
	has_peers(&a, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_port_is_an_error_that_names_it() {
	let taken = start(1, &[]).await;
	let mut config = NetworkConfig::new(H256([1; 32]), [2; 32]);
	config.listen = vec![address(&taken).await];
	let Err(NetworkError::Listen { address: named, .. }) = plexus_network::start(config).await else {
		panic!("the port is taken")
	};
	assert_eq!(named, address(&taken).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_port_is_listened_on_for_both_kinds_of_addresses() {
	fn has(addresses: &[Multiaddr], kind: &str) -> bool {
		addresses.iter().any(|address| address.to_string().starts_with(kind))
	}
	let free = std::net::TcpListener::bind(("::", 0)).and_then(|listener| listener.local_addr());
	let Ok(free) = free else {
		println!("SKIPPED: this machine has no IPv6");
		return;
	};
	let on = |any: &str| format!("{any}/tcp/{}", free.port()).parse::<Multiaddr>().unwrap();
	let mut config = NetworkConfig::new(H256([1; 32]), [1; 32]);
	config.listen = vec![on("/ip4/127.0.0.1"), on("/ip6/::")];
	let node = plexus_network::start(config).await.expect("nobody has the port");
	let mut known = node.handle.watch_listen_addresses();
	let both = known.wait_for(|known| has(known, "/ip4/") && has(known, "/ip6/"));
	timeout(PATIENCE, both).await.expect("listening in time").unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_find_each_other_through_one_bootnode() {
	let curious = |seed, peers: &[Multiaddr]| {
		let mut config = config(seed, peers);
		config.connections.outbound = 16;
		plexus_network::start(config)
	};
	let boot = curious(1, &[]).await.unwrap();
	let at = [address(&boot).await];
	let (a, b) = (curious(2, &at).await.unwrap(), curious(3, &at).await.unwrap());
	for network in [&boot, &a, &b] {
		has_peers(network, 2).await;
	}
	let directions = |network: &Network| {
		let stats = network.handle.stats();
		stats.peers_inbound + stats.peers_outbound
	};
	assert_eq!([&boot, &a, &b].map(directions), [2; 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_of_an_address_holds_and_a_reserved_peer_still_gets_in() {
	let mut config = config(1, &[]);
	config.connections.per_ip = 2;
	config.reserved = vec![nowhere(9)];
	let full = plexus_network::start(config).await.unwrap();
	let at = [address(&full).await];
	let (_a, _b) = (start(2, &at).await, start(3, &at).await);
	has_peers(&full, 2).await;
	let stranger = start(4, &at).await;
	refuses(&full, "per_ip").await;
	let reserved = start(9, &at).await;
	has_peers(&full, 3).await;
	has_peers(&reserved, 1).await;
	assert!(full.handle.peers().iter().any(|peer| peer.id == id(9) && peer.inbound));
	assert!(full.handle.peers().iter().all(|peer| peer.id != stranger.handle.local_peer_id()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reserved_only_refuses_strangers_and_reserved_peers_come_and_go() {
	let mut config = config(1, &[]);
	config.reserved = vec![nowhere(9)];
	config.reserved_only = true;
	let closed = plexus_network::start(config).await.unwrap();
	let at = [address(&closed).await];
	let stranger = start(2, &at).await;
	refuses(&closed, "not_reserved").await;
	let _reserved = start(9, &at).await;
	has_peers(&closed, 1).await;
	assert_eq!(closed.handle.peers()[0].id, id(9));

	closed.handle.remove_reserved(&id(9).to_string()).unwrap();
	has_peers(&closed, 0).await;
	let address = format!("{}/p2p/{}", address(&stranger).await, id(2));
	closed.handle.add_reserved(&address).unwrap();
	has_peers(&closed, 1).await;
	assert_eq!(closed.handle.peers()[0].id, id(2));
	let reserved = closed.handle.reserved();
	assert_eq!(reserved.iter().map(ToString::to_string).collect::<Vec<_>>(), [address]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_reserved_is_refused_with_the_reason() {
	let node = start(1, &[]).await;
	let add = |address: &str| node.handle.add_reserved(address);
	assert_eq!(add("example.org:30333"), Err(ReservedError::Address("example.org:30333".into())));
	assert_eq!(add("/ip4/1.2.3.4/tcp/1"), Err(ReservedError::NoPeer("/ip4/1.2.3.4/tcp/1".into())));
	assert_eq!(add(&nowhere(1).to_string()), Err(ReservedError::Own));
	assert_eq!(node.handle.remove_reserved("x"), Err(ReservedError::Peer("x".into())));
	assert_eq!(node.handle.remove_reserved(&id(2).to_string()), Err(ReservedError::NotReserved(id(2))));
}

/// Two peers of a node; the first is banned, and the second still reaches it.
async fn goes_on(node: &mut Network, friend: &Network) {
	friend.handle.publish_transaction(b"life goes on".to_vec());
	loop {
		let heard = next(&mut node.transactions).await;
		if heard.from == friend.handle.local_peer_id() {
			return assert_eq!(heard.transactions, [b"life goes on"]);
		}
	}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flooding_peer_is_banned_and_others_go_on() {
	let mut config = config(1, &[]);
	config.rates.transaction_bytes = Rate { per_second: 1, burst: 100_000 };
	let mut node = plexus_network::start(config).await.unwrap();
	let at = [address(&node).await];
	let (flooder, friend) = (start(2, &at).await, start(3, &at).await);
	has_peers(&node, 2).await;
	has_peers(&flooder, 1).await;
	has_peers(&friend, 1).await;
	// Each too long to travel with another, and for the node's patience.
	for i in 0..120u8 {
		assert!(flooder.handle.publish_transaction(vec![i; 132_000]));
	}
	assert_eq!(bans(&node, id(2)).await.reason, BanReason::Misbehaviour(Misbehaviour::Flood));
	has_peers(&node, 1).await;
	goes_on(&mut node, &friend).await;
	let stats = node.handle.stats();
	assert!(stats.bans.contains(&("flood", 1)) && stats.banned == 1, "{stats:?}");
}

/// Publishes rubbish to a node that judges it so, until it has earned a ban.
async fn send_rubbish(node: &mut Network, from: &Network) {
	for i in 0..4u8 {
		from.handle.publish_transaction(vec![i; 10]);
		let heard = next(&mut node.transactions).await;
		let verdict = Verdict::Reject(Misbehaviour::InvalidTransaction);
		node.handle.judge(heard.id.clone(), vec![verdict]).await;
	}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_sends_rubbish_is_banned_and_others_go_on() {
	let mut node = start(1, &[]).await;
	let at = [address(&node).await];
	let (bad, friend) = (start(2, &at).await, start(3, &at).await);
	has_peers(&node, 2).await;
	has_peers(&bad, 1).await;
	has_peers(&friend, 1).await;
	send_rubbish(&mut node, &bad).await;
	let ban = bans(&node, id(2)).await;
	assert_eq!(ban.reason, BanReason::Misbehaviour(Misbehaviour::InvalidTransaction));
	refuses(&node, "banned").await;
	has_peers(&node, 1).await;
	goes_on(&mut node, &friend).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reserved_peer_is_never_banned() {
	let mut config = config(1, &[]);
	config.reserved = vec![nowhere(2)];
	let mut node = plexus_network::start(config).await.unwrap();
	let reserved = start(2, &[address(&node).await]).await;
	has_peers(&node, 1).await;
	has_peers(&reserved, 1).await;
	send_rubbish(&mut node, &reserved).await;
	goes_on(&mut node, &reserved).await;
	blames(&node, "invalid_transaction", 4).await;
	assert!(node.handle.banned().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_part_of_the_node_reports_counts_too() {
	let node = start(1, &[]).await;
	let liar = start(2, &[address(&node).await]).await;
	has_peers(&node, 1).await;
	for _ in 0..2 {
		node.handle.report(id(2), Misbehaviour::UnverifiableBlocks);
	}
	assert_eq!(bans(&node, id(2)).await.reason, BanReason::Misbehaviour(Misbehaviour::UnverifiableBlocks));
	has_peers(&liar, 0).await;
}

/// A peer that speaks the protocol and sends what it likes.
#[derive(NetworkBehaviour)]
pub struct Raw {
	identify: identify::Behaviour,
	gossip: gossipsub::Behaviour,
}

pub async fn raw_peer(seed: u8, names: &Names, at: &Multiaddr) -> Swarm<Raw> {
	raw_peer_called(seed, names, names.identity(), at)
}

/// The same, which says that it is something else.
fn raw_peer_called(seed: u8, names: &Names, identity: String, at: &Multiaddr) -> Swarm<Raw> {
	let key = Keypair::ed25519_from_bytes([seed; 32]).unwrap();
	let config = gossipsub::ConfigBuilder::default().max_transmit_size(4 << 20).build().unwrap();
	let mut gossip = gossipsub::Behaviour::new(MessageAuthenticity::Signed(key.clone()), config).unwrap();
	for topic in Topic::ALL {
		gossip.subscribe(&names.topic(topic)).unwrap();
	}
	let identify = identify::Behaviour::new(identify::Config::new(identity, key.public()));
	let mut swarm = SwarmBuilder::with_existing_identity(key)
		.with_tokio()
		.with_tcp(tcp::Config::new(), noise::Config::new, yamux::Config::default)
		.unwrap()
		.with_behaviour(|_| Raw { identify, gossip })
		.unwrap()
		.build();
	swarm.dial(at.clone()).unwrap();
	swarm
}

/// Publishes each message once the node is known to listen, and drives the swarm until it is sent away.
async fn publish_until_disconnected(swarm: Swarm<Raw>, topic: gossipsub::IdentTopic, messages: Vec<Vec<u8>>) {
	let publishing = timeout(PATIENCE, publish(swarm, topic, messages));
	assert!(publishing.await.expect("disconnected in time"), "nothing was sent before");
}

/// The same, without a bound. Returns whether everything was published.
pub async fn publish(mut swarm: Swarm<Raw>, topic: gossipsub::IdentTopic, messages: Vec<Vec<u8>>) -> bool {
	let mut messages = messages.into_iter();
	loop {
		match swarm.select_next_some().await {
			SwarmEvent::Behaviour(RawEvent::Gossip(gossipsub::Event::Subscribed {
				topic: heard, ..
			})) if heard == topic.hash() => {
				for message in messages.by_ref() {
					swarm.behaviour_mut().gossip.publish(topic.clone(), message).unwrap();
				}
			}
			SwarmEvent::ConnectionClosed { num_established: 0, .. } => return messages.len() == 0,
			_ => {}
		}
	}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_of_another_protocol_version_is_refused_and_stays_refused() {
	let node = start(1, &[]).await;
	let (names, at) = (Names::new(&H256([1; 32])), address(&node).await);
	let newer = format!("/plexus/{}/{}", names.genesis(), PROTOCOL_VERSION + 1);
	let mut raw = raw_peer_called(11, &names, newer, &at);
	let sent_away = async {
		while !matches!(raw.select_next_some().await, SwarmEvent::ConnectionClosed { num_established: 0, .. })
		{
		}
	};
	timeout(PATIENCE, sent_away).await.expect("sent away in time");
	assert_eq!(bans(&node, id(11)).await.reason, BanReason::OtherVersion);
	assert!(node.handle.stats().bans.contains(&("other_version", 1)));
	assert!(node.handle.peers().is_empty());
	// Even if it says something else from now on.
	let again = raw_peer(11, &names, &at).await;
	let driving = tokio::spawn(publish(again, names.topic(Topic::Status), vec![]));
	refuses(&node, "banned").await;
	assert!(node.handle.peers().is_empty());
	driving.abort();
	// The node's own version still gets in.
	let friend = start(3, &[at]).await;
	has_peers(&node, 1).await;
	has_peers(&friend, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_on_every_topic_and_oversize_are_banned() {
	let names = Names::new(&H256([1; 32]));
	let node = start(1, &[]).await;
	let at = address(&node).await;
	let garbage = || (0..8u8).map(|i| vec![i; 100]).collect::<Vec<_>>();
	let oversize = |topic: Topic| (0..8u8).map(|i| vec![i; topic.bytes_max() + 1]).collect::<Vec<_>>();
	for (seed, topic, messages, reason) in [
		(11, Topic::Consensus, garbage(), Misbehaviour::UndecodableConsensus),
		(12, Topic::Parts, garbage(), Misbehaviour::UndecodableConsensus),
		(13, Topic::Liveness, garbage(), Misbehaviour::UndecodableConsensus),
	] {
		let raw = raw_peer(seed, &names, &at).await;
		publish_until_disconnected(raw, names.topic(topic), messages).await;
		assert_eq!(bans(&node, id(seed)).await.reason, BanReason::Misbehaviour(reason), "{topic:?}");
	}
	// A fourth banned peer would close the door to this address.
	let raw = raw_peer(14, &names, &at).await;
	publish_until_disconnected(raw, names.topic(Topic::Consensus), oversize(Topic::Consensus)).await;
	assert_eq!(bans(&node, id(14)).await.reason, BanReason::Misbehaviour(Misbehaviour::Oversized));
	let _fifth = start(15, &[at]).await;
	refuses(&node, "banned_address").await;
}
