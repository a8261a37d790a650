//! Hostile load: the server stays within its bounds, and blocks are made meanwhile.

use crate::{
	bad_input::RawSocket,
	served::{call, next, subscribe, within, Served},
};
use plexus_rpc::{RpcLimits, ServerConfig};
use serde_json::json;
use std::{net::SocketAddr, sync::atomic::Ordering, time::Duration};
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::TcpStream,
};

const METADATA: &str = r#"{"jsonrpc":"2.0","id":1,"method":"state_getMetadata"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_never_reads_is_held_back_then_disconnected_and_disturbs_nobody() {
	const REQUESTS: usize = 2_000;
	let limits = RpcLimits {
		unsent_bytes: 1 << 20,
		calls_in_flight: 8,
		write_stall: Duration::from_secs(2),
		..Default::default()
	};
	let served = Served::with(ServerConfig { limits, ..Default::default() }).await;
	let client = served.ws().await;
	let mut heads = subscribe(&client, "chain_subscribeNewHeads", &[], "chain_unsubscribeNewHeads").await;
	next(&mut heads).await;

	let mut silent = RawSocket::open(&served).await;
	let mut open = served.seen.open.subscribe();
	within(open.wait_for(|open| *open == 2)).await.expect("both are open");
	// Hundreds of megabytes of answers are asked for; none is read.
	let requests: Vec<u8> = std::iter::repeat_n(RawSocket::frame(METADATA), REQUESTS).flatten().collect();
	let flood = tokio::spawn(async move {
		let sent = silent.socket.write_all(&requests).await;
		(silent, sent)
	});

	for _ in 0..5 {
		let tip = served.block().await;
		assert_eq!(next(&mut heads).await["number"], format!("{:#x}", tip.number));
		// A query, which stands in the same line as those of the silent one.
		assert_eq!(call(&client, "chain_getHeader", &[]).await["number"], format!("{:#x}", tip.number));
	}
	within(open.wait_for(|open| *open == 1)).await.expect("the silent one is disconnected");
	let answered = served.seen.calls.load(Ordering::Acquire);
	assert!(answered < REQUESTS / 2, "{answered} answers were computed for nobody");
	drop(within(flood).await.expect("joins"));
	served.block().await;
	assert_eq!(next(&mut heads).await["number"], "0x6");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_limit_are_refused_and_the_others_go_on() {
	let limits = RpcLimits { connections: 5, ..Default::default() };
	let served = Served::with(ServerConfig { limits, ..Default::default() }).await;
	let client = served.ws().await;
	let mut idle = Vec::new();
	for _ in 0..4 {
		idle.push(TcpStream::connect(served.rpc.address()).await.expect("connects"));
	}
	let mut open = served.seen.open.subscribe();
	within(open.wait_for(|open| *open == 5)).await.expect("all are open");
	let mut refused = Vec::new();
	for _ in 0..100 {
		refused.push(TcpStream::connect(served.rpc.address()).await.expect("connects"));
	}
	let mut answer = String::new();
	let mut first = refused.remove(0);
	first.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sends");
	first.shutdown().await.expect("ends");
	within(first.read_to_string(&mut answer)).await.expect("reads");
	assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("--rpc-connections-max"), "{answer}");
	assert_eq!(call(&client, "system_chain", &[]).await, "Plexus Development");
	assert_eq!(served.block().await.number, 1);
	drop((idle, refused));
	within(open.wait_for(|open| *open == 1)).await.expect("closed ones make room");
	assert!(served.ws().await.is_connected());
	assert_eq!(served.seen.refused.load(Ordering::Acquire), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_are_bounded_per_connection() {
	let limits = RpcLimits { subscriptions: 3, ..Default::default() };
	let served = Served::with(ServerConfig { limits, ..Default::default() }).await;
	let mut socket = RawSocket::open(&served).await;
	let mut refused = 0;
	for id in 0..5 {
		let request = json!({ "jsonrpc": "2.0", "id": id, "method": "chain_subscribeNewHeads" });
		socket.send(&request.to_string()).await;
		let answer: serde_json::Value = serde_json::from_str(&socket.receive().await).expect("JSON");
		if answer["error"]["code"] == -32006 {
			refused += 1;
		} else {
			// The present head.
			socket.receive().await;
		}
	}
	assert_eq!(refused, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_closes_its_connections_within_a_bound() {
	let Served { rpc, chain, seen, .. } = {
		// An address of its own: on the usual one another test may be given the port right after.
		let address = SocketAddr::from(([127, 0, 0, 2], 0));
		let served = Served::with(ServerConfig { address, ..Default::default() }).await;
		let client = served.ws().await;
		let heads = subscribe(&client, "chain_subscribeNewHeads", &[], "chain_unsubscribeNewHeads").await;
		tokio::spawn(async move {
			let _keep = (heads, client.on_disconnect().await);
		});
		served
	};
	let address = rpc.address();
	within(rpc.stop()).await;
	let mut open = seen.open.subscribe();
	within(open.wait_for(|open| *open == 0)).await.expect("all are closed");
	// The connections go first, what listens right after them.
	let nobody_listens = async { while TcpStream::connect(address).await.is_ok() {} };
	within(nobody_listens).await;
	drop(chain);
}
