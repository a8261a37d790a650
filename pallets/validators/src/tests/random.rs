//! Random histories against an oracle that knows no accumulators, no laziness and no references.
//!
//! The oracle keeps every stake by itself, takes slashes from all of them at once, and shares rewards by walking over
//! everybody. It learns from the pallet only whether a call succeeded.

use crate::{mock::*, types::*, *};
use frame_support::traits::UnfilteredDispatchable;
use rand::{rngs::StdRng, Rng, SeedableRng};
use sp_core::U256;
use std::collections::BTreeMap;

const CALLS_PER_HISTORY: u32 = 1_250;
const HISTORIES: u64 = 8;

/// Rewards in the oracle count in 2^-100 of a unit, so that its own rounding never shows.
const SCALE_BITS: usize = 100;

#[derive(Clone, Debug, Default)]
struct OracleStake {
	bonded: Balance,
	pool: Option<PoolId>,
	/// Amount, pool, era, unlock time.
	chunks: Vec<(Balance, Option<PoolId>, Era, u64)>,
	earned: U256,
	paid: Balance,
}

#[derive(Default)]
struct Oracle {
	stakes: BTreeMap<u64, OracleStake>,
	operators: BTreeMap<PoolId, u64>,
	/// With the era of the earliest offence.
	tombstoned: BTreeMap<PoolId, Era>,
	blocks: BTreeMap<PoolId, u128>,
	burned: Balance,
	paid_in: Balance,
	undivided: Balance,
}

impl Oracle {
	fn stake(&mut self, who: u64) -> &mut OracleStake {
		self.stakes.get_mut(&who).expect("the call succeeded for an account without a stake")
	}

	fn unbond(&mut self, who: u64, amount: Balance, era: Era, unlock: u64) {
		let stake = self.stake(who);
		stake.bonded -= amount;
		let pool = stake.pool;
		match stake.chunks.last_mut() {
			Some(last) if (last.1, last.2) == (pool, era) => (last.0, last.3) = (last.0 + amount, unlock),
			_ => stake.chunks.push((amount, pool, era, unlock)),
		}
	}

	fn rebond(&mut self, who: u64, amount: Balance) {
		let stake = self.stake(who);
		let mut missing = amount;
		for chunk in stake.chunks.iter_mut().rev().filter(|chunk| chunk.1 == stake.pool) {
			let taken = missing.min(chunk.0);
			chunk.0 -= taken;
			missing -= taken;
		}
		assert_eq!(missing, 0, "more came back than was leaving");
		stake.chunks.retain(|chunk| chunk.0 > 0);
		stake.bonded += amount;
	}

	fn tombstone(&mut self, pool: PoolId, era: Era) {
		let before = self.tombstoned.insert(pool, era);
		assert!(before.is_none_or(|before| era < before), "a pool paid twice for an era");
		let mut burned = 0;
		let mut slash = |amount: &mut Balance| {
			let loss = SlashFraction::get().mul_floor(*amount);
			*amount -= loss;
			burned += loss;
		};
		for stake in self.stakes.values_mut() {
			if stake.pool == Some(pool) {
				slash(&mut stake.bonded);
				stake.pool = None;
			}
			for chunk in stake.chunks.iter_mut().filter(|chunk| chunk.1 == Some(pool) && chunk.2 >= era) {
				chunk.1 = None;
				slash(&mut chunk.0);
			}
		}
		self.burned += burned;
	}

	/// Shares all that is in the pot by blocks made; `commissions` are those in force.
	fn pay(&mut self, commissions: &BTreeMap<PoolId, Perbill>) {
		let blocks = core::mem::take(&mut self.blocks);
		let sum_of = |oracle: &Self, pool| {
			oracle.stakes.values().filter(|stake| stake.pool == Some(pool)).map(|s| s.bonded).sum::<Balance>()
		};
		let earners: Vec<_> = blocks
			.into_iter()
			.map(|(pool, made)| (pool, made, sum_of(self, pool)))
			.filter(|(pool, _, stake)| *stake > 0 && !self.tombstoned.contains_key(pool))
			.collect();
		let total: u128 = earners.iter().map(|(_, made, _)| made).sum();
		let available = self.undivided;
		for (pool, made, pool_stake) in earners {
			let share = available * made / total;
			self.undivided -= share;
			let operator = self.operators[&pool];
			let has_operator = self.stakes.contains_key(&operator);
			let commission = if has_operator { commissions[&pool].mul_floor(share) } else { 0 };
			if has_operator {
				self.stake(operator).earned += U256::from(commission) << SCALE_BITS;
			}
			let rest = U256::from(share - commission) << SCALE_BITS;
			for stake in self.stakes.values_mut().filter(|stake| stake.pool == Some(pool)) {
				stake.earned += rest * U256::from(stake.bonded) / U256::from(pool_stake);
			}
		}
	}

	/// Removes what the pallet has removed, if there was nothing left of it here either.
	fn reap(&mut self, who: u64) {
		if Stakes::<Test>::contains_key(who) {
			return;
		}
		let gone = self.stakes.remove(&who).expect("it was there");
		assert!(gone.bonded == 0 && gone.chunks.is_empty(), "a stake vanished: {gone:?}");
		assert!((gone.earned >> SCALE_BITS).low_u128() <= gone.paid + 1, "a reward vanished: {gone:?}");
	}

	/// The pallet agrees in everything, once what is due but not taken is taken into account.
	fn compare(&self, issued_at_start: Balance) {
		assert_eq!(Stakes::<Test>::iter().count(), self.stakes.len());
		let mut pending = 0;
		for (who, expected) in &self.stakes {
			let stake = stake_of(*who);
			pending += Validators::slash_pending(&stake);
			assert_eq!(held(*who), stake.bonded + stake.unbonding());
			assert_eq!(
				held(*who) - Validators::slash_pending(&stake),
				expected.bonded + expected.chunks.iter().map(|chunk| chunk.0).sum::<Balance>(),
				"account {who}"
			);
			let dead = |pool: &PoolId| self.tombstoned.contains_key(pool);
			if !stake.role.pool().is_some_and(|pool| dead(&pool)) {
				assert_eq!((stake.bonded, stake.role.pool()), (expected.bonded, expected.pool));
			}
			let unlocks: Vec<_> = stake.chunks.iter().map(|chunk| chunk.unlock_at_ms).collect();
			assert_eq!(unlocks, expected.chunks.iter().map(|chunk| chunk.3).collect::<Vec<_>>());
			let credited = Validators::claimable(who) + expected.paid;
			let earned = (expected.earned >> SCALE_BITS).low_u128();
			assert!(credited <= earned + 1 && earned <= credited + 1, "{who}: {credited} of {earned}");
		}
		let issued = pallet_balances::TotalIssuance::<Test>::get();
		assert_eq!(issued + self.burned, issued_at_start + self.paid_in + pending);
	}
}

/// One history: a chain, its oracle and its dice.
struct History {
	oracle: Oracle,
	dice: StdRng,
	issued_at_start: Balance,
	successes: BTreeMap<&'static str, u32>,
}

impl History {
	fn new(seed: u64) -> Self {
		let mut oracle = Oracle { undivided: 0, ..Default::default() };
		for (who, stake) in Stakes::<Test>::iter() {
			let pool = stake.role.pool();
			oracle.operators.insert(pool.expect("a genesis validator has a pool"), who);
			oracle.stakes.insert(who, OracleStake { bonded: stake.bonded, pool, ..Default::default() });
		}
		let issued_at_start = pallet_balances::TotalIssuance::<Test>::get();
		let mut history =
			Self { oracle, dice: StdRng::seed_from_u64(seed), issued_at_start, successes: BTreeMap::new() };
		pay_pot(10);
		history.oracle.paid_in = 10;
		history.note_author();
		history
	}

	fn note_author(&mut self) {
		let author = Author::<Test>::get();
		let members = Validators::members_at(System::block_number());
		if let Some(member) = members.into_iter().find(|member| Some(member.key) == author) {
			*self.oracle.blocks.entry(member.pool).or_default() += 1;
		}
	}

	fn amount(&mut self) -> Balance {
		let top = [50, 500, 5_000, 50_000][self.dice.gen_range(0..4)];
		self.dice.gen_range(0..=top)
	}

	fn pool(&mut self) -> PoolId {
		PoolId(self.dice.gen_range(0..=NextPoolId::<Test>::get().0))
	}

	fn block(&mut self) {
		if self.dice.gen_bool(0.5) {
			let fees = self.dice.gen_range(1..2_000);
			pay_pot(fees);
			self.oracle.paid_in += fees;
			self.oracle.undivided += fees;
		}
		let height = System::block_number();
		if height > 1 {
			// The weakest of the validators is often asleep, and now and then somebody lets a turn pass.
			let members = Validators::members_at(height - 1);
			let asleep =
				members.iter().rev().take(1).filter(|_| (height / 16).is_multiple_of(2) && members.len() > 1);
			Validators::count_absences(height - 1, asleep.map(|member| member.pool).collect());
			if self.dice.gen_bool(0.1) {
				let slow = members[self.dice.gen_range(0..members.len())].pool;
				Validators::count_missed_turns(height - 1, vec![slow]);
			}
		}
		let commissions = Pools::<Test>::iter().map(|(id, pool)| (id, pool.commission)).collect();
		end_block();
		if Validators::era_of(height + 1) != Validators::era_of(height) {
			self.oracle.pay(&commissions);
		}
		begin_block(height + 1);
		self.note_author();
		self.oracle.compare(self.issued_at_start);
	}

	/// A call that may or may not succeed; its name, and what it does to the oracle if it does.
	fn call(&mut self) {
		let who = self.dice.gen_range(1..=ACCOUNTS);
		let amount = self.amount();
		let pool = self.pool();
		let commission = Perbill::from_percent(self.dice.gen_range(0..=100));
		let (era, now) = (Validators::current_era(), Validators::clock_ms());
		let run = |call: Call<Test>| {
			RuntimeCall::Validators(call).dispatch_bypass_filter(signed(who)).map(|_| ()).is_ok()
		};
		let name = match self.dice.gen_range(0..1_000) {
			0..=119 if run(Call::bond { amount }) => {
				self.oracle.stakes.insert(who, OracleStake { bonded: amount, ..Default::default() });
				"bond"
			}
			120..=219 if run(Call::bond_more { amount }) => {
				self.oracle.stake(who).bonded += amount;
				"bond_more"
			}
			220..=339 => {
				// A quarter of the time everything.
				let all = Stakes::<Test>::get(who).map(|stake| stake.bonded).unwrap_or_default();
				let amount = if self.dice.gen_bool(0.25) { all } else { amount };
				if !run(Call::unbond { amount }) {
					return;
				}
				self.oracle.unbond(who, amount, era, now + 100_000);
				"unbond"
			}
			340..=419 if run(Call::rebond { amount }) => {
				self.oracle.rebond(who, amount);
				"rebond"
			}
			420..=519 if run(Call::withdraw_unbonded {}) => {
				self.oracle.stake(who).chunks.retain(|chunk| chunk.0 > 0 && chunk.3 > now);
				self.oracle.reap(who);
				"withdraw_unbonded"
			}
			520..=659 if run(Call::nominate { pool }) => {
				self.oracle.stake(who).pool = Some(pool);
				"nominate"
			}
			660..=779 if run(Call::validate { commission }) => {
				let pool = pool_of(who);
				self.oracle.stake(who).pool = Some(pool);
				self.oracle.operators.insert(pool, who);
				"validate"
			}
			780..=799 if run(Call::chill {}) => "chill",
			800..=819 => {
				let variant = self.dice.gen_range(0..3);
				if set_key(who, variant).is_err() {
					return;
				}
				"set_keys"
			}
			820..=929 => {
				let claimable = Validators::claimable(&who);
				if !run(Call::claim_rewards {}) {
					return;
				}
				self.oracle.stake(who).paid += claimable;
				self.oracle.reap(who);
				"claim_rewards"
			}
			930..=969 if run(Call::unjail {}) => "unjail",
			970..=993 if run(Call::settle { who }) => {
				self.oracle.reap(who);
				"settle"
			}
			994..=999 => match self.report() {
				true => "report_equivocation",
				false => return,
			},
			_ => return,
		};
		*self.successes.entry(name).or_default() += 1;
	}

	/// Somebody who was a validator lately turns out to have signed twice.
	fn report(&mut self) -> bool {
		let height = System::block_number().saturating_sub(self.dice.gen_range(0..40)).max(1);
		let members = Validators::members_at(height);
		if members.is_empty() {
			return false;
		}
		let member = members[self.dice.gen_range(0..members.len())];
		let call = Call::report_equivocation { evidence: double_vote(&secret(member.key), height) };
		let origin = frame_system::RawOrigin::Authorized.into();
		let is_ok = RuntimeCall::Validators(call).dispatch_bypass_filter(origin).is_ok();
		if is_ok {
			self.oracle.tombstone(member.pool, Validators::era_of(height));
		}
		is_ok
	}
}

#[test]
fn random_histories_agree_with_the_oracle() {
	let first: u64 = std::env::var("VALIDATORS_SEED").map_or(1, |seed| seed.parse().expect("a number"));
	let mut successes = BTreeMap::<&str, u32>::new();
	for seed in first..first + HISTORIES {
		// Shown if the test fails.
		println!("VALIDATORS_SEED={seed}");
		chain(3).execute_with(|| {
			let mut history = History::new(seed);
			for _ in 0..CALLS_PER_HISTORY {
				history.call();
				if history.dice.gen_bool(0.2) {
					history.block();
				}
			}
			for _ in 0..12 {
				history.block();
			}
			for (name, count) in history.successes {
				*successes.entry(name).or_default() += count;
			}
		});
	}
	println!("{successes:?}");
	assert_eq!(successes.len(), 13, "each call succeeded at least once: {successes:?}");
}

#[test]
fn the_same_seed_gives_the_same_state() {
	let root = || {
		let mut ext = chain(3);
		ext.execute_with(|| {
			let mut history = History::new(7);
			for _ in 0..300 {
				history.call();
				if history.dice.gen_bool(0.2) {
					history.block();
				}
			}
		});
		ext.execute_with(|| sp_io::storage::root(sp_runtime::StateVersion::V1))
	};
	assert_eq!(root(), root());
}
