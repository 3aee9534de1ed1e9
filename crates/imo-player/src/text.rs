//! The program `text`: a language model answers a prompt.

use std::ops::ControlFlow;

use imo_engine::{Answer, Deviations, Fault, Limits, Means, Recording, Request, Session, Trace};
use imo_model::{Kind, ModelImage};

use crate::error::PlayerError;
use crate::guest::{Guest, NodeKind, TraceSize};
use crate::solution::Solution;

/// Its row.
pub static TEXT: Guest = Guest {
    number: 1,
    name: "text",
    elf: include_bytes!("../../../programs/text.elf"),
    lines: include_str!("../../../programs/text.lines"),
    // 4 MiB.
    memory_depth: 15,
    input_depth: 8,
    steps_log2: 32,
    output_address: 0,
    prompt_limit: 16_384,
    output_limit: 24_575,
    trace,
    solve,
    kind,
};

/// What the program allows with an image, for those who run its engine themselves.
pub fn limits(image: &ModelImage) -> Result<Limits, PlayerError> {
    TEXT.require(image)?;
    Ok(Limits {
        shape: image.trace_shape(),
        prompt_bytes: TEXT.prompt_limit as usize,
        output_bytes: TEXT.output_limit as usize,
    })
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

fn trace(image: &ModelImage) -> Option<TraceSize> {
    let shape = image.trace_shape();
    // The header alone does not bound a trace.
    let (nodes_log2, slot_log2) = (shape.nodes_log2, shape.slot_log2);
    shape.holds(image.header()).then_some(TraceSize { nodes_log2, slot_log2 })
}

fn solve(
    image: &ModelImage,
    request: &Request,
    fault: Option<Fault>,
    means: Means,
) -> Result<Solution, PlayerError> {
    let session = Session::new(image, limits(image)?, means)?;
    let deviations = Deviations { fault, ..Deviations::default() };
    let (answer, trace) = answer(&session, request, &deviations);
    let tokens_used = if answer.status == 0 { answer.tokens_used() } else { 0 };
    Ok(Solution { input: request.encode(), answer: answer.bytes, tokens_used, trace })
}

fn kind(image: &ModelImage, node: u32) -> NodeKind {
    let (name, words) = match image.trace_shape().kind(node) {
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
