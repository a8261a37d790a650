//! Bad requests and bad clients get a clear error or are dropped; blocks go on undisturbed.

use anyhow::{ensure, Context, Result};
use futures::future::join_all;
use jsonrpsee::core::ClientError;
use plexus_tests::{
	raw::{get, post, post_json, text_frame, websocket},
	wait::{until, within, SOON},
	Node, NodeOptions, Rpc,
};
use rustix::process::{getrlimit, setrlimit, Resource, Rlimit};
use serde_json::{json, Value};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// Codes of JSON-RPC 2.0.
const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;

fn code(answer: &Value) -> i64 {
	answer["error"]["code"].as_i64().unwrap_or_default()
}

/// A node with blocks often, and small limits, so that the tests can pass them.
async fn node() -> Result<Node> {
	let options = NodeOptions::with_block_time_ms(200);
	Node::start(options.arguments(["--rpc-request-bytes-max", "1048576", "--rpc-batch-max", "50"])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_json_and_unknown_methods_are_named_as_what_they_are() -> Result<()> {
	let node = node().await?;
	let port = node.rpc_port();
	for (body, wanted) in [
		("{", PARSE_ERROR),
		("this is not JSON", PARSE_ERROR),
		(r#"{"jsonrpc":"2.0","id":1,"method":"no_such_method","params":[]}"#, METHOD_NOT_FOUND),
		(
			r#"{"jsonrpc":"2.0","id":"text","method":"chain_getBlockHash","params":["not a number"]}"#,
			INVALID_PARAMS,
		),
		(r#"{"jsonrpc":"2.0","id":1,"method":"state_getStorage","params":[]}"#, INVALID_PARAMS),
		(r#"{"jsonrpc":"2.0","id":1,"method":"state_getStorage","params":["0x0"]}"#, INVALID_PARAMS),
		("[]", INVALID_REQUEST),
	] {
		let answer = post_json(port, body).await.with_context(|| body.to_string())?;
		ensure!(code(&answer) == wanted, "{body}: {answer}");
		ensure!(
			answer["error"]["message"].as_str().is_some_and(|text| !text.is_empty()),
			"{body}: no message"
		);
	}
	let echoed =
		post_json(port, r#"{"jsonrpc":"2.0","id":"text","method":"system_chain","params":[]}"#).await?;
	ensure!(echoed["id"] == "text" && echoed["result"].is_string(), "{echoed}");
	node.rpc().await?.new_blocks(3).await
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_too_many_and_too_deep_are_refused() -> Result<()> {
	let node = node().await?;
	let port = node.rpc_port();
	let large =
		format!(r#"{{"jsonrpc":"2.0","id":1,"method":"system_chain","params":["{}"]}}"#, "a".repeat(2 << 20));
	let (status, body) = post(port, large.as_bytes()).await?;
	ensure!(
		status == 413 || body.windows(5).any(|bytes| bytes == b"error"),
		"{status}: {}",
		String::from_utf8_lossy(&body)
	);

	let one = r#"{"jsonrpc":"2.0","id":1,"method":"system_chain","params":[]}"#;
	let many = format!("[{}]", vec![one; 51].join(","));
	let answer = post_json(port, &many).await?;
	ensure!(answer.get("error").is_some(), "51 calls in one batch: {answer}");
	let allowed = format!("[{}]", vec![one; 50].join(","));
	ensure!(
		post_json(port, &allowed).await?.as_array().is_some_and(|answers| answers.len() == 50),
		"50 calls in one batch"
	);

	let deep = format!(
		r#"{{"jsonrpc":"2.0","id":1,"method":"state_getKeysPaged","params":[{}{}]}}"#,
		"[".repeat(100_000),
		"]".repeat(100_000)
	);
	let (_, body) = post(port, deep.as_bytes()).await?;
	ensure!(body.windows(5).any(|bytes| bytes == b"error"), "{}", String::from_utf8_lossy(&body));

	let mut socket = websocket(port).await?;
	let sent = socket.write_all(&text_frame(&large)).await;
	println!("2 MiB over a WebSocket with a limit of 1 MiB: {sent:?}");
	node.rpc().await?.new_blocks(3).await
}

#[tokio::test(flavor = "multi_thread")]
async fn unsafe_methods_are_closed_by_default_and_say_how_to_open_them() -> Result<()> {
	let node = node().await?;
	let rpc = node.rpc().await?;
	for method in
		["author_rotateKeys", "author_removeExtrinsic", "system_addReservedPeer", "system_addLogFilter"]
	{
		match rpc.call::<Value>(method, &[json!("0x00")]).await {
			Err(ClientError::Call(error)) => {
				let text = format!("{} {:?}", error.message(), error.data());
				ensure!(text.contains("--rpc-methods"), "{method}: {text}");
			}
			other => anyhow::bail!("{method}: {other:?}"),
		}
	}
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn state_call_with_rubbish_or_forbidden_methods_is_an_error_and_harms_nothing() -> Result<()> {
	let node = node().await?;
	let rpc = node.rpc().await?;
	for (method, data) in [
		("TransactionPaymentApi_query_info", "0xffffffffffff"),
		("TransactionPaymentApi_query_info", "0x"),
		("AccountNonceApi_account_nonce", "0x00"),
		("Metadata_metadata_at_version", "0x"),
		("DatanetsApi_contributions", "0xff"),
		("Core_execute_block", "0x00"),
		("Core_initialize_block", "0x00"),
		("BlockBuilder_finalize_block", "0x"),
		("No_such_method", "0x"),
		("", "0x"),
	] {
		let answer = rpc.call::<Value>("state_call", &[method.into(), data.into()]).await;
		match answer {
			Err(ClientError::Call(error)) => ensure!(!error.message().is_empty(), "{method}: no message"),
			other => anyhow::bail!("{method}({data}): {other:?}\n{}", node.log_tail()),
		}
	}
	rpc.new_blocks(3).await?;
	let answer: String = rpc.request("state_call", &["Core_version".into(), "0x".into()]).await?;
	ensure!(answer.len() > 10, "a good call works afterwards");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_idle_connections_do_not_disturb_blocks_or_those_who_work() -> Result<()> {
	const IDLE: usize = 1_000;
	let node = node().await?;
	let worker = node.rpc().await?;
	raise_open_files(3 * IDLE as u64);
	let port = node.rpc_port();
	let attempts = join_all((0..IDLE).map(|_| within(SOON, "a handshake", websocket(port)))).await;
	let idle: Vec<_> = attempts.into_iter().flatten().flatten().collect();
	println!("{} of {IDLE} idle connections were taken", idle.len());
	ensure!(!idle.is_empty(), "none was taken");
	worker.new_blocks(10).await?;
	worker.request::<Value>("system_health", &[]).await?;
	let (status, _) = get(node.metrics_port(), "/health/ready").await?;
	ensure!(status == 200, "not ready: {status}");
	drop(idle);
	// Whoever was refused for the limit gets in as soon as the idle ones are gone.
	let url = node.url();
	let connected = until(SOON, "a connection after the idle ones", || Rpc::connect(&url)).await?;
	connected.new_blocks(1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_never_reads_costs_bounded_memory_and_no_blocks() -> Result<()> {
	const MEMORY_GROWTH_MAX: u64 = 200 << 20;
	let node = node().await?;
	let rpc = node.rpc().await?;
	rpc.new_blocks(2).await?;
	let before = node.memory_bytes("VmRSS")?;
	let mut socket = websocket(node.rpc_port()).await?;
	let subscribe = text_frame(r#"{"jsonrpc":"2.0","id":1,"method":"chain_subscribeNewHeads","params":[]}"#);
	let metadata = text_frame(r#"{"jsonrpc":"2.0","id":2,"method":"state_getMetadata","params":[]}"#);
	let mut sent = 0;
	// 2,000 answers of some 200 KB each are 400 MB; the server must stop taking requests, or let go of the reader.
	let pushing = async {
		socket.write_all(&subscribe).await?;
		for _ in 0..2_000 {
			socket.write_all(&metadata).await?;
			sent += 1;
		}
		Ok::<_, std::io::Error>(())
	};
	let pushed = tokio::time::timeout(Duration::from_secs(5), pushing).await;
	println!("{sent} requests were taken from a reader that never reads: {pushed:?}");
	rpc.new_blocks(10).await?;
	let grown = node.memory_bytes("VmRSS")?.saturating_sub(before);
	println!("memory grew by {} MiB", grown >> 20);
	ensure!(grown < MEMORY_GROWTH_MAX, "memory grew by {} MiB", grown >> 20);
	Ok(())
}

/// Lifts this process's own limit, as far as the system allows; children started before keep theirs.
fn raise_open_files(wanted: u64) {
	let limit = getrlimit(Resource::Nofile);
	let maximum = limit.maximum.unwrap_or(u64::MAX);
	let current = limit.current.unwrap_or(u64::MAX).max(wanted.min(maximum));
	let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(current), maximum: limit.maximum });
	println!("open files: {current} ({raised:?})");
}
