//! Files as memory.
#![expect(unsafe_code, reason = "a memory map is a slice over a file that others could change")]

use std::fs::File;
use std::io;
use std::ops::Deref;

use memmap2::Mmap;

/// The bytes of a file, read as they are needed.
#[derive(Debug)]
pub struct MappedFile(Mmap);

impl MappedFile {
    /// Maps a file for reading.
    pub fn of(file: &File) -> io::Result<Self> {
        // SAFETY: nothing here writes to a mapped file, and an image is replaced by renaming,
        // never in place. If somebody else cuts the file short while it is mapped, the process
        // ends with a bus error; no wrong answer comes of it.
        unsafe { Mmap::map(file) }.map(Self)
    }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
