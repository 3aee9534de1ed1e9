//! Vocabularies of byte-level BPE.

use std::collections::BTreeMap;

use imo_model::tables::{NO_TOKEN, Splitter};

use super::fields::{
    Names, begin, is_control, kind, texts, unsupported, users, vocabulary_error, with_controls,
};
use super::tables::{Merges, Vocabulary};
use crate::error::PackError;
use crate::gguf::Gguf;

/// Reads a vocabulary of byte-level BPE.
pub(super) fn read(gguf: &Gguf<'_>, names: &Names<'_>) -> Result<Vocabulary, PackError> {
    let Names { names, kinds, ids } = names;
    // As in llama.cpp: how a text is cut, whether a piece that is a token stays as it is, and
    // whether a token begins the text.
    let (splitter, pieces_are_tokens, begins) = match gguf.text("tokenizer.ggml.pre")? {
        "smollm" => (Splitter::Smollm, false, false),
        "gpt-2" => (Splitter::Gpt2, false, false),
        "llama3" | "llama-v3" | "llama-bpe" => (Splitter::Llama3, true, true),
        "qwen2" => (Splitter::Qwen2, false, false),
        pre => {
            return unsupported(format!(
                "the pre-tokenizer {pre:?} \
                 (only \"smollm\", \"gpt-2\", \"llama-bpe\" and \"qwen2\")"
            ));
        }
    };
    let bytes_of = byte_alphabet();
    let spelled = |name: &str| name.chars().map(|c| bytes_of.get(&c).copied()).collect();
    let text = |(name, kind): (&&str, &u64)| match *kind {
        kind::NORMAL => spelled(name),
        _ => Some(name.as_bytes().to_vec()),
    };
    let texts: Option<Vec<Vec<u8>>> = names.iter().zip(kinds).map(text).collect();
    let texts = texts.ok_or_else(|| vocabulary_error("tokens spelled in the byte alphabet"))?;
    let mut byte_tokens = [NO_TOKEN; 256];
    for (c, byte) in &bytes_of {
        if let Some(id) = ids.get(c.to_string().as_str()) {
            if is_control(&kinds[*id as usize]) {
                return Err(vocabulary_error("bytes that are no control tokens"));
            }
            byte_tokens[usize::from(*byte)] = *id;
        }
    }
    let users = users(&texts, kinds);
    let tokens = with_controls(texts, kinds);
    Ok(Vocabulary {
        by_text: if pieces_are_tokens { by_text(&tokens) } else { Vec::new() },
        users,
        tokens,
        begin: begin(gguf, begins)?,
        merges: merges(gguf, ids, kinds)?,
        byte_tokens,
        characters: BTreeMap::new(),
        splitter,
        prefixes: false,
        costs: Vec::new(),
        remarks: Vec::new(),
        look_alikes: Vec::new(),
    })
}

/// Tokens in order of their text, without control tokens; of equal texts only one.
fn by_text(tokens: &[(Vec<u8>, bool)]) -> Vec<u32> {
    let texts = (0..).zip(tokens).filter(|(_, (text, control))| !control && !text.is_empty());
    let sorted: BTreeMap<&[u8], u32> = texts.map(|(id, (text, _))| (text.as_slice(), id)).collect();
    sorted.into_values().collect()
}

/// The merges, without those that would let a text write a control token.
fn merges(gguf: &Gguf<'_>, ids: &BTreeMap<&str, u32>, kinds: &[u64]) -> Result<Merges, PackError> {
    let mut merges = BTreeMap::new();
    for (rank, line) in (0..).zip(texts(gguf, "tokenizer.ggml.merges")?) {
        let (left, right) =
            line.split_once(' ').ok_or_else(|| vocabulary_error("merges of two parts"))?;
        let find = |part: &str| ids.get(part).copied();
        let merged = (find(left), find(right), find(&format!("{left}{right}")));
        let (Some(left), Some(right), Some(result)) = merged else {
            return Err(vocabulary_error("merges of tokens that there are"));
        };
        // If a pair is there twice, the first one counts, which has the better rank.
        if !is_control(&kinds[result as usize]) {
            merges.entry((left, right)).or_insert((rank, result));
        }
    }
    Ok(merges)
}

/// GPT-2's alphabet: a printable character for each byte.
fn byte_alphabet() -> BTreeMap<char, u8> {
    let mut spare = (256..).map(|code| char::from_u32(code).expect("a Latin letter"));
    (0..=255_u8)
        .map(|byte| match byte {
            b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff => (char::from(byte), byte),
            _ => (spare.next().expect("as many as are needed"), byte),
        })
        .collect()
}
