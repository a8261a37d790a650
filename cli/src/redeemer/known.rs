//! What the chain has to say about claims, asked once and remembered.
//!
//! # Must not
//! Remember what may change: that a version holds a contribution, what a model was trained on and how its fees are divided
//! stay for ever; that there is no such thing does not, and parameters neither.
//!
//! # Invariants
//! No more is remembered than [`REMEMBERED_MAX`] of each kind; then all of that kind is asked anew.

use super::check::{Known, Model};
use crate::{
	claims::{
		chain::{self, Limits, Parameters},
		facts,
	},
	client::{runtime_call, AtBlock},
	failure::{Failure, FailureKind},
	payments::known_revenue,
	validators::Percent,
};
use futures::{StreamExt, TryStreamExt};
use plexus_payments::ReceiptClaim;
use plexus_primitives::{ContributionId, DatanetVersion, MethodId, ModelId, Receipt};
use std::{
	collections::{BTreeMap, BTreeSet},
	time::{Duration, Instant},
};

/// Entries of each kind that are remembered: some ten megabytes.
const REMEMBERED_MAX: usize = 1 << 16;

/// How old parameters may be: governance announces changes long before.
const PARAMETERS_AGE: Duration = Duration::from_secs(10);

/// What is asked for at once. The node answers as many of a connection.
const LOOKUPS: usize = 16;

/// What claims are about.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
	models: BTreeSet<ModelId>,
	contributions: BTreeSet<(ContributionId, DatanetVersion)>,
	methods: BTreeSet<MethodId>,
}

impl Wanted {
	/// Adds a receipt and what is claimed about it.
	pub(super) fn add(&mut self, receipt: &Receipt, claims: &[ReceiptClaim]) {
		self.models.insert(receipt.model);
		self.contributions.extend(claims.iter().map(|claim| (claim.contribution, claim.version)));
		self.methods.extend(claims.iter().map(|claim| claim.method));
	}
}

/// What was asked before.
#[derive(Default)]
pub(super) struct Memory {
	parameters: Option<(Instant, Parameters, u64)>,
	models: BTreeMap<ModelId, Model>,
	sources: BTreeMap<ContributionId, facts::Source>,
	/// Of the sources those that these versions hold: what left a datanet since is in them still.
	held: BTreeSet<(ContributionId, DatanetVersion)>,
	methods: BTreeSet<MethodId>,
}

impl Memory {
	/// What the chain says about all that is wanted.
	///
	/// # Errors
	/// The node does not answer.
	pub(super) async fn learn(&mut self, at: &AtBlock, wanted: &Wanted) -> Result<Known, Failure> {
		let (parameters, claim_bytes_max) = self.parameters(at).await?;
		bound(&mut self.models);
		bound(&mut self.sources);
		if self.held.len() > REMEMBERED_MAX {
			self.held.clear();
		}
		for model in &wanted.models {
			if self.models.contains_key(model) {
				continue;
			}
			match model_of(at, *model).await {
				Ok(found) => drop(self.models.insert(*model, found)),
				// No channel has it, and so the ledger will say.
				Err(failure) if failure.kind == FailureKind::NotFound => {}
				Err(failure) => return Err(failure),
			}
		}
		let unknown: BTreeSet<ContributionId> =
			wanted.contributions.difference(&self.held).map(|(contribution, _)| *contribution).collect();
		let lookups = unknown.into_iter().map(|id| async move {
			facts::source(at, id).await.map(|found| found.map(|source| (id, source)))
		});
		let found: Vec<Option<(ContributionId, facts::Source)>> =
			futures::stream::iter(lookups).buffered(LOOKUPS).try_collect().await?;
		self.sources.extend(found.into_iter().flatten());
		for place in &wanted.contributions {
			if self.sources.get(&place.0).is_some_and(|source| source.is_in(place.1)) {
				self.held.insert(*place);
			}
		}
		for method in &wanted.methods {
			if !self.methods.contains(method) && is_method(at, *method).await? {
				self.methods.insert(*method);
			}
		}
		let models = wanted.models.iter().filter_map(|id| Some((*id, self.models.get(id)?.clone())));
		let sources =
			wanted.contributions.iter().filter_map(|(id, _)| Some((*id, *self.sources.get(id)?))).collect();
		let methods = wanted.methods.intersection(&self.methods).copied().collect();
		Ok(Known { parameters, claim_bytes_max, models: models.collect(), sources, methods })
	}

	async fn parameters(&mut self, at: &AtBlock) -> Result<(Parameters, u64), Failure> {
		if let Some((asked, parameters, claim_bytes_max)) = self.parameters {
			if asked.elapsed() < PARAMETERS_AGE {
				return Ok((parameters, claim_bytes_max));
			}
		}
		let parameters = chain::parameters(at).await?;
		let claim_bytes_max = Limits::of(at).claim_bytes_max;
		self.parameters = Some((Instant::now(), parameters, claim_bytes_max));
		Ok((parameters, claim_bytes_max))
	}
}

fn bound<Key: Ord, Value>(map: &mut BTreeMap<Key, Value>) {
	if map.len() > REMEMBERED_MAX {
		map.clear();
	}
}

async fn model_of(at: &AtBlock, model: ModelId) -> Result<Model, Failure> {
	let manifest = facts::manifest(at, model).await?.versions;
	let terms = known_revenue(at, model.0).await?.terms;
	let data = if terms.pays_data { terms.data } else { Percent(0) };
	Ok(Model { manifest, royalties: terms.royalties, data })
}

/// A method: its algorithm, version and parameters. It only has to be there.
type Method = (Vec<u8>, u32, Vec<u8>);

async fn is_method(at: &AtBlock, method: MethodId) -> Result<bool, Failure> {
	let found: Option<Method> = runtime_call(at, "AttributionApi_method", method).await?;
	Ok(found.is_some())
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::{DecodeAll, Encode};

	#[test]
	fn a_method_decodes_from_the_pallets_bytes() {
		let theirs = pallet_attribution::Method {
			algorithm: b"exact".to_vec().try_into().expect("it fits"),
			version: 3,
			parameters: b"min=32".to_vec().try_into().expect("it fits"),
		};
		let ours = Method::decode_all(&mut &theirs.encode()[..]).expect("the same encoding");
		assert_eq!(ours, (b"exact".to_vec(), 3, b"min=32".to_vec()));
	}
}
