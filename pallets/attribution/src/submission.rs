//! Submitting a batch: its claims are valued and checked by what the chain has, its money waits where anybody may still
//! object.
//!
//! # Must not
//! Look at bytes that are off chain, or at a proof: evidence appears in samples, demands and challenges.
//!
//! # Invariants
//! - Whatever is wrong with claims, the receipts could be redeemed without them.
//! - What claims of a receipt move is within its ceiling, whole: an excess is refused, never scaled.
//! - Ranges of one receipt's claims do not overlap: in the output for spans; in the contribution where one of the two was
//!   put before the model. An output may well repeat the same bytes twice.

use crate::{types::*, *};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult},
	traits::{
		fungible::{Balanced, MutateHold},
		Imbalance,
	},
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_receipts::{Settled, SettledModel};
use plexus_primitives::{
	AgentId, BatchId, ChannelId, Claim, ContributionId, DatanetId, DatanetVersion, Evidence, ModelId, Receipt,
};
use sp_runtime::traits::Saturating;

/// The versions of channels' corpora or of models' manifests.
type VersionList = Vec<(DatanetId, DatanetVersion)>;

/// Money of models' data, in ascending order of models.
type MoneyOf<T> = Vec<(ModelId, CreditOf<T>)>;

/// What claims are checked against, read once each.
#[derive(Default)]
struct Known {
	sources: BTreeMap<ContributionId, Option<Source>>,
	manifests: BTreeMap<ModelId, VersionList>,
	corpora: BTreeMap<ChannelId, VersionList>,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_submit(
		account: T::AccountId,
		server: AgentId,
		redemptions: RedemptionsOf<T>,
		claims: SubmittedOf<T>,
	) -> DispatchResult {
		let receipts: Vec<(ChannelId, Receipt)> = redemptions
			.iter()
			.flat_map(|redemption| redemption.receipts.iter().map(|receipt| (redemption.channel, *receipt)))
			.collect();
		let Settled { batch, root, models } =
			pallet_receipts::Pallet::<T>::settle(server, &account, redemptions)?;
		let parameters = CurrentParameters::<T>::get();
		let (mut shares, money) = Self::shares_of(models)?;
		let records = Self::value(&parameters, &receipts, &mut shares, claims)?;
		Self::hold_developers(&receipts, &mut shares);
		let waits = !records.is_empty() || shares.iter().any(|share| share.held > 0);
		match records.is_empty() {
			true => Self::pay_data(batch, money),
			false => Self::keep(money)?,
		}
		if !waits {
			return Ok(());
		}
		let opened = Batch {
			server,
			account,
			root,
			receipts: receipts.len() as u32,
			submitted_at_ms: Self::now_ms(),
			parameters,
			models: shares,
			claims: records.len() as u32,
			paid: 0,
			hold: 0,
			deposit: 0,
			sampling: Sampling::Done,
			demands: 0,
			verdict: None,
		};
		Self::open(batch, opened, records)
	}

	/// What the models earned, and their data's money.
	fn shares_of(models: Vec<SettledModel<T>>) -> Result<(SharesOf<T>, MoneyOf<T>), DispatchError> {
		let (mut shares, mut money) = (SharesOf::<T>::default(), Vec::new());
		for SettledModel { model, fees, data, developer } in models {
			let share = Share { model, fees, data: data.peek(), claimed: 0, developer, held: 0 };
			// Settling counts the models by the same bound.
			shares.try_push(share).map_err(|_| pallet_receipts::Error::<T>::TooManyModels)?;
			money.push((model, data));
		}
		Ok((shares, money))
	}

	/// Of a batch without claims data's money does not wait.
	fn pay_data(batch: BatchId, money: MoneyOf<T>) {
		for (model, data) in money.into_iter().filter(|(_, data)| data.peek() > 0) {
			Self::deposit_event(Event::DataPaid { batch, model, amount: data.peek() });
			T::Payouts::to_model(model, data);
		}
	}

	/// Of one with claims all of it waits in the pot.
	fn keep(money: MoneyOf<T>) -> Result<(), Error<T>> {
		for (_, data) in money {
			<CurrencyOf<T>>::resolve(&Self::pot(), data).map_err(|_| Error::<T>::PotMissing)?;
		}
		Ok(())
	}

	/// Puts hold and deposit on hold, and lets the batch wait.
	fn open(id: BatchId, mut batch: Batch<T>, records: ClaimsOf<T>) -> DispatchResult {
		if batch.claims > 0 {
			let claimed =
				batch.models.iter().fold(0, |sum: Balance, share| sum.saturating_add(share.claimed));
			let Parameters { hold_multiple, hold_floor, .. } = batch.parameters;
			batch.hold = claimed.saturating_mul(hold_multiple.into()).saturating_add(hold_floor);
			batch.sampling = Sampling::Due { at: Self::second_block_from_now() };
			Claims::<T>::insert(id, &records);
		}
		let of_claims = T::ClaimDeposit::get().saturating_mul(batch.claims.into());
		batch.deposit = T::OpenDeposit::get().saturating_add(of_claims);
		<CurrencyOf<T>>::hold(&HoldReason::Batch.into(), &batch.account, batch.hold)?;
		<CurrencyOf<T>>::hold(&HoldReason::Deposit.into(), &batch.account, batch.deposit)?;
		Batches::<T>::insert(id, &batch);
		let ends_at_ms = batch.ends_at_ms();
		let Batch { server, root, receipts, parameters, models, hold, deposit, sampling, .. } = batch;
		Self::deposit_event(Event::BatchOpened {
			batch: id,
			server,
			root,
			receipts,
			parameters,
			models,
			claims: records,
			hold,
			deposit,
			sampling,
			ends_at_ms,
		});
		Ok(())
	}

	fn second_block_from_now() -> BlockNumberFor<T> {
		frame_system::Pallet::<T>::block_number().saturating_add(2u32.into())
	}

	/// Keeps the developers' part of disclosed outputs back.
	fn hold_developers(receipts: &[(ChannelId, Receipt)], shares: &mut SharesOf<T>) {
		for share in shares.iter_mut() {
			let disclosed =
				receipts.iter().filter(|(_, receipt)| receipt.disclose && receipt.model == share.model);
			let held = disclosed
				.fold(0, |sum: Balance, (_, receipt)| sum.saturating_add(share.developer_of(receipt.fee)));
			share.held = pallet_receipts::Pallet::<T>::hold_developer(share.model, held);
		}
	}

	/// What each claim is worth, if all may be made.
	fn value(
		parameters: &Parameters,
		receipts: &[(ChannelId, Receipt)],
		shares: &mut SharesOf<T>,
		claims: SubmittedOf<T>,
	) -> Result<ClaimsOf<T>, DispatchError> {
		let mut known = Known::default();
		let mut records = ClaimsOf::<T>::default();
		let mut targets = BTreeSet::new();
		let methods = NextMethodId::<T>::get();
		for claim in claims {
			ensure!(claim.method < methods, Error::<T>::UnknownMethod);
			let place = usize::try_from(claim.receipt).map_err(|_| Error::<T>::UnknownReceipt)?;
			let (channel, receipt) = receipts.get(place).ok_or(Error::<T>::UnknownReceipt)?;
			let source = known.source::<T>(claim.contribution).ok_or(Error::<T>::UnknownContribution)?;
			let versions = match claim.evidence {
				Evidence::Grounded { .. } => known.corpora::<T>(*channel),
				Evidence::Span { .. } | Evidence::Attested { .. } => known.manifest::<T>(receipt.model),
			};
			Self::ensure_lawful(parameters, &claim, receipt, &source, Some(versions))?;
			targets.insert((receipt.model, claim.contribution));
			ensure!(targets.len() <= T::TargetsMax::get() as usize, Error::<T>::TooManyTargets);
			let model = shares.iter().position(|share| share.model == receipt.model);
			let model = model.ok_or(Error::<T>::UnknownReceipt)?;
			let share = shares.get_mut(model).ok_or(Error::<T>::UnknownReceipt)?;
			let record = Self::record(parameters, &claim, model as u32, receipt, share)?;
			let data = share.data_of(receipt.fee);
			let root = |id| known.source::<T>(id).map(|source| source.content.root);
			Self::ensure_fits(parameters, &records, &record, data, root)?;
			share.claimed = share.claimed.saturating_add(record.amount);
			records.try_push(record).map_err(|_| Error::<T>::TooManyClaims)?;
		}
		Ok(records)
	}

	fn record(
		parameters: &Parameters,
		claim: &Claim,
		model: u32,
		receipt: &Receipt,
		share: &Share,
	) -> Result<ClaimRecord<AccountIdOf<T>>, Error<T>> {
		let whole = Self::whole(&claim.evidence, receipt);
		let amount = parameters.claimed(&claim.evidence, share.data_of(receipt.fee), whole);
		ensure!(amount > 0, Error::MovesNothing);
		let Claim { receipt, contribution, version, method, evidence } = *claim;
		Ok(ClaimRecord {
			receipt,
			model,
			contribution,
			version,
			method,
			evidence,
			amount,
			proven: false,
			moved: None,
		})
	}

	/// The bytes that a claim is a part of.
	fn whole(evidence: &Evidence, receipt: &Receipt) -> u64 {
		match evidence {
			Evidence::Grounded { .. } => receipt.context.map_or(0, |context| context.bytes),
			Evidence::Span { .. } | Evidence::Attested { .. } => receipt.output.len,
		}
	}

	/// An error unless the claim is in order after those before, and fits beside those of its receipt.
	fn ensure_fits(
		parameters: &Parameters,
		records: &ClaimsOf<T>,
		record: &ClaimRecord<AccountIdOf<T>>,
		data: Balance,
		mut root: impl FnMut(ContributionId) -> Option<[u8; 32]>,
	) -> Result<(), Error<T>> {
		ensure!(records.last().is_none_or(|last| last.receipt <= record.receipt), Error::ClaimsNotAscending);
		let beside = || records.iter().rev().take_while(|other| other.receipt == record.receipt);
		ensure!(beside().count() < T::ReceiptClaimsMax::get() as usize, Error::TooManyClaimsOfReceipt);
		ensure!(!beside().any(|other| overlap(other, record, &mut root)), Error::RangesOverlap);
		let taken = beside().fold(record.amount, |sum, other| sum.saturating_add(other.amount));
		ensure!(taken <= parameters.all.mul_floor(data), Error::ExceedsCeiling);
		Ok(())
	}

	/// An error unless the claim may be made about the receipt. `versions` are those that make it lawful; nothing if that
	/// is not known any more, because its channel is gone.
	pub(crate) fn ensure_lawful(
		parameters: &Parameters,
		claim: &Claim,
		receipt: &Receipt,
		source: &Source,
		versions: Option<&VersionList>,
	) -> Result<(), Error<T>> {
		let place = (source.datanet, claim.version);
		ensure!(versions.is_none_or(|versions| versions.contains(&place)), Error::VersionNotInScope);
		ensure!(source.is_in(claim.version), Error::NotInVersion);
		let (offset, length) = match claim.evidence {
			Evidence::Grounded { offset, length } => {
				let context = receipt.context.ok_or(Error::NoContext)?;
				ensure!((1..=context.bytes).contains(&length), Error::RangeOutside);
				(offset, length)
			}
			Evidence::Span { output, offset, length } => {
				ensure!(receipt.disclose, Error::NotDisclosed);
				ensure!(length >= parameters.span_bytes_min, Error::TooShort);
				ensure!(is_within(output, length, receipt.output.len), Error::RangeOutside);
				(offset, length)
			}
			Evidence::Attested { .. } => return Err(Error::MovesNothing),
		};
		ensure!(length <= T::ClaimBytesMax::get(), Error::TooLong);
		ensure!(is_within(offset, length, source.content.len), Error::RangeOutside);
		Ok(())
	}

	/// The versions of a model's manifest; none if there is no such model.
	pub(crate) fn manifest_of(model: ModelId) -> VersionList {
		T::Manifests::manifest(model).map(|manifest| manifest.versions).unwrap_or_default()
	}
}

impl Known {
	fn source<T: Config>(&mut self, id: ContributionId) -> Option<Source> {
		*self.sources.entry(id).or_insert_with(|| T::Sources::source(id))
	}

	fn manifest<T: Config>(&mut self, model: ModelId) -> &VersionList {
		self.manifests.entry(model).or_insert_with(|| Pallet::<T>::manifest_of(model))
	}

	/// Settlement does not end a channel, so that it is there.
	fn corpora<T: Config>(&mut self, id: ChannelId) -> &VersionList {
		let corpora = || pallet_receipts::Channels::<T>::get(id).map(|channel| channel.terms.corpora.into());
		self.corpora.entry(id).or_insert_with(|| corpora().unwrap_or_default())
	}
}

/// Whether a range of so many bytes ends within the whole.
pub(crate) fn is_within(start: u64, length: u64, whole: u64) -> bool {
	start.checked_add(length).is_some_and(|end| end <= whole)
}

/// Whether two ranges have a byte in common.
pub(crate) fn ranges_overlap(one: (u64, u64), other: (u64, u64)) -> bool {
	one.0 < other.0.saturating_add(other.1) && other.0 < one.0.saturating_add(one.1)
}

/// Whether two claims of one receipt are about the same bytes. Content is the same in whatever datanets it is listed, so
/// that different contributions are told apart by `root`.
pub(crate) fn overlap<AccountId>(
	one: &ClaimRecord<AccountId>,
	other: &ClaimRecord<AccountId>,
	mut root: impl FnMut(ContributionId) -> Option<[u8; 32]>,
) -> bool {
	use Evidence::*;
	let mut same_source = || {
		one.contribution == other.contribution || {
			let known = root(one.contribution);
			known.is_some() && known == root(other.contribution)
		}
	};
	match (one.evidence, other.evidence) {
		(Span { output: a, length: m, .. }, Span { output: b, length: n, .. }) => {
			ranges_overlap((a, m), (b, n))
		}
		(Grounded { offset: a, length: m }, Grounded { offset: b, length: n })
		| (Grounded { offset: a, length: m }, Span { offset: b, length: n, .. })
		| (Span { offset: a, length: m, .. }, Grounded { offset: b, length: n }) => {
			ranges_overlap((a, m), (b, n)) && same_source()
		}
		(Attested { .. }, _) | (_, Attested { .. }) => same_source(),
	}
}
