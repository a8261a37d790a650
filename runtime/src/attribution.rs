//! How claims are configured: what open batches and challenges cost, and what claims are checked against and paid through.
//!
//! # Must not
//! Hold a rule: each function here asks the pallet that has it.

use crate::{fees::deposit, rewards::DataPools, AccountId, Balance, BlockNumber, Rewards, Runtime};
use frame_support::{
	parameter_types,
	traits::{ConstU32, ConstU64},
	PalletId,
};
use frame_system::EnsureRoot;
use pallet_attribution::{
	types::{BATCH_ENTRY_BYTES, CLAIM_ENTRY_BYTES, COMMITMENT_ENTRY_BYTES, METHOD_ENTRY_BYTES},
	Manifest, Manifests, Payouts, Published, Source, Sources,
};
use pallet_receipts::{types::CreditOf, Pools};
use plexus_primitives::{
	api::AdmissionKind, constants::UNITS, ContributionId, DatanetId, DatanetVersion, ModelId,
};

/// What the registries know.
pub struct Registries;

impl Sources<BlockNumber> for Registries {
	fn source(contribution: ContributionId) -> Option<Source> {
		let record = pallet_datanets::Contributions::<Runtime>::get(contribution)?;
		let (_, from, until) = record.span()?;
		let pallet_datanets::Contribution { content, datanet, commitment, .. } = record;
		Some(Source { content, datanet, commitment, from, until })
	}

	fn version(datanet: DatanetId, version: DatanetVersion) -> Option<Published<BlockNumber>> {
		let record = pallet_datanets::Versions::<Runtime>::get(datanet, version)?;
		let curated = record.admission == AdmissionKind::Curated;
		Some(Published { curated, at: record.published_at })
	}
}

impl Manifests<BlockNumber> for Registries {
	fn manifest(model: ModelId) -> Option<Manifest<BlockNumber>> {
		let record = pallet_models::Models::<Runtime>::get(model)?;
		let entries = record.spec.manifest.iter();
		let versions = entries.map(|entry| (entry.datanet, entry.version)).collect();
		Some(Manifest { versions, registered_at: record.registered_at })
	}
}

/// What claims move is credited by the rewards, each kind apart; what they leave goes where royalties' data goes.
pub struct Credits;

impl Payouts<AccountId, CreditOf<Runtime>> for Credits {
	fn to_model(model: ModelId, money: CreditOf<Runtime>) {
		DataPools::deposit(model, money);
	}

	fn to_contribution(contribution: ContributionId, money: CreditOf<Runtime>) {
		Rewards::credit_contribution(contribution, pallet_rewards::Source::Claim, money);
	}

	fn to_submitter(who: &AccountId, money: CreditOf<Runtime>) {
		Rewards::credit_account(who, pallet_rewards::Source::Submission, money);
	}

	fn to_challenger(who: &AccountId, money: CreditOf<Runtime>) {
		Rewards::credit_account(who, pallet_rewards::Source::Challenge, money);
	}
}

parameter_types! {
	/// The constant `Attribution.PotId`: whose account has the data's money of open batches with claims.
	pub const AttributionPotId: PalletId = PalletId(*b"plx/attr");
	/// The entries of an open batch: itself, its claims and its unlisted sources.
	pub const OpenDeposit: Balance = deposit(3, BATCH_ENTRY_BYTES);
	/// A claim.
	pub const ClaimDeposit: Balance = deposit(0, CLAIM_ENTRY_BYTES);
	/// One entry.
	pub const CommitmentDeposit: Balance = deposit(1, COMMITMENT_ENTRY_BYTES);
	/// 1 PLX: whoever answers has it, and pays a fee of 0.55 PLX at most.
	pub const UnlistedBond: Balance = UNITS;
	/// The method, and its place among the hashes. They stay for ever.
	pub const MethodPrice: Balance = deposit(2, METHOD_ENTRY_BYTES);
}

impl pallet_attribution::Config for Runtime {
	type Sources = Registries;
	type Manifests = Registries;
	type Payouts = Credits;
	// Until there is governance. Root acts only where there is a sudo key.
	type ParametersOrigin = EnsureRoot<AccountId>;
	type PotId = AttributionPotId;
	type OpenDeposit = OpenDeposit;
	type ClaimDeposit = ClaimDeposit;
	type CommitmentDeposit = CommitmentDeposit;
	type UnlistedBond = UnlistedBond;
	type MethodPrice = MethodPrice;
	// Two for each receipt of a full batch; those of one receipt are compared with each other.
	type ClaimsMax = ConstU32<512>;
	type ReceiptClaimsMax = ConstU32<16>;
	// Each pair is a payout.
	type TargetsMax = ConstU32<128>;
	// Each of the two slices of an answer is 25 KiB at most, and its fee below one PLX. Longer passages are several claims.
	type ClaimBytesMax = ConstU64<{ 16 * 1024 }>;
	// The last of so many costs 2^15 times what the first does.
	type DemandsMax = ConstU32<16>;
	type UnlistedMax = ConstU32<32>;
	type WeightInfo = pallet_attribution::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarking::Helper;
}
