//! Which licences and locators are stored. [`plexus_primitives::text`] holds the rules for all texts.
//!
//! # Must not
//! Judge what a text means. Whether a licence exists or a locator leads anywhere is for
//! people and clients to find out.

use plexus_primitives::text;

/// An SPDX licence expression (SPDX 2.3, annex D), checked for its form: names joined by `AND`, `OR` and `WITH`, in
/// brackets that match. Operators are upper case, as the annex wants them.
///
/// ```text
/// expression = term { ("AND" | "OR") term }
/// term       = name [ "+" ] [ "WITH" exception ] | "(" expression ")"
/// name       = idstring | [ "DocumentRef-" idstring ":" ] "LicenseRef-" idstring
/// ```
pub(crate) fn is_licence(bytes: &[u8]) -> bool {
	let mut open = 0u32;
	let mut wanted = Wanted::Term;
	let mut rest = bytes;
	while let Some((token, after)) = next_token(rest) {
		rest = after;
		wanted = match (wanted, token) {
			(Wanted::Term, b"(") => {
				open = open.saturating_add(1);
				Wanted::Term
			}
			(Wanted::Term, name) if is_licence_name(name) => Wanted::OperatorOrWith,
			(Wanted::Exception, name) if is_idstring(name) && !is_operator(name) => Wanted::Operator,
			(Wanted::OperatorOrWith, b"WITH") => Wanted::Exception,
			(Wanted::OperatorOrWith | Wanted::Operator, b"AND" | b"OR") => Wanted::Term,
			(Wanted::OperatorOrWith | Wanted::Operator, b")") if open > 0 => {
				open -= 1;
				Wanted::Operator
			}
			_ => return false,
		};
	}
	open == 0 && matches!(wanted, Wanted::OperatorOrWith | Wanted::Operator)
}

/// What may come next in an expression.
#[derive(Clone, Copy)]
enum Wanted {
	Term,
	Exception,
	Operator,
	OperatorOrWith,
}

/// A bracket, or what stands between brackets and spaces; and what follows it.
fn next_token(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
	let start = bytes.iter().position(|byte| *byte != b' ')?;
	let bytes = bytes.get(start..)?;
	let is_end = |byte: &u8| b" ()".contains(byte);
	let end = match bytes.first()? {
		b'(' | b')' => 1,
		_ => bytes.iter().position(is_end).unwrap_or(bytes.len()),
	};
	bytes.split_at_checked(end)
}

fn is_operator(token: &[u8]) -> bool {
	matches!(token, b"AND" | b"OR" | b"WITH")
}

fn is_idstring(token: &[u8]) -> bool {
	token.iter().any(u8::is_ascii_alphanumeric)
		&& token.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(byte))
}

fn is_licence_name(token: &[u8]) -> bool {
	if is_operator(token) {
		return false;
	}
	if let Some(document) = token.strip_prefix(b"DocumentRef-") {
		let mut halves = document.splitn(2, |byte| *byte == b':');
		let (document, reference) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
		return is_idstring(document) && reference.strip_prefix(b"LicenseRef-").is_some_and(is_idstring);
	}
	match token.strip_prefix(b"LicenseRef-") {
		Some(reference) => is_idstring(reference),
		None => is_idstring(token.strip_suffix(b"+").unwrap_or(token)),
	}
}

/// Nothing, or a URI.
pub(crate) fn is_locator(bytes: &[u8]) -> bool {
	bytes.is_empty() || text::is_uri(bytes)
}
