//! Bytes on a socket: HTTP and WebSocket by hand, for what no client library would send.
//!
//! Sources: RFC 9112 (HTTP/1.1), RFC 6455 (WebSocket).

use crate::wait::{within, SOON};
use anyhow::{bail, ensure, Context, Result};
use serde_json::Value;
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::TcpStream,
};

/// More than any answer that these tests ask for.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

/// First byte of a whole text frame.
const TEXT: u8 = 0x81;

/// First byte of a ping.
const PING: u8 = 0x89;

/// Status and body of a POST with these bytes as JSON.
///
/// # Errors
/// When the connection breaks before a status.
pub async fn post(port: u16, body: &[u8]) -> Result<(u16, Vec<u8>)> {
	let head = format!(
		"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
		body.len()
	);
	exchange(port, &[head.as_bytes(), body]).await
}

/// Status and body of a GET.
///
/// # Errors
/// When the connection breaks before a status.
pub async fn get(port: u16, path: &str) -> Result<(u16, Vec<u8>)> {
	let head = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
	exchange(port, &[head.as_bytes()]).await
}

async fn exchange(port: u16, parts: &[&[u8]]) -> Result<(u16, Vec<u8>)> {
	let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
	for part in parts {
		// A server that refuses by the header alone closes while we still write: its answer counts.
		if stream.write_all(part).await.is_err() {
			break;
		}
	}
	let mut answer = Vec::new();
	let read = (&mut stream).take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await;
	if answer.is_empty() {
		read?;
		bail!("the server closed without an answer");
	}
	let text = String::from_utf8_lossy(&answer);
	let status = text.split(' ').nth(1).context("an HTTP answer has a status")?.parse()?;
	let end =
		answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").context("an HTTP answer has a header")?;
	Ok((status, answer.split_off(end + 4)))
}

/// The JSON of a POST's answer, whatever the status.
///
/// # Errors
/// When the answer is not JSON.
pub async fn post_json(port: u16, body: &str) -> Result<Value> {
	let (status, answer) = post(port, body.as_bytes()).await?;
	serde_json::from_slice(&answer)
		.with_context(|| format!("status {status}: {}", String::from_utf8_lossy(&answer)))
}

/// A WebSocket connection after its handshake.
///
/// # Errors
/// When the server does not switch protocols.
pub async fn websocket(port: u16) -> Result<TcpStream> {
	let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
	let request = format!(
		"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
		 Sec-WebSocket-Key: cGxleHVzIHRlc3QgcGxleA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	);
	stream.write_all(request.as_bytes()).await?;
	let mut answer = Vec::new();
	while !answer.ends_with(b"\r\n\r\n") {
		let mut byte = [0];
		if stream.read(&mut byte).await? == 0 || answer.len() > 4_096 {
			bail!("no handshake: {}", String::from_utf8_lossy(&answer));
		}
		answer.push(byte[0]);
	}
	if !answer.starts_with(b"HTTP/1.1 101") {
		bail!("no handshake: {}", String::from_utf8_lossy(&answer));
	}
	Ok(stream)
}

/// A masked text frame. The mask is zero, which the protocol allows and which leaves the text readable.
pub fn text_frame(text: &str) -> Vec<u8> {
	let mut frame = vec![TEXT];
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

/// The next text that the server sends, past its pings.
///
/// # Errors
/// When the connection ends, or the server sends a frame of another kind.
pub async fn read_text(stream: &mut TcpStream) -> Result<String> {
	loop {
		let kind = stream.read_u8().await?;
		let length = match stream.read_u8().await? {
			126 => u64::from(stream.read_u16().await?),
			127 => stream.read_u64().await?,
			short => u64::from(short),
		};
		ensure!(length <= ANSWER_BYTES_MAX, "a frame of {length} bytes");
		let mut payload = vec![0; length as usize];
		stream.read_exact(&mut payload).await?;
		match kind {
			TEXT => return Ok(String::from_utf8(payload)?),
			PING => {}
			other => bail!("a frame of kind {other:#x}: {}", String::from_utf8_lossy(&payload)),
		}
	}
}

/// Sends one request over a WebSocket; the JSON of the next answer.
///
/// # Errors
/// When the connection ends, or the answer does not come within [`SOON`].
pub async fn ask(stream: &mut TcpStream, request: &str) -> Result<Value> {
	let exchanged = within(SOON, "an answer over the WebSocket", async {
		stream.write_all(&text_frame(request)).await?;
		read_text(stream).await
	});
	let answer = exchanged.await??;
	serde_json::from_str(&answer).with_context(|| answer.clone())
}
