//! Which receipts are redeemed together.
//!
//! A batch has receipts of several channels of one server, each up to one after which the payer signed. Channels that end
//! soon come first, then the one whose turn it is, then those with the most to redeem, so that a batch is full or takes
//! everything.
//!
//! # Must not
//! Know what is on its way: a receipt is redeemed when the chain says so, and proposed again until then.

use crate::{Point, Signature};
use plexus_primitives::{AgentId, ChannelId, ModelId, Receipt};
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
}

impl BatchLimits {
	/// As the chain has them unless its metadata says otherwise.
	pub const USUAL: Self = Self { receipts: 256, channels: 16, models: 8 };
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
}

impl Batch {
	/// How many receipts it has.
	pub fn receipts(&self) -> usize {
		self.redemptions.iter().map(|redemption| redemption.receipts.len()).sum()
	}
}

/// A channel's receipts that were not redeemed, as far as the last voucher.
pub(crate) struct Candidate<'a> {
	pub(crate) channel: ChannelId,
	/// Smaller is first: when the channel ends, if that is soon.
	pub(crate) urgency: u64,
	/// Each with the point behind it and the voucher over that, if there is one.
	pub(crate) entries: Vec<(&'a Receipt, Point, Option<&'a Signature>)>,
}

impl Candidate<'_> {
	/// As much of it as fits: the last voucher within the room for receipts and models.
	fn fitting(&self, room: usize, models: &BTreeSet<ModelId>, models_max: usize) -> Option<Redemption> {
		let mut seen = models.clone();
		let mut best = None;
		for (place, (receipt, point, signature)) in self.entries.iter().enumerate().take(room) {
			seen.insert(receipt.model);
			if seen.len() > models_max {
				break;
			}
			if let Some(signature) = signature {
				best = Some((place + 1, *point, *signature));
			}
		}
		let (length, to, signature) = best?;
		let receipts = self.entries.iter().take(length).map(|(receipt, ..)| **receipt).collect();
		Some(Redemption { channel: self.channel, receipts, signature: signature.clone(), to })
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
	let (mut redemptions, mut models, mut room) = (Vec::new(), BTreeSet::new(), limits.receipts);
	for candidate in &candidates {
		if redemptions.len() >= limits.channels || room == 0 {
			break;
		}
		let Some(redemption) = candidate.fitting(room, &models, limits.models) else { continue };
		room -= redemption.receipts.len();
		models.extend(redemption.receipts.iter().map(|receipt| receipt.model));
		redemptions.push(redemption);
	}
	redemptions.sort_by_key(|redemption| redemption.channel);
	(!redemptions.is_empty()).then_some(Batch { server, redemptions })
}
