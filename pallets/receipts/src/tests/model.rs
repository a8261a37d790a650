//! The pallet against a model that is too simple to be wrong, over random histories.
//!
//! The model knows of each model the sum of all fees and the exact fraction that the protocol is owed of them, and
//! computes from these, as rationals with their floors at the very end, what belongs to whom; it never adds one
//! settlement's parts to another's. After each call all balances and the issuance are compared, so that money neither
//! appears nor vanishes, and a call that fails must leave the state as it was. A [`Follower`] hears the events of all
//! calls.

use super::{follower::Follower, *};
use plexus_primitives::receipt::first_accumulator;
use proptest::{
	prelude::*,
	strategy::ValueTree,
	test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use std::collections::{BTreeMap, BTreeSet};

/// 24 histories of 480 steps: more than 10,000 calls, after those which find nothing yet that they could be about.
const HISTORIES: u32 = 24;
const STEPS: usize = 480;

/// To repeat a run, put the seed here that it printed.
const SEED: Option<[u8; 32]> = None;

const PAYERS: std::ops::RangeInclusive<u8> = 6..=9;

/// One, in the unit of shares.
const ONE: u128 = 1_000_000_000;

/// What the world's models are, in billionths.
struct Shares {
	developer: u8,
	ancestors: &'static [(u64, u128)],
	server: u128,
	data: u128,
	data_of_royalties: u128,
	pays_data: bool,
}

/// Those of [`build_world`], and a fourth with shares that never come out even.
const MODELS: [Shares; 4] = [
	Shares {
		developer: 3,
		ancestors: &[],
		server: ONE / 2,
		data: ONE / 5,
		data_of_royalties: ONE / 5,
		pays_data: true,
	},
	Shares {
		developer: 4,
		ancestors: &[(0, ONE / 10)],
		server: ONE * 2 / 5,
		data: ONE * 3 / 10,
		data_of_royalties: ONE / 4,
		pays_data: true,
	},
	Shares {
		developer: 5,
		ancestors: &[(0, ONE / 10), (1, ONE / 20)],
		server: ONE * 3 / 5,
		data: ONE / 4,
		data_of_royalties: ONE / 4,
		pays_data: false,
	},
	Shares {
		developer: 3,
		ancestors: &[(0, ONE / 10), (1, ONE / 20), (2, 0)],
		server: 333_333_333,
		data: 333_333_333,
		data_of_royalties: ONE / 4,
		pays_data: true,
	},
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
	None,
	/// Signed by another key.
	Key,
	/// A receipt more than was signed for.
	Unsigned,
	/// Signed for another sum.
	Sum,
	/// Submitted by the other agent.
	Server,
	/// The channels in the wrong order, or one twice.
	Order,
}

#[derive(Clone, Debug)]
enum Call {
	Open {
		server: u64,
		models: BTreeSet<u64>,
		amount: Balance,
		lifetime_ms: u64,
	},
	TopUp {
		which: prop::sample::Index,
		amount: Balance,
	},
	Close {
		which: prop::sample::Index,
		by_server: bool,
	},
	CloseAll,
	Finish {
		which: prop::sample::Index,
	},
	/// For each channel that is drawn: its receipts' models and fees.
	Submit {
		server: u64,
		paid: Vec<(prop::sample::Index, Vec<(prop::sample::Index, Balance)>)>,
		flaw: Flaw,
	},
	ClearBatch {
		which: prop::sample::Index,
	},
	PullDeveloper {
		model: u64,
	},
	PullRoyalty {
		model: u64,
		ancestor: u64,
	},
	Withdraw {
		which: prop::sample::Index,
	},
	SetParameters {
		share: u32,
		channel: Balance,
		batch: Balance,
	},
}

/// One step of a history: time passes, then an account calls. Who would be right is preferred, so that calls often
/// succeed although accounts are many.
#[derive(Clone, Debug)]
struct Step {
	passed_ms: u64,
	signer: u8,
	as_entitled: bool,
	call: Call,
}

fn any_fee() -> impl Strategy<Value = Balance> {
	prop_oneof![2 => Just(0), 5 => 1..40u128, 10 => 0..100_000u128, 1 => 0..600_000_000u128]
}

fn any_amount() -> impl Strategy<Value = Balance> {
	prop_oneof![1 => Just(0), 20 => 0..3_000_000u128, 4 => 0..400_000_000u128, 1 => Just(Balance::MAX)]
}

fn any_flaw() -> impl Strategy<Value = Flaw> {
	prop_oneof![
		30 => Just(Flaw::None),
		1 => Just(Flaw::Key),
		1 => Just(Flaw::Unsigned),
		1 => Just(Flaw::Sum),
		1 => Just(Flaw::Server),
		1 => Just(Flaw::Order),
	]
}

fn any_call() -> impl Strategy<Value = Call> {
	let which = any::<prop::sample::Index>;
	let models = || prop::collection::btree_set(0..4u64, 0..4);
	let lifetime_ms = prop_oneof![1 => 0..2 * GRACE_MS, 10 => GRACE_MS..20 * GRACE_MS];
	let receipts = prop::collection::vec((which(), any_fee()), 0..7);
	let paid = prop::collection::vec((which(), receipts), 0..5);
	prop_oneof![
		18 => (0..2u64, models(), any_amount(), lifetime_ms)
			.prop_map(|(server, models, amount, lifetime_ms)| Call::Open { server, models, amount, lifetime_ms }),
		8 => (which(), any_amount()).prop_map(|(which, amount)| Call::TopUp { which, amount }),
		5 => (which(), any::<bool>()).prop_map(|(which, by_server)| Call::Close { which, by_server }),
		3 => Just(Call::CloseAll),
		5 => which().prop_map(|which| Call::Finish { which }),
		40 => (0..2u64, paid, any_flaw()).prop_map(|(server, paid, flaw)| Call::Submit { server, paid, flaw }),
		4 => which().prop_map(|which| Call::ClearBatch { which }),
		6 => (0..4u64).prop_map(|model| Call::PullDeveloper { model }),
		8 => (0..4u64, 0..4u64).prop_map(|(model, ancestor)| Call::PullRoyalty { model, ancestor }),
		6 => which().prop_map(|which| Call::Withdraw { which }),
		// Some shares are out of bounds.
		3 => (0..ONE as u32 / 2, 0..2_000u128, prop_oneof![5 => 0..200u128, 1 => 0..600_000u128])
			.prop_map(|(share, channel, batch)| Call::SetParameters { share, channel, batch }),
	]
}

fn any_step() -> impl Strategy<Value = Step> {
	let passed_ms = prop_oneof![5 => Just(0), 6 => 0..GRACE_MS / 8, 1 => 0..3 * GRACE_MS];
	(passed_ms, PAYERS, prop::bool::weighted(0.9), any_call())
		.prop_map(|(passed_ms, signer, as_entitled, call)| Step { passed_ms, signer, as_entitled, call })
}

#[derive(Clone)]
struct ModelChannel {
	payer: u8,
	server: u64,
	models: BTreeSet<u64>,
	expires: u64,
	closes: u64,
	closed_with_all: bool,
	locked: Balance,
	redeemed: Balance,
	sequence: u64,
	acc: [u8; 32],
	deposit: Balance,
}

#[derive(Clone)]
struct ModelBatch {
	server: u64,
	clearable: u64,
	deposit: Balance,
}

/// Everything about what a model earned that is not computed.
#[derive(Clone, Default)]
struct Ledger {
	fees: u128,
	/// In billionths of a unit.
	protocol: u128,
	developer_taken: u128,
	royalties_taken: BTreeMap<u64, u128>,
}

/// All that ever belonged to somebody of a model's revenue, as floors of exact fractions.
struct Totals {
	protocol: u128,
	revenue: u128,
	server: u128,
	data: u128,
	developer: u128,
}

impl Ledger {
	fn totals(&self, shares: &Shares) -> Totals {
		let protocol = self.protocol / ONE;
		let revenue = self.fees - protocol;
		let royalties: u128 = shares.ancestors.iter().map(|(_, share)| share).sum();
		let own = revenue - royalties * revenue / ONE;
		let data = if shares.pays_data { shares.data } else { 0 };
		Totals {
			protocol,
			revenue,
			server: shares.server * own / ONE,
			data: data * own / ONE,
			developer: (ONE - shares.server - data) * own / ONE,
		}
	}

	fn royalty(&self, shares: &Shares, ancestor: u64) -> Option<u128> {
		let (_, share) = shares.ancestors.iter().find(|(id, _)| *id == ancestor)?;
		Some(share * self.totals(shares).revenue / ONE)
	}

	fn retained(&self, shares: &Shares) -> u128 {
		let Totals { revenue, server, data, .. } = self.totals(shares);
		revenue - server - data - self.developer_taken - self.royalties_taken.values().sum::<u128>()
	}
}

/// A call with everything looked up that it names.
#[derive(Clone, Debug)]
enum Resolved {
	Open { server: u64, models: BTreeSet<u64>, amount: Balance, expires: u64 },
	TopUp { id: u64, amount: Balance },
	Close { id: u64 },
	CloseAll,
	Finish { id: u64 },
	Submit { server: u64, by: u64, paid: Vec<(u64, Vec<(u64, Balance)>)>, flaw: Flaw },
	ClearBatch { id: u64 },
	PullDeveloper { model: u64 },
	PullRoyalty { model: u64, ancestor: u64 },
	Withdraw { account: AccountId },
	SetParameters { share: u32, channel: Balance, batch: Balance },
}

#[derive(Clone)]
struct Model {
	now: u64,
	genesis: [u8; 32],
	share: u128,
	prices: (Balance, Balance),
	next_channel: u64,
	channels: BTreeMap<u64, ModelChannel>,
	next_batch: u64,
	batches: BTreeMap<u64, ModelBatch>,
	ledgers: BTreeMap<u64, Ledger>,
	earnings: BTreeMap<AccountId, Balance>,
	free: BTreeMap<AccountId, Balance>,
	pools: BTreeMap<u64, Balance>,
	validators: Balance,
	issuance: Balance,
}

impl Model {
	/// What the world begins with; balances are the chain's.
	fn new() -> Self {
		let agents = [0, 1].map(agent_account);
		let accounts = (1..=ACCOUNTS).map(account).chain(agents);
		Self {
			now: Now::get(),
			genesis: Receipts::genesis_hash(),
			share: ONE * 3 / 100,
			prices: (INITIAL_CHANNEL_DEPOSIT, INITIAL_BATCH_DEPOSIT),
			next_channel: 0,
			channels: BTreeMap::new(),
			next_batch: 0,
			batches: BTreeMap::new(),
			ledgers: BTreeMap::new(),
			earnings: BTreeMap::new(),
			free: accounts.map(|account| (account.clone(), free(&account))).collect(),
			pools: BTreeMap::new(),
			validators: 0,
			issuance: Balances::total_issuance(),
		}
	}

	fn held(&self, account: &AccountId) -> [Balance; 3] {
		let of = |payer: u8| super::account(payer) == *account;
		let channels = || self.channels.values().filter(|channel| of(channel.payer));
		let batches = self.batches.values().filter(|batch| agent_account(batch.server) == *account);
		[
			channels().map(|channel| channel.locked).sum(),
			channels().map(|channel| channel.deposit).sum(),
			batches.map(|batch| batch.deposit).sum(),
		]
	}

	fn owed(&self) -> Balance {
		let retained = self.ledgers.iter().map(|(model, ledger)| ledger.retained(&MODELS[*model as usize]));
		self.earnings.values().sum::<Balance>() + retained.sum::<Balance>()
	}

	/// Takes from what is free; nothing if too little would be left.
	fn hold(&mut self, account: &AccountId, amount: Balance) -> Option<()> {
		let free = self.free.get_mut(account)?;
		*free = free.checked_sub(amount).filter(|left| *left >= EXISTENTIAL_DEPOSIT)?;
		Some(())
	}

	fn release(&mut self, account: &AccountId, amount: Balance) {
		*self.free.entry(account.clone()).or_default() += amount;
	}

	fn credit(&mut self, account: AccountId, amount: Balance) {
		if amount > 0 {
			*self.earnings.entry(account).or_default() += amount;
		}
	}

	fn drawn_channel(&self, which: &prop::sample::Index, fit: impl Fn(&ModelChannel) -> bool) -> Option<u64> {
		let ids: Vec<_> = self.channels.iter().filter(|(_, one)| fit(one)).map(|(id, _)| *id).collect();
		(!ids.is_empty()).then(|| ids[which.index(ids.len())])
	}

	/// Looks up what a step means, and who signs it.
	fn resolve(&self, step: &Step) -> Option<(AccountId, Resolved)> {
		let Step { signer, as_entitled, call, .. } = step;
		let mut who = account(*signer);
		let resolved = match call.clone() {
			Call::Open { server, models, amount, lifetime_ms } => {
				Resolved::Open { server, models, amount, expires: self.now + lifetime_ms }
			}
			Call::TopUp { which, amount } => {
				let id = self.drawn_channel(&which, |one| !as_entitled || one.payer == *signer)?;
				Resolved::TopUp { id, amount }
			}
			Call::Close { which, by_server } => {
				let id = self.drawn_channel(&which, |one| !as_entitled || one.payer == *signer)?;
				if by_server {
					who = agent_account(self.channels[&id].server);
				}
				Resolved::Close { id }
			}
			Call::CloseAll => Resolved::CloseAll,
			Call::Finish { which } => {
				let over = |one: &ModelChannel| one.closes.min(one.expires) <= self.now;
				Resolved::Finish { id: self.drawn_channel(&which, |one| !as_entitled || over(one))? }
			}
			Call::Submit { server, paid, flaw } => {
				let paid = self.resolve_paid(server, *as_entitled, &paid);
				let by = if flaw == Flaw::Server { 1 - server } else { server };
				who = agent_account(by);
				Resolved::Submit { server, by, paid, flaw }
			}
			Call::ClearBatch { which } => {
				let fit = |batch: &ModelBatch| !as_entitled || batch.clearable <= self.now;
				let ids: Vec<_> =
					self.batches.iter().filter(|(_, one)| fit(one)).map(|(id, _)| *id).collect();
				let index = (!ids.is_empty()).then(|| which.index(ids.len()))?;
				Resolved::ClearBatch { id: ids[index] }
			}
			Call::PullDeveloper { model } => Resolved::PullDeveloper { model },
			Call::PullRoyalty { model, ancestor } => Resolved::PullRoyalty { model, ancestor },
			Call::Withdraw { which } => {
				let accounts: Vec<_> = self.free.keys().collect();
				Resolved::Withdraw { account: accounts[which.index(accounts.len())].clone() }
			}
			Call::SetParameters { share, channel, batch } => {
				Resolved::SetParameters { share, channel, batch }
			}
		};
		Some((who, resolved))
	}

	/// The receipts of each channel that was drawn; entitled ones are for models and within the funds of the channel.
	fn resolve_paid(
		&self,
		server: u64,
		as_entitled: bool,
		paid: &[(prop::sample::Index, Vec<(prop::sample::Index, Balance)>)],
	) -> Vec<(u64, Vec<(u64, Balance)>)> {
		let mut by_channel = BTreeMap::new();
		for (which, receipts) in paid {
			let Some(id) = self.drawn_channel(which, |one| !as_entitled || one.server == server) else {
				continue;
			};
			let channel = &self.channels[&id];
			let models: Vec<u64> = match as_entitled {
				// Fewer models than a batch may have, most of the time.
				true => channel.models.iter().copied().take(2).collect(),
				false => (0..4).collect(),
			};
			let mut left = channel.locked;
			let receipts: Vec<_> = receipts
				.iter()
				.map(|(model, fee)| {
					let fee = if as_entitled { (*fee).min(left) } else { *fee };
					left = left.saturating_sub(fee);
					(models[model.index(models.len())], fee)
				})
				.collect();
			if !as_entitled || !receipts.is_empty() {
				by_channel.insert(id, receipts);
			}
		}
		by_channel.into_iter().collect()
	}

	/// Applies the call if it goes through, else says nothing but that.
	fn apply(&mut self, signer: &AccountId, call: &Resolved) -> bool {
		let before = self.clone();
		let done = self.try_apply(signer, call).is_some();
		if !done {
			*self = before;
		}
		done
	}

	fn try_apply(&mut self, signer: &AccountId, call: &Resolved) -> Option<()> {
		match call {
			Resolved::Open { server, models, amount, expires } => {
				self.open(signer, *server, models, *amount, *expires)
			}
			Resolved::TopUp { id, amount } => {
				let channel = self.channels.get_mut(id)?;
				let may = account(channel.payer) == *signer
					&& self.now < channel.expires
					&& channel.closes == u64::MAX;
				channel.locked = channel.locked.checked_add(*amount).filter(|_| may)?;
				self.hold(signer, *amount)
			}
			Resolved::Close { id } => {
				let channel = self.channels.get_mut(id)?;
				if agent_account(channel.server) == *signer {
					return self.finish(*id);
				}
				let may = account(channel.payer) == *signer && channel.closes == u64::MAX;
				channel.closes = self.now + GRACE_MS;
				may.then_some(())
			}
			Resolved::CloseAll => {
				let mut some = false;
				for channel in self.channels.values_mut().filter(|one| account(one.payer) == *signer) {
					channel.closes = channel.closes.min(self.now + GRACE_MS);
					some |= !channel.closed_with_all;
					channel.closed_with_all = true;
				}
				some.then_some(())
			}
			Resolved::Finish { id } => {
				let channel = self.channels.get(id)?;
				(self.now >= channel.closes.min(channel.expires)).then_some(())?;
				self.finish(*id)
			}
			Resolved::Submit { server, by, paid, flaw } => self.submit(*server, *by, paid, *flaw),
			Resolved::ClearBatch { id } => {
				let batch = self.batches.remove(id)?;
				self.release(&agent_account(batch.server), batch.deposit);
				(self.now >= batch.clearable).then_some(())
			}
			Resolved::PullDeveloper { model } => {
				let shares = &MODELS[*model as usize];
				let ledger = self.ledgers.get_mut(model)?;
				let total = ledger.totals(shares).developer;
				let due = total - ledger.developer_taken;
				ledger.developer_taken = total;
				self.credit(account(shares.developer), due);
				(due > 0).then_some(())
			}
			Resolved::PullRoyalty { model, ancestor } => self.pull_royalty(*model, *ancestor),
			Resolved::Withdraw { account } => {
				let amount = self.earnings.remove(account)?;
				self.release(account, amount);
				Some(())
			}
			Resolved::SetParameters { share, channel, batch } => {
				let bounds = PROTOCOL_SHARE_MIN.deconstruct()..=PROTOCOL_SHARE_MAX.deconstruct();
				bounds.contains(share).then_some(())?;
				self.share = (*share).into();
				self.prices = (*channel, *batch);
				Some(())
			}
		}
	}

	fn open(
		&mut self,
		signer: &AccountId,
		server: u64,
		models: &BTreeSet<u64>,
		amount: Balance,
		expires: u64,
	) -> Option<()> {
		(!models.is_empty() && models.len() <= 3 && expires > self.now + GRACE_MS).then_some(())?;
		let deposit = self.prices.0;
		self.hold(signer, deposit)?;
		self.hold(signer, amount)?;
		models.iter().for_each(|model| {
			self.ledgers.entry(*model).or_default();
		});
		let id = self.next_channel;
		self.next_channel += 1;
		let payer = PAYERS.into_iter().find(|payer| account(*payer) == *signer)?;
		let opened = ModelChannel {
			payer,
			server,
			models: models.clone(),
			expires,
			closes: u64::MAX,
			closed_with_all: false,
			locked: amount,
			redeemed: 0,
			sequence: 0,
			acc: first_accumulator(&self.genesis, ChannelId(id)),
			deposit,
		};
		self.channels.insert(id, opened);
		Some(())
	}

	fn finish(&mut self, id: u64) -> Option<()> {
		let channel = self.channels.remove(&id)?;
		self.release(&account(channel.payer), channel.locked + channel.deposit);
		Some(())
	}

	fn submit(
		&mut self,
		server: u64,
		by: u64,
		paid: &[(u64, Vec<(u64, Balance)>)],
		flaw: Flaw,
	) -> Option<()> {
		let counts = paid.iter().map(|(_, receipts)| receipts.len());
		let count: usize = counts.clone().sum();
		let good = flaw == Flaw::None
			&& server == by
			&& !paid.is_empty()
			&& paid.len() <= CHANNELS_MAX as usize
			&& count <= RECEIPTS_MAX as usize
			&& counts.clone().all(|count| count > 0);
		good.then_some(())?;
		let before = self.clone();
		let mut models = BTreeSet::new();
		for (id, receipts) in paid {
			let channel = self.channels.get_mut(id).filter(|channel| channel.server == server)?;
			for (model, fee) in receipts {
				channel.models.contains(model).then_some(())?;
				models.insert(*model);
				channel.locked = channel.locked.checked_sub(*fee)?;
				channel.redeemed += fee;
				channel.sequence += 1;
				channel.acc = receipt(*model, *fee).accumulate(&channel.acc, channel.sequence);
				let ledger = self.ledgers.get_mut(model)?;
				ledger.fees += fee;
				ledger.protocol += self.share * fee;
			}
		}
		(models.len() <= BATCH_MODELS_MAX as usize).then_some(())?;
		let (mut protocol, mut served) = (0, 0);
		for model in models {
			let shares = &MODELS[model as usize];
			let then = before.ledgers[&model].totals(shares);
			let now = self.ledgers[&model].totals(shares);
			protocol += now.protocol - then.protocol;
			served += now.server - then.server;
			*self.pools.entry(model).or_default() += now.data - then.data;
		}
		self.credit(agent_account(server), served);
		self.validators += protocol / 2;
		self.issuance -= protocol - protocol / 2;
		let deposit = self.prices.1;
		self.hold(&agent_account(server), deposit)?;
		let batch = ModelBatch { server, clearable: self.now + RETENTION_MS, deposit };
		self.batches.insert(self.next_batch, batch);
		self.next_batch += 1;
		Some(())
	}

	fn pull_royalty(&mut self, model: u64, ancestor: u64) -> Option<()> {
		let above = &MODELS[ancestor as usize];
		let ledger = self.ledgers.get_mut(&model)?;
		let total = ledger.royalty(&MODELS[model as usize], ancestor)?;
		let taken = ledger.royalties_taken.insert(ancestor, total).unwrap_or_default();
		let data = |royalty: u128| match above.pays_data {
			true => above.data_of_royalties * royalty / ONE,
			false => 0,
		};
		let to_data = data(total) - data(taken);
		*self.pools.entry(ancestor).or_default() += to_data;
		self.credit(account(above.developer), total - taken - to_data);
		(total > taken).then_some(())
	}

	/// The redemptions of a submission, signed by who signs for the channels, with the flaw.
	fn redemptions(&self, paid: &[(u64, Vec<(u64, Balance)>)], flaw: Flaw) -> Vec<Redemption<Test>> {
		let redeemed = paid.iter().map(|(id, receipts)| {
			let ModelChannel { redeemed, sequence, acc, .. } = &self.channels[id];
			let (mut sum, mut last, mut acc) = (*redeemed, *sequence, *acc);
			let mut receipts: Vec<_> = receipts.iter().map(|(model, fee)| receipt(*model, *fee)).collect();
			for receipt in &receipts {
				sum += receipt.fee;
				last += 1;
				acc = receipt.accumulate(&acc, last);
			}
			if flaw == Flaw::Unsigned {
				receipts.extend(receipts.last().copied());
			}
			let sum = if flaw == Flaw::Sum { sum + 1 } else { sum };
			let message = voucher(&self.genesis, ChannelId(*id), sum, last, &acc);
			let signature = sign(if flaw == Flaw::Key { KEY + 1 } else { KEY }, &message);
			(ChannelId(*id), receipts, signature)
		});
		let mut redemptions: Vec<_> = redeemed
			.filter(|(_, receipts, _)| receipts.len() <= RECEIPTS_MAX as usize)
			.map(|(channel, receipts, signature)| Redemption {
				channel,
				receipts: listed(receipts),
				signature,
			})
			.take(CHANNELS_MAX as usize)
			.collect();
		if flaw == Flaw::Order {
			match redemptions.len() {
				1 => redemptions.push(redemptions[0].clone()),
				_ => redemptions.reverse(),
			}
		}
		redemptions
	}
}

/// `before` is the model's state before the call: what is signed continues from there.
fn dispatch(before: &Model, signer: AccountId, call: &Resolved) -> DispatchResult {
	let origin = signed(signer);
	match call.clone() {
		Resolved::Open { server, models, amount, expires } => {
			let Ok(models) = models.into_iter().map(ModelId).collect::<Vec<_>>().try_into() else {
				// More than a call can carry.
				return Err(DispatchError::Other("too many models"));
			};
			let terms = ChannelTerms {
				signer: signer_account(KEY),
				models,
				corpora: listed([]),
				expires_at_ms: expires,
			};
			Receipts::open(origin, AgentId(server), terms, amount)
		}
		Resolved::TopUp { id, amount } => Receipts::top_up(origin, ChannelId(id), amount),
		Resolved::Close { id } => Receipts::close(origin, ChannelId(id)),
		Resolved::CloseAll => Receipts::close_all(origin),
		Resolved::Finish { id } => Receipts::finish(origin, ChannelId(id)),
		Resolved::Submit { server, paid, flaw, .. } => {
			Receipts::submit(origin, AgentId(server), listed(before.redemptions(&paid, flaw)))
		}
		Resolved::ClearBatch { id } => Receipts::clear_batch(origin, BatchId(id)),
		Resolved::PullDeveloper { model } => Receipts::pull_developer(origin, ModelId(model)),
		Resolved::PullRoyalty { model, ancestor } => {
			Receipts::pull_royalty(origin, ModelId(model), ModelId(ancestor))
		}
		Resolved::Withdraw { account } => Receipts::withdraw(origin, account),
		Resolved::SetParameters { share, channel, batch } => {
			Receipts::set_protocol_share(RuntimeOrigin::root(), Perbill::from_parts(share))?;
			ChannelDeposit::set(channel);
			BatchDeposit::set(batch);
			Ok(())
		}
	}
}

/// How often what happened, so that a history which only fails is noticed.
#[derive(Default, Debug)]
struct Tally {
	succeeded: u32,
	failed: u32,
	submitted: u32,
	finished: u32,
	pulled: u32,
	withdrawn: u32,
	unaffordable: u32,
	forged: u32,
}

fn play(model: &mut Model, follower: &mut Follower, step: &Step, tally: &mut Tally) {
	model.now += step.passed_ms;
	Now::set(model.now);
	let Some((signer, call)) = model.resolve(step) else { return };
	let root = || sp_io::storage::root(sp_runtime::StateVersion::V1);
	let before = model.clone();
	let expected = model.apply(&signer, &call);
	let state = (!expected).then(root);
	// As in a block: what fails leaves no trace.
	let result = with_storage_layer(|| dispatch(&before, signer, &call));
	assert_eq!(result.is_ok(), expected, "{call:?} gave {result:?}");
	follower.follow();
	if !expected {
		tally.failed += 1;
		assert_eq!(state, Some(root()));
		let unaffordable = result == Err(sp_runtime::TokenError::FundsUnavailable.into());
		tally.unaffordable += u32::from(unaffordable);
		tally.forged += u32::from(result == error(Error::InvalidVoucher));
		return;
	}
	tally.succeeded += 1;
	match call {
		Resolved::Submit { .. } => tally.submitted += 1,
		Resolved::Finish { .. } => tally.finished += 1,
		Resolved::PullDeveloper { .. } | Resolved::PullRoyalty { .. } => tally.pulled += 1,
		Resolved::Withdraw { .. } => tally.withdrawn += 1,
		_ => (),
	}
}

fn assert_same(model: &Model, follower: &Follower) {
	for (account, expected) in &model.free {
		assert_eq!(free(account), *expected, "{account:?}");
		let reasons = [HoldReason::Channel, HoldReason::ChannelDeposit, HoldReason::Batch];
		assert_eq!(reasons.map(|reason| held(reason, account)), model.held(account), "{account:?}");
		assert_eq!(Receipts::earnings(account), model.earnings.get(account).copied().unwrap_or_default());
	}
	assert_eq!(Balances::total_issuance(), model.issuance);
	assert_eq!(pot(), EXISTENTIAL_DEPOSIT + model.owed());
	assert_eq!(Receipts::owed(), model.owed());
	assert_eq!(free(&ValidatorsPot::account()), EXISTENTIAL_DEPOSIT + model.validators);
	assert_eq!(follower.validators, model.validators);
	for id in 0..MODELS.len() as u64 {
		let expected = model.pools.get(&id).copied().unwrap_or_default();
		assert_eq!(DataPools::of(id), expected);
		assert_eq!(follower.pools.get(&ModelId(id)).copied().unwrap_or_default(), expected);
	}
	assert_conserved();
}

/// The issuance is what all accounts have together.
fn assert_conserved() {
	let all = frame_system::Account::<Test>::iter_values().map(|info| info.data.free + info.data.reserved);
	assert_eq!(all.sum::<Balance>(), Balances::total_issuance());
}

/// What takes longer to compare.
fn assert_same_records(model: &Model) {
	assert_eq!(crate::Channels::<Test>::iter().count(), model.channels.len());
	for (id, expected) in &model.channels {
		let info = Receipts::channel(ChannelId(*id)).expect("the model has it");
		assert_eq!((info.payer, info.server.0), (account(expected.payer), expected.server));
		assert_eq!((info.locked, info.redeemed), (expected.locked, expected.redeemed));
		assert_eq!((info.sequence, info.acc), (expected.sequence, expected.acc));
		assert_eq!(info.ends_at_ms, expected.closes.min(expected.expires));
		assert_eq!(info.closing, expected.closes != u64::MAX);
	}
	assert_eq!(crate::Batches::<Test>::iter().count(), model.batches.len());
	for (id, expected) in &model.batches {
		let info = Receipts::batch(BatchId(*id)).expect("the model has it");
		assert_eq!((info.server.0, info.clearable_from_ms), (expected.server, expected.clearable));
	}
	for (id, ledger) in &model.ledgers {
		let (info, shares) = (Receipts::revenue(ModelId(*id)).expect("it has a book"), &MODELS[*id as usize]);
		let totals = ledger.totals(shares);
		assert_eq!(
			(info.revenue, info.to_servers, info.to_data),
			(totals.revenue, totals.server, totals.data)
		);
		assert_eq!(info.developer_due + info.developer_taken, totals.developer);
	}
	assert_ok!(Receipts::check_invariants());
}

/// Once everything is pulled and paid out, the pot has its existential deposit and less than a unit for each recipient.
fn assert_nothing_is_left(model: &mut Model) {
	let mut calls = Vec::new();
	for (id, shares) in MODELS.iter().enumerate() {
		let id = id as u64;
		calls.push(Resolved::PullDeveloper { model: id });
		let royalty = |(ancestor, _): &(u64, u128)| Resolved::PullRoyalty { model: id, ancestor: *ancestor };
		calls.extend(shares.ancestors.iter().map(royalty));
	}
	calls.extend(model.free.keys().cloned().map(|account| Resolved::Withdraw { account }));
	for call in calls {
		let before = model.clone();
		let expected = model.apply(&account(1), &call);
		let result = with_storage_layer(|| dispatch(&before, account(1), &call));
		assert_eq!(result.is_ok(), expected, "{call:?} gave {result:?}");
	}
	assert_eq!(Receipts::owed(), model.owed());
	let recipients: usize = MODELS.iter().map(|shares| shares.ancestors.len() + 3).sum();
	assert!(pot() - EXISTENTIAL_DEPOSIT < recipients as Balance, "{} is left", pot());
	assert_conserved();
}

#[test]
fn the_pallet_does_what_the_model_does() {
	let any_seed = || any::<[u8; 32]>().new_tree(&mut TestRunner::default()).expect("any bytes do").current();
	let seed = SEED.unwrap_or_else(any_seed);
	println!("seed: {seed:?}");
	let config = ProptestConfig {
		cases: HISTORIES,
		failure_persistence: None,
		max_shrink_iters: 40,
		..ProptestConfig::default()
	};
	let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
	let tally = std::cell::RefCell::new(Tally::default());
	let histories = prop::collection::vec(any_step(), STEPS);
	let checked = runner.run(&histories, |steps| {
		new_test_ext().execute_with(|| {
			build_world();
			let third = Perbill::from_parts(333_333_333);
			let policy =
				RevenuePolicy { server: third, data: third, developer: Perbill::from_parts(333_333_334) };
			put_model(3, "uneven", &[2], 0, 25, policy, true);
			System::reset_events();
			let (mut model, mut follower) = (Model::new(), Follower::default());
			for (count, step) in steps.iter().enumerate() {
				play(&mut model, &mut follower, step, &mut tally.borrow_mut());
				assert_same(&model, &follower);
				if count % 8 == 0 {
					assert_same_records(&model);
				}
			}
			assert_same_records(&model);
			follower.assert_knows_everything();
			assert_nothing_is_left(&mut model);
		});
		Ok(())
	});
	let tally = tally.into_inner();
	println!("{tally:?}");
	checked.unwrap_or_else(|failed| panic!("seed {seed:?}: {failed}"));
	assert!(tally.succeeded + tally.failed >= 10_000, "the histories are too short: {tally:?}");
	let enough = [tally.succeeded, tally.failed, tally.submitted, tally.pulled];
	assert!(enough.iter().all(|count| *count > 300), "the histories show too little: {tally:?}");
	let some = [tally.finished, tally.withdrawn, tally.unaffordable, tally.forged];
	assert!(some.iter().all(|count| *count > 20), "the histories show too little: {tally:?}");
}
