//! What a request on chain asked, for people.

use imo_model::Role;
use imo_player::Request;
use imo_text::layout::{Form, Parts, Status, TextRequest};
use serde::Serialize;

use crate::asking::refusal::words;

/// A part of what was asked. Of a message or a conversation, the list of parts is what `--messages`
/// reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Asked {
    /// Who said it; `raw` for a text that no template surrounds.
    pub(crate) role: &'static str,
    pub(crate) content: String,
}

/// Most characters of a part that a line shows.
const SHOWN: usize = 200;

impl Asked {
    fn new(role: &'static str, content: &[u8]) -> Self {
        Self { role, content: String::from_utf8_lossy(content).into_owned() }
    }

    /// The part in one line, cut if it is long.
    pub(crate) fn line(&self) -> String {
        match self.content.char_indices().nth(SHOWN) {
            None => format!("{:?}", self.content),
            Some((end, _)) => {
                format!("{:?}… of {} bytes", &self.content[..end], self.content.len())
            }
        }
    }
}

/// What a request to a text program asked, part by part; or why the program cannot read it.
pub(crate) fn asked(
    request: &Request<Vec<u8>>,
    input_limit: u32,
) -> Result<Vec<Asked>, &'static str> {
    let text = TextRequest::of(request, input_limit).map_err(words)?;
    match text.form {
        Form::Message => Ok(vec![Asked::new(Role::User.name(), text.prompt)]),
        Form::Raw => Ok(vec![Asked::new("raw", text.prompt)]),
        Form::Conversation => Parts::parse(text.prompt)
            .map(|parts| parts.map(|part| Asked::new(part.role.name(), part.text)).collect())
            .ok_or(words(Status::Malformed)),
    }
}

#[cfg(test)]
mod tests {
    use imo_text::layout::{Stops, conversation};

    use super::*;
    use crate::asking::messages::{self, Message};

    const LIMIT: u32 = 100;

    fn shown(form: Form, prompt: &[u8]) -> Result<Vec<Asked>, &'static str> {
        let stops = Stops::new([&b"stop"[..]]).expect("short");
        asked(&TextRequest { form, prompt, stops, ..TextRequest::default() }.local(1), LIMIT)
    }

    #[test]
    fn each_form_is_shown_as_what_it_is() {
        let part = |role, content: &str| Asked { role, content: content.to_owned() };
        assert_eq!(shown(Form::Message, b"hi"), Ok(vec![part("user", "hi")]));
        assert_eq!(shown(Form::Raw, b"\xffhi"), Ok(vec![part("raw", "\u{fffd}hi")]));
        let said = [Message::new(Role::System, "s"), Message::new(Role::User, "u\n")];
        let list = conversation(said.iter().map(Message::part));
        let parts = shown(Form::Conversation, &list).expect("readable");
        assert_eq!(parts, [part("system", "s"), part("user", "u\n")]);
        // What is reported can be asked again.
        let json = serde_json::to_string(&parts).expect("JSON");
        assert_eq!(messages::read(&json).expect("read").0, said);
    }

    #[test]
    fn what_the_program_cannot_read_is_named() {
        let malformed = Err("the request is malformed");
        assert_eq!(shown(Form::Conversation, b"hi"), malformed);
        assert_eq!(shown(Form::Message, &[b'x'; 101]), malformed);
        let request = Request { parameters: [255; 32], ..Request::local(b"hi".to_vec(), 1) };
        let unreadable = Err("the program cannot read the request's parameters");
        assert_eq!(asked(&request, LIMIT), unreadable);
    }

    #[test]
    fn a_long_part_takes_one_line() {
        let part = Asked::new("user", "é\n".repeat(150).as_bytes());
        let line = part.line();
        assert!(line.ends_with("\\n\"… of 450 bytes") && !line.contains('\n'), "{line}");
        assert_eq!(Asked::new("user", b"hi").line(), "\"hi\"");
    }
}
