//! [`Remote`]: a node asked in plain JSON-RPC, for programs that watch several nodes at once.
//!
//! # Must not
//! Wait longer than it was told to, or know what the answers mean.

use crate::{
	explain::{explain_refusal, unreachable},
	failure::{Failure, FailureKind},
};
use futures::{future::BoxFuture, FutureExt};
use jsonrpsee::{
	core::{
		client::{ClientT, Error as ClientError},
		params::ArrayParams,
	},
	ws_client::{WsClient, WsClientBuilder},
};
use serde_json::{value::RawValue, Value};
use std::time::Duration;

/// The largest answer: a full block in JSON has 8 MiB.
const ANSWER_BYTES_MAX: u32 = 16 << 20;

/// A connection to a node.
pub struct Remote {
	url: String,
	client: WsClient,
}

impl Remote {
	/// Connects; `patience` bounds this and every later call.
	///
	/// Boxed, as all here, so that the client is compiled in this crate.
	///
	/// # Errors
	/// [`FailureKind::Unreachable`] if nobody answers.
	pub fn connect(url: String, patience: Duration) -> BoxFuture<'static, Result<Self, Failure>> {
		async move {
			let built = WsClientBuilder::new()
				.connection_timeout(patience)
				.request_timeout(patience)
				.max_response_size(ANSWER_BYTES_MAX)
				.build(&url)
				.await;
			let client = built.map_err(|error| unreachable(&url, &error))?;
			Ok(Self { url, client })
		}
		.boxed()
	}

	/// One call.
	///
	/// # Errors
	/// [`FailureKind::Unreachable`] and [`FailureKind::TimedOut`] if no answer came, otherwise what the node says.
	pub fn request<'a>(
		&'a self,
		method: &'a str,
		params: Vec<Value>,
	) -> BoxFuture<'a, Result<Value, Failure>> {
		async move {
			let mut array = ArrayParams::new();
			for param in &params {
				array.insert(param).expect("a JSON value serialises as itself");
			}
			self.client.request(method, array).await.map_err(|error| self.explain(method, &error))
		}
		.boxed()
	}

	fn explain(&self, method: &str, error: &ClientError) -> Failure {
		match error {
			ClientError::Call(answer) => {
				explain_refusal(answer.code(), answer.message(), answer.data().map(RawValue::get))
			}
			ClientError::RequestTimeout => Failure::new(
				FailureKind::TimedOut,
				"NoAnswer",
				format!("{} did not answer {method} in time", self.url),
				"it may be overloaded or stopped; try again, or ask another node",
			),
			other => unreachable(&self.url, other),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[tokio::test]
	async fn nobody_at_the_address_is_told_as_unreachable() {
		// Bound and closed again: nobody listens there.
		let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
		let failure = Remote::connect(format!("ws://127.0.0.1:{port}"), Duration::from_secs(5)).await.err();
		assert_eq!(failure.expect("nobody listens").kind, FailureKind::Unreachable);
	}
}
