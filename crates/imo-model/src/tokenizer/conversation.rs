//! What a model is asked: parts that somebody said, one after the other.

use core::str;

use super::scratch::EncodeError;

/// Whose words a part of a conversation are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Instructions for the whole conversation.
    System = 0,
    /// Whoever asks.
    User = 1,
    /// The model.
    Assistant = 2,
}

impl Role {
    /// All of them, in order of their codes.
    pub const ALL: [Self; 3] = [Self::System, Self::User, Self::Assistant];

    /// The role with this code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// What chat templates and people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// A part of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Whose words they are.
    pub role: Role,
    /// The words, which should be UTF-8.
    pub text: &'a [u8],
}

impl<'a> Part<'a> {
    /// A message of the user.
    pub const fn of_user(text: &'a [u8]) -> Self {
        Self { role: Role::User, text }
    }

    /// The words, if they are a text that shows something.
    pub(super) fn visible(&self) -> Result<&'a str, EncodeError> {
        let text = str::from_utf8(self.text).map_err(|_| EncodeError::NotUtf8)?;
        if text.chars().all(is_space) { Err(EncodeError::Blank) } else { Ok(text) }
    }
}

/// Whether trimming drops a character. Templates trim as Python's `str.strip` does, which also
/// takes U+001C to U+001F for white space.
pub const fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}
