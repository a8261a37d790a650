//! What peers did wrong, and who is banned for it.
//!
//! ```text
//!   misbehaviour ── penalty ──► points ── half every HALF_LIFE ──► forgotten
//!                                 └── BAN_POINTS or more ──► banned for BAN_TIME ──► a clean sheet
//! ```
//!
//! # Must not
//! Disconnect or refuse anybody ([`crate::worker`] and [`crate::gate`] do), or read a clock.
//!
//! # Invariants
//! - Only what no honest node of this version sends costs points; what depends on timing or on another's state costs none.
//! - Points and bans outlive the connection. Both tables are bounded; the least guilty are forgotten first.

use libp2p::PeerId;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What a peer did that no honest node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Misbehaviour {
	/// Sent bytes that are no transaction.
	InvalidTransaction,
	/// Sent a transaction whose signature is wrong.
	BadSignature,
	/// Sent a batch of transactions that is none.
	MalformedBatch,
	/// Sent a message longer than its topic or protocol allows.
	Oversized,
	/// Sent a consensus message that does not decode.
	UndecodableConsensus,
	/// Sent a vote or proposal that its signer did not sign, or a certificate with such a signature.
	BadConsensusSignature,
	/// Sent a part of a proposal that is out of bounds or not signed by the proposer it names.
	InvalidPart,
	/// Asked for blocks in bytes that do not decode.
	UndecodableRequest,
	/// Answered with blocks that do not decode.
	UndecodableBlocks,
	/// Answered with blocks that do not verify.
	UnverifiableBlocks,
	/// Sent more than its share.
	Flood,
}

impl Misbehaviour {
	/// Every kind.
	pub const ALL: [Self; 11] = [
		Self::InvalidTransaction,
		Self::BadSignature,
		Self::MalformedBatch,
		Self::Oversized,
		Self::UndecodableConsensus,
		Self::BadConsensusSignature,
		Self::InvalidPart,
		Self::UndecodableRequest,
		Self::UndecodableBlocks,
		Self::UnverifiableBlocks,
		Self::Flood,
	];

	/// What it costs, in points.
	pub fn penalty(self) -> u32 {
		match self {
			// One disk error or cosmic ray is forgiven; the fourth within three minutes is not.
			Self::InvalidTransaction
			| Self::BadSignature
			| Self::UndecodableConsensus
			| Self::BadConsensusSignature
			| Self::InvalidPart
			| Self::UndecodableRequest => 25,
			// Costs us more than a message: memory, or seconds of syncing.
			Self::MalformedBatch | Self::Oversized | Self::UndecodableBlocks | Self::UnverifiableBlocks => 50,
			// One for each message beyond the rate, which was dropped: a short excess is forgiven.
			Self::Flood => 1,
		}
	}

	/// Its name in logs, metrics and RPC.
	pub fn name(self) -> &'static str {
		match self {
			Self::InvalidTransaction => "invalid_transaction",
			Self::BadSignature => "bad_signature",
			Self::MalformedBatch => "malformed_batch",
			Self::Oversized => "oversized",
			Self::UndecodableConsensus => "undecodable_consensus",
			Self::BadConsensusSignature => "bad_consensus_signature",
			Self::InvalidPart => "invalid_part",
			Self::UndecodableRequest => "undecodable_request",
			Self::UndecodableBlocks => "undecodable_blocks",
			Self::UnverifiableBlocks => "unverifiable_blocks",
			Self::Flood => "flood",
		}
	}
}

/// Why a peer is kept away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BanReason {
	/// It is of another chain, or no node of ours.
	OtherChain,
	/// It speaks another version of the protocol.
	OtherVersion,
	/// It did what no honest node does; the last of it.
	Misbehaviour(Misbehaviour),
}

impl BanReason {
	/// Its name in logs, metrics and RPC.
	pub fn name(self) -> &'static str {
		match self {
			Self::OtherChain => "other_chain",
			Self::OtherVersion => "other_version",
			Self::Misbehaviour(what) => what.name(),
		}
	}
}

/// Points at which a peer is banned: less than four times 25, so that the fourth flaw within three minutes reaches it though
/// the first three have faded a little.
pub const BAN_POINTS: u32 = 90;

/// Time in which points halve: a flaw every few minutes is lived with.
pub const HALF_LIFE: Duration = Duration::from_secs(10 * 60);

/// How long a ban lasts. Long enough that trying again is pointless, short enough that an operator who repairs a node
/// need not ask anybody.
pub const BAN_TIME: Duration = Duration::from_secs(60 * 60);

/// Peers with points that are remembered.
const SHEETS_MAX: usize = 4_096;

/// Bans that are remembered.
pub const BANS_MAX: usize = 4_096;

/// Points below which a sheet counts as clean.
const CLEAN: f64 = 0.5;

#[derive(Clone, Copy, Debug)]
struct Sheet {
	points: f64,
	at: Instant,
}

impl Sheet {
	fn points(&self, now: Instant) -> f64 {
		let halves = now.saturating_duration_since(self.at).as_secs_f64() / HALF_LIFE.as_secs_f64();
		self.points * 0.5f64.powf(halves)
	}
}

/// A peer that is kept away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ban {
	/// Why.
	pub reason: BanReason,
	/// Until when.
	pub until: Instant,
}

/// The tables.
#[derive(Debug, Default)]
pub struct Conduct {
	sheets: HashMap<PeerId, Sheet>,
	bans: HashMap<PeerId, Ban>,
}

impl Conduct {
	/// Writes a misbehaviour down. Returns whether the peer has now earned a ban, which the caller may spare it.
	pub fn blame(&mut self, peer: PeerId, what: Misbehaviour, now: Instant) -> bool {
		let points = self.points(&peer, now) + f64::from(what.penalty());
		if self.sheets.len() >= SHEETS_MAX && !self.sheets.contains_key(&peer) {
			self.forget_least_guilty(now);
		}
		// No more than is needed: a peer that is spared does not pay for years.
		let points = points.min(f64::from(BAN_POINTS));
		self.sheets.insert(peer, Sheet { points, at: now });
		points >= f64::from(BAN_POINTS)
	}

	/// A peer's points now.
	pub fn points(&self, peer: &PeerId, now: Instant) -> f64 {
		self.sheets.get(peer).map_or(0.0, |sheet| sheet.points(now))
	}

	/// Bans a peer. Returns whether it was not banned before.
	pub fn ban(&mut self, peer: PeerId, reason: BanReason, now: Instant) -> bool {
		self.sheets.remove(&peer);
		if self.bans.len() >= BANS_MAX && !self.bans.contains_key(&peer) {
			let oldest = self.bans.iter().min_by_key(|(_, ban)| ban.until).map(|(peer, _)| *peer);
			if let Some(oldest) = oldest {
				self.bans.remove(&oldest);
			}
		}
		self.bans.insert(peer, Ban { reason, until: now + BAN_TIME }).is_none()
	}

	/// Ends a peer's ban and cleans its sheet.
	pub fn pardon(&mut self, peer: &PeerId) {
		self.sheets.remove(peer);
		self.bans.remove(peer);
	}

	/// Who is banned.
	pub fn bans(&self) -> impl Iterator<Item = (&PeerId, &Ban)> {
		self.bans.iter()
	}

	/// Whether a peer is banned.
	pub fn is_banned(&self, peer: &PeerId) -> bool {
		self.bans.contains_key(peer)
	}

	/// Forgets clean sheets and bans that are over. Returns whether a ban ended.
	pub fn tidy(&mut self, now: Instant) -> bool {
		self.sheets.retain(|_, sheet| sheet.points(now) >= CLEAN);
		let before = self.bans.len();
		self.bans.retain(|_, ban| ban.until > now);
		self.bans.len() != before
	}

	fn forget_least_guilty(&mut self, now: Instant) {
		let points = |entry: &(&PeerId, &Sheet)| entry.1.points(now);
		let least = self.sheets.iter().min_by(|a, b| points(a).total_cmp(&points(b)));
		if let Some(peer) = least.map(|(peer, _)| *peer) {
			self.sheets.remove(&peer);
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::collections::BTreeSet;

	#[test]
	fn every_misbehaviour_costs_something_and_has_its_own_name() {
		assert!(Misbehaviour::ALL.iter().all(|what| (1..=BAN_POINTS).contains(&what.penalty())));
		let names: BTreeSet<_> = Misbehaviour::ALL.iter().map(|what| what.name()).collect();
		assert_eq!(names.len(), Misbehaviour::ALL.len());
	}

	#[test]
	fn rubbish_again_and_again_is_banned_and_rubbish_now_and_then_is_not() {
		let (mut conduct, now) = (Conduct::default(), Instant::now());
		let (bad, clumsy) = (PeerId::random(), PeerId::random());
		let what = Misbehaviour::BadSignature;
		assert_eq!(
			(0..4)
				.map(|minute| conduct.blame(bad, what, now + Duration::from_secs(50 * minute)))
				.collect::<Vec<_>>(),
			[false, false, false, true]
		);
		for hour in 0..24 {
			assert!(!conduct.blame(clumsy, what, now + Duration::from_secs(3_600 * hour)));
		}
	}

	#[test]
	fn points_halve_in_their_time() {
		let (mut conduct, peer, now) = (Conduct::default(), PeerId::random(), Instant::now());
		conduct.blame(peer, Misbehaviour::Oversized, now);
		assert!((conduct.points(&peer, now + HALF_LIFE) - 25.0).abs() < 0.01);
		conduct.tidy(now + HALF_LIFE * 8);
		assert!(conduct.sheets.is_empty());
	}

	#[test]
	fn a_ban_ends_with_a_clean_sheet() {
		let (mut conduct, peer, now) = (Conduct::default(), PeerId::random(), Instant::now());
		conduct.blame(peer, Misbehaviour::Flood, now);
		assert!(conduct.ban(peer, BanReason::Misbehaviour(Misbehaviour::Flood), now));
		assert!(!conduct.ban(peer, BanReason::OtherChain, now), "again");
		assert!(!conduct.tidy(now + BAN_TIME / 2));
		assert!(conduct.tidy(now + BAN_TIME));
		assert_eq!((conduct.bans().count(), conduct.points(&peer, now + BAN_TIME)), (0, 0.0));
	}

	#[test]
	fn both_tables_are_bounded_and_forget_the_least_guilty() {
		let (mut conduct, now) = (Conduct::default(), Instant::now());
		let guilty = PeerId::random();
		conduct.blame(guilty, Misbehaviour::Oversized, now);
		for _ in 0..SHEETS_MAX + 64 {
			conduct.blame(PeerId::random(), Misbehaviour::Flood, now);
			conduct.ban(PeerId::random(), BanReason::OtherChain, now);
		}
		assert!(conduct.sheets.len() <= SHEETS_MAX && conduct.bans.len() <= BANS_MAX);
		assert_eq!(conduct.points(&guilty, now), 50.0);
	}
}
