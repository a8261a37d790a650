//! The RPC server on a real development chain, whose blocks the tests make by hand.

// A list of one parameter is written like a list of two.
#![allow(clippy::cloned_ref_to_slice_refs)]

mod agents;
mod attribution;
mod bad_input;
mod chain_head;
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
