//! The tokens that end a sequence.

/// The tokens that end a sequence, the model's own first. Files call it *eos*; the others are those
/// that end a turn or a message, *eot* and *eom*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    tokens: [u32; Self::MOST],
    count: usize,
}

impl Ends {
    /// The most tokens that end a sequence.
    pub const MOST: usize = 16;

    /// One token, which ends every sequence.
    pub const fn one(token: u32) -> Self {
        Self { tokens: [token; Self::MOST], count: 1 }
    }

    /// These tokens, each of them once. `None` if there are none or too many.
    pub fn new(tokens: impl IntoIterator<Item = u32>) -> Option<Self> {
        let mut ends = Self { tokens: [0; Self::MOST], count: 0 };
        for token in tokens {
            if !ends.contains(token) {
                *ends.tokens.get_mut(ends.count)? = token;
                ends.count += 1;
            }
        }
        (ends.count > 0).then_some(ends)
    }

    /// Whether a token ends a sequence.
    pub fn contains(&self, token: u32) -> bool {
        self.as_slice().contains(&token)
    }

    /// The tokens, the model's own first.
    pub fn as_slice(&self) -> &[u32] {
        &self.tokens[..self.count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_is_there_once_and_in_its_order() {
        let ends = Ends::new([7, 2, 7, 0]).expect("a few");
        assert_eq!(ends.as_slice(), [7, 2, 0]);
        assert!(ends.contains(0) && !ends.contains(1));
        assert_eq!(Ends::one(5).as_slice(), [5]);
        assert_eq!(Ends::new([]), None);
        assert!(Ends::new(0..16).is_some());
        assert_eq!(Ends::new(0..17), None);
    }
}
