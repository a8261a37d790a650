//! Which licences, media types and locators are stored. [`plexus_primitives::text`] holds the rules for all texts.
//!
//! # Must not
//! Judge what a text means. Whether a licence exists, a media type is true or a locator leads anywhere is for
//! people to find out.

use plexus_primitives::text;

/// The characters of an SPDX licence expression (SPDX 2.3, annex D), at least one of them not a space.
pub(crate) fn is_licence(bytes: &[u8]) -> bool {
	let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-.+:() ".contains(byte);
	bytes.iter().all(allowed) && bytes.iter().any(u8::is_ascii_alphanumeric)
}

/// `type/subtype`, each of the characters of a restricted name (RFC 6838, 4.2), with optional parameters after
/// a semicolon in printable ASCII.
pub(crate) fn is_media_type(bytes: &[u8]) -> bool {
	let is_name = |part: &[u8]| {
		part.first().is_some_and(u8::is_ascii_alphanumeric)
			&& part.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(byte))
	};
	let mut halves = bytes.splitn(2, |byte| *byte == b';');
	let essence = halves.next().unwrap_or_default();
	let parameters = halves.next().unwrap_or_default();
	let mut names = essence.splitn(2, |byte| *byte == b'/');
	names.next().is_some_and(is_name)
		&& names.next().is_some_and(is_name)
		&& parameters.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')
}

/// Nothing, or a URI.
pub(crate) fn is_locator(bytes: &[u8]) -> bool {
	bytes.is_empty() || text::is_uri(bytes)
}
