//! Whether a model can answer a prompt, which its file tells before anything is asked.

use std::fmt;

use anyhow::{anyhow, bail, ensure};
use imo_model::{EncodeError, ModelImage, Part, Role, Tokenizer};
use imo_text::layout::Form;

use crate::asking::messages::Message;
use crate::asking::prompt::Prompt;

/// Which conversations a model's chat template has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Takes {
    /// Whether a system message may come first.
    pub(crate) system: bool,
    /// Whether the user may say more after an answer.
    pub(crate) turns: bool,
}

impl Takes {
    pub(crate) fn of(tokenizer: &Tokenizer<'_>) -> Self {
        use Role::{Assistant, System, User};
        Self {
            system: tokenizer.has_conversation([System, User]),
            turns: tokenizer.has_conversation([User, Assistant, User]),
        }
    }
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.system, self.turns) {
            (true, true) => "a system message, then user and assistant in turns",
            (true, false) => "a system message and a single message of the user",
            (false, true) => "user and assistant in turns, without a system message",
            (false, false) => "a single message of the user",
        })
    }
}

/// Refuses, with the reason, a prompt that the program would answer with an error text. `stops` is
/// the number of bytes of the stop sequences.
pub(crate) fn check_fits(image: &ModelImage, prompt: &Prompt, stops: usize) -> anyhow::Result<()> {
    let (limit, context) = (image.header().program.input_limit, image.header().context);
    let length = prompt.bytes().len() + stops;
    ensure!(
        length <= limit as usize,
        "the {} is too long: {length} bytes, and the program takes {limit}",
        name(prompt)
    );
    let tokenizer = image.tokenizer();
    let tokens = match prompt {
        Prompt::Raw(text) => tokenizer.encode_raw_text(text.as_bytes()),
        Prompt::Conversation(messages) => {
            let parts: Vec<Part<'_>> = messages.iter().map(Message::part).collect();
            tokenizer.encode_parts(&parts)
        }
    };
    let tokens = match tokens {
        Ok(tokens) => tokens.len(),
        Err(EncodeError::NoSuchConversation) => {
            let Prompt::Conversation(messages) = prompt else { bail!("a text has no roles") };
            return Err(no_such_conversation(&tokenizer, messages));
        }
        Err(error) => return Err(error.into()),
    };
    ensure!(tokens > 0, "the prompt has no tokens");
    ensure!(
        tokens <= context as usize,
        "the {} is too long: {tokens} tokens, and the model has {context} positions",
        name(prompt)
    );
    Ok(())
}

fn name(prompt: &Prompt) -> &'static str {
    if prompt.form() == Form::Conversation { "conversation" } else { "prompt" }
}

/// Says what the model's chat template lacks for this conversation, and what it has.
fn no_such_conversation(tokenizer: &Tokenizer<'_>, messages: &[Message]) -> anyhow::Error {
    let roles: Vec<Role> = messages.iter().map(|it| it.role).collect();
    let is_absent = |from, to| tokenizer.separator(from, to).is_none();
    let first = roles.first().filter(|role| is_absent(None, Some(**role)));
    let pair = roles.windows(2).find(|pair| is_absent(Some(pair[0]), Some(pair[1])));
    let what = match (first, pair) {
        (Some(role), _) => format!("begins with {}", role.name()),
        (None, Some(pair)) => format!("has {} after {}", pair[1].name(), pair[0].name()),
        (None, None) => format!("ends with {}", roles.last().map_or("nothing", |it| it.name())),
    };
    let takes = Takes::of(tokenizer);
    anyhow!(
        "the model's chat template has no conversation that {what}; it takes {takes}. Put the \
         words of other messages into these, or send a text as it is with --raw"
    )
}
