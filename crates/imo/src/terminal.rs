//! The only module that prints.
//!
//! Standard output is for people, or with `--json` for a program, never for both. Progress and
//! notes go to standard error, so that an answer or an object can be piped.
//!
//! Much of what is printed was written by strangers: answers, names, addresses, reasons. So no
//! control character leaves this module that a terminal would obey.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::panic::resume_unwind;

use indicatif::{ProgressBar, ProgressStyle};

/// Prints what a command has to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    json: bool,
    /// Whether the work goes on when nobody reads its output any more.
    outlives_readers: bool,
}

impl Terminal {
    /// A terminal for people; with `json`, one for a program. Then only `object` writes to standard
    /// output.
    pub(crate) const fn new(json: bool) -> Self {
        Self { json, outlives_readers: false }
    }

    /// The terminal of work that is worth doing even if its output cannot be written.
    pub(crate) const fn of_a_service(self) -> Self {
        Self { outlives_readers: true, ..self }
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
        self.say(&format!("{}\n", harmless(text.as_ref())));
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
        self.say(&harmless(text));
    }

    /// Prints the one object of `--json`.
    pub(crate) fn object(self, value: &impl serde::Serialize) {
        if self.json {
            let text = serde_json::to_string_pretty(value).expect("our reports are JSON");
            self.say(&format!("{}\n", escaped(&text)));
        }
    }

    /// Prints these bytes at once.
    pub(crate) fn raw(self, bytes: &[u8]) {
        let mut output = io::stdout().lock();
        self.written(output.write_all(bytes).and_then(|()| output.flush()));
    }

    /// Takes the result of writing to standard output. If it failed, the command ends here, and
    /// whatever it started ends with it; `main` says why.
    pub(crate) fn written(self, result: io::Result<()>) {
        if let Err(error) = result
            && !self.outlives_readers
        {
            resume_unwind(Box::new(Unwritable(error)));
        }
    }

    /// Prints a remark on standard error.
    pub(crate) fn note(self, text: impl AsRef<str>) {
        remark(text.as_ref());
    }

    fn say(self, text: &str) {
        self.raw(text.as_bytes());
    }

    /// A progress bar for work of `total` units. It is hidden if standard error is not a terminal.
    pub(crate) fn bar(self, what: &str, total: u64) -> ProgressBar {
        if !io::stderr().is_terminal() {
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

/// What unwinds a command whose output cannot be written.
#[derive(Debug)]
pub(crate) struct Unwritable(pub(crate) io::Error);

impl Unwritable {
    /// Whether the reader went away, as `head` does when it has enough.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.0.kind() == ErrorKind::BrokenPipe
    }
}

/// Prints an error and its causes, for people.
pub(crate) fn complain(error: &anyhow::Error) {
    remark(&format!("error: {error:#}"));
}

/// Writes a line to standard error. If that cannot be written, there is nobody to tell.
fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", harmless(text));
}

/// Replaces the control characters that a terminal would obey; line breaks and tabs stay.
fn harmless(text: &str) -> String {
    text.replace(is_obeyed, "\u{fffd}")
}

/// Escapes in JSON the control characters that JSON itself lets through. They can only be part of
/// its strings.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        if is_obeyed(letter) {
            write!(text, "\\u{:04x}", u32::from(letter)).expect("a string takes it");
        } else {
            text.push(letter);
        }
    }
    text
}

fn is_obeyed(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_strangers_text_cannot_control_the_terminal() {
        assert_eq!(harmless("two\nlines, a\ttab, é"), "two\nlines, a\ttab, é");
        assert_eq!(
            harmless("\u{1b}]0;title\u{7}\r\u{9b}2J"),
            "\u{fffd}]0;title\u{fffd}\u{fffd}\u{fffd}2J"
        );
    }

    #[test]
    fn output_that_cannot_be_written_ends_a_command_but_no_service() {
        let full = || Err(ErrorKind::StorageFull.into());
        let command = Terminal::new(false);
        let ended = catch_unwind(|| command.written(full())).expect_err("it ends");
        assert!(!ended.downcast::<Unwritable>().expect("it says why").is_closed_pipe());
        command.of_a_service().written(full());
    }

    #[test]
    fn an_object_keeps_a_text_but_not_its_control_characters() {
        let text = "\u{1b}[2J\u{9b}2J\u{7f} é\n";
        let json = escaped(&serde_json::to_string_pretty(&[text]).expect("JSON"));
        assert!(!json.contains(is_obeyed), "{json:?}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).expect("JSON"), [text]);
    }
}
