//! A runtime with System, the real Timestamp and Balances, and this pallet; and a chain of blocks on it.

use crate as pallet_validators;
use crate::{types::*, *};
use codec::Encode;
use ed25519_dalek::{Signer, SigningKey};
use frame_support::{
	assert_ok, derive_impl, parameter_types,
	traits::{ConstU32, OnFinalize, OnInitialize},
};
use plexus_primitives::consensus::{key_proof_preimage, proposer, Vote, VoteKind};
use sp_core::H256;
use sp_runtime::{BuildStorage, Digest, DigestItem};
use std::{collections::BTreeMap, sync::OnceLock};

/// The accounts 1 to this have [`ENDOWMENT`] each. The first [`GENESIS_VALIDATORS`] are validators.
pub const ACCOUNTS: u64 = 12;
pub const ENDOWMENT: Balance = 1_000_000;
pub const GENESIS_STAKE: Balance = 10_000;
pub const BLOCK_MS: u64 = 1_000;
pub const BLOCKS_PER_ERA: u32 = 10;
pub const PERIODS: ChainPeriods = ChainPeriods {
	era_blocks: BLOCKS_PER_ERA,
	absence_blocks: 8,
	absences_max: 4,
	missed_turns_max: 3,
	jail_ms: 15_000,
	evidence_age_ms: 200_000,
	unbonding_ms: 250_000,
};

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeHoldReason,
		RuntimeFreezeReason,
		RuntimeTask
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;

	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;

	#[runtime::pallet_index(2)]
	pub type Balances = pallet_balances;

	#[runtime::pallet_index(9)]
	pub type Validators = pallet_validators;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_timestamp::config_preludes::TestDefaultConfig)]
impl pallet_timestamp::Config for Test {
	type MinimumPeriod = MinimumPeriod<Test>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type AccountStore = System;
	type ExistentialDeposit = ExistentialDeposit;
}

parameter_types! {
	pub const ExistentialDeposit: Balance = 10;
	pub const PotId: PalletId = PalletId(*b"plx/vpot");
	pub const BondMin: Balance = 100;
	pub const ValidatorBondMin: Balance = 1_000;
	pub const PowerUnit: Balance = 100;
	pub const SlashFraction: Perbill = Perbill::from_percent(5);
	/// Off in the tests that are not about commits.
	pub static CommitRequired: bool = false;
}

impl pallet_validators::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Time = Timestamp;
	type PotId = PotId;
	// Enough for a genesis that says nothing: a week of eras of half an hour at the fastest blocks.
	type HistoryErasMax = ConstU32<400>;
	type ValidatorsMax = ConstU32<4>;
	type CandidatesMax = ConstU32<6>;
	type ChunksMax = ConstU32<4>;
	type BondMin = BondMin;
	type ValidatorBondMin = ValidatorBondMin;
	type PowerUnit = PowerUnit;
	type SlashFraction = SlashFraction;
	type CommitRequired = CommitRequired;
	type ConsensusSignatures = ();
	type WeightInfo = ();
}

/// The key of an account's validator; `variant` tells several of one account apart.
pub fn signing_key(account: u64, variant: u8) -> SigningKey {
	let mut seed = [variant; 32];
	seed[..8].copy_from_slice(&account.to_le_bytes());
	SigningKey::from_bytes(&seed)
}

pub fn public(key: &SigningKey) -> ConsensusKey {
	ConsensusKey(key.verifying_key().to_bytes())
}

pub fn sign(key: &SigningKey, preimage: &[u8]) -> ConsensusSignature {
	ConsensusSignature(key.sign(preimage).to_bytes())
}

pub fn key_of(account: u64) -> ConsensusKey {
	public(&signing_key(account, 0))
}

pub fn genesis_validator(account: u64, stake: Balance) -> GenesisValidator<u64> {
	GenesisValidator { account, key: H256(key_of(account).0), stake, commission: Perbill::from_percent(10) }
}

/// The genesis with these validators, at height 0.
pub fn genesis(validators: Vec<GenesisValidator<u64>>) -> sp_io::TestExternalities {
	CommitRequired::set(false);
	let balances = (1..=ACCOUNTS).map(|account| (account, ENDOWMENT)).collect();
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig { balances, ..Default::default() },
		validators: crate::GenesisConfig { validators, periods: PERIODS, ..Default::default() },
		..Default::default()
	};
	genesis.build_storage().expect("the genesis is valid").into()
}

/// Block 1 of a chain with `count` validators of equal stake, not finalised.
pub fn chain(count: u64) -> sp_io::TestExternalities {
	let mut ext = genesis((1..=count).map(|account| genesis_validator(account, GENESIS_STAKE)).collect());
	ext.execute_with(|| begin_block(1));
	ext
}

/// The hash of the block at a height. The genesis has one too.
pub fn block_hash(height: u64) -> H256 {
	H256::from_low_u64_be(0xb10c_0000 + height)
}

/// Begins a block that the validator whose turn it is has made.
pub fn begin_block(height: u64) {
	let voters = Validators::voters_at(height);
	let author = (!voters.is_empty()).then(|| turn(height, 0));
	begin_block_by(height, author);
}

/// Whose turn it is to propose.
pub fn turn(height: u64, round: u32) -> ConsensusKey {
	let voters = Validators::voters_at(height);
	voters[proposer(voters.iter().map(|(_, power)| *power), height, round)].0
}

pub fn begin_block_by(height: u64, author: Option<ConsensusKey>) {
	let logs = author.map(|key| DigestItem::PreRuntime(ENGINE_ID, key.0.encode()));
	System::initialize(&height, &block_hash(height - 1), &Digest { logs: logs.into_iter().collect() });
	<Validators as OnInitialize<u64>>::on_initialize(height);
	let previous = pallet_timestamp::Now::<Test>::get();
	let now = if previous == 0 { 1_700_000_000_000 } else { previous + BLOCK_MS };
	assert_ok!(Timestamp::set(RuntimeOrigin::none(), now));
}

/// Ends the block; the header's digest.
pub fn end_block() -> Digest {
	let height = System::block_number();
	<Timestamp as OnFinalize<u64>>::on_finalize(height);
	<Validators as OnFinalize<u64>>::on_finalize(height);
	Validators::check_invariants().expect("the invariants hold after every block");
	System::finalize().digest
}

/// Ends the block and begins the next.
pub fn next_block() {
	end_block();
	begin_block(System::block_number() + 1);
}

/// Goes on until the block of this height has begun.
pub fn run_to(height: u64) {
	while System::block_number() < height {
		next_block();
	}
}

/// Goes on to the first block of the next era.
pub fn next_era() {
	let per_era = u64::from(BLOCKS_PER_ERA);
	run_to((System::block_number() / per_era + 1) * per_era);
}

pub fn genesis_hash() -> [u8; 32] {
	block_hash(0).0
}

pub fn signed(account: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

/// Gives an account a key by the call.
pub fn set_key(account: u64, variant: u8) -> DispatchResultOf {
	let key = signing_key(account, variant);
	let proof = sign(&key, &key_proof_preimage(&genesis_hash(), &account));
	Validators::set_keys(signed(account), public(&key), proof)
}

pub type DispatchResultOf = frame_support::dispatch::DispatchResult;

/// Makes an account a candidate with a bond of its own.
pub fn make_candidate(account: u64, bond: Balance) -> PoolId {
	assert_ok!(Validators::bond(signed(account), bond));
	assert_ok!(set_key(account, 0));
	assert_ok!(Validators::validate(signed(account), Perbill::from_percent(10)));
	pool_of(account)
}

pub fn stake_of(account: u64) -> StakeOf<Test> {
	Stakes::<Test>::get(account).expect("the account has a stake")
}

pub fn pool_of(account: u64) -> PoolId {
	stake_of(account).role.pool().expect("the account stands behind a pool")
}

pub fn standing_of(pool: PoolId) -> Standing {
	Pools::<Test>::get(pool).expect("there is such a pool").standing
}

pub fn held(account: u64) -> Balance {
	use frame_support::traits::fungible::InspectHold;
	Balances::balance_on_hold(&HoldReason::Stake.into(), &account)
}

/// Fees arrive.
pub fn pay_pot(amount: Balance) {
	use frame_support::traits::{fungible::Balanced, OnUnbalanced};
	PayIntoPot::<Test>::on_unbalanced(<Balances as Balanced<u64>>::issue(amount));
}

/// The commit for the parent, signed by those of its validators whom `is_there` names.
pub fn commit(is_there: impl Fn(ConsensusKey) -> bool) -> PrecommitsOf<Test> {
	commit_in(0, is_there)
}

/// The commit for the parent, decided in this round.
pub fn commit_in(round: u32, is_there: impl Fn(ConsensusKey) -> bool) -> PrecommitsOf<Test> {
	let height = System::block_number() - 1;
	let block = block_hash(height).0;
	let signature = |key: ConsensusKey| {
		let vote = Vote { kind: VoteKind::Precommit, height, round, value: Some(block), voter: key };
		is_there(key).then(|| sign(&secret(key), &vote.preimage(&genesis_hash())))
	};
	let signatures: Vec<_> =
		Validators::voters_at(height).into_iter().map(|(key, _)| signature(key)).collect();
	signatures.try_into().expect("a set is bounded")
}

/// The secret key of one of the tests' public keys. Derived once: keys are slow to make without optimisation.
pub fn secret(key: ConsensusKey) -> SigningKey {
	static KEYS: OnceLock<BTreeMap<ConsensusKey, SigningKey>> = OnceLock::new();
	let all = || (1..=ACCOUNTS).flat_map(|account| (0..3).map(move |variant| signing_key(account, variant)));
	let keys = KEYS.get_or_init(|| all().map(|secret| (public(&secret), secret)).collect());
	keys.get(&key).expect("the key is one of the tests'").clone()
}

/// Goes through blocks up to this height, in each of which `absent` did not sign.
pub fn run_without(absent: &[u64], height: u64) {
	let absent: Vec<_> = absent.iter().map(|account| key_of(*account)).collect();
	while System::block_number() < height {
		next_block();
		let precommits = commit(|key| !absent.contains(&key));
		assert_ok!(Validators::note_commit(RuntimeOrigin::none(), 0, precommits));
	}
}

/// Two conflicting precommits of a key at a height.
pub fn double_vote(key: &SigningKey, height: u64) -> Equivocation {
	use plexus_primitives::equivocation::VoteFor;
	let voter = public(key);
	let vote = |value: Option<[u8; 32]>| {
		let vote = Vote { kind: VoteKind::Precommit, height, round: 0, value, voter };
		VoteFor { value, signature: sign(key, &vote.preimage(&genesis_hash())) }
	};
	Equivocation::votes(voter, height, 0, VoteKind::Precommit, vote(None), vote(Some([7; 32])))
}

pub fn report(evidence: Equivocation) -> Result<(), sp_runtime::DispatchError> {
	let origin = frame_system::RawOrigin::Authorized.into();
	Validators::report_equivocation(origin, evidence).map(|_| ()).map_err(|error| error.error)
}
