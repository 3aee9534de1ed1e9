//! Compares the engine with the machine, which gives what a contract would execute.

use imo_commit::{LEAF_LOG2, dense_root};
use imo_vm::{Run, Stopped, TraceBytes};

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
        if slot_of(model, &run, node)?.is_none_or(|slot| slot != solution.trace.slot(node)) {
            return Err(PlayerError::Disagreement { node });
        }
    }
    Ok(())
}

/// Whether my own machine, too, disagrees with the claimed slot. Fails if the node's run does not
/// end.
///
/// # Panics
///
/// If the difference is not at a node of the trace.
pub fn machine_differs(
    model: &Model,
    solution: &Solution,
    difference: &Difference,
) -> Result<bool, PlayerError> {
    let node = u32::try_from(difference.node).expect("a node of a trace");
    let trace = ClaimedTrace::with(&solution.trace, difference.clone());
    let run = model.run_node(solution, &trace, node);
    let slot = slot_of(model, &run, node)?;
    let depth = model.program().parameters().slot_log2 - LEAF_LOG2;
    Ok(slot.is_some_and(|slot| dense_root(&slot, depth) != difference.slot_root))
}

/// The slot that a run left; none if it faulted.
fn slot_of<T: TraceBytes>(
    model: &Model,
    run: &Run<'_, T>,
    node: u32,
) -> Result<Option<Vec<u8>>, PlayerError> {
    match model.program().slot(run) {
        Ok(slot) => Ok(Some(slot)),
        Err(Stopped::OutOfSteps) => Err(PlayerError::BeyondMachine { node }),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use imo_engine::Means;
    use imo_guest::Request;
    use imo_model::ModelImage;
    use imo_pack::pack_bytes;
    use imo_pack::tiny::{TinyShape, gguf};

    use super::*;

    fn tiny() -> Model {
        let (image, _) = pack_bytes(&gguf(1, &TinyShape::default()), |_, _| ()).expect("supported");
        Model::new(ModelImage::from_bytes(image).expect("sound")).expect("a program")
    }

    /// Such a run proves nothing, so it must not count as one that agrees or disagrees.
    #[test]
    fn a_run_without_an_end_is_a_finding_of_its_own() {
        let model = tiny();
        let solution =
            model.solve(&Request::local("the end", 2), None, Means::detect(1)).expect("it runs");
        let siblings = solution.trace.tree().open(1);
        let difference = Difference { node: 1, slot_root: [7; 32], siblings };
        self_check(&model, &solution, true).expect("engine and machine agree");
        assert!(machine_differs(&model, &solution, &difference).expect("the run ends"));

        let model = model.capped(4);
        let found = self_check(&model, &solution, true);
        assert!(matches!(found, Err(PlayerError::BeyondMachine { .. })), "{found:?}");
        let found = machine_differs(&model, &solution, &difference);
        assert!(matches!(found, Err(PlayerError::BeyondMachine { node: 1 })), "{found:?}");
    }
}
