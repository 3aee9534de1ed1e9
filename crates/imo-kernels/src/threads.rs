//! Products shared out among threads.

use imo_tensor::{GROUP, Matrix};
use rayon::prelude::*;

use crate::isa::Isa;
use crate::linear::mat_tile;
use crate::product::Product;
use crate::tile::Tile;

/// How the work on one tile is done. None of this changes a result.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Instructions to use; the machine must have them.
    pub isa: Isa,
    /// Threads that share the rows of a product and the heads of an attention.
    pub threads: usize,
}

/// The products of several matrices with one tile, each (token, row).
///
/// If there is only one vector, the threads of the current rayon pool share the rows of all
/// matrices, in one go.
///
/// # Panics
///
/// As [`mat_tile`].
pub fn products<const N: usize>(
    matrices: [&Matrix<'_>; N],
    x: &Tile,
    means: Effort,
) -> [Vec<f32>; N] {
    let mut outputs = matrices.map(|w| vec![0.0; x.tokens() * w.rows()]);
    if means.threads == 1 || x.tokens() > 1 {
        for (out, w) in outputs.iter_mut().zip(matrices) {
            mat_tile(out, &Product { w: *w, rows: 0..w.rows(), x }, means.isa);
        }
        return outputs;
    }
    let mut shares: Vec<Vec<_>> = (0..means.threads).map(|_| Vec::with_capacity(N)).collect();
    for (out, w) in outputs.iter_mut().zip(matrices) {
        let rows = w.rows().div_ceil(means.threads).next_multiple_of(GROUP);
        for ((index, out), share) in out.chunks_mut(rows).enumerate().zip(&mut shares) {
            share.push((out, w, index * rows));
        }
    }
    shares.into_par_iter().for_each(|share| {
        for (out, w, first) in share {
            let rows = first..first + out.len();
            mat_tile(out, &Product { w: *w, rows, x }, means.isa);
        }
    });
    outputs
}
