//! Attacks that the protocol answers, each over the whole runtime and in numbers: what all accounts of the attacker have
//! in the end, fees of transactions included, after everybody was paid what is due. Where an attack could seem to lose by
//! those fees alone, they are left out on both sides. `docs/gaming.md` has the table.
//!
//! # Must not
//! Hide what remains: where an attack is answered in part only, the test shows the rest too, and its documentation says so.

mod common;
#[path = "common/world.rs"]
mod world;

use common::{
	evidence::{content, listed, slice, text, Filed},
	transfer, Key,
};
use pallet_agents::types::Terms;
use pallet_attribution::Error as Attribution;
use pallet_datanets::types::{Admission, Licence, RemovalReason, Verdict};
use pallet_receipts::Error as Receipts;
use plexus_primitives::{
	constants::{Balance, UNITS},
	receipt::{first_accumulator, voucher},
	AgentId, Challenge, Claim, DatanetVersion, DelegationId, Receipt,
};
use plexus_runtime::{AccountId, Address, Agents, Runtime, RuntimeCall, RuntimeEvent, Scope};
use world::*;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Serving honestly: the same receipt, and no claim that is not true.
fn serving(output: &[u8]) -> i128 {
	gain(&attackers(), |world| {
		world.file(&[receipt(output)], &[]);
	})
}

/// The same without the fees of transactions.
fn serving_before_fees(output: &[u8]) -> i128 {
	gain_before_fees(&attackers(), |world| {
		world.file(&[receipt(output)], &[]);
	})
}

fn fraud_of(filed: &Filed, claim: &Claim, output: &[u8]) -> Challenge {
	mismatch(filed, 0, claim, output, &bytes_of(claim.contribution.0))
}

fn act(agent: AgentId, call: impl Into<RuntimeCall>) -> RuntimeCall {
	AgentsCall::act { agent, delegation: DelegationId(0), call: Box::new(call.into()) }.into()
}

/// The attacker's gain and Alice's, from a model that descends from hers at once or by a model between.
fn descending(by_an_intermediary: bool) -> (i128, i128) {
	let mut world = World::new();
	let hers = [alice().account()];
	let before = (world.balance(&attackers()), world.balance(&hers));
	let parent = match by_an_intermediary {
		true => world.register(&mallory(), model(b"between", &[BASE], percent(0), (40, 30))),
		false => BASE,
	};
	let own = world.register(&mallory(), model(b"own", &[parent], percent(0), (40, 30)));
	let terms = world.terms(&peter(), &[own]);
	let channel = world.open_with(&peter(), terms, FEE);
	world.file_of(&peter(), channel, &[Receipt { model: own, ..receipt(&quoting()) }], &[]);
	world.settle();
	let after = (world.balance(&attackers()), world.balance(&hers));
	(after.0 as i128 - before.0 as i128, after.1 as i128 - before.1 as i128)
}

/// What remains: a model whose developer does not name its parents owes them nothing. The chain does not see weights.
#[test]
fn royalty_laundering_by_an_intermediary_pays_the_ancestor_all_the_same() {
	let (openly, laundered) = (descending(false), descending(true));
	assert!(laundered.0 < openly.0, "the intermediary costs: {} against {}", laundered.0, openly.0);
	assert_eq!(laundered.1, openly.1, "the ancestor gets what it asks");
	assert!(openly.1 > 0);
}

/// What remains: a server can make its model repeat a contribution of its own that is in the manifest, and claim that. The
/// payer agreed to the output.
#[test]
fn self_claiming_of_what_is_not_in_the_output_loses_the_hold() {
	let output = text(61, 2_000);
	let claim = span(0, COPY, 0, 0, 2_000);
	let honest = serving(&output);
	// Nobody challenges: the sample alone finds it, since there is nothing to answer with.
	let unchallenged = gain(&attackers(), |world| {
		world.file(&[receipt(&output)], &[claim]);
	});
	let challenged = gain(&attackers(), |world| {
		let filed = world.file(&[receipt(&output)], &[claim]);
		let shown = fraud_of(&filed, &claim, &output);
		assert_eq!(world.challenge(&charlie(), filed.batch, shown), Ok(Ok(())));
	});
	for attack in [unchallenged, challenged] {
		assert!(honest - attack >= 3 * (2 * HALF_CLAIM) as i128, "the whole hold: {attack} against {honest}");
	}
}

#[test]
fn invented_receipts_are_paid_by_nobody() {
	let attack = gain(&attackers(), |world| {
		// What Peter never asked for; Mallory signs it herself.
		let submit = world.submission_of(&mallory(), CHANNEL, &[receipt(&quoting())], &[]);
		world.fails(&mallory(), submit, Receipts::<Runtime>::InvalidVoucher);
		// Peter's signature over one receipt, on another that costs more.
		let mut redemption = world.redemption(&peter(), CHANNEL, &[receipt(&quoting())]);
		redemption.receipts = listed([Receipt { fee: 2 * FEE, ..receipt(&quoting()) }]);
		let (redemptions, claims) = (listed([redemption]), listed([]));
		let submit = control(AttributionCall::submit { server: SERVER, redemptions, claims });
		world.fails(&mallory(), submit, Receipts::<Runtime>::InvalidVoucher);
	});
	assert!(attack < 0, "it cost fees: {attack}");
}

/// What remains: reputation can be bought, for what is burned; it is called evidence of spending. A validator that washes
/// has a part of the other half of the protocol's share again, and never what is burned.
#[test]
fn wash_inference_costs_the_protocols_share() {
	let attack = gain(&attackers(), |world| {
		// Payer, server and developer are one, and the model leaves everything to its server.
		let own = world.register(&mallory(), model(b"wash", &[], percent(0), (100, 0)));
		let terms = world.terms(&accomplice(), &[own]);
		let channel = world.open_with(&accomplice(), terms, FEE);
		let washed = Receipt { model: own, disclose: false, ..receipt(&quoting()) };
		world.file_of(&accomplice(), channel, &[washed], &[]);
	});
	assert!(attack <= -((FEE * 3 / 100) as i128), "{attack}");
}

#[test]
fn a_post_hoc_copy_of_an_output_earns_nothing() {
	let output = text(63, 2_000);
	let honest = serving_before_fees(&output);
	let attack = gain_before_fees(&attackers(), |world| {
		// The output is known; now it is contributed, and even the curator is deceived.
		let late = world.contribute(&accomplice(), MANIFEST, &output);
		world.accept(late);
		world.succeeds(&carol(), DatanetsCall::publish { datanet: MANIFEST });
		for (version, error) in
			[(2, Attribution::<Runtime>::VersionNotInScope), (1, Attribution::<Runtime>::NotInVersion)]
		{
			let claim = Claim { version: DatanetVersion(version), ..span(0, late.0, 0, 0, 2_000) };
			let submit = world.submission_of(&peter(), CHANNEL, &[receipt(&output)], &[claim]);
			world.fails(&mallory(), submit, error);
		}
		let filed = world.file(&[receipt(&output)], &[]);
		// Nor is it a source that the manifest should have had.
		let shown = Challenge::UnlistedSource {
			place: 0,
			receipt: filed.proof(0),
			start: 0,
			length: 2_000,
			contribution: late,
			version: DatanetVersion(2),
			offset: 0,
			output: slice(&output, 0, 2_000),
			source: slice(&output, 0, 2_000),
		};
		let shown = world.challenge(&accomplice(), filed.batch, shown);
		assert_eq!(shown, Ok(Err(Attribution::<Runtime>::NotEarlier.into())));
	});
	assert!(attack <= honest, "{attack} against {honest}, without fees");
}

#[test]
fn a_copy_of_an_earlier_contribution_loses_its_claims_to_that() {
	let play = |claim: Claim, countered: bool| {
		gain(&attackers(), |world| {
			let filed = world.file(&[receipt(&quoting())], &[claim]);
			let answer = answer_span(&filed, &claim, &quoting(), &bytes_of(claim.contribution.0));
			world.draw_and_answer(&filed, answer);
			if countered {
				let shown = counterclaim(&filed, &quoting(), (500, 1_000), ORIGINAL, 1_500);
				assert_eq!(world.challenge(&charlie(), filed.batch, shown), Ok(Ok(())));
			}
		})
	};
	let honest = play(true_claim(), false);
	let attack = play(span(0, COPY, 500, 1_500, 1_000), true);
	// The submitter's tenth, and what the copy was to earn.
	assert!(honest - attack >= (HALF_CLAIM / 10) as i128, "{attack} against {honest}");
}

#[test]
fn root_squatting_ends_when_whoever_committed_first_registers() {
	let bytes = text(77, 3_000);
	let attack = gain(&attackers(), |world| {
		world.commit_contribution(&dave(), &bytes);
		world.pass(1);
		// Dave's registration waits to be included. Its root is seen, and registered before it.
		let contributed = contributed(&bytes);
		let copied = DatanetsCall::contribute {
			datanet: MANIFEST,
			content: contributed.content,
			media_type: contributed.media_type,
			locator: contributed.locator,
			length_proof: contributed.length_proof,
		};
		world.succeeds(&mallory(), copied);
		world.register_contribution(&dave(), MANIFEST, &bytes);
		let removed = world.chain.events().into_iter().find_map(|event| match event {
			RuntimeEvent::Datanets(pallet_datanets::Event::ContributionRemoved {
				contributor,
				reason,
				..
			}) => Some((contributor, reason)),
			_ => None,
		});
		assert_eq!(removed, Some((mallory().account(), RemovalReason::Displaced)));
	});
	assert!(attack < 0, "it cost fees: {attack}");
}

/// What remains: in a datanet that everybody may fill, grounded and span claims pay for what was used, whoever uploaded it.
#[test]
fn sybil_uploads_to_open_datanets_carry_no_money_of_manifests() {
	let honest = serving_before_fees(&quoting());
	let attack = gain_before_fees(&attackers(), |world| {
		for seed in 0..8 {
			let one = world.contribute(&accomplice(), CORPUS, &text(200 + seed, 2_000));
			world.accept(one);
		}
		world.succeeds(&mallory(), DatanetsCall::publish { datanet: CORPUS });
		// Not even a developer of theirs can pay them by its manifest.
		let mut greedy = model(b"greedy", &[], percent(0), (0, 100));
		greedy.spec.manifest[0].datanet = CORPUS;
		greedy.spec.manifest[0].version = DatanetVersion(2);
		let (salt, roots, by) = ([9; 32], [greedy.spec.artifact.root], mallory().account());
		let hash = world.read(|| plexus_runtime::Models::commitment_hash(&by, &salt, roots));
		world.succeeds(&mallory(), ModelsCall::commit { hash });
		world.pass(1);
		let register = ModelsCall::register { salt, models: listed([greedy]) };
		world.fails(&mallory(), register, pallet_models::Error::<Runtime>::OpenVersionWithShare);
		world.file(&[receipt(&quoting())], &[]);
	});
	assert!(attack <= honest, "{attack} against {honest}, without fees");
}

/// What remains: who echoes a prompt that nobody else has cannot be shown to do so. The user has it.
#[test]
fn prompt_echo_loses_the_hold() {
	// The user brings 1,000 bytes of the original, and the answer repeats them.
	let prompt = [b"repeat: ".to_vec(), bytes_of(ORIGINAL)[1_500..2_500].to_vec()].concat();
	let asked = Receipt { prompt: content(&prompt), ..receipt(&quoting()) };
	let honest = gain(&attackers(), |world| {
		world.file(&[asked], &[]);
	});
	let attack = gain(&attackers(), |world| {
		let filed = world.file(&[asked], &[true_claim()]);
		let shown = Challenge::PromptEcho {
			claim: 0,
			receipt: filed.proof(0),
			start: 0,
			length: 1_000,
			prompt_offset: 8,
			claimed: slice(&quoting(), 500, 1_000),
			prompt: slice(&prompt, 8, 1_000),
		};
		// It even shows that the bytes are there.
		let answer = answer_span(&filed, &true_claim(), &quoting(), &bytes_of(ORIGINAL));
		world.draw_and_answer(&filed, answer);
		assert_eq!(world.challenge(&peter(), filed.batch, shown), Ok(Ok(())));
	});
	assert!(honest - attack >= (3 * HALF_CLAIM) as i128, "{attack} against {honest}");
}

#[test]
fn self_challenge_loses_more_than_the_false_claim_would_have_moved() {
	let honest = serving(&quoting());
	let attack = gain(&attackers(), |world| {
		let filed = world.file(&[receipt(&quoting())], &[false_claim()]);
		let shown = fraud_of(&filed, &false_claim(), &quoting());
		assert_eq!(world.challenge(&accomplice(), filed.batch, shown), Ok(Ok(())));
	});
	// Four fifths of three times the value.
	assert!(honest - attack >= (HALF_CLAIM * 24 / 10) as i128, "{attack} against {honest}");
}

#[test]
fn counterclaim_cycles_end_with_the_first_move() {
	let play = |cycling: bool| {
		gain_before_fees(&attackers(), |world| {
			let claim = span(0, COPY, 500, 1_500, 1_000);
			let filed = world.file(&[receipt(&quoting())], &[claim]);
			let answer = answer_span(&filed, &claim, &quoting(), &bytes_of(COPY));
			world.draw_and_answer(&filed, answer);
			let to = |earlier| counterclaim(&filed, &quoting(), (500, 1_000), earlier, 1_500);
			assert_eq!(world.challenge(&charlie(), filed.batch, to(ORIGINAL)), Ok(Ok(())));
			if cycling {
				for shown in [to(COPY), to(ORIGINAL)] {
					let again = world.challenge(&accomplice(), filed.batch, shown);
					assert_eq!(again, Ok(Err(Attribution::<Runtime>::AlreadyMoved.into())));
				}
			}
		})
	};
	let (once, cycling) = (play(false), play(true));
	assert!(cycling <= once, "{cycling} against {once}, without fees");
}

/// The gain of the server, and of whoever demands.
fn demanded(by: &Key, demanding: bool, answering: bool) -> (i128, i128) {
	let mut world = World::new();
	let others = [by.account()];
	let before = (world.balance(&attackers()), world.balance(&others));
	let filed = world.file(&[receipt(&quoting())], &[true_claim()]);
	let answer = answer_span(&filed, &true_claim(), &quoting(), &bytes_of(ORIGINAL));
	let batch = filed.batch;
	if demanding {
		world.succeeds(by, AttributionCall::demand { batch, claim: 0 });
	}
	if answering && demanding {
		world.succeeds(&mallory(), AttributionCall::answer { batch, claim: 0, answer });
		// What was proven is demanded no more, and drawn no more.
		world.fails(by, AttributionCall::demand { batch, claim: 0 }, Attribution::<Runtime>::Proven);
		assert_eq!(world.draw(batch), [0; 0]);
	} else if answering {
		world.draw_and_answer(&filed, answer);
	}
	world.settle();
	let after = (world.balance(&attackers()), world.balance(&others));
	(after.0 as i128 - before.0 as i128, after.1 as i128 - before.1 as i128)
}

#[test]
fn demand_griefing_costs_whoever_demands_and_pays_the_server() {
	let (quiet, griefed) = (demanded(&charlie(), false, true), demanded(&charlie(), true, true));
	assert!(griefed.1 < quiet.1, "whoever demands lost {}", quiet.1 - griefed.1);
	assert!(griefed.0 > quiet.0, "the server has {} more, after its fees", griefed.0 - quiet.0);
}

#[test]
fn demand_griefing_by_silence_is_fraud() {
	let (answered, silent) = (demanded(&charlie(), true, true), demanded(&charlie(), true, false));
	assert!(answered.0 - silent.0 >= (3 * HALF_CLAIM) as i128, "{} against {}", silent.0, answered.0);
	assert!(silent.1 > answered.1, "whoever demanded has the reward");
}

#[test]
fn demands_of_ones_own_claims_that_keep_others_out_cost_a_fifth_of_their_price() {
	let (quiet, own) = (demanded(&accomplice(), false, true), demanded(&accomplice(), true, true));
	let price = HALF_CLAIM.max(2 * PARAMETERS.answer_fee_max);
	assert!(quiet.0 - own.0 >= (price / 5) as i128, "{} against {}", own.0, quiet.0);
}

#[test]
fn bond_draining_finds_nothing_to_drain() {
	let honest = serving(&quoting());
	let mut reward = 0;
	let attack = gain(&attackers(), |world| {
		let filed = world.file(&[receipt(&quoting())], &[false_claim()]);
		let batch = filed.batch;
		let hold =
			world.read(|| pallet_attribution::Batches::<Runtime>::get(batch)).expect("it is open").hold;
		// Everything that can be moved is moved out of the server's account, and the agent ends.
		let dest = Address::Id(accomplice().account());
		let drain = pallet_balances::Call::transfer_all { dest, keep_alive: false };
		world.succeeds(&mallory(), control(drain));
		world.succeeds(&mallory(), AgentsCall::deregister { agent: SERVER });
		let before = world.balance(&[charlie().account()]);
		let shown = fraud_of(&filed, &false_claim(), &quoting());
		assert_eq!(world.challenge(&charlie(), batch, shown), Ok(Ok(())));
		world.settle();
		reward = world.balance(&[charlie().account()]) as i128 - before as i128;
		assert!(reward > (hold / 5 - UNITS) as i128, "the hold was all there: {reward} of {hold}");
	});
	assert!(honest - attack >= (3 * HALF_CLAIM) as i128, "{attack} against {honest}");
}

#[test]
fn a_close_race_is_won_by_the_server_within_the_grace() {
	let payer = [peter().account()];
	let play = |closing: bool| {
		gain(&payer, |world| {
			// The answer was served; the voucher is signed.
			let submit = world.submission_of(&peter(), CHANNEL, &[receipt(&quoting())], &[]);
			if closing {
				world.succeeds(&peter(), ReceiptsCall::close { channel: CHANNEL });
				let finish = ReceiptsCall::finish { channel: CHANNEL };
				world.fails(&peter(), finish, Receipts::<Runtime>::ChannelAlive);
				world.pass(GRACE_BLOCKS - 4);
			}
			world.succeeds(&mallory(), submit);
		})
	};
	let (honest, attack) = (play(false), play(true));
	assert!(attack < honest && attack < -(FEE as i128), "{attack} against {honest}");
}

#[test]
fn a_halt_closes_no_window() {
	let honest = serving(&quoting());
	let attack = gain(&attackers(), |world| {
		let filed = world.file(&[receipt(&quoting())], &[false_claim()]);
		// A day without blocks.
		world.chain.block_time_ms = DAY_MS;
		world.pass(1);
		world.chain.block_time_ms = BLOCK_MS;
		let early = AttributionCall::finalise { batch: filed.batch, limit: 512 };
		world.fails(&mallory(), early, Attribution::<Runtime>::WindowOpen);
		let shown = fraud_of(&filed, &false_claim(), &quoting());
		assert_eq!(world.challenge(&charlie(), filed.batch, shown), Ok(Ok(())));
	});
	assert!(honest - attack >= (3 * HALF_CLAIM) as i128, "{attack} against {honest}");
}

#[test]
fn a_stale_voucher_is_worth_nothing() {
	let one = receipt(&quoting());
	let honest = gain_before_fees(&attackers(), |world| {
		world.file(&[one, one], &[]);
	});
	let attack = gain_before_fees(&attackers(), |world| {
		let stale = world.submission_of(&peter(), CHANNEL, &[one], &[]);
		world.file(&[one, one], &[]);
		// The voucher from before the second request, once both are paid.
		world.fails(&mallory(), stale, Receipts::<Runtime>::InvalidVoucher);
	});
	assert_eq!(attack, honest, "without fees");
	// And a payer that signs an old sum again is not believed: its server cannot redeem that, and finds it before it serves.
	let mut world = World::new();
	let mut redemption = world.redemption(&peter(), CHANNEL, &[one]);
	redemption.receipts = listed([one, one]);
	let (redemptions, claims) = (listed([redemption]), listed([]));
	let submit = control(AttributionCall::submit { server: SERVER, redemptions, claims });
	world.fails(&mallory(), submit, Receipts::<Runtime>::InvalidVoucher);
}

#[test]
fn a_double_redeem_pays_once() {
	let play = |times: usize| {
		gain_before_fees(&attackers(), |world| {
			let submit = world.submission_of(&peter(), CHANNEL, &[receipt(&quoting())], &[]);
			world.succeeds(&mallory(), submit.clone());
			for _ in 1..times {
				world.fails(&mallory(), submit.clone(), Receipts::<Runtime>::InvalidVoucher);
			}
		})
	};
	let (honest, attack) = (play(1), play(3));
	assert_eq!(attack, honest, "without fees");
}

#[test]
fn a_replay_across_channels_and_chains_pays_nothing() {
	let one = receipt(&quoting());
	let attack = gain(&attackers(), |world| {
		// Peter has a second channel with the same terms. What it signed for the first is shown for that.
		let other = world.open(&peter(), 10 * FEE);
		let mut replayed = world.redemption(&peter(), CHANNEL, &[one]);
		replayed.channel = other;
		let (redemptions, claims) = (listed([replayed]), listed([]));
		let submit = control(AttributionCall::submit { server: SERVER, redemptions, claims });
		world.fails(&mallory(), submit, Receipts::<Runtime>::InvalidVoucher);
		// And what it signed for channel 0 of another chain.
		let there = [0x77; 32];
		let acc = one.accumulate(&first_accumulator(&there, CHANNEL), 1);
		let signature = peter().sign(&voucher(&there, CHANNEL, one.fee, 1, &acc));
		let mut replayed = world.redemption(&peter(), CHANNEL, &[one]);
		replayed.signature = signature.into();
		let (redemptions, claims) = (listed([replayed]), listed([]));
		let submit = control(AttributionCall::submit { server: SERVER, redemptions, claims });
		world.fails(&mallory(), submit, Receipts::<Runtime>::InvalidVoucher);
	});
	assert!(attack < 0, "it cost fees: {attack}");
}

/// Alice's agent, of which the accomplice has a key for payments.
fn with_a_key(budget: Balance, fee_budget: Balance) -> (World, AgentId, AccountId) {
	let mut world = World::new();
	let agent = AgentId(1);
	world.succeeds(&alice(), AgentsCall::register { profile: Default::default() });
	let account = Agents::account_of(agent);
	world.succeeds(&alice(), transfer(&account, 1_000 * UNITS));
	let terms = Terms::<Runtime> {
		scopes: listed([Scope::Payments]),
		budget,
		fee_budget,
		period_ms: DAY_MS,
		expires_at_ms: DAY_MS,
	};
	let key = accomplice().account();
	world.succeeds(&alice(), AgentsCall::delegate { agent, parent: None, key, terms });
	(world, agent, account)
}

#[test]
fn delegate_netting_hides_no_spending() {
	let budget = 20 * UNITS;
	let play = |netting: bool| {
		let (mut world, agent, account) = with_a_key(budget, UNITS);
		let thief = accomplice().account();
		gain_in(&mut world, &attackers(), |world| {
			if !netting {
				// All that the key may spend.
				world.succeeds(&accomplice(), act(agent, transfer(&thief, budget)));
				return;
			}
			// Out and in within one call: no call that carries others is a key's.
			let calls = vec![transfer(&thief, 500 * UNITS)];
			let inside = pallet_utility::Call::batch_all { calls };
			let not_leaf = pallet_agents::Error::<Runtime>::NotLeafCall;
			world.fails(&accomplice(), act(agent, inside), not_leaf);
			// One after the other: what comes in opens no budget.
			world.succeeds(&accomplice(), act(agent, transfer(&thief, 15 * UNITS)));
			world.succeeds(&accomplice(), transfer(&account, 10 * UNITS));
			let exceeded = pallet_agents::Error::<Runtime>::BudgetExceeded;
			world.fails(&accomplice(), act(agent, transfer(&thief, 15 * UNITS)), exceeded);
			world.succeeds(&accomplice(), act(agent, transfer(&thief, 5 * UNITS)));
		})
	};
	let (openly, netting) = (play(false), play(true));
	assert!(openly <= budget as i128 && netting < openly, "{netting} against {openly}");
}

#[test]
fn fee_draining_ends_with_the_fee_budget() {
	let fee_budget = UNITS / 10;
	let (mut world, agent, account) = with_a_key(UNITS, fee_budget);
	let before = world.balance(std::slice::from_ref(&account));
	let attack = gain_in(&mut world, &attackers(), |world| {
		let thief = accomplice().account();
		for _ in 0..60 {
			// Each fails, and costs a fee.
			let exceeded = pallet_agents::Error::<Runtime>::BudgetExceeded;
			world.fails(&accomplice(), act(agent, transfer(&thief, 2 * UNITS)), exceeded);
		}
	});
	let drained = before - world.balance(&[account]);
	assert!(drained > 0 && drained <= fee_budget, "{drained} of {fee_budget}");
	assert!(attack < 0, "beyond that the key pays itself: {attack}");
}

/// What remains: whoever has the majority of a datanet's curators decides what later versions hold and how they are divided.
/// Versions that were published stay as they are, and a model is paid for by whoever chooses it: its developer names versions.
#[test]
fn curation_capture_changes_no_version_that_exists() {
	let play = |captured: bool, on_the_new_version: bool| {
		let mut world = World::new();
		gain_in(&mut world, &[accomplice().account()], |world| {
			let mut paid = BASE;
			if captured {
				// Carol is bought: rubbish is accepted with the greatest weight.
				let rubbish = world.contribute(&accomplice(), MANIFEST, &text(300, 2_000));
				world.pass(1);
				let verdict = Verdict::Accept { weight: 100 };
				world.succeeds(&carol(), DatanetsCall::review { contribution: rubbish, verdict });
				world.succeeds(&carol(), DatanetsCall::publish { datanet: MANIFEST });
			}
			if on_the_new_version {
				let mut deceived = model(b"deceived", &[], percent(0), (50, 20));
				deceived.spec.manifest[0].version = DatanetVersion(2);
				paid = world.register(&alice(), deceived);
			}
			let terms = world.terms(&peter(), &[paid]);
			let channel = world.open_with(&peter(), terms, FEE);
			world.file_of(&peter(), channel, &[Receipt { model: paid, ..receipt(&quoting()) }], &[]);
		})
	};
	assert_eq!(play(false, false), 0);
	let old = play(true, false);
	assert!(old < 0, "of models on versions from before it has nothing: {old}");
	// What remains, in numbers: 100 of the 120 that version 2 weighs, of what a model on it pays its data.
	let new = play(true, true);
	assert!(new > 0 && new < (DATA * 100 / 120) as i128, "{new}");
}

#[test]
fn curators_of_ones_own_pay_only_by_ones_own_models() {
	let honest = serving_before_fees(&quoting());
	let attack = gain_before_fees(&attackers(), |world| {
		let admission = Admission::Curated(listed([mallory().account()]));
		let (name, licence) = (listed(*b"rubbish"), Licence::Spdx(listed(*b"MIT")));
		let create = DatanetsCall::create_datanet { name, tags: Default::default(), licence, admission };
		world.succeeds(&mallory(), create);
		let datanet = plexus_primitives::DatanetId(3);
		let rubbish = world.contribute(&accomplice(), datanet, &text(301, 2_000));
		world.pass(1);
		let verdict = Verdict::Accept { weight: 100 };
		world.succeeds(&mallory(), DatanetsCall::review { contribution: rubbish, verdict });
		world.succeeds(&mallory(), DatanetsCall::publish { datanet });
		world.file(&[receipt(&quoting())], &[]);
	});
	assert!(attack <= honest, "{attack} against {honest}, without fees");
}

#[test]
fn rounding_gains_nothing_from_many_small_fees_and_claims() {
	let (pieces, fee) = (64u128, 1_000_003u128);
	let whole = Receipt { fee: pieces * fee, disclose: false, ..receipt(&quoting()) };
	// Without the fees of transactions, which more and longer ones pay more of.
	let play = |batches: &[Vec<Receipt>]| {
		gain_before_fees(&attackers(), |world| {
			for receipts in batches {
				world.file(receipts, &[]);
			}
		})
	};
	let one = play(&[vec![whole]]);
	assert!(one > 0, "{one}");
	let piece = Receipt { fee, ..whole };
	let many = play(&[vec![piece; pieces as usize]]);
	assert!(many <= one, "{many} against {one}");
	let apart = play(&vec![vec![piece; 8]; pieces as usize / 8]);
	assert!(apart <= one, "{apart} against {one}");
	// Claims that are cut into pieces move no more.
	let moved = |claims: &[Claim]| {
		let mut world = World::new();
		let small = Receipt { fee: 1_003, ..receipt(&quoting()) };
		let batch = world.file(&[small], claims).batch;
		let records = world.read(|| pallet_attribution::Claims::<Runtime>::get(batch));
		records.expect("it has claims").iter().map(|record| record.amount).sum::<Balance>()
	};
	let cut: Vec<_> =
		(0..4).map(|part| span(0, ORIGINAL, 500 + 250 * part, 1_500 + 250 * part, 250)).collect();
	let (whole, cut) = (moved(&[true_claim()]), moved(&cut));
	assert!(cut <= whole && whole > 0, "{cut} against {whole}");
}
