//! Why the pallet refuses. [`crate::pallet`] imports it: `Error` is an item of that module.
//!
//! # Must not
//! State a rule without telling the user how to keep it.

use frame_support::pallet_macros::pallet_section;

/// The pallet's error.
#[pallet_section]
pub mod errors {
	#[pallet::error]
	#[cfg_attr(test, derive(PartialEq))]
	pub enum Error<T> {
		/// There is no such model, or its manifest has no entry at this index. Entries are numbered from 0 in the order of
		/// the manifest; the query `data_revenue` lists them.
		UnknownEntry,
		/// There is nothing to pull, or nothing to pay out. Wait until the model or the account earns something; what is
		/// below one unit waits too. What positions earned is claimed first (`claim`), and what a model's data earned is
		/// distributed before that (`distribute`). Perhaps somebody else was quicker, and it is done.
		NothingDue,
		/// The account does not exist, and what it was credited is below the existential deposit. Nothing is lost: withdraw
		/// when it was credited more, or once somebody has transferred an existential deposit to it.
		BelowExistentialDeposit,
	}
}
