//! Random histories of the whole runtime: real transactions in real blocks, made up from a seed or from a fuzzer's bytes,
//! with every invariant checked after each block.
//!
//! ```text
//! choices ─▶ driver ─▶ transaction ─▶ Executive ─▶ events ─▶ books ─┐
//!              ▲                          │                         ├─▶ check
//!              └────────── state ◀────────┴─────────────────────────┘
//! ```
//!
//! [`calls`] makes up calls and may look at everything; [`books`] hear events and nothing else. Beside them [`income`] adds up
//! what the node's index would. Used by `conservation.rs` and by the fuzz target `ledger`.
//!
//! # Must not
//! Let the books look into the state before they compare, or skip a check after a block.

// Each binary uses a part.
#![allow(dead_code)]

pub mod books;
pub mod calls;
pub mod choices;
pub mod income;
pub mod memory;

use crate::common::{signed, validator, Chain};
use books::{Books, Checked};
use calls::{Driver, KINDS};
use choices::Choices;
use frame_support::{dispatch::DispatchResult, traits::InstanceFilter};
use frame_system::Phase;
use income::IncomeBook;
use memory::{Memory, ACTORS};
use pallet_attribution::Parameters;
use pallet_datanets::Windows;
use pallet_rewards::Holder;
use pallet_validators::ChainPeriods;
use plexus_primitives::{
	consensus::{ConsensusSignature, Vote, VoteKind},
	constants::{Balance, UNITS},
	AgentId, DelegationId, ModelId,
};
use plexus_runtime::{
	tx_extension, AccountId, Agents, Balances, Executive, Receipts, Rewards, Runtime, RuntimeCall,
	RuntimeEvent, RuntimeOrigin, System, UncheckedExtrinsic, Validators,
};
use sp_core::Pair;
use sp_runtime::{generic::Era, traits::Dispatchable, ApplyExtrinsicResult};
use std::collections::BTreeMap;

/// Everything takes seconds to minutes, so that a history of some hundred blocks sees its end.
const WINDOWS: Windows = Windows {
	commitment_age_ms: 2_000,
	commitment_lifetime_ms: 40_000,
	acceptance_ms: 120_000,
	deposit_ms: 60_000,
	curators_ms: 10_000,
	publication_ms: 10_000,
	challenge_ms: 30_000,
	dispute_ms: 40_000,
};

const PERIODS: ChainPeriods = ChainPeriods {
	era_blocks: 10,
	evidence_age_ms: 200_000,
	unbonding_ms: 210_000,
	..ChainPeriods::DEVELOPMENT
};

/// How long some validators sign everything, and then nothing: so long that who sleeps is jailed.
const NAP_BLOCKS: u64 = 30;

/// The time between blocks when nothing happens.
const BLOCK_MS: u64 = 1_000;

/// How often everybody is paid out at once, on a state that is thrown away: each time in two orders.
const RUN_BLOCKS: u64 = 16;

/// How often a kind of call was tried, went into a block, and succeeded.
#[derive(Clone, Copy, Default, Debug)]
pub struct Tally {
	pub tried: u64,
	pub included: u64,
	pub succeeded: u64,
}

/// A chain, and what is known of it.
pub struct History {
	pub chain: Chain,
	driver: Driver,
	books: Books,
	income: IncomeBook,
	pub tally: Vec<Tally>,
	blocks: u64,
	/// Calls that went into blocks, failed ones too. Attempts that the runtime refused are not among them.
	pub included: u64,
}

impl History {
	pub fn new(choices: Choices) -> Self {
		let memory = Memory::new();
		let keys: Vec<_> = memory.actors.iter().map(|(key, _)| key).collect();
		let mut chain = Chain::with_periods(&keys, BLOCK_MS, PERIODS);
		let (poor, rich) = (memory.actors[ACTORS - 1].1.clone(), memory.actors[0].1.clone());
		chain.ext.execute_with(|| {
			pallet_datanets::CurrentWindows::<Runtime>::put(WINDOWS);
			pallet_attribution::CurrentParameters::<Runtime>::put(Parameters::DEVELOPMENT);
			pallet_sudo::Key::<Runtime>::put(rich.clone());
			let left = Balances::free_balance(&poor) - 40 * UNITS;
			<Balances as frame_support::traits::fungible::Mutate<_>>::transfer(
				&poor,
				&rich,
				left,
				frame_support::traits::tokens::Preservation::Preserve,
			)
			.expect("it has so much");
		});
		chain.ext.commit_all().expect("the changes apply");
		let books = Books::new(chain.issuance());
		let driver = Driver { choices, memory, genesis: chain.genesis_hash.0 };
		let tally = vec![Tally::default(); KINDS.len()];
		let income = IncomeBook::default();
		let mut history = Self { chain, driver, books, income, tally, blocks: 0, included: 0 };
		// The state knows the genesis hash, which commitments and vouchers contain, from block 1 on.
		history.block(0).expect("nothing happens in it");
		history
	}

	/// Whether nothing is left to decide.
	pub fn is_over(&self) -> bool {
		self.driver.choices.is_over()
	}

	/// Makes a block from so many attempts to include a call, and checks everything.
	///
	/// # Errors
	/// What does not hold after it.
	pub fn block(&mut self, attempts: u64) -> Checked {
		// Sometimes slow, sometimes after a halt of minutes.
		self.chain.block_time_ms = match self.driver.choices.below(16) {
			0 => 240_000,
			1..4 => 6_000,
			_ => BLOCK_MS,
		};
		let header = self.chain.next_header();
		let inherents: Vec<_> = [self.chain.inherent()].into_iter().chain(self.commit()).collect();
		let genesis = self.chain.genesis_hash;
		let Self { chain, driver, tally, books, income, .. } = self;
		let mut included = 0;
		let header = chain.ext.execute_with(|| {
			Executive::initialize_block(&header);
			for inherent in inherents {
				let done = Executive::apply_extrinsic(inherent);
				done.expect("the inherent is valid").expect("the inherent succeeds");
			}
			for _ in 0..attempts {
				included += u64::from(step(driver, tally, books, genesis));
			}
			let header = Executive::finalize_block();
			for record in System::read_events_no_consensus() {
				books.hear(record.event.clone());
			}
			income.hear();
			header
		});
		chain.advance(header);
		self.blocks += 1;
		self.included += included;
		self.check()
	}

	/// The precommits for the parent. Every other pool but the first is absent for a while now and then, as long as a
	/// quorum is left.
	fn commit(&mut self) -> Option<UncheckedExtrinsic> {
		let Self { chain, driver, .. } = self;
		let (height, value) = (u64::from(chain.parent.number), Some(chain.parent.hash().0));
		if height == 0 {
			return None;
		}
		let members = chain.ext.execute_with(|| Validators::members_at(height));
		let total: u64 = members.iter().map(|member| member.power).sum();
		let naptime = height / NAP_BLOCKS % 2 == 1;
		let mut absent = 0;
		let mut precommits = Vec::new();
		for member in members {
			let asleep = naptime && member.pool.0 % 2 == 1 && (absent + member.power) * 3 < total;
			if asleep {
				absent += member.power;
				precommits.push(None);
				continue;
			}
			let vote = Vote { kind: VoteKind::Precommit, height, round: 0, value, voter: member.key };
			let preimage = vote.preimage(&chain.genesis_hash.0);
			let signature = match driver.memory.validators.get(&member.key.0) {
				Some(pair) => pair.sign(&preimage),
				None => validator().sign(&preimage),
			};
			precommits.push(Some(ConsensusSignature(signature.0)));
		}
		let precommits = precommits.try_into().expect("there are no more places than validators");
		let call = pallet_validators::Call::note_commit { round: 0, precommits };
		Some(UncheckedExtrinsic::new_bare(RuntimeCall::Validators(call)))
	}

	/// Compares the books with the state, and asks every pallet.
	///
	/// # Errors
	/// What does not hold.
	pub fn check(&mut self) -> Checked {
		let Self { chain, books, income, driver, blocks, .. } = self;
		chain.ext.execute_with(|| judge(books).and_then(|()| income.check()))?;
		match *blocks % RUN_BLOCKS {
			0 => check_run(chain, &driver.memory),
			_ => Ok(()),
		}
	}

	/// The same after something was done to the state, which is undone.
	///
	/// # Errors
	/// What does not hold.
	pub fn check_with(&mut self, plant: impl FnOnce()) -> Checked {
		let Self { chain, books, .. } = self;
		chain.scratch(|| {
			plant();
			judge(books)
		})
	}

	/// How often each kind was tried and succeeded, as a table.
	pub fn print(tally: &[Tally]) {
		println!("{:<34} {:>8} {:>9} {:>10}", "kind", "tried", "included", "succeeded");
		for (kind, Tally { tried, included, succeeded }) in KINDS.iter().zip(tally) {
			println!("{:<34} {tried:>8} {included:>9} {succeeded:>10}", kind.name);
		}
	}
}

/// What the books and every pallet say of the state.
fn judge(books: &Books) -> Checked {
	books.check()?;
	Validators::check_invariants().map_err(|error| format!("the validators' invariants: {error:?}"))?;
	ask_pallets()
}

#[cfg(feature = "try-runtime")]
fn ask_pallets() -> Checked {
	plexus_runtime::native::try_state().map_err(|error| format!("{error:?}"))
}

/// Without the feature no pallet can be asked. A history that passed would show less than it says.
#[cfg(not(feature = "try-runtime"))]
fn ask_pallets() -> Checked {
	Err("no pallet was asked: `cargo test --package plexus-runtime --features try-runtime --test conservation`".into())
}

/// One transaction of a kind that is possible now, within a block. Says whether one went in.
fn step(driver: &mut Driver, tally: &mut [Tally], books: &mut Books, genesis: plexus_runtime::Hash) -> bool {
	let total: u64 = KINDS.iter().map(|kind| kind.weight).sum();
	for _ in 0..12 {
		let mut point = driver.choices.below(total);
		let place = KINDS.iter().position(|kind| match point.checked_sub(kind.weight) {
			Some(beyond) => {
				point = beyond;
				false
			}
			None => true,
		});
		let place = place.expect("the point is below the sum of all weights");
		let Some((by, call)) = (KINDS[place].plan)(driver) else { continue };
		let Some((by, call)) = route(driver, by, call) else { continue };
		tally[place].tried += 1;
		let hides = hides_failure(&call);
		let Some(result) = send(driver, books, genesis, by, call) else { continue };
		tally[place].included += u64::from(result.is_ok());
		tally[place].succeeded += u64::from(result == Ok(Ok(())) && !(hides && carried_failed()));
		return result.is_ok();
	}
	false
}

/// Whether a call succeeds even if what it carries fails.
fn hides_failure(call: &RuntimeCall) -> bool {
	matches!(call, RuntimeCall::Sudo(..) | RuntimeCall::Multisig(..) | RuntimeCall::Proxy(..))
}

/// Whether the events of the last transaction tell that what it carried failed.
fn carried_failed() -> bool {
	let next = System::extrinsic_index().unwrap_or_default();
	let last = Phase::ApplyExtrinsic(next.saturating_sub(1));
	let tells = |event: &RuntimeEvent| match event {
		RuntimeEvent::Sudo(pallet_sudo::Event::Sudid { sudo_result: result })
		| RuntimeEvent::Multisig(pallet_multisig::Event::MultisigExecuted { result, .. })
		| RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => result.is_err(),
		_ => false,
	};
	System::read_events_no_consensus().any(|record| record.phase == last && tells(&record.event))
}

/// Who really signs: an agent's account has no key, so that its controller or a key of it sends the call. Now and then
/// somebody else signs.
fn route(driver: &mut Driver, by: AccountId, call: RuntimeCall) -> Option<(AccountId, RuntimeCall)> {
	if driver.choices.one_in(40) {
		let place = driver.choices.below(ACTORS as u64) as usize;
		return Some((driver.memory.actors[place].1.clone(), call));
	}
	if driver.memory.key_of(&by).is_some() {
		return Some((by, call));
	}
	let next = pallet_agents::NextAgentId::<Runtime>::get().0;
	let agent = (0..next).map(AgentId).find(|agent| Agents::account_of(*agent) == by)?;
	let record = pallet_agents::Agents::<Runtime>::get(agent)?;
	let call = Box::new(call);
	let ids = record.revoked_below.0..record.next_delegation.0;
	let keys: Vec<_> = ids
		.map(DelegationId)
		.filter_map(|id| pallet_agents::Delegations::<Runtime>::get(agent, id).map(|one| (id, one)))
		.filter(|(_, one)| one.terms.scopes.iter().any(|scope| scope.filter(&call)))
		.collect();
	match driver.choices.pick(&keys).filter(|_| driver.choices.one_in(2)) {
		Some((delegation, one)) => {
			Some((one.key, pallet_agents::Call::act { agent, delegation, call }.into()))
		}
		None => Some((record.controller, pallet_agents::Call::control { agent, call }.into())),
	}
}

fn send(
	driver: &mut Driver,
	books: &mut Books,
	genesis: plexus_runtime::Hash,
	by: AccountId,
	call: RuntimeCall,
) -> Option<ApplyExtrinsicResult> {
	let key = driver.memory.key_of(&by)?;
	let burned = match &call {
		RuntimeCall::Balances(pallet_balances::Call::burn { value, .. }) => *value,
		_ => 0,
	};
	let extension = tx_extension(System::account_nonce(&by), Era::Immortal, 0);
	let transaction = signed(genesis, key, extension, genesis, call);
	let result = Executive::apply_extrinsic(transaction);
	if result == Ok(Ok(())) {
		books.burned_by_call(burned);
	}
	Some(result)
}

/// Pays out everything that is due, in an order or backwards; what every account has then.
fn pay_everybody(memory: &Memory, backwards: bool) -> Result<BTreeMap<AccountId, Balance>, String> {
	let clerk = memory.actors[1].1.clone();
	let call = |call: RuntimeCall| -> DispatchResult {
		let origin = RuntimeOrigin::signed(clerk.clone());
		call.dispatch(origin).map(|_| ()).map_err(|failed| failed.error)
	};
	let nothing_due = |result: DispatchResult| {
		let receipts = pallet_receipts::Error::<Runtime>::NothingDue.into();
		let rewards = pallet_rewards::Error::<Runtime>::NothingDue.into();
		result.is_ok() || result == Err(receipts) || result == Err(rewards)
	};
	let models = pallet_models::NextModelId::<Runtime>::get().0;
	let mut models: Vec<_> = (0..models).map(ModelId).collect();
	let mut positions: Vec<_> = pallet_rewards::Positions::<Runtime>::iter_keys().collect();
	if backwards {
		models.reverse();
		positions.reverse();
	}
	let claim_all = || {
		for (holder, place) in &positions {
			let Holder::Account(account) = holder else { continue };
			let places = crate::common::evidence::listed([*place]);
			let claim = pallet_rewards::Call::claim { account: account.clone(), places };
			call(claim.into()).map_err(|error| format!("a claim fails: {error:?}"))?;
		}
		Ok::<_, String>(())
	};
	// Backwards some is claimed before it is all there.
	if backwards {
		claim_all()?;
	}
	for model in &models {
		let done = call(pallet_receipts::Call::pull_developer { model: *model }.into());
		nothing_due(done).then_some(()).ok_or(format!("a developer is not paid: {done:?}"))?;
		for ancestor in pallet_models::Lineages::<Runtime>::get(model) {
			let ancestor = ancestor.model;
			let done = call(pallet_receipts::Call::pull_royalty { model: *model, ancestor }.into());
			let ok =
				nothing_due(done) || done.is_err() && !pallet_receipts::Books::<Runtime>::contains_key(model);
			ok.then_some(()).ok_or(format!("a royalty is not paid: {done:?}"))?;
		}
	}
	for model in &models {
		let entries = pallet_models::Models::<Runtime>::get(model).map_or(0, |one| one.spec.manifest.len());
		for entry in 0..entries as u32 {
			let done = call(pallet_rewards::Call::distribute { model: *model, entry }.into());
			nothing_due(done).then_some(()).ok_or(format!("a manifest is not paid: {done:?}"))?;
		}
	}
	claim_all()?;
	for holder in pallet_rewards::Earnings::<Runtime>::iter_keys().collect::<Vec<_>>() {
		let Holder::Account(account) = &holder else { continue };
		let due = Rewards::earnings(&holder).due;
		let done = call(pallet_rewards::Call::withdraw { account: account.clone() }.into());
		withdrawn(account, due, done)?;
	}
	for account in pallet_receipts::Earnings::<Runtime>::iter_keys().collect::<Vec<_>>() {
		let due = Receipts::earnings(&account);
		let done = call(pallet_receipts::Call::withdraw { account: account.clone() }.into());
		withdrawn(&account, due, done)?;
	}
	let accounts = frame_system::Account::<Runtime>::iter();
	Ok(accounts.map(|(id, account)| (id, account.data.free + account.data.reserved)).collect())
}

/// Only what is less than an account must have waits.
fn withdrawn(account: &AccountId, due: Balance, result: DispatchResult) -> Checked {
	match result.is_ok() || due < plexus_primitives::constants::EXISTENTIAL_DEPOSIT {
		true => Ok(()),
		false => Err(format!("{account:?} is not paid {due}: {result:?}")),
	}
}

/// Everybody can be paid at once, whatever the order, and has the same in the end.
fn check_run(chain: &mut Chain, memory: &Memory) -> Checked {
	let forwards = chain.scratch(|| pay_everybody(memory, false))?;
	let backwards = chain.scratch(|| pay_everybody(memory, true))?;
	let pots = [Receipts::pot(), Rewards::pot()];
	for (account, balance) in &forwards {
		let other = backwards.get(account).copied().unwrap_or_default();
		// What positions carry below a unit may fall on either side.
		let differs = balance.abs_diff(other);
		let slack = if pots.contains(account) { forwards.len() as u128 } else { 1 };
		if differs > slack {
			return Err(format!("the order of payments moves {differs} of {account:?}"));
		}
	}
	Ok(())
}
