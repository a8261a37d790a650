//! Signs all transfers before the clock starts.
//!
//! # Must not
//! Give a transfer a mortality: a run may last longer than any.

use crate::{
	calls::{self, Call},
	client::AtBlock,
	explain::explain_client,
	failure::{Failure, FailureKind},
	keys::Keypair,
	output::hex,
};
use serde_json::value::RawValue;
use sp_core::{ed25519, Pair};
use std::{collections::HashMap, num::NonZeroUsize};
use subxt::{config::DefaultExtrinsicParamsBuilder, SubstrateConfig};

/// What each transfer moves, in the smallest unit: little, so that accounts live on their funding.
pub(super) const TRANSFER_AMOUNT: u128 = 1_000;

/// A signed transfer, ready to be sent.
pub(super) struct Transfer {
	/// Which of the accounts sends it.
	pub(super) account: usize,
	/// The parameters of `author_submitExtrinsic`: `["0x…"]`.
	pub(super) params: Box<RawValue>,
	hash: [u8; 32],
}

/// All transfers of a run, those with the lowest nonces first.
pub(super) struct Transfers {
	pub(super) list: Vec<Transfer>,
	/// Where each is in the list.
	pub(super) by_hash: HashMap<[u8; 32], u32>,
}

/// Signs `count` transfers in turn from each account to the next one.
///
/// # Errors
/// The chain's metadata does not allow such a transfer.
pub(super) async fn transfers(
	at: &AtBlock,
	accounts: Vec<ed25519::Pair>,
	nonces: Vec<u64>,
	count: usize,
) -> Result<Transfers, Failure> {
	let at = at.clone();
	let signing = tokio::task::spawn_blocking(move || sign_on_all_cores(&at, &accounts, &nonces, count));
	Ok(Transfers::new(signing.await.unwrap_or_else(|stopped| Err(stopped_signing(&stopped)))?))
}

impl Transfer {
	/// A transaction that one of the accounts signed.
	pub(super) fn new(account: usize, bytes: &[u8], hash: [u8; 32]) -> Self {
		let params = RawValue::from_string(format!("[\"{}\"]", hex(bytes)))
			.expect("hexadecimal digits in quotes and brackets are JSON");
		Self { account, params, hash }
	}
}

impl Transfers {
	/// These, in their order.
	pub(super) fn new(list: Vec<Transfer>) -> Self {
		let by_hash =
			list.iter().enumerate().map(|(index, transfer)| (transfer.hash, index as u32)).collect();
		Self { list, by_hash }
	}
}

fn sign_on_all_cores(
	at: &AtBlock,
	accounts: &[ed25519::Pair],
	nonces: &[u64],
	count: usize,
) -> Result<Vec<Transfer>, Failure> {
	let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
	let share = count.div_ceil(cores);
	let signed: Vec<Result<Vec<Transfer>, Failure>> = std::thread::scope(|scope| {
		let workers: Vec<_> = (0..cores)
			.map(|core| {
				let range = (core * share).min(count)..((core + 1) * share).min(count);
				scope.spawn(move || range.map(|index| sign(at, accounts, nonces, index)).collect())
			})
			.collect();
		workers
			.into_iter()
			.map(|worker| worker.join().unwrap_or_else(|_| Err(stopped_signing(&"a thread panicked"))))
			.collect()
	});
	Ok(signed.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

fn sign(at: &AtBlock, accounts: &[ed25519::Pair], nonces: &[u64], index: usize) -> Result<Transfer, Failure> {
	let (bytes, hash) = signed(at, accounts, nonces, index)?;
	Ok(Transfer::new(index % accounts.len(), &bytes, hash))
}

/// The bytes and the hash of a run's transfer at this place.
pub(super) fn signed(
	at: &AtBlock,
	accounts: &[ed25519::Pair],
	nonces: &[u64],
	index: usize,
) -> Result<(Vec<u8>, [u8; 32]), Failure> {
	let account = index % accounts.len();
	let receiver = &accounts[(account + 1) % accounts.len()];
	let call = calls::transfer(&receiver.public().into(), TRANSFER_AMOUNT, false);
	let nonce = nonces[account] + (index / accounts.len()) as u64;
	sign_call(at, &call, &accounts[account], nonce)
}

/// The bytes and the hash of a transaction.
pub(super) fn sign_call(
	at: &AtBlock,
	call: &Call,
	key: &ed25519::Pair,
	nonce: u64,
) -> Result<(Vec<u8>, [u8; 32]), Failure> {
	let params = DefaultExtrinsicParamsBuilder::<SubstrateConfig>::new().nonce(nonce).immortal().build();
	let mut signable = at.tx().create_signable_offline(call, params).map_err(explain_client)?;
	let key = Keypair::Ed25519(Box::new(*key));
	let signed = signable.sign(&key).map_err(explain_client)?;
	let hash = signed.hash().0;
	Ok((signed.into_encoded(), hash))
}

pub(super) fn stopped_signing(reason: &dyn std::fmt::Display) -> Failure {
	Failure::new(
		FailureKind::Node,
		"SigningStopped",
		reason.to_string(),
		"run it again; if it repeats, please report it",
	)
}
