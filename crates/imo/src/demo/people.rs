//! The people of the story.

use std::fmt;

/// A person with an account of the development node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Person {
    /// Puts the contracts that all models share on the chain.
    Deployer,
    /// Made the model, and launches it.
    Maker,
    /// Three buyers.
    Ann,
    Bob,
    Cid,
    /// Writes a contract that asks the model.
    Developer,
    /// Runs the model and answers honestly.
    Operator,
    /// Runs the model with one bit changed.
    Liar,
    /// Claims that correct answers are wrong.
    Accuser,
    /// Mints a work and sells it.
    Collector,
    /// Buys the work.
    Dora,
    /// Gets the protocol's share.
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

    /// The number of this person's account.
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
