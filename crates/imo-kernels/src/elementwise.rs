//! Operators that work value by value and need exponentials.

use imo_tensor::weight_of_negative;

use crate::isa::Isa;
use crate::vector;

/// As [`imo_tensor::silu_mul`].
///
/// # Panics
///
/// When the machine lacks `isa`, or the lengths differ.
pub fn silu_mul(gate: &mut [f32], up: &[f32], isa: Isa) {
    assert_eq!(gate.len(), up.len(), "one factor per value");
    if isa == Isa::Scalar {
        imo_tensor::silu_mul(gate, up);
    } else {
        vector::silu_mul(gate, up, isa);
    }
}

/// Σ e^(x − largest) in units of 2⁻²⁴, where no x is above `largest`.
///
/// # Panics
///
/// When the machine lacks `isa`.
pub fn sum_of_weights(x: &[f32], largest: f32, isa: Isa) -> u64 {
    if isa == Isa::Scalar {
        x.iter().map(|x| u64::from(weight_of_negative(x - largest))).sum()
    } else {
        vector::sum_of_weights(x, largest, isa)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_set_gives_the_scalar_bits() {
        arbtest::arbtest(|u| {
            let length = u.int_in_range(0..=40_usize)?;
            let wild = u.ratio(1, 3)?;
            let mut values = || {
                let value = |_| {
                    let bits: u32 = u.arbitrary()?;
                    // Values that are not wild are below 128 in size.
                    let value = f32::from_bits(if wild { bits } else { bits & 0xc2ff_ffff });
                    Ok(value)
                };
                (0..length).map(value).collect::<Result<Vec<_>, _>>()
            };
            let (gate, up) = (values()?, values()?);
            let run = |isa| {
                let mut gate = gate.clone();
                silu_mul(&mut gate, &up, isa);
                let gate: Vec<_> = gate.into_iter().map(f32::to_bits).collect();
                (gate, sum_of_weights(&up, up.first().copied().unwrap_or(0.0), isa))
            };
            for isa in Isa::available() {
                assert_eq!(run(isa), run(Isa::Scalar), "{isa:?} {gate:?} {up:?}");
            }
            Ok(())
        })
        .budget_ms(1_000);
    }
}
