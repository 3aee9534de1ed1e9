//! A glance at how fast this computer is. `imo bench` is the real benchmark.

use std::ops::ControlFlow;
use std::time::Instant;

use imo_engine::{Deviations, Means, Session};
use imo_player::{ClaimedTrace, Model, Request, text};
use imo_trace::Recording;
use serde::Serialize;

use crate::terminal::Terminal;
use crate::threads;

const PROMPT_TOKENS: u32 = 128;
const TOKENS: u32 = 64;

/// Speeds, including commitments.
#[derive(Debug, Serialize)]
pub(crate) struct Speed {
    decode_tps: f64,
    prompt_tps: f64,
    vm_mips: f64,
}

/// Runs the model once, and one layer of it in the machine.
pub(crate) fn measure(model: &Model, terminal: Terminal) -> anyhow::Result<Speed> {
    let image = model.image();
    let limits = text::limits(image)?;
    let session = Session::new(image, limits, Means::detect(threads::count(None)))?;
    let shape = limits.shape;
    let header = image.header();
    let prompt = PROMPT_TOKENS.min(header.context / 2);
    let request = Request::local("", TOKENS.min(header.context / 2));
    let deviations = Deviations {
        prompt_tokens: Some((0..prompt).map(|i| i * 7919 % header.vocab).collect()),
        ignore_end: true,
        fault: None,
    };
    let sink = Recording::new(shape.slot_log2);
    let started = Instant::now();
    let mut first = None;
    let answer = session.run(&request, &deviations, &sink, |_| {
        first.get_or_insert_with(|| started.elapsed());
        ControlFlow::Continue(())
    });
    let (all, first) = (started.elapsed(), first.unwrap_or_default());
    let trace = sink.into_trace(shape.nodes_log2);

    let (claimed, input) = (ClaimedTrace::own(&trace), request.encode());
    let node = shape.layer(prompt - 1, header.layers / 2);
    let started = Instant::now();
    let run = model.program().run((image, model.tree()), &input, &claimed, node);
    let machine_s = started.elapsed().as_secs_f64();

    let speed = Speed {
        decode_tps: (answer.tokens.len() - 1) as f64 / (all - first).as_secs_f64(),
        prompt_tps: f64::from(prompt) / first.as_secs_f64(),
        vm_mips: run.steps() as f64 / machine_s / 1e6,
    };
    let Speed { decode_tps, prompt_tps, vm_mips } = &speed;
    terminal.line(format!(
        "  reads {prompt_tps:.0} and writes {decode_tps:.0} tokens/s, every node committed; \
         a layer's node takes {} steps, at {vm_mips:.0} M/s",
        indicatif::HumanCount(run.steps())
    ));
    Ok(speed)
}
