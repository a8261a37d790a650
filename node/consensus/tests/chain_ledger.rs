//! The application's seam on a real chain: what consensus hands to the runtime, and what the runtime makes of it.

use ed25519_dalek::SigningKey;
use plexus_chain::Chain;
use plexus_chain_spec::ChainSpec;
use plexus_consensus::certificate::{self, Certificate};
use plexus_consensus::ledger::{Ledger, LedgerError, Reported};
use plexus_consensus::malachite::core::{NilOrVal, Round, VoteType};
use plexus_consensus::signing::{sign, vote_preimage};
use plexus_consensus::types::{Height, Vote};
use plexus_consensus::{AuthorityId, ChainLedger};
use plexus_execution::Executor;
use plexus_pool::{Pool, PoolLimits};
use plexus_primitives::consensus::{Commit, VoteKind};
use plexus_primitives::equivocation::{Equivocation, VoteFor};
use plexus_storage::{Block, Database, Genesis, Options};
use sp_core::{Pair, H256};
use std::path::Path;

const START_MS: u64 = 1_800_000_000_000;

/// A chain of four validators whose keys are all here.
struct Node {
	ledger: ChainLedger,
	genesis: H256,
	_directory: tempfile::TempDir,
}

fn open(directory: &Path) -> ChainLedger {
	let spec = ChainSpec::preset("local").unwrap();
	let genesis = Genesis { header: spec.header().unwrap(), storage: spec.genesis_storage().unwrap() };
	let database = Database::open(&directory.join("db"), Options::default(), genesis).unwrap();
	let executor = Executor::new(1_024);
	let pool = Pool::new(executor.clone(), PoolLimits::default(), database.tip());
	ChainLedger::new(Chain::new(database, executor, pool), directory.join("evidence"))
}

fn keys() -> Vec<SigningKey> {
	let key = |seed: &str| {
		let pair = sp_core::ed25519::Pair::from_string(seed, None).unwrap();
		SigningKey::from_bytes(&pair.seed())
	};
	["//Alice", "//Bob", "//Charlie", "//Dave"].map(key).to_vec()
}

fn id_of(key: &SigningKey) -> AuthorityId {
	AuthorityId(key.verifying_key().to_bytes())
}

impl Node {
	fn new() -> Self {
		let directory = tempfile::tempdir().unwrap();
		let ledger = open(directory.path());
		Self { genesis: ledger.genesis_hash(), ledger, _directory: directory }
	}

	fn precommit(
		&self,
		key: &SigningKey,
		height: u64,
		value: Option<H256>,
	) -> plexus_consensus::types::Signature {
		let vote = Vote {
			kind: VoteType::Precommit,
			height: Height(height),
			round: Round::ZERO,
			value: value.map_or(NilOrVal::Nil, NilOrVal::Val),
			address: id_of(key),
		};
		sign(key, &vote_preimage(&self.genesis, &vote))
	}

	fn certificate(&self, signers: &[SigningKey], height: u64, value: H256) -> Certificate {
		let signature = |key: &SigningKey| (id_of(key), self.precommit(key, height, Some(value)));
		Certificate { height, round: 0, value, signatures: signers.iter().map(signature).collect() }
	}

	/// The precommits for the tip, as the stored certificate has them.
	fn commit_of_tip(&self) -> Option<Commit> {
		let stored = certificate::decode(&self.ledger.certificate().unwrap()?).unwrap();
		Some(
			certificate::commit(
				&*self.ledger.signatures(),
				&self.genesis,
				&self.ledger.deciders().unwrap(),
				&stored,
			)
			.unwrap(),
		)
	}

	fn propose(&self, commit: Option<Commit>) -> Result<Block, LedgerError> {
		let height = u64::from(self.ledger.tip().unwrap().number) + 1;
		let author = self.ledger.validators().unwrap().proposer(height, 0);
		self.ledger.propose(author, START_MS + height * 1_000, commit)
	}

	/// Makes a block and decides it with the precommits of these.
	fn passes(&self, signers: &[SigningKey]) -> Block {
		let block = self.propose(self.commit_of_tip()).unwrap();
		let certificate = self.certificate(signers, block.header.number.into(), block.hash());
		self.ledger.commit(&block.hash(), certificate::encode(&certificate.into()), true).unwrap();
		block
	}

	/// That this key precommitted a block and nil at a height.
	fn double_vote(&self, key: &SigningKey, height: u64) -> Equivocation {
		let vote_for = |value: Option<H256>| VoteFor {
			value: value.map(|hash| hash.0),
			signature: self.precommit(key, height, value).into(),
		};
		let one = vote_for(Some(H256([1; 32])));
		Equivocation::votes(id_of(key).into(), height, 0, VoteKind::Precommit, one, vote_for(None))
	}
}

#[test]
fn a_block_holds_the_precommits_that_made_its_parent_final_or_is_none() {
	let (node, other, keys) = (Node::new(), Node::new(), keys());
	let first = node.passes(&keys[..3]);
	assert!(node.propose(None).is_err(), "the commit is missing");
	let voters = node.ledger.deciders().unwrap();
	let of_another_block = node.certificate(&keys, 1, H256([9; 32]));
	let forged =
		certificate::commit(&*node.ledger.signatures(), &node.genesis, &voters, &of_another_block).unwrap();
	assert!(node.propose(Some(forged)).is_err());
	let mut too_few = node.commit_of_tip().unwrap();
	*too_few.signatures.iter_mut().find(|signature| signature.is_some()).unwrap() = None;
	assert!(node.propose(Some(too_few)).is_err());

	let second = node.passes(&keys);
	let all = certificate::encode(&node.certificate(&keys, 1, first.hash()).into());
	other.ledger.verify(first.clone()).unwrap();
	other.ledger.commit(&first.hash(), all, true).unwrap();
	other.ledger.verify(second).expect("whoever has other signatures for the parent takes it, too");
}

#[test]
fn who_signs_twice_leaves_the_set_at_the_height_after_the_proof() {
	let (node, keys) = (Node::new(), keys());
	node.passes(&keys);
	let offender = id_of(&keys[1]);
	let proof = node.double_vote(&keys[1], 1);
	assert_eq!(node.ledger.report(&proof), Reported::Waiting);
	assert_eq!(node.ledger.report(&proof), Reported::Waiting, "it is in the pool");
	let block = node.passes(&keys);
	assert_eq!(block.body.len(), 3, "timestamp, precommits, report");
	assert!(
		node.ledger.deciders().unwrap().get(&offender).is_some(),
		"it decided the block that holds the proof"
	);
	assert!(node.ledger.validators().unwrap().get(&offender).is_none());
	node.passes(&keys);
	assert!(node.ledger.deciders().unwrap().get(&offender).is_none());
	assert_eq!(node.passes(&keys).body.len(), 2, "it is reported once");
}

#[test]
fn what_becomes_of_a_proof_is_told_apart() {
	let (node, keys) = (Node::new(), keys());
	node.passes(&keys);
	let early = node.ledger.report(&node.double_vote(&keys[1], 1_000));
	assert!(matches!(early, Reported::Later(_)), "{early:?}");
	let stranger = SigningKey::from_bytes(&[9; 32]);
	let refused = node.ledger.report(&node.double_vote(&stranger, 1));
	assert!(matches!(refused, Reported::Refused(_)), "{refused:?}");
	let Equivocation::Votes { key, height, round, kind, first, mut second } = node.double_vote(&keys[1], 1)
	else {
		panic!("votes")
	};
	second.signature.0[3] ^= 1;
	let forged = node.ledger.report(&Equivocation::Votes { key, height, round, kind, first, second });
	assert!(matches!(forged, Reported::Refused(_)), "{forged:?}");
	assert_eq!(node.ledger.report(&node.double_vote(&keys[1], 1)), Reported::Waiting);
	node.passes(&keys);
	node.passes(&keys);
	let mut again = node.double_vote(&keys[1], 2);
	assert_eq!(node.ledger.report(&again), Reported::Settled, "its key is barred by the first proof");
	again = node.double_vote(&keys[2], 2);
	assert_eq!(node.ledger.report(&again), Reported::Waiting, "another offender");
}

#[test]
fn evidence_outlives_a_restart() {
	let directory = tempfile::tempdir().unwrap();
	let ledger = open(directory.path());
	assert_eq!(ledger.evidence(), Ok(vec![]));
	ledger.put_evidence(b"first, longer").unwrap();
	ledger.put_evidence(b"second").unwrap();
	drop(ledger);
	assert_eq!(open(directory.path()).evidence(), Ok(b"second".to_vec()));
}
