//! From a model file's tensors to packed ones.

use imo_tensor::{BLOCK, Format, GROUP, Matrix};

use crate::error::PackError;
use crate::gguf::{Gguf, TensorInfo};
use crate::stored::{Part, Stored, code, floats, name as format_name};

/// A matrix in the image's format.
pub(crate) struct Packed {
    pub(crate) format: Format,
    pub(crate) bytes: Vec<u8>,
    /// Largest error of a weight that was rounded, as a part of the largest weight of its block.
    pub(crate) rounding: f64,
}

/// Packs a matrix of the given shape; row i is row `source_row(i)` of the file. Checks the scales
/// and the worst sum of every row.
pub(crate) fn matrix(
    gguf: &Gguf<'_>,
    name: &str,
    (rows, columns): (u32, u32),
    source_row: impl Fn(usize) -> usize,
) -> Result<Packed, PackError> {
    let info = expect_shape(gguf, name, rows, columns)?;
    let (rows, columns) = (rows as usize, columns as usize);
    let stored = Stored::of(info.kind).ok_or_else(|| format_error(name, info.kind))?;
    if !columns.is_multiple_of(stored.values) {
        let what = format!("its rows of {columns} are not a multiple of {}", stored.values);
        return Err(tensor_error(name, what));
    }
    let format = stored.format;
    let row_bytes = columns / stored.values * stored.bytes;
    let source = gguf.tensor_bytes(name, (rows * row_bytes) as u64)?;
    let mut packed =
        Packed { format, bytes: vec![0; format.matrix_bytes(rows, columns)], rounding: 0.0 };
    let (blocks, parts) = (columns / BLOCK, stored.values / BLOCK);
    for row in 0..rows {
        let source = &source[source_row(row) * row_bytes..][..row_bytes];
        for block in 0..blocks {
            let from = &source[block / parts * stored.bytes..][..stored.bytes];
            let part = (stored.part)(from, block % parts);
            let start = (row / GROUP * blocks + block) * format.block_bytes();
            place(&mut packed.bytes[start..start + format.block_bytes()], format, row, &part);
            if part.rounding.is_infinite() {
                return Err(tensor_error(name, "a value is not finite or too large".to_owned()));
            }
            if part.rounding > packed.rounding {
                packed.rounding = part.rounding;
            }
        }
    }
    check_rows(name, &packed, rows, columns)?;
    Ok(packed)
}

/// A vector of finite binary32.
pub(crate) fn vector(gguf: &Gguf<'_>, name: &str, length: u32) -> Result<Vec<f32>, PackError> {
    let info = expect_shape(gguf, name, 1, length)?;
    let size = match info.kind {
        code::F32 => 4,
        code::F16 | code::BF16 => 2,
        code => return Err(format_error(name, code)),
    };
    let source = gguf.tensor_bytes(name, u64::from(length) * size)?;
    let values = floats(source, info.kind);
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        return Err(tensor_error(name, format!("value {at} is not finite")));
    }
    Ok(values)
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

fn format_error(name: &str, code: u32) -> PackError {
    PackError::TensorFormat { name: name.to_owned(), format: format_name(code) }
}

fn tensor_error(name: &str, what: String) -> PackError {
    PackError::Tensor { name: name.to_owned(), what }
}

/// Refuses scales that the operators do not take, and rows whose sum could overflow 64 bits.
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

/// Places the part of a row among the parts of the other rows of its group.
fn place(target: &mut [u8], format: Format, row: usize, part: &Part) {
    let row = row % GROUP;
    let kinds: &[usize] = match format {
        Format::Q4_0 | Format::Q8_0 => &[2],
        Format::Q4_1 => &[2, 2],
        Format::I16 => &[4],
        Format::K4 | Format::K8 => &[2, 2, 1, 1, 1, 1],
    };
    let mut from = 0;
    for size in kinds {
        let at = GROUP * from + size * row;
        target[at..at + size].copy_from_slice(&part.scales[from..from + size]);
        from += size;
    }
    let quants = &mut target[format.scale_bytes()..];
    for (chunk, bytes) in part.quants[..format.row_bytes()].chunks_exact(8).enumerate() {
        let at = (chunk * GROUP + row) * 8;
        quants[at..at + 8].copy_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with one matrix, "w".
    fn file(code: u32, rows: u64, columns: u64, data: &[u8]) -> Vec<u8> {
        let mut file = b"GGUF\x03\0\0\0".to_vec();
        file.extend([1_u64, 0, 1].map(u64::to_le_bytes).as_flattened());
        file.push(b'w');
        file.extend(2_u32.to_le_bytes());
        file.extend([columns, rows].map(u64::to_le_bytes).as_flattened());
        file.extend(code.to_le_bytes());
        file.extend(0_u64.to_le_bytes());
        file.resize(file.len().next_multiple_of(32), 0);
        file.extend(data);
        file
    }

    fn bytes_of(value: &serde_json::Value) -> Vec<u8> {
        imo_commit::unhex(value.as_str().expect("a text")).expect("hexadecimal")
    }

    #[test]
    fn packed_values_are_those_of_an_independent_dequantizer() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/quants.json");
        let text = std::fs::read_to_string(path).expect("the vectors are there");
        let vectors: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let columns = vectors["columns"].as_u64().expect("a number");
        let formats = vectors["formats"].as_array().expect("a list");
        assert_eq!(formats.len(), 15);
        for format in formats {
            let number = |key: &str| format[key].as_u64().expect("a number");
            let code = u32::try_from(number("code")).expect("a code");
            let file = file(code, number("rows"), columns, &bytes_of(&format["data"]));
            let gguf = Gguf::parse(&file).expect("a file");
            let (rows, columns) = (format["rows"].as_u64().expect("a number"), columns);
            let shape = [rows, columns].map(|it| u32::try_from(it).expect("small"));
            let packed = matrix(&gguf, "w", (shape[0], shape[1]), |row| row).expect("it packs");
            let [rows, columns] = shape.map(|it| it as usize);
            let w = Matrix::new(packed.format, rows, columns, &packed.bytes).expect("its shape");
            let mut values = vec![0.0; rows * columns];
            for (row, values) in values.chunks_exact_mut(columns).enumerate() {
                w.dequantise_row(values, row);
            }
            let expected = floats(&bytes_of(&format["values"]), code::F32);
            let name = &format["name"];
            if packed.format == Format::I16 {
                assert!(packed.rounding < 1.0 / 32_767.0, "{name}: {}", packed.rounding);
                let close = |(a, b): (&f32, &f32)| (a - b).abs() <= 0.5 / 32_767.0;
                assert!(values.iter().zip(&expected).all(close), "{name}");
            } else {
                assert_eq!(packed.rounding, 0.0, "{name}");
                assert_eq!(values, expected, "{name}");
            }
        }
    }

    #[test]
    fn what_cannot_be_stored_is_refused_by_name() {
        let floats = |value: f32| [value; 32].map(f32::to_le_bytes).as_flattened().to_vec();
        let large_scale = [0x00, 0x58].into_iter().chain([0; 32]).collect::<Vec<_>>();
        // 127 · 63 in the scales of Q4_K.
        let large_product = [0xf0, 0x57, 0, 0].into_iter().chain([63; 140]).collect::<Vec<_>>();
        for (code, columns, data, expected) in [
            (0, 32, floats(f32::NAN), "cannot be packed: a value is not finite"),
            (0, 32, floats(f32::NEG_INFINITY), "cannot be packed: a value is not finite"),
            (0, 32, floats(1e8), "cannot be packed: a value is not finite or too large"),
            (8, 32, large_scale, "cannot be packed: a scale is not finite"),
            (12, 256, large_product, "cannot be packed: a scale is not finite"),
            (12, 32, vec![0; 144], "cannot be packed: its rows of 32 are not a multiple of 256"),
            (39, 32, vec![0; 17], "stored as MXFP4"),
            (8, 32, vec![0; 33], "does not lie within the file"),
        ] {
            let file = file(code, 1, columns, &data);
            let gguf = Gguf::parse(&file).expect("a file");
            let columns = u32::try_from(columns).expect("small");
            let error =
                matrix(&gguf, "w", (1, columns), |row| row).err().expect("a refusal").to_string();
            assert!(error.contains(expected) && error.contains("\"w\""), "{error}");
        }
    }
}
