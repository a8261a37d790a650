//! [`Payer`]: an account that pays out the same amount again and again, as a faucet does.
//!
//! # Must not
//! Decide who is paid, or how often. Pay twice for one request: a transfer whose answer was lost is reported as failed,
//! and nothing is sent again.
//!
//! # Invariants
//! One transfer at a time, each with the nonce that the node names, its pool counted: so that a payer which restarts, or
//! whose key is used elsewhere too, never leaves a gap.

use crate::{
	address,
	address::parse_account,
	amount::Amount,
	calls,
	client::Client,
	failure::{Failure, FailureKind},
	keys::{self, ChainKind, Keypair, Scheme},
	output::hex,
	submit::{submit, Outcome, SubmitArgs},
};
use futures::future::LocalBoxFuture;
use std::path::Path;

/// An account that pays out.
pub struct Payer {
	url: String,
	amount: Amount,
	kind: ChainKind,
	key: Keypair,
	/// `None` after a failed call: the next one connects again.
	client: Option<Client>,
}

/// A payment that the node accepted.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Paid {
	/// Hash of the transaction.
	pub transaction: String,
	/// Who is paid.
	pub address: String,
	/// How much, in PLX.
	pub amount: String,
}

impl Payer {
	/// Connects, and reads the key: a file of mode 0600 with mnemonic or seed. `amount` is in PLX, as people write it.
	///
	/// Boxed, so that the client is compiled in this crate and not in each that awaits it.
	///
	/// # Errors
	/// The node cannot be reached, or key or amount cannot be used.
	pub fn open<'a>(
		url: &'a str,
		key_file: &'a Path,
		amount: &'a str,
	) -> LocalBoxFuture<'a, Result<Self, Failure>> {
		Box::pin(async move {
			let amount: Amount = amount.parse().map_err(|error| {
				Failure::input(
					"InvalidAmount",
					format!("{error}"),
					"write the amount of each payment, like 10",
				)
			})?;
			if amount == Amount(0) {
				return Err(Failure::input("InvalidAmount", "the amount is 0", "pay at least 0.001 PLX"));
			}
			let client = Client::connect(url).await?;
			let kind = client.chain_kind().await?;
			let secret = keys::read_key_file(key_file)?;
			let key = keys::from_uri(secret.trim(), Scheme::Sr25519, &kind)?;
			Ok(Self { url: url.into(), amount, kind, key, client: Some(client) })
		})
	}

	/// The account that pays.
	pub fn address(&self) -> String {
		address::display(&self.key.account())
	}

	/// The account behind a text, in its one canonical form: what limits are counted by.
	///
	/// # Errors
	/// Says what is wrong with the text.
	pub fn canonical(&self, address: &str) -> Result<String, Failure> {
		let account = parse_account(address, &self.kind)?;
		Ok(address::display(&account))
	}

	/// Pays an account; returns when the node has accepted the transfer.
	///
	/// # Errors
	/// The address is none, the node cannot be reached, or it refuses the transfer.
	pub fn pay<'a>(&'a mut self, address: &'a str) -> LocalBoxFuture<'a, Result<Paid, Failure>> {
		Box::pin(async move {
			let paid = self.transfer(address).await;
			if paid.as_ref().is_err_and(|failure| failure.kind != FailureKind::Input) {
				self.client = None;
			}
			paid
		})
	}

	async fn transfer(&mut self, address: &str) -> Result<Paid, Failure> {
		let account = parse_account(address, &self.kind)?;
		let client = match self.client.take() {
			Some(client) => client,
			None => Client::connect(&self.url).await?,
		};
		let client = self.client.insert(client);
		let at = client.at_head().await?;
		let call = calls::transfer(&account, self.amount.0, false);
		let hash = match submit(client, &at, &call, &self.key, &SubmitArgs::no_wait()).await? {
			Outcome::Accepted(hash) => hash,
			Outcome::Finalised(receipt) => receipt.hash,
		};
		Ok(Paid {
			transaction: hex(hash.as_bytes()),
			address: address::display(&account),
			amount: self.amount.to_string(),
		})
	}
}
