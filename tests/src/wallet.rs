//! [`Wallet`]: builds and signs transactions for one chain, as a wallet does.
//!
//! # Must not
//! Ask the node for anything but the genesis hash and nonces.

use crate::rpc::{from_hex, Rpc};
use anyhow::Result;
use codec::Encode;
use plexus_runtime::{Address, RuntimeCall, Signature, SignedPayload, UncheckedExtrinsic, VERSION};
use sp_core::{crypto::AccountId32, ed25519, sr25519, Pair, H256};
use sp_runtime::generic::Era;

/// One token in its smallest unit.
pub const PLX: u128 = 1_000_000_000_000;

/// An account's key pair.
#[derive(Clone)]
pub enum Key {
	/// Schnorr on Ristretto.
	Sr25519(Box<sr25519::Pair>),
	/// EdDSA.
	Ed25519(Box<ed25519::Pair>),
}

impl Key {
	/// The sr25519 pair of a secret URI such as `//Alice`.
	pub fn sr25519(uri: &str) -> Self {
		Self::Sr25519(Box::new(sr25519::Pair::from_string(uri, None).expect("tests name valid URIs")))
	}

	/// The ed25519 pair of a secret URI such as `//Alice`.
	pub fn ed25519(uri: &str) -> Self {
		Self::Ed25519(Box::new(ed25519::Pair::from_string(uri, None).expect("tests name valid URIs")))
	}

	/// Its account.
	pub fn account(&self) -> AccountId32 {
		match self {
			Self::Sr25519(pair) => pair.public().0.into(),
			Self::Ed25519(pair) => pair.public().0.into(),
		}
	}

	fn sign(&self, message: &[u8]) -> Signature {
		match self {
			Self::Sr25519(pair) => Signature(pair.sign(message).into()),
			Self::Ed25519(pair) => Signature(pair.sign(message).into()),
		}
	}
}

/// Signs for one chain.
#[derive(Clone, Copy, Debug)]
pub struct Wallet {
	genesis: H256,
}

impl Wallet {
	/// A wallet for the chain with this genesis.
	pub fn new(genesis: H256) -> Self {
		Self { genesis }
	}

	/// A wallet for the chain of this node.
	///
	/// # Errors
	/// The node's.
	pub async fn of(rpc: &Rpc) -> Result<Self> {
		let genesis: String = rpc.request("chain_getBlockHash", &[0.into()]).await?;
		Ok(Self::new(H256::from_slice(&from_hex(&genesis)?)))
	}

	/// Signs a call; immortal.
	pub fn sign(&self, key: &Key, nonce: u32, tip: u128, call: RuntimeCall) -> Vec<u8> {
		let extension = plexus_runtime::tx_extension(nonce, Era::Immortal, tip);
		let versions = (VERSION.spec_version, VERSION.transaction_version);
		let implicit = ((), (), versions.0, versions.1, self.genesis, self.genesis, (), (), (), None, ());
		let payload = SignedPayload::from_raw(call.clone(), extension.clone(), implicit);
		let signature = payload.using_encoded(|message| key.sign(message));
		UncheckedExtrinsic::new_signed(call, Address::Id(key.account()), signature, extension).encode()
	}

	/// A transfer.
	pub fn transfer(&self, key: &Key, nonce: u32, to: &AccountId32, value: u128) -> Vec<u8> {
		self.sign(key, nonce, 0, transfer_call(to, value))
	}

	/// A remark: bytes that do nothing but fill blocks.
	pub fn remark(&self, key: &Key, nonce: u32, remark: Vec<u8>) -> Vec<u8> {
		self.sign(key, nonce, 0, RuntimeCall::System(frame_system::Call::remark { remark }))
	}
}

/// `Balances.transfer_keep_alive`.
pub fn transfer_call(to: &AccountId32, value: u128) -> RuntimeCall {
	RuntimeCall::Balances(pallet_balances::Call::transfer_keep_alive { dest: Address::Id(to.clone()), value })
}

/// The storage key of an account: `System.Account`, hashed with BLAKE2b-128 and the account appended.
pub fn account_key(account: &AccountId32) -> Vec<u8> {
	let bytes: &[u8] = account.as_ref();
	let mut key = sp_crypto_hashing::twox_128(b"System").to_vec();
	key.extend(sp_crypto_hashing::twox_128(b"Account"));
	key.extend(sp_crypto_hashing::blake2_128(bytes));
	key.extend(bytes);
	key
}

/// An account nobody has a key for, different for each number.
pub fn stranger(number: u64) -> AccountId32 {
	sp_crypto_hashing::blake2_256(&number.to_le_bytes()).into()
}
