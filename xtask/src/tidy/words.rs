//! Words that may not stand in the tree: what is left for later, and sentences that had to be read
//! twice.

use super::sources::{files, read, relative};

/// This file, which has the words it looks for.
const HERE: &str = "xtask/src/tidy/words.rs";

/// What is left for later, or names one person's computer.
const UNFINISHED: &[&str] =
    &["TODO", "FIXME", "todo!(", "unimplemented!(", "#[ignore", "vm.skip(", "/root/", "/home/"];

/// Phrases that nobody understood at once, and what says the same.
const RIDDLES: &[(&str, &str)] = &[
    ("finds a node that does not fit", "finds a wrong node"),
    ("leave delay dear", "make delay costly"),
    ("may take the base fee for 0", "may assume a base fee of 0"),
    ("it refuses it stays owed", "a refused payment stays owed"),
    ("repeats are not made likelier", "the penalty is off, or at least 1"),
    ("The whole of the weight is what is off", "1 disables top-p"),
    ("Calls `some`", "what is called, and with what"),
    ("the list only shrinks", "what the number or the list is for"),
    ("only gets shorter", "what the list is for"),
];

#[test]
fn nothing_is_left_for_later() {
    let mut found = Vec::new();
    for (name, text) in texts() {
        for (number, line) in (1..).zip(text.lines()) {
            let words = UNFINISHED.iter().filter(|it| line.contains(**it));
            found.extend(words.map(|it| format!("{name}:{number}: {it}")));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn plain_words() {
    let mut found = Vec::new();
    for (name, text) in texts() {
        let sentences = unwrapped(&text);
        let riddles = RIDDLES.iter().filter(|(it, _)| sentences.contains(*it));
        found.extend(riddles.map(|(it, plain)| format!("{name}: \"{it}\"; say: {plain}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Name and text of everything that people write, this file left out.
fn texts() -> Vec<(String, String)> {
    let paths = files(&["rs", "sol", "md", "py", "sh", "js"]);
    let texts = paths.iter().map(|it| (relative(it), read(it)));
    texts.filter(|(name, _)| name != HERE).collect()
}

/// The text as one line, so that a phrase is found across the end of a line of a comment or a page.
fn unwrapped(text: &str) -> String {
    let words = text.split_whitespace();
    let is_mark = |it: &&str| ["//", "///", "//!", "*", "#", ">"].contains(it);
    words.filter(|it| !is_mark(it)).collect::<Vec<_>>().join(" ")
}

#[test]
fn phrases_are_found_across_lines() {
    let text = "/// A leave\n    /// delay  dear.\n    //! And\n> so\n# on.";
    assert_eq!(unwrapped(text), "A leave delay dear. And so on.");
    assert!(unwrapped("a //b").contains("//b"), "only marks are left out");
}

#[test]
fn this_file_is_the_one_left_out() {
    assert!(file!().ends_with("tidy/words.rs") && HERE.ends_with("tidy/words.rs"));
    assert!(texts().iter().any(|(name, _)| name == "xtask/src/tidy/width.rs"));
}
