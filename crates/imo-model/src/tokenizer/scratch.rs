//! Memory that a caller lends for one encoding.

/// The most bytes of a chat template's own text between two control tokens. So scratch for the
/// bytes of all parts and for these is enough for a conversation.
pub const TEMPLATE_LIMIT: usize = 4096;
/// The most that the separators of a conversation may add to it, so that the steps of a node are
/// bounded, however many parts there are: bytes, and one more for each piece.
pub(crate) const SEPARATED_LIMIT: usize = 1 << 16;

/// 32-bit words of scratch for a text of this many bytes.
pub const fn scratch_words(bytes: usize) -> usize {
    3 * (bytes + 1)
}

/// Why a text has no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(thiserror::Error))]
pub enum EncodeError {
    /// A text is not UTF-8.
    #[cfg_attr(feature = "std", error("the prompt is not UTF-8"))]
    NotUtf8,
    /// The text is longer than the scratch, or the template adds too much to it.
    #[cfg_attr(feature = "std", error("the prompt is too long"))]
    TooLong,
    /// A part of the conversation has nothing but white space.
    #[cfg_attr(feature = "std", error("a part of the conversation has no visible character"))]
    Blank,
    /// The chat template has no conversation of such parts in this order.
    #[cfg_attr(feature = "std", error("the model's chat template has no such conversation"))]
    NoSuchConversation,
}

/// Memory for one encoding.
#[derive(Debug)]
pub struct Scratch<'a> {
    text: &'a mut [u8],
    length: usize,
    room: Room<'a>,
}

/// Memory for cutting one piece of a text into tokens.
#[derive(Debug)]
pub(super) struct Room<'a> {
    pub(super) links: &'a mut [u32],
    pub(super) heap: &'a mut [u64],
}

impl<'a> Scratch<'a> {
    /// Scratch for as many bytes as `text` has.
    ///
    /// # Panics
    /// If `links` or `heap` have fewer than [`scratch_words`] entries for that many bytes.
    pub const fn new(text: &'a mut [u8], links: &'a mut [u32], heap: &'a mut [u64]) -> Self {
        let words = scratch_words(text.len());
        assert!(links.len() >= words && heap.len() >= words, "scratch for every byte");
        Self { text, length: 0, room: Room { links, heap } }
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let end = self.length + bytes.len();
        let place = self.text.get_mut(self.length..end).ok_or(EncodeError::TooLong)?;
        place.copy_from_slice(bytes);
        self.length = end;
        Ok(())
    }

    /// The text collected so far, and the room to work in. The next text begins anew.
    pub(super) fn take(&mut self) -> (&[u8], &mut Room<'a>) {
        let length = core::mem::take(&mut self.length);
        (&self.text[..length], &mut self.room)
    }
}

impl Room<'_> {
    pub(super) const fn split(&mut self) -> (&mut [u32], &mut [u64]) {
        (self.links, self.heap)
    }
}
