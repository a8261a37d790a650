//! [`Chain`]: the development chain, as the demonstration asks it: by the command `plexus`, by JSON-RPC, and by the events of
//! all its blocks.
//!
//! # Must not
//! Sign or encode a transaction: the command does.
//!
//! # Invariants
//! The history has every event of every block from the first one on, in order.

use super::ledger::{Account, Ledger, State};
use anyhow::{bail, ensure, Context, Result};
use plexus_cli::{Chronicle, Remote, Told};
use serde_json::{json, Value};
use sp_core::crypto::{AccountId32, Ss58Codec};
use sp_crypto_hashing::{blake2_128, twox_128};
use std::{
	path::{Path, PathBuf},
	process::{Output, Stdio},
	time::Duration,
};
use tokio::{process::Command, time::timeout};

/// How long a command may take.
const COMMAND_MAX: Duration = Duration::from_secs(120);

/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// The pots of the pallets that settle: what `Receipts`, `Rewards` and `Attribution` call their `PotId` or `PalletId`.
const POTS: [&[u8; 8]; 3] = [b"plx/rcpt", b"plx/rwrd", b"plx/attr"];

/// The command `plexus`, for one node.
#[derive(Clone, Debug)]
pub struct Plexus {
	binary: PathBuf,
	url: String,
	/// Where it keeps its journals.
	state: PathBuf,
}

impl Plexus {
	/// The binary, toward a node.
	pub fn new(binary: &Path, url: String, state: PathBuf) -> Self {
		Self { binary: binary.into(), url, state }
	}

	/// A process of it.
	pub fn command(&self) -> Command {
		let mut command = Command::new(&self.binary);
		command.env("PLEXUS_URL", &self.url).env("XDG_STATE_HOME", &self.state).env("NO_COLOR", "1");
		command
	}

	/// The answer of a command that must succeed.
	///
	/// # Errors
	/// What it says.
	pub async fn json(&self, arguments: &[&str]) -> Result<Value> {
		let (code, said, error) = self.run(arguments).await?;
		ensure!(code == Some(0), "plexus {} failed: {said}{error}", arguments.join(" "));
		serde_json::from_str(&said).with_context(|| format!("plexus {} printed {said}", arguments.join(" ")))
	}

	/// What a command says that must be refused.
	///
	/// # Errors
	/// It is not.
	pub async fn refused(&self, arguments: &[&str]) -> Result<String> {
		let (code, said, error) = self.run(arguments).await?;
		match code {
			Some(0) | None => bail!("plexus {} was not refused: {said}{error}", arguments.join(" ")),
			Some(_) => Ok(said + &error),
		}
	}

	/// The answer of a transaction that must succeed.
	///
	/// # Errors
	/// What it says.
	pub async fn tx(&self, arguments: &[&str], from: &str) -> Result<Value> {
		self.json(&[&["tx"][..], arguments, &["--from", from]].concat()).await
	}

	async fn run(&self, arguments: &[&str]) -> Result<(Option<i32>, String, String)> {
		let mut command = self.command();
		command.args(arguments).arg("--json");
		command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
		let ended = timeout(COMMAND_MAX, command.output()).await;
		let late = || format!("plexus {}: not within {} s", arguments.join(" "), COMMAND_MAX.as_secs());
		let Output { status, stdout, stderr } = ended.with_context(late)??;
		let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
		Ok((status.code(), text(stdout), text(stderr)))
	}
}

/// The chain, and what happened on it so far.
pub struct Chain {
	remote: Remote,
	chronicle: Chronicle,
	genesis: [u8; 32],
	history: Vec<Told>,
	/// The last block whose events are in the history.
	told: u64,
}

impl Chain {
	/// Connects to a node.
	///
	/// # Errors
	/// It does not answer.
	pub async fn connect(url: &str) -> Result<Self> {
		let remote = Remote::connect(url.into(), ANSWER_MAX).await?;
		let chronicle = Chronicle::connect(url).await?;
		let genesis = remote.request("chain_getBlockHash", vec![json!(0)]).await?;
		let genesis = bytes(&genesis)?.try_into().ok().context("a hash has 32 bytes")?;
		Ok(Self { remote, chronicle, genesis, history: Vec::new(), told: 0 })
	}

	/// The hash of block 0.
	pub fn genesis(&self) -> [u8; 32] {
		self.genesis
	}

	/// A call.
	///
	/// # Errors
	/// The node's.
	pub async fn ask(&self, method: &str, parameters: Vec<Value>) -> Result<Value> {
		Ok(self.remote.request(method, parameters).await?)
	}

	/// Reads what happened since the last time; all of it.
	///
	/// # Errors
	/// The node's.
	pub async fn read_on(&mut self) -> Result<&[Told]> {
		let last = self.chronicle.last().await?;
		while self.told < last {
			let events = self.chronicle.block(self.told + 1).await?;
			self.history.extend(events);
			self.told += 1;
		}
		Ok(&self.history)
	}

	/// The events with this name so far.
	pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Told> {
		self.history.iter().filter(move |event| event.name == name)
	}

	/// Adds up what happened so far.
	///
	/// # Errors
	/// The events are of another version.
	pub fn ledger(&self) -> Result<Ledger> {
		Ok(Ledger::of(&self.history)?)
	}

	/// What the state says of the accounts of a ledger, before the first block and after the last one that was read.
	///
	/// # Errors
	/// The node's.
	pub async fn state(&self, ledger: &Ledger) -> Result<State> {
		let pots = POTS.map(pot);
		let mut state = State::default();
		let (before, after) = (self.hash(0).await?, self.hash(self.told).await?);
		for account in ledger.accounts().into_iter().filter(|account| !pots.contains(*account)) {
			let of = self.balances(account, &before, &after).await?;
			state.balances.insert(account.clone(), of);
		}
		for account in pots {
			let of = self.balances(&account, &before, &after).await?;
			state.pots.insert(account, of);
		}
		state.issuance = (self.issuance(&before).await?, self.issuance(&after).await?);
		Ok(state)
	}

	/// The number of the last block that was read.
	pub fn height(&self) -> u64 {
		self.told
	}

	async fn hash(&self, number: u64) -> Result<Value> {
		let hash = self.ask("chain_getBlockHash", vec![json!(number)]).await?;
		ensure!(hash.is_string(), "there is no block {number}");
		Ok(hash)
	}

	async fn balances(&self, account: &str, before: &Value, after: &Value) -> Result<(u128, u128)> {
		Ok((self.total(account, before).await?, self.total(account, after).await?))
	}

	/// What an account has, free and held together.
	async fn total(&self, account: &str, at: &Value) -> Result<u128> {
		let id: AccountId32 =
			Ss58Codec::from_ss58check(account).ok().with_context(|| format!("{account} is no address"))?;
		let id: &[u8] = id.as_ref();
		let key = [&twox_128(b"System")[..], &twox_128(b"Account"), &blake2_128(id), id].concat();
		match self.storage(&key, at).await? {
			Some(record) => total_of(&record),
			None => Ok(0),
		}
	}

	async fn issuance(&self, at: &Value) -> Result<u128> {
		let key = [twox_128(b"Balances"), twox_128(b"TotalIssuance")].concat();
		let bytes = self.storage(&key, at).await?.context("there is no issuance")?;
		number(&bytes, 0).context("the issuance is no balance")
	}

	async fn storage(&self, key: &[u8], at: &Value) -> Result<Option<Vec<u8>>> {
		let key = format!("0x{}", hex::encode(key));
		let value = self.ask("state_getStorage", vec![json!(key), at.clone()]).await?;
		if value.is_null() {
			Ok(None)
		} else {
			bytes(&value).map(Some)
		}
	}
}

/// The account of a pot: what FRAME derives from a pallet's id.
fn pot(id: &[u8; 8]) -> Account {
	let mut account = [0; 32];
	account[..4].copy_from_slice(b"modl");
	account[4..12].copy_from_slice(id);
	address(&account.into())
}

/// An account's address on the chain.
pub fn address(account: &AccountId32) -> Account {
	account.to_ss58check_with_version(42u16.into())
}

/// Free and held of `System.Account`: behind a nonce and three counters of 4 bytes each.
fn total_of(record: &[u8]) -> Result<u128> {
	let sum = number(record, 16).zip(number(record, 32)).map(|(free, held)| free.saturating_add(held));
	sum.context("an account's record is of another version")
}

fn number(bytes: &[u8], at: usize) -> Option<u128> {
	Some(u128::from_le_bytes(bytes.get(at..at + 16)?.try_into().ok()?))
}

fn bytes(value: &Value) -> Result<Vec<u8>> {
	let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
	Ok(hex::decode(digits.with_context(|| format!("{value} is not hexadecimal"))?)?)
}

/// A field of an answer or of an event that is a number.
///
/// # Errors
/// There is none.
pub fn id(of: &Value, field: &str) -> Result<u64> {
	of[field].as_u64().with_context(|| format!("no {field} in {of}"))
}

/// A field that is text.
///
/// # Errors
/// There is none.
pub fn string(of: &Value, field: &str) -> Result<String> {
	of[field].as_str().map(String::from).with_context(|| format!("no {field} in {of}"))
}

/// A field that is an amount.
///
/// # Errors
/// There is none.
pub fn units(of: &Value, field: &str) -> Result<u128> {
	Ok(string(of, field)?.parse()?)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_accounts_record_is_read_as_the_chain_writes_it() {
		let mut record = vec![7; 16];
		record.extend(5u128.to_le_bytes());
		record.extend(6u128.to_le_bytes());
		record.extend(9u128.to_le_bytes());
		assert_eq!(total_of(&record).unwrap(), 11);
		assert!(total_of(&record[..40]).is_err());
	}

	#[test]
	fn the_accounts_of_pots_are_those_that_frame_derives() {
		// `PalletId(*b"plx/rcpt").into_account_truncating()`, in hexadecimal digits.
		let expected = hex::decode("6d6f646c706c782f72637074").unwrap();
		let account = AccountId32::from_ss58check(&pot(POTS[0])).unwrap();
		let bytes: &[u8] = account.as_ref();
		assert_eq!(&bytes[..12], &expected[..]);
		assert!(bytes[12..].iter().all(|byte| *byte == 0));
	}
}
