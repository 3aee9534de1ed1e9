//! The few things about binary32 that IEEE-754 leaves open or `core` does not have.

/// The same value, with every NaN made the only one that is ever hashed, `0x7fc00000`.
///
/// Works on bits, because a compiler may replace one NaN by another and drop a choice between them.
#[inline]
pub const fn canonical(x: f32) -> f32 {
    let bits = x.to_bits();
    f32::from_bits(if bits & 0x7fff_ffff > 0x7f80_0000 { 0x7fc0_0000 } else { bits })
}

/// A key whose integer order is the order of the values: −inf < … < −0 < +0 < … < +inf. NaN is
/// below all of them.
#[inline]
pub const fn order(x: f32) -> i32 {
    if x.is_nan() {
        return i32::MIN;
    }
    let bits = x.to_bits().cast_signed();
    bits ^ ((bits >> 31) & i32::MAX)
}

/// 2^`exponent`, exact; the exponent is clamped to that of normal numbers, −126 to 127.
#[inline]
pub const fn power_of_two(exponent: i32) -> f32 {
    let exponent = if exponent < -126 {
        -126
    } else if exponent > 127 {
        127
    } else {
        exponent
    };
    f32::from_bits(((exponent + 127) << 23).cast_unsigned())
}

/// The square root, correctly rounded (to nearest even), as IEEE-754 asks. −0 gives −0, +inf gives
/// +inf, negative numbers and NaN give the canonical NaN.
pub fn square_root(x: f32) -> f32 {
    if x == 0.0 || x == f32::INFINITY {
        return x;
    }
    if x.is_nan() || x < 0.0 {
        return canonical(f32::NAN);
    }
    let bits = x.to_bits();
    let (mut significand, mut exponent) = (u64::from(bits & 0x7f_ffff), bits >> 23);
    if exponent == 0 {
        // A subnormal: bring the leading bit to where it belongs.
        let shift = significand.leading_zeros() - 40;
        significand <<= shift;
        exponent = 1_u32.wrapping_sub(shift);
    } else {
        significand |= 0x80_0000;
    }
    // x = significand · 2^(e − 23) with e = exponent − 127. The root of `significand << s`, with s
    // such that the power left is even, has 25 bits: 24 and one to round by. It is never half way,
    // since a root with 25 bits has a square with too many.
    let e = exponent.cast_signed() - 127;
    let shift = if e & 1 == 0 { 25 } else { 26 };
    let root = (significand << shift).isqrt();
    let rounded = (root >> 1) + (root & 1);
    let exponent = (e - (e & 1)) / 2 + 127;
    f32::from_bits(((exponent - 1) << 23).cast_unsigned().wrapping_add(low_half(rounded)))
}

const fn low_half(x: u64) -> u32 {
    let bytes = x.to_le_bytes();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn square_root_is_correctly_rounded() {
        for x in
            [0.0, -0.0, 1.0, 2.0, 4.0, f32::MIN_POSITIVE, 1e-45, 3e-39, f32::MAX, f32::INFINITY]
        {
            assert_eq!(square_root(x).to_bits(), x.sqrt().to_bits(), "{x:e}");
        }
        arbtest::arbtest(|u| {
            let x = f32::from_bits(u.arbitrary()?);
            assert_eq!(square_root(x).to_bits(), canonical(x.sqrt()).to_bits(), "{x:e}");
            Ok(())
        })
        .budget_ms(500);
    }

    #[test]
    fn order_is_the_order_of_values() {
        arbtest::arbtest(|u| {
            let (a, b) = (f32::from_bits(u.arbitrary()?), f32::from_bits(u.arbitrary()?));
            if a < b {
                assert!(order(a) < order(b), "{a:e} {b:e}");
            }
            assert!(order(f32::NAN) < order(f32::NEG_INFINITY) || a.is_nan());
            Ok(())
        });
    }
}
