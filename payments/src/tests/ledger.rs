//! The server: what it takes, what it refuses, and that it forgets nothing that it took.

use super::*;
use crate::{
	crash::{CrashDisk, Failure},
	BatchLimits, Delivery, Fault, JournalError, PointError, ReceiptFault,
};
use std::collections::BTreeSet;

fn open_ledger() -> Ledger {
	let mut ledger = ledger(&CrashDisk::default());
	ledger.see(CHANNEL, Some(state())).unwrap();
	ledger
}

fn delivery(first: u64, receipts: &[Receipt]) -> Delivery {
	Delivery { channel: CHANNEL, first, receipts: receipts.to_vec(), sources: vec![], voucher: None }
}

/// Receipts with a voucher over all up to the last of them, which are numbered from one.
fn signed(numbers: std::ops::RangeInclusive<u64>) -> Delivery {
	let voucher = Some(voucher_over(CHANNEL, &receipts(1..=*numbers.end())));
	Delivery { voucher, ..delivery(*numbers.start(), &receipts(numbers)) }
}

fn next(ledger: &mut Ledger) -> Option<Batch> {
	ledger.batch(&BatchLimits::USUAL, &BTreeSet::new())
}

#[test]
fn receipts_and_vouchers_are_taken_once_and_redeemed_as_far_as_the_payer_signed() {
	let mut ledger = open_ledger();
	let mut chain = Chain::default();
	chain.open(CHANNEL, PLENTY);
	ledger.receive(&signed(1..=2)).unwrap();
	let standing = ledger.receive(&delivery(3, &receipts(3..=4))).unwrap();
	assert_eq!((standing.last.sequence, standing.signed.sequence, standing.redeemed.sequence), (4, 2, 0));
	for again in [signed(1..=2), delivery(2, &receipts(2..=3)), delivery(1, &receipts(1..=4))] {
		assert_eq!(ledger.receive(&again).unwrap(), standing, "taken before");
	}
	assert_eq!(ledger.unsigned(CHANNEL).unwrap(), delivery(3, &receipts(3..=4)));

	let batch = next(&mut ledger).unwrap();
	chain.submit(&batch).unwrap();
	assert_eq!(chain.paid(CHANNEL), receipts(1..=2));
	assert_eq!(next(&mut ledger), Some(batch.clone()), "proposed until the chain shows it");
	chain.submit(&batch).expect_err("redeemed once");
	let seen = ledger.see(CHANNEL, chain.state(CHANNEL)).unwrap();
	assert_eq!((seen.redeemed, seen.lost), (2, 0));
	assert_eq!(next(&mut ledger), None, "the rest is not signed for");
	assert_eq!(ledger.receive(&signed(2..=3)), Err(Fault::AlreadyRedeemed { redeemed: 2 }));

	// A voucher alone, over what is held.
	let voucher = Delivery { receipts: vec![], first: 5, ..signed(1..=4) };
	assert_eq!(ledger.receive(&voucher).unwrap().signed.sequence, 4);
	chain.submit(&next(&mut ledger).unwrap()).unwrap();
	assert_eq!(chain.paid(CHANNEL), receipts(1..=4));
}

#[test]
fn what_would_not_be_paid_is_refused_and_changes_nothing() {
	let mut ledger = open_ledger();
	ledger.receive(&signed(1..=2)).unwrap();
	let before = ledger.standing(CHANNEL).unwrap();
	let one = |receipt| delivery(3, &[receipt]);
	let with_context = Receipt { context: Some(context()), ..receipt(3) };
	let foreign = Delivery { sources: vec![(DatanetId(1), DatanetVersion(2))], ..one(with_context) };
	let wrong = |numbers: std::ops::RangeInclusive<u64>| Some(voucher_over(CHANNEL, &receipts(numbers)));
	let elsewhere = Some(voucher_over(ChannelId(8), &receipts(1..=3)));
	let bad = |sequence, cumulative| Fault::BadVoucher { sequence, cumulative };
	for (given, fault) in [
		(Delivery { channel: ChannelId(8), ..one(receipt(3)) }, Fault::UnknownChannel(ChannelId(8))),
		(delivery(3, &[]), Fault::ReceiptCount(0)),
		(delivery(3, &receipts(3..=259)), Fault::ReceiptCount(257)),
		(delivery(4, &[receipt(4)]), Fault::Gap { given: 4, last: 2 }),
		(delivery(0, &[receipt(4)]), Fault::Gap { given: 0, last: 2 }),
		(delivery(u64::MAX, &[receipt(4)]), Fault::Gap { given: u64::MAX, last: 2 }),
		(delivery(2, &[receipt(9)]), Fault::Conflict { sequence: 2 }),
		(
			one(Receipt { model: ModelId(9), ..receipt(3) }),
			Fault::Receipt(ReceiptFault::ModelNotInChannel(ModelId(9))),
		),
		(
			one(Receipt { prompt: Content { root: [1; 32], len: 0 }, ..receipt(3) }),
			Fault::Receipt(ReceiptFault::EmptyContent),
		),
		(foreign, Fault::Receipt(ReceiptFault::SourceNotInChannel(DatanetId(1), DatanetVersion(2)))),
		(
			one(Receipt { fee: PLENTY, ..receipt(3) }),
			Fault::AboveLocked { cumulative: PLENTY + 3, capacity: PLENTY },
		),
		(one(Receipt { fee: u128::MAX, ..receipt(3) }), Fault::Point(PointError::SumTooLarge)),
		(delivery(3, &receipts(3..=6)), Fault::Unsigned { receipts: 4, fees: 18 }),
		(one(Receipt { fee: 1_001, ..receipt(3) }), Fault::Unsigned { receipts: 1, fees: 1_001 }),
		(Delivery { voucher: wrong(1..=2), ..one(receipt(3)) }, bad(3, 6)),
		(Delivery { voucher: elsewhere, ..one(receipt(3)) }, bad(3, 6)),
		(Delivery { voucher: wrong(1..=3), receipts: vec![], ..one(receipt(3)) }, bad(2, 3)),
	] {
		assert_eq!(ledger.receive(&given), Err(fault), "{given:?}");
		assert_eq!(ledger.standing(CHANNEL).unwrap(), before);
	}
	ledger
		.receive(&Delivery { sources: vec![(DatanetId(1), DatanetVersion(1))], ..one(with_context) })
		.unwrap();
}

#[test]
fn without_corpora_a_channel_pays_for_no_context() {
	let mut ledger = ledger(&CrashDisk::default());
	let terms = Terms { corpora: vec![], ..state().terms };
	ledger.see(CHANNEL, Some(ChannelState { terms, ..state() })).unwrap();
	let given = delivery(1, &[Receipt { context: Some(context()), ..receipt(1) }]);
	assert_eq!(ledger.receive(&given), Err(Fault::Receipt(ReceiptFault::ContextWithoutCorpora)));
}

#[test]
fn a_channel_that_ends_gets_no_receipts_but_its_vouchers_are_taken_and_go_first() {
	let mut ledger = open_ledger();
	let other = ChannelId(1);
	ledger.see(other, Some(state_of(other))).unwrap();
	for number in 1..=9 {
		let voucher = Some(voucher_over(other, &receipts(1..=number)));
		let given = Delivery { channel: other, voucher, ..delivery(number, &[receipt(number)]) };
		ledger.receive(&given).unwrap();
	}
	ledger.receive(&delivery(1, &[receipt(1)])).unwrap();
	ledger.see(CHANNEL, Some(ChannelState { closing: true, ..state() })).unwrap();
	assert_eq!(ledger.receive(&delivery(2, &[receipt(2)])), Err(Fault::Closing));
	assert!(!ledger.totals(&BTreeSet::new()).urgent, "nothing is signed for");
	ledger.receive(&signed(1..=1)).unwrap();
	assert!(ledger.totals(&BTreeSet::new()).urgent);
	let without = ledger.totals(&BTreeSet::from([CHANNEL]));
	assert_eq!((without.urgent, without.receipts, without.signed), (false, 10, 9));
	let few = BatchLimits { channels: 1, ..BatchLimits::USUAL };
	for _ in 0..2 {
		let batch = ledger.batch(&few, &BTreeSet::new()).unwrap();
		assert_eq!(batch.redemptions[0].channel, CHANNEL);
	}

	ledger.see(CHANNEL, Some(state())).unwrap();
	let margin = limits().margin_ms;
	ledger.tell_clock(state().ends_at_ms - margin - 1);
	ledger.receive(&delivery(2, &[receipt(2)])).unwrap();
	ledger.tell_clock(state().ends_at_ms - margin);
	ledger.tell_clock(0);
	assert_eq!(ledger.receive(&delivery(3, &[receipt(3)])), Err(Fault::EndsSoon { ends_at_ms: 1_000_000 }));
	ledger.receive(&signed(2..=2)).unwrap();
}

#[test]
fn what_is_not_signed_for_can_be_waived_and_something_else_served_in_its_place() {
	let mut ledger = open_ledger();
	ledger.receive(&signed(1..=2)).unwrap();
	ledger.receive(&delivery(3, &receipts(3..=5))).unwrap();
	for from in [0, 1, 2] {
		assert_eq!(ledger.waive(CHANNEL, from), Err(Fault::NotWaivable { kept: 2 }));
	}
	assert_eq!(ledger.waive(CHANNEL, 9).unwrap().last.sequence, 5, "there is nothing behind");
	assert_eq!(ledger.waive(CHANNEL, 4).unwrap().last.sequence, 3);
	ledger.receive(&delivery(4, &[receipt(9)])).unwrap();
	assert_eq!(ledger.totals(&BTreeSet::new()).receipts, 4);
}

#[test]
fn batches_keep_their_limits_end_at_vouchers_and_leave_nobody_waiting() {
	let disk = CrashDisk::default();
	let wide = Limits { channels: 40, receipts: 100_000, ..limits() };
	let mut ledger = Ledger::open(disk.boxed(), GENESIS, SERVER, wide).unwrap();
	let mut chain = Chain::default();
	// Two large channels that are filled again and again, and many small ones.
	let large = [ChannelId(0), ChannelId(1)];
	let all: Vec<_> = (0..30).map(ChannelId).collect();
	let mut served: BTreeMap<ChannelId, Vec<Receipt>> = BTreeMap::new();
	for channel in &all {
		chain.open(*channel, u128::MAX / 4);
		ledger.see(*channel, chain.state(*channel)).unwrap();
	}
	let mut serve = |ledger: &mut Ledger, channel: ChannelId, size: usize| {
		let served = served.entry(channel).or_default();
		let first = served.len() as u64 + 1;
		// Of two models in turn.
		let fresh = vec![Receipt { model: ModelId(5 + first / 30 % 2), ..receipt(first) }; size];
		served.extend(&fresh);
		let voucher = Some(voucher_over(channel, served));
		let given = Delivery { channel, first, receipts: fresh, sources: vec![], voucher };
		ledger.receive(&given).unwrap();
	};
	for channel in &all {
		serve(&mut ledger, *channel, 3);
	}
	let mut waited = 0;
	while all[2..].iter().any(|channel| chain.paid(*channel).is_empty()) {
		for channel in large {
			for _ in 0..9 {
				serve(&mut ledger, channel, 30);
			}
		}
		let batch = next(&mut ledger).expect("there is always something");
		assert!(batch.receipts() > 220, "as full as vouchers allow: {}", batch.receipts());
		chain.submit(&batch).expect("within the chain's limits");
		for channel in &all {
			ledger.see(*channel, chain.state(*channel)).unwrap();
		}
		waited += 1;
		assert!(waited <= all.len(), "a small channel waits for ever");
	}
	let several = ledger.batches(&BatchLimits::USUAL, &BTreeSet::new(), 3);
	assert!(several.len() == 3 && several.iter().all(|batch| batch.receipts() > 220));
	let mut ahead = chain.clone();
	for batch in &several {
		ahead.submit(batch).expect("each goes on where the last one ended");
	}
	let none = BTreeSet::from(large);
	let except = ledger.batch(&BatchLimits::USUAL, &none);
	assert_eq!(except, None, "the others have nothing left");
	let one_model = BatchLimits { models: 1, ..BatchLimits::USUAL };
	let batch = ledger.batch(&one_model, &BTreeSet::new()).unwrap();
	let models: BTreeSet<_> =
		batch.redemptions.iter().flat_map(|one| &one.receipts).map(|receipt| receipt.model).collect();
	assert_eq!(models.len(), 1);
}

#[test]
fn a_large_delivery_with_its_voucher_is_taken_where_unsigned_it_is_not() {
	let mut ledger = open_ledger();
	let free = |count: u64| -> Vec<Receipt> {
		(1..=count).map(|number| Receipt { fee: 1, ..receipt(number) }).collect()
	};
	let all = free(259);
	assert!(matches!(ledger.receive(&delivery(1, &all[..4])), Err(Fault::Unsigned { receipts: 4, .. })));
	ledger.receive(&delivery(1, &all[..3])).unwrap();
	let voucher = |count: usize| Some(voucher_over(CHANNEL, &all[..count]));
	let too_many = Delivery { voucher: voucher(257), ..delivery(4, &all[3..257]) };
	assert!(
		matches!(ledger.receive(&too_many), Err(Fault::Unsigned { receipts: 257, .. })),
		"more than a batch"
	);
	ledger.receive(&Delivery { voucher: voucher(256), ..delivery(4, &all[3..256]) }).unwrap();
	assert_eq!(next(&mut ledger).unwrap().receipts(), 256);
}

#[test]
fn the_tables_are_bounded_and_idle_channels_make_room() {
	let mut ledger = open_ledger();
	ledger.receive(&signed(1..=1)).unwrap();
	for id in 10..30 {
		ledger.see(ChannelId(id), Some(state_of(ChannelId(id)))).unwrap();
		assert!(ledger.channels().len() <= limits().channels);
	}
	assert!(ledger.channels().contains(&CHANNEL), "something is held of it");
	for id in ledger.channels() {
		let voucher = Some(voucher_over(id, &receipts(1..=1)));
		ledger.receive(&Delivery { channel: id, voucher, ..delivery(1, &[receipt(1)]) }).unwrap();
	}
	assert_eq!(ledger.see(ChannelId(40), Some(state_of(ChannelId(40)))), Err(Fault::TooManyChannels));
	let other = ChannelState { server: AgentId(9), ..state_of(ChannelId(41)) };
	assert_eq!(ledger.see(ChannelId(41), Some(other)), Err(Fault::OtherServer(ChannelId(41), AgentId(9))));

	let few = Limits { receipts: 2, ..limits() };
	let mut ledger = Ledger::open(CrashDisk::default().boxed(), GENESIS, SERVER, few).unwrap();
	ledger.see(CHANNEL, Some(state())).unwrap();
	assert_eq!(ledger.receive(&signed(1..=3)), Err(Fault::TooManyReceipts));
	ledger.receive(&signed(1..=2)).unwrap();
}

#[test]
fn what_others_redeemed_and_what_ended_is_told_and_the_channel_goes_on_from_there() {
	let mut ledger = open_ledger();
	ledger.receive(&signed(1..=2)).unwrap();
	ledger.receive(&delivery(3, &receipts(3..=4))).unwrap();
	let elsewhere = start().after_all(&receipts(11..=13)).unwrap();
	let seen = ledger.see(CHANNEL, Some(ChannelState { redeemed: elsewhere, ..state() })).unwrap();
	assert_eq!((seen.redeemed, seen.lost, seen.lost_signed), (0, 4, 3));
	let standing = ledger.standing(CHANNEL).unwrap();
	assert_eq!((standing.last, standing.signed), (elsewhere, elsewhere));
	let seen = ledger.see(CHANNEL, Some(state())).unwrap();
	assert_eq!(seen, Default::default(), "a node that lags behind takes nothing back");
	assert_eq!(ledger.standing(CHANNEL).unwrap().redeemed, elsewhere);
	ledger.receive(&delivery(4, &[receipt(14)])).unwrap();
	let seen = ledger.see(CHANNEL, None).unwrap();
	assert_eq!((seen.lost, seen.lost_signed), (1, 0));
	assert_eq!(ledger.standing(CHANNEL), None);
	assert_eq!(ledger.totals(&BTreeSet::new()), Default::default());
}

#[test]
fn what_a_node_that_lags_behind_shows_after_a_restart_is_not_all_there_is() {
	let disk = CrashDisk::default();
	let mut before = ledger(&disk);
	before.see(CHANNEL, Some(state())).unwrap();
	before.receive(&signed(1..=2)).unwrap();
	let redeemed = start().after_all(&receipts(1..=2)).unwrap();
	let later = ChannelState { redeemed, ..state() };
	before.see(CHANNEL, Some(later.clone())).unwrap();
	before.commit().unwrap();
	let mut again = ledger(&disk.killed());
	assert_eq!(again.needs().unseen, 1, "nobody asked yet");
	again.see(CHANNEL, Some(state())).unwrap();
	assert_eq!(again.needs().unseen, 1, "the chain was further");
	again.see(CHANNEL, Some(later)).unwrap();
	assert_eq!(again.needs().unseen, 0);
}

/// Steps of a server, each with its commit.
fn steps() -> Vec<fn(&mut Ledger, &mut Chain)> {
	fn take(ledger: &mut Ledger, delivery: &Delivery) {
		ledger.receive(delivery).expect("it is in order");
	}
	fn look(ledger: &mut Ledger, chain: &mut Chain) {
		ledger.see(CHANNEL, chain.state(CHANNEL)).expect("it is ours");
	}
	let steps: [fn(&mut Ledger, &mut Chain); 8] = [
		look,
		|ledger, _| take(ledger, &signed(1..=2)),
		|ledger, _| take(ledger, &delivery(3, &receipts(3..=4))),
		|ledger, _| drop(ledger.waive(CHANNEL, 4).expect("it is not signed for")),
		|ledger, _| take(ledger, &signed(3..=4)),
		|ledger, chain| {
			let batch = next(ledger).expect("something is signed for");
			chain.submit(&batch).expect("it is in order");
		},
		look,
		|ledger, _| take(ledger, &signed(5..=6)),
	];
	steps.to_vec()
}

#[test]
fn what_was_committed_survives_a_failure_at_any_byte_and_the_rest_is_paid_after_it() {
	let fresh_chain = || {
		let mut chain = Chain::default();
		chain.open(CHANNEL, PLENTY);
		chain
	};
	let run = |disk: &CrashDisk, chain: &mut Chain| -> Result<(), JournalError> {
		let mut ledger = Ledger::open(disk.boxed(), GENESIS, SERVER, limits())?;
		ledger.see(CHANNEL, chain.state(CHANNEL)).expect("it is ours");
		for (promised, step) in (1..).zip(steps()) {
			step(&mut ledger, chain);
			ledger.commit()?;
			PROMISED.with(|cell| cell.set(promised));
		}
		Ok(())
	};
	thread_local!(static PROMISED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) });
	let whole = CrashDisk::default();
	whole.fail(Failure { after: usize::MAX, kept: 0, padded: false });
	run(&whole, &mut fresh_chain()).unwrap();
	let operations = whole.operations();
	assert!(operations > 10);
	for after in 0..operations {
		for kept in 0..=350 {
			// Padding matters less than where the tear is.
			for padded in [false, true].into_iter().filter(|padded| !padded || kept % 8 == 0) {
				PROMISED.with(|cell| cell.set(0));
				let (disk, mut chain) = (CrashDisk::default(), fresh_chain());
				disk.fail(Failure { after, kept, padded });
				run(&disk, &mut chain).expect_err("the power fails");
				let promised = PROMISED.with(std::cell::Cell::get);
				let context = format!("{after} {kept} {padded}: {promised} steps");
				let mut ledger = ledger(&disk.restarted());
				ledger.see(CHANNEL, chain.state(CHANNEL)).expect("it is ours");
				let standing = ledger.standing(CHANNEL).expect("the chain has it");
				let (last, signed) = match promised {
					0 | 1 => (0, 0),
					2 => (2, 2),
					// The waiver may have been written although it was not promised.
					3 => (3, 2),
					4 => (3, 2),
					5..=7 => (4, 4),
					_ => (6, 6),
				};
				assert!(standing.last.sequence >= last, "{context}: {standing:?}");
				assert!(standing.signed.sequence >= signed, "{context}: {standing:?}");
				while let Some(batch) = next(&mut ledger) {
					chain.submit(&batch).expect(&context);
					ledger.see(CHANNEL, chain.state(CHANNEL)).expect("it is ours");
				}
				let paid = chain.paid(CHANNEL);
				assert_eq!(paid, &receipts(1..=6)[..paid.len()], "{context}");
				assert!(paid.len() as u64 >= signed, "{context}");
			}
		}
	}
}

#[test]
fn a_ledger_is_the_same_after_its_journal_was_rewritten() {
	let disk = CrashDisk::default();
	let mut ledger = ledger(&disk);
	let mut chain = Chain::default();
	chain.open(CHANNEL, u128::MAX / 2);
	ledger.see(CHANNEL, chain.state(CHANNEL)).unwrap();
	let (mut point, mut longest, mut sequence) = (start(), 0, 0u64);
	for round in 0..240 {
		let fresh: Vec<_> = (1..=240).map(|number| receipt(sequence + number)).collect();
		point = point.after_all(&fresh).unwrap();
		let voucher = Some(sign(&Voucher::signed_bytes(&GENESIS, CHANNEL, &point)));
		ledger.receive(&Delivery { voucher, ..delivery(sequence + 1, &fresh) }).unwrap();
		sequence += 240;
		ledger.commit().unwrap();
		longest = longest.max(disk.bytes().len());
		if round % 3 == 2 {
			while let Some(batch) = next(&mut ledger) {
				chain.submit(&batch).unwrap();
				ledger.see(CHANNEL, chain.state(CHANNEL)).unwrap();
			}
		}
	}
	ledger.receive(&delivery(sequence + 1, &[receipt(1), receipt(2)])).unwrap();
	ledger.commit().unwrap();
	assert!(disk.bytes().len() < longest, "it was rewritten");
	let mut again = super::ledger(&disk.killed());
	assert_eq!(again.totals(&BTreeSet::new()).receipts, ledger.totals(&BTreeSet::new()).receipts);
	again.see(CHANNEL, chain.state(CHANNEL)).unwrap();
	assert_eq!(again.standing(CHANNEL), ledger.standing(CHANNEL));
	assert_eq!(again.unsigned(CHANNEL), ledger.unsigned(CHANNEL));
	assert_eq!(next(&mut again), next(&mut ledger));
}
