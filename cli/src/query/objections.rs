//! `plexus query challenge` and `plexus query dispute`: what is asked and claimed of a contribution.
//!
//! # Must not
//! Judge: who is right is for curators and root to say.

use super::not_found;
use crate::{
	address,
	amount::Amount,
	client::Client,
	datanets::{self, DisputeInfo, Remedy},
	failure::Failure,
	output::{self, Answer},
};
use serde::Serialize;

/// A challenge as it is printed.
#[derive(Serialize)]
pub(super) struct Challenge {
	contribution: u64,
	challenger: String,
	/// The chunk of 1 KiB that is asked for; `null` before it is drawn.
	chunk: Option<u64>,
	/// On the chain clock; `null` before the chunk is drawn.
	deadline_ms: Option<u64>,
	bond: Amount,
}

impl Answer for Challenge {
	fn human(&self) -> String {
		output::fields([
			("contribution", self.contribution.to_string()),
			("challenger", self.challenger.clone()),
			("chunk", self.chunk.map_or_else(|| "not drawn yet".into(), |chunk| chunk.to_string())),
			(
				"until",
				self.deadline_ms.map_or_else(String::new, |until| format!("{until} ms on the chain clock")),
			),
			("bond", self.bond.to_string()),
		])
	}
}

/// What is asked of a contribution's holder.
pub(super) async fn challenge(client: &Client, contribution: u64) -> Result<Challenge, Failure> {
	let at = client.at_head().await?;
	let found = datanets::challenge(&at, contribution).await?.ok_or_else(|| {
		not_found(
			"NoChallenge",
			format!("nobody asks for a chunk of contribution {contribution}"),
			"ask with `plexus tx contribution challenge`",
		)
	})?;
	Ok(Challenge {
		contribution: found.contribution.0,
		challenger: address::display(&found.challenger),
		chunk: found.chunk,
		deadline_ms: found.deadline_ms,
		bond: Amount(found.bond),
	})
}

/// A dispute as it is printed.
#[derive(Serialize)]
pub(super) struct Dispute {
	contribution: u64,
	claimant: String,
	/// `redirect` for what it earns, or `takedown`.
	remedy: &'static str,
	/// `curators`, those of its beginning, besides root; or `root` alone.
	judged_by: &'static str,
	/// Curators who are for the claimant so far.
	uphold: usize,
	/// And those who are not.
	dismiss: usize,
	/// Until when curators judge, on the chain clock.
	deadline_ms: u64,
	bond: Amount,
}

impl Answer for Dispute {
	fn human(&self) -> String {
		output::fields([
			("contribution", self.contribution.to_string()),
			("claimant", self.claimant.clone()),
			("wants", self.remedy.to_string()),
			("judged by", self.judged_by.to_string()),
			("votes", format!("{} to uphold, {} to dismiss", self.uphold, self.dismiss)),
			("until", format!("{} ms on the chain clock", self.deadline_ms)),
			("bond", self.bond.to_string()),
		])
	}
}

impl Dispute {
	fn new(contribution: u64, info: DisputeInfo) -> Self {
		let uphold = info.votes.iter().filter(|vote| vote.uphold).count();
		Self {
			contribution,
			claimant: address::display(&info.claimant.0.into()),
			remedy: match info.remedy {
				Remedy::Redirect => "redirect",
				Remedy::Takedown => "takedown",
			},
			judged_by: if info.curators.is_some() { "curators" } else { "root" },
			uphold,
			dismiss: info.votes.len().saturating_sub(uphold),
			deadline_ms: info.deadline_ms,
			bond: Amount(info.bond),
		}
	}
}

/// What is claimed of a contribution.
pub(super) async fn dispute(client: &Client, contribution: u64) -> Result<Dispute, Failure> {
	let found = datanets::dispute(&client.at_head().await?, contribution).await?.ok_or_else(|| {
		not_found(
			"NoDispute",
			format!("nobody disputes contribution {contribution}"),
			format!("`plexus query history contribution:{contribution}` tells of what was disputed before"),
		)
	})?;
	Ok(Dispute::new(contribution, found))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::datanets::VoteInfo;

	#[test]
	fn a_dispute_has_stable_json_keys_and_a_table() {
		let votes = [true, false, true].map(|uphold| VoteInfo { uphold }).into();
		let info = DisputeInfo {
			claimant: subxt::utils::AccountId32([1; 32]),
			remedy: Remedy::Takedown,
			curators: Some(3),
			votes,
			deadline_ms: 900,
			bond: 7,
		};
		let dispute = Dispute::new(5, info);
		assert_eq!(
			serde_json::to_value(&dispute).unwrap(),
			serde_json::json!({
				"contribution": 5, "claimant": "5C62Ck4UrFPiBtoCmeSrgF7x9yv9mn38446dhCpsi2mLHiFT",
				"remedy": "takedown", "judged_by": "curators", "uphold": 2, "dismiss": 1, "deadline_ms": 900,
				"bond": "7",
			})
		);
		let human = dispute.human();
		assert!(human.contains("2 to uphold, 1 to dismiss") && human.contains("900 ms"), "{human}");
	}
}
