//! Where the money for data goes: the account from which it will be divided.
//!
//! # Must not
//! Burn any of it.

use crate::{AccountId, Balances, Runtime};
use frame_support::{traits::fungible::Balanced, PalletId};
use pallet_receipts::{types::CreditOf, Pools};
use plexus_primitives::ModelId;
use sp_runtime::traits::AccountIdConversion;

/// What the account is derived from.
const REWARDS: PalletId = PalletId(*b"plx/rwrd");

/// Keeps it until versions are paid; the events of `Receipts` tell which model's it is.
pub struct DataPot;

impl Pools<CreditOf<Runtime>> for DataPot {
	fn deposit(_: ModelId, money: CreditOf<Runtime>) {
		let account: AccountId = REWARDS.into_account_truncating();
		drop(Balances::resolve(&account, money));
	}
}
