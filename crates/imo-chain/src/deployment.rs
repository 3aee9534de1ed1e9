//! Where the contracts of one system are.

use alloy::primitives::Address;
use serde::{Deserialize, Serialize};

/// The addresses of a system on one chain: what commands and nodes start from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// The chain.
    pub chain_id: u64,
    /// Block from which on its logs are read.
    pub block: u64,
    /// Executes one instruction.
    pub stepper: Address,
    /// Judges claims.
    pub verifier: Address,
    /// Knows the models.
    pub registry: Address,
    /// Takes requests.
    pub oracle: Address,
    /// Launches models.
    pub factory: Address,
    /// Sells their tokens.
    pub offering: Address,
}
