//! Each rule of a specification, broken once; and what a specification survives unchanged.

use codec::{Decode, Encode};
use pallet_validators::types::Era;
use plexus_chain_spec::{
	genesis::HexBytes, genesis_state_root, ChainPeriods, ChainSpec, ChainType, Genesis, RuntimeGenesis,
	SpecError,
};
use plexus_runtime::{genesis::POTS_ENDOWMENT, AccountId, Runtime};
use sp_core::{ed25519, Hasher, Pair, H256};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::{Perbill, StateVersion};
use sp_state_machine::{Backend, TrieBackendBuilder};
use sp_storage::well_known_keys::CODE;

fn dev() -> ChainSpec {
	ChainSpec::preset("dev").expect("it is a preset")
}

fn runtime(spec: &mut ChainSpec) -> &mut RuntimeGenesis {
	match &mut spec.genesis {
		Genesis::Runtime(genesis) => genesis,
		Genesis::Raw(_) => panic!("a preset is in the runtime's terms"),
	}
}

/// A live chain with a fresh validator, whose account has its stake, and a fresh account.
fn live() -> ChainSpec {
	let mut spec = dev();
	spec.chain_type = ChainType::Live;
	let genesis = runtime(&mut spec);
	genesis.sudo.key = None;
	let operator = AccountId::new([8; 32]);
	genesis.balances.balances =
		vec![(AccountId::new([9; 32]), u128::from(u64::MAX) * 1_000), (operator.clone(), 2 * 10u128.pow(16))];
	genesis.validators.validators[0].account = operator;
	genesis.validators.validators[0].key = H256(ed25519::Pair::from_seed(&[9; 32]).public().0);
	genesis.validators.periods = ChainPeriods::LIVE;
	spec
}

#[test]
fn a_specification_survives_its_json_and_keeps_its_hash() {
	let specs = [dev(), ChainSpec::preset("local").expect("it is a preset"), live()];
	for spec in specs {
		let read = ChainSpec::from_json(spec.to_json().as_bytes()).expect("it was written by us");
		assert_eq!(read, spec);
		let raw = spec.to_raw().expect("it is valid");
		let read_raw = ChainSpec::from_json(raw.to_json().as_bytes()).expect("it was written by us");
		assert_eq!(read_raw, raw);
		assert_eq!(read_raw.genesis_hash().expect("valid"), spec.genesis_hash().expect("valid"));
	}
	assert_eq!(ChainSpec::preset("main"), None);
}

#[test]
fn whatever_a_chain_chooses_changes_its_hash() {
	let reference = dev().genesis_hash().expect("valid");
	let mut block_time = dev();
	runtime(&mut block_time).validators.block_time_ms = 200;
	let mut balance = dev();
	runtime(&mut balance).balances.balances[0].1 += 1;
	let mut validator = dev();
	runtime(&mut validator).validators.validators[0].stake += 1;
	let mut periods = dev();
	runtime(&mut periods).validators.periods.jail_ms += 1;
	let mut windows = dev();
	runtime(&mut windows).datanets.windows.deposit_ms += 1;
	let mut share = dev();
	runtime(&mut share).receipts.protocol_share = Some(Perbill::from_percent(4));
	let mut sudo = dev();
	runtime(&mut sudo).sudo.key = None;
	for spec in [block_time, balance, validator, periods, windows, share, sudo] {
		assert_ne!(spec.genesis_hash().expect("valid"), reference);
	}
}

#[test]
fn the_state_root_is_that_of_a_blake3_trie_of_layout_v1() {
	let storage = dev().genesis_storage().expect("valid");
	let empty = TrieBackendBuilder::<_, plexus_primitives::Blake3Hasher>::new(
		sp_trie::PrefixedMemoryDB::default(),
		sp_trie::empty_trie_root::<sp_trie::LayoutV1<plexus_primitives::Blake3Hasher>>(),
	)
	.build();
	// An insertion into a trie, as a node does for a block, must agree with the root made in one go.
	let delta = storage.top.iter().map(|(key, value)| (&key[..], Some(&value[..])));
	let (root, _) = empty.storage_root(delta, StateVersion::V1);
	assert_eq!(genesis_state_root(&storage), root);
	assert!(storage.top.values().any(|value| value.len() > 32), "V1 differs from V0 only for such values");
}

#[test]
fn the_presets_hold_what_they_promise() {
	for (name, validators) in [("dev", 1), ("local", 4)] {
		let storage = ChainSpec::preset(name).expect("it is a preset").genesis_storage().expect("valid");
		sp_state_machine::BasicExternalities::new(storage).execute_with(|| {
			let set = plexus_runtime::Validators::next_validators();
			let alice = Ed25519Keyring::Alice.to_raw_public();
			// 10,000 PLX in thousandths.
			assert!(set.contains(&(alice, 10_000_000)), "{set:?}");
			assert_eq!(set.len(), validators);
			assert!(set.is_sorted_by_key(|(key, _)| *key), "of equal power, so by key");
			assert_eq!(pallet_validators::BlockTimeMs::<Runtime>::get(), 1_000);
			assert_eq!(pallet_validators::Periods::<Runtime>::get(), ChainPeriods::DEVELOPMENT);
			let windows = pallet_datanets::CurrentWindows::<Runtime>::get();
			assert_eq!(windows, pallet_datanets::Windows::DEVELOPMENT);
			let parameters = pallet_attribution::CurrentParameters::<Runtime>::get();
			assert_eq!(parameters, pallet_attribution::Parameters::DEVELOPMENT);
			for account in [Sr25519Keyring::Ferdie.to_account_id(), Ed25519Keyring::Ferdie.to_account_id()] {
				assert_eq!(plexus_runtime::Balances::free_balance(account), 10u128.pow(18));
			}
			let stakes = validators as u128 * 10u128.pow(16);
			let named = 12 * 10u128.pow(18) + stakes;
			assert_eq!(plexus_runtime::Balances::total_issuance(), named + POTS_ENDOWMENT);
			let alice = Ed25519Keyring::Alice.to_account_id();
			assert_eq!(plexus_runtime::Balances::free_balance(&alice), 10u128.pow(18));
			let held = plexus_runtime::System::account(&alice).data.reserved;
			assert_eq!(held, 10u128.pow(16), "its stake");
			assert_eq!(pallet_sudo::Key::<Runtime>::get(), Some(Sr25519Keyring::Alice.to_account_id()));
		});
	}
}

/// A change to a specification, and the error that it must cause.
type Case = (&'static str, fn() -> ChainSpec, fn(&SpecError) -> bool);

#[test]
fn each_broken_rule_is_named_with_what_would_be_right() {
	fn changed(mut spec: ChainSpec, change: impl FnOnce(&mut ChainSpec)) -> ChainSpec {
		change(&mut spec);
		spec
	}
	fn dev_with(change: impl FnOnce(&mut RuntimeGenesis)) -> ChainSpec {
		changed(dev(), |spec| change(runtime(spec)))
	}
	fn live_with(change: impl FnOnce(&mut RuntimeGenesis)) -> ChainSpec {
		changed(live(), |spec| change(runtime(spec)))
	}
	use SpecError::*;
	let cases: Vec<Case> = vec![
		("name", || changed(dev(), |s| s.name.clear()), |e| matches!(e, Name { field: "name", .. })),
		("id", || changed(dev(), |s| s.id = "../x".into()), |e| matches!(e, Name { field: "id", .. })),
		(
			"protocol",
			|| changed(dev(), |s| s.protocol_id = Some("a b".into())),
			|e| matches!(e, Name { field: "protocolId", .. }),
		),
		(
			"prefix",
			|| changed(dev(), |s| s.properties.ss58_format = 0),
			|e| matches!(e, Property { field: "ss58Format", given: 0, right: 42 }),
		),
		(
			"decimals",
			|| changed(dev(), |s| s.properties.token_decimals = 18),
			|e| matches!(e, Property { field: "tokenDecimals", given: 18, right: 12 }),
		),
		(
			"bootnode",
			|| changed(dev(), |s| s.bootnodes = vec!["example.org".into()]),
			|e| matches!(e, Bootnode(_)),
		),
		(
			"bootnodes",
			|| changed(dev(), |s| s.bootnodes = vec!["/dns/x/tcp/1/p2p/y".into(); 65]),
			|e| matches!(e, Bootnodes { given: 65, .. }),
		),
		("nobody", || dev_with(|g| g.validators.validators.clear()), |e| matches!(e, NoValidator)),
		(
			"fast",
			|| dev_with(|g| g.validators.block_time_ms = 199),
			|e| matches!(e, BlockTime { given_ms: 199 }),
		),
		("slow", || dev_with(|g| g.validators.block_time_ms = 10_001), |e| matches!(e, BlockTime { .. })),
		(
			"period",
			|| dev_with(|g| g.validators.periods.unbonding_ms = 0),
			|e| matches!(e, Period { field: "unbondingMs", .. }),
		),
		("windows", || dev_with(|g| g.datanets.windows.dispute_ms = 0), |e| matches!(e, Windows)),
		(
			"claims' parameters",
			|| dev_with(|g| g.attribution.parameters.hold_multiple = 1),
			|e| matches!(e, Parameters),
		),
		(
			"protocol's share",
			|| dev_with(|g| g.receipts.protocol_share = Some(Perbill::from_percent(11))),
			|e| matches!(e, ProtocolShare { given: 110_000_000 }),
		),
		(
			// An era takes 5 s at least, so this would be 2,049 eras, the current and the next.
			"history",
			|| {
				dev_with(|g| {
					g.validators.block_time_ms = 200;
					g.validators.periods.evidence_age_ms = 2_049 * 5_000;
					g.validators.periods.unbonding_ms = 2_050 * 5_000;
				})
			},
			|e| matches!(e, History { needed: 2_051, max: 2_048 }),
		),
		(
			"stake",
			|| dev_with(|g| g.validators.validators[0].stake = 10u128.pow(15) - 1),
			|e| matches!(e, StakeTooSmall { .. }),
		),
		(
			"too little for the stake",
			|| dev_with(|g| g.validators.validators[0].stake = 10u128.pow(18) + 10u128.pow(16)),
			|e| matches!(e, Unfunded { given, .. } if *given == 10u128.pow(18) + 10u128.pow(16)),
		),
		(
			"nothing for the stake",
			|| dev_with(|g| g.validators.validators[0].account = AccountId::new([7; 32])),
			|e| matches!(e, Unfunded { given: 0, .. }),
		),
		(
			"twice",
			|| dev_with(|g| g.validators.validators.push(g.validators.validators[0].clone())),
			|e| matches!(e, DuplicateValidator { .. }),
		),
		(
			"two of one account",
			|| {
				dev_with(|g| {
					let mut second = g.validators.validators[0].clone();
					second.key = Ed25519Keyring::Bob.to_h256_public();
					g.validators.validators.push(second);
				})
			},
			|e| matches!(e, DuplicateValidatorAccount { .. }),
		),
		// y = 2 is on no point; all zeros but y = 1 is the neutral point, whose signatures anybody makes.
		(
			"no point",
			|| dev_with(|g| g.validators.validators[0].key = first_byte(2)),
			|e| matches!(e, NoKey { .. }),
		),
		(
			"weak",
			|| dev_with(|g| g.validators.validators[0].key = first_byte(1)),
			|e| matches!(e, NoKey { .. }),
		),
		(
			"dust",
			|| dev_with(|g| g.balances.balances[0].1 = 999_999_999),
			|e| matches!(e, BelowMinimum { .. }),
		),
		(
			"account twice",
			|| dev_with(|g| g.balances.balances.push(g.balances.balances[0].clone())),
			|e| matches!(e, DuplicateAccount { .. }),
		),
		(
			"issuance",
			|| dev_with(|g| g.balances.balances[0].1 = u128::MAX),
			|e| matches!(e, IssuanceOverflow),
		),
		(
			"issuance with the pots",
			|| {
				dev_with(|g| {
					let others: u128 = g.balances.balances[1..].iter().map(|(_, amount)| amount).sum();
					g.balances.balances[0].1 = u128::MAX - others;
				})
			},
			|e| matches!(e, IssuanceOverflow),
		),
		(
			"live validator",
			|| live_with(|g| g.validators.validators[0].key = Ed25519Keyring::Bob.to_h256_public()),
			|e| matches!(e, WellKnownValidator { seed, .. } if seed == "//Bob"),
		),
		(
			"live account",
			|| live_with(|g| g.balances.balances[0].0 = Sr25519Keyring::Eve.to_account_id()),
			|e| matches!(e, WellKnownAccount { seed, .. } if seed == "//Eve"),
		),
		(
			"live sudo",
			|| live_with(|g| g.sudo.key = Some(AccountId::new([1; 32]))),
			|e| matches!(e, SudoOnLive),
		),
		(
			"raw live validator",
			|| raw(&dev(), |s| s.chain_type = ChainType::Live),
			|e| matches!(e, WellKnownValidator { seed, .. } if seed == "//Alice"),
		),
		(
			"raw live account",
			|| {
				let mut spec = live();
				runtime(&mut spec).balances.balances[0].0 = Sr25519Keyring::Eve.to_account_id();
				spec.chain_type = ChainType::Local;
				raw(&spec, |s| s.chain_type = ChainType::Live)
			},
			|e| matches!(e, WellKnownAccount { seed, .. } if seed == "//Eve"),
		),
		(
			"raw live stake without an account",
			|| {
				let (mut spec, ferdie) = (live(), Ed25519Keyring::Ferdie.to_account_id());
				let genesis = runtime(&mut spec);
				genesis.balances.balances[1].0 = ferdie.clone();
				genesis.validators.validators[0].account = ferdie.clone();
				spec.chain_type = ChainType::Local;
				raw(&spec, |s| {
					s.chain_type = ChainType::Live;
					let Genesis::Raw(entries) = &mut s.genesis else { panic!("it was made raw") };
					let (id, before): (&[u8], _) = (ferdie.as_ref(), entries.0.len());
					// Of the entries that name the account, this is the one that is as long as an account's.
					entries.0.retain(|key, value| !(key.0.ends_with(id) && value.0.len() == 80));
					assert_eq!(entries.0.len(), before - 1);
				})
			},
			|e| matches!(e, WellKnownAccount { seed, .. } if seed == "//Ferdie"),
		),
		("raw of another", || raw_entry(CODE, Some(b"other".to_vec())), |e| matches!(e, OtherRuntime { .. })),
		(
			"raw child trie",
			|| raw_entry(b":child_storage:default:x", Some(vec![0; 32])),
			|e| matches!(e, ChildTrie(_)),
		),
		(
			"raw block time",
			|| raw_entry(&pallet_validators::BlockTimeMs::<Runtime>::hashed_key(), Some(1u64.encode())),
			|e| matches!(e, BrokenState(_)),
		),
		(
			"raw without validators",
			|| raw_entry(&pallet_validators::EraSets::<Runtime>::hashed_key_for(Era(0)), None),
			|e| matches!(e, BrokenState(_)),
		),
		(
			"raw pool that is yet to be allocated",
			|| raw_entry(&pallet_validators::NextPoolId::<Runtime>::hashed_key(), None),
			|e| matches!(e, BrokenState(_)),
		),
	];
	live().check().expect("the live chain is valid before it is changed");
	for (what, spec, expected) in cases {
		let spec = spec();
		let error = spec.check().expect_err(what);
		println!("{what}: {error}");
		assert!(expected(&error), "{what}: {error:?}");
		ChainSpec::from_json(spec.to_json().as_bytes()).expect_err("reading checks too");
	}
}

/// 32 bytes, all zero but the first.
fn first_byte(first: u8) -> H256 {
	let mut bytes = [0; 32];
	bytes[0] = first;
	H256(bytes)
}

fn raw(spec: &ChainSpec, change: impl FnOnce(&mut ChainSpec)) -> ChainSpec {
	let mut raw = spec.to_raw().expect("valid before it is changed");
	change(&mut raw);
	raw
}

fn raw_entry(key: &[u8], value: Option<Vec<u8>>) -> ChainSpec {
	raw(&dev(), |spec| {
		let Genesis::Raw(entries) = &mut spec.genesis else { panic!("it was made raw") };
		let key = HexBytes(key.to_vec());
		match value {
			Some(value) => entries.0.insert(key, HexBytes(value)),
			None => entries.0.remove(&key),
		};
	})
}

#[test]
fn json_that_is_not_of_the_form_is_refused_where_it_is_wrong() {
	let text = dev().to_json();
	let replaced = |from: &str, to: &str| {
		assert!(text.contains(from), "{from}");
		ChainSpec::from_json(text.replacen(from, to, 1).as_bytes()).expect_err(to)
	};
	let unknown = replaced("\"name\"", "\"nmae\": \"x\", \"name\"");
	assert!(unknown.to_string().contains("nmae") && unknown.to_string().contains("line"), "{unknown}");
	for (from, to) in [
		("\"blockTimeMs\"", "\"blocktimeMs\""),
		("\"stake\": 1", "\"stake\": -1"),
		("\"stake\": 1", "\"power\": 1, \"stake\": 1"),
		("\"eraBlocks\": 50", "\"eraBlock\": 50"),
		("1000000000000000000", "\"a million\""),
		("\"key\": \"0x88", "\"key\": \"0x"),
		("\"Development\"", "\"Dev\""),
		("\"runtime\"", "\"wasm\""),
	] {
		assert!(matches!(replaced(from, to), SpecError::Malformed(_)), "{to}");
	}
	let version = replaced("\"formatVersion\": 1", "\"formatVersion\": 2");
	assert!(matches!(version, SpecError::FormatVersion { given: 2, known: 1 }));
	for bytes in [&b""[..], b"{}", b"[]", b"\xff\xfe", &text.as_bytes()[..text.len() / 2]] {
		assert!(matches!(ChainSpec::from_json(bytes), Err(SpecError::Malformed(_))));
	}
}

#[test]
fn the_genesis_header_is_what_clients_hash() {
	let header = dev().header().expect("valid");
	assert_eq!(header.number, 0);
	let bytes = header.encode();
	assert_eq!(header.hash(), sp_core::Blake2Hasher::hash(&bytes));
	assert_eq!(plexus_runtime::Header::decode(&mut &bytes[..]), Ok(header));
}
