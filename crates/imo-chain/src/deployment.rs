//! Where the contracts of one system are.

use alloy::primitives::Address;
use serde::{Deserialize, Serialize};

/// The addresses of a system on one chain. Commands and nodes start from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// The chain's id.
    pub chain_id: u64,
    /// The first block whose logs matter.
    pub block: u64,
    /// Executes one instruction (`RiscvStepper`).
    pub stepper: Address,
    /// Judges claims (`OpmlVerifier`).
    pub verifier: Address,
    /// Keeps the models (`ModelRegistry`).
    pub registry: Address,
    /// Takes requests and delivers answers (`InferenceOracle`).
    pub oracle: Address,
    /// Launches models (`ImoFactory`).
    pub factory: Address,
    /// Sells the models' tokens (`ModelOffering`).
    pub offering: Address,
}
