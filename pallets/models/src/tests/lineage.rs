//! Who gets royalties from whom.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn ancestor(model: u64, royalty: u32, data: u32) -> Ancestor {
	Ancestor { model: ModelId(model), royalty: percent(royalty), data: percent(data) }
}

fn ancestors(id: ModelId) -> Vec<Ancestor> {
	Models::lineage(id).expect("the test registered it").ancestors
}

#[test]
fn each_ancestor_stands_once_in_a_lineage_whichever_paths_lead_to_it() {
	run(|| {
		let base = put(ALICE, asking("base", &[], 10, 20)).0;
		let left = put(ALICE, asking("left", &[base], 3, 20)).0;
		let right = put(BOB, asking("right", &[base], 5, 30)).0;
		let merged = put(BOB, asking("merged", &[base, left, right], 2, 30));
		let expected = vec![ancestor(base, 10, 20), ancestor(left, 3, 20), ancestor(right, 5, 30)];
		assert_eq!(ancestors(merged), expected);
		let info = Models::lineage(merged).expect("it is registered");
		assert_eq!((info.royalties, info.royalties_of_children), (percent(18), percent(20)));
		assert_eq!((info.royalties_max, info.data_of_children), (percent(50), percent(30)));
		assert_eq!(Models::royalties(merged), percent(18));
		let royalty = |ancestor| Models::royalty(merged, ModelId(ancestor));
		assert_eq!(
			[royalty(base), royalty(left), royalty(merged.0)],
			[Some(percent(10)), Some(percent(3)), None]
		);
		assert_eq!(Models::lineage(ModelId(9)), None);
	});
}

#[test]
fn an_intermediary_that_asks_nothing_launders_nothing() {
	run(|| {
		let base = put(ALICE, asking("base", &[], 10, 20)).0;
		let direct = put(3, asking("direct", &[base], 4, 20));
		let between = put(BOB, asking("between", &[base], 0, 20)).0;
		let around = put(3, asking("around", &[between], 4, 20));
		assert_eq!(ancestors(direct), vec![ancestor(base, 10, 20)]);
		assert_eq!(ancestors(around), vec![ancestor(base, 10, 20), ancestor(between, 0, 20)]);
		let royalties = |id| Models::lineage(id).expect("it is registered").royalties;
		assert_eq!(royalties(direct), royalties(around));
		// However many there are between.
		let mut last = between;
		for step in 0..10 {
			last = put(BOB, asking(&format!("step {step}"), &[last], 0, 20)).0;
		}
		let far = put(3, asking("far", &[last], 4, 20));
		assert_eq!(royalties(far), percent(10));
		assert_eq!(ancestors(far)[0], ancestor(base, 10, 20));
	});
}

#[test]
fn a_data_share_is_at_least_the_greatest_of_the_parents() {
	run(|| {
		let low = put(ALICE, asking("low", &[], 1, 10)).0;
		let high = put(ALICE, asking("high", &[], 1, 30)).0;
		let below = |artifact: &str, data| register(BOB, asking(artifact, &[low, high], 0, data));
		assert_eq!(below("less", 29), error(Error::DataShareBelowParents));
		let child = below("as much", 30).expect("it is enough").0;
		// By induction it is at least that of each ancestor, also through one that asks no royalty.
		assert_eq!(register(BOB, asking("grandchild", &[child], 0, 29)), error(Error::DataShareBelowParents));
		put(BOB, asking("grandchild", &[child], 0, 100));
	});
}

#[test]
fn royalties_sum_to_at_most_half() {
	run(|| {
		let one = put(ALICE, asking("one", &[], 20, 0)).0;
		let two = put(ALICE, asking("two", &[one], 20, 0)).0;
		// 40 % above it, 11 % of its own: it stands, but can have no child.
		let three = put(ALICE, asking("three", &[two], 11, 0)).0;
		assert_eq!(register(BOB, asking("four", &[three], 0, 0)), error(Error::RoyaltiesTooHigh));
		let info = Models::lineage(ModelId(three)).expect("it is registered");
		assert!(info.royalties_of_children > info.royalties_max);
		// Exactly half is allowed, and one billionth more is not.
		let exact = put(ALICE, asking("exact", &[two], 10, 0)).0;
		put(BOB, asking("child of exact", &[exact], 0, 0));
		let mut above = asking("above", &[two], 10, 0);
		above.spec.asks.royalty = Perbill::from_parts(100_000_001);
		let above = put(ALICE, above).0;
		assert_eq!(register(BOB, asking("child", &[above], 0, 0)), error(Error::RoyaltiesTooHigh));
		// Common ancestors count once: 20 + 20 + 5 + 5.
		let left = put(BOB, asking("left", &[two], 5, 0)).0;
		let right = put(BOB, asking("right", &[two], 5, 0)).0;
		let both = put(BOB, asking("both", &[left, right], 0, 0));
		assert_eq!(Models::lineage(both).expect("it is registered").royalties, percent(50));
	});
}

#[test]
fn a_lineage_has_at_most_as_many_ancestors_as_allowed() {
	run(|| {
		let mut last = put(ALICE, base("generation 0")).0;
		for generation in 1..=ANCESTORS_MAX {
			last = put(ALICE, asking(&format!("generation {generation}"), &[last], 0, 0)).0;
		}
		assert_eq!(ancestors(ModelId(last)).len(), ANCESTORS_MAX as usize);
		assert_eq!(register(ALICE, asking("one more", &[last], 0, 0)), error(Error::TooManyAncestors));
		// The one before has room, but not for a further parent.
		let other = put(ALICE, base("other")).0;
		put(ALICE, asking("full", &[last - 1], 0, 0));
		assert_eq!(
			register(ALICE, asking("fuller", &[last - 1, other], 0, 0)),
			error(Error::TooManyAncestors)
		);
	});
}

#[test]
fn lineages_stand_in_state_as_they_were_when_parents_change_their_status() {
	run(|| {
		let base = put(ALICE, asking("base", &[], 10, 20));
		let child = put(BOB, asking("child", &[base.0], 0, 20));
		assert_ok!(Models::set_deprecated(signed(ALICE), base, true));
		assert_eq!(ancestors(child), vec![ancestor(base.0, 10, 20)]);
		let grandchild = put(BOB, asking("grandchild", &[child.0], 0, 20));
		assert_eq!(ancestors(grandchild)[0], ancestor(base.0, 10, 20));
	});
}

/// A model drawn at random: which of those before it are wanted as parents, and what it asks, in parts of a billion.
#[derive(Clone, Debug)]
struct Drawn {
	parents: Vec<prop::sample::Index>,
	royalty: u32,
	data: u32,
	/// Whether it asks at least for the data share that its parents demand.
	dutiful: bool,
}

fn any_drawn() -> impl Strategy<Value = Drawn> {
	let parents = prop::collection::vec(any::<prop::sample::Index>(), 0..=PARENTS_MAX as usize);
	let royalty = prop_oneof![3 => Just(0), 6 => 0..30_000_000u32, 1 => 0..500_000_000u32];
	let (data, dutiful) = (0..=1_000_000_000u32, prop::bool::weighted(0.9));
	(parents, royalty, data, dutiful).prop_map(|(parents, royalty, data, dutiful)| Drawn {
		parents,
		royalty,
		data,
		dutiful,
	})
}

/// What the test knows: parents and asks, nothing flattened.
#[derive(Default)]
struct Reference {
	parents: BTreeMap<u64, BTreeSet<u64>>,
	asks: BTreeMap<u64, (u32, u32)>,
}

impl Reference {
	/// Walks upwards from these, along every path.
	fn reach(&self, from: &BTreeSet<u64>) -> BTreeSet<u64> {
		let (mut seen, mut waiting) = (BTreeSet::new(), from.iter().copied().collect::<Vec<_>>());
		while let Some(id) = waiting.pop() {
			if seen.insert(id) {
				waiting.extend(&self.parents[&id]);
			}
		}
		seen
	}

	fn refusal(&self, parents: &BTreeSet<u64>, data: u32) -> Option<Error<Test>> {
		let above = self.reach(parents);
		if parents.iter().any(|id| self.asks[id].1 > data) {
			return Some(Error::DataShareBelowParents);
		}
		if above.iter().map(|id| u64::from(self.asks[id].0)).sum::<u64>() > 500_000_000 {
			return Some(Error::RoyaltiesTooHigh);
		}
		(above.len() > ANCESTORS_MAX as usize).then_some(Error::TooManyAncestors)
	}

	fn assert_same(&self) {
		for (id, parents) in &self.parents {
			let above = self.reach(parents);
			let expected: Vec<_> = above
				.iter()
				.map(|id| {
					let (royalty, data) = self.asks[id];
					let [royalty, data] = [royalty, data].map(Perbill::from_parts);
					Ancestor { model: ModelId(*id), royalty, data }
				})
				.collect();
			assert_eq!(ancestors(ModelId(*id)), expected, "ancestors of {id}");
			let total = expected.iter().map(|ancestor| ancestor.royalty.deconstruct()).sum::<u32>();
			let info = Models::lineage(ModelId(*id)).expect("it is registered");
			assert_eq!(info.royalties, Perbill::from_parts(total));
			let children: Vec<_> =
				self.parents.iter().filter(|(_, parents)| parents.contains(id)).map(|(id, _)| *id).collect();
			let page = Models::children(ModelId(*id), None, 256);
			assert_eq!(page.items.iter().map(|child| child.id.0).collect::<Vec<_>>(), children);
			assert_eq!(page.next, None);
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

	/// Graphs of up to 60 models: lineage upwards and downwards and all shares are those that follow from parents and
	/// asks alone, and what is refused is refused for the reason that follows from them.
	#[test]
	fn lineages_of_random_graphs_match_a_walk_over_parents(
		drawn in prop::collection::vec(any_drawn(), 10..60),
	) {
		new_test_ext().execute_with(|| {
			let mut reference = Reference::default();
			for (number, drawn) in drawn.iter().enumerate() {
				let ids: Vec<_> = reference.parents.keys().copied().collect();
				let pick = |index: &prop::sample::Index| ids[index.index(ids.len())];
				let parents: BTreeSet<u64> = match ids.is_empty() {
					true => BTreeSet::new(),
					false => drawn.parents.iter().map(pick).collect(),
				};
				let demanded = parents.iter().map(|id| reference.asks[id].1).max().unwrap_or(0);
				// Small steps upwards, so that shares do not reach one after a few generations.
				let data = if drawn.dutiful { demanded.max(drawn.data / 100) } else { drawn.data / 100 };
				let listed: Vec<_> = parents.iter().copied().collect();
				let mut registration = asking(&format!("model {number}"), &listed, 0, 0);
				let [royalty, data_share] = [drawn.royalty, data].map(Perbill::from_parts);
				registration.spec.asks = Asks { royalty, data: data_share };
				match (reference.refusal(&parents, data), register(ALICE, registration)) {
					(None, Ok(id)) => {
						reference.parents.insert(id.0, parents);
						reference.asks.insert(id.0, (drawn.royalty, data));
					}
					(Some(expected), failed) => prop_assert_eq!(failed, error(expected)),
					(None, Err(failed)) => prop_assert!(false, "refused without a reason: {:?}", failed),
				}
			}
			reference.assert_same();
			assert_ok!(Models::check_invariants());
			Ok(())
		})?;
	}
}
