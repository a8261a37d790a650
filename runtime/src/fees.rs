//! What a transaction costs, and where the money goes.
//!
//! ```text
//! fee = ref_time × FEE_PER_REF_TIME + bytes × FEE_PER_BYTE        tip on top, as the sender likes
//!
//! fee + tip ─┬─ half, rounded down ─→ validators' pot (account of PalletId "plx/vpot")
//!            └─ the rest ───────────→ burned: issuance shrinks
//! ```
//!
//! A transfer of about 145 bytes costs about 0.0045 PLX: 0.003 for its work and 0.00145 for its bytes. To fill
//! whole blocks for a day, at 1 s, costs about 7 million PLX.
//!
//! # Must not
//! Create money. What cannot be paid into the pot is burned.
//!
//! # Invariants
//! - The pot and the burn together are exactly what senders were charged.
//! - Half of any fee exceeds the existential deposit, so the pot takes its half from the first fee on.

use crate::{AccountId, Balance, Balances, Runtime};
use frame_support::{
	parameter_types,
	traits::{fungible::Credit, Imbalance, OnUnbalanced},
	weights::ConstantMultiplier,
	PalletId,
};
use pallet_transaction_payment::Multiplier;
use pallet_validators::PayIntoPot;
use plexus_primitives::constants::{EXISTENTIAL_DEPOSIT, MICRO_UNITS};
use sp_runtime::traits::{AccountIdConversion, One};

/// Price of one unit of `ref_time`: 10^-11 PLX, so that a millisecond of the reference machine is 0.01 PLX.
pub const FEE_PER_REF_TIME: Balance = 10;

/// Price of a byte of a transaction: 10^-5 PLX, so that a KiB is about 0.01 PLX. Bytes are kept by every node for
/// ever.
pub const FEE_PER_BYTE: Balance = 10 * MICRO_UNITS;

/// Deposit for an item in the state: ten times the least that an account holds, which pays for one small item.
pub const DEPOSIT_PER_ITEM: Balance = 10 * EXISTENTIAL_DEPOSIT;

/// Deposit for a byte in the state. A hundred bytes are as dear as an item.
pub const DEPOSIT_PER_BYTE: Balance = DEPOSIT_PER_ITEM / 100;

/// Where the validators' part of fees is collected until it is paid out.
pub const VALIDATORS_POT: PalletId = PalletId(*b"plx/vpot");

/// What is put on hold for `items` entries of together `bytes` bytes.
pub const fn deposit(items: u32, bytes: u32) -> Balance {
	items as Balance * DEPOSIT_PER_ITEM + bytes as Balance * DEPOSIT_PER_BYTE
}

/// The account of [`VALIDATORS_POT`]. Nobody has its key.
pub fn validators_pot() -> AccountId {
	VALIDATORS_POT.into_account_truncating()
}

parameter_types! {
	/// Price of `ref_time`.
	pub const PricePerRefTime: Balance = FEE_PER_REF_TIME;
	/// Price of a byte.
	pub const PricePerByte: Balance = FEE_PER_BYTE;
	/// Fees do not move with demand: they can be computed by hand, and when blocks are full the tip decides. A
	/// bounded adjustment belongs here once there is demand to tune it by.
	pub FeeMultiplier: Multiplier = Multiplier::one();
}

/// Fee for work.
pub type WeightFee = ConstantMultiplier<Balance, PricePerRefTime>;
/// Fee for bytes.
pub type LengthFee = ConstantMultiplier<Balance, PricePerByte>;

/// Burns half of fee and tip and pays half into the validators' pot.
pub struct SplitFees;

impl OnUnbalanced<Credit<AccountId, Balances>> for SplitFees {
	fn on_unbalanceds(credits: impl Iterator<Item = Credit<AccountId, Balances>>) {
		// Fee and tip arrive apart. Joined, they are rounded once.
		let mut total = Credit::<AccountId, Balances>::zero();
		credits.for_each(|credit| total.subsume(credit));
		Self::on_nonzero_unbalanced(total);
	}

	fn on_nonzero_unbalanced(total: Credit<AccountId, Balances>) {
		let half = total.peek() / 2;
		let (to_pot, burned) = total.split(half);
		// A credit that is dropped is burned.
		drop(burned);
		PayIntoPot::<Runtime>::on_unbalanced(to_pot);
	}
}

/// Charges fees from the sender's balance.
pub type ChargeFees =
	pallet_transaction_payment::FungibleAdapter<pallet_balances::Pallet<Runtime>, SplitFees>;
