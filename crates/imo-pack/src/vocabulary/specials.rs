//! Tokens with a meaning of their own: those that end a sequence, and those that are control tokens
//! by their name.
//!
//! Many files give only one token that ends a sequence, and type some control tokens as others. As
//! in llama.cpp, the names of tokens decide then.

use std::collections::BTreeMap;

use imo_model::Ends;

use super::fields::{Names, kind, unsupported};
use crate::error::PackError;
use crate::gguf::Gguf;

/// Names of tokens that end a turn, a message or a text.
const ENDS: [&str; 20] = [
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|flush|>",
    "<|calls|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "</s>",
    "<|eom_id|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<|end_of_text|>",
    "<end_of_utterance>",
    "<eos>",
    "<turn|>",
    "<\u{ff5c}end\u{2581}of\u{2581}sentence\u{ff5c}>",
];

/// Tokens for filling in code. If the file has no such key, the first of the names counts. The last
/// three end a sequence too.
const FILLING: [(&str, &[&str]); 6] = [
    ("pre", &["<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<PRE>", "<|code_prefix|>"]),
    ("suf", &["<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<SUF>", "<|code_suffix|>"]),
    ("mid", &["<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<MID>", "<|code_middle|>"]),
    ("pad", &["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"]),
    ("rep", &["<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"]),
    ("sep", &["<|file_sep|>"]),
];

/// Where a file says which token ends a sequence, a turn, and a message.
const EOS: &str = "tokenizer.ggml.eos_token_id";
const EOT: &str = "tokenizer.ggml.eot_token_id";
const EOM: &str = "tokenizer.ggml.eom_token_id";

/// The tokens that end a sequence, the file's *eos* first.
pub(crate) fn ends(gguf: &Gguf<'_>) -> Result<Ends, PackError> {
    let mut tokens = vec![gguf.u32(EOS)?];
    for key in [EOT, EOM] {
        if gguf.value(key).is_some() {
            tokens.push(gguf.u32(key)?);
        }
    }
    let ids = Names::ids(gguf)?;
    let mut by_name: Vec<u32> = end_names(&ids).filter_map(|name| ids.get(name)).copied().collect();
    by_name
        .extend(FILLING[3..].iter().filter_map(|(part, names)| filling(gguf, &ids, part, names)));
    by_name.sort_unstable();
    tokens.extend(by_name);
    match Ends::new(tokens) {
        Some(ends) => Ok(ends),
        None => unsupported(format!("more than {} tokens that end a sequence", Ends::MOST)),
    }
}

/// Types tokens as control tokens that are control tokens by their name. Returns their names.
pub(super) fn correct_kinds<'a>(
    gguf: &Gguf<'_>,
    ids: &BTreeMap<&'a str, u32>,
    kinds: &mut [u64],
) -> Vec<&'a str> {
    let in_filling = FILLING.iter().filter_map(|(part, names)| filling(gguf, ids, part, names));
    let controls: Vec<u32> =
        end_names(ids).filter_map(|name| ids.get(name).copied()).chain(in_filling).collect();
    let is_typed_otherwise = |id: &u32| {
        controls.contains(id) && matches!(kinds[*id as usize], kind::NORMAL | kind::USER_DEFINED)
    };
    let found: Vec<(&str, u32)> = ids
        .iter()
        .map(|(name, id)| (*name, *id))
        .filter(|(_, id)| is_typed_otherwise(id))
        .collect();
    for (_, id) in &found {
        kinds[*id as usize] = kind::CONTROL;
    }
    found.into_iter().map(|(name, _)| name).collect()
}

/// Names that end a sequence. In a vocabulary with tokens for returns and calls, `<|end|>` only
/// ends a part of a message.
fn end_names<'a>(ids: &BTreeMap<&str, u32>) -> impl Iterator<Item = &'a str> + use<'a> {
    let has = |name| ids.contains_key(name);
    let in_parts = (has("<|return|>") || has("<|flush|>")) && (has("<|call|>") || has("<|calls|>"));
    ENDS.into_iter().filter(move |name| *name != "<|end|>" || !in_parts)
}

/// A token for filling in code, by its key or by its name.
fn filling(gguf: &Gguf<'_>, ids: &BTreeMap<&str, u32>, part: &str, names: &[&str]) -> Option<u32> {
    let by_name = || names.iter().find_map(|name| ids.get(name)).copied();
    gguf.u32(&format!("tokenizer.ggml.fim_{part}_token_id")).ok().or_else(by_name)
}
