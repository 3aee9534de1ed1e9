//! Answers requests, and remembers the latest answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use imo_commit::Hash;
use imo_engine::Means;
use imo_guest::Request;
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
    solutions: Vec<Kept>,
}

/// A solution, and its input without the claimant.
#[derive(Debug)]
struct Kept {
    unnamed: Vec<u8>,
    solution: Arc<Solution>,
}

impl Solver {
    /// A solver with these models. A fault makes its answers wrong on purpose.
    pub fn new(models: Vec<Model>, means: Means, fault: Option<Fault>) -> Self {
        let models = models.into_iter().map(|model| (model.content_id(), model)).collect();
        Self { models, means, fault, solutions: Vec::new() }
    }

    /// What makes its answers wrong on purpose.
    pub const fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// The model with this content id, if the solver has it.
    pub fn model(&self, content_id: &Hash) -> Option<&Model> {
        self.models.get(content_id)
    }

    /// Whether [`Self::solve`] need not run the model: it has answered this request before, in
    /// whoever's name.
    pub fn remembers(&self, request: &Request<Vec<u8>>) -> bool {
        self.remembered(&unnamed(request)).is_some()
    }

    /// The answer to a request, remembered or computed now. All claimants of a request share one
    /// run of the model.
    pub fn solve(
        &mut self,
        content_id: Hash,
        request: &Request<Vec<u8>>,
    ) -> Result<Arc<Solution>, PlayerError> {
        // The input holds all that an answer depends on: host, request, model, claimant, prompt and
        // parameters.
        let (input, unnamed) = (request.encode(), unnamed(request));
        let model = self.models.get(&content_id).ok_or(PlayerError::NoModel { content_id })?;
        if let Some(solution) = self.remembered(&unnamed) {
            if solution.input == input {
                return Ok(Arc::clone(solution));
            }
            // A fault may lie where the claimant stands.
            if self.fault.is_none()
                && let Some(renamed) = model.renamed(solution, request)
            {
                return Ok(Arc::new(renamed));
            }
        }
        let solution = Arc::new(model.solve(request, self.fault, self.means)?);
        self.solutions.retain(|it| it.unnamed != unnamed);
        let mut kept = self.solutions.iter().map(Kept::bytes).sum::<usize>();
        while kept > KEPT_BYTES {
            kept -= self.solutions.remove(0).bytes();
        }
        self.solutions.push(Kept { unnamed, solution: Arc::clone(&solution) });
        Ok(solution)
    }

    fn remembered(&self, unnamed: &[u8]) -> Option<&Arc<Solution>> {
        self.solutions.iter().find(|it| it.unnamed == unnamed).map(|it| &it.solution)
    }
}

impl Kept {
    fn bytes(&self) -> usize {
        self.solution.trace.slot_bytes()
    }
}

/// The input of a request without its claimant.
fn unnamed(request: &Request<Vec<u8>>) -> Vec<u8> {
    let mut request = request.clone();
    request.origin.claimant = [0; 20];
    request.encode()
}

#[cfg(test)]
mod tests {
    use imo_guest::Origin;
    use imo_model::ModelImage;
    use imo_pack::pack_bytes;
    use imo_pack::tiny::{TinyShape, gguf};

    use super::*;

    /// A contract may ask twice in one transaction. A claim on the second request with the trace of
    /// the first would be wrong.
    #[test]
    fn each_request_and_claimant_has_a_solution_of_its_own() {
        let (model, content_id) = tiny();
        let mut solver = Solver::new(vec![model], Means::detect(1), None);
        let mut solve = |id, claimant| {
            let prompt = format!("the end of {id}");
            solver.solve(content_id, &request(id, claimant, prompt)).expect("it is there")
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

    /// Right answers, a text that is not UTF-8, and one that is too long for the context.
    #[test]
    fn one_run_serves_all_claimants_of_a_request() {
        let (model, content_id) = tiny();
        let prompts = [b"the end".to_vec(), b"\xff".to_vec(), vec![b'a'; 4_000], Vec::new()];
        let mut solver = Solver::new(vec![model], Means::detect(1), None);
        for prompt in prompts {
            let first = request(1, 1, prompt);
            assert!(!solver.remembers(&first));
            solver.solve(content_id, &first).expect("it is there");
            let (model, _) = tiny();
            for claimant in 2..5 {
                let request = Request {
                    origin: Origin { claimant: [claimant; 20], ..first.origin },
                    ..first.clone()
                };
                assert!(solver.remembers(&request));
                let shared = solver.solve(content_id, &request).expect("it is there");
                let own = model.solve(&request, None, Means::detect(1)).expect("it runs");
                assert_eq!((shared.root(), &shared.input), (own.root(), &own.input));
                assert_eq!(shared.open_emit(), own.open_emit());
                assert_eq!(shared.trace.slot(0), own.trace.slot(0));
            }
            assert_eq!(solver.solutions.len(), 1, "only the first one was computed");
            solver.solutions.clear();
        }
    }

    fn tiny() -> (Model, Hash) {
        let (image, _) = pack_bytes(&gguf(1, &TinyShape::default()), |_, _| ()).expect("supported");
        let model = Model::new(ModelImage::from_bytes(image).expect("sound")).expect("a program");
        let content_id = model.content_id();
        (model, content_id)
    }

    fn request(id: u8, claimant: u8, prompt: impl Into<Vec<u8>>) -> Request<Vec<u8>> {
        Request {
            origin: Origin { id: [id; 32], claimant: [claimant; 20], ..Origin::default() },
            ..Request::local(prompt, 1)
        }
    }
}
