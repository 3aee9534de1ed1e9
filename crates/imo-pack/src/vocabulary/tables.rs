//! A vocabulary, and how it is written as the tokenizer's tables.

use std::collections::BTreeMap;

use imo_model::tables::{
    CONTROL, CUTS_THOUGHTS, NO_TOKEN, PREFIXES, SPLITTER_SHIFT, Splitter, head as at, piece,
    separator,
};

use super::classes::CHARACTER_CLASSES;
use crate::template::{Separators, TemplatePiece};

/// (left, right) to (rank, result).
pub(super) type Merges = BTreeMap<(u32, u32), (u32, u32)>;

/// A vocabulary, read and checked.
pub(crate) struct Vocabulary {
    /// Bytes of each token, and whether it is a control token.
    pub(crate) tokens: Vec<(Vec<u8>, bool)>,
    /// The token that every text begins with.
    pub(crate) begin: Option<u32>,
    pub(super) merges: Merges,
    pub(super) byte_tokens: [u32; 256],
    pub(super) characters: BTreeMap<char, u32>,
    pub(super) users: Vec<u32>,
    pub(super) splitter: Splitter,
    pub(super) prefixes: bool,
    /// Tokens in order of their text, if the tokenizer looks tokens up by it.
    pub(super) by_text: Vec<u32>,
    /// Only for unigram: what each token of `by_text` costs, and last, what an unknown character
    /// costs.
    pub(super) costs: Vec<u32>,
    /// What the maker of the model should know.
    pub(crate) remarks: Vec<String>,
    /// Tokens that look like control tokens, and what the file types them as.
    pub(crate) look_alikes: Vec<(String, &'static str)>,
}

impl Vocabulary {
    /// The text of a token; empty if there is no such token or its text is not UTF-8.
    pub(crate) fn name(&self, token: u32) -> &str {
        let text = self.tokens.get(token as usize).map(|(text, _)| text.as_slice());
        text.and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
    }

    /// The tokenizer's tables, as [`imo_model::tables`] lays them out.
    pub(crate) fn encode(&self, separators: &Separators) -> Vec<u8> {
        let ranges = match self.splitter {
            Splitter::Whole | Splitter::Unigram => &[][..],
            _ => &CHARACTER_CLASSES,
        };
        let (entries, pieces, template_text) = encode_template(separators);
        let text_bytes: usize = self.tokens.iter().map(|(text, _)| text.len()).sum();
        let flag = |is_set, flag| if is_set { flag } else { 0 };
        let flags = (self.splitter as u32) << SPLITTER_SHIFT
            | flag(self.prefixes, PREFIXES)
            | flag(separators.cuts_thoughts, CUTS_THOUGHTS);
        let mut words = vec![0; at::WORDS];
        words[at::TOKENS] = small(self.tokens.len());
        words[at::MERGES] = small(self.merges.len());
        words[at::RANGES] = small(ranges.len());
        words[at::PIECES] = small(pieces.len() / piece::WORDS);
        words[at::FLAGS] = flags;
        words[at::TEXT_BYTES] = small(text_bytes);
        words[at::BEGIN] = self.begin.unwrap_or(NO_TOKEN);
        words[at::CHARACTERS] = small(self.characters.len());
        words[at::BY_TEXT] = small(self.by_text.len());
        words[at::USERS] = small(self.users.len());
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
        words.extend(entries);
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

fn small(count: usize) -> u32 {
    u32::try_from(count).expect("a vocabulary's tables are far below 4 GiB")
}

/// The words of the separators, those of their pieces, and the pieces' text.
fn encode_template(separators: &Separators) -> (Vec<u32>, Vec<u32>, Vec<u8>) {
    let (mut entries, mut words, mut text) = (Vec::new(), Vec::new(), Vec::new());
    for it in separators.all() {
        let Some(it) = it else {
            entries.extend([0; separator::WORDS]);
            continue;
        };
        let trims = |trims, flag| if trims { flag } else { 0 };
        let flags = separator::PRESENT
            | trims(it.trims_before, separator::TRIMS_BEFORE)
            | trims(it.trims_behind, separator::TRIMS_BEHIND);
        entries.extend([small(words.len() / piece::WORDS), small(it.pieces.len()), flags]);
        for it in &it.pieces {
            words.extend(match it {
                TemplatePiece::Control(token) => [piece::CONTROL, *token, 0],
                TemplatePiece::Text(part) => {
                    let start = text.len();
                    text.extend(part.as_bytes());
                    [piece::TEXT, small(start), small(part.len())]
                }
            });
        }
    }
    (entries, words, text)
}
