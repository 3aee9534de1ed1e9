//! What a node counts, in Prometheus' text format.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters, shared by the loop and the server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    transactions: AtomicU64,
    gas: AtomicU64,
    refused: AtomicU64,
    open_requests: AtomicU64,
    open_games: AtomicU64,
}

impl Metrics {
    pub(crate) fn sent(&self, gas: u64) {
        self.0.transactions.fetch_add(1, Relaxed);
        self.0.gas.fetch_add(gas, Relaxed);
    }

    pub(crate) fn refused(&self) {
        self.0.refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn sees(&self, open_requests: u64, open_games: u64) {
        self.0.open_requests.store(open_requests, Relaxed);
        self.0.open_games.store(open_games, Relaxed);
    }

    pub(crate) fn text(&self) -> String {
        let it = &*self.0;
        let mut text = String::new();
        for (name, kind, help, value) in [
            ("transactions_total", "counter", "Transactions sent.", &it.transactions),
            ("gas_total", "counter", "Gas they used.", &it.gas),
            ("refused_total", "counter", "Actions that a contract refused.", &it.refused),
            ("open_requests", "gauge", "Requests without a final answer.", &it.open_requests),
            ("open_games", "gauge", "Games that are not over.", &it.open_games),
        ] {
            let value = value.load(Relaxed);
            writeln!(
                text,
                "# HELP imo_{name} {help}\n# TYPE imo_{name} {kind}\nimo_{name} {value}"
            )
            .expect("a string grows");
        }
        text
    }
}
