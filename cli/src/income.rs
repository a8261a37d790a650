//! All that an account was credited, by what for, as a node's index of events adds it up (`rewards_income`).
//!
//! # Must not
//! Tell sums without the blocks that they are of: a node may have counted from a later block on than the first.

use crate::{
	address::display,
	amount::Amount,
	client::Client,
	failure::Failure,
	output::{self, Answer},
};
use serde::{Deserialize, Serialize};
use sp_core::crypto::AccountId32;
use subxt::rpcs::client::rpc_params;

/// As the node answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counted {
	total: Amount,
	pub(crate) sources: Sources,
	pub(crate) complete_from: Option<u32>,
	indexed_to: Option<u32>,
}

/// What it was credited for.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sources {
	/// Answers that it served.
	pub(crate) serving: Amount,
	/// Models that it develops.
	pub(crate) developing: Amount,
	/// Models that others were made from.
	pub(crate) royalties: Amount,
	/// Contributions in versions that models were trained on.
	pub(crate) pools: Amount,
	/// Contributions that outputs were made of.
	pub(crate) claims: Amount,
	/// Submitting such claims.
	pub(crate) submissions: Amount,
	/// Challenges.
	pub(crate) challenges: Amount,
	/// Stake behind validators.
	pub(crate) staking: Amount,
}

/// What the node's index counted for an account.
///
/// # Errors
/// The node has no index, or does not answer.
pub(crate) async fn counted(client: &Client, account: &AccountId32) -> Result<Counted, Failure> {
	client.request("rewards_income", rpc_params![display(account)]).await
}

/// An account's income as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Income {
	account: String,
	/// What `plexus tx earnings withdraw` pays it now.
	due: Amount,
	/// All that it was credited in the blocks that are counted, withdrawn or not.
	total: Amount,
	sources: Sources,
	/// The first block that is counted; `null` if the node has counted none yet.
	complete_from: Option<u32>,
	/// The last.
	indexed_to: Option<u32>,
}

impl Income {
	pub(crate) fn new(account: &AccountId32, due: Amount, counted: Counted) -> Self {
		let Counted { total, sources, complete_from, indexed_to } = counted;
		Self { account: display(account), due, total, sources, complete_from, indexed_to }
	}
}

impl Answer for Income {
	fn human(&self) -> String {
		let Sources { serving, developing, royalties, pools, claims, submissions, challenges, staking } =
			self.sources;
		let table = output::fields([
			("account", self.account.clone()),
			("to withdraw", self.due.to_string()),
			("credited ever", self.total.to_string()),
			("  for serving", serving.to_string()),
			("  for its models", developing.to_string()),
			("  as royalties", royalties.to_string()),
			("  for being in versions", pools.to_string()),
			("  by claims on outputs", claims.to_string()),
			("  for submitting claims", submissions.to_string()),
			("  for challenges", challenges.to_string()),
			("  for stake", staking.to_string()),
		]);
		format!("{table}{}", output::index_reach(self.complete_from, self.indexed_to))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	#[test]
	fn what_a_node_counted_is_told_by_source_with_the_blocks_that_it_counted() {
		let sources = json!({
			"serving": "1", "developing": "2", "royalties": "3", "pools": "4", "claims": "5", "submissions": "6",
			"challenges": "7", "staking": "1000000000000",
		});
		let counted = |from: u32| -> Counted {
			let told =
				json!({ "total": "1000000000028", "sources": sources, "completeFrom": from, "indexedTo": 9 });
			serde_json::from_value(told).expect("what a node answers")
		};
		let account = AccountId32::new([1; 32]);
		let income = Income::new(&account, Amount(8), counted(0));
		assert_eq!(
			serde_json::to_value(&income).expect("plain data"),
			json!({
				"account": display(&account), "due": "8", "total": "1000000000028", "sources": sources,
				"complete_from": 0, "indexed_to": 9,
			})
		);
		let human = income.human();
		assert!(human.contains("1.000000000028 PLX") && human.contains("for stake"), "{human}");
		assert!(!human.contains("may be missing"), "{human}");
		let later = Income::new(&account, Amount(8), counted(7)).human();
		assert!(later.contains("blocks 7 to 9"), "{later}");
	}
}
