//! Each architecture's logits against llama.cpp's (`vectors/architectures`). llama.cpp ignores a
//! sliding window; with one, the logits are compared with those of `benches/reference.py`.

use std::ops::ControlFlow;

use imo_engine::{Deviations, Limits, Means, Session};
use imo_model::ModelImage;
use imo_pack::pack_bytes;
use imo_text::layout::{Form, TextRequest};
use imo_trace::Uncommitted;
use serde::Deserialize;

/// The largest difference of two logits, since both sides round. The largest logits are about 6; if
/// the rotation, a bias or the window were missing, some would differ by more than 1.
const TOLERANCE: f64 = 0.02;

#[derive(Deserialize)]
struct Case {
    model: String,
    text: String,
    tokens: Vec<u32>,
    logits: Vec<f64>,
}

#[test]
fn logits_are_those_of_other_implementations() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/architectures");
    let cases = std::fs::read_to_string(format!("{folder}/cases.json")).expect("the vectors");
    let cases: Vec<Case> = serde_json::from_str(&cases).expect("JSON");
    assert_eq!(cases.len(), 8);
    for case in cases {
        let name = format!("{} on {:?}", case.model, case.text);
        let file = std::fs::read(format!("{folder}/{}.gguf", case.model)).expect("a vector");
        let (image, _) = pack_bytes(&file, |_, _| {}).expect("it packs");
        let image = ModelImage::from_bytes(image).expect("what was packed is valid");
        let limits = Limits::of(&image);
        let session = Session::new(&image, limits, Means::detect(1)).expect("the machine will do");
        let text =
            TextRequest { form: Form::Raw, prompt: case.text.as_str(), ..TextRequest::default() };
        let request = text.local(1);
        let answer = session.run(&request, &Deviations::default(), &Uncommitted, |step| {
            for candidate in step.candidates {
                let ideal = case.logits[usize::try_from(candidate.id).expect("an id")];
                let error = (f64::from(candidate.logit) - ideal).abs();
                assert!(error < TOLERANCE, "{name}: token {} is off by {error}", candidate.id);
            }
            ControlFlow::Continue(())
        });
        assert_eq!(answer.prompt_tokens, case.tokens, "{name}");
        assert_eq!(answer.tokens.len(), 1, "{name}");
    }
}
