//! Answers with blocks: whose turn it is, and how many bytes of them wait for peers to take them.
//!
//! ```text
//!   request ── waits for room ── with the engine ── being sent ── over
//!                                └── counts as the longest answer ──┘ counts as it is long
//! ```
//!
//! # Must not
//! Send or drop anything: [`crate::worker`] does.
//!
//! # Invariants
//! - Requests that are with the engine or being sent hold at most [`ANSWER_BYTES_MAX`]. A peer whose own hold as much as
//!   [`PEER_ANSWERS_MAX`] of the longest answers gets no other: who asks and does not read waits for itself.
//! - Peers take turns in the order in which they asked; whoever has no room is passed over, and its request ends in time.

use arc_malachitebft_sync::InboundRequestId;
use libp2p::PeerId;
use plexus_consensus::malachite::Request;
use plexus_consensus::serving::RESPONSE_BYTES_MAX;
use plexus_consensus::Plexus;
use std::collections::{HashMap, VecDeque};

/// Bytes of all answers under way: seven of the longest.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// Of the longest answers, how many one peer may have under way: one is read from the disk while the other is sent.
const PEER_ANSWERS_MAX: usize = 2;

/// Requests of one peer that may wait: three times what an honest one has open.
const PEER_WAITING_MAX: usize = 16;

#[derive(Debug)]
struct Open {
	peer: PeerId,
	bytes: usize,
}

#[derive(Debug)]
struct Waiting {
	id: InboundRequestId,
	peer: PeerId,
	request: Request<Plexus>,
}

/// Requests that have no answer yet, or whose answer has not left.
#[derive(Debug, Default)]
pub(crate) struct Answers {
	open: HashMap<InboundRequestId, Open>,
	waiting: VecDeque<Waiting>,
}

impl Answers {
	/// A peer asks. Returns whether its request may wait.
	pub fn asked(&mut self, id: InboundRequestId, peer: PeerId, request: Request<Plexus>) -> bool {
		let fits = self.waiting.iter().filter(|waiting| waiting.peer == peer).count() < PEER_WAITING_MAX;
		if fits {
			self.waiting.push_back(Waiting { id, peer, request });
		}
		fits
	}

	/// The next request for the engine, if there is room for its answer, however long that may be.
	pub fn next(&mut self) -> Option<(InboundRequestId, PeerId, Request<Plexus>)> {
		let bytes = |peer: Option<&PeerId>| -> usize {
			let of = self.open.values().filter(|open| peer.is_none_or(|peer| open.peer == *peer));
			of.map(|open| open.bytes).sum()
		};
		if bytes(None) + RESPONSE_BYTES_MAX > ANSWER_BYTES_MAX {
			return None;
		}
		let has_room = |peer: &PeerId| bytes(Some(peer)) < PEER_ANSWERS_MAX * RESPONSE_BYTES_MAX;
		let turn = self.waiting.iter().position(|waiting| has_room(&waiting.peer))?;
		let Waiting { id, peer, request } = self.waiting.remove(turn)?;
		self.open.insert(id.clone(), Open { peer, bytes: RESPONSE_BYTES_MAX });
		Some((id, peer, request))
	}

	/// The engine answered with so many bytes, which are being sent.
	pub fn answered(&mut self, id: &InboundRequestId, bytes: usize) {
		if let Some(open) = self.open.get_mut(id) {
			open.bytes = bytes;
		}
	}

	/// The answer has left, or there will be none.
	pub fn over(&mut self, id: &InboundRequestId) {
		if self.open.remove(id).is_none() {
			self.waiting.retain(|waiting| waiting.id != *id);
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_consensus::malachite::ValueRequest;
	use plexus_consensus::Height;

	fn id(n: usize) -> InboundRequestId {
		InboundRequestId::new(n)
	}

	fn ask(answers: &mut Answers, n: usize, peer: PeerId) -> bool {
		let request = Request::ValueRequest(ValueRequest::new(Height(1)..=Height(5)));
		answers.asked(id(n), peer, request)
	}

	fn next(answers: &mut Answers) -> Option<InboundRequestId> {
		answers.next().map(|(id, _, _)| id)
	}

	#[test]
	fn who_does_not_read_waits_and_others_go_on() {
		let (mut answers, [lazy, quick]) = (Answers::default(), [PeerId::random(), PeerId::random()]);
		assert!((0..4).all(|n| ask(&mut answers, n, lazy)) && ask(&mut answers, 10, quick));
		assert_eq!([next(&mut answers), next(&mut answers)], [Some(id(0)), Some(id(1))]);
		answers.answered(&id(0), RESPONSE_BYTES_MAX);
		assert_eq!(next(&mut answers), Some(id(10)), "the third of the lazy one is passed over");
		answers.over(&id(10));
		assert_eq!(next(&mut answers), None);
		answers.over(&id(2));
		answers.over(&id(0));
		assert_eq!(next(&mut answers), Some(id(3)), "the third was given up");
	}

	#[test]
	fn short_answers_hold_nobody_up() {
		let (mut answers, peer) = (Answers::default(), PeerId::random());
		for n in 0..5 {
			assert!(ask(&mut answers, n, peer));
		}
		assert_eq!([next(&mut answers), next(&mut answers)], [Some(id(0)), Some(id(1))]);
		for n in 0..3 {
			answers.answered(&id(n), 1_000);
			assert_eq!(next(&mut answers), Some(id(n + 2)));
		}
	}

	#[test]
	fn what_is_under_way_and_what_waits_is_bounded() {
		let mut answers = Answers::default();
		for n in 0..100 {
			assert!(ask(&mut answers, n, PeerId::random()));
		}
		let started = std::iter::from_fn(|| next(&mut answers)).count();
		assert_eq!(started, ANSWER_BYTES_MAX / RESPONSE_BYTES_MAX);
		let greedy = PeerId::random();
		let taken = (200..300).filter(|n| ask(&mut answers, *n, greedy)).count();
		assert_eq!(taken, PEER_WAITING_MAX);
	}
}
