//! The RPC server on a real development chain, whose blocks the tests make by hand.

// A list of one parameter is written like a list of two.
#![allow(clippy::cloned_ref_to_slice_refs)]

mod agents;
mod attribution;
mod bad_input;
#[path = "../../../chain/tests/common/mod.rs"]
mod blocks;
mod chain_head;
#[path = "../../../chain/tests/common/development.rs"]
mod development;
mod finality;
mod history;
mod limits;
mod methods;
mod models;
mod receipts;
mod served;
mod state;
mod submissions;
mod subscriptions;
#[path = "../../../execution/tests/common/mod.rs"]
mod transactions;
