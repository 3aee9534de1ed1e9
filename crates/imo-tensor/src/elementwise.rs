//! Operators that work value by value.

use crate::exp::exp_of_negative;
use crate::float::canonical;

/// x += y.
///
/// # Panics
/// If the lengths differ.
pub fn add(x: &mut [f32], y: &[f32]) {
    assert_eq!(x.len(), y.len(), "one term per value");
    for (x, y) in x.iter_mut().zip(y) {
        *x = canonical(*x + y);
    }
}

/// gate = (gate · σ(gate)) · up, with t = e^−|gate| and σ = 1 / (1 + t) for a gate of at least 0,
/// else t / (1 + t).
///
/// −inf gives 0 · −inf, the canonical NaN.
///
/// # Panics
/// If the lengths differ.
pub fn silu_mul(gate: &mut [f32], up: &[f32]) {
    assert_eq!(gate.len(), up.len(), "one factor per value");
    for (gate, up) in gate.iter_mut().zip(up) {
        let t = exp_of_negative(*gate);
        let numerator = if *gate >= 0.0 { 1.0 } else { t };
        let sigmoid = numerator / (1.0 + t);
        *gate = canonical(*gate * sigmoid * up);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the platform's exponential is what ours is compared with"
    )]
    fn silu_is_near_its_definition() {
        arbtest::arbtest(|u| {
            let x = f32::from(u.arbitrary::<i16>()?) / 512.0;
            let mut gate = [x];
            silu_mul(&mut gate, &[1.0]);
            let exact = f64::from(x) / (1.0 + (-f64::from(x)).exp());
            assert!((f64::from(gate[0]) - exact).abs() <= 3e-7 * exact.abs() + 1e-30, "{x}");
            Ok(())
        });
    }
}
