//! The calls that bring what was earned to whom it belongs, and the one about what the protocol takes of it: of `Receipts`
//! and `Rewards`.
//!
//! # Must not
//! Say how much somebody gets: the chain computes what is due.

use super::{call, list, optional, Call};
use crate::{rewards::Place, validators::Percent};
use sp_core::crypto::AccountId32;
use subxt::dynamic::Value;

/// Credits what a model earned to its developer, or to an ancestor.
pub(crate) fn pull(model: u64, ancestor: Option<u64>) -> Call {
	let model = ("model", Value::u128(model.into()));
	match ancestor {
		None => call("Receipts", "pull_developer", [model]),
		Some(id) => call("Receipts", "pull_royalty", [model, ("ancestor", Value::u128(id.into()))]),
	}
}

/// Moves what a model's data earned into the pool of an entry's version.
pub(crate) fn distribute(model: u64, entry: u32) -> Call {
	let arguments = [("model", Value::u128(model.into())), ("entry", Value::u128(entry.into()))];
	call("Rewards", "distribute", arguments)
}

/// Credits an account with what it earned in these places.
pub(crate) fn claim(account: &AccountId32, places: &[Place]) -> Call {
	let place = |place: &Place| {
		Value::named_composite([
			("datanet", Value::u128(place.datanet.into())),
			("from", Value::u128(place.from.into())),
			("until", optional(place.until.map(|until| Value::u128(until.into())))),
		])
	};
	let places = list(places.iter().map(place));
	call("Rewards", "claim", [("account", Value::from_bytes(account)), ("places", places)])
}

/// Pays an account what a pallet credited it: `Receipts` or `Rewards`.
pub(crate) fn withdraw(pallet: &str, account: &AccountId32) -> Call {
	call(pallet, "withdraw", [("account", Value::from_bytes(account))])
}

/// Removes the record of a batch that need not be kept any more.
pub(crate) fn clear_batch(batch: u64) -> Call {
	call("Receipts", "clear_batch", [("batch", Value::u128(batch.into()))])
}

/// Changes the protocol's share of batches to come.
pub(crate) fn set_protocol_share(share: Percent) -> Call {
	call("Receipts", "set_protocol_share", [("share", Value::u128(share.0.into()))])
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::calls::{
		sudo,
		testing::{metadata, read},
	};
	use plexus_runtime::RuntimeCall;
	use sp_runtime::Perbill;

	#[test]
	fn the_calls_about_earnings_are_those_of_the_runtime() {
		use pallet_receipts::Call as Receipts;
		use pallet_rewards::Call as Rewards;
		use plexus_primitives::{BatchId, DatanetId, DatanetVersion, ModelId};
		let (metadata, account) = (metadata(), AccountId32::from([3; 32]));
		let ours =
			[Place { datanet: 1, from: 2, until: None }, Place { datanet: 1, from: 2, until: Some(4) }];
		let place = |until: Option<u32>| pallet_rewards::Place {
			datanet: DatanetId(1),
			from: DatanetVersion(2),
			until: until.map(DatanetVersion),
		};
		let theirs = vec![place(None), place(Some(4))].try_into().expect("two fit");
		let (model, ancestor) = (ModelId(5), ModelId(6));
		let (percent, share) = (Percent(25_000_000), Perbill::from_parts(25_000_000));
		let cases: [(Call, RuntimeCall); 8] = [
			(clear_batch(5), Receipts::clear_batch { batch: BatchId(5) }.into()),
			(pull(5, None), Receipts::pull_developer { model }.into()),
			(pull(5, Some(6)), Receipts::pull_royalty { model, ancestor }.into()),
			(distribute(5, 7), Rewards::distribute { model, entry: 7 }.into()),
			(claim(&account, &ours), Rewards::claim { account: account.clone(), places: theirs }.into()),
			(withdraw("Receipts", &account), Receipts::withdraw { account: account.clone() }.into()),
			(withdraw("Rewards", &account), Rewards::withdraw { account: account.clone() }.into()),
			(set_protocol_share(percent), Receipts::set_protocol_share { share }.into()),
		];
		for (call, expected) in cases {
			assert_eq!(read(&metadata, &call), expected);
		}
		read(&metadata, &sudo(set_protocol_share(percent)));
	}
}
