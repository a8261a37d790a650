//! A chain in memory: builds blocks with the runtime and checks every pallet's invariants after each.
//!
//! # Must not
//! Replace what it tests: blocks go through `Executive`, as in the node.

// Each test binary uses a part.
#![allow(dead_code, missing_docs)]

pub mod evidence;

use codec::Encode;
use frame_support::traits::fungible::Inspect;
use pallet_validators::{types::ENGINE_ID, ChainPeriods, GenesisValidator};
use plexus_primitives::{
	consensus::{ConsensusKey, ConsensusSignature, Vote, VoteKind},
	constants::UNITS,
};
use plexus_runtime::{
	genesis::{ENDOWMENT, VALIDATOR_STAKE},
	tx_extension, AccountId, Address, Balance, Balances, BalancesConfig, Block, Executive, Hash, Header,
	Nonce, Runtime, RuntimeCall, RuntimeEvent, RuntimeGenesisConfig, SignedPayload, System, TxExtension,
	UncheckedExtrinsic, Validators, ValidatorsConfig, VERSION,
};
use sp_core::{ecdsa, ed25519, sr25519, Pair, H256};
use sp_io::TestExternalities;
use sp_runtime::{
	generic::{Digest, DigestItem, Era},
	traits::IdentifyAccount,
	ApplyExtrinsicResult, BuildStorage, MultiSignature, MultiSigner, Perbill,
};

/// An account's key, of one of the three kinds.
// A handful exist in a test; their size does not matter.
#[allow(clippy::large_enum_variant)]
pub enum Key {
	Ed25519(ed25519::Pair),
	Sr25519(sr25519::Pair),
	Ecdsa(ecdsa::Pair),
}

impl Key {
	pub fn ed25519(seed: &str) -> Self {
		Self::Ed25519(Pair::from_string(seed, None).expect("a valid seed"))
	}

	pub fn sr25519(seed: &str) -> Self {
		Self::Sr25519(Pair::from_string(seed, None).expect("a valid seed"))
	}

	pub fn ecdsa(seed: &str) -> Self {
		Self::Ecdsa(Pair::from_string(seed, None).expect("a valid seed"))
	}

	pub fn account(&self) -> AccountId {
		match self {
			Self::Ed25519(pair) => MultiSigner::from(pair.public()),
			Self::Sr25519(pair) => MultiSigner::from(pair.public()),
			Self::Ecdsa(pair) => MultiSigner::from(pair.public()),
		}
		.into_account()
	}

	pub fn sign(&self, message: &[u8]) -> MultiSignature {
		match self {
			Self::Ed25519(pair) => pair.sign(message).into(),
			Self::Sr25519(pair) => pair.sign(message).into(),
			Self::Ecdsa(pair) => pair.sign(message).into(),
		}
	}
}

/// The consensus key of the only validator, which makes all blocks.
pub fn validator() -> ed25519::Pair {
	Pair::from_seed(&[7; 32])
}

/// The account of the only validator: its stake and one PLX.
pub fn operator() -> Key {
	Key::sr25519("//Operator")
}

pub struct Chain {
	pub ext: TestExternalities,
	pub genesis_hash: Hash,
	pub parent: Header,
	pub time_ms: u64,
	pub block_time_ms: u64,
}

impl Chain {
	/// A chain on which these keys hold [`ENDOWMENT`].
	pub fn new(keys: &[&Key], block_time_ms: u64) -> Self {
		Self::with_periods(keys, block_time_ms, ChainPeriods::LIVE)
	}

	/// A chain whose eras and deadlines are these.
	pub fn with_periods(keys: &[&Key], block_time_ms: u64, periods: ChainPeriods) -> Self {
		let account = operator().account();
		let staked = (account.clone(), VALIDATOR_STAKE + UNITS);
		let balances = keys.iter().map(|key| (key.account(), ENDOWMENT)).chain([staked]).collect();
		let key = H256(validator().public().0);
		let commission = Perbill::from_percent(10);
		let validators = vec![GenesisValidator { account, key, stake: VALIDATOR_STAKE, commission }];
		let storage = RuntimeGenesisConfig {
			balances: BalancesConfig { balances, dev_accounts: None },
			validators: ValidatorsConfig { validators, block_time_ms, periods },
			..Default::default()
		}
		.build_storage()
		.expect("the genesis is valid");
		let mut ext = TestExternalities::new(storage);
		ext.commit_all().expect("nothing is pending");
		let parent = Header {
			parent_hash: Hash::zero(),
			number: 0,
			state_root: Hash::zero(),
			extrinsics_root: Hash::zero(),
			digest: Digest::default(),
		};
		Self { ext, genesis_hash: parent.hash(), parent, time_ms: 1_700_000_000_000, block_time_ms }
	}

	/// The header that the next block starts with.
	pub fn next_header(&self) -> Header {
		Header {
			parent_hash: self.parent.hash(),
			number: self.parent.number + 1,
			state_root: Hash::zero(),
			extrinsics_root: Hash::zero(),
			digest: Digest { logs: vec![DigestItem::PreRuntime(ENGINE_ID, validator().public().0.to_vec())] },
		}
	}

	/// The timestamp inherent of the next block.
	pub fn inherent(&self) -> UncheckedExtrinsic {
		UncheckedExtrinsic::new_bare(RuntimeCall::Timestamp(pallet_timestamp::Call::set {
			now: self.time_ms + self.block_time_ms,
		}))
	}

	/// The inherent that brings the parent's precommits; the genesis has none.
	pub fn commit(&self) -> Option<UncheckedExtrinsic> {
		let height = u64::from(self.parent.number);
		if height == 0 {
			return None;
		}
		let (pair, block) = (validator(), Some(self.parent.hash().0));
		let voter = ConsensusKey(pair.public().0);
		let vote = Vote { kind: VoteKind::Precommit, height, round: 0, value: block, voter };
		let signature = ConsensusSignature(pair.sign(&vote.preimage(&self.genesis_hash.0)).0);
		let precommits = vec![Some(signature)].try_into().expect("one fits");
		Some(UncheckedExtrinsic::new_bare(RuntimeCall::Validators(pallet_validators::Call::note_commit {
			round: 0,
			precommits,
		})))
	}

	/// Builds the next block from the transactions that the runtime accepts; answers with it and all results.
	pub fn build(&mut self, transactions: Vec<UncheckedExtrinsic>) -> (Block, Vec<ApplyExtrinsicResult>) {
		let header = self.next_header();
		let inherents: Vec<_> = [self.inherent()].into_iter().chain(self.commit()).collect();
		let (block, results) = self.ext.execute_with(|| {
			Executive::initialize_block(&header);
			let mut body = inherents.clone();
			for inherent in inherents {
				Executive::apply_extrinsic(inherent)
					.expect("the inherent is valid")
					.expect("the inherent succeeds");
			}
			let mut results = Vec::new();
			for transaction in transactions {
				let result = Executive::apply_extrinsic(transaction.clone());
				if result.is_ok() {
					body.push(transaction);
				}
				results.push(result);
			}
			(Block { header: Executive::finalize_block(), extrinsics: body }, results)
		});
		self.finish(&block);
		(block, results)
	}

	/// Executes a block that another chain built. Panics if it is not valid here.
	pub fn execute(&mut self, block: &Block) {
		let bytes = block.encode();
		self.ext.execute_with(|| {
			plexus_runtime::native::dispatch("Core_execute_block", &bytes).expect("it exists")
		});
		self.finish(block);
	}

	fn finish(&mut self, block: &Block) {
		self.advance(block.header.clone());
		self.check();
	}

	/// Makes the block that was just executed the last one.
	pub fn advance(&mut self, header: Header) {
		self.ext.commit_all().expect("the changes apply");
		self.parent = header;
		self.time_ms += self.block_time_ms;
	}

	/// Runs `action` on the state and throws its changes away.
	pub fn scratch<R>(&mut self, action: impl FnOnce() -> R) -> R {
		self.ext.execute_with(|| {
			sp_io::storage::start_transaction();
			let answer = action();
			sp_io::storage::rollback_transaction();
			answer
		})
	}

	/// Checks every pallet's invariants.
	pub fn check(&mut self) {
		self.ext.execute_with(|| {
			Validators::check_invariants().expect("the validators' invariants hold");
			#[cfg(feature = "try-runtime")]
			plexus_runtime::native::try_state().expect("every pallet's invariants hold");
		});
	}

	/// What an immortal transaction of this chain signs besides call and extension.
	pub fn sign(&self, key: &Key, nonce: Nonce, tip: Balance, call: RuntimeCall) -> UncheckedExtrinsic {
		self.sign_with(key, tx_extension(nonce, Era::Immortal, tip), self.genesis_hash, call)
	}

	/// Signs with any extension; `era_hash` is the block that its mortality begins with.
	pub fn sign_with(
		&self,
		key: &Key,
		extension: TxExtension,
		era_hash: Hash,
		call: RuntimeCall,
	) -> UncheckedExtrinsic {
		signed(self.genesis_hash, key, extension, era_hash, call)
	}

	pub fn balance(&mut self, account: &AccountId) -> Balance {
		self.ext.execute_with(|| Balances::free_balance(account))
	}

	/// With what is on hold.
	pub fn total_balance(&mut self, account: &AccountId) -> Balance {
		self.ext.execute_with(|| <Balances as Inspect<AccountId>>::total_balance(account))
	}

	pub fn issuance(&mut self) -> Balance {
		self.ext.execute_with(Balances::total_issuance)
	}

	pub fn events(&mut self) -> Vec<RuntimeEvent> {
		self.ext
			.execute_with(|| System::read_events_no_consensus().map(|record| record.event.clone()).collect())
	}

	/// The fees without tip, and the tips, that the last block's transactions paid.
	pub fn fees_paid(&mut self) -> Vec<(Balance, Balance)> {
		let paid = |event| match event {
			RuntimeEvent::TransactionPayment(
				pallet_transaction_payment::Event::<Runtime>::TransactionFeePaid { actual_fee, tip, .. },
			) => Some((actual_fee - tip, tip)),
			_ => None,
		};
		self.events().into_iter().filter_map(paid).collect()
	}
}

/// A transaction of the chain with this genesis.
pub fn signed(
	genesis_hash: Hash,
	key: &Key,
	extension: TxExtension,
	era_hash: Hash,
	call: RuntimeCall,
) -> UncheckedExtrinsic {
	let (spec, transaction) = (VERSION.spec_version, VERSION.transaction_version);
	let implicit = ((), (), spec, transaction, genesis_hash, era_hash, (), (), (), None, ());
	let payload = SignedPayload::from_raw(call.clone(), extension.clone(), implicit);
	let signature = payload.using_encoded(|bytes| key.sign(bytes));
	UncheckedExtrinsic::new_signed(call, Address::Id(key.account()), signature.into(), extension)
}

pub fn transfer(to: &AccountId, value: Balance) -> RuntimeCall {
	RuntimeCall::Balances(pallet_balances::Call::transfer_keep_alive { dest: Address::Id(to.clone()), value })
}

/// An amount that every account here can send.
pub const AMOUNT: Balance = UNITS;
