//! Payment channels off chain: what a payer signs, what a server keeps, and how neither loses nor repeats anything when
//! its process is killed.
//!
//! ```text
//!   payer                                   server
//!   Purse ── receipts ─▶ Voucher ─────────▶ Ledger ── Batch ─▶ Attribution.submit
//!     │        point.rs, terms.rs             │
//!     └──────────────── journal/ ─────────────┘         a file, synced before anything leaves
//! ```
//!
//! - [`point`]: a place in a channel (sequence, sum, accumulator), and the voucher over it.
//! - [`terms`]: what the chain says of a channel, and which receipts it pays for.
//! - [`purse`]: the payer. Signs each sequence of a channel once, whatever happens to its process.
//! - [`ledger`]: the server. Takes receipts and vouchers that will be paid, and refuses all others.
//! - [`batch`]: which of them are redeemed together.
//! - [`journal`]: the file under both.
//! - [`claims`]: what is claimed about receipts, until they are redeemed.
//! - [`json`]: how receipts and vouchers travel.
//! - [`store`]: outputs, prompts and contexts by their hashes, for whoever has to prove a claim about them, or doubts one.
//!
//! # One request
//! ```text
//!   payer                 serving process                    ledger                      chain
//!     │ prompt ──────────────▶│ asks the model                 │                           │
//!     │                       │ receipt ──────────────────────▶│ checks, syncs             │
//!     │◀────── answer, receipt│◀───────────────────────────────│                           │
//!     │ signs, syncs          │                                │                           │
//!     │ voucher ─────────────▶│ voucher ──────────────────────▶│ checks, syncs             │
//!     │                       │                                │ a batch, now and then ───▶│
//!     │                       │                                │◀── sequence of the channel│
//! ```
//! The server goes first with each request, up to as many unsigned receipts as it grants ([`ledger::Limits`]). Or the payer
//! signs for an answer that it knows the hash of, and the server hands it out against the voucher.
//!
//! # Example
//! ```
//! use plexus_payments::{BatchLimits, ChannelState, Delivery, Ledger, Limits, MemoryDisk, Point, Purse, SignRequest, Terms};
//! use plexus_primitives::{AgentId, ChannelId, Content, ModelId, Receipt};
//! use sp_core::{sr25519, Pair};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (genesis, channel, model) = ([1; 32], ChannelId(7), ModelId(5));
//! let (key, _) = sr25519::Pair::generate();
//! // What the chain says of the channel; clients ask its `ReceiptsApi`.
//! let state = ChannelState {
//!     id: channel,
//!     payer: key.public().into(),
//!     server: AgentId(3),
//!     terms: Terms { signer: key.public().into(), models: vec![model], corpora: vec![] },
//!     closing: false,
//!     ends_at_ms: 3_600_000,
//!     locked: 1_000,
//!     redeemed: Point::start(&genesis, channel),
//! };
//!
//! // The server takes a receipt; real journals are files.
//! let mut ledger = Ledger::open(Box::new(MemoryDisk::default()), genesis, AgentId(3), Limits::USUAL)?;
//! ledger.see(channel, Some(state.clone()))?;
//! let content = Content { root: [2; 32], len: 9 };
//! let receipt = Receipt {
//!     model,
//!     prompt: content,
//!     context: None,
//!     output: content,
//!     fee: 10,
//!     disclose: false,
//!     execution: None,
//! };
//! let served = Delivery { channel, first: 1, receipts: vec![receipt], sources: vec![], voucher: None };
//! ledger.receive(&served)?;
//! ledger.commit()?; // now the answer may go out
//!
//! // The payer signs for it, once.
//! let mut purse = Purse::open(Box::new(MemoryDisk::default()), genesis, key.public().into())?;
//! purse.begin(channel, Point::start(&genesis, channel))?;
//! let request = SignRequest { channel, first: 1, receipts: &served.receipts, ceiling: state.capacity() };
//! let voucher = purse.sign(&request, |bytes| key.sign(bytes).into())?;
//! assert_eq!(purse.sign(&request, |_| unreachable!("it is in the journal"))?, voucher);
//!
//! // The server keeps the voucher, and has something to redeem.
//! ledger.receive(&Delivery { voucher: Some(voucher.signature), ..served })?;
//! ledger.commit()?;
//! let batch = ledger.batch(&BatchLimits::USUAL, &Default::default()).expect("one receipt is signed for");
//! assert_eq!((batch.receipts(), batch.redemptions[0].to.cumulative), (1, 10));
//! # Ok(())
//! # }
//! ```
//!
//! # What this does not achieve
//! - That nobody loses a request: one of the two goes first. [`ledger::Limits`] says how much a server risks.
//! - That two journals of one key know of each other: a second one, or an old copy, signs a sequence anew.
//! - That a voucher is paid: what is locked, and until when, only the chain knows, as far as [`Ledger::see`] was told.
//!
//! # Must not
//! Know a node, a connection or a clock: what the chain says is told by the caller, time included. Hold a secret key.
//!
//! # Invariants
//! - The formats are the chain's ([`plexus_primitives::receipt`]); nothing is signed or verified in another way.
//! - What was returned is on disk. What is on disk is found again, to the last record, however the process ended.
//! - No panic is reachable from bytes of files or of other processes.

pub mod batch;
pub mod claims;
#[cfg(test)]
mod crash;
pub mod journal;
pub mod json;
pub mod ledger;
pub mod point;
pub mod purse;
pub mod store;
pub mod terms;
#[cfg(test)]
mod tests;

pub use batch::{Batch, BatchLimits, Redemption};
pub use claims::{Claims, ReceiptClaim, RECEIPT_CLAIMS_MAX};
pub use journal::{FileDisk, Identity, JournalError, MemoryDisk, Owner};
pub use ledger::{Delivery, Fault, Ledger, Limits, Needs, Seen, Standing, Totals};
pub use point::{Point, PointError, Voucher};
pub use purse::{Purse, PurseError, SignRequest, Signed};
pub use store::{Store, StoreError};
pub use terms::{ChannelState, ReceiptFault, Terms};

/// What vouchers are signed with, as transactions are.
pub use sp_runtime::MultiSignature as Signature;

/// Receipts that one voucher may cover beyond the one before, here and on every chain with the usual limits: a batch has
/// as many, and ends at a voucher.
pub const VOUCHER_RECEIPTS_MAX: usize = 256;
