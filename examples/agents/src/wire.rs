//! What payers and serving agents say to each other, in JSON.
//!
//! ```text
//! POST /v1/complete   {"prompt": "Once", "channel": 0, "sequence": 5, "seed": 7, "max_bytes": 512, "disclose": true,
//!                      "voucher": {"sequence": 4, "signature": "0x01…"}, "proof": "0x01…"}
//! 200                 {"text": "…", "channel": 0, "sequence": 5, "price": "61000", "receipt": {…}, "sources": [[0, 1]],
//!                      "pieces": [{"contribution": 7, "offset": 0, "length": 512}],
//!                      "claims": [{"contribution": 7, "version": 1, "method": 0, "evidence": {"Span": {…}}}]}
//! POST /v1/vouchers   {"channel": 0, "voucher": {"sequence": 5, "signature": "0x01…"}}
//!
//! {"error", "cause", "remedy"}:  400 malformed   402 the payer has to sign or to top up first   403 not the channel's signer
//!                                404 no such channel   409 against the channel's terms or order   422 nothing can be said
//!                                502, 503 come back
//! proof = signature of ("plexus/request", 16 bytes ‖ acc ‖ sequence ‖ BLAKE3(prompt) ‖ seed ‖ max_bytes ‖ disclose), SCALE
//! ```
//! Only the channel's signer is answered: whoever else asked would leave receipts behind that the payer does not sign for,
//! and the channel would be of no use to it. `acc` is the accumulator behind the last voucher, which no other channel or
//! chain has, and `sequence` the place that the answer is to have; so a request that is heard by others is of no use to
//! them, either. The same request again has the same answer, in case the first one was lost: its receipt is taken once.
//!
//! A request brings the voucher for what was answered before it, so that a payer who does so owes one answer. How many it may
//! owe is for `serve-receipts` to say (`--unsigned`). Receipts are those of `docs/paying.md`; the chain's forms of contexts and
//! claims are those of [`plexus_primitives::claim`].
//!
//! # Must not
//! Accept a key that it does not know: a misspelt one would change what is paid for.

use codec::{DecodeAll, Encode};
use plexus_payments::{
	json::{Digits, Hex, Receipt},
	point::is_signed_by,
	ReceiptClaim, Signature,
};
use plexus_primitives::ContextLeaf;
use serde::{Deserialize, Serialize};

/// What is signed for a request begins with this: none of the chain's own purposes.
const REQUEST_TAG: [u8; 16] = *b"plexus/request\0\0";

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
	/// The place that the answer is to have: behind the last one, or that of an answer which is not signed for, once more.
	pub sequence: u64,
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
	/// The SCALE bytes of the signature over [`Request::proved_bytes`], by the channel's signer.
	pub proof: Hex<Vec<u8>>,
}

impl Request {
	/// What the channel's signer signs: all of the request but the voucher, behind the accumulator of what was signed for last.
	pub fn proved_bytes(&self, acc: &[u8; 32]) -> Vec<u8> {
		let prompt = *blake3::hash(self.prompt.as_bytes()).as_bytes();
		(REQUEST_TAG, acc, self.sequence, prompt, self.seed, self.max_bytes, self.disclose).encode()
	}

	/// Whether this account asks, behind what it signed for last.
	pub fn is_proved_by(&self, signer: &[u8; 32], acc: &[u8; 32]) -> bool {
		let signature = Signature::decode_all(&mut &self.proof.0[..]);
		signature.is_ok_and(|signature| is_signed_by(&self.proved_bytes(acc), &signature, &(*signer).into()))
	}
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
	/// Where it is asked; for those who have the card from elsewhere than the agent itself.
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
	use sp_core::{sr25519, Pair};

	#[test]
	fn the_documented_request_is_read_and_a_misspelt_one_is_not() {
		let request = json!({
			"prompt": "Once", "channel": 0, "sequence": 5, "seed": 7, "max_bytes": 512, "disclose": true,
			"voucher": { "sequence": 4, "signature": "0x0102" }, "proof": "0x03",
		});
		let read: Request = serde_json::from_value(request.clone()).unwrap();
		assert_eq!(read.voucher.as_ref().map(|voucher| voucher.sequence), Some(4));
		assert_eq!(serde_json::to_value(&read).unwrap(), request);
		let least = json!({ "prompt": "Once", "channel": 0, "sequence": 1, "proof": "0x" });
		let least: Request = serde_json::from_value(least).unwrap();
		assert_eq!((least.seed, least.max_bytes, least.disclose, least.voucher), (0, None, false, None));
		let mut misspelt = request;
		misspelt["disclosed"] = json!(false);
		assert!(serde_json::from_value::<Request>(misspelt).is_err());
	}

	#[test]
	fn a_request_is_its_signers_for_one_place_of_one_channel_and_to_the_last_word() {
		let (key, other) = (sr25519::Pair::from_seed(&[1; 32]), sr25519::Pair::from_seed(&[2; 32]));
		let asked = Request {
			prompt: "Once".into(),
			channel: 0,
			sequence: 5,
			seed: 7,
			max_bytes: Some(512),
			disclose: true,
			voucher: None,
			proof: Hex(Vec::new()),
		};
		let acc = [9; 32];
		let (signer, stranger) = (key.public().0, other.public().0);
		assert!(!asked.is_proved_by(&signer, &acc), "nobody signed");
		let signature = Signature::from(key.sign(&asked.proved_bytes(&acc)));
		let asked = Request { proof: Hex(signature.encode()), ..asked };
		assert!(asked.is_proved_by(&signer, &acc));
		assert!(!asked.is_proved_by(&stranger, &acc) && !asked.is_proved_by(&signer, &[8; 32]));
		for changed in [
			Request { prompt: "Twice".into(), ..asked.clone() },
			Request { sequence: 6, ..asked.clone() },
			Request { seed: 8, ..asked.clone() },
			Request { max_bytes: None, ..asked.clone() },
			Request { disclose: false, ..asked.clone() },
			Request { proof: Hex(asked.proof.0[..64].to_vec()), ..asked.clone() },
		] {
			assert!(!changed.is_proved_by(&signer, &acc), "{changed:?}");
		}
	}

	#[test]
	fn a_price_is_never_less_than_its_parts() {
		let price = Price { per_request: Digits(5), per_byte: Digits(3) };
		assert_eq!(price.of(0), 5);
		assert_eq!(price.of(10), 35);
		assert_eq!(Price { per_byte: Digits(u128::MAX), ..price }.of(2), u128::MAX);
	}
}
