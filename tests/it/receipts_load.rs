//! The load of receipts is what it says: every receipt of every final batch is settled, over several agents and channels.

use anyhow::{Context, Result};
use plexus_tests::{Cli, Node, NodeOptions};
use serde_json::{json, Value};

#[tokio::test]
async fn full_batches_of_several_agents_are_settled_to_the_last_receipt() -> Result<()> {
	let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
	let cli = Cli::of(&node);
	let directory = tempfile::tempdir()?;
	let file = |name: &str| -> Result<String> {
		let path = directory.path().join(name);
		std::fs::write(&path, name)?;
		Ok(path.to_str().context("temporary paths are UTF-8")?.to_string())
	};
	let (weights, card) = (file("weights")?, file("card.md")?);
	let register =
		["tx", "model", "register", &weights, "--kind", "base", "--card", &card, "--from", "//Charlie"];
	cli.json(&register).await?;
	let load = ["bench-receipts", "--model", "0", "--servers", "2", "--channels", "3", "--batches", "6"];
	for run in 1..=2 {
		let ran = cli.run(&load).await?;
		assert_eq!(ran.code, Some(0), "{}", ran.text());
		let report: Value = serde_json::from_str(&ran.stdout)?;
		assert_eq!(report["settled"], json!(6 * 256), "run {run}: agents of a former run count for nothing");
		assert_eq!(report["batches"]["finalised"], 6);
		assert_eq!(report["batches"]["lost"], 0);
	}
	Ok(())
}
