//! The pallet against a model that is too simple to be wrong, over random histories.
//!
//! The model knows of each of the chain's models the sum of all fees, and computes from it, as integers floored once, what
//! belongs to whom; of claims it knows which are true, and nothing of hashes. It says of each call whether it goes through,
//! and after each call everybody's money is compared: free, on hold by reason, credited, in the pot, burned. A call that
//! fails must leave the state as it was. A [`Follower`] hears the events of all calls.

use super::{follower::Follower, *};
use proptest::{
	prelude::*,
	sample::Index,
	strategy::ValueTree,
	test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use std::{cell::RefCell, collections::BTreeMap};

/// 24 histories of 600 steps: more than 10,000 calls, after those which find nothing yet that they could be about.
const HISTORIES: u32 = 24;
const STEPS: usize = 600;

/// To repeat a run, put the seed here that it printed.
const SEED: Option<[u8; 32]> = None;

/// Who challenges, demands and calls.
const ACTORS: [u8; 4] = [CHALLENGER, OTHER, 9, 10];

/// The models' shares in percent: royalties, server, data; see [`build_world`].
const MODELS: [[u128; 3]; 2] = [[0, 50, 20], [10, 40, 30]];

const P: Parameters = PARAMETERS;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
	/// [`quoting`], disclosed.
	Quoting,
	/// With a context of one piece, not disclosed.
	Retrieving,
	/// Of a source that is not listed, disclosed.
	Copying,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Made {
	FirstHalf,
	FirstHalfFalse,
	SecondHalf,
	SecondHalfOfTheCopy,
	Piece,
	PieceFalse,
}

impl Made {
	fn claim(self, place: u32) -> Claim {
		match self {
			Self::FirstHalf => span(place, ORIGINAL, 500, 1_500, 500),
			Self::FirstHalfFalse => span(place, ORIGINAL, 500, 0, 500),
			Self::SecondHalf => span(place, ORIGINAL, 1_000, 2_000, 500),
			Self::SecondHalfOfTheCopy => span(place, COPY, 1_000, 2_000, 500),
			Self::Piece => grounded(place, RETRIEVED, 0, 3_000),
			Self::PieceFalse => grounded(place, RETRIEVED, 0, 2_999),
		}
	}

	fn contribution(self) -> u64 {
		self.claim(0).contribution.0
	}

	fn is_true(self) -> bool {
		!matches!(self, Self::FirstHalfFalse | Self::PieceFalse)
	}

	/// What it takes of a receipt's data money.
	fn amount(self, data: u128) -> u128 {
		match self {
			Self::Piece => data * 60 / 100,
			Self::PieceFalse => data * 60 / 100 * 2_999 / 3_000,
			_ => data * 30 / 100 * 500 / 2_000,
		}
	}
}

/// What a receipt may be claimed for: two slots of its output, or its context.
fn claims_of(kind: Kind, first: u8, second: u8) -> Vec<Made> {
	let pick = |options: [Option<Made>; 4], which: u8| options[usize::from(which % 4)];
	let picked = match kind {
		Kind::Quoting => [
			match first {
				0..12 => Some(Made::FirstHalfFalse),
				_ => pick([None, Some(Made::FirstHalf), Some(Made::FirstHalf), None], first),
			},
			pick([None, Some(Made::SecondHalf), None, Some(Made::SecondHalfOfTheCopy)], second),
		],
		Kind::Retrieving => match first {
			0..12 => [Some(Made::PieceFalse), None],
			_ => [pick([None, Some(Made::Piece), Some(Made::Piece), None], first), None],
		},
		Kind::Copying => [None, None],
	};
	picked.into_iter().flatten().collect()
}

/// An output with 1,000 bytes of the unlisted contribution.
fn copying() -> Vec<u8> {
	[text(90, 500), bytes_of(UNLISTED)[200..1_200].to_vec(), text(91, 500)].concat()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shown {
	Mismatch(u32),
	Unlawful(u32),
	Counterclaim(u32),
	Unlisted(u32),
}

#[derive(Clone, Debug)]
enum Call {
	Submit(Vec<(Kind, u64, u128, u8, u8)>),
	Commit { batch: Index, shown: u8, at: Index },
	Reveal { which: Index },
	Clear { which: Index, as_owner: bool },
	Draw { batch: Index },
	CloseSamples { batch: Index },
	Demand { batch: Index, claim: Index },
	Answer { batch: Index, claim: Index },
	CloseDemand { which: Index },
	Finalise { batch: Index, limit: u32 },
}

/// One step of a history: time and blocks pass, then an account calls. What would hold is preferred, so that calls often
/// succeed although there is much that they could be about.
#[derive(Clone, Debug)]
struct Step {
	passed_ms: u64,
	blocks: u8,
	actor: usize,
	as_entitled: bool,
	call: Call,
}

fn any_call() -> impl Strategy<Value = Call> {
	let which = any::<Index>;
	let kind = prop_oneof![3 => Just(Kind::Quoting), 2 => Just(Kind::Retrieving), 1 => Just(Kind::Copying)];
	let fee = prop_oneof![1 => 0..30u128, 8 => 100..200_000u128];
	let model = prop_oneof![3 => Just(0u64), 1 => Just(1u64)];
	let receipts = prop::collection::vec((kind, model, fee, any::<u8>(), any::<u8>()), 1..4);
	prop_oneof![
		5 => receipts.prop_map(Call::Submit),
		8 => (which(), 0..8u8, which()).prop_map(|(batch, shown, at)| Call::Commit { batch, shown, at }),
		9 => which().prop_map(|which| Call::Reveal { which }),
		3 => (which(), any::<bool>()).prop_map(|(which, as_owner)| Call::Clear { which, as_owner }),
		5 => which().prop_map(|batch| Call::Draw { batch }),
		3 => which().prop_map(|batch| Call::CloseSamples { batch }),
		5 => (which(), which()).prop_map(|(batch, claim)| Call::Demand { batch, claim }),
		24 => (which(), which()).prop_map(|(batch, claim)| Call::Answer { batch, claim }),
		3 => which().prop_map(|which| Call::CloseDemand { which }),
		9 => (which(), 0..5u32).prop_map(|(batch, limit)| Call::Finalise { batch, limit }),
	]
}

fn any_step() -> impl Strategy<Value = Step> {
	let passed_ms = prop_oneof![5 => Just(0), 6 => 0..3_000u64, 1 => 0..25_000u64];
	(passed_ms, 0..3u8, 0..ACTORS.len(), prop::bool::weighted(0.75), any_call()).prop_map(
		|(passed_ms, blocks, actor, as_entitled, call)| Step { passed_ms, blocks, actor, as_entitled, call },
	)
}

#[derive(Clone)]
struct ModelClaim {
	made: Made,
	place: u32,
	model: usize,
	amount: u128,
	proven: bool,
	moved: Option<(u8, u64)>,
}

#[derive(Clone)]
enum ModelSampling {
	Due(u64),
	Drawn(Vec<u32>, u64, u64),
	Done,
}

#[derive(Clone)]
struct ModelBatch {
	filed: Filed,
	kinds: Vec<(Kind, usize, u128)>,
	at: u64,
	claims: Vec<ModelClaim>,
	data: [u128; 2],
	developer: [u128; 2],
	fees: [u128; 2],
	held: [u128; 2],
	hold: u128,
	deposit: u128,
	sampling: ModelSampling,
	verdict: Option<(AccountId, u64, u64)>,
	paid: usize,
	unlisted: Vec<(u32, usize, u128, u8)>,
}

impl ModelBatch {
	fn ends(&self) -> u64 {
		self.at + P.window_ms
	}

	fn claimed(&self, model: usize) -> u128 {
		self.claims.iter().filter(|claim| claim.model == model).map(|claim| claim.amount).sum()
	}

	fn owed(&self) -> u128 {
		let paid: u128 = self.claims.iter().take(self.paid).map(|claim| claim.amount).sum();
		if self.claims.is_empty() {
			0
		} else {
			self.data.iter().sum::<u128>() - paid
		}
	}
}

#[derive(Clone)]
struct ModelCommitment {
	who: u8,
	batch: BatchId,
	shown: Shown,
	challenge: Challenge,
	number: u64,
	block: u64,
	at: u64,
	deposit: u128,
}

#[derive(Clone)]
struct ModelDemand {
	who: u8,
	number: u64,
	price: u128,
	at: u64,
}

/// A call with everything looked up that it names.
#[derive(Clone, Debug)]
enum Resolved {
	Submit(Vec<(Kind, u64, u128, u8, u8)>),
	Commit(BatchId, Shown, Box<Challenge>),
	Reveal(usize),
	Clear(usize),
	Draw(BatchId),
	CloseSamples(BatchId),
	Demand(BatchId, u32),
	Answer(BatchId, u32),
	CloseDemand(BatchId, u32),
	Finalise(BatchId, u32),
}

#[derive(Clone, Default)]
struct Model {
	now: u64,
	block: u64,
	fees: [u128; 2],
	number: u64,
	batches: BTreeMap<BatchId, ModelBatch>,
	commitments: Vec<ModelCommitment>,
	demands: BTreeMap<(BatchId, u32), ModelDemand>,
	free: BTreeMap<AccountId, u128>,
	credited: BTreeMap<AccountId, u128>,
	to_models: [u128; 2],
	to_contributions: BTreeMap<u64, u128>,
	issuance: u128,
}

/// All that ever belonged to protocol, data and developer of a model with these fees.
fn totals(model: usize, fees: u128) -> (u128, u128, u128) {
	let [royalties, server, data] = MODELS[model];
	let protocol = fees * 3 / 100;
	let own = (fees - protocol) - (fees - protocol) * royalties / 100;
	(protocol, own * data / 100, own * (100 - server - data) / 100)
}

impl Model {
	fn new() -> Self {
		let accounts = ACTORS.map(account).into_iter().chain([server()]);
		Self {
			now: Now::get(),
			block: System::block_number(),
			free: accounts.map(|account| (account.clone(), free(&account))).collect(),
			issuance: Balances::total_issuance(),
			..Self::default()
		}
	}

	fn take_number(&mut self) -> u64 {
		self.number += 1;
		self.number - 1
	}

	fn spend(&mut self, account: &AccountId, amount: u128) {
		*self.free.get_mut(account).expect("it is an actor") -= amount;
	}

	fn return_to(&mut self, account: &AccountId, amount: u128) {
		*self.free.get_mut(account).expect("it is an actor") += amount;
	}

	fn credit(&mut self, account: &AccountId, amount: u128) {
		*self.credited.entry(account.clone()).or_default() += amount;
	}

	fn pick(&self, which: &Index) -> Option<BatchId> {
		let ids: Vec<_> = self.batches.keys().copied().collect();
		(!ids.is_empty()).then(|| ids[which.index(ids.len())])
	}

	fn pick_claim(&self, batch: &Index, claim: &Index) -> Option<(BatchId, u32)> {
		let id = self.pick(batch)?;
		Some((id, claim.index(self.batches[&id].claims.len() + 1) as u32))
	}

	fn resolve(&self, step: &Step) -> Option<(AccountId, Resolved)> {
		let mut who = account(ACTORS[step.actor]);
		let resolved = match &step.call {
			Call::Submit(receipts) => {
				who = server();
				Resolved::Submit(receipts.clone())
			}
			Call::Commit { at, .. } if step.as_entitled => {
				let all = self.true_challenges();
				let (id, shown) = *all.get(at.index(all.len().max(1)))?;
				Resolved::Commit(id, shown, Box::new(make(&self.batches[&id], shown)))
			}
			Call::Commit { batch, shown, at } => {
				let id = self.pick(batch)?;
				let batch = &self.batches[&id];
				let claim = at.index(batch.claims.len() + 1) as u32;
				let place = at.index(batch.kinds.len()) as u32;
				let shown = match shown {
					0..=2 => Shown::Mismatch(claim),
					3..=4 => Shown::Counterclaim(claim),
					5 => Shown::Unlawful(claim),
					_ => Shown::Unlisted(place),
				};
				Resolved::Commit(id, shown, Box::new(make(batch, shown)))
			}
			Call::Reveal { which } if step.as_entitled => {
				let fresh =
					|made: &ModelCommitment| self.block > made.block && self.now < made.at + P.reveal_ms;
				let places: Vec<_> =
					(0..self.commitments.len()).filter(|place| fresh(&self.commitments[*place])).collect();
				let place = *places.get(which.index(places.len().max(1)))?;
				who = account(self.commitments[place].who);
				Resolved::Reveal(place)
			}
			Call::Reveal { which } => Resolved::Reveal(self.pick_commitment(which, &mut who, true)?),
			Call::Clear { which, as_owner } => {
				Resolved::Clear(self.pick_commitment(which, &mut who, *as_owner)?)
			}
			Call::Draw { batch } => Resolved::Draw(self.pick(batch)?),
			Call::CloseSamples { batch } => Resolved::CloseSamples(self.pick(batch)?),
			Call::Demand { batch, claim } => {
				let (id, claim) = self.pick_claim(batch, claim)?;
				Resolved::Demand(id, claim)
			}
			Call::Answer { claim, .. } if step.as_entitled => {
				let all = self.questions();
				let (id, claim) = *all.get(claim.index(all.len().max(1)))?;
				Resolved::Answer(id, claim)
			}
			Call::Answer { batch, claim } => {
				let (id, claim) = self.pick_claim(batch, claim)?;
				self.batches[&id].claims.get(claim as usize)?;
				Resolved::Answer(id, claim)
			}
			Call::CloseDemand { which } => {
				let keys: Vec<_> = self.demands.keys().copied().collect();
				let (id, claim) = *keys.get(which.index(keys.len().max(1)))?;
				Resolved::CloseDemand(id, claim)
			}
			Call::Finalise { batch, limit } if step.as_entitled => {
				let over =
					self.batches.iter().filter(|(_, one)| self.now >= one.ends() || one.verdict.is_some());
				let ids: Vec<_> = over.map(|(id, _)| *id).collect();
				Resolved::Finalise(*ids.get(batch.index(ids.len().max(1)))?, *limit)
			}
			Call::Finalise { batch, limit } => Resolved::Finalise(self.pick(batch)?, *limit),
		};
		Some((who, resolved))
	}

	/// What somebody could show who knows everything.
	fn true_challenges(&self) -> Vec<(BatchId, Shown)> {
		let of_claims = |batch: &ModelBatch| {
			let shown = (0u32..).zip(&batch.claims).filter_map(|(place, claim)| match claim.made {
				Made::FirstHalfFalse => Some(Shown::Mismatch(place)),
				Made::SecondHalfOfTheCopy => Some(Shown::Counterclaim(place)),
				_ => None,
			});
			let copied = (0u32..).zip(&batch.kinds).filter(|(_, (kind, ..))| *kind == Kind::Copying);
			shown.chain(copied.map(|(place, _)| Shown::Unlisted(place))).collect::<Vec<_>>()
		};
		let young = self.batches.iter().filter(|(_, batch)| self.now < batch.at + P.window_ms / 2);
		young.flat_map(|(id, batch)| of_claims(batch).into_iter().map(|shown| (*id, shown))).collect()
	}

	/// What servers are asked.
	fn questions(&self) -> Vec<(BatchId, u32)> {
		let sampled = self.batches.iter().flat_map(|(id, batch)| match &batch.sampling {
			ModelSampling::Drawn(left, ..) => left.iter().map(|claim| (*id, *claim)).collect(),
			_ => Vec::new(),
		});
		let all = sampled.chain(self.demands.keys().copied());
		let exists = |(id, claim): &(BatchId, u32)| {
			self.batches.get(id).is_some_and(|batch| (*claim as usize) < batch.claims.len())
		};
		all.filter(exists).collect()
	}

	fn pick_commitment(&self, which: &Index, who: &mut AccountId, as_owner: bool) -> Option<usize> {
		let place = which.index(self.commitments.len().max(1));
		let made = self.commitments.get(place)?;
		if as_owner {
			*who = account(made.who);
		}
		Some(place)
	}

	/// Applies the call if it goes through, else says nothing but that.
	fn apply(&mut self, who: &AccountId, call: &Resolved) -> bool {
		let before = self.clone();
		let done = self.try_apply(who, call).is_some();
		if !done {
			*self = before;
		}
		done
	}

	fn try_apply(&mut self, who: &AccountId, call: &Resolved) -> Option<()> {
		match call {
			Resolved::Submit(receipts) => self.submit(receipts),
			Resolved::Commit(id, shown, challenge) => {
				let batch = self.batches.get(id)?;
				(batch.verdict.is_none() || batch.claims.is_empty()).then_some(())?;
				(self.now < batch.ends() - P.reveal_ms).then_some(())?;
				let who = ACTORS.into_iter().find(|actor| account(*actor) == *who)?;
				let same = |made: &ModelCommitment| {
					(made.who, made.batch) == (who, *id) && made.challenge == **challenge
				};
				(!self.commitments.iter().any(same)).then_some(())?;
				let of_hold = batch.hold * u128::from(P.reveal_ms) / u128::from(P.window_ms);
				let deposit = of_hold.max(COMMITMENT_DEPOSIT);
				self.spend(&account(who), deposit);
				let (number, block, at) = (self.take_number(), self.block, self.now);
				let challenge = (**challenge).clone();
				let made =
					ModelCommitment { who, batch: *id, shown: *shown, challenge, number, block, at, deposit };
				self.commitments.push(made);
				Some(())
			}
			Resolved::Reveal(place) => {
				let made = self.commitments.remove(*place);
				(self.block > made.block && self.now < made.at + P.reveal_ms).then_some(())?;
				self.return_to(who, made.deposit);
				self.reveal(&made)
			}
			Resolved::Clear(place) => {
				let made = self.commitments.remove(*place);
				if self.now >= made.at + P.reveal_ms {
					self.issuance -= made.deposit;
					return Some(());
				}
				let moot = self.batches.get(&made.batch).is_none_or(|batch| batch.verdict.is_some());
				(moot && account(made.who) == *who).then_some(())?;
				self.return_to(who, made.deposit);
				Some(())
			}
			Resolved::Draw(id) => {
				let number = self.take_number();
				let (now, block) = (self.now, self.block);
				let batch = self.batches.get_mut(id)?;
				let ModelSampling::Due(at) = batch.sampling else { return None };
				(batch.verdict.is_none() && block > at).then_some(())?;
				// Which, the pallet will say.
				batch.sampling = ModelSampling::Drawn(Vec::new(), number, now + P.response_ms);
				Some(())
			}
			Resolved::CloseSamples(id) => {
				let now = self.now;
				let batch = self.batches.get_mut(id)?;
				let ModelSampling::Drawn(_, number, deadline) = batch.sampling else { return None };
				(batch.verdict.is_none() && now >= deadline).then_some(())?;
				batch.verdict = Some((who.clone(), number, deadline - P.response_ms));
				Some(())
			}
			Resolved::Demand(id, claim) => self.demand(who, *id, *claim),
			Resolved::Answer(id, claim) => self.answer(*id, *claim),
			Resolved::CloseDemand(id, claim) => {
				let demand = self.demands.remove(&(*id, *claim))?;
				self.return_to(&account(demand.who), demand.price);
				let now = self.now;
				let Some(batch) = self.batches.get_mut(id).filter(|batch| !batch.claims.is_empty()) else {
					return Some(());
				};
				let overdue = now >= demand.at + P.response_ms;
				let found = Some((account(demand.who), demand.number, demand.at));
				match &batch.verdict {
					None => {
						overdue.then_some(())?;
						batch.verdict = found;
					}
					Some((_, number, _)) if demand.number < *number && overdue => batch.verdict = found,
					Some(_) => {}
				}
				Some(())
			}
			Resolved::Finalise(id, limit) => self.finalise(*id, *limit),
		}
	}

	fn submit(&mut self, receipts: &[(Kind, u64, u128, u8, u8)]) -> Option<()> {
		let before = self.fees;
		let kinds: Vec<_> =
			receipts.iter().map(|(kind, model, fee, ..)| (*kind, *model as usize, *fee)).collect();
		kinds.iter().for_each(|(_, model, fee)| self.fees[*model] += fee);
		let (mut protocol, mut data, mut developer, mut fees) = (0, [0; 2], [0; 2], [0; 2]);
		for model in 0..2 {
			let (then, now) = (totals(model, before[model]), totals(model, self.fees[model]));
			protocol += now.0 - then.0;
			data[model] = now.1 - then.1;
			developer[model] = now.2 - then.2;
			fees[model] = self.fees[model] - before[model];
		}
		self.issuance -= protocol - protocol / 2;
		let part =
			|amount: u128, fee: u128, model: usize| (amount * fee).checked_div(fees[model]).unwrap_or(0);
		let (mut claims, mut held) = (Vec::new(), [0; 2]);
		let mut targets = std::collections::BTreeSet::new();
		for (place, (kind, model, fee, first, second)) in receipts.iter().enumerate() {
			let model = *model as usize;
			if *kind != Kind::Retrieving {
				held[model] += part(developer[model], *fee, model);
			}
			for made in claims_of(*kind, *first, *second) {
				let amount = made.amount(part(data[model], *fee, model));
				(amount > 0).then_some(())?;
				targets.insert((model, made.contribution()));
				(targets.len() <= TARGETS_MAX as usize).then_some(())?;
				let place = place as u32;
				claims.push(ModelClaim { made, place, model, amount, proven: false, moved: None });
			}
		}
		self.spend(&server(), RECEIPT_DEPOSIT);
		let id = pallet_receipts::NextBatchId::<Test>::get();
		if claims.is_empty() {
			(0..2).for_each(|model| self.to_models[model] += data[model]);
			if held == [0; 2] {
				return Some(());
			}
		}
		let claimed: u128 = claims.iter().map(|claim| claim.amount).sum();
		let hold = if claims.is_empty() { 0 } else { 3 * claimed + P.hold_floor };
		let deposit = OPEN_DEPOSIT + CLAIM_DEPOSIT * claims.len() as u128;
		self.spend(&server(), hold + deposit);
		let sampling = match claims.is_empty() {
			true => ModelSampling::Done,
			false => ModelSampling::Due(self.block + 2),
		};
		let channel = pallet_receipts::Channels::<Test>::get(ChannelId(0)).expect("the world has it");
		let filed =
			Filed { batch: id, first_sequence: channel.sequence + 1, receipts: receipts_of(receipts) };
		let batch = ModelBatch {
			filed,
			kinds,
			at: self.now,
			claims,
			data,
			developer,
			fees,
			held,
			hold,
			deposit,
			sampling,
			verdict: None,
			paid: 0,
			unlisted: Vec::new(),
		};
		self.batches.insert(id, batch);
		Some(())
	}

	fn reveal(&mut self, made: &ModelCommitment) -> Option<()> {
		let now = self.now;
		let batch = self.batches.get_mut(&made.batch)?;
		let earlier = |number: &u64| made.number < *number;
		match made.shown {
			Shown::Unlisted(place) => {
				(now < batch.at + P.window_ms / 3 * 2).then_some(())?;
				let (kind, model, fee) = batch.kinds[place as usize];
				(kind == Kind::Copying && batch.unlisted.len() < UNLISTED_MAX as usize).then_some(())?;
				(!batch.unlisted.iter().any(|(other, ..)| *other == place)).then_some(())?;
				let part = |amount: u128| amount * fee / batch.fees[model].max(1);
				let (data, developer) = (part(batch.data[model]), part(batch.developer[model]));
				let amount = (data.max(developer) * 30 / 100 * 1_000 / 2_000).min(developer);
				(amount > 0).then_some(())?;
				batch.unlisted.push((place, model, amount, made.who));
				self.spend(&account(made.who), UNLISTED_BOND);
			}
			Shown::Mismatch(claim) => {
				let claim = batch.claims.get(claim as usize)?;
				(claim.made == Made::FirstHalfFalse).then_some(())?;
				batch.verdict.as_ref().is_none_or(|(_, number, _)| earlier(number)).then_some(())?;
				batch.verdict = Some((account(made.who), made.number, made.at));
			}
			Shown::Counterclaim(claim) => {
				batch.verdict.is_none().then_some(())?;
				let claim = batch.claims.get_mut(claim as usize)?;
				(claim.made == Made::SecondHalfOfTheCopy).then_some(())?;
				claim.moved.as_ref().is_none_or(|(_, number)| earlier(number)).then_some(())?;
				claim.moved = Some((made.who, made.number));
			}
			Shown::Unlawful(_) => return None,
		}
		Some(())
	}

	fn demand(&mut self, who: &AccountId, id: BatchId, place: u32) -> Option<()> {
		let open = self.demands.keys().filter(|(batch, _)| *batch == id).count();
		let batch = self.batches.get(&id)?;
		let claim = batch.claims.get(place as usize).filter(|claim| !claim.proven)?;
		let may = batch.verdict.is_none()
			&& self.now < batch.at + P.window_ms / 3 * 2
			&& open < DEMANDS_MAX as usize
			&& !self.demands.contains_key(&(id, place));
		may.then_some(())?;
		let price = claim.amount.max(2 * P.answer_fee_max) << open;
		self.spend(who, price);
		let actor = ACTORS.into_iter().find(|actor| account(*actor) == *who)?;
		let demand = ModelDemand { who: actor, number: self.take_number(), price, at: self.now };
		self.demands.insert((id, place), demand);
		Some(())
	}

	fn answer(&mut self, id: BatchId, place: u32) -> Option<()> {
		let now = self.now;
		let batch = self.batches.get_mut(&id)?;
		batch.verdict.is_none().then_some(())?;
		let demanded = self.demands.get(&(id, place)).is_some_and(|demand| now < demand.at + P.response_ms);
		let mut sampled = false;
		if let ModelSampling::Drawn(left, _, deadline) = &mut batch.sampling {
			sampled = now < *deadline && left.contains(&place);
			if sampled {
				left.retain(|sample| *sample != place);
				if left.is_empty() {
					batch.sampling = ModelSampling::Done;
				}
			}
		}
		let claim = batch.claims.get_mut(place as usize)?;
		((demanded || sampled) && claim.made.is_true()).then_some(())?;
		claim.proven = true;
		if demanded {
			let price = self.demands.remove(&(id, place))?.price;
			self.issuance -= price / 5;
			self.credit(&server(), price - price / 5);
		}
		Some(())
	}

	fn finalise(&mut self, id: BatchId, limit: u32) -> Option<()> {
		let mut batch = self.batches.remove(&id)?;
		let over = self.now >= batch.ends();
		if let Some((challenger, _, since)) = batch.verdict.clone().filter(|_| !batch.claims.is_empty()) {
			(self.now >= since + P.reveal_ms).then_some(())?;
			let reward = batch.hold * 20 / 100;
			self.credit(&challenger, reward);
			self.issuance -= batch.hold - reward;
			(0..2).for_each(|model| self.to_models[model] += batch.data[model]);
			batch.claims.clear();
			batch.hold = 0;
			batch.sampling = ModelSampling::Done;
			if batch.held != [0; 2] && !over {
				self.batches.insert(id, batch);
				return Some(());
			}
			self.close(batch);
			return Some(());
		}
		let asked = self.demands.keys().any(|(batch, _)| *batch == id) && !batch.claims.is_empty();
		(over && matches!(batch.sampling, ModelSampling::Done) && !asked).then_some(())?;
		let until = (batch.paid + limit.max(1) as usize).min(batch.claims.len());
		for claim in &batch.claims[batch.paid..until] {
			let part = claim.amount / 10;
			let (by, contribution) = match claim.moved {
				Some((by, _)) => (account(by), ORIGINAL),
				None => (server(), claim.made.contribution()),
			};
			self.credit(&by, part);
			*self.to_contributions.entry(contribution).or_default() += claim.amount - part;
		}
		batch.paid = until;
		if until < batch.claims.len() {
			self.batches.insert(id, batch);
			return Some(());
		}
		if !batch.claims.is_empty() {
			(0..2).for_each(|model| self.to_models[model] += batch.data[model] - batch.claimed(model));
		}
		self.close(batch);
		Some(())
	}

	fn close(&mut self, batch: ModelBatch) {
		for (_, _, amount, by) in &batch.unlisted {
			let part = amount / 10;
			self.credit(&account(*by), part);
			*self.to_contributions.entry(UNLISTED).or_default() += amount - part;
			self.return_to(&account(*by), UNLISTED_BOND);
		}
		self.return_to(&server(), batch.hold + batch.deposit);
	}

	fn held(&self, who: &AccountId) -> [u128; 5] {
		let is = |actor: u8| account(actor) == *who;
		let batches = || self.batches.values().filter(|_| *who == server());
		let unlisted = self.batches.values().flat_map(|batch| &batch.unlisted);
		[
			batches().map(|batch| batch.hold).sum(),
			batches().map(|batch| batch.deposit).sum(),
			self.commitments.iter().filter(|made| is(made.who)).map(|made| made.deposit).sum(),
			self.demands.values().filter(|demand| is(demand.who)).map(|demand| demand.price).sum(),
			UNLISTED_BOND * unlisted.filter(|(_, _, _, by)| is(*by)).count() as u128,
		]
	}
}

fn receipts_of(receipts: &[(Kind, u64, u128, u8, u8)]) -> Vec<Receipt> {
	let one = |(kind, model, fee, ..): &(Kind, u64, u128, u8, u8)| {
		let base = Receipt { model: ModelId(*model), fee: *fee, ..receipt(&quoting()) };
		match kind {
			Kind::Quoting => base,
			Kind::Retrieving => {
				Receipt { context: Some(context(&[piece(RETRIEVED, 0, 3_000)])), disclose: false, ..base }
			}
			Kind::Copying => Receipt { output: content(&copying()), ..base },
		}
	};
	receipts.iter().map(one).collect()
}

/// What somebody would show who believes, or pretends, that it is so.
fn make(batch: &ModelBatch, shown: Shown) -> Challenge {
	let place = |claim: u32| batch.claims.get(claim as usize).map_or(0, |claim| claim.place);
	let proof = |claim: u32| batch.filed.proof(place(claim));
	match shown {
		Shown::Mismatch(claim) => {
			let made = batch.claims.get(claim as usize).map_or(Made::FirstHalf, |claim| claim.made);
			let (output, offset) = match made.claim(0).evidence {
				Evidence::Span { output, offset, .. } => (output, offset),
				_ => (500, 1_500),
			};
			let source = bytes_of(made.contribution());
			Challenge::Mismatch {
				claim,
				receipt: proof(claim),
				start: 10,
				length: 40,
				output: slice(&quoting(), output + 10, 40),
				source: slice(&source, offset + 10, 40),
			}
		}
		Shown::Unlawful(claim) => Challenge::Unlawful { claim, receipt: proof(claim) },
		Shown::Counterclaim(claim) => Challenge::Counterclaim {
			claim,
			receipt: proof(claim),
			contribution: ContributionId(ORIGINAL),
			version: DatanetVersion(1),
			offset: 2_000,
			output: slice(&quoting(), 1_000, 500),
			source: slice(&bytes_of(ORIGINAL), 2_000, 500),
		},
		Shown::Unlisted(place) => Challenge::UnlistedSource {
			place,
			receipt: batch.filed.proof(place),
			start: 500,
			length: 1_000,
			contribution: ContributionId(UNLISTED),
			version: DatanetVersion(1),
			offset: 200,
			output: slice(&copying(), 500, 1_000),
			source: slice(&bytes_of(UNLISTED), 200, 1_000),
		},
	}
}

/// What the server would show for a claim.
fn answer_of(batch: &ModelBatch, claim: u32) -> Answer {
	let ModelClaim { made, place, .. } = &batch.claims[claim as usize];
	let receipt = batch.filed.proof(*place);
	match made.claim(0).evidence {
		Evidence::Span { output, offset, length } => Answer::Span {
			receipt,
			length: length_proof(&quoting()),
			output: slice(&quoting(), output, length),
			source: slice(&bytes_of(made.contribution()), offset, length),
		},
		_ => Answer::Grounded { receipt, leaf: 0, leaves: 1, path: listed([]) },
	}
}

/// `before` is the model's state before the call.
fn dispatch(before: &Model, who: AccountId, call: &Resolved) -> DispatchResult {
	let origin = signed(who.clone());
	match call {
		Resolved::Submit(receipts) => {
			let claims = receipts.iter().enumerate().flat_map(|(place, (kind, _, _, first, second))| {
				let claims = claims_of(*kind, *first, *second).into_iter();
				claims.map(move |made| made.claim(place as u32))
			});
			let redemptions = listed([redemption(&receipts_of(receipts))]);
			Attribution::submit(origin, AgentId(0), redemptions, listed(claims))
		}
		Resolved::Commit(id, _, challenge) => {
			let hash = commitment(&Attribution::genesis_hash(), &who.encode(), &[5; 32], *id, challenge);
			Attribution::commit(origin, *id, hash)
		}
		Resolved::Reveal(place) => {
			let made = &before.commitments[*place];
			Attribution::reveal(origin, made.batch, [5; 32], made.challenge.clone())
		}
		Resolved::Clear(place) => {
			let made = &before.commitments[*place];
			let hash = hash_of(made.who, made.batch, &made.challenge);
			Attribution::clear_commitment(origin, account(made.who), hash)
		}
		Resolved::Draw(id) => Attribution::draw_samples(origin, *id),
		Resolved::CloseSamples(id) => Attribution::close_samples(origin, *id),
		Resolved::Demand(id, claim) => Attribution::demand(origin, *id, *claim),
		Resolved::Answer(id, claim) => {
			Attribution::answer(origin, *id, *claim, answer_of(&before.batches[id], *claim))
		}
		Resolved::CloseDemand(id, claim) => Attribution::close_demand(origin, *id, *claim),
		Resolved::Finalise(id, limit) => Attribution::finalise(origin, *id, *limit),
	}
}

/// How often what happened, so that a history which only fails is noticed.
#[derive(Default, Debug)]
struct Tally {
	succeeded: u32,
	failed: u32,
	submitted: u32,
	frauds: u32,
	moved: u32,
	unlisted: u32,
	answered: u32,
	/// Calls that paid claims.
	paid: u32,
	burned: u32,
}

fn play(model: &mut Model, follower: &mut Follower, step: &Step, tally: &mut Tally) {
	model.now += step.passed_ms;
	Now::set(model.now);
	for _ in 0..step.blocks {
		next_block((model.block % 200) as u8 + 1);
		model.block += 1;
	}
	let Some((who, call)) = model.resolve(step) else { return };
	run_call(model, who, &call, tally);
	follower.follow();
}

fn run_call(model: &mut Model, who: AccountId, call: &Resolved, tally: &mut Tally) {
	let root = || sp_io::storage::root(sp_runtime::StateVersion::V1);
	let before = model.clone();
	let expected = model.apply(&who, call);
	let state = (!expected).then(root);
	// As in a block: what fails leaves no trace.
	let result = with_storage_layer(|| dispatch(&before, who, call));
	assert_eq!(result.is_ok(), expected, "{call:?} gave {result:?}");
	if !expected {
		tally.failed += 1;
		assert_eq!(state, Some(root()));
		return;
	}
	tally.succeeded += 1;
	match call {
		Resolved::Submit(_) => tally.submitted += 1,
		Resolved::Draw(id) => learn_samples(model, *id),
		Resolved::Answer(..) => tally.answered += 1,
		Resolved::Clear(_) => tally.burned += u32::from(model.issuance < before.issuance),
		Resolved::Finalise(id, _) => {
			let paid = before.batches[id].verdict.is_none() && !before.batches[id].claims.is_empty();
			tally.paid += u32::from(paid);
		}
		Resolved::Reveal(place) => match before.commitments[*place].shown {
			Shown::Mismatch(_) => tally.frauds += 1,
			Shown::Counterclaim(_) => tally.moved += 1,
			_ => tally.unlisted += 1,
		},
		Resolved::CloseSamples(_) => tally.frauds += 1,
		_ => {}
	}
}

/// Which claims are drawn the model cannot know. It knows how many, and that they are to be shown yet.
fn learn_samples(model: &mut Model, id: BatchId) {
	let batch = model.batches.get_mut(&id).expect("it was drawn");
	let open: Vec<_> = (0..batch.claims.len()).filter(|place| !batch.claims[*place].proven).collect();
	let drawn = match Batches::<Test>::get(id).expect("it is open").sampling {
		Sampling::Drawn { claims, .. } => Vec::from(claims),
		Sampling::Done => Vec::new(),
		Sampling::Due { .. } => panic!("the hash is known"),
	};
	let proven = batch.claims.len() - open.len();
	let most = batch.claims.len().min(2);
	assert!(drawn.len() <= most && drawn.len() + proven >= most, "{drawn:?}");
	assert!(drawn.iter().all(|place| open.contains(&(*place as usize))));
	assert!(drawn.len() < 2 || drawn[0] != drawn[1]);
	match (&mut batch.sampling, drawn.is_empty()) {
		(ModelSampling::Drawn(left, ..), false) => *left = drawn,
		(sampling, _) => *sampling = ModelSampling::Done,
	}
}

fn assert_same(model: &Model) {
	let reasons = [
		HoldReason::Batch,
		HoldReason::Deposit,
		HoldReason::Commitment,
		HoldReason::Demand,
		HoldReason::Unlisted,
	];
	for (account, expected) in &model.free {
		assert_eq!(free(account), *expected, "{account:?}");
		assert_eq!(reasons.map(|reason| held(reason, account)), model.held(account), "{account:?}");
		assert_eq!(Ledger::of_account(account), model.credited.get(account).copied().unwrap_or_default());
	}
	for contribution in [ORIGINAL, COPY, UNLISTED, RETRIEVED] {
		let expected = model.to_contributions.get(&contribution).copied().unwrap_or_default();
		assert_eq!(Ledger::of_contribution(contribution), expected);
	}
	for (id, expected) in model.to_models.iter().enumerate() {
		assert_eq!(Ledger::of_model(id as u64), *expected);
		let held: u128 = model.batches.values().map(|batch| batch.held[id]).sum();
		let book = Receipts::revenue(ModelId(id as u64)).expect("a channel names it");
		assert_eq!(book.developer_held, held);
	}
	assert_eq!(Balances::total_issuance(), model.issuance);
	let owed: u128 = model.batches.values().map(ModelBatch::owed).sum();
	assert_eq!(free(&Attribution::pot()), EXISTENTIAL_DEPOSIT + owed);
	assert_eq!(Batches::<Test>::iter().count(), model.batches.len());
}

/// Everything ends, and then the pot has its existential deposit and nobody has anything on hold.
fn assert_nothing_is_left(model: &mut Model, tally: &mut Tally) {
	(0..3).for_each(|_| {
		next_block(9);
		model.block += 1;
	});
	let ids: Vec<_> = model.batches.keys().copied().collect();
	let draws: Vec<_> = ids.iter().map(|id| Resolved::Draw(*id)).collect();
	draws.iter().for_each(|call| run_call(model, account(OTHER), call, tally));
	model.now += P.window_ms + P.response_ms;
	Now::set(model.now);
	let mut calls: Vec<_> =
		model.demands.keys().map(|(id, claim)| Resolved::CloseDemand(*id, *claim)).collect();
	calls.extend(ids.iter().map(|id| Resolved::CloseSamples(*id)));
	calls.extend(ids.iter().flat_map(|id| [Resolved::Finalise(*id, u32::MAX), Resolved::Finalise(*id, 1)]));
	calls.extend(model.commitments.iter().map(|_| Resolved::Clear(0)));
	for call in &calls {
		run_call(model, account(OTHER), call, tally);
	}
	assert_same(model);
	assert!(model.batches.is_empty() && model.demands.is_empty() && model.commitments.is_empty());
	assert_eq!(free(&Attribution::pot()), EXISTENTIAL_DEPOSIT);
	assert!(model.free.keys().all(|account| model.held(account) == [0; 5]));
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
	let tally = RefCell::new(Tally::default());
	let histories = prop::collection::vec(any_step(), STEPS);
	let checked = runner.run(&histories, |steps| {
		new_test_ext().execute_with(|| {
			build_world();
			System::reset_events();
			let (mut model, mut follower) = (Model::new(), Follower::default());
			for (count, step) in steps.iter().enumerate() {
				play(&mut model, &mut follower, step, &mut tally.borrow_mut());
				assert_same(&model);
				if count % 16 == 0 {
					assert_sound();
				}
			}
			assert_sound();
			follower.assert_knows_everything();
			assert_nothing_is_left(&mut model, &mut tally.borrow_mut());
			assert_sound();
		});
		Ok(())
	});
	let tally = tally.into_inner();
	println!("{tally:?}");
	checked.unwrap_or_else(|failed| panic!("seed {seed:?}: {failed}"));
	assert!(tally.succeeded + tally.failed >= 10_000, "the histories are too short: {tally:?}");
	let enough = [tally.succeeded, tally.failed, tally.submitted, tally.answered];
	assert!(enough.iter().all(|count| *count > 200), "the histories show too little: {tally:?}");
	let some = [tally.paid, tally.frauds, tally.moved, tally.unlisted, tally.burned];
	assert!(some.iter().all(|count| *count > 20), "the histories show too little: {tally:?}");
}
