//! Arbitrary bytes in files: an error or a journal, never a panic, and never more than what was whole.

use super::*;
use crate::{crash::CrashDisk, journal::Journal, BatchLimits, Delivery, Identity, Owner};
use codec::Encode;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Opens whatever is there as everything that it could be, and uses it.
fn use_as_anything(disk: &CrashDisk) {
	let killed = disk.killed();
	if let Ok(mut purse) = Purse::open(killed.boxed(), GENESIS, signer()) {
		let channels: Vec<_> = purse.channels().collect();
		for (channel, at) in channels {
			let receipts = [receipt(1)];
			let first = at.sequence.wrapping_add(1);
			let _ = purse.last(channel);
			let _ =
				purse.sign(&SignRequest { channel, first, receipts: &receipts, ceiling: u128::MAX }, sign);
			let _ = purse.end(channel);
		}
	}
	let killed = disk.killed();
	if let Ok(mut ledger) = Ledger::open(killed.boxed(), GENESIS, SERVER, limits()) {
		for channel in ledger.channels() {
			let _ = ledger.see(channel, Some(state_of(channel)));
			let first = ledger.unsigned(channel).map_or(0, |unsigned| unsigned.first);
			for first in [first, 0, u64::MAX] {
				let receipts = vec![receipt(1)];
				let _ = ledger.receive(&Delivery {
					channel,
					first,
					receipts,
					sources: vec![],
					voucher: Some(sign(b"")),
				});
				let _ = ledger.waive(channel, first);
			}
		}
		let _ = ledger.batches(&BatchLimits::USUAL, &BTreeSet::new(), 3);
		let _ = ledger.commit();
	}
}

/// A journal whose frames are whole, with these payloads.
fn journal(owner: Owner, payloads: &[Vec<u8>]) -> CrashDisk {
	let disk = CrashDisk::default();
	let identity = Identity { genesis: GENESIS, owner };
	let (mut journal, _) = Journal::open(disk.boxed(), identity).expect("a new journal");
	for payload in payloads {
		journal.append(payload).expect("the disk is well");
	}
	disk
}

/// Something that reads like a record, in whatever order.
fn record() -> impl Strategy<Value = Vec<u8>> {
	let channel = 0u64..2;
	let sequence = prop_oneof![0u64..4, Just(u64::MAX), Just(u64::MAX - 1)];
	let point = (sequence.clone(), prop_oneof![0u128..9, Just(u128::MAX)], Just([7u8; 32]));
	let receipts = prop::collection::vec(prop_oneof![1u64..3, Just(u64::MAX - 1)].prop_map(receipt), 0..3);
	let signature = Just(sign(b""));
	let claim = (0u64, 1u32, 2u32, plexus_primitives::Evidence::Grounded { offset: 0, length: 1 });
	let claims = prop_oneof![Just(vec![]), Just(vec![claim])];
	let claimed =
		prop::collection::vec((prop_oneof![1u64..3, Just(u64::MAX - 1)].prop_map(receipt), claims), 0..3);
	prop_oneof![
		(channel.clone(), point).prop_map(|fields| (0u8, fields).encode()),
		(channel.clone(), receipts.clone()).prop_map(|fields| (1u8, fields).encode()),
		(channel.clone(), receipts, signature.clone()).prop_map(|fields| (1u8, fields).encode()),
		(channel.clone(), sequence.clone(), signature).prop_map(|fields| (2u8, fields).encode()),
		(3u8..5, channel.clone(), sequence).prop_map(|fields| fields.encode()),
		(2u8..7, channel.clone()).prop_map(|fields| fields.encode()),
		(channel, claimed).prop_map(|fields| (6u8, fields).encode()),
		prop::collection::vec(any::<u8>(), 0..40),
	]
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn whole_frames_with_any_payload_are_an_error_or_a_journal(
		payloads in prop::collection::vec(prop::collection::vec(record(), 1..4), 0..8),
	) {
		let payloads: Vec<Vec<u8>> = payloads.into_iter().map(|records| records.concat()).collect();
		use_as_anything(&journal(Owner::Signer(signer()), &payloads));
		use_as_anything(&journal(Owner::Server(SERVER), &payloads));
	}

	#[test]
	fn any_bytes_and_any_damage_are_an_error_or_a_journal(
		bytes in prop::collection::vec(any::<u8>(), 0..200),
		place in any::<prop::sample::Index>(),
		cut in any::<bool>(),
	) {
		use_as_anything(&CrashDisk::with(bytes.clone()));
		let good = journal(Owner::Server(SERVER), std::slice::from_ref(&bytes)).bytes();
		let place = place.index(good.len());
		let damaged = match cut {
			true => [&good[..place], &bytes].concat(),
			false => [&good[..place], &bytes, &good[place..]].concat(),
		};
		use_as_anything(&CrashDisk::with(damaged));
	}
}
