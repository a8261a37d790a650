//! Where the decisions of a history come from: a seed, or the bytes of a fuzzer.
//!
//! # Must not
//! Know what is decided: the same choices make the same history.

// Each binary uses a part.
#![allow(dead_code)]

use plexus_primitives::constants::{Balance, MICRO_UNITS, UNITS};

/// A source of decisions.
pub enum Choices {
	/// Without an end. The state of SplitMix64 (Steele, Lea, Flood 2014).
	Seeded(u64),
	/// These; each decision takes some from the front. Afterwards every decision is the first there is.
	Given(std::vec::IntoIter<u8>),
}

impl Choices {
	pub fn seeded(seed: u64) -> Self {
		Self::Seeded(seed)
	}

	pub fn given(bytes: &[u8]) -> Self {
		Self::Given(Vec::from(bytes).into_iter())
	}

	/// Whether nothing is left to decide.
	pub fn is_over(&self) -> bool {
		matches!(self, Self::Given(bytes) if bytes.len() == 0)
	}

	/// Below this bound; 0 if there is nothing below it.
	pub fn below(&mut self, bound: u64) -> u64 {
		let drawn = match self {
			Self::Seeded(state) => {
				*state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
				let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
				let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
				mixed ^ (mixed >> 31)
			}
			Self::Given(bytes) => {
				let count = match bound {
					0..=0x100 => 1,
					0x101..=0x1_0000 => 2,
					_ => 8,
				};
				bytes.take(count).fold(0, |sum, byte| sum << 8 | u64::from(byte))
			}
		};
		drawn.checked_rem(bound).unwrap_or_default()
	}

	pub fn one_in(&mut self, times: u64) -> bool {
		self.below(times) == 0
	}

	/// One of these.
	pub fn pick<Item: Clone>(&mut self, items: &[Item]) -> Option<Item> {
		let place = self.below(items.len() as u64) as usize;
		items.get(place).cloned()
	}

	/// Mostly some units, sometimes next to nothing; never a round number for long.
	pub fn amount(&mut self) -> Balance {
		match self.below(8) {
			0 => Balance::from(self.below(50)),
			1 => Balance::from(self.below(1_000)) * MICRO_UNITS,
			_ => Balance::from(self.below(50)) * UNITS + Balance::from(self.below(1 << 40)),
		}
	}
}
