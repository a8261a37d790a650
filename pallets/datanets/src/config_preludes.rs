//! What the runtimes of tests say of this pallet: each states only what it has to, and what differs.
//!
//! # Must not
//! Be what a chain runs with: the amounts are small, and chosen to tell one from another.

use crate::DefaultConfig;
use frame_support::{
	derive_impl,
	pallet_prelude::inject_runtime_type,
	traits::{ConstBool, ConstU32, ConstUint},
};
use plexus_primitives::slice::LENGTH_PROOF_BYTES_MAX;

/// For tests of this pallet and of those above it, by [`derive_impl`]. Currency, clock and origins are the runtime's.
pub struct TestDefaultConfig;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig, no_aggregated_types)]
impl frame_system::DefaultConfig for TestDefaultConfig {}

#[frame_support::register_default_impl(TestDefaultConfig)]
impl DefaultConfig for TestDefaultConfig {
	#[inject_runtime_type]
	type RuntimeHoldReason = ();
	type Positions = ();
	type JudgeExists = ConstBool<true>;
	type DatanetDeposit = ConstUint<100>;
	type CommitmentDeposit = ConstUint<7>;
	type ConductDeposit = ConstUint<15>;
	type StorageDepositBase = ConstUint<20>;
	type StorageDepositPerByte = ConstUint<1>;
	type VersionPrice = ConstUint<9>;
	type ChallengeBond = ConstUint<31>;
	type DisputeBond = ConstUint<41>;
	type RegistrationsMax = ConstU32<256>;
	type CuratorsMax = ConstU32<16>;
	type TagsMax = ConstU32<4>;
	type TagBytesMax = ConstU32<16>;
	type NameBytesMax = ConstU32<32>;
	type LicenceBytesMax = ConstU32<64>;
	type MediaTypeBytesMax = ConstU32<64>;
	type LocatorBytesMax = ConstU32<128>;
	type LengthProofBytesMax = ConstU32<{ LENGTH_PROOF_BYTES_MAX as u32 }>;
	type WeightInfo = ();
}
