//! `plexus query commitment`: what an account committed to and did not use yet.
//!
//! # Must not
//! Know a salt: what a commitment stands for is its account's secret until it is used.

use super::not_found;
use crate::{
	address::{self, parse_account, parse_hex32},
	amount::Amount,
	claims::chain,
	client::Client,
	datanets,
	failure::Failure,
	models,
	output::{self, hex, Answer},
};
use serde::Serialize;

#[derive(clap::Args, Clone)]
pub(super) struct Args {
	/// The commitment: 64 hexadecimal digits.
	hash: String,

	/// Whose it is: an address, or //Alice and the like on development chains.
	#[arg(long, value_name = "ADDRESS")]
	account: String,
}

/// A commitment as it is printed.
#[derive(Serialize)]
pub(super) struct Commitment {
	account: String,
	hash: String,
	/// What it is to: `contributions`, `models` or `challenge`.
	to: &'static str,
	/// Its place in the order of all of its kind.
	number: u64,
	/// On the chain clock; `null` for a challenge, which has to be a block old.
	usable_from_ms: Option<u64>,
	/// On the chain clock.
	expires_at_ms: u64,
	/// The batch of a challenge; `null` for others.
	batch: Option<u64>,
	/// `null` where the chain does not tell it.
	deposit: Option<Amount>,
}

impl Answer for Commitment {
	fn human(&self) -> String {
		let clock = |ms: u64| format!("{ms} ms on the chain clock");
		let rows = [
			("commitment", Some(self.hash.clone())),
			("of", Some(self.account.clone())),
			("to", Some(self.to.to_string())),
			("batch", self.batch.map(|batch| batch.to_string())),
			("place in the order", Some(self.number.to_string())),
			("usable from", self.usable_from_ms.map(clock)),
			("expires at", Some(clock(self.expires_at_ms))),
			("deposit", self.deposit.map(|deposit| deposit.to_string())),
		];
		output::fields(rows.into_iter().filter_map(|(label, value)| Some((label, value?))))
	}
}

/// Looks for it in each registry: a hash is of one of them.
pub(super) async fn commitment(client: &Client, args: Args) -> Result<Commitment, Failure> {
	let account = parse_account(&args.account, &client.chain_kind().await?)?;
	let hash = parse_hex32(args.hash.trim()).ok_or_else(|| {
		Failure::input(
			"InvalidCommitment",
			"the commitment is not 64 hexadecimal digits",
			"give what `plexus tx datanet commit` or `plexus tx model commit` answered",
		)
	})?;
	let at = client.at_head().await?;
	let told = |to, number, usable_from_ms, expires_at_ms| Commitment {
		account: address::display(&account),
		hash: hex(hash),
		to,
		number,
		usable_from_ms,
		expires_at_ms,
		batch: None,
		deposit: None,
	};
	if let Some(made) = datanets::commitment(&at, &account, hash).await? {
		let told = told("contributions", made.number.0, Some(made.usable_from_ms), made.expires_at_ms);
		return Ok(Commitment { deposit: Some(Amount(made.deposit)), ..told });
	}
	if let Some(made) = models::commitment(&at, &account, hash).await? {
		let told = told("models", made.number, Some(made.usable_from_ms), made.expires_at_ms);
		return Ok(Commitment { deposit: Some(Amount(made.deposit)), ..told });
	}
	if let Some(made) = chain::commitment(&at, &account, &hash).await? {
		let told = told("challenge", made.number, None, made.expires_at_ms);
		return Ok(Commitment { batch: Some(made.batch.0), deposit: Some(Amount(made.deposit)), ..told });
	}
	Err(not_found(
		"NoSuchCommitment",
		format!("{} has no commitment {}", address::display(&account), hex(hash)),
		"it may be used, cleared, or another account's: an agent's is of the agent's own account",
	))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_commitment_has_stable_json_keys_and_tells_only_what_is_known() {
		let made = Commitment {
			account: "5C".into(),
			hash: "0x01".into(),
			to: "challenge",
			number: 7,
			usable_from_ms: None,
			expires_at_ms: 9,
			batch: Some(3),
			deposit: Some(Amount(5)),
		};
		assert_eq!(
			serde_json::to_value(&made).unwrap(),
			serde_json::json!({
				"account": "5C", "hash": "0x01", "to": "challenge", "number": 7, "usable_from_ms": null,
				"expires_at_ms": 9, "batch": 3, "deposit": "5",
			})
		);
		let human = made.human();
		assert!(human.contains("9 ms") && !human.contains("usable"), "{human}");
	}
}
