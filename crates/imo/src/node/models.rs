//! Models that a node has, and what it computed with them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use imo_chain::RequestView;
use imo_chain::primitives::{Address, B256};
use imo_commit::DenseTree;
use imo_engine::{Answer, Deviations, Means, Request, Session};
use imo_model::{ModelImage, SamplingWord, Stops};
use imo_trace::{Fault, Trace};
use imo_vm::Run;

use crate::claimed::ClaimedTrace;
use crate::program::{TextProgram, answer};
use crate::terminal::Terminal;

/// Bytes of slots kept beside the latest solution's; what falls out is computed again when it is needed.
const KEPT_BYTES: usize = 256 << 20;

/// A model that can be run and judged.
#[derive(Debug)]
pub(crate) struct Model {
    image: ModelImage,
    tree: DenseTree,
    pub(crate) program: TextProgram,
    pub(crate) content_id: B256,
}

/// A request with its answer and trace, as one claimant would claim it.
#[derive(Debug)]
pub(crate) struct Solution {
    input: Vec<u8>,
    pub(crate) answer: Answer,
    pub(crate) trace: Trace,
}

impl Solution {
    /// What a requester pays for; an answer that is an error text used nothing.
    pub(crate) fn tokens_used(&self) -> u32 {
        if self.answer.status == 0 { self.answer.tokens_used() } else { 0 }
    }
}

impl Model {
    /// Opens an image, or a GGUF file, and hashes it.
    pub(crate) fn open(
        path: &Path,
        cache: Option<&Path>,
        terminal: Terminal,
    ) -> anyhow::Result<Self> {
        let image = crate::model::open(path, cache, terminal)?;
        let tree = image.tree();
        let program = TextProgram::new(&image);
        let content_id = program.content_id(&image).into();
        Ok(Self { image, tree, program, content_id })
    }

    fn solve(
        &self,
        request: &Request,
        fault: Option<Fault>,
        means: Means,
    ) -> anyhow::Result<Solution> {
        let session = Session::new(&self.image, self.program.limits(), means)?;
        let deviations = Deviations { fault, ..Deviations::default() };
        let (answer, trace) = answer(&session, request, &deviations);
        Ok(Solution { input: request.encode(), answer, trace })
    }

    /// Runs one node in the virtual machine, over a trace as somebody claims it.
    pub(crate) fn run_node<'a>(
        &'a self,
        solution: &'a Solution,
        trace: &'a ClaimedTrace<'a>,
        node: u32,
    ) -> Run<'a, ClaimedTrace<'a>> {
        self.program.run((&self.image, &self.tree), &solution.input, trace, node)
    }
}

/// Solves requests and remembers the latest few.
#[derive(Debug)]
pub(crate) struct Solver {
    models: BTreeMap<B256, Model>,
    means: Means,
    fault: Option<Fault>,
    chain_id: u64,
    solutions: Vec<Arc<Solution>>,
}

impl Solver {
    pub(crate) fn new(
        models: Vec<Model>,
        means: Means,
        fault: Option<Fault>,
        chain_id: u64,
    ) -> Self {
        let models = models.into_iter().map(|model| (model.content_id, model)).collect();
        Self { models, means, fault, chain_id, solutions: Vec::new() }
    }

    pub(crate) fn model(&self, content_id: B256) -> Option<&Model> {
        self.models.get(&content_id)
    }

    /// The request as `claimant` would answer it, from memory or computed now.
    pub(crate) fn solve(
        &mut self,
        content_id: B256,
        view: &RequestView,
        claimant: Address,
    ) -> anyhow::Result<Arc<Solution>> {
        let request = request_of(view, claimant, self.chain_id)?;
        // All that an answer follows from: host, request, model, claimant, prompt and parameters.
        let input = request.encode();
        if let Some(solution) = self.solutions.iter().find(|it| it.input == input) {
            return Ok(Arc::clone(solution));
        }
        let model = self.models.get(&content_id).context("this node does not have the model")?;
        let solution = Arc::new(model.solve(&request, self.fault, self.means)?);
        let mut kept = self.solutions.iter().map(|it| it.trace.slot_bytes()).sum::<usize>();
        while kept > KEPT_BYTES {
            kept -= self.solutions.remove(0).trace.slot_bytes();
        }
        self.solutions.push(Arc::clone(&solution));
        Ok(solution)
    }
}

/// The request as the engine takes it, in the name of a claimant.
fn request_of(view: &RequestView, claimant: Address, chain_id: u64) -> anyhow::Result<Request> {
    let it = &view.order.request;
    let sampling = SamplingWord::parse(&it.sampling).context("the oracle took a malformed word")?;
    let (prompt, stops) = Stops::split(&view.text, sampling.stop_lengths)
        .context("the oracle took a text without its stop sequences")?;
    Ok(Request {
        chain_id,
        host: it.host.into_array(),
        id: it.id.to_be_bytes(),
        model_id: it.modelId.0,
        claimant: claimant.into_array(),
        seed: it.seed,
        max_tokens: it.maxTokens,
        temperature: sampling.temperature,
        top_k: sampling.top_k,
        top_p: sampling.top_p,
        min_p: sampling.min_p,
        repeat_penalty: sampling.repeat_penalty,
        stops,
        raw: it.flags & 1 != 0,
        prompt: prompt.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use imo_chain::RequestState;
    use imo_chain::contracts::InferenceOracle::Order;
    use imo_chain::primitives::U256;
    use imo_pack::pack_bytes;
    use imo_pack::tiny::{TinyShape, gguf};

    use super::*;

    fn request(id: u64) -> RequestView {
        let mut order = Order::default();
        (order.request.id, order.request.maxTokens) = (U256::from(id), 1);
        RequestView {
            order,
            text: format!("the end of {id}").into_bytes().into(),
            state: RequestState::Open,
            claims: Vec::new(),
        }
    }

    /// A contract may ask twice in one transaction, and a claim on the second with the first one's trace would be a wrong one.
    #[test]
    fn each_request_and_claimant_has_a_solution_of_its_own() {
        let (image, _) = pack_bytes(&gguf(1, &TinyShape::default()), |_, _| ()).expect("supported");
        let image = ModelImage::from_bytes(image).expect("sound");
        let (tree, program) = (image.tree(), TextProgram::new(&image));
        let content_id = program.content_id(&image).into();
        let model = Model { image, tree, program, content_id };
        let mut solver = Solver::new(vec![model], Means::detect(1), None, 1);
        let mut solve = |id: u64, claimant: u8| {
            let claimant = Address::repeat_byte(claimant);
            solver.solve(content_id, &request(id), claimant).expect("the model is there")
        };
        let first = solve(1, 1);
        assert!(Arc::ptr_eq(&first, &solve(1, 1)), "it is remembered");
        for other in [solve(2, 1), solve(1, 2)] {
            assert_ne!(first.input, other.input);
            assert_ne!(first.trace.tree().root(), other.trace.tree().root());
        }
    }
}
