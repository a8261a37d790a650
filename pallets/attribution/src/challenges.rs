//! Challenges that are committed to, and shown a block later at the earliest.
//!
//! ```text
//!            commit                reveal, in a later block, while it holds
//!   nothing ───────▶ committed ───────────────────────────────────────────▶ gone, deposit returned
//!                        ├── clear_commitment, before it expires: the batch is fraudulent or gone ──▶ gone, returned
//!                        └── clear_commitment, once expired ──▶ gone, burned
//! ```
//!
//! # Must not
//! Judge: every proof is checked within its call, and holds or does not.
//!
//! # Invariants
//! - Of several that hold, the one that was committed to first counts. A commitment fixes the proof to the last byte, so
//!   that nobody commits before having one, and none is made that could be revealed after the window.
//! - No fault moves a claim more than once: what was moved moves again only to whoever had committed earlier.

use crate::{shares::fraction, submission::overlap, types::*, *};
use codec::Encode;
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::{BalancedHold, MutateHold},
		tokens::Precision,
	},
};
use frame_system::pallet_prelude::BlockNumberFor;
use plexus_primitives::{challenge::commitment, BatchId, Claim, ContributionId, DatanetVersion, Evidence};
use sp_runtime::traits::Zero;

/// Who shows something, and since when it counts.
pub(crate) struct Challenger<T: Config> {
	pub account: AccountIdOf<T>,
	pub number: u64,
	pub since_ms: u64,
}

/// What a piece of a claim's bytes is compared with.
type Piece<'a> = (u64, u64, u64, &'a [u8], &'a [u8]);

impl<T: Config> Pallet<T> {
	/// The hash of block 0, which separates chains.
	pub(crate) fn genesis_hash() -> [u8; 32] {
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		genesis.as_ref().try_into().unwrap_or_default()
	}

	/// The place of whatever comes next among commitments, demands and drawings.
	pub(crate) fn next_number() -> Result<u64, Error<T>> {
		let number = NextNumber::<T>::get();
		NextNumber::<T>::put(number.checked_add(1).ok_or(Error::IdsExhausted)?);
		Ok(number)
	}

	pub(crate) fn do_commit(account: T::AccountId, id: BatchId, hash: [u8; 32]) -> DispatchResult {
		let batch = Self::batch_in_doubt(id)?;
		let now_ms = Self::now_ms();
		ensure!(now_ms < batch.commitments_end_at_ms(), Error::<T>::WindowOver);
		ensure!(!Commitments::<T>::contains_key(&account, hash), Error::<T>::AlreadyCommitted);
		let number = Self::next_number()?;
		let deposit = Self::commitment_deposit(&batch);
		<CurrencyOf<T>>::hold(&HoldReason::Commitment.into(), &account, deposit)?;
		let expires_at_ms = now_ms.saturating_add(batch.parameters.reveal_ms);
		let made_at = frame_system::Pallet::<T>::block_number();
		let made = Commitment { number, batch: id, made_at, made_at_ms: now_ms, expires_at_ms, deposit };
		Commitments::<T>::insert(&account, hash, made);
		Self::deposit_event(Event::Committed { batch: id, account, hash, number, expires_at_ms, deposit });
		Ok(())
	}

	/// A server knows its false claims, and could be the first to have committed to them whoever finds them. To be that by
	/// commitments throughout the window costs it the hold a second time, since what is not revealed is burned. By demands
	/// of its true claims it can cost less: see what the rules do not achieve.
	pub(crate) fn commitment_deposit(batch: &Batch<T>) -> Balance {
		let Parameters { reveal_ms, window_ms, .. } = batch.parameters;
		fraction(batch.hold, reveal_ms.into(), window_ms.into()).max(T::CommitmentDeposit::get())
	}

	pub(crate) fn do_reveal(
		account: T::AccountId,
		id: BatchId,
		salt: [u8; 32],
		challenge: Challenge,
	) -> DispatchResult {
		let hash = commitment(&Self::genesis_hash(), &account.encode(), &salt, id, &challenge);
		let made = Commitments::<T>::take(&account, hash).ok_or(Error::<T>::NoCommitment)?;
		ensure!(frame_system::Pallet::<T>::block_number() > made.made_at, Error::<T>::RevealedTooEarly);
		ensure!(Self::now_ms() < made.expires_at_ms, Error::<T>::CommitmentExpired);
		let reason = HoldReason::Commitment.into();
		<CurrencyOf<T>>::release(&reason, &account, made.deposit, Precision::Exact)?;
		let (number, deposit) = (made.number, made.deposit);
		Self::deposit_event(Event::Revealed { batch: id, account: account.clone(), hash, number, deposit });
		let by = Challenger { account, number, since_ms: made.made_at_ms };
		let mut batch = Batches::<T>::get(id).ok_or(Error::<T>::UnknownBatch)?;
		if let Challenge::UnlistedSource { .. } = challenge {
			return Self::add_unlisted(id, &mut batch, by, challenge);
		}
		ensure!(batch.claims > 0, Error::<T>::NoClaims);
		if let Challenge::Counterclaim { claim, receipt, contribution, version, offset, output, source } =
			challenge
		{
			let shown = (contribution, version, offset, &output[..], &source[..]);
			return Self::counter(id, &batch, by, claim, &receipt, shown);
		}
		Self::ensure_fraud(id, &batch, &challenge)?;
		Self::condemn(id, &mut batch, by)
	}

	/// An error unless the challenge shows fraud.
	fn ensure_fraud(id: BatchId, batch: &Batch<T>, challenge: &Challenge) -> Result<(), Error<T>> {
		let claims = Claims::<T>::get(id).ok_or(Error::NoClaims)?;
		let at = |claim: &u32| claims.get(*claim as usize).ok_or(Error::<T>::UnknownClaim);
		match challenge {
			Challenge::Mismatch { claim, receipt, start, length, output, source } => {
				let record = at(claim)?;
				Self::ensure_receipt(batch, record.receipt, receipt)?;
				let shown = (*start, *length, 0, &output[..], &source[..]);
				ensure!(Self::differs(record, receipt, shown)?, Error::BytesEqual);
			}
			Challenge::FalseLength { claim, receipt, output } => {
				let record = at(claim)?;
				Self::ensure_receipt(batch, record.receipt, receipt)?;
				ensure!(matches!(record.evidence, Evidence::Span { .. }), Error::WrongEvidence);
				let content = &receipt.receipt.output;
				ensure!(Self::is_false_length(content, output)?, Error::LengthTrue);
			}
			Challenge::Unlawful { claim, receipt } => {
				let record = at(claim)?;
				Self::ensure_receipt(batch, record.receipt, receipt)?;
				ensure!(!Self::is_lawful(batch, &claims, *claim, receipt), Error::Lawful);
			}
			Challenge::PromptEcho { claim, receipt, start, length, prompt_offset, claimed, prompt } => {
				let record = at(claim)?;
				Self::ensure_receipt(batch, record.receipt, receipt)?;
				let shown = (*start, *length, *prompt_offset, &claimed[..], &prompt[..]);
				ensure!(Self::echoes(record, receipt, shown)?, Error::BytesDiffer);
			}
			Challenge::Counterclaim { .. } | Challenge::UnlistedSource { .. } => {
				return Err(Error::WrongEvidence)
			}
		}
		Ok(())
	}

	/// Whether output and contribution differ in a part of what a span says is equal.
	fn differs(
		record: &ClaimRecord<AccountIdOf<T>>,
		proof: &ReceiptProof,
		(start, length, _, output, source): Piece<'_>,
	) -> Result<bool, Error<T>> {
		let Evidence::Span { output: place, offset, length: claimed } = record.evidence else {
			return Err(Error::WrongEvidence);
		};
		Self::ensure_part(start, length, claimed)?;
		let of = Self::source_of(record)?.content;
		let one = (&proof.receipt.output, place.saturating_add(start), output);
		let other = (&of, offset.saturating_add(start), source);
		Ok(!Self::are_equal(one, other, length)?)
	}

	/// Whether the prompt has a piece of the claimed bytes, which is to be at least half of them: with all of them asked
	/// for, one byte more than the prompt has would make an echo a claim.
	fn echoes(
		record: &ClaimRecord<AccountIdOf<T>>,
		proof: &ReceiptProof,
		(start, length, prompt_offset, claimed, prompt): Piece<'_>,
	) -> Result<bool, Error<T>> {
		let (content, place, whole) = match record.evidence {
			Evidence::Span { output, length, .. } => (proof.receipt.output, output, length),
			Evidence::Grounded { offset, length } => (Self::source_of(record)?.content, offset, length),
			Evidence::Attested { .. } => return Err(Error::WrongEvidence),
		};
		Self::ensure_part(start, length, whole)?;
		ensure!(length >= whole.div_ceil(2), Error::TooShort);
		let one = (&content, place.saturating_add(start), claimed);
		Self::are_equal(one, (&proof.receipt.prompt, prompt_offset, prompt), length)
	}

	/// Whether the claim might have been submitted, beside the others of its receipt. The receipt is the claim's.
	fn is_lawful(batch: &Batch<T>, claims: &ClaimsOf<T>, place: u32, proof: &ReceiptProof) -> bool {
		let Some(record) = claims.get(place as usize) else { return true };
		let ClaimRecord { receipt, contribution, version, method, evidence, .. } = *record;
		let claim = Claim { receipt, contribution, version, method, evidence };
		let versions = match evidence {
			Evidence::Grounded { .. } => pallet_receipts::Channels::<T>::get(proof.channel)
				.map(|channel| Vec::from(channel.terms.corpora)),
			Evidence::Span { .. } | Evidence::Attested { .. } => Some(Self::manifest_of(proof.receipt.model)),
		};
		let Some(source) = T::Sources::source(contribution) else { return false };
		let checked =
			Self::ensure_lawful(&batch.parameters, &claim, &proof.receipt, &source, versions.as_ref());
		let beside = claims.iter().enumerate().filter(|(index, other)| {
			*index != place as usize && other.receipt == receipt && overlap(other, record, Self::root_of)
		});
		let model = batch.models.get(record.model as usize).map(|share| share.model);
		let known = method < NextMethodId::<T>::get();
		checked.is_ok() && known && model == Some(proof.receipt.model) && beside.count() == 0
	}

	/// What a contribution is named by.
	pub(crate) fn root_of(contribution: ContributionId) -> Option<[u8; 32]> {
		T::Sources::source(contribution).map(|source| source.content.root)
	}

	/// The contribution that was claimed for.
	pub(crate) fn source_of(record: &ClaimRecord<AccountIdOf<T>>) -> Result<Source, Error<T>> {
		T::Sources::source(record.contribution).ok_or(Error::UnknownContribution)
	}

	/// An error unless the contribution is in a version of the model's manifest, with so many bytes from there on.
	pub(crate) fn ensure_listed(
		model: plexus_primitives::ModelId,
		contribution: ContributionId,
		version: DatanetVersion,
		offset: u64,
		length: u64,
	) -> Result<Source, Error<T>> {
		let source = T::Sources::source(contribution).ok_or(Error::UnknownContribution)?;
		let listed = Self::manifest_of(model).contains(&(source.datanet, version));
		ensure!(listed, Error::VersionNotInScope);
		ensure!(source.is_in(version), Error::NotInVersion);
		ensure!(submission::is_within(offset, length, source.content.len), Error::RangeOutside);
		Ok(source)
	}

	/// Moves a claim to an earlier contribution.
	fn counter(
		id: BatchId,
		batch: &Batch<T>,
		by: Challenger<T>,
		claim: u32,
		proof: &ReceiptProof,
		(contribution, version, offset, output, source): (ContributionId, DatanetVersion, u64, &[u8], &[u8]),
	) -> DispatchResult {
		ensure!(batch.verdict.is_none(), Error::<T>::Fraudulent);
		let mut claims = Claims::<T>::get(id).ok_or(Error::<T>::NoClaims)?;
		let record = claims.get_mut(claim as usize).ok_or(Error::<T>::UnknownClaim)?;
		Self::ensure_receipt(batch, record.receipt, proof)?;
		let Evidence::Span { output: place, length, .. } = record.evidence else {
			return Err(Error::<T>::WrongEvidence.into());
		};
		let first = record.moved.as_ref().is_none_or(|moved| by.number < moved.number);
		ensure!(first, Error::<T>::AlreadyMoved);
		let earlier = Self::ensure_listed(proof.receipt.model, contribution, version, offset, length)?;
		let later = Self::source_of(record)?.commitment;
		ensure!(earlier.commitment < later, Error::<T>::NotEarlier);
		let one = (&proof.receipt.output, place, output);
		let equal = Self::are_equal(one, (&earlier.content, offset, source), length)?;
		ensure!(equal, Error::<T>::BytesDiffer);
		let Challenger { account, number, .. } = by;
		record.moved = Some(Moved { contribution, version, by: account.clone(), number });
		Claims::<T>::insert(id, claims);
		let event = Event::ClaimMoved { batch: id, claim, contribution, version, by: account, number };
		Self::deposit_event(event);
		Ok(())
	}

	/// Calls a batch fraudulent, unless an earlier commitment did.
	pub(crate) fn condemn(id: BatchId, batch: &mut Batch<T>, by: Challenger<T>) -> DispatchResult {
		let first = batch.verdict.as_ref().is_none_or(|verdict| by.number < verdict.number);
		ensure!(first, Error::<T>::Fraudulent);
		let Challenger { account: challenger, number, since_ms } = by;
		let decided_from_ms = since_ms.saturating_add(batch.parameters.reveal_ms);
		let verdict = Verdict { challenger: challenger.clone(), number, decided_from_ms };
		batch.verdict = Some(verdict);
		Batches::<T>::insert(id, &*batch);
		Self::deposit_event(Event::FraudFound { batch: id, challenger, number, decided_from_ms });
		Ok(())
	}

	/// A batch that may still be objected to.
	pub(crate) fn batch_in_doubt(id: BatchId) -> Result<Batch<T>, Error<T>> {
		let batch = Batches::<T>::get(id).ok_or(Error::UnknownBatch)?;
		ensure!(batch.verdict.is_none() || batch.claims == 0, Error::Fraudulent);
		Ok(batch)
	}

	pub(crate) fn do_clear_commitment(
		signer: T::AccountId,
		account: T::AccountId,
		hash: [u8; 32],
	) -> DispatchResult {
		let made = Commitments::<T>::take(&account, hash).ok_or(Error::<T>::NoCommitment)?;
		let reason = HoldReason::Commitment.into();
		let burned = Self::now_ms() >= made.expires_at_ms;
		if burned {
			// A credit that is dropped is burned.
			drop(<CurrencyOf<T>>::slash(&reason, &account, made.deposit));
		} else {
			ensure!(signer == account, Error::<T>::NotCommitter);
			let moot = Batches::<T>::get(made.batch).is_none_or(|batch| batch.verdict.is_some());
			ensure!(moot, Error::<T>::CommitmentAlive);
			<CurrencyOf<T>>::release(&reason, &account, made.deposit, Precision::Exact)?;
		}
		let (number, deposit) = (made.number, made.deposit);
		Self::deposit_event(Event::CommitmentCleared { account, hash, number, deposit, burned });
		Ok(())
	}
}
