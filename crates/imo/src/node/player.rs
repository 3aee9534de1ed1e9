//! A seat in a game: the position and my own computation, put before `imo_dispute::react`.

use std::cell::OnceCell;

use imo_chain::GameView;
use imo_commit::Hash;
use imo_dispute::{Move, Side, react};
use imo_vm::Run;

use crate::claimed::{ClaimedTrace, Difference, PlayerRun};
use crate::node::models::{Model, Solution};

/// How a rehearsing player departs from the truth.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rehearsal {
    /// Its machine gets what its engine got, right or wrong.
    pub(crate) lies: bool,
    /// States at least this many steps, as a power of two.
    pub(crate) steps_log2: Option<u32>,
}

/// The next move of the player on `side`, or none when it has nothing to do.
pub(crate) fn next_move(
    game: &imo_dispute::Game,
    view: &GameView,
    side: Side,
    (model, solution): (&Model, &Solution),
    rehearsal: Rehearsal,
) -> Option<Move> {
    let trace = trace_of(view, side, solution);
    let node = game.node.and_then(|node| u32::try_from(node).ok()).unwrap_or_default();
    let seat = Seat { model, solution, trace: &trace, node, rehearsal };
    react(game, side, &trace, &LazyRun { seat, run: OnceCell::new() })
}

/// The trace that the game is about: a challenger's own up to the disputed node, and beside it what the claimant has shown.
fn trace_of<'a>(view: &GameView, side: Side, solution: &'a Solution) -> ClaimedTrace<'a> {
    match (side, view.slot()) {
        (Side::Challenger, Some((node, slot_root, siblings))) => {
            let siblings = siblings.to_vec();
            ClaimedTrace::with(&solution.trace, Difference { node, slot_root, siblings })
        }
        _ => ClaimedTrace::own(&solution.trace),
    }
}

/// What a run of the disputed node is made of.
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
        let program = self.model.program.program();
        let (address, slot_log2) = (program.output_address as usize, program.slot_log2);
        let run = self.model.run_node(self.solution, self.trace, self.node);
        let run = if self.rehearsal.lies {
            spoil(run, address, &self.solution.trace.slot(self.node))
        } else {
            run
        };
        PlayerRun::new(run, address, slot_log2).stating(self.rehearsal.steps_log2)
    }
}

/// A machine that ends with the slot that is claimed, right after the last true store to what differs.
fn spoil<'a>(
    run: Run<'a, ClaimedTrace<'a>>,
    address: usize,
    claimed: &[u8],
) -> Run<'a, ClaimedTrace<'a>> {
    let true_slot = run.output(address, claimed.len());
    let differs = |at: &usize| true_slot[*at] != claimed[*at];
    let Some(first) = (0..claimed.len()).find(differs) else { return run };
    let end = (first..claimed.len()).rfind(differs).unwrap_or(first) + 1;
    let last = run.last_store(address + first..address + end).unwrap_or(run.steps() - 1);
    run.with_glitch(last, address + first, claimed[first..end].to_vec())
}

/// A run that is made when a move first needs it.
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
