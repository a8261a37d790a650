//! A database of the node, filled by executing calls of the runtime.
//!
//! # Must not
//! Compute roots: what is measured here is the runtime over the flat state, and the trie under it stays as the genesis
//! left it. Nothing here reads it.

use plexus_chain_spec::ChainSpec;
use plexus_execution::{externalities::Ext, overlay::Overlay};
use plexus_runtime::{Runtime, System};
use plexus_storage::{
	Block, BlockCommit, Database, Genesis, Header, Options, State, StateChanges, StatePruning,
};
use sp_externalities::{set_and_run_with_externalities, Extensions, Externalities};
use std::path::Path;

/// A chain whose blocks change the flat state alone.
pub struct Chain {
	db: Database,
	/// What was executed since the last commit.
	overlay: Overlay,
}

impl Chain {
	/// The development genesis in a new database with the node's own caches, and block 1 begun. Nobody has to wait for a
	/// commitment's age.
	pub fn open(directory: &Path) -> Self {
		let mut chain = Self::reopen(directory);
		chain.execute(|| {
			// Without a block there are no events.
			System::set_block_number(1);
			let live = pallet_datanets::types::Windows::LIVE;
			let windows = pallet_datanets::types::Windows { commitment_age_ms: 0, ..live };
			pallet_datanets::CurrentWindows::<Runtime>::put(windows);
		});
		chain.commit();
		chain
	}

	/// As it was committed last; the genesis alone in a new directory.
	pub fn reopen(directory: &Path) -> Self {
		// As a node has one: with no subscriber at all, the runtime's many spans are formatted for nobody.
		let _ = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).try_init();
		let spec = ChainSpec::preset("dev").expect("the preset exists");
		let storage = spec.genesis_storage().expect("the preset is valid");
		let root = plexus_chain_spec::genesis_state_root(&storage);
		let genesis = Genesis { header: plexus_chain_spec::genesis_header(root), storage };
		let options = Options { sync: false, state_pruning: StatePruning::Keep(2), ..Default::default() };
		let db = Database::open(directory, options, genesis).expect("a directory of its own");
		Self { db, overlay: Overlay::default() }
	}

	/// Executes on top of what was executed since the last commit.
	pub fn execute<T>(&mut self, f: impl FnOnce() -> T) -> T {
		run(&self.db.tip().state, &mut self.overlay, f)
	}

	/// Executes on the last commit, and forgets what came of it.
	pub fn try_out<T>(&self, f: impl FnOnce() -> T) -> T {
		self.fork(|ext| set_and_run_with_externalities(ext, f))
	}

	/// Gives the externalities of the last commit to somebody, and forgets what is written to them.
	pub fn fork<T>(&self, f: impl FnOnce(&mut dyn Externalities) -> T) -> T {
		fork(&self.db.tip().state, &mut Overlay::default(), f)
	}

	/// Writes what was executed, as one block, without its events.
	pub fn commit(&mut self) {
		self.execute(System::reset_events);
		let main = std::mem::take(&mut self.overlay).into_changes();
		let tip = self.db.tip();
		let header = Header {
			parent_hash: tip.hash,
			number: tip.number + 1,
			state_root: tip.header.state_root,
			extrinsics_root: Default::default(),
			digest: Default::default(),
		};
		let changes = StateChanges { main, nodes: Default::default(), root: tip.header.state_root };
		let block = Block { header, body: Vec::new() };
		let hash = block.hash();
		let commit = BlockCommit { block, hash, certificate: Vec::new(), changes };
		self.db.commit(commit).expect("the block is the next one");
	}

	/// Puts everything into tables and merges these, as a node has them that nothing happened to for a while.
	pub fn settle(&self) {
		self.db.settle().expect("the disk takes it");
	}

	/// The state after the last commit.
	pub fn state(&self) -> State {
		self.db.tip().state.clone()
	}
}

fn run<T>(state: &State, overlay: &mut Overlay, f: impl FnOnce() -> T) -> T {
	fork(state, overlay, |ext| set_and_run_with_externalities(ext, f))
}

fn fork<T>(state: &State, overlay: &mut Overlay, f: impl FnOnce(&mut dyn Externalities) -> T) -> T {
	let backend = state.backend();
	let result = f(&mut Ext::new(overlay, &backend, Extensions::new()));
	assert!(backend.take_failure().is_none(), "the state can be read");
	result
}
