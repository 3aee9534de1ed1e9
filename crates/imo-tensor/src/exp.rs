//! The exponential of numbers that are not positive, in integers.

/// log₂ e in units of 2⁻³¹.
const LOG2_E: u64 = 3_098_164_009;

/// 2^g for 0 ≤ g < 1, by powers of g, in units of 2⁻³¹ (minimax, largest error 2⁻²⁹).
const POWERS: [u64; 7] =
    [2_147_483_652, 1_488_521_813, 515_889_645, 119_149_570, 20_785_153, 2_671_403, 466_052];

/// e^−|x| as (significand, shift): significand · 2^−(31 + shift), the significand in [2³¹, 2³²).
/// `None` where that is below 2⁻¹⁴⁹ or x is NaN.
///
/// |x| is taken in units of 2⁻³² (truncated), times log₂ e, split into k + f; 2^−(k+f) is
/// 2^g · 2^−⌈k+f⌉ with g = ⌈k+f⌉ − (k+f), and 2^g a polynomial by Horner's rule, each product of 32
/// by 32 bits truncated to its high half.
fn parts(x: f32) -> Option<(u32, u32)> {
    let bits = x.to_bits() & 0x7fff_ffff;
    if bits >= 104.0_f32.to_bits() {
        return None;
    }
    let (exponent, fraction) = (bits >> 23, u64::from(bits & 0x7f_ffff));
    let significand = if exponent == 0 { fraction } else { fraction | 0x80_0000 };
    // The value is significand · 2^(exponent − 150); in units of 2⁻³² the power is exponent − 118.
    let fixed = match exponent {
        118.. => significand << (exponent - 118),
        95.. => significand >> (118 - exponent),
        _ => 0,
    };
    let (whole, part) = (fixed >> 32, fixed & 0xffff_ffff);
    let power = ((whole * LOG2_E) << 1) + ((part * LOG2_E) >> 31);
    let rest = power.wrapping_neg() & 0xffff_ffff;
    let shift = (power + rest) >> 32;
    let mut sum = POWERS[6];
    for coefficient in POWERS[..6].iter().rev() {
        sum = coefficient + ((sum * rest) >> 32);
    }
    Some((low(sum.min(0xffff_ffff)), low(shift)))
}

/// e^−|x| in units of 2⁻²⁴, rounded half up: 0 to 2²⁴. NaN gives 0.
pub fn weight_of_negative(x: f32) -> u32 {
    match parts(x) {
        Some((significand, shift)) if shift < 26 => {
            let shift = shift + 7;
            low((u64::from(significand) + (1 << (shift - 1))) >> shift)
        }
        _ => 0,
    }
}

/// e^−|x| as a normal binary32, rounded half up; below 2⁻¹²⁶ it is 0. NaN gives 0.
pub fn exp_of_negative(x: f32) -> f32 {
    match parts(x) {
        Some((significand, shift)) if shift <= 126 => {
            // 24 bits, the first of them the implicit one. A carry goes into the exponent, where it
            // belongs.
            let rounded = (u64::from(significand) + 128) >> 8;
            f32::from_bits(((126 - shift) << 23) + low(rounded))
        }
        _ => 0.0,
    }
}

const fn low(x: u64) -> u32 {
    let bytes = x.to_le_bytes();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the platform's exponential is what ours is compared with"
    )]
    fn exponentials_are_within_two_units_in_the_last_place() {
        arbtest::arbtest(|u| {
            let x = -f32::from_bits(u.int_in_range(0..=87.0_f32.to_bits())?);
            let exact = f64::from(x).exp();
            let error = (f64::from(exp_of_negative(x)) - exact).abs() / exact;
            assert!(error < 2.0 / 16_777_216.0, "{x}: {error:e}");
            let weight = f64::from(weight_of_negative(x)) / 16_777_216.0;
            assert!((weight - exact).abs() <= 0.75 / 16_777_216.0, "{x}");
            Ok(())
        })
        .budget_ms(500);
    }

    #[test]
    fn corners_are_defined() {
        assert_eq!(weight_of_negative(0.0), 1 << 24);
        assert_eq!(weight_of_negative(-0.0), 1 << 24);
        assert_eq!(exp_of_negative(0.0).to_bits(), 1.0_f32.to_bits());
        for x in [f32::NAN, f32::NEG_INFINITY, -105.0] {
            assert_eq!((weight_of_negative(x), exp_of_negative(x).to_bits()), (0, 0), "{x}");
        }
        assert_eq!(weight_of_negative(-1e-45), 1 << 24);
    }
}
