//! Which kind of vocabulary a model file has.

use imo_model::tables::{Splitter, USER_LIMIT};

use super::fields::{Names, unsupported};
use super::specials::correct_kinds;
use super::tables::Vocabulary;
use super::{byte_level, sentence_piece};
use crate::error::PackError;
use crate::gguf::{Gguf, Value};

impl Vocabulary {
    /// Reads a vocabulary of byte-level BPE, or of SentencePiece.
    pub(crate) fn read(gguf: &Gguf<'_>) -> Result<Self, PackError> {
        let mut names = Names::read(gguf)?;
        let corrected = correct_kinds(gguf, &names.ids, &mut names.kinds);
        let mut vocabulary = match gguf.text("tokenizer.ggml.model")? {
            "gpt2" => byte_level::read(gguf, &names)?,
            "llama" => sentence_piece::read_bpe(gguf, &names)?,
            "t5" => sentence_piece::read_unigram(gguf, &names)?,
            model => {
                return unsupported(format!(
                    "the tokenizer {model:?} (only \"gpt2\", byte-level BPE, \"llama\", \
                     SentencePiece's BPE, and \"t5\", its unigram)"
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
        let taken = |name: &&str| {
            format!("the token {name:?} is taken for a control token, which its name says it is")
        };
        vocabulary.remarks = corrected.iter().map(taken).collect();
        vocabulary.look_alikes = names.look_alikes();
        Ok(vocabulary)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;
    use std::time::{Duration, Instant};

    use imo_model::{ImageError, Tokenizer};

    use super::*;
    use crate::template::Separators;

    const NAMES: [&str; 6] = ["smollm", "gpt-2", "llama-bpe", "qwen2", "spm", "unigram"];

    fn folder() -> String {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/tokenizers").to_owned()
    }

    pub(crate) fn file(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/{name}.gguf", folder())).expect("a vector")
    }

    pub(crate) fn read(file: &[u8]) -> Result<Vocabulary, PackError> {
        Vocabulary::read(&Gguf::parse(file).expect("a file"))
    }

    /// The tables of a vocabulary, without a chat template.
    fn encoded(vocabulary: &Vocabulary) -> Vec<u8> {
        vocabulary.encode(&Separators::none())
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
                let tokens = tokenizer.encode_raw_text(text.as_bytes()).expect("UTF-8");
                assert_eq!(tokens, expected, "{name}: {text:?}");
                // The token that begins the text is the only control token.
                let own =
                    tokens.iter().skip(usize::from(tokenizer.encode_raw_text(b"") != Ok(vec![])));
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
                let tokens = tokenizer.encode_raw_text(text.as_bytes()).expect("a text");
                let begins =
                    usize::from(!tokenizer.encode_raw_text(b"").expect("a text").is_empty());
                let tokens = &tokens[begins..];
                assert!(tokens.iter().all(|token| !tokenizer.is_control(*token)), "{text:?}");
                let back: Vec<u8> =
                    tokens.iter().flat_map(|token| tokenizer.decode(*token)).copied().collect();
                let back = String::from_utf8(back).expect("a text");
                if matches!(name, "spm" | "unigram") {
                    // Encoding adds a space at each beginning, and spaces are another character.
                    let plain = |it: &str| it.replace([' ', '\u{2581}'], "");
                    assert_eq!(plain(&back), plain(&text));
                } else {
                    assert_eq!(back, text);
                }
                Ok(())
            })
            .budget_ms(300);
            assert!(tokenizer.encode_raw_text(b"\xff").is_err());
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
        // Between the key and its value stands the value's type. In a list, the elements' type and
        // their number follow, and here three scores that stay as they are.
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
                tokenizer.encode_raw_text(text.as_bytes()).expect("a text");
                // A quadratic algorithm takes minutes.
                assert!(start.elapsed() < Duration::from_secs(5), "{name}: {:?}", &text[..3]);
            }
        }
    }
}
