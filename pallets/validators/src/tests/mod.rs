//! Tests over the real System, Timestamp and Balances.

mod genesis;
mod liveness;
mod offences;
mod random;
mod rewards;
mod sets;
mod staking;
