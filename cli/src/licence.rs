//! Licences: which expressions are SPDX, and whether what is under one may be offered under another.
//!
//! The chain checks the form of an expression only; which licences exist is known here, by the `spdx` crate.
//!
//! # Must not
//! Give legal advice: [`allows`] compares expressions, it does not read licences.
//!
//! Source: SPDX specification 2.3, annex D.

use crate::failure::Failure;
use spdx::{Expression, LicenseReq, ParseMode};

/// The most different licences in an expression that is compared: each doubles the work.
const LICENCES_MAX: usize = 12;

/// Reads an expression as a datanet has it: strictly, apart from `LicenseRef-…` and the like, which SPDX has a place for.
///
/// # Errors
/// It is no SPDX expression, or names a licence that is not on the list.
pub(crate) fn parse(expression: &str) -> Result<Expression, Failure> {
	Expression::parse(expression).map_err(|error| {
		let remedy = match Expression::canonicalize(expression) {
			Ok(Some(canonical)) if Expression::parse(&canonical).is_ok() => format!("write `{canonical}`"),
			_ => "write identifiers of https://spdx.org/licenses, joined by AND, OR and WITH, like \
			      `MIT OR Apache-2.0`; what is not on the list is `LicenseRef-` and a name of its own"
				.to_string(),
		};
		Failure::input("InvalidLicence", format!("`{expression}`: {}", explain(&error)), remedy)
	})
}

/// Reads an expression as manifests have it: `MIT/Apache-2.0` and names that SPDX has withdrawn are taken.
pub(crate) fn parse_lax(expression: &str) -> Option<Expression> {
	Expression::parse_mode(expression, ParseMode::LAX).ok()
}

/// The identifier of the SPDX list that is spelt like this, but for the case of its letters.
pub(crate) fn identifier(name: &str) -> Option<String> {
	let found = spdx::identifiers::LICENSES.iter().find(|known| known.name.eq_ignore_ascii_case(name))?;
	parse(found.name).is_ok().then(|| found.name.to_string())
}

/// The reason in one line, with the place that it is about.
fn explain(error: &spdx::ParseError) -> String {
	let whole = error.to_string();
	let reason = whole.lines().last().unwrap_or_default();
	let reason = reason.trim().trim_start_matches(['^', '-']).trim();
	match error.original.get(error.span.clone()) {
		Some(part) if !part.is_empty() => format!("`{part}`: {reason}"),
		_ => reason.to_string(),
	}
}

/// Whether what is licensed under `given` may be offered under `offered`: whatever set of licences satisfies `offered`
/// satisfies `given` too. So `MIT OR Apache-2.0` may be offered under `MIT`, and not the other way round.
pub(crate) fn allows(given: &Expression, offered: &Expression) -> bool {
	let mut licences: Vec<&LicenseReq> = Vec::new();
	for requirement in offered.requirements() {
		if !licences.contains(&&requirement.req) {
			licences.push(&requirement.req);
		}
	}
	if licences.len() > LICENCES_MAX {
		return given.to_string() == offered.to_string();
	}
	(0u32..1 << licences.len()).all(|chosen| {
		let holds = |requirement: &LicenseReq| {
			let place = licences.iter().position(|licence| *licence == requirement);
			place.is_some_and(|place| chosen & (1 << place) != 0)
		};
		!offered.evaluate(holds) || given.evaluate(holds)
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_expression_that_is_none_says_what_is_wrong_and_what_to_write() {
		for (expression, part) in [
			("MIT OR Apache", "Apache"),
			("MIT AND", "AND"),
			("", "``"),
			("(MIT", "paren"),
			("MIT/Apache-2.0", "MIT"),
		] {
			let failure = parse(expression).unwrap_err();
			assert_eq!(failure.name, "InvalidLicence", "{expression}");
			assert!(failure.cause.contains(part), "{failure}");
			assert!(!failure.remedy.is_empty() && !failure.cause.contains('\n'), "{failure}");
		}
		let failure = parse("MIT/Apache-2.0").unwrap_err();
		assert!(failure.remedy.contains("MIT OR Apache-2.0"), "{failure}");
		for expression in
			["MIT", "MIT OR Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0", "LicenseRef-ours"]
		{
			parse(expression).expect(expression);
		}
	}

	#[test]
	fn what_may_be_chosen_may_be_offered_and_what_is_asked_for_cannot_be_left_out() {
		for (given, offered, expected) in [
			("MIT OR Apache-2.0", "MIT OR Apache-2.0", true),
			("Apache-2.0 OR MIT", "MIT OR Apache-2.0", true),
			("MIT/Apache-2.0", "MIT OR Apache-2.0", true),
			("MIT OR Apache-2.0", "MIT", true),
			("Zlib OR Apache-2.0 OR MIT", "MIT OR Apache-2.0", true),
			("MIT", "MIT OR Apache-2.0", false),
			("MIT AND Unicode-3.0", "MIT", false),
			("(MIT OR Apache-2.0) AND Unicode-3.0", "MIT OR Apache-2.0", false),
			("MIT", "MIT AND Unicode-3.0", true),
			("GPL-3.0-only", "MIT", false),
			("Apache-2.0 WITH LLVM-exception", "Apache-2.0", false),
		] {
			let given_expression = parse_lax(given).expect(given);
			let offered_expression = parse(offered).expect(offered);
			assert_eq!(allows(&given_expression, &offered_expression), expected, "{given} as {offered}");
		}
	}
}
