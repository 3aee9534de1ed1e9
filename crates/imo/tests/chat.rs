//! A chat, as somebody at a terminal has it.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use binary::{at, folder, imo, tiny};
use imo_pack::tiny::TinyShape;
use rexpect::process::WaitStatus;
use rexpect::session::{Options, PtySession, spawn_with_options};
use serde_json::{Value, json};

mod binary;

/// Longest wait for something on the terminal, in milliseconds.
const PATIENCE_MS: u64 = 30_000;

/// A chat with a tiny model.
struct Chat {
    session: PtySession,
    folder: PathBuf,
}

impl Chat {
    fn start(folder: &Path, more: &[&str]) -> Self {
        let model = folder.join("tiny.gguf");
        let mut command = binary::command(&[&["run", at(&model)], more].concat());
        command.stdin(Stdio::inherit());
        command.env("XDG_STATE_HOME", folder.join("state")).env("TERM", "xterm");
        let options = Options::new().timeout_ms(Some(PATIENCE_MS)).strip_ansi_escape_codes(true);
        let session = spawn_with_options(command, options).expect("the binary starts");
        let mut chat = Self { session, folder: folder.to_owned() };
        chat.reads("Ctrl-D leaves");
        chat
    }

    /// Types a line at the next prompt. What is typed before that may be dropped.
    fn types(&mut self, line: &str) {
        self.reads(">>> ");
        self.session.send_line(line).expect("the terminal takes it");
    }

    /// Waits for some words, and returns what stood before them.
    fn reads(&mut self, words: &str) -> String {
        self.session.exp_string(words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// Types a line, and waits for what is said of it.
    fn types_and_reads(&mut self, line: &str, words: &str) {
        self.types(line);
        self.reads(words);
    }

    /// Waits until everything before is done.
    fn settle(&mut self) {
        self.types_and_reads("/mark", "there is no command /mark; /help lists them");
    }

    /// The conversation, saved under a name.
    fn saved(&mut self, name: &str) -> Value {
        let file = self.folder.join(name);
        self.types_and_reads(&format!("/save {}", at(&file)), "saved to ");
        self.settle();
        let saved = fs::read_to_string(file).expect("it was saved");
        whole(serde_json::from_str(&saved).expect("JSON"))
    }

    /// Presses Ctrl-D, and checks that the command ends well.
    fn leave(mut self) {
        self.reads(">>> ");
        self.session.send_control('d').expect("the terminal takes it");
        self.session.exp_eof().expect("the chat ends");
        let status = self.session.process().wait().expect("it was started here");
        assert!(matches!(status, WaitStatus::Exited(_, 0)), "{status:?}");
    }
}

/// The answer that `imo run` gives in one go.
fn answer(folder: &Path, more: &[&str]) -> String {
    let model = folder.join("tiny.gguf");
    let report = imo(&[&["run", at(&model), "--json"], more].concat()).object();
    report["text"].as_str().expect("a text").to_owned()
}

fn user(content: &str) -> Value {
    json!({"role": "user", "content": content})
}

fn assistant(content: &str) -> Value {
    // A chat drops a character that is cut at its end.
    json!({"role": "assistant", "content": content.trim_end_matches('\u{fffd}')})
}

/// A conversation whose answers end in no replaced character.
fn whole(mut saved: Value) -> Value {
    for message in saved.as_array_mut().expect("a list") {
        if message["role"] == "assistant" {
            message["content"] =
                assistant(message["content"].as_str().expect("a text"))["content"].clone();
        }
    }
    saved
}

#[test]
fn a_chat_goes_on_is_saved_and_is_read_back() {
    let folder = folder("chat");
    tiny(&folder, &TinyShape { context: 300, ..TinyShape::default() });
    let more = ["--tokens", "8", "--temperature", "1.5", "--seed", "41"];
    let one = |seed: &str, more: &[&str]| {
        answer(
            &folder,
            &[&["--tokens", "8", "--temperature", "1.5", "--seed", seed], more].concat(),
        )
    };
    let first = one("41", &["the end"]);
    let mut chat = Chat::start(&folder, &more);
    chat.types("the end");
    chat.settle();
    let saved = chat.saved("one.json");
    assert_eq!(saved, json!([user("the end"), assistant(&first)]));

    // The second turn sees the first one, and has a seed of its own.
    chat.types("\"\"\"and\n/rest\"\"\"");
    // While an entry has several lines, its prompt is drawn again.
    chat.reads("/rest\"\"\"\r\n");
    chat.settle();
    let saved = chat.saved("two.json");
    let file = folder.join("one.json");
    let second = one("42", &["--messages", at(&file), "and\n/rest"]);
    assert_eq!(saved[2], user("and\n/rest"));
    assert_eq!(saved[3], assistant(&second));

    chat.types_and_reads("/system", "there is no system message");
    chat.types_and_reads("/system Be brief.", "a new conversation, with these instructions");
    chat.types("one\\\ntwo");
    chat.reads("two\r\n");
    chat.settle();
    let third = one("43", &["--system", "Be brief.", "one\ntwo"]);
    let saved = chat.saved("three.json");
    let system = json!({"role": "system", "content": "Be brief."});
    assert_eq!(saved, json!([system, user("one\ntwo"), assistant(&third)]));
    chat.types_and_reads("/reset", "a new conversation");
    assert_eq!(chat.saved("four.json"), json!([system]));
    chat.types_and_reads("/system", "Be brief.");
    chat.leave();

    // A conversation that was saved goes on.
    let file = folder.join("two.json");
    let mut chat = Chat::start(&folder, &["--messages", at(&file), "--tokens", "8"]);
    chat.types("more");
    chat.settle();
    let saved = chat.saved("five.json");
    let fourth = answer(&folder, &["--messages", at(&file), "more", "--tokens", "8"]);
    assert_eq!(saved[3], assistant(&second));
    assert_eq!((&saved[4], &saved[5]), (&user("more"), &assistant(&fourth)));
    chat.leave();
}

#[test]
fn ctrl_c_ends_an_answer_and_not_the_chat() {
    let folder = folder("chat-interrupted");
    tiny(&folder, &TinyShape { context: 1 << 15, ..TinyShape::default() });
    let mut chat = Chat::start(&folder, &["--tokens", "30000"]);
    chat.reads(">>> ");
    chat.session.send_control('c').expect("the terminal takes it");
    chat.reads("Ctrl-D or /quit leaves");

    let whole = answer(&folder, &["the end", "--tokens", "40"]);
    let beginning: String = whole.chars().take_while(char::is_ascii_graphic).take(3).collect();
    assert!(!beginning.is_empty(), "{whole:?}");
    chat.types("the end");
    chat.reads(&beginning);
    chat.session.send_control('c').expect("the terminal takes it");
    chat.reads("interrupted");
    chat.settle();
    let saved = chat.saved("interrupted.json");
    let said = saved[1]["content"].as_str().expect("what was said");
    let same = said.bytes().zip(whole.bytes()).take_while(|(a, b)| a == b).count();
    assert!(same > 0 && same == said.len().min(whole.len()), "{said:?} begins as {whole:?}");

    // It can be pressed again for the next answer.
    chat.types_and_reads("/reset", "a new conversation");
    chat.types("the end");
    chat.reads(&beginning);
    chat.session.send_control('c').expect("the terminal takes it");
    chat.reads("interrupted");
    chat.settle();
    assert_eq!(chat.saved("again.json").as_array().map(Vec::len), Some(2));
    chat.leave();
}

#[test]
fn nothing_is_lost_when_a_conversation_no_longer_fits() {
    let folder = folder("chat-full");
    tiny(&folder, &TinyShape { context: 64, ..TinyShape::default() });
    let mut chat = Chat::start(&folder, &["--tokens", "4"]);
    chat.types("the end");
    chat.settle();
    let before = chat.saved("before.json");
    chat.types_and_reads(&"x y".repeat(24), "and the model has 64 positions; nothing is lost:");
    chat.reads("/reset starts a new one");
    assert_eq!(chat.saved("after.json"), before);

    // Only conversations are overwritten.
    let notes = folder.join("notes.txt");
    fs::write(&notes, "keep me").expect("written");
    chat.types_and_reads(&format!("/save {}", at(&notes)), "is not a conversation");
    assert_eq!(fs::read_to_string(notes).expect("it is there"), "keep me");
    assert_eq!(chat.saved("after.json"), before);
    chat.types_and_reads("/reset", "a new conversation");
    chat.types_and_reads("/save x.json", "nothing has been said yet");
    chat.types_and_reads("/help", "/save FILE");
    chat.types("/quit");
    chat.session.exp_eof().expect("the chat ends");
}

/// A template that shows only the first message.
#[test]
fn where_messages_stand_alone_this_is_said() {
    let folder = folder("chat-alone");
    let model = tiny(&folder, &TinyShape::default());
    let mut bytes = fs::read(&model).expect("just written");
    let find = |text: &str| bytes.windows(text.len()).position(|it| it == text.as_bytes());
    let start = find("{% for m in messages %}").expect("the template");
    let end = find("{% endfor %}<|reply|>").expect("its end") + "{% endfor %}<|reply|>".len();
    let alone = "<|start|>{{ messages[0]['content'] }}<|stop|><|reply|>";
    let alone = format!("{alone}{{#{}#}}", " ".repeat(end - start - alone.len() - 4));
    bytes[start..end].copy_from_slice(alone.as_bytes());
    fs::write(&model, bytes).expect("written");

    let mut chat = Chat::start(&folder, &["--tokens", "6"]);
    chat.reads("takes one message of the user: each message stands alone");
    chat.types("the end");
    chat.types("and the");
    chat.settle();
    let saved = chat.saved("alone.json");
    let second = answer(&folder, &["and the", "--tokens", "6"]);
    assert_eq!((&saved[2], &saved[3]), (&user("and the"), &assistant(&second)));
    chat.types_and_reads("/system Be brief.", "has no system message; it takes one message");
    chat.leave();

    let file = folder.join("alone.json");
    let why = "the model's chat template has no conversation that has assistant after user; it \
               takes one message of the user";
    binary::check_failure(&["run", at(&model), "--messages", at(&file), "x"], 1, why);
    let why = "no conversation that begins with system";
    binary::check_failure(&["run", at(&model), "--system", "Be brief.", "x"], 1, why);
}

#[test]
fn what_was_typed_is_kept_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = folder("chat-history");
    tiny(&folder, &TinyShape::default());
    let file = folder.join("state").join("imo").join("chat-history");
    let mut chat = Chat::start(&folder, &["--tokens", "2", "--no-history"]);
    chat.types("a secret");
    chat.settle();
    chat.leave();
    assert!(!file.exists());

    let mut chat = Chat::start(&folder, &["--tokens", "2"]);
    chat.types("the end");
    chat.settle();
    chat.leave();
    let mode = fs::metadata(&file).expect("it is kept").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(fs::read_to_string(&file).expect("UTF-8").contains("the end\n"));

    // The arrow key finds it the next time: /mark was last, so it takes two.
    let mut chat = Chat::start(&folder, &["--tokens", "2"]);
    chat.types("\u{1b}[A\u{1b}[A");
    chat.reads("cut at --tokens");
    chat.settle();
    assert_eq!(chat.saved("found.json")[0], user("the end"));
    chat.leave();
}

#[test]
fn a_chat_needs_somebody_to_see_it() {
    let folder = folder("chat-unseen");
    let model = tiny(&folder, &TinyShape::default());
    for (more, why) in [
        ("--json", "there is no PROMPT, and a chat needs a terminal"),
        ("--raw", "--raw needs a PROMPT"),
        ("--ignore-eos", "--top-logits and --ignore-eos need a PROMPT"),
    ] {
        let options = Options::new().timeout_ms(Some(PATIENCE_MS)).strip_ansi_escape_codes(true);
        let mut command = binary::command(&["run", at(&model), more]);
        command.stdin(Stdio::inherit());
        let mut session = spawn_with_options(command, options).expect("the binary starts");
        session.exp_string(why).unwrap_or_else(|error| panic!("{why:?}: {error}"));
        let status = session.process().wait().expect("it was started here");
        assert!(matches!(status, WaitStatus::Exited(_, 2)), "{status:?}");
    }
}
