//! Long conversations: nothing but the program's limits depends on how long an input may be.

use std::io::Cursor;

use imo_engine::{Deviations, Means, Session};
use imo_model::{ModelImage, NodeSteps, Part, Role, TextProgram};
use imo_pack::pack_to;
use imo_pack::tiny::{TinyShape, gguf};
use imo_player::text::{answer, limits};
use imo_player::{ClaimedTrace, Program, Request};
use imo_text::layout::{Form, Status, TextRequest, conversation};

fn tiny(program: TextProgram) -> ModelImage {
    let shape =
        TinyShape { layers: 1, dim: 32, ffn: 32, heads: 1, kv_heads: 1, ..TinyShape::default() };
    let file = gguf(5, &TinyShape { head_dim: 32, context: 1 << 14, ..shape });
    let mut image = Cursor::new(Vec::new());
    pack_to(&file, program, &mut image, |_, _| ()).expect("a supported file");
    ModelImage::from_bytes(image.into_inner()).expect("sound")
}

/// A conversation whose input has exactly this many bytes.
fn talk(bytes: usize) -> Request<Vec<u8>> {
    let turns = [Role::System, Role::User, Role::Assistant, Role::User];
    let headers = 5 * turns.len();
    let words = "the end and the rest ".repeat(bytes / 21 + 1);
    let each = (bytes - headers) / turns.len();
    let last = bytes - headers - each * (turns.len() - 1);
    let lengths = [each, each, each, last];
    let parts = turns.into_iter().zip(lengths);
    let parts = parts.map(|(role, length)| Part { role, text: &words.as_bytes()[..length] });
    let prompt = conversation(parts);
    assert_eq!(prompt.len(), bytes);
    TextRequest { form: Form::Conversation, prompt, ..TextRequest::default() }.local(1)
}

/// The status of the request, after the machine has given the tokenizer's slots as the engine has
/// them. The steps of the first one stay within their bound.
fn status(image: &ModelImage, request: &Request<Vec<u8>>) -> Status {
    let program = Program::of(image).expect("a program");
    let limits = limits(image).expect("a text program");
    let session = Session::new(image, limits, Means::detect(2)).expect("it opens");
    let (answer, trace) = answer(&session, request, &Deviations::default());
    let (tree, input) = (image.tree(), request.encode());
    let claimed = ClaimedTrace::own(&trace);
    let last = limits.shape.token_chunks() - 1;
    for node in [0, last] {
        let run = program.run((image, &tree), &input, &claimed, node);
        assert_eq!(program.slot(&run).expect("it ends"), trace.slot(node), "node {node}");
        assert!(run.steps() <= NodeSteps::new(image.header(), image.layers()).rest());
    }
    answer.status
}

#[test]
fn a_long_conversation_is_answered_by_the_long_program_alone() {
    let (short, long) = (tiny(TextProgram::TEXT), tiny(TextProgram::TEXT_LONG));
    assert_eq!(status(&short, &talk(2_000)), Status::Fine);
    assert_eq!(status(&long, &talk(2_000)), Status::Fine);
    assert_eq!(status(&short, &talk(20_000)), Status::Malformed);
    assert_eq!(status(&long, &talk(20_000)), Status::Fine);
}

#[test]
fn the_longest_input_of_the_long_program_is_read_in_the_machine() {
    let long = tiny(TextProgram::TEXT_LONG);
    assert_eq!(status(&long, &talk(1 << 17)), Status::TooLong, "it has more tokens than positions");
    assert_eq!(status(&long, &talk((1 << 17) + 1)), Status::Malformed);
}
