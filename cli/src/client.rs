//! The connection to a node: JSON-RPC, and on top of it the chain's metadata.
//!
//! # Must not
//! Wait without a bound. Know what a command does with the answers.
//!
//! # Invariants
//! The chain is read at finalised blocks only; on this chain there are no others.

use crate::{
	explain::{explain_client, explain_rpc, unintelligible, unreachable},
	failure::{Failure, FailureKind},
	keys::ChainKind,
};
use codec::{DecodeAll, Encode};
use serde::de::DeserializeOwned;
use std::{sync::Arc, time::Duration};
use subxt::{
	backend::LegacyBackend,
	config::substrate::H256,
	rpcs::{
		client::{rpc_params, RpcClient, RpcParams},
		Error as RpcError,
	},
	OnlineClient, SubstrateConfig,
};

/// The chain as seen from one block.
pub(crate) type AtBlock = subxt::OnlineClientAtBlock<SubstrateConfig>;

/// How long a connection may take: much longer than a handshake over any network.
const CONNECT_SECONDS_MAX: u64 = 10;

/// How long a single call may take: longer than the node's own limit on calls, so that its error arrives.
const CALL_SECONDS_MAX: u64 = 60;

/// Which node, and how to print.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct ConnectionArgs {
	/// The node's address [env: PLEXUS_URL] [default: ws://127.0.0.1:9944].
	#[arg(long, global = true, env = "PLEXUS_URL", default_value = "ws://127.0.0.1:9944")]
	#[arg(value_name = "URL", hide_env = true, hide_default_value = true)]
	pub(crate) url: String,

	/// Print JSON. Amounts are strings that count 10^-12 PLX.
	#[arg(long, global = true)]
	pub(crate) json: bool,
}

/// A connected node.
pub(crate) struct Client {
	pub(crate) rpc: RpcClient,
	pub(crate) api: OnlineClient<SubstrateConfig>,
}

impl Client {
	/// Connects and learns the chain's genesis.
	///
	/// # Errors
	/// [`FailureKind::Unreachable`] if nobody answers.
	pub(crate) async fn connect(url: &str) -> Result<Self, Failure> {
		let url = websocket_url(url)?;
		let connecting = async {
			let rpc = RpcClient::from_insecure_url(&url).await.map_err(|error| unreachable(&url, &error))?;
			let backend = Arc::new(LegacyBackend::builder().build(rpc.clone()));
			let api = OnlineClient::from_backend(backend).await.map_err(explain_client)?;
			Ok(Self { rpc, api })
		};
		let limit = Duration::from_secs(CONNECT_SECONDS_MAX);
		tokio::time::timeout(limit, connecting).await.unwrap_or_else(|_| {
			let silence = RpcError::Client(format!("no answer within {CONNECT_SECONDS_MAX} s").into());
			Err(unreachable(&url, &silence))
		})
	}

	/// One JSON-RPC call.
	pub(crate) async fn request<Answer: DeserializeOwned>(
		&self,
		method: &str,
		params: RpcParams,
	) -> Result<Answer, Failure> {
		bounded(method, self.rpc.request(method, params)).await?.map_err(|error| explain_rpc(&error))
	}

	/// What the chain says it is for.
	pub(crate) async fn chain_kind(&self) -> Result<ChainKind, Failure> {
		let kind = self.request::<serde_json::Value>("system_chainType", rpc_params![]).await?;
		Ok(ChainKind::from_json(&kind))
	}

	/// The chain at the last finalised block.
	pub(crate) async fn at_head(&self) -> Result<AtBlock, Failure> {
		bounded("the last block", self.api.at_current_block()).await?.map_err(explain_client)
	}

	/// The chain at this block.
	pub(crate) async fn at_hash(&self, hash: H256) -> Result<AtBlock, Failure> {
		bounded("a block", self.api.at_block(hash)).await?.map_err(explain_client)
	}

	/// The hash of the block with this number, if there is one yet.
	pub(crate) async fn block_hash(&self, number: u64) -> Result<Option<H256>, Failure> {
		self.request("chain_getBlockHash", rpc_params![number]).await
	}
}

/// Calls a runtime API whose types this client knows, and refuses answers with anything behind them.
pub(crate) async fn runtime_call<Answer: codec::Decode>(
	at: &AtBlock,
	method: &str,
	arguments: impl Encode,
) -> Result<Answer, Failure> {
	let arguments = arguments.encode();
	let bytes = bounded(method, at.runtime_apis().call_raw(method, Some(&arguments)))
		.await?
		.map_err(explain_client)?;
	Answer::decode_all(&mut &bytes[..]).map_err(|error| unintelligible(&error).with_context(method))
}

/// A constant of a pallet; `None` if this chain does not have it.
pub(crate) fn constant(at: &AtBlock, pallet: &str, name: &str) -> Option<u128> {
	let bytes = at.metadata_ref().pallet_by_name(pallet)?.constant_by_name(name)?.value().to_vec();
	// Unsigned integers of any size are little-endian, so they all read as the largest.
	let mut padded = [0; 16];
	padded.get_mut(..bytes.len())?.copy_from_slice(&bytes);
	Some(u128::from_le_bytes(padded))
}

/// Waits for an answer as long as a call may take.
pub(crate) async fn bounded<T>(
	what: &str,
	answer: impl std::future::Future<Output = T>,
) -> Result<T, Failure> {
	tokio::time::timeout(Duration::from_secs(CALL_SECONDS_MAX), answer).await.map_err(|_| {
		Failure::new(
			FailureKind::TimedOut,
			"NoAnswer",
			format!("the node did not answer the request for {what} within {CALL_SECONDS_MAX} s"),
			"it may be overloaded; try again, or ask another node with --url",
		)
	})
}

/// The address for WebSocket: the node serves both on one port, so `http://` means the same node.
fn websocket_url(url: &str) -> Result<String, Failure> {
	let url = url.trim();
	for (given, wanted) in
		[("ws://", "ws://"), ("wss://", "wss://"), ("http://", "ws://"), ("https://", "wss://")]
	{
		match url.strip_prefix(given) {
			Some("") => break,
			Some(rest) => return Ok(format!("{wanted}{rest}")),
			None => {}
		}
	}
	Err(Failure::input(
		"InvalidUrl",
		format!("`{url}` is no address of a node"),
		"write it like ws://127.0.0.1:9944",
	))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn urls_lead_to_the_websocket() {
		assert_eq!(websocket_url("ws://127.0.0.1:9944").unwrap(), "ws://127.0.0.1:9944");
		assert_eq!(websocket_url(" http://node:1 ").unwrap(), "ws://node:1");
		assert_eq!(websocket_url("https://node/rpc").unwrap(), "wss://node/rpc");
		for url in ["", "127.0.0.1:9944", "ws://", "ftp://node"] {
			assert_eq!(websocket_url(url).unwrap_err().name, "InvalidUrl", "{url:?}");
		}
	}

	#[tokio::test]
	async fn a_refused_connection_says_how_to_start_a_node() {
		// Bound and closed again: nobody listens there.
		let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
		let failure = Client::connect(&format!("ws://127.0.0.1:{port}")).await.err().expect("nobody listens");
		assert_eq!(failure.kind, FailureKind::Unreachable);
		assert!(failure.cause.contains("refused"), "{failure}");
		assert!(failure.remedy.contains("plexus run --dev"), "{failure}");
	}
}
