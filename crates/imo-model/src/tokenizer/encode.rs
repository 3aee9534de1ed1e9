//! From a text to its tokens.

use core::str;

use super::conversation::{Part, Role, is_space};
use super::lookup::Tokenizer;
#[cfg(feature = "std")]
use super::scratch::scratch_words;
use super::scratch::{EncodeError, Room, SEPARATED_LIMIT, Scratch, TEMPLATE_LIMIT};
use super::separators::{Piece, Separator};
use super::tables::{NO_TOKEN, PREFIXES, Splitter, THOUGHTS_END};
use super::{merge, split, unigram};

impl Tokenizer<'_> {
    /// Gives the tokens of a conversation to `emit`, in order, and then those that begin an answer.
    /// After an error, what was emitted does not count.
    pub fn encode_conversation<'p>(
        &self,
        parts: impl Iterator<Item = Part<'p>>,
        scratch: &mut Scratch<'_>,
        mut emit: impl FnMut(u32),
    ) -> Result<(), EncodeError> {
        let mut added = Added::default();
        let mut last = None;
        for part in parts {
            let text = part.visible()?;
            if part.role == Role::Assistant && self.cuts_thoughts() && text.contains(THOUGHTS_END) {
                return Err(EncodeError::NoSuchConversation);
            }
            let separator = self.separate(last, Some(part.role), &mut added, scratch, &mut emit)?;
            let text =
                if separator.trims_behind { text.trim_start_matches(is_space) } else { text };
            last = Some((part.role, text));
        }
        self.separate(last, None, &mut added, scratch, &mut emit)?;
        self.encode_run(scratch, &mut emit)
    }

    /// Writes a part, and what stands behind it.
    fn separate(
        &self,
        part: Option<(Role, &str)>,
        next: Option<Role>,
        added: &mut Added,
        scratch: &mut Scratch<'_>,
        emit: &mut impl FnMut(u32),
    ) -> Result<Separator, EncodeError> {
        let separator = self.separator(part.map(|(role, _)| role), next);
        let separator = separator.ok_or(EncodeError::NoSuchConversation)?;
        if let Some((_, text)) = part {
            let trims = separator.trims_before;
            let text = if trims { text.trim_end_matches(is_space) } else { text };
            scratch.append(text.as_bytes())?;
        }
        for piece in self.pieces(&separator) {
            added.count(&piece)?;
            match piece {
                Piece::Control(token) => {
                    self.encode_run(scratch, emit)?;
                    emit(token);
                }
                Piece::Text(text) => scratch.append(text)?,
            }
        }
        Ok(separator)
    }

    /// Gives the tokens of a text without a chat template to `emit`, in order.
    pub fn encode_raw(
        &self,
        text: &[u8],
        scratch: &mut Scratch<'_>,
        mut emit: impl FnMut(u32),
    ) -> Result<(), EncodeError> {
        if str::from_utf8(text).is_err() {
            return Err(EncodeError::NotUtf8);
        }
        if self.begin != NO_TOKEN {
            emit(self.begin);
        }
        scratch.append(text)?;
        self.encode_run(scratch, &mut emit)
    }

    /// Encodes what the scratch has collected, and empties it.
    fn encode_run(
        &self,
        scratch: &mut Scratch<'_>,
        emit: &mut impl FnMut(u32),
    ) -> Result<(), EncodeError> {
        let (text, room) = scratch.take();
        let text = str::from_utf8(text).map_err(|_| EncodeError::NotUtf8)?;
        self.encode_between_users(text, 0, room, emit);
        Ok(())
    }

    /// Cuts a text at the tokens that a user may write by name, those from index `user` on, and
    /// encodes what is between them.
    fn encode_between_users(
        &self,
        mut text: &str,
        user: usize,
        room: &mut Room<'_>,
        emit: &mut impl FnMut(u32),
    ) {
        if user == self.users.len() {
            return self.encode_plain(text, room, emit);
        }
        let token = self.users.get(user);
        // Packing makes no name that is not UTF-8; such a name would count as NUL.
        let name = str::from_utf8(self.text(token)).unwrap_or("\0");
        while let Some(at) = text.find(name) {
            self.encode_between_users(&text[..at], user + 1, room, emit);
            emit(token);
            text = &text[at + name.len()..];
        }
        self.encode_between_users(text, user + 1, room, emit);
    }

    fn encode_plain(&self, mut text: &str, room: &mut Room<'_>, emit: &mut impl FnMut(u32)) {
        let prefixed = self.flags & PREFIXES != 0;
        match self.splitter {
            _ if text.is_empty() => return,
            Splitter::Whole => return merge::characters(self, room, text, prefixed, emit),
            Splitter::Unigram => return unigram::pieces(self, room, text, prefixed, emit),
            _ => {}
        }
        while !text.is_empty() {
            let (mut run, rest) = text.split_at(split::first_run(self, text));
            while !run.is_empty() {
                let (piece, after) = run.split_at(split::first_piece(self, run));
                match self.token_of(piece.as_bytes()) {
                    Some(token) => emit(token),
                    None => merge::bytes(self, room, piece.as_bytes(), emit),
                }
                run = after;
            }
            text = rest;
        }
    }
}

/// What the separators of a conversation have added to it.
#[derive(Default)]
struct Added {
    all: usize,
    /// Bytes since the last control token.
    in_run: usize,
}

impl Added {
    fn count(&mut self, piece: &Piece<'_>) -> Result<(), EncodeError> {
        let bytes = match piece {
            Piece::Text(text) => text.len(),
            Piece::Control(_) => 0,
        };
        self.in_run = if matches!(piece, Piece::Control(_)) { 0 } else { self.in_run + bytes };
        self.all += bytes + 1;
        let fits = self.in_run <= TEMPLATE_LIMIT && self.all <= SEPARATED_LIMIT;
        if fits { Ok(()) } else { Err(EncodeError::TooLong) }
    }
}

/// What is emitted in the course of an encoding of as many bytes, in memory that is allocated.
#[cfg(feature = "std")]
fn collected(
    bytes: usize,
    encode: impl FnOnce(&mut Scratch<'_>, &mut dyn FnMut(u32)) -> Result<(), EncodeError>,
) -> Result<Vec<u32>, EncodeError> {
    let words = scratch_words(bytes);
    let (mut text, mut links, mut heap) = (vec![0; bytes], vec![0; words], vec![0; words]);
    let mut scratch = Scratch::new(&mut text, &mut links, &mut heap);
    let mut tokens = Vec::new();
    encode(&mut scratch, &mut |token| tokens.push(token))?;
    Ok(tokens)
}

#[cfg(feature = "std")]
impl Tokenizer<'_> {
    /// The tokens of a conversation and of the beginning of an answer.
    pub fn encode_parts(&self, parts: &[Part<'_>]) -> Result<Vec<u32>, EncodeError> {
        let bytes = parts.iter().map(|part| part.text.len()).sum::<usize>() + TEMPLATE_LIMIT;
        collected(bytes, |scratch, emit| {
            self.encode_conversation(parts.iter().copied(), scratch, emit)
        })
    }

    /// The tokens of a text without a chat template.
    pub fn encode_raw_text(&self, text: &[u8]) -> Result<Vec<u32>, EncodeError> {
        collected(text.len(), |scratch, emit| self.encode_raw(text, scratch, emit))
    }

    /// The tokens of a text in which the names of control tokens stand for those tokens. Only the
    /// author of a template writes such a text, never a user.
    pub fn encode_with_controls(&self, text: &str) -> Result<Vec<u32>, EncodeError> {
        let controls: Vec<(u32, &str)> = (0..u32::try_from(self.vocab()).unwrap_or(u32::MAX))
            .filter(|token| self.is_control(*token))
            .filter_map(|token| str::from_utf8(self.text(token)).ok().map(|name| (token, name)))
            .filter(|(_, name)| !name.is_empty())
            .collect();
        let mut tokens = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let found =
                controls.iter().filter_map(|(token, name)| Some((rest.find(name)?, *name, *token)));
            let next = found.min_by_key(|(at, name, _)| (*at, core::cmp::Reverse(name.len())));
            let (at, skip) = next.map_or((rest.len(), 0), |(at, name, _)| (at, name.len()));
            let run = &rest.as_bytes()[..at];
            tokens.extend(collected(at, |scratch, emit| {
                scratch.append(run)?;
                self.encode_run(scratch, &mut |token| emit(token))
            })?);
            tokens.extend(next.map(|(_, _, token)| token));
            rest = &rest[at + skip..];
        }
        Ok(tokens)
    }
}
