//! The calls of `Models`: commitments, registrations, locators.
//!
//! # Must not
//! Sort what the chain wants in order: whoever drafts a model has.

use super::{call, content_value, list, Call};
use crate::{
	models::{Asks, Kind, ManifestEntry, Policy},
	validators::Percent,
};
use plexus_primitives::{prove::ProvenContent, Content};
use subxt::dynamic::Value;

/// A call of `Models`.
pub(crate) fn models<const N: usize>(name: &str, arguments: [(&str, Value); N]) -> Call {
	call("Models", name, arguments)
}

/// A model to be registered.
pub(crate) struct ModelDraft<'a> {
	pub(crate) kind: Kind,
	pub(crate) artifact: &'a ProvenContent,
	pub(crate) card: Content,
	/// In ascending order.
	pub(crate) parents: &'a [u64],
	/// In ascending order.
	pub(crate) manifest: &'a [ManifestEntry],
	pub(crate) policy: Policy,
	pub(crate) asks: Asks,
	/// Of the artifact, and of the card.
	pub(crate) locators: [&'a str; 2],
}

/// Registers the models that were committed to with a salt.
pub(crate) fn register_models(salt: &[u8; 32], drafts: &[ModelDraft]) -> Call {
	let drafts = list(drafts.iter().map(draft_value));
	models("register", [("salt", Value::from_bytes(salt)), ("models", drafts)])
}

fn draft_value(draft: &ModelDraft) -> Value {
	let content = |content: &Content| content_value(&content.root, content.len);
	let share = |share: Percent| Value::u128(share.0.into());
	let kind = match draft.kind {
		Kind::Base => "Base",
		Kind::FineTune => "FineTune",
		Kind::Adapter => "Adapter",
		Kind::Merge => "Merge",
	};
	let entry = |entry: &ManifestEntry| {
		Value::named_composite([
			("datanet", Value::u128(entry.datanet.into())),
			("version", Value::u128(entry.version.into())),
			("share", share(entry.share)),
		])
	};
	let Policy { server, developer, data } = draft.policy;
	let policy = [("server", share(server)), ("developer", share(developer)), ("data", share(data))];
	let asks = [("royalty", share(draft.asks.royalty)), ("data", share(draft.asks.data))];
	let spec = Value::named_composite([
		("kind", Value::unnamed_variant(kind, [])),
		("artifact", content(&draft.artifact.content)),
		("card", content(&draft.card)),
		("parents", list(draft.parents.iter().map(|parent| Value::u128((*parent).into())))),
		("manifest", list(draft.manifest.iter().map(entry))),
		("policy", Value::named_composite(policy)),
		("asks", Value::named_composite(asks)),
	]);
	Value::named_composite([
		("spec", spec),
		("locators", locators_value(draft.locators)),
		("length_proof", Value::from_bytes(&draft.artifact.length_proof)),
	])
}

/// Replaces a model's locators: the artifact's and the card's.
pub(crate) fn set_locators(model: u64, locators: [&str; 2]) -> Call {
	models("set_locators", [("model", Value::u128(model.into())), ("locators", locators_value(locators))])
}

fn locators_value([artifact, card]: [&str; 2]) -> Value {
	Value::named_composite([("artifact", Value::from_bytes(artifact)), ("card", Value::from_bytes(card))])
}
