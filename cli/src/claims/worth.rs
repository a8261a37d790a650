//! What claims and challenges move, computed as the chain computes it, so that what it says can be checked.
//!
//! ```text
//! data money of a receipt = ⌊ the model's in the batch × fee ÷ fees of the model in the batch ⌋
//! a claim                 = ⌊ ⌊ class × data money ⌋ × its bytes ÷ all bytes ⌋       of the context, or of the output
//! an unlisted source      = ⌊ ⌊ span × the greater of data money and developer's part ⌋ × its bytes ÷ all bytes ⌋
//! a commitment's deposit  = the greater of the least one and ⌊ hold × time to reveal ÷ window ⌋
//! ```
//!
//! # Must not
//! Round up, or take anything from the node but the batch's own parameters and shares.

use super::chain::{Limits, OpenBatch, Parameters, Share};
use crate::validators::Percent;
use plexus_primitives::{Evidence, Receipt};
use sp_core::U256;

/// Billionths in a whole.
const WHOLE: u128 = 1_000_000_000;

/// `⌊ amount × part ÷ whole ⌋`; nothing of nothing, and never more than the amount.
pub(crate) fn fraction(amount: u128, part: u128, whole: u128) -> u128 {
	if whole == 0 {
		return 0;
	}
	let product = U256::from(amount) * U256::from(part.min(whole));
	// No more than the amount, which has 128 bits.
	(product / U256::from(whole)).low_u128()
}

/// A share of an amount, floored.
pub(crate) fn of(share: Percent, amount: u128) -> u128 {
	fraction(amount, share.0.into(), WHOLE)
}

/// The bytes that a claim is a part of.
pub(crate) fn whole_of(evidence: &Evidence, receipt: &Receipt) -> u64 {
	match evidence {
		Evidence::Grounded { .. } => receipt.context.map_or(0, |context| context.bytes),
		Evidence::Span { .. } | Evidence::Attested { .. } => receipt.output.len,
	}
}

/// What a claim moves of the data money of a receipt.
pub(crate) fn claim(parameters: &Parameters, share: &Share, evidence: &Evidence, receipt: &Receipt) -> u128 {
	let data = fraction(share.data, receipt.fee, share.fees);
	let whole = whole_of(evidence, receipt).into();
	match evidence {
		Evidence::Grounded { length, .. } => fraction(of(parameters.grounded, data), (*length).into(), whole),
		Evidence::Span { length, .. } => fraction(of(parameters.span, data), (*length).into(), whole),
		Evidence::Attested { score } => of(Percent(score.deconstruct()), of(parameters.attested, data)),
	}
}

/// What an unlisted source of so many bytes moves of the developer's part, of which others of the receipt took some.
pub(crate) fn unlisted(
	parameters: &Parameters,
	share: &Share,
	receipt: &Receipt,
	length: u64,
	taken: u128,
) -> u128 {
	let data = fraction(share.data, receipt.fee, share.fees);
	let developer = fraction(share.developer, receipt.fee, share.fees);
	let measured = of(parameters.span, data.max(developer));
	fraction(measured, length.into(), receipt.output.len.into()).min(developer.saturating_sub(taken))
}

/// What has to be put on hold to commit to something about a batch.
pub(crate) fn commitment_deposit(batch: &OpenBatch, limits: &Limits) -> u128 {
	let Parameters { reveal_ms, window_ms, .. } = batch.parameters;
	fraction(batch.hold, reveal_ms.into(), window_ms.into()).max(limits.commitment_deposit)
}

/// What whoever proves a fraud gets of the hold.
pub(crate) fn reward(batch: &OpenBatch) -> u128 {
	of(batch.parameters.challenger, batch.hold)
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::{DecodeAll, Encode};
	use pallet_attribution::types;
	use plexus_primitives::{Content, Context, ModelId};
	use sp_runtime::Perbill;

	fn receipt(fee: u128) -> Receipt {
		Receipt {
			model: ModelId(1),
			prompt: Content { root: [1; 32], len: 3 },
			context: Some(Context { root: [2; 32], bytes: 997 }),
			output: Content { root: [3; 32], len: 1_009 },
			fee,
			disclose: true,
			execution: None,
		}
	}

	#[test]
	fn claims_and_unlisted_sources_are_worth_what_the_pallet_says() {
		let theirs = types::Parameters::LIVE;
		let ours = Parameters::decode_all(&mut &theirs.encode()[..]).expect("the same encoding");
		let evidences = [
			Evidence::Span { output: 0, offset: 0, length: 333 },
			Evidence::Grounded { offset: 5, length: 444 },
			Evidence::Attested { score: Perbill::from_percent(50) },
		];
		for (fees, data, developer, fee) in [
			(7, 5, 1, 3),
			(1_000_003, 500_009, 400_001, 999_983),
			(u128::MAX, u128::MAX - 5, u128::MAX / 3, u128::MAX / 7),
			(0, 9, 9, 0),
		] {
			let share = types::Share { model: ModelId(1), fees, data, claimed: 0, developer, held: 0 };
			let our_share = Share::decode_all(&mut &share.encode()[..]).expect("the same encoding");
			let receipt = receipt(fee);
			for evidence in &evidences {
				let whole = whole_of(evidence, &receipt);
				let expected = theirs.claimed(evidence, share.data_of(fee), whole);
				assert_eq!(claim(&ours, &our_share, evidence, &receipt), expected, "{evidence:?}");
			}
			let expected = theirs.unlisted(share.data_of(fee), share.developer_of(fee), 300, 1_009);
			let expected = expected.min(share.developer_of(fee).saturating_sub(2));
			assert_eq!(unlisted(&ours, &our_share, &receipt, 300, 2), expected);
		}
	}

	#[test]
	fn shares_are_floored_as_those_of_the_runtime() {
		for amount in [0, 1, 9, 999_999_999, 1_000_000_001, u128::MAX] {
			for parts in [0, 1, 30_000_000, 333_333_333, 999_999_999, 1_000_000_000] {
				assert_eq!(of(Percent(parts), amount), Perbill::from_parts(parts).mul_floor(amount));
			}
		}
	}
}
