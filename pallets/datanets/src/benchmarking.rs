//! Benchmarks of the calls, for `weights.rs`.
//!
//! # Must not
//! Be compiled into a node that runs a chain: only with the feature `runtime-benchmarks`.

use crate::{types::*, *};
use alloc::{vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::traits::fungible::Mutate;
use frame_system::RawOrigin;
use plexus_primitives::slice::{CHUNK_BYTES, HEADER_BYTES, PARENT_BYTES, TREE_DEPTH_MAX};
use sp_runtime::traits::Bounded;

/// A caller who can pay every deposit.
fn rich_caller<T: Config>() -> T::AccountId
where
	T::Currency: Mutate<T::AccountId>,
{
	let caller: T::AccountId = whitelisted_caller();
	let half = BalanceOf::<T>::max_value() / 2u32.into();
	<T::Currency as Mutate<T::AccountId>>::set_balance(&caller, half);
	caller
}

/// Content whose length proof has `levels` parents and a whole last chunk, without the content itself: the left
/// children are arbitrary, because nobody has to know what they hash.
fn content_with_proof(levels: u32) -> (Content, Vec<u8>) {
	// With 2^levels chunks the right edge has exactly that many parents, and the last chunk is whole.
	let len = CHUNK_BYTES << levels;
	let last_chunk = vec![7; CHUNK_BYTES as usize];
	let (root, parents) = right_edge(&last_chunk, len - CHUNK_BYTES, levels);
	let mut proof = len.to_le_bytes().to_vec();
	proof.extend(parents);
	proof.extend(last_chunk);
	(Content { root, len }, proof)
}

fn right_edge(last_chunk: &[u8], offset: u64, levels: u32) -> ([u8; 32], Vec<u8>) {
	use blake3::hazmat::{merge_subtrees_non_root, merge_subtrees_root, HasherExt, Mode};
	if levels == 0 {
		return (*blake3::hash(last_chunk).as_bytes(), Vec::new());
	}
	let left = [9; 32];
	let mut right = blake3::Hasher::new().set_input_offset(offset).update(last_chunk).finalize_non_root();
	let mut parents = Vec::new();
	for _ in 1..levels {
		parents.push((left, right));
		right = merge_subtrees_non_root(&left, &right, Mode::Hash);
	}
	parents.push((left, right));
	let bytes = parents.iter().rev().flat_map(|(left, right)| [*left, *right].concat()).collect();
	(*merge_subtrees_root(&left, &right, Mode::Hash).as_bytes(), bytes)
}

fn name<T: Config>(bytes: u32) -> NameOf<T> {
	vec![b'n'; bytes as usize].try_into().expect("the benchmark stays within the bound")
}

fn licence<T: Config>(bytes: u32) -> LicenceOf<T> {
	vec![b'l'; bytes as usize].try_into().expect("the benchmark stays within the bound")
}

fn some_datanet<T: Config>(owner: &T::AccountId) -> Result<DatanetId, BenchmarkError> {
	let id = NextDatanetId::<T>::get();
	Pallet::<T>::create_datanet(RawOrigin::Signed(owner.clone()).into(), name::<T>(1), licence::<T>(1))?;
	Ok(id)
}

fn media_type<T: Config>() -> MediaTypeOf<T> {
	b"a/b".to_vec().try_into().expect("three bytes are within the bound")
}

fn locator<T: Config>(bytes: u32) -> LocatorOf<T> {
	let mut locator = b"a:".to_vec();
	locator.resize(bytes as usize, b'x');
	locator.try_into().expect("the benchmark stays within the bound")
}

#[benchmarks(where T::Currency: Mutate<T::AccountId>)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn create_datanet(t: Linear<2, { T::NameBytesMax::get() }>) {
		let owner = rich_caller::<T>();
		let (name, licence) = (name::<T>(t - 1), licence::<T>(1));

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), name, licence);

		assert_eq!(Datanets::<T>::iter().count(), 1);
	}

	#[benchmark]
	fn contribute(
		t: Linear<6, { T::LocatorBytesMax::get() }>,
		l: Linear<0, { TREE_DEPTH_MAX as u32 - 1 }>,
	) -> Result<(), BenchmarkError> {
		let contributor = rich_caller::<T>();
		let datanet = some_datanet::<T>(&contributor)?;
		let (content, proof) = content_with_proof(l);
		assert_eq!(proof.len(), HEADER_BYTES + l as usize * PARENT_BYTES + CHUNK_BYTES as usize);
		let proof: LengthProofOf<T> = proof.try_into().map_err(|_| "the proof is within the bound")?;

		#[extrinsic_call]
		_(RawOrigin::Signed(contributor), datanet, content, media_type::<T>(), locator::<T>(t - 3), proof);

		assert!(ContributionByRoot::<T>::contains_key(content.root));
		Ok(())
	}

	#[benchmark]
	fn withdraw() -> Result<(), BenchmarkError> {
		let contributor = rich_caller::<T>();
		let datanet = some_datanet::<T>(&contributor)?;
		let (content, proof) = content_with_proof(0);
		let locator = locator::<T>(T::LocatorBytesMax::get());
		Pallet::<T>::contribute(
			RawOrigin::Signed(contributor.clone()).into(),
			datanet,
			content,
			media_type::<T>(),
			locator,
			proof.try_into().map_err(|_| "the proof is within the bound")?,
		)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(contributor), ContributionId(0));

		assert!(!ContributionByRoot::<T>::contains_key(content.root));
		Ok(())
	}

	#[benchmark]
	fn remove_datanet() -> Result<(), BenchmarkError> {
		let owner = rich_caller::<T>();
		let datanet = some_datanet::<T>(&owner)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), datanet);

		assert!(!Datanets::<T>::contains_key(datanet));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
