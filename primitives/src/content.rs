//! [`Content`]: the name of bytes that live off chain.
//!
//! # Must not
//! Claim that a length is proved. [`Content`] is what somebody states; [`crate::verify_length_proof`] is what
//! ties the length to the root.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Names bytes by their BLAKE3 hash and their length.
///
/// SCALE layout: 32 bytes of root, then the length as 8 little-endian bytes.
/// In JSON: `{"root": "0x…", "len": 1}`.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize))]
pub struct Content {
	/// The plain BLAKE3 hash of the bytes, as `b3sum` prints it.
	#[cfg_attr(feature = "std", serde(with = "root_hex"))]
	pub root: [u8; 32],
	/// How many bytes there are. Empty content is refused wherever content is registered.
	pub len: u64,
}

/// A root in JSON is `0x` and 64 hexadecimal digits.
#[cfg(feature = "std")]
mod root_hex {
	use impl_serde::serialize::{deserialize_check_len, serialize as serialize_hex, ExpectedLen};
	use serde::{Deserializer, Serializer};

	pub fn serialize<S: Serializer>(root: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
		serialize_hex(root, serializer)
	}

	pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
		let mut root = [0; 32];
		deserialize_check_len(deserializer, ExpectedLen::Exact(&mut root))?;
		Ok(root)
	}
}
