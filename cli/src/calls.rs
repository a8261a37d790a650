//! The calls that this client makes, each shaped in one place.
//!
//! # Must not
//! Repeat the runtime's rules, or its indices: names are looked up in the chain's metadata when a call is encoded.

use crate::{
	agents::Profile,
	claims::chain::Parameters,
	client::AtBlock,
	datanets::Windows,
	failure::Failure,
	models::{Asks, Kind, ManifestEntry, Policy},
	output::clean,
	rewards::Place,
	validators::Percent,
};
use plexus_payments::{Batch, Redemption, Signature, Terms as ChannelTerms};
use plexus_primitives::{prove::ProvenContent, Claim, Content, DatanetId, DatanetVersion, Evidence, Receipt};
use sp_core::crypto::AccountId32;
use subxt::{
	dynamic::{transaction, Value},
	ext::{
		scale_encode::{EncodeAsFields, EncodeAsType, FieldIter, TypeResolver},
		scale_value::{scale, Composite},
	},
	tx::DynamicPayload,
};

/// The longest call that is decoded; the chain takes no longer transactions.
const CALL_BYTES_MAX: usize = 512 << 10;

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

/// What a datanet's contributions are offered under.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Licence {
	/// An SPDX expression.
	Spdx(String),
	/// A text of its own, of which the chain has root and length.
	Terms(Content),
}

/// Creates a datanet: curated if there are curators, open otherwise.
pub(crate) fn create_datanet(
	name: &str,
	tags: &[String],
	licence: &Licence,
	curators: &[AccountId32],
) -> Call {
	let licence = match licence {
		Licence::Spdx(expression) => Value::unnamed_variant("Spdx", [Value::from_bytes(expression)]),
		Licence::Terms(text) => Value::unnamed_variant("Terms", [content_value(&text.root, text.len)]),
	};
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
			("licence", licence),
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

/// Changes how long things take.
pub(crate) fn set_windows(windows: &Windows) -> Call {
	let number = |number: u64| Value::u128(number.into());
	let windows = Value::named_composite([
		("commitment_age_ms", number(windows.commitment_age_ms)),
		("commitment_lifetime_ms", number(windows.commitment_lifetime_ms)),
		("acceptance_ms", number(windows.acceptance_ms)),
		("deposit_ms", number(windows.deposit_ms)),
		("curators_ms", number(windows.curators_ms)),
		("publication_ms", number(windows.publication_ms)),
		("challenge_ms", number(windows.challenge_ms)),
		("dispute_ms", number(windows.dispute_ms)),
	]);
	call("Datanets", "set_windows", [("windows", windows)])
}

/// A call of `Datanets` about a contribution alone: `accept`, `withdraw` and the like.
pub(crate) fn about_contribution(name: &str, contribution: u64) -> Call {
	call("Datanets", name, [("contribution", Value::u128(contribution.into()))])
}

/// Ends the reservation of a root.
pub(crate) fn clear_reservation(root: &[u8; 32]) -> Call {
	call("Datanets", "clear_reservation", [("root", Value::from_bytes(root))])
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
	let content = content_value(&proven.content.root, proven.content.len);
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

/// Content, as calls take it.
#[derive(EncodeAsType)]
#[encode_as_type(crate_path = "subxt::ext::scale_encode")]
pub(crate) struct NamedContent {
	root: [u8; 32],
	len: u64,
}

impl From<Content> for NamedContent {
	fn from(Content { root, len }: Content) -> Self {
		Self { root, len }
	}
}

/// A contribution of a batch. With types of its own and not as [`Value`]s, of which each byte of a proof would be one.
#[derive(EncodeAsType)]
#[encode_as_type(crate_path = "subxt::ext::scale_encode")]
pub(crate) struct Registration<'a> {
	pub(crate) content: NamedContent,
	pub(crate) media_type: &'a [u8],
	pub(crate) locator: &'a [u8],
	pub(crate) length_proof: &'a [u8],
}

/// The arguments of `Datanets.register`.
#[derive(EncodeAsType)]
#[encode_as_type(crate_path = "subxt::ext::scale_encode")]
pub(crate) struct Register<'a> {
	datanet: u32,
	salt: [u8; 32],
	registrations: Vec<Registration<'a>>,
}

/// Commits to content that is registered later.
pub(crate) fn commit(hash: &[u8; 32]) -> Call {
	call("Datanets", "commit", [("hash", Value::from_bytes(hash))])
}

/// Returns the deposit of a commitment that is not to be used.
pub(crate) fn clear_commitment(account: &AccountId32, hash: &[u8; 32]) -> Call {
	let arguments = [("account", Value::from_bytes(account)), ("hash", Value::from_bytes(hash))];
	call("Datanets", "clear_commitment", arguments)
}

/// Registers content that was committed to, in the order of the commitment.
pub(crate) fn register<'a>(
	datanet: u32,
	salt: &[u8; 32],
	registrations: Vec<Registration<'a>>,
) -> DynamicPayload<Register<'a>> {
	transaction("Datanets", "register", Register { datanet, salt: *salt, registrations })
}

/// A call of `Datanets` about a contribution, with more arguments.
pub(crate) fn on_contribution<const N: usize>(
	name: &str,
	contribution: u64,
	arguments: [(&str, Value); N],
) -> Call {
	with_id("contribution", contribution, name, arguments)
}

/// A call of `Datanets` about a datanet, with more arguments.
pub(crate) fn on_datanet<const N: usize>(name: &str, datanet: u32, arguments: [(&str, Value); N]) -> Call {
	with_id("datanet", datanet.into(), name, arguments)
}

fn with_id<const N: usize>(key: &str, id: u64, name: &str, arguments: [(&str, Value); N]) -> Call {
	let arguments = [(key, Value::u128(id.into()))].into_iter().chain(arguments);
	let arguments = arguments.map(|(name, value)| (name.to_string(), value)).collect();
	transaction("Datanets", name, Composite::Named(arguments))
}

/// Several accounts, or none.
pub(crate) fn accounts(accounts: &[AccountId32]) -> Value {
	list(accounts.iter().map(Value::from_bytes))
}

/// Several texts.
pub(crate) fn texts(texts: &[String]) -> Value {
	list(texts.iter().map(Value::from_bytes))
}

/// Each of these calls, whatever becomes of the others.
pub(crate) fn force_batch(calls: impl IntoIterator<Item = Call>) -> Call {
	let calls = Value::unnamed_composite(calls.into_iter().map(Call::into_value));
	call("Utility", "force_batch", [("calls", calls)])
}

/// A call as root.
pub(crate) fn sudo(inner: Call) -> Call {
	call("Sudo", "sudo", [("call", inner.into_value())])
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

/// Credits what a model earned to its developer, or to an ancestor.
pub(crate) fn pull(model: u64, ancestor: Option<u64>) -> Call {
	let model = ("model", Value::u128(model.into()));
	match ancestor {
		None => call("Receipts", "pull_developer", [model]),
		Some(id) => call("Receipts", "pull_royalty", [model, ("ancestor", Value::u128(id.into()))]),
	}
}

/// Moves what a model's data earned into the pool of an entry's version.
pub(crate) fn distribute(model: u64, entry: u32) -> Call {
	let arguments = [("model", Value::u128(model.into())), ("entry", Value::u128(entry.into()))];
	call("Rewards", "distribute", arguments)
}

/// Credits an account with what it earned in these places.
pub(crate) fn claim(account: &AccountId32, places: &[Place]) -> Call {
	let place = |place: &Place| {
		Value::named_composite([
			("datanet", Value::u128(place.datanet.into())),
			("from", Value::u128(place.from.into())),
			("until", optional(place.until.map(|until| Value::u128(until.into())))),
		])
	};
	let places = list(places.iter().map(place));
	call("Rewards", "claim", [("account", Value::from_bytes(account)), ("places", places)])
}

/// Pays an account what a pallet credited it: `Receipts` or `Rewards`.
pub(crate) fn withdraw(pallet: &str, account: &AccountId32) -> Call {
	call(pallet, "withdraw", [("account", Value::from_bytes(account))])
}

/// A call of `Receipts` about a channel, with more arguments.
pub(crate) fn on_channel<const N: usize>(name: &str, channel: u64, arguments: [(&str, Value); N]) -> Call {
	let arguments = [("channel", Value::u128(channel.into()))].into_iter().chain(arguments);
	let arguments = arguments.map(|(name, value)| (name.to_string(), value)).collect();
	transaction("Receipts", name, Composite::Named(arguments))
}

/// Removes the record of a batch that need not be kept any more.
pub(crate) fn clear_batch(batch: u64) -> Call {
	call("Receipts", "clear_batch", [("batch", Value::u128(batch.into()))])
}

/// Closes all channels that the signer pays.
pub(crate) fn close_all_channels() -> Call {
	call("Receipts", "close_all", [])
}

/// Locks funds toward an agent; models and corpora in ascending order.
pub(crate) fn open_channel(server: u64, terms: &ChannelTerms, expires_at_ms: u64, amount: u128) -> Call {
	let corpus = |(datanet, version): &(DatanetId, DatanetVersion)| {
		Value::unnamed_composite([Value::u128(datanet.0.into()), Value::u128(version.0.into())])
	};
	let terms = Value::named_composite([
		("signer", Value::from_bytes(&terms.signer)),
		("models", list(terms.models.iter().map(|model| Value::u128(model.0.into())))),
		("corpora", list(terms.corpora.iter().map(corpus))),
		("expires_at_ms", Value::u128(expires_at_ms.into())),
	]);
	let server = Value::u128(server.into());
	call("Receipts", "open", [("server", server), ("terms", terms), ("amount", Value::u128(amount))])
}

/// Redeems a batch, and makes its claims.
pub(crate) fn submit_batch(batch: &Batch) -> Call {
	let redemptions = list(batch.redemptions.iter().map(redemption_value));
	let (server, claims) = (Value::u128(batch.server.0.into()), list(batch.claims.iter().map(claim_value)));
	call("Attribution", "submit", [("server", server), ("redemptions", redemptions), ("claims", claims)])
}

fn redemption_value(redemption: &Redemption) -> Value {
	Value::named_composite([
		("channel", Value::u128(redemption.channel.0.into())),
		("receipts", list(redemption.receipts.iter().map(receipt_value))),
		("signature", signature_value(&redemption.signature)),
	])
}

fn claim_value(claim: &Claim) -> Value {
	let number = |number: u64| Value::u128(number.into());
	let evidence = match claim.evidence {
		Evidence::Grounded { offset, length } => {
			Value::named_variant("Grounded", [("offset", number(offset)), ("length", number(length))])
		}
		Evidence::Span { output, offset, length } => Value::named_variant(
			"Span",
			[("output", number(output)), ("offset", number(offset)), ("length", number(length))],
		),
		Evidence::Attested { score } => {
			Value::named_variant("Attested", [("score", number(score.deconstruct().into()))])
		}
	};
	Value::named_composite([
		("receipt", number(claim.receipt.into())),
		("contribution", number(claim.contribution.0)),
		("version", number(claim.version.0.into())),
		("method", number(claim.method.0.into())),
		("evidence", evidence),
	])
}

/// Arguments that are in SCALE already: what proves something is long, and each byte would be a [`Value`].
pub(crate) struct Encoded(pub(crate) Vec<u8>);

impl EncodeAsFields for Encoded {
	fn encode_as_fields_to<R: TypeResolver>(
		&self,
		_: &mut dyn FieldIter<'_, R::TypeId>,
		_: &R,
		out: &mut Vec<u8>,
	) -> Result<(), subxt::ext::scale_encode::Error> {
		out.extend_from_slice(&self.0);
		Ok(())
	}
}

fn receipt_value(receipt: &Receipt) -> Value {
	let content = |content: &Content| content_value(&content.root, content.len);
	let context = receipt.context.map(|context| {
		let bytes = Value::u128(context.bytes.into());
		Value::named_composite([("root", Value::from_bytes(context.root)), ("bytes", bytes)])
	});
	Value::named_composite([
		("model", Value::u128(receipt.model.0.into())),
		("prompt", content(&receipt.prompt)),
		("context", optional(context)),
		("output", content(&receipt.output)),
		("fee", Value::u128(receipt.fee)),
		("disclose", Value::bool(receipt.disclose)),
		("execution", optional(receipt.execution.map(Value::from_bytes))),
	])
}

/// A signature, as a value. The names are those of `MultiSignature`.
fn signature_value(signature: &Signature) -> Value {
	let (name, bytes): (_, &[u8]) = match signature {
		Signature::Ed25519(signature) => ("Ed25519", signature.as_ref()),
		Signature::Sr25519(signature) => ("Sr25519", signature.as_ref()),
		Signature::Ecdsa(signature) => ("Ecdsa", signature.as_ref()),
		Signature::Eth(signature) => ("Eth", signature.as_ref()),
	};
	Value::unnamed_variant(name, [Value::from_bytes(bytes)])
}

/// Gives a method an id.
pub(crate) fn register_method(algorithm: &str, version: u32, parameters: &str) -> Call {
	let method = Value::named_composite([
		("algorithm", Value::from_bytes(algorithm)),
		("version", Value::u128(version.into())),
		("parameters", Value::from_bytes(parameters)),
	]);
	call("Attribution", "register_method", [("method", method)])
}

/// A call of `Attribution` about an open batch, with more arguments.
pub(crate) fn on_open_batch<const N: usize>(name: &str, batch: u64, arguments: [(&str, Value); N]) -> Call {
	let arguments = [("batch", Value::u128(batch.into()))].into_iter().chain(arguments);
	let arguments = arguments.map(|(name, value)| (name.to_string(), value)).collect();
	transaction("Attribution", name, Composite::Named(arguments))
}

/// Removes a commitment to a challenge.
pub(crate) fn clear_challenge_commitment(account: &AccountId32, hash: &[u8; 32]) -> Call {
	let arguments = [("account", Value::from_bytes(account)), ("hash", Value::from_bytes(hash))];
	call("Attribution", "clear_commitment", arguments)
}

/// Changes what batches are submitted under.
pub(crate) fn set_attribution_parameters(parameters: &Parameters) -> Call {
	let share = |share: Percent| Value::u128(share.0.into());
	let number = |number: u64| Value::u128(number.into());
	let parameters = Value::named_composite([
		("all", share(parameters.all)),
		("grounded", share(parameters.grounded)),
		("span", share(parameters.span)),
		("attested", share(parameters.attested)),
		("submitter", share(parameters.submitter)),
		("challenger", share(parameters.challenger)),
		("hold_multiple", Value::u128(parameters.hold_multiple.into())),
		("hold_floor", Value::u128(parameters.hold_floor)),
		("answer_fee_max", Value::u128(parameters.answer_fee_max)),
		("span_bytes_min", number(parameters.span_bytes_min)),
		("unlisted_bytes_min", number(parameters.unlisted_bytes_min)),
		("window_ms", number(parameters.window_ms)),
		("response_ms", number(parameters.response_ms)),
		("reveal_ms", number(parameters.reveal_ms)),
	]);
	call("Attribution", "set_parameters", [("parameters", parameters)])
}

/// Leaves bytes in a block.
pub(crate) fn remark(remark: &[u8]) -> Call {
	call("System", "remark", [("remark", Value::from_bytes(remark))])
}

/// `Some` or `None` with the value.
pub(crate) fn optional(value: Option<Value>) -> Value {
	match value {
		Some(value) => Value::unnamed_variant("Some", [value]),
		None => Value::unnamed_variant("None", []),
	}
}

/// A content, as a value.
pub(crate) fn content_value(root: &[u8; 32], len: u64) -> Value {
	Value::named_composite([("root", Value::from_bytes(root)), ("len", Value::u128(len.into()))])
}

/// Decodes a call with the chain's own metadata, completely: its bytes, and the call as an argument of another.
///
/// # Errors
/// It is no call of this chain, or something follows it.
pub(crate) fn decode(at: &AtBlock, text: &str) -> Result<(Vec<u8>, Value), Failure> {
	let wrong = |cause: String| {
		Failure::input(
			"InvalidCall",
			format!("`{}`: {cause}", clean(text.get(..64).unwrap_or(text))),
			"give the call's SCALE bytes for this chain, as a wallet shows them before signing",
		)
	};
	let bytes =
		hex::decode(text.trim().trim_start_matches("0x")).map_err(|error| wrong(error.to_string()))?;
	if bytes.len() > CALL_BYTES_MAX {
		return Err(wrong(format!("it has {} bytes, at most {CALL_BYTES_MAX} are taken", bytes.len())));
	}
	let metadata = at.metadata_ref();
	let mut rest = &bytes[..];
	let call = scale::decode_as_type(&mut rest, metadata.outer_enums().call_enum_ty(), metadata.types())
		.map_err(|error| wrong(error.to_string()))?;
	if !rest.is_empty() {
		return Err(wrong(format!("{} bytes follow the call", rest.len())));
	}
	Ok((bytes, call.remove_context()))
}

fn call<const N: usize>(pallet: &str, name: &str, arguments: [(&str, Value); N]) -> Call {
	let arguments = arguments.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
	transaction(pallet, name, Composite::Named(arguments))
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::{Decode, DecodeAll, Encode};
	use plexus_runtime::{Runtime, RuntimeCall};
	use subxt::{ext::scale_encode::Field, tx::Payload, Metadata};

	/// Version 15 is what clients ask for first.
	fn metadata() -> Metadata {
		// Some constants are read from the state.
		let opaque = sp_io::TestExternalities::default().execute_with(|| Runtime::metadata_at_version(15));
		let opaque = opaque.expect("the runtime has this version");
		Metadata::decode(&mut &opaque[..]).expect("it is metadata")
	}

	/// The call as the runtime reads it.
	fn read(metadata: &Metadata, call: &impl Payload) -> RuntimeCall {
		let pallet = metadata.pallet_by_name(call.pallet_name()).expect("the runtime has this pallet");
		let variant = pallet.call_variant_by_name(call.call_name()).expect("the pallet has this call");
		let mut fields = variant.fields.iter().map(|field| Field::new(field.ty.id, field.name.as_deref()));
		let mut bytes = vec![pallet.call_index(), variant.index];
		let encoded = call.call_data().encode_as_fields_to(&mut fields, metadata.types(), &mut bytes);
		encoded.expect("the call has these arguments");
		let read = RuntimeCall::decode_all(&mut &bytes[..]).expect("it is a call and nothing more");
		assert_eq!(read.encode(), bytes);
		read
	}

	#[test]
	fn a_registration_of_several_is_what_the_runtime_reads() {
		let content = Content { root: [7; 32], len: 9 };
		let registration = |locator| Registration {
			content: content.into(),
			media_type: b"text/plain",
			locator,
			length_proof: &[1, 2, 3],
		};
		let registrations = vec![registration(&b""[..]), registration(b"ipfs:x")];
		let call = read(&metadata(), &register(5, &[8; 32], registrations));
		let expected = (
			5u32,
			[8u8; 32],
			vec![
				(content, b"text/plain".to_vec(), Vec::new(), vec![1u8, 2, 3]),
				(content, b"text/plain".to_vec(), b"ipfs:x".to_vec(), vec![1, 2, 3]),
			],
		);
		// Behind the indices of pallet and call.
		assert_eq!(call.encode()[2..], expected.encode());
	}

	#[test]
	fn a_batch_is_what_the_runtime_reads_also_inside_an_agents_call() {
		use plexus_payments::Point;
		use plexus_primitives::{AgentId, ChannelId, Context, ContributionId, MethodId, ModelId};
		let content = |byte, len| Content { root: [byte; 32], len };
		let full = Receipt {
			model: ModelId(5),
			prompt: content(1, 2),
			context: Some(Context { root: [3; 32], bytes: 4 }),
			output: content(5, 6),
			fee: u128::MAX,
			disclose: true,
			execution: Some([7; 32]),
		};
		let least = Receipt { context: None, disclose: false, execution: None, fee: 0, ..full };
		let to = Point { sequence: 0, cumulative: 0, acc: [0; 32] };
		let redemption = |channel, signature| {
			let receipts = vec![full, least];
			Redemption { channel: ChannelId(channel), receipts, signature, to }
		};
		let (sr25519, ed25519) = (
			Signature::Sr25519(sp_core::sr25519::Signature::from_raw([8; 64])),
			Signature::Ed25519(sp_core::ed25519::Signature::from_raw([9; 64])),
		);
		let redemptions = vec![redemption(1, sr25519.clone()), redemption(2, ed25519.clone())];
		let claim = |receipt, evidence| Claim {
			receipt,
			contribution: ContributionId(u64::MAX),
			version: DatanetVersion(10),
			method: MethodId(11),
			evidence,
		};
		let claims = vec![
			claim(0, Evidence::Grounded { offset: 12, length: 13 }),
			claim(1, Evidence::Span { output: 14, offset: 15, length: 16 }),
			claim(3, Evidence::Attested { score: sp_runtime::Perbill::from_parts(17) }),
		];
		let call = submit_batch(&Batch { server: AgentId(3), redemptions, claims: claims.clone() });
		let receipts = || vec![full, least];
		let redeemed = vec![(1u64, receipts(), sr25519), (2u64, receipts(), ed25519)];
		let expected = (3u64, redeemed, claims).encode();
		let metadata = metadata();
		assert_eq!(read(&metadata, &call).encode()[2..], expected);
		let within = agents("act", 3, [("delegation", Value::u128(4)), ("call", call.into_value())]);
		let within = read(&metadata, &within).encode();
		// Indices, agent and delegation, then the indices of the call inside.
		assert_eq!(within[2 + 8 + 4 + 2..], expected);
	}

	#[test]
	fn every_call_about_channels_is_one_of_the_runtime() {
		use plexus_primitives::ModelId;
		let (metadata, signer) = (metadata(), AccountId32::from([3; 32]));
		let models = vec![ModelId(5), ModelId(6)];
		let corpora = vec![(DatanetId(1), DatanetVersion(2))];
		let terms = ChannelTerms { signer: signer.clone(), models: models.clone(), corpora: corpora.clone() };
		let opened = read(&metadata, &open_channel(7, &terms, 8, 9));
		let expected = (7u64, (signer, models, corpora, 8u64), codec::Compact(9u128));
		assert_eq!(opened.encode()[2..], expected.encode());
		let topped_up = read(&metadata, &on_channel("top_up", 7, [("amount", Value::u128(9))]));
		assert_eq!(topped_up.encode()[2..], (7u64, codec::Compact(9u128)).encode());
		for name in ["close", "finish"] {
			assert_eq!(read(&metadata, &on_channel(name, 7, [])).encode()[2..], 7u64.encode());
		}
		read(&metadata, &close_all_channels());
	}

	#[test]
	fn every_call_about_datanets_and_contributions_is_one_of_the_runtime() {
		let (metadata, account) = (metadata(), AccountId32::from([3; 32]));
		let some_account = || optional(Some(Value::from_bytes(&account)));
		let uphold = || [("uphold", Value::bool(true))];
		let evidence = || optional(Some(content_value(&[1; 32], 2)));
		let claim = |remedy: &str| [("remedy", Value::unnamed_variant(remedy, [])), ("evidence", evidence())];
		let tags = vec!["a".to_string(), "b/c".to_string()];
		let curators = || optional(Some(accounts(&[AccountId32::from([4; 32]), AccountId32::from([5; 32])])));
		let mut calls = vec![
			commit(&[1; 32]),
			clear_commitment(&account, &[1; 32]),
			set_paused(1, true),
			review(1, Some(50)),
			review(1, None),
			on_datanet("describe", 1, [("name", Value::from_bytes("name")), ("tags", texts(&tags))]),
			on_datanet("propose_owner", 1, [("owner", some_account())]),
			on_datanet("propose_owner", 1, [("owner", optional(None))]),
			on_datanet("propose_curators", 1, [("curators", curators())]),
			on_datanet("propose_curators", 1, [("curators", optional(None))]),
			on_contribution("set_locator", 1, [("locator", Value::from_bytes("ipfs:x"))]),
			on_contribution("answer", 1, [("slice", Value::from_bytes([1, 2]))]),
			on_contribution("dispute", 1, claim("Redirect")),
			on_contribution("dispute", 1, claim("Takedown")),
			on_contribution("vote", 1, uphold()),
			sudo(on_contribution("judge", 1, uphold())),
			force_batch([review(1, Some(50)), about_contribution("accept", 2)]),
		];
		for name in ["remove_datanet", "publish", "retire", "accept_ownership", "enact_curators"] {
			calls.push(about_datanet(name, 1));
		}
		for name in [
			"withdraw",
			"accept",
			"expire",
			"release_deposit",
			"challenge",
			"close_challenge",
			"close_dispute",
		] {
			calls.push(about_contribution(name, 1));
		}
		for call in &calls {
			read(&metadata, call);
		}
	}

	#[test]
	fn a_new_datanet_and_new_windows_are_what_the_runtime_reads() {
		let (metadata, content) = (metadata(), Content { root: [7; 32], len: 9 });
		let (name, tags) = (b"name".to_vec(), vec![b"a/b".to_vec()]);
		let (spdx, terms) = (Licence::Spdx("MIT".into()), Licence::Terms(content));
		let open = read(&metadata, &create_datanet("name", &["a/b".into()], &spdx, &[]));
		// Behind the indices of pallet and call: name, tags, licence, admission.
		assert_eq!(open.encode()[2..], (&name, &tags, (0u8, b"MIT".to_vec()), 0u8).encode());
		let curator = AccountId32::from([4; 32]);
		let curated = create_datanet("name", &["a/b".into()], &terms, std::slice::from_ref(&curator));
		let expected = (&name, &tags, (1u8, content), (1u8, vec![curator]));
		assert_eq!(read(&metadata, &curated).encode()[2..], expected.encode());

		let windows = Windows {
			commitment_age_ms: 1,
			commitment_lifetime_ms: 2,
			acceptance_ms: 3,
			deposit_ms: 4,
			curators_ms: 5,
			publication_ms: 6,
			challenge_ms: 7,
			dispute_ms: 8,
		};
		let set = read(&metadata, &set_windows(&windows));
		assert_eq!(set.encode()[2..], [1u64, 2, 3, 4, 5, 6, 7, 8].encode());
		read(&metadata, &sudo(set_windows(&windows)));
	}

	#[test]
	fn the_calls_about_earnings_are_those_of_the_runtime() {
		use pallet_receipts::Call as Receipts;
		use pallet_rewards::Call as Rewards;
		use plexus_primitives::{BatchId, DatanetId, DatanetVersion, ModelId};
		let (metadata, account) = (metadata(), AccountId32::from([3; 32]));
		let ours =
			[Place { datanet: 1, from: 2, until: None }, Place { datanet: 1, from: 2, until: Some(4) }];
		let place = |until: Option<u32>| pallet_rewards::Place {
			datanet: DatanetId(1),
			from: DatanetVersion(2),
			until: until.map(DatanetVersion),
		};
		let theirs = vec![place(None), place(Some(4))].try_into().expect("two fit");
		let (model, ancestor) = (ModelId(5), ModelId(6));
		let cases: [(Call, RuntimeCall); 7] = [
			(clear_batch(5), Receipts::clear_batch { batch: BatchId(5) }.into()),
			(pull(5, None), Receipts::pull_developer { model }.into()),
			(pull(5, Some(6)), Receipts::pull_royalty { model, ancestor }.into()),
			(distribute(5, 7), Rewards::distribute { model, entry: 7 }.into()),
			(claim(&account, &ours), Rewards::claim { account: account.clone(), places: theirs }.into()),
			(withdraw("Receipts", &account), Receipts::withdraw { account: account.clone() }.into()),
			(withdraw("Rewards", &account), Rewards::withdraw { account: account.clone() }.into()),
		];
		for (call, expected) in cases {
			assert_eq!(read(&metadata, &call), expected);
		}
	}

	#[test]
	fn the_calls_about_open_batches_are_those_of_the_runtime() {
		use pallet_attribution::{types, Call as Attribution, Method};
		use plexus_primitives::BatchId;
		let (metadata, account) = (metadata(), AccountId32::from([3; 32]));
		let (batch, hash) = (BatchId(5), [7; 32]);
		let number = |name, number| [(name, Value::u128(number))];
		let method = Method {
			algorithm: b"maximal-exact-match".to_vec().try_into().expect("short"),
			version: 1,
			parameters: b"min=32".to_vec().try_into().expect("short"),
		};
		let parameters = types::Parameters::DEVELOPMENT;
		let ours = Parameters::decode_all(&mut &parameters.encode()[..]).expect("the same encoding");
		let cases: [(Call, RuntimeCall); 8] = [
			(
				register_method("maximal-exact-match", 1, "min=32"),
				Attribution::register_method { method }.into(),
			),
			(on_open_batch("draw_samples", 5, []), Attribution::draw_samples { batch }.into()),
			(on_open_batch("close_samples", 5, []), Attribution::close_samples { batch }.into()),
			(on_open_batch("demand", 5, number("claim", 6)), Attribution::demand { batch, claim: 6 }.into()),
			(
				on_open_batch("close_demand", 5, number("claim", 6)),
				Attribution::close_demand { batch, claim: 6 }.into(),
			),
			(
				on_open_batch("finalise", 5, number("limit", 6)),
				Attribution::finalise { batch, limit: 6 }.into(),
			),
			(
				clear_challenge_commitment(&account, &hash),
				Attribution::clear_commitment { account: account.clone(), hash }.into(),
			),
			(set_attribution_parameters(&ours), Attribution::set_parameters { parameters }.into()),
		];
		for (call, expected) in cases {
			assert_eq!(read(&metadata, &call), expected);
		}
		read(&metadata, &sudo(set_attribution_parameters(&ours)));
	}
}
