//! `plexus query validators` and `plexus query stake`.
//!
//! # Must not
//! Judge a validator: what is told is what the chain knows.

use super::{not_found, told};
use crate::{
	address::{display, parse_account},
	amount::Amount,
	client::Client,
	failure::Failure,
	output::{self, duration, hex, Answer},
	validators::{self, Percent, Role, Seat, Standing},
};
use serde::Serialize;

#[derive(clap::Subcommand, Clone)]
pub(super) enum Question {
	/// The validators of the current era, who would like to be one, and who is jailed
	Validators,
	/// What an account has bonded, and for whom
	Stake(Args),
}

pub(super) async fn run(client: &Client, json: bool, question: Question) -> Result<(), Failure> {
	match question {
		Question::Validators => told(json, validators(client)).await,
		Question::Stake(args) => told(json, stake(client, args)).await,
	}
}

/// The validators of the current era, who would like to be one, and who is jailed.
#[derive(Serialize)]
struct Validators {
	era: u64,
	/// The era's last height.
	era_ends_at: u64,
	/// What the chain clock shows; all deadlines count on it.
	clock_ms: u64,
	validators: Vec<Validator>,
}

#[derive(Serialize)]
struct Validator {
	/// Place in the order of consensus, from 1; `null` if it was not elected.
	place: Option<usize>,
	/// What `nominate` takes; `null` if nobody has anything in it any more.
	pool: Option<u32>,
	account: Option<String>,
	/// That it signs with in the era; of who was not elected, that it would sign with.
	key: Option<String>,
	/// That it would sign with in the next era; `null` if it has none.
	key_next: Option<String>,
	/// In the era; of who was not elected, what its stake would give.
	power: u64,
	stake: Amount,
	/// In billionths.
	commission: Percent,
	/// In billionths; what it will be, at the earliest from the next era on.
	commission_next: Percent,
	state: String,
}

impl Answer for Validators {
	fn human(&self) -> String {
		let rows = self.validators.iter().map(|validator| {
			let text = |value: Option<String>| value.unwrap_or_else(|| "-".into());
			[
				text(validator.place.map(|place| place.to_string())),
				text(validator.pool.map(|pool| pool.to_string())),
				text(validator.account.clone()),
				match &validator.key_next {
					Some(next) if validator.key.as_ref() != Some(next) => {
						format!("{} → {next}", text(validator.key.clone()))
					}
					_ => text(validator.key.clone()),
				},
				validator.power.to_string(),
				validator.stake.to_string(),
				match validator.commission_next == validator.commission {
					true => validator.commission.to_string(),
					false => format!("{} → {}", validator.commission, validator.commission_next),
				},
				validator.state.clone(),
			]
		});
		let heading = ["PLACE", "POOL", "ACCOUNT", "KEY", "POWER", "STAKE", "COMMISSION", "STATE"];
		format!("era {}, ends at height {}\n{}", self.era, self.era_ends_at, output::columns(heading, rows))
	}
}

async fn validators(client: &Client) -> Result<Validators, Failure> {
	let at = client.at_head().await?;
	let (era, clock_ms) = validators::era_and_clock(&at).await?;
	let era_ends_at = validators::era_ends_at(&at).await?;
	let seats = validators::seats(&at).await?;
	let validators = seats.into_iter().enumerate().map(|(index, seat)| describe(index + 1, seat, clock_ms));
	Ok(Validators { era, era_ends_at, clock_ms, validators: validators.collect() })
}

fn describe(place: usize, seat: Seat, clock_ms: u64) -> Validator {
	let state = state(&seat, clock_ms);
	let Seat { elected, pool, .. } = seat;
	let pool = pool.as_ref();
	Validator {
		place: elected.map(|_| place),
		pool: pool.map(|pool| pool.id),
		account: pool.map(|pool| display(&pool.validator)),
		key: elected.map(|(key, _)| key).or(pool.and_then(|pool| pool.key)).map(hex),
		key_next: pool.and_then(|pool| pool.key).map(hex),
		power: elected.map(|(_, power)| power).or(pool.map(|pool| pool.power)).unwrap_or_default(),
		stake: Amount(pool.map(|pool| pool.stake).unwrap_or_default()),
		commission: pool.map(|pool| pool.commission).unwrap_or_default(),
		commission_next: pool.map(|pool| pool.commission_next).unwrap_or_default(),
		state,
	}
}

/// What a validator does now, and what it will do.
fn state(seat: &Seat, clock_ms: u64) -> String {
	let standing = match seat.pool.as_ref().map(|pool| pool.standing) {
		None => "closed".into(),
		Some(Standing::Candidate) if seat.elected.is_none() => "waiting".into(),
		Some(Standing::Candidate) => String::new(),
		Some(Standing::Chilled) => "chilled".into(),
		Some(Standing::Jailed { until_ms }) => match until_ms.saturating_sub(clock_ms) {
			0 => "jailed, may return".into(),
			rest => format!("jailed, may return in {}", duration(rest)),
		},
		Some(Standing::Tombstoned { era, fraction }) => {
			format!("tombstoned: signed twice in era {era}, loses {fraction}")
		}
	};
	let seated = match (seat.elected, seat.left) {
		(None, _) => String::new(),
		(Some(_), None) => "elected".into(),
		(Some(_), Some(height)) => format!("left at {height}"),
	};
	[seated, standing].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

#[derive(clap::Args, Clone)]
pub(super) struct Args {
	/// The account: an address, or //Alice and the like on development chains.
	account: String,
}

/// An account's stake.
#[derive(Serialize)]
struct Stake {
	account: String,
	bonded: Amount,
	/// `validator`, `nominator` or `none`.
	role: &'static str,
	/// The pool that the bond stands behind.
	pool: Option<u32>,
	/// Rewards that `plexus tx validator claim` pays out.
	claimable: Amount,
	/// What an offence of the pool's validator will cost when the stake is touched next.
	slash_pending: Amount,
	unbonding: Vec<Unbonding>,
}

/// Stake on its way out.
#[derive(Serialize)]
struct Unbonding {
	amount: Amount,
	/// The pool that it still answers for.
	pool: Option<u32>,
	/// Time on the chain clock until it can be withdrawn.
	left_ms: u64,
}

impl Answer for Stake {
	fn human(&self) -> String {
		let role = match self.pool {
			Some(pool) => format!("{} of pool {pool}", self.role),
			None => self.role.to_string(),
		};
		let rows = [
			("account", self.account.clone()),
			("bonded", self.bonded.to_string()),
			("role", role),
			("claimable", self.claimable.to_string()),
			("slash pending", self.slash_pending.to_string()),
		];
		let unbonding = self.unbonding.iter().map(|chunk| {
			let when = match chunk.left_ms {
				0 => "can be withdrawn".into(),
				left => format!("in {}", duration(left)),
			};
			("unbonding", format!("{} {when}", chunk.amount))
		});
		output::fields(rows.into_iter().chain(unbonding))
	}
}

async fn stake(client: &Client, args: Args) -> Result<Stake, Failure> {
	let account = parse_account(&args.account, &client.chain_kind().await?)?;
	let at = client.at_head().await?;
	let (_, clock_ms) = validators::era_and_clock(&at).await?;
	let stake = validators::stake(&at, &account).await?.ok_or_else(|| {
		let cause = format!("{} has no stake", display(&account));
		not_found("NoStake", cause, "bond some with `plexus tx validator bond`")
	})?;
	let (role, pool) = match stake.role {
		Role::Idle => ("none", None),
		Role::Validator(pool) => ("validator", Some(pool)),
		Role::Nominator(pool) => ("nominator", Some(pool)),
	};
	Ok(Stake {
		account: display(&account),
		bonded: Amount(stake.bonded),
		role,
		pool,
		claimable: Amount(stake.claimable),
		slash_pending: Amount(stake.slash_pending),
		unbonding: stake
			.chunks
			.iter()
			.map(|chunk| Unbonding {
				amount: Amount(chunk.amount),
				pool: chunk.pool,
				left_ms: chunk.unlock_at_ms.saturating_sub(clock_ms),
			})
			.collect(),
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::validators::Pool;

	fn seat(elected: bool, left: Option<u64>, standing: Standing) -> Seat {
		let pool = Pool {
			id: 7,
			validator: [1; 32].into(),
			key: Some([2; 32]),
			commission: Percent(100_000_000),
			commission_next: Percent(0),
			standing,
			stake: 5_000_000_000_000,
			power: 5_000,
		};
		Seat { elected: elected.then_some(([3; 32], 4_000)), left, pool: Some(pool) }
	}

	#[test]
	fn the_state_tells_what_a_validator_does_and_will_do() {
		use Standing::*;
		let tombstoned = Tombstoned { era: 4, fraction: Percent(50_000_000) };
		for (elected, left, standing, expected) in [
			(true, None, Candidate, "elected"),
			(false, None, Candidate, "waiting"),
			(true, None, Chilled, "elected, chilled"),
			(true, Some(9), Jailed { until_ms: 90_500 }, "left at 9, jailed, may return in 1 min 31 s"),
			(false, None, Jailed { until_ms: 0 }, "jailed, may return"),
			(true, Some(9), tombstoned, "left at 9, tombstoned: signed twice in era 4, loses 5 %"),
		] {
			assert_eq!(state(&seat(elected, left, standing), 0), expected);
		}
		assert_eq!(state(&Seat { elected: None, left: None, pool: None }, 0), "closed");
	}

	#[test]
	fn validators_have_stable_json_keys_and_a_table() {
		let validators = [seat(true, None, Standing::Candidate), seat(false, None, Standing::Candidate)];
		let validators = validators.into_iter().enumerate().map(|(i, seat)| describe(i + 1, seat, 0));
		let answer = Validators { era: 2, era_ends_at: 149, clock_ms: 3, validators: validators.collect() };
		let account = "5C62Ck4UrFPiBtoCmeSrgF7x9yv9mn38446dhCpsi2mLHiFT";
		let validator = |place: Option<u32>, key: &str, power, state| {
			serde_json::json!({
				"place": place, "pool": 7, "account": account, "key": format!("0x{}", key.repeat(32)),
				"key_next": format!("0x{}", "02".repeat(32)), "power": power,
				"stake": "5000000000000", "commission": 100000000, "commission_next": 0, "state": state,
			})
		};
		assert_eq!(
			serde_json::to_value(&answer).unwrap(),
			serde_json::json!({
				"era": 2, "era_ends_at": 149, "clock_ms": 3,
				"validators": [validator(Some(1), "03", 4_000, "elected"), validator(None, "02", 5_000, "waiting")],
			})
		);
		let table = answer.human();
		assert!(table.starts_with("era 2, ends at height 149\n"), "{table}");
		let changes = format!("0x{} → 0x{}", "03".repeat(32), "02".repeat(32));
		assert_eq!(table.matches(&changes).count(), 1, "only of who signs with another key now: {table}");
		assert_eq!(table.lines().count(), 4, "{table}");
		assert!(table.contains("10 % → 0 %") && table.contains("5 PLX"), "{table}");
	}

	#[test]
	fn a_stake_has_stable_json_keys_and_tells_when_it_is_free() {
		let unbonding = [(0, None), (90_061_000, Some(7))].map(|(left_ms, pool)| Unbonding {
			amount: Amount(1_000_000_000_000),
			pool,
			left_ms,
		});
		let stake = Stake {
			account: "x".into(),
			bonded: Amount(2),
			role: "nominator",
			pool: Some(7),
			claimable: Amount(3),
			slash_pending: Amount(0),
			unbonding: unbonding.into(),
		};
		assert_eq!(
			serde_json::to_value(&stake).unwrap(),
			serde_json::json!({
				"account": "x", "bonded": "2", "role": "nominator", "pool": 7, "claimable": "3", "slash_pending": "0",
				"unbonding": [
					{"amount": "1000000000000", "pool": null, "left_ms": 0},
					{"amount": "1000000000000", "pool": 7, "left_ms": 90061000},
				],
			})
		);
		let human = stake.human();
		for part in ["nominator of pool 7", "1 PLX can be withdrawn", "1 PLX in 1 d 1 h 1 min"] {
			assert!(human.contains(part), "{human}");
		}
	}
}
