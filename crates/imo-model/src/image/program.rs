//! What every image begins with, whichever program it is for, and the programs that answer text.

use super::error::ImageError;
use super::layout::header as at;
use super::place::word;

/// The first bytes of every image.
const MAGIC: [u8; 8] = *b"IMOMODEL";
/// The version of the layout.
const VERSION: u32 = 2;
/// Bytes up to the end of the program's number.
const START_BYTES: usize = at::PROGRAM + 4;

/// A program that answers text. They are one source, and differ in the limits below alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextProgram {
    /// The program's number in the header of an image.
    pub number: u32,
    /// The program's name, for people.
    pub name: &'static str,
    /// Most bytes of a request's input.
    pub input_limit: u32,
    /// Depth of the tree over the input memory, in leaves of 128 bytes.
    pub input_depth: u8,
    /// Depth of the tree over the working memory.
    pub memory_depth: u8,
}

impl TextProgram {
    /// For prompts and short conversations.
    pub const TEXT: Self =
        Self { number: 1, name: "text", input_limit: 1 << 14, input_depth: 8, memory_depth: 15 };
    /// For long conversations and documents.
    pub const TEXT_LONG: Self = Self {
        number: 2,
        name: "text-long",
        input_limit: 1 << 17,
        input_depth: 11,
        memory_depth: 16,
    };
    /// All of them.
    pub const ALL: [Self; 2] = [Self::TEXT, Self::TEXT_LONG];

    /// The program with this number.
    pub fn numbered(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|program| program.number == number)
    }
}

/// The number of the program that an image needs.
pub fn program_number(image: &[u8]) -> Result<u32, ImageError> {
    let start: &[u8; START_BYTES] = image.first_chunk().ok_or(ImageError::Truncated)?;
    if !start[at::MAGIC..].starts_with(&MAGIC) || word(start, at::VERSION) != VERSION {
        return Err(ImageError::NotAnImage);
    }
    Ok(word(start, at::PROGRAM))
}

/// Writes what [`program_number`] reads.
#[cfg(feature = "std")]
pub(super) fn write_start(image: &mut [u8], program: u32) {
    use super::place::put_word;

    image[at::MAGIC..at::MAGIC + MAGIC.len()].copy_from_slice(&MAGIC);
    put_word(image, at::VERSION, VERSION);
    put_word(image, at::PROGRAM, program);
}
