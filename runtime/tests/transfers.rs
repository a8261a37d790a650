//! Transfers: all key types, exact fees and where they go, mortality, and refusals.

mod common;

use codec::Encode;
use common::{operator, transfer, Chain, Key, AMOUNT};
use plexus_primitives::constants::{EXISTENTIAL_DEPOSIT, MILLI_UNITS};
use plexus_runtime::{
	fees::validators_pot, genesis::ENDOWMENT, native, tx_extension, Attribution, Receipts, Rewards, Runtime,
	Signature, System,
};
use sp_runtime::{
	generic::{Era, Preamble},
	transaction_validity::{
		InvalidTransaction, TransactionSource, TransactionValidity, TransactionValidityError,
		UnknownTransaction,
	},
	MultiSignature,
};

#[test]
fn every_key_type_sends_and_the_same_block_executes_to_the_same_state() {
	let keys = [Key::ed25519("//Alice"), Key::sr25519("//Alice"), Key::ecdsa("//Alice")];
	let keys = keys.iter().collect::<Vec<_>>();
	let (mut builder, mut other) = (Chain::new(&keys, 1_000), Chain::new(&keys, 1_000));
	let to = Key::sr25519("//Nobody").account();
	for nonce in 0..3 {
		let transactions =
			keys.iter().map(|key| builder.sign(key, nonce, 0, transfer(&to, AMOUNT))).collect();
		let (block, results) = builder.build(transactions);
		assert!(results.iter().all(|result| matches!(result, Ok(Ok(())))), "{results:?}");
		other.execute(&block);
	}
	assert_eq!(builder.balance(&to), 9 * AMOUNT);
	assert_eq!(builder.ext.as_backend().root(), other.ext.as_backend().root());
}

#[test]
fn half_of_fee_and_tip_is_burned_and_half_goes_to_the_pot() {
	let (alice, bob) = (Key::ed25519("//Alice"), Key::sr25519("//Bob"));
	let mut chain = Chain::new(&[&alice, &bob], 1_000);
	// Odd sums show how the split rounds; the first fee must already fill the pot.
	for (nonce, tip) in (0..).zip([0, 1, 2, 3, 999_999_999, MILLI_UNITS]) {
		let before = (chain.issuance(), chain.balance(&validators_pot()), chain.balance(&alice.account()));
		let call = transfer(&bob.account(), AMOUNT);
		let transaction = chain.sign(&alice, nonce, tip, call);
		chain.build(vec![transaction]);
		let [(fee, paid_tip)] = chain.fees_paid()[..] else { panic!("one transaction pays one fee") };
		assert_eq!(paid_tip, tip);
		let to_pot = (fee + tip) / 2;
		assert_eq!(chain.balance(&alice.account()), before.2 - AMOUNT - fee - tip);
		assert_eq!(chain.balance(&validators_pot()), before.1 + to_pot);
		assert_eq!(chain.issuance(), before.0 - (fee + tip - to_pot));
	}
	let pots = [validators_pot(), Receipts::pot(), Rewards::pot(), Attribution::pot()];
	let accounts = [alice.account(), bob.account(), operator().account()].into_iter().chain(pots);
	let sum: u128 = accounts.map(|who| chain.total_balance(&who)).sum();
	assert_eq!(sum, chain.issuance(), "no unit is lost");
}

#[test]
fn a_transfer_costs_a_few_thousandths_of_a_plx() {
	let alice = Key::sr25519("//Alice");
	let mut chain = Chain::new(&[&alice], 1_000);
	let transaction = chain.sign(&alice, 0, 0, transfer(&Key::sr25519("//New").account(), AMOUNT));
	let bytes = transaction.encode();
	chain.build(vec![transaction]);
	let fee = chain.fees_paid()[0].0;
	println!("a transfer of {} bytes costs {fee}", bytes.len());
	assert!((MILLI_UNITS..=10 * MILLI_UNITS).contains(&fee), "{fee}");
	// A call without any work pays the least; the pot must be able to take half of it.
	let remark = plexus_runtime::RuntimeCall::System(frame_system::Call::remark { remark: vec![] });
	let least = chain.sign(&alice, 1, 0, remark);
	chain.build(vec![least]);
	assert!(chain.fees_paid()[0].0 / 2 >= EXISTENTIAL_DEPOSIT);
}

#[test]
fn the_fee_that_a_client_is_told_is_the_fee_that_is_paid() {
	let alice = Key::ed25519("//Alice");
	let mut chain = Chain::new(&[&alice], 1_000);
	let transaction = chain.sign(&alice, 0, 5, transfer(&Key::sr25519("//New").account(), AMOUNT));
	let length = transaction.encode().len() as u32;
	let told = chain.ext.execute_with(|| {
		pallet_transaction_payment::Pallet::<Runtime>::query_info(transaction.clone(), length).partial_fee
	});
	chain.build(vec![transaction]);
	let paid = chain.fees_paid()[0].0;
	assert!(paid <= told, "a client must never be told too little: {told} told, {paid} paid");
	assert!(told - paid <= told / 50, "refunds are small: {told} told, {paid} paid");
}

#[test]
fn a_mortal_transaction_on_the_latest_block_is_checked_and_accepted() {
	let alice = Key::ed25519("//Alice");
	let mut chain = Chain::new(&[&alice], 1_000);
	for nonce in 0..3 {
		// The genesis as the latest block is the first case: its own hash is not in its state.
		let tip = chain.parent.clone();
		let extension = tx_extension(nonce, Era::mortal(64, tip.number.into()), 0);
		let call = transfer(&Key::sr25519("//New").account(), AMOUNT);
		let transaction = chain.sign_with(&alice, extension, tip.hash(), call);
		let claim = chain.scratch(|| {
			native::prepare_checks(tip.hash());
			native::signature_claim(transaction.clone())
		});
		assert!(claim.expect("it is signed").verify());
		let (_, results) = chain.build(vec![transaction]);
		assert_eq!(results, vec![Ok(Ok(()))]);
	}
}

#[test]
fn wrong_transactions_are_refused_with_their_reason() {
	let (alice, poor) = (Key::ed25519("//Alice"), Key::ed25519("//Poor"));
	let mut chain = Chain::new(&[&alice], 1_000);
	let call = || transfer(&Key::sr25519("//New").account(), AMOUNT);
	let good = chain.sign(&alice, 0, 0, call());
	chain.build(vec![good.clone()]);

	let mut forged = chain.sign(&alice, 1, 0, call());
	if let Preamble::Signed(_, Signature(MultiSignature::Ed25519(signature)), _) = &mut forged.preamble {
		signature.0[10] ^= 1;
	}
	let parent = chain.parent.hash();
	// Its mortality begins with the genesis, but another block's hash is signed, as in one that has expired.
	let expired = chain.sign_with(&alice, tx_extension(1, Era::mortal(4, 1_000), 0), parent, call());
	let unsigned = plexus_runtime::UncheckedExtrinsic::new_bare(call());
	let inherent = chain.inherent();
	let cases: [(_, TransactionValidityError); 7] = [
		(good, InvalidTransaction::Stale.into()),
		(forged, InvalidTransaction::BadProof.into()),
		(expired, InvalidTransaction::BadProof.into()),
		(chain.sign(&poor, 0, 0, call()), InvalidTransaction::Payment.into()),
		(unsigned, UnknownTransaction::NoUnsignedValidator.into()),
		(inherent, InvalidTransaction::MandatoryValidation.into()),
		(chain.sign(&alice, 1, 2 * ENDOWMENT, call()), InvalidTransaction::Payment.into()),
	];
	for (transaction, reason) in cases {
		let data = (TransactionSource::External, &transaction, parent).encode();
		let answer = chain
			.scratch(|| native::dispatch("TaggedTransactionQueue_validate_transaction", &data))
			.expect("it exists");
		let validity = <TransactionValidity as codec::Decode>::decode(&mut &answer[..]).expect("it decodes");
		let error = validity.expect_err("it is refused");
		let words = native::describe_invalid(&error);
		println!("{words:?}");
		assert_eq!(error, reason, "{transaction:?}");
		assert!(!words.cause.is_empty() && !words.remedy.is_empty());
	}
	assert_eq!(chain.ext.execute_with(|| System::account_nonce(alice.account())), 1);
}

#[test]
fn a_proxy_that_may_not_transfer_gives_nothing_away_by_other_means() {
	use frame_support::traits::InstanceFilter;
	use pallet_datanets::{types::Remedy, Call};
	use plexus_primitives::{ContributionId, DatanetId};
	use plexus_runtime::{ProxyType, RuntimeCall};
	let (contribution, datanet) = (ContributionId(0), DatanetId(0));
	let dispute = Call::dispute { contribution, remedy: Remedy::Redirect, evidence: None };
	let owner = Some(Key::sr25519("//Bob").account());
	for call in [
		dispute,
		Call::challenge { contribution },
		Call::propose_owner { datanet, owner },
		Call::propose_curators { datanet, curators: None },
		Call::withdraw { contribution },
		Call::clear_reservation { root: [1; 32] },
	] {
		let call = RuntimeCall::Datanets(call);
		assert!(!ProxyType::NonTransfer.filter(&call), "{call:?}");
		assert!(ProxyType::Datanets.filter(&call), "{call:?}");
	}
	assert!(ProxyType::NonTransfer.filter(&Call::publish { datanet }.into()));
	assert!(!ProxyType::NonTransfer.filter(&transfer(&Key::sr25519("//Bob").account(), 1)));
	// So it cannot appoint who may.
	assert!(!ProxyType::NonTransfer.is_superset(&ProxyType::Datanets));
	assert!(ProxyType::Any.is_superset(&ProxyType::Datanets));
}
