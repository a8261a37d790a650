//! What proposals tell of clocks.

use super::*;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Keeps the warnings that are logged, as text.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

#[derive(Default)]
struct Text(String);

impl Visit for Text {
	fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
		write!(self.0, "{field}={value:?} ").unwrap();
	}
}

impl Subscriber for Warnings {
	fn enabled(&self, metadata: &Metadata<'_>) -> bool {
		*metadata.level() == Level::WARN
	}

	fn new_span(&self, _: &Attributes<'_>) -> Id {
		Id::from_u64(1)
	}

	fn record(&self, _: &Id, _: &Record<'_>) {}

	fn record_follows_from(&self, _: &Id, _: &Id) {}

	fn event(&self, event: &Event<'_>) {
		let mut text = Text::default();
		event.record(&mut text);
		self.0.lock().unwrap().push(text.0);
	}

	fn enter(&self, _: &Id) {}

	fn exit(&self, _: &Id) {}
}

/// What is warned of meanwhile.
fn warnings<T>(happen: impl FnOnce() -> T) -> Vec<String> {
	let heard = Warnings::default();
	tracing::subscriber::with_default(heard.clone(), happen);
	let heard = heard.0.lock().unwrap();
	heard.clone()
}

#[test]
fn a_clock_that_is_off_by_half_a_second_is_warned_of_and_one_that_is_right_is_not() {
	const NOW_MS: u64 = 1_000_000;
	for (timestamp_ms, ahead_ms) in [
		(NOW_MS, None),
		(NOW_MS - 499, None),
		(NOW_MS + 499, None),
		(NOW_MS - 500, Some(500)),
		(NOW_MS + 500, Some(-500)),
		(NOW_MS + 60_000, Some(-60_000)),
	] {
		// Of two validators, so that the other one's clock alone tells.
		let ledger = FakeLedger::new(keys().iter().take(2).map(id_of));
		let turn = ledger.validators_of(1).proposer(1, 0);
		let (author, mut others): (Vec<_>, Vec<_>) =
			keys().into_iter().take(2).partition(|key| id_of(key) == turn);
		let block = ledger.build(turn, timestamp_ms);
		let mut node = Node::on(others.remove(0), ledger, FakeClock::at(NOW_MS));
		let parts = parts_of(&author[0], &block, 0, None);
		let logged = warnings(|| node.receives(parts));
		let of_clock: Vec<_> = logged.iter().filter(|line| line.contains("clock differs")).collect();
		match ahead_ms {
			None => assert!(of_clock.is_empty(), "{timestamp_ms}: {of_clock:?}"),
			Some(ahead_ms) => {
				assert_eq!(of_clock.len(), 1, "{timestamp_ms}: {logged:?}");
				assert!(of_clock[0].contains(&format!("ahead_ms={ahead_ms} ")), "{of_clock:?}");
				assert!(of_clock[0].contains("check its time synchronisation"), "{of_clock:?}");
			}
		}
	}
}

#[test]
fn one_proposal_of_three_others_is_no_reason_for_a_warning() {
	let mut node = Node::new(bystander(1, 0));
	let parts = proposal(&node.ledger, 0, None, 900_000);
	let logged = warnings(|| node.receives(parts));
	assert_eq!(node.app.status().clock_offset_ms, Some(100_000), "it was heard");
	assert!(logged.is_empty(), "{logged:?}");
}

#[test]
fn a_live_proposal_shows_how_far_our_clock_is_ahead_or_behind() {
	for (timestamp_ms, offset) in [(999_400, 600), (1_000_000, 0), (1_001_500, -1_500), (1_009_000, -9_000)] {
		let mut node = Node::new(bystander(1, 0));
		assert_eq!(node.app.status().clock_offset_ms, None);
		let parts = proposal(&node.ledger, 0, None, timestamp_ms);
		node.receives(parts);
		assert_eq!(node.app.status().clock_offset_ms, Some(offset));
	}
}

#[test]
fn what_is_no_first_live_proposal_of_small_size_shows_nothing() {
	let mut node = Node::new(bystander(1, 0));
	let later = proposal(&node.ledger, 1, None, 900_000);
	node.receives(later).unwrap();
	let synced = node.ledger.build(id_of(&proposer(1, 0)), 900_000);
	let bytes = crate::codec::encode_versioned(&synced);
	node.app.synced_value(Height(1), Round::ZERO, id_of(&proposer(1, 0)), &bytes);
	node.ledger.ballast(2 * crate::parts::CHUNK_BYTES);
	let large = proposal(&node.ledger, 0, None, 900_000);
	node.receives(large).unwrap();
	assert_eq!(node.app.status().clock_offset_ms, None);
}

#[test]
fn a_proposal_that_came_before_its_height_shows_our_clock_when_it_came() {
	let mut ahead = Node::new(proposer(1, 0));
	let (first, first_parts) = ahead.proposes(1, 0);
	ahead.decides(1, first);
	let second = proposal(&ahead.ledger, 0, None, 1_002_000);
	let mut behind =
		Node::on(bystander(2, 0), FakeLedger::new(keys().iter().map(id_of)), FakeClock::at(1_000_000));
	assert!(behind.receives(second).is_none());
	behind.receives(first_parts);
	behind.decides(1, first);
	assert_eq!(behind.app.status().clock_offset_ms, Some(0));
	behind.clock.set(1_900_000);
	assert_eq!(behind.app.started_round(Height(2), Round::ZERO).unwrap().len(), 1);
	assert_eq!(behind.app.status().clock_offset_ms, Some(-2_000));
}
