//! The honest player of a dispute (`docs/spec/game.md`).
//!
//! Anyone who recomputes a claim and finds a wrong node can dispute it. The contract keeps the
//! game: claimant and challenger take turns until one of them has lost. A node calls [`react`] in
//! each turn, for either side. It gets the [`Game`] as the chain tells it, and the player's own
//! [`Trace`] and [`Run`], and returns the next [`Move`]. The function is pure, so a node that
//! restarts in the middle of a game reads the chain again and goes on. `imo-player` computes traces
//! and runs, and `imo-chain` turns moves into transactions.
//!
//! **Invariant:** nothing here does I/O, reads a clock or holds a key, and nothing here fails or
//! waits.
#![deny(clippy::float_arithmetic)]

mod dissection;
pub use dissection::{Dissection, Range, pair_hash};

mod game;
pub use game::{Descent, Game, Phase, Side};

mod moves;
pub use moves::Move;

mod player;
pub use player::{Run, Trace, react};
