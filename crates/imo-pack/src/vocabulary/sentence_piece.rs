//! Vocabularies of SentencePiece, of both kinds: BPE and unigram.

use std::collections::BTreeMap;

use imo_model::tables::{NO_TOKEN, PIECE_LIMIT, PIECES_LIMIT, SPACE, Splitter};

use super::fields::{Names, begin, kind, unsupported, users, vocabulary_error, with_controls};
use super::tables::{Merges, Vocabulary};
use crate::error::PackError;
use crate::gguf::{Gguf, Value};

/// The key of the tokens' scores.
const SCORES: &str = "tokenizer.ggml.scores";
/// How many units of cost are one unit of score, which is a natural logarithm: 2²⁴.
const COST_UNITS: f64 = 16_777_216.0;
/// Scores are at least the negative of this, so that a cost fits 31 bits even with
/// [`UNKNOWN_COST`] added.
const COST_LIMIT: f32 = 100.0;
/// How much more an unknown character costs than the most expensive piece.
const UNKNOWN_COST: u32 = 10 << 24;

/// Reads a vocabulary of SentencePiece's BPE.
pub(super) fn read_bpe(gguf: &Gguf<'_>, names: &Names<'_>) -> Result<Vocabulary, PackError> {
    let Names { names, kinds, ids } = names;
    let (texts, byte_tokens) = spelled(names, kinds)?;
    let is_text =
        |id: u32| !matches!(kinds[id as usize], kind::CONTROL | kind::UNKNOWN | kind::BYTE);
    let mut characters = BTreeMap::new();
    for (name, id) in ids.iter().filter(|(_, id)| is_text(**id)) {
        let mut chars = name.chars();
        if let (Some(c), None) = (chars.next(), chars.next()) {
            characters.insert(c, *id);
        }
    }
    // A space, and what stands for it in the vocabulary, are one character.
    let space = SPACE.chars().next().expect("a character");
    match characters.get(&space).copied() {
        Some(id) => characters.insert(' ', id),
        None => characters.remove(&' '),
    };
    let prefixes = gguf.value("tokenizer.ggml.add_space_prefix") != Some(Value::Bool(false));
    Ok(Vocabulary {
        users: users(&texts, kinds),
        tokens: with_controls(texts, kinds),
        begin: begin(gguf, true)?,
        merges: scored_merges(gguf, ids, is_text)?,
        byte_tokens,
        characters,
        splitter: Splitter::Whole,
        prefixes,
        by_text: Vec::new(),
        costs: Vec::new(),
        remarks: Vec::new(),
        look_alikes: Vec::new(),
    })
}

/// Reads a vocabulary of SentencePiece's unigram. The normal tokens are its pieces.
pub(super) fn read_unigram(gguf: &Gguf<'_>, names: &Names<'_>) -> Result<Vocabulary, PackError> {
    let Names { names, kinds, ids } = names;
    refuse_normalizer(gguf)?;
    let (texts, byte_tokens) = spelled(names, kinds)?;
    let scores = scores(gguf)?;
    let mut pieces = BTreeMap::new();
    let mut most = 0;
    // The vocabulary has another character in place of the space, so no text uses a piece with a
    // space.
    let is_piece = |(name, id): &(&&str, &u32)| {
        kinds[**id as usize] == kind::NORMAL && !name.is_empty() && !name.contains(' ')
    };
    for (_, id) in ids.iter().filter(is_piece) {
        let text = texts[*id as usize].as_slice();
        if text.len() > PIECE_LIMIT {
            return unsupported(format!("a token of {} bytes", text.len()));
        }
        let cost = cost(*scores.get(*id as usize).ok_or_else(no_score)?)?;
        most = most.max(cost);
        pieces.insert(text, (*id, cost));
    }
    if pieces.len() > PIECES_LIMIT {
        return unsupported(format!("{} pieces of unigram", pieces.len()));
    }
    let (by_text, mut costs): (Vec<u32>, Vec<u32>) = pieces.into_values().unzip();
    costs.push(most + UNKNOWN_COST);
    Ok(Vocabulary {
        users: users(&texts, kinds),
        tokens: with_controls(texts, kinds),
        begin: begin(gguf, false)?,
        merges: BTreeMap::new(),
        byte_tokens,
        characters: BTreeMap::new(),
        splitter: Splitter::Unigram,
        prefixes: gguf.value("tokenizer.ggml.add_space_prefix") == Some(Value::Bool(true)),
        by_text,
        costs,
        remarks: Vec::new(),
        look_alikes: Vec::new(),
    })
}

/// Refuses a normalizer, unless it is the identity: it would change the user's text.
fn refuse_normalizer(gguf: &Gguf<'_>) -> Result<(), PackError> {
    let is_identity = |key: &str| match gguf.value(key) {
        None | Some(Value::Bool(false)) => true,
        Some(Value::List(map)) => map.is_empty(),
        Some(_) => false,
    };
    let keys = ["tokenizer.ggml.precompiled_charsmap", "tokenizer.ggml.remove_extra_whitespaces"];
    match keys.into_iter().find(|key| !is_identity(key)) {
        Some(key) => unsupported(format!("a tokenizer that changes the text first ({key:?})")),
        None => Ok(()),
    }
}

/// A token's bytes, and the token of each byte.
type Spelled = (Vec<Vec<u8>>, [u32; 256]);

/// What the names of tokens stand for.
fn spelled(names: &[&str], kinds: &[u64]) -> Result<Spelled, PackError> {
    let byte_of = |name: &str| {
        let digits = name.strip_prefix("<0x")?.strip_suffix('>').filter(|it| it.len() == 2)?;
        u8::from_str_radix(digits, 16).ok()
    };
    let mut byte_tokens = [NO_TOKEN; 256];
    for (id, (name, _)) in
        (0..).zip(names.iter().zip(kinds)).filter(|(_, (_, kind))| **kind == kind::BYTE)
    {
        let byte = byte_of(name).ok_or_else(|| vocabulary_error("bytes written as <0x41>"))?;
        byte_tokens[usize::from(byte)] = id;
    }
    if byte_tokens.contains(&NO_TOKEN) {
        return unsupported("a SentencePiece vocabulary without a token for each byte".to_owned());
    }
    let text = |(name, kind): (&&str, &u64)| match *kind {
        kind::BYTE => byte_of(name).into_iter().collect(),
        _ => name.replace(SPACE, " ").into_bytes(),
    };
    let texts: Vec<Vec<u8>> = names.iter().zip(kinds).map(text).collect();
    Ok((texts, byte_tokens))
}

/// A finite score for each token.
fn scores(gguf: &Gguf<'_>) -> Result<Vec<f32>, PackError> {
    let score = |value| match value {
        Value::Float(score) if score.is_finite() => Some(score),
        _ => None,
    };
    let scores: Option<Vec<f32>> = gguf.list(SCORES)?.iter().map(score).collect();
    scores.ok_or_else(no_score)
}

fn no_score() -> PackError {
    PackError::Vocabulary { key: SCORES.to_owned(), expected: "a finite score for each token" }
}

/// ROUNDING: once, to the nearest integer, ties to even. A score of −1/2 or less is exact.
fn cost(score: f32) -> Result<u32, PackError> {
    if !(-COST_LIMIT..=0.0).contains(&score) {
        return unsupported(format!("a token's score of {score} (only from -{COST_LIMIT} to 0)"));
    }
    let units = (f64::from(-score) * COST_UNITS).round_ties_even();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^31")]
    let cost = units as u32;
    Ok(cost)
}

/// The merges of SentencePiece: every two tokens that together are a token. The better the score
/// of that token, the better the rank.
fn scored_merges(
    gguf: &Gguf<'_>,
    ids: &BTreeMap<&str, u32>,
    is_text: impl Fn(u32) -> bool,
) -> Result<Merges, PackError> {
    let scores = scores(gguf)?;
    let find = |text: &str| ids.get(text).copied().filter(|id| is_text(*id));
    let mut merges = Vec::new();
    for (name, id) in ids.iter().filter(|(_, id)| is_text(**id)) {
        let score = *scores.get(*id as usize).ok_or_else(no_score)?;
        for (at, _) in name.char_indices().skip(1) {
            let (left, right) = name.split_at(at);
            if let (Some(left), Some(right)) = (find(left), find(right)) {
                merges.push((score, (left, right), *id));
            }
        }
    }
    merges.sort_by(|a, b| b.0.total_cmp(&a.0));
    // Equal scores have equal ranks.
    let (mut rank, mut last) = (0, None);
    let ranked = merges.into_iter().map(|(score, pair, result)| {
        if last.is_some_and(|last| last != score) {
            rank += 1;
        }
        last = Some(score);
        (pair, (rank, result))
    });
    Ok(ranked.collect())
}
