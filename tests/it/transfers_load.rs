//! Under the load that the benchmarks make, every transfer that the node accepted is final, once, and none is lost.

use anyhow::{ensure, Result};
use plexus_tests::{Cli, Node, NodeOptions};
use serde_json::{json, Value};

/// Several full blocks.
const TRANSFERS: u32 = 20_000;

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_thousand_transfers_over_two_connections_every_accepted_one_is_final() -> Result<()> {
	let node = Node::start(NodeOptions::default()).await?;
	let transfers = TRANSFERS.to_string();
	let load = ["bench-load", "--transfers", &transfers, "--connections", "2"];
	let ran = Cli::of(&node).run(&load).await?;
	ensure!(ran.code == Some(0), "it ended with {:?}: {}\n{}", ran.code, ran.text(), node.log_tail());
	let report: Value = serde_json::from_str(&ran.stdout)?;
	for (count, wanted) in [
		("transfers", TRANSFERS),
		("submitted", TRANSFERS),
		("accepted", TRANSFERS),
		("finalised", TRANSFERS),
		("rejected", 0),
		("unanswered", 0),
		("lost", 0),
		("duplicated", 0),
	] {
		ensure!(report[count] == json!(wanted), "{count} is not {wanted}: {report}\n{}", node.log_tail());
	}
	Ok(())
}
