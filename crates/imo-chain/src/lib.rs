//! The contracts as Rust sees them, and the connection to a chain that has them.
//!
//! Commands call contracts and send transactions through a [`Client`]; [`contracts`] has the types,
//! taken from the compiler's output. What goes wrong is a [`ChainError`], which tells a contract's
//! refusal from trouble with the endpoint. `imo deploy` and the demo put a [`System`] on a chain.
//! Nodes, `imo verify` and `imo dispute` read a [`View`]: every request, claim and game, put
//! together from the logs. A node makes its moves in a game through a [`Table`]. The slots of its
//! traces travel in blobs, and a [`Beacon`] finds them again. A [`Ledger`] adds up what accounts
//! paid.
//!
//! **Invariant:** no other room opens a connection to a chain.
#![deny(clippy::float_arithmetic)]

/// Addresses, hashes and amounts.
pub use alloy::primitives;
/// The traits of a contract's functions, constructors and events, and of ABI values.
pub use alloy::sol_types::{SolCall, SolConstructor, SolEvent, SolValue};

mod blobs;
pub use blobs::Beacon;

pub mod contracts;

mod error;
pub use error::{ChainError, Lack};

mod endpoint;

mod logs;

mod progress;
pub use progress::Progress;

mod fees;

mod queue;

mod client;
pub use client::{Client, Logged, Receipt};

mod sending;

mod deploy;
pub use deploy::{DEPLOYMENT_PROXY, Part, Placed, System, SystemTerms};

mod deployment;
pub use deployment::Deployment;

mod game;
pub use game::{Ending, GameView};

mod development;

mod gas_price;
pub use gas_price::GasPrice;

mod ledger;
pub use ledger::{Call, Flow, Ledger};

mod play;
pub use play::{Table, call_of, evidence};

mod signer;
pub use signer::{Signer, SignerError};

mod turn;
pub use turn::Turn;

mod recent;

mod view;
pub use view::{ClaimState, ClaimView, RequestState, RequestView, View};

mod follow;

mod reconcile;
