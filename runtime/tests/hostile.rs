//! Bytes from outside: malformed, endless, deep. None may do more than be refused.

mod common;

use codec::{Compact, Decode, Encode};
use common::{Chain, Key};
use plexus_runtime::{
	native::{self, DecodeError, QueryError, EXTRINSIC_BYTES_MAX, NESTING_MAX},
	Balance, RuntimeCall, RuntimeError, UncheckedExtrinsic,
};
use scale_info::{Type, TypeDef, TypeInfo, Variant};
use sp_runtime::{generic::Era, transaction_validity::TransactionSource, DispatchError, ModuleError};

/// `depth` batches around a remark.
fn nested(depth: u32) -> RuntimeCall {
	let remark = RuntimeCall::System(frame_system::Call::remark { remark: vec![] });
	(0..depth).fold(remark, |call, _| RuntimeCall::Utility(pallet_utility::Call::batch { calls: vec![call] }))
}

/// The encoding of `depth` batches around a remark, made without recursion.
fn nested_bytes(depth: usize) -> Vec<u8> {
	let batch = RuntimeCall::Utility(pallet_utility::Call::batch { calls: vec![nested(0)] }).encode();
	let prefix = &batch[..batch.len() - nested(0).encode().len()];
	let mut bytes = prefix.repeat(depth);
	bytes.extend(nested(0).encode());
	bytes
}

/// A bare extrinsic around an encoded call.
fn extrinsic_around(call: &[u8]) -> Vec<u8> {
	let mut body = vec![5];
	body.extend(call);
	body.encode()
}

fn good() -> Vec<u8> {
	let alice = Key::ed25519("//Alice");
	Chain::new(&[&alice], 1_000).sign(&alice, 0, 0, nested(1)).encode()
}

#[test]
fn a_good_extrinsic_decodes_to_itself_with_its_facts() {
	let bytes = good();
	let extrinsic = native::decode_extrinsic(&bytes).expect("it is good");
	assert_eq!(extrinsic.encode(), bytes);
	assert_eq!(native::call_names(&extrinsic), ("Utility", "batch"));
	let alice = Key::ed25519("//Alice");
	let chain = Chain::new(&[&alice], 1_000);
	let extension = plexus_runtime::tx_extension(77, Era::mortal(64, 130), 5);
	let facts = native::transaction_facts(&chain.sign_with(&alice, extension, chain.genesis_hash, nested(0)));
	assert_eq!(facts.sender, Some(alice.account()));
	assert_eq!((facts.nonce, facts.tip, facts.mortal), (Some(77), 5 as Balance, Some((64, 2))));
	let bare = native::transaction_facts(&UncheckedExtrinsic::new_bare(nested(0)));
	assert_eq!((bare.sender, bare.nonce, bare.mortal), (None, None, None));
}

#[test]
fn whatever_is_cut_off_or_appended_is_refused() {
	let bytes = good();
	for end in 0..bytes.len() {
		native::decode_extrinsic(&bytes[..end]).expect_err("cut off");
	}
	for extra in [&[0][..], &[1, 2, 3], &bytes] {
		let appended = [&bytes, extra].concat();
		let error = native::decode_extrinsic(&appended).expect_err("appended");
		assert!(matches!(error, DecodeError::Length { declared, actual } if declared < actual), "{error:?}");
	}
	// Also when the prefix counts the appended bytes.
	let mut body = bytes[2..].to_vec();
	assert_eq!(body.encode(), bytes, "the prefix has two bytes");
	body.push(0);
	assert!(matches!(native::decode_extrinsic(&body.encode()), Err(DecodeError::Malformed(_))));
}

#[test]
fn a_prefix_that_promises_gigabytes_allocates_nothing() {
	for declared in [1 << 20, u32::MAX / 2, u32::MAX] {
		let mut bytes = Compact(declared).encode();
		bytes.extend([5, 0, 0]);
		let error = native::decode_extrinsic(&bytes).expect_err("nothing follows");
		assert_eq!(error, DecodeError::Length { declared: declared as usize, actual: 3 });
		let query = native::check_query("TransactionPaymentApi_query_info", &bytes);
		assert!(matches!(query, Err(QueryError::Extrinsic { .. })), "{query:?}");
	}
	let long = vec![0u8; EXTRINSIC_BYTES_MAX].encode();
	assert!(matches!(native::decode_extrinsic(&long), Err(DecodeError::TooLong { .. })));
	let many = extrinsic_around(&[4, 2, 0xfe, 0xff, 0xff, 0xff]);
	assert!(matches!(native::decode_extrinsic(&many), Err(DecodeError::Malformed(_))));
}

#[test]
fn deep_nesting_is_refused_before_it_overflows_the_stack() {
	for depth in [NESTING_MAX as usize + 1, 1_000, 100_000] {
		let call = nested_bytes(depth);
		let error = native::decode_extrinsic(&extrinsic_around(&call)).expect_err("too deep");
		assert!(matches!(error, DecodeError::Malformed(_)), "{error:?}");
		let length = 4u32.encode();
		for (method, data) in [
			("TransactionPaymentCallApi_query_call_info", [&call[..], &length].concat()),
			("TransactionPaymentApi_query_fee_details", [extrinsic_around(&call), length.clone()].concat()),
			(
				"TaggedTransactionQueue_validate_transaction",
				[TransactionSource::External.encode(), extrinsic_around(&call), vec![0; 32]].concat(),
			),
		] {
			native::check_query(method, &data).expect_err(method);
		}
	}
}

#[test]
fn arguments_longer_than_an_extrinsic_are_refused_unread() {
	let method = "TransactionPaymentCallApi_query_call_info";
	let given = native::QUERY_BYTES_MAX + 1;
	let refused = native::check_query(method, &vec![0; given]);
	assert_eq!(refused, Err(QueryError::TooLong { method: method.into(), given }));
}

#[test]
fn a_view_functions_input_cannot_nest_deep_either() {
	let ids = view_function_ids();
	assert!(!ids.is_empty(), "the runtime has view functions");
	for id in ids {
		let input = nested_bytes(50_000);
		let data = (id, input).encode();
		native::check_query("RuntimeViewFunction_execute_view_function", &data)
			.expect_err("too deep or too long");
	}
}

/// The ids of all view functions, from the metadata's newest version.
fn view_function_ids() -> Vec<[u8; 32]> {
	let mut chain = Chain::new(&[&Key::ed25519("//Alice")], 1_000);
	let answer = chain.ext.execute_with(|| native::dispatch("Metadata_metadata_at_version", &16u32.encode()));
	let opaque = Option::<Vec<u8>>::decode(&mut &answer.expect("it exists")[..])
		.expect("it decodes")
		.expect("it is served");
	let metadata = frame_metadata::RuntimeMetadataPrefixed::decode(&mut &opaque[..]).expect("it decodes").1;
	let frame_metadata::RuntimeMetadata::V16(metadata) = metadata else { panic!("asked for version 16") };
	metadata
		.pallets
		.iter()
		.flat_map(|pallet| pallet.view_functions.iter().map(|function| function.id))
		.collect()
}

#[test]
fn the_deepest_accepted_call_runs_on_the_stack_of_a_thread() {
	let depth = NESTING_MAX;
	let run = move || {
		let alice = Key::ed25519("//Alice");
		let mut chain = Chain::new(&[&alice], 1_000);
		let transaction = chain.sign(&alice, 0, 0, nested(depth));
		let bytes = transaction.encode();
		let transaction = native::decode_extrinsic(&bytes).expect("it is just not too deep");
		let (_, results) = chain.build(vec![transaction]);
		assert_eq!(results, vec![Ok(Ok(()))]);
		let deeper = chain.sign(&alice, 1, 0, nested(depth + 1)).encode();
		native::decode_extrinsic(&deeper).expect_err("one level more is too deep");
	};
	let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(run).expect("a thread starts");
	thread.join().expect("it neither panics nor overflows");
}

#[test]
fn queries_are_open_one_by_one_and_their_arguments_are_exact() {
	for method in [
		"Core_initialize_block",
		"Core_execute_block",
		"BlockBuilder_apply_extrinsic",
		"BlockBuilder_finalize_block",
		"BlockBuilder_inherent_extrinsics",
		"BlockBuilder_check_inherents",
		"GenesisBuilder_build_state",
		"SessionKeys_generate_session_keys",
		"No_such_method",
		"",
	] {
		assert!(!native::is_query(method), "{method}");
		assert_eq!(native::check_query(method, &[]), Err(QueryError::NotOpen(method.into())));
	}
	let transaction = good();
	let open: Vec<(&str, Vec<u8>)> = vec![
		("Core_version", vec![]),
		("Metadata_metadata", vec![]),
		("Metadata_metadata_versions", vec![]),
		("Metadata_metadata_at_version", 15u32.encode()),
		("AccountNonceApi_account_nonce", vec![1; 32]),
		("TransactionPaymentApi_query_info", [transaction.clone(), 145u32.encode()].concat()),
		("TransactionPaymentApi_query_fee_details", [transaction.clone(), 145u32.encode()].concat()),
		(
			"TransactionPaymentApi_query_weight_to_fee",
			frame_support::weights::Weight::from_parts(1, 1).encode(),
		),
		("TransactionPaymentApi_query_length_to_fee", 145u32.encode()),
		("TransactionPaymentCallApi_query_call_info", (nested(1), 145u32).encode()),
		("TransactionPaymentCallApi_query_call_fee_details", (nested(1), 145u32).encode()),
		(
			"TaggedTransactionQueue_validate_transaction",
			[TransactionSource::External.encode(), transaction, vec![0; 32]].concat(),
		),
		("GenesisBuilder_preset_names", vec![]),
		("GenesisBuilder_get_preset", Some("development".to_string()).encode()),
		("DatanetsApi_datanet", 0u32.encode()),
		("DatanetsApi_contribution", 0u64.encode()),
		("DatanetsApi_contribution_by_root", vec![0; 32]),
		("DatanetsApi_contributions", (0u32, Option::<u64>::None, 10u32).encode()),
		("DatanetsApi_datanets_of", ([1u8; 32], Option::<u32>::None, 10u32).encode()),
		("DatanetsApi_datanets_by_tag", (b"tag".to_vec(), Some(3u32), 10u32).encode()),
		("DatanetsApi_listings", ([1u8; 32], Option::<u32>::None, 10u32).encode()),
		("DatanetsApi_version", (0u32, 1u32).encode()),
		("DatanetsApi_versions", (0u32, Some(u32::MAX), u32::MAX).encode()),
		("DatanetsApi_weight_at", (0u64, 1u32).encode()),
		("DatanetsApi_members", (0u32, 1u32, Option::<u64>::None, 10u32).encode()),
		("DatanetsApi_challenge", 0u64.encode()),
		("DatanetsApi_dispute", 0u64.encode()),
		("DatanetsApi_reservation", vec![0; 32]),
		("DatanetsApi_commitment", ([1u8; 32], [2u8; 32]).encode()),
		("AgentsApi_agent", 0u64.encode()),
		("AgentsApi_agent_by_account", vec![1; 32]),
		("AgentsApi_agents_of", ([1u8; 32], Option::<u64>::None, 10u32).encode()),
		("AgentsApi_agents_by_tag", (b"translation".to_vec(), Some(7u64), 10u32).encode()),
		("AgentsApi_delegation", (0u64, 0u32).encode()),
		("AgentsApi_allowance", (0u64, 0u32).encode()),
		("AgentsApi_delegations", (0u64, Option::<u32>::None, 10u32).encode()),
		("AgentsApi_may_act", (0u64, 0u32, [1u8; 32], nested(1)).encode()),
		("AgentsApi_paying_agent", ([1u8; 32], nested(1), 1u128, 0u128).encode()),
		("ModelsApi_model", 0u64.encode()),
		("ModelsApi_lineage", 0u64.encode()),
		("ModelsApi_model_by_root", vec![0; 32]),
		("ModelsApi_models", (Option::<u64>::None, 10u32).encode()),
		("ModelsApi_models_of", ([1u8; 32], Some(u64::MAX), u32::MAX).encode()),
		("ModelsApi_children", (0u64, Option::<u64>::None, 10u32).encode()),
		("ModelsApi_commitment", ([1u8; 32], [2u8; 32]).encode()),
		("ReceiptsApi_protocol_share", vec![]),
		("ValidatorsApi_chain_block_time_ms", vec![]),
		("ValidatorsApi_validators", vec![]),
		("ValidatorsApi_next_validators", vec![]),
		("ValidatorsApi_validators_at", 7u64.encode()),
		("ValidatorsApi_author", vec![]),
		("ValidatorsApi_era_and_clock", vec![]),
		("ValidatorsApi_era_ends_at", vec![]),
		("ValidatorsApi_seats", vec![]),
		("ValidatorsApi_candidates", vec![]),
		("ValidatorsApi_pool", 0u32.encode()),
		("ValidatorsApi_stake", vec![1; 32]),
	];
	for (method, data) in open {
		let mut chain = Chain::new(&[&Key::ed25519("//Alice")], 1_000);
		assert!(native::is_query(method), "{method}");
		assert_eq!(native::check_query(method, &data), Ok(()), "{method}");
		let answer = chain.ext.execute_with(|| native::dispatch(method, &data));
		assert!(answer.is_some(), "{method} is open but does not exist");
		let trailing = [&data[..], &[0]].concat();
		native::check_query(method, &trailing).expect_err(method);
		if !data.is_empty() {
			native::check_query(method, &data[..data.len() - 1]).expect_err(method);
		}
	}
}

#[test]
fn every_module_error_has_a_name_and_words() {
	let described = native::describe_dispatch_error(
		&pallet_balances::Error::<plexus_runtime::Runtime>::InsufficientBalance.into(),
	);
	assert_eq!(described.pallet.as_deref(), Some("Balances"));
	assert_eq!(described.name, "InsufficientBalance");
	assert!(!described.docs.is_empty());
	let unknown = DispatchError::Module(ModuleError { index: 99, error: [1, 0, 0, 0], message: None });
	assert_eq!(native::describe_dispatch_error(&unknown).pallet.as_deref(), Some("pallet 99"));
}

#[test]
fn every_error_of_our_own_pallets_says_what_is_wrong_and_then_how_to_avoid_it() {
	// Those of the framework say the first alone; clients know remedies for them.
	const OURS: [&str; 7] =
		["Agents", "Attribution", "Datanets", "Models", "Receipts", "Rewards", "Validators"];
	let pallets = variants(&RuntimeError::type_info());
	for name in OURS {
		let pallet = pallets.iter().find(|pallet| pallet.name == name);
		let pallet = pallet.unwrap_or_else(|| panic!("{name} has no errors in the runtime"));
		let errors = variants(&pallet.fields[0].ty.type_info());
		assert!(!errors.is_empty(), "{name} has no errors");
		for variant in errors {
			let error = ModuleError { index: pallet.index, error: [variant.index, 0, 0, 0], message: None };
			let described = native::describe_dispatch_error(&DispatchError::Module(error));
			assert_eq!((described.pallet.as_deref(), &described.name[..]), (Some(name), variant.name));
			let (cause, remedy) = described.docs.split_once(". ").unwrap_or((&described.docs[..], ""));
			assert!(!cause.is_empty() && remedy.ends_with('.'), "no second sentence: {described}");
		}
	}
}

/// The variants of an enum's type; none of another's.
fn variants(ty: &Type) -> Vec<Variant> {
	match &ty.type_def {
		TypeDef::Variant(def) => def.variants.clone(),
		_ => Vec::new(),
	}
}
