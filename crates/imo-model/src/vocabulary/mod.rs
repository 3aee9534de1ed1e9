//! A model file's vocabulary to the tokenizer's tables.

mod sentence_piece;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use unicode_general_category::{GeneralCategory as Category, get_general_category};

use crate::gguf::{Gguf, Value};
use crate::pack::PackError;
use crate::template::{Template, TemplatePiece};
use crate::tokenizer::{
    CONTROL, Class, NO_TOKEN, PREFIXES, SPLITTER_SHIFT, Splitter, TRIMS, USER_LIMIT,
};

/// (left, right) to (rank, result).
type Merges = BTreeMap<(u32, u32), (u32, u32)>;

/// Kinds of tokens in a model file.
mod kind {
    pub(super) const NORMAL: u64 = 1;
    pub(super) const UNKNOWN: u64 = 2;
    pub(super) const CONTROL: u64 = 3;
    /// A user may write it by name.
    pub(super) const USER_DEFINED: u64 = 4;
    pub(super) const BYTE: u64 = 6;
}

/// A vocabulary, read and checked.
pub(crate) struct Vocabulary {
    /// Bytes of each token, and whether it is a control token.
    pub(crate) tokens: Vec<(Vec<u8>, bool)>,
    /// The token that every text begins with.
    pub(crate) begin: Option<u32>,
    merges: Merges,
    byte_tokens: [u32; 256],
    characters: BTreeMap<char, u32>,
    users: Vec<u32>,
    splitter: Splitter,
    prefixes: bool,
    /// Tokens in order of their text, if the tokenizer looks for texts.
    by_text: Vec<u32>,
    /// Of unigram: what each of those costs, and what an unknown character does.
    costs: Vec<u32>,
}

impl Vocabulary {
    /// Reads a vocabulary of byte-level BPE, or of SentencePiece.
    pub(crate) fn read(gguf: &Gguf<'_>) -> Result<Self, PackError> {
        let names = texts(gguf, "tokenizer.ggml.tokens")?;
        let kinds = kinds(gguf, names.len())?;
        let ids: BTreeMap<&str, u32> = (0..).zip(&names).map(|(id, name)| (*name, id)).collect();
        let vocabulary = match gguf.text("tokenizer.ggml.model")? {
            "gpt2" => Self::byte_level(gguf, &names, &kinds, &ids)?,
            "llama" => Self::sentence_piece(gguf, &names, &kinds, &ids)?,
            "t5" => Self::unigram(gguf, &names, &kinds, &ids)?,
            model => {
                return unsupported(format!(
                    "the tokenizer {model:?} (only \"gpt2\", byte-level BPE, \"llama\", SentencePiece's BPE, and \"t5\", its unigram)"
                ));
            }
        };
        let ends = match gguf.value("tokenizer.ggml.add_eos_token") {
            Some(Value::Bool(ends)) => ends,
            _ => vocabulary.splitter == Splitter::Unigram,
        };
        if ends {
            return unsupported(
                "a tokenizer that adds a token of its own after the text".to_owned(),
            );
        }
        if vocabulary.users.len() > USER_LIMIT {
            return unsupported(format!(
                "{} tokens that a user may write by name (at most {USER_LIMIT})",
                vocabulary.users.len()
            ));
        }
        Ok(vocabulary)
    }

    fn byte_level(
        gguf: &Gguf<'_>,
        names: &[&str],
        kinds: &[u64],
        ids: &BTreeMap<&str, u32>,
    ) -> Result<Self, PackError> {
        // As llama.cpp has them: how a text is cut, whether a piece that is a token is not merged, and whether a token begins the text.
        let (splitter, pieces_are_tokens, begins) = match gguf.text("tokenizer.ggml.pre")? {
            "smollm" => (Splitter::Smollm, false, false),
            "gpt-2" => (Splitter::Gpt2, false, false),
            "llama3" | "llama-v3" | "llama-bpe" => (Splitter::Llama3, true, true),
            "qwen2" => (Splitter::Qwen2, false, false),
            pre => {
                return unsupported(format!(
                    "the pre-tokenizer {pre:?} (only \"smollm\", \"gpt-2\", \"llama-bpe\" and \"qwen2\")"
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
                byte_tokens[usize::from(*byte)] = *id;
            }
        }
        let users = users(&texts, kinds);
        let tokens = with_controls(texts, kinds);
        Ok(Self {
            by_text: if pieces_are_tokens { by_text(&tokens) } else { Vec::new() },
            users,
            tokens,
            begin: begin(gguf, begins)?,
            merges: merges(gguf, ids)?,
            byte_tokens,
            characters: BTreeMap::new(),
            splitter,
            prefixes: false,
            costs: Vec::new(),
        })
    }

    /// The tokenizer's tables, as `Tokenizer::parse` reads them.
    pub(crate) fn encode(&self, template: &Template) -> Vec<u8> {
        let ranges = match self.splitter {
            Splitter::Whole | Splitter::Unigram => &[][..],
            _ => &CHARACTER_CLASSES,
        };
        let (pieces, template_text) = encode_template(template);
        let text_bytes: usize = self.tokens.iter().map(|(text, _)| text.len()).sum();
        let flags = (self.splitter as u32) << SPLITTER_SHIFT
            | if template.trims { TRIMS } else { 0 }
            | if self.prefixes { PREFIXES } else { 0 };
        let mut words = vec![
            small(self.tokens.len()),
            small(self.merges.len()),
            small(ranges.len()),
            small(pieces.len() / 3),
            flags,
            small(text_bytes),
            self.begin.unwrap_or(NO_TOKEN),
            small(self.characters.len()),
            small(self.by_text.len()),
            small(self.users.len()),
        ];
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
        words.extend(self.characters.iter().flat_map(|(c, token)| [u32::from(*c), *token]));
        words.extend(&self.by_text);
        words.extend(&self.users);
        words.extend(&self.costs);
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.extend(self.tokens.iter().flat_map(|(text, _)| text));
        bytes.extend(template_text);
        bytes
    }
}

/// Tokens in order of their text; of equal texts one, and no control tokens.
fn by_text(tokens: &[(Vec<u8>, bool)]) -> Vec<u32> {
    let texts = (0..).zip(tokens).filter(|(_, (text, control))| !control && !text.is_empty());
    let sorted: BTreeMap<&[u8], u32> = texts.map(|(id, (text, _))| (text.as_slice(), id)).collect();
    sorted.into_values().collect()
}

fn unsupported<T>(what: String) -> Result<T, PackError> {
    Err(PackError::Unsupported { what })
}

fn kinds(gguf: &Gguf<'_>, tokens: usize) -> Result<Vec<u64>, PackError> {
    let kinds = gguf.list("tokenizer.ggml.token_type")?;
    if kinds.len() != tokens || tokens > 1 << 24 {
        return Err(vocabulary_error("as many token types as tokens, at most 2^24"));
    }
    let kind = |kind| match kind {
        Value::Signed(kind) => Some(kind.cast_unsigned()),
        Value::Unsigned(kind) => Some(kind),
        _ => None,
    };
    let kinds: Option<Vec<u64>> = kinds.iter().map(kind).collect();
    kinds.ok_or_else(|| vocabulary_error("a number for each token type"))
}

fn with_controls(texts: Vec<Vec<u8>>, kinds: &[u64]) -> Vec<(Vec<u8>, bool)> {
    let is_control = |kind: &u64| matches!(*kind, kind::CONTROL | kind::UNKNOWN);
    texts.into_iter().zip(kinds.iter().map(is_control)).collect()
}

/// Tokens that a user may write by name, the longest first.
fn users(texts: &[Vec<u8>], kinds: &[u64]) -> Vec<u32> {
    let of_users = (0..)
        .zip(texts.iter().zip(kinds))
        .filter(|(_, (text, kind))| **kind == kind::USER_DEFINED && !text.is_empty());
    let mut users: Vec<_> = of_users.map(|(id, (text, _))| (text.len(), id)).collect();
    users.sort_by_key(|(length, id)| (std::cmp::Reverse(*length), *id));
    users.into_iter().map(|(_, id)| id).collect()
}

/// The token that every text begins with, if the file or else the tokenizer has one.
fn begin(gguf: &Gguf<'_>, default: bool) -> Result<Option<u32>, PackError> {
    let begins = match gguf.value("tokenizer.ggml.add_bos_token") {
        Some(Value::Bool(begins)) => begins,
        _ => default,
    };
    Ok(if begins { Some(gguf.u32("tokenizer.ggml.bos_token_id")?) } else { None })
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

/// Ranges of characters of one class, ascending: (first, last, class). To look at every character takes longer than to pack a tiny model.
static CHARACTER_CLASSES: LazyLock<Vec<[u32; 3]>> = LazyLock::new(character_classes);

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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::image::ImageError;
    use crate::tokenizer::Tokenizer;

    const NAMES: [&str; 6] = ["smollm", "gpt-2", "llama-bpe", "qwen2", "spm", "unigram"];

    fn folder() -> String {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/tokenizers").to_owned()
    }

    fn file(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/{name}.gguf", folder())).expect("a vector")
    }

    fn read(file: &[u8]) -> Result<Vocabulary, PackError> {
        Vocabulary::read(&Gguf::parse(file).expect("a file"))
    }

    /// The tables of a vocabulary, without a chat template.
    fn encoded(vocabulary: &Vocabulary) -> Vec<u8> {
        let pieces = vec![TemplatePiece::Content];
        vocabulary.encode(&Template { pieces, trims: false })
    }

    fn tables(name: &str) -> Vec<u8> {
        encoded(&read(&file(name)).expect(name))
    }

    #[test]
    fn tokens_are_those_of_llama_cpp_and_sentencepiece() {
        let text = std::fs::read_to_string(folder() + "/cases.json").expect("the vectors");
        let cases: BTreeMap<String, Vec<(String, Vec<u32>)>> =
            serde_json::from_str(&text).expect("JSON");
        assert_eq!(cases.len(), NAMES.len());
        for (name, cases) in cases {
            let tables = tables(&name);
            let tokenizer = Tokenizer::parse(&tables).expect("tables");
            tokenizer.validate().expect("sound");
            assert!(cases.len() > 40, "{name}");
            for (text, expected) in cases {
                let tokens = tokenizer.encode(text.as_bytes(), true).expect("UTF-8");
                assert_eq!(tokens, expected, "{name}: {text:?}");
                // The begin token is the only control token that there is.
                let own =
                    tokens.iter().skip(usize::from(tokenizer.encode(b"", true) != Ok(vec![])));
                assert!(own.copied().all(|token| !tokenizer.is_control(token)), "{name}: {text:?}");
            }
        }
    }

    #[test]
    fn any_text_comes_back_and_no_text_yields_a_control_token() {
        for name in NAMES {
            let tables = tables(name);
            let tokenizer = Tokenizer::parse(&tables).expect("tables");
            arbtest::arbtest(|u| {
                let pieces = ["<|end|>", "<tool>", " ", "\n", "the", "1", "é", "\u{0301}", "</s>"];
                let mut text = String::new();
                for _ in 0..u.int_in_range(0..=20)? {
                    match u.ratio(1, 2)? {
                        true => text.push_str(u.choose(&pieces)?),
                        false => text.push(u.arbitrary()?),
                    }
                }
                let tokens = tokenizer.encode(text.as_bytes(), true).expect("a text");
                let begins = usize::from(!tokenizer.encode(b"", true).expect("a text").is_empty());
                let tokens = &tokens[begins..];
                assert!(tokens.iter().all(|token| !tokenizer.is_control(*token)), "{text:?}");
                let back: Vec<u8> =
                    tokens.iter().flat_map(|token| tokenizer.decode(*token)).copied().collect();
                let back = String::from_utf8(back).expect("a text");
                if matches!(name, "spm" | "unigram") {
                    // A space for each beginning, and one character for spaces.
                    let plain = |it: &str| it.replace([' ', '\u{2581}'], "");
                    assert_eq!(plain(&back), plain(&text));
                } else {
                    assert_eq!(back, text);
                }
                Ok(())
            })
            .budget_ms(300);
            assert!(tokenizer.encode(b"\xff", true).is_err());
        }
    }

    /// Puts `new` where `old` stands some bytes after the only `mark`.
    fn replace(file: &mut Vec<u8>, mark: &[u8], after: usize, old: &[u8], new: &[u8]) {
        let at = file.windows(mark.len()).position(|it| it == mark).expect("the mark");
        let at = at + mark.len() + after;
        assert_eq!(file.splice(at..at + old.len(), new.iter().copied()).collect::<Vec<_>>(), old);
    }

    #[test]
    fn what_unigram_cannot_do_exactly_is_refused_by_name() {
        let whole = file("unigram");
        let refusal = |mark: &str, after: usize, old: &[u8], new: &[u8]| {
            let mut file = whole.clone();
            replace(&mut file, mark.as_bytes(), after, old, new);
            read(&file).err().expect("a refusal").to_string()
        };
        // The value's type stands between; of a list the elements' type and their number as well, and three scores.
        let scores = "tokenizer.ggml.scores";
        let first = 4 + 4 + 8 + 4 * (3 + 256);
        let at = whole.windows(scores.len()).position(|it| it == scores.as_bytes()).expect("it");
        let score = whole[at + scores.len() + first..][..4].to_owned();
        let piece = "\u{3c8}".repeat(3);
        let long = [49_u64.to_le_bytes().as_slice(), &[b'z'; 49]].concat();
        let short = [6_u64.to_le_bytes().as_slice(), piece.as_bytes()].concat();
        let before = "\u{3c8}".repeat(2);
        for (mark, after, old, new, expected) in [
            ("ggml.remove_extra_whitespaces", 4, &[0][..], &[1][..], "changes the text first"),
            ("ggml.add_eos_token", 4, &[0], &[1], "adds a token of its own after the text"),
            (scores, first, &score, &1_f32.to_le_bytes(), "a token's score of 1 "),
            (scores, first, &score, &(-101_f32).to_le_bytes(), "a token's score of -101 "),
            (scores, first, &score, &f32::NAN.to_le_bytes(), "a finite score"),
            (&before, 0, &short, &long, "a token of 49 bytes"),
        ] {
            let error = refusal(mark, after, old, new);
            assert!(error.contains(expected), "{mark}: {error}");
        }
        let mut vocabulary = read(&whole).expect("sound");
        let last = *vocabulary.by_text.last().expect("pieces");
        vocabulary.tokens[last as usize].0.extend([b'z'; 48]);
        let tables = encoded(&vocabulary);
        let tokenizer = Tokenizer::parse(&tables).expect("tables");
        assert_eq!(tokenizer.validate(), Err(ImageError::Field("pieces")));
    }

    #[test]
    fn a_long_text_takes_no_quadratic_time() {
        for name in NAMES {
            let tables = tables(name);
            let tokenizer = Tokenizer::parse(&tables).expect("tables");
            for text in ["a", " ", "\n", "1", "e ", "\u{0301}", "漢", "<"] {
                let start = Instant::now();
                let text = text.repeat(100_000 / text.len());
                tokenizer.encode(text.as_bytes(), true).expect("a text");
                // A quadratic algorithm takes minutes.
                assert!(start.elapsed() < Duration::from_secs(5), "{name}: {:?}", &text[..3]);
            }
        }
    }
}
