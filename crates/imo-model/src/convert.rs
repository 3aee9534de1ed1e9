//! Tensors of a model file to packed ones.

use imo_tensor::{BLOCK, Format, GROUP, Matrix};

use crate::gguf::{Gguf, TensorInfo};
use crate::pack::PackError;

/// Codes of the formats that a file's tensors may have.
const F32: u32 = 0;
const F16: u32 = 1;
const Q4_0: u32 = 2;
const Q4_1: u32 = 3;
const Q8_0: u32 = 8;
const BF16: u32 = 30;

/// A matrix in the image's format.
pub(crate) struct Packed {
    pub(crate) format: Format,
    pub(crate) bytes: Vec<u8>,
    /// Largest error of a weight that was rounded, as a part of the largest weight of its block.
    pub(crate) rounding: f64,
}

/// Packs a matrix of the given shape, checking scales and the worst sum of every row.
pub(crate) fn matrix(
    gguf: &Gguf<'_>,
    name: &str,
    rows: u32,
    columns: u32,
) -> Result<Packed, PackError> {
    let info = expect_shape(gguf, name, rows, columns)?;
    let (rows, columns) = (rows as usize, columns as usize);
    if !columns.is_multiple_of(BLOCK) {
        return Err(tensor_error(
            name,
            format!("its rows of {columns} are not a multiple of {BLOCK}"),
        ));
    }
    let (format, value_bytes, block_values) = match info.kind {
        Q4_0 => (Format::Q4_0, 18, BLOCK),
        Q4_1 => (Format::Q4_1, 20, BLOCK),
        Q8_0 => (Format::Q8_0, 34, BLOCK),
        F32 => (Format::I16, 4, 1),
        F16 | BF16 => (Format::I16, 2, 1),
        code => {
            return Err(PackError::TensorFormat {
                name: name.to_owned(),
                format: format_name(code),
            });
        }
    };
    let row_bytes = columns / block_values * value_bytes;
    let source = gguf.tensor_bytes(name, (rows * row_bytes) as u64)?;
    let mut packed =
        Packed { format, bytes: vec![0; format.matrix_bytes(rows, columns)], rounding: 0.0 };
    for (row, source) in source.chunks_exact(row_bytes).enumerate() {
        for block in 0..columns / BLOCK {
            let start = (row / GROUP * (columns / BLOCK) + block) * format.block_bytes();
            let target = &mut packed.bytes[start..start + format.block_bytes()];
            if format == Format::I16 {
                let values =
                    &source[block * BLOCK * value_bytes..(block + 1) * BLOCK * value_bytes];
                let error = pack_values(target, row % GROUP, &decode(values, info.kind));
                packed.rounding = if error > packed.rounding { error } else { packed.rounding };
            } else {
                let from = &source[block * value_bytes..(block + 1) * value_bytes];
                pack_block(target, format, row % GROUP, from);
            }
        }
    }
    check_rows(name, &packed, rows, columns)?;
    Ok(packed)
}

/// A vector of finite binary32.
pub(crate) fn vector(gguf: &Gguf<'_>, name: &str, length: u32) -> Result<Vec<u8>, PackError> {
    let info = expect_shape(gguf, name, 1, length)?;
    let size = match info.kind {
        F32 => 4,
        F16 | BF16 => 2,
        code => {
            return Err(PackError::TensorFormat {
                name: name.to_owned(),
                format: format_name(code),
            });
        }
    };
    let source = gguf.tensor_bytes(name, u64::from(length) * size)?;
    let values = decode(source, info.kind);
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        return Err(tensor_error(name, format!("value {at} is not finite")));
    }
    Ok(values.iter().flat_map(|value| value.to_le_bytes()).collect())
}

fn expect_shape<'a>(
    gguf: &'a Gguf<'_>,
    name: &str,
    rows: u32,
    columns: u32,
) -> Result<&'a TensorInfo, PackError> {
    let info =
        gguf.tensor(name).ok_or_else(|| PackError::MissingTensor { name: name.to_owned() })?;
    if (info.rows, info.columns) != (rows.into(), columns.into()) {
        let found =
            format!("its shape is {} × {}, not {rows} × {columns}", info.rows, info.columns);
        return Err(tensor_error(name, found));
    }
    Ok(info)
}

fn tensor_error(name: &str, what: String) -> PackError {
    PackError::Tensor { name: name.to_owned(), what }
}

/// Refuses scales that the operators do not take, and rows whose sum could overflow.
fn check_rows(name: &str, packed: &Packed, rows: usize, columns: usize) -> Result<(), PackError> {
    let matrix =
        Matrix::new(packed.format, rows, columns, &packed.bytes).expect("packed to its shape");
    if !matrix.scales_are_valid() {
        return Err(tensor_error(name, "a scale is not finite, or is 128 or more".to_owned()));
    }
    for row in 0..rows {
        if matrix.worst_row_sum(row) >> 63 != 0 {
            return Err(tensor_error(name, format!("the sum of row {row} could overflow 64 bits")));
        }
    }
    Ok(())
}

/// Spreads one row's block of a quantised format over the group's block.
fn pack_block(target: &mut [u8], format: Format, row: usize, from: &[u8]) {
    let halves = if format == Format::Q4_1 { 2 } else { 1 };
    for half in 0..halves {
        let at = 2 * (half * GROUP + row);
        target[at..at + 2].copy_from_slice(&from[2 * half..2 * half + 2]);
    }
    spread(&mut target[format.scale_bytes()..], row, &from[2 * halves..]);
}

/// Lays a row's quants in chunks of 8 bytes between those of its group.
fn spread(quants: &mut [u8], row: usize, from: &[u8]) {
    for (chunk, bytes) in from.chunks_exact(8).enumerate() {
        let at = (chunk * GROUP + row) * 8;
        quants[at..at + 8].copy_from_slice(bytes);
    }
}

/// Rounds 32 values to 16 bits with the smallest power-of-two scale that holds them; returns the largest relative error.
fn pack_values(target: &mut [u8], row: usize, values: &[f32]) -> f64 {
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
    target[4 * row..4 * row + 4].copy_from_slice(&scale.to_le_bytes());
    let mut bytes = [0; 2 * BLOCK];
    let mut error = 0.0;
    for (value, place) in values.iter().zip(bytes.as_chunks_mut().0) {
        let exact = f64::from(*value) * 16_777_216.0 / f64::from(scale);
        let rounded = exact.round_ties_even().clamp(-32_767.0, 32_767.0);
        let off = (rounded - exact).abs() * f64::from(scale);
        error = if off > error { off } else { error };
        #[expect(clippy::cast_possible_truncation, reason = "an integer between ±32,767")]
        let quant = rounded as i16;
        *place = quant.to_le_bytes();
    }
    spread(&mut target[Format::I16.scale_bytes()..], row, &bytes);
    if units > 0.0 { error / units } else { 0.0 }
}

fn decode(bytes: &[u8], kind: u32) -> Vec<f32> {
    match kind {
        F32 => bytes.as_chunks().0.iter().map(|it| f32::from_le_bytes(*it)).collect(),
        BF16 => halves(bytes).map(|bits| f32::from_bits(u32::from(bits) << 16)).collect(),
        _ => halves(bytes).map(half_to_f32).collect(),
    }
}

fn halves(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.as_chunks().0.iter().map(|it| u16::from_le_bytes(*it))
}

/// Exact.
fn half_to_f32(bits: u16) -> f32 {
    let (sign, exponent, fraction) =
        (u32::from(bits >> 15) << 31, u32::from(bits >> 10) & 31, u32::from(bits) & 0x3ff);
    match exponent {
        0 => f32::from_bits(sign | (fraction as f32 / 16_777_216.0).to_bits()),
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

/// The format's name, for people.
fn format_name(code: u32) -> String {
    let names = [
        (6, "Q5_0"),
        (7, "Q5_1"),
        (10, "Q2_K"),
        (11, "Q3_K"),
        (12, "Q4_K"),
        (13, "Q5_K"),
        (14, "Q6_K"),
        (15, "Q8_K"),
        (16, "IQ2_XXS"),
        (20, "IQ4_NL"),
        (23, "IQ4_XS"),
        (28, "F64"),
        (39, "MXFP4"),
    ];
    let name = names.iter().find(|(it, _)| *it == code);
    name.map_or_else(|| format!("number {code}"), |(_, name)| (*name).to_owned())
}
