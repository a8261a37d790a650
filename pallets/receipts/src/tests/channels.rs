//! Channels: opened, topped up, closed.

use super::*;

#[test]
fn a_channel_locks_the_amount_and_a_deposit_and_returns_both() {
	run(|| {
		let before = free(&account(PAYER));
		let id = open(5_000);
		assert_eq!(held(HoldReason::Channel, &account(PAYER)), 5_000);
		assert_eq!(held(HoldReason::ChannelDeposit, &account(PAYER)), INITIAL_CHANNEL_DEPOSIT);
		// What is returned is what was held, not today's price.
		ChannelDeposit::set(9_999);
		assert_ok!(Receipts::top_up(by(PAYER), id, 1_000));
		assert_eq!(held(HoldReason::Channel, &account(PAYER)), 6_000);
		assert_ok!(Receipts::close(by(PAYER), id));
		pass(GRACE_MS);
		assert_ok!(Receipts::finish(by(OTHER), id));
		assert!(has_event(Event::ChannelClosed {
			channel: id,
			refund: 6_000,
			deposit: INITIAL_CHANNEL_DEPOSIT
		}));
		assert_eq!(free(&account(PAYER)), before);
		assert_noop!(Receipts::finish(by(OTHER), id), Error::<Test>::UnknownChannel);
	});
}

#[test]
fn ids_are_never_given_twice() {
	run(|| {
		let first = open(10);
		assert_ok!(Receipts::close(signed(agent_account(0)), first));
		assert_eq!(open(10), ChannelId(first.0 + 1));
	});
}

#[test]
fn terms_that_nobody_could_rely_on_are_refused() {
	run(|| {
		let try_open = |change: &dyn Fn(&mut ChannelTerms<Test>)| {
			let mut terms = terms(&[0, 1]);
			change(&mut terms);
			with_storage_layer(|| Receipts::open(by(PAYER), AgentId(0), terms, 1))
		};
		let version = |datanet, version| (DatanetId(datanet), DatanetVersion(version));
		assert_eq!(try_open(&|terms| terms.models = listed([])), error(Error::NoModels));
		for models in [[1, 0], [1, 1]] {
			let unsorted = try_open(&|terms| terms.models = listed(models.map(ModelId)));
			assert_eq!(unsorted, error(Error::ModelsNotAscending));
		}
		let unsorted = try_open(&|terms| terms.corpora = listed([version(1, 1), version(0, 1)]));
		assert_eq!(unsorted, error(Error::CorporaNotAscending));
		let unknown = try_open(&|terms| terms.corpora = listed([version(1, 2)]));
		assert_eq!(unknown, error(Error::UnknownVersion));
		let soon = try_open(&|terms| terms.expires_at_ms = Now::get() + GRACE_MS);
		assert_eq!(soon, error(Error::ExpiresTooSoon));
		let unknown = try_open(&|terms| terms.models = listed([ModelId(9)]));
		assert_eq!(unknown, Err(pallet_models::Error::<Test>::UnknownModel.into()));
		assert_ok!(try_open(&|terms| terms.corpora = listed([version(0, 1), version(1, 1)])));
		assert_ok!(try_open(&|terms| terms.expires_at_ms = Now::get() + GRACE_MS + 1));
	});
}

#[test]
fn only_agents_that_serve_and_models_that_are_offered_get_new_channels() {
	run(|| {
		let try_open =
			|agent| with_storage_layer(|| Receipts::open(by(PAYER), AgentId(agent), terms(&[0]), 1));
		assert_eq!(try_open(7), Err(pallet_agents::Error::<Test>::UnknownAgent.into()));
		assert_ok!(Agents::set_paused(by(CONTROLLERS[0]), AgentId(0), true));
		assert_eq!(try_open(0), Err(pallet_agents::Error::<Test>::AgentPaused.into()));
		assert_ok!(Models::set_deprecated(by(DEVELOPERS[0]), ModelId(0), true));
		assert_eq!(try_open(1), Err(pallet_models::Error::<Test>::ModelDeprecated.into()));
	});
}

#[test]
fn who_cannot_pay_locks_nothing() {
	run(|| {
		let poor = by(OTHER);
		let all = free(&account(OTHER)) - EXISTENTIAL_DEPOSIT - INITIAL_CHANNEL_DEPOSIT;
		let open =
			|amount| with_storage_layer(|| Receipts::open(poor.clone(), AgentId(0), terms(&[0]), amount));
		assert_eq!(open(all + 1), Err(sp_runtime::TokenError::FundsUnavailable.into()));
		assert_eq!(open(Balance::MAX), Err(sp_runtime::TokenError::FundsUnavailable.into()));
		assert_ok!(open(all));
		let too_much = with_storage_layer(|| Receipts::top_up(poor.clone(), ChannelId(0), Balance::MAX));
		assert_eq!(too_much, error(Error::AmountTooLarge));
	});
}

#[test]
fn strangers_neither_top_up_nor_close() {
	run(|| {
		let id = open(100);
		assert_noop!(Receipts::top_up(by(OTHER), id, 1), Error::<Test>::NotPayer);
		assert_noop!(Receipts::close(by(OTHER), id), Error::<Test>::NotParty);
		assert_noop!(Receipts::close(signed(agent_account(1)), id), Error::<Test>::NotParty);
		assert_noop!(Receipts::finish(by(OTHER), id), Error::<Test>::ChannelAlive);
		assert_noop!(Receipts::top_up(by(PAYER), ChannelId(9), 1), Error::<Test>::UnknownChannel);
		assert_noop!(Receipts::close(by(PAYER), ChannelId(9)), Error::<Test>::UnknownChannel);
	});
}

#[test]
fn a_closing_channel_neither_grows_nor_closes_anew() {
	run(|| {
		let id = open(100);
		assert_ok!(Receipts::close(by(PAYER), id));
		assert!(has_event(Event::ChannelClosing { channel: id, closes_at_ms: Now::get() + GRACE_MS }));
		pass(GRACE_MS - 1);
		assert_noop!(Receipts::close(by(PAYER), id), Error::<Test>::ChannelClosing);
		assert_noop!(Receipts::top_up(by(PAYER), id, 1), Error::<Test>::ChannelClosing);
		assert_noop!(Receipts::finish(by(PAYER), id), Error::<Test>::ChannelAlive);
		pass(1);
		assert_ok!(Receipts::finish(by(PAYER), id));
	});
}

#[test]
fn the_server_waives_the_grace() {
	run(|| {
		let (open, closing) = (open(100), open(100));
		assert_ok!(Receipts::close(by(PAYER), closing));
		for id in [open, closing] {
			assert_ok!(Receipts::close(signed(agent_account(0)), id));
		}
		assert_eq!(held(HoldReason::Channel, &account(PAYER)), 0);
	});
}

#[test]
fn an_expired_channel_is_finished_by_anybody_and_is_no_longer_topped_up() {
	run(|| {
		let id = open(100);
		pass(10 * GRACE_MS - 1);
		assert_noop!(Receipts::finish(by(OTHER), id), Error::<Test>::ChannelAlive);
		assert_ok!(Receipts::top_up(by(PAYER), id, 1));
		pass(1);
		assert_noop!(Receipts::top_up(by(PAYER), id, 1), Error::<Test>::ChannelExpired);
		assert_ok!(Receipts::finish(by(OTHER), id));
	});
}

#[test]
fn closing_all_ends_what_there_is_and_nothing_that_comes_later() {
	run(|| {
		let (first, second) = (open(100), open_to(1, 100));
		assert_ok!(Receipts::open(by(OTHER), AgentId(0), terms(&[0]), 1));
		assert_ok!(Receipts::close_all(by(PAYER)));
		let later = open(100);
		for id in [first, second] {
			assert_noop!(Receipts::top_up(by(PAYER), id, 1), Error::<Test>::ChannelClosing);
			assert_noop!(Receipts::finish(by(OTHER), id), Error::<Test>::ChannelAlive);
		}
		pass(GRACE_MS);
		assert_ok!(Receipts::finish(by(OTHER), first));
		assert_ok!(Receipts::finish(by(OTHER), second));
		assert_noop!(Receipts::finish(by(OTHER), later), Error::<Test>::ChannelAlive);
		assert_noop!(Receipts::finish(by(OTHER), ChannelId(2)), Error::<Test>::ChannelAlive);
		assert_ok!(Receipts::top_up(by(PAYER), later, 1));
	});
}

#[test]
fn a_channel_that_closes_earlier_is_not_kept_by_closing_all() {
	run(|| {
		let id = open(100);
		assert_ok!(Receipts::close(by(PAYER), id));
		pass(GRACE_MS / 2);
		assert_ok!(Receipts::close_all(by(PAYER)));
		pass(GRACE_MS / 2);
		assert_ok!(Receipts::finish(by(PAYER), id));
	});
}

#[test]
fn closing_all_again_prolongs_no_grace_and_needs_something_to_close() {
	run(|| {
		assert_noop!(Receipts::close_all(by(PAYER)), Error::<Test>::NothingToClose);
		let early = open(100);
		assert_ok!(Receipts::close_all(by(PAYER)));
		assert_noop!(Receipts::close_all(by(PAYER)), Error::<Test>::NothingToClose);
		pass(GRACE_MS / 2);
		let late = open(100);
		assert_ok!(Receipts::close_all(by(PAYER)));
		pass(GRACE_MS / 2);
		assert_ok!(Receipts::finish(by(PAYER), early));
		assert_noop!(Receipts::finish(by(PAYER), late), Error::<Test>::ChannelAlive);
		pass(GRACE_MS / 2);
		assert_ok!(Receipts::finish(by(PAYER), late));
		assert_eq!(crate::Generations::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_generation_goes_with_its_last_channel_and_leaves_nothing_to_close() {
	run(|| {
		let ids = [open(1), open(1)];
		for id in ids {
			assert_eq!(crate::Generations::<Test>::iter().count(), 1);
			assert_ok!(Receipts::close(signed(agent_account(0)), id));
		}
		assert_eq!(crate::Generations::<Test>::iter().count(), 0);
		assert_noop!(Receipts::close_all(by(PAYER)), Error::<Test>::NothingToClose);
	});
}
