//! Sends an account's transactions, one after the other, and sees each into a block.
//!
//! What is sent has a number (its nonce), and of all transactions with one number the chain takes
//! one. So a transaction that may be lost is sent again as it is, one that is too cheap is replaced
//! by itself at a higher price, and one that was given up is replaced by whatever comes next. An
//! error while asking is no answer, and changes nothing.

use std::sync::Arc;
use std::time::Duration;

use alloy::eips::Encodable2718;
use alloy::eips::eip7594::BlobTransactionSidecarEip7594;
use alloy::network::{NetworkTransactionBuilder, TransactionBuilder, TransactionBuilder4844};
use alloy::primitives::{B256, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::transports::{RpcError, TransportError};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use crate::client::{Client, Receipt};
use crate::error::{ChainError, Lack, transport};
use crate::fees::Fees;
use crate::progress::Progress;

/// Longest wait for earlier transactions of the account, which another process may have sent.
/// After that they are replaced.
const SETTLING: Duration = Duration::from_secs(30);
/// First pause between two looks for a receipt, and the longest.
const FIRST_LOOK: Duration = Duration::from_millis(30);
const LOOK: Duration = Duration::from_secs(1);
/// Pause before the same transaction is sent again: the endpoint may have lost it.
const RESEND: Duration = Duration::from_secs(4);
/// Pause before a transaction is priced again, about two blocks of Ethereum.
const REPRICE: Duration = Duration::from_secs(24);
/// How long a receipt may be missing although the transaction's number is used.
const MISSING: Duration = Duration::from_secs(20);

/// What is known of an account's transactions. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue(Arc<Mutex<Line>>);

#[derive(Debug, Default)]
struct Line {
    chain_id: Option<u64>,
    /// The first number that is not known to be used.
    next: u64,
    /// A transaction that was given up, and that what comes next replaces.
    stuck: Option<Pending>,
}

/// A transaction on its way.
#[derive(Debug)]
struct Pending {
    call: String,
    request: TransactionRequest,
    nonce: u64,
    fees: Fees,
    /// All that was signed with this number, the newest last.
    versions: Vec<(B256, Bytes)>,
    /// Whether an endpoint may have passed it on.
    may_be_out: bool,
}

/// What an endpoint said to a transaction.
enum Reply {
    /// It has it.
    Taken,
    /// It wants a higher price.
    Underpriced,
    /// Another transaction has that number.
    NonceUsed,
    /// Nothing of use.
    Trouble(ChainError),
    /// It will not take it.
    Refused(ChainError),
}

impl Reply {
    /// Each client words this in its own way.
    fn of(call: &str, answer: Result<B256, TransportError>) -> Self {
        let Err(error) = answer else { return Self::Taken };
        let RpcError::ErrorResp(payload) = &error else { return Self::Trouble(transport(&error)) };
        let words = payload.message.to_lowercase();
        let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
        if says(&["already known", "known transaction", "already imported", "already in mempool"]) {
            return Self::Taken;
        }
        if says(&["nonce too low", "nonce is too low", "invalid nonce", "already mined"]) {
            return Self::NonceUsed;
        }
        if says(&["underpriced", "less than block base fee", "fee too low", "below base fee"]) {
            return Self::Underpriced;
        }
        match ChainError::of(call, &error) {
            // The account's transactions of another kind have to leave the pool first.
            error @ ChainError::Refused { .. } if says(&["already reserved"]) => {
                Self::Trouble(error)
            }
            error @ (ChainError::Transport(_) | ChainError::Limited(_)) => Self::Trouble(error),
            error => Self::Refused(error),
        }
    }
}

impl Client {
    /// Estimates the gas of a request, then sends it, and waits until it is in a block. Fails
    /// unless it succeeded. A sidecar carries blobs, which need no gas.
    pub(crate) async fn execute(
        &self,
        call: &str,
        request: TransactionRequest,
        sidecar: Option<BlobTransactionSidecarEip7594>,
    ) -> Result<Receipt, ChainError> {
        let mut line = self.queue.0.lock().await;
        let line = &mut *line;
        let with_blobs = sidecar.is_some();
        // Pools refuse an account's transactions of one kind while they hold one of the other.
        if let Some(mut stuck) = line.stuck.take_if(|it| it.fees.blob.is_some() != with_blobs) {
            let seen = self.see_through(&mut stuck).await;
            if let Err(error @ ChainError::Unmined { .. }) = seen {
                line.stuck = Some(stuck);
                return Err(error);
            }
        }
        let chain_id = match line.chain_id {
            Some(id) => id,
            None => *line.chain_id.insert(self.chain_id().await?),
        };
        loop {
            let nonce = self.next_nonce(line).await?;
            let now = self.fees(with_blobs).await?;
            let fees = match line.stuck.take() {
                Some(stuck) => now.above(stuck.fees).unwrap_or(stuck.fees),
                None => now,
            };
            let mut request = request.clone().with_from(self.address()).with_chain_id(chain_id);
            let limit = self.gas_limit(call, now.put_on(request.clone())).await?;
            if let Some(sidecar) = &sidecar {
                request.set_blob_sidecar_7594(sidecar.clone());
            }
            let mut pending = Pending {
                call: call.to_owned(),
                request: request.with_gas_limit(limit).with_nonce(nonce),
                nonce,
                fees,
                versions: Vec::new(),
                may_be_out: false,
            };
            let seen = self.see_through(&mut pending).await;
            match &seen {
                Err(ChainError::Unmined { .. }) => line.stuck = Some(pending),
                // The endpoint told an old number, and nothing was sent.
                Err(ChainError::Displaced { .. }) if !pending.may_be_out => {
                    line.next = nonce + 1;
                    continue;
                }
                Ok(_) | Err(ChainError::Reverted { .. } | ChainError::Displaced { .. }) => {
                    line.next = line.next.max(nonce + u64::from(pending.may_be_out));
                }
                Err(_) => {}
            }
            return seen;
        }
    }

    /// Waits until the account's earlier transactions are in a block, which another process may
    /// have sent. Those that do not get there soon are replaced by what is sent next.
    pub async fn settle(&self) -> Result<(), ChainError> {
        let mut line = self.queue.0.lock().await;
        self.next_nonce(&mut line).await.map(drop)
    }

    async fn next_nonce(&self, line: &mut Line) -> Result<u64, ChainError> {
        let count = || self.provider.get_transaction_count(self.address());
        let started = Instant::now();
        let mut is_told = false;
        loop {
            let used = count().await.map_err(|error| transport(&error))?;
            if line.stuck.take_if(|stuck| stuck.nonce < used).is_none()
                && let Some(stuck) = &line.stuck
            {
                return Ok(stuck.nonce);
            }
            let with_pool = count().pending().await.map_err(|error| transport(&error))?;
            let is_settled = line.next <= used && with_pool <= used;
            if is_settled || started.elapsed() > SETTLING {
                line.next = used;
                return Ok(used);
            }
            if !is_told && started.elapsed() > LOOK {
                self.listener.tell(&Progress::Behind { account: self.address() });
                is_told = true;
            }
            sleep(LOOK / 4).await;
        }
    }

    /// The gas to allow: the state may change before the transaction is in a block, and unused gas
    /// costs nothing.
    async fn gas_limit(&self, call: &str, request: TransactionRequest) -> Result<u64, ChainError> {
        // With a price, nodes give the base fee to the contracts; without, some give them 0.
        match self.provider.estimate_gas(request.clone()).await {
            Ok(estimate) => Ok(request.gas.unwrap_or_else(|| with_margin(estimate))),
            Err(error) => Err(self.cannot_pay(request, ChainError::of(call, &error), call).await),
        }
    }

    /// Replaces a refusal by [`ChainError::Funds`] if the account cannot pay. Each node words that
    /// error in its own way, so the balance decides.
    async fn cannot_pay(
        &self,
        request: TransactionRequest,
        error: ChainError,
        call: &str,
    ) -> ChainError {
        let is_refusal = matches!(error, ChainError::Refused { .. });
        if !is_refusal && !matches!(error, ChainError::Reverted { .. }) {
            return error;
        }
        let Ok(balance) = self.balance(self.address()).await else { return error };
        let value = request.value.unwrap_or_default();
        let price = U256::from(request.max_fee_per_gas.unwrap_or_default());
        let gas = match request.gas {
            Some(gas) => Some(gas),
            None if is_refusal && balance >= value => {
                let free = TransactionRequest {
                    max_fee_per_gas: None,
                    max_priority_fee_per_gas: None,
                    ..request
                };
                self.provider.estimate_gas(free).await.ok().map(with_margin)
            }
            None => None,
        };
        let gas = gas.map(|gas| U256::from(gas) * price);
        if balance.is_zero() || balance < value.saturating_add(gas.unwrap_or_default()) {
            let (call, account) = (call.to_owned(), self.address());
            return ChainError::Funds(Box::new(Lack { call, account, balance, value, gas }));
        }
        error
    }

    /// Sends a transaction until it is in a block.
    async fn see_through(&self, pending: &mut Pending) -> Result<Receipt, ChainError> {
        let started = Instant::now();
        let (mut sent, mut priced) = (started, started);
        let mut missing: Option<Instant> = None;
        let mut pause = FIRST_LOOK;
        if pending.versions.is_empty() {
            self.sign(pending).await?;
        }
        let mut trouble = self.broadcast(pending).await?;
        loop {
            match self.receipt(pending).await {
                Ok(Some(receipt)) => return pending.outcome(receipt),
                Ok(None) => {}
                Err(error) => trouble = Some(error.to_string()),
            }
            let seconds = started.elapsed().as_secs();
            if started.elapsed() > self.patience {
                return Err(pending.unmined(seconds, trouble));
            }
            if !pending.may_be_out || sent.elapsed() > RESEND {
                if self.is_used(pending.nonce).await {
                    let since = *missing.get_or_insert_with(Instant::now);
                    if !pending.may_be_out || since.elapsed() > MISSING {
                        return Err(pending.displaced());
                    }
                } else if sent.elapsed() > RESEND {
                    if priced.elapsed() > REPRICE {
                        priced = Instant::now();
                        self.reprice(pending).await;
                    }
                    sent = Instant::now();
                    trouble = self.broadcast(pending).await?;
                    let (call, hash) = (pending.call.clone(), pending.hash());
                    let trouble = trouble.clone();
                    self.listener.tell(&Progress::Waiting { call, hash, seconds, trouble });
                }
            }
            sleep(pause).await;
            pause = (pause * 3 / 2).min(LOOK);
        }
    }

    /// Whether the chain has a transaction with this number. An endpoint that does not answer knows
    /// of none.
    async fn is_used(&self, nonce: u64) -> bool {
        let used = self.provider.get_transaction_count(self.address()).await;
        used.is_ok_and(|used| used > nonce)
    }

    async fn receipt(&self, pending: &Pending) -> Result<Option<TransactionReceipt>, ChainError> {
        for (hash, _) in pending.versions.iter().rev() {
            let receipt = self.provider.get_transaction_receipt(*hash).await;
            if let Some(receipt) = receipt.map_err(|error| transport(&error))? {
                return Ok(Some(receipt));
            }
        }
        Ok(None)
    }

    /// Sends the newest version. Returns what the endpoint complained of, if it may change its
    /// mind. Fails if nothing is on its way and the endpoint takes nothing.
    async fn broadcast(&self, pending: &mut Pending) -> Result<Option<String>, ChainError> {
        loop {
            let (_, raw) = pending.versions.last().expect("it was signed");
            let answer = self.provider.send_raw_transaction(raw).await;
            let answer = answer.map(|sent| *sent.tx_hash());
            match Reply::of(&pending.call, answer) {
                Reply::Taken => {
                    pending.may_be_out = true;
                    return Ok(None);
                }
                Reply::Underpriced => {
                    if !self.reprice(pending).await {
                        return Ok(Some("the price of gas is too low".to_owned()));
                    }
                }
                Reply::NonceUsed => return Ok(None),
                Reply::Trouble(error) => {
                    // It may have been passed on before the answer got lost.
                    pending.may_be_out = true;
                    return Ok(Some(error.to_string()));
                }
                Reply::Refused(error) if pending.may_be_out => return Ok(Some(error.to_string())),
                Reply::Refused(error) => {
                    let request = pending.fees.put_on(pending.request.clone());
                    return Err(self.cannot_pay(request, error, &pending.call).await);
                }
            }
        }
    }

    /// Signs a version with a higher price. Returns false if that would be too much, or if the
    /// endpoint does not say what is usual.
    async fn reprice(&self, pending: &mut Pending) -> bool {
        let Ok(now) = self.fees(pending.fees.blob.is_some()).await else { return false };
        let Some(fees) = now.above(pending.fees) else { return false };
        pending.fees = fees;
        if self.sign(pending).await.is_err() {
            return false;
        }
        let (call, hash, price) = (pending.call.clone(), pending.hash(), fees.most);
        self.listener.tell(&Progress::Repriced { call, hash, price });
        true
    }

    async fn sign(&self, pending: &mut Pending) -> Result<(), ChainError> {
        let request = pending.fees.put_on(pending.request.clone());
        let signed = request.build(&self.wallet).await.map_err(|error| ChainError::Refused {
            call: pending.call.clone(),
            reason: error.to_string(),
        })?;
        pending.versions.push((*signed.tx_hash(), signed.encoded_2718().into()));
        Ok(())
    }
}

impl Pending {
    fn hash(&self) -> B256 {
        self.versions.last().map(|(hash, _)| *hash).unwrap_or_default()
    }

    fn outcome(&self, receipt: TransactionReceipt) -> Result<Receipt, ChainError> {
        if receipt.status() {
            return Ok(receipt.into());
        }
        Err(ChainError::Reverted {
            call: self.call.clone(),
            reason: "the state changed between estimate and inclusion".to_owned(),
        })
    }

    fn unmined(&self, seconds: u64, trouble: Option<String>) -> ChainError {
        let (call, hash, nonce) = (self.call.clone(), self.hash(), self.nonce);
        ChainError::Unmined { call, hash, nonce, seconds, trouble }
    }

    fn displaced(&self) -> ChainError {
        ChainError::Displaced { call: self.call.clone(), hash: self.hash(), nonce: self.nonce }
    }
}

/// A quarter more gas.
const fn with_margin(estimate: u64) -> u64 {
    estimate + estimate / 4
}
