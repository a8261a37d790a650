//! Every reason against readiness, and the endpoints over a real socket.

use super::*;
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::TcpStream,
	sync::oneshot,
};

const WELL: Vitals = Vitals {
	height: 5,
	silent_ms: 900,
	block_time_ms: 1_000,
	peers: 0,
	needs_peers: false,
	next_key_waits: false,
	consensus_running: true,
	rpc_listening: true,
};

impl VitalsSource for Vitals {
	fn vitals(&self) -> Vitals {
		*self
	}
}

fn reasons(vitals: Vitals) -> Vec<&'static str> {
	assess(&vitals).reasons.iter().map(|reason| reason.name).collect()
}

#[test]
fn a_single_validator_without_peers_is_ready() {
	assert_eq!(assess(&WELL), Readiness { ready: true, height: 5, peers: 0, reasons: vec![] });
}

#[test]
fn each_trouble_has_its_reason() {
	assert_eq!(reasons(Vitals { consensus_running: false, ..WELL }), ["consensus_stopped"]);
	assert_eq!(reasons(Vitals { rpc_listening: false, ..WELL }), ["rpc_closed"]);
	assert_eq!(reasons(Vitals { needs_peers: true, ..WELL }), ["no_peers"]);
	assert_eq!(reasons(Vitals { next_key_waits: true, ..WELL }), ["next_key_waits"]);
	assert_eq!(reasons(Vitals { silent_ms: 10_001, ..WELL }), ["no_blocks"]);
	assert_eq!(reasons(Vitals { silent_ms: 10_000, ..WELL }), [""; 0]);
	assert_eq!(reasons(Vitals { silent_ms: 50_000, block_time_ms: 6_000, ..WELL }), [""; 0]);
	let all = Vitals {
		consensus_running: false,
		rpc_listening: false,
		needs_peers: true,
		next_key_waits: true,
		silent_ms: u64::MAX,
		..WELL
	};
	assert_eq!(reasons(all).len(), 5);
}

async fn get_path(address: SocketAddr, path: &str) -> String {
	let mut stream = TcpStream::connect(address).await.expect("the server listens");
	let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	stream.write_all(request.as_bytes()).await.expect("sent");
	let mut answer = String::new();
	stream.read_to_string(&mut answer).await.expect("answered");
	answer
}

#[tokio::test]
async fn the_endpoints_answer_and_the_server_stops() {
	let server = HealthServer::bind("127.0.0.1:0".parse().expect("an address")).await.expect("bound");
	let address = server.local_addr().expect("bound");
	assert!(HealthServer::bind(address).await.is_err(), "a taken port is an error");
	let (stop, stopped) = oneshot::channel::<()>();
	let vitals = Vitals { consensus_running: false, ..WELL };
	let task = tokio::spawn(server.serve(Metrics::new("dev"), Arc::new(vitals), async {
		let _ = stopped.await;
	}));
	assert!(get_path(address, "/health/live").await.starts_with("HTTP/1.1 200"));
	let ready = get_path(address, "/health/ready").await;
	assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("\"consensus_stopped\""), "{ready}");
	let metrics = get_path(address, "/metrics").await;
	assert!(metrics.contains("plexus_block_height 0"), "{metrics}");
	assert!(get_path(address, "/other").await.starts_with("HTTP/1.1 404"));
	stop.send(()).expect("the server waits for it");
	task.await.expect("no panic").expect("a clean end");
}
