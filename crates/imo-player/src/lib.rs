//! What everybody who takes part in a dispute shares, whichever side they are on.
//!
//! A claimant answers a request with it and keeps the trace; a challenger and a verifier answer the
//! same request and compare; a player of a game runs the disputed node in the machine and gives the
//! next move; whoever looks at a game afterwards replays that run. All of them start from a model
//! image, which names the guest program that it needs ([`PROGRAMS`] has one row for each), and from
//! a request. `imo-node` plays with it, and the commands `verify`, `dispute`, `run` and `bench` of
//! `imo` look with it.
//!
//! **Invariant:** it knows no chain and no terminal: it sends nothing and prints nothing.
#![deny(clippy::float_arithmetic)]

/// What an engine and a guest are asked, and where.
pub use imo_text::layout::{Origin, Request};

mod error;
pub use error::PlayerError;

mod claimed;
pub use claimed::{ClaimedTrace, Difference, first_difference};

mod run;
pub use run::PlayerRun;

mod source;
pub use source::Place;

mod solution;
pub use solution::Solution;

mod guest;
pub use guest::{Guest, NodeKind, TraceSize};

pub mod text;

mod programs;
pub use programs::{PROGRAMS, guest_of};

mod program;
pub use program::Program;

mod model;
pub use model::Model;

mod solver;
pub use solver::Solver;

mod check;
pub use check::{machine_differs, self_check};

mod seat;
pub use seat::{Rehearsal, next_move};
