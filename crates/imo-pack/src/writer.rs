//! Writes an image: everything begins on a boundary, and the head comes last.

use std::io::{Seek, SeekFrom, Write};

use imo_model::{ALIGNMENT, HEADER_BYTES, Header, LAYER_BYTES, Layer, Tensor, Vector};

use crate::architecture::{Description, Pairs};
use crate::convert;
use crate::error::PackError;
use crate::gguf::Gguf;

/// LLaMA 3's scaling: what each pair's frequency is divided by.
pub(crate) const ROPE_FACTORS: &str = "rope_freqs.weight";

/// Where an image is written to, and how far it has come.
pub(crate) struct Writer<W> {
    target: W,
    length: u64,
    rounding: f64,
}

impl<W: Write + Seek> Writer<W> {
    /// Leaves room for the head of an image with this many layers.
    pub(crate) fn new(target: W, layers: u32) -> Result<Self, PackError> {
        let mut writer = Self { target, length: 0, rounding: 0.0 };
        writer.append(&vec![0; HEADER_BYTES + layers as usize * LAYER_BYTES])?;
        Ok(writer)
    }

    /// Bytes so far.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// Writes bytes at the next boundary, and says where that is.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<u64, PackError> {
        let start = self.align()?;
        self.write(bytes)?;
        Ok(start)
    }

    fn align(&mut self) -> Result<u64, PackError> {
        let start = self.length.next_multiple_of(ALIGNMENT);
        let padding = usize::try_from(start - self.length).expect("less than a boundary");
        self.write(&vec![0; padding])?;
        Ok(start)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), PackError> {
        self.target.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    pub(crate) fn vector(&mut self, values: &[f32]) -> Result<Vector, PackError> {
        let length = u32::try_from(values.len()).expect("shapes were bounded");
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Ok(Vector { offset: self.append(&bytes)?, length })
    }

    pub(crate) fn matrix(
        &mut self,
        gguf: &Gguf<'_>,
        name: &str,
        rows: u32,
        columns: u32,
    ) -> Result<Tensor, PackError> {
        self.reordered(gguf, name, (rows, columns), |row| row)
    }

    /// A matrix whose row i is row `source_row(i)` of the file.
    fn reordered(
        &mut self,
        gguf: &Gguf<'_>,
        name: &str,
        (rows, columns): (u32, u32),
        source_row: impl Fn(usize) -> usize,
    ) -> Result<Tensor, PackError> {
        let packed = convert::matrix(gguf, name, (rows, columns), source_row)?;
        if packed.rounding > self.rounding {
            self.rounding = packed.rounding;
        }
        Ok(Tensor { offset: self.append(&packed.bytes)?, format: packed.format, rows, columns })
    }

    pub(crate) fn layer(
        &mut self,
        gguf: &Gguf<'_>,
        layer: u32,
        model: &Description,
    ) -> Result<Layer, PackError> {
        let name = |part: &str| format!("blk.{layer}.{part}.weight");
        let shapes = &model.shapes;
        let (dim, ffn) = (shapes.dim, shapes.ffn);
        let (query_dim, kv_dim) = (shapes.query_dim(), shapes.kv_dim());
        let rotated = |row| source_row(row, model);
        Ok(Layer {
            attention_norm: self.vector(&convert::vector(gguf, &name("attn_norm"), dim)?)?,
            ffn_norm: self.vector(&convert::vector(gguf, &name("ffn_norm"), dim)?)?,
            query: self.reordered(gguf, &name("attn_q"), (query_dim, dim), rotated)?,
            key: self.reordered(gguf, &name("attn_k"), (kv_dim, dim), rotated)?,
            value: self.matrix(gguf, &name("attn_v"), kv_dim, dim)?,
            output: self.matrix(gguf, &name("attn_output"), dim, query_dim)?,
            gate: self.matrix(gguf, &name("ffn_gate"), ffn, dim)?,
            up: self.matrix(gguf, &name("ffn_up"), ffn, dim)?,
            down: self.matrix(gguf, &name("ffn_down"), dim, ffn)?,
            bias: self.bias(gguf, layer, model)?,
        })
    }

    /// Writes the biases of queries, keys and values, one after the other, if the file has any.
    fn bias(
        &mut self,
        gguf: &Gguf<'_>,
        layer: u32,
        model: &Description,
    ) -> Result<Option<Vector>, PackError> {
        let shapes = &model.shapes;
        let parts = [
            ("attn_q", shapes.query_dim(), true),
            ("attn_k", shapes.kv_dim(), true),
            ("attn_v", shapes.kv_dim(), false),
        ];
        let name = |part: &str| format!("blk.{layer}.{part}.bias");
        if parts.iter().all(|(part, _, _)| gguf.tensor(&name(part)).is_none()) {
            return Ok(None);
        }
        let mut all = Vec::new();
        for (part, length, rotated) in parts {
            let values = match gguf.tensor(&name(part)) {
                Some(_) => convert::vector(gguf, &name(part), length)?,
                None => vec![0.0; length as usize],
            };
            let place = |row| values[if rotated { source_row(row, model) } else { row }];
            all.extend((0..values.len()).map(place));
        }
        self.vector(&all).map(Some)
    }

    /// Writes (cos, sin) of position · frequency. Each is computed in binary64 by a portable
    /// library, and rounded once.
    pub(crate) fn rotations(
        &mut self,
        gguf: &Gguf<'_>,
        model: &Description,
    ) -> Result<Vector, PackError> {
        let shapes = &model.shapes;
        let factors = match gguf.tensor(ROPE_FACTORS) {
            None => None,
            Some(_) => Some(convert::vector(gguf, ROPE_FACTORS, shapes.head_dim / 2)?),
        };
        if factors.iter().flatten().any(|factor| *factor <= 0.0) {
            let what = "a factor is not positive".to_owned();
            return Err(PackError::Tensor { name: ROPE_FACTORS.to_owned(), what });
        }
        let frequencies = model.frequencies(factors.as_deref());
        let last = f64::from(shapes.context);
        if !frequencies.iter().all(|frequency| (last * frequency).is_finite()) {
            let what = "rotations by angles that are not finite".to_owned();
            return Err(PackError::Unsupported { what });
        }
        let offset = self.align()?;
        for position in 0..shapes.context {
            let angles = frequencies.iter().map(|frequency| f64::from(position) * frequency);
            let both = angles.flat_map(|angle| [libm::cos(angle), libm::sin(angle)]);
            let row: Vec<u8> = both.flat_map(|value| rounded(value).to_le_bytes()).collect();
            self.write(&row)?;
        }
        Ok(Vector { offset, length: shapes.context * shapes.head_dim })
    }

    /// Writes the head in its place, and returns the largest rounding error.
    pub(crate) fn finish(mut self, header: &Header, layers: &[Layer]) -> Result<f64, PackError> {
        let mut head = header.encode().to_vec();
        head.extend(layers.iter().flat_map(Layer::encode));
        // An image that no reader would accept is never written.
        let parsed = Header::parse(&head)?;
        for table in head[HEADER_BYTES..].chunks_exact(LAYER_BYTES) {
            parsed.layer(table)?;
        }
        self.target.seek(SeekFrom::Start(0))?;
        self.target.write_all(&head)?;
        self.target.flush()?;
        Ok(self.rounding)
    }
}

/// The row of the file that stands at `row` of an image's queries or keys.
fn source_row(row: usize, model: &Description) -> usize {
    let width = model.shapes.head_dim as usize;
    let (head, within) = (row / width, row % width);
    match model.pairs {
        Pairs::Neighbours => row,
        Pairs::Halves => head * width + within / 2 + within % 2 * (width / 2),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "rounded once, to nearest even")]
const fn rounded(value: f64) -> f32 {
    value as f32
}
