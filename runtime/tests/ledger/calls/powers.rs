//! Calls about who may act for whom: validators and their keys, agents that change hands, joint accounts, proxies.
//!
//! # Must not
//! Write the state. Judge how a call ends.

use super::*;
use crate::ledger::memory::{Announced, Pure};
use frame_support::{dispatch::GetDispatchInfo, traits::Get};
use pallet_agents::{
	types::{Recovery, RecoveryTerms},
	DEPTH_MAX,
};
use pallet_multisig::Timepoint;
use pallet_validators::types::{Role, StakeOf, Standing};
use plexus_primitives::{
	consensus::{key_proof_preimage, ConsensusKey, ConsensusSignature, Vote, VoteKind},
	equivocation::{Equivocation, VoteFor},
};
use plexus_runtime::{BlockNumber, Hashing};
use sp_core::Pair;
use sp_runtime::traits::Hash;

type MultisigCall = pallet_multisig::Call<Runtime>;

/// How many share the joint account: the first actors. Any two of them move it.
const JOINT_MEMBERS: usize = 3;
const JOINT_THRESHOLD: u16 = 2;
/// Different calls of the joint account: so few that signatures meet.
const JOINT_CALLS: u64 = 4;

/// An operation of the joint account, and what is signed of it.
struct Joint {
	members: Vec<AccountId>,
	call: RuntimeCall,
	opened: Option<Opened>,
}

struct Opened {
	when: Timepoint<BlockNumber>,
	depositor: AccountId,
	approvals: Vec<AccountId>,
}

impl Joint {
	fn others(&self, by: &AccountId) -> Vec<AccountId> {
		self.members.iter().filter(|member| *member != by).cloned().collect()
	}

	fn hash(&self) -> [u8; 32] {
		self.call.using_encoded(sp_io::hashing::blake2_256)
	}
}

/// What somebody bonds who stands for election.
pub(super) fn validator_bond() -> Balance {
	<Runtime as pallet_validators::Config>::ValidatorBondMin::get()
}

/// The standing of the stake's own pool.
fn standing(stake: &StakeOf<Runtime>) -> Option<Standing> {
	match stake.role {
		Role::Validator(pool) => pallet_validators::Pools::<Runtime>::get(pool).map(|pool| pool.standing),
		Role::Idle | Role::Nominator(_) => None,
	}
}

impl Driver {
	// Validators.

	fn staker_that(&mut self, suits: impl Fn(&AccountId, &StakeOf<Runtime>) -> bool) -> Option<AccountId> {
		let mut suiting = Vec::new();
		for (_, who) in &self.memory.actors {
			let stake = pallet_validators::Stakes::<Runtime>::get(who);
			if stake.is_some_and(|stake| suits(who, &stake)) {
				suiting.push(who.clone());
			}
		}
		self.choices.pick(&suiting)
	}

	pub(super) fn set_keys(&mut self) -> Planned {
		let again = self.choices.one_in(8);
		let who = self.staker_that(|who, stake| {
			let new = !pallet_validators::Keys::<Runtime>::contains_key(who);
			stake.bonded >= validator_bond() && (new || again)
		})?;
		let pair = self.memory.new_validator();
		let proof = pair.sign(&key_proof_preimage(&self.genesis, &who));
		let (key, proof) = (ConsensusKey(pair.public().0), ConsensusSignature(proof.0));
		Some((who, ValidatorsCall::set_keys { key, proof }.into()))
	}

	pub(super) fn validate(&mut self) -> Planned {
		let who = self.staker_that(|who, stake| {
			let free = !matches!(stake.role, Role::Nominator(_));
			let jailed = matches!(standing(stake), Some(Standing::Jailed { .. }));
			let has_key = pallet_validators::Keys::<Runtime>::contains_key(who);
			stake.bonded >= validator_bond() && has_key && free && !jailed
		})?;
		let commission = percent(self.choices.below(20));
		Some((who, ValidatorsCall::validate { commission }.into()))
	}

	/// Seldom, so that some stay long enough to be jailed.
	pub(super) fn chill(&mut self) -> Planned {
		self.choices.one_in(4).then_some(())?;
		let who = self.staker_that(|_, stake| standing(stake) == Some(Standing::Candidate))?;
		Some((who, ValidatorsCall::chill {}.into()))
	}

	pub(super) fn unjail(&mut self) -> Planned {
		let now = now_ms();
		let early = self.choices.one_in(10);
		let who = self.staker_that(
			|_, stake| matches!(standing(stake), Some(Standing::Jailed { until_ms }) if early || now >= until_ms),
		)?;
		Some((who, ValidatorsCall::unjail {}.into()))
	}

	/// That somebody voted for two blocks of this height: the first validator never does, all others may have.
	pub(super) fn report_equivocation(&mut self) -> Planned {
		self.choices.one_in(4).then_some(())?;
		let height = u64::from(System::block_number());
		let mut members = Validators::members_at(height);
		members.retain(|member| {
			let pool = pallet_validators::Pools::<Runtime>::get(member.pool);
			let punished = pool.is_none_or(|pool| matches!(pool.standing, Standing::Tombstoned(_)));
			self.memory.validators.contains_key(&member.key.0) && !punished
		});
		let key = self.choices.pick(&members)?.key;
		let pair = self.memory.validators.get(&key.0)?;
		let vote = |value| {
			let vote = Vote { kind: VoteKind::Precommit, height, round: 0, value, voter: key };
			let signature = ConsensusSignature(pair.sign(&vote.preimage(&self.genesis)).0);
			VoteFor { value, signature }
		};
		let (one, other) = (vote(None), vote(Some([7; 32])));
		let evidence = Equivocation::votes(key, height, 0, VoteKind::Precommit, one, other);
		Some((self.actor(), ValidatorsCall::report_equivocation { evidence }.into()))
	}

	// Agents.

	pub(super) fn accept_controller_and_keys(&mut self) -> Planned {
		let next = pallet_agents::NextAgentId::<Runtime>::get().0;
		let (agent, by, next_delegation) = self.find(next, |id| {
			let record = pallet_agents::Agents::<Runtime>::get(AgentId(id))?;
			record.proposed_controller.map(|by| (AgentId(id), by, record.next_delegation))
		})?;
		Some((by, AgentsCall::accept_controller { agent, keep_below: Some(next_delegation) }.into()))
	}

	pub(super) fn set_recovery(&mut self) -> Planned {
		let (agent, record) = self.find_agent()?;
		let pending = record.recovery.is_some_and(|recovery| recovery.pending.is_some());
		(!pending || self.choices.one_in(4)).then_some(())?;
		let least = <Runtime as pallet_agents::Config>::RecoveryDelayMsMin::get();
		let delay_ms = least + self.choices.below(20_000);
		let terms = RecoveryTerms { account: self.actor(), delay_ms };
		let recovery = (!self.choices.one_in(8)).then_some(terms);
		Some((record.controller, AgentsCall::set_recovery { agent, recovery }.into()))
	}

	fn find_recovery(
		&mut self,
		suits: impl Fn(&Recovery<AccountId>) -> bool,
	) -> Option<(AgentId, pallet_agents::Agent<Runtime>, Recovery<AccountId>)> {
		let next = pallet_agents::NextAgentId::<Runtime>::get().0;
		self.find(next, |id| {
			let record = pallet_agents::Agents::<Runtime>::get(AgentId(id))?;
			let recovery = record.recovery.clone().filter(|recovery| suits(recovery))?;
			Some((AgentId(id), record, recovery))
		})
	}

	pub(super) fn begin_recovery(&mut self) -> Planned {
		let (agent, _, recovery) = self.find_recovery(|recovery| recovery.pending.is_none())?;
		let controller = self.actor();
		Some((recovery.terms.account, AgentsCall::begin_recovery { agent, controller }.into()))
	}

	/// Seldom, so that others are completed.
	pub(super) fn cancel_recovery(&mut self) -> Planned {
		self.choices.one_in(3).then_some(())?;
		let (agent, record, recovery) = self.find_recovery(|recovery| recovery.pending.is_some())?;
		let by = match self.choices.one_in(2) {
			true => record.controller,
			false => recovery.terms.account,
		};
		Some((by, AgentsCall::cancel_recovery { agent }.into()))
	}

	pub(super) fn complete_recovery(&mut self) -> Planned {
		let now = now_ms();
		let early = self.choices.one_in(10);
		let (agent, record, recovery) = self.find_recovery(|recovery| {
			recovery.pending.as_ref().is_some_and(|pending| early || now >= pending.completes_at_ms)
		})?;
		let keep_below = self.choices.one_in(2).then_some(record.next_delegation);
		Some((recovery.pending?.controller, AgentsCall::complete_recovery { agent, keep_below }.into()))
	}

	/// A key passes half of what it has on.
	pub(super) fn pass_on(&mut self) -> Planned {
		let (agent, parent, granted) = self.find_delegation()?;
		let possible = u32::from(granted.depth) < DEPTH_MAX && granted.terms.expires_at_ms > now_ms();
		(possible || self.choices.one_in(10)).then_some(())?;
		let terms = Terms::<Runtime> {
			budget: granted.terms.budget / 2,
			fee_budget: granted.terms.fee_budget / 2,
			..granted.terms
		};
		let key = self.actor();
		Some((granted.key, AgentsCall::delegate { agent, parent: Some(parent), key, terms }.into()))
	}

	// The joint account.

	fn joint_members(&self) -> Vec<AccountId> {
		let first = self.memory.actors.iter().take(JOINT_MEMBERS);
		let mut members: Vec<_> = first.map(|(_, who)| who.clone()).collect();
		members.sort();
		members
	}

	pub(super) fn joint_account(&self) -> AccountId {
		pallet_multisig::Pallet::<Runtime>::multi_account_id(&self.joint_members(), JOINT_THRESHOLD)
	}

	fn joint_operation(&mut self) -> Joint {
		let call: RuntimeCall = match self.choices.below(JOINT_CALLS) {
			0 => frame_system::Call::remark_with_event { remark: vec![2] }.into(),
			place => {
				let dest = Address::Id(self.memory.actors[place as usize].1.clone());
				BalancesCall::transfer_keep_alive { dest, value: UNITS }.into()
			}
		};
		let mut joint = Joint { members: self.joint_members(), call, opened: None };
		let open = pallet_multisig::Multisigs::<Runtime>::get(self.joint_account(), joint.hash());
		joint.opened = open.map(|open| Opened {
			when: open.when,
			depositor: open.depositor,
			approvals: open.approvals.into_inner(),
		});
		joint
	}

	/// One of its members: who has not signed yet, if there is one.
	fn joint_signer(&mut self, joint: &Joint) -> Option<AccountId> {
		let signed = joint.opened.as_ref().map(|opened| &opened.approvals[..]).unwrap_or_default();
		let mut missing = joint.members.clone();
		missing.retain(|member| !signed.contains(member));
		let from = if missing.is_empty() { &joint.members } else { &missing };
		self.choices.pick(from)
	}

	pub(super) fn as_multi(&mut self) -> Planned {
		let joint = self.joint_operation();
		let by = self.joint_signer(&joint)?;
		let call = MultisigCall::as_multi {
			threshold: JOINT_THRESHOLD,
			other_signatories: joint.others(&by),
			maybe_timepoint: joint.opened.as_ref().map(|opened| opened.when),
			max_weight: joint.call.get_dispatch_info().call_weight,
			call: Box::new(joint.call),
		};
		Some((by, call.into()))
	}

	pub(super) fn approve_as_multi(&mut self) -> Planned {
		let joint = self.joint_operation();
		let by = self.joint_signer(&joint)?;
		let call = MultisigCall::approve_as_multi {
			threshold: JOINT_THRESHOLD,
			other_signatories: joint.others(&by),
			maybe_timepoint: joint.opened.as_ref().map(|opened| opened.when),
			call_hash: joint.hash(),
			max_weight: joint.call.get_dispatch_info().call_weight,
		};
		Some((by, call.into()))
	}

	pub(super) fn cancel_as_multi(&mut self) -> Planned {
		let joint = self.joint_operation();
		let opened = joint.opened.as_ref()?;
		let by = opened.depositor.clone();
		let call = MultisigCall::cancel_as_multi {
			threshold: JOINT_THRESHOLD,
			other_signatories: joint.others(&by),
			timepoint: opened.when,
			call_hash: joint.hash(),
		};
		Some((by, call.into()))
	}

	pub(super) fn poke_multisig_deposit(&mut self) -> Planned {
		let joint = self.joint_operation();
		let by = joint.opened.as_ref()?.depositor.clone();
		let call = MultisigCall::poke_deposit {
			threshold: JOINT_THRESHOLD,
			other_signatories: joint.others(&by),
			call_hash: joint.hash(),
		};
		Some((by, call.into()))
	}

	// Proxies.

	pub(super) fn create_pure(&mut self) -> Planned {
		let spawner = self.actor();
		// The index of the transaction that is being made up.
		let (height, extrinsic) = (System::block_number(), System::extrinsic_index()?);
		self.memory.spawn(Pure { spawner: spawner.clone(), height, extrinsic });
		let (proxy_type, delay, index) = (ProxyType::Any, 0, 0);
		Some((spawner, ProxyCall::create_pure { proxy_type, delay, index }.into()))
	}

	/// The pure account itself kills it: who spawned it is its proxy.
	pub(super) fn kill_pure(&mut self) -> Planned {
		let mut pures = self.memory.pures.clone();
		pures.retain(|pure| pallet_proxy::Proxies::<Runtime>::contains_key(pure.account()));
		let pure = self.choices.pick(&pures)?;
		let kill: RuntimeCall = ProxyCall::kill_pure {
			spawner: Address::Id(pure.spawner.clone()),
			proxy_type: ProxyType::Any,
			index: 0,
			height: pure.height,
			ext_index: pure.extrinsic,
		}
		.into();
		let (real, call) = (Address::Id(pure.account()), Box::new(kill));
		Some((pure.spawner, ProxyCall::proxy { real, force_proxy_type: None, call }.into()))
	}

	/// Somebody who has proxies, and one of these.
	fn represented(&mut self) -> Option<(AccountId, AccountId)> {
		(0..6).find_map(|_| {
			let real = self.actor();
			let (proxies, _) = pallet_proxy::Proxies::<Runtime>::get(&real);
			self.choices.pick(&proxies).map(|one| (real, one.delegate))
		})
	}

	pub(super) fn remove_proxies(&mut self) -> Planned {
		self.choices.one_in(3).then_some(())?;
		Some((self.represented()?.0, ProxyCall::remove_proxies {}.into()))
	}

	pub(super) fn poke_proxy_deposit(&mut self) -> Planned {
		Some((self.actor(), ProxyCall::poke_deposit {}.into()))
	}

	pub(super) fn announce(&mut self) -> Planned {
		let (real, delegate) = self.represented()?;
		let call = self.inner(&real)?;
		let call_hash = Hashing::hash_of(&call);
		self.memory.announce(Announced { delegate: delegate.clone(), real: real.clone(), call });
		Some((delegate, ProxyCall::announce { real: Address::Id(real), call_hash }.into()))
	}

	fn take_announced(&mut self) -> Option<Announced> {
		let count = self.memory.announced.len() as u64;
		(count > 0).then(|| self.memory.announced.remove(self.choices.below(count) as usize))
	}

	pub(super) fn proxy_announced(&mut self) -> Planned {
		let Announced { delegate, real, call } = self.take_announced()?;
		let (delegate, real, call) = (Address::Id(delegate), Address::Id(real), Box::new(call));
		let call = ProxyCall::proxy_announced { delegate, real, force_proxy_type: None, call };
		Some((self.actor(), call.into()))
	}

	pub(super) fn remove_announcement(&mut self) -> Planned {
		let Announced { delegate, real, call } = self.take_announced()?;
		let (real, call_hash) = (Address::Id(real), Hashing::hash_of(&call));
		Some((delegate, ProxyCall::remove_announcement { real, call_hash }.into()))
	}

	pub(super) fn reject_announcement(&mut self) -> Planned {
		let Announced { delegate, real, call } = self.take_announced()?;
		let (delegate, call_hash) = (Address::Id(delegate), Hashing::hash_of(&call));
		Some((real, ProxyCall::reject_announcement { delegate, call_hash }.into()))
	}
}
