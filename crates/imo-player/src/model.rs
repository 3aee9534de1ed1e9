//! A model that can be run and judged.

use imo_commit::{DenseTree, Hash};
use imo_engine::Means;
use imo_guest::Request;
use imo_model::ModelImage;
use imo_trace::Fault;
use imo_vm::Run;

use crate::claimed::ClaimedTrace;
use crate::error::PlayerError;
use crate::guest::NodeKind;
use crate::program::Program;
use crate::solution::Solution;

/// An image with its tree and the program that it needs.
#[derive(Debug)]
pub struct Model {
    image: ModelImage,
    tree: DenseTree,
    program: Program,
    content_id: Hash,
}

impl Model {
    /// Opens a model. This hashes the whole image.
    pub fn new(image: ModelImage) -> Result<Self, PlayerError> {
        let program = Program::of(&image)?;
        let (tree, content_id) = (image.tree(), program.content_id(&image));
        Ok(Self { image, tree, program, content_id })
    }

    /// The model with a program of fewer steps.
    #[cfg(test)]
    pub(crate) fn capped(self, steps_log2: u8) -> Self {
        Self { program: self.program.capped(steps_log2), ..self }
    }

    /// The model's image.
    pub const fn image(&self) -> &ModelImage {
        &self.image
    }

    /// The tree over the image.
    pub const fn tree(&self) -> &DenseTree {
        &self.tree
    }

    /// The program that the model needs.
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// The chain's name for the image together with its program.
    pub const fn content_id(&self) -> Hash {
        self.content_id
    }

    /// What a node of the model's traces computes.
    pub fn kind(&self, node: u32) -> NodeKind {
        self.program.kind(&self.image, node)
    }

    /// Answers a request with the engine. A fault makes the answer wrong on purpose.
    pub fn solve(
        &self,
        request: &Request<Vec<u8>>,
        fault: Option<Fault>,
        means: Means,
    ) -> Result<Solution, PlayerError> {
        (self.program.guest().solve)(&self.image, request, fault, means)
    }

    /// A solution in another claimant's name. Traces of one request differ in slot 0 alone, so this
    /// takes a few hashes. None if slot 0 is zero, or was replaced already.
    pub(crate) fn renamed(
        &self,
        solution: &Solution,
        request: &Request<Vec<u8>>,
    ) -> Option<Solution> {
        let mut slot = solution.trace.slot(0);
        slot[self.program.guest().claimant.clone()].copy_from_slice(&request.origin.claimant);
        Some(Solution {
            input: request.encode(),
            answer: solution.answer.clone(),
            units_used: solution.units_used,
            trace: solution.trace.with_slot(0, &slot)?,
        })
    }

    /// Runs one node in the virtual machine, over a trace as somebody claimed it.
    pub fn run_node<'a>(
        &'a self,
        solution: &'a Solution,
        trace: &'a ClaimedTrace<'a>,
        node: u32,
    ) -> Run<'a, ClaimedTrace<'a>> {
        self.program.run((&self.image, &self.tree), &solution.input, trace, node)
    }
}
