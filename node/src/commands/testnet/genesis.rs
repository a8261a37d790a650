//! The specification of a testnet. The one place that knows how a chain is made of validators.

use crate::{commands::chain_spec, keystore::PublicKey, report::Report};
use plexus_chain_spec::{genesis::RuntimeGenesis, ChainSpec, ChainType, Genesis};
use plexus_primitives::constants::UNITS;
use plexus_runtime::AccountId;

/// What each validator's account has besides its stake, in whole PLX: a life of fees, and the stakes of newcomers.
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

/// A chain of these validators, each with its stake, which gives it power, from its operator's account; `stake_plx` is the
/// usual one. `endowed` are `ADDRESS=PLX`; the validators' accounts come on top.
///
/// # Errors
/// What breaks a rule of specifications, or a live chain that free money could stop.
pub(super) fn chain(
	id: &str,
	seats: &[Seat],
	stake_plx: u64,
	endowed: &[String],
	chain_type: ChainType,
	block_time_ms: Option<u64>,
) -> Result<ChainSpec, Report> {
	let seat = |seat: &Seat| {
		let account: &[u8] = seat.account.as_ref();
		let stake_plx = seat.stake_plx.unwrap_or(stake_plx);
		format!("{}:0x{}:{stake_plx}", seat.validator.hex(), hex::encode(account))
	};
	let validators: Vec<String> = seats.iter().map(seat).collect();
	let operators = seats.iter().map(|seat| endowment(&seat.account, OPERATOR_PLX.into()));
	let endowed: Vec<String> = operators.chain(endowed.iter().cloned()).collect();
	let mut spec = chain_spec::own(id, &validators, &endowed, None, block_time_ms)?;
	spec.chain_type = chain_type;
	let spec = chain_spec::finished(spec, None, None, false)?;
	// Everybody has the money of a development chain.
	if let (Genesis::Runtime(genesis), ChainType::Live) = (&spec.genesis, chain_type) {
		check_free_money(genesis)?;
	}
	Ok(spec)
}

/// Whoever gathers all money that is not staked, from the faucet above all, and stakes it must stay below a third of the
/// power: with a third and no node, nobody has a quorum any more.
fn check_free_money(genesis: &RuntimeGenesis) -> Result<(), Report> {
	let staked = genesis.validators.validators.iter().fold(0u128, |sum, one| sum.saturating_add(one.stake));
	let money = genesis.balances.balances.iter().fold(0u128, |sum, (_, one)| sum.saturating_add(*one));
	let free = money.saturating_sub(staked);
	if free.saturating_mul(2) < staked {
		return Ok(());
	}
	Err(Report::new(
		"testnet",
		format!(
			"{} PLX are free and {} PLX staked: whoever gathers and stakes the free ones could stop the chain",
			free / UNITS,
			staked / UNITS
		),
		"stake more than twice of what is free: raise --stake, or lower --faucet and --endow",
	))
}

/// An endowment as `chain-spec build --endow` takes it.
pub(super) fn endowment(account: &AccountId, plx: u64) -> String {
	let bytes: &[u8] = account.as_ref();
	format!("0x{}={plx}", hex::encode(bytes))
}
