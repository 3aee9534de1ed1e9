//! Files as memory.
#![expect(unsafe_code, reason = "a memory map is a slice over a file that others could change")]

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::Mmap;

/// Maps a file for reading.
pub(crate) fn map_file(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: nothing here writes to a mapped file, and images are replaced by renaming, never in place. Should somebody else cut the file
    // short while it is mapped, the process ends with a bus error; no wrong answer comes of it.
    unsafe { Mmap::map(&file) }
}
