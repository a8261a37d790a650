//! Which vouchers are redeemed.

use super::*;

#[test]
fn one_voucher_covers_all_receipts_so_far() {
	run(|| {
		let id = open(1_000);
		assert_ok!(submit([redemption(id, &[receipt(0, 100), receipt(1, 200), receipt(0, 0)])]));
		assert_ok!(submit([redemption(id, &[receipt(0, 50)])]));
		let channel = crate::Channels::<Test>::get(id).expect("it is open");
		assert_eq!((channel.redeemed, channel.locked, channel.sequence), (350, 650, 4));
		assert_eq!(held(HoldReason::Channel, &account(PAYER)), 650);
	});
}

#[test]
fn an_earned_voucher_is_paid_whatever_became_of_model_and_agent() {
	run(|| {
		let id = open(1_000);
		assert_ok!(Models::set_deprecated(by(DEVELOPERS[0]), ModelId(0), true));
		assert_ok!(Agents::deregister(by(CONTROLLERS[0]), AgentId(0)));
		assert_ok!(Receipts::close(by(PAYER), id));
		pass(GRACE_MS - 1);
		let call = crate::Call::submit {
			server: AgentId(0),
			redemptions: listed([redemption(id, &[receipt(0, 100)])]),
		};
		assert_ok!(Agents::control(by(CONTROLLERS[0]), AgentId(0), Box::new(call.into())));
		// And also after the grace and the expiry, as long as nobody has finished it.
		pass(20 * GRACE_MS);
		assert_ok!(submit([redemption(id, &[receipt(0, 100)])]));
		assert_ok!(Receipts::finish(by(OTHER), id));
		assert!(has_event(Event::ChannelClosed {
			channel: id,
			refund: 800,
			deposit: INITIAL_CHANNEL_DEPOSIT
		}));
	});
}

#[test]
fn a_key_of_the_server_redeems_within_its_scope() {
	run(|| {
		let id = open(1_000);
		let terms = pallet_agents::Terms {
			scopes: listed([Serving]),
			budget: 0,
			fee_budget: 0,
			period_ms: 1_000,
			expires_at_ms: Now::get() + 1_000,
		};
		assert_ok!(Agents::delegate(by(CONTROLLERS[0]), AgentId(0), None, account(OTHER), terms));
		let call = crate::Call::submit {
			server: AgentId(0),
			redemptions: listed([redemption(id, &[receipt(0, 100)])]),
		};
		// Nothing leaves the agent's account but into a deposit: a key without a budget may.
		let delegation = plexus_primitives::DelegationId(0);
		assert_ok!(Agents::act(by(OTHER), AgentId(0), delegation, Box::new(call.into())));
		assert_eq!(crate::Earnings::<Test>::get(agent_account(0)), 48);
	});
}

#[test]
fn what_was_not_signed_as_it_is_submitted_is_refused() {
	run(|| {
		let id = open(1_000);
		let receipts = [receipt(0, 100), receipt(1, 200)];
		let good = redemption(id, &receipts);
		let with =
			|receipts: &[Receipt]| Redemption { receipts: listed(receipts.iter().copied()), ..good.clone() };
		let changed: Vec<Vec<Receipt>> = vec![
			vec![receipts[0]],
			vec![receipts[1]],
			vec![receipts[1], receipts[0]],
			vec![receipts[0], receipts[1], receipt(0, 0)],
			vec![receipt(0, 101), receipt(1, 199)],
			vec![receipts[0], receipt(1, 201)],
			vec![receipts[0], receipt(2, 200)],
			vec![receipts[0], Receipt { output: content(9), ..receipts[1] }],
			vec![receipts[0], Receipt { disclose: true, ..receipts[1] }],
		];
		for receipts in changed {
			assert_eq!(submit([with(&receipts)]), error(Error::InvalidVoucher), "{receipts:?}");
		}
		assert_eq!(submit([signed_by(KEY + 1, id, &receipts)]), error(Error::InvalidVoucher));
		// The server's own statement is not the payer's matter.
		let stated = Receipt { execution: Some([1; 32]), ..receipts[1] };
		assert_ok!(submit([with(&[receipts[0], stated])]));
	});
}

#[test]
fn empty_redemptions_unordered_channels_and_empty_content_are_refused() {
	run(|| {
		let (first, second) = (open(1_000), open(1_000));
		let one = |id| redemption(id, &[receipt(0, 1)]);
		assert_eq!(submit([]), error(Error::NothingToRedeem));
		assert_eq!(submit([redemption(first, &[])]), error(Error::NothingToRedeem));
		assert_eq!(submit([one(second), one(first)]), error(Error::ChannelsNotAscending));
		assert_eq!(submit([one(first), one(first)]), error(Error::ChannelsNotAscending));
		let empty = Content { root: [1; 32], len: 0 };
		for receipt in [
			Receipt { prompt: empty, ..receipt(0, 1) },
			Receipt { output: empty, ..receipt(0, 1) },
			Receipt { context: Some(Context { root: [1; 32], bytes: 0 }), ..receipt(0, 1) },
		] {
			assert_eq!(submit([redemption(first, &[receipt])]), error(Error::EmptyContent));
		}
		assert_ok!(submit([one(first), one(second)]));
	});
}

#[test]
fn a_batch_keeps_within_its_bounds() {
	run(|| {
		let (first, second) = (open(1_000), open(1_000));
		let many = |id, count: u32| redemption(id, &vec![receipt(0, 1); count as usize]);
		assert_eq!(submit([many(first, RECEIPTS_MAX), many(second, 1)]), error(Error::TooManyReceipts));
		let models = [receipt(0, 1), receipt(1, 1), receipt(2, 1)];
		assert_eq!(submit([redemption(first, &models)]), error(Error::TooManyModels));
		assert_ok!(submit([many(first, RECEIPTS_MAX - 1), many(second, 1)]));
	});
}

#[test]
fn a_model_that_the_payer_did_not_name_is_not_paid_for() {
	run(|| {
		assert_ok!(Receipts::open(by(PAYER), AgentId(0), terms(&[0, 2]), 1_000));
		assert_eq!(submit([redemption(ChannelId(0), &[receipt(1, 1)])]), error(Error::ModelNotInChannel));
		assert_ok!(submit([redemption(ChannelId(0), &[receipt(2, 1)])]));
	});
}

#[test]
fn more_than_is_locked_is_paid_once_the_payer_tops_up() {
	run(|| {
		let id = open(100);
		let voucher = redemption(id, &[receipt(0, 101)]);
		assert_eq!(submit([voucher.clone()]), error(Error::ExceedsLocked));
		assert_ok!(Receipts::top_up(by(PAYER), id, 1));
		assert_ok!(submit([voucher]));
		let overflowing = redemption(id, &[receipt(0, Balance::MAX), receipt(0, 1)]);
		assert_eq!(submit([overflowing]), error(Error::AmountTooLarge));
	});
}

#[test]
fn one_bad_voucher_leaves_the_others_unpaid() {
	run(|| {
		let (first, second) = (open(100), open(100));
		let (good, bad) = (redemption(first, &[receipt(0, 1)]), signed_by(KEY + 1, second, &[receipt(0, 1)]));
		let root = sp_io::storage::root(sp_runtime::StateVersion::V1);
		assert_eq!(submit([good, bad]), error(Error::InvalidVoucher));
		assert_eq!(sp_io::storage::root(sp_runtime::StateVersion::V1), root);
	});
}

#[test]
fn the_root_of_a_batch_proves_each_receipt_at_its_place() {
	use plexus_primitives::merkle;
	run(|| {
		let (first, second) = (open(100), open(100));
		let (one, two) = ([receipt(0, 1), receipt(1, 2)], [receipt(0, 3)]);
		assert_ok!(submit([redemption(first, &one), redemption(second, &two)]));
		let batch = crate::Batches::<Test>::get(BatchId(0)).expect("it was submitted");
		let leaves = [one[0].leaf(first, 1), one[1].leaf(first, 2), two[0].leaf(second, 1)];
		for (index, leaf) in leaves.iter().enumerate() {
			let proof = merkle::prove(&leaves, index).expect("it is there");
			assert!(merkle::verify(&batch.root, batch.receipts.into(), index as u64, leaf, &proof));
		}
	});
}

#[test]
fn the_record_of_a_batch_is_kept_as_long_as_was_said_and_its_deposit_returns() {
	run(|| {
		let server = agent_account(0);
		let before = free(&server);
		let id = open(100);
		assert_ok!(submit([redemption(id, &[receipt(0, 1)])]));
		assert_eq!(held(HoldReason::Batch, &server), INITIAL_BATCH_DEPOSIT);
		BatchDeposit::set(9_999);
		pass(RETENTION_MS - 1);
		assert_noop!(Receipts::clear_batch(by(OTHER), BatchId(0)), Error::<Test>::BatchRetained);
		pass(1);
		assert_ok!(Receipts::clear_batch(by(OTHER), BatchId(0)));
		assert_noop!(Receipts::clear_batch(by(OTHER), BatchId(0)), Error::<Test>::UnknownBatch);
		assert_eq!(free(&server), before);
	});
}
