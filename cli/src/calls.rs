//! The calls that this client makes, each shaped in one place.
//!
//! # Must not
//! Repeat the runtime's rules, or its indices: names are looked up in the chain's metadata when a call is encoded.

use plexus_primitives::prove::ProvenContent;
use sp_core::crypto::AccountId32;
use subxt::{
	dynamic::{transaction, Value},
	ext::scale_value::Composite,
	tx::DynamicPayload,
};

/// A call with named arguments.
pub(crate) type Call = DynamicPayload<Composite<()>>;

/// Pays `amount` (in the smallest unit) and keeps the payer's account alive, unless it may die.
pub(crate) fn transfer(to: &AccountId32, amount: u128, allow_death: bool) -> Call {
	let name = if allow_death { "transfer_allow_death" } else { "transfer_keep_alive" };
	let to = Value::unnamed_variant("Id", [Value::from_bytes(to)]);
	call("Balances", name, [("dest", to), ("value", Value::u128(amount))])
}

/// All of these calls, or none.
pub(crate) fn batch_all(calls: impl IntoIterator<Item = Call>) -> Call {
	let calls = Value::unnamed_composite(calls.into_iter().map(Call::into_value));
	call("Utility", "batch_all", [("calls", calls)])
}

/// Creates a datanet: curated if there are curators, open otherwise.
pub(crate) fn create_datanet(name: &str, tags: &[String], licence: &str, curators: &[AccountId32]) -> Call {
	let admission = match curators {
		[] => Value::unnamed_variant("Open", []),
		_ => Value::unnamed_variant("Curated", [list(curators.iter().map(Value::from_bytes))]),
	};
	call(
		"Datanets",
		"create_datanet",
		[
			("name", Value::from_bytes(name)),
			("tags", list(tags.iter().map(Value::from_bytes))),
			("licence", Value::unnamed_variant("Spdx", [Value::from_bytes(licence)])),
			("admission", admission),
		],
	)
}

fn list(items: impl Iterator<Item = Value>) -> Value {
	Value::unnamed_composite(items)
}

/// A call of `Datanets` about a datanet alone: `publish`, `retire` and the like.
pub(crate) fn about_datanet(name: &str, datanet: u32) -> Call {
	call("Datanets", name, [("datanet", Value::u128(datanet.into()))])
}

/// Stops or resumes new contributions to a datanet.
pub(crate) fn set_paused(datanet: u32, paused: bool) -> Call {
	let datanet = Value::u128(datanet.into());
	call("Datanets", "set_paused", [("datanet", datanet), ("paused", Value::bool(paused))])
}

/// A call of `Datanets` about a contribution alone: `accept`, `withdraw` and the like.
pub(crate) fn about_contribution(name: &str, contribution: u64) -> Call {
	call("Datanets", name, [("contribution", Value::u128(contribution.into()))])
}

/// Reviews a contribution: accepts it with a weight, or rejects it.
pub(crate) fn review(contribution: u64, weight: Option<u8>) -> Call {
	let verdict = match weight {
		Some(weight) => Value::named_variant("Accept", [("weight", Value::u128(weight.into()))]),
		None => Value::unnamed_variant("Reject", []),
	};
	let contribution = Value::u128(contribution.into());
	call("Datanets", "review", [("contribution", contribution), ("verdict", verdict)])
}

/// Registers content in a datanet.
pub(crate) fn contribute(datanet: u32, proven: &ProvenContent, media_type: &str, locator: &str) -> Call {
	let content = Value::named_composite([
		("root", Value::from_bytes(proven.content.root)),
		("len", Value::u128(proven.content.len.into())),
	]);
	call(
		"Datanets",
		"contribute",
		[
			("datanet", Value::u128(datanet.into())),
			("content", content),
			("media_type", Value::from_bytes(media_type)),
			("locator", Value::from_bytes(locator)),
			("length_proof", Value::from_bytes(&proven.length_proof)),
		],
	)
}

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

fn call<const N: usize>(pallet: &str, name: &str, arguments: [(&str, Value); N]) -> Call {
	let arguments = arguments.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
	transaction(pallet, name, Composite::Named(arguments))
}
