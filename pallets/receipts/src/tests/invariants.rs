//! That a breach is noticed: each is planted and found.

use super::*;

/// Plants a breach in a world where everything has happened, and expects it to be found.
fn planted(breach: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		build_world();
		let id = open(1_000_000);
		assert_ok!(submit([redemption(id, &[receipt(0, 1_000), receipt(2, 200_000)])]));
		assert_ok!(Receipts::pull_developer(by(OTHER), ModelId(2)));
		assert_ok!(Receipts::pull_royalty(by(OTHER), ModelId(2), ModelId(0)));
		assert_ok!(Receipts::check_invariants());
		breach();
		assert!(Receipts::check_invariants().is_err(), "nobody noticed");
	});
}

fn change_channel(change: impl FnOnce(&mut crate::Channel<Test>)) {
	crate::Channels::<Test>::mutate(ChannelId(0), |channel| change(channel.as_mut().expect("it is open")));
}

fn change_book(model: u64, change: impl FnOnce(&mut crate::Book<AccountId>)) {
	crate::Books::<Test>::mutate(ModelId(model), |book| change(book.as_mut().expect("it earned")));
}

#[test]
fn locked_funds_that_are_not_on_hold_are_noticed() {
	planted(|| change_channel(|channel| channel.locked += 1));
	planted(|| change_channel(|channel| channel.deposit -= 1));
	planted(|| {
		crate::Batches::<Test>::mutate(BatchId(0), |batch| {
			batch.as_mut().expect("it is kept").deposit += 1;
		})
	});
}

#[test]
fn a_pot_that_owes_more_than_it_has_is_noticed() {
	planted(|| crate::Earnings::<Test>::mutate(account(OTHER), |earned| *earned += EXISTENTIAL_DEPOSIT + 1));
	planted(|| {
		assert_ok!(Balances::burn_from(
			&Receipts::pot(),
			EXISTENTIAL_DEPOSIT + 1,
			frame_support::traits::tokens::Preservation::Expendable,
			frame_support::traits::tokens::Precision::Exact,
			frame_support::traits::tokens::Fortitude::Force,
		));
	});
	planted(|| change_book(0, |book| book.revenue += 1_000));
}

#[test]
fn books_that_gave_away_too_much_or_forgot_what_they_gave_are_noticed() {
	planted(|| change_book(2, |book| book.developer_taken += 1_000));
	planted(|| change_book(2, |book| book.royalties_taken += 1));
	planted(|| change_book(2, |book| book.terms.royalties = percent(1)));
	planted(|| change_book(2, |book| book.protocol_remainder = 1_000_000_000));
	planted(|| crate::RoyaltiesTaken::<Test>::mutate(ModelId(2), ModelId(1), |taken| *taken += 1));
	planted(|| crate::Books::<Test>::remove(ModelId(1)));
}

#[test]
fn a_share_of_the_protocol_out_of_its_bounds_is_noticed() {
	planted(|| crate::CurrentProtocolShare::<Test>::put(Perbill::zero()));
	planted(|| crate::CurrentProtocolShare::<Test>::put(percent(41)));
}

#[test]
fn generations_that_lost_count_are_noticed() {
	planted(|| crate::Generations::<Test>::remove(ChannelId(0)));
	planted(|| crate::CurrentGenerations::<Test>::insert(account(OTHER), ChannelId(0)));
	planted(|| {
		let generation = crate::Generation { channels: 2, closes_at_ms: None };
		crate::Generations::<Test>::insert(ChannelId(0), generation);
	});
	planted(|| {
		let generation = crate::Generation { channels: 1, closes_at_ms: Some(0) };
		crate::Generations::<Test>::insert(ChannelId(0), generation);
	});
}

#[test]
fn ids_that_were_never_given_are_noticed() {
	planted(|| crate::NextChannelId::<Test>::put(ChannelId(0)));
	planted(|| crate::NextBatchId::<Test>::put(BatchId(0)));
	planted(|| change_channel(|channel| channel.sequence = 0));
}
