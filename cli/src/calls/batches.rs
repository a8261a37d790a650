//! The call that redeems a batch of receipts and makes its claims.
//!
//! # Must not
//! Change an amount, or the order of anything: signatures are over all of it.

use super::{call, content_value, list, optional, Call};
use plexus_payments::{Batch, Redemption, Signature};
use plexus_primitives::{Claim, Content, Evidence, Receipt};
use subxt::dynamic::Value;

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

#[cfg(test)]
mod tests {
	use super::*;
	use crate::calls::{
		agents,
		testing::{metadata, read},
	};
	use codec::Encode;
	use plexus_primitives::DatanetVersion;

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
}
