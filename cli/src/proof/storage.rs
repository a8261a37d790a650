//! Values under a state root, read from the nodes of a proof.
//!
//! # Must not
//! Tell a missing node from an absent value by guessing: absence is proved by nodes, as presence is.
//!
//! # Source
//! Substrate's base-16 trie of layout V1 with BLAKE3 node hashes; storage keys as FRAME forms them.

use plexus_primitives::Blake3Hasher;
use sp_core::H256;
use sp_crypto_hashing::{blake2_128, twox_128};
use sp_trie::{recorder::Recorder, LayoutV1, StorageProof};

/// Why nodes do not tell a value.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum StorageError {
	/// A node on the way is missing, or is another than its parent says.
	#[error("the storage proof does not lead from the state root to the key 0x{}", hex::encode(.0))]
	Incomplete(Vec<u8>),
	/// Nodes that lead to no key that was asked for.
	#[error("the storage proof has {given} nodes, of which {used} prove something")]
	Superfluous {
		/// How many there are.
		given: usize,
		/// How many are on the way to a key.
		used: usize,
	},
}

/// Values in the order of their keys, and the nodes that were needed.
pub(crate) struct Proven {
	pub(crate) values: Vec<Option<Vec<u8>>>,
	pub(crate) nodes: Vec<Vec<u8>>,
}

/// The values of `keys` under `root`; `None` is proved absence.
///
/// # Errors
/// [`StorageError::Incomplete`].
pub(crate) fn read(root: [u8; 32], nodes: &[Vec<u8>], keys: &[Vec<u8>]) -> Result<Proven, StorageError> {
	let root = H256(root);
	let database = StorageProof::new(nodes.iter().cloned()).into_memory_db::<Blake3Hasher>();
	let recorder = Recorder::<Blake3Hasher>::default();
	let mut values = Vec::with_capacity(keys.len());
	for key in keys {
		let mut seen = recorder.as_trie_recorder(root);
		let value = sp_trie::read_trie_value::<LayoutV1<Blake3Hasher>, _>(
			&database,
			&root,
			key,
			Some(&mut seen),
			None,
		);
		values.push(value.map_err(|_| StorageError::Incomplete(key.clone()))?);
	}
	Ok(Proven { values, nodes: recorder.drain_storage_proof().into_iter_nodes().collect() })
}

/// As [`read`], where every node must be needed.
///
/// # Errors
/// [`StorageError`].
pub(crate) fn verify(
	root: [u8; 32],
	nodes: &[Vec<u8>],
	keys: &[Vec<u8>],
) -> Result<Vec<Option<Vec<u8>>>, StorageError> {
	let proven = read(root, nodes, keys)?;
	if proven.nodes.len() != nodes.len() {
		return Err(StorageError::Superfluous { given: nodes.len(), used: proven.nodes.len() });
	}
	Ok(proven.values)
}

/// Where the runtime keeps what an account owns: `System.Account`.
pub(crate) fn account_key(account: &[u8; 32]) -> Vec<u8> {
	[&item_key("System", "Account")[..], &blake2_128(account), account].concat()
}

/// Where the runtime keeps what serving agents, developers and royalties earned an account: `Receipts.Earnings`.
pub(crate) fn receipts_earnings_key(account: &[u8; 32]) -> Vec<u8> {
	[&item_key("Receipts", "Earnings")[..], &blake2_128(account), account].concat()
}

/// Where the runtime keeps what data earned an account: `Rewards.Earnings` of the holder that is this account.
pub(crate) fn rewards_earnings_key(account: &[u8; 32]) -> Vec<u8> {
	/// The variant of `plexus_primitives::Holder`.
	const ACCOUNT: u8 = 0;
	let holder = [&[ACCOUNT][..], account].concat();
	[&item_key("Rewards", "Earnings")[..], &blake2_128(&holder), &holder].concat()
}

/// Where the runtime keeps the block's time, in milliseconds since 1970: `Timestamp.Now`.
pub(crate) fn timestamp_key() -> Vec<u8> {
	item_key("Timestamp", "Now")
}

fn item_key(pallet: &str, item: &str) -> Vec<u8> {
	[twox_128(pallet.as_bytes()), twox_128(item.as_bytes())].concat()
}
