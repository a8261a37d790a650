//! Lengths of time as people type them: 90s, 30m, 24h, 7d.

use std::str::FromStr;

/// A length of time, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span(pub(crate) u64);

/// Why a text is no length of time.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no length of time; write a whole number and a unit, like 90s, 30m, 24h or 7d")]
pub(crate) struct SpanError(String);

impl FromStr for Span {
	type Err = SpanError;

	fn from_str(given: &str) -> Result<Self, SpanError> {
		let wrong = || SpanError(given.into());
		let unit = given.chars().next_back().ok_or_else(wrong)?;
		let number = given.strip_suffix(unit).ok_or_else(wrong)?;
		let unit_ms = match unit {
			's' => 1_000,
			'm' => 60_000,
			'h' => 3_600_000,
			'd' => 86_400_000,
			_ => return Err(wrong()),
		};
		if !number.bytes().all(|byte| byte.is_ascii_digit()) {
			return Err(wrong());
		}
		let number: u64 = number.parse().map_err(|_| wrong())?;
		number.checked_mul(unit_ms).map(Self).ok_or_else(wrong)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn lengths_of_time_are_whole_numbers_with_a_unit() {
		for (given, ms) in [("90s", 90_000), ("1m", 60_000), ("24h", 86_400_000), ("7d", 604_800_000)] {
			assert_eq!(given.parse(), Ok(Span(ms)));
		}
		for given in [
			"",
			"s",
			"5",
			"1.5h",
			"-1s",
			"+1s",
			"1 h",
			"1w",
			"99999999999999999999s",
			"18446744073709551615d",
			"é",
		] {
			assert!(given.parse::<Span>().is_err(), "{given}");
		}
	}
}
