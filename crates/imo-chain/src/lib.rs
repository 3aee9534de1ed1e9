//! The contracts as Rust sees them, and the connection to a chain that has them.
//!
//! Commands call contracts and send transactions through a [`Client`], with the types that
//! [`contracts`] takes from the compiler's output; `imo deploy` and the demo put a [`System`] on a
//! chain. Nodes, `imo verify` and `imo dispute` read a [`View`] instead: every request, claim and
//! game, put together from the logs. A node's moves in a game go back through a [`Table`], and the
//! slots of its traces travel in blobs, which a [`Beacon`] finds again. [`Ledger`] adds up what
//! accounts paid.
//!
//! **Invariant:** the only room that opens a connection to a chain.
#![deny(clippy::float_arithmetic)]

/// Addresses, hashes and amounts.
pub use alloy::primitives;
/// A contract's function, its constructor, or one of its events, with the arguments.
pub use alloy::sol_types::{SolCall, SolConstructor, SolEvent, SolValue};

mod blobs;
pub use blobs::Beacon;

pub mod contracts;

mod client;
pub use client::{ChainError, Client, Logged, Receipt};

mod deploy;
pub use deploy::{DEPLOYMENT_PROXY, Part, Placed, System, SystemTerms};

mod deployment;
pub use deployment::Deployment;

mod game;
pub use game::{Ending, GameView};

mod development;

mod ledger;
pub use ledger::{Call, Flow, Ledger};

mod play;
pub use play::{Table, call_of, evidence};

mod signer;
pub use signer::{Signer, SignerError};

mod turn;
pub use turn::Turn;

mod view;
pub use view::{ClaimState, ClaimView, RequestState, RequestView, View};
