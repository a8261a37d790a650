//! The light client against made-up chains whose sets change: what is true is proved, whatever is changed is refused.

use codec::{Compact, DecodeAll, Encode};
use ed25519_dalek::{Signer, SigningKey};
use plexus_primitives::{
	consensus::{
		sort_by_power, validator_set_hash, Commit, CommitError, ConsensusKey, ConsensusSignature, Vote,
		VoteKind, Voter,
	},
	light::{
		set_commitment, Certified, FinalBlock, Handover, LightError, Trusted, HEADER_BYTES_MAX,
		SET_COMMITMENT_VERSION, SET_ENGINE_ID, VOTERS_MAX,
	},
};
use proptest::prelude::*;
use sp_runtime::{Digest, DigestItem};

/// A set as seeds of keys with powers.
type Seeds = Vec<(u8, u64)>;

fn signer(seed: u8) -> SigningKey {
	SigningKey::from_bytes(&[seed + 1; 32])
}

fn key(seed: u8) -> ConsensusKey {
	ConsensusKey(signer(seed).verifying_key().to_bytes())
}

fn voters(seeds: &Seeds) -> Vec<Voter> {
	let mut set: Vec<Voter> = seeds.iter().map(|(seed, power)| (key(*seed), *power)).collect();
	sort_by_power(&mut set, |voter| *voter);
	set
}

fn header(parent: [u8; 32], number: u32, logs: Vec<DigestItem>) -> Vec<u8> {
	(parent, Compact(number), [number as u8; 32], [0xeeu8; 32], Digest { logs }).encode()
}

fn commitment(hash: [u8; 32]) -> DigestItem {
	DigestItem::Consensus(SET_ENGINE_ID, (SET_COMMITMENT_VERSION, hash).encode())
}

/// A chain: `sets[h]` are the validators of `h`, and the last of them those of a block that is not there.
struct Chain {
	genesis: [u8; 32],
	sets: Vec<Seeds>,
	headers: Vec<Vec<u8>>,
}

impl Chain {
	/// A chain whose blocks 1… have these validators.
	fn new(name: u8, sets_from_one: &[Seeds]) -> Self {
		let first = header([0; 32], 0, vec![DigestItem::Other(vec![name])]);
		let genesis = sp_crypto_hashing::blake2_256(&first);
		let mut sets = vec![Seeds::new()];
		sets.extend_from_slice(sets_from_one);
		let mut chain = Self { genesis, sets, headers: vec![first] };
		for number in 1..chain.sets.len() - 1 {
			let next = validator_set_hash(&genesis, &voters(&chain.sets[number + 1]));
			let author = DigestItem::PreRuntime(*b"plxs", vec![7; 32]);
			let block = header(chain.hash(number - 1), number as u32, vec![author, commitment(next)]);
			chain.headers.push(block);
		}
		chain
	}

	fn hash(&self, height: usize) -> [u8; 32] {
		sp_crypto_hashing::blake2_256(&self.headers[height])
	}

	fn tip(&self) -> usize {
		self.headers.len() - 1
	}

	/// A header signed by these of `set`, as if that were the set of its height.
	fn sign(&self, height: usize, header: &[u8], set: &Seeds, who: impl Fn(usize) -> bool) -> Commit {
		let value = Some(sp_crypto_hashing::blake2_256(header));
		let signatures: Vec<_> = set
			.iter()
			.enumerate()
			.filter(|(place, _)| who(*place))
			.map(|(_, (seed, _))| {
				let kind = VoteKind::Precommit;
				let vote = Vote { kind, height: height as u64, round: 3, value, voter: key(*seed) };
				let signature = signer(*seed).sign(&vote.preimage(&self.genesis));
				(key(*seed), ConsensusSignature(signature.to_bytes()))
			})
			.collect();
		Commit::new(3, &voters(set), &signatures)
	}

	fn certified(&self, height: usize) -> Certified {
		Certified {
			header: self.headers[height].clone(),
			parent: self.headers[height - 1].clone(),
			commit: self.sign(height, &self.headers[height], &self.sets[height], |_| true),
		}
	}

	fn trusted(&self, height: usize) -> Trusted {
		let set = voters(&self.sets[height + 1]);
		Trusted::block(self.genesis, height as u32, self.hash(height), set).expect("a small set")
	}

	/// What leads from a trusted height to another: the changes strictly between, and the target.
	fn proof(&self, from: usize, to: usize) -> Proof {
		let changes = (from + 1..to).filter(|height| self.sets[*height] != self.sets[height + 1]);
		let handovers = changes
			.map(|height| Handover { block: self.certified(height), set: voters(&self.sets[height + 1]) })
			.collect();
		(handovers, self.certified(to))
	}
}

type Proof = (Vec<Handover>, Certified);

fn verify(trusted: &Trusted, (handovers, target): &Proof) -> Result<FinalBlock, LightError> {
	let mut trusted = trusted.clone();
	for handover in handovers {
		trusted = trusted.follow(handover)?;
	}
	trusted.verify(target)
}

/// Four validators of whom one leaves, and one comes: sets change at blocks 2 and 5.
fn small() -> Chain {
	let four = vec![(0, 1), (1, 1), (2, 1), (3, 1)];
	let three = vec![(0, 1), (1, 1), (2, 1)];
	let others = vec![(4, 5), (5, 5), (2, 5)];
	Chain::new(
		1,
		&[four.clone(), four, three.clone(), three.clone(), three, others.clone(), others.clone(), others],
	)
}

#[test]
fn the_head_of_a_chain_is_proved_from_its_genesis_over_every_change() {
	let chain = small();
	let proof = chain.proof(0, chain.tip());
	assert_eq!(proof.0.len(), 2, "the sets change twice");
	let genesis = Trusted::genesis(chain.genesis, voters(&chain.sets[1])).unwrap();
	let block = verify(&genesis, &proof).unwrap();
	assert_eq!((block.height, block.hash), (7, chain.hash(7)));
	assert_eq!(block.state_root, [7; 32]);
	assert_eq!(block.next_set, Some(validator_set_hash(&chain.genesis, &voters(&chain.sets[8]))));
}

#[test]
fn the_first_block_is_proved_by_the_genesis_alone() {
	let chain = small();
	assert_eq!(verify(&chain.trusted(0), &chain.proof(0, 1)).unwrap().hash, chain.hash(1));
}

#[test]
fn what_is_trusted_after_a_handover_is_that_block_and_its_next_set() {
	let chain = small();
	let (handovers, _) = chain.proof(0, 7);
	let trusted = chain.trusted(0).follow(&handovers[0]).unwrap();
	assert_eq!(trusted, chain.trusted(2));
	assert_eq!(verify(&trusted, &chain.proof(2, 7)).unwrap().height, 7);
}

#[test]
fn a_forged_signature_is_refused() {
	let chain = small();
	let mut proof = chain.proof(0, 7);
	let signature = proof.1.commit.signatures[1].as_mut().unwrap();
	signature.0[5] ^= 1;
	let refused = verify(&chain.trusted(0), &proof).unwrap_err();
	assert_eq!(refused, LightError::Commit { height: 7, source: CommitError::Signature { place: 1 } });
}

#[test]
fn too_little_power_is_refused() {
	let chain = small();
	let mut proof = chain.proof(0, 2);
	proof.1.commit = chain.sign(2, &chain.headers[2], &chain.sets[2], |place| place < 2);
	let refused = verify(&chain.trusted(0), &proof).unwrap_err();
	let source = CommitError::Power { signed: 2, total: 4 };
	assert_eq!(refused, LightError::Commit { height: 2, source });
}

#[test]
fn a_proof_of_another_chain_is_refused() {
	let chain = small();
	let other = Chain::new(2, &chain.sets[1..]);
	// The first change is proved from another genesis: its signatures are for that one.
	assert!(verify(&chain.trusted(0), &other.proof(0, 7)).is_err());
	assert_eq!(
		verify(&chain.trusted(0), &other.proof(0, 1)).unwrap_err(),
		LightError::Fork { height: 1 },
		"the first block follows another genesis"
	);
}

#[test]
fn a_set_that_was_replaced_proves_nothing_any_more() {
	let chain = small();
	let mut target = chain.certified(7);
	target.commit = chain.sign(7, &target.header, &chain.sets[1], |_| true);
	let refused = chain.trusted(0).verify(&target).unwrap_err();
	assert_eq!(refused, LightError::StaleSet { height: 7 });
}

#[test]
fn a_change_of_powers_alone_may_not_be_left_out() {
	let (before, after) = (vec![(0, 9), (1, 1)], vec![(0, 9), (1, 8)]);
	let chain = Chain::new(1, &[before.clone(), before, after.clone(), after.clone(), after]);
	let (_, mut target) = chain.proof(0, 4);
	// By the old powers the first alone would be enough.
	target.commit = chain.sign(4, &target.header, &chain.sets[4], |place| place == 0);
	assert_eq!(verify(&chain.trusted(0), &(vec![], target)).unwrap_err(), LightError::StaleSet { height: 4 });
	assert_eq!(verify(&chain.trusted(0), &chain.proof(0, 4)).unwrap().height, 4);
}

#[test]
fn a_handover_lists_the_committed_set_and_changes_something() {
	let chain = small();
	let mut handover = chain.proof(0, 7).0.remove(0);
	handover.set[0].1 += 1;
	assert_eq!(
		chain.trusted(0).follow(&handover).unwrap_err(),
		LightError::OtherSet { height: 2 },
		"more power than committed"
	);
	let nothing = Handover { block: chain.certified(1), set: voters(&chain.sets[2]) };
	assert_eq!(chain.trusted(0).follow(&nothing).unwrap_err(), LightError::NoChange { height: 1 });
}

#[test]
fn heights_go_up_and_parents_are_parents() {
	let chain = small();
	let trusted = chain.trusted(3);
	assert_eq!(
		trusted.verify(&chain.certified(3)).unwrap_err(),
		LightError::NotAbove { height: 3, trusted: 3 }
	);
	let mut block = chain.certified(5);
	block.parent = chain.headers[3].clone();
	assert_eq!(trusted.verify(&block).unwrap_err(), LightError::Parent { height: 5 });
}

#[test]
fn a_parent_without_a_commitment_proves_nothing() {
	let chain = small();
	let bare = header(chain.hash(2), 3, vec![]);
	let child = header(sp_crypto_hashing::blake2_256(&bare), 4, vec![]);
	let commit = chain.sign(4, &child, &chain.sets[3], |_| true);
	let block = Certified { header: child, parent: bare, commit };
	assert_eq!(chain.trusted(2).verify(&block).unwrap_err(), LightError::NoCommitment { height: 3 });
}

#[test]
fn a_header_commits_by_exactly_one_item_of_the_known_form() {
	let hash = [5; 32];
	let with = |id, payload: Vec<u8>| DigestItem::Consensus(id, payload);
	assert_eq!(set_commitment(&[DigestItem::Other(vec![1]), commitment(hash)]), Some(hash));
	for refused in [
		vec![],
		vec![commitment(hash), commitment(hash)],
		vec![with(*b"plxs", (SET_COMMITMENT_VERSION, hash).encode())],
		vec![with(SET_ENGINE_ID, (2u8, hash).encode())],
		vec![with(SET_ENGINE_ID, hash.encode())],
		vec![with(SET_ENGINE_ID, (SET_COMMITMENT_VERSION, hash, 0u8).encode())],
		vec![with(SET_ENGINE_ID, vec![])],
		vec![DigestItem::PreRuntime(SET_ENGINE_ID, (SET_COMMITMENT_VERSION, hash).encode())],
	] {
		assert_eq!(set_commitment(&refused), None, "{refused:?}");
	}
}

#[test]
fn lengths_are_bounded_and_nothing_stands_behind_a_header() {
	let chain = small();
	let mut block = chain.certified(1);
	block.header.push(0);
	assert_eq!(chain.trusted(0).verify(&block).unwrap_err(), LightError::Undecodable);
	let mut block = chain.certified(1);
	block.parent.push(0);
	assert_eq!(chain.trusted(0).verify(&block).unwrap_err(), LightError::Undecodable);
	block.header = vec![0; HEADER_BYTES_MAX + 1];
	let given = HEADER_BYTES_MAX + 1;
	assert_eq!(chain.trusted(0).verify(&block).unwrap_err(), LightError::HeaderBytes { given });
	for given in [0, VOTERS_MAX + 1] {
		let set = vec![(key(1), 1); given];
		assert_eq!(Trusted::genesis([0; 32], set).unwrap_err(), LightError::SetLength { given });
	}
}

/// Sets of a few of six keys, each standing for some blocks.
fn histories() -> impl Strategy<Value = Vec<Seeds>> {
	let set = prop::collection::btree_map(0u8..6, 1u64..4, 1..5);
	let stretch = (set, 1usize..4);
	prop::collection::vec(stretch, 1..6).prop_map(|stretches| {
		let sets = stretches.into_iter().flat_map(|(set, blocks)| vec![set.into_iter().collect(); blocks]);
		let mut sets: Vec<Seeds> = sets.collect();
		sets.push(sets[sets.len() - 1].clone());
		sets.push(sets[sets.len() - 1].clone());
		sets
	})
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

	#[test]
	fn every_block_is_proved_from_every_block_below(
		sets in histories(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()
	) {
		let chain = Chain::new(1, &sets);
		let to = 1 + to.index(chain.tip());
		let from = from.index(to);
		let block = verify(&chain.trusted(from), &chain.proof(from, to)).unwrap();
		prop_assert_eq!((block.height as usize, block.hash), (to, chain.hash(to)));
	}

	#[test]
	fn no_handover_may_be_left_out_or_come_twice(sets in histories(), which in any::<prop::sample::Index>()) {
		let chain = Chain::new(1, &sets);
		let proof = chain.proof(0, chain.tip());
		if !proof.0.is_empty() {
			let which = which.index(proof.0.len());
			let mut without = proof.clone();
			without.0.remove(which);
			prop_assert!(verify(&chain.trusted(0), &without).is_err(), "without handover {}", which);
			let mut twice = proof.clone();
			twice.0.insert(which, proof.0[which].clone());
			prop_assert!(verify(&chain.trusted(0), &twice).is_err(), "handover {} twice", which);
		}
	}

	#[test]
	fn no_bit_may_be_turned_and_no_byte_added(
		sets in histories(), place in any::<prop::sample::Index>(), bit in 0u8..8, behind in any::<u8>()
	) {
		let chain = Chain::new(1, &sets);
		let bytes = chain.proof(0, chain.tip()).encode();
		let accepts = |bytes: &[u8]| {
			Proof::decode_all(&mut &bytes[..]).is_ok_and(|proof| verify(&chain.trusted(0), &proof).is_ok())
		};
		prop_assert!(accepts(&bytes));
		let mut turned = bytes.clone();
		turned[place.index(bytes.len())] ^= 1 << bit;
		prop_assert!(!accepts(&turned));
		let mut longer = bytes;
		longer.push(behind);
		prop_assert!(!accepts(&longer));
	}
}
