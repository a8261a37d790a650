//! `plexus verify`: a proof in a file, checked against a chain's specification, and what an earlier verification left, alone.
//!
//! # Must not
//! Ask a node, or print anything that was not proved.

use super::{
	file::{bytes, bytes32, read_text, Finality, ProofFile, PROOF_BYTES_MAX},
	storage::{
		account_key, receipts_earnings_key, rewards_earnings_key, timestamp_key, verify, StorageError,
	},
	trust::{self, TrustFiles},
};
use crate::{
	address::display,
	amount::Amount,
	failure::{Failure, FailureKind},
	output::{self, hex, Answer},
};
use codec::{Decode, DecodeAll};
use plexus_primitives::{
	consensus::{validator_set_hash, Voter},
	light::{FinalBlock, LightError, Trusted},
};
use serde::Serialize;
use std::path::Path;

/// What a chain's specification says; all that is believed.
#[derive(Clone, Debug)]
pub struct TrustedChain {
	/// The chain's name.
	pub name: String,
	/// Its genesis hash.
	pub genesis: [u8; 32],
	/// The validators of block 1, in the order of consensus.
	pub set: Vec<Voter>,
}

impl TrustedChain {
	/// What is trusted by the specification alone.
	///
	/// # Errors
	/// It names no validators, or too many.
	pub(super) fn start(&self) -> Result<Trusted, Failure> {
		Ok(Trusted::genesis(self.genesis, self.set.clone()).map_err(ProofError::from)?)
	}
}

/// Why a file proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum ProofError {
	/// It is of another chain.
	#[error("the proof is of the chain with genesis {given}, the specification is of {expected}")]
	WrongChain {
		/// Genesis hash in the file.
		given: String,
		/// Genesis hash of the specification.
		expected: String,
	},
	/// It leaves out what changed between the trusted block and the one that it begins at.
	#[error(
		"the proof begins at block {from}; up to there it leaves out a change of the validators since the trusted block {trusted}"
	)]
	BeginsTooLate {
		/// Where it says that it begins.
		from: u32,
		/// The trusted height.
		trusted: u32,
	},
	/// It begins before the trusted block.
	#[error("block {height} of the proof is not above block {trusted}, which is trusted already")]
	BeginsTooEarly {
		/// Its first height.
		height: u32,
		/// The trusted height.
		trusted: u32,
	},
	/// A block is not proved to be final.
	#[error(transparent)]
	Finality(#[from] LightError),
	/// A value is not proved to be in the state.
	#[error(transparent)]
	Storage(#[from] StorageError),
	/// A proved value has another form than this runtime gives it.
	#[error("the value of {0} does not decode")]
	Value(&'static str),
}

impl ProofError {
	fn name(&self) -> &'static str {
		match self {
			Self::WrongChain { .. } => "WrongChain",
			Self::BeginsTooLate { .. } => "BeginsTooLate",
			Self::BeginsTooEarly { .. } => "BeginsTooEarly",
			Self::Finality(LightError::StaleSet { .. }) => "StaleSet",
			Self::Finality(_) => "NotFinal",
			Self::Storage(_) => "NotInState",
			Self::Value(_) => "UnknownValue",
		}
	}

	fn remedy(&self) -> String {
		match self {
			Self::WrongChain { .. } => {
				"name the specification of that chain with --chain, if you trust it".into()
			}
			Self::BeginsTooLate { from, trusted } => format!(
				"fetch one with `plexus query proof --from {trusted}`, or start with --trusted from what you saved at block {from}"
			),
			Self::BeginsTooEarly { trusted, .. } => format!(
				"fetch one of a later block with `plexus query proof --from {trusted}`, or verify this one without --trusted"
			),
			Self::Finality(_) | Self::Storage(_) => {
				"believe nothing that the file says; ask another node for a proof with `plexus query proof`".into()
			}
			Self::Value(_) => "verify with the release that wrote the proof".into(),
		}
	}

	/// A refusal on the way from the block that is trusted at first: a file that begins elsewhere is no lie.
	fn of_step(error: LightError, from: u32, start: &Trusted, reached: &Trusted) -> Self {
		let is_first = reached.height() == start.height();
		match error {
			LightError::StaleSet { .. } if is_first && from > start.height() => {
				Self::BeginsTooLate { from, trusted: start.height() }
			}
			LightError::NotAbove { height, trusted } if is_first && trusted > 0 => {
				Self::BeginsTooEarly { height, trusted }
			}
			error => Self::Finality(error),
		}
	}
}

impl From<ProofError> for Failure {
	fn from(error: ProofError) -> Self {
		Self::new(FailureKind::Unproved, error.name(), error.to_string(), error.remedy())
	}
}

/// What was proved.
#[derive(Serialize)]
pub(crate) struct Proved {
	chain: String,
	genesis_hash: String,
	block_number: u32,
	block_hash: String,
	state_root: String,
	/// The height that was trusted before: 0, the genesis, unless a file says another.
	from_block: u32,
	/// How often the validators changed on the way; every change was verified.
	set_changes: usize,
	/// What was saved to start from next time; `null` if that was not asked for.
	saved: Option<Saved>,
	/// The block's time; `null` if the file proves no state.
	timestamp_ms: Option<u64>,
	/// The account's balance; `null` if the file proves none.
	account: Option<AccountProved>,
	/// What an account is owed; `null` if the file proves nothing of it.
	earnings: Option<EarningsProved>,
	/// Further values of the state.
	values: Vec<ValueProved>,
}

/// What is trusted from now on.
#[derive(Serialize)]
struct Saved {
	/// The block, or an earlier one if the proved block hands over to other validators: the proof does not list those.
	block_number: u32,
	file: String,
}

/// An account as of the block. One that is not in the state has nothing.
#[derive(Serialize)]
struct AccountProved {
	account: String,
	nonce: u32,
	total: Amount,
	free: Amount,
	held: Amount,
	frozen: Amount,
}

/// What an account is owed as of the block: what anybody could have it paid by `withdraw`. What is in no entry is proved to be
/// nothing. What its positions hold is owed once it is claimed.
#[derive(Serialize)]
struct EarningsProved {
	account: String,
	/// Both together.
	owed: Amount,
	/// For serving, developing and royalties: what `Receipts.withdraw` pays.
	receipts: Amount,
	/// For data, and what is about it: what `Rewards.withdraw` pays.
	rewards: Amount,
	/// What data ever earned, and what is about it, whether it was withdrawn or not.
	rewards_total: Amount,
}

/// A key with its value, `null` if it is proved to have none.
#[derive(Serialize)]
struct ValueProved {
	key: String,
	value: Option<String>,
}

/// `System.Account`, as the runtime stores it.
#[derive(Decode, Default)]
struct AccountInfo {
	nonce: u32,
	_consumers: u32,
	_providers: u32,
	_sufficients: u32,
	free: u128,
	reserved: u128,
	frozen: u128,
	_flags: u128,
}

/// `Rewards.Earnings`, as the runtime stores it.
#[derive(Decode, Default)]
struct Earned {
	due: u128,
	pools: u128,
	claims: u128,
	submissions: u128,
	challenges: u128,
}

impl Answer for Proved {
	fn human(&self) -> String {
		let mut rows = vec![
			("proved", format!("block {} is final", self.block_number)),
			("chain", self.chain.clone()),
			("genesis", self.genesis_hash.clone()),
			("block hash", self.block_hash.clone()),
			("state root", self.state_root.clone()),
			("set changes", format!("{} on the way, all verified", self.set_changes)),
		];
		if self.from_block > 0 {
			rows.push(("trusted before", format!("block {}", self.from_block)));
		}
		if let Some(Saved { block_number, file }) = &self.saved {
			rows.push(("trusted now", format!("block {block_number}, saved in {file}")));
		}
		rows.extend(self.timestamp_ms.map(|ms| ("timestamp", format!("{ms} ms since 1970"))));
		if let Some(account) = &self.account {
			rows.extend([
				("account", account.account.clone()),
				("nonce", account.nonce.to_string()),
				("total", account.total.to_string()),
				("free", account.free.to_string()),
				("held", account.held.to_string()),
				("frozen", account.frozen.to_string()),
			]);
		}
		if let Some(earnings) = &self.earnings {
			rows.extend([
				("earnings of", earnings.account.clone()),
				("owed", exact(earnings.owed)),
				("by receipts", exact(earnings.receipts)),
				("by rewards", exact(earnings.rewards)),
				("rewards ever", exact(earnings.rewards_total)),
			]);
		}
		for ValueProved { key, value } in &self.values {
			rows.push(("key", key.clone()));
			rows.push(("value", value.clone().unwrap_or_else(|| "none, proved".into())));
		}
		output::fields(rows)
	}
}

/// In PLX, and in the smallest unit, as the chain counts.
fn exact(amount: Amount) -> String {
	format!("{amount} ({} units)", amount.0)
}

/// Verifies a file and prints what it proves.
///
/// # Errors
/// A file cannot be read or written, or proves nothing. With `json` the failure is also printed to standard output.
pub fn run(file: &Path, chain: &TrustedChain, trust: TrustFiles<'_>, json: bool) -> Result<(), Failure> {
	let proved = verified(file, chain, trust);
	match &proved {
		Ok(proved) => output::print(json, proved),
		Err(failure) if json => output::print_failure(failure),
		Err(_) => {}
	}
	proved.map(drop)
}

fn verified(file: &Path, chain: &TrustedChain, files: TrustFiles<'_>) -> Result<Proved, Failure> {
	let start = match files.start {
		Some(path) => trust::load(path, chain)?,
		None => chain.start()?,
	};
	let text = read_text(file, PROOF_BYTES_MAX, "name a file that `plexus query proof` wrote")?;
	let (mut proved, trusted) = check(&ProofFile::from_json(&text)?, chain, &start)?;
	if let Some(path) = files.save {
		trust::save(path, chain, &trusted)?;
		proved.saved = Some(Saved { block_number: trusted.height(), file: path.display().to_string() });
	}
	Ok(proved)
}

/// Verifies a proof from what is trusted of the chain; what is trusted afterwards.
///
/// # Errors
/// [`ProofError`], or the file's fields are no hexadecimal of what they should be.
pub(crate) fn check(
	proof: &ProofFile,
	chain: &TrustedChain,
	start: &Trusted,
) -> Result<(Proved, Trusted), Failure> {
	let given = bytes32("genesisHash", &proof.genesis_hash)?;
	if given != chain.genesis {
		return Err(ProofError::WrongChain { given: hex(given), expected: hex(chain.genesis) }.into());
	}
	let (block, trusted) = check_finality(&proof.finality, chain, start)?;
	let mut proved = Proved {
		chain: chain.name.clone(),
		genesis_hash: hex(chain.genesis),
		block_number: block.height,
		block_hash: hex(block.hash),
		state_root: hex(block.state_root),
		from_block: start.height(),
		set_changes: proof.finality.handovers.len(),
		saved: None,
		timestamp_ms: None,
		account: None,
		earnings: None,
		values: Vec::new(),
	};
	if let Some(storage) = &proof.storage {
		check_storage(storage, block.state_root, &mut proved)?;
	}
	Ok((proved, trusted))
}

/// The block that is proved, and the highest that may be trusted with the validators of the next: the same, unless it hands over
/// to validators whom the proof does not list.
fn check_finality(
	finality: &Finality,
	chain: &TrustedChain,
	start: &Trusted,
) -> Result<(FinalBlock, Trusted), Failure> {
	let from = finality.from.unwrap_or(0);
	let mut trusted = start.clone();
	for handover in &finality.handovers {
		let next = trusted.follow(&handover.decode()?);
		trusted = next.map_err(|error| ProofError::of_step(error, from, start, &trusted))?;
	}
	let block = trusted.verify(&finality.target.decode()?);
	let block = block.map_err(|error| ProofError::of_step(error, from, start, &trusted))?;
	let set = trusted.set().to_vec();
	if block.next_set == Some(validator_set_hash(&chain.genesis, &set)) {
		trusted = Trusted::block(chain.genesis, block.height, block.hash, set).map_err(ProofError::from)?;
	}
	Ok((block, trusted))
}

fn check_storage(storage: &super::Storage, root: [u8; 32], proved: &mut Proved) -> Result<(), Failure> {
	let account = storage.account.as_ref().map(|account| bytes32("account", account)).transpose()?;
	let earnings = storage.earnings.as_ref().map(|account| bytes32("earnings", account)).transpose()?;
	let more = storage.keys.iter().map(|key| bytes("keys", key)).collect::<Result<Vec<_>, _>>()?;
	let nodes = storage.nodes.iter().map(|node| bytes("nodes", node)).collect::<Result<Vec<_>, _>>()?;
	let keys: Vec<Vec<u8>> =
		keys(&Accounts { account, earnings }).into_iter().chain(more.iter().cloned()).collect();
	let mut values = verify(root, &nodes, &keys).map_err(ProofError::from)?.into_iter();
	proved.timestamp_ms = match values.next().flatten() {
		Some(now) => Some(decode("Timestamp.Now", &now)?),
		None => None,
	};
	if let Some(account) = account {
		let info = match values.next().flatten() {
			Some(info) => decode("System.Account", &info)?,
			None => AccountInfo::default(),
		};
		proved.account = Some(describe(&account, &info));
	}
	if let Some(account) = earnings {
		let receipts = match values.next().flatten() {
			Some(earned) => decode("Receipts.Earnings", &earned)?,
			None => 0,
		};
		let rewards = match values.next().flatten() {
			Some(earned) => decode("Rewards.Earnings", &earned)?,
			None => Earned::default(),
		};
		proved.earnings = Some(owed(&account, receipts, &rewards));
	}
	proved.values = more
		.iter()
		.zip(values)
		.map(|(key, value)| ValueProved { key: hex(key), value: value.map(hex) })
		.collect();
	Ok(())
}

/// The accounts that a proof of state is about.
#[derive(Clone, Copy, Default)]
pub(crate) struct Accounts {
	/// Whose balance it proves.
	pub(crate) account: Option<[u8; 32]>,
	/// Of whom it proves what it is owed.
	pub(crate) earnings: Option<[u8; 32]>,
}

/// The keys that every proof of state begins with: the time, then those of the accounts that are named.
pub(crate) fn keys(Accounts { account, earnings }: &Accounts) -> Vec<Vec<u8>> {
	let of_earnings = |account| [receipts_earnings_key(account), rewards_earnings_key(account)];
	std::iter::once(timestamp_key())
		.chain(account.as_ref().map(account_key))
		.chain(earnings.as_ref().map(of_earnings).into_iter().flatten())
		.collect()
}

fn decode<T: Decode>(what: &'static str, value: &[u8]) -> Result<T, Failure> {
	T::decode_all(&mut &value[..]).map_err(|_| ProofError::Value(what).into())
}

fn describe(account: &[u8; 32], info: &AccountInfo) -> AccountProved {
	AccountProved {
		account: display(&(*account).into()),
		nonce: info.nonce,
		total: Amount(info.free.saturating_add(info.reserved)),
		free: Amount(info.free),
		held: Amount(info.reserved),
		frozen: Amount(info.frozen),
	}
}

fn owed(account: &[u8; 32], receipts: u128, rewards: &Earned) -> EarningsProved {
	let Earned { due, pools, claims, submissions, challenges } = *rewards;
	EarningsProved {
		account: display(&(*account).into()),
		owed: Amount(receipts.saturating_add(due)),
		receipts: Amount(receipts),
		rewards: Amount(due),
		rewards_total: Amount(
			[pools, claims, submissions, challenges].into_iter().fold(0, u128::saturating_add),
		),
	}
}
