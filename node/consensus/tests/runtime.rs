//! The runtime and a light client verify what this crate signs, with structures of their own.

use plexus_consensus::malachite::core::{NilOrVal, Round, VoteType};
use plexus_consensus::signing;
use plexus_consensus::types::{AuthorityId, BlockRef, Height, Proposal, Validator, ValidatorSet, Vote};
use plexus_primitives::consensus::{self, VoteKind};
use sp_core::H256;

#[test]
fn validators_stand_in_the_order_of_the_runtime() {
	let powers = [3, 9, 3, 1, 9, 3, 7];
	let validators = powers.iter().zip([9u8, 2, 4, 6, 1, 7, 5]);
	let set: Vec<_> =
		validators.map(|(power, seed)| Validator { id: AuthorityId([seed; 32]), power: *power }).collect();
	let mut voters: Vec<_> = set.iter().map(|v| (v.id.into(), v.power)).collect();
	consensus::sort_by_power(&mut voters, |voter| *voter);
	assert_eq!(ValidatorSet::new(set).unwrap().voters(), voters);
}

/// The runtime verifies precommits and equivocations over the bytes that its own structures give.
#[test]
fn what_is_signed_here_is_what_the_runtime_verifies() {
	let (genesis, voter) = (H256([9; 32]), AuthorityId([3; 32]));
	let (height, round) = (0x0102_0304_0506, 7);
	for (vote_type, kind) in
		[(VoteType::Prevote, VoteKind::Prevote), (VoteType::Precommit, VoteKind::Precommit)]
	{
		for value in [None, Some(H256([5; 32]))] {
			let vote = Vote {
				kind: vote_type,
				height: Height(height),
				round: Round::new(round),
				value: value.map_or(NilOrVal::Nil, NilOrVal::Val),
				address: voter,
			};
			let value = value.map(|hash| hash.0);
			let theirs = consensus::Vote { kind, height, round, value, voter: voter.into() };
			assert_eq!(signing::vote_preimage(&genesis, &vote), theirs.preimage(&genesis.0));
		}
	}
	for pol_round in [None, Some(4)] {
		let value = H256([5; 32]);
		let proposal = Proposal {
			height: Height(height),
			round: Round::new(round),
			value: BlockRef(value),
			pol_round: pol_round.map_or(Round::Nil, Round::new),
			address: voter,
		};
		let theirs = consensus::Proposal { height, round, value: value.0, pol_round, proposer: voter.into() };
		assert_eq!(signing::proposal_preimage(&genesis, &proposal), theirs.preimage(&genesis.0));
	}
}
