//! A Fenwick tree over the versions of a datanet: which nodes to raise, and which to sum.
//!
//! Node `i` has the sum over the versions `i ..= i + lowbit(i) - 1`. So a version's deposit raises the nodes that one gets
//! to by taking lowest bits away, and the sum over a version and all after it is in those that one gets to by adding them.
//! Either way there are at most [`NODES_MAX`], and a node that is above the last version is empty: publishing a version
//! touches no node. Peter M. Fenwick, "A new data structure for cumulative frequency tables", 1994; mirrored, because
//! what is asked for is what came *after* a version.
//!
//! # Must not
//! Know what is in a node.

use core::iter::successors;

/// Nodes that one walk visits, at most: each step clears or carries a bit.
pub const NODES_MAX: u32 = u32::BITS;

/// The nodes that have a version's deposits.
pub fn raised(version: u32) -> impl Iterator<Item = u32> {
	let some = |node: u32| (node > 0).then_some(node);
	successors(some(version), move |node| some(node & (node - 1)))
}

/// The nodes which together have the deposits of `version ..= last`; none if there are no such versions.
pub fn summed(version: u32, last: u32) -> impl Iterator<Item = u32> {
	let some = move |node: u32| (node > 0 && node <= last).then_some(node);
	successors(some(version), move |node| node.checked_add(node & node.wrapping_neg()).and_then(some))
}
