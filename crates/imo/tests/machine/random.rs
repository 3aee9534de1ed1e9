//! Numbers that look random but are the same in every run.

use imo_commit::keccak256;

/// How many times as many cases to try as usual: `IMO_SOAK`, or 1 if it is not set.
pub(crate) fn soak() -> u64 {
    let factor = std::env::var("IMO_SOAK");
    factor.map_or(1, |text| text.parse().expect("IMO_SOAK is a whole number"))
}

/// The bytes from which a case of a test is made.
pub(crate) fn entropy(test: &str, case: u64) -> Vec<u8> {
    let blocks = (0..96_u64).flat_map(|i| {
        keccak256(&[test.as_bytes(), &case.to_be_bytes(), &i.to_be_bytes()].concat())
    });
    blocks.collect()
}

/// A generator of random words (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn word(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from(mixed >> 32).expect("the high half")
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.word() % bound
    }

    pub(crate) fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.word() as usize % choices.len()]
    }
}
