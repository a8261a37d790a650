//! Constants of the chain's token and address format.
//!
//! # Must not
//! Hold anything that a chain specification can change: what stands here is the same on every Plexus chain.

/// Amount of the token in its smallest unit.
pub type Balance = u128;

/// Number of decimals between the smallest unit and one PLX.
pub const TOKEN_DECIMALS: u8 = 12;

/// Symbol of the token.
pub const TOKEN_SYMBOL: &str = "PLX";

/// One PLX in its smallest unit.
pub const UNITS: Balance = 10u128.pow(TOKEN_DECIMALS as u32);

/// One thousandth of a PLX.
pub const MILLI_UNITS: Balance = UNITS / 1_000;

/// One millionth of a PLX.
pub const MICRO_UNITS: Balance = UNITS / 1_000_000;

/// The least an account may hold: 0.001 PLX. It pays for the account's entry in the state, and is small enough
/// to give away.
pub const EXISTENTIAL_DEPOSIT: Balance = MILLI_UNITS;

/// SS58 address prefix: 42, the generic one, so that every wallet shows addresses without being told about the
/// chain.
pub const SS58_PREFIX: u8 = 42;
