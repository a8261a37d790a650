//! Benchmarks of the calls, for `weights.rs`. Each is the call's worst case.
//!
//! # Must not
//! Be compiled into a node that runs a chain: only with the feature `runtime-benchmarks`.

use crate::{types::*, *};
use alloc::{vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::{traits::fungible::Mutate, BoundedVec};
use frame_system::RawOrigin;
use plexus_primitives::{
	slice::{CHUNK_BYTES, TREE_DEPTH_MAX},
	Content, DatanetId, DatanetVersion,
};
use sp_runtime::{traits::Bounded, PerThing};

/// What only the runtime knows.
pub trait BenchmarkHelper {
	/// A published, curated version of the datanet.
	fn publish(datanet: DatanetId) -> DatanetVersion;
}

/// A caller who can pay every deposit.
fn rich<T: Config>(name: &'static str) -> T::AccountId
where
	T::Currency: Mutate<T::AccountId>,
{
	let caller: T::AccountId = account(name, 0, 0);
	let funds = BalanceOf::<T>::max_value() / 1_000_000u32.into();
	<T::Currency as Mutate<T::AccountId>>::set_balance(&caller, funds);
	caller
}

/// Content whose length proof has `levels` parents and a whole last chunk, without the content itself: the left
/// children are arbitrary, because nobody has to know what they hash. Different for each `seed`.
fn content_with_proof(seed: u32, levels: u32) -> (Content, Vec<u8>) {
	use blake3::hazmat::{merge_subtrees_non_root, merge_subtrees_root, HasherExt, Mode};
	// With 2^levels chunks the right edge has exactly that many parents, and the last chunk is whole.
	let len = CHUNK_BYTES << levels;
	let mut last_chunk = vec![7; CHUNK_BYTES as usize];
	last_chunk[..4].copy_from_slice(&seed.to_le_bytes());
	let mut proof = len.to_le_bytes().to_vec();
	let left = [9; 32];
	let root = match levels {
		0 => *blake3::hash(&last_chunk).as_bytes(),
		_ => {
			let offset = len - CHUNK_BYTES;
			let mut right =
				blake3::Hasher::new().set_input_offset(offset).update(&last_chunk).finalize_non_root();
			let mut parents = vec![right];
			for _ in 1..levels {
				right = merge_subtrees_non_root(&left, &right, Mode::Hash);
				parents.push(right);
			}
			proof.extend(parents.iter().rev().flat_map(|right| [left, *right].concat()));
			*merge_subtrees_root(&left, &right, Mode::Hash).as_bytes()
		}
	};
	proof.extend(last_chunk);
	(Content { root, len }, proof)
}

/// The most levels of a length proof that is within the bound.
const LEVELS_MAX: u32 = TREE_DEPTH_MAX as u32 - 1;

fn locators<T: Config>(bytes: u32) -> Locators<T> {
	let filled = |bytes: u32| -> LocatorOf<T> {
		let mut text = if bytes == 0 { Vec::new() } else { b"a:x".to_vec() };
		text.resize(if bytes == 0 { 0 } else { (bytes as usize).max(3) }, b'x');
		text.try_into().expect("the benchmark stays within the bound")
	};
	Locators { artifact: filled(bytes), card: filled(0) }
}

fn listed<Item, B: Get<u32>>(items: Vec<Item>) -> BoundedVec<Item, B> {
	items.try_into().ok().expect("the benchmark stays within the bound")
}

fn registration<T: Config>(
	seed: u32,
	parents: Vec<ModelId>,
	manifest: ManifestOf<T>,
	levels: u32,
	text: u32,
) -> Registration<T> {
	let (artifact, proof) = content_with_proof(seed, levels);
	let kind = match parents.len() {
		0 => ModelKind::Base,
		_ => ModelKind::FineTune,
	};
	let (none, all) = (Perbill::zero(), Perbill::one());
	let spec = Spec {
		kind,
		artifact,
		card: Content { root: [1; 32], len: 1 },
		parents: listed(parents),
		manifest,
		policy: RevenuePolicy { server: none, developer: all, data: none },
		asks: Asks { royalty: none, data: none },
	};
	Registration { spec, locators: locators::<T>(text), length_proof: listed(proof) }
}

const SALT: [u8; SALT_BYTES] = [3; SALT_BYTES];

/// Commits to the models. Nobody waits for its age: the clock belongs to the runtime.
fn commit_to<T: Config>(
	developer: &T::AccountId,
	models: &[Registration<T>],
) -> Result<[u8; 32], BenchmarkError> {
	let roots = models.iter().map(|registration| registration.spec.artifact.root);
	let hash = Pallet::<T>::commitment_hash(developer, &SALT, roots);
	Pallet::<T>::commit(RawOrigin::Signed(developer.clone()).into(), hash)?;
	Ok(hash)
}

/// Registers without the call, which would need the clock to advance.
fn put_model<T: Config>(
	developer: &T::AccountId,
	registration: Registration<T>,
) -> Result<ModelId, BenchmarkError> {
	let id = NextModelId::<T>::get();
	let number = NextCommitmentNumber::<T>::mutate(|next| {
		let number = *next;
		*next = CommitmentNumber(number.0.saturating_add(1));
		number
	});
	let expires_at_ms = T::Clock::now_ms().saturating_add(T::CommitmentLifetimeMs::get());
	let under = Commitment { number, usable_from_ms: 0, expires_at_ms, deposit: 0u32.into() };
	Pallet::<T>::do_register(developer, &under, registration)?;
	Ok(id)
}

/// So many parents, each with the longest lineage such that all of them together have `AncestorsMax` ancestors.
fn parents<T: Config>(developer: &T::AccountId, count: u32) -> Result<Vec<ModelId>, BenchmarkError> {
	let (mut line, mut seed) = (Vec::new(), 1_000);
	for _ in 0..T::AncestorsMax::get().saturating_sub(count) {
		let above = line.last().copied().into_iter().collect();
		line.push(put_model::<T>(developer, registration(seed, above, Default::default(), 0, 0))?);
		seed += 1;
	}
	let mut parents = Vec::new();
	for _ in 0..count {
		let above = line.last().copied().into_iter().collect();
		parents.push(put_model::<T>(developer, registration(seed, above, Default::default(), 0, 0))?);
		seed += 1;
	}
	Ok(parents)
}

fn manifest<T: Config>(entries: u32) -> ManifestOf<T> {
	let even = Perbill::ACCURACY.checked_div(entries).unwrap_or_default();
	let first = Perbill::ACCURACY.saturating_sub(even.saturating_mul(entries.saturating_sub(1)));
	let entry = |index: u32| {
		let datanet = DatanetId(index);
		let share = Perbill::from_parts(if index == 0 { first } else { even });
		ManifestEntry { datanet, version: T::BenchmarkHelper::publish(datanet), share }
	};
	listed((0..entries).map(entry).collect())
}

#[benchmarks(where T::Currency: Mutate<T::AccountId>)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn commit() {
		let developer = rich::<T>("developer");
		#[extrinsic_call]
		_(RawOrigin::Signed(developer.clone()), [7; 32]);
		assert!(Commitments::<T>::contains_key(developer, [7; 32]));
	}

	#[benchmark]
	fn clear_commitment() -> Result<(), BenchmarkError> {
		let developer = rich::<T>("developer");
		Pallet::<T>::commit(RawOrigin::Signed(developer.clone()).into(), [7; 32])?;
		#[extrinsic_call]
		_(RawOrigin::Signed(developer.clone()), developer.clone(), [7; 32]);
		assert!(!Commitments::<T>::contains_key(developer, [7; 32]));
		Ok(())
	}

	/// Of one model with parents, manifest, locator and proof of the given sizes, which supersedes another; and of
	/// `m - 1` more without any.
	#[benchmark]
	fn register(
		m: Linear<1, { T::RegistrationsMax::get() }>,
		p: Linear<0, { T::ParentsMax::get() }>,
		e: Linear<0, { T::ManifestEntriesMax::get() }>,
		t: Linear<3, { T::LocatorBytesMax::get() }>,
		l: Linear<0, LEVELS_MAX>,
	) -> Result<(), BenchmarkError> {
		let (developer, rival) = (rich::<T>("developer"), rich::<T>("rival"));
		let parents = parents::<T>(&developer, p)?;
		let mut models = vec![registration(0, parents, manifest::<T>(e), l, t)];
		models.extend((1..m).map(|seed| registration(seed, Vec::new(), Default::default(), 0, 0)));
		let hash = commit_to::<T>(&developer, &models)?;
		put_model::<T>(&rival, registration(0, Vec::new(), Default::default(), l, 0))?;
		let models: RegistrationsOf<T> = listed(models);

		#[block]
		{
			// What `register` does, but for the age of the commitment.
			let under = Commitments::<T>::take(&developer, hash).ok_or("committed above")?;
			Pallet::<T>::do_close_commitment(developer.clone(), hash, &under, true)?;
			for registration in models {
				Pallet::<T>::do_register(&developer, &under, registration)?;
			}
		}

		assert_eq!(NextOfDeveloper::<T>::get(developer).0, u64::from(m + T::AncestorsMax::get().max(p)));
		Ok(())
	}

	#[benchmark]
	fn set_deprecated() -> Result<(), BenchmarkError> {
		let developer = rich::<T>("developer");
		let model = put_model::<T>(&developer, registration(0, Vec::new(), manifest::<T>(1), 0, 0))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(developer), model, true);
		assert!(Models::<T>::get(model).is_some_and(|model| model.status == ModelStatus::Deprecated));
		Ok(())
	}

	#[benchmark]
	fn set_locators(t: Linear<3, { T::LocatorBytesMax::get() }>) -> Result<(), BenchmarkError> {
		let developer = rich::<T>("developer");
		let model = put_model::<T>(&developer, registration(0, Vec::new(), manifest::<T>(1), 0, 9))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(developer), model, locators::<T>(t));
		assert!(Locations::<T>::get(model).is_some_and(|location| location.locators.bytes() == t));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
