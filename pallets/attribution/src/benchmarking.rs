//! Benchmarks of the calls, for `weights.rs`. Each is the call's worst case.
//!
//! # Must not
//! Be compiled into a node that runs a chain: only with the feature `runtime-benchmarks`.

use crate::{types::*, *};
use alloc::{vec, vec::Vec};
use blake3::{
	hazmat::{merge_subtrees_non_root, merge_subtrees_root, ChainingValue, HasherExt, Mode},
	Hasher,
};
use codec::Encode;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::fungible::{Inspect, Mutate},
	BoundedVec,
};
use frame_system::RawOrigin;
use pallet_receipts::{benchmarking::BenchmarkHelper as _, Channel, ChannelTerms, Redemption, Servers as _};
use plexus_primitives::{
	challenge::commitment, constants::UNITS, merkle, receipt::voucher, slice::CHUNK_BYTES, ChannelId, Claim,
	Content, Context, ContextLeaf, DatanetId, Evidence, Receipt,
};
use sp_runtime::traits::{Hash, Saturating};

/// What only the runtime knows.
pub trait BenchmarkHelper<T: Config> {
	/// Contributions with these contents, each with the slice of its last byte, in this order: the first and the second in
	/// version 1 of a datanet, the third in version 1 of another one, both curated and published before this block.
	fn contribute(contents: [(Content, Vec<u8>); 3]) -> [(ContributionId, DatanetId); 3];
	/// The `seed`-th model, whose manifest is version 1 of this datanet, and pays it. Called in order, from 0, in a later
	/// block.
	fn model(seed: u32, datanet: DatanetId) -> ModelId;
	/// So many more contributions with the content of this one, in the same versions, each of another account.
	fn copies(of: ContributionId, count: u32) -> Vec<ContributionId>;
}

/// Of each receipt. So much is burned of it that a payer of one is entered in the server's reputation.
const FEE: Balance = 10 * UNITS;

/// So many chunks around what is claimed.
const AROUND: usize = 4 * CHUNK_BYTES as usize;

fn endow<T: Config>(account: &T::AccountId) {
	let funds = <CurrencyOf<T>>::minimum_balance()
		.saturating_add(T::OpenDeposit::get())
		.saturating_add(T::ClaimDeposit::get().saturating_mul(T::ClaimsMax::get().into()))
		.saturating_add(T::UnlistedBond::get())
		.saturating_add(T::MethodPrice::get())
		.saturating_add(T::ChannelDeposit::get())
		.saturating_add(CurrentParameters::<T>::get().hold_floor)
		.saturating_add(CurrentParameters::<T>::get().answer_fee_max)
		.saturating_add(FEE)
		.saturating_mul(10_000);
	<CurrencyOf<T>>::set_balance(account, funds);
}

fn rich<T: Config>(index: u32) -> T::AccountId {
	let caller: T::AccountId = account("caller", index, 0);
	endow::<T>(&caller);
	caller
}

fn listed<Item, B: Get<u32>>(items: Vec<Item>) -> BoundedVec<Item, B> {
	items.try_into().ok().expect("the benchmark stays within the bound")
}

/// Bytes that are the same for each seed.
fn text(seed: u8, len: usize) -> Vec<u8> {
	let mut bytes = vec![0; len];
	Hasher::new().update(&[seed]).finalize_xof().fill(&mut bytes);
	bytes
}

fn content(bytes: &[u8]) -> Content {
	Content { root: *blake3::hash(bytes).as_bytes(), len: bytes.len() as u64 }
}

/// The Bao slice of a range of these bytes.
fn slice(bytes: &[u8], start: u64, length: u64) -> Vec<u8> {
	let mut made = (bytes.len() as u64).to_le_bytes().to_vec();
	walk(bytes, 0, (start, start + length), true, &mut made);
	made
}

/// Appends the nodes over these bytes that are above the range, in pre-order; their chaining value, but for the root.
fn walk(bytes: &[u8], offset: u64, range: (u64, u64), is_root: bool, made: &mut Vec<u8>) -> ChainingValue {
	let inside = offset < range.1 && range.0 < offset + bytes.len() as u64;
	if bytes.len() as u64 <= CHUNK_BYTES {
		if inside {
			made.extend(bytes);
		}
		return match is_root {
			true => *blake3::hash(bytes).as_bytes(),
			false => Hasher::new().set_input_offset(offset).update(bytes).finalize_non_root(),
		};
	}
	let (left, right) = bytes.split_at(1 << (bytes.len() - 1).ilog2());
	let (mut below, middle) = (Vec::new(), offset + left.len() as u64);
	let children =
		[walk(left, offset, range, false, &mut below), walk(right, middle, range, false, &mut below)];
	if inside {
		made.extend(children.concat());
		made.extend(below);
	}
	match is_root {
		true => *merge_subtrees_root(&children[0], &children[1], Mode::Hash).as_bytes(),
		false => merge_subtrees_non_root(&children[0], &children[1], Mode::Hash),
	}
}

/// What benchmarks are about: an output and three contributions that have the longest claim's bytes at one place.
struct World<T: Config> {
	bytes: [Vec<u8>; 3],
	output: Vec<u8>,
	contributions: [(ContributionId, DatanetId); 3],
	models: Vec<ModelId>,
	server: AgentId,
	account: T::AccountId,
}

/// Where the bytes are everywhere.
const PLACE: u64 = AROUND as u64;

type ReceiptsHelper<T> = <T as pallet_receipts::Config>::BenchmarkHelper;

fn world<T: Config>(models: u32) -> World<T> {
	let common = text(9, T::ClaimBytesMax::get() as usize);
	let with = |seed: u8| [text(seed, AROUND), common.clone(), text(seed, AROUND)].concat();
	let bytes = [with(0), with(1), with(2)];
	let proven = |bytes: &Vec<u8>| (content(bytes), slice(bytes, bytes.len() as u64 - 1, 1));
	let contributions =
		<T as Config>::BenchmarkHelper::contribute([proven(&bytes[0]), proven(&bytes[1]), proven(&bytes[2])]);
	next_block::<T>();
	let datanet = contributions[0].1;
	let models = (0..models).map(|seed| <T as Config>::BenchmarkHelper::model(seed, datanet)).collect();
	let server = ReceiptsHelper::<T>::server();
	let account = T::Servers::account(server);
	endow::<T>(&account);
	let method =
		Method { algorithm: listed(vec![b'a'; 64]), version: 1, parameters: listed(vec![b'p'; 256]) };
	Pallet::<T>::do_register_method(account.clone(), method).expect("the server can pay");
	World { bytes, output: with(7), contributions, models, server, account }
}

fn next_block<T: Config>() {
	let number = frame_system::Pallet::<T>::block_number();
	let hash = <T as frame_system::Config>::Hashing::hash_of(&(number, b"benchmark"));
	frame_system::BlockHash::<T>::insert(number, hash);
	frame_system::Pallet::<T>::set_block_number(number.saturating_add(1u32.into()));
}

impl<T: Config> World<T> {
	fn receipt(&self, model: ModelId) -> Receipt {
		let output = content(&self.output);
		let context = Some(Context { root: self.piece().leaf(), bytes: 1 << 20 });
		Receipt { model, prompt: output, context, output, fee: FEE, disclose: true, execution: Some([3; 32]) }
	}

	fn piece(&self) -> ContextLeaf {
		ContextLeaf { contribution: self.contributions[1].0, offset: 0, length: 32 }
	}

	/// For the second contribution.
	fn claim(&self, receipt: u32, from: u64, length: u64) -> Claim {
		let evidence = Evidence::Span { output: PLACE + from, offset: PLACE + from, length };
		let contribution = self.contributions[1].0;
		Claim { receipt, contribution, version: DatanetVersion(1), method: MethodId(0), evidence }
	}

	/// So many claims of the shortest spans, for as many contributions as a batch may claim for.
	fn claims(&self, receipts: u32, count: u32) -> Vec<Claim> {
		let length = CurrentParameters::<T>::get().span_bytes_min;
		let receipts = receipts.min(T::TargetsMax::get()).max(1);
		let each = count.div_ceil(receipts).clamp(1, T::ReceiptClaimsMax::get());
		let sources = <T as Config>::BenchmarkHelper::copies(self.contributions[1].0, receipts);
		(0..count.min(each * receipts))
			.map(|claim| {
				let place = claim / each;
				let contribution = sources[place as usize];
				Claim { contribution, ..self.claim(place, u64::from(claim % each) * length, length) }
			})
			.collect()
	}

	fn open(&self, payer: u32) -> Result<ChannelId, BenchmarkError> {
		let channel = pallet_receipts::NextChannelId::<T>::get();
		let expires_at_ms = Pallet::<T>::now_ms().saturating_add(T::CloseGraceMs::get()).saturating_add(1);
		let models = listed(self.models.clone());
		let signer = ReceiptsHelper::<T>::signer();
		let terms = ChannelTerms { signer, models, corpora: listed(vec![]), expires_at_ms };
		let locked = FEE.saturating_mul(T::BatchReceiptsMax::get().into());
		let payer = RawOrigin::Signed(rich::<T>(payer));
		pallet_receipts::Pallet::<T>::open(payer.into(), self.server, terms, locked)?;
		Ok(channel)
	}

	fn redemption(&self, id: ChannelId, receipts: Vec<Receipt>) -> Result<Redemption<T>, BenchmarkError> {
		let Channel { redeemed, sequence, acc, .. } =
			pallet_receipts::Channels::<T>::get(id).ok_or("opened above")?;
		let (mut sum, mut last, mut acc) = (redeemed, sequence, acc);
		for receipt in &receipts {
			last = last.saturating_add(1);
			acc = receipt.accumulate(&acc, last);
			sum = sum.saturating_add(receipt.fee);
		}
		let signed = voucher(&Pallet::<T>::genesis_hash(), id, sum, last, &acc);
		Ok(Redemption {
			channel: id,
			receipts: listed(receipts),
			signature: ReceiptsHelper::<T>::sign(&signed),
		})
	}

	/// So many receipts, spread over all models.
	fn receipts(&self, count: u32) -> Vec<Receipt> {
		let models = self.models.iter().cycle().take(count as usize);
		models.map(|model| self.receipt(*model)).collect()
	}

	/// A batch of these, with these claims.
	fn file(&self, receipts: u32, claims: Vec<Claim>) -> Result<BatchId, BenchmarkError> {
		let batch = pallet_receipts::NextBatchId::<T>::get();
		let redemptions = listed(vec![self.redemption(self.open(0)?, self.receipts(receipts))?]);
		Pallet::<T>::do_submit(self.account.clone(), self.server, redemptions, listed(claims))?;
		Ok(batch)
	}

	/// A batch of one receipt with the longest claim, and the receipt's proof.
	fn file_one(&self) -> Result<(BatchId, ReceiptProof), BenchmarkError> {
		let batch = self.file(1, vec![self.claim(0, 0, T::ClaimBytesMax::get())])?;
		let receipt = self.receipt(self.models[0]);
		Ok((batch, ReceiptProof { channel: ChannelId(0), sequence: 1, receipt, path: listed(vec![]) }))
	}

	/// The same in a batch of as many receipts as it may have, with claims of the others: all claims are read and written
	/// as one value.
	fn file_full(&self) -> Result<(BatchId, ReceiptProof), BenchmarkError> {
		let count = T::BatchReceiptsMax::get();
		let mut claims = vec![self.claim(0, 0, T::ClaimBytesMax::get())];
		let others = self.claims(count, T::ClaimsMax::get());
		claims.extend(others.into_iter().filter(|claim| claim.receipt > 0));
		let batch = self.file(count, claims)?;
		let (channel, receipts) = (ChannelId(0), self.receipts(count));
		let leaves = receipts.iter().zip(1u64..).map(|(receipt, sequence)| receipt.leaf(channel, sequence));
		let path = merkle::prove(&leaves.collect::<Vec<_>>(), 0).ok_or("it has receipts")?;
		let proof = ReceiptProof { channel, sequence: 1, receipt: receipts[0], path: listed(path) };
		Ok((batch, proof))
	}

	fn part<B: Get<u32>>(&self, bytes: &[u8]) -> BoundedVec<u8, B> {
		listed(slice(bytes, PLACE, T::ClaimBytesMax::get()))
	}

	fn counterclaim(&self, receipt: ReceiptProof) -> Challenge {
		Challenge::Counterclaim {
			claim: 0,
			receipt,
			contribution: self.contributions[0].0,
			version: DatanetVersion(1),
			offset: PLACE,
			output: self.part(&self.output),
			source: self.part(&self.bytes[0]),
		}
	}

	fn unlisted(&self, receipt: ReceiptProof) -> Challenge {
		Challenge::UnlistedSource {
			place: 0,
			receipt,
			start: PLACE,
			length: T::ClaimBytesMax::get(),
			contribution: self.contributions[2].0,
			version: DatanetVersion(1),
			offset: PLACE,
			output: self.part(&self.output),
			source: self.part(&self.bytes[2]),
		}
	}
}

const SALT: [u8; 32] = [5; 32];

/// Somebody who committed to the challenge in an earlier block, and the hash.
fn committed<T: Config>(
	batch: BatchId,
	challenge: &Challenge,
) -> Result<(T::AccountId, [u8; 32]), BenchmarkError> {
	let caller = rich::<T>(1);
	let genesis = Pallet::<T>::genesis_hash();
	let hash = commitment(&genesis, &caller.encode(), &SALT, batch, challenge);
	Pallet::<T>::do_commit(caller.clone(), batch, hash)?;
	next_block::<T>();
	Ok((caller, hash))
}

fn change<T: Config>(id: BatchId, change: impl FnOnce(&mut Batch<T>)) {
	Batches::<T>::mutate(id, |batch| {
		if let Some(batch) = batch {
			change(batch);
		}
	});
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// Of receipts spread over channels and models, and claims over receipts.
	#[benchmark]
	fn submit(
		c: Linear<1, { T::BatchChannelsMax::get() }>,
		r: Linear<{ T::BatchChannelsMax::get() }, { T::BatchReceiptsMax::get() }>,
		k: Linear<0, { T::ClaimsMax::get() }>,
	) -> Result<(), BenchmarkError> {
		let world = world::<T>(T::BatchModelsMax::get().min(T::ChannelModelsMax::get()));
		let mut redemptions = Vec::new();
		for index in 0..c {
			let channel = world.open(index)?;
			let share = (index..r).step_by(c as usize);
			let receipts =
				share.zip(world.models.iter().cycle()).map(|(_, model)| world.receipt(*model)).collect();
			redemptions.push(world.redemption(channel, receipts)?);
		}
		let redemptions: RedemptionsOf<T> = listed(redemptions);
		let claims: SubmittedOf<T> = listed(world.claims(r, k));
		#[extrinsic_call]
		_(RawOrigin::Signed(world.account.clone()), world.server, redemptions, claims);
		assert!(Batches::<T>::contains_key(BatchId(0)));
		Ok(())
	}

	#[benchmark]
	fn register_method() {
		let caller = rich::<T>(0);
		let method =
			Method { algorithm: listed(vec![b'a'; 64]), version: 1, parameters: listed(vec![b'p'; 256]) };
		#[extrinsic_call]
		_(RawOrigin::Signed(caller), method);
		assert!(Methods::<T>::contains_key(MethodId(0)));
	}

	#[benchmark]
	fn set_parameters() -> Result<(), BenchmarkError> {
		let origin = T::ParametersOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let parameters = Parameters { hold_multiple: 5, ..Parameters::LIVE };
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, parameters);
		assert_eq!(CurrentParameters::<T>::get(), parameters);
		Ok(())
	}

	#[benchmark]
	fn commit() -> Result<(), BenchmarkError> {
		let (batch, _) = world::<T>(1).file_one()?;
		let caller = rich::<T>(1);
		#[extrinsic_call]
		_(RawOrigin::Signed(caller.clone()), batch, [1; 32]);
		assert!(Commitments::<T>::contains_key(caller, [1; 32]));
		Ok(())
	}

	/// A counterclaim: the longest slices, and the claims are written.
	#[benchmark]
	fn reveal() -> Result<(), BenchmarkError> {
		let world = world::<T>(1);
		let (batch, receipt) = world.file_full()?;
		let challenge = world.counterclaim(receipt);
		let (caller, _) = committed::<T>(batch, &challenge)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(caller), batch, SALT, challenge);
		assert!(Claims::<T>::get(batch).is_some_and(|claims| claims[0].moved.is_some()));
		Ok(())
	}

	#[benchmark]
	fn clear_commitment() -> Result<(), BenchmarkError> {
		let world = world::<T>(1);
		let (batch, receipt) = world.file_one()?;
		let (caller, hash) = committed::<T>(batch, &world.counterclaim(receipt))?;
		Commitments::<T>::mutate(&caller, hash, |made| {
			if let Some(made) = made {
				made.expires_at_ms = 0;
			}
		});
		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(2)), caller.clone(), hash);
		assert!(!Commitments::<T>::contains_key(caller, hash));
		Ok(())
	}

	/// As many claims as a batch may have.
	#[benchmark]
	fn draw_samples() -> Result<(), BenchmarkError> {
		let world = world::<T>(1);
		let receipts = T::BatchReceiptsMax::get();
		let batch = world.file(receipts, world.claims(receipts, T::ClaimsMax::get()))?;
		(0..3).for_each(|_| next_block::<T>());
		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(1)), batch);
		let drawn = Batches::<T>::get(batch).map(|batch| batch.sampling);
		assert!(matches!(drawn, Some(Sampling::Drawn { .. })));
		Ok(())
	}

	#[benchmark]
	fn close_samples() -> Result<(), BenchmarkError> {
		let (batch, _) = world::<T>(1).file_one()?;
		change::<T>(batch, |batch| {
			batch.sampling = Sampling::Drawn { claims: listed(vec![0]), number: 0, deadline_ms: 0 };
		});
		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(1)), batch);
		assert!(Batches::<T>::get(batch).is_some_and(|batch| batch.verdict.is_some()));
		Ok(())
	}

	/// Among as many claims as a batch may have.
	#[benchmark]
	fn demand() -> Result<(), BenchmarkError> {
		let world = world::<T>(1);
		let receipts = T::BatchReceiptsMax::get();
		let batch = world.file(receipts, world.claims(receipts, T::ClaimsMax::get()))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(1)), batch, 0);
		assert!(Demands::<T>::contains_key(batch, 0));
		Ok(())
	}

	/// To a demand, with the longest slices, among as many claims as a batch may have.
	#[benchmark]
	fn answer() -> Result<(), BenchmarkError> {
		let world = world::<T>(1);
		let (batch, receipt) = world.file_full()?;
		Pallet::<T>::do_demand(rich::<T>(1), batch, 0)?;
		let shown = Answer::Span {
			receipt,
			length: listed(slice(&world.output, world.output.len() as u64 - 1, 1)),
			output: world.part(&world.output),
			source: world.part(&world.bytes[1]),
		};
		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(2)), batch, 0, shown);
		assert!(Claims::<T>::get(batch).is_some_and(|claims| claims[0].proven));
		Ok(())
	}

	#[benchmark]
	fn close_demand() -> Result<(), BenchmarkError> {
		let (batch, _) = world::<T>(1).file_one()?;
		Pallet::<T>::do_demand(rich::<T>(1), batch, 0)?;
		Demands::<T>::mutate(batch, 0, |open| {
			if let Some(open) = open {
				open.deadline_ms = 0;
			}
		});
		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(2)), batch, 0);
		assert!(Batches::<T>::get(batch).is_some_and(|batch| batch.verdict.is_some()));
		Ok(())
	}

	#[benchmark]
	fn answer_unlisted() -> Result<(), BenchmarkError> {
		let world = world::<T>(1);
		let (batch, receipt) = world.file_one()?;
		let challenge = world.unlisted(receipt.clone());
		let (caller, _) = committed::<T>(batch, &challenge)?;
		Pallet::<T>::do_reveal(caller, batch, SALT, challenge)?;
		let listed = Listed {
			receipt,
			contribution: world.contributions[0].0,
			version: DatanetVersion(1),
			offset: PLACE,
			output: world.part(&world.output),
			source: world.part(&world.bytes[0]),
		};
		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(2)), batch, 0, PLACE, listed);
		assert!(Unlisted::<T>::get(batch).is_empty());
		Ok(())
	}

	/// Of as many models as a batch may have, each claim moved by somebody else to another contribution. Unlisted sources do
	/// not get there in one benchmark, and are counted by hand.
	#[benchmark]
	fn finalise(k: Linear<1, { T::ClaimsMax::get() }>) -> Result<(), BenchmarkError> {
		let world = world::<T>(T::BatchModelsMax::get().min(T::ChannelModelsMax::get()));
		let receipts = T::BatchReceiptsMax::get();
		let batch = world.file(receipts, world.claims(receipts, k))?;
		change::<T>(batch, |batch| {
			batch.parameters.window_ms = 0;
			batch.sampling = Sampling::Done;
		});
		let earlier = <T as Config>::BenchmarkHelper::copies(world.contributions[0].0, k);
		Claims::<T>::mutate(batch, |claims| {
			let claims = claims.iter_mut().flatten();
			for ((record, contribution), number) in claims.zip(earlier).zip(0..) {
				let (version, by) = (DatanetVersion(1), account("challenger", number, 0));
				record.moved = Some(Moved { contribution, version, by, number: number.into() });
			}
		});
		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(2)), batch, k);
		assert!(!Batches::<T>::contains_key(batch));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
