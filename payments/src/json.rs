//! How receipts, vouchers and channels' standings travel between a payer, a serving process and the tools here.
//!
//! ```text
//! {"channel": 7, "first": 3, "receipts": [{"model": 5, "prompt": {"root": "0x…", "len": 9}, "context": null,
//!   "output": {"root": "0x…", "len": 44}, "fee": "1000000000", "disclose": false, "execution": null}],
//!  "sources": [], "voucher": "0x01…"}
//! ```
//! A receipt may have claims, the bytes of prompt and output, and the pieces of its context (`docs/paying.md`):
//! ```text
//!  "claims": [{"contribution": 7, "version": 1, "method": 0, "evidence": {"Span": {"output": 0, "offset": 2, "length": 40}}}],
//!  "bytes": {"prompt": "0x…", "output": "0x…"}, "pieces": [{"contribution": 7, "offset": 0, "length": 512}]
//! ```
//! Amounts are strings that count the smallest unit: readers of JSON round large numbers. Hashes are `0x` and 64 digits, a
//! voucher is the SCALE encoding of the signature. What may be absent is `null` or left out.
//!
//! # Must not
//! Accept a key that it does not know: a misspelt one would change what is paid for.

use crate::{
	ledger, point::sequences_behind, ChannelState, Claims, Point, ReceiptClaim, Signature,
	RECEIPT_CLAIMS_MAX, VOUCHER_RECEIPTS_MAX,
};
use codec::{DecodeAll, Encode};
use plexus_primitives::{
	constants::Balance, ChannelId, Content, Context, ContextLeaf, DatanetId, DatanetVersion, ModelId,
};
use serde::{de::Error, Deserialize, Deserializer, Serialize, Serializer};

/// The longest JSON of one delivery: 256 receipts of some 500 characters, with room for spaces.
pub const DELIVERY_BYTES_MAX: usize = 512 << 10;

/// The longest JSON of one delivery with claims: prompts and outputs of two megabytes in hexadecimal digits.
pub const CLAIMED_BYTES_MAX: usize = 4 << 20;

/// An amount in the smallest unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digits(pub Balance);

/// Bytes in hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hex<Bytes>(pub Bytes);

/// A content's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Named(Content);

/// Receipts and a voucher over them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
	/// Which channel.
	pub channel: u64,
	/// The sequence of the first receipt; the one after the last, if there is a voucher alone.
	pub first: u64,
	/// In order; at most [`VOUCHER_RECEIPTS_MAX`].
	#[serde(default, deserialize_with = "few")]
	pub receipts: Vec<Receipt>,
	/// Datanets and versions that contexts were retrieved from.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub sources: Vec<(u32, u32)>,
	/// The signature over all receipts up to the last of these.
	#[serde(default)]
	pub voucher: Option<Hex<Vec<u8>>>,
}

/// One receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
	model: u64,
	prompt: Named,
	#[serde(default)]
	context: Option<RetrievedContext>,
	output: Named,
	fee: Digits,
	#[serde(default)]
	disclose: bool,
	#[serde(default)]
	execution: Option<Hex<[u8; 32]>>,
	#[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "few_claims")]
	claims: Vec<ReceiptClaim>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	bytes: Option<ReceiptBytes>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pieces: Option<Vec<ContextLeaf>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiptBytes {
	#[serde(default)]
	prompt: Option<Hex<Vec<u8>>>,
	#[serde(default)]
	output: Option<Hex<Vec<u8>>>,
}

/// What a receipt brings beside itself: claims, and what they are about.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Extras {
	/// What is claimed; at most [`RECEIPT_CLAIMS_MAX`].
	pub claims: Vec<ReceiptClaim>,
	/// The prompt's bytes.
	pub prompt: Option<Vec<u8>>,
	/// The output's.
	pub output: Option<Vec<u8>>,
	/// The context's pieces, in their order.
	pub pieces: Option<Vec<ContextLeaf>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RetrievedContext {
	root: Hex<[u8; 32]>,
	bytes: u64,
}

/// A place in a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
	/// The last receipt.
	pub sequence: u64,
	/// The sum of all fees.
	pub cumulative: Digits,
	/// The accumulator.
	pub acc: Hex<[u8; 32]>,
}

/// What a channel has come to at a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
	/// Which channel.
	pub channel: u64,
	/// The last receipt that is held.
	pub last: Place,
	/// The last one that is signed for, or was redeemed.
	pub signed: Place,
	/// The last one that was redeemed.
	pub redeemed: Place,
	/// What further receipts may cost until the payer tops up.
	pub room: Digits,
	/// Whether the payer closes the channel.
	pub closing: bool,
	/// From when anybody may finish it, in milliseconds on the chain clock.
	pub ends_at_ms: u64,
	/// The account whose signature vouchers bear.
	pub signer: Hex<[u8; 32]>,
	/// The models that are paid for.
	pub models: Vec<u64>,
	/// The datanets and versions that contexts may come from.
	pub corpora: Vec<(u32, u32)>,
}

/// Why a text is none of these.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JsonError {
	/// No signature.
	#[error("the voucher is no signature; give the SCALE bytes of a MultiSignature, 65 or 66, in hexadecimal digits")]
	Voucher,
}

impl Delivery {
	/// As the ledger takes it.
	///
	/// # Errors
	/// The voucher is no signature.
	pub fn read(&self) -> Result<ledger::Delivery, JsonError> {
		let signature = |voucher: &Hex<Vec<u8>>| {
			Signature::decode_all(&mut &voucher.0[..]).map_err(|_| JsonError::Voucher)
		};
		let source = |(datanet, version): &(u32, u32)| (DatanetId(*datanet), DatanetVersion(*version));
		Ok(ledger::Delivery {
			channel: ChannelId(self.channel),
			first: self.first,
			receipts: self.receipts.iter().map(plexus_primitives::Receipt::from).collect(),
			sources: self.sources.iter().map(source).collect(),
			voucher: self.voucher.as_ref().map(signature).transpose()?,
		})
	}
}

impl Delivery {
	/// What the receipts bring beside themselves, by their sequences; those that bring nothing are left out.
	pub fn extras(&self) -> Vec<(u64, Extras)> {
		let numbered = sequences_behind(self.first.saturating_sub(1)).zip(&self.receipts);
		numbered
			.map(|(sequence, receipt)| (sequence, receipt.extras()))
			.filter(|(_, extras)| *extras != Extras::default())
			.collect()
	}

	/// What is claimed about the receipts, by their sequences.
	pub fn claims(&self) -> Claims {
		let numbered = sequences_behind(self.first.saturating_sub(1)).zip(&self.receipts);
		let claimed = numbered.filter(|(_, receipt)| !receipt.claims.is_empty());
		claimed.map(|(sequence, receipt)| (sequence, receipt.claims.clone())).collect()
	}

	/// The same with something beside one of the receipts, which are counted from 0.
	#[must_use]
	pub fn with(mut self, place: usize, extras: Extras) -> Self {
		let Extras { claims, prompt, output, pieces } = extras;
		if let Some(receipt) = self.receipts.get_mut(place) {
			let (prompt, output) = (prompt.map(Hex), output.map(Hex));
			receipt.bytes = (prompt.is_some() || output.is_some()).then_some(ReceiptBytes { prompt, output });
			(receipt.claims, receipt.pieces) = (claims, pieces);
		}
		self
	}
}

impl Receipt {
	fn extras(&self) -> Extras {
		let ReceiptBytes { prompt, output } = self.bytes.clone().unwrap_or_default();
		Extras {
			claims: self.claims.clone(),
			prompt: prompt.map(|bytes| bytes.0),
			output: output.map(|bytes| bytes.0),
			pieces: self.pieces.clone(),
		}
	}
}

impl From<&ledger::Delivery> for Delivery {
	fn from(delivery: &ledger::Delivery) -> Self {
		Self {
			channel: delivery.channel.0,
			first: delivery.first,
			receipts: delivery.receipts.iter().map(Receipt::from).collect(),
			sources: delivery.sources.iter().map(|(datanet, version)| (datanet.0, version.0)).collect(),
			voucher: delivery.voucher.as_ref().map(|signature| Hex(signature.encode())),
		}
	}
}

impl From<&Receipt> for plexus_primitives::Receipt {
	fn from(receipt: &Receipt) -> Self {
		let context = |context: &RetrievedContext| Context { root: context.root.0, bytes: context.bytes };
		Self {
			model: ModelId(receipt.model),
			prompt: receipt.prompt.0,
			context: receipt.context.as_ref().map(context),
			output: receipt.output.0,
			fee: receipt.fee.0,
			disclose: receipt.disclose,
			execution: receipt.execution.as_ref().map(|execution| execution.0),
		}
	}
}

impl From<&plexus_primitives::Receipt> for Receipt {
	fn from(receipt: &plexus_primitives::Receipt) -> Self {
		let context = |context: Context| RetrievedContext { root: Hex(context.root), bytes: context.bytes };
		Self {
			model: receipt.model.0,
			prompt: Named(receipt.prompt),
			context: receipt.context.map(context),
			output: Named(receipt.output),
			fee: Digits(receipt.fee),
			disclose: receipt.disclose,
			execution: receipt.execution.map(Hex),
			claims: Vec::new(),
			bytes: None,
			pieces: None,
		}
	}
}

impl From<&Point> for Place {
	fn from(point: &Point) -> Self {
		let Point { sequence, cumulative, acc } = *point;
		Self { sequence, cumulative: Digits(cumulative), acc: Hex(acc) }
	}
}

impl Standing {
	/// A channel's standing together with what the chain has of it.
	pub fn new(standing: &ledger::Standing, state: &ChannelState) -> Self {
		Self {
			channel: standing.channel.0,
			last: Place::from(&standing.last),
			signed: Place::from(&standing.signed),
			redeemed: Place::from(&standing.redeemed),
			room: Digits(state.capacity().saturating_sub(standing.last.cumulative)),
			closing: state.closing,
			ends_at_ms: state.ends_at_ms,
			signer: Hex(state.terms.signer.clone().into()),
			models: state.terms.models.iter().map(|model| model.0).collect(),
			corpora: state.terms.corpora.iter().map(|(datanet, version)| (datanet.0, version.0)).collect(),
		}
	}
}

/// A list of as many receipts as a voucher may cover.
fn few<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Receipt>, D::Error> {
	let receipts = Vec::<Receipt>::deserialize(deserializer)?;
	if receipts.len() > VOUCHER_RECEIPTS_MAX {
		return Err(D::Error::custom(format!("more than {VOUCHER_RECEIPTS_MAX} receipts")));
	}
	Ok(receipts)
}

/// A list of as many claims as a receipt may have.
fn few_claims<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ReceiptClaim>, D::Error> {
	let claims = Vec::<ReceiptClaim>::deserialize(deserializer)?;
	if claims.len() > RECEIPT_CLAIMS_MAX {
		return Err(D::Error::custom(format!("more than {RECEIPT_CLAIMS_MAX} claims")));
	}
	Ok(claims)
}

impl Serialize for Digits {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(&self.0)
	}
}

impl<'de> Deserialize<'de> for Digits {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let text = String::deserialize(deserializer)?;
		// Rust also reads "+5".
		let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
		let amount = text.parse().ok().filter(|_| digits);
		amount.map(Self).ok_or_else(|| D::Error::custom("an amount is a string of digits"))
	}
}

impl<Bytes: AsRef<[u8]>> Serialize for Hex<Bytes> {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(&format_args!("0x{}", hex::encode(&self.0)))
	}
}

impl<'de, Bytes: TryFrom<Vec<u8>>> Deserialize<'de> for Hex<Bytes> {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let text = String::deserialize(deserializer)?;
		let bytes = text.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
		let bytes = bytes.ok_or_else(|| D::Error::custom("bytes are 0x and hexadecimal digits"))?;
		let length = bytes.len();
		let exact = Bytes::try_from(bytes);
		exact.map(Self).map_err(|_| D::Error::custom(format!("{length} bytes are not as many as are wanted")))
	}
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedContent {
	root: Hex<[u8; 32]>,
	len: u64,
}

impl Serialize for Named {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		NamedContent { root: Hex(self.0.root), len: self.0.len }.serialize(serializer)
	}
}

impl<'de> Deserialize<'de> for Named {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let NamedContent { root, len } = NamedContent::deserialize(deserializer)?;
		Ok(Self(Content { root: root.0, len }))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::{sr25519, Pair};

	fn delivery() -> ledger::Delivery {
		let content = |byte, len| Content { root: [byte; 32], len };
		let receipt = plexus_primitives::Receipt {
			model: ModelId(5),
			prompt: content(1, 9),
			context: Some(Context { root: [2; 32], bytes: 3 }),
			output: content(4, 44),
			fee: u128::MAX,
			disclose: true,
			execution: Some([6; 32]),
		};
		let plain =
			plexus_primitives::Receipt { context: None, disclose: false, execution: None, fee: 1, ..receipt };
		let signature = sr25519::Pair::from_seed(&[7; 32]).sign(b"");
		ledger::Delivery {
			channel: ChannelId(7),
			first: 3,
			receipts: vec![receipt, plain],
			sources: vec![(DatanetId(1), DatanetVersion(2))],
			voucher: Some(signature.into()),
		}
	}

	#[test]
	fn a_delivery_is_read_as_it_was_written() {
		let given = delivery();
		let text = serde_json::to_string(&Delivery::from(&given)).unwrap();
		assert!(text.len() < DELIVERY_BYTES_MAX / 256);
		assert!(text.contains(&format!("\"{}\"", u128::MAX)), "{text}");
		let read: Delivery = serde_json::from_str(&text).unwrap();
		assert_eq!(read.read(), Ok(given));
		let least = "{\"channel\": 7, \"first\": 1, \"receipts\": [{\"model\": 5, \"prompt\": {\"root\": \"0xP\", \"len\": \
		             1}, \"output\": {\"root\": \"0xP\", \"len\": 1}, \"fee\": \"0\"}]}";
		let least: Delivery = serde_json::from_str(&least.replace('P', &"ab".repeat(32))).unwrap();
		assert_eq!(least.read().unwrap().receipts[0].prompt.root, [0xab; 32]);
	}

	#[test]
	fn what_receipts_bring_beside_themselves_is_read_as_it_was_written_and_documented() {
		use plexus_primitives::{ContributionId, Evidence, MethodId};
		let claim = |evidence| ReceiptClaim {
			contribution: ContributionId(7),
			version: DatanetVersion(1),
			method: MethodId(0),
			evidence,
		};
		let span = claim(Evidence::Span { output: 0, offset: 2, length: 40 });
		let grounded = claim(Evidence::Grounded { offset: 0, length: 512 });
		let piece = ContextLeaf { contribution: ContributionId(7), offset: 0, length: 512 };
		let extras = Extras {
			claims: vec![span, grounded],
			prompt: Some(b"p".to_vec()),
			output: None,
			pieces: Some(vec![piece]),
		};
		let plain = delivery();
		let given = Delivery::from(&plain).with(1, extras.clone());
		let text = serde_json::to_string(&given).unwrap();
		let expected = r#""claims":[{"contribution":7,"version":1,"method":0,"evidence":{"Span":{"output":0,"offset":2,"length":40}}},"#;
		assert!(text.contains(expected), "{text}");
		assert!(
			text.contains(r#""bytes":{"prompt":"0x70","output":null},"pieces":[{"contribution":7,"#),
			"{text}"
		);
		let read: Delivery = serde_json::from_str(&text).unwrap();
		assert_eq!(read.extras(), [(4, extras.clone())]);
		assert_eq!(read.claims(), Claims::from([(4, extras.claims.clone())]));
		assert_eq!(read.read(), Ok(plain), "the receipts are the same");
		let many = vec![span; RECEIPT_CLAIMS_MAX + 1];
		let many = Delivery::from(&delivery()).with(0, Extras { claims: many, ..extras });
		assert!(serde_json::from_str::<Delivery>(&serde_json::to_string(&many).unwrap()).is_err());
		assert!(serde_json::from_str::<Delivery>(&text.replace("\"method\"", "\"methods\"")).is_err());
	}

	#[test]
	fn what_is_misspelt_or_no_amount_is_refused() {
		let good = serde_json::to_value(Delivery::from(&delivery())).unwrap();
		let changed = |pointer: &str, value: serde_json::Value| {
			let mut bad = good.clone();
			*bad.pointer_mut(pointer).expect("it is there") = value;
			serde_json::from_value::<Delivery>(bad).map_err(drop).and_then(|read| read.read().map_err(drop))
		};
		for fee in ["-1", "+1", "", "1.5", "0x1", " 1", "340282366920938463463374607431768211456"] {
			assert_eq!(changed("/receipts/0/fee", fee.into()), Err(()), "{fee:?}");
		}
		assert_eq!(changed("/receipts/0/fee", 1.into()), Err(()), "a number would be rounded by others");
		assert!(changed("/receipts/0/fee", "007".into()).is_ok());
		for root in ["", "0x", "ab", "0xzz", &"ab".repeat(32), &format!("0x{}", "ab".repeat(33))] {
			assert_eq!(changed("/receipts/0/prompt/root", root.into()), Err(()), "{root:?}");
		}
		for voucher in
			["0x", "0x01", &format!("0x01{}", "ab".repeat(65)), &format!("0x09{}", "ab".repeat(64))]
		{
			assert_eq!(changed("/voucher", voucher.into()), Err(()), "{voucher:?}");
		}
		let mut extra = good.clone();
		extra["receipts"][0]["fees"] = "1".into();
		assert!(serde_json::from_value::<Delivery>(extra).is_err());
		let receipt = good["receipts"][0].clone();
		assert_eq!(changed("/receipts", vec![receipt; VOUCHER_RECEIPTS_MAX + 1].into()), Err(()));
	}
}
