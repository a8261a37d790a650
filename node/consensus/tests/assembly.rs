//! Bounds of the memory that strangers can fill.

use codec::Encode;
use plexus_consensus::assembly::{
	Admission, Assembly, BUFFERED_BYTES_MAX, STREAMS_MAX, STREAMS_PER_PUBLISHER_MAX,
};
use plexus_consensus::malachite::streaming::{StreamContent, StreamId, StreamMessage};
use plexus_consensus::malachite::PeerId;
use plexus_consensus::parts::{
	encode_body, stream, Complete, ProposalHead, ProposalPart, BODY_BYTES_MAX, CHUNKS_MAX, CHUNK_BYTES,
	EXTRINSICS_MAX,
};
use plexus_consensus::signing::SigningKey;
use plexus_storage::{Block, Header};
use sp_core::H256;

const GENESIS: H256 = H256([1; 32]);

fn peer(seed: u32) -> PeerId {
	let mut bytes = vec![0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
	bytes.extend([0; 28]);
	bytes.extend(seed.to_be_bytes());
	PeerId::from_bytes(&bytes).unwrap()
}

fn key() -> SigningKey {
	SigningKey::from_bytes(&[5; 32])
}

fn block(bytes: usize) -> Block {
	let header = Header {
		parent_hash: H256::zero(),
		number: 1,
		state_root: H256::zero(),
		extrinsics_root: H256::zero(),
		digest: Default::default(),
	};
	Block { header, body: vec![vec![7; bytes]] }
}

fn parts(block: &Block, id: u64) -> Vec<StreamMessage<ProposalPart>> {
	let body = encode_body(block);
	let head = ProposalHead::new(&GENESIS, &key(), 0, None, block.header.clone(), &body);
	stream(StreamId::new(id.encode().into()), &head, &body)
}

fn chunk(id: u64, sequence: u64, bytes: usize) -> StreamMessage<ProposalPart> {
	let content = StreamContent::Data(ProposalPart::Chunk(vec![0; bytes]));
	StreamMessage::new(StreamId::new(id.encode().into()), sequence, content)
}

fn due(_: &ProposalHead) -> Admission {
	Admission::Due
}

fn early(_: &ProposalHead) -> Admission {
	Admission::Early
}

/// What is whole when these have come from a publisher, all of it due.
fn completed(
	assembly: &mut Assembly,
	from: u32,
	parts: impl IntoIterator<Item = StreamMessage<ProposalPart>>,
) -> Vec<(ProposalHead, Block)> {
	parts
		.into_iter()
		.filter_map(|part| assembly.add(peer(from), part, due))
		.filter_map(Complete::decode)
		.collect()
}

#[test]
fn a_block_of_the_greatest_length_comes_back_whole() {
	let block = block(BODY_BYTES_MAX - 8);
	let parts = parts(&block, 1);
	assert!(parts.len() <= CHUNKS_MAX + 2);
	let mut assembly = Assembly::default();
	let done = completed(&mut assembly, 1, parts.into_iter().rev());
	assert_eq!(done.len(), 1);
	assert_eq!(done[0].1, block);
	assert!(done[0].0.is_genuine(&GENESIS));
	assert_eq!((assembly.len(), assembly.buffered_bytes()), (0, 0));
}

#[test]
fn an_empty_block_comes_back_too() {
	let block = Block { body: vec![], ..block(0) };
	let mut assembly = Assembly::default();
	let done = completed(&mut assembly, 1, parts(&block, 1));
	assert_eq!(done[0].1, block);
}

#[test]
fn a_body_of_more_extrinsics_than_any_block_has_is_no_blocks() {
	let decoded = |count: usize| {
		let block = Block { body: vec![vec![]; count], ..block(0) };
		let body = encode_body(&block);
		let head = ProposalHead::new(&GENESIS, &key(), 0, None, block.header, &body);
		Complete::new(head, body).expect("its own body").decode()
	};
	assert!(decoded(EXTRINSICS_MAX).is_some());
	assert!(decoded(EXTRINSICS_MAX + 1).is_none());
}

#[test]
fn of_a_stream_with_a_refused_head_nothing_is_kept_before_or_after() {
	let mut assembly = Assembly::default();
	let mut parts = parts(&block(3 * CHUNK_BYTES), 1);
	let head = parts.remove(0);
	let later = parts.split_off(2);
	for part in parts {
		assert!(assembly.add(peer(1), part, due).is_none());
	}
	assert!(assembly.buffered_bytes() > 0);
	assert!(assembly.add(peer(1), head.clone(), |_| Admission::Refused).is_none());
	assert_eq!(assembly.buffered_bytes(), 0);
	for part in later.into_iter().chain([head]) {
		assert!(assembly.add(peer(1), part, due).is_none());
	}
	assert_eq!((assembly.len(), assembly.buffered_bytes()), (1, 0));
	assembly.retain(due);
	assert!(assembly.is_empty());
}

#[test]
fn parts_of_one_publisher_do_not_complete_anothers_stream() {
	let mut assembly = Assembly::default();
	for (index, part) in parts(&block(10), 1).into_iter().enumerate() {
		assert!(assembly.add(peer(index as u32), part, due).is_none());
	}
}

#[test]
fn of_a_stream_with_a_malformed_chunk_nothing_is_kept() {
	let bad = [(0, 5), (CHUNKS_MAX as u64 + 1, 5), (u64::MAX, 5), (2, 0), (2, CHUNK_BYTES + 1)];
	for (id, (sequence, bytes)) in bad.into_iter().enumerate() {
		let (mut assembly, id) = (Assembly::default(), id as u64);
		assembly.add(peer(1), chunk(id, 1, 5), due);
		assert_eq!(assembly.buffered_bytes(), 5);
		assert!(assembly.add(peer(1), chunk(id, sequence, bytes), due).is_none());
		assembly.add(peer(1), chunk(id, 3, 5), due);
		assert_eq!(assembly.buffered_bytes(), 0);
	}
}

#[test]
fn a_chunk_sent_again_costs_nothing() {
	let mut assembly = Assembly::default();
	for _ in 0..100 {
		assembly.add(peer(1), chunk(1, 1, CHUNK_BYTES), due);
	}
	assert_eq!(assembly.buffered_bytes(), CHUNK_BYTES);
}

#[test]
fn a_publisher_loses_its_own_oldest_stream_first() {
	let mut assembly = Assembly::default();
	assembly.add(peer(2), chunk(0, 1, 10), due);
	for id in 0..100 {
		assembly.add(peer(1), chunk(id, 1, 10), due);
	}
	assert_eq!(assembly.len(), STREAMS_PER_PUBLISHER_MAX + 1);
	assert_eq!(assembly.buffered_bytes(), 10 * (STREAMS_PER_PUBLISHER_MAX + 1));
}

#[test]
fn many_strangers_fill_no_more_than_the_bounds_and_do_not_push_out_an_accepted_head() {
	let mut assembly = Assembly::default();
	let block = block(2 * CHUNK_BYTES);
	let mut proposal = parts(&block, 7).into_iter();
	assembly.add(peer(u32::MAX), proposal.next().unwrap(), due);
	for stranger in 0..2_000u32 {
		assembly.add(peer(stranger), chunk(1, 1 + u64::from(stranger) % 30, CHUNK_BYTES), due);
		assert!(assembly.len() <= STREAMS_MAX);
		assert!(assembly.buffered_bytes() <= BUFFERED_BYTES_MAX);
	}
	for sequence in 1..=CHUNKS_MAX as u64 {
		for stranger in 0..40 {
			assembly.add(peer(10_000 + stranger), chunk(1, sequence, CHUNK_BYTES), due);
			assert!(assembly.buffered_bytes() <= BUFFERED_BYTES_MAX);
		}
	}
	let done = completed(&mut assembly, u32::MAX, proposal);
	assert_eq!(done.len(), 1);
	assert_eq!(done[0].1, block);
}

#[test]
fn proposals_of_later_heights_do_not_push_out_the_one_that_is_due() {
	let mut assembly = Assembly::default();
	let block = block(2 * CHUNK_BYTES);
	let mut proposal = parts(&block, 7).into_iter();
	assembly.add(peer(u32::MAX), proposal.next().unwrap(), due);
	// Whole but for their last chunks: more bytes than there is room for.
	let mut others = parts(&self::block(BODY_BYTES_MAX - 8), 1);
	others.truncate(CHUNKS_MAX);
	for stranger in 0..20 {
		for part in others.clone() {
			assert!(assembly.add(peer(stranger), part, early).is_none());
		}
		assert!(assembly.buffered_bytes() <= BUFFERED_BYTES_MAX);
	}
	assert!(assembly.buffered_bytes() > BUFFERED_BYTES_MAX / 2);
	let done = completed(&mut assembly, u32::MAX, proposal);
	assert_eq!(done.len(), 1);
	assert_eq!(done[0].1, block);
}

#[test]
fn what_came_early_and_is_due_now_is_not_pushed_out_either() {
	let mut assembly = Assembly::default();
	let block = block(2 * CHUNK_BYTES);
	let mut proposal = parts(&block, 7).into_iter();
	assembly.add(peer(u32::MAX), proposal.next().unwrap(), early);
	assembly.retain(due);
	for stranger in 0..2 * STREAMS_MAX as u32 {
		assembly.add(peer(stranger), parts(&block, 1).swap_remove(0), early);
	}
	assert_eq!(assembly.len(), STREAMS_MAX);
	let done = proposal.filter_map(|part| assembly.add(peer(u32::MAX), part, due)).count();
	assert_eq!(done, 1);
}

#[test]
fn a_head_that_lies_is_not_genuine() {
	let block = block(10);
	let body = encode_body(&block);
	let head = ProposalHead::new(&GENESIS, &key(), 3, Some(1), block.header.clone(), &body);
	assert!(head.is_genuine(&GENESIS));
	assert!(!head.is_genuine(&H256([2; 32])), "another chain");
	let lies: [fn(&mut ProposalHead); 8] = [
		|head| head.height += 1,
		|head| head.round += 1,
		|head| head.pol_round = None,
		|head| head.proposer.0[0] ^= 1,
		|head| head.header.state_root = H256([9; 32]),
		|head| head.body_bytes += 1,
		|head| head.body_root = H256([9; 32]),
		|head| head.signature.0[0] ^= 1,
	];
	for lie in lies {
		let mut lied = head.clone();
		lie(&mut lied);
		assert!(!lied.is_genuine(&GENESIS));
	}
	let signed = |round, pol, body: &[u8]| {
		ProposalHead::new(&GENESIS, &key(), round, pol, block.header.clone(), body).is_genuine(&GENESIS)
	};
	assert!(!signed(3, Some(3), &body), "a proof from its own round");
	assert!(!signed(0, None, &vec![0; BODY_BYTES_MAX + 1]), "too long");
}
