//! The program `text`: a language model answers a prompt.

use std::ops::ControlFlow;

use imo_engine::{Answer, Deviations, Limits, Means, Session};
use imo_guest::layout::{MEMORY_DEPTH, OUTPUT_ADDRESS};
use imo_model::{ModelImage, NodeSteps, TEXT_PROGRAM};
use imo_text::layout::{
    INPUT_DEPTH, Kind, OUTPUT_LIMIT, Origin, PROMPT_LIMIT, Request, STEPS_LOG2, SamplingWord,
    Stops, TraceShape, slots,
};
use imo_trace::{Fault, Recording, Trace};

use crate::error::PlayerError;
use crate::guest::{Guest, NodeKind, TraceSize};
use crate::solution::Solution;

/// The row of the text program.
pub static TEXT: Guest = Guest {
    number: TEXT_PROGRAM,
    name: "text",
    elf: include_bytes!("../../../programs/text.elf"),
    lines: include_str!("../../../programs/text.lines"),
    memory_depth: MEMORY_DEPTH,
    input_depth: INPUT_DEPTH,
    steps_log2: STEPS_LOG2,
    output_address: OUTPUT_ADDRESS,
    prompt_limit: PROMPT_LIMIT,
    output_limit: OUTPUT_LIMIT,
    trace,
    most_steps,
    solve,
    claimant: slots::tokens::CLAIMANT,
    kind,
};

/// The program's limits for an image, for callers that run the engine themselves.
pub fn limits(image: &ModelImage) -> Result<Limits, PlayerError> {
    TEXT.require(image)?;
    Ok(Limits::of(image))
}

/// A request from the fields that an oracle keeps: the sampling options in one word, and the stop
/// sequences after the prompt.
pub fn request(
    origin: Origin,
    (seed, max_tokens, raw): (u64, u32, bool),
    sampling: &[u8; 32],
    text: &[u8],
) -> Result<Request<Vec<u8>>, PlayerError> {
    let word = SamplingWord::parse(sampling).ok_or(PlayerError::MalformedSampling)?;
    let (prompt, stops) = Stops::split(text, word.stop_lengths).ok_or(PlayerError::MissingStops)?;
    let (sampling, prompt) = (word.sampling, prompt.to_vec());
    Ok(Request { origin, seed, max_tokens, sampling, stops, raw, prompt })
}

/// The answer, and the trace with every slot.
pub fn answer(
    session: &Session<'_>,
    request: &Request<Vec<u8>>,
    deviations: &Deviations,
) -> (Answer, Trace) {
    let shape = session.limits().shape;
    let sink = Recording::new(shape.slot_log2);
    let answer = session.run(request, deviations, &sink, |_| ControlFlow::Continue(()));
    (answer, sink.into_trace(shape.nodes_log2))
}

fn trace(image: &ModelImage) -> Option<TraceSize> {
    let shape = TraceShape::smallest(image.header());
    // An image with a valid header may still be too large for a trace.
    let (nodes_log2, slot_log2) = (shape.nodes_log2, shape.slot_log2);
    shape.holds(image.header()).then_some(TraceSize { nodes_log2, slot_log2 })
}

fn most_steps(image: &ModelImage) -> u64 {
    NodeSteps::new(image.header(), image.layers()).most()
}

fn solve(
    image: &ModelImage,
    request: &Request<Vec<u8>>,
    fault: Option<Fault>,
    means: Means,
) -> Result<Solution, PlayerError> {
    let session = Session::new(image, limits(image)?, means)?;
    let deviations = Deviations { fault, ..Deviations::default() };
    let (answer, trace) = answer(&session, request, &deviations);
    let tokens_used = answer.tokens_used();
    Ok(Solution { input: request.encode(), answer: answer.bytes, tokens_used, trace })
}

fn kind(image: &ModelImage, node: u32) -> NodeKind {
    let (name, words) = match TraceShape::smallest(image.header()).kind(node) {
        Kind::Tokens { chunk } => ("tokenizer", format!("tokenizer, chunk {chunk}")),
        Kind::Layer { position, layer } => {
            ("layer", format!("layer {layer} at position {position}"))
        }
        Kind::Head { position, part } => {
            ("head", format!("head part {part} at position {position}"))
        }
        Kind::Sampler { position } => ("sampler", format!("sampler at position {position}")),
        Kind::Emit => ("emit", "emit".to_owned()),
        Kind::Zero => ("zero", "beyond the context".to_owned()),
    };
    NodeKind { name, words }
}
