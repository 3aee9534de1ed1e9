//! Sends an account's transactions, one after the other, and sees each into a block.
//!
//! What is sent has a number (its nonce), and of all transactions with one number the chain takes
//! one. So a transaction that may be lost is sent again as it is, one that is too cheap is replaced
//! by itself at a higher price, and one that was given up is replaced by whatever comes next. An
//! error while asking is no answer, and changes nothing.

use std::time::Duration;

use alloy::eips::Encodable2718;
use alloy::eips::eip7594::BlobTransactionSidecarEip7594;
use alloy::network::{NetworkTransactionBuilder, TransactionBuilder, TransactionBuilder4844};
use alloy::primitives::{B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::transports::{RpcError, TransportError};
use tokio::time::{Instant, sleep};

use crate::client::{Client, Receipt};
use crate::error::{ChainError, Lack, transport};
use crate::fees::Fees;
use crate::progress::Progress;
use crate::queue::{Line, Pace, Pending};

/// First pause between two looks for a receipt, and the longest.
const FIRST_LOOK: Duration = Duration::from_millis(30);
const LOOK: Duration = Duration::from_secs(1);
/// After this long people are told that a transaction is in no block; then after twice as long.
const LONG: Duration = Duration::from_secs(15);

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
        // Nethermind long said the names of its results: `ReplacementNotAllowed`, `OldNonce`.
        let words = payload.message.to_lowercase().replace(' ', "");
        let says = |parts: &[&str]| parts.iter().any(|it| words.contains(&it.replace(' ', "")));
        if says(&["already known", "known transaction", "already imported", "already in mempool"]) {
            return Self::Taken;
        }
        if says(&[
            "nonce too low",
            "nonce is too low",
            "invalid nonce",
            "already mined",
            "old nonce",
        ]) {
            return Self::NonceUsed;
        }
        let cheap = ["underpriced", "less than block base fee", "fee too low", "below base fee"];
        if says(&cheap) || says(&["replacement not allowed", "price too low"]) {
            return Self::Underpriced;
        }
        match ChainError::of(call, &error) {
            // The account's transactions of another kind have to leave the pool first.
            error @ ChainError::Refused { .. } if says(&["already reserved", "pending txs of"]) => {
                Self::Trouble(error)
            }
            error @ (ChainError::Transport(_) | ChainError::Limited(_)) => Self::Trouble(error),
            error => Self::Refused(error),
        }
    }
}

impl Client {
    /// What the endpoint suggests now: twice the base fee, and the usual tip.
    pub(crate) async fn fees(&self, with_blobs: bool) -> Result<Fees, ChainError> {
        let failed = |error| transport(&error);
        let suggested = self.provider.estimate_eip1559_fees().await.map_err(failed)?;
        let blob = match with_blobs {
            true => {
                Some(self.provider.get_blob_base_fee().await.map_err(failed)?.saturating_mul(2))
            }
            false => None,
        };
        let (most, tip) = (suggested.max_fee_per_gas, suggested.max_priority_fee_per_gas);
        Ok(Fees { most, tip, blob })
    }

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
        let mut is_second = false;
        loop {
            let nonce = self.next_nonce(line).await?;
            let now = self.fees(with_blobs).await?;
            let replaced = line.stuck.as_ref().map(|stuck| stuck.fees);
            let fees = replaced.map_or(now, |before| now.above(before).unwrap_or(before));
            let mut request = request.clone().with_from(self.address()).with_chain_id(chain_id);
            let limit = self.gas_limit(call, now.put_on(request.clone())).await?;
            if let Some(sidecar) = &sidecar {
                request.set_blob_sidecar_7594(sidecar.clone());
            }
            let request = request.with_gas_limit(limit).with_nonce(nonce);
            let mut pending = Pending::new(call, request, nonce, fees);
            let seen = self.see_through(&mut pending).await;
            let is_out = pending.may_be_out;
            match &seen {
                Err(ChainError::Unmined { .. }) => line.stuck = Some(pending),
                // The endpoint told an old number, and nothing was sent.
                Err(ChainError::Displaced { .. }) if !is_out && !is_second => {
                    (line.next, is_second) = (nonce + 1, true);
                    continue;
                }
                Ok(_) | Err(ChainError::Reverted { .. } | ChainError::Displaced { .. })
                    if is_out =>
                {
                    (line.next, line.stuck) = (nonce + 1, None);
                }
                _ => {}
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
        let pace = Pace::of(self.patience);
        loop {
            let used = count().await.map_err(|error| transport(&error))?;
            // What was given up may have got into a block all the same.
            line.stuck.take_if(|stuck| stuck.nonce < used);
            if let Some(stuck) = &line.stuck {
                return Ok(stuck.nonce);
            }
            let with_pool = count().pending().await.map_err(|error| transport(&error))?;
            let is_settled = line.next <= used && with_pool <= used;
            if is_settled || started.elapsed() > pace.settling {
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
        let mut tell_after = LONG;
        let mut pause = FIRST_LOOK;
        let pace = Pace::of(self.patience);
        if pending.versions.is_empty() {
            self.sign(pending).await?;
        }
        let mut trouble = self.broadcast(pending).await?;
        loop {
            match self.receipt(pending).await {
                Ok(Some(receipt)) => return outcome(pending, receipt),
                Ok(None) => {}
                Err(error) => trouble = Some(error.to_string()),
            }
            let seconds = started.elapsed().as_secs();
            if started.elapsed() > self.patience {
                return Err(pending.unmined(seconds, trouble));
            }
            if !pending.may_be_out || sent.elapsed() > pace.resend {
                if self.is_used(pending.nonce).await {
                    let since = *missing.get_or_insert_with(Instant::now);
                    if !pending.may_be_out || since.elapsed() > pace.missing {
                        return Err(pending.displaced());
                    }
                } else if sent.elapsed() > pace.resend {
                    if priced.elapsed() > pace.reprice {
                        priced = Instant::now();
                        self.reprice(pending).await;
                    }
                    sent = Instant::now();
                    trouble = self.broadcast(pending).await?;
                }
            }
            if started.elapsed() > tell_after {
                tell_after *= 2;
                let (call, hash) = (pending.call.clone(), pending.hash());
                let trouble = trouble.clone();
                self.listener.tell(&Progress::Waiting { call, hash, seconds, trouble });
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

fn outcome(pending: &Pending, receipt: TransactionReceipt) -> Result<Receipt, ChainError> {
    if receipt.status() {
        return Ok(receipt.into());
    }
    Err(ChainError::Reverted {
        call: pending.call.clone(),
        reason: "the state changed between estimate and inclusion".to_owned(),
    })
}

/// A quarter more gas.
const fn with_margin(estimate: u64) -> u64 {
    estimate + estimate / 4
}

#[cfg(test)]
mod tests {
    use alloy::rpc::json_rpc::ErrorPayload;

    use super::*;

    fn reply(message: &'static str) -> Reply {
        let payload = ErrorPayload { code: -32010, message: message.into(), data: None::<()> };
        let payload = payload.serialize_payload().expect("JSON");
        Reply::of("f", Err(RpcError::ErrorResp(payload)))
    }

    /// A replacement that is refused in a client's own words must still be priced again.
    #[test]
    fn what_clients_say_to_a_transaction_is_understood() {
        for message in [
            "replacement transaction underpriced",
            "ReplacementNotAllowed",
            "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1, BaseFee: 7",
            "FeeTooLowToCompete",
            "max fee per gas less than block base fee: address 0x, maxFeePerGas: 1, baseFee: 7",
            "Gas price too low",
        ] {
            assert!(matches!(reply(message), Reply::Underpriced), "{message}");
        }
        for message in ["nonce too low: next nonce 5, tx nonce 4", "OldNonce, Current nonce: 5"] {
            assert!(matches!(reply(message), Reply::NonceUsed), "{message}");
        }
        for message in ["already known", "AlreadyKnown", "Known transaction"] {
            assert!(matches!(reply(message), Reply::Taken), "{message}");
        }
        for message in ["address already reserved", "PendingTxsOfOtherType"] {
            assert!(matches!(reply(message), Reply::Trouble(_)), "{message}");
        }
        assert!(matches!(reply("InsufficientFunds, Account balance: 0"), Reply::Refused(_)));
    }
}
