//! From logits to a token: the best candidates of a part of the vocabulary, and the choice among all.

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

/// The best candidates seen, best first; of equals the one with the lower id comes first. NaN is the worst.
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
    /// Those kept, best first.
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
    /// Greedy takes the best. Else the first `top_k` (all when 0) have the integer weights e^((logit − best) / temperature) in units of 2⁻²⁴, and the
    /// first is taken whose running sum exceeds ⌊random · total / 2³²⌋.
    pub fn choose(&self, sampling: Sampling) -> u32 {
        let Some(best) = self.as_slice().first() else { return 0 };
        if sampling.temperature == 0 {
            return best.id;
        }
        let count = match usize::from(sampling.top_k) {
            0 => self.count,
            top_k => top_k.min(self.count),
        };
        // Exact: a temperature has at most 32 bits, rounded once to 24.
        let temperature = sampling.temperature as f32 / 65_536.0;
        let mut weights = [0; CANDIDATES];
        for (weight, candidate) in weights.iter_mut().zip(&self.best[..count]) {
            *weight = weight_of_negative((candidate.logit - best.logit) / temperature);
        }
        // At most 64 · 2²⁴ = 2³⁰.
        let total: u32 = weights.iter().sum();
        let mut threshold = (u64::from(sampling.random) * u64::from(total)) >> 32;
        for (weight, candidate) in weights.iter().zip(&self.best[..count]) {
            if threshold < u64::from(*weight) {
                return candidate.id;
            }
            threshold -= u64::from(*weight);
        }
        // Only when nothing has weight: all logits are NaN.
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
    /// Candidates to choose among; 0 is all that are kept.
    pub top_k: u16,
    /// 32 random bits, which the caller derives from the request's seed and the position.
    pub random: u32,
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

    #[test]
    fn sampling_follows_the_weights() {
        let mut candidates = Candidates::default();
        candidates.offer_all(0, &[0.0, 1.0, 2.0]);
        let mut counts = [0_u32; 3];
        for i in 0..10_000_u32 {
            let random = i.wrapping_mul(2_654_435_761);
            let token = candidates.choose(Sampling { temperature: 65_536, top_k: 0, random });
            counts[token as usize] += 1;
        }
        // e^0 : e^1 : e^2, of 10,000.
        for (count, expected) in counts.into_iter().zip([900, 2447, 6652]) {
            assert!(count.abs_diff(expected) < 20, "{counts:?}");
        }
        let greedy = Sampling::default();
        assert_eq!(candidates.choose(greedy), 2);
        assert_eq!(
            candidates.choose(Sampling { temperature: 65_536, top_k: 1, random: u32::MAX }),
            2
        );
    }
}
