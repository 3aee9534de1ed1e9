//! Stop sequences, the repeat penalty and malformed requests, each against its definition.

use std::ops::ControlFlow;

use imo_engine::{Answer, Deviations, Limits, Means, Session};
use imo_guest::Request;
use imo_kernels::Isa;
use imo_model::{ModelImage, Part, Role};
use imo_pack::pack_bytes;
use imo_pack::tiny::{TinyShape, gguf};
use imo_tensor::Sampling;
use imo_text::layout::slots::word;
use imo_text::layout::{Form, ONE, Status, Stops, TextRequest, conversation};
use imo_trace::Uncommitted;

use crate::tiny::{run, slots, wrong_nodes};

fn model() -> ModelImage {
    let shape = TinyShape { context: 160, ..TinyShape::default() };
    let (image, _) = pack_bytes(&gguf(5, &shape), |_, _| {}).expect("it packs");
    ModelImage::from_bytes(image).expect("what was packed is valid")
}

fn means() -> Means {
    Means { isa: Isa::detect(), threads: 2, batch: 256 }
}

/// What a tiny model answers with many different tokens.
fn warm() -> TextRequest<&'static str> {
    let sampling = Sampling { temperature: 4 * ONE, ..Sampling::default() };
    TextRequest { sampling, form: Form::Raw, prompt: "the end", ..TextRequest::default() }
}

fn asked<B: AsRef<[u8]>>(text: &TextRequest<B>) -> Request<Vec<u8>> {
    Request { seed: 7, ..text.local(24) }
}

/// Greedy, with this penalty.
fn penalty(repeat_penalty: u32) -> Sampling {
    Sampling { repeat_penalty, ..Sampling::default() }
}

/// The answer with these stop sequences, every node of it checked.
fn answer(image: &ModelImage, stops: &[&[u8]]) -> Answer {
    let stops = Stops::new(stops.iter().copied()).expect("few and short");
    let request = asked(&TextRequest { stops, ..warm() });
    let (answer, trace) = run(image, &request, means(), None);
    assert_eq!(wrong_nodes(image, &request, &trace), [0; 0], "{stops:?}");
    answer
}

/// The texts of an answer's tokens; without one that ends the sequence.
fn texts<'a>(image: &'a ModelImage, answer: &Answer) -> Vec<&'a [u8]> {
    answer.tokens.iter().map(|token| image.tokenizer().decode(*token)).collect()
}

#[test]
fn a_stop_ends_the_answer_wherever_it_lies_over_the_tokens() {
    let image = model();
    let whole = answer(&image, &[]);
    let texts = texts(&image, &whole);
    assert!(texts.len() == 24 && whole.bytes.len() > 20, "{texts:?}");
    let starts: Vec<usize> = texts
        .iter()
        .scan(0, |at, text| Some(std::mem::replace(at, *at + text.len())))
        .chain([whole.bytes.len()])
        .collect();
    for start in 0..whole.bytes.len() {
        for length in [1, 2, 3, 7, 20, Stops::LONGEST] {
            let Some(stop) = whole.bytes.get(start..start + length) else { continue };
            let first = whole.bytes.windows(length).position(|it| it == stop).expect("it is there");
            let stopped = answer(&image, &[stop]);
            assert_eq!(stopped.bytes, whole.bytes[..first], "{stop:?}");
            // All tokens up to the one with its last byte, and not one more.
            let tokens = starts.partition_point(|at| *at < first + length);
            assert_eq!(stopped.tokens, whole.tokens[..tokens], "{stop:?}");
        }
    }
    // At the very first token there is nothing before it.
    let first = texts.iter().find(|text| !text.is_empty()).expect("a text");
    assert_eq!(answer(&image, &[first]).bytes, b"");
    assert_eq!(answer(&image, &[first]).units_used(), 1);
    // Of several stops, the one that is complete first ends the answer, and the one that begins
    // first says where the answer is cut.
    let [long, short] = [&whole.bytes[4..9], &whole.bytes[6..8]];
    let overlapping = answer(&image, &[b"", long, short]);
    assert_eq!(overlapping, answer(&image, &[short]));
    assert_eq!(answer(&image, &[&whole.bytes[4..8], short]).bytes, whole.bytes[..4]);
    // Neither the prompt nor the names of control tokens are searched.
    assert_eq!(answer(&image, &[b"the end", b"<|start|>", b"\xff\xff\xff"]), whole);
}

#[test]
fn recent_tokens_are_penalised_by_the_definition() {
    let image = model();
    let limits = Limits::of(&image);
    let session = Session::new(&image, limits, means()).expect("the machine will do");
    // More tokens than the penalty looks back on, many of them more than once.
    let prompt: Vec<u32> = (0..100).map(|index| index * index % 90).collect();
    for repeat_penalty in [ONE, ONE * 9 / 8, 3 * ONE, u32::MAX] {
        let sampling = penalty(repeat_penalty);
        let request = TextRequest::<&str> { sampling, ..TextRequest::default() }.local(20);
        let deviations =
            Deviations { prompt_tokens: Some(prompt.clone()), ..Deviations::default() };
        let mut steps = Vec::new();
        session.run(&request, &deviations, &Uncommitted, |step| {
            steps.push((step.token, step.candidates.to_vec()));
            ControlFlow::Continue(())
        });
        let mut tokens = prompt.clone();
        tokens.extend(steps.iter().map(|(token, _)| *token));
        let mut all = Vec::new();
        session.logits(&tokens, |logits| all.push(logits.to_vec()));
        for (index, (token, candidates)) in steps.iter().enumerate() {
            let position = prompt.len() - 1 + index;
            let mut logits = all[position].clone();
            let factor = repeat_penalty as f32 / 65_536.0;
            for (id, logit) in (0..).zip(&mut logits) {
                if tokens[position - 63..=position].contains(&id) {
                    *logit = if *logit > 0.0 { *logit / factor } else { *logit * factor };
                }
            }
            let mut ids: Vec<u32> = (0..).take(logits.len()).collect();
            ids.sort_by(|a, b| logits[*b as usize].total_cmp(&logits[*a as usize]));
            let best: Vec<_> = candidates.iter().map(|it| (it.id, it.logit)).collect();
            let expected = ids[..64].iter().map(|id| (*id, logits[*id as usize]));
            assert_eq!(best, expected.collect::<Vec<_>>(), "position {position}");
            assert_eq!(*token, ids[0]);
        }
        // A strong penalty leaves no repeats among the tokens that it looks back on.
        let repeats = (prompt.len()..tokens.len())
            .filter(|at| tokens[at - 64..*at].contains(&tokens[*at]))
            .count();
        assert_eq!(repeats == 0, repeat_penalty >= 3 * ONE, "{repeat_penalty}");
    }
}

#[test]
fn every_request_has_an_answer() {
    let image = model();
    let stops = Stops::new([&b"one"[..], b"two"]).expect("few and short");
    let sampling = Sampling { repeat_penalty: ONE + 1, ..warm().sampling };
    let request = asked(&TextRequest { sampling, stops, ..warm() });
    let (_, trace) = run(&image, &request, means(), None);
    let status = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut input = request.encode();
        change(&mut input);
        let (_, slot) = slots(&image, input, &trace).next().expect("the first node");
        Status::from_code(word(&slot, 0))
    };
    assert_eq!(status(&|_| ()), Status::Fine);
    // The version, the most units, seed and lengths: a byte, and a value out of range.
    let last = |word: usize| 32 * word + 31;
    for (at, value) in [
        (last(0), 2),
        (last(0), 4),
        (0, 1),
        (6 * 32, 1),
        (last(7), 0),
        (last(7) - 4, 1),
        // Nothing is left for the prompt, or less than nothing.
        (last(9), 6),
        (last(9), 5),
        (last(9) - 2, 1),
        (9 * 32, 1),
    ] {
        assert_eq!(status(&|input| input[at] = value), Status::Malformed, "byte {at}: {value}");
    }
    let parameters = 8 * 32;
    let mut bad = vec![(11, 0), (14, 33), (17, 255), (18, 3)];
    bad.extend((19..32).map(|at| (at, 1)));
    for (at, value) in bad {
        let status = status(&|input| input[parameters + at] = value);
        assert_eq!(status, Status::Unreadable, "byte {at}: {value}");
    }
    assert_eq!(status(&|input| input.truncate(300)), Status::Malformed);
}

#[test]
fn what_cannot_be_answered_is_answered_with_an_error_text() {
    let image = model();
    let words = |parts: &[(Role, &str)]| {
        conversation(parts.iter().map(|(role, text)| Part { role: *role, text: text.as_bytes() }))
    };
    let fine = TextRequest { prompt: b"the end".to_vec(), ..TextRequest::default() };
    let with = |form, prompt: &[u8]| TextRequest { form, prompt: prompt.to_vec(), ..fine.clone() };
    let talk = |parts: &[(Role, &str)]| with(Form::Conversation, &words(parts));
    let (user, assistant) = ((Role::User, "the end"), (Role::Assistant, "and"));
    for (text, status) in [
        (fine.clone(), Status::Fine),
        (talk(&[user, assistant, user]), Status::Fine),
        (with(Form::Message, b" \n"), Status::Malformed),
        (with(Form::Message, b"\xff"), Status::NotUtf8),
        (with(Form::Raw, b""), Status::Malformed),
        (with(Form::Conversation, b"the end"), Status::Malformed),
        (with(Form::Conversation, b""), Status::Malformed),
        (talk(&[user, (Role::Assistant, "\u{1c} "), user]), Status::Malformed),
        (talk(&[(Role::User, &"and ".repeat(400))]), Status::TooLong),
        (TextRequest { sampling: penalty(ONE - 1), ..fine.clone() }, Status::Unreadable),
    ] {
        let request = text.local(4);
        let (answer, trace) = run(&image, &request, means(), None);
        assert_eq!(answer.status, status, "{text:?}");
        if status != Status::Fine {
            assert_eq!((answer.bytes, answer.tokens.len()), (status.answer().into(), 0));
        }
        assert_eq!(wrong_nodes(&image, &request, &trace), [0; 0], "{text:?}");
    }
}
