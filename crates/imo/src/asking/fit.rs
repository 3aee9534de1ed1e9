//! Whether a model can answer a prompt, which its file tells before anything is asked.

use std::fmt;

use anyhow::{anyhow, bail, ensure};
use imo_model::tables::THOUGHTS_END;
use imo_model::{ModelImage, Part, Role, Tokenizer};
use imo_text::layout::{Form, Parts, Status, TextRequest};

use crate::asking::refusal::words;

/// Which conversations a model's chat template has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Takes {
    /// Whether a system message may come first.
    pub(crate) system: bool,
    /// Whether the user may say more after an answer.
    pub(crate) turns: bool,
    /// Whether the user may also say more before an answer.
    any_order: bool,
    /// Whether system messages may also come later.
    system_later: bool,
}

impl Takes {
    pub(crate) fn of(tokenizer: &Tokenizer<'_>) -> Self {
        use Role::{Assistant, System, User};
        Self {
            system: tokenizer.has_conversation([System, User]),
            turns: tokenizer.has_conversation([User, Assistant, User]),
            any_order: tokenizer.has_conversation([User, User, Assistant, User]),
            system_later: tokenizer.has_conversation([User, System, User]),
        }
    }
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.system_later && self.any_order {
            return f.write_str("messages of system, user and assistant in any order");
        }
        if self.system {
            f.write_str("a system message or none, and then ")?;
        }
        f.write_str(match (self.turns, self.any_order) {
            (true, true) => "messages of user and assistant in any order",
            (true, false) => "messages of user and assistant in turn",
            (false, _) => "one message of the user",
        })
    }
}

/// Refuses, with the reason, a request that the program would answer with an error text.
pub(crate) fn check_fits(image: &ModelImage, text: &TextRequest<Vec<u8>>) -> anyhow::Result<()> {
    let name = if text.form == Form::Conversation { "conversation" } else { "prompt" };
    let (limit, context) = (image.header().program.input_limit, image.header().context);
    let length = text.input().len();
    ensure!(
        length <= limit as usize,
        "the {name} is too long: {length} bytes, and the program takes {limit}"
    );
    let tokenizer = image.tokenizer();
    let tokens = match text.tokens(&tokenizer) {
        Ok(tokens) => tokens.len(),
        Err(Status::NoSuchConversation) => {
            let parts: Vec<_> = Parts::parse(&text.prompt).into_iter().flatten().collect();
            let thinks = |part: &Part<'_>| part.role == Role::Assistant && has_thoughts(part.text);
            ensure!(
                !(tokenizer.cuts_thoughts() && parts.iter().any(thinks)),
                "an earlier answer has its thoughts, which the model's chat template cuts out; \
                 leave out all up to {THOUGHTS_END:?}"
            );
            return Err(no_such_conversation(&tokenizer, parts.iter().map(|it| it.role).collect()));
        }
        Err(status) => bail!(words(status)),
    };
    ensure!(tokens > 0, "the prompt has no tokens");
    ensure!(
        tokens <= context as usize,
        "the {name} is too long: {tokens} tokens, and the model has {context} positions"
    );
    Ok(())
}

fn has_thoughts(text: &[u8]) -> bool {
    text.windows(THOUGHTS_END.len()).any(|it| it == THOUGHTS_END.as_bytes())
}

/// An answer as later turns repeat it to a model that thinks: without its thoughts.
pub(crate) fn without_thoughts(answer: &str) -> &str {
    answer.rsplit_once(THOUGHTS_END).map_or(answer, |(_, rest)| rest.trim_start())
}

/// Says what the model's chat template lacks for this conversation, and what it has.
fn no_such_conversation(tokenizer: &Tokenizer<'_>, roles: Vec<Role>) -> anyhow::Error {
    let is_absent = |from, to| tokenizer.separator(from, to).is_none();
    let first = roles.first().filter(|role| is_absent(None, Some(**role)));
    let pair = roles.windows(2).find(|pair| is_absent(Some(pair[0]), Some(pair[1])));
    let what = match (first, pair) {
        (Some(role), _) => format!("begins with {}", role.name()),
        (None, Some(pair)) => format!("has {} after {}", pair[1].name(), pair[0].name()),
        (None, None) => format!("ends with {}", roles.last().map_or("nothing", |it| it.name())),
    };
    anyhow!(
        "the model's chat template has no conversation that {what}; it takes {}. Put the words of \
         other messages into these, or send a text as it is with --raw",
        Takes::of(tokenizer)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_repeated_without_its_thoughts() {
        for (answer, kept) in [
            ("yes", "yes"),
            ("<think>\nis it?\n</think>\n\nyes", "yes"),
            ("a</think>b</think> c </think", "c </think"),
            ("<think>never done", "<think>never done"),
            ("thoughts alone</think>\n", ""),
        ] {
            assert_eq!(without_thoughts(answer), kept, "{answer:?}");
        }
    }
}
