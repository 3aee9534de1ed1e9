//! Any word and any bytes: the engine answers them as the program does.

use std::io::Cursor;

use arbtest::arbitrary::{Result, Unstructured};
use imo_engine::Means;
use imo_guest::Request;
use imo_model::{ModelImage, TextProgram};
use imo_pack::pack_to;
use imo_pack::tiny::{TinyShape, gguf};

use crate::tiny::{run, wrong_nodes};

/// Texts of parts: fine, blank, cut in the middle of a character, and control tokens' names.
const TEXTS: [&[u8]; 8] =
    [b"and", b" ", b"\x1c", b"\xff", b"\xe3\x80\x80", b"\xc3", b"<|end|>", b"<|start|>the"];

/// A request that nobody has checked. Its words and bytes are often almost right.
fn request(u: &mut Unstructured<'_>) -> Result<Request<Vec<u8>>> {
    let mut parameters = [0; 32];
    for byte in &mut parameters[..19] {
        *byte = *u.choose(&[0, 0, 0, 0, 1, 2, 3, 16, 32, 255])?;
    }
    if u.ratio(2, 3)? {
        parameters[..14].fill(0);
        parameters[18] = u.int_in_range(0..=2)?;
    }
    if u.ratio(1, 2)? {
        parameters[14..18].fill(0);
    }
    let mut input = Vec::new();
    for _ in 0..u.int_in_range(0..=12)? {
        match u.int_in_range(0..=6)? {
            0 => input.extend(b"the end"),
            1 => input.push(*u.choose(&[0, 1, 2, 3, 255])?),
            2 | 3 => {
                let text = *u.choose(&TEXTS)?;
                input.push(*u.choose(&[0, 1, 1, 2, 2])?);
                input.extend(u32::try_from(text.len()).expect("short").to_be_bytes());
                input.extend(text);
            }
            4 => input.extend([0, 0, 0, u.arbitrary()?]),
            5 => input.extend(u.bytes(3)?),
            _ => input.extend(b"<|end|> \n\x1f"),
        }
    }
    let max_units = *u.choose(&[0, 1, 2, 5, u32::MAX])?;
    Ok(Request { seed: u.arbitrary()?, parameters, ..Request::local(input, max_units) })
}

#[test]
fn every_word_and_every_input_is_answered_as_the_program_does() {
    let tiny = |program, unigram| {
        let shape = TinyShape { context: 60, unigram, ..TinyShape::default() };
        let mut image = Cursor::new(Vec::new());
        pack_to(&gguf(1, &shape), program, &mut image, |_, _| ()).expect("it packs");
        ModelImage::from_bytes(image.into_inner()).expect("what was packed is valid")
    };
    let images = [tiny(TextProgram::TEXT, false), tiny(TextProgram::TEXT_LONG, true)];
    let mut fine = 0;
    arbtest::arbtest(|u| {
        let (image, request) = (u.choose(&images)?, request(u)?);
        let (answer, trace) = run(image, &request, Means::detect(1), None);
        fine += usize::from(answer.units_used() > 0);
        assert_eq!(wrong_nodes(image, &request, &trace), [0; 0], "{request:?}");
        Ok(())
    })
    .budget_ms(3_000);
    assert!(fine > 10, "only {fine} were answered by the model");
}
