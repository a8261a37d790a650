//! Every kind of call that a history has, and how one is made up: mostly such that it may succeed, from what the state says
//! at that moment.
//!
//! # Must not
//! Write the state. Judge how a call ends.

mod powers;

use super::{
	choices::Choices,
	memory::{Kept, Memory, Promised, Served},
	WINDOWS,
};
use crate::common::evidence::{content, context, listed, slice, Filed};
use codec::Encode;
use frame_support::traits::InstanceFilter;
use pallet_agents::types::Terms;
use pallet_attribution::{Method, Parameters};
use pallet_datanets::{
	types::{Admission, ContributionStatus, DatanetStatus, Licence, Question, Remedy, Verdict},
	Contribution, Windows,
};
use pallet_models::{Asks, Locators, ManifestEntry, ModelKind, RevenuePolicy, Spec};
use pallet_receipts::{ChannelTerms, Redemption};
use pallet_rewards::Place;
use pallet_validators::types::PoolId;
use plexus_primitives::{
	api::AdmissionKind,
	challenge::{commitment, Challenge},
	constants::{Balance, UNITS},
	receipt::voucher,
	AgentId, BatchId, ChannelId, Claim, Content, ContextLeaf, ContributionId, DatanetId, DatanetVersion,
	DelegationId, Evidence, MethodId, ModelId, Receipt,
};
use plexus_runtime::{
	fees::validators_pot, AccountId, Address, Agents, Attribution, Datanets, Models, ProxyType, Receipts,
	Rewards, Runtime, RuntimeCall, Scope, System, Validators,
};
use sp_runtime::{Perbill, Saturating};

type AgentsCall = pallet_agents::Call<Runtime>;
type AttributionCall = pallet_attribution::Call<Runtime>;
type BalancesCall = pallet_balances::Call<Runtime>;
type DatanetsCall = pallet_datanets::Call<Runtime>;
type ModelsCall = pallet_models::Call<Runtime>;
type ProxyCall = pallet_proxy::Call<Runtime>;
type ReceiptsCall = pallet_receipts::Call<Runtime>;
type RewardsCall = pallet_rewards::Call<Runtime>;
type UtilityCall = pallet_utility::Call<Runtime>;
type ValidatorsCall = pallet_validators::Call<Runtime>;

/// Who signs, and what.
pub type Planned = Option<(AccountId, RuntimeCall)>;

/// A kind of call.
pub struct Kind {
	pub name: &'static str,
	pub weight: u64,
	pub plan: fn(&mut Driver) -> Planned,
}

const fn kind(name: &'static str, weight: u64, plan: fn(&mut Driver) -> Planned) -> Kind {
	Kind { name, weight, plan }
}

/// Most of these at a time, so that a history stays in a few places.
const DATANETS_MAX: u64 = 9;
const MODELS_MAX: u64 = 14;
const AGENTS_MAX: u64 = 6;

/// All kinds, with how often they are made up.
pub const KINDS: &[Kind] = &[
	kind("balances.transfer_keep_alive", 6, Driver::transfer_keep_alive),
	kind("balances.transfer_allow_death", 3, Driver::transfer_allow_death),
	kind("balances.transfer_all", 1, Driver::transfer_all),
	kind("balances.burn", 2, Driver::burn),
	kind("balances.gift to a pot", 1, Driver::gift),
	kind("system.remark_with_event", 1, Driver::remark),
	kind("utility.batch", 3, Driver::batch),
	kind("utility.batch_all", 4, Driver::batch_all),
	kind("utility.force_batch", 3, Driver::force_batch),
	kind("multisig.as_multi_threshold_1", 1, Driver::multisig),
	kind("multisig.as_multi", 3, Driver::as_multi),
	kind("multisig.approve_as_multi", 2, Driver::approve_as_multi),
	kind("multisig.cancel_as_multi", 1, Driver::cancel_as_multi),
	kind("multisig.poke_deposit", 1, Driver::poke_multisig_deposit),
	kind("proxy.add_proxy", 2, Driver::add_proxy),
	kind("proxy.remove_proxy", 1, Driver::remove_proxy),
	kind("proxy.remove_proxies", 1, Driver::remove_proxies),
	kind("proxy.proxy", 4, Driver::proxy),
	kind("proxy.create_pure", 1, Driver::create_pure),
	kind("proxy.kill_pure", 1, Driver::kill_pure),
	kind("proxy.announce", 4, Driver::announce),
	kind("proxy.proxy_announced", 4, Driver::proxy_announced),
	kind("proxy.remove_announcement", 1, Driver::remove_announcement),
	kind("proxy.reject_announcement", 1, Driver::reject_announcement),
	kind("proxy.poke_deposit", 1, Driver::poke_proxy_deposit),
	kind("agents.register", 2, Driver::register_agent),
	kind("agents.set_paused", 1, Driver::pause_agent),
	kind("agents.set_profile", 1, Driver::set_profile),
	kind("agents.propose_controller", 2, Driver::propose_controller),
	kind("agents.accept_controller", 2, Driver::accept_controller),
	kind("agents.accept_controller with keys", 2, Driver::accept_controller_and_keys),
	kind("agents.set_recovery", 2, Driver::set_recovery),
	kind("agents.begin_recovery", 2, Driver::begin_recovery),
	kind("agents.cancel_recovery", 1, Driver::cancel_recovery),
	kind("agents.complete_recovery", 3, Driver::complete_recovery),
	kind("agents.delegate", 5, Driver::delegate),
	kind("agents.delegate with a parent", 6, Driver::pass_on),
	kind("agents.revoke", 1, Driver::revoke),
	kind("agents.revoke_all", 1, Driver::revoke_all),
	kind("agents.clear_delegation", 2, Driver::clear_delegation),
	kind("agents.deregister", 1, Driver::deregister),
	kind("agents.act", 12, Driver::act),
	kind("agents.control", 4, Driver::control),
	kind("datanets.create_datanet", 2, Driver::create_datanet),
	kind("datanets.describe", 1, Driver::describe),
	kind("datanets.set_paused", 2, Driver::pause_datanet),
	kind("datanets.retire", 2, Driver::retire),
	kind("datanets.remove_datanet", 3, Driver::remove_datanet),
	kind("datanets.propose_owner", 2, Driver::propose_owner),
	kind("datanets.accept_ownership", 2, Driver::accept_ownership),
	kind("datanets.propose_curators", 2, Driver::propose_curators),
	kind("datanets.enact_curators", 2, Driver::enact_curators),
	kind("datanets.contribute", 4, Driver::contribute),
	kind("datanets.commit", 8, Driver::commit_contributions),
	kind("datanets.register", 10, Driver::register_contributions),
	kind("datanets.clear_commitment", 1, Driver::clear_contributions),
	kind("datanets.review", 24, Driver::review),
	kind("datanets.accept", 6, Driver::accept),
	kind("datanets.expire", 2, Driver::expire),
	kind("datanets.withdraw", 2, Driver::withdraw_contribution),
	kind("datanets.set_locator", 6, Driver::set_locator),
	kind("datanets.release_deposit", 2, Driver::release_deposit),
	kind("datanets.publish", 8, Driver::publish),
	kind("datanets.challenge", 3, Driver::challenge_contribution),
	kind("datanets.draw_chunk", 4, Driver::draw_chunk),
	kind("datanets.answer", 3, Driver::answer_chunk),
	kind("datanets.close_challenge", 3, Driver::close_challenge),
	kind("datanets.dispute", 4, Driver::dispute),
	kind("datanets.vote", 6, Driver::vote),
	kind("datanets.close_dispute", 3, Driver::close_dispute),
	kind("datanets.clear_reservation", 2, Driver::clear_reservation),
	kind("sudo attribution.set_parameters", 2, Driver::set_parameters),
	kind("sudo datanets.judge", 2, Driver::judge),
	kind("sudo datanets.set_windows", 1, Driver::set_windows),
	kind("sudo receipts.set_protocol_share", 1, Driver::set_protocol_share),
	kind("models.commit", 5, Driver::commit_model),
	kind("models.register", 6, Driver::register_model),
	kind("models.clear_commitment", 1, Driver::clear_model),
	kind("models.set_deprecated", 2, Driver::deprecate),
	kind("models.set_locators", 1, Driver::locate_model),
	kind("receipts.open", 10, Driver::open),
	kind("receipts.top_up", 4, Driver::top_up),
	kind("receipts.close", 3, Driver::close),
	kind("receipts.close_all", 1, Driver::close_all),
	kind("receipts.finish", 4, Driver::finish),
	kind("receipts.clear_batch", 4, Driver::clear_batch),
	kind("receipts.pull_developer", 10, Driver::pull_developer),
	kind("receipts.pull_royalty", 10, Driver::pull_royalty),
	kind("receipts.withdraw", 8, Driver::withdraw_fees),
	kind("attribution.submit", 40, Driver::submit),
	kind("attribution.register_method", 2, Driver::register_method),
	kind("attribution.commit", 34, Driver::commit_challenge),
	kind("attribution.reveal", 44, Driver::reveal),
	kind("attribution.clear_commitment", 5, Driver::clear_challenge),
	kind("attribution.draw_samples", 20, Driver::draw_samples),
	kind("attribution.close_samples", 4, Driver::close_samples),
	kind("attribution.demand", 10, Driver::demand),
	kind("attribution.answer", 40, Driver::answer),
	kind("attribution.close_demand", 6, Driver::close_demand),
	kind("attribution.answer_unlisted", 16, Driver::answer_unlisted),
	kind("attribution.finalise", 24, Driver::finalise),
	kind("rewards.distribute", 14, Driver::distribute),
	kind("rewards.claim", 12, Driver::claim),
	kind("rewards.withdraw", 8, Driver::withdraw_data),
	kind("validators.bond", 4, Driver::bond),
	kind("validators.bond_more", 2, Driver::bond_more),
	kind("validators.unbond", 3, Driver::unbond),
	kind("validators.rebond", 2, Driver::rebond),
	kind("validators.withdraw_unbonded", 3, Driver::withdraw_unbonded),
	kind("validators.nominate", 4, Driver::nominate),
	kind("validators.set_keys", 4, Driver::set_keys),
	kind("validators.validate", 4, Driver::validate),
	kind("validators.chill", 1, Driver::chill),
	kind("validators.unjail", 2, Driver::unjail),
	kind("validators.report_equivocation", 1, Driver::report_equivocation),
	kind("validators.claim_rewards", 3, Driver::claim_rewards),
	kind("validators.settle", 1, Driver::settle_stake),
];

/// What an output begins with before it quotes anybody, and what is shown of an unlisted source: the least there may be.
const OWN_WORDS: u64 = 300;
const UNLISTED_BYTES: u64 = Parameters::DEVELOPMENT.unlisted_bytes_min;

pub struct Driver {
	pub choices: Choices,
	pub memory: Memory,
	pub genesis: [u8; 32],
}

fn records<Id, Record>(id: Id, get: impl Fn(Id) -> Option<Record>) -> Option<(Id, Record)>
where
	Id: Copy,
{
	get(id).map(|record| (id, record))
}

fn contribution(id: ContributionId) -> Option<Contribution<Runtime>> {
	pallet_datanets::Contributions::<Runtime>::get(id)
}

fn manifest_of(model: ModelId) -> Vec<(DatanetId, DatanetVersion)> {
	let record = pallet_models::Models::<Runtime>::get(model);
	let entries = record.map(|record| record.spec.manifest.into_inner()).unwrap_or_default();
	entries.into_iter().map(|entry| (entry.datanet, entry.version)).collect()
}

fn is_listed(manifest: &[(DatanetId, DatanetVersion)], record: &Contribution<Runtime>) -> bool {
	let holds = |(datanet, version): &(DatanetId, DatanetVersion)| {
		*datanet == record.datanet && record.weight_at(*version).is_some()
	};
	manifest.iter().any(holds)
}

fn now_ms() -> u64 {
	Validators::clock_ms()
}

fn percent(whole: u64) -> Perbill {
	Perbill::from_percent(whole as u32)
}

impl Driver {
	fn actor(&mut self) -> AccountId {
		let place = self.choices.below(self.memory.actors.len() as u64) as usize;
		self.memory.actors[place].1.clone()
	}

	/// Something that is as it has to be; lately made ones are looked at more often.
	fn find<Found>(&mut self, next: u64, suits: impl Fn(u64) -> Option<Found>) -> Option<Found> {
		for attempt in 0..14 {
			let back = match attempt % 2 {
				0 => self.choices.below(next.min(10)),
				_ => self.choices.below(next),
			};
			let id = next.checked_sub(1 + back)?;
			if let Some(found) = suits(id) {
				return Some(found);
			}
		}
		None
	}

	fn find_contribution(
		&mut self,
		suits: impl Fn(&Contribution<Runtime>) -> bool,
	) -> Option<(ContributionId, Contribution<Runtime>)> {
		let next = pallet_datanets::NextContributionId::<Runtime>::get().0;
		self.find(next, |id| records(ContributionId(id), contribution).filter(|(_, record)| suits(record)))
	}

	fn find_datanet(
		&mut self,
		suits: impl Fn(&pallet_datanets::Datanet<Runtime>) -> bool,
	) -> Option<(DatanetId, pallet_datanets::Datanet<Runtime>)> {
		let next = pallet_datanets::NextDatanetId::<Runtime>::get().0;
		let get = pallet_datanets::Datanets::<Runtime>::get;
		self.find(next.into(), |id| records(DatanetId(id as u32), get).filter(|(_, record)| suits(record)))
	}

	fn find_agent(&mut self) -> Option<(AgentId, pallet_agents::Agent<Runtime>)> {
		let next = pallet_agents::NextAgentId::<Runtime>::get().0;
		let get = pallet_agents::Agents::<Runtime>::get;
		self.find(next, |id| {
			let found = records(AgentId(id), get)?;
			(found.1.status != pallet_agents::AgentStatus::Retired).then_some(found)
		})
	}

	/// Any agent, retired ones too: what is owed to it stays.
	fn any_agent(&mut self) -> Option<AgentId> {
		let next = pallet_agents::NextAgentId::<Runtime>::get().0;
		(next > 0).then(|| AgentId(self.choices.below(next)))
	}

	fn any_model(&mut self) -> Option<ModelId> {
		let next = pallet_models::NextModelId::<Runtime>::get().0;
		(next > 0).then(|| ModelId(self.choices.below(next)))
	}

	fn find_channel(
		&mut self,
		suits: impl Fn(&pallet_receipts::Channel<Runtime>) -> bool,
	) -> Option<(ChannelId, pallet_receipts::Channel<Runtime>)> {
		let next = pallet_receipts::NextChannelId::<Runtime>::get().0;
		let get = pallet_receipts::Channels::<Runtime>::get;
		self.find(next, |id| records(ChannelId(id), get).filter(|(_, record)| suits(record)))
	}

	/// A batch that is open, and what its server keeps of it.
	fn find_batch(
		&mut self,
		suits: impl Fn(&pallet_attribution::Batch<Runtime>) -> bool,
	) -> Option<(BatchId, pallet_attribution::Batch<Runtime>, Kept)> {
		let next = pallet_receipts::NextBatchId::<Runtime>::get().0;
		let get = pallet_attribution::Batches::<Runtime>::get;
		let (id, batch) =
			self.find(next, |id| records(BatchId(id), get).filter(|(_, batch)| suits(batch)))?;
		let kept = self.memory.batches.get(&batch.root)?.clone();
		Some((id, batch, kept))
	}

	/// A version of a datanet that was published.
	fn find_version(&mut self) -> Option<(DatanetId, DatanetVersion, AdmissionKind)> {
		let (datanet, record) = self.find_datanet(|record| record.version.0 > 0)?;
		let version = DatanetVersion(1 + self.choices.below(record.version.0.into()) as u32);
		Some((datanet, version, pallet_datanets::Versions::<Runtime>::get(datanet, version)?.admission))
	}

	fn bytes_of(&self, contribution: ContributionId) -> Option<Vec<u8>> {
		let record = pallet_datanets::Contributions::<Runtime>::get(contribution)?;
		self.memory.texts.get(&record.content.root).cloned()
	}

	/// Bytes for a contribution: every other time they end with the beginning of another.
	fn bytes(&mut self, len: usize) -> Vec<u8> {
		const COPIED: usize = 600;
		let mut bytes = self.memory.noise(len);
		if self.choices.one_in(2) {
			let roots: Vec<_> = self.memory.texts.keys().copied().collect();
			if let Some(root) = self.choices.pick(&roots) {
				let copied = &self.memory.texts[&root];
				let copied = copied[..copied.len().min(COPIED)].to_vec();
				let count = copied.len() as u64;
				bytes.extend(copied);
				self.memory.shared.insert(root, (0, count));
				self.memory.shared.insert(content(&bytes).root, (len as u64, count));
			}
		}
		bytes
	}

	// Balances.

	fn transfer_keep_alive(&mut self) -> Planned {
		let (from, to) = (self.payer()?, self.actor());
		let value = self.choices.amount();
		Some((from, BalancesCall::transfer_keep_alive { dest: Address::Id(to), value }.into()))
	}

	/// To agents and the joint account, which pay with what they get.
	fn transfer_allow_death(&mut self) -> Planned {
		let from = self.actor();
		let to = match self.choices.one_in(4) {
			true => self.joint_account(),
			false => Agents::account_of(self.any_agent()?),
		};
		let (dest, value) = (Address::Id(to), self.choices.amount() * 20);
		Some((from, BalancesCall::transfer_allow_death { dest, value }.into()))
	}

	/// Of the poorest, so that the rest of the history has money.
	fn transfer_all(&mut self) -> Planned {
		let from = self.memory.actors.last()?.1.clone();
		let dest = Address::Id(self.actor());
		let keep_alive = self.choices.one_in(2);
		Some((from, BalancesCall::transfer_all { dest, keep_alive }.into()))
	}

	fn burn(&mut self) -> Planned {
		let value = 1 + self.choices.amount() / 100;
		Some((self.actor(), BalancesCall::burn { value, keep_alive: true }.into()))
	}

	fn gift(&mut self) -> Planned {
		let pots = [validators_pot(), Receipts::pot(), Rewards::pot(), Attribution::pot()];
		let (dest, value) = (Address::Id(self.choices.pick(&pots)?), self.choices.amount());
		Some((self.actor(), BalancesCall::transfer_keep_alive { dest, value }.into()))
	}

	fn remark(&mut self) -> Planned {
		let remark = self.choices.below(256).to_le_bytes().to_vec();
		Some((self.actor(), frame_system::Call::remark_with_event { remark }.into()))
	}

	/// An actor, or an agent that its controller or key moves.
	fn payer(&mut self) -> Option<AccountId> {
		match self.choices.below(3) {
			0 => self.any_agent().map(Agents::account_of),
			_ => Some(self.actor()),
		}
	}

	// Calls that carry others.

	/// A call of some simple kind by this account; one that is not its own fails.
	fn inner(&mut self, by: &AccountId) -> Option<RuntimeCall> {
		const SIMPLE: [fn(&mut Driver) -> Planned; 10] = [
			Driver::transfer_keep_alive,
			Driver::remark,
			Driver::review,
			Driver::publish,
			Driver::open,
			Driver::distribute,
			Driver::claim,
			Driver::pull_developer,
			Driver::bond,
			Driver::draw_samples,
		];
		for _ in 0..6 {
			let plan = self.choices.pick(&SIMPLE)?;
			match plan(self) {
				Some((own, call)) if own == *by || self.choices.one_in(3) => return Some(call),
				_ => {}
			}
		}
		None
	}

	fn several(&mut self, by: &AccountId) -> Vec<RuntimeCall> {
		let count = 1 + self.choices.below(3);
		(0..count).filter_map(|_| self.inner(by)).collect()
	}

	fn batch(&mut self) -> Planned {
		let by = self.payer()?;
		let calls = self.several(&by);
		Some((by, UtilityCall::batch { calls }.into()))
	}

	fn batch_all(&mut self) -> Planned {
		let by = self.actor();
		let calls = self.several(&by);
		Some((by, UtilityCall::batch_all { calls }.into()))
	}

	fn force_batch(&mut self) -> Planned {
		let by = self.actor();
		let calls = self.several(&by);
		Some((by, UtilityCall::force_batch { calls }.into()))
	}

	fn multisig(&mut self) -> Planned {
		let (by, other) = (self.actor(), self.actor());
		let call = Box::new(frame_system::Call::remark_with_event { remark: vec![1] }.into());
		let call = pallet_multisig::Call::as_multi_threshold_1 { other_signatories: vec![other], call };
		Some((by, call.into()))
	}

	fn proxy_type(&mut self) -> ProxyType {
		match self.choices.below(3) {
			0 => ProxyType::Any,
			1 => ProxyType::NonTransfer,
			_ => ProxyType::Datanets,
		}
	}

	fn add_proxy(&mut self) -> Planned {
		let (by, delegate, proxy_type) = (self.actor(), Address::Id(self.actor()), self.proxy_type());
		// Who has a delay has to announce.
		let delay = u32::from(self.choices.one_in(4));
		Some((by, ProxyCall::add_proxy { delegate, proxy_type, delay }.into()))
	}

	fn remove_proxy(&mut self) -> Planned {
		let by = self.actor();
		let (proxies, _) = pallet_proxy::Proxies::<Runtime>::get(&by);
		let one = self.choices.pick(&proxies)?;
		let (delegate, proxy_type, delay) = (Address::Id(one.delegate), one.proxy_type, one.delay);
		Some((by, ProxyCall::remove_proxy { delegate, proxy_type, delay }.into()))
	}

	fn proxy(&mut self) -> Planned {
		for _ in 0..6 {
			let real = self.actor();
			let (proxies, _) = pallet_proxy::Proxies::<Runtime>::get(&real);
			if let Some(one) = self.choices.pick(&proxies).filter(|one| one.delay == 0) {
				let call = Box::new(self.inner(&real)?);
				let real = Address::Id(real);
				return Some((one.delegate, ProxyCall::proxy { real, force_proxy_type: None, call }.into()));
			}
		}
		None
	}

	fn by_sudo(&self, call: impl Into<RuntimeCall>) -> Planned {
		let (key, call): (_, RuntimeCall) = (pallet_sudo::Key::<Runtime>::get()?, call.into());
		Some((key, pallet_sudo::Call::<Runtime>::sudo { call: Box::new(call) }.into()))
	}

	fn set_parameters(&mut self) -> Planned {
		let spans = [25, 30, 35];
		let hold_multiple = 3 + self.choices.below(3) as u32;
		let span = percent(self.choices.pick(&spans)?);
		let parameters = Parameters { span, hold_multiple, ..Parameters::DEVELOPMENT };
		self.by_sudo(AttributionCall::set_parameters { parameters })
	}

	fn judge(&mut self) -> Planned {
		let (contribution, _) = self.find_dispute()?;
		let uphold = self.choices.one_in(2);
		self.by_sudo(DatanetsCall::judge { contribution, uphold })
	}

	/// As long as those of the history, give or take some seconds.
	fn set_windows(&mut self) -> Planned {
		let windows = Windows {
			curators_ms: WINDOWS.curators_ms + self.choices.below(5_000),
			publication_ms: WINDOWS.publication_ms + self.choices.below(5_000),
			challenge_ms: WINDOWS.challenge_ms - self.choices.below(10_000),
			..WINDOWS
		};
		self.by_sudo(DatanetsCall::set_windows { windows })
	}

	/// Also shares that have a part of a billionth of nearly each fee left over, and seldom one that is out of bounds.
	fn set_protocol_share(&mut self) -> Planned {
		let share = Perbill::from_parts(10_000_000 + self.choices.below(95_000_000) as u32);
		self.by_sudo(ReceiptsCall::set_protocol_share { share })
	}

	// Agents.

	fn register_agent(&mut self) -> Planned {
		if pallet_agents::NextAgentId::<Runtime>::get().0 >= AGENTS_MAX && !self.choices.one_in(20) {
			return None;
		}
		Some((self.actor(), AgentsCall::register { profile: Default::default() }.into()))
	}

	fn pause_agent(&mut self) -> Planned {
		let (agent, record) = self.find_agent()?;
		let paused = record.status == pallet_agents::AgentStatus::Active && self.choices.one_in(3);
		Some((record.controller, AgentsCall::set_paused { agent, paused }.into()))
	}

	fn set_profile(&mut self) -> Planned {
		let (agent, record) = self.find_agent()?;
		Some((record.controller, AgentsCall::set_profile { agent, profile: Default::default() }.into()))
	}

	fn propose_controller(&mut self) -> Planned {
		let (agent, record) = self.find_agent()?;
		let proposed = Some(self.actor());
		Some((record.controller, AgentsCall::propose_controller { agent, proposed }.into()))
	}

	fn accept_controller(&mut self) -> Planned {
		let next = pallet_agents::NextAgentId::<Runtime>::get().0;
		let (agent, by) = self.find(next, |id| {
			let record = pallet_agents::Agents::<Runtime>::get(AgentId(id))?;
			record.proposed_controller.map(|by| (AgentId(id), by))
		})?;
		Some((by, AgentsCall::accept_controller { agent, keep_below: None }.into()))
	}

	fn delegate(&mut self) -> Planned {
		let (agent, record) = self.find_agent()?;
		let scopes = [
			vec![Scope::Payments, Scope::Channels],
			vec![Scope::Serving, Scope::Challenging],
			vec![Scope::Serving, Scope::Datanets, Scope::Models],
		];
		let terms = Terms::<Runtime> {
			scopes: listed(self.choices.pick(&scopes)?),
			budget: self.choices.amount() * 10,
			fee_budget: UNITS * Balance::from(self.choices.below(4)),
			period_ms: 60_000,
			expires_at_ms: now_ms() + 20_000 + self.choices.below(2_000_000),
		};
		let key = self.actor();
		Some((record.controller, AgentsCall::delegate { agent, parent: None, key, terms }.into()))
	}

	fn find_delegation(&mut self) -> Option<(AgentId, DelegationId, pallet_agents::Delegation<Runtime>)> {
		let (agent, record) = self.find_agent()?;
		let next = u64::from(record.next_delegation.0);
		let get = |id| pallet_agents::Delegations::<Runtime>::get(agent, id);
		let (id, found) = self.find(next, |id| records(DelegationId(id as u32), get))?;
		Some((agent, id, found))
	}

	fn revoke(&mut self) -> Planned {
		let (agent, delegation, _) = self.find_delegation()?;
		let by = pallet_agents::Agents::<Runtime>::get(agent)?.controller;
		Some((by, AgentsCall::revoke { agent, delegation }.into()))
	}

	fn revoke_all(&mut self) -> Planned {
		let (agent, record) = self.find_agent()?;
		Some((record.controller, AgentsCall::revoke_all { agent }.into()))
	}

	fn clear_delegation(&mut self) -> Planned {
		let (agent, delegation, _) = self.find_delegation()?;
		Some((self.actor(), AgentsCall::clear_delegation { agent, delegation }.into()))
	}

	fn deregister(&mut self) -> Planned {
		if !self.choices.one_in(4) {
			return None;
		}
		let (agent, record) = self.find_agent()?;
		Some((record.controller, AgentsCall::deregister { agent }.into()))
	}

	/// A call of an agent's account in a form that a key of it may send.
	fn act(&mut self) -> Planned {
		let (agent, delegation, granted) = self.find_delegation()?;
		let account = Agents::account_of(agent);
		for _ in 0..12 {
			let at = self.choices.below(KINDS.len() as u64) as usize;
			if KINDS[at].name.starts_with("agents.") {
				continue;
			}
			let Some((by, call)) = (KINDS[at].plan)(self) else { continue };
			let covered = granted.terms.scopes.iter().any(|scope| scope.filter(&call));
			if by == account || covered {
				let call = Box::new(call);
				return Some((granted.key, AgentsCall::act { agent, delegation, call }.into()));
			}
		}
		None
	}

	fn control(&mut self) -> Planned {
		let (agent, record) = self.find_agent()?;
		let call = Box::new(self.inner(&Agents::account_of(agent))?);
		Some((record.controller, AgentsCall::control { agent, call }.into()))
	}

	// Datanets.

	fn curators(&mut self) -> Vec<AccountId> {
		let count = 1 + self.choices.below(3);
		let mut members: Vec<_> = (0..count).map(|_| self.actor()).collect();
		members.sort();
		members.dedup();
		members
	}

	fn create_datanet(&mut self) -> Planned {
		let next = pallet_datanets::NextDatanetId::<Runtime>::get().0;
		if u64::from(next) >= DATANETS_MAX && !self.choices.one_in(12) {
			return None;
		}
		let admission = match self.choices.one_in(4) {
			true => Admission::Open,
			false => Admission::Curated(listed(self.curators())),
		};
		let (name, licence) = (listed(*b"flora"), Licence::Spdx(listed(*b"MIT")));
		let tags = Default::default();
		Some((self.actor(), DatanetsCall::create_datanet { name, tags, licence, admission }.into()))
	}

	fn describe(&mut self) -> Planned {
		let (datanet, record) = self.find_datanet(|_| true)?;
		let (name, tags) = (listed(*b"fauna"), Default::default());
		Some((record.owner, DatanetsCall::describe { datanet, name, tags }.into()))
	}

	fn pause_datanet(&mut self) -> Planned {
		let (datanet, record) = self.find_datanet(|record| record.status != DatanetStatus::Retired)?;
		let paused = record.status == DatanetStatus::Active && self.choices.one_in(3);
		Some((record.owner, DatanetsCall::set_paused { datanet, paused }.into()))
	}

	/// Only one that came late, so that the rest of the history has places.
	fn retire(&mut self) -> Planned {
		let (datanet, record) = self.find_datanet(|record| record.status != DatanetStatus::Retired)?;
		(datanet.0 > 4).then_some(())?;
		Some((record.owner, DatanetsCall::retire { datanet }.into()))
	}

	fn remove_datanet(&mut self) -> Planned {
		let (datanet, record) =
			self.find_datanet(|record| record.version.0 == 0 && record.contributions == 0)?;
		(datanet.0 > 2).then_some(())?;
		Some((record.owner, DatanetsCall::remove_datanet { datanet }.into()))
	}

	fn propose_owner(&mut self) -> Planned {
		let (datanet, record) = self.find_datanet(|_| true)?;
		let owner = Some(self.actor());
		Some((record.owner, DatanetsCall::propose_owner { datanet, owner }.into()))
	}

	fn accept_ownership(&mut self) -> Planned {
		let (datanet, record) = self.find_datanet(|record| record.proposed_owner.is_some())?;
		Some((record.proposed_owner?, DatanetsCall::accept_ownership { datanet }.into()))
	}

	fn propose_curators(&mut self) -> Planned {
		let (datanet, record) = self.find_datanet(|record| record.curators.is_some())?;
		let curators = Some(listed(self.curators()));
		Some((record.owner, DatanetsCall::propose_curators { datanet, curators }.into()))
	}

	fn enact_curators(&mut self) -> Planned {
		let next = pallet_datanets::NextDatanetId::<Runtime>::get().0;
		let proposed = |id: &DatanetId| pallet_datanets::CuratorsProposed::<Runtime>::contains_key(id);
		let datanet = self.find(next.into(), |id| Some(DatanetId(id as u32)).filter(proposed))?;
		Some((self.actor(), DatanetsCall::enact_curators { datanet }.into()))
	}

	fn home(&mut self) -> Option<DatanetId> {
		self.find_datanet(|record| record.status == DatanetStatus::Active).map(|(datanet, _)| datanet)
	}

	fn contribute(&mut self) -> Planned {
		let datanet = self.home()?;
		// Sometimes what somebody else has committed to, or has.
		let roots: Vec<_> = self.memory.texts.keys().copied().collect();
		let known = match self.choices.one_in(4) {
			true => self.choices.pick(&roots).and_then(|root| self.memory.texts.get(&root).cloned()),
			false => None,
		};
		let bytes = match known {
			Some(bytes) => bytes,
			None => self.bytes(700),
		};
		let one = self.memory.remember(bytes);
		let call = DatanetsCall::contribute {
			datanet,
			content: one.content,
			media_type: one.media_type,
			locator: one.locator,
			length_proof: one.length_proof,
		};
		Some((self.actor(), call.into()))
	}

	fn salt(&mut self) -> [u8; 32] {
		let mut salt = [0; 32];
		salt[..8].copy_from_slice(&self.choices.below(u64::MAX).to_le_bytes());
		salt
	}

	fn commit_contributions(&mut self) -> Planned {
		let (by, salt) = (self.actor(), self.salt());
		let count = 1 + self.choices.below(3);
		let contents: Vec<_> = (0..count)
			.map(|_| {
				let len = 600 + self.choices.below(2_000) as usize;
				let bytes = self.bytes(len);
				self.memory.remember(bytes)
			})
			.collect();
		let roots: Vec<_> = contents.iter().map(|one| one.content.root).collect();
		let hash = Datanets::commitment_hash(&by, &salt, roots);
		self.memory.promise(Promised::Contributions { by: by.clone(), salt, contents });
		Some((by, DatanetsCall::commit { hash }.into()))
	}

	/// Takes one of what was promised out that suits.
	fn take_promise(&mut self, suits: impl Fn(&Promised) -> bool) -> Option<Promised> {
		let places: Vec<_> =
			(0..self.memory.promised.len()).filter(|place| suits(&self.memory.promised[*place])).collect();
		let place = self.choices.pick(&places)?;
		Some(self.memory.promised.remove(place))
	}

	fn register_contributions(&mut self) -> Planned {
		let datanet = self.home()?;
		match self.take_promise(|one| matches!(one, Promised::Contributions { .. }))? {
			Promised::Contributions { by, salt, contents } => {
				let registrations = listed(contents);
				Some((by, DatanetsCall::register { datanet, salt, registrations }.into()))
			}
			_ => None,
		}
	}

	fn clear_contributions(&mut self) -> Planned {
		let (account, hash, _) = pallet_datanets::Commitments::<Runtime>::iter().next()?;
		let by = if self.choices.one_in(2) { account.clone() } else { self.actor() };
		Some((by, DatanetsCall::clear_commitment { account, hash }.into()))
	}

	fn review(&mut self) -> Planned {
		let waits = |record: &Contribution<Runtime>| {
			matches!(record.status, ContributionStatus::Pending { curators: Some(_), .. })
		};
		let (contribution, record) = self.find_contribution(waits)?;
		let ContributionStatus::Pending { curators: Some(generation), .. } = record.status else {
			return None;
		};
		let set = pallet_datanets::CuratorSets::<Runtime>::get(record.datanet, generation)?;
		let by = self.choices.pick(&set.members)?;
		let verdict = match self.choices.one_in(10) {
			true => Verdict::Reject,
			false => Verdict::Accept { weight: 1 + self.choices.below(100) as u8 },
		};
		Some((by, DatanetsCall::review { contribution, verdict }.into()))
	}

	fn accept(&mut self) -> Planned {
		let waits = |record: &Contribution<Runtime>| {
			matches!(record.status, ContributionStatus::Pending { curators: None, .. })
		};
		let (contribution, _) = self.find_contribution(waits)?;
		Some((self.actor(), DatanetsCall::accept { contribution }.into()))
	}

	fn expire(&mut self) -> Planned {
		let now = now_ms();
		let late = |record: &Contribution<Runtime>| match record.status {
			ContributionStatus::Pending { expires_at_ms, .. } => now >= expires_at_ms,
			_ => false,
		};
		let (contribution, _) = self.find_contribution(late)?;
		Some((self.actor(), DatanetsCall::expire { contribution }.into()))
	}

	fn withdraw_contribution(&mut self) -> Planned {
		let (contribution, record) = self.find_contribution(|_| true)?;
		Some((record.contributor, DatanetsCall::withdraw { contribution }.into()))
	}

	fn set_locator(&mut self) -> Planned {
		let (contribution, record) = self.find_contribution(|record| record.locator.is_empty())?;
		let locator = listed(*b"https://example.org/a");
		Some((record.contributor, DatanetsCall::set_locator { contribution, locator }.into()))
	}

	fn release_deposit(&mut self) -> Planned {
		let now = now_ms();
		let (contribution, _) =
			self.find_contribution(|record| record.deposit_until_ms.is_some_and(|until| now >= until))?;
		Some((self.actor(), DatanetsCall::release_deposit { contribution }.into()))
	}

	fn publish(&mut self) -> Planned {
		let (datanet, record) = self.find_datanet(|record| record.changes > 0 && record.weight > 0)?;
		let by = if self.choices.one_in(4) { self.actor() } else { record.owner };
		Some((by, DatanetsCall::publish { datanet }.into()))
	}

	fn challenge_contribution(&mut self) -> Planned {
		let published = |record: &Contribution<Runtime>| {
			!record.locator.is_empty() && matches!(record.status, ContributionStatus::Accepted { .. })
		};
		let (contribution, _) = self.find_contribution(published)?;
		Some((self.actor(), DatanetsCall::challenge { contribution }.into()))
	}

	fn find_question(&mut self) -> Option<(ContributionId, Question<u32>)> {
		let asked: Vec<_> = pallet_datanets::Challenges::<Runtime>::iter().take(8).collect();
		let (contribution, challenge) = self.choices.pick(&asked)?;
		Some((contribution, challenge.question))
	}

	fn draw_chunk(&mut self) -> Planned {
		let (contribution, _) = self.find_question()?;
		Some((self.actor(), DatanetsCall::draw_chunk { contribution }.into()))
	}

	fn answer_chunk(&mut self) -> Planned {
		let (contribution, question) = self.find_question()?;
		let Question::Drawn { chunk, .. } = question else { return None };
		let bytes = self.bytes_of(contribution)?;
		let start = chunk * 1_024;
		let len = (bytes.len() as u64 - start).min(1_024);
		let slice = slice(&bytes, start, len);
		Some((self.actor(), DatanetsCall::answer { contribution, slice }.into()))
	}

	fn close_challenge(&mut self) -> Planned {
		let (contribution, question) = self.find_question()?;
		let over = matches!(question, Question::Drawn { deadline_ms, .. } if now_ms() >= deadline_ms);
		(over || self.choices.one_in(10)).then_some(())?;
		Some((self.actor(), DatanetsCall::close_challenge { contribution }.into()))
	}

	fn dispute(&mut self) -> Planned {
		let (contribution, _) = self.find_contribution(|record| record.span().is_some())?;
		let remedy = if self.choices.one_in(4) { Remedy::Takedown } else { Remedy::Redirect };
		Some((self.actor(), DatanetsCall::dispute { contribution, remedy, evidence: None }.into()))
	}

	fn find_dispute(&mut self) -> Option<(ContributionId, pallet_datanets::types::Dispute<Runtime>)> {
		let open: Vec<_> = pallet_datanets::Disputes::<Runtime>::iter().take(8).collect();
		self.choices.pick(&open)
	}

	fn vote(&mut self) -> Planned {
		let (contribution, dispute) = self.find_dispute()?;
		let datanet = pallet_datanets::Contributions::<Runtime>::get(contribution)?.datanet;
		let set = pallet_datanets::CuratorSets::<Runtime>::get(datanet, dispute.curators?)?;
		let by = self.choices.pick(&set.members)?;
		Some((by, DatanetsCall::vote { contribution, uphold: !self.choices.one_in(3) }.into()))
	}

	fn close_dispute(&mut self) -> Planned {
		let (contribution, dispute) = self.find_dispute()?;
		(now_ms() >= dispute.deadline_ms || self.choices.one_in(10)).then_some(())?;
		Some((self.actor(), DatanetsCall::close_dispute { contribution }.into()))
	}

	fn clear_reservation(&mut self) -> Planned {
		let (root, kept) = pallet_datanets::Reservations::<Runtime>::iter().next()?;
		let by = if self.choices.one_in(2) { kept.account } else { kept.depositor };
		Some((by, DatanetsCall::clear_reservation { root }.into()))
	}

	// Models.

	fn spec(&mut self, artifact: Content) -> Option<Spec<Runtime>> {
		let count = self.choices.below(3);
		let mut parents: Vec<_> = (0..count).filter_map(|_| self.any_model()).collect();
		parents.sort();
		parents.dedup();
		let data = parents.iter().filter_map(pallet_models::Models::<Runtime>::get);
		let data = data.map(|parent| parent.spec.asks.data).max().unwrap_or_default();
		let count = 1 + self.choices.below(3);
		let mut versions: Vec<_> = (0..count).filter_map(|_| self.find_version()).collect();
		versions.sort_by_key(|(datanet, version, _)| (*datanet, *version));
		versions.dedup_by_key(|(datanet, version, _)| (*datanet, *version));
		let paying = versions.iter().filter(|(_, _, kind)| *kind == AdmissionKind::Curated).count() as u32;
		let mut left = Perbill::one();
		let mut paid = 0;
		let mut manifest = Vec::new();
		for (datanet, version, kind) in versions {
			let share = match kind {
				AdmissionKind::Open => Perbill::zero(),
				AdmissionKind::Curated => {
					paid += 1;
					let part = Perbill::one().deconstruct() / paying - self.choices.below(1_000) as u32;
					if paid == paying {
						left
					} else {
						Perbill::from_parts(part)
					}
				}
			};
			left = left.saturating_sub(share);
			manifest.push(ManifestEntry { datanet, version, share });
		}
		let (server, data_share) = (self.choices.below(61), self.choices.below(40));
		Some(Spec {
			kind: match parents.len() {
				0 => ModelKind::Base,
				_ => ModelKind::FineTune,
			},
			artifact,
			card: Content { root: [7; 32], len: 9 },
			parents: listed(parents),
			manifest: listed(manifest),
			policy: RevenuePolicy {
				server: percent(server),
				developer: percent(100 - server - data_share),
				data: percent(data_share),
			},
			asks: Asks { royalty: percent(self.choices.below(13)), data },
		})
	}

	fn commit_model(&mut self) -> Planned {
		if pallet_models::NextModelId::<Runtime>::get().0 >= MODELS_MAX && !self.choices.one_in(12) {
			return None;
		}
		let (by, salt) = (self.actor(), self.salt());
		let bytes = self.memory.noise(300);
		let proven = crate::common::evidence::prove(&bytes);
		let model = pallet_models::Registration {
			spec: self.spec(proven.content)?,
			locators: Locators { artifact: Default::default(), card: Default::default() },
			length_proof: listed(proven.length_proof),
		};
		let hash = Models::commitment_hash(&by, &salt, [proven.content.root]);
		self.memory.promise(Promised::Model { by: by.clone(), salt, model: Box::new(model) });
		Some((by, ModelsCall::commit { hash }.into()))
	}

	fn register_model(&mut self) -> Planned {
		match self.take_promise(|one| matches!(one, Promised::Model { .. }))? {
			Promised::Model { by, salt, model } => {
				Some((by, ModelsCall::register { salt, models: listed([*model]) }.into()))
			}
			_ => None,
		}
	}

	fn clear_model(&mut self) -> Planned {
		let (account, hash, _) = pallet_models::Commitments::<Runtime>::iter().next()?;
		let by = if self.choices.one_in(2) { account.clone() } else { self.actor() };
		Some((by, ModelsCall::clear_commitment { account, hash }.into()))
	}

	fn deprecate(&mut self) -> Planned {
		let model = self.any_model()?;
		let record = pallet_models::Models::<Runtime>::get(model)?;
		let deprecated = record.status == pallet_models::ModelStatus::Active && self.choices.one_in(3);
		Some((record.developer, ModelsCall::set_deprecated { model, deprecated }.into()))
	}

	fn locate_model(&mut self) -> Planned {
		let model = self.any_model()?;
		let record = pallet_models::Models::<Runtime>::get(model)?;
		let locators = Locators { artifact: listed(*b"https://example.org/m"), card: listed([]) };
		Some((record.developer, ModelsCall::set_locators { model, locators }.into()))
	}

	// Receipts.

	fn open(&mut self) -> Planned {
		let (server, _) = self.find_agent()?;
		let mut models: Vec<_> = (0..3).filter_map(|_| self.any_model()).collect();
		models.sort();
		models.dedup();
		let mut corpora: Vec<_> = (0..2).filter_map(|_| self.find_version()).collect();
		corpora.sort_by_key(|(datanet, version, _)| (*datanet, *version));
		corpora.dedup_by_key(|(datanet, version, _)| (*datanet, *version));
		let terms = ChannelTerms {
			signer: self.actor(),
			models: listed(models),
			corpora: listed(corpora.into_iter().map(|(datanet, version, _)| (datanet, version))),
			expires_at_ms: now_ms() + 30_000 + self.choices.below(900_000),
		};
		let amount = self.choices.amount() * 10;
		Some((self.payer()?, ReceiptsCall::open { server, terms, amount }.into()))
	}

	fn top_up(&mut self) -> Planned {
		let (channel, record) = self.find_channel(|_| true)?;
		let amount = self.choices.amount() * 4;
		Some((record.payer, ReceiptsCall::top_up { channel, amount }.into()))
	}

	fn close(&mut self) -> Planned {
		let (channel, record) = self.find_channel(|_| true)?;
		let by = match self.choices.one_in(4) {
			true => Agents::account_of(record.server),
			false => record.payer,
		};
		Some((by, ReceiptsCall::close { channel }.into()))
	}

	fn close_all(&mut self) -> Planned {
		Some((self.payer()?, ReceiptsCall::close_all {}.into()))
	}

	fn finish(&mut self) -> Planned {
		let now = now_ms();
		let over = |record: &pallet_receipts::Channel<Runtime>| {
			record.closes_at_ms.is_some_and(|at| now >= at) || now >= record.terms.expires_at_ms
		};
		let (channel, _) = self.find_channel(over)?;
		Some((self.actor(), ReceiptsCall::finish { channel }.into()))
	}

	fn clear_batch(&mut self) -> Planned {
		let now = now_ms();
		let next = pallet_receipts::NextBatchId::<Runtime>::get().0;
		let batch = self.find(next, |id| {
			let record = pallet_receipts::Batches::<Runtime>::get(BatchId(id))?;
			(now >= record.clearable_from_ms).then_some(BatchId(id))
		})?;
		Some((self.actor(), ReceiptsCall::clear_batch { batch }.into()))
	}

	fn pull_developer(&mut self) -> Planned {
		Some((self.actor(), ReceiptsCall::pull_developer { model: self.any_model()? }.into()))
	}

	fn pull_royalty(&mut self) -> Planned {
		let next = pallet_models::NextModelId::<Runtime>::get().0;
		let lineage = |id| pallet_models::Lineages::<Runtime>::get(ModelId(id));
		let model = self.find(next, |id| (!lineage(id).is_empty()).then_some(id))?;
		let ancestor = self.choices.pick(&lineage(model))?.model;
		Some((self.actor(), ReceiptsCall::pull_royalty { model: ModelId(model), ancestor }.into()))
	}

	/// Of an account that has something to withdraw, if one is found at once.
	fn creditor(&mut self, owed: impl Fn(&AccountId) -> bool) -> Option<AccountId> {
		(0..8).find_map(|_| self.payer().filter(&owed))
	}

	fn withdraw_fees(&mut self) -> Planned {
		let account = self.creditor(|account| Receipts::earnings(account) > 0)?;
		Some((self.actor(), ReceiptsCall::withdraw { account }.into()))
	}

	// Rewards.

	fn distribute(&mut self) -> Planned {
		let next = pallet_models::NextModelId::<Runtime>::get().0;
		let earned = |id: &u64| pallet_rewards::DataRevenues::<Runtime>::contains_key(ModelId(*id));
		let model = ModelId(self.find(next, |id| Some(id).filter(earned))?);
		let entries = pallet_models::Models::<Runtime>::get(model)?.spec.manifest.len() as u64;
		let entry = self.choices.below(entries) as u32;
		Some((self.actor(), RewardsCall::distribute { model, entry }.into()))
	}

	fn claim(&mut self) -> Planned {
		let (_, record) = self.find_contribution(|record| record.span().is_some())?;
		let (_, from, until) = record.span()?;
		let mut places = vec![Place { datanet: record.datanet, from, until }];
		if self.choices.one_in(3) {
			places.push(Place::onward(DatanetId(self.choices.below(4) as u32), DatanetVersion(1)));
		}
		let (account, places) = (record.beneficiary().clone(), listed(places));
		Some((self.actor(), RewardsCall::claim { account, places }.into()))
	}

	fn withdraw_data(&mut self) -> Planned {
		let due = |account: &AccountId| {
			Rewards::earnings(&pallet_rewards::Holder::Account(account.clone())).due > 0
		};
		let account = self.creditor(due)?;
		Some((self.actor(), RewardsCall::withdraw { account }.into()))
	}

	// Validators.

	/// One in three could stand for election.
	fn bond(&mut self) -> Planned {
		let least = if self.choices.one_in(3) { powers::validator_bond() } else { UNITS };
		let amount = least + self.choices.amount() * 10;
		Some((self.actor(), ValidatorsCall::bond { amount }.into()))
	}

	fn staker(&mut self) -> Option<(AccountId, pallet_validators::types::StakeOf<Runtime>)> {
		(0..8).find_map(|_| {
			let who = self.actor();
			pallet_validators::Stakes::<Runtime>::get(&who).map(|stake| (who, stake))
		})
	}

	fn bond_more(&mut self) -> Planned {
		let amount = 1 + self.choices.amount();
		Some((self.staker()?.0, ValidatorsCall::bond_more { amount }.into()))
	}

	fn unbond(&mut self) -> Planned {
		let (who, stake) = self.staker()?;
		let amount = match self.choices.one_in(3) {
			true => stake.bonded,
			false => stake.bonded / 3,
		};
		Some((who, ValidatorsCall::unbond { amount }.into()))
	}

	fn rebond(&mut self) -> Planned {
		let amount = 1 + self.choices.amount() / 10;
		Some((self.staker()?.0, ValidatorsCall::rebond { amount }.into()))
	}

	fn withdraw_unbonded(&mut self) -> Planned {
		let now = now_ms();
		let (who, stake) = self.staker()?;
		let due = stake.chunks.iter().any(|chunk| now >= chunk.unlock_at_ms);
		(due || self.choices.one_in(10)).then_some((who, ValidatorsCall::withdraw_unbonded {}.into()))
	}

	fn nominate(&mut self) -> Planned {
		let (who, stake) = self.staker()?;
		// Who has enough to stand for election mostly waits for a key.
		(stake.bonded < powers::validator_bond() || self.choices.one_in(8)).then_some(())?;
		let candidates = pallet_validators::Candidates::<Runtime>::get();
		let any = self.choices.pick(&candidates).filter(|_| self.choices.one_in(3));
		Some((who, ValidatorsCall::nominate { pool: any.unwrap_or(PoolId(0)) }.into()))
	}

	fn claim_rewards(&mut self) -> Planned {
		Some((self.staker()?.0, ValidatorsCall::claim_rewards {}.into()))
	}

	fn settle_stake(&mut self) -> Planned {
		let (who, _) = self.staker()?;
		Some((self.actor(), ValidatorsCall::settle { who }.into()))
	}

	// Attribution.

	fn register_method(&mut self) -> Planned {
		let version = self.choices.below(5) as u32;
		let method = Method { algorithm: listed(*b"exact-match"), version, parameters: listed([]) };
		Some((self.actor(), AttributionCall::register_method { method }.into()))
	}

	/// A contribution of one of these versions, and the version.
	fn member(
		&mut self,
		versions: &[(DatanetId, DatanetVersion)],
	) -> Option<(ContributionId, DatanetVersion, Vec<u8>)> {
		let versions = versions.to_vec();
		let place = |record: &Contribution<Runtime>| {
			let inside = versions.iter().find(|(datanet, version)| {
				*datanet == record.datanet && record.weight_at(*version).is_some()
			});
			inside.map(|(_, version)| *version)
		};
		let (id, record) = self.find_contribution(|record| place(record).is_some())?;
		let version = place(&record)?;
		let bytes = self.memory.texts.get(&record.content.root)?.clone();
		Some((id, version, bytes))
	}

	/// One receipt of a channel with its claims: true ones mostly.
	fn serve(
		&mut self,
		place: u32,
		channel: &pallet_receipts::Channel<Runtime>,
		fee_max: Balance,
	) -> Option<(Receipt, Served, Vec<Claim>)> {
		let model = self.choices.pick(&channel.terms.models)?;
		let manifest = pallet_models::Models::<Runtime>::get(model)?.spec.manifest;
		let manifest: Vec<_> = manifest.iter().map(|entry| (entry.datanet, entry.version)).collect();
		let method = MethodId(0);
		let (mut output, mut claims, mut pieces) =
			(self.memory.noise(OWN_WORDS as usize), Vec::new(), Vec::new());
		let mut prompt = self.memory.noise(40);
		let disclose = !self.choices.one_in(4);
		for _ in 0..self.choices.below(3) {
			// Mostly of the manifest; sometimes of what the manifest should have had.
			let any = self.find_version().map(|(datanet, version, _)| (datanet, version));
			let from = match (self.choices.one_in(5), any) {
				(true, Some(version)) => vec![version],
				_ => manifest.clone(),
			};
			let Some((contribution, version, bytes)) = self.member(&from) else { continue };
			let length = 64 + self.choices.below(500);
			let length = length.min(bytes.len() as u64);
			let last = bytes.len() as u64 - length;
			// What others have too is quoted more often, and enough of it to be missed in a manifest.
			let shared = self.memory.shared.get(&content(&bytes).root).copied();
			let (offset, length) = match shared.filter(|_| !self.choices.one_in(3)) {
				Some((offset, count)) => (offset, count.min(UNLISTED_BYTES + length / 4)),
				None => (self.choices.below(last + 1), length),
			};
			let at = output.len() as u64;
			let quoted = &bytes[offset as usize..(offset + length) as usize];
			output.extend_from_slice(quoted);
			if self.choices.one_in(12) {
				prompt.extend_from_slice(quoted);
			}
			let shifted = if self.choices.one_in(8) { offset.saturating_sub(7) } else { offset };
			let evidence = Evidence::Span { output: at, offset: shifted, length };
			let claimed = disclose && !self.choices.one_in(4);
			claims.extend(claimed.then_some(Claim {
				receipt: place,
				contribution,
				version,
				method,
				evidence,
			}));
		}
		if self.choices.one_in(3) {
			let corpora = channel.terms.corpora.to_vec();
			if let Some((contribution, version, bytes)) = self.member(&corpora) {
				let length = 1 + self.choices.below(bytes.len() as u64);
				pieces.push(ContextLeaf { contribution, offset: 0, length });
				let beside = ContextLeaf { contribution, offset: 0, length: 1 + length / 2 };
				pieces.extend(self.choices.one_in(2).then_some(beside));
				let claimed = length - u64::from(length > 1 && self.choices.one_in(10));
				let evidence = Evidence::Grounded { offset: 0, length: claimed };
				claims.push(Claim { receipt: place, contribution, version, method, evidence });
			}
		}
		let context = (!pieces.is_empty()).then(|| context(&pieces));
		let fee = Balance::from(self.choices.below(1 << 62)) % (fee_max + 1);
		let (asked, answered) = (content(&prompt), content(&output));
		let receipt =
			Receipt { model, prompt: asked, context, output: answered, fee, disclose, execution: None };
		Some((receipt, Served { prompt, output, pieces }, claims))
	}

	fn submit(&mut self) -> Planned {
		let (id, channel) = self.find_channel(|channel| channel.locked > 0)?;
		let count = 1 + self.choices.below(4);
		let mut kept = Kept {
			filed: Filed {
				batch: BatchId(0),
				channel: id,
				first_sequence: channel.sequence + 1,
				receipts: Vec::new(),
			},
			served: Vec::new(),
			claims: Vec::new(),
		};
		let part = channel.locked / Balance::from(count + self.choices.below(6));
		for place in 0..count as u32 {
			let (receipt, served, claims) = self.serve(place, &channel, part)?;
			kept.filed.receipts.push(receipt);
			kept.served.push(served);
			kept.claims.extend(claims);
		}
		let (mut sum, mut acc) = (channel.redeemed, channel.acc);
		let mut sequence = channel.sequence;
		for receipt in &kept.filed.receipts {
			sequence += 1;
			acc = receipt.accumulate(&acc, sequence);
			sum += receipt.fee;
		}
		let signer = match self.choices.one_in(25) {
			true => self.actor(),
			false => channel.terms.signer.clone(),
		};
		let signed = voucher(&self.genesis, id, sum, sequence, &acc);
		let signature = self.memory.key_of(&signer)?.sign(&signed).into();
		let redemption = Redemption { channel: id, receipts: listed(kept.filed.receipts.clone()), signature };
		let claims = listed(kept.claims.clone());
		self.memory.batches.insert(kept.filed.root(), kept);
		let (server, redemptions) = (channel.server, listed([redemption]));
		let call = AttributionCall::submit { server, redemptions, claims };
		Some((Agents::account_of(server), call.into()))
	}

	fn commit_challenge(&mut self) -> Planned {
		let now = now_ms();
		let open = |batch: &pallet_attribution::Batch<Runtime>| {
			batch.verdict.is_none() && now < batch.commitments_end_at_ms()
		};
		let (mut batch, _, kept) = self.find_batch(open)?;
		let mut challenge = None;
		if self.choices.one_in(3) {
			// Somebody looks through several batches for what manifests lack.
			for _ in 0..6 {
				let (id, _, kept) = self.find_batch(open)?;
				challenge = self.unlisted(&kept);
				if challenge.is_some() {
					batch = id;
					break;
				}
			}
		}
		// `batch` is that of `kept` unless another was found.
		let challenge = match challenge {
			Some(challenge) => challenge,
			None => self.challenge(&kept)?,
		};
		let (by, salt) = (self.actor(), [5; 32]);
		let hash = commitment(&self.genesis, &by.encode(), &salt, batch, &challenge);
		let challenge = Box::new(challenge);
		self.memory.promise(Promised::Challenge { by: by.clone(), batch, challenge, hash });
		Some((by, AttributionCall::commit { batch, hash }.into()))
	}

	/// What somebody would show who believes that it is so, or tries.
	fn challenge(&mut self, kept: &Kept) -> Option<Challenge> {
		let claims: Vec<_> = (0u32..).zip(kept.claims.iter().copied()).collect();
		let doubtful: Vec<_> = claims
			.iter()
			.filter(|(_, claim)| {
				let bytes = self.bytes_of(claim.contribution).unwrap_or_default();
				!kept.is_true(claim, &bytes)
			})
			.copied()
			.collect();
		let from = if doubtful.is_empty() || self.choices.one_in(3) { &claims } else { &doubtful };
		let picked = self.choices.pick(from);
		let Some((place, claim)) = picked.filter(|_| !self.choices.one_in(3)) else {
			return self.unlisted(kept);
		};
		let receipt = kept.filed.proof(claim.receipt);
		let served = &kept.served[claim.receipt as usize];
		let source = self.bytes_of(claim.contribution)?;
		let Evidence::Span { output, offset, length } = claim.evidence else {
			return Some(Challenge::Unlawful { claim: place, receipt });
		};
		let quoted = &served.output[output as usize..(output + length) as usize];
		let echoed = served.prompt.windows(quoted.len()).position(|window| window == quoted);
		match (echoed, self.choices.below(3)) {
			(Some(prompt_offset), 0..2) => Some(Challenge::PromptEcho {
				claim: place,
				receipt,
				start: 0,
				length,
				prompt_offset: prompt_offset as u64,
				claimed: slice(&served.output, output, length),
				prompt: slice(&served.prompt, prompt_offset as u64, length),
			}),
			(None, 0) => Some(Challenge::Mismatch {
				claim: place,
				receipt,
				start: 0,
				length: length.min(64),
				output: slice(&served.output, output, length.min(64)),
				source: slice(&source, offset, length.min(64)),
			}),
			(_, 1) => {
				let before = contribution(claim.contribution)?.commitment;
				let earlier = |record: &Contribution<Runtime>| record.commitment < before;
				let (contribution, version, bytes, at) = self.holder_of(quoted, earlier)?;
				Some(Challenge::Counterclaim {
					claim: place,
					receipt,
					contribution,
					version,
					offset: at,
					output: slice(&served.output, output, length),
					source: slice(&bytes, at, length),
				})
			}
			_ => Some(Challenge::Mismatch {
				claim: place,
				receipt,
				start: 0,
				length,
				output: slice(&served.output, output, length),
				source: slice(&source, offset, length),
			}),
		}
	}

	/// A contribution that has these bytes, its first version, and where they are: one that suits, if there is one, and
	/// now and then any other.
	fn holder_of(
		&mut self,
		bytes: &[u8],
		suits: impl Fn(&Contribution<Runtime>) -> bool,
	) -> Option<(ContributionId, DatanetVersion, Vec<u8>, u64)> {
		let next = pallet_datanets::NextContributionId::<Runtime>::get().0;
		let (mut fitting, mut others) = (Vec::new(), Vec::new());
		for id in (0..next).map(ContributionId) {
			let Some(record) = contribution(id) else { continue };
			let Some((_, from, _)) = record.span() else { continue };
			let Some(own) = self.bytes_of(id) else { continue };
			let place = own.windows(bytes.len()).position(|window| window == bytes);
			let Some(place) = place else { continue };
			let found = (id, from, own, place as u64);
			match suits(&record) {
				true => fitting.push(found),
				false => others.push(found),
			}
		}
		match fitting.is_empty() {
			true => self.choices.pick(&others).filter(|_| self.choices.one_in(5)),
			false => self.choices.pick(&fitting),
		}
	}

	/// That an output repeats what its model's manifest does not have, if one of the batch's does.
	fn unlisted(&mut self, kept: &Kept) -> Option<Challenge> {
		let first = self.choices.below(kept.served.len() as u64) as u32;
		let count = kept.served.len() as u32;
		(0..count).find_map(|step| self.unlisted_at(kept, (first + step) % count))
	}

	fn unlisted_at(&mut self, kept: &Kept, place: u32) -> Option<Challenge> {
		let (served, receipt) = (&kept.served[place as usize], kept.filed.proof(place));
		receipt.receipt.disclose.then_some(())?;
		// The first quotation begins where the server's own words end.
		let end = (served.output.len() as u64).min(OWN_WORDS + UNLISTED_BYTES);
		let quoted = served.output.get(OWN_WORDS as usize..end as usize)?.to_vec();
		(quoted.len() as u64 == UNLISTED_BYTES || quoted.len() >= 64 && self.choices.one_in(10))
			.then_some(())?;
		let manifest = manifest_of(receipt.receipt.model);
		let unlisted = |record: &Contribution<Runtime>| !is_listed(&manifest, record);
		let (contribution, version, bytes, offset) = self.holder_of(&quoted, unlisted)?;
		let length = quoted.len() as u64;
		Some(Challenge::UnlistedSource {
			place,
			receipt,
			start: OWN_WORDS,
			length,
			contribution,
			version,
			offset,
			output: slice(&served.output, OWN_WORDS, length),
			source: slice(&bytes, offset, length),
		})
	}

	fn reveal(&mut self) -> Planned {
		let careless = self.choices.one_in(20);
		let block = System::block_number();
		let ready = |one: &Promised| match one {
			Promised::Challenge { by, hash, .. } => {
				let made = pallet_attribution::Commitments::<Runtime>::get(by, hash);
				careless || made.is_some_and(|made| made.made_at < block)
			}
			_ => false,
		};
		match self.take_promise(ready)? {
			Promised::Challenge { by, batch, challenge, .. } => {
				let (salt, challenge) = ([5; 32], *challenge);
				Some((by, AttributionCall::reveal { batch, salt, challenge }.into()))
			}
			_ => None,
		}
	}

	fn clear_challenge(&mut self) -> Planned {
		let made: Vec<_> = pallet_attribution::Commitments::<Runtime>::iter().take(20).collect();
		let (account, hash, made) = self.choices.pick(&made)?;
		let by = if self.choices.one_in(2) { account.clone() } else { self.actor() };
		let moot = pallet_attribution::Batches::<Runtime>::get(made.batch);
		let moot = moot.is_none_or(|batch| batch.verdict.is_some()) || now_ms() >= made.expires_at_ms;
		(moot || self.choices.one_in(10)).then_some(())?;
		Some((by, AttributionCall::clear_commitment { account, hash }.into()))
	}

	fn draw_samples(&mut self) -> Planned {
		let due = |batch: &pallet_attribution::Batch<Runtime>| {
			matches!(batch.sampling, pallet_attribution::types::Sampling::Due { .. })
		};
		let (batch, ..) = self.find_batch(due)?;
		Some((self.actor(), AttributionCall::draw_samples { batch }.into()))
	}

	fn close_samples(&mut self) -> Planned {
		let now = now_ms();
		let late = |batch: &pallet_attribution::Batch<Runtime>| match batch.sampling {
			pallet_attribution::types::Sampling::Drawn { deadline_ms, .. } => now >= deadline_ms,
			_ => false,
		};
		let (batch, ..) = self.find_batch(late)?;
		Some((self.actor(), AttributionCall::close_samples { batch }.into()))
	}

	fn demand(&mut self) -> Planned {
		let now = now_ms();
		let (batch, record, _) =
			self.find_batch(|batch| batch.claims > 0 && now < batch.demands_end_at_ms())?;
		let claim = self.choices.below(record.claims.into()) as u32;
		Some((self.actor(), AttributionCall::demand { batch, claim }.into()))
	}

	/// Of what is asked.
	fn answer(&mut self) -> Planned {
		let (batch, record, kept) = self.find_batch(|batch| {
			let drawn = matches!(batch.sampling, pallet_attribution::types::Sampling::Drawn { .. });
			batch.verdict.is_none() && (drawn || batch.demands > 0)
		})?;
		let mut asked: Vec<_> =
			pallet_attribution::Demands::<Runtime>::iter_prefix(batch).map(|(claim, _)| claim).collect();
		if let pallet_attribution::types::Sampling::Drawn { claims, .. } = record.sampling {
			asked.extend(claims);
		}
		let place = self.choices.pick(&asked)?;
		let claim = kept.claims.get(place as usize)?;
		let source = self.bytes_of(claim.contribution)?;
		// Servers know what they cannot show, and mostly do not try.
		(kept.is_true(claim, &source) || self.choices.one_in(8)).then_some(())?;
		let answer = kept.answer(claim, &source)?;
		Some((self.actor(), AttributionCall::answer { batch, claim: place, answer }.into()))
	}

	fn close_demand(&mut self) -> Planned {
		let now = now_ms();
		let open: Vec<_> = pallet_attribution::Demands::<Runtime>::iter().take(20).collect();
		let (batch, claim, demand) = self.choices.pick(&open)?;
		(now >= demand.deadline_ms || self.choices.one_in(6)).then_some(())?;
		Some((self.actor(), AttributionCall::close_demand { batch, claim }.into()))
	}

	fn answer_unlisted(&mut self) -> Planned {
		let shown: Vec<_> = pallet_attribution::Unlisted::<Runtime>::iter().take(8).collect();
		let (batch, sources) = self.choices.pick(&shown)?;
		let one = self.choices.pick(&sources)?;
		let root = pallet_attribution::Batches::<Runtime>::get(batch)?.root;
		let kept = self.memory.batches.get(&root)?.clone();
		let output = kept.served.get(one.receipt as usize)?.output.clone();
		let quoted = output.get(one.start as usize..(one.start + one.length) as usize)?.to_vec();
		let proof = kept.filed.proof(one.receipt);
		let manifest = manifest_of(proof.receipt.model);
		let of_manifest = |record: &Contribution<Runtime>| is_listed(&manifest, record);
		let (contribution, version, bytes, offset) = self.holder_of(&quoted, of_manifest)?;
		let version = manifest
			.iter()
			.find(|(datanet, version)| {
				pallet_datanets::Contributions::<Runtime>::get(contribution)
					.is_some_and(|record| record.datanet == *datanet && record.weight_at(*version).is_some())
			})
			.map_or(version, |(_, version)| *version);
		let listed = plexus_primitives::challenge::Listed {
			receipt: proof,
			contribution,
			version,
			offset,
			output: slice(&output, one.start, one.length),
			source: slice(&bytes, offset, one.length),
		};
		let (receipt, start) = (one.receipt, one.start);
		Some((self.actor(), AttributionCall::answer_unlisted { batch, receipt, start, listed }.into()))
	}

	fn finalise(&mut self) -> Planned {
		let now = now_ms();
		let ripe =
			|batch: &pallet_attribution::Batch<Runtime>| batch.verdict.is_some() || now >= batch.ends_at_ms();
		let (batch, ..) = self.find_batch(ripe)?;
		let limit = if self.choices.one_in(2) { 512 } else { 1 };
		Some((self.actor(), AttributionCall::finalise { batch, limit }.into()))
	}
}
