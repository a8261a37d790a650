//! A transaction on which the runtime panics takes down neither the block that is being built nor the chain; nor does one after
//! which the end of the block panics.
//!
//! Nothing that an account may call panics the runtime. What does is a fault of the runtime's own, and two are within reach of
//! the sudo key, which only development chains have: it may act as nobody, as which the clock is set, and FRAME's clock
//! panics when it is set twice in a block; and it may remove what says that it was set, without which that clock panics at the
//! block's end. The signature, nonce and fee of such a transaction are in order, so the pool takes it.

mod common;
#[path = "common/development.rs"]
mod development;
#[path = "../../execution/tests/common/mod.rs"]
mod transactions;

use plexus_chain::{Chain, Proposal};
use plexus_execution::BlockError;
use plexus_pool::{PoolStatus, StatusReceiver, TransactionStatus};
use plexus_runtime as rt;
use plexus_storage::{Hash, Options};
use sp_io::hashing::twox_128;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::{transaction_validity::TransactionSource::External, MultiAddress};
use transactions::{signed, signed_transfer};
use Sr25519Keyring::{Alice, Bob, Charlie};

/// What FRAME's clock says when it is set twice in a block.
const PANIC: &str = "Timestamp must be updated only once in the block";

/// What it says at the end of a block in which it was not set.
const PANIC_AT_THE_END: &str = "Timestamp must be updated once in the block";

/// A development chain whose blocks are made by hand.
struct Node {
	chain: Chain,
	_directory: tempfile::TempDir,
}

impl Node {
	fn new() -> Self {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let database = development::open(directory.path(), Options::default());
		Self { chain: common::chain(database, 1_000), _directory: directory }
	}

	fn genesis(&self) -> Hash {
		self.chain.genesis_hash()
	}

	fn transfer(&self, from: Sr25519Keyring, nonce: u32) -> Vec<u8> {
		signed_transfer(self.genesis(), &from.pair(), nonce, Sr25519Keyring::Eve.to_account_id(), 1_000)
	}

	fn submit(&self, bytes: &[u8]) -> StatusReceiver {
		self.chain.pool().submit_and_watch(External, bytes.to_vec()).expect("the pool takes it").1
	}

	fn propose(&self) -> Proposal {
		common::propose(&self.chain)
	}

	fn commit(&self, proposal: &Proposal) {
		common::commit(&self.chain, proposal);
	}

	/// Makes a block; its transactions without the inherents: the timestamp, and in all blocks but the first the precommits
	/// for the parent.
	fn block(&self) -> Vec<Vec<u8>> {
		let proposal = self.propose();
		self.commit(&proposal);
		let inherents = if proposal.block.header.number == 1 { 1 } else { 2 };
		proposal.block.body[inherents..].to_vec()
	}
}

/// Sets the clock a second time, by the sudo key.
fn panicking_call() -> rt::RuntimeCall {
	let set = pallet_timestamp::Call::<rt::Runtime>::set { now: 1_800_000_000_000 };
	let nobody = Box::new(rt::OriginCaller::system(frame_system::RawOrigin::None));
	let as_nobody =
		pallet_utility::Call::<rt::Runtime>::dispatch_as { as_origin: nobody, call: Box::new(set.into()) };
	// The clock's call is mandatory, as no transaction may be; a batch of it is not.
	let batch = pallet_utility::Call::<rt::Runtime>::batch { calls: vec![as_nobody.into()] };
	pallet_sudo::Call::<rt::Runtime>::sudo { call: Box::new(batch.into()) }.into()
}

/// Has the runtime forget that the clock was set in this block, by the sudo key: that panics at the block's end, when all
/// of its transactions are done.
fn call_that_panics_the_end() -> rt::RuntimeCall {
	let keys = vec![[twox_128(b"Timestamp"), twox_128(b"DidUpdate")].concat()];
	let kill = frame_system::Call::<rt::Runtime>::kill_storage { keys };
	pallet_sudo::Call::<rt::Runtime>::sudo { call: Box::new(kill.into()) }.into()
}

/// What has arrived so far.
fn seen(statuses: &mut StatusReceiver) -> Vec<TransactionStatus> {
	std::iter::from_fn(|| statuses.try_recv().ok()).collect()
}

fn is_refused(statuses: &[TransactionStatus]) -> bool {
	matches!(statuses, [.., TransactionStatus::Invalid(why)] if why.contains(PANIC))
}

#[test]
fn what_panics_the_runtime_is_left_out_of_the_block_and_the_chain_goes_on() {
	let node = Node::new();
	let panicking = signed(node.genesis(), &Alice.pair(), 0, panicking_call());
	let mut statuses = node.submit(&panicking);
	assert_eq!(seen(&mut statuses), [TransactionStatus::Ready], "only executing it tells");
	let others = [node.transfer(Bob, 0), node.transfer(Charlie, 0)];
	for other in &others {
		node.submit(other);
	}

	let first = node.propose();
	assert_eq!(first.block.body.len(), 3, "the timestamp and the others");
	assert!(others.iter().all(|other| first.block.body.contains(other)));
	let statuses = seen(&mut statuses);
	assert!(is_refused(&statuses), "{statuses:?}");

	let mut with_it = first.block.clone();
	with_it.body.push(panicking);
	match node.chain.verify(with_it) {
		Err(BlockError::Refused { message }) => assert!(message.contains(PANIC), "{message}"),
		other => panic!("a block of another with it is not refused: {other:?}"),
	}

	node.commit(&first);
	assert_eq!(node.chain.pool().status(), PoolStatus::default());
	let next = node.transfer(Alice, 0);
	node.submit(&next);
	assert_eq!(node.block(), [next], "the nonce was not used up");
}

#[test]
fn when_more_panic_than_a_build_may_drop_the_block_is_empty_and_later_ones_are_not() {
	/// One more than are dropped before a block is built without any, by `node/chain/src/chain.rs`.
	const PANICKING: usize = 9;
	let node = Node::new();
	let alice: rt::Address = MultiAddress::Id(Alice.to_account_id());
	let ed25519: Vec<_> = Ed25519Keyring::invulnerable().collect();
	let sr25519: Vec<_> = Sr25519Keyring::invulnerable().filter(|key| *key != Alice).collect();
	let accounts = ed25519.iter().map(|key| key.to_account_id());
	let accounts = accounts.chain(sr25519.iter().map(|key| key.to_account_id()));

	// Alice's others may act for her, so that so many wait at once and none for another's nonce.
	let appoint = |account: rt::AccountId| -> rt::RuntimeCall {
		let (delegate, proxy_type) = (MultiAddress::Id(account), rt::ProxyType::Any);
		pallet_proxy::Call::<rt::Runtime>::add_proxy { delegate, proxy_type, delay: 0 }.into()
	};
	let calls = accounts.map(appoint).collect();
	let appoint_all = pallet_utility::Call::<rt::Runtime>::batch_all { calls }.into();
	node.submit(&signed(node.genesis(), &Alice.pair(), 0, appoint_all));
	assert_eq!(node.block().len(), 1);

	let call = || -> rt::RuntimeCall {
		let (real, call) = (alice.clone(), Box::new(panicking_call()));
		pallet_proxy::Call::<rt::Runtime>::proxy { real, force_proxy_type: None, call }.into()
	};
	let panicking = ed25519.iter().map(|key| signed(node.genesis(), &key.pair(), 0, call()));
	let panicking = panicking.chain(sr25519.iter().map(|key| signed(node.genesis(), &key.pair(), 0, call())));
	let mut watched: Vec<_> = panicking.take(PANICKING).map(|bytes| node.submit(&bytes)).collect();
	assert_eq!(watched.len(), PANICKING);
	let good = node.transfer(Alice, 1);
	node.submit(&good);

	assert!(node.block().is_empty(), "one that panics is still waiting");
	let waiting = node.chain.pool().status().ready;
	assert!((2..=PANICKING).contains(&waiting), "{waiting} wait: the good one, and what was not tried");
	// One block is enough, unless the machine is too busy for nine builds in a block's time.
	let included = (0..PANICKING).find_map(|_| Some(node.block()).filter(|body| !body.is_empty()));
	assert_eq!(included, Some(vec![good]));
	for statuses in &mut watched {
		let statuses = seen(statuses);
		assert!(is_refused(&statuses), "{statuses:?}");
	}
	assert_eq!(node.chain.pool().status(), PoolStatus::default());
}

#[test]
fn when_the_end_of_a_block_panics_it_is_built_without_transactions_and_the_chain_goes_on() {
	let node = Node::new();
	let panicking = signed(node.genesis(), &Alice.pair(), 0, call_that_panics_the_end());
	for transaction in [&panicking, &node.transfer(Bob, 0)] {
		node.submit(transaction);
	}

	let first = node.propose();
	assert_eq!(first.block.body.len(), 1, "the timestamp alone");
	let mut with_it = first.block.clone();
	with_it.body.push(panicking);
	match node.chain.verify(with_it) {
		Err(BlockError::Refused { message }) => assert!(message.contains(PANIC_AT_THE_END), "{message}"),
		other => panic!("a block of another with it is not refused: {other:?}"),
	}

	node.commit(&first);
	assert!(node.block().is_empty(), "the next one, too");
	assert_eq!(node.chain.pool().status().ready, 2, "nobody knows which of them it was");
}
