//! Where a text is cut before merging.

use super::Tokenizer;

/// What a character counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Neither of the others.
    Other = 0,
    /// General category L.
    Letter = 1,
    /// General category N.
    Number = 2,
    /// White space.
    Space = 3,
}

impl Class {
    pub(crate) const fn from_code(code: u32) -> Self {
        match code {
            1 => Self::Letter,
            2 => Self::Number,
            3 => Self::Space,
            _ => Self::Other,
        }
    }
}

/// Bytes of the first number character, or of the run before the next one.
pub(super) fn first_digit_or_run(tokenizer: &Tokenizer<'_>, text: &str) -> usize {
    let mut chars = text.char_indices();
    match chars.next() {
        Some((_, c)) if tokenizer.class(c) == Class::Number => c.len_utf8(),
        Some(_) => chars
            .find(|(_, c)| tokenizer.class(*c) == Class::Number)
            .map_or(text.len(), |(at, _)| at),
        None => 0,
    }
}

/// Bytes of the first match of GPT-2's pattern in a run without numbers, which is not empty:
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
pub(super) fn first_piece(tokenizer: &Tokenizer<'_>, run: &str) -> usize {
    let contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];
    if let Some(contraction) = contractions.iter().find(|it| run.starts_with(**it)) {
        return contraction.len();
    }
    let lead = usize::from(run.starts_with(' '));
    let class = |c: char| tokenizer.class(c);
    if let Some(first) = run[lead..].chars().next() {
        let kind = class(first);
        if matches!(kind, Class::Letter | Class::Other) {
            let rest = &run[lead..];
            let end = rest.char_indices().find(|(_, c)| class(*c) != kind).map(|(at, _)| at);
            return lead + end.unwrap_or(rest.len());
        }
    }
    let end = run.char_indices().find(|(_, c)| class(*c) != Class::Space).map(|(at, _)| at);
    let Some(end) = end else { return run.len() };
    // More than one space before something else: the last one goes with it.
    let last = run[..end].chars().next_back().map_or(0, char::len_utf8);
    match end - last {
        // Tables in which even a space is no space: the character stands for itself.
        0 if end == 0 => lead,
        0 => end,
        rest => rest,
    }
}
