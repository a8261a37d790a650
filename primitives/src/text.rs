//! Which texts the chain stores. They are shown in terminals, wallets and web pages, so that control characters and
//! broken UTF-8 are kept out.
//!
//! # Must not
//! Judge what a text means, or whether an address answers.

/// UTF-8 with at least one visible character and no control characters.
pub fn is_name(bytes: &[u8]) -> bool {
	core::str::from_utf8(bytes)
		.is_ok_and(|text| !text.trim().is_empty() && !text.chars().any(char::is_control))
}

/// Lower-case letters, digits and `-_./`, with a letter or digit first: one spelling for each tag.
pub fn is_tag(bytes: &[u8]) -> bool {
	let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
	bytes.first().is_some_and(alphanumeric)
		&& bytes.iter().all(|byte| alphanumeric(byte) || b"-_./".contains(byte))
}

/// A scheme, a colon, and visible ASCII (RFC 3986 allows no other characters in a URI).
pub fn is_uri(bytes: &[u8]) -> bool {
	let mut halves = bytes.splitn(2, |byte| *byte == b':');
	let scheme = halves.next().unwrap_or_default();
	let rest = halves.next().unwrap_or_default();
	scheme.first().is_some_and(u8::is_ascii_alphabetic)
		&& scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
		&& !rest.is_empty()
		&& rest.iter().all(u8::is_ascii_graphic)
}

/// `type/subtype`, each of the characters of a restricted name (RFC 6838, 4.2), with optional parameters after
/// a semicolon in printable ASCII.
pub fn is_media_type(bytes: &[u8]) -> bool {
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn names_are_visible_text() {
		for good in ["a", "Ünïcode ✓", "two words"] {
			assert!(is_name(good.as_bytes()), "{good:?}");
		}
		for bad in [&b""[..], b"  ", b"a\nb", b"\x1b[2J", b"\xff", "\u{85}x".as_bytes()] {
			assert!(!is_name(bad), "{bad:?}");
		}
	}

	#[test]
	fn a_tag_has_one_spelling() {
		for good in ["nlp", "text/plain", "gpt-2", "0.1", "a_b"] {
			assert!(is_tag(good.as_bytes()), "{good:?}");
		}
		for bad in ["", "NLP", "-a", "a b", "é", "a,b"] {
			assert!(!is_tag(bad.as_bytes()), "{bad:?}");
		}
	}

	#[test]
	fn a_media_type_has_two_names_and_perhaps_parameters() {
		for good in ["text/plain", "application/vnd.a+json", "text/plain; charset=utf-8", "x/y;"] {
			assert!(is_media_type(good.as_bytes()), "{good:?}");
		}
		for bad in
			["", "text", "text/", "/plain", "text/pl ain", "a/b/c", "text/plain;\n", "tëxt/plain", ".a/b"]
		{
			assert!(!is_media_type(bad.as_bytes()), "{bad:?}");
		}
	}

	#[test]
	fn a_uri_has_a_scheme_and_no_spaces() {
		for good in ["https://example.org/x?y#z", "ipfs:bafy", "urn:a", "a+b-c.d:e"] {
			assert!(is_uri(good.as_bytes()), "{good:?}");
		}
		for bad in ["", ":", "https:", "://x", "1a:b", "no scheme", "a:b c", "a:b\n", "a:é"] {
			assert!(!is_uri(bad.as_bytes()), "{bad:?}");
		}
	}
}
