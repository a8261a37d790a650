//! `plexus verify FILE`: reads the specification, which with what an earlier run saved is all that is believed, and hands it to
//! the client's verifier.
//!
//! # Must not
//! Open a database, or ask a node.

use crate::{
	cli::VerifyArgs,
	place::{named_spec, spec_report},
};
use plexus_cli::proof::{self, TrustFiles, TrustedChain};

/// Verifies a proof.
///
/// # Errors
/// The specification or the file cannot be used, or the file proves nothing.
pub fn run(args: &VerifyArgs) -> anyhow::Result<()> {
	let spec = named_spec(&args.chain)?;
	let chain = TrustedChain {
		genesis: spec.genesis_hash().map_err(|error| spec_report(&error))?.0,
		set: spec.validators().map_err(|error| spec_report(&error))?,
		name: spec.name,
	};
	let trust = TrustFiles { start: args.trusted.as_deref(), save: args.save_trusted.as_deref() };
	Ok(proof::run(&args.file, &chain, trust, args.json)?)
}
