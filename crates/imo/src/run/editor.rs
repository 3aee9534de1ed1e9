//! Reads what is typed in a chat, with a line that can be edited.

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Editor, Helper};

use crate::run::typed::is_complete;

/// What stands before what is typed.
const SIGN: &str = ">>> ";

/// What came from the keyboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Text(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D, or the terminal is gone.
    End,
}

/// A line of typing, and what was typed before.
#[derive(Debug)]
pub(crate) struct Typewriter {
    editor: Editor<Multiline, FileHistory>,
    /// Where entries are kept.
    file: Option<PathBuf>,
}

impl Typewriter {
    /// Prepares the terminal. `keeps` entries in a file that only this account can read; earlier
    /// ones are found with the arrow keys.
    pub(crate) fn new(keeps: bool) -> anyhow::Result<Self> {
        let config = Config::builder().auto_add_history(true).build();
        let editor = Editor::with_config(config).context("the terminal cannot be used")?;
        let file = history_file().filter(|_| keeps);
        let mut typewriter = Self { editor, file };
        typewriter.editor.set_helper(Some(Multiline));
        if let Some(file) = &typewriter.file {
            // Without a file, the arrow keys know the entries of this chat.
            let _ = file.parent().map(fs::create_dir_all);
            let _ = typewriter.editor.load_history(file);
        }
        Ok(typewriter)
    }

    /// Waits for an entry.
    pub(crate) fn next(&mut self) -> anyhow::Result<Entry> {
        match self.editor.readline(SIGN) {
            Ok(text) => {
                if let Some(file) = &self.file {
                    let _ = self.editor.append_history(file);
                }
                Ok(Entry::Text(text))
            }
            Err(ReadlineError::Interrupted) => Ok(Entry::Interrupt),
            Err(ReadlineError::Eof) => Ok(Entry::End),
            Err(error) => Err(error).context("cannot read from the terminal"),
        }
    }
}

/// `imo/chat-history` in the folder that the XDG specification has for the state of programs.
fn history_file() -> Option<PathBuf> {
    let named = env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|it| it.is_absolute());
    let state = named.or_else(|| Some(env::home_dir()?.join(".local").join("state")))?;
    Some(state.join("imo").join("chat-history"))
}

/// Lets an entry have several lines.
#[derive(Debug)]
struct Multiline;

impl Validator for Multiline {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let complete = is_complete(context.input());
        Ok(if complete { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Completer for Multiline {
    type Candidate = String;
}

impl Hinter for Multiline {
    type Hint = String;
}

impl Highlighter for Multiline {}

impl Helper for Multiline {}
