//! Contract bindings, logs to views, moves to transactions.
//!
//! **Invariant:** the only room that talks to a chain.
#![deny(clippy::float_arithmetic)]

mod bindings;

mod client;
pub use client::{ChainError, Client, Logged, Receipt};

mod ledger;
pub use ledger::{Flow, Ledger};
