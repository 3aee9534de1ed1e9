//! The programs `text` and `text-long`: a language model answers a prompt or a conversation.

use std::ops::ControlFlow;

use imo_engine::{Answer, Deviations, Limits, Means, Session};
use imo_guest::Request;
use imo_guest::layout::OUTPUT_ADDRESS;
use imo_model::{ModelImage, NodeSteps, TextProgram};
use imo_text::layout::{Kind, OUTPUT_LIMIT, STEPS_LOG2, TraceShape, slots};
use imo_trace::{Fault, Recording, Trace};

use crate::error::PlayerError;
use crate::guest::{Guest, NodeKind, TraceSize};
use crate::solution::Solution;

/// The row of the program `text`.
pub static TEXT: Guest = row(
    TextProgram::TEXT,
    include_bytes!("../../../programs/text.elf"),
    include_str!("../../../programs/text.lines"),
);

/// The row of the program `text-long`.
pub static TEXT_LONG: Guest = row(
    TextProgram::TEXT_LONG,
    include_bytes!("../../../programs/text-long.elf"),
    include_str!("../../../programs/text-long.lines"),
);

const fn row(program: TextProgram, elf: &'static [u8], lines: &'static str) -> Guest {
    let TextProgram { number, name, input_limit, input_depth, memory_depth } = program;
    Guest {
        number,
        name,
        elf,
        lines,
        memory_depth,
        input_depth,
        steps_log2: STEPS_LOG2,
        output_address: OUTPUT_ADDRESS,
        input_limit,
        output_limit: OUTPUT_LIMIT,
        trace,
        most_steps,
        solve,
        claimant: slots::tokens::CLAIMANT,
        kind,
    }
}

/// The program's limits for an image, for callers that run the engine themselves.
pub fn limits(image: &ModelImage) -> Result<Limits, PlayerError> {
    let number = image.program_number();
    match TextProgram::numbered(number) {
        Some(_) => Ok(Limits::of(image)),
        None => Err(PlayerError::OtherProgram { number, wanted: "text" }),
    }
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
    let units_used = answer.units_used();
    Ok(Solution { input: request.encode(), answer: answer.bytes, units_used, trace })
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
