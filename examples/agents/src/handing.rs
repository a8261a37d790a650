//! [`Handing`]: receipts, claims and bytes on their way to `plexus serve-receipts`, which keeps and redeems them.
//!
//! # Must not
//! Let an answer go out that is not on disk there: whoever gets a `200` from it knows that it is.
//!
//! # Invariants
//! Its own words reach the payer: what the payer has to do, only the keeper of the channel knows.

use crate::{
	http::{ask, AskError},
	wire::Voucher,
};
use axum::http::Method;
use plexus_payments::{
	json::{self, Extras, Standing},
	Delivery, ReceiptClaim,
};
use plexus_primitives::{ChannelId, ContextLeaf, DatanetId, DatanetVersion, Receipt};
use serde_json::{json, Value};

/// The longest answer of the receipts' keeper: a standing has a few hundred bytes.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// `plexus serve-receipts` on this machine.
#[derive(Clone, Debug)]
pub struct Handing {
	url: String,
}

/// An answer that is to be paid.
#[derive(Clone, Debug)]
pub struct Handed<'a> {
	/// By which channel.
	pub channel: u64,
	/// The receipt's place there.
	pub sequence: u64,
	/// The receipt.
	pub receipt: &'a Receipt,
	/// Where its context came from.
	pub sources: &'a [(u32, u32)],
	/// Its context.
	pub pieces: &'a [ContextLeaf],
	/// Its claims.
	pub claims: &'a [ReceiptClaim],
	/// What the user put in.
	pub prompt: &'a [u8],
	/// What came out.
	pub output: &'a [u8],
}

impl Handing {
	/// To the one at this address, like `http://127.0.0.1:8010`.
	pub fn to(url: &str) -> Self {
		Self { url: url.trim_end_matches('/').into() }
	}

	/// What a channel has come to.
	///
	/// # Errors
	/// Its own.
	pub async fn standing(&self, channel: u64) -> Result<Standing, AskError> {
		let url = format!("{}/channels/{channel}", self.url);
		ask(Method::GET, &url, None, ANSWER_BYTES_MAX).await
	}

	/// Whether it is there.
	///
	/// # Errors
	/// Its own.
	pub async fn is_there(&self) -> Result<(), AskError> {
		ask::<Value>(Method::GET, &format!("{}/", self.url), None, ANSWER_BYTES_MAX).await.map(drop)
	}

	/// Hands a voucher in; what the channel has come to. One over what was redeemed already changes nothing.
	///
	/// # Errors
	/// Its own.
	pub async fn vouch(&self, channel: u64, voucher: &Voucher) -> Result<Standing, AskError> {
		let first = voucher.sequence.saturating_add(1);
		let body =
			json!({ "channel": channel, "first": first, "receipts": [], "voucher": voucher.signature });
		match self.deliver(&body).await {
			Err(AskError::Refused { name, .. }) if name == "AlreadyRedeemed" => self.standing(channel).await,
			other => other,
		}
	}

	/// Hands a receipt in with everything that is known of it.
	///
	/// # Errors
	/// Its own.
	pub async fn hand_in(&self, handed: &Handed<'_>) -> Result<Standing, AskError> {
		self.deliver(&body_of(handed)).await
	}

	async fn deliver(&self, body: &Value) -> Result<Standing, AskError> {
		ask(Method::POST, &format!("{}/receipts", self.url), Some(body), ANSWER_BYTES_MAX).await
	}
}

/// The body of `POST /receipts`.
pub fn body_of(handed: &Handed<'_>) -> Value {
	let source = |(datanet, version): &(u32, u32)| (DatanetId(*datanet), DatanetVersion(*version));
	let delivery = Delivery {
		channel: ChannelId(handed.channel),
		first: handed.sequence,
		receipts: vec![*handed.receipt],
		sources: handed.sources.iter().map(source).collect(),
		voucher: None,
	};
	let extras = Extras {
		claims: handed.claims.to_vec(),
		prompt: Some(handed.prompt.to_vec()),
		output: Some(handed.output.to_vec()),
		pieces: (!handed.pieces.is_empty()).then(|| handed.pieces.to_vec()),
	};
	json!(json::Delivery::from(&delivery).with(0, extras))
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::{Content, ContributionId, ModelId};

	#[test]
	fn a_body_has_the_receipt_with_its_claims_its_bytes_and_its_pieces() {
		let content =
			|bytes: &[u8]| Content { root: *blake3::hash(bytes).as_bytes(), len: bytes.len() as u64 };
		let receipt = Receipt {
			model: ModelId(5),
			prompt: content(b"p"),
			context: None,
			output: content(b"out"),
			fee: 9,
			disclose: true,
			execution: None,
		};
		let pieces = [ContextLeaf { contribution: ContributionId(7), offset: 0, length: 512 }];
		let mut handed = Handed {
			channel: 3,
			sequence: 4,
			receipt: &receipt,
			sources: &[(0, 1)],
			pieces: &pieces,
			claims: &[],
			prompt: b"p",
			output: b"out",
		};
		let body = body_of(&handed);
		assert_eq!(
			(&body["channel"], &body["first"], &body["sources"]),
			(&json!(3), &json!(4), &json!([[0, 1]]))
		);
		let sent = &body["receipts"][0];
		assert_eq!((&sent["fee"], &sent["model"]), (&json!("9"), &json!(5)));
		assert_eq!(sent["bytes"], json!({ "prompt": "0x70", "output": "0x6f7574" }));
		assert_eq!(sent["pieces"], json!([{ "contribution": 7, "offset": 0, "length": 512 }]));
		handed.pieces = &[];
		assert!(body_of(&handed)["receipts"][0].get("pieces").is_none(), "no context, no pieces");
	}
}
