//! No accepted transaction is lost, whatever order nonces arrive in.

use anyhow::{ensure, Result};
use futures::future::try_join_all;
use plexus_tests::{
	wallet::{stranger, transfer_call},
	Key, Node, NodeOptions, Wallet, PLX,
};
use std::time::Duration;

/// Transfers of the one account.
const TRANSFERS: u32 = 300;
/// Connections that they are sent over.
const CONNECTIONS: u32 = 4;
/// Longest wait for all of them.
const LANDED_BOUND: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_nonces_in_any_order_over_several_connections_all_land_once() -> Result<()> {
	let node = Node::start(NodeOptions::default()).await?;
	let rpc = node.rpc().await?;
	let wallet = Wallet::of(&rpc).await?;
	let key = Key::sr25519("//Charlie");
	let first = rpc.next_nonce(&key.account()).await?;
	let from = rpc.finalised_head().await?.number;
	// A fixed permutation without order: multiplication by a number that has no factor in common with the count.
	let order = (0..TRANSFERS).map(|place| (place * 137) % TRANSFERS);
	let transactions: Vec<_> =
		order.map(|place| wallet.transfer(&key, first + place, &stranger(u64::from(place)), PLX)).collect();
	let share = (TRANSFERS / CONNECTIONS) as usize;
	let sending = transactions.chunks(share).map(|chunk| async {
		let rpc = node.rpc().await?;
		try_join_all(chunk.iter().map(|bytes| rpc.submit(bytes))).await?;
		anyhow::Ok(())
	});
	try_join_all(sending).await?;
	let seen = rpc.find_all(&transactions, from, LANDED_BOUND).await?;
	ensure!(seen.iter().all(|count| *count == 1), "some are in the chain more than once");
	ensure!(rpc.next_nonce(&key.account()).await? == first + TRANSFERS, "the nonce counts them all");
	for place in 0..TRANSFERS {
		ensure!(
			rpc.free_balance(&stranger(u64::from(place))).await? == PLX,
			"transfer {place} did not arrive"
		);
	}
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_in_the_nonces_waits_until_it_is_filled() -> Result<()> {
	let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
	let rpc = node.rpc().await?;
	let wallet = Wallet::of(&rpc).await?;
	let key = Key::ed25519("//Dave");
	let nonce = rpc.next_nonce(&key.account()).await?;
	let from = rpc.finalised_head().await?.number;
	let later = wallet.transfer(&key, nonce + 1, &stranger(1_001), PLX);
	let first = wallet.transfer(&key, nonce, &stranger(1_000), PLX);
	rpc.submit(&later).await?;
	rpc.new_blocks(3).await?;
	ensure!(rpc.free_balance(&stranger(1_001)).await? == 0, "it overtook its predecessor");
	rpc.submit(&first).await?;
	rpc.find_all(&[first, later], from, LANDED_BOUND).await?;
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_nonce_with_a_higher_tip_replaces_and_without_is_refused() -> Result<()> {
	let node = Node::start(NodeOptions::with_block_time_ms(2_000)).await?;
	let rpc = node.rpc().await?;
	let wallet = Wallet::of(&rpc).await?;
	let key = Key::sr25519("//Eve");
	let nonce = rpc.next_nonce(&key.account()).await? + 1;
	let from = rpc.finalised_head().await?.number;
	// With a gap before them both wait in the pool, so that no block can come between.
	rpc.submit(&wallet.transfer(&key, nonce, &stranger(2_000), PLX)).await?;
	let refused = rpc.submit(&wallet.transfer(&key, nonce, &stranger(2_001), PLX)).await;
	ensure!(refused.is_err(), "a rival without a tip was taken");
	let better = wallet.sign(&key, nonce, PLX, transfer_call(&stranger(2_002), PLX));
	rpc.submit(&better).await?;
	let filler = wallet.transfer(&key, nonce - 1, &stranger(2_003), PLX);
	rpc.submit(&filler).await?;
	rpc.find_all(&[filler, better], from, LANDED_BOUND).await?;
	ensure!(rpc.free_balance(&stranger(2_000)).await? == 0, "the replaced one was executed");
	Ok(())
}
