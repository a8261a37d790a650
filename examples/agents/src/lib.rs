//! Two serving agents and a paying one, as examples of how to build them; and the demonstration that runs all of Plexus with
//! them.
//!
//! ```text
//!   payer                    serving agent                   serve-receipts             chain
//!   pay.rs ── wire.rs ─────▶ serving/ ── handing.rs ───────▶ (plexus)  ───────────────▶
//!     ▲    prompt, voucher     │ ngram.rs, retrieval.rs        on disk before the
//!     └──── answer, receipt ───┘ an index of a datanet         answer goes out
//!
//!   demo/   starts all of these, and a chain; has them pay, claim, challenge and settle; adds up who earned what
//! ```
//!
//! - [`wire`]: what payers and agents say to each other.
//! - [`serving`]: an agent: a price, a model over an index, an HTTP server.
//! - [`pay`]: a payer that keeps many requests in flight, and checks each answer before it signs.
//! - [`handing`]: receipts on their way to `plexus serve-receipts`.
//! - [`http`]: connections with bounds, both ends.
//! - [`demo`]: the demonstration.
//!
//! # Must not
//! Know the node's crates or the runtime: whatever is done on the chain is done by the command `plexus`, as anybody does it.

pub mod demo;
pub mod handing;
pub mod http;
pub mod pay;
pub mod serving;
pub mod wire;
