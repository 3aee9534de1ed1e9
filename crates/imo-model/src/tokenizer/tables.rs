//! The layout of the tokenizer's tables, which packing writes and [`Tokenizer`](super::Tokenizer)
//! reads.
//!
//! They are little-endian 32-bit words, and then text. First come the words of [`head`], and
//! then, without gaps:
//!
//! | words | table |
//! |---|---|
//! | 256 | the token of each byte |
//! | tokens + 1 | where each token's text begins; [`CONTROL`] marks a control token |
//! | 4 × merges | left, right, rank, result; ascending by left and right |
//! | 3 × ranges | first and last character and [`Class`]; ascending |
//! | 3 × 16 | separators of the chat template, as [`separator`] says |
//! | 3 × pieces | of separators, as [`piece`] says |
//! | 2 × characters | character and its token; ascending |
//! | by text | tokens in order of their text |
//! | users | tokens that a user may write by name, the longest first |
//! | by text + 1, only for unigram | what each token by text costs, then any other character |
//!
//! The text of all tokens follows, and after it the text of the chat template.

/// The words at the beginning. Each is a count of one table, unless it says otherwise.
pub mod head {
    /// Tokens.
    pub const TOKENS: usize = 0;
    /// Pairs of tokens that are merged.
    pub const MERGES: usize = 1;
    /// Ranges of characters of one class.
    pub const RANGES: usize = 2;
    /// Pieces of separators.
    pub const PIECES: usize = 3;
    /// Not a count: the flags, and above them the splitter.
    pub const FLAGS: usize = 4;
    /// Bytes of the tokens' text.
    pub const TEXT_BYTES: usize = 5;
    /// Not a count: the token that every text begins with.
    pub const BEGIN: usize = 6;
    /// Characters that have a token.
    pub const CHARACTERS: usize = 7;
    /// Tokens in order of their text.
    pub const BY_TEXT: usize = 8;
    /// Tokens that a user may write by name.
    pub const USERS: usize = 9;
    /// All of these words.
    pub const WORDS: usize = 10;
}

/// The separators of a chat template, one for each two neighbours that a conversation can have. The
/// separator from one role to another has the index 4 × from + to.
pub mod separator {
    use crate::tokenizer::Role;

    /// Words of one separator.
    pub const WORDS: usize = 3;
    /// Its first piece.
    pub const FIRST: usize = 0;
    /// How many pieces it has.
    pub const COUNT: usize = 1;
    /// The flags below. Where there is no separator, all of its words are zero.
    pub const FLAGS: usize = 2;
    /// Flag: the template has such neighbours.
    pub const PRESENT: u32 = 1;
    /// Flag: white space at the end of the part before the separator is dropped.
    pub const TRIMS_BEFORE: u32 = 2;
    /// Flag: white space at the beginning of the part behind the separator is dropped.
    pub const TRIMS_BEHIND: u32 = 4;

    /// The index of a separator. `from` is 0 for the beginning of a conversation, and then 1 more
    /// than a role's code; `to` is a role's code, or 3 for the end.
    pub const fn index(from: Option<Role>, to: Option<Role>) -> usize {
        let from = match from {
            None => 0,
            Some(role) => role as usize + 1,
        };
        let to = match to {
            Some(role) => role as usize,
            None => 3,
        };
        4 * from + to
    }
}

/// Separators of every template. There is none between the beginning and the end.
pub const SEPARATORS: usize = 16;

/// A piece of a separator. Its first word says what the other two are.
pub mod piece {
    /// Words of one piece.
    pub const WORDS: usize = 3;
    /// A control token, which is the second word; the third is zero.
    pub const CONTROL: u32 = 0;
    /// Text of the template: its start and its length.
    pub const TEXT: u32 = 1;
}

/// Flag: a text begins with a space of its own.
pub const PREFIXES: u32 = 1;
/// Where the splitter's code begins in the word of the flags.
pub const SPLITTER_SHIFT: u32 = 8;
/// Stands where there is no token. Some vocabularies have no token for bytes that their corpus
/// never had. Such a byte is dropped.
pub const NO_TOKEN: u32 = u32::MAX - 1;
/// Marks a control token in the offset of its text.
pub const CONTROL: u32 = 1 << 31;
/// The character that SentencePiece writes for a space.
pub const SPACE: &str = "\u{2581}";

/// The most bytes of a piece of unigram. With [`PIECES_LIMIT`] it bounds the steps of a node: the
/// worst text that is known takes 175,000 for each of its bytes, a third of what `NodeSteps` has.
/// SentencePiece's own pieces have at most 16 characters.
pub const PIECE_LIMIT: usize = 48;
/// The most pieces of unigram.
pub const PIECES_LIMIT: usize = 1 << 18;
/// The most tokens that a user may write by name.
pub const USER_LIMIT: usize = 512;

/// What a character counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// None of the classes below.
    Other = 0,
    /// General category L.
    Letter = 1,
    /// General category N.
    Number = 2,
    /// White space.
    Space = 3,
}

impl Class {
    /// The class with this code.
    pub const fn from_code(code: u32) -> Self {
        match code {
            1 => Self::Letter,
            2 => Self::Number,
            3 => Self::Space,
            _ => Self::Other,
        }
    }
}

/// How a text is cut before merging. Each rule is llama.cpp's of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Splitter {
    /// Each number character is cut off by itself; the rest is cut as GPT-2 does.
    Smollm = 0,
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
    Gpt2 = 1,
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|`
    /// ` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
    Llama3 = 2,
    /// As `Llama3`, but each number character stands by itself.
    Qwen2 = 3,
    /// The text is not cut: SentencePiece's BPE.
    Whole = 4,
    /// The text is not cut: SentencePiece's unigram.
    Unigram = 5,
}

impl Splitter {
    /// The rule with this code, if there is one.
    pub fn from_code(code: u32) -> Option<Self> {
        let all = [Self::Smollm, Self::Gpt2, Self::Llama3, Self::Qwen2, Self::Whole, Self::Unigram];
        all.get(code as usize).copied()
    }
}
