//! The queue against a simple model: random histories, everything compared after every step.
//!
//! The model keeps a plain list and recomputes readiness, order and limits from their definitions. The checks that matter most:
//! what was accepted is in the queue or has had exactly one final event; counts and bytes are exact.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;

const ACCOUNTS: u8 = 4;
const LIMITS: PoolLimits = PoolLimits {
	count: 14,
	bytes: 260,
	per_account: 7,
	per_agent: 4,
	transaction_bytes_max: 64,
	lifetime_blocks: 100,
};

/// A step of a history.
#[derive(Clone, Debug)]
enum Step {
	/// Submit with a nonce so far from the state's, perhaps at an agent's expense.
	Submit { account: u8, ahead: u32, priority: u64, length: usize, life: u32, payer: Option<u64> },
	/// Submit without a sender.
	Tagged { tags: Vec<u8>, priority: u64, length: usize },
	/// A block with so many of the pool's transactions, and others' of these accounts.
	Block { own: usize, foreign: Vec<u8> },
	/// The operator, or the builder, takes out one of the live ones.
	Remove { which: usize },
	/// An account dies; its nonces start again.
	Die { account: u8 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
	let priority = prop_oneof![Just(100u64), 100u64..140, Just(1_000), Just(u64::MAX)];
	let tags = prop::collection::vec(0u8..5, 1..3);
	let foreign = prop::collection::vec(0..ACCOUNTS, 0..3);
	let step = prop_oneof![
		12 => (0..ACCOUNTS, 0u32..9, priority.clone(), 1usize..50, 1u32..9, prop::option::of(0u64..2)).prop_map(
			|(account, ahead, priority, length, life, payer)| Step::Submit {
				account, ahead, priority, length, life, payer,
			}
		),
		2 => (tags, priority, 1usize..50).prop_map(|(tags, priority, length)| Step::Tagged { tags, priority, length }),
		3 => (0usize..6, foreign).prop_map(|(own, foreign)| Step::Block { own, foreign }),
		2 => any::<usize>().prop_map(|which| Step::Remove { which }),
		1 => (0..ACCOUNTS).prop_map(|account| Step::Die { account }),
	];
	prop::collection::vec(step, 1..120)
}

fn account(n: u8) -> AccountId32 {
	AccountId32::new([n; 32])
}

/// A transaction as the model sees it.
#[derive(Clone, Debug)]
struct Live {
	item: Item,
	arrival: u64,
}

impl Live {
	fn position(&self) -> Position {
		(Reverse(self.item.priority), self.arrival)
	}

	fn at(&self) -> Option<(&AccountId32, u32)> {
		match &self.item.lane {
			Lane::Account { account, nonce } => Some((account, *nonce)),
			Lane::Tags(_) => None,
		}
	}

	fn collides(&self, item: &Item) -> bool {
		match (&self.item.lane, &item.lane) {
			(Lane::Tags(mine), Lane::Tags(theirs)) => mine.iter().any(|tag| theirs.contains(tag)),
			(mine, theirs) => mine == theirs,
		}
	}
}

#[derive(Default)]
struct Model {
	live: Vec<Live>,
	/// Nonces in the chain's state.
	state: HashMap<AccountId32, u32>,
	/// Nonces as the pool must believe them to be, for accounts that it holds something of.
	believed: HashMap<AccountId32, u32>,
	number: BlockNumber,
	submitted: u64,
	/// Last event of everything that was ever accepted.
	last: HashMap<Hash, TransactionStatus>,
}

impl Model {
	fn state_nonce(&self, owner: &AccountId32) -> u32 {
		self.state.get(owner).copied().unwrap_or(0)
	}

	fn holds(&self, owner: &AccountId32, nonce: u32) -> bool {
		self.live.iter().any(|live| live.at() == Some((owner, nonce)))
	}

	fn is_ready(&self, live: &Live) -> bool {
		let Some((owner, nonce)) = live.at() else { return true };
		(self.believed[owner]..nonce).all(|n| self.holds(owner, n))
	}

	fn waiting(&self) -> Vec<Live> {
		let mut waiting: Vec<_> = self.live.iter().filter(|live| !self.is_ready(live)).cloned().collect();
		waiting.sort_by_key(|live| (live.item.priority, Reverse(live.arrival)));
		waiting
	}

	fn drop_if(&mut self, gone: impl Fn(&Live) -> bool) {
		self.live.retain(|live| !gone(live));
		let owners: HashSet<_> =
			self.live.iter().filter_map(|live| live.at().map(|(owner, _)| owner.clone())).collect();
		self.believed.retain(|owner, _| owners.contains(owner));
	}

	fn believe(&mut self, owner: &AccountId32, state_nonce: u32) {
		if let Some(believed) = self.believed.get_mut(owner) {
			*believed = state_nonce;
			self.drop_if(|live| live.at().is_some_and(|(o, nonce)| o == owner && nonce < state_nonce));
		}
	}

	/// Takes the item or says no, by the rules as the documentation gives them.
	fn insert(&mut self, item: &Item) -> bool {
		if let Lane::Account { account: owner, nonce } = &item.lane {
			let state_nonce = self.state_nonce(owner);
			// The pool asks the state when the transaction is due, when it knows nothing, or when what it knows cannot be.
			if *nonce == state_nonce || self.believed.get(owner).is_none_or(|believed| nonce < believed) {
				self.believe(owner, state_nonce);
			}
			let base = self.believed.get(owner).copied().unwrap_or(state_nonce);
			if nonce - base >= LIMITS.per_account {
				return false;
			}
		}
		let replaced: Vec<_> = self.live.iter().filter(|live| live.collides(item)).cloned().collect();
		let enough = |old: &Live| {
			let old = u128::from(old.item.priority);
			let new = u128::from(item.priority);
			new > old && new >= old * 110 / 100
		};
		if !replaced.iter().all(enough) {
			return false;
		}
		let mut after = Model { believed: self.believed.clone(), ..Model::default() };
		after.live = self.live.iter().filter(|live| !live.collides(item)).cloned().collect();
		let mut waiting = self.waiting();
		waiting.retain(|live| !live.collides(item));
		if let Some((owner, _)) = (Live { item: item.clone(), arrival: 0 }).at() {
			let state_nonce = self.state_nonce(owner);
			after.believed.entry(owner.clone()).or_insert(state_nonce);
		}
		after.live.push(Live { item: item.clone(), arrival: self.submitted });
		let waits = !after.is_ready(&after.live[after.live.len() - 1]);
		while !after.agent_may_pay(item) {
			let own = waiting.iter().position(|live| live.item.payer == item.payer);
			let Some(victim) = own.filter(|_| !waits) else { return false };
			let victim = waiting.remove(victim).item.hash;
			after.live.retain(|live| live.item.hash != victim);
		}
		let over = |after: &Model, waiting: &[Live]| {
			let bytes = |list: &[Live]| list.iter().map(|live| live.item.bytes.len()).sum::<usize>();
			let total = after.live.len() > LIMITS.count || bytes(&after.live) > LIMITS.bytes;
			let share =
				waiting.len() + 1 > LIMITS.count / 2 || bytes(waiting) + item.bytes.len() > LIMITS.bytes / 2;
			total || (waits && share)
		};
		while over(&after, &waiting) {
			if waiting.is_empty() || waiting[0].item.priority >= item.priority {
				return false;
			}
			let victim = waiting.remove(0).item.hash;
			after.live.retain(|live| live.item.hash != victim);
		}
		self.live = after.live;
		self.believed = after.believed;
		self.drop_if(|_| false);
		true
	}

	/// Whether all that the item's agent is to pay for, the item among it, is within the limits.
	fn agent_may_pay(&self, item: &Item) -> bool {
		let Some(agent) = item.payer else { return true };
		let own = self.live.iter().filter(|live| live.item.payer == Some(agent));
		let lengths: Vec<usize> = own.map(|live| live.item.bytes.len()).collect();
		lengths.len() <= LIMITS.per_agent as usize && lengths.iter().sum::<usize>() <= LIMITS.agent_bytes()
	}

	/// Ready ones in the order for a block, by the definition: again and again the best whose predecessors are done.
	fn order(&self) -> Vec<Hash> {
		let mut left: Vec<&Live> = self.live.iter().filter(|live| self.is_ready(live)).collect();
		let mut order = Vec::new();
		loop {
			let due = |live: &&&Live| {
				let Some((owner, nonce)) = live.at() else { return true };
				!left.iter().any(|other| other.at().is_some_and(|(o, n)| o == owner && n < nonce))
			};
			let Some(best) = left.iter().filter(due).min_by_key(|live| live.position()) else { return order };
			let hash = best.item.hash;
			order.push(hash);
			left.retain(|live| live.item.hash != hash);
		}
	}
}

/// Queue and model side by side.
struct Twin {
	queue: Queue,
	model: Model,
}

impl Twin {
	fn new() -> Self {
		Self { queue: Queue::new(LIMITS), model: Model::default() }
	}

	fn step(&mut self, step: Step) {
		match step {
			Step::Submit { account: owner, ahead, priority, length, life, payer } => {
				let owner = account(owner);
				let nonce = self.model.state_nonce(&owner) + ahead;
				let lane = Lane::Account { account: owner, nonce };
				self.submit(lane, priority, length, life, payer.map(AgentId));
			}
			Step::Tagged { tags, priority, length } => {
				let tags = tags.into_iter().map(|tag| vec![tag]).collect::<Vec<_>>();
				self.submit(Lane::Tags(tags.into()), priority, length, 50, None);
			}
			Step::Block { own, foreign } => self.block(own, &foreign),
			Step::Remove { which } => {
				let Some(live) = self.model.live.get(which % self.model.live.len().max(1)).cloned() else {
					return;
				};
				let mut events = Vec::new();
				let status = TransactionStatus::Dropped("removed".into());
				assert!(self.queue.remove(&live.item.hash, status.clone(), &mut events));
				assert_eq!(events[0], (live.item.hash, status));
				self.model.drop_if(|other| other.item.hash == live.item.hash);
				self.hear(events);
			}
			Step::Die { account: owner } => {
				self.model.state.insert(account(owner), 0);
			}
		}
		self.compare();
	}

	fn submit(&mut self, lane: Lane, priority: u64, length: usize, life: u32, payer: Option<AgentId>) {
		self.model.submitted += 1;
		let hash = Hash::from_low_u64_be(self.model.submitted);
		let bytes: Arc<[u8]> = vec![0; length].into();
		let item = Item { hash, bytes, priority, last_block: self.model.number + life, payer, lane };
		let state_nonce = match &item.lane {
			Lane::Account { account, .. } => Some(self.model.state_nonce(account)),
			Lane::Tags(_) => None,
		};
		let due = matches!(&item.lane, Lane::Account { nonce, .. } if Some(*nonce) == state_nonce);
		let mut events = Vec::new();
		let given = state_nonce.filter(|_| due);
		let mut outcome = self.queue.insert(item.clone(), given, &mut events);
		if outcome == Err(Refusal::NonceUnknown) {
			assert_eq!(events, [], "asking changes nothing");
			outcome = self.queue.insert(item.clone(), state_nonce, &mut events);
		}
		let expected = self.model.insert(&item);
		assert_eq!(outcome.is_ok(), expected, "{item:?}: {outcome:?}");
		if expected {
			assert_eq!(
				self.queue.insert(item, state_nonce, &mut Vec::new()),
				Err(Refusal::Duplicate),
				"a second copy is refused"
			);
		} else {
			assert!(!self.queue.contains(&hash), "a refused transaction leaves no trace");
		}
		self.hear(events);
	}

	fn block(&mut self, own: usize, foreign: &[u8]) {
		self.model.number += 1;
		let mut body = Vec::new();
		for live in self.model.order().into_iter().take(own) {
			// The chain includes only what is due, whatever the pool believes.
			let item =
				self.model.live.iter().find(|l| l.item.hash == live).expect("ordered ones live").clone();
			match item.at() {
				Some((owner, nonce)) if nonce == self.model.state_nonce(owner) => {
					self.model.state.insert(owner.clone(), nonce + 1);
				}
				Some(_) => continue,
				None => {}
			}
			body.push(Included { hash: live, index: body.len() as u32, sender: None });
		}
		for owner in foreign {
			let owner = account(*owner);
			let nonce = self.model.state_nonce(&owner);
			self.model.submitted += 1;
			let hash = Hash::from_low_u64_be(self.model.submitted);
			body.push(Included { hash, index: body.len() as u32, sender: Some((owner.clone(), nonce)) });
			self.model.state.insert(owner, nonce + 1);
		}
		let mut events = Vec::new();
		let block = Hash::repeat_byte(0xb1);
		self.queue.on_block(block, self.model.number, &body, &mut events);

		for included in &body {
			let status = TransactionStatus::Included { block, index: included.index };
			if self.model.live.iter().any(|live| live.item.hash == included.hash) {
				assert!(events.contains(&(included.hash, status)), "inclusion is told");
			}
			let sender = self.model.live.iter().find(|live| live.item.hash == included.hash).cloned();
			let own = sender.as_ref().and_then(|live| live.at().map(|(owner, nonce)| (owner.clone(), nonce)));
			let Some((owner, nonce)) = own.or(included.sender.clone()) else { continue };
			for live in &self.model.live {
				if live.at() == Some((&owner, nonce)) && live.item.hash != included.hash {
					let usurped = TransactionStatus::Usurped(included.hash);
					assert!(events.contains(&(live.item.hash, usurped)), "the loser is told who won");
				}
			}
		}
		let included: HashSet<Hash> = body.iter().map(|included| included.hash).collect();
		let moved: HashSet<AccountId32> = body
			.iter()
			.filter_map(|included| match &included.sender {
				Some((owner, _)) => Some(owner.clone()),
				None => {
					let live = self.model.live.iter().find(|live| live.item.hash == included.hash)?;
					live.at().map(|(owner, _)| owner.clone())
				}
			})
			.collect();
		for owner in moved {
			let state_nonce = self.model.state_nonce(&owner);
			self.model.believe(&owner, state_nonce);
		}
		let number = self.model.number;
		self.model.drop_if(|live| included.contains(&live.item.hash) || live.item.last_block <= number);
		self.hear(events);
	}

	/// Follows the events: nothing comes after a final one.
	fn hear(&mut self, events: Vec<Event>) {
		for (hash, status) in events {
			let before = self.model.last.insert(hash, status.clone());
			assert!(
				!before.as_ref().is_some_and(TransactionStatus::is_final),
				"{hash:?}: {before:?} then {status:?}"
			);
		}
	}

	fn compare(&self) {
		let Self { queue, model } = self;
		queue.check();
		for live in &model.live {
			let expected =
				if model.is_ready(live) { TransactionStatus::Ready } else { TransactionStatus::Future };
			assert_eq!(queue.status_of(&live.item.hash).as_ref(), Some(&expected), "{live:?}");
			assert_eq!(model.last.get(&live.item.hash), Some(&expected), "the last event is the status");
		}
		let live: HashSet<Hash> = model.live.iter().map(|live| live.item.hash).collect();
		for (hash, status) in &model.last {
			assert_eq!(
				status.is_final(),
				!live.contains(hash),
				"lost without a final event, or told and kept"
			);
			assert_eq!(queue.contains(hash), live.contains(hash));
		}
		let bytes: usize = model.live.iter().map(|live| live.item.bytes.len()).sum();
		let waiting = model.waiting().len();
		assert_eq!(queue.totals(), (model.live.len() - waiting, waiting, bytes));
		assert!(model.live.len() <= LIMITS.count && bytes <= LIMITS.bytes);
		for owner in (0..ACCOUNTS).map(account) {
			for state_nonce in 0..12 {
				let free = (state_nonce..).find(|nonce| !model.holds(&owner, *nonce));
				let expected = free.expect("the model is finite");
				assert_eq!(queue.next_nonce(&owner, state_nonce), expected);
			}
		}
		assert_eq!(pass_over(queue), model.order());
	}
}

/// All offers of a pass that applies each.
fn pass_over(queue: &Queue) -> Vec<Hash> {
	let mut pass = Pass::default();
	let mut order = Vec::new();
	while let Some(hash) =
		pass.next(|position, count| queue.heads_after(position, count)).map(|offer| offer.hash)
	{
		order.push(hash);
		pass.applied(&hash, |account, nonce, count| queue.run(account, nonce, count));
	}
	order
}

impl Queue {
	/// Every index against the entries.
	pub(super) fn check(&self) {
		let mut bytes = 0;
		let mut waiting = BTreeMap::new();
		let mut heads = BTreeMap::new();
		let mut in_accounts = 0;
		for (id, entry) in &self.entries {
			bytes += entry.item.bytes.len();
			assert_eq!(self.by_hash.get(&entry.item.hash), Some(&id));
			assert_eq!(self.expiry[&entry.item.last_block][entry.expiry_index], id);
			match &entry.item.lane {
				Lane::Tags(tags) => {
					heads.insert(entry.position(), id);
					assert!(tags.iter().all(|tag| self.tags.get(tag) == Some(&id)));
				}
				Lane::Account { account, nonce } => {
					let account = &self.accounts[account];
					assert_eq!(account.transactions.get(nonce), Some(&id));
					assert!(*nonce >= account.state_nonce);
					if *nonce >= account.ready_end {
						waiting.insert(entry.eviction_order(), id);
					}
				}
			}
		}
		for account in self.accounts.values() {
			in_accounts += account.transactions.len();
			assert!(!account.transactions.is_empty(), "an account without transactions takes no memory");
			for nonce in account.state_nonce..account.ready_end {
				assert!(account.transactions.contains_key(&nonce), "no gap in the ready run");
			}
			assert!(
				!account.transactions.contains_key(&account.ready_end),
				"the ready run is as long as can be"
			);
			if account.ready_end > account.state_nonce {
				let id = account.transactions[&account.state_nonce];
				heads.insert(self.entries[id].position(), id);
			}
		}
		let tagged = self.entries.iter().filter(|(_, entry)| matches!(entry.item.lane, Lane::Tags(_)));
		let tags: HashSet<_> = tagged.clone().flat_map(|(_, entry)| tags_of(&entry.item)).collect();
		assert_eq!(self.tags.len(), tags.len());
		assert_eq!(in_accounts + tagged.count(), self.entries.len());
		assert_eq!(self.by_hash.len(), self.entries.len());
		assert_eq!(self.expiry.values().map(Vec::len).sum::<usize>(), self.entries.len());
		assert!(self.expiry.values().all(|ids| !ids.is_empty()));
		assert!(self.accounts.values().all(|account| !account.touched));
		assert_eq!(self.bytes, bytes);
		let mut payers = Map::<AgentId, Burden>::default();
		for (_, entry) in &self.entries {
			let Some(agent) = entry.item.payer else { continue };
			let burden = payers.entry(agent).or_default();
			burden.count += 1;
			burden.bytes += entry.item.bytes.len();
		}
		assert_eq!(self.payers, payers);
		let waiting_bytes: usize = waiting.values().map(|id| self.entries[*id].item.bytes.len()).sum();
		assert_eq!(self.waiting_bytes, waiting_bytes);
		let mut waiting_of = Map::<AgentId, BTreeMap<EvictionOrder, Id>>::default();
		for (order, id) in &waiting {
			let Some(agent) = self.entries[*id].item.payer else { continue };
			waiting_of.entry(agent).or_default().insert(*order, *id);
		}
		assert_eq!(self.waiting_of, waiting_of);
		assert_eq!(self.waiting, waiting);
		assert_eq!(self.heads, heads);
	}
}

fn tags_of(item: &Item) -> Vec<Vec<u8>> {
	match &item.lane {
		Lane::Tags(tags) => tags.to_vec(),
		Lane::Account { .. } => Vec::new(),
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(512))]

	#[test]
	fn an_accepted_transaction_is_never_lost_and_the_books_are_exact(steps in steps()) {
		let mut twin = Twin::new();
		for step in steps {
			twin.step(step);
		}
	}
}
