//! What clients read from the metadata, and that our signature type does not show in it.

mod common;

use codec::{Decode, Encode};
use common::{Chain, Key};
use frame_metadata::{
	v14::RuntimeMetadataV14, v15::RuntimeMetadataV15, RuntimeMetadata, RuntimeMetadataPrefixed,
};
use plexus_runtime::{native, Address, RuntimeCall, Signature, TxExtension, UncheckedExtrinsic, VERSION};
use scale_info::{meta_type, PortableRegistry, Registry};
use sp_runtime::{generic, MultiSignature};
use std::collections::BTreeSet;

fn metadata(block_time_ms: u64, version: u32) -> RuntimeMetadata {
	let mut chain = Chain::new(&[&Key::ed25519("//Alice")], block_time_ms);
	let answer = chain
		.ext
		.execute_with(|| native::dispatch("Metadata_metadata_at_version", &version.encode()))
		.expect("the method exists");
	let opaque =
		Option::<Vec<u8>>::decode(&mut &answer[..]).expect("it decodes").expect("the version exists");
	RuntimeMetadataPrefixed::decode(&mut &opaque[..]).expect("it decodes").1
}

fn v15(block_time_ms: u64) -> RuntimeMetadataV15 {
	match metadata(block_time_ms, 15) {
		RuntimeMetadata::V15(metadata) => metadata,
		other => panic!("version {}", other.version()),
	}
}

fn v14() -> RuntimeMetadataV14 {
	match metadata(1_000, 14) {
		RuntimeMetadata::V14(metadata) => metadata,
		other => panic!("version {}", other.version()),
	}
}

fn constant(metadata: &RuntimeMetadataV15, pallet: &str, name: &str) -> Vec<u8> {
	let pallet = metadata.pallets.iter().find(|entry| entry.name == pallet).expect("the pallet exists");
	pallet.constants.iter().find(|entry| entry.name == name).expect("the constant exists").value.clone()
}

#[test]
fn versions_14_15_and_16_are_served_and_no_other() {
	let mut chain = Chain::new(&[&Key::ed25519("//Alice")], 1_000);
	let answer =
		chain.ext.execute_with(|| native::dispatch("Metadata_metadata_versions", &[])).expect("it exists");
	assert_eq!(Vec::<u32>::decode(&mut &answer[..]), Ok(vec![14, 15, 16]));
	for version in [14, 15, 16] {
		assert_eq!(metadata(1_000, version).version(), version);
	}
	for version in [0, 13, 17, u32::MAX] {
		let answer =
			chain.ext.execute_with(|| native::dispatch("Metadata_metadata_at_version", &version.encode()));
		assert_eq!(Option::<Vec<u8>>::decode(&mut &answer.expect("it exists")[..]), Ok(None));
	}
}

#[test]
fn the_minimum_period_is_half_of_each_chains_own_block_time() {
	for block_time_ms in [200u64, 1_000, 10_000] {
		let half = constant(&v15(block_time_ms), "Timestamp", "MinimumPeriod");
		assert_eq!(half, (block_time_ms / 2).encode());
	}
}

#[test]
fn whatever_the_runtime_apis_tell_is_open_to_callers() {
	let metadata = v15(1_000);
	let named = metadata
		.apis
		.iter()
		.flat_map(|api| api.methods.iter().map(move |method| format!("{}_{}", api.name, method.name)));
	let closed: BTreeSet<String> = named.filter(|method| !native::is_query(method)).collect();
	// These build and execute blocks, make a genesis, or make keys.
	let known = [
		"BlockBuilder_apply_extrinsic",
		"BlockBuilder_check_inherents",
		"BlockBuilder_finalize_block",
		"BlockBuilder_inherent_extrinsics",
		"Core_execute_block",
		"Core_initialize_block",
		"GenesisBuilder_build_state",
		"SessionKeys_generate_session_keys",
	];
	assert_eq!(closed, BTreeSet::from(known.map(String::from)));
}

#[test]
fn what_clients_need_stands_where_they_look() {
	let metadata = v15(1_000);
	assert_eq!(constant(&metadata, "System", "Version"), VERSION.encode());
	assert_eq!(constant(&metadata, "System", "SS58Prefix"), 42u16.encode());
	assert_eq!(constant(&metadata, "Balances", "ExistentialDeposit"), 1_000_000_000u128.encode());
	let paths: Vec<String> = metadata.types.types.iter().map(|entry| entry.ty.path.to_string()).collect();
	for path in
		["plexus_runtime::RuntimeCall", "plexus_runtime::RuntimeEvent", "plexus_runtime::RuntimeError"]
	{
		assert!(paths.iter().any(|other| other == path), "{path}");
	}
	let extensions: Vec<_> =
		metadata.extrinsic.signed_extensions.iter().map(|entry| &entry.identifier[..]).collect();
	let known = [
		"AuthorizeCall",
		"CheckNonZeroSender",
		"CheckSpecVersion",
		"CheckTxVersion",
		"CheckGenesis",
		"CheckMortality",
		"CheckNonce",
		"CheckWeight",
		"ChargeTransactionPayment",
		"CheckMetadataHash",
		"WeightReclaim",
	];
	assert_eq!(extensions, known);
	assert_eq!(v14().extrinsic.version, 4, "clients sign version 4");
}

#[test]
fn pallet_indices_are_what_encoded_calls_rely_on() {
	let pallets: Vec<_> = v15(1_000).pallets.into_iter().map(|pallet| (pallet.name, pallet.index)).collect();
	let expected = [
		("System", 0),
		("Timestamp", 1),
		("Balances", 2),
		("TransactionPayment", 3),
		("Utility", 4),
		("Multisig", 5),
		("Proxy", 6),
		("Sudo", 7),
		("Validators", 9),
		("Datanets", 10),
		("Agents", 11),
		("Models", 12),
		("Receipts", 13),
		("Rewards", 14),
		("Attribution", 15),
	];
	assert_eq!(pallets, expected.map(|(name, index)| (name.to_string(), index)));
}

#[test]
fn the_signature_type_is_exactly_multi_signature_in_the_metadata() {
	type Plain = generic::UncheckedExtrinsic<Address, RuntimeCall, MultiSignature, TxExtension>;
	fn registry<Extrinsic: scale_info::StaticTypeInfo, Signature: scale_info::StaticTypeInfo>() -> Vec<u8> {
		let mut registry = Registry::new();
		registry.register_type(&meta_type::<Extrinsic>());
		registry.register_type(&meta_type::<Signature>());
		PortableRegistry::from(registry).encode()
	}
	let ours = registry::<UncheckedExtrinsic, Signature>();
	let plain = registry::<Plain, MultiSignature>();
	assert_eq!(ours, plain);
	let paths: Vec<String> = v15(1_000).types.types.iter().map(|entry| entry.ty.path.to_string()).collect();
	assert!(paths.iter().any(|path| path == "sp_runtime::MultiSignature"));
	assert!(!paths.iter().any(|path| path.contains("plexus_runtime::signature")));
}

#[test]
fn the_signature_encodes_exactly_as_multi_signature() {
	for key in [Key::ed25519("//Alice"), Key::sr25519("//Alice"), Key::ecdsa("//Alice")] {
		let plain = key.sign(b"message");
		let ours = Signature::from(plain.clone());
		assert_eq!(ours.encode(), plain.encode());
		assert_eq!(Signature::decode(&mut &plain.encode()[..]), Ok(ours.clone()));
		let json = |value: serde_json::Result<String>| value.expect("it serialises");
		assert_eq!(json(serde_json::to_string(&ours)), json(serde_json::to_string(&plain)));
	}
}
