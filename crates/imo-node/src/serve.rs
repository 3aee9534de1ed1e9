//! Serves traces, so that a challenger can find the node that it doubts; and the node's metrics.
//!
//! A reader need not trust the server: what it serves either hashes to the claimed root or is
//! useless.

use std::io;
use std::net::SocketAddr;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use imo_chain::primitives::B256;
use tokio::net::TcpListener;

use crate::metrics::Metrics;
use crate::traces::Traces;

/// Starts the server. Returns its address.
pub(crate) fn start(
    listener: TcpListener,
    traces: Traces,
    metrics: Metrics,
) -> io::Result<SocketAddr> {
    let app = Router::new()
        .route("/traces/{root}/{level}/{index}", get(children))
        .with_state(traces)
        .route("/metrics", get(move || async move { metrics.text() }))
        .route("/health", get(|| async { "ok\n" }));
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

/// The two children of the subtree that lies `level` levels above the slots.
async fn children(
    State(traces): State<Traces>,
    Path((root, level, index)): Path<(String, u8, u32)>,
) -> Result<Json<[B256; 2]>, (StatusCode, &'static str)> {
    let root: Option<B256> = root.parse().ok();
    let found = root.and_then(|root| traces.children(&root, level, index));
    let (left, right) = found.ok_or((StatusCode::NOT_FOUND, "no such trace or subtree\n"))?;
    Ok(Json([B256::from(left), B256::from(right)]))
}
