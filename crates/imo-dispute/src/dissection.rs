//! A run cut into sections, and the digest that stands for it on chain.

use imo_commit::{Hash, keccak256};

/// Steps `start ..= start + 2^length_log2` of a run. The players agree on the state at `start` and
/// disagree on the one at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First step.
    pub start: u64,
    /// Its length is 2^this, in steps; at most 63.
    pub length_log2: u32,
}

impl Range {
    /// Sections of a dissection of this range, as a power of two: min(k, length).
    pub fn sections_log2(self, k_log2: u32) -> u32 {
        self.length_log2.min(k_log2)
    }

    /// The steps whose states a dissection gives: the start, and the end of each section.
    pub fn split_points(self, k_log2: u32) -> impl Iterator<Item = u64> {
        let sections_log2 = self.sections_log2(k_log2);
        let section_log2 = self.length_log2 - sections_log2;
        (0..=1_u64 << sections_log2).map(move |j| self.start + (j << section_log2))
    }

    /// The section with this index; `None` if there are fewer.
    pub fn section(self, k_log2: u32, index: u64) -> Option<Self> {
        let sections_log2 = self.sections_log2(k_log2);
        let length_log2 = self.length_log2 - sections_log2;
        (index >> sections_log2 == 0)
            .then(|| Self { start: self.start + (index << length_log2), length_log2 })
    }
}

/// The states that one player gave for a range: one more than it has sections. Both agree on the
/// first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dissection {
    states: Vec<Hash>,
}

impl Dissection {
    /// A dissection with these states; `None` unless there are 2^n + 1 of them.
    pub fn new(states: Vec<Hash>) -> Option<Self> {
        let sections = states.len().checked_sub(1)?;
        sections.is_power_of_two().then_some(Self { states })
    }

    /// Hashes of all its states, in order.
    pub fn states(&self) -> &[Hash] {
        &self.states
    }

    /// The states between the first and the last, which a move carries.
    pub fn middle(&self) -> &[Hash] {
        &self.states[1..self.states.len() - 1]
    }

    /// The state at the end of the range.
    pub fn last(&self) -> Hash {
        self.states[self.states.len() - 1]
    }

    /// The states at the start and the end of a section.
    ///
    /// # Panics
    /// If there is no such section.
    pub fn pair(&self, index: usize) -> (Hash, Hash) {
        (self.states[index], self.states[index + 1])
    }

    /// The root of the binary tree over all pairs, which the contract stores.
    pub fn digest(&self) -> Hash {
        self.levels().pop().expect("a tree has a root")[0]
    }

    /// The siblings that lead from a pair to the digest, bottom-up.
    ///
    /// # Panics
    /// If there is no such section.
    pub fn proof(&self, index: usize) -> Vec<Hash> {
        assert!(index + 1 < self.states.len(), "a section has two ends");
        let levels = self.levels();
        let below_root = &levels[..levels.len() - 1];
        below_root.iter().enumerate().map(|(height, level)| level[(index >> height) ^ 1]).collect()
    }

    fn levels(&self) -> Vec<Vec<Hash>> {
        let pairs = self.states.windows(2).map(|pair| pair_hash(pair[0], pair[1])).collect();
        let mut levels: Vec<Vec<Hash>> = vec![pairs];
        while levels[levels.len() - 1].len() > 1 {
            let above = levels[levels.len() - 1]
                .chunks(2)
                .map(|pair| imo_commit::hash_branch(pair[0], pair[1]))
                .collect();
            levels.push(above);
        }
        levels
    }
}

/// A leaf of a dissection's tree: `keccak256(0x01 ‖ start ‖ end)`. No other preimage has this
/// length, 65 bytes.
pub fn pair_hash(start: Hash, end: Hash) -> Hash {
    let mut preimage = [1; 65];
    preimage[1..33].copy_from_slice(&start);
    preimage[33..].copy_from_slice(&end);
    keccak256(&preimage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_tile_their_range() {
        arbtest::arbtest(|u| {
            let range =
                Range { start: u.int_in_range(0..=1 << 40)?, length_log2: u.int_in_range(0..=20)? };
            let k_log2 = u.int_in_range(1..=6)?;
            let points: Vec<u64> = range.split_points(k_log2).collect();
            assert_eq!(points[0], range.start);
            assert_eq!(points[points.len() - 1], range.start + (1 << range.length_log2));
            for (index, ends) in (0_u64..).zip(points.windows(2)) {
                let section = range.section(k_log2, index).expect("one for each pair of points");
                assert_eq!([section.start, section.start + (1 << section.length_log2)], ends);
            }
            assert_eq!(range.section(k_log2, points.len() as u64 - 1), None);
            Ok(())
        });
    }

    #[test]
    fn a_dissection_has_a_state_at_the_end_of_each_section() {
        let states: Vec<Hash> = (0..=4_u64).map(|i| keccak256(&i.to_be_bytes())).collect();
        let dissection = Dissection::new(states.clone()).expect("four sections");
        assert_eq!(dissection.states(), states);
        assert_eq!(dissection.middle(), &states[1..4]);
        assert_eq!(dissection.last(), states[4]);
        assert_eq!(dissection.pair(3), (states[3], states[4]));
        for count in [0, 1, 4, 6, 7, 8] {
            let some = vec![[0; 32]; count];
            assert_eq!(Dissection::new(some), None, "{count} states");
        }
    }

    #[test]
    fn a_pair_is_hashed_with_a_one_in_front() {
        let (start, end) = (keccak256(b"start"), keccak256(b"end"));
        assert_eq!(pair_hash(start, end), keccak256(&[&[1][..], &start, &end].concat()));
    }

    #[test]
    fn every_pair_leads_to_the_digest() {
        arbtest::arbtest(|u| {
            let sections = 1_usize << u.int_in_range(0..=6)?;
            let states = (0..=sections).map(|i| keccak256(&i.to_be_bytes())).collect();
            let dissection = Dissection::new(states).expect("a power of two, plus one");
            let index = u.choose_index(sections)?;
            let (start, end) = dissection.pair(index);
            let root = dissection.proof(index).iter().enumerate().fold(
                pair_hash(start, end),
                |hash, (height, sibling)| match (index >> height) & 1 {
                    0 => imo_commit::hash_branch(hash, *sibling),
                    _ => imo_commit::hash_branch(*sibling, hash),
                },
            );
            assert_eq!(root, dissection.digest());
            Ok(())
        });
    }
}
