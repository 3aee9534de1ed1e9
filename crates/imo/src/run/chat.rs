//! A chat on a terminal: what is typed and what the model answers, in turns.
//!
//! Each answer is to a request of its own, with the whole conversation. The session remembers what
//! it has read, so a turn reads only what is new.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context, ensure};
use imo_engine::{Earlier, Session};
use imo_model::{ModelImage, Role};
use imo_text::layout::TextRequest;

use crate::asking::{
    Message, Options, Prompt, Takes, check_fits, read_messages, without_thoughts, write_messages,
};
use crate::exit::Exit;
use crate::run::editor::{Entry, Typewriter};
use crate::run::interrupt::Interrupt;
use crate::run::report::Stop;
use crate::run::stream::{Stream, unfinished};
use crate::run::typed::{Command, HELP, Typed};
use crate::terminal::Terminal;

/// A conversation that goes on.
#[derive(Debug)]
pub(crate) struct Chat<'a> {
    image: &'a ModelImage,
    session: &'a Session<'a>,
    options: &'a Options,
    terminal: Terminal,
    interrupt: Interrupt,
    /// What the model's chat template takes.
    takes: Takes,
    /// What was said until now.
    said: Vec<Message>,
    /// Answers until now.
    answers: u64,
    earlier: Earlier,
}

impl<'a> Chat<'a> {
    /// A chat that goes on from these messages.
    pub(crate) fn new(
        (image, session): (&'a ModelImage, &'a Session<'a>),
        options: &'a Options,
        beginning: Vec<Message>,
        terminal: Terminal,
    ) -> anyhow::Result<Self> {
        let (takes, interrupt) = (Takes::of(&image.tokenizer()), Interrupt::watch()?);
        let chat = Self {
            image,
            session,
            options,
            terminal,
            interrupt,
            takes,
            said: beginning,
            answers: 0,
            earlier: Earlier::default(),
        };
        // Refuse now what no message could follow.
        check_fits(image, &options.request(&chat.prompt("?"))?)?;
        Ok(chat)
    }

    /// Answers what is typed, until somebody leaves.
    pub(crate) fn run(mut self, mut typewriter: Typewriter) -> anyhow::Result<Exit> {
        self.terminal.note("/help lists what you can type besides messages; Ctrl-D leaves");
        if !self.takes.turns {
            self.terminal.note(format!(
                "the model's chat template takes {}: each message stands alone, and the model does \
                 not see what was said before",
                self.takes
            ));
        }
        loop {
            match typewriter.next()? {
                Entry::End => return Ok(Exit::Success),
                Entry::Interrupt => self.terminal.note("Ctrl-D or /quit leaves"),
                Entry::Text(text) => match Typed::of(&text) {
                    Typed::Nothing => {}
                    Typed::Message(text) => self.reply(&text)?,
                    Typed::Mistaken(hint) => self.terminal.note(hint),
                    Typed::Command(Command::Quit) => return Ok(Exit::Success),
                    Typed::Command(command) => self.obey(command),
                },
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Quit => {}
            Command::Help => {
                self.terminal.table(&HELP.map(|(name, words)| (name, words.to_owned())));
            }
            Command::ShowSystem => match self.system() {
                Some(message) => self.terminal.line(&message.text),
                None => self.terminal.note("there is no system message"),
            },
            Command::System(Some(_)) if !self.takes.system => self.terminal.note(format!(
                "the model's chat template has no system message; it takes {}",
                self.takes
            )),
            Command::System(text) => {
                let message = text.map(|text| Message::new(Role::System, text));
                self.terminal.note(match message {
                    Some(_) => "a new conversation, with these instructions",
                    None => "a new conversation, without instructions",
                });
                self.said = message.into_iter().collect();
            }
            Command::Reset => {
                self.said = self.system().cloned().into_iter().collect();
                self.terminal.note("a new conversation");
            }
            Command::Save(file) => match save(Path::new(&file), &self.said) {
                Ok(()) => self.terminal.note(format!("saved to {file}")),
                Err(error) => self.terminal.note(format!("not saved: {error:#}")),
            },
        }
    }

    fn system(&self) -> Option<&Message> {
        self.said.iter().find(|it| it.role == Role::System)
    }

    /// What is asked when somebody types a message: it, after all that was said, or after the
    /// system message alone if the chat template takes no more.
    fn prompt(&self, text: &str) -> Prompt {
        let before = |it: &&Message| self.takes.turns || it.role == Role::System;
        let before = self.said.iter().filter(before).cloned();
        Prompt::Conversation(before.chain([Message::new(Role::User, text)]).collect())
    }

    /// Answers a message. If it does not fit, or nothing is said, the conversation stays as it was.
    fn reply(&mut self, text: &str) -> anyhow::Result<()> {
        let request = self.options.request(&self.prompt(text))?;
        if let Err(error) = check_fits(self.image, &request) {
            self.terminal.note(format!("{error}; nothing is lost: {}", hint(&self.said)));
            return Ok(());
        }
        let (answer, stop) = self.answer(&request);
        self.answers += 1;
        let cuts = self.image.tokenizer().cuts_thoughts();
        let kept = if cuts { without_thoughts(&answer) } else { &answer };
        let answer = Message::new(Role::Assistant, kept);
        match stop {
            Stop::EndOfSequence | Stop::Sequence => {}
            Stop::Length | Stop::Interrupted => self.terminal.note(stop.to_string()),
            Stop::Context => self.terminal.note(format!("{stop}: {}", hint(&self.said))),
        }
        if answer.is_blank() {
            self.terminal
                .note("the model said nothing, so your message is left out of the conversation");
        } else {
            self.said.extend([Message::new(Role::User, text), answer]);
        }
        Ok(())
    }

    /// The model's words, streamed, and why they ended.
    fn answer(&mut self, text: &TextRequest<Vec<u8>>) -> (String, Stop) {
        let sampling = &self.options.sampling;
        let mut request = text.local(sampling.tokens);
        // With the same seed, equal questions would have equal answers.
        request.seed = sampling.seed.wrapping_add(self.answers);
        let limit = self.session.limits().output_bytes;
        let mut stream = Stream::new(self.terminal, limit, text.stops);
        let mut is_begun = false;
        self.interrupt.forget();
        let answer = self.session.go_on(&mut self.earlier, &request, |step| {
            if is_begun || !self.interrupt.is_pressed() {
                is_begun = true;
                stream.push(step.text);
            }
            match self.interrupt.is_pressed() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        let is_stopped = stream.finish();
        let stop = Stop::of(&answer, self.image, (false, sampling.tokens), is_stopped);
        if !is_begun {
            return (String::new(), Stop::Interrupted);
        }
        // What was cut may end in the middle of a character.
        let whole = answer.bytes.len() - unfinished(&answer.bytes);
        (String::from_utf8_lossy(&answer.bytes[..whole]).into_owned(), stop)
    }
}

/// What to do when a conversation has become too long.
fn hint(said: &[Message]) -> &'static str {
    let is_long = said.iter().any(|it| it.role != Role::System);
    if is_long { "/save FILE keeps the conversation, /reset starts a new one" } else { "say less" }
}

/// Writes a conversation. Another file than a conversation is not overwritten.
fn save(file: &Path, said: &[Message]) -> anyhow::Result<()> {
    ensure!(!said.is_empty(), "nothing has been said yet");
    let is_ours = |file| fs::read_to_string(file).is_ok_and(|it| read_messages(&it).is_ok());
    ensure!(
        !file.exists() || is_ours(file),
        "{}: exists and is not a conversation; choose another name",
        file.display()
    );
    fs::write(file, write_messages(said)).with_context(|| file.display().to_string())
}
