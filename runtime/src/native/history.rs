//! A block's events with what they are about and what they credited, for the node's index.
//!
//! # Must not
//! Be fed bytes from outside: what is decoded here is the value of `System.Events` in a state that this runtime computed.
//!
//! # Invariants
//! An event's position is its place among all events of its block, as clients count them.

use super::{
	income::{Income, IncomeReader},
	subjects::subjects,
};
use crate::{Hash, RuntimeEvent};
use codec::{DecodeAll, Encode};
use frame_system::{EventRecord, Phase};
use plexus_primitives::Subject;

/// An event that is about something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TracedEvent {
	/// Its place among the block's events.
	pub position: u32,
	/// The place of the extrinsic that it belongs to; none for what the block does before and after them.
	pub extrinsic: Option<u32>,
	/// The SCALE-encoded `RuntimeEvent`: index of the pallet, index of the variant, fields.
	pub event: Vec<u8>,
	/// What it is about; never empty.
	pub subjects: Vec<Subject>,
	/// What it credited to accounts.
	pub income: Vec<Income>,
}

/// The events of a block that are about something, from the value of `System.Events` after it.
///
/// # Errors
/// The bytes are no events of this runtime: another version of it wrote them.
pub fn traced_events(events: &[u8]) -> Result<Vec<TracedEvent>, codec::Error> {
	let records = Vec::<EventRecord<RuntimeEvent, Hash>>::decode_all(&mut &events[..])?;
	let mut reader = IncomeReader::default();
	let traced = |(position, record): (usize, EventRecord<RuntimeEvent, Hash>)| {
		let (subjects, income) = (subjects(&record.event), reader.read(&record.event));
		if subjects.is_empty() {
			return None;
		}
		let extrinsic = match record.phase {
			Phase::ApplyExtrinsic(place) => Some(place),
			Phase::Initialization | Phase::Finalization => None,
		};
		let event = record.event.encode();
		Some(TracedEvent { position: position as u32, extrinsic, event, subjects, income })
	};
	Ok(records.into_iter().enumerate().filter_map(traced).collect())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{AccountId, Runtime};

	fn record(phase: Phase, event: impl Into<RuntimeEvent>) -> EventRecord<RuntimeEvent, Hash> {
		EventRecord { phase, event: event.into(), topics: Vec::new() }
	}

	#[test]
	fn events_keep_their_place_among_those_that_are_about_nothing() {
		let transfer = pallet_balances::Event::<Runtime>::Transfer {
			from: AccountId::new([1; 32]),
			to: AccountId::new([2; 32]),
			amount: 5,
		};
		let nothing = || frame_system::Event::<Runtime>::KilledAccount { account: AccountId::new([9; 32]) };
		let records = vec![
			record(Phase::Initialization, nothing()),
			record(Phase::ApplyExtrinsic(3), transfer.clone()),
			record(Phase::ApplyExtrinsic(3), nothing()),
			record(Phase::Finalization, transfer.clone()),
		];
		let found = traced_events(&records.encode()).expect("they are events");
		let places: Vec<_> = found.iter().map(|event| (event.position, event.extrinsic)).collect();
		assert_eq!(places, [(1, Some(3)), (3, None)]);
		assert_eq!(found[0].event, RuntimeEvent::from(transfer).encode());
		assert_eq!(found[0].subjects, [Subject::Account([1; 32]), Subject::Account([2; 32])]);
		assert!(found.iter().all(|event| event.income.is_empty()), "transfers are none");
	}

	#[test]
	fn bytes_of_another_runtime_are_an_error() {
		assert!(traced_events(&[4, 0xff, 0xff]).is_err());
		let none = Vec::<EventRecord<RuntimeEvent, Hash>>::new();
		assert_eq!(traced_events(&none.encode()), Ok(Vec::new()));
		assert!(traced_events(&[none.encode(), vec![0]].concat()).is_err(), "something follows");
	}
}
