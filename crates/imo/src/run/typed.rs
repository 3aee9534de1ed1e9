//! What somebody types in a chat.

/// Quotes around a message of several lines, or one that begins with `/`.
const QUOTES: &str = "\"\"\"";

/// What a typed entry means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    Nothing,
    Message(String),
    Command(Command),
    /// It looks like a command, but is none. Says what is wrong.
    Mistaken(String),
}

/// A command of a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    /// Show the system message.
    ShowSystem,
    /// Start anew with this system message, or with none.
    System(Option<String>),
    Reset,
    Save(String),
    Quit,
}

/// The commands, for people.
pub(crate) const HELP: [(&str, &str); 8] = [
    ("/system TEXT", "start anew with these instructions; - for none"),
    ("/system", "show the instructions"),
    ("/reset", "forget what was said, but not the instructions"),
    ("/save FILE", "write the conversation in JSON, which --messages reads"),
    ("/quit", "leave, as Ctrl-D does"),
    ("\\", "at the end of a line: the message goes on in the next line"),
    (QUOTES, "before and after a message: it may have several lines and begin with /"),
    ("Ctrl-C", "end an answer; what was said so far stays in the conversation"),
];

impl Typed {
    /// Reads an entry.
    pub(crate) fn of(entry: &str) -> Self {
        let trimmed = entry.trim();
        if trimmed.is_empty() {
            return Self::Nothing;
        }
        let Some(command) = trimmed.strip_prefix('/') else {
            return match text(entry) {
                text if text.trim().is_empty() => Self::Nothing,
                text => Self::Message(text),
            };
        };
        let (name, argument) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let argument = text(argument.trim());
        let command = match (name, argument.trim()) {
            ("help" | "?", _) => Command::Help,
            ("system", "") => Command::ShowSystem,
            ("system", "-") => Command::System(None),
            ("system", _) => Command::System(Some(argument)),
            ("reset" | "clear", _) => Command::Reset,
            ("save", "") => return Self::Mistaken("/save takes the name of a file".to_owned()),
            ("save", file) => Command::Save(file.to_owned()),
            ("quit" | "exit" | "bye", _) => Command::Quit,
            _ => {
                return Self::Mistaken(format!(
                    "there is no command /{name}; /help lists them. A message may begin with / \
                     if {QUOTES} stands before and after it"
                ));
            }
        };
        Self::Command(command)
    }
}

/// Whether an entry is complete, so that the next line is another one.
pub(crate) fn is_complete(entry: &str) -> bool {
    let entry = entry.trim_start();
    let entry = entry.strip_prefix("/system").map_or(entry, str::trim_start);
    match entry.strip_prefix(QUOTES) {
        Some(rest) => rest.trim_end().ends_with(QUOTES),
        None => !entry.ends_with('\\'),
    }
}

/// The text of a complete entry.
fn text(entry: &str) -> String {
    let quoted = entry.trim().strip_prefix(QUOTES).and_then(|it| it.strip_suffix(QUOTES));
    match quoted {
        Some(text) => {
            let text = text.strip_prefix('\n').unwrap_or(text);
            text.strip_suffix('\n').unwrap_or(text).to_owned()
        }
        None => entry.replace("\\\n", "\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_a_message_unless_it_begins_with_a_slash() {
        let message = |text: &str| Typed::Message(text.to_owned());
        let command = Typed::Command;
        for (entry, typed) in [
            ("", Typed::Nothing),
            (" \n", Typed::Nothing),
            ("\"\"\" \"\"\"", Typed::Nothing),
            ("hello / there", message("hello / there")),
            (" two  spaces ", message(" two  spaces ")),
            ("one \\\ntwo\\\nthree", message("one \ntwo\nthree")),
            ("\"\"\"\n/etc\n\nhosts\n\"\"\"", message("/etc\n\nhosts")),
            ("\"\"\"inline\"\"\" ", message("inline")),
            ("/help", command(Command::Help)),
            (" /reset ", command(Command::Reset)),
            ("/system", command(Command::ShowSystem)),
            ("/system -", command(Command::System(None))),
            ("/system  Be brief. ", command(Command::System(Some("Be brief.".to_owned())))),
            (
                "/system \"\"\"Be\nbrief.\"\"\"",
                command(Command::System(Some("Be\nbrief.".to_owned()))),
            ),
            ("/save a b.json", command(Command::Save("a b.json".to_owned()))),
            ("/bye", command(Command::Quit)),
        ] {
            assert_eq!(Typed::of(entry), typed, "{entry:?}");
        }
        for (entry, hint) in [("/save", "the name of a file"), ("/sytem x", "no command /sytem;")] {
            let Typed::Mistaken(words) = Typed::of(entry) else { panic!("{entry}") };
            assert!(words.contains(hint), "{words}");
        }
    }

    #[test]
    fn an_entry_goes_on_after_a_backslash_and_until_its_quotes_close() {
        for entry in
            ["one", "", "a\\b", "one\\\ntwo", "\"\"\"one\ntwo\"\"\"", "x \"\"\"", "/system x"]
        {
            assert!(is_complete(entry), "{entry:?}");
        }
        for entry in
            ["one\\", "\"\"\"", "\"\"\"one", "\"\"\"one\n\"\"", "/system \"\"\"x", "/system \\"]
        {
            assert!(!is_complete(entry), "{entry:?}");
        }
    }
}
