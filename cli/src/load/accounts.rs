//! The accounts that make the load: derived from a seed, funded in batches.
//!
//! # Must not
//! Fund an account that has enough: runs with the same seed follow each other on one chain.

use super::sign::TRANSFER_AMOUNT;
use crate::{
	address, calls,
	client::{bounded, constant, AtBlock, Client},
	explain::explain_client,
	failure::{Failure, FailureKind},
	keys::Keypair,
	query::fees::estimate,
	submit::{submit, Outcome, SubmitArgs},
};
use sp_core::{ed25519, Pair};
use sp_crypto_hashing::blake2_256;
use subxt::{dynamic, ext::scale_decode::DecodeAsType, rpcs::client::rpc_params};

/// Accounts funded by one transaction: far below a block's limits on weight and length.
const FUNDED_PER_BATCH: usize = 200;

/// Calls that ask for nonces and balances at the same time.
const QUERIES_AT_ONCE: usize = 32;

/// The `count` accounts of a seed.
pub(super) fn derive(seed: &str, count: usize) -> Vec<ed25519::Pair> {
	(0..count)
		.map(|index| ed25519::Pair::from_seed(&blake2_256(format!("plexus-load/{seed}/{index}").as_bytes())))
		.collect()
}

/// Gives every account what `transfers` transfers cost, where that is missing, and waits for finality.
///
/// # Errors
/// The funder cannot pay, or the chain does not answer.
pub(super) async fn fund(
	client: &Client,
	funder: &Keypair,
	accounts: &[ed25519::Pair],
	transfers: u32,
) -> Result<(), Failure> {
	let at = client.at_head().await?;
	let sample = calls::transfer(&accounts[0].public().into(), TRANSFER_AMOUNT, false);
	let fee = estimate(&at, &sample).await?.0;
	let existential_deposit = constant(&at, "Balances", "ExistentialDeposit").unwrap_or_default();
	// One transfer more than needed, and the account itself.
	let needed = (fee + TRANSFER_AMOUNT) * (u128::from(transfers) + 1) + 2 * existential_deposit;
	let poor = {
		let missing = in_parallel(accounts, |account| missing(&at, account, needed)).await?;
		accounts.iter().zip(missing).filter(|(_, missing)| *missing > 0).collect::<Vec<_>>()
	};
	for batch in poor.chunks(FUNDED_PER_BATCH) {
		// The mortality of a transaction counts from the block that it was made at.
		let at = client.at_head().await?;
		let payments =
			batch.iter().map(|(account, missing)| calls::transfer(&account.public().into(), *missing, false));
		let call = calls::batch_all(payments);
		if let Outcome::Accepted(hash) = submit(client, &at, &call, funder, &SubmitArgs::wait(60)).await? {
			return Err(Failure::new(
				FailureKind::TimedOut,
				"NotFunded",
				format!("the funding {hash:#x} is not final"),
				"check that the chain makes blocks",
			));
		}
	}
	Ok(())
}

/// The next nonce of each account, counting the pool.
pub(super) async fn nonces(client: &Client, accounts: &[ed25519::Pair]) -> Result<Vec<u64>, Failure> {
	in_parallel(accounts, |account| {
		client.request("system_accountNextIndex", rpc_params![address::display(&account.public().into())])
	})
	.await
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountInfo {
	data: AccountData,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountData {
	free: u128,
}

/// What the account lacks.
async fn missing(at: &AtBlock, account: &ed25519::Pair, needed: u128) -> Result<u128, Failure> {
	let address = dynamic::storage::<([u8; 32],), AccountInfo>("System", "Account");
	let storage = at.storage();
	let info = bounded("a balance", storage.try_fetch(address, (account.public().0,)))
		.await?
		.map_err(explain_client)?;
	let free = match info {
		Some(info) => info.decode().map_err(explain_client)?.data.free,
		None => 0,
	};
	Ok(needed.saturating_sub(free))
}

/// Asks about all accounts, some at a time, and keeps their order.
async fn in_parallel<'a, Answer, Asking>(
	accounts: &'a [ed25519::Pair],
	ask: impl Fn(&'a ed25519::Pair) -> Asking,
) -> Result<Vec<Answer>, Failure>
where
	Asking: std::future::Future<Output = Result<Answer, Failure>>,
{
	use futures::{StreamExt, TryStreamExt};
	futures::stream::iter(accounts.iter().map(ask)).buffered(QUERIES_AT_ONCE).try_collect().await
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_seed_always_gives_the_same_accounts_and_another_seed_others() {
		let public = |seed| derive(seed, 3).iter().map(|pair| pair.public()).collect::<Vec<_>>();
		assert_eq!(public("a"), public("a"));
		let mut all = [public("a"), public("b")].concat();
		all.sort();
		all.dedup();
		assert_eq!(all.len(), 6);
	}
}
