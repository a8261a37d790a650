//! The RPC server on a real development chain, whose blocks the tests make by hand.

mod bad_input;
mod chain_head;
mod limits;
mod methods;
mod served;
mod state;
mod submissions;
mod subscriptions;
