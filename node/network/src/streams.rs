//! Streams of proposal parts that may pass: those that begin with the head of a validator.
//!
//! ```text
//!   head of a validator ──► open ──► each chunk once, of the length that the head says, and the end
//!   head of a stranger, for the next height ──► open, if its sender has no other of the kind
//!   chunk before its head ──► held for a moment ──► passes behind the head, or is dropped
//! ```
//!
//! A chunk carries no proof of its own, and whoever has seen a head can begin another stream with it. What passes of such
//! copies is bounded: for each peer that begins streams here, not in all, so that copies cannot shut out the original.
//!
//! # Must not
//! Verify heads, or read a clock.
//!
//! # Invariants
//! - A stream passes at most as many bytes as its head says and chunks as these bytes take.
//! - Of one peer at most [`STREAMS_PER_PEER_MAX`] streams are open, [`COPIES_MAX`] of the same head and
//!   [`STRANGERS_MAX`] of strangers; its own oldest makes room. Of all, [`STREAMS_MAX`].
//! - At most [`HELD_BYTES_MAX`] of chunks are held, of one peer no more than one body, and none longer than [`HELD_TIME`].

use crate::meter::PART_BYTES_LEAST;
use libp2p::PeerId;
use plexus_consensus::malachite::streaming::{StreamContent, StreamId};
use plexus_consensus::parts::{ProposalHead, ProposalPart, BODY_BYTES_MAX, CHUNKS_MAX, CHUNK_BYTES};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Streams that one peer began here and that are remembered: its share of a round in which all send again.
pub(crate) const STREAMS_PER_PEER_MAX: usize = 16;

/// Streams with the same head that one peer began here: the proposal, and again after a crash or a failed round.
pub(crate) const COPIES_MAX: usize = 4;

/// Streams of strangers that one peer began here: whoever has been elected proposes once in a round.
pub(crate) const STRANGERS_MAX: usize = 1;

/// Streams that are remembered: as many as 256 peers may begin.
pub(crate) const STREAMS_MAX: usize = 256 * STREAMS_PER_PEER_MAX;

/// Bytes of chunks that wait for their heads: three bodies.
pub(crate) const HELD_BYTES_MAX: usize = 3 * BODY_BYTES_MAX;

/// How long a chunk waits. Gossip itself forgets what it has not forwarded by then.
pub(crate) const HELD_TIME: Duration = Duration::from_secs(2);

/// Who published the stream, and what they call it.
pub(crate) type Key = (PeerId, StreamId);

/// What a proposer is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proposer {
	/// A member of a set that we know.
	Validator,
	/// Perhaps one of a set that we do not know yet.
	Stranger,
}

#[derive(Debug)]
struct Stream {
	/// Who sent us its head.
	from: PeerId,
	proposer: Proposer,
	height: u64,
	signature: [u8; 64],
	body_bytes: usize,
	/// Numbers that have passed, one bit each; the end has the one after the last chunk.
	passed: u64,
	began: u64,
}

/// Chunks that fit in [`Stream::passed`], besides number 0 and the end.
const _: () = assert!(CHUNKS_MAX + 2 <= u64::BITS as usize);

impl Stream {
	fn chunks(&self) -> u64 {
		self.body_bytes.div_ceil(CHUNK_BYTES) as u64
	}

	/// Whether this is what has this number.
	fn has(&self, sequence: u64, content: &StreamContent<ProposalPart>) -> bool {
		match content {
			StreamContent::Data(ProposalPart::Chunk(chunk)) => {
				let before = sequence.saturating_sub(1) as usize * CHUNK_BYTES;
				let length = self.body_bytes.saturating_sub(before).min(CHUNK_BYTES);
				(1..=self.chunks()).contains(&sequence) && chunk.len() == length
			}
			StreamContent::Fin => sequence == self.chunks() + 1,
			StreamContent::Data(ProposalPart::Head(_)) => false,
		}
	}
}

/// Whether a part passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
	/// It belongs to a stream that is open, for this height.
	Open(u64),
	/// It came before, or belongs to no place in its stream.
	Closed,
	/// Nothing is known of its stream yet.
	Unknown,
}

#[derive(Debug)]
struct Held<T> {
	key: Key,
	from: PeerId,
	bytes: usize,
	since: Instant,
	part: T,
}

/// Streams that are open, and parts that wait for theirs to be.
#[derive(Debug)]
pub(crate) struct Streams<T> {
	open: BTreeMap<Key, Stream>,
	held: VecDeque<Held<T>>,
	begun: u64,
}

impl<T> Default for Streams<T> {
	fn default() -> Self {
		Self { open: BTreeMap::new(), held: VecDeque::new(), begun: 0 }
	}
}

impl<T> Streams<T> {
	/// Opens a stream with a verified head that `from` sent. Returns whether the head passes.
	pub fn open(&mut self, key: Key, from: PeerId, head: &ProposalHead, proposer: Proposer) -> bool {
		let signature = head.signature.0;
		let of_peer = |stream: &&Stream| stream.from == from;
		let copies =
			self.open.values().filter(of_peer).filter(|stream| stream.signature == signature).count();
		let strangers =
			self.open.values().filter(of_peer).filter(|stream| stream.proposer == Proposer::Stranger).count();
		let refused = proposer == Proposer::Stranger && strangers >= STRANGERS_MAX;
		if refused || self.open.contains_key(&key) || copies >= COPIES_MAX {
			return false;
		}
		if self.open.values().filter(of_peer).count() >= STREAMS_PER_PEER_MAX {
			self.close_oldest(|stream| stream.from == from);
		}
		if self.open.len() >= STREAMS_MAX {
			self.close_oldest(|_| true);
		}
		let (height, body_bytes) = (head.height, head.body_bytes as usize);
		self.begun += 1;
		let began = self.begun;
		self.open.insert(key, Stream { from, proposer, height, signature, body_bytes, passed: 0, began });
		true
	}

	/// Whether a chunk or an end passes; it then does not pass again.
	pub fn pass(&mut self, key: &Key, sequence: u64, content: &StreamContent<ProposalPart>) -> Passage {
		let Some(stream) = self.open.get_mut(key) else { return Passage::Unknown };
		let bit = 1u64.checked_shl(sequence.try_into().unwrap_or(u32::MAX)).unwrap_or(0);
		if stream.passed & bit != 0 || !stream.has(sequence, content) {
			return Passage::Closed;
		}
		stream.passed |= bit;
		Passage::Open(stream.height)
	}

	/// Holds a part of so many bytes until its head comes; gives it back if there is no room.
	///
	/// # Errors
	/// The part itself.
	pub fn hold(&mut self, key: Key, from: PeerId, bytes: usize, part: T, now: Instant) -> Result<(), T> {
		let bytes = bytes.max(PART_BYTES_LEAST);
		let of = |peer: Option<&PeerId>| -> usize {
			let held = self.held.iter().filter(|held| peer.is_none_or(|peer| held.from == *peer));
			held.map(|held| held.bytes).sum()
		};
		// A full chunk is a little longer as a message.
		if of(None) + bytes > HELD_BYTES_MAX || of(Some(&from)) + bytes > BODY_BYTES_MAX + CHUNK_BYTES {
			return Err(part);
		}
		self.held.push_back(Held { key, from, bytes, since: now, part });
		Ok(())
	}

	/// Takes out what waited for this stream.
	pub fn release(&mut self, key: &Key) -> Vec<T> {
		let (released, rest) = self.held.drain(..).partition::<VecDeque<_>, _>(|held| held.key == *key);
		self.held = rest;
		released.into_iter().map(|held| held.part).collect()
	}

	/// Takes out what waited too long.
	pub fn expire(&mut self, now: Instant) -> Vec<T> {
		let is_late = |held: &Held<T>| now.saturating_duration_since(held.since) >= HELD_TIME;
		let mut late = Vec::new();
		while self.held.front().is_some_and(is_late) {
			late.extend(self.held.pop_front().map(|held| held.part));
		}
		late
	}

	/// Forgets the streams of heights below.
	pub fn forget_below(&mut self, height: u64) {
		self.open.retain(|_, stream| stream.height >= height);
	}

	fn close_oldest(&mut self, among: impl Fn(&Stream) -> bool) {
		let streams = self.open.iter().filter(|(_, stream)| among(stream));
		if let Some(key) = streams.min_by_key(|(_, stream)| stream.began).map(|(key, _)| key.clone()) {
			self.open.remove(&key);
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use ed25519_dalek::SigningKey;
	use libp2p::identity::Keypair;
	use plexus_consensus::malachite::streaming::StreamMessage;
	use plexus_consensus::parts::stream;
	use plexus_storage::Header;
	use sp_core::H256;

	fn head(round: u32, body: &[u8]) -> ProposalHead {
		let digest = Default::default();
		let (state_root, extrinsics_root, parent_hash) = Default::default();
		let header = Header { number: 5, parent_hash, state_root, extrinsics_root, digest };
		ProposalHead::new(&H256([1; 32]), &SigningKey::from_bytes(&[7; 32]), round, None, header, body)
	}

	fn key(n: u8) -> Key {
		(Keypair::ed25519_from_bytes([n; 32]).unwrap().public().to_peer_id(), id(n))
	}

	fn id(n: u8) -> StreamId {
		StreamId::new(vec![n].into())
	}

	fn open<T>(streams: &mut Streams<T>, key: Key, from: PeerId, head: &ProposalHead) -> bool {
		streams.open(key, from, head, Proposer::Validator)
	}

	fn pass(streams: &mut Streams<()>, key: &Key, part: &StreamMessage<ProposalPart>) -> Passage {
		streams.pass(key, part.sequence, &part.content)
	}

	#[test]
	fn each_part_of_an_honest_stream_passes_once() {
		let body = vec![7; 2 * CHUNK_BYTES + 1];
		let (head, mut streams, from) = (head(0, &body), Streams::default(), PeerId::random());
		let parts = stream(id(1), &head, &body);
		assert_eq!(pass(&mut streams, &key(1), &parts[1]), Passage::Unknown);
		assert!(open(&mut streams, key(1), from, &head));
		assert!(!open(&mut streams, key(1), from, &head), "a second head of one stream");
		for part in &parts[1..] {
			assert_eq!(pass(&mut streams, &key(1), part), Passage::Open(5));
			assert_eq!(pass(&mut streams, &key(1), part), Passage::Closed);
		}
		streams.forget_below(6);
		assert_eq!(pass(&mut streams, &key(1), &parts[1]), Passage::Unknown);
	}

	#[test]
	fn the_longest_body_passes() {
		let body = vec![7; BODY_BYTES_MAX];
		let (head, mut streams) = (head(0, &body), Streams::default());
		assert!(open(&mut streams, key(1), PeerId::random(), &head));
		for part in &stream(id(1), &head, &body)[1..] {
			assert_eq!(pass(&mut streams, &key(1), part), Passage::Open(5), "{}", part.sequence);
		}
	}

	#[test]
	fn chunks_of_another_length_or_number_do_not_pass() {
		let body = vec![7; CHUNK_BYTES + 10];
		let (head, mut streams) = (head(0, &body), Streams::<()>::default());
		open(&mut streams, key(1), PeerId::random(), &head);
		let chunk = |length: usize| StreamContent::Data(ProposalPart::Chunk(vec![0; length]));
		for (sequence, content) in [
			(1, chunk(1)),
			(2, chunk(CHUNK_BYTES)),
			(2, chunk(9)),
			(3, chunk(10)),
			(0, chunk(CHUNK_BYTES)),
			(2, StreamContent::Fin),
			(u64::MAX, StreamContent::Fin),
			(64, chunk(1)),
		] {
			assert_eq!(streams.pass(&key(1), sequence, &content), Passage::Closed, "{sequence}");
		}
		assert_eq!(streams.pass(&key(1), 2, &chunk(10)), Passage::Open(5));
	}

	#[test]
	fn copies_of_a_head_are_bounded_for_each_peer_and_shut_nobody_out() {
		let (head, mut streams) = (head(0, &[1]), Streams::<()>::default());
		let (copier, honest) = (PeerId::random(), PeerId::random());
		let opened = (0..50).filter(|n| open(&mut streams, key(*n), copier, &head)).count();
		assert_eq!(opened, COPIES_MAX);
		assert!(open(&mut streams, key(100), honest, &head));
	}

	#[test]
	fn a_peer_that_begins_many_streams_loses_its_own_oldest() {
		let (mut streams, from, other) = (Streams::<()>::default(), PeerId::random(), PeerId::random());
		assert!(open(&mut streams, key(200), other, &head(0, &[1])));
		for n in 0..=STREAMS_PER_PEER_MAX as u8 {
			assert!(open(&mut streams, key(n), from, &head(n.into(), &[1])));
		}
		assert_eq!(streams.pass(&key(0), 2, &StreamContent::Fin), Passage::Unknown);
		assert_eq!(streams.pass(&key(1), 2, &StreamContent::Fin), Passage::Open(5));
		assert_eq!(streams.pass(&key(200), 2, &StreamContent::Fin), Passage::Open(5));
	}

	#[test]
	fn a_stranger_begins_one_stream_through_each_peer_and_validators_go_on() {
		let (mut streams, from) = (Streams::<()>::default(), PeerId::random());
		assert!(streams.open(key(1), from, &head(0, &[1]), Proposer::Stranger));
		assert!(!streams.open(key(2), from, &head(1, &[1]), Proposer::Stranger));
		assert!(streams.open(key(2), from, &head(1, &[1]), Proposer::Validator));
		assert!(streams.open(key(3), PeerId::random(), &head(2, &[1]), Proposer::Stranger));
		streams.forget_below(6);
		assert!(streams.open(key(4), from, &head(0, &[1]), Proposer::Stranger));
	}

	#[test]
	fn what_comes_before_its_head_waits_a_moment_and_in_bounds() {
		let (mut streams, from, now) = (Streams::default(), PeerId::random(), Instant::now());
		for n in 0..3 {
			assert_eq!(streams.hold(key(n % 2), from, CHUNK_BYTES, n, now), Ok(()));
		}
		assert_eq!(streams.release(&key(0)), [0, 2]);
		assert!(streams.expire(now).is_empty());
		assert_eq!(streams.expire(now + HELD_TIME), [1]);
		let tiny = (0..=u8::MAX).filter(|n| streams.hold(key(1), from, 1, *n, now).is_ok()).count();
		assert_eq!(tiny, (BODY_BYTES_MAX + CHUNK_BYTES) / PART_BYTES_LEAST);
		let more = (0..200).filter(|n| streams.hold(key(1), PeerId::random(), CHUNK_BYTES, *n, now).is_ok());
		assert!(more.count() * CHUNK_BYTES + tiny * PART_BYTES_LEAST <= HELD_BYTES_MAX);
	}
}
