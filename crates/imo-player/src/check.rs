//! Compares the engine with the machine, which gives what a contract would execute.

use imo_commit::{LEAF_LOG2, dense_root};

use crate::claimed::{ClaimedTrace, Difference};
use crate::error::PlayerError;
use crate::model::Model;
use crate::solution::Solution;

/// Compares the engine with the machine on some nodes of a solution: always on one node, and with
/// `every_kind` (for a new model) on one node of each kind.
pub fn self_check(model: &Model, solution: &Solution, every_kind: bool) -> Result<(), PlayerError> {
    let trace = ClaimedTrace::own(&solution.trace);
    let live: Vec<u32> = solution.trace.nodes().collect();
    let with_kind = |node: &u32| (*node, model.kind(*node).name);
    let mut nodes = vec![with_kind(&live[usize::from(solution.root()[0]) * live.len() / 256])];
    if every_kind {
        for (node, kind) in live.iter().rev().map(with_kind) {
            if nodes.iter().all(|(_, it)| *it != kind) {
                nodes.push((node, kind));
            }
        }
    }
    for (node, _) in nodes {
        let run = model.run_node(solution, &trace, node);
        let slot = model.program().slot(&run);
        if slot.ok().is_none_or(|slot| slot != solution.trace.slot(node)) {
            return Err(PlayerError::Disagreement { node });
        }
    }
    Ok(())
}

/// Whether my own machine, too, disagrees with the claimed slot.
///
/// # Panics
///
/// If the difference is not at a node of the trace.
pub fn machine_differs(model: &Model, solution: &Solution, difference: &Difference) -> bool {
    let node = u32::try_from(difference.node).expect("a node of a trace");
    let trace = ClaimedTrace::with(&solution.trace, difference.clone());
    let run = model.run_node(solution, &trace, node);
    model.program().slot(&run).is_ok_and(|slot| {
        let depth = model.program().parameters().slot_log2 - LEAF_LOG2;
        dense_root(&slot, depth) != difference.slot_root
    })
}
