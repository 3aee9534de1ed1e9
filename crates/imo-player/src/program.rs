//! A guest program set up for one image, and runs of its nodes.

use imo_commit::{DenseTree, Hash, dense_root, depth};
use imo_model::{ModelImage, content_id};
use imo_vm::{Elf, Machine, Run, Segments, State, Stopped, TraceBytes};

use crate::error::PlayerError;
use crate::guest::{Guest, NodeKind, TraceSize};
use crate::programs::guest_of;

/// The program that an image needs, with the size of the smallest trace for that image.
#[derive(Debug)]
pub struct Program {
    guest: &'static Guest,
    elf: Elf,
    parameters: imo_model::Program,
}

impl Program {
    /// Version of the virtual machine that runs the programs.
    pub const VM_VERSION: u8 = imo_model::Program::VM_VERSION;

    /// The program that an image needs.
    pub fn of(image: &ModelImage) -> Result<Self, PlayerError> {
        let guest = guest_of(image)?;
        let elf = guest.executable();
        let TraceSize { nodes_log2, slot_log2 } =
            (guest.trace)(image).ok_or(PlayerError::TooLarge)?;
        let most = (guest.most_steps)(image);
        if most > 1 << guest.steps_log2 {
            return Err(PlayerError::TooManySteps { most, cap_log2: guest.steps_log2 });
        }
        let parameters = imo_model::Program {
            code_root: dense_root(&elf.code, elf.code_depth()),
            code_base: elf.code_base,
            entry: elf.entry,
            code_depth: elf.code_depth(),
            memory_depth: guest.memory_depth,
            input_depth: guest.input_depth,
            nodes_log2,
            slot_log2,
            steps_log2: guest.steps_log2,
            output_address: guest.output_address,
            input_limit: guest.input_limit,
            output_limit: guest.output_limit,
        };
        Ok(Self { guest, elf, parameters })
    }

    /// The program's row in the table.
    pub const fn guest(&self) -> &'static Guest {
        self.guest
    }

    /// The program's parameters, as the chain has them.
    pub const fn parameters(&self) -> &imo_model::Program {
        &self.parameters
    }

    /// The program's code.
    pub fn code(&self) -> &[u8] {
        &self.elf.code
    }

    /// The chain's name for this program together with this image.
    pub fn content_id(&self, image: &ModelImage) -> Hash {
        content_id(image.root(), image.bytes().len() as u64, self.parameters.id())
    }

    /// The machine that runs a node of an image.
    pub fn machine(&self, image_length: u64, node: u32) -> Machine {
        let it = &self.parameters;
        Machine {
            code_base: it.code_base,
            code_depth: it.code_depth,
            memory_depth: it.memory_depth,
            input_depth: it.input_depth,
            model_depth: depth(image_length),
            trace_depth: it.nodes_log2 + it.slot_log2 - 7,
            trace_limit: u64::from(node) << it.slot_log2,
        }
    }

    /// Runs a node to its end, over a model, an input memory and a trace.
    pub fn run<'a, T: TraceBytes>(
        &'a self,
        (image, tree): (&'a ModelImage, &'a DenseTree),
        input: &'a [u8],
        trace: &'a T,
        node: u32,
    ) -> Run<'a, T> {
        let it = &self.parameters;
        let machine = self.machine(image.bytes().len() as u64, node);
        let model = (image.bytes(), Some(tree));
        let segments = Segments::new(machine, &self.elf.code, input, model, (trace, it.slot_log2));
        let state = State::new(it.entry, [node, it.nodes_log2.into(), it.slot_log2.into()]);
        Run::new(segments, state, self.elf.memory(it.memory_depth), 1 << it.steps_log2)
    }

    /// The slot that a run left. The error says how the run stopped if it did not halt.
    pub fn slot<T: TraceBytes>(&self, run: &Run<'_, T>) -> Result<Vec<u8>, Stopped> {
        let (address, slot_log2) = self.output();
        match run.stopped() {
            Stopped::Halted { code: 0 } => Ok(run.output(address, 1 << slot_log2)),
            other => Err(other),
        }
    }

    /// The program with a smaller limit of steps, which ends no run.
    #[cfg(test)]
    pub(crate) const fn capped(mut self, steps_log2: u8) -> Self {
        self.parameters.steps_log2 = steps_log2;
        self
    }

    /// What a node of the trace computes, for a model.
    pub fn kind(&self, image: &ModelImage, node: u32) -> NodeKind {
        (self.guest.kind)(image, node)
    }

    /// The address where a run leaves its slot, and the slot's bytes as a power of two.
    pub(crate) const fn output(&self) -> (usize, u8) {
        (self.parameters.output_address as usize, self.parameters.slot_log2)
    }
}
