//! The application against a ledger in memory and a clock that is set by hand.

mod changing;
mod equivocating;
mod fake;
mod proposing;
mod receiving;
mod syncing;
mod timekeeping;

use super::*;
use crate::certificate::Certificate;
use crate::malachite::core::CommitCertificate;
use crate::malachite::{MisbehaviorEvidence, Next, PeerId};
use crate::signing;
use crate::wire;
use fake::{FakeClock, FakeLedger};
use plexus_primitives::purpose::Purpose;

/// The four validators' keys. All have the same power.
fn keys() -> Vec<SigningKey> {
	(1..=4u8).map(|seed| SigningKey::from_bytes(&[seed; 32])).collect()
}

fn id_of(key: &SigningKey) -> AuthorityId {
	AuthorityId(key.verifying_key().to_bytes())
}

/// Whose turn it is.
fn proposer(height: u64, round: u32) -> SigningKey {
	let set = ValidatorSet::new(fake::equals(keys().iter().map(id_of))).unwrap();
	let proposer = set.proposer(height, round);
	keys().into_iter().find(|key| id_of(key) == proposer).expect("one of the four")
}

/// The rounds of a height in which the proposer of round 0 has the turn.
fn turns_of_first(height: u64) -> impl Iterator<Item = u32> {
	let first = id_of(&proposer(height, 0));
	(0..).filter(move |round| id_of(&proposer(height, *round)) == first)
}

/// Somebody whose turn it is not.
fn bystander(height: u64, round: u32) -> SigningKey {
	let proposer = id_of(&proposer(height, round));
	keys().into_iter().find(|key| id_of(key) != proposer).expect("there are four")
}

/// A validator's application on a ledger of its own.
struct Node {
	app: App<FakeLedger, FakeClock>,
	ledger: FakeLedger,
	clock: FakeClock,
	key: SigningKey,
}

impl Node {
	fn new(key: SigningKey) -> Self {
		Self::on(key, FakeLedger::new(keys().iter().map(id_of)), FakeClock::at(1_000_000))
	}

	fn on(key: SigningKey, ledger: FakeLedger, clock: FakeClock) -> Self {
		let app = App::new(ledger.clone(), clock.clone(), Some(key.clone())).unwrap();
		Self { app, ledger, clock, key }
	}

	/// The same node after a crash.
	fn restarted(self) -> Self {
		self.ledger.forget_executions();
		Self::on(self.key, self.ledger, self.clock)
	}

	fn proposes(&mut self, height: u64, round: u32) -> (H256, Vec<StreamMessage<ProposalPart>>) {
		let value = self.app.get_value(Height(height), Round::new(round)).unwrap().expect("a value");
		(value.value.0, self.published())
	}

	fn published(&mut self) -> Vec<StreamMessage<ProposalPart>> {
		let published = |effect| match effect {
			Effect::Publish(part) => part,
			Effect::Equivocated(_) => panic!("nobody equivocates here"),
		};
		self.app.take_effects().into_iter().map(published).collect()
	}

	/// The engine's last word on a height: with the certificate of all validators and the evidence it found.
	fn finalizes(&mut self, certificate: &CommitCertificate<Plexus>, evidence: &MisbehaviorEvidence<Plexus>) {
		let next = self.app.finalized(certificate, evidence).unwrap();
		let Next::Start(height, _) = next else { panic!("a height is never decided again") };
		assert_eq!(height.0, self.app.height);
	}

	/// Takes parts in; returns the verdict, of which there is at most one.
	fn receives(
		&mut self,
		parts: impl IntoIterator<Item = StreamMessage<ProposalPart>>,
	) -> Option<ProposedValue<Plexus>> {
		let from = peer(1);
		let mut verdicts = parts.into_iter().filter_map(|part| self.app.received_part(from, part).unwrap());
		let verdict = verdicts.next();
		assert!(verdicts.next().is_none(), "more than one verdict for one proposal");
		verdict
	}

	/// Decides and enters the next height.
	fn decides(&mut self, height: u64, hash: H256) {
		self.app.decided(&certificate(height, 0, hash)).unwrap();
		self.app.enter_height().unwrap();
	}
}

fn peer(seed: u8) -> PeerId {
	// The identity multihash of a protobuf-encoded ed25519 key.
	let mut bytes = vec![0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
	bytes.extend([seed; 32]);
	PeerId::from_bytes(&bytes).unwrap()
}

fn certificate(height: u64, round: u32, value: H256) -> CommitCertificate<Plexus> {
	certificate_by(&keys(), height, round, value)
}

fn certificate_by(signers: &[SigningKey], height: u64, round: u32, value: H256) -> CommitCertificate<Plexus> {
	let signatures = signers
		.iter()
		.map(|key| {
			let vote = wire::Vote::precommit(height, round, value, id_of(key));
			let mut preimage = Purpose::Vote.domain(&fake::GENESIS.0).to_vec();
			vote.encode_to(&mut preimage);
			(id_of(key), signing::sign(key, &preimage))
		})
		.collect();
	Certificate { height, round, value, signatures }.into()
}

/// The parts of a block that the fake chain would build, proposed by the key of that turn.
fn proposal(
	ledger: &FakeLedger,
	round: u32,
	pol_round: Option<u32>,
	timestamp_ms: u64,
) -> Vec<StreamMessage<ProposalPart>> {
	let height = u64::from(ledger.tip().unwrap().number) + 1;
	let key = proposer(height, round);
	let block = ledger.build(id_of(&key), timestamp_ms);
	parts_of(&key, &block, round, pol_round)
}

fn parts_of(
	key: &SigningKey,
	block: &Block,
	round: u32,
	pol_round: Option<u32>,
) -> Vec<StreamMessage<ProposalPart>> {
	let body = crate::parts::encode_body(block);
	let head = ProposalHead::new(&fake::GENESIS, key, round, pol_round, block.header.clone(), &body);
	let id =
		crate::malachite::streaming::StreamId::new((head.height, round, head.block_hash()).encode().into());
	crate::parts::stream(id, &head, &body)
}
