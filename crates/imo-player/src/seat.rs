//! A player's seat in a game: calls `imo_dispute::react` with the position and my own computation.

use std::cell::OnceCell;

use imo_commit::Hash;
use imo_dispute::{Game, Move, Side, react};

use crate::claimed::{ClaimedTrace, Difference};
use crate::model::Model;
use crate::run::PlayerRun;
use crate::solution::Solution;

/// How a player who rehearses a dispute departs from the truth.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rehearsal {
    /// Whether its machine repeats what its engine gave, right or wrong.
    pub lies: bool,
    /// States at least this many steps, as a power of two.
    pub steps_log2: Option<u32>,
}

/// The next move of the player on `side`. None if it has nothing to do.
///
/// `shown` is the disputed slot as the claimant has shown it. It is none until the node is known.
pub fn next_move(
    game: &Game,
    shown: Option<Difference>,
    side: Side,
    (model, solution): (&Model, &Solution),
    rehearsal: Rehearsal,
) -> Option<Move> {
    // A challenger plays with its own trace up to the disputed node, then with what was shown.
    let trace = match (side, shown) {
        (Side::Challenger, Some(shown)) => ClaimedTrace::with(&solution.trace, shown),
        _ => ClaimedTrace::own(&solution.trace),
    };
    let node = game.node.and_then(|node| u32::try_from(node).ok()).unwrap_or_default();
    let seat = Seat { model, solution, trace: &trace, node, rehearsal };
    react(game, side, &trace, &LazyRun { seat, run: OnceCell::new() })
}

/// What it takes to run the disputed node.
#[derive(Debug)]
struct Seat<'a> {
    model: &'a Model,
    solution: &'a Solution,
    trace: &'a ClaimedTrace<'a>,
    node: u32,
    rehearsal: Rehearsal,
}

impl<'a> Seat<'a> {
    fn run(&self) -> PlayerRun<'a, ClaimedTrace<'a>> {
        let (address, slot_log2) = self.model.program().output();
        let run = self.model.run_node(self.solution, self.trace, self.node);
        let run = PlayerRun::new(run, address, slot_log2).stating(self.rehearsal.steps_log2);
        if self.rehearsal.lies { run.claiming(&self.solution.trace.slot(self.node)) } else { run }
    }
}

/// A run that is computed when a move first needs it.
#[derive(Debug)]
struct LazyRun<'a> {
    seat: Seat<'a>,
    run: OnceCell<PlayerRun<'a, ClaimedTrace<'a>>>,
}

impl<'a> LazyRun<'a> {
    fn get(&self) -> &PlayerRun<'a, ClaimedTrace<'a>> {
        self.run.get_or_init(|| self.seat.run())
    }
}

impl imo_dispute::Run for LazyRun<'_> {
    fn steps(&self) -> u64 {
        self.get().steps()
    }

    fn state_hashes(&self, steps: &[u64]) -> Vec<Hash> {
        self.get().state_hashes(steps)
    }

    fn final_state(&self) -> (Vec<u8>, Vec<Hash>) {
        self.get().final_state()
    }

    fn witness(&self, step: u64) -> Vec<u8> {
        self.get().witness(step)
    }
}
