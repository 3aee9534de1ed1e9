//! From a text to its tokens.

use core::str;

use super::lookup::{Piece, Tokenizer};
use super::scratch::{EncodeError, Room, Scratch};
#[cfg(feature = "std")]
use super::scratch::{TEMPLATE_LIMIT, scratch_words};
use super::tables::{NO_TOKEN, PREFIXES, Splitter, TRIMS};
use super::{merge, split, unigram};

impl Tokenizer<'_> {
    /// Gives the tokens of a prompt to `emit`, in order. The prompt stands within the chat
    /// template, or alone when `raw`.
    pub fn encode_prompt(
        &self,
        prompt: &[u8],
        raw: bool,
        scratch: &mut Scratch<'_>,
        mut emit: impl FnMut(u32),
    ) -> Result<(), EncodeError> {
        let text = str::from_utf8(prompt).map_err(|_| EncodeError::NotUtf8)?;
        if raw {
            if self.begin != NO_TOKEN {
                emit(self.begin);
            }
            scratch.append(prompt)?;
            return self.encode_run(scratch, &mut emit);
        }
        let content = if self.flags & TRIMS != 0 { text.trim() } else { text };
        for piece in self.template() {
            match piece {
                Piece::Control(token) => {
                    self.encode_run(scratch, &mut emit)?;
                    emit(token);
                }
                Piece::Text(text) => scratch.append(text)?,
                Piece::Content => scratch.append(content.as_bytes())?,
            }
        }
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

#[cfg(feature = "std")]
impl Tokenizer<'_> {
    /// The tokens of a prompt, in memory that is allocated for it.
    pub fn encode(&self, prompt: &[u8], raw: bool) -> Result<Vec<u32>, EncodeError> {
        let size = prompt.len() + TEMPLATE_LIMIT;
        let (mut text, mut links, mut heap) =
            (vec![0; size], vec![0; scratch_words(size)], vec![0; scratch_words(size)]);
        let mut scratch = Scratch::new(&mut text, &mut links, &mut heap);
        let mut tokens = Vec::new();
        self.encode_prompt(prompt, raw, &mut scratch, |token| tokens.push(token))?;
        Ok(tokens)
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
            tokens.extend(self.encode(&rest.as_bytes()[..at], true)?);
            tokens.extend(next.map(|(_, _, token)| token));
            rest = &rest[at + skip..];
        }
        Ok(tokens)
    }
}
