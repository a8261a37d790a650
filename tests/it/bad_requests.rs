//! Bad requests and bad clients get a clear error or are dropped; blocks go on undisturbed.

use anyhow::{bail, ensure, Context, Result};
use codec::{Compact, Encode};
use futures::future::join_all;
use jsonrpsee::core::ClientError;
use plexus_runtime::RuntimeCall;
use plexus_tests::{
	raw::{ask, get, post, post_json, text_frame, websocket},
	rpc::to_hex,
	wait::{until, within, SOON},
	Node, NodeOptions, Rpc,
};
use rustix::process::{getrlimit, setrlimit, Resource, Rlimit};
use serde_json::{json, Value};
use std::time::{Duration, Instant};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

/// Codes of JSON-RPC 2.0.
const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
/// Codes of the server, as Substrate nodes use them.
const REQUEST_TOO_LARGE: i64 = -32007;
const BATCH_TOO_LARGE: i64 = -32010;
const TIMED_OUT: i32 = -32000;

/// A call that any server answers.
const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"system_chain","params":[]}"#;

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
	let too_large = |answer: &Value| {
		let error = &answer["error"];
		code(answer) == REQUEST_TOO_LARGE
			&& error["message"] == "Request is too big"
			&& error["data"] == "Exceeded max limit of 1048576"
	};
	let (status, body) = post(port, large.as_bytes()).await?;
	let text = String::from_utf8_lossy(&body);
	ensure!(status == 413 && too_large(&serde_json::from_slice(&body)?), "{status}: {text}");

	let many = format!("[{}]", vec![CALL; 51].join(","));
	let answer = post_json(port, &many).await?;
	ensure!(
		code(&answer) == BATCH_TOO_LARGE && answer["error"]["data"] == "Exceeded max limit of 50",
		"51 calls in one batch: {answer}"
	);
	let allowed = format!("[{}]", vec![CALL; 50].join(","));
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

	// The bytes are skipped, and the connection goes on.
	let mut socket = websocket(port).await?;
	let answer = ask(&mut socket, &large).await?;
	ensure!(too_large(&answer), "2 MiB over a WebSocket with a limit of 1 MiB: {answer}");
	let answer = ask(&mut socket, CALL).await?;
	ensure!(answer["result"].is_string(), "after a request that is too large: {answer}");
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
			other => bail!("{method}: {other:?}"),
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
			other => bail!("{method}({data}): {other:?}\n{}", node.log_tail()),
		}
	}
	rpc.new_blocks(3).await?;
	let answer: String = rpc.request("state_call", &["Core_version".into(), "0x".into()]).await?;
	ensure!(answer.len() > 10, "a good call works afterwards");
	Ok(())
}

/// No query is without end, since the open ones cost no more than their arguments are long. So the limit of time is
/// set below what the longest argument takes, and the thread that runs it stays busy beyond the limit.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_call_that_takes_too_long_is_given_up_and_others_are_answered_meanwhile() -> Result<()> {
	/// More than the threads that answer queries on a machine of two cores, and no more than may be replaced.
	const SLOW: usize = 4;
	let options = NodeOptions::with_block_time_ms(200).arguments(["--rpc-call-ms-max", "25"]);
	let node = Node::start(options).await?;
	let (rpc, other) = (node.rpc().await?, node.rpc().await?);
	let mut heads = other.finalised_heads().await?;
	let mut last = within(SOON, "the head", heads.next()).await??;
	let slow = [json!("TransactionPaymentCallApi_query_call_info"), json!(to_hex(&slow_argument()))];

	let asked = join_all((0..SLOW).map(|_| rpc.call::<Value>("state_call", &slow)));
	let meanwhile = async {
		// These stand in one line with the slow calls, so that they may themselves pass the limit before the threads of
		// those are replaced.
		until(SOON, "the health beside the slow calls", || other.request::<Value>("system_health", &[]))
			.await?;
		until(SOON, "a query beside the slow calls", || other.finalised_head()).await?;
		for _ in 0..3 {
			let head = within(SOON, "a block beside the slow calls", heads.next()).await??;
			ensure!(head == last + 1, "block {head} follows {last}");
			last = head;
		}
		anyhow::Ok(())
	};
	let (answers, others) = tokio::join!(asked, meanwhile);
	others?;
	for answer in answers {
		match answer {
			Err(ClientError::Call(error)) => {
				let advice = error.data().map(|data| data.get()).unwrap_or_default();
				ensure!(
					error.code() == TIMED_OUT
						&& error.message() == "The call took longer than 25ms, the node's limit"
						&& advice.contains("--rpc-call-ms-max"),
					"{error:?}"
				);
			}
			other => bail!("a call of 170,000 steps: {other:?}\n{}", node.log_tail()),
		}
	}
	let version = [json!("Core_version"), json!("0x")];
	until(SOON, "a short call afterwards", || rpc.request::<String>("state_call", &version)).await.map(drop)
}

/// The fee of a batch of 170,000 remarks, the longest argument there may be: a tenth of a second to decode twice and to
/// add up.
fn slow_argument() -> Vec<u8> {
	const CALLS: u32 = 170_000;
	let remark = RuntimeCall::System(frame_system::Call::remark { remark: Vec::new() }).encode();
	// `Utility.batch`, and behind the call the length of its transaction.
	[vec![4, 0], Compact(CALLS).encode(), remark.repeat(CALLS as usize), 0u32.encode()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_idle_connections_fill_the_places_and_disturb_nobody() -> Result<()> {
	const IDLE: usize = 1_000;
	const CONNECTIONS_MAX: usize = 500;
	const REFUSAL: &str =
		"Too many connections are open; try again later, or raise the node's --rpc-connections-max\n";
	let options = NodeOptions::with_block_time_ms(200).arguments(["--rpc-connections-max", "500"]);
	let node = Node::start(options).await?;
	let worker = node.rpc().await?;
	raise_open_files(3 * IDLE as u64);
	let port = node.rpc_port();
	let attempts = join_all((0..IDLE).map(|_| within(SOON, "a handshake", websocket(port)))).await;
	let mut idle: Vec<TcpStream> = attempts.into_iter().flatten().flatten().collect();
	println!("{} of {IDLE} idle connections were taken at once", idle.len());
	// Places may have been held by connections that were ending.
	let fill = async {
		while idle.len() + 1 < CONNECTIONS_MAX {
			idle.extend(websocket(port).await);
		}
	};
	within(SOON, "all places taken", fill).await?;
	ensure!(idle.len() + 1 == CONNECTIONS_MAX, "{} idle connections beside the worker", idle.len());

	// Of many refused at once some are closed without a word, hence more than one attempt.
	let refusal = until(SOON, "a refusal in words", || async {
		let (status, body) = get(port, "/").await?;
		ensure!(status == 503, "status {status}");
		Ok(String::from_utf8(body)?)
	});
	ensure!(refusal.await? == REFUSAL, "a refusal names the limit");
	worker.new_blocks(10).await?;
	worker.request::<Value>("system_health", &[]).await?;
	let (status, _) = get(node.metrics_port(), "/health/ready").await?;
	ensure!(status == 200, "not ready: {status}");

	// Whoever was refused gets in as soon as some are gone; the others keep their places.
	idle.truncate(IDLE / 4);
	let url = node.url();
	let connected = until(SOON, "a connection after some idle ones", || Rpc::connect(&url)).await?;
	connected.new_blocks(1).await?;
	for socket in &mut idle {
		let answer = ask(socket, CALL).await?;
		ensure!(answer["result"].is_string(), "a connection that was idle: {answer}");
	}
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_never_reads_costs_bounded_memory_and_no_blocks_and_is_cut_off() -> Result<()> {
	/// What one connection may make the node hold, by `node/rpc/src/limits.rs`: bytes unsent, and the answers of the calls
	/// that began before so many were unsent.
	const UNSENT_BYTES_MAX: u64 = 8 << 20;
	const CALLS_IN_FLIGHT_MAX: u64 = 32;
	/// How long it may take nothing, by the same file.
	const WRITE_STALL: Duration = Duration::from_secs(30);
	/// The allocator's rounding, and what the node grows by on its own meanwhile.
	const SLACK_BYTES: u64 = 64 << 20;
	let node = node().await?;
	let rpc = node.rpc().await?;
	let answer_bytes = rpc.request::<String>("state_getMetadata", &[]).await?.len() as u64;
	let growth_max = UNSENT_BYTES_MAX + CALLS_IN_FLIGHT_MAX * answer_bytes + SLACK_BYTES;
	let mut heads = rpc.finalised_heads().await?;
	let first = within(SOON, "the head", heads.next()).await??;
	let before = node.memory_bytes("VmRSS")?;

	let socket = websocket(node.rpc_port()).await?;
	let started = Instant::now();
	let mut flood = tokio::spawn(timeout(WRITE_STALL + SOON, ask_until_cut_off(socket)));
	let (mut last, mut peak) = (first, before);
	let asked = loop {
		tokio::select! {
			asked = &mut flood => break asked?.context("the reader was not cut off")?,
			head = within(SOON, "a block beside the flood", heads.next()) => {
				let head = head??;
				ensure!(head == last + 1, "block {head} follows {last}");
				last = head;
				peak = peak.max(node.memory_bytes("VmRSS")?);
				rpc.request::<Value>("chain_getHeader", &[]).await?;
			}
		}
	};
	let (took, blocks, growth) = (started.elapsed(), last - first, peak - before);
	println!(
		"cut off after {took:?}, {asked} requests and {blocks} blocks; memory grew by {} MiB",
		growth >> 20
	);
	ensure!(took >= WRITE_STALL, "cut off after {took:?}, before its time");
	// Five a second are the rule.
	ensure!(u64::from(blocks) >= WRITE_STALL.as_secs(), "{blocks} blocks in {took:?}");
	ensure!(asked * answer_bytes > growth_max, "{asked} requests are too few to show a bound");
	ensure!(growth <= growth_max, "memory grew by {growth} bytes, the limits promise {growth_max}");
	Ok(())
}

/// Subscribes, and asks for metadata without reading any, until the server closes; how often.
async fn ask_until_cut_off(mut socket: TcpStream) -> u64 {
	let subscribe = text_frame(r#"{"jsonrpc":"2.0","id":0,"method":"chain_subscribeNewHeads","params":[]}"#);
	let metadata = text_frame(r#"{"jsonrpc":"2.0","id":1,"method":"state_getMetadata","params":[]}"#);
	let mut asked = 0;
	if socket.write_all(&subscribe).await.is_err() {
		return asked;
	}
	while socket.write_all(&metadata).await.is_ok() {
		asked += 1;
	}
	asked
}

/// Lifts this process's own limit, as far as the system allows; children started before keep theirs.
fn raise_open_files(wanted: u64) {
	let limit = getrlimit(Resource::Nofile);
	let maximum = limit.maximum.unwrap_or(u64::MAX);
	let current = limit.current.unwrap_or(u64::MAX).max(wanted.min(maximum));
	let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(current), maximum: limit.maximum });
	println!("open files: {current} ({raised:?})");
}
