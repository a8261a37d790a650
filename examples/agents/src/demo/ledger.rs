//! [`Ledger`]: who paid and who earned what, and why, from the events of all blocks; and whether that is what the balances
//! say.
//!
//! ```text
//!   paid, forfeited, lost  =  earned, by account and reason  +  burned  +  validators' pot  +  held          to the last unit
//!   balance after          =  balance before  +  all of an account's entries                                  each account
//!   issuance before        =  issuance after  +  everything burned
//! ```
//! The left and right sides come from different places: entries from events, balances and issuance from the state, what is
//! held from the accounts of the pallets' pots.
//!
//! # Must not
//! Know what is to be expected: no amount stands here. Round, or use a float.
//!
//! # Invariants
//! An event that moves money of an account and is not known here shows as an account that does not balance.

use plexus_cli::Told;
use serde_json::Value;
use std::collections::BTreeMap;

/// An account's address.
pub type Account = String;

/// An amount that may be taken or given. Balances are far below what fits.
pub type Amount = i128;

/// Why money came or went, as far as it has to do with inference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
	/// Receipts of the account's channels were redeemed.
	Paid,
	/// The hold of a fraudulent batch.
	Forfeited,
	/// The deposit of a challenge that did not hold.
	Lost,
	/// As the server of receipts.
	Served,
	/// As the developer of the model.
	Developed,
	/// As the developer of an ancestor of the model.
	Royalty,
	/// By being in a version of the model's manifest.
	Data,
	/// By claims for contributions.
	Claims,
	/// By submitting such claims.
	Submitted,
	/// By challenging, or answering.
	Challenged,
}

impl Why {
	/// Whether the account gave this.
	fn is_given(self) -> bool {
		matches!(self, Self::Paid | Self::Forfeited | Self::Lost)
	}

	/// In words.
	pub fn words(self) -> &'static str {
		match self {
			Self::Paid => "paid for answers",
			Self::Forfeited => "forfeited the hold of a false claim",
			Self::Lost => "lost the deposit of a false challenge",
			Self::Served => "served answers",
			Self::Developed => "developed the model",
			Self::Royalty => "royalties of a model made from its own",
			Self::Data => "data that the model was made from",
			Self::Claims => "claims for its contributions",
			Self::Submitted => "submitted claims",
			Self::Challenged => "challenged a false claim",
		}
	}
}

/// Why money came or went otherwise.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Beside {
	/// Fees of transactions.
	Fees,
	/// Prices of what stays on the chain for ever.
	Prices,
	/// Between accounts.
	Moved,
}

/// Where what was given went, if not to accounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sinks {
	/// The burned part of the protocol's share.
	pub protocol_burned: Amount,
	/// The validators' part of it.
	pub validators: Amount,
	/// What was burned of forfeited holds and lost deposits, and for want of a recipient.
	pub penalties_burned: Amount,
}

/// Why the events cannot be added up.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LedgerError {
	/// A field is not there, or not what it was.
	#[error("{event} has no {field}; the chain is of another version than this program")]
	Field {
		/// Which event.
		event: String,
		/// Which field.
		field: &'static str,
	},
	/// An event names a channel, batch or agent that no event opened.
	#[error("{event} names {what} {id}, which nothing opened")]
	Unknown {
		/// Which event.
		event: String,
		/// `channel`, `batch` or `agent`.
		what: &'static str,
		/// Its id.
		id: u64,
	},
}

/// What the state says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct State {
	/// Of each account: free and held together, before and after.
	pub balances: BTreeMap<Account, (u128, u128)>,
	/// Of the accounts in which the pallets keep what they owe, the same.
	pub pots: BTreeMap<Account, (u128, u128)>,
	/// Before and after.
	pub issuance: (u128, u128),
}

/// Something that does not add up.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Imbalance {
	/// What was given is not what became of it.
	#[error("{given} was given and {found} found: {}", .found - .given)]
	Flows {
		/// Paid, forfeited and lost.
		given: Amount,
		/// Earned, burned, in the pot, held.
		found: Amount,
	},
	/// What was paid is not what became of that.
	#[error("{paid} was paid and {found} found: {}", .found - .paid)]
	Paid {
		/// By payers.
		paid: Amount,
		/// Earned without what challengers were rewarded, the protocol's share, held.
		found: Amount,
	},
	/// The pots have less than they owe.
	#[error("the pots owe {0} more than they have")]
	Pots(Amount),
	/// An account was paid more than it was credited.
	#[error("{account} was paid {paid} and credited {credited}")]
	Overpaid {
		/// Whose.
		account: Account,
		/// What it withdrew.
		paid: Amount,
		/// What it earned.
		credited: Amount,
	},
	/// An account's balance is not what its entries say.
	#[error("{account} has {actual} more than before, and its entries say {expected}")]
	Account {
		/// Whose.
		account: Account,
		/// By its entries.
		expected: Amount,
		/// By its balances.
		actual: Amount,
	},
	/// The balance of an account is not known.
	#[error("nobody looked up the balance of {0}")]
	Unseen(Account),
	/// The issuance fell by something else than was burned.
	#[error("{actual} is gone from the issuance, and {expected} was burned")]
	Issuance {
		/// By the events.
		expected: Amount,
		/// By the state.
		actual: Amount,
	},
}

/// Who paid and earned what.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ledger {
	flows: BTreeMap<(Account, Why), Amount>,
	beside: BTreeMap<(Account, Beside), Amount>,
	withdrawn: BTreeMap<Account, Amount>,
	sinks: Sinks,
	/// Half of each fee, and prices.
	burned_beside: Amount,
	/// How many receipts were redeemed.
	receipts: u64,
	/// How many claims were paid, by batches that are final.
	claims: u64,
}

/// What later events refer to.
#[derive(Default)]
struct Opened {
	channels: BTreeMap<u64, Account>,
	agents: BTreeMap<u64, Account>,
	batches: BTreeMap<u64, Account>,
	/// The agent that pays the fee of the extrinsic that is being told.
	fee_payer: Option<Account>,
}

impl Ledger {
	/// Adds events up, from the chain's first block on, in their order.
	///
	/// # Errors
	/// See [`LedgerError`].
	pub fn of<'a>(events: impl IntoIterator<Item = &'a Told>) -> Result<Self, LedgerError> {
		let (mut ledger, mut opened) = (Self::default(), Opened::default());
		for event in events {
			ledger.add(event, &mut opened)?;
		}
		Ok(ledger)
	}

	fn add(&mut self, event: &Told, opened: &mut Opened) -> Result<(), LedgerError> {
		let (amount, text, id) =
			(|field| amount(event, field), |field| text(event, field), |field| number(event, field));
		match &event.name[..] {
			"Balances.Transfer" => self.transfer(text("from")?, text("to")?, amount("amount")?),
			"Agents.AgentRegistered" => {
				opened.agents.insert(id("agent")?, text("account")?);
				self.price(text("controller")?, amount("price")?);
			}
			"Agents.FeePaid" => {
				let agent = id("agent")?;
				opened.fee_payer = Some(known(event, &opened.agents, "agent", agent)?);
			}
			"TransactionPayment.TransactionFeePaid" => {
				let signer = text("who")?;
				self.fee(opened.fee_payer.take().unwrap_or(signer), amount("actual_fee")?);
			}
			"Datanets.VersionPublished" => self.price(text("publisher")?, amount("price")?),
			"Attribution.MethodRegistered" => self.price(text("by")?, amount("price")?),
			"Receipts.ChannelOpened" => {
				opened.channels.insert(id("channel")?, text("payer")?);
			}
			"Receipts.BatchSubmitted" => {
				let server = known(event, &opened.agents, "agent", id("server")?)?;
				opened.batches.insert(id("batch")?, server);
			}
			"Receipts.ChannelRedeemed" => {
				let payer = known(event, &opened.channels, "channel", id("channel")?)?;
				self.flow(payer, Why::Paid, amount("amount")?);
				self.receipts += id("receipts")?;
			}
			"Receipts.ModelEarned" => {
				let server = known(event, &opened.batches, "batch", id("batch")?)?;
				self.flow(server, Why::Served, amount("to_server")?);
			}
			"Receipts.ProtocolPaid" => {
				self.sinks.validators += amount("validators")?;
				self.sinks.protocol_burned += amount("burned")?;
			}
			"Receipts.DeveloperCredited" => self.flow(text("developer")?, Why::Developed, amount("amount")?),
			"Receipts.RoyaltyCredited" => {
				self.flow(text("developer")?, Why::Royalty, amount("to_developer")?)
			}
			"Rewards.PositionCredited" => self.flow(holder(event)?, Why::Data, amount("amount")?),
			"Rewards.ContributionCredited" => self.flow(holder(event)?, Why::Claims, amount("amount")?),
			"Rewards.AccountCredited" => {
				let why = match &text("source")?[..] {
					"Submission" => Why::Submitted,
					_ => Why::Challenged,
				};
				self.flow(text("account")?, why, amount("amount")?);
			}
			"Rewards.Burned" => self.sinks.penalties_burned += amount("amount")?,
			"Receipts.Withdrawn" | "Rewards.Withdrawn" => {
				*self.withdrawn.entry(text("account")?).or_default() += amount("amount")?;
			}
			"Attribution.ClaimsPaid" => self.claims += id("count")?,
			"Attribution.ClaimsVoided" => {
				let server = known(event, &opened.batches, "batch", id("batch")?)?;
				let burned = amount("burned")?;
				self.sinks.penalties_burned += burned;
				self.flow(server, Why::Forfeited, burned + amount("reward")?);
			}
			"Attribution.CommitmentCleared" if event.fields["burned"] == true => {
				let deposit = amount("deposit")?;
				self.sinks.penalties_burned += deposit;
				self.flow(text("account")?, Why::Lost, deposit);
			}
			_ => {}
		}
		Ok(())
	}

	fn flow(&mut self, account: Account, why: Why, amount: Amount) {
		*self.flows.entry((account, why)).or_default() += amount;
	}

	fn transfer(&mut self, from: Account, to: Account, amount: Amount) {
		*self.beside.entry((from, Beside::Moved)).or_default() -= amount;
		*self.beside.entry((to, Beside::Moved)).or_default() += amount;
	}

	fn price(&mut self, account: Account, amount: Amount) {
		*self.beside.entry((account, Beside::Prices)).or_default() -= amount;
		self.burned_beside += amount;
	}

	/// Half of a fee, rounded down, is the validators'; the rest is burned.
	fn fee(&mut self, account: Account, amount: Amount) {
		*self.beside.entry((account, Beside::Fees)).or_default() -= amount;
		self.burned_beside += amount - amount / 2;
	}

	/// Every account that something came to or went from.
	pub fn accounts(&self) -> std::collections::BTreeSet<&Account> {
		let flows = self.flows.keys().map(|(account, _)| account);
		flows.chain(self.beside.keys().map(|(account, _)| account)).collect()
	}

	/// What came and went, by account and reason; what was given is negative.
	pub fn entries(&self) -> impl Iterator<Item = (&Account, Why, Amount)> {
		self.flows
			.iter()
			.map(|((account, why), amount)| (account, *why, if why.is_given() { -amount } else { *amount }))
	}

	/// The sum of what was given or earned for one reason.
	pub fn total(&self, why: Why) -> Amount {
		self.flows.iter().filter(|((_, of), _)| *of == why).map(|(_, amount)| amount).sum()
	}

	/// What came or went otherwise.
	pub fn beside(&self, account: &str, which: Beside) -> Amount {
		self.beside.get(&(account.to_string(), which)).copied().unwrap_or_default()
	}

	/// What an account has of inference: earned, less given.
	pub fn net(&self, account: &str) -> Amount {
		self.entries().filter(|(of, ..)| *of == account).map(|(_, _, amount)| amount).sum()
	}

	/// Where what was given went, if not to accounts.
	pub fn sinks(&self) -> Sinks {
		self.sinks
	}

	/// Receipts that were redeemed, and claims that were paid.
	pub fn counts(&self) -> (u64, u64) {
		(self.receipts, self.claims)
	}

	/// What was credited, and not withdrawn yet.
	pub fn due(&self) -> Amount {
		self.earned() - self.withdrawn.values().sum::<Amount>()
	}

	/// The accounts that were credited something which they did not withdraw yet.
	pub fn creditors(&self) -> Vec<Account> {
		let credited = |account: &Account| -> Amount {
			self.entries()
				.filter(|(of, why, _)| *of == account && !why.is_given())
				.map(|(_, _, amount)| amount)
				.sum()
		};
		let withdrawn = |account: &Account| self.withdrawn.get(account).copied().unwrap_or_default();
		let accounts = self.accounts().into_iter();
		accounts.filter(|account| credited(account) > withdrawn(account)).cloned().collect()
	}

	/// What the pots have and nobody was credited yet.
	pub fn held(&self, state: &State) -> Amount {
		state.pots.values().map(|(before, after)| difference(*before, *after)).sum::<Amount>() - self.due()
	}

	fn earned(&self) -> Amount {
		self.entries().filter(|(_, why, _)| !why.is_given()).map(|(_, _, amount)| amount).sum()
	}

	/// Everything that does not add up; nothing, if all does.
	pub fn imbalances(&self, state: &State) -> Vec<Imbalance> {
		let mut found = Vec::new();
		let Sinks { protocol_burned, validators, penalties_burned } = self.sinks;
		let (paid, held, earned) = (self.total(Why::Paid), self.held(state), self.earned());
		let given = paid + self.total(Why::Forfeited) + self.total(Why::Lost);
		let all = earned + protocol_burned + validators + penalties_burned + held;
		if all != given {
			found.push(Imbalance::Flows { given, found: all });
		}
		let of_paid = earned - self.total(Why::Challenged) + protocol_burned + validators + held;
		if of_paid != paid {
			found.push(Imbalance::Paid { paid, found: of_paid });
		}
		if held < 0 {
			found.push(Imbalance::Pots(-held));
		}
		let others = self.accounts().into_iter().filter(|account| !state.pots.contains_key(*account));
		found.extend(others.filter_map(|account| self.imbalance(account, state)));
		let (before, after) = state.issuance;
		let actual = difference(after, before);
		let expected = self.burned_beside + protocol_burned + penalties_burned;
		if actual != expected {
			found.push(Imbalance::Issuance { expected, actual });
		}
		found
	}

	fn imbalance(&self, account: &Account, state: &State) -> Option<Imbalance> {
		let entries = |given: bool| -> Amount {
			let of = self.entries().filter(|(of, why, _)| *of == account && why.is_given() == given);
			of.map(|(_, _, amount)| amount).sum()
		};
		let paid = self.withdrawn.get(account).copied().unwrap_or_default();
		let credited = entries(false);
		if paid > credited {
			return Some(Imbalance::Overpaid { account: account.clone(), paid, credited });
		}
		let Some((before, after)) = state.balances.get(account) else {
			return Some(Imbalance::Unseen(account.clone()));
		};
		// What is paid out is a transfer from a pot, and so among what was moved.
		let beside: Amount = [Beside::Fees, Beside::Prices, Beside::Moved]
			.map(|which| self.beside(account, which))
			.iter()
			.sum();
		let (expected, actual) = (entries(true) + beside, difference(*before, *after));
		(expected != actual).then(|| Imbalance::Account { account: account.clone(), expected, actual })
	}

	/// What was moved between accounts, without what pots paid out.
	pub fn moved(&self, account: &str) -> Amount {
		self.beside(account, Beside::Moved) - self.withdrawn.get(account).copied().unwrap_or_default()
	}
}

/// How much more the second is.
fn difference(one: u128, other: u128) -> Amount {
	// All that was ever issued is far below the greatest.
	let signed = |amount: u128| Amount::try_from(amount).unwrap_or(Amount::MAX);
	signed(other) - signed(one)
}

fn missing(event: &Told, field: &'static str) -> LedgerError {
	LedgerError::Field { event: event.name.clone(), field }
}

fn amount(event: &Told, field: &'static str) -> Result<Amount, LedgerError> {
	let digits = event.fields[field].as_str().and_then(|digits| digits.parse().ok());
	digits.ok_or_else(|| missing(event, field))
}

fn number(event: &Told, field: &'static str) -> Result<u64, LedgerError> {
	event.fields[field].as_u64().ok_or_else(|| missing(event, field))
}

fn text(event: &Told, field: &'static str) -> Result<String, LedgerError> {
	event.fields[field].as_str().map(String::from).ok_or_else(|| missing(event, field))
}

/// The account that holds a position; an escrow by its name.
fn holder(event: &Told) -> Result<Account, LedgerError> {
	match &event.fields["holder"] {
		Value::Object(holder) => match (holder.get("Account"), holder.get("Escrow")) {
			(Some(Value::String(account)), _) => Ok(account.clone()),
			(_, Some(contribution)) => Ok(format!("escrow of contribution {contribution}")),
			_ => Err(missing(event, "holder")),
		},
		_ => Err(missing(event, "holder")),
	}
}

fn known(
	event: &Told,
	opened: &BTreeMap<u64, Account>,
	what: &'static str,
	id: u64,
) -> Result<Account, LedgerError> {
	opened.get(&id).cloned().ok_or_else(|| LedgerError::Unknown { event: event.name.clone(), what, id })
}

#[cfg(test)]
pub(super) mod tests {
	use super::*;
	use serde_json::json;

	fn told(name: &str, fields: Value) -> Told {
		Told { block: 1, extrinsic: Some(1), name: name.into(), fields }
	}

	/// A channel pays 100 once: 3 to the protocol, 40 to the server, 20 to the developer, 30 to data, of which 5 by claims
	/// and 1 for submitting; 7 are royalties. One unit of the data is a fraction that stays. A hold of 50 is forfeited, and a
	/// deposit of 9 lost.
	pub(crate) fn history() -> Vec<Told> {
		vec![
			told(
				"Agents.AgentRegistered",
				json!({ "agent": 0, "controller": "carol", "account": "server", "price": "4" }),
			),
			told(
				"TransactionPayment.TransactionFeePaid",
				json!({ "who": "carol", "actual_fee": "7", "tip": "0" }),
			),
			told("Balances.Transfer", json!({ "from": "carol", "to": "server", "amount": "200" })),
			told("Receipts.ChannelOpened", json!({ "channel": 0, "payer": "payer" })),
			told("Agents.FeePaid", json!({ "agent": 0, "delegation": 0, "fee": "2" })),
			told(
				"TransactionPayment.TransactionFeePaid",
				json!({ "who": "key", "actual_fee": "2", "tip": "0" }),
			),
			told("Receipts.BatchSubmitted", json!({ "batch": 0, "server": 0 })),
			told(
				"Receipts.ChannelRedeemed",
				json!({ "batch": 0, "channel": 0, "receipts": 2, "amount": "100" }),
			),
			told("Receipts.ProtocolPaid", json!({ "batch": 0, "validators": "1", "burned": "2" })),
			told(
				"Receipts.ModelEarned",
				json!({ "batch": 0, "model": 0, "to_server": "40", "to_data": "30" }),
			),
			told("Receipts.DeveloperCredited", json!({ "model": 0, "developer": "dave", "amount": "20" })),
			told(
				"Receipts.RoyaltyCredited",
				json!({ "model": 0, "ancestor": 1, "developer": "eve", "to_developer": "7", "to_data": "0" }),
			),
			told(
				"Rewards.ContributionCredited",
				json!({ "contribution": 3, "holder": { "Account": "bob" }, "source": "Claim", "amount": "5" }),
			),
			told(
				"Rewards.AccountCredited",
				json!({ "account": "server", "source": "Submission", "amount": "1" }),
			),
			told("Rewards.PositionCredited", json!({ "holder": { "Account": "bob" }, "amount": "23" })),
			told(
				"Attribution.ClaimsPaid",
				json!({ "batch": 0, "first": 0, "count": 1, "contributions": "5", "submitters": "1" }),
			),
			told(
				"Attribution.ClaimsVoided",
				json!({ "batch": 0, "challenger": "finder", "reward": "10", "burned": "40" }),
			),
			told(
				"Rewards.AccountCredited",
				json!({ "account": "finder", "source": "Challenge", "amount": "10" }),
			),
			told(
				"Attribution.CommitmentCleared",
				json!({ "account": "denier", "deposit": "9", "burned": true }),
			),
			told(
				"Attribution.CommitmentCleared",
				json!({ "account": "finder", "deposit": "9", "burned": false }),
			),
			told("Receipts.Withdrawn", json!({ "account": "server", "amount": "40" })),
			told("Balances.Transfer", json!({ "from": "pot", "to": "server", "amount": "40" })),
			told("Rewards.Withdrawn", json!({ "account": "bob", "amount": "28" })),
			told("Balances.Transfer", json!({ "from": "pot", "to": "bob", "amount": "28" })),
			told("System.ExtrinsicSuccess", json!({})),
		]
	}

	pub(crate) fn state() -> State {
		let balances = [
			("carol", (1_000, 1_000 - 4 - 7 - 200)),
			("server", (0, 200 - 2 - 50 + 40)),
			("payer", (500, 400)),
			("bob", (10, 38)),
			("dave", (5, 5)),
			("eve", (5, 5)),
			("finder", (20, 20)),
			("denier", (20, 11)),
		];
		State {
			balances: balances.map(|(account, of)| (account.to_string(), of)).into(),
			// What was paid, less the protocol's three and what was withdrawn; and the reward.
			pots: BTreeMap::from([("pot".to_string(), (1, 1 + 100 - 3 - 68 + 10))]),
			issuance: (10_000, 10_000 - 4 - (7 - 3) - 1 - 2 - 40 - 9),
		}
	}

	fn found(events: &[Told], state: &State) -> Vec<Imbalance> {
		Ledger::of(events).expect("they are events").imbalances(state)
	}

	#[test]
	fn what_was_paid_is_found_to_the_last_unit() {
		let ledger = Ledger::of(&history()).unwrap();
		assert_eq!(ledger.imbalances(&state()), []);
		assert_eq!(ledger.counts(), (2, 1));
		assert_eq!((ledger.total(Why::Paid), ledger.total(Why::Data)), (100, 23));
		assert_eq!(ledger.due(), 20 + 7 + 1 + 10, "not withdrawn yet");
		assert_eq!(ledger.creditors(), ["dave", "eve", "finder", "server"]);
		assert_eq!(ledger.held(&state()), 1, "a fraction that nobody was credited");
		assert_eq!((ledger.net("server"), ledger.net("denier"), ledger.net("payer")), (-9, -9, -100));
		assert_eq!((ledger.moved("server"), ledger.moved("bob")), (200, 0));
		let sum: Amount = ledger.entries().map(|(_, _, amount)| amount).sum();
		let Sinks { protocol_burned, validators, penalties_burned } = ledger.sinks();
		assert_eq!(sum + protocol_burned + validators + penalties_burned + ledger.held(&state()), 0);
	}

	#[test]
	fn an_event_that_is_missing_shows() {
		// Those that only name something others need are a failure of their own.
		let needed = ["Agents.AgentRegistered", "Receipts.ChannelOpened", "Receipts.BatchSubmitted"];
		let moot = ["System.ExtrinsicSuccess", "Attribution.ClaimsPaid"];
		for place in 0..history().len() {
			let mut events = history();
			let event = events.remove(place);
			if needed.contains(&&event.name[..]) {
				assert!(matches!(Ledger::of(&events), Err(LedgerError::Unknown { .. })), "{event:?}");
			} else if !moot.contains(&&event.name[..]) && event.fields["burned"] != false {
				let ledger = Ledger::of(&events).unwrap();
				// What nobody was credited and nobody withdrew is held: more than a fraction.
				let shows = !ledger.imbalances(&state()).is_empty() || ledger.held(&state()) > 1;
				assert!(shows, "nobody noticed that {event:?} is missing");
			}
		}
	}

	#[test]
	fn a_unit_more_or_less_anywhere_shows() {
		for account in state().balances.keys() {
			let mut changed = state();
			changed.balances.get_mut(account).expect("it is there").1 += 1;
			let found = found(&history(), &changed);
			assert!(
				matches!(&found[..], [Imbalance::Account { account: of, .. }] if of == account),
				"{found:?}"
			);
		}
		let mut changed = state();
		changed.pots.get_mut("pot").expect("it is there").1 += 1;
		assert!(matches!(found(&history(), &changed)[..], [Imbalance::Flows { .. }, Imbalance::Paid { .. }]));
		let changed = State { issuance: (10_000, state().issuance.1 + 1), ..state() };
		assert!(matches!(found(&history(), &changed)[..], [Imbalance::Issuance { .. }]));
		let mut changed = state();
		changed.balances.remove("bob");
		assert_eq!(found(&history(), &changed), [Imbalance::Unseen("bob".into())]);
	}

	#[test]
	fn more_paid_out_than_credited_and_pots_that_owe_show() {
		let mut events = history();
		events.push(told("Rewards.Withdrawn", json!({ "account": "dave", "amount": "21" })));
		let found = found(&events, &state());
		let overpaid = Imbalance::Overpaid { account: "dave".into(), paid: 21, credited: 20 };
		assert!(found.contains(&overpaid), "{found:?}");
		let mut changed = state();
		changed.pots.get_mut("pot").expect("it is there").1 = 1;
		let found = self::found(&history(), &changed);
		assert!(found.contains(&Imbalance::Pots(38)), "{found:?}");
	}

	#[test]
	fn events_of_another_shape_are_refused() {
		for (name, fields, field) in [
			("Receipts.Withdrawn", json!({ "account": "bob", "amount": 5 }), "amount"),
			("Receipts.ChannelOpened", json!({ "channel": "0", "payer": "p" }), "channel"),
			("Rewards.PositionCredited", json!({ "holder": "bob", "amount": "5" }), "holder"),
		] {
			let refused = Ledger::of(&[told(name, fields)]);
			assert_eq!(refused, Err(LedgerError::Field { event: name.into(), field }));
		}
	}
}
