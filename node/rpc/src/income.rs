//! `rewards_income(account)`: all that an account was credited, by what it was credited for, added up by the node's index of events.
//!
//! # Must not
//! Tell a sum without the blocks that it is of: what is older than the index's sums is in none of them.
//!
//! # Invariants
//! All sums of an answer are of the same blocks.

use crate::{
	arguments::Arguments,
	context::{json, Context},
	errors::RpcError,
	registry::Answer,
};
use plexus_runtime::{native::IncomeSource, AccountId};
use plexus_storage::{IndexMark, Sums};
use serde::Serialize;
use sp_core::crypto::Ss58Codec;
use std::collections::BTreeMap;

/// Answers the call.
pub fn income(context: &Context, arguments: &Arguments) -> Answer {
	if !context.index {
		return Err(RpcError::NoIndex);
	}
	let account = AccountId::from_ss58check(&arguments.text("account")?)
		.map_err(|error| RpcError::InvalidParams(format!("`account` must be an SS58 address: {error}")))?;
	let keys = IncomeSource::ALL.map(|source| source.sum_key(&account));
	json(&IncomeJson::from(context.database().sums(&keys)?))
}

/// Amounts are decimal strings, since JavaScript's numbers end at 2^53.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IncomeJson {
	total: String,
	/// By the name of the source; all are there.
	sources: BTreeMap<&'static str, String>,
	/// The first block that is counted; `null` before there is one.
	complete_from: Option<u32>,
	/// The last.
	indexed_to: Option<u32>,
}

impl From<Sums> for IncomeJson {
	/// The amounts are those of [`IncomeSource::ALL`].
	fn from(Sums { amounts, mark }: Sums) -> Self {
		let total = amounts.iter().fold(0u128, |total, amount| total.saturating_add(*amount));
		let names = IncomeSource::ALL.map(IncomeSource::name);
		let told = amounts.into_iter().map(|amount| amount.to_string());
		let (complete_from, indexed_to) =
			mark.map(|IndexMark { complete_from, indexed_to }| (complete_from, indexed_to)).unzip();
		Self {
			total: total.to_string(),
			sources: names.into_iter().zip(told).collect(),
			complete_from,
			indexed_to,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_source_is_told_by_its_name_and_the_total_is_of_all() {
		let mark = Some(IndexMark { complete_from: 3, indexed_to: 9 });
		let amounts: Vec<u128> = (1..=IncomeSource::ALL.len() as u128).collect();
		let told = serde_json::to_value(IncomeJson::from(Sums { amounts, mark })).expect("plain data");
		assert_eq!(
			told,
			serde_json::json!({
				"total": "36",
				"sources": {
					"serving": "1", "developing": "2", "royalties": "3", "pools": "4", "claims": "5",
					"submissions": "6", "challenges": "7", "staking": "8",
				},
				"completeFrom": 3, "indexedTo": 9,
			})
		);
		let nothing = IncomeJson::from(Sums { amounts: vec![0; 8], mark: None });
		let nothing = serde_json::to_value(nothing).expect("plain data");
		assert_eq!((&nothing["total"], &nothing["completeFrom"]), (&"0".into(), &serde_json::Value::Null));
	}
}
