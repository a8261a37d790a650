//! Which pallets are measured, and what their benchmarks have to know of this runtime.
//!
//! `scripts/bench weights` runs them. A pallet is added by its line in `define_benchmarks!`, with the feature
//! `runtime-benchmarks` of this crate passed on to it.
//!
//! # Must not
//! Be compiled into a node that runs a chain: only with the feature `runtime-benchmarks`.

use crate::{
	AccountId, Agents, AllPalletsWithSystem, Balances, Datanets, Models, Multisig, Proxy, Runtime,
	RuntimeCall, Scope, Sudo, Timestamp, Utility, Validators,
};
use alloc::{string::String, vec::Vec};
use frame_benchmarking::{account, BenchmarkBatch, BenchmarkConfig, BenchmarkList};
use frame_support::traits::{StorageInfo, StorageInfoTrait, WhitelistedStorageKeys};
use pallet_datanets::types::Version;
use plexus_primitives::{api::AdmissionKind, constants::EXISTENTIAL_DEPOSIT, DatanetId, DatanetVersion};
use sp_runtime::MultiAddress;

frame_benchmarking::define_benchmarks!(
	[pallet_agents, Agents]
	[pallet_datanets, Datanets]
	[pallet_models, Models]
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
		let published = Version {
			admission: AdmissionKind::Curated,
			contributions: 1,
			weight: 1,
			published_at: Default::default(),
			published_at_ms: 0,
		};
		pallet_datanets::Versions::<Runtime>::insert(datanet, version, published);
		version
	}
}
