//! Attribution in the runtime: what claims move arrives where it belongs, what is held for the truth is lost or returned, and
//! keys and fees keep within their bounds.

mod common;
#[path = "common/world.rs"]
mod world;

use codec::{Decode, Encode};
use common::{
	evidence::{listed, text, Filed},
	transfer, Key,
};
use frame_support::{
	dispatch::GetDispatchInfo,
	traits::{fungible::InspectHold, Get},
};
use pallet_agents::{types::Terms, Refusal};
use pallet_attribution::{
	runtime_api::{ClaimFilter, ClaimInfo, MethodInfo, OpenBatchInfo, OpenQuestions, Page},
	Error, HoldReason, Manifests, Method, Parameters, Published, Source, Sources,
};
use plexus_primitives::{
	challenge::{commitment, Listed},
	constants::{Balance, EXISTENTIAL_DEPOSIT, UNITS},
	slice::{CHUNK_BYTES, HEADER_BYTES, LENGTH_PROOF_BYTES_MAX, PARENT_BYTES, TREE_DEPTH_MAX},
	AgentId, Answer, BatchId, Claim, Context, ContributionId, DatanetVersion, DelegationId, MethodId,
	ModelId, Receipt, ReceiptProof,
};
use plexus_runtime::{
	limits, native, tx_extension, AccountId, Agents, Attribution, Balances, Receipts, Rewards, Runtime,
	RuntimeCall, RuntimeEvent, Scope, TransactionPayment,
};
use sp_runtime::{generic::Era, transaction_validity::InvalidTransaction, DispatchError};
use world::*;

type Event = pallet_attribution::Event<Runtime>;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// What the developer of model 0 has of a request: 30 % of 97 %.
const DEVELOPER: Balance = FEE * 97 / 100 * 3 / 10;
/// What a batch with a claim for half of an output has on hold.
const HOLD: Balance = 3 * HALF_CLAIM + PARAMETERS.hold_floor;

/// That Mallory's copy has what the output repeats, which is true.
fn true_claim_of_the_copy() -> Claim {
	span(0, COPY, 500, 1_500, 1_000)
}

fn answer(filed: &Filed, claim: &Claim) -> Answer {
	answer_span(filed, claim, &quoting(), &bytes_of(claim.contribution.0))
}

fn act(agent: AgentId, call: impl Into<RuntimeCall>) -> RuntimeCall {
	AgentsCall::act { agent, delegation: DelegationId(0), call: Box::new(call.into()) }.into()
}

fn finalise(batch: BatchId) -> AttributionCall {
	AttributionCall::finalise { batch, limit: 512 }
}

fn earned(world: &mut World, account: &AccountId) -> pallet_rewards::Earned {
	world.read(|| Rewards::earnings(&pallet_rewards::Holder::Account(account.clone())))
}

fn data_revenue(world: &mut World) -> Balance {
	world.read(|| Rewards::data_revenue(BASE)).expect("it has a manifest").revenue
}

fn held(world: &mut World, reason: HoldReason, of: &AccountId) -> Balance {
	world.read(|| Balances::balance_on_hold(&reason.into(), of))
}

/// What the developer may pull now, and what of its part waits.
fn developer(world: &mut World) -> (Balance, Balance) {
	let book = world.read(|| Receipts::revenue(BASE)).expect("a channel names the model");
	(book.developer_due, book.developer_held)
}

fn is_open(world: &mut World, batch: BatchId) -> bool {
	world.read(|| Attribution::open_batch(batch)).is_some()
}

/// What all accounts have is what was issued.
fn nothing_is_lost(world: &mut World) {
	let everything: Balance = world.read(|| {
		let accounts = frame_system::Account::<Runtime>::iter_values();
		accounts.map(|account| account.data.free + account.data.reserved).sum()
	});
	assert_eq!(everything, world.chain.issuance());
}

#[test]
fn a_span_is_paid_from_the_channel_down_to_its_contributor() {
	let mut world = World::new();
	let server = server_account();
	let filed = world.file(&[receipt(&quoting())], &[true_claim()]);
	let batch = filed.batch;
	let open = world.read(|| Attribution::open_batch(batch)).expect("it waits");
	assert_eq!((open.claims, open.hold, open.root), (1, HOLD, filed.root()));
	assert_eq!(open.models[0].claimed, HALF_CLAIM);
	assert_eq!(held(&mut world, HoldReason::Batch, &server), HOLD);
	assert_eq!(world.chain.total_balance(&Attribution::pot()), EXISTENTIAL_DEPOSIT + DATA);
	assert_eq!(developer(&mut world), (0, DEVELOPER), "of a disclosed output it waits");
	nothing_is_lost(&mut world);

	world.fails(&clerk(), finalise(batch), Error::<Runtime>::WindowOpen);
	world.draw_and_answer(&filed, answer(&filed, &true_claim()));
	world.pass(WINDOW_BLOCKS);
	world.succeeds(&clerk(), finalise(batch));

	assert!(!is_open(&mut world, batch));
	assert_eq!(world.chain.total_balance(&Attribution::pot()), EXISTENTIAL_DEPOSIT);
	assert_eq!(held(&mut world, HoldReason::Batch, &server), 0);
	assert_eq!(held(&mut world, HoldReason::Deposit, &server), 0);
	// A tenth is whoever's submitted the claim.
	let of_contributor = earned(&mut world, &dave().account());
	assert_eq!((of_contributor.claims, of_contributor.due), (HALF_CLAIM * 9 / 10, HALF_CLAIM * 9 / 10));
	let of_server = earned(&mut world, &server);
	assert_eq!((of_server.submissions, of_server.due), (HALF_CLAIM / 10, HALF_CLAIM / 10));
	assert_eq!(data_revenue(&mut world), DATA - HALF_CLAIM);
	assert_eq!(developer(&mut world), (DEVELOPER, 0));
	nothing_is_lost(&mut world);

	let before = world.chain.balance(&dave().account());
	world.succeeds(&clerk(), RewardsCall::withdraw { account: dave().account() });
	assert_eq!(world.chain.balance(&dave().account()), before + HALF_CLAIM * 9 / 10);
}

#[test]
fn a_false_claim_loses_the_hold_and_the_data_of_the_manifest_has_everything() {
	let mut world = World::new();
	let server = server_account();
	let filed = world.file(&[receipt(&quoting())], &[false_claim()]);
	let batch = filed.batch;
	let shown = mismatch(&filed, 0, &false_claim(), &quoting(), &bytes_of(COPY));
	assert_eq!(world.challenge(&charlie(), batch, shown), Ok(Ok(())));
	assert_eq!(held(&mut world, HoldReason::Commitment, &charlie().account()), 0, "it was revealed");
	world.fails(&clerk(), finalise(batch), Error::<Runtime>::VerdictPending);
	world.pass(REVEAL_BLOCKS);
	let (before, issued) = (world.chain.total_balance(&server), world.chain.issuance());
	world.succeeds(&clerk(), finalise(batch));

	let reward = HOLD / 5;
	let told = world.chain.events().into_iter().find_map(|event| match event {
		RuntimeEvent::Attribution(Event::ClaimsVoided { challenger, reward, burned, .. }) => {
			Some((challenger, reward, burned))
		}
		_ => None,
	});
	assert_eq!(told, Some((charlie().account(), reward, HOLD - reward)));
	let [(fee, 0)] = world.chain.fees_paid()[..] else { panic!("one transaction pays one fee") };
	assert_eq!(world.chain.issuance(), issued - (HOLD - reward) - (fee - fee / 2), "burned");
	assert_eq!(world.chain.total_balance(&server), before - HOLD);
	assert_eq!(earned(&mut world, &charlie().account()).challenges, reward);
	assert_eq!(data_revenue(&mut world), DATA);

	// The developer did nothing wrong, and waits for the end of the window all the same.
	assert_eq!(developer(&mut world), (0, DEVELOPER));
	assert!(is_open(&mut world, batch));
	world.pass(WINDOW_BLOCKS);
	world.succeeds(&clerk(), finalise(batch));
	assert_eq!(developer(&mut world), (DEVELOPER, 0));
	assert_eq!(held(&mut world, HoldReason::Deposit, &server), 0, "deposits return in any case");
	assert_eq!(earned(&mut world, &mallory().account()).claims, 0);
	nothing_is_lost(&mut world);
}

#[test]
fn a_counterclaim_moves_a_claim_to_whoever_had_committed_earlier() {
	let mut world = World::new();
	let claim = true_claim_of_the_copy();
	let filed = world.file(&[receipt(&quoting())], &[claim]);
	world.draw_and_answer(&filed, answer(&filed, &claim));
	let shown = counterclaim(&filed, &quoting(), (500, 1_000), ORIGINAL, 1_500);
	assert_eq!(world.challenge(&charlie(), filed.batch, shown), Ok(Ok(())));
	let moved =
		world.read(|| Attribution::claims(filed.batch, ClaimFilter::All, None, 1)).items.remove(0).moved;
	assert_eq!(moved.map(|moved| moved.contribution), Some(ContributionId(ORIGINAL)));
	world.pass(WINDOW_BLOCKS);
	world.succeeds(&clerk(), finalise(filed.batch));

	assert_eq!(earned(&mut world, &dave().account()).claims, HALF_CLAIM * 9 / 10);
	assert_eq!(earned(&mut world, &charlie().account()).submissions, HALF_CLAIM / 10);
	assert_eq!(earned(&mut world, &mallory().account()).claims, 0);
	assert_eq!(earned(&mut world, &server_account()).submissions, 0);
	assert_eq!(held(&mut world, HoldReason::Batch, &server_account()), 0, "it was no fraud");
	nothing_is_lost(&mut world);
}

#[test]
fn a_disclosed_output_without_claims_holds_the_developers_part_for_the_window_and_nothing_else() {
	let mut world = World::new();
	let filed = world.file(&[receipt(&quoting())], &[]);
	assert_eq!(data_revenue(&mut world), DATA, "at once");
	assert_eq!(developer(&mut world), (0, DEVELOPER));
	assert_eq!(held(&mut world, HoldReason::Batch, &server_account()), 0);
	let pull = ReceiptsCall::pull_developer { model: BASE };
	world.fails(&clerk(), pull.clone(), pallet_receipts::Error::<Runtime>::NothingDue);
	world.fails(&clerk(), finalise(filed.batch), Error::<Runtime>::WindowOpen);
	world.pass(WINDOW_BLOCKS);
	world.succeeds(&clerk(), finalise(filed.batch));
	world.succeeds(&clerk(), pull);
	assert_eq!(world.read(|| Receipts::earnings(&alice().account())), DEVELOPER);

	// Of what nobody may show nothing waits.
	let closed = world.file(&[Receipt { disclose: false, ..receipt(&quoting()) }], &[]);
	assert!(!is_open(&mut world, closed.batch));
	assert_eq!(developer(&mut world), (DEVELOPER, 0));
	nothing_is_lost(&mut world);
}

#[test]
fn receipts_say_where_to_submit() {
	let mut world = World::new();
	let redemptions = listed([world.redemption(&peter(), CHANNEL, &[receipt(&quoting())])]);
	let submit = control(ReceiptsCall::submit { server: SERVER, redemptions });
	world.fails(&mallory(), submit, pallet_receipts::Error::<Runtime>::SubmitsElsewhere);
	let described = native::describe_dispatch_error(&DispatchError::from(
		pallet_receipts::Error::<Runtime>::SubmitsElsewhere,
	));
	assert!(described.docs.contains("attribution.submit"), "{described}");
	// The same voucher is worth as much as before.
	world.file(&[receipt(&quoting())], &[]);
}

/// A key of an agent, which owns nothing, with this scope alone.
fn with_key(world: &mut World, controller: &Key, agent: AgentId, scope: Scope, budget: Balance) -> Key {
	let key = Key::sr25519(&format!("//{scope:?}"));
	let terms = Terms::<Runtime> {
		scopes: listed([scope]),
		budget,
		fee_budget: 20 * UNITS,
		period_ms: DAY_MS,
		expires_at_ms: DAY_MS,
	};
	let delegate = AgentsCall::delegate { agent, parent: None, key: key.account(), terms };
	world.succeeds(controller, delegate);
	key
}

fn budget_left(world: &mut World, agent: AgentId) -> Balance {
	let allowance = world.read(|| Agents::allowance(agent, DelegationId(0)));
	allowance.expect("the key is live").budget_left
}

fn is_refused(world: &mut World, from: &Key, call: RuntimeCall, refusal: Refusal) {
	assert_eq!(world.send(from, call), Err(InvalidTransaction::Custom(refusal.code()).into()));
}

/// What the signer's payer signed, with a claim.
fn submission(world: &mut World, claims: &[Claim]) -> AttributionCall {
	let redemptions = listed([world.redemption(&peter(), CHANNEL, &[receipt(&quoting())])]);
	AttributionCall::submit { server: SERVER, redemptions, claims: listed(claims.iter().copied()) }
}

#[test]
fn a_serving_key_brings_batches_from_their_submission_to_their_end_within_its_budget() {
	let mut world = World::new();
	let budget = HOLD + UNITS;
	let key = with_key(&mut world, &mallory(), SERVER, Scope::Serving, budget);
	let submit = submission(&mut world, &[true_claim()]);
	world.succeeds(&key, act(SERVER, submit));
	assert!(held(&mut world, HoldReason::Deposit, &server_account()) > 0);
	assert_eq!(budget_left(&mut world, SERVER), budget - HOLD, "deposits come back, and are no spending");

	let filed =
		Filed { batch: BatchId(0), channel: CHANNEL, first_sequence: 1, receipts: vec![receipt(&quoting())] };
	let batch = filed.batch;
	let more = submission(&mut world, &[true_claim()]);
	let exceeded = pallet_agents::Error::<Runtime>::BudgetExceeded;
	world.fails(&key, act(SERVER, more), exceeded);
	world.pass(2);
	world.succeeds(&key, act(SERVER, AttributionCall::draw_samples { batch }));
	let answer = answer(&filed, &true_claim());
	world.succeeds(&key, act(SERVER, AttributionCall::answer { batch, claim: 0, answer }));
	world.pass(WINDOW_BLOCKS);
	world.succeeds(&key, act(SERVER, finalise(batch)));
	assert_eq!(held(&mut world, HoldReason::Batch, &server_account()), 0);
	assert_eq!(budget_left(&mut world, SERVER), budget - HOLD, "what comes back is no income");

	let (algorithm, parameters) = (listed(*b"bm25"), listed([]));
	let method = Method { algorithm, version: 1, parameters };
	let price: Balance = <Runtime as pallet_attribution::Config>::MethodPrice::get();
	world.succeeds(&key, act(SERVER, AttributionCall::register_method { method }));
	assert_eq!(budget_left(&mut world, SERVER), budget - HOLD - price);

	let hash = [1; 32];
	for call in [
		AttributionCall::commit { batch, hash },
		AttributionCall::demand { batch, claim: 0 },
		AttributionCall::clear_commitment { account: server_account(), hash },
	] {
		is_refused(&mut world, &key, act(SERVER, call), Refusal::OutsideScope);
	}
	let root = AttributionCall::set_parameters { parameters: PARAMETERS };
	is_refused(&mut world, &key, act(SERVER, root), Refusal::NotLeafCall);
}

#[test]
fn a_challenging_key_is_charged_for_what_it_could_lose() {
	let mut world = World::new();
	let (agent, budget) = (AgentId(1), 10 * UNITS);
	let account = Agents::account_of(agent);
	world.succeeds(&charlie(), AgentsCall::register { profile: Default::default() });
	world.succeeds(&charlie(), transfer(&account, 100 * UNITS));
	let key = with_key(&mut world, &charlie(), agent, Scope::Challenging, budget);
	let filed = world.file(&[receipt(&quoting())], &[false_claim()]);
	let batch = filed.batch;
	let challenge = mismatch(&filed, 0, &false_claim(), &quoting(), &bytes_of(COPY));
	let (genesis, salt) = (world.chain.genesis_hash.0, [5; 32]);
	let hash = commitment(&genesis, &account.encode(), &salt, batch, &challenge);

	world.succeeds(&key, act(agent, AttributionCall::commit { batch, hash }));
	let deposit = held(&mut world, HoldReason::Commitment, &account);
	// The part of the hold that the time to reveal is of the window.
	assert_eq!(deposit, HOLD / 4);
	assert_eq!(budget_left(&mut world, agent), budget - deposit, "it burns if nothing is revealed");
	let submit = submission(&mut world, &[]);
	is_refused(&mut world, &key, act(agent, submit), Refusal::OutsideScope);

	world.succeeds(&key, act(agent, AttributionCall::demand { batch, claim: 0 }));
	let price = held(&mut world, HoldReason::Demand, &account);
	assert_eq!(budget_left(&mut world, agent), budget - deposit - price);
	world.succeeds(&key, act(agent, AttributionCall::reveal { batch, salt, challenge }));
	assert_eq!(held(&mut world, HoldReason::Commitment, &account), 0);
	world.pass(REVEAL_BLOCKS);
	world.succeeds(&key, act(agent, AttributionCall::close_demand { batch, claim: 0 }));
	world.succeeds(&key, act(agent, finalise(batch)));
	assert_eq!(held(&mut world, HoldReason::Demand, &account), 0);
	assert_eq!(earned(&mut world, &account).challenges, HOLD / 5, "the agent's, and not the key's");
	assert_eq!(budget_left(&mut world, agent), budget - deposit - price);
}

#[test]
fn parameters_change_by_root_alone_and_for_batches_to_come() {
	let mut world = World::new();
	let filed = world.file(&[receipt(&quoting())], &[true_claim()]);
	let parameters = Parameters { window_ms: 90_000, ..PARAMETERS };
	let set = AttributionCall::set_parameters { parameters };
	world.fails(&alice(), set.clone(), DispatchError::BadOrigin);
	world.read(|| pallet_sudo::Key::<Runtime>::put(alice().account()));
	let sudo = |call: AttributionCall| pallet_sudo::Call::<Runtime>::sudo { call: Box::new(call.into()) };
	world.succeeds(&alice(), sudo(set));
	assert_eq!(world.read(Attribution::parameters), parameters);
	let open = world.read(|| Attribution::open_batch(filed.batch)).expect("it waits");
	assert_eq!(open.parameters, PARAMETERS);
	let unsound = Parameters { hold_multiple: 1, ..PARAMETERS };
	world.succeeds(&alice(), sudo(AttributionCall::set_parameters { parameters: unsound }));
	assert_eq!(world.read(Attribution::parameters), parameters, "what breaks a rule changes nothing");
}

#[test]
fn the_longest_answer_costs_less_than_demands_and_bonds_pay_for_it() {
	let mut world = World::bare();
	// The longest claim, in the longest content that there can be, at its worst place there.
	let bytes: u64 = <Runtime as pallet_attribution::Config>::ClaimBytesMax::get();
	let chunks = bytes.div_ceil(CHUNK_BYTES) + 1;
	let parents = chunks + 2 * TREE_DEPTH_MAX as u64;
	let slice = HEADER_BYTES as u64 + chunks * CHUNK_BYTES + parents * PARENT_BYTES as u64;
	let bytes = vec![0; slice as usize];
	let context = Some(Context { root: [3; 32], bytes: 4 });
	let receipt = Receipt { context, execution: Some([5; 32]), ..receipt(b"an output") };
	let path = listed(vec![[0; 32]; 64]);
	let receipt = ReceiptProof { channel: CHANNEL, sequence: 1, receipt, path };
	let answer = Answer::Span {
		receipt: receipt.clone(),
		length: listed(vec![0; LENGTH_PROOF_BYTES_MAX]),
		output: listed(bytes.clone()),
		source: listed(bytes.clone()),
	};
	let shown = Listed {
		receipt,
		contribution: ContributionId(0),
		version: DatanetVersion(1),
		offset: 0,
		output: listed(bytes.clone()),
		source: listed(bytes),
	};
	let (batch, start) = (BatchId(0), 0);
	let bond: Balance = <Runtime as pallet_attribution::Config>::UnlistedBond::get();
	for (call, paid) in [
		(AttributionCall::answer { batch, claim: 0, answer }, Parameters::LIVE.answer_fee_max),
		(AttributionCall::answer_unlisted { batch, receipt: 0, start, listed: shown }, bond),
	] {
		let call = act(SERVER, call);
		let extension = tx_extension(1 << 20, Era::mortal(4_096, 0), 0);
		let signed = world.chain.sign_with(&clerk(), extension, world.chain.genesis_hash, call.clone());
		let (length, info) = (signed.encode().len(), call.get_dispatch_info());
		let fee = world.read(|| TransactionPayment::compute_fee(length as u32, &info, 0));
		println!("{length} bytes cost {fee}");
		assert!(length < native::EXTRINSIC_BYTES_MAX, "{length} bytes");
		assert!(fee < paid, "{fee} against {paid}");
	}
}

#[test]
fn the_fullest_batch_is_submitted_and_paid_in_blocks_with_room_for_others() {
	let mut world = World::new();
	// Two claims of each receipt are together as many as a batch may have.
	let output = text(70, 64);
	let receipts = vec![Receipt { fee: UNITS, ..receipt(&output) }; 256];
	let redemption = world.redemption(&peter(), CHANNEL, &receipts);
	let claims = (0..256).flat_map(|place| [span(place, ORIGINAL, 0, 0, 32), span(place, COPY, 32, 0, 32)]);
	let submit =
		AttributionCall::submit { server: SERVER, redemptions: listed([redemption]), claims: listed(claims) };
	let bytes = control(submit.clone()).encode().len();
	assert!(bytes < native::EXTRINSIC_BYTES_MAX / 2, "{bytes} bytes");
	for (what, call) in [("submitted", submit.clone()), ("paid", finalise(BatchId(0)))] {
		let share = limits::NORMAL_MAX.ref_time() / call.get_dispatch_info().call_weight.ref_time();
		println!("512 claims {what}: {share} in a block");
		assert!(share >= 4, "{share} fit into a block");
	}
	world.succeeds(&mallory(), control(submit));
	let open = world.read(|| Attribution::open_batch(BatchId(0))).expect("it waits");
	assert_eq!((open.receipts, open.claims), (256, 512));
	let page = world.read(|| Attribution::claims(BatchId(0), ClaimFilter::All, Some(511), 256));
	assert_eq!((page.items.len(), page.items[0].receipt, page.next), (1, 255, None));
}

#[test]
fn what_claims_are_checked_against_is_what_the_registries_have() {
	type Registries = <Runtime as pallet_attribution::Config>::Sources;
	let mut world = World::new();
	let late = world.contribute(&dave(), MANIFEST, &text(71, 100));
	let (original, pending) =
		world.read(|| (Registries::source(ContributionId(ORIGINAL)), Registries::source(late)));
	let Source { datanet, content, from, until, .. } = original.expect("it was accepted");
	assert_eq!((datanet, content.len, from.0, until), (MANIFEST, 4_000, 1, None));
	assert_eq!(pending, None);
	let version = |world: &mut World, datanet, version: u32| {
		world.read(|| Registries::version(datanet, DatanetVersion(version)))
	};
	assert!(matches!(version(&mut world, MANIFEST, 1), Some(Published { curated: true, .. })));
	assert!(matches!(version(&mut world, CORPUS, 1), Some(Published { curated: false, .. })));
	assert_eq!(version(&mut world, MANIFEST, 2), None);
	let manifest = world.read(|| Registries::manifest(TUNED)).expect("it was registered");
	assert_eq!(manifest.versions, [(MANIFEST, DatanetVersion(1))]);
	assert_eq!(world.read(|| Registries::manifest(ModelId(9))), None);
}

#[test]
fn clients_ask_by_the_runtime_api() {
	let mut world = World::new();
	let filed = world.file(&[receipt(&quoting())], &[true_claim()]);
	let mut ask = |method: &str, arguments: Vec<u8>| {
		native::check_query(method, &arguments).expect("it is open to callers");
		world.read(|| native::dispatch(method, &arguments)).expect("it exists")
	};
	fn read<Answer: Decode>(bytes: Vec<u8>) -> Answer {
		Answer::decode(&mut &bytes[..]).expect("it decodes")
	}
	assert_eq!(read::<Parameters>(ask("AttributionApi_parameters", vec![])), PARAMETERS);
	type Open = OpenBatchInfo<AccountId, u32>;
	let open: Option<Open> = read(ask("AttributionApi_open_batch", filed.batch.encode()));
	assert_eq!(open.map(|open| (open.account, open.hold)), Some((server_account(), HOLD)));
	let page: Page<Open, BatchId> =
		read(ask("AttributionApi_open_batches", (None::<BatchId>, 5u32).encode()));
	assert_eq!((page.items.len(), page.next), (1, None));
	for (filter, count) in [
		(ClaimFilter::All, 1),
		(ClaimFilter::Receipt(0), 1),
		(ClaimFilter::Receipt(1), 0),
		(ClaimFilter::Contribution(ContributionId(ORIGINAL)), 1),
		(ClaimFilter::Contribution(ContributionId(COPY)), 0),
		(ClaimFilter::Account(server_account()), 1),
		(ClaimFilter::Account(mallory().account()), 0),
	] {
		let asked = (filed.batch, filter, None::<u32>, 5u32).encode();
		let page: Page<ClaimInfo<AccountId>, u32> = read(ask("AttributionApi_claims", asked));
		assert_eq!(page.items.len(), count);
	}
	let asked: OpenQuestions<AccountId> = read(ask("AttributionApi_open_questions", filed.batch.encode()));
	assert_eq!((asked.samples, asked.demands.len(), asked.unlisted.len()), (None, 0, 0));
	let nothing = ask("AttributionApi_commitment", (charlie().account(), [1u8; 32]).encode());
	assert_eq!(nothing, [0]);
	let method: Option<Method> = read(ask("AttributionApi_method", MethodId(0).encode()));
	let method = method.expect("it was registered");
	let id: Option<MethodId> = read(ask("AttributionApi_method_id", method.encode()));
	assert_eq!(id, Some(MethodId(0)));
	let page: Page<MethodInfo, MethodId> =
		read(ask("AttributionApi_methods", (None::<MethodId>, 5u32).encode()));
	assert_eq!(page.items, [MethodInfo { id: MethodId(0), method }]);
}

#[test]
fn the_presets_open_batches_for_a_minute_and_other_chains_for_a_day() {
	let live = plexus_runtime::RuntimeGenesisConfig::default().attribution.parameters;
	assert_eq!(live, Parameters::LIVE);
	for name in ["development", "local_testnet"] {
		let preset = plexus_runtime::genesis::preset(name).expect("it is a preset");
		let preset: serde_json::Value = serde_json::from_slice(&preset).expect("it is JSON");
		let parameters: Parameters =
			serde_json::from_value(preset["attribution"]["parameters"].clone()).expect("all are there");
		assert_eq!(parameters, Parameters::DEVELOPMENT);
	}
}
