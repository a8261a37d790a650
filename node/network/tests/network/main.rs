//! Networks over loopback, without consensus.

mod gossip;
mod nodes;
mod peers;
mod state;
mod votes;
