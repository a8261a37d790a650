//! [`Rpc`]: a WebSocket connection to a node, with the few calls that most tests need.
//!
//! # Must not
//! Depend on the node's own types: answers are read as any client would.

use crate::wait::{within, SOON};
use anyhow::{bail, Context, Result};
use jsonrpsee::{
	core::{
		client::{ClientT, Subscription, SubscriptionClientT},
		params::ArrayParams,
		ClientError,
	},
	ws_client::{WsClient, WsClientBuilder},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// Answers may be large: metadata, whole blocks.
const RESPONSE_BYTES_MAX: u32 = 64 << 20;

/// A connection.
pub struct Rpc {
	client: WsClient,
}

/// Number and hash of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockId {
	/// Height.
	pub number: u32,
	/// `0x` and 64 digits.
	pub hash: String,
}

/// Finalised heads, in order.
pub struct Heads {
	subscription: Subscription<Value>,
}

impl Rpc {
	/// Connects.
	///
	/// # Errors
	/// When nobody answers.
	pub async fn connect(url: &str) -> Result<Self> {
		let builder = WsClientBuilder::default()
			.request_timeout(Duration::from_secs(30))
			.max_response_size(RESPONSE_BYTES_MAX)
			.max_buffer_capacity_per_subscription(4_096)
			.max_concurrent_requests(4_096);
		Ok(Self { client: builder.build(url).await? })
	}

	/// Any call; the node's error is kept as it is.
	///
	/// # Errors
	/// The client's.
	pub async fn call<T: DeserializeOwned>(&self, method: &str, params: &[Value]) -> Result<T, ClientError> {
		let mut array = ArrayParams::new();
		for param in params {
			array.insert(param).map_err(ClientError::ParseError)?;
		}
		self.client.request(method, array).await
	}

	/// Any call that must succeed.
	///
	/// # Errors
	/// The node's error, with the method's name.
	pub async fn request<T: DeserializeOwned>(&self, method: &str, params: &[Value]) -> Result<T> {
		self.call(method, params).await.with_context(|| method.to_string())
	}

	/// Number and hash of the last finalised block.
	///
	/// # Errors
	/// The node's.
	pub async fn finalised_head(&self) -> Result<BlockId> {
		let hash: String = self.request("chain_getFinalizedHead", &[]).await?;
		let header: Value = self.request("chain_getHeader", &[hash.clone().into()]).await?;
		Ok(BlockId { number: number_of(&header)?, hash })
	}

	/// The hash of the block at a height.
	///
	/// # Errors
	/// The node's.
	pub async fn block_hash(&self, number: u32) -> Result<Option<String>> {
		self.request("chain_getBlockHash", &[number.into()]).await
	}

	/// The extrinsics of a block, as bytes.
	///
	/// # Errors
	/// The node's, or when there is no such block.
	pub async fn body(&self, hash: &str) -> Result<Vec<Vec<u8>>> {
		let block: Value = self.request("chain_getBlock", &[hash.into()]).await?;
		let extrinsics = block["block"]["extrinsics"].as_array().context("no such block")?;
		extrinsics.iter().map(|hex| from_hex(hex.as_str().context("an extrinsic is hex")?)).collect()
	}

	/// Free balance of an account.
	///
	/// # Errors
	/// The node's.
	pub async fn free_balance(&self, account: &sp_core::crypto::AccountId32) -> Result<u128> {
		let key = to_hex(&crate::wallet::account_key(account));
		let value: Option<String> = self.request("state_getStorage", &[key.into()]).await?;
		let Some(value) = value else { return Ok(0) };
		let bytes = from_hex(&value)?;
		// AccountInfo: nonce, consumers, providers, sufficients (u32 each), then free (u128).
		let free = bytes.get(16..32).context("an account has 80 bytes")?;
		Ok(u128::from_le_bytes(free.try_into()?))
	}

	/// The next nonce of an account, the pool counted.
	///
	/// # Errors
	/// The node's.
	pub async fn next_nonce(&self, account: &sp_core::crypto::AccountId32) -> Result<u32> {
		use sp_core::crypto::Ss58Codec;
		let address = account.to_ss58check_with_version(42u16.into());
		self.request("system_accountNextIndex", &[address.into()]).await
	}

	/// Submits a transaction; its hash.
	///
	/// # Errors
	/// The client's, with the node's code and data.
	pub async fn submit(&self, bytes: &[u8]) -> Result<String, ClientError> {
		self.call("author_submitExtrinsic", &[to_hex(bytes).into()]).await
	}

	/// Follows finalised heads, from the current one.
	///
	/// # Errors
	/// The node's.
	pub async fn finalised_heads(&self) -> Result<Heads> {
		let subscription = self
			.client
			.subscribe("chain_subscribeFinalizedHeads", ArrayParams::new(), "chain_unsubscribeFinalizedHeads")
			.await?;
		Ok(Heads { subscription })
	}

	/// Waits until this height is final.
	///
	/// # Errors
	/// When it is not within the bound.
	pub async fn height(&self, number: u32, bound: Duration) -> Result<()> {
		let mut heads = self.finalised_heads().await?;
		within(bound, &format!("block {number}"), async {
			while heads.next().await? < number {}
			Ok(())
		})
		.await?
	}

	/// Waits for `count` new blocks: the chain is alive.
	///
	/// # Errors
	/// When they do not come within [`SOON`].
	pub async fn new_blocks(&self, count: u32) -> Result<()> {
		let now = self.finalised_head().await?.number;
		self.height(now + count, SOON).await
	}

	/// Waits until all these transactions are in finalised blocks, starting to look at `from`; how often each was seen.
	///
	/// # Errors
	/// When some are not within the bound.
	pub async fn find_all(&self, transactions: &[Vec<u8>], from: u32, bound: Duration) -> Result<Vec<u32>> {
		let index: std::collections::HashMap<&[u8], usize> =
			transactions.iter().enumerate().map(|(place, bytes)| (bytes.as_slice(), place)).collect();
		let mut seen = vec![0; transactions.len()];
		let mut heads = self.finalised_heads().await?;
		let mut next = from;
		let search = async {
			while seen.contains(&0) {
				let head = heads.next().await?;
				for number in next..=head {
					let hash = self.block_hash(number).await?.context("a finalised block is there")?;
					for bytes in self.body(&hash).await? {
						if let Some(place) = index.get(bytes.as_slice()) {
							seen[*place] += 1;
						}
					}
				}
				next = next.max(head + 1);
			}
			Ok(())
		};
		let outcome: Result<Result<()>> = within(bound, "transactions in finalised blocks", search).await;
		let missing = seen.iter().filter(|count| **count == 0).count();
		outcome
			.and_then(|inner| inner)
			.with_context(|| format!("{missing} of {} are missing", seen.len()))?;
		Ok(seen)
	}
}

impl Heads {
	/// Number of the next head.
	///
	/// # Errors
	/// When the subscription ends.
	pub async fn next(&mut self) -> Result<u32> {
		number_of(&self.next_header().await?)
	}

	/// The next header.
	///
	/// # Errors
	/// When the subscription ends.
	pub async fn next_header(&mut self) -> Result<Value> {
		match self.subscription.next().await {
			Some(header) => Ok(header?),
			None => bail!("the subscription of heads ended: {:?}", self.subscription.close_reason()),
		}
	}
}

/// The number in a header.
///
/// # Errors
/// When it has none.
pub fn number_of(header: &Value) -> Result<u32> {
	let hex = header["number"].as_str().context("a header has a number")?;
	Ok(u32::from_str_radix(hex.trim_start_matches("0x"), 16)?)
}

/// `0x` and the digits.
pub fn to_hex(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

/// The bytes of `0x…`.
///
/// # Errors
/// When it is not hex.
pub fn from_hex(text: &str) -> Result<Vec<u8>> {
	Ok(hex::decode(text.trim_start_matches("0x"))?)
}
