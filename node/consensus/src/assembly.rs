//! Puts the parts of proposals together again, in any order of arrival, in bounded memory.
//!
//! # Must not
//! Look into bodies, or trust anything before the head's signature was checked.
//!
//! # Invariants
//! - Streams are told apart by (publisher, stream): nobody can add parts to another's stream.
//! - At most [`STREAMS_MAX`] streams, [`STREAMS_PER_PUBLISHER_MAX`] of one publisher, and [`BUFFERED_BYTES_MAX`] bytes
//!   of chunks are held. Whoever exceeds the bound loses their own oldest stream; when all together exceed it, the
//!   oldest stream without an accepted head goes first, then the oldest of a later height, whose proposers may be anybody:
//!   so strangers cannot push out the proposal of whose turn it is.

use crate::malachite::streaming::{StreamContent, StreamId, StreamMessage};
use crate::malachite::PeerId;
use crate::parts::{Complete, ProposalHead, ProposalPart, BODY_BYTES_MAX, CHUNKS_MAX, CHUNK_BYTES};
use std::collections::BTreeMap;

/// Streams held at once: four rounds of a set of sixteen proposers.
pub const STREAMS_MAX: usize = 64;

/// Streams of one publisher: its proposal, one sent again, and two rounds to come.
pub const STREAMS_PER_PUBLISHER_MAX: usize = 4;

/// Bytes of all chunks held: eight bodies of the greatest length.
pub const BUFFERED_BYTES_MAX: usize = 8 * BODY_BYTES_MAX;

/// What a head is to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
	/// Of no use.
	Refused,
	/// Of a height that has not begun here: whoever proposes it, its validators may not be known yet.
	Early,
	/// Of this height, by a validator that has the turn.
	Due,
}

type Key = (PeerId, StreamId);

#[derive(Debug, Default)]
struct Partial {
	head: Option<ProposalHead>,
	/// Whether the head was due, not early.
	due: bool,
	chunks: BTreeMap<u64, Vec<u8>>,
	bytes: usize,
	/// Whether its head or a chunk was refused: then what follows is not kept.
	refused: bool,
	/// When the stream began, counted in streams.
	began: u64,
}

impl Partial {
	/// The lowest goes first when there is no room.
	fn rank(&self) -> u8 {
		match self.head {
			None => 0,
			Some(_) if !self.due => 1,
			Some(_) => 2,
		}
	}
}

/// The streams that are under way.
#[derive(Debug, Default)]
pub struct Assembly {
	streams: BTreeMap<Key, Partial>,
	buffered_bytes: usize,
	begun: u64,
}

impl Assembly {
	/// Takes a part in; returns the proposal once all parts are there and are what the head commits to.
	///
	/// `admit` judges the head as soon as it is seen: of a stream whose head it refuses nothing is kept.
	pub fn add(
		&mut self,
		publisher: PeerId,
		message: StreamMessage<ProposalPart>,
		admit: impl FnOnce(&ProposalHead) -> Admission,
	) -> Option<Complete> {
		let key = (publisher, message.stream_id);
		match message.content {
			StreamContent::Data(ProposalPart::Head(head)) => {
				let admission = match message.sequence {
					0 => admit(&head),
					_ => Admission::Refused,
				};
				if admission == Admission::Refused {
					self.refuse(&key);
					return None;
				}
				let partial = self.stream(&key);
				if !partial.refused && partial.head.is_none() {
					partial.head = Some(*head);
					partial.due = admission == Admission::Due;
				}
			}
			StreamContent::Data(ProposalPart::Chunk(chunk)) => {
				self.add_chunk(&key, message.sequence, chunk)?
			}
			// The head says how many chunks there are; the end of the stream says nothing new.
			StreamContent::Fin => return None,
		}
		self.complete(&key)
	}

	/// Forgets refused streams and those whose heads are of no use any more; what was early may be due now. Streams without
	/// a head stay.
	pub fn retain(&mut self, admit: impl Fn(&ProposalHead) -> Admission) {
		self.streams.retain(|_, partial| {
			let admission = partial.head.as_ref().map(&admit);
			partial.due = admission == Some(Admission::Due);
			!partial.refused && admission != Some(Admission::Refused)
		});
		self.buffered_bytes = self.streams.values().map(|partial| partial.bytes).sum();
	}

	/// Number of streams under way.
	pub fn len(&self) -> usize {
		self.streams.len()
	}

	/// Whether no stream is under way.
	pub fn is_empty(&self) -> bool {
		self.streams.is_empty()
	}

	/// Bytes of chunks held.
	pub fn buffered_bytes(&self) -> usize {
		self.buffered_bytes
	}

	fn add_chunk(&mut self, key: &Key, sequence: u64, chunk: Vec<u8>) -> Option<()> {
		if sequence == 0 || sequence > CHUNKS_MAX as u64 || chunk.is_empty() || chunk.len() > CHUNK_BYTES {
			self.refuse(key);
			return None;
		}
		let length = chunk.len();
		let partial = self.stream(key);
		if partial.refused || partial.chunks.contains_key(&sequence) {
			return None;
		}
		partial.bytes += length;
		partial.chunks.insert(sequence, chunk);
		self.buffered_bytes += length;
		while self.buffered_bytes > BUFFERED_BYTES_MAX && self.evict(|other, _| other != key) {}
		Some(())
	}

	fn complete(&mut self, key: &Key) -> Option<Complete> {
		let partial = self.streams.get(key)?;
		let head = partial.head.as_ref()?;
		if partial.chunks.len() < head.chunks() {
			return None;
		}
		let partial = self.remove(key)?;
		let mut body = Vec::with_capacity(partial.bytes);
		partial.chunks.values().for_each(|chunk| body.extend_from_slice(chunk));
		Complete::new(partial.head?, body)
	}

	fn stream(&mut self, key: &Key) -> &mut Partial {
		if !self.streams.contains_key(key) {
			let publisher = key.0;
			if self.streams.keys().filter(|other| other.0 == publisher).count() >= STREAMS_PER_PUBLISHER_MAX {
				self.evict(|other, _| other.0 == publisher);
			}
			if self.streams.len() >= STREAMS_MAX {
				self.evict(|_, _| true);
			}
			self.begun += 1;
		}
		let began = self.begun;
		self.streams.entry(key.clone()).or_insert_with(|| Partial { began, ..Partial::default() })
	}

	/// Removes the oldest of the streams that `among` allows, those without an accepted head first, then those that are early.
	fn evict(&mut self, among: impl Fn(&Key, &Partial) -> bool) -> bool {
		let oldest = self
			.streams
			.iter()
			.filter(|(key, partial)| among(key, partial))
			.min_by_key(|(_, partial)| (partial.rank(), partial.began))
			.map(|(key, _)| key.clone());
		oldest.is_some_and(|key| self.remove(&key).is_some())
	}

	/// Keeps nothing of the stream but that it was refused.
	fn refuse(&mut self, key: &Key) {
		let partial = self.stream(key);
		let bytes = std::mem::take(&mut partial.bytes);
		partial.chunks.clear();
		partial.head = None;
		partial.refused = true;
		self.buffered_bytes -= bytes;
	}

	fn remove(&mut self, key: &Key) -> Option<Partial> {
		let partial = self.streams.remove(key)?;
		self.buffered_bytes -= partial.bytes;
		Some(partial)
	}
}
