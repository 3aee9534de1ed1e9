//! What the honest move is, given a game and a trace.
//!
//! The contract keeps a game; this crate plays it. [`react`] is the whole player: a pure function from what the chain says and
//! what I computed myself to the next move, so a node that restarts in the middle of a game looks again and goes on.
//! Layouts and moves are those of `docs/spec/game.md`.
//!
//! **Invariant:** nothing here does I/O, reads a clock or holds a key; nothing here fails or waits.
#![deny(clippy::float_arithmetic)]

mod dissection;
pub use dissection::{Dissection, Range, pair_hash};

mod game;
pub use game::{Descent, Game, Phase, Side};

mod moves;
pub use moves::Move;

mod player;
pub use player::{Run, Trace, react};
