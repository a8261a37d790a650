//! What the node's index would add up from the events of all blocks, by account and source, compared with what the state knows of it.
//!
//! # Must not
//! Know which event credits whom: `native::traced_events` says so, as it does for the index.

use super::books::Checked;
use codec::Encode;
use pallet_rewards::{Earned, Holder};
use plexus_primitives::constants::Balance;
use plexus_runtime::{
	native::{traced_events, Income, IncomeSource},
	AccountId, Receipts, Rewards, Runtime, RuntimeEvent, System,
};
use std::collections::{BTreeMap, BTreeSet};

/// Everybody's income since the genesis.
#[derive(Default)]
pub struct IncomeBook {
	/// By account and name of the source.
	credited: BTreeMap<(AccountId, &'static str), Balance>,
	/// What was withdrawn of what fees brought. The state forgets it.
	withdrawn: BTreeMap<AccountId, Balance>,
}

impl IncomeBook {
	/// Enters the events of a block, in whose state this must run.
	pub fn hear(&mut self) {
		let events = System::events();
		let traced = traced_events(&events.encode()).expect("this runtime wrote them");
		for Income { account, source, amount } in traced.into_iter().flat_map(|event| event.income) {
			*self.credited.entry((account, source.name())).or_default() += amount;
		}
		for record in events {
			if let RuntimeEvent::Receipts(pallet_receipts::Event::Withdrawn { account, amount }) =
				record.event
			{
				*self.withdrawn.entry(account).or_default() += amount;
			}
		}
	}

	/// Compares with the state.
	///
	/// # Errors
	/// What differs.
	pub fn check(&self) -> Checked {
		let known = pallet_rewards::Earnings::<Runtime>::iter_keys().filter_map(|holder| match holder {
			Holder::Account(account) => Some(account),
			Holder::Escrow(_) => None,
		});
		let known = known.chain(pallet_receipts::Earnings::<Runtime>::iter_keys());
		let accounts: BTreeSet<AccountId> =
			known.chain(self.credited.keys().map(|(account, _)| account.clone())).collect();
		accounts.into_iter().try_for_each(|account| self.check_of(account))
	}

	fn check_of(&self, account: AccountId) -> Checked {
		use IncomeSource::*;
		let sum = |source: IncomeSource| {
			self.credited.get(&(account.clone(), source.name())).copied().unwrap_or_default()
		};
		let Earned { pools, claims, submissions, challenges, .. } =
			Rewards::earnings(&Holder::Account(account.clone()));
		let withdrawn = self.withdrawn.get(&account).copied().unwrap_or_default();
		let state = [pools, claims, submissions, challenges, Receipts::earnings(&account) + withdrawn];
		let income = [
			sum(Pools),
			sum(Claims),
			sum(Submissions),
			sum(Challenges),
			sum(Serving) + sum(Developing) + sum(Royalties),
		];
		match state == income {
			true => Ok(()),
			false => {
				Err(format!("the income of {account:?}: the state says {state:?}, the events {income:?}"))
			}
		}
	}
}
