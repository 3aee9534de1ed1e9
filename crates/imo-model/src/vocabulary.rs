//! A model file's vocabulary to the tokenizer's tables.

use std::collections::BTreeMap;

use unicode_general_category::{GeneralCategory as Category, get_general_category};

use crate::gguf::{Gguf, Value};
use crate::pack::PackError;
use crate::template::{Template, TemplatePiece};
use crate::tokenizer::{CONTROL, Class, NO_TOKEN};

/// (left, right) to (rank, result).
type Merges = BTreeMap<(u32, u32), (u32, u32)>;

/// The kind of a normal token in a model file.
const NORMAL: u64 = 1;
/// Tokens that a user may write: user-defined ones are text as well.
const USER_DEFINED: u64 = 4;

/// A vocabulary, read and checked.
pub(crate) struct Vocabulary {
    /// Bytes of each token, and whether it is a control token.
    pub(crate) tokens: Vec<(Vec<u8>, bool)>,
    merges: Merges,
    byte_tokens: [u32; 256],
}

impl Vocabulary {
    /// Reads a byte-level BPE vocabulary.
    pub(crate) fn read(gguf: &Gguf<'_>) -> Result<Self, PackError> {
        let unsupported = |what: String| Err(PackError::Unsupported { what });
        let model = gguf.text("tokenizer.ggml.model")?;
        if model != "gpt2" {
            return unsupported(format!("the tokenizer {model:?} (only \"gpt2\", byte-level BPE)"));
        }
        let pre = gguf.text("tokenizer.ggml.pre")?;
        if pre != "smollm" {
            return unsupported(format!("the pre-tokenizer {pre:?} (only \"smollm\")"));
        }
        if gguf.value("tokenizer.ggml.add_bos_token") == Some(Value::Bool(true)) {
            return unsupported(
                "a tokenizer that adds a token of its own before the text".to_owned(),
            );
        }
        let names = texts(gguf, "tokenizer.ggml.tokens")?;
        let kinds = gguf.list("tokenizer.ggml.token_type")?;
        if kinds.len() != names.len() || names.len() > 1 << 24 {
            return Err(vocabulary_error("as many token types as tokens, at most 2^24"));
        }
        let ids: BTreeMap<&str, u32> = (0..).zip(&names).map(|(id, name)| (*name, id)).collect();
        let bytes_of = byte_alphabet();
        let mut tokens = Vec::with_capacity(names.len());
        for (name, kind) in names.iter().zip(kinds.iter()) {
            let kind = match kind {
                Value::Signed(kind) => kind.cast_unsigned(),
                Value::Unsigned(kind) => kind,
                _ => return Err(vocabulary_error("a number for each token type")),
            };
            let text = match kind {
                NORMAL => {
                    name.chars().map(|c| bytes_of.get(&c).copied()).collect::<Option<Vec<u8>>>()
                }
                _ => Some(name.as_bytes().to_vec()),
            };
            let text =
                text.ok_or_else(|| vocabulary_error("tokens spelled in the byte alphabet"))?;
            tokens.push((text, kind != NORMAL && kind != USER_DEFINED));
        }
        let mut byte_tokens = [NO_TOKEN; 256];
        for (c, byte) in &bytes_of {
            if let Some(id) = ids.get(c.to_string().as_str()) {
                byte_tokens[usize::from(*byte)] = *id;
            }
        }
        Ok(Self { tokens, merges: merges(gguf, &ids)?, byte_tokens })
    }

    /// The tokenizer's tables, as `Tokenizer::parse` reads them.
    pub(crate) fn encode(&self, template: &Template) -> Vec<u8> {
        let ranges = character_classes();
        let (pieces, template_text) = encode_template(template);
        let text_bytes: usize = self.tokens.iter().map(|(text, _)| text.len()).sum();
        let head = [
            self.tokens.len(),
            self.merges.len(),
            ranges.len(),
            pieces.len() / 3,
            usize::from(template.trims),
            text_bytes,
        ];
        let mut words: Vec<u32> = head.iter().map(|count| small(*count)).collect();
        words.extend(self.byte_tokens);
        let mut offset = 0;
        for (text, control) in &self.tokens {
            words.push(offset | if *control { CONTROL } else { 0 });
            offset += small(text.len());
        }
        words.push(offset);
        for ((left, right), (rank, result)) in &self.merges {
            words.extend([*left, *right, *rank, *result]);
        }
        words.extend(ranges.iter().flatten());
        words.extend(pieces);
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.extend(self.tokens.iter().flat_map(|(text, _)| text));
        bytes.extend(template_text);
        bytes
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).expect("a vocabulary's tables are far below 4 GiB")
}

fn encode_template(template: &Template) -> (Vec<u32>, Vec<u8>) {
    let (mut words, mut text) = (Vec::new(), Vec::new());
    for piece in &template.pieces {
        words.extend(match piece {
            TemplatePiece::Control(token) => [0, *token, 0],
            TemplatePiece::Text(it) => {
                let start = text.len();
                text.extend(it.as_bytes());
                [1, small(start), small(it.len())]
            }
            TemplatePiece::Content => [2, 0, 0],
        });
    }
    (words, text)
}

fn merges(gguf: &Gguf<'_>, ids: &BTreeMap<&str, u32>) -> Result<Merges, PackError> {
    let mut merges = BTreeMap::new();
    for (rank, line) in (0..).zip(texts(gguf, "tokenizer.ggml.merges")?) {
        let (left, right) =
            line.split_once(' ').ok_or_else(|| vocabulary_error("merges of two parts"))?;
        let find = |part: &str| ids.get(part).copied();
        let merged = (find(left), find(right), find(&format!("{left}{right}")));
        let (Some(left), Some(right), Some(result)) = merged else {
            return Err(vocabulary_error("merges of tokens that there are"));
        };
        // Of equal pairs the first, which has the better rank, counts.
        merges.entry((left, right)).or_insert((rank, result));
    }
    Ok(merges)
}

fn texts<'a>(gguf: &Gguf<'a>, key: &str) -> Result<Vec<&'a str>, PackError> {
    let text = |value| match value {
        Value::Text(text) => Some(text),
        _ => None,
    };
    let all: Option<Vec<&str>> = gguf.list(key)?.iter().map(text).collect();
    all.ok_or_else(|| PackError::Vocabulary { key: key.to_owned(), expected: "texts" })
}

fn vocabulary_error(expected: &'static str) -> PackError {
    PackError::Vocabulary { key: "tokenizer.ggml".to_owned(), expected }
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

/// Ranges of characters of one class, ascending: (first, last, class).
fn character_classes() -> Vec<[u32; 3]> {
    let mut ranges: Vec<[u32; 3]> = Vec::new();
    for c in '\0'..=char::MAX {
        let class = class_of(c) as u32;
        let code = u32::from(c);
        match ranges.last_mut() {
            _ if class == Class::Other as u32 => {}
            Some([_, last, of]) if *of == class && *last + 1 == code => *last = code,
            _ => ranges.push([code, code, class]),
        }
    }
    ranges
}

fn class_of(c: char) -> Class {
    if c.is_whitespace() {
        return Class::Space;
    }
    match get_general_category(c) {
        Category::UppercaseLetter
        | Category::LowercaseLetter
        | Category::TitlecaseLetter
        | Category::ModifierLetter
        | Category::OtherLetter => Class::Letter,
        Category::DecimalNumber | Category::LetterNumber | Category::OtherNumber => Class::Number,
        _ => Class::Other,
    }
}
