//! What gas costs.

use alloy::primitives::U256;
use alloy::providers::Provider;
use alloy::providers::utils::EIP1559_BASE_FEE_MULTIPLIER;

use crate::error::transport;
use crate::{ChainError, Client};

/// What a unit of gas costs now, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GasPrice {
    /// What is burnt.
    pub base_fee: U256,
    /// What the block's proposer gets.
    pub tip: U256,
}

impl GasPrice {
    /// The whole price.
    pub fn now(&self) -> U256 {
        self.base_fee + self.tip
    }

    /// The whole price after the base fee has doubled, which takes six full blocks at least.
    pub fn doubled(&self) -> U256 {
        U256::from(2) * self.base_fee + self.tip
    }
}

impl Client {
    /// What a transaction would pay for a unit of gas in the next block.
    pub async fn gas_price(&self) -> Result<GasPrice, ChainError> {
        match self.provider().estimate_eip1559_fees().await {
            Ok(it) => {
                let most = it.max_fee_per_gas - it.max_priority_fee_per_gas;
                let base_fee = U256::from(most / EIP1559_BASE_FEE_MULTIPLIER);
                Ok(GasPrice { base_fee, tip: U256::from(it.max_priority_fee_per_gas) })
            }
            Err(error) if error.is_transport_error() => Err(transport(&error)),
            // The chain has no base fee.
            Err(_) => {
                let price = self.provider().get_gas_price().await;
                let price = price.map_err(|error| transport(&error))?;
                Ok(GasPrice { base_fee: U256::from(price), tip: U256::ZERO })
            }
        }
    }
}
