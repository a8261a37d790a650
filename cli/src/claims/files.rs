//! Local files: outputs, prompts and contexts of a store, and contributions of an index.
//!
//! # Must not
//! Give bytes that are not those of the name that was asked for.

use crate::{corpus, failure::Failure, output::hex};
use plexus_attribution::{BuildOptions, Index, Source};
use plexus_payments::store::{Store, StoreError};
use plexus_primitives::{
	prove::prove_reader, CommitmentNumber, Content, ContextLeaf, ContributionId, DatanetId,
};
use std::{
	collections::{BTreeSet, HashMap},
	path::{Path, PathBuf},
};

/// Places of the same bytes that are looked at: of what stands everywhere the earliest is enough.
const OCCURRENCES_MAX: usize = 4_096;

/// Where the files are.
#[derive(clap::Args, Clone)]
pub(crate) struct FilesArgs {
	/// Directory with outputs, prompts and contexts by their roots, as `serve-receipts --store` keeps them.
	#[arg(long, value_name = "DIR")]
	store: Option<PathBuf>,

	/// Index over contributions, made by `plexus corpus build`.
	#[arg(long, value_name = "FILE")]
	index: Option<PathBuf>,
}

impl FilesArgs {
	/// Opens what is named; reading an index takes a while.
	///
	/// # Errors
	/// One of them cannot be used.
	pub(crate) async fn open(&self) -> Result<Files, Failure> {
		let args = self.clone();
		corpus::blocking(move || {
			let store = args.store.as_deref().map(open_store).transpose()?;
			let index = args.index.as_deref().map(corpus::open).transpose()?;
			Ok(Files::new(store, index))
		})
		.await
	}
}

fn open_store(path: &Path) -> Result<Store, Failure> {
	Store::open(path).map_err(|error| {
		Failure::input(
			"StoreUnusable",
			error.to_string(),
			"name a directory that exists and that you may read",
		)
	})
}

/// Why bytes are not at hand, for people.
pub(crate) type Missing = String;

/// What is at hand.
pub(crate) struct Files {
	store: Option<Store>,
	index: Option<Index>,
	by_root: HashMap<[u8; 32], usize>,
}

/// A place where bytes stand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Place {
	/// As the index has it: the chain's word counts.
	pub(crate) commitment: CommitmentNumber,
	pub(crate) contribution: ContributionId,
	pub(crate) offset: u64,
}

impl Files {
	pub(crate) fn new(store: Option<Store>, index: Option<Index>) -> Self {
		let sources = index.iter().flat_map(|index| index.sources().iter().enumerate());
		let by_root = sources.map(|(place, source)| (source.content.root, place)).collect();
		Self { store, index, by_root }
	}

	pub(crate) fn store(&self) -> Option<&Store> {
		self.store.as_ref()
	}

	pub(crate) fn index(&self) -> Option<&Index> {
		self.index.as_ref()
	}

	/// The bytes with this root; how many there are is for the caller to compare.
	pub(crate) fn content(&self, what: &str, root: &[u8; 32]) -> Result<Vec<u8>, Missing> {
		self.stored(what, root, Store::get)
	}

	/// What the user put in. One of no bytes is kept by nobody; but a length is only what somebody says.
	pub(crate) fn prompt(&self, prompt: &Content) -> Result<Vec<u8>, Missing> {
		match self.content("prompt", &prompt.root) {
			Err(_) if prompt.len == 0 => Ok(Vec::new()),
			found => found,
		}
	}

	/// The pieces of the context with this root.
	pub(crate) fn pieces(&self, root: &[u8; 32]) -> Result<Vec<ContextLeaf>, Missing> {
		self.stored("context", root, Store::pieces)
	}

	fn stored<Found>(
		&self,
		what: &str,
		root: &[u8; 32],
		get: impl FnOnce(&Store, &[u8; 32]) -> Result<Found, StoreError>,
	) -> Result<Found, Missing> {
		let store = self
			.store
			.as_ref()
			.ok_or_else(|| format!("the {what} {} is asked for, and there is no --store", hex(root)))?;
		get(store, root).map_err(|error| match error {
			StoreError::Missing(_) => format!("the {what} {} is not in the store", hex(root)),
			other => format!("the {what} {}: {other}", hex(root)),
		})
	}

	/// The bytes of a contribution, by their root: a root may be listed in several datanets, and is in the index once.
	pub(crate) fn contribution(&self, id: ContributionId, content: &Content) -> Result<&[u8], Missing> {
		let index = self.index.as_ref();
		let index =
			index.ok_or_else(|| format!("contribution {} is asked for, and there is no --index", id.0))?;
		let place = self.by_root.get(&content.root);
		let place = place.ok_or_else(|| format!("contribution {} is not in the index", id.0))?;
		Ok(index.content(*place))
	}

	/// Where bytes stand in the index, the earliest first, at most `max` contributions, each once. Whether that is all.
	pub(crate) fn places(&self, bytes: &[u8], max: usize) -> (Vec<Place>, bool) {
		let Some(index) = &self.index else { return (Vec::new(), true) };
		let place = |(source, offset): (usize, u64)| {
			let Source { commitment, contribution, .. } = index.sources()[source];
			Place { commitment, contribution, offset }
		};
		let Some(all) = index.occurrences(bytes, OCCURRENCES_MAX) else {
			let first = index.find(bytes).map(|found| place((found.source, found.offset)));
			return (first.into_iter().collect(), false);
		};
		let mut places: Vec<Place> = all.into_iter().map(place).collect();
		places.sort_unstable();
		let mut seen = BTreeSet::new();
		places.retain(|place| seen.insert(place.contribution));
		let whole = places.len() <= max;
		places.truncate(max);
		(places, whole)
	}
}

/// Where a piece of `needed` bytes of one text stands in another: where it begins in the first, and in the second.
pub(crate) fn common_piece(text: &[u8], other: &[u8], needed: usize) -> Option<(usize, u64)> {
	if needed == 0 || other.len() < needed || text.len() < needed {
		return None;
	}
	// It is not empty: nothing that is asked for here can fail but for a length that no store lets in.
	let source = Source {
		contribution: ContributionId(0),
		datanet: DatanetId(0),
		commitment: CommitmentNumber(0),
		path: "text".into(),
		content: prove_reader(other, |_| ()).ok()?.content,
	};
	let read = |_: &Source, text: &mut Vec<u8>| {
		text.extend_from_slice(other);
		Ok(())
	};
	let index = Index::build(vec![source], BuildOptions::default(), read).ok()?;
	let found = *index.maximal_matches(text, needed).first()?;
	let piece = text.get(found.start..found.start + needed)?;
	Some((found.start, index.find(piece)?.offset))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::claims::testing::{bytes, index_of};

	#[test]
	fn a_common_piece_is_found_where_it_is_and_as_long_as_it_must_be() {
		let (text, other) = (bytes(1, 300), [bytes(2, 50), bytes(1, 300)[100..200].to_vec()].concat());
		assert_eq!(common_piece(&text, &other, 100), Some((100, 50)));
		assert_eq!(common_piece(&text, &other, 60), Some((100, 50)));
		assert_eq!(common_piece(&text, &other, 101), None);
		assert_eq!(common_piece(&text, &[], 1), None);
		assert_eq!(common_piece(&[], &other, 1), None);
		assert_eq!(common_piece(&text, &other, 0), None);
	}

	#[test]
	fn places_are_those_of_different_contributions_the_earliest_first() {
		let shared = bytes(1, 64);
		let files = Files::new(
			None,
			Some(index_of(&[
				(5, 9, [bytes(2, 10), shared.clone(), shared.clone()].concat()),
				(6, 2, [bytes(3, 20), shared.clone()].concat()),
				(7, 4, bytes(4, 100)),
			])),
		);
		let (places, whole) = files.places(&shared, 8);
		let told: Vec<_> = places.iter().map(|place| (place.contribution.0, place.offset)).collect();
		assert_eq!((told, whole), (vec![(6, 20), (5, 10)], true));
		let (places, whole) = files.places(&shared, 1);
		assert_eq!((places.len(), whole), (1, false));
		assert_eq!(files.places(b"nowhere", 8), (vec![], true));
	}

	#[test]
	fn what_is_not_at_hand_is_named() {
		let files = Files::new(None, None);
		assert!(files.content("output", &[7; 32]).unwrap_err().contains("--store"));
		let content = Content { root: [7; 32], len: 1 };
		assert!(files.contribution(ContributionId(3), &content).unwrap_err().contains("--index"));
		let files = Files::new(None, Some(index_of(&[(5, 9, bytes(2, 10))])));
		let missing = files.contribution(ContributionId(3), &content).unwrap_err();
		assert_eq!(missing, "contribution 3 is not in the index");
	}
}
