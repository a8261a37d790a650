//! Which claims may be made, and what they move.

use super::*;

#[test]
fn a_span_moves_its_share_of_the_output() {
	run(|| {
		let filed = file_true();
		assert_eq!(amounts(filed.batch), [TRUE_AMOUNT]);
		let batch = Batches::<Test>::get(filed.batch).expect("it is open");
		assert_eq!(batch.hold, 3 * TRUE_AMOUNT + PARAMETERS.hold_floor);
		assert_eq!(held(HoldReason::Batch, &server()), batch.hold);
		assert_eq!(held(HoldReason::Deposit, &server()), OPEN_DEPOSIT + CLAIM_DEPOSIT);
		let share = batch.models[0];
		assert_eq!((share.fees, share.data, share.claimed), (FEE, DATA, TRUE_AMOUNT));
		assert_eq!((share.developer, share.held), (DEVELOPERS, DEVELOPERS));
		assert_eq!(free(&Attribution::pot()), EXISTENTIAL_DEPOSIT + DATA);
	});
}

#[test]
fn a_retrieved_piece_moves_its_share_of_the_context() {
	run(|| {
		let pieces = [piece(RETRIEVED, 0, 300), piece(RETRIEVED, 1_000, 700)];
		let one = Receipt { context: Some(context(&pieces)), disclose: false, ..receipt(b"rose") };
		let filed = file(&[one], &[grounded(0, RETRIEVED, 0, 300)]);
		assert_eq!(amounts(filed.batch), [DATA * 6 / 10 * 300 / 1_000]);
		assert_eq!(Batches::<Test>::get(filed.batch).expect("it is open").models[0].held, 0);
	});
}

#[test]
fn a_receipts_data_money_is_its_part_by_its_fee() {
	run(|| {
		let small = Receipt { fee: FEE / 4, ..receipt(&quoting()) };
		let claims = [span(0, ORIGINAL, 500, 1_500, 1_000), span(1, ORIGINAL, 500, 1_500, 1_000)];
		let filed = file(&[small, receipt(&quoting())], &claims);
		assert_eq!(amounts(filed.batch), [TRUE_AMOUNT / 4, TRUE_AMOUNT]);
	});
}

#[test]
fn each_rule_of_claims_is_enforced() {
	run(|| {
		let pieces = [piece(RETRIEVED, 0, 3_000)];
		let retrieving = Receipt { context: Some(context(&pieces)), ..receipt(&quoting()) };
		let hidden = Receipt { disclose: false, ..retrieving };
		let cheap = Receipt { fee: 1, ..retrieving };
		let receipts = [retrieving, hidden, cheap];
		let good = span(0, ORIGINAL, 500, 1_500, 1_000);
		let found = grounded(0, RETRIEVED, 0, 500);
		let version = |claim, version| Claim { version: DatanetVersion(version), ..claim };
		let attested = Evidence::Attested { score: Perbill::one() };
		let refused = |claims: &[Claim], expected: Error<Test>| {
			assert_eq!(try_file(&receipts, claims).err(), Some(expected.into()), "{claims:?}");
		};
		refused(&[Claim { method: MethodId(1), ..good }], Error::UnknownMethod);
		refused(&[Claim { receipt: 3, ..good }], Error::UnknownReceipt);
		refused(&[span(0, 99, 500, 1_500, 1_000)], Error::UnknownContribution);
		refused(&[version(good, 2)], Error::VersionNotInScope);
		refused(&[span(0, UNLISTED, 500, 1_500, 1_000)], Error::VersionNotInScope);
		refused(&[span(0, LATE, 500, 1_500, 1_000)], Error::NotInVersion);
		refused(&[grounded(0, ORIGINAL, 0, 500)], Error::VersionNotInScope);
		refused(&[span(0, RETRIEVED, 0, 0, 500)], Error::VersionNotInScope);
		refused(&[grounded(0, RETRIEVED, 0, 0)], Error::RangeOutside);
		refused(&[grounded(0, RETRIEVED, 0, 3_001)], Error::RangeOutside);
		refused(&[grounded(0, RETRIEVED, 3_990, 11)], Error::RangeOutside);
		refused(&[grounded(0, RETRIEVED, u64::MAX, 11)], Error::RangeOutside);
		refused(&[span(0, ORIGINAL, 500, 1_500, 31)], Error::TooShort);
		refused(&[span(0, ORIGINAL, 1_500, 1_500, 501)], Error::RangeOutside);
		refused(&[span(0, ORIGINAL, 500, 3_500, 501)], Error::RangeOutside);
		refused(&[span(0, ORIGINAL, u64::MAX, 0, 100)], Error::RangeOutside);
		refused(&[Claim { receipt: 1, ..good }], Error::NotDisclosed);
		refused(&[Claim { receipt: 2, ..good }], Error::MovesNothing);
		refused(&[Claim { evidence: attested, ..good }], Error::MovesNothing);
		refused(&[Claim { receipt: 1, ..found }, found], Error::ClaimsNotAscending);
		refused(&[good, span(0, COPY, 1_499, 0, 100)], Error::RangesOverlap);
		refused(&[found, grounded(0, RETRIEVED, 499, 10)], Error::RangesOverlap);
		refused(&[grounded(0, RETRIEVED, 0, 3_000), good], Error::ExceedsCeiling);
		// The same receipts are redeemed all the same.
		file(&receipts, &[found, good]);
	});
}

#[test]
fn a_context_is_claimed_only_if_there_is_one() {
	run(|| {
		let claim = grounded(0, RETRIEVED, 0, 300);
		assert_eq!(try_file(&[receipt(b"rose")], &[claim]).err(), Some(Error::<Test>::NoContext.into()));
	});
}

#[test]
fn bytes_that_were_put_before_the_model_are_not_claimed_as_a_span_too() {
	run(|| {
		// Of a contribution that is in corpus and manifest.
		let id = ChannelId(0);
		pallet_receipts::Channels::<Test>::mutate(id, |channel| {
			let channel = channel.as_mut().expect("the world has it");
			channel.terms.corpora = listed([(DatanetId(0), DatanetVersion(1))]);
		});
		let one = Receipt { context: Some(context(&[piece(ORIGINAL, 1_000, 2_000)])), ..receipt(&quoting()) };
		let found = grounded(0, ORIGINAL, 1_000, 600);
		let (within, beside) = (span(0, ORIGINAL, 500, 1_500, 200), span(0, ORIGINAL, 600, 1_600, 200));
		assert_eq!(try_file(&[one], &[found, within]).err(), Some(Error::<Test>::RangesOverlap.into()));
		file(&[one], &[found, beside]);
	});
}

#[test]
fn content_that_is_listed_twice_is_not_claimed_twice() {
	run(|| {
		let listing = contribute(2, &bytes_of(ORIGINAL), false);
		publish(2);
		pallet_receipts::Channels::<Test>::mutate(ChannelId(0), |channel| {
			let channel = channel.as_mut().expect("the world has it");
			channel.terms.corpora = listed([(DatanetId(2), DatanetVersion(2))]);
		});
		let pieces = [piece(listing, 1_000, 2_000)];
		let one = Receipt { context: Some(context(&pieces)), ..receipt(&quoting()) };
		let found = Claim { version: DatanetVersion(2), ..grounded(0, listing, 1_000, 600) };
		let (within, beside) = (span(0, ORIGINAL, 500, 1_500, 200), span(0, ORIGINAL, 600, 1_600, 200));
		for claims in [[found, within], [within, found]] {
			assert_eq!(try_file(&[one], &claims).err(), Some(Error::<Test>::RangesOverlap.into()));
		}
		let filed = file(&[one], &[found, beside]);
		// Had submission a mistake, the challenge would find it.
		let set = |evidence| {
			Claims::<Test>::mutate(filed.batch, |claims| {
				claims.as_mut().expect("it has claims")[1].evidence = evidence;
			});
		};
		set(within.evidence);
		let shown = Challenge::Unlawful { claim: 0, receipt: filed.proof(0) };
		assert_ok!(challenge(filed.batch, &shown));
		set(beside.evidence);
	});
}

#[test]
fn an_output_that_repeats_itself_may_be_claimed_for_each_time() {
	run(|| {
		let quote = &bytes_of(ORIGINAL)[..100];
		let output = [quote, quote].concat();
		let filed =
			file(&[receipt(&output)], &[span(0, ORIGINAL, 0, 0, 100), span(0, ORIGINAL, 100, 0, 100)]);
		assert_eq!(amounts(filed.batch), [DATA * 3 / 20; 2]);
	});
}

#[test]
fn a_receipt_has_no_more_claims_than_it_may() {
	run(|| {
		let output = text(60, 2_000);
		let claims =
			|count: u64| (0..count).map(|at| span(0, ORIGINAL, 40 * at, 40 * at, 40)).collect::<Vec<_>>();
		let max = u64::from(RECEIPT_CLAIMS_MAX);
		let refused = try_file(&[receipt(&output)], &claims(max + 1)).err();
		assert_eq!(refused, Some(Error::<Test>::TooManyClaimsOfReceipt.into()));
		file(&[receipt(&output)], &claims(max));
	});
}

#[test]
fn a_batch_has_no_more_targets_than_it_may() {
	run(|| {
		let context = Some(context(&[piece(RETRIEVED, 0, 3_000)]));
		let one = Receipt { context, ..receipt(&text(60, 2_000)) };
		let other = Receipt { model: ModelId(1), ..one };
		let all: Vec<_> = [0, 1]
			.into_iter()
			.flat_map(|at| {
				[span(at, ORIGINAL, 0, 0, 40), span(at, COPY, 40, 0, 40), grounded(at, RETRIEVED, 0, 40)]
			})
			.collect();
		let max = TARGETS_MAX as usize;
		let refused = try_file(&[one, other], &all[..max + 1]).err();
		assert_eq!(refused, Some(Error::<Test>::TooManyTargets.into()));
		file(&[one, other], &all[..max]);
	});
}

#[test]
fn a_submission_that_fails_redeems_nothing() {
	run(|| {
		let before = pallet_receipts::Channels::<Test>::get(ChannelId(0));
		assert!(try_file(&[receipt(b"rose")], &[span(0, ORIGINAL, 0, 0, 1_000)]).is_err());
		assert_eq!(pallet_receipts::Channels::<Test>::get(ChannelId(0)), before);
		assert_eq!(free(&Attribution::pot()), EXISTENTIAL_DEPOSIT);
	});
}

#[test]
fn only_the_servers_account_submits() {
	run(|| {
		let redemptions = listed([redemption(&[receipt(b"rose")])]);
		let submitted =
			with_storage_layer(|| Attribution::submit(by(CONTROLLER), AgentId(0), redemptions, listed([])));
		assert_eq!(submitted, Err(pallet_receipts::Error::<Test>::NotServer.into()));
	});
}

#[test]
fn nobody_submits_past_the_window_through_the_receipts() {
	run(|| {
		let redemptions = listed([redemption(&[receipt(b"rose")])]);
		let submitted = with_storage_layer(|| Receipts::submit(signed(server()), AgentId(0), redemptions));
		assert_eq!(submitted, Err(pallet_receipts::Error::<Test>::SubmitsElsewhere.into()));
	});
}

#[test]
fn a_method_is_registered_once_and_must_be_readable() {
	run(|| {
		assert_eq!(Attribution::method_id(&method()), Some(MethodId(0)));
		assert_refused!(Attribution::register_method(by(OTHER), method()), Error::<Test>::MethodExists);
		let other = Method { version: 2, ..method() };
		let issuance = Balances::total_issuance();
		assert_ok!(Attribution::register_method(by(OTHER), other.clone()));
		assert_eq!(issuance - Balances::total_issuance(), METHOD_PRICE);
		assert_eq!(Attribution::method_id(&other), Some(MethodId(1)));
		for bad in [&b""[..], b"a\nb", b"\xff"] {
			let bad = Method { algorithm: listed(bad.iter().copied()), ..method() };
			assert_refused!(Attribution::register_method(by(OTHER), bad), Error::<Test>::UnreadableMethod);
		}
	});
}

#[test]
fn an_open_batch_keeps_the_parameters_it_was_submitted_under() {
	run(|| {
		let filed = file_true();
		let changed = Parameters { window_ms: 3 * PARAMETERS.window_ms, span: percent(10), ..PARAMETERS };
		assert_refused!(Attribution::set_parameters(by(OTHER), changed), DispatchError::BadOrigin);
		assert_ok!(Attribution::set_parameters(RuntimeOrigin::root(), changed));
		assert_eq!(Batches::<Test>::get(filed.batch).expect("it is open").parameters, PARAMETERS);
		assert_eq!(amounts(file_true().batch), [TRUE_AMOUNT / 3]);
		see_through(&filed);
		assert_ok!(finalise(filed.batch));
	});
}

#[test]
fn an_open_batch_keeps_what_the_protocols_share_left_of_it() {
	run(|| {
		let filed = file_true();
		let open = Batches::<Test>::get(filed.batch);
		assert_ok!(Receipts::set_protocol_share(RuntimeOrigin::root(), percent(10)));
		assert_eq!(Batches::<Test>::get(filed.batch), open);
		see_through(&filed);
		assert_ok!(finalise(filed.batch));
		assert_eq!(Ledger::of_model(0), DATA - TRUE_AMOUNT);
		assert_ok!(Receipts::pull_developer(by(OTHER), ModelId(0)));
		assert_eq!(Receipts::earnings(&account(DEVELOPER)), DEVELOPERS);
		let next = Batches::<Test>::get(file_true().batch).expect("it is open");
		let data: Vec<_> = next.models.iter().map(|share| share.data).collect();
		assert_eq!(data, [FEE * 9 / 10 / 5], "what comes leaves a tenth to the protocol");
	});
}

#[test]
fn parameters_under_which_fraud_would_pay_are_refused() {
	run(|| {
		let bad = [
			Parameters { hold_multiple: 1, ..PARAMETERS },
			Parameters { challenger: percent(21), ..PARAMETERS },
			Parameters { attested: percent(1), ..PARAMETERS },
			Parameters { span: percent(61), ..PARAMETERS },
			Parameters { grounded: percent(61), ..PARAMETERS },
			Parameters { response_ms: 30_001, ..PARAMETERS },
			Parameters { reveal_ms: 30_001, ..PARAMETERS },
			Parameters { response_ms: 0, ..PARAMETERS },
			Parameters { reveal_ms: 0, ..PARAMETERS },
			Parameters { span_bytes_min: 0, ..PARAMETERS },
		];
		for parameters in bad {
			let set = Attribution::set_parameters(RuntimeOrigin::root(), parameters);
			assert_eq!(set, error(Error::UnsoundParameters), "{parameters:?}");
		}
		assert!(Parameters::LIVE.are_sound() && Parameters::DEVELOPMENT.are_sound());
	});
}
