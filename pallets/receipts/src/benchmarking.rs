//! Benchmarks of the calls, for `weights.rs`. Each is the call's worst case.
//!
//! # Must not
//! Be compiled into a node that runs a chain: only with the feature `runtime-benchmarks`.

use crate::{types::*, *};
use alloc::{vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::fungible::{Inspect, Mutate},
	BoundedVec,
};
use frame_system::RawOrigin;
use plexus_primitives::{
	constants::UNITS, receipt::voucher, AgentId, BatchId, ChannelId, Content, Context, DatanetId,
	DatanetVersion, ModelId, Receipt,
};

/// What only the runtime knows.
pub trait BenchmarkHelper<T: Config> {
	/// A registered agent. Called once in a benchmark.
	fn server() -> AgentId;
	/// The `seed`-th model, whose manifest pays and which royalties of the one before are owed of. Called in order,
	/// from 0.
	fn model(seed: u32) -> ModelId;
	/// A published version.
	fn version(index: u32) -> (DatanetId, DatanetVersion);
	/// An account that [`Self::sign`] signs for.
	fn signer() -> T::AccountId;
	/// Its signature.
	fn sign(message: &[u8]) -> T::Signature;
}

/// Of each receipt. So much is burned of it that a payer of one is entered in the server's reputation.
const FEE: Balance = 10 * UNITS;

/// Gives the account what pays every deposit.
fn endow<T: Config>(account: &T::AccountId) {
	let funds = T::Currency::minimum_balance()
		.saturating_add(T::ChannelDeposit::get())
		.saturating_add(T::BatchDeposit::get())
		.saturating_add(FEE)
		.saturating_mul(1_000);
	T::Currency::set_balance(account, funds);
}

fn rich<T: Config>(index: u32) -> T::AccountId {
	let caller: T::AccountId = account("payer", index, 0);
	endow::<T>(&caller);
	caller
}

fn listed<Item, B: Get<u32>>(items: Vec<Item>) -> BoundedVec<Item, B> {
	items.try_into().ok().expect("the benchmark stays within the bound")
}

fn terms<T: Config>(models: Vec<ModelId>, corpora: u32) -> ChannelTerms<T> {
	let grace = T::CloseGraceMs::get();
	ChannelTerms {
		signer: T::BenchmarkHelper::signer(),
		models: listed(models),
		corpora: listed((0..corpora).map(T::BenchmarkHelper::version).collect()),
		expires_at_ms: T::Clock::now_ms().saturating_add(grace).saturating_add(1),
	}
}

fn open_by<T: Config>(
	payer: T::AccountId,
	server: AgentId,
	models: Vec<ModelId>,
) -> Result<ChannelId, BenchmarkError> {
	let channel = NextChannelId::<T>::get();
	let locked = FEE.saturating_mul(T::BatchReceiptsMax::get().into());
	Pallet::<T>::do_open(payer, server, terms(models, 0), locked)?;
	Ok(channel)
}

fn models<T: Config>(count: u32) -> Vec<ModelId> {
	(0..count).map(T::BenchmarkHelper::model).collect()
}

fn receipt(model: ModelId) -> Receipt {
	let content = Content { root: [1; 32], len: 1 };
	let context = Some(Context { root: [2; 32], bytes: 1 });
	let execution = Some([3; 32]);
	Receipt { model, prompt: content, context, output: content, fee: FEE, disclose: true, execution }
}

fn redemption<T: Config>(id: ChannelId, receipts: Vec<Receipt>) -> Result<Redemption<T>, BenchmarkError> {
	let Channel { redeemed, sequence, acc, .. } = Channels::<T>::get(id).ok_or("opened above")?;
	let (mut sum, mut last, mut acc) = (redeemed, sequence, acc);
	for receipt in &receipts {
		last = last.saturating_add(1);
		acc = receipt.accumulate(&acc, last);
		sum = sum.saturating_add(receipt.fee);
	}
	let signature = T::BenchmarkHelper::sign(&voucher(&Pallet::<T>::genesis_hash(), id, sum, last, &acc));
	Ok(Redemption { channel: id, receipts: listed(receipts), signature })
}

/// A server with a batch of one receipt of the model.
fn submitted<T: Config>(server: AgentId, model: ModelId) -> Result<BatchId, BenchmarkError> {
	let account = T::Servers::account(server);
	endow::<T>(&account);
	let channel = open_by::<T>(rich::<T>(0), server, vec![model])?;
	let redemptions = listed(vec![redemption::<T>(channel, vec![receipt(model)])?]);
	let batch = NextBatchId::<T>::get();
	Pallet::<T>::do_submit(server, &account, redemptions)?;
	Ok(batch)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn open(m: Linear<1, { T::ChannelModelsMax::get() }>, c: Linear<0, { T::ChannelCorporaMax::get() }>) {
		let (payer, server) = (rich::<T>(0), T::BenchmarkHelper::server());
		let terms = terms::<T>(models::<T>(m), c);
		#[extrinsic_call]
		_(RawOrigin::Signed(payer), server, terms, FEE);
		assert!(Channels::<T>::contains_key(ChannelId(0)));
	}

	#[benchmark]
	fn top_up() -> Result<(), BenchmarkError> {
		let (payer, server) = (rich::<T>(0), T::BenchmarkHelper::server());
		let channel = open_by::<T>(payer.clone(), server, models::<T>(1))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(payer), channel, FEE);
		assert!(Channels::<T>::get(channel).is_some_and(|channel| channel.locked > FEE));
		Ok(())
	}

	#[benchmark]
	fn close() -> Result<(), BenchmarkError> {
		let (payer, server) = (rich::<T>(0), T::BenchmarkHelper::server());
		let channel = open_by::<T>(payer, server, models::<T>(1))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(T::Servers::account(server)), channel);
		assert!(!Channels::<T>::contains_key(channel));
		Ok(())
	}

	#[benchmark]
	fn close_all() -> Result<(), BenchmarkError> {
		let (payer, server) = (rich::<T>(0), T::BenchmarkHelper::server());
		open_by::<T>(payer.clone(), server, models::<T>(1))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(payer.clone()));
		assert!(!CurrentGenerations::<T>::contains_key(payer));
		Ok(())
	}

	#[benchmark]
	fn finish() -> Result<(), BenchmarkError> {
		let (payer, server) = (rich::<T>(0), T::BenchmarkHelper::server());
		let channel = open_by::<T>(payer.clone(), server, models::<T>(1))?;
		// As if the grace were over: the clock belongs to the runtime.
		Generations::<T>::insert(channel, Generation { channels: 1, closes_at_ms: Some(0) });
		#[extrinsic_call]
		_(RawOrigin::Signed(payer), channel);
		assert!(!Channels::<T>::contains_key(channel));
		Ok(())
	}

	/// Of receipts spread over channels and models.
	#[benchmark]
	fn submit(
		c: Linear<1, { T::BatchChannelsMax::get() }>,
		r: Linear<{ T::BatchChannelsMax::get() }, { T::BatchReceiptsMax::get() }>,
	) -> Result<(), BenchmarkError> {
		let server = T::BenchmarkHelper::server();
		let account = T::Servers::account(server);
		endow::<T>(&account);
		let models = models::<T>(T::BatchModelsMax::get().min(T::ChannelModelsMax::get()));
		let mut redemptions = Vec::new();
		for index in 0..c {
			let channel = open_by::<T>(rich::<T>(index), server, models.clone())?;
			let share = (index..r).step_by(c as usize);
			let receipts = share.zip(models.iter().cycle()).map(|(_, model)| receipt(*model)).collect();
			redemptions.push(redemption::<T>(channel, receipts)?);
		}
		let redemptions: RedemptionsOf<T> = listed(redemptions);
		// Where a pallet above settles, the call itself refuses.
		#[block]
		{
			Pallet::<T>::do_submit(server, &account, redemptions)?;
		}
		assert!(Batches::<T>::get(BatchId(0)).is_some_and(|batch| batch.receipts == r));
		Ok(())
	}

	#[benchmark]
	fn clear_batch() -> Result<(), BenchmarkError> {
		let server = T::BenchmarkHelper::server();
		let batch = submitted::<T>(server, T::BenchmarkHelper::model(0))?;
		Batches::<T>::mutate(batch, |record| {
			if let Some(record) = record {
				record.clearable_from_ms = 0;
			}
		});
		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(1)), batch);
		assert!(!Batches::<T>::contains_key(batch));
		Ok(())
	}

	#[benchmark]
	fn pull_developer() -> Result<(), BenchmarkError> {
		let (server, model) = (T::BenchmarkHelper::server(), T::BenchmarkHelper::model(0));
		submitted::<T>(server, model)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(1)), model);
		assert!(Books::<T>::get(model).is_some_and(|book| book.developer_taken > 0));
		Ok(())
	}

	#[benchmark]
	fn pull_royalty() -> Result<(), BenchmarkError> {
		let (server, models) = (T::BenchmarkHelper::server(), models::<T>(2));
		submitted::<T>(server, models[1])?;
		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(1)), models[1], models[0]);
		assert!(RoyaltiesTaken::<T>::get(models[1], models[0]) > 0);
		Ok(())
	}

	#[benchmark]
	fn withdraw() -> Result<(), BenchmarkError> {
		let (server, model) = (T::BenchmarkHelper::server(), T::BenchmarkHelper::model(0));
		submitted::<T>(server, model)?;
		let account = T::Servers::account(server);
		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(1)), account.clone());
		assert_eq!(Earnings::<T>::get(account), 0);
		Ok(())
	}

	#[benchmark]
	fn set_protocol_share() -> Result<(), BenchmarkError> {
		let origin =
			T::ProtocolShareOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let share = T::ProtocolShareMax::get();
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, share);
		assert_eq!(CurrentProtocolShare::<T>::get(), share);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
