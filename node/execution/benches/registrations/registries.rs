//! The three registries: how each is filled, and which calls are measured on it.
//!
//! Filling executes the registries' own calls, ten entries for each account. What is measured registers more for accounts
//! from all over the state: once one after the other, as a block has them, and once each on a fork of its own, with what the
//! first time left in the caches. No series has accounts or contents of another.

use crate::chain::Chain;
use frame_support::{
	dispatch::{extract_actual_weight, DispatchResultWithPostInfo, GetDispatchInfo},
	traits::{fungible::Mutate, UnfilteredDispatchable},
};
use pallet_models::{
	types::{Asks, Locators, RevenuePolicy, Spec},
	ManifestEntry, ModelKind,
};
use plexus_primitives::{
	constants::UNITS, prove::LengthProver, verify_length_proof, Content, DatanetId, DatanetVersion, ModelId,
};
use plexus_runtime::{limits::NATIVE_SPEEDUP, AccountId, Balances, Runtime, RuntimeOrigin, System};
use sp_runtime::Perbill;
use std::{
	ops::Range,
	time::{Duration, Instant},
};

/// Entries that each account has.
const PER_ACCOUNT: u64 = 10;

/// Accounts whose entries one block brings.
const ACCOUNTS_PER_BLOCK: u64 = 200;

/// Samples of each call, and of calls that register as many as one can.
const SAMPLES: u64 = 1_000;
const SAMPLES_OF_BATCHES: u64 = 100;

/// What each account has.
const FUNDS: u128 = 10_000_000 * UNITS;

/// Bytes of what the measured calls register: a typical source file, whose proof has 1.3 KB.
const CONTENT_BYTES: usize = 16 * 1024;

const SALT: [u8; 32] = [7; 32];

/// What one call took, for each entry that it registers.
pub struct Sample {
	/// The call without the proofs.
	pub execution: Duration,
	/// The proofs alone.
	pub proofs: Duration,
	/// What the call is charged, without what any extrinsic is, as native time.
	pub charged: Duration,
}

/// What was measured of one call.
pub struct Series {
	/// The call.
	pub name: &'static str,
	/// One after the other on one fork.
	pub in_block: Vec<Sample>,
	/// Each on a fork of its own.
	pub alone: Vec<Sample>,
}

/// A call that is right, of whom, and the proofs in it.
struct Signed<Call> {
	who: AccountId,
	call: Call,
	proofs: Vec<Proven>,
}

type Proven = (Content, Vec<u8>);

fn account(index: u64) -> AccountId {
	AccountId::new(sp_io::hashing::blake2_256(&index.to_le_bytes()))
}

/// The samples of a series. Those of another have other accounts, as long as there are so many, and other contents.
fn samples(series: u64, count: u64) -> Range<u64> {
	let first = series * SAMPLES + 1;
	first..first + count
}

/// The accounts of the samples, from all over those that there are.
fn spread(sample: u64, entries: u64) -> AccountId {
	let accounts = (entries / PER_ACCOUNT).max(1);
	account(sample.wrapping_mul(7_919) % accounts)
}

/// Different bytes for each seed, with the proof of their length.
fn content(seed: u64, bytes: usize) -> Proven {
	let mut content = seed.to_le_bytes().to_vec();
	content.resize(bytes.max(8), 7);
	let mut prover = LengthProver::new();
	prover.update(&content);
	let proven = prover.finish().expect("there are bytes");
	(proven.content, proven.length_proof)
}

/// Contents that nothing registered while filling has.
fn new_contents(sample: u64, count: u64) -> Vec<Proven> {
	(0..count).map(|place| content((sample << 32) | place, CONTENT_BYTES)).collect()
}

fn dispatch<Call>(call: Call, who: &AccountId) -> DispatchResultWithPostInfo
where
	Call: UnfilteredDispatchable<RuntimeOrigin = RuntimeOrigin>,
{
	call.dispatch_bypass_filter(RuntimeOrigin::signed(who.clone()))
}

/// Executes while filling.
fn done<Call>(call: Call, who: &AccountId)
where
	Call: UnfilteredDispatchable<RuntimeOrigin = RuntimeOrigin>,
{
	dispatch(call, who).expect("the call is right");
}

/// Measures calls, which are independent of each other, in both ways.
fn series<Call>(chain: &Chain, name: &'static str, calls: impl Iterator<Item = Signed<Call>>) -> Series
where
	Call: UnfilteredDispatchable<RuntimeOrigin = RuntimeOrigin> + GetDispatchInfo + Clone,
{
	let calls: Vec<_> = calls.collect();
	let in_block = chain.try_out(|| calls.iter().map(execute).collect());
	let in_block = calls.iter().zip::<Vec<_>>(in_block).map(|(signed, took)| sample(signed, took)).collect();
	let alone = calls.iter().map(|signed| sample(signed, chain.try_out(|| execute(signed)))).collect();
	Series { name, in_block, alone }
}

/// What a call took, and what it is charged in picoseconds of the reference machine.
fn execute<Call>(Signed { who, call, .. }: &Signed<Call>) -> (Duration, u64)
where
	Call: UnfilteredDispatchable<RuntimeOrigin = RuntimeOrigin> + GetDispatchInfo + Clone,
{
	let (info, call) = (call.get_dispatch_info(), call.clone());
	// Before any call, the signer's nonce was checked and the fee taken from there.
	std::hint::black_box(System::account(who));
	let started = Instant::now();
	let result = dispatch(call, who);
	let took = started.elapsed();
	result.as_ref().expect("the call is right");
	(took, extract_actual_weight(&result, &info).ref_time())
}

/// Runs the proofs alone, and takes them off.
fn sample<Call>(Signed { proofs, .. }: &Signed<Call>, (took, charged): (Duration, u64)) -> Sample {
	let started = Instant::now();
	for (content, proof) in proofs {
		verify_length_proof(std::hint::black_box(content), proof).expect("the proof is right");
	}
	let proving = started.elapsed();
	let each = proofs.len().max(1) as u32;
	Sample {
		execution: took.saturating_sub(proving) / each,
		proofs: proving / each,
		charged: Duration::from_nanos(charged / NATIVE_SPEEDUP / 1_000) / each,
	}
}

/// Executes something for each account, in blocks.
fn fill(chain: &mut Chain, entries: u64, of_account: impl Fn(u64, &AccountId)) {
	let accounts = (entries / PER_ACCOUNT).max(1);
	for index in 0..accounts {
		let who = account(index);
		chain.execute(|| {
			Balances::set_balance(&who, FUNDS);
			of_account(index, &who);
		});
		if index % ACCOUNTS_PER_BLOCK == ACCOUNTS_PER_BLOCK - 1 {
			chain.commit();
		}
	}
	chain.commit();
	chain.settle();
}

/// Contributions in one open datanet, and calls for a curated one beside it.
pub mod datanets {
	use super::*;
	use frame_support::traits::Get;
	use pallet_datanets::{
		types::{Admission, Licence, Registration, Verdict},
		Call, NextContributionId, NextDatanetId, Pallet,
	};

	const DATANET: DatanetId = DatanetId(0);

	fn registration((content, proof): Proven) -> Registration<Runtime> {
		Registration {
			content,
			media_type: b"text/x-rust".to_vec().try_into().expect("it is short"),
			locator: b"https://example.org/crates/src/lib.rs".to_vec().try_into().expect("it is short"),
			length_proof: proof.try_into().expect("a length proof is within the bound"),
		}
	}

	fn register(datanet: DatanetId, contents: Vec<Proven>) -> Call<Runtime> {
		let registrations = contents.into_iter().map(registration).collect::<Vec<_>>();
		let registrations = registrations.try_into().expect("as many as are allowed");
		Call::register { datanet, salt: SALT, registrations }
	}

	fn commit(who: &AccountId, contents: &[Proven]) -> Call<Runtime> {
		let roots = contents.iter().map(|(content, _)| content.root);
		Call::commit { hash: Pallet::<Runtime>::commitment_hash(who, &SALT, roots) }
	}

	fn create(admission: Admission<Runtime>) -> Call<Runtime> {
		Call::create_datanet {
			name: b"source code".to_vec().try_into().expect("it is short"),
			tags: Default::default(),
			licence: Licence::Spdx(b"MIT".to_vec().try_into().expect("it is short")),
			admission,
		}
	}

	/// A new datanet that `owner` curates.
	fn curated(owner: &AccountId) -> DatanetId {
		let id = NextDatanetId::<Runtime>::get();
		let curators = vec![owner.clone()].try_into().expect("one is allowed");
		done(create(Admission::Curated(curators)), owner);
		id
	}

	/// A new curated datanet with one contribution, in its first version.
	pub fn published(owner: &AccountId, contributor: &AccountId, seed: u64) -> (DatanetId, DatanetVersion) {
		let (datanet, contribution) = (curated(owner), NextContributionId::<Runtime>::get());
		let contents = vec![content(seed, 8)];
		done(commit(contributor, &contents), contributor);
		done(register(datanet, contents), contributor);
		done(Call::<Runtime>::review { contribution, verdict: Verdict::Accept { weight: 1 } }, owner);
		done(Call::<Runtime>::publish { datanet }, owner);
		(datanet, DatanetVersion(1))
	}

	/// Fills a chain.
	pub fn fill(chain: &mut Chain, entries: u64) {
		super::fill(chain, entries, |index, who| {
			if index == 0 {
				done(create(Admission::Open), who);
			}
			let first = index * PER_ACCOUNT;
			let contents: Vec<_> = (first..first + PER_ACCOUNT).map(|seed| content(seed, 8)).collect();
			done(commit(who, &contents), who);
			done(register(DATANET, contents), who);
		});
	}

	/// The calls that bring contributions.
	pub fn measure(chain: &mut Chain, entries: u64) -> Vec<Series> {
		let most: u32 = <Runtime as pallet_datanets::Config>::RegistrationsMax::get();
		let of = |index, call| Signed { who: spread(index, entries), call, proofs: Vec::new() };
		let contributed = samples(2, SAMPLES).map(|index| {
			let proven = content(index << 32, CONTENT_BYTES);
			let Registration { content, media_type, locator, length_proof } = registration(proven.clone());
			let call = Call::contribute { datanet: DATANET, content, media_type, locator, length_proof };
			Signed { proofs: vec![proven], ..of(index, call) }
		});
		let created = samples(0, SAMPLES).map(|index| of(index, create(Admission::Open)));
		let committed = samples(1, SAMPLES)
			.map(|index| of(index, Call::commit { hash: sp_io::hashing::blake2_256(&index.to_le_bytes()) }));
		let mut all = vec![
			series(chain, "datanets: create_datanet", created),
			series(chain, "datanets: commit", committed),
			series(chain, "datanets: contribute", contributed),
			registered(chain, "datanets: register, 1", (DATANET, entries), samples(3, SAMPLES), 1),
			registered(
				chain,
				"datanets: register, each of 256",
				(DATANET, entries),
				samples(4, SAMPLES_OF_BATCHES),
				most.into(),
			),
		];
		let reviewed = chain.execute(|| curated(&account(0)));
		chain.commit();
		let name = "datanets: register, 1, curated";
		all.push(registered(chain, name, (reviewed, entries), samples(5, SAMPLES), 1));
		all
	}

	fn registered(
		chain: &mut Chain,
		name: &'static str,
		(datanet, entries): (DatanetId, u64),
		samples: Range<u64>,
		count: u64,
	) -> Series {
		chain.execute(|| {
			for index in samples.clone() {
				let who = spread(index, entries);
				done(commit(&who, &new_contents(index, count)), &who);
			}
		});
		chain.commit();
		let calls = samples.map(|index| {
			let proofs = new_contents(index, count);
			Signed { who: spread(index, entries), call: register(datanet, proofs.clone()), proofs }
		});
		series(chain, name, calls)
	}
}

/// Models without parents, and as many adapters of the first.
pub mod models {
	use super::*;
	use frame_support::traits::Get;
	use pallet_models::{types::Registration, Call, NextModelId, Pallet};

	/// What a model is made from.
	#[derive(Clone, Default)]
	struct Origins {
		parents: Vec<ModelId>,
		manifest: Vec<ManifestEntry>,
	}

	fn kind(Origins { parents, manifest }: &Origins) -> ModelKind {
		match (parents.len(), manifest.len()) {
			(0, _) => ModelKind::Base,
			(1, 0) => ModelKind::Adapter,
			(1, _) => ModelKind::FineTune,
			_ => ModelKind::Merge,
		}
	}

	fn registration(origins: &Origins, (artifact, proof): Proven) -> Registration<Runtime> {
		let (none, all) = (Perbill::zero(), Perbill::one());
		let spec = Spec {
			kind: kind(origins),
			artifact,
			card: Content { root: [1; 32], len: 1 },
			parents: origins.parents.clone().try_into().expect("as many as are allowed"),
			manifest: origins.manifest.clone().try_into().expect("as many as are allowed"),
			policy: RevenuePolicy { server: none, developer: all, data: none },
			asks: Asks { royalty: none, data: none },
		};
		let artifact = b"https://example.org/models/weights.safetensors".to_vec();
		Registration {
			spec,
			locators: Locators {
				artifact: artifact.try_into().expect("it is short"),
				card: Default::default(),
			},
			length_proof: proof.try_into().expect("a length proof is within the bound"),
		}
	}

	fn register(origins: &Origins, contents: Vec<Proven>) -> Call<Runtime> {
		let models = contents.into_iter().map(|content| registration(origins, content)).collect::<Vec<_>>();
		Call::register { salt: SALT, models: models.try_into().expect("as many as are allowed") }
	}

	fn commit(who: &AccountId, contents: &[Proven]) -> Call<Runtime> {
		let roots = contents.iter().map(|(content, _)| content.root);
		Call::commit { hash: Pallet::<Runtime>::commitment_hash(who, &SALT, roots) }
	}

	/// Fills a chain.
	pub fn fill(chain: &mut Chain, entries: u64) {
		super::fill(chain, entries, |index, who| {
			let first = index * PER_ACCOUNT;
			let contents: Vec<_> = (first..first + PER_ACCOUNT).map(|seed| content(seed, 8)).collect();
			done(commit(who, &contents), who);
			let base = (index % 2 == 1).then_some(ModelId(0));
			let origins = Origins { parents: base.into_iter().collect(), ..Default::default() };
			done(register(&origins, contents), who);
		});
	}

	/// Models that together bring a child as many ancestors as it may have.
	fn descendants(chain: &mut Chain, count: u32) -> Vec<ModelId> {
		let ancestors_max: u32 = <Runtime as pallet_models::Config>::AncestorsMax::get();
		let (owner, mut seeds) = (account(0), u64::MAX / 2..);
		let mut registered = |origins: &Origins| {
			let (id, contents) =
				(NextModelId::<Runtime>::get(), vec![content(seeds.next().unwrap_or_default(), 8)]);
			done(commit(&owner, &contents), &owner);
			done(register(origins, contents), &owner);
			id
		};
		let descendants = chain.execute(|| {
			let bases_of_each = ancestors_max / count - 1;
			let descendant = |_| {
				let parents = (0..bases_of_each).map(|_| registered(&Origins::default())).collect();
				registered(&Origins { parents, ..Default::default() })
			};
			(0..count).map(descendant).collect()
		});
		chain.commit();
		descendants
	}

	/// The calls that bring models.
	pub fn measure(chain: &mut Chain, entries: u64) -> Vec<Series> {
		let most: u32 = <Runtime as pallet_models::Config>::RegistrationsMax::get();
		let base = Origins { parents: vec![ModelId(0)], ..Default::default() };
		let entries_max: u32 = <Runtime as pallet_models::Config>::ManifestEntriesMax::get();
		let parents_max: u32 = <Runtime as pallet_models::Config>::ParentsMax::get();
		let versions: Vec<_> = chain.execute(|| {
			let (owner, contributor) = (account(0), account(1));
			let published = |index| datanets::published(&owner, &contributor, u64::MAX - u64::from(index));
			(0..entries_max).map(published).collect()
		});
		chain.commit();
		let manifest = |entries: u32| -> Vec<ManifestEntry> {
			let share = Perbill::from_rational(1, entries);
			let entry = |&(datanet, version)| ManifestEntry { datanet, version, share };
			versions.iter().take(entries as usize).map(entry).collect()
		};
		let tune = Origins { manifest: manifest(1), ..base.clone() };
		// The first account's models have no parents.
		let parents = (0..u64::from(parents_max)).map(ModelId).collect();
		let merge = Origins { parents, manifest: manifest(entries_max) };
		let deep = Origins { parents: descendants(chain, parents_max), manifest: manifest(entries_max) };
		let committed = samples(0, SAMPLES).map(|index| {
			let call = Call::<Runtime>::commit { hash: sp_io::hashing::blake2_256(&index.to_le_bytes()) };
			Signed { who: spread(index, entries), call, proofs: Vec::new() }
		});
		vec![
			series(chain, "models: commit", committed),
			registered(chain, "models: register, 1", entries, (samples(1, SAMPLES), 1), &Origins::default()),
			registered(chain, "models: register, 1 adapter", entries, (samples(2, SAMPLES), 1), &base),
			registered(chain, "models: register, 1 fine-tune", entries, (samples(4, SAMPLES), 1), &tune),
			registered(chain, "models: register, 1 largest merge", entries, (samples(5, SAMPLES), 1), &merge),
			registered(chain, "models: register, 1 deepest merge", entries, (samples(6, SAMPLES), 1), &deep),
			registered(
				chain,
				"models: register, each of 256",
				entries,
				(samples(3, SAMPLES_OF_BATCHES), most.into()),
				&Origins::default(),
			),
		]
	}

	fn registered(
		chain: &mut Chain,
		name: &'static str,
		entries: u64,
		(samples, count): (Range<u64>, u64),
		origins: &Origins,
	) -> Series {
		chain.execute(|| {
			for index in samples.clone() {
				let who = spread(index, entries);
				done(commit(&who, &new_contents(index, count)), &who);
			}
		});
		chain.commit();
		let calls = samples.map(|index| {
			let proofs = new_contents(index, count);
			Signed { who: spread(index, entries), call: register(origins, proofs.clone()), proofs }
		});
		series(chain, name, calls)
	}
}

/// Agents with one skill.
pub mod agents {
	use super::*;
	use frame_support::traits::Get;
	use pallet_agents::{
		types::{Card, Service, Terms},
		Call, Profile,
	};
	use plexus_primitives::AgentId;
	use plexus_runtime::Scope;

	fn profile(tags: u64, services: u32) -> Profile<Runtime> {
		let card = Card {
			content: Content { root: [1; 32], len: 1 },
			locator: b"https://example.org/agent.json".to_vec().try_into().expect("it is short"),
		};
		let tag = |index| format!("skill/{index}").into_bytes().try_into().expect("it is short");
		let tags = (0..tags).map(tag).collect::<Vec<_>>();
		let service = |index| Service {
			name: format!("a2a/{index}").into_bytes().try_into().expect("it is short"),
			endpoint: b"https://example.org/agents/translator".to_vec().try_into().expect("it is short"),
		};
		let services = (0..services).map(service).collect::<Vec<_>>();
		Profile {
			card: Some(card),
			services: services.try_into().expect("as many as are allowed"),
			tags: tags.try_into().expect("as many as are allowed"),
		}
	}

	/// Fills a chain.
	pub fn fill(chain: &mut Chain, entries: u64) {
		super::fill(chain, entries, |index, who| {
			(0..PER_ACCOUNT).for_each(|_| done(Call::<Runtime>::register { profile: profile(1, 0) }, who));
			// The deposit of a delegation is the agent's.
			let agent = pallet_agents::Pallet::<Runtime>::account_of(AgentId(index * PER_ACCOUNT));
			Balances::mint_into(&agent, 100 * UNITS).expect("there is room");
		});
	}

	/// The calls that bring agents.
	pub fn measure(chain: &mut Chain, entries: u64) -> Vec<Series> {
		let most: u32 = <Runtime as pallet_agents::Config>::TagsMax::get();
		let services_max = <Runtime as pallet_agents::Config>::ServicesMax::get();
		let registered = |number, tags, services| {
			samples(number, SAMPLES).map(move |index| {
				let call = Call::<Runtime>::register { profile: profile(tags, services) };
				Signed { who: spread(index, entries), call, proofs: Vec::new() }
			})
		};
		let delegated = samples(0, SAMPLES).map(|index| {
			let terms = Terms {
				scopes: vec![Scope::Payments].try_into().expect("one is allowed"),
				budget: UNITS,
				fee_budget: UNITS,
				period_ms: 86_400_000,
				expires_at_ms: 30 * 86_400_000,
			};
			// Each account registered its agents in a row.
			let who = index * 7_919 % (entries / PER_ACCOUNT).max(1);
			let key = account(u64::MAX - index);
			let call =
				Call::<Runtime>::delegate { agent: AgentId(who * PER_ACCOUNT), parent: None, key, terms };
			Signed { who: spread(index, entries), call, proofs: Vec::new() }
		});
		let mut all = vec![
			series(chain, "agents: delegate", delegated),
			series(chain, "agents: register, 1 tag", registered(1, 1, 0)),
		];
		// The next agents have other ids, so that nobody looked for their accounts yet.
		chain.execute(|| pallet_agents::NextAgentId::<Runtime>::put(AgentId(entries + SAMPLES)));
		chain.commit();
		all.push(series(chain, "agents: register, 16 tags", registered(2, most.into(), 0)));
		chain.execute(|| pallet_agents::NextAgentId::<Runtime>::put(AgentId(entries + 2 * SAMPLES)));
		chain.commit();
		let full = registered(3, most.into(), services_max);
		all.push(series(chain, "agents: register, fullest profile", full));
		all
	}
}
