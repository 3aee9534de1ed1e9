//! What bonds take: enough in the next block, and little more. What is over is sent back, which
//! costs gas.

use imo_chain::contracts::OpmlVerifier::{CHALLENGE_BONDCall, CLAIM_BONDCall, DEFENCE_GASCall};
use imo_chain::primitives::{Address, U256};
use imo_chain::{ChainError, Client};

/// How many times what a defence costs a claim's bond must be, and a challenge's.
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

/// A multiple of what a defence costs, by a base fee that may rise by an eighth until the next
/// block, or the least.
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
