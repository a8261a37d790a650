//! The pool with the real runtime and a real database: submitted, built into blocks, committed, pruned.

use std::{
	collections::HashSet,
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc, Barrier,
	},
	time::{Duration, Instant},
};

use codec::Encode;
use plexus_chain_spec::{well_known::development_commit, ChainSpec};
use plexus_execution::{BuildParams, ExecutedBlock, Executor, InvalidKind};
use plexus_pool::{Pool, PoolLimits, PoolStatus, StatusReceiver, SubmitError, TransactionStatus};
use plexus_runtime as rt;
use plexus_storage::{BlockCommit, Database, Genesis, Hash, Options, Tip};
use sp_core::Pair;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie, Dave};
use sp_runtime::{
	generic::Era,
	transaction_validity::{InvalidTransaction, TransactionSource::External},
	MultiAddress,
};

/// Milliseconds since 1970 at block 0.
const GENESIS_MS: u64 = 1_800_000_000_000;

struct Node {
	database: Database,
	executor: Executor,
	pool: Pool,
	_dir: tempfile::TempDir,
}

impl Node {
	fn new() -> Self {
		Self::with(PoolLimits::default())
	}

	fn with(limits: PoolLimits) -> Self {
		let dir = tempfile::tempdir().unwrap();
		let spec = ChainSpec::preset("dev").unwrap();
		let genesis = Genesis { header: spec.header().unwrap(), storage: spec.genesis_storage().unwrap() };
		let database = Database::open(dir.path(), Options::default(), genesis).unwrap();
		let executor = Executor::new(10_000);
		let pool = Pool::new(executor.clone(), limits, database.tip());
		Self { database, executor, pool, _dir: dir }
	}

	fn sign(&self, from: Sr25519Keyring, nonce: u32, era: Era, tip: u128, call: rt::RuntimeCall) -> Vec<u8> {
		let genesis = self.database.genesis_hash();
		let extension = rt::tx_extension(nonce, era, tip);
		let (spec, transaction) = (rt::VERSION.spec_version, rt::VERSION.transaction_version);
		let implicit = ((), (), spec, transaction, genesis, genesis, (), (), (), None, ());
		let payload = rt::SignedPayload::from_raw(call.clone(), extension.clone(), implicit);
		let signature: rt::Signature = payload.using_encoded(|bytes| from.pair().sign(bytes)).into();
		let address = MultiAddress::Id(from.to_account_id());
		rt::UncheckedExtrinsic::new_signed(call, address, signature, extension).encode()
	}

	fn transfer(&self, from: Sr25519Keyring, nonce: u32) -> Vec<u8> {
		self.transfer_with_tip(from, nonce, 0)
	}

	fn transfer_with_tip(&self, from: Sr25519Keyring, nonce: u32, tip: u128) -> Vec<u8> {
		let dest = MultiAddress::Id(Sr25519Keyring::Eve.to_account_id());
		let call = pallet_balances::Call::transfer_keep_alive { dest, value: 1_000 };
		self.sign(from, nonce, Era::Immortal, tip, call.into())
	}

	fn submit(&self, bytes: Vec<u8>) -> Result<Hash, SubmitError> {
		self.pool.submit(External, bytes)
	}

	fn watch(&self, bytes: Vec<u8>) -> (Hash, StatusReceiver) {
		self.pool.submit_and_watch(External, bytes).unwrap()
	}

	/// Builds a block from the pool and leaves it undecided.
	fn build(&self) -> ExecutedBlock {
		self.build_from(&self.pool)
	}

	fn build_from(&self, pool: &Pool) -> ExecutedBlock {
		let tip = self.database.tip();
		let time = GENESIS_MS + 1_000 * u64::from(tip.number + 1);
		let commit = development_commit(self.database.genesis_hash(), tip.number, tip.hash);
		let params = BuildParams::new([1; 32], time, commit, Instant::now() + Duration::from_secs(60));
		self.executor.build(&tip, &params, &mut pool.ready()).unwrap()
	}

	fn commit(&self, executed: ExecutedBlock) -> Hash {
		let (tip, body) = self.store(executed);
		self.pool.on_block(tip.clone(), &body);
		tip.hash
	}

	/// Commits without telling the pool.
	fn store(&self, executed: ExecutedBlock) -> (Arc<Tip>, Vec<Vec<u8>>) {
		let ExecutedBlock { block, hash, changes, .. } = executed;
		let body = block.body.clone();
		let commit = BlockCommit { block, hash, certificate: Vec::new(), changes };
		(self.database.commit(commit).unwrap(), body)
	}

	/// Builds and commits; returns the block's hash and its transactions, without the inherents: the timestamp, and in
	/// all blocks but the first the precommits for the parent.
	fn block(&self) -> (Hash, Vec<Vec<u8>>) {
		let built = self.build();
		let inherents = if built.block.header.number == 1 { 1 } else { 2 };
		let body = built.block.body[inherents..].to_vec();
		(self.commit(built), body)
	}

	fn nonce(&self, of: Sr25519Keyring) -> u32 {
		self.executor.account_nonce(&self.database.tip().state, &of.to_account_id()).unwrap()
	}
}

/// What has arrived so far.
fn seen(receiver: &mut StatusReceiver) -> Vec<TransactionStatus> {
	std::iter::from_fn(|| receiver.try_recv().ok()).collect()
}

fn invalid(outcome: Result<Hash, SubmitError>) -> InvalidKind {
	match outcome {
		Err(SubmitError::Invalid(reason)) => reason.kind,
		other => panic!("not refused as invalid: {other:?}"),
	}
}

#[test]
fn pipelined_calls_in_any_order_are_all_included_in_order() {
	let node = Node::new();
	let (_, mut last) = node.watch(node.transfer(Alice, 59));
	assert_eq!(seen(&mut last), [TransactionStatus::Future]);
	for nonce in (0..59).map(|n| (n * 7 + 3) % 59) {
		node.submit(node.transfer(Alice, nonce)).unwrap();
	}
	assert_eq!(seen(&mut last), [TransactionStatus::Ready]);
	let (ready, future) = (node.pool.status().ready, node.pool.status().future);
	assert_eq!((ready, future), (60, 0));
	assert_eq!(node.pool.next_nonce(&Alice.to_account_id(), 0), 60);
	assert_eq!(node.pool.pending().len(), 60);

	let (block, body) = node.block();
	let expected: Vec<_> = (0..60).map(|nonce| node.transfer(Alice, nonce)).collect();
	let facts = |bytes: &Vec<u8>| node.executor.facts(bytes).unwrap().nonce;
	assert_eq!(body.iter().map(facts).collect::<Vec<_>>(), expected.iter().map(facts).collect::<Vec<_>>());
	assert_eq!(seen(&mut last), [TransactionStatus::Included { block, index: 60 }]);
	assert_eq!(node.pool.status(), PoolStatus::default());
	assert_eq!(node.nonce(Alice), 60);
}

#[test]
fn a_copy_is_answered_with_where_the_first_one_is() {
	let node = Node::new();
	let bytes = node.transfer(Alice, 0);
	let hash = node.submit(bytes.clone()).unwrap();
	assert_eq!(node.pool.get(&hash).as_deref(), Some(&bytes[..]));
	assert!(matches!(node.submit(bytes.clone()), Err(SubmitError::AlreadyImported(h)) if h == hash));
	let (_, mut watcher) = node.watch(bytes.clone());
	assert_eq!(seen(&mut watcher), [TransactionStatus::Ready]);
	let (block, _) = node.block();
	assert_eq!(seen(&mut watcher), [TransactionStatus::Included { block, index: 1 }]);
	match node.submit(bytes) {
		Err(SubmitError::AlreadyIncluded { hash: h, block: b, index: 1 }) => {
			assert_eq!((h, b), (hash, block))
		}
		other => panic!("{other:?}"),
	}
}

#[test]
fn what_the_chain_would_refuse_leaves_no_trace() {
	let node = Node::new();
	let mut imported = node.pool.subscribe_imported();
	let mut forged = node.transfer(Alice, 0);
	let last = forged.len() - 1;
	forged[last] ^= 1;
	assert_eq!(invalid(node.submit(forged)), InvalidKind::Invalid(InvalidTransaction::BadProof));
	assert_eq!(invalid(node.submit(vec![4, 1])), InvalidKind::Undecodable);
	let max = node.pool.limits().transaction_bytes_max;
	assert!(matches!(node.submit(vec![0; max + 1]), Err(SubmitError::TooLarge { .. })));
	assert_eq!(node.pool.status(), PoolStatus::default());

	let hash = node.submit(node.transfer(Alice, 0)).unwrap();
	assert_eq!(imported.try_recv(), Ok(hash), "only what was accepted is announced");
	node.block();
	let stale = node.transfer_with_tip(Alice, 0, 5);
	assert_eq!(invalid(node.submit(stale)), InvalidKind::Invalid(InvalidTransaction::Stale));
}

#[test]
fn a_block_that_is_not_decided_takes_nothing_out_of_the_pool() {
	let node = Node::new();
	for nonce in 0..10 {
		node.submit(node.transfer(Alice, nonce)).unwrap();
		node.submit(node.transfer(Bob, nonce)).unwrap();
	}
	let first = node.build();
	assert_eq!(first.block.body.len(), 21);
	assert_eq!(node.pool.status().ready, 20);
	assert_eq!(node.build().block.body, first.block.body);
}

#[test]
fn a_higher_tip_goes_first_and_replaces_a_lower_one() {
	let node = Node::new();
	let (_, mut replaced) = node.watch(node.transfer_with_tip(Alice, 0, 1_000_000));
	let enough = node.submit(node.transfer_with_tip(Alice, 0, 1_200_000)).unwrap();
	let little = node.submit(node.transfer_with_tip(Alice, 0, 1_200_001));
	assert!(
		matches!(little, Err(SubmitError::Underpriced { existing, .. }) if existing == enough),
		"{little:?}"
	);
	assert_eq!(seen(&mut replaced), [TransactionStatus::Ready, TransactionStatus::Usurped(enough)]);
	node.submit(node.transfer_with_tip(Bob, 0, 5_000_000)).unwrap();
	node.submit(node.transfer(Charlie, 0)).unwrap();
	let (_, body) = node.block();
	let senders = body.iter().map(|bytes| node.executor.facts(bytes).unwrap().sender.unwrap());
	assert_eq!(senders.collect::<Vec<_>>(), [Bob, Alice, Charlie].map(|who| who.to_account_id()));
}

#[test]
fn anothers_transaction_with_the_same_nonce_ends_ours_and_releases_the_next() {
	let (node, other) = (Node::new(), Node::new());
	let (_, mut ours) = node.watch(node.transfer(Alice, 0));
	let (_, mut later) = node.watch(node.transfer(Alice, 2));
	let theirs = other.submit(other.transfer_with_tip(Alice, 0, 7)).unwrap();
	other.submit(other.transfer_with_tip(Alice, 1, 7)).unwrap();
	let block = other.build().block;
	node.commit(node.executor.execute(&node.database.tip(), block).unwrap());
	assert_eq!(seen(&mut ours), [TransactionStatus::Ready, TransactionStatus::Usurped(theirs)]);
	assert_eq!(seen(&mut later), [TransactionStatus::Future, TransactionStatus::Ready]);
	assert_eq!(node.block().1.len(), 1);
}

#[test]
fn a_mortal_transaction_leaves_with_its_last_block_and_an_immortal_one_with_the_limit() {
	let node = Node::with(PoolLimits { lifetime_blocks: 5, ..PoolLimits::default() });
	let remark = |nonce, era| {
		let dest = MultiAddress::Id(Bob.to_account_id());
		let call = pallet_balances::Call::transfer_keep_alive { dest, value: 1_000 };
		node.sign(Alice, nonce, era, 0, call.into())
	};
	// Born in block 0, dead in block 4; neither can be included before nonce 0 comes.
	let (_, mut mortal) = node.watch(remark(1, Era::mortal(4, 0)));
	let (_, mut immortal) = node.watch(remark(2, Era::Immortal));
	for _ in 0..2 {
		node.block();
	}
	assert_eq!(seen(&mut mortal), [TransactionStatus::Future]);
	node.block();
	assert!(matches!(&seen(&mut mortal)[..], [TransactionStatus::Dropped(why)] if why.contains("expired")));
	node.block();
	assert_eq!(seen(&mut immortal), [TransactionStatus::Future]);
	node.block();
	assert!(matches!(&seen(&mut immortal)[..], [TransactionStatus::Dropped(_)]));
	assert_eq!(node.pool.status(), PoolStatus::default());
}

#[test]
fn what_fails_through_its_neighbours_stays_and_what_the_state_rules_out_goes() {
	let node = Node::new();
	let dest = MultiAddress::Id(Bob.to_account_id());
	let everything = pallet_balances::Call::transfer_all { dest, keep_alive: false };
	node.submit(node.sign(Dave, 0, Era::Immortal, 0, everything.into())).unwrap();
	let (unpaid, mut watcher) = node.watch(node.transfer(Dave, 1));

	let undecided = node.build();
	assert_eq!(undecided.block.body.len(), 2);
	assert_eq!(seen(&mut watcher), [TransactionStatus::Ready], "the block may never be decided");
	node.commit(undecided);
	assert!(node.pool.contains(&unpaid));

	assert_eq!(node.build().block.body.len(), 2, "the inherents alone");
	let statuses = seen(&mut watcher);
	assert!(matches!(&statuses[..], [TransactionStatus::Invalid(why)] if !why.is_empty()), "{statuses:?}");
	assert_eq!(node.pool.status(), PoolStatus::default());
}

#[test]
fn an_account_that_died_and_was_revived_starts_again_at_nonce_zero() {
	let node = Node::new();
	let to = |who: Sr25519Keyring| MultiAddress::Id(who.to_account_id());
	let everything = pallet_balances::Call::transfer_all { dest: to(Bob), keep_alive: false };
	node.submit(node.sign(Dave, 0, Era::Immortal, 0, everything.into())).unwrap();
	let (_, mut second) = node.watch(node.transfer(Dave, 1));
	node.block();
	assert_eq!(node.nonce(Dave), 0);

	// Another validator's block, so that ours does not find out that Dave is gone.
	let others = Pool::new(node.executor.clone(), PoolLimits::default(), node.database.tip());
	let revive = pallet_balances::Call::transfer_keep_alive { dest: to(Dave), value: 1_000_000_000_000 };
	others.submit(External, node.sign(Bob, 0, Era::Immortal, 0, revive.into())).unwrap();
	node.commit(node.build_from(&others));

	let (_, mut first) = node.watch(node.transfer(Dave, 0));
	assert_eq!(node.pool.next_nonce(&Dave.to_account_id(), 0), 2);
	let (block, _) = node.block();
	// Behind two inherents.
	let included = |index| TransactionStatus::Included { block, index };
	assert_eq!(seen(&mut first), [TransactionStatus::Ready, included(2)]);
	let (ready, future) = (TransactionStatus::Ready, TransactionStatus::Future);
	assert_eq!(seen(&mut second), [ready.clone(), future, ready, included(3)]);
	assert_eq!(node.nonce(Dave), 2);
}

#[test]
fn the_operator_may_remove_a_transaction_and_its_followers_wait() {
	let node = Node::new();
	let (first, mut removed) = node.watch(node.transfer(Alice, 0));
	let (_, mut follower) = node.watch(node.transfer(Alice, 1));
	assert_eq!(node.pool.remove(&[first, Hash::zero()]), [first]);
	assert!(matches!(&seen(&mut removed)[..], [TransactionStatus::Ready, TransactionStatus::Dropped(_)]));
	assert_eq!(seen(&mut follower), [TransactionStatus::Ready, TransactionStatus::Future]);
	assert_eq!(node.block().1.len(), 0);
}

#[test]
fn nothing_accepted_is_lost_while_blocks_are_made() {
	let node = Arc::new(Node::new());
	let per_sender = 150;
	let submitting = Arc::new(AtomicBool::new(true));
	let submitters: Vec<_> = [Alice, Bob, Charlie]
		.into_iter()
		.map(|sender| {
			let node = node.clone();
			std::thread::spawn(move || {
				// Windows of ten, each backwards, as calls of one connection may arrive.
				for nonce in (0..per_sender).map(|n| n / 10 * 10 + 9 - n % 10) {
					node.submit(node.transfer(sender, nonce)).unwrap();
				}
			})
		})
		.collect();
	let maker = {
		let (node, submitting) = (node.clone(), submitting.clone());
		std::thread::spawn(move || {
			let mut included = HashSet::new();
			loop {
				let last_round = !submitting.load(Ordering::SeqCst);
				let (_, body) = node.block();
				for bytes in &body {
					assert!(included.insert(bytes.clone()), "included twice");
				}
				if last_round && body.is_empty() {
					return included.len();
				}
			}
		})
	};
	for submitter in submitters {
		submitter.join().unwrap();
	}
	submitting.store(false, Ordering::SeqCst);
	assert_eq!(maker.join().unwrap(), 3 * per_sender as usize);
	assert_eq!([Alice, Bob, Charlie].map(|who| node.nonce(who)), [per_sender; 3]);
	assert_eq!(node.pool.status(), PoolStatus::default());
}

#[test]
fn a_transaction_whose_nonce_a_block_uses_up_while_it_is_validated_does_not_stay() {
	let node = Arc::new(Node::new());
	let per_block = 300;
	for round in 0..5 {
		// Another validator's block has other transactions with the same nonces.
		let others = Pool::new(node.executor.clone(), PoolLimits::default(), node.database.tip());
		let nonces = round * per_block..(round + 1) * per_block;
		for nonce in nonces.clone() {
			others.submit(External, node.transfer(Alice, nonce)).unwrap();
		}
		let transactions: Vec<_> = nonces.map(|nonce| node.transfer_with_tip(Alice, nonce, 1)).collect();
		let (tip, body) = node.store(node.build_from(&others));
		let start = Arc::new(Barrier::new(2));
		let submitter = {
			let (node, start) = (node.clone(), start.clone());
			std::thread::spawn(move || {
				start.wait();
				for bytes in transactions {
					match node.submit(bytes) {
						Ok(_) => {}
						refused => {
							assert_eq!(invalid(refused), InvalidKind::Invalid(InvalidTransaction::Stale))
						}
					}
				}
			})
		};
		start.wait();
		node.pool.on_block(tip, &body);
		submitter.join().unwrap();
		assert_eq!(node.pool.status(), PoolStatus::default(), "a used-up nonce has no place in the pool");
	}
}
