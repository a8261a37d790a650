//! Names of gossip topics and protocols; all carry the genesis hash.
//!
//! # Must not
//! Change without a new version in the name: nodes with different names do not hear each other.

use crate::handle::TRANSACTION_BYTES_MAX;
use libp2p::gossipsub::{IdentTopic, TopicHash};
use libp2p::StreamProtocol;
use plexus_consensus::parts::{CHUNK_BYTES, HEADER_BYTES_MAX};
use sp_core::H256;

/// Version in every name. 2: transactions travel in batches, and peers find each other.
pub const PROTOCOL_VERSION: u32 = 2;

/// Version of state sync, which a node may not speak at all.
pub const STATE_VERSION: u32 = 1;

/// Bytes of the genesis hash in names of topics and protocols: enough that no two chains meet by chance. What peers tell
/// each other first has all of it.
const GENESIS_BYTES: usize = 8;

/// What every identity begins with.
const IDENTITY_PREFIX: &str = "/plexus/";

/// What is gossiped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
	/// Votes and proposals.
	Consensus,
	/// Parts of proposed blocks.
	Parts,
	/// Certificates and votes sent again, for those who fell behind within a height.
	Liveness,
	/// How far each node is.
	Status,
	/// Transactions.
	Transactions,
}

impl Topic {
	/// Every topic.
	pub const ALL: [Self; 5] =
		[Self::Consensus, Self::Parts, Self::Liveness, Self::Status, Self::Transactions];

	/// Its name in topics, logs and metrics.
	pub fn name(self) -> &'static str {
		match self {
			Self::Consensus => "consensus",
			Self::Parts => "parts",
			Self::Liveness => "liveness",
			Self::Status => "status",
			Self::Transactions => "transactions",
		}
	}

	/// The longest message of this topic, in bytes.
	pub fn bytes_max(self) -> usize {
		match self {
			// A vote or a proposal is about 200 bytes.
			Self::Consensus | Self::Status => 1 << 10,
			// A chunk or a head, and its place in the stream.
			Self::Parts => {
				let longest = if CHUNK_BYTES > HEADER_BYTES_MAX { CHUNK_BYTES } else { HEADER_BYTES_MAX };
				longest + (1 << 10)
			}
			// A certificate of ten thousand validators.
			Self::Liveness => 1 << 20,
			// A batch of one: the longest transaction, and its length.
			Self::Transactions => TRANSACTION_BYTES_MAX + (1 << 10),
		}
	}
}

/// What a peer says it is, when that is not what we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stranger {
	/// A node of another chain: what it says its genesis hash is.
	Chain(String),
	/// A node of this chain that speaks another version.
	Version(String),
	/// No node of ours at all: what it said.
	Other(String),
}

/// Characters kept of what a stranger says.
const IDENTITY_CHARS_MAX: usize = 80;

/// The names of one chain.
#[derive(Clone, Debug)]
pub struct Names {
	genesis: String,
	chain: String,
	topics: [(Topic, IdentTopic); 5],
}

impl Names {
	/// The names of the chain with this genesis hash.
	pub fn new(genesis_hash: &H256) -> Self {
		let chain: String =
			genesis_hash.0[..GENESIS_BYTES].iter().map(|byte| format!("{byte:02x}")).collect();
		let topics = Topic::ALL.map(|topic| {
			(topic, IdentTopic::new(format!("/plexus/{chain}/{}/{PROTOCOL_VERSION}", topic.name())))
		});
		Self { genesis: format!("{genesis_hash:?}"), chain, topics }
	}

	/// The genesis hash.
	pub fn genesis(&self) -> &str {
		&self.genesis
	}

	/// What peers tell each other first: genesis hash and version.
	pub fn identity(&self) -> String {
		format!("{IDENTITY_PREFIX}{}/{PROTOCOL_VERSION}", self.genesis)
	}

	/// Whether a peer that says this of itself is one of ours.
	///
	/// # Errors
	/// What it is instead, cut to a bounded length.
	pub fn recognise(&self, identity: &str) -> Result<(), Stranger> {
		if identity == self.identity() {
			return Ok(());
		}
		let bounded =
			|text: &str| text.chars().take(IDENTITY_CHARS_MAX).filter(|c| !c.is_control()).collect();
		match identity.strip_prefix(IDENTITY_PREFIX).and_then(|rest| rest.split_once('/')) {
			Some((genesis, version)) if genesis == self.genesis => Err(Stranger::Version(bounded(version))),
			Some((genesis, _)) => Err(Stranger::Chain(bounded(genesis))),
			None => Err(Stranger::Other(bounded(identity))),
		}
	}

	/// The protocol of discovery.
	pub fn discovery_protocol(&self) -> StreamProtocol {
		StreamProtocol::try_from_owned(format!("/plexus/{}/kad/{PROTOCOL_VERSION}", self.chain))
			.expect("it begins with a slash")
	}

	/// The protocol that tells a new peer which transactions wait.
	pub fn announce_protocol(&self) -> String {
		format!("/plexus/{}/transactions/{PROTOCOL_VERSION}", self.chain)
	}

	/// The protocol of state sync.
	pub fn state_protocol(&self) -> String {
		format!("/plexus/{}/state/{STATE_VERSION}", self.chain)
	}

	/// The protocol of block sync.
	pub fn sync_protocol(&self) -> String {
		format!("/plexus/{}/sync/{PROTOCOL_VERSION}", self.chain)
	}

	/// A topic's name.
	pub fn topic(&self, topic: Topic) -> IdentTopic {
		let (_, name) = self
			.topics
			.iter()
			.find(|(known, _)| *known == topic)
			.expect("`new` names every topic in `Topic::ALL`");
		name.clone()
	}

	/// The topic with this name.
	pub fn find(&self, hash: &TopicHash) -> Option<Topic> {
		self.topics.iter().find(|(_, name)| name.hash() == *hash).map(|(topic, _)| *topic)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_topic_is_found_by_its_name_and_only_on_its_chain() {
		let (ours, theirs) = (Names::new(&H256([1; 32])), Names::new(&H256([2; 32])));
		for topic in Topic::ALL {
			assert_eq!(ours.find(&ours.topic(topic).hash()), Some(topic));
			assert_eq!(ours.find(&theirs.topic(topic).hash()), None);
		}
		assert_eq!(ours.topic(Topic::Parts).to_string(), "/plexus/0101010101010101/parts/2");
		assert_ne!(ours.identity(), theirs.identity());
		assert_ne!(ours.discovery_protocol(), theirs.discovery_protocol());
		assert_ne!(ours.sync_protocol(), theirs.sync_protocol());
	}

	#[test]
	fn strangers_are_told_apart() {
		let (ours, theirs) = (Names::new(&H256([1; 32])), Names::new(&H256([2; 32])));
		assert_eq!(ours.recognise(&ours.identity()), Ok(()));
		assert_eq!(ours.recognise(&theirs.identity()), Err(Stranger::Chain(theirs.genesis().into())));
		let newer = format!("/plexus/{}/99", ours.genesis());
		assert_eq!(ours.recognise(&newer), Err(Stranger::Version("99".into())));
		let Err(Stranger::Other(said)) = ours.recognise(&"x\n".repeat(1_000)) else { panic!("no identity") };
		assert!(said.len() <= IDENTITY_CHARS_MAX && !said.contains('\n'));
	}
}
