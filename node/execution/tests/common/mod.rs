//! Signed transactions, for the tests and for the benchmarks; also for those of the crates above.

use codec::Encode;
use plexus_runtime as rt;
use plexus_storage::Hash;
use sp_core::Pair;
use sp_runtime::{generic::Era, MultiAddress};

/// `Balances.transfer_keep_alive`, [`signed`].
pub fn signed_transfer<P: Pair>(
	genesis: Hash,
	from: &P,
	nonce: u32,
	to: rt::AccountId,
	value: u128,
) -> Vec<u8>
where
	P::Public: Into<rt::AccountId>,
	P::Signature: Into<rt::Signature>,
{
	let dest = MultiAddress::Id(to);
	signed(
		genesis,
		from,
		nonce,
		rt::RuntimeCall::Balances(pallet_balances::Call::transfer_keep_alive { dest, value }),
	)
}

/// A call, signed for the chain of `genesis`; immortal and without a tip.
pub fn signed<P: Pair>(genesis: Hash, from: &P, nonce: u32, call: rt::RuntimeCall) -> Vec<u8>
where
	P::Public: Into<rt::AccountId>,
	P::Signature: Into<rt::Signature>,
{
	let extension = rt::tx_extension(nonce, Era::Immortal, 0);
	let versions = (rt::VERSION.spec_version, rt::VERSION.transaction_version);
	let implicit = ((), (), versions.0, versions.1, genesis, genesis, (), (), (), None, ());
	let payload = rt::SignedPayload::from_raw(call.clone(), extension.clone(), implicit);
	let signature: rt::Signature = payload.using_encoded(|message| from.sign(message)).into();
	let sender: rt::AccountId = from.public().into();
	rt::UncheckedExtrinsic::new_signed(call, MultiAddress::Id(sender), signature, extension).encode()
}
