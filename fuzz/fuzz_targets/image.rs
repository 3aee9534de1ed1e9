//! An image is refused or sound; a sound one's tokenizer takes any text.
#![no_main]

use std::alloc::System;

use cap::Cap;
use imo_model::{ModelImage, Part, Role};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// What opening any image may take.
const BASE: usize = 1 << 20;
/// Bytes for each byte of the image.
const MULTIPLE: usize = 4;

fuzz_target!(|bytes: &[u8]| {
    MEMORY
        .set_limit(MEMORY.allocated() + BASE + MULTIPLE * bytes.len())
        .expect("more than is in use");
    let image = ModelImage::from_bytes(bytes.to_vec());
    MEMORY.set_limit(usize::MAX).expect("no limit");
    let Ok(image) = image else { return };
    let tokenizer = image.tokenizer();
    for text in ["the end, and 42\n\n  it's", "ünï → 漢字 🙂 \u{0301}\u{200d}"] {
        let raw = tokenizer.encode_raw_text(text.as_bytes());
        let parts = Role::ALL.map(|role| Part { role, text: text.as_bytes() });
        for token in [raw, tokenizer.encode_parts(&parts)].into_iter().flatten().flatten() {
            tokenizer.decode(token);
        }
    }
});
