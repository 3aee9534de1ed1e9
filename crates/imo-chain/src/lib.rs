//! Contract bindings, logs to views, moves to transactions.
//!
//! **Invariant:** the only room that talks to a chain.
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
