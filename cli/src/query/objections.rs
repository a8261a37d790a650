//! `plexus query challenge` and `plexus query dispute`: what is asked and claimed of a contribution.
//!
//! # Must not
//! Judge: who is right is for curators and root to say.

use super::not_found;
use crate::{
	address,
	amount::Amount,
	client::Client,
	datanets,
	failure::Failure,
	output::{self, Answer},
};
use plexus_primitives::api::DisputeInfo;
use serde::Serialize;
use sp_core::crypto::AccountId32;

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
	/// Those of its beginning, who judge besides root unless they are parties; none in an open datanet.
	curators: Vec<String>,
	/// Those of them who are for the claimant so far.
	uphold: Vec<String>,
	/// And those who are not.
	dismiss: Vec<String>,
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
			("curators", self.curators.join(", ")),
			("to uphold", self.uphold.join(", ")),
			("to dismiss", self.dismiss.join(", ")),
			("until", format!("{} ms on the chain clock", self.deadline_ms)),
			("bond", self.bond.to_string()),
		])
	}
}

impl From<DisputeInfo<AccountId32, u128>> for Dispute {
	fn from(info: DisputeInfo<AccountId32, u128>) -> Self {
		let said = |wanted: bool| {
			let voters = info.votes.iter().filter(move |(_, uphold)| *uphold == wanted);
			voters.map(|(curator, _)| address::display(curator)).collect::<Vec<_>>()
		};
		Self {
			contribution: info.contribution.0,
			claimant: address::display(&info.claimant),
			remedy: if info.takedown { "takedown" } else { "redirect" },
			curators: info.curators.iter().map(address::display).collect(),
			uphold: said(true),
			dismiss: said(false),
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
	Ok(Dispute::from(found))
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::ContributionId;

	#[test]
	fn a_dispute_has_stable_json_keys_and_a_table() {
		let account = |number: u8| AccountId32::from([number; 32]);
		let named = |number| address::display(&account(number));
		let dispute = Dispute::from(DisputeInfo {
			contribution: ContributionId(5),
			claimant: account(1),
			takedown: true,
			curators: vec![account(2), account(3), account(4)],
			votes: vec![(account(3), true), (account(2), false)],
			deadline_ms: 900,
			bond: 7,
		});
		assert_eq!(
			serde_json::to_value(&dispute).unwrap(),
			serde_json::json!({
				"contribution": 5, "claimant": named(1), "remedy": "takedown",
				"curators": [named(2), named(3), named(4)], "uphold": [named(3)], "dismiss": [named(2)],
				"deadline_ms": 900, "bond": "7",
			})
		);
		let human = dispute.human();
		assert!(
			human.contains("takedown") && human.contains(&named(4)) && human.contains("900 ms"),
			"{human}"
		);
	}
}
