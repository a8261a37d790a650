//! Validators and stakes as the runtime's `ValidatorsApi` tells of them.
//!
//! # Must not
//! Read the pallet's storage: the layout may change, the API is the promise.
//!
//! # Invariants
//! The types here have the encoding of the runtime's; a test holds the bytes, and so does one of the pallet.

use crate::{
	client::{runtime_call, AtBlock},
	failure::Failure,
};
use codec::Decode;
use sp_core::crypto::AccountId32;
use std::{fmt, str::FromStr};

/// A validator of the current era, who would like to be one, or who is jailed.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Seat {
	/// Key and power in the era.
	pub(crate) elected: Option<([u8; 32], u64)>,
	/// The first height at which it is no longer in the set.
	pub(crate) left: Option<u64>,
	/// `None` if nobody has anything in its pool any more.
	pub(crate) pool: Option<Pool>,
}

/// A validator's pool.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Pool {
	pub(crate) id: u32,
	pub(crate) validator: AccountId32,
	/// The key from the next era on.
	pub(crate) key: Option<[u8; 32]>,
	pub(crate) commission: Percent,
	/// What it will be, at the earliest from the next era on.
	pub(crate) commission_next: Percent,
	pub(crate) standing: Standing,
	pub(crate) stake: u128,
	/// What the stake would give in an election now.
	pub(crate) power: u64,
}

/// Whether a pool may validate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode)]
pub(crate) enum Standing {
	Candidate,
	Chilled,
	Jailed { until_ms: u64 },
	Tombstoned { era: u64, fraction: Percent },
}

/// An account's stake.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Stake {
	pub(crate) bonded: u128,
	pub(crate) role: Role,
	pub(crate) claimable: u128,
	pub(crate) chunks: Vec<Chunk>,
	pub(crate) slash_pending: u128,
}

/// What a bond stands behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode)]
pub(crate) enum Role {
	Idle,
	Validator(u32),
	Nominator(u32),
}

/// Stake on its way out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Chunk {
	pub(crate) amount: u128,
	/// The pool that it still answers for.
	pub(crate) pool: Option<u32>,
	pub(crate) era: u64,
	pub(crate) unlock_at_ms: u64,
}

/// Who was elected for the current era in the order of consensus, then the other candidates, then who is jailed.
pub(crate) async fn seats(at: &AtBlock) -> Result<Vec<Seat>, Failure> {
	runtime_call(at, "ValidatorsApi_seats", ()).await
}

/// The current era, and what the chain clock shows in milliseconds.
pub(crate) async fn era_and_clock(at: &AtBlock) -> Result<(u64, u64), Failure> {
	runtime_call(at, "ValidatorsApi_era_and_clock", ()).await
}

/// The last height of the current era.
pub(crate) async fn era_ends_at(at: &AtBlock) -> Result<u64, Failure> {
	runtime_call(at, "ValidatorsApi_era_ends_at", ()).await
}

/// An account's stake.
pub(crate) async fn stake(at: &AtBlock, account: &AccountId32) -> Result<Option<Stake>, Failure> {
	runtime_call(at, "ValidatorsApi_stake", account).await
}

/// A part of a whole, in billionths; people write and read per cent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Decode)]
pub(crate) struct Percent(pub(crate) u32);

/// Billionths in a per cent: seven decimals.
const PER_CENT: u32 = 10_000_000;
const DECIMALS: usize = 7;

/// Why a text is no percentage.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no percentage; write it like 10 or 2.5, at most 100, with at most {DECIMALS} decimals")]
pub(crate) struct PercentError(String);

impl FromStr for Percent {
	type Err = PercentError;

	fn from_str(text: &str) -> Result<Self, PercentError> {
		let wrong = || PercentError(text.into());
		let number = text.trim();
		let number = number.strip_suffix('%').map_or(number, str::trim_end);
		let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
		let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
		if number.trim_matches('.').is_empty()
			|| decimals.len() > DECIMALS
			|| !is_number(whole)
			|| !is_number(decimals)
		{
			return Err(wrong());
		}
		let digits = format!("0{whole}{decimals:0<DECIMALS$}");
		match digits.parse() {
			Ok(billionths) if billionths <= 100 * PER_CENT => Ok(Self(billionths)),
			_ => Err(wrong()),
		}
	}
}

impl fmt::Display for Percent {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let (whole, decimals) = (self.0 / PER_CENT, self.0 % PER_CENT);
		match decimals {
			0 => write!(f, "{whole} %"),
			_ => write!(f, "{whole}.{} %", format!("{decimals:0DECIMALS$}").trim_end_matches('0')),
		}
	}
}

impl serde::Serialize for Percent {
	/// As billionths.
	fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.serialize_u32(self.0)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::DecodeAll;

	/// Hand-made; the pallet's test `answers_have_the_bytes_that_clients_decode` holds the same.
	#[test]
	fn answers_have_the_bytes_that_the_pallet_gives() {
		let pool = [
			&[7, 0, 0, 0][..],
			&[1; 32],
			&[1],
			&[2; 32],
			&100_000_000u32.to_le_bytes(),
			&25_000_000u32.to_le_bytes(),
			&[2],
			&9u64.to_le_bytes(),
			&5_000u128.to_le_bytes(),
			&50u64.to_le_bytes(),
		]
		.concat();
		let seat =
			[&[1][..], &[3; 32], &40u64.to_le_bytes(), &[1], &12u64.to_le_bytes(), &[1], &pool].concat();
		assert_eq!(
			Seat::decode_all(&mut &seat[..]),
			Ok(Seat {
				elected: Some(([3; 32], 40)),
				left: Some(12),
				pool: Some(Pool {
					id: 7,
					validator: [1; 32].into(),
					key: Some([2; 32]),
					commission: "10".parse().unwrap(),
					commission_next: "2.5".parse().unwrap(),
					standing: Standing::Jailed { until_ms: 9 },
					stake: 5_000,
					power: 50,
				}),
			})
		);
		let tombstoned = [&[3][..], &4u64.to_le_bytes(), &50_000_000u32.to_le_bytes()].concat();
		let expected = Standing::Tombstoned { era: 4, fraction: Percent(5 * PER_CENT) };
		assert_eq!(Standing::decode_all(&mut &tombstoned[..]), Ok(expected));
		let stake = [
			&6_000u128.to_le_bytes()[..],
			&[2, 7, 0, 0, 0],
			&30u128.to_le_bytes(),
			&[4],
			&20u128.to_le_bytes(),
			&[1, 7, 0, 0, 0],
			&3u64.to_le_bytes(),
			&8u64.to_le_bytes(),
			&1u128.to_le_bytes(),
		]
		.concat();
		let chunk = Chunk { amount: 20, pool: Some(7), era: 3, unlock_at_ms: 8 };
		assert_eq!(
			Stake::decode_all(&mut &stake[..]),
			Ok(Stake {
				bonded: 6_000,
				role: Role::Nominator(7),
				claimable: 30,
				chunks: vec![chunk],
				slash_pending: 1,
			})
		);
	}

	#[test]
	fn percentages_are_exact() {
		for (text, billionths, shown) in [
			("10", 100_000_000, "10 %"),
			("0", 0, "0 %"),
			("100", 1_000_000_000, "100 %"),
			("2.5 %", 25_000_000, "2.5 %"),
			(".0000001", 1, "0.0000001 %"),
			("007.5", 75_000_000, "7.5 %"),
		] {
			let percent: Percent = text.parse().expect(text);
			assert_eq!((percent.0, percent.to_string().as_str()), (billionths, shown));
			assert_eq!(shown.parse(), Ok(percent));
		}
		for text in ["", ".", "%", "100.0000001", "101", "-1", "1e1", "1,5", "0.00000001", "99999999999999"] {
			assert!(text.parse::<Percent>().is_err(), "{text}");
		}
	}
}
