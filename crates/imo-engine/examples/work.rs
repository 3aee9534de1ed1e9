//! A fixed piece of work, for a tool that counts instructions:
//! `work KERNELS KIND PROMPT_TOKENS ANSWER_TOKENS COMMIT`.
//!
//! `KERNELS` is the name of an [`Isa`], `KIND` GGUF's number of a tensor type, and `COMMIT` is 1
//! where the trace is hashed.

use std::ops::ControlFlow;

use imo_engine::{Deviations, Limits, Means, Session};
use imo_guest::Request;
use imo_kernels::Isa;
use imo_model::ModelImage;
use imo_pack::pack_bytes;
use imo_pack::tiny::{TinyShape, gguf};
use imo_trace::{Commitment, Uncommitted};

fn main() {
    let mut args = std::env::args().skip(1);
    let kernels = args.next().expect("a name of kernels");
    let isa = Isa::ALL.into_iter().find(|isa| isa.name() == kernels).expect("kernels there are");
    let numbers: Vec<u32> = args.map(|it| it.parse().expect("a number")).collect();
    let [kind, prompt, answer, commit] = numbers[..] else { panic!("four numbers") };
    let shape = TinyShape {
        layers: 2,
        dim: 512,
        ffn: 1536,
        heads: 8,
        kv_heads: 2,
        context: 64,
        tied: true,
        kind,
        ..TinyShape::default()
    };
    let (image, _) = pack_bytes(&gguf(1, &shape), |_, _| {}).expect("it packs");
    let image = ModelImage::from_bytes(image).expect("what was packed is valid");
    let limits = Limits::of(&image);
    let means = Means { isa, ..Means::detect(1) };
    let session = Session::new(&image, limits, means).expect("the machine will do");
    let deviations = Deviations {
        prompt_tokens: Some((0..prompt).map(|index| index % image.header().vocab).collect()),
        ignore_end: true,
        fault: None,
    };
    let request = Request::local("", answer);
    let goes_on = |_: imo_engine::Step<'_>| ControlFlow::Continue(());
    if commit == 1 {
        let sink = Commitment::new(limits.shape.slot_log2);
        session.run(&request, &deviations, &sink, goes_on);
    } else {
        session.run(&request, &deviations, &Uncommitted, goes_on);
    }
}
