//! What is remembered of earlier turns changes no answer.

use std::ops::ControlFlow;

use imo_engine::{Deviations, Earlier, Limits, Means, Session};
use imo_guest::Request;
use imo_model::ModelImage;
use imo_pack::pack_bytes;
use imo_pack::tiny::{TinyShape, gguf};
use imo_tensor::Sampling;
use imo_text::layout::{Form, ONE, TextRequest};
use imo_trace::Uncommitted;

#[test]
fn a_turn_that_goes_on_from_another_is_answered_as_by_itself() {
    arbtest::arbtest(|u| {
        let shape = TinyShape {
            context: 300,
            window: *u.choose(&[0, 0, 5])?,
            kind: *u.choose(&[2, 8])?,
            ..TinyShape::default()
        };
        let (image, _) = pack_bytes(&gguf(u.arbitrary()?, &shape), |_, _| {}).expect("it packs");
        let image = ModelImage::from_bytes(image).expect("what was packed is valid");
        let means = Means { batch: *u.choose(&[1, 7, 256])?, ..Means::detect(2) };
        let session = Session::new(&image, Limits::of(&image), means).expect("it opens");
        let mut earlier = Earlier::default();
        let mut said = "the ".to_owned();
        for seed in 0..u.int_in_range(1..=6)? {
            // Most turns go on, some begin anew, or with other words.
            match u.int_in_range(0..=5)? {
                0 => said = "and ".to_owned(),
                1 => said = said.chars().take(said.chars().count() / 2 + 1).collect(),
                _ => said.push_str(u.choose(&["the end ", "rest", "and, ", "x"])?),
            }
            let text = TextRequest {
                sampling: Sampling { temperature: 2 * ONE, ..Sampling::default() },
                form: Form::Raw,
                prompt: said.clone(),
                ..TextRequest::default()
            };
            let request = Request { seed, ..text.local(u.int_in_range(1..=20)?) };
            let goes_on = |_: imo_engine::Step<'_>| ControlFlow::Continue(());
            let alone = session.run(&request, &Deviations::default(), &Uncommitted, goes_on);
            let after = session.go_on(&mut earlier, &request, goes_on);
            assert_eq!(after, alone, "{said:?}");
            said.push_str(&String::from_utf8_lossy(&after.bytes));
        }
        Ok(())
    })
    .budget_ms(3_000);
}

/// The second turn reads a few tokens where the first one read hundreds.
#[test]
fn what_was_read_is_not_read_again() {
    let shape = TinyShape { context: 3_000, dim: 128, ffn: 256, ..TinyShape::default() };
    let (image, _) = pack_bytes(&gguf(3, &shape), |_, _| {}).expect("it packs");
    let image = ModelImage::from_bytes(image).expect("what was packed is valid");
    let session = Session::new(&image, Limits::of(&image), Means::detect(1)).expect("it opens");
    let mut earlier = Earlier::default();
    let mut turn = |said: &str| {
        let started = std::time::Instant::now();
        let text = TextRequest { form: Form::Raw, prompt: said, ..TextRequest::default() };
        session.go_on(&mut earlier, &text.local(1), |_| ControlFlow::Continue(()));
        started.elapsed()
    };
    let long = "the end and the rest ".repeat(60);
    let (first, second) = (turn(&long), turn(&(long.clone() + "the end")));
    assert!(second < first / 4, "{first:?}, then {second:?}");
}
