//! The logs of the newest blocks, which an endpoint may tell late, or a reorganisation take back.

use std::collections::BTreeMap;

use alloy::primitives::{B256, Log};
use alloy::rpc::types;

use crate::client::Client;
use crate::error::ChainError;

/// A log, and where in the chain it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) block: u64,
    hash: B256,
    index: u64,
    pub(crate) transaction: B256,
    pub(crate) log: Log,
}

impl Recorded {
    /// None for a log that is in no block yet.
    pub(crate) fn of(log: types::Log) -> Option<Self> {
        Some(Self {
            block: log.block_number?,
            hash: log.block_hash?,
            index: log.log_index?,
            transaction: log.transaction_hash?,
            log: log.inner,
        })
    }

    const fn place(&self) -> (u64, u64, B256) {
        (self.block, self.index, self.hash)
    }
}

/// All logs of the newest blocks that an endpoint has told, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recent(Vec<Recorded>);

impl Recent {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// What is known once an endpoint has told this of the blocks up to `head`. A log that it does
    /// not tell this time stays, unless the chain has another block there.
    pub(crate) async fn with(
        &self,
        client: &Client,
        told: Vec<Recorded>,
        head: u64,
    ) -> Result<Self, ChainError> {
        let mut known: BTreeMap<_, _> = told.into_iter().map(|it| (it.place(), it)).collect();
        let mut stays = BTreeMap::new();
        for it in &self.0 {
            if known.contains_key(&it.place()) {
                continue;
            }
            let block = (it.block, it.hash);
            if it.block <= head && !stays.contains_key(&block) {
                let now = client.block_hash(it.block).await?;
                stays.insert(block, now.is_none_or(|hash| hash == it.hash));
            }
            if stays.get(&block).copied().unwrap_or(true) {
                known.insert(it.place(), it.clone());
            }
        }
        Ok(Self(known.into_values().collect()))
    }

    /// What was added at the end. None if anything else changed.
    pub(crate) fn since(&self, before: &Self) -> Option<&[Recorded]> {
        self.0.strip_prefix(&before.0[..])
    }

    /// Takes out the logs up to a block.
    pub(crate) fn take_until(&mut self, block: u64) -> Vec<Recorded> {
        let count = self.0.partition_point(|it| it.block <= block);
        self.0.drain(..count).collect()
    }
}
