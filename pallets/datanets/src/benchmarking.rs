//! Benchmarks of the calls, for `weights.rs`.
//!
//! # Must not
//! Be compiled into a node that runs a chain: only with the feature `runtime-benchmarks`.
//!
//! Windows are set to nothing where a call would have to wait: the chain clock cannot be moved from here.

use crate::{types::*, *};
use alloc::{vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::traits::UnfilteredDispatchable;
use frame_system::RawOrigin;
use plexus_primitives::slice::{CHUNK_BYTES, HEADER_BYTES, PARENT_BYTES, TREE_DEPTH_MAX};
use sp_runtime::{
	traits::{Bounded, Hash, Saturating},
	BoundedVec,
};

/// Nothing has to be waited for, and what ends at once has ended.
const NONE: Windows = Windows {
	commitment_age_ms: 0,
	commitment_lifetime_ms: u64::MAX,
	acceptance_ms: u64::MAX,
	deposit_ms: 0,
	curators_ms: 0,
	publication_ms: 0,
	challenge_ms: u64::MAX,
	dispute_ms: u64::MAX,
};

/// A caller who can pay every deposit.
fn rich<T: Config>(name: &'static str, index: u32) -> T::AccountId {
	let caller: T::AccountId = account(name, index, 0);
	let share = BalanceOf::<T>::max_value() / 1_000_000u32.into();
	T::Currency::set_balance(&caller, share);
	caller
}

fn signed<T: Config>(account: &T::AccountId) -> T::RuntimeOrigin {
	RawOrigin::Signed(account.clone()).into()
}

/// Content whose length proof has `levels` parents and a whole last chunk, without the content itself: the left
/// children are arbitrary, because nobody has to know what they hash.
/// Different for each `seed`.
fn content_with_proof(levels: u32, seed: u32) -> (Content, Vec<u8>) {
	// With 2^levels chunks the right edge has exactly that many parents, and the last chunk is whole.
	let len = CHUNK_BYTES << levels;
	let mut last_chunk = vec![7; CHUNK_BYTES as usize];
	last_chunk[..4].copy_from_slice(&seed.to_le_bytes());
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

fn text<B: Get<u32>>(byte: u8, bytes: u32) -> BoundedVec<u8, B> {
	vec![byte; bytes as usize].try_into().expect("the benchmark stays within the bound")
}

fn list<Item, B: Get<u32>>(items: impl IntoIterator<Item = Item>) -> BoundedVec<Item, B> {
	let items: Vec<Item> = items.into_iter().collect();
	items.try_into().ok().expect("the benchmark stays within the bound")
}

fn tags<T: Config>(first: u8, count: u32) -> TagsOf<T> {
	list((0..count).map(|index| text(first + index as u8, T::TagBytesMax::get())))
}

fn licence<T: Config>() -> Licence<T> {
	Licence::Spdx(text(b'l', T::LicenceBytesMax::get()))
}

fn curators<T: Config>() -> CuratorsOf<T> {
	list((0..T::CuratorsMax::get()).map(|index| rich::<T>("curator", index)))
}

fn locator<T: Config>(bytes: u32) -> LocatorOf<T> {
	let mut locator = b"a:".to_vec();
	locator.resize(bytes.max(3) as usize, b'x');
	locator.try_into().expect("the benchmark stays within the bound")
}

fn registration<T: Config>(levels: u32, seed: u32, locator_bytes: u32) -> Registration<T> {
	let (content, proof) = content_with_proof(levels, seed);
	Registration {
		content,
		media_type: b"a/b".to_vec().try_into().expect("three bytes are within the bound"),
		locator: locator::<T>(locator_bytes),
		length_proof: proof.try_into().expect("the proof is within the bound"),
	}
}

fn open_datanet<T: Config>(owner: &T::AccountId) -> Result<DatanetId, BenchmarkError> {
	CurrentWindows::<T>::put(NONE);
	let (id, tags) = (NextDatanetId::<T>::get(), tags::<T>(b'a', T::TagsMax::get()));
	let name = text(b'n', T::NameBytesMax::get());
	Pallet::<T>::create_datanet(signed::<T>(owner), name, tags, licence::<T>(), Admission::Open)?;
	Ok(id)
}

fn curated_datanet<T: Config>(owner: &T::AccountId) -> Result<DatanetId, BenchmarkError> {
	CurrentWindows::<T>::put(NONE);
	let (id, tags) = (NextDatanetId::<T>::get(), tags::<T>(b'a', T::TagsMax::get()));
	let name = text(b'n', T::NameBytesMax::get());
	let admission = Admission::Curated(curators::<T>());
	Pallet::<T>::create_datanet(signed::<T>(owner), name, tags, licence::<T>(), admission)?;
	Ok(id)
}

/// Contributes the content of [`registration`] with these levels and this seed.
fn contribute<T: Config>(
	contributor: &T::AccountId,
	datanet: DatanetId,
	levels: u32,
	seed: u32,
) -> Result<ContributionId, BenchmarkError> {
	let id = NextContributionId::<T>::get();
	let registration = registration::<T>(levels, seed, T::LocatorBytesMax::get());
	Pallet::<T>::do_contribute(contributor.clone(), datanet, registration)?;
	Ok(id)
}

/// Accepted by a majority, in no version.
fn accepted<T: Config>(
	contributor: &T::AccountId,
	levels: u32,
	seed: u32,
) -> Result<(DatanetId, ContributionId), BenchmarkError> {
	let datanet = curated_datanet::<T>(contributor)?;
	let id = contribute::<T>(contributor, datanet, levels, seed)?;
	for index in 0..T::CuratorsMax::get() / 2 + 1 {
		Pallet::<T>::do_review(account("curator", index, 0), id, Verdict::Accept { weight: WEIGHT_MAX })?;
	}
	Ok((datanet, id))
}

/// Accepted, challenged and disputed, each by an account of its own: the most that can hang on a contribution.
fn encumbered<T: Config>(
	contributor: &T::AccountId,
	levels: u32,
	seed: u32,
) -> Result<(DatanetId, ContributionId), BenchmarkError> {
	let (datanet, id) = accepted::<T>(contributor, levels, seed)?;
	Pallet::<T>::do_challenge(rich::<T>("challenger", seed), id)?;
	Pallet::<T>::do_dispute(rich::<T>("claimant", seed), id, Remedy::Redirect, None)?;
	Ok((datanet, id))
}

/// Retires a datanet as of long ago: what it holds in no version may be expired, and is reserved when it is withdrawn.
fn retire<T: Config>(datanet: DatanetId) {
	Datanets::<T>::mutate_extant(datanet, |record| {
		record.status = DatanetStatus::Retired;
		record.expirable_from_ms = Some(0);
	});
}

/// Says that a challenge asks for this chunk, until then.
fn drawn<T: Config>(id: ContributionId, chunk: u64, deadline_ms: u64) {
	Challenges::<T>::mutate(id, |open| {
		if let Some(open) = open {
			open.question = Question::Drawn { chunk, deadline_ms };
		}
	});
}

/// The most levels of a length proof.
const LEVELS_MAX: u32 = TREE_DEPTH_MAX as u32 - 1;

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn create_datanet(t: Linear<0, { T::TagsMax::get() }>) {
		let owner = rich::<T>("owner", 0);
		let (name, tags) = (text(b'n', T::NameBytesMax::get()), tags::<T>(b'a', t));
		let (licence, admission) = (licence::<T>(), Admission::Curated(curators::<T>()));

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), name, tags, licence, admission);

		assert_eq!(Datanets::<T>::iter().count(), 1);
	}

	/// With texts of `t` bytes and a proof of `l` levels; if `r`, somebody else's contribution gives way that has all that
	/// can hang on one.
	#[benchmark]
	fn contribute(
		r: Linear<0, 1>,
		t: Linear<6, { T::LocatorBytesMax::get() }>,
		l: Linear<0, LEVELS_MAX>,
	) -> Result<(), BenchmarkError> {
		let contributor = rich::<T>("contributor", 0);
		let datanet = open_datanet::<T>(&contributor)?;
		if r > 0 {
			let (rivals, _) = encumbered::<T>(&rich::<T>("rival", 0), l, 7)?;
			retire::<T>(rivals);
		}
		let Registration { content, media_type, locator, length_proof } = registration::<T>(l, 7, t - 3);
		assert_eq!(length_proof.len(), HEADER_BYTES + l as usize * PARENT_BYTES + CHUNK_BYTES as usize);

		#[extrinsic_call]
		_(RawOrigin::Signed(contributor), datanet, content, media_type, locator, length_proof);

		let holder = ContributionByRoot::<T>::get(content.root).and_then(Contributions::<T>::get);
		assert_eq!(holder.map(|record| record.datanet), Some(datanet));
		Ok(())
	}

	/// From a retired datanet, which keeps the root for the contributor.
	#[benchmark]
	fn withdraw() -> Result<(), BenchmarkError> {
		let contributor = rich::<T>("contributor", 0);
		let (datanet, id) = encumbered::<T>(&contributor, 0, 1)?;
		retire::<T>(datanet);

		#[extrinsic_call]
		_(RawOrigin::Signed(contributor), id);

		assert!(!Contributions::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn remove_datanet() -> Result<(), BenchmarkError> {
		let owner = rich::<T>("owner", 0);
		let datanet = curated_datanet::<T>(&owner)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), datanet);

		assert!(!Datanets::<T>::contains_key(datanet));
		Ok(())
	}

	#[benchmark]
	fn commit() {
		let contributor = rich::<T>("contributor", 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(contributor.clone()), [7; 32]);

		assert!(Commitments::<T>::contains_key(&contributor, [7; 32]));
	}

	#[benchmark]
	fn clear_commitment() -> Result<(), BenchmarkError> {
		let contributor = rich::<T>("contributor", 0);
		Pallet::<T>::commit(signed::<T>(&contributor), [7; 32])?;

		#[extrinsic_call]
		_(RawOrigin::Signed(contributor.clone()), contributor.clone(), [7; 32]);

		assert!(!Commitments::<T>::contains_key(&contributor, [7; 32]));
		Ok(())
	}

	/// Of `n` free roots and `r` that are taken from somebody who committed later, with all that can hang on a
	/// contribution; the first with texts of `t` bytes and a proof of `l` levels, the others with the least texts.
	#[benchmark]
	fn register(
		n: Linear<1, { T::RegistrationsMax::get() / 2 }>,
		r: Linear<0, { T::RegistrationsMax::get() / 2 }>,
		t: Linear<6, { T::LocatorBytesMax::get() }>,
		l: Linear<0, LEVELS_MAX>,
	) -> Result<(), BenchmarkError> {
		let contributor = rich::<T>("contributor", 0);
		let datanet = open_datanet::<T>(&contributor)?;
		let first = registration::<T>(l, 0, t - 3);
		let others = (1..n + r).map(|seed| registration::<T>(0, seed, 3));
		let registrations: RegistrationsOf<T> = list(core::iter::once(first).chain(others));
		let roots = registrations.iter().map(|registration| registration.content.root);
		let hash = Pallet::<T>::commitment_hash(&contributor, &[1; SALT_BYTES], roots);
		Pallet::<T>::commit(signed::<T>(&contributor), hash)?;
		for seed in n..n + r {
			encumbered::<T>(&rich::<T>("rival", seed), 0, seed)?;
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(contributor), datanet, [1; SALT_BYTES], registrations);

		assert_eq!(Datanets::<T>::get(datanet).map(|record| record.accepted), Some((n + r).into()));
		Ok(())
	}

	#[benchmark]
	fn accept() -> Result<(), BenchmarkError> {
		let contributor = rich::<T>("contributor", 0);
		let datanet = open_datanet::<T>(&contributor)?;
		CurrentWindows::<T>::put(Windows { commitment_age_ms: 1, ..NONE });
		let id = super::contribute::<T>(&contributor, datanet, 0, 1)?;
		// It waits for the clock, which cannot be moved, so the record is.
		Contributions::<T>::mutate(id, |record| {
			if let Some(ContributionStatus::Pending { not_before_ms, .. }) =
				record.as_mut().map(|record| &mut record.status)
			{
				*not_before_ms = 0;
			}
		});

		#[extrinsic_call]
		_(RawOrigin::Signed(contributor), id);

		assert_eq!(Datanets::<T>::get(datanet).map(|record| record.accepted), Some(1));
		Ok(())
	}

	/// The last rejection of a full ballot, which removes the contribution.
	#[benchmark]
	fn review() -> Result<(), BenchmarkError> {
		let contributor = rich::<T>("contributor", 0);
		let datanet = curated_datanet::<T>(&contributor)?;
		let id = super::contribute::<T>(&contributor, datanet, 0, 1)?;
		let (all, half) = (T::CuratorsMax::get(), T::CuratorsMax::get() / 2);
		for index in 0..all - 1 {
			let verdict = if index < half { Verdict::Accept { weight: WEIGHT_MAX } } else { Verdict::Reject };
			Pallet::<T>::do_review(account("curator", index, 0), id, verdict)?;
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(account("curator", all - 1, 0)), id, Verdict::Reject);

		assert!(!Contributions::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn set_locator(t: Linear<3, { T::LocatorBytesMax::get() }>) -> Result<(), BenchmarkError> {
		let contributor = rich::<T>("contributor", 0);
		let (_, id) = accepted::<T>(&contributor, 0, 1)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(contributor), id, locator::<T>(t));

		assert_eq!(Contributions::<T>::get(id).map(|record| record.locator.len()), Some(t as usize));
		Ok(())
	}

	#[benchmark]
	fn release_deposit() -> Result<(), BenchmarkError> {
		let contributor = rich::<T>("contributor", 0);
		let (_, id) = accepted::<T>(&contributor, 0, 1)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(contributor), id);

		let left = Contributions::<T>::get(id).map(|record| record.deposit.conduct);
		assert_eq!(left, Some(BalanceOf::<T>::default()));
		Ok(())
	}

	#[benchmark]
	fn publish() -> Result<(), BenchmarkError> {
		let contributor = rich::<T>("contributor", 0);
		let (datanet, _) = accepted::<T>(&contributor, 0, 1)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(contributor), datanet);

		assert!(Versions::<T>::contains_key(datanet, DatanetVersion(1)));
		Ok(())
	}

	#[benchmark]
	fn describe(t: Linear<0, { T::TagsMax::get() }>) -> Result<(), BenchmarkError> {
		let owner = rich::<T>("owner", 0);
		let datanet = open_datanet::<T>(&owner)?;
		// They share none with the former ones.
		let first = b'a' + T::TagsMax::get() as u8;
		let (name, tags) = (text(b'm', T::NameBytesMax::get()), tags::<T>(first, t));

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), datanet, name.clone(), tags);

		assert_eq!(Profiles::<T>::get(datanet).map(|profile| profile.name), Some(name));
		Ok(())
	}

	#[benchmark]
	fn set_status() -> Result<(), BenchmarkError> {
		let owner = rich::<T>("owner", 0);
		let datanet = open_datanet::<T>(&owner)?;

		#[extrinsic_call]
		retire(RawOrigin::Signed(owner), datanet);

		let status = Datanets::<T>::get(datanet).map(|record| record.status);
		assert_eq!(status, Some(DatanetStatus::Retired));
		Ok(())
	}

	#[benchmark]
	fn propose_owner() -> Result<(), BenchmarkError> {
		let owner = rich::<T>("owner", 0);
		let datanet = open_datanet::<T>(&owner)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner.clone()), datanet, Some(owner.clone()));

		assert_eq!(Datanets::<T>::get(datanet).and_then(|record| record.proposed_owner), Some(owner));
		Ok(())
	}

	#[benchmark]
	fn accept_ownership() -> Result<(), BenchmarkError> {
		let (owner, other) = (rich::<T>("owner", 0), rich::<T>("other", 0));
		let datanet = curated_datanet::<T>(&owner)?;
		Pallet::<T>::propose_owner(signed::<T>(&owner), datanet, Some(other.clone()))?;

		#[extrinsic_call]
		_(RawOrigin::Signed(other.clone()), datanet);

		assert_eq!(Datanets::<T>::get(datanet).map(|record| record.owner), Some(other));
		Ok(())
	}

	#[benchmark]
	fn propose_curators() -> Result<(), BenchmarkError> {
		let owner = rich::<T>("owner", 0);
		let datanet = curated_datanet::<T>(&owner)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), datanet, Some(curators::<T>()));

		assert!(CuratorsProposed::<T>::contains_key(datanet));
		Ok(())
	}

	#[benchmark]
	fn enact_curators() -> Result<(), BenchmarkError> {
		let owner = rich::<T>("owner", 0);
		let datanet = curated_datanet::<T>(&owner)?;
		Pallet::<T>::propose_curators(signed::<T>(&owner), datanet, Some(curators::<T>()))?;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), datanet);

		assert!(CuratorSets::<T>::contains_key(datanet, 1));
		Ok(())
	}

	#[benchmark]
	fn challenge() -> Result<(), BenchmarkError> {
		let (_, id) = accepted::<T>(&rich::<T>("contributor", 0), 0, 1)?;
		let challenger = rich::<T>("challenger", 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(challenger), id);

		assert!(Challenges::<T>::contains_key(id));
		Ok(())
	}

	/// With the last chunk, whose slice has `l` levels.
	#[benchmark]
	fn answer(l: Linear<0, LEVELS_MAX>) -> Result<(), BenchmarkError> {
		let contributor = rich::<T>("contributor", 0);
		let (_, id) = accepted::<T>(&contributor, l, 1)?;
		Pallet::<T>::do_challenge(rich::<T>("challenger", 0), id)?;
		let (content, slice) = content_with_proof(l, 1);
		drawn::<T>(id, content.len / CHUNK_BYTES - 1, u64::MAX);
		let slice: ProofOf<T> = slice.try_into().map_err(|_| "the proof is within the bound")?;

		#[extrinsic_call]
		_(RawOrigin::Signed(contributor), id, slice);

		assert!(!Challenges::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn draw_chunk() -> Result<(), BenchmarkError> {
		let (_, id) = accepted::<T>(&rich::<T>("contributor", 0), 0, 1)?;
		Pallet::<T>::do_challenge(rich::<T>("challenger", 0), id)?;
		let at = frame_system::Pallet::<T>::block_number();
		frame_system::BlockHash::<T>::insert(at, T::Hashing::hash(b"block"));
		frame_system::Pallet::<T>::set_block_number(at.saturating_add(1u32.into()));

		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>("anybody", 0)), id);

		let question = Challenges::<T>::get(id).map(|open| open.question);
		assert!(matches!(question, Some(Question::Drawn { .. })));
		Ok(())
	}

	#[benchmark]
	fn close_challenge() -> Result<(), BenchmarkError> {
		let (_, id) = encumbered::<T>(&rich::<T>("contributor", 0), 0, 1)?;
		drawn::<T>(id, 0, 0);
		let call = Call::<T>::close_challenge { contribution: id };
		let origin = signed::<T>(&rich::<T>("anybody", 0));

		#[block]
		{
			call.dispatch_bypass_filter(origin).map_err(|failed| failed.error)?;
		}

		assert!(!Contributions::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn dispute() -> Result<(), BenchmarkError> {
		let (_, id) = accepted::<T>(&rich::<T>("contributor", 0), 0, 1)?;
		let claimant = rich::<T>("claimant", 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(claimant), id, Remedy::Redirect, None);

		assert!(Disputes::<T>::contains_key(id));
		Ok(())
	}

	/// The last vote for a takedown of what is challenged.
	#[benchmark]
	fn vote() -> Result<(), BenchmarkError> {
		let (_, id) = accepted::<T>(&rich::<T>("contributor", 0), 0, 1)?;
		Pallet::<T>::do_challenge(rich::<T>("challenger", 0), id)?;
		Pallet::<T>::do_dispute(rich::<T>("claimant", 0), id, Remedy::Takedown, None)?;
		let half = T::CuratorsMax::get() / 2;
		for index in 0..half {
			Pallet::<T>::do_vote(account("curator", index, 0), id, true)?;
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(account("curator", half, 0)), id, true);

		assert!(!Disputes::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn set_windows() -> Result<(), BenchmarkError> {
		let origin = T::WindowsOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, Windows::LIVE);

		assert_eq!(CurrentWindows::<T>::get(), Windows::LIVE);
		Ok(())
	}

	#[benchmark]
	fn clear_reservation() -> Result<(), BenchmarkError> {
		let contributor = rich::<T>("contributor", 0);
		let (_, id) = accepted::<T>(&contributor, 0, 1)?;
		let record = Contributions::<T>::get(id).ok_or("accepted above")?;
		let root = record.content.root;
		Pallet::<T>::remove_contribution(id, record, RemovalReason::TakenDown)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(contributor), root);

		assert!(!Reservations::<T>::contains_key(root));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
