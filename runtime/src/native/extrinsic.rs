//! Extrinsics as bytes: decoding them strictly, and reading what a pool needs from them.
//!
//! # Must not
//! Execute anything. A checked signature says who sent a transaction, not that it is valid.

use crate::{
	signature::verification_key, AccountId, Agents, Balance, Hash, Nonce, RuntimeCall, Signature,
	SignedPayload, System, TransactionPayment, UncheckedExtrinsic,
};
use codec::{Compact, Decode, DecodeLimit, Encode};
use frame_support::{dispatch::GetDispatchInfo, traits::GetCallMetadata};
use plexus_primitives::{equivocation::Equivocation, AgentId};
use sp_runtime::{
	generic::{Era, Preamble},
	traits::Verify,
	MultiAddress, MultiSignature,
};

/// The longest extrinsic: 512 KiB. Eight length proofs of the greatest size fit, and a block holds eight of them.
pub const EXTRINSIC_BYTES_MAX: usize = 512 * 1024;

/// How deep containers and calls may nest in an extrinsic, one level for each list or boxed call. A batch in a proxy
/// in a multisig is below ten; the depth is bounded because decoding and dispatch recurse, and 32 levels fit the
/// 2 MiB stack that Rust gives to threads.
pub const NESTING_MAX: u32 = 32;

/// Why bytes are no extrinsic.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecodeError {
	/// More bytes than an extrinsic may have.
	#[error(
		"the extrinsic has {given} bytes, {max} are allowed; put large data off chain and register its hash"
	)]
	TooLong {
		/// How many bytes there are.
		given: usize,
		/// How many there may be.
		max: usize,
	},
	/// The bytes do not begin with a length.
	#[error("the extrinsic does not begin with a compact length")]
	NoLength,
	/// The length that stands in front is not the length of what follows.
	#[error("the extrinsic's prefix says that {declared} bytes follow, but {actual} do")]
	Length {
		/// What the prefix says.
		declared: usize,
		/// What follows it.
		actual: usize,
	},
	/// The bytes are of no known form, or nest too deep.
	#[error("the extrinsic does not decode: {0}; encode it with this chain's current metadata, nested at most {NESTING_MAX} levels")]
	Malformed(String),
}

/// Decodes an extrinsic as it travels, with its length in front.
///
/// # Errors
/// When it is longer than [`EXTRINSIC_BYTES_MAX`], nests deeper than [`NESTING_MAX`], is malformed, or anything follows it.
pub fn decode_extrinsic(bytes: &[u8]) -> Result<UncheckedExtrinsic, DecodeError> {
	match split_extrinsic(bytes)? {
		(extrinsic, []) => decode_whole(extrinsic),
		(extrinsic, rest) => {
			let prefix = extrinsic.len() - declared_length(extrinsic)?;
			Err(DecodeError::Length {
				declared: extrinsic.len() - prefix,
				actual: extrinsic.len() - prefix + rest.len(),
			})
		}
	}
}

/// Splits `bytes` into the extrinsic that they begin with, its length in front, and what follows.
pub(super) fn split_extrinsic(bytes: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
	let mut body = bytes;
	let Compact(declared) = Compact::<u32>::decode(&mut body).map_err(|_| DecodeError::NoLength)?;
	let declared = declared as usize;
	if declared > body.len() {
		return Err(DecodeError::Length { declared, actual: body.len() });
	}
	let whole = bytes.len() - body.len() + declared;
	if whole > EXTRINSIC_BYTES_MAX {
		return Err(DecodeError::TooLong { given: whole, max: EXTRINSIC_BYTES_MAX });
	}
	Ok(bytes.split_at(whole))
}

fn declared_length(extrinsic: &[u8]) -> Result<usize, DecodeError> {
	let Compact(declared) = Compact::<u32>::decode(&mut &extrinsic[..]).map_err(|_| DecodeError::NoLength)?;
	Ok(declared as usize)
}

/// Decodes what [`split_extrinsic`] split off.
pub(super) fn decode_whole(extrinsic: &[u8]) -> Result<UncheckedExtrinsic, DecodeError> {
	UncheckedExtrinsic::decode_all_with_depth_limit(NESTING_MAX, &mut &extrinsic[..])
		.map_err(|error| DecodeError::Malformed(error.to_string()))
}

/// The extrinsic that reports an equivocation, as it is submitted to a pool: of the general kind, which nobody signs and the
/// evidence itself authorizes.
pub fn report_equivocation(proof: Equivocation) -> Vec<u8> {
	let call = RuntimeCall::Validators(pallet_validators::Call::report_equivocation { evidence: proof });
	// Nonce and tip concern nobody, because nobody signs; evidence expires by its own age.
	UncheckedExtrinsic::new_transaction(call, crate::tx_extension(0, Era::Immortal, 0)).encode()
}

/// What a pool orders and expires transactions by. All of it is only claimed until the signature is checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransactionFacts {
	/// Who sent it; `None` for what is not signed.
	pub sender: Option<crate::AccountId>,
	/// Its nonce; `None` for what is not signed.
	pub nonce: Option<Nonce>,
	/// What it offers on top of the fee.
	pub tip: Balance,
	/// Period and phase of its mortality in blocks; `None` if it lives for ever.
	pub mortal: Option<(u64, u64)>,
}

/// Reads the facts of an extrinsic.
pub fn transaction_facts(extrinsic: &UncheckedExtrinsic) -> TransactionFacts {
	let Preamble::Signed(address, _, extension) = &extrinsic.preamble else {
		return TransactionFacts { sender: None, nonce: None, tip: 0, mortal: None };
	};
	let (_, _, _, _, _, mortality, nonce, _, payment, _, _) = extension;
	TransactionFacts {
		sender: match address {
			MultiAddress::Id(account) => Some(account.clone()),
			MultiAddress::Index(())
			| MultiAddress::Raw(_)
			| MultiAddress::Address32(_)
			| MultiAddress::Address20(_) => None,
		},
		nonce: Some(nonce.0),
		tip: payment.tip(),
		mortal: match mortality.0 {
			Era::Immortal => None,
			Era::Mortal(period, phase) => Some((period, phase)),
		},
	}
}

/// Whether somebody else than the signer could pay for an extrinsic; [`paying_agent`] tells who does. Only looks at the call.
pub fn names_payer(extrinsic: &UncheckedExtrinsic) -> bool {
	matches!(extrinsic.function, RuntimeCall::Agents(pallet_agents::Call::act { .. }))
}

/// The agent that would pay for an extrinsic of so many bytes now; nothing if its signer would, or nobody.
///
/// Must run inside externalities.
pub fn paying_agent(extrinsic: &UncheckedExtrinsic, length: usize) -> Option<AgentId> {
	let TransactionFacts { sender, tip, .. } = transaction_facts(extrinsic);
	let length = u32::try_from(length).unwrap_or(u32::MAX);
	let fee = TransactionPayment::compute_fee(length, &extrinsic.get_dispatch_info(), tip);
	Agents::paying_agent(&sender?, &extrinsic.function, fee, tip)
}

/// Prepares the externalities of a block's state for [`signature_claim`], by beginning the block that follows.
///
/// What is signed contains the genesis hash and, for mortal transactions, a recent block's hash. A block's own hash
/// enters the state with its successor, so without this every signature on the genesis, and every one on the
/// latest block's hash, would seem wrong. Must run inside externalities whose changes are thrown away.
pub fn prepare_checks(block_hash: Hash) {
	System::initialize(&System::block_number().saturating_add(1), &block_hash, &Default::default());
}

/// What a signed extrinsic claims: that `signer` signed `message`.
#[derive(Clone, Debug)]
pub struct SignatureClaim {
	/// The signature.
	pub signature: MultiSignature,
	/// What was signed: the payload, or its BLAKE2b-256 hash where the payload is longer than 256 bytes.
	pub message: Vec<u8>,
	/// Who is said to have signed it.
	pub signer: AccountId,
}

impl SignatureClaim {
	/// The runtime's verdict.
	pub fn verify(&self) -> bool {
		self.signature.verify(&self.message[..], &self.signer)
	}

	/// Under what a [`SignatureCache`](crate::SignatureCache) remembers that the verdict was positive.
	pub fn key(&self) -> [u8; 32] {
		verification_key(&self.signature, &self.message, &self.signer)
	}
}

/// Whether an extrinsic says that somebody signed it. Inherents do not.
pub fn is_signed(extrinsic: &UncheckedExtrinsic) -> bool {
	matches!(extrinsic.preamble, Preamble::Signed(..))
}

/// The claim that decides whether an extrinsic is its sender's. Nothing if it is not signed, or if what was signed
/// cannot be known, as for an expired one: these are for the runtime to judge.
///
/// Must run inside externalities that [`prepare_checks`] has prepared, or of a block being executed.
pub fn signature_claim(extrinsic: UncheckedExtrinsic) -> Option<SignatureClaim> {
	let Preamble::Signed(MultiAddress::Id(signer), Signature(signature), extension) = extrinsic.preamble
	else {
		return None;
	};
	let message = SignedPayload::new(extrinsic.function, extension).ok()?.encode();
	Some(SignatureClaim { signature, message, signer })
}

/// The names of an extrinsic's pallet and call, like `("Balances", "transfer_keep_alive")`.
pub fn call_names(extrinsic: &UncheckedExtrinsic) -> (&'static str, &'static str) {
	let names = extrinsic.function.get_call_metadata();
	(names.pallet_name, names.function_name)
}
