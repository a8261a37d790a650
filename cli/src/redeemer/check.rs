//! Whether claims may be made, and whether they are true: before anybody is answered, because one false claim costs the
//! whole hold of its batch.
//!
//! ```text
//! receipt, claims, bytes, pieces ─▶ are these the receipt's? ─▶ would the chain take the claims? ─▶ do the bytes bear them out?
//! ```
//!
//! # Must not
//! Ask the chain: what it has to say is [`Known`]. Be more lenient than `pallets/attribution/src/submission.rs`, or take a
//! claim that a challenge of `docs/attribution.md` would prove to be a fraud.
//!
//! # Invariants
//! What floors of the chain leave is not reckoned with: a claim passes here only if it would pass in whatever batch its
//! receipt is redeemed, as long as the chain's parameters stay.

use crate::{
	claims::{
		chain::Parameters,
		facts::Source,
		files::{common_piece, Files, Missing},
		worth,
	},
	validators::Percent,
};
use plexus_payments::{
	json::Extras,
	store::{context_of, StoreError},
	ReceiptClaim, RECEIPT_CLAIMS_MAX,
};
use plexus_primitives::{
	prove::prove_reader, Content, ContextLeaf, ContributionId, DatanetId, DatanetVersion, Evidence, MethodId,
	ModelId, Receipt,
};
use sp_core::U256;
use std::collections::{BTreeMap, BTreeSet};

/// Billionths in a whole.
const WHOLE: u32 = 1_000_000_000;

/// Units by which floors of shares, and of sums of shares, may move a receipt's data money.
const FLOORS: u128 = 4;

/// What the chain has to say about claims.
#[derive(Clone, Debug)]
pub(super) struct Known {
	pub(super) parameters: Parameters,
	/// The longest claim.
	pub(super) claim_bytes_max: u64,
	pub(super) models: BTreeMap<ModelId, Model>,
	/// Those that were accepted.
	pub(super) sources: BTreeMap<ContributionId, Source>,
	/// Those that were registered.
	pub(super) methods: BTreeSet<MethodId>,
}

/// A model, as far as claims have to do with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Model {
	/// What it was trained on.
	pub(super) manifest: Vec<(DatanetId, DatanetVersion)>,
	/// What ancestors get of its fees.
	pub(super) royalties: Percent,
	/// What its data gets of the rest; nothing if its manifest pays nobody.
	pub(super) data: Percent,
}

impl Model {
	/// What the data of a receipt earns, at most.
	pub(super) fn data_at_most(&self, fee: u128) -> u128 {
		let own = worth::of(Percent(WHOLE.saturating_sub(self.royalties.0)), fee);
		match self.data.0 {
			0 => 0,
			_ => worth::of(self.data, own).saturating_add(FLOORS),
		}
	}

	/// And at least, however much of the fee the protocol takes, up to half of it.
	fn data_at_least(&self, fee: u128) -> u128 {
		let own = worth::of(Percent(WHOLE.saturating_sub(self.royalties.0)), fee / 2);
		worth::of(self.data, own).saturating_sub(FLOORS)
	}
}

/// What is handed in about one receipt.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
	pub(super) receipt: &'a Receipt,
	/// The versions that the channel's contexts may come from.
	pub(super) corpora: &'a [(DatanetId, DatanetVersion)],
	pub(super) extras: &'a Extras,
}

/// Why claims, bytes or pieces are not taken. Each text tells the way out behind the semicolon.
#[derive(Debug, thiserror::Error)]
pub enum ClaimFault {
	/// No index, or no store.
	#[error(
		"claims, bytes and pieces are not taken by a program that could not prove them; start it with --store, and for \
		 claims with --index"
	)]
	NotServed,
	/// More than a receipt may have.
	#[error("{0} claims are too many for one receipt; make at most {RECEIPT_CLAIMS_MAX}, and leave the shortest out")]
	TooMany(usize),
	/// Two are about the same bytes.
	#[error(
		"two claims have bytes in common; claim each byte once, and nothing as a span that was put before the model"
	)]
	RangesOverlap,
	/// More than claims may take.
	#[error(
		"the claims are worth more than all claims of a receipt may take; leave some out, nothing is scaled"
	)]
	ExceedsCeiling,
	/// Below the least length.
	#[error("a span of {length} bytes is too short; claim {least} at least")]
	TooShort {
		/// Its bytes.
		length: u64,
		/// The least.
		least: u64,
	},
	/// Above the greatest.
	#[error("{length} bytes are too many for one claim; claim parts of {most} at most")]
	TooLong {
		/// Its bytes.
		length: u64,
		/// The most.
		most: u64,
	},
	/// Not within output, context or contribution.
	#[error("a range is empty, or not within the {0}; compare with its length")]
	RangeOutside(&'static str),
	/// Worth nothing.
	#[error(
		"the claim would move nothing: the model's data earns too little with this receipt, or the claim is attested; leave it out"
	)]
	MovesNothing,
	/// The payer keeps the output.
	#[error(
		"the payer did not agree that the output is shown; claim spans of receipts with `disclose` only"
	)]
	NotDisclosed,
	/// Nothing was retrieved.
	#[error("the receipt has no context; claim only what was put before the model")]
	NoContext,
	/// Neither corpus nor manifest.
	#[error(
		"version {version} of datanet {datanet} makes no such claim lawful; name one of the {list}",
		version = .version.0, datanet = .datanet.0
	)]
	VersionNotInScope {
		/// The contribution's datanet.
		datanet: DatanetId,
		/// The version that was named.
		version: DatanetVersion,
		/// Where it would have to be.
		list: &'static str,
	},
	/// The version does not hold it.
	#[error(
		"version {version} does not hold contribution {contribution}; claim for what it holds, `plexus query weight` tells",
		version = .version.0, contribution = .contribution.0
	)]
	NotInVersion {
		/// What was claimed for.
		contribution: ContributionId,
		/// The version that was named.
		version: DatanetVersion,
	},
	/// Nobody registered it.
	#[error("there is no method {}; register it first, or name another", .0 .0)]
	UnknownMethod(MethodId),
	/// The index does not hold it.
	#[error("{0}; build the index over the files of all versions that you claim for")]
	NotInIndex(Missing),
	/// Neither handed in nor in the store.
	#[error("the claims cannot be proved without this: {0}; hand it in under `bytes` or `pieces`")]
	BytesMissing(Missing),
	/// Other bytes than the receipt's.
	#[error(
		"the bytes of the {0} are not those that the receipt names; send these bytes, with their true length"
	)]
	OtherBytes(&'static str),
	/// Other pieces than the receipt's.
	#[error("the pieces are not the receipt's context; send all of them in their order, and state their bytes together")]
	OtherPieces,
	/// The claim is false.
	#[error(
		"the output at {output} is not what contribution {contribution} has there; find out why it was claimed, it would cost \
		 the batch's hold",
		contribution = .contribution.0
	)]
	BytesDiffer {
		/// Where it begins in the output.
		output: u64,
		/// What was claimed for.
		contribution: ContributionId,
	},
	/// The claim is false.
	#[error(
		"no piece of the context is exactly what is claimed; claim whole pieces, as they are in the context"
	)]
	NotInContext,
	/// The user brought it.
	#[error(
		"half of what is claimed for contribution {} stands in the prompt in one piece; leave it out, it would cost the hold",
		.0 .0
	)]
	PromptEcho(ContributionId),
	/// The disk, or what is on it.
	#[error(transparent)]
	Store(#[from] StoreError),
}

impl ClaimFault {
	/// A name for programs; stays.
	pub fn name(&self) -> &'static str {
		match self {
			Self::NotServed => "ClaimsNotServed",
			Self::TooMany(_) => "TooManyClaims",
			Self::RangesOverlap => "RangesOverlap",
			Self::ExceedsCeiling => "ExceedsCeiling",
			Self::TooShort { .. } => "ClaimTooShort",
			Self::TooLong { .. } => "ClaimTooLong",
			Self::RangeOutside(_) => "RangeOutside",
			Self::MovesNothing => "MovesNothing",
			Self::NotDisclosed => "NotDisclosed",
			Self::NoContext => "NoContext",
			Self::VersionNotInScope { .. } => "VersionNotInScope",
			Self::NotInVersion { .. } => "NotInVersion",
			Self::UnknownMethod(_) => "UnknownMethod",
			Self::NotInIndex(_) => "NotInIndex",
			Self::BytesMissing(_) => "BytesMissing",
			Self::OtherBytes(_) => "OtherBytes",
			Self::OtherPieces => "OtherPieces",
			Self::BytesDiffer { .. } => "BytesDiffer",
			Self::NotInContext => "NotInContext",
			Self::PromptEcho(_) => "PromptEcho",
			Self::Store(error) => error.name(),
		}
	}

	/// Whether it is the disk's fault, so that the same may be taken later.
	pub fn is_of_the_disk(&self) -> bool {
		matches!(self, Self::Store(StoreError::Io { .. }))
	}
}

/// Checks everything that is handed in about a receipt. Where nothing is claimed nothing need be known.
pub(super) fn check(given: &Given, known: Option<&Known>, files: &Files) -> Result<(), ClaimFault> {
	ensure_own(given)?;
	if given.extras.claims.is_empty() {
		return Ok(());
	}
	let known = known.ok_or(ClaimFault::NotServed)?;
	ensure_lawful(given, known)?;
	ensure_true(given, known, files)
}

/// Bytes and pieces are the receipt's.
fn ensure_own(given: &Given) -> Result<(), ClaimFault> {
	let Given { receipt, extras, .. } = given;
	for (what, content, bytes) in
		[("prompt", &receipt.prompt, &extras.prompt), ("output", &receipt.output, &extras.output)]
	{
		if bytes.as_ref().is_some_and(|bytes| !is_named(bytes, content)) {
			return Err(ClaimFault::OtherBytes(what));
		}
	}
	match &extras.pieces {
		Some(pieces) if receipt.context != Some(context_of(pieces)?) => Err(ClaimFault::OtherPieces),
		_ => Ok(()),
	}
}

fn is_named(bytes: &[u8], content: &Content) -> bool {
	prove_reader(bytes, |_| ()).is_ok_and(|proven| proven.content == *content)
}

/// Everything that submission refuses.
fn ensure_lawful(given: &Given, known: &Known) -> Result<(), ClaimFault> {
	let claims = &given.extras.claims;
	if claims.len() > RECEIPT_CLAIMS_MAX {
		return Err(ClaimFault::TooMany(claims.len()));
	}
	for (place, claim) in claims.iter().enumerate() {
		if !known.methods.contains(&claim.method) {
			return Err(ClaimFault::UnknownMethod(claim.method));
		}
		ensure_in_version(given, known, claim)?;
		ensure_ranges(given, known, claim)?;
		ensure_moves(given.receipt, known, claim)?;
		if claims[..place].iter().any(|other| overlap(known, other, claim)) {
			return Err(ClaimFault::RangesOverlap);
		}
	}
	ensure_below_ceiling(given.receipt, known, claims)
}

fn source_of<'a>(known: &'a Known, claim: &ReceiptClaim) -> Result<&'a Source, ClaimFault> {
	let ReceiptClaim { contribution, version, .. } = *claim;
	known.sources.get(&contribution).ok_or(ClaimFault::NotInVersion { contribution, version })
}

fn ensure_in_version(given: &Given, known: &Known, claim: &ReceiptClaim) -> Result<(), ClaimFault> {
	let source = source_of(known, claim)?;
	let ReceiptClaim { contribution, version, evidence, .. } = *claim;
	let manifest = known.models.get(&given.receipt.model).map_or(&[][..], |model| &model.manifest[..]);
	let (versions, list) = match evidence {
		Evidence::Grounded { .. } => (given.corpora, "channel's corpora"),
		Evidence::Span { .. } | Evidence::Attested { .. } => (manifest, "model's manifest"),
	};
	let datanet = source.datanet;
	if !versions.contains(&(datanet, version)) {
		return Err(ClaimFault::VersionNotInScope { datanet, version, list });
	}
	match source.is_in(version) {
		true => Ok(()),
		false => Err(ClaimFault::NotInVersion { contribution, version }),
	}
}

fn ensure_ranges(given: &Given, known: &Known, claim: &ReceiptClaim) -> Result<(), ClaimFault> {
	let source = source_of(known, claim)?;
	let (offset, length) = match claim.evidence {
		Evidence::Grounded { offset, length } => {
			let context = given.receipt.context.ok_or(ClaimFault::NoContext)?;
			if !(1..=context.bytes).contains(&length) {
				return Err(ClaimFault::RangeOutside("context"));
			}
			(offset, length)
		}
		Evidence::Span { output, offset, length } => {
			let least = known.parameters.span_bytes_min;
			if !given.receipt.disclose {
				return Err(ClaimFault::NotDisclosed);
			}
			if length < least {
				return Err(ClaimFault::TooShort { length, least });
			}
			if !is_within(output, length, given.receipt.output.len) {
				return Err(ClaimFault::RangeOutside("output"));
			}
			(offset, length)
		}
		Evidence::Attested { .. } => return Err(ClaimFault::MovesNothing),
	};
	let most = known.claim_bytes_max;
	if length > most {
		return Err(ClaimFault::TooLong { length, most });
	}
	match is_within(offset, length, source.content.len) {
		true => Ok(()),
		false => Err(ClaimFault::RangeOutside("contribution")),
	}
}

fn ensure_moves(receipt: &Receipt, known: &Known, claim: &ReceiptClaim) -> Result<(), ClaimFault> {
	let data = known.models.get(&receipt.model).map_or(0, |model| model.data_at_least(receipt.fee));
	match worth_of(&known.parameters, &claim.evidence, data, receipt) {
		0 => Err(ClaimFault::MovesNothing),
		_ => Ok(()),
	}
}

/// What a claim moves of so much data money.
pub(super) fn worth_of(parameters: &Parameters, evidence: &Evidence, data: u128, receipt: &Receipt) -> u128 {
	let whole = worth::whole_of(evidence, receipt).into();
	match evidence {
		Evidence::Grounded { length, .. } => {
			worth::fraction(worth::of(parameters.grounded, data), (*length).into(), whole)
		}
		Evidence::Span { length, .. } => {
			worth::fraction(worth::of(parameters.span, data), (*length).into(), whole)
		}
		Evidence::Attested { .. } => 0,
	}
}

/// As fractions, exactly: what floors take off on the chain makes the sum smaller, and never the ceiling alone.
fn ensure_below_ceiling(receipt: &Receipt, known: &Known, claims: &[ReceiptClaim]) -> Result<(), ClaimFault> {
	let (mut grounded, mut spans) = (U256::zero(), U256::zero());
	for claim in claims {
		match claim.evidence {
			Evidence::Grounded { length, .. } => grounded += U256::from(length),
			Evidence::Span { length, .. } => spans += U256::from(length),
			Evidence::Attested { .. } => {}
		}
	}
	let Parameters { all, grounded: of_context, span, .. } = known.parameters;
	let [all, of_context, span] = [all, of_context, span].map(|share| U256::from(share.0));
	let context = U256::from(receipt.context.map_or(1, |context| context.bytes.max(1)));
	let output = U256::from(receipt.output.len.max(1));
	// Shares have 30 bits, sums of lengths 68, and wholes 64 each.
	let taken = of_context * grounded * output + span * spans * context;
	match taken <= all * context * output {
		true => Ok(()),
		false => Err(ClaimFault::ExceedsCeiling),
	}
}

/// Whether two claims of one receipt are about the same bytes, as the chain sees it: content is the same wherever it is listed.
fn overlap(known: &Known, one: &ReceiptClaim, other: &ReceiptClaim) -> bool {
	use Evidence::*;
	let root =
		|claim: &ReceiptClaim| known.sources.get(&claim.contribution).map(|source| source.content.root);
	let same_source =
		one.contribution == other.contribution || root(one).is_some() && root(one) == root(other);
	match (one.evidence, other.evidence) {
		(Span { output: a, length: m, .. }, Span { output: b, length: n, .. }) => {
			ranges_overlap((a, m), (b, n))
		}
		(Grounded { offset: a, length: m }, Grounded { offset: b, length: n })
		| (Grounded { offset: a, length: m }, Span { offset: b, length: n, .. })
		| (Span { offset: a, length: m, .. }, Grounded { offset: b, length: n }) => {
			same_source && ranges_overlap((a, m), (b, n))
		}
		(Attested { .. }, _) | (_, Attested { .. }) => same_source,
	}
}

fn ranges_overlap(one: (u64, u64), other: (u64, u64)) -> bool {
	one.0 < other.0.saturating_add(other.1) && other.0 < one.0.saturating_add(one.1)
}

fn is_within(start: u64, length: u64, whole: u64) -> bool {
	start.checked_add(length).is_some_and(|end| end <= whole)
}

/// Everything that a challenge would find: by the bytes of contributions, prompt and output, and the pieces of the context.
fn ensure_true(given: &Given, known: &Known, files: &Files) -> Result<(), ClaimFault> {
	let Given { receipt, extras, .. } = given;
	let prompt = bytes_of("prompt", &receipt.prompt, &extras.prompt, files)?;
	let is_span = |claim: &ReceiptClaim| matches!(claim.evidence, Evidence::Span { .. });
	let (any_span, any_piece) =
		(extras.claims.iter().any(is_span), extras.claims.iter().any(|claim| !is_span(claim)));
	let output = match any_span {
		true => bytes_of("output", &receipt.output, &extras.output, files)?,
		false => Vec::new(),
	};
	let pieces = match any_piece {
		true => pieces_of(given, files)?,
		false => BTreeSet::new(),
	};
	for claim in &extras.claims {
		let contribution = claim.contribution;
		let source = source_of(known, claim)?;
		let bytes = files.contribution(contribution, &source.content).map_err(ClaimFault::NotInIndex)?;
		let claimed = match claim.evidence {
			Evidence::Span { output: start, offset, length } => {
				let claimed = part(bytes, offset, length, "contribution")?;
				if part(&output, start, length, "output")? != claimed {
					return Err(ClaimFault::BytesDiffer { output: start, contribution });
				}
				claimed
			}
			Evidence::Grounded { offset, length } => {
				if !pieces.contains(&ContextLeaf { contribution, offset, length }) {
					return Err(ClaimFault::NotInContext);
				}
				part(bytes, offset, length, "contribution")?
			}
			Evidence::Attested { .. } => return Err(ClaimFault::MovesNothing),
		};
		if common_piece(claimed, &prompt, claimed.len().div_ceil(2)).is_some() {
			return Err(ClaimFault::PromptEcho(contribution));
		}
	}
	Ok(())
}

/// What was handed in, or is in the store; a true length is part of the name.
fn bytes_of(
	what: &'static str,
	content: &Content,
	given: &Option<Vec<u8>>,
	files: &Files,
) -> Result<Vec<u8>, ClaimFault> {
	if let Some(bytes) = given {
		return Ok(bytes.clone());
	}
	let bytes = files.content(what, &content.root).map_err(ClaimFault::BytesMissing)?;
	match bytes.len() as u64 == content.len {
		true => Ok(bytes),
		false => Err(ClaimFault::OtherBytes(what)),
	}
}

fn pieces_of(given: &Given, files: &Files) -> Result<BTreeSet<ContextLeaf>, ClaimFault> {
	let context = given.receipt.context.ok_or(ClaimFault::NoContext)?;
	let pieces = match &given.extras.pieces {
		Some(pieces) => pieces.clone(),
		None => files.pieces(&context.root).map_err(ClaimFault::BytesMissing)?,
	};
	match context_of(&pieces)? == context {
		true => Ok(pieces.into_iter().collect()),
		false => Err(ClaimFault::OtherPieces),
	}
}

fn part<'a>(bytes: &'a [u8], start: u64, length: u64, what: &'static str) -> Result<&'a [u8], ClaimFault> {
	let range = usize::try_from(start).ok().zip(usize::try_from(length).ok());
	let range = range.and_then(|(start, length)| Some(start..start.checked_add(length)?));
	range.and_then(|range| bytes.get(range)).ok_or(ClaimFault::RangeOutside(what))
}

#[cfg(test)]
mod tests;
