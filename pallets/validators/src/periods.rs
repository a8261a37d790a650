//! How long things take on a chain: eras, absence, jail, evidence, unbonding. The genesis fixes them.
//!
//! They are no constants of the runtime, because a chain for development must show in minutes what takes weeks on one
//! that has something to lose.
//!
//! # Must not
//! Change on a running chain: eras would be renumbered, and stake could leave before evidence finds it.
//!
//! # Invariants
//! - Stake outlasts evidence: `evidence_age_ms < unbonding_ms`.
//! - The sets of [`ChainPeriods::history_eras`] eras answer for all evidence that is accepted, even if all blocks come as fast as
//!   they may, and no more than `HistoryErasMax` are ever kept.

use crate::InvalidGenesis;
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::pallet_prelude::TypeInfo;
use serde::{Deserialize, Serialize};

/// The shortest era. Below it the first era, whose first two blocks do not move the chain clock, could be shorter than the
/// kept history assumes; and elections would cost more than the blocks between them.
pub const ERA_BLOCKS_MIN: u32 = 10;

/// The longest window for absences: each of its blocks may have an entry in the state.
pub const ABSENCE_BLOCKS_MAX: u32 = 10_000;

/// The periods that a chain's genesis fixes. Durations count on the chain clock.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChainPeriods {
	/// Heights in an era, at least [`ERA_BLOCKS_MIN`].
	pub era_blocks: u32,
	/// Blocks over which absences are counted, at most [`ABSENCE_BLOCKS_MAX`].
	pub absence_blocks: u32,
	/// Absences within the window that are forgiven: at least half of it, see `liveness`, and less than all.
	pub absences_max: u32,
	/// Turns to propose that a validator may let pass one after another, at least 1.
	pub missed_turns_max: u32,
	/// How long an absent validator stays jailed at least, in milliseconds.
	pub jail_ms: u64,
	/// How long after the beginning of the offence's era evidence is accepted, in milliseconds.
	pub evidence_age_ms: u64,
	/// How long unbonding takes in milliseconds; longer than `evidence_age_ms`. Also the weak-subjectivity period: who
	/// knows no newer block than one of this age must ask somebody it trusts.
	pub unbonding_ms: u64,
}

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

impl ChainPeriods {
	/// For a chain with something to lose, with blocks of about a second.
	///
	/// - An era of 3,600 blocks is an hour: short enough to join and rotate keys within a working day, long enough that
	///   the era's end, which touches each validator's pool, costs nothing beside the blocks.
	/// - 300 of 600 blocks, five minutes, are more than an upgrade with a restart takes.
	/// - A missed turn costs everybody the propose timeout of 3 s: 50 in a row are two and a half minutes of everybody's
	///   time.
	/// - Half an hour of jail is nothing to one who had a failure, and keeps one who flaps out of half of the blocks.
	/// - Evidence counts for 7 days, so that a week's outage of whoever has it is survived; stake takes twice as long.
	pub const LIVE: Self = Self {
		era_blocks: 3_600,
		absence_blocks: 600,
		absences_max: 300,
		missed_turns_max: 50,
		jail_ms: 30 * MINUTE_MS,
		evidence_age_ms: 7 * DAY_MS,
		unbonding_ms: 14 * DAY_MS,
	};

	/// For development and tests: everything that [`Self::LIVE`] does within an hour or two weeks happens within minutes.
	pub const DEVELOPMENT: Self = Self {
		era_blocks: 50,
		absence_blocks: 40,
		absences_max: 20,
		missed_turns_max: 10,
		jail_ms: MINUTE_MS / 2,
		evidence_age_ms: 5 * MINUTE_MS,
		unbonding_ms: 10 * MINUTE_MS,
	};

	/// How many eras' sets are kept: those that evidence may be about if each block comes half a block time after its
	/// parent, which the runtime's timestamp rule allows; the current era and the next besides.
	pub fn history_eras(&self, block_time_ms: u64) -> u64 {
		let era_ms_min = u64::from(self.era_blocks).saturating_mul(block_time_ms / 2).max(1);
		self.evidence_age_ms.div_ceil(era_ms_min).saturating_add(2)
	}

	/// Checks every rule that the fields' documentation states.
	///
	/// # Errors
	/// The first rule that is broken.
	pub fn check(&self, block_time_ms: u64, history_eras_max: u32) -> Result<(), InvalidGenesis> {
		let rules = [
			("eraBlocks", self.era_blocks >= ERA_BLOCKS_MIN, "an era has at least 10 blocks"),
			(
				"absenceBlocks",
				(1..=ABSENCE_BLOCKS_MAX).contains(&self.absence_blocks),
				"absences are counted over 1 to 10000 blocks",
			),
			(
				"absencesMax",
				(self.absence_blocks.div_ceil(2)..self.absence_blocks).contains(&self.absences_max),
				"at least half of absenceBlocks is forgiven, so that a few proposers cannot jail anybody, and less than all",
			),
			("missedTurnsMax", self.missed_turns_max >= 1, "at least one missed turn is forgiven"),
			(
				"unbondingMs",
				self.evidence_age_ms < self.unbonding_ms,
				"stake must stay longer than evidenceAgeMs, so that no evidence comes too late",
			),
		];
		if let Some((field, _, rule)) = rules.into_iter().find(|(_, holds, _)| !holds) {
			return Err(InvalidGenesis::Period { field, rule });
		}
		let needed = self.history_eras(block_time_ms);
		if needed > history_eras_max.into() {
			return Err(InvalidGenesis::History { needed, max: history_eras_max });
		}
		Ok(())
	}
}

impl Default for ChainPeriods {
	fn default() -> Self {
		Self::LIVE
	}
}
