//! Validating one transaction for the pool.

use crate::{
	environment,
	error::{CallError, InvalidReason},
	executor::{call_error, Executor},
};
use codec::{Decode, Encode};
use plexus_primitives::AgentId;
use plexus_runtime::{
	native::{self, TransactionFacts},
	UncheckedExtrinsic,
};
use plexus_storage::{Hash, State};
use sp_runtime::{
	traits::{BlakeTwo256, Hash as _},
	transaction_validity::{TransactionSource, TransactionValidity, ValidTransaction},
};

const METHOD: &str = "TaggedTransactionQueue_validate_transaction";

/// A transaction that the runtime would take, now or when its nonce comes up.
#[derive(Clone, Debug)]
pub struct Validated {
	/// BLAKE2b-256 of its bytes.
	pub hash: Hash,
	/// Sender, nonce, tip.
	pub facts: TransactionFacts,
	/// Priority, tags, longevity.
	pub validity: ValidTransaction,
	/// The agent that pays; `None` if the sender does. True of the state it was validated on: another delegation's fees may
	/// use the budget up, and then the sender pays or it becomes invalid.
	pub paying_agent: Option<AgentId>,
}

impl Executor {
	/// Decodes strictly, checks the signature once (and remembers it), asks the runtime.
	///
	/// # Errors
	/// [`InvalidReason`] with name, cause and remedy.
	pub fn validate(
		&self,
		state: &State,
		source: TransactionSource,
		bytes: &[u8],
	) -> Result<Validated, InvalidReason> {
		let extrinsic = native::decode_extrinsic(bytes).map_err(InvalidReason::undecodable)?;
		let facts = native::transaction_facts(&extrinsic);
		let mut data = source.encode();
		data.extend_from_slice(bytes);
		state.block_hash().encode_to(&mut data);
		let mut overlay = Default::default();
		let answer =
			environment::run(state, &mut overlay, self.signature_cache(), || native::dispatch(METHOD, &data))
				.map_err(|e| call_error(METHOD, e))?
				.ok_or_else(|| CallError::UnknownMethod { method: METHOD.into() })?;
		let validity = TransactionValidity::decode(&mut &answer[..])
			.map_err(|e| CallError::Answer { method: METHOD, detail: e.to_string() })?
			.map_err(InvalidReason::from_validity)?;
		let paying_agent = match native::names_payer(&extrinsic) {
			true => self.paying_agent(state, &extrinsic, bytes.len())?,
			false => None,
		};
		Ok(Validated { hash: BlakeTwo256::hash(bytes), facts, validity, paying_agent })
	}

	fn paying_agent(
		&self,
		state: &State,
		extrinsic: &UncheckedExtrinsic,
		length: usize,
	) -> Result<Option<AgentId>, CallError> {
		let mut overlay = Default::default();
		environment::run(state, &mut overlay, self.signature_cache(), || {
			native::paying_agent(extrinsic, length)
		})
		.map_err(|e| call_error(METHOD, e))
	}

	/// Sender, nonce and tip of a transaction, without judging it; `None` if it does not decode.
	pub fn facts(&self, bytes: &[u8]) -> Option<TransactionFacts> {
		native::decode_extrinsic(bytes).ok().map(|extrinsic| native::transaction_facts(&extrinsic))
	}
}
