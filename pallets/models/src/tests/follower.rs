//! That events tell everything: a follower that reads nothing else knows the whole state.
//!
//! The histories of [`super::model`] feed it after each call, and compare at their ends.

use super::*;
use crate::runtime_api::{CommitmentInfo, ModelInfo};
use std::collections::BTreeMap;

type Info = ModelInfo<u64, Balance, u64>;

/// What an indexer would keep.
#[derive(Default)]
pub struct Follower {
	commitments: BTreeMap<(u64, [u8; 32]), CommitmentInfo<Balance>>,
	/// Of all commitments that there ever were.
	expiries: BTreeMap<CommitmentNumber, u64>,
	models: BTreeMap<ModelId, Info>,
}

impl Follower {
	/// Takes the events of the block so far out, and follows them.
	pub fn follow(&mut self) {
		for record in System::events() {
			if let RuntimeEvent::Models(event) = record.event {
				self.hear(event);
			}
		}
		System::reset_events();
	}

	fn hear(&mut self, event: Event<Test>) {
		match event {
			Event::CommitmentMade { account, hash, number, usable_from_ms, expires_at_ms, deposit } => {
				self.expiries.insert(number, expires_at_ms);
				let info = CommitmentInfo { number, usable_from_ms, expires_at_ms, deposit };
				assert!(self.commitments.insert((account, hash), info).is_none());
			}
			Event::CommitmentClosed { account, hash, used: _, deposit } => {
				let closed = self.commitments.remove(&(account, hash)).expect("it was made");
				assert_eq!(closed.deposit, deposit);
			}
			Event::ModelRegistered {
				model,
				developer,
				spec,
				locators,
				commitment,
				deposit,
				locators_deposit,
			} => {
				for parent in &spec.parents {
					self.at(*parent).children += 1;
				}
				let info = Info {
					id: model,
					developer,
					status: ModelStatus::Active,
					kind: spec.kind,
					artifact: spec.artifact,
					artifact_locator: locators.artifact.into(),
					card: spec.card,
					card_locator: locators.card.into(),
					parents: spec.parents.into(),
					children: 0,
					manifest: spec.manifest.into(),
					policy: spec.policy,
					asks: spec.asks,
					registered_at: System::block_number(),
					commitment,
					contestable_until_ms: self.expiries[&commitment],
					deposit,
					locators_deposit,
				};
				assert!(self.models.insert(model, info).is_none());
			}
			Event::RootHeld { root, holder, .. } => assert_eq!(self.at(holder).artifact.root, root),
			Event::ModelSuperseded { model, by } => {
				self.at(model).status = ModelStatus::Superseded { by };
			}
			Event::ModelDeprecated { model } => self.at(model).status = ModelStatus::Deprecated,
			Event::ModelReactivated { model } => self.at(model).status = ModelStatus::Active,
			Event::LocatorsSet { model, locators, deposit } => {
				let info = self.at(model);
				info.artifact_locator = locators.artifact.into();
				info.card_locator = locators.card.into();
				info.locators_deposit = deposit;
			}
			Event::__Ignore(_, never) => match never {},
		}
	}

	fn at(&mut self, model: ModelId) -> &mut Info {
		self.models.get_mut(&model).expect("events tell of a model before they tell what became of it")
	}

	fn lineage(&self, of: ModelId) -> BTreeMap<ModelId, Ancestor> {
		let mut all = BTreeMap::new();
		for parent in &self.models[&of].parents {
			let Asks { royalty, data } = self.models[parent].asks;
			all.insert(*parent, Ancestor { model: *parent, royalty, data });
			all.extend(self.lineage(*parent));
		}
		all
	}

	/// Compares with the state.
	pub fn assert_knows_everything(&self) {
		assert_eq!(crate::Commitments::<Test>::iter().count(), self.commitments.len());
		for ((account, hash), info) in &self.commitments {
			assert_eq!(Models::commitment(account, *hash).as_ref(), Some(info));
		}
		assert_eq!(crate::Models::<Test>::iter().count(), self.models.len());
		for (id, info) in &self.models {
			assert_eq!(Models::model(*id).as_ref(), Some(info));
			let lineage = Models::lineage(*id).expect("it is registered");
			assert_eq!(lineage.ancestors, self.lineage(*id).into_values().collect::<Vec<_>>());
		}
	}
}
