//! [`Income`]: what the events of a block credited to which account, and for what, so that the node's index adds it up.
//!
//! # Must not
//! Be called by the state transition. Count money twice: what is withdrawn was credited before, and what an escrow is credited
//! is its account's only when the dispute is over. Transfers, deposits, and what comes back are no income.
//!
//! # Invariants
//! - The matches over the pallets that credit accounts are exhaustive: an event that is added does not compile before it has its
//!   place here.
//! - For each account, what stands here of pools, claims, submissions and challenges is together what the query `earnings` of
//!   `RewardsApi` tells of it.

use crate::{AccountId, Agents, Balance, Runtime, RuntimeEvent};
use plexus_primitives::{AgentId, BatchId, Holder, Subject};

/// What an account is credited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IncomeSource {
	/// Answers that it served: the server's part of redeemed receipts.
	Serving,
	/// Models that it develops: the developer's part.
	Developing,
	/// Models that others were made from: royalties.
	Royalties,
	/// Contributions that are in versions which models were trained on.
	Pools,
	/// Contributions that outputs were made of, by claims.
	Claims,
	/// The submission of such claims.
	Submissions,
	/// Challenges that it won, and answers to those that it did not lose.
	Challenges,
	/// Stake behind validators.
	Staking,
}

impl IncomeSource {
	/// All of them.
	pub const ALL: [Self; 8] = [
		Self::Serving,
		Self::Developing,
		Self::Royalties,
		Self::Pools,
		Self::Claims,
		Self::Submissions,
		Self::Challenges,
		Self::Staking,
	];

	/// Its name, as clients read it.
	pub fn name(self) -> &'static str {
		match self {
			Self::Serving => "serving",
			Self::Developing => "developing",
			Self::Royalties => "royalties",
			Self::Pools => "pools",
			Self::Claims => "claims",
			Self::Submissions => "submissions",
			Self::Challenges => "challenges",
			Self::Staking => "staking",
		}
	}

	/// Under which an account's sum stands in the index: the account as a subject, and a byte for the source. Stored
	/// indexes have these bytes: they are never renumbered.
	pub fn sum_key(self, account: &AccountId) -> Vec<u8> {
		let source = match self {
			Self::Serving => 0,
			Self::Developing => 1,
			Self::Royalties => 2,
			Self::Pools => 3,
			Self::Claims => 4,
			Self::Submissions => 5,
			Self::Challenges => 6,
			Self::Staking => 7,
		};
		let mut key = Subject::Account(account.clone().into()).key();
		key.push(source);
		key
	}
}

/// What an event credited to an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Income {
	/// To which.
	pub account: AccountId,
	/// What for.
	pub source: IncomeSource,
	/// How much; above zero.
	pub amount: Balance,
}

/// Reads the events of a block, in their order.
#[derive(Default)]
pub struct IncomeReader {
	/// The batch that was submitted last, and its server: what models earned follows it.
	submitted: Option<(BatchId, AgentId)>,
}

impl Income {
	/// Under which the index adds it up: [`IncomeSource::sum_key`].
	pub fn sum_key(&self) -> Vec<u8> {
		self.source.sum_key(&self.account)
	}
}

impl IncomeReader {
	/// What the next event credited.
	pub fn read(&mut self, event: &RuntimeEvent) -> Vec<Income> {
		let mut found = match event {
			RuntimeEvent::Receipts(event) => self.of_receipts(event).into_iter().collect(),
			RuntimeEvent::Rewards(event) => of_rewards(event),
			RuntimeEvent::Validators(pallet_validators::Event::RewardClaimed { who, amount }) => {
				vec![income(who, IncomeSource::Staking, *amount)]
			}
			_ => Vec::new(),
		};
		found.retain(|income| income.amount > 0);
		found
	}

	fn of_receipts(&mut self, event: &pallet_receipts::Event<Runtime>) -> Option<Income> {
		use pallet_receipts::Event;
		match event {
			Event::BatchSubmitted { batch, server, .. } => {
				self.submitted = Some((*batch, *server));
				None
			}
			Event::ModelEarned { batch, to_server, .. } => {
				let (_, server) = self.submitted.filter(|(submitted, _)| submitted == batch)?;
				Some(income(&Agents::account_of(server), IncomeSource::Serving, *to_server))
			}
			Event::DeveloperCredited { developer, amount, .. } => {
				Some(income(developer, IncomeSource::Developing, *amount))
			}
			Event::RoyaltyCredited { developer, to_developer, .. } => {
				Some(income(developer, IncomeSource::Royalties, *to_developer))
			}
			Event::ChannelOpened { .. }
			| Event::BookOpened { .. }
			| Event::ChannelToppedUp { .. }
			| Event::ChannelClosing { .. }
			| Event::ChannelsClosing { .. }
			| Event::ChannelClosed { .. }
			| Event::ChannelRedeemed { .. }
			| Event::BatchCleared { .. }
			| Event::ProtocolPaid { .. }
			| Event::DeveloperHeld { .. }
			| Event::DeveloperReleased { .. }
			| Event::DeveloperCharged { .. }
			| Event::Withdrawn { .. }
			| Event::ProtocolShareSet { .. }
			| Event::__Ignore(..) => None,
		}
	}
}

fn of_rewards(event: &pallet_rewards::Event<Runtime>) -> Vec<Income> {
	use pallet_rewards::Event;
	match event {
		Event::PositionCredited { holder: Holder::Account(account), amount, .. } => {
			vec![income(account, IncomeSource::Pools, *amount)]
		}
		Event::ContributionCredited { holder: Holder::Account(account), source, amount, .. }
		| Event::AccountCredited { account, source, amount } => vec![income(account, directly(source), *amount)],
		Event::EscrowReleased { to: Holder::Account(account), earned, .. } => vec![
			income(account, IncomeSource::Pools, earned.pools),
			income(account, IncomeSource::Claims, earned.claims),
			income(account, IncomeSource::Submissions, earned.submissions),
			income(account, IncomeSource::Challenges, earned.challenges),
		],
		Event::PositionCredited { holder: Holder::Escrow(_), .. }
		| Event::ContributionCredited { holder: Holder::Escrow(_), .. }
		| Event::EscrowReleased { to: Holder::Escrow(_), .. }
		| Event::PoolOpened { .. }
		| Event::PositionChanged { .. }
		| Event::DataDeposited { .. }
		| Event::Distributed { .. }
		| Event::Withdrawn { .. }
		| Event::Burned { .. }
		| Event::__Ignore(..) => Vec::new(),
	}
}

fn directly(source: &pallet_rewards::Source) -> IncomeSource {
	match source {
		pallet_rewards::Source::Claim => IncomeSource::Claims,
		pallet_rewards::Source::Submission => IncomeSource::Submissions,
		pallet_rewards::Source::Challenge => IncomeSource::Challenges,
	}
}

fn income(account: &AccountId, source: IncomeSource, amount: Balance) -> Income {
	Income { account: account.clone(), source, amount }
}

#[cfg(test)]
mod tests {
	use super::*;
	use pallet_rewards::{Earned, Place, Source};
	use plexus_primitives::{ContributionId, DatanetId, DatanetVersion, ModelId};
	use std::collections::BTreeSet;

	fn who(number: u8) -> AccountId {
		AccountId::new([number; 32])
	}

	fn read(events: impl IntoIterator<Item = RuntimeEvent>) -> Vec<(AccountId, IncomeSource, Balance)> {
		let mut reader = IncomeReader::default();
		let found = events.into_iter().flat_map(|event| reader.read(&event));
		found.map(|Income { account, source, amount }| (account, source, amount)).collect()
	}

	fn submitted(batch: u64, server: u64) -> RuntimeEvent {
		pallet_receipts::Event::<Runtime>::BatchSubmitted {
			batch: BatchId(batch),
			server: AgentId(server),
			root: [1; 32],
			receipts: 1,
			gross: 9,
			clearable_from_ms: 0,
			deposit: 0,
		}
		.into()
	}

	fn earned(batch: u64, model: u64, to_server: Balance) -> RuntimeEvent {
		let (batch, model) = (BatchId(batch), ModelId(model));
		pallet_receipts::Event::<Runtime>::ModelEarned {
			batch,
			model,
			protocol: 1,
			revenue: 8,
			to_server,
			to_data: 2,
		}
		.into()
	}

	#[test]
	fn what_models_earned_is_their_batchs_servers() {
		let [first, second] = [4, 5].map(|agent| Agents::account_of(AgentId(agent)));
		assert_ne!(first, second);
		let events = [
			submitted(1, 4),
			earned(1, 0, 3),
			earned(1, 1, 0),
			earned(1, 2, 4),
			submitted(2, 5),
			earned(2, 0, 6),
		];
		let serving = IncomeSource::Serving;
		assert_eq!(read(events), [(first.clone(), serving, 3), (first, serving, 4), (second, serving, 6)]);
		assert!(read([earned(1, 0, 3)]).is_empty(), "whose it is was not told");
		assert!(read([submitted(2, 5), earned(1, 0, 3)]).is_empty(), "another batch's");
	}

	#[test]
	fn developers_and_ancestors_are_credited_their_own_part_alone() {
		let pulled = pallet_receipts::Event::<Runtime>::DeveloperCredited {
			model: ModelId(1),
			developer: who(1),
			amount: 5,
		};
		let royalty = pallet_receipts::Event::<Runtime>::RoyaltyCredited {
			model: ModelId(1),
			ancestor: ModelId(0),
			developer: who(2),
			to_developer: 6,
			to_data: 7,
		};
		let paid = pallet_receipts::Event::<Runtime>::Withdrawn { account: who(1), amount: 5 };
		assert_eq!(
			read([pulled.into(), royalty.into(), paid.into()]),
			[(who(1), IncomeSource::Developing, 5), (who(2), IncomeSource::Royalties, 6)]
		);
	}

	#[test]
	fn what_an_escrow_is_credited_is_income_once_it_goes_to_an_account() {
		let place = Place { datanet: DatanetId(0), from: DatanetVersion(1), until: None };
		let (contribution, amount) = (ContributionId(7), 3);
		let position = |holder| {
			RuntimeEvent::from(pallet_rewards::Event::<Runtime>::PositionCredited { holder, place, amount })
		};
		let claimed = |holder, source| {
			RuntimeEvent::from(pallet_rewards::Event::<Runtime>::ContributionCredited {
				contribution,
				holder,
				source,
				amount,
			})
		};
		let escrow = Holder::Escrow(contribution);
		assert!(read([position(escrow.clone()), claimed(escrow.clone(), Source::Claim)]).is_empty());
		assert_eq!(
			read([position(Holder::Account(who(1))), claimed(Holder::Account(who(1)), Source::Claim)]),
			[(who(1), IncomeSource::Pools, 3), (who(1), IncomeSource::Claims, 3)]
		);
		let released = |to| {
			RuntimeEvent::from(pallet_rewards::Event::<Runtime>::EscrowReleased {
				contribution,
				datanet: DatanetId(0),
				to,
				earned: Earned { due: 9, pools: 4, claims: 5, submissions: 0, challenges: 0 },
			})
		};
		assert!(read([released(escrow)]).is_empty(), "a further dispute");
		assert_eq!(
			read([released(Holder::Account(who(2)))]),
			[(who(2), IncomeSource::Pools, 4), (who(2), IncomeSource::Claims, 5)],
			"`due` is of these"
		);
	}

	#[test]
	fn what_accounts_are_credited_directly_has_its_source() {
		for (source, expected) in [
			(Source::Claim, IncomeSource::Claims),
			(Source::Submission, IncomeSource::Submissions),
			(Source::Challenge, IncomeSource::Challenges),
		] {
			let credited =
				pallet_rewards::Event::<Runtime>::AccountCredited { account: who(1), source, amount: 2 };
			assert_eq!(read([credited.into()]), [(who(1), expected, 2)]);
		}
		let staked = pallet_validators::Event::<Runtime>::RewardClaimed { who: who(3), amount: 4 };
		assert_eq!(read([staked.into()]), [(who(3), IncomeSource::Staking, 4)]);
		let sent = pallet_balances::Event::<Runtime>::Transfer { from: who(1), to: who(2), amount: 5 };
		assert!(read([sent.into()]).is_empty());
	}

	#[test]
	fn the_keys_are_what_stored_indexes_have() {
		for (place, source) in IncomeSource::ALL.into_iter().enumerate() {
			let key = source.sum_key(&who(9));
			assert_eq!(key, [&[1][..], &[9; 32], &[place as u8]].concat(), "{source:?}");
		}
		let names: BTreeSet<_> = IncomeSource::ALL.map(IncomeSource::name).into_iter().collect();
		assert_eq!(names.len(), IncomeSource::ALL.len());
	}
}
