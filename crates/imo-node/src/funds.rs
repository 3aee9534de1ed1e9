//! How much to pay as a bond: enough for the next block, and little more. The contract sends back
//! what is too much, which costs gas.

use imo_chain::contracts::OpmlVerifier::{CHALLENGE_BONDCall, CLAIM_BONDCall, DEFENCE_GASCall};
use imo_chain::primitives::{Address, U256};
use imo_chain::{ChainError, Client};

/// A claim's bond must be at least this many times the cost of a defence; below, a challenge's.
const DEFENCES_OF_A_CLAIM: u64 = 4;
const DEFENCES_OF_A_CHALLENGE: u64 = 2;

/// The bond of a claim, in wei.
pub(crate) async fn claim_bond(client: &Client, verifier: Address) -> Result<U256, ChainError> {
    let least = client.call(verifier, &CLAIM_BONDCall {}).await?;
    bond(client, verifier, DEFENCES_OF_A_CLAIM, least).await
}

/// The bond of a challenge, in wei.
pub(crate) async fn challenge_bond(client: &Client, verifier: Address) -> Result<U256, ChainError> {
    let least = client.call(verifier, &CHALLENGE_BONDCall {}).await?;
    bond(client, verifier, DEFENCES_OF_A_CHALLENGE, least).await
}

/// The bond to pay: a multiple of the cost of a defence, but at least `least`. The base fee may
/// rise by an eighth with each block, so a quarter is added.
async fn bond(
    client: &Client,
    verifier: Address,
    defences: u64,
    least: U256,
) -> Result<U256, ChainError> {
    let gas = client.call(verifier, &DEFENCE_GASCall {}).await?;
    let price = client.base_fee().await?;
    Ok(least.max(U256::from(defences) * gas * (price + price / U256::from(4))))
}
