//! Names of gossip topics and protocols; all carry the genesis hash.
//!
//! # Must not
//! Change without a new version in the name: nodes with different names do not hear each other.

use libp2p::gossipsub::{IdentTopic, TopicHash};
use sp_core::H256;

/// Version in every name.
pub const PROTOCOL_VERSION: u32 = 1;

/// Bytes of the genesis hash in names: enough that no two chains meet by chance.
const GENESIS_BYTES: usize = 8;

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

	fn name(self) -> &'static str {
		match self {
			Self::Consensus => "consensus",
			Self::Parts => "parts",
			Self::Liveness => "liveness",
			Self::Status => "status",
			Self::Transactions => "transactions",
		}
	}
}

/// The names of one chain.
#[derive(Clone, Debug)]
pub struct Names {
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
		Self { chain, topics }
	}

	/// What peers tell each other first.
	pub fn identify_protocol(&self) -> String {
		format!("/plexus/{}/{PROTOCOL_VERSION}", self.chain)
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
		assert_eq!(ours.topic(Topic::Parts).to_string(), "/plexus/0101010101010101/parts/1");
		assert_ne!(ours.identify_protocol(), theirs.identify_protocol());
		assert_ne!(ours.sync_protocol(), theirs.sync_protocol());
	}
}
