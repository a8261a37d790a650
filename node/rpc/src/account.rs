//! `account_nextIndex` and `system_accountNextIndex`: the nonce for an account's next transaction. `account_lastIndex`: the
//! highest nonce of what the pool holds of it, for whoever must know that nothing is left there.
//!
//! # Must not
//! Count transactions that wait for a gap to be filled among the next: that answer is the first nonce that is free.

use crate::{
	arguments::Arguments,
	context::{json, Context},
	errors::RpcError,
	registry::{Answer, Registry},
};
use plexus_runtime::AccountId;
use sp_core::crypto::Ss58Codec;

/// Registers both names.
pub fn register(registry: &mut Registry) {
	registry.query("system_accountNextIndex", next_index);
	registry.alias("account_nextIndex", "system_accountNextIndex");
	registry.query("account_lastIndex", last_index);
}

fn next_index(context: &Context, arguments: &Arguments) -> Answer {
	let account = parse_account(&arguments.text("account")?)?;
	let tip = context.tip();
	let nonce = context.chain.executor().account_nonce(&tip.state, &account)?;
	json(&context.chain.pool().next_nonce(&account, nonce))
}

fn last_index(context: &Context, arguments: &Arguments) -> Answer {
	let account = parse_account(&arguments.text("account")?)?;
	json(&context.chain.pool().last_nonce(&account))
}

pub(crate) fn parse_account(address: &str) -> Result<AccountId, RpcError> {
	AccountId::from_ss58check(address)
		.map_err(|error| RpcError::InvalidParams(format!("`account` must be an SS58 address: {error}")))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_address_with_a_wrong_checksum_is_refused_by_name() {
		let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
		assert!(parse_account(alice).is_ok());
		for wrong in ["", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ", "0x00", "Alice"] {
			let error = parse_account(wrong).expect_err("refused");
			assert!(error.to_string().contains("`account` must be an SS58 address"), "{error}");
		}
	}
}
