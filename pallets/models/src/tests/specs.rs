//! What may be registered.

use super::*;
use ModelKind::*;

fn assert_refused(registration: Registration<Test>, expected: Error<Test>) {
	let described = format!("{:?}", registration.spec);
	assert_eq!(register(ALICE, registration), error(expected), "{described}");
}

/// A kind, the parents it is tried with, and why it is refused.
type Case<'a> = (ModelKind, &'a [u64], Option<Error<Test>>);

#[test]
fn each_kind_has_its_number_of_parents() {
	run(|| {
		let (one, two) = (put(ALICE, base("one")).0, put(ALICE, base("two")).0);
		let cases: [Case<'_>; 12] = [
			(Base, &[one], Some(Error::BaseHasParents)),
			(FineTune, &[], Some(Error::FineTuneWithoutParent)),
			(FineTune, &[one], None),
			(FineTune, &[one, two], None),
			(Adapter, &[], Some(Error::AdapterNeedsOneParent)),
			(Adapter, &[one, two], Some(Error::AdapterNeedsOneParent)),
			(Adapter, &[one], None),
			(Merge, &[], Some(Error::MergeNeedsTwoParents)),
			(Merge, &[one], Some(Error::MergeNeedsTwoParents)),
			(Merge, &[one, one], Some(Error::ParentsNotAscending)),
			(Merge, &[two, one], Some(Error::ParentsNotAscending)),
			(Merge, &[one, two], None),
		];
		for (index, (kind, parents, expected)) in cases.into_iter().enumerate() {
			let registration = model(&format!("artifact {index}"), kind, parents);
			match expected {
				None => assert_eq!(record(put(ALICE, registration).0).spec.kind, kind),
				Some(expected) => assert_refused(registration, expected),
			}
		}
	});
}

#[test]
fn an_adapter_is_for_weights_and_a_merge_takes_adapters_in() {
	run(|| {
		let whole = put(ALICE, base("base")).0;
		let adapter = put(ALICE, model("adapter", Adapter, &[whole])).0;
		assert_refused(model("on an adapter", Adapter, &[adapter]), Error::AdapterOfAdapter);
		let merged = put(ALICE, model("merged", Merge, &[whole, adapter])).0;
		put(ALICE, model("on the merge", Adapter, &[merged]));
		put(ALICE, model("tuned through", FineTune, &[adapter]));
	});
}

#[test]
fn parents_are_registered_before() {
	run(|| {
		put(ALICE, base("base"));
		assert_refused(model("child", FineTune, &[0, 5]), Error::UnknownParent);
		// Not even itself.
		assert_refused(model("own", FineTune, &[1]), Error::UnknownParent);
		put(ALICE, model("child", FineTune, &[0]));
	});
}

#[test]
fn artifact_card_and_locators_are_checked() {
	run(|| {
		let broken = |change: &dyn Fn(&mut Registration<Test>)| {
			let mut registration = base("weights");
			change(&mut registration);
			registration
		};
		assert_refused(broken(&|model| model.spec.artifact.len = 0), Error::EmptyArtifact);
		assert_refused(broken(&|model| model.spec.artifact.len += 1), Error::LengthDiffers);
		assert_refused(broken(&|model| model.length_proof = listed([])), Error::InvalidLengthProof);
		assert_refused(broken(&|model| model.spec.artifact.root = [1; 32]), Error::InvalidLengthProof);
		assert_refused(
			broken(&|model| model.length_proof.try_push(0).expect("there is room")),
			Error::InvalidLengthProof,
		);
		assert_refused(broken(&|model| model.spec.card.len = 0), Error::EmptyCard);
		assert_refused(broken(&|model| model.locators.artifact = listed(*b"nowhere")), Error::InvalidLocator);
		assert_refused(broken(&|model| model.locators.card = listed(*b"a: b")), Error::InvalidLocator);
		let mut silent = base("weights");
		silent.locators = Locators { artifact: listed([]), card: listed([]) };
		put(ALICE, silent);
	});
}

#[test]
fn a_policy_sums_to_exactly_one() {
	run(|| {
		let with = |server: u32, developer: u32, data: u32| {
			let mut registration = base(&format!("{server} {developer} {data}"));
			let [server, developer, data] = [server, developer, data].map(Perbill::from_parts);
			registration.spec.policy = RevenuePolicy { server, developer, data };
			registration
		};
		assert_refused(with(500_000_000, 300_000_000, 199_999_999), Error::PolicyNotOne);
		assert_refused(with(500_000_000, 300_000_000, 200_000_001), Error::PolicyNotOne);
		assert_refused(with(0, 0, 0), Error::PolicyNotOne);
		// One in sum only if additions stopped at one.
		assert_refused(with(1_000_000_000, 1_000_000_000, 1_000_000_000), Error::PolicyNotOne);
		put(ALICE, with(0, 1_000_000_000, 0));
		put(ALICE, with(1, 999_999_998, 1));
	});
}

#[test]
fn a_royalty_is_at_most_what_could_ever_be_paid() {
	run(|| {
		assert_refused(asking("greedy", &[], 51, 0), Error::AskTooHigh);
		let most = put(ALICE, asking("most", &[], 50, 100));
		put(ALICE, asking("child of it", &[most.0], 0, 100));
	});
}

fn trained(artifact: &str, manifest: &[ManifestEntry]) -> Registration<Test> {
	let mut registration = base(artifact);
	registration.spec.manifest = listed(manifest.iter().copied());
	registration
}

#[test]
fn a_manifest_names_published_versions_once_and_sums_to_one() {
	run(|| {
		for (datanet, version) in [(0, 1), (0, 2), (3, 1)] {
			Versions::publish(datanet, version, VersionKind::Curated);
		}
		let half = percent(50);
		put(ALICE, trained("none", &[]));
		put(ALICE, trained("one", &[entry(0, 1, percent(100))]));
		put(ALICE, trained("two", &[entry(0, 2, half), entry(3, 1, half)]));
		put(ALICE, trained("two of one", &[entry(0, 1, half), entry(0, 2, half)]));
		let cases: [(&[ManifestEntry], Error<Test>); 8] = [
			(&[entry(0, 3, percent(100))], Error::UnknownVersion),
			(&[entry(0, 0, percent(100))], Error::UnknownVersion),
			(&[entry(9, 1, percent(100))], Error::UnknownVersion),
			(&[entry(0, 1, half), entry(0, 1, half)], Error::ManifestNotAscending),
			(&[entry(3, 1, half), entry(0, 1, half)], Error::ManifestNotAscending),
			(&[entry(0, 1, half)], Error::ManifestNotOne),
			(&[entry(0, 1, half), entry(3, 1, percent(51))], Error::ManifestNotOne),
			(&[entry(0, 1, percent(100)), entry(3, 1, percent(100))], Error::ManifestNotOne),
		];
		for (manifest, expected) in cases {
			assert_refused(trained("refused", manifest), expected);
		}
		let zero = Perbill::zero();
		let listed_for_nothing = [entry(0, 1, percent(100)), entry(3, 1, zero)];
		assert_refused(trained("refused", &listed_for_nothing), Error::CuratedVersionWithoutShare);
		assert_refused(trained("refused", &[entry(0, 1, zero)]), Error::CuratedVersionWithoutShare);
	});
}

#[test]
fn open_versions_are_listed_without_manifest_money() {
	run(|| {
		Versions::publish(0, 1, VersionKind::Open);
		Versions::publish(1, 1, VersionKind::Curated);
		let (zero, all) = (Perbill::zero(), percent(100));
		assert_refused(trained("paid", &[entry(0, 1, all)]), Error::OpenVersionWithShare);
		let mixed = [entry(0, 1, percent(1)), entry(1, 1, percent(99))];
		assert_refused(trained("mixed", &mixed), Error::OpenVersionWithShare);
		put(ALICE, trained("open only", &[entry(0, 1, zero)]));
		let both = put(ALICE, trained("both", &[entry(0, 1, zero), entry(1, 1, all)]));
		assert_eq!(record(both.0).spec.manifest.len(), 2);
	});
}
