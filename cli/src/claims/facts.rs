//! What the chain has of a batch, and of the contributions, versions and models that it is about.
//!
//! # Must not
//! Ask for more contributions than a bound. Keep what the chain may change: what is here is of one block.

use super::{
	chain::{self, Claim, Limits, OpenBatch, Questions, Share},
	files::Files,
	receipts,
};
use crate::{
	client::{AtBlock, Client},
	datanets,
	failure::Failure,
	models,
	validators::era_and_clock,
};
use futures::{StreamExt, TryStreamExt};
use plexus_payments::store::Placed;
use plexus_primitives::{
	api::{AdmissionKind, ContributionStatus},
	BatchId, CommitmentNumber, Content, ContributionId, DatanetId, DatanetVersion, ModelId,
};
use std::collections::{BTreeMap, BTreeSet};

/// Contributions that are asked for at once. The node answers as many of a connection.
const LOOKUPS: usize = 32;

/// A contribution that was accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Source {
	pub(crate) content: Content,
	pub(crate) datanet: DatanetId,
	/// The smaller one is the earlier.
	pub(crate) commitment: CommitmentNumber,
	/// The first version that holds it, or will.
	pub(crate) from: DatanetVersion,
	/// The first that does not, if it left.
	pub(crate) until: Option<DatanetVersion>,
}

impl Source {
	/// Nothing while it is pending.
	pub(crate) fn of(info: &datanets::Info) -> Option<Self> {
		let (from, until) = match info.status {
			ContributionStatus::Pending { .. } => return None,
			ContributionStatus::Accepted { from, .. } => (from, None),
			ContributionStatus::Departed { from, until, .. } => (from, Some(until)),
		};
		let (content, datanet, commitment) = (info.content, info.datanet, info.commitment);
		Some(Self { content, datanet, commitment, from, until })
	}

	/// Whether a version of its datanet that was published holds it.
	pub(crate) fn is_in(&self, version: DatanetVersion) -> bool {
		self.from <= version && self.until.is_none_or(|until| version < until)
	}
}

/// What a model was trained on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Manifest {
	pub(crate) versions: Vec<(DatanetId, DatanetVersion)>,
	/// The block that registered the model.
	pub(crate) registered_at: u32,
}

impl Manifest {
	/// A version of it that holds the contribution.
	pub(crate) fn version_of(&self, source: &Source) -> Option<DatanetVersion> {
		let holds = |(datanet, version): &&(DatanetId, DatanetVersion)| {
			*datanet == source.datanet && source.is_in(*version)
		};
		self.versions.iter().find(holds).map(|(_, version)| *version)
	}
}

/// A version that was published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Published {
	pub(crate) curated: bool,
	/// The block that published it.
	pub(crate) at: u32,
}

/// All that is known of a batch from the chain.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
	pub(crate) batch: OpenBatch,
	pub(crate) claims: Vec<Claim>,
	pub(crate) receipts: Vec<Placed>,
	pub(crate) questions: Questions,
	pub(crate) limits: Limits,
	/// On the chain clock.
	pub(crate) now_ms: u64,
	/// Those that the chain was asked about.
	pub(crate) asked: BTreeSet<ContributionId>,
	/// Of these the ones that it accepted.
	pub(crate) sources: BTreeMap<ContributionId, Source>,
	pub(crate) manifests: BTreeMap<ModelId, Manifest>,
	/// The first version that holds a contribution, for those that were asked for.
	pub(crate) versions: BTreeMap<(DatanetId, DatanetVersion), Published>,
	/// All places of contents that a manifest does not have where the index has them, if one of them may be unlisted: an index
	/// has each content once, by its earliest contribution, and the manifest may have another one.
	pub(crate) places: BTreeMap<[u8; 32], Vec<Source>>,
}

impl Facts {
	/// Reads an open batch, what it claims, and what these claims are about.
	///
	/// # Errors
	/// It is not open, its receipts cannot be found, or the node does not answer.
	pub(crate) async fn load(client: &Client, id: BatchId, files: &Files) -> Result<Self, Failure> {
		let at = client.at_head().await?;
		let batch = chain::known_open_batch(&at, id).await?;
		let receipts = receipts::of_batch(client, &at, id, &batch.root, files.store()).await?;
		let claims = chain::claims(&at, id).await?;
		let (_, now_ms) = era_and_clock(&at).await?;
		let mut facts = Self {
			questions: chain::questions(&at, id).await?,
			limits: Limits::of(&at),
			batch,
			claims,
			receipts,
			now_ms,
			asked: BTreeSet::new(),
			sources: BTreeMap::new(),
			manifests: BTreeMap::new(),
			versions: BTreeMap::new(),
			places: BTreeMap::new(),
		};
		for model in facts.receipts.iter().map(|placed| placed.receipt.model).collect::<BTreeSet<_>>() {
			facts.manifests.insert(model, manifest(&at, model).await?);
		}
		let claimed = facts.claims.iter().map(|claim| claim.contribution).collect();
		facts.learn(&at, &claimed).await?;
		Ok(facts)
	}

	/// Learns of contributions that may come into question, some at a time.
	pub(crate) async fn learn(
		&mut self,
		at: &AtBlock,
		contributions: &BTreeSet<ContributionId>,
	) -> Result<(), Failure> {
		let unknown = contributions.iter().filter(|id| !self.asked.contains(id));
		let lookups = unknown.map(|id| async move { source(at, *id).await.map(|found| (*id, found)) });
		let found: Vec<(ContributionId, Option<Source>)> =
			futures::stream::iter(lookups).buffered(LOOKUPS).try_collect().await?;
		for (id, source) in found {
			self.asked.insert(id);
			let Some(source) = source else { continue };
			self.sources.insert(id, source);
			let place = (source.datanet, source.from);
			if let std::collections::btree_map::Entry::Vacant(vacant) = self.versions.entry(place) {
				if let Some(published) = published(at, place).await? {
					vacant.insert(published);
				}
			}
		}
		self.learn_places(at).await
	}

	/// Learns where else contents stand, as far as that may keep something from being unlisted.
	async fn learn_places(&mut self, at: &AtBlock) -> Result<(), Failure> {
		let unknown: BTreeSet<_> =
			self.unplaced().into_iter().filter(|root| !self.places.contains_key(root)).collect();
		let lookups = unknown.into_iter().map(|root| async move {
			let found = places_of(at, root).await?;
			Ok::<_, Failure>((root, found.into_iter().map(|(_, source)| source).collect::<Vec<_>>()))
		});
		let found: Vec<([u8; 32], Vec<Source>)> =
			futures::stream::iter(lookups).buffered(LOOKUPS).try_collect().await?;
		self.places.extend(found);
		Ok(())
	}

	/// The contents of which other places count. Whoever answers for an unlisted source may name any source that has the same
	/// bytes, of an open datanet too; but only one of a curated datanet is unlisted.
	pub(crate) fn unplaced(&self) -> BTreeSet<[u8; 32]> {
		if !self.versions.values().any(|first| first.curated) {
			return BTreeSet::new();
		}
		let lacks =
			|source: &&Source| self.manifests.values().any(|manifest| manifest.version_of(source).is_none());
		self.sources.values().filter(lacks).map(|source| source.content.root).collect()
	}

	/// Whether a manifest has a source's content, as this contribution or as another one.
	pub(crate) fn is_listed(&self, manifest: &Manifest, source: &Source) -> bool {
		let places = self.places.get(&source.content.root).map_or(&[][..], Vec::as_slice);
		[source].into_iter().chain(places).any(|place| manifest.version_of(place).is_some())
	}

	/// What a model earned in the batch.
	pub(crate) fn share(&self, model: ModelId) -> Option<&Share> {
		self.batch.models.iter().find(|share| share.model == model)
	}
}

/// All contributions of a content that were accepted: by its holder, and wherever that lists it besides.
pub(crate) async fn places_of(
	at: &AtBlock,
	root: [u8; 32],
) -> Result<Vec<(ContributionId, Source)>, Failure> {
	let held = datanets::contribution_by_root(at, root).await?;
	let besides = datanets::all_listings(at, root).await?;
	Ok(held.iter().chain(&besides).filter_map(|info| Some((info.id, Source::of(info)?))).collect())
}

/// The contribution, if it was accepted.
pub(crate) async fn source(at: &AtBlock, id: ContributionId) -> Result<Option<Source>, Failure> {
	Ok(datanets::contribution(at, id.0).await?.as_ref().and_then(Source::of))
}

/// What a model was trained on.
pub(crate) async fn manifest(at: &AtBlock, model: ModelId) -> Result<Manifest, Failure> {
	let info = models::known_model(at, model.0).await?;
	let entry = |entry: &models::ManifestEntry| (DatanetId(entry.datanet), DatanetVersion(entry.version));
	Ok(Manifest { versions: info.manifest.iter().map(entry).collect(), registered_at: info.registered_at })
}

async fn published(
	at: &AtBlock,
	(datanet, version): (DatanetId, DatanetVersion),
) -> Result<Option<Published>, Failure> {
	let found = datanets::version(at, datanet.0, version.0).await?;
	Ok(found
		.map(|info| Published { curated: info.admission == AdmissionKind::Curated, at: info.published_at }))
}
