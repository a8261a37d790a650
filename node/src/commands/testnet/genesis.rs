//! The specification of a testnet. The one place that knows how a chain is made of validators.

use crate::{commands::chain_spec, keystore::PublicKey, report::Report};
use plexus_chain_spec::{ChainSpec, ChainType};
use plexus_runtime::AccountId;

/// What each validator's account starts with, in whole PLX: enough for its stake and a life of fees.
const OPERATOR_PLX: u32 = 100_000;

/// A validator of the genesis.
#[derive(Clone, Debug)]
pub(super) struct Seat {
	/// The key that it signs votes with.
	pub(super) validator: PublicKey,
	/// The account of whoever operates it.
	pub(super) account: AccountId,
	/// Its stake in whole PLX, unless it is the usual one.
	pub(super) stake_plx: Option<u64>,
}

/// A chain of these validators, each with its stake, which gives it power, from its operator's account. `endowed` are
/// `ADDRESS=PLX`; the validators' accounts come on top.
///
/// # Errors
/// What breaks a rule of specifications.
pub(super) fn chain(
	id: &str,
	seats: &[Seat],
	endowed: &[String],
	chain_type: ChainType,
	block_time_ms: Option<u64>,
) -> Result<ChainSpec, Report> {
	let seat = |seat: &Seat| {
		let stake = seat.stake_plx.map_or(String::new(), |stake| format!(":{stake}"));
		format!("{}:0x{}{stake}", seat.validator.hex(), hex::encode::<&[u8]>(seat.account.as_ref()))
	};
	let validators: Vec<String> = seats.iter().map(seat).collect();
	let operators = seats.iter().map(|seat| endowment(&seat.account, OPERATOR_PLX.into()));
	let endowed: Vec<String> = operators.chain(endowed.iter().cloned()).collect();
	let mut spec = chain_spec::own(id, &validators, &endowed, None, block_time_ms)?;
	spec.chain_type = chain_type;
	chain_spec::finished(spec, None, None, false)
}

/// An endowment as `chain-spec build --endow` takes it.
pub(super) fn endowment(account: &AccountId, plx: u64) -> String {
	let bytes: &[u8] = account.as_ref();
	format!("0x{}={plx}", hex::encode(bytes))
}
