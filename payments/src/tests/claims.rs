//! Claims: held with their receipts, submitted with them, and never more than a batch takes.

use super::*;
use crate::{
	crash::CrashDisk, journal::Journal, Batch, BatchLimits, Claims, Delivery, Fault, Identity, Owner,
	ReceiptClaim,
};
use codec::Encode;
use plexus_primitives::{ContributionId, Evidence, MethodId};
use std::collections::BTreeSet;

fn claim(contribution: u64) -> ReceiptClaim {
	ReceiptClaim {
		contribution: ContributionId(contribution),
		version: DatanetVersion(1),
		method: MethodId(0),
		evidence: Evidence::Grounded { offset: contribution, length: 3 },
	}
}

/// Claims for these contributions about the receipt with this sequence.
fn about(sequence: u64, contributions: impl IntoIterator<Item = u64>) -> Claims {
	Claims::from([(sequence, contributions.into_iter().map(claim).collect())])
}

/// Receipts with a voucher over all up to the last of them.
fn signed(channel: ChannelId, numbers: std::ops::RangeInclusive<u64>) -> Delivery {
	let voucher = Some(voucher_over(channel, &receipts(1..=*numbers.end())));
	Delivery { channel, first: *numbers.start(), receipts: receipts(numbers), sources: vec![], voucher }
}

fn next(ledger: &mut Ledger, limits: BatchLimits) -> Option<Batch> {
	ledger.batch(&limits, &BTreeSet::new())
}

fn claimed(batch: &Batch) -> Vec<(u32, u64)> {
	batch.claims.iter().map(|claim| (claim.receipt, claim.contribution.0)).collect()
}

#[test]
fn claims_survive_kills_and_rewriting_and_are_submitted_with_their_receipts_places() {
	let disk = CrashDisk::default();
	let mut open = ledger(&disk);
	let other = ChannelId(9);
	for channel in [other, CHANNEL] {
		open.see(channel, Some(state_of(channel))).unwrap();
	}
	open.receive_with(&signed(other, 1..=2), &about(2, [5, 6])).unwrap();
	open.receive_with(&signed(CHANNEL, 1..=3), &about(1, [7])).unwrap();
	open.commit().unwrap();
	let given = Delivery { voucher: None, ..signed(CHANNEL, 1..=3) };
	// The same again, with claims or without, as when a voucher follows.
	open.receive_with(&given, &about(1, [7])).unwrap();
	open.receive(&given).unwrap();
	for conflict in [about(1, [8]), about(1, [7, 8]), about(2, [7])] {
		let sequence = *conflict.keys().next().unwrap();
		assert_eq!(open.receive_with(&given, &conflict), Err(Fault::ClaimsConflict { sequence }));
	}

	let mut again = ledger(&disk.killed());
	assert_eq!(next(&mut again, BatchLimits::USUAL), None, "the chain was not asked yet");
	for channel in [other, CHANNEL] {
		again.see(channel, Some(state_of(channel))).unwrap();
	}
	let batch = next(&mut again, BatchLimits::USUAL).unwrap();
	// Channel 7 comes first, with three receipts.
	assert_eq!(claimed(&batch), [(0, 7), (4, 5), (4, 6)]);
	let placed = batch.placed();
	assert_eq!((placed[4].channel, placed[4].sequence, placed[4].receipt), (other, 2, receipt(2)));
	assert_eq!(batch.clone().without_claims(), (Batch { claims: vec![], ..batch }, 3));

	let redeemed = Point::start(&GENESIS, CHANNEL).after_all(&receipts(1..=3)).unwrap();
	again.see(CHANNEL, Some(ChannelState { redeemed, ..state() })).unwrap();
	let batch = next(&mut again, BatchLimits::USUAL).unwrap();
	assert_eq!(claimed(&batch), [(1, 5), (1, 6)]);
	let needs = again.needs();
	let roots: BTreeSet<_> =
		receipts(1..=2).iter().flat_map(|one| [one.prompt.root, one.output.root]).collect();
	assert_eq!(needs.roots, roots);
	assert_eq!(needs.redeemed, [(CHANNEL, 3), (other, 0)].into());
}

#[test]
fn what_is_waived_takes_its_claims_along() {
	let mut ledger = ledger(&CrashDisk::default());
	ledger.see(CHANNEL, Some(state())).unwrap();
	let unsigned = Delivery { voucher: None, ..signed(CHANNEL, 1..=2) };
	ledger.receive_with(&unsigned, &about(2, [5])).unwrap();
	ledger.waive(CHANNEL, 2).unwrap();
	ledger.receive(&signed(CHANNEL, 2..=2)).unwrap();
	assert!(next(&mut ledger, BatchLimits::USUAL).unwrap().claims.is_empty());
}

#[test]
fn no_more_is_claimed_up_to_a_voucher_than_a_batch_takes_and_batches_keep_within_their_limits() {
	let few = Limits { voucher_claims: 4, voucher_targets: 3, ..limits() };
	let disk = CrashDisk::default();
	let mut ledger = Ledger::open(disk.boxed(), GENESIS, SERVER, few).unwrap();
	ledger.see(CHANNEL, Some(state())).unwrap();
	let unsigned = |number| Delivery { voucher: None, ..signed(CHANNEL, number..=number) };
	ledger.receive_with(&unsigned(1), &about(1, [1, 1])).unwrap();
	let refused = ledger.receive_with(&unsigned(2), &about(2, [1, 1, 1]));
	assert_eq!(refused, Err(Fault::ClaimsUnsigned { claims: 5, targets: 1 }));
	let refused = ledger.receive_with(&signed(CHANNEL, 2..=2), &about(2, [2, 3, 4]));
	assert_eq!(refused, Err(Fault::ClaimsUnsigned { claims: 5, targets: 4 }));
	ledger.receive_with(&signed(CHANNEL, 2..=2), &about(2, [2, 3])).unwrap();
	// Behind a voucher there is room again.
	ledger.receive_with(&signed(CHANNEL, 3..=3), &about(3, [4, 5, 6])).unwrap();

	let limits = |claims, targets| BatchLimits { claims, targets, ..BatchLimits::USUAL };
	for (limits, receipts) in [(limits(7, 6), 3), (limits(6, 6), 2), (limits(7, 5), 2), (limits(4, 3), 2)] {
		let batch = next(&mut ledger, limits).unwrap();
		assert_eq!(batch.receipts(), receipts, "{limits:?}");
		assert!(batch.claims.len() <= limits.claims);
	}
	assert_eq!(next(&mut ledger, limits(3, 6)), None, "up to the first voucher there are four");
}

#[test]
fn a_journal_of_the_format_before_claims_is_read_and_raised() {
	let disk = CrashDisk::default();
	let identity = Identity { genesis: GENESIS, owner: Owner::Server(SERVER) };
	let (mut journal, _) = Journal::open_as(1, disk.boxed(), identity).unwrap();
	let began = (0u8, CHANNEL, Point::start(&GENESIS, CHANNEL)).encode();
	let received = (1u8, CHANNEL, receipts(1..=2)).encode();
	journal.append(&[began, received].concat()).unwrap();
	drop(journal);
	assert_eq!(disk.bytes()[16], 1);
	let opened = ledger(&disk);
	assert_eq!(opened.standing(CHANNEL).unwrap().last.sequence, 2);
	drop(opened);
	assert_eq!(disk.bytes()[16], 2, "older programs do not read what comes behind");
	assert_eq!(ledger(&disk).standing(CHANNEL).unwrap().last.sequence, 2);
}
