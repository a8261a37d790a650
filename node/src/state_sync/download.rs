//! The joining side: from a checkpoint to a database.
//!
//! Requests run beside each other; what comes is verified on threads of its own and imported by one more, in the order in
//! which it came.
//!
//! # Must not
//! Judge peers: [`super::peers`] does.
//!
//! # Invariants
//! What the record on the disk calls done was imported before the record or with it. A record of another block is removed
//! together with what it records.

use super::{
	peers::{piece, Done, Peers, LOOK, PATIENCE},
	plan::{Left, Plan},
	Checkpoint, JoinError, Origin,
};
use crate::snapshot::{failed, sync_parent};
use codec::{Decode, DecodeAll, Encode};
use plexus_network::NetworkHandle;
use plexus_storage::{
	Beginning, Block, Database, Hash, ImportError, Options, Pair, StateImport, StorageError,
};
use std::{
	ffi::OsString,
	fs,
	path::{Path, PathBuf},
	time::{Duration, Instant},
};
use tokio::{
	sync::mpsc,
	task::spawn_blocking,
	time::{interval, MissedTickBehavior},
};
use tracing::info;

/// Verified pieces that wait to be imported.
const PIECES_WAITING_MAX: usize = 4;

/// How often the log tells how far it is.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);

/// Bytes of pairs below which a piece from the midst of a state is none: such a peer is left alone for a while.
const MEAGRE_BYTES: usize = 16 << 10;

/// Where child tries are in a state.
const CHILD_STORAGE: &[u8] = b":child_storage:";

/// What was joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
	/// The block whose state it is.
	pub height: u32,
	/// Its hash.
	pub hash: Hash,
	/// Keys of the state.
	pub keys: u64,
	/// Of these, taken over from an earlier attempt.
	pub resumed: u64,
	/// Bytes of keys and values.
	pub bytes: u64,
}

/// Makes the database at `database`, which must not exist, of what peers have of the state after a block.
///
/// # Errors
/// [`JoinError`]. What came so far stays beside the database, and the next attempt goes on with it.
pub async fn join(
	network: NetworkHandle,
	origin: Origin,
	checkpoint: Checkpoint,
	database: PathBuf,
	options: Options,
) -> Result<Joined, JoinError> {
	let started = Instant::now();
	let mut peers = Peers::new(network, checkpoint.height);
	let (anchor, body) = peers.anchor(&origin, checkpoint).await?;
	let (height, hash, root) = (checkpoint.height, anchor.hash, anchor.header.state_root);
	info!(height, ?hash, set_changes = anchor.milestones.len(), "joining at this block");
	let (partial, genesis) = (partial(&database), origin.genesis.hash());
	let path = partial.clone();
	let opened = spawn_blocking(move || open(&path, &options, genesis, (height, hash))).await??;
	let mut joined = Joined { height, hash, keys: 0, resumed: 0, bytes: 0 };
	// Otherwise only the last step of an earlier attempt is missing.
	if let Some((import, record)) = opened {
		(joined.keys, joined.resumed, joined.bytes) = (record.keys, record.keys, record.bytes);
		let mut download = Download { peers, root, plan: Plan::of(record.left), joined };
		let import = download.run(import).await?;
		joined = download.joined;
		let beginning = Beginning {
			genesis: origin.genesis,
			genesis_set: origin.set.encode(),
			milestones: anchor.milestones,
			parent: anchor.parent,
			block: Block { header: anchor.header, body },
			certificate: anchor.certificate,
		};
		spawn_blocking(move || import.finish(&beginning)).await??;
	}
	let name = move || {
		fs::rename(&partial, &database).map_err(failed("make", &database))?;
		sync_parent(&database)
	};
	spawn_blocking(name).await??;
	let Joined { keys, bytes, .. } = joined;
	info!(height, ?hash, keys, bytes, seconds = tenths(started.elapsed().as_secs_f64()), "joined");
	Ok(joined)
}

/// Where a database is made before it has its name.
pub(super) fn partial(database: &Path) -> PathBuf {
	let mut name = OsString::from(database.as_os_str());
	name.push(".joining");
	name.into()
}

/// What is written with each piece.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Record {
	/// The block whose state it is.
	hash: Hash,
	/// Keys that are there.
	keys: u64,
	/// Bytes of these and their values.
	bytes: u64,
	/// What is not.
	left: Vec<Left>,
}

impl Record {
	/// What an import says of itself; none if it is of another block.
	fn of(import: &StateImport, hash: Hash) -> Option<Self> {
		if import.progress().is_empty() {
			return Some(Self { hash, keys: 0, bytes: 0, left: Plan::default().left() });
		}
		Self::decode_all(&mut import.progress()).ok().filter(|record| record.hash == hash)
	}
}

/// Begins an import, or goes on with it; none if it is complete but for its name.
fn open(
	path: &Path,
	options: &Options,
	genesis: Hash,
	(height, hash): (u32, Hash),
) -> Result<Option<(StateImport, Record)>, JoinError> {
	let import = || StateImport::open(path, options, genesis, height);
	match import() {
		Ok(import) => {
			if let Some(record) = Record::of(&import, hash) {
				return Ok(Some((import, record)));
			}
		}
		Err(ImportError::Other) => {
			let complete = Database::open_read_only(path, options.clone(), genesis);
			if complete.is_ok_and(|database| database.tip().hash == hash) {
				return Ok(None);
			}
		}
		Err(error) => return Err(error.into()),
	}
	info!(path = %path.display(), "removing what an attempt to join at another block left behind");
	fs::remove_dir_all(path).map_err(|source| JoinError::Leftover { path: path.to_owned(), source })?;
	let import = import()?;
	let record = Record::of(&import, hash).ok_or(ImportError::Other)?;
	Ok(Some((import, record)))
}

/// Pairs to import, and the record to write with them.
struct Piece {
	pairs: Vec<Pair>,
	record: Vec<u8>,
}

/// Imports what comes until nothing more does.
fn import_all(
	mut import: StateImport,
	mut queue: mpsc::Receiver<Piece>,
) -> Result<StateImport, StorageError> {
	while let Some(Piece { pairs, record }) = queue.blocking_recv() {
		import.add(&pairs, record)?;
	}
	Ok(import)
}

/// A state on its way.
struct Download {
	peers: Peers,
	root: Hash,
	plan: Plan,
	joined: Joined,
}

impl Download {
	/// Fetches what is left.
	async fn run(&mut self, import: StateImport) -> Result<StateImport, JoinError> {
		let (queue, waiting) = mpsc::channel(PIECES_WAITING_MAX);
		let importer = spawn_blocking(move || import_all(import, waiting));
		let fetched = self.fetch(queue).await;
		// If it failed, that is why nothing more was fetched.
		let import = importer.await?.map_err(ImportError::from)?;
		fetched.map(|()| import)
	}

	async fn fetch(&mut self, queue: mpsc::Sender<Piece>) -> Result<(), JoinError> {
		let mut ticks = interval(LOOK);
		ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
		let (mut progress, mut last) = (Progress::new(&self.joined), Instant::now());
		while !self.plan.is_done() {
			self.assign();
			tokio::select! {
				Some(done) = self.peers.next() => {
					let Some(piece) = self.on_done(done)? else { continue };
					last = Instant::now();
					if queue.send(piece).await.is_err() {
						break;
					}
				}
				_ = ticks.tick() => {
					self.peers.look();
					progress.tell(self, Instant::now());
					if last.elapsed() >= PATIENCE {
						return Err(self.peers.not_served());
					}
				}
			}
		}
		Ok(())
	}

	/// Gives each peer that has nothing to do a part.
	fn assign(&mut self) {
		while let Some(peer) = self.peers.free() {
			let Some((span, Left { next, end })) = self.plan.take() else { break };
			let state = (self.joined.height, self.root);
			self.peers.request(peer, span, |network| piece(network, peer, state, next, end));
		}
	}

	/// What there is to import of an answer.
	fn on_done(&mut self, done: Done) -> Result<Option<Piece>, JoinError> {
		let Done::Piece(peer, span, answer) = done else { return Ok(None) };
		self.peers.answered(peer, &answer);
		let Ok(range) = answer else {
			self.plan.give_back(span);
			return Ok(None);
		};
		if range.pairs.iter().any(|(key, _)| key.starts_with(CHILD_STORAGE)) {
			return Err(JoinError::ChildTries);
		}
		let (all, is_last) = (range.pairs.len(), range.is_last);
		let pairs = self.plan.receive(span, range);
		let bytes: usize = pairs.iter().map(|(key, value)| key.len() + value.len()).sum();
		if pairs.len() == all && !is_last && bytes < MEAGRE_BYTES {
			self.peers.rest(peer);
		}
		self.joined.keys += pairs.len() as u64;
		self.joined.bytes += bytes as u64;
		let Joined { hash, keys, bytes, .. } = self.joined;
		let record = Record { hash, keys, bytes, left: self.plan.left() }.encode();
		Ok(Some(Piece { pairs, record }))
	}
}

/// What the log tells every few seconds.
struct Progress {
	at: Instant,
	keys: u64,
	bytes: u64,
}

impl Progress {
	fn new(joined: &Joined) -> Self {
		Self { at: Instant::now(), keys: joined.keys, bytes: joined.bytes }
	}

	fn tell(&mut self, download: &Download, now: Instant) {
		let elapsed = now.saturating_duration_since(self.at);
		if elapsed < PROGRESS_INTERVAL {
			return;
		}
		let Joined { height, keys, bytes, .. } = download.joined;
		let per_second = |count: u64| count as f64 / elapsed.as_secs_f64();
		let keys_per_s = per_second(keys.saturating_sub(self.keys));
		let expected = download.peers.keys_expected();
		info!(
			height,
			keys,
			keys_expected = expected,
			keys_per_s = keys_per_s.round(),
			mib_per_s = tenths(per_second(bytes.saturating_sub(self.bytes)) / f64::from(1 << 20)),
			seconds_left = seconds_left(keys, expected, keys_per_s),
			peers = download.peers.serving(),
			"downloading the state"
		);
		*self = Self { at: now, keys, bytes };
	}
}

/// How long it takes at this rate; none if that cannot be known.
fn seconds_left(keys: u64, expected: Option<u64>, keys_per_second: f64) -> Option<u64> {
	let left = expected.filter(|expected| *expected >= keys)? - keys;
	Duration::try_from_secs_f64(left as f64 / keys_per_second).ok().map(|left| left.as_secs())
}

fn tenths(number: f64) -> f64 {
	(number * 10.0).round() / 10.0
}

#[cfg(test)]
mod unit {
	use super::*;

	#[test]
	fn the_time_left_is_told_only_where_it_can_be_known() {
		assert_eq!(seconds_left(250, Some(1_000), 100.0), Some(7));
		assert_eq!(seconds_left(1_000, Some(1_000), 100.0), Some(0));
		assert_eq!(seconds_left(1_001, Some(1_000), 100.0), None, "peers' figure is an estimate");
		assert_eq!(seconds_left(0, Some(1_000), 0.0), None);
		assert_eq!(seconds_left(0, None, 100.0), None);
	}
}
