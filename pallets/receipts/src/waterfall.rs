//! How fees are divided.
//!
//! ```text
//! fees of a model
//!  ├── protocol's share ── half, rounded down: validators' pot
//!  │                    └─ the rest: burned
//!  └── revenue (net)
//!       ├── royalties of all ancestors          stay in the pot until pulled
//!       │    └── each: data share → pools of the ancestor's manifest, the rest → its developer
//!       └── the model's own part
//!            ├── server's share                 credited at once
//!            ├── data's share → pools           at once
//!            └── developer's share              stays in the pot until pulled
//! ```
//!
//! # Rounding
//! Each part is the floor of its exact share of the **sum of all revenue ever**, less what was given of it before. So
//! nobody ever gets more than its share, everybody is short of it by less than one unit for ever (not for each payment),
//! and the order and size of payments change nothing. What floors leave, less than one unit for each recipient of a
//! model, stays in the pot and becomes whole with further revenue; it belongs to nobody. No recipient takes the
//! remainder: its total could fall when two others round up at once, and what was pulled could not be returned.
//!
//! The protocol's share may change over time, so that its fraction of a unit is carried along instead: many small fees
//! pay as much as one large one. Of an odd share the burn takes the odd unit.
//!
//! # Must not
//! Read or write storage, or know who is paid.
//!
//! # Invariants
//! Every part is non-decreasing in the revenue, and their sum never exceeds it.

use crate::types::{Balance, Book, RevenueTerms};
use sp_runtime::{traits::Saturating, PerThing, Perbill};

/// What of a model's revenue belongs to whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Parts {
	/// All ancestors.
	pub royalties: Balance,
	/// Whoever served.
	pub server: Balance,
	/// The manifest's data.
	pub data: Balance,
	/// The developer.
	pub developer: Balance,
}

/// What a further payment adds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Earned {
	/// The protocol's share.
	pub protocol: Balance,
	/// The rest.
	pub net: Balance,
	/// The server's part of it.
	pub server: Balance,
	/// The data's part of it.
	pub data: Balance,
	/// The developer's part of it.
	pub developer: Balance,
}

impl<AccountId> RevenueTerms<AccountId> {
	/// What of so much revenue belongs to whom.
	pub fn parts(&self, revenue: Balance) -> Parts {
		let royalties = self.royalties.mul_floor(revenue);
		let own = revenue.saturating_sub(royalties);
		let data = if self.pays_data { self.data } else { Perbill::zero() };
		// Exact, because the shares were checked to sum to one at most.
		let developer = Perbill::one().saturating_sub(self.server).saturating_sub(data);
		Parts {
			royalties,
			server: self.server.mul_floor(own),
			data: data.mul_floor(own),
			developer: developer.mul_floor(own),
		}
	}
}

impl<AccountId> Book<AccountId> {
	/// The empty book of a model.
	pub fn new(terms: RevenueTerms<AccountId>) -> Self {
		Self {
			terms,
			revenue: 0,
			protocol_remainder: 0,
			developer_taken: 0,
			developer_held: 0,
			royalties_taken: 0,
		}
	}

	/// Enters fees; nothing if the revenue were more than a [`Balance`] holds.
	pub fn earn(&mut self, gross: Balance, protocol_share: Perbill) -> Option<Earned> {
		let protocol = self.take_protocol(gross, protocol_share);
		let net = gross.saturating_sub(protocol);
		let before = self.terms.parts(self.revenue);
		self.revenue = self.revenue.checked_add(net)?;
		let after = self.terms.parts(self.revenue);
		Some(Earned {
			protocol,
			net,
			server: after.server.saturating_sub(before.server),
			data: after.data.saturating_sub(before.data),
			developer: after.developer.saturating_sub(before.developer),
		})
	}

	/// The whole units of the share and of what was carried along.
	fn take_protocol(&mut self, gross: Balance, share: Perbill) -> Balance {
		let one = u128::from(Perbill::ACCURACY);
		// Below one billion times one billion, and so is the product; two remainders are less than two units.
		let remainder = (gross % one).saturating_mul(share.deconstruct().into()) % one;
		let carried = remainder.saturating_add(self.protocol_remainder.into());
		self.protocol_remainder = (carried % one) as u32;
		// Of no fee no more than the fee, whatever was carried along from a higher share.
		share.mul_floor(gross).saturating_add(carried / one).min(gross)
	}

	/// What of the revenue has not left the pot: what is to be pulled, and what floors left.
	pub fn retained(&self) -> Balance {
		let Parts { server, data, .. } = self.terms.parts(self.revenue);
		self.revenue
			.saturating_sub(server)
			.saturating_sub(data)
			.saturating_sub(self.developer_taken)
			.saturating_sub(self.royalties_taken)
	}

	/// What the developer may pull of its own part.
	pub fn developer_due(&self) -> Balance {
		let developer = self.terms.parts(self.revenue).developer;
		developer.saturating_sub(self.developer_taken).saturating_sub(self.developer_held)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn terms(royalties: u32, server: u32, data: u32, pays_data: bool) -> RevenueTerms<u64> {
		let [royalties, server, data] = [royalties, server, data].map(Perbill::from_parts);
		RevenueTerms { developer: 1, royalties, server, data, data_of_royalties: Perbill::zero(), pays_data }
	}

	#[test]
	fn no_part_ever_falls_and_all_together_leave_less_than_three_units() {
		for shares in
			[(333_333_333, 500_000_000, 500_000_000), (1, 1, 999_999_999), (0, 333_333_333, 333_333_334)]
		{
			for pays_data in [false, true] {
				let terms = terms(shares.0, shares.1, shares.2, pays_data);
				let mut last = Parts::default();
				for revenue in 0..2_000 {
					let parts = terms.parts(revenue);
					assert!(parts.royalties >= last.royalties && parts.server >= last.server);
					assert!(parts.data >= last.data && parts.developer >= last.developer);
					let sum = parts.royalties + parts.server + parts.data + parts.developer;
					assert!(sum <= revenue && revenue - sum < 3, "{parts:?} of {revenue}");
					last = parts;
				}
			}
		}
	}

	#[test]
	fn small_fees_pay_the_protocol_as_much_as_one_large_fee() {
		let share = Perbill::from_percent(3);
		let mut book = Book::new(terms(0, 0, 0, false));
		let small: Balance = (0..1_000).map(|_| book.earn(1, share).expect("it fits").protocol).sum();
		assert_eq!(small, 30);
		assert_eq!(book.protocol_remainder, 0);
	}

	#[test]
	fn what_was_carried_along_never_exceeds_the_fee() {
		let mut book = Book::new(terms(0, 0, 0, false));
		book.earn(1, Perbill::from_parts(999_999_999)).expect("it fits");
		let earned = book.earn(1, Perbill::one()).expect("it fits");
		assert_eq!((earned.protocol, earned.net), (1, 0));
		assert_eq!(book.earn(0, Perbill::one()).expect("it fits").protocol, 0);
	}

	#[test]
	fn without_a_manifest_the_datas_share_is_the_developers() {
		let parts = terms(0, 500_000_000, 300_000_000, false).parts(10);
		assert_eq!(parts, Parts { royalties: 0, server: 5, data: 0, developer: 5 });
	}

	#[test]
	fn more_than_a_balance_holds_is_no_revenue() {
		let mut book = Book::new(terms(0, 0, 0, false));
		assert!(book.earn(Balance::MAX, Perbill::zero()).is_some());
		assert_eq!(book.earn(1, Perbill::zero()), None);
	}
}
