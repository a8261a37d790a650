//! What payers and serving agents say to each other, in JSON.
//!
//! ```text
//! POST /v1/complete   {"prompt": "Once", "channel": 0, "seed": 7, "max_bytes": 512, "disclose": true,
//!                      "voucher": {"sequence": 4, "signature": "0x01…"}}
//! 200                 {"text": "…", "channel": 0, "sequence": 5, "price": "61000", "receipt": {…}, "sources": [[0, 1]],
//!                      "pieces": [{"contribution": 7, "offset": 0, "length": 512}],
//!                      "claims": [{"contribution": 7, "version": 1, "method": 0, "evidence": {"Span": {…}}}]}
//! POST /v1/vouchers   {"channel": 0, "voucher": {"sequence": 5, "signature": "0x01…"}}
//!
//! {"error", "cause", "remedy"}:  400 malformed   402 the payer has to sign or to top up first   404 no such channel
//!                                409 against the channel's terms   422 nothing can be said   502, 503 come back
//! ```
//! A request brings the voucher for what was answered before it, so that a payer who does so owes one answer. How many it may
//! owe is for `serve-receipts` to say (`--unsigned`). Receipts are those of `docs/paying.md`; the chain's forms of contexts and
//! claims are those of [`plexus_primitives::claim`].
//!
//! # Must not
//! Accept a key that it does not know: a misspelt one would change what is paid for.

use plexus_payments::{
	json::{Digits, Hex, Receipt},
	ReceiptClaim,
};
use plexus_primitives::ContextLeaf;
use serde::{Deserialize, Serialize};

/// The longest prompt, in bytes.
pub const PROMPT_BYTES_MAX: usize = 16 << 10;

/// The longest answer, in bytes: a claim on all of it is one that the chain takes.
pub const TEXT_BYTES_MAX: u32 = 16 << 10;

/// How long an answer is, unless the payer says otherwise.
pub const TEXT_BYTES_DEFAULT: u32 = 512;

/// The longest body of a request: a prompt whose every byte is escaped, and the rest.
pub const REQUEST_BYTES_MAX: usize = 6 * PROMPT_BYTES_MAX + 4_096;

/// The longest body of an answer: a text whose every byte is escaped, and the rest.
pub const ANSWER_BYTES_MAX: usize = 6 * TEXT_BYTES_MAX as usize + (64 << 10);

/// What a payer asks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
	/// The user's text; at least one byte, at most [`PROMPT_BYTES_MAX`].
	pub prompt: String,
	/// The channel that pays.
	pub channel: u64,
	/// The same seed gives the same answer.
	#[serde(default)]
	pub seed: u64,
	/// The longest text that is wanted; [`TEXT_BYTES_DEFAULT`] if not said, at most [`TEXT_BYTES_MAX`].
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub max_bytes: Option<u32>,
	/// Whether parts of the answer may be shown to everybody, which claims of spans need.
	#[serde(default)]
	pub disclose: bool,
	/// For what was answered before.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub voucher: Option<Voucher>,
}

/// A payer's signature.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voucher {
	/// The last receipt that it covers.
	pub sequence: u64,
	/// The SCALE bytes of the signature.
	pub signature: Hex<Vec<u8>>,
}

/// A voucher by itself: for the last answer, after which nothing is asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
	/// Of which channel.
	pub channel: u64,
	/// The signature.
	pub voucher: Voucher,
}

/// What an agent answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
	/// The output; its bytes in UTF-8 are what the receipt names.
	pub text: String,
	/// The channel that pays.
	pub channel: u64,
	/// The receipt's place there.
	pub sequence: u64,
	/// What it costs.
	pub price: Digits,
	/// What payer and agent agree on, once the payer signs.
	pub receipt: Receipt,
	/// The datanets and versions that the context was retrieved from.
	pub sources: Vec<(u32, u32)>,
	/// The pieces of the context, in order.
	pub pieces: Vec<ContextLeaf>,
	/// What the agent says came from where.
	pub claims: Vec<ReceiptClaim>,
}

/// What an answer costs, in the smallest unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
	/// Whatever is answered.
	pub per_request: Digits,
	/// For each byte of the text.
	pub per_byte: Digits,
}

/// What an agent offers: the part `plexus` of its card.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Offer {
	/// The agent that is paid.
	pub agent: u64,
	/// The model that answers.
	pub model: u64,
	/// What it costs.
	pub price: Price,
	/// The longest text.
	pub max_bytes: u32,
	/// The datanets and versions that contexts are retrieved from; a channel has to name them.
	pub corpora: Vec<(u32, u32)>,
	/// Where it is asked.
	pub complete: String,
}

impl Price {
	/// What a text of so many bytes costs.
	pub fn of(&self, bytes: u64) -> u128 {
		self.per_byte.0.saturating_mul(bytes.into()).saturating_add(self.per_request.0)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	#[test]
	fn the_documented_request_is_read_and_a_misspelt_one_is_not() {
		let request = json!({
			"prompt": "Once", "channel": 0, "seed": 7, "max_bytes": 512, "disclose": true,
			"voucher": { "sequence": 4, "signature": "0x0102" },
		});
		let read: Request = serde_json::from_value(request.clone()).unwrap();
		assert_eq!(read.voucher.as_ref().map(|voucher| voucher.sequence), Some(4));
		assert_eq!(serde_json::to_value(&read).unwrap(), request);
		let least: Request = serde_json::from_value(json!({ "prompt": "Once", "channel": 0 })).unwrap();
		assert_eq!((least.seed, least.max_bytes, least.disclose, least.voucher), (0, None, false, None));
		let mut misspelt = request;
		misspelt["disclosed"] = json!(false);
		assert!(serde_json::from_value::<Request>(misspelt).is_err());
	}

	#[test]
	fn a_price_is_never_less_than_its_parts() {
		let price = Price { per_request: Digits(5), per_byte: Digits(3) };
		assert_eq!(price.of(0), 5);
		assert_eq!(price.of(10), 35);
		assert_eq!(Price { per_byte: Digits(u128::MAX), ..price }.of(2), u128::MAX);
	}
}
