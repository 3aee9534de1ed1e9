//! Products of a packed matrix with a tile of vectors.

use std::ops::Range;

use imo_tensor::{GROUP, Matrix, canonical, mat_vec};

use crate::isa::Isa;
use crate::tile::Tile;
use crate::vector;

/// 2⁻²⁴: what one unit of a row's exact sum is worth.
pub(crate) const UNIT: f32 = 1.0 / 16_777_216.0;

/// Some rows of a matrix, from a multiple of 8 on, and the vectors to multiply them with.
#[derive(Debug, Clone)]
pub(crate) struct Product<'a> {
    pub(crate) w: Matrix<'a>,
    pub(crate) rows: Range<usize>,
    pub(crate) x: &'a Tile,
}

impl<'a> Product<'a> {
    /// How many rows, which is how far apart two tokens' outputs are.
    pub(crate) fn width(&self) -> usize {
        self.rows.len()
    }

    /// The blocks of the group that begins with row `row` of these rows.
    pub(crate) fn group(&self, row: usize) -> &'a [u8] {
        self.w.group((self.rows.start + row) / GROUP)
    }

    /// For every `height` rows, calls `part` with the first of them, the first token that it has not taken yet and how many are left, until
    /// it has taken all; it returns how many it took.
    #[inline(always)]
    pub(crate) fn in_parts(
        &self,
        height: usize,
        mut part: impl FnMut(usize, usize, usize) -> usize,
    ) {
        for row in (0..self.width()).step_by(height) {
            let mut token = 0;
            while token < self.x.tokens() {
                token += part(row, token, self.x.tokens() - token);
            }
        }
    }

    /// Writes the outputs of the group at `row` for the tokens from `token` on, whose exact sums these are.
    ///
    /// Compiled into its caller, for the caller's instructions.
    #[inline(always)]
    pub(crate) fn put(&self, out: &mut [f32], (row, token): (usize, usize), sums: &[[i64; GROUP]]) {
        let outputs = out.chunks_exact_mut(self.width()).zip(self.x.scales()).skip(token);
        for (sums, (out, scale)) in sums.iter().zip(outputs) {
            for (out, sum) in out[row..].iter_mut().zip(sums) {
                *out = canonical(*sum as f32 * UNIT * scale);
            }
        }
    }
}

/// Multiplies the rows by every vector, as [`mat_vec`] does by one: `out` is (token, row).
pub(crate) fn mat_tile(out: &mut [f32], product: &Product<'_>, isa: Isa) {
    let Product { w, rows, x } = product;
    assert_eq!(out.len(), x.tokens() * rows.len(), "one output per token and row");
    assert!(rows.start.is_multiple_of(GROUP) && rows.end <= w.rows(), "rows of the matrix");
    if isa == Isa::Scalar {
        for (token, out) in out.chunks_exact_mut(rows.len()).enumerate() {
            mat_vec(out, w, rows.start, &x.vector(token));
        }
    } else {
        vector::mat_tile(out, product, isa);
    }
}

#[cfg(test)]
mod tests {
    use arbtest::arbitrary::{Result, Unstructured};
    use imo_tensor::{BLOCK, Format};

    use super::*;
    use crate::tile::TILE;

    /// Ordinary values, huge ones, and now and then one that is not finite.
    fn value(u: &mut Unstructured<'_>, wild: bool) -> Result<f32> {
        if wild { Ok(f32::from_bits(u.arbitrary()?)) } else { Ok(f32::from(u.arbitrary::<i16>()?)) }
    }

    #[test]
    fn every_instruction_set_gives_the_scalar_bits() {
        arbtest::arbtest(|u| {
            let format = *u.choose(&Format::ALL)?;
            let (rows, columns) = (u.int_in_range(1..=20)?, BLOCK * u.int_in_range(1..=3)?);
            let tokens = u.int_in_range(1..=TILE)?;
            let mut data = vec![0; format.matrix_bytes(rows, columns)];
            match u.int_in_range(0..=3)? {
                0 => data.fill(0xff),
                1 => data.fill(0x80),
                _ => u.fill_buffer(&mut data)?,
            }
            let w = Matrix::new(format, rows, columns, &data).expect("the shape is right");
            let wild = u.ratio(1, 4)?;
            let mut x = vec![0.0; tokens * columns];
            if u.ratio(1, 4)? {
                x.fill(-1.0);
            } else {
                for x in &mut x {
                    *x = value(u, wild)?;
                }
            }
            let mut tile = Tile::default();
            tile.fill(&x, columns);
            let first = GROUP * u.int_in_range(0..=(rows - 1) / GROUP)?;
            let range = first..u.int_in_range(first + 1..=rows)?;
            let run = |isa| {
                let mut out = vec![1.0; tokens * range.len()];
                mat_tile(&mut out, &Product { w, rows: range.clone(), x: &tile }, isa);
                out.into_iter().map(f32::to_bits).collect::<Vec<_>>()
            };
            let expected = run(Isa::Scalar);
            for isa in Isa::available() {
                assert_eq!(run(isa), expected, "{isa:?} {format:?}");
            }
            Ok(())
        })
        .budget_ms(2_000);
    }
}
