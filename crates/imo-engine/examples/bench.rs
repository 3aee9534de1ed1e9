//! Tokens per second of a packed model: `bench IMAGE [PROMPT_TOKENS] [ANSWER_TOKENS] [THREADS]`.
#![expect(clippy::print_stdout, reason = "a program")]

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use imo_engine::{Commitment, Deviations, Isa, Limits, Means, Request, Session, Sink, Uncommitted};
use imo_model::ModelImage;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("the path of a packed model");
    let mut number = |default| arguments.next().map_or(default, |it| it.parse().expect("a number"));
    let (prompt, answer) = (number(128_u32), number(64_u32));
    let image = ModelImage::open(Path::new(&path)).expect("a packed model");
    let shape = image.trace_shape();
    let threads = usize::try_from(number(0)).expect("a count");
    let counts = if threads == 0 { vec![1, 2] } else { vec![threads] };
    for threads in counts {
        for isa in Isa::available().skip(1) {
            let limits = Limits { shape, prompt_bytes: 1 << 16, output_bytes: 1 << 16 };
            let means = Means { isa, ..Means::detect(threads) };
            let session = Session::new(&image, limits, means).expect("a session");
            for _ in 0..2 {
                measure(&session, "no trace", (prompt, answer), &Uncommitted);
                let sink = Commitment::new(shape.slot_log2);
                measure(&session, "trace", (prompt, answer), &sink);
                let start = Instant::now();
                let root = sink.into_trace(shape.nodes_log2).root();
                println!("  root {:02x?}… in {:?}", &root[..4], start.elapsed());
            }
        }
    }
}

/// Runs once and prints the speeds.
fn measure(session: &Session<'_>, name: &str, (prompt, answer): (u32, u32), sink: &dyn Sink) {
    let request = Request::local("", answer);
    let tokens = (0..prompt).map(|at| 1000 + at * 37 % 20_000).collect();
    let deviations =
        Deviations { prompt_tokens: Some(tokens), ignore_end: true, ..Deviations::default() };
    let start = Instant::now();
    let mut first = None;
    session.run(&request, &deviations, sink, |_| {
        first.get_or_insert_with(|| start.elapsed());
        ControlFlow::Continue(())
    });
    let first = first.expect("a token").as_secs_f64();
    let rest = start.elapsed().as_secs_f64() - first;
    println!(
        "{:?}, {} threads, {name}: prompt {:.1}/s, decode {:.1}/s",
        session.means().isa,
        session.means().threads,
        f64::from(prompt) / first,
        f64::from(answer - 1) / rest
    );
}
