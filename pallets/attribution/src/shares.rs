//! What claims are worth.
//!
//! ```text
//! data money of a receipt   = ⌊ the model's in the batch × fee ÷ fees of the model in the batch ⌋
//! a claim                   = ⌊ ⌊ class × data money ⌋ × its bytes ÷ all bytes ⌋       of the context, or of the output
//! all claims of a receipt   ≤ ⌊ all × data money ⌋                                     what is more is refused
//! an unlisted source        = ⌊ ⌊ span × the greater of data money and developer's part ⌋ × its bytes ÷ all bytes ⌋
//! all of those of a receipt ≤ the developer's part
//! ```
//!
//! Everything is floored for each receipt and never made up elsewhere: claims that are cut into pieces never move more,
//! and what floors leave is the manifest's.
//!
//! An unlisted source is measured on the greater of the two, because a developer who hides what a model was made from
//! could choose that its data gets nothing.
//!
//! # Must not
//! Read or write storage, or round up.

use crate::types::{Balance, Parameters, Share};
use plexus_primitives::Evidence;
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// `⌊ amount × part ÷ whole ⌋`; nothing of nothing, and never more than the amount.
pub fn fraction(amount: Balance, part: u128, whole: u128) -> Balance {
	if whole == 0 {
		return 0;
	}
	// The product needs more than 128 bits; the result does not, since the part is no greater than the whole.
	let part = part.min(whole);
	multiply_by_rational_with_rounding(amount, part, whole, Rounding::Down).unwrap_or_default()
}

impl Share {
	/// The data's money of a receipt with this fee.
	pub fn data_of(&self, fee: Balance) -> Balance {
		fraction(self.data, fee, self.fees)
	}

	/// The developer's part of a receipt with this fee.
	pub fn developer_of(&self, fee: Balance) -> Balance {
		fraction(self.developer, fee, self.fees)
	}
}

impl Parameters {
	/// What a claim moves of a receipt's data money. `whole` is the bytes of the context or of the output.
	pub fn claimed(&self, evidence: &Evidence, data: Balance, whole: u64) -> Balance {
		match evidence {
			Evidence::Grounded { length, .. } => {
				fraction(self.grounded.mul_floor(data), (*length).into(), whole.into())
			}
			Evidence::Span { length, .. } => {
				fraction(self.span.mul_floor(data), (*length).into(), whole.into())
			}
			Evidence::Attested { score } => score.mul_floor(self.attested.mul_floor(data)),
		}
	}

	/// What an unlisted source moves.
	pub fn unlisted(&self, data: Balance, developer: Balance, length: u64, whole: u64) -> Balance {
		fraction(self.span.mul_floor(data.max(developer)), length.into(), whole.into())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_runtime::Perbill;

	#[test]
	fn a_fraction_is_exact_where_its_product_is_not_a_balance() {
		assert_eq!(fraction(Balance::MAX, 1, 1), Balance::MAX);
		assert_eq!(fraction(Balance::MAX, u128::MAX - 1, u128::MAX), Balance::MAX - 1);
		assert_eq!(fraction(10, 1, 3), 3);
		assert_eq!(fraction(10, 5, 3), 10, "no more than all of it");
		assert_eq!(fraction(10, 0, 0), 0);
	}

	#[test]
	fn cutting_a_claim_into_pieces_never_moves_more() {
		let parameters = Parameters::LIVE;
		let span = |length| Evidence::Span { output: 0, offset: 0, length };
		for data in [0, 1, 7, 999, 1_000_003] {
			let whole = parameters.claimed(&span(100), data, 333);
			for cut in 0..=100 {
				let (one, other) = (span(cut), span(100 - cut));
				let pieces = parameters.claimed(&one, data, 333) + parameters.claimed(&other, data, 333);
				assert!(pieces <= whole);
			}
		}
	}

	#[test]
	fn attested_claims_are_worth_nothing() {
		let score = Evidence::Attested { score: Perbill::one() };
		assert_eq!(Parameters::LIVE.claimed(&score, Balance::MAX, 1), 0);
	}
}
