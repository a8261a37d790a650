//! A market in one state, made by the runtime's own calls: contributions behind a version, a model that was trained on it, an
//! agent that serves it, and payers with channels.
//!
//! Both the tests of settlement and the bench `settlement` use this. Every function runs inside externalities, in a block.
//!
//! # Must not
//! Measure or judge. Write to the state what a call could, except for what passes by itself: blocks, the clock, and that
//! samples were shown ([`settle`]).

// Each user needs a part.
#![allow(dead_code)]

use frame_support::{
	dispatch::DispatchResultWithPostInfo,
	traits::{fungible::Mutate, Get, UnfilteredDispatchable},
	BoundedVec,
};
use pallet_attribution::{types::Sampling, Method};
use pallet_datanets::types::{Admission, Licence, Registration, Verdict, Windows};
use pallet_models::{Asks, Locators, ManifestEntry, ModelKind, RevenuePolicy, Spec};
use pallet_receipts::{ChannelTerms, Redemption};
use pallet_rewards::Place;
use plexus_primitives::{
	constants::UNITS,
	prove::{prove_reader, ProvenContent},
	receipt::voucher,
	AgentId, BatchId, ChannelId, Claim, Content, Context, ContributionId, DatanetId, DatanetVersion,
	Evidence, MethodId, ModelId, Receipt,
};
use plexus_runtime::{
	AccountId, Agents, Balance, Balances, Datanets, Hash, Models, Runtime, RuntimeCall, RuntimeOrigin, System,
};
use sp_core::{ed25519, Pair};
use sp_runtime::{traits::Hash as _, Perbill};
use std::ops::Range;

/// What the model was trained on, and what it was not: each one version at first.
pub const DATANET: DatanetId = DatanetId(0);
pub const OTHER: DatanetId = DatanetId(1);
pub const VERSION: DatanetVersion = DatanetVersion(1);
pub const MODEL: ModelId = ModelId(0);
pub const SERVER: AgentId = AgentId(0);
pub const METHOD: MethodId = MethodId(0);

/// The contributions of [`found`]: two in [`DATANET`], of which the first was committed to before, and one in [`OTHER`].
pub const EARLIER: ContributionId = ContributionId(0);
pub const LATER: ContributionId = ContributionId(1);
pub const UNLISTED: ContributionId = ContributionId(2);

/// What each receipt costs.
pub const FEE: Balance = UNITS / 100;

/// What each account has.
const FUNDS: Balance = 10_000_000 * UNITS;

/// Contributions that each account of [`contribute`] has.
const PER_ACCOUNT: u64 = 10;

const SALT: [u8; 32] = [7; 32];

/// An account.
pub fn account(name: &str, index: u64) -> AccountId {
	AccountId::new(sp_io::hashing::blake2_256(&[name.as_bytes(), &index.to_le_bytes()].concat()))
}

/// An account with money.
pub fn rich(name: &str, index: u64) -> AccountId {
	let who = account(name, index);
	Balances::set_balance(&who, FUNDS);
	who
}

/// Who contributed [`LATER`].
pub fn contributor() -> AccountId {
	account("source", 1)
}

/// The account of the agent.
pub fn server() -> AccountId {
	Agents::account_of(SERVER)
}

fn signer() -> ed25519::Pair {
	ed25519::Pair::from_seed(&[7; 32])
}

pub fn listed<Item: std::fmt::Debug, B: Get<u32>>(items: Vec<Item>) -> BoundedVec<Item, B> {
	items.try_into().expect("it stays within the bound")
}

/// Executes a call.
pub fn call(who: &AccountId, call: impl Into<RuntimeCall>) -> DispatchResultWithPostInfo {
	let call: RuntimeCall = call.into();
	call.dispatch_bypass_filter(RuntimeOrigin::signed(who.clone()))
}

/// Executes a call that succeeds.
pub fn done(who: &AccountId, what: impl Into<RuntimeCall>) {
	call(who, what).expect("the call is right");
}

/// Begins the next block.
pub fn next_block() {
	let number = System::block_number();
	let hash = <Runtime as frame_system::Config>::Hashing::hash_of(&(number, b"market"));
	frame_system::BlockHash::<Runtime>::insert(number, hash);
	System::set_block_number(number + 1);
}

/// Lets time pass on the chain clock.
pub fn pass_ms(ms: u64) {
	pallet_validators::Clock::<Runtime>::mutate(|clock| clock.elapsed_ms += ms);
}

fn prove(bytes: &[u8]) -> ProvenContent {
	prove_reader(bytes, |_| {}).expect("bytes in memory can be read")
}

/// Both datanets with these contributions, and the agent. No version is published yet.
pub fn found(sources: [ProvenContent; 3]) {
	System::set_block_number(1);
	frame_system::BlockHash::<Runtime>::insert(0, Hash::repeat_byte(9));
	pallet_datanets::CurrentWindows::<Runtime>::put(Windows { commitment_age_ms: 0, ..Windows::LIVE });
	let (owner, curator) = (rich("owner", 0), rich("curator", 0));
	for _ in [DATANET, OTHER] {
		let create = pallet_datanets::Call::<Runtime>::create_datanet {
			name: listed(b"a market".to_vec()),
			tags: Default::default(),
			licence: Licence::Spdx(listed(b"MIT".to_vec())),
			admission: Admission::Curated(listed(vec![curator.clone()])),
		};
		done(&owner, create);
	}
	for ((source, datanet), index) in sources.into_iter().zip([DATANET, DATANET, OTHER]).zip(0..) {
		let who = rich("source", index);
		register(&who, datanet, vec![source]);
	}
	accept(EARLIER.0..UNLISTED.0 + 1);
	let controller = rich("controller", 0);
	done(&controller, pallet_agents::Call::<Runtime>::register { profile: Default::default() });
	Balances::set_balance(&server(), FUNDS);
	let method = Method {
		algorithm: listed(b"maximal-exact-match".to_vec()),
		version: 1,
		parameters: listed(b"min=32".to_vec()),
	};
	done(&server(), pallet_attribution::Call::<Runtime>::register_method { method });
}

fn register(who: &AccountId, datanet: DatanetId, contents: Vec<ProvenContent>) {
	let roots = contents.iter().map(|proven| proven.content.root);
	let hash = Datanets::commitment_hash(who, &SALT, roots);
	done(who, pallet_datanets::Call::<Runtime>::commit { hash });
	let registrations = contents.into_iter().map(|ProvenContent { content, length_proof }| Registration {
		content,
		media_type: listed(b"text/plain".to_vec()),
		locator: listed(b"https://example.org/text".to_vec()),
		length_proof: listed(length_proof),
	});
	let registrations = listed(registrations.collect());
	done(who, pallet_datanets::Call::<Runtime>::register { datanet, salt: SALT, registrations });
}

fn accept(ids: Range<u64>) {
	for id in ids {
		let (contribution, verdict) = (ContributionId(id), Verdict::Accept { weight: 1 + (id % 100) as u8 });
		done(&account("curator", 0), pallet_datanets::Call::<Runtime>::review { contribution, verdict });
	}
}

/// So many more contributions to [`DATANET`], accepted; with a new account for every [`PER_ACCOUNT`].
pub fn contribute(count: u64) {
	let first = pallet_datanets::NextContributionId::<Runtime>::get().0;
	let ids: Vec<u64> = (first..first + count).collect();
	for some in ids.chunks(PER_ACCOUNT as usize) {
		let who = rich("contributor", some[0]);
		register(&who, DATANET, some.iter().map(|id| prove(&id.to_le_bytes())).collect());
	}
	accept(first..first + count);
}

/// The next version of a datanet.
pub fn publish(datanet: DatanetId) {
	done(&account("owner", 0), pallet_datanets::Call::<Runtime>::publish { datanet });
}

/// The model, whose data is [`VERSION`] of [`DATANET`] alone.
pub fn train() {
	// An unlisted source was published in a block before.
	next_block();
	let developer = rich("developer", 0);
	let ProvenContent { content, length_proof } = prove(b"weights");
	let percent = Perbill::from_percent;
	let spec = Spec::<Runtime> {
		kind: ModelKind::Base,
		artifact: content,
		card: Content { root: [1; 32], len: 1 },
		parents: Default::default(),
		manifest: listed(vec![ManifestEntry { datanet: DATANET, version: VERSION, share: Perbill::one() }]),
		policy: RevenuePolicy { server: percent(50), developer: percent(20), data: percent(30) },
		asks: Asks { royalty: percent(0), data: percent(0) },
	};
	let locators = Locators { artifact: Default::default(), card: Default::default() };
	let model = pallet_models::Registration { spec, locators, length_proof: listed(length_proof) };
	let hash = Models::commitment_hash(&developer, &SALT, [content.root]);
	done(&developer, pallet_models::Call::<Runtime>::commit { hash });
	let models = listed(vec![model]);
	done(&developer, pallet_models::Call::<Runtime>::register { salt: SALT, models });
}

/// So many channels, each of another payer.
pub fn open(count: u64) -> Vec<ChannelId> {
	let first = pallet_receipts::NextChannelId::<Runtime>::get().0;
	let ids = first..first + count;
	for id in ids.clone() {
		let terms = ChannelTerms {
			signer: signer().public().into(),
			models: listed(vec![MODEL]),
			corpora: listed(vec![(DATANET, VERSION)]),
			expires_at_ms: u64::MAX,
		};
		let open = pallet_receipts::Call::<Runtime>::open { server: SERVER, terms, amount: 1_000 * UNITS };
		done(&rich("payer", id), open);
	}
	ids.map(ChannelId).collect()
}

/// A receipt whose payer agreed to disclose the output.
pub fn receipt(prompt: Content, output: Content, context: Option<Context>) -> Receipt {
	Receipt { model: MODEL, prompt, context, output, fee: FEE, disclose: true, execution: None }
}

/// What a payer signs over these receipts, which follow on those redeemed.
pub fn redemption(channel: ChannelId, receipts: Vec<Receipt>) -> Redemption<Runtime> {
	let state = pallet_receipts::Channels::<Runtime>::get(channel).expect("it is open");
	let (mut sum, mut sequence, mut acc) = (state.redeemed, state.sequence, state.acc);
	for receipt in &receipts {
		sequence += 1;
		acc = receipt.accumulate(&acc, sequence);
		sum += receipt.fee;
	}
	let signature = signer().sign(&voucher(&genesis_hash(), channel, sum, sequence, &acc));
	Redemption {
		channel,
		receipts: listed(receipts),
		signature: sp_runtime::MultiSignature::from(signature).into(),
	}
}

/// The hash that everything signed or committed to is separated by.
pub fn genesis_hash() -> [u8; 32] {
	System::block_hash(0).0
}

/// A batch of so many copies of a receipt, of each of these channels.
pub fn submission(
	channels: &[ChannelId],
	each: usize,
	receipt: Receipt,
	claims: Vec<Claim>,
) -> pallet_attribution::Call<Runtime> {
	let redemptions = channels.iter().map(|channel| redemption(*channel, vec![receipt; each])).collect();
	let (server, redemptions, claims) = (SERVER, listed(redemptions), listed(claims));
	pallet_attribution::Call::submit { server, redemptions, claims }
}

/// The next batch.
pub fn next_batch() -> BatchId {
	pallet_receipts::NextBatchId::<Runtime>::get()
}

/// A claim that a part of a receipt's output stands in [`LATER`].
pub fn span(receipt: u32, output: u64, offset: u64, length: u64) -> Claim {
	let evidence = Evidence::Span { output, offset, length };
	Claim { receipt, contribution: LATER, version: VERSION, method: METHOD, evidence }
}

/// Claims of as many receipts, each of so many spans, one after the other.
pub fn spans(receipts: u32, each: u64, length: u64) -> Vec<Claim> {
	let of = |receipt| (0..each).map(move |place| span(receipt, place * length, place * length, length));
	(0..receipts).flat_map(of).collect()
}

/// Lets a batch's window pass, as if all samples had been shown: what they cost is not what settling does.
pub fn settle(batch: BatchId) {
	let batches = |batch: &mut Option<pallet_attribution::Batch<Runtime>>| {
		let batch = batch.as_mut().expect("it is open");
		batch.sampling = Sampling::Done;
		batch.parameters.window_ms
	};
	pass_ms(pallet_attribution::Batches::<Runtime>::mutate(batch, batches));
}

/// The calls that settle, after [`settle`]: each leaves the state in which the next one has something to do.
pub fn settling(batch: BatchId) -> [(&'static str, RuntimeCall); 3] {
	let limit = <Runtime as pallet_attribution::Config>::ClaimsMax::get();
	let places = listed(vec![Place::onward(DATANET, VERSION)]);
	let account = contributor();
	[
		("finalise", pallet_attribution::Call::<Runtime>::finalise { batch, limit }.into()),
		("distribute", pallet_rewards::Call::<Runtime>::distribute { model: MODEL, entry: 0 }.into()),
		("claim", pallet_rewards::Call::<Runtime>::claim { account, places }.into()),
	]
}
