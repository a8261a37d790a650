//! Files that prove, made for chains that never were, and the same files with something changed.

use super::{
	storage::{account_key, read, receipts_earnings_key, rewards_earnings_key, timestamp_key},
	trust,
	verify::{self, keys, Accounts, Proved, TrustedChain},
	CertifiedFile, Finality, HandoverFile, ProofFile, Storage, PROOF_BYTES_MAX,
};
use crate::{
	failure::{Failure, FailureKind},
	output::{hex, Answer},
};
use codec::{Compact, Decode, Encode};
use plexus_primitives::{
	consensus::{
		sort_by_power, validator_set_hash, Commit, ConsensusKey, ConsensusSignature, Vote, VoteKind, Voter,
	},
	light::{Trusted, SET_COMMITMENT_VERSION, SET_ENGINE_ID},
	Blake3Hasher,
};
use sp_core::{ed25519, Pair, H256};
use sp_trie::{trie_types::TrieDBMutBuilderV1, MemoryDB, TrieMut};

const ALICE: [u8; 32] = [0xa1; 32];
const NOBODY: [u8; 32] = [0xb0; 32];
const FREE: u128 = 1_500_000_000_000;
const EARNED: u128 = 2_500_000_000_001;
/// Due, and where it came from: pools, claims, submissions, challenges.
const REWARDED: (u128, u128, u128, u128, u128) = (30, 400, 50, 6, 7);
const TIME_MS: u64 = 1_800_000_000_000;

/// Verifies from the genesis.
fn check(proof: &ProofFile, chain: &TrustedChain) -> Result<Proved, Failure> {
	verify::check(proof, chain, &chain.start()?).map(|(proved, _)| proved)
}

fn pair(seed: u8) -> ed25519::Pair {
	ed25519::Pair::from_seed(&[seed; 32])
}

/// Validators with these seeds, one vote each.
fn voters(seeds: &[u8]) -> Vec<Voter> {
	let mut set: Vec<Voter> = seeds.iter().map(|seed| (ConsensusKey(pair(*seed).public().0), 1)).collect();
	sort_by_power(&mut set, |voter| *voter);
	set
}

/// A header, by hand: the only digest item is the commitment.
fn header(parent: [u8; 32], number: u32, root: [u8; 32], next_set: Option<[u8; 32]>) -> Vec<u8> {
	const CONSENSUS_ITEM: u8 = 4;
	let item = |hash| (CONSENSUS_ITEM, SET_ENGINE_ID, (SET_COMMITMENT_VERSION, hash).encode());
	(parent, Compact(number), root, [0u8; 32], next_set.map(item).into_iter().collect::<Vec<_>>()).encode()
}

fn hash(header: &[u8]) -> [u8; 32] {
	sp_crypto_hashing::blake2_256(header)
}

/// A state with Alice's account, what she is owed, the time and some others; all its nodes.
fn state() -> ([u8; 32], Vec<Vec<u8>>) {
	let (mut database, mut root) = (MemoryDB::<Blake3Hasher>::default(), H256::default());
	{
		let mut trie = TrieDBMutBuilderV1::<Blake3Hasher>::new(&mut database, &mut root).build();
		let account = (7u32, 0u32, 1u32, 0u32, FREE, 500u128, 20u128, 1u128 << 127).encode();
		trie.insert(&account_key(&ALICE), &account).expect("memory");
		trie.insert(&timestamp_key(), &TIME_MS.encode()).expect("memory");
		trie.insert(&receipts_earnings_key(&ALICE), &EARNED.encode()).expect("memory");
		trie.insert(&rewards_earnings_key(&ALICE), &REWARDED.encode()).expect("memory");
		for other in 0..40u8 {
			trie.insert(&account_key(&[other; 32]), &[other; 80]).expect("memory");
			trie.insert(&rewards_earnings_key(&[other; 32]), &[other; 80]).expect("memory");
			trie.insert(&receipts_earnings_key(&[other; 32]), &[other; 5]).expect("memory");
		}
	}
	(root.0, database.drain().into_values().filter(|(_, count)| *count > 0).map(|(node, _)| node).collect())
}

/// A chain of four blocks; after the second the validators are others.
struct Chain {
	trusted: TrustedChain,
	headers: Vec<Vec<u8>>,
	nodes: Vec<Vec<u8>>,
	root: [u8; 32],
}

const OLD: [u8; 4] = [1, 2, 3, 4];
const NEW: [u8; 3] = [3, 4, 5];

impl Chain {
	fn new() -> Self {
		let (root, nodes) = state();
		let first = header([0; 32], 0, [1; 32], None);
		let genesis = hash(&first);
		let mut headers = vec![first];
		for number in 1..=4u32 {
			let next = if number < 2 { voters(&OLD) } else { voters(&NEW) };
			let parent = hash(&headers[number as usize - 1]);
			headers.push(header(parent, number, root, Some(validator_set_hash(&genesis, &next))));
		}
		let trusted = TrustedChain { name: "made up".into(), genesis, set: voters(&OLD) };
		Self { trusted, headers, nodes, root }
	}

	fn commit(&self, number: usize, seeds: &[u8], set: &[u8]) -> Commit {
		let value = Some(hash(&self.headers[number]));
		let sign = |seed: &u8| {
			let voter = ConsensusKey(pair(*seed).public().0);
			let vote = Vote { kind: VoteKind::Precommit, height: number as u64, round: 1, value, voter };
			let signature = pair(*seed).sign(&vote.preimage(&self.trusted.genesis));
			(voter, ConsensusSignature(signature.0))
		};
		Commit::new(1, &voters(set), &seeds.iter().map(sign).collect::<Vec<_>>())
	}

	fn certified(&self, number: usize, seeds: &[u8], set: &[u8]) -> CertifiedFile {
		CertifiedFile {
			header: hex(&self.headers[number]),
			parent: hex(&self.headers[number - 1]),
			commit: hex(self.commit(number, seeds, set).encode()),
		}
	}

	/// The proof of Alice's balance at block 4, over the change at block 2.
	fn proof(&self) -> ProofFile {
		self.proof_of(&ALICE, &[])
	}

	fn proof_of(&self, account: &[u8; 32], more: &[Vec<u8>]) -> ProofFile {
		self.proof_about(Accounts { account: Some(*account), earnings: None }, more)
	}

	/// The proof of what an account is owed.
	fn owed_to(&self, account: &[u8; 32]) -> ProofFile {
		self.proof_about(Accounts { account: None, earnings: Some(*account) }, &[])
	}

	fn proof_about(&self, accounts: Accounts, more: &[Vec<u8>]) -> ProofFile {
		let CertifiedFile { header, parent, commit } = self.certified(2, &OLD, &OLD);
		let set = hex(voters(&NEW).encode());
		let finality = Finality {
			from: None,
			handovers: vec![HandoverFile { header, parent, commit, set }],
			target: self.certified(4, &NEW, &NEW),
		};
		let wanted = [keys(&accounts), more.to_vec()].concat();
		let nodes = read(self.root, &self.nodes, &wanted).expect("all nodes are there").nodes;
		assert!(nodes.len() < self.nodes.len(), "a proof is less than the state");
		let storage = Storage {
			account: accounts.account.map(hex),
			earnings: accounts.earnings.map(hex),
			keys: more.iter().map(hex).collect(),
			nodes: nodes.iter().map(hex).collect(),
		};
		ProofFile::new(hex(self.trusted.genesis), finality, Some(storage))
	}

	/// The proof of a block alone, which lists no change of the set and says that it begins at `from`.
	fn proof_of_block(&self, from: Option<u32>, number: usize, set: &[u8]) -> ProofFile {
		let finality = Finality { from, handovers: Vec::new(), target: self.certified(number, set, set) };
		ProofFile::new(hex(self.trusted.genesis), finality, None)
	}

	/// A block that somebody trusts.
	fn trusted_at(&self, number: usize, next: &[u8]) -> Trusted {
		let hash = hash(&self.headers[number]);
		Trusted::block(self.trusted.genesis, number as u32, hash, voters(next)).unwrap()
	}

	/// Why a changed proof is refused.
	fn refusal(&self, change: impl FnOnce(&mut ProofFile)) -> Failure {
		let mut proof = self.proof();
		change(&mut proof);
		check(&proof, &self.trusted).err().expect("what was changed is refused")
	}
}

fn storage(proof: &mut ProofFile) -> &mut Storage {
	proof.storage.as_mut().expect("the proof has one")
}

#[test]
fn a_true_proof_tells_balance_height_and_time() {
	let chain = Chain::new();
	let text = serde_json::to_vec(&chain.proof()).unwrap();
	let proved = check(&ProofFile::from_json(&text).unwrap(), &chain.trusted).unwrap();
	let json = serde_json::to_value(&proved).unwrap();
	assert_eq!((&json["block_number"], &json["set_changes"]), (&4.into(), &1.into()));
	assert_eq!(json["block_hash"], hex(hash(&chain.headers[4])));
	assert_eq!(json["timestamp_ms"], TIME_MS);
	let account = &json["account"];
	assert_eq!((&account["free"], &account["held"]), (&FREE.to_string().into(), &"500".into()));
	assert_eq!((&account["nonce"], &account["frozen"]), (&7.into(), &"20".into()));
}

#[test]
fn an_account_that_is_not_there_is_proved_to_have_nothing() {
	let chain = Chain::new();
	let proved = check(&chain.proof_of(&NOBODY, &[]), &chain.trusted).unwrap();
	assert_eq!(serde_json::to_value(&proved).unwrap()["account"]["total"], "0");
}

#[test]
fn what_an_account_is_owed_is_proved_in_both_units() {
	let chain = Chain::new();
	let text = serde_json::to_vec(&chain.owed_to(&ALICE)).unwrap();
	let proved = check(&ProofFile::from_json(&text).unwrap(), &chain.trusted).unwrap();
	let json = serde_json::to_value(&proved).unwrap();
	let earnings = &json["earnings"];
	assert_eq!(earnings["owed"], (EARNED + REWARDED.0).to_string());
	assert_eq!((&earnings["receipts"], &earnings["rewards"]), (&EARNED.to_string().into(), &"30".into()));
	assert_eq!(earnings["rewards_total"], "463");
	assert_eq!((&json["account"], &json["timestamp_ms"]), (&().into(), &TIME_MS.into()));
	let human = proved.human();
	assert!(human.contains("2.500000000031 PLX (2500000000031 units)"), "{human}");
}

#[test]
fn an_account_that_nothing_is_owed_is_proved_so_and_a_balance_may_stand_beside() {
	let chain = Chain::new();
	let proved = check(&chain.owed_to(&NOBODY), &chain.trusted).unwrap();
	let json = serde_json::to_value(&proved).unwrap();
	for field in ["owed", "receipts", "rewards", "rewards_total"] {
		assert_eq!(json["earnings"][field], "0", "{field}");
	}
	let both = Accounts { account: Some(ALICE), earnings: Some(NOBODY) };
	let proved = check(&chain.proof_about(both, &[account_key(&[9; 32])]), &chain.trusted).unwrap();
	let json = serde_json::to_value(&proved).unwrap();
	assert_eq!(
		(&json["account"]["free"], &json["earnings"]["owed"]),
		(&FREE.to_string().into(), &"0".into())
	);
	assert_eq!(json["values"][0]["value"], hex([9; 80]));
}

#[test]
fn earnings_of_somebody_else_and_of_another_form_are_refused() {
	let chain = Chain::new();
	let refused = |change: &dyn Fn(&mut ProofFile)| {
		let mut proof = chain.owed_to(&ALICE);
		change(&mut proof);
		check(&proof, &chain.trusted).err().expect("what was changed is refused").name
	};
	// Neither what she has nor that she has nothing can be shown as Bob's, nor as nobody's.
	assert_eq!(refused(&|proof| storage(proof).earnings = Some(hex([9; 32]))), "NotInState");
	assert_eq!(refused(&|proof| storage(proof).earnings = Some(hex(NOBODY))), "NotInState");
	assert_eq!(refused(&|proof| storage(proof).earnings = None), "NotInState");
	let moved = |proof: &mut ProofFile| {
		let storage = storage(proof);
		storage.account = storage.earnings.take();
	};
	assert_eq!(refused(&moved), "NotInState");
	assert_eq!(refused(&|proof| storage(proof).earnings = Some("0x09".into())), "InvalidProofFile");
	let nodes = storage(&mut chain.owed_to(&ALICE)).nodes.len();
	for node in 0..nodes {
		assert_eq!(refused(&|proof| drop(storage(proof).nodes.remove(node))), "NotInState", "node {node}");
	}
	// Five bytes are no amount.
	let proof = chain.owed_to(&[3; 32]);
	assert_eq!(check(&proof, &chain.trusted).err().expect("no amount").name, "UnknownValue");
}

#[test]
fn the_keys_and_forms_of_earnings_are_those_of_the_runtime() {
	use pallet_rewards::Earned;
	use plexus_primitives::Holder;
	use plexus_runtime::{AccountId, Runtime};
	let alice = AccountId::from(ALICE);
	assert_eq!(receipts_earnings_key(&ALICE), pallet_receipts::Earnings::<Runtime>::hashed_key_for(&alice));
	assert_eq!(
		rewards_earnings_key(&ALICE),
		pallet_rewards::Earnings::<Runtime>::hashed_key_for(Holder::Account(alice))
	);
	let (due, pools, claims, submissions, challenges) = REWARDED;
	assert_eq!(REWARDED.encode(), Earned { due, pools, claims, submissions, challenges }.encode());
}

#[test]
fn values_of_other_keys_are_proved_too_and_so_is_their_absence() {
	let chain = Chain::new();
	let (there, absent) = (account_key(&[9; 32]), b"no such key".to_vec());
	let proved = check(&chain.proof_of(&ALICE, &[there, absent]), &chain.trusted).unwrap();
	let json = serde_json::to_value(&proved).unwrap();
	assert_eq!(
		(&json["values"][0]["value"], &json["values"][1]["value"]),
		(&hex([9; 80]).into(), &().into())
	);
}

#[test]
fn a_proof_without_state_proves_the_block_alone() {
	let chain = Chain::new();
	let mut proof = chain.proof();
	proof.storage = None;
	let json = serde_json::to_value(check(&proof, &chain.trusted).unwrap()).unwrap();
	assert!(json["account"].is_null() && json["timestamp_ms"].is_null());
	assert_eq!(json["block_number"], 4);
}

#[test]
fn forged_signatures_and_too_little_power_are_refused() {
	let chain = Chain::new();
	let refused = chain.refusal(|proof| {
		let mut commit = chain.commit(4, &NEW, &NEW);
		commit.signatures[0].as_mut().unwrap().0[0] ^= 1;
		proof.finality.target.commit = hex(commit.encode());
	});
	assert_eq!((refused.kind, refused.name.as_str()), (FailureKind::Unproved, "NotFinal"));
	assert!(refused.cause.contains("the signature at place 0 does not verify"), "{refused}");
	let refused = chain.refusal(|proof| proof.finality.target = chain.certified(4, &NEW[..2], &NEW));
	assert!(refused.cause.contains("signed by 2 of 3 voting power"), "{refused}");
}

#[test]
fn another_chain_and_a_replaced_set_are_refused_by_name() {
	let chain = Chain::new();
	let refused = chain.refusal(|proof| proof.genesis_hash = hex([7; 32]));
	assert_eq!(refused.name, "WrongChain");
	// Who believes another specification gets no further, even if the file names that one's genesis.
	let mut proof = chain.proof();
	let other = TrustedChain { genesis: [7; 32], ..chain.trusted.clone() };
	proof.genesis_hash = hex([7; 32]);
	let refused = check(&proof, &other).err().expect("another chain");
	assert_eq!(refused.kind, FailureKind::Unproved, "{refused}");
	let refused = chain.refusal(|proof| {
		proof.finality.handovers.clear();
		proof.finality.target = chain.certified(4, &OLD, &OLD);
	});
	assert_eq!(refused.name, "StaleSet");
}

#[test]
fn a_handover_left_out_or_to_another_set_is_refused() {
	let chain = Chain::new();
	assert_eq!(chain.refusal(|proof| proof.finality.handovers.clear()).name, "StaleSet");
	let refused = chain.refusal(|proof| {
		proof.finality.handovers[0].set = hex(voters(&[3, 4, 6]).encode());
	});
	assert_eq!(refused.name, "NotFinal");
}

#[test]
fn an_altered_header_is_refused() {
	let chain = Chain::new();
	let bytes = chain.headers[4].clone();
	for place in 0..bytes.len() {
		let mut altered = bytes.clone();
		altered[place] ^= 1;
		let refused = chain.refusal(|proof| proof.finality.target.header = hex(&altered));
		assert_eq!(refused.kind, FailureKind::Unproved, "byte {place}");
	}
}

#[test]
fn an_altered_value_and_nodes_too_few_or_too_many_are_refused() {
	let chain = Chain::new();
	let count = chain.proof().storage.unwrap().nodes.len();
	for node in 0..count {
		let refused = chain.refusal(|proof| {
			let node = &mut storage(proof).nodes[node];
			let last = if node.ends_with('0') { '1' } else { '0' };
			node.pop();
			node.push(last);
		});
		assert_eq!(refused.name, "NotInState", "node {node} altered");
		let refused = chain.refusal(|proof| drop(storage(proof).nodes.remove(node)));
		assert_eq!(refused.name, "NotInState", "node {node} left out");
		let refused = chain.refusal(|proof| storage(proof).nodes[node].push_str("00"));
		assert_eq!(refused.name, "NotInState", "node {node} with a byte behind it");
	}
	let refused = chain.refusal(|proof| storage(proof).nodes.push("0x00".into()));
	assert!(refused.cause.contains("of which"), "{refused}");
	let refused = chain.refusal(|proof| {
		let twice = storage(proof).nodes[0].clone();
		storage(proof).nodes.push(twice);
	});
	assert!(refused.cause.contains("of which"), "{refused}");
	// Another account's balance is not in these nodes.
	assert_eq!(chain.refusal(|proof| storage(proof).account = Some(hex([9; 32]))).name, "NotInState");
}

#[test]
fn bytes_behind_a_field_and_fields_that_nobody_knows_are_refused() {
	let chain = Chain::new();
	type Field = fn(&mut ProofFile) -> &mut String;
	let fields: [Field; 7] = [
		|proof| &mut proof.finality.target.header,
		|proof| &mut proof.finality.target.parent,
		|proof| &mut proof.finality.target.commit,
		|proof| &mut proof.finality.handovers[0].header,
		|proof| &mut proof.finality.handovers[0].parent,
		|proof| &mut proof.finality.handovers[0].commit,
		|proof| &mut proof.finality.handovers[0].set,
	];
	for (index, field) in fields.into_iter().enumerate() {
		chain.refusal(|proof| field(proof).push_str("00"));
		let refused = chain.refusal(|proof| field(proof).push('g'));
		assert_eq!(refused.name, "InvalidProofFile", "field {index}");
		chain.refusal(|proof| field(proof).clear());
	}
	let mut json = serde_json::to_value(chain.proof()).unwrap();
	json["comment"] = "believe me".into();
	assert!(ProofFile::from_json(json.to_string().as_bytes()).is_err());
	let mut json = serde_json::to_value(chain.proof()).unwrap();
	json["formatVersion"] = 2.into();
	let refused = ProofFile::from_json(json.to_string().as_bytes()).unwrap_err();
	assert_eq!(refused.name, "UnknownProofFormat");
	let text = serde_json::to_string(&chain.proof()).unwrap() + "{}";
	assert!(ProofFile::from_json(text.as_bytes()).is_err());
}

#[test]
fn a_commit_is_the_documented_scale() {
	let chain = Chain::new();
	let bytes = chain.commit(4, &NEW[..1], &NEW).encode();
	let (round, signatures): (u32, Vec<Option<[u8; 64]>>) = Decode::decode(&mut &bytes[..]).unwrap();
	assert_eq!((round, signatures.len(), signatures.iter().flatten().count()), (1, 3, 1));
}

#[test]
fn what_a_proof_makes_trusted_is_where_the_next_one_starts() {
	let chain = Chain::new();
	let genesis = chain.trusted.start().unwrap();
	let early = chain.proof_of_block(None, 1, &OLD);
	let (_, trusted) = verify::check(&early, &chain.trusted, &genesis).unwrap();
	assert_eq!(trusted, chain.trusted_at(1, &OLD));
	let (proved, trusted) = verify::check(&chain.proof(), &chain.trusted, &trusted).unwrap();
	let json = serde_json::to_value(proved).unwrap();
	assert_eq!((&json["from_block"], &json["set_changes"]), (&1.into(), &1.into()));
	assert_eq!(trusted, chain.trusted_at(4, &NEW));
	// From the change on nothing needs to be proved of it any more.
	let late = chain.proof_of_block(Some(2), 4, &NEW);
	let (proved, trusted) = verify::check(&late, &chain.trusted, &chain.trusted_at(3, &NEW)).unwrap();
	assert_eq!(serde_json::to_value(proved).unwrap()["set_changes"], 0);
	assert_eq!(trusted, chain.trusted_at(4, &NEW));
}

#[test]
fn a_block_that_hands_over_to_validators_who_are_not_listed_is_not_where_the_next_one_starts() {
	let chain = Chain::new();
	let genesis = chain.trusted.start().unwrap();
	let proof = chain.proof_of_block(None, 2, &OLD);
	let (proved, trusted) = verify::check(&proof, &chain.trusted, &genesis).unwrap();
	assert_eq!(serde_json::to_value(proved).unwrap()["block_number"], 2);
	assert_eq!(trusted, genesis);
}

#[test]
fn a_proof_that_begins_elsewhere_is_refused_with_where_it_must_begin() {
	let chain = Chain::new();
	let refused = |proof: &ProofFile, start: &Trusted| {
		verify::check(proof, &chain.trusted, start).err().expect("it does not begin there")
	};
	let late = chain.proof_of_block(Some(3), 4, &NEW);
	for (start, from) in
		[(chain.trusted.start().unwrap(), "--from 0"), (chain.trusted_at(1, &OLD), "--from 1")]
	{
		let failure = refused(&late, &start);
		assert_eq!((failure.kind, failure.name.as_str()), (FailureKind::Unproved, "BeginsTooLate"));
		assert!(failure.remedy.contains(from) && failure.remedy.contains("block 3"), "{failure}");
	}
	// One that says nothing of where it begins leaves a change out.
	assert_eq!(refused(&chain.proof_of_block(None, 4, &NEW), &chain.trusted_at(1, &OLD)).name, "StaleSet");

	let failure = refused(&chain.proof(), &chain.trusted_at(3, &NEW));
	assert_eq!((failure.kind, failure.name.as_str()), (FailureKind::Unproved, "BeginsTooEarly"));
	assert!(failure.remedy.contains("--from 3"), "{failure}");
	// A trusted block of another fork, or with other validators, leads nowhere.
	let fork = Trusted::block(chain.trusted.genesis, 3, [9; 32], voters(&NEW)).unwrap();
	assert_eq!(refused(&late, &fork).name, "NotFinal");
	assert_eq!(refused(&late, &chain.trusted_at(2, &[3, 4, 6])).name, "BeginsTooLate");
}

#[test]
fn what_is_trusted_is_read_as_it_was_written_and_for_its_own_chain_alone() {
	let chain = Chain::new();
	let trusted = chain.trusted_at(3, &NEW);
	let text = trust::to_json(&chain.trusted, &trusted);
	assert_eq!(trust::parse(&text, &chain.trusted).unwrap(), trusted);
	let other = TrustedChain { genesis: [7; 32], ..chain.trusted.clone() };
	assert_eq!(trust::parse(&text, &other).unwrap_err().name, "TrustedOfAnotherChain");
	let refused = |field: &str, value: serde_json::Value| {
		let mut json: serde_json::Value = serde_json::from_slice(&text).unwrap();
		json[field] = value;
		trust::parse(json.to_string().as_bytes(), &chain.trusted).unwrap_err().name
	};
	for (field, value) in [
		("formatVersion", 2.into()),
		("height", "3".into()),
		("blockHash", "0x09".into()),
		("set", "0x".into()),
		("set", hex(Vec::<Voter>::new().encode()).into()),
		("set", (hex(trusted.set().encode()) + "00").into()),
		("comment", "believe me".into()),
	] {
		assert_eq!(refused(field, value), "InvalidTrustedFile", "{field}");
	}
	let long = [text.clone(), b" ".repeat(128 * 1024)].concat();
	assert_eq!(trust::parse(&long, &chain.trusted).unwrap_err().name, "InvalidTrustedFile");
}

#[test]
fn what_is_written_is_never_too_long_to_be_read() {
	let chain = Chain::new();
	let mut proof = chain.proof();
	let bytes = proof.to_json().unwrap().len();
	storage(&mut proof).nodes[0].push_str(&"0".repeat(PROOF_BYTES_MAX - bytes));
	let text = proof.to_json().unwrap();
	assert_eq!(text.len(), PROOF_BYTES_MAX);
	assert_eq!(ProofFile::from_json(&text).unwrap(), proof);
	storage(&mut proof).nodes[0].push('0');
	let refused = proof.to_json().unwrap_err();
	assert_eq!(refused.name, "ProofTooLong");
	assert!(refused.remedy.contains("--save-trusted") && refused.remedy.contains("--from"), "{refused}");
}
