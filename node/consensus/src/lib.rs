//! Consensus: Malachite (Tendermint) deciding this chain's blocks.
//!
//! ```text
//!   plexus-network ── NetworkPort ──► engine (Malachite) ◄── messages ──► App ──► Ledger (plexus-chain)
//!                                       │ write-ahead log                  └────► Clock
//! ```
//!
//! # Must not
//! Know libp2p, RocksDB, RPC or transactions. Only this crate and the network's bridge know Malachite.
//!
//! # Reading order
//! [`app`] is the heart: what is answered to the engine, and why. [`types`] and [`parts`] are its vocabulary, [`ledger`]
//! its seams, [`assembly`], [`parking`] and [`evidence`] its memory, [`timing`] its rules about time, [`offset`] what others'
//! clocks say. [`wire`] and [`codec`] are the bytes, [`signing`] and [`guard`] the key's use, [`certificate`] the proof of
//! finality, [`engine`] the glue, [`silence`] following without signing.
//!
//! # Use
//! ```ignore
//! let network = plexus_network::start(NetworkConfig::new(chain.genesis_hash(), node_key)).await?;
//! let mut consensus = plexus_consensus::start_on_chain(
//!     EngineConfig::new(data.join("consensus")),
//!     chain.clone(),
//!     validator_key, // Option<ed25519_dalek::SigningKey>
//!     network.consensus_port,
//! )
//! .await?;
//! let status = consensus.status(); // for metrics and readiness
//! tokio::select! {
//!     ended = consensus.finished() => ended?, // an error: exit non-zero
//!     () = shutdown_signal() => consensus.stop().await?,
//! }
//! network.task.stop().await?;
//! ```

pub mod app;
pub mod assembly;
pub mod certificate;
pub mod chain_ledger;
pub mod codec;
pub mod engine;
pub mod evidence;
pub mod guard;
pub mod ledger;
pub mod malachite;
pub mod offset;
pub mod parking;
pub mod parts;
pub mod progress;
pub mod serving;
pub mod signing;
pub mod silence;
pub mod timing;
pub mod types;
pub mod wire;

pub use app::{App, ConsensusStatus};
pub use certificate::{verify_certificate, CertificateError};
pub use chain_ledger::ChainLedger;
pub use engine::{start, start_on_chain, EngineConfig, EngineError, EngineHandle, NetworkPort, StartError};
pub use guard::{GuardError, GuardPlace, SigningGuard, SigningHistory};
pub use ledger::{Clock, Ledger, Reported, SystemClock};
pub use progress::Progress;
pub use types::{AuthorityId, Height, Plexus, Validator, ValidatorSet};
