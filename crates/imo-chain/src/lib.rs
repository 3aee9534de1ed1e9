//! Contract bindings, logs to views, moves to transactions.
//!
//! **Invariant:** the only room that talks to a chain.
#![deny(clippy::float_arithmetic)]
