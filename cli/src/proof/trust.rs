//! [`TrustedFile`]: what a verification came to trust, in a file that the next one starts from.
//!
//! A proof from the genesis holds every change of the validators that there ever was, and grows with them for ever. One from a
//! block that is trusted holds those after it.
//!
//! # Must not
//! Come from anybody else: what stands in such a file is believed, as the specification is. Of its contents only the genesis hash
//! can be compared with anything.
//!
//! # Invariants
//! What is saved was verified, or was believed when the verification began.

use super::{
	file::{bytes, bytes32, read_text, write_new},
	verify::TrustedChain,
};
use crate::{failure::Failure, output::hex};
use codec::{DecodeAll, Encode};
use plexus_primitives::{consensus::Voter, light::Trusted};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The form that this version writes and reads.
const FORMAT_VERSION: u32 = 1;

/// The longest file. The largest set that is looked at has 80 KiB in hexadecimal.
const TRUSTED_BYTES_MAX: usize = 128 * 1024;

const REMEDY: &str =
	"name a file that `plexus verify --save-trusted` wrote, unchanged, or start without --trusted";

/// Where trust is kept between verifications.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrustFiles<'a> {
	/// To start from; from the genesis if there is none.
	pub start: Option<&'a Path>,
	/// To write what is trusted afterwards to; it must not exist.
	pub save: Option<&'a Path>,
}

/// A block that is believed, and the validators of the next.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TrustedFile {
	/// [`FORMAT_VERSION`].
	format_version: u32,
	/// The chain.
	genesis_hash: String,
	height: u32,
	block_hash: String,
	/// Key and power of each, in the order of consensus, in hexadecimal SCALE.
	set: String,
}

/// What a file says is trusted of this chain.
///
/// # Errors
/// It cannot be read, is of another form, or of another chain.
pub(super) fn load(path: &Path, chain: &TrustedChain) -> Result<Trusted, Failure> {
	parse(&read_text(path, TRUSTED_BYTES_MAX, REMEDY)?, chain)
}

/// Writes what is trusted to a new file.
///
/// # Errors
/// It exists, or cannot be written.
pub(super) fn save(path: &Path, chain: &TrustedChain, trusted: &Trusted) -> Result<(), Failure> {
	write_new(path, &to_json(chain, trusted))
}

pub(super) fn parse(text: &[u8], chain: &TrustedChain) -> Result<Trusted, Failure> {
	if text.len() > TRUSTED_BYTES_MAX {
		return Err(invalid(&format!("it has more than {TRUSTED_BYTES_MAX} bytes")));
	}
	let file: TrustedFile = serde_json::from_slice(text).map_err(|error| invalid(&error.to_string()))?;
	let TrustedFile { format_version, genesis_hash, height, block_hash, set } = file;
	if format_version != FORMAT_VERSION {
		return Err(invalid(&format!(
			"it has formatVersion {format_version}, this program reads {FORMAT_VERSION}"
		)));
	}
	let malformed = |failure: Failure| invalid(&failure.cause);
	let genesis = bytes32("genesisHash", &genesis_hash).map_err(malformed)?;
	if genesis != chain.genesis {
		let expected = hex(chain.genesis);
		return Err(Failure::input(
			"TrustedOfAnotherChain",
			format!("what is trusted is of the chain with genesis {genesis_hash}, the specification is of {expected}"),
			"name the specification with --chain that it was saved with, or start without --trusted",
		));
	}
	let hash = bytes32("blockHash", &block_hash).map_err(malformed)?;
	let set = Vec::<Voter>::decode_all(&mut &bytes("set", &set).map_err(malformed)?[..])
		.map_err(|error| invalid(&format!("`set` does not decode: {error}")))?;
	Trusted::block(genesis, height, hash, set).map_err(|error| invalid(&error.to_string()))
}

pub(super) fn to_json(chain: &TrustedChain, trusted: &Trusted) -> Vec<u8> {
	let file = TrustedFile {
		format_version: FORMAT_VERSION,
		genesis_hash: hex(chain.genesis),
		height: trusted.height(),
		block_hash: hex(trusted.hash()),
		set: hex(trusted.set().encode()),
	};
	let mut text =
		serde_json::to_vec_pretty(&file).expect("it has string keys only, so it always serialises");
	text.push(b'\n');
	text
}

fn invalid(why: &str) -> Failure {
	Failure::input(
		"InvalidTrustedFile",
		format!("the file says of nothing that it is trusted: {why}"),
		REMEDY,
	)
}
