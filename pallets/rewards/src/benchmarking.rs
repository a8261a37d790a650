//! Benchmarks of the calls, and of what other pallets' calls do here, for `weights.rs`. Each is the worst case.
//!
//! # Must not
//! Be compiled into a node that runs a chain: only with the feature `runtime-benchmarks`.

use crate::{types::*, *};
use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_support::{traits::fungible::Inspect, BoundedVec};
use frame_system::RawOrigin;
use plexus_primitives::{ContributionId, DatanetId, DatanetVersion, ModelId, Positions as _};

/// What only the runtime knows.
pub trait BenchmarkHelper<T: Config> {
	/// A model whose manifest gives everything to this version, which need not have been published. Called once in a
	/// benchmark.
	fn model(datanet: DatanetId, version: DatanetVersion) -> ModelId;
	/// A contribution that somebody holds. Called once in a benchmark.
	fn contribution() -> ContributionId;
}

const DATANET: DatanetId = DatanetId(0);
const WEIGHT: u8 = 100;

/// More than the existential deposit, and nothing that weights divide.
fn money<T: Config>() -> CreditOf<T> {
	T::Currency::issue(T::Currency::minimum_balance().saturating_mul(1_000_003))
}

fn holder<T: Config>() -> HolderOf<T> {
	Holder::Account(account("holder", 0, 0))
}

/// Somebody who is in a version alone, and in all after it.
fn open<T: Config>(holder: &HolderOf<T>, datanet: DatanetId, version: DatanetVersion) {
	Pallet::<T>::accepted(holder, datanet, version, WEIGHT);
	Pallet::<T>::published(datanet, version, WEIGHT.into());
}

/// Puts money into the pool of a version.
fn fill<T: Config>(datanet: DatanetId, version: DatanetVersion) -> Result<(), BenchmarkError> {
	let amount = Pallet::<T>::receive(money::<T>());
	Pallet::<T>::deposit(datanet, version, amount).ok_or(BenchmarkError::Stop("nobody is in it"))?;
	Ok(())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// To a version with so many bits.
	#[benchmark]
	fn distribute(n: Linear<1, { fenwick::NODES_MAX }>) {
		let version = DatanetVersion(u32::MAX >> (fenwick::NODES_MAX - n));
		open::<T>(&holder::<T>(), DATANET, version);
		let model = T::BenchmarkHelper::model(DATANET, version);
		Pallet::<T>::deposit_data(model, money::<T>());
		#[extrinsic_call]
		_(RawOrigin::Signed(whitelisted_caller()), model, 0);
		assert!(Pulled::<T>::get(model, 0) > 0);
	}

	/// One place is walked in so many nodes, each other one in one node.
	#[benchmark]
	fn claim(
		p: Linear<1, { T::ClaimPlacesMax::get() }>,
		n: Linear<1, { fenwick::NODES_MAX }>,
	) -> Result<(), BenchmarkError> {
		let (first, mut places) = (DatanetVersion(1), Vec::new());
		for datanet in (0..p).map(DatanetId) {
			open::<T>(&holder::<T>(), datanet, first);
			fill::<T>(datanet, first)?;
			places.push(Place::onward(datanet, first));
		}
		Pallet::<T>::published(DATANET, DatanetVersion(u32::MAX >> (fenwick::NODES_MAX - n)), 0);
		let places: PlacesOf<T> =
			BoundedVec::try_from(places).map_err(|_| BenchmarkError::Stop("too many places"))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(whitelisted_caller()), account("holder", 0, 0), places);
		assert!(Earnings::<T>::get(holder::<T>()).pools > 0);
		Ok(())
	}

	#[benchmark]
	fn withdraw() {
		let earner: T::AccountId = account("holder", 0, 0);
		Pallet::<T>::credit_account(&earner, Source::Claim, money::<T>());
		#[extrinsic_call]
		_(RawOrigin::Signed(whitelisted_caller()), earner);
		assert_eq!(Earnings::<T>::get(holder::<T>()).due, 0);
	}

	#[benchmark]
	fn deposit_data() {
		let model = T::BenchmarkHelper::model(DATANET, DatanetVersion(1));
		let money = money::<T>();
		#[block]
		{
			Pallet::<T>::deposit_data(model, money);
		}
		assert!(DataRevenues::<T>::get(model) > 0);
	}

	#[benchmark]
	fn credit() {
		let contribution = T::BenchmarkHelper::contribution();
		let money = money::<T>();
		#[block]
		{
			Pallet::<T>::credit_contribution(contribution, Source::Claim, money);
		}
		assert!(T::Contributions::holder(contribution).is_some_and(|to| Earnings::<T>::get(to).claims > 0));
	}

	#[benchmark]
	fn accepted() {
		let holder = holder::<T>();
		#[block]
		{
			Pallet::<T>::accepted(&holder, DATANET, DatanetVersion(1), WEIGHT);
		}
		assert_eq!(Heads::<T>::get(DATANET).weight, WEIGHT.into());
	}

	/// The end of a dispute about a contribution whose first and last version are where walks are longest.
	#[benchmark]
	fn moved() -> Result<(), BenchmarkError> {
		let (contribution, first, next) = (ContributionId(0), DatanetVersion(1), DatanetVersion(2));
		let escrow = Holder::Escrow(contribution);
		open::<T>(&escrow, DATANET, first);
		open::<T>(&holder::<T>(), DATANET, next);
		Pallet::<T>::departed(&holder::<T>(), DATANET, next, DatanetVersion(3), WEIGHT);
		fill::<T>(DATANET, first)?;
		Pallet::<T>::departed(&escrow, DATANET, first, DatanetVersion(3), WEIGHT);
		fill::<T>(DATANET, first)?;
		Pallet::<T>::published(DATANET, DatanetVersion(u32::MAX), 0);
		let to = holder::<T>();
		#[block]
		{
			Pallet::<T>::moved(&escrow, &to, DATANET, first, Some(DatanetVersion(3)), WEIGHT);
		}
		assert!(Earnings::<T>::get(to).pools > 0);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
