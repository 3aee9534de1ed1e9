//! Bytes as people read and write them.

use crate::hash::Hash;

/// Bytes in hexadecimal with `0x` before them: how hashes and addresses are written.
pub fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}

/// The hash that is written here, with or without `0x`; none where the text is no hash.
pub fn unhex(text: &str) -> Option<Hash> {
    let (pairs, []) = text.strip_prefix("0x").unwrap_or(text).as_bytes().as_chunks() else {
        return None;
    };
    let pairs: &[[u8; 2]; 32] = pairs.try_into().ok()?;
    let mut hash = [0; 32];
    for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(hash)
}

fn digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_was_written() {
        let hash: Hash = std::array::from_fn(|at| u8::try_from(at * 7).expect("below 256"));
        assert_eq!(hex(&[0x0a, 0xf0]), "0x0af0");
        let written = hex(&hash);
        assert_eq!((unhex(&written), unhex(&written[2..])), (Some(hash), Some(hash)));
        for text in ["", "0x", "0x00", &hex(&[0; 33]), &written[1..], &written.replace('7', "g")] {
            assert_eq!(unhex(text), None, "{text}");
        }
    }
}
