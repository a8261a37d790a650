//! Publishing again what this node was sent by others than peers and what still waits: it may have reached nobody, because a
//! queue was full, or because it came while no peer was connected. A node that makes no blocks would keep it to itself.
//!
//! # Must not
//! Repeat what came from peers: they have it, and each node would send it to all its peers once more.
//!
//! # Invariants
//! - A look repeats at most [`REPEATED_MAX`] transactions, each of which waited at the look before, too.
//! - At most [`OWN_MAX`] transactions are remembered. What has no room is found again in the pool when there is some.

use super::Hash;
use parking_lot::Mutex;
use plexus_network::NetworkHandle;
use plexus_pool::Pool;
use sp_runtime::traits::{BlakeTwo256, Hash as _};
use std::{collections::HashSet, mem, sync::Arc, time::Duration};
use tokio::{
	task::spawn_blocking,
	time::{interval, sleep, MissedTickBehavior},
};
use tracing::debug;

/// How often it is looked what still waits: longer than anything waits unless blocks are full or something went wrong.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);

/// Of one look: some 600 KB of transfers for each peer.
const REPEATED_MAX: usize = 4_096;

/// Of these at once, and the pause after them: four thousand a second, of the ten thousand that the network sends for us.
const REPEATED_AT_ONCE: usize = 1_024;
const PAUSE: Duration = Duration::from_millis(250);

/// Half of what a pool holds; two megabytes.
const OWN_MAX: usize = 65_536;

/// What this node was sent by others than peers.
#[derive(Clone, Default)]
pub struct Own(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
	hashes: HashSet<Hash>,
	/// Whether some are not among them, and which is not known.
	incomplete: bool,
}

/// A transaction that waits.
type Listed = (Hash, Vec<u8>);

impl Own {
	pub(super) fn add(&self, hash: Hash) {
		let mut known = self.0.lock();
		match known.hashes.len() < OWN_MAX {
			true => {
				known.hashes.insert(hash);
			}
			false => known.incomplete = true,
		}
	}

	/// Some were not heard of: all that waits at the next look counts.
	pub(super) fn add_unheard(&self) {
		self.0.lock().incomplete = true;
	}

	/// Those of what waits that are this node's; what waits no longer is forgotten.
	fn among(&self, listed: Vec<Listed>, waits: impl Fn(&Hash) -> bool) -> Vec<Listed> {
		let mut known = self.0.lock();
		known.hashes.retain(waits);
		if mem::take(&mut known.incomplete) {
			for (hash, _) in &listed {
				if known.hashes.len() < OWN_MAX {
					known.hashes.insert(*hash);
				} else if !known.hashes.contains(hash) {
					known.incomplete = true;
				}
			}
		}
		listed.into_iter().filter(|(hash, _)| known.hashes.contains(hash)).collect()
	}
}

/// What waits, look by look. No more than [`Pool::pending`] lists.
#[derive(Default)]
struct Waiting(HashSet<Hash>);

impl Waiting {
	/// Looks at what waits now; what of it waited at the last look, too.
	fn look(&mut self, now: Vec<Listed>) -> Vec<Vec<u8>> {
		let before = mem::replace(&mut self.0, now.iter().map(|(hash, _)| *hash).collect());
		let again = now.into_iter().filter(|(hash, _)| before.contains(hash));
		again.map(|(_, bytes)| bytes).take(REPEATED_MAX).collect()
	}
}

/// Publishes again what waits at two looks in a row, for as long as the node runs. Peers that have it ignore it.
pub async fn repeat(pool: Pool, network: NetworkHandle, own: Own) {
	let mut ticks = interval(LOOK_INTERVAL);
	ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
	let mut waiting = Waiting::default();
	loop {
		ticks.tick().await;
		let (pool, own) = (pool.clone(), own.clone());
		let list = move || {
			let listed = pool.pending().into_iter().map(|bytes| (BlakeTwo256::hash(&bytes), bytes)).collect();
			own.among(listed, |hash| pool.get(hash).is_some())
		};
		// A panic is told by the hook.
		let Ok(listed) = spawn_blocking(list).await else { continue };
		let again = waiting.look(listed);
		if again.is_empty() || network.peers().is_empty() {
			continue;
		}
		debug!(count = again.len(), "publishing again what still waits");
		for some in again.chunks(REPEATED_AT_ONCE) {
			for bytes in some {
				network.publish_transaction(bytes.clone());
			}
			sleep(PAUSE).await;
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn hash(number: u8) -> Hash {
		Hash::repeat_byte(number)
	}

	fn listed(numbers: &[u8]) -> Vec<Listed> {
		numbers.iter().map(|number| (hash(*number), vec![*number])).collect()
	}

	#[test]
	fn what_waits_at_two_looks_in_a_row_is_published_again() {
		let mut waiting = Waiting::default();
		assert!(waiting.look(listed(&[1, 2, 3])).is_empty(), "they have just come");
		assert_eq!(waiting.look(listed(&[2, 4, 3])), [vec![2u8], vec![3u8]]);
		assert_eq!(waiting.look(listed(&[3, 4])), [vec![3u8], vec![4u8]]);
		assert!(waiting.look(listed(&[])).is_empty() && waiting.0.is_empty(), "all are in blocks");
		assert!(waiting.look(listed(&[3])).is_empty(), "it came anew");
	}

	#[test]
	fn one_look_repeats_a_bounded_number() {
		let many = || -> Vec<Listed> {
			(0..2 * REPEATED_MAX as u64).map(|number| (Hash::from_low_u64_be(number), Vec::new())).collect()
		};
		let mut waiting = Waiting::default();
		waiting.look(many());
		assert_eq!(waiting.look(many()).len(), REPEATED_MAX);
	}

	#[test]
	fn only_what_is_this_nodes_counts_unless_some_was_not_heard_of() {
		let own = Own::default();
		[1, 2, 9].into_iter().for_each(|number| own.add(hash(number)));
		assert_eq!(own.among(listed(&[1, 2, 3]), |found| *found != hash(9)), listed(&[1, 2]));
		assert_eq!(own.0.lock().hashes.len(), 2, "what left the pool is forgotten");
		own.add_unheard();
		assert_eq!(own.among(listed(&[1, 3, 4]), |_| true), listed(&[1, 3, 4]));
		assert_eq!(own.among(listed(&[3, 5]), |_| true), listed(&[3]), "it counts once");
	}

	#[test]
	fn what_has_no_room_is_found_again_when_there_is_some() {
		let own = Own::default();
		(0..=OWN_MAX as u64).for_each(|number| own.add(Hash::from_low_u64_be(number)));
		assert_eq!(own.0.lock().hashes.len(), OWN_MAX);
		let last = (Hash::from_low_u64_be(OWN_MAX as u64), vec![7]);
		assert!(own.among(vec![last.clone()], |_| true).is_empty(), "all others still wait");
		assert_eq!(own.among(vec![last.clone()], |found| *found == last.0), [last]);
	}
}
