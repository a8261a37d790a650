//! The three registries: how each is filled, and which calls are measured on it.
//!
//! Filling executes the registries' own calls, ten entries for each account. What is measured registers more for accounts
//! from all over the state, each on a fork of its own of the same state, so that no sample finds another's keys in memory.

use crate::chain::Chain;
use frame_support::{
	dispatch::{extract_actual_weight, DispatchResultWithPostInfo, GetDispatchInfo},
	traits::{fungible::Mutate, UnfilteredDispatchable},
};
use pallet_models::{
	types::{Asks, Locators, RevenuePolicy, Spec},
	ModelKind,
};
use plexus_primitives::{
	constants::UNITS, prove::LengthProver, verify_length_proof, Content, DatanetId, ModelId,
};
use plexus_runtime::{limits::NATIVE_SPEEDUP, AccountId, Balances, Runtime, RuntimeOrigin, System};
use sp_runtime::Perbill;
use std::time::{Duration, Instant};

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
	/// In no order.
	pub samples: Vec<Sample>,
}

type Proven = (Content, Vec<u8>);

fn account(index: u64) -> AccountId {
	AccountId::new(sp_io::hashing::blake2_256(&index.to_le_bytes()))
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

/// Runs a call on a fork, and then its proofs alone.
fn sample<Call>(chain: &Chain, who: &AccountId, call: Call, proofs: &[Proven]) -> Sample
where
	Call: UnfilteredDispatchable<RuntimeOrigin = RuntimeOrigin> + GetDispatchInfo,
{
	let info = call.get_dispatch_info();
	let (took, result) = chain.try_out(|| {
		// Before any call, the signer's nonce was checked and the fee taken from there.
		std::hint::black_box(System::account(who));
		let started = Instant::now();
		let result = dispatch(call, who);
		(started.elapsed(), result)
	});
	result.expect("the call is right");
	let started = Instant::now();
	for (content, proof) in proofs {
		verify_length_proof(std::hint::black_box(content), proof).expect("the proof is right");
	}
	let proving = started.elapsed();
	let each = proofs.len().max(1) as u32;
	let charged = extract_actual_weight(&result, &info).ref_time() / NATIVE_SPEEDUP / 1_000;
	Sample {
		execution: took.saturating_sub(proving) / each,
		proofs: proving / each,
		charged: Duration::from_nanos(charged) / each,
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
	chain.flush();
}

/// Contributions in one open datanet.
pub mod datanets {
	use super::*;
	use pallet_datanets::{
		types::{Admission, Licence, Registration},
		Call, Pallet,
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

	fn register(contents: Vec<Proven>) -> Call<Runtime> {
		let registrations = contents.into_iter().map(registration).collect::<Vec<_>>();
		let registrations = registrations.try_into().expect("as many as are allowed");
		Call::register { datanet: DATANET, salt: SALT, registrations }
	}

	fn commit(who: &AccountId, contents: &[Proven]) -> Call<Runtime> {
		let roots = contents.iter().map(|(content, _)| content.root);
		Call::commit { hash: Pallet::<Runtime>::commitment_hash(who, &SALT, roots) }
	}

	fn create() -> Call<Runtime> {
		Call::create_datanet {
			name: b"source code".to_vec().try_into().expect("it is short"),
			tags: Default::default(),
			licence: Licence::Spdx(b"MIT".to_vec().try_into().expect("it is short")),
			admission: Admission::Open,
		}
	}

	/// Fills a chain.
	pub fn fill(chain: &mut Chain, entries: u64) {
		super::fill(chain, entries, |index, who| {
			if index == 0 {
				done(create(), who);
			}
			let first = index * PER_ACCOUNT;
			let contents: Vec<_> = (first..first + PER_ACCOUNT).map(|seed| content(seed, 8)).collect();
			done(commit(who, &contents), who);
			done(register(contents), who);
		});
	}

	/// The calls that bring contributions.
	pub fn measure(chain: &mut Chain, entries: u64) -> Vec<Series> {
		let most: u32 = <Runtime as pallet_datanets::Config>::RegistrationsMax::get();
		let created =
			(1..=SAMPLES).map(|index| sample(chain, &spread(index, entries), create(), &[])).collect();
		let commits = (1..=SAMPLES).map(|index| {
			let who = spread(index, entries);
			sample(chain, &who, Call::<Runtime>::commit { hash: [3; 32] }, &[])
		});
		let commits = commits.collect();
		let contributed = (1..=SAMPLES).map(|index| {
			let (who, contents) = (spread(index, entries), new_contents(index, 1));
			let Registration { content, media_type, locator, length_proof } =
				registration(contents[0].clone());
			let call =
				Call::<Runtime>::contribute { datanet: DATANET, content, media_type, locator, length_proof };
			sample(chain, &who, call, &contents)
		});
		let contributed = contributed.collect();
		vec![
			Series { name: "datanets: create_datanet", samples: created },
			Series { name: "datanets: commit", samples: commits },
			Series { name: "datanets: contribute", samples: contributed },
			Series { name: "datanets: register, 1", samples: registered(chain, entries, SAMPLES, 1) },
			Series {
				name: "datanets: register, each of 256",
				samples: registered(chain, entries, SAMPLES_OF_BATCHES, most.into()),
			},
		]
	}

	fn registered(chain: &mut Chain, entries: u64, samples: u64, count: u64) -> Vec<Sample> {
		chain.execute(|| {
			for index in 1..=samples {
				let who = spread(index, entries);
				done(commit(&who, &new_contents(index, count)), &who);
			}
		});
		chain.commit();
		let register = |index| {
			let (who, contents) = (spread(index, entries), new_contents(index, count));
			sample(chain, &who, register(contents.clone()), &contents)
		};
		(1..=samples).map(register).collect()
	}

	use frame_support::traits::Get;
}

/// Models without parents, and as many adapters of the first.
pub mod models {
	use super::*;
	use frame_support::traits::Get;
	use pallet_models::{types::Registration, Call, Pallet};

	fn registration(parent: Option<ModelId>, (artifact, proof): Proven) -> Registration<Runtime> {
		let (none, all) = (Perbill::zero(), Perbill::one());
		let spec = Spec {
			kind: if parent.is_some() { ModelKind::Adapter } else { ModelKind::Base },
			artifact,
			card: Content { root: [1; 32], len: 1 },
			parents: parent.into_iter().collect::<Vec<_>>().try_into().expect("one is allowed"),
			manifest: Default::default(),
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

	fn register(parent: Option<ModelId>, contents: Vec<Proven>) -> Call<Runtime> {
		let models = contents.into_iter().map(|content| registration(parent, content)).collect::<Vec<_>>();
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
			done(register(base, contents), who);
		});
	}

	/// The calls that bring models.
	pub fn measure(chain: &mut Chain, entries: u64) -> Vec<Series> {
		let most: u32 = <Runtime as pallet_models::Config>::RegistrationsMax::get();
		let base = Some(ModelId(0));
		let commits = (1..=SAMPLES).map(|index| {
			let who = spread(index, entries);
			sample(chain, &who, Call::<Runtime>::commit { hash: [3; 32] }, &[])
		});
		let commits = commits.collect();
		vec![
			Series { name: "models: commit", samples: commits },
			Series { name: "models: register, 1", samples: registered(chain, entries, SAMPLES, 1, None) },
			Series {
				name: "models: register, 1 adapter",
				samples: registered(chain, entries, SAMPLES, 1, base),
			},
			Series {
				name: "models: register, each of 256",
				samples: registered(chain, entries, SAMPLES_OF_BATCHES, most.into(), None),
			},
		]
	}

	fn registered(
		chain: &mut Chain,
		entries: u64,
		samples: u64,
		count: u64,
		parent: Option<ModelId>,
	) -> Vec<Sample> {
		// One commitment of an account can be for models with and without parents: it hides roots alone.
		let seed = |index: u64| index + if parent.is_some() { SAMPLES } else { 0 };
		chain.execute(|| {
			for index in 1..=samples {
				let who = spread(index, entries);
				done(commit(&who, &new_contents(seed(index), count)), &who);
			}
		});
		chain.commit();
		let register = |index| {
			let (who, contents) = (spread(index, entries), new_contents(seed(index), count));
			sample(chain, &who, register(parent, contents.clone()), &contents)
		};
		(1..=samples).map(register).collect()
	}
}

/// Agents with one skill.
pub mod agents {
	use super::*;
	use frame_support::traits::Get;
	use pallet_agents::{
		types::{Card, Terms},
		Call, Profile,
	};
	use plexus_primitives::AgentId;
	use plexus_runtime::Scope;

	fn profile(tags: u64) -> Profile<Runtime> {
		let card = Card {
			content: Content { root: [1; 32], len: 1 },
			locator: b"https://example.org/agent.json".to_vec().try_into().expect("it is short"),
		};
		let tag = |index| format!("skill/{index}").into_bytes().try_into().expect("it is short");
		let tags = (0..tags).map(tag).collect::<Vec<_>>();
		Profile {
			card: Some(card),
			services: Default::default(),
			tags: tags.try_into().expect("as many as are allowed"),
		}
	}

	/// Fills a chain.
	pub fn fill(chain: &mut Chain, entries: u64) {
		super::fill(chain, entries, |index, who| {
			(0..PER_ACCOUNT).for_each(|_| done(Call::<Runtime>::register { profile: profile(1) }, who));
			// The deposit of a delegation is the agent's.
			let agent = pallet_agents::Pallet::<Runtime>::account_of(AgentId(index * PER_ACCOUNT));
			Balances::mint_into(&agent, 100 * UNITS).expect("there is room");
		});
	}

	/// The calls that bring agents.
	pub fn measure(chain: &mut Chain, entries: u64) -> Vec<Series> {
		let most: u32 = <Runtime as pallet_agents::Config>::TagsMax::get();
		let registered = |tags| {
			let register = |index| {
				let call = Call::<Runtime>::register { profile: profile(tags) };
				sample(chain, &spread(index, entries), call, &[])
			};
			(1..=SAMPLES).map(register).collect()
		};
		let delegated = |index| {
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
			sample(chain, &spread(index, entries), call, &[])
		};
		let delegated = (1..=SAMPLES).map(delegated).collect();
		vec![
			Series { name: "agents: delegate", samples: delegated },
			Series { name: "agents: register, 1 tag", samples: registered(1) },
			Series { name: "agents: register, 16 tags", samples: registered(most.into()) },
		]
	}
}
