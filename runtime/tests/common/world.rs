//! A chain on which inference is paid with claims: data, models, an agent that serves, a payer with a channel.
//!
//! ```text
//! datanet 0, curated   version 1: ORIGINAL, and COPY, which has 2,000 bytes of it     the manifest of both models
//! datanet 1, curated   version 1: UNLISTED                                           older than the models
//! datanet 2, open      version 1: RETRIEVED                                          the channel's corpus
//! model 0: Alice's     asks 10 %, a fifth of it for data; leaves 50 % to servers, 20 % to data
//! model 1: Mallory's   made from model 0; leaves 40 % to servers, 30 % to data
//! agent 0: Mallory's   serves; channel 0 is Peter's toward it
//! ```
//!
//! # Must not
//! Write what a transaction can: everything after the genesis happens in blocks.

// Each test binary uses a part.
#![allow(dead_code)]

use crate::common::{
	evidence::{content, length_proof, listed, prove, slice, text, Filed},
	transfer, Chain, Key,
};
use codec::Encode;
use pallet_attribution::{Batches, Method, Parameters};
use pallet_datanets::{
	types::{Admission, Licence, Registration as Contributed, Verdict},
	Windows,
};
use pallet_models::{Asks, Locators, ManifestEntry, ModelKind, Registration, RevenuePolicy, Spec};
use pallet_receipts::{ChannelTerms, Redemption};
use pallet_rewards::Holder;
use pallet_validators::ChainPeriods;
use plexus_primitives::{
	challenge::commitment,
	constants::{Balance, UNITS},
	receipt::voucher,
	AgentId, Answer, BatchId, Challenge, ChannelId, Claim, Content, ContributionId, DatanetId,
	DatanetVersion, Evidence, MethodId, ModelId, Receipt,
};
use plexus_runtime::{
	AccountId, Agents, Datanets, Models, Receipts, Runtime, RuntimeCall, RuntimeEvent, System,
};
use sp_runtime::{ApplyExtrinsicResult, DispatchError, Perbill};
use std::collections::BTreeMap;

pub type AttributionCall = pallet_attribution::Call<Runtime>;
pub type ReceiptsCall = pallet_receipts::Call<Runtime>;
pub type RewardsCall = pallet_rewards::Call<Runtime>;
pub type DatanetsCall = pallet_datanets::Call<Runtime>;
pub type ModelsCall = pallet_models::Call<Runtime>;
pub type AgentsCall = pallet_agents::Call<Runtime>;

/// Two seconds: every age of commitments in development is over after one block.
pub const BLOCK_MS: u64 = 2_000;
pub const PARAMETERS: Parameters = Parameters::DEVELOPMENT;
/// After so many blocks whatever a batch waited for is over.
pub const WINDOW_BLOCKS: u64 = PARAMETERS.window_ms / BLOCK_MS + 1;
pub const RESPONSE_BLOCKS: u64 = PARAMETERS.response_ms / BLOCK_MS + 1;
pub const REVEAL_BLOCKS: u64 = PARAMETERS.reveal_ms / BLOCK_MS + 1;
/// The grace of a channel that its payer closes.
pub const GRACE_BLOCKS: u64 = Windows::DEVELOPMENT.publication_ms / BLOCK_MS + 1;

pub const SERVER: AgentId = AgentId(0);
pub const CHANNEL: ChannelId = ChannelId(0);
pub const BASE: ModelId = ModelId(0);
pub const TUNED: ModelId = ModelId(1);
pub const MANIFEST: DatanetId = DatanetId(0);
pub const CORPUS: DatanetId = DatanetId(2);
pub const ORIGINAL: u64 = 0;
pub const COPY: u64 = 1;
pub const UNLISTED: u64 = 2;
pub const RETRIEVED: u64 = 3;

/// What a request costs: so much that fees of transactions are small beside it.
pub const FEE: Balance = 100 * UNITS;
/// What the data of model 0 has of that: 20 % of 97 %.
pub const DATA: Balance = FEE * 97 / 100 / 5;
/// What a claim for half of an output moves.
pub const HALF_CLAIM: Balance = DATA * 3 / 10 / 2;

/// Develops model 0, owns and is honest.
pub fn alice() -> Key {
	Key::sr25519("//Alice")
}

/// Owns and curates the datanets.
pub fn carol() -> Key {
	Key::sr25519("//Carol")
}

/// Contributed everything but the copy.
pub fn dave() -> Key {
	Key::sr25519("//Dave")
}

/// Pays, and signs its own vouchers.
pub fn peter() -> Key {
	Key::ed25519("//Peter")
}

/// Looks for what is wrong.
pub fn charlie() -> Key {
	Key::sr25519("//Charlie")
}

/// Calls what anybody may, and pays for that.
pub fn clerk() -> Key {
	Key::ed25519("//Clerk")
}

/// Attacks: controls the serving agent, developed model 1, contributed the copy.
pub fn mallory() -> Key {
	Key::sr25519("//Mallory")
}

/// Mallory too.
pub fn accomplice() -> Key {
	Key::sr25519("//Mallory//other")
}

pub fn server_account() -> AccountId {
	Agents::account_of(SERVER)
}

/// All accounts of the attacker.
pub fn attackers() -> Vec<AccountId> {
	vec![mallory().account(), accomplice().account(), server_account()]
}

pub fn percent(whole: u32) -> Perbill {
	Perbill::from_percent(whole)
}

/// The bytes of a contribution of the world.
pub fn bytes_of(contribution: u64) -> Vec<u8> {
	match contribution {
		COPY => [text(100, 1_000), text(ORIGINAL, 4_000)[1_000..3_000].to_vec(), text(101, 500)].concat(),
		other => text(other, 4_000),
	}
}

/// An output with 1,000 bytes of the original from its 500th on, between others of its own.
pub fn quoting() -> Vec<u8> {
	[text(50, 500), bytes_of(ORIGINAL)[1_500..2_500].to_vec(), text(51, 500)].concat()
}

/// A disclosed answer of model 0.
pub fn receipt(output: &[u8]) -> Receipt {
	let prompt = content(b"what is a flower?");
	let output = content(output);
	Receipt { model: BASE, prompt, context: None, output, fee: FEE, disclose: true, execution: None }
}

pub fn span(receipt: u32, contribution: u64, output: u64, offset: u64, length: u64) -> Claim {
	Claim {
		receipt,
		contribution: ContributionId(contribution),
		version: DatanetVersion(1),
		method: MethodId(0),
		evidence: Evidence::Span { output, offset, length },
	}
}

pub fn grounded(receipt: u32, contribution: u64, offset: u64, length: u64) -> Claim {
	Claim { evidence: Evidence::Grounded { offset, length }, ..span(receipt, contribution, 0, 0, 0) }
}

/// What is true of [`quoting`].
pub fn true_claim() -> Claim {
	span(0, ORIGINAL, 500, 1_500, 1_000)
}

/// That Mallory's copy was repeated from a place that has other bytes.
pub fn false_claim() -> Claim {
	span(0, COPY, 500, 0, 1_000)
}

/// Everything that a span was computed from.
pub fn answer_span(filed: &Filed, claim: &Claim, output: &[u8], source: &[u8]) -> Answer {
	let Evidence::Span { output: start, offset, length } = claim.evidence else {
		panic!("the claim is of a span")
	};
	Answer::Span {
		receipt: filed.proof(claim.receipt),
		length: length_proof(output),
		output: slice(output, start, length),
		source: slice(source, offset, length),
	}
}

/// That 64 bytes of a false span are others.
pub fn mismatch(filed: &Filed, place: u32, claim: &Claim, output: &[u8], source: &[u8]) -> Challenge {
	let Evidence::Span { output: start, offset, .. } = claim.evidence else {
		panic!("the claim is of a span")
	};
	Challenge::Mismatch {
		claim: place,
		receipt: filed.proof(claim.receipt),
		start: 0,
		length: 64,
		output: slice(output, start, 64),
		source: slice(source, offset, 64),
	}
}

/// That a contribution has all bytes of a span.
pub fn counterclaim(filed: &Filed, output: &[u8], range: (u64, u64), earlier: u64, offset: u64) -> Challenge {
	Challenge::Counterclaim {
		claim: 0,
		receipt: filed.proof(0),
		contribution: ContributionId(earlier),
		version: DatanetVersion(1),
		offset,
		output: slice(output, range.0, range.1),
		source: slice(&bytes_of(earlier), offset, range.1),
	}
}

/// A model over version 1 of datanet 0.
pub fn model(
	artifact: &[u8],
	parents: &[ModelId],
	royalty: Perbill,
	(server, data): (u32, u32),
) -> Registration<Runtime> {
	let proven = prove(artifact);
	let entry = ManifestEntry { datanet: MANIFEST, version: DatanetVersion(1), share: Perbill::one() };
	let developer = percent(100 - server - data);
	Registration {
		spec: Spec {
			kind: if parents.is_empty() { ModelKind::Base } else { ModelKind::FineTune },
			artifact: proven.content,
			card: Content { root: [7; 32], len: 9 },
			parents: listed(parents.iter().copied()),
			manifest: listed([entry]),
			policy: RevenuePolicy { server: percent(server), developer, data: percent(data) },
			asks: Asks { royalty, data: percent(20) },
		},
		locators: Locators { artifact: Default::default(), card: Default::default() },
		length_proof: listed(proven.length_proof),
	}
}

pub fn control(call: impl Into<RuntimeCall>) -> RuntimeCall {
	AgentsCall::control { agent: SERVER, call: Box::new(call.into()) }.into()
}

pub fn contributed(bytes: &[u8]) -> Contributed<Runtime> {
	let proven = prove(bytes);
	Contributed {
		content: proven.content,
		media_type: listed(*b"text/plain"),
		locator: listed([]),
		length_proof: listed(proven.length_proof),
	}
}

/// See the module's documentation.
pub struct World {
	pub chain: Chain,
	/// The fees of everybody's transactions, tips included, by who signed.
	fees: BTreeMap<AccountId, Balance>,
}

impl World {
	/// The chain where everything is in place and nothing was paid yet.
	pub fn new() -> Self {
		let mut world = Self::bare();
		for curated in [true, true, false] {
			world.create_datanet(curated);
		}
		for (id, datanet, by) in
			[(ORIGINAL, 0, dave()), (COPY, 0, mallory()), (UNLISTED, 1, dave()), (RETRIEVED, 2, dave())]
		{
			assert_eq!(world.contribute(&by, DatanetId(datanet), &bytes_of(id)), ContributionId(id));
			world.accept(ContributionId(id));
		}
		for datanet in (0..3).map(DatanetId) {
			world.succeeds(&carol(), DatanetsCall::publish { datanet });
		}
		world.pass(1);
		world.register(&alice(), model(b"base", &[], percent(10), (50, 20)));
		world.register(&mallory(), model(b"tuned", &[BASE], percent(0), (40, 30)));
		world.succeeds(&mallory(), AgentsCall::register { profile: Default::default() });
		world.succeeds(&mallory(), transfer(&server_account(), 10_000 * UNITS));
		let (algorithm, parameters) = (listed(*b"maximal-exact-match"), listed(*b"min=32"));
		let method = Method { algorithm, version: 1, parameters };
		world.succeeds(&clerk(), AttributionCall::register_method { method });
		world.open(&peter(), 5_000 * UNITS);
		world
	}

	/// The chain without anything but accounts, with short windows.
	pub fn bare() -> Self {
		let keys = [alice(), carol(), dave(), peter(), charlie(), clerk(), mallory(), accomplice()];
		let keys = keys.iter().collect::<Vec<_>>();
		let chain = Chain::with_periods(&keys, BLOCK_MS, ChainPeriods::DEVELOPMENT);
		let mut world = Self { chain, fees: BTreeMap::new() };
		world.chain.ext.execute_with(|| {
			pallet_datanets::CurrentWindows::<Runtime>::put(Windows::DEVELOPMENT);
			pallet_attribution::CurrentParameters::<Runtime>::put(PARAMETERS);
		});
		// The state knows the genesis hash, which commitments and vouchers contain, from block 1 on.
		world.pass(1);
		world
	}

	pub fn read<R>(&mut self, action: impl FnOnce() -> R) -> R {
		self.chain.ext.execute_with(action)
	}

	pub fn send(&mut self, from: &Key, call: impl Into<RuntimeCall>) -> ApplyExtrinsicResult {
		let nonce = self.read(|| System::account_nonce(from.account()));
		let transaction = self.chain.sign(from, nonce, 0, call.into());
		let result = self.chain.build(vec![transaction]).1[0];
		self.note_fees();
		result
	}

	/// Sends all in one block; how each ended.
	pub fn send_all(
		&mut self,
		from: &Key,
		calls: impl IntoIterator<Item = RuntimeCall>,
	) -> Vec<ApplyExtrinsicResult> {
		let first = self.read(|| System::account_nonce(from.account()));
		let sign = |(call, nonce)| self.chain.sign(from, nonce, 0, call);
		let transactions = calls.into_iter().zip(first..).map(sign).collect();
		let results = self.chain.build(transactions).1;
		self.note_fees();
		results
	}

	/// Adds up what the transactions of the last block paid.
	fn note_fees(&mut self) {
		for event in self.chain.events() {
			if let RuntimeEvent::TransactionPayment(
				pallet_transaction_payment::Event::<Runtime>::TransactionFeePaid { who, actual_fee, .. },
			) = event
			{
				*self.fees.entry(who).or_default() += actual_fee;
			}
		}
	}

	/// What transactions that these accounts signed have cost.
	fn fees(&self, accounts: &[AccountId]) -> Balance {
		accounts.iter().filter_map(|account| self.fees.get(account)).sum()
	}

	pub fn succeeds(&mut self, from: &Key, call: impl Into<RuntimeCall>) {
		assert_eq!(self.send(from, call), Ok(Ok(())));
	}

	pub fn fails(&mut self, from: &Key, call: impl Into<RuntimeCall>, error: impl Into<DispatchError>) {
		assert_eq!(self.send(from, call), Ok(Err(error.into())));
	}

	pub fn pass(&mut self, blocks: u64) {
		for _ in 0..blocks {
			self.chain.build(vec![]);
		}
	}

	pub fn create_datanet(&mut self, curated: bool) {
		let admission = match curated {
			true => Admission::Curated(listed([carol().account()])),
			false => Admission::Open,
		};
		let (name, licence) = (listed(*b"flora"), Licence::Spdx(listed(*b"CC-BY-4.0")));
		self.succeeds(
			&carol(),
			DatanetsCall::create_datanet { name, tags: Default::default(), licence, admission },
		);
	}

	/// Commits, and registers a block later.
	pub fn contribute(&mut self, by: &Key, datanet: DatanetId, bytes: &[u8]) -> ContributionId {
		self.commit_contribution(by, bytes);
		self.pass(1);
		self.register_contribution(by, datanet, bytes);
		let next = self.read(pallet_datanets::NextContributionId::<Runtime>::get);
		ContributionId(next.0 - 1)
	}

	pub fn commit_contribution(&mut self, by: &Key, bytes: &[u8]) {
		let (account, root) = (by.account(), content(bytes).root);
		let hash = self.read(|| Datanets::commitment_hash(&account, &[9; 32], [root]));
		self.succeeds(by, DatanetsCall::commit { hash });
	}

	pub fn register_contribution(&mut self, by: &Key, datanet: DatanetId, bytes: &[u8]) {
		let registrations = listed([contributed(bytes)]);
		self.succeeds(by, DatanetsCall::register { datanet, salt: [9; 32], registrations });
	}

	/// By its curator. An open datanet has accepted what was committed to before.
	pub fn accept(&mut self, contribution: ContributionId) {
		let record = self.read(|| pallet_datanets::Contributions::<Runtime>::get(contribution));
		if record.expect("it was registered").span().is_none() {
			self.pass(1);
			let verdict = Verdict::Accept { weight: 10 };
			self.succeeds(&carol(), DatanetsCall::review { contribution, verdict });
		}
	}

	pub fn register(&mut self, developer: &Key, model: Registration<Runtime>) -> ModelId {
		let (salt, roots, by) = ([9; 32], [model.spec.artifact.root], developer.account());
		let hash = self.read(|| Models::commitment_hash(&by, &salt, roots));
		self.succeeds(developer, ModelsCall::commit { hash });
		self.pass(1);
		let id = self.read(pallet_models::NextModelId::<Runtime>::get);
		self.succeeds(developer, ModelsCall::register { salt, models: listed([model]) });
		id
	}

	pub fn terms(&mut self, signer: &Key, models: &[ModelId]) -> ChannelTerms<Runtime> {
		ChannelTerms {
			signer: signer.account(),
			models: listed(models.iter().copied()),
			corpora: listed([(CORPUS, DatanetVersion(1))]),
			expires_at_ms: self.read(plexus_runtime::Validators::clock_ms) + 1_000_000_000,
		}
	}

	/// Opens a channel toward the agent for both models; its payer signs.
	pub fn open(&mut self, payer: &Key, amount: Balance) -> ChannelId {
		let terms = self.terms(payer, &[BASE, TUNED]);
		self.open_with(payer, terms, amount)
	}

	pub fn open_with(&mut self, payer: &Key, terms: ChannelTerms<Runtime>, amount: Balance) -> ChannelId {
		let id = self.read(pallet_receipts::NextChannelId::<Runtime>::get);
		self.succeeds(payer, ReceiptsCall::open { server: SERVER, terms, amount });
		id
	}

	/// What a channel's signer signs over these receipts, which follow on those redeemed.
	pub fn redemption(
		&mut self,
		signer: &Key,
		channel: ChannelId,
		receipts: &[Receipt],
	) -> Redemption<Runtime> {
		let state = self.read(|| Receipts::channel(channel)).expect("it is open");
		let (mut sum, mut sequence, mut acc) = (state.redeemed, state.sequence, state.acc);
		for receipt in receipts {
			sequence += 1;
			acc = receipt.accumulate(&acc, sequence);
			sum += receipt.fee;
		}
		let signature = signer.sign(&voucher(&self.chain.genesis_hash.0, channel, sum, sequence, &acc));
		Redemption { channel, receipts: listed(receipts.iter().copied()), signature: signature.into() }
	}

	/// A submission of what the signer of a channel signed.
	pub fn submission_of(
		&mut self,
		signer: &Key,
		channel: ChannelId,
		receipts: &[Receipt],
		claims: &[Claim],
	) -> RuntimeCall {
		let redemptions = listed([self.redemption(signer, channel, receipts)]);
		let claims = listed(claims.iter().copied());
		control(AttributionCall::submit { server: SERVER, redemptions, claims })
	}

	/// Submits a batch of a channel.
	pub fn file_of(
		&mut self,
		signer: &Key,
		channel: ChannelId,
		receipts: &[Receipt],
		claims: &[Claim],
	) -> Filed {
		let first_sequence = self.read(|| Receipts::channel(channel)).expect("it is open").sequence + 1;
		let batch = self.read(pallet_receipts::NextBatchId::<Runtime>::get);
		let submit = self.submission_of(signer, channel, receipts, claims);
		self.succeeds(&mallory(), submit);
		Filed { batch, channel, first_sequence, receipts: receipts.to_vec() }
	}

	/// Submits a batch of Peter's channel.
	pub fn file(&mut self, receipts: &[Receipt], claims: &[Claim]) -> Filed {
		self.file_of(&peter(), CHANNEL, receipts, claims)
	}

	/// The samples of a batch that was just submitted.
	pub fn draw(&mut self, batch: BatchId) -> Vec<u32> {
		self.pass(2);
		self.succeeds(&clerk(), AttributionCall::draw_samples { batch });
		let drawn = |event| match event {
			RuntimeEvent::Attribution(pallet_attribution::Event::SamplesDrawn { claims, .. }) => Some(claims),
			_ => None,
		};
		let drawn = self.chain.events().into_iter().find_map(drawn);
		drawn.expect("they were drawn").into_inner()
	}

	/// Draws, and shows the one sample of a batch with one claim, which is a true one.
	pub fn draw_and_answer(&mut self, filed: &Filed, answer: Answer) {
		assert_eq!(self.draw(filed.batch), [0]);
		self.succeeds(&mallory(), AttributionCall::answer { batch: filed.batch, claim: 0, answer });
	}

	pub fn commit(&mut self, by: &Key, batch: BatchId, challenge: &Challenge) -> ApplyExtrinsicResult {
		let genesis = self.chain.genesis_hash.0;
		let hash = commitment(&genesis, &by.account().encode(), &[5; 32], batch, challenge);
		self.send(by, AttributionCall::commit { batch, hash })
	}

	pub fn reveal(&mut self, by: &Key, batch: BatchId, challenge: Challenge) -> ApplyExtrinsicResult {
		self.send(by, AttributionCall::reveal { batch, salt: [5; 32], challenge })
	}

	/// Commits, and reveals in the next block; how the second ended.
	pub fn challenge(&mut self, by: &Key, batch: BatchId, challenge: Challenge) -> ApplyExtrinsicResult {
		assert_eq!(self.commit(by, batch, &challenge), Ok(Ok(())));
		self.reveal(by, batch, challenge)
	}

	pub fn balance(&mut self, accounts: &[AccountId]) -> Balance {
		accounts.iter().map(|account| self.chain.total_balance(account)).sum()
	}

	/// The clerk ends whatever waits, and everybody is paid all that is due. Whatever was not answered is fraud by then.
	pub fn settle(&mut self) {
		let batches: Vec<_> = self.read(|| Batches::<Runtime>::iter_keys().collect());
		if !batches.is_empty() {
			self.pass(2);
			let all = |call: fn(BatchId) -> AttributionCall| batches.iter().map(move |id| call(*id).into());
			let draw: Vec<_> = all(|batch| AttributionCall::draw_samples { batch }).collect();
			self.send_all(&clerk(), draw);
			self.pass(RESPONSE_BLOCKS);
			let asked = self.read(|| {
				pallet_attribution::Demands::<Runtime>::iter_keys()
					.map(|(batch, claim)| AttributionCall::close_demand { batch, claim }.into())
					.collect::<Vec<_>>()
			});
			self.send_all(&clerk(), asked);
			let close: Vec<_> = all(|batch| AttributionCall::close_samples { batch }).collect();
			self.send_all(&clerk(), close);
			self.pass(WINDOW_BLOCKS);
			for _ in 0..2 {
				let end: Vec<_> = all(|batch| AttributionCall::finalise { batch, limit: 512 }).collect();
				self.send_all(&clerk(), end);
			}
			assert_eq!(self.read(|| Batches::<Runtime>::iter().count()), 0, "everything is final");
		}
		self.pay_out();
	}

	/// Everybody is paid all that is due.
	pub fn pay_out(&mut self) {
		let models = self.read(pallet_models::NextModelId::<Runtime>::get).0;
		let mut calls: Vec<RuntimeCall> = Vec::new();
		for model in (0..models).map(ModelId) {
			calls.push(ReceiptsCall::pull_developer { model }.into());
			let older = (0..model.0).map(ModelId);
			calls.extend(older.map(|ancestor| ReceiptsCall::pull_royalty { model, ancestor }.into()));
		}
		let entries = (0..models).map(|model| RewardsCall::distribute { model: ModelId(model), entry: 0 });
		calls.extend(entries.map(RuntimeCall::from));
		self.send_all(&clerk(), calls);
		let claims = self.read(|| {
			let places = pallet_rewards::Positions::<Runtime>::iter_keys();
			let own = places.filter_map(|(holder, place)| match holder {
				Holder::Account(account) => Some((account, place)),
				Holder::Escrow(_) => None,
			});
			own.map(|(account, place)| RewardsCall::claim { account, places: listed([place]) }.into())
				.collect::<Vec<RuntimeCall>>()
		});
		self.send_all(&clerk(), claims);
		let due = self.read(|| {
			let of_data =
				pallet_rewards::Earnings::<Runtime>::iter_keys().filter_map(|holder| match holder {
					Holder::Account(account) => Some(RewardsCall::withdraw { account }.into()),
					Holder::Escrow(_) => None,
				});
			let of_fees = pallet_receipts::Earnings::<Runtime>::iter_keys();
			of_data
				.chain(of_fees.map(|account| ReceiptsCall::withdraw { account }.into()))
				.collect::<Vec<RuntimeCall>>()
		});
		self.send_all(&clerk(), due);
	}
}

/// What a story gains these accounts, after everybody was paid what is due; negative if it costs them.
pub fn gain(accounts: &[AccountId], story: impl FnOnce(&mut World)) -> i128 {
	let mut world = World::new();
	gain_in(&mut world, accounts, story)
}

/// The same, in a world that something has happened in before.
pub fn gain_in(world: &mut World, accounts: &[AccountId], story: impl FnOnce(&mut World)) -> i128 {
	let before = world.balance(accounts);
	story(world);
	world.settle();
	world.balance(accounts) as i128 - before as i128
}

/// What a story gains these accounts beside the fees of the transactions that they signed: what an attack that costs fees
/// must not have more of, either.
pub fn gain_before_fees(accounts: &[AccountId], story: impl FnOnce(&mut World)) -> i128 {
	let mut world = World::new();
	let before = world.fees(accounts);
	let gained = gain_in(&mut world, accounts, story);
	gained + (world.fees(accounts) - before) as i128
}
