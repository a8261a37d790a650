//! What no client should send, and what the server answers. After each, the server is alive.

use crate::served::{call, within, Served};
use plexus_rpc::{RpcLimits, ServerConfig};
use serde_json::{json, Value};
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::TcpStream,
};

/// A WebSocket that sends what it is told, and reads only when it is told.
pub struct RawSocket {
	pub socket: TcpStream,
}

impl RawSocket {
	pub async fn open(served: &Served) -> Self {
		Self::open_with(served, "").await.expect("upgrades")
	}

	/// Upgrades with further headers; the status if that is refused.
	pub async fn open_with(served: &Served, headers: &str) -> Result<Self, u16> {
		let mut socket = TcpStream::connect(served.rpc.address()).await.expect("connects");
		let request = format!(
			"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
			 Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
		);
		socket.write_all(request.as_bytes()).await.expect("sends");
		let mut head = Vec::new();
		while !head.ends_with(b"\r\n\r\n") {
			head.push(within(socket.read_u8()).await.expect("answers"));
		}
		let head = String::from_utf8_lossy(&head);
		match head.split(' ').nth(1).and_then(|status| status.parse().ok()) {
			Some(101) => Ok(Self { socket }),
			status => Err(status.expect("an HTTP answer")),
		}
	}

	/// A text frame; its mask is zero, so that the text stands as it is.
	pub fn frame(text: &str) -> Vec<u8> {
		let mut frame = vec![0x81];
		match text.len() {
			length @ 0..=125 => frame.push(0x80 | length as u8),
			length @ 126..=0xffff => {
				frame.push(0x80 | 126);
				frame.extend((length as u16).to_be_bytes());
			}
			length => {
				frame.push(0x80 | 127);
				frame.extend((length as u64).to_be_bytes());
			}
		}
		frame.extend([0; 4]);
		frame.extend(text.as_bytes());
		frame
	}

	pub async fn send(&mut self, text: &str) {
		self.socket.write_all(&Self::frame(text)).await.expect("sends");
	}

	/// The next text, past pings.
	pub async fn receive(&mut self) -> String {
		loop {
			let kind = within(self.socket.read_u8()).await.expect("a frame");
			let length = match self.socket.read_u8().await.expect("a length") {
				126 => u64::from(self.socket.read_u16().await.expect("a length")),
				127 => self.socket.read_u64().await.expect("a length"),
				short => u64::from(short),
			};
			let mut payload = vec![0; length as usize];
			within(self.socket.read_exact(&mut payload)).await.expect("a payload");
			if kind == 0x81 {
				return String::from_utf8(payload).expect("text");
			}
		}
	}
}

async fn alive(served: &Served) {
	assert_eq!(call(&served.ws().await, "system_chain", &[]).await, "Plexus Development");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_gets_an_error_over_http_and_websocket() {
	let served = Served::start().await;
	for (request, code) in [
		("{", -32700),
		("rubbish", -32700),
		("[1, 2", -32700),
		(r#"{"id":1}"#, -32600),
		(r#"{"jsonrpc":"1.0","id":1,"method":"system_chain"}"#, -32600),
		(r#"{"jsonrpc":"2.0","id":1,"method":5}"#, -32600),
		(r#"{"jsonrpc":"2.0","id":1,"method":"nothing"}"#, -32601),
		(r#"{"jsonrpc":"2.0","id":1,"method":"chain_getHeader","params":"0x"}"#, -32602),
		(r#"{"jsonrpc":"2.0","id":1,"method":"chain_getHeader","params":[5]}"#, -32602),
		(r#"{"jsonrpc":"2.0","id":1,"method":"chain_getHeader","params":["0x00"]}"#, -32602),
		(r#"{"jsonrpc":"2.0","id":1,"method":"chain_getBlockHash","params":[-1]}"#, -32602),
		(r#"{"jsonrpc":"2.0","id":1,"method":"state_getKeysPaged","params":["0x","many"]}"#, -32602),
		(r#"{"jsonrpc":"2.0","id":1,"method":"system_accountNextIndex","params":["Alice"]}"#, -32602),
	] {
		let answer = served.post_json(request).await;
		assert_eq!(answer["error"]["code"], code, "HTTP {request}: {answer}");
		let mut socket = RawSocket::open(&served).await;
		socket.send(request).await;
		let answer: Value = serde_json::from_str(&socket.receive().await).expect("JSON");
		assert_eq!(answer["error"]["code"], code, "WebSocket {request}: {answer}");
	}
	alive(&served).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_nesting_gets_an_error() {
	let served = Served::start().await;
	let deep = |open: &str, close: &str| format!("{}{}", open.repeat(500_000), close.repeat(500_000));
	let nested = deep("[", "]");
	let objects = deep("{\"a\":", "}").replace(":}", ":0}");
	for method in [
		"chain_getHeader",
		"chain_getBlockHash",
		"state_call",
		"chainHead_v1_storage",
		"author_submitExtrinsic",
	] {
		for params in [format!("[{nested}]"), format!("[{objects}]"), format!("[\"0x\",\"0x\",{nested}]")] {
			let request = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
			let answer = served.post_json(&request).await;
			assert!(answer["error"]["code"].is_i64() || answer["result"].is_object(), "{method}: {answer}");
		}
	}
	let answer = served.post_json(&nested).await;
	assert!(answer.is_array() || answer["error"]["code"].is_i64(), "{answer}");
	alive(&served).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_a_request_is_refused_and_the_websocket_goes_on() {
	let limits = RpcLimits { request_bytes: 10_000, ..Default::default() };
	let served = Served::with(ServerConfig { limits, ..Default::default() }).await;
	let request = |bytes: usize| {
		json!({ "jsonrpc": "2.0", "id": 1, "method": "author_submitExtrinsic", "params": ["0".repeat(bytes)] }).to_string()
	};
	let (status, _) = served.post(&request(20_000), "").await;
	assert_eq!(status, 413);
	let mut socket = RawSocket::open(&served).await;
	socket.send(&request(20_000)).await;
	let answer: Value = serde_json::from_str(&socket.receive().await).expect("JSON");
	assert_eq!(answer["error"]["code"], -32007, "{answer}");
	socket.send(&request(2_000)).await;
	let answer: Value = serde_json::from_str(&socket.receive().await).expect("JSON");
	assert_eq!(answer["error"]["code"], 1010, "{answer}");
	alive(&served).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_a_response_is_refused_by_name() {
	let limits = RpcLimits { response_bytes: 10_000, ..Default::default() };
	let served = Served::with(ServerConfig { limits, ..Default::default() }).await;
	let answer = served.post_json(r#"{"jsonrpc":"2.0","id":1,"method":"state_getMetadata"}"#).await;
	assert_eq!(answer["error"]["code"], -32008, "{answer}");
	alive(&served).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_bounded_ordered_and_forgiving() {
	let limits = RpcLimits { batch_calls: 3, ..Default::default() };
	let served = Served::with(ServerConfig { limits, ..Default::default() }).await;
	let chain = |id: u32| json!({ "jsonrpc": "2.0", "id": id, "method": "system_chain" });
	let answer = served.post_json(&json!([chain(1), chain(2), chain(3), chain(4)]).to_string()).await;
	assert_eq!(answer["error"]["code"], -32010, "{answer}");
	let answer = served.post_json(&json!([chain(1), { "wrong": true }, chain(3)]).to_string()).await;
	assert_eq!(answer[0], json!({ "jsonrpc": "2.0", "id": 1, "result": "Plexus Development" }));
	assert_eq!(answer[1]["error"]["code"], -32600);
	assert_eq!(answer[2]["id"], 3);
	let answer = served.post_json("[]").await;
	assert_eq!(answer["error"]["code"], -32600, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_websites_are_refused_and_local_ones_served() {
	let served = Served::start().await;
	let request = r#"{"jsonrpc":"2.0","id":1,"method":"system_chain"}"#;
	let (status, why) = served.post(request, "Origin: https://evil.example\r\n").await;
	assert!(status == 403 && why.contains("--rpc-cors"), "{status} {why}");
	assert_eq!(served.post(request, "Origin: http://localhost:3000\r\n").await.0, 200);
	assert_eq!(RawSocket::open_with(&served, "Origin: https://evil.example\r\n").await.err(), Some(403));
	assert!(RawSocket::open_with(&served, "Origin: https://polkadot.js.org\r\n").await.is_ok());
}

/// The lower-case head of the answer to a browser's question whether a page of this origin may post JSON.
async fn preflight(served: &Served, origin: &str) -> String {
	let mut socket = TcpStream::connect(served.rpc.address()).await.expect("connects");
	let request = format!(
		"OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: POST\r\n\
		 Access-Control-Request-Headers: content-type\r\nConnection: close\r\n\r\n"
	);
	socket.write_all(request.as_bytes()).await.expect("sends");
	let mut answer = Vec::new();
	let _ = within(socket.read_to_end(&mut answer)).await;
	let answer = String::from_utf8_lossy(&answer).to_lowercase();
	answer.split_once("\r\n\r\n").expect("an HTTP answer").0.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_asks_beforehand_is_told_which_pages_may_post() {
	let served = Served::start().await;
	for origin in ["http://localhost:3000", "https://polkadot.js.org"] {
		let head = preflight(&served, origin).await;
		assert!(head.starts_with("http/1.1 200"), "{head}");
		assert!(head.contains(&format!("access-control-allow-origin: {origin}")), "{head}");
		for (header, word) in
			[("access-control-allow-methods: ", "post"), ("access-control-allow-headers: ", "content-type")]
		{
			let value = head.lines().find_map(|line| line.strip_prefix(header));
			assert!(value.is_some_and(|value| value.contains(word)), "{header}{word} is not in\n{head}");
		}
	}
	let head = preflight(&served, "https://evil.example").await;
	assert!(!head.contains("access-control-allow-origin"), "{head}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_name_is_refused_where_names_are_given() {
	let served =
		Served::with(ServerConfig { hosts: vec!["node.example".into()], ..Default::default() }).await;
	let request = r#"{"jsonrpc":"2.0","id":1,"method":"system_chain"}"#;
	assert_eq!(served.post(request, "").await.0, 403, "`localhost` is not in the list");
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_refused_in_words() {
	let served = Served::start().await;
	let mut socket = TcpStream::connect(served.rpc.address()).await.expect("connects");
	// RFC 9113: the preface, empty settings, and a request of stream 1 in static header codes: POST, http, /.
	let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
	bytes.extend([0, 0, 0, 4, 0, 0, 0, 0, 0]);
	bytes.extend([0, 0, 3, 1, 4, 0, 0, 0, 1, 0x83, 0x86, 0x84]);
	socket.write_all(&bytes).await.expect("sends");
	let (mut answer, why) = (Vec::new(), b"HTTP/1.1 and WebSocket");
	while !answer.windows(why.len()).any(|window| window == why) {
		answer.push(within(socket.read_u8()).await.expect("answers before it closes"));
		assert!(answer.len() < 4096, "{}", String::from_utf8_lossy(&answer));
	}
	alive(&served).await;
}
