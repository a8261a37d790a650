//! `plexus key signing`: a key that was handed over does not sign, and its history comes back.

use anyhow::{ensure, Context, Result};
use plexus_tests::{cli::plexus, node::STOP_BOUND, Node, NodeOptions};
use std::path::Path;

const BLOCK_TIME_MS: u64 = 200;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_handed_over_signs_again_only_with_its_history() -> Result<()> {
	let mut node = Node::start(NodeOptions::with_block_time_ms(BLOCK_TIME_MS)).await?;
	node.rpc().await?.new_blocks(2).await?;
	let directory = tempfile::tempdir()?;
	let file = directory.path().join("history.json");

	let running = signing(&node, "export", &file).await?;
	ensure!(running.0 != Some(0) && running.1.contains("stop that node first"), "{}", running.1);
	ensure!(!file.exists(), "a refused export wrote a file");

	ensure!(node.stop().await?.success(), "{}", node.log_tail());
	let exported = signing(&node, "export", &file).await?;
	ensure!(exported.0 == Some(0) && exported.1.contains("signed last"), "{}", exported.1);
	let text = std::fs::read_to_string(&file)?;
	ensure!(text.contains("\"plexus-signing-history\"") && text.contains("\"signature\""), "{text}");

	node.relaunch()?;
	let status = node.ended(STOP_BOUND).await?;
	ensure!(status.code().is_some_and(|code| code != 0), "a key that was handed over signs: {status}");
	ensure!(node.logged("plexus key signing import"), "no remedy: {}", node.log_tail());

	let imported = signing(&node, "import", &file).await?;
	ensure!(imported.0 == Some(0), "{}", imported.1);
	node.restart().await?;
	node.rpc().await?.new_blocks(2).await
}

/// Runs `plexus key signing` on the node's directory: exit code and both streams.
async fn signing(node: &Node, verb: &str, file: &Path) -> Result<(Option<i32>, String)> {
	let file = file.to_str().context("temporary paths are UTF-8")?;
	let base_path = node.base_path().to_str().context("temporary paths are UTF-8")?;
	let block_time = BLOCK_TIME_MS.to_string();
	let place = ["--chain", "dev", "--block-time-ms", &block_time, "--base-path", base_path];
	let command: &[&str] = match verb {
		"export" => &["key", "signing", "export", "--output", file],
		_ => &["key", "signing", "import", file],
	};
	let ran = plexus(&[command, &place[..]].concat()).await?;
	Ok((ran.code, ran.text()))
}
