//! Contract bindings, logs to views, moves to transactions.
//!
//! **Invariant:** the only room that talks to a chain.
#![deny(clippy::float_arithmetic)]

pub mod contracts;

mod client;
pub use client::{ChainError, Client, Logged, Receipt};

mod deployment;
pub use deployment::Deployment;

mod game;
pub use game::{Ending, GameView};

mod ledger;
pub use ledger::{Flow, Ledger};

mod play;
pub use play::Table;

mod view;
pub use view::{ClaimState, ClaimView, RequestState, RequestView, View};
