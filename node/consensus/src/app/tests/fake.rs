//! A ledger in memory, whose disk can be made to fail, and a clock set by hand.

use crate::ledger::{Clock, Ledger, LedgerError, LedgerTip, Reported, VerifyError};
use crate::types::{AuthorityId, Validator, ValidatorSet};
use codec::{Decode, Encode};
use plexus_execution::{BoundedSignatureCache, SharedSignatureCache};
use plexus_primitives::consensus::Commit;
use plexus_primitives::equivocation::Equivocation;
use plexus_storage::{Block, Header};
use sp_core::H256;
use sp_runtime::{Digest, DigestItem};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{mpsc, Arc, Mutex};
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver, UnboundedSender};

pub const GENESIS: H256 = H256([7; 32]);
pub const BLOCK_TIME_MS: u64 = 1_000;

/// Told of each read of a block, which then waits for the other's sender to be dropped.
type Hold = (UnboundedSender<()>, Arc<Mutex<mpsc::Receiver<()>>>);

#[derive(Default)]
struct State {
	/// The validators from a height on.
	sets: BTreeMap<u32, Vec<Validator>>,
	chain: Vec<(Block, Vec<u8>)>,
	undecided: BTreeMap<(u32, H256), Vec<u8>>,
	/// Those of them that wait for the disk.
	unwritten: BTreeSet<(u32, H256)>,
	/// The last blocks, as many as wait for the disk.
	unsynced: usize,
	executed: BTreeSet<H256>,
	built: u64,
	executions: usize,
	disk_fails: bool,
	refused: bool,
	/// Bytes of ballast in each block.
	ballast: usize,
	/// The bytes of the evidence on disk, and everything that was reported.
	evidence: Vec<u8>,
	reports: Vec<Equivocation>,
	/// What the next reports are answered, [`Reported::Waiting`] if nothing else.
	answer: Option<Reported>,
	/// How reads of blocks are held up.
	held: Option<Hold>,
}

impl State {
	fn set_of(&self, height: u32) -> ValidatorSet {
		let (_, set) = self.sets.range(..=height).next_back().expect("there is a set from the beginning");
		ValidatorSet::new(set.iter().copied()).unwrap()
	}
}

/// Of equal power.
pub fn equals(ids: impl Iterator<Item = AuthorityId>) -> Vec<Validator> {
	ids.map(|id| Validator { id, power: 1 }).collect()
}

#[derive(Clone)]
pub struct FakeLedger(Arc<Mutex<State>>, SharedSignatureCache);

impl FakeLedger {
	pub fn new(validators: impl Iterator<Item = AuthorityId>) -> Self {
		let sets = BTreeMap::from([(0, equals(validators))]);
		let memory = Arc::new(BoundedSignatureCache::new(1_000));
		Self(Arc::new(Mutex::new(State { sets, ..State::default() })), memory)
	}

	/// Other validators from a height on.
	pub fn change_validators(&self, from: u32, validators: Vec<Validator>) {
		self.0.lock().unwrap().sets.insert(from, validators);
	}

	pub fn validators_of(&self, height: u32) -> ValidatorSet {
		self.0.lock().unwrap().set_of(height)
	}

	/// Holds up reads of blocks until the sender is dropped; the receiver hears of each.
	pub fn hold_reads(&self) -> (UnboundedReceiver<()>, mpsc::Sender<()>) {
		let ((begun, reads), (release, gate)) = (unbounded_channel(), mpsc::channel());
		self.0.lock().unwrap().held = Some((begun, Arc::new(Mutex::new(gate))));
		(reads, release)
	}

	/// What was reported since this was last asked.
	pub fn take_reports(&self) -> Vec<Equivocation> {
		std::mem::take(&mut self.0.lock().unwrap().reports)
	}

	pub fn answers_reports(&self, answer: Reported) {
		self.0.lock().unwrap().answer = Some(answer);
	}

	pub fn build(&self, author: AuthorityId, timestamp_ms: u64) -> Block {
		let tip = self.tip().unwrap();
		let mut state = self.0.lock().unwrap();
		state.built += 1;
		let body = vec![timestamp_ms.encode(), state.built.encode(), vec![0xaa; state.ballast]];
		let digest = Digest { logs: vec![DigestItem::PreRuntime(*b"fake", author.0.to_vec())] };
		Block {
			header: Header {
				parent_hash: tip.hash,
				number: tip.number + 1,
				state_root: H256::zero(),
				extrinsics_root: root(&body),
				digest,
			},
			body,
		}
	}

	pub fn forget_executions(&self) {
		self.0.lock().unwrap().executed.clear();
	}

	pub fn disk_fails(&self, fails: bool) {
		self.0.lock().unwrap().disk_fails = fails;
	}

	pub fn refuses_blocks(&self, refuses: bool) {
		self.0.lock().unwrap().refused = refuses;
	}

	pub fn ballast(&self, bytes: usize) {
		self.0.lock().unwrap().ballast = bytes;
	}

	pub fn drop_block(&self, number: u32) {
		self.0.lock().unwrap().chain[number as usize - 1].1.clear();
	}

	pub fn executions(&self) -> usize {
		self.0.lock().unwrap().executions
	}

	/// What happens when the machine loses its power.
	pub fn loses_unwritten(&self) {
		let mut state = self.0.lock().unwrap();
		for key in std::mem::take(&mut state.unwritten) {
			state.undecided.remove(&key);
		}
	}

	pub fn unsynced_blocks(&self) -> usize {
		self.0.lock().unwrap().unsynced
	}

	pub fn undecided_count(&self) -> usize {
		self.0.lock().unwrap().undecided.len()
	}
}

pub fn root(body: &[Vec<u8>]) -> H256 {
	H256(*blake3::hash(&body.encode()).as_bytes())
}

fn timestamp(block: &Block) -> u64 {
	u64::decode(&mut &block.body[0][..]).unwrap()
}

impl Ledger for FakeLedger {
	fn genesis_hash(&self) -> H256 {
		GENESIS
	}

	fn signatures(&self) -> SharedSignatureCache {
		self.1.clone()
	}

	fn tip(&self) -> Result<LedgerTip, LedgerError> {
		let state = self.0.lock().unwrap();
		Ok(match state.chain.last() {
			None => LedgerTip { number: 0, hash: GENESIS, timestamp_ms: None },
			Some((block, _)) => LedgerTip {
				number: block.header.number,
				hash: block.hash(),
				timestamp_ms: Some(timestamp(block)),
			},
		})
	}

	fn validators(&self) -> Result<ValidatorSet, LedgerError> {
		let state = self.0.lock().unwrap();
		Ok(state.set_of(state.chain.len() as u32 + 1))
	}

	fn deciders(&self) -> Result<ValidatorSet, LedgerError> {
		let state = self.0.lock().unwrap();
		Ok(state.set_of(state.chain.len() as u32))
	}

	fn certificate(&self) -> Result<Option<Vec<u8>>, LedgerError> {
		let state = self.0.lock().unwrap();
		Ok(state.chain.last().map(|(_, certificate)| certificate.clone()))
	}

	fn block_time_ms(&self) -> Result<u64, LedgerError> {
		Ok(BLOCK_TIME_MS)
	}

	/// The commit is the last extrinsic; see [`commit_in`].
	fn propose(
		&self,
		author: AuthorityId,
		timestamp_ms: u64,
		commit: Option<Commit>,
	) -> Result<Block, LedgerError> {
		let mut block = self.build(author, timestamp_ms);
		block.body.push(commit.encode());
		block.header.extrinsics_root = root(&block.body);
		self.0.lock().unwrap().executed.insert(block.hash());
		Ok(block)
	}

	fn verify(&self, block: Block) -> Result<u64, VerifyError> {
		let tip = self.tip().unwrap();
		let mut state = self.0.lock().unwrap();
		state.executions += 1;
		if state.disk_fails {
			return Err(LedgerError::Failed("disk".into()).into());
		}
		if block.header.extrinsics_root != root(&block.body) {
			return Err(VerifyError::BodyMismatch);
		}
		if state.refused || block.header.parent_hash != tip.hash || block.header.number != tip.number + 1 {
			return Err(VerifyError::Invalid("refused".into()));
		}
		state.executed.insert(block.hash());
		Ok(timestamp(&block))
	}

	fn commit(&self, hash: &H256, certificate: Vec<u8>, durable: bool) -> Result<(), LedgerError> {
		let mut state = self.0.lock().unwrap();
		if state.disk_fails {
			return Err(LedgerError::Failed("disk".into()));
		}
		if !state.executed.contains(hash) {
			return Err(LedgerError::NotExecuted(*hash));
		}
		let number = state.chain.len() as u32 + 1;
		let bytes =
			state.undecided.get(&(number, *hash)).expect("a decided body was persisted before its verdict");
		let undecided: super::Undecided = crate::codec::decode_versioned(bytes).unwrap();
		state.chain.push((undecided.block, certificate));
		state.unsynced = if durable { 0 } else { state.unsynced + 1 };
		state.executed.clear();
		state.undecided.retain(|(height, _), _| *height > number);
		Ok(())
	}

	fn sync(&self) -> Result<(), LedgerError> {
		let mut state = self.0.lock().unwrap();
		(state.unwritten, state.unsynced) = Default::default();
		Ok(())
	}

	fn put_undecided(
		&self,
		height: u32,
		hash: &H256,
		bytes: &[u8],
		durable: bool,
	) -> Result<(), LedgerError> {
		let mut state = self.0.lock().unwrap();
		if state.disk_fails {
			return Err(LedgerError::Failed("disk".into()));
		}
		match durable {
			true => state.unwritten.remove(&(height, *hash)),
			false => state.unwritten.insert((height, *hash)),
		};
		state.undecided.insert((height, *hash), bytes.to_vec());
		Ok(())
	}

	fn undecided(&self, height: u32) -> Result<Vec<(H256, Vec<u8>)>, LedgerError> {
		let state = self.0.lock().unwrap();
		let of_height = state.undecided.iter().filter(|((at, _), _)| *at == height);
		Ok(of_height.map(|((_, hash), bytes)| (*hash, bytes.clone())).collect())
	}

	fn undecided_body(&self, height: u32, hash: &H256) -> Result<Option<Vec<u8>>, LedgerError> {
		Ok(self.0.lock().unwrap().undecided.get(&(height, *hash)).cloned())
	}

	fn decided(&self, number: u32) -> Result<Option<(Block, Vec<u8>)>, LedgerError> {
		let held = self.0.lock().unwrap().held.clone();
		if let Some((begun, gate)) = held {
			// Nobody counts any more, or nobody holds any more.
			let _ = (begun.send(()), gate.lock().unwrap().recv());
		}
		let state = self.0.lock().unwrap();
		let found = number.checked_sub(1).and_then(|index| state.chain.get(index as usize)).cloned();
		Ok(found.filter(|(_, certificate)| !certificate.is_empty()))
	}

	fn oldest_block(&self) -> u32 {
		1
	}

	fn author(&self, block: &Block) -> Option<AuthorityId> {
		block.header.digest.logs.iter().find_map(|item| match item {
			DigestItem::PreRuntime(_, author) => author[..].try_into().ok().map(AuthorityId),
			_ => None,
		})
	}

	fn evidence(&self) -> Result<Vec<u8>, LedgerError> {
		Ok(self.0.lock().unwrap().evidence.clone())
	}

	fn put_evidence(&self, bytes: &[u8]) -> Result<(), LedgerError> {
		let mut state = self.0.lock().unwrap();
		if state.disk_fails {
			return Err(LedgerError::Failed("disk".into()));
		}
		state.evidence = bytes.to_vec();
		Ok(())
	}

	fn report(&self, proof: &Equivocation) -> Reported {
		let mut state = self.0.lock().unwrap();
		state.reports.push(*proof);
		state.answer.clone().unwrap_or(Reported::Waiting)
	}
}

/// The precommits for its parent that a block holds which [`FakeLedger`] proposed.
pub fn commit_in(block: &Block) -> Option<Commit> {
	Decode::decode(&mut &block.body.last().expect("the commit")[..]).unwrap()
}

#[derive(Clone)]
pub struct FakeClock(Arc<Mutex<u64>>);

impl FakeClock {
	pub fn at(now_ms: u64) -> Self {
		Self(Arc::new(Mutex::new(now_ms)))
	}

	pub fn set(&self, now_ms: u64) {
		*self.0.lock().unwrap() = now_ms;
	}
}

impl Clock for FakeClock {
	fn now_ms(&self) -> u64 {
		*self.0.lock().unwrap()
	}
}
