//! How much fits into a block.

mod common;

use codec::Encode;
use common::{transfer, Chain, Key, AMOUNT};
use frame_support::dispatch::GetDispatchInfo;
use plexus_runtime::{
	limits, tx_extension, AccountId, Executive, Header, Runtime, System, UncheckedExtrinsic,
};
use sp_runtime::{
	generic::Era,
	traits::TransactionExtension,
	transaction_validity::{InvalidTransaction, TransactionValidityError},
};

/// What one normal block must at least hold.
const TRANSFERS_MIN: u64 = 12_000;

#[test]
fn twelve_thousand_transfers_fit_by_weight_and_by_length() {
	let alice = Key::ed25519("//Alice");
	let chain = Chain::new(&[&alice], 1_000);
	let call = transfer(&AccountId::new([9; 32]), AMOUNT);
	// The dearest form: mortal, with a nonce, a tip and an amount of full length.
	let extension = tx_extension(1 << 20, Era::mortal(4_096, 0), 1 << 60);
	let extension_weight = TransactionExtension::weight(&extension, &call);
	let weight = call.get_dispatch_info().call_weight + extension_weight + limits::EXTRINSIC_BASE;
	let length = chain.sign_with(&alice, extension, chain.genesis_hash, call).encode().len() as u64;

	let by_weight = limits::NORMAL_MAX.ref_time() / weight.ref_time();
	let by_length = u64::from(limits::NORMAL_BYTES_MAX) / length;
	let micros = weight.ref_time() / limits::NATIVE_SPEEDUP / 1_000_000;
	println!("a transfer: {weight:?} ({micros} µs natively), {length} bytes; fit: {by_weight} by weight, {by_length} by length");
	assert!(by_weight >= TRANSFERS_MIN, "{by_weight} by weight");
	assert!(by_length >= TRANSFERS_MIN, "{by_length} by length");
}

#[test]
fn a_block_takes_transfers_until_its_weight_is_used_and_refuses_the_next_one_softly() {
	let keys: Vec<_> = (0..250).map(|i| Key::ed25519(&format!("//{i}"))).collect();
	let mut chain = Chain::new(&keys.iter().collect::<Vec<_>>(), 1_000);
	let to = AccountId::new([9; 32]);
	let signed: Vec<UncheckedExtrinsic> = (0..60)
		.flat_map(|nonce| keys.iter().map(move |key| (nonce, key)))
		.map(|(nonce, key)| chain.sign(key, nonce, 0, transfer(&to, AMOUNT)))
		.collect();
	let (header, inherent) = (chain.next_header(), chain.inherent());
	let (fitted, refusal, header): (u64, _, Header) = chain.ext.execute_with(|| {
		Executive::initialize_block(&header);
		Executive::apply_extrinsic(inherent).expect("valid").expect("succeeds");
		let mut fitted = 0;
		let mut refusal = None;
		for transaction in signed {
			match Executive::apply_extrinsic(transaction) {
				Ok(result) => {
					result.expect("the transfer succeeds");
					fitted += 1;
				}
				Err(error) => {
					refusal = Some(error);
					break;
				}
			}
		}
		let used = System::block_weight();
		assert!(used.total().ref_time() <= limits::BLOCK_MAX.ref_time());
		(fitted, refusal, Executive::finalize_block())
	});
	println!("{fitted} transfers fitted into block {}", header.number);
	assert!(fitted >= TRANSFERS_MIN, "{fitted}");
	let exhausted = TransactionValidityError::from(InvalidTransaction::ExhaustsResources);
	assert_eq!(refusal, Some(exhausted), "the next one waits for the next block");
}

#[test]
fn the_measured_weights_are_in_the_same_unit() {
	assert_eq!(plexus_primitives::weights::REFERENCE_PER_NATIVE, limits::NATIVE_SPEEDUP);
}

#[test]
fn the_weights_of_tests_have_the_prices_of_frame() {
	use frame_support::{traits::Get, weights::constants::RocksDbWeight};
	assert_eq!(plexus_primitives::weights::RocksDb::get(), RocksDbWeight::get());
}

#[test]
fn what_blocks_do_for_their_validators_leaves_room_for_transactions() {
	type Weights = pallet_validators::weights::SubstrateWeight<plexus_runtime::Runtime>;
	use pallet_validators::WeightInfo;
	let each = Weights::every_block() + Weights::note_commit(100);
	let last = each + Weights::end_era();
	let micros =
		|weight: frame_support::weights::Weight| weight.ref_time() / limits::NATIVE_SPEEDUP / 1_000_000;
	println!("100 validators: {} µs in each block, {} µs in an era's last", micros(each), micros(last));
	let spare = limits::BLOCK_MAX - limits::NORMAL_MAX - limits::BLOCK_BASE;
	assert!(last.ref_time() <= spare.ref_time() / 2, "half is left to operational calls");
}

#[test]
fn what_rewards_do_for_the_fullest_calls_leaves_them_room_in_a_block() {
	use pallet_datanets::types::Registration;
	use plexus_primitives::{Content, DatanetId, DatanetVersion};
	let registration = Registration::<Runtime> {
		content: Content { root: [1; 32], len: 1 },
		media_type: Default::default(),
		locator: Default::default(),
		length_proof: vec![0; 2_048].try_into().expect("a typical proof"),
	};
	let registrations = vec![registration; 256].try_into().expect("as many as a call takes");
	let (datanet, salt) = (DatanetId(0), [0; 32]);
	let register = pallet_datanets::Call::<Runtime>::register { datanet, salt, registrations };
	let places = (1..=64).map(|from| pallet_rewards::Place::onward(datanet, DatanetVersion(from)));
	let places = places.collect::<Vec<_>>().try_into().expect("as many as a call takes");
	let claim = pallet_rewards::Call::<Runtime>::claim { account: AccountId::new([9; 32]), places };
	let most = limits::NORMAL_MAX.ref_time() / 2;
	for (name, weight) in [
		("256 registrations", register.get_dispatch_info().call_weight),
		("64 places", claim.get_dispatch_info().call_weight),
	] {
		let micros = weight.ref_time() / limits::NATIVE_SPEEDUP / 1_000_000;
		println!("{name}: {micros} µs natively");
		assert!(weight.ref_time() < most, "{name}: {weight:?}");
	}
}

#[test]
fn every_pallet_accepts_the_runtimes_configuration() {
	sp_io::TestExternalities::default().execute_with(|| {
		<plexus_runtime::AllPalletsWithSystem as frame_support::traits::IntegrityTest>::integrity_test();
	});
}
