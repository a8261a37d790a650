//! The record of what was spent on an agent's work.
//!
//! # Must not
//! Be called trust, or cost more the more payers there are: each credit reads and writes two entries.
//!
//! # Decay
//! The score is multiplied by `ReputationRetained` at each step of the chain clock, rounded down. Steps are counted from
//! the clock's beginning, so that crediting often decays nothing twice; rounding loses less than one unit a credit.

use crate::{types::*, *};
use sp_runtime::traits::Saturating;

impl<T: Config> Pallet<T> {
	/// Adds the protocol fees that `payer` burned for the agent's settled work. Agents without a record are none, and
	/// nothing burned is nothing to add: both are ignored, because settlement must not fail for another's account.
	pub fn credit_reputation(agent: AgentId, payer: &T::AccountId, burned: BalanceOf<T>) {
		use sp_runtime::traits::Zero;
		if burned.is_zero() || !Agents::<T>::contains_key(agent) {
			return;
		}
		let step = Self::reputation_step();
		let mut reputation = Reputations::<T>::get(agent);
		reputation.score = Self::decayed(&reputation, step).saturating_add(burned);
		reputation.step = step;
		// What is burned pays for the entry: less leaves the payer uncounted.
		if burned >= T::PayerBurnMin::get() && !Payers::<T>::contains_key(agent, payer) {
			Payers::<T>::insert(agent, payer, ());
			reputation.payers = reputation.payers.saturating_add(1);
		}
		Self::deposit_event(Event::ReputationCredited {
			agent,
			payer: payer.clone(),
			burned,
			score: reputation.score,
			payers: reputation.payers,
		});
		Reputations::<T>::insert(agent, reputation);
	}

	/// The decayed sum now, and the number of distinct payers that burned at least `PayerBurnMin` at once.
	pub fn reputation(agent: AgentId) -> (BalanceOf<T>, u64) {
		let reputation = Reputations::<T>::get(agent);
		(Self::decayed(&reputation, Self::reputation_step()), reputation.payers)
	}

	fn reputation_step() -> u64 {
		// `integrity_test` refuses a step of zero.
		T::Clock::now_ms().checked_div(T::ReputationStepMs::get()).unwrap_or_default()
	}

	fn decayed(reputation: &Reputation<T>, step: u64) -> BalanceOf<T> {
		let steps = step.saturating_sub(reputation.step);
		// Squares and multiplies: 32 rounds at most.
		let retained = T::ReputationRetained::get().saturating_pow(steps.min(u32::MAX.into()) as usize);
		retained.mul_floor(reputation.score)
	}
}
