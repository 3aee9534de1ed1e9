//! How much to pay as a bond: enough for the next block, and little more. The contract sends back
//! what is too much, which costs gas.

use imo_chain::contracts::OpmlVerifier::{CHALLENGE_BONDCall, CLAIM_BONDCall, DEFENCE_GASCall};
use imo_chain::primitives::{Address, U256};
use imo_chain::{ChainError, Client};

/// A claim's bond must be at least this many times the cost of a defence; below, a challenge's.
const DEFENCES_OF_A_CLAIM: u64 = 4;
const DEFENCES_OF_A_CHALLENGE: u64 = 2;

/// What a verifier asks of players. It never changes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stakes {
    pub(crate) claim: U256,
    pub(crate) challenge: U256,
    /// Most gas of a claimant's moves in a game.
    pub(crate) defence_gas: U256,
}

impl Stakes {
    /// Asks a verifier.
    pub(crate) async fn of(client: &Client, verifier: Address) -> Result<Self, ChainError> {
        Ok(Self {
            claim: client.call(verifier, &CLAIM_BONDCall {}).await?,
            challenge: client.call(verifier, &CHALLENGE_BONDCall {}).await?,
            defence_gas: client.call(verifier, &DEFENCE_GASCall {}).await?,
        })
    }

    /// The bond of a claim, in wei.
    pub(crate) fn claim_bond(&self, base_fee: U256) -> U256 {
        self.bond(DEFENCES_OF_A_CLAIM, base_fee).max(self.claim)
    }

    /// The bond of a challenge, in wei.
    pub(crate) fn challenge_bond(&self, base_fee: U256) -> U256 {
        self.bond(DEFENCES_OF_A_CHALLENGE, base_fee).max(self.challenge)
    }

    /// A multiple of the cost of a defence. The base fee may rise by an eighth with each block, so
    /// a quarter is added.
    fn bond(&self, defences: u64, base_fee: U256) -> U256 {
        U256::from(defences) * self.defence_gas * (base_fee + base_fee / U256::from(4))
    }
}

/// The bond of a claim at the present base fee, in wei.
pub(crate) async fn claim_bond(client: &Client, verifier: Address) -> Result<U256, ChainError> {
    Ok(Stakes::of(client, verifier).await?.claim_bond(client.base_fee().await?))
}

/// The bond of a challenge at the present base fee, in wei.
pub(crate) async fn challenge_bond(client: &Client, verifier: Address) -> Result<U256, ChainError> {
    Ok(Stakes::of(client, verifier).await?.challenge_bond(client.base_fee().await?))
}
