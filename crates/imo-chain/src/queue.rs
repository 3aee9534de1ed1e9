//! What is known of an account's transactions that are on their way.

use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::{B256, Bytes};
use alloy::rpc::types::TransactionRequest;
use tokio::sync::Mutex;

use crate::error::ChainError;
use crate::fees::Fees;

/// What is known of an account's transactions. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue(pub(crate) Arc<Mutex<Line>>);

#[derive(Debug, Default)]
pub(crate) struct Line {
    pub(crate) chain_id: Option<u64>,
    /// The first number that is not known to be used.
    pub(crate) next: u64,
    /// A transaction that was given up, and that what comes next replaces.
    pub(crate) stuck: Option<Pending>,
}

/// A transaction on its way.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) call: String,
    pub(crate) request: TransactionRequest,
    pub(crate) nonce: u64,
    pub(crate) fees: Fees,
    /// All that was signed with this number, the newest last.
    pub(crate) versions: Vec<(B256, Bytes)>,
    /// Whether an endpoint may have passed it on.
    pub(crate) may_be_out: bool,
}

impl Pending {
    pub(crate) fn new(call: &str, request: TransactionRequest, nonce: u64, fees: Fees) -> Self {
        let (call, versions) = (call.to_owned(), Vec::new());
        Self { call, request, nonce, fees, versions, may_be_out: false }
    }

    pub(crate) fn hash(&self) -> B256 {
        self.versions.last().map(|(hash, _)| *hash).unwrap_or_default()
    }

    pub(crate) fn unmined(&self, seconds: u64, trouble: Option<String>) -> ChainError {
        let (call, hash, nonce) = (self.call.clone(), self.hash(), self.nonce);
        ChainError::Unmined { call, hash, nonce, seconds, trouble }
    }

    pub(crate) fn displaced(&self) -> ChainError {
        ChainError::Displaced { call: self.call.clone(), hash: self.hash(), nonce: self.nonce }
    }
}

/// How long a client waits for what. Whoever has little patience is quicker in everything.
pub(crate) struct Pace {
    /// For earlier transactions of the account, which another process may have sent. After that
    /// they are replaced.
    pub(crate) settling: Duration,
    /// Before the same transaction is sent again: the endpoint may have lost it.
    pub(crate) resend: Duration,
    /// Before a transaction is priced again: about two blocks of Ethereum.
    pub(crate) reprice: Duration,
    /// For a receipt, once the transaction's number is used.
    pub(crate) missing: Duration,
}

impl Pace {
    pub(crate) fn of(patience: Duration) -> Self {
        let share = |part, most| Duration::from_secs(most).min(patience / part);
        Self {
            settling: share(4, 30),
            resend: share(20, 4),
            reprice: share(5, 24),
            missing: share(5, 20),
        }
    }
}
