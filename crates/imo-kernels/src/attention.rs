//! Attention of the query heads that share a key and value head, over the cache.

use imo_tensor::{HeadShape, attend};

use crate::heads::{Queries, Scratch};
use crate::isa::Isa;
use crate::kv::{Keys, Values};
use crate::vector;

/// Computes for each query what [`attend`] gives over all of `keys` and `values`. `out` is
/// (head, dimension).
///
/// # Panics
///
/// When the machine lacks `isa`, or the lengths do not fit.
pub fn attend_heads(
    out: &mut [f32],
    scratch: &mut Scratch,
    queries: Queries<'_>,
    scale: f32,
    (keys, values): (Keys<'_>, Values<'_>),
    isa: Isa,
) {
    let head_dim = out.len() / queries.exponents.len();
    if isa != Isa::Scalar && head_dim.is_multiple_of(8) {
        vector::attend_heads(out, scratch, queries, scale, (keys, values), isa);
        return;
    }
    scratch.sums.resize(head_dim, 0);
    scratch.scores.resize(keys.exponents.len() - keys.skipped, 0.0);
    let (key_rows, value_rows) = (keys.rows(head_dim), values.rows(head_dim));
    for (head, out) in out.chunks_exact_mut(head_dim).enumerate() {
        attend(
            out,
            &mut scratch.sums,
            &mut scratch.scores,
            (&queries.values[head * head_dim..][..head_dim], queries.exponents[head]),
            HeadShape { scale },
            key_rows.chunks_exact(head_dim).zip(keys.exponents[keys.skipped..].iter().copied()),
            value_rows
                .chunks_exact(head_dim)
                .zip(values.exponents[values.skipped..].iter().copied()),
        );
    }
}

#[cfg(test)]
mod tests {
    use arbtest::arbitrary::{Result, Unstructured};

    use super::*;
    use crate::kv::{LANES, put_key, put_value};

    fn rows(u: &mut Unstructured<'_>, length: usize) -> Result<Vec<i16>> {
        match u.int_in_range(0..=3)? {
            0 => Ok(vec![i16::MIN; length]),
            1 => Ok(vec![i16::MAX; length]),
            // A ramp serves as well where too few random bytes are left.
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
            let (head_dim, heads) = (*u.choose(&[8, 16, 40, 64, 256])?, u.int_in_range(1..=7)?);
            let positions = u.int_in_range(1..=300_usize)?;
            let queries: Vec<_> =
                rows(u, heads * head_dim)?.into_iter().map(|value| value.max(-32_767)).collect();
            let query_exponents =
                (0..heads).map(|_| u.int_in_range(-40..=10)).collect::<Result<Vec<i16>>>()?;
            let scale = *u.choose(&[0.125, 1e-3, 3.0, -1.0, 1e38])?;
            // Positions before the first one that counts, and after the last, must not matter.
            let skipped = u.int_in_range(0..=(positions - 1).min(LANES - 1))?;
            let room = positions.next_multiple_of(LANES) * head_dim;
            let (mut blocks, mut pairs) = (vec![77; room], vec![-77; room]);
            let (keys, values) = (rows(u, head_dim * positions)?, rows(u, head_dim * positions)?);
            for (position, key) in keys.chunks_exact(head_dim).enumerate() {
                put_key(&mut blocks, position, key);
            }
            for (position, value) in values.chunks_exact(head_dim).enumerate() {
                put_value(&mut pairs, position, value);
            }
            let (key_exponents, value_exponents) =
                (exponents(u, positions)?, exponents(u, positions)?);
            let run = |isa| {
                let mut out = vec![1.0; heads * head_dim];
                attend_heads(
                    &mut out,
                    &mut Scratch::default(),
                    Queries { values: &queries, exponents: &query_exponents },
                    scale,
                    (
                        Keys { blocks: &blocks, exponents: &key_exponents, skipped },
                        Values {
                            pairs: &pairs[..positions.next_multiple_of(2) * head_dim],
                            exponents: &value_exponents,
                            skipped,
                        },
                    ),
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
