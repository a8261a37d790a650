//! Malachite's names as this crate uses them: the one place that knows how its crates are cut.
//!
//! # Must not
//! Define anything. The engine's `types::core::*` clashes with our own names, hence no globs.

pub use arc_malachitebft_app_channel::app::config;
pub use arc_malachitebft_app_channel::app::consensus::{LivenessMsg, ProposedValue, SignedConsensusMsg};
pub use arc_malachitebft_app_channel::app::engine::host::{HeightParams, Next, SyncedValueOutcome};
pub use arc_malachitebft_app_channel::app::engine::network::{
	Msg as EngineNetworkMsg, NetworkEvent, NetworkRef,
};
pub use arc_malachitebft_app_channel::app::engine::util::events::Event as EngineEvent;
pub use arc_malachitebft_app_channel::app::types::codec::{Codec, HasEncodedLen};
pub use arc_malachitebft_app_channel::app::types::sync::{RawDecidedValue, Request, Response, Status};
pub use arc_malachitebft_app_channel::app::types::{LocallyProposedValue, MisbehaviorEvidence, PeerId};
pub use arc_malachitebft_app_channel::{AppMsg, ConsensusContext, NetworkMsg, Signer, Verifier};
pub use arc_malachitebft_signing::{Error as SignerError, VerificationResult};
pub use arc_malachitebft_sync::{ValueRequest, ValueResponse};

/// The engine's actors and what they need.
pub mod actors {
	pub use arc_malachitebft_app_channel::app::engine::consensus::ConsensusRef;
	pub use arc_malachitebft_app_channel::app::engine::host::HostRef;
	pub use arc_malachitebft_app_channel::app::engine::node::NodeRef;
	pub use arc_malachitebft_app_channel::app::engine::sync::SyncMsg;
	pub use arc_malachitebft_app_channel::app::engine::util::{events::TxEvent, output_port::OutputPort};
	pub use arc_malachitebft_app_channel::app::metrics::{Metrics, SharedRegistry};
	pub use arc_malachitebft_app_channel::app::spawn::{
		spawn_consensus_actor, spawn_node_actor, spawn_sync_actor, spawn_wal_actor,
	};
	pub use arc_malachitebft_app_channel::spawn::spawn_host_actor;
}

/// The core's vocabulary.
pub mod core {
	pub use arc_malachitebft_app_channel::app::types::core::{
		Address, CommitCertificate, CommitSignature, Context, DoubleProposal, DoubleVote,
		ExtendedCommitCertificate, Height, LinearTimeouts, NilOrVal, PolkaCertificate, PolkaSignature,
		Proposal, ProposalPart, Round, RoundCertificate, RoundCertificateType, RoundSignature,
		SignedExtension, SignedMessage, SignedProposal, SignedVote, SigningScheme, Validator, ValidatorProof,
		ValidatorSet, Validity, Value, Vote, VoteExtensionScope, VoteType,
	};
}

/// Streams of proposal parts.
pub mod streaming {
	pub use arc_malachitebft_app_channel::app::streaming::{StreamContent, StreamId, StreamMessage};
}
