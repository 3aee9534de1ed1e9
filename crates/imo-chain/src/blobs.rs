//! Bytes in blobs (EIP-4844). Blobs are cheap, and anyone can read them, but the chain's consensus
//! nodes keep them for some 18 days only.

use std::time::Duration;

use alloy::consensus::{SidecarBuilder, SidecarCoder, SimpleCoder, Transaction};
use alloy::eips::eip4844::Blob;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use alloy::transports::http::reqwest;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::{Client, Receipt, name};
use crate::error::ChainError;

/// Most blobs of one transaction (EIP-7594).
const BLOBS: usize = 6;
/// Longest wait for a consensus node's answer.
const PATIENCE: Duration = Duration::from_secs(20);

impl Client {
    /// Most bytes that travel with one transaction: 31 of each 32-byte word, and one word holds the
    /// length.
    pub const BLOB_BYTES: usize = (BLOBS * 4096 - 1) * 31;

    /// Sends a transaction as `send` does, with `bytes` in blobs beside it.
    ///
    /// # Panics
    ///
    /// When there are more than [`Self::BLOB_BYTES`] bytes.
    pub async fn send_with_blobs<C: SolCall>(
        &self,
        to: Address,
        call: &C,
        value: U256,
        bytes: &[u8],
    ) -> Result<Receipt, ChainError> {
        assert!(bytes.len() <= Self::BLOB_BYTES, "{} bytes do not fit", bytes.len());
        let sidecar = SidecarBuilder::<SimpleCoder>::from_slice(bytes)
            .build_7594()
            .expect("words of 31 bytes are field elements");
        let request = TransactionRequest::default()
            .with_to(to)
            .with_value(value)
            .with_input(call.abi_encode());
        self.execute(name(C::SIGNATURE), request, Some(sidecar)).await
    }
}

/// A consensus node, which keeps the blobs of recent blocks.
#[derive(Clone, Debug)]
pub struct Beacon {
    http: reqwest::Client,
    base: String,
}

/// The Beacon API wraps each answer in an object with this field.
#[derive(Deserialize)]
struct Wrapped<T> {
    data: T,
}

#[derive(Deserialize)]
struct Genesis {
    genesis_time: String,
}

#[derive(Deserialize)]
struct Specification {
    #[serde(rename = "SECONDS_PER_SLOT")]
    seconds_per_slot: String,
}

impl Beacon {
    /// The node whose Beacon API is at this URL.
    pub fn new(url: &str) -> Self {
        let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap_or_default();
        Self { http, base: url.trim_end_matches('/').to_owned() }
    }

    /// Whether a Beacon API answers there.
    pub async fn answers(&self) -> bool {
        self.ask::<Genesis>("beacon/genesis").await.is_some()
    }

    /// The bytes in a transaction's blobs. None if the transaction has no blobs, or if they are
    /// gone or hold something else.
    ///
    /// The blobs are not checked against the transaction's hashes: use only what proves itself.
    pub async fn bytes_of(&self, client: &Client, transaction: B256) -> Option<Vec<u8>> {
        let provider = client.provider();
        let sent = provider.get_transaction_by_hash(transaction).await.ok()??;
        let hashes = sent.blob_versioned_hashes().filter(|it| !it.is_empty())?;
        let block = sent.block_number?;
        let header = provider.get_block_by_number(block.into()).await.ok()??.header;
        let slot = self.slot(header.timestamp).await.unwrap_or(block);
        let wanted: Vec<_> = hashes.iter().map(|hash| format!("versioned_hashes={hash}")).collect();
        let path = format!("beacon/blobs/{slot}?{}", wanted.join("&"));
        let blobs: Vec<Blob> = self.ask(&path).await?;
        SimpleCoder::default().decode_all(&blobs)?.into_iter().next()
    }

    /// The slot of a block with this timestamp. None on a development node, which has no slots: its
    /// API takes block numbers instead.
    async fn slot(&self, time: u64) -> Option<u64> {
        let specification: Specification = self.ask("config/spec").await?;
        let genesis: Genesis = self.ask("beacon/genesis").await?;
        let genesis: u64 = genesis.genesis_time.parse().ok()?;
        time.checked_sub(genesis)?.checked_div(specification.seconds_per_slot.parse().ok()?)
    }

    async fn ask<T: DeserializeOwned>(&self, path: &str) -> Option<T> {
        let response = self.http.get(format!("{}/eth/v1/{path}", self.base)).send().await.ok()?;
        let bytes = response.error_for_status().ok()?.bytes().await.ok()?;
        serde_json::from_slice::<Wrapped<T>>(&bytes).ok().map(|it| it.data)
    }
}
