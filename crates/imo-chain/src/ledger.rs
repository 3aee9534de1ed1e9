//! What accounts sent and paid, read from every transaction of a range of blocks.

use std::collections::BTreeMap;

use alloy::consensus::Transaction;
use alloy::eips::BlockNumberOrTag;
use alloy::network::TransactionResponse;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;

use crate::client::Client;
use crate::error::{ChainError, transport};

/// What one account put into its transactions, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Ether sent with transactions that succeeded.
    pub sent: U256,
    /// What the account paid for gas, including failed transactions.
    pub gas_cost: U256,
}

/// One transaction that succeeded.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The sender.
    pub from: Address,
    /// The block it is in.
    pub block: u64,
    /// The contract that was called; none if the transaction created one.
    pub to: Option<Address>,
    /// The first four bytes of the input, which name the function; zero for plain ether.
    pub selector: [u8; 4],
    /// Gas used, including the 21,000 of every transaction.
    pub gas: u64,
}

/// What all accounts sent and paid, and all transactions that succeeded.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// By sender.
    pub flows: BTreeMap<Address, Flow>,
    /// Contracts created directly by a transaction, in order.
    pub created: Vec<Address>,
    /// The transactions that succeeded, in order.
    pub calls: Vec<Call>,
}

impl Ledger {
    /// Reads the blocks `from ..= to`. Asks once per block and once per transaction.
    pub async fn read(client: &Client, from: u64, to: u64) -> Result<Self, ChainError> {
        let mut ledger = Self::default();
        for number in from..=to {
            ledger.add_block(client, number).await?;
        }
        Ok(ledger)
    }

    async fn add_block(&mut self, client: &Client, number: u64) -> Result<(), ChainError> {
        let block = client
            .provider()
            .get_block_by_number(BlockNumberOrTag::Number(number))
            .full()
            .await
            .map_err(|error| transport(&error))?
            .ok_or_else(|| ChainError::Transport(format!("has no block {number}")))?;
        for transaction in block.transactions.txns() {
            let receipt = client
                .provider()
                .get_transaction_receipt(transaction.tx_hash())
                .await
                .map_err(|error| transport(&error))?
                .ok_or_else(|| {
                    ChainError::Transport("has no receipt of a mined transaction".to_owned())
                })?;
            let flow = self.flows.entry(receipt.from).or_default();
            flow.gas_cost += U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
            if receipt.status() {
                flow.sent += transaction.value();
                self.created.extend(receipt.contract_address);
                self.calls.push(Call {
                    from: receipt.from,
                    block: number,
                    to: receipt.to,
                    selector: transaction.input().first_chunk().copied().unwrap_or_default(),
                    gas: receipt.gas_used,
                });
            }
        }
        Ok(())
    }
}
