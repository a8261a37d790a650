//! Open batches, their claims and what is asked about them, as they are printed.
//!
//! # Must not
//! Ask anything: [`crate::claims::chain`] does.

mod batches;
mod claims;
mod methods;
mod parameters;
mod questions;
#[cfg(test)]
mod tests;

use crate::output;
use std::fmt;

pub(crate) use batches::{OpenBatch, OpenBatches};
pub(crate) use claims::Claims;
pub(crate) use methods::Methods;
pub(crate) use parameters::Parameters;
pub(crate) use questions::Questions;

/// A table, or that there is nothing; what is final or does not match leaves pages empty before the end.
fn page<const N: usize, Cursor: fmt::Display>(
	what: &str,
	heading: [&'static str; N],
	rows: impl ExactSizeIterator<Item = [String; N]>,
	next: Option<Cursor>,
) -> String {
	let listed = match rows.len() {
		0 => format!("no {what}"),
		_ => output::columns(heading, rows),
	};
	match next {
		Some(next) => format!("{listed}\nmore with --cursor {next}"),
		None => listed,
	}
}
