//! The turn of a game, unpacked from the one word that the contract logs.

use alloy::primitives::U256;
use imo_dispute::Side;

/// `Phase` and `Side` as the contract numbers them.
pub(crate) const COMMITTED: u8 = 1;
pub(crate) const REVEALED: u8 = 2;
pub(crate) const OPENING: u8 = 3;
const CLAIMANT: u8 = 0;

/// Everything about a game but its digest, its players and their money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    pub(crate) phase: u8,
    pub(crate) author: u8,
    /// In a descent, the levels below the committed hash; in a dissection, the steps in dispute as
    /// a power of two.
    pub length_log2: u8,
    /// Moves made so far.
    pub ply: u16,
    /// The disputed node; in a descent, the index of the committed subtree on its level.
    pub node: u32,
    /// First step in dispute.
    pub start: u64,
    pub(crate) claimant_left: u32,
    pub(crate) challenger_left: u32,
    since: u64,
}

impl Turn {
    /// Reads the fields from the lowest bits up.
    pub(crate) fn unpack(word: U256) -> Self {
        let field = |shift: usize, bits: usize| {
            let field: U256 = (word >> shift) & ((U256::from(1) << bits) - U256::from(1));
            field.to::<u64>()
        };
        let byte = |shift| u8::try_from(field(shift, 8)).expect("8 bits");
        let number = |shift| u32::try_from(field(shift, 32)).expect("32 bits");
        Self {
            phase: byte(0),
            author: byte(8),
            length_log2: byte(16),
            ply: u16::try_from(field(24, 16)).expect("16 bits"),
            node: number(40),
            start: field(72, 40),
            // Bits 112 to 143 hold the gas that the challenger's moves are assumed to have cost.
            claimant_left: number(144),
            challenger_left: number(176),
            since: field(208, 40),
        }
    }

    /// Last second in which the side to move may move.
    pub(crate) const fn deadline(&self) -> u64 {
        let left = match side(self.author) {
            Side::Claimant => self.challenger_left,
            Side::Challenger => self.claimant_left,
        };
        self.since + left as u64
    }
}

pub(crate) const fn side(number: u8) -> Side {
    if number == CLAIMANT { Side::Claimant } else { Side::Challenger }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_read_from_the_lowest_bits_up() {
        let mut word = U256::ZERO;
        let fields: [(u64, usize); 10] = [
            (4, 8),
            (1, 8),
            (20, 8),
            (0x1234, 16),
            (0x8765_4321, 32),
            (0x98_7654_3210, 40),
            (u64::from(u32::MAX), 32),
            (3600, 32),
            (7200, 32),
            (1_800_000_000, 40),
        ];
        let mut shift = 0;
        for (value, bits) in fields {
            word |= U256::from(value) << shift;
            shift += bits;
        }
        let turn = Turn::unpack(word);
        let expected = Turn {
            phase: 4,
            author: 1,
            length_log2: 20,
            ply: 0x1234,
            node: 0x8765_4321,
            start: 0x98_7654_3210,
            claimant_left: 3600,
            challenger_left: 7200,
            since: 1_800_000_000,
        };
        assert_eq!(turn, expected);
        assert_eq!(turn.deadline(), 1_800_003_600, "the author's opponent is to move");
    }
}
