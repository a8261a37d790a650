//! [`Follow`]: the pins and operations of one `chainHead_v1_follow`, and [`Follows`]: those of one connection.
//!
//! # Must not
//! Read the chain.
//!
//! # Invariants
//! At most `follows` subscriptions per connection, `pinned_blocks` pins and `operations` running operations per
//! subscription. A block is pinned once however often it is told.

use crate::{errors::RpcError, limits::RpcLimits, notifier::Notifier};
use parking_lot::Mutex;
use plexus_storage::Hash;
use std::{
	collections::{BTreeMap, HashMap, HashSet},
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc,
	},
};
use tokio::task::AbortHandle;

/// The subscriptions of one connection.
pub struct Follows {
	max: usize,
	reserved: Arc<AtomicUsize>,
	by_id: Arc<Mutex<HashMap<String, Arc<Follow>>>>,
}

impl Follows {
	/// None yet.
	pub fn new(limits: &RpcLimits) -> Self {
		Self { max: limits.follows, reserved: Arc::default(), by_id: Arc::default() }
	}

	/// A place for one more.
	///
	/// # Errors
	/// [`RpcError::FollowLimit`].
	pub fn reserve(&self) -> Result<Reservation, RpcError> {
		if self.reserved.fetch_add(1, Ordering::AcqRel) >= self.max {
			self.reserved.fetch_sub(1, Ordering::AcqRel);
			return Err(RpcError::FollowLimit(self.max));
		}
		Ok(Reservation(self.reserved.clone()))
	}

	/// Opens a subscription until the guard is dropped.
	pub fn open(&self, id: String, follow: Arc<Follow>, reservation: Reservation) -> OpenFollow {
		self.by_id.lock().insert(id.clone(), follow.clone());
		OpenFollow { by_id: self.by_id.clone(), id, follow, _reservation: reservation }
	}

	/// An open subscription.
	pub fn get(&self, id: &str) -> Option<Arc<Follow>> {
		self.by_id.lock().get(id).cloned()
	}
}

/// A place for a subscription.
#[derive(Debug)]
pub struct Reservation(Arc<AtomicUsize>);

impl Drop for Reservation {
	fn drop(&mut self) {
		self.0.fetch_sub(1, Ordering::AcqRel);
	}
}

/// Keeps a subscription open.
pub struct OpenFollow {
	by_id: Arc<Mutex<HashMap<String, Arc<Follow>>>>,
	id: String,
	follow: Arc<Follow>,
	_reservation: Reservation,
}

impl Drop for OpenFollow {
	fn drop(&mut self) {
		self.by_id.lock().remove(&self.id);
		self.follow.end();
	}
}

/// One subscription.
pub struct Follow {
	with_runtime: bool,
	notifier: Notifier,
	pins: Mutex<Pins>,
	operations: Mutex<Operations>,
}

impl Follow {
	/// Nothing is pinned yet.
	pub fn new(with_runtime: bool, notifier: Notifier, limits: &RpcLimits) -> Self {
		Self {
			with_runtime,
			notifier,
			pins: Mutex::new(Pins::new(limits.pinned_blocks)),
			operations: Mutex::new(Operations { max: limits.operations, ..Operations::default() }),
		}
	}

	/// Whether the client asked for the runtime.
	pub fn with_runtime(&self) -> bool {
		self.with_runtime
	}

	/// Where events go.
	pub fn notifier(&self) -> &Notifier {
		&self.notifier
	}

	/// Pins a block; `false` if too many are.
	pub fn pin(&self, hash: Hash, number: u32) -> bool {
		self.pins.lock().pin(hash, number)
	}

	/// Height of the oldest pinned block.
	pub fn oldest_pin(&self) -> Option<u32> {
		self.pins.lock().oldest()
	}

	/// Refuses a block that is not pinned.
	pub fn check_pinned(&self, hash: &Hash) -> Result<(), RpcError> {
		self.pins.lock().check(hash)
	}

	/// Unpins all of these blocks, or none.
	pub fn unpin(&self, hashes: &[Hash]) -> Result<(), RpcError> {
		self.pins.lock().unpin(hashes)
	}

	/// A place for one more operation, with its id; `None` if too many run.
	pub fn begin_operation(self: &Arc<Self>) -> Option<Operation> {
		let id = self.operations.lock().begin()?;
		Some(Operation { follow: self.clone(), id: id.to_string(), number: id })
	}

	/// Ends an operation without another event. An unknown one has ended already.
	pub fn stop_operation(&self, id: &str) {
		let task =
			id.parse().ok().and_then(|id| self.operations.lock().running.get_mut(&id).and_then(Option::take));
		if let Some(task) = task {
			task.abort();
		}
	}

	/// Ends all operations.
	fn end(&self) {
		let tasks: Vec<AbortHandle> = {
			let mut operations = self.operations.lock();
			operations.ended = true;
			operations.running.values_mut().filter_map(Option::take).collect()
		};
		tasks.iter().for_each(AbortHandle::abort);
	}
}

/// Pinned blocks, findable by hash and by height.
struct Pins {
	max: usize,
	by_hash: HashMap<Hash, u32>,
	by_number: BTreeMap<u32, Hash>,
}

impl Pins {
	fn new(max: usize) -> Self {
		Self { max, by_hash: HashMap::new(), by_number: BTreeMap::new() }
	}

	fn pin(&mut self, hash: Hash, number: u32) -> bool {
		if self.by_hash.len() >= self.max && !self.by_hash.contains_key(&hash) {
			return false;
		}
		self.by_hash.insert(hash, number);
		self.by_number.insert(number, hash);
		true
	}

	fn oldest(&self) -> Option<u32> {
		self.by_number.keys().next().copied()
	}

	fn check(&self, hash: &Hash) -> Result<(), RpcError> {
		if self.by_hash.contains_key(hash) {
			Ok(())
		} else {
			Err(RpcError::NotPinned(*hash))
		}
	}

	fn unpin(&mut self, hashes: &[Hash]) -> Result<(), RpcError> {
		let mut seen = HashSet::new();
		for hash in hashes {
			if !seen.insert(hash) {
				return Err(RpcError::DuplicateHashes);
			}
			self.check(hash)?;
		}
		for hash in hashes {
			if let Some(number) = self.by_hash.remove(hash) {
				self.by_number.remove(&number);
			}
		}
		Ok(())
	}
}

/// Running operations; a task once it is known.
#[derive(Default)]
struct Operations {
	max: usize,
	begun: u64,
	ended: bool,
	running: HashMap<u64, Option<AbortHandle>>,
}

impl Operations {
	fn begin(&mut self) -> Option<u64> {
		if self.ended || self.running.len() >= self.max {
			return None;
		}
		let id = self.begun;
		self.begun += 1;
		self.running.insert(id, None);
		Some(id)
	}
}

/// A running operation. Its place is free again when it is dropped.
pub struct Operation {
	follow: Arc<Follow>,
	id: String,
	number: u64,
}

impl Operation {
	/// Its id, as the client knows it.
	pub fn id(&self) -> &str {
		&self.id
	}

	/// Where its events go.
	pub fn notifier(&self) -> &Notifier {
		self.follow.notifier()
	}

	/// Runs it as a task of its own, which [`Follow::stop_operation`] can end.
	pub fn spawn<F>(self, run: impl FnOnce(Self) -> F)
	where
		F: std::future::Future<Output = ()> + Send + 'static,
	{
		let (follow, number) = (self.follow.clone(), self.number);
		let task = tokio::spawn(run(self)).abort_handle();
		let ended = {
			let mut operations = follow.operations.lock();
			if let Some(running) = operations.running.get_mut(&number) {
				*running = Some(task.clone());
			}
			operations.ended
		};
		if ended {
			task.abort();
		}
	}
}

impl Drop for Operation {
	fn drop(&mut self) {
		self.follow.operations.lock().running.remove(&self.number);
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn hash(n: u64) -> Hash {
		Hash::from_low_u64_be(n)
	}

	#[test]
	fn pins_are_bounded_and_a_block_is_pinned_once() {
		let mut pins = Pins::new(2);
		assert!(pins.pin(hash(1), 1) && pins.pin(hash(2), 2) && pins.pin(hash(2), 2));
		assert!(!pins.pin(hash(3), 3));
		assert_eq!(pins.oldest(), Some(1));
		pins.unpin(&[hash(1)]).expect("pinned");
		assert_eq!(pins.oldest(), Some(2));
		assert!(pins.pin(hash(3), 3));
	}

	#[test]
	fn unpinning_is_all_or_nothing() {
		let mut pins = Pins::new(4);
		pins.pin(hash(1), 1);
		pins.pin(hash(2), 2);
		assert_eq!(pins.unpin(&[hash(1), hash(3)]), Err(RpcError::NotPinned(hash(3))));
		assert_eq!(pins.unpin(&[hash(1), hash(1)]), Err(RpcError::DuplicateHashes));
		assert_eq!(pins.check(&hash(1)), Ok(()));
		assert_eq!(pins.unpin(&[hash(1), hash(2)]), Ok(()));
		assert_eq!(pins.unpin(&[hash(1)]), Err(RpcError::NotPinned(hash(1))));
		assert_eq!(pins.oldest(), None);
	}

	#[test]
	fn operations_are_bounded_and_none_begins_after_the_end() {
		let mut operations = Operations { max: 2, ..Default::default() };
		assert_eq!((operations.begin(), operations.begin(), operations.begin()), (Some(0), Some(1), None));
		operations.running.remove(&0);
		assert_eq!(operations.begin(), Some(2), "ids are not used again");
		operations.running.clear();
		operations.ended = true;
		assert_eq!(operations.begin(), None);
	}

	#[test]
	fn a_dropped_reservation_makes_room() {
		let follows = Follows::new(&RpcLimits { follows: 1, ..Default::default() });
		let place = follows.reserve().expect("first");
		assert_eq!(follows.reserve().expect_err("second"), RpcError::FollowLimit(1));
		drop(place);
		follows.reserve().expect("again");
	}
}
