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

/// Commits to the models.
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

/// A line of so many models, each made from the one before; the last.
fn line<T: Config>(
	developer: &T::AccountId,
	seeds: u32,
	length: u32,
) -> Result<Vec<ModelId>, BenchmarkError> {
	let mut last = Vec::new();
	for seed in seeds..seeds.saturating_add(length) {
		last = vec![put_model::<T>(developer, registration(seed, last, Default::default(), 0, 0))?];
	}
	Ok(last)
}

/// So many models made from the last of a line: with the line they are the `ancestors` that a model made from all of them
/// has.
fn parents<T: Config>(
	developer: &T::AccountId,
	seeds: u32,
	count: u32,
	ancestors: u32,
) -> Result<Vec<ModelId>, BenchmarkError> {
	let length = ancestors.saturating_sub(count);
	let above = line::<T>(developer, seeds, length)?;
	let first = seeds.saturating_add(length);
	let put = |seed| put_model::<T>(developer, registration(seed, above.clone(), Default::default(), 0, 0));
	(first..first.saturating_add(count)).map(put).collect()
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

	/// Of `m` models without parents, `a` with one, and `p` more parents for the first of these, which has a manifest of `e`
	/// entries, a locator of `t` bytes and a proof of `l` levels besides. Who has parents has the longest lineage. All of
	/// them supersede others.
	#[benchmark]
	fn register(
		m: Linear<0, { T::RegistrationsMax::get() / 2 }>,
		a: Linear<1, { T::RegistrationsMax::get() / 2 }>,
		p: Linear<0, { T::ParentsMax::get() - 1 }>,
		e: Linear<0, { T::ManifestEntriesMax::get() }>,
		t: Linear<3, { T::LocatorBytesMax::get() }>,
		l: Linear<0, LEVELS_MAX>,
	) -> Result<(), BenchmarkError> {
		let (developer, rival, most) = (rich::<T>("developer"), rich::<T>("rival"), T::AncestorsMax::get());
		let of_first = parents::<T>(&developer, 1_000, p + 1, most)?;
		// Each has a parent of its own, whose lineage has one less than is allowed.
		let of_others = parents::<T>(&developer, 2_000, a - 1, most.saturating_add(a).saturating_sub(2))?;
		let mut models = vec![registration(0, of_first, manifest::<T>(e), l, t)];
		let made_from = of_others.into_iter().map(|parent| vec![parent]);
		let bare = made_from.chain((0..m).map(|_| Vec::new())).zip(1..);
		models.extend(bare.map(|(parents, seed)| registration(seed, parents, Default::default(), 0, 0)));
		let hash = commit_to::<T>(&developer, &models)?;
		for seed in 0..m + a {
			let levels = if seed == 0 { l } else { 0 };
			put_model::<T>(&rival, registration(seed, Vec::new(), Default::default(), levels, 0))?;
		}
		let models: RegistrationsOf<T> = listed(models);
		// Nobody waits for its age: the clock belongs to the runtime.
		Commitments::<T>::mutate(&developer, hash, |made| {
			if let Some(made) = made {
				made.usable_from_ms = 0;
			}
		});
		let before = NextOfDeveloper::<T>::get(&developer).0;

		#[extrinsic_call]
		_(RawOrigin::Signed(developer.clone()), SALT, models);

		assert_eq!(NextOfDeveloper::<T>::get(developer).0, before + u64::from(m + a));
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
