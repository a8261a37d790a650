//! Who gets what.

use super::*;
use frame_support::traits::{fungible::Balanced, Imbalance};
use sp_runtime::BuildStorage;

const FEE: Balance = 1_000_000;

/// 1,000,000 for model 2 through agent 0.
fn settle_one() -> ChannelId {
	let id = open(10 * FEE);
	assert_ok!(submit([redemption(id, &[receipt(2, FEE)])]));
	id
}

fn earned(account: &AccountId) -> Balance {
	crate::Earnings::<Test>::get(account)
}

#[test]
fn a_fee_goes_down_the_waterfall_as_specified() {
	run(|| {
		let issuance = Balances::total_issuance();
		settle_one();
		// 3 % protocol: half to the validators, half burned.
		assert_eq!(free(&ValidatorsPot::account()), EXISTENTIAL_DEPOSIT + 15_000);
		assert_eq!(issuance - Balances::total_issuance(), 15_000);
		// Of the 970,000: 10 % to model 0, 5 % to model 1, the rest is 824,500, 60 % of it the server's.
		assert_eq!(earned(&agent_account(0)), 494_700);
		assert_eq!(DataPools::of(2), 0, "the model has no data");
		assert_ok!(Receipts::pull_developer(by(OTHER), ModelId(2)));
		assert_eq!(earned(&account(DEVELOPERS[2])), 329_800);
		assert_ok!(Receipts::pull_royalty(by(OTHER), ModelId(2), ModelId(0)));
		assert_eq!(earned(&account(DEVELOPERS[0])), 77_600);
		assert_eq!(DataPools::of(0), 19_400);
		assert_ok!(Receipts::pull_royalty(by(OTHER), ModelId(2), ModelId(1)));
		assert_eq!((earned(&account(DEVELOPERS[1])), DataPools::of(1)), (36_375, 12_125));
		let paid = 15_000 + 15_000 + 494_700 + 329_800 + 77_600 + 19_400 + 36_375 + 12_125;
		assert_eq!(paid, FEE);
	});
}

#[test]
fn data_is_paid_by_the_policy_of_a_model_that_has_some() {
	run(|| {
		let id = open(FEE);
		assert_ok!(submit([redemption(id, &[receipt(0, FEE)])]));
		assert_eq!(DataPools::of(0), 194_000);
		assert_eq!(earned(&agent_account(0)), 485_000);
		assert_ok!(Receipts::pull_developer(by(OTHER), ModelId(0)));
		assert_eq!(earned(&account(DEVELOPERS[0])), 291_000);
	});
}

#[test]
fn nothing_is_pulled_twice_and_by_nobody_who_is_no_ancestor() {
	run(|| {
		let nothing = Error::<Test>::NothingDue;
		assert_noop!(Receipts::pull_developer(by(OTHER), ModelId(2)), nothing);
		settle_one();
		for _ in 0..2 {
			let _ = Receipts::pull_developer(by(OTHER), ModelId(2));
			let _ = Receipts::pull_royalty(by(OTHER), ModelId(2), ModelId(0));
		}
		assert_noop!(Receipts::pull_developer(by(OTHER), ModelId(2)), Error::<Test>::NothingDue);
		let pull = |model, ancestor| Receipts::pull_royalty(by(OTHER), ModelId(model), ModelId(ancestor));
		assert_noop!(pull(2, 0), Error::<Test>::NothingDue);
		assert_noop!(pull(2, 2), Error::<Test>::NotAncestor);
		assert_noop!(pull(0, 2), Error::<Test>::NotAncestor);
		assert_noop!(pull(2, 9), Error::<Test>::NotAncestor);
		assert_noop!(pull(9, 0), Error::<Test>::NothingDue);
		assert_eq!(earned(&account(DEVELOPERS[0])), 77_600);
	});
}

#[test]
fn royalties_bear_no_royalty() {
	run(|| {
		settle_one();
		assert_ok!(Receipts::pull_royalty(by(OTHER), ModelId(2), ModelId(1)));
		let book = crate::Books::<Test>::get(ModelId(1)).expect("the channel names it");
		assert_eq!(book.revenue, 0);
	});
}

#[test]
fn earnings_are_paid_to_whom_they_belong_whoever_asks() {
	run(|| {
		settle_one();
		let server = agent_account(0);
		let before = free(&server);
		assert_ok!(Receipts::withdraw(by(OTHER), server.clone()));
		assert_eq!(free(&server), before + 494_700);
		assert!(has_event(Event::Withdrawn { account: server.clone(), amount: 494_700 }));
		assert_noop!(Receipts::withdraw(by(OTHER), server), Error::<Test>::NothingDue);
	});
}

#[test]
fn an_account_that_cannot_be_paid_yet_keeps_its_earnings_and_hinders_nobody() {
	run(|| {
		// The agent's account dies, and earns less than keeps it alive.
		let server = agent_account(1);
		assert_ok!(Agents::deregister(by(CONTROLLERS[1]), AgentId(1)));
		let id = open(FEE);
		assert_ok!(submit([redemption(id, &[receipt(0, FEE)])]));
		crate::Earnings::<Test>::insert(account(99), 4);
		crate::Earnings::<Test>::mutate(agent_account(0), |earned| *earned -= 4);
		let dust = with_storage_layer(|| Receipts::withdraw(by(OTHER), account(99)));
		assert_eq!(dust, Err(sp_runtime::TokenError::BelowMinimum.into()));
		assert_eq!(earned(&account(99)), 4);
		assert_ok!(Receipts::withdraw(by(OTHER), agent_account(0)));
		assert_noop!(Receipts::withdraw(by(OTHER), server), Error::<Test>::NothingDue);
	});
}

#[test]
fn the_order_and_size_of_payments_change_nothing() {
	let results =
		[vec![997u128; 1], vec![1; 997], vec![500, 3, 494], vec![33; 30].into_iter().chain([7]).collect()]
			.map(|fees: Vec<Balance>| {
				new_test_ext().execute_with(|| {
					build_world();
					let id = open(FEE);
					for part in fees.chunks(RECEIPTS_MAX as usize) {
						let receipts: Vec<_> = part.iter().map(|fee| receipt(2, *fee)).collect();
						assert_ok!(submit([redemption(id, &receipts)]));
						let _ = Receipts::pull_developer(by(OTHER), ModelId(2));
						let _ =
							with_storage_layer(|| Receipts::pull_royalty(by(OTHER), ModelId(2), ModelId(0)));
					}
					let book = crate::Books::<Test>::get(ModelId(2)).expect("it earned");
					let developers = DEVELOPERS.map(|developer| earned(&account(developer)));
					(book, earned(&agent_account(0)), developers, DataPools::of(0))
				})
			});
	assert!(results.iter().all(|result| *result == results[0]), "{results:?}");
}

#[test]
fn burned_fees_count_for_the_servers_reputation_by_payer() {
	run(|| {
		let id = open(FEE);
		assert_ok!(Receipts::open(by(OTHER), AgentId(0), terms(&[0]), FEE));
		let two = [redemption(id, &[receipt(0, 300_000)]), redemption(ChannelId(1), &[receipt(0, 700_000)])];
		assert_ok!(submit(two));
		assert_eq!(Agents::reputation(AgentId(0)), (15_000, 2));
	});
}

#[test]
fn a_change_of_the_protocols_share_is_for_what_comes() {
	run(|| {
		let id = open(FEE);
		assert_ok!(submit([redemption(id, &[receipt(0, 100_000)])]));
		let (before, owed) = (Receipts::revenue(ModelId(0)), Receipts::owed());
		assert_ok!(Receipts::set_protocol_share(RuntimeOrigin::root(), percent(10)));
		assert!(has_event(Event::ProtocolShareSet { share: percent(10) }));
		assert_eq!(
			(Receipts::revenue(ModelId(0)), Receipts::owed()),
			(before, owed),
			"it was divided already"
		);
		assert_ok!(submit([redemption(id, &[receipt(0, 100_000)])]));
		assert!(has_event(Event::ProtocolPaid { batch: BatchId(0), validators: 1_500, burned: 1_500 }));
		assert!(has_event(Event::ProtocolPaid { batch: BatchId(1), validators: 5_000, burned: 5_000 }));
		// 97,000 and 90,000 are left; of these the developer has 30 %, however late it pulls.
		assert_ok!(Receipts::pull_developer(by(OTHER), ModelId(0)));
		assert_eq!(earned(&account(DEVELOPERS[0])), 56_100);
	});
}

#[test]
fn the_protocols_share_is_changed_by_its_origin_alone_and_within_its_bounds() {
	run(|| {
		let set = |origin, share| Receipts::set_protocol_share(origin, share);
		for origin in [by(PAYER), signed(agent_account(0)), RuntimeOrigin::none()] {
			assert_noop!(set(origin, percent(5)), DispatchError::BadOrigin);
		}
		let above = Perbill::from_parts(PROTOCOL_SHARE_MAX.deconstruct() + 1);
		for share in [Perbill::zero(), above, Perbill::one()] {
			assert_noop!(set(RuntimeOrigin::root(), share), Error::<Test>::InvalidProtocolShare);
		}
		assert_eq!(Receipts::protocol_share(), PROTOCOL_SHARE, "nothing else was set");
		for share in [PROTOCOL_SHARE_MIN, PROTOCOL_SHARE_MAX] {
			assert_ok!(set(RuntimeOrigin::root(), share));
			assert_eq!(Receipts::protocol_share(), share);
		}
	});
}

/// A chain whose genesis says this about the protocol's share.
fn with_genesis_share(protocol_share: Option<Perbill>) -> sp_io::TestExternalities {
	let receipts = crate::GenesisConfig { protocol_share, ..Default::default() };
	let genesis = RuntimeGenesisConfig { receipts, ..Default::default() };
	genesis.build_storage().expect("nobody has anything").into()
}

#[test]
fn a_genesis_names_the_protocols_share_or_leaves_it_as_it_is() {
	for (named, expected) in [(None, PROTOCOL_SHARE), (Some(percent(5)), percent(5))] {
		with_genesis_share(named).execute_with(|| {
			assert_eq!(Receipts::protocol_share(), expected);
			assert_eq!(crate::CurrentProtocolShare::<Test>::exists(), named.is_some());
			assert_ok!(Receipts::check_invariants());
		});
	}
}

#[test]
#[should_panic(expected = "receipts.protocolShare is out of its bounds")]
fn a_genesis_with_a_share_out_of_bounds_is_none() {
	with_genesis_share(Some(percent(41)));
}

#[test]
fn of_an_odd_share_the_burn_takes_the_odd_unit() {
	run(|| {
		let id = open(FEE);
		assert_ok!(submit([redemption(id, &[receipt(0, 100)])]));
		assert!(has_event(Event::ProtocolPaid { batch: BatchId(0), validators: 1, burned: 2 }));
	});
}

/// Settles a fee of a model that has so many more ancestors than the base, after all models are gone; the events.
fn settle_without_models(ancestors: u64) -> u32 {
	new_test_ext().execute_with(|| {
		build_world();
		let mut last = 0;
		for index in 0..ancestors {
			let name = format!("long {index}");
			last = put_model(DEVELOPERS[0], &name, &[last], 0, 25, policy(50, 20), true).0;
		}
		assert_ok!(Receipts::open(by(PAYER), AgentId(0), terms(&[last]), FEE));
		let redemption = redemption(ChannelId(0), &[receipt(last, 1_000)]);
		let lineages = pallet_models::Lineages::<Test>::drain().count();
		assert!(pallet_models::Models::<Test>::drain().count() > lineages);
		System::reset_events();
		assert_ok!(submit([redemption]));
		System::event_count()
	})
}

#[test]
fn settlement_reads_no_model_and_does_the_same_for_long_lineages() {
	assert_eq!(settle_without_models(0), settle_without_models(25));
}

#[test]
fn what_is_held_of_a_developers_part_is_pulled_only_once_released() {
	run(|| {
		settle_one();
		let model = ModelId(2);
		assert_eq!(Receipts::hold_developer(model, 300_000), 300_000);
		assert_eq!(Receipts::hold_developer(model, 300_000), 29_800, "no more than there is");
		assert_noop!(Receipts::pull_developer(by(OTHER), model), Error::<Test>::NothingDue);
		Receipts::release_developer(model, 100_000);
		assert_ok!(Receipts::pull_developer(by(OTHER), model));
		assert_eq!(earned(&account(DEVELOPERS[2])), 100_000);
		let charged = Receipts::charge_developer(model, 29_800).expect("the pot has it");
		assert_eq!(charged.peek(), 29_800);
		assert_ok!(Balances::resolve(&account(OTHER), charged).map_err(|_| "it has an account"));
		Receipts::release_developer(model, Balance::MAX);
		assert_ok!(Receipts::pull_developer(by(OTHER), model));
		assert_eq!(earned(&account(DEVELOPERS[2])), 300_000);
		assert_eq!(Receipts::charge_developer(model, 1).expect("nothing is held").peek(), 0);
	});
}

#[test]
fn where_a_pallet_above_settles_nobody_submits_past_it() {
	run(|| {
		let id = open(FEE);
		SubmitsDirectly::set(false);
		let paid = redemption(id, &[receipt(0, 100)]);
		assert_eq!(submit([paid.clone()]), error(Error::SubmitsElsewhere));
		let settled = Receipts::settle(AgentId(0), &agent_account(0), listed([paid])).expect("it may");
		let models: Vec<_> = settled.models.iter().map(|one| (one.model, one.fees)).collect();
		assert_eq!(models, [(ModelId(0), 100)]);
	});
}
