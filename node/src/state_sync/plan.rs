//! Which parts of the key space are still to be fetched, and by whom at the moment: a pure state machine.
//!
//! ```text
//!   [next ─────────── end)   a span: everything below `next` is here, a piece from there on is under way or not
//!   [next ── m) [m ── end)   split, when somebody has nothing to do
//! ```
//!
//! Nobody knows beforehand where keys are. After a piece two things are known: what its keys have in common, and that
//! behind the last key there is probably more of the same. So a span is split where that common prefix ends, and once it
//! is within the prefix, in the middle: keys in a map of the runtime end in hashes, which are spread evenly.
//!
//! # Must not
//! Do input or output, or know peers.
//!
//! # Invariants
//! - The spans are disjoint, and together with what was received they are the whole key space.
//! - Nothing is split before a piece of it, or of what it was split from, has come. There are never more than
//!   [`SPANS_MAX`] spans.

use codec::{Decode, Encode};
use plexus_storage::{Pair, Range};

/// The most spans: more than pieces are ever under way.
pub const SPANS_MAX: usize = 64;

/// Bytes behind the common prefix that a middle is computed of.
const MIDDLE_BYTES: usize = 8;

/// Names a span.
pub type SpanId = u64;

/// What is left, as it is written to the disk.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Left {
	/// The first key that is missing.
	pub next: Vec<u8>,
	/// The first key that belongs to another; none at the end.
	pub end: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
struct Span {
	id: SpanId,
	left: Left,
	/// Whether a piece of it is under way.
	is_taken: bool,
	/// What the keys of the last piece have in common, since the last split.
	prefix: Option<Vec<u8>>,
}

/// What is to be fetched.
#[derive(Clone, Debug)]
pub struct Plan {
	spans: Vec<Span>,
	next_id: SpanId,
}

impl Default for Plan {
	/// Everything.
	fn default() -> Self {
		Self::of(vec![Left { next: Vec::new(), end: None }])
	}
}

impl Plan {
	/// What was left.
	pub fn of(left: Vec<Left>) -> Self {
		let mut plan = Self { spans: Vec::new(), next_id: 0 };
		left.into_iter().for_each(|left| plan.add(left, None));
		plan
	}

	/// What is left.
	pub fn left(&self) -> Vec<Left> {
		self.spans.iter().map(|span| span.left.clone()).collect()
	}

	/// Whether nothing is.
	pub fn is_done(&self) -> bool {
		self.spans.is_empty()
	}

	fn add(&mut self, left: Left, prefix: Option<Vec<u8>>) {
		self.spans.push(Span { id: self.next_id, left, is_taken: false, prefix });
		self.next_id += 1;
	}

	/// A part to fetch a piece of; none if all are under way and none can be split.
	pub fn take(&mut self) -> Option<(SpanId, Left)> {
		if self.spans.iter().all(|span| span.is_taken) {
			self.split();
		}
		let span = self.spans.iter_mut().find(|span| !span.is_taken)?;
		span.is_taken = true;
		Some((span.id, span.left.clone()))
	}

	/// The piece did not come.
	pub fn give_back(&mut self, id: SpanId) {
		if let Some(span) = self.spans.iter_mut().find(|span| span.id == id) {
			span.is_taken = false;
		}
	}

	/// A piece came: the pairs in it that were missing.
	pub fn receive(&mut self, id: SpanId, range: Range) -> Vec<Pair> {
		let Range { mut pairs, is_last } = range;
		let Some(place) = self.spans.iter().position(|span| span.id == id) else { return Vec::new() };
		let span = &mut self.spans[place];
		// The span may have become shorter meanwhile.
		let wanted = match &span.left.end {
			Some(end) => pairs.partition_point(|(key, _)| key < end),
			None => pairs.len(),
		};
		let reached_end = wanted < pairs.len() || is_last;
		pairs.truncate(wanted);
		span.is_taken = false;
		match (reached_end, pairs.first(), pairs.last()) {
			(false, Some((first, _)), Some((last, _))) => {
				span.prefix = Some(common(first, last).to_vec());
				// The smallest key behind the last.
				span.left.next = [last, &[0][..]].concat();
			}
			_ => {
				self.spans.remove(place);
			}
		}
		pairs
	}

	/// Splits the first span that can be.
	fn split(&mut self) {
		if self.spans.len() >= SPANS_MAX {
			return;
		}
		for span in &mut self.spans {
			let Some(prefix) = span.prefix.take() else { continue };
			let Some((at, shared)) = cut(&span.left, &prefix) else { continue };
			let end = span.left.end.replace(at.clone());
			return self.add(Left { next: at, end }, shared.then_some(prefix));
		}
	}
}

/// Where to cut, and whether what is behind is likely to have keys with the prefix, too.
fn cut(left: &Left, prefix: &[u8]) -> Option<(Vec<u8>, bool)> {
	let is_before_end = |key: &Vec<u8>| left.end.as_ref().is_none_or(|end| key < end);
	if let Some(behind) = successor(prefix).filter(|behind| *behind > left.next && is_before_end(behind)) {
		return Some((behind, false));
	}
	let middle = middle(&left.next, left.end.as_deref());
	(middle > left.next && is_before_end(&middle)).then_some((middle, true))
}

/// The first key behind all that begin with this; none if there is none.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
	let last = prefix.iter().rposition(|byte| *byte < u8::MAX)?;
	let mut successor = prefix[..=last].to_vec();
	successor[last] += 1;
	Some(successor)
}

/// A key about half way between two.
fn middle(from: &[u8], to: Option<&[u8]>) -> Vec<u8> {
	let shared = to.map_or(0, |to| common(from, to).len());
	let number = |key: Option<&[u8]>, absent: u8| {
		let byte = |place: usize| key.map_or(absent, |key| key.get(shared + place).copied().unwrap_or(0));
		(0..MIDDLE_BYTES).fold(0u128, |number, place| (number << 8) | u128::from(byte(place)))
	};
	let half = (number(Some(from), 0) + number(to, u8::MAX)) / 2;
	// Both fit into eight bytes, hence so does what lies between.
	[&from[..shared], &half.to_be_bytes()[16 - MIDDLE_BYTES..]].concat()
}

fn common<'a>(a: &'a [u8], b: &[u8]) -> &'a [u8] {
	&a[..a.iter().zip(b).take_while(|(a, b)| a == b).count()]
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::collections::BTreeMap;

	/// Keys as a runtime has them: single ones, and a large map with hashed keys.
	fn state() -> BTreeMap<Vec<u8>, Vec<u8>> {
		let hash = |number: u32| blake3::hash(&number.to_le_bytes()).as_bytes()[..16].to_vec();
		let map = (0..2_000).map(|number| ([vec![0x26; 32], hash(number)].concat(), vec![1]));
		let single = [vec![], vec![0], vec![0x26; 16], vec![0x26; 33], vec![0xff; 8]];
		map.chain(single.into_iter().map(|key| (key, vec![2]))).collect()
	}

	/// What an honest peer answers, `most` pairs at a time and one beyond the end.
	fn answer(state: &BTreeMap<Vec<u8>, Vec<u8>>, left: &Left, most: usize) -> Range {
		let mut pairs = Vec::new();
		for (key, value) in state.range(left.next.clone()..) {
			pairs.push((key.clone(), value.clone()));
			if pairs.len() == most || left.end.as_ref().is_some_and(|end| key >= end) {
				break;
			}
		}
		let is_last = pairs.last().is_none_or(|(last, _)| state.keys().next_back() == Some(last));
		Range { pairs, is_last }
	}

	/// Fetches everything with so many pieces under way; the pairs, and how many pieces came while others were asked for.
	fn fetch(mut plan: Plan, under_way: usize) -> (Vec<Pair>, usize, usize) {
		let (state, mut pairs, mut pieces, mut at_once) = (state(), Vec::new(), 0, 0);
		while !plan.is_done() {
			let taken: Vec<_> = (0..under_way).map_while(|_| plan.take()).collect();
			at_once = at_once.max(taken.len());
			for (id, left) in taken {
				pieces += 1;
				pairs.extend(plan.receive(id, answer(&state, &left, 50)));
			}
		}
		(pairs, pieces, at_once)
	}

	#[test]
	fn however_many_fetch_every_pair_comes_exactly_once() {
		for under_way in [1, 2, 3, 8, 200] {
			let (mut pairs, ..) = fetch(Plan::default(), under_way);
			pairs.sort();
			assert_eq!(pairs, state().into_iter().collect::<Vec<_>>(), "{under_way} at once");
		}
	}

	#[test]
	fn one_who_fetches_alone_gets_it_in_order_and_many_share_the_work() {
		let (pairs, alone, _) = fetch(Plan::default(), 1);
		assert!(pairs.windows(2).all(|pair| pair[0].0 < pair[1].0));
		let (_, together, at_once) = fetch(Plan::default(), 8);
		assert_eq!(at_once, 8);
		assert!(together <= 2 * alone + 8, "{together} pieces instead of {alone}");
	}

	#[test]
	fn what_is_left_can_be_written_down_at_any_time_and_taken_up_again() {
		let (state, mut plan, mut pairs) = (state(), Plan::default(), Vec::new());
		for _ in 0..12 {
			// The first piece comes, the second is lost with the process.
			let Some((id, left)) = plan.take() else { break };
			plan.take();
			pairs.extend(plan.receive(id, answer(&state, &left, 50)));
			plan = Plan::of(plan.left());
		}
		assert!(!plan.is_done() && !pairs.is_empty());
		pairs.extend(fetch(plan, 3).0);
		pairs.sort();
		assert_eq!(pairs, state.into_iter().collect::<Vec<_>>());
	}

	#[test]
	fn a_piece_that_did_not_come_is_asked_for_again() {
		let mut plan = Plan::default();
		let first = plan.take().expect("all is left");
		assert_eq!(plan.take(), None, "nothing is known to split by");
		plan.give_back(first.0);
		assert_eq!(plan.take(), Some(first));
	}

	#[test]
	fn the_spans_are_bounded() {
		let mut plan =
			Plan::of((0..SPANS_MAX as u8).map(|n| Left { next: vec![n], end: Some(vec![n, 9]) }).collect());
		for _ in 0..SPANS_MAX {
			let (id, left) = plan.take().expect("one is free");
			let pairs =
				vec![([&left.next[..], &[1]].concat(), vec![]), ([&left.next[..], &[2]].concat(), vec![])];
			plan.receive(id, Range { pairs, is_last: false });
			plan.take();
		}
		assert_eq!((plan.take(), plan.left().len()), (None, SPANS_MAX), "each could be split");
	}

	#[test]
	fn middles_and_successors_lie_where_they_should() {
		assert_eq!(successor(&[1, 0xff, 0xff]), Some(vec![2]));
		assert_eq!(successor(&[0xff]), None);
		assert_eq!(successor(&[]), None);
		for (from, to) in
			[(&[1u8, 2][..], Some(&[1u8, 4][..])), (&[], None), (&[0xfe], None), (&[5, 1, 1], Some(&[6]))]
		{
			let middle = middle(from, to);
			assert!(middle[..] > *from && to.is_none_or(|to| middle[..] < *to), "{from:?} {to:?} {middle:?}");
		}
	}
}
