//! Little-endian numbers in slots and images.

/// Reads the 32-bit word at a byte offset.
#[inline]
pub fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Writes the 32-bit word at a byte offset.
#[inline]
pub fn put_word(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

/// A count of things in the machine's memory, which therefore fits 32 bits.
#[inline]
pub fn number(count: usize) -> u32 {
    u32::try_from(count).expect("the machine's addresses have 32 bits")
}

/// Fills `out` with binary32 numbers from `bytes`.
#[inline]
pub fn copy_floats(out: &mut [f32], bytes: &[u8]) {
    for (value, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
        *value = f32::from_le_bytes(*bytes);
    }
}

/// Writes all of `values`.
#[inline]
pub fn put_floats(out: &mut [u8], values: &[f32]) {
    for (place, value) in out.as_chunks_mut().0.iter_mut().zip(values) {
        *place = value.to_le_bytes();
    }
}
