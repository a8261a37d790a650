//! That no cost depends on how many stand behind a pool, and none grows faster than versions have bits: the keys of the
//! state that are read and written, counted.

use super::*;
use plexus_primitives::Positions as _;
use sp_core::Blake2Hasher;
use sp_trie::recorder::Recorder;
use std::collections::BTreeMap;

/// Keys that were read, and keys that were written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Accesses {
	reads: usize,
	writes: usize,
}

/// Counts distinct keys from a state where nothing is in memory.
fn count(ext: &mut sp_io::TestExternalities, call: impl FnOnce()) -> Accesses {
	ext.commit_all().expect("what is in memory can be stored");
	let recorder = Recorder::<Blake2Hasher>::default();
	ext.execute_with_recorder(recorder.clone(), call);
	let reads = recorder.recorded_keys().values().map(|keys| keys.len()).sum();
	let writes = ext.overlayed_changes().changes().count();
	ext.commit_all().expect("what is in memory can be stored");
	Accesses { reads, writes }
}

fn many(index: u32) -> AccountId {
	let mut bytes = [77; 32];
	bytes[..4].copy_from_slice(&index.to_le_bytes());
	AccountId::new(bytes)
}

/// Everything that money goes through, when so many contributions of as many accounts are in a version besides Alice's.
fn costs_behind(contributions: u32) -> BTreeMap<&'static str, Accesses> {
	let mut ext = new_test_ext();
	ext.execute_with(|| {
		create_datanet();
		put(ALICE, 0, "alice's", 30);
		for index in 0..contributions {
			let (datanet, from) = (DatanetId(0), DatanetVersion(1));
			Rewards::accepted(&Holder::Account(many(index)), datanet, from, 1 + (index % 100) as u8);
		}
		publish(0);
		put_model("model", &[(0, 1, ONE)]);
		System::reset_events();
		// So that all entries are there: the first of each kind are new.
		earn(1_000_000_000);
		claim_first(ALICE);
		Rewards::credit_contribution(ContributionId(0), Source::Claim, money(1));
		System::reset_events();
	});
	let mut costs = BTreeMap::new();
	let mut cost = |name, call: &dyn Fn()| {
		costs.insert(name, count(&mut ext, call));
		ext.execute_with(System::reset_events);
	};
	cost("deposit_data", &|| fund(0, 1_000_000_000));
	cost("distribute", &|| distribute(0, 0).expect("it is due"));
	cost("claim", &|| claim_first(ALICE));
	cost("credit_contribution", &|| {
		Rewards::credit_contribution(ContributionId(0), Source::Claim, money(100));
	});
	cost("credit_account", &|| Rewards::credit_account(&account(ALICE), Source::Submission, money(100)));
	cost("withdraw", &|| withdraw(ALICE).expect("it is due"));
	cost("depart", &|| withdraw_contribution(ALICE, ContributionId(0)));
	cost("dispute", &|| dispute(OTHER, ContributionId(0), Remedy::Redirect).expect("it is due"));
	cost("judge", &|| judge(ContributionId(0), true).expect("it is due"));
	cost("accept", &|| {
		let (datanet, from) = (DatanetId(0), DatanetVersion(2));
		Rewards::accepted(&holder(BOB), datanet, from, 1);
	});
	cost("publish", &|| Rewards::published(DatanetId(0), DatanetVersion(2), 0));
	ext.execute_with(|| {
		let due = earned(OTHER).due + earned(ALICE).due;
		assert_eq!(due, 0, "the costs were counted of calls that did something else");
		assert_eq!(pot(), EXISTENTIAL_DEPOSIT + Rewards::owed());
	});
	costs
}

#[test]
fn nothing_costs_more_the_more_contributions_stand_behind_a_pool() {
	let few = costs_behind(10);
	println!("{few:#?}");
	for contributions in [1_000, 50_000] {
		assert_eq!(costs_behind(contributions), few, "with {contributions} contributions");
	}
}

/// The costs of a deposit to the last of so many versions, and of a claim for the first two.
fn costs_among(versions: u32) -> (Accesses, Accesses) {
	let mut ext = new_test_ext();
	let (datanet, first, third) = (DatanetId(0), DatanetVersion(1), DatanetVersion(3));
	ext.execute_with(|| {
		Rewards::accepted(&holder(ALICE), datanet, first, 1);
		for version in (1..=versions).map(DatanetVersion) {
			// Somebody is in each.
			Rewards::accepted(&holder(BOB), datanet, version, 1);
			if version == third {
				Rewards::departed(&holder(ALICE), datanet, first, third, 1);
			}
			Rewards::published(datanet, version, 0);
		}
		assert_eq!(Rewards::receive(money(2_000_000)), 2_000_000);
		assert!(Rewards::deposit(datanet, first, 1_000_000).is_some());
		System::reset_events();
	});
	let deposit = count(&mut ext, || {
		assert!(Rewards::deposit(datanet, DatanetVersion(versions), 1_000_000).is_some());
	});
	let claim = count(&mut ext, || claim(ALICE, &[place(0, 1, Some(3))]));
	ext.execute_with(|| assert_eq!(earned(ALICE).due, 500_000));
	(deposit, claim)
}

#[test]
fn deposits_and_claims_grow_with_the_bits_of_versions_only() {
	let (base_deposit, base_claim) = costs_among(3);
	println!("3 versions: {base_deposit:?}, {base_claim:?}");
	// Of all numbers below the next power of two, these have the longest walks.
	for bits in [3, 6, 10, 14] {
		let (deposit, claim) = costs_among((1 << bits) - 1);
		println!("{bits} bits: {deposit:?}, {claim:?}");
		let more = bits - 2;
		assert_eq!(deposit.writes, base_deposit.writes + more);
		assert_eq!(deposit.reads, base_deposit.reads + more);
		assert_eq!(claim.reads, base_claim.reads + more);
		assert_eq!(claim.writes, base_claim.writes);
	}
}
