//! Which tokens end an answer, and which are control tokens.

use imo_model::{ModelImage, Part};
use imo_pack::tiny::{END, TinyShape, gguf, with_value};
use imo_pack::{Changes, pack_bytes};

const START: u32 = 264;
const STOP: u32 = 265;

fn packed(file: &[u8]) -> (ModelImage, Changes) {
    let (bytes, changes) = pack_bytes(file, |_, _| ()).expect("it packs");
    (ModelImage::from_bytes(bytes).expect("sound"), changes)
}

fn ends(file: &[u8]) -> Vec<u32> {
    packed(file).0.header().ends.as_slice().to_vec()
}

fn small() -> Vec<u8> {
    gguf(1, &TinyShape::smallest())
}

/// The file with a control token of another name, in the vocabulary and in the template.
fn renamed(mut file: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "the file's layout stays");
    let places: Vec<usize> =
        (0..file.len()).filter(|at| file[*at..].starts_with(from.as_bytes())).collect();
    assert_eq!(places.len(), 2);
    for at in places {
        file[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    file
}

/// The file with another kind of a token.
fn retyped(mut file: Vec<u8>, token: u32, kind: i32) -> Vec<u8> {
    let key = b"tokenizer.ggml.token_type";
    let at = file.windows(key.len()).position(|it| it == key).expect("the types");
    // The value's type, the elements' type, and their number stand between.
    let at = at + key.len() + 16 + 4 * token as usize;
    file[at..at + 4].copy_from_slice(&kind.to_le_bytes());
    file
}

#[test]
fn tokens_that_end_a_turn_or_a_message_end_a_sequence() {
    assert_eq!(ends(&small()), [END]);
    let turn = with_value(&small(), "tokenizer.ggml.eot_token_id", 4, &STOP.to_le_bytes());
    assert_eq!(ends(&turn), [END, STOP]);
    let message = with_value(&turn, "tokenizer.ggml.eom_token_id", 4, &7_u32.to_le_bytes());
    assert_eq!(ends(&message), [END, STOP, 7]);
    let beyond = with_value(&small(), "tokenizer.ggml.eot_token_id", 4, &900_u32.to_le_bytes());
    let refusal = pack_bytes(&beyond, |_, _| ()).expect_err("no such token").to_string();
    assert!(refusal.contains("end of sequence"), "{refusal}");
}

#[test]
fn names_say_what_ends_a_sequence_where_no_key_does() {
    assert_eq!(ends(&renamed(small(), "<|stop|>", "<|call|>")), [END, STOP]);
    for name in ["<fim_pad>", "<|flush|>"] {
        assert_eq!(ends(&renamed(small(), "<|start|>", name)), [END, START], "{name}");
    }
    // Beside calls, `<|end|>` only ends a part of a message. It is this file's end all the same.
    let parts = renamed(renamed(small(), "<|start|>", "<|flush|>"), "<|stop|>", "<|call|>");
    assert_eq!(ends(&parts), [END, START, STOP]);
    assert!(!packed(&retyped(parts, END, 1)).0.tokenizer().is_control(END));
}

#[test]
fn a_template_whose_turn_ends_in_another_token_is_noticed() {
    let remarks = packed(&small()).1.remarks;
    let noticed = |it: &String| it.contains("ends an answer with \"<|stop|>\"");
    assert!(remarks.iter().any(noticed), "{remarks:?}");
    let turn = with_value(&small(), "tokenizer.ggml.eot_token_id", 4, &STOP.to_le_bytes());
    let remarks = packed(&turn).1.remarks;
    assert!(!remarks.iter().any(noticed), "{remarks:?}");
}

#[test]
fn control_tokens_typed_as_others_are_control_tokens_by_their_name() {
    for kind in [1, 4] {
        let (image, changes) = packed(&retyped(small(), END, kind));
        assert!(image.tokenizer().is_control(END));
        let tokens = image.tokenizer().encode_raw_text(b"<|end|>").expect("text");
        assert!(!tokens.contains(&END), "no text gives it");
        let said = |it: &String| it.contains("\"<|end|>\" is taken for a control token");
        assert!(changes.remarks.iter().any(said), "{:?}", changes.remarks);
    }
}

#[test]
fn other_names_are_as_the_file_types_them_and_said() {
    for (kind, words) in [(1, "in several tokens"), (4, "can write it, too")] {
        let (image, changes) = packed(&retyped(small(), START, kind));
        let tokens = image.tokenizer().encode_parts(&[Part::of_user(b"the")]).expect("text");
        assert_eq!(tokens.contains(&START), kind == 4, "{tokens:?}");
        let said = |it: &String| it.contains("\"<|start|>\"") && it.contains(words);
        assert!(changes.remarks.iter().any(said), "{:?}", changes.remarks);
    }
}
