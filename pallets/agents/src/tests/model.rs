//! The pallet against a model that is too simple to be wrong, over random histories.
//!
//! The model knows no windows and no holds: it remembers every use of every delegation and adds up those that fall into
//! the same period. After each call all balances are compared, after every eighth all records, and a call that fails must leave the state as it was.
//! A [`Follower`] hears the events of all calls.

use super::{follower::Follower, *};
use crate::types::AgentStatus;
use escrow::HoldReason as Escrow;
use proptest::{
	prelude::*,
	strategy::ValueTree,
	test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use std::collections::BTreeMap;

/// 50 histories of 200 calls.
const HISTORIES: u32 = 50;
const CALLS: usize = 200;

/// A registration has the first of them.
const TAGS: [&[u8]; 3] = [b"x", b"y", b"z"];

/// To repeat a run, put the seed here that it printed.
const SEED: Option<[u8; 32]> = None;

/// What an agent's key or controller makes the agent's account do.
#[derive(Clone, Debug)]
enum Inner {
	Pay {
		to: u8,
		amount: Balance,
	},
	Remark,
	Lock {
		reason: Escrow,
		amount: Balance,
	},
	PayHeld {
		to: u8,
		amount: Balance,
	},
	Batch,
	/// What would outlast a controller, by itself or inside a batch.
	AddProxy {
		batched: bool,
	},
	/// A call of this pallet, by itself or inside a batch.
	Own {
		batched: bool,
	},
}

/// Which delegations a new controller keeps.
#[derive(Clone, Copy, Debug)]
enum Keep {
	None,
	All,
	/// One fewer than there were granted by now.
	AllSeen,
}

#[derive(Clone, Debug)]
enum Call {
	Register,
	Deregister,
	SetPaused {
		paused: bool,
	},
	/// With this many of [`TAGS`].
	SetProfile {
		tags: usize,
	},
	Propose {
		to: Option<u8>,
	},
	Accept {
		keep: Keep,
	},
	SetRecovery {
		account: Option<u8>,
		delay_ms: u64,
	},
	Begin {
		controller: u8,
	},
	Cancel,
	Complete {
		keep: Keep,
	},
	Delegate {
		parent: Option<u32>,
		key: u8,
		terms: ModelTerms,
	},
	Revoke {
		delegation: u32,
	},
	RevokeAll,
	Clear {
		delegation: u32,
	},
	Act {
		delegation: u32,
		inner: Inner,
		charged: bool,
	},
	Control {
		inner: Inner,
	},
	Forfeit {
		to: u8,
		amount: Balance,
	},
	Fund {
		amount: Balance,
	},
	/// What settlement says, which is nobody's call.
	Credit {
		payer: u8,
		burned: Balance,
	},
	SetPrices {
		bond: Balance,
		deposit: Balance,
	},
}

#[derive(Clone, Debug, PartialEq)]
struct ModelTerms {
	scopes: Vec<Scope>,
	budget: Balance,
	fee_budget: Balance,
	period_ms: u64,
	lifetime_ms: u64,
}

/// One step of a history: time passes, then an account calls. Whom it means is drawn as well as who would be right, so
/// that calls often succeed although accounts are many.
#[derive(Clone, Debug)]
struct Step {
	passed_ms: u64,
	signer: u8,
	as_entitled: bool,
	/// Whether what is passed on is cut to what there is.
	as_allowed: bool,
	agent: u64,
	call: Call,
}

fn any_account() -> impl Strategy<Value = u8> {
	1..=ACCOUNTS
}

impl Step {
	/// Every history begins with three agents that have funds.
	fn beginning(call: &Call) -> Self {
		let (as_entitled, as_allowed) = (true, true);
		Self { passed_ms: 0, signer: 1, as_entitled, as_allowed, agent: 6, call: call.clone() }
	}
}

/// Some have funds, some nothing at all.
fn any_key() -> impl Strategy<Value = u8> {
	prop_oneof![any_account(), 100..104u8]
}

fn any_inner() -> impl Strategy<Value = Inner> {
	let amount = 1..60_000_000u128;
	prop_oneof![
		5 => (any_account(), amount.clone()).prop_map(|(to, amount)| Inner::Pay { to, amount }),
		2 => Just(Inner::Remark),
		4 => (any_lock(), amount.clone()).prop_map(|(reason, amount)| Inner::Lock { reason, amount }),
		1 => (any_account(), amount).prop_map(|(to, amount)| Inner::PayHeld { to, amount }),
		1 => Just(Inner::Batch),
		1 => (any::<bool>(), any::<bool>()).prop_map(|(proxy, batched)| match proxy {
			true => Inner::AddProxy { batched },
			false => Inner::Own { batched },
		}),
	]
}

fn any_keep() -> impl Strategy<Value = Keep> {
	prop_oneof![2 => Just(Keep::None), 7 => Just(Keep::All), 1 => Just(Keep::AllSeen)]
}

fn any_lock() -> impl Strategy<Value = Escrow> {
	prop_oneof![Just(Escrow::Spending), Just(Escrow::Forfeitable), Just(Escrow::Deposit)]
}

fn any_terms() -> impl Strategy<Value = ModelTerms> {
	let scope = prop_oneof![
		10 => Just(vec![Scope::Everything]),
		4 => Just(vec![Scope::Payments, Scope::Escrow]),
		4 => Just(vec![Scope::Payments]),
		2 => Just(vec![Scope::Remarks, Scope::Escrow]),
		1 => Just(vec![]),
	];
	let budget = prop_oneof![1 => Just(0), 6 => 1..200_000_000u128];
	let fee_budget = prop_oneof![1 => Just(0), 6 => 1..20_000_000_000u128];
	(scope, budget, fee_budget, PERIOD_MS - 1..4 * PERIOD_MS, 0..200_000u64).prop_map(
		|(scopes, budget, fee_budget, period_ms, lifetime_ms)| ModelTerms {
			scopes,
			budget,
			fee_budget,
			period_ms,
			lifetime_ms,
		},
	)
}

fn any_call() -> impl Strategy<Value = Call> {
	let delegation = 0..24u32;
	prop_oneof![
		1 => Just(Call::Register),
		1 => prop::bool::weighted(0.2).prop_map(|really| match really {
			true => Call::Deregister,
			false => Call::RevokeAll,
		}),
		2 => prop::bool::weighted(0.2).prop_map(|paused| Call::SetPaused { paused }),
		1 => (0..=TAGS.len()).prop_map(|tags| Call::SetProfile { tags }),
		1 => prop::option::weighted(0.9, any_account()).prop_map(|to| Call::Propose { to }),
		2 => any_keep().prop_map(|keep| Call::Accept { keep }),
		1 => (prop::option::weighted(0.9, any_account()), DELAY_MS - 1..2 * DELAY_MS)
			.prop_map(|(account, delay_ms)| Call::SetRecovery { account, delay_ms }),
		1 => any_account().prop_map(|controller| Call::Begin { controller }),
		1 => Just(Call::Cancel),
		2 => any_keep().prop_map(|keep| Call::Complete { keep }),
		24 => (prop::option::weighted(0.6, delegation.clone()), any_key(), any_terms())
			.prop_map(|(parent, key, terms)| Call::Delegate { parent, key, terms }),
		2 => delegation.clone().prop_map(|delegation| Call::Revoke { delegation }),
		4 => delegation.clone().prop_map(|delegation| Call::Clear { delegation }),
		40 => (delegation, any_inner(), any::<bool>())
			.prop_map(|(delegation, inner, charged)| Call::Act { delegation, inner, charged }),
		3 => any_inner().prop_map(|inner| Call::Control { inner }),
		3 => (any_account(), 1..30_000_000u128).prop_map(|(to, amount)| Call::Forfeit { to, amount }),
		9 => (0..90_000_000_000u128).prop_map(|amount| Call::Fund { amount: amount + EXISTENTIAL_DEPOSIT }),
		2 => (any_account(), 0..3 * PAYER_BURN).prop_map(|(payer, burned)| Call::Credit { payer, burned }),
		1 => (1_000_000..9_000_000_000u128, 0..9_000_000u128)
			.prop_map(|(bond, deposit)| Call::SetPrices { bond, deposit }),
	]
}

fn any_step() -> impl Strategy<Value = Step> {
	let passed_ms = prop_oneof![6 => Just(0), 3 => 1..700u64, 1 => 700..12_000u64];
	let (entitled, allowed) = (prop::bool::weighted(0.85), prop::bool::weighted(0.8));
	(passed_ms, any_key(), entitled, allowed, 0..16u64, any_call()).prop_map(
		|(passed_ms, signer, as_entitled, as_allowed, agent, call)| Step {
			passed_ms,
			signer,
			as_entitled,
			as_allowed,
			agent,
			call,
		},
	)
}

#[derive(Clone)]
struct ModelDelegation {
	key: u8,
	parent: Option<u32>,
	terms: ModelTerms,
	granted: u64,
	expires: u64,
	deposit: Balance,
	/// When, how much, and whether it was a fee.
	uses: Vec<(u64, Balance, bool)>,
}

/// Who may begin it, the delay, and who may complete it from when on.
type ModelRecovery = (u8, u64, Option<(u8, u64)>);

#[derive(Clone)]
struct ModelAgent {
	controller: u8,
	proposed: Option<u8>,
	recovery: Option<ModelRecovery>,
	status: AgentStatus,
	bond: Balance,
	/// Free, and in each of the escrow's holds.
	free: Balance,
	spending: Balance,
	forfeitable: Balance,
	locked: Balance,
	next: u32,
	below: u32,
	delegations: BTreeMap<u32, ModelDelegation>,
}

#[derive(Clone)]
struct Model {
	now: u64,
	bond: Balance,
	deposit: Balance,
	/// The prices of registrations.
	burned: Balance,
	free: BTreeMap<u8, Balance>,
	agents: Vec<ModelAgent>,
}

impl ModelDelegation {
	fn used(&self, now: u64, fees: bool) -> Balance {
		let period = |time: u64| (time - self.granted) / self.terms.period_ms;
		let same = |(time, _, fee): &&(u64, Balance, bool)| period(*time) == period(now) && *fee == fees;
		self.uses.iter().filter(same).map(|(_, amount, _)| amount).sum()
	}
}

impl ModelTerms {
	fn allows(&self, inner: &Inner) -> bool {
		let scope = match inner {
			Inner::Pay { .. } => Scope::Payments,
			Inner::Remark => Scope::Remarks,
			Inner::Lock { .. } | Inner::PayHeld { .. } => Scope::Escrow,
			Inner::Batch | Inner::AddProxy { .. } | Inner::Own { .. } => return false,
		};
		self.scopes.contains(&scope) || self.scopes.contains(&Scope::Everything)
	}

	fn cut_to(&mut self, parent: &Self, left_ms: u64) {
		self.scopes.clone_from(&parent.scopes);
		self.budget = self.budget.min(parent.budget);
		self.fee_budget = self.fee_budget.min(parent.fee_budget);
		self.period_ms = self.period_ms.max(parent.period_ms);
		self.lifetime_ms = self.lifetime_ms.min(left_ms);
	}

	fn within(&self, parent: &Self) -> bool {
		let has = |scope| parent.scopes.contains(scope) || parent.scopes.contains(&Scope::Everything);
		self.scopes.iter().all(has)
			&& self.budget <= parent.budget
			&& self.fee_budget <= parent.fee_budget
			&& self.period_ms >= parent.period_ms
	}
}

impl ModelAgent {
	/// The delegation and those above it, if all of them are there.
	fn path(&self, delegation: u32) -> Option<Vec<u32>> {
		let mut path = Vec::new();
		let mut at = Some(delegation);
		while let Some(id) = at {
			let step = self.delegations.get(&id)?;
			if id < self.below {
				return None;
			}
			path.push(id);
			at = step.parent;
		}
		Some(path)
	}

	fn live_path(&self, delegation: u32, key: u8, now: u64) -> Option<Vec<u32>> {
		let leaf = self.delegations.get(&delegation)?;
		let live = self.status == AgentStatus::Active && leaf.key == key && now < leaf.expires;
		self.path(delegation).filter(|_| live)
	}

	fn dead(&self, delegation: u32, now: u64) -> bool {
		let expired = self.delegations.get(&delegation).is_some_and(|leaf| leaf.expires <= now);
		self.status == AgentStatus::Retired || expired || self.path(delegation).is_none()
	}

	fn left(&self, path: &[u32], now: u64, fees: bool) -> Balance {
		let left = |id| {
			let step: &ModelDelegation = &self.delegations[id];
			let allowed = if fees { step.terms.fee_budget } else { step.terms.budget };
			allowed - step.used(now, fees)
		};
		path.iter().map(left).min().unwrap_or(Balance::MAX)
	}

	fn use_up(&mut self, path: &[u32], now: u64, amount: Balance, fee: bool) {
		for id in path {
			let step = self.delegations.get_mut(id).expect("it is on a path");
			step.uses.push((now, amount, fee));
		}
	}

	/// The outflow of a call, if it succeeds.
	fn apply(&mut self, inner: &Inner, accounts: &mut BTreeMap<u8, Balance>) -> Option<Balance> {
		let spendable = self.free.saturating_sub(EXISTENTIAL_DEPOSIT);
		match *inner {
			Inner::Pay { to, amount } if amount <= spendable => {
				self.free -= amount;
				*accounts.get_mut(&to).expect("it is endowed") += amount;
				Some(amount)
			}
			Inner::Lock { reason, amount } if amount <= spendable => {
				self.free -= amount;
				let (hold, outflow) = match reason {
					Escrow::Spending => (&mut self.spending, amount),
					Escrow::Forfeitable => (&mut self.forfeitable, amount),
					Escrow::Deposit => (&mut self.locked, 0),
				};
				*hold += amount;
				Some(outflow)
			}
			Inner::PayHeld { to, amount } if amount <= self.spending => {
				self.spending -= amount;
				*accounts.get_mut(&to).expect("it is endowed") += amount;
				Some(amount)
			}
			Inner::Remark | Inner::Batch => Some(0),
			Inner::AddProxy { .. } | Inner::Own { .. } => None,
			Inner::Pay { .. } | Inner::Lock { .. } | Inner::PayHeld { .. } => None,
		}
	}
}

impl Model {
	/// The step with its numbers taken for places among what there is: mostly one of the last three agents and one of
	/// its delegations, so that calls often meet.
	fn resolved(&self, step: &Step) -> Step {
		let mut step = step.clone();
		let count = self.agents.len() as u64;
		step.agent = match step.agent {
			_ if count == 0 => 0,
			0 => count,
			drawn => count - 1 - drawn % count.min(3),
		};
		// Few agents have a recovery account and fewer a recovery: a call about it goes to one of these, if it is to be right.
		let concerned = |agent: &ModelAgent| match (&step.call, &agent.recovery) {
			(Call::Begin { .. }, Some((_, _, pending))) => pending.is_none(),
			(Call::Cancel | Call::Complete { .. }, Some((_, _, pending))) => pending.is_some(),
			_ => false,
		};
		if let (true, Some(place)) = (step.as_entitled, self.agents.iter().position(concerned)) {
			step.agent = place as u64;
		}
		let Some(agent) = self.agents.get(step.agent as usize) else { return step };
		let ids: Vec<u32> = agent.delegations.keys().copied().collect();
		// The highest draws stay what they are, which is mostly an id that does not exist.
		let place = |id: &mut u32| {
			if *id < 23 && !ids.is_empty() {
				*id = ids[*id as usize % ids.len()];
			}
		};
		match &mut step.call {
			Call::Delegate { parent, .. } if ids.is_empty() && step.as_allowed => *parent = None,
			Call::Delegate { parent: Some(parent), terms, .. } => {
				place(parent);
				if let (true, Some(above)) = (step.as_allowed, agent.delegations.get(parent)) {
					terms.cut_to(&above.terms, above.expires.saturating_sub(self.now));
				}
			}
			Call::Revoke { delegation } | Call::Clear { delegation } | Call::Act { delegation, .. } => {
				place(delegation)
			}
			_ => (),
		}
		step
	}

	/// Who would be right to make the call, where there is one.
	fn entitled(&self, step: &Step) -> Option<u8> {
		if let Call::Register = &step.call {
			return Some(1 + step.signer % ACCOUNTS);
		}
		let agent = self.agents.get(step.agent as usize)?;
		let key = |delegation: &u32| agent.delegations.get(delegation).map(|delegation| delegation.key);
		match &step.call {
			Call::Register => None,
			Call::Fund { .. } => Some(1 + step.signer % ACCOUNTS),
			Call::SetPrices { .. } | Call::Clear { .. } | Call::Forfeit { .. } | Call::Credit { .. } => None,
			Call::Accept { .. } => agent.proposed,
			Call::Begin { .. } => agent.recovery.as_ref().map(|recovery| recovery.0),
			Call::Complete { .. } => agent.recovery.as_ref()?.2.map(|pending| pending.0),
			Call::Delegate { parent: Some(parent), .. } => key(parent),
			Call::Act { delegation, .. } => key(delegation),
			_ => Some(agent.controller),
		}
	}

	/// Whether the call goes through, after applying it if so. `charged` calls are applied by [`Self::submit`].
	fn apply(&mut self, signer: u8, agent: u64, call: &Call) -> bool {
		let now = self.now;
		if let Call::Register = call {
			return self.register(signer);
		}
		if let Call::SetPrices { bond, deposit } = call {
			(self.bond, self.deposit) = (*bond, *deposit);
			return true;
		}
		let deposit = self.deposit;
		let Model { agents, free, .. } = self;
		let Some(agent) = agents.get_mut(agent as usize) else { return false };
		let retired = agent.status == AgentStatus::Retired;
		let controls = agent.controller == signer;
		match call {
			Call::Register | Call::SetPrices { .. } => unreachable!("they are above"),
			Call::Fund { amount } => {
				let mine = free.get_mut(&signer);
				let Some(mine) = mine else { return false };
				*mine -= amount;
				agent.free += amount;
				true
			}
			Call::Deregister if controls && !retired => {
				*free.get_mut(&signer).expect("controllers are endowed") += agent.bond;
				agent.bond = 0;
				agent.status = AgentStatus::Retired;
				true
			}
			Call::SetPaused { paused } if controls && !retired => {
				let status = if *paused { AgentStatus::Paused } else { AgentStatus::Active };
				let changes = agent.status != status;
				agent.status = status;
				changes
			}
			Call::SetProfile { .. } => controls && !retired,
			Call::Propose { to } if controls => {
				agent.proposed = *to;
				true
			}
			Call::Accept { keep } if agent.proposed == Some(signer) => agent.change_to(signer, *keep),
			Call::SetRecovery { account, delay_ms } if controls => {
				if account.is_some() && *delay_ms < DELAY_MS {
					return false;
				}
				agent.recovery = account.map(|account| (account, *delay_ms, None));
				true
			}
			Call::Begin { controller } => match &mut agent.recovery {
				Some((account, delay_ms, pending @ None)) if *account == signer => {
					*pending = Some((*controller, now + *delay_ms));
					true
				}
				_ => false,
			},
			Call::Cancel => match &mut agent.recovery {
				Some((account, _, pending)) if controls || *account == signer => pending.take().is_some(),
				_ => false,
			},
			Call::Complete { keep } => match agent.recovery {
				Some((_, _, Some((controller, at)))) if controller == signer && now >= at => {
					agent.change_to(signer, *keep)
				}
				_ => false,
			},
			Call::Delegate { parent, key, terms } => {
				agent.delegate(signer, *parent, *key, terms, deposit, now)
			}
			Call::Revoke { delegation } => {
				let mut may = controls;
				let mut at = Some(*delegation);
				while let Some(step) = at.and_then(|id| agent.delegations.get(&id)) {
					may |= step.key == signer;
					at = step.parent;
				}
				may && agent.remove(*delegation)
			}
			Call::RevokeAll if controls => {
				agent.below = agent.next;
				true
			}
			Call::Clear { delegation } => agent.dead(*delegation, now) && agent.remove(*delegation),
			Call::Act { delegation, inner, .. } => agent.act(*delegation, signer, inner, free, now),
			Call::Control { inner } if controls => agent.apply(inner, free).is_some(),
			Call::Forfeit { to, amount } if *amount <= agent.forfeitable => {
				agent.forfeitable -= *amount;
				*free.get_mut(to).expect("it is endowed") += *amount;
				true
			}
			_ => false,
		}
	}

	fn register(&mut self, signer: u8) -> bool {
		let Some(mine) = self.free.get_mut(&signer) else { return false };
		*mine -= PRICE + self.bond + EXISTENTIAL_DEPOSIT;
		self.burned += PRICE;
		self.agents.push(ModelAgent {
			controller: signer,
			proposed: None,
			recovery: None,
			status: AgentStatus::Active,
			bond: self.bond,
			free: EXISTENTIAL_DEPOSIT,
			spending: 0,
			forfeitable: 0,
			locked: 0,
			next: 0,
			below: 0,
			delegations: BTreeMap::new(),
		});
		true
	}

	/// Whether the agent would pay this fee for the act.
	fn agent_pays(&self, signer: u8, agent: u64, delegation: u32, inner: &Inner, fee: Balance) -> bool {
		let Some(agent) = self.agents.get(agent as usize) else { return false };
		let Some(path) = agent.live_path(delegation, signer, self.now) else { return false };
		agent.delegations[&delegation].terms.allows(inner)
			&& fee <= agent.left(&path, self.now, true)
			&& fee <= agent.free.saturating_sub(EXISTENTIAL_DEPOSIT)
	}

	/// Everything there is: nothing but fees may leave it.
	fn total(&self) -> Balance {
		let deposits = |agent: &ModelAgent| agent.delegations.values().map(|d| d.deposit).sum::<Balance>();
		let held = |a: &ModelAgent| a.bond + a.spending + a.forfeitable + a.locked + deposits(a);
		let agents = self.agents.iter().map(|a| a.free + held(a));
		agents.sum::<Balance>() + self.free.values().sum::<Balance>()
	}
}

impl ModelAgent {
	fn change_to(&mut self, controller: u8, keep: Keep) -> bool {
		match keep {
			Keep::None => self.below = self.next,
			Keep::All => (),
			Keep::AllSeen => return false,
		}
		self.controller = controller;
		(self.proposed, self.recovery) = (None, None);
		true
	}

	fn delegate(
		&mut self,
		signer: u8,
		parent: Option<u32>,
		key: u8,
		terms: &ModelTerms,
		deposit: Balance,
		now: u64,
	) -> bool {
		let expires = now + terms.lifetime_ms;
		let path = match parent {
			None if self.controller == signer => Vec::new(),
			None => return false,
			Some(parent) => {
				let Some(path) = self.live_path(parent, signer, now) else { return false };
				let above = &self.delegations[&parent];
				if path.len() == 4 || !terms.within(&above.terms) || expires > above.expires {
					return false;
				}
				path
			}
		};
		let well_formed = !terms.scopes.is_empty() && terms.period_ms >= PERIOD_MS && expires > now;
		let affordable =
			deposit <= self.free - EXISTENTIAL_DEPOSIT && deposit <= self.left(&path, now, false);
		if self.status == AgentStatus::Retired || !well_formed || !affordable {
			return false;
		}
		self.free -= deposit;
		self.use_up(&path, now, deposit, false);
		let (terms, uses) = (terms.clone(), Vec::new());
		let granted = ModelDelegation { key, parent, terms, granted: now, expires, deposit, uses };
		self.delegations.insert(self.next, granted);
		self.next += 1;
		true
	}

	fn remove(&mut self, delegation: u32) -> bool {
		let removed = self.delegations.remove(&delegation);
		self.free += removed.as_ref().map_or(0, |removed| removed.deposit);
		removed.is_some()
	}

	fn act(
		&mut self,
		delegation: u32,
		signer: u8,
		inner: &Inner,
		accounts: &mut BTreeMap<u8, Balance>,
		now: u64,
	) -> bool {
		let Some(path) = self.live_path(delegation, signer, now) else { return false };
		if !self.delegations[&delegation].terms.allows(inner) {
			return false;
		}
		let (before, accounts_before) = (self.clone(), accounts.clone());
		match self.apply(inner, accounts) {
			Some(outflow) if outflow <= self.left(&path, now, false) => {
				self.use_up(&path, now, outflow, false);
				true
			}
			_ => {
				(*self, *accounts) = (before, accounts_before);
				false
			}
		}
	}
}

fn runtime_call(inner: &Inner) -> RuntimeCall {
	match *inner {
		Inner::Pay { to, amount } => pay(&account(to), amount),
		Inner::Remark => remark(),
		Inner::Lock { reason, amount } => lock(reason, amount),
		Inner::PayHeld { to, amount } => escrow::Call::pay_held { to: account(to), amount }.into(),
		Inner::Batch => batch(vec![remark()]),
		Inner::AddProxy { batched: false } => add_proxy(&alice()),
		Inner::Own { batched: false } => crate::Call::register { profile: profile(&[]) }.into(),
		Inner::AddProxy { batched: true } => batch(vec![remark(), add_proxy(&alice())]),
		Inner::Own { batched: true } => {
			batch(vec![remark(), crate::Call::register { profile: profile(&[]) }.into()])
		}
	}
}

fn keep_below(agent: AgentId, keep: Keep) -> Option<DelegationId> {
	let next = all_of(agent).unwrap_or_default();
	match keep {
		Keep::None => None,
		Keep::All => Some(next),
		Keep::AllSeen => Some(DelegationId(next.0.wrapping_sub(1))),
	}
}

fn to_runtime(agent: u64, call: &Call) -> RuntimeCall {
	let agent = AgentId(agent);
	let call = call.clone();
	match call {
		Call::Register => crate::Call::register { profile: profile(&TAGS[..1]) }.into(),
		Call::SetProfile { tags } => {
			crate::Call::set_profile { agent, profile: profile(&TAGS[..tags]) }.into()
		}
		Call::Deregister => crate::Call::deregister { agent }.into(),
		Call::SetPaused { paused } => crate::Call::set_paused { agent, paused }.into(),
		Call::Propose { to } => crate::Call::propose_controller { agent, proposed: to.map(account) }.into(),
		Call::Accept { keep } => {
			crate::Call::accept_controller { agent, keep_below: keep_below(agent, keep) }.into()
		}
		Call::SetRecovery { account: named, delay_ms } => {
			let recovery = named.map(|named| RecoveryTerms { account: account(named), delay_ms });
			crate::Call::set_recovery { agent, recovery }.into()
		}
		Call::Begin { controller } => {
			crate::Call::begin_recovery { agent, controller: account(controller) }.into()
		}
		Call::Cancel => crate::Call::cancel_recovery { agent }.into(),
		Call::Complete { keep } => {
			crate::Call::complete_recovery { agent, keep_below: keep_below(agent, keep) }.into()
		}
		Call::Delegate { parent, key, terms } => {
			let terms = Terms {
				scopes: listed(terms.scopes),
				budget: terms.budget,
				fee_budget: terms.fee_budget,
				period_ms: terms.period_ms,
				expires_at_ms: Now::get() + terms.lifetime_ms,
			};
			crate::Call::delegate { agent, parent: parent.map(DelegationId), key: account(key), terms }.into()
		}
		Call::Revoke { delegation } => {
			crate::Call::revoke { agent, delegation: DelegationId(delegation) }.into()
		}
		Call::RevokeAll => crate::Call::revoke_all { agent }.into(),
		Call::Clear { delegation } => {
			crate::Call::clear_delegation { agent, delegation: DelegationId(delegation) }.into()
		}
		Call::Act { delegation, inner, .. } => {
			let delegation = DelegationId(delegation);
			crate::Call::act { agent, delegation, call: Box::new(runtime_call(&inner)) }.into()
		}
		Call::Control { inner } => {
			crate::Call::control { agent, call: Box::new(runtime_call(&inner)) }.into()
		}
		Call::Forfeit { to, amount } => {
			escrow::Call::forfeit { from: Agents::account_of(agent), to: account(to), amount }.into()
		}
		Call::Fund { amount } => pay(&Agents::account_of(agent), amount),
		Call::SetPrices { .. } | Call::Credit { .. } => remark(),
	}
}

/// How often what happened, so that a history which only fails is noticed.
#[derive(Default, Debug)]
struct Tally {
	/// By the call's name.
	succeeded: BTreeMap<String, u32>,
	failed: u32,
	acted: u32,
	paid_by_agents: u32,
	paid_by_signers: u32,
	refused: u32,
}

/// An act as a transaction: the model predicts who pays, the fee is what was taken.
fn submit_act(model: &mut Model, signer: u8, agent: u64, call: &Call, tally: &mut Tally) {
	let Call::Act { delegation, inner, .. } = call else { unreachable!("only acts are submitted") };
	let runtime = to_runtime(agent, call);
	let reserved = predicted_fee(&runtime);
	let agent_pays = model.agent_pays(signer, agent, *delegation, inner, reserved);
	let (issued, before) = (Balances::total_issuance(), state_root());
	let exists = model.agents.get(agent as usize).is_some_and(|a| a.delegations.contains_key(delegation));
	let result = submit(&account(signer), 0, runtime);
	let fee = issued - Balances::total_issuance();
	assert!(fee <= reserved);
	if agent_pays {
		tally.paid_by_agents += 1;
		// All that is reserved is away while the call runs.
		model.agents[agent as usize].free -= reserved;
		let acted = model.apply(signer, agent, call);
		assert_eq!(result.map(|result| result.is_ok()), Ok(acted));
		let (now, paying) = (model.now, &mut model.agents[agent as usize]);
		paying.free += reserved - fee;
		let path = paying.path(*delegation).expect("acting removes nothing");
		paying.use_up(&path, now, fee, true);
		tally.acted += u32::from(acted);
	} else if let Some(mine) = model.free.get_mut(&signer).filter(|_| exists) {
		tally.paid_by_signers += 1;
		*mine -= fee;
		assert!(fee > 0, "the signer paid nothing");
		let acted = model.apply(signer, agent, call);
		assert_eq!(result.map(|result| result.is_ok()), Ok(acted));
		tally.acted += u32::from(acted);
	} else {
		tally.refused += 1;
		assert!(result.is_err(), "nobody paid, but it was included");
		assert_eq!(before, state_root());
	}
}

fn state_root() -> Vec<u8> {
	sp_io::storage::root(sp_runtime::StateVersion::V1)
}

fn play(model: &mut Model, step: &Step, tally: &mut Tally) {
	model.now += step.passed_ms;
	Now::set(model.now);
	let step = &model.resolved(step);
	let entitled = model.entitled(step).filter(|_| step.as_entitled);
	let signer = entitled.unwrap_or(step.signer);
	let (agent, call) = (step.agent, &step.call);
	if let Call::Fund { .. } = call {
		// An account that is nobody's yet would make the first registration of its agent differ.
		if model.agents.get(agent as usize).is_none() {
			return;
		}
	}
	if let Call::Register = call {
		if model.agents.len() >= 5 {
			return;
		}
	}
	if let Call::Credit { payer, burned } = call {
		Agents::credit_reputation(AgentId(agent), &account(*payer), *burned);
		return;
	}
	if let Call::Act { charged: true, .. } = call {
		submit_act(model, signer, agent, call, tally);
		return;
	}
	let expected = model.apply(signer, agent, call);
	let before = (!expected).then(state_root);
	if let Call::SetPrices { bond, deposit } = call {
		Bond::set(*bond);
		DelegationDeposit::set(*deposit);
		return;
	}
	// As in a block: what fails leaves no trace.
	let result = to_runtime(agent, call).dispatch_bypass_filter(signed(&account(signer)));
	assert_eq!(result.is_ok(), expected, "{signer} with {step:?} gave {result:?}");
	if expected {
		let name = format!("{call:?}");
		let name = name.split([' ', '{']).next().unwrap_or_default().to_string();
		*tally.succeeded.entry(name).or_default() += 1;
		tally.acted += u32::from(matches!(call, Call::Act { .. }));
	} else {
		tally.failed += 1;
		assert_eq!(before, Some(state_root()));
	}
}

fn assert_same(model: &Model) {
	for (index, expected) in &model.free {
		assert_eq!(free(&account(*index)), *expected, "account {index}");
	}
	for (id, expected) in model.agents.iter().enumerate() {
		let id = AgentId(id as u64);
		let own = Agents::account_of(id);
		let deposits = expected.delegations.values().map(|delegation| delegation.deposit).sum::<Balance>();
		assert_eq!(free(&own), expected.free, "{id:?}");
		assert_eq!(held(HoldReason::Bond, &own), expected.bond);
		assert_eq!(held(HoldReason::Delegation, &own), deposits);
		assert_eq!(held(Escrow::Spending, &own), expected.spending);
		assert_eq!(held(Escrow::Forfeitable, &own), expected.forfeitable);
		assert_eq!(held(Escrow::Deposit, &own), expected.locked);
	}
	assert_eq!(Balances::total_issuance(), model.total());
	assert!(Balances::total_issuance() <= ENDOWMENT * Balance::from(ACCOUNTS) - model.burned);
	assert_eq!(pallet_proxy::Proxies::<Test>::iter().count(), 0);
	for index in 100..104u8 {
		let delegations = model.agents.iter().flat_map(|agent| agent.delegations.values());
		let references = delegations.filter(|delegation| delegation.key == index).count();
		assert_eq!(System::sufficients(&account(index)) as usize, references);
		assert_eq!(System::account_exists(&account(index)), references > 0);
	}
}

/// What takes longer to compare.
fn assert_same_records(model: &Model) {
	assert_eq!(crate::Agents::<Test>::iter().count(), model.agents.len());
	for (id, expected) in model.agents.iter().enumerate() {
		let id = AgentId(id as u64);
		let actual = Agents::agent(id).expect("the model has it");
		assert_eq!((actual.status, &actual.controller), (expected.status, &account(expected.controller)));
		let listed = Agents::delegations(id, None, 256).items;
		assert_eq!(listed.len(), expected.delegations.len());
		for (info, (id, expected_delegation)) in listed.iter().zip(&expected.delegations) {
			assert_eq!((info.id.0, &info.key), (*id, &account(expected_delegation.key)));
			assert_eq!(info.spent, expected_delegation.used(model.now, false));
			assert_eq!(info.fees_spent, expected_delegation.used(model.now, true));
			assert!(info.spent <= info.budget && info.fees_spent <= info.fee_budget);
			assert_eq!(info.alive, !expected.dead(*id, model.now));
		}
	}
}

/// At the end of every history everything is unwound, and every unit is where it belongs.
fn unwind(model: &mut Model) {
	for id in 0..model.agents.len() {
		let (agent, controller) = (AgentId(id as u64), model.agents[id].controller);
		if model.agents[id].status != AgentStatus::Retired {
			assert_ok!(Agents::deregister(signed(&account(controller)), agent));
			assert!(model.apply(controller, id as u64, &Call::Deregister));
		}
		let delegations: Vec<u32> = model.agents[id].delegations.keys().copied().collect();
		for delegation in delegations {
			assert_ok!(Agents::clear_delegation(signed(&alice()), agent, DelegationId(delegation)));
			assert!(model.apply(1, id as u64, &Call::Clear { delegation }));
		}
		let own = Agents::account_of(agent);
		assert_eq!(held(HoldReason::Bond, &own) + held(HoldReason::Delegation, &own), 0);
	}
	assert_same(model);
	assert_same_records(model);
}

#[test]
fn the_pallet_does_what_the_model_does() {
	let any_seed = || any::<[u8; 32]>().new_tree(&mut TestRunner::default()).expect("any bytes do").current();
	let seed = SEED.unwrap_or_else(any_seed);
	println!("seed: {seed:?}");
	let config = ProptestConfig { cases: HISTORIES, failure_persistence: None, ..ProptestConfig::default() };
	let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
	let tally = std::cell::RefCell::new(Tally::default());
	let histories = prop::collection::vec(any_step(), CALLS);
	let checked = runner.run(&histories, |steps| {
		new_test_ext().execute_with(|| {
			let free = (1..=ACCOUNTS).map(|index| (index, ENDOWMENT)).collect();
			let (bond, deposit) = (INITIAL_BOND, INITIAL_DEPOSIT);
			let mut model = Model { now: 0, bond, deposit, burned: 0, free, agents: Vec::new() };
			let calls = [Call::Register, Call::Fund { amount: FUNDS }];
			let mut follower = Follower::default();
			let beginnings = calls.iter().cycle().take(6).map(Step::beginning);
			for (count, step) in beginnings.chain(steps.iter().cloned()).enumerate() {
				play(&mut model, &step, &mut tally.borrow_mut());
				follower.follow();
				assert_same(&model);
				if count % 8 == 0 {
					assert_same_records(&model);
				}
			}
			follower.assert_knows_everything();
			assert_ok!(Agents::check_invariants());
			unwind(&mut model);
			follower.follow();
			follower.assert_knows_everything();
			assert_ok!(Agents::check_invariants());
		});
		Ok(())
	});
	let tally = tally.into_inner();
	println!("{tally:?}");
	checked.unwrap_or_else(|failed| panic!("seed {seed:?}: {failed}"));
	let enough = [tally.failed, tally.acted, tally.paid_by_agents];
	assert!(enough.iter().all(|count| *count > 100), "the histories show too little: {tally:?}");
	// All but prices and reputation, which nobody calls.
	let kinds = 18;
	assert_eq!(tally.succeeded.len(), kinds, "a call never succeeds: {tally:?}");
}
