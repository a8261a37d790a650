//! [`Subject`]: what an event is about, as the history of events is asked for it.
//!
//! ```text
//! key = kind (1 byte) ‖ id        numbers big-endian, so that keys of one kind are in the order of their ids
//! ```
//!
//! # Must not
//! Reach the state: subjects order an index beside it, which no block depends on.
//!
//! # Invariants
//! - A kind's ids have one length, so no key begins with another key.
//! - Kinds are never renumbered and 0 and 255 are none of them: an index keeps its own records there. New things get new kinds, and
//!   an index that has none of these is no other index.

use crate::{AgentId, BatchId, ChannelId, ContributionId, DatanetId, ModelId};
use alloc::vec::Vec;

/// What an event is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
	/// An account: whatever names it.
	Account([u8; 32]),
	/// The BLAKE3 hash of content.
	Root([u8; 32]),
	/// A datanet.
	Datanet(DatanetId),
	/// A contribution.
	Contribution(ContributionId),
	/// A model.
	Model(ModelId),
	/// An agent.
	Agent(AgentId),
	/// A validator's pool.
	Pool(u32),
	/// An account as a contributor: only its contributions' registrations, which are few among all that it does.
	Contributor([u8; 32]),
	/// A payment channel.
	Channel(ChannelId),
	/// A batch of receipts.
	Batch(BatchId),
}

/// The longest key.
pub const KEY_BYTES_MAX: usize = 33;

impl Subject {
	/// The kind's name, as it stands before the colon where a subject is written: `datanet:7`.
	pub fn kind(&self) -> &'static str {
		match self {
			Self::Account(_) => "account",
			Self::Root(_) => "root",
			Self::Datanet(_) => "datanet",
			Self::Contribution(_) => "contribution",
			Self::Model(_) => "model",
			Self::Agent(_) => "agent",
			Self::Pool(_) => "pool",
			Self::Contributor(_) => "contributor",
			Self::Channel(_) => "channel",
			Self::Batch(_) => "batch",
		}
	}

	/// Its key in an index.
	pub fn key(&self) -> Vec<u8> {
		let of = |kind: u8, id: &[u8]| {
			let mut key = Vec::with_capacity(1 + id.len());
			key.push(kind);
			key.extend_from_slice(id);
			key
		};
		match self {
			Self::Account(id) => of(1, id),
			Self::Root(root) => of(2, root),
			Self::Datanet(id) => of(3, &id.0.to_be_bytes()),
			Self::Contribution(id) => of(4, &id.0.to_be_bytes()),
			Self::Model(id) => of(5, &id.0.to_be_bytes()),
			Self::Agent(id) => of(6, &id.0.to_be_bytes()),
			Self::Pool(id) => of(7, &id.to_be_bytes()),
			Self::Contributor(id) => of(8, id),
			Self::Channel(id) => of(9, &id.0.to_be_bytes()),
			Self::Batch(id) => of(10, &id.0.to_be_bytes()),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn every_kind(number: u8) -> [Subject; 10] {
		[
			Subject::Account([number; 32]),
			Subject::Root([number; 32]),
			Subject::Datanet(DatanetId(number.into())),
			Subject::Contribution(ContributionId(number.into())),
			Subject::Model(ModelId(number.into())),
			Subject::Agent(AgentId(number.into())),
			Subject::Pool(number.into()),
			Subject::Contributor([number; 32]),
			Subject::Channel(ChannelId(number.into())),
			Subject::Batch(BatchId(number.into())),
		]
	}

	#[test]
	fn no_key_begins_with_another() {
		let keys: Vec<_> = (0..=255).flat_map(every_kind).map(|subject| subject.key()).collect();
		for (place, key) in keys.iter().enumerate() {
			assert!(!matches!(key[0], 0 | 255) && key.len() <= KEY_BYTES_MAX, "{key:?}");
			let others = keys.iter().enumerate().filter(|(other, _)| *other != place);
			assert!(others.clone().all(|(_, other)| !other.starts_with(key)), "{key:?}");
		}
	}

	#[test]
	fn the_keys_are_what_stored_indexes_have() {
		let keys = every_kind(7).map(|subject| subject.key());
		for (place, key) in keys.iter().enumerate() {
			assert_eq!(usize::from(key[0]), place + 1);
		}
		assert_eq!(keys[0], [&[1][..], &[7; 32]].concat());
		assert_eq!(keys[2], [3, 0, 0, 0, 7]);
		assert_eq!(keys[3], [4, 0, 0, 0, 0, 0, 0, 0, 7]);
		assert_eq!(keys[6], [7, 0, 0, 0, 7]);
	}

	#[test]
	fn kinds_have_names_of_their_own() {
		let mut names = every_kind(0).map(|subject| subject.kind());
		names.sort_unstable();
		assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
	}
}
