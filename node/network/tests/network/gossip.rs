//! Transactions between nodes.

use crate::nodes::{address, config, has_peers, id, next, start};
use plexus_network::batch::{BATCH_BYTES_MAX, BATCH_COUNT_MAX};
use plexus_network::{Misbehaviour, Network, NetworkConfig, Verdict};
use sp_core::H256;
use std::collections::BTreeSet;

/// a — b — c
async fn line() -> [Network; 3] {
	let b = start(2, &[]).await;
	let at = [address(&b).await];
	let (a, c) = (start(1, &at).await, start(3, &at).await);
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
	assert_eq!((&held.transactions[..], held.from), (&[b"held back".to_vec()][..], a.handle.local_peer_id()));
	assert!(a.handle.publish_transaction(b"accepted".to_vec()));
	let accepted = next(&mut b.transactions).await;
	assert!(b.handle.judge(accepted.id.clone(), vec![Verdict::Accept]).await);
	let forwarded = next(&mut c.transactions).await;
	assert_eq!(forwarded.transactions, [b"accepted"]);
	assert_eq!(forwarded.from, b.handle.local_peer_id());
	b.handle.judge(held.id.clone(), vec![Verdict::Accept]).await;
	assert_eq!(next(&mut c.transactions).await.transactions, [b"held back"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_transaction_goes_no_further_and_the_next_one_does() {
	let [a, mut b, mut c] = line().await;
	for (bytes, verdict) in [
		("rubbish", Verdict::Reject(Misbehaviour::InvalidTransaction)),
		("wrong here", Verdict::Suspect(Misbehaviour::BadSignature)),
		("known", Verdict::Ignore),
		("good", Verdict::Accept),
	] {
		assert!(a.handle.publish_transaction(bytes.into()));
		let heard = next(&mut b.transactions).await;
		assert_eq!(heard.transactions, [bytes.as_bytes()]);
		b.handle.judge(heard.id.clone(), vec![verdict]).await;
	}
	assert_eq!(next(&mut c.transactions).await.transactions, [b"good"]);
	assert!(b.handle.banned().is_empty(), "once is not enough");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_published_by_two_is_heard_once() {
	let [a, mut b, c] = line().await;
	a.handle.publish_transaction(b"same".to_vec());
	assert_eq!(next(&mut b.transactions).await.transactions, [b"same"]);
	c.handle.publish_transaction(b"same".to_vec());
	// Does not fit into one batch with the other, which therefore leaves first, and alone.
	let large = vec![7; BATCH_BYTES_MAX];
	c.handle.publish_transaction(large.clone());
	assert_eq!(next(&mut b.transactions).await.transactions, [large]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_rejected_is_judged_again_when_it_comes_with_something_good() {
	let [a, mut b, mut c] = line().await;
	let rubbish = Verdict::Reject(Misbehaviour::InvalidTransaction);
	a.handle.publish_transaction(b"rubbish".to_vec());
	let alone = next(&mut b.transactions).await;
	b.handle.judge(alone.id.clone(), vec![rubbish]).await;
	a.handle.announce(id(2), vec![b"rubbish".to_vec(), b"good".to_vec()]).await;
	let mixed = next(&mut b.transactions).await;
	assert_eq!(mixed.transactions, [&b"rubbish"[..], b"good"]);
	assert!(!b.handle.judge(mixed.id.clone(), vec![rubbish, Verdict::Accept]).await);
	b.handle.publish_transaction(b"good".to_vec());
	assert_eq!(next(&mut c.transactions).await.transactions, [b"good"], "without the rubbish");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_transactions_travel_in_bounded_batches() {
	let [a, mut b, _c] = line().await;
	let small = (0..2_000u32).map(|i| i.to_le_bytes().to_vec());
	let large = (0..5u8).map(|i| vec![i; BATCH_BYTES_MAX - 1]);
	let sent: BTreeSet<Vec<u8>> = small.chain(large).collect();
	assert!(sent.iter().all(|transaction| a.handle.publish_transaction(transaction.clone())));
	let (mut heard, mut batches) = (BTreeSet::new(), 0);
	while heard.len() < sent.len() {
		let batch = next(&mut b.transactions).await.transactions;
		assert!(batch.len() <= BATCH_COUNT_MAX);
		assert!(batch.iter().map(Vec::len).sum::<usize>() <= BATCH_BYTES_MAX);
		heard.extend(batch);
		batches += 1;
	}
	assert_eq!(heard, sent);
	assert!(batches < 1_000, "{batches} batches are hardly batches");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_that_wait_reach_a_peer_that_connects_later() {
	let mut early = start(1, &[]).await;
	let at = [address(&early).await];
	let waiting: BTreeSet<Vec<u8>> = (0..1_000u32).map(|i| i.to_le_bytes().to_vec()).collect();
	let mut late = start(2, &at).await;
	let newcomer = tokio::time::timeout(crate::nodes::PATIENCE, early.newcomers.recv()).await.unwrap();
	assert_eq!(newcomer, Some(id(2)));
	let telling = early.handle.announce(id(2), waiting.iter().cloned().collect());
	let hearing = async {
		let mut heard = BTreeSet::new();
		while heard.len() < waiting.len() {
			let batch = next(&mut late.transactions).await;
			assert_eq!(batch.from, id(1));
			assert!(batch.transactions.len() <= BATCH_COUNT_MAX);
			assert!(!late.handle.judge(batch.id.clone(), vec![Verdict::Accept]).await, "told to us alone");
			heard.extend(batch.transactions);
		}
		heard
	};
	let ((), heard) = tokio::join!(telling, hearing);
	assert_eq!(heard, waiting);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telling_a_peer_that_is_not_there_ends() {
	let alone = start(1, &[]).await;
	let telling = alone.handle.announce(id(9), vec![b"nobody hears".to_vec()]);
	tokio::time::timeout(crate::nodes::PATIENCE, telling).await.expect("it ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_travel_over_quic_and_to_names() {
	let mut over_quic = config(1, &[]);
	over_quic.listen = vec!["/ip4/127.0.0.1/udp/0/quic-v1".parse().unwrap()];
	let mut quic = plexus_network::start(over_quic).await.unwrap();
	let a = start(2, &[address(&quic).await]).await;
	has_peers(&quic, 1).await;
	has_peers(&a, 1).await;
	a.handle.publish_transaction(b"over QUIC".to_vec());
	assert_eq!(next(&mut quic.transactions).await.transactions, [b"over QUIC"]);

	let mut named = start(3, &[]).await;
	let port = address(&named).await.to_string().rsplit('/').next().unwrap().to_owned();
	let b = start(4, &[format!("/dns4/localhost/tcp/{port}/p2p/{}", id(3)).parse().unwrap()]).await;
	has_peers(&b, 1).await;
	has_peers(&named, 1).await;
	b.handle.publish_transaction(b"to a name".to_vec());
	assert_eq!(next(&mut named.transactions).await.transactions, [b"to a name"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_address_the_network_runs_alone() {
	let alone = plexus_network::start(NetworkConfig::new(H256([1; 32]), [1; 32])).await.unwrap();
	assert!(alone.handle.publish_transaction(b"nobody hears".to_vec()));
	assert!(!alone.handle.publish_transaction(vec![0; plexus_network::handle::TRANSACTION_BYTES_MAX + 1]));
	assert!(alone.handle.peers().is_empty() && alone.handle.listen_addresses().is_empty());
	alone.task.stop().await.unwrap();
}
