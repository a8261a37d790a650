//! Times as people write them: `90s`, `3m`, `1h`.

use std::time::Duration;

/// The longest: thirty days.
const SECONDS_MAX: u64 = 30 * 24 * 60 * 60;

/// Reads a whole number of seconds, minutes or hours.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
	let parsed = ["s", "m", "h"].into_iter().zip([1, 60, 3_600]).find_map(|(unit, seconds)| {
		let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
		number.checked_mul(seconds)
	});
	match parsed {
		Some(seconds) if (1..=SECONDS_MAX).contains(&seconds) => Ok(Duration::from_secs(seconds)),
		_ => Err("write a number with its unit, like 90s, 3m or 1h; thirty days at most".into()),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_time_has_a_unit_and_bounds() {
		for (text, seconds) in [("90s", 90), ("3m", 180), ("1h", 3_600), ("720h", SECONDS_MAX)] {
			assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
		}
		for text in
			["", "3", "m", "0s", "-1s", "1.5m", "721h", "99999999999999999999h", "18446744073709551615h"]
		{
			assert!(duration(text).is_err(), "{text}");
		}
	}
}
