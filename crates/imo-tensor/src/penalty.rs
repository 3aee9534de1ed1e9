//! The repeat penalty, which makes recent tokens less likely.

/// How many tokens the penalty looks back.
pub const RECENT: usize = 64;

/// Lowers the logits of recent tokens. `logits` are those of the ids from `first` on. Each token
/// counts once, however often `recent` has it.
///
/// The factor is `penalty` in units of 2⁻¹⁶, rounded once to binary32. A logit above 0 is divided
/// by it, any other is multiplied by it, with one rounding. For a factor of at least 1, zeros,
/// infinities and NaN stay what they are, and a large negative logit may become −inf.
pub fn penalise(logits: &mut [f32], first: u32, recent: &[u32], penalty: u32) {
    let factor = penalty as f32 / 65_536.0;
    for (index, id) in recent.iter().enumerate() {
        let row = id.checked_sub(first).map(|row| row as usize);
        let Some(logit) = row.and_then(|row| logits.get_mut(row)) else { continue };
        if recent[..index].contains(id) {
            continue;
        }
        *logit = if *logit > 0.0 { *logit / factor } else { *logit * factor };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_recent_token_is_lowered_once() {
        let mut logits = [3.0, -2.0, 0.5, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1.0];
        // The logits of ids 10 to 17; ids 9, 18 and the last one belong to other parts.
        penalise(&mut logits, 10, &[11, 9, 10, 11, 10, 10, 13, 14, 15, 16, 18, u32::MAX], 3 << 15);
        let expected = [2.0, -3.0, 0.5, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1.0];
        assert_eq!(logits.map(f32::to_bits), expected.map(f32::to_bits));
    }

    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "rounding is what is compared")]
    fn a_penalty_rounds_once_to_nearest() {
        arbtest::arbtest(|u| {
            let penalty = u.int_in_range(1 << 16..=u32::MAX)?;
            let logit = f32::from_bits(u.int_in_range(0..=f32::MAX.to_bits())?);
            let sign = if u.arbitrary()? { 1.0 } else { -1.0 };
            let mut logits = [sign * logit];
            penalise(&mut logits, 0, &[0], penalty);
            // A product of two binary32 is exact in binary64, and a quotient that is first rounded
            // to binary64 is rounded right.
            let factor = f64::from(penalty as f32) / 65_536.0;
            let exact =
                if sign > 0.0 { f64::from(logit) / factor } else { -f64::from(logit) * factor };
            assert_eq!(logits[0].to_bits(), (exact as f32).to_bits(), "{logit} {penalty}");
            assert!(logits[0] <= sign * logit);
            Ok(())
        });
    }
}
