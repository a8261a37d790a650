//! What batches with claims put on hold, and whether the agent's account has it.
//!
//! # Must not
//! Reckon with less than the chain will ask for: what the data of a receipt earns is rounded up, and never known exactly
//! before the batch is settled.

use super::check::{worth_of, Known};
use crate::{
	claims::chain::Parameters,
	client::{bounded, constant, AtBlock},
	explain::explain_client,
	failure::Failure,
};
use plexus_payments::Batch;
use sp_core::crypto::AccountId32;
use subxt::{dynamic, ext::scale_decode::DecodeAsType};

/// Samples that are drawn of a batch, each of which costs the fee of an answer.
const SAMPLES: u128 = 2;

/// Deposits, as the chain has them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Deposits {
	/// For a batch's record.
	batch: u128,
	/// For being open.
	open: u128,
	/// For each claim.
	claim: u128,
}

impl Deposits {
	pub(super) fn of(at: &AtBlock) -> Self {
		let known = |pallet: &str, name: &str| constant(at, pallet, name).unwrap_or_default();
		Self {
			batch: known("Receipts", "BatchDeposit"),
			open: known("Attribution", "OpenDeposit"),
			claim: known("Attribution", "ClaimDeposit"),
		}
	}
}

/// What a batch puts on hold, at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Need {
	/// Deposits, which come back.
	deposits: u128,
	/// What is lost if a claim is false: to a key of the agent's it is spending.
	hold: u128,
}

/// What there is to put on hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Means {
	/// Of the agent's account.
	pub(super) funds: u128,
	/// What its key may spend.
	pub(super) budget: u128,
}

impl Means {
	/// What is left after a batch; nothing if there is too little.
	pub(super) fn after(&self, need: &Need) -> Option<Self> {
		let funds = self.funds.checked_sub(need.deposits)?.checked_sub(need.hold)?;
		Some(Self { funds, budget: self.budget.checked_sub(need.hold)? })
	}

	/// What is missing for a batch.
	pub(super) fn lacking(&self, need: &Need) -> u128 {
		let of_funds = need.deposits.saturating_add(need.hold).saturating_sub(self.funds);
		of_funds.max(need.hold.saturating_sub(self.budget))
	}
}

/// What the account is to keep for the answers to samples.
pub(super) fn reserve(parameters: &Parameters) -> u128 {
	parameters.answer_fee_max.saturating_mul(SAMPLES)
}

/// Whether a batch is not final at once.
pub(super) fn is_open(batch: &Batch) -> bool {
	let mut receipts = batch.redemptions.iter().flat_map(|redemption| &redemption.receipts);
	!batch.claims.is_empty() || receipts.any(|receipt| receipt.disclose)
}

/// What a batch puts on hold, at most.
pub(super) fn need(batch: &Batch, known: &Known, deposits: &Deposits) -> Need {
	let open = if is_open(batch) { deposits.open } else { 0 };
	let of_claims = deposits.claim.saturating_mul(batch.claims.len() as u128);
	let deposits = deposits.batch.saturating_add(open).saturating_add(of_claims);
	if batch.claims.is_empty() {
		return Need { deposits, hold: 0 };
	}
	let placed = batch.placed();
	let worth = batch.claims.iter().map(|claim| {
		let receipt = usize::try_from(claim.receipt).ok().and_then(|place| placed.get(place));
		receipt.map_or(0, |placed| {
			let model = known.models.get(&placed.receipt.model);
			let data = model.map_or(placed.receipt.fee, |model| model.data_at_most(placed.receipt.fee));
			worth_of(&known.parameters, &claim.evidence, data, &placed.receipt)
		})
	});
	let claimed = worth.fold(0, |sum: u128, worth| sum.saturating_add(worth));
	let Parameters { hold_multiple, hold_floor, .. } = known.parameters;
	let hold = claimed.saturating_mul(hold_multiple.into()).saturating_add(hold_floor);
	Need { deposits, hold }
}

/// `System.Account`, as far as it is asked for.
#[derive(DecodeAsType, Default)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountInfo {
	data: AccountData,
}

#[derive(DecodeAsType, Default)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountData {
	free: u128,
	reserved: u128,
	frozen: u128,
}

/// What an account can put on hold and stay alive.
pub(super) async fn spendable(at: &AtBlock, account: &AccountId32) -> Result<u128, Failure> {
	let id: [u8; 32] = *AsRef::<[u8; 32]>::as_ref(account);
	let address = dynamic::storage::<([u8; 32],), AccountInfo>("System", "Account");
	let storage = at.storage();
	let found = bounded("the account", storage.try_fetch(address, (id,))).await?.map_err(explain_client)?;
	let AccountData { free, reserved, frozen } = match found {
		Some(value) => value.decode().map_err(explain_client)?.data,
		None => AccountData::default(),
	};
	// As pallet-balances counts: what is held also covers what is frozen.
	let untouchable = constant(at, "Balances", "ExistentialDeposit").unwrap_or_default();
	Ok(free.saturating_sub(frozen.saturating_sub(reserved).max(untouchable)))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{claims::chain, redeemer::check::Model, validators::Percent};
	use codec::{DecodeAll, Encode};
	use plexus_payments::{Point, Redemption};
	use plexus_primitives::{
		AgentId, ChannelId, Claim, Content, ContributionId, DatanetVersion, Evidence, MethodId, ModelId,
		Receipt,
	};

	const DEPOSITS: Deposits = Deposits { batch: 1, open: 10, claim: 100 };

	fn known() -> Known {
		let parameters = pallet_attribution::Parameters::LIVE.encode();
		let data = Percent(200_000_000);
		let model = Model { manifest: vec![], royalties: Percent(0), data };
		Known {
			parameters: chain::Parameters::decode_all(&mut &parameters[..]).expect("the same encoding"),
			claim_bytes_max: 1,
			models: [(ModelId(5), model)].into(),
			sources: Default::default(),
			methods: Default::default(),
		}
	}

	fn batch(disclose: bool, spans: &[u64]) -> Batch {
		let content = Content { root: [1; 32], len: 1_000 };
		let receipt = |fee| Receipt {
			model: ModelId(5),
			prompt: content,
			context: None,
			output: content,
			fee,
			disclose,
			execution: None,
		};
		let claim = |length: &u64| Claim {
			receipt: 1,
			contribution: ContributionId(1),
			version: DatanetVersion(1),
			method: MethodId(0),
			evidence: Evidence::Span { output: 0, offset: 0, length: *length },
		};
		let redemption = Redemption {
			channel: ChannelId(1),
			receipts: vec![receipt(7), receipt(1_000_000)],
			signature: sp_core::sr25519::Signature::from_raw([0; 64]).into(),
			to: Point { sequence: 2, cumulative: 0, acc: [0; 32] },
		};
		Batch { server: AgentId(1), redemptions: vec![redemption], claims: spans.iter().map(claim).collect() }
	}

	#[test]
	fn a_batch_needs_at_least_what_the_chain_puts_on_hold() {
		let known = known();
		let floor = known.parameters.hold_floor;
		assert_eq!(need(&batch(false, &[]), &known, &DEPOSITS), Need { deposits: 1, hold: 0 });
		assert_eq!(need(&batch(true, &[]), &known, &DEPOSITS), Need { deposits: 11, hold: 0 });
		// 30 % of a fifth of the fee, half and a tenth of it, three times; and what floors may add.
		let exact = 3 * (60_000 / 2 + 60_000 / 10) + floor;
		let Need { deposits, hold } = need(&batch(true, &[500, 100]), &known, &DEPOSITS);
		assert!((exact..exact + 10).contains(&hold), "{hold} for {exact}");
		assert_eq!(deposits, 1 + 10 + 200);
		assert!(!is_open(&batch(false, &[])) && is_open(&batch(true, &[])) && is_open(&batch(false, &[1])));
	}

	#[test]
	fn deposits_are_paid_of_the_account_and_holds_of_the_keys_budget_too() {
		let need = Need { deposits: 10, hold: 5 };
		let means = |funds, budget| Means { funds, budget };
		assert_eq!(means(15, 5).after(&need), Some(means(0, 0)));
		assert_eq!(means(100, u128::MAX).after(&need), Some(means(85, u128::MAX - 5)));
		for (too_little, lacking) in
			[(means(14, 99), 1), (means(99, 4), 1), (means(3, 1), 12), (means(0, 0), 15)]
		{
			assert_eq!(too_little.after(&need), None);
			assert_eq!(too_little.lacking(&need), lacking);
		}
		assert_eq!(means(15, 5).lacking(&need), 0);
	}
}
