//! A node that is asked to stop ends with code 0 and goes on where it was.

use anyhow::{ensure, Result};
use plexus_tests::{node::STOP_BOUND, Key, Load, Node, NodeOptions, Wallet};
use rustix::process::Signal;

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_and_sigint_end_the_process_with_code_0_and_lose_nothing() -> Result<()> {
	let mut node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
	for signal in [Signal::TERM, Signal::INT] {
		let rpc = node.rpc().await?;
		let load = Load::start(node.url(), Wallet::of(&rpc).await?, Key::sr25519("//Bob"));
		rpc.new_blocks(5).await?;
		ensure!(load.accepted() > 0, "no load was accepted");
		let head = rpc.finalised_head().await?;
		node.signal(signal)?;
		let status = node.ended(STOP_BOUND).await?;
		ensure!(status.code() == Some(0), "{signal:?}: {status}\n{}", node.log_tail());
		// The engine's core takes the end of its log for a broken disk, unless it ends first.
		ensure!(!node.logged("safety-critical"), "{signal:?}: {}", node.log_tail());
		node.restart().await?;
		let rpc = node.rpc().await?;
		ensure!(
			rpc.block_hash(head.number).await?.as_deref() == Some(&head.hash),
			"block {} changed",
			head.number
		);
		rpc.new_blocks(2).await?;
	}
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_node_on_the_same_directory_is_refused_and_told_why() -> Result<()> {
	let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
	let mut second = Node::spawn(NodeOptions {
		base_path: Some(node.base_path().to_path_buf()),
		..NodeOptions::with_block_time_ms(200)
	})?;
	let status = second.ended(STOP_BOUND).await?;
	ensure!(status.code().is_some_and(|code| code != 0), "{status}");
	ensure!(second.logged("another plexus"), "{}", second.log_tail());
	node.rpc().await?.new_blocks(2).await
}
