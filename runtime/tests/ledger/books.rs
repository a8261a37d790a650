//! What everybody is owed, kept from events alone: exact integers where the protocol rounds, exact fractions beside them.
//!
//! # Must not
//! Read the state but to compare with it. Know an id that no event told.
//!
//! # Invariants
//! Those of [`Books::check`], one function for each subject.

use codec::Encode;
use num_bigint::BigInt;
use num_rational::BigRational;
use pallet_attribution::Event as Attribution;
use pallet_balances::Event as Money;
use pallet_receipts::Event as Receipts;
use pallet_rewards::{BurnReason, Earned, Event as Rewards, Holder, Place};
use pallet_validators::Event as Validators;
use plexus_primitives::{
	constants::{Balance, EXISTENTIAL_DEPOSIT},
	AgentId, BatchId, ChannelId, ContributionId, DatanetId, DatanetVersion, ModelId,
};
use plexus_runtime::{
	fees::validators_pot, genesis::VALIDATOR_STAKE, AccountId, Balances, Runtime, RuntimeEvent,
	RuntimeHoldReason,
};
use std::collections::BTreeMap;

/// Parts of a unit, `S` of the protocol.
const SCALE_BITS: usize = 64;

type Whose = Holder<AccountId>;
type Pool = (DatanetId, DatanetVersion);
type Model = ModelId;

/// What a check found.
pub type Checked = Result<(), String>;

/// An error with what differs, unless both are equal.
fn same<Value: PartialEq + std::fmt::Debug>(what: impl Into<String>, state: Value, books: Value) -> Checked {
	match state == books {
		true => Ok(()),
		false => Err(format!("{}: the state says {state:?}, the books {books:?}", what.into())),
	}
}

fn holds(what: impl Into<String>, condition: bool) -> Checked {
	match condition {
		true => Ok(()),
		false => Err(what.into()),
	}
}

/// The four accounts that owe.
#[derive(Clone, Default, Debug, PartialEq)]
struct Pots {
	validators: i128,
	receipts: i128,
	rewards: i128,
	attribution: i128,
}

/// A version's pool.
#[derive(Default)]
struct PoolBook {
	weight: u64,
	deposited: Balance,
	/// What the last deposit left over, in parts of a unit.
	remainder: BigInt,
}

/// A position: weight, and what is claimable, in parts of a unit.
#[derive(Default)]
struct PositionBook {
	weight: u64,
	parts: BigInt,
}

/// What a model earned.
struct ModelBook {
	terms: pallet_receipts::RevenueTerms<AccountId>,
	/// The protocol's exact share of all fees, in billionths of a unit: each fee's is that of its time.
	protocol_billionths: Balance,
	protocol: Balance,
	revenue: Balance,
	to_server: Balance,
	to_data: Balance,
	/// Credited to the developer, or given to others of its part.
	developer: Balance,
	held: Balance,
	/// By ancestor.
	royalties: BTreeMap<Model, Balance>,
}

/// An open batch.
struct BatchBook {
	claims: bool,
	/// What the pot has of it.
	owed: Balance,
	/// What of its hold is on hold still.
	hold: Balance,
	deposit: Balance,
	/// By claim.
	demands: BTreeMap<u32, Balance>,
	/// By receipt and place in its output.
	unlisted: BTreeMap<(u32, u64), Balance>,
}

/// A channel that is not over.
struct ChannelBook {
	locked: Balance,
	deposit: Balance,
}

/// Everything that follows from the events since the genesis.
pub struct Books {
	issuance: i128,
	/// What the currency burned and minted since the genesis, by its own events.
	burned: i128,
	/// What the pallets said that they burn.
	stated: i128,
	pots: Pots,
	/// What is on hold behind validators, and for agents and their keys.
	stake: Balance,
	agent_bonds: Balance,
	delegations: Balance,
	/// What multisig operations and proxies have reserved.
	reserved: Balance,
	/// Bonds of challenges and disputes by contribution, and prices of demands, to know what of them was burned.
	bonds: BTreeMap<(u8, ContributionId), Balance>,
	/// The protocol's share of fees, in billionths.
	share: Balance,
	models: BTreeMap<Model, ModelBook>,
	channels: BTreeMap<ChannelId, ChannelBook>,
	records: BTreeMap<BatchId, Balance>,
	batches: BTreeMap<BatchId, BatchBook>,
	/// What demands of batches that are gone have on hold still.
	orphaned: BTreeMap<(BatchId, u32), Balance>,
	commitments: Balance,
	/// What was earned by fees and not withdrawn.
	due: BTreeMap<AccountId, Balance>,
	/// The account of each agent, and of the server of each batch.
	agents: BTreeMap<AgentId, AccountId>,
	servers: BTreeMap<BatchId, AccountId>,
	pools: BTreeMap<Pool, PoolBook>,
	positions: BTreeMap<(Whose, Place), PositionBook>,
	/// What the last weight that left a position took along.
	carried: BigInt,
	/// Sums of deposit times weight: over the weight of the version an exact share.
	exact: BTreeMap<(Whose, Pool), BigInt>,
	/// What of that was handed on by escrows.
	credited: BTreeMap<Whose, Balance>,
	revenues: BTreeMap<Model, Balance>,
	pulled: BTreeMap<(Model, u32), Balance>,
	earnings: BTreeMap<Whose, Earned>,
	/// How often a weight moved: each time parts of a unit may go along.
	moves: u64,
}

impl Books {
	/// The books of a chain that has issued so much, and whose pots have their existential deposits.
	pub fn new(issuance: Balance) -> Self {
		let own = EXISTENTIAL_DEPOSIT as i128;
		Self {
			issuance: issuance as i128,
			burned: 0,
			stated: 0,
			pots: Pots { validators: 0, receipts: own, rewards: own, attribution: own },
			stake: VALIDATOR_STAKE,
			agent_bonds: 0,
			delegations: 0,
			reserved: 0,
			bonds: BTreeMap::new(),
			share: 30_000_000,
			models: BTreeMap::new(),
			channels: BTreeMap::new(),
			records: BTreeMap::new(),
			batches: BTreeMap::new(),
			orphaned: BTreeMap::new(),
			commitments: 0,
			due: BTreeMap::new(),
			agents: BTreeMap::new(),
			servers: BTreeMap::new(),
			pools: BTreeMap::new(),
			positions: BTreeMap::new(),
			carried: BigInt::ZERO,
			exact: BTreeMap::new(),
			credited: BTreeMap::new(),
			revenues: BTreeMap::new(),
			pulled: BTreeMap::new(),
			earnings: BTreeMap::new(),
			moves: 0,
		}
	}

	/// Enters an event of a block, in their order.
	pub fn hear(&mut self, event: RuntimeEvent) {
		match event {
			RuntimeEvent::Balances(event) => self.hear_money(event),
			RuntimeEvent::TransactionPayment(
				pallet_transaction_payment::Event::<Runtime>::TransactionFeePaid { actual_fee, .. },
			) => {
				let half = actual_fee / 2;
				self.stated += (actual_fee - half) as i128;
				self.pots.validators += half as i128;
			}
			RuntimeEvent::Agents(event) => self.hear_agents(event),
			RuntimeEvent::Datanets(event) => self.hear_datanets(event),
			RuntimeEvent::Validators(event) => self.hear_validators(event),
			RuntimeEvent::Receipts(event) => self.hear_receipts(event),
			RuntimeEvent::Attribution(event) => self.hear_attribution(event),
			RuntimeEvent::Rewards(event) => self.hear_rewards(event),
			_ => {}
		}
	}

	/// What a `burn` call burned, which only the currency tells.
	pub fn burned_by_call(&mut self, amount: Balance) {
		self.stated += amount as i128;
	}

	fn hear_money(&mut self, event: Money<Runtime>) {
		let amount = match event {
			Money::Burned { amount, .. }
			| Money::BurnedHeld { amount, .. }
			| Money::BurnedDebt { amount }
			| Money::Rescinded { amount } => amount as i128,
			Money::Minted { amount, .. } | Money::MintedCredit { amount } | Money::Issued { amount } => {
				-(amount as i128)
			}
			// Its burning is told besides.
			Money::DustLost { amount, .. } => {
				self.stated += amount as i128;
				0
			}
			Money::Transfer { from, to, amount } => {
				self.hear_gift(&from, &to, amount);
				0
			}
			Money::Reserved { amount, .. } => {
				self.reserved += amount;
				0
			}
			Money::Unreserved { amount, .. } => {
				self.reserved -= amount;
				0
			}
			_ => 0,
		};
		self.burned += amount;
	}

	/// Anybody may give a pot something.
	fn hear_gift(&mut self, from: &AccountId, to: &AccountId, amount: Balance) {
		let Some(pot) = self.pots.of(to) else { return };
		assert_ne!(from, to, "no pot pays itself");
		*pot += amount as i128;
	}

	fn hear_agents(&mut self, event: pallet_agents::Event<Runtime>) {
		use pallet_agents::Event;
		match event {
			Event::AgentRegistered { agent, account, bond, price, .. } => {
				self.stated += price as i128;
				self.agent_bonds += bond;
				self.agents.insert(agent, account);
			}
			Event::AgentDeregistered { bond, .. } => self.agent_bonds -= bond,
			Event::Delegated { deposit, .. } => self.delegations += deposit,
			Event::DelegationRemoved { deposit, .. } => self.delegations -= deposit,
			_ => {}
		}
	}

	fn hear_validators(&mut self, event: Validators<Runtime>) {
		match event {
			Validators::Bonded { amount, .. } => self.stake += amount,
			Validators::Withdrawn { amount, .. } => self.stake -= amount,
			Validators::StakeSlashed { amount, .. } => {
				self.stake -= amount;
				self.stated += amount as i128;
			}
			Validators::RewardClaimed { amount, .. } => self.pots.validators -= amount as i128,
			_ => {}
		}
	}

	fn hear_datanets(&mut self, event: pallet_datanets::Event<Runtime>) {
		use pallet_datanets::Event;
		const CHALLENGE: u8 = 0;
		const DISPUTE: u8 = 1;
		match event {
			Event::VersionPublished { price, .. } => self.stated += price as i128,
			Event::Challenged { contribution, bond, .. } => {
				self.bonds.insert((CHALLENGE, contribution), bond);
			}
			Event::ChallengeAnswered { contribution, compensation, .. } => {
				let bond = self.bonds.remove(&(CHALLENGE, contribution)).unwrap_or_default();
				self.stated += (bond - compensation) as i128;
			}
			Event::ChallengeUnanswered { contribution, .. } => {
				self.bonds.remove(&(CHALLENGE, contribution));
			}
			Event::Disputed { contribution, bond, .. } => {
				self.bonds.insert((DISPUTE, contribution), bond);
			}
			Event::DisputeClosed { contribution, returned, compensation, .. } => {
				let bond = self.bonds.remove(&(DISPUTE, contribution)).unwrap_or_default();
				self.stated += (bond - returned - compensation) as i128;
			}
			_ => {}
		}
	}

	fn hear_receipts(&mut self, event: Receipts<Runtime>) {
		match event {
			Receipts::BookOpened { model, terms } => {
				let book = ModelBook {
					terms,
					protocol_billionths: 0,
					protocol: 0,
					revenue: 0,
					to_server: 0,
					to_data: 0,
					developer: 0,
					held: 0,
					royalties: BTreeMap::new(),
				};
				self.models.insert(model, book);
			}
			Receipts::ChannelOpened { channel, locked, deposit, .. } => {
				self.channels.insert(channel, ChannelBook { locked, deposit });
			}
			Receipts::ChannelToppedUp { channel, amount, .. } => self.channel(channel).locked += amount,
			Receipts::ChannelRedeemed { channel, amount, .. } => {
				self.channel(channel).locked -= amount;
				self.pots.receipts += amount as i128;
			}
			Receipts::ChannelClosed { channel, .. } => {
				self.channels.remove(&channel);
			}
			Receipts::BatchSubmitted { batch, server, deposit, .. } => {
				self.records.insert(batch, deposit);
				self.servers.insert(batch, self.agents[&server].clone());
			}
			Receipts::BatchCleared { batch, .. } => {
				self.records.remove(&batch);
			}
			Receipts::ModelEarned { batch, model, protocol, revenue, to_server, to_data } => {
				*self.due.entry(self.servers[&batch].clone()).or_default() += to_server;
				let share = self.share;
				let book = self.model(model);
				book.protocol_billionths += (protocol + revenue) * share;
				book.protocol += protocol;
				book.revenue += revenue;
				book.to_server += to_server;
				book.to_data += to_data;
				self.pots.receipts -= to_data as i128;
			}
			Receipts::ProtocolPaid { validators, burned, .. } => {
				self.pots.receipts -= (validators + burned) as i128;
				self.pots.validators += validators as i128;
				self.stated += burned as i128;
			}
			Receipts::DeveloperCredited { model, developer, amount } => {
				self.model(model).developer += amount;
				*self.due.entry(developer).or_default() += amount;
			}
			Receipts::DeveloperHeld { model, amount } => self.model(model).held += amount,
			Receipts::DeveloperReleased { model, amount } => self.model(model).held -= amount,
			Receipts::DeveloperCharged { model, amount } => {
				self.model(model).held -= amount;
				self.model(model).developer += amount;
				self.pots.receipts -= amount as i128;
			}
			Receipts::RoyaltyCredited { model, ancestor, developer, to_developer, to_data } => {
				*self.model(model).royalties.entry(ancestor).or_default() += to_developer + to_data;
				*self.due.entry(developer).or_default() += to_developer;
				self.pots.receipts -= to_data as i128;
			}
			Receipts::Withdrawn { account, amount } => {
				self.due.remove(&account);
				self.pots.receipts -= amount as i128;
			}
			Receipts::ProtocolShareSet { share } => self.share = share.deconstruct().into(),
			_ => {}
		}
	}

	fn hear_attribution(&mut self, event: Attribution<Runtime>) {
		match event {
			Attribution::MethodRegistered { price, .. } => self.stated += price as i128,
			Attribution::BatchOpened { batch, models, claims, hold, deposit, .. } => {
				let claims = !claims.is_empty();
				let owed = if claims { models.iter().map(|share| share.data).sum() } else { 0 };
				self.pots.attribution += owed as i128;
				let (demands, unlisted) = Default::default();
				self.batches.insert(batch, BatchBook { claims, owed, hold, deposit, demands, unlisted });
			}
			Attribution::Committed { deposit, .. } => self.commitments += deposit,
			Attribution::Revealed { deposit, .. } => self.commitments -= deposit,
			Attribution::CommitmentCleared { deposit, burned, .. } => {
				self.commitments -= deposit;
				self.stated += if burned { deposit as i128 } else { 0 };
			}
			Attribution::ClaimsVoided { batch, reward, burned, .. } => {
				self.stated += burned as i128;
				let book = self.batch(batch);
				assert_eq!(book.hold, reward + burned, "the whole hold is forfeited");
				book.hold = 0;
				let demands = std::mem::take(&mut book.demands);
				self.orphaned.extend(demands.into_iter().map(|(claim, price)| ((batch, claim), price)));
			}
			Attribution::Demanded { batch, claim, price, .. } => {
				self.batch(batch).demands.insert(claim, price);
			}
			Attribution::ClaimProven { batch, claim, paid, .. } => {
				if let Some(price) = self.batch(batch).demands.get(&claim).copied() {
					// What comes too late answers a sample, and leaves the demand.
					if paid > 0 {
						self.batch(batch).demands.remove(&claim);
						self.stated += (price - paid) as i128;
					}
				}
			}
			Attribution::DemandClosed { batch, claim, .. } => {
				let orphan = self.orphaned.remove(&(batch, claim)).is_some();
				if !orphan {
					self.batch(batch).demands.remove(&claim);
				}
			}
			Attribution::UnlistedShown { batch, source } => {
				self.batch(batch).unlisted.insert((source.receipt, source.start), source.bond);
			}
			Attribution::UnlistedDisplaced { batch, receipt, start, .. }
			| Attribution::UnlistedAnswered { batch, receipt, start, .. }
			| Attribution::UnlistedPaid { batch, receipt, start, .. } => {
				self.batch(batch).unlisted.remove(&(receipt, start));
			}
			Attribution::ClaimsPaid { batch, contributions, submitters, .. } => {
				self.pay_from(batch, contributions + submitters);
			}
			// Of a batch without claims it never was in the pot.
			Attribution::DataPaid { batch, amount, .. } => {
				let had_claims = self.batches.get(&batch).is_some_and(|book| book.claims);
				if had_claims {
					self.pay_from(batch, amount);
				}
			}
			Attribution::BatchFinal { batch, hold, .. } => {
				let book = self.batches.remove(&batch).expect("it was opened");
				assert_eq!((book.owed, book.hold), (0, hold), "a final batch owes nothing");
				assert!(book.demands.is_empty() && book.unlisted.is_empty(), "nothing is open in it");
			}
			_ => {}
		}
	}

	fn pay_from(&mut self, batch: BatchId, amount: Balance) {
		let book = self.batch(batch);
		book.owed = book.owed.checked_sub(amount).expect("a batch pays no more than it has");
		self.pots.attribution -= amount as i128;
	}

	fn hear_rewards(&mut self, event: Rewards<Runtime>) {
		match event {
			Rewards::PoolOpened { datanet, version, weight } => {
				let pool = PoolBook { weight, ..PoolBook::default() };
				self.pools.insert((datanet, version), pool);
			}
			Rewards::PositionChanged { holder, place, weight } => self.change(holder, place, weight),
			Rewards::DataDeposited { model, amount } => {
				*self.revenues.entry(model).or_default() += amount;
				self.pots.rewards += amount as i128;
			}
			Rewards::Distributed { model, entry, datanet, version, amount } => {
				*self.pulled.entry((model, entry)).or_default() += amount;
				self.divide((datanet, version), amount);
			}
			Rewards::PositionCredited { holder, place, amount } => {
				let position = self.positions.entry((holder.clone(), place)).or_default();
				position.parts -= BigInt::from(amount) << SCALE_BITS;
				let earned = self.earnings.entry(holder.clone()).or_default();
				earned.due += amount;
				earned.pools += amount;
				*self.credited.entry(holder).or_default() += amount;
			}
			Rewards::ContributionCredited { holder, source, amount, .. } => {
				self.credit(holder, source, amount);
			}
			Rewards::AccountCredited { account, source, amount } => {
				self.credit(Holder::Account(account), source, amount);
			}
			Rewards::EscrowReleased { contribution, to, earned, .. } => {
				let escrow = Holder::Escrow(contribution);
				self.earnings.remove(&escrow);
				let sum = self.earnings.entry(to.clone()).or_default();
				sum.due += earned.due;
				sum.pools += earned.pools;
				sum.claims += earned.claims;
				sum.submissions += earned.submissions;
				sum.challenges += earned.challenges;
				self.release(escrow, to);
			}
			Rewards::Withdrawn { account, amount } => {
				self.earnings.entry(Holder::Account(account)).or_default().due = 0;
				self.pots.rewards -= amount as i128;
			}
			Rewards::Burned { amount, reason } => {
				self.stated += amount as i128;
				if let BurnReason::EmptyVersion { model, entry } = reason {
					*self.pulled.entry((model, entry)).or_default() += amount;
					self.pots.rewards -= amount as i128;
				}
			}
			_ => {}
		}
	}

	fn credit(&mut self, holder: Whose, source: pallet_rewards::Source, amount: Balance) {
		use pallet_rewards::Source;
		let earned = self.earnings.entry(holder).or_default();
		earned.due += amount;
		match source {
			Source::Claim => earned.claims += amount,
			Source::Submission => earned.submissions += amount,
			Source::Challenge => earned.challenges += amount,
		}
		self.pots.rewards += amount as i128;
	}

	/// What an escrow had of pools is its successor's, as exactly as it was the escrow's.
	fn release(&mut self, escrow: Whose, to: Whose) {
		let exact = self.exact.keys().filter(|(holder, _)| *holder == escrow).cloned().collect::<Vec<_>>();
		for key in exact {
			let sum = self.exact.remove(&key).unwrap_or_default();
			*self.exact.entry((to.clone(), key.1)).or_default() += sum;
		}
		let credited = self.credited.remove(&escrow).unwrap_or_default();
		*self.credited.entry(to).or_default() += credited;
	}

	fn change(&mut self, holder: Whose, place: Place, weight: u64) {
		let position = self.positions.entry((holder.clone(), place)).or_default();
		if weight > position.weight {
			position.parts += std::mem::take(&mut self.carried);
		}
		position.weight = weight;
		self.moves += 1;
		if weight == 0 {
			let gone = self.positions.remove(&(holder, place)).expect("it was just there");
			self.carried = gone.parts;
		}
	}

	fn divide(&mut self, pool: Pool, amount: Balance) {
		let book = self.pools.get_mut(&pool).expect("events tell of a version before its money");
		book.deposited += amount;
		let parts = (BigInt::from(amount) << SCALE_BITS) + &book.remainder;
		let each = &parts / book.weight;
		book.remainder = parts % book.weight;
		for ((holder, place), position) in &mut self.positions {
			if place.datanet == pool.0 && place.holds(pool.1) {
				position.parts += &each * position.weight;
				let sum = self.exact.entry((holder.clone(), pool)).or_default();
				*sum += BigInt::from(amount) * position.weight;
			}
		}
	}

	fn model(&mut self, model: Model) -> &mut ModelBook {
		self.models.get_mut(&model).expect("its book was opened")
	}

	fn channel(&mut self, channel: ChannelId) -> &mut ChannelBook {
		self.channels.get_mut(&channel).expect("it was opened")
	}

	fn batch(&mut self, batch: BatchId) -> &mut BatchBook {
		self.batches.get_mut(&batch).expect("it was opened")
	}

	/// Compares everything with the state, after a block.
	///
	/// # Errors
	/// What does not agree.
	pub fn check(&self) -> Checked {
		self.check_issuance()?;
		self.check_pots()?;
		self.check_holds()?;
		self.check_models()?;
		self.check_weights()?;
		self.check_pools()?;
		self.check_revenues()?;
		self.check_earnings()
	}

	/// Issuance changes only by burns that somebody states, and is what all accounts have.
	fn check_issuance(&self) -> Checked {
		let issuance = Balances::total_issuance() as i128;
		same("issuance after what the currency burned", issuance, self.issuance - self.burned)?;
		same("issuance after what the pallets said they burn", issuance, self.issuance - self.stated)?;
		let all = frame_system::Account::<Runtime>::iter_values()
			.map(|account| (account.data.free + account.data.reserved) as i128);
		same("what all accounts have", all.sum::<i128>(), issuance)
	}

	/// The pots have what came in and did not go out, and no less than they owe.
	fn check_pots(&self) -> Checked {
		let balance = |pot: AccountId| Balances::free_balance(pot) as i128;
		let state = Pots {
			validators: balance(validators_pot()),
			receipts: balance(plexus_runtime::Receipts::pot()),
			rewards: balance(plexus_runtime::Rewards::pot()),
			attribution: balance(plexus_runtime::Attribution::pot()),
		};
		same("the pots", state.clone(), self.pots.clone())?;
		let own = EXISTENTIAL_DEPOSIT as i128;
		let open: Balance = self.batches.values().map(|book| book.owed).sum();
		holds("the pot of open batches owes more than it has", state.attribution >= own + open as i128)?;
		let owed = pallet_validators::Owed::<Runtime>::get() as i128;
		holds("the validators' pot owes more than it has", owed == 0 || state.validators >= own + owed)?;
		let due: Balance = pallet_receipts::Earnings::<Runtime>::iter_values().sum();
		let retained: Balance = self.models.values().map(ModelBook::retained).sum();
		let owed = (due + retained) as i128;
		holds("the pot of receipts owes more than it has", state.receipts >= own + owed)?;
		let due: Balance = self.earnings.values().map(|earned| earned.due).sum();
		let credited: Balance = self.credited.values().sum();
		let deposited: Balance = self.pools.values().map(|pool| pool.deposited).sum();
		let unpulled = self.revenues.values().sum::<Balance>() - self.pulled.values().sum::<Balance>();
		let owed = (due + deposited - credited + unpulled) as i128;
		holds("the pot of rewards owes more than it has", state.rewards >= own + owed)
	}

	/// All accounts together have on hold what stakes, agents, delegations, channels, batches, commitments, demands and
	/// unlisted sources say.
	fn check_holds(&self) -> Checked {
		use pallet_attribution::HoldReason as Open;
		use pallet_receipts::HoldReason as Paid;
		let mut state = BTreeMap::<Vec<u8>, Balance>::new();
		let all: Balance = frame_system::Account::<Runtime>::iter_values().map(|one| one.data.reserved).sum();
		let mut on_hold = 0;
		for hold in pallet_balances::Holds::<Runtime>::iter_values().flatten() {
			*state.entry(hold.id.encode()).or_default() += hold.amount;
			on_hold += hold.amount;
		}
		self.check_reserved(all.saturating_sub(on_hold))?;
		let demands: Balance = self.batches.values().flat_map(|book| book.demands.values()).sum();
		let orphaned: Balance = self.orphaned.values().sum();
		let books: [(RuntimeHoldReason, Balance); 11] = [
			(pallet_validators::HoldReason::Stake.into(), self.stake),
			(pallet_agents::HoldReason::Bond.into(), self.agent_bonds),
			(pallet_agents::HoldReason::Delegation.into(), self.delegations),
			(Paid::Channel.into(), self.channels.values().map(|book| book.locked).sum()),
			(Paid::ChannelDeposit.into(), self.channels.values().map(|book| book.deposit).sum()),
			(Paid::Batch.into(), self.records.values().sum()),
			(Open::Batch.into(), self.batches.values().map(|book| book.hold).sum()),
			(Open::Deposit.into(), self.batches.values().map(|book| book.deposit).sum()),
			(Open::Commitment.into(), self.commitments),
			(Open::Demand.into(), demands + orphaned),
			(Open::Unlisted.into(), self.batches.values().flat_map(|book| book.unlisted.values()).sum()),
		];
		for (reason, expected) in books {
			let held = state.remove(&reason.encode()).unwrap_or_default();
			same(format!("on hold for {reason:?}"), held, expected)?;
		}
		let locked = pallet_receipts::Channels::<Runtime>::iter_values().map(|channel| channel.locked);
		same(
			"locked in channels",
			locked.sum(),
			self.channels.values().map(|book| book.locked).sum::<Balance>(),
		)
	}

	/// What is reserved besides is what multisig operations, proxies and announcements have deposited.
	fn check_reserved(&self, besides_holds: Balance) -> Checked {
		let joint = pallet_multisig::Multisigs::<Runtime>::iter_values().map(|open| open.deposit);
		let proxies = pallet_proxy::Proxies::<Runtime>::iter_values().map(|(_, deposit)| deposit);
		let announced = pallet_proxy::Announcements::<Runtime>::iter_values().map(|(_, deposit)| deposit);
		let deposits: Balance = joint.chain(proxies).chain(announced).sum();
		same("deposits of joint accounts and proxies", deposits, self.reserved)?;
		same("what is reserved besides holds", besides_holds, self.reserved)
	}

	/// Each part of a model's fees is its exact share, rounded down once over all fees ever, and no more.
	fn check_models(&self) -> Checked {
		for (model, book) in &self.models {
			let of = |what: &str| format!("{what} of model {}", model.0);
			same(of("the protocol's share"), book.protocol, book.protocol_billionths / 1_000_000_000)?;
			let terms = &book.terms;
			let one = BigRational::from_integer(1.into());
			let fraction = |share: sp_runtime::Perbill| {
				BigRational::new(share.deconstruct().into(), 1_000_000_000u32.into())
			};
			let revenue = BigRational::from_integer(book.revenue.into());
			let own = &revenue * (&one - fraction(terms.royalties));
			let data =
				if terms.pays_data { fraction(terms.data) } else { BigRational::from_integer(0.into()) };
			let developer = &own * (&one - fraction(terms.server) - &data);
			// Royalties are floored before, so that what is left of them is a part of what is everybody else's.
			for (what, given, exact) in [
				("the server's part", book.to_server, &own * fraction(terms.server)),
				("the data's part", book.to_data, &own * &data),
			] {
				let given = BigRational::from_integer(given.into());
				let short = (&exact - &given) < one && (&given - &exact) < one;
				holds(format!("{}: {given} of {exact}", of(what)), short)?;
			}
			let taken = BigRational::from_integer((book.developer + book.held).into());
			holds(of("a developer has more than its part"), taken <= developer + &one)?;
			let royalties = book.royalties.values().sum::<Balance>();
			let exact = &revenue * fraction(terms.royalties);
			holds(of("royalties above their share"), BigRational::from_integer(royalties.into()) <= exact)?;
			let state = pallet_receipts::Books::<Runtime>::get(model).ok_or_else(|| of("no book"))?;
			let state = (state.revenue, state.developer_taken, state.developer_held, state.royalties_taken);
			same(of("the book"), state, (book.revenue, book.developer, book.held, royalties))?;
		}
		same("books", pallet_receipts::Books::<Runtime>::iter().count(), self.models.len())
	}

	/// `W(v) = Σ w` over `j ≤ v < e`, and `R = Σ w` over `e = ∞`.
	fn check_weights(&self) -> Checked {
		let mut running = BTreeMap::<DatanetId, u64>::new();
		let mut versions = BTreeMap::<Pool, u64>::new();
		for ((_, place), position) in &self.positions {
			if place.until.is_none() {
				*running.entry(place.datanet).or_default() += position.weight;
			}
			for pool in self.pools.keys().filter(|pool| pool.0 == place.datanet && place.holds(pool.1)) {
				*versions.entry(*pool).or_default() += position.weight;
			}
		}
		for (pool, book) in &self.pools {
			let sum = versions.get(pool).copied().unwrap_or_default();
			same(format!("the weight of {pool:?} and of who is in it"), book.weight, sum)?;
		}
		let heads = pallet_rewards::Heads::<Runtime>::iter().filter(|(_, head)| head.weight > 0);
		let heads: BTreeMap<_, _> = heads.map(|(datanet, head)| (datanet, head.weight)).collect();
		running.retain(|_, weight| *weight > 0);
		same("running weights", heads, running)
	}

	/// `S·Σcredit + Σfrac + Σr = S·ΣD` for each pool, to the last part; and nobody's share is further from the exact
	/// fraction than what positions hand on.
	fn check_pools(&self) -> Checked {
		same("pools", pallet_rewards::Pools::<Runtime>::iter().count(), self.pools.len())?;
		let mut deposited = BigInt::ZERO;
		for ((datanet, version), book) in &self.pools {
			let state = pallet_rewards::Pools::<Runtime>::get(datanet, version);
			let state = (state.weight, state.deposited, BigInt::from(state.remainder));
			same("a pool", state, (book.weight, book.deposited, book.remainder.clone()))?;
			deposited += BigInt::from(book.deposited) << SCALE_BITS;
			deposited -= &book.remainder;
		}
		same("positions", pallet_rewards::Positions::<Runtime>::iter().count(), self.positions.len())?;
		for ((holder, place), book) in &self.positions {
			let told = plexus_runtime::Rewards::position(holder, *place).ok_or("a position is missing")?;
			same("a position's weight", told.weight, book.weight)?;
			let units = &book.parts >> SCALE_BITS;
			same("what a position has to claim", BigInt::from(told.claimable), units)?;
			deposited -= &book.parts;
		}
		let credited: Balance = self.credited.values().sum();
		same("credits, fractions and remainders", BigInt::from(credited) << SCALE_BITS, deposited)?;
		same("what moves along", &self.carried, &BigInt::ZERO)?;
		self.check_shares()
	}

	fn check_shares(&self) -> Checked {
		let mut due = BTreeMap::<&Whose, BigRational>::new();
		for ((holder, pool), sum) in &self.exact {
			let weight = self.pools[pool].weight;
			let share = due.entry(holder).or_insert_with(|| BigRational::from_integer(0.into()));
			*share += BigRational::new(sum.clone(), weight.into());
		}
		let scale = BigInt::from(1) << SCALE_BITS;
		for ((holder, _), position) in &self.positions {
			let share = due.entry(holder).or_insert_with(|| BigRational::from_integer(0.into()));
			*share -= BigRational::new(position.parts.clone(), scale.clone());
		}
		for (holder, credited) in &self.credited {
			let share = due.entry(holder).or_insert_with(|| BigRational::from_integer(0.into()));
			*share -= BigRational::from_integer((*credited).into());
		}
		// Less than a unit goes along whenever a weight moves; what a version carries to its next deposit is next to nothing.
		let slack = BigRational::from_integer((self.moves + 1).into());
		for (holder, rest) in due {
			let near = rest < slack && -&slack < rest;
			holds(format!("{holder:?} is {rest} away from its exact share"), near)?;
		}
		Ok(())
	}

	/// What data earned, and what entries of manifests pulled of it.
	fn check_revenues(&self) -> Checked {
		let revenues: BTreeMap<_, _> = pallet_rewards::DataRevenues::<Runtime>::iter().collect();
		same("what data earned", &revenues, &self.revenues)?;
		let pulled = pallet_rewards::Pulled::<Runtime>::iter();
		let pulled: BTreeMap<_, _> = pulled.map(|(model, entry, amount)| ((model, entry), amount)).collect();
		same("what entries pulled", &pulled, &self.pulled)?;
		let mut sums = BTreeMap::<Model, Balance>::new();
		pulled.iter().for_each(|((model, _), amount)| *sums.entry(*model).or_default() += amount);
		let within = sums.iter().all(|(model, sum)| sum <= revenues.get(model).unwrap_or(&0));
		holds("a manifest pulled more than its data earned", within)
	}

	/// What everybody was credited, and has to withdraw.
	fn check_earnings(&self) -> Checked {
		let state: BTreeMap<_, _> = pallet_receipts::Earnings::<Runtime>::iter().collect();
		let books = self.due.iter().filter(|(_, due)| **due > 0);
		let books: BTreeMap<_, _> = books.map(|(account, due)| (account.clone(), *due)).collect();
		same("what fees earned", state, books)?;
		let state: BTreeMap<_, _> = pallet_rewards::Earnings::<Runtime>::iter().collect();
		same("what was credited", &state, &self.earnings)
	}
}

impl Pots {
	fn of(&mut self, account: &AccountId) -> Option<&mut i128> {
		let pots = [
			(validators_pot(), &mut self.validators),
			(plexus_runtime::Receipts::pot(), &mut self.receipts),
			(plexus_runtime::Rewards::pot(), &mut self.rewards),
			(plexus_runtime::Attribution::pot(), &mut self.attribution),
		];
		pots.into_iter().find(|(pot, _)| pot == account).map(|(_, pot)| pot)
	}
}

impl ModelBook {
	/// What of its revenue has not left the pot.
	fn retained(&self) -> Balance {
		let royalties: Balance = self.royalties.values().sum();
		self.revenue - self.to_server - self.to_data - self.developer - royalties
	}
}
