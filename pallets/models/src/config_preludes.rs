//! What the runtimes of tests say of this pallet: each states only what it has to, and what differs.
//!
//! # Must not
//! Be what a chain runs with: the amounts are small, and chosen to tell one from another.

use crate::DefaultConfig;
use frame_support::{
	derive_impl,
	pallet_prelude::inject_runtime_type,
	parameter_types,
	traits::{ConstU32, ConstU64, ConstUint},
};
use plexus_primitives::slice::LENGTH_PROOF_BYTES_MAX;
use sp_runtime::Perbill;

/// For tests of this pallet and of those above it, by [`derive_impl`]. Currency, clock, versions and the age of a
/// commitment, which tests wait for, are the runtime's.
pub struct TestDefaultConfig;

parameter_types! {
	/// Half of a fee is left to the model that was used.
	pub const RoyaltiesMax: Perbill = Perbill::from_percent(50);
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig, no_aggregated_types)]
impl frame_system::DefaultConfig for TestDefaultConfig {}

#[frame_support::register_default_impl(TestDefaultConfig)]
impl DefaultConfig for TestDefaultConfig {
	#[inject_runtime_type]
	type RuntimeHoldReason = ();
	type CommitmentLifetimeMs = ConstU64<600_000>;
	type CommitmentDeposit = ConstUint<50>;
	type ModelDeposit = ConstUint<1_000>;
	type DepositPerByte = ConstUint<2>;
	type RegistrationsMax = ConstU32<64>;
	type ParentsMax = ConstU32<8>;
	type AncestorsMax = ConstU32<32>;
	type RoyaltiesMax = RoyaltiesMax;
	type ManifestEntriesMax = ConstU32<16>;
	type LocatorBytesMax = ConstU32<128>;
	type LengthProofBytesMax = ConstU32<{ LENGTH_PROOF_BYTES_MAX as u32 }>;
	type WeightInfo = ();
}
