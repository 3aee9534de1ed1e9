//! Every kind of node gives the same slot in the virtual machine as in the engine, bit for bit.

use std::path::PathBuf;

use imo_engine::{Deviations, Means, Session};
use imo_model::ModelImage;
use imo_pack::pack_bytes;
use imo_pack::tiny::{TinyShape, gguf, with_value};
use imo_player::text::{answer, limits};
use imo_player::{ClaimedTrace, Program, Request};
use imo_tensor::Sampling;
use imo_text::layout::{Kind, TextRequest};

fn tiny(seed: u64, shape: &TinyShape) -> ModelImage {
    let (bytes, _) = pack_bytes(&gguf(seed, shape), |_, _| ()).expect("a supported file");
    ModelImage::from_bytes(bytes).expect("sound")
}

/// Runs nodes of a request's trace in the machine and compares each slot. Returns the steps of each
/// node.
fn compare(
    image: &ModelImage,
    request: &Request<Vec<u8>>,
    choose: impl Fn(Kind) -> bool,
) -> Vec<(Kind, u64)> {
    let program = Program::of(image).expect("the text program");
    let limits = limits(image).expect("the text program");
    let session = Session::new(image, limits, Means::detect(2)).expect("a session");
    let shape = limits.shape;
    let (_, trace) = answer(&session, request, &Deviations::default());
    let (tree, input) = (image.tree(), request.encode());
    let claimed = ClaimedTrace::own(&trace);
    let last = trace.nodes().filter(|node| *node != shape.emit()).last().expect("live nodes");
    // Every node up to a few beyond the last live one, and the end of the trace with the emit node.
    let nodes = (0..=last + 3).chain([shape.emit() - 1, shape.emit()]);
    let chosen = nodes.filter(|node| choose(shape.kind(*node)));
    chosen
        .map(|node| {
            let kind = shape.kind(node);
            let run = program.run((image, &tree), &input, &claimed, node);
            let slot = program.slot(&run).unwrap_or_else(|stopped| panic!("{kind:?}: {stopped:?}"));
            assert!(
                slot == trace.slot(node),
                "{kind:?}, node {node}: the machine gives another slot"
            );
            (kind, run.steps())
        })
        .collect()
}

#[test]
fn every_node_of_tiny_models_runs_in_the_machine() {
    let wide = TinyShape { dim: 256, ffn: 256, ..TinyShape::default() };
    let shapes = [
        TinyShape::default(),
        TinyShape { kind: 8, tied: false, kv_heads: 1, ..TinyShape::default() },
        TinyShape { kind: 1, kv_heads: 4, window: 3, unigram: true, ..TinyShape::default() },
        TinyShape { kind: 2, tied: false, rope_factors: true, ..TinyShape::default() },
        TinyShape { kind: 12, architecture: "qwen2", ..wide },
        TinyShape { kind: 14, tied: false, kv_heads: 4, ..wide },
    ];
    for shape in shapes {
        let image = tiny(u64::from(shape.kind), &shape);
        let sampling = Sampling { temperature: 80_000, ..Sampling::default() };
        let text = TextRequest { sampling, prompt: "and the end", ..TextRequest::default() };
        let request = Request { seed: 9, ..text.local(4) };
        let compared = compare(&image, &request, |_| true);
        assert!(compared.len() > 50, "{} nodes", compared.len());
    }
}

/// The engine ends an answer where the machine does, so the end is part of what is proven.
#[test]
fn a_token_that_ends_a_turn_ends_the_answer_inside_the_proof() {
    let file = gguf(5, &TinyShape::default());
    let request = Request::local("and the end", 6);
    let answered = |file: &[u8]| {
        let (bytes, _) = pack_bytes(file, |_, _| ()).expect("a supported file");
        let image = ModelImage::from_bytes(bytes).expect("sound");
        let session =
            Session::new(&image, limits(&image).expect("text"), Means::detect(1)).expect("opens");
        let (answer, _) = answer(&session, &request, &Deviations::default());
        (image, answer)
    };
    let (_, whole) = answered(&file);
    let third = whole.tokens[2];
    assert!(whole.tokens.len() == 6 && !whole.tokens[..2].contains(&third), "{:?}", whole.tokens);
    for key in ["eot", "eom"] {
        let key = format!("tokenizer.ggml.{key}_token_id");
        let (image, ended) = answered(&with_value(&file, &key, 4, &third.to_le_bytes()));
        assert_eq!(ended.tokens, whole.tokens[..3], "{key}");
        assert!(whole.bytes.starts_with(&ended.bytes), "the token that ends it has no text");
        let compared = compare(&image, &request, |kind| {
            matches!(kind, Kind::Sampler { .. } | Kind::Head { part: 0, .. } | Kind::Emit)
        });
        assert!(compared.len() > 6, "{compared:?}");
    }
}

#[test]
fn the_machine_gives_the_same_error_texts_as_the_engine() {
    let image = tiny(1, &TinyShape::default());
    let long = "x".repeat(200);
    for prompt in [&b"\xff\xfe"[..], long.as_bytes(), b""] {
        let compared = compare(&image, &Request::local(prompt, 3), |kind| {
            matches!(kind, Kind::Tokens { .. } | Kind::Emit)
        });
        assert!(compared.len() >= 2);
    }
}

/// Slots of the real model: a layer, a part of the head, the sampler, and both ends of the trace.
#[test]
fn nodes_of_the_real_model_run_in_the_machine() {
    let path = std::env::var_os("IMO_MODEL").map(PathBuf::from);
    let path = path
        .expect("IMO_MODEL names the demo model's GGUF file; `make test` fetches it and sets it");
    let file = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (bytes, _) = pack_bytes(&file, |_, _| ()).expect("the demo model packs");
    let image = ModelImage::from_bytes(bytes).expect("sound");
    let compared =
        compare(&image, &Request::local("What is the capital of France?", 4), |kind| match kind {
            Kind::Layer { position, layer } => layer == 17 && position == 39,
            Kind::Head { position, part } => part == 5 && position == 39,
            Kind::Sampler { position } => position == 39,
            Kind::Tokens { chunk } => chunk == 0,
            Kind::Emit => true,
            Kind::Zero => false,
        });
    assert!(compared.len() >= 5, "{compared:?}");
}
