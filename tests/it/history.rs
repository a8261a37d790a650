//! Histories from the index: asked on the command line, the same after a rebuild either way, refused where there is no index.

use anyhow::{ensure, Context, Result};
use plexus_tests::{
	cli::{plexus, Ran},
	wait::{until, SOON},
	Cli, Node, NodeOptions,
};
use serde_json::{json, Value};
use std::path::Path;

const BLOCK_TIME_MS: u64 = 200;
/// The fewest states that a node may keep: soon there are older blocks.
const STATES: u32 = 16;

/// A command on the stopped node's database.
async fn offline(arguments: &[&str], base_path: &Path) -> Result<Ran> {
	let (time, base_path) =
		(BLOCK_TIME_MS.to_string(), base_path.to_str().context("temporary paths are UTF-8")?);
	plexus(&[arguments, &["--chain", "dev", "--block-time-ms", &time, "--base-path", base_path]].concat())
		.await
}

/// The pages of a subject's history from the one end to the other, two events at a time.
async fn told(cli: &Cli, subject: &str, order: &[&str]) -> Result<Vec<Value>> {
	let (mut events, mut cursor) = (Vec::new(), None::<String>);
	loop {
		let mut arguments = vec!["query", "history", subject, "--limit", "2"];
		arguments.extend(order);
		if let Some(cursor) = &cursor {
			arguments.extend(["--cursor", cursor]);
		}
		let page = cli.json(&arguments).await?;
		let items = page["events"].as_array().with_context(|| format!("no events in {page}"))?;
		ensure!(items.len() <= 2, "{page}");
		events.extend(items.iter().cloned());
		match page["next"].as_str() {
			Some(next) => cursor = Some(next.into()),
			None => return Ok(events),
		}
	}
}

/// The history once it has so many events: the index is behind the chain, by little.
async fn has(cli: &Cli, subject: &str, count: usize) -> Result<Vec<Value>> {
	until(SOON, "the index to follow", || async {
		let events = told(cli, subject, &["--oldest-first"]).await?;
		ensure!(events.len() == count, "{} events of {subject}", events.len());
		Ok(events)
	})
	.await
}

fn names(events: &[Value]) -> Vec<&str> {
	events.iter().filter_map(|event| event["name"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_told_and_stays_the_same_when_the_index_is_made_anew() -> Result<()> {
	let directory = tempfile::tempdir()?;
	let base_path = directory.path().join("node");
	let mut options =
		NodeOptions::with_block_time_ms(BLOCK_TIME_MS).arguments(["--state-pruning", &STATES.to_string()]);
	options.base_path = Some(base_path.clone());
	let mut node = Node::start(options).await?;
	let cli = Cli::of(&node);

	for amount in ["1", "2", "3"] {
		cli.json(&["tx", "transfer", "--from", "//Alice", "--to", "//Dave", "--amount", amount]).await?;
	}
	cli.json(&["tx", "datanet", "create", "--from", "//Alice", "--name", "Notes"]).await?;
	let file = directory.path().join("note.txt");
	std::fs::write(&file, "a note that has a history")?;
	let file = file.to_str().context("temporary paths are UTF-8")?;
	cli.json(&["tx", "contribute", file, "--datanet", "0", "--from", "//Bob"]).await?;

	let dave = has(&cli, "//Dave", 3).await?;
	ensure!(names(&dave) == ["Balances.Transfer"; 3], "{dave:?}");
	let amounts: Vec<_> = dave.iter().map(|event| event["fields"]["amount"].clone()).collect();
	ensure!(
		amounts == [json!("1000000000000"), json!("2000000000000"), json!("3000000000000")],
		"{amounts:?}"
	);
	let mut newest = told(&cli, "//Dave", &[]).await?;
	newest.reverse();
	ensure!(newest == dave, "{newest:?}");
	let block = cli.json(&["query", "block", &dave[0]["block"].to_string()]).await?;
	ensure!(block["hash"] == dave[0]["block_hash"], "{block}");
	let extrinsic = dave[0]["extrinsic"].as_u64().context("transfers are transactions")? as usize;
	ensure!(block["extrinsics"][extrinsic]["hash"] == dave[0]["extrinsic_hash"], "{block}");

	let created = has(&cli, "datanet:0", 2).await?;
	ensure!(names(&created)[0] == "Datanets.DatanetCreated", "{created:?}");
	for subject in ["contributor://Bob", "contribution:0"] {
		let contributed = has(&cli, subject, 1).await?;
		ensure!(contributed[0]["fields"]["contribution"] == 0, "{contributed:?}");
	}
	let refused = cli.refused(&["query", "history", "planet:1"]).await?;
	ensure!(refused.text().contains("datanet:ID"), "{}", refused.text());
	let table = cli.run(&["query", "history", "//Dave"]).await?;
	ensure!(table.stdout.contains("Balances.Transfer"), "{}", table.text());

	// By now the states of the transfers are discarded: only executing the blocks again gives their events.
	let last = dave[2]["block"].as_u64().context("a number")? as u32;
	node.rpc().await?.height(last + 2 * STATES, SOON).await?;
	ensure!(node.stop().await?.success(), "the stop was not clean");
	let rebuilt = offline(&["index", "rebuild", "--json"], &base_path).await?;
	ensure!(rebuilt.code == Some(0), "{}", rebuilt.text());
	let rebuilt: Value = serde_json::from_str(&rebuilt.stdout)?;
	ensure!(rebuilt["completeFrom"] == 0, "{rebuilt}");
	node.restart().await?;
	ensure!(has(&cli, "//Dave", 3).await? == dave, "the same by execution");

	ensure!(node.stop().await?.success(), "the stop was not clean");
	let rebuilt = offline(&["index", "rebuild", "--from-states", "--json"], &base_path).await?;
	ensure!(rebuilt.code == Some(0), "{}", rebuilt.text());
	let rebuilt: Value = serde_json::from_str(&rebuilt.stdout)?;
	ensure!(rebuilt["completeFrom"].as_u64() > Some(u64::from(last)), "{rebuilt}");
	node.restart().await?;
	ensure!(told(&cli, "//Dave", &[]).await?.is_empty(), "what is older than the states is forgotten");
	let page = cli.json(&["query", "history", "//Dave"]).await?;
	ensure!(page["complete_from"] == rebuilt["completeFrom"], "and the answer says so: {page}");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_an_index_says_how_to_have_one() -> Result<()> {
	let node =
		Node::start(NodeOptions::with_block_time_ms(BLOCK_TIME_MS).arguments(["--index", "off"])).await?;
	let refused = Cli::of(&node).refused(&["query", "history", "//Alice"]).await?;
	ensure!(refused.text().contains("--index on"), "{}", refused.text());
	Ok(())
}
