//! Who takes part.

use std::fmt;

/// A person with an account of the development node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Person {
    /// Puts the shared contracts on the chain.
    Deployer,
    /// Made the model, and offers it.
    Maker,
    /// Three buyers.
    Ann,
    Bob,
    Cid,
    /// Writes a contract that asks the model.
    Developer,
    /// Runs the model.
    Operator,
    /// Runs it with a bit changed.
    Liar,
    /// Says that right answers are wrong.
    Accuser,
    /// Mints a work, and sells it.
    Collector,
    /// Buys it.
    Dora,
    /// Gets the protocol's part.
    Protocol,
}

impl Person {
    /// Everybody, by account number.
    pub(crate) const ALL: [Self; 12] = [
        Self::Deployer,
        Self::Maker,
        Self::Ann,
        Self::Bob,
        Self::Cid,
        Self::Developer,
        Self::Operator,
        Self::Liar,
        Self::Accuser,
        Self::Collector,
        Self::Dora,
        Self::Protocol,
    ];

    /// The number of its account.
    pub(crate) const fn account(self) -> u32 {
        self as u32
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deployer => "deployer",
            Self::Maker => "maker",
            Self::Ann => "Ann",
            Self::Bob => "Bob",
            Self::Cid => "Cid",
            Self::Developer => "developer",
            Self::Operator => "operator",
            Self::Liar => "liar",
            Self::Accuser => "accuser",
            Self::Collector => "collector",
            Self::Dora => "Dora",
            Self::Protocol => "protocol",
        })
    }
}
