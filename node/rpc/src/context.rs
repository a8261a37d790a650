//! [`RpcContext`]: what the node gives the RPC server, and [`Context`]: what every method can reach.
//!
//! # Must not
//! Write to the chain: transactions go to the pool, everything else is read.

use crate::{
	arguments::Arguments, connection::Connection, control::NodeControl, errors::RpcError, limits::RpcLimits,
	registry::Answer, submissions::Submissions, workers::Workers,
};
use plexus_chain::Chain;
use plexus_chain_spec::ChainSpec;
use plexus_storage::{Database, Hash, Header, State, Tip};
use serde::Serialize;
use std::sync::Arc;

/// What the node gives the RPC server.
#[derive(Clone)]
pub struct RpcContext {
	/// The chain.
	pub chain: Chain,
	/// The specification that the node was started with.
	pub spec: Arc<ChainSpec>,
	/// The node around the server.
	pub node: Arc<dyn NodeControl>,
	/// Whether the node keeps an index of events.
	pub index: bool,
}

/// What every method can reach.
pub struct Context {
	/// The chain.
	pub chain: Chain,
	/// The specification that the node was started with.
	pub spec: Arc<ChainSpec>,
	/// The node around the server.
	pub node: Arc<dyn NodeControl>,
	/// Whether the node keeps an index of events.
	pub index: bool,
	/// The maxima.
	pub limits: RpcLimits,
	/// Height of the chain when the server started.
	pub started_at: u32,
	/// Threads for everything that reads the disk or runs the runtime.
	pub queries: Workers,
	/// The way into the pool, on threads of its own, so that queries never wait behind transactions.
	pub submissions: Submissions,
}

impl Context {
	/// The database.
	pub fn database(&self) -> &Database {
		self.chain.database()
	}

	/// The last block.
	pub fn tip(&self) -> Arc<Tip> {
		self.chain.tip()
	}

	/// The state after a block; after the last one if none is named.
	///
	/// # Errors
	/// [`RpcError::UnknownBlock`] and [`RpcError::StateDiscarded`].
	pub fn state(&self, at: Option<Hash>) -> Result<State, RpcError> {
		let tip = self.tip();
		match at {
			Some(hash) if hash != tip.hash => Ok(self.database().state_at(&hash)?),
			_ => Ok(tip.state.clone()),
		}
	}

	/// The state after the block that the next parameter, `at`, names.
	pub fn state_in(&self, arguments: &Arguments) -> Result<State, RpcError> {
		self.state(arguments.optional_hash("at")?)
	}

	/// A block's header, `None` if the block is unknown.
	pub fn header(&self, hash: &Hash) -> Result<Option<Header>, RpcError> {
		let tip = self.tip();
		if *hash == tip.hash {
			return Ok(Some(tip.header.clone()));
		}
		Ok(self.database().header(hash)?)
	}

	/// Asks the runtime; only methods that outsiders may call.
	pub fn query(&self, state: &State, method: &str, data: &[u8]) -> Result<Vec<u8>, RpcError> {
		self.chain.executor().query(state, method, data).map_err(Into::into)
	}

	/// Asks the runtime and decodes the answer.
	pub fn query_as<T: codec::DecodeAll>(
		&self,
		state: &State,
		method: &str,
		data: &[u8],
	) -> Result<T, RpcError> {
		let answer = self.query(state, method, data)?;
		T::decode_all(&mut &answer[..])
			.map_err(|error| RpcError::Internal(format!("the answer of {method} does not decode: {error}")))
	}

	/// Runs `job` on a query thread when it is the connection's turn, within the limit of time.
	pub async fn on_query_thread<T: Send + 'static>(
		self: &Arc<Self>,
		connection: &Connection,
		job: impl FnOnce(&Self) -> Result<T, RpcError> + Send + 'static,
	) -> Result<T, RpcError> {
		let _turn = connection.thread_turn().await;
		let context = self.clone();
		self.queries.run(self.limits.call_time, move || job(&context)).await
	}
}

impl From<plexus_execution::CallError> for RpcError {
	fn from(error: plexus_execution::CallError) -> Self {
		match error {
			plexus_execution::CallError::Storage(error) => error.into(),
			refused => Self::Execution(refused.to_string()),
		}
	}
}

/// A value as the answer of a call.
pub fn json<T: Serialize + ?Sized>(value: &T) -> Answer {
	serde_json::value::to_raw_value(value).map_err(|error| RpcError::Internal(error.to_string()))
}
