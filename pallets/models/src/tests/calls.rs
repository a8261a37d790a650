//! What changes after registration, and who may change it.

use super::*;

#[test]
fn only_the_developer_changes_status_and_locators() {
	run(|| {
		let id = put(ALICE, base("weights"));
		assert_noop!(Models::set_deprecated(signed(BOB), id, true), Error::<Test>::NotDeveloper);
		assert_noop!(Models::set_locators(signed(BOB), id, locators()), Error::<Test>::NotDeveloper);
		let none = ModelId(1);
		assert_noop!(Models::set_deprecated(signed(ALICE), none, true), Error::<Test>::UnknownModel);
		assert_noop!(Models::set_locators(signed(ALICE), none, locators()), Error::<Test>::UnknownModel);
	});
}

#[test]
fn deprecation_forbids_new_channels_only_and_can_be_taken_back() {
	run(|| {
		let id = put(ALICE, base("weights"));
		assert_eq!(Models::ensure_may_open_channel(id), Ok(()));
		assert_noop!(Models::set_deprecated(signed(ALICE), id, false), Error::<Test>::StatusUnchanged);
		assert_ok!(Models::set_deprecated(signed(ALICE), id, true));
		assert!(has_event(Event::ModelDeprecated { model: id }));
		assert_noop!(Models::set_deprecated(signed(ALICE), id, true), Error::<Test>::StatusUnchanged);
		assert_eq!(Models::ensure_may_open_channel(id), Err(Error::ModelDeprecated));
		// Children are still registered.
		put(BOB, asking("child", &[id.0], 0, 0));
		assert_ok!(Models::set_deprecated(signed(ALICE), id, false));
		assert!(has_event(Event::ModelReactivated { model: id }));
		assert_eq!(Models::ensure_may_open_channel(id), Ok(()));
		assert_eq!(Models::ensure_may_open_channel(ModelId(9)), Err(Error::UnknownModel));
	});
}

#[test]
fn nothing_but_status_and_locators_ever_changes() {
	run(|| {
		let id = put(ALICE, asking("weights", &[], 5, 10));
		let before = record(id.0);
		assert_ok!(Models::set_deprecated(signed(ALICE), id, true));
		let moved = Locators { artifact: listed(*b"ipfs:elsewhere"), card: listed([]) };
		assert_ok!(Models::set_locators(signed(ALICE), id, moved.clone()));
		assert_eq!(record(id.0), crate::Model { status: ModelStatus::Deprecated, ..before });
		let info = Models::model(id).expect("it is registered");
		assert_eq!(info.artifact_locator, b"ipfs:elsewhere");
		assert!(info.card_locator.is_empty());
		let bad = Locators { artifact: listed(*b"no uri"), card: listed([]) };
		assert_noop!(Models::set_locators(signed(ALICE), id, bad), Error::<Test>::InvalidLocator);
	});
}

#[test]
fn a_registration_is_told_by_its_event() {
	run(|| {
		let registration = asking("weights", &[], 5, 10);
		let Registration { spec, locators, .. } = registration.clone();
		let id = put(ALICE, registration);
		let deposit = held(HoldReason::Model, ALICE);
		let locators_deposit = held(HoldReason::Locators, ALICE);
		let (developer, commitment) = (ALICE, CommitmentNumber(0));
		assert!(has_event(Event::ModelRegistered {
			model: id,
			developer,
			spec,
			locators,
			commitment,
			deposit,
			locators_deposit,
		}));
	});
}

#[test]
fn a_registration_is_weighed_by_everything_that_it_brings() {
	use frame_support::dispatch::GetDispatchInfo;
	let weight = |models: &[Registration<Test>]| {
		let call = crate::Call::<Test>::register { salt: SALT, models: listed(models.to_vec()) };
		call.get_dispatch_info().call_weight.ref_time()
	};
	let plain = weight(&[base("one")]);
	let mut trained = base("one");
	trained.spec.manifest = listed([entry(0, 1, percent(100))]);
	let mut located = base("one");
	located.locators.card = listed(*b"https://example.org/a/longer/path");
	let mut proved = base("one");
	proved.length_proof = listed([0; 4_000]);
	let adapter = model("one", ModelKind::Adapter, &[0]);
	for more in [trained, located, proved, adapter] {
		assert!(weight(std::slice::from_ref(&more)) > plain, "{more:?}");
		assert_eq!(weight(&[more.clone(), base("two")]), weight(&[base("two"), more]));
	}
	assert!(weight(&[base("one"), base("two")]) > plain);
}
