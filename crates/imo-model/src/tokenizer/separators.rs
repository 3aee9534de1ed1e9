//! The frozen chat template: what stands between two neighbours of a conversation.

use core::ops::Range;
use core::str;

use super::conversation::Role;
use super::lookup::Tokenizer;
#[cfg(doc)]
use super::tables::THOUGHTS_END;
use super::tables::{CUTS_THOUGHTS, SEPARATORS, piece, separator as at};

/// A piece of a separator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A control token.
    Control(u32),
    /// Text of the template.
    Text(&'a [u8]),
}

/// What stands between two neighbouring parts of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Separator {
    /// Whether white space at the end of the part before it is dropped.
    pub trims_before: bool,
    /// Whether white space at the beginning of the part behind it is dropped.
    pub trims_behind: bool,
    pieces: Range<usize>,
}

impl<'a> Tokenizer<'a> {
    /// What stands between a part of the role `from`, or the beginning, and a part of the role
    /// `to`, or the end. `None` if the chat template has no such neighbours.
    pub fn separator(&self, from: Option<Role>, to: Option<Role>) -> Option<Separator> {
        self.checked_separator(at::index(from, to)).flatten()
    }

    /// Whether the chat template cuts thoughts out of answers, up to [`THOUGHTS_END`]. Then it has
    /// no conversation in which a part of the assistant has this text.
    pub const fn cuts_thoughts(&self) -> bool {
        self.flags & CUTS_THOUGHTS != 0
    }

    /// The pieces of a separator, in order.
    pub fn pieces(&self, separator: &Separator) -> impl Iterator<Item = Piece<'a>> + '_ {
        separator.pieces.clone().filter_map(|index| self.checked_piece(index))
    }

    /// Whether the chat template has a conversation of parts with these roles.
    pub fn has_conversation(&self, roles: impl IntoIterator<Item = Role>) -> bool {
        let mut last = None;
        for role in roles {
            if self.separator(last, Some(role)).is_none() {
                return false;
            }
            last = Some(role);
        }
        self.separator(last, None).is_some()
    }

    /// Whether every separator and every piece is one.
    pub(super) fn has_sound_separators(&self) -> bool {
        let empty = matches!(self.checked_separator(at::index(None, None)), Some(None));
        empty
            && (0..SEPARATORS).all(|index| self.checked_separator(index).is_some())
            && (0..self.piece_count()).all(|index| self.checked_piece(index).is_some())
    }

    fn piece_count(&self) -> usize {
        self.pieces.len() / piece::WORDS
    }

    /// An entry of the table, `Some(None)` if it stands for no separator.
    fn checked_separator(&self, index: usize) -> Option<Option<Separator>> {
        let field = |field| self.separators.get(at::WORDS * index + field);
        let (first, count, flags) = (field(at::FIRST), field(at::COUNT), field(at::FLAGS));
        if flags & at::PRESENT == 0 {
            return (first == 0 && count == 0 && flags == 0).then_some(None);
        }
        let end = (first as usize).checked_add(count as usize)?;
        let known = flags <= at::PRESENT | at::TRIMS_BEFORE | at::TRIMS_BEHIND;
        (known && end <= self.piece_count()).then_some(Some(Separator {
            trims_before: flags & at::TRIMS_BEFORE != 0,
            trims_behind: flags & at::TRIMS_BEHIND != 0,
            pieces: first as usize..end,
        }))
    }

    fn checked_piece(&self, index: usize) -> Option<Piece<'a>> {
        let [kind, a, b] = [0, 1, 2].map(|field| self.pieces.get(piece::WORDS * index + field));
        match kind {
            piece::CONTROL => ((a as usize) < self.vocab()).then_some(Piece::Control(a)),
            piece::TEXT => {
                let end = (a as usize).checked_add(b as usize)?;
                let text = self.template_text.get(a as usize..end)?;
                str::from_utf8(text).ok().map(|_| Piece::Text(text))
            }
            _ => None,
        }
    }
}
