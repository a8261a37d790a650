//! The pallet against a model that is too simple to be wrong, over random histories.
//!
//! The model knows the contributions, and who holds each. Of every deposit to a version it gives each contribution in that
//! version its exact share, a fraction of integers without bounds, at once. It has no tree, no remainders, and no settling.
//! What the chain credited and could be claimed is compared with that after each call: it must be the same, but for what
//! a version carries along to its next deposit, which is next to nothing, and for parts of a unit that moved with positions.
//! Everything else is compared exactly. A call that fails must leave the state as it was. A [`Follower`] hears the events of
//! all calls.

use super::{follower::Follower, *};
use crate::types::SCALE_BITS;
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::{
	prelude::*,
	sample::Index,
	strategy::ValueTree,
	test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use std::collections::{BTreeMap, BTreeSet};

/// 28 histories of 480 steps: more than 10,000 calls, after those which find nothing yet that they could be about.
const HISTORIES: u32 = 28;
const STEPS: usize = 480;

/// To repeat a run, put the seed here that it printed.
const SEED: Option<[u8; 32]> = None;

const DATANETS: u32 = 3;
const CONTRIBUTORS: std::ops::RangeInclusive<u8> = ALICE..=8;
const MODELS_MAX: usize = 8;

type Whose = Holder<AccountId>;

#[derive(Clone, Debug)]
enum Call {
	Contribute { contributor: u8, datanet: u32 },
	Accept { which: Index, weight: u8 },
	Publish { datanet: u32 },
	Depart { which: Index },
	Dispute { which: Index, claimant: u8, takedown: bool },
	Judge { which: Index, uphold: bool },
	AddModel { entries: Vec<(Index, u32)> },
	Fund { which: Index, amount: Balance },
	Distribute { which: Index, entry: u32 },
	Claim { account: u8, which: Vec<Index> },
	Withdraw { account: u8 },
	CreditContribution { which: Index, source: Source, amount: Balance },
	CreditAccount { account: u8, source: Source, amount: Balance },
}

fn any_source() -> impl Strategy<Value = Source> {
	prop_oneof![Just(Source::Claim), Just(Source::Submission), Just(Source::Challenge)]
}

fn any_amount() -> impl Strategy<Value = Balance> {
	prop_oneof![1 => Just(0), 6 => 1..50u128, 8 => 0..10_000u128, 2 => 0..100_000_000u128]
}

fn any_account() -> impl Strategy<Value = u8> {
	prop_oneof![12 => CONTRIBUTORS, 1 => Just(NOBODY)]
}

fn any_call() -> impl Strategy<Value = Call> {
	let which = any::<Index>;
	prop_oneof![
		14 => (CONTRIBUTORS, 0..DATANETS)
			.prop_map(|(contributor, datanet)| Call::Contribute { contributor, datanet }),
		13 => (which(), 1..=100u8).prop_map(|(which, weight)| Call::Accept { which, weight }),
		7 => (0..DATANETS).prop_map(|datanet| Call::Publish { datanet }),
		4 => which().prop_map(|which| Call::Depart { which }),
		5 => (which(), CONTRIBUTORS, prop::bool::weighted(0.2))
			.prop_map(|(which, claimant, takedown)| Call::Dispute { which, claimant, takedown }),
		5 => (which(), prop::bool::weighted(0.6)).prop_map(|(which, uphold)| Call::Judge { which, uphold }),
		3 => prop::collection::vec((which(), 1..ONE), 0..5).prop_map(|entries| Call::AddModel { entries }),
		12 => (which(), any_amount()).prop_map(|(which, amount)| Call::Fund { which, amount }),
		20 => (which(), 0..4u32).prop_map(|(which, entry)| Call::Distribute { which, entry }),
		14 => (any_account(), prop::collection::vec(which(), 0..CLAIM_PLACES_MAX as usize))
			.prop_map(|(account, which)| Call::Claim { account, which }),
		5 => any_account().prop_map(|account| Call::Withdraw { account }),
		5 => (which(), any_source(), any_amount())
			.prop_map(|(which, source, amount)| Call::CreditContribution { which, source, amount }),
		4 => (any_account(), any_source(), prop_oneof![0..EXISTENTIAL_DEPOSIT, any_amount()])
			.prop_map(|(account, source, amount)| Call::CreditAccount { account, source, amount }),
	]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
	Pending,
	Accepted,
	Departed,
}

#[derive(Clone, Debug)]
struct Piece {
	datanet: u32,
	contributor: u8,
	beneficiary: u8,
	stage: Stage,
	weight: u8,
	from: u32,
	until: Option<u32>,
	dispute: Option<(u8, bool)>,
	taken_down: bool,
}

impl Piece {
	fn is_in(&self, version: u32) -> bool {
		self.stage != Stage::Pending && self.from <= version && self.until.is_none_or(|until| version < until)
	}

	fn place(&self) -> Place {
		place(self.datanet, self.from, self.until)
	}
}

#[derive(Default)]
struct Version {
	changes: i64,
	number: u32,
}

/// A manifest's entries, and what was pulled by each.
struct Manifest {
	entries: Vec<(u32, u32, u32)>,
	revenue: Balance,
	pulled: Vec<Balance>,
}

#[derive(Default)]
struct Model {
	pieces: BTreeMap<u64, Piece>,
	datanets: BTreeMap<u32, Version>,
	models: Vec<Manifest>,
	/// From pools, exactly.
	entitled: BTreeMap<Whose, BigRational>,
	/// From elsewhere: claims, submissions, challenges.
	credited: BTreeMap<Whose, [Balance; 3]>,
	/// How often parts of a unit came to or went from somebody with the last weight of a position.
	handed: BTreeMap<Whose, u32>,
	received: Balance,
}

impl Model {
	fn holder(&self, id: u64) -> Whose {
		let piece = &self.pieces[&id];
		match piece.dispute {
			Some((_, false)) => Holder::Escrow(ContributionId(id)),
			_ => holder(piece.beneficiary),
		}
	}

	fn pick(&self, which: &Index, fit: impl Fn(&Piece) -> bool) -> Option<u64> {
		let ids: Vec<_> = self.pieces.iter().filter(|(_, piece)| fit(piece)).map(|(id, _)| *id).collect();
		(!ids.is_empty()).then(|| ids[which.index(ids.len())])
	}

	fn next_version(&self, datanet: u32) -> u32 {
		self.datanets.get(&datanet).map_or(1, |datanet| datanet.number + 1)
	}

	/// Parts of a unit go with a position's last weight.
	fn count_handing(&mut self, id: u64, to: Whose) {
		let (from, at) = (self.holder(id), self.pieces[&id].place());
		let same = |(other, piece): (&u64, &Piece)| {
			*other != id
				&& piece.stage != Stage::Pending
				&& piece.place() == at
				&& self.holder(*other) == from
		};
		if !self.pieces.iter().any(same) {
			*self.handed.entry(from).or_default() += 1;
			*self.handed.entry(to).or_default() += 1;
		}
	}

	fn deposit(&mut self, datanet: u32, version: u32, amount: Balance) {
		let members: Vec<_> = self
			.pieces
			.iter()
			.filter(|(_, piece)| piece.datanet == datanet && piece.is_in(version))
			.map(|(id, piece)| (self.holder(*id), piece.weight))
			.collect();
		let sum: u64 = members.iter().map(|(_, weight)| u64::from(*weight)).sum();
		for (holder, weight) in members {
			let share = BigRational::new(BigInt::from(amount) * weight, sum.into());
			*self.entitled.entry(holder).or_insert_with(zero) += share;
		}
	}

	fn credit(&mut self, holder: Whose, source: Source, amount: Balance) {
		self.received += amount;
		let index = match source {
			Source::Claim => 0,
			Source::Submission => 1,
			Source::Challenge => 2,
		};
		self.credited.entry(holder).or_default()[index] += amount;
	}

	/// The escrow's everything is another's.
	fn release(&mut self, id: u64, to: &Whose) {
		let escrow = Holder::Escrow(ContributionId(id));
		if let Some(entitled) = self.entitled.remove(&escrow) {
			*self.entitled.entry(to.clone()).or_insert_with(zero) += entitled;
		}
		let handed = self.handed.remove(&escrow).unwrap_or_default();
		*self.handed.entry(to.clone()).or_default() += handed;
		for (sum, amount) in
			self.credited.remove(&escrow).unwrap_or_default().into_iter().enumerate().collect::<Vec<_>>()
		{
			self.credited.entry(to.clone()).or_default()[sum] += amount;
		}
	}
}

fn zero() -> BigRational {
	BigRational::from_integer(0.into())
}

/// What the chain credited somebody from pools, and would credit, exactly.
fn from_pools(holder: &Whose) -> BigRational {
	let mut parts = BigInt::from(Rewards::earnings(holder).pools) << SCALE_BITS;
	for (place, position) in crate::Positions::<Test>::iter_prefix(holder) {
		let head = crate::Heads::<Test>::get(place.datanet);
		let (units, fraction) = position.earned(Rewards::accrued(&place, head.version));
		parts += (BigInt::from(units) << SCALE_BITS) + fraction;
	}
	BigRational::new(parts, BigInt::from(1) << SCALE_BITS)
}

/// How often what happened, so that a history which only fails is noticed.
#[derive(Default, Debug)]
struct Tally {
	calls: u32,
	failed: u32,
	published: u32,
	departed: u32,
	disputed: u32,
	judged: u32,
	distributed: u32,
	credited_from_pools: u32,
	withdrawn: u32,
	below_minimum: u32,
}

/// A call of this pallet or one below, that goes through or fails as expected: then it leaves no trace.
fn attempt(tally: &mut Tally, expected: bool, call: impl FnOnce() -> DispatchResult) -> DispatchResult {
	let root = || sp_io::storage::root(sp_runtime::StateVersion::V1);
	let before = (!expected).then(root);
	let result = with_storage_layer(call);
	assert_eq!(result.is_ok(), expected, "{result:?}");
	tally.calls += 1;
	if !expected {
		tally.failed += 1;
		assert_eq!(before, Some(root()));
	}
	result
}

fn play(model: &mut Model, call: &Call, tally: &mut Tally) {
	let issuance = Balances::total_issuance();
	let own = play_call(model, call, tally);
	if own {
		// Nothing that this pallet does issues or, in these histories, burns.
		assert_eq!(Balances::total_issuance(), issuance);
	}
}

/// Whether it was a call of this pallet alone.
fn play_call(model: &mut Model, call: &Call, tally: &mut Tally) -> bool {
	match call {
		Call::Contribute { .. } | Call::Accept { .. } | Call::Publish { .. } | Call::Depart { .. } => {
			play_datanet(model, call, tally);
			return false;
		}
		Call::Dispute { .. } | Call::Judge { .. } => {
			play_dispute(model, call, tally);
			return false;
		}
		Call::AddModel { entries } => add_model(model, entries),
		Call::Fund { which, amount } => fund_one(model, which, *amount, tally),
		Call::Distribute { which, entry } => distribute_one(model, which, *entry, tally),
		Call::Claim { account, which } => claim_some(model, *account, which, tally),
		Call::Withdraw { account } => withdraw_one(*account, tally),
		Call::CreditContribution { which, source, amount } => {
			let Some(id) = model.pick(which, |_| true) else { return true };
			tally.calls += 1;
			Rewards::credit_contribution(ContributionId(id), *source, money(*amount));
			model.credit(model.holder(id), *source, *amount);
		}
		Call::CreditAccount { account: index, source, amount } => {
			tally.calls += 1;
			Rewards::credit_account(&account(*index), *source, money(*amount));
			model.credit(holder(*index), *source, *amount);
		}
	}
	!matches!(call, Call::AddModel { .. })
}

fn play_datanet(model: &mut Model, call: &Call, tally: &mut Tally) {
	match call {
		Call::Contribute { contributor, datanet } => {
			let text = format!("text {}", pallet_datanets::NextContributionId::<Test>::get().0);
			let id = contribute(*contributor, *datanet, &text);
			pass(COMMITMENT_AGE_MS);
			tally.calls += 1;
			let piece = Piece {
				datanet: *datanet,
				contributor: *contributor,
				beneficiary: *contributor,
				stage: Stage::Pending,
				weight: 0,
				from: 0,
				until: None,
				dispute: None,
				taken_down: false,
			};
			model.pieces.insert(id.0, piece);
		}
		Call::Accept { which, weight } => {
			let Some(id) = model.pick(which, |piece| piece.stage == Stage::Pending) else { return };
			let from = model.next_version(model.pieces[&id].datanet);
			tally.calls += 1;
			assert_ok!(accept(ContributionId(id), *weight));
			let piece = model.pieces.get_mut(&id).expect("it was picked");
			(piece.stage, piece.weight, piece.from) = (Stage::Accepted, *weight, from);
			model.datanets.entry(piece.datanet).or_default().changes += 1;
		}
		Call::Publish { datanet } => {
			let mut running = model.pieces.values().filter(|piece| piece.stage == Stage::Accepted);
			let some = running.any(|piece| piece.datanet == *datanet);
			let state = model.datanets.entry(*datanet).or_default();
			let may = some && state.changes > 0;
			let _refused = attempt(tally, may, || Datanets::publish(by(OWNER), DatanetId(*datanet)));
			if may {
				tally.published += 1;
				(state.number, state.changes) = (state.number + 1, 0);
			}
		}
		Call::Depart { which } => {
			let Some(id) = model.pick(which, |piece| piece.stage != Stage::Departed) else { return };
			let piece = model.pieces[&id].clone();
			withdraw_contribution(piece.contributor, ContributionId(id));
			tally.calls += 1;
			depart(model, id, tally);
		}
		_ => unreachable!("it is for others to play"),
	}
}

/// It leaves versions to come; for good, if no version has it.
fn depart(model: &mut Model, id: u64, tally: &mut Tally) {
	let piece = model.pieces[&id].clone();
	let next = model.next_version(piece.datanet);
	let state = model.datanets.entry(piece.datanet).or_default();
	if piece.stage == Stage::Pending || piece.from == next {
		if piece.stage == Stage::Accepted {
			state.changes -= 1;
		}
		if piece.dispute.is_some_and(|(_, takedown)| !takedown) {
			let to = holder(piece.beneficiary);
			model.count_handing(id, to.clone());
			model.release(id, &to);
		}
		model.pieces.remove(&id);
		return;
	}
	tally.departed += 1;
	state.changes += 1;
	let piece = model.pieces.get_mut(&id).expect("it was picked");
	(piece.stage, piece.until) = (Stage::Departed, Some(next));
}

fn play_dispute(model: &mut Model, call: &Call, tally: &mut Tally) {
	match call {
		Call::Dispute { which, claimant, takedown } => {
			let open = |piece: &Piece| piece.stage != Stage::Pending && piece.dispute.is_none();
			let Some(id) = model.pick(which, open) else { return };
			let piece = &model.pieces[&id];
			let own = *claimant == piece.beneficiary || (*takedown && *claimant == piece.contributor);
			let may = !own && !(*takedown && piece.taken_down);
			let remedy = if *takedown { Remedy::Takedown } else { Remedy::Redirect };
			let _refused = attempt(tally, may, || dispute(*claimant, ContributionId(id), remedy));
			if may {
				tally.disputed += 1;
				if !takedown {
					model.count_handing(id, Holder::Escrow(ContributionId(id)));
				}
				model.pieces.get_mut(&id).expect("it was picked").dispute = Some((*claimant, *takedown));
			}
		}
		Call::Judge { which, uphold } => {
			let Some(id) = model.pick(which, |piece| piece.dispute.is_some()) else { return };
			assert_ok!(judge(ContributionId(id), *uphold));
			tally.calls += 1;
			tally.judged += 1;
			let piece = model.pieces[&id].clone();
			let (claimant, takedown) = piece.dispute.expect("it was picked for that");
			if !takedown {
				let to = holder(if *uphold { claimant } else { piece.beneficiary });
				model.count_handing(id, to.clone());
				model.release(id, &to);
			}
			let record = model.pieces.get_mut(&id).expect("it was picked");
			record.dispute = None;
			match (takedown, *uphold) {
				(false, true) => record.beneficiary = claimant,
				(true, true) => {
					record.taken_down = true;
					if record.stage == Stage::Accepted {
						depart(model, id, tally);
					}
				}
				_ => {}
			}
		}
		_ => unreachable!("it is for others to play"),
	}
}

fn add_model(model: &mut Model, entries: &[(Index, u32)]) {
	let published: Vec<_> = model
		.datanets
		.iter()
		.flat_map(|(datanet, state)| (1..=state.number).map(|version| (*datanet, version)))
		.collect();
	if published.is_empty() || entries.is_empty() || model.models.len() >= MODELS_MAX {
		return;
	}
	let chosen: BTreeMap<_, _> =
		entries.iter().map(|(which, share)| (published[which.index(published.len())], *share)).collect();
	let sum: u64 = chosen.values().map(|share| u64::from(*share)).sum();
	let mut left = ONE;
	let mut manifest: Vec<(u32, u32, u32)> = Vec::new();
	for ((datanet, version), share) in &chosen {
		let share = ((u64::from(*share) * u64::from(ONE) / sum) as u32).max(1).min(left - 1);
		left -= share;
		manifest.push((*datanet, *version, share));
	}
	manifest.last_mut().expect("some are chosen").2 += left;
	let id = put_model(&format!("model {}", model.models.len()), &manifest);
	assert_eq!(id.0, model.models.len() as u64);
	let pulled = vec![0; manifest.len()];
	model.models.push(Manifest { entries: manifest, revenue: 0, pulled });
}

fn fund_one(model: &mut Model, which: &Index, amount: Balance, tally: &mut Tally) {
	if model.models.is_empty() {
		return;
	}
	let index = which.index(model.models.len());
	tally.calls += 1;
	fund(index as u64, amount);
	model.models[index].revenue += amount;
	model.received += amount;
}

fn distribute_one(model: &mut Model, which: &Index, entry: u32, tally: &mut Tally) {
	// Sometimes one model too far.
	let index = which.index(model.models.len() + 1);
	let due = model.models.get_mut(index).and_then(|manifest| {
		let (datanet, version, share) = *manifest.entries.get(entry as usize)?;
		let total = manifest.revenue * Balance::from(share) / Balance::from(ONE);
		let due = total - manifest.pulled[entry as usize];
		manifest.pulled[entry as usize] = total;
		(due > 0).then_some((datanet, version, due))
	});
	let _nothing = attempt(tally, due.is_some(), || distribute(index as u64, entry));
	if let Some((datanet, version, due)) = due {
		tally.distributed += 1;
		model.deposit(datanet, version, due);
	}
}

fn claim_some(model: &Model, index: u8, which: &[Index], tally: &mut Tally) {
	// All places that there are, so that some are others'.
	let places: BTreeSet<_> = model
		.pieces
		.values()
		.filter(|piece| piece.stage != Stage::Pending)
		.map(|piece| {
			(!matches!(piece.dispute, Some((_, false))) && piece.beneficiary == index, piece.place())
		})
		.collect();
	let mut places: Vec<_> = places.into_iter().collect();
	// One's own first, half of the time.
	places.sort_by_key(|(own, _)| !own);
	let own = places.iter().filter(|(own, _)| *own).count();
	let bound = if which.len() % 2 == 0 { places.len() } else { own };
	let named = which.iter().filter(|_| bound > 0).map(|which| places[which.index(bound)].1);
	let named: Vec<_> = named.collect();
	let others = |earned: &BTreeMap<Whose, Earned>| {
		let others = earned.iter().filter(|(whose, _)| **whose != holder(index));
		others.map(|(whose, earned)| (whose.clone(), *earned)).collect::<Vec<_>>()
	};
	let before: BTreeMap<_, _> = crate::Earnings::<Test>::iter().collect();
	claim(index, &named);
	tally.calls += 1;
	let after: BTreeMap<_, _> = crate::Earnings::<Test>::iter().collect();
	assert_eq!(others(&before), others(&after));
	tally.credited_from_pools += u32::from(before != after);
	for place in named {
		let left = Rewards::position(&holder(index), place).map_or(0, |info| info.claimable);
		assert_eq!(left, 0);
	}
}

fn withdraw_one(index: u8, tally: &mut Tally) {
	let due = earned(index).due;
	let before = free(&account(index));
	let above = before + due >= EXISTENTIAL_DEPOSIT;
	let result = attempt(tally, due > 0 && above, || withdraw(index));
	tally.below_minimum += u32::from(result == error(Error::BelowExistentialDeposit));
	tally.withdrawn += u32::from(result.is_ok());
	let paid = if result.is_ok() { due } else { 0 };
	assert_eq!(free(&account(index)), before + paid);
}

/// Compares all that is cheap to compare.
fn assert_same(model: &Model, follower: &Follower) {
	// Each version carries less than its weight along, in parts of a unit.
	let carried = BigRational::new(1.into(), 1_000_000_000.into());
	let holders: BTreeSet<Whose> = crate::Earnings::<Test>::iter_keys()
		.chain(crate::Positions::<Test>::iter_keys().map(|(holder, _)| holder))
		.chain(model.entitled.keys().cloned())
		.collect();
	for holder in holders {
		let (has, owed) = (from_pools(&holder), model.entitled.get(&holder).cloned().unwrap_or_else(zero));
		let handed = model.handed.get(&holder).copied().unwrap_or_default();
		let bound = BigRational::from_integer(handed.into()) + &carried;
		let (more, less) = (&has - &owed, &owed - &has);
		assert!(more < bound && less < bound, "{holder:?} has {has} and is owed {owed}, handed {handed}");
		let earned = Rewards::earnings(&holder);
		let elsewhere = model.credited.get(&holder).copied().unwrap_or_default();
		assert_eq!([earned.claims, earned.submissions, earned.challenges], elsewhere, "{holder:?}");
	}
	assert_eq!(pot(), EXISTENTIAL_DEPOSIT + model.received - follower.paid);
	assert_eq!(follower.burned, 0);
}

/// What takes longer to compare.
fn assert_same_state(model: &Model) {
	assert_ok!(Rewards::check_invariants());
	assert_eq!(pot(), EXISTENTIAL_DEPOSIT + Rewards::owed());
	for (datanet, state) in &model.datanets {
		for version in 1..=state.number {
			let of = |piece: &&Piece| piece.datanet == *datanet && piece.is_in(version);
			let expected: u64 = model.pieces.values().filter(of).map(|piece| u64::from(piece.weight)).sum();
			let pool = Rewards::pool(DatanetId(*datanet), DatanetVersion(version)).expect("it was published");
			assert_eq!(pool.weight, expected);
		}
	}
	for (index, manifest) in model.models.iter().enumerate() {
		let info = Rewards::data_revenue(ModelId(index as u64)).expect("it has a manifest");
		assert_eq!(info.revenue, manifest.revenue);
		assert_eq!(info.entries.iter().map(|entry| entry.pulled).collect::<Vec<_>>(), manifest.pulled);
	}
	let mut weights = BTreeMap::<(Whose, Place), u64>::new();
	for (id, piece) in model.pieces.iter().filter(|(_, piece)| piece.stage != Stage::Pending) {
		*weights.entry((model.holder(*id), piece.place())).or_default() += u64::from(piece.weight);
	}
	let positions = crate::Positions::<Test>::iter();
	let positions = positions.map(|(holder, place, position)| ((holder, place), position.weight));
	assert_eq!(positions.collect::<BTreeMap<_, _>>(), weights);
}

/// Once everything is decided, distributed, claimed and paid out, what is left is below a unit for each who could have it.
fn assert_nothing_is_left(model: &mut Model, follower: &mut Follower, tally: &mut Tally) {
	let open: Vec<_> = model.pieces.iter().filter(|(_, piece)| piece.dispute.is_some()).collect();
	for id in open.into_iter().map(|(id, _)| ContributionId(*id)).collect::<Vec<_>>() {
		assert_ok!(judge(id, false));
	}
	let mut rests = 0;
	for (index, manifest) in model.models.iter().enumerate() {
		for entry in 0..manifest.entries.len() as u32 {
			rests += 1;
			let _nothing_due = with_storage_layer(|| distribute(index as u64, entry));
		}
	}
	rests += model.datanets.values().map(|state| Balance::from(state.number)).sum::<Balance>();
	for (whose, place, _) in crate::Positions::<Test>::iter().collect::<Vec<_>>() {
		let Holder::Account(who) = whose else { panic!("{whose:?} is still open") };
		rests += 1;
		assert_ok!(Rewards::claim(by(OTHER), who, listed([place])));
	}
	for index in CONTRIBUTORS {
		withdraw_one(index, tally);
	}
	follower.follow();
	let waiting = earned(NOBODY).due;
	let left = pot() - EXISTENTIAL_DEPOSIT - waiting;
	assert!(left <= rests, "{left} is left for {rests} rests");
	assert_eq!(Rewards::owed(), left + waiting);
}

#[test]
fn the_pallet_pays_what_the_model_owes() {
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
	let histories = prop::collection::vec(any_call(), STEPS);
	let checked = runner.run(&histories, |calls| {
		new_test_ext().execute_with(|| {
			(0..DATANETS).for_each(|_| create_datanet());
			let (mut model, mut follower) = (Model::default(), Follower::default());
			let mut tally = tally.borrow_mut();
			for (count, call) in calls.iter().enumerate() {
				play(&mut model, call, &mut tally);
				follower.follow();
				assert_same(&model, &follower);
				if count % 16 == 0 {
					assert_same_state(&model);
				}
			}
			assert_same_state(&model);
			follower.assert_knows_everything();
			assert_nothing_is_left(&mut model, &mut follower, &mut tally);
			follower.assert_knows_everything();
		});
		Ok(())
	});
	let tally = tally.into_inner();
	println!("{tally:?}");
	checked.unwrap_or_else(|failed| panic!("seed {seed:?}: {failed}"));
	assert!(tally.calls >= 10_000, "the histories are too short: {tally:?}");
	let enough = [tally.failed, tally.published, tally.distributed, tally.credited_from_pools];
	assert!(enough.iter().all(|count| *count > 250), "the histories show too little: {tally:?}");
	let some = [tally.departed, tally.disputed, tally.judged, tally.withdrawn];
	assert!(some.iter().all(|count| *count > 100), "the histories show too little: {tally:?}");
	assert!(tally.below_minimum > 0, "nobody was below the existential deposit: {tally:?}");
}
