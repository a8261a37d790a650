//! [`SignedTransfers`]: transfers signed one at a time, for programs that send them to several nodes.
//!
//! # Must not
//! Send anything but the funding of its accounts.

use super::{accounts, sign};
use crate::{
	client::{AtBlock, Client},
	failure::Failure,
	keys::{from_uri, Scheme},
	output::hex,
};
use futures::future::LocalBoxFuture;
use sp_core::ed25519;

/// An endless row of transfers, in turn from each of some funded accounts to the next one.
pub struct SignedTransfers {
	at: AtBlock,
	accounts: Vec<ed25519::Pair>,
	nonces: Vec<u64>,
	next: usize,
}

/// A transfer, ready to be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedTransfer {
	/// BLAKE2b-256 of the extrinsic.
	pub hash: [u8; 32],
	/// The extrinsic, `0x…`.
	pub extrinsic: String,
}

impl SignedTransfers {
	/// Derives `count` accounts from a seed and lets `funder` pay each of them what `transfers` transfers cost.
	///
	/// Boxed, so that the client is compiled in this crate and not in each that awaits it.
	///
	/// # Errors
	/// The node cannot be reached, or the funding fails.
	pub fn prepare<'a>(
		url: &'a str,
		funder: &'a str,
		seed: &'a str,
		count: usize,
		transfers: u32,
	) -> LocalBoxFuture<'a, Result<Self, Failure>> {
		Box::pin(async move {
			let client = Client::connect(url).await?;
			let funder = from_uri(funder, Scheme::Sr25519, &client.chain_kind().await?)?;
			let accounts = accounts::derive(seed, count.max(1));
			accounts::fund(&client, &funder, &accounts, transfers).await?;
			let nonces = accounts::nonces(&client, &accounts).await?;
			Ok(Self { at: client.at_head().await?, accounts, nonces, next: 0 })
		})
	}

	/// Signs the next one.
	///
	/// # Errors
	/// The chain's metadata does not allow such a transfer.
	pub fn sign_next(&mut self) -> Result<SignedTransfer, Failure> {
		let (bytes, hash) = sign::signed(&self.at, &self.accounts, &self.nonces, self.next)?;
		self.next += 1;
		Ok(SignedTransfer { hash, extrinsic: hex(&bytes) })
	}
}
