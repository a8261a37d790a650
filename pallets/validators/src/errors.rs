//! Why the pallet refuses. [`crate::pallet`] imports it: `Error` is an item of that module.
//!
//! # Must not
//! State a rule without telling the user how to keep it.

use frame_support::pallet_macros::pallet_section;

/// The pallet's error.
#[pallet_section]
pub mod errors {
	#[pallet::error]
	pub enum Error<T> {
		/// The account has bonded already. Use `bond_more`.
		AlreadyBonded,
		/// The account has no stake here. Use `bond` first.
		NotBonded,
		/// Less than `BondMin` would be bonded. Bond more, or unbond everything.
		BondTooSmall,
		/// A validator needs at least `ValidatorBondMin` of its own bond. Use `bond_more`, or `chill` before unbonding.
		CandidateBondTooSmall,
		/// There is not that much bonded. Look at the stake; a slash may just have been taken.
		NotEnoughBonded,
		/// There is not that much on its way out of the pool that the bond stands behind. Look at the stake's chunks: those of
		/// another pool must unlock first.
		NotEnoughUnbonding,
		/// Too many chunks are on their way out. Use `withdraw_unbonded` for those that have unlocked, or unbond in an
		/// era in which you have unbonded already.
		TooManyChunks,
		/// The amount is nothing, or there is nothing to claim. Give an amount above zero, or wait until rewards have come in.
		NothingToDo,
		/// The amount does not fit with what is there. It exceeds all money.
		AmountTooLarge,
		/// The bond stands behind a pool. A nominator unbonds all of it and then uses `bond_more` for a bond that stands
		/// behind nothing yet; a validator uses another account.
		StakeCommitted,
		/// There is no pool with this id. Look it up among the candidates.
		UnknownPool,
		/// The pool does not stand for election, so it can be neither nominated nor chilled. Nominate one of the candidates.
		NotCandidate,
		/// Nobody else stands for election, and somebody must. Wait until there is another candidate.
		LastCandidate,
		/// The account has no pool of its own. Use `validate`.
		NotValidator,
		/// The account has no consensus key. Use `set_keys` first.
		KeyMissing,
		/// The key belongs to an account already, perhaps yours. Make another key.
		KeyHeld,
		/// The key has signed two conflicting messages, or its validator did with another, and can never be used again.
		/// Make another key.
		KeyBarred,
		/// The proof is not this key's signature of purpose, genesis hash and account. Let the node that holds the key
		/// make it, for the account that signs the transaction.
		KeyProof,
		/// The list of candidates is full, and none of them has less stake. Gather more stake.
		TooManyCandidates,
		/// The validator is jailed. Use `unjail` when the time is over.
		Jailed,
		/// The validator is not jailed. Use `validate` if it has been chilled.
		NotJailed,
		/// The time in jail is not over yet. Wait until the chain clock reaches the pool's `until_ms`.
		JailedStill,
		/// The evidence is for a height that is not reached. Report it again when the chain is there.
		EvidenceEarly,
		/// The evidence is older than the chain's `evidence_age_ms`. Report sooner: nobody is punished for it any more.
		EvidenceOld,
		/// The key was no validator's at that height. Compare key and height with the validators of that era, on this chain.
		EvidenceStranger,
		/// The pool has been tombstoned already, for this era or an earlier one. It pays once.
		EvidenceKnown,
		/// The two messages do not conflict, are not in ascending order of their values, or are not both signed by the
		/// key for this chain. Report two messages of one key, height, round and kind for different values.
		EvidenceInvalid,
		/// The block has brought its parent's commit already. Authors put in one, and nobody else can.
		CommitTwice,
		/// The first block's parent is the genesis, which nobody signs. Its author leaves the commit out.
		CommitUnexpected,
		/// The commit has not one place for each validator of the parent. Its author takes the set that decided the parent.
		CommitLength,
		/// A signature in the commit is not that validator's precommit for the parent. Its author leaves such a place empty.
		CommitSignature,
		/// The commit has not more than two thirds of the power. Its author puts in every precommit of the parent's certificate.
		CommitPower,
		/// All ids are used up. This cannot be avoided, and will not happen.
		IdsExhausted,
	}
}
