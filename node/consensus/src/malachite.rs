//! Malachite's names as this crate uses them: the one place that knows how its crates are cut.
//!
//! # Must not
//! Define anything. The engine's `types::core::*` clashes with our own names, hence no globs.

pub use arc_malachitebft_app_channel::app::config;
pub use arc_malachitebft_app_channel::app::consensus::{LivenessMsg, ProposedValue, SignedConsensusMsg};
pub use arc_malachitebft_app_channel::app::engine::consensus::Msg as EngineConsensusMsg;
pub use arc_malachitebft_app_channel::app::engine::host::{HeightParams, Next, SyncedValueOutcome};
pub use arc_malachitebft_app_channel::app::engine::network::{Msg as EngineNetworkMsg, NetworkRef};
pub use arc_malachitebft_app_channel::app::engine::util::events::Event as EngineEvent;
pub use arc_malachitebft_app_channel::app::types::codec::{Codec, HasEncodedLen};
pub use arc_malachitebft_app_channel::app::types::sync::{RawDecidedValue, Request, Response, Status};
pub use arc_malachitebft_app_channel::app::types::{LocallyProposedValue, MisbehaviorEvidence, PeerId};
pub use arc_malachitebft_app_channel::{
	AppMsg, Channels, ConsensusContext, EngineBuilder, EngineHandle, NetworkMsg, RequestContext, Signer,
	SyncContext, Verifier, WalContext,
};
pub use arc_malachitebft_signing::{Error as SignerError, VerificationResult};
pub use arc_malachitebft_sync::{ValueRequest, ValueResponse};

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
