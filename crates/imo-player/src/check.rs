//! Compares the engine with the machine, which gives what a contract would execute.

use imo_commit::{LEAF_LOG2, dense_root};
use imo_vm::Stopped;

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
        match model.program().slot(&run) {
            Ok(slot) if slot == solution.trace.slot(node) => {}
            Err(Stopped::OutOfSteps) => return Err(PlayerError::OutOfSteps { node }),
            _ => return Err(PlayerError::Disagreement { node }),
        }
    }
    Ok(())
}

/// What my own machine says of a claimed slot that differs from my engine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineVerdict {
    /// It gives another slot: the claim is wrong, and a game would prove it.
    Differs,
    /// It gives the claimed slot, or stops without one: my engine is wrong.
    Agrees,
    /// It ran to its last step: no game can say who is right. No image that packs leads to this.
    OutOfSteps,
}

/// Runs a node in which a claim differs from my engine in my own machine.
///
/// # Panics
///
/// If the difference is not at a node of the trace.
pub fn judge_difference(
    model: &Model,
    solution: &Solution,
    difference: &Difference,
) -> MachineVerdict {
    let node = u32::try_from(difference.node).expect("a node of a trace");
    let trace = ClaimedTrace::with(&solution.trace, difference.clone());
    let run = model.run_node(solution, &trace, node);
    let depth = model.program().parameters().slot_log2 - LEAF_LOG2;
    match model.program().slot(&run) {
        Ok(slot) if dense_root(&slot, depth) != difference.slot_root => MachineVerdict::Differs,
        Err(Stopped::OutOfSteps) => MachineVerdict::OutOfSteps,
        _ => MachineVerdict::Agrees,
    }
}

#[cfg(test)]
mod tests {
    use imo_engine::Means;
    use imo_model::ModelImage;
    use imo_pack::pack_bytes;
    use imo_pack::tiny::{TinyShape, gguf};
    use imo_text::layout::Request;
    use imo_trace::Fault;

    use super::*;
    use crate::claimed::first_difference;

    fn model() -> Model {
        let (image, _) = pack_bytes(&gguf(1, &TinyShape::default()), |_, _| ()).expect("supported");
        Model::new(ModelImage::from_bytes(image).expect("sound")).expect("a program")
    }

    #[test]
    fn a_node_that_does_not_end_is_a_verdict_of_its_own() {
        let request = Request::local("the end", 2);
        let solve = |model: &Model, fault| {
            model.solve(&request, fault, Means::detect(1)).expect("it is answered")
        };
        let model = model();
        let honest = solve(&model, None);
        let node = honest.trace.nodes().nth(3).expect("a layer");
        let wrong = solve(&model, Some(Fault::Node { index: node, bit: 0 }));
        let children = |level, index| {
            let tree = wrong.trace.tree();
            Some((tree.subtree(level - 1, 2 * index), tree.subtree(level - 1, 2 * index + 1)))
        };
        let lie = first_difference(&honest.trace, wrong.root(), children).expect("they differ");
        assert_eq!(judge_difference(&model, &honest, &lie), MachineVerdict::Differs);
        self_check(&model, &honest, true).expect("engine and machine agree");
        // With my engine wrong, the machine sides with the other.
        let children = |level, index| {
            let tree = honest.trace.tree();
            Some((tree.subtree(level - 1, 2 * index), tree.subtree(level - 1, 2 * index + 1)))
        };
        let truth = first_difference(&wrong.trace, honest.root(), children).expect("they differ");
        assert_eq!(judge_difference(&model, &wrong, &truth), MachineVerdict::Agrees);

        let short = model.capped(10);
        assert_eq!(judge_difference(&short, &honest, &lie), MachineVerdict::OutOfSteps);
        let refusal = self_check(&short, &honest, true).expect_err("no node ends");
        assert!(matches!(refusal, PlayerError::OutOfSteps { .. }), "{refusal}");
    }
}
