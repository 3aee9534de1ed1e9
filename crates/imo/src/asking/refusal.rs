//! What error texts mean to whoever asked.

use imo_text::layout::Status;

/// The error text of a status, for a sentence.
pub(crate) fn words(status: Status) -> &'static str {
    let answer = status.answer();
    answer.strip_prefix("error: ").unwrap_or(answer)
}

/// What to do about an answer that is an error text. `None` if it is none of the text programs'.
pub(crate) fn advice(answer: &[u8]) -> Option<&'static str> {
    let statuses = (1..=5).map(Status::from_code);
    let status = statuses.into_iter().find(|it| it.answer().as_bytes() == answer)?;
    match status {
        Status::Fine => None,
        Status::NotUtf8 => Some("send text as UTF-8"),
        Status::TooLong => {
            Some("make it shorter, such as by leaving out the oldest messages of a conversation")
        }
        Status::Malformed => Some(
            "give every message a visible text; a prompt and its stop sequences must fit into the \
             program's input",
        ),
        Status::Unreadable => Some(
            "the model's program has other parameters than this version of `imo` knows; use the \
             version that the model's maker names",
        ),
        Status::NoSuchConversation => Some(
            "many models take no system message, or only a single message: put the instructions \
             into the prompt, and leave thoughts, up to </think>, out of earlier answers. `imo \
             model show` tells what the model's file takes",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_text_has_an_advice() {
        for code in 1..=5 {
            let answer = Status::from_code(code).answer();
            assert!(advice(answer.as_bytes()).is_some(), "{answer}");
        }
        assert_eq!(advice(b""), None);
        assert_eq!(advice(b"error: none of ours"), None);
    }
}
