//! The honest player.

use imo_commit::Hash;

use crate::dissection::{Dissection, Range};
use crate::game::{Descent, Game, Phase, Side};
use crate::moves::Move;

/// My own trace of the request that the game is about.
pub trait Trace {
    /// Root of the subtree `levels` above the slots; `index` counts the subtrees of that height.
    fn subtree(&self, levels: u32, index: u64) -> Hash;
}

/// My own run of the disputed node. After it halts, its last state is repeated.
pub trait Run {
    /// Steps until it halts.
    fn steps(&self) -> u64;
    /// Hashes of its states at these steps, which ascend.
    fn state_hashes(&self, steps: &[u64]) -> Vec<Hash>;
    /// Its last state, encoded, with the siblings of the output slot in that state's memory.
    fn final_state(&self) -> (Vec<u8>, Vec<Hash>);
    /// The witness of step `step`: what the contract needs to take it.
    fn witness(&self, step: u64) -> Vec<u8>;
}

/// The next move of the player on `side`; `None` when that player has nothing to do.
///
/// `trace` and `run` are the player's own. An honest player's are right, and so it never loses.
/// `run` is used only in phases that need it, so it may compute on first use.
pub fn react(game: &Game, side: Side, trace: &impl Trace, run: &impl Run) -> Option<Move> {
    let to_move = game.to_move()?;
    if game.expired {
        return (to_move != side).then_some(Move::Timeout);
    }
    if to_move != side {
        return None;
    }
    Some(match &game.phase {
        Phase::Committed(descent) => reveal(*descent, game.k_log2, trace),
        Phase::Revealed(descent, children) => pick(*descent, game.k_log2, children, trace),
        Phase::Opening => state(game.k_log2, run),
        Phase::Dissected { range, dissection, .. } => answer(*range, game.k_log2, dissection, run),
        Phase::Resolved { .. } => return None,
    })
}

fn reveal(descent: Descent, k_log2: u32, trace: &impl Trace) -> Move {
    let count = 1_u64 << descent.opened(k_log2);
    let children = (0..count)
        .map(|index| {
            let child = descent.child(k_log2, index);
            trace.subtree(child.levels, child.prefix)
        })
        .collect();
    Move::Reveal { children }
}

/// Picks the *first* child that differs. Everything to its left is as in my trace, so the disputed
/// node reads what mine does.
fn pick(descent: Descent, k_log2: u32, children: &[Hash], trace: &impl Trace) -> Move {
    let differs = |(index, child): &(u64, &Hash)| {
        let mine = descent.child(k_log2, *index);
        trace.subtree(mine.levels, mine.prefix) != **child
    };
    match (0_u64..).zip(children).find(differs) {
        Some((index, _)) => Move::Pick { index },
        None => Move::Concede,
    }
}

fn state(k_log2: u32, run: &impl Run) -> Move {
    let steps_log2 = run.steps().next_power_of_two().trailing_zeros();
    let range = Range { start: 0, length_log2: steps_log2 };
    let (final_state, opening) = run.final_state();
    let states = middle(range, k_log2, run);
    Move::State { steps_log2, final_state, opening, states }
}

/// Finds the first section whose end differs from mine. If it is a single step, convicts; otherwise
/// dissects it.
fn answer(range: Range, k_log2: u32, theirs: &Dissection, run: &impl Run) -> Move {
    let points: Vec<u64> = range.split_points(k_log2).collect();
    let mine = run.state_hashes(&points);
    let wrong = theirs.states().iter().zip(&mine).position(|(theirs, mine)| theirs != mine);
    // If nothing differs, or the start already does, I agreed to a state that is not mine, and no
    // proof can help.
    let Some(section) = wrong.and_then(|end| end.checked_sub(1)) else { return Move::Concede };

    let index = section as u64;
    let Some(narrowed) = range.section(k_log2, index) else { return Move::Concede };
    let (pair, proof) = (theirs.pair(section), theirs.proof(section));
    if narrowed.length_log2 == 0 {
        let witness = run.witness(narrowed.start);
        return Move::Convict { index, pair, proof, witness };
    }
    let states = middle(narrowed, k_log2, run);
    Move::Dissect { index, pair, proof, states, last: mine[section + 1] }
}

/// My states strictly inside a range.
fn middle(range: Range, k_log2: u32, run: &impl Run) -> Vec<Hash> {
    let points: Vec<u64> = range.split_points(k_log2).collect();
    run.state_hashes(&points[1..points.len() - 1])
}
