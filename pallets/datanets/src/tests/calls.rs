//! What each call does, and when it is refused.

use super::*;
use sp_runtime::{traits::Zero, TokenError};

#[test]
fn a_datanet_is_created_with_a_deposit_and_an_event_that_tells_everything() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_eq!(held(HoldReason::Datanet, ALICE), 100);
		let expected: Event<Test> = Event::DatanetCreated {
			datanet: DatanetId(0),
			owner: ALICE,
			name: bounded(b"flora"),
			tags: listed([bounded(b"botany")]),
			licence: Licence::Spdx(bounded(b"CC-BY-4.0")),
			admission: Admission::Open,
			deposit: 100,
			publishable_at_ms: 240,
		};
		assert_eq!(last_event(), expected.into());
		let info = Datanets::datanet(DatanetId(0)).expect("it was created");
		assert_eq!((info.owner, info.name, info.contributions), (ALICE, b"flora".to_vec(), 0));
		assert_eq!((info.status, info.admission), (DatanetStatus::Active, AdmissionKind::Open));
		assert_eq!(
			(info.licence, info.tags),
			(LicenceInfo::Spdx(b"CC-BY-4.0".to_vec()), vec![b"botany".to_vec()])
		);
	});
}

#[test]
fn a_contribution_is_registered_with_a_deposit_and_an_event_that_tells_everything() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		let proven = prove(b"edelweiss");
		assert_ok!(contribute_proven(BOB, 0, &proven));
		assert_eq!(held(HoldReason::Contribution, BOB), 15);
		assert_eq!(held(HoldReason::Storage, BOB), STORAGE_DEPOSIT);
		let expected: Event<Test> = Event::ContributionRegistered {
			contribution: ContributionId(0),
			datanet: DatanetId(0),
			sequence: Sequence(0),
			contributor: BOB,
			content: proven.content,
			media_type: bounded(MEDIA_TYPE),
			locator: bounded(LOCATOR),
			commitment: CommitmentNumber(0),
			deposit: 15,
			storage_deposit: STORAGE_DEPOSIT,
			not_before_ms: 60,
			expires_at_ms: 900,
			curators: None,
			listing: false,
		};
		assert!(has_event(expected));
	});
}

#[test]
fn a_root_is_held_once_in_the_whole_chain_and_leads_to_its_holder() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(create_datanet(BOB));
		assert_ok!(contribute(ALICE, 0, b"gentian"));
		for (contributor, datanet) in [(ALICE, 0), (BOB, 0), (BOB, 1)] {
			assert_noop!(contribute(contributor, datanet, b"gentian"), Error::<Test>::RootAlreadyHeld);
		}
		let holder = Datanets::contribution_by_root(prove(b"gentian").content.root);
		let holder = holder.expect("the first try registered it");
		assert_eq!((holder.id, holder.contributor), (ContributionId(0), ALICE));
	});
}

#[test]
fn a_withdrawal_returns_exactly_the_deposit_and_frees_the_root_but_not_the_id() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(contribute(BOB, 0, b"arnica"));
		assert_ok!(withdraw(BOB, 0));
		assert!(held(HoldReason::Contribution, BOB).is_zero());
		assert_eq!(Balances::free_balance(BOB), ENDOWMENT);
		let expected: Event<Test> = Event::ContributionRemoved {
			contribution: ContributionId(0),
			datanet: DatanetId(0),
			sequence: Sequence(0),
			contributor: BOB,
			content: prove(b"arnica").content,
			deposit: 15,
			storage_deposit: STORAGE_DEPOSIT,
			reason: RemovalReason::Withdrawn,
		};
		assert_eq!(last_event(), expected.into());
		assert_noop!(withdraw(BOB, 0), Error::<Test>::UnknownContribution);

		assert_ok!(contribute(ALICE, 0, b"arnica"));
		let again = Datanets::contribution_by_root(prove(b"arnica").content.root);
		let again = again.expect("the root was free");
		assert_eq!((again.id, again.sequence), (ContributionId(1), Sequence(1)));
	});
}

#[test]
fn deposits_are_returned_as_they_were_taken_even_if_their_price_changed() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(contribute(ALICE, 0, b"old price"));
		DatanetDeposit::set(1);
		ConductDeposit::set(3);
		StorageDepositBase::set(500);
		StorageDepositPerByte::set(0);
		assert_ok!(contribute(ALICE, 0, b"new price"));
		assert_eq!(held(HoldReason::Contribution, ALICE), 15 + 3);
		assert_eq!(held(HoldReason::Storage, ALICE), STORAGE_DEPOSIT + 500);
		assert_ok!(withdraw(ALICE, 0));
		assert_eq!(held(HoldReason::Contribution, ALICE), 3);
		assert_eq!(held(HoldReason::Storage, ALICE), 500);
		assert_ok!(withdraw(ALICE, 1));
		assert_ok!(remove_datanet(ALICE, 0));
		assert_eq!(Balances::free_balance(ALICE), ENDOWMENT);
		assert!(Balances::total_balance_on_hold(&ALICE).is_zero());
	});
}

#[test]
fn a_datanet_is_removed_by_its_owner_when_it_is_empty_and_its_id_is_not_used_again() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(contribute(BOB, 0, b"lily"));
		assert_noop!(remove_datanet(BOB, 0), Error::<Test>::NotOwner);
		assert_noop!(remove_datanet(ALICE, 0), Error::<Test>::DatanetNotEmpty);
		assert_ok!(withdraw(BOB, 0));
		assert_ok!(remove_datanet(ALICE, 0));
		let expected: Event<Test> =
			Event::DatanetRemoved { datanet: DatanetId(0), owner: ALICE, deposit: 100 };
		assert_eq!(last_event(), expected.into());
		assert_noop!(remove_datanet(ALICE, 0), Error::<Test>::UnknownDatanet);
		assert_noop!(contribute(BOB, 0, b"lily"), Error::<Test>::UnknownDatanet);
		assert_ok!(create_datanet(BOB));
		assert!(Datanets::datanet(DatanetId(0)).is_none());
		assert!(Datanets::datanet(DatanetId(1)).is_some());
	});
}

#[test]
fn only_the_contributor_withdraws_not_even_the_owner_of_the_datanet() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(contribute(BOB, 0, b"moss"));
		assert_noop!(withdraw(ALICE, 0), Error::<Test>::NotContributor);
		assert_noop!(withdraw(BOB, 1), Error::<Test>::UnknownContribution);
	});
}

#[test]
fn nothing_is_stored_for_an_account_that_cannot_pay_the_deposit() {
	run(|| {
		const POOR: u64 = ACCOUNTS + 1;
		assert_ok!(create_datanet(ALICE));
		assert_noop!(create_datanet(POOR), TokenError::FundsUnavailable);
		assert_noop!(contribute(POOR, 0, b"fern"), TokenError::FundsUnavailable);
		// All but the existential deposit could be held, one more could not.
		StorageDepositBase::set(ENDOWMENT);
		assert_noop!(contribute(BOB, 0, b"fern"), TokenError::FundsUnavailable);
		assert_eq!(Balances::free_balance(BOB), ENDOWMENT);
	});
}

#[test]
fn unsigned_and_root_origins_are_refused() {
	run(|| {
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
			let licence = Licence::Spdx(bounded(b"MIT"));
			let call =
				Datanets::create_datanet(origin.clone(), bounded(b"a"), listed([]), licence, Admission::Open);
			assert_eq!(call, Err(sp_runtime::DispatchError::BadOrigin));
			let call = Datanets::withdraw(origin, ContributionId(0));
			assert_eq!(call, Err(sp_runtime::DispatchError::BadOrigin));
		}
	});
}

#[test]
fn ids_that_are_used_up_are_refused_and_not_wrapped() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		crate::NextContributionId::<Test>::put(ContributionId(u64::MAX));
		assert_noop!(contribute(ALICE, 0, b"last"), Error::<Test>::IdsExhausted);
		crate::NextDatanetId::<Test>::put(DatanetId(u32::MAX));
		assert_noop!(create_datanet(ALICE), Error::<Test>::IdsExhausted);
	});
}

#[test]
fn names_licences_and_tags_are_checked() {
	let create_with = |name: &[u8], tags: &[&[u8]], licence| {
		let tags = listed(tags.iter().map(|tag| bounded(tag)));
		Datanets::create_datanet(signed(ALICE), bounded(name), tags, licence, Admission::Open)
	};
	let create = |name: &[u8], licence: &[u8]| create_with(name, &[], Licence::Spdx(bounded(licence)));
	run(|| {
		for name in [&b""[..], b"  ", b"two\nlines", b"\x1b[31m", b"\xff\xfe", "\u{85}".as_bytes()] {
			assert_noop!(create(name, b"MIT"), Error::<Test>::InvalidName);
		}
		for licence in [&b""[..], b" ", b"()", b"MIT\n", b"MIT; DROP", "\u{e9}".as_bytes()] {
			assert_noop!(create(b"ok", licence), Error::<Test>::InvalidLicence);
		}
		let mit = || Licence::Spdx(bounded(b"MIT"));
		for tags in [&[&b"Botany"[..]][..], &[b""], &[b"a", b"a"]] {
			assert_noop!(create_with(b"ok", tags, mit()), Error::<Test>::InvalidTag);
		}
		let terms = |len| Licence::Terms(Content { root: [3; 32], len });
		assert_noop!(create_with(b"ok", &[], terms(0)), Error::<Test>::EmptyContent);
		assert_ok!(create_with(b"ok", &[b"a", b"b/c"], terms(1)));
		assert_ok!(create("Alpenflora \u{1f33c}".as_bytes(), b"(MIT OR Apache-2.0) AND LicenseRef-x"));
	});
}

#[test]
fn media_types_and_locators_are_checked() {
	let proven = prove(b"pine");
	let contribute =
		|media_type: &[u8], locator: &[u8]| contribute_with(ALICE, 0, &proven, media_type, locator);
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_noop!(create_curated(ALICE, &[]), Error::<Test>::InvalidCurators);
		assert_noop!(create_curated(ALICE, &[BOB, BOB]), Error::<Test>::InvalidCurators);
		for media_type in [&b""[..], b"text", b"/", b"text/", b"/plain", b"a/b/c", b"a b/c", b"a/b;\n"] {
			assert_noop!(contribute(media_type, b""), Error::<Test>::InvalidMediaType);
		}
		for locator in
			[&b"x"[..], b":x", b"http:", b"1:x", b"http://a b", b"http://\n", "http:\u{e9}".as_bytes()]
		{
			assert_noop!(contribute(b"a/b", locator), Error::<Test>::InvalidLocator);
		}
		assert_ok!(contribute(b"text/plain; charset=utf-8", b""));
		assert_ok!(withdraw(ALICE, 0));
		assert_ok!(contribute(b"application/vnd.apache.parquet", b"ipfs://bafy/file%20a"));
	});
}

#[test]
fn a_datanet_is_handed_over_in_two_steps_with_its_deposit() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		let propose = |signer, owner| Datanets::propose_owner(signed(signer), DatanetId(0), owner);
		let take = |signer| Datanets::accept_ownership(signed(signer), DatanetId(0));
		assert_noop!(propose(BOB, Some(BOB)), Error::<Test>::NotOwner);
		assert_noop!(take(BOB), Error::<Test>::NotProposed);
		assert_ok!(propose(ALICE, Some(BOB)));
		assert_ok!(propose(ALICE, None));
		assert_noop!(take(BOB), Error::<Test>::NotProposed);
		assert_ok!(propose(ALICE, Some(BOB)));
		DatanetDeposit::set(1);
		assert_ok!(take(BOB));
		assert_eq!((held(HoldReason::Datanet, ALICE), held(HoldReason::Datanet, BOB)), (0, 100));
		assert_noop!(take(BOB), Error::<Test>::NotProposed);
		assert_noop!(publish(ALICE, 0), Error::<Test>::PublicationTooEarly);
		assert_noop!(Datanets::retire(signed(ALICE), DatanetId(0)), Error::<Test>::NotOwner);
		assert!(Datanets::datanets_of(&ALICE, None, 10).items.is_empty());
		assert_eq!(Datanets::datanets_of(&BOB, None, 10).items.len(), 1);
		// Offered to oneself it stays what it is.
		assert_ok!(propose(BOB, Some(BOB)));
		assert_ok!(take(BOB));
		assert_eq!(held(HoldReason::Datanet, BOB), 100);
	});
}

#[test]
fn a_datanet_is_paused_and_described_by_its_owner_alone() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		let pause = |signer, paused| Datanets::set_paused(signed(signer), DatanetId(0), paused);
		assert_noop!(pause(BOB, true), Error::<Test>::NotOwner);
		assert_noop!(pause(ALICE, false), Error::<Test>::StatusUnchanged);
		assert_ok!(pause(ALICE, true));
		assert_noop!(contribute(BOB, 0, b"rose"), Error::<Test>::DatanetPaused);
		assert_ok!(commit(BOB, &[b"rose"]));
		pass(60);
		assert_noop!(register(BOB, 0, &[b"rose"]), Error::<Test>::DatanetPaused);
		assert_ok!(pause(ALICE, false));
		assert_ok!(register(BOB, 0, &[b"rose"]));

		let describe = |signer, tag: &[u8]| {
			Datanets::describe(signed(signer), DatanetId(0), bounded(b"fauna"), listed([bounded(tag)]))
		};
		assert_noop!(describe(BOB, b"zoology"), Error::<Test>::NotOwner);
		assert_noop!(describe(ALICE, b"Zoology"), Error::<Test>::InvalidTag);
		assert_ok!(describe(ALICE, b"zoology"));
		assert!(Datanets::datanets_by_tag(b"botany".to_vec(), None, 9).items.is_empty());
		let found = Datanets::datanets_by_tag(b"zoology".to_vec(), None, 9).items;
		assert_eq!(found.iter().map(|info| &info.name[..]).collect::<Vec<_>>(), [b"fauna"]);
		assert!(Datanets::datanets_by_tag(vec![b'x'; 500], None, 9).items.is_empty());
	});
}

#[test]
fn only_the_origin_of_windows_changes_them_and_what_began_keeps_its_deadline() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(commit(BOB, &[b"rose"]));
		assert_ok!(contribute(BOB, 0, b"lily"));
		let set = |origin, windows| Datanets::set_windows(origin, windows);
		assert_noop!(set(signed(ALICE), WINDOWS), DispatchError::BadOrigin);
		let longer = Windows { commitment_age_ms: 600, ..WINDOWS };
		for broken in [
			Windows { commitment_lifetime_ms: 60, ..WINDOWS },
			Windows { acceptance_ms: WINDOWS.commitment_lifetime_ms, ..WINDOWS },
			Windows { challenge_ms: 0, ..WINDOWS },
			Windows { dispute_ms: 0, ..WINDOWS },
		] {
			assert_noop!(set(RuntimeOrigin::root(), broken), Error::<Test>::InvalidWindows);
		}
		assert_ok!(set(RuntimeOrigin::root(), longer));
		pass(60);
		assert_ok!(register(BOB, 0, &[b"rose"]));
		assert_ok!(accept(0));
		assert_ok!(contribute(BOB, 0, b"fern"));
		pass(60);
		assert_noop!(accept(2), Error::<Test>::AcceptanceTooEarly);
		for windows in [Windows::LIVE, Windows::DEVELOPMENT] {
			assert!(windows.are_sound());
		}
	});
}

#[test]
fn a_datanet_with_a_version_is_never_removed() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(commit_and_register(BOB, 0, &[b"rose"]));
		assert_ok!(publish(ALICE, 0));
		assert_noop!(remove_datanet(ALICE, 0), Error::<Test>::DatanetNotEmpty);
		crate::Datanets::<Test>::mutate(DatanetId(0), |datanet| {
			datanet.as_mut().expect("it was created").contributions = 0
		});
		assert_noop!(remove_datanet(ALICE, 0), Error::<Test>::DatanetHasVersions);
		crate::Datanets::<Test>::mutate(DatanetId(0), |datanet| {
			datanet.as_mut().expect("it was created").contributions = 1
		});
	});
}
