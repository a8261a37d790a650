//! Elections, heights, keys and the header's commitment.

use crate::{mock::*, types::*, *};
use frame_support::{assert_noop, assert_ok};
use plexus_primitives::consensus::{validator_set_hash, Voter};
use sp_runtime::{Digest, DigestItem};

fn keys_at(height: u64) -> Vec<ConsensusKey> {
	Validators::voters_at(height).into_iter().map(|(key, _)| key).collect()
}

fn sorted(accounts: impl IntoIterator<Item = u64>) -> Vec<ConsensusKey> {
	let mut keys: Vec<_> = accounts.into_iter().map(key_of).collect();
	keys.sort();
	keys
}

#[test]
fn a_chain_of_one_validator_works() {
	chain(1).execute_with(|| {
		run_to(35);
		assert_eq!(keys_at(35), vec![key_of(1)]);
		assert_eq!(Author::<Test>::get(), Some(key_of(1)));
	});
}

#[test]
fn the_most_stake_is_elected_and_of_equals_the_smaller_account() {
	chain(2).execute_with(|| {
		for account in [5, 4, 3, 6] {
			make_candidate(account, GENESIS_STAKE);
		}
		assert_ok!(Validators::bond(signed(7), 500));
		assert_ok!(Validators::nominate(signed(7), pool_of(6)));
		next_era();
		let mut expected = sorted([1, 2, 3]);
		expected.insert(0, key_of(6));
		assert_eq!(keys_at(10), expected, "power descending, then key ascending");
		let powers: Vec<_> = Validators::voters_at(10).iter().map(|(_, power)| *power).collect();
		assert_eq!(powers, vec![105, 100, 100, 100]);
	});
}

#[test]
fn the_next_set_is_known_when_the_last_block_of_an_era_is_finished() {
	chain(1).execute_with(|| {
		make_candidate(2, 20_000);
		run_to(9);
		assert_eq!(keys_at(9), vec![key_of(1)]);
		assert_eq!(keys_at(10), vec![], "not elected yet");
		end_block();
		assert_eq!(keys_at(9), vec![key_of(1)]);
		assert_eq!(Validators::next_validators(), vec![(key_of(2).0, 200), (key_of(1).0, 100)]);
		assert_eq!(Validators::validators(), vec![(key_of(1).0, 100)]);
		begin_block(10);
		assert_eq!(Validators::validators(), vec![(key_of(2).0, 200), (key_of(1).0, 100)]);
	});
}

/// The set that a header commits to.
fn committed(digest: &Digest) -> Vec<u8> {
	let items: Vec<_> = digest
		.logs()
		.iter()
		.filter_map(|item| match item {
			DigestItem::Consensus(engine, payload) if *engine == SET_ENGINE_ID => Some(payload.clone()),
			_ => None,
		})
		.collect();
	assert_eq!(items.len(), 1, "each header has one commitment");
	items[0].clone()
}

#[test]
fn every_header_commits_to_the_validators_of_the_next_block() {
	chain(3).execute_with(|| {
		make_candidate(4, 20_000);
		for height in 1..=35 {
			if height == 14 {
				assert_ok!(report(double_vote(&signing_key(2, 0), 12)));
			}
			let payload = committed(&end_block());
			let set: Vec<Voter> = Validators::voters_at(height + 1);
			assert!(!set.is_empty());
			assert_eq!(payload[0], SET_COMMITMENT_VERSION);
			assert_eq!(payload[1..], validator_set_hash(&genesis_hash(), &set), "height {height}");
			begin_block(height + 1);
			assert_eq!(Validators::voters_at(height + 1), set, "a set is fixed by the block before");
		}
		assert_eq!(keys_at(13).len(), 4);
		assert_eq!(keys_at(14).len(), 4);
		assert_eq!(keys_at(15).len(), 3);
	});
}

#[test]
fn a_key_counts_from_the_next_era_and_the_former_is_free_at_once() {
	chain(2).execute_with(|| {
		assert_ok!(set_key(1, 1));
		assert!(KeyHolders::<Test>::get(key_of(1)).is_none());
		run_to(9);
		assert!(keys_at(9).contains(&key_of(1)));
		next_era();
		assert!(!keys_at(10).contains(&key_of(1)));
		assert!(keys_at(10).contains(&public(&signing_key(1, 1))));
		assert!(keys_at(9).contains(&key_of(1)), "history stays as it was");
	});
}

#[test]
fn a_key_needs_a_proof_for_this_account_and_chain() {
	use plexus_primitives::consensus::key_proof_preimage;
	chain(2).execute_with(|| {
		let key = signing_key(5, 0);
		let proof = |genesis, account: u64| sign(&key, &key_proof_preimage(&genesis, &account));
		let good = proof(genesis_hash(), 5);
		let set = |account, proof| Validators::set_keys(signed(account), public(&key), proof);
		assert_noop!(set(5, good), Error::<Test>::NotBonded);
		assert_ok!(Validators::bond(signed(5), 999));
		assert_noop!(set(5, good), Error::<Test>::CandidateBondTooSmall);
		assert_ok!(Validators::bond_more(signed(5), 1));
		assert_noop!(set(5, proof([0; 32], 5)), Error::<Test>::KeyProof);
		assert_noop!(set(5, proof(genesis_hash(), 6)), Error::<Test>::KeyProof);
		assert_noop!(set(5, ConsensusSignature([0; 64])), Error::<Test>::KeyProof);
		assert_ok!(set(5, good));
		assert_noop!(set(5, good), Error::<Test>::KeyHeld);
		assert_noop!(set(1, proof(genesis_hash(), 1)), Error::<Test>::KeyHeld);
	});
}

#[test]
fn the_author_is_a_validator_of_the_height_or_unknown() {
	chain(2).execute_with(|| {
		end_block();
		begin_block_by(2, Some(key_of(2)));
		assert_eq!(Author::<Test>::get(), Some(key_of(2)));
		end_block();
		begin_block_by(3, Some(key_of(9)));
		assert_eq!(Author::<Test>::get(), None);
		end_block();
		begin_block_by(4, None);
		assert_eq!(Author::<Test>::get(), None);
	});
}

#[test]
fn power_never_overflows_whatever_the_stakes() {
	for (unit, max) in [(1, 1), (1, 100), (1_000_000_000, 100), (0, 0), (1, u32::MAX)] {
		for stake in [0, 1, 999, 10u128.pow(21), u64::MAX.into(), u128::MAX] {
			let power = voting_power(stake, unit, max);
			assert!(power >= 1, "{stake} {unit} {max}");
			let total = u128::from(power) * u128::from(max.max(1));
			assert!(total <= POWER_TOTAL_MAX.into() || power == 1, "{stake} {unit} {max}");
		}
	}
	// A billion PLX behind each of 100 validators at a unit of 0.001 PLX: exactly proportional.
	assert_eq!(voting_power(10u128.pow(21), 1_000_000_000, 100), 1_000_000_000_000);
	let caps: u64 = (0..100).map(|_| voting_power(u128::MAX, 1, 100)).sum();
	assert!(caps <= POWER_TOTAL_MAX);
}

#[test]
fn the_chain_clock_does_not_run_while_the_chain_is_halted() {
	chain(1).execute_with(|| {
		end_block();
		assert_eq!(Validators::clock_ms(), 0, "the first timestamp starts it");
		begin_block(2);
		end_block();
		assert_eq!(Validators::clock_ms(), 1_000);
		pallet_timestamp::Now::<Test>::mutate(|now| *now += 1_000_000);
		begin_block(3);
		end_block();
		assert_eq!(Validators::clock_ms(), 11_000);
	});
}

#[test]
fn only_so_many_eras_are_kept() {
	chain(1).execute_with(|| {
		run_to(201);
		assert_eq!(EraSets::<Test>::iter().count(), 12);
		assert!(Validators::validators_at(89).is_empty());
		assert!(!Validators::validators_at(90).is_empty());
	});
}

#[test]
fn the_queries_answer_what_is_stored() {
	chain(2).execute_with(|| {
		let info = Validators::pool_info(pool_of(1)).expect("there is such a pool");
		assert_eq!((info.validator, info.stake, info.power), (1, GENESIS_STAKE, 100));
		assert_eq!(info.key, Some(key_of(1).0));
		assert_eq!(Validators::candidate_infos().len(), 2);
		make_candidate(3, 20_000);
		let seats = Validators::seats();
		let [one, two, three] = &seats[..] else { panic!("two validators and a candidate: {seats:?}") };
		assert_eq!([one, two].map(|seat| seat.elected.map(|(_, power)| power)), [Some(100); 2]);
		let candidate = three.pool.as_ref().map(|pool| (pool.validator, pool.power));
		assert_eq!((three.elected, candidate), (None, Some((3, 200))));
		assert_eq!(Validators::era_and_clock(), (Era(0), 0));
		let stake = Validators::stake_info(&1).expect("there is such a stake");
		assert_eq!((stake.bonded, stake.claimable, stake.slash_pending), (GENESIS_STAKE, 0, 0));
		assert_ok!(report(double_vote(&signing_key(1, 0), 1)));
		assert_eq!(Validators::stake_info(&1).unwrap().slash_pending, 500);
		assert!(Validators::stake_info(&9).is_none() && Validators::pool_info(PoolId(9)).is_none());
	});
}

/// Hand-made; the command line's test `answers_have_the_bytes_that_the_pallet_gives` decodes the same.
#[test]
fn answers_have_the_bytes_that_clients_decode() {
	use crate::runtime_api::{PoolInfo, Seat, StakeInfo};
	use codec::Encode;
	use sp_runtime::AccountId32;
	let pool = PoolInfo {
		id: PoolId(7),
		validator: AccountId32::new([1; 32]),
		key: Some([2; 32]),
		commission: Perbill::from_percent(10),
		commission_next: Perbill::from_parts(25_000_000),
		standing: Standing::Jailed { until_ms: 9 },
		stake: 5_000,
		power: 50,
	};
	let pool_bytes = [
		&[7, 0, 0, 0][..],
		&[1; 32],
		&[1],
		&[2; 32],
		&100_000_000u32.to_le_bytes(),
		&25_000_000u32.to_le_bytes(),
		&[2],
		&9u64.to_le_bytes(),
		&5_000u128.to_le_bytes(),
		&50u64.to_le_bytes(),
	]
	.concat();
	let seat = Seat { elected: Some(([3; 32], 40)), left: Some(12), pool: Some(pool) };
	let seat_bytes =
		[&[1][..], &[3; 32], &40u64.to_le_bytes(), &[1], &12u64.to_le_bytes(), &[1], &pool_bytes].concat();
	assert_eq!(seat.encode(), seat_bytes);
	let tombstone = Tombstone { era: Era(4), fraction: Perbill::from_percent(5) };
	let tombstone_bytes = [&[3][..], &4u64.to_le_bytes(), &50_000_000u32.to_le_bytes()].concat();
	assert_eq!(Standing::Tombstoned(tombstone).encode(), tombstone_bytes);
	let chunk = Chunk { amount: 20, pool: Some(PoolId(7)), era: Era(3), unlock_at_ms: 8 };
	let role = Role::Nominator(PoolId(7));
	let stake = StakeInfo { bonded: 6_000, role, claimable: 30, chunks: vec![chunk], slash_pending: 1 };
	let stake_bytes = [
		&6_000u128.to_le_bytes()[..],
		&[2, 7, 0, 0, 0],
		&30u128.to_le_bytes(),
		&[4],
		&20u128.to_le_bytes(),
		&[1, 7, 0, 0, 0],
		&3u64.to_le_bytes(),
		&8u64.to_le_bytes(),
		&1u128.to_le_bytes(),
	]
	.concat();
	assert_eq!(stake.encode(), stake_bytes);
}
