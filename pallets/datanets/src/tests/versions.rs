//! What versions hold, who publishes them, and what deposits that leaves.

use super::*;

fn accepted(contributor: u64, bytes: &[u8]) {
	assert_ok!(commit_and_register(contributor, 0, &[bytes]));
}

#[test]
fn a_contribution_accepted_after_a_version_is_never_in_it() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		accepted(BOB, b"early");
		assert_eq!(weight_at(0, 1), None, "there is no version yet");
		assert_ok!(publish(ALICE, 0));
		accepted(CAROL, b"late");
		assert_eq!((weight_at(0, 1), weight_at(1, 1)), (Some(1), None));
		assert_eq!((weight_at(0, 2), weight_at(1, 2)), (None, None), "there is no second version yet");
		assert_ok!(publish(ALICE, 0));
		assert_eq!((weight_at(0, 1), weight_at(1, 1)), (Some(1), None));
		assert_eq!((weight_at(0, 2), weight_at(1, 2)), (Some(1), Some(1)));
		assert_eq!(weight_at(0, 0), None);
		let weights = [1, 2].map(|number| VersionWeights::get((DatanetId(0), DatanetVersion(number))));
		assert_eq!(weights, [Some(1), Some(2)]);
	});
}

#[test]
fn a_contribution_withdrawn_after_a_version_stays_in_it_and_is_in_no_later_one() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		accepted(BOB, b"first");
		accepted(CAROL, b"second");
		assert_ok!(publish(ALICE, 0));
		assert_ok!(withdraw(BOB, 0));
		assert!(has_event(Event::ContributionDeparted {
			contribution: ContributionId(0),
			datanet: DatanetId(0),
			until: DatanetVersion(2),
			cause: DepartureCause::Withdrawn,
		}));
		assert_noop!(withdraw(BOB, 0), Error::<Test>::AlreadyDeparted);
		assert_ok!(publish(ALICE, 0));
		assert_eq!((weight_at(0, 1), weight_at(0, 2)), (Some(1), None));
		assert_eq!((weight_at(1, 1), weight_at(1, 2)), (Some(1), Some(1)));
		assert_eq!(position(Holder::Account(BOB), 1, Some(2)), Some(1));
		// The root stays its holder's.
		assert_noop!(contribute(CAROL, 0, b"first"), Error::<Test>::RootAlreadyHeld);
		let members = |version| Datanets::members(DatanetId(0), DatanetVersion(version), None, 10).items;
		assert_eq!(members(1), [(ContributionId(0), 1), (ContributionId(1), 1)]);
		assert_eq!(members(2), [(ContributionId(1), 1)]);
	});
}

#[test]
fn the_owner_publishes_at_will_and_everybody_a_day_after_the_last() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_noop!(publish(ALICE, 0), Error::<Test>::NothingToPublish);
		accepted(BOB, b"first");
		assert_noop!(publish(BOB, 0), Error::<Test>::PublicationTooEarly);
		let issuance = Balances::total_issuance();
		assert_ok!(publish(ALICE, 0));
		assert_eq!(Balances::total_issuance(), issuance - 9);
		let published: Event<Test> = Event::VersionPublished {
			datanet: DatanetId(0),
			version: DatanetVersion(1),
			admission: AdmissionKind::Open,
			contributions: 1,
			weight: 1,
			publisher: ALICE,
			price: 9,
			published_at_ms: 60,
			publishable_at_ms: 60 + 240,
		};
		assert_eq!(last_event(), published.into());
		assert_noop!(publish(ALICE, 0), Error::<Test>::NothingChanged);
		accepted(BOB, b"second");
		pass(179);
		assert_noop!(publish(BOB, 0), Error::<Test>::PublicationTooEarly);
		pass(1);
		// A pause does not withhold a version.
		assert_ok!(Datanets::set_paused(signed(ALICE), DatanetId(0), true));
		assert_ok!(publish(BOB, 0));
		assert_ok!(withdraw(BOB, 0));
		assert_ok!(withdraw(BOB, 1));
		assert_noop!(publish(ALICE, 0), Error::<Test>::NothingToPublish);
		assert_noop!(publish(ACCOUNTS + 1, 0), Error::<Test>::PublicationTooEarly);
	});
}

#[test]
fn conduct_is_released_after_its_time_and_storage_stays_with_the_record() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		let release = |id| Datanets::release_deposit(signed(ERIN), ContributionId(id));
		assert_ok!(contribute(BOB, 0, b"pending"));
		assert_noop!(release(0), Error::<Test>::NotAccepted);
		assert_ok!(withdraw(BOB, 0));
		assert_eq!(free(BOB), ENDOWMENT);
		accepted(BOB, b"first");
		assert_ok!(publish(ALICE, 0));
		assert_ok!(withdraw(BOB, 1));
		pass(1_799);
		assert_noop!(release(1), Error::<Test>::DepositLocked);
		pass(1);
		ConductDeposit::set(1);
		assert_ok!(release(1));
		assert!(has_event(Event::DepositReleased {
			contribution: ContributionId(1),
			contributor: BOB,
			deposit: 15
		}));
		assert_noop!(release(1), Error::<Test>::DepositReleased);
		assert_eq!(free(BOB), ENDOWMENT - STORAGE_DEPOSIT);
		assert_eq!(held(HoldReason::Storage, BOB), STORAGE_DEPOSIT);
	});
}

#[test]
fn what_was_accepted_and_is_in_no_version_is_withdrawn_with_everything_returned() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		accepted(BOB, b"first");
		assert_ok!(withdraw(BOB, 0));
		assert_eq!(free(BOB), ENDOWMENT);
		assert_eq!(position(Holder::Account(BOB), 1, None), None);
		assert_noop!(publish(ALICE, 0), Error::<Test>::NothingToPublish);
		assert_ok!(remove_datanet(ALICE, 0));
	});
}

#[test]
fn a_locator_is_moved_with_its_price_but_not_removed() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(contribute(BOB, 0, b"rose"));
		let set = |signer, locator: &[u8]| {
			Datanets::set_locator(signed(signer), ContributionId(0), bounded(locator))
		};
		assert_noop!(set(CAROL, b"a:b"), Error::<Test>::NotContributor);
		assert_noop!(set(BOB, b""), Error::<Test>::InvalidLocator);
		assert_noop!(set(BOB, b"nothing"), Error::<Test>::InvalidLocator);
		assert_ok!(set(BOB, b"a:b"));
		let deposit = 20 + MEDIA_TYPE.len() as Balance + 3;
		assert_eq!(held(HoldReason::Storage, BOB), deposit);
		let event: Event<Test> = Event::LocatorSet {
			contribution: ContributionId(0),
			locator: bounded(b"a:b"),
			storage_deposit: deposit,
		};
		assert_eq!(last_event(), event.into());
		assert_ok!(set(BOB, b"https://example.org/where/it/is/now"));
		assert!(held(HoldReason::Storage, BOB) > deposit);
		assert_ok!(withdraw(BOB, 0));
		assert_eq!(free(BOB), ENDOWMENT);
	});
}

#[test]
fn what_came_and_went_again_is_no_change() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		accepted(BOB, b"stays");
		assert_ok!(publish(ALICE, 0));
		accepted(BOB, b"goes");
		assert_ok!(withdraw(BOB, 1));
		assert_noop!(publish(ALICE, 0), Error::<Test>::NothingChanged);
		// Others are not forgotten with it.
		accepted(BOB, b"comes");
		accepted(BOB, b"goes too");
		assert_ok!(withdraw(BOB, 3));
		assert_ok!(publish(ALICE, 0));
		assert_ok!(withdraw(BOB, 0));
		assert_ok!(publish(ALICE, 0));
	});
}

#[test]
fn a_retired_datanet_does_nothing_new_and_frees_in_time_what_no_version_holds() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		accepted(BOB, b"in version 1");
		assert_ok!(publish(ALICE, 0));
		accepted(BOB, b"too late");
		assert_ok!(contribute(BOB, 0, b"pending"));
		assert_ok!(Datanets::retire(signed(ALICE), DatanetId(0)));
		assert_noop!(Datanets::retire(signed(ALICE), DatanetId(0)), Error::<Test>::DatanetRetired);
		let resumed = Datanets::set_paused(signed(ALICE), DatanetId(0), false);
		assert_eq!(resumed, Err(Error::<Test>::DatanetRetired.into()));
		pass(60);
		assert_noop!(contribute(BOB, 0, b"more"), Error::<Test>::DatanetRetired);
		assert_noop!(accept(2), Error::<Test>::DatanetRetired);
		assert_noop!(publish(ALICE, 0), Error::<Test>::DatanetRetired);
		pass(839);
		for held in 0..3 {
			assert_noop!(expire(held), Error::<Test>::NotExpired);
		}
		pass(1);
		assert_noop!(expire(0), Error::<Test>::NotExpired);
		assert_ok!(expire(1));
		assert_ok!(expire(2));
		assert_eq!(weight_at(0, 1), Some(1));
		assert_noop!(remove_datanet(ALICE, 0), Error::<Test>::DatanetNotEmpty);
	});
}

#[test]
fn publishing_costs_the_same_for_any_number_of_contributions() {
	use frame_support::traits::StorageInfoTrait;
	assert!(!crate::Pallet::<Test>::storage_info().is_empty(), "every value has a bound");
	let touched = |count: u64| {
		new_test_ext().execute_with(|| {
			ConductDeposit::set(1);
			StorageDepositBase::set(1);
			StorageDepositPerByte::set(0);
			assert_ok!(create_datanet(ALICE));
			for batch in 0..count {
				let contents: Vec<[u8; 9]> = (0..64u8)
					.map(|index| {
						let mut bytes = [index; 9];
						bytes[1..].copy_from_slice(&batch.to_le_bytes());
						bytes
					})
					.collect();
				let contents: Vec<&[u8]> = contents.iter().map(|bytes| &bytes[..]).collect();
				assert_ok!(commit_and_register(BOB, 0, &contents));
			}
			let keys = || {
				let mut state = std::collections::BTreeMap::new();
				let mut key = Vec::new();
				while let Some(next) = sp_io::storage::next_key(&key) {
					let value = sp_io::storage::get(&next).expect("the key is there");
					state.insert(next.clone(), value.to_vec());
					key = next;
				}
				state
			};
			let before = keys();
			assert_ok!(publish(ALICE, 0));
			let after = keys();
			let changed = after.iter().filter(|(key, value)| before.get(*key) != Some(value));
			// Apart from the events: which keys, and how many bytes.
			changed.map(|(key, value)| (key[..16].to_vec(), value.len())).collect::<Vec<_>>()
		})
	};
	let (few, many) = (touched(1), touched(20));
	let without_events = |changed: Vec<(Vec<u8>, usize)>| {
		let system = sp_io::hashing::twox_128(b"System");
		changed.into_iter().filter(|(key, _)| key[..] != system[..]).collect::<Vec<_>>()
	};
	assert_eq!(without_events(few), without_events(many));
}
