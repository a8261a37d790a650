//! That events tell everything: a follower that reads nothing else knows the whole state.
//!
//! The histories of [`super::model`] feed it after each call, and compare at their ends. Beside the events it knows what
//! their block tells: its number and its time on the chain clock. Periods of budgets and steps of decay count on these.

use super::*;
use crate::types::{
	Agent, AgentStatus, Delegation, PendingRecovery, Recovery, RemovalReason, Reputation, TagOf, Usage,
};
use codec::Encode;
use frame_system::pallet_prelude::BlockNumberFor;
use scale_info::{TypeDef, TypeInfo};
use std::collections::{BTreeMap, BTreeSet};

/// What an indexer would keep.
#[derive(Default)]
pub struct Follower {
	agents: BTreeMap<AgentId, Agent<Test>>,
	profiles: BTreeMap<AgentId, Profile<Test>>,
	delegations: BTreeMap<(AgentId, DelegationId), Delegation<Test>>,
	reputations: BTreeMap<AgentId, Reputation<Test>>,
	payers: BTreeSet<(AgentId, AccountId)>,
	/// The places of the events that were heard in their enum.
	heard: BTreeSet<u8>,
}

impl Follower {
	/// Takes the events of the block so far out, and follows them.
	pub fn follow(&mut self) {
		let (number, now_ms) = (System::block_number(), Now::get());
		for record in System::events() {
			if let RuntimeEvent::Agents(event) = record.event {
				self.heard.extend(event.encode().first());
				self.hear(event, number, now_ms);
			}
		}
		System::reset_events();
	}

	fn hear(&mut self, event: Event<Test>, number: BlockNumberFor<Test>, now_ms: u64) {
		match event {
			Event::AgentRegistered { agent, controller, account, profile, bond, price: _ } => {
				assert_eq!(account, Agents::account_of(agent));
				let registered = Agent {
					controller,
					status: AgentStatus::Active,
					bond,
					registered_at: number,
					next_delegation: FIRST,
					revoked_below: FIRST,
					proposed_controller: None,
					recovery: None,
				};
				assert!(self.agents.insert(agent, registered).is_none());
				assert!(self.profiles.insert(agent, profile).is_none());
			}
			Event::ProfileSet { agent, profile } => {
				assert!(self.profiles.insert(agent, profile).is_some());
			}
			Event::AgentPaused { agent } => self.at(agent).status = AgentStatus::Paused,
			Event::AgentResumed { agent } => self.at(agent).status = AgentStatus::Active,
			Event::AgentDeregistered { agent, controller, bond } => {
				let retired = self.at(agent);
				assert_eq!((&retired.controller, retired.bond), (&controller, bond));
				(retired.status, retired.bond) = (AgentStatus::Retired, 0);
				assert!(self.profiles.remove(&agent).is_some());
			}
			Event::ControllerProposed { agent, proposed } => self.at(agent).proposed_controller = proposed,
			Event::ControllerChanged { agent, former, controller, recovered: _ } => {
				let changed = self.at(agent);
				assert_eq!(std::mem::replace(&mut changed.controller, controller), former);
				(changed.proposed_controller, changed.recovery) = (None, None);
			}
			Event::RecoverySet { agent, recovery } => {
				self.at(agent).recovery = recovery.map(|terms| Recovery { terms, pending: None });
			}
			Event::RecoveryBegun { agent, controller, completes_at_ms } => {
				let pending = PendingRecovery { controller, completes_at_ms };
				assert_eq!(self.recovery(agent).pending.replace(pending), None);
			}
			Event::RecoveryCancelled { agent, by: _ } => {
				assert!(self.recovery(agent).pending.take().is_some());
			}
			Event::Delegated { agent, delegation, parent, key, terms, granted_at_ms, deposit } => {
				let above = self.path(agent, parent);
				// Whoever passes on is charged for the deposit.
				self.charge(agent, &above, granted_at_ms, |usage| usage.spent += deposit);
				let depth = 1 + above.len() as u8;
				let usage = Usage::default();
				let granted = Delegation { key, parent, depth, terms, granted_at_ms, deposit, usage };
				assert!(self.delegations.insert((agent, delegation), granted).is_none());
				assert_eq!(self.at(agent).next_delegation, delegation);
				self.at(agent).next_delegation = DelegationId(delegation.0 + 1);
			}
			Event::DelegationRemoved { agent, delegation, key, reason, deposit } => {
				let removed = self.delegations.remove(&(agent, delegation)).expect("it was granted");
				assert_eq!((removed.key, removed.deposit), (key, deposit));
				let expired = removed.terms.expires_at_ms <= now_ms;
				assert!(reason != RemovalReason::Expired || expired, "it had not ended");
			}
			Event::AllRevoked { agent, below } => self.at(agent).revoked_below = below,
			Event::Acted { agent, delegation, key, outflow } => {
				assert_eq!(self.delegations[&(agent, delegation)].key, key);
				let path = self.path(agent, Some(delegation));
				self.charge(agent, &path, now_ms, |usage| usage.spent += outflow);
			}
			// What the account has is told by the pallets that the call was of.
			Event::Controlled { agent } => assert!(self.agents.contains_key(&agent)),
			Event::FeePaid { agent, delegation, fee } => {
				let path = self.path(agent, Some(delegation));
				self.charge(agent, &path, now_ms, |usage| usage.fees += fee);
			}
			Event::ReputationCredited { agent, payer, burned: _, score, payers } => {
				let reputation = self.reputations.entry(agent).or_default();
				if payers > reputation.payers {
					assert!(self.payers.insert((agent, payer)), "a payer is counted twice");
				}
				*reputation = Reputation { score, step: now_ms / STEP_MS, payers };
			}
			Event::__Ignore(_, never) => match never {},
		}
	}

	fn at(&mut self, agent: AgentId) -> &mut Agent<Test> {
		self.agents.get_mut(&agent).expect("events tell of an agent before they tell what became of it")
	}

	fn recovery(&mut self, agent: AgentId) -> &mut Recovery<AccountId> {
		self.at(agent).recovery.as_mut().expect("events tell who may recover before a recovery begins")
	}

	/// The delegation and those above it, as far as they are known.
	fn path(&self, agent: AgentId, from: Option<DelegationId>) -> Vec<DelegationId> {
		let above = |id: &DelegationId| self.delegations.get(&(agent, *id)).and_then(|known| known.parent);
		std::iter::successors(from, above).collect()
	}

	fn charge(
		&mut self,
		agent: AgentId,
		path: &[DelegationId],
		at_ms: u64,
		adds: impl Fn(&mut Usage<Balance>),
	) {
		for id in path {
			let charged = self.delegations.get_mut(&(agent, *id)).expect("only what is live is charged");
			let mut usage = charged.usage_at(at_ms);
			adds(&mut usage);
			charged.usage = usage;
		}
	}

	/// Compares with the state, each index included.
	pub fn assert_knows_everything(&self) {
		assert_eq!(crate::Agents::<Test>::iter().collect::<BTreeMap<_, _>>(), self.agents);
		let next = crate::NextAgentId::<Test>::get();
		assert_eq!(next.0, self.agents.len() as u64);
		let controllers = crate::AgentsByController::<Test>::iter_keys().collect::<BTreeSet<_>>();
		let known = self.agents.iter().map(|(id, agent)| (agent.controller.clone(), *id));
		assert_eq!(controllers, known.collect::<BTreeSet<_>>());

		assert_eq!(crate::Profiles::<Test>::iter().collect::<BTreeMap<_, _>>(), self.profiles);
		let tags = crate::AgentsByTag::<Test>::iter_keys().collect::<BTreeSet<(TagOf<Test>, _)>>();
		let tags_of = |(id, profile): (&AgentId, &Profile<Test>)| {
			let id = *id;
			profile.tags.clone().into_iter().map(move |tag| (tag, id)).collect::<Vec<_>>()
		};
		assert_eq!(tags, self.profiles.iter().flat_map(tags_of).collect::<BTreeSet<_>>());

		// A period that is over counts as one in which nothing was used, whatever is stored of it.
		let now_ms = Now::get();
		let current = |mut delegation: Delegation<Test>| {
			delegation.usage = delegation.usage_at(now_ms);
			delegation
		};
		let stored = crate::Delegations::<Test>::iter()
			.map(|(agent, id, delegation)| ((agent, id), current(delegation)));
		let known = self.delegations.iter().map(|(key, delegation)| (*key, current(delegation.clone())));
		assert_eq!(stored.collect::<BTreeMap<_, _>>(), known.collect::<BTreeMap<_, _>>());

		assert_eq!(crate::Reputations::<Test>::iter().collect::<BTreeMap<_, _>>(), self.reputations);
		assert_eq!(crate::Payers::<Test>::iter_keys().collect::<BTreeSet<_>>(), self.payers);
	}
}

#[test]
fn an_agents_whole_life_is_followed_from_its_events_alone() {
	run(|| {
		let mut follower = Follower::default();
		funded_agent();
		assert_ok!(Agents::set_profile(signed(&alice()), AGENT, profile(&[b"summaries", b"translation"])));
		assert_ok!(Agents::set_paused(signed(&alice()), AGENT, true));
		assert_ok!(Agents::set_paused(signed(&alice()), AGENT, false));
		follower.follow();
		follower.assert_knows_everything();

		// A key passes on, both act, and the agent pays for one; the next period begins with nothing used.
		let first = grant(&key(100), terms());
		let second = pass_on(&key(100), first, &key(101), terms()).expect("it is what the key itself has");
		assert_ok!(submit(&key(101), 0, act_call(second, pay(&shop(), 5_000_000))).expect("the agent pays"));
		follower.follow();
		follower.assert_knows_everything();
		Now::set(PERIOD_MS);
		assert_ok!(act(&key(100), first, pay(&shop(), 7_000_000)));
		assert_ok!(control(&alice(), AGENT, remark()));
		Agents::credit_reputation(AGENT, &shop(), PAYER_BURN);
		Agents::credit_reputation(AGENT, &bob(), PAYER_BURN - 1);
		follower.follow();
		follower.assert_knows_everything();
		let spent = |id| follower.delegations[&(AGENT, id)].usage.spent;
		assert_eq!((spent(first), spent(second)), (7_000_000, 5_000_000));

		let recovery = Some(RecoveryTerms { account: bob(), delay_ms: DELAY_MS });
		assert_ok!(Agents::set_recovery(signed(&alice()), AGENT, recovery));
		assert_ok!(Agents::begin_recovery(signed(&bob()), AGENT, shop()));
		follower.follow();
		follower.assert_knows_everything();
		assert_ok!(Agents::cancel_recovery(signed(&alice()), AGENT));
		assert_ok!(Agents::propose_controller(signed(&alice()), AGENT, Some(bob())));
		follower.follow();
		follower.assert_knows_everything();

		// All delegations are cut off with the controller, and the agent goes last.
		assert_ok!(Agents::accept_controller(signed(&bob()), AGENT, None));
		assert_ok!(Agents::clear_delegation(signed(&shop()), AGENT, second));
		assert_ok!(Agents::deregister(signed(&bob()), AGENT));
		follower.follow();
		follower.assert_knows_everything();

		let TypeDef::Variant(kinds) = Event::<Test>::type_info().type_def else {
			panic!("an event is an enum");
		};
		let kinds = kinds.variants.iter().map(|kind| kind.index).collect::<BTreeSet<u8>>();
		assert_eq!(follower.heard, kinds, "the life shows every kind of event");
	});
}
