//! HTTP requests to the commands that serve, as any program sends them.
//!
//! # Must not
//! Keep a connection, or follow anything.

use crate::wait::{within, SOON};
use anyhow::{Context, Result};
use serde_json::Value;
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::TcpStream,
};

/// The head and the body of an answer.
#[derive(Debug)]
pub struct Answer {
	/// Like 200.
	pub status: u16,
	/// Status line and headers, in lower case.
	pub head: String,
	/// The body; `null` if it is no JSON.
	pub json: Value,
}

/// Asks a port of this machine: `POST /path`, and the body.
///
/// # Errors
/// Nobody answers, or not in HTTP.
pub async fn ask(port: u16, request: &str, body: &str) -> Result<Answer> {
	let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
	let length = body.len();
	let text = format!("{request} HTTP/1.0\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}");
	stream.write_all(text.as_bytes()).await?;
	let mut answer = String::new();
	within(SOON, "an answer", stream.read_to_string(&mut answer)).await??;
	let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP")?;
	let status = head.split(' ').nth(1).context("no status")?.parse()?;
	Ok(Answer { status, head: head.to_lowercase(), json: serde_json::from_str(body).unwrap_or_default() })
}
