//! What a model file says about a vocabulary of any kind.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::error::PackError;
use crate::gguf::{Gguf, Value};

/// The key of the tokens' names.
const TOKENS: &str = "tokenizer.ggml.tokens";

/// Kinds of tokens in a model file.
pub(super) mod kind {
    pub(crate) const NORMAL: u64 = 1;
    pub(crate) const UNKNOWN: u64 = 2;
    pub(crate) const CONTROL: u64 = 3;
    /// A user may write it by name.
    pub(crate) const USER_DEFINED: u64 = 4;
    pub(crate) const BYTE: u64 = 6;
}

/// The tokens of a model file.
pub(super) struct Names<'a> {
    /// Their names, which are not always their texts.
    pub(super) names: Vec<&'a str>,
    /// Their kinds, one of [`kind`] each.
    pub(super) kinds: Vec<u64>,
    /// The token of each name.
    pub(super) ids: BTreeMap<&'a str, u32>,
}

impl<'a> Names<'a> {
    pub(super) fn read(gguf: &Gguf<'a>) -> Result<Self, PackError> {
        let names = texts(gguf, TOKENS)?;
        let kinds = kinds(gguf, names.len())?;
        let ids = by_name(&names);
        Ok(Self { names, kinds, ids })
    }

    /// Tokens whose names look like those of control tokens, and what the file types them as.
    pub(super) fn look_alikes(&self) -> Vec<(String, &'static str)> {
        let looks_special = |name: &str| {
            let ends = [('<', '>'), ('[', ']')];
            let has_letters = name.chars().filter(|c| c.is_alphabetic()).count() > 1;
            has_letters && ends.iter().any(|(a, b)| name.starts_with(*a) && name.ends_with(*b))
        };
        let typed = self.names.iter().zip(&self.kinds).filter(|(name, _)| looks_special(name));
        let other = typed.filter_map(|(name, kind)| match *kind {
            kind::NORMAL => Some(((*name).to_owned(), "normal")),
            kind::USER_DEFINED => Some(((*name).to_owned(), "user-defined")),
            _ => None,
        });
        other.collect()
    }

    /// The token of each name.
    pub(super) fn ids(gguf: &Gguf<'a>) -> Result<BTreeMap<&'a str, u32>, PackError> {
        Ok(by_name(&texts(gguf, TOKENS)?))
    }
}

fn by_name<'a>(names: &[&'a str]) -> BTreeMap<&'a str, u32> {
    (0..).zip(names).map(|(id, name)| (*name, id)).collect()
}

pub(super) fn texts<'a>(gguf: &Gguf<'a>, key: &str) -> Result<Vec<&'a str>, PackError> {
    let text = |value| match value {
        Value::Text(text) => Some(text),
        _ => None,
    };
    let all: Option<Vec<&str>> = gguf.list(key)?.iter().map(text).collect();
    all.ok_or_else(|| PackError::Vocabulary { key: key.to_owned(), expected: "texts in UTF-8" })
}

pub(super) fn vocabulary_error(expected: &'static str) -> PackError {
    PackError::Vocabulary { key: "tokenizer.ggml".to_owned(), expected }
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

/// Whether tokens of this kind are control tokens, which no text gives.
pub(super) const fn is_control(kind: &u64) -> bool {
    matches!(*kind, kind::CONTROL | kind::UNKNOWN)
}

/// Each token's text, and whether it is a control token.
pub(super) fn with_controls(texts: Vec<Vec<u8>>, kinds: &[u64]) -> Vec<(Vec<u8>, bool)> {
    texts.into_iter().zip(kinds.iter().map(is_control)).collect()
}

/// Tokens that a user may write by name, the longest first.
pub(super) fn users(texts: &[Vec<u8>], kinds: &[u64]) -> Vec<u32> {
    let of_users = (0..)
        .zip(texts.iter().zip(kinds))
        .filter(|(_, (text, kind))| **kind == kind::USER_DEFINED && !text.is_empty());
    let mut users: Vec<_> = of_users.map(|(id, (text, _))| (text.len(), id)).collect();
    users.sort_by_key(|(length, id)| (Reverse(*length), *id));
    users.into_iter().map(|(_, id)| id).collect()
}

/// The token that every text begins with. The file says whether there is one. If the file does not
/// say, `default` counts, which is the tokenizer's.
pub(super) fn begin(gguf: &Gguf<'_>, default: bool) -> Result<Option<u32>, PackError> {
    let begins = match gguf.value("tokenizer.ggml.add_bos_token") {
        Some(Value::Bool(begins)) => begins,
        _ => default,
    };
    Ok(if begins { Some(gguf.u32("tokenizer.ggml.bos_token_id")?) } else { None })
}

pub(super) fn unsupported<T>(what: String) -> Result<T, PackError> {
    Err(PackError::Unsupported { what })
}
