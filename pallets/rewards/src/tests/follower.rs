//! That events tell everything: a follower that reads nothing else knows the whole state, and what everybody could claim to
//! the last part of a unit.
//!
//! The histories of [`super::model`] feed it after each call, and compare at their ends.

use super::*;
use crate::{types::SCALE_BITS, Head};
use num_bigint::BigInt;
use std::collections::BTreeMap;

type Whose = Holder<AccountId>;

/// What an indexer would keep of a pool: weight, all deposits, and what the last one left over, in parts of a unit.
#[derive(Default)]
struct Pool {
	weight: u64,
	deposited: Balance,
	remainder: BigInt,
}

/// And of a position: weight, and what is claimable, in parts of a unit.
#[derive(Default)]
struct Position {
	weight: u64,
	parts: BigInt,
}

/// What an indexer would keep.
#[derive(Default)]
pub struct Follower {
	pools: BTreeMap<(DatanetId, DatanetVersion), Pool>,
	positions: BTreeMap<(Whose, Place), Position>,
	/// What the last weight that left a position took along.
	carried: BigInt,
	revenues: BTreeMap<ModelId, Balance>,
	pulled: BTreeMap<(ModelId, u32), Balance>,
	earnings: BTreeMap<Whose, Earned>,
	pool_earnings: BTreeMap<(Whose, DatanetId), Balance>,
	pub burned: Balance,
	pub paid: Balance,
}

impl Follower {
	/// Takes the events of the block so far out, and follows them.
	pub fn follow(&mut self) {
		for record in System::events() {
			if let RuntimeEvent::Rewards(event) = record.event {
				self.hear(event);
			}
		}
		System::reset_events();
	}

	fn hear(&mut self, event: Event<Test>) {
		match event {
			Event::PoolOpened { datanet, version, weight } => {
				let pool = Pool { weight, ..Pool::default() };
				assert!(self.pools.insert((datanet, version), pool).is_none());
			}
			Event::PositionChanged { holder, place, weight } => self.change(holder, place, weight),
			Event::DataDeposited { model, amount } => *self.revenues.entry(model).or_default() += amount,
			Event::Distributed { model, entry, datanet, version, amount } => {
				*self.pulled.entry((model, entry)).or_default() += amount;
				self.divide(datanet, version, amount);
			}
			Event::PositionCredited { holder, place, amount } => {
				// It may be credited what is carried into it, which is told right after.
				let position = self.positions.entry((holder.clone(), place)).or_default();
				position.parts -= BigInt::from(amount) << SCALE_BITS;
				self.earnings.entry(holder.clone()).or_default().add_pool(amount);
				*self.pool_earnings.entry((holder, place.datanet)).or_default() += amount;
			}
			Event::ContributionCredited { contribution: _, holder, source, amount } => {
				self.earnings.entry(holder).or_default().add(source, amount);
			}
			Event::AccountCredited { account, source, amount } => {
				self.earnings.entry(Holder::Account(account)).or_default().add(source, amount);
			}
			Event::EscrowReleased { contribution, datanet, to, earned } => {
				let escrow = Holder::Escrow(contribution);
				assert_eq!(self.earnings.remove(&escrow), Some(earned));
				self.earnings.entry(to.clone()).or_default().join(&earned);
				if let Some(pools) = self.pool_earnings.remove(&(escrow, datanet)) {
					*self.pool_earnings.entry((to, datanet)).or_default() += pools;
				}
			}
			Event::Withdrawn { account, amount } => {
				let earned = self.earnings.get_mut(&Holder::Account(account)).expect("it was credited");
				assert_eq!(std::mem::take(&mut earned.due), amount);
				self.paid += amount;
			}
			Event::Burned { amount, reason } => {
				self.burned += amount;
				if let BurnReason::EmptyVersion { model, entry } = reason {
					*self.pulled.entry((model, entry)).or_default() += amount;
				}
			}
			Event::__Ignore(_, never) => match never {},
		}
	}

	fn change(&mut self, holder: Whose, place: Place, weight: u64) {
		let position = self.positions.entry((holder.clone(), place)).or_default();
		if weight > position.weight {
			position.parts += std::mem::take(&mut self.carried);
		}
		position.weight = weight;
		if weight == 0 {
			let gone = self.positions.remove(&(holder, place)).expect("it was just there");
			self.carried = gone.parts;
		}
	}

	fn divide(&mut self, datanet: DatanetId, version: DatanetVersion, amount: Balance) {
		let pool =
			self.pools.get_mut(&(datanet, version)).expect("events tell of a version before its money");
		pool.deposited += amount;
		let parts = (BigInt::from(amount) << SCALE_BITS) + &pool.remainder;
		let each = &parts / pool.weight;
		pool.remainder = parts % pool.weight;
		for ((_, place), position) in &mut self.positions {
			if place.datanet == datanet && place.holds(version) {
				position.parts += &each * position.weight;
			}
		}
	}

	/// Compares with the state.
	pub fn assert_knows_everything(&self) {
		assert_eq!(self.carried, BigInt::ZERO);
		let mut heads = BTreeMap::<DatanetId, Head>::new();
		for (datanet, version) in self.pools.keys() {
			heads.entry(*datanet).or_default().version = *version;
		}
		assert_eq!(crate::Positions::<Test>::iter().count(), self.positions.len());
		for ((holder, place), known) in &self.positions {
			let position = crate::Positions::<Test>::get(holder, place).expect("it was told");
			let head = crate::Heads::<Test>::get(place.datanet);
			let (units, fraction) = position.earned(Rewards::accrued(place, head.version));
			let parts = (BigInt::from(units) << SCALE_BITS) + fraction;
			assert_eq!((position.weight, &parts), (known.weight, &known.parts));
			if place.until.is_none() {
				heads.entry(place.datanet).or_default().weight += known.weight;
			}
		}
		assert_eq!(crate::Heads::<Test>::iter().collect::<BTreeMap<_, _>>(), heads);
		assert_eq!(crate::Pools::<Test>::iter().count(), self.pools.len());
		for ((datanet, version), known) in &self.pools {
			let pool = crate::Pools::<Test>::get(datanet, version);
			assert_eq!((pool.weight, pool.deposited), (known.weight, known.deposited));
			assert_eq!(BigInt::from(pool.remainder), known.remainder);
		}
		assert_eq!(crate::DataRevenues::<Test>::iter().collect::<BTreeMap<_, _>>(), self.revenues);
		let pulled = crate::Pulled::<Test>::iter().map(|(model, entry, pulled)| ((model, entry), pulled));
		assert_eq!(pulled.collect::<BTreeMap<_, _>>(), self.pulled);
		assert_eq!(crate::Earnings::<Test>::iter().collect::<BTreeMap<_, _>>(), self.earnings);
		let by_datanet = crate::PoolEarnings::<Test>::iter();
		let by_datanet = by_datanet.map(|(holder, datanet, credited)| ((holder, datanet), credited));
		assert_eq!(by_datanet.collect::<BTreeMap<_, _>>(), self.pool_earnings);
	}
}
