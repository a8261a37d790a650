//! What the runtimes of tests say of this pallet: each states only what it has to, and what differs.
//!
//! # Must not
//! Be what a chain runs with: every call is a leaf call and one of control, and the amounts are small.

use crate::DefaultConfig;
use frame_support::{
	derive_impl,
	pallet_prelude::inject_runtime_type,
	parameter_types,
	traits::{ConstU32, ConstU64, ConstUint, Everything},
	PalletId,
};
use sp_runtime::Perbill;

/// For tests of this pallet and of those above it, by [`derive_impl`]. Currency, clock, scopes and the holds that are
/// deposits are the runtime's.
pub struct TestDefaultConfig;

parameter_types! {
	/// That of Plexus' runtime.
	pub const AgentsPalletId: PalletId = PalletId(*b"plx/agnt");
	/// A quarter is lost in each step.
	pub const ReputationRetained: Perbill = Perbill::from_percent(75);
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig, no_aggregated_types)]
impl frame_system::DefaultConfig for TestDefaultConfig {}

#[frame_support::register_default_impl(TestDefaultConfig)]
impl DefaultConfig for TestDefaultConfig {
	#[inject_runtime_type]
	type RuntimeHoldReason = ();
	#[inject_runtime_type]
	type RuntimeCall = ();
	type LeafCalls = Everything;
	type ControlCalls = Everything;
	type OnControllerChanged = ();
	type PalletId = AgentsPalletId;
	type RegistrationPrice = ConstUint<1_000>;
	type Bond = ConstUint<1_000>;
	type DelegationDeposit = ConstUint<100>;
	type PeriodMsMin = ConstU64<1_000>;
	type RecoveryDelayMsMin = ConstU64<10_000>;
	// In the time that tests of other pallets take nothing decays.
	type ReputationStepMs = ConstU64<100_000_000_000>;
	type ReputationRetained = ReputationRetained;
	type PayerBurnMin = ConstUint<1>;
	type ScopesMax = ConstU32<4>;
	type ServicesMax = ConstU32<4>;
	type ServiceNameBytesMax = ConstU32<16>;
	type LocatorBytesMax = ConstU32<64>;
	type TagsMax = ConstU32<4>;
	type TagBytesMax = ConstU32<16>;
	type WeightInfo = ();
}
