//! Attacks, and how they end.

use super::*;

#[test]
fn a_voucher_is_not_redeemed_twice() {
	run(|| {
		let id = open(1_000);
		let voucher = redemption(id, &[receipt(0, 100)]);
		assert_ok!(submit([voucher.clone()]));
		assert_eq!(submit([voucher]), error(Error::InvalidVoucher));
	});
}

#[test]
fn a_stale_voucher_fits_nothing() {
	run(|| {
		let id = open(1_000);
		let stale = redemption(id, &[receipt(0, 100)]);
		assert_ok!(submit([redemption(id, &[receipt(0, 100), receipt(0, 50)])]));
		assert_eq!(submit([stale]), error(Error::InvalidVoucher));
	});
}

#[test]
fn a_voucher_of_another_channel_or_chain_fits_nothing() {
	run(|| {
		let (first, second) = (open(1_000), open(1_000));
		let voucher = redemption(first, &[receipt(0, 100)]);
		assert_eq!(submit([Redemption { channel: second, ..voucher.clone() }]), error(Error::InvalidVoucher));
		let foreign = {
			let acc = plexus_primitives::receipt::first_accumulator(&[7; 32], first);
			let receipts = [receipt(0, 100)];
			let acc = receipts[0].accumulate(&acc, 1);
			let signature = sign(KEY, &plexus_primitives::receipt::voucher(&[7; 32], first, 100, 1, &acc));
			Redemption { channel: first, receipts: listed(receipts), signature }
		};
		assert_eq!(submit([foreign]), error(Error::InvalidVoucher));
		assert_ok!(submit([voucher]));
	});
}

#[test]
fn nobody_redeems_for_another_server() {
	run(|| {
		let id = open(1_000);
		let voucher = redemption(id, &[receipt(0, 100)]);
		assert_eq!(submit_by(1, [voucher.clone()]), error(Error::NotServer));
		let redeem =
			|who| with_storage_layer(|| Receipts::submit(signed(who), AgentId(0), listed([voucher.clone()])));
		for who in [account(PAYER), account(CONTROLLERS[0]), agent_account(1)] {
			assert_eq!(redeem(who), error(Error::NotServer));
		}
		assert_ok!(redeem(agent_account(0)));
	});
}

#[test]
fn a_close_race_is_lost_by_the_payer() {
	run(|| {
		let id = open(1_000);
		let voucher = redemption(id, &[receipt(0, 600)]);
		assert_ok!(Receipts::close(by(PAYER), id));
		assert_noop!(Receipts::finish(by(PAYER), id), Error::<Test>::ChannelAlive);
		pass(GRACE_MS - 1);
		assert_ok!(submit([voucher]));
		pass(1);
		assert_ok!(Receipts::finish(by(PAYER), id));
		assert!(has_event(Event::ChannelClosed {
			channel: id,
			refund: 400,
			deposit: INITIAL_CHANNEL_DEPOSIT
		}));
	});
}

#[test]
fn a_freeze_of_the_payers_account_voids_no_voucher() {
	use frame_support::traits::{LockableCurrency, WithdrawReasons};
	run(|| {
		let id = open(1_000_000);
		let voucher = redemption(id, &[receipt(0, 600_000)]);
		// All that the payer has, held or not, is frozen.
		Balances::set_lock(*b"trickery", &account(PAYER), Balance::MAX, WithdrawReasons::all());
		assert_ok!(submit([voucher]));
	});
}

#[test]
fn many_tiny_fees_do_not_escape_the_protocols_share() {
	run(|| {
		let id = open(1_000);
		let before = Balances::total_issuance() - free(&ValidatorsPot::account());
		for _ in 0..10 {
			// 3 % of each is nothing when rounded down.
			assert_ok!(submit([redemption(id, &[receipt(0, 1); 10])]));
		}
		let after = Balances::total_issuance() - free(&ValidatorsPot::account());
		assert_eq!(before - after, 3);
	});
}

#[test]
fn wash_inference_costs_whoever_washes() {
	run(|| {
		// Payer, server's controller, developer of model and ancestors are one: all comes back but the protocol's share.
		let id = open(1_000_000);
		assert_ok!(submit([redemption(id, &[receipt(0, 1_000_000)])]));
		assert_ok!(Receipts::pull_developer(by(OTHER), ModelId(0)));
		let back = crate::Earnings::<Test>::get(agent_account(0))
			+ crate::Earnings::<Test>::get(account(DEVELOPERS[0]))
			+ DataPools::of(0);
		assert_eq!(back, 970_000);
	});
}

#[test]
fn an_intermediary_launders_no_royalty() {
	run(|| {
		// Model 2 descends from 0 through 1, and a further model through an intermediary that asks nothing.
		let third = put_model(DEVELOPERS[2], "laundered", &[2], 0, 25, policy(60, 25), false);
		assert_ok!(Receipts::open(by(PAYER), AgentId(0), terms(&[2, third.0]), 100_000));
		assert_ok!(submit([redemption(ChannelId(0), &[receipt(2, 10_000), receipt(third.0, 10_000)])]));
		let due = |model| Receipts::royalty_due(ModelId(model), ModelId(0));
		assert_eq!(due(third.0), due(2));
		assert_eq!(due(2), 970);
	});
}

#[test]
fn a_former_controllers_signer_is_good_for_the_grace_only() {
	run(|| {
		let agent = AgentId(1);
		let open = crate::Call::open { server: AgentId(0), terms: terms(&[0]), amount: 1_000 };
		assert_ok!(Agents::control(by(CONTROLLERS[1]), agent, Box::new(open.into())));
		assert_ok!(Agents::propose_controller(by(CONTROLLERS[1]), agent, Some(account(OTHER))));
		assert_ok!(Agents::accept_controller(by(OTHER), agent, None));
		let closing = Receipts::channel(ChannelId(0)).expect("the grace is not over");
		assert!(closing.closing);
		// What was earned before is paid in time.
		assert_ok!(submit([redemption(ChannelId(0), &[receipt(0, 100)])]));
		pass(GRACE_MS);
		assert_ok!(Receipts::finish(by(OTHER), ChannelId(0)));
		assert_eq!(held(HoldReason::Channel, &agent_account(1)), 0);
	});
}

#[test]
fn gifts_to_the_pot_are_nobodys() {
	new_test_ext().execute_with(|| {
		build_world();
		let id = open(1_000);
		assert_ok!(Balances::transfer_allow_death(by(OTHER), Receipts::pot(), 5_000));
		assert_ok!(submit([redemption(id, &[receipt(0, 1_000)])]));
		assert_ok!(Receipts::withdraw(by(OTHER), agent_account(0)));
		assert_ok!(Receipts::check_invariants());
		assert_eq!(pot(), EXISTENTIAL_DEPOSIT + 5_000 + Receipts::owed());
	});
}
