//! What everybody who takes part in a dispute shares, whichever side they are on.
//!
//! A claimant uses it to answer a request and keep the trace. A challenger or a verifier uses it to
//! answer the same request and compare. A player of a game uses it to run the disputed node in the
//! machine and to find the next move, and anyone who looks at the game afterwards can replay that
//! run. All of them start from a request and a model image. The image names the guest program that
//! it needs; [`PROGRAMS`] has one row for each program.
//!
//! `imo-node` plays games with this crate. The commands `verify`, `dispute`, `run` and `bench` of
//! `imo` look at answers with it.
//!
//! **Invariant:** it knows no chain and no terminal: it sends nothing and prints nothing.
#![deny(clippy::float_arithmetic)]

/// A request, and who asks and answers where.
pub use imo_guest::{Origin, Request};

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
