//! Which events are about what: the one place that an event must name its subjects in to be found in the node's index.
//!
//! # Must not
//! Be called by the state transition. Guess: a subject stands in the event itself, so that events alone give the index.
//!
//! # Invariants
//! - The match over each pallet of this chain is exhaustive: an event that is added does not compile before
//!   it has its place here.
//! - An event has at most [`SUBJECTS_MAX`] subjects, each once.

use crate::{AccountId, Runtime, RuntimeEvent};
use pallet_datanets::types::{Admission, Licence};
use plexus_primitives::{Content, Subject};

/// The most subjects of an event. A batch with its server, eight models and claims for 128 contributions has 138; a model
/// with eight parents and sixteen datanets in its manifest has 28.
pub const SUBJECTS_MAX: usize = 144;

/// What an event is about; nothing for what nobody would look for by a subject.
pub fn subjects(event: &RuntimeEvent) -> Vec<Subject> {
	let mut found = match event {
		RuntimeEvent::Balances(event) => of_balances(event),
		RuntimeEvent::Validators(event) => of_validators(event),
		RuntimeEvent::Datanets(event) => of_datanets(event),
		RuntimeEvent::Agents(event) => of_agents(event),
		RuntimeEvent::Models(event) => of_models(event),
		RuntimeEvent::Receipts(event) => of_receipts(event),
		RuntimeEvent::Rewards(event) => of_rewards(event),
		RuntimeEvent::Attribution(event) => of_attribution(event),
		// That an extrinsic succeeded, failed or paid a fee stands with the extrinsic, whose hash every entry has. What a
		// batch, proxy or multisig did to something is told by the pallets it called.
		RuntimeEvent::System(_)
		| RuntimeEvent::TransactionPayment(_)
		| RuntimeEvent::Utility(_)
		| RuntimeEvent::Multisig(_)
		| RuntimeEvent::Proxy(_)
		| RuntimeEvent::Sudo(_) => Vec::new(),
	};
	found.sort_unstable();
	found.dedup();
	found.truncate(SUBJECTS_MAX);
	found
}

fn account(id: &AccountId) -> Subject {
	Subject::Account(id.clone().into())
}

fn root(content: &Content) -> Subject {
	Subject::Root(content.root)
}

/// What an event names anyway, and what it may name beside that.
fn about<const N: usize>(named: [Subject; N], more: impl IntoIterator<Item = Subject>) -> Vec<Subject> {
	named.into_iter().chain(more).collect()
}

fn of_balances(event: &pallet_balances::Event<Runtime>) -> Vec<Subject> {
	match event {
		pallet_balances::Event::Transfer { from, to, .. } => vec![account(from), account(to)],
		// Holds, deposits and withdrawals accompany an event of the pallet that made them, or a fee.
		_ => Vec::new(),
	}
}

fn of_validators(event: &pallet_validators::Event<Runtime>) -> Vec<Subject> {
	use pallet_validators::{types::PoolId, Event};
	let pool = |id: &PoolId| Subject::Pool(id.0);
	match event {
		Event::Bonded { who, .. }
		| Event::Rebonded { who, .. }
		| Event::Withdrawn { who, .. }
		| Event::StakeRemoved { who }
		| Event::KeySet { who, .. }
		| Event::RewardClaimed { who, .. } => vec![account(who)],
		Event::Unbonding { who, chunk } => about([account(who)], chunk.pool.as_ref().map(pool)),
		Event::Nominated { who, pool: id, .. } | Event::StakeSlashed { who, pool: id, .. } => {
			vec![account(who), pool(id)]
		}
		Event::PoolOpened { pool: id, validator, .. } => vec![account(validator), pool(id)],
		Event::PoolClosed { pool: id }
		| Event::CommissionSet { pool: id, .. }
		| Event::CandidateEntered { pool: id }
		| Event::StoodDown { pool: id, .. }
		| Event::LeftSet { pool: id, .. }
		| Event::PoolRewarded { pool: id, .. }
		| Event::EquivocationProved { pool: id, .. } => vec![pool(id)],
		// Each era's set is in the state, and its hash in the headers.
		Event::SetElected { .. } => Vec::new(),
		Event::__Ignore(..) => Vec::new(),
	}
}

fn of_datanets(event: &pallet_datanets::Event<Runtime>) -> Vec<Subject> {
	use pallet_datanets::Event;
	use Subject::{Contribution, Contributor, Datanet, Root};
	match event {
		Event::DatanetCreated { datanet, owner, licence, admission, .. } => {
			let named = [Datanet(*datanet), account(owner)];
			about(named, of_licence(licence).into_iter().chain(of_admission(admission)))
		}
		Event::DatanetRemoved { datanet, owner: who, .. }
		| Event::VersionPublished { datanet, publisher: who, .. } => vec![Datanet(*datanet), account(who)],
		Event::DatanetDescribed { datanet, .. } | Event::DatanetStatusSet { datanet, .. } => {
			vec![Datanet(*datanet)]
		}
		Event::OwnerProposed { datanet, proposed } => {
			about([Datanet(*datanet)], proposed.as_ref().map(account))
		}
		Event::OwnerChanged { datanet, former, owner, .. } => {
			vec![Datanet(*datanet), account(former), account(owner)]
		}
		Event::CuratorsProposed { datanet, proposed } => {
			let curators = proposed.iter().flat_map(|(curators, _)| curators.iter());
			about([Datanet(*datanet)], curators.map(account))
		}
		Event::CuratorsChanged { datanet, curators, .. } => {
			about([Datanet(*datanet)], curators.iter().map(account))
		}
		Event::ContributionRegistered { contribution, datanet, contributor, content, .. } => vec![
			Contribution(*contribution),
			Datanet(*datanet),
			account(contributor),
			Contributor(contributor.clone().into()),
			root(content),
		],
		Event::ContributionRemoved { contribution, datanet, contributor, content, .. } => {
			vec![Contribution(*contribution), Datanet(*datanet), account(contributor), root(content)]
		}
		Event::ContributionAccepted { contribution, datanet, .. }
		| Event::ContributionDeparted { contribution, datanet, .. } => {
			vec![Contribution(*contribution), Datanet(*datanet)]
		}
		Event::RootReserved { root, contribution, account: who, .. }
		| Event::RootHeld { root, holder: contribution, contributor: who } => {
			vec![Root(*root), Contribution(*contribution), account(who)]
		}
		Event::ReservationEnded { root, account: who, .. } => vec![Root(*root), account(who)],
		Event::CommitmentMade { account: who, .. } | Event::CommitmentClosed { account: who, .. } => {
			vec![account(who)]
		}
		Event::LocatorSet { contribution, .. }
		| Event::ChallengeRenewed { contribution, .. }
		| Event::ChunkDrawn { contribution, .. } => vec![Contribution(*contribution)],
		Event::Reviewed { contribution, curator: who, .. }
		| Event::Voted { contribution, curator: who, .. }
		| Event::DepositReleased { contribution, contributor: who, .. }
		| Event::Challenged { contribution, challenger: who, .. }
		| Event::ChallengeAnswered { contribution, challenger: who, .. }
		| Event::ChallengeUnanswered { contribution, challenger: who, .. }
		| Event::DisputeClosed { contribution, claimant: who, .. } => {
			vec![Contribution(*contribution), account(who)]
		}
		Event::Disputed { contribution, claimant, evidence, .. } => {
			about([Contribution(*contribution), account(claimant)], evidence.as_ref().map(root))
		}
		Event::WindowsSet { .. } => Vec::new(),
		Event::__Ignore(..) => Vec::new(),
	}
}

fn of_licence(licence: &Licence<Runtime>) -> Option<Subject> {
	match licence {
		Licence::Spdx(_) => None,
		Licence::Terms(terms) => Some(root(terms)),
	}
}

fn of_admission(admission: &Admission<Runtime>) -> Vec<Subject> {
	match admission {
		Admission::Open => Vec::new(),
		Admission::Curated(curators) => curators.iter().map(account).collect(),
	}
}

fn of_agents(event: &pallet_agents::Event<Runtime>) -> Vec<Subject> {
	use pallet_agents::Event;
	use Subject::Agent;
	match event {
		Event::AgentRegistered { agent, controller, account: own, profile, .. } => {
			let card = profile.card.as_ref().map(|card| root(&card.content));
			about([Agent(*agent), account(controller), account(own)], card)
		}
		Event::ProfileSet { agent, profile } => {
			let card = profile.card.as_ref().map(|card| root(&card.content));
			about([Agent(*agent)], card)
		}
		Event::AgentPaused { agent }
		| Event::AgentResumed { agent }
		| Event::AllRevoked { agent, .. }
		| Event::Controlled { agent }
		| Event::FeePaid { agent, .. } => vec![Agent(*agent)],
		Event::AgentDeregistered { agent, controller, .. }
		| Event::RecoveryBegun { agent, controller, .. } => {
			vec![Agent(*agent), account(controller)]
		}
		Event::ControllerProposed { agent, proposed } => {
			about([Agent(*agent)], proposed.as_ref().map(account))
		}
		Event::ControllerChanged { agent, former, controller, .. } => {
			vec![Agent(*agent), account(former), account(controller)]
		}
		Event::RecoverySet { agent, recovery } => {
			let named = recovery.as_ref().map(|recovery| account(&recovery.account));
			about([Agent(*agent)], named)
		}
		Event::RecoveryCancelled { agent, by } => vec![Agent(*agent), account(by)],
		Event::Delegated { agent, key, .. }
		| Event::DelegationRemoved { agent, key, .. }
		| Event::Acted { agent, key, .. } => vec![Agent(*agent), account(key)],
		Event::ReputationCredited { agent, payer, .. } => vec![Agent(*agent), account(payer)],
		Event::__Ignore(..) => Vec::new(),
	}
}

fn of_models(event: &pallet_models::Event<Runtime>) -> Vec<Subject> {
	use pallet_models::Event;
	use Subject::{Datanet, Model, Root};
	match event {
		Event::CommitmentMade { account: who, .. } | Event::CommitmentClosed { account: who, .. } => {
			vec![account(who)]
		}
		// A registration also happens to what the model was made from.
		Event::ModelRegistered { model, developer, spec, .. } => {
			let named = [Model(*model), account(developer), root(&spec.artifact), root(&spec.card)];
			let parents = spec.parents.iter().map(|parent| Model(*parent));
			let datanets = spec.manifest.iter().map(|entry| Datanet(entry.datanet));
			about(named, parents.chain(datanets))
		}
		Event::RootHeld { root, holder, developer } => {
			vec![Root(*root), Model(*holder), account(developer)]
		}
		Event::ModelSuperseded { model, by } => vec![Model(*model), Model(*by)],
		Event::ModelDeprecated { model }
		| Event::ModelReactivated { model }
		| Event::LocatorsSet { model, .. } => vec![Model(*model)],
		Event::__Ignore(..) => Vec::new(),
	}
}

fn of_receipts(event: &pallet_receipts::Event<Runtime>) -> Vec<Subject> {
	use pallet_receipts::Event;
	use Subject::{Agent, Batch, Channel, Model};
	match event {
		Event::ChannelOpened { channel, payer, server, terms, .. } => {
			vec![Channel(*channel), account(payer), Agent(*server), account(&terms.signer)]
		}
		Event::ChannelToppedUp { channel, .. }
		| Event::ChannelClosing { channel, .. }
		| Event::ChannelClosed { channel, .. } => vec![Channel(*channel)],
		Event::ChannelsClosing { payer, .. } => vec![account(payer)],
		Event::ChannelRedeemed { batch, channel, .. } => vec![Batch(*batch), Channel(*channel)],
		Event::BatchSubmitted { batch, server, .. } => vec![Batch(*batch), Agent(*server)],
		Event::BatchCleared { batch, .. } | Event::ProtocolPaid { batch, .. } => vec![Batch(*batch)],
		Event::ModelEarned { batch, model, .. } => vec![Batch(*batch), Model(*model)],
		Event::DeveloperHeld { model, .. }
		| Event::DeveloperReleased { model, .. }
		| Event::DeveloperCharged { model, .. } => vec![Model(*model)],
		Event::BookOpened { model, terms } => vec![Model(*model), account(&terms.developer)],
		Event::DeveloperCredited { model, developer, .. } => vec![Model(*model), account(developer)],
		Event::RoyaltyCredited { model, ancestor, developer, .. } => {
			vec![Model(*model), Model(*ancestor), account(developer)]
		}
		Event::Withdrawn { account: who, .. } => vec![account(who)],
		Event::ProtocolShareSet { .. } => Vec::new(),
		Event::__Ignore(..) => Vec::new(),
	}
}

fn of_rewards(event: &pallet_rewards::Event<Runtime>) -> Vec<Subject> {
	use pallet_rewards::Event;
	use plexus_primitives::Holder;
	use Subject::{Contribution, Datanet, Model};
	let holder = |holder: &Holder<AccountId>| match holder {
		Holder::Account(id) => account(id),
		Holder::Escrow(contribution) => Contribution(*contribution),
	};
	match event {
		Event::PoolOpened { datanet, .. } => vec![Datanet(*datanet)],
		Event::PositionChanged { holder: of, place, .. }
		| Event::PositionCredited { holder: of, place, .. } => {
			vec![holder(of), Datanet(place.datanet)]
		}
		Event::DataDeposited { model, .. } => vec![Model(*model)],
		Event::Distributed { model, datanet, .. } => vec![Model(*model), Datanet(*datanet)],
		Event::ContributionCredited { contribution, holder: of, .. } => {
			vec![Contribution(*contribution), holder(of)]
		}
		Event::EscrowReleased { contribution, datanet, to, .. } => {
			vec![Contribution(*contribution), Datanet(*datanet), holder(to)]
		}
		Event::AccountCredited { account: who, .. } | Event::Withdrawn { account: who, .. } => {
			vec![account(who)]
		}
		Event::Burned { .. } => Vec::new(),
		Event::__Ignore(..) => Vec::new(),
	}
}

fn of_attribution(event: &pallet_attribution::Event<Runtime>) -> Vec<Subject> {
	use pallet_attribution::Event;
	use Subject::{Agent, Batch, Contribution, Model};
	match event {
		Event::MethodRegistered { by, .. } => vec![account(by)],
		Event::ParametersSet { .. } => Vec::new(),
		// What claims are for is found by it, and so is what they are for together.
		Event::BatchOpened { batch, server, models, claims, .. } => {
			let models = models.iter().map(|share| Model(share.model));
			let contributions = claims.iter().map(|claim| Contribution(claim.contribution));
			about([Batch(*batch), Agent(*server)], models.chain(contributions))
		}
		Event::Committed { batch, account: who, .. }
		| Event::Revealed { batch, account: who, .. }
		| Event::FraudFound { batch, challenger: who, .. }
		| Event::ClaimsVoided { batch, challenger: who, .. }
		| Event::Demanded { batch, by: who, .. }
		| Event::DemandClosed { batch, by: who, .. }
		| Event::UnlistedDisplaced { batch, by: who, .. }
		| Event::SubmitterPaid { batch, account: who, .. } => vec![Batch(*batch), account(who)],
		Event::CommitmentCleared { account: who, .. } => vec![account(who)],
		Event::ClaimMoved { batch, contribution, by, .. }
		| Event::UnlistedAnswered { batch, contribution, by, .. } => {
			vec![Batch(*batch), Contribution(*contribution), account(by)]
		}
		Event::UnlistedShown { batch, source } => {
			vec![Batch(*batch), Contribution(source.contribution), account(&source.by)]
		}
		Event::ContributionPaid { batch, contribution, .. } => {
			vec![Batch(*batch), Contribution(*contribution)]
		}
		Event::UnlistedPaid { batch, model, .. } | Event::DataPaid { batch, model, .. } => {
			vec![Batch(*batch), Model(*model)]
		}
		Event::SamplesPostponed { batch, .. }
		| Event::SamplesDrawn { batch, .. }
		| Event::ClaimProven { batch, .. }
		| Event::ClaimsPaid { batch, .. }
		| Event::BatchFinal { batch, .. } => vec![Batch(*batch)],
		Event::__Ignore(..) => Vec::new(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use frame_support::BoundedVec;
	use pallet_models::{Asks, ManifestEntry, ModelKind, RevenuePolicy, Spec};
	use plexus_primitives::{CommitmentNumber, ContributionId, DatanetId, DatanetVersion, ModelId};
	use sp_runtime::Perbill;

	fn who(number: u8) -> AccountId {
		AccountId::new([number; 32])
	}

	#[test]
	fn a_transfer_is_about_both_sides_and_once_about_one_who_pays_itself() {
		let transfer = |from, to| {
			RuntimeEvent::from(pallet_balances::Event::Transfer { from: who(from), to: who(to), amount: 1 })
		};
		assert_eq!(subjects(&transfer(1, 2)), [Subject::Account([1; 32]), Subject::Account([2; 32])]);
		assert_eq!(subjects(&transfer(1, 1)), [Subject::Account([1; 32])]);
		let fee = pallet_balances::Event::Withdraw { who: who(1), amount: 1 };
		assert_eq!(subjects(&fee.into()), []);
	}

	#[test]
	fn the_largest_registration_of_a_model_keeps_every_subject() {
		let parents: Vec<ModelId> = (0..8).map(ModelId).collect();
		let entry = |number| ManifestEntry {
			datanet: DatanetId(number),
			version: DatanetVersion(1),
			share: Perbill::from_parts(62_500_000),
		};
		let manifest: Vec<ManifestEntry> = (0..16).map(entry).collect();
		let share = Perbill::zero();
		let spec = Spec::<Runtime> {
			kind: ModelKind::Merge,
			artifact: Content { root: [1; 32], len: 1 },
			card: Content { root: [2; 32], len: 1 },
			parents: BoundedVec::try_from(parents.clone()).expect("the most there may be"),
			manifest: BoundedVec::try_from(manifest).expect("the most there may be"),
			policy: RevenuePolicy { server: share, developer: Perbill::one(), data: share },
			asks: Asks { royalty: share, data: share },
		};
		let event = pallet_models::Event::ModelRegistered {
			model: ModelId(99),
			developer: who(3),
			spec,
			locators: pallet_models::types::Locators {
				artifact: Default::default(),
				card: Default::default(),
			},
			commitment: CommitmentNumber(0),
			deposit: 0,
			locators_deposit: 0,
		};
		let found = subjects(&event.into());
		assert_eq!(found.len(), 4 + 8 + 16);
		for parent in parents {
			assert!(found.contains(&Subject::Model(parent)), "{parent:?}");
		}
		for number in 0..16 {
			assert!(found.contains(&Subject::Datanet(DatanetId(number))), "{number}");
		}
		assert!(found.contains(&Subject::Root([1; 32])) && found.contains(&Subject::Root([2; 32])));
	}

	#[test]
	fn the_fullest_batch_is_found_by_everything_that_claims_are_for() {
		use pallet_attribution::types::{ClaimRecord, Parameters, Sampling, Share};
		use plexus_primitives::{AgentId, BatchId, Evidence, MethodId};
		let claim = |number: u64| ClaimRecord {
			receipt: 0,
			model: 0,
			contribution: ContributionId(number % 128),
			version: DatanetVersion(1),
			method: MethodId(0),
			evidence: Evidence::Grounded { offset: 0, length: 1 },
			amount: 1,
			proven: false,
			moved: None,
		};
		let share = |number: u64| Share {
			model: ModelId(number),
			fees: 1,
			data: 1,
			claimed: 1,
			developer: 0,
			held: 0,
		};
		let event = pallet_attribution::Event::<Runtime>::BatchOpened {
			batch: BatchId(7),
			server: AgentId(8),
			root: [9; 32],
			receipts: 256,
			parameters: Parameters::LIVE,
			models: (0..8).map(share).collect::<Vec<_>>().try_into().expect("as many as there may be"),
			claims: (0..512).map(claim).collect::<Vec<_>>().try_into().expect("as many as there may be"),
			hold: 0,
			deposit: 0,
			sampling: Sampling::Due { at: 3 },
			ends_at_ms: 4,
		};
		let found = subjects(&event.into());
		assert_eq!(found.len(), 2 + 8 + 128);
		assert!((0..128).all(|number| found.contains(&Subject::Contribution(ContributionId(number)))));
		assert!((0..8).all(|number| found.contains(&Subject::Model(ModelId(number)))));
		assert!(found.contains(&Subject::Batch(BatchId(7))) && found.contains(&Subject::Agent(AgentId(8))));
	}

	#[test]
	fn a_contribution_is_found_by_each_of_its_names_and_among_its_contributors() {
		let event = pallet_datanets::Event::<Runtime>::ContributionRemoved {
			contribution: ContributionId(5),
			datanet: DatanetId(4),
			sequence: Default::default(),
			contributor: who(3),
			content: Content { root: [2; 32], len: 1 },
			deposit: 0,
			storage_deposit: 0,
			reason: pallet_datanets::types::RemovalReason::Withdrawn,
		};
		assert_eq!(
			subjects(&event.into()),
			[
				Subject::Account([3; 32]),
				Subject::Root([2; 32]),
				Subject::Datanet(DatanetId(4)),
				Subject::Contribution(ContributionId(5)),
			]
		);
	}
}
