//! Prints the tokens of conversations: `conversations MODEL.gguf < CONVERSATIONS > TOKENS`.
//!
//! Each line of input is a conversation, a list of `{"role", "content"}` in JSON. The first line of
//! output says what packing did: `{"remarks"}`, or `{"refused"}` and nothing follows. Then there is
//! a line for each conversation, its tokens, or `null` if the template has no such conversation.

use std::io::{self, BufWriter, Write};
use std::{env, fs};

use imo_model::{EncodeError, ModelImage, Part, Role};
use imo_pack::{PackError, pack_bytes};
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let path = env::args().nth(1).expect("the path of a GGUF file");
    let mut output = BufWriter::new(io::stdout());
    let image = match pack_bytes(&fs::read(path)?, |_, _| {}) {
        Ok((image, changes)) => {
            writeln!(output, "{}", json!({ "remarks": changes.remarks }))?;
            ModelImage::from_bytes(image).expect("what was packed is valid")
        }
        Err(PackError::Template { what }) => {
            writeln!(output, "{}", json!({ "refused": what }))?;
            return output.flush();
        }
        Err(error) => panic!("the file does not pack: {error}"),
    };
    let tokenizer = image.tokenizer();
    for line in io::stdin().lines() {
        let messages: Vec<Value> = serde_json::from_str(&line?).expect("a list");
        let parts: Vec<Part<'_>> = messages.iter().map(part).collect();
        let tokens = match tokenizer.encode_parts(&parts) {
            Ok(tokens) => json!(tokens),
            Err(EncodeError::NoSuchConversation) => Value::Null,
            Err(error) => panic!("{error:?} in {messages:?}"),
        };
        writeln!(output, "{tokens}")?;
    }
    output.flush()
}

fn part(message: &Value) -> Part<'_> {
    let field = |name: &str| message[name].as_str().expect("a text");
    let role = Role::ALL.into_iter().find(|role| role.name() == field("role"));
    Part { role: role.expect("a known role"), text: field("content").as_bytes() }
}
