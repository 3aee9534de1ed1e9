//! Products of a packed matrix with a tile of vectors.

use imo_tensor::{GROUP, mat_vec};

use crate::isa::Isa;
use crate::product::Product;
use crate::vector;

/// Multiplies the rows by every vector, as [`mat_vec`] does with one vector: `out` is (token, row).
///
/// # Panics
///
/// When the machine lacks `isa`, or the shapes do not fit.
pub fn mat_tile(out: &mut [f32], product: &Product<'_>, isa: Isa) {
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
    use imo_tensor::{BLOCK, Format, Matrix};

    use super::*;
    use crate::tile::{TILE, Tile};

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
