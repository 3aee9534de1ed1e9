//! The only module that prints.
//!
//! Standard output is for people, or with `--json` for a program, never for both. Progress and
//! notes go to standard error, so that an answer or an object can be piped.
#![expect(clippy::print_stderr, reason = "this module is where words leave the program")]

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};

/// Prints what a command has to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    json: bool,
}

impl Terminal {
    /// A terminal for people; with `json`, one for a program. Then only `object` writes to standard
    /// output.
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether a program reads the output.
    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// Prints a line for people.
    pub(crate) fn line(self, text: impl AsRef<str>) {
        if self.json {
            return;
        }
        say(&format!("{}\n", text.as_ref()));
    }

    /// Prints rows of a name and a value, for people.
    pub(crate) fn table(self, rows: &[(&str, String)]) {
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in rows {
            self.line(format!("{name:width$}  {value}"));
        }
    }

    /// Prints a part of a line at once: streamed text.
    pub(crate) fn part(self, text: &str) {
        if self.json {
            return;
        }
        say(text);
    }

    /// Prints the one object of `--json`.
    pub(crate) fn object(self, value: &impl serde::Serialize) {
        if self.json {
            let text = serde_json::to_string_pretty(value).expect("our reports are JSON");
            say(&format!("{text}\n"));
        }
    }

    /// Prints a remark on standard error.
    pub(crate) fn note(self, text: impl AsRef<str>) {
        eprintln!("{}", text.as_ref());
    }

    /// A progress bar for work of `total` units. It is hidden if standard error is not a terminal.
    pub(crate) fn bar(self, what: &str, total: u64) -> ProgressBar {
        if !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(total);
        let style = ProgressStyle::with_template("{msg} [{bar:30}] {percent}% {eta}")
            .expect("the template is well formed");
        bar.set_style(style);
        bar.set_message(what.to_owned());
        bar
    }
}

/// Writes to standard output at once. If nobody reads it any more, the process ends.
fn say(text: &str) {
    let mut output = std::io::stdout().lock();
    if output.write_all(text.as_bytes()).and_then(|()| output.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Prints an error and its causes, for people.
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}
