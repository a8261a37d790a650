//! Transactions and peers over loopback, without consensus.

use plexus_network::{IncomingTransaction, Multiaddr, Network, NetworkConfig, NetworkError, Verdict};
use sp_core::H256;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Far above what any of these takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

async fn start(genesis: u8, seed: u8, peers: &[Multiaddr]) -> Network {
	let mut config = NetworkConfig::new(H256([genesis; 32]), [seed; 32]);
	config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()];
	config.bootnodes = peers.to_vec();
	plexus_network::start(config).await.unwrap()
}

async fn address(network: &Network) -> Multiaddr {
	let mut addresses = network.handle.watch_listen_addresses();
	let known = timeout(PATIENCE, addresses.wait_for(|addresses| !addresses.is_empty())).await;
	let known = known.expect("listening").unwrap();
	let address = known[0].clone();
	drop(known);
	address
}

async fn has_peers(network: &Network, count: usize) {
	let mut peers = network.handle.watch_peers();
	let listening = |peers: &std::sync::Arc<[plexus_network::PeerInfo]>| {
		peers.iter().filter(|peer| peer.follows_consensus && peer.takes_transactions).count() == count
	};
	timeout(PATIENCE, peers.wait_for(listening)).await.expect("peers in time").unwrap();
}

async fn next(transactions: &mut mpsc::Receiver<IncomingTransaction>) -> IncomingTransaction {
	timeout(PATIENCE, transactions.recv()).await.expect("a transaction in time").expect("the network lives")
}

/// a — b — c
async fn line() -> [Network; 3] {
	let b = start(1, 2, &[]).await;
	let at = [address(&b).await];
	let (a, c) = (start(1, 1, &at).await, start(1, 3, &at).await);
	has_peers(&a, 1).await;
	has_peers(&c, 1).await;
	has_peers(&b, 2).await;
	[a, b, c]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_is_forwarded_once_it_was_accepted_and_not_before() {
	let [a, mut b, mut c] = line().await;
	assert!(a.handle.publish_transaction(b"held back".to_vec()));
	let held = next(&mut b.transactions).await;
	assert_eq!((&held.bytes[..], held.from), (&b"held back"[..], a.handle.local_peer_id()));
	assert!(a.handle.publish_transaction(b"accepted".to_vec()));
	let accepted = next(&mut b.transactions).await;
	b.handle.judge(accepted.id.clone(), Verdict::Accept).await;
	let forwarded = next(&mut c.transactions).await;
	assert_eq!((&forwarded.bytes[..], forwarded.from), (&b"accepted"[..], b.handle.local_peer_id()));
	b.handle.judge(held.id.clone(), Verdict::Accept).await;
	assert_eq!(next(&mut c.transactions).await.bytes, b"held back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_transaction_goes_no_further_and_the_next_one_does() {
	let [a, mut b, mut c] = line().await;
	for (bytes, verdict) in
		[("rubbish", Verdict::Reject), ("known", Verdict::Ignore), ("good", Verdict::Accept)]
	{
		assert!(a.handle.publish_transaction(bytes.into()));
		let heard = next(&mut b.transactions).await;
		assert_eq!(heard.bytes, bytes.as_bytes());
		b.handle.judge(heard.id.clone(), verdict).await;
	}
	assert_eq!(next(&mut c.transactions).await.bytes, b"good");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_published_by_two_is_heard_once() {
	let [a, mut b, c] = line().await;
	a.handle.publish_transaction(b"same".to_vec());
	let heard = next(&mut b.transactions).await;
	c.handle.publish_transaction(b"same".to_vec());
	c.handle.publish_transaction(b"other".to_vec());
	assert_eq!(heard.bytes, b"same");
	assert_eq!(next(&mut b.transactions).await.bytes, b"other");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_of_another_chain_is_disconnected_and_never_counts() {
	let ours = start(1, 1, &[]).await;
	let at = [address(&ours).await];
	let foreign = start(2, 2, &at).await;
	let friend = start(1, 3, &at).await;
	has_peers(&friend, 1).await;
	has_peers(&ours, 1).await;
	assert_eq!(ours.handle.peers()[0].id, friend.handle.local_peer_id());
	assert!(foreign.handle.peers().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_peer_leaves_the_table_and_is_dialled_again() {
	let a = start(1, 1, &[]).await;
	let at = [address(&a).await];
	let b = start(1, 2, &at).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_port_is_an_error_that_names_it() {
	let taken = start(1, 1, &[]).await;
	let mut config = NetworkConfig::new(H256([1; 32]), [2; 32]);
	config.listen = vec![address(&taken).await];
	let Err(NetworkError::Listen { address: named, .. }) = plexus_network::start(config).await else {
		panic!("the port is taken")
	};
	assert_eq!(named, address(&taken).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_address_the_network_runs_alone() {
	let alone = plexus_network::start(NetworkConfig::new(H256([1; 32]), [1; 32])).await.unwrap();
	assert!(alone.handle.publish_transaction(b"nobody hears".to_vec()));
	assert!(!alone.handle.publish_transaction(vec![0; plexus_network::handle::TRANSACTION_BYTES_MAX + 1]));
	assert!(alone.handle.peers().is_empty() && alone.handle.listen_addresses().is_empty());
	alone.task.stop().await.unwrap();
}
