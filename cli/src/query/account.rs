//! `plexus query balance` and `plexus query account`.
//!
//! # Must not
//! Call an account missing: one that nobody has paid to has a balance of zero.

use super::told;
use crate::{
	address::{display, parse_account},
	amount::Amount,
	client::{bounded, constant, Client},
	explain::explain_client,
	failure::Failure,
	output::{self, Answer},
};
use serde::Serialize;
use sp_core::crypto::AccountId32;
use subxt::{
	dynamic::{self, Value},
	ext::{scale_decode::DecodeAsType, scale_value::ValueDef},
};

#[derive(clap::Subcommand, Clone)]
pub(super) enum Question {
	/// What an account owns
	Balance(Args),
	/// An account: nonce, balance, what is on hold and for what
	Account(Args),
}

#[derive(clap::Args, Clone)]
pub(super) struct Args {
	/// The account: an address, or //Alice and the like on development chains.
	account: String,
}

/// `System.Account`, as far as it is shown.
#[derive(DecodeAsType, Default)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountInfo {
	nonce: u32,
	data: AccountData,
}

#[derive(DecodeAsType, Default)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountData {
	free: u128,
	reserved: u128,
	frozen: u128,
}

/// One entry of `Balances.Holds`.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct IdAmount {
	id: Value,
	amount: u128,
}

/// What an account owns.
#[derive(Serialize)]
struct Balance {
	account: String,
	/// Free and held together.
	total: Amount,
	/// What a transfer that keeps the account alive can take.
	spendable: Amount,
}

impl Answer for Balance {
	fn human(&self) -> String {
		output::fields([
			("account", self.account.clone()),
			("total", self.total.to_string()),
			("spendable", self.spendable.to_string()),
		])
	}
}

/// An account in full.
#[derive(Serialize)]
struct Account {
	account: String,
	/// The next transaction's, not counting the pool.
	nonce: u32,
	total: Amount,
	spendable: Amount,
	free: Amount,
	held: Amount,
	frozen: Amount,
	holds: Vec<Hold>,
}

/// Something on hold, and for what.
#[derive(Serialize)]
struct Hold {
	reason: String,
	amount: Amount,
}

impl Answer for Account {
	fn human(&self) -> String {
		let rows = [
			("account", self.account.clone()),
			("nonce", self.nonce.to_string()),
			("total", self.total.to_string()),
			("spendable", self.spendable.to_string()),
			("free", self.free.to_string()),
			("held", self.held.to_string()),
			("frozen", self.frozen.to_string()),
		];
		let holds = self.holds.iter().map(|hold| ("on hold", format!("{} for {}", hold.amount, hold.reason)));
		output::fields(rows.into_iter().chain(holds))
	}
}

pub(super) async fn run(client: &Client, json: bool, question: Question) -> Result<(), Failure> {
	match question {
		Question::Balance(args) => told(json, balance(client, args)).await,
		Question::Account(args) => told(json, account(client, args)).await,
	}
}

async fn balance(client: &Client, args: Args) -> Result<Balance, Failure> {
	let account = account(client, args).await?;
	Ok(Balance { account: account.account, total: account.total, spendable: account.spendable })
}

async fn account(client: &Client, args: Args) -> Result<Account, Failure> {
	let account = parse_account(&args.account, &client.chain_kind().await?)?;
	let at = client.at_head().await?;
	let id: [u8; 32] = *AsRef::<[u8; 32]>::as_ref(&account);
	let info = dynamic::storage::<([u8; 32],), AccountInfo>("System", "Account");
	let storage = at.storage();
	let info = match bounded("the account", storage.try_fetch(info, (id,))).await?.map_err(explain_client)? {
		Some(value) => value.decode().map_err(explain_client)?,
		None => AccountInfo::default(),
	};
	let holds = dynamic::storage::<([u8; 32],), Vec<IdAmount>>("Balances", "Holds");
	let holds = match bounded("the holds", storage.try_fetch(holds, (id,))).await?.map_err(explain_client)? {
		Some(value) => value.decode().map_err(explain_client)?,
		None => Vec::new(),
	};
	let existential_deposit = constant(&at, "Balances", "ExistentialDeposit").unwrap_or_default();
	Ok(describe(&account, info, holds, existential_deposit))
}

fn describe(
	account: &AccountId32,
	info: AccountInfo,
	holds: Vec<IdAmount>,
	existential_deposit: u128,
) -> Account {
	let AccountData { free, reserved, frozen } = info.data;
	// As pallet-balances counts: what is held also covers what is frozen.
	let untouchable = frozen.saturating_sub(reserved).max(existential_deposit);
	Account {
		account: display(account),
		nonce: info.nonce,
		total: Amount(free.saturating_add(reserved)),
		spendable: Amount(free.saturating_sub(untouchable)),
		free: Amount(free),
		held: Amount(reserved),
		frozen: Amount(frozen),
		holds: holds
			.into_iter()
			.map(|hold| Hold { reason: variant_path(&hold.id), amount: Amount(hold.amount) })
			.collect(),
	}
}

/// An enum value like `Datanets(ContributionDeposit)` as `Datanets.ContributionDeposit`.
fn variant_path(value: &Value) -> String {
	match &value.value {
		ValueDef::Variant(variant) => match variant.values.values().next() {
			Some(inner) if matches!(inner.value, ValueDef::Variant(_)) => {
				format!("{}.{}", variant.name, variant_path(inner))
			}
			_ => variant.name.clone(),
		},
		_ => value.to_string(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn described(free: u128, reserved: u128, frozen: u128) -> Account {
		let info = AccountInfo { nonce: 1, data: AccountData { free, reserved, frozen } };
		let id = Value::unnamed_variant("Datanets", [Value::unnamed_variant("ContributionDeposit", [])]);
		describe(&[1; 32].into(), info, vec![IdAmount { id, amount: reserved }], 10)
	}

	#[test]
	fn spendable_leaves_the_account_alive_and_the_frozen_alone() {
		assert_eq!(described(100, 0, 0).spendable, Amount(90));
		assert_eq!(described(100, 0, 40).spendable, Amount(60));
		assert_eq!(described(100, 35, 40).spendable, Amount(90));
		assert_eq!(described(5, 0, 0).spendable, Amount(0));
		assert_eq!(described(100, 35, 0).total, Amount(135));
	}

	#[test]
	fn an_account_has_stable_json_keys() {
		let json = serde_json::to_value(described(100, 35, 40)).unwrap();
		assert_eq!(
			json,
			serde_json::json!({
				"account": "5C62Ck4UrFPiBtoCmeSrgF7x9yv9mn38446dhCpsi2mLHiFT", "nonce": 1, "total": "135",
				"spendable": "90", "free": "100", "held": "35", "frozen": "40",
				"holds": [{"reason": "Datanets.ContributionDeposit", "amount": "35"}],
			})
		);
	}
}
