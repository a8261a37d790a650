//! Amounts of PLX, exactly.
//!
//! # Must not
//! Use a float anywhere: 0.1 has no exact one.
//!
//! # Invariants
//! What [`Amount`] prints parses to the same amount. In JSON an amount is a string of digits that counts the
//! smallest unit (10^-12 PLX): JSON readers round numbers beyond 2^53.

use plexus_primitives::constants::{Balance, TOKEN_DECIMALS, TOKEN_SYMBOL, UNITS};
use serde::{de, Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// An amount in the smallest unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Amount(pub Balance);

/// Why a text is no amount.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum AmountError {
	/// Something that is neither a digit nor the one decimal point.
	#[error("`{0}` is not an amount; write it like 12 or 1.5 (in {TOKEN_SYMBOL}, with a point, without signs or separators)")]
	NotANumber(String),
	/// More decimals than the token has.
	#[error("{decimals} decimals are too many; {TOKEN_SYMBOL} has {TOKEN_DECIMALS}, the smallest amount is 0.000000000001")]
	TooPrecise { decimals: usize },
	/// Does not fit in 128 bits.
	#[error("`{0}` {TOKEN_SYMBOL} is more than can exist")]
	TooLarge(String),
}

impl FromStr for Amount {
	type Err = AmountError;

	/// Reads an amount of PLX, like `1.5`, `0.001 PLX` or `.5`.
	fn from_str(text: &str) -> Result<Self, AmountError> {
		let number = text.trim();
		let number = number.strip_suffix(TOKEN_SYMBOL).map_or(number, str::trim_end);
		let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
		let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
		if whole.len() + decimals.len() == 0 || !digits_only(whole) || !digits_only(decimals) {
			return Err(AmountError::NotANumber(text.into()));
		}
		if decimals.len() > TOKEN_DECIMALS as usize {
			return Err(AmountError::TooPrecise { decimals: decimals.len() });
		}
		let too_large = || AmountError::TooLarge(text.into());
		let parse = |digits: &str| match digits {
			"" => Ok(0),
			digits => digits.parse::<Balance>().map_err(|_| too_large()),
		};
		let fraction = parse(decimals)? * 10u128.pow(TOKEN_DECIMALS as u32 - decimals.len() as u32);
		let whole = parse(whole)?.checked_mul(UNITS).ok_or_else(too_large)?;
		whole.checked_add(fraction).map(Self).ok_or_else(too_large)
	}
}

impl fmt::Display for Amount {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let (whole, fraction) = (self.0 / UNITS, self.0 % UNITS);
		if fraction == 0 {
			return write!(f, "{whole} {TOKEN_SYMBOL}");
		}
		let fraction = format!("{fraction:0width$}", width = TOKEN_DECIMALS as usize);
		write!(f, "{whole}.{} {TOKEN_SYMBOL}", fraction.trim_end_matches('0'))
	}
}

impl Serialize for Amount {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(&self.0)
	}
}

impl<'de> Deserialize<'de> for Amount {
	/// Reads what is serialised, as a node writes it too: digits that count the smallest unit.
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		String::deserialize(deserializer)?.parse().map(Self).map_err(de::Error::custom)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn parse(text: &str) -> Result<u128, AmountError> {
		text.parse::<Amount>().map(|amount| amount.0)
	}

	#[test]
	fn what_is_serialised_is_read_again_and_nothing_else() {
		for amount in [0, 1, u128::MAX].map(Amount) {
			let json = serde_json::to_string(&amount).expect("plain data");
			assert_eq!(serde_json::from_str::<Amount>(&json).expect("it was written so"), amount);
		}
		for json in ["1", "\"\"", "\"1.5\"", "\"-1\"", "\"1 PLX\"", "null"] {
			assert!(serde_json::from_str::<Amount>(json).is_err(), "{json}");
		}
	}

	#[test]
	fn amounts_are_parsed_exactly() {
		assert_eq!(parse("0"), Ok(0));
		assert_eq!(parse("1"), Ok(1_000_000_000_000));
		assert_eq!(parse("1.5"), Ok(1_500_000_000_000));
		assert_eq!(parse("1.5 PLX"), Ok(1_500_000_000_000));
		assert_eq!(parse(" 1.PLX"), Ok(1_000_000_000_000));
		assert_eq!(parse(".1"), Ok(100_000_000_000));
		assert_eq!(parse("0.1"), Ok(100_000_000_000));
		assert_eq!(parse("0.000000000001"), Ok(1));
		assert_eq!(parse("123456789.123456789012"), Ok(123_456_789_123_456_789_012));
		// 2^128 - 1 in the smallest unit, to the last digit.
		assert_eq!(parse("340282366920938463463374607.431768211455"), Ok(u128::MAX));
	}

	#[test]
	fn what_is_not_an_amount_is_refused_with_the_reason() {
		for text in
			["", " ", ".", "PLX", "-1", "+1", "1e3", "1,5", "1_000", "0x10", "1.2.3", "1 000", "∞", "１"]
		{
			assert_eq!(parse(text), Err(AmountError::NotANumber(text.into())), "{text:?}");
		}
		assert_eq!(parse("0.0000000000001"), Err(AmountError::TooPrecise { decimals: 13 }));
		for text in
			["340282366920938463463374607.431768211456", "340282366920938463463374608", &"9".repeat(60)]
		{
			assert_eq!(parse(text), Err(AmountError::TooLarge(text.into())), "{text:?}");
		}
	}

	#[test]
	fn what_is_printed_parses_back() {
		let mut amount = 1u128;
		for step in 0..2_000u128 {
			assert_eq!(parse(&Amount(amount).to_string()), Ok(amount));
			amount = amount.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).wrapping_add(step)
				>> (step % 100);
		}
		assert_eq!(Amount(1_500_000_000_000).to_string(), "1.5 PLX");
		assert_eq!(Amount(1).to_string(), "0.000000000001 PLX");
		assert_eq!(Amount(2 * UNITS).to_string(), "2 PLX");
	}

	#[test]
	fn json_holds_the_smallest_unit_as_a_string() {
		assert_eq!(serde_json::to_string(&Amount(u128::MAX)).unwrap(), format!("\"{}\"", u128::MAX));
	}
}
