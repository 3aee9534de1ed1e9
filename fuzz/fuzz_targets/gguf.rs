//! A model file is refused or packs to a sound image, in no more memory than a small multiple of
//! the file.
#![no_main]

use std::alloc::System;
use std::io::{self, Seek, SeekFrom, Write};

use cap::Cap;
use imo_model::ModelImage;
use imo_model::TextProgram;
use imo_pack::{pack_bytes, pack_to};
use libfuzzer_sys::fuzz_target;

/// Ends the process when more than the limit is asked for.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// What reading any file may take: tables of Unicode, and what a chat template may use.
const BASE: usize = 16 << 20;
/// Bytes for each byte of the file.
const MULTIPLE: usize = 32;
/// Images up to this size are looked at.
const SMALL: u64 = 1 << 22;

/// Where an image takes no memory.
#[derive(Default)]
struct Nowhere {
    length: u64,
}

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Nowhere {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}

fuzz_target!(|file: &[u8]| {
    let limit = MEMORY.allocated() + BASE + MULTIPLE * file.len();
    MEMORY.set_limit(limit).expect("more than is in use");
    let mut image = Nowhere::default();
    let packed = pack_to(file, TextProgram::TEXT, &mut image, |_, _| ());
    MEMORY.set_limit(usize::MAX).expect("no limit");
    if packed.is_ok() && image.length <= SMALL {
        let (image, _) = pack_bytes(file, |_, _| ()).expect("it packed before");
        ModelImage::from_bytes(image).expect("what packs is sound");
    }
});
