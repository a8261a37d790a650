//! The payer: one signature for each sequence, over retries and crashes.

use super::*;
use crate::{
	crash::{CrashDisk, Failure},
	PurseError,
};
use codec::Encode;

#[test]
fn what_is_signed_is_what_the_chain_verifies() {
	let mut purse = purse(&CrashDisk::default());
	purse.begin(CHANNEL, start()).unwrap();
	let given = receipts(1..=3);
	let made = purse.sign(&request(1, &given), sign).unwrap();
	let acc = given.iter().zip(1..).fold(first_accumulator(&GENESIS, CHANNEL), |acc, (receipt, sequence)| {
		receipt.accumulate(&acc, sequence)
	});
	assert_eq!((made.at.sequence, made.at.cumulative, made.at.acc), (3, 6, acc));
	let bytes = voucher(&GENESIS, CHANNEL, 6, 3, &acc);
	assert!(made.signature.verify(&bytes[..], &signer()));
}

/// The example of `docs/payments.md`, which other implementations are measured against.
#[test]
fn the_documented_example_is_signed_and_verified_as_documented() {
	use codec::DecodeAll;
	use sp_core::ed25519;
	let (genesis, pair) = ([0x11; 32], ed25519::Pair::from_seed(&[0x2a; 32]));
	let content = |byte, len| Content { root: [byte; 32], len };
	let fee = plexus_primitives::constants::UNITS;
	let documented =
		Receipt { prompt: content(1, 100), output: content(2, 200), fee, disclose: false, ..receipt(1) };
	let bytes = |hex: &str| hex::decode(hex).expect("hexadecimal digits");
	let start = Point::start(&genesis, CHANNEL);
	assert_eq!(start.acc[..], bytes("4684b393c86a5876f1edd602e23e7d935f005e08278ce4e083a5c105c5a34f3f"));
	let disk = Box::new(crate::MemoryDisk::default());
	let mut purse = Purse::open(disk, genesis, pair.public().into()).unwrap();
	purse.begin(CHANNEL, start).unwrap();
	let request = SignRequest { channel: CHANNEL, first: 1, receipts: &[documented], ceiling: fee };
	let signed = purse
		.sign(&request, |bytes| {
			assert_eq!(
				hex::encode(bytes),
				"706c657875732f766f7563686572000011111111111111111111111111111111111111111111111111111111111111110700\
				 0000000000000010a5d4e8000000000000000000000001000000000000003ffb9529456742568cfb94edca597e480eeec851\
				 12b0122ca744edbfed3029e3"
			);
			pair.sign(bytes).into()
		})
		.unwrap();
	assert_eq!(signed.at.acc[..], bytes("3ffb9529456742568cfb94edca597e480eeec85112b0122ca744edbfed3029e3"));
	let voucher = bytes(
		"007abd98c3af1d0cb6ddacb6d29170c048da02f7e0f3f48fdb47b6a2cfc23dd3da07333fc12e895959bfbdfeee41ac2700779c1dc668d5\
		 cc54983cccda38777801",
	);
	let signature = Signature::decode_all(&mut &voucher[..]).expect("a signature");
	assert!(Voucher { signature, ..signed }.is_signed_by(&genesis, &pair.public().into()));
}

#[test]
fn the_same_receipts_again_get_the_same_voucher_and_others_none() {
	let disk = CrashDisk::default();
	let mut purse = purse(&disk);
	purse.begin(CHANNEL, start()).unwrap();
	let first = purse.sign(&request(1, &receipts(1..=2)), sign).unwrap();
	let again = |_: &[u8]| -> Signature { panic!("it was signed before") };
	assert_eq!(purse.sign(&request(1, &receipts(1..=2)), again).unwrap(), first);
	assert_eq!(purse.sign(&request(2, &receipts(2..=2)), again).unwrap(), first, "a part that ends there");
	for other in [
		request(1, &[receipt(1), receipt(9)]),
		request(2, &[receipt(9)]),
		request(1, &[receipt(1)]),
		request(1, &[receipt(1), receipt(9), receipt(3)]),
	] {
		let refused = purse.sign(&other, again).unwrap_err();
		assert!(matches!(refused, PurseError::AlreadySigned { signed: 2 }), "{refused}");
	}
	for first in [0, 4, u64::MAX] {
		let refused = purse.sign(&request(first, &[receipt(3)]), again).unwrap_err();
		assert!(matches!(refused, PurseError::Gap { signed: 2, .. }), "{refused}");
	}
	// The server says something else about the computation: not the payer's matter.
	let said = Receipt { execution: Some([1; 32]), ..receipt(2) };
	assert_eq!(purse.sign(&request(2, &[said]), again).unwrap(), first);
	// Signed for and unsigned ones together: signed beyond.
	let second = purse.sign(&request(2, &receipts(2..=4)), sign).unwrap();
	assert_eq!((second.at.sequence, second.at.cumulative), (4, 10));
	assert_eq!(purse.last(CHANNEL).unwrap().receipts, receipts(3..=4));
	let refused = purse.sign(&request(1, &receipts(1..=2)), again).unwrap_err();
	assert!(matches!(refused, PurseError::AlreadySigned { signed: 4 }), "{refused}");
}

#[test]
fn nothing_is_signed_above_the_ceiling_without_content_by_another_key_or_unbegun() {
	let mut purse = purse(&CrashDisk::default());
	let given = receipts(1..=3);
	assert!(matches!(purse.sign(&request(1, &given), sign), Err(PurseError::NotBegun(CHANNEL))));
	purse.begin(CHANNEL, start()).unwrap();
	assert!(matches!(purse.begin(CHANNEL, start()), Err(PurseError::AlreadyBegun(CHANNEL))));
	let ceiling = |ceiling| SignRequest { ceiling, ..request(1, &given) };
	let refused = purse.sign(&ceiling(5), sign).unwrap_err();
	assert!(matches!(refused, PurseError::AboveCeiling { cumulative: 6, ceiling: 5 }), "{refused}");
	let empty = [Receipt { output: Content { root: [0; 32], len: 0 }, ..receipt(1) }];
	assert!(matches!(purse.sign(&request(1, &empty), sign), Err(PurseError::EmptyContent)));
	let dear = [Receipt { fee: u128::MAX, ..receipt(1) }, receipt(2)];
	let dear = SignRequest { ceiling: u128::MAX, ..request(1, &dear) };
	assert!(matches!(purse.sign(&dear, sign), Err(PurseError::Point(_))));
	assert!(matches!(purse.sign(&request(1, &[]), sign), Err(PurseError::ReceiptCount(0))));
	let many = receipts(1..=257);
	assert!(matches!(purse.sign(&request(1, &many), sign), Err(PurseError::ReceiptCount(257))));
	let other = |bytes: &[u8]| Signature::from(sr25519::Pair::from_seed(&[3; 32]).sign(bytes));
	assert!(matches!(purse.sign(&request(1, &given), other), Err(PurseError::WrongKey)));
	purse.sign(&ceiling(6), sign).expect("exactly the ceiling, and nothing before was remembered");
	purse.end(CHANNEL).unwrap();
	assert!(purse.last(CHANNEL).is_none() && purse.end(CHANNEL).is_err());
}

/// What a payer does, and what it was given; the second time with other receipts where it can.
fn act(purse: &mut Purse, other: bool, given: &mut Vec<Voucher>) -> Result<(), PurseError> {
	match purse.begin(CHANNEL, start()) {
		Ok(()) | Err(PurseError::AlreadyBegun(_)) => {}
		Err(error) => return Err(error),
	}
	for step in 1..=3u64 {
		let signed = purse.last(CHANNEL).map_or(0, |signed| signed.voucher.at.sequence);
		// A payer that was killed may be asked for something else under the next sequence.
		let number = if other { step + 100 } else { step };
		match purse.sign(&request(signed + 1, &[receipt(number), receipt(number + 10)]), sign) {
			Ok(voucher) => given.push(voucher),
			Err(error) => return Err(error),
		}
	}
	Ok(())
}

fn assert_one_signature_each(given: &[Voucher], context: &str) {
	let mut seen = BTreeMap::new();
	for voucher in given {
		let before = seen.insert((voucher.channel, voucher.at.sequence), voucher.encode());
		assert!(before.is_none_or(|before| before == voucher.encode()), "signed twice: {context}");
	}
}

/// More than a voucher over two receipts takes in the journal, so that every way to tear it is tried.
const LONGEST_FRAME: usize = 350;

#[test]
fn no_sequence_has_two_signatures_wherever_the_power_fails_and_whatever_survives() {
	let whole = CrashDisk::default();
	whole.fail(Failure { after: usize::MAX, kept: 0, padded: false });
	act(&mut purse(&whole), false, &mut Vec::new()).unwrap();
	let operations = whole.operations();
	assert!(operations > 6, "a write and a sync for each record");
	let mut failures = 0;
	for after in 0..operations {
		for padded in [false, true] {
			for kept in 0..=LONGEST_FRAME {
				let disk = CrashDisk::default();
				disk.fail(Failure { after, kept, padded });
				let mut given = Vec::new();
				let context = format!("{after} {kept} {padded}");
				let failed = Purse::open(disk.boxed(), GENESIS, signer())
					.map_err(PurseError::from)
					.and_then(|mut purse| act(&mut purse, false, &mut given));
				assert!(failed.is_err() && disk.is_off(), "{context}");
				failures += 1;
				let survivor = disk.restarted();
				let mut again = purse(&survivor);
				if let Some(last) = given.last() {
					let found = again.last(CHANNEL).expect("what was given away is remembered").voucher;
					assert!(found.at.sequence >= last.at.sequence, "{context}");
				}
				given.extend(again.last(CHANNEL).map(|signed| signed.voucher));
				act(&mut again, true, &mut given).expect("the disk is well again");
				assert_one_signature_each(&given, &context);
			}
		}
	}
	assert!(failures > 1_000, "{failures} failures");
}

#[test]
fn a_purse_is_the_same_after_its_journal_was_rewritten() {
	let disk = CrashDisk::default();
	let mut purse = purse(&disk);
	for id in 0..20 {
		let channel = ChannelId(id);
		purse.begin(channel, Point::start(&GENESIS, channel)).unwrap();
	}
	let sign_next = |purse: &mut Purse, id: u64, number: u64| {
		let channel = ChannelId(id);
		let signed = purse.last(channel).map_or(0, |signed| signed.voucher.at.sequence);
		let given = vec![receipt(number); 200];
		let request = SignRequest { channel, first: signed + 1, receipts: &given, ceiling: u128::MAX };
		purse.sign(&request, sign).unwrap()
	};
	let mut longest = 0;
	for round in 0..10 {
		for id in 0..20 {
			sign_next(&mut purse, id, round);
			longest = longest.max(disk.bytes().len());
		}
	}
	let last: Vec<_> = (0..20).map(|id| purse.last(ChannelId(id))).collect();
	let length = disk.bytes().len();
	assert!(length < longest, "it was rewritten: {length} of {longest}");
	let again = super::purse(&disk.killed());
	assert_eq!((0..20).map(|id| again.last(ChannelId(id))).collect::<Vec<_>>(), last);
}
