//! From logits to a token: the best candidates of each part of the vocabulary, and the choice
//! among them.

use crate::exp::weight_of_negative;
use crate::float::{canonical, order};

/// Most candidates that are kept.
pub const CANDIDATES: usize = 64;

/// A token and its logit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Candidate {
    /// Token id.
    pub id: u32,
    /// Its logit.
    pub logit: f32,
}

/// The best candidates seen, best first. Of two with equal logits, the one with the lower id comes
/// first. NaN is the worst.
#[derive(Clone, Debug)]
pub struct Candidates {
    best: [Candidate; CANDIDATES],
    count: usize,
}

impl Default for Candidates {
    fn default() -> Self {
        Self { best: [Candidate::default(); CANDIDATES], count: 0 }
    }
}

impl Candidates {
    /// The candidates that are kept, best first.
    pub fn as_slice(&self) -> &[Candidate] {
        &self.best[..self.count]
    }

    /// Takes a candidate into account. Ids need not come in order.
    pub fn offer(&mut self, candidate: Candidate) {
        let candidate = Candidate { logit: canonical(candidate.logit), ..candidate };
        if self.count == CANDIDATES && !before(candidate, self.best[CANDIDATES - 1]) {
            return;
        }
        let mut place = self.count.min(CANDIDATES - 1);
        self.count = (self.count + 1).min(CANDIDATES);
        while place > 0 && before(candidate, self.best[place - 1]) {
            self.best[place] = self.best[place - 1];
            place -= 1;
        }
        self.best[place] = candidate;
    }

    /// Takes all logits of the ids from `first` on into account.
    pub fn offer_all(&mut self, first: u32, logits: &[f32]) {
        for (id, logit) in (first..).zip(logits) {
            self.offer(Candidate { id, logit: *logit });
        }
    }

    /// Chooses a token; 0 when there is no candidate.
    ///
    /// Greedy takes the best. Otherwise the first `top_k` candidates (all when 0) have the integer
    /// weights e^((logit − best) / temperature) in units of 2⁻²⁴. A prefix of them is kept (see
    /// [`Sampling`]). Of those, the first one wins whose running sum of weights exceeds
    /// ⌊random · (sum of those kept) / 2³²⌋, where `random` has 32 random bits.
    pub fn choose(&self, sampling: &Sampling, random: u32) -> u32 {
        let Some(best) = self.as_slice().first() else { return 0 };
        if sampling.temperature == 0 {
            return best.id;
        }
        let count = match usize::from(sampling.top_k) {
            0 => self.count,
            top_k => top_k.min(self.count),
        };
        // ROUNDING: once, from 32 bits to 24; the division is exact.
        let temperature = sampling.temperature as f32 / 65_536.0;
        let mut weights = [0; CANDIDATES];
        for (weight, candidate) in weights.iter_mut().zip(&self.best[..count]) {
            *weight = weight_of_negative((candidate.logit - best.logit) / temperature);
        }
        let (kept, total) = sampling.keep(&weights[..count]);
        let mut threshold = (u64::from(random) * total) >> 32;
        for (weight, candidate) in weights[..kept].iter().zip(&self.best) {
            if threshold < u64::from(*weight) {
                return candidate.id;
            }
            threshold -= u64::from(*weight);
        }
        // Nothing has weight only where the best logit is not finite.
        best.id
    }
}

fn before(a: Candidate, b: Candidate) -> bool {
    let (key_a, key_b) = (order(a.logit), order(b.logit));
    key_a > key_b || (key_a == key_b && a.id < b.id)
}

/// How a token is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sampling {
    /// In units of 2⁻¹⁶; 0 is greedy.
    pub temperature: u32,
    /// How many candidates to choose among; 0 means all that are kept.
    pub top_k: u16,
    /// In units of 2⁻¹⁶: keeps the shortest prefix that has at least this part of the weight of the
    /// first `top_k`; 0 keeps all.
    pub top_p: u16,
    /// In units of 2⁻¹⁶: keeps no candidate that weighs less than this part of the best one's
    /// weight; 0 keeps all.
    pub min_p: u16,
    /// What [`crate::penalise`] takes, in units of 2⁻¹⁶; 0 leaves the logits as they are.
    pub repeat_penalty: u32,
}

impl Sampling {
    /// How many of the weights are kept, best first, and their sum.
    fn keep(&self, weights: &[u32]) -> (usize, u64) {
        // At most 64 · 2²⁴ = 2³⁰, so the product with 2¹⁶ fits 64 bits.
        let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
        if self.top_p == 0 && self.min_p == 0 {
            return (weights.len(), total);
        }
        let needed = if self.top_p == 0 { u64::MAX } else { u64::from(self.top_p) * total };
        let least = u64::from(self.min_p) * weights.first().map_or(0, |best| u64::from(*best));
        let (mut kept, mut sum) = (0, 0);
        for weight in weights.iter().map(|weight| u64::from(*weight)) {
            if weight << 16 < least {
                break;
            }
            (kept, sum) = (kept + 1, sum + weight);
            if sum << 16 >= needed {
                break;
            }
        }
        (kept, sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_come_first_whatever_the_order() {
        arbtest::arbtest(|u| {
            let count = u.int_in_range(0..=200_u32)?;
            let mut logits = Vec::new();
            for id in 0..count {
                logits.push(Candidate { id, logit: f32::from(u.int_in_range(-20..=20_i8)?) });
            }
            let mut candidates = Candidates::default();
            let split = u.int_in_range(0..=logits.len())?;
            for candidate in logits[split..].iter().chain(&logits[..split]) {
                candidates.offer(*candidate);
            }
            logits.sort_by_key(|it| (core::cmp::Reverse(order(it.logit)), it.id));
            logits.truncate(CANDIDATES);
            assert_eq!(candidates.as_slice(), logits);
            Ok(())
        });
    }

    /// How often each candidate, best first, is drawn in `count` draws.
    fn draws(logits: &[f32], sampling: &Sampling, key: u32, count: u32) -> Vec<f64> {
        let mut candidates = Candidates::default();
        candidates.offer_all(0, logits);
        let mut drawn = vec![0.0; candidates.as_slice().len()];
        for i in 0..count {
            // Spread evenly over all 32-bit numbers, in no order, and differently in each case.
            let random = i.wrapping_mul(2_654_435_761).wrapping_add(key);
            let token = candidates.choose(sampling, random);
            let place = candidates.as_slice().iter().position(|it| it.id == token);
            drawn[place.expect("a candidate")] += 1.0;
        }
        drawn
    }

    /// The chances of each candidate by the definition, in binary64; `None` where a number is so
    /// close to its bound that rounding decides.
    #[expect(clippy::disallowed_methods, reason = "the platform's exponential is the definition")]
    fn chances(best: &[f32], sampling: Sampling) -> Option<Vec<f64>> {
        let one = 65_536.0;
        let part = |units: u16| f64::from(units) / one;
        let count = if sampling.top_k == 0 { best.len() } else { sampling.top_k.into() };
        let temperature = f64::from(sampling.temperature) / one;
        let weights: Vec<f64> = best
            .iter()
            .take(count)
            .map(|logit| ((f64::from(*logit) - f64::from(best[0])) / temperature).exp())
            .collect();
        let total: f64 = weights.iter().sum();
        let (mut kept, mut sum) = (Vec::new(), 0.0);
        for weight in weights {
            // First, what the candidates before this one lack of the part of the total that top-p
            // asks for. Second, how much this candidate is too light for min-p.
            let missing = (sampling.top_p != 0).then_some(part(sampling.top_p) - sum / total);
            let light = (sampling.min_p != 0).then_some(part(sampling.min_p) - weight);
            if [missing, light].into_iter().flatten().any(|it| it.abs() < 1e-5) {
                return None;
            }
            if missing.is_some_and(|it| it < 0.0) || light.is_some_and(|it| it > 0.0) {
                break;
            }
            sum += weight;
            kept.push(weight);
        }
        kept.iter_mut().for_each(|weight| *weight /= sum);
        kept.resize(best.len(), 0.0);
        Some(kept)
    }

    /// Pearson's sum and its degrees of freedom; both are 0 for a single bin, and the sum is
    /// infinite where something was drawn that has no chance.
    fn chi_square(drawn: &[f64], chances: &[f64]) -> (f64, f64) {
        let total: f64 = drawn.iter().sum();
        let (mut sum, mut bins) = (0.0, 0.0);
        // Candidates that are expected less than ten times share a bin.
        let (mut rare, mut rare_drawn) = (0.0, 0.0);
        for (drawn, chance) in drawn.iter().zip(chances) {
            let expected = chance * total;
            if *chance == 0.0 && *drawn > 0.0 {
                return (f64::INFINITY, 0.0);
            }
            if expected < 10.0 {
                (rare, rare_drawn) = (rare + expected, rare_drawn + drawn);
            } else {
                sum += (drawn - expected) * (drawn - expected) / expected;
                bins += 1.0;
            }
        }
        if rare >= 10.0 {
            sum += (rare_drawn - rare) * (rare_drawn - rare) / rare;
            bins += 1.0;
        }
        if bins > 1.0 { (sum, bins - 1.0) } else { (0.0, 0.0) }
    }

    fn fits(drawn: &[f64], chances: &[f64]) -> bool {
        let (sum, freedom) = chi_square(drawn, chances);
        // Five standard deviations above the mean.
        sum <= freedom + 5.0 * (2.0 * freedom).sqrt()
    }

    #[test]
    fn draws_follow_the_definition_and_no_other() {
        let (mut compared, mut told_apart) = (0, [0; 4]);
        arbtest::arbtest(|u| {
            let count = u.int_in_range(2..=80_usize)?;
            let spread = *u.choose(&[0.5_f32, 2.0, 6.0])?;
            let mut logits = vec![0.0; count];
            for logit in &mut logits {
                *logit = f32::from(u.arbitrary::<i16>()?) / 32_768.0 * spread;
            }
            let sampling = Sampling {
                temperature: *u.choose(&[1 << 14, 1 << 16, 80_000, 1 << 18])?,
                top_k: *u.choose(&[0, 2, 7, 40])?,
                top_p: *u.choose(&[0, 20_000, 45_000, 62_000])?,
                min_p: *u.choose(&[0, 3_000, 20_000, 60_000])?,
                repeat_penalty: 0,
            };
            let key = u.arbitrary()?;
            let mut best = logits.clone();
            best.sort_by_key(|logit| core::cmp::Reverse(order(*logit)));
            best.truncate(CANDIDATES);
            let Some(expected) = chances(&best, sampling) else { return Ok(()) };
            let drawn = draws(&logits, &sampling, key, 10_000);
            let sum = chi_square(&drawn, &expected);
            assert!(fits(&drawn, &expected), "{sum:?} {sampling:?} {drawn:?} {expected:?}");
            compared += 1;
            // Without one of the rules the chances differ, and the test must notice.
            let others = [
                Sampling { top_p: 0, ..sampling },
                Sampling { min_p: 0, ..sampling },
                Sampling { top_k: 0, ..sampling },
                Sampling { temperature: sampling.temperature / 4 * 5, ..sampling },
            ];
            for (told, other) in told_apart.iter_mut().zip(others) {
                *told += usize::from(chances(&best, other).is_some_and(|it| !fits(&drawn, &it)));
            }
            Ok(())
        })
        .budget_ms(2_000);
        assert!(compared > 100, "{compared} cases");
        let enough = told_apart.iter().all(|told| *told > compared / 10);
        assert!(enough, "only {told_apart:?} of {compared} cases notice that a rule is missing");
    }

    #[test]
    fn prefixes_end_where_the_rule_says() {
        let keep = |top_p, min_p, weights: &[u32]| {
            Sampling { top_p, min_p, ..Sampling::default() }.keep(weights).0
        };
        let half = 1 << 15;
        assert_eq!(keep(0, 0, &[4, 3, 2, 1, 0]), 5);
        // Exactly half the weight is enough.
        assert_eq!(keep(half, 0, &[5, 3, 2]), 1);
        assert_eq!(keep(half + 1, 0, &[5, 3, 2]), 2);
        assert_eq!(keep(half, 0, &[4, 3, 2, 1]), 2);
        assert_eq!(keep(u16::MAX, 0, &[1 << 24; 64]), 64);
        assert_eq!(keep(1, 0, &[1 << 24; 64]), 1);
        // Exactly half of the best is enough.
        assert_eq!(keep(0, half, &[4, 2, 1]), 2);
        assert_eq!(keep(0, half + 1, &[4, 2, 1]), 1);
        assert_eq!(keep(0, u16::MAX, &[1 << 24; 64]), 64);
        // Top-p counts what min-p does not keep.
        assert_eq!(keep(half, half, &[4, 2, 1, 1, 1, 1, 1, 1]), 2);
        // Where nothing has weight, top-p keeps one and min-p keeps all.
        assert_eq!(keep(half, 0, &[0, 0]), 1);
        assert_eq!(keep(0, half, &[0, 0]), 2);
    }

    #[test]
    fn the_best_is_taken_where_there_is_no_choice() {
        let mut candidates = Candidates::default();
        candidates.offer_all(0, &[0.0, 1.0, 2.0]);
        let warm = Sampling { temperature: 65_536, ..Sampling::default() };
        for sampling in [
            Sampling::default(),
            Sampling { top_k: 1, ..warm },
            Sampling { top_p: 1, ..warm },
            Sampling { min_p: u16::MAX, ..warm },
        ] {
            assert_eq!(candidates.choose(&sampling, u32::MAX), 2, "{sampling:?}");
        }
        assert_eq!(candidates.choose(&warm, u32::MAX), 0);
        let mut infinite = Candidates::default();
        infinite.offer_all(0, &[f32::NAN, f32::INFINITY, 1.0]);
        let narrow = Sampling { top_p: 9, min_p: 9, ..warm };
        assert_eq!(infinite.choose(&narrow, u32::MAX), 1);
    }
}
