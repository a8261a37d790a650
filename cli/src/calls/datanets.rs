//! The calls of `Datanets`: collections, commitments to content, and contributions.
//!
//! # Must not
//! Make of each byte of a proof a value of its own: registrations are long.

use super::{call, content_value, list, Call};
use crate::datanets::Windows;
use plexus_primitives::{prove::ProvenContent, Content};
use sp_core::crypto::AccountId32;
use subxt::{
	dynamic::{transaction, Value},
	ext::{scale_encode::EncodeAsType, scale_value::Composite},
	tx::DynamicPayload,
};

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

#[cfg(test)]
mod tests {
	use super::*;
	use crate::calls::{
		accounts, force_batch, optional, sudo,
		testing::{metadata, read},
		texts,
	};
	use codec::Encode;

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
}
