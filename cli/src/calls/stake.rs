//! The calls of `Validators`: bonds, nominations, candidates.
//!
//! # Must not
//! Touch a consensus key: what proves one comes from whoever has it.

use super::{call, Call};
use sp_core::crypto::AccountId32;
use subxt::dynamic::Value;

/// A call of `Validators` on some of the signer's stake.
pub(crate) fn stake(name: &str, amount: u128) -> Call {
	validators(name, [("amount", Value::u128(amount))])
}

/// Puts the signer's bond behind a pool.
pub(crate) fn nominate(pool: u32) -> Call {
	validators("nominate", [("pool", Value::u128(pool.into()))])
}

/// Names the signer's consensus key.
pub(crate) fn set_keys(key: &[u8; 32], proof: &[u8; 64]) -> Call {
	validators("set_keys", [("key", Value::from_bytes(key)), ("proof", Value::from_bytes(proof))])
}

/// Stands for election, with a commission in billionths.
pub(crate) fn validate(commission: u32) -> Call {
	validators("validate", [("commission", Value::u128(commission.into()))])
}

/// Takes what an account owes.
pub(crate) fn settle(who: &AccountId32) -> Call {
	validators("settle", [("who", Value::from_bytes(who))])
}

/// A call of `Validators`.
pub(crate) fn validators<const N: usize>(name: &str, arguments: [(&str, Value); N]) -> Call {
	call("Validators", name, arguments)
}
