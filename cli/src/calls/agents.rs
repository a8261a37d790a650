//! The calls of `Agents`: identities, what keys are granted, what is done for an agent.
//!
//! # Must not
//! Know what a scope has: names of scopes are those of the metadata.

use super::{call, content_value, optional, Call};
use crate::agents::Profile;
use sp_core::crypto::AccountId32;
use subxt::{
	dynamic::{transaction, Value},
	ext::scale_value::Composite,
};

/// A call of `Agents` about an agent.
pub(crate) fn agents<const N: usize>(name: &str, agent: u64, arguments: [(&str, Value); N]) -> Call {
	let arguments = [("agent", Value::u128(agent.into()))].into_iter().chain(arguments);
	let arguments = arguments.map(|(name, value)| (name.to_string(), value)).collect();
	transaction("Agents", name, Composite::Named(arguments))
}

/// Registers an agent.
pub(crate) fn register_agent(profile: &Profile) -> Call {
	call("Agents", "register", [("profile", profile_value(profile))])
}

/// Replaces an agent's profile.
pub(crate) fn set_profile(agent: u64, profile: &Profile) -> Call {
	agents("set_profile", agent, [("profile", profile_value(profile))])
}

fn profile_value(profile: &Profile) -> Value {
	let card = profile.card.as_ref().map(|(content, locator)| {
		let content = content_value(&content.root, content.len);
		Value::named_composite([("content", content), ("locator", Value::from_bytes(locator))])
	});
	let service = |(name, endpoint): &(Vec<u8>, Vec<u8>)| {
		Value::named_composite([("name", Value::from_bytes(name)), ("endpoint", Value::from_bytes(endpoint))])
	};
	Value::named_composite([
		("card", optional(card)),
		("services", Value::unnamed_composite(profile.services.iter().map(service))),
		("tags", Value::unnamed_composite(profile.tags.iter().map(Value::from_bytes))),
	])
}

/// What a key is granted.
pub(crate) struct Terms<'a> {
	/// Names of the metadata.
	pub(crate) scopes: &'a [String],
	pub(crate) budget: u128,
	pub(crate) fee_budget: u128,
	pub(crate) period_ms: u64,
	/// On the chain clock.
	pub(crate) expires_at_ms: u64,
}

/// Grants a delegation, from the controller or from a key.
pub(crate) fn delegate(agent: u64, parent: Option<u32>, key: &AccountId32, terms: &Terms) -> Call {
	let scopes = terms.scopes.iter().map(|scope| Value::unnamed_variant(scope, []));
	let terms = Value::named_composite([
		("scopes", Value::unnamed_composite(scopes)),
		("budget", Value::u128(terms.budget)),
		("fee_budget", Value::u128(terms.fee_budget)),
		("period_ms", Value::u128(terms.period_ms.into())),
		("expires_at_ms", Value::u128(terms.expires_at_ms.into())),
	]);
	let parent = optional(parent.map(|parent| Value::u128(parent.into())));
	agents("delegate", agent, [("parent", parent), ("key", Value::from_bytes(key)), ("terms", terms)])
}

/// Names the account that may recover an agent.
pub(crate) fn set_recovery(agent: u64, recovery: Option<(&AccountId32, u64)>) -> Call {
	let recovery = recovery.map(|(account, delay_ms)| {
		let delay_ms = Value::u128(delay_ms.into());
		Value::named_composite([("account", Value::from_bytes(account)), ("delay_ms", delay_ms)])
	});
	agents("set_recovery", agent, [("recovery", optional(recovery))])
}
