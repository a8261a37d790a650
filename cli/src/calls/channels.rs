//! The calls of `Receipts` about payment channels.
//!
//! # Must not
//! Sort models and corpora: they come in ascending order.

use super::{call, list, Call};
use plexus_payments::Terms as ChannelTerms;
use plexus_primitives::{DatanetId, DatanetVersion};
use subxt::{
	dynamic::{transaction, Value},
	ext::scale_value::Composite,
};

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

/// A call of `Receipts` about a channel, with more arguments.
pub(crate) fn on_channel<const N: usize>(name: &str, channel: u64, arguments: [(&str, Value); N]) -> Call {
	let arguments = [("channel", Value::u128(channel.into()))].into_iter().chain(arguments);
	let arguments = arguments.map(|(name, value)| (name.to_string(), value)).collect();
	transaction("Receipts", name, Composite::Named(arguments))
}

/// Closes all channels that the signer pays.
pub(crate) fn close_all_channels() -> Call {
	call("Receipts", "close_all", [])
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::calls::testing::{metadata, read};
	use codec::Encode;
	use sp_core::crypto::AccountId32;

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
}
