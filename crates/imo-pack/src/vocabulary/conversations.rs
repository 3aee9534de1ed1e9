//! Tests: what tokens conversations have, by tables whose separators are written by hand.

use imo_model::tables::{head, separator};
use imo_model::{EncodeError, ImageError, Part, Role, TEMPLATE_LIMIT, Tokenizer};

use super::classes::CHARACTER_CLASSES;
use super::read::tests::{file, read};
use super::tables::Vocabulary;
use crate::template::{Separator, Separators, TemplatePiece};

const USER: Option<Role> = Some(Role::User);
const ASSISTANT: Option<Role> = Some(Role::Assistant);

fn vocabulary() -> Vocabulary {
    read(&file("smollm")).expect("sound")
}

fn text(it: &str) -> TemplatePiece {
    TemplatePiece::Text(it.to_owned())
}

fn written(pieces: &[TemplatePiece]) -> Separator {
    Separator { pieces: pieces.to_vec(), ..Separator::default() }
}

/// Questions and answers in turn, with a control token between an answer and a question.
fn turns(control: u32) -> Separators {
    let mut turns = Separators::default();
    let control = TemplatePiece::Control(control);
    turns.put(None, USER, Separator { trims_behind: true, ..written(&[text("Q: ")]) });
    turns.put(USER, ASSISTANT, Separator { trims_before: true, ..written(&[text("\nA: ")]) });
    turns.put(ASSISTANT, USER, written(&[control, text("Q: ")]));
    turns.put(USER, None, written(&[text("\nA: ")]));
    turns
}

fn part(role: Option<Role>, text: &str) -> Part<'_> {
    Part { role: role.expect("a role"), text: text.as_bytes() }
}

#[test]
fn what_stands_between_two_parts_depends_on_their_roles() {
    let vocabulary = vocabulary();
    let control = vocabulary.tokens.iter().position(|(_, control)| *control).expect("one");
    let control = u32::try_from(control).expect("a token");
    let tables = vocabulary.encode(&turns(control));
    let tokenizer = Tokenizer::parse(&tables).expect("tables");
    tokenizer.validate().expect("sound");
    let parts = [part(USER, " \u{1f}one? "), part(ASSISTANT, " two\n"), part(USER, " three ")];
    let tokens = tokenizer.encode_parts(&parts).expect("tokens");
    let [first, second] = ["Q: one?\nA:  two\n", "Q:  three \nA: "];
    let [first, second] =
        [first, second].map(|it| tokenizer.encode_raw_text(it.as_bytes()).expect("tokens"));
    assert_eq!(tokens, [first, vec![control], second].concat());
}

#[test]
fn a_conversation_without_tokens_says_why() {
    let tables = vocabulary().encode(&turns(0));
    let tokenizer = Tokenizer::parse(&tables).expect("tables");
    let refusal = |parts: &[Part<'_>]| tokenizer.encode_parts(parts).expect_err("a refusal");
    let fine = part(USER, "one");
    for parts in [
        &[][..],
        &[part(ASSISTANT, "two")],
        &[fine, fine],
        &[fine, part(ASSISTANT, "two")],
        &[part(Some(Role::System), "zero"), fine],
    ] {
        assert_eq!(refusal(parts), EncodeError::NoSuchConversation, "{parts:?}");
    }
    for blank in ["", " ", "\u{1c}\u{1d}\u{1e}\u{1f}", "\u{85}\u{a0}\u{3000}\t\r\n"] {
        let parts = [fine, part(ASSISTANT, blank), fine];
        assert_eq!(refusal(&parts), EncodeError::Blank, "{blank:?}");
    }
    tokenizer.encode_parts(&[part(USER, "\u{200b}")]).expect("Python does not trim it");
    let halves = ["é".as_bytes().split_at(1).0, "é".as_bytes().split_at(1).1];
    let [first, second] = halves.map(|text| Part { role: Role::User, text });
    let second = Part { role: Role::Assistant, ..second };
    assert_eq!(refusal(&[first, second, fine]), EncodeError::NotUtf8);
}

#[test]
fn a_template_adds_no_more_than_its_limits() {
    let vocabulary = vocabulary();
    let mut separators = turns(0);
    let encode = |separators: &Separators, parts: &[Part<'_>]| {
        let tables = vocabulary.encode(separators);
        Tokenizer::parse(&tables).expect("tables").encode_parts(parts).err()
    };
    let question = part(USER, "one");
    for (length, expected) in [
        (TEMPLATE_LIMIT - "\nA: ".len(), None),
        (TEMPLATE_LIMIT + 1 - "\nA: ".len(), Some(EncodeError::TooLong)),
    ] {
        separators.put(None, USER, written(&[text(&"x".repeat(length))]));
        assert_eq!(encode(&separators, &[question]), expected, "{length}");
    }
    let turn = [question, part(ASSISTANT, "two")];
    for (turns_of, expected) in [(6_500, None), (6_600, Some(EncodeError::TooLong))] {
        let parts = [&turn.repeat(turns_of)[..], &[question]].concat();
        assert_eq!(encode(&turns(0), &parts), expected, "{turns_of}");
    }
}

#[test]
fn tables_with_an_unsound_separator_are_refused() {
    let vocabulary = vocabulary();
    let tables = vocabulary.encode(&turns(0));
    let words = head::WORDS + 256 + vocabulary.tokens.len() + 1;
    let words = words + 4 * vocabulary.merges.len() + 3 * CHARACTER_CLASSES.len();
    let entry = |from, to| 4 * (words + separator::WORDS * separator::index(from, to));
    let begin = entry(None, USER);
    assert_eq!(tables[begin..begin + 12], [0, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0]);
    for (at, bytes) in [
        (entry(None, None), &[0, 0, 0, 0, 0, 0, 0, 0, 1]),
        (entry(None, ASSISTANT), &[0, 0, 0, 0, 1, 0, 0, 0, 0]),
        (begin, &[0, 0, 0, 0, 1, 0, 0, 0, 8]),
        (begin, &[0, 0, 0, 0, 6, 0, 0, 0, 1]),
        (begin, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
    ] {
        let mut damaged = tables.clone();
        damaged[at..at + bytes.len()].copy_from_slice(bytes);
        let tokenizer = Tokenizer::parse(&damaged).expect("tables");
        assert_eq!(tokenizer.validate(), Err(ImageError::Field("template")), "{bytes:?}");
    }
}
