//! Tests of the pallet on the real Balances, Agents, Datanets, Models and Receipts, by subject.

/// As in a block: what fails leaves no trace, and with this error.
macro_rules! assert_refused {
	($call:expr, $error:expr $(,)?) => {
		frame_support::assert_noop!(frame_support::storage::with_storage_layer(|| $call), $error)
	};
}

mod attacks;
mod challenges;
mod claims;
mod commitments;
mod demands;
mod finality;
mod follower;
mod invariants;
mod model;
mod proofs;
mod queries;
mod samples;
mod unlisted;

use crate::{mock::*, types::*, Batches, Claims, Error, Event, HoldReason, Method};
use codec::Encode;
use frame_support::{
	assert_ok,
	pallet_prelude::{DispatchResult, Get},
	storage::with_storage_layer,
	traits::fungible::{Inspect, InspectHold, Mutate},
};
use pallet_datanets::types::{Admission, Licence, Registration, Verdict as Judgement};
use pallet_models::{Asks, Locators, ManifestEntry, ModelKind, RevenuePolicy, Spec};
use pallet_receipts::{ChannelTerms, Redemption};
use plexus_primitives::{
	challenge::commitment, merkle, prove::prove_reader, receipt::voucher, AgentId, BatchId, ChannelId, Claim,
	Content, Context, ContextLeaf, ContributionId, DatanetId, DatanetVersion, Evidence, MethodId, ModelId,
	Receipt,
};
use sp_runtime::{BoundedVec, DispatchError, Perbill};

/// Controls agent 0, which serves.
const CONTROLLER: u8 = 1;
/// Owns and curates the datanets.
const CURATOR: u8 = 2;
/// Contributed everything.
const CONTRIBUTOR: u8 = 3;
/// Developed the models.
const DEVELOPER: u8 = 4;
const PAYER: u8 = 6;
const CHALLENGER: u8 = 7;
const OTHER: u8 = 8;
/// The signer of channels.
const KEY: u8 = 101;

/// The contributions of [`build_world`].
///
/// ```text
/// datanet 0, curated   version 1: ORIGINAL, COPY, which has 2,000 bytes of it     the manifest of models 0 and 1
///                      version 2: LATE too
/// datanet 1, curated   version 1: UNLISTED                                       older than the models
///                      version 2: RECENT too                                     younger
/// datanet 2, open      version 1: RETRIEVED                                      the channel's corpus
/// ```
const ORIGINAL: u64 = 0;
const COPY: u64 = 1;
const UNLISTED: u64 = 2;
const RETRIEVED: u64 = 3;
const LATE: u64 = 4;
const RECENT: u64 = 5;

const FEE: Balance = 1_000_000;
/// Of a fee of model 0: 20 % of what the protocol leaves.
const DATA: Balance = 194_000;
/// And its developer's 30 %.
const DEVELOPERS: Balance = 291_000;

fn signed(account: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

fn by(index: u8) -> RuntimeOrigin {
	signed(account(index))
}

fn listed<Item, B: Get<u32>>(items: impl IntoIterator<Item = Item>) -> BoundedVec<Item, B> {
	items.into_iter().collect::<Vec<_>>().try_into().ok().expect("the test stays within the bound")
}

fn percent(percent: u32) -> Perbill {
	Perbill::from_percent(percent)
}

/// Bytes of which no two pieces of 32 are alike; different for each seed.
fn text(seed: u64, len: usize) -> Vec<u8> {
	let mut bytes = vec![0; len];
	blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
	bytes
}

/// The bytes of a contribution of the world.
fn bytes_of(contribution: u64) -> Vec<u8> {
	match contribution {
		COPY => [text(100, 1_000), text(ORIGINAL, 4_000)[1_000..3_000].to_vec(), text(101, 500)].concat(),
		other => text(other, 4_000),
	}
}

fn content(bytes: &[u8]) -> Content {
	Content { root: *blake3::hash(bytes).as_bytes(), len: bytes.len() as u64 }
}

/// The Bao slice of a range.
fn slice<B: Get<u32>>(bytes: &[u8], start: u64, length: u64) -> BoundedVec<u8, B> {
	use std::io::{Cursor, Read};
	let (encoded, _) = bao::encode::encode(bytes);
	let mut slice = Vec::new();
	bao::encode::SliceExtractor::new(Cursor::new(&encoded), start, length)
		.read_to_end(&mut slice)
		.expect("the encoding is whole");
	listed(slice)
}

fn length_proof<B: Get<u32>>(bytes: &[u8]) -> BoundedVec<u8, B> {
	listed(prove_reader(bytes, |_| ()).expect("it is not empty").length_proof)
}

fn create_datanet(admission: Admission<Test>) {
	let licence = Licence::Spdx(listed(*b"CC-BY-4.0"));
	assert_ok!(Datanets::create_datanet(by(CURATOR), listed(*b"flora"), listed([]), licence, admission));
}

/// Registers content and has it accepted, where that takes somebody.
fn contribute(datanet: u32, bytes: &[u8], curated: bool) -> u64 {
	let proven = prove_reader(bytes, |_| ()).expect("it is not empty");
	contribute_proven(datanet, proven.content, proven.length_proof, curated)
}

fn contribute_proven(datanet: u32, content: Content, length_proof: Vec<u8>, curated: bool) -> u64 {
	let hash = Datanets::commitment_hash(&account(CONTRIBUTOR), &[9; 32], [content.root]);
	assert_ok!(Datanets::commit(by(CONTRIBUTOR), hash));
	pass(COMMITMENT_AGE_MS);
	let id = pallet_datanets::NextContributionId::<Test>::get();
	let registration = Registration {
		content,
		media_type: listed(*b"text/plain"),
		locator: listed([]),
		length_proof: listed(length_proof),
	};
	assert!(Datanets::register(by(CONTRIBUTOR), DatanetId(datanet), [9; 32], listed([registration])).is_ok());
	if curated {
		assert_ok!(Datanets::review(by(CURATOR), id, Judgement::Accept { weight: 1 }));
	}
	id.0
}

fn publish(datanet: u32) {
	assert_ok!(Datanets::publish(by(CURATOR), DatanetId(datanet)));
}

/// Registers a model, whose manifest is version 1 of datanet 0: a base without parents, else a fine-tune.
fn put_model(artifact: &str, parents: &[u64], policy: (u32, u32)) -> u64 {
	let proven = prove_reader(artifact.as_bytes(), |_| ()).expect("it is not empty");
	let (server, data) = policy;
	let entry = ManifestEntry { datanet: DatanetId(0), version: DatanetVersion(1), share: Perbill::one() };
	let spec = Spec {
		kind: if parents.is_empty() { ModelKind::Base } else { ModelKind::FineTune },
		artifact: proven.content,
		card: Content { root: [7; 32], len: 9 },
		parents: listed(parents.iter().copied().map(ModelId)),
		manifest: listed([entry]),
		policy: RevenuePolicy {
			server: percent(server),
			developer: percent(100 - server - data),
			data: percent(data),
		},
		asks: Asks { royalty: percent(10), data: percent(20) },
	};
	let locators = Locators { artifact: listed([]), card: listed([]) };
	let length_proof = listed(proven.length_proof);
	let registration = pallet_models::Registration { spec, locators, length_proof };
	let roots = [registration.spec.artifact.root];
	let hash = Models::commitment_hash(&account(DEVELOPER), &[9; 32], roots);
	assert_ok!(Models::commit(by(DEVELOPER), hash));
	pass(COMMITMENT_AGE_MS);
	let id = pallet_models::NextModelId::<Test>::get();
	assert_ok!(Models::register(by(DEVELOPER), [9; 32], listed([registration])));
	id.0
}

fn server() -> AccountId {
	Agents::account_of(AgentId(0))
}

pub fn profile() -> pallet_agents::Profile<Test> {
	pallet_agents::Profile { card: None, services: listed([]), tags: listed([]) }
}

fn method() -> Method {
	Method { algorithm: listed(*b"maximal-exact-match"), version: 1, parameters: listed(*b"min=32") }
}

/// See [`ORIGINAL`]. Model 1 is made from model 0. Agent 0 serves, the payer has a channel toward it for both, and method
/// 0 is registered.
pub fn build_world() {
	for curated in [true, true, false] {
		create_datanet(match curated {
			true => Admission::Curated(listed([account(CURATOR)])),
			false => Admission::Open,
		});
	}
	for (id, datanet) in [(ORIGINAL, 0), (COPY, 0), (UNLISTED, 1), (RETRIEVED, 2)] {
		assert_eq!(contribute(datanet, &bytes_of(id), datanet < 2), id);
	}
	(0..3).for_each(publish);
	next_block(0);
	put_model("base", &[], (50, 20));
	put_model("tune", &[0], (40, 30));
	for (id, datanet) in [(LATE, 0), (RECENT, 1)] {
		assert_eq!(contribute(datanet, &bytes_of(id), true), id);
		publish(datanet);
	}
	assert_ok!(Agents::register(by(CONTROLLER), profile()));
	assert_ok!(Balances::transfer_allow_death(by(CONTROLLER), server(), 100_000_000));
	assert_ok!(Attribution::register_method(by(OTHER), method()));
	open_channel();
}

fn open_channel() -> ChannelId {
	let channel = pallet_receipts::NextChannelId::<Test>::get();
	let terms = ChannelTerms {
		signer: signer_account(KEY),
		models: listed([ModelId(0), ModelId(1)]),
		corpora: listed([(DatanetId(2), DatanetVersion(1))]),
		expires_at_ms: Now::get() + 1_000_000_000,
	};
	assert_ok!(Receipts::open(by(PAYER), AgentId(0), terms, 400 * FEE));
	channel
}

/// Runs a test in the world, and checks the invariants after it.
fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		build_world();
		System::reset_events();
		test();
		assert_sound();
	});
}

fn assert_sound() {
	assert_ok!(Attribution::check_invariants());
	assert_eq!(free(&Attribution::pot()), EXISTENTIAL_DEPOSIT + Attribution::owed());
	let all = frame_system::Account::<Test>::iter_values().map(|info| info.data.free + info.data.reserved);
	assert_eq!(all.sum::<Balance>(), Balances::total_issuance());
}

fn pass(ms: u64) {
	Now::set(Now::get() + ms);
}

/// The next block, after one with this hash.
fn next_block(hash: u8) {
	let number = System::block_number();
	frame_system::BlockHash::<Test>::insert(number, sp_core::H256::repeat_byte(hash));
	System::set_block_number(number + 1);
}

fn free(account: &AccountId) -> Balance {
	Balances::balance(account)
}

fn held(reason: HoldReason, account: &AccountId) -> Balance {
	Balances::balance_on_hold(&reason.into(), account)
}

fn has_event(event: Event<Test>) -> bool {
	let event = RuntimeEvent::from(event);
	System::events().iter().any(|record| record.event == event)
}

fn error<Done>(error: Error<Test>) -> Result<Done, DispatchError> {
	Err(error.into())
}

/// An answer of model 0, disclosed, without a context.
fn receipt(output: &[u8]) -> Receipt {
	Receipt {
		model: ModelId(0),
		prompt: content(b"what is a flower?"),
		context: None,
		output: content(output),
		fee: FEE,
		disclose: true,
		execution: None,
	}
}

/// A context of these pieces.
fn context(pieces: &[ContextLeaf]) -> Context {
	let leaves: Vec<_> = pieces.iter().map(ContextLeaf::leaf).collect();
	let bytes = pieces.iter().map(|piece| piece.length).sum();
	Context { root: merkle::root(&leaves).expect("there are pieces"), bytes }
}

fn piece(contribution: u64, offset: u64, length: u64) -> ContextLeaf {
	ContextLeaf { contribution: ContributionId(contribution), offset, length }
}

fn span(receipt: u32, contribution: u64, output: u64, offset: u64, length: u64) -> Claim {
	Claim {
		receipt,
		contribution: ContributionId(contribution),
		version: DatanetVersion(1),
		method: MethodId(0),
		evidence: Evidence::Span { output, offset, length },
	}
}

fn grounded(receipt: u32, contribution: u64, offset: u64, length: u64) -> Claim {
	Claim { evidence: Evidence::Grounded { offset, length }, ..span(receipt, contribution, 0, 0, 0) }
}

/// A batch that was submitted, with what its server keeps of it.
#[derive(Clone)]
struct Filed {
	batch: BatchId,
	first_sequence: u64,
	receipts: Vec<Receipt>,
}

impl Filed {
	fn leaves(&self) -> Vec<[u8; 32]> {
		let sequences = self.first_sequence..;
		let leaf = |(receipt, sequence): (&Receipt, u64)| receipt.leaf(ChannelId(0), sequence);
		self.receipts.iter().zip(sequences).map(leaf).collect()
	}

	fn proof(&self, place: u32) -> ReceiptProof {
		let path = merkle::prove(&self.leaves(), place as usize).expect("it is there");
		ReceiptProof {
			channel: ChannelId(0),
			sequence: self.first_sequence + u64::from(place),
			receipt: self.receipts[place as usize],
			path: listed(path),
		}
	}
}

/// What the channel's signer signs over these receipts.
fn redemption(receipts: &[Receipt]) -> Redemption<Test> {
	let id = ChannelId(0);
	let channel = pallet_receipts::Channels::<Test>::get(id).expect("the world has it");
	let (mut sum, mut last, mut acc) = (channel.redeemed, channel.sequence, channel.acc);
	for receipt in receipts {
		last += 1;
		acc = receipt.accumulate(&acc, last);
		sum += receipt.fee;
	}
	let genesis = Attribution::genesis_hash();
	let signature = sign(KEY, &voucher(&genesis, id, sum, last, &acc));
	Redemption { channel: id, receipts: listed(receipts.iter().copied()), signature }
}

/// As in a block: what fails leaves no trace.
fn try_file(receipts: &[Receipt], claims: &[Claim]) -> Result<Filed, DispatchError> {
	let batch = pallet_receipts::NextBatchId::<Test>::get();
	let channel = pallet_receipts::Channels::<Test>::get(ChannelId(0)).expect("the world has it");
	let (redemptions, claims) = (listed([redemption(receipts)]), listed(claims.iter().copied()));
	with_storage_layer(|| Attribution::submit(signed(server()), AgentId(0), redemptions, claims))?;
	Ok(Filed { batch, first_sequence: channel.sequence + 1, receipts: receipts.to_vec() })
}

fn file(receipts: &[Receipt], claims: &[Claim]) -> Filed {
	try_file(receipts, claims).expect("nothing is wrong with it")
}

/// An output with 1,000 bytes of the original from its 500th on, between others of its own.
fn quoting() -> Vec<u8> {
	[text(50, 500), bytes_of(ORIGINAL)[1_500..2_500].to_vec(), text(51, 500)].concat()
}

/// A batch with one true claim for the original. It moves 30 % of the data money times half of the output.
fn file_true() -> Filed {
	file(&[receipt(&quoting())], &[span(0, ORIGINAL, 500, 1_500, 1_000)])
}

/// What that claim moves.
const TRUE_AMOUNT: Balance = DATA * 3 / 10 / 2;

/// A batch with one false claim: another part of the original.
fn file_false() -> Filed {
	file(&[receipt(&quoting())], &[span(0, ORIGINAL, 500, 0, 1_000)])
}

/// Shows that [`file_false`] is that.
fn mismatch(filed: &Filed) -> Challenge {
	Challenge::Mismatch {
		claim: 0,
		receipt: filed.proof(0),
		start: 10,
		length: 40,
		output: slice(&quoting(), 510, 40),
		source: slice(&bytes_of(ORIGINAL), 10, 40),
	}
}

/// The answer for the true claim.
fn true_answer(filed: &Filed) -> Answer {
	Answer::Span {
		receipt: filed.proof(0),
		length: length_proof(&quoting()),
		output: slice(&quoting(), 500, 1_000),
		source: slice(&bytes_of(ORIGINAL), 1_500, 1_000),
	}
}

fn hash_of(who: u8, batch: BatchId, challenge: &Challenge) -> [u8; 32] {
	commitment(&Attribution::genesis_hash(), &account(who).encode(), &[5; 32], batch, challenge)
}

/// What a commitment to such a batch costs for now: the part of the hold that the time for revealing is of the window.
fn commitment_deposit(batch: BatchId) -> Balance {
	let hold = Batches::<Test>::get(batch).expect("it is open").hold;
	COMMITMENT_DEPOSIT.max(hold * Balance::from(PARAMETERS.reveal_ms) / Balance::from(PARAMETERS.window_ms))
}

fn commit_to(who: u8, batch: BatchId, challenge: &Challenge) -> DispatchResult {
	let hash = hash_of(who, batch, challenge);
	with_storage_layer(|| Attribution::commit(by(who), batch, hash))
}

fn reveal(who: u8, batch: BatchId, challenge: &Challenge) -> DispatchResult {
	with_storage_layer(|| Attribution::reveal(by(who), batch, [5; 32], challenge.clone()))
}

/// Commits, and reveals a block later.
fn challenge_by(who: u8, batch: BatchId, challenge: &Challenge) -> DispatchResult {
	commit_to(who, batch, challenge)?;
	next_block(1);
	reveal(who, batch, challenge)
}

fn challenge(batch: BatchId, challenge: &Challenge) -> DispatchResult {
	challenge_by(CHALLENGER, batch, challenge)
}

fn finalise(batch: BatchId) -> DispatchResult {
	with_storage_layer(|| Attribution::finalise(by(OTHER), batch, u32::MAX))
}

fn answer(batch: BatchId, claim: u32, answer: &Answer) -> DispatchResult {
	with_storage_layer(|| Attribution::answer(by(OTHER), batch, claim, answer.clone()))
}

/// The samples of a batch that was just submitted.
fn draw(batch: BatchId) -> Vec<u32> {
	(0..3).for_each(next_block);
	assert_ok!(Attribution::draw_samples(by(OTHER), batch));
	match Batches::<Test>::get(batch).expect("it is open").sampling {
		Sampling::Drawn { claims, .. } => claims.into(),
		_ => Vec::new(),
	}
}

fn amounts(batch: BatchId) -> Vec<Balance> {
	Claims::<Test>::get(batch).unwrap_or_default().iter().map(|record| record.amount).collect()
}

fn is_fraudulent(batch: BatchId) -> bool {
	Batches::<Test>::get(batch).is_some_and(|batch| batch.verdict.is_some())
}

/// Shows the one sample of a batch with the true claim, and waits for the end of its window.
fn see_through(filed: &Filed) {
	draw(filed.batch);
	assert_ok!(answer(filed.batch, 0, &true_answer(filed)));
	pass(PARAMETERS.window_ms);
}

/// A model for benchmarks: each is made from the one before.
#[cfg(feature = "runtime-benchmarks")]
pub fn put_bench_model(seed: u32, _: DatanetId) -> ModelId {
	let parents: Vec<u64> = (0..u64::from(seed)).rev().take(1).collect();
	ModelId(put_model(&format!("artifact {seed}"), &parents, (50, 20)))
}

/// What benchmarks claim for.
#[cfg(feature = "runtime-benchmarks")]
pub fn contribute_for_benchmarks(contents: [(Content, Vec<u8>); 3]) -> [(ContributionId, DatanetId); 3] {
	(0..2).for_each(|_| create_datanet(Admission::Curated(listed([account(CURATOR)]))));
	let mut made = Vec::new();
	for ((content, proof), datanet) in contents.into_iter().zip([0, 0, 1]) {
		let id = contribute_proven(datanet, content, proof, true);
		made.push((ContributionId(id), DatanetId(datanet)));
	}
	(0..2).for_each(publish);
	made.try_into().expect("there are three")
}
