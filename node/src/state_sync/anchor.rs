//! The block that a state hangs on: proved final from the genesis on, by each change of the validators.
//!
//! # Must not
//! Decide how to verify: [`plexus_primitives::light`] does.
//!
//! # Invariants
//! What comes out of [`Proving`] was verified, certificates included: nobody else's signature is in them.

use super::{
	wire::{Certified, Handover, Page, HANDOVERS_MAX},
	Origin,
};
use codec::{DecodeAll, Encode};
use plexus_consensus::certificate;
use plexus_primitives::{
	consensus::{Commit, ConsensusKey, ConsensusSignature, Voter},
	light::{self, Trusted},
};
use plexus_storage::{Database, Hash, Header, Milestone, StorageError};
use sp_core::bounded::BoundedVec;

/// Bytes of a page beyond which no further change is put into it.
const PAGE_BYTES: usize = 4 << 20;

/// A page of the proof that block `height` is final, above block `from`; none if this node lacks a part of it.
///
/// # Errors
/// A failed read.
pub fn page(database: &Database, from: u32, height: u32) -> Result<Option<Page>, StorageError> {
	let mut page = Page { handovers: BoundedVec::default(), target: None };
	if from >= height || height > database.tip().number {
		return Ok(None);
	}
	let mut bytes = 0;
	for (number, set) in database.sets_between(from, height, HANDOVERS_MAX as usize + 1)? {
		let Some(block) = certified(database, number)? else { return Ok(None) };
		let Ok(set) = DecodeAll::decode_all(&mut &set[..]) else { return Ok(None) };
		let handover = Handover { block, set };
		bytes += handover.encoded_size();
		let is_full = bytes > PAGE_BYTES && !page.handovers.is_empty();
		if is_full || page.handovers.try_push(handover).is_err() {
			return Ok(Some(page));
		}
	}
	page.target = certified(database, height)?;
	Ok(page.target.is_some().then_some(page))
}

/// Whether a page leaves room and yet does not reach its target. [`page`] makes none such: with them, a join would wait for
/// each change of the validators by itself. A page is full in bytes when the next change, of a few hundred kibibytes at
/// most, does not fit.
pub fn is_short(page: &Page) -> bool {
	let is_full = page.handovers.len() >= HANDOVERS_MAX as usize || page.encoded_size() > PAGE_BYTES / 2;
	page.target.is_none() && !is_full
}

fn certified(database: &Database, number: u32) -> Result<Option<Certified>, StorageError> {
	let Some(below) = number.checked_sub(1) else { return Ok(None) };
	let (header, parent) = (database.header_at(number)?, database.header_at(below)?);
	let (Some(header), Some(parent), Some(certificate)) = (header, parent, database.certificate(number)?)
	else {
		return Ok(None);
	};
	Ok(Some(Certified { header: header.encode(), parent: parent.encode(), certificate }))
}

/// A block that is proved final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
	/// Its hash.
	pub hash: Hash,
	/// Its header.
	pub header: Header,
	/// Its parent's.
	pub parent: Header,
	/// Its certificate.
	pub certificate: Vec<u8>,
	/// The changes of the validators before it.
	pub milestones: Vec<Milestone>,
}

/// Follows a proof page by page.
#[derive(Clone, Debug)]
pub struct Proving {
	trusted: Trusted,
	milestones: Vec<Milestone>,
}

/// What is asked for next.
#[derive(Clone, Debug)]
pub enum Step {
	/// Another page, from [`Proving::from`] on.
	More(Proving),
	/// Nothing: it is proved.
	Done(Anchor),
}

impl Step {
	/// The highest block that is proved.
	pub fn height(&self) -> u32 {
		match self {
			Self::More(proving) => proving.from(),
			Self::Done(anchor) => anchor.header.number,
		}
	}
}

impl Proving {
	/// Nothing but the specification is believed.
	///
	/// # Errors
	/// The specification names no validators, or too many.
	pub fn new(origin: &Origin) -> Result<Self, String> {
		let trusted = Trusted::genesis(origin.genesis.hash().0, origin.set.clone());
		Ok(Self { trusted: trusted.map_err(|error| error.to_string())?, milestones: Vec::new() })
	}

	/// The block from which on the next page is asked for.
	pub fn from(&self) -> u32 {
		self.trusted.height()
	}

	/// Verifies a page of the proof for block `height`.
	///
	/// # Errors
	/// What is wrong with it: its sender lies.
	pub fn take(mut self, page: Page, height: u32) -> Result<Step, String> {
		let is_empty = page.handovers.is_empty();
		for Handover { block, set } in page.handovers {
			let commit = commit(&block, self.trusted.set())?;
			let handover = light::Handover { block: read(&block, commit), set: set.into_inner() };
			let next = self.trusted.follow(&handover).map_err(|error| error.to_string())?;
			if next.height() >= height {
				return Err(format!(
					"a change of the validators at block {}, beyond the target",
					next.height()
				));
			}
			let milestone = Milestone {
				header: header(&block.header)?,
				parent: header(&block.parent)?,
				certificate: block.certificate,
				set: handover.set.encode(),
			};
			self.milestones.push(milestone);
			self.trusted = next;
		}
		let Some(target) = page.target else {
			return if is_empty { Err("an empty page".into()) } else { Ok(Step::More(self)) };
		};
		let commit = commit(&target, self.trusted.set())?;
		let proved = self.trusted.verify(&read(&target, commit)).map_err(|error| error.to_string())?;
		if proved.height != height {
			return Err(format!("block {} instead of {height}", proved.height));
		}
		let (found, parent) = (header(&target.header)?, header(&target.parent)?);
		Ok(Step::Done(Anchor {
			hash: proved.hash.into(),
			header: found,
			parent,
			certificate: target.certificate,
			milestones: self.milestones,
		}))
	}
}

fn read(block: &Certified, commit: Commit) -> light::Certified {
	light::Certified { header: block.header.clone(), parent: block.parent.clone(), commit }
}

/// The precommits of a certificate in the order of the validators. It must be for its block, and hold nothing else.
fn commit(block: &Certified, set: &[Voter]) -> Result<Commit, String> {
	let found = certificate::decode(&block.certificate).map_err(|error| error.to_string())?;
	let header = header(&block.header)?;
	if (found.height, found.value) != (header.number.into(), header.hash()) {
		return Err(format!("the certificate of block {} is for another block", header.number));
	}
	let signatures: Vec<(ConsensusKey, ConsensusSignature)> =
		found.signatures.iter().map(|(id, signature)| ((*id).into(), (*signature).into())).collect();
	let commit = Commit::new(found.round, set, &signatures);
	match commit.signatures.iter().flatten().count() == signatures.len() {
		true => Ok(commit),
		false => Err(format!("the certificate of block {} holds signatures of others", header.number)),
	}
}

fn header(bytes: &[u8]) -> Result<Header, String> {
	Header::decode_all(&mut &bytes[..]).map_err(|error| format!("a header does not decode: {error}"))
}
