//! Which pallets are measured, and what their benchmarks have to know of this runtime.
//!
//! `scripts/bench weights` runs them. A pallet is added by its line in `define_benchmarks!`, with the feature
//! `runtime-benchmarks` of this crate passed on to it.
//!
//! # Must not
//! Be compiled into a node that runs a chain: only with the feature `runtime-benchmarks`.

use crate::{
	AccountId, Agents, AllPalletsWithSystem, Attribution, Balances, Datanets, Models, Multisig, Proxy,
	Receipts, Rewards, Runtime, RuntimeCall, Scope, Signature, Sudo, System, Timestamp, Utility, Validators,
};
use alloc::{string::String, vec, vec::Vec};
use frame_benchmarking::{account, BenchmarkBatch, BenchmarkConfig, BenchmarkList};
use frame_support::{
	traits::{fungible::Mutate, Get, StorageInfo, StorageInfoTrait, WhitelistedStorageKeys},
	BoundedVec,
};
use frame_system::RawOrigin;
use pallet_datanets::{
	types::{Deposit, Version},
	Contribution,
};
use pallet_models::{Ancestor, Asks, ManifestEntry, Model, ModelKind, ModelStatus, RevenuePolicy, Spec};
use plexus_primitives::{
	api::{AdmissionKind, ContributionStatus},
	constants::{EXISTENTIAL_DEPOSIT, UNITS},
	AgentId, CommitmentNumber, Content, ContributionId, DatanetId, DatanetVersion, ModelId, Sequence,
};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{MultiAddress, Perbill};

frame_benchmarking::define_benchmarks!(
	[pallet_agents, Agents]
	[pallet_attribution, Attribution]
	[pallet_datanets, Datanets]
	[pallet_models, Models]
	[pallet_receipts, Receipts]
	[pallet_rewards, Rewards]
	[pallet_validators, Validators]
	// FRAME's own, whose tables are the upstream ones: measured to compare with, never written.
	[pallet_balances, Balances]
	[pallet_multisig, Multisig]
	[pallet_proxy, Proxy]
	[pallet_sudo, Sudo]
	[pallet_timestamp, Timestamp]
	[pallet_utility, Utility]
);

/// All benchmarks, by pallet.
pub fn list() -> Vec<BenchmarkList> {
	let (mut list, extra) = (Vec::new(), false);
	list_benchmarks!(list, extra);
	list
}

/// Where each storage item lies.
pub fn storage() -> Vec<StorageInfo> {
	AllPalletsWithSystem::storage_info()
}

/// Runs one benchmark, inside externalities that can be committed and wiped.
///
/// Keys that every block touches anyway, such as the events, are not counted.
///
/// # Errors
/// What the benchmark stopped with.
pub fn run(config: &BenchmarkConfig) -> Result<Vec<BenchmarkBatch>, String> {
	let whitelist = AllPalletsWithSystem::whitelisted_storage_keys();
	let (params, mut batches) = ((config, &whitelist), Vec::new());
	add_benchmarks!(params, batches);
	Ok(batches)
}

/// What only this runtime knows.
pub struct Helper;

impl pallet_agents::benchmarking::BenchmarkHelper<Scope, RuntimeCall> for Helper {
	fn scope_and_call() -> (Scope, RuntimeCall) {
		let dest = MultiAddress::Id(account::<AccountId>("payee", 0, 0));
		let value = EXISTENTIAL_DEPOSIT;
		(Scope::Payments, pallet_balances::Call::<Runtime>::transfer_allow_death { dest, value }.into())
	}
}

impl pallet_models::benchmarking::BenchmarkHelper for Helper {
	fn publish(datanet: DatanetId) -> DatanetVersion {
		let version = DatanetVersion(1);
		publish(datanet, version);
		version
	}
}

impl pallet_receipts::benchmarking::BenchmarkHelper<Runtime> for Helper {
	fn server() -> AgentId {
		let (controller, id) = (account::<AccountId>("controller", 0, 0), AgentId(0));
		Balances::set_balance(&controller, 1_000_000 * UNITS);
		Agents::register(RawOrigin::Signed(controller).into(), Default::default())
			.expect("the controller can pay, and is the first");
		id
	}

	fn model(_: u32) -> ModelId {
		put_model((0..entries()).map(|datanet| (DatanetId(datanet), DatanetVersion(1))).collect())
	}

	fn version(index: u32) -> (DatanetId, DatanetVersion) {
		let (datanet, version) = (DatanetId(index), DatanetVersion(1));
		publish(datanet, version);
		(datanet, version)
	}

	fn signer() -> AccountId {
		Sr25519Keyring::Alice.to_account_id()
	}

	fn sign(message: &[u8]) -> Signature {
		Sr25519Keyring::Alice.sign(message).into()
	}
}

impl pallet_rewards::benchmarking::BenchmarkHelper<Runtime> for Helper {
	fn model(datanet: DatanetId, version: DatanetVersion) -> ModelId {
		// The other versions have no share.
		let others = (1..entries()).map(|place| (DatanetId(u32::MAX - place), DatanetVersion(1)));
		put_model([(datanet, version)].into_iter().chain(others).collect())
	}

	fn contribution() -> ContributionId {
		contribute(DatanetId(0), Content { root: [1; 32], len: 1 })
	}
}

impl pallet_attribution::benchmarking::BenchmarkHelper<Runtime> for Helper {
	fn contribute(contents: [(Content, Vec<u8>); 3]) -> [(ContributionId, DatanetId); 3] {
		let datanets = [0, 0, 1].map(DatanetId);
		datanets[1..].iter().for_each(|datanet| publish(*datanet, DatanetVersion(1)));
		let mut datanets = datanets.into_iter();
		contents.map(|(content, _)| {
			let datanet = datanets.next().unwrap_or_default();
			(contribute(datanet, content), datanet)
		})
	}

	fn model(_: u32, datanet: DatanetId) -> ModelId {
		<Self as pallet_rewards::benchmarking::BenchmarkHelper<Runtime>>::model(datanet, DatanetVersion(1))
	}

	fn copies(of: ContributionId, count: u32) -> Vec<ContributionId> {
		let Contribution { datanet, content, .. } =
			pallet_datanets::Contributions::<Runtime>::get(of).expect("it was contributed");
		(0..count).map(|_| contribute(datanet, content)).collect()
	}
}

fn publish(datanet: DatanetId, version: DatanetVersion) {
	let published = Version {
		admission: AdmissionKind::Curated,
		contributions: 1,
		weight: 1,
		published_at: System::block_number(),
		published_at_ms: 0,
	};
	pallet_datanets::Versions::<Runtime>::insert(datanet, version, published);
}

/// How many versions a manifest may have.
fn entries() -> u32 {
	<Runtime as pallet_models::Config>::ManifestEntriesMax::get()
}

fn listed<Item, B: Get<u32>>(items: Vec<Item>) -> BoundedVec<Item, B> {
	items.try_into().ok().expect("the benchmark stays within the bound")
}

/// A model with this manifest, of which the first version has everything. It has as many ancestors as a model may have:
/// first of all the model before.
fn put_model(versions: Vec<(DatanetId, DatanetVersion)>) -> ModelId {
	let id = pallet_models::NextModelId::<Runtime>::get();
	pallet_models::NextModelId::<Runtime>::put(ModelId(id.0 + 1));
	let mut share = Perbill::one();
	let manifest = versions.into_iter().map(|(datanet, version)| {
		let share = core::mem::take(&mut share);
		ManifestEntry { datanet, version, share }
	});
	let percent = Perbill::from_percent;
	let parents: u32 = <Runtime as pallet_models::Config>::ParentsMax::get();
	let spec = Spec::<Runtime> {
		kind: ModelKind::Merge,
		artifact: Content { root: [2; 32], len: 1 },
		card: Content { root: [3; 32], len: 1 },
		parents: listed(vec![ModelId(0); parents as usize]),
		manifest: listed(manifest.collect()),
		policy: RevenuePolicy { server: percent(50), developer: percent(20), data: percent(30) },
		asks: Asks { royalty: percent(1), data: percent(25) },
	};
	let record = Model {
		developer: account("developer", 0, 0),
		status: ModelStatus::Active,
		spec,
		registered_at: System::block_number(),
		commitment: CommitmentNumber(id.0),
		contestable_until_ms: 0,
		deposit: 0,
	};
	pallet_models::Models::<Runtime>::insert(id, record);
	let most: u32 = <Runtime as pallet_models::Config>::AncestorsMax::get();
	let most = u64::from(most);
	let before = id.0.checked_sub(1).into_iter();
	// Those that are in no registry are asked for by nobody.
	let ancestors = before.chain(u64::MAX - most..).take(most as usize).map(|model| Ancestor {
		model: ModelId(model),
		royalty: percent(1),
		data: percent(25),
	});
	let lineage: pallet_models::types::LineageOf<Runtime> = listed(ancestors.collect());
	pallet_models::Lineages::<Runtime>::insert(id, lineage);
	id
}

/// A contribution with the longest texts, in all versions of a datanet.
fn contribute(datanet: DatanetId, content: Content) -> ContributionId {
	let id = pallet_datanets::NextContributionId::<Runtime>::get();
	let text = |bytes: u32| vec![b'x'; bytes as usize];
	let media_type = text(<Runtime as pallet_datanets::Config>::MediaTypeBytesMax::get());
	let locator = text(<Runtime as pallet_datanets::Config>::LocatorBytesMax::get());
	let record = Contribution::<Runtime> {
		datanet,
		sequence: Sequence(id.0),
		contributor: account("contributor", id.0 as u32, 0),
		beneficiary: Some(account("beneficiary", id.0 as u32, 0)),
		content,
		media_type: listed(media_type),
		locator: listed(locator),
		registered_at: System::block_number(),
		commitment: CommitmentNumber(id.0),
		deposit: Deposit::default(),
		deposit_until_ms: Some(0),
		status: ContributionStatus::Accepted { weight: 1, from: DatanetVersion(1) },
	};
	pallet_datanets::Contributions::<Runtime>::insert(id, record);
	pallet_datanets::NextContributionId::<Runtime>::put(ContributionId(id.0 + 1));
	id
}
