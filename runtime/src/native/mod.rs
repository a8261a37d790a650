//! Plain Rust entry points for a node that runs this runtime natively.
//!
//! # Must not
//! Change what a block computes: nothing here is called by the state transition.
//!
//! # Invariants
//! - Bytes from outside go through [`decode_extrinsic`] or [`check_query`] before anything else decodes them. The
//!   runtime's own decoding ignores trailing bytes, follows any nesting and trusts length prefixes, and a stack
//!   that overflows natively cannot be caught.
//! - Unless its documentation says otherwise, a function needs no externalities.

mod describe;
mod extrinsic;
mod history;
mod income;
mod query;
mod subjects;
mod submissions;

pub use describe::{describe_dispatch_error, describe_invalid, ErrorDescription, Refusal};
pub use extrinsic::{
	call_names, decode_extrinsic, is_signed, names_payer, paying_agent, prepare_checks, report_equivocation,
	signature_claim, transaction_facts, DecodeError, SignatureClaim, TransactionFacts, EXTRINSIC_BYTES_MAX,
	NESTING_MAX,
};
pub use history::{traced_events, TracedEvent};
pub use income::{Income, IncomeSource};
pub use query::{check_query, is_query, QueryError, QUERY_BYTES_MAX};
pub use subjects::{subjects, SUBJECTS_MAX};
pub use submissions::{submissions, Submission};

/// Calls a runtime-API method by its name, like `Core_version`, with its SCALE-encoded arguments. `None`: there is no
/// such method.
///
/// Must run inside externalities. Panics on arguments that do not decode, and on whatever the method panics on: the
/// caller catches that.
pub fn dispatch(method: &str, data: &[u8]) -> Option<Vec<u8>> {
	crate::apis::api::dispatch(method, data)
}

/// The agent, registered or not, whose own account this is.
pub fn agent_of(account: &crate::AccountId) -> Option<plexus_primitives::AgentId> {
	use sp_runtime::traits::AccountIdConversion;
	let (pallet, agent) = frame_support::PalletId::try_from_sub_account(account)?;
	(pallet == crate::agents::AgentsPalletId::get()).then_some(agent)
}

/// A pallet whose state breaks its own rules.
#[cfg(feature = "try-runtime")]
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an invariant of {pallet} does not hold: {cause}")]
pub struct BrokenInvariant {
	/// The pallet's name in the runtime.
	pub pallet: &'static str,
	/// The pallet's words.
	pub cause: String,
}

/// Checks the invariants of every pallet. Must run inside externalities, between blocks.
///
/// # Errors
/// The first invariant that does not hold.
#[cfg(feature = "try-runtime")]
pub fn try_state() -> Result<(), BrokenInvariant> {
	use frame_support::traits::{PalletsInfoAccess, TryState, TryStateSelect};
	use sp_runtime::DispatchError;

	// One pallet after another: asked for all, the framework keeps to itself which invariant it is.
	for pallet in crate::AllPalletsWithSystem::infos() {
		let only = TryStateSelect::Only(vec![pallet.name.as_bytes().to_vec()]);
		<crate::AllPalletsWithSystem as TryState<crate::BlockNumber>>::try_state(
			crate::System::block_number(),
			only,
		)
		.map_err(|error| BrokenInvariant {
			pallet: pallet.name,
			cause: match error {
				DispatchError::Other(words) => words.into(),
				other => format!("{other:?}"),
			},
		})?;
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::AgentId;

	#[test]
	fn an_agents_account_tells_which_agent_and_no_other_account_does() {
		for id in [0, 7, u64::MAX].map(AgentId) {
			assert_eq!(agent_of(&crate::Agents::account_of(id)), Some(id));
		}
		assert_eq!(agent_of(&crate::AccountId::new([7; 32])), None);
		assert_eq!(agent_of(&crate::Rewards::pot()), None, "a pallet's");
	}
}
