//! Serves states to nodes that join: those that the database keeps, and those of the snapshots.
//!
//! # Must not
//! Hold up the chain: at most [`AT_A_TIME_MAX`] threads read, past the caches of the running chain.
//!
//! # Invariants
//! - A state that somebody fetches stays readable until nobody has asked for [`LEASE_IDLE`], whatever is pruned or removed
//!   meanwhile; [`LEASES_MAX`] of the database and as many of snapshots at a time, none longer than [`LEASE_TIME`], since
//!   what the database would otherwise give up stays on the disk for them.
//! - What the database keeps is served without being held when there is no room: whoever has many states held keeps nobody
//!   from the others.
//! - Every request is answered, if only by [`Answer::Nothing`], but for those that do not decode: they are reported.

use super::{
	anchor,
	wire::{self, Answer, Offer, Request, SNAPSHOTS_MAX},
};
use crate::snapshot;
use codec::Encode;
use parking_lot::Mutex;
use plexus_chain::Chain;
use plexus_network::{Misbehaviour, NetworkHandle, StateRequest};
use plexus_storage::{Database, Hash, Options, State, StorageError};
use std::{
	collections::{hash_map::Entry, HashMap},
	num::NonZero,
	path::PathBuf,
	sync::Arc,
	thread::available_parallelism,
	time::{Duration, Instant},
};
use tokio::{
	sync::mpsc,
	task::{spawn_blocking, JoinSet},
	time::interval,
};
use tracing::{debug, info, warn};

/// Bytes of trie nodes in a piece; it is sent without most of their hashes.
const RANGE_BYTES: usize = 1 << 20;

/// The most requests that are read for at a time, however many cores there are.
pub const AT_A_TIME_MAX: usize = 4;

/// The most states that are held for those who fetch them, of the database and of snapshots each.
pub const LEASES_MAX: usize = 4;

/// How long a state is held after the last request.
pub const LEASE_IDLE: Duration = Duration::from_secs(60);

/// How long a state is held at all. A gigabyte is fetched in minutes.
pub const LEASE_TIME: Duration = Duration::from_secs(2 * 60 * 60);

/// How often it is looked whether a state is still wanted.
const TIDY_INTERVAL: Duration = Duration::from_secs(20);

/// Caches of a snapshot's database, bytes each.
const SNAPSHOT_CACHE_BYTES: usize = 8 << 20;

/// A state that somebody fetches.
struct Lease {
	state: State,
	/// Whether it is a snapshot's, whose database was opened for it.
	of_snapshot: bool,
	since: Instant,
	used: Instant,
}

impl Lease {
	fn is_over(&self, now: Instant) -> bool {
		now.saturating_duration_since(self.used) >= LEASE_IDLE
			|| now.saturating_duration_since(self.since) >= LEASE_TIME
	}
}

/// The states that this node has.
pub struct Source {
	chain: Chain,
	/// The directory of the snapshots.
	snapshots: PathBuf,
	/// Height of each snapshot that was looked at.
	known: Mutex<HashMap<PathBuf, u32>>,
	leases: Mutex<HashMap<u32, Lease>>,
}

impl Source {
	/// The states of a chain and of the snapshots in a directory, which need not exist.
	pub fn new(chain: Chain, snapshots: PathBuf) -> Self {
		Self { chain, snapshots, known: Mutex::default(), leases: Mutex::default() }
	}

	/// Answers a request.
	///
	/// # Errors
	/// The bytes are none.
	pub fn answer(&self, request: &[u8]) -> Result<Answer, codec::Error> {
		let request = wire::decode::<Request>(request)?;
		Ok(self.find(&request).unwrap_or_else(|error| {
			warn!(%error, ?request, "a peer's request for a state cannot be answered");
			Answer::Nothing
		}))
	}

	fn find(&self, request: &Request) -> Result<Answer, StorageError> {
		let database = self.chain.database();
		let found = match request {
			Request::Offer => Some(Answer::Offer(self.offer())),
			Request::Finality { from, height } => {
				anchor::page(database, *from, *height)?.map(Answer::Finality)
			}
			Request::Body { height } => {
				database.block(*height)?.map(|block| Answer::Body(block.body.encode()))
			}
			Request::Range { height, start, end } => match self.state(*height)? {
				Some(state) => Some(Answer::Range(state.prove_range(start, end.as_deref(), RANGE_BYTES)?)),
				None => None,
			},
		};
		Ok(found.unwrap_or(Answer::Nothing))
	}

	fn offer(&self) -> Offer {
		let (database, tip) = (self.chain.database(), self.chain.tip().number);
		let mut offer = Offer {
			oldest: database.oldest_state().max(database.oldest_block()).max(1),
			newest: tip,
			keys: database.keys_estimate(),
			..Offer::default()
		};
		for (height, _) in self.snapshots().into_iter().rev() {
			let is_news = height < offer.oldest && height >= database.oldest_block().max(1);
			if is_news && offer.snapshots.try_push(height).is_err() {
				break;
			}
		}
		offer
	}

	/// The snapshots by the height that their manifests name, ascending.
	fn snapshots(&self) -> Vec<(u32, PathBuf)> {
		let mut known = self.known.lock();
		let paths = snapshot::heights(&self.snapshots);
		known.retain(|path, _| paths.iter().any(|(_, found)| found == path));
		for (_, path) in paths.into_iter().rev().take(SNAPSHOTS_MAX as usize) {
			if let Entry::Vacant(unknown) = known.entry(path) {
				if let Ok(manifest) = snapshot::manifest(unknown.key()) {
					unknown.insert(manifest.number);
				}
			}
		}
		let mut found: Vec<_> = known.iter().map(|(path, height)| (*height, path.clone())).collect();
		found.sort_unstable();
		found
	}

	/// The state after a block, held for those who ask for more of it.
	fn state(&self, height: u32) -> Result<Option<State>, StorageError> {
		let (now, database) = (Instant::now(), self.chain.database());
		let mut leases = self.leases.lock();
		leases.retain(|_, lease| !lease.is_over(now));
		if let Some(lease) = leases.get_mut(&height) {
			lease.used = now;
			return Ok(Some(lease.state.clone()));
		}
		let Some(hash) = database.hash(height)?.filter(|_| height >= database.oldest_block().max(1)) else {
			return Ok(None);
		};
		let held =
			|of_snapshot: bool| leases.values().filter(|lease| lease.of_snapshot == of_snapshot).count();
		let (state, of_snapshot) = match database.state_at(&hash) {
			Ok(state) if held(false) < LEASES_MAX => (state, false),
			Ok(state) => return Ok(Some(state)),
			Err(_) if held(true) >= LEASES_MAX => return Ok(None),
			// The lock is held, so that two do not open one snapshot.
			Err(_) => match self.of_snapshot(height, hash) {
				Some(state) => (state, true),
				None => return Ok(None),
			},
		};
		info!(height, "a peer fetches the state after this block");
		leases.insert(height, Lease { state: state.clone(), of_snapshot, since: now, used: now });
		Ok(Some(state))
	}

	/// The state after a block, from a snapshot that ends with it.
	fn of_snapshot(&self, height: u32, hash: Hash) -> Option<State> {
		let (_, path) = self.snapshots().into_iter().find(|(found, _)| *found == height)?;
		let options = Options {
			value_cache_bytes: SNAPSHOT_CACHE_BYTES,
			trie_cache_bytes: SNAPSHOT_CACHE_BYTES,
			block_cache_bytes: SNAPSHOT_CACHE_BYTES,
			..Options::default()
		};
		let opened =
			Database::open_read_only(&snapshot::database_of(&path), options, self.chain.genesis_hash());
		match opened {
			Ok(copy) => (copy.tip().hash == hash).then(|| copy.tip().state.clone()),
			Err(error) => {
				warn!(path = %path.display(), %error, "a snapshot cannot be served");
				None
			}
		}
	}

	/// Lets go of states that nobody fetches any more.
	fn tidy(&self) {
		let now = Instant::now();
		self.leases.lock().retain(|_, lease| !lease.is_over(now));
	}
}

/// Answers peers until the network is gone.
pub async fn serve(mut requests: mpsc::Receiver<StateRequest>, network: NetworkHandle, source: Arc<Source>) {
	// Half of the cores are left to the chain.
	let at_a_time = (available_parallelism().map_or(1, NonZero::get) / 2).clamp(1, AT_A_TIME_MAX);
	let (mut under_way, mut ticks) = (JoinSet::new(), interval(TIDY_INTERVAL));
	loop {
		tokio::select! {
			_ = ticks.tick() => {
				let source = source.clone();
				// Closing a snapshot's database is work for a thread; a panic there would have been logged.
				let _ = spawn_blocking(move || source.tidy()).await;
			}
			Some(_) = under_way.join_next() => {}
			request = requests.recv(), if under_way.len() < at_a_time => {
				let Some(request) = request else { return };
				under_way.spawn(answer(request, network.clone(), source.clone()));
			}
		}
	}
}

async fn answer(request: StateRequest, network: NetworkHandle, source: Arc<Source>) {
	let StateRequest { id, from, bytes } = request;
	let answered = spawn_blocking(move || source.answer(&bytes).map(|answer| answer.encode())).await;
	let answer = match answered {
		Ok(Ok(answer)) => Some(answer.into()),
		Ok(Err(error)) => {
			debug!(%from, %error, "an undecodable request for a state");
			network.report(from, Misbehaviour::UndecodableRequest);
			None
		}
		Err(panicked) => {
			warn!(%from, error = %panicked, "answering a request for a state panicked");
			None
		}
	};
	network.answer_state(id, answer).await;
}
