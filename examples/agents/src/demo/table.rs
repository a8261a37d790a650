//! The table at the end: who earned what and why, to the last unit; and every account's balance, explained.
//!
//! # Must not
//! Compute anything but sums of what the ledger has: a table that does not add up shows it.

use super::ledger::{Account, Amount, Beside, Ledger, Sinks, State, Why};
use comfy_table::{presets, Cell, CellAlignment, ContentArrangement, Table};
use std::collections::BTreeMap;

/// Decimals of a PLX.
const DECIMALS: u32 = 12;

/// Who an account is, if anybody knows.
pub struct Names(pub BTreeMap<Account, String>);

impl Names {
	fn of(&self, account: &str) -> String {
		self.0.get(account).cloned().unwrap_or_else(|| account.into())
	}
}

/// An amount in PLX, all of it.
pub fn plx(amount: Amount) -> String {
	let unit = 10u128.pow(DECIMALS);
	let (sign, absolute) = (if amount < 0 { "-" } else { "" }, amount.unsigned_abs());
	format!("{sign}{}.{:0width$}", absolute / unit, absolute % unit, width = DECIMALS as usize)
}

/// Who paid and earned what, and why; the last line is the sum, which is zero if nothing was lost.
pub fn earnings(ledger: &Ledger, state: &State, names: &Names) -> String {
	let Sinks { protocol_burned, validators, penalties_burned } = ledger.sinks();
	let mut rows: Vec<(String, &str, Amount)> =
		ledger.entries().map(|(account, why, amount)| (names.of(account), why.words(), amount)).collect();
	// Those who gave first, then by name; the order of reasons stays.
	rows.sort_by_key(|(name, _, amount)| (*amount >= 0, name.clone()));
	rows.extend([
		("burned".into(), "half of the protocol's share", protocol_burned),
		("validators".into(), "the other half", validators),
		("burned".into(), "of the forfeited hold, and the lost deposit", penalties_burned),
		("held".into(), "fractions of a unit, in the pallets' pots", ledger.held(state)),
	]);
	let sum = rows.iter().map(|(_, _, amount)| amount).sum();
	let mut table = table(&["ACCOUNT", "WHY", "PLX"]);
	for (name, why, amount) in rows {
		table.add_row([Cell::new(name), Cell::new(why), number(amount)]);
	}
	table.add_row([Cell::new("sum"), Cell::new(""), number(sum)]);
	lines(&table)
}

/// Every account's balance before and after, and what is between them.
pub fn balances(ledger: &Ledger, state: &State, names: &Names) -> String {
	let mut table = table(&["ACCOUNT", "CHANGE", "INFERENCE", "FEES", "PRICES", "MOVED"]);
	let mut rows: Vec<_> =
		state.balances.iter().map(|(account, of)| (names.of(account), account, of)).collect();
	rows.sort();
	for (name, account, (before, after)) in rows {
		let change =
			i128::try_from(*after).unwrap_or(i128::MAX) - i128::try_from(*before).unwrap_or(i128::MAX);
		table.add_row([
			Cell::new(name),
			number(change),
			number(ledger.net(account)),
			number(ledger.beside(account, Beside::Fees)),
			number(ledger.beside(account, Beside::Prices)),
			number(ledger.moved(account)),
		]);
	}
	lines(&table)
}

/// The equation, in one line.
pub fn equation(ledger: &Ledger, state: &State) -> String {
	let Sinks { protocol_burned, validators, .. } = ledger.sinks();
	let paid = ledger.total(Why::Paid);
	let earned: Amount = [Why::Served, Why::Developed, Why::Royalty, Why::Data, Why::Claims, Why::Submitted]
		.map(|why| ledger.total(why))
		.iter()
		.sum();
	format!(
		"paid {} = earned {} + burned {} + protocol {} + held {}",
		plx(paid),
		plx(earned),
		plx(protocol_burned),
		plx(validators),
		plx(ledger.held(state))
	)
}

fn table(heading: &[&str]) -> Table {
	let mut table = Table::new();
	table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
	table.set_header(heading.iter().map(|name| Cell::new(*name)));
	table
}

fn number(amount: Amount) -> Cell {
	Cell::new(plx(amount)).set_alignment(CellAlignment::Right)
}

fn lines(table: &Table) -> String {
	table.lines().map(|line| line.trim_end().to_string()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::demo::ledger::tests::{history, state};

	#[test]
	fn amounts_have_all_their_decimals() {
		assert_eq!(plx(0), "0.000000000000");
		assert_eq!(plx(1), "0.000000000001");
		assert_eq!(plx(-1_500_000_000_000), "-1.500000000000");
		assert_eq!(plx(i128::MIN), "-170141183460469231731687303.715884105728");
	}

	#[test]
	fn the_table_names_everybody_and_its_sum_is_zero() {
		let (ledger, state) = (Ledger::of(&history()).unwrap(), state());
		let names = Names(BTreeMap::from([("server".into(), "the server".into())]));
		let text = earnings(&ledger, &state, &names);
		for part in ["payer", "the server", "bob", "royalties", "forfeited", "held", "-0.000000000100"] {
			assert!(text.contains(part), "no {part} in\n{text}");
		}
		let sum = text.lines().last().unwrap();
		assert!(sum.contains("sum") && sum.ends_with(" 0.000000000000"), "{text}");
		let equation = equation(&ledger, &state);
		assert!(equation.starts_with("paid 0.000000000100 = earned 0.000000000096 + "), "{equation}");
		assert_eq!(balances(&ledger, &state, &names).lines().count(), 1 + state.balances.len());
	}

	#[test]
	fn a_sum_that_is_not_zero_shows() {
		let mut changed = state();
		changed.pots.get_mut("pot").unwrap().1 += 1;
		let text = earnings(&Ledger::of(&history()).unwrap(), &changed, &Names(BTreeMap::new()));
		assert!(text.lines().last().unwrap().ends_with(" 0.000000000001"), "{text}");
	}
}
