//! The Plexus runtime: which pallets make up the chain's state transition, and how they are configured.
//!
//! It is executed natively: [`native::dispatch`] answers runtime-API calls inside externalities that the node
//! supplies. The crate stays `no_std` without its `std` feature, so that the same code can become Wasm.
//!
//! # Must not
//! Know the node, a clock, a thread, a float or a database. Only [`native`] and the signature cache in
//! [`signature`] exist with `std` alone, and neither changes what the state transition computes.
//!
//! # Invariants
//! - A block executes to the same state root on every machine, with or without the signature cache.
//! - No input panics the runtime, except a block that misses or repeats a mandatory inherent, the timestamp or the
//!   precommits for its parent: executing such a block panics and thereby refuses it. Callers catch panics.
//! - `RuntimeCall` and `RuntimeEvent` stand at the crate root: clients look for them there by path.
//! - The extension pipeline carries no bytes that clients do not know how to sign.
//!
//! # Reading order
//! This file names the pallets; [`configs`] configures them, `agents` the agents with their scopes, `models`
//! the models, `receipts` payments for inference, `attribution` claims about outputs, `rewards` what data
//! earns; [`limits`] holds block budgets, [`fees`] prices, [`holds`] how registries hold deposits; [`signature`] the
//! account signature; [`apis`] what can be asked; [`genesis`] the presets; [`native`] the plain Rust entry points of the
//! node.

#![cfg_attr(not(feature = "std"), no_std)]
// `impl_runtime_apis!` and the outer enums expand deeply.
#![recursion_limit = "512"]
// FRAME's macros put public items without documentation next to ours.
#![allow(missing_docs)]

extern crate alloc;

mod agents;
pub mod apis;
mod attribution;
#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
pub mod configs;
pub mod direct;
pub mod fees;
pub mod genesis;
pub mod limits;
mod models;
#[cfg(feature = "std")]
pub mod native;
mod receipts;
mod rewards;
pub mod signature;

pub use agents::Scope;
pub use configs::ProxyType;
pub use receipts::{ProtocolShareMax, ProtocolShareMin};
pub use signature::Signature;
#[cfg(feature = "std")]
pub use signature::{verify_consensus, SignatureCache, SignatureCacheExt};

// Without `std` the macros below need it in scope.
use alloc::vec::Vec;
use sp_runtime::{
	generic,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress,
};
use sp_version::RuntimeVersion;

/// An account: the public key of an ed25519 or sr25519 pair, or a hash of an ecdsa key.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// How a transaction names an account. Indices do not exist here.
pub type Address = MultiAddress<AccountId, ()>;
/// An amount in the smallest unit; 10^12 of them are one PLX.
pub type Balance = plexus_primitives::constants::Balance;
/// How many transactions an account has sent.
pub type Nonce = u32;
/// Height of a block. At 200 ms a block, 2^32 last 27 years.
pub type BlockNumber = u32;
/// A hash of a block, an extrinsic or a state.
pub type Hash = sp_core::H256;
/// Hash of headers and extrinsics. Clients compute it, so it is Substrate's.
pub type Hashing = BlakeTwo256;
/// A block header.
pub type Header = generic::Header<BlockNumber, Hashing>;
/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// An extrinsic as it travels.
pub type UncheckedExtrinsic = generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
/// What an account signs.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;

/// What is checked and done around each transaction, in this order. [`tx_extension`] builds one.
pub type TxExtension = (
	frame_system::AuthorizeCall<Runtime>,
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckMortality<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
	frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);

/// Executes blocks.
pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
>;

/// What this runtime is. `spec_version` rises with every change of what a block computes, `transaction_version`
/// with every change of how a transaction is encoded.
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: alloc::borrow::Cow::Borrowed("plexus"),
	impl_name: alloc::borrow::Cow::Borrowed("plexus"),
	authoring_version: 1,
	spec_version: 106,
	impl_version: 1,
	apis: apis::RUNTIME_API_VERSIONS,
	transaction_version: 2,
	// 1: the state is version V1, where values over 32 bytes are hashed into the trie.
	system_version: 1,
};

sp_runtime::impl_opaque_keys! {
	/// Session keys: none. Consensus keys are named and proved to `Validators`, and kept by the node.
	pub struct SessionKeys {}
}

/// The pallets. Their order is the order of their hooks; their indices are part of every encoded call.
#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(2)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(3)]
	pub type TransactionPayment = pallet_transaction_payment;
	#[runtime::pallet_index(4)]
	pub type Utility = pallet_utility;
	#[runtime::pallet_index(5)]
	pub type Multisig = pallet_multisig;
	#[runtime::pallet_index(6)]
	pub type Proxy = pallet_proxy;
	#[runtime::pallet_index(7)]
	pub type Sudo = pallet_sudo;
	// 8 is free: a list of validators without stake was there.
	#[runtime::pallet_index(9)]
	pub type Validators = pallet_validators;
	#[runtime::pallet_index(10)]
	pub type Datanets = pallet_datanets;
	#[runtime::pallet_index(11)]
	pub type Agents = pallet_agents;
	#[runtime::pallet_index(12)]
	pub type Models = pallet_models;
	#[runtime::pallet_index(13)]
	pub type Receipts = pallet_receipts;
	#[runtime::pallet_index(14)]
	pub type Rewards = pallet_rewards;
	#[runtime::pallet_index(15)]
	pub type Attribution = pallet_attribution;
}

/// The extension of a transaction with this nonce, mortality and tip, and without a metadata hash.
pub fn tx_extension(nonce: Nonce, era: generic::Era, tip: Balance) -> TxExtension {
	(
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckMortality::from(era),
		frame_system::CheckNonce::from(nonce),
		frame_system::CheckWeight::new(),
		pallet_transaction_payment::ChargeTransactionPayment::from(tip),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
		frame_system::WeightReclaim::new(),
	)
}
