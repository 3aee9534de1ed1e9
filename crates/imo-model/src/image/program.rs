//! What every image begins with, whichever program it is for.

use super::error::ImageError;
use super::layout::header as at;
use super::place::word;

/// The number of `text`, the program that answers prompts.
pub const TEXT_PROGRAM: u32 = 1;

/// The first bytes of every image.
const MAGIC: [u8; 8] = *b"IMOMODEL";
/// The version of the layout.
const VERSION: u32 = 1;
/// Bytes up to the end of the program's number.
const START_BYTES: usize = at::PROGRAM + 4;

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
