//! Which texts are stored. They are shown in terminals, wallets and web pages, so that control characters and broken
//! UTF-8 are kept out.
//!
//! # Must not
//! Judge what a text means, or whether an endpoint answers.

/// UTF-8 with at least one visible character and no control characters.
pub(crate) fn is_name(bytes: &[u8]) -> bool {
	core::str::from_utf8(bytes)
		.is_ok_and(|text| !text.trim().is_empty() && !text.chars().any(char::is_control))
}

/// Lower-case letters, digits and `-_./`, with a letter or digit first: one spelling for each tag.
pub(crate) fn is_tag(bytes: &[u8]) -> bool {
	let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
	bytes.first().is_some_and(alphanumeric)
		&& bytes.iter().all(|byte| alphanumeric(byte) || b"-_./".contains(byte))
}

/// A scheme, a colon, and visible ASCII (RFC 3986 allows no other characters in a URI).
pub(crate) fn is_uri(bytes: &[u8]) -> bool {
	let mut halves = bytes.splitn(2, |byte| *byte == b':');
	let scheme = halves.next().unwrap_or_default();
	let rest = halves.next().unwrap_or_default();
	scheme.first().is_some_and(u8::is_ascii_alphabetic)
		&& scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
		&& !rest.is_empty()
		&& rest.iter().all(u8::is_ascii_graphic)
}
