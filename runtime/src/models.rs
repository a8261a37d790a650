//! How models are configured: what their entries cost, how long a lineage may be, and what they know of datanets.
//!
//! # Must not
//! Know how datanets make versions: whether one was published, and of which kind, is all that is handed on.

use crate::{
	configs::Clock,
	direct::DirectBalances,
	fees::{deposit, DEPOSIT_PER_BYTE},
	Balance, Datanets, Runtime, RuntimeHoldReason,
};
use frame_support::{
	parameter_types,
	traits::{ConstU32, ConstU64, Get},
};
use pallet_models::{
	types::{COMMITMENT_ENTRY_BYTES, MODEL_ENTRIES, MODEL_ENTRY_BYTES},
	DatanetVersions, VersionKind,
};
use plexus_primitives::{slice::LENGTH_PROOF_BYTES_MAX, DatanetId, DatanetVersion};
use sp_runtime::Perbill;

/// A commitment is void after a day. A registration is kept out of the blocks for no longer than that without its sender
/// noticing, and for so long whoever builds on a stranger's model has to wait.
const COMMITMENT_LIFETIME_MS: u64 = 24 * 60 * 60 * 1_000;

/// The shortest age of a commitment: as for contributions, a minute on a live chain and two seconds in development.
pub struct CommitmentAgeMsMin;

impl Get<u64> for CommitmentAgeMsMin {
	fn get() -> u64 {
		let age_ms = pallet_datanets::CurrentWindows::<Runtime>::get().commitment_age_ms;
		// However long contributions have to wait, a commitment can be used for half of its life.
		age_ms.min(COMMITMENT_LIFETIME_MS / 2)
	}
}

/// The versions that `Datanets` has published. Their records are never removed, and their admission never changes.
pub struct Versions;

impl DatanetVersions for Versions {
	fn kind(datanet: DatanetId, version: DatanetVersion) -> Option<VersionKind> {
		Datanets::version_kind(datanet, version).map(VersionKind::from)
	}
}

parameter_types! {
	/// One entry.
	pub const CommitmentDeposit: Balance = deposit(1, COMMITMENT_ENTRY_BYTES);
	/// The entries of a model, without what [`DepositPerByte`] is for. They stay for ever, and the deposit with them.
	pub const ModelDeposit: Balance = deposit(MODEL_ENTRIES, MODEL_ENTRY_BYTES);
	/// A byte of specification, lineage, index or locator.
	pub const DepositPerByte: Balance = DEPOSIT_PER_BYTE;
	/// Half of each fee is left to the model that was used, whatever it descends from.
	pub const RoyaltiesMax: Perbill = Perbill::from_percent(50);
}

impl pallet_models::Config for Runtime {
	type Currency = DirectBalances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Clock = Clock;
	type Versions = Versions;
	type CommitmentAgeMsMin = CommitmentAgeMsMin;
	type CommitmentLifetimeMs = ConstU64<COMMITMENT_LIFETIME_MS>;
	type CommitmentDeposit = CommitmentDeposit;
	type ModelDeposit = ModelDeposit;
	type DepositPerByte = DepositPerByte;
	// A thousand adapters take four calls; with proofs of 1 to 3 KiB a full one is half a mebibyte.
	type RegistrationsMax = ConstU32<256>;
	// Merges combine a handful of models. Each parent is read with its lineage.
	type ParentsMax = ConstU32<8>;
	type AncestorsMax = ConstU32<32>;
	type RoyaltiesMax = RoyaltiesMax;
	type ManifestEntriesMax = ConstU32<16>;
	// As of contributions.
	type LocatorBytesMax = ConstU32<512>;
	type LengthProofBytesMax = ConstU32<{ LENGTH_PROOF_BYTES_MAX as u32 }>;
	type WeightInfo = pallet_models::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarking::Helper;
}
