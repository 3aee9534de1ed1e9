//! The guest program and the runs of its nodes.

use std::ops::ControlFlow;

use imo_commit::{DenseTree, Hash, dense_root, depth};
use imo_engine::{Answer, Deviations, Limits, Request, Session};
use imo_model::{ModelImage, Program, TraceShape, content_id};
use imo_trace::{Recording, Trace};
use imo_vm::{Elf, Machine, Run, Segments, State, Stopped, TraceBytes};

/// The `text` guest, as `programs/build.sh` built it.
const TEXT_ELF: &[u8] = include_bytes!("../../../programs/text.elf");
/// Depth of the guest's memory: 4 MiB.
const MEMORY_DEPTH: u8 = 15;
/// Depth of the input: a header and the longest prompt.
const INPUT_DEPTH: u8 = 8;
/// Step cap, as a power of two.
const STEPS_LOG2: u8 = 32;
/// Where the guest leaves its slot.
const OUTPUT_ADDRESS: u32 = 0;
/// Most bytes of a prompt; the guest's own limit.
const PROMPT_LIMIT: u32 = 16_384;
/// Most bytes of an answer; the guest's own limit.
const OUTPUT_LIMIT: u32 = 24_575;

/// The guest, which is the same for every model.
///
/// # Panics
/// Never: it is part of this binary and was tested with it.
pub(crate) fn guest() -> Elf {
    Elf::parse(TEXT_ELF, MEMORY_DEPTH).expect("the guest is an executable")
}

/// The `text` program for one model.
#[derive(Debug)]
pub struct TextProgram {
    elf: Elf,
    shape: TraceShape,
    program: Program,
}

impl TextProgram {
    /// The program with the smallest trace that holds the model's.
    pub fn new(image: &ModelImage) -> Self {
        let elf = guest();
        let shape = image.trace_shape();
        let program = Program {
            code_root: dense_root(&elf.code, elf.code_depth()),
            code_base: elf.code_base,
            entry: elf.entry,
            code_depth: elf.code_depth(),
            memory_depth: MEMORY_DEPTH,
            input_depth: INPUT_DEPTH,
            nodes_log2: shape.nodes_log2,
            slot_log2: shape.slot_log2,
            steps_log2: STEPS_LOG2,
            output_address: OUTPUT_ADDRESS,
            prompt_limit: PROMPT_LIMIT,
            output_limit: OUTPUT_LIMIT,
        };
        Self { elf, shape, program }
    }

    /// Its parameters, as the chain has them.
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// Those parameters as the contract takes them.
    pub fn on_chain(&self) -> imo_chain::contracts::OpmlVerifier::Program {
        let it = &self.program;
        imo_chain::contracts::OpmlVerifier::Program {
            codeRoot: it.code_root.into(),
            codeBase: it.code_base,
            entry: it.entry,
            codeDepth: it.code_depth,
            memoryDepth: it.memory_depth,
            inputDepth: it.input_depth,
            nodesLog2: it.nodes_log2,
            slotLog2: it.slot_log2,
            stepsLog2: it.steps_log2,
            outputAddress: it.output_address,
            promptLimit: it.prompt_limit,
            outputLimit: it.output_limit,
            vmVersion: Program::VM_VERSION,
        }
    }

    /// Its code.
    pub fn code(&self) -> &[u8] {
        &self.elf.code
    }

    /// How its traces are laid out.
    pub const fn shape(&self) -> &TraceShape {
        &self.shape
    }

    /// What it allows, for the engine.
    pub const fn limits(&self) -> Limits {
        Limits {
            shape: self.shape,
            prompt_bytes: PROMPT_LIMIT as usize,
            output_bytes: OUTPUT_LIMIT as usize,
        }
    }

    /// The chain's name for this program with this image.
    pub fn content_id(&self, image: &ModelImage) -> Hash {
        content_id(image.root(), image.bytes().len() as u64, self.program.id())
    }

    /// The machine that a node runs on.
    pub fn machine(&self, image_length: u64, node: u32) -> Machine {
        Machine {
            code_base: self.program.code_base,
            code_depth: self.program.code_depth,
            memory_depth: MEMORY_DEPTH,
            input_depth: INPUT_DEPTH,
            model_depth: depth(image_length),
            trace_depth: self.shape.nodes_log2 + self.shape.slot_log2 - 7,
            trace_limit: u64::from(node) << self.shape.slot_log2,
        }
    }

    /// Runs a node to its end over a model, an input memory and a trace.
    pub fn run<'a, T: TraceBytes>(
        &'a self,
        (image, tree): (&'a ModelImage, &'a DenseTree),
        input: &'a [u8],
        trace: &'a T,
        node: u32,
    ) -> Run<'a, T> {
        let machine = self.machine(image.bytes().len() as u64, node);
        let segments = Segments::new(
            machine,
            &self.elf.code,
            input,
            (image.bytes(), Some(tree)),
            (trace, self.shape.slot_log2),
        );
        let arguments = [node, self.shape.nodes_log2.into(), self.shape.slot_log2.into()];
        let state = State::new(self.program.entry, arguments);
        Run::new(segments, state, self.elf.memory(MEMORY_DEPTH), 1 << STEPS_LOG2)
    }

    /// The slot that a run left, or how it stopped when that is not what a node does.
    pub fn slot<T: TraceBytes>(&self, run: &Run<'_, T>) -> Result<Vec<u8>, Stopped> {
        match run.stopped() {
            Stopped::Halted { code: 0 } => {
                Ok(run.output(OUTPUT_ADDRESS as usize, 1 << self.shape.slot_log2))
            }
            other => Err(other),
        }
    }
}

/// An answer with its trace, every slot kept.
pub fn answer(
    session: &Session<'_>,
    request: &Request,
    deviations: &Deviations,
) -> (Answer, Trace) {
    let shape = session.limits().shape;
    let sink = Recording::new(shape.slot_log2);
    let answer = session.run(request, deviations, &sink, |_| ControlFlow::Continue(()));
    (answer, sink.into_trace(shape.nodes_log2))
}
