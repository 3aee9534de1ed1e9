//! The demo model against an unquantised reference (`vectors/smollm2.json`), and its traces against
//! those of every other machine (`vectors/roots.json`).

use std::ops::ControlFlow;
use std::path::PathBuf;

use imo_engine::{Deviations, Limits, Means, Session};
use imo_guest::Request;
use imo_kernels::Isa;
use imo_model::ModelImage;
use imo_pack::pack_bytes;
use imo_tensor::Sampling;
use imo_text::layout::{Form, TextRequest};
use imo_trace::{Commitment, Uncommitted};
use serde_json::Value;

/// The largest distance of a logit from the reference.
const TOLERANCE: f64 = 0.1;

fn demo_model() -> ModelImage {
    let path = std::env::var_os("IMO_MODEL").map(PathBuf::from);
    let path = path
        .expect("IMO_MODEL names the demo model's GGUF file; `make test` fetches it and sets it");
    let file = std::fs::read(&path).expect("IMO_MODEL can be read");
    let (image, _) = pack_bytes(&file, |_, _| {}).expect("the demo model packs");
    ModelImage::from_bytes(image).expect("what was packed is valid")
}

fn items(name: &str) -> Vec<Value> {
    let path = format!("{}/../../vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the vectors are in the tree");
    let vectors: Value = serde_json::from_str(&text).expect("JSON");
    vectors["items"].as_array().expect("a list").clone()
}

/// The numbers at a key.
fn numbers(item: &Value, key: &str) -> Vec<f64> {
    let list = item[key].as_array().expect("a list");
    list.iter().map(|number| number.as_f64().expect("a number")).collect()
}

#[test]
fn logits_and_greedy_tokens_are_the_unquantised_models() {
    let image = demo_model();
    let session =
        Session::new(&image, Limits::of(&image), Means::detect(2)).expect("the machine will do");
    let items = items("smollm2");
    let texts =
        items.iter().filter(|item| item["name"].as_str().is_some_and(|it| it.starts_with("raw")));
    let texts: Vec<_> = texts.map(|item| item["text"].as_str().expect("a text")).collect();
    assert_eq!(items.len(), 2 * texts.len(), "each text raw and in the chat template");
    for (index, item) in items.iter().enumerate() {
        let form = if index < texts.len() { Form::Raw } else { Form::Message };
        let prompt = texts[index % texts.len()];
        let request = TextRequest { form, prompt, ..TextRequest::default() }.local(64);
        let deviations = Deviations { ignore_end: true, ..Deviations::default() };
        let mut first = Vec::new();
        let answer = session.run(&request, &deviations, &Uncommitted, |step| {
            if first.is_empty() {
                first = step.candidates.to_vec();
            }
            ControlFlow::Continue(())
        });
        let name = &item["name"];
        let ids: Vec<_> = answer.prompt_tokens.iter().copied().map(f64::from).collect();
        assert_eq!(ids, numbers(item, "prompt_ids"), "{name}: tokens of the prompt");
        for pair in item["ideal_f64_top5"].as_array().expect("five pairs") {
            let (id, ideal) =
                (pair[0].as_u64().expect("an id"), pair[1].as_f64().expect("a logit"));
            let ours = first.iter().find(|it| u64::from(it.id) == id);
            let ours = f64::from(ours.expect("the best five are among the best 64").logit);
            assert!((ours - ideal).abs() < TOLERANCE, "{name}, token {id}: {ours}, not {ideal}");
        }
        let sure = numbers(item, "ideal_f32_margins");
        let sure = sure.iter().position(|margin| *margin < TOLERANCE).unwrap_or(sure.len());
        let tokens: Vec<_> = answer.tokens.iter().copied().map(f64::from).collect();
        assert_eq!(tokens[..sure], numbers(item, "ideal_f32_gen_ids")[..sure], "{name}: answer");
    }
}

/// The root and the answer of a request.
fn trace(image: &ModelImage, item: &Value, means: Means) -> (String, String) {
    let number = |key: &str| item[key].as_u64().expect("a number").try_into().expect("32 bits");
    let is_raw = item["raw"].as_bool().expect("yes or no");
    let text = TextRequest {
        sampling: Sampling { temperature: number("temperature"), ..Sampling::default() },
        form: if is_raw { Form::Raw } else { Form::Message },
        prompt: item["prompt"].as_str().expect("a text"),
        ..TextRequest::default()
    };
    let seed = item["seed"].as_u64().expect("a number");
    let request = Request { seed, ..text.local(number("tokens")) };
    let limits = Limits::of(image);
    let session = Session::new(image, limits, means).expect("the machine will do");
    let sink = Commitment::new(limits.shape.slot_log2);
    let answer =
        session.run(&request, &Deviations::default(), &sink, |_| ControlFlow::Continue(()));
    let root = sink.into_tree(limits.shape.nodes_log2).root();
    let root = root.iter().map(|byte| format!("{byte:02x}")).collect();
    (root, String::from_utf8(answer.bytes).expect("whole characters"))
}

/// Runs the requests with these instructions in several ways, and compares with the file.
fn check_traces(is_short: bool, isas: &[Isa]) {
    let image = demo_model();
    for item in items("roots").iter().filter(|item| item["short"] == is_short) {
        let text = |key: &str| item[key].as_str().expect("a text").to_owned();
        let expected = (text("root"), text("answer"));
        for isa in isas {
            for (threads, batch) in [(1, 256), (2, 1), (3, 5), (4, 16)] {
                let means = Means { isa: *isa, threads, batch };
                assert_eq!(trace(&image, item, means), expected, "{means:?}");
                // The definition takes seconds where the others take none.
                if *isa == Isa::Scalar {
                    break;
                }
            }
        }
    }
}

#[test]
fn a_short_trace_is_that_of_every_other_machine() {
    check_traces(true, &Isa::available().collect::<Vec<_>>());
}

#[test]
fn long_traces_are_those_of_every_other_machine() {
    check_traces(false, &Isa::available().filter(|isa| *isa != Isa::Scalar).collect::<Vec<_>>());
}
