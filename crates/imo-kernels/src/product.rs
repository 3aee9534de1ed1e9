//! The rows and vectors of a matrix product, which every path works on.

use std::ops::Range;

use imo_tensor::{GROUP, Matrix, canonical};

use crate::tile::Tile;

/// 2⁻²⁴: what one unit of a row's exact sum is worth.
pub(crate) const UNIT: f32 = 1.0 / 16_777_216.0;

/// Some rows of a matrix, from a multiple of 8 on, and the vectors to multiply them with.
#[derive(Debug, Clone)]
pub struct Product<'a> {
    /// The matrix.
    pub w: Matrix<'a>,
    /// Its rows to multiply.
    pub rows: Range<usize>,
    /// The vectors, each as long as a row.
    pub x: &'a Tile,
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

    /// Computes all rows for all tokens, a part at a time. `part` gets the first of `height` rows,
    /// the first token that is left, and how many tokens are left. It computes these rows for the
    /// first few of those tokens, and returns how many.
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

    /// Writes the outputs of the group at `row` for the tokens from `token` on, from their exact
    /// sums. Inlined, so that it is compiled for the caller's instruction set.
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
