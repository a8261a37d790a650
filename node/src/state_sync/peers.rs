//! Whom to ask: what each peer says it has, what it owes, and whether it is to be left alone.
//!
//! # Must not
//! Trust an offer: it only says whom to ask.
//!
//! # Invariants
//! - A peer has at most [`PER_PEER_MAX`] requests to answer, all together [`AT_ONCE_MAX`].
//! - Who lied is reported and not asked again. Who did not answer is left alone for a while, longer each time.
//! - Nobody is asked for the proof of the block for longer than [`PROVING_TIME`]; who has not led to its end by then comes
//!   behind all others, who go on with what is proved.

use super::{
	anchor::{is_short, Anchor, Proving, Step},
	plan::SpanId,
	wire::{self, Answer, Offer, Request},
	Checkpoint, JoinError, Origin,
};
use codec::Encode;
use plexus_consensus::parts::{BODY_BYTES_MAX, EXTRINSICS_MAX};
use plexus_network::{AskError, Misbehaviour, NetworkHandle, PeerId};
use plexus_storage::{Hash, Header, Range};
use sp_runtime::{
	traits::{BlakeTwo256, Hash as _},
	StateVersion,
};
use std::{
	collections::HashMap,
	future::Future,
	time::{Duration, Instant},
};
use tokio::{
	task::{spawn_blocking, JoinSet},
	time::{sleep, timeout, timeout_at},
};
use tracing::{debug, warn};

/// How long nothing may come before a join is given up. The time in which a peer has its turn to prove the block does not
/// count: whoever uses it up would otherwise end the join before the others have theirs.
pub const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// Requests that one peer has to answer: one is read while another is sent.
pub const PER_PEER_MAX: usize = 2;

/// Requests at once: as many answers may be in memory, of about a mebibyte each.
pub const AT_ONCE_MAX: usize = 8;

/// How long a peer may take to say what it has.
const OFFER_PATIENCE: Duration = Duration::from_secs(5);

/// How long a peer may take in one turn to prove the block. That is enough for thousands of
/// changes of the validators; with a slow line a peer goes on at its next turn.
pub const PROVING_TIME: Duration = Duration::from_secs(60);

/// How long an offer counts: states are pruned as blocks are made.
const OFFER_TIME: Duration = Duration::from_secs(15);

/// How long a peer is left alone after its first failure; twice as long after the next, and so on.
const REST: Duration = Duration::from_millis(500);

/// Failures beyond which the rest does not grow: half a minute.
const FAILURES_MAX: u32 = 6;

/// How often peers are looked at when nothing comes.
pub(super) const LOOK: Duration = Duration::from_millis(250);

/// Why a request was of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
	/// The peer lies.
	Lie(String),
	/// It does not have what was asked for.
	Nothing,
	/// It did not answer.
	NoAnswer(AskError),
	/// It proves too slowly, or too little at a time.
	Slow,
}

impl From<AskError> for Fault {
	fn from(error: AskError) -> Self {
		Self::NoAnswer(error)
	}
}

/// A request that ended.
pub(super) enum Done {
	/// What a peer has.
	Offer(PeerId, Result<Offer, Fault>),
	/// A piece, verified.
	Piece(PeerId, SpanId, Result<Range, Fault>),
}

#[derive(Debug)]
struct Known {
	offer: Option<Offer>,
	/// When it was asked for, or came.
	offer_at: Option<Instant>,
	under_way: usize,
	failures: u32,
	rest_until: Instant,
	lied: bool,
}

impl Known {
	fn new(now: Instant) -> Self {
		Self { offer: None, offer_at: None, under_way: 0, failures: 0, rest_until: now, lied: false }
	}

	fn is_usable(&self, now: Instant) -> bool {
		!self.lied && now >= self.rest_until
	}
}

/// The connected peers. No more are known than the network keeps.
pub(super) struct Peers {
	network: NetworkHandle,
	height: u32,
	known: HashMap<PeerId, Known>,
	tasks: JoinSet<Done>,
}

impl Peers {
	pub fn new(network: NetworkHandle, height: u32) -> Self {
		Self { network, height, known: HashMap::new(), tasks: JoinSet::new() }
	}

	/// Asks peers what they have, where that is not known or long ago.
	pub fn look(&mut self) {
		let (now, connected) = (Instant::now(), self.network.peers());
		self.known.retain(|peer, _| connected.iter().any(|found| found.id == *peer));
		for peer in connected.iter().map(|peer| peer.id) {
			let known = self.known.entry(peer).or_insert_with(|| Known::new(now));
			let is_known = known.offer_at.is_some_and(|at| now.saturating_duration_since(at) < OFFER_TIME);
			if is_known || !known.is_usable(now) {
				continue;
			}
			known.offer_at = Some(now);
			let network = self.network.clone();
			self.tasks.spawn(async move { Done::Offer(peer, offer(&network, peer).await) });
		}
	}

	/// A peer that has the state and may be asked now: the one that owes least, and of these the one that failed least. Ids
	/// are chosen by their owners: by them alone the same peer would be asked first again and again.
	pub fn free(&self) -> Option<PeerId> {
		let now = Instant::now();
		let under_way: usize = self.known.values().map(|known| known.under_way).sum();
		let serves = |known: &&Known| {
			known.is_usable(now)
				&& known.under_way < PER_PEER_MAX
				&& known.offer.as_ref().is_some_and(|offer| offer.has(self.height))
		};
		let free = self.known.iter().filter(|(_, known)| serves(known));
		let free = free.min_by_key(|(peer, known)| (known.under_way, known.failures, **peer));
		free.map(|(peer, _)| *peer).filter(|_| under_way < AT_ONCE_MAX)
	}

	/// Asks a peer for a piece.
	pub fn request<F: Future<Output = Result<Range, Fault>> + Send + 'static>(
		&mut self,
		peer: PeerId,
		span: SpanId,
		piece: impl FnOnce(NetworkHandle) -> F,
	) {
		if let Some(known) = self.known.get_mut(&peer) {
			known.under_way += 1;
		}
		let piece = piece(self.network.clone());
		self.tasks.spawn(async move { Done::Piece(peer, span, piece.await) });
	}

	/// The next request to end; none if none is under way. Cancel-safe.
	pub async fn next(&mut self) -> Option<Done> {
		loop {
			match self.tasks.join_next().await? {
				Ok(Done::Offer(peer, offer)) => self.on_offer(peer, offer),
				Ok(done @ Done::Piece(..)) => return Some(done),
				// Verifying, where a peer's bytes could do harm, has a thread of its own whose end is an answer.
				Err(error) => warn!(%error, "a request of state sync panicked"),
			}
		}
	}

	fn on_offer(&mut self, peer: PeerId, offer: Result<Offer, Fault>) {
		match offer {
			Ok(offer) => {
				if let Some(known) = self.known.get_mut(&peer) {
					(known.offer, known.offer_at) = (Some(offer), Some(Instant::now()));
				}
			}
			Err(fault) => self.blame(peer, &fault),
		}
	}

	/// A peer's answer came, good or bad.
	pub fn answered<T>(&mut self, peer: PeerId, answer: &Result<T, Fault>) {
		if let Some(known) = self.known.get_mut(&peer) {
			known.under_way = known.under_way.saturating_sub(1);
			if answer.is_ok() {
				known.failures = 0;
			}
		}
		if let Err(fault) = answer {
			self.blame(peer, fault);
		}
	}

	/// Leaves a peer alone for a while.
	pub fn rest(&mut self, peer: PeerId) {
		if let Some(known) = self.known.get_mut(&peer) {
			known.rest_until = Instant::now() + REST * 2u32.pow(known.failures.min(FAILURES_MAX));
			known.failures = known.failures.saturating_add(1);
		}
	}

	/// Puts a peer behind all others: it has to say anew what it has, and that is heard when nobody else can be asked.
	fn put_last(&mut self, peer: PeerId) {
		if let Some(known) = self.known.get_mut(&peer) {
			(known.offer, known.offer_at) = (None, None);
		}
	}

	fn blame(&mut self, peer: PeerId, fault: &Fault) {
		match fault {
			Fault::Lie(what) => {
				warn!(%peer, what, "a peer lies about the state");
				self.network.report(peer, Misbehaviour::UnverifiableState);
				if let Some(known) = self.known.get_mut(&peer) {
					known.lied = true;
				}
			}
			Fault::Nothing => {
				debug!(%peer, "a peer does not have the state");
				if let Some(known) = self.known.get_mut(&peer) {
					known.offer = None;
				}
				self.rest(peer);
			}
			Fault::NoAnswer(error) => {
				debug!(%peer, %error, "a peer does not answer");
				self.rest(peer);
			}
			Fault::Slow => {
				debug!(%peer, "a peer is slow to prove the block");
				self.rest(peer);
			}
		}
	}

	/// How many peers have the state.
	pub fn serving(&self) -> usize {
		let serves = |known: &&Known| !known.lied && known.offer.as_ref().is_some_and(|o| o.has(self.height));
		self.known.values().filter(serves).count()
	}

	/// About how many keys it has, as peers say.
	pub fn keys_expected(&self) -> Option<u64> {
		self.known
			.values()
			.filter(|known| !known.lied)
			.filter_map(|known| Some(known.offer.as_ref()?.keys))
			.max()
	}

	/// Nobody serves it.
	pub fn not_served(&self) -> JoinError {
		let offers: Vec<&Offer> = self.known.values().filter_map(|known| known.offer.as_ref()).collect();
		let mut snapshots: Vec<u32> =
			offers.iter().flat_map(|offer| offer.snapshots.iter().copied()).collect();
		snapshots.sort_unstable();
		snapshots.dedup();
		let kept = offers.iter().map(|offer| (offer.oldest, offer.newest)).max_by_key(|(_, newest)| *newest);
		let offered = match kept {
			None if self.known.is_empty() => "no peer is connected".into(),
			None => "no peer offers any".into(),
			Some((oldest, newest)) if snapshots.is_empty() => format!("peers have {oldest} to {newest}"),
			Some((oldest, newest)) => {
				format!("peers have {oldest} to {newest}, and snapshots of {snapshots:?}")
			}
		};
		JoinError::NotServed { height: self.height, offered }
	}

	/// The block that the state hangs on, with its body. Peers have their turns to prove it, each from where the one before
	/// has led.
	///
	/// # Errors
	/// [`JoinError::OtherBlock`] if it has another hash than the trusted one, [`JoinError::NotServed`].
	pub async fn anchor(
		&mut self,
		origin: &Origin,
		checkpoint: Checkpoint,
	) -> Result<(Anchor, Vec<Vec<u8>>), JoinError> {
		let height = checkpoint.height;
		let mut proved = Step::More(Proving::new(origin).map_err(JoinError::Origin)?);
		let mut since = Instant::now();
		while since.elapsed() < PATIENCE {
			self.look();
			let Some(peer) = self.free() else {
				// Nothing but offers is under way, which `next` takes itself.
				let _ = timeout(LOOK, self.next()).await;
				if self.tasks.is_empty() {
					sleep(LOOK).await;
				}
				continue;
			};
			let (asked, before) = (Instant::now(), proved.height());
			let body = prove(&self.network, peer, &mut proved, height, asked + PROVING_TIME).await;
			self.answered(peer, &body);
			match (&proved, checkpoint.hash) {
				(Step::Done(Anchor { hash: found, .. }), Some(trusted)) if *found != trusted => {
					return Err(JoinError::OtherBlock { height, trusted, found: *found });
				}
				_ => {}
			}
			since = if proved.height() > before { Instant::now() } else { since + asked.elapsed() };
			match (proved, body) {
				(Step::Done(anchor), Ok(body)) => return Ok((anchor, body)),
				(further, _) => proved = further,
			}
			self.put_last(peer);
		}
		Err(self.not_served())
	}
}

async fn ask(network: &NetworkHandle, peer: PeerId, request: Request) -> Result<Answer, Fault> {
	let answer = network.ask_state(peer, request.encode().into()).await?;
	wire::decode(&answer).map_err(|error| Fault::Lie(format!("an answer that does not decode: {error}")))
}

/// An answer to another question.
fn unasked() -> Fault {
	Fault::Lie("an answer to another question".into())
}

/// Work on a peer's bytes: a panic there is the peer's doing.
async fn judged<T: Send + 'static>(
	work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, Fault> {
	let panicked =
		|error: tokio::task::JoinError| Fault::Lie(format!("bytes that cannot be judged: {error}"));
	spawn_blocking(work).await.map_err(panicked)?.map_err(Fault::Lie)
}

async fn offer(network: &NetworkHandle, peer: PeerId) -> Result<Offer, Fault> {
	let answer = timeout(OFFER_PATIENCE, ask(network, peer, Request::Offer)).await;
	match answer.map_err(|_| Fault::NoAnswer(AskError::NoAnswer))?? {
		Answer::Offer(offer) => Ok(offer),
		Answer::Nothing => Err(Fault::Nothing),
		Answer::Finality(_) | Answer::Body(_) | Answer::Range(_) => Err(unasked()),
	}
}

/// A verified piece of the state with this root: from a key on, up to another.
pub(super) async fn piece(
	network: NetworkHandle,
	peer: PeerId,
	(height, root): (u32, Hash),
	start: Vec<u8>,
	end: Option<Vec<u8>>,
) -> Result<Range, Fault> {
	match ask(&network, peer, Request::Range { height, start: start.clone(), end }).await? {
		Answer::Range(proof) => {
			let verify = move || plexus_storage::verify_range(root, &start, &proof);
			judged(move || verify().map_err(|error| error.to_string())).await
		}
		Answer::Nothing => Err(Fault::Nothing),
		Answer::Finality(_) | Answer::Body(_) | Answer::Offer(_) => Err(unasked()),
	}
}

/// Asks a peer to lead the proof of block `height` to its end, and for the block's body. What was proved stays so, however
/// this ends.
pub(super) async fn prove(
	network: &NetworkHandle,
	peer: PeerId,
	proved: &mut Step,
	height: u32,
	until: Instant,
) -> Result<Vec<Vec<u8>>, Fault> {
	// Each page but the last leads higher, so that this ends.
	let header = loop {
		// Copied, since what is given to a thread is lost if it panics: far less work than verifying a page.
		let proving = match proved {
			Step::More(proving) => proving.clone(),
			Step::Done(anchor) => break anchor.header.clone(),
		};
		let request = Request::Finality { from: proving.from(), height };
		let page = match ask_until(until, network, peer, request).await? {
			Answer::Finality(page) => page,
			Answer::Nothing => return Err(Fault::Nothing),
			Answer::Offer(_) | Answer::Body(_) | Answer::Range(_) => return Err(unasked()),
		};
		let is_short = is_short(&page);
		*proved = judged(move || proving.take(page, height)).await?;
		if is_short {
			return Err(Fault::Slow);
		}
	};
	match ask_until(until, network, peer, Request::Body { height }).await? {
		Answer::Body(bytes) => judged(move || body(&header, &bytes)).await,
		Answer::Nothing => Err(Fault::Nothing),
		Answer::Offer(_) | Answer::Finality(_) | Answer::Range(_) => Err(unasked()),
	}
}

/// Asks a peer that may take until then; verifying what came before has no such bound, since the peer cannot draw it out.
async fn ask_until(
	until: Instant,
	network: &NetworkHandle,
	peer: PeerId,
	request: Request,
) -> Result<Answer, Fault> {
	timeout_at(until.into(), ask(network, peer, request)).await.map_err(|_| Fault::Slow)?
}

/// The body that a header commits to.
fn body(header: &Header, bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
	if bytes.len() > BODY_BYTES_MAX {
		return Err(format!("a body of {} bytes", bytes.len()));
	}
	let body: Vec<Vec<u8>> = wire::decode(bytes).map_err(|error| format!("no body: {error}"))?;
	if body.len() > EXTRINSICS_MAX {
		return Err(format!("a body of {} extrinsics", body.len()));
	}
	let root = |version| BlakeTwo256::ordered_trie_root(body.clone(), version);
	match [StateVersion::V0, StateVersion::V1].into_iter().any(|v| root(v) == header.extrinsics_root) {
		true => Ok(body),
		false => Err("the body of another block".into()),
	}
}

#[cfg(test)]
mod unit {
	use super::*;
	use plexus_network::NetworkConfig;

	#[tokio::test]
	async fn who_failed_is_asked_after_the_others_whatever_its_id_is() {
		let config = NetworkConfig::new(Hash::zero(), [1; 32]);
		let network = plexus_network::start(config).await.expect("starts");
		let mut peers = Peers::new(network.handle.clone(), 7);
		let id = |digit: u8| PeerId::from_bytes(&[&[0x12u8, 0x20][..], &[digit; 32]].concat());
		let (small, great) = (id(1).expect("a hash"), id(2).expect("a hash"));
		for peer in [small, great] {
			let offer = Offer { oldest: 1, newest: 9, ..Offer::default() };
			peers.known.insert(peer, Known { offer: Some(offer), ..Known::new(Instant::now()) });
		}
		assert_eq!(peers.free(), Some(small));
		peers.blame(small, &Fault::Slow);
		assert_eq!(peers.free(), Some(great), "the other one rests");
		peers.known.get_mut(&small).expect("known").rest_until = Instant::now();
		assert_eq!(peers.free(), Some(great), "the other one failed");
		peers.put_last(great);
		assert_eq!(peers.free(), Some(small), "the other one has to make an offer again");
	}
}
