//! Validators in the runtime: what each block must bring, what its header commits to, evidence, and pay.

mod common;

use codec::{Decode, Encode};
use common::{operator, transfer, validator, Chain, Key, AMOUNT};
use pallet_validators::{
	types::{KeyHolder, Standing, SET_COMMITMENT_VERSION, SET_ENGINE_ID},
	ChainPeriods, KeyHolders, Pools,
};
use plexus_primitives::{
	consensus::{validator_set_hash, ConsensusKey, ConsensusSignature, Vote, VoteKind},
	equivocation::{Equivocation, VoteFor},
};
use plexus_runtime::{
	fees::validators_pot, genesis::VALIDATOR_STAKE, native, Executive, Runtime, RuntimeCall,
	UncheckedExtrinsic, Validators,
};
use sp_core::Pair;
use sp_runtime::{
	generic::DigestItem,
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidity},
};

/// Power of the only validator: thousandths of its 10,000 PLX.
const POWER: u64 = 10_000_000;

fn key() -> ConsensusKey {
	ConsensusKey(validator().public().0)
}

#[test]
fn each_header_names_the_hash_of_the_next_validators() {
	let mut chain = Chain::with_periods(&[], 1_000, ChainPeriods::DEVELOPMENT);
	let mut other = Chain::with_periods(&[], 1_000, ChainPeriods::DEVELOPMENT);
	let genesis = chain.genesis_hash.0;
	// Over the end of an era, and executed elsewhere as built here.
	for _ in 0..52 {
		let (block, _) = chain.build(vec![]);
		other.execute(&block);
		let committed: Vec<_> = block
			.header
			.digest
			.logs
			.iter()
			.filter_map(|item| match item {
				DigestItem::Consensus(SET_ENGINE_ID, payload) => Some(payload.clone()),
				_ => None,
			})
			.collect();
		let hash = validator_set_hash(&genesis, &[(key(), POWER)]);
		assert_eq!(committed, [(SET_COMMITMENT_VERSION, hash).encode()]);
	}
	let answer = chain.ext.execute_with(|| native::dispatch("ValidatorsApi_next_validators", &[]));
	assert_eq!(answer, Some(vec![(key().0, POWER)].encode()));
	assert_eq!(chain.ext.execute_with(Validators::era_and_clock).0 .0, 1);
}

#[test]
#[should_panic(expected = "the parent's commit must be noted")]
fn a_block_without_the_precommits_of_its_parent_is_refused() {
	let mut chain = Chain::new(&[], 1_000);
	chain.build(vec![]);
	let (header, timestamp) = (chain.next_header(), chain.inherent());
	chain.ext.execute_with(|| {
		Executive::initialize_block(&header);
		Executive::apply_extrinsic(timestamp).expect("valid").expect("succeeds");
		Executive::finalize_block()
	});
}

#[test]
fn the_precommits_come_from_the_inherent_data_of_the_node() {
	let mut chain = Chain::new(&[], 1_000);
	chain.build(vec![]);
	let expected = [chain.inherent(), chain.commit().expect("the genesis is not the parent")];
	let RuntimeCall::Validators(pallet_validators::Call::note_commit { round, precommits }) =
		expected[1].function.clone()
	else {
		panic!("a commit was made");
	};
	let commit = plexus_primitives::consensus::Commit { round, signatures: precommits.into_inner() };
	let mut data = sp_inherents::InherentData::new();
	let now = chain.time_ms + chain.block_time_ms;
	data.put_data(*b"timstap0", &now).expect("once");
	data.put_data(pallet_validators::COMMIT_INHERENT, &commit).expect("once");
	let header = chain.next_header();
	let made = chain.scratch(|| {
		Executive::initialize_block(&header);
		native::dispatch("BlockBuilder_inherent_extrinsics", &data.encode()).expect("it exists")
	});
	let made = Vec::<UncheckedExtrinsic>::decode(&mut &made[..]).expect("it decodes");
	assert_eq!(made.encode(), expected.to_vec().encode());
}

/// The validator's precommits for nil and for a block, both at this height.
fn double_vote(chain: &Chain, height: u64) -> Equivocation {
	let vote = |value| {
		let vote = Vote { kind: VoteKind::Precommit, height, round: 0, value, voter: key() };
		let signature = validator().sign(&vote.preimage(&chain.genesis_hash.0));
		VoteFor { value, signature: ConsensusSignature(signature.0) }
	};
	Equivocation::votes(key(), height, 0, VoteKind::Precommit, vote(None), vote(Some([7; 32])))
}

fn validity(chain: &mut Chain, extrinsic: &UncheckedExtrinsic) -> TransactionValidity {
	let data = (TransactionSource::External, extrinsic, chain.parent.hash()).encode();
	native::check_query("TaggedTransactionQueue_validate_transaction", &data).expect("well-formed");
	let answer = chain.scratch(|| native::dispatch("TaggedTransactionQueue_validate_transaction", &data));
	Decode::decode(&mut &answer.expect("it exists")[..]).expect("it decodes")
}

#[test]
fn a_report_of_equivocation_needs_no_signer_passes_the_pool_and_slashes() {
	let mut chain = Chain::new(&[], 1_000);
	chain.build(vec![]);
	chain.build(vec![]);
	let bytes = native::report_equivocation(double_vote(&chain, 1));
	let report = native::decode_extrinsic(&bytes).expect("it is what a pool takes");
	assert_eq!(native::call_names(&report), ("Validators", "report_equivocation"));
	assert_eq!(native::transaction_facts(&report).sender, None);
	let valid = validity(&mut chain, &report).expect("good evidence");
	assert!(valid.propagate && valid.requires.is_empty() && valid.provides.len() == 1);

	let forged = match double_vote(&chain, 1) {
		Equivocation::Votes { key, round, kind, first, second, .. } => {
			Equivocation::Votes { key, height: 2, round, kind, first, second }
		}
		proposals => proposals,
	};
	let forged = native::decode_extrinsic(&native::report_equivocation(forged)).expect("well-formed");
	assert_eq!(validity(&mut chain, &forged), Err(InvalidTransaction::BadProof.into()));

	let issued = chain.issuance();
	let (block, results) = chain.build(vec![forged, report.clone()]);
	assert_eq!(results, [Err(InvalidTransaction::BadProof.into()), Ok(Ok(()))]);
	assert_eq!(block.extrinsics.len(), 3);
	assert_eq!(validity(&mut chain, &report), Err(InvalidTransaction::Stale.into()));
	chain.ext.execute_with(|| {
		assert_eq!(KeyHolders::<Runtime>::get(key()), Some(KeyHolder::Barred));
		let mut pools = Pools::<Runtime>::iter_values();
		assert!(pools.all(|pool| matches!(pool.standing, Standing::Tombstoned(_))));
	});
	// The operator pays a twentieth when its stake is touched, and the fee for touching it.
	let settle = pallet_validators::Call::settle { who: operator().account() };
	let settle = chain.sign(&operator(), 0, 0, RuntimeCall::Validators(settle));
	let (_, results) = chain.build(vec![settle]);
	assert_eq!(results, [Ok(Ok(()))]);
	let [(fee, 0)] = chain.fees_paid()[..] else { panic!("one transaction pays one fee") };
	assert_eq!(chain.issuance(), issued - VALIDATOR_STAKE / 20 - (fee - fee / 2), "burned");
}

#[test]
fn fees_reach_the_validator_at_the_end_of_the_era() {
	let alice = Key::ed25519("//Alice");
	let mut chain = Chain::with_periods(&[&alice], 1_000, ChainPeriods::DEVELOPMENT);
	let to = Key::sr25519("//Bob").account();
	let payment = chain.sign(&alice, 0, 0, transfer(&to, AMOUNT));
	chain.build(vec![payment]);
	let in_pot = chain.balance(&validators_pot());
	assert!(in_pot > 0);
	let claimable = |chain: &mut Chain| {
		let who = operator().account();
		chain.ext.execute_with(|| Validators::claimable(&who))
	};
	while chain.parent.number < 48 {
		chain.build(vec![]);
	}
	assert_eq!(claimable(&mut chain), 0);
	chain.build(vec![]);
	let least = plexus_primitives::constants::EXISTENTIAL_DEPOSIT;
	let earned = claimable(&mut chain);
	assert!((in_pot - least - 1..=in_pot - least).contains(&earned), "{earned} of {in_pot}");
	let claim =
		chain.sign(&operator(), 0, 0, RuntimeCall::Validators(pallet_validators::Call::claim_rewards {}));
	let (_, results) = chain.build(vec![claim]);
	assert_eq!(results, [Ok(Ok(()))]);
	assert_eq!(claimable(&mut chain), 0);
}
