//! [`ProofFile`]: the form of a proof as JSON, and what its hexadecimal decodes to.
//!
//! # Must not
//! Skip what it does not know: a field or a byte too many is refused.

use crate::{address::parse_hex32, failure::Failure};
use codec::DecodeAll;
use plexus_primitives::light::{Certified, Handover};
use serde::{Deserialize, Serialize};
use std::{
	fs::{File, OpenOptions},
	io::{Read, Write},
	path::Path,
};

/// The form that this version writes and reads.
pub(crate) const FORMAT_VERSION: u32 = 1;

/// The longest file: some 2,900 changes of a set of a hundred validators, of 22 KiB each. Beyond that a proof begins at a block
/// that is trusted ([`super::trust`]).
pub(crate) const PROOF_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A proof as it stands in a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProofFile {
	/// [`FORMAT_VERSION`].
	pub(crate) format_version: u32,
	/// The chain that it says it is of; for errors only.
	pub(crate) genesis_hash: String,
	/// That a block is final.
	pub(crate) finality: Finality,
	/// What stands in the state after that block.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub(crate) storage: Option<Storage>,
}

/// What leads from the genesis, or from another block that is trusted, to a final block.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Finality {
	/// The height that it says it begins at, the genesis if absent; for errors only.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub(crate) from: Option<u32>,
	/// Every change of the validators between the two blocks, in order.
	pub(crate) handovers: Vec<HandoverFile>,
	/// The block.
	pub(crate) target: CertifiedFile,
}

/// A block with its parent and its certificate, in hexadecimal SCALE.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CertifiedFile {
	pub(crate) header: String,
	pub(crate) parent: String,
	pub(crate) commit: String,
}

/// A change of the set, in hexadecimal SCALE.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HandoverFile {
	pub(crate) header: String,
	pub(crate) parent: String,
	pub(crate) commit: String,
	pub(crate) set: String,
}

/// Values in the state, and the trie nodes that lead to them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Storage {
	/// The account whose balance is proved, and with it the block's time.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub(crate) account: Option<String>,
	/// The account of which it is proved what it is owed.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub(crate) earnings: Option<String>,
	/// More keys.
	pub(crate) keys: Vec<String>,
	/// The nodes, in any order, none of them in vain.
	pub(crate) nodes: Vec<String>,
}

impl ProofFile {
	/// A proof of the form of this version.
	pub(crate) fn new(genesis_hash: String, finality: Finality, storage: Option<Storage>) -> Self {
		Self { format_version: FORMAT_VERSION, genesis_hash, finality, storage }
	}

	/// Reads a file's text.
	///
	/// # Errors
	/// It is too long, of another form, or of another version.
	pub(crate) fn from_json(text: &[u8]) -> Result<Self, Failure> {
		#[derive(Deserialize)]
		#[serde(rename_all = "camelCase")]
		struct Version {
			format_version: u32,
		}
		let malformed = |error: serde_json::Error| invalid(format!("the file is no proof: {error}"));
		if text.len() > PROOF_BYTES_MAX {
			return Err(invalid(format!("the file has more than {PROOF_BYTES_MAX} bytes")));
		}
		let Version { format_version } = serde_json::from_slice(text).map_err(malformed)?;
		if format_version != FORMAT_VERSION {
			return Err(Failure::input(
				"UnknownProofFormat",
				format!("the proof has formatVersion {format_version}, this program reads {FORMAT_VERSION}"),
				"verify it with the release that wrote it, or write it anew",
			));
		}
		serde_json::from_slice(text).map_err(malformed)
	}

	/// The file's text, which [`ProofFile::from_json`] takes.
	///
	/// # Errors
	/// It is too long.
	pub(crate) fn to_json(&self) -> Result<Vec<u8>, Failure> {
		let mut text =
			serde_json::to_vec_pretty(self).expect("it has string keys only, so it always serialises");
		text.push(b'\n');
		match text.len() > PROOF_BYTES_MAX {
			true => Err(too_long()),
			false => Ok(text),
		}
	}
}

impl CertifiedFile {
	/// The block.
	///
	/// # Errors
	/// A field is no hexadecimal, or is no SCALE of what it should be.
	pub(crate) fn decode(&self) -> Result<Certified, Failure> {
		certified(&self.header, &self.parent, &self.commit)
	}
}

impl HandoverFile {
	/// The change of the set.
	///
	/// # Errors
	/// As [`CertifiedFile::decode`].
	pub(crate) fn decode(&self) -> Result<Handover, Failure> {
		let block = certified(&self.header, &self.parent, &self.commit)?;
		Ok(Handover { block, set: scale("set", &self.set)? })
	}
}

fn certified(header: &str, parent: &str, commit: &str) -> Result<Certified, Failure> {
	let (header, parent) = (bytes("header", header)?, bytes("parent", parent)?);
	Ok(Certified { header, parent, commit: scale("commit", commit)? })
}

fn scale<T: codec::Decode>(field: &str, text: &str) -> Result<T, Failure> {
	T::decode_all(&mut &bytes(field, text)?[..])
		.map_err(|error| invalid(format!("`{field}` does not decode: {error}")))
}

/// The bytes of a field, which begins with `0x`.
pub(crate) fn bytes(field: &str, text: &str) -> Result<Vec<u8>, Failure> {
	let digits = text.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
	digits.ok_or_else(|| invalid(format!("`{field}` is not 0x and hexadecimal digits")))
}

/// The 32 bytes of a field.
pub(crate) fn bytes32(field: &str, text: &str) -> Result<[u8; 32], Failure> {
	parse_hex32(text).ok_or_else(|| invalid(format!("`{field}` is not 0x and 64 hexadecimal digits")))
}

/// A file's bytes. One more than is allowed tells that there are more.
///
/// # Errors
/// It cannot be read.
pub(super) fn read_text(path: &Path, bytes_max: usize, remedy: &str) -> Result<Vec<u8>, Failure> {
	let mut text = Vec::new();
	let limit = bytes_max as u64 + 1;
	let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut text));
	read.map_err(|error| {
		let cause = format!("cannot read {}: {error}", path.display());
		Failure::input("UnreadableFile", cause, remedy)
	})?;
	Ok(text)
}

/// Writes a file that does not exist.
///
/// # Errors
/// It exists, or cannot be written.
pub(crate) fn write_new(path: &Path, text: &[u8]) -> Result<(), Failure> {
	let written = OpenOptions::new()
		.write(true)
		.create_new(true)
		.open(path)
		.and_then(|mut file| file.write_all(text).and_then(|()| file.sync_all()));
	written.map_err(|error| {
		let cause = format!("cannot write {}: {error}", path.display());
		Failure::input("UnwritableFile", cause, "name a file that does not exist, where you may write")
	})
}

/// A proof that no file takes.
pub(crate) fn too_long() -> Failure {
	Failure::input(
		"ProofTooLong",
		format!("the proof has more than {PROOF_BYTES_MAX} bytes: the validators changed too often on the way"),
		"prove an earlier block first, keep what that makes trusted with `plexus verify --save-trusted`, and go on from there \
		 with `plexus query proof --from` and `plexus verify --trusted`",
	)
}

fn invalid(cause: String) -> Failure {
	Failure::input("InvalidProofFile", cause, "take the file that `plexus query proof` wrote, unchanged")
}
