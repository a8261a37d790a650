//! Which receipts are redeemed together.
//!
//! A batch has receipts of several channels of one server, each up to one after which the payer signed. Channels that end
//! soon come first, then the one whose turn it is, then those with the most to redeem, so that a batch is full or takes
//! everything.
//!
//! # Must not
//! Know what is on its way: a receipt is redeemed when the chain says so, and proposed again until then.

use crate::{point::sequences_behind, store::Placed, Point, ReceiptClaim, Signature};
use plexus_primitives::{AgentId, ChannelId, Claim, ContributionId, ModelId, Receipt};
use std::collections::BTreeSet;

/// What the chain takes at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchLimits {
	/// Receipts of all channels together.
	pub receipts: usize,
	/// Channels.
	pub channels: usize,
	/// Models of all receipts together.
	pub models: usize,
	/// Claims of all receipts together.
	pub claims: usize,
	/// Pairs of model and contribution that these are for.
	pub targets: usize,
}

impl BatchLimits {
	/// As the chain has them unless its metadata says otherwise.
	pub const USUAL: Self = Self { receipts: 256, channels: 16, models: 8, claims: 512, targets: 128 };
}

/// Receipts of a channel that follow on those redeemed before, and the signature of the voucher over them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Redemption {
	/// Which.
	pub channel: ChannelId,
	/// In order, from the one after the last redeemed.
	pub receipts: Vec<Receipt>,
	/// The channel's signer's.
	pub signature: Signature,
	/// Where the channel will be.
	pub to: Point,
}

/// What is submitted at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
	/// Who is paid.
	pub server: AgentId,
	/// In ascending order of channels.
	pub redemptions: Vec<Redemption>,
	/// In ascending order of receipts, which are counted through all redemptions.
	pub claims: Vec<Claim>,
}

impl Batch {
	/// How many receipts it has.
	pub fn receipts(&self) -> usize {
		self.redemptions.iter().map(|redemption| redemption.receipts.len()).sum()
	}

	/// The same without its claims, and how many these were.
	pub fn without_claims(self) -> (Self, usize) {
		let count = self.claims.len();
		(Self { claims: Vec::new(), ..self }, count)
	}

	/// All receipts in the order of the batch's Merkle tree, with their places in their channels.
	pub fn placed(&self) -> Vec<Placed> {
		let of_one = |redemption: &Redemption| {
			let Redemption { channel, receipts, to, .. } = redemption;
			let before = to.sequence.saturating_sub(receipts.len() as u64);
			let placed = sequences_behind(before).zip(receipts).map(|(sequence, receipt)| {
				let (channel, receipt) = (*channel, *receipt);
				Placed { channel, sequence, receipt }
			});
			placed.collect::<Vec<_>>()
		};
		self.redemptions.iter().flat_map(of_one).collect()
	}
}

/// A channel's receipts that were not redeemed, as far as the last voucher.
pub(crate) struct Candidate<'a> {
	pub(crate) channel: ChannelId,
	/// Smaller is first: when the channel ends, if that is soon.
	pub(crate) urgency: u64,
	pub(crate) entries: Vec<Entry<'a>>,
}

/// A receipt that could be redeemed.
pub(crate) struct Entry<'a> {
	pub(crate) receipt: &'a Receipt,
	/// Behind it.
	pub(crate) point: Point,
	/// The voucher over that, if there is one.
	pub(crate) signature: Option<&'a Signature>,
	pub(crate) claims: &'a [ReceiptClaim],
}

/// What a batch has taken so far of all that is bounded.
#[derive(Clone, Default)]
struct Taken {
	receipts: usize,
	models: BTreeSet<ModelId>,
	claims: usize,
	targets: BTreeSet<(ModelId, ContributionId)>,
}

impl Taken {
	fn add(&mut self, receipt: &Receipt, claims: &[ReceiptClaim]) {
		self.receipts += 1;
		self.models.insert(receipt.model);
		self.claims += claims.len();
		self.targets.extend(claims.iter().map(|claim| (receipt.model, claim.contribution)));
	}

	fn is_within(&self, limits: &BatchLimits) -> bool {
		self.receipts <= limits.receipts
			&& self.models.len() <= limits.models
			&& self.claims <= limits.claims
			&& self.targets.len() <= limits.targets
	}
}

/// As much of a candidate as fits, and what the batch has taken with it.
struct Fitting<'a> {
	redemption: Redemption,
	claims: Vec<&'a [ReceiptClaim]>,
	taken: Taken,
}

impl<'a> Candidate<'a> {
	/// As much of it as fits: up to the last voucher within the limits.
	fn fitting(&self, before: &Taken, limits: &BatchLimits) -> Option<Fitting<'a>> {
		let (mut taken, mut best) = (before.clone(), None);
		for (place, entry) in self.entries.iter().enumerate() {
			taken.add(entry.receipt, entry.claims);
			if !taken.is_within(limits) {
				break;
			}
			if let Some(signature) = entry.signature {
				best = Some((place + 1, entry.point, signature, taken.clone()));
			}
		}
		let (length, to, signature, taken) = best?;
		let fitting = || self.entries.iter().take(length);
		let receipts = fitting().map(|entry| *entry.receipt).collect();
		let claims = fitting().map(|entry| entry.claims).collect();
		let redemption = Redemption { channel: self.channel, receipts, signature: signature.clone(), to };
		Some(Fitting { redemption, claims, taken })
	}
}

/// The next batch; nothing if no candidate has a voucher that fits.
pub(crate) fn compose(
	server: AgentId,
	mut candidates: Vec<Candidate>,
	turn: ChannelId,
	limits: &BatchLimits,
) -> Option<Batch> {
	candidates.sort_by_key(|one| {
		(one.urgency, one.channel != turn, std::cmp::Reverse(one.entries.len()), one.channel)
	});
	let (mut parts, mut taken) = (Vec::new(), Taken::default());
	for candidate in &candidates {
		if parts.len() >= limits.channels || taken.receipts >= limits.receipts {
			break;
		}
		let Some(fitting) = candidate.fitting(&taken, limits) else { continue };
		taken = fitting.taken;
		parts.push((fitting.redemption, fitting.claims));
	}
	parts.sort_by_key(|(redemption, _)| redemption.channel);
	let claims = (0u32..).zip(parts.iter().flat_map(|(_, claims)| claims));
	let claims = claims.flat_map(|(place, claims)| claims.iter().map(move |claim| claim.at(place))).collect();
	let redemptions: Vec<_> = parts.into_iter().map(|(redemption, _)| redemption).collect();
	(!redemptions.is_empty()).then_some(Batch { server, redemptions, claims })
}
