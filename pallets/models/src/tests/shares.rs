//! Who gets what of a fee, in exact rationals, on random graphs.
//!
//! A share counts parts of [`ONE`]: a royalty, a data share and a share in a manifest have nine decimals each, so that
//! their product is exact.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const BILLION: u128 = 1_000_000_000;
const ONE: u128 = BILLION * BILLION * BILLION;

/// So few that every graph stays within `AncestorsMax`, with a model between on each edge too.
const NODES_MAX: usize = 8;
const EDGES_MAX: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Recipient {
	Server,
	Developer(usize),
	/// By its place in the manifest of the model.
	Entry(usize, usize),
}

type Shares = BTreeMap<Recipient, u128>;

#[derive(Clone, Debug)]
struct Node {
	/// Drawn from the nodes before, and whether a model that asks nothing stands between.
	parents: Vec<(prop::sample::Index, bool)>,
	royalty: u32,
	data: u32,
	policy: [u32; 3],
	manifest: usize,
}

fn any_node() -> impl Strategy<Value = Node> {
	let parents = prop::collection::vec(any::<(prop::sample::Index, bool)>(), 0..=EDGES_MAX);
	// All of them together stay below half.
	let royalty = prop_oneof![1 => Just(0), 4 => 0..60_000_000u32];
	let cuts = (0..=1_000_000_000u32, 0..=1_000_000_000u32);
	(parents, royalty, 0..=1_000_000_000u32, cuts, 0..manifests().len()).prop_map(
		|(parents, royalty, data, (one, other), manifest)| {
			let (low, high) = (one.min(other), one.max(other));
			let policy = [low, high - low, 1_000_000_000 - high];
			Node { parents, royalty, data, policy, manifest }
		},
	)
}

/// Datanet 0 is open, 1 and 2 are curated.
fn manifests() -> [Vec<ManifestEntry>; 4] {
	let [none, third, rest] = [0, 333_333_333, 666_666_667].map(Perbill::from_parts);
	[
		vec![],
		vec![entry(0, 1, none)],
		vec![entry(0, 1, none), entry(1, 1, percent(100))],
		vec![entry(1, 1, third), entry(2, 1, rest)],
	]
}

/// What the test knows of a node: nothing is flattened.
struct Known {
	parents: BTreeSet<usize>,
	/// The parents that another model stands before.
	between: BTreeSet<usize>,
	asks: Asks,
	policy: RevenuePolicy,
	manifest: Vec<ManifestEntry>,
}

fn known(nodes: &[Node]) -> Vec<Known> {
	let mut all = Vec::<Known>::new();
	for node in nodes {
		let edges = node.parents.iter().filter(|_| !all.is_empty());
		let edges: BTreeMap<usize, bool> =
			edges.map(|(which, between)| (which.index(all.len()), *between)).collect();
		let demanded = edges.keys().map(|parent| all[*parent].asks.data).max().unwrap_or_default();
		let asks = Asks {
			royalty: Perbill::from_parts(node.royalty),
			data: Perbill::from_parts(node.data).max(demanded),
		};
		let [server, developer, data] = node.policy.map(Perbill::from_parts);
		all.push(Known {
			parents: edges.keys().copied().collect(),
			between: edges.iter().filter(|(_, between)| **between).map(|(parent, _)| *parent).collect(),
			asks,
			policy: RevenuePolicy { server, developer, data },
			manifest: manifests()[node.manifest].clone(),
		});
	}
	all
}

/// The part of a share; the test is wrong if it is not exact.
fn part(whole: u128, share: Perbill) -> u128 {
	let product = whole * u128::from(share.deconstruct());
	assert_eq!(product % BILLION, 0, "a share has more decimals than the test counts");
	product / BILLION
}

/// Divides what a model's developer and data get between them.
fn credit(shares: &mut Shares, node: usize, developer: u128, data: u128, manifest: &[ManifestEntry]) {
	let pays = manifest.iter().any(|entry| !entry.share.is_zero());
	*shares.entry(Recipient::Developer(node)).or_default() += if pays { developer } else { developer + data };
	for (place, entry) in manifest.iter().enumerate().filter(|_| pays) {
		*shares.entry(Recipient::Entry(node, place)).or_default() += part(data, entry.share);
	}
}

/// By the protocol's words, from parents and asks, along every path.
fn expected(all: &[Known], node: usize) -> Shares {
	let (mut above, mut waiting) = (BTreeSet::new(), Vec::from_iter(&all[node].parents));
	while let Some(id) = waiting.pop() {
		if above.insert(*id) {
			waiting.extend(&all[*id].parents);
		}
	}
	let (mut shares, mut left) = (Shares::new(), ONE);
	for id in above {
		let royalty = part(ONE, all[id].asks.royalty);
		let data = part(royalty, all[id].asks.data);
		left -= royalty;
		credit(&mut shares, id, royalty - data, data, &all[id].manifest);
	}
	let policy = all[node].policy;
	shares.insert(Recipient::Server, part(left, policy.server));
	credit(&mut shares, node, part(left, policy.developer), part(left, policy.data), &all[node].manifest);
	shares
}

/// What a settlement pays that knows the queries' answers alone: floored, and the developer takes the remainder.
/// Recipients are named by `node_of`; models that it does not know must get nothing.
fn paid(id: ModelId, fee: u128, node_of: &BTreeMap<ModelId, usize>) -> Shares {
	let mut amounts = Shares::new();
	let mut divide = |id: ModelId, amount: u128, data: u128| {
		let Some(node) = node_of.get(&id) else {
			assert_eq!(amount, 0, "a model that asks nothing gets something");
			return;
		};
		let mut left = amount;
		for (place, entry) in Models::model(id).expect("it is registered").manifest.iter().enumerate() {
			let amount = entry.share.mul_floor(data);
			left -= amount;
			*amounts.entry(Recipient::Entry(*node, place)).or_default() += amount;
		}
		*amounts.entry(Recipient::Developer(*node)).or_default() += left;
	};
	let lineage = Models::lineage(id).expect("it is registered");
	let mut left = fee;
	for Ancestor { model, royalty, data } in lineage.ancestors {
		let royalty = royalty.mul_floor(fee);
		left -= royalty;
		divide(model, royalty, data.mul_floor(royalty));
	}
	let policy = Models::model(id).expect("it is registered").policy;
	let server = policy.server.mul_floor(left);
	divide(id, left - server, policy.data.mul_floor(left));
	amounts.insert(Recipient::Server, server);
	amounts
}

/// Registers the graph, with models between where they were drawn if so wanted. The nodes of the models that are theirs.
fn put_graph(all: &[Known], with_between: bool) -> Vec<ModelId> {
	let mut ids = Vec::<ModelId>::new();
	for (node, known) in all.iter().enumerate() {
		let parent_id = |parent: &usize| {
			let id = ids[*parent];
			if !with_between || !known.between.contains(parent) {
				return id.0;
			}
			let mut between = asking(&format!("between {parent} and {node}"), &[id.0], 0, 0);
			between.spec.asks = Asks { royalty: Perbill::zero(), data: all[*parent].asks.data };
			put(BOB, between).0
		};
		let parents: BTreeSet<u64> = known.parents.iter().map(parent_id).collect();
		let parents = Vec::from_iter(parents);
		let mut registration = asking(&format!("node {node}, {with_between}"), &parents, 0, 0);
		registration.spec.asks = known.asks;
		registration.spec.policy = known.policy;
		registration.spec.manifest = listed(known.manifest.clone());
		ids.push(put(ALICE, registration));
	}
	ids
}

fn assert_close(amounts: &Shares, shares: &Shares, fee: u128) {
	assert_eq!(amounts.values().sum::<u128>(), fee, "money was made or lost");
	let recipients: BTreeSet<_> = amounts.keys().chain(shares.keys()).collect();
	for recipient in recipients {
		let amount = amounts.get(recipient).copied().unwrap_or_default() * ONE;
		let exact = shares.get(recipient).copied().unwrap_or_default() * fee;
		// Each amount is floored at most three times, and the serving model's part has what was cut from each royalty.
		let rounding = (ANCESTORS_MAX as u128 + 8) * ONE;
		assert!(amount.abs_diff(exact) <= rounding, "{recipient:?} gets {amount} instead of {exact}");
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

	/// What the queries say pays everybody, to the rounding of each amount, what follows from parents and asks in exact
	/// rationals; and models that ask nothing, put between on any edges, change it for nobody.
	#[test]
	fn effective_shares_are_exact_and_who_asks_nothing_between_changes_nothing(
		nodes in prop::collection::vec(any_node(), 2..=NODES_MAX),
		fee in 0..1_000_000_000u128,
	) {
		new_test_ext().execute_with(|| {
			Versions::publish(0, 1, VersionKind::Open);
			Versions::publish(1, 1, VersionKind::Curated);
			Versions::publish(2, 1, VersionKind::Curated);
			let all = known(&nodes);
			for with_between in [false, true] {
				let ids = put_graph(&all, with_between);
				let node_of = ids.iter().enumerate().map(|(node, id)| (*id, node)).collect();
				for (node, id) in ids.iter().enumerate() {
					let shares = expected(&all, node);
					assert_eq!(shares.values().sum::<u128>(), ONE);
					assert_close(&paid(*id, fee, &node_of), &shares, fee);
					// The shares themselves are exact.
					let lineage = Models::lineage(*id).expect("it is registered");
					for ancestor in lineage.ancestors {
						match node_of.get(&ancestor.model) {
							Some(node) => {
								let Asks { royalty, data } = all[*node].asks;
								assert_eq!((ancestor.royalty, ancestor.data), (royalty, data));
							}
							None => assert!(ancestor.royalty.is_zero()),
						}
					}
				}
			}
			assert_ok!(Models::check_invariants());
		});
	}
}
