//! The options that say what to ask, and how to answer.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use anyhow::{Context, ensure};
use imo_model::Role;
use imo_text::layout::TextRequest;

use crate::asking::messages::{self, Message};
use crate::asking::prompt::Prompt;
use crate::asking::sampling::Sampling;
use crate::exit::Misused;
use crate::terminal::Terminal;

/// What to ask, and how to answer it.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// What to say to the model; if it is not given, standard input that is no terminal
    prompt: Option<String>,
    /// Instructions for the whole conversation
    #[arg(long, value_name = "TEXT", conflicts_with = "raw")]
    system: Option<String>,
    /// Messages before PROMPT, in JSON as OpenAI has them; `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "raw")]
    messages: Option<PathBuf>,
    /// Send the prompt as it is, without the chat template
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    pub(crate) sampling: Sampling,
}

/// What somebody wants who gives these options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// An answer.
    Answer(Prompt),
    /// A conversation that goes on from these messages with what is typed.
    Chat(Vec<Message>),
}

impl Options {
    /// What is wanted, by options and standard input. What is certain not to be answered is
    /// refused.
    pub(crate) fn wanted(&self, terminal: Terminal) -> anyhow::Result<Wanted> {
        let mut messages = self.beginning(terminal)?;
        let ends_with_user = messages.last().is_some_and(|it| it.role == Role::User);
        let is_typed = io::stdin().is_terminal() && !self.reads_messages_from_input();
        let prompt = match &self.prompt {
            Some(prompt) => Some(prompt.clone()),
            None if ends_with_user => None,
            None if is_typed && self.raw => return Err(Misused("--raw needs a PROMPT").into()),
            None if is_typed => return Ok(Wanted::Chat(messages)),
            None if self.messages.is_some() => None,
            None => Some(from_input()?),
        };
        let prompt = if self.raw {
            Prompt::Raw(prompt.unwrap_or_default())
        } else {
            messages.extend(prompt.map(|text| Message::new(Role::User, text)));
            Prompt::Conversation(messages)
        };
        prompt.check_visible()?;
        Ok(Wanted::Answer(prompt))
    }

    /// What was said before the prompt.
    fn beginning(&self, terminal: Terminal) -> anyhow::Result<Vec<Message>> {
        let mut messages = match &self.messages {
            Some(path) => read_file(path, terminal)?,
            None => Vec::new(),
        };
        if let Some(system) = &self.system {
            let has_system = messages.iter().any(|it| it.role == Role::System);
            ensure!(!has_system, "--system is given, but --messages has a system message, too");
            messages.insert(0, Message::new(Role::System, system));
            ensure!(!messages[0].is_blank(), "the system message is blank");
        }
        Ok(messages)
    }

    fn reads_messages_from_input(&self) -> bool {
        self.messages.as_ref().is_some_and(|path| path.as_os_str() == "-")
    }

    /// What a request says of this prompt.
    pub(crate) fn request(&self, prompt: &Prompt) -> anyhow::Result<TextRequest<Vec<u8>>> {
        Ok(TextRequest {
            sampling: self.sampling.sampling(),
            stops: self.sampling.stops()?,
            form: prompt.form(),
            prompt: prompt.bytes(),
        })
    }
}

fn read_file(path: &PathBuf, terminal: Terminal) -> anyhow::Result<Vec<Message>> {
    let is_input = path.as_os_str() == "-";
    let name = || if is_input { "standard input".into() } else { path.display().to_string() };
    let json = if is_input { io::read_to_string(io::stdin()) } else { fs::read_to_string(path) };
    let json = json.with_context(name)?;
    let (messages, ignored) = messages::read(&json).with_context(name)?;
    if !ignored.is_empty() {
        let fields = ignored.join(", ");
        terminal.note(format!("note: {} says more that is not read: {fields}", name()));
    }
    Ok(messages)
}

/// A prompt from standard input, without the line break that ends it.
fn from_input() -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).context("standard input")?;
    let mut text = String::from_utf8(bytes).ok().context("standard input is not UTF-8")?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() {
        return Err(Misused(
            "there is no PROMPT, and standard input is empty; give a PROMPT or --messages FILE",
        )
        .into());
    }
    Ok(text)
}
