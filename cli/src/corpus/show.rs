//! `plexus corpus show`: what an index holds.
//!
//! # Must not
//! Show an index that is damaged: it is checked as for a search.

use super::IndexSize;
use crate::{failure::Failure, output};
use std::path::Path;

pub(super) fn run(json: bool, path: &Path) -> Result<(), Failure> {
	let size = super::open(path)?.size();
	output::print(json, &IndexSize { index: path.to_path_buf(), size });
	Ok(())
}
