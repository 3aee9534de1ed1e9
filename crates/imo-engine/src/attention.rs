//! One query head over the cache.

use imo_tensor::{HeadShape, attend};

use crate::isa::Isa;
use crate::kv::Rows;
use crate::vector;

/// Room for one head's attention; its contents mean nothing between calls.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// (dimension)
    pub(crate) sums: Vec<i64>,
    /// (position)
    pub(crate) scores: Vec<f32>,
    /// (position)
    pub(crate) weights: Vec<u32>,
    /// Pairs of weights, in three parts of nine bits.
    pub(crate) parts: Vec<[i32; 3]>,
}

/// A quantised query head: its values and their exponent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query<'a> {
    pub(crate) values: &'a [i16],
    pub(crate) exponent: i16,
}

/// What [`attend`] gives for one query over all rows of `keys` and `values`.
pub(crate) fn attend_head(
    out: &mut [f32],
    scratch: &mut Scratch,
    query: Query<'_>,
    scale: f32,
    keys: Rows<'_>,
    values: Rows<'_>,
    isa: Isa,
) {
    if isa != Isa::Scalar && out.len().is_multiple_of(16) && out.len() <= 256 {
        vector::attend_head(out, scratch, query, scale, keys, values, isa);
        return;
    }
    scratch.sums.resize(out.len(), 0);
    scratch.scores.resize(keys.exponents.len(), 0.0);
    attend(
        out,
        &mut scratch.sums,
        &mut scratch.scores,
        (query.values, query.exponent),
        HeadShape { scale },
        keys.iter(),
        values.iter(),
    );
}

#[cfg(test)]
mod tests {
    use arbtest::arbitrary::{Result, Unstructured};

    use super::*;

    fn rows(u: &mut Unstructured<'_>, length: usize) -> Result<Vec<i16>> {
        match u.int_in_range(0..=3)? {
            0 => Ok(vec![i16::MIN; length]),
            1 => Ok(vec![i16::MAX; length]),
            // Short input leaves a ramp, which is as good as anything.
            _ if u.len() < 2 * length => Ok((0..length)
                .map(|at| i16::try_from(at % 251 * 97).expect("below 2^15"))
                .collect()),
            _ => (0..length).map(|_| u.arbitrary()).collect(),
        }
    }

    fn exponents(u: &mut Unstructured<'_>, count: usize) -> Result<Vec<i16>> {
        let span = *u.choose(&[0, 3, 40, i16::MAX])?;
        (0..count).map(|_| u.int_in_range(-span..=span)).collect()
    }

    #[test]
    fn every_instruction_set_gives_the_scalar_bits() {
        arbtest::arbtest(|u| {
            let head_dim = *u.choose(&[8, 16, 64, 256])?;
            let positions = u.int_in_range(1..=300)?;
            let query: Vec<_> =
                rows(u, head_dim)?.into_iter().map(|value| value.max(-32_767)).collect();
            let exponent = u.int_in_range(-40..=10)?;
            let scale = *u.choose(&[0.125, 1e-3, 3.0, -1.0])?;
            let (keys, key_exponents) = (rows(u, head_dim * positions)?, exponents(u, positions)?);
            let (values, value_exponents) =
                (rows(u, head_dim * positions)?, exponents(u, positions)?);
            let run = |isa| {
                let mut out = vec![1.0; head_dim];
                attend_head(
                    &mut out,
                    &mut Scratch::default(),
                    Query { values: &query, exponent },
                    scale,
                    Rows { values: &keys, exponents: &key_exponents },
                    Rows { values: &values, exponents: &value_exponents },
                    isa,
                );
                out.into_iter().map(f32::to_bits).collect::<Vec<_>>()
            };
            let expected = run(Isa::Scalar);
            for isa in Isa::available() {
                assert_eq!(run(isa), expected, "{isa:?}");
            }
            Ok(())
        })
        .budget_ms(2_000);
    }
}
