//! Answers requests, and remembers the latest answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use imo_commit::Hash;
use imo_engine::Means;
use imo_text::layout::Request;
use imo_trace::Fault;

use crate::error::PlayerError;
use crate::model::Model;
use crate::solution::Solution;

/// Bytes of slots to keep beside those of the latest solution. A solution that is dropped is
/// computed again when it is needed.
const KEPT_BYTES: usize = 256 << 20;

/// Solves requests, and remembers the latest few solutions.
#[derive(Debug)]
pub struct Solver {
    models: BTreeMap<Hash, Model>,
    means: Means,
    fault: Option<Fault>,
    solutions: Vec<Arc<Solution>>,
}

impl Solver {
    /// A solver with these models. A fault makes its answers wrong on purpose.
    pub fn new(models: Vec<Model>, means: Means, fault: Option<Fault>) -> Self {
        let models = models.into_iter().map(|model| (model.content_id(), model)).collect();
        Self { models, means, fault, solutions: Vec::new() }
    }

    /// The model with this content id, if the solver has it.
    pub fn model(&self, content_id: &Hash) -> Option<&Model> {
        self.models.get(content_id)
    }

    /// The answer to a request, remembered or computed now.
    pub fn solve(
        &mut self,
        content_id: Hash,
        request: &Request<Vec<u8>>,
    ) -> Result<Arc<Solution>, PlayerError> {
        // The input holds all that an answer depends on: host, request, model, claimant, prompt and
        // parameters.
        let input = request.encode();
        if let Some(solution) = self.solutions.iter().find(|it| it.input == input) {
            return Ok(Arc::clone(solution));
        }
        let model = self.models.get(&content_id).ok_or(PlayerError::NoModel { content_id })?;
        let solution = Arc::new(model.solve(request, self.fault, self.means)?);
        let mut kept = self.solutions.iter().map(|it| it.trace.slot_bytes()).sum::<usize>();
        while kept > KEPT_BYTES {
            kept -= self.solutions.remove(0).trace.slot_bytes();
        }
        self.solutions.push(Arc::clone(&solution));
        Ok(solution)
    }
}

#[cfg(test)]
mod tests {
    use imo_model::ModelImage;
    use imo_pack::pack_bytes;
    use imo_pack::tiny::{TinyShape, gguf};
    use imo_text::layout::Origin;

    use super::*;

    /// A contract may ask twice in one transaction. A claim on the second request with the trace of
    /// the first would be wrong.
    #[test]
    fn each_request_and_claimant_has_a_solution_of_its_own() {
        let (image, _) = pack_bytes(&gguf(1, &TinyShape::default()), |_, _| ()).expect("supported");
        let model = Model::new(ModelImage::from_bytes(image).expect("sound")).expect("a program");
        let content_id = model.content_id();
        let mut solver = Solver::new(vec![model], Means::detect(1), None);
        let mut solve = |id: u8, claimant: u8| {
            let prompt = format!("the end of {id}");
            let request = Request {
                origin: Origin { id: [id; 32], claimant: [claimant; 20], ..Origin::default() },
                ..Request::local(prompt, 1)
            };
            solver.solve(content_id, &request).expect("the model is there")
        };
        let first = solve(1, 1);
        assert!(Arc::ptr_eq(&first, &solve(1, 1)), "it is remembered");
        for other in [solve(2, 1), solve(1, 2)] {
            assert_ne!(first.input, other.input);
            assert_ne!(first.root(), other.root());
        }
        let other = solver.solve([1; 32], &Request::local("another model", 1));
        assert!(matches!(other, Err(PlayerError::NoModel { .. })), "{other:?}");
    }
}
