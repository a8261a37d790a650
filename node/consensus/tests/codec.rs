//! The bytes of consensus: round trips, golden bytes, garbage.

use bytes::Bytes;
use codec::Encode;
use plexus_consensus::codec::{decode_versioned, encode_versioned, CodecError, ScaleCodec, WIRE_VERSION};
use plexus_consensus::malachite::core::{
	CommitCertificate, CommitSignature, NilOrVal, PolkaCertificate, PolkaSignature, Round, RoundCertificate,
	RoundCertificateType, RoundSignature, SignedProposal, SignedVote, ValidatorProof, Validity, VoteType,
};
use plexus_consensus::malachite::streaming::{StreamContent, StreamId, StreamMessage};
use plexus_consensus::malachite::{
	Codec, HasEncodedLen, LivenessMsg, PeerId, ProposedValue, RawDecidedValue, Request, Response,
	SignedConsensusMsg, Status, ValueRequest, ValueResponse,
};
use plexus_consensus::parts::{ProposalHead, ProposalPart, CHUNK_BYTES};
use plexus_consensus::types::{AuthorityId, BlockRef, Height, Plexus, Proposal, Signature, Vote};
use plexus_consensus::wire::STREAM_ID_BYTES_MAX;
use plexus_storage::Header;
use sp_core::H256;

const ADDRESS: AuthorityId = AuthorityId([3; 32]);
const SIGNATURE: Signature = Signature([4; 64]);

fn vote(kind: VoteType, value: Option<H256>) -> Vote {
	Vote {
		kind,
		height: Height(5),
		round: Round::new(6),
		value: value.map_or(NilOrVal::Nil, NilOrVal::Val),
		address: ADDRESS,
	}
}

fn proposal(pol_round: Round) -> Proposal {
	Proposal {
		height: Height(5),
		round: Round::new(6),
		value: BlockRef(H256([7; 32])),
		pol_round,
		address: ADDRESS,
	}
}

fn head() -> ProposalHead {
	let header = Header {
		parent_hash: H256([1; 32]),
		number: 5,
		state_root: H256([2; 32]),
		extrinsics_root: H256([3; 32]),
		digest: Default::default(),
	};
	ProposalHead {
		height: 5,
		round: 6,
		pol_round: Some(2),
		proposer: ADDRESS,
		header,
		body_bytes: 9,
		body_root: H256([8; 32]),
		signature: SIGNATURE,
	}
}

fn commit() -> CommitCertificate<Plexus> {
	CommitCertificate {
		height: Height(5),
		round: Round::new(6),
		value_id: H256([7; 32]),
		commit_signatures: vec![CommitSignature::new(ADDRESS, SIGNATURE)],
	}
}

fn polka() -> PolkaCertificate<Plexus> {
	PolkaCertificate {
		height: Height(5),
		round: Round::new(6),
		value_id: H256([7; 32]),
		polka_signatures: vec![PolkaSignature::new(ADDRESS, SIGNATURE)],
	}
}

fn round_certificate(cert_type: RoundCertificateType) -> RoundCertificate<Plexus> {
	let signature = |kind, value| RoundSignature::<Plexus>::new(kind, value, ADDRESS, SIGNATURE);
	RoundCertificate {
		height: Height(5),
		round: Round::new(6),
		cert_type,
		round_signatures: vec![
			signature(VoteType::Prevote, NilOrVal::Nil),
			signature(VoteType::Precommit, NilOrVal::Val(H256([7; 32]))),
		],
	}
}

fn streams() -> Vec<StreamMessage<ProposalPart>> {
	let message =
		|sequence, content| StreamMessage::new(StreamId::new(vec![1, 2, 3].into()), sequence, content);
	vec![
		message(0, StreamContent::Data(ProposalPart::Head(Box::new(head())))),
		message(1, StreamContent::Data(ProposalPart::Chunk(vec![5; 9]))),
		message(2, StreamContent::Fin),
	]
}

fn peer() -> PeerId {
	let mut bytes = vec![0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
	bytes.extend([9; 32]);
	PeerId::from_bytes(&bytes).unwrap()
}

fn round_trips<T: PartialEq + std::fmt::Debug>(messages: impl IntoIterator<Item = T>) -> Vec<Bytes>
where
	ScaleCodec: Codec<T, Error = CodecError> + HasEncodedLen<T>,
{
	let check = |message: T| {
		let bytes = ScaleCodec.encode(&message).unwrap();
		assert_eq!(bytes[0], WIRE_VERSION);
		assert_eq!(ScaleCodec.encoded_len(&message).unwrap(), bytes.len());
		assert_eq!(ScaleCodec.decode(bytes.clone()).unwrap(), message);
		for length in 0..bytes.len() {
			assert!(Codec::<T>::decode(&ScaleCodec, bytes.slice(..length)).is_err(), "cut to {length} bytes");
		}
		let mut trailing = bytes.to_vec();
		trailing.push(0);
		assert!(Codec::<T>::decode(&ScaleCodec, trailing.into()).is_err(), "bytes after the message");
		let mut version = bytes.to_vec();
		version[0] = WIRE_VERSION + 1;
		let refused = Codec::<T>::decode(&ScaleCodec, version.into());
		assert!(matches!(refused, Err(CodecError::Version(v)) if v == WIRE_VERSION + 1));
		bytes
	};
	messages.into_iter().map(check).collect()
}

fn signed() -> Vec<SignedConsensusMsg<Plexus>> {
	vec![
		SignedConsensusMsg::Vote(SignedVote::new(vote(VoteType::Prevote, None), SIGNATURE)),
		SignedConsensusMsg::Vote(SignedVote::new(vote(VoteType::Precommit, Some(H256([7; 32]))), SIGNATURE)),
		SignedConsensusMsg::Proposal(SignedProposal::new(proposal(Round::Nil), SIGNATURE)),
		SignedConsensusMsg::Proposal(SignedProposal::new(proposal(Round::new(2)), SIGNATURE)),
	]
}

fn response() -> Response<Plexus> {
	let certificate = plexus_consensus::certificate::Certificate::from(&commit()).into();
	Response::ValueResponse(ValueResponse::new(
		Height(5),
		vec![RawDecidedValue::new(Bytes::from_static(&[1, 2, 3]), certificate)],
	))
}

#[test]
fn every_message_survives_its_encoding_and_nothing_less_does() {
	round_trips(signed());
	round_trips([
		LivenessMsg::Vote(SignedVote::new(vote(VoteType::Prevote, None), SIGNATURE)),
		LivenessMsg::PolkaCertificate(polka()),
		LivenessMsg::SkipRoundCertificate(round_certificate(RoundCertificateType::Skip)),
		LivenessMsg::SkipRoundCertificate(round_certificate(RoundCertificateType::Precommit)),
	]);
	round_trips([polka()]);
	round_trips([ValidatorProof::<Plexus>::new(vec![1; 32], vec![2; 38], SIGNATURE)]);
	round_trips(streams());
	round_trips([true, false].map(|valid| ProposedValue::<Plexus> {
		height: Height(5),
		round: Round::new(6),
		valid_round: if valid { Round::new(2) } else { Round::Nil },
		proposer: ADDRESS,
		value: BlockRef(H256([7; 32])),
		validity: Validity::from_bool(valid),
	}));
	round_trips([Status::<Plexus> { peer_id: peer(), tip_height: Height(5), history_min_height: Height(1) }]);
	round_trips([Request::<Plexus>::ValueRequest(ValueRequest::new(Height(1)..=Height(5)))]);
	round_trips([response()]);
}

fn hex(bytes: &[u8]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// If one of these changes, nodes of the old and the new version no longer understand each other: raise
/// `WIRE_VERSION` and say so in the change log.
#[test]
fn the_bytes_are_golden() {
	let (three, four, seven) = ("03".repeat(32), "04".repeat(64), "07".repeat(32));
	let golden = [
		format!("01 00 00 0500000000000000 06000000 00 {three} {four}"),
		format!("01 00 01 0500000000000000 06000000 01{seven} {three} {four}"),
		format!("01 01 0500000000000000 06000000 {seven} 00 {three} {four}"),
		format!("01 01 0500000000000000 06000000 {seven} 0102000000 {three} {four}"),
	];
	for (bytes, golden) in round_trips(signed()).iter().zip(golden) {
		assert_eq!(hex(bytes), golden.replace(' ', ""));
	}
	let certificate = plexus_consensus::certificate::encode(&commit());
	let golden = format!("01 0500000000000000 06000000 {seven} 04 {three} {four}");
	assert_eq!(hex(&certificate), golden.replace(' ', ""));

	let header = format!("{}14{}{}00", "01".repeat(32), "02".repeat(32), "03".repeat(32));
	let golden = [
		format!("01 0c010203 0000000000000000 01 00 0500000000000000 06000000 0102000000 {three} {header} 09000000 {} {four}", "08".repeat(32)),
		format!("01 0c010203 0100000000000000 01 01 24{}", "05".repeat(9)),
		"01 0c010203 0200000000000000 00".to_string(),
	];
	for (bytes, golden) in round_trips(streams()).iter().zip(golden) {
		assert_eq!(hex(bytes), golden.replace(' ', ""));
	}
}

#[test]
fn what_decodes_but_is_no_message_is_refused() {
	let long = StreamMessage::new(
		StreamId::new(vec![0; STREAM_ID_BYTES_MAX + 1].into()),
		0,
		StreamContent::<ProposalPart>::Fin,
	);
	let bytes = ScaleCodec.encode(&long).unwrap();
	let refused: Result<StreamMessage<ProposalPart>, _> = ScaleCodec.decode(bytes);
	assert!(matches!(refused, Err(CodecError::Invalid(_))));
	let chunk = StreamContent::Data(ProposalPart::Chunk(vec![0; CHUNK_BYTES + 1]));
	let bytes = ScaleCodec.encode(&StreamMessage::new(StreamId::new(vec![1].into()), 1, chunk)).unwrap();
	let refused: Result<StreamMessage<ProposalPart>, _> = ScaleCodec.decode(bytes);
	assert!(matches!(refused, Err(CodecError::Invalid(_))));
	let status = encode_versioned(&(vec![1u8, 2, 3], 5u64, 1u64));
	let refused: Result<Status<Plexus>, _> = ScaleCodec.decode(status.into());
	assert!(matches!(refused, Err(CodecError::Invalid(_))));
	assert!(matches!(decode_versioned::<u8>(&[]), Err(CodecError::Empty)));
}

/// Decodes as everything that the network can deliver.
fn decode_as_anything(bytes: &Bytes) -> usize {
	let codec = ScaleCodec;
	[
		Codec::<SignedConsensusMsg<Plexus>>::decode(&codec, bytes.clone()).is_ok(),
		Codec::<LivenessMsg<Plexus>>::decode(&codec, bytes.clone()).is_ok(),
		Codec::<StreamMessage<ProposalPart>>::decode(&codec, bytes.clone()).is_ok(),
		Codec::<ProposalPart>::decode(&codec, bytes.clone()).is_ok(),
		Codec::<ValidatorProof<Plexus>>::decode(&codec, bytes.clone()).is_ok(),
		Codec::<Status<Plexus>>::decode(&codec, bytes.clone()).is_ok(),
		Codec::<Request<Plexus>>::decode(&codec, bytes.clone()).is_ok(),
		Codec::<Response<Plexus>>::decode(&codec, bytes.clone()).is_ok(),
		Codec::<ProposedValue<Plexus>>::decode(&codec, bytes.clone()).is_ok(),
		decode_versioned::<plexus_storage::Block>(bytes).is_ok(),
		plexus_consensus::certificate::decode(bytes).is_ok(),
	]
	.iter()
	.filter(|decoded| **decoded)
	.count()
}

#[test]
fn garbage_never_panics_nor_allocates_what_it_claims() {
	// A fixed xorshift: the same bytes in every run.
	let mut state = 0x9e37_79b9_7f4a_7c15u64;
	let mut next = move || {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		state
	};
	let mut samples: Vec<Bytes> = round_trips(signed());
	samples.extend(round_trips(streams()));
	samples.extend(round_trips([response()]));
	let mut decoded = 0;
	for case in 0..20_000u64 {
		let mut bytes = if case % 2 == 0 {
			let length = next() % 300;
			(0..length).map(|_| next() as u8).collect::<Vec<_>>()
		} else {
			samples[next() as usize % samples.len()].to_vec()
		};
		if bytes.is_empty() {
			continue;
		}
		bytes[0] = WIRE_VERSION;
		let index = next() as usize % bytes.len();
		bytes[index] = next() as u8;
		decoded += decode_as_anything(&bytes.into());
	}
	assert!(decoded > 0, "mutated messages decode now and then, or this test tests nothing");
	// A length of 2^30 in front of nothing.
	let mut claim = vec![WIRE_VERSION];
	codec::Compact(1u32 << 30).encode_to(&mut claim);
	assert_eq!(decode_as_anything(&claim.into()), 0);
}
