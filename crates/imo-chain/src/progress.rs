//! What becomes of a transaction that is not in a block at once.

use std::fmt;
use std::sync::Arc;

use alloy::primitives::utils::format_units;
use alloy::primitives::{Address, B256};

/// What becomes of a transaction that is not in a block at once. Displayed, it is a sentence for
/// people.
#[derive(Clone, Debug)]
pub enum Progress {
    /// Earlier transactions of the account have to get into a block first, or are replaced.
    Behind {
        /// The account that signs.
        account: Address,
    },
    /// The transaction was sent some time ago.
    Waiting {
        /// The function that was called.
        call: String,
        /// The transaction as it was sent last.
        hash: B256,
        /// How long ago it was sent first.
        seconds: u64,
        /// What the endpoint said last, if it made no sense.
        trouble: Option<String>,
    },
    /// The transaction was sent again, with a higher price.
    Repriced {
        /// The function that was called.
        call: String,
        /// The transaction as it is now.
        hash: B256,
        /// Most that it pays for a unit of gas, in wei.
        price: u128,
    },
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Behind { account } => {
                write!(f, "waiting: an earlier transaction of {account} is in no block yet")
            }
            Self::Waiting { call, hash, seconds, trouble } => {
                write!(f, "{call}: transaction {hash} is in no block after {seconds} s")?;
                trouble.as_ref().map_or(Ok(()), |trouble| write!(f, "; {trouble}"))
            }
            Self::Repriced { call, hash, price } => {
                let gwei = format_units(*price, "gwei").unwrap_or_default();
                let gwei = gwei.trim_end_matches('0').trim_end_matches('.');
                write!(f, "{call}: sent again at up to {gwei} gwei, transaction {hash}")
            }
        }
    }
}

type Told = dyn Fn(&Progress) + Send + Sync;

/// Who is told of progress, if anybody.
#[derive(Clone, Default)]
pub(crate) struct Listener(Option<Arc<Told>>);

impl Listener {
    pub(crate) fn new(told: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    pub(crate) fn tell(&self, progress: &Progress) {
        if let Some(told) = &self.0 {
            told(progress);
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}
