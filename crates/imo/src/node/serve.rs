//! Serves traces, so that a challenger finds the node that it doubts, and the node's metrics.
//!
//! A reader trusts nothing of it: what is served either hashes to the claimed root or is useless.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use anyhow::Context;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use imo_commit::Hash;
use imo_trace::TraceTree;
use tokio::net::TcpListener;

use crate::model::hex;
use crate::node::metrics::Metrics;
use crate::terminal::Terminal;

/// Trees of traces by root, shared between the loop that computes them and the server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traces(Arc<Mutex<BTreeMap<String, Arc<TraceTree>>>>);

impl Traces {
    pub(crate) fn add(&self, tree: &Arc<TraceTree>) {
        let mut traces = self.0.lock().expect("no thread panicked while it held the traces");
        traces.entry(hex(&tree.root())).or_insert_with(|| Arc::clone(tree));
    }

    pub(crate) fn serves(&self, root: &str) -> bool {
        self.0.lock().expect("no thread panicked while it held the traces").contains_key(root)
    }

    /// Keeps only the traces that can still be disputed.
    pub(crate) fn retain(&self, wanted: impl Fn(&str) -> bool) {
        let mut traces = self.0.lock().expect("no thread panicked while it held the traces");
        traces.retain(|root, _| wanted(root));
    }

    fn children(&self, root: &str, level: u8, index: u32) -> Option<(Hash, Hash)> {
        let traces = self.0.lock().expect("no thread panicked while it held the traces");
        let trace = traces.get(root)?;
        let depth = trace.nodes_log2();
        let exists = (1..=depth).contains(&level) && u64::from(index) < 1 << (depth - level);
        let child = |side| trace.subtree(level - 1, 2 * index + side);
        exists.then(|| (child(0), child(1)))
    }
}

/// Port that a node takes when it is told nothing: claims name it, so a restarted node should have it again.
const PORT: u16 = 7641;

/// Takes an address, or the usual port of this computer.
pub(crate) async fn listen(
    address: Option<SocketAddr>,
    terminal: Terminal,
) -> anyhow::Result<TcpListener> {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let usual = address.unwrap_or_else(|| local(PORT));
    match TcpListener::bind(usual).await {
        Err(_) if address.is_none() => {
            let listener = TcpListener::bind(local(0)).await.context("cannot listen")?;
            terminal.note(format!(
                "port {PORT} is taken, so {} serves the traces; after a restart nobody finds them there, unless --listen names it",
                listener.local_addr()?
            ));
            Ok(listener)
        }
        bound => {
            bound.with_context(|| format!("cannot listen on {usual}; choose another with --listen"))
        }
    }
}

/// Starts to serve; returns the address.
pub(crate) fn start(
    listener: TcpListener,
    traces: Traces,
    metrics: Metrics,
) -> anyhow::Result<SocketAddr> {
    let app = Router::new()
        .route("/traces/{root}/{level}/{index}", get(children))
        .with_state(traces)
        .route("/metrics", get(move || async move { metrics.text() }))
        .route("/health", get(|| async { "ok\n" }));
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

/// The two children of the subtree `level` above the slots.
async fn children(
    State(traces): State<Traces>,
    Path((root, level, index)): Path<(String, u8, u32)>,
) -> Result<Json<[String; 2]>, (StatusCode, &'static str)> {
    let found = traces.children(&root, level, index);
    let (left, right) = found.ok_or((StatusCode::NOT_FOUND, "no such trace or subtree\n"))?;
    Ok(Json([hex(&left), hex(&right)]))
}
