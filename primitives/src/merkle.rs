//! A Merkle tree over a list, with BLAKE3: one hash that names all items, and short proofs that one is among them.
//!
//! The shape is that of RFC 6962: the left subtree of `n` leaves has the largest power of two below `n`, and a lone node
//! goes up unchanged. Leaves and inner nodes are hashed with different first bytes, so that no node can be passed off as
//! a leaf; the maintained crates for such trees (`binary-merkle-tree`) leave that out.
//!
//! ```text
//! leaf  = BLAKE3(0x00 ‖ item)          root of 5:          ┌────────┴──────┐
//! node  = BLAKE3(0x01 ‖ left ‖ right)                  ┌───┴───┐           │
//!                                                     ┌┴┐     ┌┴┐          │
//!                                                     0 1     2 3          4
//! ```
//!
//! # Must not
//! Know what the items are. Whoever checks a proof knows from elsewhere how many items there are: the count fixes the
//! shape, and so the one form that a proof has.

use alloc::vec::Vec;

/// The hashes beside the way from a leaf to the root, from below. At most 64.
pub type Proof = Vec<[u8; 32]>;

/// The hash of an item.
pub fn leaf(item: &[u8]) -> [u8; 32] {
	*blake3::Hasher::new().update(&[0]).update(item).finalize().as_bytes()
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
	*blake3::Hasher::new().update(&[1]).update(left).update(right).finalize().as_bytes()
}

/// The level above.
fn above(level: &[[u8; 32]]) -> Vec<[u8; 32]> {
	let pair = |pair: &[[u8; 32]]| match pair {
		[left, right] => node(left, right),
		[lone, ..] => *lone,
		[] => [0; 32],
	};
	level.chunks(2).map(pair).collect()
}

/// The root over these leaves; nothing if there are none.
pub fn root(leaves: &[[u8; 32]]) -> Option<[u8; 32]> {
	let mut level = leaves.to_vec();
	while level.len() > 1 {
		level = above(&level);
	}
	level.first().copied()
}

/// The proof that the leaf at `index` is among these; nothing if there is none.
pub fn prove(leaves: &[[u8; 32]], mut index: usize) -> Option<Proof> {
	if index >= leaves.len() {
		return None;
	}
	let (mut level, mut proof) = (leaves.to_vec(), Proof::new());
	while level.len() > 1 {
		proof.extend(level.get(index ^ 1));
		level = above(&level);
		index /= 2;
	}
	Some(proof)
}

/// Whether the leaf is the one at `index` of `count` under this root. A proof has one form: what is longer or shorter
/// than needed is refused.
pub fn verify(root: &[u8; 32], count: u64, mut index: u64, leaf: &[u8; 32], proof: &[[u8; 32]]) -> bool {
	if index >= count {
		return false;
	}
	let (mut width, mut hash, mut beside) = (count, *leaf, proof.iter());
	while width > 1 {
		let lone = index.checked_add(1) == Some(width) && index.is_multiple_of(2);
		if !lone {
			let Some(other) = beside.next() else { return false };
			hash = if index.is_multiple_of(2) { node(&hash, other) } else { node(other, &hash) };
		}
		index /= 2;
		width = width.div_ceil(2);
	}
	beside.next().is_none() && hash == *root
}

#[cfg(test)]
mod tests {
	use super::*;

	fn leaves(count: u8) -> Vec<[u8; 32]> {
		(0..count).map(|item| leaf(&[item])).collect()
	}

	#[test]
	fn every_leaf_of_every_size_has_one_proof_at_one_place() {
		for count in 1..=33 {
			let leaves = leaves(count);
			let root = root(&leaves).expect("there are leaves");
			for index in 0..usize::from(count) {
				let proof = prove(&leaves, index).expect("it is there");
				let holds = |count: u64, index: u64, leaf: &[u8; 32], proof: &[[u8; 32]]| {
					verify(&root, count, index, leaf, proof)
				};
				let (count, at, good) = (u64::from(count), index as u64, &leaves[index]);
				assert!(holds(count, at, good, &proof));
				assert!(!holds(count, at, &leaf(b"other"), &proof));
				assert!((0..count).all(|other| other == at || !holds(count, other, good, &proof)));
				assert!(!holds(count, at, good, &[&proof[..], &[[0; 32]]].concat()));
				assert!(proof.is_empty() || !holds(count, at, good, &proof[1..]));
			}
			assert_eq!(prove(&leaves, usize::from(count)), None);
		}
		assert_eq!(root(&[]), None);
	}

	#[test]
	fn an_inner_node_is_no_leaf_and_no_shorter_list_has_the_root() {
		let all = leaves(4);
		let halves = [node(&all[0], &all[1]), node(&all[2], &all[3])];
		assert_eq!(root(&all), root(&halves), "the tree is built from below");
		let item = [&[1][..], &all[0], &all[1]].concat();
		assert_ne!(leaf(&item), halves[0]);
		assert_ne!(leaf(&item[1..]), halves[0]);
	}
}
