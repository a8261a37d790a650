//! The pallet against a model that is too simple to be wrong, over random histories.
//!
//! The model knows no spans, generations or running sums: each version is a copy of what was accepted, each contribution
//! remembers its curators by name, and who holds a root is searched for. After each call accounts and records are
//! compared and the invariants checked, after every fourth all versions, and a call that fails must leave the state as it
//! was.

use super::*;
use proptest::{
	prelude::*,
	strategy::ValueTree,
	test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use std::collections::{BTreeMap, BTreeSet};

/// 50 histories of 200 calls.
const HISTORIES: u32 = 50;
const CALLS: usize = 200;

/// To repeat a run, put the seed here that it printed.
const SEED: Option<[u8; 32]> = None;

/// Contents are drawn from so few that rivals often meet.
const CONTENTS: u8 = 10;

/// A datanet is created with the first of them; the last is none.
const TAGS: [&[u8]; 4] = [b"botany", b"b", b"c", b"None"];

#[derive(Clone, Debug)]
enum Call {
	Create { curators: Option<Vec<u64>> },
	SetPaused { paused: bool },
	Retire,
	RemoveDatanet,
	Describe { name_bytes: usize, tags: Vec<usize> },
	ProposeOwner { to: Option<u64> },
	AcceptOwnership,
	ProposeCurators { curators: Option<Vec<u64>> },
	EnactCurators,
	Commit { contents: Vec<u8> },
	Clear { which: usize },
	Register { which: usize },
	Contribute { content: u8, locator_bytes: usize },
	Accept,
	Review { weight: Option<u8> },
	Expire,
	Withdraw,
	SetLocator { locator_bytes: usize },
	Release,
	Publish,
	Challenge,
	Draw { renewed: bool },
	Answer { truly: bool },
	CloseChallenge,
	Dispute { redirect: bool },
	Vote { uphold: bool },
	Judge { uphold: bool },
	CloseDispute,
	ClearReservation { content: u8 },
	SetPrices { conduct: Balance, storage: Balance, per_byte: Balance, bond: Balance },
	SetWindows { windows: Windows },
}

/// One step of a history: time passes, then an account calls. Whom it means is drawn as well as who would be right, so
/// that calls often succeed although accounts are many.
#[derive(Clone, Debug)]
struct Step {
	passed_ms: u64,
	signer: u64,
	as_entitled: bool,
	datanet: u32,
	contribution: usize,
	call: Call,
}

fn any_curators() -> impl Strategy<Value = Vec<u64>> {
	prop::collection::vec(1..=ACCOUNTS, 1..5)
}

/// Around [`WINDOWS`], so that what can be done in them stays likely; sometimes unsound.
fn any_windows() -> impl Strategy<Value = Windows> {
	let commitments = (0..120u64, 100..1_000u64, 700..1_200u64);
	let others = (900..2_400u64, 0..140u64, 0..480u64, 0..150u64, 0..280u64);
	(commitments, others).prop_map(|(commitments, others)| {
		let (commitment_age_ms, commitment_lifetime_ms, acceptance_ms) = commitments;
		let (deposit_ms, curators_ms, publication_ms, challenge_ms, dispute_ms) = others;
		Windows {
			commitment_age_ms,
			commitment_lifetime_ms,
			acceptance_ms,
			deposit_ms,
			curators_ms,
			publication_ms,
			challenge_ms,
			dispute_ms,
		}
	})
}

fn any_call() -> impl Strategy<Value = Call> {
	let name_bytes = prop_oneof![9 => 1..9usize, 1 => Just(0)];
	let tags = prop::collection::vec(prop_oneof![12 => 0..3usize, 1 => Just(3)], 0..4);
	let contents = prop::collection::vec(0..CONTENTS, 1..4);
	prop_oneof![
		1 => prop::option::weighted(0.6, any_curators()).prop_map(|curators| Call::Create { curators }),
		2 => prop::bool::weighted(0.3).prop_map(|paused| Call::SetPaused { paused }),
		1 => prop::bool::weighted(0.25).prop_map(|really| match really {
			true => Call::Retire,
			false => Call::RemoveDatanet,
		}),
		1 => (name_bytes, tags).prop_map(|(name_bytes, tags)| Call::Describe { name_bytes, tags }),
		1 => prop::option::weighted(0.9, 1..=ACCOUNTS).prop_map(|to| Call::ProposeOwner { to }),
		2 => Just(Call::AcceptOwnership),
		2 => prop::option::weighted(0.9, any_curators())
			.prop_map(|curators| Call::ProposeCurators { curators }),
		3 => Just(Call::EnactCurators),
		8 => contents.prop_map(|contents| Call::Commit { contents }),
		1 => (0..8usize).prop_map(|which| Call::Clear { which }),
		12 => (0..8usize).prop_map(|which| Call::Register { which }),
		10 => (0..CONTENTS, prop_oneof![1 => Just(0usize), 4 => 3..40usize])
			.prop_map(|(content, locator_bytes)| Call::Contribute { content, locator_bytes }),
		6 => Just(Call::Accept),
		20 => prop::option::weighted(0.75, prop_oneof![20 => 1..=100u8, 1 => Just(0), 1 => Just(101)])
			.prop_map(|weight| Call::Review { weight }),
		4 => Just(Call::Expire),
		3 => Just(Call::Withdraw),
		2 => (0..40usize).prop_map(|locator_bytes| Call::SetLocator { locator_bytes }),
		2 => Just(Call::Release),
		8 => Just(Call::Publish),
		5 => Just(Call::Challenge),
		12 => prop::bool::weighted(0.2).prop_map(|renewed| Call::Draw { renewed }),
		12 => prop::bool::weighted(0.8).prop_map(|truly| Call::Answer { truly }),
		4 => Just(Call::CloseChallenge),
		4 => prop::bool::weighted(0.7).prop_map(|redirect| Call::Dispute { redirect }),
		20 => any::<bool>().prop_map(|uphold| Call::Vote { uphold }),
		1 => any::<bool>().prop_map(|uphold| Call::Judge { uphold }),
		3 => Just(Call::CloseDispute),
		3 => (0..CONTENTS).prop_map(|content| Call::ClearReservation { content }),
		1 => (0..60u64, 0..90u64, 0..3u64, prop_oneof![9 => 0..200u64, 1 => Just(ENDOWMENT)])
			.prop_map(|(conduct, storage, per_byte, bond)| Call::SetPrices { conduct, storage, per_byte, bond }),
		1 => any_windows().prop_map(|windows| Call::SetWindows { windows }),
	]
}

/// Mostly one of those that every history begins with.
fn any_datanet() -> impl Strategy<Value = u32> {
	prop_oneof![5 => 0..3u32, 1 => 0..6u32]
}

fn any_step() -> impl Strategy<Value = Step> {
	let passed_ms = prop_oneof![8 => Just(0), 8 => 1..20u64, 3 => 20..70u64, 1 => 70..400u64];
	(passed_ms, 1..=ACCOUNTS, prop::bool::weighted(0.85), any_datanet(), 0..64usize, any_call()).prop_map(
		|(passed_ms, signer, as_entitled, datanet, contribution, call)| Step {
			passed_ms,
			signer,
			as_entitled,
			datanet,
			contribution,
			call,
		},
	)
}

#[derive(Clone, Debug, PartialEq)]
enum State {
	Pending { not_before: u64, expires: u64, curators: Option<Vec<u64>>, ballot: Vec<(u64, Option<u8>)> },
	Accepted { weight: u8 },
	Departed { weight: u8, taken_down: bool },
}

#[derive(Clone, Debug)]
struct ModelDispute {
	claimant: u64,
	redirect: bool,
	judges: Option<Vec<u64>>,
	votes: Vec<(u64, bool)>,
	deadline: u64,
	bond: Balance,
}

#[derive(Clone, Debug)]
struct ModelContribution {
	datanet: u32,
	contributor: u64,
	beneficiary: u64,
	content: u8,
	listing: bool,
	locator_bytes: usize,
	commitment: u64,
	conduct: Balance,
	storage: Balance,
	deposit_until: u64,
	state: State,
	/// Who asks, until when once that is drawn, and the bond.
	challenge: Option<(u64, Option<u64>, Balance)>,
	dispute: Option<ModelDispute>,
}

#[derive(Clone, Debug)]
struct ModelDatanet {
	owner: u64,
	name: Vec<u8>,
	/// Places in [`TAGS`].
	tags: Vec<usize>,
	proposed: Option<u64>,
	status: DatanetStatus,
	curators: Option<Vec<u64>>,
	next_curators: Option<(Vec<u64>, u64)>,
	/// Once it is retired: from when on anybody may remove what no version holds.
	expirable: Option<u64>,
	/// The number of the next commitment when it was closed.
	closed: Option<u64>,
	publishable: u64,
	/// What each version holds, with weights.
	versions: Vec<BTreeMap<u64, u8>>,
}

#[derive(Clone, Debug)]
struct ModelCommitment {
	account: u64,
	contents: Vec<u8>,
	number: u64,
	usable: u64,
	expires: u64,
}

#[derive(Clone, Debug)]
struct ModelReservation {
	account: u64,
	depositor: u64,
	commitment: u64,
	until: u64,
	deposit: Balance,
}

#[derive(Clone, Debug)]
struct Prices {
	conduct: Balance,
	storage: Balance,
	per_byte: Balance,
	bond: Balance,
}

#[derive(Clone)]
struct Model {
	now: u64,
	prices: Prices,
	windows: Windows,
	free: BTreeMap<u64, Balance>,
	burned: Balance,
	datanets: BTreeMap<u32, ModelDatanet>,
	next_datanet: u32,
	contributions: BTreeMap<u64, ModelContribution>,
	next_contribution: u64,
	reserved: BTreeMap<u8, ModelReservation>,
	commitments: Vec<ModelCommitment>,
	next_commitment: u64,
}

/// What stops a call in the model.
struct Refused;

type Applied = Result<(), Refused>;

fn must(rule: bool) -> Applied {
	rule.then_some(()).ok_or(Refused)
}

fn is_set<Item: Ord>(items: &[Item]) -> bool {
	items.iter().collect::<BTreeSet<_>>().len() == items.len()
}

impl Model {
	fn new() -> Self {
		Self {
			now: 0,
			prices: Prices { conduct: 15, storage: 20, per_byte: 1, bond: 31 },
			windows: WINDOWS,
			free: (1..=ACCOUNTS).map(|account| (account, ENDOWMENT)).collect(),
			burned: 0,
			datanets: BTreeMap::new(),
			next_datanet: 0,
			contributions: BTreeMap::new(),
			next_contribution: 0,
			reserved: BTreeMap::new(),
			commitments: Vec::new(),
			next_commitment: 0,
		}
	}

	/// The existential deposit stays free.
	fn take(&mut self, account: u64, amount: Balance) -> Applied {
		let free = self.free.get_mut(&account).ok_or(Refused)?;
		must(amount == 0 || amount < *free)?;
		*free -= amount;
		Ok(())
	}

	fn give(&mut self, account: u64, amount: Balance) {
		*self.free.get_mut(&account).expect("every account is in the model") += amount;
	}

	/// Half of a bond to somebody, the rest to nobody.
	fn forfeit(&mut self, bond: Balance, to: u64) {
		self.give(to, bond / 2);
		self.burned += bond - bond / 2;
	}

	fn in_a_version(&self, id: u64) -> bool {
		self.datanets.values().flat_map(|datanet| &datanet.versions).any(|version| version.contains_key(&id))
	}

	fn owned(&mut self, id: u32, signer: u64) -> Result<&mut ModelDatanet, Refused> {
		let datanet = self.datanets.get_mut(&id).ok_or(Refused)?;
		must(datanet.owner == signer)?;
		Ok(datanet)
	}

	fn one(&self, id: u64) -> Result<ModelContribution, Refused> {
		self.contributions.get(&id).cloned().ok_or(Refused)
	}

	fn takes(&self, datanet: u32, commitment: u64) -> Applied {
		must(self.datanets.get(&datanet).ok_or(Refused)?.closed.is_none_or(|first| commitment < first))
	}

	fn storage_price(&self, locator_bytes: usize) -> Balance {
		self.prices.storage + self.prices.per_byte * (MEDIA_TYPE.len() + locator_bytes) as Balance
	}

	fn expirable(&self, id: u64, one: &ModelContribution) -> bool {
		match one.state {
			State::Pending { expires, .. } => self.now >= expires,
			State::Accepted { .. } => {
				let over = self.datanets[&one.datanet].expirable.is_some_and(|from| self.now >= from);
				over && !self.in_a_version(id)
			}
			State::Departed { .. } => false,
		}
	}

	/// What others took away keeps its root for who had contributed it, and what was disputed for who had won it.
	fn remove(&mut self, id: u64, by_others: bool) {
		let redirected = self.contributions[&id].beneficiary != self.contributions[&id].contributor;
		self.remove_for(id, by_others || redirected);
	}

	fn remove_for(&mut self, id: u64, reserved: bool) {
		let one = self.contributions.remove(&id).expect("the caller found it");
		self.give(one.contributor, one.conduct + one.storage);
		if reserved && !one.listing {
			let deposit = one.storage.min(7);
			let until = self.now + self.windows.commitment_lifetime_ms;
			let (account, depositor, commitment) = (one.beneficiary, one.contributor, one.commitment);
			*self.free.get_mut(&depositor).expect("every account is in the model") -= deposit;
			let reserved = ModelReservation { account, depositor, commitment, until, deposit };
			self.reserved.insert(one.content, reserved);
		}
		if let Some((challenger, _, bond)) = one.challenge {
			self.give(challenger, bond);
		}
		if let Some(dispute) = one.dispute {
			self.give(dispute.claimant, dispute.bond);
		}
	}

	fn depart(&mut self, id: u64, taken_down: bool) {
		let one = self.contributions.get_mut(&id).expect("the caller found it");
		let State::Accepted { weight } = one.state else { panic!("only what was accepted departs") };
		one.state = State::Departed { weight, taken_down };
		if let Some((challenger, _, bond)) =
			self.contributions.get_mut(&id).and_then(|one| one.challenge.take())
		{
			self.give(challenger, bond);
		}
	}

	fn leave(&mut self, id: u64, by_others: bool) {
		match self.in_a_version(id) {
			true => self.depart(id, false),
			false => self.remove(id, by_others),
		}
	}

	fn accept(&mut self, id: u64, weight: u8) {
		let deposit_until = self.now + self.windows.deposit_ms;
		let one = self.contributions.get_mut(&id).expect("the caller found it");
		one.state = State::Accepted { weight };
		one.deposit_until = deposit_until;
	}

	/// Registers, and gives back what to hold; nothing if the root is another's.
	fn claim(
		&mut self,
		account: u64,
		datanet: u32,
		content: u8,
		locator_bytes: usize,
		mut commitment: u64,
		not_before: u64,
	) -> Result<Option<Balance>, Refused> {
		let holder = self.contributions.iter().find(|(_, one)| one.content == content && !one.listing);
		let holder = holder.map(|(id, one)| (*id, one.clone()));
		let mut listing = false;
		if let Some((id, one)) = holder {
			if self.in_a_version(id) {
				if one.contributor != account || one.beneficiary != account {
					return Ok(None);
				}
				let here = |other: &ModelContribution| other.content == content && other.datanet == datanet;
				if self.contributions.values().any(here) {
					return Ok(None);
				}
				listing = true;
			} else {
				let expires = self.expirable(id, &one) && one.beneficiary == one.contributor;
				if !expires && commitment >= one.commitment {
					return Ok(None);
				}
				self.remove_for(id, false);
			}
		} else if let Some(reserved) = self.reserved.get(&content).cloned() {
			let alive = self.now < reserved.until;
			if alive && reserved.account != account && commitment >= reserved.commitment {
				return Ok(None);
			}
			if alive && reserved.account == account {
				commitment = commitment.min(reserved.commitment);
			}
			self.reserved.remove(&content);
			self.give(reserved.depositor, reserved.deposit);
		}
		let (conduct, storage) = (self.prices.conduct, self.storage_price(locator_bytes));
		let not_before = if listing { self.now } else { not_before };
		let curators = self.datanets[&datanet].curators.clone();
		let open = curators.is_none();
		let expires = self.now + self.windows.acceptance_ms;
		let one = ModelContribution {
			datanet,
			contributor: account,
			beneficiary: account,
			content,
			listing,
			locator_bytes,
			commitment,
			conduct,
			storage,
			deposit_until: u64::MAX,
			state: State::Pending { not_before, expires, curators, ballot: Vec::new() },
			challenge: None,
			dispute: None,
		};
		let id = self.next_contribution;
		self.contributions.insert(id, one);
		self.next_contribution += 1;
		if open && self.now >= not_before {
			self.accept(id, 1);
		}
		Ok(Some(conduct + storage))
	}

	fn acceptable(&self, one: &ModelContribution) -> Applied {
		let State::Pending { not_before, expires, .. } = one.state else { return Err(Refused) };
		must(self.now >= not_before && self.now < expires)?;
		must(self.datanets[&one.datanet].status != DatanetStatus::Retired)
	}

	fn decide(&mut self, id: u64, uphold: bool) -> Applied {
		let one = self.one(id)?;
		let dispute = one.dispute.clone().ok_or(Refused)?;
		self.contributions.get_mut(&id).expect("it is there").dispute = None;
		if !uphold {
			self.forfeit(dispute.bond, one.beneficiary);
			return Ok(());
		}
		self.give(dispute.claimant, dispute.bond);
		let published = self.in_a_version(id);
		let stored = self.contributions.get_mut(&id).expect("it is there");
		if dispute.redirect {
			stored.beneficiary = dispute.claimant;
			return Ok(());
		}
		stored.locator_bytes = 0;
		match &mut stored.state {
			State::Departed { taken_down, .. } => *taken_down = true,
			_ if published => self.depart(id, true),
			_ => self.remove(id, true),
		}
		Ok(())
	}

	/// Applies a call of a signer, about a datanet and a contribution.
	fn apply(&mut self, signer: u64, datanet: u32, id: u64, call: &Call) -> Applied {
		let (now, windows) = (self.now, self.windows);
		match call {
			Call::Create { curators } => {
				must(curators.as_ref().is_none_or(|curators| is_set(curators)))?;
				self.take(signer, 100)?;
				let created = ModelDatanet {
					owner: signer,
					name: b"flora".to_vec(),
					tags: vec![0],
					proposed: None,
					status: DatanetStatus::Active,
					curators: curators.clone(),
					next_curators: None,
					expirable: None,
					closed: None,
					publishable: now + windows.publication_ms,
					versions: Vec::new(),
				};
				self.datanets.insert(self.next_datanet, created);
				self.next_datanet += 1;
			}
			Call::SetPaused { paused } => {
				let next = self.next_commitment;
				let datanet = self.owned(datanet, signer)?;
				let to = if *paused { DatanetStatus::Paused } else { DatanetStatus::Active };
				must(datanet.status != DatanetStatus::Retired && datanet.status != to)?;
				datanet.status = to;
				datanet.closed = paused.then_some(next);
			}
			Call::Retire => {
				let next = self.next_commitment;
				let datanet = self.owned(datanet, signer)?;
				must(datanet.status != DatanetStatus::Retired)?;
				datanet.status = DatanetStatus::Retired;
				datanet.expirable = Some(now + windows.acceptance_ms);
				datanet.closed.get_or_insert(next);
			}
			Call::RemoveDatanet => {
				must(self.owned(datanet, signer)?.versions.is_empty())?;
				must(self.contributions.values().all(|one| one.datanet != datanet))?;
				self.datanets.remove(&datanet);
				self.give(signer, 100);
			}
			Call::Describe { name_bytes, tags } => {
				let datanet = self.owned(datanet, signer)?;
				must(*name_bytes > 0 && !tags.contains(&(TAGS.len() - 1)) && is_set(tags))?;
				(datanet.name, datanet.tags) = (name(*name_bytes), tags.clone());
			}
			Call::ProposeOwner { to } => self.owned(datanet, signer)?.proposed = *to,
			Call::AcceptOwnership => {
				let owner = self.datanets.get(&datanet).ok_or(Refused)?.owner;
				must(self.datanets[&datanet].proposed == Some(signer))?;
				self.take(signer, 100)?;
				self.give(owner, 100);
				let datanet = self.datanets.get_mut(&datanet).ok_or(Refused)?;
				(datanet.owner, datanet.proposed, datanet.next_curators) = (signer, None, None);
			}
			Call::ProposeCurators { curators } => {
				let datanet = self.owned(datanet, signer)?;
				must(datanet.curators.is_some())?;
				must(curators.as_ref().is_none_or(|curators| is_set(curators)))?;
				datanet.next_curators = curators.clone().map(|next| (next, now + windows.curators_ms));
			}
			Call::EnactCurators => {
				let datanet = self.datanets.get_mut(&datanet).ok_or(Refused)?;
				let (next, when) = datanet.next_curators.clone().ok_or(Refused)?;
				must(now >= when)?;
				(datanet.curators, datanet.next_curators) = (Some(next), None);
			}
			Call::Commit { contents } => {
				let same = |other: &ModelCommitment| other.account == signer && other.contents == *contents;
				must(!self.commitments.iter().any(same))?;
				self.take(signer, 7)?;
				let number = self.next_commitment;
				self.next_commitment += 1;
				let (usable, expires) =
					(now + windows.commitment_age_ms, now + windows.commitment_lifetime_ms);
				let contents = contents.clone();
				self.commitments.push(ModelCommitment { account: signer, contents, number, usable, expires });
			}
			Call::Clear { which } => {
				let made = self.commitments.get(*which).cloned().ok_or(Refused)?;
				must(made.account == signer || now >= made.expires)?;
				self.commitments.remove(*which);
				self.give(made.account, 7);
			}
			Call::Register { which } => {
				// The call names contents alone: the signer may have committed to those of another's commitment, too.
				let contents = &self.commitments.get(*which).ok_or(Refused)?.contents;
				let own = |made: &ModelCommitment| made.account == signer && made.contents == *contents;
				let place = self.commitments.iter().position(own).ok_or(Refused)?;
				let made = self.commitments[place].clone();
				self.takes(datanet, made.number)?;
				must((made.usable..made.expires).contains(&now))?;
				self.commitments.remove(place);
				self.give(signer, 7);
				let mut total = 0;
				for content in &made.contents {
					let claimed = self.claim(signer, datanet, *content, LOCATOR.len(), made.number, now)?;
					total += claimed.unwrap_or_default();
				}
				self.take(signer, total)?;
			}
			Call::Contribute { content, locator_bytes } => {
				let number = self.next_commitment;
				self.takes(datanet, number)?;
				self.next_commitment += 1;
				let not_before = now + windows.commitment_age_ms;
				let claimed = self.claim(signer, datanet, *content, *locator_bytes, number, not_before)?;
				self.take(signer, claimed.ok_or(Refused)?)?;
			}
			Call::Accept => {
				let one = self.one(id)?;
				self.acceptable(&one)?;
				must(matches!(one.state, State::Pending { curators: None, .. }))?;
				self.accept(id, 1);
			}
			Call::Review { weight } => self.review(signer, id, *weight)?,
			Call::Expire => {
				must(self.expirable(id, &self.one(id)?))?;
				self.remove(id, false);
			}
			Call::Withdraw => {
				let one = self.one(id)?;
				must(one.contributor == signer)?;
				let retired = self.datanets[&one.datanet].status == DatanetStatus::Retired;
				match one.state {
					State::Pending { .. } => self.remove(id, retired),
					State::Accepted { .. } => self.leave(id, retired),
					State::Departed { .. } => return Err(Refused),
				}
			}
			Call::SetLocator { locator_bytes } => {
				let one = self.one(id)?;
				must(one.contributor == signer && *locator_bytes >= 3)?;
				must(!matches!(one.state, State::Departed { taken_down: true, .. }))?;
				let price = self.storage_price(*locator_bytes);
				self.take(signer, price.saturating_sub(one.storage))?;
				self.give(signer, one.storage.saturating_sub(price));
				let stored = self.contributions.get_mut(&id).ok_or(Refused)?;
				(stored.storage, stored.locator_bytes) = (price, *locator_bytes);
			}
			Call::Release => {
				let one = self.one(id)?;
				must(now >= one.deposit_until && one.conduct > 0)?;
				self.give(one.contributor, one.conduct);
				self.contributions.get_mut(&id).ok_or(Refused)?.conduct = 0;
			}
			Call::Publish => {
				let record = self.datanets.get(&datanet).ok_or(Refused)?.clone();
				must(record.status != DatanetStatus::Retired)?;
				must(record.owner == signer || now >= record.publishable)?;
				let members = self.contributions.iter().filter(|(_, one)| one.datanet == datanet);
				let members = members.filter_map(|(id, one)| match one.state {
					State::Accepted { weight } => Some((*id, weight)),
					_ => None,
				});
				let members: BTreeMap<_, _> = members.collect();
				must(!members.is_empty() && record.versions.last() != Some(&members))?;
				self.take(signer, 9)?;
				self.burned += 9;
				let record = self.datanets.get_mut(&datanet).ok_or(Refused)?;
				record.versions.push(members);
				record.publishable = now + windows.publication_ms;
			}
			Call::Challenge => {
				let one = self.one(id)?;
				must(matches!(one.state, State::Accepted { .. }) && one.challenge.is_none())?;
				must(one.locator_bytes > 0 && signer != one.contributor && signer != one.beneficiary)?;
				must(self.datanets[&one.datanet].status != DatanetStatus::Retired)?;
				let bond = self.prices.bond;
				self.take(signer, bond)?;
				self.contributions.get_mut(&id).ok_or(Refused)?.challenge = Some((signer, None, bond));
			}
			Call::Draw { renewed } => {
				let (_, deadline, _) =
					self.contributions.get_mut(&id).ok_or(Refused)?.challenge.as_mut().ok_or(Refused)?;
				must(deadline.is_none())?;
				*deadline = (!renewed).then_some(now + windows.challenge_ms);
			}
			Call::Answer { truly } => {
				let one = self.one(id)?;
				let (_, deadline, bond) = one.challenge.ok_or(Refused)?;
				must(now < deadline.ok_or(Refused)? && *truly)?;
				self.forfeit(bond, one.contributor);
				self.contributions.get_mut(&id).ok_or(Refused)?.challenge = None;
			}
			Call::CloseChallenge => {
				let (_, deadline, _) = self.one(id)?.challenge.ok_or(Refused)?;
				must(now >= deadline.ok_or(Refused)?)?;
				self.leave(id, false);
			}
			Call::Dispute { redirect } => {
				let one = self.one(id)?;
				must(!matches!(one.state, State::Pending { .. }) && one.dispute.is_none())?;
				must(signer != one.beneficiary && (*redirect || signer != one.contributor))?;
				let taken_down = matches!(one.state, State::Departed { taken_down: true, .. });
				must(*redirect || !taken_down)?;
				let bond = self.prices.bond;
				self.take(signer, bond)?;
				let judges = self.datanets[&one.datanet].curators.clone();
				let (claimant, redirect, deadline) = (signer, *redirect, now + windows.dispute_ms);
				let dispute = ModelDispute { claimant, redirect, judges, votes: Vec::new(), deadline, bond };
				self.contributions.get_mut(&id).ok_or(Refused)?.dispute = Some(dispute);
			}
			Call::Vote { uphold } => self.vote(signer, id, *uphold)?,
			Call::Judge { uphold } => self.decide(id, *uphold)?,
			Call::CloseDispute => {
				must(now >= self.one(id)?.dispute.ok_or(Refused)?.deadline)?;
				self.decide(id, false)?;
			}
			Call::ClearReservation { content } => {
				let reserved = self.reserved.get(content).cloned().ok_or(Refused)?;
				must(reserved.account == signer || now >= reserved.until)?;
				self.reserved.remove(content);
				self.give(reserved.depositor, reserved.deposit);
			}
			Call::SetPrices { conduct, storage, per_byte, bond } => {
				let (conduct, storage, per_byte, bond) = (*conduct, *storage, *per_byte, *bond);
				self.prices = Prices { conduct, storage, per_byte, bond };
			}
			Call::SetWindows { windows } => {
				must(windows.commitment_age_ms < windows.commitment_lifetime_ms)?;
				must(windows.commitment_lifetime_ms < windows.acceptance_ms)?;
				must(windows.challenge_ms > 0 && windows.dispute_ms > 0)?;
				self.windows = *windows;
			}
		}
		Ok(())
	}

	fn review(&mut self, signer: u64, id: u64, weight: Option<u8>) -> Applied {
		let one = self.one(id)?;
		must(weight.is_none_or(|weight| (1..=100).contains(&weight)))?;
		self.acceptable(&one)?;
		let State::Pending { curators: Some(curators), mut ballot, not_before, expires } = one.state else {
			return Err(Refused);
		};
		must(curators.contains(&signer) && signer != one.contributor)?;
		must(ballot.iter().all(|(curator, _)| *curator != signer))?;
		ballot.push((signer, weight));
		let mut weights: Vec<u8> = ballot.iter().filter_map(|(_, weight)| *weight).collect();
		weights.sort_unstable();
		let can_review = curators.iter().filter(|curator| **curator != one.contributor).count();
		let silent = can_review - ballot.len();
		if weights.len() * 2 > curators.len() {
			self.accept(id, weights[(weights.len() - 1) / 2]);
		} else if (weights.len() + silent) * 2 <= curators.len() {
			self.remove(id, true);
		} else {
			let curators = Some(curators);
			self.contributions.get_mut(&id).ok_or(Refused)?.state =
				State::Pending { not_before, expires, curators, ballot };
		}
		Ok(())
	}

	fn vote(&mut self, signer: u64, id: u64, uphold: bool) -> Applied {
		let one = self.one(id)?;
		let mut dispute = one.dispute.ok_or(Refused)?;
		must(self.now < dispute.deadline)?;
		let judges = dispute.judges.clone().ok_or(Refused)?;
		let parties = [one.contributor, one.beneficiary, dispute.claimant];
		must(judges.contains(&signer) && !parties.contains(&signer))?;
		must(dispute.votes.iter().all(|(judge, _)| *judge != signer))?;
		let eligible = judges.iter().filter(|judge| !parties.contains(judge)).count();
		must(eligible * 2 > judges.len())?;
		dispute.votes.push((signer, uphold));
		let yes = dispute.votes.iter().filter(|(_, uphold)| *uphold).count();
		let silent = eligible - dispute.votes.len();
		let total = judges.len();
		self.contributions.get_mut(&id).ok_or(Refused)?.dispute = Some(dispute);
		if yes * 2 > total {
			self.decide(id, true)?;
		} else if (yes + silent) * 2 <= total {
			self.decide(id, false)?;
		}
		Ok(())
	}

	/// The place of a commitment that can be used now, if there is one.
	fn usable(&self, which: usize) -> usize {
		let usable = |made: &ModelCommitment| (made.usable..made.expires).contains(&self.now);
		let usable = (0..self.commitments.len()).filter(|place| usable(&self.commitments[*place]));
		let usable: Vec<usize> = usable.collect();
		which.checked_rem(usable.len()).map_or(which, |place| usable[place])
	}

	/// Whether a call has a chance.
	fn fits(&self, call: &Call, one: &ModelContribution) -> bool {
		let accepted = matches!(one.state, State::Accepted { .. });
		match call {
			Call::Accept => {
				self.acceptable(one).is_ok() && matches!(one.state, State::Pending { curators: None, .. })
			}
			Call::Review { .. } => {
				self.acceptable(one).is_ok() && matches!(one.state, State::Pending { curators: Some(_), .. })
			}
			Call::Challenge => accepted && one.challenge.is_none(),
			Call::Draw { .. } => one.challenge.is_some_and(|(_, deadline, _)| deadline.is_none()),
			Call::Answer { .. } | Call::CloseChallenge => {
				one.challenge.is_some_and(|(_, deadline, _)| deadline.is_some())
			}
			Call::Dispute { .. } => !matches!(one.state, State::Pending { .. }) && one.dispute.is_none(),
			Call::Vote { .. } | Call::Judge { .. } | Call::CloseDispute => one.dispute.is_some(),
			Call::Expire => self.contributions.iter().any(|(id, other)| {
				other.content == one.content && other.datanet == one.datanet && self.expirable(*id, other)
			}),
			Call::Release => one.conduct > 0 && one.deposit_until <= self.now,
			_ => true,
		}
	}

	/// Who would be right to call it.
	fn entitled(&self, step: &Step, id: u64) -> u64 {
		let owner = self.datanets.get(&step.datanet).map(|datanet| datanet.owner);
		let one = self.contributions.get(&id);
		let entitled = match &step.call {
			Call::SetPaused { .. }
			| Call::Retire
			| Call::RemoveDatanet
			| Call::Describe { .. }
			| Call::ProposeOwner { .. }
			| Call::ProposeCurators { .. }
			| Call::Publish => owner,
			Call::AcceptOwnership => self.datanets.get(&step.datanet).and_then(|datanet| datanet.proposed),
			Call::Clear { which } | Call::Register { which } => {
				self.commitments.get(*which).map(|made| made.account)
			}
			Call::Withdraw | Call::SetLocator { .. } => one.map(|one| one.contributor),
			Call::ClearReservation { content } => self.reserved.get(content).map(|kept| kept.account),
			Call::Review { .. } => one.and_then(|one| match &one.state {
				State::Pending { curators: Some(curators), ballot, .. } => {
					let silent = |curator: &&u64| {
						**curator != one.contributor && ballot.iter().all(|(other, _)| other != *curator)
					};
					curators.iter().find(silent).copied()
				}
				_ => None,
			}),
			Call::Vote { .. } => one.and_then(|one| {
				let dispute = one.dispute.as_ref()?;
				let parties = [one.contributor, one.beneficiary, dispute.claimant];
				let silent = |judge: &&u64| {
					!parties.contains(judge) && dispute.votes.iter().all(|(other, _)| other != *judge)
				};
				dispute.judges.as_ref()?.iter().find(silent).copied()
			}),
			_ => None,
		};
		entitled.unwrap_or(step.signer)
	}

	fn held(&self, account: u64) -> Balance {
		let datanets = self.datanets.values().filter(|datanet| datanet.owner == account).count();
		let made = self.commitments.iter().filter(|made| made.account == account).count();
		let contributions = self.contributions.values().map(|one| {
			let own = if one.contributor == account { one.conduct + one.storage } else { 0 };
			let asked = one.challenge.filter(|(by, ..)| *by == account).map_or(0, |(.., bond)| bond);
			let claimed = one.dispute.as_ref().filter(|dispute| dispute.claimant == account);
			own + asked + claimed.map_or(0, |dispute| dispute.bond)
		});
		let reserved =
			self.reserved.values().filter(|kept| kept.depositor == account).map(|kept| kept.deposit);
		let reserved = reserved.sum::<Balance>();
		100 * datanets as Balance + 7 * made as Balance + contributions.sum::<Balance>() + reserved
	}
}

/// Content number `content`: of one byte, of one chunk, of several.
fn content_bytes(content: u8) -> Vec<u8> {
	vec![content; 1 + usize::from(content) * 400]
}

fn name(bytes: usize) -> Vec<u8> {
	vec![b'n'; bytes]
}

fn locator(bytes: usize) -> Vec<u8> {
	let mut locator = b"a:".to_vec();
	locator.resize(bytes, b'x');
	locator
}

fn chunk_slice(content: u8, chunk: u64) -> Vec<u8> {
	let bytes = content_bytes(content);
	let (encoded, _) = bao::encode::encode(&bytes);
	let (start, mut slice) = (chunk * 1_024, Vec::new());
	let len = (bytes.len() as u64 - start).min(1_024);
	let mut extractor = bao::encode::SliceExtractor::new(std::io::Cursor::new(encoded), start, len);
	std::io::Read::read_to_end(&mut extractor, &mut slice).expect("memory is readable");
	slice
}

fn dispatch(model: &Model, signer: u64, datanet: u32, id: u64, call: &Call) -> DispatchResult {
	let (origin, datanet, id) = (signed(signer), DatanetId(datanet), ContributionId(id));
	let curated = |curators: &Vec<u64>| -> CuratorsOf<Test> { listed(curators.iter().copied()) };
	let made = |which: usize| match model.commitments.get(which) {
		Some(made) => made.clone(),
		None => ModelCommitment { account: signer, contents: vec![99], number: 0, usable: 0, expires: 0 },
	};
	let roots =
		|contents: &[u8]| contents.iter().map(|content| root(&content_bytes(*content))).collect::<Vec<_>>();
	match call {
		Call::Create { curators: None } => create_datanet(signer),
		Call::Create { curators: Some(curators) } => create_curated(signer, curators),
		Call::SetPaused { paused } => Datanets::set_paused(origin, datanet, *paused),
		Call::Retire => Datanets::retire(origin, datanet),
		Call::RemoveDatanet => Datanets::remove_datanet(origin, datanet),
		Call::Describe { name_bytes, tags } => {
			let tags = listed(tags.iter().map(|tag| bounded(TAGS[*tag])));
			Datanets::describe(origin, datanet, bounded(&name(*name_bytes)), tags)
		}
		Call::ProposeOwner { to } => Datanets::propose_owner(origin, datanet, *to),
		Call::AcceptOwnership => Datanets::accept_ownership(origin, datanet),
		Call::ProposeCurators { curators } => {
			Datanets::propose_curators(origin, datanet, curators.as_ref().map(curated))
		}
		Call::EnactCurators => Datanets::enact_curators(origin, datanet),
		Call::Commit { contents } => {
			let hash = Datanets::commitment_hash(&signer, &SALT, roots(contents));
			Datanets::commit(origin, hash)
		}
		Call::Clear { which } => {
			let made = made(*which);
			let hash = Datanets::commitment_hash(&made.account, &SALT, roots(&made.contents));
			Datanets::clear_commitment(origin, made.account, hash)
		}
		Call::Register { which } => {
			let contents = made(*which).contents;
			let batch = contents.iter().map(|content| registration(&content_bytes(*content)));
			register_all(signer, datanet.0, batch)
		}
		Call::Contribute { content, locator_bytes } => {
			let locator = if *locator_bytes == 0 { Vec::new() } else { locator(*locator_bytes) };
			let proven = prove(&content_bytes(*content));
			contribute_with(signer, datanet.0, &proven, MEDIA_TYPE, &locator)
		}
		Call::Accept => Datanets::accept(origin, id),
		Call::Review { weight } => {
			let verdict = weight.map_or(Verdict::Reject, |weight| Verdict::Accept { weight });
			Datanets::review(origin, id, verdict)
		}
		Call::Expire => Datanets::expire(origin, id),
		Call::Withdraw => Datanets::withdraw(origin, id),
		Call::SetLocator { locator_bytes } => {
			Datanets::set_locator(origin, id, bounded(&locator(*locator_bytes)))
		}
		Call::Release => Datanets::release_deposit(origin, id),
		Call::Publish => Datanets::publish(origin, datanet),
		Call::Challenge => Datanets::challenge(origin, id),
		Call::Draw { renewed } => {
			let asked = crate::Challenges::<Test>::get(id).map(|open| open.question);
			if let Some(Question::Asked { at }) = asked {
				let hash = if *renewed { Default::default() } else { sp_core::H256::repeat_byte(1) };
				frame_system::BlockHash::<Test>::insert(at, hash);
			}
			System::set_block_number(System::block_number() + 1);
			Datanets::draw_chunk(origin, id)
		}
		Call::Answer { truly } => {
			let content = model.contributions.get(&id.0).map_or(0, |one| one.content);
			let chunk = Datanets::challenge_of(id).and_then(|challenge| challenge.chunk).unwrap_or_default();
			let mut slice = chunk_slice(content, chunk);
			if !truly {
				*slice.last_mut().expect("a slice is not empty") ^= 1;
			}
			Datanets::answer(origin, id, bounded(&slice))
		}
		Call::CloseChallenge => Datanets::close_challenge(origin, id),
		Call::Dispute { redirect } => {
			let remedy = if *redirect { Remedy::Redirect } else { Remedy::Takedown };
			Datanets::dispute(origin, id, remedy, None)
		}
		Call::Vote { uphold } => Datanets::vote(origin, id, *uphold),
		Call::Judge { uphold } => Datanets::judge(RuntimeOrigin::root(), id, *uphold),
		Call::CloseDispute => Datanets::close_dispute(origin, id),
		Call::ClearReservation { content } => {
			Datanets::clear_reservation(origin, root(&content_bytes(*content)))
		}
		Call::SetPrices { conduct, storage, per_byte, bond } => {
			ConductDeposit::set(*conduct);
			StorageDepositBase::set(*storage);
			StorageDepositPerByte::set(*per_byte);
			ChallengeBond::set(*bond);
			DisputeBond::set(*bond);
			Ok(())
		}
		Call::SetWindows { windows } => Datanets::set_windows(RuntimeOrigin::root(), *windows),
	}
}

/// How often each thing happened, to see that the histories show enough.
#[derive(Default, Debug)]
struct Tally {
	succeeded: BTreeMap<String, u32>,
	failed: u32,
	displaced: u32,
}

impl Tally {
	fn count(&mut self, call: &Call, succeeded: bool) {
		let name = format!("{call:?}");
		let name = name.split([' ', '{']).next().unwrap_or_default().to_string();
		match succeeded {
			true => *self.succeeded.entry(name).or_default() += 1,
			false => self.failed += 1,
		}
	}
}

fn play(model: &mut Model, step: &Step, tally: &mut Tally) {
	pass(step.passed_ms);
	model.now += step.passed_ms;
	let mut step = step.clone();
	match &mut step.call {
		Call::Clear { which } => *which %= model.commitments.len() + 1,
		Call::Register { which } => *which = model.usable(*which),
		_ => {}
	}
	let step = &step;
	// One for which the call makes sense, or anyone; sometimes none.
	let fitting = |one: &ModelContribution| !step.as_entitled || model.fits(&step.call, one);
	let ids = model.contributions.iter().filter(|(_, one)| fitting(one)).map(|(id, _)| *id);
	let ids: Vec<u64> = ids.collect();
	let place = step.contribution.checked_rem(ids.len()).unwrap_or_default();
	let id = ids.get(place).copied().unwrap_or(model.next_contribution);
	let signer = if step.as_entitled { model.entitled(step, id) } else { step.signer };
	let mut after = model.clone();
	let expected = after.apply(signer, step.datanet, id, &step.call).is_ok();
	let before = (!expected).then(state_root);
	// As in a block: what fails leaves no trace.
	let result =
		frame_support::storage::with_storage_layer(|| dispatch(model, signer, step.datanet, id, &step.call));
	assert_eq!(result.is_ok(), expected, "{signer} with {step:?} about {id} gave {result:?}");
	tally.count(&step.call, expected);
	match expected {
		true => {
			let gone = model.contributions.keys().filter(|id| !after.contributions.contains_key(id)).count();
			let registers = matches!(step.call, Call::Register { .. } | Call::Contribute { .. });
			tally.displaced += if registers { gone as u32 } else { 0 };
			*model = after;
		}
		false => assert_eq!(before, Some(state_root())),
	}
}

fn state_root() -> Vec<u8> {
	sp_io::storage::root(sp_runtime::StateVersion::V1)
}

fn assert_same(model: &Model) {
	for account in 1..=ACCOUNTS {
		assert_eq!(free(account), model.free[&account], "account {account}");
		assert_eq!(Balances::total_balance_on_hold(&account), model.held(account), "account {account}");
	}
	assert_eq!(Balances::total_issuance(), ENDOWMENT * ACCOUNTS - model.burned);
	assert_eq!(crate::Datanets::<Test>::iter().count(), model.datanets.len());
	for (id, expected) in &model.datanets {
		let actual = Datanets::datanet(DatanetId(*id)).expect("the model has it");
		assert_eq!((actual.owner, actual.status), (expected.owner, expected.status));
		assert_eq!(actual.curators, expected.curators.clone().unwrap_or_default());
		assert_eq!(actual.version.0 as usize, expected.versions.len());
		let tags: Vec<Vec<u8>> = expected.tags.iter().map(|tag| TAGS[*tag].to_vec()).collect();
		assert_eq!((actual.name, actual.tags), (expected.name.clone(), tags));
	}
	for (place, tag) in TAGS.iter().enumerate() {
		let page = Datanets::datanets_by_tag(tag.to_vec(), None, u32::MAX);
		let mut found: Vec<u32> = page.items.iter().map(|info| info.id.0).collect();
		found.sort_unstable();
		let tagged = model.datanets.iter().filter(|(_, datanet)| datanet.tags.contains(&place));
		let tagged: Vec<u32> = tagged.map(|(id, _)| *id).collect();
		assert_eq!((found, page.next), (tagged, None));
	}
	assert_eq!(crate::Contributions::<Test>::iter().count(), model.contributions.len());
	for (id, expected) in &model.contributions {
		let actual = Datanets::contribution(ContributionId(*id)).expect("the model has it");
		assert_eq!((actual.contributor, actual.beneficiary), (expected.contributor, expected.beneficiary));
		assert_eq!(actual.locator.len(), expected.locator_bytes);
		assert_eq!(actual.deposit, expected.conduct + expected.storage);
		assert_eq!(
			(actual.challenged, actual.disputed),
			(expected.challenge.is_some(), expected.dispute.is_some())
		);
		let same = match (&actual.status, &expected.state) {
			(ContributionStatus::Pending { .. }, State::Pending { .. }) => true,
			(ContributionStatus::Accepted { weight, .. }, State::Accepted { weight: expected }) => {
				weight == expected
			}
			(
				ContributionStatus::Departed { weight, cause, .. },
				State::Departed { weight: w, taken_down },
			) => weight == w && (*cause == DepartureCause::TakenDown) == *taken_down,
			_ => false,
		};
		assert!(same, "{actual:?} is not {expected:?}");
		if !expected.listing {
			assert_eq!(Datanets::contribution_by_root(actual.content.root).map(|info| info.id.0), Some(*id));
		}
	}
}

/// Every version holds for ever what the model copied, whatever happened since; and the positions add up to it for each
/// of their holders.
fn assert_same_versions(model: &Model) {
	let positions: Vec<_> = PositionWeights::iter().collect();
	for (datanet, record) in &model.datanets {
		for (index, members) in record.versions.iter().enumerate() {
			let number = DatanetVersion(index as u32 + 1);
			let mut listed = BTreeMap::new();
			let mut cursor = None;
			loop {
				let page = Datanets::members(DatanetId(*datanet), number, cursor, 7);
				listed.extend(page.items.iter().map(|(id, weight)| (id.0, *weight)));
				match page.next {
					Some(next) => cursor = Some(next),
					None => break,
				}
			}
			assert_eq!(listed, *members);
			let here = model.contributions.iter().filter(|(_, one)| one.datanet == *datanet);
			for (id, _) in here {
				assert_eq!(Datanets::weight_at(ContributionId(*id), number), members.get(id).copied());
			}
			let mut expected = BTreeMap::<Holder<u64>, u64>::new();
			for (id, weight) in members {
				let one = &model.contributions[id];
				let escrowed = one.dispute.as_ref().is_some_and(|dispute| dispute.redirect);
				let holder = match escrowed {
					true => Holder::Escrow(ContributionId(*id)),
					false => Holder::Account(one.beneficiary),
				};
				*expected.entry(holder).or_default() += u64::from(*weight);
			}
			let mut actual = BTreeMap::<Holder<u64>, u64>::new();
			for ((holder, at, from, until), weight) in &positions {
				let holds = *from <= number && until.is_none_or(|until| number < until);
				if at.0 == *datanet && holds {
					*actual.entry(holder.clone()).or_default() += weight;
				}
			}
			assert_eq!(actual, expected, "version {number:?} of {datanet}");
			let frozen = VersionWeights::get((DatanetId(*datanet), number));
			assert_eq!(frozen, Some(expected.values().sum()));
		}
	}
}

/// At the end of every history everybody gets back what is not for ever.
fn unwind(model: &mut Model) {
	let step = |model: &mut Model, signer, id, call: Call| {
		let result = frame_support::storage::with_storage_layer(|| dispatch(model, signer, 0, id, &call));
		assert_eq!(result.is_ok(), model.clone().apply(signer, 0, id, &call).is_ok(), "{call:?}");
		if result.is_ok() {
			assert!(model.apply(signer, 0, id, &call).is_ok());
		}
	};
	let windows = model.windows;
	// Longer than any window.
	pass(10_000);
	model.now += 10_000;
	for _ in 0..model.commitments.len() {
		step(model, 1, 0, Call::Clear { which: 0 });
	}
	for id in model.contributions.keys().copied().collect::<Vec<_>>() {
		let draw = Call::Draw { renewed: false };
		for call in [Call::CloseDispute, draw, Call::CloseChallenge, Call::Expire, Call::Release] {
			pass(windows.challenge_ms);
			model.now += windows.challenge_ms;
			step(model, 1, id, call);
		}
	}
	pass(windows.commitment_lifetime_ms);
	model.now += windows.commitment_lifetime_ms;
	for content in model.reserved.keys().copied().collect::<Vec<_>>() {
		step(model, 1, 0, Call::ClearReservation { content });
	}
	assert_eq!(crate::Reservations::<Test>::iter().count(), 0);
	assert_same(model);
	assert_same_versions(model);
	for account in 1..=ACCOUNTS {
		for reason in
			[HoldReason::Commitment, HoldReason::Contribution, HoldReason::Challenge, HoldReason::Dispute]
		{
			assert_eq!(held(reason, account), 0);
		}
	}
}

#[test]
fn the_pallet_does_what_the_model_does() {
	let any_seed = || any::<[u8; 32]>().new_tree(&mut TestRunner::default()).expect("any bytes do").current();
	let seed = SEED.unwrap_or_else(any_seed);
	println!("seed: {seed:?}");
	let config = ProptestConfig {
		cases: HISTORIES,
		failure_persistence: None,
		max_shrink_iters: 0,
		..ProptestConfig::default()
	};
	let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
	let tally = std::cell::RefCell::new(Tally::default());
	let checked = runner.run(&prop::collection::vec(any_step(), CALLS), |steps| {
		new_test_ext().execute_with(|| {
			let mut model = Model::new();
			DisputeBond::set(model.prices.bond);
			for (count, step) in beginning().into_iter().chain(steps).enumerate() {
				play(&mut model, &step, &mut tally.borrow_mut());
				assert_same(&model);
				if count % 4 == 0 {
					assert_same_versions(&model);
				}
				assert_ok!(Datanets::check_invariants());
			}
			queries::assert_events_tell_all();
			unwind(&mut model);
			assert_ok!(Datanets::check_invariants());
		});
		Ok(())
	});
	let tally = tally.into_inner();
	println!("{tally:?}");
	checked.unwrap_or_else(|failed| panic!("seed {seed:?}: {failed}"));
	assert!(tally.failed > 1_000 && tally.displaced > 10, "the histories show too little: {tally:?}");
	let kinds = 31;
	let enough = tally.succeeded.len() == kinds && tally.succeeded.values().all(|count| *count > 1);
	assert!(enough, "the histories show too little: {tally:?}");
}

/// Every history begins with an open datanet and two curated ones.
fn beginning() -> Vec<Step> {
	let create = |signer, curators| Step {
		passed_ms: 0,
		signer,
		as_entitled: true,
		datanet: 0,
		contribution: 0,
		call: Call::Create { curators },
	};
	vec![create(1, None), create(2, Some(vec![3, 4, 5])), create(3, Some(vec![1, 2]))]
}
