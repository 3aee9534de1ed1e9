//! What a caller chooses besides the request.

use imo_kernels::Isa;
use imo_model::ModelImage;
use imo_text::layout::{OUTPUT_LIMIT, TraceShape};
use imo_trace::Fault;

use crate::numbers::size;

/// How a session computes. None of this changes an answer or a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Means {
    /// Instructions to use; the machine must have them.
    pub isa: Isa,
    /// Threads, at least 1.
    pub threads: usize,
    /// Prompt positions that go through a layer together, at least 1.
    pub batch: usize,
}

impl Means {
    /// The machine's widest instructions, on this many threads.
    pub fn detect(threads: usize) -> Self {
        Self { isa: Isa::detect(), threads, batch: 256 }
    }
}

/// What the program that is traced allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How the trace is laid out.
    pub shape: TraceShape,
    /// The most bytes of a request's input.
    pub input_bytes: u32,
    /// The most bytes of an answer.
    pub output_bytes: usize,
}

impl Limits {
    /// The program's limits, with the smallest trace that holds the model's.
    pub fn of(image: &ModelImage) -> Self {
        Self {
            shape: TraceShape::smallest(image.header()),
            input_bytes: image.header().program.input_limit,
            output_bytes: size(OUTPUT_LIMIT),
        }
    }
}

/// What a caller asks for besides the request. By default nothing; then the trace is the program's.
#[derive(Debug, Clone, Default)]
pub struct Deviations {
    /// Uses these tokens as the prompt's, without the tokenizer.
    pub prompt_tokens: Option<Vec<u32>>,
    /// Continues after a token that ends the sequence.
    pub ignore_end: bool,
    /// Makes something wrong on purpose.
    pub fault: Option<Fault>,
}
