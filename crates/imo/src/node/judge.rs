//! Whether a claim is right, found out by running the model again.

use std::sync::Arc;

use imo_chain::{ClaimView, RequestView};
use imo_commit::dense_root;
use tokio::task::block_in_place;

use crate::claimed::{ClaimedTrace, Difference};
use crate::node::models::{Model, Solution};
use crate::node::worker::Worker;

/// What is known of a claim.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// My own trace has the same root.
    Right,
    /// It differs from my own at this node first, and my machine agrees with my engine.
    Wrong(Difference),
    /// It differs, and its trace cannot be had.
    Withheld,
    /// My engine and my machine disagree: I am wrong somewhere, and say nothing.
    MyMistake,
}

impl Verdict {
    /// Whether a correct answer is still to be given.
    pub(crate) const fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong(_) | Self::Withheld)
    }
}

impl Worker {
    /// Runs the model as the claimant should have.
    pub(crate) async fn judge(
        &mut self,
        claim: &ClaimView,
        request: &RequestView,
    ) -> anyhow::Result<Verdict> {
        if let Some(verdict) = self.verdicts.get(&claim.id) {
            return Ok(verdict.clone());
        }
        let content_id = claim.preimage.contentId;
        let solution =
            block_in_place(|| self.solver.solve(content_id, request, claim.preimage.claimant))?;
        let model = self.solver.model(content_id).expect("it was just run");
        let verdict = self.compare(claim, model, &solution);
        self.verdicts.insert(claim.id, verdict.clone());
        Ok(verdict)
    }

    fn compare(&self, claim: &ClaimView, model: &Model, solution: &Arc<Solution>) -> Verdict {
        let root = claim.preimage.traceRoot;
        if solution.trace.tree().root() == root.0 {
            return Verdict::Right;
        }
        let found = block_in_place(|| self.sources.difference(claim, &solution.trace));
        let Some(difference) = found else { return Verdict::Withheld };
        let rehearses = self.rehearsal.lies;
        if rehearses || block_in_place(|| machine_differs(model, solution, &difference)) {
            Verdict::Wrong(difference)
        } else {
            let node = difference.node;
            self.terminal.note(format!(
                "claim {}: my engine and my machine disagree about node {node}; not challenged",
                claim.id
            ));
            Verdict::MyMistake
        }
    }
}

/// Whether my own machine, too, gives another slot than the claimed one.
fn machine_differs(model: &Model, solution: &Solution, difference: &Difference) -> bool {
    let node = u32::try_from(difference.node).expect("a node of a trace");
    let trace = ClaimedTrace::with(&solution.trace, difference.clone());
    let run = model.run_node(solution, &trace, node);
    model.program.slot(&run).is_ok_and(|slot| {
        let depth = model.program.program().slot_log2 - imo_commit::LEAF_LOG2;
        dense_root(&slot, depth) != difference.slot_root
    })
}
