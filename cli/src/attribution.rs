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

pub(crate) use batches::{OpenBatch, OpenBatches};
pub(crate) use claims::{evidence, Claims};
pub(crate) use methods::{Method, Methods};
pub(crate) use parameters::Parameters;
pub(crate) use questions::{Challenges, Questions};
