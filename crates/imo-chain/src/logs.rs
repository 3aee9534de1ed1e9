//! Reads logs in pages. Endpoints allow ranges of 10,000, 2,000, 500 or 10 blocks, or so many logs,
//! and say so in their own words. So whatever range is refused is halved.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::{Filter, Log};
use alloy::transports::RpcError;

use crate::error::{ChainError, is_limit};

/// Blocks of the first page.
const FIRST: u64 = 10_000;
/// Full pages in a row after which the next may be larger, by a quarter.
const ANSWERS: u64 = 10;
/// Pages without an answer after which reading fails. A smaller one may be answered in time.
const SILENCES: u32 = 3;

/// What was learnt about the pages that an endpoint gives. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Pages(Arc<Learnt>);

#[derive(Debug)]
struct Learnt {
    /// Most blocks of the next page.
    size: AtomicU64,
    /// Full pages since the last refusal or growth.
    answers: AtomicU64,
}

impl Pages {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Learnt { size: AtomicU64::new(FIRST), answers: AtomicU64::new(0) }))
    }

    /// All logs of the blocks `from ..= to` that pass the filter, in order.
    pub(crate) async fn read(
        &self,
        provider: &DynProvider,
        filter: &Filter,
        (mut from, to): (u64, u64),
    ) -> Result<Vec<Log>, ChainError> {
        let mut logs = Vec::new();
        let mut silences = 0;
        while from <= to {
            let size = self.0.size.load(Relaxed).min(to - from + 1);
            let page = filter.clone().from_block(from).to_block(from + size - 1);
            let error = match provider.get_logs(&page).await {
                Ok(found) => {
                    logs.extend(found);
                    from += size;
                    self.answered(size);
                    continue;
                }
                Err(error) => error,
            };
            let is_too_large = match &error {
                RpcError::ErrorResp(payload) => !is_limit(payload),
                RpcError::Transport(kind) => match kind.as_http_error() {
                    Some(http) => matches!(http.status, 400..=428 | 430..=499),
                    None => {
                        silences += 1;
                        silences <= SILENCES
                    }
                },
                _ => false,
            };
            if size == 1 || !is_too_large {
                return Err(ChainError::of("eth_getLogs", &error));
            }
            self.refused(size);
        }
        Ok(logs)
    }

    fn answered(&self, size: u64) {
        if size < self.0.size.load(Relaxed) {
            return;
        }
        if self.0.answers.fetch_add(1, Relaxed) + 1 >= ANSWERS {
            self.0.answers.store(0, Relaxed);
            self.0.size.store((size + size.div_ceil(4)).min(FIRST), Relaxed);
        }
    }

    fn refused(&self, size: u64) {
        self.0.answers.store(0, Relaxed);
        self.0.size.store((size / 2).max(1), Relaxed);
    }
}
