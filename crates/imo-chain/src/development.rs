//! What only a development node (Anvil) can do.

use alloy::providers::Provider;

use crate::client::Client;
use crate::error::{ChainError, transport};

impl Client {
    /// Moves the chain's clock forward, and makes a block.
    pub async fn pass(&self, seconds: u64) -> Result<(), ChainError> {
        self.development("evm_increaseTime", (seconds,)).await?;
        self.development("evm_mine", ()).await
    }

    async fn development<P>(&self, method: &'static str, parameters: P) -> Result<(), ChainError>
    where
        P: serde::Serialize + std::fmt::Debug + Clone + Send + Sync + Unpin,
    {
        let answer = self.provider().raw_request::<P, serde_json::Value>(method.into(), parameters);
        answer.await.map(drop).map_err(|error| transport(&error))
    }
}
