//! Commands that need no node, run as a user runs them.

use anyhow::{ensure, Context, Result};
use plexus_tests::{cli::plexus, node::free_port, Node, NodeOptions};
use serde_json::Value;

/// The findings of `plexus doctor` for a development node with this RPC port, and the exit code.
async fn doctor(rpc_port: u16) -> Result<(Vec<Value>, Option<i32>)> {
	let directory = tempfile::tempdir()?;
	let base_path = directory.path().to_str().context("temporary paths are UTF-8")?;
	let ports = [rpc_port.to_string(), free_port().to_string()];
	let ran = plexus(&[
		"doctor",
		"--chain",
		"dev",
		"--json",
		"--base-path",
		base_path,
		"--rpc-port",
		&ports[0],
		"--metrics-port",
		&ports[1],
	])
	.await?;
	Ok((serde_json::from_str(&ran.stdout).with_context(|| ran.text())?, ran.code))
}

/// How the check of the RPC's port went.
fn rpc_port_verdict(findings: &[Value]) -> Option<&str> {
	findings.iter().find(|finding| finding["check"] == "rpc port")?["verdict"].as_str()
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_looks_at_everything_and_fails_with_a_remedy_on_a_port_that_is_taken() -> Result<()> {
	let (findings, _) = doctor(free_port()).await?;
	for check in ["clock", "disk speed", "disk space", "rpc port", "metrics port", "database"] {
		ensure!(findings.iter().any(|finding| finding["check"] == check), "no {check} in {findings:?}");
	}
	ensure!(rpc_port_verdict(&findings) == Some("ok"), "{findings:?}");

	let node = Node::start(NodeOptions::default()).await?;
	let (findings, code) = doctor(node.rpc_port()).await?;
	ensure!(rpc_port_verdict(&findings) == Some("fail"), "{findings:?}");
	ensure!(code == Some(1), "it ended with {code:?}");
	for finding in findings.iter().filter(|finding| finding["verdict"] != "ok") {
		let remedy = finding["remedy"].as_str().unwrap_or_default();
		ensure!(!remedy.is_empty(), "no remedy: {finding}");
	}
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn completions_for_bash_are_a_function_that_knows_the_commands() -> Result<()> {
	let ran = plexus(&["completions", "bash"]).await?;
	ensure!(ran.code == Some(0), "{}", ran.text());
	for word in ["_plexus()", "complete -F _plexus", "doctor", "contribute"] {
		ensure!(ran.stdout.contains(word), "no {word:?} in {}", ran.stdout);
	}
	Ok(())
}
