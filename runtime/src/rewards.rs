//! How data is paid: who holds contributions, what manifests say, and where money for data goes.
//!
//! # Must not
//! Hold a rule: each function here asks the pallet that has it.

use crate::{AccountId, Balances, Datanets, Rewards, Runtime};
use frame_support::{parameter_types, traits::ConstU32, PalletId};
use pallet_receipts::{types::CreditOf, Pools};
use pallet_rewards::{Contributions, Entry, Holder, Manifests};
use plexus_primitives::{ContributionId, ModelId};

/// What the registries know.
pub struct Registries;

impl Manifests for Registries {
	fn entry(model: ModelId, index: u32) -> Option<Entry> {
		let model = pallet_models::Models::<Runtime>::get(model)?;
		let entry = model.spec.manifest.get(usize::try_from(index).ok()?)?;
		Some(Entry { datanet: entry.datanet, version: entry.version, share: entry.share })
	}
}

impl Contributions<AccountId> for Registries {
	fn holder(contribution: ContributionId) -> Option<Holder<AccountId>> {
		Datanets::holder_of(contribution)
	}
}

/// What models' data earns goes to the versions of their manifests, unless claims move it.
pub struct DataPools;

impl Pools<CreditOf<Runtime>> for DataPools {
	fn deposit(model: ModelId, money: CreditOf<Runtime>) {
		Rewards::deposit_data(model, money);
	}
}

parameter_types! {
	/// The constant `Rewards.PalletId`: whose account has what data earned and nobody withdrew yet.
	pub const RewardsPalletId: PalletId = PalletId(*b"plx/rwrd");
}

impl pallet_rewards::Config for Runtime {
	type Currency = Balances;
	type Manifests = Registries;
	type Contributions = Registries;
	type PalletId = RewardsPalletId;
	// At its longest walks a full claim reads 4,096 nodes: 7.4 ms, a hundred and thirty-fifth of a block.
	type ClaimPlacesMax = ConstU32<64>;
	type WeightInfo = pallet_rewards::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarking::Helper;
}
