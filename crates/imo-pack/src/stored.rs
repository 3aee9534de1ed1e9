//! The formats of a file's tensors, and how a block of each is packed.
//!
//! Quantised formats are packed exactly: a packed weight is the file's weight, as an integer in
//! units of 2⁻²⁴. Values of the other formats are rounded.

use imo_tensor::{BLOCK, Format};

/// A row's part of a packed block: its scales, one kind after the other, and its quants. The format
/// says how many bytes of each are used.
pub(crate) struct Part {
    pub(crate) scales: [u8; 8],
    pub(crate) quants: [u8; 2 * BLOCK],
    /// Largest error of a value that was rounded, as a part of the largest value; infinite when a
    /// value cannot be stored.
    pub(crate) rounding: f64,
}

/// How a file stores a tensor, and how it is packed.
pub(crate) struct Stored {
    /// What it becomes.
    pub(crate) format: Format,
    /// Values of a block, a multiple of [`BLOCK`].
    pub(crate) values: usize,
    /// Bytes of a block.
    pub(crate) bytes: usize,
    /// Packs one of the parts of [`BLOCK`] values that a block has.
    pub(crate) part: fn(&[u8], usize) -> Part,
}

impl Stored {
    /// The format with this code, if it is supported for matrices.
    pub(crate) fn of(code: u32) -> Option<Self> {
        let (format, values, bytes, part): (_, _, _, fn(&[u8], usize) -> Part) = match code {
            0 => (Format::I16, 32, 128, |block, _| round(&floats(block, code::F32))),
            1 => (Format::I16, 32, 64, |block, _| round(&floats(block, code::F16))),
            2 => (Format::Q4_0, 32, 18, |block, _| as_it_is(block, 2)),
            3 => (Format::Q4_1, 32, 20, |block, _| as_it_is(block, 4)),
            6 => (Format::Q8_0, 32, 22, q5_0),
            7 => (Format::K8, 32, 24, q5_1),
            8 => (Format::Q8_0, 32, 34, |block, _| as_it_is(block, 2)),
            10 => (Format::K4, 256, 84, q2_k),
            11 => (Format::K4, 256, 110, q3_k),
            12 => (Format::K4, 256, 144, q4_k),
            13 => (Format::K8, 256, 176, q5_k),
            14 => (Format::K8, 256, 210, q6_k),
            20 => (Format::Q8_0, 32, 18, iq4_nl),
            23 => (Format::K8, 256, 136, iq4_xs),
            30 => (Format::I16, 32, 64, |block, _| round(&floats(block, code::BF16))),
            _ => return None,
        };
        Some(Self { format, values, bytes, part })
    }
}

/// Codes of the formats that are not quantised.
pub(crate) mod code {
    pub(crate) const F32: u32 = 0;
    pub(crate) const F16: u32 = 1;
    pub(crate) const BF16: u32 = 30;
}

/// A format's name, for people.
pub(crate) fn name(code: u32) -> String {
    let names = [
        (15, "Q8_K"),
        (16, "IQ2_XXS"),
        (17, "IQ2_XS"),
        (18, "IQ3_XXS"),
        (19, "IQ1_S"),
        (21, "IQ3_S"),
        (22, "IQ2_S"),
        (28, "F64"),
        (29, "IQ1_M"),
        (34, "TQ1_0"),
        (35, "TQ2_0"),
        (39, "MXFP4"),
    ];
    let name = names.iter().find(|(it, _)| *it == code);
    name.map_or_else(|| format!("number {code}"), |(_, name)| (*name).to_owned())
}

/// The values of a tensor that is not quantised.
pub(crate) fn floats(bytes: &[u8], code: u32) -> Vec<f32> {
    let halves = || bytes.as_chunks().0.iter().map(|it| u16::from_le_bytes(*it));
    match code {
        code::F32 => bytes.as_chunks().0.iter().map(|it| f32::from_le_bytes(*it)).collect(),
        code::BF16 => halves().map(|bits| f32::from_bits(u32::from(bits) << 16)).collect(),
        _ => halves().map(half_to_f32).collect(),
    }
}

/// Every half has an exact binary32.
fn half_to_f32(bits: u16) -> f32 {
    let (sign, exponent, fraction) =
        (u32::from(bits >> 15) << 31, u32::from(bits >> 10) & 31, u32::from(bits) & 0x3ff);
    match exponent {
        0 => f32::from_bits(sign | (fraction as f32 / 16_777_216.0).to_bits()),
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

/// Rounds values to 16 bits with the smallest power-of-two scale that holds them.
fn round(values: &[f32]) -> Part {
    let largest = values
        .iter()
        .map(|value| f64::from(value.abs()))
        .fold(0.0, |a, b| if b > a { b } else { a });
    let units = largest * 16_777_216.0;
    let mut scale_log2 = 0_u32;
    while scale_log2 < 30 && units > 32_767.0 * f64::from(1_u32 << scale_log2) {
        scale_log2 += 1;
    }
    let scale = 1_u32 << scale_log2;
    let mut part = part(&scale.to_le_bytes(), &[]);
    for (value, place) in values.iter().zip(part.quants.as_chunks_mut().0) {
        let exact = f64::from(*value) * 16_777_216.0 / f64::from(scale);
        let rounded = exact.round_ties_even().clamp(-32_767.0, 32_767.0);
        let off = (rounded - exact).abs() * f64::from(scale);
        part.rounding = if off > part.rounding { off } else { part.rounding };
        #[expect(clippy::cast_possible_truncation, reason = "an integer between ±32,767")]
        let quant = rounded as i16;
        *place = quant.to_le_bytes();
    }
    let storable =
        |value: &f32| f64::from(value.abs()) * 16_777_216.0 <= 32_767.0 * f64::from(1_u32 << 30);
    part.rounding = match units {
        _ if !values.iter().all(storable) => f64::INFINITY,
        0.0 => 0.0,
        units => part.rounding / units,
    };
    part
}

fn part(scales: &[u8], quants: &[u8]) -> Part {
    let mut part = Part { scales: [0; 8], quants: [0; 2 * BLOCK], rounding: 0.0 };
    part.scales[..scales.len()].copy_from_slice(scales);
    part.quants[..quants.len()].copy_from_slice(quants);
    part
}

fn as_it_is(block: &[u8], scale_bytes: usize) -> Part {
    part(&block[..scale_bytes], &block[scale_bytes..])
}

/// Value = d · s · q − e · m, each half of the part with its own s and m.
fn by_halves(d: &[u8], e: &[u8], [s0, s1]: [u8; 2], [m0, m1]: [u8; 2], quants: &[u8]) -> Part {
    part(&[d[0], d[1], e[0], e[1], s0, s1, m0, m1], quants)
}

/// Element i in the low half of byte i, i + 16 in its high half.
fn nibbles(quants: [u8; BLOCK]) -> [u8; BLOCK / 2] {
    std::array::from_fn(|i| quants[i] | quants[i + 16] << 4)
}

fn from_nibbles(bytes: &[u8]) -> [u8; BLOCK] {
    std::array::from_fn(|i| if i < 16 { bytes[i] & 15 } else { bytes[i - 16] >> 4 })
}

/// 5-bit quants whose highest bits stand apart.
fn five_bits(high: &[u8], low: &[u8]) -> [u8; BLOCK] {
    let low = from_nibbles(low);
    std::array::from_fn(|i| low[i] | (high[i / 8] >> (i % 8) & 1) << 4)
}

/// d (q − 16).
fn q5_0(block: &[u8], _: usize) -> Part {
    part(&block[..2], &five_bits(&block[2..6], &block[6..]).map(|q| q.wrapping_sub(16)))
}

/// d q + m.
fn q5_1(block: &[u8], _: usize) -> Part {
    let minus_one = (-1_i8).cast_unsigned();
    let quants = five_bits(&block[4..8], &block[8..]);
    by_halves(&block[..2], &block[2..4], [1; 2], [minus_one; 2], &quants)
}

/// 2-bit quants of part `index`: each byte holds those of four parts.
fn two_bits(bytes: &[u8], index: usize) -> [u8; BLOCK] {
    let bytes = &bytes[BLOCK * (index / 4)..];
    std::array::from_fn(|i| bytes[i] >> (2 * (index % 4)) & 3)
}

/// d s q − e m, s and m of four bits for each 16 values.
fn q2_k(block: &[u8], index: usize) -> Part {
    let (scales, rest) = block.split_at(16);
    let (quants, ends) = rest.split_at(64);
    let pair = [scales[2 * index], scales[2 * index + 1]];
    by_halves(
        &ends[..2],
        &ends[2..],
        pair.map(|it| it & 15),
        pair.map(|it| it >> 4),
        &nibbles(two_bits(quants, index)),
    )
}

/// d (s − 32) (q − 4), s of six bits for each 16 values; the quants' highest bits stand apart.
fn q3_k(block: &[u8], index: usize) -> Part {
    let (high, rest) = block.split_at(32);
    let (low, rest) = rest.split_at(64);
    let (scales, d) = rest.split_at(12);
    let scale = |at: usize| {
        let low = scales[at % 8] >> (4 * (at / 8)) & 15;
        let high = scales[8 + at % 4] >> (2 * (at / 4)) & 3;
        (low | high << 4).wrapping_sub(32)
    };
    let pair = [scale(2 * index), scale(2 * index + 1)];
    let low = two_bits(low, index);
    let quants = std::array::from_fn(|i| low[i] | (high[i] >> index & 1) << 2);
    // Four times a scale fits 8 bits: it is at least −32 and at most 31.
    by_halves(d, d, pair, pair.map(|it| it.wrapping_mul(4)), &nibbles(quants))
}

/// Scale and minimum of part `index`, six bits each, in twelve bytes.
fn six_bits(scales: &[u8], index: usize) -> [u8; 2] {
    let at = index % 4;
    match index / 4 {
        0 => [scales[at] & 63, scales[4 + at] & 63],
        _ => [
            scales[8 + at] & 15 | scales[at] >> 6 << 4,
            scales[8 + at] >> 4 | scales[4 + at] >> 6 << 4,
        ],
    }
}

/// The low four bits of the quants of part `index`: each byte holds those of two parts.
fn four_bits(bytes: &[u8], index: usize) -> [u8; BLOCK] {
    let bytes = &bytes[BLOCK * (index / 2)..];
    std::array::from_fn(|i| bytes[i] >> (4 * (index % 2)) & 15)
}

/// d s q − e m.
fn q4_k(block: &[u8], index: usize) -> Part {
    let [scale, minimum] = six_bits(&block[4..16], index);
    let quants = nibbles(four_bits(&block[16..], index));
    by_halves(&block[..2], &block[2..4], [scale; 2], [minimum; 2], &quants)
}

/// As `Q4_K`, with the quants' highest bits apart.
fn q5_k(block: &[u8], index: usize) -> Part {
    let [scale, minimum] = six_bits(&block[4..16], index);
    let (high, low) = block[16..].split_at(32);
    let low = four_bits(low, index);
    let quants: [u8; BLOCK] = std::array::from_fn(|i| low[i] | (high[i] >> index & 1) << 4);
    by_halves(&block[..2], &block[2..4], [scale; 2], [minimum; 2], &quants)
}

/// d s (q − 32), s of eight bits for each 16 values.
fn q6_k(block: &[u8], index: usize) -> Part {
    let (low, rest) = block.split_at(128);
    let (high, rest) = rest.split_at(64);
    let (scales, d) = rest.split_at(16);
    // Of a half's 64 bytes the low nibbles are parts 0 and 1, the high ones 2 and 3.
    let low = &low[64 * (index / 4) + 32 * (index % 2)..];
    let high = two_bits(high, index);
    let quants: [u8; BLOCK] = std::array::from_fn(|i| {
        let low = low[i] >> (4 * (index % 4 / 2)) & 15;
        (low | high[i] << 4).wrapping_sub(32)
    });
    by_halves(d, &[0; 2], [scales[2 * index], scales[2 * index + 1]], [0; 2], &quants)
}

/// What the quants of `IQ4_NL` and `IQ4_XS` stand for.
const LEVELS: [i8; 16] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

fn levels(bytes: &[u8]) -> [u8; BLOCK] {
    from_nibbles(bytes).map(|q| LEVELS[usize::from(q)].cast_unsigned())
}

/// d times a level.
fn iq4_nl(block: &[u8], _: usize) -> Part {
    part(&block[..2], &levels(&block[2..]))
}

/// d (s − 32) times a level, s of six bits.
fn iq4_xs(block: &[u8], index: usize) -> Part {
    let low = block[4 + index / 2] >> (4 * (index % 2)) & 15;
    let high = block[2 + index / 4] >> (2 * (index % 4)) & 3;
    let scale = (low | high << 4).wrapping_sub(32);
    by_halves(&block[..2], &[0; 2], [scale; 2], [0; 2], &levels(&block[8 + 16 * index..]))
}
